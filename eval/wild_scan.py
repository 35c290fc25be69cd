"""Scans of whole projects, and what is kept of their reports."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

import hits
import wild_projects

FAILING = ("error", "warning")


@dataclass
class Match:
    """A match of a report with what is needed to judge it. `rule` and `severity` are empty where it raises no finding."""

    path: str
    first: int
    last: int
    bits: float
    tokens: int
    calibration: float
    kind: str
    license: str
    owners: list[dict]
    rule: str = ""
    severity: str = ""

    @property
    def fails(self) -> bool:
        return self.severity in FAILING

    @property
    def owner(self) -> dict:
        """The likeliest owner."""
        return self.owners[0] if self.owners else {"purl": "", "path": "", "first": 0, "last": 0, "license": "", "bits": 0}


@dataclass
class Scan:
    key: str
    status: int
    lines: int
    matches: list[Match] = field(default_factory=list)
    other: list[dict] = field(default_factory=list)  # failing findings that are about no match

    def failing(self, at: float = 0.0) -> list[Match]:
        """The matches that fail a build; of a scan at a lower threshold only those of `at` bits or more."""
        return [m for m in self.matches if m.fails and m.bits >= at]

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self)))

    @staticmethod
    def load(path: Path) -> "Scan":
        raw = json.loads(path.read_text())
        return Scan(**{**raw, "matches": [Match(**m) for m in raw["matches"]]})


def scan(binary: str, project: wild_projects.Project, cache: Path, indexes: list[str] = (), threshold: float | None = None) -> Scan:
    """Scans a project under its own licence with defaults, but for the indexes and the threshold that are given."""
    return scan_tree(binary, wild_projects.unpack(project, cache), project.key, project.given_license, indexes, threshold)


def scan_all(
    binary: str, projects: list[wild_projects.Project], cache: Path, folder: Path, indexes: list[str] = (), threshold: float | None = None,
) -> list[Scan]:
    """Scans the projects two at a time and saves what is kept of each report under `folder`."""
    def one(project: wild_projects.Project) -> Scan:
        found = scan(binary, project, cache, indexes, threshold)
        found.save(folder / f"{project.key}.json")
        return found

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, projects))


def scan_tree(
    binary: str, root: Path, key: str, license_: str | None, indexes: list[str] = (), threshold: float | None = None,
) -> Scan:
    # No configuration: the benchmark's own folder may stand inside a project that has one.
    command = [binary, "scan", ".", "--format", "json", "--no-config", "--no-cache"]
    for index in indexes:
        command += ["--index", index if index == "starter" else str(Path(index).resolve())]
    if license_:
        command += ["--license", license_]
    if threshold is not None:
        command += ["--threshold", str(threshold)]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if run.returncode not in (0, 1, 2) or not run.stdout:
        raise SystemExit(f"{key}: birthmark scan ended with {run.returncode}: {run.stderr[-2000:]}")
    return from_report(key, run.returncode, json.loads(run.stdout))


def from_report(key: str, status: int, report: dict) -> Scan:
    """Takes from a JSON report what the benchmark keeps."""
    by_id: dict[tuple, dict] = {}
    found = Scan(key, status, report["summary"]["lines_scanned"])
    for finding in report["findings"]:
        region = finding["region"]
        by_id[finding["match"], finding["path"], region["start_line"], region["start_column"]] = finding
    for match in report["matches"]:
        region, evidence = match["region"], match["evidence"]
        finding = by_id.pop((match["id"], match["path"], region["start_line"], region["start_column"]), None)
        found.matches.append(Match(
            match["path"], region["start_line"], region["end_line"], evidence["bits"], evidence["matched_tokens"],
            evidence["calibration"], match["kind"], match["license"]["expression"] or "", [_owner(o) for o in match["owners"]],
            finding["rule"] if finding else "", finding["severity"] if finding else "",
        ))
    found.other = [
        {"rule": f["rule"], "severity": f["severity"], "path": f["path"], "line": f["region"]["start_line"], "message": f["message"]}
        for f in by_id.values() if f["severity"] in FAILING
    ]
    return found


def _owner(owner: dict) -> dict:
    lines = owner["lines"]
    return {
        "purl": hits.plain_purl(owner["purl"]), "path": owner["path"], "first": lines["start_line"], "last": lines["end_line"],
        "license": owner["license"]["expression"] or "", "bits": owner["evidence"]["bits"],
    }


def package(purl: str) -> str:
    """The purl without its version."""
    return purl.split("@")[0]
