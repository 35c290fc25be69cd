//! The one shape in which programs get a match: in reports, explanations, and the answers of
//! `check`, the MCP server and the language server. `docs/report.schema.json` describes it.
//!
//! The types mirror those of the report, so that renaming a field of the engine does not change
//! the format. In every document, `lines` are whole lines, `region` also has columns, and the bits
//! of a match are in `evidence`.

use schemars::JsonSchema;
use serde::Serialize;

use super::cells::Cells;
use super::strength::two_digits;
use crate::engine::evidence;
use crate::engine::matcher;
use crate::judgement::finding::{self, Silencer};
use crate::license::{LicenseFact, Precision};
use crate::text::source::Surrounded;
use crate::text::span;

/// Code that resembles indexed code, with the verdict on it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Match<'a> {
    /// Identity of the content: the same code matched against the same origin has the same id
    /// wherever it stands.
    pub(crate) id: &'a str,
    path: &'a str,
    /// Where the code stands.
    pub(crate) region: Region,
    /// Where that is in a notebook.
    #[serde(skip_serializing_if = "Option::is_none")]
    cells: Option<Cells>,
    /// The lines that the change under review adds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    added: Vec<Lines>,
    /// verbatim, reformatted, renamed or edited.
    kind: &'static str,
    /// How surprising it would be if two authors wrote this independently, in bits.
    evidence: Evidence,
    /// substantial, or weak: often chance, and no reason to fail.
    pub(crate) strength: &'static str,
    verdict: Verdict<'a>,
    direction: Direction,
    /// The licence of the file.
    license: License<'a>,
    /// The packages that may own the code, likeliest first.
    owners: Vec<Owner<'a>>,
    /// What the file states about the origin.
    declared: Option<Declared<'a>>,
    /// The decision to keep the code as it is.
    accepted: Option<Acceptance<'a>>,
}

/// A match as a service answers it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct JudgedMatch<'a> {
    #[serde(flatten)]
    pub(crate) matched: Match<'a>,
    /// The finding about it; null if it needs no attention.
    pub(crate) finding: Option<Attention<'a>>,
    /// What cleared a finding about it: acceptance, comment, baseline or declaration.
    pub(crate) cleared_by: Option<&'static str>,
}

/// What a finding says of a match.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Attention<'a> {
    /// The rule, described in docs/findings.md.
    rule: &'static str,
    /// info, warning or error.
    pub(crate) severity: &'static str,
    message: &'a str,
    /// What would clear it, one sentence each.
    remedies: &'a [String],
}

/// What a text states about the origin of its code.
#[derive(Serialize, JsonSchema)]
struct Declared<'a> {
    /// snippet, comment, header or beside.
    by: &'static str,
    line: Option<u32>,
    license: Option<License<'a>>,
    origin: Option<&'a str>,
    /// The purl of the owner that the statement fits.
    agrees_with: Option<&'a str>,
    /// Why it fits no owner.
    contradiction: Option<&'a str>,
}

/// Who accepted a match, and why.
#[derive(Serialize, JsonSchema)]
pub(super) struct Acceptance<'a> {
    by: &'a str,
    at: &'a str,
    reason: &'a str,
}

/// Lines and columns from 1, columns in Unicode scalar values; the end column stands behind the
/// last character.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

/// Lines from 1, both included.
#[derive(Clone, Copy, Serialize, JsonSchema)]
pub(crate) struct Lines {
    start_line: u32,
    end_line: u32,
}

#[derive(Serialize, JsonSchema)]
struct Evidence {
    /// The sum, which is compared with the threshold.
    bits: f64,
    structure: f64,
    names: f64,
    literals: f64,
    penalties: f64,
    calibration: f64,
    matched_tokens: u32,
    /// Components of the index that hold this code.
    packages: u32,
    /// How many matches with as many bits are expected by chance.
    expected_by_chance: f64,
}

/// The parts of the evidence of a line, a run or a token.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Parts {
    bits: f64,
    structure: f64,
    names: f64,
    literals: f64,
    penalties: f64,
}

#[derive(Serialize, JsonSchema)]
struct Verdict<'a> {
    /// compatible, attribution-needed, review, unknown, all-rights-reserved or incompatible.
    decision: &'static str,
    reason: &'a str,
    /// What would change it, one sentence each.
    remedies: &'a [String],
}

#[derive(Serialize, JsonSchema)]
struct Direction {
    /// depends-on or vendors, if the likely origin holds code of this project.
    origin_takes: Option<&'static str>,
    project_depends_on_origin: bool,
}

