//! The journal: what was suggested on this machine, what it resembled, and what became of it.
//!
//! A file of JSON lines per project in the user's state directory, never in the repository:
//! decisions that others must see are in the log of accepted references
//! ([`crate::decisions::acceptance`]). It holds places, owners and licences and no code.
//!
//! ```text
//!   birthmark/NAME-DIGEST.jsonl      the newest lines
//!   birthmark/NAME-DIGEST.1.jsonl    those before, until there are newer ones to replace them
//! ```
//!
//! Several processes write to it at once: each write is one system call on a file opened for
//! appending, which the system keeps whole on a local disk. Whatever goes wrong, the one who writes
//! goes on without it.

mod entry;
mod file;

pub use entry::Service;
pub(crate) use entry::{Event, JournalEntry};

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::decisions::acceptance::{self, log_root};
use crate::judgement::finding::Reference;
use crate::project::walk::SideFiles;
use crate::project::walk::{self, absolute_path};
use crate::session::Session;

/// Things said that are remembered so as not to be said again. Beyond, a service that lives for
/// weeks repeats itself.
const MAX_SAID: usize = 1 << 16;

/// The journal as one service writes it.
pub struct Journal {
    service: Service,
    directory: Option<PathBuf>,
    /// Digests of what was said, each once in a service's life.
    said: Mutex<HashSet<u64>>,
}

/// A journal as it is read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journaled {
    /// The file of the newest lines, whether it is there or not.
    pub file: PathBuf,
    /// What it holds, in the order in which it was written.
    pub entries: Vec<JournalEntry>,
    /// Lines that this version of birthmark does not understand.
    pub unreadable: u64,
}

/// Why something is not in the journal, or the journal cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the journal {}: {source}", .path.display())]
pub(crate) struct JournalError {
    /// The file.
    path: PathBuf,
    /// What the system says.
    source: io::Error,
}

impl Journal {
    /// A journal kept below a directory, or none at all.
    pub fn new(service: Service, directory: Option<PathBuf>) -> Journal {
        Journal { service, directory, said: Mutex::default() }
    }

    /// Notes an event about references of one project, once for each path, id and event. A reason
    /// is somebody's for the event. Where the configuration says `log = false`, nothing is noted.
    ///
    /// # Errors
    /// If it cannot be written; nothing that matters to a check depends on it.
    pub(crate) fn note<'r>(
        &self,
        session: &Session,
        event: Event,
        reason: Option<&str>,
        references: impl IntoIterator<Item = &'r Reference>,
    ) -> Result<(), JournalError> {
        let Some(directory) = self.directory.as_deref().filter(|_| session.config().is_logged())
        else {
            return Ok(());
        };
        let new: Vec<&Reference> =
            references.into_iter().filter(|reference| self.is_news(event, reference)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let root = root_of(session);
        let at = acceptance::now().unwrap_or_default();
        let mut lines = String::new();
        for reference in new {
            let path = path_within(&root, &reference.path);
            let entry =
                JournalEntry::new(reference, path, (self.service, event), at.clone(), reason);
            lines.push_str(&entry.to_json());
            lines.push('\n');
        }
        let path = file::path(directory, &root);
        file::append(&path, lines.as_bytes()).map_err(|source| JournalError { path, source })
    }

    /// Whether it was not said before; from now on it was.
    fn is_news(&self, event: Event, reference: &Reference) -> bool {
        let what = format!("{}\0{}\0{}", event.code(), reference.id, reference.path);
        let mut said = self.said.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if said.len() >= MAX_SAID {
            said.clear();
        }
        said.insert(xxhash_rust::xxh3::xxh3_64(what.as_bytes()))
    }
}

/// Reads what is in the journal of a project.
///
/// # Errors
/// If it is there and cannot be read.
pub(crate) fn read(directory: &Path, root: &Path) -> Result<Journaled, JournalError> {
    let path = file::path(directory, &absolute_path(root));
    let mut journaled = Journaled { file: path.clone(), ..Journaled::default() };
    for path in [file::older(&path), path] {
        let text = file::read(&path).map_err(|source| JournalError { path, source })?;
        for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            match JournalEntry::parse(line) {
                Some(entry) => journaled.entries.push(entry),
                None => journaled.unreadable += 1,
            }
        }
    }
    Ok(journaled)
}

/// The directory whose journal a session writes: that of the log of accepted references.
fn root_of(session: &Session) -> PathBuf {
    absolute_path(&log_root(session.place(), session.config().directory(), &SideFiles::default()))
}

/// The path of a file from the root of its project, or the whole of it for one that is elsewhere.
fn path_within(root: &Path, reported: &str) -> String {
    let absolute = absolute_path(Path::new(reported));
    walk::display_path(absolute.strip_prefix(root).unwrap_or(&absolute))
}

#[cfg(test)]
mod tests;
