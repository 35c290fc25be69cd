//! Where the files beside the code are read: in the work tree, or as a commit holds them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where configuration, licence texts, decisions, baselines, manifests and ignore files are read.
#[derive(Clone, Debug, Default)]
pub struct SideFiles(Option<Arc<dyn Elsewhere>>);

/// Side files as another state of the project holds them. Paths are those of the project; an error
/// is kept and told by [`Elsewhere::problem`].
pub(crate) trait Elsewhere: fmt::Debug + Send + Sync {
    /// Returns where a file or directory can be read. Nothing is there if that state has no such
    /// file.
    fn at(&self, path: &Path) -> PathBuf;
    /// Returns where an index can be read: the directory itself if neither that state nor the
    /// project's git index has files in it.
    fn index_at(&self, path: &Path) -> PathBuf;
    /// Returns the files in and under a directory whose names are wanted.
    fn find_named(&self, directory: &Path, is_wanted: &dyn Fn(&str) -> bool) -> Vec<PathBuf>;
    /// Whether ignore files of that state name a file or directory.
    fn ignores(&self, path: &Path, is_directory: bool) -> bool;
    /// Whether git tracks a file, or a file below a directory, in the project as it is now.
    fn is_tracked(&self, path: &Path) -> bool;
    /// Returns why some file could not be read as that state holds it.
    fn problem(&self) -> Option<String>;
}

impl SideFiles {
    /// Side files as another state of the project holds them.
    pub(crate) fn elsewhere(elsewhere: Arc<dyn Elsewhere>) -> SideFiles {
        SideFiles(Some(elsewhere))
    }

    /// Returns the other state, or `None` for the work tree.
    pub(crate) fn state(&self) -> Option<&dyn Elsewhere> {
        self.0.as_deref()
    }

    /// Returns where a file or directory can be read.
    pub(crate) fn at(&self, path: &Path) -> PathBuf {
        self.state().map_or_else(|| path.to_owned(), |state| state.at(path))
    }

    /// Returns the files right in a directory whose names are wanted, sorted.
    pub(crate) fn files_in(
        &self,
        directory: &Path,
        is_wanted: &dyn Fn(&str) -> bool,
    ) -> Vec<PathBuf> {
        let mut files = match self.state() {
            Some(state) => {
                let mut files = state.find_named(directory, is_wanted);
                files.retain(|path| path.parent() == Some(directory));
                files
            }
            None => {
                let listed = std::fs::read_dir(directory).into_iter().flatten().flatten();
                let wanted =
                    listed.filter(|entry| entry.file_name().to_str().is_some_and(is_wanted));
                wanted.map(|entry| entry.path()).filter(|path| path.is_file()).collect()
            }
        };
        files.sort();
        files
    }

    /// Returns where an index can be read.
    pub(crate) fn index_at(&self, path: &Path) -> PathBuf {
        self.state().map_or_else(|| path.to_owned(), |state| state.index_at(path))
    }
}

/// The same state is the same, whatever it holds.
impl PartialEq for SideFiles {
    fn eq(&self, other: &SideFiles) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}
