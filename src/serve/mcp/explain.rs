//! `explain_match`: why a match was reported.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Lines, Reference, plain};
use super::place::{Asked, Placed, Surrounding, language_names};
use super::project::Projects;
use super::tool::{Answer, Failure};
use crate::judgement::finding::{self, Report};
use crate::project::walk::Review;
use crate::report::explain::{self, counterfactual, standing_in_words};
use crate::report::json::{rounded, rounded_wide};
use crate::report::printable::Printable;
use crate::report::strength::strength_in_words;
use crate::text::span::Region;

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
    #[schemars(schema_with = "language_names")]
    language: Option<String>,
    /// The same surrounding that was given to `check_code`.
    #[serde(default)]
    surrounding: Option<Surrounding>,
    /// Directory of the project, if it is another than the one the server was started for.
    #[serde(default)]
    project: Option<String>,
}

/// What `explain_match` says.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Explained {
    reference: Reference,
    /// Package URL of the package the lines were compared with; the likeliest origin may be
    /// another.
    aligned_with: String,
    /// The file there.
    aligned_path: String,
    /// The lines of the code that correspond.
    lines: Vec<Line>,
    /// How strong the resemblance is, and how many as strong are expected by chance.
    strength: String,
    /// Evidence in bits from which a match is reported here.
    threshold_bits: f64,
    /// How each owner stands, likeliest first.
    standings: Vec<String>,
    /// The least that would have to be written anew for the match to go away.
    counterfactual: String,
    /// The lines of that, if there is such a stretch.
    #[serde(skip_serializing_if = "Option::is_none")]
    rewrite: Option<Lines>,
}

/// A line of the code and its counterpart.
#[derive(Debug, Serialize, JsonSchema)]
struct Line {
    /// Its number in `code`, counted from 1.
    line: u32,
    /// The line of the origin.
    origin_line: u32,
    /// What it earned, in bits.
    bits: f64,
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
        let placed = asked.placed(projects)?;
        let source = placed.text.source();
        let review = Review::Lines(placed.text.lines().into());
        let report =
            projects.with_tokenizer(|tokenizer| placed.checker.check(tokenizer, source, &review));
        let reference = self.wanted(&report)?;
        let explanations = placed.checker.explain(source, &[reference]).map_err(|error| {
            Failure::of(
                &error,
                "Tell the user to run `birthmark index verify`, and to build the index anew.",
            )
        })?;
        let gone = || Failure("the match cannot be explained: it is not found any more".to_owned());
        let explanation = explanations.first().ok_or_else(gone)?;
        let explained = Explained::of(explanation, &report, &placed).ok_or_else(gone)?;
        Answer::new(told(explanation, &placed), &explained)
    }

    /// The first reference of that id: they explain alike wherever they stand.
    fn wanted<'r>(&self, report: &'r Report) -> Result<&'r finding::Reference, Failure> {
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
                let there = match ids.is_empty() {
                    true => "nothing is found in it".to_owned(),
                    false => format!("there are {}", ids.join(", ")),
                };
                let id = Printable(&self.id);
                Err(Failure(format!(
                    "id: {id} {what} in this code; {there}. Give the same code, surrounding and path that were checked."
                )))
            }
        }
    }
}

impl Explained {
    fn of(
        explanation: &finding::Explanation,
        report: &Report,
        placed: &Placed,
    ) -> Option<Explained> {
        let owners = explanation.reference.owners.iter().zip(&explanation.standings);
        let in_piece = |first: u32, last: u32| {
            let whole =
                Region { start_line: first, start_column: 1, end_line: last, end_column: u32::MAX };
            placed.text.within(whole)
        };
        let line = |line: &finding::Line| {
            Some(Line {
                line: in_piece(line.number, line.number)?.start_line,
                origin_line: line.origin?,
                bits: rounded_wide(line.parts.bits()),
            })
        };
        let rewrite = explanation
            .clearing
            .and_then(|clearing| in_piece(clearing.lines.first, clearing.lines.last));
        Some(Explained {
            reference: Reference::of(&explanation.reference, report, &placed.text)?,
            aligned_with: plain(explanation.purl.as_str()),
            aligned_path: plain(&explanation.document),
            lines: explanation.lines.iter().filter_map(line).collect(),
            strength: strength_in_words(&explanation.reference),
            threshold_bits: rounded(explanation.threshold_bits),
            standings: owners
                .map(|(owner, standing)| plain(&standing_in_words(owner, *standing)))
                .collect(),
            counterfactual: counterfactual(explanation),
            rewrite: rewrite.map(Lines::from),
        })
    }
}

/// What the command line would say.
fn told(explanation: &finding::Explanation, placed: &Placed) -> String {
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
