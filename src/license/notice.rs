//! Licences stated in the header of a source file: SPDX tags, known notices, and "licensed under
//! X".
//!
//! It runs on every file, so the order is by price: cut the file's head, keep its comments, look
//! for a word that any notice must hold, and only then split into words and try the rules. No
//! licence text is matched fuzzily here.
//!
//! Only comments and docstrings before the first line of code count. What a file says further down
//! is about a part of it, or a string.

use std::sync::OnceLock;

use super::comments;
use super::exception;
use super::names::{self, Reading};
use super::surplus::Extent;
use super::{LearnedFrom, LicenseExpression, LicenseFact, Precision, text};
use choice::join;
use gnu::gnu_notices;
use words::Words;

mod choice;
mod gnu;
mod words;

/// The licence a source file states in its header, or `None` if it states none.
///
/// An SPDX tag goes before any notice in words; several tags are joined with `AND`. Several notices
/// are joined with `AND` too, since all of them hold for the file, unless the header offers a
/// choice in so many words. A tag that cannot be read gives a fact without an expression.
pub fn header(text: &[u8]) -> Option<LicenseFact> {
    let comments = comments::of(&comments::head(text));
    let lower = comments.to_ascii_lowercase();
    if !HINTS.iter().any(|hint| lower.contains(hint)) {
        return None;
    }
    if let Some(tagged) = read_tags(&comments, &lower) {
        return Some(tagged);
    }
    let found = with_kin(&comments, notices(&comments), Extent::From);
    // Documentation of licences names many, and states none.
    if found.len() > MOST_NOTICES {
        return None;
    }
    let declared = found.iter().map(|notice| notice.words.as_str()).collect::<Vec<_>>().join("; ");
    let reading = join(&found, &Words::new(&comments))?;
    let reading = exception::with_exception(&comments, reading);
    let Some(grant) = found.iter().find(|notice| notice.is_grant()) else {
        return Some(names::fact(&declared, Some(reading), LearnedFrom::FileHeader));
    };
    // A permission stands in full in the header, and so does whatever goes beyond it.
    let weighed = text::weigh(&comments, reading, Extent::From(&grant.words));
    let told = Some(weighed.describe()).filter(|told| !told.is_empty()).unwrap_or(declared);
    Some(names::fact(&told, Some(weighed.reading), LearnedFrom::FileHeader))
}

/// Licences that a header states in words at the most.
const MOST_NOTICES: usize = 4;

/// The licence that a `.license` file states about the file it stands beside, by SPDX tags.
pub fn side_file(text: &str) -> Option<LicenseFact> {
    let fact = read_tags(text, &text.to_ascii_lowercase())?;
    Some(LicenseFact { learned_from: LearnedFrom::SideFile, ..fact })
}

/// Every notice holds one of these.
const HINTS: [&str; 13] = [
    "licen",
    "redistribut",
    "permission",
    "public domain",
    "gpl",
    "unencumbered",
    "fuck",
    "creative commons",
    "cc by",
    "cc-by",
    "cc0",
    "released under",
    "distributed under",
];

/// What the notices in a text say, in whatever file they stand.
pub(super) fn read(text: &str) -> Option<Reading> {
    join(&notices(text), &Words::new(text))
}

/// One recognised notice.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    pub expression: LicenseExpression,
    pub precision: Precision,
    /// The words it was recognised by.
    pub words: String,
    /// Where it stands in the text.
    places: Vec<Place>,
}

/// A place of a notice, in words.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: usize,
    end: usize,
    /// How it stands to the notice before it.
    link: Link,
}

impl Notice {
    /// Whether it is the permission itself and not a word on where the permission stands.
    fn is_grant(&self) -> bool {
        GRANTS.iter().any(|opening| self.words.starts_with(opening))
    }
}

/// The first words of phrases that stand in the text of a licence.
const GRANTS: [&str; 6] = [
    "permission is hereby granted",
    "permission to use",
    "redistribution and use",
    "and or distribute this software",
    "and distribute this software",
    "altered source versions",
];

/// How a notice stands to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// By itself.
    Apart,
    /// Behind "or".
    Or,
}

