//! A report for programs. `docs/report.schema.json` describes it; a test validates this output
//! against it.
//!
//! The types here mirror those of the report, so that renaming a field of the engine does not
//! change the format.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::printable::is_unsafe;
use super::strength::two_digits;
use crate::engine::evidence::Preset;
use crate::engine::matcher::{self, CopyKind};
use crate::judgement::finding;
use crate::license::{LearnedFrom, Precision};
use crate::text::span;

/// Version of the format. It grows when a field changes its meaning or goes away, not when one is
/// added.
pub const SCHEMA_VERSION: u32 = 1;

/// Draws the report as one JSON object and a line break.
///
/// # Errors
/// If writing fails.
pub fn write(report: &finding::Report, out: &mut dyn io::Write) -> io::Result<()> {
    write_value(&Report::from(report), out)
}

/// Writes any of birthmark's JSON documents the way reports are written.
pub(crate) fn write_value(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    write_formatted(value, PrettyFormatter::new(), out)
}

/// Writes the same on one line.
pub(super) fn write_line(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    write_formatted(value, CompactFormatter, out)
}

fn write_formatted(
    value: &impl Serialize,
    formatter: impl Formatter,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Visible(formatter));
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
pub(super) struct Report<'a> {
    schema_version: u32,
    matches: Vec<Match<'a>>,
    findings: Vec<Finding<'a>>,
    accepted: Vec<AcceptedReference<'a>>,
    silenced: Vec<Silenced<'a>>,
    notes: Vec<Note<'a>>,
    summary: Summary,
    provenance: Provenance<'a>,
}

#[derive(Serialize)]
pub(super) struct Match<'a> {
    id: &'a str,
    path: &'a str,
    region: Region,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    added: Vec<Lines>,
    kind: &'static str,
    evidence: Evidence,
    strength: &'static str,
    verdict: Verdict<'a>,
    direction: Direction,
    license: License<'a>,
    owners: Vec<Owner<'a>>,
    declared: Option<Declared<'a>>,
    accepted: Option<Acceptance<'a>>,
}

#[derive(Serialize)]
struct Declared<'a> {
    by: &'static str,
    line: Option<u32>,
    license: Option<License<'a>>,
    origin: Option<&'a str>,
    agrees_with: Option<&'a str>,
    contradiction: Option<&'a str>,
}

#[derive(Serialize)]
struct AcceptedReference<'a> {
    id: &'a str,
    rule: &'static str,
    path: &'a str,
    file: &'a str,
    decision: Acceptance<'a>,
    fate: &'static str,
    now: Option<&'a str>,
}

#[derive(Serialize)]
struct Acceptance<'a> {
    by: &'a str,
    at: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct Lines {
    start_line: u32,
    end_line: u32,
}

#[derive(Serialize)]
struct Evidence {
    bits: f64,
    structure: f64,
    names: f64,
    literals: f64,
    penalties: f64,
    calibration: f64,
    matched_tokens: u32,
    packages: u32,
    expected_by_chance: f64,
}

#[derive(Serialize)]
struct Verdict<'a> {
    decision: &'static str,
    reason: &'a str,
    remedies: &'a [String],
}

#[derive(Serialize)]
struct Direction {
    origin_takes: Option<&'static str>,
    project_depends_on_origin: bool,
}

#[derive(Serialize)]
struct License<'a> {
    expression: Option<&'a str>,
    declared: &'a str,
    precision: &'static str,
    learned_from: &'static str,
}

#[derive(Serialize)]
struct Owner<'a> {
    purl: &'a str,
    name: String,
    version: Option<String>,
    versions: &'a [String],
    path: &'a str,
    region: Lines,
    license: License<'a>,
    bits: f64,
    share: f64,
    vendored: bool,
}

