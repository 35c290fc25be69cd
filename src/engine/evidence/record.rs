//! How evidence adds up: a recorder watches the sum, a [`Ledger`] writes down what each pair of
//! tokens earned.
//!
//! The scoring tells only which step it took and what the totals are now; a ledger takes
//! differences. So the rules of scoring stand in one place, what a ledger says adds up to the
//! evidence by construction, and a scan, whose recorder is `()`, pays nothing.

use super::Evidence;
use crate::engine::align::Pair;

/// Watches a sum of evidence.
pub(crate) trait Recorder {
    /// A step was taken: the totals so far, and what the open run has earned by structure before
    /// its fee.
    fn after(&mut self, step: Step, so_far: &Evidence, run_structure: f32);
}

/// The recorder of a scan: it watches nothing.
impl Recorder for () {
    #[inline]
    fn after(&mut self, _: Step, _: &Evidence, _: f32) {}
}

/// What was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A pair of tokens.
    Pair(Pair),
    /// A run of consecutive tokens ended, and what it earned by structure beyond its fee was added.
    RunEnd,
    /// A gap between two runs, or a move to another block.
    Gap,
}

/// Bits by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Parts {
    /// From the sequence of token classes.
    pub structure: f64,
    /// From equal names and consistent renaming.
    pub names: f64,
    /// From equal literals.
    pub literals: f64,
    /// Taken off; zero or negative.
    pub penalties: f64,
}

/// What one pair of corresponding tokens earned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// The pair.
    pub pair: Pair,
    /// What it earned. Its structure is its share of what its run was worth after the fee; a gap or
    /// move before it is its penalty.
    pub parts: Parts,
    /// Its run: an index into [`Ledger::runs`].
    pub run: usize,
}

/// What a run of consecutive tokens earned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunEntry {
    /// Its structure before the fee for its place.
    pub gross_structure: f64,
    /// What it earned in all.
    pub parts: Parts,
}

/// Writes down what each pair and each run earned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    entries: Vec<Entry>,
    runs: Vec<RunEntry>,
    before: Evidence,
    run_before: f32,
    run_start: usize,
    gap: f64,
}

impl Ledger {
    /// The pairs, in the order they were counted.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The runs, with what their pairs earned added up.
    pub(crate) fn runs(&self) -> Vec<RunEntry> {
        let mut runs = self.runs.clone();
        for entry in &self.entries {
            runs[entry.run].parts += entry.parts;
        }
        runs
    }

    fn add_pair(&mut self, pair: Pair, earned: Parts, run_structure: f32) {
        let parts = Parts {
            structure: f64::from(run_structure) - f64::from(self.run_before),
            penalties: earned.penalties + std::mem::take(&mut self.gap),
            ..earned
        };
        self.run_before = run_structure;
        self.entries.push(Entry { pair, parts, run: self.runs.len() });
    }

    /// Spreads what a run was worth over its pairs, in proportion to what they had earned before
    /// its fee.
    fn end_run(&mut self, structure: f64) {
        let gross = f64::from(std::mem::take(&mut self.run_before));
        let kept = if gross > 0.0 { structure / gross } else { 0.0 };
        for entry in &mut self.entries[self.run_start..] {
            entry.parts.structure *= kept;
        }
        self.run_start = self.entries.len();
        self.runs.push(RunEntry { gross_structure: gross, parts: Parts::default() });
    }
}

impl Recorder for Ledger {
    fn after(&mut self, step: Step, so_far: &Evidence, run_structure: f32) {
        let earned = Parts::between(&self.before, so_far);
        self.before = *so_far;
        match step {
            Step::Pair(pair) => self.add_pair(pair, earned, run_structure),
            Step::RunEnd => self.end_run(earned.structure),
            Step::Gap => self.gap += earned.penalties,
        }
    }
}

impl Parts {
    /// The sum.
    pub fn bits(self) -> f64 {
        self.structure + self.names + self.literals + self.penalties
    }

    fn between(before: &Evidence, after: &Evidence) -> Parts {
        let grown = |part: fn(&Evidence) -> f32| f64::from(part(after)) - f64::from(part(before));
        Parts {
            structure: grown(|evidence| evidence.structure),
            names: grown(|evidence| evidence.names),
            literals: grown(|evidence| evidence.literals),
            penalties: grown(|evidence| evidence.penalties),
        }
    }
}

impl std::ops::AddAssign for Parts {
    fn add_assign(&mut self, other: Parts) {
        self.structure += other.structure;
        self.names += other.names;
        self.literals += other.literals;
        self.penalties += other.penalties;
    }
}

impl std::iter::Sum for Parts {
    fn sum<I: Iterator<Item = Parts>>(parts: I) -> Parts {
        parts.fold(Parts::default(), |mut sum, part| {
            sum += part;
            sum
        })
    }
}
