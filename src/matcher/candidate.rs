//! Which places of the index are worth aligning.

use rustc_hash::FxHashMap;

use super::{Found, Query};
use crate::align::Seed;
use crate::fingerprint::{KgramHash, SCHEMES, View, keeps_name, kgrams};
use crate::index::{DocumentId, Index, IndexError, Postings, SegmentId};
use crate::model::Surprisals;

/// Seeds of one document that lie near each other on both sides.
pub(super) struct Candidate {
    pub segment: SegmentId,
    pub document: DocumentId,
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
/// Bits that a candidate's seeds must be worth: well below any threshold, since seeds miss what was edited.
const MIN_ESTIMATE_BITS: f32 = 22.0;
/// Candidates aligned for one stretch if they are strong and nearly as strong as its strongest: code that many
/// packages carry.
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
    segment: SegmentId,
    document: DocumentId,
    seed: Seed,
    view: u8,
    /// Places in the segment that hold this k-gram.
    occurrences: u32,
}

/// Which candidates are worth aligning, by what is asked for. Of those that ordinary code has with an index of millions of
/// lines, one in a thousand ends in a match, and to align them took half of a scan.
#[derive(Clone, Copy)]
pub(super) struct Screen {
    /// What a candidate must promise at least.
    least_promise: f32,
    /// Candidates aligned for one stretch of the query, whatever their strength.
    per_stretch: u32,
}

/// For matches of at least so many bits the strict screen does; for weaker ones it would turn away too many.
const STRICT_FROM_BITS: f32 = 60.0;
const STRICT: Screen = Screen { least_promise: 13.7, per_stretch: 4 };
const LENIENT: Screen = Screen { least_promise: 12.2, per_stretch: 12 };

impl Screen {
    /// The screen for matches with evidence of at least `threshold_bits`.
    pub(super) fn of(threshold_bits: f32) -> Screen {
        if threshold_bits >= STRICT_FROM_BITS { STRICT } else { LENIENT }
    }
}

/// The candidates worth aligning, by document.
pub(super) fn candidates(
    index: &Index,
    surprisals: &Surprisals<'_>,
    query: Query<'_>,
    screen: Screen,
    found: &mut Found,
) -> Result<Vec<Candidate>, IndexError> {
    let mut hits = hits(index, places(index, query, found))?;
    if !query.without.is_empty() {
        hits = compared(index, query, hits)?;
    }
    hits.sort_unstable();
    let worth = TokenWorth { surprisals, query };
    let mut candidates = Vec::new();
    for of_document in hits.chunk_by(|a, b| (a.segment, a.document) == (b.segment, b.document)) {
        match of_document {
            // Most documents share no more than one k-gram with a file.
            [_] => candidates.extend(Candidate::new(of_document, &worth)),
            _ => {
                let clusters = clusters(of_document);
                candidates.extend(clusters.iter().filter_map(|cluster| Candidate::new(cluster, &worth)));
            }
        }
    }
    candidates.retain(|candidate| candidate.promise >= screen.least_promise);
    let strong =
        |candidates: &[Candidate]| candidates.iter().filter(|one| one.estimate >= STRONG_BITS).count();
    let before = strong(&candidates);
    let mut kept = strongest(candidates, query.side.classes.len(), screen);
    found.candidates_left_out = before - strong(&kept);
    kept.sort_by_key(|candidate| (candidate.segment, candidate.document, candidate.query));
    Ok(kept)
}

/// Times that one k-gram of the query is looked up. A table repeats one thousands of times, and each time the index would
/// answer with all tables it knows.
const MAX_LOOKUPS_OF_A_KGRAM: u32 = 16;
/// Hits that are looked at for one query.
const MAX_HITS: usize = 1 << 20;

/// K-grams looked up together.
const TOGETHER: usize = 16;

/// Every occurrence in the index of every k-gram of the query, within limits.
fn places(index: &Index, query: Query<'_>, found: &mut Found) -> Vec<Place> {
    let mut places = Vec::new();
    let mut times: FxHashMap<KgramHash, u32> = FxHashMap::default();
    for (view, scheme) in SCHEMES.iter().enumerate() {
        let grams = kgrams(query.side.classes, query.side.names, query.language, *scheme);
        let grams: Vec<(u32, KgramHash)> = (0..).zip(grams).collect();
        for grams in grams.chunks(TOGETHER) {
            let mut wanted = Wanted { view: view as u8, length: scheme.k as u32, grams: Vec::new() };
            for &(position, hash) in grams {
                let times = times.entry(hash).or_default();
                *times += 1;
                match *times > MAX_LOOKUPS_OF_A_KGRAM || places.len() >= MAX_HITS {
                    true => found.kgrams_left_out += 1,
                    false => wanted.grams.push((position, hash)),
                }
            }
            for number in 0..index.segments().len() {
                wanted.look_up(index, SegmentId(number as u32), &mut places, found);
            }
        }
    }
    places
}

