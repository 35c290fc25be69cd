#!/usr/bin/env python3
"""birthmark's accuracy benchmark.

    run.py all --birthmark PATH        everything, from the download to docs/evaluation.md
    run.py all --quick ...             the same with about a fifth of the cases

or step by step: fetch, plant, index, score, peers, report, natural. While tuning the engine:

    run.py score --index DIR --cases DIR --half dev --show-misses 20 --show-alarms 20

Beside the planted copies, real forks and vendored files: fetch, score, compare, and write their section:

    run.py natural --birthmark PATH
"""

import argparse
import sys
from pathlib import Path

import corpus
import hits
import natural
import natural_report
import peers
import plant
import report
import score
import show


def fetch(args: argparse.Namespace) -> None:
    rows = corpus.packages()
    failed = []
    for number, package in enumerate(rows, 1):
        try:
            corpus.fetch(package, args.cache)
            corpus.sources(package, args.cache)
        except Exception as error:  # one package that cannot be had should not hide the others
            failed.append(f"{package.purl}: {error}")
        if number % 20 == 0 or number == len(rows):
            print(f"{number} of {len(rows)} packages", file=sys.stderr)
    if failed:
        raise SystemExit("not fetched:\n  " + "\n  ".join(failed))


def make(args: argparse.Namespace) -> None:
    amounts = plant.QUICK if args.quick else plant.Amounts()
    truth = plant.plant(args.cache, args.cases, args.seed, amounts, plant.OPERATORS)
    honest = sum(isinstance(row, plant.Honest) for row in truth)
    print(f"{len(truth) - honest} copies and {honest} honest pieces under {args.cases}", file=sys.stderr)


def index(args: argparse.Namespace) -> None:
    hits.index(args.birthmark, args.cache, args.index)


def judge(args: argparse.Namespace) -> None:
    """Scan and print the compact table."""
    half = "" if args.half == "both" else args.half
    saved = _saved(args.cases, "birthmark" + ("-" + half if half else ""))
    if args.again or not args.index:
        run = hits.Run.load(Path(args.again) if args.again else saved)
    else:
        found, seconds = hits.scan(args.birthmark, args.index, args.cases / "cases" / half, args.floor)
        version = hits.version([args.birthmark, "--version"])
        run = hits.Run("birthmark", version, seconds, args.at or hits.default(args.birthmark, args.index), found)
        run.save(saved)
    truth = score.read_truth(args.cases, half, args.language, args.operator)
    outcome = score.judge(truth, run, score.Owners(args.cache))
    at = args.at or run.default
    print(f"{run.tool} {run.version}, {run.seconds:.1f} s, half {args.half}")
    print(show.table(outcome, at, args.cases))
    print(show.quiet(outcome, at))
    if any(c.kind for c in outcome.copies):
        print(show.kinds(outcome, at))
    if args.show_misses:
        print(show.misses(outcome, at, args.show_misses, args.cases, args.cache))
    if args.show_alarms:
        print(show.loudest(outcome, at, args.show_alarms, args.cases))


def compare(args: argparse.Namespace) -> None:
    for name in args.only.split(","):
        run = peers.TOOLS[name](args.cases, args.cache)
        run.save(_saved(args.cases, name))
        print(f"{run.tool} {run.version}: {len(run.hits)} hits in {run.seconds:.0f} s", file=sys.stderr)


def write(args: argparse.Namespace) -> None:
    runs = [hits.Run.load(p) for p in (_saved(args.cases, n) for n in ("birthmark", *peers.TOOLS)) if p.exists()]
    if not runs:
        raise SystemExit(f"no results under {args.cases}; run `score` and `peers` first")
    report.write(runs, args.cases, args.cache, args.docs)


