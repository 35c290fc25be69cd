//! The model of ordinary code: how surprising a token is where it stands.
//!
//! Two n-gram models with back-off, learned from an index, for each family apart, and stored with
//! it: *structure* predicts the class of a token from the classes before it, *named* predicts class
//! and outside name together, so that an idiom (`super().__init__(`, `impl fmt::Display for`) is as
//! unsurprising as it should be. An n-gram counts by how many packages write it, each package's
//! vote bounded: what one project repeats is its own style, not ordinary code.
//!
//! Surprisal is -log2 of a probability, in bits. The estimate is that of the longest stored
//! context; n-grams whose shorter context already says the same are not stored (Stolcke 1998,
//! entropy-based pruning, in its simplest form).

mod learn;
mod surprisals;

pub(crate) use learn::TrainingDocument;
pub use learn::learn;
pub(crate) use surprisals::Surprisals;

use crate::text::language::Family;
use crate::text::token::{ClassesOfRelative, NameHash, TokenClass};

/// Tokens of context and prediction together, at most.
const MAX_ORDER: usize = 6;
/// The most a token's class can earn, in bits.
const MAX_STRUCTURE_BITS: f32 = 10.0;
/// The most a token's class and name can earn together, in bits.
const MAX_NAMED_BITS: f32 = 16.0;
/// The most a name alone can earn: its hash has 16 bits.
const MAX_NAME_BITS: f32 = 13.0;
/// Stored steps in a bit.
const STEPS_PER_BIT: f32 = 8.0;
/// Names there can be.
const NAME_COUNT: usize = 1 << 16;
/// Bytes before the table of names: number of slot bits, and padding.
const HEADER_BYTES: usize = 8;

/// A stored model, read in place.
#[derive(Clone, Copy)]
pub struct Model<'a> {
    names: &'a [u8],
    slots: &'a [u8],
    slot_mask: usize,
    stands_in: Option<StandIn>,
}

/// How a model answers for a family that has none: as the family that it was learned from.
#[derive(Clone, Copy)]
struct StandIn {
    family: Family,
    /// Each class of the other family as a class of this one.
    classes: &'static ClassesOfRelative,
}

/// What a word counts that the relative does not have.
const FOREIGN_WORD_BITS: f32 = 3.0;

/// What an n-gram sees of its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Structure,
    Named,
}

impl<'a> Model<'a> {
    /// Reads a model that [`learn`] made; `None` if it is not one.
    pub fn read(bytes: &'a [u8]) -> Option<Model<'a>> {
        let slot_bits = u32::from(*bytes.first()?);
        let slot_count = 1usize.checked_shl(slot_bits)?;
        let (names, slots) = bytes.get(HEADER_BYTES..)?.split_at_checked(NAME_COUNT)?;
        (slots.len() == slot_count.checked_mul(4)?).then_some(Model {
            names,
            slots,
            slot_mask: slot_count - 1,
            stands_in: None,
        })
    }

    /// The model of a family, as it answers for code of a relative that has no model of its own.
    /// `classes` are the classes of the relative in terms of the family.
    pub(crate) fn standing_in(
        self,
        family: Family,
        classes: &'static ClassesOfRelative,
    ) -> Model<'a> {
        Model { stands_in: Some(StandIn { family, classes }), ..self }
    }

    /// A class as the model knows it; `None` for a word that its family does not have.
    fn class(&self, class: u8) -> Option<u8> {
        match self.stands_in {
            None => Some(class),
            Some(StandIn { classes, .. }) => classes[usize::from(class)],
        }
    }

    /// Surprisal of the class of token `i` after the classes before it, in bits.
    pub fn structure_bits(&self, family: Family, classes: &[u8], i: usize) -> f32 {
        if self.class(classes[i]).is_none() {
            return FOREIGN_WORD_BITS;
        }
        let code = |at: usize| self.class(classes[at]).map(u64::from);
        self.surprisal(View::Structure, family, i, code)
            .unwrap_or(MAX_STRUCTURE_BITS)
            .min(MAX_STRUCTURE_BITS)
    }

