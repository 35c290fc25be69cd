//! GitHub Copilot, its command line and its coding agent:
//! <https://docs.github.com/en/copilot/reference/hooks-configuration>.
//!
//! `preToolUse` names no event; `toolArgs` is a text that holds JSON, or JSON itself. Of decisions
//! only `"deny"` is processed, and nothing that is answered to `postToolUse`: advice goes to
//! standard error.

use serde_json::{Value, json};

use super::super::Judgement;
use super::super::event::{Event, Moment, Write, text};
use super::{Refusal, Row, no_input, silence};

pub(super) const ROW: Row = Row {
    name: "copilot",
    shown: "GitHub Copilot CLI and coding agent",
    events: "preToolUse of create, edit",
    page: "https://docs.github.com/en/copilot/reference/hooks-configuration",
    event,
    decision,
    refusal: Refusal::Decision,
    input: no_input,
};

const TOOLS: [&str; 2] = ["create", "edit"];

fn event(event: &Value) -> Option<Event> {
    // Events bear no name here. One with a result is `postToolUse`, whose answer nobody reads.
    if event.get("toolResult").is_some() {
        return None;
    }
    let tool = text(event, &["toolName"])?;
    let arguments = match event.get("toolArgs")? {
        Value::String(json) => serde_json::from_str(json).ok()?,
        arguments => arguments.clone(),
    };
    let write = TOOLS.contains(&tool.as_str()).then(|| Write::of(&arguments)).flatten()?;
    let directory = text(event, &["cwd"]).map(Into::into);
    Some(Event {
        name: "preToolUse".to_owned(),
        moment: Moment::Before,
        directory,
        writes: vec![write],
        input: None,
    })
}

fn decision(_: Option<&Event>, judgement: &Judgement) -> Value {
    match judgement {
        Judgement::Refused(text) => {
            json!({ "permissionDecision": "deny", "permissionDecisionReason": text })
        }
        _ => silence(),
    }
}
