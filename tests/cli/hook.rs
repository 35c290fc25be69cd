//! `birthmark hook`: the events of agents as they document them, and the decisions they understand.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use super::{birthmark, run};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Holds an edited copy of code under GPL-3.0-or-later, on lines 57 to 90.
const ROUTES: &str = include_str!("../../examples/demo/parcelbot/routes.py");
/// Holds a copy of code under MIT, on lines 10 to 42.
const SUMMARY: &str = include_str!("../../examples/demo/parcelbot/summary.py");
const RECIPES: &str = include_str!("../../docs/agents.md");

/// A project under MIT with a journal of its own.
struct Project {
    directory: tempfile::TempDir,
}

impl Project {
    fn new() -> Project {
        let project = Project { directory: tempfile::tempdir().expect("a temporary directory") };
        fs::create_dir_all(project.path("work/.git")).expect("made");
        fs::write(project.path("work/birthmark.toml"), "license = 'MIT'\n").expect("written");
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path("work").join(name);
        fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    fn cwd(&self) -> String {
        self.path("work").display().to_string()
    }

    /// Runs a hook: the decision and what is said to people.
    fn hook(&self, arguments: &[&str], event: impl Into<Vec<u8>>) -> (Value, String) {
        let (code, decision, err) = self.hook_with_status(arguments, event);
        assert_eq!(code, 0, "{err}");
        (decision, err)
    }

    /// The same with the exit status.
    fn hook_with_status(
        &self,
        arguments: &[&str],
        event: impl Into<Vec<u8>>,
    ) -> (i32, Value, String) {
        let mut command = birthmark(&self.path("work"));
        command.env("BIRTHMARK_LOG_DIR", self.path("state"));
        command.arg("hook").args(arguments).args(["--deadline", "60000"]);
        command.arg("--index").arg(Path::new(ROOT).join("fixtures/demo-index")).write_stdin(event);
        let (code, out, err) = run(&mut command);
        assert_eq!(out.lines().count(), 1, "{out}");
        (code, serde_json::from_str(&out).expect("JSON"), err)
    }

    fn ask(&self, agent: &str, event: &Value) -> Value {
        self.hook(&[agent], event.to_string()).0
    }

    fn events(&self) -> Vec<(String, String)> {
        let mut command = birthmark(&self.path("work"));
        command.env("BIRTHMARK_LOG_DIR", self.path("state")).args(["log", "--format", "json"]);
        let log: Value = serde_json::from_str(&run(&mut command).1).expect("JSON");
        let events = log["events"].as_array().expect("a list");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        events.iter().map(|event| (text(&event["event"]), text(&event["path"]))).collect()
    }
}

/// What Claude Code sends.
fn claude(event: &str, tool: &str, input: Value, cwd: &str) -> Value {
    json!({
        "session_id": "abc123", "transcript_path": "/transcripts/abc123.jsonl", "cwd": cwd,
        "permission_mode": "default", "hook_event_name": event, "tool_name": tool, "tool_input": input,
        "tool_use_id": "toolu_01ABC123"
    })
}

/// What OpenAI Codex sends.
fn codex(event: &str, patch: &str, cwd: &str) -> Value {
    json!({
        "session_id": "abc", "turn_id": "t1", "transcript_path": null, "cwd": cwd, "model": "m",
        "permission_mode": "default", "hook_event_name": event, "tool_name": "apply_patch",
        "tool_input": { "command": patch }, "tool_use_id": "call_1"
    })
}

/// What Gemini CLI sends.
fn gemini(event: &str, tool: &str, input: Value, cwd: &str) -> Value {
    json!({
        "session_id": "abc", "transcript_path": "/t.json", "cwd": cwd, "hook_event_name": event,
        "timestamp": "2026-11-23T12:00:00Z", "tool_name": tool, "tool_input": input
    })
}

/// What GitHub Copilot sends.
fn copilot(tool: &str, arguments: &Value, cwd: &str) -> Value {
    json!({ "timestamp": 1704614600000u64, "cwd": cwd, "toolName": tool, "toolArgs": arguments.to_string() })
}

/// What Cursor sends.
fn cursor(event: &str, rest: Value, cwd: &str) -> Value {
    let mut event = json!({
        "hook_event_name": event, "conversation_id": "conv-123", "generation_id": "gen-456",
        "workspace_roots": [cwd]
    });
    event.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
    event
}

/// What Cline sends.
fn cline(event: &str, tool: &str, parameters: Value, cwd: &str) -> Value {
    let used = format!("{}{}", event[..1].to_lowercase(), &event[1..]);
    json!({
        "clineVersion": "3.36.0", "hookName": event, "timestamp": "1763000000000", "taskId": "t1",
        "workspaceRoots": [cwd], "userId": "u", used: { "toolName": tool, "parameters": parameters }
    })
}

/// What Kiro sends.
fn kiro(event: &str, input: Value, cwd: &str) -> Value {
    json!({ "hook_event_name": event, "cwd": cwd, "session_id": "s", "tool_name": "fs_write", "tool_input": input })
}

/// What Windsurf sends.
fn windsurf(action: &str, path: &str, old: &str, new: &str) -> Value {
    json!({
        "agent_action_name": action, "trajectory_id": "t", "execution_id": "e", "timestamp": "2026-11-26T10:00:00Z",
        "tool_info": { "file_path": path, "edits": [{ "old_string": old, "new_string": new }] }
    })
}

/// What the plugin for opencode passes on.
fn opencode(tool: &str, arguments: Value, cwd: &str) -> Value {
    json!({ "tool": tool, "args": arguments, "directory": cwd })
}

/// A patch that adds a file.
fn adding(path: &str, text: &str) -> String {
    let lines: String = text.lines().map(|line| format!("+{line}\n")).collect();
    format!("*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch\n")
}

/// That a reason says what an agent needs.
fn says_what_to_do(reason: &Value) {
    let reason = reason.as_str().expect("a reason");
    for part in [
        "a.py:57-90 (09009afa)",
        "pkg:generic/gridroute@1.4.0",
        "gridroute/planner.py lines 36-64",
        "GPL-3.0-or-later",
        "under MIT",
        "Rewrite the code",
        "Only a person can decide",
    ] {
        assert!(reason.contains(part), "{part} is not in {reason}");
    }
    for part in ["birthmark accept", "birthmark.toml", "owned"] {
        assert!(!reason.contains(part), "{reason} tells how to override: {part}");
    }
}

#[test]
fn claude_code_is_refused_what_may_not_stay() {
    let project = Project::new();
    let cwd = project.cwd();
    let file = format!("{cwd}/a.py");
    let input = json!({"file_path": file, "content": ROUTES});
    let refused = project.ask("claude", &claude("PreToolUse", "Write", input.clone(), &cwd));
    let output = &refused["hookSpecificOutput"];
    assert_eq!(
        (&output["hookEventName"], &output["permissionDecision"]),
        (&json!("PreToolUse"), &json!("deny"))
    );
    says_what_to_do(&output["permissionDecisionReason"]);
    assert_eq!(
        project.events(),
        [("suggested".into(), "a.py".into()), ("dropped".into(), "a.py".into())]
    );

    // When it is written, Claude is told.
    fs::write(&file, ROUTES).expect("written");
    let told = project.ask("claude", &claude("PostToolUse", "Write", input, &cwd));
    assert_eq!(told["decision"], "block");
    says_what_to_do(&told["reason"]);

    // What only needs its notice is advice, never a permission that would skip the user's.
    let input = json!({"file_path": "b.py", "content": SUMMARY});
    let advised = project.ask("claude", &claude("PreToolUse", "Write", input, &cwd));
    assert_eq!(advised["hookSpecificOutput"].get("permissionDecision"), None, "{advised}");
    let advice = advised["hookSpecificOutput"]["additionalContext"].as_str().expect("advice");
    assert!(advice.contains("`birthmark attribute b.py:10`"), "{advice}");

    let input = json!({"file_path": "c.py", "content": "x = 1\n"});
    assert_eq!(project.ask("claude", &claude("PreToolUse", "Write", input, &cwd)), json!({}));
}

#[test]
fn only_new_lines_of_an_edit_are_judged() {
    let project = Project::new();
    let cwd = project.cwd();
    let edit = |input: Value| project.ask("claude", &claude("PreToolUse", "Edit", input, &cwd));
    let is_refused = |answer: &Value| answer["hookSpecificOutput"]["permissionDecision"] == "deny";
    let copy: String = ROUTES.split_inclusive('\n').skip(56).collect();

    // Into a file of one's own.
    let file = project.write("a.py", "import math\n\n\ndef own():\n    return math.pi\n");
    let input = json!({"file_path": file, "old_string": "    return math.pi\n",
                       "new_string": format!("    return math.pi\n\n\n{copy}")});
    assert!(is_refused(&edit(input.clone())));
    let several = json!({"file_path": file, "edits": [
        {"old_string": "import math\n", "new_string": "import cmath\n"},
        {"old_string": "    return math.pi\n", "new_string": format!("    return 3\n\n\n{copy}"), "replace_all": true}
    ]});
    assert!(is_refused(&project.ask("claude", &claude("PreToolUse", "MultiEdit", several, &cwd))));

    // With the line ends of another system.
    let file =
        project.write("windows.py", "import math\r\n\r\ndef own():\r\n    return math.pi\r\n");
    let mut windows = input;
    windows["file_path"] = json!(file);
    assert!(is_refused(&edit(windows)));

    // Beside a copy that was there, and on it: the first step of writing it anew is no new copy.
    let file = project.write("b.py", &format!("{ROUTES}\n\ndef own():\n    return 1\n"));
    assert_eq!(
        edit(
            json!({"file_path": file, "old_string": "    return 1", "new_string": "    return 2"})
        ),
        json!({})
    );
    let line = ROUTES.lines().nth(69).expect("a line");
    let touched = edit(
        json!({"file_path": file, "old_string": line, "new_string": "    pass  # to be written anew"}),
    );
    assert!(!is_refused(&touched), "{touched}");
    // A second copy is new.
    let second = json!({"file_path": file, "old_string": "    return 1\n", "new_string": format!("    return 1\n\n\n{copy}")});
    assert!(is_refused(&edit(second)));

    // An edit that does not fit the file is judged by itself.
    let unfit = json!({"file_path": file, "old_string": "not there", "new_string": copy});
    assert!(is_refused(&edit(unfit)));
}

#[test]
fn codex_is_refused_by_patch() {
    let project = Project::new();
    let cwd = project.cwd();
    let refused = project.ask("codex", &codex("PreToolUse", &adding("a.py", ROUTES), &cwd));
    assert_eq!(refused["hookSpecificOutput"]["permissionDecision"], "deny");
    says_what_to_do(&refused["hookSpecificOutput"]["permissionDecisionReason"]);

    project.write("own.py", "import math\n\n\ndef own():\n    return math.pi\n");
    let copy: String = ROUTES.lines().skip(56).map(|line| format!("+{line}\n")).collect();
    let update = format!(
        "*** Begin Patch\n*** Update File: own.py\n*** Move to: src/a.py\n@@ def own():\n     return math.pi\n+\n+\n{copy}\
         *** Add File: b.txt\n+words\n*** Delete File: c.py\n*** End Patch"
    );
    let refused = project.ask("codex", &codex("PreToolUse", &update, &cwd));
    let reason =
        refused["hookSpecificOutput"]["permissionDecisionReason"].as_str().expect("a reason");
    assert!(reason.contains("src/a.py:8-41"), "{reason}");
    let told = project.ask("codex", &codex("PostToolUse", &adding("a.py", ROUTES), &cwd));
    assert_eq!(told["decision"], "block");
}

#[test]
fn gemini_is_refused_and_told() {
    let project = Project::new();
    let cwd = project.cwd();
    let input = json!({"file_path": "a.py", "content": ROUTES});
    let refused = project.ask("gemini", &gemini("BeforeTool", "write_file", input, &cwd));
    assert_eq!(refused["decision"], "deny");
    says_what_to_do(&refused["reason"]);
    let file = project.write("b.py", "x = 1\n");
    let input = json!({"file_path": file, "old_string": "x = 1\n", "new_string": SUMMARY});
    let shown = project.ask("gemini", &gemini("BeforeTool", "replace", input.clone(), &cwd));
    assert!(shown["systemMessage"].as_str().expect("a message").contains("plaintable"), "{shown}");
    fs::write(&file, SUMMARY).expect("written");
    let told = project.ask("gemini", &gemini("AfterTool", "replace", input, &cwd));
    let output = &told["hookSpecificOutput"];
    assert_eq!(output["hookEventName"], "AfterTool");
    assert!(
        output["additionalContext"].as_str().expect("a context").contains("plaintable"),
        "{told}"
    );
}

#[test]
fn copilot_is_refused() {
    let project = Project::new();
    let cwd = project.cwd();
    let refused = project
        .ask("copilot", &copilot("create", &json!({"path": "a.py", "file_text": ROUTES}), &cwd));
    assert_eq!(refused["permissionDecision"], "deny");
    says_what_to_do(&refused["permissionDecisionReason"]);
    project.write("b.py", "x = 1\n");
    let edit = json!({"path": "b.py", "old_str": "x = 1\n", "new_str": ROUTES});
    let as_object = json!({"cwd": cwd, "toolName": "edit", "toolArgs": edit});
    assert_eq!(project.ask("copilot", &as_object)["permissionDecision"], "deny");
    let (answer, said) = project.hook(
        &["copilot"],
        copilot("create", &json!({"path": "c.py", "file_text": SUMMARY}), &cwd).to_string(),
    );
    assert_eq!(answer, json!({}));
    assert!(said.contains("plaintable"), "{said}");
}

#[test]
fn cursor_is_refused_and_told() {
    let project = Project::new();
    let cwd = project.cwd();
    let write =
        json!({"tool_name": "Write", "tool_input": {"file_path": "a.py", "content": ROUTES}});
    let refused = project.ask("cursor", &cursor("preToolUse", write.clone(), &cwd));
    assert_eq!(refused["permission"], "deny");
    says_what_to_do(&refused["agent_message"]);
    project.write("a.py", ROUTES);
    let told = project.ask("cursor", &cursor("postToolUse", write, &cwd));
    says_what_to_do(&told["additional_context"]);
    let edited = json!({"file_path": project.path("work/a.py"), "edits": [{"old_string": "", "new_string": ROUTES}]});
    let (answer, said) =
        project.hook(&["cursor"], cursor("afterFileEdit", edited, &cwd).to_string());
    assert_eq!(answer, json!({}));
    assert!(said.contains("gridroute"), "{said}");
}

#[test]
fn what_is_not_about_code_is_let_through_without_a_word() {
    let project = Project::new();
    let cwd = project.cwd();
    let content = json!({"file_path": "a.py", "content": ROUTES});
    let page = json!({"file_path": "a.md", "content": ROUTES});
    for (agent, event) in [
        ("claude", claude("PreToolUse", "Bash", json!({"command": "ls"}), &cwd)),
        ("claude", claude("PreToolUse", "Write", page, &cwd)),
        ("claude", claude("PreToolUse", "Teleport", content.clone(), &cwd)),
        ("claude", claude("SessionStart", "Write", content.clone(), &cwd)),
        ("claude", json!({})),
        ("claude", json!([1, 2])),
        ("claude", json!(null)),
        ("codex", codex("PreToolUse", "not a patch", &cwd)),
        ("gemini", gemini("BeforeAgent", "write_file", content.clone(), &cwd)),
        ("copilot", copilot("bash", &json!({"command": "ls"}), &cwd)),
        ("copilot", json!({"toolName": "create", "toolArgs": "{"})),
        ("cursor", cursor("beforeShellExecution", json!({"command": "ls"}), &cwd)),
    ] {
        let (answer, said) = project.hook(&[agent], event.to_string());
        assert_eq!((answer, said.as_str()), (json!({}), ""), "{event}");
    }
    assert_eq!(project.events(), []);
}

#[test]
fn what_cannot_be_judged_is_let_through_with_a_note() {
    let project = Project::new();
    let cwd = project.cwd();
    let event =
        claude("PreToolUse", "Write", json!({"file_path": "a.py", "content": ROUTES}), &cwd)
            .to_string();
    let noted = |arguments: &[&str], event: &[u8], why: &str| {
        let (answer, said) = project.hook(arguments, event);
        let key = if arguments[0] == "cursor" { "user_message" } else { "systemMessage" };
        let message = answer[key].as_str().unwrap_or_else(|| panic!("{answer}"));
        for text in [message, &said] {
            assert!(text.contains("did not judge this") && text.contains(why), "{text}");
        }
        assert!(
            answer.get("hookSpecificOutput").is_none() && answer.get("decision").is_none(),
            "{answer}"
        );
    };
    for agent in ["claude", "codex", "gemini", "cursor"] {
        noted(&[agent], b"{", "the event is not JSON");
        noted(&[agent], b"", "the event is not JSON");
        noted(&[agent], b"\xff\xfe", "the event is not JSON");
    }
    noted(&["abacus"], event.as_bytes(), "`abacus` is not a known agent");
    noted(&["claude", "--index", "gone"], event.as_bytes(), "gone");
    noted(&["claude"], &vec![b' '; 17 << 20], "larger than 16 MiB");
    let long = json!({"file_path": "a.py", "content": "x = 1\n".repeat(1_400_000)});
    let long = claude("PreToolUse", "Write", long, &cwd);
    noted(&["claude"], long.to_string().as_bytes(), "longer than 8 MiB");
    fs::create_dir(project.path("work/folder.py")).expect("made");
    let folder =
        claude("PreToolUse", "Write", json!({"file_path": "folder.py", "content": "x"}), &cwd);
    noted(&["claude"], folder.to_string().as_bytes(), "folder.py: not a regular file");
    project.write("birthmark.toml", "licence = 'MIT'\n");
    noted(&["claude"], event.as_bytes(), "unknown key `licence`");
    noted(&["claude", "--no-such-option"], event.as_bytes(), "its command line is not understood");
    let (code, out, _) =
        run(birthmark(&project.path("work")).args(["--quiet", "hook", "--nonsense"]));
    assert_eq!(code, 0);
    assert!(out.contains("its command line is not understood"), "{out}");
}

#[test]
fn a_hook_ends_in_time() {
    let project = Project::new();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_birthmark"));
    command.current_dir(project.path("work")).args(["hook", "claude", "--deadline", "200"]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let start = Instant::now();
    // An agent that keeps the input open.
    let mut child = command.stderr(std::process::Stdio::null()).spawn().expect("it starts");
    let input = child.stdin.take();
    let output = child.wait_with_output().expect("it ends");
    drop(input);
    assert!(start.elapsed().as_secs() < 10);
    assert_eq!(output.status.code(), Some(0));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(
        answer["systemMessage"].as_str().expect("a note").contains("not done within 200 ms"),
        "{answer}"
    );
}

#[test]
fn cline_cancels_what_may_not_stay() {
    let project = Project::new();
    let cwd = project.cwd();
    let write = |path: &str, text: &str| {
        cline("PreToolUse", "write_to_file", json!({"path": path, "content": text}), &cwd)
    };
    let refused = project.ask("cline", &write("a.py", ROUTES));
    assert_eq!(refused["cancel"], true);
    says_what_to_do(&refused["errorMessage"]);
    project.write("b.py", "x = 1\n");
    let diff = format!("------- SEARCH\nx = 1\n=======\n{ROUTES}\n+++++++ REPLACE\n");
    let replaced =
        cline("PreToolUse", "replace_in_file", json!({"path": "b.py", "diff": diff}), &cwd);
    assert_eq!(project.ask("cline", &replaced)["cancel"], true);
    let advised = project.ask("cline", &write("c.py", SUMMARY));
    assert_eq!(advised["cancel"], false);
    assert!(
        advised["contextModification"].as_str().expect("advice").contains("plaintable"),
        "{advised}"
    );
    assert_eq!(project.ask("cline", &write("d.py", "x = 1\n")), json!({"cancel": false}));
    let read = cline("PreToolUse", "read_file", json!({"path": "a.py"}), &cwd);
    assert_eq!(project.ask("cline", &read)["cancel"], false);
}

#[test]
fn opencode_gets_a_reason_to_throw() {
    let project = Project::new();
    let cwd = project.cwd();
    let write = |text: &str| {
        opencode("write", json!({"filePath": format!("{cwd}/a.py"), "content": text}), &cwd)
    };
    says_what_to_do(&project.ask("opencode", &write(ROUTES))["refused"]);
    assert!(project.ask("opencode", &write(SUMMARY))["advice"].is_string());
    assert_eq!(project.ask("opencode", &write("x = 1\n")), json!({}));
    assert_eq!(
        project.ask("opencode", &opencode("bash", json!({"command": "ls"}), &cwd)),
        json!({})
    );
}

#[test]
fn kiro_and_windsurf_are_refused_by_the_exit_status() {
    let project = Project::new();
    let cwd = project.cwd();
    let create = |text: &str| json!({"command": "create", "path": "a.py", "file_text": text});
    let file = project.path("work/a.py").display().to_string();
    for (agent, before, after, fine) in [
        (
            "kiro",
            kiro("preToolUse", create(ROUTES), &cwd),
            kiro("postToolUse", create(ROUTES), &cwd),
            kiro("preToolUse", create("x = 1\n"), &cwd),
        ),
        (
            "windsurf",
            windsurf("pre_write_code", &file, "", ROUTES),
            windsurf("post_write_code", &file, "", ROUTES),
            windsurf("pre_write_code", &file, "", "x = 1\n"),
        ),
    ] {
        let (code, _, reason) = project.hook_with_status(&[agent], before.to_string());
        assert_eq!(code, 2, "{agent}: {reason}");
        says_what_to_do(&Value::String(reason));
        let (code, _, told) = project.hook_with_status(&[agent], after.to_string());
        assert_eq!(code, 0, "{agent}: what is written can only be told");
        assert!(told.contains("gridroute"), "{agent}: {told}");
        assert_eq!(
            project.hook_with_status(&[agent], fine.to_string()),
            (0, json!({}), String::new()),
            "{agent}"
        );
        let (code, _, why) = project.hook_with_status(&[agent], "no JSON");
        assert_eq!(code, 0, "{agent}: what cannot be judged is let through");
        assert!(why.contains("lets it through"), "{agent}: {why}");
    }
}

#[test]
fn what_a_hook_refused_is_explained_though_it_is_in_no_file() {
    let project = Project::new();
    project.ask(
        "claude",
        &claude(
            "PreToolUse",
            "Write",
            json!({"file_path": "a.py", "content": ROUTES}),
            &project.cwd(),
        ),
    );
    fs::create_dir(project.path("work/src")).expect("made");
    let command = |name: &str, more: &[&str]| {
        let mut command = birthmark(&project.path("work/src"));
        command.env("BIRTHMARK_LOG_DIR", project.path("state"));
        command.args([name, "09009afa"]).args(more);
        run(command.arg("--index").arg(Path::new(ROOT).join("fixtures/demo-index")))
    };
    let (code, out, err) = command("explain", &[]);
    assert_eq!(code, 0, "{err}");
    for part in [
        "dropped for a.py:57-90 (by hook,",
        "is in no file",
        "pkg:generic/gridroute@1.4.0",
        "incompatible",
    ] {
        assert!(out.contains(part), "{part} is not in {out}");
    }
    let (code, _, err) = command("accept", &["--reason", "none"]);
    assert_eq!(code, 2);
    assert!(err.contains("is in no file") && err.contains("birthmark explain"), "{err}");
}

/// The journal answers only for ids that no file has: the beginning of two ids is still ambiguous.
#[test]
fn an_ambiguous_id_is_no_refused_code() {
    let project = Project::new();
    let input = json!({"file_path": "a.py", "content": ROUTES});
    project.ask("claude", &claude("PreToolUse", "Write", input, &project.cwd()));
    project.write("a.py", ROUTES);
    project.write("b.py", SUMMARY);
    let mut command = birthmark(&project.path("work"));
    command.env("BIRTHMARK_LOG_DIR", project.path("state")).args(["explain", ""]);
    let (code, out, err) =
        run(command.arg("--index").arg(Path::new(ROOT).join("fixtures/demo-index")));
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("begins more than one id"), "{err}");
}

#[test]
fn the_policy_and_the_configuration_decide() {
    let project = Project::new();
    let cwd = project.cwd();
    let event =
        claude("PreToolUse", "Write", json!({"file_path": "a.py", "content": ROUTES}), &cwd)
            .to_string();
    let is_refused = |arguments: &[&str]| {
        project.hook(arguments, event.clone()).0["hookSpecificOutput"]["permissionDecision"]
            == "deny"
    };
    assert!(is_refused(&["claude"]));
    assert!(!is_refused(&["claude", "--policy", "report"]));
    assert!(!is_refused(&["claude", "--license", "GPL-3.0-or-later"]));
    project.write("birthmark.toml", "license = 'MIT'\nexclude = ['a.py']\n");
    assert!(!is_refused(&["claude"]));
    project.write("birthmark.toml", "license = 'MIT'\nowned = ['pkg:generic/gridroute']\n");
    assert!(!is_refused(&["claude"]));
    fs::remove_file(project.path("work/birthmark.toml")).expect("removed");
    assert!(!is_refused(&["claude"]));
    assert!(is_refused(&["claude", "--policy", "drop-unknown"]));
}

/// Every block of settings of the documentation is JSON and runs a hook that answers the events it
/// is set up for.
#[test]
fn the_recipes_work() {
    let project = Project::new();
    let cwd = project.cwd();
    let content = json!({"file_path": "a.py", "content": ROUTES});
    let events = [
        ("claude", "PreToolUse", claude("PreToolUse", "Write", content.clone(), &cwd)),
        ("codex", "PreToolUse", codex("PreToolUse", &adding("a.py", ROUTES), &cwd)),
        ("gemini", "BeforeTool", gemini("BeforeTool", "write_file", content.clone(), &cwd)),
        (
            "copilot",
            "preToolUse",
            copilot("create", &json!({"path": "a.py", "file_text": ROUTES}), &cwd),
        ),
        (
            "cursor",
            "preToolUse",
            cursor("preToolUse", json!({"tool_name": "Write", "tool_input": content}), &cwd),
        ),
        (
            "kiro",
            "preToolUse",
            kiro("preToolUse", json!({"path": "a.py", "file_text": ROUTES}), &cwd),
        ),
        ("windsurf", "pre_write_code", windsurf("pre_write_code", "a.py", "", ROUTES)),
    ];
    let hooks =
        RECIPES.split("\n## ").find(|section| section.starts_with("Hooks")).expect("a section");
    let blocks: Vec<Value> = hooks
        .split("```json\n")
        .skip(1)
        .map(|block| {
            serde_json::from_str(block.split("```").next().expect("its end")).expect("JSON")
        })
        .collect();
    assert_eq!(blocks.len(), events.len());
    for (block, (agent, name, event)) in blocks.iter().zip(&events) {
        let settings = block.to_string();
        assert!(settings.contains(&format!("\"birthmark hook {agent}\"")), "{settings}");
        assert!(block["hooks"].get(name).is_some(), "{settings}");
        let (_, decision, told) = project.hook_with_status(&[agent], event.to_string());
        assert!(format!("{decision}{told}").contains("gridroute"), "{agent}");
    }
    let (code, out, _) = run(birthmark(&project.path("work")).args(["hook", "--list"]));
    assert_eq!(code, 0);
    for agent in birthmark::serve::hook::Agent::all().map(birthmark::serve::hook::Agent::name) {
        assert!(out.lines().any(|line| line.starts_with(agent)), "{out}");
        assert!(RECIPES.contains(&format!("| `{agent}` |")), "{agent}");
        assert!(
            RECIPES.contains(&format!("birthmark hook {agent}"))
                || RECIPES.contains(&format!("\"{agent}\"")),
            "{agent}"
        );
    }
}
