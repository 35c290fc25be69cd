//! Index files: reading them, and replacing them so that a crash at any moment leaves the old or
//! the new.
//!
//! Who looks things up reads pages into memory of its own: whoever cuts a mapped file short kills
//! the process that maps it. Who reads all of an index, such as a writer, maps it, since memory of
//! its own would hold all of it.
//!
//! The one room of the library that touches the file system below the drivers, and the one with
//! `unsafe`.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tempfile::NamedTempFile;

use super::error::IndexError;
use super::format::PAGE_BYTES;

/// The bytes of a segment, wherever they are.
pub enum SegmentBytes {
    /// Built into the program.
    Embedded(&'static [u8]),
    /// A file that birthmark wrote and never changes, to be read from end to end.
    Mapped(memmap2::Mmap),
    /// A file of which some pages are read.
    Paged(Paged),
    /// In memory.
    Owned(Vec<u8>),
}

/// How much of a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Some pages, as they are asked for.
    Some,
    /// All of it, once.
    All,
}

/// A file of which pages are read when they are first asked for.
pub struct Paged {
    file: File,
    /// How long it was when it was opened.
    length: usize,
    /// Room for all of it. The system gives memory for the pages that are filled.
    room: memmap2::MmapRaw,
}

/// The pages of a file at its beginning. One that was found whole is so for good: nothing changes
/// it any more, whatever becomes of the file.
pub(super) struct Pages {
    bytes: SegmentBytes,
    /// A bit for each page that was found whole.
    whole: Box<[AtomicU64]>,
    /// Where the pages end.
    end: usize,
    /// Who fills a page.
    turn: Mutex<()>,
}

/// Why bytes cannot be had.
#[derive(Debug)]
pub(crate) enum Fault {
    /// They are not what was written.
    Damaged,
    /// The system does not give them.
    Unreadable(io::Error),
}

/// Opens a file of the index to read so much of it.
///
/// # Errors
/// If it cannot be opened or mapped, or is no regular file.
pub(crate) fn open_as(path: &Path, access: Access) -> Result<SegmentBytes, IndexError> {
    match access {
        Access::All => map(path),
        Access::Some => page(path),
    }
}

fn page(path: &Path) -> Result<SegmentBytes, IndexError> {
    let file = open(path)?;
    let failed = |error| io_error("cannot read", path, error);
    let length = usize::try_from(file.metadata().map_err(failed)?.len()).unwrap_or(usize::MAX);
    // The room is as long as the file, and a scan fills few of its
    // pages. The system must not reserve memory for the others.
    let room = memmap2::MmapOptions::new().len(length.max(1)).no_reserve_swap().map_anon();
    let room = room.map_err(failed)?.into();
    Ok(SegmentBytes::Paged(Paged { file, length, room }))
}

#[allow(unsafe_code)]
fn map(path: &Path) -> Result<SegmentBytes, IndexError> {
    let file = open(path)?;
    // SAFETY: a file of the index is written once under a temporary name, published by rename, and
    // only ever unlinked afterwards, which leaves a map intact. Whoever truncates it by hand gets a
    // signal, as with any mapped file.
    let map = unsafe { memmap2::Mmap::map(&file) }
        .map_err(|error| io_error("cannot map", path, error))?;
    Ok(SegmentBytes::Mapped(map))
}

/// Reads a regular file of at most so many bytes.
///
/// # Errors
/// If it cannot be read, or is longer.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, IndexError> {
    let mut bytes = Vec::new();
    let file = open(path)?;
    (&file)
        // One byte more tells a file that ends at the limit from a longer one.
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| io_error("cannot read", path, error))?;
    if bytes.len() as u64 <= limit {
        Ok(bytes)
    } else {
        Err(io_error(
            "cannot read",
            path,
            io::Error::other(format!("it is longer than {limit} bytes")),
        ))
    }
}

/// Opens a file to read it. A pipe or a device in its place would be waited for or read without
/// end.
fn open(path: &Path) -> Result<File, IndexError> {
    let failed = |error| io_error("cannot open", path, error);
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(failed(io::Error::other("it is no regular file")));
    }
    File::open(path).map_err(failed)
}

