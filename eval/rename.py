"""Consistent renaming: of local variables, of all that the snippet's own file defines, or of every identifier."""

import builtins
import keyword
import random
import re

from syntax import STRINGS, leaves, parse
from tree_sitter import Node

WORDS = """
account actor amount anchor angle answer arrow asset atlas aura badge bag band bank bar base basket batch beam belt
bench bind bird blank blob bolt bond book boost border bowl branch brick bridge brush bucket budget bulk bundle cabin cable
cache cake canal candle card cargo case cell center chain chair chalk chart chest chunk circle claim clerk cliff clip clock cloud
coast coin column comet coral core corner couple course cover craft crane credit crew crop cross crown cube cycle dawn deck depth
desk dial dish dock domain door draft drain dream drift drum dust eagle earth edge ember engine entry epoch event extra fabric
factor farm feather fence field figure fleet flint floor flow focus fold forest forge form frame front fuel gate gauge gear glass
globe grain grant graph grass grid group guard guest guide habit hall hand harbor heap hedge helper hill hinge holder hook house
image impact inlet inner island item jacket jewel joint judge jump keeper kernel kettle label ladder lake lamp lane lantern layer leaf ledger
level lever light limit link load lobby locker loop magnet map marble margin mark mask match meadow member mesh meter middle mill mirror model
moment motor mount native needle nest node notch note number oasis object ocean office orbit order origin outer oven owner packet page paint
panel parcel part patch path peak pearl pencil phase piece pillar pilot pipe plan plate point pond pool portal post prime prism probe pulse
queue quota rack radar rail range rank ratio reach record reel reef region relay ring river robot rocket roof root rope rotor round route sail
sample scale scene scope score seat sector seed series shade shape sheet shell shelf shift signal silver site sketch slice slope socket space spark
spot spring square stack stage stamp star station stem step stone store storm stream street string strip sum summit surface switch table tail
target team tempo thread ticket tide tile timer token tool tower track trade trail tray tree trial tube tunnel union unit valley value vault vector
vessel view wagon wall watch water wave weight wheel window wing wire yard zone
""".split()

KEPT = {
    "python": set(dir(builtins)) | set(keyword.kwlist) | {"self", "cls", "match", "case", "type", "_"},
    "rust": set("""
        self Self super crate std core alloc Option Some None Result Ok Err Vec String Box Rc Arc str bool char u8 u16 u32 u64
        u128 usize i8 i16 i32 i64 i128 isize f32 f64 Fn FnMut FnOnce Iterator IntoIterator Clone Copy Debug Display Default
        From Into TryFrom TryInto AsRef AsMut Drop Eq PartialEq Ord PartialOrd Hash Send Sync Sized ToString ToOwned println
        print eprintln eprint format write writeln vec assert assert_eq assert_ne debug_assert debug_assert_eq panic
        unreachable todo unimplemented matches derive cfg test inline allow must_use _ main fmt Formatter
    """.split()),
}
IDENTIFIERS = {
    "identifier", "field_identifier", "type_identifier", "shorthand_field_identifier",
}


def rename_locals(language: str, text: str, rng: random.Random) -> str | None:
    """Parameters and local variables get new names, the same one everywhere."""
    root = parse(language, text)
    names = sorted(_locals(language, root))
    if len(names) < 2:
        return None
    mapping = _fresh(names, _used(root), rng)
    return _apply(text, [e for node in _identifiers(root) for e in _rename_variable(node, mapping)], root, mapping)


def rename_own(language: str, text: str, defined: set[str], rng: random.Random) -> str | None:
    """Also the function, its file's helpers and types, attributes of self; literals change too."""
    root = parse(language, text)
    kept = KEPT[language]
    variables = _locals(language, root) | (defined & _used(root)) - kept
    members = {n.text.decode() for n in _identifiers(root) if _is_own_member(n)}
    members = {m for m in members if not m.startswith("__")}
    if len(variables) + len(members) < 3:
        return None
    used = _used(root)
    variable_names = _fresh(sorted(variables), used, rng)
    member_names = _fresh(sorted(members), used | set(variable_names.values()), rng)
    edits = []
    for node in _identifiers(root):
        name = node.text.decode()
        if name in member_names and (_is_own_member(node) or _is_definition_name(node)):
            edits.append((node.start_byte, node.end_byte, member_names[name]))
        else:
            edits.extend(_rename_variable(node, variable_names))
    edits.extend(_changed_literals(root, rng))
    return _apply(text, edits, root, variable_names)


