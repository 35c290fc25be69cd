//! A report for programs. `docs/report.schema.json` describes it; a test validates this output
//! against it.
//!
//! The types here mirror those of the report, so that renaming a field of the engine does not
//! change the format.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::cells::Cells;
use super::printable::is_unsafe;
use super::shape::{Acceptance, License, Lines, Match, Region};
use super::strength::thresholds;
use crate::engine::evidence::Preset;
use crate::judgement::finding;
use crate::license::MatrixSource;

/// Version of the format. It grows when a field changes its meaning or goes away, not when one is
/// added.
pub(crate) const SCHEMA_VERSION: u32 = 2;

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
pub(super) struct Finding<'a> {
    rule: &'static str,
    severity: &'static str,
    #[serde(rename = "match")]
    reference: &'a str,
    path: &'a str,
    region: Region,
    #[serde(skip_serializing_if = "Option::is_none")]
    cells: Option<Cells>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation_policy: Option<Policy<'a>>,
    preset: Option<&'static str>,
    thresholds: BTreeMap<&'static str, f64>,
    license: License<'a>,
    given_license: Option<&'a str>,
    indexes: Vec<Index<'a>>,
    idioms: Vec<Index<'a>>,
    license_matrix: LicenseMatrix<'a>,
}

#[derive(Serialize)]
struct LicenseMatrix<'a> {
    date: &'a str,
    file: Option<&'a str>,
    digest: Option<&'a str>,
}

/// A file that decided, and its digest.
#[derive(Serialize)]
pub(super) struct Policy<'a> {
    file: &'a str,
    digest: &'a str,
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

impl<'a> From<&'a finding::Finding> for Finding<'a> {
    fn from(finding: &'a finding::Finding) -> Self {
        Finding {
            rule: finding.rule.code(),
            severity: finding.severity.code(),
            reference: &finding.reference,
            path: &finding.path,
            region: Region::from(finding.region),
            cells: finding.cells.map(Cells::from),
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
        Note { kind: note.kind.code(), path: note.path.as_deref(), message: &note.message }
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
            organisation_policy: provenance.organisation.as_ref().map(Policy::from),
            preset: provenance.preset.map(Preset::name),
            thresholds: thresholds(provenance),
            license: License::from(&provenance.project_license),
            given_license: provenance.given_license.as_ref().map(|expression| expression.as_str()),
            indexes: provenance.indexes.iter().map(Index::from).collect(),
            idioms: provenance.idioms.iter().map(Index::from).collect(),
            license_matrix: LicenseMatrix::from(&provenance.matrix),
        }
    }
}

impl<'a> From<&'a finding::MatrixProvenance> for LicenseMatrix<'a> {
    fn from(matrix: &'a finding::MatrixProvenance) -> Self {
        let (file, digest) = match &matrix.source {
            MatrixSource::BuiltIn => (None, None),
            MatrixSource::File { path, digest } => (Some(path.as_str()), Some(digest.as_str())),
        };
        LicenseMatrix { date: &matrix.date, file, digest }
    }
}

impl<'a> From<&'a finding::PolicyProvenance> for Policy<'a> {
    fn from(policy: &'a finding::PolicyProvenance) -> Self {
        Policy { file: &policy.file, digest: &policy.digest }
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
