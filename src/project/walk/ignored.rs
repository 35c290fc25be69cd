//! Ignore files, checked before the walker reads them: it reads whatever stands there, to its end.

use std::path::{Path, PathBuf};

use super::display_path;
use super::door::{self, ReadProblem};
use crate::judgement::finding::{Note, NoteKind};

/// Largest ignore file that is read. The globs of a file of 5 MB take 800 MB.
const MAX_IGNORE_BYTES: u64 = 256 << 10;
/// Largest file by which git refers to another directory.
const MAX_REFERENCE_BYTES: u64 = 4 << 10;

/// Whose ignore files are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The project's: no link may lead out of it.
    Project,
    /// Those of a directory above it: the user put them there.
    Above,
}

/// Checks the ignore files of a directory.
///
/// # Errors
/// The note that says which of them cannot be read as it is.
pub(super) fn check(directory: &Path, origin: Origin) -> Result<(), Note> {
    for name in [".gitignore", ".ignore"] {
        let path = directory.join(name);
        if path.symlink_metadata().is_err() {
            continue;
        }
        let inside = match origin {
            Origin::Project => door::check_inside(&path),
            Origin::Above => Ok(()),
        };
        check_readable(&path, inside.and_then(|()| door::check_plain(&path, MAX_IGNORE_BYTES)))?;
    }
    check_git(directory)
}

/// Checks what git keeps for itself: `.git/info/exclude`, which a linked work tree has elsewhere.
fn check_git(directory: &Path) -> Result<(), Note> {
    let git = directory.join(".git");
    let common = match git.metadata() {
        Err(_) => return Ok(()),
        Ok(metadata) if metadata.is_dir() => git,
        Ok(_) => match common_directory(&git)? {
            Some(common) => common,
            None => return Ok(()),
        },
    };
    let exclude = common.join("info").join("exclude");
    check_readable(&exclude, door::check_plain(&exclude, MAX_IGNORE_BYTES))
}

/// The directory that a `.git` file leads to, by way of `commondir`. Paths are resolved as the
/// walker does.
fn common_directory(git: &Path) -> Result<Option<PathBuf>, Note> {
    let Some(line) = first_line(git)? else { return Ok(None) };
    let Some(own) = line.strip_prefix("gitdir: ").map(PathBuf::from) else { return Ok(None) };
    let common = first_line(&own.join("commondir"))?;
    Ok(common.map(
        |common| if common.starts_with('.') { own.join(common) } else { PathBuf::from(common) },
    ))
}

fn first_line(file: &Path) -> Result<Option<String>, Note> {
    check_readable(file, door::check_plain(file, MAX_REFERENCE_BYTES))?;
    let bytes = door::read(file, MAX_REFERENCE_BYTES).ok();
    Ok(bytes.and_then(|bytes| String::from_utf8_lossy(&bytes).lines().next().map(str::to_owned)))
}

fn check_readable(path: &Path, checked: Result<(), ReadProblem>) -> Result<(), Note> {
    checked.map_err(|problem| {
        let path = Some(display_path(path));
        let message = format!("its ignore rules are not applied: {problem}");
        Note { path, kind: NoteKind::Failed, message }
    })
}
