"""Edits of statements: deleted, inserted, replaced by foreign ones, put in another order."""

import random
import re

from syntax import Statement, indent, statements


def edit(language: str, text: str, how: str, share: float, foreign: dict[str, list[str]], rng: random.Random) -> str | None:
    """Delete, replace or insert before a share of the statements; at least one."""
    found = statements(language, text)
    count = round(share * len(found))
    if len(found) < 4 or count < 1:
        return None
    if how == "deleted":
        found = _leave_one_in_each_block(found, rng)
        if len(found) < count:
            return None
    chosen = rng.sample(found, count)
    rows = text.split("\n")
    for statement in sorted(chosen, key=lambda s: -s.first):
        block = slice(statement.first, statement.last + 1)
        new = [] if how == "deleted" else _foreign(statement, foreign, rng).split("\n")
        rows[block] = new if how != "inserted" else new + rows[block]
    return "\n".join(rows)


def reorder(language: str, text: str, rng: random.Random) -> str | None:
    """Swap neighbouring statements that share no written name and do not steer control."""
    found = statements(language, text)
    rows = text.split("\n")
    swaps, index = [], 0
    while index + 1 < len(found):
        a, b = found[index], found[index + 1]
        adjacent = a.parent == b.parent and a.indent == b.indent and b.first == a.last + 1
        if adjacent and _independent(a, b):
            swaps.append((a, b))
            index += 2
        else:
            index += 1
    if not swaps or 4 * len(swaps) < len(found) * 0.5:
        return None
    for a, b in reversed(swaps):
        rows[a.first:b.last + 1] = rows[b.first:b.last + 1] + rows[a.first:a.last + 1]
    result = "\n".join(rows)
    return result if result != text else None


def foreign_pool(language: str, text: str) -> dict[str, list[str]]:
    """Statements of a file that can be put among others, by kind, at the left margin."""
    pool: dict[str, list[str]] = {"statement": [], "arm": []}
    rows = text.split("\n")
    for s in statements(language, text):
        lines = [r.removeprefix(s.indent) for r in rows[s.first:s.last + 1]]
        body = "\n".join(lines)
        ends = language == "python" or s.kind == "arm" and body.endswith(",") or s.kind == "statement" and body.endswith(";")
        if len(lines) <= 3 and 12 <= len(body) <= 160 and not s.control and ends:
            pool[s.kind].append(body)
    return pool


def _leave_one_in_each_block(found: list[Statement], rng: random.Random) -> list[Statement]:
    kept, free = set(), []
    for statement in rng.sample(found, len(found)):
        if statement.only_child:
            continue
        if statement.parent in kept:
            free.append(statement)
        kept.add(statement.parent)
    return free


def _foreign(statement: Statement, foreign: dict[str, list[str]], rng: random.Random) -> str:
    return indent(rng.choice(foreign[statement.kind]), statement.indent)


def _independent(a: Statement, b: Statement) -> bool:
    if a.control or b.control:
        return False
    if a.kind == "arm" and b.kind == "arm":
        return not any(s.node.child_by_field_name("pattern").text.strip()[:1] in b"_" for s in (a, b))
    writes_a, writes_b = _writes(a), _writes(b)
    if not writes_a and not writes_b:
        return False
    return not (writes_a & _words(b)) and not (writes_b & _words(a))


def _writes(statement: Statement) -> set[str]:
    node = statement.node
    target = None
    stack = [node]
    while stack and target is None:
        inner = stack.pop()
        if inner.type in ("assignment", "augmented_assignment", "assignment_expression", "compound_assignment_expr"):
            target = inner.child_by_field_name("left")
        elif inner.type == "let_declaration":
            target = inner.child_by_field_name("pattern")
        elif inner.type == "expression_statement":
            stack.extend(inner.children)
    return set(re.findall(r"[\w.]+", target.text.decode())) - {"mut", "ref"} if target else set()


def _words(statement: Statement) -> set[str]:
    words = set(re.findall(r"[\w.]+", statement.node.text.decode()))
    return words | {w.split(".")[0] for w in words}
