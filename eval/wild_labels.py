"""What people judged: for each failing finding whether it is right, and why.

A label belongs to lines of a project's file and to the package that was named, not to one report: it holds for every
finding on these lines that names a version of that package, so it outlives changes of the engine that shift a few lines. The label of a finding
about what code declares of itself names no package: `owner` is `-`, and `first` the line of the declaration.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import corpus
import wild_projects
import wild_scan

LABELS = {
    "copy": "the project copied it from the named origin, and the finding is right",
    "copy-wrong-complaint": "the project copied it from the named origin, but the licence allows it, or the notice is kept",
    "ancestor": "the project and the named origin both took it from a third source",
    "reverse": "the named origin took it from the project",
    "false": "no copy",
    "unlabelled": "not judged yet; counts as false",
}
CAUSES = {
    "own": "the named origin is one of the project's own packages",
    "dependant": "the named origin uses or implements the project's interface",
    "library": "CPython's or Rust's library or its documentation",
    "published": "a published recipe or another third package",
    "carried": "one of the two was forked from the other or took a piece of it",
    "vendored": "a vendored copy",
    "stub": "a type stub: an interface, not its code",
    "licence": "a licence that was read wrong",
    "dictated": "a signature or body that a third party's interface dictates",
    "fact": "numbers, names or tables that a standard or the world fixes",
    "idiom": "one way to write it",
    "unlabelled": "not judged yet",
}
COLUMNS = ("project", "path", "first", "last", "owner", "label", "cause", "reason")
CONTEXT = 2  # lines shown before and after
DECLARED = "-"  # the owner of what code declares of itself
NEAR = 3  # lines by which a declaration may shift
LONGEST = 40  # lines shown of one side


@dataclass(frozen=True)
class Label:
    project: str
    path: str
    first: int
    last: int
    owner: str
    label: str
    cause: str
    reason: str


def read(path: Path = wild_projects.HERE / "labels.tsv") -> list[Label]:
    """Reads the labels; an unknown label is an error."""
    with open(path, newline="") as file:
        rows = [
            Label(r["project"], r["path"], int(r["first"]), int(r["last"]), r["owner"], r["label"], r["cause"], r["reason"])
            for r in csv.DictReader(file, delimiter="\t")
        ]
    wrong = [r for r in rows if "unlabelled" in (r.label, r.cause) or r.label not in LABELS or r.cause not in CAUSES]
    if wrong:
        raise SystemExit(f"{path}: unknown label or cause of {wrong[0].project} {wrong[0].path}:{wrong[0].first}")
    return rows


def label_of(labels: list[Label], project: str, match: wild_scan.Match) -> Label | None:
    """The label with the same project, file and owner that shares most lines with the match; nearest first line among equals."""
    owner = wild_scan.package(match.owner["purl"])
    best = None
    for row in labels:
        if (row.project, row.path, row.owner) != (project, match.path, owner):
            continue
        shared = min(row.last, match.last) - max(row.first, match.first) + 1
        if shared > 0 and (best is None or (shared, -abs(row.first - match.first)) > best[0]):
            best = (shared, -abs(row.first - match.first)), row
    return best[1] if best else None


def label_of_declared(labels: list[Label], project: str, told: dict) -> Label | None:
    """The label of a finding about a declaration: that of its file whose line is near."""
    mine = [row for row in labels if (row.project, row.path, row.owner) == (project, told["path"], DECLARED)]
    near = [row for row in mine if abs(row.first - told["line"]) <= NEAR]
    return min(near, key=lambda row: abs(row.first - told["line"]), default=None)


def count(labels: list[Label], scans: list[wild_scan.Scan], at: float = 0.0) -> dict[str, int]:
    """The failing findings by label."""
    found = dict.fromkeys(LABELS, 0)
    for name, _ in _judged(labels, scans, at):
        found[name] += 1
    return found


def count_causes(labels: list[Label], scans: list[wild_scan.Scan]) -> dict[str, int]:
    """The failing findings that are not right, by cause."""
    found = dict.fromkeys(CAUSES, 0)
    for name, cause in _judged(labels, scans, 0.0):
        found[cause] += name != "copy"
    return found


def _judged(labels: list[Label], scans: list[wild_scan.Scan], at: float):
    for scan in scans:
        for match in scan.failing(at):
            row = label_of(labels, scan.key, match)
            yield (row.label, row.cause) if row else ("unlabelled", "unlabelled")
        for told in scan.other:
            row = label_of_declared(labels, scan.key, told)
            yield (row.label, row.cause) if row else ("unlabelled", "unlabelled")


def show(project: wild_projects.Project, match: wild_scan.Match, cache: Path) -> str:
    """Both sides of a finding, for reading."""
    owner = match.owner
    head = (
        f"=== {project.key}\t{match.path}\t{match.first}\t{match.last}\t{wild_scan.package(owner['purl'])}\n"
        f"{match.rule}, {match.kind}, {match.bits:.0f} bits ({match.calibration:+.0f} by calibration), {match.tokens} tokens; "
        f"{match.license} <- {owner['license']}\n"
    )
    mine = _lines(wild_projects.unpack(project, cache) / match.path, match.first, match.last)
    return head + mine + f"--- {owner['purl']} {owner['path']}\n" + _lines(_origin(owner, cache), owner["first"], owner["last"])


def show_declared(project: wild_projects.Project, told: dict, cache: Path) -> str:
    """What a file declares, for reading."""
    head = f"=== {project.key}\t{told['path']}\t{told['line']}\t{told['line']}\t{DECLARED}\n{told['rule']}: {told['message']}\n"
    return head + _lines(wild_projects.unpack(project, cache) / told["path"], told["line"], told["line"] + 4)


def _origin(owner: dict, cache: Path) -> Path:
    package = corpus.Package(owner["purl"], "", "")
    if package.ecosystem not in ("pypi", "cargo"):
        return Path(owner["purl"]) / owner["path"]  # a standard library: look at the one you have
    if not (cache / "sources" / package.ecosystem / f"{package.name}-{package.version}" / ".complete").exists():
        corpus.fetch(package, cache)
    return corpus.sources(package, cache) / owner["path"]


def _lines(path: Path, first: int, last: int) -> str:
    if not path.exists():
        return f"    ({path} is not there)\n"
    rows = path.read_text(errors="replace").split("\n")
    numbered = list(enumerate(rows[max(0, first - 1 - CONTEXT):last + CONTEXT], max(1, first - CONTEXT)))
    rest = f"       ... {len(numbered) - LONGEST} more\n" if len(numbered) > LONGEST else ""
    return "".join(f"{n:6} {row[:160]}\n" for n, row in numbered[:LONGEST]) + rest
