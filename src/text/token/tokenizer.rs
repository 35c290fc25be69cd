//! The walk over the parse tree that makes a token stream.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use tree_sitter::{Node, Parser, Tree, TreeCursor};

use super::budget::{self, Parse, Spent};
use super::role::{self, Bracket, Neighbours, Shape};
use super::{Completeness, NameHash, TokenClass, TokenStream};
use crate::text::language::{Atom, KeywordArguments, Language};
use crate::text::source::SourceFile;
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

/// Turns texts into token streams; keeps its parser and buffers between texts.
pub struct Tokenizer {
    parser: Parser,
    language: Option<Language>,
    leaves: Vec<Leaf>,
    /// The text that was parsed last, and its tree: where something was found, the comments of the same text are read next.
    last: Option<(Vec<u8>, Tree)>,
    /// What was spent on pieces of a text so far.
    pub(super) spent: Spent,
}

/// Whether the parser found its way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parsed {
    Cleanly,
    WithErrors,
}

/// Bytes of a text that is tried as a fragment.
const MAX_FRAGMENT_BYTES: usize = 1 << 16;

/// A leaf of the parse, at its place in the text that was parsed.
#[derive(Clone, Copy)]
pub(super) struct Leaf {
    shape: Shape,
    span: ByteSpan,
}

impl Leaf {
    /// Returns the leaf of a piece at its place in the text that the piece was cut from.
    pub(super) fn shifted(self, offset: u32) -> Leaf {
        let Leaf { shape, span } = self;
        Leaf { shape, span: ByteSpan { start: span.start + offset, end: span.end + offset } }
    }
}

/// Tokenizes one text with a parser of its own.
pub fn tokenize(source: &SourceFile) -> TokenStream {
    Tokenizer::new().tokenize(source)
}

impl Tokenizer {
    /// A tokenizer without history; making one is cheap.
    pub fn new() -> Tokenizer {
        Tokenizer {
            parser: Parser::new(),
            language: None,
            leaves: Vec::new(),
            last: None,
            spent: Spent::default(),
        }
    }

    /// The normalized tokens of a text.
    pub fn tokenize(&mut self, source: &SourceFile) -> TokenStream {
        let Some(parsed) = self.leaves(source.language(), source.text()) else {
            return TokenStream { completeness: Completeness::BudgetExhausted, ..TokenStream::default() };
        };
        if parsed == Parsed::WithErrors && source.text().len() <= MAX_FRAGMENT_BYTES {
            self.try_inside_string(source.language(), source.text());
        }
        assign_roles(&self.leaves, source)
    }

    /// Reads the leaves of a piece of a text; false if the parser's budget did not suffice.
    pub(super) fn leaves_of_fragment(&mut self, language: Language, text: &[u8]) -> bool {
        let parsed = self.leaves(language, text);
        if parsed == Some(Parsed::WithErrors) && text.len() <= MAX_FRAGMENT_BYTES {
            self.try_inside_string(language, text);
        }
        parsed.is_some()
    }

    /// Returns the leaves that were read last.
    pub(super) fn take_leaves(&mut self) -> Vec<Leaf> {
        std::mem::take(&mut self.leaves)
    }

    /// Reads the text as if it began inside a string, and keeps that reading if it makes more sense: a fragment cut
    /// out of a string has its code and its strings the wrong way round.
    fn try_inside_string(&mut self, language: Language, fragment: &[u8]) {
        let mut least = nonsense(&self.leaves, fragment);
        for quote in language.row().quotes {
            if least == 0 {
                return;
            }
            if !begins_with_prose(&self.leaves, fragment, quote) {
                continue;
            }
            let as_read = std::mem::take(&mut self.leaves);
            let text = [quote.as_bytes(), fragment].concat();
            let found = self.leaves(language, &text).map(|_| nonsense(&self.leaves, &text));
            match found {
                // A reading in which a string swallows the code has no nonsense in it, and nothing else.
                Some(nonsense) if nonsense < least && self.leaves.len() * 2 >= as_read.len() => {
                    least = nonsense;
                    shift_back(&mut self.leaves, quote.len() as u32);
                }
                _ => self.leaves = as_read,
            }
        }
    }

