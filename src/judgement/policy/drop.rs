//! Which suggested code a service drops: it tells whoever suggested the code not to keep it.

use crate::judgement::finding::{Decision, Finding, Reference, Report, Severity};

/// Which suggestions are dropped. Only matches with a finding count: code that is declared, accepted,
/// silenced or the project's own is never dropped. Nor is code with a weak match, unless weak
/// matches fail the project's checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DropPolicy {
    /// All may be kept; somebody else decides.
    #[default]
    Report,
    /// Those are not that hold code whose licence does not allow it here, or whose owner states no
    /// licence at all.
    Drop,
    /// Nor are those whose licence is not known, or has to be compared by a person.
    DropUnknown,
    /// Those are not that would fail the project's checks.
    DropFailing,
}

impl DropPolicy {
    /// Every policy under the name it is written with, and what it is for.
    pub(crate) const NAMED: [(&'static str, DropPolicy, &'static str); 4] = [
        ("report", DropPolicy::Report, "Keep all and say what it resembles"),
        ("drop", DropPolicy::Drop, "Drop what is incompatible, or whose owner reserves all rights"),
        (
            "drop-unknown",
            DropPolicy::DropUnknown,
            "Drop also what has no known licence or needs a person to judge it",
        ),
        ("drop-failing", DropPolicy::DropFailing, "Drop what fails the project's checks (fail-on)"),
    ];

    /// The policy of that name.
    pub(crate) fn from_name(name: &str) -> Option<DropPolicy> {
        DropPolicy::NAMED.iter().find(|(known, _, _)| *known == name).map(|&(_, policy, _)| policy)
    }

    /// Returns the matches of a report because of which the code is dropped. `fails` says whether
    /// a finding of a severity fails the project's checks.
    pub(crate) fn matches_to_drop(
        self,
        report: &Report,
        fails: impl Fn(Severity) -> bool,
    ) -> Vec<&Reference> {
        let is_dropped = |reference: &&Reference| {
            let mut findings = report.findings.iter().filter(|finding| finding.is_about(reference));
            findings.any(|finding| self.drops(reference.verdict.decision, finding, &fails))
        };
        report.references.iter().filter(is_dropped).collect()
    }

    fn drops(
        self,
        decision: Decision,
        finding: &Finding,
        fails: &impl Fn(Severity) -> bool,
    ) -> bool {
        let forbids = matches!(decision, Decision::Incompatible | Decision::Reserved);
        let is_open = matches!(decision, Decision::Review | Decision::Unknown);
        match self {
            DropPolicy::Report => false,
            DropPolicy::Drop => forbids && !finding.weak,
            DropPolicy::DropUnknown => (forbids || is_open) && !finding.weak,
            DropPolicy::DropFailing => fails(finding.severity),
        }
    }
}
