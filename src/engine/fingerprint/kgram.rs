//! Rolling hashes of k consecutive tokens.

use super::{Scheme, View};
use crate::text::language::Language;
use crate::text::token::TokenClass;

/// Hash of a k-gram. Equal k-grams of one family of languages under one scheme have equal hashes; the hash is
/// part of the index format and never changes within a format version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KgramHash(pub u64);

/// Base of the polynomial: odd, so that it is invertible modulo 2^64.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

/// The hash of each k-gram, by the position of its first token; nothing for streams shorter than k.
///
/// A polynomial rolling hash (Karp and Rabin 1987) over 64-bit codes, modulo 2^64. The codes are
/// mixed before and the sum is mixed after, so every bit of the result depends on every token.
pub fn kgrams(
    classes: &[u8],
    names: &[u16],
    language: Language,
    scheme: Scheme,
) -> impl Iterator<Item = KgramHash> {
    let code = move |i: usize| {
        let keeps_name = scheme.view == View::Named && keeps_name(classes, i);
        mix(token_code(classes[i], if keeps_name { names[i] } else { 0 }, language, scheme.view))
    };
    let oldest_weight = BASE.wrapping_pow(scheme.k as u32 - 1);
    let mut sum = (0..classes.len().min(scheme.k - 1))
        .fold(0u64, |sum, i| sum.wrapping_mul(BASE).wrapping_add(code(i)));
    (scheme.k - 1..classes.len()).map(move |last| {
        sum = sum.wrapping_mul(BASE).wrapping_add(code(last));
        let hash = KgramHash(mix(sum));
        sum = sum.wrapping_sub(code(last + 1 - scheme.k).wrapping_mul(oldest_weight));
        hash
    })
}

/// Whether a named k-gram sees the name of a token: that of the outside world, and the value of a
/// literal behind a literal, without which all tables would be one.
pub(crate) fn keeps_name(classes: &[u8], i: usize) -> bool {
    let is_literal = |class: u8| TokenClass(class).is_literal();
    TokenClass(classes[i]).is_outside_name()
        || is_literal(classes[i]) && i > 0 && is_literal(classes[i - 1])
}

fn token_code(class: u8, name: u16, language: Language, view: View) -> u64 {
    let view = match view {
        View::Named => 1u64,
        View::Blind => 2,
    };
    view << 48
        | u64::from(language.family().number()) << 32
        | u64::from(class) << 16
        | u64::from(name)
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