def forks(args: argparse.Namespace) -> None:
    """Natural copies, from the download of their carriers to their section of docs/evaluation.md."""
    fetch(args)
    natural.fetch(args.cache)
    if not args.index.exists():
        index(args)
    folder = args.cases / "natural"
    truth = natural.lay_out(args.cache, folder)
    print(f"{len(truth)} functions under {folder}", file=sys.stderr)
    found, seconds = hits.report_on(args.birthmark, args.index, folder / "cases", args.floor)
    version, at = hits.version([args.birthmark, "--version"]), hits.default(args.birthmark, args.index)
    ours = hits.Run("birthmark", version, seconds, at, hits.from_report(found, hits.defaults(args.birthmark, args.index)))
    ours.save(_saved(folder, "birthmark"))
    misses = natural_report.Misses(natural.skipped(found), _found_alone(args, truth, ours, folder))
    if args.only:
        compare(argparse.Namespace(**{**vars(args), "cases": folder}))
    others = [hits.Run.load(p) for p in (_saved(folder, n) for n in peers.TOOLS) if p.exists()]
    earlier = natural_report.kept(args.docs / "evaluation.md")
    section = natural_report.section(truth, [ours, *others], misses, args.cases, args.cache, earlier)
    natural_report.write(args.docs / "evaluation.md", section)
    print(section.split("\n\nBy carrier")[0])


def _found_alone(args: argparse.Namespace, truth: list[dict], run: hits.Run, folder: Path) -> set[str]:
    """The functions that were missed in their files and are found when they are all that is scanned."""
    missed = natural.missed(natural.judge(truth, run, args.cache), run.default)
    alone = natural.lay_out_alone(missed, folder / "alone")
    if not alone:
        return set()
    found, seconds = hits.scan(args.birthmark, args.index, folder / "alone" / "cases", args.floor)
    again = natural.judge(alone, hits.Run(run.tool, run.version, seconds, run.default, found), args.cache)
    return {c.truth["id"] for c in again if c.found >= run.default}


def everything(args: argparse.Namespace) -> None:
    fetch(args)
    make(args)
    if not args.index.exists():
        index(args)
    judge(args)
    compare(args)
    write(args)
    forks(args)


def _saved(cases: Path, name: str) -> Path:
    return cases / "hits" / f"{name}.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    steps = {"fetch": fetch, "plant": make, "index": index, "score": judge, "peers": compare, "report": write, "natural": forks, "all": everything}
    for name, step in steps.items():
        command = commands.add_parser(name)
        command.set_defaults(step=step)
        command.add_argument("--cache", type=Path, default=corpus.HERE / "cache", help="downloads and extracted sources")
        command.add_argument("--cases", type=Path, default=corpus.HERE / "work", help="planted cases and results")
        command.add_argument("--seed", type=int, default=1)
        command.add_argument("--quick", action="store_true", help="a fifth of the cases")
        if name in ("index", "score", "natural", "all"):
            command.add_argument("--birthmark", default="birthmark", help="the program")
            kept = None if name == "score" else corpus.HERE / "cache" / "index"
            command.add_argument("--index", type=Path, default=kept, help="index folder; `score` without it reads the saved hits again")
        if name in ("score", "natural", "all"):
            command.add_argument("--floor", type=float, default=hits.FLOOR, help="threshold the scan is run with")
        if name in ("score", "all"):
            command.add_argument("--half", choices=("dev", "test", "both"), default="both")
            command.add_argument("--at", type=float, help="threshold in bits to print figures for")
            command.add_argument("--again", help="a saved hits file of any tool, instead of a scan")
            command.add_argument("--language", default="", choices=("", *corpus.LANGUAGES))
            command.add_argument("--operator", default="", help="only operators that match this pattern")
            command.add_argument("--show-misses", type=int, default=0, metavar="N")
            command.add_argument("--show-alarms", type=int, default=0, metavar="N")
        if name in ("peers", "natural", "all"):
            command.add_argument("--only", default=",".join(peers.TOOLS), help="which of: " + ", ".join(peers.TOOLS))
        if name in ("report", "natural", "all"):
            command.add_argument("--docs", type=Path, default=corpus.HERE.parent / "docs")
    args = parser.parse_args()
    for name in ("cache", "cases"):
        setattr(args, name, getattr(args, name).resolve())
    args.step(args)


if __name__ == "__main__":
    main()
