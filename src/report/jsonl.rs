//! A report for programs that read line by line: an object a line, whose one key says what it
//! holds.
//!
//! `docs/report-lines.schema.json` describes a line. The provenance comes first and the summary
//! last, so that a file that was cut short is known by its missing end.

use std::io;

use serde::Serialize;

use super::json::{self, Finding, Note, Provenance, Summary};
use super::shape::Match;
use crate::judgement::finding;

#[derive(Serialize)]
struct First<'a> {
    schema_version: u32,
    provenance: Provenance<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Line<'a> {
    Match(Box<Match<'a>>),
    Finding(Finding<'a>),
    Note(Note<'a>),
    Summary(Summary),
}

/// Draws the report, a line for each thing it holds.
///
/// # Errors
/// If writing fails.
pub(crate) fn write(report: &finding::Report, out: &mut dyn io::Write) -> io::Result<()> {
    let provenance = Provenance::from(&report.provenance);
    let first = First { schema_version: json::SCHEMA_VERSION, provenance };
    json::write_line(&first, out)?;
    for reference in &report.references {
        json::write_line(&Line::Match(Box::new(Match::from(reference))), out)?;
    }
    for finding in &report.findings {
        json::write_line(&Line::Finding(Finding::from(finding)), out)?;
    }
    for note in &report.notes {
        json::write_line(&Line::Note(Note::from(note)), out)?;
    }
    json::write_line(&Line::Summary(Summary::from(&report.summary)), out)
}
