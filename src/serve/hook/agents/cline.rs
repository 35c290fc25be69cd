//! Cline: <https://docs.cline.bot/features/hooks/hook-reference>.
//!
//! `PreToolUse` is refused by `cancel` with an `errorMessage`. `contextModification` tells the
//! agent something before and after a tool runs.

use serde_json::{Value, json};

use super::super::Judgement;
use super::super::event::{Change, Event, Moment, Part, Which, Write, text};
use super::{Refusal, Row, failure_notice, no_input};

pub(super) const ROW: Row = Row {
    name: "cline",
    shown: "Cline",
    events: "PreToolUse, PostToolUse of write_to_file, replace_in_file",
    page: "https://docs.cline.bot/features/hooks/hook-reference",
    event,
    decision,
    refusal: Refusal::Decision,
    input: no_input,
};

fn event(event: &Value) -> Option<Event> {
    let name = text(event, &["hookName"])?;
    let (moment, used) = match name.as_str() {
        "PreToolUse" => (Moment::Before, event.get("preToolUse")?),
        "PostToolUse" => (Moment::After, event.get("postToolUse")?),
        _ => return None,
    };
    let arguments = used.get("parameters")?;
    let write = match text(used, &["toolName"])?.as_str() {
        "write_to_file" => Write::of(arguments)?,
        "replace_in_file" => {
            let path = text(arguments, &["path"])?;
            Write { path, from: None, change: Change::Parts(parts(&text(arguments, &["diff"])?)) }
        }
        _ => return None,
    };
    let root = event.get("workspaceRoots").and_then(|roots| roots.get(0)?.as_str().map(Into::into));
    Some(Event { name, moment, directory: root, writes: vec![write], input: None })
}

/// The blocks of a difference: `------- SEARCH`, what stands there, `=======`, what shall, `+++++++
/// REPLACE`.
fn parts(diff: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut block: Option<(String, Option<String>)> = None;
    for line in diff.split_inclusive('\n') {
        let marker = line.trim_end();
        match &mut block {
            _ if is_marker(marker, '-', "SEARCH") || is_marker(marker, '<', "SEARCH") => {
                block = Some((String::new(), None));
            }
            Some((old, new))
                if is_marker(marker, '+', "REPLACE") || is_marker(marker, '>', "REPLACE") =>
            {
                let (old, new) = (std::mem::take(old), new.take().unwrap_or_default());
                parts.push(Part { old, new, which: Which::First });
                block = None;
            }
            Some((_, new @ None)) if is_marker(marker, '=', "") => *new = Some(String::new()),
            Some((_, Some(new))) => new.push_str(line),
            Some((old, None)) => old.push_str(line),
            None => {}
        }
    }
    parts
}

/// Whether a line is at least three times a sign and then a word.
fn is_marker(line: &str, sign: char, word: &str) -> bool {
    let rest = line.trim_start_matches(sign);
    line.len() - rest.len() >= 3 && rest.trim_start().trim_end_matches('>') == word
}

fn decision(_: Option<&Event>, judgement: &Judgement) -> Value {
    match judgement {
        Judgement::Refused(text) | Judgement::Replaced { reason: text, .. } => {
            json!({ "cancel": true, "errorMessage": text })
        }
        Judgement::Advice(text) => json!({ "cancel": false, "contextModification": text }),
        Judgement::Unjudged(why) => {
            json!({ "cancel": false, "contextModification": failure_notice(why) })
        }
        Judgement::Nothing => json!({ "cancel": false }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_becomes_parts() {
        let diff = "------- SEARCH\na = 1\n=======\na = 2\nb = 3\n+++++++ REPLACE\n\
                    <<<<<<< SEARCH\n=======\nc\n>>>>>>> REPLACE\n------- SEARCH\nunfinished\n";
        let part =
            |old: &str, new: &str| Part { old: old.into(), new: new.into(), which: Which::First };
        assert_eq!(parts(diff), [part("a = 1\n", "a = 2\nb = 3\n"), part("", "c\n")]);
        assert_eq!(parts("no block\n=======\n+++++++ REPLACE\n"), []);
    }
}
