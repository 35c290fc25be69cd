//! From fingerprints to matches: retrieve candidates, align them, merge, rank, keep every owner.
//!
//! ```text
//!   every k-gram of the query --lookup--> seeds --by document and place--> candidates
//!   candidates --the strongest for each stretch of the query--> alignments --evidence--> matches with owners
//! ```

mod candidate;
mod explain;
mod merge;

pub use crate::engine::evidence::{CopyKind, Evidence};
pub use explain::{Account, Naming, explain};
pub(crate) use explain::{AccountedPair, Clearing, Standing, standings};
pub(crate) use merge::is_plausible_origin;

use std::collections::BTreeSet;
use std::sync::Arc;

use candidate::Content;

use crate::engine::align::{Aligner, Block, Pair, Side};
use crate::engine::evidence::{self, Seen, Sides};
use crate::engine::index::documents::{Copyright, Day};
use crate::engine::index::{
    ComponentId, DocumentRow, Holder, Index, IndexError, LazyColumns, SegmentId,
};
use crate::engine::model::{Model, Surprisals};
use crate::license::LicenseFact;
use crate::purl::Purl;
use crate::text::language::Language;
use crate::text::span::{LineRange, TokenRange};
use crate::text::token::{Freedom, Margins, TokenClass};

/// A stretch of the user's code that resembles indexed code, with everyone who may own it.
#[derive(Clone, Debug)]
pub struct Match {
    /// The matched tokens of the user's file.
    pub tokens: TokenRange,
    /// In what way the code was changed.
    pub kind: CopyKind,
    /// How surprising the match is.
    pub evidence: Evidence,
    /// Who may own it, likeliest first; never empty.
    pub owners: Vec<Owner>,
    /// Hash of the classes and names of the matched tokens, without what corresponds at the edges
    /// in a few tokens only: part of a finding's identity, which what stands next to a copy must
    /// not change.
    pub content: u64,
}

/// One place in the index that holds the matched code.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The component, with its version.
    pub purl: Purl,
    /// The versions of the same package that hold at least nearly as much of the code, oldest
    /// first, this one's included. Empty where they have none.
    pub versions: Vec<String>,
    /// Path of the document inside the component.
    pub path: String,
    /// The lines there.
    pub lines: LineRange,
    /// The licence of that file: its own if it states one, else the component's.
    pub license: LicenseFact,
    /// Evidence in bits for this owner.
    pub bits: f32,
    /// Share of the component's own code that this match covers, from 0 to 1.
    pub share: f32,
    /// Whether the document stands in a folder of vendored code.
    pub vendored: bool,
    /// The day the component was published, where that is known.
    pub published: Option<Day>,
    /// Packages that the component depends on, as purls without version; sorted.
    pub depends_on: Arc<[String]>,
    /// Packages that the component carries in vendored folders, as purls without version; sorted.
    pub vendored_packages: Arc<[String]>,
    /// What it states of copyright; `None` where the index does not know.
    pub copyright: Option<Arc<OwnerCopyright>>,
}

/// What an owner states of copyright.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnerCopyright {
    /// The notices of the document.
    pub of_document: Vec<String>,
    /// What its component states.
    pub of_component: Copyright,
}

impl Owner {
    /// The copyright notices of the code: those of its file, else those of its component. A
    /// component that carries code of others does not speak for them.
    pub(crate) fn copyright_notices(&self) -> &[String] {
        match &self.copyright {
            Some(stated) if !stated.of_document.is_empty() => &stated.of_document,
            Some(stated) if !self.vendored => &stated.of_component.notices,
            _ => &[],
        }
    }
}

impl Owner {
    /// The address of a page that shows the lines.
    pub fn page(&self) -> Option<String> {
        self.purl.page(&self.path, self.lines.first, self.lines.last)
    }
}

/// The stream that is asked about.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    /// Its language.
    pub language: Language,
    /// Its tokens.
    pub side: Side<'a>,
    /// How free the author of each token was; empty where that is not asked.
    pub freedom: &'a [Freedom],
    /// The line of each token.
    pub lines: &'a [u32],
    /// How many lines around a range of tokens belong to it without holding a token: attributes,
    /// closing brackets.
    pub margins: &'a dyn Fn(TokenRange) -> Margins,
    /// Components that are not compared with.
    pub without: &'a LeftOut,
}

/// Components of an index that a query is not compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut(BTreeSet<(SegmentId, ComponentId)>);

impl LeftOut {
    /// None.
    pub const NONE: LeftOut = LeftOut(BTreeSet::new());

    /// The components of an index whose purls are such.
    ///
    /// # Errors
    /// If the index is damaged.
    pub fn of(index: &Index, is_left_out: impl Fn(&Purl) -> bool) -> Result<LeftOut, IndexError> {
        let mut left_out = BTreeSet::new();
        for (number, segment) in index.segments().iter().enumerate() {
            for component in segment.components() {
                if is_left_out(&segment.purl(&segment.component_row(component)?)?) {
                    left_out.insert((SegmentId(number as u32), component));
                }
            }
        }
        Ok(LeftOut(left_out))
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn holds(&self, holder: &Holder<'_>) -> bool {
        self.0.contains(&(holder.segment_id, holder.row.component))
    }
}

impl<'a> Query<'a> {
    fn surprisals(&self, model: &'a Model<'a>) -> Surprisals<'a> {
        Surprisals::new(
            model,
            self.language.family(),
            self.side.classes,
            self.side.names,
            self.freedom,
        )
    }
}