/// Makes a directory and those above it that are missing, so that they are there after a power
/// failure, too.
///
/// # Errors
/// What the system says.
pub(crate) fn create_directory(path: &Path) -> Result<(), IndexError> {
    let failed = |error| io_error("cannot create", path, error);
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Ok(()),
        Ok(_) => return Err(failed(io::Error::other("a file stands in its place"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let parent = path
        .parent()
        // The parent of a relative path with one name is the empty path, which cannot be opened.
        .map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent });
    if let Some(parent) = parent {
        create_directory(parent)?;
    }
    match fs::create_dir(path) {
        // Another process may have made it since it was found missing.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
        _ => {}
    }
    parent.map_or(Ok(()), |parent| sync_directory(parent).map_err(failed))
}

/// The names of what stands in a directory.
///
/// # Errors
/// What the system says.
pub(super) fn file_names(directory: &Path) -> Result<Vec<String>, IndexError> {
    let failed = |error| io_error("cannot read", directory, error);
    let entries = fs::read_dir(directory).map_err(failed)?;
    let name =
        |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    entries.map(name).collect::<io::Result<_>>().map_err(failed)
}

impl Pages {
    /// The pages before an offset.
    pub(super) fn new(bytes: SegmentBytes, end: usize) -> Pages {
        let count = end.min(bytes.len()).div_ceil(PAGE_BYTES);
        let whole = (0..count.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        let end = end.min(bytes.len());
        Pages { bytes, whole, end, turn: Mutex::new(()) }
    }

    /// The whole of the file.
    pub(super) fn bytes(&self) -> &SegmentBytes {
        &self.bytes
    }

    /// The bytes between two offsets. `is_whole` looks at each page that they are on, once.
    ///
    /// # Errors
    /// If a page is not whole or cannot be read, or the bytes lie behind the last.
    #[inline]
    #[allow(unsafe_code)]
    pub(super) fn read(
        &self,
        start: usize,
        end: usize,
        is_whole: impl Fn(usize, &[u8]) -> bool,
    ) -> Result<&[u8], Fault> {
        if start >= end {
            return Ok(&[]);
        }
        if end > self.end {
            return Err(Fault::Damaged);
        }
        for page in start / PAGE_BYTES..=(end - 1) / PAGE_BYTES {
            if !self.is_known(page) {
                self.look_at(page, &is_whole)?;
            }
        }
        let SegmentBytes::Paged(paged) = &self.bytes else {
            return self.bytes.at_hand().and_then(|it| it.get(start..end)).ok_or(Fault::Damaged);
        };
        // SAFETY: the bytes are inside of the room, and their pages were filled before their bits
        // were set (see `take`), after which nobody writes to them.
        Ok(unsafe { std::slice::from_raw_parts(paged.room.as_ptr().add(start), end - start) })
    }

    /// Looks at a page without keeping it.
    ///
    /// # Errors
    /// If it is not whole or cannot be read.
    pub(super) fn check(
        &self,
        page: usize,
        is_whole: impl Fn(usize, &[u8]) -> bool,
    ) -> Result<(), Fault> {
        self.with_page(page, |bytes| is_whole(page, bytes).then_some(()))?.ok_or(Fault::Damaged)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.end.div_ceil(PAGE_BYTES)
    }

    fn is_known(&self, page: usize) -> bool {
        let bits = self.whole.get(page / 64).map_or(0, |bits| bits.load(Ordering::Acquire));
        bits >> (page % 64) & 1 == 1
    }

    #[cold]
    #[inline(never)]
    fn look_at(&self, page: usize, is_whole: &impl Fn(usize, &[u8]) -> bool) -> Result<(), Fault> {
        let look = |bytes: &[u8]| is_whole(page, bytes).then(|| self.take(page, bytes));
        self.with_page(page, look)?.ok_or(Fault::Damaged)
    }

    /// Gives a page to a function. Only what has to be read is copied.
    fn with_page<R>(&self, page: usize, give: impl FnOnce(&[u8]) -> R) -> Result<R, Fault> {
        let start = page * PAGE_BYTES;
        let end = self.end.min(start + PAGE_BYTES);
        if let Some(all) = self.bytes.at_hand() {
            return all.get(start..end).map(give).ok_or(Fault::Damaged);
        }
        let mut buffer = [0; PAGE_BYTES];
        let bytes = &mut buffer[..end.saturating_sub(start)];
        self.bytes.copy(start, bytes).map_err(Fault::Unreadable)?;
        Ok(give(bytes))
    }

    /// Keeps a page that was found whole.
    #[allow(unsafe_code)]
    fn take(&self, page: usize, bytes: &[u8]) {
        let Some(bits) = self.whole.get(page / 64) else { return };
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if let SegmentBytes::Paged(paged) = &self.bytes
            // Another thread may have filled the page since this one found it missing.
            && !self.is_known(page)
        {
            // SAFETY: the page is inside of the room. Its bit is not set, so that nobody reads it,
            // and who holds the turn is alone in writing.
            unsafe {
                let to = paged.room.as_mut_ptr().add(page * PAGE_BYTES);
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
            }
        }
        bits.fetch_or(1 << (page % 64), Ordering::Release);
    }
}

impl SegmentBytes {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            SegmentBytes::Embedded(bytes) => bytes.len(),
            SegmentBytes::Mapped(map) => map.len(),
            SegmentBytes::Paged(paged) => paged.length,
            SegmentBytes::Owned(bytes) => bytes.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies as many bytes as `to` holds from an offset on.
    ///
    /// # Errors
    /// If there are not so many, or the system does not give them.
    pub fn copy(&self, start: usize, to: &mut [u8]) -> io::Result<()> {
        if let SegmentBytes::Paged(paged) = self {
            return read_exact_at(&paged.file, to, start as u64);
        }
        let bytes = self.at_hand().unwrap_or_default();
        let end = start.checked_add(to.len());
        let part = end.and_then(|end| bytes.get(start..end));
        to.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    /// All of them where they are in memory already, or seem to be.
    pub(crate) fn at_hand(&self) -> Option<&[u8]> {
        match self {
            SegmentBytes::Embedded(bytes) => Some(bytes),
            SegmentBytes::Mapped(map) => Some(map),
            SegmentBytes::Paged(_) => None,
            SegmentBytes::Owned(bytes) => Some(bytes),
        }
    }

    /// All of them.
    ///
    /// # Errors
    /// If the system does not give them.
    pub fn all(&self) -> io::Result<std::borrow::Cow<'_, [u8]>> {
        if let Some(bytes) = self.at_hand() {
            return Ok(bytes.into());
        }
        let mut all = vec![0; self.len()];
        self.copy(0, &mut all)?;
        Ok(all.into())
    }

    /// Lets go of the memory that what was read of a file takes; what is read again comes from the
    /// file again. A file that is read from end to end would else count as memory of this process,
    /// all of it.
    #[cfg(unix)]
    #[allow(unsafe_code)]
    pub(crate) fn release(&self) {
        if let SegmentBytes::Mapped(map) = self {
            // SAFETY: the map is shared, read-only, and of a file that nobody changes (see
            // [`map`]), so that the pages come back as they were. Should the system refuse, the
            // memory stays taken.
            let _ = unsafe { map.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
        }
    }

    /// Does nothing where the system takes memory back by itself.
    #[cfg(not(unix))]
    pub(crate) fn release(&self) {}
}

/// A file that grows at its end and has no name: the system removes it with the process, however
/// that ends.
#[derive(Debug)]
pub(crate) struct Overflow {
    file: File,
    directory: PathBuf,
    length: Mutex<u64>,
}

impl Overflow {
    /// Makes one in a directory.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn create(directory: &Path) -> Result<Overflow, IndexError> {
        let named = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(directory);
        // Letting go of the path removes the name; whoever is killed before leaves what the next
        // writer sweeps.
        let (file, _) = named
            .map_err(|error| io_error("cannot make a temporary file in", directory, error))?
            .into_parts();
        Ok(Overflow { file, directory: directory.to_owned(), length: Mutex::new(0) })
    }

    /// Writes bytes behind those there are, and says where they begin.
    ///
    /// # Errors
    /// What the system says, such as that the disk is full.
    pub(crate) fn append(&self, bytes: &[u8]) -> Result<u64, IndexError> {
        let mut length = self.length.lock().unwrap_or_else(PoisonError::into_inner);
        let written = (&self.file)
            .seek(io::SeekFrom::Start(*length))
            .and_then(|_| (&self.file).write_all(bytes));
        written.map_err(|error| {
            io_error("cannot write a temporary file in", &self.directory, error)
        })?;
        // Only a whole write counts. What a failed one left behind is overwritten by the next.
        let start = *length;
        *length += bytes.len() as u64;
        Ok(start)
    }

    /// Reads as many bytes as `buffer` holds.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn read(&self, start: u64, buffer: &mut [u8]) -> Result<(), IndexError> {
        read_exact_at(&self.file, buffer, start)
            .map_err(|error| io_error("cannot read a temporary file in", &self.directory, error))
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, buffer: &mut [u8], start: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, start)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut buffer: &mut [u8], mut start: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, start)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => (buffer, start) = (&mut buffer[read..], start + read as u64),
        }
    }
    Ok(())
}

