//! Thresholds, strength and chance in words.

use std::collections::BTreeMap;

use super::shape::round;
use super::words::group_digits;
use crate::judgement::finding::{Provenance, Reference};

/// Below this an expected number is not told more exactly.
const LEAST_TOLD: f64 = 0.001;

/// The most families of which a report states each threshold; of more it states the range.
const FAMILIES_NAMED: usize = 4;

/// What findings about weak matches stand under.
pub(super) const WEAK_HEADING: &str = "Weak matches (they do not fail the run)";

/// From how much evidence on matches are reported: `68 bits of evidence on (preset default)`, or
/// `68 bits of evidence on for Python, 53 for Java (preset default)`.
pub(crate) fn threshold_in_words(provenance: &Provenance) -> String {
    let preset = provenance.preset.map(|preset| format!("preset {}", preset.name()));
    let thresholds = &provenance.thresholds;
    let is_same = thresholds.iter().all(|(_, bits)| *bits == thresholds[0].1);
    let bits = match &thresholds[..] {
        [(_, bits), ..] if is_same => format!("{bits} bits of evidence on"),
        [(first, bits), rest @ ..] if rest.len() < FAMILIES_NAMED => {
            let rest = rest.iter().map(|(family, bits)| format!(", {bits} for {}", family.title()));
            let rest: String = rest.collect();
            format!("{bits} bits of evidence on for {}{rest}", first.title())
        }
        some => bits_in_words(some.iter().map(|(_, bits)| *bits)),
    };
    match preset {
        Some(preset) => format!("{bits} ({preset})"),
        None => bits,
    }
}

/// The bits of several families: `68 bits of evidence`, or `53 to 68 bits of evidence, by language`.
pub(crate) fn bits_in_words(bits: impl Iterator<Item = f32>) -> String {
    let bounds = |(least, most): (f32, f32), bits: f32| (least.min(bits), most.max(bits));
    match bits.fold((f32::INFINITY, f32::NEG_INFINITY), bounds) {
        (least, most) if least == most => format!("{least} bits of evidence"),
        (least, most) => format!("{least} to {most} bits of evidence, by language"),
    }
}

/// The thresholds by the names of families, for programs.
pub(super) fn thresholds(provenance: &Provenance) -> BTreeMap<&'static str, f64> {
    let thresholds = provenance.thresholds.iter();
    thresholds.map(|(family, bits)| (family.name(), round(*bits))).collect()
}

/// How strong a match is, and how many as strong chance brings about:
/// `weak: about 0.4 such matches are expected by chance in a project of 12,000 lines`.
pub(crate) fn strength_in_words(reference: &Reference) -> String {
    let expected = reference.expected_by_chance;
    format!(
        "{}: {} such matches are expected by chance in a project of {} lines",
        reference.strength.code(),
        about(expected.matches),
        group_digits(expected.lines)
    )
}

/// An expected number in words: `about 0.02`, `fewer than 0.001`.
pub(crate) fn about(number: f64) -> String {
    if number < LEAST_TOLD {
        format!("fewer than {LEAST_TOLD}")
    } else if number < 10.0 {
        format!("about {}", two_digits(number))
    } else {
        format!("about {}", group_digits(two_digits(number) as u64))
    }
}

/// A number rounded to two digits, as exactly as expected numbers are known.
pub(crate) fn two_digits(number: f64) -> f64 {
    format!("{number:.1e}").parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::evidence::Preset;
    use crate::judgement::finding::MatrixProvenance;
    use crate::license::LicenseFact;
    use crate::text::language::Family;

    #[test]
    fn thresholds_are_told_by_family_where_they_differ() {
        let threshold =
            |(name, bits): (&str, f32)| (Family::from_name(name).expect("a family"), bits);
        let tell = |preset, thresholds: &[(&str, f32)]| {
            threshold_in_words(&Provenance {
                version: String::new(),
                indexes: Vec::new(),
                idioms: Vec::new(),
                change: None,
                organisation: None,
                preset,
                thresholds: thresholds.iter().copied().map(threshold).collect(),
                project_license: LicenseFact::unknown(),
                given_license: None,
                matrix: MatrixProvenance::in_use(),
            })
        };
        let (default, all) = (Some(Preset::Default), [("python", 60.0), ("c", 53.0), ("go", 53.0)]);
        let many = [&all[..], &[("rust", 57.0), ("java", 70.0)]].concat();
        for (preset, thresholds, told) in [
            (None, &[("python", 40.0), ("c", 40.0)][..], "40 bits of evidence on"),
            (default, &all[..1], "60 bits of evidence on (preset default)"),
            (
                default,
                &all,
                "60 bits of evidence on for Python, 53 for C, 53 for Go (preset default)",
            ),
            (default, &many, "53 to 70 bits of evidence, by language (preset default)"),
        ] {
            assert_eq!(tell(preset, thresholds), told);
        }
    }

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
