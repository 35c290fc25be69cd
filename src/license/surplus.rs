//! What a text says beside the licence that it was recognised as.
//!
//! A licence is recognised by a few of its sentences. A text that holds more of them may ask more:
//! "The Software shall be used for Good, not Evil" stands in an MIT licence and makes it another.
//! So this module looks each sentence up in the texts of the licences found, and returns those that
//! none of them contains and that ask, forbid or limit something.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::names;
use super::text::text_of;

/// Where the sentences of a licence are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent<'a> {
    /// The text is a licence file: all of it counts.
    Whole,
    /// The text holds other things too: from the paragraph with these words to the last sentence
    /// that belongs to a licence.
    From(&'a str),
}

/// A sentence, and what is needed to judge it.
#[derive(Clone, Debug)]
struct Sentence {
    /// As it was written, on one line.
    text: String,
    /// Its words, in lower case.
    words: Vec<String>,
    /// Which paragraph it stands in.
    paragraph: usize,
}

/// The sentences of a text that stand in none of these licences of the SPDX list and may ask,
/// forbid or limit something.
pub(super) fn surplus(text: &str, licenses: &[String], extent: Extent<'_>) -> Vec<String> {
    let references = References::of(licenses);
    let sentences = within(sentences(text), extent, &references);
    let more = sentences.into_iter().filter(|sentence| references.lack(sentence));
    more.map(|sentence| sentence.text).collect()
}

/// Whether all sentences of a text stand in a licence of the SPDX list. A text that says it is
/// derived from the Artistic licence has more.
pub(super) fn is_part(text: &str, license: &str) -> bool {
    let references = References::of(&[license.to_owned()]);
    let mut sentences = sentences(text)
        .into_iter()
        .filter(|sentence| sentence.words.len() >= LEAST_WORDS && !is_holder_line(&sentence.words));
    sentences.all(|sentence| references.hold(&sentence))
}

/// The part of a text that is a licence, as far as its extent goes.
pub(super) fn part(text: &str, licenses: &[String], extent: Extent<'_>) -> String {
    let sentences = within(sentences(text), extent, &References::of(licenses));
    sentences.into_iter().map(|sentence| sentence.text).collect::<Vec<_>>().join("\n")
}

fn within(
    mut sentences: Vec<Sentence>,
    extent: Extent<'_>,
    references: &References,
) -> Vec<Sentence> {
    let Extent::From(phrase) = extent else {
        return sentences;
    };
    let joined: Vec<String> = sentences.iter().map(|sentence| sentence.words.join(" ")).collect();
    // A phrase may reach over the end of a sentence; its first words do not.
    let opening: Vec<&str> = phrase.split(' ').take(4).collect();
    let opening = opening.join(" ");
    let Some(found) = joined.iter().position(|words| words.contains(&opening)) else {
        return Vec::new();
    };
    let paragraph = sentences[found].paragraph;
    let belongs = |sentence: &Sentence| references.hold(sentence) || disclaims(&sentence.words);
    let mut last = sentences.iter().rposition(belongs).unwrap_or(found).max(found);
    // Behind the disclaimer stand terms too: "You acknowledge that this software is not designed
    // for nuclear facilities".
    let near = sentences[last].paragraph + NEAR;
    let speaks_of_it = |it: &Sentence| {
        it.paragraph <= near
            && references.lack(it)
            && it.words.iter().any(|word| SUBJECTS.contains(&word.as_str()))
    };
    last = sentences.iter().rposition(speaks_of_it).unwrap_or(last).max(last);
    sentences.truncate(last + 1);
    sentences.retain(|sentence| sentence.paragraph >= paragraph);
    sentences
}

/// Paragraphs behind a licence in which a term of it may stand.
const NEAR: usize = 2;

/// What a term of a licence is about.
const SUBJECTS: [&str; 8] =
    ["agreement", "software", "license", "licence", "licensed", "program", "copy", "copies"];

/// The texts of some licences.
struct References(Vec<Arc<Text>>);

/// Words of a licence's text, and pairs of those that follow each other.
#[derive(Default)]
struct Text {
    pairs: HashSet<(String, String)>,
    words: HashSet<String>,
}

/// The texts that were taken apart so far, by id: every file of a project states the same few.
static TEXTS: LazyLock<Mutex<HashMap<String, Arc<Text>>>> = LazyLock::new(Mutex::default);

impl Text {
    fn of(id: &str) -> Option<Arc<Text>> {
        let text = text_of(id)?;
        let mut known = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        let made = known.entry(id.to_owned()).or_insert_with(|| {
            let words = significant_words(&names::words(text));
            let pairs = words.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
            Arc::new(Text { pairs, words: words.into_iter().collect() })
        });
        Some(Arc::clone(made))
    }
}

impl References {
    fn of(licenses: &[String]) -> References {
        References(licenses.iter().filter_map(|id| Text::of(id)).collect())
    }

    fn has_pair(&self, pair: &(String, String)) -> bool {
        self.0.iter().any(|text| text.pairs.contains(pair))
    }

    fn has_word(&self, word: &str) -> bool {
        self.0.iter().any(|text| text.words.contains(word))
    }

