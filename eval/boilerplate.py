"""Code that everybody writes alike, by kind: mined from packages that are not indexed, and some of our own.

A kind is a row: a language, the piece to look at (a whole file, an item of the top level, or a function), and
what must be true of it. Our own pieces are the files under `boilerplate/<language>/<kind>-*.{py,rs}`.
"""

import re
from dataclasses import dataclass

from corpus import HERE, SUFFIX


@dataclass(frozen=True)
class Kind:
    name: str
    language: str
    piece: str  # file | item | function
    pattern: str
    least: int = 1
    path: str = ""
    share: float = 0.0  # least share of non-blank lines that match `pattern`

    def fits(self, path: str, text: str) -> bool:
        if self.path and not re.search(self.path, path):
            return False
        found = len(re.findall(self.pattern, text, re.M))
        rows = sum(bool(r.strip()) for r in text.split("\n"))
        return found >= self.least and found >= self.share * rows


KINDS = [
    Kind("argparse", "python", "function", r"\.add_argument\(", 4),
    Kind("click", "python", "item", r"^@(?:\w+\.)?(?:click\.)?(?:option|argument|command)\(", 2),
    Kind("dataclass", "python", "item", r"^@(?:dataclasses\.)?dataclass", 1),
    Kind("django-model", "python", "item", r"= models\.\w+\(", 3),
    Kind("django-admin", "python", "item", r"^class \w+\(.*(?:Admin|Inline)\b.*\):", 1),
    Kind("migration", "python", "file", r"class Migration\(", 1),
    Kind("serializer", "python", "item", r"^class \w+\(.*Serializer\w*\):", 1),
    Kind("protobuf", "python", "file", r"protobuf|grpc", 1, path=r"_pb2(_grpc)?\.py$"),
    Kind("initialiser", "python", "function", r"^\s+self\.(\w+)\s*=\s*\1\b", 5, share=0.4),
    Kind("dunder", "python", "function", r"def __(?:eq|repr|hash|lt|str|len|iter|enter|exit|getitem)__\(", 1),
    Kind("test-scaffold", "python", "item", r"def (?:setUp|test_\w+)\(", 3),
    Kind("re-exports", "python", "file", r"^(?:from .* import|import |    [\"']?\w+[\"']?,$|__all__|\)|\])", 6,
         path=r"__init__\.py$", share=0.8),
    Kind("exceptions", "python", "item", r"^class \w+(?:Error|Exception)\(", 1),
    Kind("enumeration", "python", "item", r"^class \w+\(.*Enum\):", 1),
    Kind("setup", "python", "file", r"\bsetup\(", 1, path=r"(^|/)setup\.py$"),
    Kind("display", "rust", "item", r"^impl.* (?:fmt::|std::fmt::)?Display for", 1),
    Kind("debug", "rust", "item", r"^impl.* (?:fmt::|std::fmt::)?Debug for", 1),
    Kind("from", "rust", "item", r"^impl.* (?:Try)?From<.* for", 1),
    Kind("error", "rust", "item", r"^impl.*\bError for|derive\(.*\bError\b", 1),
    Kind("default", "rust", "item", r"^impl.* Default for", 1),
    Kind("iterator", "rust", "item", r"^impl.* (?:Double\w+|\w*)Iterator for", 1),
    Kind("comparison", "rust", "item", r"^impl.* (?:Partial)?(?:Eq|Ord)(?:<\w+>)? for|^impl.* Hash for", 1),
    Kind("operators", "rust", "item", r"^impl.* (?:Add|Sub|Mul|Div|Neg|Index|Deref|AsRef)\w*(?:<.*>)? for", 1),
    Kind("builder", "rust", "item", r"pub fn \w+\((?:mut self|self|&mut self),[^)]*\) -> (?:&mut )?Self", 3),
    Kind("serde", "rust", "item", r"^impl.* (?:Visitor|Deserialize|Serialize)(?:<.*>)? for", 1),
    Kind("test-scaffold", "rust", "item", r"#\[(?:tokio::)?test\]", 2),
    Kind("re-exports", "rust", "file", r"^(?:pub (?:mod|use)|mod|use|    \w+[:,{]|\};)", 8, path=r"(mod|lib)\.rs$", share=0.7),
    Kind("match-arms", "rust", "function", r"=> .*,$", 8, share=0.5),
    Kind("match-arms", "python", "function", r"^\s+(?:case |if \w+ ==|elif \w+ ==)", 5),
    Kind("bindings", "rust", "item", r"^\s+(?:pub )?fn \w+\(.*;$", 4),
    Kind("newtype", "rust", "item", r"^pub struct \w+(?:<.*>)?\(.*\);", 1),
    Kind("clap", "rust", "item", r"#\[(?:arg|clap|structopt|command)\(", 2),
    Kind("accessors", "rust", "item", r"pub fn \w+\(&self\) -> [^{]*\{\s*&?self\.\w+(?:\.\w+\(\))?\s*\}", 3),
]


def likely(language: str, path: str, text: str) -> bool:
    """Whether a file is worth parsing in the search for pieces."""
    return bool(re.search(r"licen[cs]e|copyright", text[:4000], re.I)) or any(
        k.language == language and k.least <= len(re.findall(k.pattern.replace("^", r"^\s*"), text, re.M)) for k in KINDS
    )


def header(language: str, text: str) -> str | None:
    """The licence comment and imports a file begins with."""
    rows = text.split("\n")
    mark = "#" if language == "python" else "//"
    plain = ("import ", "from ", "use ", "extern ", "pub use ", "mod ", "    ", ")", "}", mark, '"""')
    end = next((i for i, r in enumerate(rows) if r.strip() and not r.startswith(plain)), len(rows))
    head = "\n".join(rows[:end]).rstrip()
    named = re.search(r"licen[cs]e|copyright", head, re.I)
    return head if named and 8 <= end <= 120 else None


def ours(language: str) -> list[tuple[str, str, str]]:
    """Kind, path and text of the pieces written for this benchmark."""
    folder = HERE / "boilerplate" / language
    found = sorted(folder.glob("*" + SUFFIX[language]))
    return [(p.stem.rsplit("-", 1)[0], p.relative_to(HERE).as_posix(), p.read_text()) for p in found]