    /// Surprisal of the class and outside name of token `i` after the tokens before it, in bits.
    pub fn named_bits(&self, family: Family, classes: &[u8], names: &[u16], i: usize) -> f32 {
        let code = |at: usize| {
            self.class(classes[at]).map(|class| u64::from(named_code(class, names[at])))
        };
        let known = self.surprisal(View::Named, family, i, code);
        let unknown =
            || self.structure_bits(family, classes, i) + self.name_bits(NameHash(names[i]));
        known.unwrap_or_else(unknown).min(MAX_NAMED_BITS)
    }

    /// Surprisal of a name anywhere, in bits.
    pub(crate) fn name_bits(&self, name: NameHash) -> f32 {
        let stored = self.names.get(usize::from(name.0)).copied().unwrap_or(u8::MAX);
        (f32::from(stored) / STEPS_PER_BIT).min(MAX_NAME_BITS)
    }

    /// Whether several packages define something of that name, so that an interface may have
    /// dictated it.
    pub(crate) fn is_common_definition(&self, family: Family, name: NameHash) -> bool {
        let code = named_code(TokenClass::DEFINITION.0, name.0);
        let family = self.stands_in.map_or(family, |own| own.family);
        self.slot(gram_push(gram_seed(View::Named, family), u64::from(code))).is_some()
    }

    fn surprisal(
        &self,
        view: View,
        family: Family,
        i: usize,
        code: impl Fn(usize) -> Option<u64>,
    ) -> Option<f32> {
        let mut found = None;
        let mut hash = gram_seed(view, self.stands_in.map_or(family, |own| own.family));
        // Grams are hashed from the newest token to the oldest, so that each longer context extends
        // the shorter one.
        for order in 1..=MAX_ORDER.min(i + 1) {
            // The model has seen nothing behind a word that its family does not have.
            let Some(code) = code(i + 1 - order) else { break };
            hash = gram_push(hash, code);
            found = self.slot(hash).or(found);
        }
        found
    }

    fn slot(&self, hash: u64) -> Option<f32> {
        let (home, tag) = slot_and_tag(hash);
        // A table that `learn` made has empty slots; the bound is for one that somebody else made.
        for step in 0..=self.slot_mask {
            let at = home.wrapping_add(step) & self.slot_mask;
            let entry = self.slots.get(at * 4..at * 4 + 4)?;
            let entry = u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]);
            if entry == 0 {
                return None;
            }
            if entry >> 8 == tag {
                return Some((entry & 0xFF) as f32 / STEPS_PER_BIT);
            }
        }
        None
    }
}

/// The code of a token in the named view: its class, and its name if that comes from outside or is
/// being defined.
fn named_code(class: u8, name: u16) -> u32 {
    let class_of = TokenClass(class);
    let outside = class_of.is_outside_name() || class_of == TokenClass::DEFINITION;
    u32::from(class) | if outside { u32::from(name) << 8 } else { 0 }
}

fn gram_seed(view: View, family: Family) -> u64 {
    let view = match view {
        View::Structure => 1u64,
        View::Named => 2,
    };
    (view << 8 | u64::from(family.number())).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn gram_push(hash: u64, code: u64) -> u64 {
    let mixed =
        (hash ^ code.wrapping_add(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^ (mixed >> 29)
}

/// Home slot and tag of a gram; a tag is never 0, since 0 marks an empty slot.
fn slot_and_tag(hash: u64) -> (usize, u32) {
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed >> 24) as usize, ((mixed as u32) & 0xFF_FFFF).max(1))
}

impl Model<'static> {
    /// The model that knows nothing and finds everything surprising; what there is before a first
    /// index is built.
    pub fn ignorant() -> Model<'static> {
        static NAMES: [u8; NAME_COUNT] = [u8::MAX; NAME_COUNT];
        Model { names: &NAMES, slots: &[0; 4], slot_mask: 0, stands_in: None }
    }
}
