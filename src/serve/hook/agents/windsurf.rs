//! Windsurf: <https://docs.windsurf.com/windsurf/cascade/hooks>.
//!
//! `pre_write_code` is refused by the exit status 2; the agent reads the reason from standard
//! error. `post_write_code` can refuse nothing: standard error is shown to the user.

use serde_json::Value;

use super::super::event::{Event, Moment, Write, text};
use super::{Refusal, Row, no_input, silent};

pub(super) const ROW: Row = Row {
    name: "windsurf",
    shown: "Windsurf",
    events: "pre_write_code, post_write_code",
    page: "https://docs.windsurf.com/windsurf/cascade/hooks",
    event,
    decision: silent,
    refusal: Refusal::ExitStatus,
    input: no_input,
};

fn event(event: &Value) -> Option<Event> {
    let name = text(event, &["agent_action_name"])?;
    let moment = match name.as_str() {
        "pre_write_code" => Moment::Before,
        "post_write_code" => Moment::After,
        _ => return None,
    };
    let write = Write::of(event.get("tool_info")?)?;
    Some(Event { name, moment, directory: None, writes: vec![write], input: None })
}
