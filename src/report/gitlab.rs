//! A report for GitLab's code quality widget.
//!
//! Format: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>. Of
//! entries with the same fingerprint one is shown, so a fingerprint is made of the finding's id,
//! its path, and which of the equal ones it is: it stays the same where lines move.

use std::io;

use serde::Serialize;

use super::found::{Found, list_findings};
use super::json::write_value;
use super::printable::Printable;
use super::repository::Repository;
use super::source_facts::shown_lines;
use super::words::title;
use crate::judgement::finding::{Note, NoteKind, Report, Severity};

/// The name of the check that files fail which were not looked at.
const NOT_CHECKED: &str = "not-checked";

#[derive(Serialize)]
struct Entry {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// Draws the report's findings as one array.
///
/// # Errors
/// If writing fails.
pub(crate) fn write(
    report: &Report,
    repository: &Repository,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let findings = list_findings(report);
    let findings = findings.iter().map(|found| entry(found, repository));
    let notes = report.notes.iter().filter_map(|note| of_note(note, repository));
    let entries: Vec<Entry> = findings.chain(notes).collect();
    write_value(&entries, out)
}

fn entry(found: &Found<'_>, repository: &Repository) -> Entry {
    let finding = found.finding;
    let path = repository.relative(&finding.path);
    let message = Printable(&finding.message);
    let lines = shown_lines(finding);
    Entry {
        description: match found.reference {
            Some(reference) => format!("{}: {message}", title(reference)),
            None => message.to_string(),
        },
        check_name: finding.rule.code(),
        fingerprint: fingerprint(found, &path),
        severity: match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Info => "info",
        },
        location: Location { path, lines: Lines { begin: lines.first, end: lines.last } },
    }
}

/// An entry for a file that was not or only partly checked, or for a run that checked less than it
/// seems to. The widget shows nothing else of them, and an entry needs a path.
fn of_note(note: &Note, repository: &Repository) -> Option<Entry> {
    let severity = match note.kind {
        NoteKind::Failed => "critical",
        NoteKind::Skipped | NoteKind::Partial | NoteKind::Warning => "major",
        NoteKind::Limit | NoteKind::Info => return None,
    };
    let path = note.path.as_ref().map_or_else(|| ".".to_owned(), |path| repository.relative(path));
    let mut hasher = blake3::Hasher::new();
    for part in [NOT_CHECKED, &path, &note.message] {
        hasher.update(part.as_bytes()).update(&[0]);
    }
    Some(Entry {
        description: Printable(&note.message).to_string(),
        check_name: NOT_CHECKED,
        fingerprint: hasher.finalize().to_hex()[..32].to_owned(),
        severity,
        location: Location { path, lines: Lines { begin: 1, end: 1 } },
    })
}

fn fingerprint(found: &Found<'_>, path: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    let ordinal = found.ordinal.to_string();
    for part in [found.finding.rule.code(), &found.finding.reference, path, &ordinal] {
        hasher.update(part.as_bytes()).update(&[0]);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}
