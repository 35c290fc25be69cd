"""Checks the reports that formats.sh wrote: formats.py DOCS REPORTS."""

import hashlib
import json
import re
import sys
from pathlib import Path

import jsonschema
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from referencing import Registry, Resource

DOCS, REPORTS = Path(sys.argv[1]), Path(sys.argv[2])

# https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^src/"},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer"}}},
                },
            },
        },
    },
}


def text(name: str) -> str:
    return (REPORTS / name).read_text(encoding="utf-8")


def schema(name: str) -> dict:
    return json.loads((DOCS / name).read_text(encoding="utf-8"))


def checked_json() -> dict:
    report = json.loads(text("report.json"))
    jsonschema.validate(report, schema("report.schema.json"))
    assert any(note["kind"] == "skipped" for note in report["notes"]), "the binary file"
    return report


def checked_lines(report: dict) -> None:
    referred = Resource.from_contents(schema("report.schema.json"))
    registry = Registry().with_resource("report.schema.json", referred)
    validator = jsonschema.Draft202012Validator(schema("report-lines.schema.json"), registry=registry)
    lines = [json.loads(line) for line in text("report.jsonl").split("\n")[:-1]]
    for line in lines:
        validator.validate(line)
    assert [line["match"] for line in lines if "match" in line] == report["matches"]
    assert lines[-1]["summary"] == report["summary"]


def left_out_of(report: dict) -> list[dict]:
    """What was not checked, or only in part: it has an entry as findings have."""
    return [note for note in report["notes"] if note["kind"] in ("failed", "partial", "skipped")]


def checked_gitlab(report: dict) -> None:
    assert not text("report.gitlab").startswith("\ufeff")
    entries = json.loads(text("report.gitlab"))
    jsonschema.validate(entries, GITLAB)
    left_out = left_out_of(report)
    assert len(entries) == len(report["findings"]) + len(left_out)
    assert len({entry["fingerprint"] for entry in entries}) == len(entries), "fingerprints are unique"
    paths = {about["path"] for about in report["findings"] + left_out}
    assert {entry["location"]["path"] for entry in entries} == paths


def checked_github(report: dict) -> None:
    """As the runner reads it: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs"""
    command = re.compile(r"^::(error|warning|notice) ([^:]*)::(.*)$")
    *lines, last = text("report.github").split("\n")[:-1]
    paths = set()
    for line in lines:
        level, properties, _ = command.match(line).groups()
        values = dict(value.split("=", 1) for value in properties.split(","))
        assert set(values) <= {"file", "line", "endLine", "col", "endColumn", "title"}, values
        for escape, meant in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
            values["file"] = values["file"].replace(escape, meant)
        paths.add(values["file"])
    assert len(lines) == len(report["findings"]) + len(left_out_of(report)), "below the limit all are annotated"
    printable = {finding["path"] for finding in report["findings"] if finding["path"].isprintable()}
    assert {path for path in printable if not path.startswith("::")} <= paths, paths
    assert last.startswith("birthmark: "), last


def checked_cyclonedx(report: dict) -> None:
    for suffix, version in (("cyclonedx", SchemaVersion.V1_7), ("cyclonedx-1.6", SchemaVersion.V1_6)):
        for name in (f"report.{suffix}", f"clean.{suffix}"):
            error = JsonStrictValidator(version).validate_str(text(name))
            assert error is None, (name, error)
    components = json.loads(text("report.cyclonedx"))["components"]
    occurrences = [place for component in components for place in component["evidence"]["occurrences"]]
    found = sorted((match["path"], match["region"]["start_line"]) for match in report["matches"])
    assert sorted((place["location"], place["line"]) for place in occurrences) == found


def checked_spdx(report: dict) -> None:
    """What the validator does not look at: that the bytes of each snippet are those of the match."""
    document = json.loads(text("report.spdx"))
    files = {file["SPDXID"]: REPORTS / "project" / file["fileName"] for file in document["files"]}
    matches = {(f"./{match['path']}", match["region"]["start_line"]): match for match in report["matches"]}
    names = {file["SPDXID"]: file["fileName"] for file in document["files"]}
    for file in document["files"]:
        digest = hashlib.sha1(files[file["SPDXID"]].read_bytes()).hexdigest()
        assert file["checksums"] == [{"algorithm": "SHA1", "checksumValue": digest}]
    for snippet in document["snippets"]:
        in_bytes, in_lines = snippet["ranges"]
        first, last = in_lines["startPointer"]["lineNumber"], in_lines["endPointer"]["lineNumber"]
        start, end = in_bytes["startPointer"]["offset"], in_bytes["endPointer"]["offset"]
        before = files[snippet["snippetFromFile"]].read_bytes()[: start - 1]
        inside = files[snippet["snippetFromFile"]].read_bytes()[start - 1 : end]
        assert before.count(b"\n") + 1 == first and first + inside.count(b"\n") == last, snippet
        assert matches[names[snippet["snippetFromFile"]], first]["region"]["end_line"] == last
    assert len(document["snippets"]) == len(report["matches"])


def checked_sarif(report: dict) -> None:
    """What GitHub refuses or does not show, and no validator tells."""
    results = json.loads(text("report.sarif"))["runs"][0]["results"]
    assert len(results) == len(report["findings"])
    for result in results:
        for place in result["locations"] + result.get("relatedLocations", []):
            uri = place["physicalLocation"]["artifactLocation"]["uri"]
            assert uri.startswith("src/"), uri
        for related in result["relatedLocations"]:
            assert f"]({related['id']})" in result["message"]["text"], result["message"]


def checked_logs() -> None:
    """Nothing from outside reaches a log or a page as it is."""
    for name in ("report.text", "report.github", "report.markdown", "report.html"):
        found = re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text(name))
        assert not found, (name, found)
        for line in text(name).split("\n"):
            ours = name == "report.github" and re.match("::(error|warning|notice) file=", line)
            assert ours or not line.lstrip().startswith("::"), (name, line)
    outside_of_code = "".join(re.split("(?s)(`+)(?!`).*?(?<!`)\\1(?!`)", text("report.markdown"))[::2])
    assert "<script" not in outside_of_code and "[a](b)" not in outside_of_code


def main() -> None:
    report = checked_json()
    checked_lines(report)
    checked_gitlab(report)
    checked_github(report)
    checked_cyclonedx(report)
    checked_spdx(report)
    checked_logs()
    checked_sarif(report)
    print(f"ok      {len(report['findings'])} findings stand in every format")


main()
