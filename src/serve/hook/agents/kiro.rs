//! Kiro: <https://kiro.dev/docs/cli/hooks>.
//!
//! `preToolUse` is refused by the exit status 2; the agent reads the reason from standard error.

use serde_json::Value;

use super::super::event::{Event, Moment, Write, text};
use super::{Refusal, Row, no_input, silent};

pub(super) const ROW: Row = Row {
    name: "kiro",
    shown: "Kiro",
    events: "preToolUse, postToolUse of fs_write",
    page: "https://kiro.dev/docs/cli/hooks",
    event,
    decision: silent,
    refusal: Refusal::ExitStatus,
    input: no_input,
};

/// The tool's name as agents see it, and as matchers may shorten it.
const TOOLS: [&str; 2] = ["fs_write", "write"];

fn event(event: &Value) -> Option<Event> {
    let name = text(event, &["hook_event_name"])?;
    let moment = match name.as_str() {
        "preToolUse" => Moment::Before,
        "postToolUse" => Moment::After,
        _ => return None,
    };
    let tool = text(event, &["tool_name"])?;
    let write =
        TOOLS.contains(&tool.as_str()).then(|| Write::of(event.get("tool_input")?)).flatten()?;
    let directory = text(event, &["cwd"]).map(Into::into);
    Some(Event { name, moment, directory, writes: vec![write], input: None })
}
