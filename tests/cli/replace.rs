//! `birthmark hook --policy replace`: the part of an edit that may not stay is left out, and the rest
//! is kept.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{birthmark, run};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Holds an edited copy of code under GPL-3.0-or-later, on lines 57 to 90.
const ROUTES: &str = include_str!("../../examples/demo/parcelbot/routes.py");
/// What the code is replaced by.
const COMMENT: &str = "# birthmark left out code that matches pkg:generic/gridroute@1.4.0";

/// A project under MIT.
fn project() -> tempfile::TempDir {
    let project = tempfile::tempdir().expect("a temporary directory");
    fs::write(project.path().join("birthmark.toml"), "license = 'MIT'\n").expect("written");
    project
}

/// Runs a hook that replaces: the decision and what is said to people.
fn hook(project: &Path, agent: &str, event: &Value) -> (i32, Value, String) {
    let mut command = birthmark(project);
    command.env("BIRTHMARK_LOG_DIR", project.join("state"));
    command.args(["hook", agent, "--policy", "replace", "--deadline", "60000"]);
    command.arg("--index").arg(Path::new(ROOT).join("fixtures/demo-index"));
    let (code, out, err) = run(command.write_stdin(event.to_string()));
    (code, serde_json::from_str(&out).expect("JSON"), err)
}

fn claude(tool: &str, input: Value) -> Value {
    json!({"hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": input, "cwd": "."})
}

/// That a text holds the comment in the place of the copy, and the code before it, and is Python.
fn is_kept_but_for_the_copy(text: &str) {
    let kept: Vec<&str> = text.lines().collect();
    let first = ROUTES.lines().take_while(|line| kept.contains(line)).count();
    assert!(first >= 40, "{text}");
    assert_eq!(text.matches(COMMENT).count(), 1, "{text}");
    assert!(!text.contains("heapq.heappush"), "{text}");
    let script = "import ast, sys; ast.parse(sys.stdin.read())";
    let mut python = assert_cmd::Command::new("python3");
    python.args(["-c", script]).write_stdin(text).assert().success();
}

#[test]
fn a_file_is_written_without_the_copy() {
    let project = project();
    let input = json!({"file_path": "a.py", "content": ROUTES, "extra": 1});
    let (code, answer, told) = hook(project.path(), "claude", &claude("Write", input));
    assert_eq!(code, 0);
    let output = &answer["hookSpecificOutput"];
    // The user sees what becomes of the edit.
    assert_eq!(output["permissionDecision"], "ask");
    let updated = &output["updatedInput"];
    assert_eq!((&updated["file_path"], &updated["extra"]), (&json!("a.py"), &json!(1)));
    let text = updated["content"].as_str().expect("a text");
    is_kept_but_for_the_copy(text);
    for reason in [output["additionalContext"].as_str().expect("a reason"), &told] {
        for part in
            ["left parts of this code out", "pkg:generic/gridroute@1.4.0", "GPL-3.0-or-later"]
        {
            assert!(reason.contains(part), "{part} is not in {reason}");
        }
    }
    // What it answers is not refused.
    let again = claude("Write", updated.clone());
    let (_, again, _) = hook(project.path(), "claude", &again);
    assert_eq!(again["hookSpecificOutput"].get("permissionDecision"), None, "{again}");
}

#[test]
fn a_part_is_put_in_without_the_copy() {
    let project = project();
    let path = project.path().join("own.py");
    let copy = format!("import math\n\n\ndef mine():\n    return math.pi\n\n\n{ROUTES}");
    for line_break in ["\n", "\r\n"] {
        let own = "import math\n\n\ndef own():\n    return math.e\n".replace('\n', line_break);
        fs::write(&path, own).expect("written");
        let input =
            json!({"file_path": "own.py", "old_string": "import math\n", "new_string": copy});
        let (_, answer, _) = hook(project.path(), "claude", &claude("Edit", input));
        let updated = &answer["hookSpecificOutput"]["updatedInput"];
        assert_eq!(updated["old_string"], "import math\n");
        is_kept_but_for_the_copy(updated["new_string"].as_str().expect("a text"));
    }
    let edits = json!([
        {"old_string": "import math", "new_string": "import math, heapq"},
        {"old_string": "return math.e\n", "new_string": format!("return math.e\n\n\n{ROUTES}")},
    ]);
    let input = json!({"file_path": "own.py", "edits": edits});
    let (_, answer, _) = hook(project.path(), "claude", &claude("MultiEdit", input));
    let edits = &answer["hookSpecificOutput"]["updatedInput"]["edits"];
    assert_eq!(edits[0]["new_string"], "import math, heapq");
    let text = edits[1]["new_string"].as_str().expect("a text");
    assert!(text.starts_with("return math.e\n") && text.contains(COMMENT), "{text}");
    let cell = json!({"notebook_path": "a.ipynb", "new_source": ROUTES, "cell_type": "code"});
    let (_, answer, _) = hook(project.path(), "claude", &claude("NotebookEdit", cell));
    let updated = &answer["hookSpecificOutput"]["updatedInput"];
    is_kept_but_for_the_copy(updated["new_source"].as_str().expect("a text"));
}

