//! The message loop of the server for agents, fed with what no client would send.
//! `BIRTHMARK_FUZZ_CASES` says how often.

use std::io::{Cursor, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use birthmark::engine::index::IndexName;
use birthmark::project::config::ConfigChoice;
use birthmark::serve::mcp::{self, ChosenBy, Settings};
use birthmark::session::journal::{Journal, Service};
use birthmark::session::{Choices, Place};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

/// Cases, unless the environment says otherwise.
const CASES: u32 = 300;
/// In which every case must end, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// What happens to a message on its way.
#[derive(Clone, Debug)]
enum Change {
    None,
    Flip(Index, u8),
    Cut(Index),
    Double(Index, Index),
    Insert(Index, String),
}

fn messages() -> Vec<Value> {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let opening = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {"roots": {"listChanged": true}},
        "clientInfo": {"name": "test", "version": "1"},
    });
    let mut messages = vec![
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": opening}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": "ä", "method": "server/discover", "params": {"_meta": meta}}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {"_meta": meta}}),
        json!({"jsonrpc": "2.0", "id": 3, "method": "ping"}),
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 4, "reason": "x"}}),
        json!({"jsonrpc": "2.0", "method": "notifications/roots/list_changed"}),
        json!({"jsonrpc": "2.0", "id": 0, "result": {"roots": [{"uri": "file:///nowhere"}]}}),
        json!({"jsonrpc": "2.0", "id": 0, "error": {"code": 1, "message": "no"}}),
    ];
    for (tool, arguments) in [
        ("check_code", json!({"code": "def f(a):\n    return a\n", "path": "a.py"})),
        (
            "check_code",
            json!({"code": "fn f() {}", "language": "rust", "surrounding": {"before": "a\n", "after": ""}}),
        ),
        ("explain_match", json!({"id": "ab", "path": "a.py"})),
        ("list_licenses", json!({"limit": 1})),
        ("list_owners", json!({"filter": "a", "offset": 3})),
        ("show_policy", json!({"project": "."})),
    ] {
        let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
        messages.push(json!({"jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": params}));
    }
    messages
}

fn change() -> impl Strategy<Value = Change> {
    let pieces = vec![
        "{", "}", "\"", "\n", "\r", "null", "-1", "1e999", "\\ud800", "[[[[", "\u{feff}", "\"id\":",
    ];
    prop_oneof![
        3 => Just(Change::None),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Flip(at, byte)),
        1 => any::<Index>().prop_map(Change::Cut),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Double(from, to)),
        2 => (any::<Index>(), select(pieces))
            .prop_map(|(at, piece)| Change::Insert(at, piece.to_owned())),
    ]
}

impl Change {
    fn apply(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        match self {
            Change::None => {}
            Change::Flip(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] ^= byte;
            }
            Change::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Change::Double(from, to) => {
                let (a, b) = (from.index(bytes.len()), to.index(bytes.len()));
                let piece = bytes[a.min(b)..a.max(b)].to_vec();
                bytes.splice(b..b, piece);
            }
            Change::Insert(at, piece) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, piece.bytes());
            }
        }
        bytes
    }
}

/// What a server writes.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("sound").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Feeds a server, and returns what it says before it ends by itself.
fn answered(input: Vec<u8>, directory: &std::path::Path) -> Vec<u8> {
    let place = Place {
        directory: directory.to_owned(),
        configured: ConfigChoice::Without,
        choices: Choices { indexes: vec![IndexName::Starter], ..Choices::default() },
    };
    let settings = Settings {
        roots: vec![directory.to_owned()],
        chosen_by: ChosenBy::Client,
        place,
        jobs: None,
        journal: Journal::new(Service::Mcp, None),
    };
    let heard = Heard::default();
    let (told, ended) = mpsc::channel();
    let output = heard.clone();
    std::thread::Builder::new()
        .name("mcp loop".to_owned())
        .spawn(move || {
            // That client and server did not come to speak is an answer too.
            let _ = mcp::serve(Cursor::new(input), output, settings);
            let _ = told.send(());
        })
        .expect("it starts");
    ended.recv_timeout(PATIENCE).expect("it ends by itself");
    heard.0.lock().expect("sound").clone()
}

#[test]
fn no_stream_of_bytes_breaks_the_loop() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let thread = std::thread::current();
        let of_server =
            thread.name().is_none_or(|name| name.starts_with("mcp") || name.starts_with("tokio"));
        if of_server {
            PANICS.fetch_add(1, Ordering::SeqCst);
        }
        before(panic);
    }));
    let cases = std::env::var("BIRTHMARK_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok());
    let directory = tempfile::tempdir().expect("a directory");
    // Most conversations open as they should, or nothing would come to be asked.
    let opening = select(messages()[..4].to_vec());
    let ends = prop_oneof![9 => Just(b'\n'), 1 => Just(b' ')];
    let stream = (opening, vec((select(messages()), change(), ends), 0..12));
    let mut runner = TestRunner::new(Config { cases: cases.unwrap_or(CASES), ..Config::default() });
    let result = runner.run(&stream, |(opening, stream)| {
        let mut input = format!("{opening}\n").into_bytes();
        for (message, change, ends) in stream {
            input.extend(change.apply(message.to_string().into_bytes()));
            input.push(ends);
        }
        input.push(b'\n');
        let said = answered(input, directory.path());
        prop_assert!(said.is_empty() || said.ends_with(b"\n"));
        for line in said.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let message: Value = serde_json::from_slice(line)
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(&message["jsonrpc"], "2.0");
            prop_assert!(!message.to_string().contains("please report it"), "{}", message);
        }
        prop_assert_eq!(PANICS.load(Ordering::SeqCst), 0);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
