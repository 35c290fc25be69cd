//! From alignments to matches: one match for each local span, with all its owners.

use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use super::{Aligned, Match, Owner, OwnerCopyright, Query};
use crate::engine::align::Block;
use crate::engine::index::documents::Day;
use crate::engine::index::{Holder, Index, IndexError};
use crate::text::span::{LineRange, TokenRange};

/// An alignment belongs to a match if this part of it lies inside.
const SAME_SPAN: f32 = 0.5;
/// Tokens outside of all stronger matches that are weighed by themselves, at least.
const MIN_REST: u32 = 12;
/// What an alignment covers outside of stronger ones is a match of its own from so many bits on.
/// Less is the ragged edge of the same copy, and a second report of it would say nothing new.
const REST_BITS: f32 = 120.0;
/// A document inside a match is an owner if its evidence is this part of the strongest one's.
const OWNER_BITS: f32 = 0.3;
/// An owner whose evidence is this part of the strongest one's may be the origin.
const ORIGIN_BITS: f32 = 0.75;
/// The same beside a copy in a vendored folder.
const ORIGIN_OF_VENDORED_BITS: f32 = 0.3;
/// Owners have equal evidence if one has this part of the other's.
const NEARLY_EQUAL_BITS: f32 = 0.9;
/// The match is as much of two components if its share of the one is this part of its share of the
/// other.
const COMPARABLE_SHARE: f32 = 0.1;
/// Another version of an owner's package holds the code too if its evidence is this part of the
/// owner's.
const SAME_IN_VERSION: f32 = 0.75;
/// Owners kept for a match.
const MAX_OWNERS: usize = 50;

/// Groups alignments by local span, the strongest of each group first. What an alignment covers
/// outside of the groups that are stronger is weighed by itself: a copy may reach further than a
/// stronger one of the same code.
pub(super) fn group(
    aligned: Vec<Aligned>,
    mut weigh: impl FnMut(&Aligned, &[Block]) -> Result<Vec<Aligned>, IndexError>,
) -> Result<Vec<Vec<Aligned>>, IndexError> {
    let mut waiting: BinaryHeap<ByStrength> = aligned.into_iter().map(ByStrength).collect();
    let mut groups: Vec<Vec<Aligned>> = Vec::new();
    while let Some(ByStrength(next)) = waiting.pop() {
        let inside = |group: &Vec<Aligned>| {
            next.tokens.overlap(group[0].tokens) as f32 >= SAME_SPAN * next.tokens.len() as f32
        };
        let Some(number) = groups.iter().position(inside) else {
            groups.push(vec![next]);
            continue;
        };
        if let Some(rest) = rest(&next, &groups) {
            for mut rest in weigh(&next, &rest)? {
                // A part worth more than its whole would be missing at thresholds between the two,
                // where the whole is not there to be cut.
                rest.evidence = rest.evidence.cap(next.evidence.bits);
                if rest.evidence.bits >= REST_BITS {
                    waiting.push(ByStrength(rest));
                }
            }
        }
        groups[number].push(next);
    }
    Ok(groups)
}

/// The matches of groups whose strongest alignment has enough evidence, in order of the query.
pub(super) fn matches(
    index: &Index,
    query: Query<'_>,
    groups: &[Vec<Aligned>],
    threshold_bits: f32,
) -> Result<Vec<Match>, IndexError> {
    // The first of a group is its strongest: the heap gave it before the others.
    let strong = groups.iter().filter(|group| group[0].evidence.bits >= threshold_bits);
    let mut matches =
        strong.map(|group| to_match(index, query, group)).collect::<Result<Vec<_>, _>>()?;
    matches.sort_by_key(|found| found.tokens);
    Ok(matches)
}

/// The pairs of an alignment outside of all groups, if they are fewer than it has and enough to be
/// weighed.
fn rest(aligned: &Aligned, groups: &[Vec<Aligned>]) -> Option<Vec<Block>> {
    let near: Vec<TokenRange> = groups.iter().map(|group| group[0].tokens).collect();
    let near: Vec<TokenRange> =
        near.into_iter().filter(|tokens| tokens.overlap(aligned.tokens) > 0).collect();
    if near.iter().any(|tokens| tokens.overlap(aligned.tokens) + MIN_REST > aligned.tokens.len()) {
        return None;
    }
    let is_free =
        |token: u32| !near.iter().any(|tokens| (tokens.start..tokens.end).contains(&token));
    let mut blocks = aligned.weighed.clone();
    for block in &mut blocks {
        block.pairs.retain(|pair| is_free(pair.query));
    }
    blocks.retain(|block| !block.pairs.is_empty());
    let pairs = |blocks: &[Block]| blocks.iter().map(|block| block.pairs.len() as u32).sum::<u32>();
    let left = pairs(&blocks);
    // Without fewer pairs than before, `group` would weigh the same alignment again and again.
    (left >= MIN_REST && left < pairs(&aligned.weighed)).then_some(blocks)
}

/// Orders alignments by evidence; of equals the first by place is the greater.
struct ByStrength(Aligned);

