//! What people do about matches: accept them, declare their origin, suppress their findings. The
//! command line and the language server plan and carry out all of it here.
//!
//! An action that edits files is planned first and written later. In between a user may look at the
//! plan, or an editor applies its part. [`write`] therefore checks that no file has changed, before
//! it writes the first.

mod suppress;

pub(crate) use suppress::{Insertion, plan_suppression};

use std::io;

use crate::decisions::acceptance::{AcceptError, AcceptanceLog, Accepted, Decider};
use crate::decisions::attribution::{
    AttributionSettings, Edit, PartlyStaged, Plan, PlanError, WeakEvidence, project_root,
};
use crate::judgement::finding::{Reference, Report};
use crate::project::walk::{self, WalkedFile};
use crate::session::Session;

/// Why planned files were not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// A file is not what the plan was made for. Nothing was written.
    #[error("`{0}` changed while this was planned; nothing was written, do it again")]
    Changed(String),
    /// A file cannot be read.
    #[error("cannot read `{path}`: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{path}`: {error}")]
    Unwritten {
        /// The file.
        path: String,
        /// What the system says.
        error: io::Error,
    },
}

/// The matches to accept, and what they are judged by.
#[derive(Clone, Copy)]
pub(crate) struct ToAccept<'r> {
    /// The report they are in.
    pub report: &'r Report,
    /// The matches.
    pub references: &'r [&'r Reference],
    /// All matches of the project: none of them may take the decision over.
    pub everywhere: &'r [Reference],
}

/// Writes a decision for each match that has a finding.
///
/// # Errors
/// If git knows no name to decide by, or a decision cannot be written.
pub(crate) fn accept<'r>(
    to_accept: ToAccept<'r>,
    log: &mut AcceptanceLog,
    decider: &mut Decider,
) -> Result<Vec<(&'r Reference, Accepted)>, AcceptError> {
    let ToAccept { report, references, everywhere } = to_accept;
    let accepted = references.iter().map(|&reference| {
        let accepted = log.accept(report, reference, everywhere, decider)?;
        Ok((reference, accepted))
    });
    accepted.collect()
}

/// What the user chose of how matches are declared.
#[derive(Clone, Debug)]
pub(crate) struct AttributionChoices {
    /// Who holds the copyright, if the user says so.
    pub holder: Option<String>,
    /// Whether files may be edited that are staged and were changed since.
    pub partly_staged: PartlyStaged,
    /// What to do with matches of weak evidence.
    pub weak_evidence: WeakEvidence,
}

/// Plans the declaration of matches in the files that they were found in.
///
/// # Errors
/// If the project's own files cannot be read.
pub(crate) fn plan_attribution(
    session: &Session,
    references: &[&Reference],
    files: &[WalkedFile],
    choices: AttributionChoices,
) -> Result<Plan, PlanError> {
    let settings = AttributionSettings {
        root: project_root(session.place(), session.config().directory()),
        holder: choices.holder,
        partly_staged: choices.partly_staged,
        weak_evidence: choices.weak_evidence,
        walk: session.walk_settings(),
    };
    Plan::of(references, files, &settings)
}

/// Writes planned files, if all of them are what they were when the plan was made.
///
/// # Errors
/// If one has changed, or cannot be read or written.
pub(crate) fn write(edits: &[Edit]) -> Result<(), WriteError> {
    edits.iter().try_for_each(check_unchanged)?;
    for edit in edits {
        walk::replace(&edit.location, &edit.after)
            .map_err(|error| WriteError::Unwritten { path: edit.path.clone(), error })?;
    }
    Ok(())
}

fn check_unchanged(edit: &Edit) -> Result<(), WriteError> {
    let now = match std::fs::read(&edit.location) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(WriteError::Unreadable { path: edit.path.clone(), error }),
    };
    if now == edit.before { Ok(()) } else { Err(WriteError::Changed(edit.path.clone())) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn nothing_is_written_if_one_file_has_changed() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let edit = |name: &str, before: Option<&str>| Edit {
            path: name.to_owned(),
            location: directory.path().join(name),
            before: before.map(|text| text.as_bytes().to_vec()),
            after: b"after".to_vec(),
        };
        let read = |name: &str| fs::read_to_string(directory.path().join(name)).ok();
        fs::write(directory.path().join("b"), "before").expect("written");
        for edits in [
            [edit("a", None), edit("b", Some("something else"))],
            [edit("a", None), edit("b", None)],
            [edit("b", Some("before")), edit("a", Some("before"))],
        ] {
            assert!(matches!(write(&edits), Err(WriteError::Changed(_))));
            assert_eq!((read("a"), read("b").as_deref()), (None, Some("before")));
        }
        write(&[edit("a", None), edit("b", Some("before"))]).expect("unchanged");
        assert_eq!((read("a").as_deref(), read("b").as_deref()), (Some("after"), Some("after")));
    }
}
