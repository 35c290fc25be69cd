//! Whether a match is strong enough to fail a run by itself.

use super::Chance;
use super::chance::STATED_LINES;

/// The matches expected by chance in 100,000 lines above which one is weak.
const WEAK_ABOVE: f64 = 0.3;

/// How strong a match is, judged by how often chance brings about one as strong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Strength {
    /// Unrelated code comes as far now and then.
    Weak,
    /// Unrelated code hardly ever comes as far.
    Substantial,
}

impl Strength {
    /// Returns the strength of so many bits of evidence under the law of the index.
    pub fn of(bits: f32, chance: Chance) -> Strength {
        if chance.expected_in_100k_lines(bits) <= WEAK_ABOVE {
            Strength::Substantial
        } else {
            Strength::Weak
        }
    }

    /// Returns the least evidence in bits of a substantial match.
    pub fn substantial_bits(chance: Chance) -> f32 {
        chance.bits_for(WEAK_ABOVE)
    }

    /// Returns how many substantial matches chance brings about in so many lines of unrelated
    /// code, at most.
    pub(crate) fn expected_substantial(lines: u64) -> f64 {
        WEAK_ABOVE * lines as f64 / STATED_LINES
    }

    /// Returns the stable code.
    pub fn code(self) -> &'static str {
        match self {
            Strength::Weak => "weak",
            Strength::Substantial => "substantial",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::evidence::Evidence;

    #[test]
    fn the_same_bits_of_few_tokens_are_worth_less() {
        let chance = Chance::of(1_000_000);
        let bits = Strength::substantial_bits(chance) + 0.1;
        let of = |matched_tokens| {
            let evidence = Evidence { bits, matched_tokens, ..Evidence::default() };
            Strength::of(evidence.bits_against_chance(), chance)
        };
        assert_eq!(
            [of(20), of(49), of(50), of(500)].map(Strength::code),
            ["weak", "weak", "substantial", "substantial"]
        );
    }

    #[test]
    fn the_same_bits_are_worth_less_in_a_larger_index() {
        let (small, large) = (Chance::of(1_000_000), Chance::of(1_000_000_000));
        let cut = Strength::substantial_bits(small);
        assert_eq!(Strength::of(cut + 0.1, small), Strength::Substantial);
        assert_eq!(Strength::of(cut - 0.1, small), Strength::Weak);
        assert_eq!(Strength::of(cut + 0.1, large), Strength::Weak);
    }
}
