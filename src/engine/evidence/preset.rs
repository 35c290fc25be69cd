//! Thresholds: from how much evidence on a match is reported.

use super::Chance;

/// A threshold by what it is for, stated as the false reports to expect in 100,000 lines of
/// unrelated code. The bits follow from the size of the index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// For commit hooks, where a false report costs the most.
    Hook,
    /// For continuous integration and the editor.
    #[default]
    Default,
    /// For a review before a release: everything worth a look.
    Audit,
}

/// From which evidence on a match is reported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// By what it is for.
    Preset(Preset),
    /// From so many bits on, whatever the index.
    Bits(f32),
}

impl Preset {
    /// Every preset under the name it is written with, the strictest first.
    pub const NAMED: [(&'static str, Preset); 3] =
        [("hook", Preset::Hook), ("default", Preset::Default), ("audit", Preset::Audit)];

    /// Returns the preset of that name.
    pub fn from_name(name: &str) -> Option<Preset> {
        Preset::NAMED.iter().find(|(known, _)| *known == name).map(|&(_, preset)| preset)
    }

    /// Returns the name it is written with.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Hook => "hook",
            Preset::Default => "default",
            Preset::Audit => "audit",
        }
    }

    /// Returns the false reports to expect in 100,000 lines of unrelated code.
    pub const fn expected_in_100k_lines(self) -> f64 {
        match self {
            Preset::Hook => 1.0,
            Preset::Default => 4.0,
            Preset::Audit => 25.0,
        }
    }

    /// Returns the evidence from which a match is reported, in whole bits.
    pub fn threshold_bits(self, chance: Chance) -> f32 {
        chance.bits_for(self.expected_in_100k_lines()).round().max(1.0)
    }
}

impl Threshold {
    /// Returns the evidence in bits from which a match is reported.
    pub fn bits(self, chance: Chance) -> f32 {
        match self {
            Threshold::Preset(preset) => preset.threshold_bits(chance),
            Threshold::Bits(bits) => bits,
        }
    }

    /// Returns the one that reports more: this one, or the other if there is another.
    pub(crate) fn lower(self, other: Option<Threshold>, chance: Chance) -> Threshold {
        other.filter(|other| other.bits(chance) < self.bits(chance)).unwrap_or(self)
    }

    /// Returns the preset it was chosen by, if it was.
    pub fn preset(self) -> Option<Preset> {
        match self {
            Threshold::Preset(preset) => Some(preset),
            Threshold::Bits(_) => None,
        }
    }
}

impl Default for Threshold {
    fn default() -> Threshold {
        Threshold::Preset(Preset::Default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_index_asks_for_more_bits() {
        for (name, preset) in Preset::NAMED {
            assert_eq!((preset.name(), Preset::from_name(name)), (name, Some(preset)));
            let bits = [1_000_000, 20_000_000, 1_000_000_000]
                .map(|lines| preset.threshold_bits(Chance::of(lines)));
            assert!(bits[0] < bits[1] && bits[1] < bits[2], "{name}: {bits:?}");
        }
        assert_eq!(Threshold::Bits(40.0).bits(Chance::of(1_000_000_000)), 40.0);
    }

    #[test]
    fn the_strictest_preset_asks_for_the_most_bits() {
        let chance = Chance::of(0);
        let bits = Preset::NAMED.map(|(_, preset)| preset.threshold_bits(chance));
        assert!(bits[0] > bits[1] && bits[1] > bits[2], "{bits:?}");
    }
}
