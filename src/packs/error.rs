//! Why a pack cannot be made, published or fetched, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::engine::index::{Generation, IndexError, PackName, PackPin};

/// Why a pack cannot be made, published or fetched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackFailure {
    /// A file or directory cannot be read or written.
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was attempted, as "cannot read".
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A list or a segment is damaged, or of another version.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A program that birthmark drives is not installed.
    #[error(
        "{program} could not be started ({source}); install it, or name a mirror that needs another program"
    )]
    NoProgram {
        /// The program.
        program: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// A mirror does not give a file.
    #[error("{address}: {message}")]
    Fetch {
        /// Where the file should be.
        address: String,
        /// What the program says that fetches.
        message: String,
    },
    /// A mirror does not answer, or sends next to nothing.
    #[error(
        "{address}: the mirror did not answer, or sent less than 1 KiB a second for 5 seconds; name another mirror, or try again later"
    )]
    TooSlow {
        /// Where the file should be.
        address: String,
    },
    /// No mirror serves the file.
    #[error("no mirror gives {what}; what was held stays:\n{}", reasons.join("\n"))]
    NoMirror {
        /// What is wanted.
        what: String,
        /// What was wrong with each.
        reasons: Vec<String>,
    },
    /// A text is no key, or a file no signature.
    #[error("{what} cannot be used: {message}")]
    BadKey {
        /// The key or the file.
        what: String,
        /// What the library says.
        message: String,
    },
    /// A signature is of none of the trusted keys, or of other content.
    #[error("{what}: no trusted key signed it ({message})")]
    Untrusted {
        /// The list.
        what: String,
        /// What the library says.
        message: String,
    },
    /// No key is trusted for a pack.
    #[error("no key is trusted for {0}; name one by --key, or as `pack-keys` in birthmark.toml")]
    NoKeys(PackName),
    /// A list speaks of another pack.
    #[error("{what} is a list of {found}, expected one of {expected}")]
    OtherPack {
        /// The list.
        what: String,
        /// The pack that it is of.
        found: PackName,
        /// The pack that is wanted.
        expected: PackName,
    },
    /// A list is not that which is pinned.
    #[error("{what} is not the list that {pin} names")]
    OtherList {
        /// The list.
        what: String,
        /// The pin.
        pin: Box<PackPin>,
    },
    /// A list is too old to be fetched.
    #[error("{what} expired on {day}; ask the publisher for a new one, or pass --allow-expired")]
    Expired {
        /// The list.
        what: String,
        /// Its last day.
        day: String,
    },
    /// A list is of a day that has not come.
    #[error("{what} is of {day}, and the clock of this machine says {today}; correct the clock")]
    Clock {
        /// The list.
        what: String,
        /// Its day.
        day: String,
        /// The day by the clock.
        today: String,
    },
    /// A list is older than one that was fetched before.
    #[error(
        "{what} is generation {found}, and {held} was fetched before; an older one is not taken"
    )]
    Rollback {
        /// The list.
        what: String,
        /// Its generation.
        found: Generation,
        /// The newest that was fetched.
        held: Generation,
    },
    /// Two lists have one generation.
    #[error(
        "{what} is another list of generation {generation} than the one that was fetched before"
    )]
    TwoLists {
        /// The list.
        what: String,
        /// Their generation.
        generation: Generation,
    },
    /// The files do not fit on the disk.
    #[error("{what} has {needed} bytes to fetch, and {} has {free} left; nothing was fetched", path.display())]
    NoRoom {
        /// The pack.
        what: String,
        /// Bytes to fetch.
        needed: u64,
        /// Bytes that are free.
        free: u64,
        /// The directory.
        path: PathBuf,
    },
    /// A file is not what the list says.
    #[error("{what} is not the file that the list names: {message}")]
    OtherFile {
        /// The file.
        what: String,
        /// How it differs.
        message: String,
    },
    /// Something is asked for that cannot be.
    #[error("{0}")]
    Refused(String),
}

impl PackFailure {
    /// A mirror that does not have a file.
    pub(super) fn no_such_file(address: String) -> PackFailure {
        PackFailure::Fetch { address, message: "there is no such file".to_owned() }
    }

    /// Something that the system refused.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PackFailure {
        let path = path.to_owned();
        move |source| PackFailure::Io { action, path, source }
    }
}
