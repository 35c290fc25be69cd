//! `check_code`: whose a piece of code is, and whether it may stand where it is meant to.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{License, Told, plain};
use super::place::{Asked, Placed, Refused, Surrounding, language_schema};
use super::project::Projects;
use super::tool::{Answer, Failure};
use crate::judgement::finding::{self, NoteKind, Report};
use crate::judgement::policy::DropPolicy;
use crate::project::walk::{Review, display_path};
use crate::report::shape::JudgedMatch;
use crate::report::strength::threshold_in_words;
use crate::report::words::{count, group_digits};
use crate::session::Checker;

/// An agent must not write what would fail the project's checks.
const DROP_POLICY: DropPolicy = DropPolicy::DropFailing;

/// Arguments of `check_code`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckCode {
    /// The code: a file, or a piece of one.
    code: String,
    /// The path the code is meant for, absolute or from the project's directory. Decides the
    /// language and the licence the code is judged under. No file need be there, and none is read.
    #[serde(default)]
    path: Option<String>,
    /// The language; needed where no path says it.
    #[serde(default)]
    #[schemars(schema_with = "language_schema")]
    language: Option<String>,
    /// What stands around the code in its file, to understand a piece that does not begin or end
    /// with a definition.
    #[serde(default)]
    surrounding: Option<Surrounding>,
    /// Directory of the project, if it is another than the one the server was started for.
    #[serde(default)]
    project: Option<String>,
}

/// What `check_code` says.
#[derive(Serialize, JsonSchema)]
pub(super) struct Checked<'r> {
    status: Status,
    /// The same in a sentence.
    summary: String,
    /// What the code resembles, by line.
    matches: Vec<JudgedMatch<'r>>,
    /// What one must know to trust the answer: limits that were reached, what was not checked.
    notes: Vec<String>,
    /// Path the code was judged at, as it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The language it was read as; absent where birthmark does not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'static str>,
    /// The licence it was judged under.
    license: License,
    /// Lines of the code.
    lines: u32,
}

/// What comes of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Status {
    /// No match in the index.
    NothingFound,
    /// Matches that are allowed here, perhaps if their notice is kept.
    Passes,
    /// A match fails this project's checks: the code must not be written as it is.
    Fails,
    /// The code was not checked, or not all of it; a note says why. This is no approval.
    NotChecked,
}

impl CheckCode {
    pub(super) fn run(&self, projects: &Projects) -> Result<Answer, Failure> {
        let asked = Asked {
            code: Some(&self.code),
            surrounding: self.surrounding.as_ref(),
            language: self.language.as_deref(),
            path: self.path.as_deref(),
            project: self.project.as_deref(),
        };
        let placed = match asked.resolve(projects)? {
            Ok(placed) => placed,
            Err(refused) => {
                let checked = Checked::refusal(&refused, &self.code);
                return Answer::new(checked.refusal_in_words(), &checked);
            }
        };
        let report = projects.with_tokenizer(|tokenizer| {
            let review = Review::Lines(placed.text.lines().into());
            placed.checker.check(tokenizer, placed.text.source(), &review)
        });
        let told = matches_of_code(&report, &placed);
        let checked = Checked::of(&placed, &report, &told);
        note(projects, &placed, &report);
        Answer::new(checked.in_words(&report, &told), &checked)
    }
}

/// What is told of the matches that are about the code.
fn matches_of_code<'r>(report: &'r Report, placed: &Placed) -> Vec<Told<'r>> {
    let of_piece = |reference| Told::of(reference, report, &placed.text);
    report.references.iter().filter_map(of_piece).collect()
}

/// Notes what was suggested, and what of it was dropped.
fn note(projects: &Projects, placed: &Placed, report: &Report) {
    let of_piece = |reference: &&finding::Reference| placed.text.within(reference.region).is_some();
    let dropped = placed.checker.matches_to_drop(DROP_POLICY, report);
    let suggested = report.references.iter().filter(of_piece);
    projects.note(&placed.checker, suggested, dropped.into_iter().filter(of_piece));
}

