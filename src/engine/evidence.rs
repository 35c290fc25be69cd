//! Evidence: how surprising it is, in bits, that two authors would write corresponding tokens
//! independently.
//!
//! The score follows sequence search (Altschul et al. 1990: score by information, not by
//! percentage):
//!
//! - *structure*: the surprisal of each corresponding class under the [model](crate::engine::model)
//!   of ordinary code;
//! - *names*: an equal outside name earns what the model says of class and name together; an equal
//!   local name and a consistent renaming earn a part of their rarity;
//! - *literals*: equal strings and numbers earn a part of their rarity, and those of tables only up
//!   to [`MAX_TABLE_BITS`];
//! - *freedom*: a token that an interface or a fact [dictates](crate::text::token::Freedom) counts
//!   for little;
//! - *repetition earns once*: a token that ends a sequence of classes seen before in the region
//!   counts little, or tables and match arms would outscore real copies;
//! - *penalties*: each gap, each block in another place and each inconsistent renaming costs;
//! - *a run pays for its place*: of the structure of each run only what exceeds [`RUN_FEE_BITS`]
//!   counts;
//! - *calibration*: what the sum is corrected by, because tokens are not independent
//!   ([`calibration`]).

mod calibration;
mod chance;
mod kind;
mod measures;
mod preset;
mod record;
mod strength;

pub use chance::{Chance, Expected};
pub use kind::CopyKind;
pub(crate) use kind::{Sides, copy_kind};
pub(crate) use measures::Measures;
pub use measures::NAMES as MEASURES;
pub use preset::{Preset, Threshold};
pub(crate) use record::{Entry, Ledger, Recorder, RunEntry};
pub use record::{Parts, Step};
pub use strength::Strength;

use std::collections::hash_map;

use rustc_hash::{FxHashMap, FxHashSet};

use measures::Naming;

use crate::engine::align::{Block, Pair, Side};
use crate::engine::model::Surprisals;
use crate::text::token::{Freedom, TokenClass};

/// How surprising a match is, in bits.
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
    /// Bits by which the sum of these is corrected.
    pub calibration: f32,
    /// Matched tokens.
    pub matched_tokens: u32,
    /// Components of the index that hold this code.
    pub packages: u32,
    /// What the calibration went by.
    pub measures: Measures,
}

impl Evidence {
    /// The bits before they are calibrated.
    pub fn sum(&self) -> f32 {
        self.structure + self.names + self.literals + self.penalties
    }

    fn calibrate(self) -> Evidence {
        let calibration = calibration::correction(self.sum(), &self.measures);
        Evidence { bits: self.sum() + calibration, calibration, ..self }
    }

    /// Returns the bits that the estimate of chance goes by: fewer where few tokens matched. With the
    /// same bits, few tokens match by chance more often: in idioms, tables, lists of arguments.
    pub fn bits_against_chance(&self) -> f32 {
        let missing = MANY_TOKENS.saturating_sub(self.matched_tokens);
        self.bits - BITS_OF_MISSING_TOKEN * missing as f32
    }

    /// The evidence of a part, corrected to that of the whole where it is more: the calibration
    /// may trust a part more than the whole that it was cut from.
    pub(crate) fn cap(self, bits_of_whole: f32) -> Evidence {
        if self.bits <= bits_of_whole {
            return self;
        }
        Evidence { bits: bits_of_whole, calibration: bits_of_whole - self.sum(), ..self }
    }
}

/// Matched tokens from which on the bits count in full against chance, and what each missing one
/// takes off. Fitted before this rule, on 649 published projects of which 273 are in the development
/// half of `eval/wild`: of their failing findings about matches, 19 had fewer than 30 tokens, and
/// none of these was a copy.
const MANY_TOKENS: u32 = 50;
const BITS_OF_MISSING_TOKEN: f32 = 1.0;

