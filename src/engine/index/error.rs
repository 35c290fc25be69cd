//! What can go wrong with an index, and what to do about it.

use std::path::{Path, PathBuf};

use super::memory::Memory;
use super::pack::PackPin;

/// Why an index could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// There is no index in that directory.
    #[error(
        "there is no index at {path}{}: make one with `birthmark index add --index {path} SOURCE...`",
        starter_hint(.0),
        path = .0.display()
    )]
    Missing(PathBuf),
    /// The program was built without the starter index, and it is not where it is looked for.
    #[error(
        "this birthmark was built without the starter index: put `starter.segment` of the same release at {}, or name an index with --index DIR",
        file.display()
    )]
    NoStarter {
        /// Where it is looked for.
        file: PathBuf,
    },
    /// A generation of a pack is not on this machine.
    #[error("the pack {0} is not on this machine; fetch it by `birthmark pack pull`")]
    NoPack(Box<PackPin>),
    /// There is a file, and no directory.
    #[error("{} is a file, and an index is a directory; name that, or `starter`", .0.display())]
    NotADirectory(PathBuf),
    /// The operating system refused something.
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was attempted, as "cannot read".
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the index does not hold what it should.
    #[error("{name} is damaged: {what}; build the index again or restore it from a copy")]
    Corrupt {
        /// The file, or `starter`.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// The index was written by another version of birthmark.
    #[error("{name} has index format {found}, this birthmark reads format {expected}; {remedy}")]
    Version {
        /// The file, or `starter`.
        name: String,
        /// The version found.
        found: String,
        /// The version this program reads.
        expected: String,
        /// What to do.
        remedy: &'static str,
    },
    /// More than one segment can hold.
    #[error("{what} is more than one segment can hold ({limit}); add fewer components at a time")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// The memory setting does not suffice for so many documents.
    #[error(
        "a segment of {documents} documents takes {needed} to write; allow that with --memory, or add fewer components at a time"
    )]
    Memory {
        /// The documents.
        documents: u64,
        /// The setting that suffices.
        needed: Memory,
    },
    /// A directory has segments and no manifest that says which of them make up the index.
    #[error(
        "{} has segments and no manifest.json: restore the manifest from a copy, or use an empty directory", .0.display()
    )]
    NoManifest(PathBuf),
    /// Another process is writing to this index.
    #[error("another birthmark is writing to {}; wait for it to finish", .0.display())]
    Locked(PathBuf),
}

/// Asks whether the shipped index was meant, for a name that is nearly its.
fn starter_hint(path: &Path) -> &'static str {
    let is_near = |name: &str| strsim::damerau_levenshtein(name, "starter") <= 2;
    if path.to_str().is_some_and(is_near) { " (did you mean `starter`?)" } else { "" }
}

impl IndexError {
    pub(super) fn version(
        name: &str,
        found: String,
        expected: String,
        is_newer: bool,
    ) -> IndexError {
        let remedy = if is_newer {
            "update birthmark"
        } else {
            "build the index again: `birthmark index add --index DIRECTORY SOURCE...` into a new directory"
        };
        IndexError::Version { name: name.to_owned(), found, expected, remedy }
    }

    /// A pack was made for another version.
    pub(super) fn pack_version(name: &str, found: String, is_newer: bool) -> IndexError {
        let remedy = if is_newer {
            "update birthmark"
        } else {
            "fetch a newer generation: `birthmark pack pull NAME`"
        };
        let expected = super::pack::format_in_words();
        IndexError::Version { name: name.to_owned(), found, expected, remedy }
    }

    /// Whether the system failed at something that is there: another time it may not.
    pub(super) fn is_of_system(&self) -> bool {
        matches!(self, IndexError::Io { source, .. } if source.kind() != std::io::ErrorKind::NotFound)
    }

    pub(super) fn corrupt(name: &str, what: impl Into<String>) -> IndexError {
        IndexError::Corrupt { name: name.to_owned(), what: what.into() }
    }
}
