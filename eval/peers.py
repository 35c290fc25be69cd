"""The same cases and the same indexed sources under other tools: SIM, jscpd, and five identical lines."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import corpus
from hits import Hit, Place, Run, case_name, plain_purl, version

LINES = 5
BATCHES = 6  # of operators, for jscpd
WORDS = 8  # sim_text's own default run length


def sim(cases: Path, cache: Path) -> Run:
    """`sim_text`: the score of a run is its number of words."""
    tool = version(["sim_text", "-v"])
    if not tool:
        raise SystemExit("sim_text is not installed: apt-get install similarity-tester")
    run = Run("SIM (sim_text)", "3.0.2", 0.0, float(WORDS))
    began = time.monotonic()
    for language in corpus.LANGUAGES:
        new = sorted(str(p) for p in (cases / "cases").rglob("*" + corpus.SUFFIX[language]))
        old, owners = _sources(cache, language)
        names = "\n".join([*new, "/", *old]) + "\n"
        # -n: positions only; -S: new files against old ones only; -T: no list of files.
        out = subprocess.run(
            ["sim_text", "-n", "-S", "-T", "-i", f"-r{WORDS}", "-w400"], input=names, capture_output=True, text=True, errors="replace",
        )
        if out.returncode != 0:
            raise SystemExit(f"sim_text ended with {out.returncode}: {out.stderr[-500:]}")
        found = list(_sim_hits(out.stdout, owners))
        if not found:
            raise SystemExit("sim_text reported nothing that could be read: its output has changed")
        run.hits += found
    run.seconds = time.monotonic() - began
    return run


def _sim_hits(text: str, owners: dict[str, tuple[str, str]]):
    place = r"(\S.*?): line (\d+)-(\d+)"
    for row in text.split("\n"):
        found = re.match(rf"{place}\s*\|\s*{place}\s*\[(\d+)\]", row)
        if found and found[4] in owners:
            purl, path = owners[found[4]]
            yield Hit(
                case_name(found[1]), int(found[2]), int(found[3]), float(found[7]), [Place(purl, path, int(found[5]), int(found[6]))],
            )


def five_lines(cases: Path, cache: Path) -> Run:
    """Five consecutive non-blank lines, equal but for indentation; the score is the number of lines in such runs."""
    run = Run("five identical lines", "", 0.0, LINES)
    began = time.monotonic()
    for language in corpus.LANGUAGES:
        wanted: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
        for path in sorted((cases / "cases").rglob("*" + corpus.SUFFIX[language])):
            for key, start, end in _windows(path.read_text()):
                wanted[key].append((case_name(str(path)), start, end))
        found: dict[tuple[str, str, str], list[tuple[int, int, int, int]]] = defaultdict(list)
        for package in (p for p in corpus.packages("indexed") if p.language == language):
            root, purl = corpus.sources(package, cache), plain_purl(package.purl)
            for path in corpus.files(package, cache):
                for key, start, end in _windows((root / path).read_text(errors="replace")):
                    for case, first, last in wanted.get(key, ()):
                        found[case, purl, path].append((first, last, start, end))
        run.hits += [hit for (case, purl, path), rows in found.items() for hit in _joined(case, purl, path, rows)]
    run.seconds = time.monotonic() - began
    return run


def _windows(text: str):
    rows = [(n, r.strip()) for n, r in enumerate(text.split("\n"), 1) if r.strip()]
    for i in range(len(rows) - LINES + 1):
        window = rows[i:i + LINES]
        yield hash(tuple(r for _, r in window)), window[0][0], window[-1][0]


def _joined(case: str, purl: str, path: str, rows):
    """Windows that follow each other in the case become one hit."""
    open_run = None
    for first, last, start, end in sorted(rows):
        if open_run and first <= open_run[1]:
            open_run = [open_run[0], max(last, open_run[1]), min(start, open_run[2]), max(end, open_run[3])]
            continue
        if open_run:
            yield Hit(case, open_run[0], open_run[1], float(open_run[1] - open_run[0] + 1), [Place(purl, path, open_run[2], open_run[3])])
        open_run = [first, last, start, end]
    if open_run:
        yield Hit(case, open_run[0], open_run[1], float(open_run[1] - open_run[0] + 1), [Place(purl, path, open_run[2], open_run[3])])


def jscpd(cases: Path, cache: Path) -> Run:
    """jscpd with identifiers and literals ignored; clones within the indexed sources are skipped.

    Of several equal stretches jscpd pairs each with one other, so copies of one function under two operators hide each
    other from their origin. The operators are therefore asked in batches, which hold few such copies.
    """
    program = shutil.which("jscpd") or str(Path(sys.executable).with_name("jscpd"))
    run = Run("jscpd", version([program, "--version"]), 0.0, 50.0)
    began = time.monotonic()
    for language in corpus.LANGUAGES:
        old, owners = _sources(cache, language)
        new = sorted(str(p) for p in (cases / "cases").rglob("*" + corpus.SUFFIX[language]))
        operators = sorted({Path(name).parent.name for name in new})
        for batch in range(min(BATCHES, len(operators))):
            mine = set(operators[batch::BATCHES])
            found = _jscpd_batch(program, language, [n for n in new if Path(n).parent.name in mine], old, owners)
            if not found:
                raise SystemExit(f"jscpd reported no clone of {language} between cases and sources: its report has changed")
            run.hits += found
    run.seconds = time.monotonic() - began
    return run


def _jscpd_batch(program: str, language: str, new: list[str], old: list[str], owners) -> list[Hit]:
    with tempfile.TemporaryDirectory() as scratch:
        # Two roots: clones inside either are "local" and skipped. The report gives paths below the root.
        tree = Path(scratch)
        _link_tree(tree / "new" / "asked", new, after="/cases/")
        _link_tree(tree / "old" / "known", old, after="/sources/")
        subprocess.run(
            [program, "--min-tokens", "50", "--min-lines", "3", "--skip-local", "--ignore-identifiers", "--ignore-literals",
             "--max-lines", "100000", "--max-size", "5mb", "--no-gitignore", "--reporters", "json", "--output", tree / "out",
             "--silent", "--format", language, tree / "new", tree / "old"],
            check=False, capture_output=True,
        )
        report = json.loads((tree / "out" / "jscpd-report.json").read_text())
        return list(_jscpd_hits(report, owners))


def _jscpd_hits(report: dict, owners: dict[str, tuple[str, str]]):
    by_tail = {name.split("/sources/", 1)[1]: place for name, place in owners.items()}
    for clone in report["duplicates"]:
        sides = [clone["firstFile"], clone["secondFile"]]
        new = [s for s in sides if s["name"].startswith("asked/")]
        old = [s for s in sides if s["name"].startswith("known/")]
        if len(new) != 1 or len(old) != 1:
            continue
        purl, path = by_tail[old[0]["name"].removeprefix("known/")]
        place = Place(purl, path, old[0]["start"], old[0]["end"])
        yield Hit(case_name(new[0]["name"]), new[0]["start"], new[0]["end"], float(clone["tokens"]), [place])


def _link_tree(root: Path, files: list[str], after: str) -> None:
    for name in files:
        target = root / name.split(after, 1)[1]
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.hardlink_to(name)
        except OSError:  # another file system
            shutil.copyfile(name, target)


def _sources(cache: Path, language: str) -> tuple[list[str], dict[str, tuple[str, str]]]:
    """The indexed packages' files of a language, and whose each is."""
    owners = {}
    for package in corpus.packages("indexed"):
        if package.language == language:
            root = corpus.sources(package, cache)
            for path in corpus.files(package, cache):
                owners[str(root / path)] = (plain_purl(package.purl), path)
    return sorted(owners), owners


TOOLS = {"sim": sim, "lines": five_lines, "jscpd": jscpd}
