//! From alignments to matches: one match for each local span, with all its owners.

use super::{Aligned, Match, Owner, Query};
use crate::index::{Index, IndexError};
use crate::span::TokenRange;

/// An alignment belongs to a match if this part of it lies inside.
const SAME_SPAN: f32 = 0.5;
/// An alignment inside a match is an owner if its evidence is this part of the best one's.
const OWNER_BITS: f32 = 0.5;
/// Owners whose evidence is this part of the best one's are equally likely by evidence.
const EQUAL_BITS: f32 = 0.97;
/// Owners kept for a match.
const MAX_OWNERS: usize = 50;

/// Groups alignments by local span, best first, and ranks the owners of each group.
pub(super) fn merge(
    index: &Index,
    query: Query<'_>,
    mut aligned: Vec<Aligned>,
) -> Result<Vec<Match>, IndexError> {
    aligned.sort_by(|a, b| {
        b.evidence
            .bits
            .total_cmp(&a.evidence.bits)
            .then((a.segment, a.document, a.tokens).cmp(&(b.segment, b.document, b.tokens)))
    });
    let mut groups: Vec<Vec<Aligned>> = Vec::new();
    for next in aligned {
        let inside = |group: &&mut Vec<Aligned>| {
            next.tokens.overlap(group[0].tokens) as f32 >= SAME_SPAN * next.tokens.len() as f32
        };
        match groups.iter_mut().find(inside) {
            Some(group) if next.evidence.bits >= OWNER_BITS * group[0].evidence.bits => group.push(next),
            // Part of a match that a better origin explains as a whole.
            Some(_) => {}
            None => groups.push(vec![next]),
        }
    }
    let mut matches =
        groups.iter().map(|group| to_match(index, query, group)).collect::<Result<Vec<_>, _>>()?;
    matches.sort_by_key(|found| found.tokens);
    Ok(matches)
}

fn to_match(index: &Index, query: Query<'_>, group: &[Aligned]) -> Result<Match, IndexError> {
    let mut owners = group.iter().map(|aligned| owner(index, aligned)).collect::<Result<Vec<_>, _>>()?;
    let best_bits = group[0].evidence.bits;
    owners.sort_by(|a, b| {
        rank(a, best_bits)
            .total_cmp(&rank(b, best_bits))
            .then((&a.purl, &a.path, a.lines).cmp(&(&b.purl, &b.path, b.lines)))
    });
    keep_best_of_each_package(&mut owners);
    let packages = owners.len() as u32;
    owners.truncate(MAX_OWNERS);
    let best = &group[0];
    Ok(Match {
        tokens: best.tokens,
        kind: best.kind,
        evidence: super::Evidence { packages, ..best.evidence },
        owners,
        content: content_hash(query, best.tokens),
    })
}

fn owner(index: &Index, aligned: &Aligned) -> Result<Owner, IndexError> {
    let segment = index.segment(aligned.segment);
    let component_row = segment.component_row(aligned.row.component)?;
    let component = segment.component(&component_row)?;
    let document = segment.document(&aligned.row)?;
    Ok(Owner {
        purl: component.purl,
        path: document.path,
        lines: aligned.lines,
        license: document.license.unwrap_or(component.license),
        bits: aligned.evidence.bits,
        share: aligned.evidence.matched_tokens as f32 / component_row.tokens.max(1) as f32,
        vendored: document.marks.vendored,
    })
}

/// The lower, the likelier: by evidence; among equals first what is not in a vendored folder, then the component of
/// which the match is the larger share. A library of one file is the origin of what a framework carries along.
fn rank(owner: &Owner, best_bits: f32) -> f32 {
    if owner.bits >= EQUAL_BITS * best_bits {
        let vendored = if owner.vendored { 1.0 } else { 0.0 };
        return vendored + (1.0 - owner.share.min(1.0));
    }
    // Behind all equals, by evidence.
    3.0 + (best_bits - owner.bits)
}

/// Leaves one owner for each package, whatever its versions and documents: the likeliest.
fn keep_best_of_each_package(owners: &mut Vec<Owner>) {
    let mut seen = std::collections::HashSet::new();
    owners.retain(|owner| seen.insert(owner.purl.package().to_owned()));
}

fn content_hash(query: Query<'_>, tokens: TokenRange) -> u64 {
    let range = tokens.start as usize..tokens.end as usize;
    let names = query.side.names[range.clone()].iter().flat_map(|name| name.to_le_bytes());
    let bytes: Vec<u8> = query.side.classes[range].iter().copied().chain(names).collect();
    xxhash_rust::xxh3::xxh3_64(&bytes)
}
