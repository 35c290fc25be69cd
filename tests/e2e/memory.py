#!/usr/bin/env python3
"""Building an index stays within its memory setting, and what is set aside on disk changes no byte of it.

    tests/e2e/memory.py BIRTHMARK

The sources are one component of more text than the least setting: long comments, which are read quickly, and some
functions in each file. Memory is the largest resident set of the whole process as the system accounts for it.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

FILES = 140
COMMENT_BYTES = 1_900_000
LEAST_MIB = 256
AMPLE = "8GiB"


def main() -> None:
    birthmark = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as place:
        write_sources(Path(place) / "sources")
        ample = peak_mib([birthmark, "index", "add", "sources", "--index", "ample", "--memory", AMPLE], place)
        least = f"{LEAST_MIB}MiB"
        bounded = peak_mib([birthmark, "index", "add", "sources", "--index", "bounded", "--memory", least], place)
        merged = peak_mib([birthmark, "index", "merge", "--index", "bounded", "--memory", least], place)
        print(f"peak of {FILES * COMMENT_BYTES >> 20} MiB of text: {ample} MiB with room for all, "
              f"{bounded} MiB in {LEAST_MIB} MiB, {merged} MiB to merge")
        assert ample > LEAST_MIB, "too little text to show anything"
        assert max(bounded, merged) <= LEAST_MIB
        assert contents(Path(place) / "ample") == contents(Path(place) / "bounded")
        left = [path.name for path in (Path(place) / "bounded").iterdir() if path.name.startswith(".")]
        assert not left, left


def write_sources(folder: Path) -> None:
    folder.mkdir()
    line = "# " + "what is said here is of no concern to anybody " * 2 + "\n"
    comment = line * (COMMENT_BYTES // len(line))
    for number in range(FILES):
        functions = "".join(
            f"def work_{number}_{i}(first, second):\n"
            f"    total = first.size_{i % 7} + second[{number * i % 97}]\n"
            f"    for item in second.parts_{number % 11}(first):\n"
            f"        total -= item.weight * {i}\n"
            f"    return total or do_{i % 13}(first, key={number})\n\n\n"
            for i in range(40)
        )
        (folder / f"m{number:03}.py").write_text(comment + functions)


def peak_mib(command: list[str], place: str) -> int:
    process = subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_maxrss >> 10


def contents(index: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in index.iterdir()}


if __name__ == "__main__":
    main()
