//! The leaves of a parse tree that become tokens.

use std::collections::HashSet;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use tree_sitter::{Node, Tree, TreeCursor};

use super::TokenClass;
use super::role::Shape;
use crate::text::language::{Atom, Family, Language};
use crate::text::span::ByteSpan;

/// What to do at a node of some kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// Visit what is below; as a leaf, take it for a token of no known class.
    Descend,
    /// Leave it out with everything below it.
    Drop,
    /// Leave it out if its only child is of a kind that [`KindTable::sole_children`] lists.
    DropIfSoleChild,
    /// Visit what is below, but for the bracket it begins with.
    Ungroup,
    /// One token; nothing below it counts.
    Take(Atom),
    /// One token, then the code in its holes.
    TakeWithHoles,
    /// A leaf with a fixed meaning.
    Leaf(Shape),
}

/// A language's row by kind id, built when a process first meets the language.
struct KindTable {
    actions: Vec<Action>,
    sole_children: Vec<bool>,
    holes: Vec<bool>,
    /// Words of punctuation that are longer than one character.
    operators: FxHashMap<&'static [u8], Shape>,
}

/// Whether the parser found its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    Cleanly,
    WithErrors,
}

impl Parsed {
    pub(super) fn of(tree: &Tree) -> Parsed {
        if tree.root_node().has_error() { Parsed::WithErrors } else { Parsed::Cleanly }
    }
}

/// A node that has become a token, or is punctuation between tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    pub(super) shape: Shape,
    pub(super) span: ByteSpan,
}

impl Leaf {
    /// Returns the leaf of a piece at its place in the text that the piece was cut from.
    pub(super) fn shift(self, offset: u32) -> Leaf {
        let Leaf { shape, span } = self;
        Leaf { shape, span: ByteSpan { start: span.start + offset, end: span.end + offset } }
    }
}

/// Pushes the leaves of a tree.
pub(super) fn read(language: Language, tree: &Tree, text: &[u8], leaves: &mut Vec<Leaf>) -> Parsed {
    let kinds = kind_table(language);
    collect_leaves(tree, kinds, text, leaves);
    join_operators(leaves, kinds, text);
    Parsed::of(tree)
}

