//! The door that files beside the code come through: configuration, licence texts, decisions,
//! baselines, ignore files. The repository that is scanned may be anybody's, so each is a regular
//! file of a stated size, and no link leads out of the project.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::absolute_path;
use crate::judgement::finding::{Note, NoteKind};

/// Reads a regular file of at most `limit` bytes. Links are followed wherever they lead: for a file
/// that the user named.
///
/// # Errors
/// If the file is larger, is no regular file, or cannot be read.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ReadProblem> {
    // Asked before opening: to open a pipe that nobody writes to would wait for ever.
    let metadata = fs::metadata(path).map_err(ReadProblem::Unreadable)?;
    check(&metadata, limit)?;
    let file = File::open(path).map_err(ReadProblem::Unreadable)?;
    check(&file.metadata().map_err(ReadProblem::Unreadable)?, limit)?;
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // One byte more than allowed, for a file that grows while it is read.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(ReadProblem::Unreadable)?;
    match bytes.len() as u64 {
        size if size > limit => Err(ReadProblem::TooLarge { size, limit }),
        _ => Ok(bytes),
    }
}

/// Reads the first bytes of a regular file, at most `limit` of them; none if it cannot be read.
pub(super) fn first_bytes(path: &Path, limit: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Asked before opening: to open a pipe that nobody writes to would wait for ever.
    if fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
        && let Ok(file) = File::open(path)
        && file.take(limit).read_to_end(&mut bytes).is_err()
    {
        bytes.clear();
    }
    bytes
}

/// Reads a file that the project brings with it: like [`read`], but refuses a link that leads out
/// of the project.
///
/// # Errors
/// Those of [`read`], and if a link leads out of the project.
pub(crate) fn read_inside(path: &Path, limit: u64) -> Result<Vec<u8>, ReadProblem> {
    check_inside(path)?;
    read(path, limit)
}

/// Checks that a file, if it is there, is a regular one of at most `limit` bytes.
///
/// # Errors
/// Those of [`read`]; a file that is not there, or a link to nowhere, is no error.
pub(super) fn check_plain(path: &Path, limit: u64) -> Result<(), ReadProblem> {
    match fs::metadata(path) {
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(())
        }
        Err(error) => Err(ReadProblem::Unreadable(error)),
        Ok(metadata) => check(&metadata, limit),
    }
}

/// Checks that no link on the way to a path of a project leads out of the project. A path that is
/// not there yet is checked as far as it is.
///
/// # Errors
/// If a link does, or leads nowhere.
pub(crate) fn check_inside(path: &Path) -> Result<(), ReadProblem> {
    let path = absolute_path(path);
    let top = top_of_project(&path);
    let mut below = path.ancestors().take_while(|above| above.starts_with(&top));
    let Some(there) = below.find(|above| above.symlink_metadata().is_ok()) else {
        return Ok(());
    };
    match (there.canonicalize(), top.canonicalize()) {
        (Ok(real), Ok(top)) if real.starts_with(&top) => Ok(()),
        _ => Err(ReadProblem::LeadsOutside),
    }
}

/// The top of the repository that a path is in. Outside of one, the current directory if the path
/// is below it, else the directory of the file, or that of its `.birthmark`.
fn top_of_project(path: &Path) -> PathBuf {
    if let Some(top) = path.ancestors().skip(1).find(|above| above.join(".git").exists()) {
        return top.to_owned();
    }
    match std::env::current_dir() {
        Ok(current) if path.starts_with(&current) => return current,
        _ => {}
    }
    let own =
        path.ancestors().find(|above| above.file_name().is_some_and(|name| name == ".birthmark"));
    own.unwrap_or(path).parent().unwrap_or(path).to_owned()
}

fn check(metadata: &fs::Metadata, limit: u64) -> Result<(), ReadProblem> {
    if !metadata.is_file() {
        return Err(ReadProblem::NotRegular);
    }
    match metadata.len() {
        size if size > limit => Err(ReadProblem::TooLarge { size, limit }),
        _ => Ok(()),
    }
}

/// Why [`read`] or [`read_inside`] gave no bytes.
#[derive(Debug, thiserror::Error)]
pub enum ReadProblem {
    /// The file is larger than the limit.
    #[error("{size} bytes are more than the limit of {limit}")]
    TooLarge {
        /// Its size, as far as it was read.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// A directory, a pipe, a socket or a device.
    #[error("not a regular file")]
    NotRegular,
    /// A link leads out of the project.
    #[error("a link leads out of the project; put the file itself there")]
    LeadsOutside,
    /// The system refused.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
}

impl ReadProblem {
    /// The problem as the cause of a message that says already which file cannot be read.
    pub(crate) fn into_cause(self) -> Box<dyn std::error::Error + Send + Sync> {
        match self {
            ReadProblem::Unreadable(error) => Box::new(error),
            problem => Box::new(problem),
        }
    }

    /// The problem as a note on that path: a file the system refuses is a failure, the rest is left
    /// out on purpose.
    pub(crate) fn note(&self, path: &str) -> Note {
        let kind = match self {
            ReadProblem::TooLarge { .. } | ReadProblem::NotRegular | ReadProblem::LeadsOutside => {
                NoteKind::Skipped
            }
            ReadProblem::Unreadable(_) => NoteKind::Failed,
        };
        Note { path: Some(path.to_owned()), kind, message: format!("not checked: {self}") }
    }
}
