//! Archives, read in memory and never unpacked.
//!
//! An archive's author is an adversary: paths lead out of the archive, links and devices stand for
//! other things, sizes lie, and a few kilobytes unpack to petabytes. So what counts are the bytes
//! that really come out, and every limit is a named constant. An entry that cannot be trusted is
//! left out with a note; an archive that cannot be trusted is refused as a whole.
//!
//! ```text
//! file -> decompressor -> Meter (total, ratio, budget between entries) -> tar
//! file -> Meter (central directory) -> zip -> decompressor -> Meter (total, ratio)
//! file -> members of a Debian package -> the tape archive among them, as above
//! ```
//!
//! An archive inside an archive is read into memory first, under the limit on files that matter,
//! and then has the limits of any other archive.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::source::{ArchiveForm, Compression};
use super::tree::{MAX_SOURCE_FILE, Role, Tree};
use super::{IngestError, Selection};
use crate::engine::index::documents::Day;
use crate::engine::index::{IndexError, Spill};
use crate::judgement::finding::{Note, NoteKind};
use crate::project::walk::one_line;

/// Most entries an archive may have.
pub(crate) const MAX_ARCHIVE_ENTRIES: usize = 200_000;

/// Most bytes that may come out of an archive, those that are passed over included.
pub(crate) const MAX_ARCHIVE_UNPACKED: u64 = 4 << 30;

/// Most bytes of files that matter. Of 261 popular packages the largest has 25 MiB.
pub(crate) const MAX_ARCHIVE_SOURCE: u64 = 160 << 20;

/// How many times its own size an archive may unpack to, once it is past [`RATIO_FREE`]. Source
/// code compresses five- to tenfold; deflate can express 1032.
pub(crate) const MAX_ARCHIVE_RATIO: u64 = 100;

/// How much may come out of any archive whatever its ratio: small archives of small, alike files
/// are honest.
const RATIO_FREE: u64 = 32 << 20;

/// Most bytes of headers before one entry of a tape archive: long names and extensions are read
/// into memory.
const MAX_TAR_HEADERS: u64 = 1 << 20;

/// Most bytes of a zip archive's central directory, which is read into memory at several times its
/// size.
const MAX_ZIP_DIRECTORY: u64 = 32 << 20;

/// Memory an xz stream may ask for; `xz -9` asks for 65 MiB.
const MAX_XZ_MEMORY: u64 = 128 << 20;

/// Base-2 logarithm of the memory a Zstandard stream may ask for: 128 MiB.
const MAX_ZSTD_WINDOW_LOG: u32 = 27;

/// Longest path that is taken from an archive.
const MAX_PATH: usize = 1024;

/// Reads the files that matter out of an archive.
pub(super) fn collect(
    path: &Path,
    form: ArchiveForm,
    selection: &Selection,
    spill: &Arc<Spill>,
) -> Result<Tree, IngestError> {
    let unreadable = |error| IngestError::Unreadable { path: path.to_owned(), error };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(unreadable(io::Error::other("not a regular file")));
    }
    let size = metadata.len();
    let Some(inner) = &selection.archive else {
        return Reader::new(path, Wanted::Files(selection), spill).read(file, size, form);
    };
    let inner_path = path.join(inner);
    let inner_form = ArchiveForm::from_path(&inner_path)
        .ok_or_else(|| IngestError::NotAnArchive { path: inner_path.clone() })?;
    let found = Reader::new(path, Wanted::Archive(inner), spill).read(file, size, form)?;
    let Some(found) = found.files.into_iter().next() else {
        return Err(IngestError::NotInside { outer: path.to_owned(), inner: inner.clone() });
    };
    let bytes = found.content.take()?;
    let size = bytes.len() as u64;
    Reader::new(&inner_path, Wanted::Files(selection), spill).read(
        Cursor::new(bytes),
        size,
        inner_form,
    )
}

/// Reads the files that matter out of an archive in memory: what is fuzzed.
#[cfg(fuzzing)]
pub(super) fn collect_bytes(
    path: &Path,
    form: ArchiveForm,
    bytes: Vec<u8>,
    spill: &Arc<Spill>,
) -> Result<Tree, IngestError> {
    let size = bytes.len() as u64;
    let selection = Selection::default();
    let reader = Reader::new(path, Wanted::Files(&selection), spill);
    reader.read(Cursor::new(bytes), size, form)
}

