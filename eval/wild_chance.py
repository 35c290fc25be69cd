"""The law of chance (`src/engine/evidence/chance.rs`) fitted to the growth curve.

The law says how many matches of at least so many bits unrelated code has in 100,000 lines, against an index of so many
lines: `anchor * (lines / 2 million) ** growth * 2 ** ((68 - bits) / halving)`. It is fitted to the matches that `growth`
counts as chance, of the test half alone, whose projects no weight was tuned on. Counts of one strength and one index are
taken for Poisson numbers (McCullagh and Nelder 1989, chapter 6).

The program counts the lines of one family by their weight: a million for each family where this counts two for both.
"""

import csv
import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy
from sklearn.linear_model import PoissonRegressor

import corpus
import wild_growth
import wild_projects

SOURCE = corpus.HERE.parent / "src" / "engine" / "evidence" / "chance.rs"
ANCHOR_BITS, ANCHOR_LINES = 68.0, 2e6
LOWEST, HIGHEST = 36.0, 124.0  # bits: what the law is fitted to
LEAST_INDEX = 2e6  # lines: a smaller index counts as one of this size
MARKS = (36, 52, 68, 84, 100, 116)


@dataclass
class Law:
    anchor: float  # matches of ANCHOR_BITS or more in 100,000 lines against ANCHOR_LINES
    halving: float  # bits that halve the number
    growth: float  # power of the index's lines

    def expected(self, bits: float, lines: float) -> float:
        size = max(1.0, lines / ANCHOR_LINES) ** self.growth
        return self.anchor * size * 2 ** ((ANCHOR_BITS - bits) / self.halving)

    def bits_for(self, expected: float, lines: float) -> float:
        """The bits from which on that many matches are expected in 100,000 lines."""
        return ANCHOR_BITS + self.halving * math.log2(self.expected(ANCHOR_BITS, lines) / expected)


@dataclass
class Curve:
    """Chance matches against one index."""

    indexed: int  # lines
    scanned: int  # lines
    bits: list[float]

    def rate(self, at: float) -> float:
        return 1e5 * sum(b >= at for b in self.bits) / self.scanned


def curves(growth: dict, matches: Path) -> dict[str, Curve]:
    """Reads what `growth` counted of the test half."""
    half = {p.key: p.role for p in wild_projects.read()}
    scanned = {size: sum(n for key, n in found["lines_by_project"].items() if half[key] == "test") for size, found in growth["sizes"].items()}
    found = {size: Curve(growth["sizes"][size]["lines_indexed"], scanned[size], []) for size in scanned}
    with open(matches, newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["chance"] == "1" and half[row["project"]] == "test":
                found[row["size"]].bits.append(float(row["bits"]))
    return found


def fit(found: dict[str, Curve]) -> Law:
    """Fits the three constants to the counts in steps of `wild_growth.STEP` bits."""
    rows, rates, exposures = [], [], []
    for curve in (c for c in found.values() if c.indexed >= 0.9 * LEAST_INDEX):
        counts = Counter(math.floor(b / wild_growth.STEP) * wild_growth.STEP for b in curve.bits)
        exposure = curve.scanned / 1e5
        for at in numpy.arange(LOWEST, HIGHEST, wild_growth.STEP):
            rows.append([math.log(curve.indexed / ANCHOR_LINES), (ANCHOR_BITS - at) * math.log(2)])
            rates.append(counts[at] / exposure)
            exposures.append(exposure)
    model = PoissonRegressor(alpha=0, tol=1e-8, max_iter=10_000).fit(numpy.array(rows), rates, sample_weight=exposures)
    growth, per_bit = (float(c) for c in model.coef_)
    step = 1 - 2 ** (-wild_growth.STEP * per_bit)  # the share of the matches from a mark on that lie in its step
    return Law(math.exp(model.intercept_) / step, 1 / per_bit, growth)


def in_source() -> Law:
    """The constants that the engine uses."""
    text = SOURCE.read_text()
    names = ("EXPECTED_AT_ANCHOR", "HALVING_BITS", "GROWTH")
    return Law(*(float(re.search(rf"const {name}: f64 = ([\d._]+);", text)[1].replace("_", "")) for name in names))


def stated() -> dict[str, float]:
    """The matches by chance in 100,000 lines that the engine states for its presets and for what may fail a run."""
    preset, strength = (SOURCE.with_name(f"{name}.rs").read_text() for name in ("preset", "strength"))
    found = {name.lower(): float(n) for name, n in re.findall(r"Preset::(\w+) => ([\d.]+),", preset)}
    return found | {"substantial": float(re.search(r"WEAK_ABOVE: f64 = ([\d.]+);", strength)[1])}


def kept(growth: dict, matches: Path) -> list[list]:
    """For each index and each stated number: the bits that the engine asks for, and the matches and failing findings by chance
    that reach them, in 100,000 lines."""
    law, rows = in_source(), []
    with open(matches, newline="") as file:
        by_chance = [r for r in csv.DictReader(file, delimiter="\t") if r["chance"] == "1"]
    for size, found in growth["sizes"].items():
        for name, number in stated().items():
            bits = law.bits_for(number, found["lines_indexed"])
            bits = bits if name == "substantial" else round(bits)
            mine = [r for r in by_chance if r["size"] == size and float(r["bits"]) >= bits]
            counts = [len(mine), sum(r["fails"] == "1" for r in mine)]
            rows.append([found["lines_indexed"], name, number, bits, *(1e5 * n / found["lines_scanned"] for n in counts)])
    return rows


def show(found: dict[str, Curve]) -> str:
    """The table of the source's comment: what was counted, and what the fit and the source expect."""
    laws = {"fitted": fit(found), "source": in_source()}
    lines = [f"{name}: {law.anchor:.2f} at the anchor, halved by {law.halving:.1f} bits, growth {law.growth:.2f}" for name, law in laws.items()]
    lines += ["", "| lines of the index | in 100,000 lines | " + " | ".join(f"{m} bits" for m in MARKS) + " |", "|" + "---|" * (len(MARKS) + 2)]
    for curve in found.values():
        rows = {"counted": [curve.rate(m) for m in MARKS]}
        rows |= {name: [law.expected(m, curve.indexed) for m in MARKS] for name, law in laws.items()}
        lines += [f"| {curve.indexed:,} | {name} | " + " | ".join(f"{r:.2g}" for r in rates) + " |" for name, rates in rows.items()]
    return "\n".join(lines)
