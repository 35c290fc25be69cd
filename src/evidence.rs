//! Evidence: how surprising it is, in bits, that two authors would write corresponding tokens independently.
//!
//! The score follows sequence search (Altschul et al. 1990: score by information, not by percentage):
//!
//! - *structure*: the surprisal of each corresponding class under the [`Model`] of ordinary code;
//! - *names*: an equal outside name earns what the model says of class and name together; an equal local name and a
//!   consistent renaming earn a part of their rarity;
//! - *literals*: equal strings and numbers earn a part of their rarity;
//! - *repetition earns once*: a token that ends a sequence of classes seen before in the region counts little,
//!   or tables and match arms would outscore real copies;
//! - *penalties*: each gap and each block in another place costs.

mod rarity;
mod record;

pub use rarity::expected_in_a_million;
pub use record::{Entry, Ledger, Parts, Recorder, RunEntry, Step};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::align::{Block, Pair, Side};
use crate::language::Language;
use crate::model::Model;
use crate::token::{NameHash, TokenClass};

/// How surprising a resemblance is, in bits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// The sum: what is compared with the threshold.
    pub bits: f32,
    /// Bits from the sequence of token classes.
    pub structure: f32,
    /// Bits from equal names and consistent renaming.
    pub names: f32,
    /// Bits from equal literals.
    pub literals: f32,
    /// Bits taken off for gaps, moved blocks and inconsistent renaming; zero or negative.
    pub penalties: f32,
    /// Matched tokens.
    pub matched_tokens: u32,
    /// Components of the index that hold this code.
    pub packages: u32,
}

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

/// What a token counts when it and the classes before it occurred before in the region, by how many they are.
const REPEAT_WEIGHTS: [(usize, f32); 3] = [(7, 0.08), (5, 0.35), (4, 0.65)];
/// What the first token of a run counts: nothing before it corresponds.
const RUN_START_WEIGHT: f32 = 0.4;
/// Part of a local name's rarity that its first equal occurrence earns.
const LOCAL_NAME_WEIGHT: f32 = 0.45;
/// Part of a literal's rarity that its first equal occurrence earns.
const LITERAL_WEIGHT: f32 = 0.62;
/// The same for a whole number: 0, 1, 2 in a row are no coincidence and no copy either.
const INTEGER_WEIGHT: f32 = 0.3;
/// What an unequal literal behind a literal costs: two tables correspond in their values or not at all.
const TABLE_MISMATCH_BITS: f32 = -1.0;
/// What an outside name earns when it occurs again.
const REPEATED_NAME_BITS: f32 = 1.0;
/// What a later equal occurrence of a local name earns.
const SAME_NAME_AGAIN_BITS: f32 = 0.5;
/// What an unequal name costs when it is first seen.
const RENAMING_BITS: f32 = -0.9;
/// What a later occurrence of a renamed name earns when it was renamed in the same way.
const CONSISTENT_RENAMING_BITS: f32 = 0.7;
/// What it costs when it was not: a copyist renames everywhere or nowhere.
const INCONSISTENT_RENAMING_BITS: f32 = -8.0;
/// What a run of consecutive tokens must earn by structure before any of it counts. An alignment may choose among the
/// thousands of places where a short run could correspond, so a run pays for its place (Altschul et al. 1990 charge
/// the logarithm of the search space once for the whole; here each run is placed anew).
const RUN_FEE_BITS: f32 = 16.0;
/// What a gap costs, and each of its tokens.
const GAP_BITS: f32 = -2.0;
const GAP_TOKEN_BITS: f32 = -0.1;
const MAX_GAP_BITS: f32 = -8.0;
/// What each block beyond the first costs.
const BLOCK_BITS: f32 = -4.0;

/// The evidence of an alignment.
pub fn evidence(
    model: &Model<'_>,
    language: Language,
    query: Side<'_>,
    document: Side<'_>,
    blocks: &[Block],
) -> Evidence {
    recorded(model, language, query, document, blocks, &mut ())
}

/// The same, with somebody who watches how it adds up.
pub fn recorded(
    model: &Model<'_>,
    language: Language,
    query: Side<'_>,
    document: Side<'_>,
    blocks: &[Block],
    recorder: &mut impl Recorder,
) -> Evidence {
    let mut sum = Sum {
        model,
        language,
        query,
        document,
        recorder,
        evidence: Evidence::default(),
        run_structure: 0.0,
        repeats: FxHashSet::default(),
        seen_names: FxHashSet::default(),
        renamed: FxHashMap::default(),
    };
    for block in blocks {
        sum.add_block(block);
    }
    sum.evidence.penalties += BLOCK_BITS * blocks.len().saturating_sub(1) as f32;
    sum.record(Step::Total);
    let parts = sum.evidence;
    Evidence { bits: parts.structure + parts.names + parts.literals + parts.penalties, ..parts }
}

struct Sum<'a, R> {
    model: &'a Model<'a>,
    language: Language,
    query: Side<'a>,
    document: Side<'a>,
    recorder: &'a mut R,
    evidence: Evidence,
    run_structure: f32,
    repeats: FxHashSet<&'a [u8]>,
    seen_names: FxHashSet<u16>,
    renamed: FxHashMap<u16, u16>,
}

