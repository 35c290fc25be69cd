//! A report as JUnit XML, for the test tabs of GitLab, Jenkins and Azure.
//!
//! No specification exists; `tests/e2e/junit.xsd` holds what those three read. Each finding is a
//! test: one that fails if the finding makes the run fail, else one that passes and says what was
//! found. What was not checked is a test that was skipped. A test keeps its name where lines move,
//! so that a tab can tell what is new.

use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use super::found::{Found, list_findings};
use super::printable::Printable;
use super::repository::Repository;
use super::source_facts::shown_lines;
use super::words::{count, title};
use crate::engine::evidence::Preset;
use crate::judgement::finding::{Note, NoteKind, Report};
use crate::project::config::FailOn;

const TEMPLATE: &str = include_str!("junit.xml");

/// Draws the report. `fail_on` says which findings are tests that fail.
///
/// # Errors
/// If writing fails.
pub(crate) fn write(
    report: &Report,
    repository: &Repository,
    fail_on: FailOn,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let suite = Suite::of(report, repository, fail_on);
    writeln!(out, "{}", render(&suite).map_err(io::Error::other)?)
}

fn render(suite: &Suite) -> Result<String, minijinja::Error> {
    let mut templates = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
    templates.set_syntax(syntax);
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.add_template("junit.xml", TEMPLATE)?;
    templates.get_template("junit.xml")?.render(Serde(suite))
}

/// What the template reads.
#[derive(Serialize)]
struct Suite {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    properties: Vec<Property>,
    cases: Vec<Case>,
}

#[derive(Serialize)]
struct Property {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Case {
    class: String,
    name: String,
    file: Option<String>,
    line: Option<u32>,
    outcome: Outcome,
    #[serde(rename = "type")]
    kind: &'static str,
    message: String,
    told: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Passed,
    Skipped,
    Failure,
    Error,
}

impl Suite {
    fn of(report: &Report, repository: &Repository, fail_on: FailOn) -> Suite {
        let findings = list_findings(report);
        let mut cases: Vec<Case> =
            findings.iter().map(|found| of_finding(found, repository, fail_on)).collect();
        cases.extend(report.notes.iter().filter_map(|note| of_note(note, repository)));
        // There is always one: a file without tests is taken for a broken one.
        cases.push(of_run(report));
        let ended = |outcome| cases.iter().filter(|case| case.outcome == outcome).count();
        Suite {
            tests: cases.len(),
            failures: ended(Outcome::Failure),
            errors: ended(Outcome::Error),
            skipped: ended(Outcome::Skipped),
            properties: properties(report),
            cases,
        }
    }
}

fn of_finding(found: &Found<'_>, repository: &Repository, fail_on: FailOn) -> Case {
    let finding = found.finding;
    let path = Printable(&repository.relative(&finding.path)).to_string();
    let what = found.reference.map(title);
    let lines = shown_lines(finding);
    let id = &finding.reference[..finding.reference.len().min(8)];
    // The same code twice in a file has one id, and each test needs a name of its own.
    let again = match found.ordinal {
        0 => String::new(),
        n => format!(" ({})", n + 1),
    };
    let mut told = vec![
        format!("{path}:{}-{}", lines.first, lines.last),
        Printable(&finding.message).to_string(),
    ];
    told.extend(finding.remedies.iter().map(|remedy| Printable(remedy).to_string()));
    Case {
        class: path.clone(),
        name: format!("{} {id}{again}", finding.rule.code()),
        file: Some(path),
        line: Some(lines.first),
        outcome: if fail_on.is_reached_by(finding.severity) {
            Outcome::Failure
        } else {
            Outcome::Passed
        },
        kind: finding.severity.code(),
        message: what.unwrap_or_else(|| Printable(&finding.message).to_string()),
        told: told.join("\n"),
    }
}

fn of_note(note: &Note, repository: &Repository) -> Option<Case> {
    let outcome = match note.kind {
        NoteKind::Failed => Outcome::Error,
        NoteKind::Skipped | NoteKind::Partial | NoteKind::Warning => Outcome::Skipped,
        NoteKind::Limit | NoteKind::Info => return None,
    };
    let file = note.path.as_ref().map(|path| repository.relative(path));
    let file = file.map(|path| Printable(&path).to_string());
    let message = Printable(&note.message).to_string();
    Some(Case {
        class: file.clone().unwrap_or_else(|| "birthmark".to_owned()),
        name: match note.kind {
            NoteKind::Warning => format!("warning: {message}"),
            NoteKind::Partial => format!("checked in part: {message}"),
            _ => format!("not checked: {message}"),
        },
        file,
        line: None,
        outcome,
        kind: "not-checked",
        told: message.clone(),
        message,
    })
}

fn of_run(report: &Report) -> Case {
    let files = count(report.summary.files_scanned, "file");
    let lines = count(report.summary.lines_scanned, "line");
    let references = count(report.summary.references, "match");
    Case {
        class: "birthmark".to_owned(),
        name: "checked".to_owned(),
        file: None,
        line: None,
        outcome: Outcome::Passed,
        kind: "info",
        message: String::new(),
        told: format!("{files}, {lines}, {references}"),
    }
}

fn properties(report: &Report) -> Vec<Property> {
    let provenance = &report.provenance;
    let mut properties = vec![Property { name: "version", value: provenance.version.clone() }];
    properties.extend(provenance.thresholds.iter().map(|(family, bits)| Property {
        name: "threshold-bits",
        value: format!("{bits} for {}", family.title()),
    }));
    if let Some(preset) = provenance.preset.map(Preset::name) {
        properties.push(Property { name: "preset", value: preset.to_owned() });
    }
    properties.extend(provenance.indexes.iter().map(|index| Property {
        name: "index",
        value: format!("{} {}", Printable(&index.name), index.digest),
    }));
    properties
}
