//! Strings, heredocs and regular expressions.

use super::super::TokenClass;
use super::super::leaves::Parsed;
use super::super::role::Shape;
use super::Lexer;
use crate::text::language::{Escape, Heredoc, StringRule};

/// Longest character with its quotes: an escape of Unicode.
const MAX_CHARACTER_BYTES: usize = 14;
/// Longest word that ends a heredoc.
const MAX_HEREDOC_WORD: usize = 64;

/// A string that is being read, and how many brackets of a hole are open in it.
struct Open {
    rule: &'static StringRule,
    /// `None` outside of a hole.
    brackets: Option<usize>,
}

impl<'a> Lexer<'a> {
    /// The rule by which a string begins at `at`, and the bytes of its prefix.
    fn string_rule(&self) -> Option<(usize, &'static StringRule)> {
        let prefix = self.string_prefix();
        let rest = &self.rest()[prefix..];
        let rule = self.rule_at(rest)?;
        // Letters that begin a string begin a word elsewhere: `q` of `qw(`.
        let is_word = rule.open.as_bytes()[0].is_ascii_alphabetic()
            && self.at > 0
            && (self.is_name_byte(self.text[self.at - 1]) || self.text[self.at - 1] == b'$');
        (!is_word && !self.is_apostrophe(rule)).then_some((prefix, rule))
    }

