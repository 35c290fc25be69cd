"""docs/evaluation.md: what was measured, with which command, on which day, by which versions."""

import datetime
import json
import platform
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import chart
import corpus
import natural_report
import score
import show
from hits import Run, version
from score import Outcome

HALVES = ("dev", "test")
PEER_RATE = 10.0  # alarms per 1,000 functions at which a peer's table by operator is drawn
COLUMNS = (
    "*n* is the number of copies, *recall* the share of them that birthmark finds, *dev* the recall on the development half. The columns "
    f"*{show.COLUMNS[0]}* to *{show.COLUMNS[-1]}* are the recall by lines of code. *Named first*: the share of the copies found whose likely "
    "origin is right. *Lines*: overlap of reported and copied lines, in the copy (*case*) and in the origin."
)


@dataclass
class Kept:
    """What an earlier page says of a tool that was not run again: its row, its section, its figures."""

    row: str
    section: str
    figures: dict

    @property
    def curve(self) -> list[tuple[float, float]]:
        return [(a, r) for _, a, r in self.figures["curve"]]


def kept(docs: Path, ran: set[str]) -> dict[str, Kept]:
    """The tools of the page that is there and are not among those that ran. Their cases are the same: the seed decides them."""
    page, figures = docs / "evaluation.md", docs / "evaluation.json"
    if not (page.exists() and figures.exists()):
        return {}
    text, found = page.read_text(), {}
    for tool, numbers in json.loads(figures.read_text()).items():
        name = re.escape(tool)
        row = re.search(rf"^\| {name} \|.*$", text, re.MULTILINE)
        section = re.search(rf"^## {name}, at .*?(?=\n+(?:## |<!-- )|\n*\Z)", text, re.MULTILINE | re.DOTALL)
        if tool not in ran and row and section:
            found[tool] = Kept(row[0], section[0], numbers)
    return found


def write(runs: list[Run], cases: Path, cache: Path, docs: Path) -> None:
    owners = score.Owners(cache)
    whole = {half: score.read_truth(cases, half) for half in HALVES}
    outcomes = {run.tool: {half: score.judge(whole[half], run, owners) for half in HALVES} for run in runs}
    docs.mkdir(parents=True, exist_ok=True)
    curves = {tool: [(a, r) for _, a, r in score.curve(by_half["test"])] for tool, by_half in outcomes.items()}
    earlier = kept(docs, set(outcomes))
    curves |= {tool: old.curve for tool, old in earlier.items()}
    (docs / "evaluation.svg").write_text(chart.draw("Recall and alarms, test half", curves))
    page = docs / "evaluation.md"
    natural = natural_report.kept(page)
    page.write_text(_page(runs, outcomes, earlier, cases) + (f"\n{natural}" if natural else ""))
    (docs / "evaluation.json").write_text(json.dumps(_figures(runs, outcomes) | {tool: old.figures for tool, old in earlier.items()}, indent=1) + "\n")


def _page(runs: list[Run], outcomes: dict[str, dict[str, Outcome]], earlier: dict[str, Kept], cases: Path) -> str:
    any_outcome = next(iter(outcomes.values()))
    copies = sum(len(any_outcome[h].copies) for h in HALVES)
    quiet = [q for h in HALVES for q in any_outcome[h].quiet]
    functions = sum(q.truth["operator"] == "negative-function" for q in quiet)
    indexed, others = corpus.packages("indexed"), corpus.packages("other")
    # Folders are this machine's own business: options that name one are left out together with it.
    named = {i for i, a in enumerate(sys.argv) if a in ("--cases", "--cache", "--docs", "--index", "--birthmark")}
    command = shlex.join(["eval/run.py", *(a for i, a in enumerate(sys.argv) if i and i not in named and i - 1 not in named)])
    parts = [
        "# Evaluation",
        "`eval/run.py report` writes this page; the method and the ways of copying are in [eval/README.md](../eval/README.md#what-is-measured).",
        f"Command: `{command}`. Date: {datetime.date.today().isoformat()}. Python {platform.python_version()}, "
        + ", ".join(f"{r.tool} {r.version.split()[-1] if r.version else ''}".strip() for r in runs)
        + f", {version(['rustfmt', '--version']) or 'no rustfmt'}."
        + (f" Kept from an earlier run on the same cases: {', '.join(earlier)}." if earlier else ""),
        f"The benchmark plants {copies} copies of code from {len(indexed)} indexed packages. Its honest code, which nobody copied, is "
        f"{functions} functions, {sum(q.truth['operator'] == 'boilerplate' for q in quiet)} pieces of boilerplate and "
        f"{sum(q.truth['operator'] == 'negative-file' for q in quiet)} whole files of {len(others)} other packages. "
        f"{sum(any_outcome[h].audited for h in HALVES)} more pieces were left out because they do share code (`eval/audited.toml`).",
        "The packages are split into two halves. Thresholds are tuned on the development half. The figures are those of the test half, "
        "except in columns named *dev*.",
        "## At equal alarm rates\n\nAn *alarm* is a report on honest code, *recall* the share of all planted copies that a tool finds. The "
        f"columns *{score.RATES[0]:g}* to *{score.RATES[-1]:g}* give the recall at the threshold from which the tool gives no more than so "
        "many alarms per 1,000 honest functions. *Own* is the tool's default threshold.\n\n" + "\n".join([_rates(runs, outcomes), *(old.row for old in earlier.values())]),
        "![recall against alarms](evaluation.svg)",
    ]
    for run in runs:
        parts.append(_tool(run, outcomes[run.tool], cases))
    parts += [old.section for old in earlier.values()]
    return "\n\n".join(parts) + "\n"


