//! The engine's proofs: tokens, fingerprints, the index and its enemies, matching. Nothing here
//! depends on a constant that is tuned; where one matters, the test reads it.

mod attribution;
mod corpus;
mod corruption;
mod crash;
mod explaining;
#[cfg(target_os = "linux")]
mod faults;
mod fingerprints;
mod grammar;
mod hostile;
mod index;
mod languages;
mod licenses;
mod matching;
mod parts;
mod segments;
mod tokens;
