"""What a tool reports: stretches of a case file, each with a score and with places in the indexed packages."""

import json
import subprocess
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

import corpus

FLOOR = 20  # bits: low enough that the sweep sees what the default threshold hides


@dataclass
class Place:
    purl: str
    path: str
    start: int
    end: int


@dataclass
class Hit:
    case: str
    start: int
    end: int
    score: float
    owners: list[Place]
    kind: str = ""


@dataclass
class Run:
    """All hits of one tool. A file's score is that of its best hit: sums serve every peer worse (see README.md)."""

    tool: str
    version: str
    seconds: float
    default: float
    hits: list[Hit] = field(default_factory=list)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self)))

    @staticmethod
    def load(path: Path) -> "Run":
        raw = json.loads(path.read_text())
        hits = [Hit(**{**h, "owners": [Place(**o) for o in h["owners"]]}) for h in raw.pop("hits")]
        return Run(**raw, hits=hits)


def case_name(path: str) -> str:
    """HALF/OPERATOR/NAME, whatever stands before it."""
    return "/".join(PurePosixPath(path).parts[-3:])


def plain_purl(purl: str) -> str:
    head, _, version = purl.split("?")[0].lower().replace("%2b", "+").partition("@")
    return (head.replace("_", "-").replace(".", "-") if head.startswith("pkg:pypi/") else head) + "@" + version


def from_report(report: dict, defaults: dict[str, float]) -> list[Hit]:
    """The matches of birthmark's JSON report. The bits of Rust are moved by as much as its default threshold differs
    from Python's, so that one number is one rate of false reports in both languages."""
    moved = {".rs": defaults["python"] - defaults["rust"]}
    found = []
    for match in report["matches"]:
        owners = [
            Place(plain_purl(o["purl"]), o["path"], o["lines"]["start_line"], o["lines"]["end_line"]) for o in match["owners"]
        ]
        region = match["region"]
        bits = float(match["evidence"]["bits"]) + moved.get(PurePosixPath(match["path"]).suffix, 0.0)
        found.append(Hit(case_name(match["path"]), region["start_line"], region["end_line"], bits, owners, match["kind"]))
    return found


def index(binary: str, cache: Path, folder: Path) -> None:
    archives = [corpus.archive(p, cache) for p in corpus.packages("indexed")]
    missing = [p.purl for p, a in zip(corpus.packages("indexed"), archives) if a is None]
    if missing:
        raise SystemExit(f"not fetched: {', '.join(missing[:5])}{' ...' if len(missing) > 5 else ''}; run `fetch` first")
    subprocess.run([binary, "index", "add", "--index", folder, *archives], check=True)


def scan(binary: str, folder: Path, cases: Path, floor: float) -> tuple[list[Hit], float]:
    """One run of birthmark over a case directory, and the seconds it took."""
    report, seconds = report_on(binary, folder, cases, floor)
    return from_report(report, defaults(binary, folder)), seconds


def report_on(binary: str, folder: Path, cases: Path, floor: float) -> tuple[dict, float]:
    """birthmark's JSON report on a case directory, and the seconds it took."""
    import time

    began = time.monotonic()
    command = [
        binary, "scan", cases, "--index", folder, "--format", "json", "--license", "MIT", "--threshold", str(floor),
        "--exit-zero",
    ]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"birthmark scan ended with {run.returncode}: {run.stderr[-2000:]}")
    return json.loads(run.stdout), time.monotonic() - began


def defaults(binary: str, folder: Path) -> dict[str, float]:
    """The thresholds in bits that birthmark itself takes, by family: they follow from the lines that the index holds of it."""
    with tempfile.TemporaryDirectory() as empty:
        command = [binary, "scan", empty, "--index", folder, "--format", "json", "--license", "MIT", "--no-config"]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)["provenance"]["thresholds"]


def default(binary: str, folder: Path) -> float:
    """The threshold in bits that stands for all languages: that of Python."""
    return defaults(binary, folder)["python"]


def version(command: list[str]) -> str:
    try:
        run = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return (run.stdout or run.stderr).strip().split("\n")[0]
