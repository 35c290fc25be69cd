"""Packages that different authors wrote to one end: puzzle solutions, and implementations of one standard or interface.

`independent.tsv` pins them; `role` names the group. Each package is scanned against an index of the other packages of its
group. `independent-related.tsv` lists pairs that do share code; what they share is counted apart. The rest is false, for
the authors only solved the same task.
"""

import csv
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import corpus
import wild_labels
import wild_projects
import wild_scan

PUZZLES = "puzzles"


@dataclass
class Result:
    package: wild_projects.Project
    scan: wild_scan.Scan
    related: int  # matches whose likeliest owner is a relative of the package

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
    """Scans each package against an index of the others of its group and saves the scans."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    everyone = packages()
    for package in everyone:
        others = [p for p in everyone if p.role == package.role and p.ecosystem == package.ecosystem and p != package]
        index = work / "index"
        shutil.rmtree(index, ignore_errors=True)
        archives = [str(corpus.archive(p, cache) or corpus.fetch(p, cache)) for p in others]
        command = [binary, "index", "add", "--no-config", "--index", str(index), *archives]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode != 0:
            raise SystemExit(f"index of the group of {package.key}: {run.stderr[-1000:]}")
        wild_scan.scan(binary, package, cache, [str(index)]).save(work / f"{package.key}.json")
    shutil.rmtree(work / "index", ignore_errors=True)
    return load(work)


def load(work: Path) -> list[Result]:
    """Reads the saved scans and counts what relatives share."""
    pairs = related()
    found = []
    for package in packages():
        scan = wild_scan.Scan.load(work / f"{package.key}.json")
        found.append(Result(package, scan, sum(_pair(package, m) in pairs for m in scan.matches)))
    return found


def _pair(package: wild_projects.Project, match: wild_scan.Match) -> frozenset[str]:
    return frozenset((wild_scan.package(package.purl), wild_scan.package(match.owner["purl"])))


def show(found: list[Result], cache: Path) -> str:
    """Both sides of each match of packages that are no relatives."""
    pairs = related()
    return "\n".join(
        wild_labels.show(r.package, m, cache) for r in found for m in r.scan.matches if _pair(r.package, m) not in pairs
    )


def per_100000(found: list[Result]) -> float:
    lines = sum(r.scan.lines for r in found)
    return 1e5 * sum(r.reports for r in found) / lines if lines else float("nan")
