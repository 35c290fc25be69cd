//! One reference on a card: what an editor shows beside the code, and what an assistant is told of
//! it.

use std::fmt::Write;

use super::explain::counterfactual;
use super::markdown::escape::{code, fence, prose};
use super::printable::Printable;
use super::strength::strength_in_words;
use super::words::{copy_kind, count, decision, license_name, shown_declaration};
use crate::engine::matcher::Owner;
use crate::judgement::finding::{Explanation, Reference};

/// Owners that are named; the rest is counted.
const LISTED: usize = 5;
/// Lines of code that are shown.
const CODE_LINES: usize = 200;

/// How a card is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// As Markdown, with links.
    Markdown,
    /// As plain text.
    Plain,
}

/// A card about a reference: what it resembles and whose that is, the licences, the evidence, what
/// may be done.
pub(crate) fn of(reference: &Reference, style: Style) -> String {
    let card = Card { style };
    let mut text = card.strong(decision(reference.verdict.decision));
    let evidence = &reference.evidence;
    let (kind, tokens) = (copy_kind(reference.kind), count(evidence.matched_tokens, "token"));
    let _ = writeln!(text, ": {kind} copy, {:.0} bits of evidence in {tokens}\n", evidence.bits);
    let _ = writeln!(text, "{}.\n", capitalize(&strength_in_words(reference)));
    for owner in reference.owners.iter().take(LISTED) {
        let _ = writeln!(text, "- {}", card.owner(owner));
    }
    if let Some(more) = reference.owners.len().checked_sub(LISTED + 1) {
        let _ = writeln!(text, "- and {}", count(more as u64 + 1, "more owner"));
    }
    let _ = writeln!(text, "\n{}.", card.prose(reference.verdict.reason.trim_end_matches('.')));
    if let Some(declared) = &reference.declared {
        let _ = writeln!(text, "\nDeclared {}.", card.prose(&shown_declaration(declared)));
    }
    if let Some(accepted) = &reference.accepted {
        let (by, at, reason) =
            (card.prose(&accepted.by), card.prose(&accepted.at), card.prose(&accepted.reason));
        let _ = writeln!(text, "\nAccepted by {by} on {at}: {reason}.");
    }
    if !reference.verdict.remedies.is_empty() && reference.accepted.is_none() {
        text.push('\n');
        for remedy in &reference.verdict.remedies {
            let _ = writeln!(text, "- {}", card.prose(remedy));
        }
    }
    text
}

/// A card about an explanation: the same, and what each line of the code earned.
pub(crate) fn explanation_card(explanation: &Explanation, style: Style) -> String {
    let card = Card { style };
    let reference = &explanation.reference;
    let mut text = of(reference, style);
    let evidence = &reference.evidence;
    let _ = writeln!(
        text,
        "\nStructure earned {:.0} bits, names {:.0}, literals {:.0}; penalties {:.0}, calibration {:.0}. {}.",
        evidence.structure,
        evidence.names,
        evidence.literals,
        evidence.penalties,
        evidence.calibration,
        capitalize(&card.prose(&counterfactual(explanation))),
    );
    let beside = format!("{} {}", explanation.purl, explanation.document);
    let _ = writeln!(text, "\nBeside {} (bits, line here, line there):\n", card.code(&beside));
    text.push_str(&card.lines(explanation));
    text
}

struct Card {
    style: Style,
}

impl Card {
    fn strong(&self, text: &str) -> String {
        match self.style {
            Style::Markdown => format!("**{}**", prose(text)),
            Style::Plain => Printable(text).to_string(),
        }
    }

    fn prose(&self, text: &str) -> String {
        match self.style {
            Style::Markdown => prose(text),
            Style::Plain => Printable(text).to_string(),
        }
    }

    fn code(&self, text: &str) -> String {
        match self.style {
            Style::Markdown => code(text),
            Style::Plain => Printable(text).to_string(),
        }
    }

    fn owner(&self, owner: &Owner) -> String {
        let purl = self.code(owner.purl.as_str());
        let (first, last) = (owner.lines.first, owner.lines.last);
        let purl = match (self.style, owner.purl.page(&owner.path, first, last)) {
            (_, None) => purl,
            (Style::Markdown, Some(page)) => format!("[{purl}]({page})"),
            (Style::Plain, Some(page)) => format!("{purl} ({page})"),
        };
        let (path, license) = (self.code(&owner.path), self.prose(&license_name(&owner.license)));
        format!("{purl}, {path} lines {first}-{last}, under {license}")
    }

    fn lines(&self, explanation: &Explanation) -> String {
        let shown = explanation.lines.iter().take(CODE_LINES).map(|line| {
            let origin = line.origin.map(|origin| origin.to_string()).unwrap_or_default();
            let bits = line.origin.map(|_| format!("{:.1}", line.parts.bits())).unwrap_or_default();
            format!("{bits:>6} {:>6} {origin:>6} | {}", line.number, line.text)
        });
        let mut shown: Vec<String> = shown.collect();
        if let Some(more) = explanation.lines.len().checked_sub(CODE_LINES + 1) {
            shown.push(format!("and {}", count(more as u64 + 1, "more line")));
        }
        match self.style {
            Style::Markdown => fence(&shown),
            Style::Plain => shown.iter().map(|line| format!("{}\n", Printable(line))).collect(),
        }
    }
}

fn capitalize(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect()
}