/// What was found, and which limits were reached on the way.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The matches, in order of the query.
    pub matches: Vec<Match>,
    /// Fingerprints of the query that are too common in the index to be listed.
    pub common_fingerprints: usize,
    /// K-grams of the query that were not looked up, because it repeats them or has too many hits
    /// already.
    pub kgrams_left_out: usize,
    /// Strong candidates that were not aligned because as many others covered the same stretch.
    pub candidates_left_out: usize,
}

/// An alignment that was accepted.
struct Aligned {
    content: Content,
    row: DocumentRow,
    tokens: TokenRange,
    /// The tokens that make its identity.
    core: TokenRange,
    lines: LineRange,
    kind: CopyKind,
    evidence: Evidence,
    /// The pairs that the evidence was counted over.
    weighed: Vec<Block>,
}

/// Finds what a stream resembles, with evidence of at least `threshold_bits`.
///
/// # Errors
/// If the index is damaged.
pub fn find(
    index: &Index,
    model: &Model<'_>,
    query: Query<'_>,
    threshold_bits: f32,
) -> Result<Found, IndexError> {
    let mut found = Found::default();
    let groups = groups(index, model, query, threshold_bits, &mut found)?;
    found.matches = merge::matches(index, query, &groups, threshold_bits)?;
    Ok(found)
}

/// The alignments of a stream by local span, the strongest of each first.
fn groups(
    index: &Index,
    model: &Model<'_>,
    query: Query<'_>,
    threshold_bits: f32,
    found: &mut Found,
) -> Result<Vec<Vec<Aligned>>, IndexError> {
    let mut bench = Bench::new(index, model, query, threshold_bits);
    let aligned = bench.align_all(found)?;
    merge::group(aligned, |aligned, blocks| bench.weigh_rest(aligned, blocks))
}

/// Which tokens of a stream correspond to indexed code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Covered(Vec<bool>);

impl Covered {
    /// Which part of these tokens does.
    pub(crate) fn share(&self, tokens: TokenRange) -> f32 {
        let range = &self.0[tokens.start as usize..tokens.end as usize];
        range.iter().filter(|&&token| token).count() as f32 / range.len().max(1) as f32
    }
}

/// Marks the tokens of a stream that alignments with evidence of at least `threshold_bits` pair
/// with indexed ones.
///
/// # Errors
/// If the index is damaged.
pub(crate) fn cover(
    index: &Index,
    model: &Model<'_>,
    query: Query<'_>,
    threshold_bits: f32,
) -> Result<Covered, IndexError> {
    let mut covered = vec![false; query.side.classes.len()];
    for aligned in
        Bench::new(index, model, query, threshold_bits).align_all(&mut Found::default())?
    {
        let blocks = without_next_definition(query, aligned.weighed);
        let pairs = blocks.iter().flat_map(|block| &block.pairs);
        pairs.for_each(|pair| covered[pair.query as usize] = true);
    }
    Ok(Covered(covered))
}

/// What candidates of one query are aligned with, and what need not be made anew for each of them.
struct Bench<'a> {
    index: &'a Index,
    query: Query<'a>,
    surprisals: Surprisals<'a>,
    least_bits: f32,
    aligner: Aligner,
    seen: Seen,
}

/// A document that holds some of the query.
#[derive(Clone, Copy)]
struct Document<'a> {
    row: DocumentRow,
    side: Side<'a>,
    lines: &'a [u32],
}

