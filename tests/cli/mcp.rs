//! An agent at the other end: opens in both eras, asks every tool, and misbehaves.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{birthmark, project, schemas};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
const COPY: &str = include_str!("../../examples/demo/parcelbot/summary.py");
const CONFLICT: &str = include_str!("../../examples/demo/parcelbot/routes.py");
/// Far more than any answer takes, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server and what it says.
struct Server {
    child: Child,
    input: Option<ChildStdin>,
    said: mpsc::Receiver<Value>,
    last_id: u64,
}

impl Server {
    fn start(directory: &Path, arguments: &[&str]) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_birthmark"))
            .args(["mcp", "--no-log"])
            .args(arguments)
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let said = listen(child.stdout.take().expect("piped"));
        let input = child.stdin.take();
        Server { child, input, said, last_id: 0 }
    }

    /// One that has shaken hands.
    fn open(directory: &Path, arguments: &[&str]) -> Server {
        let mut server = Server::start(directory, arguments);
        let opening = server.ask("initialize", initialize(json!({})));
        assert_eq!(opening["result"]["serverInfo"]["name"], "birthmark");
        server.tell(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        server
    }

    fn write(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("open");
        input.write_all(bytes).and_then(|()| input.flush()).expect("it reads");
    }

    fn tell(&mut self, message: &Value) {
        self.write(format!("{message}\n").as_bytes());
    }

    fn hear(&self) -> Value {
        self.said.recv_timeout(PATIENCE).expect("it answers")
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.tell(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let answer = self.hear();
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({"name": tool, "arguments": arguments}))
    }

    /// What a tool gives, by its schema.
    fn data(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.call(tool, arguments);
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        answer["result"]["structuredContent"].clone()
    }

    /// What a tool says of its failure.
    fn failure(&mut self, tool: &str, arguments: Value) -> String {
        let answer = self.call(tool, arguments);
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        answer["result"]["content"][0]["text"].as_str().expect("a text").to_owned()
    }

    /// Leaves; returns the exit code and what was said on standard error.
    fn leave(mut self) -> (i32, String) {
        drop(self.input.take());
        let mut told = String::new();
        self.child.stderr.take().expect("piped").read_to_string(&mut told).expect("UTF-8");
        let status = self.child.wait().expect("it ends");
        (status.code().expect("not killed"), told)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All that is said is messages.
fn listen(output: ChildStdout) -> mpsc::Receiver<Value> {
    let (told, said) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            let line = line.expect("UTF-8");
            let message: Value =
                serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            assert_eq!(message["jsonrpc"], "2.0");
            if told.send(message).is_err() {
                return;
            }
        }
    });
    said
}

fn initialize(capabilities: Value) -> Value {
    json!({
        "protocolVersion": "2025-11-25",
        "capabilities": capabilities,
        "clientInfo": {"name": "test", "version": "1"},
    })
}

/// What a request of the later era says of its client.
fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

/// A project with an index of two components, under a licence that lets one of them stay.
fn with_index() -> tempfile::TempDir {
    let directory =
        project(&[("birthmark.toml", "license = \"MIT\"\nindex = [\".birthmark/index\"]\n")]);
    for component in ["plaintable", "gridroute"] {
        let source = Path::new(FIXTURES).join("demo-components").join(component);
        birthmark(directory.path()).args(["index", "add"]).arg(source).assert().success();
    }
    directory
}

/// Holds data to the schema that a tool announces for it.
fn validate(tools: &Value, name: &str, which: &str, data: &Value) {
    let tool =
        tools.as_array().expect("tools").iter().find(|tool| tool["name"] == name).expect("known");
    let schema = jsonschema::validator_for(&tool[which]).expect("a schema");
    let errors: Vec<String> = schema.iter_errors(data).map(|error| format!("{error}")).collect();
    assert!(errors.is_empty(), "{name} {which}: {errors:?}: {data}");
}

