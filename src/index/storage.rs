//! Index files: mapping them to read, and replacing them so that a crash at any moment leaves the old or the new.
//!
//! The one room of the library that touches the file system below the drivers, and the one with `unsafe`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Deref;
use std::path::Path;

use super::error::IndexError;

/// The bytes of a segment, wherever they are.
pub enum SegmentBytes {
    /// Built into the program.
    Embedded(&'static [u8]),
    /// A file that birthmark wrote and never changes.
    Mapped(memmap2::Mmap),
    /// In memory.
    Owned(Vec<u8>),
}

impl Deref for SegmentBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            SegmentBytes::Embedded(bytes) => bytes,
            SegmentBytes::Mapped(map) => map,
            SegmentBytes::Owned(bytes) => bytes,
        }
    }
}

/// Maps a segment file.
///
/// # Errors
/// If it cannot be opened or mapped.
#[allow(unsafe_code)]
pub fn map(path: &Path) -> Result<SegmentBytes, IndexError> {
    let file = File::open(path).map_err(|error| io_error("cannot open", path, error))?;
    // SAFETY: a segment file is written once under a temporary name, published by rename, and only ever unlinked
    // afterwards, which leaves a map intact. Whoever truncates it by hand gets a signal, as with any mapped file.
    let map = unsafe { memmap2::Mmap::map(&file) }.map_err(|error| io_error("cannot map", path, error))?;
    Ok(SegmentBytes::Mapped(map))
}

/// Replaces a file by what `write` writes: temporary file, fsync, rename, fsync of the directory.
///
/// # Errors
/// What `write` or the system says; the old file is then untouched.
pub fn replace<E: From<IndexError>>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let failed = |error| io_error("cannot write", path, error);
    let mut temporary =
        tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(directory).map_err(failed)?;
    {
        let mut out = io::BufWriter::with_capacity(1 << 20, temporary.as_file_mut());
        write(&mut out)?;
        out.flush().map_err(failed)?;
    }
    temporary.as_file().sync_all().map_err(failed)?;
    make_readable(temporary.as_file()).map_err(failed)?;
    temporary.persist(path).map_err(|error| failed(error.error))?;
    sync_directory(directory).map_err(failed)?;
    Ok(())
}

/// How temporary files of an index start; leftovers of a killed process are swept by the next writer.
const TEMPORARY_PREFIX: &str = ".writing-";

/// Removes what a killed writer left behind: temporary files, and those whose name says `is_leftover`. Call it only
/// while holding the lock.
pub fn sweep(directory: &Path, is_leftover: impl Fn(&str) -> bool) {
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
pub fn lock(directory: &Path) -> Result<File, IndexError> {
    let path = directory.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| io_error("cannot open", &path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(IndexError::Locked(directory.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(io_error("cannot lock", &path, error)),
    }
}

/// An error of the system with what was attempted.
pub fn io_error(action: &'static str, path: &Path, source: io::Error) -> IndexError {
    IndexError::Io { action, path: path.to_owned(), source }
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
