"""The build contract: a list cut into parts, a native process for each part, content-named files, the manifest last.

It needs the standard library alone, so that any engine can follow it: `birthmark.spark` does, and so do the recipes for
xargs, a CI matrix and a Kubernetes Job in docs/distributed.md.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Iterable, Iterator, List, Optional, Protocol, Tuple

from . import find_program

#: Version of the manifest.
SCHEMA_VERSION = 1


class AlreadyPublished(Exception):
    """Another driver published other content under this generation."""


class MissingPart(Exception):
    """The engine lost a part: nothing is published."""


@dataclass(frozen=True)
class Limits:
    """What a package may take; see `birthmark index build --help`."""

    seconds: int = 600
    mebibytes: int = 2048
    memory: str = "512MiB"
    jobs: int = 1


@dataclass(frozen=True)
class PartResult:
    """What came of one part. `file` is empty where no component of it is left."""

    part: int
    file: str
    digest: str
    bytes: int
    components: int
    quarantined: str


class Store(Protocol):
    """Where results go. Any other place is a class of these methods: `put` may run twice for one name, at once."""

    def put(self, name: str, file: Path) -> None:
        """Stores a file under the name that its content gives it, if it is absent."""

    def create(self, name: str, content: bytes) -> bool:
        """Stores bytes if there is nothing under that name, in one step; returns whether there was nothing."""

    def read(self, name: str) -> bytes:
        """Returns what is stored under a name."""


@dataclass(frozen=True)
class DirectoryStore:
    """A directory that all machines see: a shared file system, or one machine."""

    path: str

    def put(self, name: str, file: Path) -> None:
        if (Path(self.path) / name).exists():
            return
        with self._beside(name) as temporary:
            shutil.copyfile(file, temporary)
            _sync(temporary)
            os.replace(temporary, Path(self.path) / name)

    def create(self, name: str, content: bytes) -> bool:
        with self._beside(name) as temporary:
            temporary.write_bytes(content)
            _sync(temporary)
            try:
                # A link fails where there is a file already. A rename would replace it.
                os.link(temporary, Path(self.path) / name)
            except FileExistsError:
                return False
        return True

    def read(self, name: str) -> bytes:
        return (Path(self.path) / name).read_bytes()

    @contextlib.contextmanager
    def _beside(self, name: str) -> Iterator[Path]:
        os.makedirs(self.path, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".putting-{name}-", dir=self.path)
        os.close(descriptor)
        try:
            yield Path(temporary)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)


def _sync(path: Path) -> None:
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def cut(lines: Iterable[str], parts: int) -> List[Tuple[int, str]]:
    """Cuts a list into parts. Equal lists give equal parts, whatever their order."""
    ordered = sorted({line.strip() for line in lines} - {""})
    return [(number % parts, line) for number, line in enumerate(ordered)]


def build_part(part: int, lines: Iterable[str], store: Store, limits: Limits, program: Optional[str] = None) -> PartResult:
    """Builds one part on this machine and puts its segment into the store.

    Raises RuntimeError if the native process could not go through its list: the engine tries again.
    """
    with _work_folder() as folder:
        quarantine = folder / "quarantine.jsonl"
        command = [
            program or find_program(), "index", "build", "--list", "-", "--segment", str(folder), "--format", "json",
            "--quarantine", str(quarantine), "--exit-zero", "--jobs", str(limits.jobs), "--memory", limits.memory,
            "--package-time", str(limits.seconds), "--package-memory", str(limits.mebibytes), "--no-progress",
        ]
        done = subprocess.run(command, input="".join(f"{line}\n" for line in lines), capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"part {part}: birthmark ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
        answer = json.loads(done.stdout)
        quarantined = quarantine.read_text()
        if answer["segment"] is None:
            return PartResult(part, "", "", 0, 0, quarantined)
        segment = Path(answer["segment"]["file"])
        store.put(segment.name, segment)
        return PartResult(
            part, segment.name, answer["segment"]["digest"], answer["segment"]["bytes"], answer["components"], quarantined)


def publish(results: Iterable[PartResult], parts: Iterable[int], generation: str, store: Store) -> dict:
    """Writes the manifest of a generation, the last file of a build; returns it.

    Raises MissingPart if a part has no result, and AlreadyPublished if the generation exists with other content. A task
    that ran twice gave the same result twice, which counts once.
    """
    by_part = {result.part: result for result in results}
    missing = sorted(set(parts) - set(by_part))
    if missing:
        raise MissingPart(f"no result of the parts {missing}; nothing is published")
    ordered = [by_part[part] for part in sorted(by_part)]
    segments = sorted({result.file: result for result in ordered if result.file}.items())
    keys = ("file", "digest", "bytes", "components")
    quarantined = [json.loads(line) for result in ordered for line in result.quarantined.splitlines()]
    # The number of a line within its part says nothing to a reader of the whole.
    quarantined = [{key: value for key, value in entry.items() if key != "line"} for entry in quarantined]
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "generation": generation,
        "segments": [{key: asdict(result)[key] for key in keys} for _, result in segments],
        "quarantined": sorted(quarantined, key=lambda entry: json.dumps(entry, sort_keys=True)),
    }
    name, content = manifest_name(generation), json.dumps(manifest, indent=1, sort_keys=True).encode() + b"\n"
    if not store.create(name, content) and store.read(name) != content:
        raise AlreadyPublished(f"{name} exists and lists other segments; choose another generation")
    return manifest


def manifest_name(generation: str) -> str:
    """Returns the file name of a generation's manifest."""
    if not generation or not all(c.isascii() and (c.isalnum() or c in "-._") for c in generation) or generation[0] == ".":
        raise ValueError(f"{generation!r} is no name of a generation; use letters, digits, `-`, `.` and `_`")
    return f"generation-{generation}.json"


@contextlib.contextmanager
def _work_folder() -> Iterator[Path]:
    """A folder for one task. It goes with the task; where that was killed, the next one on the machine removes it."""
    place = Path(tempfile.gettempdir()) / f"birthmark-build-{hashlib.sha256(str(Path.home()).encode()).hexdigest()[:8]}"
    place.mkdir(mode=0o700, exist_ok=True)
    for left in place.iterdir():
        with contextlib.suppress(OSError), open(left / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left)
    folder, lock = _locked_folder(place)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()


def _locked_folder(place: Path):
    while True:
        folder = Path(tempfile.mkdtemp(dir=place))
        # Another task may take the folder for one that was left, until its lock is held.
        with contextlib.suppress(FileNotFoundError, BlockingIOError):
            lock = open(folder / "lock", "w")
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return folder, lock