impl<'a> Bench<'a> {
    fn new(index: &'a Index, model: &'a Model<'a>, query: Query<'a>, least_bits: f32) -> Bench<'a> {
        let surprisals = query.surprisals(model);
        let (aligner, seen) = (Aligner::default(), Seen::default());
        Bench { index, query, surprisals, least_bits, aligner, seen }
    }

    /// Aligns every candidate and returns what has enough evidence.
    fn align_all(&mut self, found: &mut Found) -> Result<Vec<Aligned>, IndexError> {
        let candidates = candidate::candidates(self.index, &self.surprisals, self.query, found)?;
        let mut all = Vec::new();
        for candidates in candidates.chunk_by(|a, b| a.content.digest == b.content.digest) {
            let content = candidates[0].content;
            let segment = self.index.segment(content.segment);
            let row = segment.document_row(content.document)?;
            let columns = segment.remembered_columns(content.document, &row)?;
            for candidate in candidates {
                let blocks = self.aligner.align(self.query.side, side(&columns), &candidate.seeds);
                all.extend(self.weigh(content, row, &columns, &blocks)?);
            }
        }
        Ok(all)
    }

    /// What a part of an alignment's pairs is worth by itself.
    fn weigh_rest(
        &mut self,
        aligned: &Aligned,
        rest: &[Block],
    ) -> Result<Vec<Aligned>, IndexError> {
        let content = aligned.content;
        let segment = self.index.segment(content.segment);
        let columns = segment.remembered_columns(content.document, &aligned.row)?;
        self.weigh(content, aligned.row, &columns, rest)
    }

    /// The stretches of an alignment that have enough evidence.
    fn weigh(
        &mut self,
        content: Content,
        row: DocumentRow,
        columns: &LazyColumns,
        blocks: &[Block],
    ) -> Result<Vec<Aligned>, IndexError> {
        let (query, document) = (self.query.side, side(columns));
        let mut all = Vec::new();
        for (weighed, evidence) in
            evidence::stretches(&self.surprisals, query, document, blocks, &mut self.seen)
        {
            if evidence.bits < self.least_bits {
                continue;
            }
            // Few alignments come this far, and only they need the lines decoded.
            let lines = self.index.segment(content.segment).lines(columns)?;
            let document = Document { row, side: document, lines };
            all.extend(self.build_aligned(content, document, weighed, evidence));
        }
        Ok(all)
    }

    fn build_aligned(
        &self,
        content: Content,
        document: Document<'_>,
        weighed: Vec<Block>,
        evidence: Evidence,
    ) -> Option<Aligned> {
        let query = self.query;
        let blocks = without_next_definition(query, weighed.clone());
        let pairs = || blocks.iter().flat_map(|block| &block.pairs);
        let tokens = TokenRange {
            start: pairs().map(|pair| pair.query).min()?,
            end: pairs().map(|pair| pair.query).max()? + 1,
        };
        let document_tokens = (
            pairs().map(|pair| pair.document as usize).min()?,
            pairs().map(|pair| pair.document as usize).max()?,
        );
        let sides = Sides {
            language: query.language,
            query: query.side,
            document: document.side,
            query_lines: query.lines,
            document_lines: document.lines,
        };
        Some(Aligned {
            content,
            row: document.row,
            tokens,
            core: core(query, &blocks).unwrap_or(tokens),
            lines: document_lines(document_tokens, &document, (query.margins)(tokens)),
            kind: evidence::copy_kind(sides, &blocks),
            evidence,
            weighed,
        })
    }
}

fn side(columns: &LazyColumns) -> Side<'_> {
    Side { classes: &columns.classes, names: &columns.names }
}

/// Tokens that must correspond in a row at the edge of a match to belong to its identity, and
/// tokens of another definition there that do not. An alignment that runs on into what stands next
/// to a copy finds a `return` here and a `def` there.
const CORE_RUN: usize = 8;

/// The tokens from the first longer run of corresponding ones to the last, without the edge of
/// another definition.
fn core(query: Query<'_>, blocks: &[Block]) -> Option<TokenRange> {
    let in_a_row = |a: &Pair, b: &Pair| (a.query + 1, a.document + 1) == (b.query, b.document);
    let long = || {
        blocks
            .iter()
            .flat_map(|block| block.pairs.chunk_by(in_a_row))
            .filter(|r| r.len() >= CORE_RUN)
    };
    let start = long().map(|run| run[0].query).min()?;
    let end = long().map(|run| run[run.len() - 1].query + 1).max()?;
    let opens = |&token: &u32| {
        query.language.opens_definition(TokenClass(query.side.classes[token as usize]))
    };
    let edge = CORE_RUN as u32;
    // The two edges would overlap.
    if end - start <= 2 * edge {
        return Some(TokenRange { start, end });
    }
    let start = (start..start + edge).rev().find(opens).unwrap_or(start);
    Some(TokenRange { start, end: (end - edge..end).find(opens).unwrap_or(end) })
}

/// Takes off the word that begins the next definition: it follows a copied function on both sides
/// by chance.
fn without_next_definition(query: Query<'_>, mut blocks: Vec<Block>) -> Vec<Block> {
    let class = |pair: &Pair| TokenClass(query.side.classes[pair.query as usize]);
    for block in &mut blocks {
        while block.pairs.len() > 1
            && block.pairs.last().is_some_and(|pair| query.language.opens_definition(class(pair)))
        {
            block.pairs.pop();
        }
    }
    blocks
}

/// The lines of a range of document tokens with margins as the query has them, as far as there is
/// room.
fn document_lines(
    (first, last): (usize, usize),
    document: &Document<'_>,
    margins: Margins,
) -> LineRange {
    let (lines, line_count) = (document.lines, document.row.lines);
    let before = lines[first] - first.checked_sub(1).map_or(0, |previous| lines[previous]);
    let after = lines
        .get(last + 1)
        .map_or(line_count.saturating_add(1), |&next| next)
        .saturating_sub(lines[last]);
    LineRange {
        first: lines[first] - margins.before.min(before.saturating_sub(1)),
        last: lines[last] + margins.after.min(after.saturating_sub(1)),
    }
}
