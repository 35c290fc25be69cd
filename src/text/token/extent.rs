//! How far a range of tokens reaches in the text: closing brackets and attributes belong to code,
//! yet hold no token.

use super::TokenStream;
use crate::text::source::SourceFile;
use crate::text::span::{ByteSpan, TokenRange};

/// Lines around a range of tokens that belong to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Margins {
    /// Lines before the line of the first token.
    pub before: u32,
    /// Lines behind the line of the last token.
    pub after: u32,
}

impl Margins {
    /// The margins of a range of tokens.
    ///
    /// # Panics
    /// If the range is empty or does not lie in the stream.
    pub fn of(source: &SourceFile, stream: &TokenStream, range: TokenRange) -> Margins {
        let (tokens, whole) = (stream.span(range), extent(source, stream, range));
        Margins {
            before: source.line(tokens.start) - source.line(whole.start),
            after: source.line(whole.end) - source.line(tokens.end),
        }
    }
}

/// The text of a range of tokens, from the attributes above it to the brackets that close what it
/// opened.
///
/// # Panics
/// If the range is empty or does not lie in the stream.
pub fn extent(source: &SourceFile, stream: &TokenStream, range: TokenRange) -> ByteSpan {
    let tokens = stream.span(range);
    let last = range.end as usize - 1;
    let opens =
        matches!(source.text().get(stream.spans()[last].start as usize), Some(b'(' | b'[' | b'{'));
    let open = usize::from(stream.depths()[last]) + usize::from(opens);
    let closing = open.saturating_sub(usize::from(stream.depths()[range.start as usize]));
    ByteSpan {
        start: start_of_attributes(source, tokens.start),
        end: end_of_brackets(source.text(), tokens.end, closing),
    }
}

/// The end of the text once that many brackets behind `end` are closed, if nothing but brackets and
/// separators stands between.
fn end_of_brackets(text: &[u8], end: u32, mut closing: usize) -> u32 {
    let mut reached = end;
    for (offset, byte) in text[end as usize..].iter().enumerate() {
        match byte {
            b')' | b']' | b'}' if closing > 0 => {
                closing -= 1;
                reached = end + offset as u32 + 1;
            }
            b' ' | b'\t' | b'\r' | b'\n' | b',' | b';' => {}
            _ => break,
        }
    }
    reached
}

/// The start of the attribute lines right above a token that stands first on its line.
fn start_of_attributes(source: &SourceFile, start: u32) -> u32 {
    let Some(attribute) = source.language().row().attribute else { return start };
    let mut reached = start;
    let mut line = source.line(start);
    while line > 1 {
        line -= 1;
        let text = source.line_text(line).trim_ascii_start();
        if !text.starts_with(attribute.as_bytes()) {
            break;
        }
        reached = source.line_start(line) + (source.line_text(line).len() - text.len()) as u32;
    }
    reached
}
