#!/usr/bin/env python3
"""A day of edits: the language server's memory stays where it was.

    python3 tests/e2e/lsp_soak.py target/release/birthmark [EDITS]

Documents are edited by small changes, by whole texts and by undoing, opened and closed, asked about and explained; copies
come and go. The memory after a quarter of the edits is the measure of that after all of them.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEMO = ROOT / "examples" / "demo" / "parcelbot"
SLACK_KB = 8 * 1024


class Server:
    def __init__(self, program, directory):
        self.process = subprocess.Popen(
            [program, "lsp", "--log-dir", directory + "/log"],
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.requests = 0
        self.answers = {}
        self.arrived = threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            length = 0
            while (line := self.process.stdout.readline()) not in (b"\r\n", b""):
                name, value = line.split(b":")
                length = int(value)
            if not line:
                return
            message = json.loads(self.process.stdout.read(length))
            if "method" in message and "id" in message:
                self.send({"id": message["id"], "result": None})
            elif "id" in message:
                with self.arrived:
                    self.answers[message["id"]] = message
                    self.arrived.notify_all()

    def send(self, message):
        text = json.dumps({"jsonrpc": "2.0"} | message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(text) + text)
        self.process.stdin.flush()

    def tell(self, method, params):
        self.send({"method": method, "params": params})

    def ask(self, method, params):
        self.requests += 1
        self.send({"id": self.requests, "method": method, "params": params})
        with self.arrived:
            arrived = self.arrived.wait_for(lambda: self.requests in self.answers, timeout=60)
            assert arrived, f"{method} was never answered"
            return self.answers.pop(self.requests)

    def memory_kb(self):
        lines = pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        # What is the process's own: pages of a mapped index come and go as the system likes.
        return int(fields["RssAnon"].split()[0])


def main():
    program, edits = str(pathlib.Path(sys.argv[1]).resolve()), int((sys.argv + ["20000"])[2])
    with tempfile.TemporaryDirectory() as directory:
        directory = str(pathlib.Path(directory).resolve())
        (pathlib.Path(directory) / ".git").mkdir()
        text = f'license = "MIT"\nindex = ["starter", {json.dumps(str(ROOT / "fixtures/demo-index"))}]\n'
        (pathlib.Path(directory) / "birthmark.toml").write_text(text)
        soak(Server(program, directory), pathlib.Path(directory), edits)


def soak(server, directory, edits):
    dice = random.Random(7)
    texts = [path.read_text() for path in sorted(DEMO.glob("*.py"))]
    actions = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}}
    capabilities = {"textDocument": {"diagnostic": {}, "codeAction": actions}, "workspace": {"applyEdit": True}}
    params = {"processId": os.getpid(), "rootUri": directory.as_uri(), "capabilities": capabilities}
    server.ask("initialize", params | {"initializationOptions": {"debounceMs": 0, "asksReasons": True}})
    server.tell("initialized", {})
    documents = {}
    samples, began = [], time.time()
    for edit in range(1, edits + 1):
        uri = (directory / f"document{dice.randrange(6)}.py").as_uri()
        if uri not in documents:
            documents[uri] = {"version": 1}
            item = {"uri": uri, "languageId": "python", "version": 1, "text": dice.choice(texts)}
            server.tell("textDocument/didOpen", {"textDocument": item})
        change(server, dice, uri, documents[uri], texts)
        if edit % 5 == 0:
            assert "result" in server.ask("textDocument/diagnostic", {"textDocument": {"uri": uri}})
        if edit % 50 == 0:
            look_closer(server, uri)
        if edit % 97 == 0:
            server.tell("textDocument/didClose", {"textDocument": {"uri": uri}})
            del documents[uri]
        if edit % max(edits // 20, 1) == 0:
            samples.append(server.memory_kb())
    assert server.ask("shutdown", None)["result"] is None
    server.tell("exit", None)
    assert server.process.wait(10) == 0
    first, last = max(samples[: len(samples) // 4]), max(samples[-len(samples) // 4 :])
    print(f"{edits} edits in {time.time() - began:.0f} s; KB of memory along the way: {samples}")
    assert last <= first + SLACK_KB, f"from {first} KB to {last} KB"


def change(server, dice, uri, document, texts):
    document["version"] += 1
    identifier = {"uri": uri, "version": document["version"]}
    if dice.random() < 0.1:
        changes = [{"text": dice.choice(texts)}]
    else:
        line = dice.randrange(60)
        new = dice.choice(["", f"x_{dice.randrange(1000)} = 1\n", "# \U0001d11e\n", "def f(a):\n    return a * 2\n"])
        end = line + (1 if new == "" else 0)
        place = {"start": {"line": line, "character": 0}, "end": {"line": end, "character": 0}}
        changes = [{"range": place, "text": new}]
    server.tell("textDocument/didChange", {"textDocument": identifier, "contentChanges": changes})


def look_closer(server, uri):
    position = {"line": 20, "character": 2}
    server.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": position})
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 999, "character": 0}}
    context = {"diagnostics": []}
    actions = server.ask("textDocument/codeAction", {"textDocument": {"uri": uri}, "range": whole, "context": context})
    for action in actions["result"]:
        if action["command"]["command"] == "birthmark.explain":
            command = action["command"]
            params = {"command": command["command"], "arguments": command["arguments"]}
            server.ask("workspace/executeCommand", params)
    server.ask("birthmark/matches", {})


main()
