//! A decision as it is made: who decides, when, and whether there is anything to decide.

use std::time::{Duration, SystemTime};

use super::{AcceptanceLog, Entry, LogError};
use crate::judgement::finding::{Acceptance, Reference, Report, Rule};
use crate::project::git::{Git, GitError};

/// Somebody who decides, for one reason.
pub(crate) struct Decider {
    git: Git,
    reason: String,
    decision: Option<Acceptance>,
}

/// What became of the wish to accept a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// It is accepted now.
    Now {
        /// The rule that it was a finding of.
        rule: Rule,
        /// The file that holds the decision.
        file: String,
    },
    /// It was accepted before.
    Before(Acceptance),
    /// It raises no finding.
    NothingToAccept,
}

/// Why nothing is accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AcceptError {
    /// git knows no name or no address.
    #[error("who decides is not known: set `git config user.name` and `git config user.email`")]
    Nobody(#[source] Option<GitError>),
    /// The time that a reproducible run is told to take is none.
    #[error("SOURCE_DATE_EPOCH is not a number of seconds")]
    NoTime,
    /// The decision cannot be written.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl Decider {
    /// Whoever git takes for the author of commits.
    pub(crate) fn new(git: Git, reason: impl Into<String>) -> Decider {
        Decider { git, reason: reason.into(), decision: None }
    }

    /// The decision, the same for all that is accepted at once.
    fn decision(&mut self) -> Result<Acceptance, AcceptError> {
        if let Some(known) = &self.decision {
            return Ok(known.clone());
        }
        let decision =
            Acceptance { by: identity(&self.git)?, at: now()?, reason: self.reason.clone() };
        Ok(self.decision.insert(decision).clone())
    }
}

impl AcceptanceLog {
    /// Accepts a reference of a report, if it is left to accept. `everywhere` are the references of
    /// the whole project, as far as they are known: other places with the same code are noted as
    /// not decided on.
    ///
    /// # Errors
    /// If it is not known who decides, or the decision cannot be written.
    pub(crate) fn accept(
        &mut self,
        report: &Report,
        reference: &Reference,
        everywhere: &[Reference],
        decider: &mut Decider,
    ) -> Result<Accepted, AcceptError> {
        if let Some(known) = &reference.accepted {
            return Ok(Accepted::Before(known.clone()));
        }
        let Some(finding) = report.findings.iter().find(|finding| finding.is_about(reference))
        else {
            return Ok(Accepted::NothingToAccept);
        };
        let path = self.path_of(&reference.path);
        let mut entry =
            Entry::new(reference, finding, path, decider.decision()?, &report.provenance.indexes);
        let here = (entry.path.clone(), entry.lines);
        let same = everywhere.iter().filter(|other| other.id == reference.id);
        let places = same.map(|other| (self.path_of(&other.path), other.region.into()));
        entry.copies = places.filter(|place| *place != here).collect();
        let file = self.add(entry)?;
        Ok(Accepted::Now { rule: finding.rule, file })
    }
}

/// Who decides, as git knows them: `Ada Example <ada@example.org>`.
fn identity(git: &Git) -> Result<String, AcceptError> {
    // Git would make up a name of the machine's; a decision is somebody's.
    let printed = match git.run(&["-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"]) {
        Ok(printed) => printed,
        Err(GitError::Refused(_)) => return Err(AcceptError::Nobody(None)),
        Err(error) => return Err(AcceptError::Nobody(Some(error))),
    };
    let text = String::from_utf8_lossy(&printed);
    // The name and address are followed by seconds and a time zone.
    let end = text.rfind('>').ok_or(AcceptError::Nobody(None))?;
    Ok(text[..=end].trim().to_owned())
}

/// The time as RFC 3339 has it, or the one that a reproducible run is told to take for it.
///
/// # Errors
/// If what it is told is no time.
pub(crate) fn now() -> Result<String, AcceptError> {
    let time = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => {
            let seconds = seconds.parse().map_err(|_| AcceptError::NoTime)?;
            SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
        }
        Err(_) => SystemTime::now(),
    };
    Ok(humantime::format_rfc3339_seconds(time).to_string())
}
