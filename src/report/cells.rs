//! Where something stands in a notebook, as formats write it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::text::source::CellRange;

/// Where the region stands in a notebook: cells count from 1 among all cells, lines from 1 in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Cells {
    start_cell: u32,
    start_line: u32,
    end_cell: u32,
    end_line: u32,
}

impl From<CellRange> for Cells {
    fn from(CellRange { first, last }: CellRange) -> Self {
        Cells {
            start_cell: first.cell,
            start_line: first.line,
            end_cell: last.cell,
            end_line: last.line,
        }
    }
}

/// `, cell 3, lines 2-9`, behind a place in a notebook; nothing in any other file.
pub(super) fn describe(cells: Option<CellRange>) -> String {
    cells.map_or_else(String::new, |cells| format!(", {cells}"))
}
