//! From seeds shared by two token streams to the tokens that correspond.
//!
//! The shape is that of sequence-search programs (Li 2018, minimap2): seeds are extended to maximal
//! equal *runs*, runs that go forward together in both streams are *chained*, the gaps between them
//! and both ends are *filled* by dynamic programming. What remains of the runs is chained again:
//! statements that changed places lie in blocks of their own.

mod chain;
mod fill;
mod run;
mod table;

pub use run::Run;

/// One of the two streams.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Token classes.
    pub classes: &'a [u8],
    /// Name hashes.
    pub names: &'a [u16],
}

/// A k-gram that both streams share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seed {
    /// Index of its first token in the query.
    pub query: u32,
    /// Index of its first token in the document.
    pub document: u32,
    /// Its tokens.
    pub length: u32,
}

/// A token of the query and the token of the document that corresponds to it; their classes are
/// equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// Index in the query.
    pub query: u32,
    /// Index in the document.
    pub document: u32,
}

/// Corresponding tokens in one order on both sides, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// The pairs; never empty in the result of [`Aligner::align`].
    pub pairs: Vec<Pair>,
}

/// Blocks an alignment may have; a copy that changed places more often is several copies.
const MAX_BLOCKS: usize = 12;

/// Aligns one candidate after the other, in the same memory.
#[derive(Default)]
pub struct Aligner(table::Table);

impl Aligner {
    /// Aligns the neighbourhood of some seeds. The blocks share no token on either side and come in
    /// order of the query.
    pub fn align(&mut self, query: Side<'_>, document: Side<'_>, seeds: &[Seed]) -> Vec<Block> {
        let mut runs = run::maximal(query, document, seeds);
        let mut blocks: Vec<Block> = Vec::new();
        while blocks.len() < MAX_BLOCKS {
            let chain = chain::best(&runs);
            let Some((first, last)) = chain.first().copied().zip(chain.last().copied()) else {
                break;
            };
            let free =
                Free::around(&blocks, first, last, query.classes.len(), document.classes.len());
            let block = fill::fill(query, document, &chain, &free, &mut self.0);
            run::remove_overlapping(&mut runs, &block);
            blocks.push(block);
        }
        blocks.sort_by_key(|block| block.pairs[0]);
        blocks
    }
}

/// How far a block may be extended without touching another one.
struct Free {
    query: std::ops::Range<u32>,
    document: std::ops::Range<u32>,
}

impl Free {
    fn around(
        blocks: &[Block],
        first: Run,
        last: Run,
        query_tokens: usize,
        document_tokens: usize,
    ) -> Free {
        let mut free = Free { query: 0..query_tokens as u32, document: 0..document_tokens as u32 };
        for block in blocks {
            let start = block.pairs[0];
            let end = block.pairs[block.pairs.len() - 1];
            narrow(&mut free.query, first.query, last.query_end(), start.query, end.query + 1);
            let (low, high) = (start.document, end.document + 1);
            narrow(&mut free.document, first.document, last.document_end(), low, high);
        }
        free
    }
}

/// Cuts `taken` off `free`, on the side of `kept` where it lies.
fn narrow(
    free: &mut std::ops::Range<u32>,
    kept_start: u32,
    kept_end: u32,
    taken_start: u32,
    taken_end: u32,
) {
    if taken_end <= kept_start {
        free.start = free.start.max(taken_end);
    } else if taken_start >= kept_end {
        free.end = free.end.min(taken_start);
    } else {
        // The chain lies inside a gap of the other block: no room to extend on either side.
        free.start = free.start.max(kept_start);
        free.end = free.end.min(kept_end);
    }
}
