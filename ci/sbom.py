"""Writes the bill of materials of birthmark itself, as CycloneDX: python3 ci/sbom.py, at the top of the repository.

It holds what cargo builds into the program, by Cargo.lock. Needs cyclonedx-python-lib.
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

from cyclonedx.contrib.hash.factories import HashTypeFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parents[1]
PLATFORM = "x86_64-unknown-linux-gnu"


def metadata() -> dict:
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", PLATFORM]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def checksums() -> dict[tuple[str, str], str]:
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))
    return {(package["name"], package["version"]): package.get("checksum", "") for package in lock["package"]}


def component(package: dict, kind: ComponentType, checksum: str) -> Component:
    # Old manifests write a slash for "or".
    license = (package["license"] or "").replace("/", " OR ")
    return Component(
        type=kind,
        bom_ref=f"{package['name']}@{package['version']}",
        name=package["name"],
        version=package["version"],
        purl=PackageURL("cargo", name=package["name"], version=package["version"]),
        licenses=[LicenseExpression(license)] if license else [],
        hashes=[HashTypeFactory().from_composite_str(f"sha256:{checksum}")] if checksum else [],
    )


def built_in(resolve: dict) -> dict[str, list[str]]:
    """What each package that is part of the program is built with, but for what only tests or builds need."""
    nodes, parts, waiting = {node["id"]: node for node in resolve["nodes"]}, {}, [resolve["root"]]
    while waiting:
        if (name := waiting.pop()) in parts:
            continue
        needed = [need["pkg"] for need in nodes[name]["deps"] if any(kind["kind"] is None for kind in need["dep_kinds"])]
        parts[name] = needed
        waiting.extend(needed)
    return parts


def main() -> None:
    known = metadata()
    packages = {package["id"]: package for package in known["packages"]}
    parts, sums, root = built_in(known["resolve"]), checksums(), known["resolve"]["root"]
    kinds = {root: ComponentType.APPLICATION}
    made = {
        name: component(
            packages[name],
            kinds.get(name, ComponentType.LIBRARY),
            sums[packages[name]["name"], packages[name]["version"]],
        )
        for name in parts
    }
    bom = Bom(components=[part for name, part in made.items() if name != root])
    bom.metadata.component = made[root]
    for name, needed in parts.items():
        bom.register_dependency(made[name], [made[other] for other in needed])
    text = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"the bill of materials is not valid: {error}")
    print(text)


main()
