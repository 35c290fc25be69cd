//! What the engine sees in one file: all that follows from its text, the indexes and the threshold,
//! and from nothing that is decided about licences.

use std::sync::{Mutex, PoisonError};

use super::{IDIOM_BITS, IDIOM_COVERAGE, Scanner, identity, stored};
use crate::engine::align::Side;
use crate::engine::index::IndexError;
use crate::engine::matcher::{self, CopyKind, Found, LeftOut, Match, Query};
use crate::engine::model::Model;
use crate::judgement::suppression;
use crate::project::cache::Key;
use crate::project::walk::Markers;
use crate::project::walk::marks;
use crate::text::declaration;
use crate::text::source::SourceFile;
use crate::text::span::{ByteSpan, LineSet, Region};
use crate::text::token::{self, Comment, Completeness, Margins, Tokenizer};

/// One file as the engine sees it.
#[derive(Clone, Debug)]
pub(super) enum Look {
    /// It is not looked at.
    Skipped(Skip),
    /// What there is.
    Seen(Seen),
}

/// Why a file is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skip {
    Generated,
    BudgetExhausted,
    TimedOut,
    NoThread,
}

/// What there is in a file.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// The matches, by region.
    pub(super) matches: Vec<Located>,
    /// Where idioms cover a match.
    pub(super) silenced: Vec<Region>,
    /// Matches with packages of the project itself, which are left out.
    pub(super) own: usize,
    /// The comments of the file; read only where there are matches, to see what it says of its
    /// provenance.
    pub(super) comments: Vec<Comment>,
    /// The first line that holds code.
    pub(super) first_code: u32,
    pub(super) limits: Limits,
    /// The lines that the parser gave up.
    pub(super) unread: LineSet,
    pub(super) hints: Hints,
}

/// Words that a text holds somewhere, so that a closer look at its comments is worth while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hints {
    /// Of a licence that is stated apart from the file's.
    pub(super) states_parts: bool,
    /// Of a comment that silences.
    pub(super) silences: bool,
}

impl Hints {
    fn of(text: &[u8]) -> Hints {
        Hints {
            states_parts: declaration::may_state(text),
            silences: suppression::is_mentioned(text),
        }
    }
}

impl Seen {
    /// Takes out matches of a type stub with anything but stubs: a stub repeats the interface of
    /// what it describes, and none of its code.
    fn leave_interfaces(&mut self) {
        for located in &mut self.matches {
            located.found.owners.retain(|owner| marks::is_stub(&owner.path));
        }
        self.matches.retain(|located| !located.found.owners.is_empty());
    }
}

/// A match where it stands.
#[derive(Clone, Debug)]
pub(super) struct Located {
    /// Identity of the content.
    pub(super) id: String,
    pub(super) region: Region,
    pub(super) found: Match,
}

/// How often limits were reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) common_fingerprints: usize,
    pub(super) kgrams_left_out: usize,
    pub(super) candidates_left_out: usize,
    /// Files in a language without a model of ordinary code of its own. The model of another
    /// language stands in for it. Where there is none of that either, only exact copies are found.
    pub(super) files_without_model: usize,
}

/// Texts of more tokens are looked up by one thread at a time: for some, that takes 100 MB.
const TOKENS_WITHOUT_TURN: usize = 100_000;
static LARGE: Mutex<()> = Mutex::new(());

/// Tokens that an exact copy has at least where nothing is known of what is ordinary in its
/// language.
const EXACT_TOKENS: u32 = 60;

impl Skip {
    pub(super) fn message(self) -> &'static str {
        match self {
            Skip::Generated => "not checked: generated",
            Skip::BudgetExhausted => "not checked: the parser gave up on it",
            Skip::TimedOut => {
                "not checked: the parser did not end in time; please report this file, or exclude it"
            }
            Skip::NoThread => {
                "not checked: the system gives no threads; raise the limit on processes"
            }
        }
    }

    /// Whether the same text may be looked at another time.
    pub(super) fn is_failure(self) -> bool {
        matches!(self, Skip::TimedOut | Skip::NoThread)
    }
}

impl Scanner {
    /// Looks at one file, or at what the cache knows of its text.
    ///
    /// # Errors
    /// If the index is damaged.
    pub(super) fn look(
        &self,
        tokenizer: &mut Tokenizer,
        source: &SourceFile,
        markers: Markers,
    ) -> Result<Look, IndexError> {
        // This comes before the cache: the path decides too, and is no part of the key.
        if markers == Markers::Excuse && marks::of(source.path(), source.text()).generated {
            return Ok(Look::Skipped(Skip::Generated));
        }
        let mut look = self.look_or_remember(tokenizer, source)?;
        // So does this.
        if let Look::Seen(seen) = &mut look
            && marks::is_stub(source.path())
        {
            seen.leave_interfaces();
        }
        Ok(look)
    }

    fn look_or_remember(
        &self,
        tokenizer: &mut Tokenizer,
        source: &SourceFile,
    ) -> Result<Look, IndexError> {
        let threshold = self.threshold_bits(source.language().family());
        let anew = |tokenizer| self.look_from(threshold, tokenizer, source);
        let Some(cache) = &self.cache else { return anew(tokenizer) };
        let key = Key::of(source.language(), source.text());
        if let Some(look) = cache.get(key).and_then(stored::from_line) {
            return Ok(look);
        }
        let look = anew(tokenizer)?;
        if let Some(line) = stored::to_line(&look) {
            cache.put(key, line);
        }
        Ok(look)
    }

