//! opencode: <https://opencode.ai/docs/plugins>.
//!
//! opencode has no hooks that are commands. A plugin passes what `tool.execute.before` gets and
//! throws the reason of a refusal, which the agent reads, or takes other arguments over;
//! `docs/agents.md` holds it.

use serde_json::{Value, json};

use super::super::Judgement;
use super::super::event::{Event, Moment, Write, text};
use super::{Refusal, Row, failure_notice, input_of_one, silence};

pub(super) const ROW: Row = Row {
    name: "opencode",
    shown: "opencode",
    events: "tool.execute.before of write, edit, by a plugin",
    page: "https://opencode.ai/docs/plugins",
    event,
    decision,
    refusal: Refusal::Decision,
    input: input_of_one,
};

const TOOLS: [&str; 2] = ["write", "edit"];

fn event(event: &Value) -> Option<Event> {
    let tool = text(event, &["tool"])?;
    let input = event.get("args")?;
    let write = TOOLS.contains(&tool.as_str()).then(|| Write::of(input)).flatten()?;
    let directory = text(event, &["directory"]).map(Into::into);
    let (moment, input) = (Moment::Before, Some(input.clone()));
    Some(Event { name: tool, moment, directory, writes: vec![write], input })
}

fn decision(_: Option<&Event>, judgement: &Judgement) -> Value {
    match judgement {
        Judgement::Refused(text) => json!({ "refused": text }),
        Judgement::Replaced { reason, input } => json!({ "args": input, "advice": reason }),
        Judgement::Advice(text) => json!({ "advice": text }),
        Judgement::Unjudged(why) => json!({ "advice": failure_notice(why) }),
        Judgement::Nothing => silence(),
    }
}