/// What is to be read of an archive.
#[derive(Clone, Copy)]
enum Wanted<'a> {
    /// The files that matter.
    Files(&'a Selection),
    /// The archive at this path, alone.
    Archive(&'a str),
}

/// One archive being read.
struct Reader<'a> {
    path: &'a Path,
    wanted: Wanted<'a>,
    tree: Tree,
    refused: Refused,
    top: Top,
    entries: usize,
    source_bytes: u64,
}

impl<'a> Reader<'a> {
    fn new(path: &'a Path, wanted: Wanted<'a>, spill: &Arc<Spill>) -> Reader<'a> {
        let (name, version) = ArchiveForm::name_and_version(path);
        let mut tree = Tree::with_name_hint(name, spill);
        tree.version_hint = version;
        let (refused, top) = (Refused::default(), Top::default());
        Reader { path, wanted, tree, refused, top, entries: 0, source_bytes: 0 }
    }

    fn read(
        self,
        file: impl Read + Seek + 'static,
        size: u64,
        form: ArchiveForm,
    ) -> Result<Tree, IngestError> {
        match form {
            ArchiveForm::Tar(compression) => self.read_tar(file, size, compression),
            ArchiveForm::Zip | ArchiveForm::Wheel => self.read_zip(file, size, form),
            ArchiveForm::Deb => self.read_deb(file, size),
        }
    }

    /// Reads the tape archive of a Debian package's files. deb(5) fixes the layout of the
    /// container: a magic, then members with headers of 60 bytes, each at an even place.
    fn read_deb(
        self,
        mut file: impl Read + Seek + 'static,
        size: u64,
    ) -> Result<Tree, IngestError> {
        let (length, compression) =
            find_data(&mut file).map_err(|error| self.damage_error(error))?;
        self.read_tar(file.take(length), size, compression)
    }

    fn read_tar(
        mut self,
        file: impl Read + 'static,
        size: u64,
        compression: Compression,
    ) -> Result<Tree, IngestError> {
        let budget = Budget::new(size);
        let decompressed: Box<dyn Read> = match compression {
            Compression::None => Box::new(BufReader::new(file)),
            Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(file)),
            Compression::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(file)),
            Compression::Xz => {
                let flags = liblzma::stream::CONCATENATED;
                let stream = liblzma::stream::Stream::new_stream_decoder(MAX_XZ_MEMORY, flags)
                    .map_err(|error| self.damage_error(error.into()))?;
                Box::new(liblzma::read::XzDecoder::new_stream(file, stream))
            }
            Compression::Zstd => {
                let mut stream =
                    zstd::Decoder::new(file).map_err(|error| self.damage_error(error))?;
                let limited = stream.window_log_max(MAX_ZSTD_WINDOW_LOG);
                limited.map_err(|error| self.damage_error(error))?;
                Box::new(stream)
            }
        };
        let mut archive = tar::Archive::new(Meter { inner: decompressed, budget: budget.clone() });
        self.read_tar_entries(&mut archive, &budget)
            .map_err(|error| self.read_failure(error, &budget))?;
        // The end of an archive is a block of zeros. Without one the file was cut between two
        // entries.
        if budget.0.ended.get() {
            return Err(self.damage_error(io::Error::other("it ends before its end mark")));
        }
        // What follows is read for the decompressor's checksum.
        budget.allow(u64::MAX);
        io::copy(&mut archive.into_inner(), &mut io::sink())
            .map_err(|error| self.read_failure(error, &budget))?;
        self.finish(TopFolder::Strip)
    }

    fn read_tar_entries(
        &mut self,
        archive: &mut tar::Archive<Meter<Box<dyn Read>>>,
        budget: &Budget,
    ) -> io::Result<()> {
        let mut entries = archive.entries()?;
        let mut passed_over = 0;
        loop {
            // To find the next header the rest of the entry before is read; beyond that only
            // headers may be.
            budget.allow(MAX_TAR_HEADERS.saturating_add(passed_over));
            let Some(entry) = entries.next() else {
                return Ok(());
            };
            let mut entry = entry?;
            // An extended header may state another size than the header does.
            passed_over = entry.header().entry_size()?.max(entry.size());
            self.count_entry()?;
            let kind = entry.header().entry_type();
            if kind.is_dir() || kind.is_pax_global_extensions() {
                continue;
            }
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            if !kind.is_file() && !kind.is_contiguous() {
                self.refused.special.add(&name);
                continue;
            }
            if let Some((path, role)) = self.select_entry(&name) {
                budget.allow(u64::MAX);
                let size = entry.size();
                let seconds = entry.header().mtime().ok().and_then(|time| i64::try_from(time).ok());
                self.tree.latest.see(seconds.and_then(Day::from_unix_seconds));
                self.take(path, role, size, &mut entry)?;
            }
        }
    }

    fn read_zip(
        mut self,
        file: impl Read + Seek,
        size: u64,
        form: ArchiveForm,
    ) -> Result<Tree, IngestError> {
        let budget = Budget::new(u64::MAX);
        budget.allow(MAX_ZIP_DIRECTORY);
        let metered = Meter { inner: BufReader::new(file), budget: budget.clone() };
        let mut archive = zip::ZipArchive::new(metered)
            .map_err(|error| self.read_failure(error.into(), &budget))?;
        budget.allow(u64::MAX);

        let unpacked = Budget::new(size);
        unpacked.allow(u64::MAX);
        for index in 0..archive.len() {
            self.count_entry()
                .and_then(|()| self.read_zip_entry(&mut archive, index, &unpacked))
                .map_err(|error| self.read_failure(error, &unpacked))?;
        }
        self.finish(match form {
            ArchiveForm::Wheel => TopFolder::Keep,
            _ => TopFolder::Strip,
        })
    }

    fn read_zip_entry(
        &mut self,
        archive: &mut zip::ZipArchive<Meter<BufReader<impl Read + Seek>>>,
        index: usize,
        unpacked: &Budget,
    ) -> io::Result<()> {
        // The directory alone answers which entries matter: most are passed over without a look at
        // the file.
        let entry = archive.by_index_raw(index)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let special = entry.is_symlink() || !is_plain_mode(entry.unix_mode());
        let is_dir = entry.is_dir();
        let (size, encrypted) = (entry.size(), entry.encrypted());
        let day = entry.last_modified().and_then(day);
        drop(entry);
        if is_dir {
            return Ok(());
        }
        if special {
            self.refused.special.add(&name);
            return Ok(());
        }
        let Some((path, role)) = self.select_entry(&name) else {
            return Ok(());
        };
        if encrypted {
            self.refused.encrypted.add(&name);
            return Ok(());
        }
        self.tree.latest.see(day);
        let mut content = Meter { inner: archive.by_index(index)?, budget: unpacked.clone() };
        self.take(path, role, size, &mut content)
    }

    /// The path and role of an entry that is to be read.
    fn select_entry(&mut self, name: &str) -> Option<(String, Role)> {
        let Some(path) = safe_path(name) else {
            self.refused.escaping.add(name);
            return None;
        };
        match self.wanted {
            Wanted::Archive(inner) => (path == inner).then_some((path, Role::Archive)),
            Wanted::Files(selection) => {
                self.top.see(&path);
                let path = selection.below(&path)?;
                Some((path.to_owned(), Role::of(path)?))
            }
        }
    }

    /// Reads one entry, of which the archive says that it has `declared` bytes.
    fn take(
        &mut self,
        path: String,
        role: Role,
        declared: u64,
        content: &mut dyn Read,
    ) -> io::Result<()> {
        if declared > MAX_SOURCE_FILE && role != Role::Archive {
            self.tree.too_large(&path, declared);
            return Ok(());
        }
        self.source_bytes = self.source_bytes.saturating_add(declared);
        if self.source_bytes > MAX_ARCHIVE_SOURCE {
            return Err(limit(format!(
                "its source files are more than {} MiB",
                MAX_ARCHIVE_SOURCE >> 20
            )));
        }
        // Not reserved in advance: the size is only said. One byte more tells an honest size from a
        // lie.
        let mut bytes = Vec::new();
        content.take(declared + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != declared {
            return Err(io::Error::other(format!(
                "{path:?} is said to have {declared} bytes and has {}",
                if bytes.len() as u64 > declared {
                    "more".to_owned()
                } else {
                    bytes.len().to_string()
                }
            )));
        }
        bytes.shrink_to_fit();
        self.tree.push(path, role, bytes).map_err(io::Error::other)
    }

    fn count_entry(&mut self) -> io::Result<()> {
        self.entries += 1;
        if self.entries > MAX_ARCHIVE_ENTRIES {
            Err(limit(format!("it has more than {MAX_ARCHIVE_ENTRIES} entries")))
        } else {
            Ok(())
        }
    }

    fn finish(mut self, top: TopFolder) -> Result<Tree, IngestError> {
        self.tree.notes.extend(self.refused.notes());
        let is_whole = matches!(self.wanted, Wanted::Files(Selection { folder: None, .. }));
        if let (TopFolder::Strip, Some(top), true) = (top, self.top.folder(), is_whole) {
            for file in &mut self.tree.files {
                file.path.drain(..=top.len());
            }
            let notes = self.tree.notes.iter_mut();
            for path in notes.filter_map(|note| note.path.as_mut()) {
                if path.starts_with(&format!("{top}/")) {
                    path.drain(..=top.len());
                }
            }
        }
        Ok(self.tree)
    }

    fn read_failure(&self, error: io::Error, budget: &Budget) -> IngestError {
        if let Some(limit) = budget.0.reached.take() {
            return self.bomb(limit);
        }
        match error.downcast::<IndexError>() {
            Ok(error) => error.into(),
            Err(error) => match error.get_ref().and_then(|inner| inner.downcast_ref()) {
                Some(Limit(limit)) => self.bomb(limit.clone()),
                None => self.damage_error(error),
            },
        }
    }

    fn bomb(&self, limit: String) -> IngestError {
        IngestError::Bomb { archive: self.path.to_owned(), limit }
    }

    fn damage_error(&self, error: io::Error) -> IngestError {
        IngestError::Damaged { archive: self.path.to_owned(), reason: one_line(&error.to_string()) }
    }
}

