//! What answers many requests: one that hangs in any stage is answered as failed and given up, and
//! the next is answered.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::{Value, json};

use super::hang::{Hang, cut_short, modules};
use super::{birthmark, project, run};

const COPY: &str = include_str!("../../examples/demo/parcelbot/routes.py");
const COMPONENTS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo-components/recipe.toml");
/// Far more than any answer takes, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// A process that answers lines of JSON.
struct Service {
    child: Child,
    input: ChildStdin,
    said: Receiver<Value>,
}

impl Service {
    fn start(directory: &Path, hang: Option<&Hang>, arguments: &[&str]) -> Service {
        let mut command = Command::new(env!("CARGO_BIN_EXE_birthmark"));
        command.args(arguments).current_dir(directory).env("BIRTHMARK_FILE_TIMEOUT", "2");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        hang.into_iter().for_each(|hang| hang.load(&mut command));
        let mut child = command.spawn().expect("it starts");
        let (told, said) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().expect("piped"));
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let value = serde_json::from_str(&line).expect("JSON");
                if told.send(value).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take().expect("piped");
        Service { child, input, said }
    }

    fn tell(&mut self, message: &Value) {
        writeln!(self.input, "{message}").expect("it reads");
    }

    fn ask(&mut self, message: &Value) -> Value {
        self.tell(message);
        self.said.recv_timeout(PATIENCE).expect("it answers")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().unwrap_or(());
        self.child.wait().map(drop).unwrap_or(());
    }
}

/// An index of the demo's components behind a large one. Of a small index all is read when it is
/// opened, so that no look-up could hang.
fn index() -> &'static Path {
    static BUILT: OnceLock<tempfile::TempDir> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let function = |i: u32| {
            format!("def part_{i}(a, b):\n    return a.get_{i}(b * {i}) + b.of_{i}(a)\n\n")
        };
        let text: String = (0..4000).map(function).collect();
        let directory = project(&[("large/large.py", &text)]);
        for words in [
            &["add", "--recipe", COMPONENTS][..],
            &["add", "large", "--purl", "pkg:generic/a-large-one@1", "--license", "MIT"],
            &["merge"],
        ] {
            let mut command = birthmark(directory.path());
            let (code, _, err) = run(command.arg("index").args(words).args(["--index", "index"]));
            assert_eq!(code, 0, "{err}");
        }
        directory
    });
    Box::leak(built.path().join("index").into_boxed_path())
}

fn configuration() -> String {
    format!("license = 'MIT'\nindex = ['{}']\n", index().display())
}

fn under_mit() -> tempfile::TempDir {
    project(&[("birthmark.toml", &configuration())])
}

#[test]
fn suggestions_are_answered_after_one_that_hangs_in_the_index() {
    let (directory, hang) = (under_mit(), Hang::new());
    let mut service = Service::start(directory.path(), Some(&hang), &["check", "--no-log"]);
    let ask = |id: u64, code: &str| json!({ "id": id, "path": "a.py", "code": code });
    assert_eq!(service.ask(&ask(0, ""))["status"], "checked");
    // More of them than there are threads.
    for id in 1..4 {
        hang.begin();
        let answer = service.ask(&ask(id, COPY));
        let error = answer["error"].as_str().unwrap_or_else(|| panic!("{answer}"));
        assert!(error.contains("not checked within 10 s and is given up"), "{error}");
        hang.end();
    }
    let answer = service.ask(&ask(4, COPY));
    assert_eq!((&answer["id"], &answer["status"]), (&json!(4), &json!("checked")), "{answer}");
    assert_eq!(answer["matches"].as_array().map(Vec::len), Some(1), "{answer}");
}

/// The project is opened anew when its configuration has changed, which may hang as well.
#[test]
fn suggestions_are_answered_after_a_project_that_hangs_as_it_is_opened() {
    let (directory, hang) = (under_mit(), Hang::new());
    let mut service = Service::start(directory.path(), Some(&hang), &["check", "--no-log"]);
    let ask = |id: u64| json!({ "id": id, "path": "a.py", "code": COPY });
    assert_eq!(service.ask(&ask(0))["status"], "checked");
    for id in 1..3 {
        let text = format!("{}# {id}\n", configuration());
        fs::write(directory.path().join("birthmark.toml"), text).expect("written");
        hang.begin();
        let answer = service.ask(&ask(id));
        let error = answer["error"].as_str().unwrap_or_else(|| panic!("{answer}"));
        assert!(error.contains("could not be opened within 10 s"), "{error}");
        hang.end();
    }
    assert_eq!(service.ask(&ask(3))["status"], "checked");
}

#[test]
fn an_agent_is_answered_after_a_call_that_hangs() {
    let (directory, hang) = (under_mit(), Hang::new());
    let arguments = ["mcp", "--no-log", "--jobs", "1"];
    let mut service = Service::start(directory.path(), Some(&hang), &arguments);
    let opening = json!({
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" },
    });
    service.ask(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": opening }));
    service.tell(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    let call = |id: u64| {
        let arguments = json!({ "code": COPY, "path": "a.py" });
        let params = json!({ "name": "check_code", "arguments": arguments });
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
    };
    for id in 1..3 {
        hang.begin();
        let answer = service.ask(&call(id));
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        assert!(answer.to_string().contains("not done within 10 s"), "{answer}");
        hang.end();
    }
    let answer = service.ask(&call(3));
    assert_eq!(answer["result"]["structuredContent"]["status"], "fails", "{answer}");
}

/// A file of an index that is cut short while it is open is an error that names it, and no signal.
#[test]
fn an_index_that_is_cut_short_ends_nothing() {
    let directory = project(&[]);
    let texts = modules(&directory.path().join("package"));
    birthmark(directory.path()).args(["index", "add", "package"]).assert().success();
    let index = directory.path().join(".birthmark/index");
    let arguments = ["check", "--no-log", "--index", ".birthmark/index"];
    let mut service = Service::start(directory.path(), None, &arguments);
    let ask = |id: usize, code: &str| json!({ "id": id, "path": "a.py", "code": code });
    assert_eq!(service.ask(&ask(0, "x = 1\n"))["status"], "checked");
    let segment = cut_short(&index).display().to_string();
    let name = Path::new(&segment).file_name().and_then(|it| it.to_str()).expect("UTF-8");
    let answer = service.ask(&ask(1, &texts[150])).to_string();
    assert!(answer.contains(name) && answer.contains("cut short"), "{answer}");
    assert_eq!(service.ask(&ask(2, "x = 1\n"))["id"], 2);
    // Whoever opens it now is told so as well.
    let mut scan = birthmark(directory.path());
    scan.args(["scan", "package", "--index", ".birthmark/index"]);
    let output = scan.output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains(name));
    fs::remove_dir_all(index).expect("removed");
}
