//! A piece of a text that is to be checked, with the text it would stand in, as an editor or an
//! assistant has it.

use super::SourceFile;
use crate::text::language::Language;
use crate::text::span::{ByteSpan, LineRange, Region};

/// A piece of code between what stands before and behind it. What surrounds it is only read to
/// understand it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passage<'a> {
    /// What stands before it, to its first character.
    pub before: &'a str,
    /// The piece.
    pub code: &'a str,
    /// What stands behind it, from its last character on.
    pub after: &'a str,
}

/// A [`Passage`] as the text it makes.
#[derive(Clone, Debug)]
pub(crate) struct Surrounded {
    source: SourceFile,
    /// Where the piece stands.
    place: Region,
}

impl Passage<'_> {
    /// The bytes of the whole.
    pub(crate) fn len(&self) -> usize {
        self.before.len() + self.code.len() + self.after.len()
    }

    /// The text that all of it makes, under a path.
    ///
    /// # Panics
    /// If it is 4 GiB or longer.
    pub(crate) fn assemble(&self, path: impl Into<String>, language: Language) -> Surrounded {
        let text = [self.before, self.code, self.after].concat();
        let source = SourceFile::new(path, language, text.into_bytes());
        let start = self.before.len() as u32;
        let place = source.region(ByteSpan { start, end: start + self.code.len() as u32 });
        Surrounded { source, place }
    }
}

impl Surrounded {
    /// The whole text.
    pub(crate) fn source(&self) -> &SourceFile {
        &self.source
    }

    /// The lines of the whole text on which the piece stands.
    pub(crate) fn lines(&self) -> LineRange {
        let Region { start_line, end_line, end_column, .. } = self.place;
        // Of a line of which only the beginning would be the piece's, nothing is.
        let last = if end_column == 1 { end_line.saturating_sub(1) } else { end_line };
        LineRange { first: start_line, last: last.max(start_line) }
    }

    /// The part of a region of the whole text that is in the piece, in lines and columns of the
    /// piece; `None` if no character of it is.
    pub(crate) fn within(&self, region: Region) -> Option<Region> {
        let place = self.place;
        let start =
            (region.start_line, region.start_column).max((place.start_line, place.start_column));
        let end = (region.end_line, region.end_column).min((place.end_line, place.end_column));
        if start >= end {
            return None;
        }
        let (start_line, start_column) = self.own(start);
        let (end_line, end_column) = self.own(end);
        Some(Region { start_line, start_column, end_line, end_column })
    }

    /// A place of the whole text, at or behind the beginning of the piece, in lines and columns of
    /// the piece.
    fn own(&self, (line, column): (u32, u32)) -> (u32, u32) {
        let column = if line == self.place.start_line {
            column - self.place.start_column + 1
        } else {
            column
        };
        (line - self.place.start_line + 1, column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surrounded(before: &str, code: &str, after: &str) -> Surrounded {
        let language = Language::from_name("python").expect("known");
        Passage { before, code, after }.assemble("a.py", language)
    }

    fn region(start_line: u32, start_column: u32, end_line: u32, end_column: u32) -> Region {
        Region { start_line, start_column, end_line, end_column }
    }

    #[test]
    fn alone_it_is_the_whole_text() {
        let text = surrounded("", "a = 1\nb = 2\n", "");
        assert_eq!(text.lines(), LineRange { first: 1, last: 2 });
        assert_eq!(text.within(region(2, 1, 2, 6)), Some(region(2, 1, 2, 6)));
        assert_eq!(surrounded("", "", "").lines(), LineRange { first: 1, last: 1 });
        assert_eq!(surrounded("", "", "").within(region(1, 1, 1, 1)), None);
    }

    #[test]
    fn places_are_those_of_the_piece() {
        let text = surrounded("def f():\n    ", "ä = 1\n    b = 2\n", "    return b\n");
        assert_eq!(
            text.source().text(),
            "def f():\n    ä = 1\n    b = 2\n    return b\n".as_bytes()
        );
        assert_eq!(text.lines(), LineRange { first: 2, last: 3 });
        assert_eq!(text.within(region(1, 1, 4, 13)), Some(region(1, 1, 3, 1)));
        assert_eq!(text.within(region(2, 9, 3, 10)), Some(region(1, 5, 2, 10)));
        assert_eq!(text.within(region(1, 1, 2, 5)), None);
        assert_eq!(text.within(region(4, 5, 4, 13)), None);
    }
}