    fn rule_at(&self, rest: &[u8]) -> Option<&'static StringRule> {
        self.lexicon.strings.iter().find(|rule| rest.starts_with(rule.open.as_bytes()))
    }

    fn string_prefix(&self) -> usize {
        if self.at > 0 && self.is_name_byte(self.text[self.at - 1]) {
            return 0;
        }
        let prefixes = self.lexicon.string_prefixes.iter();
        let fits = |prefix: &&&str| {
            self.rest().strip_prefix(prefix.as_bytes()).is_some_and(|rest| {
                matches!(rest.first(), Some(b'"' | b'\''))
                    || rest.starts_with(b"R\"") && self.rule_at(rest).is_some()
            })
        };
        prefixes.filter(fits).map(|prefix| prefix.len()).max().unwrap_or(0)
    }

    /// Whether an apostrophe begins no character: that would end soon (`'a` of Scala does not).
    fn is_apostrophe(&self, rule: &StringRule) -> bool {
        let soon = &self.rest()[1..self.rest().len().min(MAX_CHARACTER_BYTES)];
        rule.is_character && !soon.contains(&b'\'')
    }

    pub(super) fn read_string(&mut self) -> bool {
        let Some((prefix, rule)) = self.string_rule() else { return false };
        let start = self.at;
        let mut holes = Vec::new();
        let end = self.end_of_string(start + prefix, rule, &mut holes);
        self.at = end;
        let class = if rule.is_character { TokenClass::CHARACTER } else { TokenClass::STRING };
        self.push(Shape::Fixed(class), start);
        self.expects_command = false;
        if !self.in_hole {
            self.read_holes(&holes);
        }
        true
    }

    /// Reads the code in holes, and comes back to where the string ends.
    fn read_holes(&mut self, holes: &[(usize, usize)]) {
        let (at, end) = (self.at, self.end);
        for &(start, stop) in holes {
            (self.at, self.end, self.in_hole) = (start, stop, true);
            self.expects_command = true;
            while self.at < self.end {
                self.read_next();
            }
        }
        (self.at, self.end, self.in_hole) = (at, end, false);
        self.expects_command = false;
    }

    /// The rule of the string that a text in a hole opens.
    fn string_opened_by(&self, text: &[u8]) -> Option<&'static StringRule> {
        let mut rules = self.lexicon.strings.iter();
        rules.find(|rule| !rule.is_character && text.starts_with(rule.open.as_bytes()))
    }

    /// The end of a string, and its outermost holes. Iterative: strings nest in holes.
    fn end_of_string(
        &mut self,
        start: usize,
        rule: &'static StringRule,
        holes: &mut Vec<(usize, usize)>,
    ) -> usize {
        let mut at = start + rule.open.len();
        let mut open = vec![Open { rule, brackets: None }];
        let mut hole_start = 0;
        while at < self.end {
            let Some(top) = open.last_mut() else { return at };
            let rest = &self.text[at..self.end];
            match &mut top.brackets {
                Some(brackets) => {
                    let (opening, closing) = top.rule.hole_brackets();
                    if rest[0] == closing {
                        *brackets -= 1;
                        if *brackets == 0 {
                            top.brackets = None;
                            if open.len() == 1 {
                                holes.push((hole_start, at));
                            }
                        }
                        at += 1;
                    } else if rest[0] == opening {
                        *brackets += 1;
                        at += 1;
                    } else if rest[0] == b'\n' && !top.rule.has_lines {
                        // A hole that does not end with its line was none.
                        return at;
                    } else {
                        match self.string_opened_by(rest) {
                            Some(inner) if open.len() < MAX_NESTING => {
                                at += inner.open.len();
                                open.push(Open { rule: inner, brackets: None });
                            }
                            _ => at += 1,
                        }
                    }
                }
                None => {
                    let rule = top.rule;
                    let close = rule.close.as_bytes();
                    let hole = rule.hole.filter(|(mark, _)| rest.starts_with(mark.as_bytes()));
                    if let Some((mark, _)) = hole.filter(|_| !rest.starts_with(b"{{")) {
                        top.brackets = Some(1);
                        at += mark.len();
                        if open.len() == 1 {
                            hole_start = at;
                        }
                    } else if rule.hole.is_some_and(|(mark, _)| mark == "{")
                        && rest.starts_with(b"{{")
                        || rule.escape == Escape::Backslash && rest[0] == b'\\'
                    {
                        at += 2;
                    } else if let Some(behind) = rest.strip_prefix(close) {
                        at += close.len();
                        if rule.escape == Escape::Twice && behind.starts_with(close) {
                            at += close.len();
                        } else {
                            open.pop();
                        }
                    } else if rest[0] == b'\n' && !rule.has_lines {
                        // The string was none, or its end is missing.
                        self.lexed.parsed = Parsed::WithErrors;
                        return at;
                    } else {
                        at += 1;
                    }
                }
            }
        }
        if !open.is_empty() {
            self.lexed.parsed = Parsed::WithErrors;
        }
        at.min(self.end)
    }

    /// Reads the mark of a heredoc, whose text begins with the next line.
    pub(super) fn read_heredoc_mark(&mut self) -> bool {
        let mark: &[u8] = match self.lexicon.heredoc {
            Heredoc::Absent => return false,
            Heredoc::AfterLine => b"<<",
            Heredoc::AfterMark => b"<<<",
        };
        let Some(rest) = self.rest().strip_prefix(mark) else { return false };
        if self.in_hole {
            return false;
        }
        let mut length = mark.len();
        let mut rest = rest;
        if let Some((b'-' | b'~', behind)) = rest.split_first() {
            (length, rest) = (length + 1, behind);
        }
        let blanks = rest.iter().take_while(|&&byte| byte == b' ').count();
        if blanks > 0 && !self.lexicon.has_commands && mark == b"<<" {
            return false;
        }
        (length, rest) = (length + blanks, &rest[blanks..]);
        let quote = rest.first().copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'\\'));
        let quoted = usize::from(quote.is_some());
        let word = rest[quoted..]
            .iter()
            .take(MAX_HEREDOC_WORD)
            .take_while(|&&byte| byte.is_ascii_alphanumeric() || byte == b'_')
            .count();
        let first = rest.get(quoted).copied().unwrap_or(0);
        let is_word = first.is_ascii_uppercase()
            || first == b'_'
            || (quote.is_some() || self.lexicon.has_commands) && first.is_ascii_alphabetic();
        if word == 0 || !is_word {
            return false;
        }
        let word_start = self.at + length + quoted;
        let word_end = word_start + word;
        if !self.has_line(word_end, &self.text[word_start..word_end]) {
            return false;
        }
        self.waiting_heredocs.push(&self.text[word_start..word_end]);
        self.at = word_end + usize::from(matches!(quote, Some(b'"' | b'\'')));
        true
    }

    /// Whether a line from some place on consists of a word, within the budget of searches.
    fn has_line(&mut self, from: usize, word: &[u8]) -> bool {
        let mut at = from;
        while at < self.end && self.search_budget > 0 {
            let end = self.end_of_line(at);
            self.search_budget = self.search_budget.saturating_sub(end - at + 1);
            if at != from && ends_heredoc(&self.text[at..end], word) {
                return true;
            }
            at = end + 1;
        }
        false
    }

    /// Reads a heredoc, of which `at` is the first line, as one string: from the end of the line
    /// before to the word that ends it, since no comment may stand there.
    pub(super) fn read_heredoc(&mut self, word: &'a [u8]) {
        let start = self.at;
        let mut at = start;
        while at < self.end {
            let end = self.end_of_line(at);
            if ends_heredoc(&self.text[at..end], word) {
                break;
            }
            at = (end + 1).min(self.end);
        }
        let line = &self.text[at..self.end_of_line(at)];
        let blanks = line.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.at = (at + blanks + word.len()).min(self.end);
        self.push(Shape::Fixed(TokenClass::STRING), start.saturating_sub(1));
        self.line_is_empty = false;
    }

    /// Reads a regular expression between slashes, where a value may stand.
    pub(super) fn read_regex(&mut self) -> bool {
        if !self.lexicon.has_regexes || self.byte(0) != b'/' || self.is_behind_value() {
            return false;
        }
        let mut in_class = false;
        let mut at = self.at + 1;
        while at < self.end && self.text[at] != b'\n' {
            let Some(left) = self.search_budget.checked_sub(1) else { return false };
            self.search_budget = left;
            match self.text[at] {
                b'\\' => at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => {
                    let start = self.at;
                    self.at = at + 1;
                    while self.byte(0).is_ascii_lowercase() {
                        self.at += 1;
                    }
                    self.push(Shape::Fixed(TokenClass::STRING), start);
                    return true;
                }
                _ => {}
            }
            at += 1;
        }
        false
    }
}

/// Strings in holes of strings that are followed; what is deeper is read as text.
const MAX_NESTING: usize = 32;

fn ends_heredoc(line: &[u8], word: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    line.strip_prefix(word).is_some_and(|rest| {
        rest.iter().all(|byte| matches!(byte, b';' | b',' | b')' | b'\r' | b' '))
    })
}
