//! The best chain of runs: forward in both streams, near each other.

use super::Run;

/// Tokens between two runs of a chain, at most, on either side.
const MAX_GAP: u32 = 120;
/// Runs looked back at for a predecessor.
const MAX_LOOK_BACK: usize = 64;
/// What a gap costs at least, in tokens.
const GAP_OPEN: f32 = 1.0;
/// What each token of a gap costs.
const GAP_TOKEN: f32 = 0.05;
/// Tokens a chain must be worth.
const MIN_SCORE: f32 = 6.0;

/// The chain with the most tokens after the cost of its gaps, its runs cut so that none overlap;
/// empty if there is none worth having. Dynamic programming over the runs in order (Li 2018,
/// section 2.1).
pub(super) fn best(runs: &[Run]) -> Vec<Run> {
    let mut scores: Vec<f32> = Vec::with_capacity(runs.len());
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(runs.len());
    for (i, &run) in runs.iter().enumerate() {
        let mut best = (run.worth(), None);
        for j in (i.saturating_sub(MAX_LOOK_BACK)..i).rev() {
            if let Some(gain) = link(runs[j], run)
                && scores[j] + gain > best.0
            {
                best = (scores[j] + gain, Some(j));
            }
        }
        scores.push(best.0);
        previous.push(best.1);
    }
    let Some(end) =
        (0..runs.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]).then(b.cmp(&a)))
    else {
        return Vec::new();
    };
    if scores[end] < MIN_SCORE {
        return Vec::new();
    }
    trace(runs, &previous, end)
}

/// What `next` adds to a chain that ends in `run`.
fn link(run: Run, next: Run) -> Option<f32> {
    if next.query < run.query || next.document < run.document {
        return None;
    }
    let overlap = overlap(run, next);
    let rest = next.length.checked_sub(overlap).filter(|&rest| rest > 0)?;
    let query_gap = (next.query + overlap).saturating_sub(run.query_end());
    let document_gap = (next.document + overlap).saturating_sub(run.document_end());
    if query_gap > MAX_GAP || document_gap > MAX_GAP {
        return None;
    }
    Some(
        next.worth() * rest as f32 / next.length as f32
            - GAP_OPEN
            - GAP_TOKEN * (query_gap + document_gap) as f32,
    )
}

/// Tokens at the start of `next` that `run` already has, on either side.
fn overlap(run: Run, next: Run) -> u32 {
    run.query_end().saturating_sub(next.query).max(run.document_end().saturating_sub(next.document))
}

fn trace(runs: &[Run], previous: &[Option<usize>], end: usize) -> Vec<Run> {
    let mut chain: Vec<Run> =
        std::iter::successors(Some(end), |&i| previous[i]).map(|i| runs[i]).collect();
    chain.reverse();
    for i in 1..chain.len() {
        chain[i] = chain[i].skip(overlap(chain[i - 1], chain[i]));
    }
    chain
}
