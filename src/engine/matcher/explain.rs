//! Why a match is one: its strongest alignment once more, with what every pair of tokens earned.

use std::collections::BTreeSet;

use super::{Aligned, Found, Match, Owner, Query, groups, merge, side};
use crate::engine::align::{Block, Side};
use crate::engine::evidence::{self, Entry, Evidence, Ledger, RunEntry, Seen};
use crate::engine::index::{Index, IndexError};
use crate::engine::model::{Model, Surprisals};
use crate::purl::Purl;
use crate::text::span::LineRange;

/// The strongest alignment of a match, as an account of its evidence.
#[derive(Clone, Debug)]
pub struct Account {
    /// The component it was aligned with.
    pub purl: Purl,
    /// The document there.
    pub path: String,
    /// The pairs and what each earned, in order of the query.
    pub entries: Vec<AccountedPair>,
    /// The runs of consecutive tokens, as [`Entry::run`] counts them.
    pub runs: Vec<AccountedRun>,
    /// The sums.
    pub evidence: Evidence,
    /// The least that would have to be rewritten for the evidence to fall below the threshold.
    pub clearing: Option<Clearing>,
}

/// A pair of corresponding tokens.
#[derive(Clone, Copy, Debug)]
pub struct AccountedPair {
    /// The pair, what it earned, and its run.
    pub entry: Entry,
    /// The line of the document's token.
    pub document_line: u32,
    /// Whether the tokens bear the same name or literal.
    pub naming: Naming,
}

/// Whether two corresponding tokens bear the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// Tokens of the class have no name.
    Nameless,
    /// The same.
    Same,
    /// Another.
    Other,
}

/// A run and what the match would be without it.
#[derive(Clone, Copy, Debug)]
pub struct AccountedRun {
    /// What it earned.
    pub entry: RunEntry,
    /// The evidence in bits if its tokens did not correspond; told of the strongest runs only.
    pub bits_without: Option<f32>,
}

/// Lines of the query that, rewritten, would clear the match by evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clearing {
    /// The lines.
    pub lines: LineRange,
    /// The evidence in bits that would be left.
    pub bits_left: f32,
}

/// How an owner stands beside the strongest one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Standing {
    /// Its bits as a part of the strongest one's.
    pub part_of_strongest: f32,
    /// Whether that is enough to be the origin.
    pub plausible_origin: bool,
}

/// How each owner of a match stands, in their order.
pub(crate) fn standings(owners: &[Owner]) -> Vec<Standing> {
    let Some(strongest) = owners.iter().max_by(|a, b| a.bits.total_cmp(&b.bits)) else {
        return Vec::new();
    };
    let standing = |owner: &Owner| Standing {
        part_of_strongest: owner.bits / strongest.bits,
        plausible_origin: merge::is_plausible_origin(owner, strongest),
    };
    owners.iter().map(standing).collect()
}

/// Redoes the strongest alignment of each of some matches that [`super::find`] made of the same
/// query.
///
/// # Errors
/// If the index is damaged.
pub fn explain(
    index: &Index,
    model: &Model<'_>,
    query: Query<'_>,
    matches: &[Match],
    threshold_bits: f32,
) -> Result<Vec<Option<Account>>, IndexError> {
    let groups = groups(index, model, query, threshold_bits, &mut Found::default())?;
    let account = |found: &Match| {
        // No two matches are of the same tokens: `merge` puts the weaker one into the group of the
        // stronger.
        let Some(group) = groups.iter().find(|group| group[0].tokens == found.tokens) else {
            return Ok(None);
        };
        let strongest = &group[0];
        let overlapping: Vec<&[Block]> = groups
            .iter()
            .flatten()
            .filter(|other| other.content.digest == strongest.content.digest)
            .filter(|other| other.tokens.overlap(found.tokens) > 0)
            .map(|other| &other.weighed[..])
            .collect();
        let account = account(index, model, query, strongest, &overlapping, threshold_bits)?;
        Ok(Some(match likeliest_holder(index, strongest, &found.owners)? {
            Some((purl, path)) => Account { purl, path, ..account },
            None => account,
        }))
    };
    matches.iter().map(account).collect()
}

/// The component and the document to name for an alignment: of those that hold its content the
/// likeliest owner, and else the first.
fn likeliest_holder(
    index: &Index,
    aligned: &Aligned,
    owners: &[Owner],
) -> Result<Option<(Purl, String)>, IndexError> {
    let mut holders = Vec::new();
    for holder in index.holders(aligned.content.digest)? {
        holders.push((
            holder.segment.purl(&holder.component)?,
            holder.segment.document(&holder.row)?.path,
        ));
    }
    let owns = |owner: &Owner| {
        holders.iter().position(|(purl, path)| (purl, path) == (&owner.purl, &owner.path))
    };
    let place = owners.iter().find_map(owns).unwrap_or(0);
    Ok(holders.into_iter().nth(place))
}