#[derive(Serialize)]
pub(super) struct Finding<'a> {
    rule: &'static str,
    severity: &'static str,
    #[serde(rename = "match")]
    reference: &'a str,
    path: &'a str,
    region: Region,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    added: Vec<Lines>,
    message: &'a str,
    remedies: &'a [String],
}

#[derive(Serialize)]
pub(super) struct Silenced<'a> {
    by: &'static str,
    line: Option<u32>,
    reason: Option<&'a str>,
    #[serde(flatten)]
    finding: Finding<'a>,
}

#[derive(Serialize)]
pub(super) struct Note<'a> {
    kind: &'static str,
    path: Option<&'a str>,
    message: &'a str,
}

#[derive(Serialize)]
pub(super) struct Summary {
    files_scanned: u64,
    files_skipped: u64,
    files_failed: u64,
    lines_scanned: u64,
    matches: u64,
    findings: FindingCounts,
}

#[derive(Serialize)]
struct FindingCounts {
    info: u64,
    warning: u64,
    error: u64,
}

#[derive(Serialize)]
pub(super) struct Provenance<'a> {
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'a str>,
    preset: Option<&'static str>,
    threshold_bits: f64,
    license: License<'a>,
    given_license: Option<&'a str>,
    indexes: Vec<Index<'a>>,
    idioms: Vec<Index<'a>>,
}

#[derive(Serialize)]
struct Index<'a> {
    name: &'a str,
    digest: &'a str,
    components: u64,
    documents: u64,
    lines: u64,
}

impl<'a> From<&'a finding::Report> for Report<'a> {
    fn from(report: &'a finding::Report) -> Self {
        Report {
            schema_version: SCHEMA_VERSION,
            matches: report.references.iter().map(Match::from).collect(),
            findings: report.findings.iter().map(Finding::from).collect(),
            accepted: report.accepted.iter().map(AcceptedReference::from).collect(),
            silenced: report.silenced.iter().map(Silenced::from).collect(),
            notes: report.notes.iter().map(Note::from).collect(),
            summary: Summary::from(&report.summary),
            provenance: Provenance::from(&report.provenance),
        }
    }
}

impl<'a> From<&'a finding::Reference> for Match<'a> {
    fn from(reference: &'a finding::Reference) -> Self {
        Match {
            id: &reference.id,
            path: &reference.path,
            region: Region::from(reference.region),
            added: reference.added.ranges().iter().copied().map(Lines::from).collect(),
            kind: copy_kind(reference.kind),
            evidence: Evidence::from(reference),
            strength: reference.strength.code(),
            verdict: Verdict {
                decision: reference.verdict.decision.code(),
                reason: &reference.verdict.reason,
                remedies: &reference.verdict.remedies,
            },
            direction: Direction::from(reference.direction),
            license: License::from(&reference.outbound),
            owners: reference.owners.iter().map(Owner::from).collect(),
            declared: reference.declared.as_ref().map(Declared::from),
            accepted: reference.accepted.as_ref().map(Acceptance::from),
        }
    }
}

impl<'a> From<&'a finding::Declared> for Declared<'a> {
    fn from(declared: &'a finding::Declared) -> Self {
        let (agrees_with, contradiction) = match &declared.agreement {
            finding::Agreement::With(purl) => (Some(purl.as_str()), None),
            finding::Agreement::None(why) => (None, Some(why.as_str())),
        };
        Declared {
            by: match declared.by {
                finding::DeclaredBy::Snippet => "snippet",
                finding::DeclaredBy::Comment => "comment",
                finding::DeclaredBy::Header => "header",
                finding::DeclaredBy::Beside => "beside",
            },
            line: declared.line,
            license: declared.license.as_ref().map(License::from),
            origin: declared.origin.as_deref(),
            agrees_with,
            contradiction,
        }
    }
}

