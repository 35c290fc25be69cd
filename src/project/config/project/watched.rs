//! The files that licences were read from, so that a service notices when one of them changes.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// When a file was last changed, and its size; `None` if it is not there.
type Stamp = Option<(SystemTime, u64)>;

/// The files that were asked for, by directory.
///
/// Most of them are not there: a directory is asked for some thirty names. As long as the directory
/// itself has not changed, none of them can have appeared.
#[derive(Debug, Default)]
pub(super) struct Watched(BTreeMap<PathBuf, Listing>);

#[derive(Debug)]
struct Listing {
    directory: Stamp,
    files: BTreeMap<OsString, Stamp>,
}

impl Watched {
    /// Remembers a file or folder as it is now. Call it before the file is read.
    pub(super) fn add(&mut self, path: &Path) {
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return };
        let listing = self
            .0
            .entry(directory.to_owned())
            .or_insert_with(|| Listing { directory: stamp(directory), files: BTreeMap::new() });
        listing.files.entry(name.to_owned()).or_insert_with(|| stamp(path));
    }

    /// Whether one of them was changed, added or removed.
    pub(crate) fn has_changed(&self) -> bool {
        self.0.iter().any(|(directory, listing)| {
            let is_same = stamp(directory) == listing.directory;
            listing.files.iter().any(|(name, known)| match known {
                None if is_same => false,
                known => stamp(&directory.join(name)) != *known,
            })
        })
    }
}

fn stamp(path: &Path) -> Stamp {
    let facts = metadata(path).ok()?;
    Some((facts.modified().ok()?, facts.len()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_appears_changes_or_goes_is_noticed() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (there, absent) = (directory.path().join("LICENSE"), directory.path().join("COPYING"));
        let nowhere = directory.path().join("sub/LICENSE");
        fs::write(&there, "MIT").expect("written");
        let watched = || {
            let mut watched = Watched::default();
            [&there, &absent, &nowhere].into_iter().for_each(|path| watched.add(path));
            assert!(!watched.has_changed());
            watched
        };
        let before = watched();
        fs::write(directory.path().join("a.py"), "x = 1\n").expect("written");
        assert!(!before.has_changed(), "another file says nothing");
        fs::write(&absent, "GPL").expect("written");
        assert!(before.has_changed());
        let before = watched();
        fs::write(&there, "another text").expect("written");
        assert!(before.has_changed());
        let before = watched();
        fs::create_dir(directory.path().join("sub")).expect("made");
        assert!(!before.has_changed());
        fs::write(&nowhere, "MIT").expect("written");
        assert!(before.has_changed());
        let before = watched();
        fs::remove_file(&there).expect("removed");
        assert!(before.has_changed());
    }
}
