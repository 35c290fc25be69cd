#!/usr/bin/env python3
"""What an index costs as it grows: time and memory to build it, its size, and a look-up of 50 lines.

    benches/growth.py BIRTHMARK SOURCES WORK [--sizes 1,10,100,400] [--file FILE]

SOURCES holds folders of packages; they are taken in the order of the hash of their names until their source files have
the size in MB. WORK is a folder for the indexes. Figures are whole processes as the system accounts for them: processor
time (user and system) and the largest resident set. Prints a table in Markdown.
"""

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

SUFFIXES = (".py", ".pyi", ".rs")
RUNS = 21


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("birthmark", type=Path)
    parser.add_argument("sources", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--sizes", default="1,10,100,400")
    parser.add_argument("--file", type=Path, help="what is looked up; by default lines 101-150 of a source file")
    arguments = parser.parse_args()
    birthmark = str(arguments.birthmark.resolve())
    packages = sorted(
        (path for path in arguments.sources.iterdir() if path.is_dir()),
        key=lambda path: hashlib.sha256(path.name.encode()).digest(),
    )
    sizes = {path: sum(file.stat().st_size for file in source_files(path)) for path in packages}
    query = arguments.file or piece(packages)
    print("| source MB | lines | build s | of it for 1 MB | build peak MB | index MB | bytes a line "
          "| look-up ms | look-up resident MB | page faults |")
    print("|" + "---|" * 10)
    for size in (float(word) for word in arguments.sizes.split(",")):
        chosen, total = [], 0
        for path in packages:
            if total < size * 1e6 and total + sizes[path] <= max(size * 1.1e6, size * 1e6 + 2e5):
                chosen.append(str(path))
                total += sizes[path]
        index = arguments.work / f"index-{size:g}"
        shutil.rmtree(index, ignore_errors=True)
        build = measured([birthmark, "index", "add", *chosen, "--index", str(index)])
        merged = measured([birthmark, "index", "merge", "--index", str(index)])
        look_ups = [
            measured([birthmark, "scan", str(query), "--index", str(index), "--license", "MIT", "--no-config", "--no-cache", "--exit-zero"])
            for _ in range(RUNS)
        ]
        lines = sum(file.read_bytes().count(b"\n") for path in chosen for file in source_files(Path(path)))
        stored = sum(file.stat().st_size for file in index.iterdir())
        seconds = build.processor + merged.processor
        print(
            f"| {total / 1e6:.1f} | {lines:,} | {seconds:.1f} | {seconds / total * 1e6:.3f} "
            f"| {max(build.resident, merged.resident):.0f} | {stored / 1e6:.1f} | {stored / max(lines, 1):.1f} "
            f"| {statistics.median(run.processor for run in look_ups) * 1e3:.1f} "
            f"| {statistics.median(run.resident for run in look_ups):.1f} "
            f"| {statistics.median(run.faults for run in look_ups):.0f} |",
            flush=True,
        )


def source_files(package: Path) -> list[Path]:
    return [file for file in package.rglob("*") if file.suffix in SUFFIXES and file.is_file()]


def piece(packages: list[Path]) -> Path:
    """Fifty lines from the inside of some file."""
    files = (file for package in packages for file in sorted(source_files(package)) if file.suffix == ".py")
    for file in files:
        lines = file.read_bytes().splitlines(keepends=True)
        if len(lines) > 300:
            path = Path(tempfile.mkdtemp()) / "fifty.py"
            path.write_bytes(b"".join(lines[100:150]))
            return path
    raise SystemExit("SOURCES holds no file of 300 lines")


class Run:
    def __init__(self, usage) -> None:
        self.processor = usage.ru_utime + usage.ru_stime
        self.resident = usage.ru_maxrss / 1024
        self.faults = usage.ru_minflt + usage.ru_majflt


def measured(command: list[str]) -> Run:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{command[:4]}: exit status {process.returncode}")
    return Run(usage)


if __name__ == "__main__":
    main()