#[test]
fn tools_answer_by_their_schemas() {
    let directory = with_index();
    std::fs::write(directory.path().join("routes.py"), CONFLICT).expect("written");
    let mut server = Server::open(directory.path(), &[]);
    let tools = server.ask("tools/list", json!({}))["result"]["tools"].clone();
    let text = tools.to_string();
    assert!(!text.contains("\"format\"") && !text.contains("$ref"), "plain schemas: {text}");

    let arguments = json!({"code": CONFLICT, "path": "new.py"});
    validate(&tools, "check_code", "inputSchema", &arguments);
    let checked = server.data("check_code", arguments);
    validate(&tools, "check_code", "outputSchema", &checked);
    assert_eq!(checked["status"], "fails");
    let reference = &checked["matches"][0];
    assert_eq!(reference["verdict"]["decision"], "incompatible");
    assert_eq!(reference["owners"][0]["license"]["expression"], "GPL-3.0-or-later");
    assert!(!reference["finding"]["remedies"].as_array().expect("remedies").is_empty());

    for arguments in [
        json!({"id": reference["id"], "path": "routes.py"}),
        json!({"id": reference["id"], "code": CONFLICT, "path": "new.py"}),
        json!({"id": reference["id"].as_str().expect("text")[..6], "code": CONFLICT, "language": "python"}),
    ] {
        validate(&tools, "explain_match", "inputSchema", &arguments);
        let explained = server.data("explain_match", arguments);
        validate(&tools, "explain_match", "outputSchema", &explained);
        assert_eq!(explained["match"]["id"], reference["id"]);
    }

    let licenses = server.data("list_licenses", json!({}));
    validate(&tools, "list_licenses", "outputSchema", &licenses);
    let decisions: Vec<&Value> = licenses["licenses"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|license| &license["decision"])
        .collect();
    assert_eq!(decisions.len(), 2);
    assert!(
        decisions.contains(&&json!("incompatible"))
            && decisions.contains(&&json!("attribution-needed"))
    );

    let first = server.data("list_owners", json!({"limit": 1}));
    validate(&tools, "list_owners", "outputSchema", &first);
    assert_eq!((&first["total"], &first["next_offset"]), (&json!(2), &json!(1)));
    let second = server.data("list_owners", json!({"limit": 1, "offset": 1}));
    assert!(second.get("next_offset").is_none() && second["owners"] != first["owners"], "{second}");
    assert_eq!(server.data("list_owners", json!({"filter": "PLAIN"}))["total"], 1);

    let policy = server.data("show_policy", json!({}));
    validate(&tools, "show_policy", "outputSchema", &policy);
    assert_eq!(policy["license"]["expression"], "MIT");
    assert_eq!(server.leave(), (0, String::new()));
}

#[test]
fn a_match_has_the_shape_it_has_in_a_report() {
    let directory = with_index();
    std::fs::write(directory.path().join("routes.py"), CONFLICT).expect("written");
    let scan = birthmark(directory.path())
        .args(["scan", "--format", "json", "routes.py"])
        .output()
        .expect("it runs");
    let report: Value = serde_json::from_slice(&scan.stdout).expect("JSON");
    let mut server = Server::open(directory.path(), &[]);
    let arguments = json!({"code": CONFLICT, "path": "routes.py"});
    let checked = server.data("check_code", arguments);
    schemas::has_shape_of(&checked["matches"][0], &report["matches"][0]);
    let id = &checked["matches"][0]["id"];
    let explained = server.data("explain_match", json!({"id": id, "path": "routes.py"}));
    assert_eq!(explained["match"], checked["matches"][0]);
    assert_eq!(server.leave(), (0, String::new()));
}

#[test]
fn an_answer_tells_what_may_be_done() {
    let directory = with_index();
    let mut server = Server::open(directory.path(), &[]);
    let clean = server
        .data("check_code", json!({"code": "def f(x):\n    return x\n", "language": "python"}));
    assert_eq!(clean["status"], "nothing-found");
    let notice = server.data("check_code", json!({"code": COPY, "path": "sub/new.py"}));
    assert_eq!(notice["status"], "passes");
    assert_eq!(notice["matches"][0]["verdict"]["decision"], "attribution-needed");

    // A setting that changes while the server runs is heeded.
    let strict = "license = \"MIT\"\nindex = [\".birthmark/index\"]\nfail-on = \"info\"\n";
    std::fs::write(directory.path().join("birthmark.toml"), strict).expect("written");
    let failing = server.data("check_code", json!({"code": COPY, "path": "sub/new.py"}));
    assert_eq!(failing["status"], "fails");

    std::fs::write(directory.path().join("birthmark.toml"), "license = 3\n").expect("written");
    let broken = server.failure("check_code", json!({"code": COPY, "path": "sub/new.py"}));
    assert!(broken.contains("birthmark.toml:1"), "{broken}");
}

