//! Claude Code: <https://code.claude.com/docs/en/hooks>.
//!
//! `PreToolUse` is refused by `permissionDecision: "deny"`, whose reason Claude reads;
//! `PostToolUse` is answered by `decision: "block"`, which undoes nothing and tells Claude. To say
//! `"allow"` would skip the question that the user is asked otherwise, so what may stay is never
//! answered by it. An edit of which parts are left out is `updatedInput`, with `"ask"`: the user sees
//! what becomes of it.

use serde_json::{Value, json};

use super::super::Judgement;
use super::super::event::{Change, Event, Moment, Write, text};
use super::{Refusal, Row, failure_notice, input_of_one, silence};

pub(super) const ROW: Row = Row {
    name: "claude",
    shown: "Claude Code",
    events: "PreToolUse, PostToolUse of Write, Edit, MultiEdit, NotebookEdit",
    page: "https://code.claude.com/docs/en/hooks",
    event,
    decision,
    refusal: Refusal::Decision,
    input: input_of_one,
};

const TOOLS: [&str; 3] = ["Write", "Edit", "MultiEdit"];

fn event(event: &Value) -> Option<Event> {
    let name = text(event, &["hook_event_name"])?;
    let moment = moment(&name)?;
    let tool = text(event, &["tool_name"])?;
    let input = event.get("tool_input")?;
    let write = match tool.as_str() {
        "NotebookEdit" => cell(input)?,
        tool => TOOLS.contains(&tool).then(|| Write::of(input)).flatten()?,
    };
    let directory = text(event, &["cwd"]).map(Into::into);
    let input = (moment == Moment::Before).then(|| input.clone());
    Some(Event { name, moment, directory, writes: vec![write], input })
}

/// What is written into a cell of a notebook. A cell that holds no code, or is deleted, is nothing to
/// be judged.
fn cell(input: &Value) -> Option<Write> {
    let is_code = text(input, &["cell_type"]).is_none_or(|kind| kind == "code");
    let stays = text(input, &["edit_mode"]).is_none_or(|mode| mode != "delete");
    let code = text(input, &["new_source"]).filter(|_| is_code && stays)?;
    let path = text(input, &["notebook_path"])?;
    Some(Write { path, from: None, change: Change::Cell(code) })
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
        (Judgement::Unjudged(why), _) => json!({ "systemMessage": failure_notice(why) }),
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
        (Judgement::Replaced { reason, input }, Some(event)) => {
            let decision = json!({
                "permissionDecision": "ask",
                "permissionDecisionReason": reason,
                "updatedInput": input,
                "additionalContext": reason,
            });
            specific(event, decision)
        }
        _ => silence(),
    }
}
