//! A report as SARIF 2.1.0, for code scanning and for the tools that read what scanners say.
//!
//! Specification: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>. What GitHub
//! makes of it decides the rest: an alert stands at its first location, keeps its identity by
//! `primaryLocationLineHash`, is titled with the first sentence of its message, and shows on a pull
//! request only if all its lines are in the difference. Paths are relative to the repository
//! without a base, and no address of another file appears as a location: both are refused.

mod line_hash;
mod message;
mod related;

pub(super) use line_hash::line_hashes;

use std::collections::BTreeMap;
use std::io;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::found::{Found, worst_first};
use super::json::write_value;
use super::origins::expression;
use super::repository::Repository;
use super::rules::help;
use super::shape::round;
use super::source_facts::SourceFacts;
use super::strength::{thresholds, two_digits};
use crate::engine::evidence::Preset;
use crate::engine::matcher::Owner;
use crate::judgement::finding::{Note, NoteKind, Reference, Report, Rule, Severity, Silencer};
use crate::text::span;
use message::{escape, message};
use related::{ByOrigin, Related, related_places};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Results in one file; GitHub takes no more. The worst are kept, and a notification says how many
/// were not.
const MAX_RESULTS: usize = 25_000;
/// Owners told of one result.
const MAX_OWNERS: usize = 10;

/// What stands in a URI as itself, beside letters and digits.
const IN_PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Draws the report as a log of one run.
///
/// # Errors
/// If writing fails.
pub(crate) fn write(
    report: &Report,
    repository: &Repository,
    facts: &SourceFacts,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let all = worst_first(report);
    let kept = &all[..all.len().min(MAX_RESULTS)];
    let drawn = Drawn { report, repository, facts, matches: ByOrigin::of(report) };
    write_value(&drawn.log(kept, all.len() - kept.len()), out)
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    automation_details: Id,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    results: Vec<SarifResult<'a>>,
    properties: RunProperties<'a>,
}

#[derive(Serialize)]
struct Id {
    id: &'static str,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    semantic_version: &'a str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    help: Text,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Text {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<&'static str>,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    precision: &'static str,
    #[serde(rename = "problem.severity")]
    problem_severity: &'static str,
    tags: [&'static str; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression<'a>>,
    properties: ResultProperties<'a>,
}

#[derive(Serialize)]
struct Suppression<'a> {
    kind: &'static str,
    status: &'static str,
    justification: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

/// Code that stands in no file of the project.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    name: String,
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultProperties<'a> {
    id: &'a str,
    remedies: &'a [String],
    #[serde(flatten)]
    reference: Option<ReferenceProperties<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReferenceProperties<'a> {
    decision: &'static str,
    copy_kind: &'static str,
    bits: f64,
    strength: &'static str,
    expected_by_chance: f64,
    reason: &'a str,
    /// The whole of it, of which a finding about a change shows a part.
    full_region: Region,
    owners: Vec<OwnerProperties<'a>>,
    owner_count: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OwnerProperties<'a> {
    purl: &'a str,
    path: &'a str,
    start_line: u32,
    end_line: u32,
    license: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_archive: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunProperties<'a> {
    files_scanned: u64,
    lines_scanned: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    preset: Option<&'static str>,
    thresholds: BTreeMap<&'static str, f64>,
    indexes: Vec<IndexProperties<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation_policy: Option<PolicyProperties<'a>>,
}

#[derive(Serialize)]
struct PolicyProperties<'a> {
    file: &'a str,
    digest: &'a str,
}

#[derive(Serialize)]
struct IndexProperties<'a> {
    name: &'a str,
    digest: &'a str,
}

/// What a log is drawn from.
struct Drawn<'a> {
    report: &'a Report,
    repository: &'a Repository,
    facts: &'a SourceFacts,
    matches: ByOrigin<'a>,
}

