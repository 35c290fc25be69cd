//! Explanations for programs. `docs/explain.schema.json` describes them; a test validates this
//! output against it.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::explain::{counterfactual, describe_standing};
use super::json::{self, write_value};
use super::shape::{Lines, Match, Parts, round, round_wide};
use super::strength::{strength_in_words, two_digits};
use crate::engine::matcher::Naming;
use crate::judgement::finding;

/// Version of the format. It grows when a field changes its meaning or goes away, not when one is
/// added.
const SCHEMA_VERSION: u32 = 3;

/// Draws explanations as one JSON object and a line break.
///
/// # Errors
/// If writing fails.
pub(crate) fn write(
    report: &finding::Report,
    explanations: &[finding::Explanation],
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let explanations = explanations.iter().map(Explanation::from).collect();
    let provenance = json::Provenance::from(&report.provenance);
    write_value(&Explanations { schema_version: SCHEMA_VERSION, explanations, provenance }, out)
}

/// Draws a report with an additional array `explanations`.
///
/// # Errors
/// If writing fails.
pub(crate) fn write_with_report(
    report: &finding::Report,
    explanations: &[finding::Explanation],
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let explanations = explanations.iter().map(Explanation::from).collect();
    write_value(&ExplainedReport { report: json::Report::from(report), explanations }, out)
}

#[derive(Serialize)]
struct Explanations<'a> {
    schema_version: u32,
    explanations: Vec<Explanation<'a>>,
    provenance: json::Provenance<'a>,
}

#[derive(Serialize)]
struct ExplainedReport<'a> {
    #[serde(flatten)]
    report: json::Report<'a>,
    explanations: Vec<Explanation<'a>>,
}

#[derive(Serialize)]
struct Explanation<'a> {
    #[serde(rename = "match")]
    reference: Match<'a>,
    aligned_with: Place<'a>,
    lines: Vec<Line<'a>>,
    runs: Vec<Run>,
    chance: Chance,
    threshold_bits: f64,
    presets: &'a [&'static str],
    standings: Vec<Standing<'a>>,
    counterfactual: Counterfactual,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Place<'a> {
    purl: &'a str,
    path: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    line: u32,
    origin_line: Option<u32>,
    text: &'a str,
    evidence: Parts,
    tokens: Vec<Token>,
}

#[derive(Serialize)]
struct Token {
    start_column: u32,
    end_column: u32,
    class: &'static str,
    counterpart: Option<Counterpart>,
}

#[derive(Serialize)]
struct Counterpart {
    origin_line: u32,
    name: &'static str,
    bits: f64,
    run: usize,
}

#[derive(Serialize)]
struct Run {
    lines: Lines,
    origin_lines: Lines,
    tokens: u32,
    gross_structure: f64,
    evidence: Parts,
    bits_without: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Chance {
    expected: f64,
    lines: u64,
    wording: String,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Standing<'a> {
    purl: &'a str,
    part_of_strongest: f64,
    plausible_origin: bool,
    wording: String,
}

/// The least that would have to be written anew for the match to go away.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Counterfactual {
    pub(crate) lines: Option<Lines>,
    bits_left: Option<f64>,
    wording: String,
}

impl<'a> From<&'a finding::Explanation> for Explanation<'a> {
    fn from(explanation: &'a finding::Explanation) -> Self {
        Explanation {
            reference: Match::from(&explanation.reference),
            aligned_with: Place::from(explanation),
            lines: explanation.lines.iter().map(Line::from).collect(),
            runs: explanation.runs.iter().map(Run::from).collect(),
            chance: Chance::from(&explanation.reference),
            threshold_bits: round(explanation.threshold_bits),
            presets: &explanation.presets,
            standings: standings(explanation),
            counterfactual: Counterfactual::from(explanation),
        }
    }
}

/// Returns how each owner stands, likeliest first.
pub(crate) fn standings(explanation: &finding::Explanation) -> Vec<Standing<'_>> {
    let owners = explanation.reference.owners.iter().zip(&explanation.standings);
    let standings = owners.map(|(owner, standing)| Standing {
        purl: owner.purl.as_str(),
        part_of_strongest: round(standing.part_of_strongest),
        plausible_origin: standing.plausible_origin,
        wording: describe_standing(owner, *standing),
    });
    standings.collect()
}

impl<'a> From<&'a finding::Explanation> for Place<'a> {
    fn from(explanation: &'a finding::Explanation) -> Self {
        Place { purl: explanation.purl.as_str(), path: &explanation.document }
    }
}

impl From<&finding::Reference> for Chance {
    fn from(reference: &finding::Reference) -> Self {
        Chance {
            expected: two_digits(reference.expected_by_chance.matches),
            lines: reference.expected_by_chance.lines,
            wording: strength_in_words(reference),
        }
    }
}

impl From<&finding::Explanation> for Counterfactual {
    fn from(explanation: &finding::Explanation) -> Self {
        Counterfactual {
            lines: explanation.clearing.map(|clearing| Lines::from(clearing.lines)),
            bits_left: explanation.clearing.map(|clearing| round(clearing.bits_left)),
            wording: counterfactual(explanation),
        }
    }
}

impl<'a> From<&'a finding::Line> for Line<'a> {
    fn from(line: &'a finding::Line) -> Self {
        Line {
            line: line.number,
            origin_line: line.origin,
            text: &line.text,
            evidence: Parts::from(line.parts),
            tokens: line.tokens.iter().map(Token::from).collect(),
        }
    }
}

impl From<&finding::Token> for Token {
    fn from(token: &finding::Token) -> Self {
        Token {
            start_column: token.start_column,
            end_column: token.end_column,
            class: token.class,
            counterpart: token.counterpart.map(Counterpart::from),
        }
    }
}

impl From<finding::Counterpart> for Counterpart {
    fn from(counterpart: finding::Counterpart) -> Self {
        Counterpart {
            origin_line: counterpart.line,
            name: match counterpart.naming {
                Naming::Nameless => "none",
                Naming::Same => "same",
                Naming::Other => "other",
            },
            bits: round_wide(counterpart.parts.bits()),
            run: counterpart.run,
        }
    }
}

impl From<&finding::Run> for Run {
    fn from(run: &finding::Run) -> Self {
        Run {
            lines: Lines::from(run.lines),
            origin_lines: Lines::from(run.origin),
            tokens: run.tokens,
            gross_structure: round_wide(run.entry.gross_structure),
            evidence: Parts::from(run.entry.parts),
            bits_without: run.bits_without.map(round),
        }
    }
}
