//! The calibration: what the sum of evidence is corrected by, in bits.
//!
//! The sum takes tokens for independent. They are not: who calls one function of an interface calls its others, with
//! the arguments it wants, so that unrelated code about the same thing shares many rare names and little else, while
//! a copy shares its own names, its literals and its order too. How far that goes is learned: boosted regression
//! trees (Friedman 2001, section 4.3) over the [`Measures`], fitted to planted copies and to unrelated code as a
//! correction of a logistic regression on the sum alone, and scaled to its bits. `eval/calibrate.py` makes the table
//! from the development half of the evaluation.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::measures::{self, Measures};

/// The trees, a split a line.
const TABLE: &str = include_str!("calibration.tsv");

/// The most that is added or taken off, in bits.
const MOST_BITS: f32 = 60.0;

static CALIBRATION: LazyLock<Calibration> = LazyLock::new(|| Calibration::parse(TABLE));

/// The least sum that was learned from, in bits; less is never worth a report, and is left as it is.
const LEAST_SUM_BITS: f32 = 20.0;

/// What to add to a sum of evidence, in bits.
pub(super) fn correction(sum: f32, measures: &Measures) -> f32 {
    if sum < LEAST_SUM_BITS {
        return 0.0;
    }
    CALIBRATION.bits(&Input::of(sum, measures)).clamp(-MOST_BITS, MOST_BITS)
}

/// The measures and the sum.
struct Input {
    values: [f32; measures::COUNT],
    sum: f32,
}

struct Calibration {
    splits: Vec<Split>,
    /// Where each tree starts in `splits`.
    trees: Vec<usize>,
}

struct Split {
    measure: Measure,
    /// Values up to this one go down the first branch.
    threshold: f32,
    branches: [Branch; 2],
}

#[derive(Clone, Copy)]
enum Measure {
    Number(usize),
    Sum,
}

#[derive(Clone, Copy)]
enum Branch {
    /// A later split of the same tree, by its index in `splits`.
    Split(usize),
    /// What the tree says, in bits.
    Bits(f32),
}

impl Input {
    fn of(sum: f32, measures: &Measures) -> Input {
        Input { values: measures.values(), sum }
    }

    fn value(&self, measure: Measure) -> f32 {
        match measure {
            Measure::Number(number) => self.values[number],
            Measure::Sum => self.sum,
        }
    }
}

impl Calibration {
    fn bits(&self, input: &Input) -> f32 {
        self.trees.iter().map(|&root| self.leaf(root, input)).sum()
    }

    fn leaf(&self, root: usize, input: &Input) -> f32 {
        let mut at = root;
        loop {
            let split = &self.splits[at];
            let side = usize::from(input.value(split.measure) > split.threshold);
            match split.branches[side] {
                Branch::Split(next) => at = next,
                Branch::Bits(bits) => return bits,
            }
        }
    }

    /// Reads the table: `tree`, `measure`, `threshold` and the two branches, either `#n` for the tree's split of that
    /// number, counted from 0 and later than this one, or bits.
    ///
    /// # Panics
    /// If the table is not of that form; a test reads the one that is built in.
    fn parse(table: &str) -> Calibration {
        let mut calibration = Calibration { splits: Vec::new(), trees: Vec::new() };
        let numbers = measures::NAMES.iter().enumerate();
        let names: FxHashMap<&str, Measure> = numbers
            .map(|(number, name)| (*name, Measure::Number(number)))
            .chain([("sum", Measure::Sum)])
            .collect();
        let rows = table.lines().filter(|line| !line.starts_with('#')).skip(1);
        for row in rows {
            let mut fields = row.split('\t');
            let mut field = || fields.next().unwrap_or_else(|| panic!("five fields: {row}"));
            let (tree, measure, threshold, low, high) = (field(), field(), field(), field(), field());
            if number::<usize>(tree) == calibration.trees.len() {
                calibration.trees.push(calibration.splits.len());
            }
            let root = calibration.trees[number::<usize>(tree)];
            let branch = |text: &str| match text.strip_prefix('#') {
                Some(split) => {
                    let next = root + number::<usize>(split);
                    assert!(next > calibration.splits.len(), "a branch goes back: {row}");
                    Branch::Split(next)
                }
                None => Branch::Bits(number(text)),
            };
            let split = Split {
                measure: *names.get(measure).unwrap_or_else(|| panic!("no such measure: {measure}")),
                threshold: number(threshold),
                branches: [branch(low), branch(high)],
            };
            calibration.splits.push(split);
        }
        calibration
    }
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("not a number: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let table = Calibration::parse(TABLE);
        assert!(!table.trees.is_empty());
        for split in &table.splits {
            for branch in split.branches {
                match branch {
                    Branch::Split(next) => assert!(next < table.splits.len()),
                    Branch::Bits(bits) => assert!(bits.is_finite()),
                }
            }
        }
    }

    #[test]
    fn a_split_sends_values_up_to_its_threshold_down_the_first_branch() {
        let table = Calibration::parse(
            "tree\tmeasure\tthreshold\tlow\thigh\n0\tsum\t10\t-3\t#1\n0\truns\t2\t1\t4\n1\tsum\t0\t0.5\t0.25",
        );
        let bits =
            |sum: f32, runs: f32| table.bits(&Input::of(sum, &Measures { runs, ..Measures::default() }));
        assert_eq!(
            [bits(10.0, 9.0), bits(10.5, 2.0), bits(10.5, 3.0), bits(-1.0, 0.0)],
            [-2.75, 1.25, 4.25, -2.5]
        );
    }

    #[test]
    fn one_vocabulary_alone_counts_less_than_names_literals_and_order_together() {
        let shared =
            Measures { tokens: 30.0, runs: 4.0, structure: 50.0, identifiers: 12.0, ..Measures::default() };
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
