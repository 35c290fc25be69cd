"""The section of docs/evaluation.md on natural copies."""

import datetime
import platform
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import corpus
import natural
import score
import show
from hits import Run
from score import Copy

BEGIN = "<!-- natural copies: written by `eval/run.py natural` -->"
END = "<!-- end of natural copies -->"
RATES = (2.0, 10.0)  # alarms per 1,000 functions at which tools are compared
BANDS = ((1.0, "the same text"), (0.9, "0.9 to 1"), (0.8, "0.8 to 0.9"), (0.6, "0.6 to 0.8"))


def kept(page: Path) -> str:
    """The section as an earlier run left it: the rest of the page is written without it."""
    text = page.read_text() if page.exists() else ""
    return text[text.index(BEGIN):text.index(END) + len(END)] + "\n" if BEGIN in text and END in text else ""


def write(page: Path, section: str) -> None:
    text = page.read_text() if page.exists() else "# Evaluation\n"
    if kept(page):
        text = text[:text.index(BEGIN)] + text[text.index(END) + len(END):]
    page.write_text(f"{text.rstrip()}\n\n{BEGIN}\n{section}\n{END}\n")


@dataclass
class Misses:
    """What birthmark said of the functions it did not find: files not looked into, and functions found alone."""

    skipped: dict[str, str]
    alone: set[str]

    def cause(self, copy: Copy, at: float) -> str:
        return natural.cause(copy, at, self.skipped, self.alone)


def peers(earlier: str, runs: list[Run]) -> list[str]:
    """The rows of an earlier section about tools that were not run again."""
    table = earlier.partition("\n| tool |")[2].split("\n\n")[0].split("\n")[2:]
    return [row for row in table if not any(row.startswith(f"| {run.tool} |") for run in runs)]


def section(truth: list[dict], runs: list[Run], misses: Misses, cases: Path, cache: Path, earlier: str = "") -> str:
    """`runs` begins with birthmark's; `cases` are the planted ones, which give the alarm rates; `earlier` is the section as it was."""
    judged = {run.tool: natural.judge(truth, run, cache) for run in runs}
    ours, copies = runs[0], judged[runs[0].tool]
    at = ours.default
    versions = ", ".join(f"{r.tool} {r.version.split()[-1] if r.version else ''}".strip() for r in runs)
    return "\n\n".join([
        "## Natural copies",
        f"Command: `eval/run.py natural`. Date: {datetime.date.today().isoformat()}. Python {platform.python_version()}, {versions}.",
        _about(truth),
        f"Recall for functions of 8 lines or more and of 5 to 7 lines, at no more than {RATES[0]:g} and {RATES[1]:g} alarms per 1,000 "
        "functions of the planted benchmark's test half, and at each tool's own default:\n\n"
        + "\n".join([_tools(runs, judged, cases, cache), *peers(earlier, runs)])
        + ("\n\nThe other tools' rows are those of an earlier run." if peers(earlier, runs) else ""),
        f"birthmark at {at:g} bits. *Covered*: the regions that name the origin hold at least half of the function's code lines.\n\n"
        + _table("functions", _parts(copies), at),
        f"By carrier; the mean over carriers is {show.number(_mean_of_carriers(copies, at))} for functions of 8 lines or more.\n\n"
        + _table("carrier and origins", _carriers(copies), at),
        "Not found, by cause:\n\n" + _causes(copies, at, misses),
        "Functions of 8 lines or more that were not found:\n\n" + _misses(copies, at, misses),
    ])


def _about(truth: list[dict]) -> str:
    hosts, origins = {r["host"] for r in truth}, {r["purl"] for r in truth}
    longer = sum(r["length"] != "5-7" for r in truth)
    return (
        f"{len(truth)} functions ({longer} of 8 code lines or more) in {len({r['case'] for r in truth})} files of {len(hosts)} published "
        f"packages, the *carriers*. They hold forks, vendored folders and carried-over modules of {len(origins)} indexed packages. "
        "`eval/natural.toml` lists the files and how the relation is known. A function counts if the origin's file has a function of the "
        f"same name that agrees in at least {natural.ROWS:g} of its code lines or {natural.WORDS:g} of its words (difflib's ratio; comments, "
        "docstrings and white space left out). It is found if a report overlaps at least two of its code lines and names among the owners "
        "the origin in any version, or a package with the same lines."
    )


