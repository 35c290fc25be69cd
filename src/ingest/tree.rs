//! The files of a component that matter, in memory or set aside on disk.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use super::published::LatestDay;
use super::{IngestError, debian};
use crate::engine::index::{IndexError, Kept, Spill};
use crate::judgement::finding::{Note, NoteKind};
use crate::text::language::Language;
use crate::text::manifest;

/// Largest file that is ingested; larger ones leave a note. Source files beyond this size are data.
pub(crate) const MAX_SOURCE_FILE: u64 = 2 << 20;

/// What was read of a component.
#[derive(Debug)]
pub(super) struct Tree {
    /// Where their contents are set aside.
    spill: Arc<Spill>,
    /// The files, sorted by path once [`Tree::sort_files`] ran.
    pub(super) files: Vec<TreeFile>,
    /// What was left out.
    pub(super) notes: Vec<Note>,
    /// A name, should the metadata give none.
    pub(super) name_hint: String,
    /// A version, should the metadata give none.
    pub(super) version_hint: Option<String>,
    /// The youngest of the files.
    pub(super) latest: LatestDay,
}

/// A file that matters.
#[derive(Debug)]
pub(super) struct TreeFile {
    /// Path inside the component, with `/`.
    pub(super) path: String,
    /// What it is there for.
    pub(super) role: Role,
    /// The content as shipped.
    pub(super) content: Kept,
}

impl TreeFile {
    /// The content as shipped.
    pub(super) fn bytes(&self) -> Result<Cow<'_, [u8]>, IngestError> {
        Ok(self.content.read()?)
    }
}

/// Why a file matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Code, to be indexed.
    Source(Language),
    /// The text of a licence.
    License,
    /// Attribution notices: the file `NOTICE` that the Apache licence speaks of.
    Notice,
    /// Says name, version or licence of a package.
    Metadata,
    /// An archive whose files are wanted instead of those around it.
    Archive,
}

/// File names that say something about a package, besides those that [`manifest::rank`] knows and
/// a changelog of Debian.
const METADATA_NAMES: [&str; 5] =
    ["METADATA", "PKG-INFO", "Cargo.toml", "pyproject.toml", "setup.cfg"];

/// How the names of licence texts begin, in upper case.
const LICENSE_PREFIXES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "UNLICENSE", "COPYRIGHT"];

/// What may follow such a beginning for the file to be a text, in upper case.
const LICENSE_EXTENSIONS: [&str; 6] = ["TXT", "MD", "RST", "HTML", "ADOC", "MARKDOWN"];

impl Role {
    /// The role of a file by its path, or `None` where it does not matter.
    pub(super) fn of(path: &str) -> Option<Role> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_metadata = METADATA_NAMES.contains(&name) || manifest::rank(name).is_some();
        if is_metadata || path.ends_with(debian::CHANGELOG) {
            return Some(Role::Metadata);
        }
        match Language::from_path(Path::new(name)) {
            Some(language) => Some(Role::Source(language)),
            None if is_license_name(path, name) => Some(Role::License),
            None if is_notice_name(name) => Some(Role::Notice),
            None => None,
        }
    }
}

impl Tree {
    pub(super) fn with_name_hint(name_hint: impl Into<String>, spill: &Arc<Spill>) -> Tree {
        Tree {
            spill: spill.clone(),
            files: Vec::new(),
            notes: Vec::new(),
            name_hint: name_hint.into(),
            version_hint: None,
            latest: LatestDay::default(),
        }
    }

    /// Takes a file.
    pub(super) fn push(
        &mut self,
        path: String,
        role: Role,
        bytes: Vec<u8>,
    ) -> Result<(), IndexError> {
        let content = self.spill.keep(bytes)?;
        self.files.push(TreeFile { path, role, content });
        Ok(())
    }

    /// Takes the files of a part, whose paths begin anew, and what was left out of it.
    pub(super) fn take_below(&mut self, folder: &str, part: Tree) {
        self.files.extend(part.files.into_iter().map(|file| {
            let path = format!("{folder}{}", file.path);
            TreeFile { path, ..file }
        }));
        self.notes.extend(part.notes.into_iter().map(|note| {
            let path = note.path.map(|path| format!("{folder}{path}"));
            Note { path, ..note }
        }));
    }

