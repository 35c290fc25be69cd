//! Where sets of idioms are, and how they are opened.

use std::path::{Path, PathBuf};

use super::SessionError;
use crate::engine::index::{Index, IndexError, IndexName};
use crate::project::config::{Config, ConfigChoice};
use crate::project::walk;

/// The set of idioms that is used without being named, if it is there.
const DEFAULT_DIRECTORY: &str = ".birthmark/idioms";

/// Where idioms are kept if nobody says where: beside the configuration, else in the current directory.
pub fn default_directory(config: &Config) -> PathBuf {
    match config.directory() {
        Some(directory) if directory != Path::new(".") => directory.join(DEFAULT_DIRECTORY),
        _ => PathBuf::from(DEFAULT_DIRECTORY),
    }
}

/// Opens sets of idioms to be asked together.
///
/// # Errors
/// If one is not there or damaged.
pub fn open(sets: &[IndexName]) -> Result<Index, SessionError> {
    Index::open(sets).map_err(unopened)
}

/// Why a set could not be opened, with the command that makes one.
pub fn unopened(error: IndexError) -> SessionError {
    match error {
        IndexError::Missing(path) => SessionError::NoIdioms(path),
        error => error.into(),
    }
}

/// The set of idioms where `birthmark idiom add` puts it, if there is one. `--no-config` disables it.
///
/// # Errors
/// If a link there leads out of the project.
pub(super) fn own(config: &Config, configured: &ConfigChoice) -> Result<Vec<PathBuf>, SessionError> {
    let directory = default_directory(config);
    if matches!(configured, ConfigChoice::Without) || !directory.is_dir() {
        return Ok(Vec::new());
    }
    match walk::check_inside(&directory) {
        Ok(()) => Ok(vec![directory]),
        Err(problem) => Err(SessionError::Outside { path: directory, problem }),
    }
}
