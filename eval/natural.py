"""Natural copies: real forks and vendored files, listed in natural.toml, and whether a tool finds their functions.

Which functions are copies is decided here by their text alone. A function of a carrier counts if the origin's file has
one of the same name that is at least as similar as `ROWS` by code lines, or as `WORDS` by words where other line
breaks hide it. Comments, docstrings and white space are left out of both.
"""

import hashlib
import json
import shutil
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

import corpus
import plant
import score
import syntax
from corpus import Package
from hits import Place, Run, case_name, plain_purl
from score import Copy

ROWS = 0.6  # similarity of two functions by code lines from which one is a copy of the other
WORDS = 0.8  # the same by words, whatever the line breaks
SHORTEST = 5  # code lines of a function that counts
LENGTHS = ((5, "5-7"), (8, "8-15"), (16, "16-40"), (41, "41+"))


@dataclass(frozen=True)
class Pair:
    """A file of a carrier, and the file of an indexed package that it stems from."""

    carrier: Package
    file: str
    origin: Package
    origin_file: str
    known: str

    @property
    def case(self) -> str:
        """As tools are shown it: no folder of it says that it is vendored, or ends on the ignored ones."""
        return f"natural/{self.carrier.name}-{self.carrier.version}/{self.file.replace('/', '__')}"


@dataclass
class Function:
    """A function's place, its code lines by number, and its text without comments, docstrings and white space."""

    name: str
    start: int
    end: int
    code: list[int]
    rows: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


# ---------------------------------------------------------------- the list


def pairs() -> list[Pair]:
    raw = _list()
    carriers = {c["purl"]: Package(c["purl"], "", "natural") for c in raw["carrier"]}
    origins = {p.purl: p for p in corpus.packages("indexed")}
    return [
        Pair(carriers[c["carrier"]], file, origins[c["origin"]], origin_file, c["known"])
        for c in raw["copy"] for file, origin_file in c["files"]
    ]


def fetch(cache: Path) -> None:
    """Download the carriers and compare their digests; the origins come with the benchmark's own `fetch`."""
    for row in _list()["carrier"]:
        package = Package(row["purl"], "", "natural")
        archive = corpus.fetch(package, cache)
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        if digest != row["sha256"]:
            raise SystemExit(f"{package.purl}: {archive.name} has digest {digest}, natural.toml says {row['sha256']}")
        corpus.sources(package, cache)


def _list() -> dict:
    with open(corpus.HERE / "natural.toml", "rb") as file:
        return tomllib.load(file)


# ---------------------------------------------------------------- the truth


