//! The folder of a build that is under way.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

/// How the names of such folders begin.
const PREFIX: &str = ".building-";
/// The file in it that a running build holds locked.
const LOCK: &str = "lock";

/// A folder for files that a build has not finished. The build removes it at its end. If the build
/// was killed, the next build in the same directory removes the folder.
pub(crate) struct WorkFolder {
    directory: TempDir,
    _lock: File,
}

impl WorkFolder {
    /// Makes a folder in a directory, and removes those of builds that were killed.
    pub(super) fn create(parent: &Path) -> anyhow::Result<WorkFolder> {
        sweep(parent);
        let make = || -> std::io::Result<Option<WorkFolder>> {
            let directory = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
            // Another build may remove the folder until its lock is held.
            let file = match File::create(directory.path().join(LOCK)) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                made => made?,
            };
            Ok(match file.try_lock() {
                Ok(()) => Some(WorkFolder { directory, _lock: file }),
                Err(TryLockError::WouldBlock) => None,
                Err(TryLockError::Error(error)) => return Err(error),
            })
        };
        loop {
            let made = make();
            let made = made.with_context(|| format!("cannot work in `{}`", parent.display()))?;
            if let Some(folder) = made {
                return Ok(folder);
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Removes the folders whose build does not run any more. What cannot be removed wastes space and
/// harms nothing.
fn sweep(parent: &Path) {
    let is_folder = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
    };
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for folder in entries.map(|entry| entry.path()).filter(is_folder) {
        let lock = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK));
        if let Ok(lock) = lock
            && lock.try_lock().is_ok()
        {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_killed_builds_go_and_those_of_running_ones_stay() {
        let parent = tempfile::tempdir().unwrap();
        let running = WorkFolder::create(parent.path()).unwrap();
        let left = parent.path().join(".building-left");
        fs::create_dir(&left).unwrap();
        fs::write(left.join("x.segment"), "x").unwrap();
        let other = WorkFolder::create(parent.path()).unwrap();
        assert!(running.path().is_dir() && other.path().is_dir() && !left.exists());
        drop((running, other));
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
