//! A report as a table for spreadsheets: a row for each match, and one for everything else that a
//! reader must not miss.
//!
//! Written as RFC 4180 has it, after a byte order mark, without which spreadsheets take UTF-8 for
//! something else. A spreadsheet computes what begins like a formula, so such text gets an
//! apostrophe in front.

use std::collections::HashMap;
use std::io;

use super::found::{Found, list_findings};
use super::printable::Printable;
use super::shape::round;
use super::strength::two_digits;
use super::words::{self, shown_declaration};
use crate::engine::matcher::Owner;
use crate::judgement::finding::{Note, NoteKind, Reference, Report, Severity, Silenced, Silencer};
use crate::license::LicenseFact;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A row under the names of its columns. Every row of a table has the same columns.
#[derive(Default)]
struct Row<'a> {
    kind: &'static str,
    id: &'a str,
    rules: String,
    severity: &'static str,
    path: &'a str,
    lines: Option<(u32, u32)>,
    reference: Option<&'a Reference>,
    silenced: String,
    message: String,
    remedies: String,
}

/// Draws the report.
///
/// # Errors
/// If writing fails.
pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(BYTE_ORDER_MARK.as_bytes())?;
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    for (number, row) in rows(report).iter().enumerate() {
        let cells = row.cells();
        if number == 0 {
            table.write_record(cells.iter().map(|(name, _)| *name)).map_err(io::Error::other)?;
        }
        table
            .write_record(cells.iter().map(|(_, cell)| guard_cell(cell)))
            .map_err(io::Error::other)?;
    }
    table.flush()
}

/// Matches, then findings about something else than a match, then what was not checked, and last
/// what was: a table without it was cut short.
fn rows(report: &Report) -> Vec<Row<'_>> {
    let findings = list_findings(report);
    // By address: the same code twice in a file has one id.
    let mut of_matches: HashMap<*const Reference, Vec<&Found<'_>>> = HashMap::new();
    for finding in &findings {
        if let Some(reference) = finding.reference {
            of_matches.entry(std::ptr::from_ref(reference)).or_default().push(finding);
        }
    }
    let matches = report.references.iter().map(|reference| {
        let findings = of_matches.remove(&std::ptr::from_ref(reference)).unwrap_or_default();
        of_match(reference, &findings, report)
    });
    let mut rows: Vec<Row<'_>> = matches.collect();
    let others = findings.iter().filter(|found| found.reference.is_none());
    rows.extend(others.map(of_finding));
    rows.extend(report.notes.iter().filter_map(of_note));
    rows.push(of_run(report));
    rows
}

fn of_match<'a>(reference: &'a Reference, findings: &[&Found<'a>], report: &'a Report) -> Row<'a> {
    let rules: Vec<&str> = findings.iter().map(|found| found.finding.rule.code()).collect();
    let worst = findings.iter().map(|found| found.finding.severity).max();
    Row {
        kind: "match",
        id: &reference.id,
        rules: rules.join(" "),
        severity: worst.map(Severity::code).unwrap_or_default(),
        path: &reference.path,
        lines: Some((reference.file_lines().first, reference.file_lines().last)),
        reference: Some(reference),
        silenced: report
            .silenced
            .iter()
            .filter(|silenced| silenced.finding.is_about(reference))
            .map(silencer)
            .collect::<Vec<_>>()
            .join("; "),
        message: reference.verdict.reason.clone(),
        remedies: reference.verdict.remedies.join(" "),
    }
}

fn of_finding<'a>(found: &Found<'a>) -> Row<'a> {
    let finding = found.finding;
    Row {
        kind: "finding",
        id: &finding.reference,
        rules: finding.rule.code().to_owned(),
        severity: finding.severity.code(),
        path: &finding.path,
        lines: Some((finding.region.start_line, finding.region.end_line)),
        message: finding.message.clone(),
        remedies: finding.remedies.join(" "),
        ..Row::default()
    }
}

fn of_note(note: &Note) -> Option<Row<'_>> {
    let kind = match note.kind {
        NoteKind::Failed => "failed",
        NoteKind::Skipped => "not-checked",
        NoteKind::Partial => "checked-in-part",
        NoteKind::Warning => "warning",
        NoteKind::Limit | NoteKind::Info => return None,
    };
    let path = note.path.as_deref().unwrap_or_default();
    Some(Row { kind, path, message: note.message.clone(), ..Row::default() })
}