/// The notices of a text, once each, in a fixed order: known phrases, GNU licences, other names.
pub(super) fn notices(text: &str) -> Vec<Notice> {
    let words = Words::new(text);
    let mut found = phrases(&words);
    found.extend(gnu_notices(&words));
    found.extend(named_notices(&words));
    without_repetitions(found)
}

fn without_repetitions(found: Vec<Notice>) -> Vec<Notice> {
    let mut kept: Vec<Notice> = Vec::new();
    for notice in found {
        match kept.iter_mut().find(|other| covers(other, &notice)) {
            Some(known) => known.places.extend(notice.places),
            None => kept.push(notice),
        }
    }
    kept
}

/// Notices of which a lone permission is taken for the licence of the list that holds all of it:
/// with "for Good, not Evil" an MIT licence is the JSON licence.
pub(super) fn with_kin<'n>(
    text: &str,
    mut found: Vec<Notice>,
    extent: impl Fn(&'static str) -> Extent<'n>,
) -> Vec<Notice> {
    let grants: Vec<usize> = (0..found.len()).filter(|&i| found[i].is_grant()).collect();
    if let [at] = grants[..]
        && let Some(phrase) =
            phrase_table().iter().map(|row| row.all[0]).find(|it| *it == found[at].words)
        && let Some((expression, precision)) =
            text::kin(text, &found[at].expression, extent(phrase))
    {
        found[at].expression = expression;
        found[at].precision = precision;
    }
    without_repetitions(found)
}

/// The licences whose permission wording stands in a text.
pub(super) fn permissions(text: &str) -> Vec<Reading> {
    let found = phrases(&Words::new(text)).into_iter();
    found.map(|notice| (notice.expression, notice.precision)).collect()
}

/// Whether a notice says all that a later one says: the same, or the same family less precisely.
fn covers(first: &Notice, later: &Notice) -> bool {
    let family = |notice: &Notice| {
        let name = notice.expression.as_str();
        name.split(['-', ' ']).next().unwrap_or(name).to_owned()
    };
    first.expression == later.expression
        || (later.precision == Precision::Imprecise
            && family(first) == family(later)
            && !names_another_version(first, later))
}

/// Whether both are one GNU licence each, of other versions: code under "GPL version 2 or later"
/// may stand beside a part under "GPL version 3".
fn names_another_version(first: &Notice, later: &Notice) -> bool {
    let version = |notice: &Notice| match notice.expression.licenses().as_slice() {
        [one] if one.contains("GPL-") => {
            Some(one.trim_end_matches("-only").trim_end_matches("-or-later").to_owned())
        }
        _ => None,
    };
    version(first).zip(version(later)).is_some_and(|(first, later)| first != later)
}

// ---- SPDX tags ----

/// The SPDX tags of a header outside snippets.
fn read_tags(comments: &str, lower: &str) -> Option<LicenseFact> {
    const TAG: &str = "spdx-license-identifier:";
    let mut inside_snippet = false;
    let mut texts: Vec<&str> = Vec::new();
    for (line, lower) in comments.lines().zip(lower.lines()) {
        if lower.contains("spdx-snippetbegin") || lower.contains("reuse-ignorestart") {
            inside_snippet = true;
        } else if lower.contains("spdx-snippetend") || lower.contains("reuse-ignoreend") {
            inside_snippet = false;
        } else if let (Some(at), false) = (lower.find(TAG), inside_snippet) {
            texts.push(value(&line[at + TAG.len()..]));
        }
    }
    from_tags(&texts)
}

/// The licence that the values of `SPDX-License-Identifier` tags state together; `None` if none
/// says anything. One that cannot be read gives a fact without an expression.
pub fn from_tags(values: &[&str]) -> Option<LicenseFact> {
    let texts: Vec<&str> = values.iter().copied().filter(|text| !text.is_empty()).collect();
    let readings: Option<Vec<Reading>> = texts.iter().map(|text| tag(text)).collect();
    let declared = texts.join(" AND ");
    let joined = match readings {
        _ if texts.is_empty() => return None,
        Some(readings) => {
            let precision = readings.iter().map(|reading| reading.1).max()?;
            LicenseExpression::all_of(readings.into_iter().map(|reading| reading.0))
                .map(|expression| (expression, precision))
        }
        None => None,
    };
    Some(names::fact(&declared, joined, LearnedFrom::FileHeader))
}

