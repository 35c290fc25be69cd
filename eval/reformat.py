"""The same tokens in another layout: our own printer and `ast.unparse` for Python, rustfmt with other settings for Rust."""

import ast
import random
import re
import subprocess

from syntax import COMMENTS, STRINGS, is_docstring, leaves, parse, replace

OPEN = {"(", "[", "{"}
CLOSE = {")", "]", "}"}
BRACKETED = {"argument_list", "parameters", "list", "dictionary", "tuple", "set"}
RUSTFMT = [
    "max_width=60,hard_tabs=true,use_small_heuristics=Off",
    "max_width=72,tab_spaces=2,fn_params_layout=Vertical,use_small_heuristics=Off",
    "max_width=140,use_small_heuristics=Max,fn_params_layout=Compressed",
    "max_width=50,tab_spaces=3,chain_width=20,fn_call_width=20",
]


def reformat(language: str, text: str, rng: random.Random, *, least_change: float = 0.2) -> str | None:
    """Another layout in which at least a share of the lines differs from the old one, or nothing."""
    if language == "python":
        attempts = [_python_printed, _python_unparsed] if rng.random() < 0.6 else [_python_unparsed, _python_printed]
        results = (attempt(text, rng) for attempt in attempts)
    else:
        settings = rng.sample(RUSTFMT, len(RUSTFMT))
        results = (_rustfmt(text, setting) for setting in settings)
    for result in results:
        if result is not None and _changed(text, result) >= least_change:
            return result
    return None


def _changed(old: str, new: str) -> float:
    before = {line.strip() for line in old.split("\n")}
    lines = [line.strip() for line in new.split("\n") if line.strip()]
    return sum(line not in before for line in lines) / max(1, len(lines))


def uncomment(language: str, text: str) -> str | None:
    """Comments and docstrings dropped; lines left empty by it go too."""
    root = parse(language, text)
    edits = []
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in COMMENTS or is_docstring(node):
            only = is_docstring(node) and len([c for c in node.parent.parent.children if c.is_named]) == 1
            edits.append((node.start_byte, node.end_byte, "pass" if only else _line_ends(node)))
        else:
            stack.extend(node.children)
    if not edits:
        return None
    touched = replace(text, [(s, e, "\x00" + new) for s, e, new in edits]).split("\n")
    rows = [r.replace("\x00", "").rstrip() if "\x00" in r else r for r in touched if r.replace("\x00", "").strip() or "\x00" not in r]
    return "\n".join(rows)


def _line_ends(node) -> str:
    # tree-sitter-rust ends a doc comment after its line end.
    return "\n" if node.text.endswith(b"\n") else ""


def _rustfmt(text: str, setting: str) -> str | None:
    for before, after in (("", ""), ("impl Owner {\n", "\n}\n")):
        run = subprocess.run(
            ["rustfmt", "--edition", "2024", "--emit", "stdout", "--config", setting],
            input=before + text + after, capture_output=True, text=True,
        )
        if run.returncode == 0:
            rows = run.stdout.rstrip("\n").split("\n")
            return "\n".join(rows[1:-1] if before else rows)
    return None


def _python_unparsed(text: str, rng: random.Random) -> str | None:
    try:
        plain = ast.unparse(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError):
        return None
    return _explode(plain, rng.choice((60, 72)), rng.choice(("  ", "    ", "\t")), rng)


def _python_printed(text: str, rng: random.Random) -> str | None:
    """Keeps comments: joins what brackets spread over lines, spreads what is long, changes quotes and indentation."""
    joined = _join(text)
    if parse("python", joined).has_error:
        return None
    quoted = _quotes(joined, rng.random() < 0.5)
    return _explode(quoted, rng.choice((40, 56, 110)), rng.choice(("  ", "\t", "   ")), rng)


def _join(text: str) -> str:
    data = text.encode()
    depth, edits, previous = 0, [], None
    for leaf in leaves(parse("python", text)):
        if previous is not None and depth > 0:
            gap = data[previous.end_byte:leaf.start_byte]
            comment = previous.type in COMMENTS or leaf.type in COMMENTS
            if b"\n" in gap and not gap.strip() and not comment:
                tight = previous.type in OPEN or leaf.type in CLOSE
                edits.append((previous.end_byte, leaf.start_byte, "" if tight else " "))
        depth += (leaf.type in OPEN) - (leaf.type in CLOSE)
        previous = leaf
    joined = replace(text, edits)
    return joined if not parse("python", joined).has_error else text


def _quotes(text: str, double: bool) -> str:
    old, new = ("'", '"') if double else ('"', "'")
    edits = []
    for leaf in leaves(parse("python", text)):
        source = leaf.text.decode()
        if leaf.type == "string" and not is_docstring(leaf) and re.fullmatch(f"{old}[^{old}{new}\\\\]*{old}", source):
            edits.append((leaf.start_byte, leaf.end_byte, new + source[1:-1] + new))
    return replace(text, edits)


def _explode(text: str, width: int, unit: str, rng: random.Random) -> str:
    rows = text.split("\n")
    edits = []
    stack = [parse("python", text)]
    while stack:
        node = stack.pop()
        row = rows[node.start_point[0]]
        fits = len(row) <= width and rng.random() > 0.15
        long = node.type in BRACKETED and node.start_point[0] == node.end_point[0] and not fits
        if long and sum(c.is_named for c in node.children) >= 2 and node.children[0].type in OPEN:
            margin = row[: len(row) - len(row.lstrip())]
            edits.append((node.children[0].end_byte, node.children[1].start_byte, "\n" + margin + "    "))
            commas = [(i, c) for i, c in enumerate(node.children) if c.type == "," and i + 2 < node.child_count]
            for i, comma in commas:
                edits.append((comma.end_byte, node.children[i + 1].start_byte, "\n" + margin + "    "))
            last = node.children[-1]
            edits.append((node.children[-2].end_byte, last.start_byte, "\n" + margin))
        else:
            stack.extend(node.children)
    exploded = replace(text, edits)
    return _indentation(exploded, unit)


def _indentation(text: str, unit: str) -> str:
    inside = set()
    for leaf in leaves(parse("python", text)):
        if leaf.end_point[0] > leaf.start_point[0] and leaf.type in STRINGS | {"string_content"}:
            inside.update(range(leaf.start_point[0] + 1, leaf.end_point[0] + 1))
    rows = text.split("\n")
    for number, row in enumerate(rows):
        spaces = len(row) - len(row.lstrip(" "))
        if number not in inside and spaces >= 4:
            rows[number] = unit * (spaces // 4) + " " * (spaces % 4) + row[spaces:]
    return "\n".join(rows)
