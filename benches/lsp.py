#!/usr/bin/env python3
"""What the language server costs: processor time from its start to the first diagnostic, for the first check of a file of
2,000 lines, and for the checks after edits of one function and of one line.

    python3 benches/lsp.py target/release/birthmark [INDEX]

Without INDEX it asks the starter index. The file is the beginning of a module of Python's standard library.
"""

import argparse as sample
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

EDITS = 40
LINES = 2000


class Server:
    def __init__(self, program, directory):
        self.process = subprocess.Popen(
            [program, "lsp", "--no-log"], cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.requests = 0

    def cost(self):
        """Milliseconds of processor time so far, of all threads."""
        return time.clock_gettime((~self.process.pid << 3) | 2) * 1000

    def send(self, message):
        text = json.dumps({"jsonrpc": "2.0"} | message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(text) + text)
        self.process.stdin.flush()

    def receive(self):
        length = 0
        while (line := self.process.stdout.readline()) != b"\r\n":
            name, value = line.split(b":")
            if name == b"Content-Length":
                length = int(value)
        return json.loads(self.process.stdout.read(length))

    def ask(self, method, params):
        self.requests += 1
        self.send({"id": self.requests, "method": method, "params": params})
        while True:
            message = self.receive()
            if message.get("id") == self.requests and "method" not in message:
                return message["result"]

    def tell(self, method, params):
        self.send({"method": method, "params": params})

    def begin(self, directory):
        capabilities = {"textDocument": {"diagnostic": {}}}
        options = {"debounceMs": 0}
        root = pathlib.Path(directory).as_uri()
        params = {"processId": os.getpid(), "rootUri": root, "capabilities": capabilities, "initializationOptions": options}
        self.ask("initialize", params)
        self.tell("initialized", {})

    def open(self, uri, text):
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        return self.diagnostics(uri)

    def change(self, uri, version, line, old, new):
        """Replaces a whole line."""
        at = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": len(old)}}
        document = {"uri": uri, "version": version}
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [{"range": at, "text": new}]})
        return self.diagnostics(uri)

    def diagnostics(self, uri):
        return self.ask("textDocument/diagnostic", {"textDocument": {"uri": uri}})

    def end(self):
        self.ask("shutdown", None)
        self.tell("exit", None)
        assert self.process.wait(10) == 0


def shown(what, costs):
    costs = sorted(costs)
    median, most = statistics.median(costs), costs[-1]
    print(f"{what:<58} median {median:6.1f} ms  most {most:6.1f} ms  of {len(costs)}")
    return median


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as directory:
        directory = str(pathlib.Path(directory).resolve())
        configuration = 'license = "MIT"\n'
        if len(sys.argv) > 2:
            configuration += f"index = [{json.dumps(str(pathlib.Path(sys.argv[2]).resolve()))}]\n"
        (pathlib.Path(directory) / "birthmark.toml").write_text(configuration)
        (pathlib.Path(directory) / ".git").mkdir()
        measure(program, directory)


def measure(program, directory):
    lines = pathlib.Path(sample.__file__).read_text().splitlines()[:LINES]
    small = pathlib.Path(directory, "small.py").as_uri()
    large = pathlib.Path(directory, "large.py").as_uri()
    starts, firsts, functions, oneliners = [], [], [], []
    for _ in range(10):
        server = Server(program, directory)
        server.begin(directory)
        server.open(small, "\n".join(lines[100:150]))
        starts.append(server.cost())
        before = server.cost()
        server.open(large, "\n".join(lines))
        firsts.append(server.cost() - before)
        server.end()
    server = Server(program, directory)
    server.begin(directory)
    server.open(large, "\n".join(lines))
    bodies = [at for at, line in enumerate(lines) if line.startswith("        return ")]
    for version in range(2, EDITS + 2):
        line = bodies[version * 7 % len(bodies)]
        before = server.cost()
        new = f"        value_{version} = compute(value, {version})\n{lines[line]}"
        server.change(large, 2 * version, line, lines[line], new)
        functions.append(server.cost() - before)
        before = server.cost()
        at = {"start": {"line": line, "character": 0}, "end": {"line": line + 1, "character": 0}}
        document = {"uri": large, "version": 2 * version + 1}
        server.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [{"range": at, "text": ""}]})
        server.diagnostics(large)
        oneliners.append(server.cost() - before)
    server.end()
    shown("from the start to the first diagnostic, a file of 50 lines", starts)
    shown(f"first check of a file of {len(lines):,} lines", firsts)
    shown("after a line was put into one of its functions", functions)
    shown("after it was taken out again", oneliners)


main()