    /// Reads the leaves of a text; `None` if the parser's budget did not suffice.
    fn leaves(&mut self, language: Language, text: &[u8]) -> Option<Parsed> {
        let Parse { tree, turn: _turn, .. } = self.parse(language, text);
        let tree = tree?;
        let kinds = kind_table(language);
        self.leaves.clear();
        collect_leaves(&tree, kinds, text, &mut self.leaves);
        join_operators(&mut self.leaves, kinds, text);
        Some(if tree.root_node().has_error() { Parsed::WithErrors } else { Parsed::Cleanly })
    }

    /// Parses a text, unless it is the one that was parsed last.
    pub(super) fn parse(&mut self, language: Language, text: &[u8]) -> Parse {
        if self.language != Some(language) {
            self.parser.set_language(&language.row().grammar.into()).expect(
                "the grammar's ABI is one the linked tree-sitter reads; a test parses with every row",
            );
            self.language = Some(language);
            self.last = None;
        }
        if let Some((_, tree)) = self.last.as_ref().filter(|(parsed, _)| parsed == text) {
            return Parse { tree: Some(tree.clone()), turn: None, spent: Spent::default() };
        }
        // Its memory serves the next tree while it is still in the processor's caches.
        self.last = None;
        let parse = budget::parse(&mut self.parser, text);
        self.spent.add(parse.spent);
        // A large tree is not kept: others wait until it is gone.
        let kept = parse.tree.as_ref().filter(|_| parse.turn.is_none());
        self.last = kept.map(|tree| (text.to_vec(), tree.clone()));
        parse
    }
}

