//! What an alignment looks like beside the sum of its evidence: the input of the calibration.

use crate::engine::align::Pair;

/// Counts and parts of an alignment. Sums are in bits, lengths in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measures {
    /// First equal outside names: their surprise beyond that of their classes.
    pub outside_names: f32,
    /// First equal local names.
    pub local_names: f32,
    /// Equal names of definitions.
    pub defined_names: f32,
    /// Equal strings, characters and fractions.
    pub texts: f32,
    /// Equal whole numbers.
    pub integers: f32,
    /// What gaps cost, zero or negative.
    pub gaps: f32,
    /// Structure before fees.
    pub structure: f32,
    /// Structure of the tokens that bear no name or the same one.
    pub equal_structure: f32,
    /// Structure of sequences of such tokens, each less a fee.
    pub exact_structure: f32,
    /// The longest of these sequences.
    pub longest_exact: f32,
    /// Corresponding tokens.
    pub tokens: f32,
    /// Those of them that an interface or a fact dictates.
    pub dictated: f32,
    /// Those of them that belong to the interface of a function.
    pub interface: f32,
    /// Runs of consecutive tokens.
    pub runs: f32,
    /// Blocks beyond the first.
    pub moves: f32,
    /// Distinct outside names that are equal.
    pub outside_equal: f32,
    /// Distinct outside names that differ.
    pub outside_other: f32,
    /// Identifiers.
    pub identifiers: f32,
    /// Identifiers that are equal.
    pub identifiers_equal: f32,
    /// Names that were renamed.
    pub renamed: f32,
    /// Later occurrences renamed in the same way.
    pub renamed_again: f32,
    /// Names renamed in two ways.
    pub renamed_otherwise: f32,
    /// Unequal values in tables.
    pub table_mismatches: f32,
    pub(super) exact: Exact,
}

/// The open sequence of tokens that bear no name or the same one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Exact {
    last: Option<Pair>,
    tokens: f32,
    structure: f32,
}

/// Measures the calibration sees.
pub(crate) const COUNT: usize = 29;

/// Their names, as `calibration.tsv` and reports write them, in the order of [`Measures::values`].
pub const NAMES: [&str; COUNT] = [
    "outside_names",
    "local_names",
    "defined_names",
    "texts",
    "integers",
    "gaps",
    "structure",
    "equal_structure",
    "exact_structure",
    "longest_exact",
    "tokens",
    "runs",
    "moves",
    "outside_equal",
    "outside_other",
    "renamed",
    "renamed_again",
    "renamed_otherwise",
    "table_mismatches",
    "equal_identifier_share",
    "structure_per_token",
    "longest_exact_share",
    "renamed_otherwise_share",
    "renamed_again_share",
    "outside_equal_share",
    "structure_per_run",
    "equal_structure_share",
    "dictated_share",
    "interface_share",
];

impl Measures {
    /// The measures by the order of [`NAMES`]. Shares have 1 added below the line, so that little
    /// evidence is not taken for much.
    pub fn values(&self) -> [f32; COUNT] {
        let closed = self.close();
        [
            closed.outside_names,
            closed.local_names,
            closed.defined_names,
            closed.texts,
            closed.integers,
            closed.gaps,
            closed.structure,
            closed.equal_structure,
            closed.exact_structure,
            closed.longest_exact,
            closed.tokens,
            closed.runs,
            closed.moves,
            closed.outside_equal,
            closed.outside_other,
            closed.renamed,
            closed.renamed_again,
            closed.renamed_otherwise,
            closed.table_mismatches,
            closed.identifiers_equal / (closed.identifiers + 1.0),
            closed.structure / (closed.tokens + 1.0),
            closed.longest_exact / (closed.tokens + 1.0),
            closed.renamed_otherwise / (closed.renamed + closed.renamed_otherwise + 1.0),
            closed.renamed_again / (closed.renamed + 1.0),
            closed.outside_equal / (closed.outside_equal + closed.outside_other + 1.0),
            closed.structure / (closed.runs + 1.0),
            closed.equal_structure / (closed.structure + 1.0),
            closed.dictated / (closed.tokens + 1.0),
            closed.interface / (closed.tokens + 1.0),
        ]
    }

    /// Counts a pair of tokens whose structure is worth so many bits.
    pub(super) fn add_pair(&mut self, pair: Pair, structure: f32, naming: Naming) {
        self.tokens += 1.0;
        self.structure += structure;
        if naming == Naming::Other {
            return;
        }
        self.equal_structure += structure;
        let follows =
            |last: Pair| (last.query + 1, last.document + 1) == (pair.query, pair.document);
        if !self.exact.last.is_some_and(follows) {
            *self = self.close();
        }
        self.exact.last = Some(pair);
        self.exact.tokens += 1.0;
        self.exact.structure += structure;
    }

    /// The same with the open exact sequence counted.
    fn close(mut self) -> Measures {
        let exact = std::mem::take(&mut self.exact);
        self.longest_exact = self.longest_exact.max(exact.tokens);
        self.exact_structure += (exact.structure - super::RUN_FEE_BITS).max(0.0);
        self
    }
}

/// Whether two corresponding tokens bear the same name, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    Equal,
    Other,
}
