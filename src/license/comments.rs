//! The comments and docstrings that a source file begins with.

/// Only this many bytes of a file are looked at.
pub(crate) const HEADER_BYTES: usize = 8192;

/// The part of a file that its header stands in.
pub(super) fn head(text: &[u8]) -> String {
    let head = String::from_utf8_lossy(&text[..text.len().min(HEADER_BYTES)]);
    head.trim_start_matches('\u{feff}').to_owned()
}

/// The text of the comments and docstrings before the first line of code.
pub(super) fn of(head: &str) -> String {
    let mut kept = String::with_capacity(head.len().min(4096));
    let mut block: Option<&str> = None;
    for line in head.lines().map(str::trim) {
        let (text, end) = match (block, classify(line)) {
            (Some(end), _) => (line, Some(end)),
            (None, Line::Comment(text)) => (text, None),
            (None, Line::Block(text, end)) => {
                if QUOTES.contains(&end) && !kept.is_empty() {
                    kept.push_str(BEFORE_DOCSTRING);
                }
                (text, Some(end))
            }
            (None, Line::Prologue) => continue,
            (None, Line::Code) => break,
        };
        let closed = end.and_then(|end| text.find(end));
        keep(&mut kept, &text[..closed.unwrap_or(text.len())]);
        block = end.filter(|_| closed.is_none());
    }
    without_examples(&kept)
}

/// Text without what stands between fences: an example in documentation states nothing.
pub(super) fn without_examples(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut kept = String::with_capacity(text.len());
    let mut i = 0;
    while i < lines.len() {
        let is_fence = |line: &&str| line.trim_start().starts_with("```");
        let close =
            if is_fence(&lines[i]) { lines[i + 1..].iter().position(is_fence) } else { None };
        match close {
            Some(close) => i += close + 1,
            None => {
                kept.push_str(lines[i]);
                kept.push('\n');
            }
        }
        i += 1;
    }
    kept
}

fn keep(kept: &mut String, line: &str) {
    kept.push_str(line.trim_start_matches(['*', '#', '/', ';', '-', '!', ' ', '\t']));
    kept.push('\n');
}

enum Line<'a> {
    /// A whole comment, without its leader.
    Comment(&'a str),
    /// The beginning of a comment or docstring that ends with the second text.
    Block(&'a str, &'static str),
    /// Blank, or what may stand before a header.
    Prologue,
    /// Anything else.
    Code,
}

fn classify(line: &str) -> Line<'_> {
    if line.is_empty() || PROLOGUE.iter().any(|start| line.starts_with(start)) {
        return Line::Prologue;
    }
    for (start, end) in BLOCKS {
        if let Some(rest) = line.strip_prefix(start) {
            return Line::Block(rest, end);
        }
    }
    let unprefixed = line.trim_start_matches(['r', 'R', 'u', 'U', 'b', 'B']);
    for quotes in QUOTES {
        if let Some(rest) = unprefixed.strip_prefix(quotes) {
            return Line::Block(rest, quotes);
        }
    }
    match LEADERS.iter().find_map(|leader| line.strip_prefix(leader)) {
        Some(text) => Line::Comment(text),
        None => Line::Code,
    }
}

/// What a docstring stands between.
const QUOTES: [&str; 2] = ["\"\"\"", "'''"];
/// A docstring behind comments speaks of the module, so it is paragraphs away from their licence:
/// its sentences are no terms of it.
const BEFORE_DOCSTRING: &str = "\n\n\n";

const BLOCKS: [(&str, &str); 7] = [
    ("/*", "*/"),
    ("<!--", "-->"),
    ("--[[", "]]"),
    ("{-", "-}"),
    ("(*", "*)"),
    ("=begin", "=end"),
    ("{#", "#}"),
];
const LEADERS: [&str; 8] = ["//", "#", "--", ";", "%", "dnl ", "REM ", ".. "];
/// What files begin with before they speak: declarations of language, of dialect, of package.
const PROLOGUE: [&str; 9] = [
    "<?",
    "<!DOCTYPE",
    "package ",
    "'use strict'",
    "\"use strict\"",
    "from __future__",
    "@charset",
    "<%",
    "#!",
];