def lay_out(cache: Path, folder: Path) -> list[dict]:
    """Write the carriers' files as cases and the copied functions as the truth, in the planted benchmark's shape."""
    truth = []
    shutil.rmtree(folder / "cases", ignore_errors=True)
    for pair in pairs():
        here, there = _text(pair.carrier, cache, pair.file), _text(pair.origin, cache, pair.origin_file)
        if here is None or there is None:
            continue  # not UTF-8
        target = folder / "cases" / pair.case
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(here)
        truth += [_row(pair, *found, len(truth) + i) for i, found in enumerate(copied(pair.carrier.language, here, there))]
    with open(folder / "truth.jsonl", "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in truth)
    return truth


def copied(language: str, here: str, there: str) -> list[tuple[Function, Function, float]]:
    """The functions of the first text that are copies of functions of the second, with their similarity."""
    named = defaultdict(list)
    for function in functions(language, there):
        named[function.name].append(function)
    found = []
    for function in functions(language, here):
        if len(function.code) < SHORTEST:
            continue
        alike = [(similarity(function, other), other) for other in named[function.name]]
        ratio, other = max(alike, key=lambda pair: pair[0], default=(0.0, None))
        if ratio:
            found.append((function, other, ratio))
    return found


def similarity(one: Function, other: Function) -> float:
    """Of their code lines, or of their words; nothing if neither makes it a copy."""
    rows = _ratio(one.rows, other.rows, ROWS)
    words = _ratio(one.words, other.words, WORDS)
    return max(rows, words)


def _ratio(one: list[str], other: list[str], least: float) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= least else 0.0


def functions(language: str, text: str) -> list[Function]:
    found = [Function(f.name, f.start, f.end, []) for f in syntax.functions(language, text)]
    code = syntax.code_lines(language, text)
    words = defaultdict(list)
    for leaf in syntax.leaves(syntax.parse(language, text)):
        if not syntax.is_comment(leaf) and not syntax.is_docstring(leaf):
            words[leaf.start_point[0] + 1].append(leaf.text.decode().strip())
    for function in found:
        function.code = [n for n in code if function.start <= n <= function.end]
        rows = [words[n] for n in range(function.start, function.end + 1) if words.get(n)]
        function.rows = ["".join(row) for row in rows]
        function.words = [word for row in rows for word in row if word]
    return found


def _row(pair: Pair, here: Function, there: Function, similar: float, number: int) -> dict:
    count = len(here.code)
    return {
        "id": f"natural-{number:05}", "case": pair.case, "operator": "natural", "language": pair.carrier.language,
        "half": pair.origin.half, "length": [name for least, name in LENGTHS if count >= least][-1], "expect": "", "carrier": "",
        "purl": pair.origin.purl, "path": pair.origin_file, "start": there.start, "end": there.end,
        "source_code": plant.ranges(there.code),
        "target_start": here.start, "target_end": here.end, "target_code": plant.ranges(here.code),
        "host": pair.carrier.purl, "file": pair.file, "name": here.name, "similarity": round(similar, 3),
    }


def _text(package: Package, cache: Path, path: str) -> str | None:
    try:
        content = (corpus.sources(package, cache) / path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return content.replace("\r\n", "\n").replace("\f", " ")


# ---------------------------------------------------------------- judging


class Upstream(score.Owners):
    """The origin, another version of it, or whoever carries the same lines."""

    def right(self, place: Place, truth: dict) -> bool:
        return _unversioned(place.purl) == _unversioned(plain_purl(truth["purl"])) or super().right(place, truth)


def judge(truth: list[dict], run: Run, cache: Path) -> list[Copy]:
    return score.judge(truth, run, Upstream(cache)).copies


def covered(copy: Copy, at: float) -> bool:
    """Whether what names the origin holds at least half of the function's code lines."""
    wanted = score.lines_of(copy.truth["target_code"])
    given = set().union(*(range(h.start, h.end + 1) for h, right in copy.hits if right and h.score >= at))
    return len(wanted & given) * 2 >= len(wanted)


def missed(copies: list[Copy], at: float) -> list[Copy]:
    return [c for c in copies if c.found < at]


def lay_out_alone(copies: list[Copy], folder: Path) -> list[dict]:
    """Each of the copies' functions as a file of its own, and the truth about these files."""
    shutil.rmtree(folder / "cases", ignore_errors=True)
    truth = []
    for copy in copies:
        row = copy.truth
        rows = (folder.parent / "cases" / row["case"]).read_text().split("\n")[row["target_start"] - 1:row["target_end"]]
        case = f"natural/alone/{row['id']}{corpus.SUFFIX[row['language']]}"
        target = folder / "cases" / case
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(syntax.dedent("\n".join(rows)) + "\n")
        code = [n - row["target_start"] + 1 for n in score.lines_of(row["target_code"])]
        truth.append({**row, "case": case, "target_start": 1, "target_end": len(rows), "target_code": plant.ranges(sorted(code))})
    return truth


def cause(copy: Copy, at: float, skipped: dict[str, str], alone: set[str]) -> str:
    """Why a copy was not found; `alone` are those that are found when their function is all that is scanned."""
    if copy.truth["case"] in skipped:
        return f"file {skipped[copy.truth['case']]}"
    if copy.truth["id"] in alone:
        return "found only when scanned alone"
    if copy.found:
        return "below the threshold"
    if copy.seen >= at:
        return "another owner named"
    return "only another owner, below the threshold" if copy.seen else "nothing reported"


def skipped(report: dict) -> dict[str, str]:
    """The files that birthmark did not look into, with its reason."""
    notes = (n for n in report["notes"] if n["kind"] == "skipped" and n["path"])
    return {case_name(n["path"]): n["message"] for n in notes}


def _unversioned(purl: str) -> str:
    return purl.split("@")[0]
