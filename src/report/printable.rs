//! Text from outside, made fit for a terminal and a log.
//!
//! File names and package metadata may hold escape sequences, line breaks, or controls that turn
//! the direction of writing, and CI runners obey lines that begin with `::` or hold `##[`. Nothing
//! of that may pass.

use std::fmt::{self, Write};

/// Displays a text on one line, with everything that is not plainly visible written as `\u{..}`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let looks_like_command = self.0.trim_start().starts_with("::");
        if looks_like_command {
            f.write_char('"')?;
        }
        for (i, c) in self.0.char_indices() {
            write_char(f, &self.0[..i], c)?;
        }
        if looks_like_command {
            f.write_char('"')?;
        }
        Ok(())
    }
}

/// Writes one character of a text, given what stands before it.
pub(crate) fn write_char(f: &mut impl Write, before: &str, c: char) -> fmt::Result {
    // Runners obey `##[` and `##vso[` anywhere on a line, and not only at its beginning.
    let opens_old_command = c == '[' && (before.ends_with("##") || before.ends_with("##vso"));
    match c {
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        c if is_unsafe(c) || opens_old_command => write!(f, "{}", c.escape_unicode()),
        c => f.write_char(c),
    }
}

/// Whether a character acts on the terminal or on its neighbours instead of being seen.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' // zero widths, marks of direction
            | '\u{2028}'..='\u{202e}' // line and paragraph separators, embeddings, overrides
            | '\u{2060}'..='\u{206f}' // joiners, isolates
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}' // tags
        )
        || u32::from(c) & 0xfffe == 0xfffe // no characters, which no XML may hold
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(outside: &str, shown: &str) {
        assert_eq!(Printable(outside).to_string(), shown);
    }

    #[test]
    fn what_is_plainly_visible_stays() {
        check("src/größe ünd 文字.py", "src/größe ünd 文字.py");
        check("std::mem [x] #[cfg]", "std::mem [x] #[cfg]");
    }

    #[test]
    fn controls_are_escaped() {
        check("a\u{1b}[31mb", "a\\u{1b}[31mb");
        check("a\nb\r\tc", "a\\nb\\r\\tc");
        check("a\u{9b}2J", "a\\u{9b}2J");
        check("a\u{fffe}b\u{10ffff}", "a\\u{fffe}b\\u{10ffff}");
        check("x\u{202e}yp.\u{2066}", "x\\u{202e}yp.\\u{2066}");
    }

    #[test]
    fn no_runner_reads_a_command() {
        check("::error file=x::fake", "\"::error file=x::fake\"");
        check("  ::error::", "\"  ::error::\"");
        check("a ##[error]b", "a ##\\u{5b}error]b");
        check("##vso[task]", "##vso\\u{5b}task]");
    }
}
