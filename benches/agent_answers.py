#!/usr/bin/env python3
"""What an answer to an agent costs: processor time of `birthmark mcp` for `check_code` of 50 lines, warm.

    benches/agent_answers.py BIRTHMARK [SOURCES...] [--index INDEX ...] [--pieces 400] [--limits 5,25]

SOURCES are folders of Python and Rust files, by default Python's own library, of which pieces of 50 lines are taken as they come.
The server is asked for each piece once, after 20 to warm it. The clock is that of the whole process with all its threads: to read
the message, the loop of the protocol and to write the answer count too. With --limits it fails where the median or the 99th
percentile, in ms, is above them.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

LINES = 50
WARM = 20
SUFFIXES = {".py": "python", ".rs": "rust"}
MAX_BYTES = 400_000


def pieces(sources, wanted):
    """Pieces of files in a random order that is always the same."""
    order = random.Random(7)
    files = sorted(file for folder in sources for file in folder.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    order.shuffle(files)
    for file in files:
        if not 0 < file.stat().st_size < MAX_BYTES:
            continue
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        if len(lines) < LINES:
            continue
        start = order.randrange(len(lines) - LINES + 1)
        yield SUFFIXES[file.suffix], "".join(lines[start : start + LINES])
        wanted -= 1
        if not wanted:
            return


class Server:
    def __init__(self, program, directory, indexes):
        chosen = [word for index in indexes for word in ("--index", index)]
        arguments = [program, "mcp", "--no-log", "--project", directory, "--license", "MIT", *chosen]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.last = 0
        # The clock of another process's processor time, as clock_getcpuclockid(3) makes it.
        self.clock = (~self.process.pid << 3) | 2
        opening = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
        self.ask("initialize", opening)

    def ask(self, method, params):
        self.last += 1
        message = {"jsonrpc": "2.0", "id": self.last, "method": method, "params": params}
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["result"]

    def check(self, language, code):
        """Seconds of processor time, and the answer."""
        before = time.clock_gettime(self.clock)
        answer = self.ask("tools/call", {"name": "check_code", "arguments": {"code": code, "language": language}})
        return time.clock_gettime(self.clock) - before, answer["structuredContent"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("birthmark", type=Path)
    parser.add_argument("sources", type=Path, nargs="*", default=[Path(sysconfig.get_path("stdlib"))])
    parser.add_argument("--index", action="append", default=[])
    parser.add_argument("--pieces", type=int, default=400)
    parser.add_argument("--limits", help="median and 99th percentile in ms that may not be passed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        server = Server(arguments.birthmark.resolve(), directory, arguments.index)
        policy = server.ask("tools/call", {"name": "show_policy", "arguments": {}})["structuredContent"]
        asked = list(pieces(arguments.sources, arguments.pieces + WARM))
        for language, code in asked[:WARM]:
            server.check(language, code)
        answers = [server.check(language, code) for language, code in asked[WARM:]]
        server.process.stdin.close()
        server.process.wait()
    times = sorted(1000 * seconds for seconds, _ in answers)
    median, p99 = statistics.median(times), times[len(times) * 99 // 100]
    found = sum(bool(answer["matches"]) for _, answer in answers)
    lines = sum(index["lines"] for index in policy["indexes"])
    print(f"{len(times)} pieces of {LINES} lines against {lines:,} lines, {found} with references")
    print(f"processor time: median {median:.1f} ms, 99th percentile {p99:.1f} ms, most {times[-1]:.1f} ms")
    if arguments.limits:
        limits = [float(limit) for limit in arguments.limits.split(",")]
        if median > limits[0] or p99 > limits[1]:
            sys.exit(f"FAILED  more than {limits[0]} and {limits[1]} ms")


main()
