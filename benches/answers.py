#!/usr/bin/env python3
"""What an answer costs: suggestions of 50 lines through `birthmark check`, one after the other, and through `birthmark hook`,
which is started anew for each.

    benches/answers.py BIRTHMARK INDEX [SOURCES] [--count 1000] [--lines 50] [--hooks 50] [--fail-above MEDIAN,P99]

SOURCES is a folder of source files, by default Python's own library; pieces of them are asked for, those that the hash of their names puts first, in two
ways: alone, and with the file around them. INDEX is a directory, or `starter`. Figures are the processor time (user and system) of all threads of the
process from one answer to the next, by the process's own clock in nanoseconds (clock_getcpuclockid, Linux),
so that other programs on the machine do not count; of a hook, that of the whole process. Prints a table in Markdown.
"""

import argparse
import hashlib
import json
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

LANGUAGES = {".py": "python", ".rs": "rust"}
# Answers before measuring begins: the pages of the index that every look-up needs are in memory then.
WARM_UP = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("birthmark", type=Path)
    parser.add_argument("index")
    parser.add_argument("sources", type=Path, nargs="?", default=Path(sysconfig.get_paths()["stdlib"]))
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--lines", type=int, default=50)
    parser.add_argument("--hooks", type=int, default=50)
    parser.add_argument("--fail-above", metavar="MEDIAN,P99", help="exit with 1 if suggestions alone cost more, in ms")
    arguments = parser.parse_args()
    pieces = chosen(arguments.sources, arguments.lines, arguments.count + WARM_UP)
    print("| asked | answers | with references | start ms | median ms | p99 ms | most ms |")
    print("|" + "---|" * 7)
    reached = []
    for name, ask in (("alone", alone), ("with the file around it", surrounded)):
        with Check(arguments.birthmark, arguments.index) as check:
            answers = [check.answer(ask(piece)) for piece in pieces]
        found = sum(bool(answer["matches"]) for answer, _ in answers[WARM_UP:])
        wrong = [answer["error"] for answer, _ in answers if answer["status"] == "failed"]
        assert not wrong, wrong[0]
        costs = sorted(cost for _, cost in answers[WARM_UP:])
        median, p99 = statistics.median(costs), costs[int(len(costs) * 0.99)]
        reached.append((median, p99))
        print(f"| {name} | {len(costs):,} | {found:,} | {check.start:.0f} | {median:.1f} | {p99:.1f} | {costs[-1]:.1f} |")
    costs, clock = hooks(arguments.birthmark, arguments.index, pieces[WARM_UP : WARM_UP + arguments.hooks])
    print(f"| hook, with its start | {len(costs):,} | | | {statistics.median(costs):.1f} | {costs[int(len(costs) * 0.99)]:.1f} | {costs[-1]:.1f} |")
    print(f"\nThe slowest hook took {clock:.0f} ms of the clock.")
    if arguments.fail_above:
        limits = [float(limit) for limit in arguments.fail_above.split(",")]
        if any(cost > limit for cost, limit in zip(reached[0], limits)):
            sys.exit(f"more than {arguments.fail_above} ms")


def chosen(sources: Path, lines: int, count: int) -> list[tuple[str, str, str, str]]:
    """Pieces of source files: language, text before, piece, text behind."""
    files = [path for path in sources.rglob("*") if path.suffix in LANGUAGES and path.is_file()]
    files.sort(key=lambda path: hashlib.sha256(str(path.relative_to(sources)).encode()).digest())
    pieces = []
    for path in files:
        text = path.read_bytes().decode(errors="replace").splitlines(keepends=True)
        if len(text) < 2 * lines or sum(map(len, text)) > 500_000:
            continue
        start = hashlib.sha256(path.name.encode()).digest()[0] * (len(text) - lines) // 256
        end = start + lines
        pieces.append((LANGUAGES[path.suffix], "".join(text[:start]), "".join(text[start:end]), "".join(text[end:])))
        if len(pieces) == count:
            break
    return pieces


def hooks(birthmark: Path, index: str, pieces: list[tuple[str, str, str, str]]) -> tuple[list[float], float]:
    """Milliseconds of processor time of hooks, ascending, and of the clock of the slowest."""
    costs, clock = [], 0.0
    with tempfile.TemporaryDirectory() as directory:
        for language, _, code, _ in pieces:
            name = next(suffix for suffix, known in LANGUAGES.items() if known == language)
            event = {"hook_event_name": "PreToolUse", "tool_name": "Write", "cwd": directory,
                     "tool_input": {"file_path": f"suggestion{name}", "content": code}}
            command = [str(birthmark.resolve()), "hook", "claude", "--index", located(index), "--license", "MIT", "--no-config"]
            command += ["--log-dir", directory, "--deadline", "60000"]
            started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(command, input=json.dumps(event).encode(), capture_output=True, check=True, cwd=directory)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            assert b"did not judge" not in done.stdout, done.stdout
            clock = max(clock, (time.monotonic() - started) * 1e3)
            costs.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3)
    return sorted(costs), clock


def located(index: str) -> str:
    return index if index == "starter" else str(Path(index).resolve())


def alone(piece: tuple[str, str, str, str]) -> dict:
    language, _, code, _ = piece
    return {"language": language, "code": code}


def surrounded(piece: tuple[str, str, str, str]) -> dict:
    language, before, code, after = piece
    return {"language": language, "code": code, "surrounding": {"before": before, "after": after}}


class Check:
    """A conversation with `birthmark check`."""

    def __init__(self, birthmark: Path, index: str) -> None:
        self.state = tempfile.TemporaryDirectory()
        command = [str(birthmark.resolve()), "check", "--index", located(index)]
        command += ["--license", "MIT", "--no-config", "--log-dir", self.state.name]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self.state.name)
        # The first answer comes when everything is open.
        self.used = 0
        _, self.start = self.answer({"language": "python", "code": ""})

    def __enter__(self) -> "Check":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.state.cleanup()

    def answer(self, request: dict) -> tuple[dict, float]:
        """The answer, and the milliseconds of processor time since the last one."""
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        before, self.used = self.used, self.processor_time()
        return answer, (self.used - before) / 1e6

    def processor_time(self) -> int:
        """Nanoseconds of all threads, also of those that have ended, by the process's own clock (clock_getcpuclockid)."""
        return time.clock_gettime_ns((~self.process.pid << 3) | 2)


if __name__ == "__main__":
    main()