/// What a token counts when it and the classes before it occurred before in the region, by how many
/// they are.
const REPEAT_WEIGHTS: [(usize, f32); 3] = [(7, 0.08), (5, 0.35), (4, 0.65)];
/// What the first token of a run counts: nothing before it corresponds.
const RUN_START_WEIGHT: f32 = 0.4;
/// Part of a local name's rarity that its first equal occurrence earns.
const LOCAL_NAME_WEIGHT: f32 = 0.55;
/// The same for the name of a definition, which its author chose with more care; unless several
/// packages define the same, because a trait or a framework dictates it.
const DEFINITION_NAME_WEIGHT: f32 = 0.9;
const COMMON_DEFINITION_WEIGHT: f32 = 0.2;
/// Part of a literal's rarity that its first equal occurrence earns.
const LITERAL_WEIGHT: f32 = 0.62;
/// The same for a whole number: 0, 1, 2 in a row are no coincidence and no copy either.
const INTEGER_WEIGHT: f32 = 0.3;
/// The rarity that literals behind literals count at most. The rows of a table follow from its
/// subject: two packages that hold the checksum table of one standard share a thousand bits of
/// literals and no author.
const MAX_TABLE_BITS: f32 = 60.0;
/// What an unequal literal behind a literal costs: two tables correspond in their values or not at
/// all.
const TABLE_MISMATCH_BITS: f32 = -1.0;
/// What an outside name earns when it occurs again.
const REPEATED_NAME_BITS: f32 = 1.0;
/// What a later equal occurrence of a local name earns.
const SAME_NAME_AGAIN_BITS: f32 = 0.5;
/// What an unequal name costs when it is first seen.
const RENAMING_BITS: f32 = -0.9;
/// What a later occurrence of a renamed name earns when it was renamed in the same way.
const CONSISTENT_RENAMING_BITS: f32 = 0.7;
/// What it costs the first time it was not: a copyist renames everywhere or nowhere.
const INCONSISTENT_RENAMING_BITS: f32 = -8.0;
/// What a run of consecutive tokens must earn by structure before any of it counts. An alignment
/// may choose among the thousands of places where a short run could correspond, so a run pays for
/// its place (Altschul et al. 1990 charge the logarithm of the search space once for the whole;
/// here each run is placed anew).
const RUN_FEE_BITS: f32 = 16.0;
/// What a gap costs, and each of its tokens.
const GAP_BITS: f32 = -2.0;
const GAP_TOKEN_BITS: f32 = -0.1;
const MAX_GAP_BITS: f32 = -8.0;
/// What each block beyond the first costs.
const BLOCK_BITS: f32 = -4.0;

/// Cuts an alignment into the stretches that are worth most, each with its evidence; the strongest
/// first.
///
/// A chain may join islands that lie too far apart, or cross code that does not correspond: the
/// whole is then worth less than its parts. The stretch of runs with the highest sum is taken
/// (Kadane's maximum subarray), and what lies on either side is cut in the same way.
pub(crate) fn stretches(
    surprisals: &Surprisals<'_>,
    query: Side<'_>,
    document: Side<'_>,
    blocks: &[Block],
    seen: &mut Seen,
) -> Vec<(Vec<Block>, Evidence)> {
    let mut found = Vec::new();
    let mut waiting = vec![blocks.to_vec()];
    while let Some(blocks) = waiting.pop() {
        if found.len() >= MAX_STRETCHES
            || blocks.iter().map(|block| block.pairs.len()).sum::<usize>() < MIN_STRETCH
        {
            continue;
        }
        let recorder = &mut ();
        let mut sum = Sum::new(surprisals, query, document, recorder, seen);
        let gains = sum.gains(&blocks);
        let kept = best_stretch(&gains);
        if kept == (0..gains.len()) {
            found.push((blocks, sum.evidence.calibrate()));
            continue;
        }
        if kept.is_empty() {
            continue;
        }
        waiting.push(part(&blocks, kept.end..gains.len()));
        waiting.push(part(&blocks, 0..kept.start));
        // The stretch is weighed anew: what it earned depended on what had been seen before it.
        waiting.push(part(&blocks, kept));
    }
    found.sort_by(|a, b| b.1.bits.total_cmp(&a.1.bits).then(a.0[0].pairs[0].cmp(&b.0[0].pairs[0])));
    found
}

/// Weighs a stretch as [`stretches`] does, with somebody who watches how it adds up.
pub(crate) fn measure_with(
    surprisals: &Surprisals<'_>,
    query: Side<'_>,
    document: Side<'_>,
    blocks: &[Block],
    recorder: &mut impl Recorder,
) -> Evidence {
    let mut seen = Seen::default();
    let mut sum = Sum::new(surprisals, query, document, recorder, &mut seen);
    sum.gains(blocks);
    sum.evidence.calibrate()
}

/// Tokens of a stretch, at least.
const MIN_STRETCH: usize = 8;
/// Stretches of an alignment, at most.
const MAX_STRETCHES: usize = 64;

/// The consecutive gains with the highest sum; empty if none is positive.
fn best_stretch(gains: &[f32]) -> std::ops::Range<usize> {
    let (mut best, mut best_sum) = (0..0, 0.0);
    let (mut start, mut sum) = (0, 0.0);
    for (i, gain) in gains.iter().enumerate() {
        if sum <= 0.0 {
            (start, sum) = (i, 0.0);
        }
        sum += gain;
        if sum > best_sum {
            (best, best_sum) = (start..i + 1, sum);
        }
    }
    best
}

