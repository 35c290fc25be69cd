//! The exit status, as ruff has it.

use std::process::ExitCode;

use crate::judgement::finding::{NoteKind, Report};
use crate::project::config::FailOn;

/// How a run ended. A broken run never looks like a clean one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: clean, or only findings below the failing severity.
    Success,
    /// 1: findings at or above the failing severity.
    Findings,
    /// 2: the command line, the configuration, an index or a file was not usable.
    Failure,
}

impl ExitStatus {
    /// The status of a finished scan. A file that could not be checked weighs more than any
    /// finding.
    pub fn of(report: &Report, fail_on: FailOn) -> ExitStatus {
        let failed = report.summary.files_failed > 0
            || report.notes.iter().any(|note| note.kind == NoteKind::Failed);
        if failed {
            return ExitStatus::Failure;
        }
        let reached =
            |finding: &crate::judgement::finding::Finding| fail_on.is_reached_by(finding.severity);
        if report.findings.iter().any(reached) { ExitStatus::Findings } else { ExitStatus::Success }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        ExitCode::from(match status {
            ExitStatus::Success => 0,
            ExitStatus::Findings => 1,
            ExitStatus::Failure => 2,
        })
    }
}
