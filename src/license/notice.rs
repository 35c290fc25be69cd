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

use super::category::Category;
use super::comments;
use super::exception;
use super::names::{self, Gnu, Reading};
use super::surplus::Extent;
use super::{LearnedFrom, LicenseExpression, LicenseFact, Precision, text};

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
    if let Some(tagged) = tagged(&comments, &lower) {
        return Some(tagged);
    }
    let found = with_kin(&comments, notices(&comments), Extent::From);
    let declared = found.iter().map(|notice| notice.words.as_str()).collect::<Vec<_>>().join("; ");
    let reading = join(&found, offers_choice(&Words::new(&comments)))?;
    let reading = exception::kept(&comments, reading);
    let Some(grant) = found.iter().find(|notice| notice.is_grant()) else {
        return Some(names::fact(&declared, Some(reading), LearnedFrom::FileHeader));
    };
    // A permission stands in full in the header, and so does whatever goes beyond it.
    let weighed = text::weighed(&comments, reading, Extent::From(&grant.words));
    let told = Some(weighed.told()).filter(|told| !told.is_empty()).unwrap_or(declared);
    Some(names::fact(&told, Some(weighed.reading), LearnedFrom::FileHeader))
}

/// The licence that a `.license` file states about the file it stands beside, by SPDX tags.
pub fn side_file(text: &str) -> Option<LicenseFact> {
    let fact = tagged(text, &text.to_ascii_lowercase())?;
    Some(LicenseFact { learned_from: LearnedFrom::SideFile, ..fact })
}

/// Every notice holds one of these.
const HINTS: [&str; 7] =
    ["licen", "redistribut", "permission", "public domain", "gpl", "unencumbered", "fuck"];

/// What the notices in a text say, in whatever file they stand.
pub(super) fn read(text: &str) -> Option<Reading> {
    join(&notices(text), offers_choice(&Words::new(text)))
}

fn join(found: &[Notice], choice: bool) -> Option<Reading> {
    let precision = found.iter().map(|notice| notice.precision).max()?;
    let parts = found.iter().map(|notice| notice.expression.clone());
    let joined = if found.iter().any(|notice| notice.link == Link::Or) {
        LicenseExpression::any_of(parts)
    } else if choice {
        chosen(parts.collect())
    } else {
        LicenseExpression::all_of(parts)
    };
    Some((joined?, precision))
}

/// A choice of licences. Beside a choice of two that ask for source ("either the LGPL or the MPL") a
/// permissive one is about other parts: "this file incorporates work covered by ...".
fn chosen(parts: Vec<LicenseExpression>) -> Option<LicenseExpression> {
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

/// One recognised notice.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    pub expression: LicenseExpression,
    pub precision: Precision,
    /// The words it was recognised by.
    pub words: String,
    /// How it stands to the notice before it.
    pub link: Link,
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
pub(super) enum Link {
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
        if !kept.iter().any(|other| covers(other, &notice)) {
            kept.push(notice);
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
        || (later.precision == Precision::Imprecise && family(first) == family(later))
}

// ---- SPDX tags ----

/// The SPDX tags of a header outside snippets.
fn tagged(comments: &str, lower: &str) -> Option<LicenseFact> {
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
    LicenseExpression::parse(text).ok().or_else(|| names::named(&names::words(text)))
}

// ---- words ----

/// A text as words in lower case, with the places where lines begin. URLs are left out:
/// `licenses/gpl-3.0.txt` names a file, not what the author allows.
struct Words {
    words: Vec<String>,
    /// Whether a line begins with this word.
    begins: Vec<bool>,
    /// All words with one blank around each.
    joined: String,
    /// Where each word starts in `joined`.
    offsets: Vec<usize>,
}

impl Words {
    fn new(text: &str) -> Words {
        let mut all = Words {
            words: Vec::new(),
            begins: Vec::new(),
            joined: " ".into(),
            offsets: Vec::new(),
        };
        for line in text.lines() {
            let mut begins = true;
            for chunk in line.split_whitespace().filter(|chunk| !is_url(chunk)) {
                for word in names::words(chunk) {
                    all.offsets.push(all.joined.len());
                    all.joined.push_str(&word);
                    all.joined.push(' ');
                    all.words.push(word);
                    all.begins.push(std::mem::take(&mut begins));
                }
            }
        }
        all
    }

    fn has(&self, phrase: &str) -> bool {
        self.joined.match_indices(phrase).any(|(at, _)| {
            self.joined.as_bytes()[at - 1] == b' '
                && self.joined.as_bytes()[at + phrase.len()] == b' '
        })
    }

    /// Up to `count` words before `i`, nearest last.
    fn before(&self, i: usize, count: usize) -> &[String] {
        &self.words[i.saturating_sub(count)..i]
    }

    /// Up to `count` words from `i` on.
    fn from(&self, i: usize, count: usize) -> &[String] {
        &self.words[i.min(self.words.len())..(i + count).min(self.words.len())]
    }
}

fn is_url(chunk: &str) -> bool {
    chunk.contains("://") || chunk.contains("www.")
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
            found.push(Notice {
                expression,
                precision,
                words: first.to_owned(),
                link: Link::Apart,
            });
        }
    }
    found
}

