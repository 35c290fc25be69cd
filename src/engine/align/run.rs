//! Maximal runs of tokens of equal class.

use super::{Block, Seed, Side};

/// Consecutive tokens of equal class in both streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// Index of the first token in the query.
    pub query: u32,
    /// Index of the first token in the document.
    pub document: u32,
    /// Number of tokens.
    pub length: u32,
    /// How many of them bear equal names; an estimate once the run was cut.
    pub equal_names: u32,
}

/// Runs shorter than this are noise once they stand alone.
const MIN_REMAINDER: u32 = 6;

impl Run {
    pub(super) fn query_end(self) -> u32 {
        self.query + self.length
    }

    pub(super) fn document_end(self) -> u32 {
        self.document + self.length
    }

    fn diagonal(self) -> i64 {
        i64::from(self.document) - i64::from(self.query)
    }

    /// What the run is worth, in tokens; one with an equal name counts twice. Without names the
    /// diagonals of a table would all be worth the same.
    pub(super) fn worth(self) -> f32 {
        (self.length + self.equal_names) as f32
    }

    /// The run without its first tokens.
    pub(super) fn skip(self, tokens: u32) -> Run {
        let tokens = tokens.min(self.length);
        self.part(tokens, self.length)
    }

    /// The tokens of the run from one index to another.
    fn part(self, start: u32, end: u32) -> Run {
        let length = end - start;
        Run {
            query: self.query + start,
            document: self.document + start,
            length,
            equal_names: (u64::from(self.equal_names) * u64::from(length) / u64::from(self.length))
                as u32,
        }
    }
}

/// The runs that contain the seeds, each as long as classes stay equal; sorted, none twice.
pub(super) fn maximal(query: Side<'_>, document: Side<'_>, seeds: &[Seed]) -> Vec<Run> {
    let mut seeds = seeds.to_vec();
    seeds.sort_by_key(|seed| (i64::from(seed.document) - i64::from(seed.query), seed.query));
    let mut runs: Vec<Run> = Vec::new();
    for seed in seeds {
        let diagonal = i64::from(seed.document) - i64::from(seed.query);
        let covered = runs
            .last()
            .is_some_and(|run| run.diagonal() == diagonal && seed.query < run.query_end());
        if !covered {
            runs.extend(extend(query, document, seed));
        }
    }
    runs.sort_unstable();
    runs
}

fn extend(query: Side<'_>, document: Side<'_>, seed: Seed) -> Option<Run> {
    let (q, d) = (seed.query as usize, seed.document as usize);
    let (query_after, document_after) = (query.classes.get(q..)?, document.classes.get(d..)?);
    let after = query_after.iter().zip(document_after).take_while(|(a, b)| a == b).count();
    // A seed of a colliding hash has no equal tokens to extend from.
    if after < seed.length as usize {
        return None;
    }
    let before = query.classes[..q]
        .iter()
        .rev()
        .zip(document.classes[..d].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (q, d, length) = (q - before, d - before, before + after);
    let names = query.names[q..q + length].iter().zip(&document.names[d..d + length]);
    let equal_names = names.filter(|(a, b)| a == b && **a != 0).count() as u32;
    Some(Run { query: q as u32, document: d as u32, length: length as u32, equal_names })
}

/// Cuts from the runs what a block has taken on either side.
pub(super) fn remove_overlapping(runs: &mut Vec<Run>, block: &Block) {
    let taken_query: Vec<u32> = block.pairs.iter().map(|pair| pair.query).collect();
    let taken_document: Vec<u32> = block.pairs.iter().map(|pair| pair.document).collect();
    let is_taken = |taken: &[u32], index: u32| taken.binary_search(&index).is_ok();
    let mut left = Vec::new();
    for run in runs.iter() {
        let mut start = 0;
        for offset in 0..=run.length {
            let ends = offset == run.length
                || is_taken(&taken_query, run.query + offset)
                || is_taken(&taken_document, run.document + offset);
            if ends {
                if offset - start >= MIN_REMAINDER {
                    left.push(run.part(start, offset));
                }
                start = offset + 1;
            }
        }
    }
    *runs = left;
}
