//! References found in a piece of code that is suggested, in the shapes that assistants know.
//!
//! - Our own, by `docs/check.schema.json`.
//! - That of Amazon's completion servers, `referenceTracker`:
//!   <https://github.com/aws/language-servers>. Positions are UTF-16 units of the suggestion.
//! - That of GitHub Copilot's language server, `copilot/ipCodeCitation`:
//!   <https://github.com/github/copilot-language-server-release>. Ranges are of the document, lines
//!   from 0, UTF-16 units.

use serde::Serialize;
use serde_json::Value;

use super::shape::JudgedMatch;
use crate::engine::matcher::Owner;
use crate::judgement::finding::{Reference, Report};
use crate::license::LicenseFact;
use crate::text::source::{SourceFile, Surrounded};
use crate::text::span::Region;

/// The shapes of references.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ReferenceShape {
    /// Our own.
    #[default]
    Birthmark,
    /// `{licenseName, referenceName, referenceUrl, position}`.
    Aws,
    /// `{uri, version, range, matchingText, citations}`.
    Copilot,
}

/// A piece of code that was checked.
#[derive(Clone, Copy)]
pub(crate) struct Suggested<'s> {
    /// The piece.
    pub code: &'s str,
    /// The text it would stand in.
    pub text: &'s Surrounded,
    /// The document it is for, as whoever asks calls it.
    pub uri: Option<&'s str>,
    /// Its version.
    pub version: Option<&'s Value>,
}

/// A reference in one of the shapes.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum ShownReference<'r> {
    /// Our own.
    Birthmark(Box<Own<'r>>),
    /// Amazon's.
    Aws(Aws),
    /// Copilot's.
    Copilot(Copilot),
}

/// A match in our own shape.
#[derive(Serialize)]
pub(crate) struct Own<'r> {
    #[serde(flatten)]
    judged: JudgedMatch<'r>,
    range: Range,
}

/// Lines from 0, UTF-16 units of the line.
#[derive(Clone, Copy, Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Clone, Copy, Serialize)]
struct Position {
    line: u32,
    character: u32,
}

/// A reference in Amazon's shape.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Aws {
    #[serde(skip_serializing_if = "Option::is_none")]
    license_name: Option<String>,
    reference_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_url: Option<String>,
    position: Characters,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Characters {
    start_character: u32,
    end_character: u32,
}

/// A reference in Copilot's shape.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Copilot {
    uri: String,
    version: Value,
    range: Range,
    matching_text: String,
    citations: Vec<Citation>,
}

#[derive(Serialize)]
struct Citation {
    license: String,
    url: String,
}

impl ReferenceShape {
    /// Every shape under the name it is written with, and what it is.
    pub(crate) const NAMED: [(&'static str, ReferenceShape, &'static str); 3] = [
        ("birthmark", ReferenceShape::Birthmark, "All that is known, by docs/check.schema.json"),
        (
            "aws",
            ReferenceShape::Aws,
            "licenseName, referenceName, referenceUrl, position in the suggestion",
        ),
        (
            "copilot",
            ReferenceShape::Copilot,
            "uri, version, range in the document, matchingText, citations",
        ),
    ];

    /// The shape of that name.
    pub(crate) fn from_name(name: &str) -> Option<ReferenceShape> {
        ReferenceShape::NAMED
            .iter()
            .find(|(known, _, _)| *known == name)
            .map(|&(_, shape, _)| shape)
    }
}

impl Suggested<'_> {
    /// The references of its report of which some character is in the piece.
    pub(crate) fn shown_references<'r>(
        &self,
        report: &'r Report,
        shape: ReferenceShape,
    ) -> Vec<ShownReference<'r>> {
        let code = SourceFile::new("", self.text.source().language(), self.code.into());
        let shown = report.references.iter().filter_map(|reference| {
            let region = self.text.within(reference.region)?;
            Some(match shape {
                ReferenceShape::Birthmark => {
                    let mut judged = JudgedMatch::new(reference, report);
                    judged.matched = judged.matched.in_fragment(self.text, region);
                    let range = range(&code, region);
                    ShownReference::Birthmark(Box::new(Own { judged, range }))
                }
                ReferenceShape::Aws => ShownReference::Aws(aws(reference, region, &code)),
                ReferenceShape::Copilot => ShownReference::Copilot(self.copilot(reference)),
            })
        });
        shown.collect()
    }

    fn copilot(&self, reference: &Reference) -> Copilot {
        let document = self.text.source();
        Copilot {
            uri: self.uri.unwrap_or(document.path()).to_owned(),
            version: self.version.cloned().unwrap_or_default(),
            range: range(document, reference.region),
            matching_text: String::from_utf8_lossy(text_of(document, reference.region))
                .into_owned(),
            citations: reference.owners.iter().map(Citation::from).collect(),
        }
    }
}

fn aws(reference: &Reference, region: Region, code: &SourceFile) -> Aws {
    let origin = reference.owners.first();
    Aws {
        license_name: origin.and_then(|origin| expression(&origin.license)),
        reference_name: origin.map(|origin| origin.purl.to_string()).unwrap_or_default(),
        reference_url: origin.and_then(Owner::page),
        position: Characters {
            start_character: units_before(code, (region.start_line, region.start_column)),
            end_character: units_before(code, (region.end_line, region.end_column)),
        },
    }
}

impl From<&Owner> for Citation {
    fn from(owner: &Owner) -> Self {
        let license = expression(&owner.license).unwrap_or_else(|| "unknown".to_owned());
        Citation { license, url: owner.page().unwrap_or_else(|| owner.purl.to_string()) }
    }
}

fn expression(fact: &LicenseFact) -> Option<String> {
    fact.expression.as_ref().map(ToString::to_string)
}

fn range(source: &SourceFile, region: Region) -> Range {
    let position = |line: u32, column: u32| Position {
        line: line.saturating_sub(1),
        character: units(source.line_text(line), column),
    };
    Range {
        start: position(region.start_line, region.start_column),
        end: position(region.end_line, region.end_column),
    }
}

/// The UTF-16 units of a text before a place in it.
fn units_before(source: &SourceFile, (line, column): (u32, u32)) -> u32 {
    let whole_lines = &source.text()[..source.line_start(line) as usize];
    units(whole_lines, u32::MAX).saturating_add(units(source.line_text(line), column))
}

/// The UTF-16 units of a line before a column.
fn units(line: &[u8], column: u32) -> u32 {
    let text = String::from_utf8_lossy(line);
    text.chars().take(column.saturating_sub(1) as usize).map(|c| c.len_utf16() as u32).sum()
}

fn text_of(source: &SourceFile, region: Region) -> &[u8] {
    let offset = |line: u32, column: u32| {
        let text = String::from_utf8_lossy(source.line_text(line));
        let bytes: usize =
            text.chars().take(column.saturating_sub(1) as usize).map(char::len_utf8).sum();
        source.line_start(line) as usize + bytes
    };
    let start = offset(region.start_line, region.start_column);
    let end = offset(region.end_line, region.end_column);
    source.text().get(start..end).unwrap_or_default()
}