fn account(
    index: &Index,
    model: &Model<'_>,
    query: Query<'_>,
    aligned: &Aligned,
    overlapping: &[&[Block]],
    threshold_bits: f32,
) -> Result<Account, IndexError> {
    let segment = index.segment(aligned.content.segment);
    let columns = segment.remembered_columns(aligned.content.document, &aligned.row)?;
    let lines = segment.lines(&columns)?;
    let surprisals = query.surprisals(model);
    let scoring = Scoring { surprisals: &surprisals, query, document: side(&columns), overlapping };
    let mut ledger = Ledger::default();
    let evidence = evidence::measure_with(
        &surprisals,
        query.side,
        scoring.document,
        &aligned.weighed,
        &mut ledger,
    );
    let mut entries: Vec<AccountedPair> =
        ledger.entries().iter().map(|entry| scoring.pair(*entry, lines)).collect();
    entries.sort_by_key(|accounted| accounted.entry.pair);
    Ok(Account {
        purl: segment.purl(&segment.component_row(aligned.row.component)?)?,
        path: segment.document(&aligned.row)?.path,
        runs: scoring.runs(&ledger),
        clearing: scoring.find_clearing(threshold_bits),
        entries,
        evidence: evidence.cap(aligned.evidence.bits),
    })
}

/// Windows of lines tried for a counterfactual are stepped so that a long match has no more than so
/// many steps.
const MAX_STEPS: usize = 64;

/// Runs of which is told what the match would be without them.
const MAX_RUNS_SCORED: usize = 16;

/// The alignments of a match with one document, which can be scored without some of their tokens.
struct Scoring<'a> {
    surprisals: &'a Surprisals<'a>,
    query: Query<'a>,
    document: Side<'a>,
    /// What shares tokens of the query with the match.
    overlapping: &'a [&'a [Block]],
}

impl Scoring<'_> {
    fn pair(&self, entry: Entry, document_lines: &[u32]) -> AccountedPair {
        let (q, d) = (entry.pair.query as usize, entry.pair.document as usize);
        let naming = match (self.query.side.names[q], self.document.names[d]) {
            (0, 0) => Naming::Nameless,
            (name, other) if name == other => Naming::Same,
            _ => Naming::Other,
        };
        AccountedPair { entry, document_line: document_lines[d], naming }
    }

    fn runs(&self, ledger: &Ledger) -> Vec<AccountedRun> {
        let mut runs: Vec<AccountedRun> = ledger
            .runs()
            .into_iter()
            .map(|entry| AccountedRun { entry, bits_without: None })
            .collect();
        let mut strongest: Vec<usize> = (0..runs.len()).collect();
        let bits = |number: usize| runs[number].entry.parts.bits();
        strongest.sort_by(|&a, &b| bits(b).total_cmp(&bits(a)).then(a.cmp(&b)));
        for number in strongest.into_iter().take(MAX_RUNS_SCORED) {
            let of_run = ledger.entries().iter().filter(|entry| entry.run == number);
            let tokens: BTreeSet<u32> = of_run.map(|entry| entry.pair.query).collect();
            runs[number].bits_without = Some(self.bits_without(|token| tokens.contains(&token)));
        }
        runs
    }

    /// The evidence of the strongest stretch that would be left if some tokens of the query did not
    /// correspond. What overlaps the strongest alignment hides behind it as long as it is there.
    fn bits_without(&self, is_rewritten: impl Fn(u32) -> bool) -> f32 {
        let left = |other: &&[Block]| self.remaining_bits(other, &is_rewritten);
        self.overlapping.iter().map(left).fold(0.0, f32::max)
    }

    fn remaining_bits(&self, blocks: &[Block], is_rewritten: &impl Fn(u32) -> bool) -> f32 {
        let mut blocks = blocks.to_vec();
        for block in &mut blocks {
            block.pairs.retain(|pair| !is_rewritten(pair.query));
        }
        blocks.retain(|block| !block.pairs.is_empty());
        let seen = &mut Seen::default();
        let stretches =
            evidence::stretches(self.surprisals, self.query.side, self.document, &blocks, seen);
        stretches.first().map_or(0.0, |(_, evidence)| evidence.bits)
    }

    /// The fewest lines in a row without which the evidence falls below the threshold; of those the
    /// ones that leave the least.
    fn find_clearing(&self, threshold_bits: f32) -> Option<Clearing> {
        let blocks = self.overlapping.iter().copied().flatten();
        let pairs = blocks.flat_map(|block| &block.pairs);
        let lines: BTreeSet<u32> =
            pairs.map(|pair| self.query.lines[pair.query as usize]).collect();
        let lines: Vec<u32> = lines.into_iter().collect();
        let step = lines.len().div_ceil(MAX_STEPS).max(1);
        let mut best: Option<(usize, Clearing)> = None;
        let mut end = 0;
        for start in (0..lines.len()).step_by(step) {
            // The end never moves back: where fewer lines are rewritten, more evidence is left.
            end = end.max(start + step);
            while end < lines.len() + step {
                let clearing = self.without_lines(&lines[start..end.min(lines.len())]);
                if clearing.bits_left < threshold_bits {
                    let size = (clearing.lines.last - clearing.lines.first) as usize;
                    let is_better = best.is_none_or(|(least, other)| {
                        size < least || size == least && clearing.bits_left < other.bits_left
                    });
                    if is_better {
                        best = Some((size, clearing));
                    }
                    break;
                }
                end += step;
            }
        }
        best.map(|(_, clearing)| clearing)
    }

    fn without_lines(&self, lines: &[u32]) -> Clearing {
        let range = LineRange { first: lines[0], last: lines[lines.len() - 1] };
        let inside =
            |token: u32| (range.first..=range.last).contains(&self.query.lines[token as usize]);
        Clearing { lines: range, bits_left: self.bits_without(inside) }
    }
}
