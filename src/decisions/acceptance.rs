//! The log of accepted references: who decided to keep which code as it is, when, why, and on which
//! evidence.
//!
//! One file per decision below `.birthmark/references`, so that two branches that decide never
//! touch the same lines. A decision is about one place: a second copy of the same code is new, and
//! so is the same code under another rule. Code that moved takes its decision with it.

mod decide;
mod entry;
mod settle;

pub(crate) use decide::now;
pub(crate) use decide::{AcceptError, Accepted, Decider};
pub(crate) use entry::{Entry, EntryOwner};
pub(crate) use settle::notes;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::project::config::{ConfigFile, Problem};
use crate::project::walk::{self, SideFiles, absolute_path};

/// Where decisions are kept, below the directory that the log belongs to.
pub(crate) const DIRECTORY: &str = ".birthmark/references";

/// Largest decision that is read; a reason may be an essay.
const MAX_ENTRY_BYTES: u64 = 64 << 10;

/// The decisions of a project.
#[derive(Clone, Debug, Default)]
pub struct AcceptanceLog {
    /// The directory that holds `.birthmark/references`; paths in decisions are relative to it.
    root: PathBuf,
    entries: Vec<Logged>,
}

/// A decision and the file it stands in.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    /// The file, as it is shown.
    pub file: String,
    /// The decision.
    pub entry: Entry,
}

/// Why the log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A file of it cannot be read.
    #[error("{}: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What stands in the way.
        reason: String,
    },
    /// A file of it is no decision.
    #[error("{}: {}; {}", .file.path.display(), .problem.title, .problem.help)]
    Invalid {
        /// The file with its text.
        file: ConfigFile,
        /// What is wrong in it.
        problem: Box<Problem>,
    },
    /// A decision cannot be written.
    #[error("cannot write {}: {error}", .path.display())]
    Unwritten {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl AcceptanceLog {
    /// Reads the log of a project.
    ///
    /// # Errors
    /// If a decision in it cannot be read: to pass over it would bring back what was settled, or
    /// hide what was not.
    pub(crate) fn read(root: &Path) -> Result<AcceptanceLog, LogError> {
        AcceptanceLog::read_from(root, &SideFiles::default())
    }

    /// The same with the decisions read elsewhere.
    ///
    /// # Errors
    /// Those of [`AcceptanceLog::read`].
    pub(crate) fn read_from(root: &Path, side: &SideFiles) -> Result<AcceptanceLog, LogError> {
        let named = root.join(DIRECTORY);
        let directory = side.at(&named);
        let unreadable =
            |path: &Path, reason: String| LogError::Unreadable { path: path.to_owned(), reason };
        let listed = match fs::read_dir(&directory) {
            Ok(listed) => listed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(AcceptanceLog { root: root.to_owned(), entries: Vec::new() });
            }
            Err(error) => return Err(unreadable(&directory, error.to_string())),
        };
        let mut paths = Vec::new();
        for item in listed {
            paths.push(item.map_err(|error| unreadable(&directory, error.to_string()))?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        let shown = |path: &Path| named.join(path.file_name().unwrap_or_default());
        let mut entries = Vec::new();
        for path in paths {
            let bytes = walk::read_inside(&path, MAX_ENTRY_BYTES)
                .map_err(|problem| unreadable(&path, problem.to_string()))?;
            let text = String::from_utf8(bytes)
                .map_err(|_| unreadable(&path, "it is not UTF-8".to_owned()))?;
            let entry = Entry::parse(&text).map_err(|problem| LogError::Invalid {
                file: ConfigFile { path: path.clone(), text: text.clone(), top: None },
                problem: Box::new(problem),
            })?;
            entries.push(Logged { file: walk::display_path(&shown(&path)), entry });
        }
        Ok(AcceptanceLog { root: root.to_owned(), entries })
    }

    /// The directory that the log belongs to.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The decisions, by file.
    pub(crate) fn entries(&self) -> &[Logged] {
        &self.entries
    }

    /// The path of a file of a report as decisions name it.
    pub(crate) fn path_of(&self, reported: &str) -> String {
        let absolute = absolute_path(Path::new(reported));
        let within = absolute.strip_prefix(absolute_path(&self.root)).map(walk::display_path);
        within.unwrap_or_else(|_| reported.to_owned())
    }

    /// Adds a decision; returns the file it stands in.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn add(&mut self, entry: Entry) -> Result<String, LogError> {
        let path = self.root.join(DIRECTORY).join(entry.file_name());
        let text = entry.to_toml();
        walk::replace(&path, text.as_bytes())
            .map_err(|error| LogError::Unwritten { path: path.clone(), error })?;
        let file = walk::display_path(&path);
        self.entries.push(Logged { file: file.clone(), entry });
        Ok(file)
    }
}

/// The directory whose log holds for a place: the nearest above it that has one, else that of the
/// configuration, else the top of the git repository, else the place.
pub(crate) fn log_root(place: &Path, configured: Option<&Path>, side: &SideFiles) -> PathBuf {
    let place = absolute_path(place);
    let top = place.ancestors().find(|above| above.join(".git").exists());
    let within = |above: &&Path| top.is_none_or(|top| above.starts_with(top));
    let known =
        place.ancestors().take_while(within).find(|above| side.at(&above.join(DIRECTORY)).is_dir());
    let configured = configured.map(absolute_path).filter(|directory| place.starts_with(directory));
    let root =
        known.map(Path::to_owned).or(configured).or(top.map(Path::to_owned)).unwrap_or(place);
    let current = std::env::current_dir().unwrap_or_default();
    match crate::project::config::shorten_directory(&root, &current) {
        here if here.as_os_str().is_empty() => PathBuf::from("."),
        elsewhere => elsewhere,
    }
}

#[cfg(test)]
mod tests;