impl<R: Recorder> Sum<'_, R> {
    fn record(&mut self, step: Step) {
        self.recorder.after(step, &self.evidence, self.run_structure);
    }

    fn add_block(&mut self, block: &Block) {
        self.record(Step::Block);
        let mut previous: Option<Pair> = None;
        for &pair in &block.pairs {
            let weight = match previous {
                Some(before) if before.query + 1 == pair.query && before.document + 1 == pair.document => 1.0,
                Some(before) => {
                    self.end_run();
                    self.add_gap(before, pair);
                    RUN_START_WEIGHT
                }
                None => RUN_START_WEIGHT,
            };
            self.add_pair(pair, weight);
            self.record(Step::Pair(pair));
            previous = Some(pair);
        }
        self.end_run();
    }

    fn end_run(&mut self) {
        self.evidence.structure += (self.run_structure - RUN_FEE_BITS).max(0.0);
        self.run_structure = 0.0;
        self.record(Step::RunEnd);
    }

    fn add_gap(&mut self, before: Pair, after: Pair) {
        let tokens = (after.query - before.query - 1) + (after.document - before.document - 1);
        self.evidence.penalties += (GAP_BITS + GAP_TOKEN_BITS * tokens as f32).max(MAX_GAP_BITS);
        self.record(Step::Gap);
    }

    fn add_pair(&mut self, pair: Pair, run_weight: f32) {
        let (q, d) = (pair.query as usize, pair.document as usize);
        let class = TokenClass(self.query.classes[q]);
        let weight = run_weight * self.novelty(q);
        let structure = self.model.structure_bits(self.language, self.query.classes, q);
        self.run_structure += structure * weight;
        self.evidence.matched_tokens += 1;
        if class.is_named() {
            self.add_name(class, q, d, structure, weight);
        }
    }

    /// What a token counts after what the region held before it.
    fn novelty(&mut self, q: usize) -> f32 {
        let mut novelty = 1.0f32;
        for (length, weight) in REPEAT_WEIGHTS {
            if let Some(start) = (q + 1).checked_sub(length)
                && !self.repeats.insert(&self.query.classes[start..=q])
            {
                novelty = novelty.min(weight);
            }
        }
        novelty
    }

    fn add_name(&mut self, class: TokenClass, q: usize, d: usize, structure: f32, weight: f32) {
        let (name, other) = (self.query.names[q], self.document.names[d]);
        if name != other {
            if class.is_identifier() {
                self.add_renaming(name, other);
            } else if q > 0 && TokenClass(self.query.classes[q - 1]).is_literal() {
                self.evidence.penalties += TABLE_MISMATCH_BITS;
            }
            return;
        }
        let first = self.seen_names.insert(name);
        if class.is_literal() && self.follows_other_literal(q, d) {
            return;
        }
        let rarity = self.model.name_bits(NameHash(name));
        if class.is_literal() {
            let weight = if class == TokenClass::INTEGER { INTEGER_WEIGHT } else { LITERAL_WEIGHT };
            self.evidence.literals += if first { weight * rarity } else { 0.0 };
        } else if class.is_outside_name() {
            let joint = self.model.named_bits(self.language, self.query.classes, self.query.names, q);
            let surplus = (joint - structure).max(-structure);
            self.evidence.names += weight * if first { surplus } else { surplus.min(REPEATED_NAME_BITS) };
        } else {
            self.evidence.names +=
                if first { LOCAL_NAME_WEIGHT * rarity } else { weight * SAME_NAME_AGAIN_BITS };
        }
    }

    /// Whether both tokens stand behind literals that differ: then they are equal by chance.
    fn follows_other_literal(&self, q: usize, d: usize) -> bool {
        let (Some(q), Some(d)) = (q.checked_sub(1), d.checked_sub(1)) else { return false };
        TokenClass(self.query.classes[q]).is_literal() && self.query.names[q] != self.document.names[d]
    }

    fn add_renaming(&mut self, name: u16, other: u16) {
        match self.renamed.insert(name, other) {
            None => self.evidence.penalties += RENAMING_BITS,
            Some(before) if before == other => self.evidence.names += CONSISTENT_RENAMING_BITS,
            Some(_) => self.evidence.penalties += INCONSISTENT_RENAMING_BITS,
        }
    }
}

/// Tokens of the copy that may differ before it counts as edited: one in so many.
const EDITED_ONE_IN: usize = 40;
/// Names that may differ before it counts as renamed: one in so many.
const RENAMED_ONE_IN: usize = 20;
/// Line steps that may differ before it counts as reformatted: one in so many.
const REFORMATTED_ONE_IN: usize = 150;

/// In what way the query differs from the document where they correspond. Lines are those of each token.
pub fn copy_kind(
    query: Side<'_>,
    document: Side<'_>,
    query_lines: &[u32],
    document_lines: &[u32],
    blocks: &[Block],
) -> CopyKind {
    let pairs = || blocks.iter().flat_map(|block| block.pairs.iter());
    let steps = || blocks.iter().flat_map(|block| block.pairs.windows(2));
    let matched = pairs().count();
    let skipped: u32 = steps()
        .map(|pair| (pair[1].query - pair[0].query - 1).max(pair[1].document - pair[0].document - 1))
        .sum();
    if blocks.len() > 1 || skipped as usize * EDITED_ONE_IN > matched {
        return CopyKind::Edited;
    }
    let named = pairs().filter(|pair| query.names[pair.query as usize] != 0).count();
    let renamed = pairs()
        .filter(|pair| query.names[pair.query as usize] != document.names[pair.document as usize])
        .count();
    if renamed * RENAMED_ONE_IN > named {
        return CopyKind::Renamed;
    }
    let line_step = |lines: &[u32], from: u32, to: u32| lines[to as usize] - lines[from as usize];
    let moved = steps()
        .filter(|pair| {
            line_step(query_lines, pair[0].query, pair[1].query)
                != line_step(document_lines, pair[0].document, pair[1].document)
        })
        .count();
    if moved * REFORMATTED_ONE_IN > matched { CopyKind::Reformatted } else { CopyKind::Verbatim }
}
