//! References explained: the file is looked at once more, and the account of its matches laid over
//! its lines.

use super::look::FoundBesideOwn;
use super::{Scanner, identity};
use crate::engine::align::Side;
use crate::engine::evidence::{Chance, Parts, Preset};
use crate::engine::index::IndexError;
use crate::engine::matcher::{self, Account, AccountedPair, LeftOut, Query};
use crate::engine::model::Model;
use crate::judgement::finding::{Counterpart, Explanation, Line, Reference, Run, Token};
use crate::text::source::SourceFile;
use crate::text::span::{LineRange, Region};
use crate::text::token::{self, Margins, TokenClass, TokenStream, Tokenizer};

impl Scanner {
    /// Explains references that [`Scanner::file`] found in a file. One that is no longer there is
    /// left out.
    ///
    /// # Errors
    /// If the index is damaged.
    pub fn explain(
        &self,
        source: &SourceFile,
        references: &[&Reference],
    ) -> Result<Vec<Explanation>, IndexError> {
        let stream = Tokenizer::new().tokenize_in_pieces(source);
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
        let family = source.language().family();
        let threshold = self.threshold_bits(family);
        let FoundBesideOwn { found, own, model } = self.find(query, threshold)?;
        let (found, model) = (found.matches, model.unwrap_or(Model::ignorant()));
        // `find` searched again without the project's own packages.
        // The alignments to explain are those of that second search.
        let query = match own {
            0 => query,
            _ => Query { without: self.own_components()?, ..query },
        };
        let accounts = matcher::explain(&self.index, &model, query, &found, threshold)?;
        let mut explanations = Vec::new();
        for (found, account) in found.iter().zip(&accounts) {
            let region = source.region(token::extent(source, &stream, found.tokens));
            let id = identity(found);
            let reference =
                references.iter().find(|known| known.id == id && known.region == region);
            if let (Some(&reference), Some(account)) = (reference, account) {
                let laid = Laid { source, stream: &stream, lines: &lines, account };
                explanations.push(laid.explanation(reference, threshold, self.chance(family)));
            }
        }
        Ok(explanations)
    }
}

/// An account and the text it is about.
struct Laid<'a> {
    source: &'a SourceFile,
    stream: &'a TokenStream,
    lines: &'a [u32],
    account: &'a Account,
}

impl Laid<'_> {
    fn explanation(
        &self,
        reference: &Reference,
        threshold_bits: f32,
        chance: Chance,
    ) -> Explanation {
        let bits = reference.evidence.bits;
        let presets =
            Preset::NAMED.iter().filter(|(_, preset)| bits >= preset.threshold_bits(chance));
        Explanation {
            reference: reference.clone(),
            purl: self.account.purl.clone(),
            document: self.account.path.clone(),
            lines: self.shown_lines(reference).map(|number| self.line(number)).collect(),
            runs: (0..self.account.runs.len()).filter_map(|number| self.run(number)).collect(),
            threshold_bits,
            presets: presets.map(|(name, _)| *name).collect(),
            standings: matcher::standings(&reference.owners),
            clearing: self.account.clearing,
        }
    }

    /// The lines of a reference, as far as tokens were weighed: the word that begins the next
    /// definition was, though the reference ends before it.
    fn shown_lines(&self, reference: &Reference) -> std::ops::RangeInclusive<u32> {
        let last =
            self.account.entries.last().map(|last| self.lines[last.entry.pair.query as usize]);
        let Region { start_line, end_line, .. } = reference.region;
        start_line..=last.map_or(end_line, |last| last.max(end_line))
    }

    fn line(&self, number: u32) -> Line {
        let first = self.lines.partition_point(|&line| line < number);
        let last = self.lines.partition_point(|&line| line <= number);
        let tokens: Vec<Token> = (first..last).map(|token| self.token(number, token)).collect();
        let counterparts = || tokens.iter().filter_map(|token| token.counterpart);
        let text = String::from_utf8_lossy(self.source.line_text(number));
        Line {
            number,
            origin: counterparts().map(|counterpart| counterpart.line).min(),
            text: text.trim_end_matches(['\r', '\n']).to_owned(),
            parts: counterparts().map(|counterpart| counterpart.parts).sum::<Parts>(),
            tokens,
        }
    }

    fn token(&self, line: u32, token: usize) -> Token {
        let (text, start) = (self.source.line_text(line), self.source.line_start(line));
        let span = self.stream.spans()[token];
        let column = |offset: u32| {
            let before = text.len().min((offset - start) as usize);
            String::from_utf8_lossy(&text[..before]).trim_end_matches(['\r', '\n']).chars().count()
                as u32
                + 1
        };
        let entries = &self.account.entries;
        // `matcher::explain` returns the pairs in the order of the query.
        let pair =
            entries.binary_search_by_key(&(token as u32), |accounted| accounted.entry.pair.query);
        Token {
            start_column: column(span.start),
            end_column: column(span.end),
            class: self.source.language().class_word(TokenClass(self.stream.classes()[token])),
            counterpart: pair.ok().map(|at| counterpart(&entries[at])),
        }
    }

    fn run(&self, number: usize) -> Option<Run> {
        let pairs =
            || self.account.entries.iter().filter(move |accounted| accounted.entry.run == number);
        let run = self.account.runs[number];
        let line = |accounted: &AccountedPair| self.lines[accounted.entry.pair.query as usize];
        Some(Run {
            lines: LineRange { first: pairs().map(line).min()?, last: pairs().map(line).max()? },
            origin: LineRange {
                first: pairs().map(|pair| pair.document_line).min()?,
                last: pairs().map(|pair| pair.document_line).max()?,
            },
            tokens: pairs().count() as u32,
            entry: run.entry,
            bits_without: run.bits_without,
        })
    }
}

fn counterpart(accounted: &AccountedPair) -> Counterpart {
    Counterpart {
        line: accounted.document_line,
        naming: accounted.naming,
        parts: accounted.entry.parts,
        run: accounted.entry.run,
    }
}
