"""The pinned packages: which they are, where their archives come from, and their source files.

`packages.tsv` is the one list. A package is `indexed` (birthmark and the peers know it; copies are planted
from it) or `other` (nobody knows it; it gives the negatives, the carriers and the foreign statements).
"""

import csv
import hashlib
import io
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

HERE = Path(__file__).parent
SUFFIX = {"python": ".py", "rust": ".rs"}
LANGUAGES = tuple(SUFFIX)
VENDORED = {
    "_vendor", "_vendored", "vendor", "vendored", "third_party", "thirdparty", "external", "externals",
    "extern", "extlib", "ext", "contrib", "node_modules", "site-packages", "bundled", "deps",
}


@dataclass(frozen=True)
class Package:
    purl: str
    license: str
    role: str

    @property
    def ecosystem(self) -> str:
        return self.purl[len("pkg:"):].split("/")[0]

    @property
    def language(self) -> str:
        return {"pypi": "python", "cargo": "rust"}[self.ecosystem]

    @property
    def name(self) -> str:
        return self.purl.split("/", 1)[1].split("@")[0]

    @property
    def version(self) -> str:
        return self.purl.split("@", 1)[1]

    @property
    def half(self) -> str:
        """Development or test: decided by the package's name and nothing else."""
        return ("dev", "test")[hashlib.sha256(self.name.encode()).digest()[0] & 1]


def packages(role: str | None = None) -> list[Package]:
    with open(HERE / "packages.tsv", newline="") as file:
        rows = [Package(r["purl"], r["license"], r["role"]) for r in csv.DictReader(file, delimiter="\t")]
    return [row for row in rows if role in (None, row.role)]


def archive(package: Package, cache: Path) -> Path | None:
    """The downloaded archive of a package, if it is there."""
    if package.ecosystem == "cargo":
        path = cache / "cargo" / f"{package.name}-{package.version}.crate"
        return path if path.exists() else None
    wanted = (_plain(package.name), package.version)
    for path in sorted((cache / "pypi").glob("*")):
        name, _, rest = path.name.partition("-")
        if path.name.endswith(".tar.gz"):
            name, _, rest = path.name[: -len(".tar.gz")].rpartition("-")
        if (_plain(name), rest.split("-")[0]) == wanted:
            return path
    return None


def fetch(package: Package, cache: Path) -> Path:
    """Download one package with its ecosystem's own client, unless it is there already."""
    found = archive(package, cache)
    if found:
        return found
    folder = cache / package.ecosystem
    folder.mkdir(parents=True, exist_ok=True)
    if package.ecosystem == "pypi":
        pin = f"{package.name}=={package.version}"
        subprocess.run(
            ["python3", "-m", "pip", "download", "--quiet", "--no-deps", "--prefer-binary", "--dest", folder, pin],
            check=True,
        )
    else:
        pin = f"{package.name}@{package.version}"
        # `cargo info` fetches exactly one crate into cargo's own cache. Run outside any workspace.
        subprocess.run(["cargo", "info", "--quiet", pin], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        name = f"{package.name}-{package.version}.crate"
        home = Path(_cargo_home())
        crate = next(iter(sorted((home / "registry" / "cache").glob(f"*/{name}"))))
        (folder / name).write_bytes(crate.read_bytes())
    found = archive(package, cache)
    if not found:
        raise FileNotFoundError(f"{package.purl}: fetched, but no archive of that name and version in {folder}")
    return found


def sources(package: Package, cache: Path) -> Path:
    """The package's .py or .rs files, extracted once; the archive's own top folder is left out of the paths."""
    root = cache / "sources" / package.ecosystem / f"{package.name}-{package.version}"
    if (root / ".complete").exists():
        return root
    root.mkdir(parents=True, exist_ok=True)
    path = archive(package, cache)
    if path is None:
        raise FileNotFoundError(f"{package.purl}: not in {cache}; run `fetch` first")
    strip = 0 if path.suffix == ".whl" else 1
    for name, content in _members(path):
        parts = PurePosixPath(name).parts[strip:]
        if not parts or ".." in parts or not name.endswith(SUFFIX[package.language]):
            continue
        target = root.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    (root / ".complete").touch()
    return root


def is_vendored(path: str) -> bool:
    return any(part.lower() in VENDORED for part in PurePosixPath(path).parts[:-1])


def files(package: Package, cache: Path) -> list[str]:
    """Paths of the package's source files, relative to its extracted folder, in a fixed order."""
    root = sources(package, cache)
    found = root.rglob("*" + SUFFIX[package.language])
    return sorted(p.relative_to(root).as_posix() for p in found if p.is_file())


def text(package: Package, cache: Path, path: str) -> str | None:
    """The file's text, or nothing when it is not UTF-8 with plain line ends (a copy would not be verbatim)."""
    try:
        content = (sources(package, cache) / path).read_bytes().decode("utf-8")
    except (UnicodeDecodeError, FileNotFoundError):
        return None
    return None if "\r" in content or "\f" in content or "\x00" in content else content


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _cargo_home() -> str:
    import os

    return os.environ.get("CARGO_HOME", str(Path.home() / ".cargo"))


def _members(path: Path):
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive_file:
            for name in archive_file.namelist():
                yield name, archive_file.read(name)
        return
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes()), mode="r:gz") as archive_file:
        for member in archive_file:
            if member.isfile():
                yield member.name, archive_file.extractfile(member).read()
