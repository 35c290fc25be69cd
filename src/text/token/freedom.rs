//! How free the author was to write a token otherwise.
//!
//! Two authors who implement one trait, override one method or list the numbers from 1 to 64 write
//! the same tokens without having seen each other's code. Such tokens are evidence of the interface
//! or the fact, not of a copy, and [`evidence`](crate::engine::evidence) counts them for little.
//!
//! The judgement is read from tokens, bracket depths and columns and not from the parse tree, as
//! [`role`](super::role) is: it holds in fragments too.

use std::cell::Cell;

use super::{TokenClass, TokenStream};
use crate::text::language::{Interfaces, Language};
use crate::text::source::SourceFile;

/// How free the author of a token was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freedom {
    /// Something outside the author's choice fixes the token: the signature of a method that a
    /// trait or a base class declares, a parameter stored under its own name, a number that follows
    /// from the ones before it.
    Dictated,
    /// The token belongs to the interface of a function: its name and parameters, which callers and
    /// specifications share.
    Interface,
    /// Nothing that can be seen fixes the token.
    #[default]
    Free,
}

/// Returns the freedom of each token of a stream.
pub fn freedom(source: &SourceFile, stream: &TokenStream) -> Vec<Freedom> {
    let mut marker = Marker {
        source,
        stream,
        words: Words::of(source.language()),
        freedom: vec![Freedom::Free; stream.len()],
        steps_left: Cell::new(stream.len().saturating_mul(STEPS_PER_TOKEN)),
    };
    match source.language().family().row().interfaces {
        Interfaces::Implementations => marker.mark_implementations(),
        Interfaces::BaseClasses => marker.mark_methods(),
        Interfaces::Signatures => marker.mark_signatures(),
    }
    marker.mark_stored_parameters();
    marker.mark_progressions();
    marker.freedom
}

/// The classes of the words that interfaces are read from; none where a language has no such word.
struct Words {
    functions: Vec<u8>,
    implementation: Option<u8>,
    for_type: Option<u8>,
    class: Option<u8>,
    body: Option<u8>,
    parenthesis: Option<u8>,
    equals: Option<u8>,
}

impl Words {
    fn of(language: Language) -> Words {
        let word = |word: &str| language.class_of_word(word).map(|class| class.0);
        Words {
            functions: language
                .family()
                .row()
                .function_words
                .iter()
                .filter_map(|function| word(function))
                .collect(),
            implementation: word("impl"),
            for_type: word("for"),
            class: word("class"),
            body: word("{"),
            parenthesis: word("("),
            equals: word("="),
        }
    }
}

struct Marker<'a> {
    source: &'a SourceFile,
    stream: &'a TokenStream,
    words: Words,
    freedom: Vec<Freedom>,
    /// Steps that searches may still take; without any left nothing more is marked.
    steps_left: Cell<usize>,
}

/// A class or function that is open where indentation makes blocks.
struct Block {
    column: u32,
    has_bases: bool,
}

/// Steps that searches may take for each token of a text. `fn` without end in a macro, or `impl A
/// for B {` in each other, would take a step for each pair of tokens.
const STEPS_PER_TOKEN: usize = 64;
/// Blanks at the beginning of a line that are counted.
const MAX_INDENT: usize = 1 << 10;

/// Integers seen last, at most this many tokens apart, make a progression.
const PROGRESSION_REACH: usize = 12;

