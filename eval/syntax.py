"""What the benchmark needs to know about Python and Rust text, from their tree-sitter grammars."""

from dataclasses import dataclass

import tree_sitter_python
import tree_sitter_rust
from tree_sitter import Language, Node, Parser

PARSERS = {
    "python": Parser(Language(tree_sitter_python.language())),
    "rust": Parser(Language(tree_sitter_rust.language())),
}
COMMENTS = {"comment", "line_comment", "block_comment"}
STRINGS = {"string", "string_literal", "raw_string_literal", "char_literal"}
FUNCTION = {"python": "function_definition", "rust": "function_item"}
CLASS = {"python": "class_definition", "rust": "impl_item"}
# Where a function may stand without being nested in another one.
CONTAINERS = {
    "python": {"module", "class_definition", "block", "decorated_definition", "if_statement", "else_clause"},
    "rust": {"source_file", "impl_item", "declaration_list", "trait_item", "mod_item"},
}
CONTROL = {
    "return_statement", "raise_statement", "break_statement", "continue_statement", "yield", "await",
    "return_expression", "break_expression", "continue_expression", "try_expression", "pass_statement",
}


@dataclass(frozen=True)
class Function:
    """A function's place in its file: first and last line, counted from one, decorators and attributes included."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Statement:
    """A statement (or match arm) that fills whole lines and holds no block of its own; lines counted from zero."""

    first: int
    last: int
    indent: str
    kind: str
    only_child: bool
    control: bool
    node: Node
    parent: int


def parse(language: str, text: str) -> Node:
    return PARSERS[language].parse(text.encode()).root_node


def leaves(node: Node):
    """The leaves in order, strings without interpolation kept whole."""
    stack = [node]
    while stack:
        node = stack.pop()
        whole = node.type in STRINGS and not any(c.type == "interpolation" for c in node.children)
        if whole or not node.children:
            yield node
        else:
            stack.extend(reversed(node.children))


def is_docstring(node: Node) -> bool:
    """A string that is a statement of its own."""
    parent = node.parent
    return node.type in ("string", "concatenated_string") and parent is not None and (
        parent.type == "expression_statement" and parent.child_count == 1
    )


def code_lines(language: str, text: str) -> list[int]:
    """Lines, counted from one, that hold something besides comments, docstrings and space."""
    lines: set[int] = set()
    for leaf in leaves(parse(language, text)):
        if is_comment(leaf) or is_docstring(leaf) or leaf.start_byte == leaf.end_byte:
            continue
        lines.update(range(leaf.start_point[0] + 1, leaf.end_point[0] + 2))
    rows = text.split("\n")
    return sorted(n for n in lines if n <= len(rows) and rows[n - 1].strip())


def is_comment(leaf: Node) -> bool:
    return leaf.type in COMMENTS or leaf.parent is not None and leaf.parent.type in COMMENTS


def functions(language: str, text: str) -> list[Function]:
    found: list[Function] = []
    stack = [parse(language, text)]
    while stack:
        node = stack.pop()
        for index, child in enumerate(node.children):
            if child.type == FUNCTION[language] and not child.has_error:
                outer = node if node.type == "decorated_definition" else child
                first = outer.start_point[0]
                before = index - 1
                while before >= 0 and node.children[before].type == "attribute_item":
                    first = node.children[before].start_point[0]
                    before -= 1
                name = child.child_by_field_name("name")
                found.append(Function(name.text.decode() if name else "", first + 1, outer.end_point[0] + 1))
            elif child.type in CONTAINERS[language]:
                stack.append(child)
    return sorted(found, key=lambda f: f.start)


def classes(language: str, text: str) -> list[Function]:
    """Python's classes and Rust's `impl` blocks that define functions, those inside others left out."""
    found: list[Function] = []
    stack = [parse(language, text)]
    while stack:
        node = stack.pop()
        if node.type == CLASS[language] and not node.has_error and _holds(node, {FUNCTION[language]}):
            name = node.child_by_field_name("name") or node.child_by_field_name("type")
            found.append(Function(name.text.decode() if name else "", node.start_point[0] + 1, node.end_point[0] + 1))
        else:
            stack.extend(node.children)
    return sorted(found, key=lambda f: f.start)


def top_level_ends(language: str, text: str) -> list[int]:
    """Last lines, counted from one, of the items of a file: text may be put after them."""
    root = parse(language, text)
    skip = COMMENTS | {"attribute_item", "inner_attribute_item"}
    return sorted({c.end_point[0] + 1 for c in root.children if c.is_named and c.type not in skip and not c.has_error})


def statements(language: str, text: str) -> list[Statement]:
    rows = text.split("\n")
    found = []
    stack = [parse(language, text)]
    while stack:
        node = stack.pop()
        stack.extend(node.children)
        if node.type not in ("block", "match_block"):
            continue
        named = [c for c in node.children if c.is_named and c.type not in COMMENTS]
        for child in named:
            statement = _statement(language, rows, node, child, len(named) == 1)
            if statement:
                found.append(statement)
    found.sort(key=lambda s: s.first)
    return [s for i, s in enumerate(found) if i == 0 or s.first > found[i - 1].last]


def _statement(language: str, rows: list[str], parent: Node, node: Node, only: bool) -> Statement | None:
    if node.has_error or _holds(node, {"block", "match_block", "decorated_definition"}):
        return None
    if language == "python" and node.child_count and is_docstring(node.children[0]):
        return None
    first, last = node.start_point[0], node.end_point[0]
    if last - first > 7 or last >= len(rows):
        return None
    head = rows[first].encode()[: node.start_point[1]].decode()
    tail = rows[last].encode()[node.end_point[1]:].decode().strip()
    if head.strip() or tail not in ("", ";", ",") and not tail.startswith(("#", "//")):
        return None
    kind = "arm" if node.type == "match_arm" else "statement"
    return Statement(first, last, head, kind, only, _holds(node, CONTROL), node, parent.id)


def _holds(node: Node, types: set[str]) -> bool:
    stack = [node]
    while stack:
        node = stack.pop()
        if node.type in types:
            return True
        stack.extend(node.children)
    return False


def dedent(text: str) -> str:
    """Move a block to the left margin by the first line's indentation; text inside long strings may stay."""
    rows = text.split("\n")
    first = next((r for r in rows if r.strip()), "")
    margin = first[: len(first) - len(first.lstrip())]
    return "\n".join(r[len(margin):] if r.startswith(margin) else r for r in rows)


def indent(text: str, margin: str) -> str:
    return "\n".join(margin + r if r.strip() else r for r in text.split("\n"))


def replace(text: str, edits: list[tuple[int, int, str]]) -> str:
    """Apply replacements of byte ranges that do not overlap."""
    data = text.encode()
    for start, end, new in sorted(edits, reverse=True):
        data = data[:start] + new.encode() + data[end:]
    return data.decode()