fn of_run(report: &Report) -> Row<'_> {
    let (summary, provenance) = (&report.summary, &report.provenance);
    let indexes: Vec<String> = provenance
        .indexes
        .iter()
        .map(|index| format!("index {} {}", index.name, index.digest))
        .collect();
    let message = format!(
        "birthmark {} checked {} with {} against {}",
        provenance.version,
        words::count(summary.files_scanned, "file"),
        words::count(summary.lines_scanned, "line"),
        indexes.join(", "),
    );
    Row { kind: "checked", message, ..Row::default() }
}

fn silencer(silenced: &Silenced) -> String {
    match &silenced.by {
        Silencer::Comment { line, reason } => format!("by the comment on line {line}: {reason}"),
        Silencer::Baseline => "by the baseline".to_owned(),
    }
}

impl Row<'_> {
    fn cells(&self) -> Vec<(&'static str, String)> {
        let line = |line: Option<u32>| line.map(|line| line.to_string()).unwrap_or_default();
        let mut cells = vec![
            ("row", self.kind.to_owned()),
            ("id", self.id.to_owned()),
            ("rules", self.rules.clone()),
            ("severity", self.severity.to_owned()),
            ("path", self.path.to_owned()),
            ("start_line", line(self.lines.map(|(first, _)| first))),
            ("end_line", line(self.lines.map(|(_, last)| last))),
        ];
        cells.extend(self.match_columns());
        cells.extend(self.origin());
        cells.extend(self.decision_columns());
        cells
    }

    /// The match itself.
    fn match_columns(&self) -> [(&'static str, String); 6] {
        let of = |told: fn(&Reference) -> String| self.reference.map(told).unwrap_or_default();
        [
            ("kind", of(|found| found.kind.code().to_owned())),
            ("strength", of(|found| found.strength.code().to_owned())),
            ("bits", of(|found| round(found.evidence.bits).to_string())),
            (
                "expected_by_chance",
                of(|found| two_digits(found.expected_by_chance.matches).to_string()),
            ),
            ("decision", of(|found| found.verdict.decision.code().to_owned())),
            ("license", of(|found| license(&found.outbound))),
        ]
    }

    /// Whose code it is.
    fn origin(&self) -> [(&'static str, String); 9] {
        let owner = self.reference.and_then(|found| found.owners.first());
        let of = |told: fn(&Owner) -> String| owner.map(told).unwrap_or_default();
        let others = self.reference.map(|found| found.owners.iter().skip(1)).into_iter().flatten();
        let others: Vec<&str> = others.map(|owner| owner.purl.as_str()).collect();
        [
            ("origin", of(|owner| owner.purl.to_string())),
            ("origin_path", of(|owner| owner.path.clone())),
            ("origin_start_line", of(|owner| owner.lines.first.to_string())),
            ("origin_end_line", of(|owner| owner.lines.last.to_string())),
            ("origin_license", of(|owner| license(&owner.license))),
            ("origin_license_described", of(|owner| words::describe_license(&owner.license))),
            ("origin_copyright", of(|owner| owner.copyright_notices().join("; "))),
            ("origin_page", of(|owner| owner.page().unwrap_or_default())),
            ("other_origins", others.join(" ")),
        ]
    }

    /// What people have decided, and what is to be done.
    fn decision_columns(&self) -> [(&'static str, String); 7] {
        let declared = self.reference.and_then(|found| found.declared.as_ref());
        let accepted = self.reference.and_then(|found| found.accepted.as_ref());
        [
            ("declared", declared.map(shown_declaration).unwrap_or_default()),
            ("accepted_by", accepted.map(|it| it.by.clone()).unwrap_or_default()),
            ("accepted_at", accepted.map(|it| it.at.clone()).unwrap_or_default()),
            ("accepted_because", accepted.map(|it| it.reason.clone()).unwrap_or_default()),
            ("silenced", self.silenced.clone()),
            ("reason", self.message.clone()),
            ("remedies", self.remedies.clone()),
        ]
    }
}

/// The expression, else what was declared.
fn license(fact: &LicenseFact) -> String {
    let expression = fact.expression.as_ref().map(|expression| expression.as_str());
    expression.unwrap_or(&fact.declared).to_owned()
}

/// A cell that no spreadsheet computes.
fn guard_cell(cell: &str) -> String {
    // A tab or a line break is written out by now, so that none stands before the sign.
    let text = Printable(cell).to_string();
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("@types/x.py", "'@types/x.py"),
            ("-1", "'-1"),
            ("\t=1", "\\t=1"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(guard_cell(text), cell);
        }
    }
}