/// Goes to the files of a Debian package; returns their length and compression.
fn find_data(file: &mut (impl Read + Seek)) -> io::Result<(u64, Compression)> {
    let mut magic = [0; 8];
    file.read_exact(&mut magic)?;
    if &magic != b"!<arch>\n" {
        return Err(io::Error::other("it is no Debian package"));
    }
    loop {
        let mut header = [0; 60];
        file.read_exact(&mut header)
            .map_err(|_| io::Error::other("it ends before its files, a member `data.tar`"))?;
        let field = |range: std::ops::Range<usize>| {
            str::from_utf8(&header[range]).unwrap_or_default().trim()
        };
        let length = field(48..58).parse::<u32>().ok().filter(|_| header.ends_with(b"`\n"));
        let length = length.ok_or_else(|| io::Error::other("the header of a member is broken"))?;
        // GNU's `ar` ends names with a slash.
        match field(0..16).trim_end_matches('/').strip_prefix("data.tar") {
            Some(suffix) => {
                let form = ArchiveForm::from_path(&PathBuf::from(format!("data.tar{suffix}")));
                return match form {
                    Some(ArchiveForm::Tar(compression)) => Ok((length.into(), compression)),
                    _ => Err(io::Error::other(format!(
                        "nothing is known of the compression {suffix:?}"
                    ))),
                };
            }
            None => file.seek(SeekFrom::Current(i64::from(length) + i64::from(length % 2)))?,
        };
    }
}

