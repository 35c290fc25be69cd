//! From fingerprints to matches: retrieve candidates, align them, merge, rank, keep every owner.

use crate::license::LicenseFact;
use crate::purl::Purl;
use crate::span::{LineRange, TokenRange};

/// A stretch of the user's code that resembles indexed code, with everyone who may own it.
#[derive(Clone, Debug)]
pub struct Match {
    /// The matched tokens of the user's file.
    pub tokens: TokenRange,
    /// In what way the code was changed.
    pub kind: CopyKind,
    /// How surprising the resemblance is.
    pub evidence: Evidence,
    /// Who may own it, likeliest first; never empty.
    pub owners: Vec<Owner>,
    /// Hash of the matched tokens' classes and names, part of a finding's identity.
    pub content: u64,
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

/// How surprising it is that two authors would write this independently, in bits.
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
    /// Bits taken off for mismatches, gaps and inconsistent renaming; zero or negative.
    pub penalties: f32,
    /// Matched tokens.
    pub matched_tokens: u32,
    /// Components of the index that hold this code.
    pub packages: u32,
}

/// One place in the index that holds the matched code.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The component, with its version.
    pub purl: Purl,
    /// Path of the document inside the component.
    pub path: String,
    /// The lines there.
    pub lines: LineRange,
    /// The licence of that file: its own if it states one, else the component's.
    pub license: LicenseFact,
    /// Evidence in bits for this owner.
    pub bits: f32,
    /// Share of the component's own code that this run matched in the file, from 0 to 1.
    pub share: f32,
    /// Whether the document stands in a folder of vendored code.
    pub vendored: bool,
}
