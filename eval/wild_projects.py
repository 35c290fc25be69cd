"""The projects of the benchmark of the wild: which they are, their archives, their unpacked files, their size."""

import csv
import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import corpus
import syntax

HERE = corpus.HERE / "wild"
LARGEST = 2_000_000  # bytes: larger files are not source code


@dataclass(frozen=True)
class Project(corpus.Package):
    """A pinned archive. `role` names the half it belongs to: `dev` or `test`."""

    sha256: str

    @property
    def key(self) -> str:
        """Ecosystem and name: `pypi/django`."""
        return f"{self.ecosystem}/{self.name}"

    @property
    def given_license(self) -> str | None:
        """The licence to pass to birthmark; a crate's own manifest states it, an unpacked wheel has no manifest."""
        return self.license if self.ecosystem == "pypi" else None


def read(path: Path = HERE / "projects.tsv") -> list[Project]:
    """Reads a table of pinned archives."""
    with open(path, newline="") as file:
        rows = csv.DictReader((row for row in file if not row.startswith("#")), delimiter="\t")
        return [Project(r["purl"], r["license"], r["role"], r["sha256"]) for r in rows]


def fetch(project: Project, cache: Path) -> Path:
    """Downloads the archive unless it is there, checks its digest, and unpacks it."""
    path = corpus.fetch(project, cache)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != project.sha256:
        raise SystemExit(f"{path}: digest {found} is not the pinned one, {project.sha256}; remove the file and fetch again")
    return unpack(project, cache)


def unpack(project: Project, cache: Path) -> Path:
    """Unpacks an archive once, without its top folder; files that are too large to be source code are left out."""
    root = cache / "projects" / project.ecosystem / f"{project.name}-{project.version}"
    if (root.with_name(root.name + ".complete")).exists():
        return root
    shutil.rmtree(root, ignore_errors=True)
    path = corpus.archive(project, cache)
    strip = 0 if path.suffix == ".whl" else 1
    for name, content in corpus._members(path):
        parts = PurePosixPath(name).parts[strip:]
        if not parts or ".." in parts or name.endswith("/") or len(content) > LARGEST:
            continue
        target = root.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    root.with_name(root.name + ".complete").touch()
    return root


def size(project: Project, cache: Path) -> dict[str, int]:
    """Counts the lines and functions of a project's Python and Rust files; counted once, then read from the cache."""
    root = unpack(project, cache)
    saved = root.with_name(root.name + ".size.json")
    if saved.exists():
        return json.loads(saved.read_text())
    count = {"files": 0, "lines": 0, "functions": 0}
    for path in root.rglob("*" + corpus.SUFFIX[project.language]):
        text = path.read_text(errors="replace")
        count["files"] += 1
        count["lines"] += text.count("\n") + (not text.endswith("\n"))
        count["functions"] += len(syntax.functions(project.language, text))
    saved.write_text(json.dumps(count))
    return count