/// Whether a folder that all entries share belongs to the paths.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TopFolder {
    Strip,
    Keep,
}

/// The folder that all entries share, as far as they were seen.
#[derive(Default)]
enum Top {
    #[default]
    Unseen,
    Folder(String),
    None,
}

impl Top {
    fn see(&mut self, path: &str) {
        let first = path.split_once('/').map(|(first, _)| first);
        match (&self, first) {
            (Top::Unseen, Some(first)) => *self = Top::Folder(first.to_owned()),
            (Top::Folder(folder), Some(first)) if folder == first => {}
            _ => *self = Top::None,
        }
    }

    fn folder(&self) -> Option<String> {
        match self {
            Top::Folder(folder) => Some(folder.clone()),
            _ => None,
        }
    }
}

/// Entries that were not read, by reason.
#[derive(Default)]
struct Refused {
    escaping: Count,
    special: Count,
    encrypted: Count,
}

#[derive(Default)]
struct Count {
    number: usize,
    first: String,
}

impl Refused {
    fn notes(self) -> impl Iterator<Item = Note> {
        let reasons = [
            (self.escaping, "whose paths lead out of the archive"),
            (self.special, "that are links or devices"),
            (self.encrypted, "that are encrypted"),
        ];
        let some = reasons.into_iter().filter(|(count, _)| count.number > 0);
        some.map(|(count, reason)| Note {
            path: None,
            kind: NoteKind::Skipped,
            message: format!(
                "left out {} entries {reason}, the first is {:?}",
                count.number, count.first
            ),
        })
    }
}