/// The blocks of a range of runs, counted over all blocks.
fn part(blocks: &[Block], range: std::ops::Range<usize>) -> Vec<Block> {
    let mut number = 0;
    let mut parts = Vec::new();
    for block in blocks {
        let mut pairs = Vec::new();
        for run in runs(block) {
            if range.contains(&number) {
                pairs.extend_from_slice(run);
            }
            number += 1;
        }
        if !pairs.is_empty() {
            parts.push(Block { pairs });
        }
    }
    parts
}

/// The runs of a block: pairs that follow each other on both sides.
fn runs(block: &Block) -> impl Iterator<Item = &[Pair]> {
    block.pairs.chunk_by(|a, b| a.query + 1 == b.query && a.document + 1 == b.document)
}

struct Sum<'a, R> {
    surprisals: &'a Surprisals<'a>,
    query: Side<'a>,
    document: Side<'a>,
    recorder: &'a mut R,
    evidence: Evidence,
    run_structure: f32,
    /// The rarity counted of literals behind literals.
    table: f32,
    seen: &'a mut Seen,
}

/// What a stretch held so far; kept from one stretch to the next for its memory only.
#[derive(Default)]
pub(crate) struct Seen {
    /// Sequences of classes, as [`packed`] makes them.
    sequences: FxHashSet<u64>,
    names: FxHashSet<u16>,
    outside_names: FxHashSet<u16>,
    renamed: FxHashMap<u16, Renaming>,
}

impl Seen {
    fn clear(&mut self) {
        self.sequences.clear();
        self.names.clear();
        self.outside_names.clear();
        self.renamed.clear();
    }
}

/// Up to seven classes and how many they are, as one number.
fn pack(classes: &[u8]) -> u64 {
    classes.iter().fold(classes.len() as u64, |packed, &class| packed << 8 | u64::from(class))
}

/// What a name of the query is called in the document.
struct Renaming {
    other: u16,
    is_inconsistent: bool,
}

