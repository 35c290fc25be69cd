//! Components from git: the tracked files of a work tree, or those of a revision.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::directory::name_of;
use super::tree::{MAX_SOURCE_FILE, Role, Tree};
use super::{IngestError, Selection};
use crate::engine::index::Spill;
use crate::engine::index::documents::Day;
use crate::project::git::{Blob, Git, GitError, NO_REASON, path_from_bytes};

const REMEDY: &str = "install git, or name a directory that is no git work tree";

/// The tracked regular files of the work tree whose top is `directory`, relative to it and sorted.
pub(super) fn tracked_files(directory: &Path) -> Result<Vec<PathBuf>, IngestError> {
    let failed = |error| refusal(directory, error);
    let git = Git::at(directory).map_err(failed)?;
    let listed = git.run(&["ls-files", "-z", "--stage"]).map_err(failed)?;
    let mut paths: Vec<_> = records(&listed)
        .filter(|(info, _)| is_regular(info))
        .map(|(_, path)| path_from_bytes(path))
        .collect();
    paths.sort();
    paths.dedup(); // While a merge is unresolved a path is listed once a side.
    Ok(paths)
}

/// The files of a revision that matter, from the object store.
pub(super) fn collect_revision(
    repository: &Path,
    revision: &str,
    selection: &Selection,
    spill: &Arc<Spill>,
) -> Result<Tree, IngestError> {
    let real = std::fs::canonicalize(repository)
        .map_err(|error| IngestError::Unreadable { path: repository.to_owned(), error })?;
    let failed = |error| refusal(&real, error);
    let git = Git::at(&real).map_err(failed)?;
    let wanted = format!("{revision}^{{commit}}");
    let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted];
    let commit = git.run(&arguments).map_err(|error| match error {
        // Git says nothing at all where only the revision is at fault.
        GitError::Refused(message) if message == NO_REASON => IngestError::NoRevision {
            repository: repository.to_owned(),
            revision: revision.to_owned(),
        },
        other => failed(other),
    })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let listed = git.run(&["ls-tree", "-r", "-z", "--full-tree", &commit]).map_err(failed)?;

    let mut tree = Tree::with_name_hint(name_of(&real), spill);
    let mut blobs = git.blobs(MAX_SOURCE_FILE).map_err(failed)?;
    for (info, path) in records(&listed).filter(|(info, _)| is_regular(info)) {
        let path = String::from_utf8_lossy(path);
        let Some(path) = selection.below(&path).map(str::to_owned) else {
            continue;
        };
        let (Some(role), Some(id)) = (Role::of(&path), info.rsplit(' ').next()) else {
            continue;
        };
        match blobs.read(id).map_err(failed)? {
            Blob::Content(bytes) => tree.push(path, role, bytes)?,
            Blob::TooLarge(size) => tree.too_large(&path, size),
            Blob::Missing => {
                return Err(failed(GitError::Refused(format!("object {id} is missing"))));
            }
        }
    }
    let committed = git.run(&["show", "--no-patch", "--format=%ct", &commit]).map_err(failed)?;
    let committed = String::from_utf8_lossy(&committed).trim().parse().ok();
    tree.latest.see(committed.and_then(Day::from_unix_seconds));
    tree.version_hint = Some(commit);
    Ok(tree)
}

/// The records of `ls-files -z --stage` and `ls-tree -z`: information, a tab, the path.
fn records(listed: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    listed.split(|&byte| byte == 0).filter_map(|record| {
        let tab = record.iter().position(|&byte| byte == b'\t')?;
        Some((str::from_utf8(&record[..tab]).ok()?, &record[tab + 1..]))
    })
}

/// Reads a list of files: what is fuzzed.
#[cfg(fuzzing)]
pub fn read_list(listed: &[u8]) -> usize {
    let regular = records(listed).filter(|(info, _)| is_regular(info));
    regular.map(|(_, path)| path_from_bytes(path).as_os_str().len()).sum()
}

/// A link or a submodule has another mode.
fn is_regular(info: &str) -> bool {
    info.starts_with("100644 ") || info.starts_with("100755 ")
}

fn refusal(repository: &Path, error: GitError) -> IngestError {
    let message = match error {
        GitError::NotStarted(error) => {
            return IngestError::NoProgram { program: "git", error, remedy: REMEDY };
        }
        GitError::Refused(message) => message,
        GitError::Object { id, error } => format!("object {id}: {error}"),
    };
    IngestError::Git { repository: repository.to_owned(), message }
}
