//! Reads the leaves of a text by the rules of a [`Lexicon`], without a grammar.
//!
//! A text is read once, from left to right, and whatever it holds: the time is linear in its length.
//! Only searches for an end that may not be there (of a heredoc, of a regular expression) look at
//! bytes again, and these have a budget.

mod places;
mod strings;
mod vocabulary;

use super::TokenClass;
use super::layout::{Comment, CommentKind};
use super::leaves::{Leaf, Parsed};
use super::role::Shape;
use crate::text::language::{Annotations, Language, Lexicon, Sigil};
use crate::text::span::ByteSpan;
pub(super) use places::{is_place, statement_below};
use vocabulary::{MAX_WORD_BYTES, Vocabulary, vocabulary};

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

    /// Moves to where code begins, in texts that hold code between marks.
    fn skip_to_code(&mut self) {
        let Some((opens, _)) = self.lexicon.code_marks else { return };
        let open = self.text[self.at..self.end].windows(2).position(|bytes| bytes == b"<?");
        let Some(offset) = open else {
            // A text without any mark is a fragment of code.
            if self.at > 0 || self.text.trim_ascii_start().starts_with(b"<") {
                self.at = self.end;
            }
            return;
        };
        if self.at == 0 && !self.text[..offset].contains(&b'<') && offset > 0 {
            // Code before the first mark: the text is a fragment too.
            let is_text = self.text[..offset].iter().all(|&byte| byte.is_ascii_whitespace());
            if !is_text && self.text[..offset].contains(&b';') {
                return;
            }
        }
        self.at += offset;
        let mark = opens.iter().find(|mark| self.rest().starts_with(mark.as_bytes()));
        self.at += mark.map_or(2, |mark| mark.len());
    }

    /// Leaves code at the mark that ends it.
    fn ends_code(&mut self) -> bool {
        let Some((_, close)) = self.lexicon.code_marks else { return false };
        let ends = !self.in_hole && self.rest().starts_with(close.as_bytes());
        if ends {
            self.at += close.len();
            self.skip_to_code();
        }
        ends
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

    /// Leaves out a line for the preprocessor, but for definitions of macros.
    fn skip_directive(&mut self) -> bool {
        if !self.lexicon.has_preprocessor || self.byte(0) != b'#' {
            return false;
        }
        let blanks =
            self.rest()[1..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let word = &self.rest()[1 + blanks..];
        if word.starts_with(b"define") {
            self.at += 1 + blanks + b"define".len();
            let shape = self.vocabulary.words.get(&b"#define"[..]).copied();
            self.push(shape.unwrap_or(Shape::Dropped), self.at - 6);
            return true;
        }
        // A comment at the end of the line, or of several lines, is read as one.
        loop {
            let end = self.end_of_line(self.at);
            let line = &self.text[self.at..end];
            if let Some(comment) = comment_start(line) {
                self.at += comment;
                return true;
            }
            self.at = end;
            if !line.trim_ascii_end().ends_with(b"\\") || end == self.end {
                return true;
            }
            self.at = end + 1;
        }
    }

    /// Leaves out a statement that imports, up to its end.
    fn skip_import(&mut self) -> bool {
        let is_import = self.lexicon.imports.iter().any(|word| {
            let rest = self.rest();
            rest.starts_with(word.as_bytes())
                && rest.get(word.len()).is_none_or(|&next| {
                    matches!(next, b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'' | b';')
                        || next == b'(' && self.vocabulary.imports_take_brackets
                })
                && !rest[word.len().min(rest.len())..].trim_ascii_start().starts_with(b"=")
        });
        if !is_import {
            return false;
        }
        let mut open = 0usize;
        let mut quote = None;
        while self.at < self.end {
            let byte = self.text[self.at];
            match (quote, byte) {
                (Some(mark), _) if mark == byte || byte == b'\n' => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'' | b'`') => quote = Some(byte),
                (None, b'(' | b'{') => open += 1,
                (None, b')' | b'}') => open = open.saturating_sub(1),
                (None, b';') if open == 0 => {
                    self.at += 1;
                    return true;
                }
                (None, b'\n') if open == 0 && !self.continues(self.at) => return true,
                _ => {}
            }
            self.at += 1;
        }
        true
    }

    /// Whether a statement goes on behind a line break: the line ends in a comma or a backslash.
    fn continues(&self, line_end: usize) -> bool {
        let line = self.text[..line_end].trim_ascii_end();
        matches!(line.last(), Some(b',' | b'\\'))
    }

    /// Leaves out what is said of the definition that follows.
    fn skip_annotation(&mut self, starts_line: bool) -> bool {
        let start = self.at;
        match self.lexicon.annotations {
            Annotations::Kept => return false,
            Annotations::At => {
                if self.byte(0) != b'@' || !self.byte(1).is_ascii_alphabetic() {
                    return false;
                }
                if self.rest().starts_with(b"@interface") {
                    return false;
                }
                self.at += 1;
                while self.is_name_byte(self.byte(0)) || matches!(self.byte(0), b'.' | b':') {
                    self.at += 1;
                }
                if self.byte(0) != b'(' {
                    return true;
                }
            }
            Annotations::Brackets => {
                let follows_end = matches!(
                    self.last_shape(),
                    None | Some(Shape::Close | Shape::OpenOther(_) | Shape::Dropped)
                );
                if self.byte(0) != b'['
                    || !starts_line
                    || !follows_end
                    || !self.byte(1).is_ascii_alphabetic()
                {
                    return false;
                }
            }
            Annotations::HashBrackets => {
                if !self.rest().starts_with(b"#[") {
                    return false;
                }
                self.at += 1;
            }
        }
        match self.end_of_brackets(self.at) {
            Some(end) => self.at = end,
            None if self.at == start => return false,
            None => {}
        }
        true
    }

    /// The end of the brackets that open at a place; `None` if they do not close.
    fn end_of_brackets(&mut self, start: usize) -> Option<usize> {
        let mut depth = 0usize;
        let mut quote = None;
        for (offset, &byte) in self.text[start..self.end].iter().enumerate() {
            self.search_budget = self.search_budget.checked_sub(1)?;
            match (quote, byte) {
                (Some(mark), _) if mark == byte || byte == b'\n' => quote = None,
                (Some(_), _) => {}
                (None, b'"') => quote = Some(byte),
                (None, b'(' | b'[' | b'{') => depth += 1,
                (None, b')' | b']' | b'}') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(start + offset + 1);
                    }
                }
                _ => {}
            }
        }
        None
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

    fn read_sigil(&mut self) -> bool {
        for (sigil, kind) in self.lexicon.sigils {
            let Some(behind) = self.rest().strip_prefix(sigil.as_bytes()) else { continue };
            let next = behind.first().copied().unwrap_or(0);
            let names = next.is_ascii_alphabetic() || next == b'_' || next >= 0x80;
            let is_operator = match kind {
                Sigil::Name => matches!(sigil.as_bytes(), b"%" | b"&") && self.is_behind_value(),
                Sigil::Field => false,
                Sigil::Literal => self.at > 0 && self.is_name_byte(self.text[self.at - 1]),
            };
            if is_operator || !names {
                // `$1`, `$?`, `$$`: variables of the language.
                let is_special = *kind == Sigil::Name
                    && sigil.ends_with('$')
                    && (next.is_ascii_digit() || b"?!@*#$-&;,./\\0".contains(&next));
                if is_special && !is_operator {
                    let start = self.at;
                    self.at += sigil.len() + 1;
                    self.push(Shape::Name, start);
                    return true;
                }
                continue;
            }
            self.at += sigil.len();
            let start = self.at;
            while self.is_name_byte(self.byte(0)) || self.rest().starts_with(b"::") {
                self.at += 1;
            }
            if *kind == Sigil::Literal && matches!(self.byte(0), b'?' | b'!') {
                self.at += 1;
            }
            let shape = match kind {
                Sigil::Name if self.vocabulary.is_self(&self.text[start..self.at]) => {
                    Shape::Fixed(TokenClass::SELF)
                }
                Sigil::Name => Shape::Name,
                Sigil::Field => Shape::Fixed(TokenClass::FIELD),
                Sigil::Literal => Shape::Fixed(TokenClass::STRING),
            };
            self.push(shape, start);
            if sigil.ends_with('{') {
                self.skip_expansion();
            }
            self.expects_command = false;
            return true;
        }
        false
    }

    /// Skips the rest of `${name...}` where it says how the name is expanded.
    fn skip_expansion(&mut self) {
        if let Some(end) = self.end_of_expansion() {
            self.at = end;
        }
    }

    fn end_of_expansion(&mut self) -> Option<usize> {
        let mut depth = 1usize;
        for (offset, &byte) in self.rest().iter().enumerate() {
            self.search_budget = self.search_budget.checked_sub(1)?;
            match byte {
                b'{' => depth += 1,
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(self.at + offset + 1);
                    }
                }
                b'\n' => return None,
                _ => {}
            }
        }
        None
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
        let is_hex = is_radix && matches!(self.byte(1), b'x' | b'X');
        let mut is_float = false;
        loop {
            let byte = self.byte(0);
            let next = self.byte(1);
            match byte {
                b'.' if !is_float && !is_radix && next != b'.' && !next.is_ascii_alphabetic() => {
                    is_float = true;
                }
                b'e' | b'E' if !is_radix && !is_hex => {
                    is_float = true;
                    if matches!(next, b'+' | b'-') {
                        self.at += 1;
                    }
                }
                b'\'' if next.is_ascii_alphanumeric() && !self.vocabulary.quotes_in_numbers => {
                    break;
                }
                b'\'' if next.is_ascii_alphanumeric() => {}
                b'_' => {}
                byte if byte.is_ascii_alphanumeric() => {}
                _ => break,
            }
            self.at += 1;
        }
        let is_float = is_float
            || !is_hex && matches!(self.text[self.at - 1], b'f' | b'F' | b'd' | b'D') && !is_radix;
        let class = if is_float { TokenClass::FLOAT } else { TokenClass::INTEGER };
        self.push(Shape::Fixed(class), start);
        true
    }

    fn read_name(&mut self) -> bool {
        let start = self.at;
        // Words like `#define`, `@interface` or `-eq`.
        if !self.is_word_byte(self.byte(0)) {
            return false;
        }
        while self.is_word_byte(self.byte(0)) {
            self.at += 1;
        }
        if self.lexicon.name_ends.contains(&self.byte(0)) && self.byte(1) != b'=' {
            self.at += 1;
        }
        if self.lexicon.has_commands {
            self.push_command_word(start);
            return true;
        }
        let word = &self.text[start..self.at];
        let shape = self.vocabulary.word(word, self.lexicon.ignores_case);
        // A member may be called what a keyword is called.
        let is_member = matches!(self.last_shape(), Some(Shape::Dot));
        let shape = match shape {
            Some(shape) if !is_member => shape,
            _ if self.vocabulary.is_self(word) => Shape::Fixed(TokenClass::SELF),
            _ if self.vocabulary.is_type(word) || word.contains(&b'\\') => {
                Shape::Fixed(TokenClass::TYPE)
            }
            _ => Shape::Name,
        };
        self.push(shape, start);
        true
    }

    /// A word of a line of commands: the command, what is assigned to, a keyword, or an argument.
    fn push_command_word(&mut self, start: usize) {
        let word = &self.text[start..self.at];
        let is_loop_name = self.lexed.leaves.last().is_some_and(|leaf| {
            let span = leaf.span.start as usize..leaf.span.end as usize;
            matches!(&self.text[span], b"for" | b"select")
        });
        if is_loop_name {
            self.expects_command = false;
            self.push(Shape::Name, start);
            return;
        }
        if self.expects_command {
            if let Some(shape) = self.vocabulary.word(word, false) {
                self.push(shape, start);
                return;
            }
            let assigns = self.byte(0) == b'=' || self.rest().starts_with(b"+=");
            self.expects_command = assigns;
            let is_definition = self.rest().starts_with(b"()") || self.rest().starts_with(b" ()");
            let shape = match (assigns, is_definition) {
                (true, _) => Shape::Name,
                (false, true) => Shape::Fixed(TokenClass::DEFINITION),
                (false, false) => Shape::Fixed(TokenClass::CALLEE),
            };
            self.push(shape, start);
            return;
        }
        let is_name = word.iter().all(|&byte| byte == b'_' || byte.is_ascii_alphanumeric())
            && matches!(self.last_shape(), Some(Shape::FunctionWord(_)));
        let shape = match word {
            b"in" | b"do" | b"then" => self.vocabulary.word(word, false),
            _ => None,
        };
        let shape = shape.unwrap_or(match is_name {
            true => Shape::Name,
            false => Shape::Fixed(TokenClass::STRING),
        });
        self.push(shape, start);
    }

    fn read_punctuation(&mut self) -> bool {
        let start = self.at;
        let longest = MAX_WORD_BYTES.min(self.end - self.at);
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

/// Where a comment of C begins on a line, outside of strings.
fn comment_start(line: &[u8]) -> Option<usize> {
    let mut in_string = false;
    for at in 0..line.len() {
        match line[at] {
            b'"' => in_string = !in_string,
            b'/' if !in_string && matches!(line.get(at + 1), Some(b'/' | b'*')) => return Some(at),
            _ => {}
        }
    }
    None
}
