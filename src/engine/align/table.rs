//! The table of dynamic programming behind gaps and extensions: the hottest loop of a scan.
//!
//! One buffer serves all tables of an alignment. A row is filled in two passes: what comes from the
//! row above, which the compiler turns into vector instructions, and then what comes from the left.
//! Sixteen bits hold every score: a window has at most [`MAX_SIDE`] tokens on either side.

use super::fill::{DROP, Direction, GAP, MATCH, MISMATCH, NAME_MATCH, Window, score};
use super::{Pair, Side};

/// Tokens of a window on either side, at most. Gaps and extensions are far shorter; what is beyond
/// is not aligned.
const MAX_SIDE: usize = 2048;

/// Scores of aligning the first `row` tokens of one side with the first `column` of the other.
#[derive(Default)]
pub(super) struct Table {
    scores: Vec<i16>,
    width: usize,
    /// The document's tokens in the order of the columns.
    classes: Vec<u16>,
    names: Vec<u16>,
}

impl Table {
    /// Fills the table of a whole window.
    pub(super) fn fill(
        &mut self,
        query: Side<'_>,
        document: Side<'_>,
        window: &Window,
        direction: Direction,
    ) {
        self.start(document, window, direction);
        for row in 0..window.query.len().min(MAX_SIDE) {
            self.add_row(query, window.pair(row, 0, direction).query as usize);
        }
    }

    /// Fills rows until the score has fallen too far below the best; returns the row and column of
    /// the best.
    pub(super) fn fill_while_it_pays(
        &mut self,
        query: Side<'_>,
        document: Side<'_>,
        window: &Window,
        direction: Direction,
    ) -> (usize, usize) {
        self.start(document, window, direction);
        let (mut best, mut end) = (0, (0, 0));
        for row in 0..window.query.len().min(MAX_SIDE) {
            let scores = self.add_row(query, window.pair(row, 0, direction).query as usize);
            let score = scores.iter().copied().fold(i16::MIN, i16::max);
            if score > best {
                best = score;
                end = (row + 1, scores.iter().position(|&one| one == score).unwrap_or(0));
            } else if score < best - DROP {
                break;
            }
        }
        end
    }

    /// Takes a window's columns and makes row 0.
    fn start(&mut self, document: Side<'_>, window: &Window, direction: Direction) {
        let columns = window.document.start as usize..window.document.end as usize;
        self.classes.clear();
        self.classes
            .extend(document.classes[columns.clone()].iter().map(|&class| u16::from(class)));
        self.names.clear();
        self.names.extend_from_slice(&document.names[columns]);
        if direction == Direction::Backward {
            self.classes.reverse();
            self.names.reverse();
        }
        self.classes.truncate(MAX_SIDE);
        self.names.truncate(MAX_SIDE);
        self.width = self.classes.len() + 1;
        self.scores.clear();
        self.scores.extend((0..self.width as i16).map(|column| column * GAP));
    }

    /// Appends the row of a token of the query.
    fn add_row(&mut self, query: Side<'_>, token: usize) -> &[i16] {
        let (class, name) = (u16::from(query.classes[token]), query.names[token]);
        let equal_name = if name == 0 { MATCH } else { MATCH + NAME_MATCH };
        let start = self.scores.len();
        self.scores.resize(start + self.width, 0);
        let (above, row) = self.scores.split_at_mut(start);
        let above = &above[start - self.width..];
        let pairs = self.classes.iter().zip(&self.names);
        let from_above = above[..self.width - 1].iter().zip(&above[1..]);
        for ((cell, (diagonal, up)), (&other, &other_name)) in
            row[1..].iter_mut().zip(from_above).zip(pairs)
        {
            let equal = if name == other_name { equal_name } else { MATCH };
            let pair = if class == other { equal } else { MISMATCH };
            *cell = (diagonal + pair).max(up + GAP);
        }
        let mut left = above[0] + GAP;
        row[0] = left;
        for cell in &mut row[1..] {
            left = (left + GAP).max(*cell);
            *cell = left;
        }
        row
    }

    /// Matched pairs from a cell back to the corner, nearest to the cell first.
    pub(super) fn trace(
        &self,
        query: Side<'_>,
        document: Side<'_>,
        window: &Window,
        direction: Direction,
        end: (usize, usize),
    ) -> impl Iterator<Item = Pair> {
        let (mut row, mut column) = (end.0.min(MAX_SIDE), end.1.min(MAX_SIDE));
        std::iter::from_fn(move || {
            while row > 0 && column > 0 {
                let pair = window.pair(row - 1, column - 1, direction);
                let at = row * self.width + column;
                let (here, worth) = (self.scores[at], score(query, document, pair));
                let is_match = worth > 0 && here == self.scores[at - self.width - 1] + worth;
                if !is_match && here == self.scores[at - self.width] + GAP {
                    row -= 1;
                } else if !is_match && here == self.scores[at - 1] + GAP {
                    column -= 1;
                } else {
                    (row, column) = (row - 1, column - 1);
                    if is_match {
                        return Some(pair);
                    }
                }
            }
            None
        })
    }
}
