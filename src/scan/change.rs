//! What is new in a change: matches that touch an added line, without code that stood in the
//! changed files before.
//!
//! Added lines alone do not tell.
//!
//! - Code that was moved and formatted anew stands on added lines, and is the same code: as many
//!   matches of one identity as the files of the change held before it are not new.
//! - An alignment may run a few tokens into what stands next to a copy. What is written there
//!   touches the match, and the match is the one that was there before.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::{FileReport, Located, Look, Scanner, catch_failure};
use crate::judgement::finding::Reference;
use crate::project::walk::{self, MAX_SCANNED_BYTES, Review, WalkedFile};
use crate::text::span::LineRange;
use crate::text::token::Tokenizer;

/// Bits that a match may gain from lines added at its edge and be the same match. Half a line is
/// worth about as much.
const DRIFT_BITS: f32 = 16.0;

/// Added lines at the edges of a match are at most one in so many of its lines.
const EDGE: u32 = 4;

impl FileReport {
    /// Leaves what touches the lines under review.
    pub(super) fn narrow(&mut self, review: &Review) {
        let Review::Lines(lines) = review else { return };
        self.ids = self.references.iter().map(|reference| reference.id.clone()).collect();
        for reference in &mut self.references {
            reference.added = lines.within(reference.region.into());
        }
        let silenced = self.silenced.iter_mut().map(|silenced| &mut silenced.finding);
        for finding in self.findings.iter_mut().chain(silenced) {
            finding.added = lines.within(finding.region.into());
        }
        self.unread = self.unread.intersection(lines);
        self.references.retain(|reference| !reference.added.is_empty());
        self.findings.retain(|finding| !finding.added.is_empty());
        self.silenced.retain(|silenced| !silenced.finding.added.is_empty());
    }
}

/// A match that stood there before the change.
struct Before {
    id: String,
    origin: String,
    bits: f32,
    /// Whether all of its lines are still there.
    is_intact: bool,
}

impl Scanner {
    /// Leaves what was not there before the change. What it was is only looked at if there is
    /// anything left to say.
    pub(super) fn leave_new(&self, reports: &mut [FileReport], base: &[WalkedFile]) {
        if base.is_empty() || reports.iter().all(|report| report.references.is_empty()) {
            return;
        }
        let looked: Vec<Vec<Before>> = base
            .par_iter()
            .map_init(Tokenizer::new, |tokenizer, file| self.before(tokenizer, file))
            .collect();
        let mut before: Vec<Before> = looked.into_iter().flatten().collect();
        leave_more_of_each_id(reports, &before);

        let now: HashSet<&str> =
            reports.iter().flat_map(|report| &report.ids).map(String::as_str).collect();
        // A match whose identity is still there was counted above, and accounts for no other.
        before.retain(|before| before.is_intact && !now.contains(before.id.as_str()));
        for report in reports {
            report.retain_references(|_, reference| !has_drifted(reference, &mut before));
        }
    }

    /// The matches of a file as it was. One that cannot be looked at accounts for nothing.
    fn before(&self, tokenizer: &mut Tokenizer, file: &WalkedFile) -> Vec<Before> {
        let mut matches = Vec::new();
        if let Ok(source) = walk::load(file, MAX_SCANNED_BYTES) {
            catch_failure(&file.path, || {
                if let Look::Seen(seen) = self.look(tokenizer, &source, file.markers)? {
                    matches = seen.matches;
                }
                Ok(FileReport::default())
            });
        }
        let is_intact = |located: &Located| match &file.review {
            Review::Whole => false,
            Review::Lines(gone) => gone.within(located.region.into()).is_empty(),
        };
        let before = |located: Located| Before {
            is_intact: is_intact(&located),
            origin: located
                .found
                .owners
                .first()
                .map_or("", |owner| owner.purl.package())
                .to_owned(),
            bits: located.found.evidence.bits,
            id: located.id,
        };
        matches.into_iter().map(before).collect()
    }
}

/// Leaves of each identity as many references as there are more matches now than there were.
fn leave_more_of_each_id(reports: &mut [FileReport], before: &[Before]) {
    let mut new: HashMap<String, isize> = HashMap::new();
    reports
        .iter()
        .flat_map(|report| &report.ids)
        .for_each(|id| *new.entry(id.clone()).or_default() += 1);
    before.iter().for_each(|before| *new.entry(before.id.clone()).or_default() -= 1);
    // Each identity is about references of its own: the order of the map does not show.
    for (id, count) in new {
        keep_most_touched(reports, &id, usize::try_from(count).unwrap_or(0));
    }
}

/// Of all references of an identity, leaves so many: those with the most added lines.
fn keep_most_touched(reports: &mut [FileReport], id: &str, count: usize) {
    let mut of_id: Vec<(u32, usize, usize)> = Vec::new();
    for (file, report) in reports.iter().enumerate() {
        for (place, reference) in report.references.iter().enumerate() {
            if reference.id == id {
                of_id.push((reference.added.len(), file, place));
            }
        }
    }
    of_id.sort_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let dropped: HashSet<(usize, usize)> =
        of_id.iter().skip(count).map(|&(_, f, p)| (f, p)).collect();
    for (file, report) in reports.iter_mut().enumerate() {
        report.retain_references(|place, _| !dropped.contains(&(file, place)));
    }
}

/// Whether a reference is a match that was there before and is whole, and touches added lines at
/// its edges alone. The match of before accounts for one.
fn has_drifted(reference: &Reference, before: &mut Vec<Before>) -> bool {
    let region = reference.region;
    let is_at_edge =
        |range: &LineRange| range.first <= region.start_line || range.last >= region.end_line;
    let lines = region.end_line - region.start_line + 1;
    if reference.added.len() > lines / EDGE || !reference.added.ranges().iter().all(is_at_edge) {
        return false;
    }
    let origin = reference.owners.first().map_or("", |owner| owner.purl.package());
    let is_it = |before: &Before| {
        before.origin == origin && reference.evidence.bits - before.bits < DRIFT_BITS
    };
    match before.iter().position(is_it) {
        Some(place) => {
            before.swap_remove(place);
            true
        }
        None => false,
    }
}