impl<'a> From<&'a finding::AcceptedReference> for AcceptedReference<'a> {
    fn from(accepted: &'a finding::AcceptedReference) -> Self {
        let (fate, now) = match &accepted.fate {
            finding::Fate::Standing => ("standing", None),
            finding::Fate::Moved(path) => ("moved", Some(path.as_str())),
            finding::Fate::Attributed => ("attributed", None),
            finding::Fate::Cleared => ("cleared", None),
            finding::Fate::Changed(rule) => ("changed", Some(rule.code())),
            finding::Fate::Gone => ("gone", None),
            finding::Fate::NotChecked => ("not-checked", None),
        };
        AcceptedReference {
            id: &accepted.id,
            rule: accepted.rule.code(),
            path: &accepted.path,
            file: &accepted.file,
            decision: Acceptance::from(&accepted.decision),
            fate,
            now,
        }
    }
}

impl<'a> From<&'a finding::Acceptance> for Acceptance<'a> {
    fn from(acceptance: &'a finding::Acceptance) -> Self {
        Acceptance { by: &acceptance.by, at: &acceptance.at, reason: &acceptance.reason }
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

impl From<span::LineRange> for Lines {
    fn from(lines: span::LineRange) -> Self {
        Lines { start_line: lines.first, end_line: lines.last }
    }
}

impl From<&finding::Reference> for Evidence {
    fn from(reference: &finding::Reference) -> Self {
        let evidence = &reference.evidence;
        Evidence {
            bits: rounded(evidence.bits),
            structure: rounded(evidence.structure),
            names: rounded(evidence.names),
            literals: rounded(evidence.literals),
            penalties: rounded(evidence.penalties),
            calibration: rounded(evidence.calibration),
            matched_tokens: evidence.matched_tokens,
            packages: evidence.packages,
            expected_by_chance: two_digits(reference.expected_by_chance.resemblances),
        }
    }
}

impl From<finding::Direction> for Direction {
    fn from(direction: finding::Direction) -> Self {
        let takes = direction.origin_takes.map(|taking| match taking {
            finding::Taking::DependsOn => "depends-on",
            finding::Taking::Vendors => "vendors",
        });
        Direction {
            origin_takes: takes,
            project_depends_on_origin: direction.project_depends_on_origin,
        }
    }
}

impl<'a> From<&'a crate::license::LicenseFact> for License<'a> {
    fn from(fact: &'a crate::license::LicenseFact) -> Self {
        License {
            expression: fact.expression.as_ref().map(|expression| expression.as_str()),
            declared: &fact.declared,
            precision: match fact.precision {
                Precision::Exact => "exact",
                Precision::Imprecise => "imprecise",
            },
            learned_from: learned_from(fact.learned_from),
        }
    }
}

impl<'a> From<&'a matcher::Owner> for Owner<'a> {
    fn from(owner: &'a matcher::Owner) -> Self {
        Owner {
            purl: owner.purl.as_str(),
            name: owner.purl.name(),
            version: owner.purl.version(),
            versions: &owner.versions,
            path: &owner.path,
            region: Lines::from(owner.lines),
            license: License::from(&owner.license),
            bits: rounded(owner.bits),
            share: rounded(owner.share),
            vendored: owner.vendored,
        }
    }
}

impl<'a> From<&'a finding::Finding> for Finding<'a> {
    fn from(finding: &'a finding::Finding) -> Self {
        Finding {
            rule: finding.rule.code(),
            severity: severity(finding.severity),
            reference: &finding.reference,
            path: &finding.path,
            region: Region::from(finding.region),
            added: finding.added.ranges().iter().copied().map(Lines::from).collect(),
            message: &finding.message,
            remedies: &finding.remedies,
        }
    }
}

impl<'a> From<&'a finding::Silenced> for Silenced<'a> {
    fn from(silenced: &'a finding::Silenced) -> Self {
        let (by, line, reason) = match &silenced.by {
            finding::Silencer::Comment { line, reason } => {
                ("comment", Some(*line), Some(reason.as_str()))
            }
            finding::Silencer::Baseline => ("baseline", None, None),
        };
        Silenced { by, line, reason, finding: Finding::from(&silenced.finding) }
    }
}

