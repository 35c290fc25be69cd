//! Notices that put a file under a GNU licence, with the version that stands around the name.

use super::super::names::{self, Gnu};
use super::words::Words;
use super::{Link, Notice, Place, VERBS, was_replaced};

/// A mention of a GNU licence that states it.
struct Stated {
    gnu: Gnu,
    shown: String,
    places: Vec<Place>,
}

/// GNU licences the text puts itself under. If any mention has a version, those without are only
/// repetitions.
pub(super) fn gnu_notices(words: &Words) -> Vec<Notice> {
    let mut mentions: Vec<Stated> = Vec::new();
    let mut received: Option<Stated> = None;
    let (mut at, mut last) = (0, None);
    while let Some(mut mention) = names::gnu(&words.words[at..]) {
        let (start, end) = (at + mention.start, at + mention.end);
        at = end;
        let is_stated = states_license(words, start, end) || continues_list(words, last, start);
        let is_received = words.before(start, 3) == ["copy", "of", "the"];
        if !is_stated && (received.is_some() || !is_received) {
            continue;
        }
        complete(&mut mention, words, start, end);
        let shown = words.from(start, (end - start).max(1)).join(" ");
        let other = other_version(&mention, words.from(end, 14));
        let stated = |gnu: Gnu, link: Link| Stated {
            gnu,
            shown: shown.clone(),
            places: vec![Place { start, end, link }],
        };
        let mention = stated(mention, Link::Apart);
        if is_stated {
            last = Some(end);
            merge(&mut mentions, mention);
            other.into_iter().for_each(|other| merge(&mut mentions, stated(other, Link::Or)));
        } else {
            received = Some(mention);
        }
    }
    // The conditions of a BSD licence may stand above the end of a GNU notice.
    if mentions.is_empty() {
        mentions.extend(received);
    }
    let mentions = without_bare(mentions);
    let notice = |Stated { gnu, shown, places }: Stated| {
        let (expression, precision) = gnu.strict_reading();
        Notice { expression, precision, words: shown, places }
    };
    mentions.into_iter().map(notice).collect()
}

/// Mentions without those that name no version, if any names one.
fn without_bare(mentions: Vec<Stated>) -> Vec<Stated> {
    let (mut versioned, bare): (Vec<_>, Vec<_>) =
        mentions.into_iter().partition(|mention| mention.gnu.version.is_some());
    if versioned.is_empty() {
        return bare;
    }
    for mention in bare {
        let same = |other: &&mut Stated| other.gnu.family == mention.gnu.family;
        if let Some(known) = versioned.iter_mut().find(same) {
            known.places.extend(mention.places);
        }
    }
    versioned
}

/// Takes a mention in. "AGPL version 3" above the full notice with "any later version" is one
/// licence, and the notice says more of it.
fn merge(mentions: &mut Vec<Stated>, mention: Stated) {
    let same = |other: &&mut Stated| {
        other.gnu.family == mention.gnu.family && other.gnu.version == mention.gnu.version
    };
    match mentions.iter_mut().find(same) {
        Some(known) => {
            known.gnu.later |= mention.gnu.later;
            known.places.extend(mention.places);
        }
        None => mentions.push(mention),
    }
}

/// Whether a mention states the file's licence rather than talking about a licence.
fn states_license(words: &Words, start: usize, end: usize) -> bool {
    let before = words.before(start, 10);
    let has = |word: &str| before.iter().any(|other| other == word);
    let has_verb = before.iter().any(|word| VERBS.contains(&word.as_str()));
    let ends = |ending: &[&str]| {
        before.len() >= ending.len() && before[before.len() - ending.len()..] == *ending
    };
    let under = has("under") && has_verb || has("by") && (has("governed") || has("covered"));
    let terms = has("terms") || LEADS.iter().any(|lead| ends(lead));
    let titled = words.from(end, 1).iter().any(|word| word.starts_with("licen"))
        || words.before(end, 1).iter().any(|word| word.starts_with("licen"));
    let opens = words.begins[start] && (titled || words.words[end - 1].contains(['2', '3']));
    // "YOLOv5 by Ultralytics, AGPL-3.0 license" on the first line of a file.
    let first_line = start < 12 && titled;
    // "This file is GPLv2 as found in COPYING."
    let is = ends(&["is"]) && THINGS.iter().any(|thing| has(thing));
    // "Software that is licensed under the GPLv2" is another's.
    let others = ends(&["that", "is", "licensed", "under", "the"]);
    let negated =
        NEGATIONS.iter().any(|word| has(word)) || others || was_replaced(words, end, RELICENSED);
    !negated && (under || terms || opens || first_line || is)
}

/// Words before a licence that a file only speaks of. "Cannot be put under another licence, including
/// the GNU Public Licence" is one of them.
const NEGATIONS: [&str; 5] = ["not", "compatible", "incompatible", "unlike", "another"];

/// Words directly before a licence that a file states.
const LEADS: [&[&str]; 11] = [
    &["license"],
    &["licence"],
    &["license", "is"],
    &["licence", "is"],
    &["license", "to"],
    &["is", "under"],
    &["is", "under", "the"],
    &["are", "under"],
    &["are", "under", "the"],
    &["license", "is", "the"],
    &["licence", "is", "the"],
];

/// Words behind a licence in which the text may go on to say that it is another's now: "License:
/// GPL-3. Relicensed as MIT with permission."
const RELICENSED: usize = 12;

/// Whether a mention is joined to a stated one: "under the terms of either the GPL, or the LGPL".
fn continues_list(words: &Words, last: Option<usize>, start: usize) -> bool {
    last.is_some_and(|end| {
        let sentence = words.sentence(start);
        // What stands in parentheses between them does not count.
        let inner = |i: &usize| words.sentence(*i) == sentence;
        let between: Vec<usize> = (end.min(start)..start).filter(inner).collect();
        let has = |wanted: &str| between.iter().any(|i| words.words[*i] == wanted);
        let same = words.sentence(end - 1) == sentence;
        let close = start.saturating_sub(end) <= 4 || same && between.len() <= 4;
        let near = close && (has("or") || has("and"));
        // "Its programs are licensed under the GPL, its libraries under the LGPL."
        let again = same && words.before(start, 10).iter().any(|word| word == "under");
        near || again && has("under")
    })
}

/// What can be licensed.
const THINGS: [&str; 7] = ["file", "program", "software", "code", "module", "library", "script"];

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
        && ["any later", "or later", "later version", "or newer", "späteren version"]
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

/// The licence in its other version: "either version 2 or 3 of the License" offers two.
fn other_version(mention: &Gnu, behind: &[String]) -> Option<Gnu> {
    let said = behind.iter().position(|word| word == "version")?;
    let [_, _, or, other, ..] = &behind[said..] else { return None };
    let is_number = other.len() <= 3 && other.starts_with(|c: char| c.is_ascii_digit());
    let number = names::gnu(&["gpl".to_owned(), other.clone()])?;
    (or == "or" && is_number && mention.version.is_some()).then(|| Gnu {
        version: number.version,
        later: false,
        ..mention.clone()
    })
}
