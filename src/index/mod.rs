//! The inverted index on disk: fingerprint -> postings -> document -> component.

pub mod documents;
mod stand_in;

pub use stand_in::*;
