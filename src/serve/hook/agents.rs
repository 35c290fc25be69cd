//! The agents whose events are understood, a file each.

mod claude;
mod cline;
mod codex;
mod copilot;
mod cursor;
mod gemini;
mod kiro;
mod opencode;
mod windsurf;

use serde_json::{Value, json};

use super::event::{Event, Moment, Write};
use super::{Answer, Judgement};

/// A coding agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent(&'static Row);

/// An agent, as the table has it.
#[derive(Debug)]
struct Row {
    name: &'static str,
    shown: &'static str,
    events: &'static str,
    page: &'static str,
    event: fn(&Value) -> Option<Event>,
    decision: fn(Option<&Event>, &Judgement) -> Value,
    refusal: Refusal,
    /// Makes arguments of its tool that write something else.
    input: fn(&Value, &[Write]) -> Option<Value>,
}

/// How an agent is told that an edit is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// By the decision.
    Decision,
    /// By an exit status of 2, with the reason on standard error.
    ExitStatus,
}

impl PartialEq for Row {
    fn eq(&self, other: &Row) -> bool {
        self.name == other.name
    }
}

impl Eq for Row {}

static AGENTS: [Row; 9] = [
    claude::ROW,
    codex::ROW,
    copilot::ROW,
    cursor::ROW,
    gemini::ROW,
    cline::ROW,
    kiro::ROW,
    opencode::ROW,
    windsurf::ROW,
];

impl Agent {
    /// Every agent.
    pub fn all() -> impl Iterator<Item = Agent> {
        AGENTS.iter().map(Agent)
    }

    /// The agent of that name.
    pub fn from_name(name: &str) -> Option<Agent> {
        Agent::all().find(|agent| agent.0.name == name)
    }

    /// The name that `birthmark hook` knows it by.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// What it calls itself.
    pub fn display_name(self) -> &'static str {
        self.0.shown
    }

    /// The events that are understood.
    pub fn events(self) -> &'static str {
        self.0.events
    }

    /// The page that documents them.
    pub fn page(self) -> &'static str {
        self.0.page
    }

    /// The event, if it is one about code.
    pub(super) fn event(self, event: &Value) -> Option<Event> {
        (self.0.event)(event).filter(|event| !event.writes.is_empty())
    }

    /// The arguments with which its tool writes something else; `None` if it takes none.
    pub(super) fn input_of(self, event: &Event, writes: &[Write]) -> Option<Value> {
        (self.0.input)(event.input.as_ref()?, writes)
    }

    /// What it is answered. What no agent must miss is on standard error as well.
    pub(super) fn answer(self, event: Option<&Event>, judgement: &Judgement) -> Answer {
        let note = match judgement {
            Judgement::Nothing => None,
            Judgement::Advice(text)
            | Judgement::Refused(text)
            | Judgement::Replaced { reason: text, .. } => Some(text.clone()),
            Judgement::Unjudged(why) => Some(failure_notice(why)),
        };
        let is_refusal = matches!(judgement, Judgement::Refused(_));
        // What is written already can only be told.
        let is_ahead = event.is_some_and(|event| event.moment == Moment::Before);
        Answer {
            decision: (self.0.decision)(event, judgement),
            note,
            refuses_by_status: is_refusal && is_ahead && self.0.refusal == Refusal::ExitStatus,
        }
    }
}

/// What people are told when something could not be judged.
fn failure_notice(why: &str) -> String {
    let why = crate::report::printable::Printable(why);
    format!("birthmark did not judge this and lets it through: {why}")
}

/// The arguments of a tool that writes one file.
fn input_of_one(input: &Value, writes: &[Write]) -> Option<Value> {
    writes.first()?.arguments(input)
}

/// What agents take that take no other edit than their own.
fn no_input(_: &Value, _: &[Write]) -> Option<Value> {
    None
}

/// A decision that says nothing: the agent goes on as if it had not asked.
fn silence() -> Value {
    json!({})
}

/// The decision of agents that read none.
fn silent(_: Option<&Event>, _: &Judgement) -> Value {
    silence()
}