    /// The tree with its files by path. Of files under the same path the one that was read last
    /// counts, as it would after unpacking.
    pub(super) fn sort_files(mut self) -> Tree {
        // The sort is stable: what was read last comes first among files of one path.
        self.files.reverse();
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        let notes = &mut self.notes;
        self.files.dedup_by(|later, first| {
            let same = later.path == first.path;
            if same {
                notes.push(Note {
                    path: Some(first.path.clone()),
                    kind: NoteKind::Partial,
                    message: "the path occurs more than once; the last file counts".to_owned(),
                });
            }
            same
        });
        self
    }

    /// Notes that a file was too large.
    pub(super) fn too_large(&mut self, path: &str, size: u64) {
        self.notes.push(Note {
            path: Some(path.to_owned()),
            kind: NoteKind::Limit,
            message: format!("not indexed: {size} bytes or more, the limit is {MAX_SOURCE_FILE}"),
        });
    }

    /// The file at exactly that path.
    pub(super) fn file(&self, path: &str) -> Option<&TreeFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The texts of files, as far as they are UTF-8.
    pub(super) fn text(&self, path: &str) -> Result<Option<String>, IngestError> {
        let Some(file) = self.file(path) else {
            return Ok(None);
        };
        Ok(Some(String::from_utf8_lossy(&file.bytes()?).into_owned()))
    }
}

/// `LICENSE`, `LICENSE-MIT`, `COPYING.LESSER`, `MIT-LICENSE.txt`, and everything in `licenses/` and
/// `LICENSES/`; but not `license.js`.
fn is_license_name(path: &str, name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let begins = LICENSE_PREFIXES.iter().any(|prefix| upper.starts_with(prefix));
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    let in_folder = matches!(folder, "licenses" | "LICENSES" | "license_files");
    let ends = |stem: &str| stem.ends_with("-LICENSE") || stem.ends_with("_LICENSE");
    match upper.rsplit_once('.') {
        Some((stem, extension)) if LICENSE_EXTENSIONS.contains(&extension) => {
            begins || in_folder || ends(stem)
        }
        // LICENSE.apache, COPYING.LESSER; but license.js is code.
        Some((stem, _)) => begins && name.starts_with(stem),
        None => begins || in_folder || ends(&upper),
    }
}

/// `NOTICE`, `NOTICE.txt`.
pub(super) fn is_notice_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let (stem, extension) = upper.rsplit_once('.').unwrap_or((&upper, "TXT"));
    stem == "NOTICE" && LICENSE_EXTENSIONS.contains(&extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_follow_names() {
        let rust = Language::from_name("rust").unwrap();
        let cases = [
            ("src/lib.rs", Some(Role::Source(rust))),
            ("LICENSE", Some(Role::License)),
            ("LICENSE-MIT", Some(Role::License)),
            ("LICENSE.MIT", Some(Role::License)),
            ("LICENSE_1_0.txt", Some(Role::License)),
            ("COPYING.LESSER", Some(Role::License)),
            ("MIT-LICENSE.txt", Some(Role::License)),
            ("a-1.0.dist-info/licenses/AUTHORS.txt", Some(Role::License)),
            ("LICENSES/MIT", Some(Role::License)),
            ("NOTICE", Some(Role::Notice)),
            ("a-1.0.dist-info/NOTICE.txt", Some(Role::Notice)),
            ("a-1.0.dist-info/licenses/NOTICE", Some(Role::License)),
            ("notice.html.j2", None),
            ("license.xml", None),
            ("license.rs", Some(Role::Source(rust))),
            ("x/METADATA", Some(Role::Metadata)),
            ("package.json", Some(Role::Metadata)),
            ("x/y.gemspec", Some(Role::Metadata)),
            (".gemspec", None),
            ("debian/changelog", Some(Role::Metadata)),
            ("x/debian/changelog", Some(Role::Metadata)),
            ("debian/copyright", Some(Role::License)),
            ("README.md", None),
            ("x.so", None),
        ];
        for (path, expected) in cases {
            assert_eq!(Role::of(path), expected, "{path}");
        }
    }
}
