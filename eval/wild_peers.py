"""What simpler tools report on the same projects against the sources of the starter index.

A report is a run of equal lines (or of words, for SIM) that a project shares with one place of an indexed package. Nobody
judged them; their number is what a maintainer would have to read. A project's own package is no origin.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

import corpus
import wild_projects
import wild_scan

RECIPE = corpus.HERE.parent / "corpus-index" / "recipe.toml"
SIM_WORDS = (8, 24)  # the default of sim_text, and three times that


def indexed() -> list[corpus.Package]:
    """The packages of the starter index."""
    return [corpus.Package(c["purl"], "", "indexed") for c in tomllib.loads(RECIPE.read_text())["component"]]


def count(cache: Path, folder: Path) -> dict[str, dict[str, dict[str, int]]]:
    """Reports of each tool, by project and language, saved beside the scans."""
    origins: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for package in indexed():
        corpus.fetch(package, cache)
        root = corpus.sources(package, cache)
        for path in corpus.files(package, cache):
            origins[package.language].append((package.name, path, str(root / path)))
    projects = wild_projects.read()
    found = {f"{n} identical lines": identical_lines(projects, cache, origins, n) for n in (5, 8)}
    found |= sim(projects, cache, origins)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "peers.json").write_text(json.dumps(found, indent=1))
    return found


def source_files(project: wild_projects.Project, cache: Path) -> list[Path]:
    return sorted(wild_projects.unpack(project, cache).rglob("*" + corpus.SUFFIX[project.language]))


def identical_lines(projects, cache: Path, origins, length: int) -> dict[str, int]:
    """Runs of at least `length` consecutive non-blank lines, equal but for indentation; the longest at each place."""
    found = {}
    for language in corpus.LANGUAGES:
        known: dict[int, set[str]] = defaultdict(set)
        for owner, _, name in origins[language]:
            for key, _, _ in windows(Path(name).read_text(errors="replace"), length):
                known[key].add(owner)
        for project in (p for p in projects if p.language == language):
            found[project.key] = 0
            for path in source_files(project, cache):
                last = 0
                for key, start, end in windows(path.read_text(errors="replace"), length):
                    if known.get(key, set()) - {project.name}:
                        found[project.key] += start > last
                        last = end
    return found


def windows(text: str, length: int):
    rows = [(n, r.strip()) for n, r in enumerate(text.split("\n"), 1) if r.strip()]
    for i in range(len(rows) - length + 1):
        window = rows[i:i + length]
        yield hash(tuple(r for _, r in window)), window[0][0], window[-1][0]


def sim(projects, cache: Path, origins) -> dict[str, dict[str, int]]:
    """Runs that `sim_text` reports, those that overlap in the project counted once."""
    places: dict[int, dict[str, list[tuple[str, int, int]]]] = {words: defaultdict(list) for words in SIM_WORDS}
    for language in corpus.LANGUAGES:
        mine = {str(path): p for p in projects if p.language == language for path in source_files(p, cache)}
        owner_of = {name: owner for owner, _, name in origins[language]}
        names = "\n".join([*mine, "/", *owner_of]) + "\n"
        run = subprocess.Popen(
            ["sim_text", "-n", "-S", "-T", "-i", f"-r{SIM_WORDS[0]}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            errors="replace",
        )
        run.stdin.write(names)
        run.stdin.close()
        for row in run.stdout:
            hit = re.match(r"(\S.*?): line (\d+)-(\d+)\s*\|\s*(\S.*?): line (\d+)-(\d+)\s*\[(\d+)\]", row)
            project = mine.get(hit[1]) if hit else None
            if project and owner_of.get(hit[4], project.name) != project.name:
                for words in SIM_WORDS:
                    if int(hit[7]) >= words:
                        places[words][project.key].append((hit[1], int(hit[2]), int(hit[3])))
        if run.wait() != 0:
            raise SystemExit(f"sim_text ended with {run.returncode}")
        print(f"SIM: {language} done", file=sys.stderr)
    return {f"SIM, {w} words": {p.key: joined(places[w][p.key]) for p in projects} for w in SIM_WORDS}


def joined(places: list[tuple[str, int, int]]) -> int:
    """The number of stretches that remain when overlapping ones are joined."""
    count, last = 0, ("", 0)
    for path, start, end in sorted(places):
        if path != last[0] or start > last[1]:
            count += 1
            last = (path, end)
        else:
            last = (path, max(end, last[1]))
    return count


def birthmark(scans: list[wild_scan.Scan]) -> dict[str, dict[str, int]]:
    """birthmark's own figures in the same form."""
    return {
        "birthmark, all matches": {s.key: len(s.matches) for s in scans},
        "birthmark, failing findings": {s.key: len(s.failing()) + len(s.other) for s in scans},
    }
