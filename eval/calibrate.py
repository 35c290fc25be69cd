"""Learn the calibration: what the sum of evidence is corrected by (`src/engine/evidence/calibration.tsv`).

Copies are planted from the development half with seeds of their own. Code nobody copied is the development half's other
packages, whole, their functions alone, and boilerplate; and the development half's indexed packages as far as they
resemble the test half's, where the two share nothing on purpose;
and published projects with what they resemble in the starter index and among eight million lines of other packages. A logistic regression on the sum alone says what a bit is worth; boosted regression trees
learn what the measures of an alignment add to it, and are scaled to its bits.

What is missing of cases and indexes is made first. Each step is drawn from fixed seeds and takes its files in a fixed
order: the same engine gives the same table.
"""

import argparse
import fnmatch
import json
import re
import subprocess
from collections import Counter, defaultdict
from pathlib import Path

import numpy
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

import corpus
import hits
import plant
import score
import wild_growth
import wild_labels
import wild_projects
import wild_scan

FLOOR = 20  # bits before calibration: nothing weaker is ever reported
ENOUGH = 150.0  # bits: nothing unrelated reaches them, and the regression need not tell them apart
TREES, RATE, LEAVES, SHARE, LEAF_SIZE = 200, 0.08, 6, 0.7, 15
ALARM_WEIGHT = 3.0  # an alarm costs more than a miss
RELATED = 110.0  # bits: of two packages that share so much somewhere, nothing is taken for chance
TABLE = corpus.HERE.parent / "src" / "engine" / "evidence" / "calibration.tsv"


class SumAlone:
    """Log odds of a copy by the sum of evidence."""

    classes_ = numpy.array([0, 1])

    def fit(self, rows, labels, sample_weight=None):
        self.model = LogisticRegression(C=1e6).fit(self._sums(rows), labels, sample_weight=sample_weight)
        return self

    def predict_proba(self, rows):
        return self.model.predict_proba(self._sums(rows))

    def get_params(self, deep=True):
        return {}

    def set_params(self, **_):
        return self

    @staticmethod
    def _sums(rows):
        return numpy.minimum(rows[:, -1:], ENOUGH)


def prepare(args: argparse.Namespace) -> None:
    """Plants the copies and makes the indexes, unless they are there."""
    for cases, seed in zip(args.cases, args.seeds, strict=True):
        if not (cases / "truth.jsonl").exists():
            plant.plant(args.cache, cases, seed, plant.Amounts(), plant.OPERATORS)
    if not args.index.exists():
        hits.index(args.birthmark, args.cache, args.index)
    if not args.test_index.exists():
        tests = [p for p in corpus.packages("indexed") if p.half == "test"]
        command = [args.birthmark, "index", "add", "--no-config", "--index", args.test_index]
        subprocess.run([*command, *(corpus.archive(p, args.cache) for p in tests)], check=True)
    if not args.wild_index.exists():
        args.wild_index.parent.mkdir(parents=True, exist_ok=True)
        wild_growth.build(str(args.birthmark), args.cache, args.wild_index.parent, "8")


