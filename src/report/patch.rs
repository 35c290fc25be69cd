//! Planned edits as a patch that `git apply` and `patch -p1` take.

use std::fmt;
use std::io::{self, Write};

use imara_diff::{
    Algorithm, Diff, InternedInput, Interner, Token, UnifiedDiffConfig, UnifiedDiffPrinter,
};

use super::printable::is_unsafe;
use crate::decisions::attribution::Edit;

/// Who reads the patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A person at a terminal, on which text from outside must not act.
    Terminal,
    /// A program: every byte counts.
    Program,
}

/// Draws edits as a unified diff.
///
/// # Errors
/// If writing fails.
pub(crate) fn write(edits: &[Edit], reader: Reader, out: &mut dyn Write) -> io::Result<()> {
    for edit in edits {
        let drawn = patch(edit);
        match reader {
            Reader::Program => out.write_all(drawn.as_bytes())?,
            Reader::Terminal => {
                out.write_all(visible(&drawn, |c| matches!(c, '\n' | '\t')).as_bytes())?
            }
        }
    }
    Ok(())
}

fn patch(edit: &Edit) -> String {
    let before = String::from_utf8_lossy(edit.before.as_deref().unwrap_or_default());
    let after = String::from_utf8_lossy(&edit.after);
    let input = InternedInput::new(&*before, &*after);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let path = visible(&edit.path, |_| false);
    let old = match edit.before {
        Some(_) => format!("a/{path}"),
        None => "/dev/null".to_owned(),
    };
    let hunks = diff
        .unified_diff(&Lines(&input.interner), UnifiedDiffConfig::default(), &input)
        .to_string();
    format!("--- {old}\n+++ b/{path}\n{hunks}")
}

/// Lines as patches have them.
struct Lines<'a>(&'a Interner<&'a str>);

impl Lines<'_> {
    fn line(&self, mut out: impl fmt::Write, sign: char, token: Token) -> fmt::Result {
        let line = self.0[token];
        write!(out, "{sign}{line}")?;
        if line.ends_with('\n') {
            Ok(())
        } else {
            out.write_str("\n\\ No newline at end of file\n")
        }
    }
}

impl UnifiedDiffPrinter for Lines<'_> {
    fn display_header(
        &self,
        mut out: impl fmt::Write,
        start_before: u32,
        start_after: u32,
        len_before: u32,
        len_after: u32,
    ) -> fmt::Result {
        // Of no lines the one before them is named.
        let place =
            |start: u32, len: u32| format!("{},{len}", if len == 0 { start } else { start + 1 });
        writeln!(
            out,
            "@@ -{} +{} @@",
            place(start_before, len_before),
            place(start_after, len_after)
        )
    }

    fn display_context_token(&self, out: impl fmt::Write, token: Token) -> fmt::Result {
        self.line(out, ' ', token)
    }

    fn display_hunk(
        &self,
        mut out: impl fmt::Write,
        before: &[Token],
        after: &[Token],
    ) -> fmt::Result {
        before.iter().try_for_each(|&token| self.line(&mut out, '-', token))?;
        after.iter().try_for_each(|&token| self.line(&mut out, '+', token))
    }
}

/// A text with what acts on a terminal written out, but for the characters that may stay.
fn visible(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if is_unsafe(c) && !stays(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}
