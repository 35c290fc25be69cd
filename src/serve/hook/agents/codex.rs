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

use super::super::Judgement;
use super::super::event::{Change, Event, Moment, Part, Which, Write, text};
use super::{Refusal, Row, claude};

pub(super) const ROW: Row = Row {
    name: "codex",
    shown: "OpenAI Codex",
    events: "PreToolUse, PostToolUse of apply_patch",
    page: "https://developers.openai.com/codex/hooks",
    event,
    decision,
    refusal: Refusal::Decision,
    input,
};

/// Keys of the patch.
const KEYS: [&str; 3] = ["command", "patch", "input"];

fn event(event: &Value) -> Option<Event> {
    let name = text(event, &["hook_event_name"])?;
    let moment = claude::moment(&name)?;
    let is_patch = text(event, &["tool_name"])? == "apply_patch";
    let patch = is_patch.then(|| text(event.get("tool_input")?, &KEYS)).flatten()?;
    let directory = text(event, &["cwd"]).map(Into::into);
    let is_ahead = moment == Moment::Before;
    let input = is_ahead.then(|| event.get("tool_input").cloned()).flatten();
    Some(Event { name, moment, directory, writes: writes(&patch), input })
}

/// As that of Claude Code. Codex takes another patch only with `"allow"`; its own rules decide
/// afterwards whether the user is asked.
fn decision(event: Option<&Event>, judgement: &Judgement) -> Value {
    let mut decision = claude::decision(event, judgement);
    if let Judgement::Replaced { .. } = judgement {
        decision["hookSpecificOutput"]["permissionDecision"] = Value::from("allow");
    }
    decision
}

/// The arguments with another patch.
fn input(input: &Value, writes: &[Write]) -> Option<Value> {
    let key = KEYS.iter().find(|key| input.get(key).is_some_and(Value::is_string))?;
    let patch = rewrite(input[*key].as_str()?, writes)?;
    let mut changed = input.clone();
    changed[*key] = Value::from(patch);
    Some(changed)
}

/// Returns the patch with other texts in its sections; `None` if it cannot be read as these.
fn rewrite(patch: &str, wanted: &[Write]) -> Option<String> {
    let (mut text, mut sections) = (String::new(), wanted.iter());
    let mut section = Section::Outside;
    for line in patch.lines() {
        let is_header = line.starts_with("*** ");
        let is_body = !is_header && !line.starts_with("@@");
        if !is_body || matches!(section, Section::Outside) {
            push(&mut text, "", line);
        }
        if line.starts_with("*** Add File: ") {
            let Change::Whole(content) = &sections.next()?.change else { return None };
            content.lines().for_each(|line| push(&mut text, "+", line));
            section = Section::Written;
        } else if line.starts_with("*** Update File: ") {
            let Change::Parts(parts) = &sections.next()?.change else { return None };
            section = Section::Parts(parts);
        } else if line.starts_with("*** Move to: ") || line.starts_with("*** End of File") {
            continue;
        } else if is_header {
            section = Section::Outside;
        } else if let Section::Parts(parts) = section {
            // The first hunk may have no header.
            let is_first = text.lines().next_back().is_some_and(|line| line.starts_with("*** "));
            if !is_body || is_first {
                push_part(&mut text, parts.first()?);
                section = Section::Parts(&parts[1..]);
            }
        }
    }
    // It is read back: a patch that says anything else is not handed on.
    (writes(&text) == wanted).then_some(text)
}

/// Where a line of a patch stands.
#[derive(Clone, Copy)]
enum Section<'w> {
    /// In none.
    Outside,
    /// In one that is written already.
    Written,
    /// In one of which these parts are to be written.
    Parts(&'w [Part]),
}

/// A hunk: what both texts begin and end with is context.
fn push_part(text: &mut String, part: &Part) {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (part.old.lines().collect(), part.new.lines().collect());
    let shared = old.len().min(new.len());
    let head = (0..shared).take_while(|&at| old[at] == new[at]).count();
    let tail = (0..shared - head)
        .take_while(|&at| old[old.len() - 1 - at] == new[new.len() - 1 - at])
        .count();
    old[..head].iter().for_each(|line| push(text, " ", line));
    old[head..old.len() - tail].iter().for_each(|line| push(text, "-", line));
    new[head..new.len() - tail].iter().for_each(|line| push(text, "+", line));
    old[old.len() - tail..].iter().for_each(|line| push(text, " ", line));
}

fn push(text: &mut String, sign: &str, line: &str) {
    text.push_str(sign);
    text.push_str(line);
    text.push('\n');
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
        assert_eq!(writes(&rewrite(patch, &expected).expect("a patch")), expected);
        let mut others = expected.clone();
        others[0].change = Change::Whole("x = 2\n".into());
        others[1].change = Change::Parts(vec![
            part("    a\n    c\n", "    b\n    # left out\n    c\n"),
            part("", "end\n"),
        ]);
        let text = rewrite(patch, &others).expect("a patch");
        assert!(
            text.contains("+x = 2\n") && text.contains("-    a\n+    b\n+    # left out\n     c\n")
        );
        assert!(text.starts_with("*** Begin Patch\n") && text.ends_with("*** End Patch\n"));
        assert_eq!(rewrite(patch, &others[..1]), None);
        for damaged in ["", "*** Move to: x", "+x", "*** Update File: \n@@", "@@ é\n\u{1f600}"] {
            assert!(writes(damaged).iter().all(|write| write.path.is_empty()), "{damaged}");
        }
    }
}
