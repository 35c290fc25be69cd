//! Names, with what stands before them, and the words of a line of commands.

use super::super::TokenClass;
use super::super::role::Shape;
use super::Lexer;
use crate::text::language::Sigil;

impl Lexer<'_> {
    pub(super) fn read_sigil(&mut self) -> bool {
        for (sigil, kind) in self.lexicon.sigils {
            let Some(behind) = self.rest().strip_prefix(sigil.as_bytes()) else { continue };
            let next = behind.first().copied().unwrap_or(0);
            let names = next.is_ascii_alphabetic() || next == b'_' || next >= 0x80;
            let is_operator = match kind {
                // Behind a value, `%` and `&` of Perl are operators.
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

    pub(super) fn read_name(&mut self) -> bool {
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
        let shape =
            shape.unwrap_or(if is_name { Shape::Name } else { Shape::Fixed(TokenClass::STRING) });
        self.push(shape, start);
    }
}