impl Default for Tokenizer {
    fn default() -> Self {
        Tokenizer::new()
    }
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

/// Pushes the node under the cursor if it is a token, or goes to what is below. Every question to the tree costs a call, and
/// most nodes are neither tokens nor leaves: those are asked for no more than their kind.
fn visit(cursor: &mut TreeCursor<'_>, kinds: &KindTable, text: &[u8], leaves: &mut Vec<Leaf>) -> Visit {
    let node = cursor.node();
    let action = kinds.actions.get(usize::from(node.kind_id())).copied().unwrap_or(Action::Descend);
    match action {
        Action::Drop => {}
        Action::DropIfSoleChild => {
            let is_sole = node.child_count() == 1
                && node.child(0).is_some_and(|only| kinds.sole_children[usize::from(only.kind_id())]);
            if !is_sole && cursor.goto_first_child() {
                return Visit::Below;
            }
        }
        Action::Take(atom) => push_leaf(&node, atom_shape(atom), leaves),
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

/// How many things in a reading nobody writes: a name right behind a name, a line break in a plain string.
fn nonsense(leaves: &[Leaf], text: &[u8]) -> usize {
    let is_name = |leaf: &Leaf| matches!(leaf.shape, Shape::Name);
    let names = leaves.windows(2).filter(|pair| is_name(&pair[0]) && is_name(&pair[1])).count();
    let breaks: usize = leaves
        .iter()
        .filter(|leaf| leaf.shape == Shape::Fixed(TokenClass::STRING))
        .map(|leaf| &text[leaf.span.start as usize..leaf.span.end as usize])
        .filter(|string| !string.starts_with(b"\"\"\"") && !string.starts_with(b"'''"))
        .map(|string| string.iter().filter(|&&byte| byte == b'\n').count())
        .sum();
    names + breaks
}

/// Of so many leaves one is nonsense where prose is read as code. A syntax error is one among hundreds.
const NONSENSE_ONE_IN: usize = 6;

/// Whether what stands before the first of these quotes, read as code, is prose: then the quote closes a string.
fn begins_with_prose(leaves: &[Leaf], text: &[u8], quote: &str) -> bool {
    let Some(closing) = text.windows(quote.len()).position(|bytes| bytes == quote.as_bytes()) else {
        return false;
    };
    let before = leaves.partition_point(|leaf| leaf.span.start as usize <= closing);
    nonsense(&leaves[..before], text) * NONSENSE_ONE_IN >= before
}

/// Moves leaves to where they stand without the bytes put before the text.
fn shift_back(leaves: &mut [Leaf], bytes: u32) {
    for leaf in leaves {
        leaf.span = ByteSpan {
            start: leaf.span.start.saturating_sub(bytes),
            end: leaf.span.end.saturating_sub(bytes),
        };
    }
}

/// Joins punctuation that touches and is one operator together. The grammar splits `=>` or `>>` where it stands in
/// a macro body, a type or behind a syntax error; joined everywhere, it is the same token everywhere.
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

/// Turns leaves into tokens: decides roles, drops punctuation, hashes names.
pub(super) fn assign_roles(leaves: &[Leaf], source: &SourceFile) -> TokenStream {
    let text = source.text();
    let keyword_arguments = source.language().row().keyword_arguments == KeywordArguments::WithEquals;
    let mut stream = TokenStream::with_room(leaves.len());
    let mut brackets: Vec<Bracket> = Vec::new();
    let shape_at = |i: usize| leaves.get(i).map(|leaf| leaf.shape);
    for (i, leaf) in leaves.iter().enumerate() {
        let before = i.checked_sub(1).and_then(shape_at);
        let word = &text[leaf.span.start as usize..leaf.span.end as usize];
        let depth = brackets.len();
        let mut push = |class, name| stream.push(class, name, leaf.span, depth);
        match leaf.shape {
            Shape::Name => {
                let at = Neighbours {
                    before,
                    after: shape_at(i + 1),
                    after_next: shape_at(i + 2),
                    bracket: brackets.last().copied(),
                    keyword_arguments,
                };
                let class = role::of_name(word, &at);
                push(class, name_of(class, word));
            }
            Shape::Fixed(class) => push(fixed_class(class, before, shape_at(i + 1)), name_of(class, word)),
            Shape::OpenParenthesis(class) => {
                push(class, NameHash::NONE);
                let defines = i >= 2 && matches!(shape_at(i - 2), Some(Shape::FunctionWord(_)))
                    || matches!(before, Some(Shape::FunctionWord(_)));
                brackets.push(if defines { Bracket::Parameters } else { Bracket::Parentheses });
            }
            Shape::OpenGroup => brackets.push(Bracket::Other),
            Shape::OpenOther(class) => {
                push(class, NameHash::NONE);
                brackets.push(Bracket::Other);
            }
            Shape::Close => {
                brackets.pop();
            }
            Shape::Equals(class)
            | Shape::Bang(class)
            | Shape::FunctionWord(class)
            | Shape::TypeWord(class) => {
                push(class, NameHash::NONE);
            }
            Shape::Dot | Shape::PathSeparator | Shape::Comma | Shape::Dropped => {}
        }
    }
    stream
}

/// A field or type that is called, or that is being defined, is what its neighbours make it.
fn fixed_class(class: TokenClass, before: Option<Shape>, after: Option<Shape>) -> TokenClass {
    if !class.is_identifier() {
        return class;
    }
    match (before, after) {
        (Some(Shape::FunctionWord(_) | Shape::TypeWord(_)), _) => TokenClass::DEFINITION,
        (_, Some(Shape::OpenParenthesis(_))) => TokenClass::CALLEE,
        (Some(Shape::Dot), Some(Shape::PathSeparator)) => TokenClass::CALLEE,
        _ => class,
    }
}

fn name_of(class: TokenClass, word: &[u8]) -> NameHash {
    match class {
        TokenClass::STRING => NameHash::of(string_content(word)),
        TokenClass::INTEGER | TokenClass::FLOAT => NameHash::of(&number_content(word)),
        class if class.is_named() => NameHash::of(word),
        _ => NameHash::NONE,
    }
}

/// A string without prefix, raw-string hashes and quotes, so that `b'x'`, `r"x"` and `"""x"""` are the same.
fn string_content(word: &[u8]) -> &[u8] {
    let is_frame = |byte: &u8| matches!(byte, b'"' | b'\'' | b'#');
    let Some(start) = word.iter().position(is_frame) else {
        return word;
    };
    let start = start + word[start..].iter().take_while(|byte| is_frame(byte)).count();
    let end = word.iter().rposition(|byte| !is_frame(byte)).map_or(start, |last| last + 1);
    &word[start..end.max(start)]
}

/// A number in lower case without digit separators.
fn number_content(word: &[u8]) -> Cow<'_, [u8]> {
    let is_plain = |&byte: &u8| byte != b'_' && !byte.is_ascii_uppercase();
    match word.iter().all(is_plain) {
        true => Cow::Borrowed(word),
        false => word.iter().filter(|&&byte| byte != b'_').map(u8::to_ascii_lowercase).collect(),
    }
}

fn atom_shape(atom: Atom) -> Shape {
    match atom {
        Atom::Name => Shape::Name,
        Atom::FieldName => Shape::Fixed(TokenClass::FIELD),
        Atom::TypeName => Shape::Fixed(TokenClass::TYPE),
        Atom::SelfName => Shape::Fixed(TokenClass::SELF),
        Atom::String => Shape::Fixed(TokenClass::STRING),
        Atom::Character => Shape::Fixed(TokenClass::CHARACTER),
        Atom::Integer => Shape::Fixed(TokenClass::INTEGER),
        Atom::Float => Shape::Fixed(TokenClass::FLOAT),
    }
}

fn kind_table(language: Language) -> &'static KindTable {
    static TABLES: [OnceLock<KindTable>; Language::COUNT] = [const { OnceLock::new() }; Language::COUNT];
    TABLES[usize::from(language.number())].get_or_init(|| build_kind_table(language))
}

fn build_kind_table(language: Language) -> KindTable {
    let grammar: tree_sitter::Language = language.row().grammar.into();
    let kinds: Vec<(&str, bool)> = (0..grammar.node_kind_count())
        .map(|id| (grammar.node_kind_for_id(id as u16).unwrap_or(""), grammar.node_kind_is_named(id as u16)))
        .collect();
    let row = language.row();
    let keywords: HashSet<&str> = kinds.iter().filter(|(_, named)| !named).map(|(kind, _)| *kind).collect();
    // A named kind may share its name with a keyword below it (`lambda`, `yield`); then the keyword is the token.
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
    let row = language.row();
    let is_operator = |word: &&&str| word.len() > 1 && word.as_bytes().iter().all(is_operator_byte);
    let shape = |word: &'static str| match action(language, word, false, true) {
        Action::Leaf(shape) => Some((word.as_bytes(), shape)),
        _ => None,
    };
    row.words.iter().chain(row.dropped_words).filter(is_operator).filter_map(|word| shape(word)).collect()
}

fn action(language: Language, kind: &str, named: bool, is_token: bool) -> Action {
    let row = language.row();
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
    if let Some(position) = row.words.iter().position(|word| is_token && *word == kind) {
        return Action::Leaf(word_shape(
            language,
            kind,
            TokenClass(TokenClass::FIRST_WORD.0 + position as u8),
        ));
    }
    if !named && row.dropped_words.contains(&kind) {
        return Action::Leaf(dropped_shape(kind));
    }
    Action::Descend
}

fn word_shape(language: Language, word: &str, class: TokenClass) -> Shape {
    let row = language.row();
    match word {
        "(" => Shape::OpenParenthesis(class),
        "[" | "{" => Shape::OpenOther(class),
        "=" => Shape::Equals(class),
        "!" => Shape::Bang(class),
        _ if row.function_words.contains(&word) => Shape::FunctionWord(class),
        _ if row.type_words.contains(&word) => Shape::TypeWord(class),
        _ => Shape::Fixed(class),
    }
}

fn dropped_shape(word: &str) -> Shape {
    match word {
        "." => Shape::Dot,
        "::" => Shape::PathSeparator,
        "," => Shape::Comma,
        ")" | "]" | "}" => Shape::Close,
        _ => Shape::Dropped,
    }
}
