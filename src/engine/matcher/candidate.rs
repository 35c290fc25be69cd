//! Which places of the index are worth aligning.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use super::{Found, Query};
use crate::engine::align::Seed;
use crate::engine::fingerprint::{KgramHash, SCHEMES, View, keeps_name, kgrams};
use crate::engine::index::format::MAX_CONTENTS_PER_FINGERPRINT;
use crate::engine::index::{
    DocumentId, DocumentRow, Index, IndexError, Limited, Listed, SegmentId,
};
use crate::engine::model::Surprisals;

/// A content of the index, and a document that has it.
#[derive(Clone, Copy)]
pub(super) struct Content {
    /// Equal for equal contents; what is found goes in its order, which does not depend on
    /// segments.
    pub digest: u128,
    pub segment: SegmentId,
    pub document: DocumentId,
    /// Hash of the package that holds it, the first of several.
    package: u64,
}

/// Seeds of one content that lie near each other on both sides.
pub(super) struct Candidate {
    pub content: Content,
    pub seeds: Vec<Seed>,
    /// Bits of the tokens that the seeds cover, before fees and penalties.
    estimate: f32,
    /// How likely an alignment is to be worth something, as a logarithm.
    promise: f32,
    /// Tokens of the query from the first seed to the last.
    query: (u32, u32),
}

/// Tokens between seeds of one candidate, at most, on either side.
const MAX_SEED_GAP: u32 = 100;
/// Bits that a candidate's seeds must be worth: well below any threshold, since seeds miss what was
/// edited.
const MIN_ESTIMATE_BITS: f32 = 22.0;
/// Candidates aligned for one stretch if they are strong and nearly as strong as its strongest:
/// code that many packages carry.
const MAX_CANDIDATES_PER_STRETCH: u32 = 80;
/// How near to the strongest that is.
const NEARLY_AS_STRONG: f32 = 0.8;
/// How strong that is at least, in bits; idioms are weaker.
const STRONG_BITS: f32 = 60.0;
/// Tokens of a stretch.
const STRETCH: u32 = 8;

/// Part of a table value's rarity that it is worth.
const TABLE_VALUE_WEIGHT: f32 = 0.3;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    /// Number of the content, in order of digests.
    content: u32,
    seed: Seed,
    view: u8,
    /// Packages that hold this k-gram in contents of their own.
    occurrences: u32,
}

/// What a candidate must promise at least. Of those that ordinary code has with an index of
/// millions of lines, one in a thousand ends in a match, and to align them took half of a scan. The
/// same whatever evidence is asked for: else a lower threshold would find other matches, not more.
const LEAST_PROMISE: f32 = 13.7;
/// Candidates aligned for one stretch of the query, whatever their strength.
const PER_STRETCH: u32 = 4;

/// The candidates worth aligning, by content.
pub(super) fn candidates(
    index: &Index,
    surprisals: &Surprisals<'_>,
    query: Query<'_>,
    found: &mut Found,
) -> Result<Vec<Candidate>, IndexError> {
    let (contents, mut hits) = hits(index, query, found)?;
    if !query.without.is_empty() {
        hits = contents_to_compare(index, query, &contents, hits)?;
    }
    hits.sort_unstable();
    let worth = TokenWorth { surprisals, query };
    let mut candidates = Vec::new();
    for of_content in hits.chunk_by(|a, b| a.content == b.content) {
        let content = contents[of_content[0].content as usize];
        match of_content {
            // Most contents share no more than one k-gram with a file.
            [_] => candidates.extend(Candidate::new(content, of_content, &worth)),
            _ => {
                let clusters = clusters(of_content);
                let made =
                    clusters.iter().filter_map(|cluster| Candidate::new(content, cluster, &worth));
                candidates.extend(made);
            }
        }
    }
    candidates.retain(|candidate| candidate.promise >= LEAST_PROMISE);
    let strong = |candidates: &[Candidate]| {
        candidates.iter().filter(|one| one.estimate >= STRONG_BITS).count()
    };
    let before = strong(&candidates);
    let mut kept = strongest(candidates, query.side.classes.len());
    found.candidates_left_out = before - strong(&kept);
    // `Bench::align_all` decodes the tokens of each content once, and relies on this order.
    kept.sort_by_key(|candidate| (candidate.content.digest, candidate.query));
    Ok(kept)
}