#[test]
fn only_the_piece_is_judged_and_its_lines_are_counted() {
    let directory = with_index();
    let mut server = Server::open(directory.path(), &[]);
    let whole = server.data("check_code", json!({"code": CONFLICT, "path": "a.py"}));
    let region = &whole["matches"][0]["region"];
    let line = |key: &str| region[key].as_u64().expect("a line");
    let (start, end) = (line("start_line"), line("end_line"));

    let (first, last) = (start as usize + 4, end as usize - 2);
    let all: Vec<&str> = CONFLICT.split_inclusive('\n').collect();
    let piece = |range: std::ops::Range<usize>| all[range].concat();
    let surrounding = json!({"before": piece(0..first - 1), "after": piece(last..all.len())});
    let arguments =
        json!({"code": piece(first - 1..last), "surrounding": surrounding, "path": "a.py"});
    let part = server.data("check_code", arguments.clone());
    assert_eq!(part["matches"][0]["id"], whole["matches"][0]["id"]);
    let region = &part["matches"][0]["region"];
    assert_eq!((&region["start_line"], &region["start_column"]), (&json!(1), &json!(1)));
    // The region ends before the first character of the line behind the code.
    assert_eq!((&region["end_line"], &region["end_column"]), (&json!(last - first + 2), &json!(1)));

    let mut asked = arguments;
    asked["id"] = whole["matches"][0]["id"].clone();
    let explained = server.data("explain_match", asked);
    let lines = explained["lines"].as_array().expect("lines");
    assert!(
        lines
            .iter()
            .all(|line| line["line"].as_u64().expect("a line") <= (last - first + 1) as u64)
    );

    let elsewhere = json!({
        "code": "x = 1\n", "surrounding": {"before": CONFLICT, "after": ""}, "path": "a.py",
    });
    assert_eq!(server.data("check_code", elsewhere)["status"], "nothing-found");
}

#[test]
fn the_later_era_needs_no_handshake() {
    let directory = with_index();
    let mut server = Server::start(directory.path(), &[]);
    let discovered = server.ask("server/discover", json!({"_meta": meta()}));
    let versions = discovered["result"]["supportedVersions"].to_string();
    assert!(versions.contains("2026-07-28") && versions.contains("2025-11-25"), "{discovered}");
    let tools = server.ask("tools/list", json!({"_meta": meta()}));
    assert_eq!(tools["result"]["tools"].as_array().expect("tools").len(), 5, "{tools}");
    let arguments = json!({"code": COPY, "path": "new.py"});
    let checked = server
        .ask("tools/call", json!({"name": "check_code", "arguments": arguments, "_meta": meta()}));
    assert_eq!(checked["result"]["structuredContent"]["status"], "passes", "{checked}");
    assert_eq!(checked["result"]["resultType"], "complete");
    assert_eq!(server.leave(), (0, String::new()));
}

