//! Positions in a text, in the three units birthmark counts in: bytes, tokens, and lines with
//! columns.
//!
//! The units never mix: an index into tokens becomes a place in the text only through
//! [`TokenStream::span`](crate::text::token::TokenStream::span), and a byte offset becomes a line
//! and column only through [`SourceFile::region`](crate::text::source::SourceFile::region).

use std::fmt;

/// A half-open range of byte offsets into a source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ByteSpan {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

/// A half-open range of token indexes into a [`TokenStream`](crate::text::token::TokenStream).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenRange {
    /// Index of the first token.
    pub start: u32,
    /// Index behind the last token.
    pub end: u32,
}

impl TokenRange {
    /// Number of tokens in the range.
    pub fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether the range holds no token.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Number of tokens that both ranges hold.
    pub(crate) fn overlap(self, other: TokenRange) -> u32 {
        self.end.min(other.end).saturating_sub(self.start.max(other.start))
    }
}

/// A place in a text as people and their tools read it: lines and columns count from 1, columns
/// count Unicode scalar values, and `end_column` stands behind the last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region {
    /// Line of the first character.
    pub start_line: u32,
    /// Column of the first character.
    pub start_column: u32,
    /// Line of the last character.
    pub end_line: u32,
    /// Column behind the last character.
    pub end_column: u32,
}

/// An inclusive range of lines, counted from 1. The index keeps lines and no columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineRange {
    /// The first line.
    pub first: u32,
    /// The last line, itself included.
    pub last: u32,
}

impl From<Region> for LineRange {
    fn from(region: Region) -> Self {
        LineRange { first: region.start_line, last: region.end_line }
    }
}

/// Lines of a text, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineSet(Vec<LineRange>);

impl LineSet {
    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lines as ranges in order, which neither overlap nor touch.
    pub fn ranges(&self) -> &[LineRange] {
        &self.0
    }

    /// The lines that are also in a range.
    pub fn within(&self, range: LineRange) -> LineSet {
        let clipped = self.0.iter().map(|own| LineRange {
            first: own.first.max(range.first),
            last: own.last.min(range.last),
        });
        LineSet(clipped.filter(|clipped| clipped.first <= clipped.last).collect())
    }

    /// The lines that are also in another set.
    pub(crate) fn intersection(&self, other: &LineSet) -> LineSet {
        LineSet(self.0.iter().flat_map(|range| other.within(*range).0).collect())
    }

    /// The number of lines.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|range| range.last - range.first + 1).sum()
    }
}

/// `3-7, 9`.
impl fmt::Display for LineSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, LineRange { first, last }) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            if first == last {
                write!(f, "{comma}{first}")?
            } else {
                write!(f, "{comma}{first}-{last}")?
            }
        }
        Ok(())
    }
}

impl From<LineRange> for LineSet {
    fn from(range: LineRange) -> Self {
        LineSet(vec![range])
    }
}

impl FromIterator<u32> for LineSet {
    fn from_iter<I: IntoIterator<Item = u32>>(lines: I) -> Self {
        let mut lines: Vec<u32> = lines.into_iter().collect();
        lines.sort_unstable();
        let mut ranges: Vec<LineRange> = Vec::new();
        for line in lines {
            match ranges.last_mut() {
                Some(range) if line <= range.last.saturating_add(1) => range.last = line,
                _ => ranges.push(LineRange { first: line, last: line }),
            }
        }
        LineSet(ranges)
    }
}