/// Times that one k-gram of the query is looked up. A table repeats one thousands of times, and
/// each time the index would answer with all tables it knows.
const MAX_LOOKUPS_OF_A_KGRAM: u32 = 16;
/// Hits that are looked at for one query.
const MAX_HITS: usize = 1 << 20;
/// Places that are read for one query: several segments may hold the same content.
const MAX_PLACES: usize = 4 * MAX_HITS;

/// K-grams looked up together.
const TOGETHER: usize = 16;

/// A place in the index that holds a k-gram of the query.
#[derive(Clone, Copy)]
struct Place {
    segment: SegmentId,
    /// Position among all tokens of the segment.
    global: u32,
}

/// A k-gram of the query that was looked up.
struct Gram {
    hash: KgramHash,
    view: u8,
    length: u32,
    /// Where it begins in the query.
    query: u32,
    /// How much of what holds it the segments list: the least of them.
    listed: Listed,
    /// Where its places end among those of all k-grams.
    end: usize,
}

/// Every content that holds a k-gram of the query, and every occurrence there, within limits.
fn hits(
    index: &Index,
    query: Query<'_>,
    found: &mut Found,
) -> Result<(Vec<Content>, Vec<Hit>), IndexError> {
    let (grams, places) = look_up(index, query, found)?;
    let (contents, places) = resolve(index, &places)?;
    let mut hits = Vec::with_capacity(places.len());
    let mut start = 0;
    let mut of_gram = Vec::new();
    for gram in grams {
        if hits.len() >= MAX_HITS {
            // `hits` never shrinks, so that all later k-grams are left out
            // too, and `start` need not move.
            found.kgrams_left_out += 1;
            continue;
        }
        of_gram.clear();
        of_gram.extend_from_slice(&places[start..gram.end]);
        start = gram.end;
        let occurrences = gram.occurrences(index, &contents, &mut of_gram, found)?;
        hits.extend(of_gram.iter().map(|&(content, document)| {
            let seed = Seed { query: gram.query, document, length: gram.length };
            Hit { content, seed, view: gram.view, occurrences }
        }));
    }
    Ok((contents, hits))
}

/// Looks up every k-gram of the query in every segment.
fn look_up(
    index: &Index,
    query: Query<'_>,
    found: &mut Found,
) -> Result<(Vec<Gram>, Vec<Place>), IndexError> {
    let (mut looked_up, mut places) = (Vec::new(), Vec::new());
    let mut times: FxHashMap<KgramHash, u32> = FxHashMap::default();
    for (view, scheme) in SCHEMES.iter().enumerate() {
        let grams = kgrams(query.side.classes, query.side.names, query.language, *scheme);
        let grams: Vec<(u32, KgramHash)> = (0..).zip(grams).collect();
        for grams in grams.chunks(TOGETHER) {
            let mut wanted = Vec::with_capacity(TOGETHER);
            for &(position, hash) in grams {
                let times = times.entry(hash).or_default();
                *times += 1;
                if *times > MAX_LOOKUPS_OF_A_KGRAM || places.len() >= MAX_PLACES {
                    found.kgrams_left_out += 1
                } else {
                    wanted.push((position, hash))
                }
            }
            // A chunk is filled up to its length. What the index answers
            // about the padding is never read.
            let hash = |i: usize| wanted.get(i).map_or(KgramHash(0), |&(_, hash)| hash);
            let hashes: [KgramHash; TOGETHER] = std::array::from_fn(hash);
            let of_segments = index.segments().iter().map(|segment| segment.lookup_all(hashes));
            let of_segments = of_segments.collect::<Result<Vec<_>, IndexError>>()?;
            for (i, &(query, hash)) in wanted.iter().enumerate() {
                let mut listed = Listed::All;
                for (postings, number) in of_segments.iter().map(|lists| lists[i]).zip(0..) {
                    listed = listed.max(postings.completeness);
                    let segment = SegmentId(number);
                    places.extend(postings.list.map(|global| Place { segment, global }));
                }
                let (view, length, end) = (view as u8, scheme.k as u32, places.len());
                looked_up.push(Gram { hash, view, length, query, listed, end });
            }
        }
    }
    Ok((looked_up, places))
}