def rename_all(language: str, text: str, rng: random.Random) -> str | None:
    """Every identifier but keywords, builtins and the prelude; the structure alone stays."""
    root = parse(language, text)
    names = sorted(n for n in _used(root) if n not in KEPT[language] and not re.fullmatch(r"__\w+__", n))
    if len(names) < 3:
        return None
    mapping = _fresh(names, _used(root), rng)
    edits = []
    for node in _identifiers(root):
        name = node.text.decode()
        if name in mapping:
            edits.append((node.start_byte, node.end_byte, mapping[name]))
    return _apply(text, edits, root, mapping)


def defined_names(language: str, text: str) -> set[str]:
    """Functions, classes and types that a file defines."""
    found = set()
    stack = [parse(language, text)]
    wanted = {
        "function_definition", "class_definition", "function_item", "struct_item", "enum_item", "trait_item", "type_item",
        "const_item", "static_item",
    }
    while stack:
        node = stack.pop()
        name = node.child_by_field_name("name") if node.type in wanted else None
        if name:
            found.add(name.text.decode())
        if node.type not in ("function_definition", "function_item"):
            stack.extend(node.children)
    return {n for n in found if not n.startswith("__")}


def _identifiers(root: Node):
    return [n for n in leaves(root) if n.type in IDENTIFIERS]


def _used(root: Node) -> set[str]:
    return {n.text.decode() for n in _identifiers(root)}


def _locals(language: str, root: Node) -> set[str]:
    found: set[str] = set()
    stack = [root]
    outside: set[str] = set()
    while stack:
        node = stack.pop()
        stack.extend(node.children)
        if language == "python":
            found |= _python_bindings(node, outside)
        else:
            found |= _rust_bindings(node)
    return {n for n in found - outside if n not in KEPT[language] and not n.startswith("__")}


def _python_bindings(node: Node, outside: set[str]) -> set[str]:
    if node.type in ("global_statement", "nonlocal_statement", "import_statement", "import_from_statement"):
        outside |= {n.text.decode() for n in _identifiers(node)}
        return set()
    if node.type in ("parameters", "lambda_parameters"):
        return {name for child in node.children for name in _parameter(child)}
    field = {
        "assignment": "left", "augmented_assignment": "left", "for_statement": "left", "for_in_clause": "left",
        "named_expression": "name", "as_pattern": "alias",
    }.get(node.type)
    target = node.child_by_field_name(field) if field else None
    return _targets(target) if target else set()


def _parameter(node: Node) -> set[str]:
    if node.type == "identifier":
        return {node.text.decode()}
    name = node.child_by_field_name("name")
    if name is None and node.type in ("typed_parameter", "list_splat_pattern", "dictionary_splat_pattern"):
        name = node.children[0] if node.type == "typed_parameter" else node.children[-1]
    return _parameter(name) if name else set()


def _targets(node: Node) -> set[str]:
    if node.type == "identifier":
        return {node.text.decode()}
    if node.type in ("attribute", "subscript", "call"):
        return set()
    return {name for child in node.children for name in _targets(child)}


def _rust_bindings(node: Node) -> set[str]:
    if node.type == "closure_parameters":
        return {name for child in node.children for name in _rust_pattern(child)}
    if node.type == "match_arm" or node.type in ("let_declaration", "parameter", "for_expression", "let_condition"):
        pattern = node.child_by_field_name("pattern")
        return _rust_pattern(pattern) if pattern else set()
    return set()


def _rust_pattern(node: Node) -> set[str]:
    name = node.text.decode()
    if node.type in ("identifier", "shorthand_field_identifier"):
        return {name} if name[0].islower() or name[0] == "_" and len(name) > 1 else set()
    if node.type in ("scoped_identifier", "scoped_type_identifier", "field_identifier", "type_identifier"):
        return set()
    if node.type == "parameter":
        pattern = node.child_by_field_name("pattern")
        return _rust_pattern(pattern) if pattern else set()
    kept = node.child_by_field_name("type")
    condition = node.child_by_field_name("condition")
    return {
        name for child in node.children if child not in (kept, condition) for name in _rust_pattern(child)
    }