/// The documents of some places. They are sought in order, so that each is sought once.
fn hits(index: &Index, mut places: Vec<Place>) -> Result<Vec<Hit>, IndexError> {
    places.sort_unstable_by_key(|place| (place.segment, place.global));
    let mut hits = Vec::with_capacity(places.len());
    let mut last: Option<(SegmentId, DocumentId, std::ops::Range<u32>)> = None;
    for place in places {
        let Place { segment, global, query, length, view, occurrences } = place;
        let (document, start) = match last {
            Some((known, document, ref tokens)) if known == segment && tokens.contains(&global) => {
                (document, tokens.start)
            }
            _ => {
                let Some(document) = index.segment(segment).document_at(global) else { continue };
                let row = index.segment(segment).document_row(document)?;
                last = Some((
                    segment,
                    document,
                    row.token_start..row.token_start.saturating_add(row.token_count),
                ));
                (document, row.token_start)
            }
        };
        let seed = Seed { query, document: global - start, length };
        hits.push(Hit { segment, document, seed, view, occurrences });
    }
    Ok(hits)
}

/// The hits in components that the query is compared with.
fn compared(index: &Index, query: Query<'_>, hits: Vec<Hit>) -> Result<Vec<Hit>, IndexError> {
    let mut compared = Vec::with_capacity(hits.len());
    // Hits come by segment and document.
    for of_document in hits.chunk_by(|a, b| (a.segment, a.document) == (b.segment, b.document)) {
        let Hit { segment, document, .. } = of_document[0];
        let row = index.segment(segment).document_row(document)?;
        if !query.without.holds(segment, row.component) {
            compared.extend_from_slice(of_document);
        }
    }
    Ok(compared)
}

/// A place in the index that holds a k-gram of the query.
struct Place {
    segment: SegmentId,
    /// Position among all tokens of the segment.
    global: u32,
    /// Where the k-gram begins in the query.
    query: u32,
    length: u32,
    view: u8,
    occurrences: u32,
}

/// Some k-grams of the query and where they stand in it.
struct Wanted {
    view: u8,
    length: u32,
    grams: Vec<(u32, KgramHash)>,
}

impl Wanted {
    fn look_up(&self, index: &Index, id: SegmentId, places: &mut Vec<Place>, found: &mut Found) {
        let segment = index.segment(id);
        let hash = |i: usize| self.grams.get(i).map_or(KgramHash(0), |&(_, hash)| hash);
        let lists = segment.lookup_all::<TOGETHER>(std::array::from_fn(hash));
        for (&(position, _), list) in self.grams.iter().zip(lists) {
            let list = match list {
                Postings::Listed(list) => list,
                Postings::Common => {
                    found.common_fingerprints += 1;
                    continue;
                }
            };
            let occurrences = list.len() as u32;
            let (length, view) = (self.length, self.view);
            places.extend(list.map(|global| Place {
                segment: id,
                global,
                query: position,
                length,
                view,
                occurrences,
            }));
        }
    }
}

/// Groups the hits of one document, sorted by query position, by nearness on both sides.
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
    fn new(hits: &[Hit], worth: &TokenWorth<'_>) -> Option<Candidate> {
        let estimate = worth.covered(hits, |i, view| worth.bits(i, view));
        (estimate >= MIN_ESTIMATE_BITS).then(|| Candidate {
            segment: hits[0].segment,
            document: hits[0].document,
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

/// What the logarithms of a candidate's measures weigh in its promise: by logistic regression of whether an alignment reaches
/// 68 bits, on copies planted from the development half of the evaluation and on packages that copy nothing, rounded.
const IN_LINE_WEIGHT: f32 = 3.5;
const STRUCTURE_WEIGHT: f32 = 0.85;
const OCCURRENCES_WEIGHT: f32 = -0.8;
/// Seeds are in line if their diagonals differ by so many tokens at most: a copy has gaps, but few large ones.
const IN_LINE: i64 = 24;

/// How likely an alignment of these seeds is to be worth something, going by the bits of those that lie in line, the
/// structure of all, and how many other places hold the same k-grams.
fn promise(hits: &[Hit], worth: &TokenWorth<'_>) -> f32 {
    let in_line = worth.covered(&in_line(hits), |i, view| worth.bits(i, view));
    let structure = worth.covered(hits, |i, _| worth.surprisals.structure_bits(i as usize));
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
    fn has_room_for(&self, estimate: f32, screen: Screen) -> bool {
        self.kept < screen.per_stretch
            || self.kept < MAX_CANDIDATES_PER_STRETCH
                && estimate >= (NEARLY_AS_STRONG * self.strongest).max(STRONG_BITS)
    }

    fn keep(&mut self, estimate: f32) {
        self.kept += 1;
        self.strongest = self.strongest.max(estimate);
    }
}

/// Keeps, for each stretch of the query, the candidates that promise most: a file copied from five places shows five
/// owners, however strong one of them is.
fn strongest(mut candidates: Vec<Candidate>, query_tokens: usize, screen: Screen) -> Vec<Candidate> {
    candidates.sort_by(|a, b| {
        let place = |c: &Candidate| (c.segment, c.document, c.query);
        b.promise.total_cmp(&a.promise).then(place(a).cmp(&place(b)))
    });
    let mut stretches = vec![Stretch::default(); query_tokens / STRETCH as usize + 1];
    candidates.retain(|candidate| {
        let range = (candidate.query.0 / STRETCH) as usize..=((candidate.query.1 - 1) / STRETCH) as usize;
        let covered = &mut stretches[range];
        let free = covered.iter().filter(|stretch| stretch.has_room_for(candidate.estimate, screen)).count();
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
    /// The sum over the tokens that some hits cover, which come in order of the query; each token counts once, in the view
    /// of the first hit that covers it.
    fn covered(&self, hits: &[Hit], bits: impl Fn(u32, u8) -> f32) -> f32 {
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
