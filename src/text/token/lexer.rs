//! Reads the leaves of a text by the rules of a [`Lexicon`], without a grammar.
//!
//! A text is read once, from left to right, and whatever it holds: the time is linear in its length.
//! Only searches for an end that may not be there (of a heredoc, of a regular expression) look at
//! bytes again, and these have a budget.

mod left_out;
mod names;
mod places;
mod strings;
mod vocabulary;

use super::TokenClass;
use super::layout::{Comment, CommentKind};
use super::leaves::{Leaf, Parsed};
use super::role::Shape;
use crate::text::language::{Annotations, Language, Lexicon};
use crate::text::span::ByteSpan;
pub(super) use places::{is_place, statement_below};
use vocabulary::{Vocabulary, vocabulary};

/// What a lexer reads of a text.
pub(super) struct Lexed {
    pub(super) leaves: Vec<Leaf>,
    pub(super) comments: Vec<Comment>,
    /// Whether every string and comment has an end.
    pub(super) parsed: Parsed,
}

/// Bytes that searches may look at again, for each byte of a text.
const SEARCHES: usize = 4;

/// Reads a text.
///
/// # Panics
/// If the language has no lexicon.
pub(super) fn read(language: Language, text: &[u8]) -> Lexed {
    let lexicon = language.lexicon().expect("a language that is read by a lexer");
    let mut lexer = Lexer {
        text,
        lexicon,
        vocabulary: vocabulary(language),
        at: 0,
        end: text.len(),
        search_budget: text.len().saturating_mul(SEARCHES),
        in_hole: false,
        line_is_empty: true,
        expects_command: true,
        waiting_heredocs: Vec::new(),
        lexed: Lexed { leaves: Vec::new(), comments: Vec::new(), parsed: Parsed::Cleanly },
    };
    lexer.read_all();
    lexer.lexed
}

struct Lexer<'a> {
    text: &'a [u8],
    lexicon: &'static Lexicon,
    vocabulary: &'static Vocabulary,
    at: usize,
    end: usize,
    search_budget: usize,
    /// Inside code that a string holds: strings there are taken whole.
    in_hole: bool,
    /// Whether nothing but blanks stands before `at` on its line.
    line_is_empty: bool,
    /// Whether a word here would be a command, where lines are commands.
    expects_command: bool,
    /// The ends of heredocs that begin with the next line.
    waiting_heredocs: Vec<&'a [u8]>,
    lexed: Lexed,
}

impl<'a> Lexer<'a> {
    fn read_all(&mut self) {
        if self.text.starts_with(b"#!") {
            self.at = self.end_of_line(0);
        }
        self.skip_to_code();
        while self.at < self.end {
            self.read_next();
        }
    }

