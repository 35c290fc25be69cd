//! The calibration: what the sum of evidence is corrected by, in bits.
//!
//! The sum takes tokens for independent. They are not: who calls one function of an interface calls
//! its others, with the arguments it wants, so that unrelated code about the same thing shares many
//! rare names and little else, while a copy shares its own names, its literals and its order too.
//! How far that goes is learned: boosted regression trees (Friedman 2001, section 4.3) over the
//! [`Measures`], fitted to planted copies and to unrelated code as a correction of a logistic
//! regression on the sum alone, and scaled to its bits. `eval/calibrate.py` makes the table from
//! the development half of the evaluation.

mod table;

use super::measures::{self, Measures};

/// The trees, a split a line: `tree`, `measure`, `threshold` and the two branches, either `#n` for
/// the tree's split of that number, counted from 0 and later than this one, or bits.
const TABLE: &str = include_str!("calibration.tsv");
const SIZE: (usize, usize) = table::size(TABLE);

/// The most that is added, in bits. Short exact pieces, tables of numbers above all, would else be
/// lifted over every threshold, and of the copies of the development half less than one in 1,000
/// needs more.
const MOST_ADDED_BITS: f32 = 40.0;

/// The most that is taken off, in bits.
const MOST_TAKEN_BITS: f32 = 60.0;

// Read by the compiler: reading it took a twelfth of a process that looks at one file.
static CALIBRATION: Calibration<{ SIZE.0 }, { SIZE.1 }> = Calibration::read(TABLE);

/// The least sum that was learned from, in bits; less is never worth a report, and is left as it
/// is.
const LEAST_SUM_BITS: f32 = 20.0;

/// What to add to a sum of evidence, in bits.
pub(super) fn correction(sum: f32, measures: &Measures) -> f32 {
    if sum < LEAST_SUM_BITS {
        return 0.0;
    }
    CALIBRATION.bits(&Input::of(sum, measures)).clamp(-MOST_TAKEN_BITS, MOST_ADDED_BITS)
}

/// The measures and the sum.
struct Input {
    values: [f32; measures::COUNT],
    sum: f32,
}

struct Calibration<const SPLITS: usize, const TREES: usize> {
    splits: [Split; SPLITS],
    /// Where each tree starts in `splits`.
    trees: [u16; TREES],
}

#[derive(Clone, Copy)]
struct Split {
    measure: Measure,
    /// Values up to this one go down the first branch.
    threshold: f32,
    branches: [Branch; 2],
}

#[derive(Clone, Copy)]
enum Measure {
    Number(u8),
    Sum,
}

#[derive(Clone, Copy)]
enum Branch {
    /// A later split of the same tree, by its index in `splits`.
    Split(u16),
    /// What the tree says, in bits.
    Bits(f32),
}

impl Input {
    fn of(sum: f32, measures: &Measures) -> Input {
        Input { values: measures.values(), sum }
    }

    fn value(&self, measure: Measure) -> f32 {
        match measure {
            Measure::Number(number) => self.values[usize::from(number)],
            Measure::Sum => self.sum,
        }
    }
}

impl<const SPLITS: usize, const TREES: usize> Calibration<SPLITS, TREES> {
    fn bits(&self, input: &Input) -> f32 {
        self.trees.iter().map(|&root| self.leaf(root, input)).sum()
    }

    fn leaf(&self, root: u16, input: &Input) -> f32 {
        let mut at = root;
        loop {
            let split = &self.splits[usize::from(at)];
            let side = usize::from(input.value(split.measure) > split.threshold);
            match split.branches[side] {
                Branch::Split(next) => at = next,
                Branch::Bits(bits) => return bits,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        assert!(CALIBRATION.trees.is_sorted_by(|a, b| a < b) && CALIBRATION.trees[0] == 0);
        for split in &CALIBRATION.splits {
            for branch in split.branches {
                match branch {
                    Branch::Split(next) => assert!(usize::from(next) < CALIBRATION.splits.len()),
                    Branch::Bits(bits) => assert!(bits.is_finite()),
                }
            }
        }
    }

    #[test]
    fn a_split_sends_values_up_to_its_threshold_down_the_first_branch() {
        let table = Calibration::<3, 2>::read(
            "tree\tmeasure\tthreshold\tlow\thigh\n0\tsum\t10\t-3\t#1\n0\truns\t2\t1\t4\n1\tsum\t0\t0.5\t0.25",
        );
        let bits = |sum: f32, runs: f32| {
            table.bits(&Input::of(sum, &Measures { runs, ..Measures::default() }))
        };
        assert_eq!(
            [bits(10.0, 9.0), bits(10.5, 2.0), bits(10.5, 3.0), bits(-1.0, 0.0)],
            [-2.75, 1.25, 4.25, -2.5]
        );
    }

    #[test]
    fn one_vocabulary_alone_counts_less_than_names_literals_and_order_together() {
        let shared = Measures {
            tokens: 30.0,
            runs: 4.0,
            structure: 50.0,
            identifiers: 12.0,
            ..Measures::default()
        };
        let vocabulary = Measures {
            outside_names: 70.0,
            outside_equal: 7.0,
            outside_other: 3.0,
            identifiers_equal: 7.0,
            ..shared
        };
        let copy = Measures {
            outside_names: 35.0,
            local_names: 20.0,
            texts: 15.0,
            outside_equal: 5.0,
            identifiers_equal: 12.0,
            equal_structure: 50.0,
            exact_structure: 34.0,
            longest_exact: 30.0,
            runs: 1.0,
            ..shared
        };
        assert!(correction(80.0, &vocabulary) + 10.0 < correction(80.0, &copy));
    }
}
