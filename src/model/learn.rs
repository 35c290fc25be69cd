//! Learning the model from a sample of the corpus.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

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

/// Tokens for each of which there is a part of the contexts, on average, and parts at the most.
const TOKENS_OF_A_PART: usize = 1 << 15;
const MAX_PARTS: usize = 256;

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

/// What is counted of an n-gram.
struct Gram {
    /// Where it stands first.
    first: u32,
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
    estimates.par_sort_by(|a, b| b.gain.total_cmp(&a.gain).then(a.gram.cmp(&b.gram)));
    let budget = (corpus_tokens / 1000) as usize * GRAMS_PER_THOUSAND_TOKENS;
    estimates.truncate(budget.min(MAX_GRAMS));
    serialize(&name_table(documents), &estimates)
}

fn learn_view(documents: &[TrainingDocument], view: View) -> Vec<Estimate> {
    let mut sample = Sample::new(documents, view);
    let mut kept = Vec::new();
    // What prediction says of each gram of the previous order, stored or not.
    let mut predicted: FxHashMap<u64, f32> = FxHashMap::default();
    for order in 1..=MAX_ORDER {
        let (mut places, ends) = sample.places_by_context(order);
        let counted: Vec<Counted> = slices(&mut places, &ends)
            .into_par_iter()
            .map(|places| sample.count(order, places, &predicted))
            .collect();
        sample.extendable.fill(0);
        predicted = FxHashMap::default();
        let mut start = 0;
        for (counted, end) in counted.into_iter().zip(ends) {
            for &place in &places[start..start + counted.extendable] {
                sample.extendable[place as usize / 64] |= 1 << (place % 64);
            }
            predicted.extend(counted.predicted);
            kept.extend(counted.kept);
            start = end;
        }
        sample.lengthen(order);
    }
    kept
}

/// The documents one behind the other, with the gram that ends at each token, of an order that grows.
struct Sample {
    documents: Vec<Extent>,
    codes: Vec<u32>,
    /// The gram of the order before that ends at each token; at first the seed of its language.
    grams: Vec<u64>,
    /// Whether the gram that ends at a token is to be extended: a bit each.
    extendable: Vec<u64>,
}

/// Where a document ends in the sample, and its package.
struct Extent {
    end: usize,
    package: u32,
}

/// What became of the grams of some contexts.
struct Counted {
    /// How many of the places, put first, end a gram that is to be extended.
    extendable: usize,
    kept: Vec<Estimate>,
    predicted: Vec<(u64, f32)>,
}

impl Sample {
    fn new(documents: &[TrainingDocument], view: View) -> Sample {
        let tokens = documents.iter().map(|document| document.classes.len()).sum();
        let mut sample = Sample {
            documents: Vec::with_capacity(documents.len()),
            codes: Vec::with_capacity(tokens),
            grams: Vec::with_capacity(tokens),
            extendable: vec![0; tokens.div_ceil(64)],
        };
        for document in documents {
            sample.codes.extend(document.classes.iter().zip(&document.names).map(
                |(&class, &name)| match view {
                    View::Structure => u32::from(class),
                    View::Named => named_code(class, name),
                },
            ));
            sample.grams.resize(sample.codes.len(), gram_seed(view, document.language));
            sample.documents.push(Extent { end: sample.codes.len(), package: document.package });
        }
        sample
    }

    /// The last tokens of all grams of that order whose context is to be extended. Those whose contexts fall into the
    /// same part are side by side, in order: so little is counted at a time that it stays in the processor's cache, and
    /// whoever counts a part sees all that follows its contexts. Also where the parts end.
    fn places_by_context(&self, order: usize) -> (Vec<u32>, Vec<usize>) {
        let parts = (self.codes.len() / TOKENS_OF_A_PART).next_power_of_two().min(MAX_PARTS);
        let part_of = |context: u64| (context >> 32) as usize & (parts - 1);
        let mut ends = vec![0; parts];
        self.each_place(order, |_, context| ends[part_of(context)] += 1);
        let mut total = 0;
        for end in &mut ends {
            total += std::mem::replace(end, total);
        }
        let mut places = vec![0; total];
        self.each_place(order, |place, context| {
            let next = &mut ends[part_of(context)];
            places[*next] = place as u32;
            *next += 1;
        });
        (places, ends)
    }

