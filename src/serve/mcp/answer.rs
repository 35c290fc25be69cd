//! What is told of a reference: mirror types of the report's for programs, and words for who reads.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use crate::engine::evidence::Strength;
use crate::engine::matcher;
use crate::judgement::finding::{self, Report, Silencer};
use crate::license::LicenseFact;
use crate::report::json::{copy_kind, learned_from, rounded, severity};
use crate::report::printable::Printable;
use crate::report::strength::strength_in_words;
use crate::report::words::described;
use crate::text::source::Surrounded;
use crate::text::span::{LineRange, Region};

/// Owners listed in words; data has all of them.
const OWNERS_TOLD: usize = 4;

/// A stretch of the code that resembles indexed code.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Reference {
    /// Identity of the content: the same code matched against the same origin has the same id
    /// wherever it stands.
    pub(super) id: String,
    /// Lines of `code`, counted from 1.
    pub(super) lines: Lines,
    /// verbatim, reformatted, renamed or edited.
    kind: &'static str,
    /// How surprising the resemblance would be by chance, in bits.
    evidence_bits: f64,
    /// substantial, or weak: often chance, and no reason to fail.
    strength: &'static str,
    /// How many resemblances as strong are expected by chance, in words.
    chance: String,
    /// compatible, attribution-needed, review, unknown, all-rights-reserved or incompatible.
    decision: &'static str,
    /// Why, in a sentence.
    reason: String,
    /// The rule of the finding, if it needs attention.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    /// How bad the finding is: info, warning or error.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    /// What silences the finding: comment or baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    silenced_by: Option<&'static str>,
    /// Who decided to keep the code as it is, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<String>,
    /// What would clear it, a sentence each.
    remedies: Vec<String>,
    /// Who may own the code, likeliest first.
    owners: Vec<Owner>,
}

/// A package that holds the code.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Owner {
    /// Package URL with the version.
    purl: String,
    /// SPDX expression; absent where no licence is known, which reserves all rights.
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<String>,
    /// Where the licence was learned.
    license_from: &'static str,
    /// File in the package.
    path: String,
    /// Its lines.
    lines: Lines,
    /// A page that shows them, or the package.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Evidence for this owner, in bits.
    bits: f64,
    /// Part of the package's own code that the match covers, from 0 to 1.
    share: f64,
}

/// Lines, the last included.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(super) struct Lines {
    start: u32,
    end: u32,
}

impl From<LineRange> for Lines {
    fn from(lines: LineRange) -> Self {
        Lines { start: lines.first, end: lines.last }
    }
}

impl From<Region> for Lines {
    fn from(region: Region) -> Self {
        // A region that ends before the first character of a line holds nothing of it.
        let behind = u32::from(region.end_column == 1 && region.end_line > region.start_line);
        Lines { start: region.start_line, end: region.end_line - behind }
    }
}

impl Reference {
    /// A reference of a report on a text; `None` if it is not about the piece that was asked about.
    pub(super) fn of(
        reference: &finding::Reference,
        report: &Report,
        text: &Surrounded,
    ) -> Option<Reference> {
        let lines = text.within(reference.region)?.into();
        let finding = report.findings.iter().find(|finding| finding.is_about(reference));
        let silenced = report.silenced.iter().find(|silenced| silenced.finding.is_about(reference));
        let remedies = finding.map_or(&reference.verdict.remedies, |finding| &finding.remedies);
        Some(Reference {
            id: reference.id.clone(),
            lines,
            kind: copy_kind(reference.kind),
            evidence_bits: rounded(reference.evidence.bits),
            strength: reference.strength.code(),
            chance: strength_in_words(reference),
            decision: reference.verdict.decision.code(),
            reason: plain(&reference.verdict.reason),
            rule: finding.map(|finding| finding.rule.code()),
            severity: finding.map(|finding| severity(finding.severity)),
            silenced_by: silenced.map(|silenced| match silenced.by {
                Silencer::Comment { .. } => "comment",
                Silencer::Baseline => "baseline",
            }),
            accepted: reference
                .accepted
                .as_ref()
                .map(|decided| plain(&format!("{}: {}", decided.by, decided.reason))),
            remedies: remedies.iter().map(|remedy| plain(remedy)).collect(),
            owners: reference.owners.iter().map(Owner::of).collect(),
        })
    }

    /// Whether it is a finding on a weak resemblance.
    pub(super) fn is_weak_finding(&self) -> bool {
        self.rule.is_some() && self.strength == Strength::Weak.code()
    }

    /// What is to be said of it, some lines.
    pub(super) fn tell(&self, out: &mut String) {
        let Lines { start, end } = self.lines;
        let what = self.severity.unwrap_or("no finding");
        let _ = writeln!(out, "lines {start}-{end}: {} ({what}), match {}", self.decision, self.id);
        let _ =
            writeln!(out, "  {} copy, {} bits of evidence", self.kind, self.evidence_bits.round());
        let _ = writeln!(out, "  {}", self.chance);
        for (place, owner) in self.owners.iter().take(OWNERS_TOLD).enumerate() {
            let role = if place == 0 { "from" } else { "or from" };
            let _ = writeln!(
                out,
                "  {role} {} {} lines {}-{}, {}",
                owner.purl,
                owner.path,
                owner.lines.start,
                owner.lines.end,
                owner.license.as_deref().unwrap_or("licence not known")
            );
        }
        if self.owners.len() > OWNERS_TOLD {
            let _ = writeln!(out, "  and from {} more", self.owners.len() - OWNERS_TOLD);
        }
        let _ = writeln!(out, "  why: {}", self.reason);
        if let Some(by) = self.silenced_by {
            let _ = writeln!(out, "  silenced by a {by}");
        }
        if let Some(accepted) = &self.accepted {
            let _ = writeln!(out, "  accepted by {accepted}");
        }
        for remedy in &self.remedies {
            let _ = writeln!(out, "  to clear it: {remedy}");
        }
    }
}

impl Owner {
    fn of(owner: &matcher::Owner) -> Owner {
        Owner {
            purl: plain(owner.purl.as_str()),
            license: expression(&owner.license),
            license_from: learned_from(owner.license.learned_from),
            path: plain(&owner.path),
            lines: owner.lines.into(),
            url: owner.purl.page(&owner.path, owner.lines.first, owner.lines.last),
            bits: rounded(owner.bits),
            share: rounded(owner.share),
        }
    }
}

/// A licence that code is judged under.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct License {
    /// SPDX expression; absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expression: Option<String>,
    /// The licence and where it was learned, in words.
    pub(super) wording: String,
}

impl License {
    pub(super) fn of(fact: &LicenseFact) -> License {
        License { expression: expression(fact), wording: described(fact) }
    }
}

pub(super) fn expression(fact: &LicenseFact) -> Option<String> {
    fact.expression.as_ref().map(|expression| plain(expression.as_str()))
}

/// Text from packages and files stays what it is, data: nothing in it turns the direction of
/// writing, hides or breaks the line.
pub(super) fn plain(text: &str) -> String {
    Printable(text).to_string()
}
