#!/usr/bin/env python3
"""Follows the pages of docs/ as a new user would: runs their `console` blocks and compares what they print.

    tests/e2e/pages.py PROGRAM [PAGE...]    by default all pages

Each page starts in a clone of this repository and copies the example project from there. A `cd` holds for the steps
after it. Standard output and standard error are compared together, without regard to white space; `...` on a page
stands for any text. Before that it checks that the links of all pages, and the files of src/ that they name, exist,
that each guide begins with a block on the example project, and that no block stands on a page that nobody follows:
readme.py follows README.md, and this all of docs/.
"""

import doctest
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# Pages for a way of use. Each must begin with a block that copies the example project; other pages may hold blocks.
GUIDES = {"hook.md", "ci.md", "audit.md", "assistants.md", "agents.md", "editors.md"}
COPIES = "cp -r examples fixtures"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")
SOURCE = re.compile(r"`(src/[\w/]+\.rs)`")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PERSON = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "A Developer"), ("EMAIL", "developer@example.org"))
}


def anchor(heading):
    """The anchor that a forge gives to a heading."""
    words = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return words.replace(" ", "-")


def broken(page):
    """The links and files that a page names and that do not exist."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    for link in LINK.findall(text):
        path, _, fragment = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists():
            yield link
        elif fragment:
            headings = re.findall(r"^#+ (.*)$", FENCED.sub("", target.read_text(encoding="utf-8")), re.MULTILINE)
            if fragment not in map(anchor, headings):
                yield link
    yield from (path for path in SOURCE.findall(text) if not (ROOT / path).exists())


def beginning(page):
    """What is wrong with how a guide begins; None if it begins as it must."""
    text = page.read_text(encoding="utf-8")
    fence = re.search(r"^```.*?^```$", text, re.MULTILINE | re.DOTALL)
    if not fence or not fence[0].startswith("```console\n"):
        return "its first block is none that can be run"
    if COPIES not in fence[0]:
        return "its first block does not copy the example project"
    return None


def unfollowed():
    """The pages with blocks that neither this nor readme.py runs."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split():
        page = ROOT / name
        if page.parent != DOCS and name != "README.md" and BLOCK.search(page.read_text(encoding="utf-8")):
            yield name


def steps(text):
    """The commands of a page in order, each with what the page shows it to print."""
    for block in BLOCK.findall(text):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = step.partition("\n")
            yield command, shown


class Shell:
    """Runs commands one by one in a working directory that `cd` changes."""

    def __init__(self, place):
        self.cwd, self.after = ROOT, place / "cwd"
        self.environment = os.environ | PERSON | {
            "PATH": f"{Path(sys.argv[1]).absolute().parent}:{os.environ['PATH']}",
            "TMPDIR": str(place),
            "BIRTHMARK_LOG_DIR": str(place / "log"),
            "BIRTHMARK_CACHE_DIR": str(place / "cache"),
            "GIT_CONFIG_GLOBAL": "/dev/null",
        }

    def run(self, command):
        """Returns the exit status and all that was printed."""
        script = f"trap 'pwd > {self.after}' EXIT\n{command}\n"
        done = subprocess.run(["bash", "-c", script], cwd=self.cwd, env=self.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.cwd = Path(self.after.read_text().strip())
        return done.returncode, done.stdout


def follow(page):
    """Returns the number of steps of the page."""
    with tempfile.TemporaryDirectory() as name:
        shell, count = Shell(Path(name)), 0
        for command, shown in steps(page.read_text(encoding="utf-8")):
            status, printed = shell.run(command)
            if status not in (0, 1) or not doctest.OutputChecker().check_output(shown, printed, FLAGS):
                sys.exit(f"FAILED  {page.name}: {command} ({status})\n{printed}\nshown:\n{shown}")
            print(f"ok      {page.name}: {command}")
            count += 1
    return count


def main():
    known = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "corpus-index").glob("*.md"), *(ROOT / "eval").rglob("*.md")]
    if wrong := [f"{page.relative_to(ROOT)}: {name}" for page in known for name in broken(page)]:
        sys.exit("FAILED  not there:\n" + "\n".join(wrong))
    if wrong := [f"{name}: {why}" for name in sorted(GUIDES) if (why := beginning(DOCS / name))]:
        sys.exit("FAILED  guides:\n" + "\n".join(wrong))
    if wrong := list(unfollowed()):
        sys.exit("FAILED  console blocks that nobody runs:\n" + "\n".join(wrong))
    pages = [DOCS / name for name in sys.argv[2:]] or sorted(DOCS.glob("*.md"))
    followed = sum(follow(page) for page in pages)
    print(f"{followed} steps followed")


main()
