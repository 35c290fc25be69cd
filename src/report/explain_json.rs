//! Explanations for programs. `docs/explain.schema.json` describes them; a test validates this
//! output against it.

use std::io;

use serde::Serialize;

use super::explain::{counterfactual, standing_in_words};
use super::json::{self, Match, rounded, rounded_wide, write_value};
use super::strength::{strength_in_words, two_digits};
use crate::engine::evidence;
use crate::engine::matcher::{self, Naming};
use crate::judgement::finding;
use crate::text::span::LineRange;

/// Version of the format. It grows when a field changes its meaning or goes away, not when one is
/// added.
const SCHEMA_VERSION: u32 = 2;

/// Draws explanations as one JSON object and a line break.
///
/// # Errors
/// If writing fails.
pub fn write(
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
pub fn write_with_report(
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

#[derive(Serialize)]
struct Place<'a> {
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

#[derive(Serialize)]
struct Parts {
    bits: f64,
    structure: f64,
    names: f64,
    literals: f64,
    penalties: f64,
}

#[derive(Serialize)]
struct Lines {
    start_line: u32,
    end_line: u32,
}

#[derive(Serialize)]
struct Chance {
    expected: f64,
    lines: u64,
    wording: String,
}

#[derive(Serialize)]
struct Standing<'a> {
    purl: &'a str,
    part_of_strongest: f64,
    plausible_origin: bool,
    wording: String,
}

#[derive(Serialize)]
struct Counterfactual {
    lines: Option<Lines>,
    bits_left: Option<f64>,
    wording: String,
}

impl<'a> From<&'a finding::Explanation> for Explanation<'a> {
    fn from(explanation: &'a finding::Explanation) -> Self {
        let owners = explanation.reference.owners.iter().zip(&explanation.standings);
        Explanation {
            reference: Match::from(&explanation.reference),
            aligned_with: Place { purl: explanation.purl.as_str(), path: &explanation.document },
            lines: explanation.lines.iter().map(Line::from).collect(),
            runs: explanation.runs.iter().map(Run::from).collect(),
            chance: Chance {
                expected: two_digits(explanation.reference.expected_by_chance.resemblances),
                lines: explanation.reference.expected_by_chance.lines,
                wording: strength_in_words(&explanation.reference),
            },
            threshold_bits: rounded(explanation.threshold_bits),
            presets: &explanation.presets,
            standings: owners.map(|(owner, standing)| to_standing(owner, *standing)).collect(),
            counterfactual: Counterfactual {
                lines: explanation.clearing.map(|clearing| Lines::from(clearing.lines)),
                bits_left: explanation.clearing.map(|clearing| rounded(clearing.bits_left)),
                wording: counterfactual(explanation),
            },
        }
    }
}

fn to_standing(owner: &matcher::Owner, standing: matcher::Standing) -> Standing<'_> {
    Standing {
        purl: owner.purl.as_str(),
        part_of_strongest: rounded(standing.part_of_strongest),
        plausible_origin: standing.plausible_origin,
        wording: standing_in_words(owner, standing),
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
            bits: rounded_wide(counterpart.parts.bits()),
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
            gross_structure: rounded_wide(run.entry.gross_structure),
            evidence: Parts::from(run.entry.parts),
            bits_without: run.bits_without.map(rounded),
        }
    }
}

impl From<evidence::Parts> for Parts {
    fn from(parts: evidence::Parts) -> Self {
        Parts {
            bits: rounded_wide(parts.bits()),
            structure: rounded_wide(parts.structure),
            names: rounded_wide(parts.names),
            literals: rounded_wide(parts.literals),
            penalties: rounded_wide(parts.penalties),
        }
    }
}

impl From<LineRange> for Lines {
    fn from(lines: LineRange) -> Self {
        Lines { start_line: lines.first, end_line: lines.last }
    }
}
