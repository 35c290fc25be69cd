//! Source packages of Debian: a `.dsc` file and the archives that it lists, in one folder.
//!
//! ```text
//! NAME_VERSION.orig.tar.*         the upstream source, below a folder of any name
//! NAME_VERSION.orig-PART.tar.*    a part of it, which belongs into the folder PART
//! NAME_VERSION-N.debian.tar.*     the folder debian/, in place of one that upstream ships
//! NAME_VERSION-N.diff.gz          the same in the older form: a patch that adds the folder
//! NAME_VERSION.tar.*              all of a package that Debian itself writes
//! ```
//!
//! Debian's patches are not applied: the code is what upstream published.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::source::ArchiveForm;
use super::tree::{MAX_SOURCE_FILE, Role, Tree, TreeFile};
use super::{IngestError, Selection, archive};
use crate::engine::index::Spill;
use crate::purl::Purl;
use crate::text::manifest::{field, paragraphs};

/// Where a source package describes its licences.
const COPYRIGHT: &str = "debian/copyright";
/// Below which folder of its own name an installed package does so: in `usr`, which is no part of
/// the paths where all of a package is in it.
const DOCUMENTATION: &str = "share/doc/";

/// Where a package's name and version stand first.
pub(super) const CHANGELOG: &str = "debian/changelog";

/// Largest `.dsc` file and largest unpacked patch that are read.
const MAX_DSC: u64 = 1 << 20;
const MAX_DIFF: u64 = 64 << 20;

/// Most archives of one package.
const MAX_ARCHIVES: usize = 100;

/// Where a package describes its licences: its source, or what it installs. The paths in it are
/// those of the source, so that of what is installed it tells the licence of the package as a whole.
pub(super) fn copyright(tree: &Tree) -> Option<&TreeFile> {
    let is_installed = |path: &str| {
        let path = path.strip_prefix("usr/").unwrap_or(path);
        let inside = path.strip_prefix(DOCUMENTATION).and_then(|rest| rest.split_once('/'));
        inside.is_some_and(|(_, name)| name == "copyright")
    };
    tree.file(COPYRIGHT).or_else(|| tree.files.iter().find(|file| is_installed(&file.path)))
}

/// Reads the files that matter of a source package.
pub(super) fn collect(
    dsc: &Path,
    selection: &Selection,
    spill: &Arc<Spill>,
) -> Result<Tree, IngestError> {
    let damaged =
        |reason: &str| IngestError::Damaged { archive: dsc.to_owned(), reason: reason.to_owned() };
    let description = read_text(dsc)?;
    let package = Description::read(&description)
        .ok_or_else(|| damaged("it is no description of a Debian source package"))?;
    let folder = dsc.parent().unwrap_or(Path::new(""));
    let mut tree = Tree::with_name_hint(package.name, spill);
    tree.version_hint = Some(package.version);
    for (name, size) in &package.files {
        let path = folder.join(name);
        let found = fs::metadata(&path)
            .map_err(|error| IngestError::Unreadable { path: path.clone(), error })?;
        if found.len() != *size {
            return Err(damaged(&format!("{name:?} has not the size that is listed")));
        }
        let part = Part::of(name).ok_or_else(|| damaged(&format!("{name:?} is unknown to it")))?;
        take(&path, part, &mut tree, spill)?;
    }
    if let Some(folder) = &selection.folder {
        let files = std::mem::take(&mut tree.files).into_iter();
        let below = files.filter_map(|mut file| {
            file.path = selection.below(&file.path)?.to_owned();
            Some(file)
        });
        tree.files = below.collect();
        tree.notes.retain(|note| note.path.as_ref().is_none_or(|path| path.starts_with(folder)));
    }
    Ok(tree)
}

fn read_text(path: &Path) -> Result<String, IngestError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_DSC).read_to_end(&mut bytes))
        .map_err(|error| IngestError::Unreadable { path: path.to_owned(), error })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a `.dsc` file says.
#[derive(Debug, PartialEq, Eq)]
struct Description {
    name: String,
    version: String,
    /// The archives and their sizes, without signatures.
    files: Vec<(String, u64)>,
}

impl Description {
    fn read(text: &str) -> Option<Description> {
        // The text may stand between the lines of a signature, which are paragraphs of their own.
        let fields =
            paragraphs(text).find(|fields| fields.iter().any(|(key, _)| key == "Source"))?;
        let field = |name: &str| field(&fields, name);
        let file = |line: &str| match line.split_whitespace().collect::<Vec<_>>()[..] {
            [_digest, size, name] if !name.contains(['/', '\\']) => {
                Some((name.to_owned(), size.parse().ok()?))
            }
            _ => None,
        };
        let files = field("Files")?.lines().map(file).collect::<Option<Vec<_>>>()?;
        let is_archive = |(name, _): &(String, u64)| !name.ends_with(".asc");
        let files: Vec<_> = files.into_iter().filter(is_archive).collect();
        (files.len() <= MAX_ARCHIVES).then_some(())?;
        let (name, version) = (field("Source")?.to_owned(), field("Version")?.to_owned());
        Some(Description { name, version, files })
    }
}

