//! From tokens to matches: fingerprints, the index that holds them, alignment, and evidence.

pub mod align;
pub mod evidence;
pub mod fingerprint;
pub mod index;
pub mod matcher;
pub mod model;
