//! A report as workflow commands: GitHub shows each as an annotation on its line.
//!
//! Format: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>. A
//! step shows ten annotations of each level and drops the rest silently, so the worst come first
//! and a last line counts what was not annotated. Columns hold within one line only.

use std::io::{self, Write};

use super::found::{Found, worst_first};
use super::printable::Printable;
use super::repository::Repository;
use super::source_facts::SourceFacts;
use super::words::{count, title};
use crate::judgement::finding::{Note, NoteKind, Report, Severity};
use crate::text::span::Region;

/// Annotations of one level that a step shows.
const SHOWN: usize = 10;

/// Draws the report as commands, at most ten of a level.
///
/// # Errors
/// If writing fails.
pub(crate) fn write(
    report: &Report,
    repository: &Repository,
    facts: &SourceFacts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut annotations: Vec<Annotation> = report.notes.iter().filter_map(of_note).collect();
    annotations.extend(worst_first(report).iter().map(|found| of_finding(found, facts)));
    for level in Level::ALL {
        let of_level = annotations.iter().filter(|annotation| annotation.level == level);
        for annotation in of_level.take(SHOWN) {
            annotation.write(repository, out)?;
        }
    }
    writeln!(out, "{}", last_line(&annotations))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Notice,
}

struct Annotation {
    level: Level,
    path: Option<String>,
    region: Option<Region>,
    title: String,
    message: String,
}

impl Level {
    const ALL: [Level; 3] = [Level::Error, Level::Warning, Level::Notice];

    fn word(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => "notice",
        }
    }
}

impl Annotation {
    fn write(&self, repository: &Repository, out: &mut dyn Write) -> io::Result<()> {
        let mut properties: Vec<(&str, String)> =
            self.path.iter().map(|path| ("file", repository.relative(path))).collect();
        if let Some(Region { start_line, start_column, end_line, end_column }) = self.region {
            properties.push(("line", start_line.to_string()));
            properties.push(("endLine", end_line.to_string()));
            if start_line == end_line {
                properties.push(("col", start_column.to_string()));
                properties.push(("endColumn", end_column.to_string()));
            }
        }
        properties.push(("title", self.title.clone()));
        let properties: Vec<String> = properties
            .into_iter()
            .map(|(key, value)| format!("{key}={}", property(&value)))
            .collect();
        writeln!(out, "::{} {}::{}", self.level.word(), properties.join(","), data(&self.message))
    }
}

fn of_finding(found: &Found<'_>, facts: &SourceFacts) -> Annotation {
    let finding = found.finding;
    let code = finding.rule.code();
    let title = match found.reference {
        Some(reference) => format!("{code}: {}", title(reference)),
        None => code.to_owned(),
    };
    let mut lines = vec![finding.message.clone()];
    lines.extend(finding.remedies.iter().enumerate().map(|(i, remedy)| match i {
        0 => format!("Fix: {remedy}"),
        _ => format!("Or: {remedy}"),
    }));
    Annotation {
        level: match finding.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Info => Level::Notice,
        },
        path: Some(finding.path.clone()),
        region: Some(facts.shown_region(finding)),
        title,
        message: lines
            .iter()
            .map(|line| Printable(line).to_string())
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

/// Files that were not or only partly checked, and what makes the run worth less than it looks.
fn of_note(note: &Note) -> Option<Annotation> {
    let (level, title) = match note.kind {
        NoteKind::Failed => (Level::Error, "could not be checked"),
        NoteKind::Partial => (Level::Warning, "checked in part"),
        NoteKind::Skipped => (Level::Warning, "not checked"),
        NoteKind::Warning => (Level::Warning, "warning"),
        NoteKind::Limit | NoteKind::Info => return None,
    };
    Some(Annotation {
        level,
        path: note.path.clone(),
        region: None,
        title: title.to_owned(),
        message: Printable(&note.message).to_string(),
    })
}

fn last_line(annotations: &[Annotation]) -> String {
    let mut told = Vec::new();
    let mut left_out = 0;
    for level in Level::ALL {
        let number = annotations.iter().filter(|annotation| annotation.level == level).count();
        if number > 0 {
            told.push(count(number, level.word()));
        }
        left_out += number.saturating_sub(SHOWN);
    }
    match (told.is_empty(), left_out) {
        (true, _) => "birthmark: nothing found that needs attention".to_owned(),
        (false, 0) => format!("birthmark: {}", told.join(", ")),
        (false, _) => format!(
            "birthmark: {}; {left_out} of them not annotated, since a step shows {SHOWN} of a level",
            told.join(", ")
        ),
    }
}

fn data(text: &str) -> String {
    // The percent sign goes first, or it would escape the escapes of the others.
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&Printable(text).to_string()).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_property() {
        assert_eq!(property("a,b:c%0Ad\n::error::x"), "a%2Cb%3Ac%250Ad\\n%3A%3Aerror%3A%3Ax");
        assert_eq!(data("100 %\nnext"), "100 %25%0Anext");
    }
}