def _rates(runs: list[Run], outcomes) -> str:
    head = ["tool", *(f"{r:g}" for r in score.RATES), "own: recall", "own: alarms", "seconds"]
    rows = []
    for run in runs:
        test = outcomes[run.tool]["test"]
        cells = [show.number(score.recall(test.copies, score.threshold_for(test.quiet, r))) for r in score.RATES]
        own = [show.number(score.recall(test.copies, run.default)), show.number(score.alarms(test.quiet, run.default, "negative-function"), 1)]
        rows.append([run.tool, *cells, *own, f"{run.seconds:.0f}"])
    return _table(head, rows)


def _tool(run: Run, by_half: dict[str, Outcome], cases: Path) -> str:
    test, dev = by_half["test"], by_half["dev"]
    is_ours = any(c.kind for c in test.copies)
    at = run.default if is_ours else max(run.default, score.threshold_for(dev.quiet, PEER_RATE))
    head = ["operator", "n", "recall", "dev", "Python", "Rust", *show.COLUMNS, "named first", "lines (case)", "lines (origin)"]
    rows = []
    dev_groups = score.groups(dev.copies, "operator")
    for name, copies in [*score.groups(test.copies, "operator").items(), ("**all**", test.copies)]:
        languages, lengths = score.groups(copies, "language"), score.groups(copies, "length")
        numbers = [
            score.recall(copies, at), score.recall(dev_groups.get(name, dev.copies), at),
            score.recall(languages.get("python", []), at), score.recall(languages.get("rust", []), at),
            *(score.recall(lengths.get(c, []), at) for c in show.COLUMNS), score.first_right(copies, at), *score.overlap(copies, at, cases),
        ]
        rows.append([name, str(len(copies)), *(show.number(n, 2) for n in numbers)])
    chosen = f"its default, {at:.0f} bits. {COLUMNS}" if is_ours else f"no more than {PEER_RATE:g} alarms per 1,000 functions of the development half"
    parts = [f"## {run.tool}, at {at:.0f}", f"Threshold: {chosen.rstrip('.')}.", _table(head, rows), "Alarms per 1,000 pieces:\n\n" + _alarms(by_half, at)]
    if is_ours:
        parts.append("The kind of copy that birthmark reported (columns), by the true kind (rows):\n\n```\n" + show.kinds(test, at) + "\n```")
    return "\n\n".join(parts)


def _alarms(by_half: dict[str, Outcome], at: float) -> str:
    rows = []
    for operator in ("negative-function", "boilerplate", "negative-file"):
        cells = [show.number(score.alarms(by_half[h].quiet, at, operator), 1) for h in reversed(HALVES)]
        rows.append([operator, *cells])
    kinds = sorted({(q.truth["language"], q.truth["kind"].removesuffix("-ours")) for h in HALVES for q in by_half[h].quiet if q.truth["kind"]})
    for language, kind in kinds:
        mine = {h: [q for q in by_half[h].quiet if (q.truth["language"], q.truth["kind"].removesuffix("-ours")) == (language, kind)] for h in HALVES}
        if any(q.score >= at for h in HALVES for q in mine[h]):
            rows.append([f"{language} {kind}", *(f"{sum(q.score >= at for q in mine[h])} of {len(mine[h])}" for h in reversed(HALVES))])
    return _table(["honest code", "test", "dev"], rows)


def _figures(runs: list[Run], outcomes) -> dict:
    table = {}
    for run in runs:
        test = outcomes[run.tool]["test"]
        table[run.tool] = {
            "version": run.version, "seconds": round(run.seconds, 1), "threshold": run.default,
            "recall": {o: round(score.recall(c, run.default), 4) for o, c in score.groups(test.copies, "operator").items()},
            "curve": [[round(t, 1), round(a, 2), round(r, 4)] for t, a, r in score.curve(test)],
        }
    return table


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows])