impl Ord for ByStrength {
    fn cmp(&self, other: &ByStrength) -> Ordering {
        let (a, b) = (&self.0, &other.0);
        let by_bits = a.evidence.bits.total_cmp(&b.evidence.bits);
        by_bits.then_with(|| (b.content.digest, b.tokens).cmp(&(a.content.digest, a.tokens)))
    }
}

impl PartialOrd for ByStrength {
    fn partial_cmp(&self, other: &ByStrength) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ByStrength {
    fn eq(&self, other: &ByStrength) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ByStrength {}

fn to_match(index: &Index, query: Query<'_>, group: &[Aligned]) -> Result<Match, IndexError> {
    let best = &group[0];
    let mut claimants = Vec::new();
    for claim in claims(group) {
        if claim.bits >= OWNER_BITS * best.evidence.bits {
            for holder in index.holders(claim.strongest.content.digest)? {
                if !query.without.holds(&holder) {
                    claimants.push(Claimant { owner: owner(&claim, &holder)?, holder });
                }
            }
        }
    }
    rank(&mut claimants);
    let mut claimants = best_of_each_package(claimants);
    // Counted before the list is cut: the evidence tells how many packages hold the code.
    let packages = claimants.len() as u32;
    claimants.truncate(MAX_OWNERS);
    let mut owners: Vec<Owner> =
        claimants.into_iter().map(Claimant::into_owner).collect::<Result<_, IndexError>>()?;
    put_earliest_first(&mut owners);
    Ok(Match {
        tokens: best.tokens,
        kind: best.kind,
        evidence: super::Evidence { packages, ..best.evidence },
        owners,
        content: content_hash(query, best.core),
    })
}

/// What one content holds of a match, in one piece or, where its code has moved on, in several.
struct Claim<'a> {
    strongest: &'a Aligned,
    lines: LineRange,
    bits: f32,
    matched_tokens: u32,
}

/// Adds up the alignments of each content that do not overlap, the strongest first.
fn claims(group: &[Aligned]) -> Vec<Claim<'_>> {
    let mut claims: Vec<(Claim<'_>, Vec<TokenRange>)> = Vec::new();
    for aligned in group {
        let is_same = |claim: &Claim<'_>| claim.strongest.content.digest == aligned.content.digest;
        let Some((claim, taken)) = claims.iter_mut().find(|(claim, _)| is_same(claim)) else {
            let claim = Claim {
                strongest: aligned,
                lines: aligned.lines,
                bits: aligned.evidence.bits,
                matched_tokens: aligned.evidence.matched_tokens,
            };
            claims.push((claim, vec![aligned.tokens]));
            continue;
        };
        if taken.iter().all(|tokens| tokens.overlap(aligned.tokens) == 0) {
            taken.push(aligned.tokens);
            claim.bits += aligned.evidence.bits;
            claim.matched_tokens += aligned.evidence.matched_tokens;
            claim.lines = LineRange {
                first: claim.lines.first.min(aligned.lines.first),
                last: claim.lines.last.max(aligned.lines.last),
            };
        }
    }
    claims.into_iter().map(|(claim, _)| claim).collect()
}

/// A document that has the content of a claim, as an owner.
struct Claimant<'a> {
    owner: Owner,
    holder: Holder<'a>,
}

impl Claimant<'_> {
    /// Returns the owner with its dependencies, vendored packages and copyright, which are read for
    /// the owners kept only.
    fn into_owner(self) -> Result<Owner, IndexError> {
        let Claimant { owner, holder } = self;
        let depends_on = holder.segment.dependencies(&holder.component)?.into();
        let vendored_packages = holder.segment.vendored_packages(&holder.component)?.into();
        let copyright = match holder.segment.copyright(&holder.component)? {
            Some(of_component) => {
                let of_document = holder.segment.copyrights(&holder.row)?;
                Some(Arc::new(OwnerCopyright { of_document, of_component }))
            }
            None => None,
        };
        Ok(Owner { depends_on, vendored_packages, copyright, ..owner })
    }
}

fn owner(claim: &Claim<'_>, holder: &Holder<'_>) -> Result<Owner, IndexError> {
    let Holder { segment, row, component, .. } = holder;
    let document = segment.document(row)?;
    let purl = segment.purl(component)?;
    let license = match document.license {
        Some(license) => license,
        None => segment.component_license(component)?,
    };
    Ok(Owner {
        versions: purl.version().into_iter().collect(),
        purl,
        path: document.path,
        lines: claim.lines,
        license,
        bits: claim.bits,
        share: claim.matched_tokens as f32 / component.tokens.max(1) as f32,
        vendored: document.marks.vendored,
        published: component.publication_day(),
        depends_on: Arc::default(),
        vendored_packages: Arc::default(),
        copyright: None,
    })
}

/// Whether an owner may be the origin, going by its evidence beside that of the strongest. A host
/// carries its vendored copy unchanged while the origin moves on, so that against a vendored copy
/// less will do.
pub(crate) fn is_plausible_origin(owner: &Owner, strongest: &Owner) -> bool {
    let needed =
        if strongest.vendored && !owner.vendored { ORIGIN_OF_VENDORED_BITS } else { ORIGIN_BITS };
    owner.bits >= needed * strongest.bits
}

