#!/usr/bin/env python3
"""Follows the pages for each way of use as a new user would: their `console` blocks, in order, in a small project.

    tests/e2e/pages.py PROGRAM COPY    COPY: a file of the starter index under the GPL

The project is under MIT; shop/names.py is committed, shop/matching.py is a copy and not yet added. `...` on a page stands for any text.
"""

import doctest
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PAGES = ("hook.md", "audit.md", "assistants.md")
DOCS = Path(__file__).resolve().parents[2] / "docs"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def project(place):
    (place / "shop").mkdir(parents=True)
    (place / "pyproject.toml").write_text('[project]\nname = "shop"\nlicense = "MIT"\n')
    (place / "shop/names.py").write_text('def greet(name):\n    return "hello " + name\n')
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Begin"]):
        subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *command], cwd=place, check=True)
    shutil.copy(COPY, place / "shop/matching.py")


def steps(block):
    """The commands of a block, each with what the page shows it to print."""
    for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = step.partition("\n")
        yield command, shown


def main():
    followed = 0
    for page in PAGES:
        blocks = BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
        if not blocks:
            sys.exit(f"FAILED  {page} holds no console block")
        with tempfile.TemporaryDirectory() as name:
            place = Path(name) / "project"
            project(place)
            for command, shown in (step for block in blocks for step in steps(block)):
                done = subprocess.run(["bash", "-c", command], cwd=place, env=ENVIRONMENT, capture_output=True, text=True)
                if done.returncode not in (0, 1) or not doctest.OutputChecker().check_output(shown, done.stdout, FLAGS):
                    sys.exit(f"FAILED  {page}: {command} ({done.returncode})\n{done.stdout}{done.stderr}\nshown:\n{shown}")
                followed += 1
                print(f"ok      {page}: {command}")
    print(f"{followed} steps followed")


COPY = Path(sys.argv[2]).resolve()
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.argv[1]).resolve().parent}:{os.environ['PATH']}"}
main()