def measured(program: Path, index: Path, paths: list[Path]) -> list[dict]:
    run = subprocess.run([program, index, str(FLOOR), *paths], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def samples(args: argparse.Namespace) -> tuple[list[str], numpy.ndarray, numpy.ndarray, list[str], numpy.ndarray]:
    """Names of the measures, a row a match, whether it is a copy, the package it is about, and how much it counts."""
    known = score.audited()
    owners = score.Owners(args.cache)
    rows, labels, groups = [], [], []

    def take(match: dict, label: int, group: str) -> None:
        rows.append([*match["measures"].values(), match["evidence"]["sum"]])
        labels.append(label)
        groups.append(group)

    names: list[str] = []
    for cases in args.cases:
        by_case = defaultdict(list)
        for match in measured(args.measures, args.index, [cases / "cases" / "dev"]):
            names = list(match["measures"])
            by_case[hits.case_name(match["path"])].append(match)
        for truth in score.read_truth(cases, "dev"):
            package = truth["purl"].split("@")[0]
            for match in by_case[truth["case"]]:
                if truth.get("negative"):
                    if not any(score._is_known(entry, truth) for entry in known):
                        take(match, 0, package)
                elif _names_origin(match, truth, owners):
                    take(match, 1, package)
    for package in (p for p in corpus.packages("other") if p.half == "dev"):
        root = corpus.sources(package, args.cache)
        for match in measured(args.measures, args.index, [root]):
            path = str(Path(match["path"]).relative_to(root))
            row = {"purl": package.purl, "path": path}
            above = {"purl": package.purl, "path": path.split("/", 1)[-1]}
            if not any(score._is_known(entry, r) for entry in known for r in (row, above)):
                take(match, 0, package.purl.split("@")[0])
    for match, package in matches(args):
        take(match, 0, package)
    weights = [1.0 if label else ALARM_WEIGHT for label in labels]
    chance = wild(args)
    times = Counter(place for _, _, place in chance)
    for match, project, place in chance:
        take(match, 0, project)
        # One idiom that a project repeats fifty times is one thing to learn.
        weights.append(ALARM_WEIGHT / times[place])
    return [*names, "sum"], numpy.array(rows), numpy.array(labels), groups, numpy.array(weights)


def matches(args: argparse.Namespace) -> list[tuple[dict, str]]:
    """Matches of the development half's indexed packages with unrelated ones of the test half, and whose they are."""
    by_pair = defaultdict(list)
    for package in (p for p in corpus.packages("indexed") if p.half == "dev"):
        for match in measured(args.measures, args.test_index, [corpus.sources(package, args.cache)]):
            if match["owners"]:
                owner = match["owners"][0]["purl"].split("@")[0]
                by_pair[package.purl.split("@")[0], owner].append(match)
    return [
        (match, package)
        for (package, owner), matches in by_pair.items()
        if _family(package) != _family(owner) and max(m["evidence"]["sum"] for m in matches) < RELATED
        for match in matches
    ]


def wild(args: argparse.Namespace) -> list[tuple[dict, str, str]]:
    """Matches of published projects with code they do not come from, whose they are, and what place they name: against the starter
    index and an index of other packages, those that were judged false, and what is left of pairs of packages that share so little
    everywhere that they are unrelated."""
    labels = wild_labels.read()
    found = []
    for project in (p for p in wild_projects.read() if p.role == "dev"):
        root = wild_projects.unpack(project, args.cache)
        by_owner = defaultdict(list)
        for index in (Path("starter"), args.wild_index):
            for match in measured(args.measures, index, [root]):
                if match["owners"] and not match["path"].endswith(".pyi"):
                    by_owner[index, match["owners"][0]["purl"].split("@")[0]].append(match)
        for (_, owner), matches in by_owner.items():
            judged = [_judgement(labels, project, root, owner, match) for match in matches]
            unjudged = [match["evidence"]["sum"] for match, label in zip(matches, judged) if not label]
            related = _family(project.purl) == _family(owner) or set(judged) - {"", "false"} or max(unjudged, default=0) >= RELATED
            for match, label in zip(matches, judged):
                if label == "false" or not (label or related):
                    named = match["owners"][0]
                    found.append((match, project.key, f"{owner} {named['path']}:{named['region']['start_line']}"))
    return found


def _judgement(labels: list[wild_labels.Label], project: wild_projects.Project, root: Path, owner: str, match: dict) -> str:
    """What people said of a match; empty where nobody judged it."""
    region = match["region"]
    place = wild_scan.Match(
        str(Path(match["path"]).relative_to(root)), region["start_line"], region["end_line"], match["evidence"]["bits"],
        0, 0.0, match["kind"], "", [{"purl": owner}],
    )
    row = wild_labels.label_of(labels, project.key, place)
    return row.label if row else ""


def _family(package: str) -> str:
    """What the packages of one project often share: the first word of their names."""
    return re.split(r"[-_.]", package.split("/", 1)[1].lower())[0]


def _names_origin(match: dict, truth: dict, owners: score.Owners) -> bool:
    target = score.lines_of(truth["target_code"])
    region = range(match["region"]["start_line"], match["region"]["end_line"] + 1)
    places = [hits.Place(hits.plain_purl(o["purl"]), o["path"], o["lines"]["start_line"], o["lines"]["end_line"]) for o in match["owners"]]
    return len(target & set(region)) >= min(2, len(target)) and any(owners.right(place, truth) for place in places)


def fit(rows, labels, weights) -> tuple[GradientBoostingClassifier, float]:
    """The trees, and how many units of log odds a bit is worth."""
    model = GradientBoostingClassifier(
        n_estimators=TREES, learning_rate=RATE, max_leaf_nodes=LEAVES, max_depth=None, subsample=SHARE,
        min_samples_leaf=LEAF_SIZE, init=SumAlone(), random_state=1,
    )
    model.fit(rows, labels, sample_weight=weights)
    return model, float(model.init_.model.coef_[0][0])


def table(names: list[str], model: GradientBoostingClassifier, per_bit: float) -> str:
    lines = ["tree\tmeasure\tthreshold\tlow\thigh"]
    for number, (estimator,) in enumerate(model.estimators_):
        tree = estimator.tree_
        splits = [node for node in range(tree.node_count) if tree.children_left[node] >= 0]
        place = {node: at for at, node in enumerate(splits)}

        def branch(node: int) -> str:
            if node in place:
                return f"#{place[node]}"
            return f"{model.learning_rate * tree.value[node][0][0] / per_bit:.3f}"

        for node in splits:
            low, high = branch(tree.children_left[node]), branch(tree.children_right[node])
            threshold = numpy.format_float_positional(tree.threshold[node], 6, fractional=False, trim="-")
            lines.append(f"{number}\t{names[tree.feature[node]]}\t{threshold}\t{low}\t{high}")
    return "\n".join(lines) + "\n"


def corrected(rows, model: GradientBoostingClassifier, per_bit: float):
    """Sums with what the trees add, in bits."""
    trees = model.decision_function(rows) - model._raw_predict_init(rows.astype(numpy.float32)).ravel()
    return rows[:, -1] + trees / per_bit


def cross_validated(rows, labels, groups, weights) -> str:
    """Matches of copies above the threshold that so many alarms leave, with the sum alone and with the calibration."""
    bits = numpy.zeros(len(labels))
    for train, held_out in GroupKFold(5).split(rows, labels, groups):
        bits[held_out] = corrected(rows[held_out], *fit(rows[train], labels[train], weights[train]))
    lines = ["alarms  sum alone  calibrated"]
    for alarms in (30, 60, 120, 180, 240):
        kept = []
        for values in (rows[:, -1], bits):
            threshold = numpy.sort(values[labels == 0])[-alarms - 1]
            kept.append((values[labels == 1] > threshold).mean())
        lines.append(f"{alarms:6}  {kept[0]:9.3f}  {kept[1]:10.3f}")
    return "\n".join(lines)


def calibrate(args: argparse.Namespace) -> None:
    prepare(args)
    names, rows, labels, groups, weights = samples(args)
    print(f"{labels.sum()} matches of copies, {(labels == 0).sum()} of other code")
    if args.cross_validate:
        print(cross_validated(rows, labels, groups, weights))
    model, per_bit = fit(rows, labels, weights)
    heading = f"# Written by eval/calibrate.py from {labels.sum()} matches of planted copies and {(labels == 0).sum()} of other code.\n"
    args.table.write_text(heading + table(names, model, per_bit))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    work = corpus.HERE / "work"
    parser.add_argument("--birthmark", default="birthmark", help="the program, which makes what is missing of the indexes")
    parser.add_argument("--measures", type=Path, required=True, help="the program `cargo build --release --example measures` makes")
    parser.add_argument("--cache", type=Path, default=corpus.HERE / "cache", help="where `run.py fetch` and `wild.py fetch` put their packages")
    parser.add_argument("--index", type=Path, default=corpus.HERE / "cache" / "index", help="of all indexed packages")
    parser.add_argument("--test-index", type=Path, default=work / "index-test", help="of the test half's packages alone")
    parser.add_argument("--wild-index", type=Path, default=work / "wild" / "growth" / "index-8", help="of unrelated packages; see `wild.py growth`")
    parser.add_argument("--cases", type=Path, nargs="+", default=[work / "cases-2"], help="folders of planted copies")
    parser.add_argument("--seeds", type=int, nargs="+", default=[2], help="their seeds: others than that of the reported cases, 1")
    parser.add_argument("--table", type=Path, default=TABLE, help="the file to write")
    parser.add_argument("--cross-validate", action="store_true", help="also say what is gained on packages not learned from")
    calibrate(parser.parse_args())


if __name__ == "__main__":
    main()