#[test]
fn what_cannot_be_asked_is_told() {
    let directory = with_index();
    let outside = tempfile::tempdir().expect("a directory");
    std::fs::write(outside.path().join("secret.py"), COPY).expect("written");
    let mut server = Server::open(directory.path(), &[]);
    let secret = outside.path().join("secret.py").display().to_string();
    for (arguments, word) in [
        (json!({"code": "x"}), "`language`"),
        (json!({"code": "x", "language": "cobol"}), "python"),
        (json!({"code": "x", "path": "../a.py"}), "--project"),
        (json!({"code": "x", "path": secret}), "--project"),
        (json!({"code": "x", "path": "a.py", "project": "/"}), "--project"),
        (json!({"code": "x", "path": "a.py", "project": "none"}), "no directory"),
    ] {
        let told = server.failure("check_code", arguments);
        assert!(told.contains(word), "{told}");
    }
    for (arguments, word) in [
        (json!({"id": "ab", "path": "none.py"}), "none.py"),
        (json!({"id": "ab", "path": secret}), "--project"),
        (json!({"id": "ab", "language": "python"}), "`code`"),
        (json!({"id": "ab", "code": "x", "language": "python"}), "no match"),
        (json!({"id": "", "code": COPY, "language": "python"}), "no match"),
    ] {
        let told = server.failure("explain_match", arguments);
        assert!(told.contains(word), "{told}");
    }
    for (tool, arguments) in [
        ("no_such_tool", json!({})),
        ("check_code", json!({"code": "x", "path": "a.py", "unheard": 1})),
        ("check_code", json!({"code": 1})),
        ("check_code", json!({})),
        ("list_owners", json!({"limit": -1})),
    ] {
        let answer = server.call(tool, arguments);
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
    assert_eq!(server.ask("no/such", json!({}))["error"]["code"], -32601);
    assert_eq!(server.ask("tools/call", json!({"arguments": 3}))["error"]["code"], -32602);
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_else() {
    let directory = with_index();
    let outside = tempfile::tempdir().expect("a directory");
    std::fs::write(outside.path().join("secret.py"), COPY).expect("written");
    std::os::unix::fs::symlink(outside.path(), directory.path().join("link")).expect("linked");
    let mut server = Server::open(directory.path(), &[]);
    for path in ["link/secret.py", "link/new.py", "link/../link/secret.py"] {
        let told = server.failure("explain_match", json!({"id": "ab", "path": path}));
        assert!(told.contains("--project"), "{told}");
    }
}

#[test]
fn a_client_may_name_its_roots() {
    let directory = with_index();
    let elsewhere = tempfile::tempdir().expect("a directory");
    let roots = |server: &mut Server| {
        let root = format!("file://{}", directory.path().display());
        server.last_id += 1;
        let id = server.last_id;
        let arguments = json!({"code": COPY, "path": "new.py"});
        let params = json!({"name": "check_code", "arguments": arguments});
        server.tell(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}));
        let mut heard = server.hear();
        if heard["method"] == "roots/list" {
            let result = json!({"roots": [{"uri": root}]});
            server.tell(&json!({"jsonrpc": "2.0", "id": heard["id"], "result": result}));
            heard = server.hear();
        }
        heard
    };
    let mut server = Server::start(elsewhere.path(), &[]);
    server.ask("initialize", initialize(json!({"roots": {"listChanged": true}})));
    let checked = roots(&mut server);
    assert_eq!(checked["result"]["structuredContent"]["license"]["expression"], "MIT", "{checked}");

    // Who started the server has the last word.
    let own = elsewhere.path().display().to_string();
    let mut server = Server::start(elsewhere.path(), &["--project", &own]);
    server.ask("initialize", initialize(json!({"roots": {}})));
    let checked = roots(&mut server);
    assert!(
        checked["result"]["structuredContent"]["license"].get("expression").is_none(),
        "{checked}"
    );
}