/// What one of the listed files holds.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// The upstream source, or all of the package.
    Whole,
    /// What belongs into a folder of the source.
    Below(String),
    /// The folder `debian`.
    Debian,
    /// A patch that adds the folder `debian`.
    Diff,
}

impl Part {
    fn of(name: &str) -> Option<Part> {
        if name.ends_with(".diff.gz") {
            return Some(Part::Diff);
        }
        ArchiveForm::from_path(Path::new(name))?;
        let (stem, _) = name.rsplit_once(".tar")?;
        Some(match stem.rsplit_once(".orig-") {
            Some((_, folder)) if !folder.contains('.') => Part::Below(folder.to_owned()),
            _ if stem.ends_with(".debian") => Part::Debian,
            _ => Part::Whole,
        })
    }
}

fn take(path: &Path, part: Part, tree: &mut Tree, spill: &Arc<Spill>) -> Result<(), IngestError> {
    let read = || {
        let form = ArchiveForm::from_path(path)
            .ok_or_else(|| IngestError::NotAnArchive { path: path.to_owned() })?;
        archive::collect(path, form, &Selection::default(), spill)
    };
    match part {
        Part::Whole => {
            let whole = read()?;
            // The day is that of the source, and not that of what Debian adds.
            tree.latest = whole.latest;
            tree.take_below("", whole);
        }
        Part::Below(folder) => tree.take_below(&format!("{folder}/"), read()?),
        Part::Debian => {
            tree.files.retain(|file| !file.path.starts_with("debian/"));
            let debian = read()?;
            // A folder that all entries share is no part of their paths.
            let is_below = debian.files.iter().any(|file| file.path.starts_with("debian/"));
            tree.take_below(if is_below { "" } else { "debian/" }, debian);
        }
        Part::Diff => {
            for (path, bytes) in added_files(&read_diff(path)?) {
                if let Some(role) = Role::of(&path)
                    && bytes.len() as u64 <= MAX_SOURCE_FILE
                {
                    tree.push(path, role, bytes)?;
                }
            }
        }
    }
    Ok(())
}

fn read_diff(path: &Path) -> Result<Vec<u8>, IngestError> {
    let file = File::open(path)
        .map_err(|error| IngestError::Unreadable { path: path.to_owned(), error })?;
    let mut bytes = Vec::new();
    let mut text = flate2::read::MultiGzDecoder::new(file).take(MAX_DIFF + 1);
    text.read_to_end(&mut bytes).map_err(|error| IngestError::Damaged {
        archive: path.to_owned(),
        reason: error.to_string(),
    })?;
    if bytes.len() as u64 > MAX_DIFF {
        Err(IngestError::Bomb {
            archive: path.to_owned(),
            limit: format!("it unpacks to more than {} MiB", MAX_DIFF >> 20),
        })
    } else {
        Ok(bytes)
    }
}

/// The files below `debian` that a patch adds, which in a patch stand whole.
fn added_files(patch: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let (mut path, mut is_added) = (None, false);
    for line in patch.split_inclusive(|byte| *byte == b'\n') {
        if let Some(name) = line.strip_prefix(b"+++ ") {
            path = path_below_debian(&String::from_utf8_lossy(name));
            is_added = false;
        } else if line.starts_with(b"@@ ") {
            // A file that is new has one hunk, in place of nothing.
            is_added = line.starts_with(b"@@ -0,0 +");
            if let (Some(path), true) = (&path, is_added) {
                files.push((path.clone(), Vec::new()));
            }
        } else if let (true, Some(_), Some(added)) = (is_added, &path, line.strip_prefix(b"+"))
            && let Some((_, bytes)) = files.last_mut()
        {
            bytes.extend_from_slice(added);
        }
    }
    files
}

/// The path without the folder of the package and the time behind it.
fn path_below_debian(name: &str) -> Option<String> {
    let path = name.split('\t').next()?.trim();
    let (_, path) = path.split_once('/')?;
    let is_plain = !path.split('/').any(|part| matches!(part, "" | "." | ".."));
    (path.starts_with("debian/") && is_plain).then(|| path.to_owned())
}

/// The package and version that a changelog begins with: `zlib (1:1.2-3) unstable; urgency=low`.
pub(super) fn from_changelog(text: &str) -> Option<(Purl, String)> {
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    let (name, rest) = line.split_once(" (")?;
    let (version, rest) = rest.split_once(')')?;
    let is_name = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c));
    let package = format!("pkg:deb/debian/{name}?arch=source").parse().ok()?;
    (is_name && rest.contains(';')).then(|| (package, version.trim().to_owned()))
}

/// The name and version of the archives of a source package: `zlib_1.2.orig.tar.gz`.
pub(super) fn name_and_version(stem: &str) -> Option<(String, String)> {
    let stem = stem.strip_suffix(".orig").or_else(|| stem.strip_suffix(".debian"))?;
    let (name, version) = stem.split_once('_')?;
    Some((name.to_owned(), version.to_owned()))
}

/// Whether a path is that of a description.
pub(super) fn is_description(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "dsc")
}

#[cfg(test)]
mod tests;
