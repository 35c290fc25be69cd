//! The agents whose events are understood, a file each.

mod claude;
mod codex;
mod copilot;
mod cursor;
mod gemini;

use serde_json::{Value, json};

use super::event::Event;
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
}

impl PartialEq for Row {
    fn eq(&self, other: &Row) -> bool {
        self.name == other.name
    }
}

impl Eq for Row {}

static AGENTS: [Row; 5] = [claude::ROW, codex::ROW, copilot::ROW, cursor::ROW, gemini::ROW];

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
    pub fn shown(self) -> &'static str {
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

    /// What it is answered. What no agent must miss is on standard error as well.
    pub(super) fn answer(self, event: Option<&Event>, judgement: &Judgement) -> Answer {
        let note = match judgement {
            Judgement::Nothing => None,
            Judgement::Advice(text) | Judgement::Refused(text) => Some(text.clone()),
            Judgement::Unjudged(why) => Some(unjudged(why)),
        };
        Answer { decision: (self.0.decision)(event, judgement), note }
    }
}

/// What people are told when something could not be judged.
fn unjudged(why: &str) -> String {
    let why = crate::report::printable::Printable(why);
    format!("birthmark did not judge this and lets it through: {why}")
}

/// A decision that says nothing: the agent goes on as if it had not asked.
fn silence() -> Value {
    json!({})
}
