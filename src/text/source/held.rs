//! How a text stands in the file that it was taken from, where that is of another kind: a notebook,
//! a page of prose.

use std::fmt;

use crate::text::span::LineRange;

/// A file of another kind, and where the lines of its code stand in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    /// What the file holds.
    pub file: Vec<u8>,
    /// How many lines of code that is.
    pub code_lines: u32,
    /// The lines of a notebook's cells, by line of the text; empty for a page of prose.
    pub lines: Vec<CellLine>,
    /// The lines of the text before which the file has something more, by line: that many
    /// characters. A block of code in a list is indented as the list is.
    pub indents: Vec<(u32, u32)>,
}

/// A line of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellLine {
    /// The line of the text that it is.
    pub at: u32,
    /// The number of its cell among all cells, from 1.
    pub cell: u32,
    /// Its number in the cell, from 1.
    pub line: u32,
    /// The line of the file that it stands on. Where whole cells stand on one line of the file, the
    /// text has lines of its own.
    pub file_line: u32,
}

/// Where a region stands in a notebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellRange {
    /// Its first line.
    pub first: CellLine,
    /// Its last line.
    pub last: CellLine,
}

impl Held {
    /// The cells that lines of the text stand in.
    pub(crate) fn cells(&self, lines: LineRange) -> Option<CellRange> {
        let first = self.lines.partition_point(|line| line.at < lines.first);
        let behind = self.lines.partition_point(|line| line.at <= lines.last);
        let within = self.lines.get(first..behind)?;
        Some(CellRange { first: *within.first()?, last: *within.last()? })
    }

    /// The number of characters of the file before a line of the text.
    pub(crate) fn indent(&self, line: u32) -> u32 {
        let place = self.indents.binary_search_by_key(&line, |known| known.0);
        place.map_or(0, |place| self.indents[place].1)
    }

    /// The line of a cell that a line of the text is, if it is one.
    pub(crate) fn cell_line(&self, line: u32) -> Option<CellLine> {
        let place = self.lines.binary_search_by_key(&line, |known| known.at).ok()?;
        self.lines.get(place).copied()
    }
}

impl CellRange {
    /// The lines of the file, where they are not those of the text.
    pub(crate) fn file_lines(&self) -> Option<LineRange> {
        let own = LineRange { first: self.first.file_line, last: self.last.file_line };
        (own.first != self.first.at || own.last != self.last.at).then_some(own)
    }
}

/// `cell 3, lines 2-9`; `cell 3, line 2, to cell 5, line 4`.
impl fmt::Display for CellRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CellRange { first, last } = self;
        match (first.cell == last.cell, first.line == last.line) {
            (true, true) => write!(f, "cell {}, line {}", first.cell, first.line),
            (true, false) => write!(f, "cell {}, lines {}-{}", first.cell, first.line, last.line),
            (false, _) => write!(
                f,
                "cell {}, line {}, to cell {}, line {}",
                first.cell, first.line, last.cell, last.line
            ),
        }
    }
}
