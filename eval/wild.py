#!/usr/bin/env python3
"""Precision on real projects: what birthmark reports on published code that nobody prepared.

    wild.py fetch                           download and unpack the projects of wild/projects.tsv
    wild.py scan --birthmark PATH           scan each under its own licence with defaults
    wild.py label [--half test]             print failing findings without a label, both sides
    wild.py report                          write docs/precision.md
    wild.py all --birthmark PATH            the four above but `label`, and the steps below

Beside it: what simpler tools report on the same projects, packages that independent authors wrote to one end, and the
curve of chance matches against the size of the index:

    wild.py peers
    wild.py independent --birthmark PATH    [--show]
    wild.py growth --birthmark PATH         [--share 3] [--half test]
    wild.py chance                          fit the law of chance to that curve: its table and constants
"""

import argparse
import json
import sys
from pathlib import Path

import corpus
import hits
import wild_chance
import wild_growth
import wild_independent
import wild_labels
import wild_peers
import wild_projects
import wild_report
import wild_scan


def fetch(args: argparse.Namespace) -> None:
    for project in [*wild_projects.read_all(), *wild_independent.packages()]:
        wild_projects.fetch(project, args.cache)


def scan(args: argparse.Namespace) -> None:
    """Scans all projects; a lower threshold goes to a folder of its own."""
    projects = wild_projects.read_all()
    found = wild_scan.scan_all(args.birthmark, projects, args.cache, _scans(args), args.index, args.threshold)
    (_scans(args) / "version").write_text(hits.version([args.birthmark, "--version"]))
    print(_totals(found, projects), file=sys.stderr)


def label(args: argparse.Namespace) -> None:
    """Prints what is to be judged. The test half is shown only to who asks for it: it must not be read while tuning."""
    labels = wild_labels.read()
    for project in (p for p in wild_projects.read_all() if p.role == (args.half or "dev")):
        scan = _load(args, project)
        for match in scan.failing():
            if not wild_labels.label_of(labels, project.key, match):
                print(wild_labels.show(project, match, args.cache))
        for told in scan.other:
            if not wild_labels.label_of_declared(labels, project.key, told):
                print(wild_labels.show_declared(project, told, args.cache))


def report(args: argparse.Namespace) -> None:
    projects = wild_projects.read_all()
    scans = {p: _load(args, p) for p in projects}
    version = (_scans(args) / "version").read_text()
    target = args.docs / "precision.md"
    earlier = target.read_text() if target.exists() else ""
    target.write_text(wild_report.page(scans, wild_labels.read(), args.cache, args.work, version, earlier))
    print(_totals(list(scans.values()), projects), file=sys.stderr)


def peers(args: argparse.Namespace) -> None:
    wild_peers.count(args.cache, args.work)


def independent(args: argparse.Namespace) -> None:
    found = wild_independent.measure(args.birthmark, args.cache, args.work / "independent")
    if args.show:
        print(wild_independent.show(found, args.cache))


def growth(args: argparse.Namespace) -> None:
    folder = args.work / "growth"
    folder.mkdir(parents=True, exist_ok=True)
    for package in wild_growth.packages(wild_growth.SIZES[-1]):
        wild_projects.fetch(package, args.cache)
    wild_growth.build(args.birthmark, args.cache, folder)
    wild_growth.measure(args.birthmark, args.cache, folder, args.share, args.half or "")


def chance(args: argparse.Namespace) -> None:
    folder = args.work / "growth"
    growth = json.loads((folder / "growth.json").read_text())
    print(wild_chance.show(wild_chance.curves(growth, folder / "growth-matches.tsv")))


def everything(args: argparse.Namespace) -> None:
    for step in (fetch, scan, peers, independent, growth, report):
        step(args)


def _scans(args: argparse.Namespace) -> Path:
    return args.work / ("scan" if args.threshold is None else f"scan-{args.threshold:g}")


def _load(args: argparse.Namespace, project: wild_projects.Project) -> wild_scan.Scan:
    path = _scans(args) / f"{project.key}.json"
    if not path.exists():
        raise SystemExit(f"no scan of {project.key} under {args.work}; run `scan` first")
    return wild_scan.Scan.load(path)


def _totals(scans: list[wild_scan.Scan], projects: list[wild_projects.Project]) -> str:
    """Totals by half; the test half's findings are never listed here."""
    labels, half = wild_labels.read(), {p.key: p.role for p in projects}
    lines = []
    for name in ("dev", "test"):
        mine = [s for s in scans if half[s.key] == name]
        counts = {k: v for k, v in wild_labels.count(labels, mine).items() if v}
        lines.append(f"{name}: {len(mine)} projects, {sum(counts.values())} failing findings: {counts}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    steps = {
        "fetch": fetch, "scan": scan, "label": label, "report": report, "peers": peers, "independent": independent,
        "growth": growth, "chance": chance, "all": everything,
    }
    for name, step in steps.items():
        command = commands.add_parser(name)
        command.set_defaults(step=step)
        command.add_argument("--cache", type=Path, default=corpus.HERE / "cache", help="downloads and unpacked projects")
        command.add_argument("--work", type=Path, default=corpus.HERE / "work" / "wild", help="scans and indexes")
        command.add_argument("--docs", type=Path, default=corpus.HERE.parent / "docs")
        command.add_argument("--birthmark", default="birthmark", help="the program")
        command.add_argument("--index", action="append", default=[], help="indexes instead of the starter index, by default")
        command.add_argument("--threshold", type=float, help="threshold in bits instead of the default")
        command.add_argument("--half", choices=("dev", "test"), help="of `label`, by default dev, and of `growth`, by default both")
        command.add_argument("--show", action="store_true", help="of `independent`: print each match, both sides")
        command.add_argument("--share", type=int, default=1, metavar="N", help="of `growth`: every N-th project only")
    args = parser.parse_args()
    for name in ("cache", "work", "docs"):
        setattr(args, name, getattr(args, name).resolve())
    if "/" in args.birthmark:
        args.birthmark = str(Path(args.birthmark).resolve())
    args.step(args)


if __name__ == "__main__":
    main()
