//! The surprisals of one stream, kept: every candidate asks for those of the same tokens.

use std::cell::Cell;

use super::Model;
use crate::language::Language;
use crate::token::{NameHash, TokenClass};

/// The surprisals of the tokens of a stream under a [`Model`], each computed when it is first asked for.
pub struct Surprisals<'a> {
    model: &'a Model<'a>,
    language: Language,
    classes: &'a [u8],
    names: &'a [u16],
    /// What is not known yet is not a number.
    structure: Vec<Cell<f32>>,
    named: Vec<Cell<f32>>,
}

impl<'a> Surprisals<'a> {
    /// Those of the tokens of these classes and names.
    pub fn new(
        model: &'a Model<'a>,
        language: Language,
        classes: &'a [u8],
        names: &'a [u16],
    ) -> Surprisals<'a> {
        let unknown = vec![Cell::new(f32::NAN); classes.len()];
        Surprisals { model, language, classes, names, structure: unknown.clone(), named: unknown }
    }

    /// The class of a token of the stream.
    pub fn class(&self, i: usize) -> TokenClass {
        TokenClass(self.classes[i])
    }

    /// [`Model::structure_bits`] of token `i`.
    pub fn structure_bits(&self, i: usize) -> f32 {
        known(&self.structure[i], || self.model.structure_bits(self.language, self.classes, i))
    }

    /// [`Model::named_bits`] of token `i`.
    pub fn named_bits(&self, i: usize) -> f32 {
        known(&self.named[i], || self.model.named_bits(self.language, self.classes, self.names, i))
    }

    /// [`Model::name_bits`] of the name of token `i`.
    pub fn name_bits(&self, i: usize) -> f32 {
        self.model.name_bits(NameHash(self.names[i]))
    }

    /// [`Model::is_common_definition`] of the name of token `i`.
    pub fn is_common_definition(&self, i: usize) -> bool {
        self.model.is_common_definition(self.language, NameHash(self.names[i]))
    }
}

fn known(cell: &Cell<f32>, compute: impl FnOnce() -> f32) -> f32 {
    if cell.get().is_nan() {
        cell.set(compute());
    }
    cell.get()
}
