//! Filling the gaps of a chain, and extending it at both ends.

use std::ops::Range;

use super::table::Table;
use super::{Block, Free, Pair, Run, Side};

/// Cells of a gap's table, at most; a larger gap stays a gap.
const MAX_CELLS: usize = 1 << 15;
/// Tokens looked at beyond each end of a chain.
const MAX_EXTENSION: u32 = 64;
pub(super) const MATCH: i16 = 4;
pub(super) const NAME_MATCH: i16 = 3;
/// A token between two that do not correspond says little if it corresponds itself.
pub(super) const MISMATCH: i16 = -6;
pub(super) const GAP: i16 = -3;
/// An extension ends where the score falls this far below its best.
pub(super) const DROP: i16 = 40;

/// The pairs of a chain with its gaps filled and its ends extended as far as `free` allows.
pub(super) fn fill(
    query: Side<'_>,
    document: Side<'_>,
    chain: &[Run],
    free: &Free,
    table: &mut Table,
) -> Block {
    let mut pairs = Vec::new();
    let first = chain[0];
    let before = Window {
        query: free.query.start.max(first.query.saturating_sub(MAX_EXTENSION))..first.query,
        document: free.document.start.max(first.document.saturating_sub(MAX_EXTENSION))
            ..first.document,
    };
    extend(query, document, &before, Direction::Backward, table, &mut pairs);
    for (i, &run) in chain.iter().enumerate() {
        pairs.extend(
            (0..run.length)
                .map(|offset| Pair { query: run.query + offset, document: run.document + offset }),
        );
        if let Some(&next) = chain.get(i + 1) {
            let gap = Window {
                query: run.query_end()..next.query,
                document: run.document_end()..next.document,
            };
            global(query, document, &gap, table, &mut pairs);
        }
    }
    let last = chain[chain.len() - 1];
    let after = Window {
        query: last.query_end()..free.query.end.min(last.query_end() + MAX_EXTENSION),
        document: last.document_end()..free.document.end.min(last.document_end() + MAX_EXTENSION),
    };
    extend(query, document, &after, Direction::Forward, table, &mut pairs);
    let pairs = trim(query, document, &pairs);
    Block { pairs: trim_foreign_names(query, document, pairs).to_vec() }
}

/// What the tokens at an end must score beyond the gap that parts them from the rest. Any two
/// pieces of code share a bracket and a name somewhere near.
const MIN_END_SCORE: i32 = 24;

/// Takes off runs at both ends that chance explains.
fn trim<'a>(query: Side<'_>, document: Side<'_>, pairs: &'a [Pair]) -> &'a [Pair] {
    let is_adjacent = |a: &Pair, b: &Pair| a.query + 1 == b.query && a.document + 1 == b.document;
    let runs: Vec<&[Pair]> = pairs.chunk_by(is_adjacent).collect();
    let worth =
        |run: &[Pair]| run.iter().map(|&pair| i32::from(score(query, document, pair))).sum::<i32>();
    let gap = |before: &[Pair], after: &[Pair]| {
        let (from, to) = (before[before.len() - 1], after[0]);
        let tokens = (to.query - from.query - 1) + (to.document - from.document - 1);
        // A longer gap costs no more than the fall of the score at which an extension ends.
        (i32::from(GAP) * tokens as i32).max(-i32::from(DROP))
    };
    let (mut first, mut last) = (0, runs.len() - 1);
    while first < last && worth(runs[first]) + gap(runs[first], runs[first + 1]) < MIN_END_SCORE {
        first += 1;
    }
    while first < last && worth(runs[last]) + gap(runs[last - 1], runs[last]) < MIN_END_SCORE {
        last -= 1;
    }
    let tokens = |runs: &[&[Pair]]| runs.iter().map(|run| run.len()).sum::<usize>();
    &pairs[tokens(&runs[..first])..tokens(&runs[..=last])]
}

