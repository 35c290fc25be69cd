//! Learning the model from a sample of the corpus.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    HEADER_BYTES, MAX_ORDER, NAME_COUNT, STEPS_PER_BIT, View, gram_push, gram_seed, named_code, slot_and_tag,
};
use crate::language::Language;
use crate::token::TokenClass;

/// Packages that must write an n-gram before it counts as ordinary.
const MIN_PACKAGES: u16 = 3;
/// Packages that must write an n-gram before longer ones that start with it are counted.
const MIN_PACKAGES_TO_EXTEND: u16 = 2;
/// Occurrences that one package contributes to an n-gram at most.
const MAX_VOTES_OF_A_PACKAGE: u32 = 16;
/// A longer context is stored if it changes the estimate by this much, in bits.
const MIN_GAIN_BITS: f32 = 0.75;
/// N-grams stored at most for each thousand tokens of the corpus.
const GRAMS_PER_THOUSAND_TOKENS: usize = 40;
/// N-grams stored at most.
const MAX_GRAMS: usize = 1_500_000;

/// A document to learn from.
pub struct TrainingDocument {
    /// Number of its package.
    pub package: u32,
    /// Its language.
    pub language: Language,
    /// Token classes.
    pub classes: Vec<u8>,
    /// Name hashes.
    pub names: Vec<u16>,
}

#[derive(Clone, Copy)]
struct Gram {
    /// The gram without its newest token: the context.
    context: u64,
    /// The gram without its oldest token: what prediction falls back to.
    shorter: u64,
    votes: u32,
    packages: u16,
    last_package: u32,
    last_package_votes: u32,
}

struct Estimate {
    gram: u64,
    bits: f32,
    /// Bits by which all votes together would be misjudged without this gram.
    gain: f32,
}

/// Learns a model from documents sorted by package, for a corpus of `corpus_tokens` tokens, in the form
/// [`Model::read`](super::Model::read) takes. The same documents give the same bytes.
pub fn learn(documents: &[TrainingDocument], corpus_tokens: u64) -> Vec<u8> {
    let mut estimates = learn_view(documents, View::Structure);
    estimates.extend(learn_view(documents, View::Named));
    estimates.sort_by(|a, b| b.gain.total_cmp(&a.gain).then(a.gram.cmp(&b.gram)));
    let budget = (corpus_tokens / 1000) as usize * GRAMS_PER_THOUSAND_TOKENS;
    estimates.truncate(budget.min(MAX_GRAMS));
    serialize(&name_table(documents), &estimates)
}

fn learn_view(documents: &[TrainingDocument], view: View) -> Vec<Estimate> {
    let mut kept = Vec::new();
    // What prediction says of each gram of the previous order, stored or not.
    let mut predicted: FxHashMap<u64, f32> = FxHashMap::default();
    let mut extendable: FxHashSet<u64> = FxHashSet::default();
    for order in 1..=MAX_ORDER {
        let grams = count(documents, view, order, &extendable);
        let mut totals: FxHashMap<u64, u64> = FxHashMap::default();
        for gram in grams.values() {
            *totals.entry(gram.context).or_default() += u64::from(gram.votes);
        }
        let mut next_predicted = FxHashMap::default();
        extendable.clear();
        for (&hash, gram) in &grams {
            if gram.packages < MIN_PACKAGES_TO_EXTEND {
                continue;
            }
            extendable.insert(hash);
            if gram.packages < MIN_PACKAGES {
                continue;
            }
            let bits = (totals[&gram.context] as f32 / gram.votes as f32).log2();
            let fallback = predicted.get(&gram.shorter).copied();
            let gain = fallback.map_or(f32::INFINITY, |fallback| (bits - fallback).abs());
            if gain >= MIN_GAIN_BITS {
                kept.push(Estimate { gram: hash, bits, gain: gain * gram.votes as f32 });
                next_predicted.insert(hash, bits);
            } else {
                next_predicted.insert(hash, fallback.unwrap_or(bits));
            }
        }
        predicted = next_predicted;
    }
    kept
}

fn count(
    documents: &[TrainingDocument],
    view: View,
    order: usize,
    extendable: &FxHashSet<u64>,
) -> FxHashMap<u64, Gram> {
    let mut grams: FxHashMap<u64, Gram> = FxHashMap::default();
    for document in documents {
        let code = |i: usize| match view {
            View::Structure => u64::from(document.classes[i]),
            View::Named => named_code(document.classes[i], document.names[i]),
        };
        // The hash of tokens `from..=to`, newest first.
        let hash = |from: usize, to: usize| {
            (from..=to).rev().fold(gram_seed(view, document.language), |hash, i| gram_push(hash, code(i)))
        };
        for last in order - 1..document.classes.len() {
            let first = last + 1 - order;
            let context = if order == 1 { gram_seed(view, document.language) } else { hash(first, last - 1) };
            if order > 1 && !extendable.contains(&context) {
                continue;
            }
            let shorter = if order == 1 { 0 } else { hash(first + 1, last) };
            vote(
                grams.entry(hash(first, last)).or_insert(Gram {
                    context,
                    shorter,
                    votes: 0,
                    packages: 0,
                    last_package: u32::MAX,
                    last_package_votes: 0,
                }),
                document.package,
            );
        }
    }
    grams
}

fn vote(gram: &mut Gram, package: u32) {
    if gram.last_package != package {
        gram.last_package = package;
        gram.last_package_votes = 0;
        gram.packages = gram.packages.saturating_add(1);
    }
    if gram.last_package_votes < MAX_VOTES_OF_A_PACKAGE {
        gram.last_package_votes += 1;
        gram.votes += 1;
    }
}

/// Surprisal of each name: its frequency within a package, averaged over packages.
fn name_table(documents: &[TrainingDocument]) -> Vec<u8> {
    let mut shares = vec![0f64; NAME_COUNT];
    let mut packages = 0;
    for of_package in documents.chunk_by(|a, b| a.package == b.package) {
        let mut counts: FxHashMap<u16, u32> = FxHashMap::default();
        for document in of_package {
            for (&class, &name) in document.classes.iter().zip(&document.names) {
                if TokenClass(class).is_named() {
                    *counts.entry(name).or_default() += 1;
                }
            }
        }
        let total: u32 = counts.values().sum();
        for (name, count) in counts {
            shares[usize::from(name)] += f64::from(count) / f64::from(total);
        }
        packages += 1;
    }
    shares.iter().map(|&share| steps((f64::from(packages.max(1)) / share.max(1e-9)).log2() as f32)).collect()
}

fn steps(bits: f32) -> u8 {
    (bits * STEPS_PER_BIT).round().clamp(0.0, 255.0) as u8
}

fn serialize(names: &[u8], estimates: &[Estimate]) -> Vec<u8> {
    let slot_bits = (estimates.len() * 4 / 3 + 2).next_power_of_two().trailing_zeros();
    let mut slots = vec![0u32; 1 << slot_bits];
    for estimate in estimates {
        let (mut at, tag) = slot_and_tag(estimate.gram);
        while slots[at & (slots.len() - 1)] != 0 {
            at += 1;
        }
        let mask = slots.len() - 1;
        slots[at & mask] = tag << 8 | u32::from(steps(estimate.bits));
    }
    let mut bytes = vec![0; HEADER_BYTES];
    bytes[0] = slot_bits as u8;
    bytes.extend_from_slice(names);
    bytes.extend(slots.iter().flat_map(|slot| slot.to_le_bytes()));
    bytes
}