fn value(rest: &str) -> &str {
    let end = rest.find("*/").or_else(|| rest.find("-->")).unwrap_or(rest.len());
    rest[..end].trim().trim_end_matches(['"', '\'', '#', '*', '.']).trim()
}

fn tag(text: &str) -> Option<Reading> {
    LicenseExpression::parse(text).ok().or_else(|| names::look_up(&names::words(text)))
}

// ---- rules ----

struct Phrase {
    all: Vec<&'static str>,
    none: Vec<&'static str>,
    reading: Reading,
}

fn phrase_table() -> &'static [Phrase] {
    static TABLE: OnceLock<Vec<Phrase>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let rows = names::rows(include_str!("notices.tsv"));
        rows.filter_map(|(pattern, reading)| {
            let (none, all): (Vec<_>, Vec<_>) =
                pattern.split(" & ").partition(|phrase| phrase.starts_with('!'));
            let none = none.into_iter().map(|phrase| &phrase[1..]).collect();
            Some(Phrase { all, none, reading: reading? })
        })
        .collect()
    })
}

/// Known notices by their words; of rows that begin with the same phrase the first that fits.
fn phrases(words: &Words) -> Vec<Notice> {
    let mut found = Vec::new();
    let mut group = "";
    for row in phrase_table() {
        let first = row.all[0];
        if first == group {
            continue;
        }
        if row.all.iter().all(|phrase| words.has(phrase))
            && !row.none.iter().any(|phrase| words.has(phrase))
        {
            group = first;
            let (expression, precision) = row.reading.clone();
            let length = first.split(' ').count();
            let place = |start| Place { start, end: start + length, link: Link::Apart };
            let places = words.places(first).map(place).collect();
            found.push(Notice { expression, precision, words: first.to_owned(), places });
        }
    }
    found
}

/// "Licensed under the X", "X License", "License: X" for the names of the table.
fn named_notices(words: &Words) -> Vec<Notice> {
    let mut found: Vec<Notice> = Vec::new();
    for (i, word) in words.words.iter().enumerate() {
        if is_denied(words, i) {
            continue;
        }
        match word.as_str() {
            "license" | "licence" => {
                found.extend(name_behind(words, i + 1, &["is", "under", "the"]));
                found.extend(name_before(words, i));
            }
            "licensed" | "licenced" | "titled" => found.extend(name_behind(words, i + 1, UNDER)),
            "under" if words.before(i, 8).iter().any(|word| VERBS.contains(&word.as_str())) => {
                found.extend(name_behind(words, i + 1, UNDER));
            }
            "by" if words.before(i, 3).iter().any(|it| it == "governed" || it == "covered") => {
                found.extend(name_behind(words, i + 1, UNDER));
            }
            "or" | "and" | "+" if is_joined(words, &found, i) => {
                // Both halves of "under W, X or Y".
                found.extend(
                    (1..=4).rev().filter(|n| *n <= i).find_map(|n| read_notice(words, i - n, i)),
                );
                let link = if word == "or" { Link::Or } else { Link::Apart };
                let second = name_behind(words, i + 1, &["the", "under"]);
                found.extend(second.map(|mut notice| {
                    notice.places.iter_mut().for_each(|place| place.link = link);
                    notice
                }));
            }
            _ => {}
        }
    }
    found
}

/// "Cannot be licensed under", "the license is not compatible", "was originally licensed under ...
/// We relicensed it".
fn is_denied(words: &Words, i: usize) -> bool {
    words.before(i, 7).iter().any(|word| word == "cannot")
        || words.before(i, 7).iter().any(|word| word == "originally") && was_replaced(words, i, 25)
        || words.before(i, 2).iter().any(|word| word == "not")
        || words.from(i + 1, 3) == ["is", "not", "compatible"]
}

/// Whether one of so many words from a word on says that the code is under another licence since.
fn was_replaced(words: &Words, from: usize, count: usize) -> bool {
    let says_so = |i: usize| {
        words.words[i] == "relicensed" && words.before(i, 1).iter().all(|word| word != "be")
    };
    (from..words.words.len().min(from + count)).any(says_so)
}

/// Whether an "and" at a word may lead to a further licence.
fn is_joined(words: &Words, found: &[Notice], i: usize) -> bool {
    words.before(i, 12).iter().any(|word| word == "under")
        || found.iter().flat_map(|notice| &notice.places).any(|it| it.end <= i && i - it.end <= 3)
}

