//! The findings of a report, each with the reference it is about: what every format that lists
//! findings begins with.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::words::count;
use crate::judgement::finding::{Finding, NoteKind, Reference, Report, Severity};
use crate::text::span::Region;

/// A finding and what it is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    pub finding: &'a Finding,
    /// None for a finding about something else than code, such as an entry of the configuration.
    pub reference: Option<&'a Reference>,
    /// How many findings of the same rule, content and path stand before it.
    pub ordinal: usize,
}

/// Every finding, in the report's order.
pub(super) fn list_findings(report: &Report) -> Vec<Found<'_>> {
    let mut references: HashMap<(&str, &str), Vec<&Reference>> = HashMap::new();
    for reference in &report.references {
        references.entry((&reference.id, &reference.path)).or_default().push(reference);
    }
    let mut seen: HashMap<(&str, &str, &str), usize> = HashMap::new();
    let mut all = Vec::new();
    for finding in &report.findings {
        let key = (finding.reference.as_str(), finding.path.as_str());
        let alike = seen.entry((finding.rule.code(), key.0, key.1)).or_default();
        let reference = references.get(&key).and_then(|here| about(finding.region, here));
        all.push(Found { finding, reference, ordinal: *alike });
        *alike += 1;
    }
    all
}

/// The same with the worst first and weak matches last, for formats that show only so many.
pub(super) fn worst_first(report: &Report) -> Vec<Found<'_>> {
    let bits = |found: &Found<'_>| found.reference.map_or(0.0, |reference| reference.evidence.bits);
    let mut all = list_findings(report);
    all.sort_by(|a, b| {
        let severity = |found: &Found<'_>| Reverse(found.finding.severity);
        let weak = |found: &Found<'_>| found.finding.weak;
        weak(a).cmp(&weak(b)).then(severity(a).cmp(&severity(b))).then(bits(b).total_cmp(&bits(a)))
    });
    all
}

/// What a report says that has no finding.
pub(super) fn describe_no_findings(report: &Report) -> String {
    let in_part = report.notes.iter().filter(|note| note.kind == NoteKind::Partial);
    let in_part = in_part.filter_map(|note| note.path.as_deref()).collect::<BTreeSet<_>>().len();
    match (report.summary.files_skipped, in_part) {
        (0, 0) => "Nothing found that needs attention.".to_owned(),
        (skipped, 0) => format!("Nothing found, but {} not checked.", count(skipped, "file")),
        (0, in_part) => {
            format!("Nothing found, but {} checked only in part.", count(in_part, "file"))
        }
        (skipped, in_part) => {
            let (skipped, in_part) = (count(skipped, "file"), count(in_part, "file"));
            format!("Nothing found, but {skipped} not checked, and {in_part} only in part.")
        }
    }
}

/// How many findings there are of each kind, the worst first, as far as there are any: `2 errors`.
pub(super) fn count_by_severity(report: &Report) -> Vec<(Severity, String)> {
    let weak = report.findings.iter().filter(|finding| finding.weak).count() as u64;
    let [info, warnings, errors] = report.summary.findings;
    [
        (Severity::Error, errors, "error"),
        (Severity::Warning, warnings, "warning"),
        (Severity::Info, info.saturating_sub(weak), "notice"),
        (Severity::Info, weak, "weak match"),
    ]
    .into_iter()
    .filter(|(_, number, _)| *number > 0)
    .map(|(severity, number, word)| (severity, count(number, word)))
    .collect()
}

/// Of the references with a finding's id and path, the one at its place: a finding about a change
/// names the part of the reference that was changed.
fn about<'a>(region: Region, here: &[&'a Reference]) -> Option<&'a Reference> {
    let start = |region: Region| (region.start_line, region.start_column);
    let end = |region: Region| (region.end_line, region.end_column);
    let holds = |whole: Region| start(whole) <= start(region) && end(region) <= end(whole);
    here.iter().find(|reference| holds(reference.region)).or(here.first()).copied()
}