/// A content, by number, and a position in it.
type ContentPlace = (u32, u32);

/// The contents of some places, in order of their digests, and where in them the places are.
/// Documents are sought in order, so that each is sought once.
fn resolve(
    index: &Index,
    places: &[Place],
) -> Result<(Vec<Content>, Vec<ContentPlace>), IndexError> {
    let mut order: Vec<(SegmentId, u32, u32)> = places
        .iter()
        .zip(0..)
        .map(|(place, number)| (place.segment, place.global, number))
        .collect();
    order.sort_unstable();
    let mut documents: Vec<Content> = Vec::new();
    let mut resolved = vec![(0, 0); places.len()];
    let mut last: Option<(SegmentId, DocumentRow)> = None;
    for (segment, global, number) in order {
        let is_inside = |(of, row): &(SegmentId, DocumentRow)| {
            let within = global.checked_sub(row.token_start);
            *of == segment && within.is_some_and(|within| within < row.token_count)
        };
        let row = match last.filter(|last| is_inside(last)) {
            Some((_, row)) => row,
            None => {
                let (document, row) = index.segment(segment).document_at(global)?;
                let package = index.segment(segment).component_row(row.component)?.package;
                documents.push(Content { digest: row.content, segment, document, package });
                row
            }
        };
        last = Some((segment, row));
        resolved[number as usize] = (documents.len() as u32 - 1, global - row.token_start);
    }
    let mut order: Vec<u32> = (0..documents.len() as u32).collect();
    // The first of equal contents stands for all. Its package decides before
    // its segment, so that the answer is the same however an index is split.
    order.sort_unstable_by_key(|&number| {
        let document = &documents[number as usize];
        (document.digest, document.package, document.segment)
    });
    let mut contents: Vec<Content> = Vec::with_capacity(documents.len());
    let mut numbers = vec![0; documents.len()];
    for number in order {
        let document = documents[number as usize];
        if contents.last().is_none_or(|last| last.digest != document.digest) {
            contents.push(document);
        }
        numbers[number as usize] = contents.len() as u32 - 1;
    }
    resolved.iter_mut().for_each(|(document, _)| *document = numbers[*document as usize]);
    Ok((contents, resolved))
}

/// The hits in contents that some component holds that the query is compared with.
fn contents_to_compare(
    index: &Index,
    query: Query<'_>,
    contents: &[Content],
    hits: Vec<Hit>,
) -> Result<Vec<Hit>, IndexError> {
    let mut is_compared: FxHashMap<u32, bool> = FxHashMap::default();
    for hit in &hits {
        if let Entry::Vacant(unknown) = is_compared.entry(hit.content) {
            let holders = index.holders(contents[hit.content as usize].digest)?;
            unknown.insert(holders.iter().any(|holder| !query.without.holds(holder)));
        }
    }
    Ok(hits.into_iter().filter(|hit| is_compared[&hit.content]).collect())
}

impl Gram {
    /// Leaves of the places of the k-gram those that one segment of the whole corpus would list,
    /// and counts the packages that hold it: versions of a package and equal contents count once.
    fn occurrences(
        &self,
        index: &Index,
        contents: &[Content],
        places: &mut Vec<ContentPlace>,
        found: &mut Found,
    ) -> Result<u32, IndexError> {
        let (mut listed, mut limited) = (self.listed, None);
        // The writer applied the limits to each segment alone. Several
        // segments together may list more.
        if index.segments().len() > 1 {
            places.sort_unstable();
            places.dedup();
            limited = self.fingerprint_limits(index, contents, places)?;
        }
        if let Some(limited) = &limited {
            let is_kept = |place: &ContentPlace| {
                limited.contents.binary_search(&contents[place.0 as usize].digest).is_ok()
            };
            places.retain(is_kept);
            listed =
                if limited.is_common { Listed::SomePackages } else { Listed::SomeOfEachPackage };
        }
        if listed == Listed::SomePackages {
            found.common_fingerprints += 1;
            return Ok(MAX_CONTENTS_PER_FINGERPRINT as u32);
        }
        if let Some(limited) = limited {
            return Ok(limited.packages);
        }
        let package = |place: &ContentPlace| contents[place.0 as usize].package;
        if let [one] | [one, _] = places.as_slice() {
            let is_same = places.last().is_none_or(|other| package(other) == package(one));
            return Ok(if is_same { 1 } else { 2 });
        }
        let mut packages: Vec<u64> = places.iter().map(package).collect();
        packages.sort_unstable();
        packages.dedup();
        Ok(packages.len() as u32)
    }