/// What a file does when it is licensed.
const VERBS: [&str; 15] = [
    "licensed",
    "licenced",
    "license",
    "released",
    "distributed",
    "available",
    "redistribute",
    "provided",
    "published",
    "used",
    "covered",
    "redistributed",
    "licence",
    "made",
    "modify",
];

const UNDER: &[&str] = &[
    "under",
    "the",
    "terms",
    "of",
    "a",
    "an",
    "either",
    "both",
    "and",
    "conditions",
    "permissive",
    "liberal",
    "standard",
];

/// The longest name that begins at a word, some words skipped first.
fn name_behind(words: &Words, i: usize, skipped: &[&str]) -> Option<Notice> {
    let skips = |word: &&String| skipped.contains(&word.as_str());
    let i = i + words.from(i, 6).iter().take_while(skips).count();
    (1..=7).rev().filter(|n| i + n <= words.words.len()).find_map(|n| read_notice(words, i, i + n))
}

/// The longest name that ends before the word "license", if the sentence puts the file under it.
fn name_before(words: &Words, i: usize) -> Option<Notice> {
    (1..=4).rev().filter(|n| *n <= i).find_map(|n| {
        let start = i - n;
        let before = words.before(start, 2);
        let led =
            before.last().is_none_or(|word| ["under", "the", "a", "an"].contains(&word.as_str()))
                && before.first().is_none_or(|word| {
                    ["under", "of", "or", "is", "the", "by"].contains(&word.as_str())
                });
        (words.begins[start] || led).then(|| read_notice(words, start, i + 1)).flatten()
    })
}

fn read_notice(words: &Words, start: usize, end: usize) -> Option<Notice> {
    let name = &words.words[start..end];
    let is_titled = name.last().is_some_and(|word| word.starts_with("licen"));
    let followed = words.from(end, 1).iter().any(|word| word.starts_with("licen")) || is_titled;
    if name.first().is_some_and(|word| word.starts_with("licen")) || names::gnu(name).is_some() {
        return None;
    }
    let reading = names::look_up(name)?;
    let plain = name
        .iter()
        .any(|word| word.contains(|c: char| c.is_ascii_digit()) || PLAIN.contains(&word.as_str()));
    if !followed && (!plain || is_longer(words, end)) {
        return None;
    }
    let behind = if followed && !is_titled { end + 1 } else { end };
    let (expression, precision) =
        if adds_terms(words, behind) { text::with_more_terms(reading) } else { reading };
    let place = Place { start, end, link: Link::Apart };
    Some(Notice { expression, precision, words: name.join(" "), places: vec![place] })
}

/// Whether the name goes on: the "BSD Protection License" is not the BSD licence.
fn is_longer(words: &Words, end: usize) -> bool {
    let [next, title, ..] = words.from(end, 2) else {
        return false;
    };
    next.len() >= 5
        && next.chars().all(char::is_alphabetic)
        && title.starts_with("licen")
        && !NO_NAMES.contains(&next.as_str())
        && words.sentence(end) == words.sentence(end + 1)
        && words.sentence(end - 1) == words.sentence(end)
}

/// Words between a name and the word "license" that belong to neither.
const NO_NAMES: [&str; 12] = [
    "style",
    "based",
    "derived",
    "software",
    "source",
    "public",
    "permissive",
    "expat",
    "clause",
    "which",
    "whose",
    "under",
];

/// Whether terms are added to a licence: "an MIT license, plus a clause".
fn adds_terms(words: &Words, i: usize) -> bool {
    let next: Vec<&str> = words.from(i, 3).iter().map(String::as_str).collect();
    matches!(
        next[..],
        ["plus", "a" | "an" | "the" | "some", ..]
            | ["with", "additional" | "added" | "modifications" | "exceptions", ..]
            | ["with", "an", "additional" | "added"]
            | ["with", "the", "following" | "additional"]
    )
}

/// Names that mean a licence even where the word "license" does not follow; `python` or `boost` do
/// not.
const PLAIN: [&str; 10] =
    ["mit", "bsd", "isc", "wtfpl", "unlicense", "zlib", "psf", "mpl", "apache", "creative"];

#[cfg(test)]
mod tests;
