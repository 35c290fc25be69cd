//! What is told of a reference: mirror types of the report's for programs, and words for who reads.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use super::place::Placed;
use crate::engine::evidence::Strength;
use crate::engine::matcher::Owner;
use crate::judgement::finding::{self, Finding, Report};
use crate::license::LicenseFact;
use crate::report::printable::Printable;
use crate::report::shape::{JudgedMatch, cleared_by, round};
use crate::report::strength::strength_in_words;
use crate::report::words::describe_license;
use crate::text::source::Surrounded;
use crate::text::span::{LineRange, Region};

/// Owners listed in words; data has all of them.
const OWNERS_TOLD: usize = 4;

/// What is told of a match, and the lines of `code` that it is about.
pub(super) struct Told<'r> {
    reference: &'r finding::Reference,
    report: &'r Report,
    region: Region,
}

impl<'r> Told<'r> {
    /// Returns what is told of a match; `None` if it is not about the code that was asked about.
    pub(super) fn of(
        reference: &'r finding::Reference,
        report: &'r Report,
        text: &Surrounded,
    ) -> Option<Told<'r>> {
        let region = text.within(reference.region)?;
        Some(Told { reference, report, region })
    }

    /// The match for programs. `path` is the path as the caller gave it.
    pub(super) fn data(&self, placed: &'r Placed) -> JudgedMatch<'r> {
        let judged = JudgedMatch::new(self.reference, self.report);
        let matched = judged.matched.in_fragment(&placed.text, self.region);
        let matched = match &placed.shown {
            Some(path) => matched.at_path(path),
            None => matched,
        };
        JudgedMatch { matched, ..judged }
    }

    fn finding(&self) -> Option<&'r Finding> {
        self.report.findings.iter().find(|finding| finding.is_about(self.reference))
    }

    /// Whether it is a finding on a weak match.
    pub(super) fn is_weak_finding(&self) -> bool {
        self.finding().is_some() && self.reference.strength == Strength::Weak
    }

    /// Writes some lines about it for who reads.
    pub(super) fn write(&self, out: &mut String) {
        let Told { reference, region, .. } = self;
        let (verdict, finding) = (&reference.verdict, self.finding());
        let lines = whole_lines(*region);
        let what = finding.map_or("no finding", |finding| finding.severity.code());
        let (decision, id) = (verdict.decision.code(), &reference.id);
        let _ =
            writeln!(out, "lines {}-{}: {decision} ({what}), match {id}", lines.first, lines.last);
        let (kind, bits) = (reference.kind.code(), round(reference.evidence.bits).round());
        let _ = writeln!(out, "  {kind} copy, {bits} bits of evidence");
        let _ = writeln!(out, "  {}", strength_in_words(reference));
        write_owners(&reference.owners, out);
        let _ = writeln!(out, "  why: {}", Printable(&verdict.reason));
        if let Some(by) = cleared_by(reference, self.report) {
            let _ = writeln!(out, "  cleared by: {by}");
        }
        if let Some(decision) = &reference.accepted {
            let (by, reason) = (Printable(&decision.by), Printable(&decision.reason));
            let _ = writeln!(out, "  accepted by {by}: {reason}");
        }
        for remedy in finding.map_or(&verdict.remedies, |finding| &finding.remedies) {
            let _ = writeln!(out, "  to clear it: {}", Printable(remedy));
        }
    }
}

/// The lines of which a region holds any character.
fn whole_lines(region: Region) -> LineRange {
    let behind = u32::from(region.end_column == 1 && region.end_line > region.start_line);
    LineRange { first: region.start_line, last: region.end_line - behind }
}

fn write_owners(owners: &[Owner], out: &mut String) {
    for (place, owner) in owners.iter().take(OWNERS_TOLD).enumerate() {
        let role = if place == 0 { "from" } else { "or from" };
        let (purl, path) = (Printable(owner.purl.as_str()), Printable(&owner.path));
        let license = expression(&owner.license);
        let license = license.as_deref().unwrap_or("licence not known");
        let LineRange { first, last } = owner.lines;
        let _ = writeln!(out, "  {role} {purl} {path} lines {first}-{last}, {license}");
    }
    if owners.len() > OWNERS_TOLD {
        let _ = writeln!(out, "  and from {} more", owners.len() - OWNERS_TOLD);
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
        License { expression: expression(fact), wording: describe_license(fact) }
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