/// Of so many named tokens one may bear another name before the copy counts as renamed.
const UNRENAMED_ONE_IN: usize = 8;
const EQUAL_NAME: i32 = 4;
const OTHER_NAME: i32 = -10;
const NO_NAME: i32 = 1;

/// Where names were kept, takes off ends that bear other names: what follows a copy often has its
/// shape by chance (the next `def` after a method), but not its names.
fn trim_foreign_names<'a>(query: Side<'_>, document: Side<'_>, pairs: &'a [Pair]) -> &'a [Pair] {
    let worth = |pair: &Pair| match (
        query.names[pair.query as usize],
        document.names[pair.document as usize],
    ) {
        (0, _) => NO_NAME,
        (name, other) if name == other => EQUAL_NAME,
        _ => OTHER_NAME,
    };
    let named = pairs.iter().filter(|pair| worth(pair) != NO_NAME).count();
    let renamed = pairs.iter().filter(|pair| worth(pair) == OTHER_NAME).count();
    if renamed * UNRENAMED_ONE_IN > named {
        return pairs;
    }
    let start = worst_prefix(pairs.iter().map(worth));
    let end = pairs.len() - worst_prefix(pairs[start..].iter().rev().map(worth));
    &pairs[start..end]
}

/// Length of the prefix with the lowest sum below zero; 0 if there is none.
fn worst_prefix(worths: impl Iterator<Item = i32>) -> usize {
    let (mut sum, mut lowest, mut length) = (0, 0, 0);
    for (i, worth) in worths.enumerate() {
        sum += worth;
        if sum < lowest {
            (lowest, length) = (sum, i + 1);
        }
    }
    length
}

/// A part of both streams.
pub(super) struct Window {
    pub(super) query: Range<u32>,
    pub(super) document: Range<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    Backward,
}

impl Window {
    fn rows(&self) -> usize {
        self.query.len()
    }

    fn columns(&self) -> usize {
        self.document.len()
    }

    /// The tokens at a row and column (from 0), counted in a direction.
    pub(super) fn pair(&self, row: usize, column: usize, direction: Direction) -> Pair {
        match direction {
            Direction::Forward => Pair {
                query: self.query.start + row as u32,
                document: self.document.start + column as u32,
            },
            Direction::Backward => Pair {
                query: self.query.end - 1 - row as u32,
                document: self.document.end - 1 - column as u32,
            },
        }
    }
}

/// Appends the pairs of the best alignment of a whole window (Needleman and Wunsch 1970).
fn global(
    query: Side<'_>,
    document: Side<'_>,
    window: &Window,
    table: &mut Table,
    pairs: &mut Vec<Pair>,
) {
    if window.query.is_empty()
        || window.document.is_empty()
        || window.rows() * window.columns() > MAX_CELLS
    {
        return;
    }
    let direction = Direction::Forward;
    table.fill(query, document, window, direction);
    let first = pairs.len();
    pairs.extend(table.trace(
        query,
        document,
        window,
        direction,
        (window.rows(), window.columns()),
    ));
    pairs[first..].reverse();
}

/// Appends the pairs of the best alignment that starts at one corner of a window and ends anywhere.
fn extend(
    query: Side<'_>,
    document: Side<'_>,
    window: &Window,
    direction: Direction,
    table: &mut Table,
    pairs: &mut Vec<Pair>,
) {
    if window.query.is_empty() || window.document.is_empty() {
        return;
    }
    let end = table.fill_while_it_pays(query, document, window, direction);
    let first = pairs.len();
    pairs.extend(table.trace(query, document, window, direction, end));
    // A trace begins at its far end. Forward that is the last token, backward it is the first.
    if direction == Direction::Forward {
        pairs[first..].reverse();
    }
}

pub(super) fn score(query: Side<'_>, document: Side<'_>, pair: Pair) -> i16 {
    let (q, d) = (pair.query as usize, pair.document as usize);
    if query.classes[q] != document.classes[d] {
        MISMATCH
    } else if query.names[q] != 0 && query.names[q] == document.names[d] {
        MATCH + NAME_MATCH
    } else {
        MATCH
    }
}