    /// Looks at one file for matches with at least so much evidence.
    ///
    /// # Errors
    /// If the index is damaged.
    pub(super) fn look_from(
        &self,
        threshold_bits: f32,
        tokenizer: &mut Tokenizer,
        source: &SourceFile,
    ) -> Result<Look, IndexError> {
        let stream = tokenizer.tokenize_in_pieces(source);
        match stream.completeness() {
            Completeness::Whole => {}
            Completeness::BudgetExhausted => return Ok(Look::Skipped(Skip::BudgetExhausted)),
            Completeness::TimedOut => return Ok(Look::Skipped(Skip::TimedOut)),
            Completeness::NoThread => return Ok(Look::Skipped(Skip::NoThread)),
        }
        let _turn = (stream.len() > TOKENS_WITHOUT_TURN)
            .then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner));
        let lines = stream.lines(source);
        let freedom = token::freedom(source, &stream);
        let query = Query {
            language: source.language(),
            side: Side { classes: stream.classes(), names: stream.names() },
            freedom: &freedom,
            lines: &lines,
            margins: &|range| Margins::of(source, &stream, range),
            without: &LeftOut::NONE,
        };
        let FoundBesideOwn { found, own, model } = self.find(query, threshold_bits)?;
        let limits = Limits {
            files_without_model: (!self.index.has_own_model(source.language().family())?).into(),
            common_fingerprints: found.common_fingerprints,
            kgrams_left_out: found.kgrams_left_out,
            candidates_left_out: found.candidates_left_out,
        };
        let covered = match &self.settings.idioms {
            Some(idioms) if !found.matches.is_empty() => {
                let model = model.unwrap_or(Model::ignorant());
                Some(matcher::cover(idioms, &model, query, IDIOM_BITS)?)
            }
            _ => None,
        };
        let comments = if found.matches.is_empty() {
            Vec::new()
        } else {
            tokenizer.layout(source).comments().to_vec()
        };
        // Without code, every comment counts as the head of the file.
        let first_code = lines.first().copied().unwrap_or(u32::MAX);
        let lines_of =
            |gap: &ByteSpan| source.line(gap.start)..=source.line(gap.end.saturating_sub(1));
        let mut seen = Seen {
            matches: Vec::new(),
            silenced: Vec::new(),
            own,
            comments,
            first_code,
            limits,
            unread: stream.gaps().iter().flat_map(lines_of).collect(),
            hints: Hints::of(source.text()),
        };
        for found in found.matches {
            let region = source.region(token::extent(source, &stream, found.tokens));
            match &covered {
                Some(covered) if covered.share(found.tokens) >= IDIOM_COVERAGE => {
                    seen.silenced.push(region)
                }
                _ => seen.matches.push(Located { id: identity(&found), region, found }),
            }
        }
        Ok(Look::Seen(seen))
    }
}

/// What was found, how many of all matches are with packages of the project itself, and the model
/// by which it was weighed.
pub(super) struct FoundBesideOwn<'a> {
    pub(super) found: Found,
    pub(super) own: usize,
    pub(super) model: Option<Model<'a>>,
}

impl Scanner {
    /// Finds what a query resembles in the packages of others, each match with its owners in order.
    ///
    /// The project's own packages are only looked up once something resembles anything: most
    /// changes resemble nothing, and to read all manifests of a large repository takes longer than
    /// to check a file.
    ///
    /// # Errors
    /// If the index is damaged.
    pub(super) fn find(
        &self,
        query: Query<'_>,
        threshold_bits: f32,
    ) -> Result<FoundBesideOwn<'_>, IndexError> {
        let model = self.index.model(query.language.family())?;
        let mut found = self.find_by(model, query, threshold_bits)?;
        if found.matches.is_empty() {
            return Ok(FoundBesideOwn { found, own: 0, model });
        }
        let packages = self.settings.manifests.packages();
        let is_own = |found: &&Match| found.owners.iter().any(|owner| packages.is_own(&owner.purl));
        let own = found.matches.iter().filter(is_own).count();
        if own > 0 {
            let query = Query { without: self.own_components()?, ..query };
            found = self.find_by(model, query, threshold_bits)?;
        }
        found.matches.iter_mut().for_each(|found| packages.order(&mut found.owners));
        Ok(FoundBesideOwn { found, own, model })
    }

    /// What the engine finds by a model. Where there is none, nor one that could stand in, only exact
    /// copies count: all code would be surprising.
    fn find_by(
        &self,
        model: Option<Model<'_>>,
        query: Query<'_>,
        threshold_bits: f32,
    ) -> Result<Found, IndexError> {
        let weighed_by = model.unwrap_or(Model::ignorant());
        let mut found = matcher::find(&self.index, &weighed_by, query, threshold_bits)?;
        if model.is_none() {
            found.matches.retain(|found| {
                found.kind == CopyKind::Verbatim && found.evidence.matched_tokens >= EXACT_TOKENS
            });
        }
        Ok(found)
    }

    /// The components of the index that are packages of the project itself.
    pub(super) fn own_components(&self) -> Result<&LeftOut, IndexError> {
        if let Some(known) = self.own.get() {
            return Ok(known);
        }
        let packages = self.settings.manifests.packages();
        let own = LeftOut::of(&self.index, |purl| packages.is_own(purl))?;
        Ok(self.own.get_or_init(|| own))
    }
}