impl<'r> Checked<'r> {
    fn of(placed: &'r Placed, report: &'r Report, told: &[Told<'r>]) -> Checked<'r> {
        let (session, source) = (placed.checker.session(), placed.text.source());
        let path = std::path::Path::new(source.path());
        let outbound = session.licenses().of_text(path, source.text());
        let notes = report.notes.iter().map(|note| match &note.path {
            Some(path) if *path != source.path() => plain(&format!("{path}: {}", note.message)),
            _ => plain(&note.message),
        });
        let matches: Vec<JudgedMatch<'r>> = told.iter().map(|told| told.data(placed)).collect();
        let status = status(report, &matches, &placed.checker);
        let lines = placed.text.lines();
        Checked {
            status,
            summary: summary(status, told),
            matches,
            notes: notes.collect(),
            path: placed.shown.as_deref().map(plain),
            language: Some(source.language().name()),
            license: License::of(&outbound),
            lines: lines.last - lines.first + 1,
        }
    }

    /// The answer about code that was not checked.
    fn refusal(refused: &Refused, code: &str) -> Checked<'static> {
        let license = refused.checker.session().licenses().of(&refused.path);
        Checked {
            status: Status::NotChecked,
            summary: summary(Status::NotChecked, &[]),
            matches: Vec::new(),
            notes: vec![plain(&refused.refusal.to_string())],
            path: Some(plain(&display_path(&refused.path))),
            language: None,
            license: License::of(&license),
            lines: code.lines().count() as u32,
        }
    }

    fn refusal_in_words(&self) -> String {
        format!("{}\nnote: {}\n", self.summary, self.notes.join("\nnote: "))
    }

    fn in_words(&self, report: &Report, matches: &[Told<'_>]) -> String {
        let mut told = format!("{}\n", self.summary);
        for each in matches {
            told.push('\n');
            each.write(&mut told);
        }
        told.push('\n');
        let lines = count(self.lines, "line");
        let _ = write!(
            told,
            "Checked {lines} of {} under {}",
            self.language.unwrap_or_default(),
            self.license.wording
        );
        for index in &report.provenance.indexes {
            let (name, components) = (plain(&index.name), count(index.components, "component"));
            let _ = write!(
                told,
                ", against index {name} ({components}, {} lines)",
                group_digits(index.lines)
            );
        }
        let _ = writeln!(told, ", from {}.", threshold_in_words(&report.provenance));
        for note in &self.notes {
            let _ = writeln!(told, "note: {note}");
        }
        if !self.matches.is_empty() {
            told.push_str(
                "explain_match shows line by line why a match was reported. A match is evidence, not proof, and none of \
                 this is legal advice.\n",
            );
        }
        told
    }
}

fn status(report: &Report, matches: &[JudgedMatch<'_>], checker: &Checker) -> Status {
    let left_out = |kind| matches!(kind, NoteKind::Skipped | NoteKind::Partial | NoteKind::Failed);
    let of_piece = |id: &str| matches.iter().any(|judged| judged.matched.id == id);
    let dropped = checker.matches_to_drop(DROP_POLICY, report);
    // Code that fails does so however much of it was left out.
    if dropped.into_iter().any(|reference| of_piece(&reference.id)) {
        Status::Fails
    } else if report.notes.iter().any(|note| left_out(note.kind)) {
        Status::NotChecked
    } else if matches.is_empty() {
        Status::NothingFound
    } else {
        Status::Passes
    }
}

fn summary(status: Status, matches: &[Told<'_>]) -> String {
    let found = match matches.len() {
        1 => "1 match".to_owned(),
        more => format!("{more} matches"),
    };
    match status {
        Status::NothingFound => {
            "No match: the index holds nothing that this code resembles.".to_owned()
        }
        Status::Passes => match matches.iter().filter(|told| told.is_weak_finding()).count() {
            0 => {
                format!("{found}, allowed in this project. Keep the notices that are named below.")
            }
            weak => format!(
                "{found}, none of which fails this project's checks; {weak} weak, which is often chance. Keep the notices that are named below."
            ),
        },
        Status::Fails => {
            format!(
                "{found}. Do not write this code as it is. Tell the user, and follow a remedy below."
            )
        }
        Status::NotChecked => {
            "Not checked, or only in part: see the notes. This is no approval.".to_owned()
        }
    }
}
