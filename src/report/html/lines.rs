//! The code of a reference beside an outline of its origin.
//!
//! The index holds no source text, but of each token that corresponds it knows whether the name is
//! the same. The outline is made of that: words and names that both have are shown as they stand
//! here, a name that differs by its kind.

use minijinja::HtmlEscape;
use minijinja::value::Value;
use serde::Serialize;

use crate::engine::matcher::Naming;
use crate::judgement::finding::{self, Explanation, Token};
use crate::report::printable::write_char;
use crate::report::words::count;

/// Lines of one reference that are shown.
const MAX_LINES: usize = 160;
/// Lines in a row without a counterpart, of which more than so many are only counted.
const IDLE_LINES: usize = 6;

/// A line on both sides, or a count of lines that are not shown.
#[derive(Serialize, Default)]
pub(super) struct Line {
    here: u32,
    left: Value,
    there: Option<String>,
    right: Value,
    skipped: Option<String>,
}

/// How a piece of a line is marked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Plain,
    /// A name that is the same in the origin.
    Same,
    /// A name that was changed.
    Other,
    /// What has no counterpart.
    Alone,
}

/// What a piece of code is, for the eye.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Colour {
    None,
    Keyword,
    Literal,
    Definition,
    Comment,
}

impl Colour {
    /// The colour of a token by its class; words of the language are their own class.
    fn of(token: &Token) -> Colour {
        match token.class {
            "string" | "character" | "integer" | "float" => Colour::Literal,
            "definition" | "type" => Colour::Definition,
            "variable" | "field" | "callee" | "argument" | "self" | "other" => Colour::None,
            word if word.starts_with(|c: char| c.is_ascii_alphabetic()) => Colour::Keyword,
            _ => Colour::None,
        }
    }

    /// What stands between tokens: a comment, or marks that say nothing.
    fn between(text: &[char]) -> Colour {
        let first: String = text.iter().skip_while(|c| c.is_whitespace()).take(2).collect();
        if first.starts_with('#') || first == "//" || first == "/*" {
            Colour::Comment
        } else {
            Colour::None
        }
    }

    fn class(self) -> Option<&'static str> {
        match self {
            Colour::None => None,
            Colour::Keyword => Some("k"),
            Colour::Literal => Some("t"),
            Colour::Definition => Some("f"),
            Colour::Comment => Some("c"),
        }
    }
}

/// Pieces of a line, escaped.
#[derive(Default)]
struct Marked {
    html: String,
    open: Option<Mark>,
}

/// The lines of a reference with their counterparts.
pub(super) fn side_by_side(account: &Explanation) -> Vec<Line> {
    let indent = common_indent(account);
    let mut lines = Vec::new();
    let mut room = MAX_LINES;
    let mut shown_lines = 0;
    for stretch in account.lines.chunk_by(|a, b| a.origin.is_some() == b.origin.is_some()) {
        let shown = match stretch[0].origin {
            None if stretch.len() > IDLE_LINES => 0,
            _ => stretch.len().min(room),
        };
        lines.extend(stretch[..shown].iter().map(|of_code| line(of_code, indent)));
        room -= shown;
        let more = stretch.len() - shown;
        shown_lines += stretch.len();
        let is_cut = room == 0 && shown_lines < account.lines.len();
        if more > 0 || is_cut {
            let last = account.lines.last().map_or(0, |line| line.number);
            let skipped = match room {
                0 => format!("on to line {last}; birthmark explain shows all of it"),
                _ => format!("{} without a counterpart", count(more, "line")),
            };
            lines.push(Line { skipped: Some(skipped), ..Line::default() });
        }
        if room == 0 {
            break;
        }
    }
    lines
}

fn line(line: &finding::Line, indent: usize) -> Line {
    Line {
        here: line.number,
        left: own_code(line, indent),
        there: there(line),
        right: right(line, indent),
        skipped: None,
    }
}

/// Blanks that every line begins with, which are left out: columns are narrow.
fn common_indent(account: &Explanation) -> usize {
    let texts = || {
        account.lines.iter().map(|line| line.text.as_str()).filter(|text| !text.trim().is_empty())
    };
    let Some(first) = texts().next() else {
        return 0;
    };
    let alike = |text: &str| {
        let pairs = text.chars().zip(first.chars());
        pairs.take_while(|(a, b)| a == b && a.is_whitespace()).count()
    };
    texts().map(alike).min().unwrap_or(0)
}

