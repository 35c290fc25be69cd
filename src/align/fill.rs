//! Filling the gaps of a chain, and extending it at both ends.

use super::{Block, Free, Pair, Run, Side};

/// Cells of a gap's table, at most; a larger gap stays a gap.
const MAX_CELLS: usize = 1 << 15;
/// Tokens looked at beyond each end of a chain.
const MAX_EXTENSION: u32 = 64;
const MATCH: i32 = 4;
const NAME_MATCH: i32 = 3;
/// A token between two that do not correspond says little if it corresponds itself.
const MISMATCH: i32 = -6;
const GAP: i32 = -3;
/// An extension ends where the score falls this far below its best.
const DROP: i32 = 40;

/// The pairs of a chain with its gaps filled and its ends extended as far as `free` allows.
pub(super) fn fill(query: Side<'_>, document: Side<'_>, chain: &[Run], free: &Free) -> Block {
    let mut pairs = Vec::new();
    let first = chain[0];
    let before = Window {
        query: free.query.start.max(first.query.saturating_sub(MAX_EXTENSION))..first.query,
        document: free.document.start.max(first.document.saturating_sub(MAX_EXTENSION))..first.document,
    };
    pairs.extend(extend(query, document, &before, Direction::Backward));
    for (i, &run) in chain.iter().enumerate() {
        pairs.extend(
            (0..run.length).map(|offset| Pair { query: run.query + offset, document: run.document + offset }),
        );
        if let Some(&next) = chain.get(i + 1) {
            let gap =
                Window { query: run.query_end()..next.query, document: run.document_end()..next.document };
            pairs.extend(global(query, document, &gap));
        }
    }
    let last = chain[chain.len() - 1];
    let after = Window {
        query: last.query_end()..free.query.end.min(last.query_end() + MAX_EXTENSION),
        document: last.document_end()..free.document.end.min(last.document_end() + MAX_EXTENSION),
    };
    pairs.extend(extend(query, document, &after, Direction::Forward));
    let pairs = trim(query, document, &pairs);
    Block { pairs: trim_foreign_names(query, document, &pairs).to_vec() }
}

/// What the tokens at an end must score beyond the gap that parts them from the rest. Any two pieces of code share
/// a bracket and a name somewhere near.
const MIN_END_SCORE: i32 = 24;

/// Takes off runs at both ends that chance explains.
fn trim(query: Side<'_>, document: Side<'_>, pairs: &[Pair]) -> Vec<Pair> {
    let is_adjacent = |a: &Pair, b: &Pair| a.query + 1 == b.query && a.document + 1 == b.document;
    let runs: Vec<&[Pair]> = pairs.chunk_by(is_adjacent).collect();
    let worth = |run: &[Pair]| run.iter().map(|&pair| score(query, document, pair)).sum::<i32>();
    let gap = |before: &[Pair], after: &[Pair]| {
        let (from, to) = (before[before.len() - 1], after[0]);
        GAP * ((to.query - from.query - 1) + (to.document - from.document - 1)) as i32
    };
    let (mut first, mut last) = (0, runs.len() - 1);
    while first < last && worth(runs[first]) + gap(runs[first], runs[first + 1]).max(-DROP) < MIN_END_SCORE {
        first += 1;
    }
    while first < last && worth(runs[last]) + gap(runs[last - 1], runs[last]).max(-DROP) < MIN_END_SCORE {
        last -= 1;
    }
    runs[first..=last].concat()
}

/// Of so many named tokens one may bear another name before the copy counts as renamed.
const UNRENAMED_ONE_IN: usize = 8;
const EQUAL_NAME: i32 = 4;
const OTHER_NAME: i32 = -10;
const NO_NAME: i32 = 1;

