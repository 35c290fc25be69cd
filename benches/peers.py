#!/usr/bin/env python3
"""birthmark beside other tools on the same files in the same run: SIM, jscpd and the fingerprints of SCANOSS.

    benches/peers.py BIRTHMARK SOURCES WORK [--megabytes 10] [--rounds 5]

SOURCES holds folders of packages; those that benches/growth.py would take are copied to WORK, where the tools that pip
has are installed, too (SIM comes from Debian's similarity-tester). What is asked are 50 lines of one of the packages, and
every tool that answers must find where they come from. Each round runs every step of every tool once, as a process; times are
processor time (user and system, children included), ratios are taken within a round, and medians are shown.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from growth import piece, selected, source_files
from process import bench_program, measured, memory

PINNED = {"jscpd": "5.4.2", "scanoss-winnowing": "0.8.0"}

FINGERPRINT = """
import sys
from pathlib import Path
from scanoss_winnowing.winnowing import Winnowing
winnowing, target = Winnowing(quiet=True), open(sys.argv[1], "w")
for name in sys.stdin.read().splitlines():
    target.write(winnowing.wfp_for_file(name, name))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("birthmark", type=Path)
    parser.add_argument("sources", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--megabytes", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    install(arguments.work)
    bench = Bench(arguments.birthmark.resolve(), arguments.sources, arguments.work.resolve(), arguments.megabytes)
    rounds = [{name: step() for name, step in bench.steps.items()} for _ in range(arguments.rounds)]
    bench.check()
    bench.report(rounds, {name: command.resident() for name, command in bench.commands.items()})


def install(work: Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    if not shutil.which("sim_text"):
        as_root = [] if os.getuid() == 0 else ["sudo"]
        subprocess.run([*as_root, "apt-get", "install", "-y", "-qq", "similarity-tester"], check=True, stdout=subprocess.DEVNULL)
    if not (work / "venv/bin/jscpd").exists():
        subprocess.run([sys.executable, "-m", "venv", work / "venv"], check=True)
        pins = [f"{name}=={version}" for name, version in PINNED.items()]
        subprocess.run([work / "venv/bin/pip", "install", "--quiet", *pins], check=True)


class Command:
    """What a tool is asked to do, and where its answer goes."""

    def __init__(self, words: list, answer: str | Path = os.devnull, stdin: str = "", fresh: Path | None = None) -> None:
        self.words, self.answer, self.fresh = [str(word) for word in words], answer, fresh
        self.stdin = Path(tempfile.mkstemp()[1])
        self.stdin.write_text(stdin)

    def seconds(self) -> float:
        self.prepare()
        with open(self.stdin) as stdin, open(self.answer, "w") as answer:
            return measured(self.words, stdin=stdin, stdout=answer).processor

    def resident(self) -> float:
        self.prepare()
        return memory(self.words, self.stdin).resident

    def prepare(self) -> None:
        """What is made anew each time."""
        if self.fresh:
            shutil.rmtree(self.fresh, ignore_errors=True)


class Bench:
    def __init__(self, birthmark: Path, sources: Path, work: Path, megabytes: float) -> None:
        self.birthmark, self.work = birthmark, work
        self.known, self.asked, self.index = work / "known", work / "asked", work / "index"
        self.copy(selected(sources, [megabytes])[0][1])
        self.files = sorted(file for file in self.known.rglob("*") if file.is_file())
        self.bytes = sum(file.stat().st_size for file in self.files)
        self.lines = sum(file.read_bytes().count(b"\n") for file in self.files)
        self.limit_program = bench_program("speed")
        self.commands = {
            "birthmark index": self.add(), "birthmark query": self.scan(), "SIM query": self.sim(), "jscpd query": self.jscpd(),
            "scanoss index": self.fingerprint(self.files, "known.wfp"),
            "scanoss query": self.fingerprint([self.question], "asked.wfp"),
        }
        self.steps = {name: command.seconds for name, command in self.commands.items()} | {"limit": self.limit}

    def copy(self, packages: list[Path]) -> None:
        for folder in (self.known, self.asked):
            shutil.rmtree(folder, ignore_errors=True)
        for package in packages:
            for file in source_files(package):
                target = self.known / package.name / file.relative_to(package)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
        found = piece(sorted(self.known.iterdir()), ".py")
        self.question = self.asked / "new" / found.name
        self.question.parent.mkdir(parents=True)
        shutil.copyfile(found, self.question)

    def limit(self) -> float:
        """tree-sitter alone; of the run, which reads and tokenizes first, only the time of parsing counts."""
        command = [self.limit_program, "--bench", self.known, self.index, "--rounds", "1", "--only", "limit"]
        out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        return float(re.search(r"\| limit \| ([\d.]+)", out)[1])

    def add(self) -> Command:
        packages = sorted(self.known.iterdir())
        return Command([self.birthmark, "index", "add", *packages, "--index", self.index], fresh=self.index)

    def scan(self) -> Command:
        options = ["--license", "MIT", "--no-config", "--no-cache", "--exit-zero", "--format", "json"]
        return Command([self.birthmark, "scan", self.question, "--index", self.index, *options], self.work / "birthmark.json")

    def sim(self) -> Command:
        # -n: positions only; -S: new files against old ones only; -T: no list of files; runs of 8 words, its default.
        words = ["sim_text", "-n", "-S", "-T", "-i", "-r8", "-w400"]
        return Command(words, self.work / "sim.txt", "".join(f"{name}\n" for name in [self.question, "/", *self.files]))

    def jscpd(self) -> Command:
        # Clones inside either of two roots are skipped.
        return Command([
            self.work / "venv/bin/jscpd", "--min-tokens", "50", "--min-lines", "3", "--skip-local", "--ignore-identifiers",
            "--ignore-literals", "--max-lines", "100000", "--max-size", "5mb", "--no-gitignore", "--reporters", "json",
            "--output", self.work / "jscpd", "--silent", "--format", "python,rust", self.asked, self.known,
        ])

    def fingerprint(self, files: list[Path], target: str) -> Command:
        words = [self.work / "venv/bin/python", "-c", FINGERPRINT, self.work / target]
        return Command(words, stdin="".join(f"{name}\n" for name in files))

    def check(self) -> None:
        """Whether each tool found where the lines come from: a quick answer that is none counts for nothing."""
        report = json.loads((self.work / "jscpd/jscpd-report.json").read_text())
        pairs = [{pair["firstFile"]["name"], pair["secondFile"]["name"]} for pair in report["duplicates"]]
        found = {
            "birthmark": bool(json.loads((self.work / "birthmark.json").read_text())["matches"]),
            "SIM": str(self.question) in (self.work / "sim.txt").read_text(),
            "jscpd": any(any(self.question.name in name for name in pair) for pair in pairs),
            "scanoss-winnowing": (self.work / "known.wfp").read_text().count("file=") == len(self.files),
        }
        missing = [name for name, is_found in found.items() if not is_found]
        if missing:
            raise SystemExit(f"no answer from {', '.join(missing)}")

    def report(self, rounds: list[dict[str, float]], resident: dict[str, float]) -> None:
        print(f"{len(self.files)} files, {self.lines:,} lines, {self.bytes / 1e6:.1f} MB; limit {middle(rounds, 'limit'):.2f} s\n")
        print("| tool | prepares s | limit / prepares | peak MB | on disk, bytes a line | 50 lines, ms | times birthmark's | peak MB |")
        print("|---|---|---|---|---|---|---|---|")
        stored = {
            "birthmark": sum(file.stat().st_size for file in self.index.iterdir()),
            "scanoss": (self.work / "known.wfp").stat().st_size,
        }
        for tool, version in self.versions().items():
            index, query = f"{tool} index", f"{tool} query"
            cells = ["nothing", "", "", ""]
            if tool in stored:
                cells = [
                    f"{middle(rounds, index):.2f}", f"{ratio(rounds, 'limit', index):.2f}", f"{resident[index]:.0f}",
                    f"{stored[tool] / self.lines:.1f}",
                ]
            cells += [
                f"{middle(rounds, query) * 1e3:.1f}", f"{ratio(rounds, query, 'birthmark query'):.1f}", f"{resident[query]:.0f}",
            ]
            print(f"| {version} | {' | '.join(cells)} |")

    def versions(self) -> dict[str, str]:
        return {
            "birthmark": said([self.birthmark, "--version"]).split("\n")[0], "SIM": f"SIM {said(['dpkg-query', '-W', '-f', '${Version}', 'similarity-tester'])}",
            "jscpd": f"jscpd {PINNED['jscpd']}", "scanoss": f"scanoss-winnowing {PINNED['scanoss-winnowing']}",
        }


def middle(rounds: list[dict[str, float]], step: str) -> float:
    return statistics.median(seconds[step] for seconds in rounds)


def ratio(rounds: list[dict[str, float]], step: str, other: str) -> float:
    return statistics.median(seconds[step] / seconds[other] for seconds in rounds)


def said(command: list[str]) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__":
    main()
