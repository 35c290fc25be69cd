//! How the notices of a header stand to each other: all hold, or they are offered for choice.

use super::super::LicenseExpression;
use super::super::category::Category;
use super::super::names::Reading;
use super::words::Words;
use super::{Link, Notice};

/// Joins notices into one reading: `OR` between those that a sentence offers as a choice, `AND` before
/// each other one.
pub(super) fn join(found: &[Notice], words: &Words) -> Option<Reading> {
    let precision = found.iter().map(|notice| notice.precision).max()?;
    let expression = match offer(found, words) {
        Offer::None => LicenseExpression::all_of(expressions(found)),
        Offer::All => join_choice(expressions(found).collect()),
        Offer::Some(is_offered) => {
            let mark = found.iter().zip(&is_offered);
            let (offered, beside): (Vec<_>, Vec<_>) = mark.partition(|(_, offered)| **offered);
            let taken = |(it, _): (&Notice, &bool)| it.expression.clone();
            let offered = LicenseExpression::any_of(offered.into_iter().map(taken));
            LicenseExpression::all_of(offered.into_iter().chain(beside.into_iter().map(taken)))
        }
    };
    Some((expression?, precision))
}

fn expressions(found: &[Notice]) -> impl Iterator<Item = LicenseExpression> {
    found.iter().map(|notice| notice.expression.clone())
}

/// What a header offers for choice.
enum Offer {
    /// Nothing.
    None,
    /// All its licences.
    All,
    /// The notices that are marked.
    Some(Vec<bool>),
}

fn offer(found: &[Notice], words: &Words) -> Offer {
    let places = || found.iter().flat_map(|notice| &notice.places);
    let sentence = |at: usize| words.sentence(at);
    let mut offered: Vec<usize> = Vec::new();
    let said = CHOICES.iter().flat_map(|phrase| words.places(phrase)).map(sentence);
    let linked = places().filter(|it| it.link == Link::Or).map(|it| sentence(it.start));
    let sentences: Vec<usize> = said.chain(linked).collect();
    offered
        .extend(places().map(|it| it.start).filter(|start| sentences.contains(&sentence(*start))));
    let turns: Vec<usize> =
        words.places("alternatively").filter(|at| !is_about_an_exception(words, *at)).collect();
    for at in &turns {
        let next = places().map(|it| it.start).filter(|start| start > at).min();
        offered.extend(places().map(|it| it.start).filter(|start| {
            start < at || Some(*start) == next || sentence(*start) == sentence(*at)
        }));
    }
    if sentences.is_empty() && turns.is_empty() {
        return Offer::None;
    }
    let is_offered =
        |notice: &Notice| notice.places.iter().any(|place| offered.contains(&place.start));
    let marks: Vec<bool> = found.iter().map(is_offered).collect();
    match marks.iter().filter(|mark| **mark).count() {
        // The sentence speaks of licences that stand in others.
        0 if !names_others(words) => Offer::All,
        0 => Offer::None,
        // The other licence of the choice is none that is known.
        1 if marks.len() > 1 => Offer::None,
        _ => Offer::Some(marks),
    }
}

/// Phrases of a sentence that offers its licences for choice.
const CHOICES: [&str; 11] = [
    "one or other",
    "dual license",
    "dual licensed",
    "dual licence",
    "or the mit license",
    "under either",
    "terms of either",
    "at your choice",
    "mit at your option",
    "license mit at your option",
    "either of the",
];

/// Whether the licences of a choice have names that are not known: "dual licensed under OpenSSL and
/// CRYPTOGAMS", "the EPL/LGPL dual license serves".
fn names_others(words: &Words) -> bool {
    let under_names = |at: usize| {
        let next = words.from(at + 2, 3);
        let told = ["following", "these", "terms", "two", "either", "below"];
        next.first().is_some_and(|word| word == "under")
            && !next.iter().any(|word| told.contains(&word.as_str()))
    };
    words.has("dual license") || words.places("dual licensed").any(under_names)
}

/// "Alternatively, if you modify the parser skeleton, you may remove this special exception" offers
/// no licence.
fn is_about_an_exception(words: &Words, at: usize) -> bool {
    words.from(at + 1, 3) == ["if", "you", "modify"]
}

/// A choice of licences. Beside a choice of two that ask for source ("either the LGPL or the MPL") a
/// permissive one is about other parts: "this file incorporates work covered by ...".
fn join_choice(parts: Vec<LicenseExpression>) -> Option<LicenseExpression> {
    let is_permissive = |part: &LicenseExpression| {
        part.licenses().iter().all(|id| Category::of(id).is_permissive())
    };
    let (beside, offered): (Vec<_>, Vec<_>) = parts.iter().cloned().partition(is_permissive);
    match offered.len() {
        0 | 1 => LicenseExpression::any_of(parts),
        _ => {
            LicenseExpression::all_of(LicenseExpression::any_of(offered).into_iter().chain(beside))
        }
    }
}
