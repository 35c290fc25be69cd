//! One line of the journal.

use serde::{Deserialize, Serialize};

use crate::decisions::acceptance::EntryOwner;
use crate::engine::matcher::Owner;
use crate::judgement::finding::{Decision, Reference};
use crate::license::LicenseFact;
use crate::text::span::LineRange;

/// Owners that a line names, likeliest first. What is in every package would fill the journal.
const MAX_OWNERS: usize = 8;
/// Characters of a reason that are kept.
const MAX_REASON: usize = 2000;

/// An event about one reference.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JournalEntry {
    /// When, as RFC 3339 has it.
    pub at: String,
    /// Which service noted it.
    pub service: Service,
    /// What happened.
    pub event: Event,
    /// The path of the file, from the root of the project.
    pub path: String,
    /// Where the code stands in it.
    pub lines: LineRange,
    /// The [`Reference::id`].
    pub id: String,
    /// Whether the code may stay.
    pub decision: Decision,
    /// The evidence in bits.
    pub bits: f32,
    /// The licence the file stands under; empty if none is known.
    pub license: String,
    /// Who may own it, likeliest first; of many only the first.
    pub owners: Vec<EntryOwner>,
    /// What somebody said about it; empty if nobody did.
    pub reason: String,
}

/// What writes to the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// A command that somebody typed.
    Command,
    /// `birthmark check`.
    Check,
    /// `birthmark hook`.
    Hook,
    /// The language server.
    Lsp,
    /// The server for agents.
    Mcp,
}

/// What happened to a piece of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Event {
    /// It was looked at while it was written, and resembles something.
    Suggested,
    /// Whoever asked was told not to keep it.
    Dropped,
    /// Somebody accepted it as it is.
    Accepted,
    /// It was declared where it comes from.
    Attributed,
    /// A comment silences what is found about it.
    Suppressed,
}

impl Service {
    const CODES: [(Service, &'static str); 5] = [
        (Service::Command, "command"),
        (Service::Check, "check"),
        (Service::Hook, "hook"),
        (Service::Lsp, "lsp"),
        (Service::Mcp, "mcp"),
    ];

    /// The word it is written with.
    pub fn code(self) -> &'static str {
        code(self, &Service::CODES)
    }
}

impl Event {
    const CODES: [(Event, &'static str); 5] = [
        (Event::Suggested, "suggested"),
        (Event::Dropped, "dropped"),
        (Event::Accepted, "accepted"),
        (Event::Attributed, "attributed"),
        (Event::Suppressed, "suppressed"),
    ];

    /// The word it is written with.
    pub(crate) fn code(self) -> &'static str {
        code(self, &Event::CODES)
    }
}

fn code<T: PartialEq>(value: T, codes: &[(T, &'static str)]) -> &'static str {
    codes.iter().find(|(known, _)| *known == value).map_or("", |(_, code)| code)
}

fn of_code<T: Copy>(word: &str, codes: &[(T, &'static str)]) -> Option<T> {
    codes.iter().find(|(_, code)| *code == word).map(|(value, _)| *value)
}

impl JournalEntry {
    /// What happened to a reference. `path` is its file's from the root of the project.
    pub(super) fn new(
        reference: &Reference,
        path: String,
        (service, event): (Service, Event),
        at: String,
        reason: Option<&str>,
    ) -> JournalEntry {
        JournalEntry {
            at,
            service,
            event,
            path,
            lines: reference.region.into(),
            id: reference.id.clone(),
            decision: reference.verdict.decision,
            bits: (reference.evidence.bits * 10.0).round() / 10.0,
            license: expression(&reference.outbound),
            owners: reference.owners.iter().take(MAX_OWNERS).map(owner).collect(),
            reason: reason.unwrap_or_default().chars().take(MAX_REASON).collect(),
        }
    }

    /// The line, without its line break.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(&Line::from(self))
            .expect("strings, numbers and lists of them are JSON")
    }

    /// Reads a line; `None` if it is none, or says what only a later version understands.
    pub(super) fn parse(line: &[u8]) -> Option<JournalEntry> {
        serde_json::from_slice::<Line>(line).ok()?.entry()
    }
}

fn expression(fact: &LicenseFact) -> String {
    fact.expression.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn owner(owner: &Owner) -> EntryOwner {
    EntryOwner {
        purl: owner.purl.to_string(),
        license: expression(&owner.license),
        path: owner.path.clone(),
        lines: owner.lines,
    }
}

/// The line, field by field.
#[derive(Serialize, Deserialize)]
struct Line {
    at: String,
    service: String,
    event: String,
    path: String,
    lines: (u32, u32),
    id: String,
    decision: String,
    bits: f64,
    license: String,
    owners: Vec<OwnerLine>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct OwnerLine {
    purl: String,
    license: String,
    path: String,
    lines: (u32, u32),
}

impl From<&JournalEntry> for Line {
    fn from(entry: &JournalEntry) -> Self {
        let owner = |owner: &EntryOwner| OwnerLine {
            purl: owner.purl.clone(),
            license: owner.license.clone(),
            path: owner.path.clone(),
            lines: (owner.lines.first, owner.lines.last),
        };
        Line {
            at: entry.at.clone(),
            service: entry.service.code().to_owned(),
            event: entry.event.code().to_owned(),
            path: entry.path.clone(),
            lines: (entry.lines.first, entry.lines.last),
            id: entry.id.clone(),
            decision: entry.decision.code().to_owned(),
            // By way of its decimal digits: 173.4, not 173.39999389648438.
            bits: format!("{:.1}", entry.bits).parse().unwrap_or_default(),
            license: entry.license.clone(),
            owners: entry.owners.iter().map(owner).collect(),
            reason: entry.reason.clone(),
        }
    }
}

impl Line {
    fn entry(self) -> Option<JournalEntry> {
        let range = |(first, last): (u32, u32)| LineRange { first, last };
        let owner = |owner: OwnerLine| EntryOwner {
            purl: owner.purl,
            license: owner.license,
            path: owner.path,
            lines: range(owner.lines),
        };
        Some(JournalEntry {
            at: self.at,
            service: of_code(&self.service, &Service::CODES)?,
            event: of_code(&self.event, &Event::CODES)?,
            path: self.path,
            lines: range(self.lines),
            id: self.id,
            decision: Decision::from_code(&self.decision)?,
            bits: self.bits as f32,
            license: self.license,
            owners: self.owners.into_iter().map(owner).collect(),
            reason: self.reason,
        })
    }
}