/// Where names were kept, takes off ends that bear other names: what follows a copy often has its shape by chance
/// (the next `def` after a method), but not its names.
fn trim_foreign_names<'a>(query: Side<'_>, document: Side<'_>, pairs: &'a [Pair]) -> &'a [Pair] {
    let worth = |pair: &Pair| match (query.names[pair.query as usize], document.names[pair.document as usize])
    {
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
struct Window {
    query: std::ops::Range<u32>,
    document: std::ops::Range<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
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
    fn pair(&self, row: usize, column: usize, direction: Direction) -> Pair {
        match direction {
            Direction::Forward => {
                Pair { query: self.query.start + row as u32, document: self.document.start + column as u32 }
            }
            Direction::Backward => Pair {
                query: self.query.end - 1 - row as u32,
                document: self.document.end - 1 - column as u32,
            },
        }
    }
}

/// Pairs of the best alignment of a whole window (Needleman and Wunsch 1970).
fn global(query: Side<'_>, document: Side<'_>, window: &Window) -> Vec<Pair> {
    if window.rows() * window.columns() > MAX_CELLS {
        return Vec::new();
    }
    let table = Table::fill(query, document, window, Direction::Forward);
    let mut pairs = table.trace(window, window.rows(), window.columns(), Direction::Forward);
    pairs.reverse();
    pairs
}

/// Pairs of the best alignment that starts at one corner of a window and ends anywhere.
fn extend(query: Side<'_>, document: Side<'_>, window: &Window, direction: Direction) -> Vec<Pair> {
    if window.rows() == 0 || window.columns() == 0 {
        return Vec::new();
    }
    let table = Table::fill(query, document, window, direction);
    let (row, column) = table.best_end();
    let mut pairs = table.trace(window, row, column, direction);
    if direction == Direction::Forward {
        pairs.reverse();
    }
    pairs
}

/// Scores of aligning the first `row` tokens of one side with the first `column` of the other.
struct Table {
    scores: Vec<i32>,
    matches: Vec<bool>,
    width: usize,
}

impl Table {
    fn fill(query: Side<'_>, document: Side<'_>, window: &Window, direction: Direction) -> Table {
        let width = window.columns() + 1;
        let mut table = Table { scores: vec![0; (window.rows() + 1) * width], matches: Vec::new(), width };
        table.matches = vec![false; table.scores.len()];
        for column in 1..width {
            table.scores[column] = table.scores[column - 1] + GAP;
        }
        for row in 1..=window.rows() {
            table.scores[row * width] = table.scores[(row - 1) * width] + GAP;
            for column in 1..width {
                let at = row * width + column;
                let pair = window.pair(row - 1, column - 1, direction);
                let pair_score = score(query, document, pair);
                let diagonal = table.scores[at - width - 1] + pair_score;
                let gap = table.scores[at - width].max(table.scores[at - 1]) + GAP;
                table.matches[at] = pair_score > 0 && diagonal >= gap;
                table.scores[at] = diagonal.max(gap);
            }
        }
        table
    }

    /// Where the score is best, unless the way there falls too far below what was reached before.
    fn best_end(&self) -> (usize, usize) {
        let mut best = (0, (0, 0));
        for (row, scores) in self.scores.chunks(self.width).enumerate() {
            let (column, &score) = scores
                .iter()
                .enumerate()
                .max_by_key(|&(column, score)| (score, std::cmp::Reverse(column)))
                .unwrap_or((0, &0));
            if score > best.0 {
                best = (score, (row, column));
            } else if score < best.0 - DROP {
                break;
            }
        }
        best.1
    }

    /// Matched pairs from a cell back to the corner, nearest to the cell first.
    fn trace(&self, window: &Window, mut row: usize, mut column: usize, direction: Direction) -> Vec<Pair> {
        let mut pairs = Vec::new();
        while row > 0 && column > 0 {
            let at = row * self.width + column;
            if self.matches[at] {
                pairs.push(window.pair(row - 1, column - 1, direction));
                (row, column) = (row - 1, column - 1);
            } else if self.scores[at] == self.scores[at - self.width] + GAP {
                row -= 1;
            } else if self.scores[at] == self.scores[at - 1] + GAP {
                column -= 1;
            } else {
                (row, column) = (row - 1, column - 1);
            }
        }
        pairs
    }
}

fn score(query: Side<'_>, document: Side<'_>, pair: Pair) -> i32 {
    let (q, d) = (pair.query as usize, pair.document as usize);
    if query.classes[q] != document.classes[d] {
        MISMATCH
    } else if query.names[q] != 0 && query.names[q] == document.names[d] {
        MATCH + NAME_MATCH
    } else {
        MATCH
    }
}
