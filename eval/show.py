"""Tables for the terminal: the developer's loop."""

from pathlib import Path

import score
from score import Copy, Outcome

COLUMNS = ("5-7", "8-15", "16-40", "41+")


def table(outcome: Outcome, at: float, cases: Path) -> str:
    """Recall by operator (all, by language, by length), first owner, line overlap."""
    rows = [f"{'at ' + format(at, 'g'):18} {'n':>5} {'all':>6} {'py':>6} {'rs':>6} " + " ".join(f"{c:>6}" for c in COLUMNS)
            + f" {'seen':>6} {'first':>6} {'IoU':>5} {'IoU-o':>5}"]
    by_operator = score.groups(outcome.copies, "operator")
    for name, copies in [*by_operator.items(), ("ALL", outcome.copies)]:
        rows.append(_row(name, copies, at, cases))
    longer = [c for c in outcome.copies if c.truth["length"] not in ("1-4", "5-7")]
    rows.append(_row("8 lines or more", longer, at, cases))
    return "\n".join(rows)


def _row(name: str, copies: list[Copy], at: float, cases: Path) -> str:
    by_language, by_length = score.groups(copies, "language"), score.groups(copies, "length")
    seen = sum(c.seen >= at for c in copies) / len(copies) if copies else float("nan")
    cells = [score.recall(copies, at), score.recall(by_language.get("python", []), at), score.recall(by_language.get("rust", []), at)]
    cells += [score.recall(by_length.get(c, []), at) for c in COLUMNS]
    cells += [seen, score.first_right(copies, at)]
    here, there = score.overlap(copies, at, cases)
    numbers = " ".join(f"{number(c):>6}" for c in cells)
    return f"{name:18} {len(copies):5} {numbers} {number(here, 2):>5} {number(there, 2):>5}"


def number(value: float, digits: int = 3) -> str:
    return "-" if value != value else f"{value:.{digits}f}"


def quiet(outcome: Outcome, at: float) -> str:
    """Alarms by kind of honest code, and at which score the usual alarm rates are met."""
    lines = []
    for operator in ("negative-function", "boilerplate", "negative-file"):
        mine = [q for q in outcome.quiet if q.truth["operator"] == operator]
        per = [f"{language} {sum(q.score >= at for q in mine if q.truth['language'] == language)}" for language in ("python", "rust")]
        lines.append(f"{operator:18} {len(mine):5} pieces, {score.alarms(outcome.quiet, at, operator):6.1f} alarms per 1,000 ({', '.join(per)})")
    kinds: dict[str, list] = {}
    for q in outcome.quiet:
        if q.truth["kind"]:
            kinds.setdefault(f"{q.truth['language']} {q.truth['kind'].removesuffix('-ours')}", []).append(q)
    loud = {k: (sum(q.score >= at for q in v), len(v)) for k, v in sorted(kinds.items())}
    lines.append("  by kind: " + (", ".join(f"{k} {a}/{n}" for k, (a, n) in loud.items() if a) or "none"))
    stray = sum(h.score >= at for h in outcome.strays)
    lines.append(f"hits outside the plant in {outcome.carriers} carrier files: {stray}; audited pieces left out: {outcome.audited}")
    for rate in score.RATES:
        at_rate = score.threshold_for(outcome.quiet, rate)
        lines.append(f"  {rate:4g} alarms per 1,000 functions: threshold {at_rate:6.1f}, recall {score.recall(outcome.copies, at_rate):.3f}")
    return "\n".join(lines)


def kinds(outcome: Outcome, at: float) -> str:
    """Rows: what the copy is; columns: what it was called."""
    names = ("verbatim", "reformatted", "renamed", "edited")
    rows = ["kind of copy " + " ".join(f"{n:>12}" for n in names)]
    for expected in names:
        mine = [c.kind for c in outcome.copies if c.found >= at and c.truth["expect"] == expected]
        rows.append(f"{expected:12} " + " ".join(f"{mine.count(n):12}" for n in names))
    return "\n".join(rows)


def misses(outcome: Outcome, at: float, count: int, cases: Path, cache: Path) -> str:
    """Examples, spread over the operators."""
    missed: dict[str, list[Copy]] = {}
    for copy in outcome.copies:
        if copy.found < at:
            missed.setdefault(copy.truth["operator"], []).append(copy)
    rows, depth = [], 0
    while len(rows) < count and any(len(m) > depth for m in missed.values()):
        for operator in sorted(missed):
            if len(missed[operator]) > depth and len(rows) < count:
                rows.append(_miss(missed[operator][depth], cases, cache))
        depth += 1
    return "\n".join(rows)


def _miss(copy: Copy, cases: Path, cache: Path) -> str:
    row = copy.truth
    name = row["purl"].split("/", 1)[1].replace("@", "-")
    source = cache / "sources" / row["purl"][len("pkg:"):].split("/")[0] / name / row["path"]
    note = f"best {copy.found:.0f}" if copy.found else f"only others named, {copy.seen:.0f}" if copy.seen else "nothing"
    return (f"MISS {row['operator']} {row['length']} lines, {note}: {cases / 'cases' / row['case']}:{row['target_start']}-{row['target_end']}"
            f"\n     from {source}:{row['start']}-{row['end']}")


def loudest(outcome: Outcome, at: float, count: int, cases: Path) -> str:
    rows = []
    for q in sorted(outcome.quiet, key=lambda q: -q.score)[:count]:
        if q.score < at or not q.hit:
            break
        owner = q.hit.owners[0]
        rows.append(
            f"ALARM {q.score:.0f} {q.truth['operator']} {q.truth['kind']} {cases / 'cases' / q.truth['case']}:{q.hit.start}-{q.hit.end}"
            f"\n      of {q.truth['purl']} {q.truth['path']}:{q.truth['start']}; said to be {owner.purl} {owner.path}:{owner.start}-{owner.end}"
        )
    return "\n".join(rows)