/// Pushes the leaves of the tree in order. Iterative: code nests deeper than a stack is long.
fn collect_leaves(tree: &Tree, kinds: &KindTable, text: &[u8], leaves: &mut Vec<Leaf>) {
    let mut cursor = tree.walk();
    loop {
        if visit(&mut cursor, kinds, text, leaves) == Visit::Below {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

/// Where the cursor is after a visit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    /// At the first child of the node that was visited.
    Below,
    /// Where it was: there is no more to see of that node.
    Done,
}

/// Pushes the node under the cursor if it is a token, or goes to what is below. Every question to
/// the tree costs a call, and most nodes are neither tokens nor leaves: those are asked for no more
/// than their kind.
fn visit(
    cursor: &mut TreeCursor<'_>,
    kinds: &KindTable,
    text: &[u8],
    leaves: &mut Vec<Leaf>,
) -> Visit {
    let node = cursor.node();
    // The kind of a syntax error is no kind of the grammar, and lies behind the end of the table.
    let action = kinds.actions.get(usize::from(node.kind_id())).copied().unwrap_or(Action::Descend);
    match action {
        Action::Drop => {}
        Action::DropIfSoleChild => {
            let is_sole = node.child_count() == 1
                && node
                    .child(0)
                    .is_some_and(|only| kinds.sole_children[usize::from(only.kind_id())]);
            if !is_sole && cursor.goto_first_child() {
                return Visit::Below;
            }
        }
        Action::Take(atom) => push_leaf(&node, atom_shape(atom, &text[node.byte_range()]), leaves),
        Action::TakeWithHoles => {
            push_leaf(&node, Shape::Fixed(TokenClass::STRING), leaves);
            push_holes(cursor, kinds, text, leaves);
        }
        Action::Leaf(shape) => push_leaf(&node, shape, leaves),
        Action::Ungroup => {
            if cursor.goto_first_child() {
                push_leaf(&cursor.node(), Shape::OpenGroup, leaves);
                if cursor.goto_next_sibling() {
                    return Visit::Below;
                }
                cursor.goto_parent();
            }
        }
        Action::Descend => {
            if cursor.goto_first_child() {
                return Visit::Below;
            }
            if node.is_named() && !node.is_error() {
                push_leaf(&node, Shape::Fixed(TokenClass::OTHER), leaves);
            }
        }
    }
    Visit::Done
}

/// Pushes a leaf, unless the parser invented it to recover: then it has no text.
fn push_leaf(node: &Node<'_>, shape: Shape, leaves: &mut Vec<Leaf>) {
    let span = ByteSpan { start: node.start_byte() as u32, end: node.end_byte() as u32 };
    if span.start < span.end {
        leaves.push(Leaf { shape, span });
    }
}

/// Pushes the leaves of the code that the string under the cursor holds, and comes back to it.
fn push_holes(cursor: &mut TreeCursor<'_>, kinds: &KindTable, text: &[u8], leaves: &mut Vec<Leaf>) {
    if !cursor.goto_first_child() {
        return;
    }
    let mut depth = 1;
    loop {
        // A string inside a hole is taken whole: its own holes are one level too deep to matter.
        let visited = match depth {
            1 => visit_part_of_string(cursor, kinds),
            _ => visit_inside_hole(cursor, kinds, text, leaves),
        };
        if visited == Visit::Below {
            depth += 1;
            continue;
        }
        while !cursor.goto_next_sibling() {
            depth -= 1;
            if !cursor.goto_parent() || depth == 0 {
                return;
            }
        }
    }
}

fn visit_part_of_string(cursor: &mut TreeCursor<'_>, kinds: &KindTable) -> Visit {
    let is_hole = kinds.holes.get(usize::from(cursor.node().kind_id())).copied().unwrap_or(false);
    if is_hole && cursor.goto_first_child() { Visit::Below } else { Visit::Done }
}

fn visit_inside_hole(
    cursor: &mut TreeCursor<'_>,
    kinds: &KindTable,
    text: &[u8],
    leaves: &mut Vec<Leaf>,
) -> Visit {
    let node = cursor.node();
    if kinds.actions.get(usize::from(node.kind_id())) == Some(&Action::TakeWithHoles) {
        let span = ByteSpan { start: node.start_byte() as u32, end: node.end_byte() as u32 };
        leaves.push(Leaf { shape: Shape::Fixed(TokenClass::STRING), span });
        return Visit::Done;
    }
    // The braces of the hole itself are punctuation of the string.
    if matches!(node.kind(), "{" | "}") {
        return Visit::Done;
    }
    visit(cursor, kinds, text, leaves)
}

/// Joins punctuation that touches and is one operator together. The grammar splits `=>` or `>>`
/// where it stands in a macro body, a type or behind a syntax error; joined everywhere, it is the
/// same token everywhere.
fn join_operators(leaves: &mut Vec<Leaf>, kinds: &KindTable, text: &[u8]) {
    let mut kept = 0usize;
    for next in 0..leaves.len() {
        let leaf = leaves[next];
        let joined = kept.checked_sub(1).and_then(|last: usize| {
            let before: Leaf = leaves[last];
            let word = text.get(before.span.start as usize..leaf.span.end as usize)?;
            let touches = before.span.end == leaf.span.start && word.len() <= 3;
            // Most neighbours that touch are a name and a bracket or dot, and need no looking up.
            (touches && word.iter().all(is_operator_byte)).then_some(())?;
            let shape = *kinds.operators.get(word)?;
            Some(Leaf { shape, span: ByteSpan { start: before.span.start, end: leaf.span.end } })
        });
        match joined {
            Some(joined) => leaves[kept - 1] = joined,
            None => {
                leaves[kept] = leaf;
                kept += 1;
            }
        }
    }
    leaves.truncate(kept);
}

fn atom_shape(atom: Atom, word: &[u8]) -> Shape {
    match atom {
        Atom::Name => Shape::Name,
        Atom::FieldName => Shape::Fixed(TokenClass::FIELD),
        Atom::TypeName => Shape::Fixed(TokenClass::TYPE),
        Atom::SelfName => Shape::Fixed(TokenClass::SELF),
        Atom::String => Shape::Fixed(TokenClass::STRING),
        Atom::Character => Shape::Fixed(TokenClass::CHARACTER),
        Atom::Integer => Shape::Fixed(TokenClass::INTEGER),
        Atom::Float => Shape::Fixed(TokenClass::FLOAT),
        Atom::Number if is_fraction(word) => Shape::Fixed(TokenClass::FLOAT),
        Atom::Number => Shape::Fixed(TokenClass::INTEGER),
    }
}

/// Whether a number has a fraction or an exponent.
fn is_fraction(word: &[u8]) -> bool {
    // `0xE1` has no exponent.
    let has_radix = word.len() > 1 && word[0] == b'0' && word[1].is_ascii_alphabetic();
    !has_radix && word.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
}

fn kind_table(language: Language) -> &'static KindTable {
    static TABLES: [OnceLock<KindTable>; Language::COUNT] =
        [const { OnceLock::new() }; Language::COUNT];
    TABLES[usize::from(language.number())].get_or_init(|| build_kind_table(language))
}

fn build_kind_table(language: Language) -> KindTable {
    let row = language.grammar().expect("a language that is parsed");
    let grammar: tree_sitter::Language = row.grammar.into();
    let kinds: Vec<(&str, bool)> = (0..grammar.node_kind_count())
        .map(|id| {
            (
                grammar.node_kind_for_id(id as u16).unwrap_or(""),
                grammar.node_kind_is_named(id as u16),
            )
        })
        .collect();
    let keywords: HashSet<&str> =
        kinds.iter().filter(|(_, named)| !named).map(|(kind, _)| *kind).collect();
    // A named kind may share its name with a keyword below it (`lambda`, `yield`); then the keyword
    // is the token.
    let is_token = |kind: &str, named: bool| !named || !keywords.contains(kind);
    KindTable {
        actions: kinds
            .iter()
            .map(|&(kind, named)| action(language, kind, named, is_token(kind, named)))
            .collect(),
        sole_children: kinds
            .iter()
            .map(|&(kind, _)| row.dropped_if_sole_child.iter().any(|pair| pair.1 == kind))
            .collect(),
        holes: kinds.iter().map(|&(kind, named)| named && row.holes.contains(&kind)).collect(),
        operators: operators(language),
    }
}

fn is_operator_byte(byte: &u8) -> bool {
    byte.is_ascii_punctuation() && *byte != b'_'
}

fn operators(language: Language) -> FxHashMap<&'static [u8], Shape> {
    let row = language.family().row();
    let is_operator = |word: &&&str| word.len() > 1 && word.as_bytes().iter().all(is_operator_byte);
    let shape = |word: &'static str| match action(language, word, false, true) {
        Action::Leaf(shape) => Some((word.as_bytes(), shape)),
        _ => None,
    };
    row.words
        .iter()
        .chain(row.dropped_words)
        .filter(is_operator)
        .filter_map(|word| shape(word))
        .collect()
}

