//! Fingerprints: hashes of k-grams of tokens, thinned by winnowing.
//!
//! Two schemes run side by side. *Named* k-grams are short and keep the names of the outside world
//! (fields, callees, argument names, types), which makes a short run of code specific. *Blind*
//! k-grams see classes only and are longer; they find copies in which everything was renamed.
//!
//! The index holds the winnowed fingerprints of its documents. A query looks up *every* k-gram of
//! its own stream, so that a shared run needs no luck on the asking side: a run of `k + w - 1`
//! tokens is found for certain (one more where it begins among literals, whose names count behind
//! each other), a run of `k` tokens with the probability that its k-gram was selected, about `2 /
//! (w + 1)`. Blind k-grams of few classes are the exception: they are left out.

mod kgram;
mod winnow;

pub(crate) use kgram::keeps_name;
pub use kgram::{KgramHash, kgrams};
pub use winnow::winnow;

use crate::text::language::Language;

/// A way to make fingerprints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// What a k-gram sees of a token.
    pub view: View,
    /// Tokens in a k-gram.
    pub k: usize,
    /// K-grams in a window, of which one is selected.
    pub w: usize,
}

/// What a k-gram sees of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The class, and the name where it comes from the outside world or from a table of literals.
    Named,
    /// The class alone.
    Blind,
}

/// Short k-grams that keep outside names.
pub const NAMED: Scheme = Scheme { view: View::Named, k: 10, w: 6 };
/// Longer k-grams that see classes only.
pub const BLIND: Scheme = Scheme { view: View::Blind, k: 20, w: 12 };
/// The schemes of every index, in this order.
pub const SCHEMES: [Scheme; 2] = [NAMED, BLIND];

/// A selected k-gram and where it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint {
    /// The hash of the k-gram.
    pub hash: KgramHash,
    /// Index of its first token.
    pub position: u32,
}

/// The fingerprints of a document under every scheme, in order of scheme and position.
pub fn fingerprints(classes: &[u8], names: &[u16], language: Language) -> Vec<Fingerprint> {
    let mut selected = Vec::new();
    for scheme in SCHEMES {
        let hashes: Vec<KgramHash> = kgrams(classes, names, language, scheme).collect();
        let is_telling = |position: &u32| {
            let start = *position as usize;
            scheme.view == View::Named
                || distinct_classes(&classes[start..start + scheme.k]) >= MIN_CLASSES
        };
        selected.extend(
            winnow(&hashes, scheme.w)
                .into_iter()
                .filter(is_telling)
                .map(|position| Fingerprint { hash: hashes[position as usize], position }),
        );
    }
    selected
}

/// Classes that a blind k-gram must hold to be listed. With fewer it is a piece of a table, and all
/// tables are alike.
const MIN_CLASSES: usize = 5;

fn distinct_classes(classes: &[u8]) -> usize {
    let mut seen = [false; 256];
    classes.iter().filter(|&&class| !std::mem::replace(&mut seen[usize::from(class)], true)).count()
}
