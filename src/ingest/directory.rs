//! Directories: the tracked files of a git work tree, or what the ignore rules leave.

use std::fs;
use std::path::{Path, PathBuf};

use super::tree::{MAX_SOURCE_FILE, Role, Tree, TreeFile};
use super::{IngestError, git};
use crate::walk::{self, ReadProblem, WalkSettings, display_path};

pub(super) fn collect(directory: &Path) -> Result<Tree, IngestError> {
    let real = fs::canonicalize(directory)
        .map_err(|error| IngestError::Unreadable { path: directory.to_owned(), error })?;
    let mut tree = Tree::named(name_of(&real));
    for path in file_paths(&real, &mut tree)? {
        take(&real, &path, &mut tree);
    }
    Ok(tree)
}

/// A file alone, under its name.
pub(super) fn collect_file(path: &Path) -> Result<Tree, IngestError> {
    let unreadable = |error| IngestError::Unreadable { path: path.to_owned(), error };
    let real = fs::canonicalize(path).map_err(unreadable)?;
    let mut tree = Tree::named(name_of(&real));
    let (folder, name) = (real.parent().unwrap_or(&real), Path::new(real.file_name().unwrap_or_default()));
    take(folder, name, &mut tree);
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

fn take(root: &Path, path: &Path, tree: &mut Tree) {
    let shown = display_path(path);
    let Some(role) = Role::of(&shown) else {
        return;
    };
    let location = root.join(path);
    // A tracked file may have become a link to anywhere since.
    if location.is_symlink() {
        return tree.notes.push(ReadProblem::NotRegular.note(&shown));
    }
    match walk::read(&location, MAX_SOURCE_FILE) {
        Ok(bytes) => tree.files.push(TreeFile { path: shown, role, bytes }),
        Err(ReadProblem::TooLarge { size, .. }) => tree.too_large(&shown, size),
        Err(problem) => tree.notes.push(problem.note(&shown)),
    }
}
