//! Which part of a source becomes the component.
//!
//! A library may ship inside something larger: a language's standard library in a compiler's
//! sources, or as an archive in another package. A recipe then names the part.

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::tree::{Role, Tree};

/// The part of a source that becomes the component. The default is all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// An archive inside the source's archive, by its path there: only its files count.
    pub archive: Option<String>,
    /// A folder without `/` at its ends: only the files below it count, and their paths begin
    /// there.
    pub folder: Option<String>,
    /// The source files to take; all of them where it is empty. Licence texts and metadata are
    /// always taken.
    pub include: Vec<Glob>,
    /// The source files to leave out, even where `include` names them.
    pub exclude: Vec<Glob>,
}

impl Selection {
    /// Returns the path below [`Selection::folder`], or `None` where the path does not lie there.
    pub(super) fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        match &self.folder {
            None => Some(path),
            Some(folder) => path.strip_prefix(folder.as_str())?.strip_prefix('/'),
        }
    }

    /// Drops the source files that were not selected by glob.
    ///
    /// # Errors
    /// If the globs are too large together.
    pub(super) fn narrow(&self, tree: &mut Tree) -> Result<(), globset::Error> {
        let (include, exclude) = (set(&self.include)?, set(&self.exclude)?);
        let selected = |path: &str| {
            (self.include.is_empty() || include.is_match(path)) && !exclude.is_match(path)
        };
        tree.files.retain(|file| !matches!(file.role, Role::Source(_)) || selected(&file.path));
        tree.notes.retain(|note| note.path.as_deref().is_none_or(selected));
        Ok(())
    }
}

fn set(globs: &[Glob]) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(glob.clone());
    }
    set.build()
}