    /// Whether a sentence is one of the licences', a few words changed.
    fn hold(&self, sentence: &Sentence) -> bool {
        let words = significant_words(&sentence.words);
        let pairs = words.windows(2);
        let count = pairs.len();
        let known = pairs.filter(|pair| self.has_pair(&(pair[0].clone(), pair[1].clone()))).count();
        count > 0 && known as f32 >= count as f32 * MOST_PAIRS
    }

    /// Whether a sentence goes beyond the licences.
    fn lack(&self, sentence: &Sentence) -> bool {
        let words = &sentence.words;
        if words.len() < LEAST_WORDS || is_holder_line(words) || is_about_dependency(words) {
            return false;
        }
        let limits =
            words.iter().any(|word| LIMITS.contains(&word.as_str()) && !self.has_word(word));
        if limits {
            return true;
        }
        let joined = format!(" {} ", words.join(" "));
        let asks = ASKS.iter().any(|phrase| joined.contains(&format!(" {phrase} ")))
            || words.iter().any(|word| STEMS.iter().any(|stem| word.starts_with(stem)));
        asks && !disclaims(words) && !self.hold(sentence)
    }
}

/// Part of a sentence's pairs of words that must stand in a licence: holders' names and small
/// rewordings break some.
const MOST_PAIRS: f32 = 0.66;

/// Shorter sentences are titles and numbers.
const LEAST_WORDS: usize = 4;

/// Words and phrases by which a sentence asks or forbids.
const ASKS: [&str; 23] = [
    "must",
    "shall",
    "may not",
    "cannot",
    "can not",
    "may only",
    "only be",
    "only for",
    "only if",
    "only with",
    "only in conjunction",
    "only in connection",
    "provided that",
    "not be",
    "without prior",
    "no right",
    "you agree",
    "is subject to",
    "limited to",
    "are prohibited",
    "as an exception",
    "will be",
    "differs from",
];

/// Beginnings of words by which a sentence asks or forbids.
const STEMS: [&str; 8] =
    ["requir", "restrict", "prohibit", "forbid", "acknowledg", "terminat", "patent", "condition"];

/// Words that limit who may do what, or how a notice is to be kept, however ordinary the rest of the
/// sentence is.
const LIMITS: [&str; 34] = [
    "unchanged",
    "immediately",
    "beginning",
    "unmodified",
    "unaltered",
    "entirety",
    "verbatim",
    "evil",
    "nuclear",
    "military",
    "weapon",
    "weapons",
    "commercial",
    "noncommercial",
    "commercially",
    "academic",
    "educational",
    "nonprofit",
    "evaluation",
    "exclusively",
    "microcontroller",
    "microcontrollers",
    "hardware",
    "processor",
    "silicon",
    "chipset",
    "royalty",
    "confidential",
    "ethical",
    "unethical",
    "surveillance",
    "competing",
    "competitor",
    "competitors",
];

/// Whether a sentence refuses warranty or liability, which asks nothing of who copies.
fn disclaims(words: &[String]) -> bool {
    let stems = ["warrant", "liab", "damage", "merchantab", "indemn"];
    let is_stem = |word: &String| stems.iter().any(|stem| word.starts_with(stem));
    words.iter().any(is_stem) || words.windows(2).any(|pair| pair[0] == "as" && pair[1] == "is")
}

/// Whether a sentence speaks of what the software needs: "This software depends on the fmt lib (MIT
/// License), and users must comply to its license". That belongs to the other package.
fn is_about_dependency(words: &[String]) -> bool {
    words
        .windows(3)
        .any(|words| words[0] == "software" && words[1] == "depends" && words[2] == "on")
}

/// Whether a line names holders: "Copyright (c) 2019 Jane Roe", "All rights reserved".
fn is_holder_line(words: &[String]) -> bool {
    let first: Vec<&str> = words.iter().take(2).map(String::as_str).collect();
    matches!(
        first.as_slice(),
        ["copyright", ..] | ["c", ..] | ["\u{a9}", ..] | ["portions", "copyright"]
    ) || first == ["all", "rights"]
}

/// The words that differ between texts for a reason: spelling, plural and list marks do not count.
fn significant_words(words: &[String]) -> Vec<String> {
    let is_mark =
        |word: &String| word.len() == 1 && word != "a" || word.chars().all(|c| c.is_ascii_digit());
    let kept = words.iter().filter(|word| !is_mark(word));
    kept.map(|word| word.replace("licence", "license").trim_end_matches('s').to_owned()).collect()
}

/// A text in sentences. A blank line, a list mark and a copyright line end one too.
fn sentences(text: &str) -> Vec<Sentence> {
    let mut found = Vec::new();
    let mut paragraph = 0;
    let mut open = String::new();
    for line in text.lines() {
        let line = line.trim_matches(|c: char| {
            c.is_whitespace() || matches!(c, '*' | '#' | '/' | ';' | '|' | '!')
        });
        let words = names::words(line);
        let opens = is_holder_line(&words) || is_list_mark(line);
        if words.is_empty() || opens {
            take(&mut found, &mut open, paragraph);
        }
        paragraph += usize::from(words.is_empty());
        for piece in pieces(line) {
            if !open.is_empty() {
                open.push(' ');
            }
            open.push_str(piece.trim());
            if ends(piece) {
                take(&mut found, &mut open, paragraph);
            }
        }
        if is_holder_line(&words) {
            take(&mut found, &mut open, paragraph);
        }
    }
    take(&mut found, &mut open, paragraph);
    found
}

