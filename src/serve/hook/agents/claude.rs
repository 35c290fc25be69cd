//! Claude Code: <https://code.claude.com/docs/en/hooks>.
//!
//! `PreToolUse` is refused by `permissionDecision: "deny"`, whose reason Claude reads;
//! `PostToolUse` is answered by `decision: "block"`, which undoes nothing and tells Claude. To say
//! `"allow"` would skip the question that the user is asked otherwise, so what may stay is never
//! answered by it.

use serde_json::{Value, json};

use super::super::Judgement;
use super::super::event::{Event, Moment, Write, text};
use super::{Refusal, Row, silence, unjudged};

pub(super) const ROW: Row = Row {
    name: "claude",
    shown: "Claude Code",
    events: "PreToolUse, PostToolUse of Write, Edit, MultiEdit",
    page: "https://code.claude.com/docs/en/hooks",
    event,
    decision,
    refusal: Refusal::Decision,
};

const TOOLS: [&str; 3] = ["Write", "Edit", "MultiEdit"];

fn event(event: &Value) -> Option<Event> {
    let name = text(event, &["hook_event_name"])?;
    let moment = moment(&name)?;
    let tool = text(event, &["tool_name"])?;
    let write =
        TOOLS.contains(&tool.as_str()).then(|| Write::of(event.get("tool_input")?)).flatten()?;
    let directory = text(event, &["cwd"]).map(Into::into);
    Some(Event { name, moment, directory, writes: vec![write] })
}

/// The moment of an event; `None` for one that is not about tools.
pub(super) fn moment(name: &str) -> Option<Moment> {
    match name {
        "PreToolUse" => Some(Moment::Before),
        "PostToolUse" => Some(Moment::After),
        _ => None,
    }
}

pub(super) fn decision(event: Option<&Event>, judgement: &Judgement) -> Value {
    let specific = |event: &Event, mut output: Value| {
        output["hookEventName"] = json!(event.name);
        json!({ "hookSpecificOutput": output })
    };
    match (judgement, event) {
        (Judgement::Nothing, _) | (_, None) if !matches!(judgement, Judgement::Unjudged(_)) => {
            silence()
        }
        (Judgement::Unjudged(why), _) => json!({ "systemMessage": unjudged(why) }),
        (Judgement::Advice(text), Some(event)) => {
            specific(event, json!({ "additionalContext": text }))
        }
        (Judgement::Refused(text), Some(event)) => match event.moment {
            Moment::Before => specific(
                event,
                json!({ "permissionDecision": "deny", "permissionDecisionReason": text }),
            ),
            Moment::After => json!({ "decision": "block", "reason": text }),
        },
        _ => silence(),
    }
}
