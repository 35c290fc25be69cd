#!/usr/bin/env python3
"""Runs the `console` blocks of README.md and compares what they print with what stands there.

    tests/e2e/readme.py            fails where README.md shows something else than the program prints
    tests/e2e/readme.py --update   writes what the program prints into README.md

Figures of evidence, of limits and of the index shift with every change to the engine or the starter index: they are
compared as figures, whatever their value. Everything else is compared to the letter.
"""

import difflib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)
SHIFTING = re.compile(r"^\s*(evidence|limit reached:|against) ")


def run(command: str) -> str:
    release = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release"
    environment = os.environ | {"PATH": f"{release}:{os.environ['PATH']}", "CARGO_TERM_COLOR": "never"}
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"`{command}` ended with status {done.returncode}")
    return done.stdout.rstrip("\n") + "\n" if done.stdout.strip() else ""


def replayed(block: str) -> str:
    commands = [line for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"{command}\n{run(command[2:])}" for command in commands)


def comparable(text: str) -> list[str]:
    """The lines, with the figures that shift as `#`."""
    return [re.sub(r"\b[0-9a-f]{12}\b|[0-9][0-9,]*", "#", line) if SHIFTING.match(line) else line
            for line in text.splitlines()]


def main() -> int:
    shown = README.read_text(encoding="utf-8")
    if not BLOCK.search(shown):
        sys.exit("README.md holds no console block")
    printed = BLOCK.sub(lambda block: replayed(block[0]), shown)
    if "--update" in sys.argv[1:]:
        README.write_text(printed, encoding="utf-8")
        return 0
    difference = list(difflib.unified_diff(comparable(shown), comparable(printed), "README.md", "printed", lineterm=""))
    print("\n".join(difference) or f"README.md shows what the program prints ({len(BLOCK.findall(shown))} blocks)")
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