#[test]
fn what_is_no_message_is_answered_and_does_no_harm() {
    let directory = with_index();
    let mut server = Server::start(directory.path(), &[]);
    server.tell(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    server.tell(&json!({"jsonrpc": "2.0", "id": 7, "result": {}}));
    assert_eq!(
        server.ask("tools/list", json!({}))["error"]["code"],
        -32602,
        "before the handshake"
    );
    server.write(b"\n  \r\n{nope\n");
    assert_eq!(server.hear()["error"]["code"], -32700);
    server.write(b"\xff\xfe\n");
    assert_eq!(server.hear()["error"]["code"], -32700);
    server.write(format!("{}\n", "[".repeat(10_000)).as_bytes());
    assert_eq!(server.hear()["error"]["code"], -32700);
    server.write(b"[1, 2]\n{\"jsonrpc\": \"1.0\", \"id\": 5, \"method\": \"ping\"}\n");
    assert_eq!(server.hear()["error"]["code"], -32600);
    let told = server.hear();
    assert_eq!((&told["error"]["code"], &told["id"]), (&json!(-32600), &json!(5)));

    server.ask("initialize", initialize(json!({})));
    // Whoever sent it waits for its id, which stands at its end.
    let code = "x".repeat(100 << 20);
    server.write(b"{\"jsonrpc\": \"2.0\", \"method\": \"tools/call\", \"params\": {\"code\": \"");
    server.write(code.as_bytes());
    server.write(b"\"}, \"id\": 77}\n");
    let told = server.hear();
    assert_eq!((&told["error"]["code"], &told["id"]), (&json!(-32600), &json!(77)), "{told}");
    server.write(b"{\"jsonrpc\": \"2.0\", \"method\": \"");
    server.write(code.as_bytes());
    server.write(b"\n");
    assert_eq!(server.hear()["error"]["code"], -32600);
    assert!(server.ask("ping", json!({})).get("result").is_some());
    assert_eq!(server.leave(), (0, String::new()));
}

#[test]
fn it_ends_when_its_client_does() {
    let directory = with_index();
    assert_eq!(Server::start(directory.path(), &[]).leave(), (0, String::new()));
    let mut server = Server::start(directory.path(), &[]);
    server.write(b"{\"jsonrpc\": \"2.0\", \"id\": 1, \"meth");
    assert_eq!(server.leave(), (0, String::new()));

    // What was asked before is still answered.
    let mut server = Server::open(directory.path(), &[]);
    let params = json!({"name": "check_code", "arguments": {"code": COPY, "path": "a.py"}});
    server.tell(&json!({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": params}));
    drop(server.input.take());
    assert_eq!(server.hear()["result"]["structuredContent"]["status"], "passes");

    // Nobody hears any more, though the input stays open.
    let mut child = Command::new(env!("CARGO_BIN_EXE_birthmark"))
        .arg("mcp")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let mut input = child.stdin.take().expect("piped");
    let _ = input.write_all(b"{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\"}\n");
    let (told, ended) = mpsc::channel();
    std::thread::spawn(move || told.send(child.wait().expect("it ends")));
    assert_eq!(ended.recv_timeout(PATIENCE).expect("it ends by itself").code(), Some(0));
    drop(input);
}

#[test]
fn a_long_check_keeps_nobody_waiting() {
    let directory = with_index();
    let mut server = Server::open(directory.path(), &["--jobs", "2"]);
    let long = COPY.repeat(200);
    let params = json!({"name": "check_code", "arguments": {"code": long, "path": "a.py"}});
    server.tell(&json!({"jsonrpc": "2.0", "id": "long", "method": "tools/call", "params": params}));
    server.tell(&json!({"jsonrpc": "2.0", "id": "short", "method": "ping"}));
    assert_eq!(server.hear()["id"], "short");
    assert_eq!(server.hear()["id"], "long");
}

/// The thread that parses is left to itself; the answer names the file, and the next check has
/// another thread.
#[test]
fn checks_are_answered_after_one_that_hangs() {
    let project = with_index();
    let mut server = Server::open(project.path(), &["--file-timeout", "0.03"]);
    let slow = "(){\n".repeat(250_000);
    let answer = server.data("check_code", json!({"code": slow, "path": "slow.py"}));
    assert_eq!(
        (&answer["status"], &answer["path"]),
        (&json!("not-checked"), &json!("slow.py")),
        "{answer}"
    );
    assert!(answer["notes"].to_string().contains("the parser did not end in time"), "{answer}");
    let mut quick = || server.data("check_code", json!({"code": "x = 1\n", "path": "quick.py"}));
    // On a busy machine a quick text may take long, too.
    assert!((0..100).any(|_| quick()["status"] == "nothing-found"));
    assert_eq!(server.leave().0, 0);
}

#[test]
fn what_was_suggested_is_noted() {
    let directory = with_index();
    let state = tempfile::tempdir().expect("a directory");
    let messages = [
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize(json!({}))}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params":
            {"name": "check_code", "arguments": {"code": CONFLICT, "path": "new.py"}}}),
    ];
    let input: String = messages.iter().map(|message| format!("{message}\n")).collect();
    let log = state.path().display().to_string();
    birthmark(directory.path())
        .args(["mcp", "--log-dir", &log])
        .write_stdin(input)
        .assert()
        .success();
    let mut shown = birthmark(directory.path());
    let (_, shown, _) = super::run(shown.args(["log", "--log-dir", &log, "--format", "json"]));
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    let events: Vec<(&Value, &Value)> = shown["events"]
        .as_array()
        .expect("a journal")
        .iter()
        .map(|entry| (&entry["service"], &entry["event"]))
        .collect();
    assert_eq!(events, [(&json!("mcp"), &json!("suggested")), (&json!("mcp"), &json!("dropped"))]);
}
