//! What was found in a document, at its places there, and as diagnostics.

use gen_lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location,
    Position, Range, Uri,
};
use serde_json::json;

use super::text::Encoding;
use crate::judgement::finding::{Finding, Note, Reference, Report, Severity};
use crate::report::shape::cleared_by;
use crate::text::source::{CellRange, SourceFile};
use crate::text::span::Region;

/// What was found in a document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checked {
    /// The references, by place.
    pub found: Vec<Found>,
    /// What needs attention.
    pub diagnostics: Vec<Diagnostic>,
    /// What was not or only partly checked.
    pub notes: Vec<Note>,
}

/// A reference at its place.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The reference.
    pub reference: Reference,
    /// What is to be done about it, if anything.
    pub finding: Option<Finding>,
    /// What cleared a finding about it.
    pub cleared_by: Option<&'static str>,
    /// All of it.
    pub range: Range,
    /// Its first line, where its diagnostic stands.
    pub first_line: Range,
}

impl Checked {
    /// Places what a report says of a document.
    pub(super) fn of(
        report: Report,
        source: &SourceFile,
        uri: &str,
        encoding: Encoding,
    ) -> Checked {
        let file = source
            .held()
            .map(|held| SourceFile::new(source.path(), source.language(), held.file.clone()));
        let place = Place { file: file.as_ref().unwrap_or(source), uri, encoding };
        let diagnostics =
            report.findings.iter().map(|finding| place.diagnostic(finding, &report)).collect();
        let found = report.references.iter().map(|reference| Found {
            reference: reference.clone(),
            finding: report.findings.iter().find(|finding| finding.is_about(reference)).cloned(),
            cleared_by: cleared_by(reference, &report),
            range: encoding.range(place.file, region_of(reference.cells, reference.region)),
            first_line: place.first_line(reference.cells, reference.region),
        });
        Checked { found: found.collect(), diagnostics, notes: report.notes }
    }

    /// What stands at a range: findings wherever they reach, the rest on its first line, where it
    /// is out of the way.
    pub(super) fn at(&self, range: Range) -> impl Iterator<Item = &Found> {
        self.found.iter().filter(move |found| {
            let reach = if found.finding.is_some() { found.range } else { found.first_line };
            range.start <= reach.end && reach.start <= range.end
        })
    }
}

/// The region of its file in which a match stands. Of a notebook these are whole lines: where one
/// line of the file holds several cells, no more is known.
fn region_of(cells: Option<CellRange>, region: Region) -> Region {
    let Some(CellRange { first, last }) = cells else { return region };
    Region {
        start_line: first.file_line,
        start_column: 1,
        end_line: last.file_line,
        // Places are cut to the length of their line.
        end_column: u32::MAX,
    }
}

/// A document and how places in it are written.
struct Place<'a> {
    /// The text of the file, which of a notebook is not its code.
    file: &'a SourceFile,
    uri: &'a str,
    encoding: Encoding,
}

impl Place<'_> {
    fn first_line(&self, cells: Option<CellRange>, region: Region) -> Range {
        self.encoding.first_line(self.file, region_of(cells, region))
    }

    fn diagnostic(&self, finding: &Finding, report: &Report) -> Diagnostic {
        let reference = report.references.iter().find(|reference| finding.is_about(reference));
        Diagnostic {
            range: self.first_line(finding.cells, finding.region),
            severity: Some(severity(finding.severity)),
            code: Some(finding.rule.code().into()),
            code_description: reference
                .and_then(|reference| reference.owners.first()?.page())
                .map(|page| CodeDescription { href: Uri(page) }),
            source: Some("birthmark".to_owned()),
            message: message(finding).into(),
            tags: None,
            related_information: reference.and_then(|reference| self.declaration(reference)),
            data: Some(json!({ "id": finding.reference, "path": finding.path })),
        }
    }

    /// Where the code is declared as something else.
    fn declaration(&self, reference: &Reference) -> Option<Vec<DiagnosticRelatedInformation>> {
        let declared = reference.declared.as_ref()?;
        let position = Position { line: declared.line?.checked_sub(1)?, character: 0 };
        let location = Location {
            uri: Uri(self.uri.to_owned()),
            range: Range { start: position, end: position },
        };
        let origin = declared.origin.as_deref().unwrap_or("another's");
        Some(vec![DiagnosticRelatedInformation {
            location,
            message: format!("declared here as {origin}"),
        }])
    }
}

/// What is wrong, and how far it reaches, for the place is the first line only.
fn message(finding: &Finding) -> String {
    let (first, last) = (finding.region.start_line, finding.region.end_line);
    match finding.cells {
        Some(cells) => format!("{cells}: {}", finding.message),
        None if first == last => finding.message.clone(),
        None => format!("lines {first}-{last}: {}", finding.message),
    }
}

/// A severity in the protocol's words.
pub(super) fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::Error,
        Severity::Warning => DiagnosticSeverity::Warning,
        Severity::Info => DiagnosticSeverity::Information,
    }
}