def _tools(runs: list[Run], judged: dict[str, list[Copy]], cases: Path, cache: Path) -> str:
    head = ["tool", *(f"{r:g}: {c}" for r in RATES for c in ("8+", "5-7")), "own: 8+", "own: 5-7", "own: alarms", "own: named first"]
    rows = []
    for run in runs:
        quiet = _quiet(run, cases, cache)
        longer, shorter = _by_length(judged[run.tool])
        cells = []
        for at in [score.threshold_for(quiet, r) if quiet else None for r in RATES] + [run.default]:
            cells += [show.number(score.recall(part, at)) if at is not None else "-" for part in (longer, shorter)]
        alarms = score.alarms(quiet, run.default, "negative-function")
        rows.append([run.tool, *cells, show.number(alarms, 1), show.number(score.first_right(longer, run.default))])
    return _markdown(head, rows)


def _quiet(run: Run, cases: Path, cache: Path) -> list[score.Quiet]:
    """What the tool said of the planted benchmark's honest code, if it was asked."""
    names = {"SIM (sim_text)": "sim", "five identical lines": "lines"}
    saved = cases / "hits" / f"{names.get(run.tool, run.tool)}.json"
    if not saved.exists():
        return []
    honest = [r for r in score.read_truth(cases, "test") if r.get("negative")]
    return score.judge(honest, Run.load(saved), natural.Upstream(cache)).quiet


def _parts(copies: list[Copy]) -> dict[str, list[Copy]]:
    parts = {language.capitalize(): [c for c in copies if c.truth["language"] == language] for language in corpus.LANGUAGES}
    above = 2.0
    for least, name in BANDS:
        parts[f"alike: {name}"] = [c for c in copies if least <= c.truth["similarity"] < above]
        above = least
    return {**parts, "**all**": copies}


def _carriers(copies: list[Copy]) -> dict[str, list[Copy]]:
    groups = score.groups(copies, "host")
    plain = lambda purl: purl.split("/", 1)[1]
    return {f"{plain(host)}: {', '.join(sorted({plain(c.truth['purl']) for c in mine}))}": mine for host, mine in sorted(groups.items())}


def _mean_of_carriers(copies: list[Copy], at: float) -> float:
    longer = [score.recall(mine, at) for mine in score.groups(_by_length(copies)[0], "host").values()]
    return sum(longer) / len(longer) if longer else float("nan")


def _table(first: str, groups: dict[str, list[Copy]], at: float) -> str:
    head = [first, "8+", "found", "covered", "named first", "5-7", "found", "covered", "named first"]
    rows = []
    for name, copies in groups.items():
        cells = []
        for part in _by_length(copies):
            held = sum(natural.covered(c, at) for c in part) / len(part) if part else float("nan")
            cells += [str(len(part)), *(show.number(n, 2) for n in (score.recall(part, at), held, score.first_right(part, at)))]
        rows.append([name, *cells])
    return _markdown(head, rows)


def _causes(copies: list[Copy], at: float, misses: Misses) -> str:
    counts = [Counter(misses.cause(c, at) for c in natural.missed(part, at)) for part in _by_length(copies)]
    names = sorted({*counts[0], *counts[1]}, key=lambda n: -counts[0][n])
    return _markdown(["cause", "8+", "5-7"], [[n, str(counts[0][n]), str(counts[1][n])] for n in names])


def _misses(copies: list[Copy], at: float, misses: Misses) -> str:
    grouped: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for copy in natural.missed(_by_length(copies)[0], at):
        row = copy.truth
        key = (row["host"].split("/", 1)[1], row["file"], row["purl"].split("/", 1)[1], misses.cause(copy, at))
        grouped[key].append(f"`{row['name']}` {row['target_start']}-{row['target_end']} ({row['similarity']:.2f})")
    return _markdown(["carrier", "file", "origin", "cause", "functions, lines (how alike)"], [[*k, ", ".join(v)] for k, v in grouped.items()])


def _by_length(copies: list[Copy]) -> tuple[list[Copy], list[Copy]]:
    """Functions of eight code lines or more, and shorter ones."""
    return [c for c in copies if c.truth["length"] != "5-7"], [c for c in copies if c.truth["length"] == "5-7"]


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows])
