//! OpenAI Codex: <https://developers.openai.com/codex/hooks>.
//!
//! Events and decisions are shaped as those of Claude Code. All edits come as the tool
//! `apply_patch`, whose `command` is a patch:
//! <https://github.com/openai/codex/blob/main/codex-rs/apply-patch/apply_patch_tool_instructions.md>.
//!
//! ```text
//!   *** Begin Patch
//!   *** Add File: PATH          lines that begin with +
//!   *** Update File: PATH       *** Move to: PATH, then hunks: @@ HEADER, lines that begin with a blank, - or +
//!   *** Delete File: PATH
//!   *** End Patch
//! ```

use serde_json::Value;

use super::super::event::{Change, Event, Part, Which, Write, text};
use super::{Refusal, Row, claude};

pub(super) const ROW: Row = Row {
    name: "codex",
    shown: "OpenAI Codex",
    events: "PreToolUse, PostToolUse of apply_patch",
    page: "https://developers.openai.com/codex/hooks",
    event,
    decision: claude::decision,
    refusal: Refusal::Decision,
};

fn event(event: &Value) -> Option<Event> {
    let name = text(event, &["hook_event_name"])?;
    let moment = claude::moment(&name)?;
    let is_patch = text(event, &["tool_name"])? == "apply_patch";
    let patch = is_patch
        .then(|| text(event.get("tool_input")?, &["command", "patch", "input"]))
        .flatten()?;
    let directory = text(event, &["cwd"]).map(Into::into);
    Some(Event { name, moment, directory, writes: writes(&patch) })
}

/// What a patch writes. What stands around it, such as the shell command that it is given to, is
/// passed over.
fn writes(patch: &str) -> Vec<Write> {
    let mut writes: Vec<Write> = Vec::new();
    let mut is_open = false;
    for line in patch.lines() {
        let header = |word: &str| line.strip_prefix(word).map(|path| path.trim().to_owned());
        if let Some(path) = header("*** Add File: ") {
            writes.push(Write { path, from: None, change: Change::Whole(String::new()) });
            is_open = true;
        } else if let Some(path) = header("*** Update File: ") {
            writes.push(Write { path, from: None, change: Change::Parts(Vec::new()) });
            is_open = true;
        } else if let Some(path) = header("*** Move to: ") {
            if let Some(write) = writes.last_mut() {
                write.from = Some(std::mem::replace(&mut write.path, path));
            }
        } else if line.starts_with("*** End of File") {
            continue;
        } else if line.starts_with("*** ") {
            is_open = false;
        } else if let Some(write) = writes.last_mut().filter(|_| is_open) {
            take(&mut write.change, line);
        }
    }
    writes.retain(|write| !matches!(&write.change, Change::Parts(parts) if parts.is_empty()));
    writes
}

/// Takes up one line of a section.
fn take(change: &mut Change, line: &str) {
    let put = |text: &mut String, line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    match change {
        Change::Cell(_) => {}
        Change::Whole(text) => put(text, line.strip_prefix('+').unwrap_or(line)),
        Change::Parts(parts) => {
            if parts.is_empty() || line.starts_with("@@") {
                parts.push(Part { old: String::new(), new: String::new(), which: Which::First });
            }
            let Some(part) = parts.last_mut().filter(|_| !line.starts_with("@@")) else {
                return;
            };
            match line.split_at_checked(1) {
                Some(("+", added)) => put(&mut part.new, added),
                Some(("-", gone)) => put(&mut part.old, gone),
                Some((" ", kept)) => {
                    put(&mut part.old, kept);
                    put(&mut part.new, kept);
                }
                _ => {
                    put(&mut part.old, line);
                    put(&mut part.new, line);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_are_read() {
        let patch = "*** Begin Patch\n*** Add File: a.py\n+x = 1\n+\n*** Update File: b.py\n*** Move to: src/c.py\n\
                     @@ def f():\n-    a\n+    b\n     c\n@@\n+end\n*** End of File\n*** Delete File: d.py\n*** End Patch\n";
        let part =
            |old: &str, new: &str| Part { old: old.into(), new: new.into(), which: Which::First };
        let expected = [
            Write { path: "a.py".into(), from: None, change: Change::Whole("x = 1\n\n".into()) },
            Write {
                path: "src/c.py".into(),
                from: Some("b.py".into()),
                change: Change::Parts(vec![
                    part("    a\n    c\n", "    b\n    c\n"),
                    part("", "end\n"),
                ]),
            },
        ];
        assert_eq!(writes(patch), expected);
        for damaged in ["", "*** Move to: x", "+x", "*** Update File: \n@@", "@@ é\n\u{1f600}"] {
            assert!(writes(damaged).iter().all(|write| write.path.is_empty()), "{damaged}");
        }
    }
}