/// The code as it stands here.
fn own_code(line: &finding::Line, indent: usize) -> Value {
    let text: Vec<char> = line.text.chars().collect();
    let mut marked = Marked::default();
    let mut at = indent.min(text.len());
    for token in &line.tokens {
        let (start, end) = columns(token, &text);
        let start = start.max(at);
        let between = &text[at.min(start)..start];
        marked.push(between, Mark::Plain, Colour::between(between));
        marked.push(&text[start..end.max(start)], mark(token), Colour::of(token));
        at = end.max(start);
    }
    let rest = if line.tokens.is_empty() { Mark::Alone } else { Mark::Plain };
    marked.push(&text[at..], rest, Colour::between(&text[at..]));
    marked.finish()
}

/// The lines of the origin: `36`, or `36-38`.
fn there(line: &finding::Line) -> Option<String> {
    let lines = || {
        line.tokens.iter().filter_map(|token| token.counterpart).map(|counterpart| counterpart.line)
    };
    let (first, last) = (lines().min()?, lines().max()?);
    Some(if first == last { first.to_string() } else { format!("{first}\u{2013}{last}") })
}

/// What is known of the origin.
fn right(line: &finding::Line, indent: usize) -> Value {
    let text: Vec<char> = line.text.chars().collect();
    let mut marked = Marked::default();
    if line.origin.is_none() {
        return marked.finish();
    }
    let (mut at, mut in_gap) = (indent.min(text.len()), false);
    for token in &line.tokens {
        let (start, end) = columns(token, &text);
        let before = &text[at.min(start)..start];
        at = end;
        let Some(counterpart) = token.counterpart else {
            if !in_gap {
                marked.push(leading_blanks(before), Mark::Plain, Colour::None);
                marked.push(&['…'], Mark::Plain, Colour::None);
            }
            in_gap = true;
            continue;
        };
        // What stands between tokens is no token: commas and the like, which say nothing of who
        // wrote it.
        let between = if in_gap { trailing_blanks(before) } else { before };
        marked.push(between, Mark::Plain, Colour::None);
        in_gap = false;
        let class: Vec<char> = token.class.chars().collect();
        match counterpart.naming {
            Naming::Other => marked.push(&class, Mark::Other, Colour::None),
            Naming::Same => marked.push(&text[start..end], Mark::Same, Colour::None),
            Naming::Nameless => marked.push(&text[start..end], Mark::Plain, Colour::of(token)),
        }
    }
    if !in_gap && text[at..].iter().all(|c| !c.is_alphanumeric() && *c != '#') {
        marked.push(&text[at..], Mark::Plain, Colour::None);
    }
    marked.finish()
}

fn leading_blanks(text: &[char]) -> &[char] {
    &text[..text.iter().take_while(|c| c.is_whitespace()).count()]
}

fn trailing_blanks(text: &[char]) -> &[char] {
    &text[text.len() - text.iter().rev().take_while(|c| c.is_whitespace()).count()..]
}

fn mark(token: &Token) -> Mark {
    match token.counterpart.map(|counterpart| counterpart.naming) {
        None => Mark::Alone,
        Some(Naming::Nameless) => Mark::Plain,
        Some(Naming::Same) => Mark::Same,
        Some(Naming::Other) => Mark::Other,
    }
}

/// Where a token stands in its line, as far as the line goes.
fn columns(token: &Token, text: &[char]) -> (usize, usize) {
    let within = |column: u32| (column as usize).saturating_sub(1).min(text.len());
    let start = within(token.start_column);
    (start, within(token.end_column).max(start))
}

impl Marked {
    fn push(&mut self, text: &[char], mark: Mark, colour: Colour) {
        if text.is_empty() {
            return;
        }
        // Blanks belong to whatever stands before them, so that marks do not break up.
        let mark = if text.iter().all(|c| c.is_whitespace())
            && mark == Mark::Plain
            && self.open == Some(Mark::Alone)
        {
            Mark::Alone
        } else {
            mark
        };
        if self.open != Some(mark) {
            self.close();
            self.html.push_str(mark.tags().0);
            self.open = Some(mark);
        }
        let mut visible = String::new();
        for &c in text {
            match c {
                '\t' => visible.push('\t'),
                // Writing to memory does not fail.
                c => drop(write_char(&mut visible, "", c)),
            }
        }
        let escaped = HtmlEscape(&visible).to_string();
        match colour.class() {
            Some(class) => self.html.push_str(&format!("<u class={class}>{escaped}</u>")),
            None => self.html.push_str(&escaped),
        }
    }

    fn close(&mut self) {
        if let Some(mark) = self.open.take() {
            self.html.push_str(mark.tags().1);
        }
    }

    fn finish(mut self) -> Value {
        self.close();
        Value::from_safe_string(self.html)
    }
}

impl Mark {
    fn tags(self) -> (&'static str, &'static str) {
        match self {
            Mark::Plain => ("", ""),
            Mark::Same => ("<b>", "</b>"),
            Mark::Other => ("<i>", "</i>"),
            Mark::Alone => ("<s>", "</s>"),
        }
    }
}
