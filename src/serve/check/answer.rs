//! What is answered, as `docs/check.schema.json` has it.

use serde::Serialize;
use serde_json::Value;

use super::lines::Incoming;
use super::request::{Refused, Suggestion, Why};
use crate::judgement::finding::{NoteKind, Reference, Report};
use crate::judgement::policy::DropPolicy;
use crate::project::walk::one_line;
use crate::report::suggested::{ReferenceShape, ShownReference, Suggested};
use crate::text::source::Surrounded;

/// Version of the answers.
const SCHEMA_VERSION: u32 = 1;

/// An answer, with what it was drawn from.
pub(super) struct Answered {
    pub answer: Answer,
    pub references: Vec<Reference>,
}

/// The line, field by field.
#[derive(Serialize)]
pub(super) struct Answer {
    schema_version: u32,
    line: u64,
    id: Value,
    status: Status,
    /// Null where nothing was judged.
    keep: Option<bool>,
    /// The ids of the references because of which it is not to be kept.
    dropped: Vec<String>,
    path: Option<String>,
    references: Vec<ShownReference>,
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

#[derive(Serialize)]
struct Note {
    kind: &'static str,
    message: String,
}

impl Answered {
    /// The answer to a line that could not be checked.
    pub fn failed(line: &Incoming, why: &str) -> Answered {
        Answered::refused(line, Refused { id: Value::Null, why: why.into() })
    }

    /// The same to one that is known by a name, or to one that is not checked without being wrong.
    pub fn refused(line: &Incoming, refused: Refused) -> Answered {
        let Refused { id, why } = refused;
        let answer = match why {
            Why::Wrong(why) => Answer {
                id,
                error: Some(one_line(&why)),
                ..Answer::empty(line.number, Status::Failed)
            },
            Why::Unchecked(why) => {
                let note = Note { kind: "skipped", message: one_line(&why) };
                Answer { id, notes: vec![note], ..Answer::empty(line.number, Status::Skipped) }
            }
        };
        Answered { answer, references: Vec::new() }
    }

    /// The references because of which it is not to be kept.
    pub fn dropped(&self) -> impl Iterator<Item = &Reference> {
        self.references.iter().filter(|reference| self.answer.dropped.contains(&reference.id))
    }
}

impl Answer {
    /// The answer to a suggestion that was looked at.
    pub fn of(
        line: u64,
        suggestion: &Suggestion<'_>,
        text: &Surrounded,
        report: &Report,
        (shape, policy): (ReferenceShape, DropPolicy),
    ) -> Answer {
        let status = status(report);
        let dropped: Vec<String> =
            policy.dropped(report).map(|reference| reference.id.clone()).collect();
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
            references: suggested.shown(report, shape),
            notes: report.notes.iter().map(Note::from).collect(),
            error: error(report),
            ..Answer::empty(line, status)
        }
    }

    /// Whether it says why there was no check.
    pub fn has_failed(&self) -> bool {
        self.status == Status::Failed
    }

    fn empty(line: u64, status: Status) -> Answer {
        Answer {
            schema_version: SCHEMA_VERSION,
            line,
            id: Value::Null,
            status,
            keep: None,
            dropped: Vec::new(),
            path: None,
            references: Vec::new(),
            notes: Vec::new(),
            error: None,
        }
    }
}

impl From<&crate::judgement::finding::Note> for Note {
    fn from(note: &crate::judgement::finding::Note) -> Self {
        Note { kind: crate::report::json::note_kind(note.kind), message: one_line(&note.message) }
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
