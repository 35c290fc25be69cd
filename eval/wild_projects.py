"""The projects of the benchmark of the wild: which they are, their archives, their unpacked files, their size."""

import csv
import hashlib
import json
import shutil
import subprocess
import tarfile
import urllib.parse
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import corpus
import debian
import syntax

HERE = corpus.HERE / "wild"
LARGEST = 2_000_000  # bytes: larger files are not source code


@dataclass(frozen=True)
class Project(corpus.Package):
    """A pinned archive. `role` names the half it belongs to: `dev` or `test`."""

    sha256: str

    @property
    def language(self) -> str:
        """Python and Rust by name: what is counted by functions."""
        return {"pypi": "python", "cargo": "rust"}.get(self.ecosystem, "other")

    @property
    def name(self) -> str:
        return urllib.parse.unquote(self.purl.split("/", 1)[1].rsplit("@", 1)[0]).removeprefix("debian/")

    @property
    def version(self) -> str:
        return urllib.parse.unquote(self.purl.rsplit("@", 1)[1].split("?")[0])

    @property
    def key(self) -> str:
        """Ecosystem and name: `pypi/django`."""
        return f"{self.ecosystem}/{self.name}"

    @property
    def given_license(self) -> str | None:
        """The licence to pass to birthmark; a crate's own manifest states it, an unpacked wheel has no manifest."""
        return self.license if self.ecosystem == "pypi" else None


def read_all() -> list[Project]:
    """The projects of both tables: those that everything was measured on, and those that came later."""
    return [*read(), *read(HERE / "more-projects.tsv")]


def read(path: Path = HERE / "projects.tsv") -> list[Project]:
    """Reads a table of pinned archives."""
    with open(path, newline="") as file:
        rows = csv.DictReader((row for row in file if not row.startswith("#")), delimiter="\t")
        return [Project(r["purl"], r["license"], r["role"], r["sha256"]) for r in rows]


def fetch(project: Project, cache: Path) -> Path:
    """Downloads the archive unless it is there, checks its digest, and unpacks it."""
    path = archive(project, cache) or _download(project, cache)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != project.sha256:
        raise SystemExit(f"{path}: digest {found} is not the pinned one, {project.sha256}; remove the file and fetch again")
    return unpack(project, cache)


def archive(project: Project, cache: Path) -> Path | None:
    """The downloaded archive, if it is there."""
    if project.language != "other":
        return corpus.archive(project, cache)
    folder = _folder(project, cache)
    # Debian adds its own files, and signatures of both.
    found = [p for p in folder.glob("*") if p.suffix == ".tgz" or ".orig.tar" in p.name and p.suffix != ".asc"]
    return min(found, default=None)


def _folder(project: Project, cache: Path) -> Path:
    return cache / project.ecosystem / f"{project.name.replace('/', '__')}-{project.version.replace(':', '_')}"


def _download(project: Project, cache: Path) -> Path:
    if project.language != "other":
        return corpus.fetch(project, cache)
    folder = _folder(project, cache)
    folder.mkdir(parents=True, exist_ok=True)
    if project.ecosystem == "npm":
        command = ["npm", "pack", "--silent", "--ignore-scripts", f"{project.name}@{project.version}"]
    else:
        distro = project.purl.rsplit("distro=", 1)[1]
        apt = debian.apt_get(cache / "apt" / distro, distro)
        command = [*apt, "source", "--download-only", f"{project.name}={project.version}"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    if not (path := archive(project, cache)):
        raise FileNotFoundError(f"{project.purl}: fetched, but no archive in {folder}")
    return path


def unpack(project: Project, cache: Path) -> Path:
    """Unpacks an archive once, without its top folder; files that are too large to be source code are left out."""
    root = cache / "projects" / project.ecosystem / _folder(project, cache).name
    if (root.with_name(root.name + ".complete")).exists():
        return root
    shutil.rmtree(root, ignore_errors=True)
    path = archive(project, cache)
    strip = 0 if path.suffix == ".whl" else 1
    for name, content in corpus._members(path) if project.language != "other" else _tar_members(path):
        parts = PurePosixPath(name).parts[strip:]
        if not parts or ".." in parts or name.endswith("/") or len(content) > LARGEST:
            continue
        target = root.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    root.with_name(root.name + ".complete").touch()
    return root


def _tar_members(path: Path):
    with tarfile.open(path) as archive_file:
        for member in archive_file:
            if member.isfile() and member.size <= LARGEST:
                yield member.name, archive_file.extractfile(member).read()


def size(project: Project, cache: Path) -> dict[str, int]:
    """Counts the lines and functions of a project's Python and Rust files; counted once, then read from the cache."""
    if project.language == "other":
        return {"files": 0, "lines": 0, "functions": 0}
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
