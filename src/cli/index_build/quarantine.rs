//! What was not built, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::list::Label;
use crate::ingest::IngestError;

/// Why a component is in quarantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// The line of the list cannot be read, or names nothing that is there.
    Line,
    /// Its client could not fetch it.
    Unfetched,
    /// It cannot be read, is damaged, or exceeds a limit.
    Damaged,
    /// Its content is not that which the list names.
    Changed,
    /// No licence is known of it.
    Unlicensed,
    /// A file of it could not be read to its end.
    Incomplete,
    /// Reading it took longer than the limit.
    Hung,
    /// Reading it took more memory than the limit.
    Memory,
    /// Reading it ended the process.
    Crashed,
}

impl Reason {
    /// The reason behind an error.
    pub(crate) fn of(error: &IngestError) -> Reason {
        match error {
            IngestError::UnknownEcosystem { .. }
            | IngestError::NoVersion { .. }
            | IngestError::OddName { .. }
            | IngestError::NoProgram { .. }
            | IngestError::Fetch { .. }
            | IngestError::NoWheel { .. } => Reason::Unfetched,
            IngestError::DigestMismatch { .. } => Reason::Changed,
            IngestError::NotThere { .. }
            | IngestError::NotAnArchive { .. }
            | IngestError::NoRepository { .. }
            | IngestError::NotAPurl(_)
            | IngestError::Globs(_)
            | IngestError::NoName { .. } => Reason::Line,
            _ => Reason::Damaged,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Line => "line",
            Reason::Unfetched => "unfetched",
            Reason::Damaged => "damaged",
            Reason::Changed => "changed",
            Reason::Unlicensed => "unlicensed",
            Reason::Incomplete => "incomplete",
            Reason::Hung => "hung",
            Reason::Memory => "memory",
            Reason::Crashed => "crashed",
        })
    }
}

/// A line of the list that gave no component.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Quarantined {
    /// The line of the list, counted from 1.
    pub line: u64,
    #[serde(flatten)]
    pub label: Label,
    pub reason: Reason,
    /// The reason in words.
    pub message: String,
}
