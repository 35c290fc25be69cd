//! The file of a journal: where it is, how it is added to, and how it is kept from growing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::project::walk::{self, ReadProblem};

/// Size from which on a new file is begun; together with the one before, a project has twice as
/// much.
pub(super) const MAX_BYTES: u64 = 4 << 20;
/// Largest file that is read: many writers may reach the limit at once.
const MAX_READ_BYTES: u64 = 4 * MAX_BYTES;
/// Characters of the project's name that are shown in the name of the file.
const MAX_NAME: usize = 40;

/// The file of a project's journal. Its name begins as the project's for those who look into the
/// directory.
pub(super) fn path(directory: &Path, root: &Path) -> PathBuf {
    // A project has one journal, also where it is reached by a link.
    let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let digest = blake3::hash(root.as_os_str().as_encoded_bytes()).to_hex();
    let name = root.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let name: String = name.chars().take(MAX_NAME).map(plain).collect();
    directory.join(format!("{name}-{}.jsonl", &digest[..16]))
}

/// The file that what is too much is moved to.
pub(super) fn older(path: &Path) -> PathBuf {
    path.with_extension("1.jsonl")
}

/// Adds whole lines in one write.
pub(super) fn append(path: &Path, lines: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|facts| facts.len() > MAX_BYTES) {
        rotate(path)?;
    }
    let mut file = match open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create_directory(path.parent().unwrap_or(Path::new(".")))?;
            open(path)?
        }
        opened => opened?,
    };
    let written = file.write(lines)?;
    if written < lines.len() {
        // What was begun must not swallow the next line.
        let _ = file.write(b"\n");
        return Err(io::ErrorKind::StorageFull.into());
    }
    Ok(())
}

/// The whole file; one that is not there is empty.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    match walk::read(path, MAX_READ_BYTES) {
        Ok(bytes) => Ok(bytes),
        Err(ReadProblem::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => {
            Ok(Vec::new())
        }
        Err(ReadProblem::Unreadable(error)) => Err(error),
        Err(problem) => Err(io::Error::other(problem.to_string())),
    }
}

/// Moves a full file away. Only one process does: another one that comes late would move the new
/// file over the full one.
fn rotate(path: &Path) -> io::Result<()> {
    let lock = File::create(path.with_extension("lock"))?;
    if lock.try_lock().is_err() {
        return Ok(());
    }
    if fs::metadata(path).is_ok_and(|facts| facts.len() > MAX_BYTES) {
        fs::rename(path, older(path))
    } else {
        Ok(())
    }
}

/// Where somebody's code is from is nobody else's business.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

#[cfg(unix)]
fn create_directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}
