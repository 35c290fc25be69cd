//! A source text as a normalized token stream.
//!
//! The leaves of the tree-sitter parse, in order, each with a [`TokenClass`] and, where it is
//! named, a [`NameHash`] of its name or literal text. What a copyist changes for free is not in the
//! stream: comments, docstrings, imports, attributes, visibility, lifetimes, Python annotations,
//! closing brackets, brackets that only group, separators.
//!
//! ```text
//!   total = sum(item.price for item in cart)   # with tax
//!   var   = callee ( var field for var in var
//! ```
//!
//! Tokenizing never fails: text that does not parse yields the tokens that can be seen in it, since
//! the role of a name is read from its neighbours ([`role`]) and not from the tree above it.

mod arrange;
mod budget;
mod extent;
mod freedom;
mod heap;
mod layout;
mod leaves;
mod lexer;
mod parsing;
mod pieces;
mod role;
mod tokenizer;
mod words;

pub use extent::{Margins, extent};
pub(crate) use freedom::Freedom;
pub use freedom::freedom;
pub use heap::parser;
pub(crate) use layout::CommentKind;
pub use layout::{Comment, Layout};
pub(crate) use parsing::{patience_of_answers, set_patience};
pub use tokenizer::{Tokenizer, tokenize};
pub(crate) use words::{ClassesOfRelative, classes_of_relative};

use crate::text::source::SourceFile;
use crate::text::span::{ByteSpan, TokenRange};

/// Version of the rules that turn text into classes and names. An index made under another version
/// cannot be asked, because the same code would have other fingerprints.
pub const NORMALIZER_VERSION: u16 = 2;

/// The class of a token: a role that all languages share, or a word of its language's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenClass(pub u8);

impl TokenClass {
    /// A local name: a variable, a parameter.
    pub const VARIABLE: TokenClass = TokenClass(1);
    /// A field, attribute or property that is not called.
    pub const FIELD: TokenClass = TokenClass(2);
    /// The name of what is called: a function, method, macro or constructor.
    pub const CALLEE: TokenClass = TokenClass(3);
    /// The name of an argument.
    pub const KEYWORD_ARGUMENT: TokenClass = TokenClass(4);
    /// A type, a constant, a module: a name from outside the function.
    pub const TYPE: TokenClass = TokenClass(5);
    /// The name of the function or type being defined.
    pub const DEFINITION: TokenClass = TokenClass(6);
    /// `self`, `cls`.
    pub const SELF: TokenClass = TokenClass(7);
    /// A string.
    pub const STRING: TokenClass = TokenClass(8);
    /// A character.
    pub const CHARACTER: TokenClass = TokenClass(9);
    /// A whole number.
    pub const INTEGER: TokenClass = TokenClass(10);
    /// A number with a fraction.
    pub const FLOAT: TokenClass = TokenClass(11);
    /// A named leaf the table does not know.
    pub const OTHER: TokenClass = TokenClass(12);
    /// The class of the first word of a language's table.
    pub const FIRST_WORD: TokenClass = TokenClass(16);

    /// What people call a role that all languages share; `None` for the words of a language.
    pub fn role(self) -> Option<&'static str> {
        const ROLES: [&str; 12] = [
            "variable",
            "field",
            "callee",
            "argument",
            "type",
            "definition",
            "self",
            "string",
            "character",
            "integer",
            "float",
            "other",
        ];
        ROLES.get(usize::from(self.0).checked_sub(1)?).copied()
    }

    /// Whether tokens of this class carry a name or literal text.
    pub fn is_named(self) -> bool {
        self.is_identifier() || self.is_literal()
    }

    /// Whether tokens of this class are names.
    pub(crate) fn is_identifier(self) -> bool {
        (TokenClass::VARIABLE.0..=TokenClass::DEFINITION.0).contains(&self.0)
    }

    /// Whether tokens of this class are literals.
    pub fn is_literal(self) -> bool {
        (TokenClass::STRING.0..=TokenClass::FLOAT.0).contains(&self.0)
    }

    /// Whether the name comes from the world outside the snippet, so that a copyist who renames
    /// keeps it.
    pub fn is_outside_name(self) -> bool {
        (TokenClass::FIELD.0..=TokenClass::TYPE.0).contains(&self.0)
    }
}

