//! Learning the model from a sample of the corpus.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{
    HEADER_BYTES, MAX_ORDER, NAME_COUNT, STEPS_PER_BIT, View, gram_push, gram_seed, named_code,
    slot_and_tag,
};
use crate::text::language::Family;
use crate::text::token::TokenClass;

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
const TOKENS_OF_A_PART: usize = 1 << 14;
const MAX_PARTS: usize = 512;

/// A document to learn from.
pub struct TrainingDocument {
    /// Number of its package.
    pub package: u32,
    /// Its family.
    pub family: Family,
    /// Token classes.
    pub classes: Vec<u8>,
    /// Name hashes.
    pub names: Vec<u16>,
}

/// What is counted of an n-gram.
struct Gram {
    /// Where it stands first.
    first: usize,
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

/// Learns a model from documents sorted by package, for a corpus of `corpus_tokens` tokens, in the
/// form [`Model::read`](super::Model::read) takes. The same documents give the same bytes.
pub fn learn(documents: Vec<TrainingDocument>, corpus_tokens: u64) -> Vec<u8> {
    let names = name_table(&documents);
    let mut sample = Sample::new(documents);
    let mut estimates = sample.learn(View::Structure);
    estimates.extend(sample.learn(View::Named));
    estimates.par_sort_by(|a, b| b.gain.total_cmp(&a.gain).then(a.gram.cmp(&b.gram)));
    let budget = (corpus_tokens / 1000) as usize * GRAMS_PER_THOUSAND_TOKENS;
    estimates.truncate(budget.min(MAX_GRAMS));
    serialize(&names, &estimates)
}

/// The documents one behind the other, with the gram that ends at each token, of an order that
/// grows.
struct Sample {
    documents: Vec<Extent>,
    /// Class and name of each token.
    tokens: Vec<u32>,
    /// The gram of the order before that ends at each token; at first the seed of its family.
    grams: Vec<u64>,
    /// Whether the gram that ends at a token is to be extended: a bit each.
    extendable: Vec<u64>,
    view: View,
}

/// Where a document ends in the sample, and what it is.
struct Extent {
    end: usize,
    package: u32,
    family: Family,
}

/// A gram where it occurs: both halves of its hash, and its last token.
#[derive(Clone, Copy, Default)]
struct Occurrence([u32; 3]);

/// What became of the grams of some contexts.
struct Counted {
    /// How many of the occurrences, put first, are to be extended.
    extendable: usize,
    kept: Vec<Estimate>,
    predicted: Vec<(u64, f32)>,
}

impl Occurrence {
    fn new(gram: u64, place: usize) -> Occurrence {
        Occurrence([(gram >> 32) as u32, gram as u32, place as u32])
    }

    fn gram(self) -> u64 {
        u64::from(self.0[0]) << 32 | u64::from(self.0[1])
    }

    fn place(self) -> usize {
        self.0[2] as usize
    }
}

impl Sample {
    fn new(documents: Vec<TrainingDocument>) -> Sample {
        let count = documents.iter().map(|document| document.classes.len()).sum();
        let mut sample = Sample {
            documents: Vec::with_capacity(documents.len()),
            tokens: Vec::with_capacity(count),
            grams: vec![0; count],
            extendable: vec![0; count.div_ceil(64)],
            view: View::Structure,
        };
        for TrainingDocument { package, family, classes, names } in documents {
            let token = |(class, name)| u32::from(class) | u32::from(name) << 8;
            sample.tokens.extend(classes.into_iter().zip(names).map(token));
            sample.documents.push(Extent { end: sample.tokens.len(), package, family });
        }
        sample
    }

    fn learn(&mut self, view: View) -> Vec<Estimate> {
        self.begin(view);
        let mut kept = Vec::new();
        // What prediction says of each gram of the previous order, stored or not.
        let mut predicted: FxHashMap<u64, f32> = FxHashMap::default();
        let mut occurrences = Vec::new();
        for order in 1..=MAX_ORDER {
            let ends = self.by_context(order, &mut occurrences);
            let counted: Vec<Counted> = slices(&mut occurrences, &ends)
                .into_par_iter()
                .map(|some| self.count(order, some, &predicted))
                .collect();
            self.extendable.fill(0);
            predicted = FxHashMap::default();
            let mut start = 0;
            for (counted, end) in counted.into_iter().zip(ends) {
                for occurrence in &occurrences[start..start + counted.extendable] {
                    self.extendable[occurrence.place() / 64] |= 1 << (occurrence.place() % 64);
                }
                predicted.extend(counted.predicted);
                kept.extend(counted.kept);
                start = end;
            }
            if order < MAX_ORDER {
                self.lengthen(order);
            }
        }
        kept
    }

    fn begin(&mut self, view: View) {
        self.view = view;
        let mut start = 0;
        for document in &self.documents {
            self.grams[start..document.end].fill(gram_seed(view, document.family));
            start = document.end;
        }
    }