fn take(found: &mut Vec<Sentence>, open: &mut String, paragraph: usize) {
    let text = std::mem::take(open);
    let words: Vec<String> = text
        .split_whitespace()
        .filter(|chunk| !chunk.contains("://"))
        .flat_map(names::words)
        .collect();
    if !words.is_empty() {
        found.push(Sentence { text, words, paragraph });
    }
}

/// A line cut behind each mark that ends a sentence.
fn pieces(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, mark) in line.char_indices().filter(|(_, c)| matches!(c, '.' | ';' | ':')) {
        let end = at + 1;
        let followed = line.as_bytes().get(end).is_none_or(u8::is_ascii_whitespace);
        // "Inc. " and "v. 2.0" do not end a sentence, nor does the number of a clause.
        let short =
            line[start..at].split_whitespace().next_back().is_none_or(|word| word.len() <= 3);
        if followed && !(mark == '.' && short) {
            pieces.push(&line[start..end]);
            start = end;
        }
    }
    if !line[start..].trim().is_empty() {
        pieces.push(&line[start..]);
    }
    pieces
}

fn ends(piece: &str) -> bool {
    piece.ends_with(['.', ';', ':'])
        && piece
            .trim_end_matches(['.', ';', ':'])
            .split_whitespace()
            .next_back()
            .is_some_and(|word| word.len() > 3)
}

/// Whether a line begins an item: `1.`, `(a)`, `-`, `*`.
fn is_list_mark(line: &str) -> bool {
    let Some(first) = line.split_whitespace().next() else {
        return false;
    };
    let inner = first.trim_matches(['(', ')', '.', '[', ']']);
    first.len() <= 4
        && first != inner
        && (inner.chars().all(|c| c.is_ascii_digit()) || inner.chars().count() == 1)
        || matches!(first, "-" | "\u{2022}" | "o")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn more(text: &str, licenses: &[&str]) -> Vec<String> {
        let licenses: Vec<String> = licenses.iter().map(|&id| id.to_owned()).collect();
        surplus(text, &licenses, Extent::Whole)
    }

    #[test]
    fn no_text_of_the_list_goes_beyond_itself() {
        for id in [
            "MIT",
            "Apache-2.0",
            "BSD-3-Clause",
            "GPL-2.0-only",
            "GPL-3.0-only",
            "MPL-2.0",
            "ISC",
            "Zlib",
            "JSON",
        ] {
            let text = text_of(id).expect(id);
            assert_eq!(more(text, &[id]), Vec::<String>::new(), "{id}");
        }
    }

    #[test]
    fn names_of_holders_and_layout_are_no_terms() {
        let mit = text_of("MIT").expect("on the list");
        let text = format!(
            "The widget library\n\nCopyright (c) 2019 Jane Roe. All rights reserved.\n(c) Foo Inc.\n\n{mit}"
        );
        assert_eq!(more(&text, &["MIT"]), Vec::<String>::new());
        let shouted = mit.replace("Software", "SOFTWARE").replace('\n', "\r\n * ");
        assert_eq!(more(&shouted, &["MIT"]), Vec::<String>::new());
    }

    #[test]
    fn what_goes_beyond_a_licence_is_told() {
        let cases = [
            ("JSON", "MIT", "The Software shall be used for Good, not Evil."),
            (
                "BSD-3-Clause-Clear",
                "BSD-3-Clause",
                "NO EXPRESS OR IMPLIED LICENSES TO ANY PARTY'S PATENT RIGHTS ARE GRANTED BY THIS LICENSE.",
            ),
        ];
        for (id, as_licence, sentence) in cases {
            assert_eq!(more(text_of(id).expect(id), &[as_licence]), [sentence], "{id}");
        }
        for id in
            ["Sleepycat", "Apache-1.1", "OpenSSL", "BSD-3-Clause-No-Nuclear-License", "AAL", "NCSA"]
        {
            let as_licence = if id == "NCSA" { "MIT" } else { "BSD-3-Clause" };
            assert!(!more(text_of(id).expect(id), &[as_licence]).is_empty(), "{id}");
        }
    }

    #[test]
    fn of_a_file_only_the_notice_counts() {
        let notice = "Parses widgets. It must be called first.\n\nRedistribution and use in source and binary forms, with or without modification, are permitted provided that the following conditions are met:\n1. Redistributions of source code must retain the above copyright notice.\n2. You must buy the author a beer.\nTHIS SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY.\n\nCallers must close it.";
        let licenses = ["BSD-2-Clause".to_owned()];
        let found = surplus(
            notice,
            &licenses,
            Extent::From("redistribution and use in source and binary forms"),
        );
        assert_eq!(found, ["2. You must buy the author a beer."]);
    }
}