fn action(language: Language, kind: &str, named: bool, is_token: bool) -> Action {
    let row = language.grammar().expect("a language that is parsed");
    let family = language.family();
    if named {
        if row.dropped_trees.contains(&kind) {
            return Action::Drop;
        }
        if row.dropped_if_sole_child.iter().any(|pair| pair.0 == kind) {
            return Action::DropIfSoleChild;
        }
        if row.groupings.contains(&kind) {
            return Action::Ungroup;
        }
        if let Some(&(_, atom)) = row.atoms.iter().find(|(name, _)| *name == kind) {
            let has_holes = atom == Atom::String && !row.holes.is_empty();
            return if has_holes { Action::TakeWithHoles } else { Action::Take(atom) };
        }
    }
    let words = family.row();
    if let Some(position) = words.words.iter().position(|word| is_token && *word == kind) {
        return Action::Leaf(word_shape(family, kind, position));
    }
    if !named && words.dropped_words.contains(&kind) {
        return Action::Leaf(dropped_shape(family, kind));
    }
    Action::Descend
}

/// The shape of the word of a family at a position of its list.
pub(super) fn word_shape(family: Family, word: &str, position: usize) -> Shape {
    let row = family.row();
    let class = TokenClass(TokenClass::FIRST_WORD.0 + position as u8);
    match word {
        "(" => Shape::OpenParenthesis(class),
        "[" | "{" | "((" | "[[" | "$(" | "$((" => Shape::OpenOther(class),
        "=" => Shape::Equals(class),
        "!" => Shape::Bang(class),
        _ if row.function_words.contains(&word) => Shape::FunctionWord(class),
        _ if row.type_words.contains(&word) => Shape::TypeWord(class),
        _ => Shape::Fixed(class),
    }
}

/// The shape of a word that a family drops.
pub(super) fn dropped_shape(family: Family, word: &str) -> Shape {
    let row = family.row();
    match word {
        "," => Shape::Comma,
        ":" if !row.dots.contains(&word) => Shape::Colon,
        ")" | "]" | "}" | "))" | "]]" => Shape::Close,
        _ if row.dots.contains(&word) => Shape::Dot,
        _ if row.path_separators.contains(&word) => Shape::PathSeparator,
        _ => Shape::Dropped,
    }
}