    /// The occurrences of all grams of that order whose context is to be extended. Those whose
    /// contexts fall into the same part are side by side, in order: so little is counted at a time
    /// that it stays in the processor's cache, and whoever counts a part sees all that follows its
    /// contexts. Tells where the parts end.
    fn by_context(&self, order: usize, occurrences: &mut Vec<Occurrence>) -> Vec<usize> {
        let parts = (self.tokens.len() / TOKENS_OF_A_PART).next_power_of_two().min(MAX_PARTS);
        let part_of = |context: u64| (context >> 32) as usize & (parts - 1);
        let mut ends = vec![0; parts];
        self.each_place(order, |_, context| ends[part_of(context)] += 1);
        let mut total = 0;
        for end in &mut ends {
            total += std::mem::replace(end, total);
        }
        // There are hardly ever more than of the order before: nothing is made anew.
        occurrences.resize(total, Occurrence::default());
        self.each_place(order, |place, context| {
            let next = &mut ends[part_of(context)];
            occurrences[*next] = Occurrence::new(self.gram(order, place), place);
            *next += 1;
        });
        ends
    }

    fn each_place(&self, order: usize, mut act: impl FnMut(usize, u64)) {
        let mut start = 0;
        for document in &self.documents {
            match order {
                1 => (start..document.end).for_each(|place| act(place, self.grams[place])),
                _ => (start + order - 2..document.end.saturating_sub(1))
                    .filter(|before| self.extendable[before / 64] >> (before % 64) & 1 == 1)
                    .for_each(|before| act(before + 1, self.grams[before])),
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
        let token = self.tokens[place + 1 - order];
        let code = match self.view {
            View::Structure => token & 0xFF,
            View::Named => named_code(token as u8, (token >> 8) as u16),
        };
        gram_push(self.grams[place], u64::from(code))
    }

    /// Counts occurrences of grams, which are all that follow some contexts.
    fn count(
        &self,
        order: usize,
        occurrences: &mut [Occurrence],
        predicted: &FxHashMap<u64, f32>,
    ) -> Counted {
        let mut numbers: FxHashMap<u64, u32> = FxHashMap::default();
        let mut grams: Vec<(u64, Gram)> = Vec::new();
        let mut number_of = Vec::with_capacity(occurrences.len());
        let mut document = 0;
        for occurrence in occurrences.iter() {
            let is_before = |extent: &&Extent| extent.end <= occurrence.place();
            document += self.documents[document..].iter().take_while(is_before).count();
            let number = *numbers.entry(occurrence.gram()).or_insert_with(|| {
                grams.push((occurrence.gram(), Gram::new(occurrence.place())));
                grams.len() as u32 - 1
            });
            grams[number as usize].1.vote(self.documents[document].package);
            number_of.push(number);
        }
        let mut extendable = 0;
        for (i, number) in number_of.into_iter().enumerate() {
            if grams[number as usize].1.packages >= MIN_PACKAGES_TO_EXTEND {
                // `extendable` never passes `i`: nothing is overwritten before it is read.
                occurrences[extendable] = occurrences[i];
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
        let context = |gram: &Gram| self.context(order, gram.first);
        for (_, gram) in grams {
            *totals.entry(context(gram)).or_default() += u64::from(gram.votes);
        }
        let (mut kept, mut says) = (Vec::new(), Vec::new());
        for &(hash, ref gram) in grams.iter().filter(|(_, gram)| gram.packages >= MIN_PACKAGES) {
            let bits = (totals[&context(gram)] as f32 / gram.votes as f32).log2();
            let shorter = self.grams[gram.first];
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

/// The parts of something, by where they end.
fn slices<'a, T>(mut all: &'a mut [T], ends: &[usize]) -> Vec<&'a mut [T]> {
    let mut start = 0;
    let part = |&end: &usize| {
        let (part, rest) = std::mem::take(&mut all).split_at_mut(end - start);
        (all, start) = (rest, end);
        part
    };
    ends.iter().map(part).collect()
}

impl Gram {
    fn new(first: usize) -> Gram {
        Gram { first, votes: 0, packages: 0, last_package: u32::MAX, last_package_votes: 0 }
    }

    fn vote(&mut self, package: u32) {
        // Documents come sorted by package, so that it suffices to remember the last.
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
        // Each name has a sum of its own: the order of the map does not show.
        for (name, count) in counts {
            shares[usize::from(name)] += f64::from(count) / f64::from(total);
        }
        packages += 1;
    }
    shares
        .iter()
        .map(|&share| steps((f64::from(packages.max(1)) / share.max(1e-9)).log2() as f32))
        .collect()
}

fn steps(bits: f32) -> u8 {
    (bits * STEPS_PER_BIT).round().clamp(0.0, 255.0) as u8
}

fn serialize(names: &[u8], estimates: &[Estimate]) -> Vec<u8> {
    let slot_bits = (estimates.len() * 4 / 3 + 2).next_power_of_two().trailing_zeros();
    let mut slots = vec![0u32; 1 << slot_bits];
    for estimate in estimates {
        let (mut at, tag) = slot_and_tag(estimate.gram);
        // There are more slots than estimates, so that an empty one is found.
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
