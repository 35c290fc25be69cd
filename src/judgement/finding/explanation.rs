//! Why a reference was reported: its evidence token by token and line by line, beside what it is
//! weighed against.

use super::Reference;
use crate::engine::evidence::{Parts, RunEntry};
use crate::engine::matcher::{Clearing, Naming, Standing};
use crate::purl::Purl;
use crate::text::span::LineRange;

/// An account of one reference.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The reference.
    pub reference: Reference,
    /// The component of the strongest alignment, which is the one told; the likeliest origin may be
    /// another.
    pub purl: Purl,
    /// The document there.
    pub document: String,
    /// The lines of the reference, and those behind it whose tokens were weighed with it.
    pub lines: Vec<Line>,
    /// The runs of consecutive corresponding tokens, in the order they were counted.
    pub runs: Vec<Run>,
    /// The evidence in bits from which a match is reported.
    pub threshold_bits: f32,
    /// The names of the presets under which it is reported, the strictest first.
    pub presets: Vec<&'static str>,
    /// How each owner stands, in their order.
    pub(crate) standings: Vec<Standing>,
    /// The least that would have to be rewritten for the reference to go away.
    pub(crate) clearing: Option<Clearing>,
}

/// A line of the user's file.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number, counted from 1.
    pub number: u32,
    /// The first line of the origin that it corresponds to.
    pub origin: Option<u32>,
    /// Its text without the line break.
    pub text: String,
    /// What its tokens earned.
    pub parts: Parts,
    /// Its tokens.
    pub tokens: Vec<Token>,
}

/// A token of the user's file.
#[derive(Clone, Debug)]
pub struct Token {
    /// Column of its first character, counted from 1 in Unicode scalar values.
    pub start_column: u32,
    /// Column behind its last character on this line.
    pub end_column: u32,
    /// Its class, in a word.
    pub class: &'static str,
    /// What it corresponds to, if it does.
    pub counterpart: Option<Counterpart>,
}

/// The token of the origin that a token corresponds to. The index keeps its class and a hash of its
/// name, no text.
#[derive(Clone, Copy, Debug)]
pub struct Counterpart {
    /// Its line.
    pub line: u32,
    /// Whether it bears the same name or literal.
    pub naming: Naming,
    /// What the pair earned.
    pub parts: Parts,
    /// The run it belongs to: an index into [`Explanation::runs`].
    pub run: usize,
}

/// A run of consecutive corresponding tokens.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Its lines in the user's file.
    pub lines: LineRange,
    /// Its lines in the origin.
    pub origin: LineRange,
    /// Its tokens.
    pub tokens: u32,
    /// What it earned.
    pub(crate) entry: RunEntry,
    /// The evidence in bits that the match would have without it; told of the strongest runs only.
    pub bits_without: Option<f32>,
}
