//! What lives longer than one scan: a project with its indexes open, asked about one text after the
//! other.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Choices, Run, Session, SessionError, baseline};
use crate::decisions::acceptance;
use crate::engine::index::{IndexError, IndexName};
use crate::judgement::finding::{Explanation, Reference, Report};
use crate::judgement::policy::DropPolicy;
use crate::project::config::{self, ConfigChoice};
use crate::project::walk::SideFiles;
use crate::project::walk::{Markers, Review};
use crate::scan::{Policy, Scanner};
use crate::text::source::SourceFile;
use crate::text::token::Tokenizer;

/// A project with its indexes open.
pub struct Checker {
    session: Session,
    scanner: Scanner,
    read: Vec<Stamp>,
}

/// Where a project is and what is chosen for it: all that opens a [`Checker`], as often as need be.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The directory.
    pub directory: PathBuf,
    /// Which configuration to use.
    pub configured: ConfigChoice,
    /// What goes before it.
    pub choices: Choices,
}

/// A file or directory that a session was read from, or would have been, and when it was last
/// changed.
#[derive(PartialEq, Eq)]
struct Stamp {
    path: PathBuf,
    changed: Option<(SystemTime, u64)>,
}

impl Place {
    /// Opens the project as it is configured now.
    ///
    /// # Errors
    /// If it is configured wrongly, or an index cannot be opened.
    pub fn open(&self) -> Result<Checker, SessionError> {
        let session =
            Session::open(self.directory.clone(), &self.configured, self.choices.clone())?;
        session.licenses().start_watching();
        let read = sources_of(&session, &self.configured).into_iter().map(Stamp::of).collect();
        let scanner = session.scanner(Run::default())?;
        Ok(Checker { session, scanner, read })
    }
}

impl Checker {
    /// The project as it was read.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// The policy in force.
    pub(crate) fn policy(&self) -> &Policy {
        self.scanner.policy()
    }

    /// What it looks with.
    pub fn scanner(&self) -> &Scanner {
        &self.scanner
    }

    /// Checks a text that stands, or would stand, at its path; the file there need not exist and is
    /// not read. Where only some lines are under review, only what touches them is reported.
    pub fn check(&self, tokenizer: &mut Tokenizer, source: &SourceFile, review: &Review) -> Report {
        let outbound = self.session.licenses().of_text(Path::new(source.path()), source.text());
        let markers = match review {
            Review::Whole => Markers::Excuse,
            // A change may bring the words along that would excuse it.
            Review::Lines(_) => Markers::ExcuseNothing,
        };
        self.scanner.text(tokenizer, source, &outbound, review, markers)
    }

    /// Returns the matches of a report because of which a service drops the code.
    pub(crate) fn matches_to_drop<'r>(
        &self,
        policy: DropPolicy,
        report: &'r Report,
    ) -> Vec<&'r Reference> {
        let fail_on = self.session.config().fail_on.unwrap_or_default();
        policy.matches_to_drop(report, |severity| fail_on.is_reached_by(severity))
    }

    /// Explains references that a check of the same text found.
    ///
    /// # Errors
    /// If the index is damaged.
    pub fn explain(
        &self,
        source: &SourceFile,
        references: &[&Reference],
    ) -> Result<Vec<Explanation>, IndexError> {
        self.scanner.explain(source, references)
    }

    /// Whether the configuration, the decisions, the baseline, an index or a licence have changed
    /// since they were read.
    pub fn is_outdated(&self) -> bool {
        self.read.iter().any(|stamp| *stamp != Stamp::of(stamp.path.clone()))
            || self.session.licenses().have_changed()
    }
}

impl Stamp {
    fn of(path: PathBuf) -> Stamp {
        let facts = std::fs::metadata(&path).ok();
        let changed = facts.and_then(|facts| Some((facts.modified().ok()?, facts.len())));
        Stamp { path, changed }
    }
}

/// All that a session is read from besides the licences of files.
fn sources_of(session: &Session, configured: &ConfigChoice) -> Vec<PathBuf> {
    let mut sources = config::candidates(configured);
    if !matches!(configured, ConfigChoice::Without) {
        let root = acceptance::log_root(
            session.place(),
            session.config().directory(),
            &SideFiles::default(),
        );
        sources.push(root.join(acceptance::DIRECTORY));
        sources.push(baseline::default_file(session.config(), session.place()));
    }
    sources.extend(session.organisation().map(|organisation| organisation.file.clone()));
    for index in session.indexes().iter().chain(session.idioms()) {
        if let IndexName::Directory(directory) = index {
            sources.push(directory.clone());
        }
    }
    sources
}
