"""Checks the documents of SPDX 3.0.1 that formats.sh wrote: spdx3.py SCHEMA REPORTS.

Twice: by SPDX's own JSON schema, and by SPDX's classes for Python, which are made from the SHACL model: writing anew what
was read fails where something is missing.
"""

import json
import sys
from io import BytesIO
from pathlib import Path

import jsonschema
from spdx_python_model import v3_0_1 as spdx

SCHEMA, REPORTS = Path(sys.argv[1]), Path(sys.argv[2])


def read(name: str) -> spdx.SHACLObjectSet:
    objects = spdx.SHACLObjectSet()
    with open(REPORTS / name, "rb") as file:
        spdx.JSONLDDeserializer().read(file, objects)
    spdx.JSONLDSerializer().write(objects, BytesIO())
    return objects


def main() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for name in ("report.spdx3", "clean.spdx3"):
        document = json.loads((REPORTS / name).read_text(encoding="utf-8"))
        validator.validate(document)
        nameless = {**document, "@graph": [element for element in document["@graph"] if element.pop("type", None) and element]}
        assert not validator.is_valid(nameless), "a schema that takes anything"
    report = json.loads((REPORTS / "report.json").read_text(encoding="utf-8"))
    objects = read("report.spdx3")
    read("clean.spdx3")
    snippets = list(objects.foreach_type(spdx.software_Snippet))
    lines = sorted((snippet.software_lineRange.beginIntegerRange, snippet.software_lineRange.endIntegerRange) for snippet in snippets)
    matched = [match["region"] for match in report["matches"]]
    assert lines == sorted((region["start_line"], region["end_line"]) for region in matched)
    unresolved = objects.missing_ids
    assert all(name.startswith("https://spdx.org/") for name in unresolved), unresolved
    (creation,) = objects.foreach_type(spdx.CreationInfo)
    assert "src/binary.py: " in creation.comment, "what was not checked"
    print(f"ok      {len(snippets)} snippets of SPDX 3.0.1")


main()
