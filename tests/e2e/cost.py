#!/usr/bin/env python3
"""What a run costs where it is run most: in a hook, and again over a tree that hardly changed.

    tests/e2e/cost.py PROGRAM [--markdown]

A hook on 3 changed files, in repositories of 100 and of 10,000 files: processor time of the whole process with git, the median of
RUNS runs. And a tree of 100,000 lines of Python's own library, scanned twice. Times are the machine's, so only ratios of
the same run are held: a hook in the large repository costs at most twice that in the small one and a tenth of the first scan of the
tree; the second scan costs a tenth of the first.
"""

import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

RUNS = 15
MOST_GROWTH = 2
SMALL_PART = 10
LEAST_GAIN = 10
TREE_LINES = 100_000
CHANGED = ("textwrap.py", "shlex.py", "bisect.py")
LIBRARY = Path(sysconfig.get_path("stdlib"))


def git(directory, *arguments):
    subprocess.run(["git", *arguments], cwd=directory, check=True, capture_output=True)


def measured(directory, *arguments, cache):
    """Seconds of processor and of the clock that a run takes with all it starts, and its exit status."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "BIRTHMARK_CACHE_DIR": str(cache)}
    began = time.perf_counter()
    pid = os.posix_spawn(
        "/bin/sh",
        ["sh", "-c", 'cd "$1" && shift && exec "$@" > /dev/null', "sh", str(directory), PROGRAM, *arguments],
        environment,
    )
    _, status, usage = os.wait4(pid, 0)
    elapsed = time.perf_counter() - began
    return usage.ru_utime + usage.ru_stime, elapsed, os.waitstatus_to_exitcode(status)


def repository(place, files):
    """A repository of so many small modules, with three real ones of which some lines are staged anew."""
    place.mkdir()
    git(place, "init", "--quiet")
    git(place, "config", "user.name", "A Developer")
    git(place, "config", "user.email", "developer@example.org")
    (place / "pyproject.toml").write_text('[project]\nname = "x"\nlicense = "MIT"\n')
    for number in range(files - len(CHANGED) - 1):
        folder = place / f"package{number // 100}"
        folder.mkdir(exist_ok=True)
        lines = (f"def step_{number}_{i}(state):\n    return state.advance({i}, by={number})\n\n" for i in range(12))
        (folder / f"module{number}.py").write_text("\n".join(lines))
    for name in CHANGED:
        shutil.copy(LIBRARY / name, place / name)
    git(place, "add", "--all")
    git(place, "commit", "--quiet", "--message", "Begin")
    for name in CHANGED:
        text = (place / name).read_text()
        (place / name).write_text(text + "\n\ndef added(values):\n    return [value for value in values if value]\n")
    git(place, "add", "--all")
    return place


def hook(place, files):
    directory = repository(place / f"repository{files}", files)
    # A place for caches of its own for each run: a hook sees each change once.
    arguments = ("scan", "--staged", "--preset", "hook")
    runs = [measured(directory, *arguments, cache=place / f"cache-{files}-{run}") for run in range(RUNS)]
    assert all(status == 0 for _, _, status in runs), runs
    return statistics.median(processor for processor, _, _ in runs), statistics.median(clock for _, clock, _ in runs)


def tree(place):
    """Python's own library, file by file in order, up to so many lines."""
    directory, lines = place / "tree", 0
    for file in sorted(LIBRARY.rglob("*.py")):
        relative = file.relative_to(LIBRARY)
        if {"site-packages", "test", "tests", "idlelib", "lib2to3"} & set(relative.parts):
            continue
        text = file.read_bytes()
        (directory / relative).parent.mkdir(parents=True, exist_ok=True)
        (directory / relative).write_bytes(text)
        lines += text.count(b"\n")
        if lines >= TREE_LINES:
            break
    return directory, lines


def twice(place):
    directory, lines = tree(place)
    arguments = ("scan", "--license", "MIT", "--exit-zero")
    first = measured(directory, *arguments, cache=place / "cache")
    second = min(measured(directory, *arguments, cache=place / "cache") for _ in range(3))
    assert (first[2], second[2]) == (0, 0), (first, second)
    return lines, first, second


def main():
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        rows, hooks = [], {}
        for files in (100, 10_000):
            hooks[files] = hook(place, files)
            rows.append((f"hook, 3 changed files in a repository of {files:,}", *hooks[files]))
        lines, first, second = twice(place)
        rows.append((f"whole tree of {lines:,} lines", *first[:2]))
        rows.append(("the same again", *second[:2]))
    if "--markdown" in sys.argv:
        print("| run | processor, ms | clock, ms |\n|---|---|---|")
    for what, processor, clock in rows:
        shape = "| {} | {:,.0f} | {:,.0f} |" if "--markdown" in sys.argv else "{:<55} {:>8,.0f} ms processor {:>8,.0f} ms clock"
        print(shape.format(what, processor * 1000, clock * 1000))
    if hooks[10_000][0] > hooks[100][0] * MOST_GROWTH:
        sys.exit(f"FAILED  a hook takes more than {MOST_GROWTH} times as long in a repository of 10,000 files as of 100")
    if first[0] < hooks[10_000][0] * SMALL_PART:
        sys.exit(f"FAILED  a hook takes more than 1/{SMALL_PART} of a scan of {lines:,} lines")
    if first[0] < second[0] * LEAST_GAIN:
        sys.exit(f"FAILED  a second scan takes more than 1/{LEAST_GAIN} of the first")


PROGRAM = os.path.abspath(sys.argv[1])
main()
