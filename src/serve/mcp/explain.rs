//! `explain_match`: why a match was reported.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Told;
use super::place::{Asked, Placed, Surrounding, language_schema};
use super::project::Projects;
use super::tool::{Answer, Failure};
use crate::judgement::finding::{self, Report};
use crate::project::walk::Review;
use crate::report::explain;
use crate::report::explain_json::{Chance, Counterfactual, Place, Standing, standings};
use crate::report::printable::Printable;
use crate::report::shape::{JudgedMatch, Lines, Parts, line_within, round};
use crate::text::span::{LineRange, Region};

/// Arguments of `explain_match`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplainMatch {
    /// Id of the match as `check_code` gave it, or a unique beginning of it.
    id: String,
    /// The same code that was checked. Where it is left out, the file at `path` is read.
    #[serde(default)]
    code: Option<String>,
    /// The path the code is meant for, absolute or from the project's directory.
    #[serde(default)]
    path: Option<String>,
    /// The language; needed where no path says it.
    #[serde(default)]
    #[schemars(schema_with = "language_schema")]
    language: Option<String>,
    /// The same surrounding that was given to `check_code`.
    #[serde(default)]
    surrounding: Option<Surrounding>,
    /// Directory of the project, if it is another than the one the server was started for.
    #[serde(default)]
    project: Option<String>,
}

/// What `explain_match` says.
#[derive(Serialize, JsonSchema)]
pub(super) struct Explained<'r> {
    #[serde(rename = "match")]
    judged: JudgedMatch<'r>,
    /// The file that the lines were compared with; the likeliest origin may be another.
    aligned_with: Place<'r>,
    /// The lines of the code that correspond.
    lines: Vec<Line>,
    /// How many matches as strong are expected by chance.
    chance: Chance,
    /// Evidence in bits from which a match is reported here.
    threshold_bits: f64,
    /// How each owner stands, likeliest first.
    standings: Vec<Standing<'r>>,
    counterfactual: Counterfactual,
}

/// A line of the code and its counterpart.
#[derive(Serialize, JsonSchema)]
struct Line {
    /// Its number in `code`, counted from 1.
    line: u32,
    /// The line of the origin.
    origin_line: u32,
    evidence: Parts,
}

impl ExplainMatch {
    pub(super) fn run(&self, projects: &Projects) -> Result<Answer, Failure> {
        let asked = Asked {
            code: self.code.as_deref(),
            surrounding: self.surrounding.as_ref(),
            language: self.language.as_deref(),
            path: self.path.as_deref(),
            project: self.project.as_deref(),
        };
        let placed = asked.resolve(projects)?.map_err(|refused| {
            Failure(format!("nothing is explained: {}", Printable(&refused.refusal.to_string())))
        })?;
        let source = placed.text.source();
        let review = Review::Lines(placed.text.lines().into());
        let report =
            projects.with_tokenizer(|tokenizer| placed.checker.check(tokenizer, source, &review));
        let reference = self.find_match(&report)?;
        let explanations = placed.checker.explain(source, &[reference]).map_err(|error| {
            Failure::of(
                &error,
                "Tell the user to run `birthmark index verify`, and to build the index anew.",
            )
        })?;
        let gone = || Failure("the match cannot be explained: it is not found any more".to_owned());
        let explanation = explanations.first().ok_or_else(gone)?;
        let explained = Explained::of(explanation, &report, &placed).ok_or_else(gone)?;
        Answer::new(explanation_text(explanation, &placed), &explained)
    }

    /// The first reference of that id: they explain alike wherever they stand.
    fn find_match<'r>(&self, report: &'r Report) -> Result<&'r finding::Reference, Failure> {
        let wanted = self.id.to_ascii_lowercase();
        let fits = |reference: &&finding::Reference| {
            !wanted.is_empty() && reference.id.starts_with(&wanted)
        };
        let found: Vec<&finding::Reference> = report.references.iter().filter(fits).collect();
        match found.split_first() {
            Some((first, others)) if others.iter().all(|other| other.id == first.id) => Ok(first),
            found => {
                let what = if found.is_some() {
                    "is the beginning of more than one match"
                } else {
                    "is no match"
                };
                let ids: Vec<&str> =
                    report.references.iter().map(|reference| reference.id.as_str()).collect();
                let there = if ids.is_empty() {
                    "nothing is found in it".to_owned()
                } else {
                    format!("there are {}", ids.join(", "))
                };
                let id = Printable(&self.id);
                Err(Failure(format!(
                    "id: {id} {what} in this code; {there}. Give the same code, surrounding and path that were checked."
                )))
            }
        }
    }
}

impl<'r> Explained<'r> {
    fn of(
        explanation: &'r finding::Explanation,
        report: &'r Report,
        placed: &'r Placed,
    ) -> Option<Explained<'r>> {
        let line = |line: &finding::Line| {
            Some(Line {
                line: line_within(&placed.text, line.number)?,
                origin_line: line.origin?,
                evidence: Parts::from(line.parts),
            })
        };
        Some(Explained {
            judged: Told::of(&explanation.reference, report, &placed.text)?.data(placed),
            aligned_with: Place::from(explanation),
            lines: explanation.lines.iter().filter_map(line).collect(),
            chance: Chance::from(&explanation.reference),
            threshold_bits: round(explanation.threshold_bits),
            standings: standings(explanation),
            counterfactual: in_code(explanation, placed),
        })
    }
}

/// The least that would have to be written anew, in lines of the code.
fn in_code(explanation: &finding::Explanation, placed: &Placed) -> Counterfactual {
    let lines = explanation.clearing.and_then(|clearing| {
        let LineRange { first, last } = clearing.lines;
        let (start_column, end_column) = (1, u32::MAX);
        let whole = Region { start_line: first, start_column, end_line: last, end_column };
        placed.text.within(whole)
    });
    let lines = lines.map(|region| Lines::from(LineRange::from(region)));
    let mut counterfactual = Counterfactual::from(explanation);
    counterfactual.lines = lines;
    counterfactual
}

/// What the command line would say.
fn explanation_text(explanation: &finding::Explanation, placed: &Placed) -> String {
    let mut drawn = Vec::new();
    // Writing to memory does not fail.
    let _ = explain::write_text(std::slice::from_ref(explanation), &mut drawn);
    let drawn = anstream::adapter::strip_bytes(&drawn).into_vec();
    let mut told = String::from_utf8_lossy(&drawn).into_owned();
    if placed.text.lines().first > 1 {
        told.push_str("Lines are counted from the beginning of `surrounding.before`.\n");
    }
    told
}
