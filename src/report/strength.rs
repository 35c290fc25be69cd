//! Thresholds, strength and chance in words.

use super::words::grouped;
use crate::judgement::finding::{Provenance, Reference};

/// Below this an expected number is not told more exactly.
const LEAST_TOLD: f64 = 0.001;

/// What findings about weak resemblances stand under.
pub(super) const WEAK_HEADING: &str = "Weak resemblances (they do not fail the run)";

/// From how much evidence on matches are reported: `68 bits of evidence on (preset default)`.
pub(crate) fn threshold_in_words(provenance: &Provenance) -> String {
    let bits = provenance.threshold_bits;
    match provenance.preset {
        Some(preset) => format!("{bits} bits of evidence on (preset {})", preset.name()),
        None => format!("{bits} bits of evidence on"),
    }
}

/// How strong a resemblance is, and how many as strong chance brings about:
/// `weak: about 0.4 such resemblances are expected by chance in a project of 12,000 lines`.
pub(crate) fn strength_in_words(reference: &Reference) -> String {
    let expected = reference.expected_by_chance;
    format!(
        "{}: {} such resemblances are expected by chance in a project of {} lines",
        reference.strength.code(),
        about(expected.resemblances),
        grouped(expected.lines)
    )
}

/// An expected number in words: `about 0.02`, `fewer than 0.001`.
pub(crate) fn about(number: f64) -> String {
    match number < LEAST_TOLD {
        true => format!("fewer than {LEAST_TOLD}"),
        false if number < 10.0 => format!("about {}", two_digits(number)),
        false => format!("about {}", grouped(two_digits(number) as u64)),
    }
}

/// A number rounded to two digits, as exactly as expected numbers are known.
pub(crate) fn two_digits(number: f64) -> f64 {
    format!("{number:.1e}").parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_as_exactly_as_they_are_known() {
        for (number, told) in [
            (0.0, "fewer than 0.001"),
            (0.000_99, "fewer than 0.001"),
            (0.001_04, "about 0.001"),
            (0.0234, "about 0.023"),
            (1.0, "about 1"),
            (3.26, "about 3.3"),
            (12.4, "about 12"),
            (12_345.6, "about 12,000"),
        ] {
            assert_eq!(about(number), told, "{number}");
        }
        assert_eq!(two_digits(3.149e-40), 3.1e-40);
    }
}