    /// What the k-gram lists over all segments, where that is not all that they hold.
    fn fingerprint_limits(
        &self,
        index: &Index,
        contents: &[Content],
        places: &[ContentPlace],
    ) -> Result<Option<Limited>, IndexError> {
        if self.listed == Listed::All && places.len() <= MAX_CONTENTS_PER_FINGERPRINT {
            return Ok(None);
        }
        let mut digests: Vec<u128> =
            places.iter().map(|place| contents[place.0 as usize].digest).collect();
        // Contents are numbered in the order of their digests, and the
        // places are sorted, so that equal digests stand together.
        digests.dedup();
        if self.listed == Listed::All && digests.len() <= MAX_CONTENTS_PER_FINGERPRINT {
            Ok(None)
        } else {
            index.limit_listing(self.hash, &digests, self.listed).map(Some)
        }
    }
}

/// Groups the hits of one content, sorted by query position, by nearness on both sides.
fn clusters(hits: &[Hit]) -> Vec<Vec<Hit>> {
    let mut clusters: Vec<(Extent, Vec<Hit>)> = Vec::new();
    for &hit in hits {
        match clusters.iter_mut().rev().find(|(extent, _)| extent.is_near(hit.seed)) {
            Some((extent, members)) => {
                extent.include(hit.seed);
                members.push(hit);
            }
            None => clusters.push((Extent::of(hit.seed), vec![hit])),
        }
    }
    clusters.into_iter().map(|(_, members)| members).collect()
}

/// What a cluster spans: the end in the query, which only grows, and both ends in the document.
struct Extent {
    query_end: u32,
    document_start: u32,
    document_end: u32,
}

impl Extent {
    fn of(seed: Seed) -> Extent {
        Extent {
            query_end: seed.query + seed.length,
            document_start: seed.document,
            document_end: seed.document + seed.length,
        }
    }

    fn is_near(&self, seed: Seed) -> bool {
        seed.query <= self.query_end + MAX_SEED_GAP
            && seed.document <= self.document_end + MAX_SEED_GAP
            && seed.document + seed.length + MAX_SEED_GAP >= self.document_start
    }

    fn include(&mut self, seed: Seed) {
        self.query_end = self.query_end.max(seed.query + seed.length);
        self.document_start = self.document_start.min(seed.document);
        self.document_end = self.document_end.max(seed.document + seed.length);
    }
}

impl Candidate {
    /// The candidate of a cluster, if its seeds are worth enough.
    fn new(content: Content, hits: &[Hit], worth: &TokenWorth<'_>) -> Option<Candidate> {
        let estimate = worth.covered_bits(hits, |i, view| worth.bits(i, view));
        (estimate >= MIN_ESTIMATE_BITS).then(|| Candidate {
            content,
            seeds: hits.iter().map(|hit| hit.seed).collect(),
            estimate,
            promise: promise(hits, worth),
            query: (
                hits.iter().map(|hit| hit.seed.query).min().unwrap_or(0),
                hits.iter().map(|hit| hit.seed.query + hit.seed.length).max().unwrap_or(0),
            ),
        })
    }
}

/// What the logarithms of a candidate's measures weigh in its promise: by logistic regression of
/// whether an alignment reaches 68 bits, on copies planted from the development half of the
/// evaluation and on packages that copy nothing, rounded.
const IN_LINE_WEIGHT: f32 = 3.5;
const STRUCTURE_WEIGHT: f32 = 0.85;
const OCCURRENCES_WEIGHT: f32 = -0.8;
/// Seeds are in line if their diagonals differ by so many tokens at most: a copy has gaps, but few
/// large ones.
const IN_LINE: i64 = 24;

