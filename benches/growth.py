#!/usr/bin/env python3
"""What an index costs as it grows: time and memory to build it, its size, and look-ups of 50 lines.

    benches/growth.py BIRTHMARK SOURCES WORK [--sizes 1,10,100,400] [--file FILE]

SOURCES holds folders of packages; they are taken in the order of the hash of their names until their source files have
the size in MB, each index holding the packages of the smaller ones. What is looked up are 50 lines of a package that
every index holds, and 50 of one that none holds. WORK is a folder for the indexes. Figures are whole processes as the
system accounts for them: processor time (user and system), the largest resident set, and what of the set is no mapped
file. Prints a table in Markdown.
"""

import argparse
import hashlib
import shutil
import statistics
import tempfile
from pathlib import Path

from process import Run, measured, memory

SUFFIXES = (".py", ".pyi", ".rs")
RUNS = 41


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("birthmark", type=Path)
    parser.add_argument("sources", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--sizes", default="1,10,100,400")
    parser.add_argument("--file", type=Path, help="what is looked up instead of the 50 lines that every index holds")
    arguments = parser.parse_args()
    birthmark = str(arguments.birthmark.resolve())
    selections = selected(arguments.sources, [float(word) for word in arguments.sizes.split(",")])
    known = arguments.file or piece(selections[0][1])
    foreign = piece(left_out(arguments.sources, selections[-1][1]), known.suffix)
    print("| source MB | lines | build s | of it for 1 MB | build peak MB | index MB | bytes a line "
          "| look-up ms | of the first | own MB | resident MB | page faults | unknown code ms | of the first |")
    print("|" + "---|" * 14)
    built = [Built(birthmark, packages, arguments.work / f"index-{size:g}") for size, packages in selections]
    rounds = [[(look_up(birthmark, known, one.index), look_up(birthmark, foreign, one.index)) for one in built] for _ in range(RUNS)]
    for number, one in enumerate(built):
        held = memory(scan(birthmark, known, one.index))
        faults = statistics.median(runs[number][0].faults for runs in rounds)
        print(f"{one.row()} | {asked(rounds, number, 0)} | {held.own:.1f} | {held.resident:.1f} | {faults:.0f} "
              f"| {asked(rounds, number, 1)} |", flush=True)


def selected(sources: Path, sizes: list[float]) -> list[tuple[float, list[Path]]]:
    """The packages of each size."""
    selections, chosen, total = [], [], 0
    for size in sizes:
        for path in packages_of(sources):
            bytes_of = sum(file.stat().st_size for file in source_files(path))
            if path not in chosen and total < size * 1e6 and total + bytes_of <= max(size * 1.1e6, size * 1e6 + 2e5):
                chosen.append(path)
                total += bytes_of
        selections.append((size, list(chosen)))
    return selections


def packages_of(sources: Path) -> list[Path]:
    return sorted(
        (path for path in sources.iterdir() if path.is_dir()), key=lambda path: hashlib.sha256(path.name.encode()).digest(),
    )


def left_out(sources: Path, chosen: list[Path]) -> list[Path]:
    return [path for path in packages_of(sources) if path not in chosen]


class Built:
    """An index of some packages, and what it cost."""

    def __init__(self, birthmark: str, packages: list[Path], index: Path) -> None:
        shutil.rmtree(index, ignore_errors=True)
        add = measured([birthmark, "index", "add", *map(str, packages), "--index", str(index)])
        merge = measured([birthmark, "index", "merge", "--index", str(index)])
        files = [file for path in packages for file in source_files(path)]
        self.index = index
        self.seconds = add.processor + merge.processor
        self.peak = max(add.resident, merge.resident)
        self.bytes = sum(file.stat().st_size for file in files)
        self.lines = sum(file.read_bytes().count(b"\n") for file in files)
        self.stored = sum(file.stat().st_size for file in index.iterdir())

    def row(self) -> str:
        return (f"| {self.bytes / 1e6:.1f} | {self.lines:,} | {self.seconds:.1f} | {self.seconds / self.bytes * 1e6:.3f} "
                f"| {self.peak:.0f} | {self.stored / 1e6:.1f} | {self.stored / max(self.lines, 1):.1f}")


def scan(birthmark: str, file: Path, index: Path) -> list[str]:
    return [birthmark, "scan", str(file), "--index", str(index), "--license", "MIT", "--no-config", "--no-cache", "--exit-zero"]


def look_up(birthmark: str, file: Path, index: Path) -> Run:
    return measured(scan(birthmark, file, index))


def asked(rounds: list, number: int, which: int) -> str:
    """Milliseconds of a look-up against an index, and their ratio to the same against the first, in one round."""
    ratio = statistics.median(runs[number][which].processor / runs[0][which].processor for runs in rounds)
    return f"{statistics.median(runs[number][which].processor for runs in rounds) * 1e3:.1f} | {ratio:.2f}"


def source_files(package: Path) -> list[Path]:
    return [file for file in package.rglob("*") if file.suffix in SUFFIXES and file.is_file()]


def piece(packages: list[Path], suffix: str | None = None) -> Path:
    """Fifty lines from the inside of some file."""
    for file in (file for package in packages for file in sorted(source_files(package))):
        lines = file.read_bytes().splitlines(keepends=True)
        if len(lines) > 300 and suffix in (None, file.suffix):
            path = Path(tempfile.mkdtemp()) / f"fifty{file.suffix}"
            path.write_bytes(b"".join(lines[100:150]))
            return path
    raise SystemExit("SOURCES holds no file of 300 lines")


if __name__ == "__main__":
    main()
