//! opencode: <https://opencode.ai/docs/plugins>.
//!
//! opencode has no hooks that are commands. A plugin passes what `tool.execute.before` gets and
//! throws the reason of a refusal, which the agent reads; `docs/agents.md` holds it.

use serde_json::{Value, json};

use super::super::Judgement;
use super::super::event::{Event, Moment, Write, text};
use super::{Refusal, Row, silence, unjudged};

pub(super) const ROW: Row = Row {
    name: "opencode",
    shown: "opencode",
    events: "tool.execute.before of write, edit, by a plugin",
    page: "https://opencode.ai/docs/plugins",
    event,
    decision,
    refusal: Refusal::Decision,
};

const TOOLS: [&str; 2] = ["write", "edit"];

fn event(event: &Value) -> Option<Event> {
    let tool = text(event, &["tool"])?;
    let write = TOOLS.contains(&tool.as_str()).then(|| Write::of(event.get("args")?)).flatten()?;
    let directory = text(event, &["directory"]).map(Into::into);
    Some(Event { name: tool, moment: Moment::Before, directory, writes: vec![write] })
}

fn decision(_: Option<&Event>, judgement: &Judgement) -> Value {
    match judgement {
        Judgement::Refused(text) => json!({ "refused": text }),
        Judgement::Advice(text) => json!({ "advice": text }),
        Judgement::Unjudged(why) => json!({ "advice": unjudged(why) }),
        Judgement::Nothing => silence(),
    }
}
