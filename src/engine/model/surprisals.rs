//! The surprisals of one stream, kept: every candidate asks for those of the same tokens.

use std::cell::Cell;

use super::Model;
use crate::text::language::Family;
use crate::text::token::{Freedom, NameHash, TokenClass};

/// What tokens of an interface and dictated tokens count of their surprisal. On the development
/// half 0.2, 0.3, 0.4 and 1 were tried for dictated tokens and 0.5, 0.7, 0.75 and 1 for interfaces:
/// lower weights lose short copies for hardly fewer alarms.
const INTERFACE_WEIGHT: f32 = 0.85;
const DICTATED_WEIGHT: f32 = 0.3;

/// The surprisals of the tokens of a stream under a [`Model`], each computed when it is first asked
/// for.
pub(crate) struct Surprisals<'a> {
    model: &'a Model<'a>,
    family: Family,
    classes: &'a [u8],
    names: &'a [u16],
    freedom: &'a [Freedom],
    /// What is not known yet is not a number.
    structure: Vec<Cell<f32>>,
    named: Vec<Cell<f32>>,
}

impl<'a> Surprisals<'a> {
    /// Those of the tokens of these classes, names and freedom.
    pub(crate) fn new(
        model: &'a Model<'a>,
        family: Family,
        classes: &'a [u8],
        names: &'a [u16],
        freedom: &'a [Freedom],
    ) -> Surprisals<'a> {
        let unknown = vec![Cell::new(f32::NAN); classes.len()];
        Surprisals {
            model,
            family,
            classes,
            names,
            freedom,
            structure: unknown.clone(),
            named: unknown,
        }
    }

    /// The freedom of token `i`.
    pub(crate) fn freedom(&self, i: usize) -> Freedom {
        self.freedom.get(i).copied().unwrap_or_default()
    }

    /// Part of the surprisal of token `i` that counts: who implements the same interface or lists
    /// the same facts writes it too.
    fn weight(&self, i: usize) -> f32 {
        match self.freedom(i) {
            Freedom::Free => 1.0,
            Freedom::Interface => INTERFACE_WEIGHT,
            Freedom::Dictated => DICTATED_WEIGHT,
        }
    }

    /// The class of a token of the stream.
    pub(crate) fn class(&self, i: usize) -> TokenClass {
        TokenClass(self.classes[i])
    }

    /// [`Model::structure_bits`] of token `i`.
    pub(crate) fn structure_bits(&self, i: usize) -> f32 {
        get_or_compute(&self.structure[i], || {
            self.weight(i) * self.model.structure_bits(self.family, self.classes, i)
        })
    }

    /// [`Model::named_bits`] of token `i`.
    pub(crate) fn named_bits(&self, i: usize) -> f32 {
        get_or_compute(&self.named[i], || {
            self.weight(i) * self.model.named_bits(self.family, self.classes, self.names, i)
        })
    }

    /// [`Model::name_bits`] of the name of token `i`.
    pub(crate) fn name_bits(&self, i: usize) -> f32 {
        self.weight(i) * self.model.name_bits(NameHash(self.names[i]))
    }

    /// [`Model::is_common_definition`] of the name of token `i`.
    pub(crate) fn is_common_definition(&self, i: usize) -> bool {
        self.model.is_common_definition(self.family, NameHash(self.names[i]))
    }
}

fn get_or_compute(cell: &Cell<f32>, compute: impl FnOnce() -> f32) -> f32 {
    if cell.get().is_nan() {
        cell.set(compute());
    }
    cell.get()
}