def _is_member(node: Node) -> bool:
    """Whether the identifier names a field, a method or a keyword argument rather than a variable."""
    parent = node.parent
    if node.type == "field_identifier":
        return True
    if parent.type == "attribute":
        return parent.child_by_field_name("attribute") == node
    if parent.type == "keyword_argument":
        return parent.child_by_field_name("name") == node
    if parent.type in ("scoped_identifier", "scoped_type_identifier"):
        return True
    if parent.type == "token_tree":
        before = node.prev_sibling
        return before is not None and before.type in (".", "::")
    return False


def _is_own_member(node: Node) -> bool:
    parent = node.parent
    if parent.type == "attribute" and parent.child_by_field_name("attribute") == node:
        return parent.child_by_field_name("object").text in (b"self", b"cls")
    if parent.type == "field_expression" and parent.child_by_field_name("field") == node:
        return parent.child_by_field_name("value").text == b"self"
    if parent.type == "scoped_identifier" and parent.child_by_field_name("name") == node:
        path = parent.child_by_field_name("path")
        return path is not None and path.text == b"Self"
    if parent.type == "token_tree" and node.prev_sibling is not None and node.prev_sibling.type == ".":
        return node.prev_sibling.prev_sibling is not None and node.prev_sibling.prev_sibling.text == b"self"
    return False


def _is_definition_name(node: Node) -> bool:
    return node.parent.type in ("function_definition", "function_item") and (
        node.parent.child_by_field_name("name") == node
    )


def _rename_variable(node: Node, mapping: dict[str, str]):
    name = node.text.decode()
    if name not in mapping:
        return
    if node.type == "shorthand_field_identifier" or node.parent.type == "shorthand_field_initializer":
        yield (node.start_byte, node.end_byte, f"{name}: {mapping[name]}")
    elif not _is_member(node):
        yield (node.start_byte, node.end_byte, mapping[name])


def _apply(text: str, edits, root: Node, mapping: dict[str, str]) -> str:
    data = text.encode()
    edits = list(edits) + [e for e in _captures(root, mapping) if not _overlaps(e, edits)]
    for start, end, new in sorted(set(edits), reverse=True):
        data = data[:start] + new.encode() + data[end:]
    return data.decode()


def _overlaps(edit, edits) -> bool:
    return any(edit[0] < e[1] and e[0] < edit[1] for e in edits)


def _captures(root: Node, mapping: dict[str, str]):
    """Variables captured by a Rust format string, as in `"{name}"`."""
    for node in leaves(root):
        if node.type == "string_literal" and node.parent.type == "token_tree" and b"{" in node.text:
            old = node.text.decode()
            new = re.sub(r"(?<!\{)\{(\w+)(?=[}:])", lambda m: "{" + mapping.get(m[1], m[1]), old)
            if new != old:
                yield (node.start_byte, node.end_byte, new)


def _changed_literals(root: Node, rng: random.Random):
    for node in leaves(root):
        old = node.text.decode()
        if node.type in ("integer", "integer_literal", "float", "float_literal"):
            new = re.sub(r"^(\d[\d_]*)", lambda m: _other_number(m[1], rng), old) if not old.startswith("0x") else old
        elif node.type in ("string", "string_literal", "string_content") and b"\n" not in node.text:
            new = re.sub(r"(?<![\\{%A-Za-z])[A-Za-z]{3,}(?![}:\w])", lambda m: rng.choice(WORDS), old)
        else:
            continue
        if new != old:
            yield (node.start_byte, node.end_byte, new)


def _other_number(digits: str, rng: random.Random) -> str:
    if digits in ("0", "1"):
        return digits
    width = len(digits.replace("_", ""))
    return str(rng.randint(10 ** (width - 1) + (width == 1), 10**width - 1))


def _fresh(names: list[str], used: set[str], rng: random.Random) -> dict[str, str]:
    """New names in the style of the old ones: case kept, word count kept up to two."""
    taken = set(used)
    mapping = {}
    for name in names:
        while True:
            words = [rng.choice(WORDS) for _ in range(1 if len(name) < 7 else 2)]
            bare = name.lstrip("_")
            if bare.isupper() and len(bare) > 1:
                new = "_".join(words).upper()
            elif bare[:1].isupper():
                new = "".join(w.capitalize() for w in words)
            else:
                new = "_".join(words)
            new = "_" * (len(name) - len(bare)) + new
            if new not in taken:
                break
        taken.add(new)
        mapping[name] = new
    return mapping
