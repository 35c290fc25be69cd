"""Compare what a tool reports with the truth: recall, line overlap, owners, kinds of copy, alarms."""

import fnmatch
import json
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import corpus
from hits import Hit, Place, Run, plain_purl

RATES = (1.0, 2.0, 3.3, 5.0, 10.0, 14.0, 20.0)  # alarms per 1,000 functions at which tools are compared


@dataclass
class Copy:
    """A planted copy and what was reported about it."""

    truth: dict
    seen: float = 0.0  # score of what overlaps it, whoever is named
    found: float = 0.0  # score of what overlaps it and names its origin among the owners
    first: bool = False  # the likeliest owner of the best hit is right
    kind: str = ""
    hits: list[tuple[Hit, bool]] = field(default_factory=list)


@dataclass
class Quiet:
    """Code nobody copied: any score is an alarm."""

    truth: dict
    score: float = 0.0
    hit: Hit | None = None


@dataclass
class Outcome:
    copies: list[Copy]
    quiet: list[Quiet]
    strays: list[Hit]  # hits in carrier files that touch no planted line
    carriers: int
    audited: int


def lines_of(text: str) -> set[int]:
    return {n for part in text.split(",") if part for a, b in [part.split("-")] for n in range(int(a), int(b) + 1)}


def read_truth(folder: Path, half: str = "", language: str = "", operator: str = "") -> list[dict]:
    with open(folder / "truth.jsonl") as file:
        rows = [json.loads(line) for line in file]
    return [
        r for r in rows
        if half in ("", "both", r["half"]) and language in ("", r["language"]) and fnmatch.fnmatch(r["operator"], operator or "*")
    ]


class Owners:
    """Whether a named place is the origin of a copy, or carries the same lines."""

    def __init__(self, cache: Path):
        self.cache = cache
        self.packages = {plain_purl(p.purl): p for p in corpus.packages("indexed")}
        self.lines = lru_cache(maxsize=512)(self._lines)

    def right(self, place: Place, truth: dict) -> bool:
        if place.purl == plain_purl(truth["purl"]):
            return True
        mine = self.lines(plain_purl(truth["purl"]), truth["path"])
        theirs = self.lines(place.purl, place.path)
        if not mine or not theirs:
            return False
        wanted = _block(mine, truth["start"], truth["end"])
        given = _block(theirs, place.start, place.end)
        common = sum((Counter(wanted) & Counter(given)).values())
        return bool(given) and common >= 0.9 * min(len(wanted), len(given)) and common >= 0.5 * len(wanted)

    def _lines(self, purl: str, path: str) -> tuple[str, ...]:
        package = self.packages.get(purl)
        if package is None:
            return ()
        root = corpus.sources(package, self.cache)
        shorter = path.split("/", 1)[-1]  # a report may keep the archive's top folder
        for candidate in (path, shorter):
            if (root / candidate).is_file():
                return tuple((root / candidate).read_text(errors="replace").split("\n"))
        return ()


def _block(rows: tuple[str, ...], start: int, end: int) -> list[str]:
    return [r.strip() for r in rows[start - 1:end] if r.strip()]


def audited() -> list[dict]:
    with open(corpus.HERE / "audited.toml", "rb") as file:
        return tomllib.load(file).get("shared", [])


def judge(truth: list[dict], run: Run, owners: Owners) -> Outcome:
    by_case: dict[str, list[Hit]] = defaultdict(list)
    for hit in run.hits:
        by_case[hit.case].append(hit)
    known = audited()
    outcome = Outcome([], [], [], 0, 0)
    planted: dict[str, list[dict]] = defaultdict(list)
    for row in truth:
        if not row.get("negative"):
            planted[row["case"]].append(row)
            outcome.copies.append(_judge_copy(row, by_case[row["case"]], owners))
            continue
        if any(_is_known(entry, row) for entry in known):
            outcome.audited += 1
            continue
        found = by_case[row["case"]]
        loudest = max(found, key=lambda h: h.score, default=None)
        outcome.quiet.append(Quiet(row, loudest.score if loudest else 0.0, loudest))
    for case, rows in planted.items():
        if rows[0]["carrier"]:
            outcome.carriers += 1
            inside = set().union(*(range(r["target_start"], r["target_end"] + 1) for r in rows))
            outcome.strays += [h for h in by_case[case] if not inside & set(range(h.start, h.end + 1))]
    return outcome