    /// Reads what stands at `at`, which moves on by at least a byte.
    fn read_next(&mut self) {
        let byte = self.text[self.at];
        match byte {
            b'\n' => self.read_line_break(),
            b' ' | b'\t' | b'\r' | 0x0C => self.at += 1,
            b'\\' if self.rest().starts_with(b"\\\n") => self.at += 2,
            _ if self.ends_code() || self.read_comment() => {}
            _ => {
                let starts_line = std::mem::replace(&mut self.line_is_empty, false);
                if starts_line && (self.skip_directive() || self.skip_import()) {
                    return;
                }
                let read = self.skip_annotation(starts_line)
                    || self.read_heredoc_mark()
                    || self.read_string()
                    || self.read_regex()
                    || self.read_number()
                    || self.read_sigil()
                    || self.read_name()
                    || self.read_punctuation();
                if !read {
                    self.at += 1;
                }
            }
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.text[self.at..self.end]
    }

    fn byte(&self, offset: usize) -> u8 {
        self.text[..self.end].get(self.at + offset).copied().unwrap_or(0)
    }

    fn end_of_line(&self, from: usize) -> usize {
        let rest = &self.text[from..self.end];
        rest.iter().position(|&byte| byte == b'\n').map_or(self.end, |length| from + length)
    }

    fn read_line_break(&mut self) {
        self.at += 1;
        self.line_is_empty = true;
        self.expects_command = true;
        for word in std::mem::take(&mut self.waiting_heredocs) {
            self.read_heredoc(word);
        }
    }

    fn push(&mut self, shape: Shape, start: usize) {
        let span = ByteSpan { start: start as u32, end: self.at as u32 };
        self.lexed.leaves.push(Leaf { shape, span });
    }

    fn last_shape(&self) -> Option<Shape> {
        self.lexed.leaves.last().map(|leaf| leaf.shape)
    }

    /// Whether the last leaf ends a value, so that an operator and no value follows.
    fn is_behind_value(&self) -> bool {
        match self.last_shape() {
            Some(Shape::Name | Shape::Close) => true,
            Some(Shape::Fixed(class)) => {
                class.is_named() || class == TokenClass::SELF || class == TokenClass::OTHER
            }
            _ => false,
        }
    }

    fn read_comment(&mut self) -> bool {
        let start = self.at;
        for block in self.lexicon.block_comments {
            if !self.rest().starts_with(block.open.as_bytes())
                || block.at_line_start && start > 0 && self.text[start - 1] != b'\n'
            {
                continue;
            }
            self.at = self.end_of_block(start, block);
            self.push_comment(start);
            return true;
        }
        let is_comment =
            self.lexicon.line_comments.iter().any(|open| self.rest().starts_with(open.as_bytes()));
        // `$#`, `a#b` in a shell and `#[` in PHP are none.
        let is_comment = is_comment
            && !(self.lexicon.has_commands
                && start > 0
                && !matches!(
                    self.text[start - 1],
                    b' ' | b'\t' | b'\n' | b';' | b'(' | b')' | b'&' | b'|'
                ))
            && !(self.lexicon.annotations == Annotations::HashBrackets
                && self.rest().starts_with(b"#["));
        if is_comment {
            self.at = self.end_of_line(start);
            if let Some((_, close)) = self.lexicon.code_marks {
                // In PHP, `?>` ends a line of comment too.
                let line = &self.text[start..self.at];
                let close = close.as_bytes();
                let ends = line.windows(close.len()).position(|bytes| bytes == close);
                self.at = ends.map_or(self.at, |offset| start + offset);
            }
            let ends_in_return = self.at > start && self.text[self.at - 1] == b'\r';
            self.at -= usize::from(ends_in_return);
            self.push_comment(start);
        }
        is_comment
    }

    fn end_of_block(&mut self, start: usize, block: &crate::text::language::Block) -> usize {
        let (open, close) = (block.open.as_bytes(), block.close.as_bytes());
        let mut at = start + open.len();
        let mut depth = 1usize;
        while at < self.end {
            let rest = &self.text[at..self.end];
            let is_place = !block.at_line_start || self.text[at - 1] == b'\n';
            if is_place && rest.starts_with(close) {
                depth -= 1;
                at += close.len();
                if depth == 0 {
                    return if block.at_line_start { self.end_of_line(at) } else { at };
                }
            } else if block.nests && rest.starts_with(open) {
                depth += 1;
                at += open.len();
            } else {
                at += 1;
            }
        }
        self.lexed.parsed = Parsed::WithErrors;
        self.end
    }

    fn push_comment(&mut self, start: usize) {
        let span = ByteSpan { start: start as u32, end: self.at as u32 };
        self.lexed.comments.push(Comment { span, kind: CommentKind::Comment });
    }

    fn is_name_byte(&self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric()
            || byte == b'_'
            || byte >= 0x80
            || self.lexicon.name_bytes.contains(&byte)
    }

    fn is_word_byte(&self, byte: u8) -> bool {
        self.is_name_byte(byte)
            || self.lexicon.has_commands
                && matches!(byte, b'-' | b'.' | b'/' | b':' | b'~' | b'%' | b'@' | b',' | b'+')
    }

    fn read_number(&mut self) -> bool {
        let starts = self.byte(0).is_ascii_digit()
            || self.byte(0) == b'.' && self.byte(1).is_ascii_digit() && !self.is_behind_value();
        if !starts || self.lexicon.has_commands {
            return false;
        }
        let start = self.at;
        let is_radix =
            self.byte(0) == b'0' && matches!(self.byte(1), b'x' | b'X' | b'b' | b'B' | b'o' | b'O');
        let mut is_float = false;
        loop {
            let byte = self.byte(0);
            let next = self.byte(1);
            match byte {
                // `1..2` is a range, and `1.max(2)` is a call.
                b'.' if !is_float && !is_radix && next != b'.' && !next.is_ascii_alphabetic() => {
                    is_float = true;
                }
                b'e' | b'E' if !is_radix => {
                    is_float = true;
                    if matches!(next, b'+' | b'-') {
                        self.at += 1;
                    }
                }
                b'\'' if self.lexicon.has_quotes_in_numbers && next.is_ascii_alphanumeric() => {}
                b'_' => {}
                byte if byte.is_ascii_alphanumeric() => {}
                _ => break,
            }
            self.at += 1;
        }
        let is_float =
            // These letters are digits in hexadecimal.
            is_float || !is_radix && matches!(self.text[self.at - 1], b'f' | b'F' | b'd' | b'D');
        let class = if is_float { TokenClass::FLOAT } else { TokenClass::INTEGER };
        self.push(Shape::Fixed(class), start);
        true
    }

    fn read_punctuation(&mut self) -> bool {
        let start = self.at;
        let longest = self.vocabulary.longest_punctuation.min(self.end - self.at);
        for length in (1..=longest).rev() {
            let word = &self.text[start..start + length];
            let Some(&shape) = self.vocabulary.punctuation.get(word) else { continue };
            // `@interface`, `#selector`: the word must end there.
            let is_cut = word.last().is_some_and(u8::is_ascii_alphanumeric)
                && self.text[..self.end]
                    .get(start + length)
                    .is_some_and(|&next| self.is_name_byte(next));
            if is_cut {
                continue;
            }
            self.at += length;
            if self.lexicon.has_commands {
                let begins = matches!(
                    word,
                    b"!" | b"&&" | b"(" | b"{" | b"|" | b"||" | b"&" | b";" | b";;" | b"$(" | b")"
                );
                self.expects_command = begins;
            }
            self.push(shape, start);
            return true;
        }
        false
    }
}