impl<'a> Drawn<'a> {
    fn log(&self, kept: &[Found<'a>], left_out: usize) -> Log<'a> {
        let provenance = &self.report.provenance;
        let summary = &self.report.summary;
        let indexes = provenance
            .indexes
            .iter()
            .map(|index| IndexProperties { name: &index.name, digest: &index.digest });
        let run = Run {
            tool: Tool {
                driver: Driver {
                    name: "birthmark",
                    semantic_version: &provenance.version,
                    rules: Rule::ALL.map(descriptor).into(),
                },
            },
            automation_details: Id { id: "birthmark/scan/" },
            invocations: [self.invocation(left_out)],
            column_kind: "unicodeCodePoints",
            results: self.results(kept),
            properties: RunProperties {
                files_scanned: summary.files_scanned,
                lines_scanned: summary.lines_scanned,
                preset: provenance.preset.map(Preset::name),
                thresholds: thresholds(provenance),
                indexes: indexes.collect(),
                organisation_policy: provenance
                    .organisation
                    .as_ref()
                    .map(|policy| PolicyProperties { file: &policy.file, digest: &policy.digest }),
            },
        };
        Log { schema: SCHEMA, version: "2.1.0", runs: [run] }
    }

    fn invocation(&self, left_out: usize) -> Invocation {
        let mut notifications: Vec<Notification> =
            self.report.notes.iter().map(|note| self.notification(note)).collect();
        if left_out > 0 {
            let text = format!(
                "{left_out} further findings are left out: a file holds {MAX_RESULTS} at most"
            );
            notifications.push(Notification {
                level: "warning",
                message: plain(&text),
                locations: Vec::new(),
            });
        }
        Invocation {
            execution_successful: self
                .report
                .notes
                .iter()
                .all(|note| note.kind != NoteKind::Failed),
            tool_execution_notifications: notifications,
        }
    }

    fn notification(&self, note: &Note) -> Notification {
        let level = match note.kind {
            NoteKind::Failed => "error",
            NoteKind::Partial | NoteKind::Skipped | NoteKind::Warning => "warning",
            NoteKind::Limit | NoteKind::Info => "note",
        };
        let locations = note.path.iter().map(|path| self.location(path, None)).collect();
        Notification { level, message: plain(&note.message), locations }
    }

    /// What is reported, and behind it what was silenced, marked as suppressed.
    fn results(&self, kept: &[Found<'a>]) -> Vec<SarifResult<'a>> {
        let mut results: Vec<SarifResult<'a>> =
            kept.iter().map(|found| self.result(found)).collect();
        // Those that have no room are left out unsaid: none of them needs attention.
        let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for silenced in self.report.silenced.iter().take(MAX_RESULTS - kept.len()) {
            let finding = &silenced.finding;
            let is_its = |reference: &&Reference| finding.is_about(reference);
            // The same code twice in a file has the same id.
            let next = seen.entry((&finding.path, &finding.reference)).or_default();
            let reference = self.report.references.iter().find(is_its);
            let found = Found { finding, reference, ordinal: *next };
            *next += 1;
            results.push(SarifResult {
                suppressions: vec![suppression(&silenced.by)],
                ..self.result(&found)
            });
        }
        results
    }

    fn result(&self, found: &Found<'a>) -> SarifResult<'a> {
        let finding = found.finding;
        let related = related_places(found, &self.matches);
        SarifResult {
            rule_id: finding.rule.code(),
            rule_index: Rule::ALL.iter().position(|rule| *rule == finding.rule).unwrap_or_default(),
            level: level(finding.severity),
            message: Text { text: message(found, &related), markdown: None },
            related_locations: related
                .iter()
                .map(|related| self.related_location(related))
                .collect(),
            locations: [self.location(&finding.path, Some(self.facts.shown_region(finding)))],
            partial_fingerprints: self.fingerprints(found),
            suppressions: Vec::new(),
            properties: ResultProperties {
                id: &finding.reference,
                remedies: &finding.remedies,
                reference: found.reference.map(reference_properties),
            },
        }
    }

    fn location(&self, path: &str, region: Option<span::Region>) -> Location {
        Location {
            id: None,
            physical_location: PhysicalLocation {
                artifact_location: Artifact { uri: uri(&self.repository.relative(path)) },
                region: region.map(Region::from),
            },
            logical_locations: Vec::new(),
            message: None,
        }
    }

    fn related_location(&self, related: &Related<'_>) -> Location {
        let origin = related.origin.map(|owner| LogicalLocation {
            name: owner.path.clone(),
            fully_qualified_name: format!("{}#{}", owner.purl, owner.path),
            kind: "module",
        });
        Location {
            id: Some(related.id),
            logical_locations: origin.into_iter().collect(),
            message: Some(plain(&related.says)),
            ..self.location(related.path, Some(related.region))
        }
    }

    /// Ours is stable where code moves or is reformatted; GitHub's is the one its upload would
    /// compute.
    fn fingerprints(&self, found: &Found<'a>) -> BTreeMap<&'static str, String> {
        let finding = found.finding;
        let own = format!("{}:{}", finding.reference, found.ordinal + 1);
        let mut fingerprints = BTreeMap::from([("birthmarkId/v1", own)]);
        if let Some(hash) = self.facts.line_hash(finding) {
            fingerprints.insert("primaryLocationLineHash", hash.to_owned());
        }
        fingerprints
    }
}

impl From<span::Region> for Region {
    fn from(region: span::Region) -> Self {
        Region {
            start_line: region.start_line,
            start_column: region.start_column,
            end_line: region.end_line,
            end_column: region.end_column,
        }
    }
}

fn reference_properties(reference: &Reference) -> ReferenceProperties<'_> {
    ReferenceProperties {
        decision: reference.verdict.decision.code(),
        copy_kind: reference.kind.code(),
        bits: round(reference.evidence.bits),
        strength: reference.strength.code(),
        expected_by_chance: two_digits(reference.expected_by_chance.matches),
        reason: &reference.verdict.reason,
        full_region: Region::from(reference.region),
        owners: reference.owners.iter().take(MAX_OWNERS).map(owner_properties).collect(),
        owner_count: reference.owners.len(),
    }
}

fn owner_properties(owner: &Owner) -> OwnerProperties<'_> {
    OwnerProperties {
        purl: owner.purl.as_str(),
        path: &owner.path,
        start_line: owner.lines.first,
        end_line: owner.lines.last,
        license: expression(owner),
        url: owner.page(),
        source_archive: owner.purl.source_archive(),
    }
}

fn descriptor(rule: Rule) -> Descriptor {
    let help = help(rule);
    let (level, problem_severity, precision) = usual(rule);
    Descriptor {
        id: rule.code(),
        short_description: plain(&title_of(rule)),
        full_description: plain(&help.title),
        help: Text { text: help.markdown.to_owned(), markdown: Some(help.markdown) },
        default_configuration: Configuration { level },
        properties: RuleProperties { precision, problem_severity, tags: ["license", "provenance"] },
    }
}

/// `License incompatible`.
fn title_of(rule: Rule) -> String {
    let words = rule.code().replace('-', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// The level a rule has unless a finding says otherwise, GitHub's word for it, and how sure the
/// rule is.
fn usual(rule: Rule) -> (&'static str, &'static str, &'static str) {
    match rule {
        Rule::LicenseIncompatible => ("error", "error", "high"),
        Rule::LicenseUnknown | Rule::DeclarationMismatch | Rule::DeclaredIncompatible => {
            ("warning", "warning", "high")
        }
        Rule::LicenseReview => ("warning", "warning", "medium"),
        Rule::AttributionMissing => ("note", "recommendation", "high"),
        Rule::TakenFromProject => ("note", "recommendation", "medium"),
        Rule::SuppressionUnused | Rule::PolicyUnused | Rule::PolicyChanged => {
            ("warning", "warning", "very-high")
        }
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn suppression(by: &Silencer) -> Suppression<'_> {
    let (kind, justification) = match by {
        Silencer::Comment { reason, .. } => ("inSource", reason.as_str()),
        Silencer::Baseline => ("external", "in the baseline"),
    };
    Suppression { kind, status: "accepted", justification }
}

fn plain(text: &str) -> Text {
    Text { text: escape(text), markdown: None }
}

fn uri(path: &str) -> String {
    let encoded = utf8_percent_encode(path, IN_PATH).to_string();
    // A file outside of the repository has no path relative to it.
    if path.starts_with('/') { format!("file://{encoded}") } else { encoded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_no_other_uri() {
        for (path, expected) in [
            ("src/a b.py", "src/a%20b.py"),
            ("javascript:alert(1).py", "javascript%3Aalert%281%29.py"),
            ("größe#1?.py", "gr%C3%B6%C3%9Fe%231%3F.py"),
            ("/tmp/x.py", "file:///tmp/x.py"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
