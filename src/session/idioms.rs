//! Where sets of idioms are, and how they are opened.

use std::path::{Path, PathBuf};

use super::SessionError;
use crate::engine::index::{Index, IndexError, IndexName};
use crate::judgement::finding::{Note, NoteKind};
use crate::project::config::Config;
use crate::project::walk::{self, SideFiles};

/// Where a set of idioms is made unless another place is named.
const DEFAULT_DIRECTORY: &str = ".birthmark/idioms";

/// Where idioms are kept if nobody says where: beside the configuration, else in the current
/// directory.
pub(crate) fn default_directory(config: &Config) -> PathBuf {
    match config.directory() {
        Some(directory) if directory != Path::new(".") => directory.join(DEFAULT_DIRECTORY),
        _ => PathBuf::from(DEFAULT_DIRECTORY),
    }
}

/// Opens sets of idioms to be asked together.
///
/// # Errors
/// If one is not there or damaged.
pub(crate) fn open(sets: &[IndexName]) -> Result<Index, SessionError> {
    open_elsewhere(sets, &SideFiles::default())
}

/// The same with sets that are read elsewhere than where they are named.
pub(super) fn open_elsewhere(sets: &[IndexName], side: &SideFiles) -> Result<Index, SessionError> {
    Index::open_elsewhere(sets, &|path| side.index_at(path)).map_err(open_error)
}

/// Why a set could not be opened, with the command that makes one.
pub(crate) fn open_error(error: IndexError) -> SessionError {
    match error {
        IndexError::Missing(path) => SessionError::NoIdioms(path),
        error => error.into(),
    }
}

/// What to say of a set that is there and that no configuration names. It is not used: a repository
/// says in its configuration which code is nobody's.
pub(super) fn note_unused(config: &Config) -> Option<Note> {
    let directory = default_directory(config);
    let message =
        "this set of idioms is not used; name it in `idioms` of the configuration, or by --idioms";
    let note = || Note {
        path: Some(walk::display_path(&directory)),
        kind: NoteKind::Info,
        message: message.to_owned(),
    };
    directory.join("manifest.json").is_file().then(note)
}