/// A buffered file to write to, with going back.
pub(crate) type Out<'a> = io::BufWriter<&'a mut File>;

/// Writes a file of a directory: temporary file, fsync, rename, fsync of the directory. `write`
/// gives, with what else it has to tell, the name, which may depend on what was written; a file of
/// that name is replaced.
///
/// # Errors
/// What `write` or the system says; an old file is then untouched.
pub(super) fn publish<T, E: From<IndexError>>(
    directory: &Path,
    write: impl FnOnce(&mut Out<'_>) -> Result<(String, T), E>,
) -> Result<T, E> {
    let failed = |error| io_error("cannot write to", directory, error);
    let mut temporary =
        tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(directory).map_err(failed)?;
    let (name, told) = {
        let mut out = io::BufWriter::with_capacity(1 << 18, temporary.as_file_mut());
        let written = write(&mut out)?;
        out.flush().map_err(failed)?;
        written
    };
    make_readable(temporary.as_file()).map_err(failed)?;
    // The content must reach the disk before the name does. After
    // a power failure the name could else stand for an empty file.
    temporary.as_file().sync_all().map_err(failed)?;
    persist(temporary, &directory.join(name)).map_err(failed)?;
    sync_directory(directory).map_err(failed)?;
    Ok(told)
}

/// How temporary files of an index start; leftovers of a killed process are swept by the next
/// writer.
const TEMPORARY_PREFIX: &str = ".writing-";

/// Removes what a killed writer left behind: temporary files, and those whose name says
/// `is_leftover`. Call it only while holding the lock.
pub(crate) fn sweep(directory: &Path, is_leftover: impl Fn(&str) -> bool) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(TEMPORARY_PREFIX) || is_leftover(&name) {
            // A leftover that cannot be removed wastes space and harms nothing.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Takes the writer's lock of an index directory; it is held until the file is dropped.
///
/// # Errors
/// If another process holds it, or the lock file cannot be made.
pub(super) fn lock(directory: &Path) -> Result<File, IndexError> {
    let path = directory.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| io_error("cannot open", &path, error))?;
    loop {
        return match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(IndexError::Locked(directory.to_owned())),
            // On the disk of another machine, a signal interrupts the call.
            Err(fs::TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {
                continue;
            }
            Err(fs::TryLockError::Error(error)) => Err(io_error("cannot lock", &path, error)),
        };
    }
}

/// An error of the system with what was attempted.
pub(crate) fn io_error(action: &'static str, path: &Path, source: io::Error) -> IndexError {
    IndexError::Io { action, path: path.to_owned(), source }
}

/// Gives a temporary file its name. By the C library, and not by a call of its own as `tempfile`
/// does: tests make it fail.
#[cfg(unix)]
fn persist(temporary: NamedTempFile, to: &Path) -> io::Result<()> {
    let (_file, mut path) = temporary.into_parts();
    fs::rename(&path, to)?;
    path.disable_cleanup(true);
    Ok(())
}

#[cfg(not(unix))]
fn persist(temporary: NamedTempFile, to: &Path) -> io::Result<()> {
    temporary.persist(to).map(|_| ()).map_err(|error| error.error)
}

#[cfg(unix)]
fn make_readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // Temporary files are private; an index is as public as the directory it stands in.
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}
