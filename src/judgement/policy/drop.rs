//! Which code is not to be kept when it is suggested.

use crate::judgement::finding::{Decision, Reference, Report};

/// Which suggestions are not to be kept. Only what raises a finding counts: code that is declared,
/// accepted or silenced, or one's own, may be kept whatever its licence says, and so may what
/// resembles others only weakly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DropPolicy {
    /// All may be kept; somebody else decides.
    #[default]
    Report,
    /// Those are not that hold code whose licence does not allow it here, or whose owner states no
    /// licence at all.
    Drop,
    /// Nor are those whose licence is not known, or has to be compared by a person.
    DropUnknown,
}

impl DropPolicy {
    /// Every policy under the name it is written with, and what it is for.
    pub const NAMED: [(&'static str, DropPolicy, &'static str); 3] = [
        ("report", DropPolicy::Report, "Keep all and say what it resembles"),
        ("drop", DropPolicy::Drop, "Drop what is incompatible, or whose owner reserves all rights"),
        (
            "drop-unknown",
            DropPolicy::DropUnknown,
            "Drop also what has no known licence or needs a person to judge it",
        ),
    ];

    /// The policy of that name.
    pub fn from_name(name: &str) -> Option<DropPolicy> {
        DropPolicy::NAMED.iter().find(|(known, _, _)| *known == name).map(|&(_, policy, _)| policy)
    }

    /// The references of a report because of which the code is not to be kept.
    pub fn dropped(self, report: &Report) -> impl Iterator<Item = &Reference> {
        let raises = |reference: &&Reference| {
            report.findings.iter().any(|finding| finding.is_about(reference) && !finding.weak)
        };
        let dropped = move |reference: &&Reference| self.drops(reference.verdict.decision);
        report.references.iter().filter(dropped).filter(raises)
    }

    /// Whether code under that verdict, which nothing has settled, is not to be kept.
    fn drops(self, decision: Decision) -> bool {
        match decision {
            Decision::Compatible | Decision::AttributionNeeded => false,
            Decision::Incompatible | Decision::Reserved => self != DropPolicy::Report,
            Decision::Review | Decision::Unknown => self == DropPolicy::DropUnknown,
        }
    }
}
