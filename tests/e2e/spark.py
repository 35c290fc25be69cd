"""Segments built on Spark are those of one machine. Run by spark.sh.

    spark.py FOLDER
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from birthmark import spark
from pyspark.sql import SparkSession

PACKAGES = 40
PARTS = 8


def main() -> None:
    folder = Path(sys.argv[1])
    lines = write_packages(folder / "packages")
    expected = one_machine(folder, lines)
    session = SparkSession.builder.master("local[2]").appName("birthmark").config("spark.ui.enabled", "false").getOrCreate()
    session.sparkContext.setLogLevel("OFF")

    first = spark.build(session, lines, str(folder / "first"), "1", PARTS)
    assert len(first["segments"]) == PARTS and first["quarantined"] == [], first
    check("merged segments", expected, merged(folder, "first", first))
    again = spark.build(session, reversed(lines), str(folder / "again"), "1", PARTS)
    check("the list in another order", first, again)

    quarantine(folder, session, lines, expected)
    faults(folder, session, lines, first)
    two_drivers(folder, session, lines, first)
    session.stop()


def quarantine(folder: Path, session, lines: list, expected: str) -> None:
    """A damaged, a hanging and a memory-hungry package, and a line that is none, are listed, and the rest is built."""
    damaged = folder / "damaged-1.0.whl"
    damaged.write_bytes(b"PK\x03\x04 and no more")
    hungry = folder / "hungry"
    hungry.mkdir()
    (hungry / "hungry.py").write_text("[" * 400_000)
    (hungry / "pyproject.toml").write_text("[project]\nname = 'hungry'\nversion = '1'\nlicense = 'MIT'\n")
    client = folder / "bin" / "python3"
    client.parent.mkdir()
    client.write_text("#!/bin/sh\nsleep 1000\n")
    client.chmod(0o755)
    program = folder / "birthmark-that-hangs"
    program.write_text(f'#!/bin/sh\nPATH="{client.parent}:$PATH" exec "{os.environ["BIRTHMARK"]}" "$@"\n')
    program.chmod(0o755)
    bad = [
        json.dumps({"source": str(damaged)}), json.dumps({"source": str(hungry)}),
        json.dumps({"purl": "pkg:pypi/slow@1.0", "license": "MIT"}), "{",
    ]
    limits = spark.Limits(seconds=20, mebibytes=100)
    manifest = spark.build(session, lines + bad, str(folder / "bad"), "1", PARTS, limits, str(program))
    check("reasons", ["damaged", "hung", "line", "memory"], sorted(entry["reason"] for entry in manifest["quarantined"]))
    check("the rest", expected, merged(folder, "bad", manifest))


def faults(folder: Path, session, lines: list, first: dict) -> None:
    """The native process is killed in each part once, and Spark runs the part again; where it is killed each time, nothing
    is published."""
    killed = folder / "killed"
    killed.mkdir()
    program = folder / "birthmark-that-dies"
    program.write_text(
        f'#!/bin/sh\nlist=$(cat)\nname=$(printf %s "$list" | sha256sum | cut -c1-16)\n'
        f'if mkdir "{killed}/$name" 2> /dev/null || [ -e "{folder}/always" ]; then kill -KILL $$; fi\n'
        f'printf "%s\\n" "$list" | "{os.environ["BIRTHMARK"]}" "$@"\n')
    program.chmod(0o755)
    retrying = session  # local mode does not try again by itself: local[2, 3] does
    retrying.stop()
    retrying = SparkSession.builder.master("local[2, 3]").config("spark.ui.enabled", "false").getOrCreate()
    retrying.sparkContext.setLogLevel("OFF")
    manifest = spark.build(retrying, lines, str(folder / "retried"), "1", PARTS, program=str(program))
    check("native processes killed once", PARTS, len(list(killed.iterdir())))
    check("the same manifest", first, manifest)
    (folder / "always").touch()
    try:
        spark.build(retrying, lines, str(folder / "dead"), "1", PARTS, program=str(program))
        raise AssertionError("a build without any part succeeded")
    except Exception as error:
        assert "birthmark ended with" in str(error), error
    left = list((folder / "dead").iterdir()) if (folder / "dead").exists() else []
    check("nothing published", [], left)
    left = [path for path in Path(os.environ.get("TMPDIR", "/tmp")).glob("birthmark-build-*/*")]
    check("no folders left", [], left)


def two_drivers(folder: Path, session, lines: list, first: dict) -> None:
    """Of two drivers of one generation with other lists one publishes; with equal lists both succeed."""
    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    store = str(folder / "two")
    outcomes = []

    def drive(some: list) -> None:
        try:
            outcomes.append(spark.build(session, some, store, "1", 4))
        except spark.AlreadyPublished as error:
            outcomes.append(error)

    drivers = [threading.Thread(target=drive, args=(some,)) for some in (lines[:30], lines[10:])]
    [driver.start() for driver in drivers]
    [driver.join() for driver in drivers]
    won = [outcome for outcome in outcomes if isinstance(outcome, dict)]
    check("one manifest wins", 1, len(won))
    check("it is there", won[0], json.loads((folder / "two" / "generation-1.json").read_text()))
    assert all((folder / "two" / segment["file"]).exists() for segment in won[0]["segments"])
    check("the same again", first, spark.build(session, lines, str(folder / "first"), "1", PARTS))


def one_machine(folder: Path, lines: list) -> str:
    run("index", "build", "--list", "-", "--segment", str(folder / "one.segment"), given="\n".join(lines))
    return content(folder / "one.segment")


def merged(folder: Path, store: str, manifest: dict) -> str:
    index = folder / f"index-{store}"
    files = [str(folder / store / segment["file"]) for segment in manifest["segments"]]
    run("index", "adopt", *files, "--index", str(index))
    run("index", "merge", "--index", str(index))
    [segment] = index.glob("*.segment")
    return content(segment)


def content(path: Path) -> str:
    return subprocess.run(["sha256sum", path], check=True, capture_output=True, text=True).stdout.split()[0]


def run(*arguments: str, given: str = "") -> None:
    subprocess.run([os.environ["BIRTHMARK"], *arguments], input=given, check=True, capture_output=True, text=True)


def write_packages(place: Path) -> list:
    lines = []
    for number in range(PACKAGES):
        folder = place / f"p{number}"
        folder.mkdir(parents=True)
        functions = "".join(
            f"def work_{number}_{i}(first, second):\n"
            f"    total = first.size_{i % 7} + second[{number * i % 97}]\n"
            f"    for item in second.parts_{number % 11}(first):\n"
            f"        total -= item.weight_{number} * {i}\n"
            f"    return total or do_{i % 13}(first, key={number})\n\n\n"
            for i in range(30))
        (folder / "code.py").write_text(functions)
        (folder / "pyproject.toml").write_text(
            f"[project]\nname = 'p{number}'\nversion = '1.{number}'\nlicense = '{['MIT', 'GPL-3.0-only'][number % 2]}'\n")
        lines.append(json.dumps({"source": str(folder)}))
    return lines


def check(what: str, expected, found) -> None:
    assert expected == found, f"{what}\n  expected: {expected}\n  found:    {found}"
    print(f"ok      {what}")


main()