def _is_known(entry: dict, row: dict) -> bool:
    return entry["package"] == row["purl"].split("@")[0] and fnmatch.fnmatch(row["path"], entry["path"])


def _judge_copy(row: dict, found: list[Hit], owners: Owners) -> Copy:
    target = lines_of(row["target_code"])
    copy = Copy(row)
    for hit in found:
        if len(target & set(range(hit.start, hit.end + 1))) >= min(2, len(target)):
            copy.hits.append((hit, any(owners.right(p, row) for p in hit.owners)))
    if not copy.hits:
        return copy
    copy.seen = max(h.score for h, _ in copy.hits)
    copy.found = max((h.score for h, right in copy.hits if right), default=0.0)
    # In a file made of several copies a hit may only graze its neighbour: the best hit is one that names the origin
    # at all, if there is one.
    best = max(copy.hits, key=lambda pair: (pair[1], pair[0].score))[0]
    copy.first = owners.right(best.owners[0], row)
    copy.kind = best.kind
    return copy


# ---------------------------------------------------------------- figures


def recall(copies: list[Copy], at: float) -> float:
    return sum(c.found >= at for c in copies) / len(copies) if copies else float("nan")


def alarms(quiet: list[Quiet], at: float, operator: str) -> float:
    """Alarmed pieces per 1,000."""
    mine = [q for q in quiet if q.truth["operator"] == operator]
    return 1000 * sum(q.score >= at for q in mine) / len(mine) if mine else float("nan")


def threshold_for(quiet: list[Quiet], rate: float, operator: str = "negative-function") -> float:
    """The lowest score at which no more than `rate` per 1,000 pieces are alarmed."""
    scores = sorted((q.score for q in quiet if q.truth["operator"] == operator), reverse=True)
    allowed = int(rate * len(scores) / 1000)
    return scores[allowed] + 1e-6 if allowed < len(scores) else 0.0


def curve(outcome: Outcome) -> list[tuple[float, float, float]]:
    """(threshold, alarms per 1,000 functions, recall) over every score that changes something."""
    steps = sorted({round(q.score, 1) for q in outcome.quiet if q.score > 0} | {round(c.found, 0) for c in outcome.copies if c.found})
    if len(steps) > 200:
        steps = steps[::len(steps) // 200]
    return [(t, alarms(outcome.quiet, t, "negative-function"), recall(outcome.copies, t)) for t in steps]


def overlap(copies: list[Copy], at: float, cases: Path) -> tuple[float, float]:
    """Mean intersection over union of code lines, in the case and in the origin, over the copies found."""
    here, there = [], []
    for copy in copies:
        if copy.found < at:
            continue
        row = copy.truth
        right = [h for h, ok in copy.hits if ok and h.score >= at] or [h for h, ok in copy.hits if ok]
        reported = set().union(*(range(h.start, h.end + 1) for h in right))
        here.append(_share(lines_of(row["target_code"]), reported, row["target_start"], row["target_end"], _filled(cases, row["case"])))
        places = [
            p for h in right for p in h.owners if p.purl == plain_purl(row["purl"]) and p.path.endswith(row["path"])
        ]
        if places:
            named = set().union(*(range(p.start, p.end + 1) for p in places))
            there.append(_share(lines_of(row["source_code"]), named, row["start"], row["end"], None))
    mean = lambda values: sum(values) / len(values) if values else float("nan")
    return mean(here), mean(there)


def _share(code: set[int], reported: set[int], first: int, last: int, filled: set[int] | None) -> float:
    outside = {n for n in reported if not first <= n <= last and (filled is None or n in filled)}
    return len(code & reported) / len(code | outside) if code else 0.0


@lru_cache(maxsize=4096)
def _filled(cases: Path, case: str) -> frozenset[int]:
    rows = (cases / "cases" / case).read_text().split("\n")
    return frozenset(n for n, r in enumerate(rows, 1) if r.strip())


def first_right(copies: list[Copy], at: float) -> float:
    found = [c for c in copies if c.found >= at]
    return sum(c.first for c in found) / len(found) if found else float("nan")


def groups(copies: list[Copy], key: str) -> dict[str, list[Copy]]:
    table: dict[str, list[Copy]] = {}
    for copy in copies:
        table.setdefault(copy.truth[key], []).append(copy)
    return table