impl<'a> From<&'a finding::Note> for Note<'a> {
    fn from(note: &'a finding::Note) -> Self {
        Note { kind: note_kind(note.kind), path: note.path.as_deref(), message: &note.message }
    }
}

impl From<&finding::Summary> for Summary {
    fn from(summary: &finding::Summary) -> Self {
        let [info, warning, error] = summary.findings;
        Summary {
            files_scanned: summary.files_scanned,
            files_skipped: summary.files_skipped,
            files_failed: summary.files_failed,
            lines_scanned: summary.lines_scanned,
            matches: summary.references,
            findings: FindingCounts { info, warning, error },
        }
    }
}

impl<'a> From<&'a finding::Provenance> for Provenance<'a> {
    fn from(provenance: &'a finding::Provenance) -> Self {
        Provenance {
            version: &provenance.version,
            change: provenance.change.as_deref(),
            preset: provenance.preset.map(Preset::name),
            threshold_bits: rounded(provenance.threshold_bits),
            license: License::from(&provenance.project_license),
            given_license: provenance.given_license.as_ref().map(|expression| expression.as_str()),
            indexes: provenance.indexes.iter().map(Index::from).collect(),
            idioms: provenance.idioms.iter().map(Index::from).collect(),
        }
    }
}

impl<'a> From<&'a finding::IndexProvenance> for Index<'a> {
    fn from(index: &'a finding::IndexProvenance) -> Self {
        Index {
            name: &index.name,
            digest: &index.digest,
            components: index.components,
            documents: index.documents,
            lines: index.lines,
        }
    }
}

/// Hundredths are all that means anything, and read better than seventeen digits.
pub(crate) fn rounded(number: f32) -> f64 {
    rounded_wide(f64::from(number))
}

pub(crate) fn rounded_wide(number: f64) -> f64 {
    let hundredths = (number * 100.0).round() / 100.0;
    // Adding zero turns -0.0 into 0.0.
    if hundredths.is_finite() { hundredths + 0.0 } else { 0.0 }
}

pub(crate) fn copy_kind(kind: CopyKind) -> &'static str {
    match kind {
        CopyKind::Verbatim => "verbatim",
        CopyKind::Reformatted => "reformatted",
        CopyKind::Renamed => "renamed",
        CopyKind::Edited => "edited",
    }
}

pub(crate) fn severity(severity: finding::Severity) -> &'static str {
    match severity {
        finding::Severity::Info => "info",
        finding::Severity::Warning => "warning",
        finding::Severity::Error => "error",
    }
}

pub(crate) fn note_kind(kind: finding::NoteKind) -> &'static str {
    match kind {
        finding::NoteKind::Skipped => "skipped",
        finding::NoteKind::Partial => "partial",
        finding::NoteKind::Failed => "failed",
        finding::NoteKind::Warning => "warning",
        finding::NoteKind::Limit => "limit",
        finding::NoteKind::Info => "info",
    }
}

pub(crate) fn learned_from(source: LearnedFrom) -> &'static str {
    match source {
        LearnedFrom::Given => "given",
        LearnedFrom::Metadata => "metadata",
        LearnedFrom::Classifier => "classifier",
        LearnedFrom::LicenseText => "license-text",
        LearnedFrom::FileHeader => "file-header",
        LearnedFrom::SideFile => "side-file",
        LearnedFrom::Reuse => "reuse",
        LearnedFrom::Nowhere => "nowhere",
    }
}

/// Formatting that writes what a terminal would act on as `\uXXXX`. The value is the same.
struct Visible<F>(F);

impl<F: Formatter> Formatter for Visible<F> {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((i, c)) = rest.char_indices().find(|&(_, c)| is_unsafe(c)) {
            out.write_all(&rest.as_bytes()[..i])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[i + c.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }

    fn begin_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}