/// How likely an alignment of these seeds is to be worth something, going by the bits of those that
/// lie in line, the structure of all, and how many packages hold the same k-grams.
fn promise(hits: &[Hit], worth: &TokenWorth<'_>) -> f32 {
    let in_line = worth.covered_bits(&in_line(hits), |i, view| worth.bits(i, view));
    let structure = worth.covered_bits(hits, |i, _| worth.surprisals.structure_bits(i as usize));
    let occurrences: f32 = hits.iter().map(|hit| (hit.occurrences as f32).ln()).sum();
    IN_LINE_WEIGHT * in_line.ln()
        + STRUCTURE_WEIGHT * (structure + 1.0).ln()
        + OCCURRENCES_WEIGHT * occurrences / hits.len() as f32
}

/// The most hits whose diagonals lie near each other.
fn in_line(hits: &[Hit]) -> Vec<Hit> {
    let diagonal = |hit: &Hit| i64::from(hit.seed.document) - i64::from(hit.seed.query);
    let mut diagonals: Vec<i64> = hits.iter().map(diagonal).collect();
    diagonals.sort_unstable();
    let (mut start, mut best, mut most) = (0, diagonals[0], 0);
    for end in 0..diagonals.len() {
        while diagonals[end] - diagonals[start] > IN_LINE {
            start += 1;
        }
        if end - start + 1 > most {
            (best, most) = (diagonals[start], end - start + 1);
        }
    }
    hits.iter().filter(|hit| (best..=best + IN_LINE).contains(&diagonal(hit))).copied().collect()
}

/// The candidates kept for a stretch of the query.
#[derive(Clone, Copy, Default)]
struct Stretch {
    kept: u32,
    strongest: f32,
}

impl Stretch {
    fn has_room_for(&self, estimate: f32) -> bool {
        self.kept < PER_STRETCH
            || self.kept < MAX_CANDIDATES_PER_STRETCH
                && estimate >= (NEARLY_AS_STRONG * self.strongest).max(STRONG_BITS)
    }

    fn keep(&mut self, estimate: f32) {
        self.kept += 1;
        self.strongest = self.strongest.max(estimate);
    }
}

/// Keeps, for each stretch of the query, the candidates that promise most: a file copied from five
/// places shows five owners, however strong one of them is.
fn strongest(mut candidates: Vec<Candidate>, query_tokens: usize) -> Vec<Candidate> {
    candidates.sort_by(|a, b| {
        let place = |c: &Candidate| (c.content.digest, c.query);
        b.promise.total_cmp(&a.promise).then(place(a).cmp(&place(b)))
    });
    let mut stretches = vec![Stretch::default(); query_tokens / STRETCH as usize + 1];
    candidates.retain(|candidate| {
        let range =
            (candidate.query.0 / STRETCH) as usize..=((candidate.query.1 - 1) / STRETCH) as usize;
        let covered = &mut stretches[range];
        let free =
            covered.iter().filter(|stretch| stretch.has_room_for(candidate.estimate)).count();
        let keep = free * 2 > covered.len();
        if keep {
            covered.iter_mut().for_each(|stretch| stretch.keep(candidate.estimate));
        }
        keep
    });
    candidates
}

/// What each token of the query is worth, in bits.
struct TokenWorth<'a> {
    surprisals: &'a Surprisals<'a>,
    query: Query<'a>,
}

impl TokenWorth<'_> {
    /// The sum over the tokens that some hits cover, which come in order of the query; each token
    /// counts once, in the view of the first hit that covers it.
    fn covered_bits(&self, hits: &[Hit], bits: impl Fn(u32, u8) -> f32) -> f32 {
        let mut sum = 0.0;
        let mut covered_to = 0;
        for hit in hits {
            let end = hit.seed.query + hit.seed.length;
            sum += (hit.seed.query.max(covered_to)..end).map(|i| bits(i, hit.view)).sum::<f32>();
            covered_to = covered_to.max(end);
        }
        sum
    }

    fn bits(&self, token: u32, view: u8) -> f32 {
        let (i, classes) = (token as usize, self.query.side.classes);
        match SCHEMES[usize::from(view)].view {
            // The model knows the shape of a table, not its values.
            View::Named if self.surprisals.class(i).is_literal() && keeps_name(classes, i) => {
                TABLE_VALUE_WEIGHT * self.surprisals.name_bits(i)
            }
            View::Named => self.surprisals.named_bits(i),
            View::Blind => self.surprisals.structure_bits(i),
        }
    }
}
