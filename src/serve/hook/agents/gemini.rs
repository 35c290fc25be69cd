//! Gemini CLI: <https://geminicli.com/docs/hooks/reference>.
//!
//! `BeforeTool` is refused by `decision: "deny"`, whose reason the agent reads; `AfterTool` by the
//! same, which puts the reason in the place of the tool's result, or told by `additionalContext`.
//! Advice before the tool runs has no place of its own and is shown to the user. `tool_input` takes
//! the place of the tool's arguments.

use serde_json::{Value, json};

use super::super::Judgement;
use super::super::event::{Event, Moment, Write, text};
use super::{Refusal, Row, failure_notice, input_of_one, silence};

pub(super) const ROW: Row = Row {
    name: "gemini",
    shown: "Gemini CLI",
    events: "BeforeTool, AfterTool of write_file, replace",
    page: "https://geminicli.com/docs/hooks/reference",
    event,
    decision,
    refusal: Refusal::Decision,
    input: input_of_one,
};

const TOOLS: [&str; 2] = ["write_file", "replace"];

fn event(event: &Value) -> Option<Event> {
    let name = text(event, &["hook_event_name"])?;
    let moment = match name.as_str() {
        "BeforeTool" => Moment::Before,
        "AfterTool" => Moment::After,
        _ => return None,
    };
    let tool = text(event, &["tool_name"])?;
    let input = event.get("tool_input")?;
    let write = TOOLS.contains(&tool.as_str()).then(|| Write::of(input)).flatten()?;
    let directory = text(event, &["cwd"]).map(Into::into);
    let input = (moment == Moment::Before).then(|| input.clone());
    Some(Event { name, moment, directory, writes: vec![write], input })
}

fn decision(event: Option<&Event>, judgement: &Judgement) -> Value {
    let moment = event.map(|event| event.moment);
    match (judgement, moment) {
        (Judgement::Unjudged(why), _) => json!({ "systemMessage": failure_notice(why) }),
        (Judgement::Refused(text), Some(_)) => json!({ "decision": "deny", "reason": text }),
        (Judgement::Replaced { reason, input }, Some(_)) => json!({
            "systemMessage": reason,
            "hookSpecificOutput": { "hookEventName": "BeforeTool", "tool_input": input },
        }),
        (Judgement::Advice(text), Some(Moment::Before)) => json!({ "systemMessage": text }),
        (Judgement::Advice(text), Some(Moment::After)) => json!({
            "hookSpecificOutput": { "hookEventName": "AfterTool", "additionalContext": text }
        }),
        _ => silence(),
    }
}
