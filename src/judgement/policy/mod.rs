//! From owners and licences to a verdict, and from a verdict to findings.
//!
//! The likely origin (the first owner) decides. Another owner whose licence would allow the code
//! makes a refusal a question, since then it matters who copied from whom; it never makes it a
//! pass. What is not known stays unknown: no licence means all rights reserved. See
//! `docs/findings.md`; nothing here is legal advice.

mod declared;
mod direction;
mod drop;
mod entries;
mod stated;
mod verdict;

pub(crate) use declared::rank_declared_first;
pub(crate) use declared::{Place, find_declaration};
pub(crate) use direction::ProjectPackages;
pub(crate) use drop::DropPolicy;
pub(crate) use entries::{Clarified, Entry, Exception, PathGlob, except, is_excepted};
pub(crate) use entries::{apply_clarifications, find_unused};
pub(crate) use stated::{File, incompatible, incompatible_folder};
pub(crate) use verdict::{evaluate, taken_from_project};

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::engine::evidence::Strength;
use crate::engine::matcher::Owner;
use crate::judgement::finding::{Decision, Finding, Reference, Rule, Severity};
use crate::license::{Compatibility, LicenseExpression, Terms, compat_under};
use crate::purl::Purl;

/// What the user decided beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicySettings {
    /// Packages that are the user's own (`owned = ["pkg:pypi/thefuzz"]`), whatever their version.
    pub owned: Vec<Purl>,
    /// Severities that differ from [`Rule::default_severity`].
    pub severities: BTreeMap<Rule, Severity>,
    /// Whether findings about weak matches have the severity of their rule. Otherwise they
    /// have the lowest.
    pub fail_on_weak: bool,
    /// How the work reaches people, and which licences are welcome.
    pub terms: Terms,
    /// Code that may stay whatever its licence says.
    pub exceptions: Vec<Exception>,
    /// Components whose licence the user knows better than the index.
    pub clarified: Vec<Clarified>,
    /// The day it is, for exceptions that expire; without it none does.
    pub today: Option<Date>,
}

impl PolicySettings {
    /// How bad findings of a rule are.
    pub(crate) fn severity(&self, rule: Rule) -> Severity {
        self.severities.get(&rule).copied().unwrap_or_else(|| rule.default_severity())
    }

    /// Whether a component is declared as the user's own.
    pub(crate) fn owns(&self, purl: &Purl) -> bool {
        self.owned.iter().any(|own| own.package() == purl.package())
    }

    /// Whether code under `inbound` may be copied into a work under `outbound`, on the user's
    /// terms.
    pub(crate) fn compat(
        &self,
        inbound: &LicenseExpression,
        outbound: &LicenseExpression,
    ) -> Compatibility {
        compat_under(inbound, outbound, &self.terms)
    }
}

impl Rule {
    /// How bad findings of the rule are unless the configuration says otherwise.
    ///
    /// Only a clear conflict is an error. A notice to be kept is worth knowing and no more:
    /// birthmark does not see whether it stands somewhere in the project, and a copy with its
    /// notice must not fail for ever. What is said wrongly or for nothing is a warning: somebody
    /// relies on it. Code that others took from the project is no fault.
    pub(crate) fn default_severity(self) -> Severity {
        match self {
            Rule::LicenseIncompatible => Severity::Error,
            Rule::LicenseUnknown
            | Rule::LicenseReview
            | Rule::DeclarationMismatch
            | Rule::DeclaredIncompatible
            | Rule::SuppressionUnused
            | Rule::PolicyUnused
            | Rule::PolicyChanged => Severity::Warning,
            Rule::AttributionMissing | Rule::TakenFromProject => Severity::Info,
        }
    }

    /// The rule that reports a decision, or `None` where nothing needs attention.
    pub fn of(decision: Decision) -> Option<Rule> {
        match decision {
            Decision::Compatible => None,
            Decision::AttributionNeeded => Some(Rule::AttributionMissing),
            Decision::Review => Some(Rule::LicenseReview),
            Decision::Unknown | Decision::Reserved => Some(Rule::LicenseUnknown),
            Decision::Incompatible => Some(Rule::LicenseIncompatible),
        }
    }
}

/// The findings that a reference's verdict raises: at most one, so that one place is one finding
/// with its owners inside.
pub(crate) fn findings(reference: &Reference, settings: &PolicySettings) -> Vec<Finding> {
    let owned = reference.owners.first().is_some_and(|origin| settings.owns(&origin.purl));
    let Some(rule) = declared::rule_of(reference, owned) else {
        return Vec::new();
    };
    let (reason, mut remedies) = declared::explain_verdict(reference, rule);
    let must_not_fail = reference.strength == Strength::Weak && !settings.fail_on_weak;
    // What is a notice anyway stays among the notices of its kind.
    let weak = must_not_fail && rule.default_severity() > Severity::Info;
    if weak {
        remedies.insert(0, dismissal(rule));
    }
    let resembles = match reference.strength {
        Strength::Substantial => "resembles",
        Strength::Weak => "weakly resembles",
    };
    let message = match reference.owners.first() {
        Some(origin) => format!(
            "{resembles} {}, {} lines {}-{}: {}",
            origin.purl,
            one_line(&origin.path),
            origin.lines.first,
            origin.lines.last,
            reason
        ),
        None => reason,
    };
    vec![Finding {
        rule,
        severity: if must_not_fail { Severity::Info } else { settings.severity(rule) },
        weak,
        reference: reference.id.clone(),
        path: reference.path.clone(),
        region: reference.region,
        cells: reference.cells,
        added: reference.added.clone(),
        message,
        remedies,
    }]
}

/// How a finding about a weak match is dismissed.
fn dismissal(rule: Rule) -> String {
    format!(
        "If this is no copy, dismiss it by a comment above it: birthmark: ignore[{}] reason=\"no copy\".",
        rule.code()
    )
}

fn owned_remedy(origin: &Owner) -> String {
    format!(
        "If the code is your own, say so in birthmark.toml: owned = [\"{}\"].",
        origin.purl.package()
    )
}

/// Text from outside as data: no line breaks, no escape sequences, no marks that reorder what is
/// shown.
fn one_line(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(hidden, " ")
}

#[cfg(test)]
mod tests;
