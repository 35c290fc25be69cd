//! Cursor: <https://cursor.com/docs/agent/hooks>.
//!
//! `preToolUse` is refused by `permission: "deny"`, with a message for the agent and one for the
//! user; `updated_input` changes what is written. `postToolUse` is told by `additional_context`. `afterFileEdit` tells nobody anything: what
//! is found is noted, and said on standard error.

use serde_json::{Value, json};

use super::super::Judgement;
use super::super::event::{Event, Moment, Write, text};
use super::{Refusal, Row, failure_notice, input_of_one, silence};

pub(super) const ROW: Row = Row {
    name: "cursor",
    shown: "Cursor",
    events: "preToolUse, postToolUse of Write and Edit; afterFileEdit",
    page: "https://cursor.com/docs/agent/hooks",
    event,
    decision,
    refusal: Refusal::Decision,
    input: input_of_one,
};

const TOOLS: [&str; 3] = ["Write", "Edit", "MultiEdit"];

fn event(event: &Value) -> Option<Event> {
    let name = text(event, &["hook_event_name"])?;
    let moment = match name.as_str() {
        "preToolUse" => Moment::Before,
        "postToolUse" | "afterFileEdit" => Moment::After,
        _ => return None,
    };
    let (write, input) = match name.as_str() {
        "afterFileEdit" => (Write::of(event), None),
        _ => {
            let tool = text(event, &["tool_name"])?;
            let input = match event.get("tool_input")? {
                Value::String(json) => serde_json::from_str(json).ok()?,
                input => input.clone(),
            };
            let write = TOOLS.contains(&tool.as_str()).then(|| Write::of(&input)).flatten();
            (write, Some(input).filter(|_| moment == Moment::Before))
        }
    };
    let root =
        event.get("workspace_roots").and_then(|roots| roots.get(0)?.as_str().map(str::to_owned));
    let directory = text(event, &["cwd"]).or(root).map(Into::into);
    Some(Event { name, moment, directory, writes: vec![write?], input })
}

fn decision(event: Option<&Event>, judgement: &Judgement) -> Value {
    let name = event.map(|event| event.name.as_str());
    match (judgement, name) {
        (Judgement::Unjudged(why), _) => json!({ "user_message": failure_notice(why) }),
        (Judgement::Refused(text), Some("preToolUse")) => json!({
            "permission": "deny",
            "user_message": "birthmark refused code that resembles code under another licence.",
            "agent_message": text,
        }),
        (Judgement::Replaced { reason, input }, Some("preToolUse")) => json!({
            "permission": "allow",
            "updated_input": input,
            "user_message": "birthmark left out code that resembles code under another licence.",
            "agent_message": reason,
        }),
        (Judgement::Refused(text) | Judgement::Advice(text), Some("postToolUse")) => {
            json!({ "additional_context": text })
        }
        _ => silence(),
    }
}
