"""docs/precision.md: failing findings on published projects by what people judged them to be."""

import datetime
import json
import platform
from collections import defaultdict
from pathlib import Path

import wild_chance
import wild_independent
import wild_labels
import wild_peers
import wild_projects
import wild_scan

HALVES = ("dev", "test")
NAMES = {"dev": "development", "test": "test"}
LANGUAGES = (("python", "Python"), ("rust", "Rust"), ("other", "others"))
RIGHT = "copy"
PEERS = "## Compared with simpler tools"


def page(scans: dict[wild_projects.Project, wild_scan.Scan], labels, cache: Path, work: Path, version: str, earlier: str = "") -> str:
    """The page; of the other tools it keeps what an earlier page says where they were not run again."""
    measured_by_all = {project: scans[project] for project in wild_projects.read()}
    groups = {half: {p: s for p, s in scans.items() if p.role == half} for half in HALVES}
    parts = [
        "# Precision on real projects",
        "`eval/wild.py report` writes this page; the method is in [eval/wild/README.md](../eval/wild/README.md).",
        f"Command: `eval/wild.py` {', '.join(_steps(work))} with `--birthmark target/release/birthmark`. Date: {datetime.date.today().isoformat()}. "
        f"Python {platform.python_version()}, {version.splitlines()[0]}.",
        "How often is birthmark wrong on published projects? It scanned each project under the project's own licence, with the "
        "default settings and the starter index. A *failing finding* makes the run exit with 1. People read both sides of each and "
        "judged it; a finding that nobody judged counts as false.",
        "The engine was tuned on the projects of the development half. The findings of the test half were read to be judged, and "
        "[what that showed](../eval/wild/README.md#what-the-test-half-showed) was mended, so its figures are not those of projects that "
        "nobody looked at.",
        "## The projects\n\n" + _sizes(groups, cache),
        "## Failing findings\n\n" + _by_label(groups, labels),
        "The failing findings that are not right, by cause:\n\n" + _by_cause(groups, labels),
        "Failing findings, and those of them that are not right (*wrong*), per project, per 100,000 lines and per 1,000 functions:\n\n"
        + _rates(groups, labels, cache),
        "## By strength\n\nFailing findings whose evidence reaches so many bits. *Right* are those with the label `copy`, *false* those with "
        "`false` or without a label, *related* all others.\n\n" + _by_bits(groups, labels),
        "## Projects with failing findings, development half\n\n" + _by_project(groups["dev"], labels),
    ]
    if (work / "peers.json").exists():
        parts.append(_peers(json.loads((work / "peers.json").read_text()), measured_by_all))
    elif PEERS in earlier:
        section = earlier[earlier.index(PEERS):].split("\n\n## ")[0]
        others = [row for row in section.rstrip().split("\n") if row.startswith("| ") and not row.startswith(("| tool", "| birthmark"))]
        parts.append(_peers({}, measured_by_all) + "\n" + "\n".join(others) + "\n\nThe other tools' rows are those of an earlier run.")
    if (work / "independent").exists():
        parts.append(_independent(wild_independent.load(cache, work / "independent")))
    if (work / "growth" / "growth.json").exists():
        parts.append(_growth(json.loads((work / "growth" / "growth.json").read_text()), work / "growth" / "growth-matches.tsv"))
    return "\n\n".join(parts) + "\n"


def _steps(work: Path) -> list[str]:
    """The steps whose results are there, as the command line names them."""
    growth = work / "growth" / "growth.json"
    steps = {"peers": (work / "peers.json").exists(), "independent": (work / "independent").exists(), "growth": growth.exists()}
    if growth.exists() and json.loads(growth.read_text())["projects"] < len(wild_projects.read()):
        steps = {**steps, "growth": False, "growth --half test": True}
    return [f"`{step}`" for step in ("scan", *(name for name, ran in steps.items() if ran), "report")]


def _table(head: list[str], rows: list[list]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(c) for c in row) + " |" for row in rows])


