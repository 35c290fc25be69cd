#!/usr/bin/env python3
"""Pages of an index that one look-up touches, counted: valgrind's lackey lists every access to memory, and those that lie
in the map of the segment are sorted into look-ups and sections.

    pip install blake3==1.0.8 numpy==2.3.5 xxhash==3.6.0
    benches/touches.py BIRTHMARK WORK [--postings 1000000,100000000,1000000000] [--file FILE]

Makes the indexes (benches/synthetic.py) in WORK unless they are there, counts, and has BIRTHMARK look for the code of
FILE in them (median of 41 processes). Prints tables in Markdown.
"""

import argparse
import shutil
import statistics
import struct
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from process import bench_program, measured, memory

HERE = Path(__file__).parent
PAGE, RUNS = 4096, 41
SECTIONS = (
    "Strings", "Licenses", "Components", "Documents", "Contents", "Tokens", "Buckets", "Suffixes", "Postings", "Pages",
)
SHOWN = ("Buckets", "Suffixes", "Postings", "Documents")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("birthmark", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--postings", default="1000000,100000000,1000000000")
    parser.add_argument("--file", type=Path, default=HERE.parent / "examples/demo/parcelbot/routes.py")
    arguments = parser.parse_args()
    if not shutil.which("valgrind"):
        raise SystemExit("valgrind is not installed: apt-get install valgrind")
    program, indexes = bench_program("touches"), []
    for postings in arguments.postings.split(","):
        index = arguments.work / f"synthetic-{postings}"
        if not (index / "asked.tsv").exists():
            subprocess.run([sys.executable, HERE / "synthetic.py", index, "--postings", postings], check=True)
        indexes.append((int(postings), index))
    touches(program, indexes)
    processes(str(arguments.birthmark.resolve()), indexes, str(arguments.file))


def touches(program: str, indexes: list[tuple[int, Path]]) -> None:
    print("| postings | look-up | number | pages, median | at most | " + " | ".join(f"{name}, mean" for name in SHOWN)
          + " | first time µs | again µs |")
    print("|" + "---|" * (7 + len(SHOWN)))
    for postings, index in indexes:
        rows = counted(program, index)
        times = [line.split("\t")[1:] for line in native(program, index)]
        for kind in ("miss", "hit"):
            mine = [(touched, time) for (row_kind, touched), time in zip(rows, times) if row_kind == kind]
            pages = [sum(len(section) for section in touched.values()) for touched, _ in mine]
            means = [statistics.mean(len(touched[name]) for touched, _ in mine) for name in SHOWN]
            first, again = (statistics.median(int(time[i]) for _, time in mine) / 1000 for i in (0, 1))
            print(f"| {postings:,} | {kind} | {len(mine)} | {statistics.median(pages):.0f} | {max(pages)} | "
                  + " | ".join(f"{mean:.2f}" for mean in means) + f" | {first:.1f} | {again:.1f} |", flush=True)


def processes(birthmark: str, indexes: list[tuple[int, Path]], file: str) -> None:
    options = ["--license", "MIT", "--no-config", "--no-cache", "--exit-zero"]
    commands = [[birthmark, "scan", file, "--index", str(index), *options] for _, index in indexes]
    rounds = [[measured(command) for command in commands] for _ in range(RUNS)]
    print("\n| postings | processor ms | of the first | own MB | page faults |\n|---|---|---|---|---|")
    for (postings, _), command, runs in zip(indexes, commands, zip(*rounds)):
        ratio = statistics.median(run.processor / its[0].processor for run, its in zip(runs, rounds))
        print(f"| {postings:,} | {statistics.median(run.processor for run in runs) * 1e3:.1f} | {ratio:.2f} "
              f"| {memory(command).own:.1f} | {statistics.median(run.faults for run in runs):.0f} |")


def native(program: str, index: Path) -> list[str]:
    out = subprocess.run([program, str(index)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return out.splitlines()[2:]


def counted(program: str, index: Path) -> list[tuple[str, dict[str, set[int]]]]:
    """Of each look-up its kind and the pages of each section it touches, the first time it is made."""
    trace = index / "trace"
    command = ["valgrind", "--tool=lackey", "--trace-mem=yes", "--basic-counts=no", f"--log-file={trace}", program, str(index)]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    start, mark = (int(line.split("\t")[1]) for line in out[:2])
    kinds = [line.split("\t")[0] for line in out[2:]]
    sections, end = sections_of(index)
    marks, rows = 0, [(kind, defaultdict(set)) for kind in kinds]
    with open(trace) as lines:
        for line in lines:
            # " L 04222cac,8": a load; S stores, M does both, I fetches an instruction.
            if line[:3] not in (" L ", " S ", " M "):
                continue
            address, size = line[3:].split(",")
            address = int(address, 16)
            if address == mark:
                marks += line[:3] == " S "
            elif 0 <= address - start < end and 0 < marks < 3 * len(rows):
                offset, last = address - start, address - start + int(size) - 1
                rows[(marks - 1) // 3][1][section_at(sections, offset)].update({offset // PAGE, last // PAGE})
    trace.unlink()
    if marks != 6 * len(rows):
        raise SystemExit(f"{marks} marks of {6 * len(rows)} were seen")
    return rows


def sections_of(index: Path) -> tuple[list[tuple[int, str]], int]:
    """Where each section starts, by the trailer (corpus-index/FORMAT.md), and the length of the segment."""
    segment = next(index.glob("*.segment"))
    with open(segment, "rb") as file:
        file.seek(-256, 2)
        trailer = file.read()
    starts = [(struct.unpack_from("<Q", trailer, 48 + 16 * number)[0], name) for number, name in enumerate(SECTIONS)]
    return [(0, "preamble"), *starts], segment.stat().st_size


def section_at(sections: list[tuple[int, str]], offset: int) -> str:
    return [name for start, name in sections if start <= offset][-1]


if __name__ == "__main__":
    main()