impl<'a, R: Recorder> Sum<'a, R> {
    fn new(
        surprisals: &'a Surprisals<'a>,
        query: Side<'a>,
        document: Side<'a>,
        recorder: &'a mut R,
        seen: &'a mut Seen,
    ) -> Sum<'a, R> {
        seen.clear();
        let evidence = Evidence::default();
        Sum {
            surprisals,
            query,
            document,
            recorder,
            evidence,
            run_structure: 0.0,
            table: 0.0,
            seen,
        }
    }

    fn record(&mut self, step: Step) {
        self.recorder.after(step, &self.evidence, self.run_structure);
    }

    /// Weighs an alignment; returns what each run adds to the total, with the gap or block change
    /// before it.
    fn gains(&mut self, blocks: &[Block]) -> Vec<f32> {
        let mut gains = Vec::new();
        for (number, block) in blocks.iter().enumerate() {
            let mut previous: Option<Pair> = None;
            for run in runs(block) {
                let before = self.evidence.sum();
                match previous {
                    Some(previous) => self.add_gap(previous, run[0]),
                    None if number > 0 => self.add_move(),
                    None => {}
                }
                self.add_run(run);
                previous = run.last().copied();
                gains.push(self.evidence.sum() - before);
            }
        }
        gains
    }

    fn add_run(&mut self, run: &[Pair]) {
        self.evidence.measures.runs += 1.0;
        for (i, &pair) in run.iter().enumerate() {
            self.add_pair(pair, if i == 0 { RUN_START_WEIGHT } else { 1.0 });
            self.record(Step::Pair(pair));
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
        let bits = (GAP_BITS + GAP_TOKEN_BITS * tokens as f32).max(MAX_GAP_BITS);
        self.evidence.penalties += bits;
        self.evidence.measures.gaps += bits;
        self.record(Step::Gap);
    }

    fn add_move(&mut self) {
        self.evidence.penalties += BLOCK_BITS;
        self.evidence.measures.moves += 1.0;
        self.record(Step::Gap);
    }

    fn add_pair(&mut self, pair: Pair, run_weight: f32) {
        let (q, d) = (pair.query as usize, pair.document as usize);
        let class = TokenClass(self.query.classes[q]);
        let weight = run_weight * self.novelty(q);
        let structure = self.surprisals.structure_bits(q);
        self.run_structure += structure * weight;
        self.evidence.matched_tokens += 1;
        let naming = if self.query.names[q] == self.document.names[d] {
            Naming::Equal
        } else {
            Naming::Other
        };
        self.measure(pair, structure * weight, naming);
        if class.is_named() {
            self.add_name(class, q, d, structure, weight);
        }
    }

    fn measure(&mut self, pair: Pair, structure: f32, naming: Naming) {
        let class = TokenClass(self.query.classes[pair.query as usize]);
        let is_new_outside = class.is_outside_name()
            && self.seen.outside_names.insert(self.query.names[pair.query as usize]);
        let freedom = self.surprisals.freedom(pair.query as usize);
        let measures = &mut self.evidence.measures;
        measures.add_pair(pair, structure, naming);
        let count = |counts| if counts { 1.0 } else { 0.0 };
        measures.dictated += count(freedom == Freedom::Dictated);
        measures.interface += count(freedom == Freedom::Interface);
        measures.identifiers += count(class.is_identifier());
        measures.identifiers_equal += count(class.is_identifier() && naming == Naming::Equal);
        measures.outside_equal += count(is_new_outside && naming == Naming::Equal);
        measures.outside_other += count(is_new_outside && naming == Naming::Other);
    }

    /// What a token counts after what the region held before it.
    fn novelty(&mut self, q: usize) -> f32 {
        let mut novelty = 1.0f32;
        // No early end: each length must be remembered for the tokens that follow.
        for (length, weight) in REPEAT_WEIGHTS {
            if let Some(start) = (q + 1).checked_sub(length)
                && !self.seen.sequences.insert(pack(&self.query.classes[start..=q]))
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
                self.evidence.measures.table_mismatches += 1.0;
            }
            return;
        }
        let first = self.seen.names.insert(name);
        if class.is_literal() && self.follows_other_literal(q, d) {
            return;
        }
        let rarity = self.surprisals.name_bits(q);
        if class.is_literal() {
            if first {
                self.add_literal(class, q, rarity);
            }
        } else if class.is_outside_name() {
            let joint = self.surprisals.named_bits(q);
            let surplus = (joint - structure).max(-structure);
            self.evidence.names +=
                weight * if first { surplus } else { surplus.min(REPEATED_NAME_BITS) };
            self.evidence.measures.outside_names += if first { weight * surplus } else { 0.0 };
        } else if first {
            self.add_own_name(class, q, rarity);
        } else {
            self.evidence.names += weight * SAME_NAME_AGAIN_BITS;
        }
    }

    fn add_literal(&mut self, class: TokenClass, q: usize, rarity: f32) {
        let in_table = q > 0 && TokenClass(self.query.classes[q - 1]).is_literal();
        let rarity = if in_table { rarity.min(MAX_TABLE_BITS - self.table) } else { rarity };
        self.table += if in_table { rarity } else { 0.0 };
        let measures = &mut self.evidence.measures;
        let (weight, part) = match class {
            TokenClass::INTEGER => (INTEGER_WEIGHT, &mut measures.integers),
            _ => (LITERAL_WEIGHT, &mut measures.texts),
        };
        self.evidence.literals += weight * rarity;
        *part += weight * rarity;
    }

    fn add_own_name(&mut self, class: TokenClass, q: usize, rarity: f32) {
        let is_common = || self.surprisals.is_common_definition(q);
        let measures = &mut self.evidence.measures;
        let (weight, part) = match class {
            TokenClass::DEFINITION if is_common() => {
                (COMMON_DEFINITION_WEIGHT, &mut measures.defined_names)
            }
            TokenClass::DEFINITION => (DEFINITION_NAME_WEIGHT, &mut measures.defined_names),
            _ => (LOCAL_NAME_WEIGHT, &mut measures.local_names),
        };
        self.evidence.names += weight * rarity;
        *part += weight * rarity;
    }

    /// Whether both tokens stand behind literals that differ: then they are equal by chance.
    fn follows_other_literal(&self, q: usize, d: usize) -> bool {
        let (Some(q), Some(d)) = (q.checked_sub(1), d.checked_sub(1)) else { return false };
        TokenClass(self.query.classes[q]).is_literal()
            && self.query.names[q] != self.document.names[d]
    }

    fn add_renaming(&mut self, name: u16, other: u16) {
        match self.seen.renamed.entry(name) {
            hash_map::Entry::Vacant(first) => {
                first.insert(Renaming { other, is_inconsistent: false });
                self.evidence.penalties += RENAMING_BITS;
                self.evidence.measures.renamed += 1.0;
            }
            hash_map::Entry::Occupied(before) if before.get().other == other => {
                self.evidence.names += CONSISTENT_RENAMING_BITS;
                self.evidence.measures.renamed_again += 1.0;
            }
            hash_map::Entry::Occupied(mut before) => {
                let again = std::mem::replace(&mut before.get_mut().is_inconsistent, true);
                self.evidence.penalties +=
                    if again { RENAMING_BITS } else { INCONSISTENT_RENAMING_BITS };
                self.evidence.measures.renamed_otherwise += if again { 0.0 } else { 1.0 };
            }
        }
    }
}
