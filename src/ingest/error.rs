//! Why a component could not be ingested, and what to do about it.

use std::io;
use std::path::PathBuf;

use crate::engine::index::IndexError;
use crate::purl::{Purl, PurlError};

/// Why a component could not be ingested.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The word names nothing that can be ingested.
    #[error(
        "{word:?} is neither a directory nor a file; expected a directory, git+DIRECTORY@REVISION, an archive ({forms}), \
         or a package such as pkg:pypi/six@1.17.0",
        forms = crate::ingest::ArchiveForm::SUFFIXES
    )]
    NotThere {
        /// The word as given.
        word: String,
    },
    /// The file is no archive birthmark reads.
    #[error(
        "{path:?} is not an archive birthmark reads ({forms}, .dsc); to index a single file name the directory it is in",
        forms = crate::ingest::ArchiveForm::SUFFIXES
    )]
    NotAnArchive {
        /// The file.
        path: PathBuf,
    },
    /// The directory before the revision is not there.
    #[error("{word:?} names no directory before the `@`; expected git+DIRECTORY@REVISION")]
    NoRepository {
        /// The word as given.
        word: String,
    },
    /// The word begins like a package URL and is none.
    #[error(transparent)]
    NotAPurl(#[from] PurlError),
    /// The ecosystem is one birthmark cannot fetch from.
    #[error(
        "{purl} cannot be fetched: birthmark fetches pkg:cargo, pkg:pypi, pkg:npm and pkg:deb; download it and name the archive or directory"
    )]
    UnknownEcosystem {
        /// The package.
        purl: Purl,
    },
    /// A package without a version.
    #[error("{purl} names no version, and birthmark does not choose one; write {purl}@VERSION")]
    NoVersion {
        /// The package.
        purl: Purl,
    },
    /// The name or version holds what no package of that ecosystem has.
    #[error("{purl} is not a package name and version that {client} could fetch")]
    OddName {
        /// The package.
        purl: Purl,
        /// The client that would fetch it.
        client: &'static str,
    },
    /// A program birthmark drives is not installed.
    #[error("{program} could not be started ({error}); {remedy}")]
    NoProgram {
        /// The program.
        program: &'static str,
        /// What the system says.
        error: io::Error,
        /// What to do.
        remedy: &'static str,
    },
    /// The ecosystem's client failed.
    #[error("{client} could not fetch {purl}: {message}")]
    Fetch {
        /// The package.
        purl: Purl,
        /// The client.
        client: &'static str,
        /// The last line it wrote, without control characters.
        message: String,
    },
    /// pip found no wheel.
    #[error(
        "pip fetched no wheel of {purl}: {message}; if it has none, download its source archive and name that, or pass \
         --allow-build to let pip run the package's build script"
    )]
    NoWheel {
        /// The package.
        purl: Purl,
        /// The last line pip wrote, without control characters.
        message: String,
    },
    /// git failed.
    #[error("git could not read {repository:?}: {message}")]
    Git {
        /// The repository.
        repository: PathBuf,
        /// The last line it wrote, without control characters.
        message: String,
    },
    /// The repository has no such revision.
    #[error(
        "{repository:?} has no commit {revision:?}; name a branch, a tag or a commit that git log shows"
    )]
    NoRevision {
        /// The repository.
        repository: PathBuf,
        /// The revision as given.
        revision: String,
    },
    /// A file or directory cannot be read.
    #[error("{path:?} cannot be read: {error}")]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The archive is cut short, corrupt, or says one thing and holds another.
    #[error("{archive:?} is damaged: {reason}; fetch it again")]
    Damaged {
        /// The archive.
        archive: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The archive that a recipe names inside another one is not there.
    #[error("{outer:?} is no archive that holds a file {inner:?}; correct `archive` in the recipe")]
    NotInside {
        /// What should hold it.
        outer: PathBuf,
        /// The path of the archive inside it.
        inner: String,
    },
    /// The globs of a recipe cannot be used together.
    #[error("the globs of the recipe cannot be used: {0}; use fewer or shorter ones")]
    Globs(#[from] globset::Error),
    /// The archive holds more than any honest one would.
    #[error(
        "{archive:?} was not read to its end: {limit}; if it is honest, unpack it and name the directory"
    )]
    Bomb {
        /// The archive.
        archive: PathBuf,
        /// The limit reached.
        limit: String,
    },
    /// The content is not that which was recorded.
    #[error(
        "{purl} has the digest {found}, but {recorded} was recorded; if the change is meant, record the new digest"
    )]
    DigestMismatch {
        /// The package.
        purl: Purl,
        /// The digest of the content.
        found: String,
        /// The digest in the recipe.
        recorded: String,
    },
    /// What was read cannot be set aside, or not be read again.
    #[error(transparent)]
    SetAside(#[from] IndexError),
    /// No package URL can be made from what was learned.
    #[error("{source_name} has no usable name ({error}); give one with --purl")]
    NoName {
        /// The source.
        source_name: String,
        /// Why not.
        error: PurlError,
    },
}
