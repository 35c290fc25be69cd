//! The message loop under streams of bytes that nobody would send: it ends in time, no thread of it
//! panics, and all that it says are messages.
//!
//! `BIRTHMARK_FUZZ_CASES` makes it longer: 100,000 take a quarter of an hour.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, mpsc};
use std::thread;
use std::time::Duration;

use birthmark::project::config::ConfigChoice;
use birthmark::serve::lsp::{Start, serve};
use birthmark::session::Choices;
use birthmark::session::journal::{Journal, Service};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::{INNOCENT, Project, SUMMARY};

const CASES: u32 = 150;
/// Longer than any case takes.
const PATIENCE: Duration = Duration::from_secs(60);

static PANICS: AtomicUsize = AtomicUsize::new(0);
static COUNTED: Once = Once::new();

/// A stream in pieces, whose end comes only once there was time to work.
struct Slow {
    bytes: Vec<u8>,
    at: usize,
    piece: usize,
}

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = &self.bytes[self.at..];
        if left.is_empty() {
            thread::sleep(Duration::from_millis(15));
        }
        let read = left.len().min(self.piece).min(buffer.len());
        buffer[..read].copy_from_slice(&left[..read]);
        self.at += read;
        Ok(read)
    }
}

#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Decisions, one after the other; none are left at the end.
struct Dice<'a>(std::slice::Iter<'a, u32>);

impl Dice<'_> {
    fn below(&mut self, end: usize) -> usize {
        self.0.next().map_or(0, |&thrown| thrown as usize % end.max(1))
    }

    fn is_over(&self) -> bool {
        self.0.as_slice().is_empty()
    }
}

fn folders(project: &Project) -> Value {
    json!([{ "uri": project.uri(""), "name": "x" }])
}

fn greeting(project: &Project) -> Value {
    let capabilities = json!({
        "workspace": { "applyEdit": true, "configuration": true, "workspaceEdit": { "documentChanges": true } },
        "window": { "workDoneProgress": true, "showDocument": { "support": true } },
        "general": { "positionEncodings": ["utf-8", "utf-16"] },
    });
    let options = json!({ "debounceMs": 1, "asksReasons": true });
    let folders = folders(project);
    json!({
        "processId": null, "rootUri": null, "workspaceFolders": folders, "capabilities": capabilities,
        "initializationOptions": options,
    })
}

/// A message of a client at a place of the script, with an id if it wants an answer.
fn with_id((at, (method, params)): (usize, (&str, Value))) -> Value {
    let mut message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
    let told = ["initialized", "$/cancelRequest", "exit", "window/workDoneProgress/cancel"]
        .contains(&method);
    if !told && !method.contains("/did") {
        message["id"] = json!(at + 1);
    }
    message
}

/// What a client would say, from its greeting to its farewell.
fn script(project: &Project) -> Vec<Value> {
    let uri = project.uri("a.py");
    let document = json!({ "uri": uri });
    let place = json!({ "line": 20, "character": 3 });
    let range = json!({ "start": place, "end": place });
    let target = json!({ "uri": uri, "id": "f416b4443e201a99", "reason": "so" });
    let item =
        |text: &str| json!({ "uri": uri, "languageId": "python", "version": 1, "text": text });
    let change = |version: i32, range: Value, text: &str| {
        let mut change = json!({ "text": text });
        if !range.is_null() {
            change["range"] = range;
        }
        json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [change] })
    };
    let command = |name: &str| {
        let command = format!("birthmark.{name}");
        ("workspace/executeCommand", json!({ "command": command, "arguments": [target] }))
    };
    let said = [
        ("initialize", greeting(project)),
        ("initialized", json!({})),
        ("textDocument/didOpen", json!({ "textDocument": item(SUMMARY) })),
        ("textDocument/diagnostic", json!({ "textDocument": document, "previousResultId": "1" })),
        ("textDocument/didChange", change(2, range.clone(), "x = '\u{1d11e}'\n")),
        ("textDocument/didChange", change(3, Value::Null, SUMMARY)),
        ("textDocument/hover", json!({ "textDocument": document, "position": place })),
        (
            "textDocument/codeAction",
            json!({ "textDocument": document, "range": range, "context": { "diagnostics": [] } }),
        ),
        command("explain"),
        command("attribute"),
        command("suppress"),
        command("showOrigin"),
        (
            "workspace/executeCommand",
            json!({ "command": "birthmark.scanWorkspace", "workDoneToken": 7 }),
        ),
        ("window/workDoneProgress/cancel", json!({ "token": 7 })),
        ("birthmark/matches", json!({ "textDocument": document })),
        ("$/cancelRequest", json!({ "id": 4 })),
        (
            "workspace/didChangeConfiguration",
            json!({ "settings": { "birthmark": { "preset": "audit" } } }),
        ),
        (
            "workspace/didChangeWorkspaceFolders",
            json!({ "event": { "added": folders(project), "removed": [] } }),
        ),
        ("workspace/didChangeWatchedFiles", json!({ "changes": [] })),
        ("textDocument/didSave", json!({ "textDocument": document })),
        ("textDocument/didChange", change(4, Value::Null, INNOCENT)),
        ("textDocument/didClose", json!({ "textDocument": document })),
        ("shutdown", Value::Null),
        ("exit", Value::Null),
    ];
    let mut script: Vec<Value> = said.into_iter().enumerate().map(with_id).collect();
    script.insert(
        10,
        json!({ "jsonrpc": "2.0", "id": "birthmark-1", "result": [{ "license": "MIT", "threshold": 40 }] }),
    );
    script.insert(
        13,
        json!({ "jsonrpc": "2.0", "id": "birthmark-2", "result": { "applied": true } }),
    );
    script
}