impl Count {
    fn add(&mut self, name: &str) {
        if self.number == 0 {
            self.first = name.chars().take(80).collect();
        }
        self.number += 1;
    }
}

/// A path inside the archive without `.` components, or `None` if it is absolute, leads upwards, or
/// is none at all. `\` separates too: on Windows it would, and no honest archive has it in a name.
fn safe_path(name: &str) -> Option<String> {
    let has_drive = name.as_bytes().get(1) == Some(&b':');
    if name.starts_with(['/', '\\']) || has_drive || name.contains('\0') || name.len() > MAX_PATH {
        return None;
    }
    let mut parts = Vec::new();
    for part in name.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => return None,
            part => parts.push(part),
        }
    }
    if parts.is_empty() { None } else { Some(parts.join("/")) }
}

fn day(time: zip::DateTime) -> Option<Day> {
    format!("{:04}-{:02}-{:02}", time.year(), time.month(), time.day()).parse().ok()
}

/// A regular file by its Unix mode; archives made elsewhere have none, or no file type in it.
fn is_plain_mode(mode: Option<u32>) -> bool {
    matches!(mode.unwrap_or(0) & 0o170_000, 0 | 0o100_000)
}

/// A limit was reached, inside of an [`io::Error`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Limit(String);

fn limit(message: String) -> io::Error {
    io::Error::other(Limit(message))
}

/// What may still come out of an archive; shared between a meter and its reader.
#[derive(Clone)]
struct Budget(Rc<Counters>);

struct Counters {
    /// Size of the archive on disk.
    size: u64,
    /// Bytes that came out of it.
    total: Cell<u64>,
    /// Bytes that may come out before the next call of [`Budget::allow`].
    allowed: Cell<u64>,
    /// The limit that stopped the reading. Kept here because decoders wrap or replace errors from
    /// below.
    reached: Cell<Option<String>>,
    /// Whether a read met the end.
    ended: Cell<bool>,
}

impl Budget {
    fn new(size: u64) -> Budget {
        Budget(Rc::new(Counters {
            size,
            total: Cell::new(0),
            allowed: Cell::new(u64::MAX),
            reached: Cell::new(None),
            ended: Cell::new(false),
        }))
    }

    fn allow(&self, bytes: u64) {
        self.0.allowed.set(bytes);
    }

    fn spend(&self, bytes: u64) -> io::Result<()> {
        let total = self.0.total.get() + bytes;
        let allowed = self.0.allowed.get();
        self.0.total.set(total);
        self.0.allowed.set(allowed.saturating_sub(bytes));
        let reached = if total > MAX_ARCHIVE_UNPACKED {
            format!("it unpacks to more than {} GiB", MAX_ARCHIVE_UNPACKED >> 30)
        } else if total > RATIO_FREE.max(self.0.size.saturating_mul(MAX_ARCHIVE_RATIO)) {
            format!("it unpacks to more than {MAX_ARCHIVE_RATIO} times its size")
        } else if bytes > allowed {
            "its headers are larger than those of any honest archive".to_owned()
        } else {
            return Ok(());
        };
        self.0.reached.set(Some(reached.clone()));
        Err(limit(reached))
    }
}

/// Counts what is read, and fails once a budget is spent.
struct Meter<R> {
    inner: R,
    budget: Budget,
}

impl<R: Read> Read for Meter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            self.budget.0.ended.set(true);
        }
        self.budget.spend(read as u64)?;
        Ok(read)
    }
}

impl<R: Seek> Seek for Meter<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[cfg(test)]
mod tests;
