"""The curve of chance matches against the size of the index.

`growth.tsv` pins packages that are no relatives of the projects by name; `role` is the smallest of the sizes, in
millions of lines, whose index holds the package. Each size holds all smaller ones. What two packages truly share is no
chance. So these are left out: a pair of project and package that shares something of `RELATED` bits or more anywhere,
or `MANY` places, a pair of which one depends on the other, files in vendored folders, and type stubs, which repeat another
package's interface.
"""

import email
import json
import math
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

import corpus
import wild_projects
import wild_scan

SIZES = ("0.5", "2", "8", "25")
FLOOR = 28.0  # bits: the lowest strength that is recorded
CEILING = 200.0
STEP = 4
RELATED = 200.0  # bits
MANY, MANY_FROM = 10, 52.0  # matches of so many bits in one pair: the two share an interface or a framework of their own


def packages(size: str) -> list[wild_projects.Project]:
    """The packages of the index of a size."""
    wanted = SIZES[: SIZES.index(size) + 1]
    return [p for p in wild_projects.read(wild_projects.HERE / "growth.tsv") if p.role in wanted]


def build(binary: str, cache: Path, work: Path, largest: str = SIZES[-1]) -> None:
    """Makes the indexes up to a size, each from the one before, each of one segment; those that are there are kept."""
    before = None
    for size in SIZES[: SIZES.index(largest) + 1]:
        folder = work / f"index-{size}"
        if not folder.exists():
            scratch = work / "index-scratch"
            shutil.rmtree(scratch, ignore_errors=True)
            if before:
                shutil.copytree(before, scratch)
            new = [p for p in packages(size) if p.role == size]
            archives = [corpus.archive(p, cache) for p in new]
            _run([binary, "index", "add", "--no-config", "--index", scratch, *archives])
            _run([binary, "index", "merge", "--no-config", "--index", scratch])
            scratch.rename(folder)
        before = folder


def _run(command: list) -> None:
    run = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"{' '.join(str(c) for c in command[:4])} ended with {run.returncode}: {run.stderr[-2000:]}")


def measure(binary: str, cache: Path, work: Path, share: int, half: str = "") -> dict:
    """Scans every `share`-th project, of one half or both, at `FLOOR` bits against each index that exists, and counts what it
    reports by strength."""
    projects = [p for p in wild_projects.read() if half in ("", p.role)][::share]
    found = {}
    for size in SIZES:
        index = work / f"index-{size}"
        if index.exists():
            found[size] = wild_scan.scan_all(binary, projects, cache, work / f"scan-{size}", [str(index)], FLOOR)
            print(f"{size} million lines: {sum(len(s.matches) for s in found[size])} matches", file=sys.stderr)
            (work / "growth.json").write_text(json.dumps(summarise(binary, found, cache, work), indent=1))
    return summarise(binary, found, cache, work)


def summarise(binary: str, found: dict[str, list[wild_scan.Scan]], cache: Path, work: Path) -> dict:
    """Histograms of the matches of each size, without what is no chance."""
    depends = {(p.ecosystem, corpus._plain(p.name)): dependencies(p, cache) for p in [*wild_projects.read(), *packages(SIZES[-1])]}
    alike = {
        (s.key, wild_scan.package(o["purl"])) for scans in found.values() for s in scans for m in s.matches for o in m.owners
        if o["bits"] >= RELATED
    }
    for scans in found.values():
        pairs = Counter((s.key, wild_scan.package(m.owner["purl"])) for s in scans for m in s.matches if m.bits >= MANY_FROM)
        alike |= {pair for pair, count in pairs.items() if count >= MANY}

    def is_chance(key: str, match: wild_scan.Match) -> bool:
        if match.path.endswith(".pyi") or corpus.is_vendored(match.path):
            return False
        ecosystem, name = key.split("/", 1)
        mine = depends.get((ecosystem, corpus._plain(name)), set())
        for owner in match.owners:
            other = corpus._plain(wild_scan.package(owner["purl"]).split("/", 1)[1])
            if (key, wild_scan.package(owner["purl"])) in alike or other in mine:
                return False
            if corpus._plain(name) in depends.get((ecosystem, other), set()):
                return False
        return True

    out = {"projects": len(next(iter(found.values()), [])), "floor": FLOOR, "step": STEP, "related_from": RELATED, "related_pairs": sorted(map(list, alike)), "sizes": {}}
    rows = []
    for size, scans in found.items():
        lines = sum(s.lines for s in scans)
        bins: dict[str, Counter] = defaultdict(Counter)
        for s in scans:
            language = s.key.split("/")[0]
            for m in s.matches:
                chance = is_chance(s.key, m)
                rows.append([size, s.key, s.lines, m.path, m.first, m.last, m.bits, m.tokens, m.calibration, m.kind, int(m.fails),
                             int(chance), m.owner["purl"], m.owner["path"], m.owner["first"], m.owner["last"]])
                if chance:
                    at = int(math.floor(min(m.bits, CEILING) / STEP) * STEP)
                    for name in ("matches", f"matches-{language}") + (("failing", f"failing-{language}") if m.fails else ()):
                        bins[name][at] += 1
        out["sizes"][size] = {
            "lines_indexed": indexed_lines(binary, work / f"index-{size}"),
            "lines_scanned": lines,
            "lines_by_project": {s.key: s.lines for s in scans},
            "lines_scanned_by_language": {e: sum(s.lines for s in scans if s.key.startswith(e)) for e in ("pypi", "cargo")},
            "counts": {name: {str(at): count[at] for at in sorted(count)} for name, count in sorted(bins.items())},
            "per_100000_lines": {
                name: {str(at): round(1e5 * count[at] / lines, 3) for at in sorted(count)} for name, count in sorted(bins.items())
            },
        }
    head = "size project project_lines path first last bits tokens calibration kind fails chance owner owner_path owner_first owner_last"
    with open(work / "growth-matches.tsv", "w") as file:
        file.write(head.replace(" ", "\t") + "\n")
        file.writelines("\t".join(map(str, row)) + "\n" for row in rows)
    return out


def dependencies(package: wild_projects.Project, cache: Path) -> set[str]:
    """The names that a package's manifest lists as dependencies, those for development included."""
    root = wild_projects.unpack(package, cache)
    names: set[str] = set()
    if package.ecosystem == "cargo":
        manifest = tomllib.loads((root / "Cargo.toml").read_text())
        for table in [manifest, *manifest.get("target", {}).values()]:
            for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
                names |= {row.get("package", name) if isinstance(row, dict) else name for name, row in table.get(kind, {}).items()}
    else:
        for path in [*root.glob("*.dist-info/METADATA"), *root.glob("PKG-INFO")]:
            required = email.message_from_string(path.read_text(errors="replace")).get_all("Requires-Dist", [])
            names |= {re.split(r"[^A-Za-z0-9._-]", row.strip())[0] for row in required}
    return {corpus._plain(name) for name in names}


def indexed_lines(binary: str, folder: Path) -> int:
    run = subprocess.run([binary, "index", "info", "--index", folder, "--format", "json"], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)["info"]["lines"]