/// A licence and where it was learned.
#[derive(Serialize, JsonSchema)]
pub(crate) struct License<'a> {
    /// SPDX expression; null where no licence is known, which reserves all rights.
    expression: Option<&'a str>,
    /// The declaration word for word where it differs from the expression.
    declared: &'a str,
    /// exact, or imprecise: the expression is the strictest reading.
    precision: &'static str,
    learned_from: &'static str,
}

/// A package that holds the code.
#[derive(Serialize, JsonSchema)]
struct Owner<'a> {
    /// Package URL with the version.
    purl: &'a str,
    name: String,
    version: Option<String>,
    /// The versions that hold as much of the code.
    versions: &'a [String],
    /// File in the package.
    path: &'a str,
    lines: Lines,
    /// A page that shows them, or the package.
    url: Option<String>,
    license: License<'a>,
    evidence: OwnerEvidence,
    /// Share of the package's own code that the match covers, from 0 to 1.
    share: f64,
    vendored: bool,
    /// The copyright notices of that document, else of the component, word for word; left out where
    /// the index knows none.
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    copyrights: &'a [String],
}

#[derive(Serialize, JsonSchema)]
struct OwnerEvidence {
    /// Evidence for this owner.
    bits: f64,
}

impl<'a> Match<'a> {
    /// Moves the match into a fragment of the text that it was found in. `region` is its part of
    /// the fragment.
    pub(crate) fn in_fragment(self, fragment: &Surrounded, region: span::Region) -> Match<'a> {
        let declared = self.declared.map(|declared| Declared {
            line: declared.line.and_then(|line| line_within(fragment, line)),
            ..declared
        });
        Match { region: region.into(), added: Vec::new(), declared, ..self }
    }

    /// Names the file as the caller named it.
    pub(crate) fn at_path(self, path: &'a str) -> Match<'a> {
        Match { path, ..self }
    }
}

/// Returns the number that a line has in a fragment, unless the line is outside.
pub(crate) fn line_within(fragment: &Surrounded, line: u32) -> Option<u32> {
    let whole =
        span::Region { start_line: line, start_column: 1, end_line: line, end_column: u32::MAX };
    fragment.within(whole).map(|region| region.start_line)
}

impl<'a> JudgedMatch<'a> {
    /// Adds to a match what its report says about it.
    pub(crate) fn new(
        reference: &'a finding::Reference,
        report: &'a finding::Report,
    ) -> JudgedMatch<'a> {
        let finding = report.findings.iter().find(|finding| finding.is_about(reference));
        JudgedMatch {
            matched: Match::from(reference),
            finding: finding.map(Attention::from),
            cleared_by: cleared_by(reference, report),
        }
    }
}

/// Says what cleared a finding about a match.
pub(crate) fn cleared_by(
    reference: &finding::Reference,
    report: &finding::Report,
) -> Option<&'static str> {
    if reference.accepted.is_some() {
        return Some("acceptance");
    }
    let mut silenced = report.silenced.iter();
    match silenced.find(|silenced| silenced.finding.is_about(reference)).map(|it| &it.by) {
        Some(Silencer::Comment { .. }) => Some("comment"),
        Some(Silencer::Baseline) => Some("baseline"),
        None => {
            let declared = reference.declared.as_ref();
            declared.filter(|declared| declared.agrees()).map(|_| "declaration")
        }
    }
}

impl<'a> From<&'a finding::Finding> for Attention<'a> {
    fn from(finding: &'a finding::Finding) -> Self {
        Attention {
            rule: finding.rule.code(),
            severity: finding.severity.code(),
            message: &finding.message,
            remedies: &finding.remedies,
        }
    }
}

impl<'a> From<&'a finding::Reference> for Match<'a> {
    fn from(reference: &'a finding::Reference) -> Self {
        Match {
            id: &reference.id,
            path: &reference.path,
            region: Region::from(reference.region),
            cells: reference.cells.map(Cells::from),
            added: reference.added.ranges().iter().copied().map(Lines::from).collect(),
            kind: reference.kind.code(),
            evidence: Evidence::from(reference),
            strength: reference.strength.code(),
            verdict: Verdict {
                decision: reference.verdict.decision.code(),
                reason: &reference.verdict.reason,
                remedies: &reference.verdict.remedies,
            },
            direction: Direction::from(reference.direction),
            license: License::from(&reference.outbound),
            owners: reference.owners.iter().map(Owner::from).collect(),
            declared: reference.declared.as_ref().map(Declared::from),
            accepted: reference.accepted.as_ref().map(Acceptance::from),
        }
    }
}

