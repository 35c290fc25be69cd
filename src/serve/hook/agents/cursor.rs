//! Cursor: <https://cursor.com/docs/agent/hooks>.
//!
//! `preToolUse` is refused by `permission: "deny"`, with a message for the agent and one for the
//! user. `postToolUse` is told by `additional_context`. `afterFileEdit` tells nobody anything: what
//! is found is noted, and said on standard error.

use serde_json::{Value, json};

use super::super::Judgement;
use super::super::event::{Event, Moment, Write, text};
use super::{Refusal, Row, silence, unjudged};

pub(super) const ROW: Row = Row {
    name: "cursor",
    shown: "Cursor",
    events: "preToolUse, postToolUse of Write and Edit; afterFileEdit",
    page: "https://cursor.com/docs/agent/hooks",
    event,
    decision,
    refusal: Refusal::Decision,
};

const TOOLS: [&str; 3] = ["Write", "Edit", "MultiEdit"];

fn event(event: &Value) -> Option<Event> {
    let name = text(event, &["hook_event_name"])?;
    let moment = match name.as_str() {
        "preToolUse" => Moment::Before,
        "postToolUse" | "afterFileEdit" => Moment::After,
        _ => return None,
    };
    let write = match name.as_str() {
        "afterFileEdit" => Write::of(event),
        _ => {
            let tool = text(event, &["tool_name"])?;
            let input = match event.get("tool_input")? {
                Value::String(json) => serde_json::from_str(json).ok()?,
                input => input.clone(),
            };
            TOOLS.contains(&tool.as_str()).then(|| Write::of(&input)).flatten()
        }
    };
    let root =
        event.get("workspace_roots").and_then(|roots| roots.get(0)?.as_str().map(str::to_owned));
    let directory = text(event, &["cwd"]).or(root).map(Into::into);
    Some(Event { name, moment, directory, writes: vec![write?] })
}

fn decision(event: Option<&Event>, judgement: &Judgement) -> Value {
    let name = event.map(|event| event.name.as_str());
    match (judgement, name) {
        (Judgement::Unjudged(why), _) => json!({ "user_message": unjudged(why) }),
        (Judgement::Refused(text), Some("preToolUse")) => json!({
            "permission": "deny",
            "user_message": "birthmark refused code that resembles code under another licence.",
            "agent_message": text,
        }),
        (Judgement::Refused(text) | Judgement::Advice(text), Some("postToolUse")) => {
            json!({ "additional_context": text })
        }
        _ => silence(),
    }
}