def _number(value: float, digits: int = 2) -> str:
    return "-" if value != value else f"{value:.{digits}f}"


def _sizes(groups, cache: Path) -> str:
    rows = []
    for half, scans in groups.items():
        for language, title in LANGUAGES:
            mine = {p: s for p, s in scans.items() if p.language == language}
            functions = sum(wild_projects.size(p, cache)["functions"] for p in mine)
            rows.append([
                NAMES[half], title, len(mine), f"{sum(s.lines for s in mine.values()):,}", f"{functions:,}",
                sum(s.status == 0 for s in mine.values()), sum(s.status == 1 for s in mine.values()),
                sum(s.status == 2 for s in mine.values()),
            ])
    return _table(["half", "language", "projects", "lines", "functions", "exit 0", "exit 1", "exit 2"], rows)


def _by_label(groups, labels) -> str:
    counts = {half: wild_labels.count(labels, list(scans.values())) for half, scans in groups.items()}
    rows = [[name, meaning, *(counts[h][name] for h in HALVES)] for name, meaning in wild_labels.LABELS.items()]
    totals = [sum(counts[h].values()) for h in HALVES]
    rows.append(["**all**", "", *totals])
    shares = [counts[h][RIGHT] / t if t else float("nan") for h, t in zip(HALVES, totals)]
    rows.append(["**precision**", "share of `copy`", *(_number(s) for s in shares)])
    return _table(["label", "meaning", *(NAMES[h] for h in HALVES)], rows)


def _by_cause(groups, labels) -> str:
    counts = {half: wild_labels.count_causes(labels, list(scans.values())) for half, scans in groups.items()}
    rows = [[name, meaning, *(counts[h][name] for h in HALVES)] for name, meaning in wild_labels.CAUSES.items()]
    return _table(["cause", "meaning", *(NAMES[h] for h in HALVES)], rows)


def _rates(groups, labels, cache: Path) -> str:
    rows = []
    for half, scans in groups.items():
        for language, title in (("", "all"), *LANGUAGES):
            mine = {p: s for p, s in scans.items() if p.language.startswith(language)}
            if not mine:
                continue
            counts = wild_labels.count(labels, list(mine.values()))
            every, wrong = sum(counts.values()), sum(n for name, n in counts.items() if name != RIGHT)
            lines = sum(s.lines for s in mine.values())
            functions = sum(wild_projects.size(p, cache)["functions"] for p in mine) or float("nan")
            rows.append([
                NAMES[half], title, every, wrong, _number(every / len(mine)), _number(wrong / len(mine)),
                _number(1e5 * every / lines), _number(1e5 * wrong / lines), _number(1e3 * every / functions, 3),
                _number(1e3 * wrong / functions, 3),
            ])
    head = ["half", "language", "all", "wrong", "per project", "wrong", "per 100,000 lines", "wrong", "per 1,000 functions", "wrong"]
    return _table(head, rows)


def _by_bits(groups, labels) -> str:
    rows = []
    for at in (68, 80, 90, 100, 110, 120, 150, 200):
        row = [at]
        for half in HALVES:
            counts = wild_labels.count(labels, list(groups[half].values()), at)
            false = counts["false"] + counts["unlabelled"]
            row += [counts[RIGHT], sum(counts.values()) - counts[RIGHT] - false, false]
        rows.append(row)
    return _table(["bits", *(f"{NAMES[h]}: {kind}" for h in HALVES for kind in ("right", "related", "false"))], rows)


def _by_project(scans, labels) -> str:
    rows = []
    for project, scan in scans.items():
        counts = wild_labels.count(labels, [scan])
        if sum(counts.values()):
            rows.append([f"{project.key}@{project.version}", f"{scan.lines:,}", *(n or "" for n in counts.values())])
    return _table(["project", "lines", *wild_labels.LABELS], rows)


