//! What the engine sees in one file: all that follows from its text, the indexes and the threshold, and from nothing that
//! is decided about licences.

use super::{IDIOM_BITS, IDIOM_COVERAGE, Scanner, identity, stored};
use crate::align::Side;
use crate::cache::Key;
use crate::index::IndexError;
use crate::ingest::marks;
use crate::matcher::{self, Match, Query};
use crate::source::SourceFile;
use crate::span::Region;
use crate::token::{self, Comment, Completeness, Margins, Tokenizer};

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
    Minified,
    BudgetExhausted,
}

/// What there is in a file.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// The matches, by region.
    pub(super) matches: Vec<Located>,
    /// Where idioms cover a match.
    pub(super) silenced: Vec<Region>,
    /// The comments of the file; read only where there are matches, to see what it says of its provenance.
    pub(super) comments: Vec<Comment>,
    /// The first line that holds code.
    pub(super) first_code: u32,
    pub(super) limits: Limits,
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
}

impl Skip {
    pub(super) fn message(self) -> &'static str {
        match self {
            Skip::Generated => "not checked: generated",
            Skip::Minified => "not checked: minified",
            Skip::BudgetExhausted => "not checked: the parser gave up on it",
        }
    }
}

impl Scanner {
    /// Looks at one file, or at what the cache knows of its text.
    ///
    /// # Errors
    /// If the index is damaged.
    pub(super) fn look(&self, tokenizer: &mut Tokenizer, source: &SourceFile) -> Result<Look, IndexError> {
        if let Some(skip) = reason_to_skip(source) {
            return Ok(Look::Skipped(skip));
        }
        let anew = |tokenizer| self.look_from(self.settings.threshold_bits, tokenizer, source);
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
        let stream = tokenizer.tokenize(source);
        if stream.completeness() == Completeness::BudgetExhausted {
            return Ok(Look::Skipped(Skip::BudgetExhausted));
        }
        let lines = stream.lines(source);
        let query = Query {
            language: source.language(),
            side: Side { classes: stream.classes(), names: stream.names() },
            lines: &lines,
            margins: &|range| Margins::of(source, &stream, range),
        };
        let model = self.index.model()?;
        let found = matcher::find(&self.index, &model, query, threshold_bits)?;
        let limits = Limits {
            common_fingerprints: found.common_fingerprints,
            kgrams_left_out: found.kgrams_left_out,
            candidates_left_out: found.candidates_left_out,
        };
        let covered = match &self.settings.idioms {
            Some(idioms) if !found.matches.is_empty() => {
                Some(matcher::covered(idioms, &model, query, IDIOM_BITS)?)
            }
            _ => None,
        };
        let comments = match found.matches.is_empty() {
            true => Vec::new(),
            false => tokenizer.layout(source).comments().to_vec(),
        };
        let first_code = lines.first().copied().unwrap_or(u32::MAX);
        let mut seen = Seen { matches: Vec::new(), silenced: Vec::new(), comments, first_code, limits };
        for found in found.matches {
            let region = source.region(token::extent(source, &stream, found.tokens));
            match &covered {
                Some(covered) if covered.share(found.tokens) >= IDIOM_COVERAGE => seen.silenced.push(region),
                _ => seen.matches.push(Located { id: identity(&found), region, found }),
            }
        }
        Ok(Look::Seen(seen))
    }
}

fn reason_to_skip(source: &SourceFile) -> Option<Skip> {
    let marks = marks::of(source.path(), source.text());
    if marks.generated {
        Some(Skip::Generated)
    } else if marks.minified {
        Some(Skip::Minified)
    } else {
        None
    }
}
