//! The words and numbers that every format writes alike.

use std::collections::BTreeMap;

use super::printable::Printable;
use crate::engine::evidence::Strength;
use crate::engine::matcher::CopyKind;
use crate::judgement::finding::{
    Agreement, Decision, Declared, DeclaredBy, Reference, Report, Taking,
};
use crate::license::{LearnedFrom, LicenseFact, Precision};
use crate::text::span::Region;

pub(super) fn license_name(fact: &LicenseFact) -> String {
    match &fact.expression {
        Some(expression) => Printable(expression.as_str()).to_string(),
        None => "an unknown licence".to_owned(),
    }
}

/// A licence, how sure it is, and where it was learned.
pub(crate) fn describe_license(fact: &LicenseFact) -> String {
    let mut text = license_name(fact);
    if fact.precision == Precision::Imprecise || fact.expression.is_none() {
        if !fact.declared.is_empty() {
            text.push_str(&format!(", declared as `{}`", Printable(&fact.declared)));
        } else if fact.expression.is_some() {
            text.push_str(", not exactly declared");
        }
    }
    let source = match fact.learned_from {
        LearnedFrom::Given => "as given",
        LearnedFrom::Metadata => "from the package's metadata",
        LearnedFrom::Classifier => "from a classifier of the package",
        LearnedFrom::LicenseText => "from the licence text beside it",
        LearnedFrom::FileHeader => "from the file's header",
        LearnedFrom::SideFile => "from the .license file beside it",
        LearnedFrom::Reuse => "from REUSE annotations",
        LearnedFrom::Nowhere => "none was found",
    };
    format!("{text} ({source})")
}

pub(super) fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Compatible => "compatible",
        Decision::AttributionNeeded => "to attribute",
        Decision::Review => "to review",
        Decision::Unknown => "unknown",
        Decision::Reserved => "all rights reserved",
        Decision::Incompatible => "incompatible",
    }
}

/// How many references there are of each standing.
pub(super) fn count_decisions(report: &Report) -> String {
    let mut counts: BTreeMap<(Decision, &str), usize> = BTreeMap::new();
    for reference in &report.references {
        *counts.entry((reference.verdict.decision, standing(reference))).or_default() += 1;
    }
    if counts.is_empty() {
        return String::new();
    }
    // The map has the best decision first. The reader needs the worst one first.
    let parts: Vec<String> =
        counts.into_iter().rev().map(|((_, standing), n)| format!("{n} {standing}")).collect();
    format!(" ({})", parts.join(", "))
}

/// What a reference counts as.
pub(super) fn standing(reference: &Reference) -> &'static str {
    let declared = reference.declared.as_ref().is_some_and(Declared::agrees);
    match reference.verdict.decision {
        _ if reference.accepted.is_some() => "accepted",
        Decision::AttributionNeeded if declared => "declared",
        other => decision(other),
    }
}

pub(super) fn shown_declaration(declared: &Declared) -> String {
    let by = match declared.by {
        DeclaredBy::Snippet => "by snippet tags",
        DeclaredBy::Comment => "in a comment",
        DeclaredBy::Header => "in the file's header",
        DeclaredBy::Beside => "beside the file",
    };
    let mut text = by.to_owned();
    if let Some(line) = declared.line {
        text.push_str(&format!(" on line {line}"));
    }
    if let Some(license) = &declared.license {
        text.push_str(&format!(", under {}", license_name(license)));
    }
    if let Some(origin) = &declared.origin {
        text.push_str(&format!(", from {}", Printable(origin)));
    }
    if let Agreement::None(why) = &declared.agreement {
        text.push_str(&format!(": {}", Printable(why)));
    }
    text
}

pub(super) fn copy_kind(kind: CopyKind) -> &'static str {
    match kind {
        CopyKind::Verbatim => "verbatim",
        CopyKind::Reformatted => "reformatted",
        CopyKind::Renamed => "renamed",
        CopyKind::Edited => "edited",
    }
}

/// `1 file`, `12,345 files`.
pub(crate) fn count(n: impl TryInto<u64>, what: &str) -> String {
    let n = n.try_into().unwrap_or(u64::MAX);
    let plural = match n {
        1 => "",
        _ if what.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{} {what}{plural}", group_digits(n))
}

/// `12,345`.
pub(crate) fn group_digits(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(super) fn shown_region(region: Region) -> String {
    let Region { start_line, start_column, end_line, end_column } = region;
    format!("{start_line}:{start_column}-{end_line}:{end_column}")
}

/// What is the matter, in one line; whose code it is and why it matters is told below it.
pub(super) fn title(reference: &Reference) -> String {
    let kind = copy_kind(reference.kind);
    if reference.direction.origin_takes.is_some() {
        return format!("{kind} copy of this project's code in another package");
    }
    let owner = reference.owners.first().map(|owner| &owner.license);
    let license = match owner.and_then(|fact| fact.expression.as_ref()) {
        Some(expression) => format!("{} code", Printable(expression.as_str())),
        None if reference.verdict.decision == Decision::Reserved => {
            "code without a licence".to_owned()
        }
        None => "code under an unknown licence".to_owned(),
    };
    let file = match &reference.outbound.expression {
        Some(expression) => Printable(expression.as_str()).to_string(),
        None => "an unknown licence".to_owned(),
    };
    let judgement = match reference.verdict.decision {
        Decision::Incompatible => format!(", which may not stand under {file}"),
        Decision::Review => format!(", of which it is not known whether it may stand under {file}"),
        Decision::Unknown | Decision::Reserved => format!(" in a file under {file}"),
        Decision::AttributionNeeded => ", whose notice must be kept".to_owned(),
        Decision::Compatible => format!(", which may stand under {file}"),
    };
    match reference.strength {
        Strength::Substantial => format!("{kind} copy of {license}{judgement}"),
        Strength::Weak => format!("weak match with {license}{judgement}"),
    }
}

/// How a package comes to hold code of the project, in a few words.
pub(super) fn takes(taking: Taking) -> &'static str {
    match taking {
        Taking::DependsOn => "depends on this project",
        Taking::Vendors => "vendors this project",
    }
}
