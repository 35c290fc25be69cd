"""Packages that different authors wrote to one end: puzzle solutions, and implementations of one standard or interface.

`independent.tsv` pins them; `role` names the group. Each package is scanned against an index of its group, in which its own
code is no origin. `independent-related.tsv` lists pairs that do share code; what they share is counted apart. The rest is false, for
the authors only solved the same task.
"""

import csv
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import corpus
import syntax
import wild_labels
import wild_projects
import wild_scan

PUZZLES = "puzzles"
LEAST_SHARED = 2  # lines of a class that a match must hold for the class to count as reported


@dataclass
class Result:
    package: wild_projects.Project
    scan: wild_scan.Scan
    related: int  # matches whose likeliest owner is a relative of the package
    classes: int  # Python's classes and Rust's `impl` blocks with functions
    reported_classes: int  # those that a match with no relative touches

    @property
    def reports(self) -> int:
        return len(self.scan.matches) - self.related


def packages() -> list[wild_projects.Project]:
    return wild_projects.read(wild_projects.HERE / "independent.tsv")


def related() -> set[frozenset[str]]:
    """The pairs of packages that share code, by purl without version."""
    with open(wild_projects.HERE / "independent-related.tsv", newline="") as file:
        return {frozenset((r["one"], r["other"])) for r in csv.DictReader(file, delimiter="\t")}


def measure(binary: str, cache: Path, work: Path) -> list[Result]:
    """Scans each package against an index of its group and saves the scans. A package's own code is no origin: its manifest
    names it."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    groups: dict[tuple[str, str], list[wild_projects.Project]] = {}
    for package in packages():
        groups.setdefault((package.role, package.ecosystem), []).append(package)
    for (name, ecosystem), mine in groups.items():
        index = work / "index"
        shutil.rmtree(index, ignore_errors=True)
        archives = [str(corpus.archive(p, cache) or corpus.fetch(p, cache)) for p in mine]
        command = [binary, "index", "add", "--no-config", "--index", str(index), *archives]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode != 0:
            raise SystemExit(f"index of the group {name}, {ecosystem}: {run.stderr[-1000:]}")
        for scan in wild_scan.scan_all(binary, mine, cache, work, [str(index)]):
            itself = [m for m in scan.matches if _names(scan.key, m)]
            if itself:
                raise SystemExit(f"{scan.key} is reported against itself: {itself[0].path}:{itself[0].first}")
    shutil.rmtree(work / "index", ignore_errors=True)
    return load(cache, work)


def load(cache: Path, work: Path) -> list[Result]:
    """Reads the saved scans and counts what relatives share."""
    pairs = related()
    found = []
    for package in packages():
        scan = wild_scan.Scan.load(work / f"{package.key}.json")
        alien = [m for m in scan.matches if _pair(package, m) not in pairs]
        found.append(Result(package, scan, len(scan.matches) - len(alien), *_classes(package, cache, alien)))
    return found


def _names(key: str, match: wild_scan.Match) -> bool:
    """Whether the likeliest owner is the package itself."""
    ecosystem, name = wild_scan.package(match.owner["purl"]).removeprefix("pkg:").split("/", 1)
    return (ecosystem, corpus._plain(name)) == (key.split("/")[0], corpus._plain(key.split("/", 1)[1]))


def _classes(package: wild_projects.Project, cache: Path, matches: list[wild_scan.Match]) -> tuple[int, int]:
    """How many classes a package has, and how many of them the matches touch."""
    root = wild_projects.unpack(package, cache)
    by_path: dict[str, list[wild_scan.Match]] = {}
    for match in matches:
        by_path.setdefault(match.path, []).append(match)
    count = reported = 0
    for path in sorted(root.rglob("*" + corpus.SUFFIX[package.language])):
        places = syntax.classes(package.language, path.read_text(errors="replace"))
        mine = by_path.get(path.relative_to(root).as_posix(), [])
        count += len(places)
        reported += sum(any(min(p.end, m.last) - max(p.start, m.first) + 1 >= LEAST_SHARED for m in mine) for p in places)
    return count, reported


def _pair(package: wild_projects.Project, match: wild_scan.Match) -> frozenset[str]:
    return frozenset((wild_scan.package(package.purl), wild_scan.package(match.owner["purl"])))


def show(found: list[Result], cache: Path) -> str:
    """Both sides of each match of packages that are no relatives."""
    pairs = related()
    return "\n".join(
        wild_labels.show(r.package, m, cache) for r in found for m in r.scan.matches if _pair(r.package, m) not in pairs
    )


def class_share(found: list[Result]) -> float:
    """The share of the classes that were reported."""
    classes = sum(r.classes for r in found)
    return sum(r.reported_classes for r in found) / classes if classes else float("nan")


def per_100000(found: list[Result]) -> float:
    lines = sum(r.scan.lines for r in found)
    return 1e5 * sum(r.reports for r in found) / lines if lines else float("nan")
