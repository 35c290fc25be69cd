//! Directories: the tracked files of a git work tree, or what the ignore rules leave.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::tree::{MAX_SOURCE_FILE, Role, Tree};
use super::{IngestError, Selection, git};
use crate::engine::index::Spill;
use crate::project::walk::{self, ReadProblem, WalkSettings, display_path};

pub(super) fn collect(
    directory: &Path,
    selection: &Selection,
    spill: &Arc<Spill>,
) -> Result<Tree, IngestError> {
    let real = fs::canonicalize(directory)
        .map_err(|error| IngestError::Unreadable { path: directory.to_owned(), error })?;
    let mut tree = Tree::with_name_hint(name_of(&real), spill);
    for path in file_paths(&real, &mut tree)? {
        take(&real, &path, selection, &mut tree)?;
    }
    Ok(tree)
}

/// A file alone, under its name.
pub(super) fn collect_file(path: &Path, spill: &Arc<Spill>) -> Result<Tree, IngestError> {
    let unreadable = |error| IngestError::Unreadable { path: path.to_owned(), error };
    let real = fs::canonicalize(path).map_err(unreadable)?;
    let mut tree = Tree::with_name_hint(name_of(&real), spill);
    let (folder, name) =
        (real.parent().unwrap_or(&real), Path::new(real.file_name().unwrap_or_default()));
    take(folder, name, &Selection::default(), &mut tree)?;
    Ok(tree)
}

/// The name a directory gives a component that says none itself.
pub(super) fn name_of(real: &Path) -> String {
    display_path(Path::new(real.file_name().unwrap_or("root".as_ref())))
}

fn file_paths(real: &Path, tree: &mut Tree) -> Result<Vec<PathBuf>, IngestError> {
    if real.join(".git").exists() {
        return git::tracked_files(real);
    }
    let (paths, notes) = walk::every_file(real, &WalkSettings::default());
    tree.notes.extend(notes);
    Ok(paths)
}

fn take(
    root: &Path,
    path: &Path,
    selection: &Selection,
    tree: &mut Tree,
) -> Result<(), IngestError> {
    let shown = display_path(path);
    let Some(shown) = selection.below(&shown).map(str::to_owned) else {
        return Ok(());
    };
    let Some(role) = Role::of(&shown) else {
        return Ok(());
    };
    let location = root.join(path);
    // A tracked file may have become a link to anywhere since.
    if location.is_symlink() {
        tree.notes.push(ReadProblem::NotRegular.note(&shown));
        return Ok(());
    }
    match walk::read(&location, MAX_SOURCE_FILE) {
        Ok(bytes) => tree.push(shown, role, bytes)?,
        Err(ReadProblem::TooLarge { size, .. }) => tree.too_large(&shown, size),
        Err(problem) => tree.notes.push(problem.note(&shown)),
    }
    Ok(())
}
