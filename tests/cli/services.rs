//! What the services must agree on: which texts are checked, what is dropped, what a reader must
//! know, and the state of the project.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};

use super::{birthmark, run};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Holds an edited copy of code under GPL-3.0-or-later.
const ROUTES: &str = include_str!("../../examples/demo/parcelbot/routes.py");
/// Holds a copy of code under MIT.
const SUMMARY: &str = include_str!("../../examples/demo/parcelbot/summary.py");

/// A project with the index of the demo and a journal of its own.
struct Project {
    directory: tempfile::TempDir,
}

impl Project {
    fn new(configuration: &str) -> Project {
        let project = Project { directory: tempfile::tempdir().expect("a temporary directory") };
        fs::create_dir_all(project.path("work/.git")).expect("made");
        project.write(
            "birthmark.toml",
            &format!("index = ['{ROOT}/fixtures/demo-index']\n{configuration}"),
        );
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path("work").join(name), text).expect("written");
    }

    fn run(&self, arguments: &[&str], input: &Value) -> (i32, String, String) {
        let mut command = birthmark(&self.path("work"));
        command.env("BIRTHMARK_LOG_DIR", self.path("state"));
        run(command.args(arguments).write_stdin(format!("{input}\n")))
    }

    /// What `check` answers, with its notes as text.
    fn check(&self, arguments: &[&str], path: &str, code: &str) -> (Value, String) {
        let request = json!({"code": code, "path": path});
        let (code, out, err) = self.run(&[&["check"], arguments].concat(), &request);
        assert_eq!((code, err.as_str()), (0, ""));
        let answer: Value = serde_json::from_str(&out).expect("JSON");
        let notes = answer["notes"].to_string();
        (answer, notes)
    }

    /// What a hook says to people.
    fn hook(&self, path: &str, code: &str) -> String {
        let event = json!({
            "hook_event_name": "PreToolUse", "tool_name": "Write", "cwd": self.path("work"),
            "tool_input": {"file_path": path, "content": code},
        });
        let (status, _, err) = self.run(&["hook", "claude", "--deadline", "60000"], &event);
        assert_eq!(status, 0);
        err
    }

    /// What the MCP server answers to `check_code`.
    fn mcp(&self, path: &str, code: &str) -> Value {
        let client = json!({"name": "test", "version": "1"});
        let messages = [
            json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params":
                {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}}),
            json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params":
                {"name": "check_code", "arguments": {"code": code, "path": path}}}),
        ];
        let input = messages.map(|message| message.to_string()).join("\n");
        let mut command = birthmark(&self.path("work"));
        command.env("BIRTHMARK_LOG_DIR", self.path("state")).arg("mcp");
        let (_, out, _) = run(command.write_stdin(input + "\n"));
        let answers = out.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let answer = answers.into_iter().find(|answer| answer["id"] == 2).expect("an answer");
        answer["result"]["structuredContent"].clone()
    }

    /// The journal's events of a service, without the time.
    fn events(&self, service: &str) -> Vec<(String, String)> {
        let (_, out, _) = self.run(&["log", "--format", "json"], &Value::Null);
        let log: Value = serde_json::from_str(&out).expect("JSON");
        let events = log["events"].as_array().expect("a journal").iter();
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let of_service = events.filter(|event| event["service"] == service);
        of_service.map(|event| (text(&event["event"]), text(&event["id"]))).collect()
    }
}

#[test]
fn all_refuse_the_same_texts_and_say_why() {
    let project = Project::new("license = 'MIT'\nexclude = ['vendor']\n");
    let (long, binary) = ("x = 1\n".repeat(1_400_000), format!("{ROUTES}\0"));
    for (path, code, why) in [
        ("vendor/a.py", ROUTES, "not checked: the configuration excludes `"),
        ("a.py", &long, "not checked: the code is longer than 8 MiB"),
        ("a.py", &binary, "not checked: it holds NUL bytes and looks binary"),
    ] {
        let (answer, notes) = project.check(&[], path, code);
        assert_eq!(
            (&answer["status"], &answer["keep"]),
            (&json!("skipped"), &Value::Null),
            "{path}"
        );
        assert!(notes.contains(why), "check: {notes}");
        let said = project.hook(path, code);
        assert!(said.contains(why), "hook: {said}");
        let answer = project.mcp(path, code);
        assert_eq!(answer["status"], "not-checked", "{answer}");
        assert!(answer["notes"].to_string().contains(why), "mcp: {answer}");
    }
    // A hook hears of every file that is written, and has nothing to say of other languages.
    let why = "`a.cob` is of no language that is known";
    assert!(project.check(&[], "a.cob", ROUTES).1.contains(why));
    assert_eq!(project.hook("a.cob", ROUTES), "");
    let answer = project.mcp("a.cob", ROUTES);
    assert!(answer["notes"].to_string().contains(why), "{answer}");
}

#[test]
fn dropped_means_the_same_in_every_journal() {
    for (fail_on, dropped) in [("warning", 1), ("info", 2), ("never", 0)] {
        let project = Project::new(&format!("license = 'MIT'\nfail-on = '{fail_on}'\n"));
        let code = format!("{ROUTES}\n{SUMMARY}");
        let (answer, _) = project.check(&["--policy", "drop-failing"], "a.py", &code);
        assert_eq!(answer["dropped"].as_array().expect("a list").len(), dropped, "{fail_on}");
        assert_eq!(answer["keep"], dropped == 0);
        let status = project.mcp("a.py", &code)["status"].clone();
        assert_eq!(status, if dropped == 0 { "passes" } else { "fails" }, "{fail_on}");
        let events = project.events("mcp");
        assert_eq!(events, project.events("check"), "{fail_on}");
        assert_eq!(events.iter().filter(|(event, _)| event == "dropped").count(), dropped);
    }
}

#[test]
fn a_licence_that_cannot_be_read_is_told_by_all() {
    let project = Project::new("");
    project.write("LICENSE", "Do what the moon lets you do.\n");
    let why = "the licence text is not a known one";
    let (_, notes) = project.check(&[], "a.py", ROUTES);
    assert!(notes.contains(why) && notes.contains("LICENSE"), "{notes}");
    let answer = project.mcp("a.py", ROUTES);
    assert!(answer["notes"].to_string().contains(why), "{answer}");
    project.write("a.py", ROUTES);
    let (_, out, _) = project.run(&["scan", "--format", "json"], &Value::Null);
    assert!(out.contains(why), "{out}");
}

#[test]
fn a_licence_that_changes_is_seen_with_the_next_answer() {
    let project = Project::new("");
    let manifest = |license: &str| {
        project.write("setup.cfg", &format!("[metadata]\nlicense = {license}\n"));
    };
    manifest("MIT");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_birthmark"));
    command.args(["check", "--no-log"]).current_dir(project.path("work"));
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut input = child.stdin.take().expect("piped");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    let mut decision = || {
        writeln!(input, "{}", json!({"code": ROUTES, "path": "a.py"})).expect("written");
        let mut line = String::new();
        output.read_line(&mut line).expect("an answer");
        let answer: Value = serde_json::from_str(&line).expect("JSON");
        answer["matches"][0]["verdict"]["decision"].clone()
    };
    assert_eq!(decision(), "incompatible");
    manifest("GPL-3.0-or-later");
    assert_eq!(decision(), "attribution-needed");
    drop(input);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