/// Orders owners, likeliest first: plausible origins before others; among those first what is not
/// in a vendored folder, then the component of which the match is the larger share. A library of
/// one file is the origin of what a framework carries along. The others go by evidence.
/// [`put_earliest_first`] then hears the days of publication.
fn rank(claimants: &mut [Claimant<'_>]) {
    let owners = claimants.iter().map(|claimant| &claimant.owner);
    let Some(strongest) = owners.max_by(|a, b| a.bits.total_cmp(&b.bits)).cloned() else { return };
    let implausible = |owner: &Owner| !is_plausible_origin(owner, &strongest);
    let by_likelihood = |a: &Owner, b: &Owner| match (implausible(a), implausible(b)) {
        (false, false) => a.vendored.cmp(&b.vendored).then(b.share.total_cmp(&a.share)),
        (true, true) => b.bits.total_cmp(&a.bits),
        (a, b) => a.cmp(&b),
    };
    let by_name =
        |a: &Owner, b: &Owner| (&a.purl, &a.path, a.lines).cmp(&(&b.purl, &b.path, b.lines));
    claimants.sort_by(|a, b| {
        by_likelihood(&a.owner, &b.owner).then_with(|| by_name(&a.owner, &b.owner))
    });
}

/// Leaves one owner for each package, whatever its versions and documents: the likeliest, which
/// knows the others' versions as far as they hold nearly as much of the code.
fn best_of_each_package(claimants: Vec<Claimant<'_>>) -> Vec<Claimant<'_>> {
    let mut kept: Vec<Claimant<'_>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for claimant in claimants {
        match places.entry(claimant.owner.purl.package().to_owned()) {
            Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push(claimant);
            }
            Entry::Occupied(place) => {
                let best = &mut kept[*place.get()].owner;
                if claimant.owner.bits >= SAME_IN_VERSION * best.bits {
                    best.versions.extend(claimant.owner.versions);
                    best.published = earlier(best.published, claimant.owner.published);
                }
            }
        }
    }
    for Claimant { owner, .. } in &mut kept {
        owner.versions.sort_by(|a, b| in_order_of_release(a, b));
        owner.versions.dedup();
    }
    kept
}

/// Orders the owners that may equally well be the origin by the day they were published, the
/// earliest first. They take the places that they have: an owner whose day is not known keeps its
/// own.
///
/// The day of one release says little of the age of its code. It is heard where all else is equal:
/// a small library is the origin of what a framework carries along, however young its latest
/// release is.
fn put_earliest_first(owners: &mut [Owner]) {
    let Some(first) = owners.first().cloned() else { return };
    let is_as_likely = |owner: &Owner| {
        owner.published.is_some()
            && owner.vendored == first.vendored
            && owner.bits >= NEARLY_EQUAL_BITS * first.bits
            && owner.share >= COMPARABLE_SHARE * first.share
    };
    let places: Vec<usize> =
        (0..owners.len()).filter(|&place| is_as_likely(&owners[place])).collect();
    let mut by_day: Vec<Owner> = places.iter().map(|&place| owners[place].clone()).collect();
    by_day.sort_by_key(|owner| owner.published);
    for (place, owner) in places.into_iter().zip(by_day) {
        owners[place] = owner;
    }
}

/// The earlier of two days, as far as they are known.
fn earlier(a: Option<Day>, b: Option<Day>) -> Option<Day> {
    [a, b].into_iter().flatten().min()
}

/// Compares versions by their numbers and then as texts: `1.9` comes before `1.10`. Which of `1.0`
/// and `1.0rc1` is older every ecosystem answers in its own way, and no verdict hangs on it.
fn in_order_of_release(a: &str, b: &str) -> Ordering {
    let numbers = |version: &str| -> Vec<u64> {
        version
            .split(|c: char| !c.is_ascii_digit())
            .filter(|digits| !digits.is_empty())
            .map(|digits| digits.parse().unwrap_or(u64::MAX))
            .collect()
    };
    numbers(a).cmp(&numbers(b)).then_with(|| a.cmp(b))
}

fn content_hash(query: Query<'_>, tokens: TokenRange) -> u64 {
    let range = tokens.start as usize..tokens.end as usize;
    let names = query.side.names[range.clone()].iter().flat_map(|name| name.to_le_bytes());
    let bytes: Vec<u8> = query.side.classes[range].iter().copied().chain(names).collect();
    xxhash_rust::xxh3::xxh3_64(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_go_by_their_numbers() {
        let mut versions = ["1.10", "1.9", "2024.1", "1.9.1", "2.0.0-rc.1", "2.0.0"];
        versions.sort_by(|a, b| in_order_of_release(a, b));
        assert_eq!(versions, ["1.9", "1.9.1", "1.10", "2.0.0", "2.0.0-rc.1", "2024.1"]);
    }
}
