"""Checks the table and the tests that formats.sh wrote: tables.py JUNIT.XSD REPORTS."""

import csv
import json
import sys
from pathlib import Path

import xmlschema
from junitparser import Error, Failure, JUnitXml, Skipped

SCHEMA, REPORTS = Path(sys.argv[1]), Path(sys.argv[2])


def table(name: str) -> list[dict]:
    with open(REPORTS / name, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def checked_table(report: dict) -> None:
    rows = table("report.csv")
    assert all(None not in row and None not in row.values() for row in rows), "as many cells as columns"
    matches = [row for row in rows if row["row"] == "match"]
    assert [row["id"] for row in matches] == [match["id"] for match in report["matches"]]
    for row, match in zip(matches, report["matches"]):
        assert (int(row["start_line"]), int(row["end_line"])) == (
            match["region"]["start_line"],
            match["region"]["end_line"],
        )
        assert row["origin"] == match["owners"][0]["purl"]
        assert row["decision"] == match["verdict"]["decision"]
    skipped = [row["path"] for row in rows if row["row"] == "not-checked"]
    assert skipped == ["src/binary.py"], skipped
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert [row["row"] for row in table("clean.csv")] == ["checked"]


def checked_junit(report: dict) -> None:
    schema = xmlschema.XMLSchema11(SCHEMA)
    for name in ("report.junit", "clean.junit"):
        schema.validate(REPORTS / name)
    # A document that is none must not pass.
    assert not schema.is_valid('<testsuites><testsuite name="x"><testcase/></testsuite></testsuites>')
    (suite,) = JUnitXml.fromfile(str(REPORTS / "report.junit"))
    outcomes = [type(result) for case in suite for result in case.result]
    failing = [finding for finding in report["findings"] if finding["severity"] in ("error", "warning")]
    assert outcomes.count(Failure) == suite.failures == len(failing)
    assert outcomes.count(Skipped) == suite.skipped == 1
    assert outcomes.count(Error) == suite.errors == 0
    assert len(list(suite)) == suite.tests == len(report["findings"]) + 2
    names = [(case.classname, case.name) for case in suite]
    assert len(set(names)) == len(names), "names are unique"
    assert any(case.classname == "src/binary.py" and "not checked" in case.name for case in suite)


def main() -> None:
    report = json.loads((REPORTS / "report.json").read_text(encoding="utf-8"))
    checked_table(report)
    checked_junit(report)
    print(f"ok      {len(report['matches'])} matches stand in the table, {len(report['findings'])} findings among the tests")


main()