impl<'a> From<&'a finding::Declared> for Declared<'a> {
    fn from(declared: &'a finding::Declared) -> Self {
        let (agrees_with, contradiction) = match &declared.agreement {
            finding::Agreement::With(purl) => (Some(purl.as_str()), None),
            finding::Agreement::None(why) => (None, Some(why.as_str())),
        };
        Declared {
            by: match declared.by {
                finding::DeclaredBy::Snippet => "snippet",
                finding::DeclaredBy::Comment => "comment",
                finding::DeclaredBy::Header => "header",
                finding::DeclaredBy::Beside => "beside",
            },
            line: declared.line,
            license: declared.license.as_ref().map(License::from),
            origin: declared.origin.as_deref(),
            agrees_with,
            contradiction,
        }
    }
}

impl<'a> From<&'a finding::Acceptance> for Acceptance<'a> {
    fn from(acceptance: &'a finding::Acceptance) -> Self {
        Acceptance { by: &acceptance.by, at: &acceptance.at, reason: &acceptance.reason }
    }
}

impl From<span::Region> for Region {
    fn from(region: span::Region) -> Self {
        Region {
            start_line: region.start_line,
            start_column: region.start_column,
            end_line: region.end_line,
            end_column: region.end_column,
        }
    }
}

impl From<span::LineRange> for Lines {
    fn from(lines: span::LineRange) -> Self {
        Lines { start_line: lines.first, end_line: lines.last }
    }
}

impl From<&finding::Reference> for Evidence {
    fn from(reference: &finding::Reference) -> Self {
        let evidence = &reference.evidence;
        Evidence {
            bits: round(evidence.bits),
            structure: round(evidence.structure),
            names: round(evidence.names),
            literals: round(evidence.literals),
            penalties: round(evidence.penalties),
            calibration: round(evidence.calibration),
            matched_tokens: evidence.matched_tokens,
            packages: evidence.packages,
            expected_by_chance: two_digits(reference.expected_by_chance.matches),
        }
    }
}

impl From<finding::Direction> for Direction {
    fn from(direction: finding::Direction) -> Self {
        let takes = direction.origin_takes.map(|taking| match taking {
            finding::Taking::DependsOn => "depends-on",
            finding::Taking::Vendors => "vendors",
        });
        Direction {
            origin_takes: takes,
            project_depends_on_origin: direction.project_depends_on_origin,
        }
    }
}

impl<'a> From<&'a LicenseFact> for License<'a> {
    fn from(fact: &'a LicenseFact) -> Self {
        License {
            expression: fact.expression.as_ref().map(|expression| expression.as_str()),
            declared: &fact.declared,
            precision: match fact.precision {
                Precision::Exact => "exact",
                Precision::Imprecise => "imprecise",
            },
            learned_from: fact.learned_from.code(),
        }
    }
}

impl<'a> From<&'a matcher::Owner> for Owner<'a> {
    fn from(owner: &'a matcher::Owner) -> Self {
        Owner {
            purl: owner.purl.as_str(),
            name: owner.purl.name(),
            version: owner.purl.version(),
            versions: &owner.versions,
            path: &owner.path,
            lines: Lines::from(owner.lines),
            url: owner.page(),
            license: License::from(&owner.license),
            evidence: OwnerEvidence { bits: round(owner.bits) },
            share: round(owner.share),
            vendored: owner.vendored,
            copyrights: owner.copyright_notices(),
        }
    }
}

impl From<evidence::Parts> for Parts {
    fn from(parts: evidence::Parts) -> Self {
        Parts {
            bits: round_wide(parts.bits()),
            structure: round_wide(parts.structure),
            names: round_wide(parts.names),
            literals: round_wide(parts.literals),
            penalties: round_wide(parts.penalties),
        }
    }
}

/// Hundredths are all that means anything, and read better than seventeen digits.
pub(crate) fn round(number: f32) -> f64 {
    round_wide(f64::from(number))
}

pub(crate) fn round_wide(number: f64) -> f64 {
    let hundredths = (number * 100.0).round() / 100.0;
    // Adding zero turns -0.0 into 0.0.
    if hundredths.is_finite() { hundredths + 0.0 } else { 0.0 }
}