/// Puts something else in some place of a value.
fn distort(value: &mut Value, dice: &mut Dice<'_>) {
    let strange = [
        Value::Null,
        json!(-1),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("\u{0}\u{1d11e}\u{202e}"),
        json!("file:///%00/..%2f"),
        json!([]),
        json!({}),
        json!(true),
        json!("x".repeat(5000)),
        json!(4_294_967_295u32),
    ];
    let children = match value {
        Value::Object(map) => map.len(),
        Value::Array(list) => list.len(),
        _ => 0,
    };
    if children == 0 || dice.below(4) == 0 {
        *value = strange[dice.below(strange.len())].clone();
        return;
    }
    let chosen = dice.below(children);
    match value {
        Value::Object(map) => {
            let key = map.keys().nth(chosen).cloned().unwrap_or_default();
            match dice.below(5) {
                0 => drop(map.remove(&key)),
                _ => map.get_mut(&key).into_iter().for_each(|child| distort(child, dice)),
            }
        }
        Value::Array(list) => distort(&mut list[chosen], dice),
        _ => {}
    }
}

/// A stream made of the script by decisions: messages left out, repeated, moved and distorted, then
/// bytes.
fn stream(project: &Project, decisions: &[u32]) -> Slow {
    let mut dice = Dice(decisions.iter());
    let mut messages = script(project);
    for _ in 0..dice.below(6) {
        let (at, to) = (dice.below(messages.len()), dice.below(messages.len()));
        match dice.below(4) {
            0 => drop(messages.remove(at)),
            1 => messages.swap(at, to),
            2 => messages.insert(to, messages[at].clone()),
            _ => distort(&mut messages[at], &mut dice),
        }
    }
    let mut bytes = Vec::new();
    for message in &messages {
        let text = message.to_string();
        bytes.extend(format!("Content-Length: {}\r\n\r\n{text}", text.len()).bytes());
    }
    let piece = 1 + dice.below(8000);
    while !dice.is_over() && dice.below(3) == 0 {
        let (at, length) = (dice.below(bytes.len()), 1 + dice.below(40));
        let end = (at + length).min(bytes.len());
        match dice.below(4) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => bytes[at..end].iter_mut().for_each(|byte| *byte ^= 1 << dice.below(8)),
            _ => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
        }
    }
    Slow { bytes, at: 0, piece }
}

/// Whether everything that was said are whole messages.
fn are_messages(mut said: &[u8]) -> bool {
    while !said.is_empty() {
        let Some(end) = said.windows(4).position(|window| window == b"\r\n\r\n") else {
            return false;
        };
        let header = String::from_utf8_lossy(&said[..end]);
        let length =
            header.strip_prefix("Content-Length: ").and_then(|length| length.parse::<usize>().ok());
        let Some(body) = length.and_then(|length| said.get(end + 4..end + 4 + length)) else {
            return false;
        };
        let Ok(message) = serde_json::from_slice::<Value>(body) else { return false };
        if message["jsonrpc"] != "2.0" {
            return false;
        }
        said = &said[end + 4 + body.len()..];
    }
    true
}

#[test]
fn no_stream_of_bytes_upsets_the_message_loop() {
    COUNTED.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if thread::current().name().is_none() {
                PANICS.fetch_add(1, Ordering::SeqCst);
            }
            usual(panic);
        }));
    });
    let project = Project::new();
    let project = &project;
    let cases = std::env::var("BIRTHMARK_FUZZ_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(CASES);
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let decisions = proptest::collection::vec(any::<u32>(), 0..80);
    let run = TestRunner::new(config).run(&decisions, |decisions| {
        let before = PANICS.load(Ordering::SeqCst);
        let (input, said) = (stream(project, &decisions), Said::default());
        let output = said.clone();
        let (ended, end) = mpsc::channel();
        let start = Start {
            configured: ConfigChoice::Nearest(PathBuf::from(".")),
            choices: Choices::default(),
            journal: Journal::new(Service::Lsp, None),
        };
        thread::spawn(move || ended.send(serve(input, output, start)).unwrap_or(()));
        prop_assert!(end.recv_timeout(PATIENCE).is_ok(), "it never ended");
        prop_assert_eq!(PANICS.load(Ordering::SeqCst), before, "a thread panicked");
        let said = said.0.lock().expect("not poisoned").clone();
        prop_assert!(are_messages(&said), "{}", String::from_utf8_lossy(&said));
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}