/// GNU licences the text puts itself under. If any mention has a version, those without are only
/// repetitions.
fn gnu_notices(words: &Words) -> Vec<Notice> {
    let mut mentions: Vec<(Gnu, String)> = Vec::new();
    let (mut at, mut last) = (0, None);
    while let Some(mut mention) = names::gnu(&words.words[at..]) {
        let (start, end) = (at + mention.start, at + mention.end);
        at = end;
        if !(stated(words, start, end) || listed(words, last, start)) {
            continue;
        }
        last = Some(end);
        complete(&mut mention, words, start, end);
        let shown = words.from(start, (end - start).max(1)).join(" ");
        merge(&mut mentions, mention, shown);
    }
    if mentions.iter().any(|(mention, _)| mention.version.is_some()) {
        mentions.retain(|(mention, _)| mention.version.is_some());
    }
    mentions
        .into_iter()
        .map(|(mention, words)| {
            let (expression, precision) = mention.reading();
            Notice { expression, precision, words, link: Link::Apart }
        })
        .collect()
}

/// Takes a mention in. "AGPL version 3" above the full notice with "any later version" is one
/// licence, and the notice says more of it.
fn merge(mentions: &mut Vec<(Gnu, String)>, mention: Gnu, shown: String) {
    let same = |other: &Gnu| other.family == mention.family && other.version == mention.version;
    match mentions.iter_mut().find(|(other, _)| same(other)) {
        Some((known, _)) => known.later |= mention.later,
        None => mentions.push((mention, shown)),
    }
}

/// Whether a mention states the file's licence rather than talking about a licence.
fn stated(words: &Words, start: usize, end: usize) -> bool {
    let before = words.before(start, 10);
    let has = |word: &str| before.iter().any(|other| other == word);
    let under = has("under") && before.iter().any(|word| VERBS.contains(&word.as_str()));
    let terms = has("terms")
        || before.ends_with(&["license".to_owned()])
        || before.ends_with(&["licence".to_owned()]);
    let titled = words.from(end, 1).iter().any(|word| word.starts_with("licen"))
        || words.before(end, 1).iter().any(|word| word.starts_with("licen"));
    let opens = words.begins[start] && (titled || words.words[end - 1].contains(['2', '3']));
    // "YOLOv5 by Ultralytics, AGPL-3.0 license" on the first line of a file.
    let first_line = start < 12 && titled;
    // "This file is GPLv2 as found in COPYING."
    let is = before.ends_with(&["is".to_owned()]) && THINGS.iter().any(|thing| has(thing));
    let negated = has("not") || has("compatible") || has("incompatible") || has("unlike");
    !negated && (under || terms || opens || first_line || is)
}

/// Whether a mention is joined to a stated one: "under the terms of either the GPL, or the LGPL".
fn listed(words: &Words, last: Option<usize>, start: usize) -> bool {
    let near = last.filter(|end| start.saturating_sub(*end) <= 4);
    near.is_some_and(|end| {
        words.words[end.min(start)..start].iter().any(|word| word == "or" || word == "and")
    })
}

/// What can be licensed.
const THINGS: [&str; 7] = ["file", "program", "software", "code", "module", "library", "script"];

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