impl Marker<'_> {
    fn mark(&mut self, tokens: std::ops::Range<usize>, freedom: Freedom) {
        for token in &mut self.freedom[tokens] {
            // Of two marks, the one that leaves less freedom stays.
            *token = freedom.min(*token);
        }
    }

    fn class(&self, token: usize) -> u8 {
        self.stream.classes[token]
    }

    fn is_function_word(&self, token: usize) -> bool {
        self.words.functions.contains(&self.class(token))
    }

    /// Returns the first token from `start` on that satisfies `is_end` at the bracket depth of
    /// `start` or that stands outside of the brackets around it.
    fn find_at_depth(&self, start: usize, is_end: impl Fn(usize) -> bool) -> usize {
        let depth = self.stream.depths[start];
        let end = (start..self.stream.len()).find(|&token| {
            let here = self.stream.depths[token];
            !self.may_step() || here < depth || here == depth && is_end(token)
        });
        end.unwrap_or(self.stream.len())
    }

    /// Takes a step of a search, if one is left.
    fn may_step(&self) -> bool {
        let left = self.steps_left.get();
        self.steps_left.set(left.saturating_sub(1));
        left > 0
    }

    /// Marks signatures, and those of `impl Trait for` blocks with the head of the block as
    /// dictated.
    fn mark_implementations(&mut self) {
        let is_body = |marker: &Self, token: usize| Some(marker.class(token)) == marker.words.body;
        for token in 0..self.stream.len() {
            if self.is_function_word(token) {
                let end = self.find_at_depth(token, |at| is_body(self, at));
                self.mark(token..end, Freedom::Interface);
            } else if Some(self.class(token)) == self.words.implementation {
                let body = self.find_at_depth(token, |at| is_body(self, at));
                let of_trait = (token..body).any(|at| {
                    Some(self.class(at)) == self.words.for_type
                        && self.stream.depths[at] == self.stream.depths[token]
                });
                if of_trait && body < self.stream.len() && is_body(self, body) {
                    self.mark(token..body, Freedom::Dictated);
                    self.mark_methods_of(body);
                }
            }
        }
    }

    /// Marks the signatures directly inside a block as dictated.
    fn mark_methods_of(&mut self, body: usize) {
        let inside = self.stream.depths[body] + 1;
        let mut token = body + 1;
        while token < self.stream.len() && self.stream.depths[token] >= inside && self.may_step() {
            if self.stream.depths[token] == inside && self.is_function_word(token) {
                let end = self.find_at_depth(token, |at| Some(self.class(at)) == self.words.body);
                self.mark(token..end, Freedom::Dictated);
                token = end;
            }
            token += 1;
        }
    }

    /// Marks signatures, and those of special methods and of methods of classes with bases as
    /// dictated.
    fn mark_methods(&mut self) {
        let mut open: Vec<Block> = Vec::new();
        for token in 0..self.stream.len() {
            let is_class = Some(self.class(token)) == self.words.class;
            if !is_class && !self.is_function_word(token) {
                continue;
            }
            let column = self.column(token);
            open.retain(|block| block.column < column);
            if is_class {
                open.push(Block { column, has_bases: self.has_arguments(token + 1) });
                continue;
            }
            let end = self.end_of_parameters(token);
            self.mark(token..end, Freedom::Interface);
            if self.is_special_method(token + 1) {
                self.mark(token..end, Freedom::Dictated);
            } else if open.last().is_some_and(|block| block.has_bases) {
                self.mark((token + 2).min(end)..end, Freedom::Dictated);
            }
            open.push(Block { column, has_bases: false });
        }
    }

    /// Marks the names of definitions and their parameters.
    fn mark_signatures(&mut self) {
        for token in 0..self.stream.len() {
            let is_head = self.class(token) == TokenClass::DEFINITION.0
                && token + 1 < self.stream.len()
                && Some(self.class(token + 1)) == self.words.parenthesis;
            if is_head {
                let depth = self.stream.depths[token + 1];
                let end = (token + 2..self.stream.len())
                    .find(|&at| !self.may_step() || self.stream.depths[at] <= depth);
                self.mark(token..end.unwrap_or(self.stream.len()), Freedom::Interface);
            }
        }
    }

    /// Returns the column of the first word of the line that a token stands on, in bytes.
    fn column(&self, token: usize) -> u32 {
        let line =
            self.source.line_start(self.source.line(self.stream.spans[token].start)) as usize;
        let indent = self.source.text()[line..].iter().take(MAX_INDENT);
        indent.take_while(|byte| matches!(byte, b' ' | b'\t')).count() as u32
    }

    /// Whether a definition's name is followed by brackets that hold something.
    fn has_arguments(&self, name: usize) -> bool {
        let parenthesis = name + 1;
        parenthesis + 1 < self.stream.len()
            && Some(self.class(parenthesis)) == self.words.parenthesis
            && self.stream.depths[parenthesis + 1] > self.stream.depths[parenthesis]
    }

    /// Returns where the parameters of the function end whose first word stands at `token`.
    fn end_of_parameters(&self, token: usize) -> usize {
        let depth = self.stream.depths[token];
        let inside = (token + 3).min(self.stream.len());
        let end = (inside..self.stream.len())
            .find(|&at| !self.may_step() || self.stream.depths[at] <= depth);
        end.unwrap_or(self.stream.len())
    }

    fn is_special_method(&self, name: usize) -> bool {
        self.stream.spans.get(name).is_some_and(|span| {
            let word = &self.source.text()[span.start as usize..span.end as usize];
            word.len() > 4 && word.starts_with(b"__") && word.ends_with(b"__")
        })
    }

    /// Marks `self.x = x` as dictated: the parameter leaves one way to write it.
    fn mark_stored_parameters(&mut self) {
        let (classes, names) = (&self.stream.classes, &self.stream.names);
        let shape = [TokenClass::SELF.0, TokenClass::FIELD.0, 0, TokenClass::VARIABLE.0];
        let Some(equals) = self.words.equals else { return };
        let stored: Vec<usize> = (0..self.stream.len().saturating_sub(3))
            .filter(|&at| {
                classes[at] == shape[0]
                    && classes[at + 1] == shape[1]
                    && classes[at + 2] == equals
                    && classes[at + 3] == shape[3]
                    && names[at + 1] == names[at + 3]
            })
            .collect();
        for at in stored {
            self.mark(at..at + 4, Freedom::Dictated);
        }
    }

    /// Marks whole numbers that continue a progression as dictated: an equal step, or doubling.
    fn mark_progressions(&mut self) {
        let mut last: Vec<(usize, i128)> = Vec::new();
        for token in 0..self.stream.len() {
            if self.class(token) != TokenClass::INTEGER.0 {
                continue;
            }
            let Some(value) = self.value(token) else {
                last.clear();
                continue;
            };
            if last.last().is_some_and(|&(before, _)| token - before > PROGRESSION_REACH) {
                last.clear();
            }
            if follows(&last, value) {
                self.mark(token..token + 1, Freedom::Dictated);
            }
            last.push((token, value));
            if last.len() > 4 {
                last.remove(0);
            }
        }
    }

    /// Returns the value of an integer; `None` if it is too large or has a suffix that is part of
    /// it.
    fn value(&self, token: usize) -> Option<i128> {
        let span = self.stream.spans[token];
        let word =
            std::str::from_utf8(self.source.text().get(span.start as usize..span.end as usize)?)
                .ok()?;
        let (radix, digits) = match word.get(..2) {
            Some("0x" | "0X") => (16, &word[2..]),
            Some("0b" | "0B") => (2, &word[2..]),
            Some("0o" | "0O") => (8, &word[2..]),
            _ => (10, word),
        };
        let digits: String =
            digits.chars().filter(|&c| c != '_').take_while(|c| c.is_digit(radix)).collect();
        i128::from_str_radix(&digits, radix).ok().filter(|value| *value < 1 << 64)
    }
}