def _peers(peers: dict[str, dict[str, int]], scans) -> str:
    lines = {p.key: s.lines for p, s in scans.items()}
    every = wild_peers.birthmark(list(scans.values())) | peers
    rows = []
    for tool, counts in every.items():
        counts = {k: n for k, n in counts.items() if k in lines}
        rows.append([
            tool, sum(counts.values()), sum(n > 0 for n in counts.values()),
            _number(1e5 * sum(counts.values()) / sum(lines[k] for k in counts)),
        ])
    return (
        f"{PEERS}\n\nReports on the projects of `projects.tsv` against the sources of the starter index. The other tools do not read "
        "licences, so compare them with the row of all matches.\n\n"
        + _table(["tool", "reports", "projects with a report", "per 100,000 lines"], rows)
    )


def _independent(found: list[wild_independent.Result]) -> str:
    groups: dict[tuple[str, str], list] = defaultdict(list)
    for result in found:
        groups[result.package.role, result.package.language].append(result)
    rows = []
    for (name, language), mine in sorted(groups.items(), key=lambda item: (item[0][0] != wild_independent.PUZZLES, item[0])):
        rows.append([
            name, language, len(mine), f"{sum(r.scan.lines for r in mine):,}", sum(r.related for r in mine),
            sum(r.reports for r in mine), _number(wild_independent.per_100000(mine), 1), sum(r.classes for r in mine),
            _number(wild_independent.class_share(mine), 3),
        ])
    for language in ("python", "rust"):
        mine = [r for r in found if r.package.language == language and r.package.role != wild_independent.PUZZLES]
        rows.append([
            "**all but puzzles**", language, len(mine), f"{sum(r.scan.lines for r in mine):,}", sum(r.related for r in mine),
            sum(r.reports for r in mine), _number(wild_independent.per_100000(mine), 1), sum(r.classes for r in mine),
            _number(wild_independent.class_share(mine), 3),
        ])
    return (
        "## Independent authors\n\nThe packages of a group do the same thing, and different people wrote them. birthmark compared each "
        "with the others of its group, at the default threshold, whatever the licences.\n\n"
        "- *Related*: reports about two packages that are known to share code (`eval/wild/independent-related.tsv`). *Other reports*, "
        "also per 100,000 lines, are false.\n"
        "- *Classes*: Python's classes and Rust's `impl` blocks with functions. *Reported*: the share of them that another report touches.\n\n"
        + _table(["group", "language", "packages", "lines", "related", "other reports", "per 100,000 lines", "classes", "reported"], rows)
    )


def _growth(growth: dict, matches: Path) -> str:
    marks = (40, 52, 60, 68, 80, 100, 120)
    rows = []
    for size, found in growth["sizes"].items():
        for kind in ("matches", "failing"):
            bins = {int(at): n for at, n in found["counts"].get(kind, {}).items()}
            rates = [1e5 * sum(n for at, n in bins.items() if at >= mark) / found["lines_scanned"] for mark in marks]
            rows.append([size, f"{found['lines_indexed']:,}", kind, *(_number(r) for r in rates)])
    return (
        f"## As the index grows\n\nbirthmark scanned {growth['projects']} of the projects against indexes of other packages. The table counts "
        "matches and failing findings per 100,000 lines, by the bits that they reach. It leaves out a project and a package that are probably "
        f"related: they share {growth['related_from']:g} bits or more in one place, they share ten places, or one depends on the other. Most "
        "of the other matches are chance.\n\n"
        + _table(["million lines", "lines indexed", "", *(f"{m} bits" for m in marks)], rows)
        + "\n\nA larger index raises the bits of each preset, and the bits from which a match is substantial "
        "(`src/engine/evidence/chance.rs`). *Stated* is the number of matches by chance that these bits should give in 100,000 lines:\n\n"
        + _table(
            ["lines indexed", "", "stated", "bits", "matches counted", "failing findings"],
            [[f"{n:,}", name, f"{number:g}", f"{bits:.0f}", _number(m), _number(f)] for n, name, number, bits, m, f in wild_chance.kept(growth, matches)],
        )
    )
