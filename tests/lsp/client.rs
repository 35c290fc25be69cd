//! A client that says exactly what a test wants it to say.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Longer than anything takes; what does not come until then does not come.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Client {
    server: Child,
    input: Option<ChildStdin>,
    received: Receiver<Value>,
    /// What came while something else was waited for.
    kept: Vec<Value>,
    requests: i32,
}

/// How a client gets diagnostics.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Push,
    Pull,
}

impl Client {
    /// Starts a server in a directory.
    pub(crate) fn start(directory: &Path, arguments: &[&str]) -> Client {
        let command = Command::new(env!("CARGO_BIN_EXE_birthmark"));
        Client::start_as(command, directory, arguments)
    }

    /// The same by a command with an environment of its own.
    pub(crate) fn start_as(mut command: Command, directory: &Path, arguments: &[&str]) -> Client {
        command.arg("lsp").args(arguments).current_dir(directory);
        command.env("GIT_AUTHOR_NAME", "Ada Example").env("GIT_AUTHOR_EMAIL", "ada@example.org");
        command.env("SOURCE_DATE_EPOCH", "1700000000").env_remove("GIT_DIR");
        command.env("XDG_STATE_HOME", directory.join(".state"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = command.spawn().expect("it starts");
        let input = server.stdin.take();
        let output = server.stdout.take().expect("asked for");
        let (sender, received) = mpsc::channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Client { server, input, received, kept: Vec::new(), requests: 0 }
    }

    /// Starts a server and makes its acquaintance. `more` goes over the usual parameters.
    pub(crate) fn open(directory: &Path, way: Way, more: Value) -> Client {
        let mut client = Client::start(directory, &[]);
        client.initialize(directory, way, more);
        client
    }

    pub(crate) fn initialize(&mut self, directory: &Path, way: Way, more: Value) -> Value {
        let mut params = json!({
            "processId": std::process::id(),
            "rootUri": uri(directory),
            "capabilities": {
                "textDocument": {
                    "hover": { "contentFormat": ["markdown", "plaintext"] },
                    "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["quickfix"] } } },
                },
                "workspace": { "applyEdit": true },
            },
            "initializationOptions": { "debounceMs": 5 },
        });
        if way == Way::Pull {
            params["capabilities"]["textDocument"]["diagnostic"] = json!({});
        }
        merge(&mut params, more);
        let result = self.ask("initialize", params);
        self.tell("initialized", json!({}));
        result
    }

    pub(crate) fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Asks and waits for the answer.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let response = self.try_to_ask(method, params);
        assert!(response.get("error").is_none(), "{method}: {response}");
        response["result"].clone()
    }

    /// Asks and waits for the answer, which may be an error.
    pub(crate) fn try_to_ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin_to_ask(method, params);
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    pub(crate) fn begin_to_ask(&mut self, method: &str, params: Value) -> i32 {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    pub(crate) fn answer(&mut self, request: &Value, result: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }));
    }

    pub(crate) fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.send_bytes(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("not closed");
        // A server that has ended reads no more; whoever waits for an answer will notice.
        input.write_all(bytes).and_then(|()| input.flush()).unwrap_or(());
    }

    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    /// Waits for a message of that kind. What comes before it is kept for later.
    pub(crate) fn wait(&mut self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&is_wanted) {
            return self.kept.remove(at);
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.received.recv_timeout(left) {
                Ok(message) if is_wanted(&message) => return message,
                Ok(message) => self.kept.push(message),
                Err(_) => panic!("it never came; what came is {:#?}", self.kept),
            }
        }
    }

    /// Waits for a notification or a request.
    pub(crate) fn wait_for(&mut self, method: &str) -> Value {
        self.wait(|message| message["method"] == method)
    }

    /// What has come and was not waited for.
    pub(crate) fn rest(&mut self) -> Vec<Value> {
        self.kept.extend(self.received.try_iter());
        std::mem::take(&mut self.kept)
    }

    pub(crate) fn open_document(&mut self, uri: &str, text: &str) {
        let item = json!({ "uri": uri, "languageId": "python", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": item }));
    }

    pub(crate) fn change(&mut self, uri: &str, version: i32, changes: Value) {
        let document = json!({ "uri": uri, "version": version });
        self.tell(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": changes }),
        );
    }

    /// The diagnostics that are sent next for a document.
    pub(crate) fn pushed(&mut self, uri: &str) -> Vec<Value> {
        let published = |message: &Value| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
        };
        let message = self.wait(published);
        message["params"]["diagnostics"].as_array().expect("a list").clone()
    }

    /// The diagnostics that are given for a document.
    pub(crate) fn pulled(&mut self, uri: &str) -> Vec<Value> {
        let report = self.ask("textDocument/diagnostic", json!({ "textDocument": { "uri": uri } }));
        report["items"].as_array().expect("a list").clone()
    }

    /// Ends as the protocol wants it; returns the exit status.
    pub(crate) fn end(mut self) -> i32 {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        self.exited().code().expect("not killed")
    }

    /// Waits for the server to exit.
    pub(crate) fn exited(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.server.try_wait().expect("it can be waited for") {
                return status;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("it never exited; what came is {:#?}", self.rest());
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.server.kill().unwrap_or(());
        self.server.wait().map(drop).unwrap_or(());
    }
}

/// The URI of a path.
pub(crate) fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().ok()?,
            _ if line == "\r\n" => break,
            _ => panic!("standard output carries messages only: {line:?}"),
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("JSON"))
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}