    fn each_place(&self, order: usize, mut act: impl FnMut(usize, u64)) {
        let mut start = 0;
        for document in &self.documents {
            for place in start + order - 1..document.end {
                if order == 1 || self.extendable[(place - 1) / 64] >> ((place - 1) % 64) & 1 == 1 {
                    act(place, self.context(order, place));
                }
            }
            start = document.end;
        }
    }

    /// The gram of the order before that ends before a token; before the first order, the seed.
    fn context(&self, order: usize, place: usize) -> u64 {
        self.grams[if order == 1 { place } else { place - 1 }]
    }

    /// The gram of an order that ends at a token, out of the one of the order before.
    fn gram(&self, order: usize, place: usize) -> u64 {
        gram_push(self.grams[place], u64::from(self.codes[place + 1 - order]))
    }

    /// Counts the grams that end at some places, which hold all that follow some contexts.
    fn count(&self, order: usize, places: &mut [u32], predicted: &FxHashMap<u64, f32>) -> Counted {
        let mut numbers: FxHashMap<u64, u32> = FxHashMap::default();
        let mut grams: Vec<(u64, Gram)> = Vec::new();
        let mut number_at = Vec::with_capacity(places.len());
        let mut document = 0;
        for &place in places.iter() {
            document += self.documents[document..].iter().take_while(|it| it.end <= place as usize).count();
            let hash = self.gram(order, place as usize);
            let number = *numbers.entry(hash).or_insert_with(|| {
                grams.push((hash, Gram::new(place)));
                grams.len() as u32 - 1
            });
            grams[number as usize].1.vote(self.documents[document].package);
            number_at.push(number);
        }
        let mut extendable = 0;
        for (i, &number) in number_at.iter().enumerate() {
            if grams[number as usize].1.packages >= MIN_PACKAGES_TO_EXTEND {
                places[extendable] = places[i];
                extendable += 1;
            }
        }
        let (kept, predicted) = self.estimate(order, &grams, predicted);
        Counted { extendable, kept, predicted }
    }

    /// What the counts say, and what of it is worth storing.
    fn estimate(
        &self,
        order: usize,
        grams: &[(u64, Gram)],
        predicted: &FxHashMap<u64, f32>,
    ) -> (Vec<Estimate>, Vec<(u64, f32)>) {
        let mut totals: FxHashMap<u64, u64> = FxHashMap::default();
        let context = |gram: &Gram| self.context(order, gram.first as usize);
        for (_, gram) in grams {
            *totals.entry(context(gram)).or_default() += u64::from(gram.votes);
        }
        let (mut kept, mut says) = (Vec::new(), Vec::new());
        for &(hash, ref gram) in grams.iter().filter(|(_, gram)| gram.packages >= MIN_PACKAGES) {
            let bits = (totals[&context(gram)] as f32 / gram.votes as f32).log2();
            let shorter = self.grams[gram.first as usize];
            let fallback = if order == 1 { None } else { predicted.get(&shorter).copied() };
            let gain = fallback.map_or(f32::INFINITY, |fallback| (bits - fallback).abs());
            if gain >= MIN_GAIN_BITS {
                kept.push(Estimate { gram: hash, bits, gain: gain * gram.votes as f32 });
                says.push((hash, bits));
            } else {
                says.push((hash, fallback.unwrap_or(bits)));
            }
        }
        (kept, says)
    }

    /// Goes on to the next order. Where no gram of this order ends, nothing asks for one.
    fn lengthen(&mut self, order: usize) {
        for place in (order - 1..self.grams.len()).rev() {
            self.grams[place] = self.gram(order, place);
        }
    }
}

/// The parts of places, by where they end.
fn slices<'a>(mut places: &'a mut [u32], ends: &[usize]) -> Vec<&'a mut [u32]> {
    let mut start = 0;
    let part = |&end: &usize| {
        let (part, rest) = std::mem::take(&mut places).split_at_mut(end - start);
        (places, start) = (rest, end);
        part
    };
    ends.iter().map(part).collect()
}

impl Gram {
    fn new(first: u32) -> Gram {
        Gram { first, votes: 0, packages: 0, last_package: u32::MAX, last_package_votes: 0 }
    }

    fn vote(&mut self, package: u32) {
        if self.last_package != package {
            self.last_package = package;
            self.last_package_votes = 0;
            self.packages = self.packages.saturating_add(1);
        }
        if self.last_package_votes < MAX_VOTES_OF_A_PACKAGE {
            self.last_package_votes += 1;
            self.votes += 1;
        }
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
