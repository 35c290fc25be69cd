//! What is answered, as `docs/check.schema.json` has it.

use serde::Serialize;
use serde_json::Value;

use super::lines::Incoming;
use super::request::{Refused, Suggestion, Why};
use crate::judgement::finding::{self, NoteKind, Reference, Report};
use crate::project::walk::one_line;
use crate::report::suggested::{ReferenceShape, ShownReference, Suggested};
use crate::text::source::Surrounded;

/// Version of the answers.
const SCHEMA_VERSION: u32 = 2;

/// An answer as it is written, with the matches that the journal notes.
pub(super) struct Answered {
    /// The answer as JSON, without a line break.
    pub line: Vec<u8>,
    /// Whether the suggestion could not be checked.
    pub has_failed: bool,
    /// All matches.
    pub references: Vec<Reference>,
    /// The ids of the matches because of which the code is not to be kept.
    dropped: Vec<String>,
}

/// The line, field by field.
#[derive(Serialize)]
pub(super) struct Answer<'r> {
    schema_version: u32,
    line: u64,
    id: Value,
    status: Status,
    /// Null where nothing was judged.
    keep: Option<bool>,
    dropped: Vec<String>,
    path: Option<String>,
    matches: Vec<ShownReference<'r>>,
    notes: Vec<Note>,
    error: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Checked,
    Skipped,
    Failed,
}

/// A note as reports have it.
#[derive(Serialize)]
struct Note {
    kind: &'static str,
    path: Option<String>,
    message: String,
}

impl Answered {
    /// The answer to a line that could not be checked.
    pub(super) fn failure(line: &Incoming, why: &str) -> Answered {
        Answered::refusal(line, Refused { id: Value::Null, why: why.into() })
    }

    /// The same to one that is known by a name, or to one that is not checked without being wrong.
    pub(super) fn refusal(line: &Incoming, refused: Refused) -> Answered {
        let Refused { id, why } = refused;
        let answer = match why {
            Why::Wrong(why) => Answer {
                id,
                error: Some(one_line(&why)),
                ..Answer::empty(line.number, Status::Failed)
            },
            Why::Unchecked(why) => {
                let note = Note { kind: "skipped", path: None, message: one_line(&why) };
                Answer { id, notes: vec![note], ..Answer::empty(line.number, Status::Skipped) }
            }
        };
        answer.into_line()
    }

    /// The matches because of which the code is not to be kept.
    pub(super) fn matches_to_drop(&self) -> impl Iterator<Item = &Reference> {
        self.references.iter().filter(|reference| self.dropped.contains(&reference.id))
    }
}

impl Answered {
    /// Answers a suggestion that was checked.
    pub(super) fn checked_answer(
        line: u64,
        suggestion: &Suggestion<'_>,
        text: &Surrounded,
        report: Report,
        (shape, dropped): (ReferenceShape, Vec<String>),
    ) -> Answered {
        let answer = Answer::of(line, suggestion, text, &report, (shape, dropped));
        let answered = answer.into_line();
        Answered { references: report.references, ..answered }
    }
}

impl Answer<'_> {
    fn of<'r>(
        line: u64,
        suggestion: &Suggestion<'_>,
        text: &Surrounded,
        report: &'r Report,
        (shape, dropped): (ReferenceShape, Vec<String>),
    ) -> Answer<'r> {
        let status = status(report);
        let suggested = Suggested {
            code: suggestion.code(),
            text,
            uri: suggestion.uri.as_deref(),
            version: suggestion.version.as_ref(),
        };
        Answer {
            id: suggestion.id.clone(),
            keep: (status == Status::Checked).then_some(dropped.is_empty()),
            dropped,
            path: Some(suggestion.path().to_owned()),
            matches: suggested.shown_references(report, shape),
            notes: report.notes.iter().map(Note::from).collect(),
            error: error(report),
            ..Answer::empty(line, status)
        }
    }

    fn into_line(self) -> Answered {
        Answered {
            line: serde_json::to_vec(&self).expect("texts, numbers and lists of them are JSON"),
            has_failed: self.status == Status::Failed,
            references: Vec::new(),
            dropped: self.dropped,
        }
    }

    fn empty(line: u64, status: Status) -> Answer<'static> {
        Answer {
            schema_version: SCHEMA_VERSION,
            line,
            id: Value::Null,
            status,
            keep: None,
            dropped: Vec::new(),
            path: None,
            matches: Vec::new(),
            notes: Vec::new(),
            error: None,
        }
    }
}

impl From<&finding::Note> for Note {
    fn from(note: &finding::Note) -> Self {
        let (kind, path) = (note.kind.code(), note.path.clone());
        Note { kind, path, message: one_line(&note.message) }
    }
}

fn status(report: &Report) -> Status {
    let has = |kind| report.notes.iter().any(|note| note.kind == kind);
    match (has(NoteKind::Failed), has(NoteKind::Skipped) || has(NoteKind::Partial)) {
        (true, _) => Status::Failed,
        (_, true) => Status::Skipped,
        _ => Status::Checked,
    }
}

fn error(report: &Report) -> Option<String> {
    let failed = report.notes.iter().find(|note| note.kind == NoteKind::Failed);
    failed.map(|note| one_line(&note.message))
}