/// Looks for the version around a mention: "either version 2 of the License, or (at your option)
/// any later version" behind it, "version 3 of the" before it.
fn complete(mention: &mut Gnu, words: &Words, start: usize, end: usize) {
    let long = words.from(start, end - start).iter().any(|word| word == "public");
    let behind = words.from(end, 14);
    let before = words.before(start, 6);
    if mention.version.is_none() && long {
        let said = version_in(behind).or_else(|| version_in(before));
        if let Some(version) = said {
            let mut number = names::gnu(&["gpl".to_owned(), version.to_owned()]);
            if let Some(found) = number.as_mut() {
                mention.version = found.version;
                mention.later |= found.later;
            }
        }
    }
    let around = words.from(start.saturating_sub(6), end - start + 30).join(" ");
    mention.later |= mention.version.is_some()
        && ["any later", "or later", "later version", "or newer"]
            .iter()
            .any(|phrase| around.contains(phrase));
    // A sentence that grants "version 2 of the License" grants that one; a bare "GPLv2" leaves it
    // open.
    mention.only |= long && mention.version.is_some();
}

/// The number behind the word "version" (or `v2`).
fn version_in(words: &[String]) -> Option<&str> {
    let said = words.iter().position(|word| word == "version" || word == "v")?;
    words
        .get(said + 1)
        .map(String::as_str)
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

/// "Licensed under the X", "X License", "License: X" for the names of the table.
fn named_notices(words: &Words) -> Vec<Notice> {
    let mut found = Vec::new();
    for (i, word) in words.words.iter().enumerate() {
        match word.as_str() {
            "license" | "licence" => {
                found.extend(name_behind(words, i + 1, &["is", "under", "the"]));
                found.extend(name_before(words, i));
            }
            "licensed" | "licenced" => found.extend(name_behind(words, i + 1, UNDER)),
            "under" if words.before(i, 8).iter().any(|word| VERBS.contains(&word.as_str())) => {
                found.extend(name_behind(words, i + 1, UNDER));
            }
            "or" | "and" if words.before(i, 12).iter().any(|word| word == "under") => {
                // The second half of "under X or Y".
                let link = if word == "or" { Link::Or } else { Link::Apart };
                let second = name_behind(words, i + 1, &["the", "under"]);
                found.extend(second.map(|notice| Notice { link, ..notice }));
            }
            _ => {}
        }
    }
    found
}

const UNDER: &[&str] =
    &["under", "the", "terms", "of", "a", "an", "either", "both", "and", "conditions"];

/// The longest name that begins at a word, some words skipped first.
fn name_behind(words: &Words, i: usize, skipped: &[&str]) -> Option<Notice> {
    let skips = |word: &&String| skipped.contains(&word.as_str());
    let i = i + words.from(i, 6).iter().take_while(skips).count();
    (1..=7).rev().filter(|n| i + n <= words.words.len()).find_map(|n| named(words, i, i + n))
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
        (words.begins[start] || led).then(|| named(words, start, i + 1)).flatten()
    })
}

fn named(words: &Words, start: usize, end: usize) -> Option<Notice> {
    let name = &words.words[start..end];
    let followed = words.from(end, 1).iter().any(|word| word.starts_with("licen"))
        || name.last().is_some_and(|word| word.starts_with("licen"));
    if name.first().is_some_and(|word| word.starts_with("licen")) || names::gnu(name).is_some() {
        return None;
    }
    let (expression, precision) = names::named(name)?;
    let plain = name
        .iter()
        .any(|word| word.contains(|c: char| c.is_ascii_digit()) || PLAIN.contains(&word.as_str()));
    (followed || plain).then(|| Notice {
        expression,
        precision,
        words: name.join(" "),
        link: Link::Apart,
    })
}

/// Names that mean a licence even where the word "license" does not follow; `python` or `boost` do
/// not.
const PLAIN: [&str; 9] =
    ["mit", "bsd", "isc", "wtfpl", "unlicense", "zlib", "psf", "mpl", "apache"];

/// Whether the header offers its licences for choice.
fn offers_choice(words: &Words) -> bool {
    let phrases = [
        "alternatively",
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
    phrases.iter().any(|phrase| words.has(phrase))
}

#[cfg(test)]
mod tests;
