//! The text of a document as its editor has it, and positions in the units that were agreed on.

use std::ops::Range as Bytes;

use gen_lsp_types::{Position, Range};

use crate::text::source::SourceFile;
use crate::text::span::Region;

/// What columns count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes of UTF-8.
    Utf8,
    /// Units of UTF-16, which every client can count.
    #[default]
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

/// A text that is edited.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    content: String,
    line_starts: Vec<usize>,
}

impl Encoding {
    /// Every encoding under the name that it has in the protocol, the one that costs least first.
    pub(super) const NAMED: [(&'static str, Encoding); 3] =
        [("utf-8", Encoding::Utf8), ("utf-32", Encoding::Utf32), ("utf-16", Encoding::Utf16)];

    /// The name.
    pub(super) fn name(self) -> &'static str {
        Encoding::NAMED.iter().find(|(_, known)| *known == self).map_or("utf-16", |(name, _)| name)
    }

    fn units(self, c: char) -> usize {
        match self {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }

    /// The place of a region of a text. Lines count from 0 here.
    pub(super) fn range(self, source: &SourceFile, region: Region) -> Range {
        Range {
            start: self.position(source, region.start_line, region.start_column),
            end: self.position(source, region.end_line, region.end_column),
        }
    }

    /// A place from where a region begins to the end of that line: what an editor underlines.
    pub(crate) fn first_line(self, source: &SourceFile, region: Region) -> Range {
        if region.start_line == region.end_line {
            return self.range(source, region);
        }
        let start = self.position(source, region.start_line, region.start_column);
        let line = String::from_utf8_lossy(source.line_text(region.start_line));
        let end = line.trim_end().chars().map(|c| self.units(c)).sum::<usize>() as u32;
        // Editors show nothing of an empty range.
        let character = end.max(start.character + 1);
        Range { start, end: Position { line: start.line, character } }
    }

    fn position(self, source: &SourceFile, line: u32, column: u32) -> Position {
        let text = if (1..=source.line_starts().len() as u32).contains(&line) {
            String::from_utf8_lossy(source.line_text(line))
        } else {
            Default::default()
        };
        let before = text.chars().take(column.saturating_sub(1) as usize);
        let character = before.map(|c| self.units(c)).sum::<usize>() as u32;
        Position { line: line.saturating_sub(1), character }
    }
}

impl Text {
    /// Takes a text.
    pub(super) fn new(content: String) -> Text {
        let line_starts = line_starts(&content);
        Text { content, line_starts }
    }

    /// The text.
    pub(super) fn as_str(&self) -> &str {
        &self.content
    }

    /// Replaces what stands in a range. A position behind the end of its line, or of the text,
    /// means that end.
    pub(super) fn replace(&mut self, range: Range, with: &str, encoding: Encoding) {
        let bytes = self.bytes(range, encoding);
        self.content.replace_range(bytes, with);
        self.line_starts = line_starts(&self.content);
    }

    fn bytes(&self, range: Range, encoding: Encoding) -> Bytes<usize> {
        let (a, b) = (self.offset(range.start, encoding), self.offset(range.end, encoding));
        a.min(b)..a.max(b)
    }

    fn offset(&self, position: Position, encoding: Encoding) -> usize {
        let Some(&start) = self.line_starts.get(position.line as usize) else {
            return self.content.len();
        };
        let end = self
            .line_starts
            .get(position.line as usize + 1)
            .map_or(self.content.len(), |&next| next);
        let line = self.content[start..end].trim_end_matches(['\n', '\r']);
        let mut left = position.character as usize;
        for (at, c) in line.char_indices() {
            // In the middle of a character is before it.
            if left < encoding.units(c) {
                return start + at;
            }
            left -= encoding.units(c);
        }
        start + line.len()
    }
}

/// Where lines begin; they end in LF, CRLF or CR.
fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::language::Language;

    fn range(start: (u32, u32), end: (u32, u32)) -> Range {
        let position = |(line, character)| Position { line, character };
        Range { start: position(start), end: position(end) }
    }

    fn edited(text: &str, at: Range, with: &str, encoding: Encoding) -> String {
        let mut text = Text::new(text.to_owned());
        text.replace(at, with, encoding);
        assert_eq!(text.line_starts, line_starts(&text.content));
        text.content
    }

    #[test]
    fn columns_count_what_was_agreed_on() {
        // One character of four bytes, two units and one scalar value before the x.
        let text = "a\r\n\u{1d11e}x\n";
        for (encoding, column) in [(Encoding::Utf8, 4), (Encoding::Utf16, 2), (Encoding::Utf32, 1)]
        {
            let at = range((1, column), (1, column + 1));
            assert_eq!(edited(text, at, "y", encoding), "a\r\n\u{1d11e}y\n", "{encoding:?}");
            let python = Language::from_name("python").expect("known");
            let source = SourceFile::new("a.py", python, text.into());
            let region = Region { start_line: 2, start_column: 2, end_line: 2, end_column: 3 };
            assert_eq!(encoding.range(&source, region), at, "{encoding:?}");
        }
    }

    #[test]
    fn places_that_are_not_there_are_the_nearest_that_are() {
        let utf16 = Encoding::Utf16;
        assert_eq!(edited("ab\ncd", range((0, 99), (0, 99)), "!", utf16), "ab!\ncd");
        assert_eq!(edited("ab\r\ncd", range((0, 99), (1, 0)), "!", utf16), "ab!cd");
        assert_eq!(edited("ab\ncd", range((9, 9), (9, 9)), "!", utf16), "ab\ncd!");
        assert_eq!(edited("ab\ncd", range((1, 2), (0, 0)), "!", utf16), "!");
        assert_eq!(edited("\u{1d11e}", range((0, 1), (0, 1)), "!", utf16), "!\u{1d11e}");
        assert_eq!(edited("a\rb", range((1, 0), (1, 1)), "!", utf16), "a\r!");
        assert_eq!(edited("", range((0, u32::MAX), (u32::MAX, 0)), "!", utf16), "!");
    }
}