#[test]
fn each_agent_gets_the_edit_where_it_looks_for_it() {
    let project = project();
    let input = json!({"file_path": "a.py", "content": ROUTES});
    let answer = |agent: &str, event: Value| hook(project.path(), agent, &event).1;

    let event =
        json!({"hook_event_name": "BeforeTool", "tool_name": "write_file", "tool_input": input});
    let answered = answer("gemini", event);
    let text = &answered["hookSpecificOutput"]["tool_input"]["content"];
    is_kept_but_for_the_copy(text.as_str().expect("a text"));
    assert_eq!(answered.get("decision"), None);

    let event = json!({"hook_event_name": "preToolUse", "tool_name": "Write", "tool_input": input});
    let answered = answer("cursor", event);
    assert_eq!(answered["permission"], "allow");
    is_kept_but_for_the_copy(answered["updated_input"]["content"].as_str().expect("a text"));

    let event = json!({"tool": "write", "args": {"filePath": "a.py", "content": ROUTES}});
    let answered = answer("opencode", event);
    is_kept_but_for_the_copy(answered["args"]["content"].as_str().expect("a text"));
    assert_eq!(answered.get("refused"), None);

    fs::write(project.path().join("own.py"), "a = 1\nb = 2\n").expect("written");
    let lines: String = ROUTES.lines().map(|line| format!("+{line}\n")).collect();
    let patch = format!(
        "*** Begin Patch\n*** Add File: a.py\n{lines}*** Update File: own.py\n@@\n a = 1\n+\n{lines} b = 2\n*** End Patch\n"
    );
    let event = json!({"hook_event_name": "PreToolUse", "tool_name": "apply_patch", "tool_input": {"command": patch}});
    let answered = answer("codex", event);
    let output = &answered["hookSpecificOutput"];
    // Codex takes another patch with no other decision.
    assert_eq!(output["permissionDecision"], "allow");
    let patch = output["updatedInput"]["command"].as_str().expect("a patch");
    assert_eq!(patch.matches(COMMENT).count(), 2, "{patch}");
    assert!(
        patch.contains("\n@@\n a = 1\n+\n") && patch.contains("\n b = 2\n*** End Patch\n"),
        "{patch}"
    );
}

/// Where the agent takes no other edit, or nothing else would be left, the edit is refused.
#[test]
fn what_cannot_be_replaced_is_refused() {
    let project = project();
    let copy: String = ROUTES.split_inclusive('\n').skip(56).collect();
    let only = json!({"file_path": "a.py", "content": copy});
    let (_, answer, _) = hook(project.path(), "claude", &claude("Write", only));
    assert_eq!(answer["hookSpecificOutput"]["permissionDecision"], "deny", "{answer}");
    let event = json!({"toolName": "create", "toolArgs": {"path": "a.py", "file_text": ROUTES}});
    let (_, answer, _) = hook(project.path(), "copilot", &event);
    assert_eq!(answer["permissionDecision"], "deny");
    let event = json!({"hook_event_name": "preToolUse", "tool_name": "fs_write",
                       "tool_input": {"command": "create", "path": "a.py", "file_text": ROUTES}});
    assert_eq!(hook(project.path(), "kiro", &event).0, 2);
    // What is written already can only be told.
    fs::write(project.path().join("a.py"), ROUTES).expect("written");
    let mut event = claude("Write", json!({"file_path": "a.py", "content": ROUTES}));
    event["hook_event_name"] = json!("PostToolUse");
    assert_eq!(hook(project.path(), "claude", &event).1["decision"], "block");
}
