//! In what way a copy was changed.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::engine::align::{Block, Pair, Side};
use crate::text::language::Language;
use crate::text::token::TokenClass;

/// In what way a copy differs from its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CopyKind {
    /// The same tokens in the same layout.
    Verbatim,
    /// The same tokens, laid out or commented differently.
    Reformatted,
    /// The same structure under other names or with other literals.
    Renamed,
    /// Statements were added, removed, replaced or reordered.
    Edited,
}

impl CopyKind {
    /// The word for it in documents for programs.
    pub fn code(self) -> &'static str {
        match self {
            CopyKind::Verbatim => "verbatim",
            CopyKind::Reformatted => "reformatted",
            CopyKind::Renamed => "renamed",
            CopyKind::Edited => "edited",
        }
    }
}

/// Both sides of an alignment, with the line of each token.
#[derive(Clone, Copy)]
pub(crate) struct Sides<'a> {
    /// Their language.
    pub language: Language,
    /// The code asked about.
    pub query: Side<'a>,
    /// The indexed code.
    pub document: Side<'a>,
    /// The lines of the query's tokens.
    pub query_lines: &'a [u32],
    /// The lines of the document's tokens.
    pub document_lines: &'a [u32],
}

/// Tokens of the copy that may differ before it counts as edited: one in so many.
const EDITED_ONE_IN: usize = 40;
/// Names that may differ before it counts as renamed: one in so many.
const RENAMED_ONE_IN: usize = 20;
/// Names that are new among those that differ where tokens correspond, at most one in so many, if
/// the others only changed places: statements of the same shape were reordered.
const MOVED_ONE_IN: usize = 4;
/// Line steps that may differ before it counts as reformatted: one in so many.
const REFORMATTED_ONE_IN: usize = 150;

/// In what way the query differs from the document where they correspond.
pub(crate) fn copy_kind(sides: Sides<'_>, blocks: &[Block]) -> CopyKind {
    let pairs = || blocks.iter().flat_map(|block| block.pairs.iter());
    let steps = || blocks.iter().flat_map(|block| block.pairs.windows(2));
    let matched = pairs().count();
    let skipped: u32 = steps()
        .map(|pair| {
            (pair[1].query - pair[0].query - 1).max(pair[1].document - pair[0].document - 1)
        })
        .sum();
    if blocks.len() > 1 || skipped as usize * EDITED_ONE_IN > matched || goes_on(sides, blocks) {
        return CopyKind::Edited;
    }
    let named = pairs().filter(|&&pair| sides.name(pair) != 0).count();
    let renamed = pairs().filter(|&&pair| !sides.is_equally_named(pair)).count();
    if renamed * RENAMED_ONE_IN > named {
        let changed = sides.names_left_over(blocks);
        return if changed * MOVED_ONE_IN > renamed { CopyKind::Renamed } else { CopyKind::Edited };
    }
    let line_step = |lines: &[u32], from: u32, to: u32| lines[to as usize] - lines[from as usize];
    let moved = steps()
        .filter(|pair| {
            line_step(sides.query_lines, pair[0].query, pair[1].query)
                != line_step(sides.document_lines, pair[0].document, pair[1].document)
        })
        .count();
    if moved * REFORMATTED_ONE_IN > matched { CopyKind::Reformatted } else { CopyKind::Verbatim }
}

/// Tokens looked at on either end of a copy for more of it.
const NEARBY: usize = 80;
/// What a common sequence nearby must score to be more of the copy: a token is worth 1, an equal
/// name 2 more.
const MORE_OF_IT: usize = 14;

/// Tokens between a definition's first word and a copy, or between a copy and the next definition,
/// that are no more than its rim.
const RIM: usize = 2;

/// Whether the copied definition goes on behind a difference that the alignment did not cross,
/// because what lies beyond is too little to count as evidence: it holds more of the copy, or it
/// was copied from its beginning, or to its end, and is another at the other end.
fn goes_on(sides: Sides<'_>, blocks: &[Block]) -> bool {
    let pairs = || blocks.iter().flat_map(|block| block.pairs.iter());
    let (Some(first), Some(last)) = (pairs().min(), pairs().max()) else { return false };
    let after = Beyond {
        query: sides.body_after(sides.query, last.query as usize + 1),
        document: sides.body_after(sides.document, last.document as usize + 1),
    };
    let before = Beyond {
        query: sides.body_before(sides.query, first.query as usize),
        document: sides.body_before(sides.document, first.document as usize),
    };
    before.is_rim() && after.is_more()
        || after.is_rim() && before.is_more()
        || [after, before].into_iter().any(|beyond| sides.common(beyond) >= MORE_OF_IT)
}

/// What lies beyond one end of a copy, in the same definition on either side.
struct Beyond {
    query: Range<usize>,
    document: Range<usize>,
}

impl Beyond {
    fn is_rim(&self) -> bool {
        self.query.len() <= RIM && self.document.len() <= RIM
    }

    fn is_more(&self) -> bool {
        self.query.len() > RIM && self.document.len() > RIM
    }
}

impl Sides<'_> {
    fn name(&self, pair: Pair) -> u16 {
        self.query.names[pair.query as usize]
    }

    fn is_equally_named(&self, pair: Pair) -> bool {
        self.name(pair) == self.document.names[pair.document as usize]
    }

    /// Names of the query that the document does not have as often, over all corresponding tokens.
    fn names_left_over(&self, blocks: &[Block]) -> usize {
        let mut surplus: FxHashMap<u16, i32> = FxHashMap::default();
        for pair in blocks.iter().flat_map(|block| &block.pairs) {
            *surplus.entry(self.name(*pair)).or_default() += 1;
            *surplus.entry(self.document.names[pair.document as usize]).or_default() -= 1;
        }
        surplus.values().filter(|&&more| more > 0).map(|&more| more as usize).sum()
    }

    fn opens_definition(&self, class: u8) -> bool {
        self.language.opens_definition(TokenClass(class))
    }

    /// What follows a token up to the next definition, as far as is looked.
    fn body_after(&self, side: Side<'_>, start: usize) -> Range<usize> {
        let nearby = &side.classes[start..(start + NEARBY).min(side.classes.len())];
        let body = nearby.iter().position(|&class| self.opens_definition(class));
        start..start + body.unwrap_or(nearby.len())
    }

    /// What precedes a token back to the beginning of its definition, as far as is looked.
    fn body_before(&self, side: Side<'_>, end: usize) -> Range<usize> {
        if self.opens_definition(side.classes[end]) {
            return end..end;
        }
        let start = end.saturating_sub(NEARBY);
        let opened =
            side.classes[start..end].iter().rposition(|&class| self.opens_definition(class));
        opened.map_or(start, |at| start + at + 1)..end
    }

    /// The score of the best sequence of equal classes that both sides share.
    fn common(&self, beyond: Beyond) -> usize {
        let Beyond { query, document } = beyond;
        let mut scores = vec![0; document.len() + 1];
        let mut best = 0;
        for q in query {
            // Backwards, so that `scores[column]` is still that of the row before.
            for (column, d) in document.clone().enumerate().rev() {
                scores[column + 1] = if self.query.classes[q] != self.document.classes[d] {
                    0
                } else if self.query.names[q] != 0 && self.query.names[q] == self.document.names[d]
                {
                    scores[column] + 3
                } else {
                    scores[column] + 1
                };
                best = best.max(scores[column + 1]);
            }
        }
        best
    }
}