/// Whether a value continues the values before it: by a step of 1, the step before, a factor of 2,
/// or the step of the values two apart (two interleaved columns).
fn follows(last: &[(usize, i128)], value: i128) -> bool {
    let nth = |back: usize| last.len().checked_sub(back).map(|at| last[at].1);
    let Some(one) = nth(1) else { return false };
    let steps = |a: i128, b: i128| b - a == 1 || b - a == -1;
    steps(one, value)
        || nth(2).is_some_and(|two| value - one == one - two || steps(two, value) && two != one)
        || nth(2).is_some_and(|two| one == 2 * two && value == 2 * one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::token::tokenize;

    /// The words of a text that are dictated, and those that belong to an interface.
    fn marked(language: &str, text: &str) -> (Vec<String>, Vec<String>) {
        let language = Language::from_name(language).expect("known");
        let source = SourceFile::new("a", language, text.as_bytes().to_vec());
        let stream = tokenize(&source);
        let freedom = freedom(&source, &stream);
        let of = |wanted| {
            let words =
                stream.spans().iter().zip(&freedom).filter(|(_, freedom)| **freedom == wanted);
            words.map(|(span, _)| text[span.start as usize..span.end as usize].to_owned()).collect()
        };
        (of(Freedom::Dictated), of(Freedom::Interface))
    }

    #[test]
    fn the_head_and_signatures_of_a_trait_implementation_are_dictated_and_its_bodies_are_not() {
        let (dictated, interface) = marked(
            "rust",
            "impl<T> Tell for Box<T> { fn tell(&self, to: Ear) -> Word { to.hear(self.word) } }\nfn own(a: u8) { a }",
        );
        for word in ["impl", "Tell", "for", "Box", "fn", "tell", "to", "Ear", "Word"] {
            assert!(dictated.contains(&word.to_owned()), "{word}: {dictated:?}");
        }
        assert!(!dictated.contains(&"hear".to_owned()) && !dictated.contains(&"own".to_owned()));
        assert_eq!(interface, ["fn", "own", "(", "a", "u8"]);
    }

    #[test]
    fn an_inherent_implementation_and_an_argument_of_some_trait_dictate_nothing() {
        assert_eq!(
            marked("rust", "impl Ear { fn hear(self, a: impl Fn(u8)) { for b in a {} } }").0,
            [""; 0]
        );
    }

    #[test]
    fn special_methods_and_methods_of_classes_with_bases_are_dictated() {
        let (dictated, interface) = marked(
            "python",
            "class A(Base):\n    def run(self, speed=3):\n        return speed\n\n    def __len__(self):\n        return 3\n\nclass B:\n    def walk(self, way):\n        return way\n",
        );
        assert_eq!(dictated, ["(", "self", "speed", "=", "3", "def", "__len__", "(", "self"]);
        assert_eq!(interface, ["def", "run", "def", "walk", "(", "self", "way"]);
    }

    #[test]
    fn a_parameter_stored_under_its_name_is_dictated() {
        let (dictated, _) = marked("python", "self.left = left\nself.right = other\n");
        assert_eq!(dictated, ["self", "left", "=", "left"]);
    }

    /// Each of these once took a step for each pair of tokens.
    #[test]
    fn searches_take_a_bounded_number_of_steps() {
        for text in [
            format!("m!({})", "fn ".repeat(20_000)),
            "impl A for B {".repeat(8_000),
            "m!(impl ".repeat(8_000),
        ] {
            let language = Language::from_name("rust").expect("known");
            let source = SourceFile::new("a", language, text.into_bytes());
            let stream = tokenize(&source);
            assert_eq!(freedom(&source, &stream).len(), stream.len());
        }
    }

    #[test]
    fn numbers_that_follow_are_dictated() {
        assert_eq!(marked("python", "a = [7, 8, 9, 10, 31]").0, ["8", "9", "10"]);
        assert_eq!(marked("python", "a = [5, 10, 15, 20]").0, ["15", "20"]);
        assert_eq!(
            marked("rust", "const A: [u8; 9] = [0x10, 0x20, 0x40, 0x80];").0,
            ["0x40", "0x80"]
        );
        assert_eq!(marked("python", "a = [3, 17, 4, 40]").0, ["4"], "two columns");
        assert_eq!(marked("python", "a = [3, 17, 99, 40]").0, [""; 0]);
    }
}