/// Sixteen bits of a name's or literal's hash; 0 is no name. Enough to tell that two names differ,
/// not enough to learn what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameHash(pub u16);

impl NameHash {
    /// A token without a name.
    pub const NONE: NameHash = NameHash(0);

    /// The hash of a name: the low bits of XXH3-64, moved off zero.
    pub fn of(text: &[u8]) -> NameHash {
        NameHash((xxhash_rust::xxh3::xxh3_64(text) as u16).max(1))
    }
}

/// A text as tokens: parallel columns of equal length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenStream {
    classes: Vec<u8>,
    names: Vec<u16>,
    spans: Vec<ByteSpan>,
    depths: Vec<u16>,
    gaps: Vec<ByteSpan>,
    completeness: Completeness,
}

/// Whether the whole text was tokenized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Completeness {
    /// Every leaf of the parse, or of those pieces that are no [gaps](TokenStream::gaps).
    #[default]
    Whole,
    /// The parser used up its budget; the stream is empty.
    BudgetExhausted,
    /// The parser did not end in time; the stream is empty.
    TimedOut,
    /// The system gave no thread to parse on; the stream is empty.
    NoThread,
}

impl TokenStream {
    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The classes, as [`TokenClass`] numbers.
    pub fn classes(&self) -> &[u8] {
        &self.classes
    }

    /// The names, as [`NameHash`] numbers.
    pub fn names(&self) -> &[u16] {
        &self.names
    }

    /// The classes and the names.
    pub(crate) fn into_columns(self) -> (Vec<u8>, Vec<u16>) {
        (self.classes, self.names)
    }

    /// Where each token stands in the text.
    pub fn spans(&self) -> &[ByteSpan] {
        &self.spans
    }

    /// The line of each token in the text the stream was made from, counted from 1.
    pub fn lines(&self, source: &SourceFile) -> Vec<u32> {
        // Tokens come in order, so that each line begins to be sought
        // where the one before was found.
        let mut lines = source.line_starts().partition_point(|&start| start == 0) as u32;
        self.spans
            .iter()
            .map(|span| {
                let starts = &source.line_starts()[lines as usize..];
                lines += starts.iter().take_while(|&&start| start <= span.start).count() as u32;
                lines
            })
            .collect()
    }

    /// How many brackets are open before each token.
    pub(crate) fn depths(&self) -> &[u16] {
        &self.depths
    }

    /// The parts of the text that the parser gave up, in order; empty unless the text was parsed in
    /// pieces.
    pub fn gaps(&self) -> &[ByteSpan] {
        &self.gaps
    }

    /// Whether the whole text was tokenized.
    pub fn completeness(&self) -> Completeness {
        self.completeness
    }

    /// The bytes from the start of the first token of a range to the end of its last.
    ///
    /// # Panics
    /// If the range is empty or does not lie in the stream.
    pub fn span(&self, range: TokenRange) -> ByteSpan {
        ByteSpan {
            start: self.spans[range.start as usize].start,
            end: self.spans[range.end as usize - 1].end,
        }
    }

    fn with_room(tokens: usize) -> TokenStream {
        TokenStream {
            classes: Vec::with_capacity(tokens),
            names: Vec::with_capacity(tokens),
            spans: Vec::with_capacity(tokens),
            depths: Vec::with_capacity(tokens),
            gaps: Vec::new(),
            completeness: Completeness::Whole,
        }
    }

    fn push(&mut self, class: TokenClass, name: NameHash, span: ByteSpan, depth: usize) {
        self.depths.push(u16::try_from(depth).unwrap_or(u16::MAX));
        self.classes.push(class.0);
        self.names.push(name.0);
        self.spans.push(span);
    }
}
