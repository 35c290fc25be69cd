//! Copyright notices that a text states: `Copyright (c) 2019 Jane Roe`.
//!
//! Licences ask that "the above copyright notice" travels with the code, so notices are kept word
//! for word. Licence bodies speak of copyright too, in prose: a notice begins its line and names
//! somebody, or has a year or a sign behind the word. What a template leaves open is no notice.

use std::borrow::Cow;

use super::comments;

/// The notices of a licence text or a file of notices, in order, each once.
pub fn copyrights(text: &str) -> Vec<String> {
    let text = comments::without_examples(text);
    let lines: Vec<&str> = text.lines().map(|line| line.trim_start_matches(is_mark)).collect();
    find_notices(&lines)
}

/// The notices in the header of a source file, in order, each once.
pub(crate) fn header_copyrights(text: &[u8]) -> Vec<String> {
    let head = comments::head(text);
    let lower = head.to_ascii_lowercase();
    if ["copyright", "(c)", "\u{a9}", "copr."].iter().any(|sign| lower.contains(sign)) {
        copyrights(&comments::of(&head))
    } else {
        Vec::new()
    }
}

/// Most notices of one text. A bundle of licence texts has dozens; thousands are a list of names.
const MAX_NOTICES: usize = 100;
/// Lines that one notice may go over.
const MAX_LINES: usize = 4;
/// Bytes of a notice at the most; what is longer is prose.
const MAX_BYTES: usize = 400;

/// What may stand before a notice on its line.
fn is_mark(c: char) -> bool {
    c.is_whitespace() || "*#/;-!\"'>|%+=_\u{2022}\u{feff}".contains(c)
}

fn find_notices(lines: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut i = 0;
    while i < lines.len() && found.len() < MAX_NOTICES {
        let (notice, used) = at(&lines[i..]);
        i += used;
        found.extend(notice.filter(|notice| !found.contains(notice)));
    }
    found
}

/// The notice that begins on the first of these lines, and how many lines it takes.
fn at(lines: &[&str]) -> (Option<String>, usize) {
    let Some(begun) = notice_start(lines[0]) else { return (None, 1) };
    let mut text = begun.into_owned();
    let mut used = 1;
    while used < lines.len().min(MAX_LINES) && continues(&text, lines[used]) {
        text = format!("{} {}", text.trim_end(), lines[used].trim());
        used += 1;
    }
    let belongs_to_the_licence = lines[used..]
        .iter()
        .take(3)
        .any(|line| line.to_ascii_lowercase().starts_with("everyone is permitted to"));
    let text = tidy(&text);
    let is_notice = text.len() <= MAX_BYTES
        && !belongs_to_the_licence
        && !has_placeholder(&text)
        && names_somebody(&text);
    (is_notice.then_some(text), used)
}

/// The part of a line that a notice begins with.
fn notice_start(line: &str) -> Option<Cow<'_, str>> {
    // The same length in bytes, so that places in it are places in the line.
    let lower = line.to_ascii_lowercase();
    const TAG: &str = concat!("spdx-filecopyright", "text:");
    if lower.starts_with(TAG) {
        return Some(Cow::Borrowed(line[TAG.len()..].trim()));
    }
    // The field of reStructuredText: `:copyright: (c) 2010 by Jane Roe`.
    if let Some(start) = [":copyright:", "copyright: copyright", "@copyright"]
        .iter()
        .find(|field| lower.starts_with(**field))
        .map(|field| field.find("copyright").unwrap_or(0) + "copyright".len())
    {
        let value = line[start..].trim_start_matches(|c| c == ':' || char::is_whitespace(c));
        if is_prose(value) {
            return None;
        }
        return Some(match notice_start(value) {
            Some(whole) if whole.len() == value.len() => Cow::Borrowed(value),
            _ => Cow::Owned(format!("Copyright {value}")),
        });
    }
    let words = lower.match_indices("copyright").map(|(at, word)| (at, word.len()));
    let signs = ["(c)", "\u{a9}", "copr."];
    let signs = signs.iter().filter_map(|sign| Some((lower.find(sign)?, sign.len())));
    let mut places: Vec<(usize, usize)> = words.chain(signs).collect();
    places.sort_unstable();
    let start = places.into_iter().find(|&(at, length)| opens(line, &lower, at, length))?.0;
    Some(Cow::Borrowed(line[start..].trim()))
}

/// Whether a notice begins with the word or sign at a place.
fn opens(line: &str, lower: &str, at: usize, length: usize) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if line[..at].ends_with(is_word) {
        return false;
    }
    let before = lower[..at].trim_matches(|c: char| !c.is_alphanumeric());
    // A licence that speaks of its own text: "This License is Copyright (C) 2003-2004 ...".
    if OWN.iter().any(|it| before.trim_end_matches(" copyright").ends_with(it)) {
        return false;
    }
    let begins = before.is_empty() || BEFORE.contains(&before);
    let rest = line[at + length..].trim_start();
    let (signed, rest) = without_signs(rest);
    if begins_with_year(rest) {
        return true;
    }
    match &lower[at..at + length] {
        "copyright" => {
            let names = rest.starts_with(char::is_alphabetic) && !is_prose(rest);
            let capital = rest.starts_with(char::is_uppercase) || begins_with(rest, "the ");
            let alone = rest.is_empty();
            begins && (alone || (names && (signed || capital))) || signed && names
        }
        // `(c) You must` is an item of a list.
        "(c)" => begins && begins_with(rest, "copyright"),
        _ => begins && rest.starts_with(char::is_uppercase) && !is_prose(rest),
    }
}

/// How a licence begins to speak of its own text.
const OWN: [&str; 3] = ["license is", "licence is", "document is"];

/// Words that may stand before a notice on its line.
const BEFORE: [&str; 11] = [
    "portions",
    "portions are",
    "portions of this file",
    "parts",
    "some parts",
    "parts of this file",
    "original code",
    "original work",
    "modifications",
    "original",
    "c",
];

/// A text without the signs of copyright before it, and whether there were any.
fn without_signs(text: &str) -> (bool, &str) {
    const SIGNS: [&str; 7] = ["(c)", "(C)", "\u{a9}", "&copy;", "|copy|", "copyright", "Copyright"];
    let mut rest = text;
    let mut signed = false;
    loop {
        let bare = rest.trim_start_matches([' ', '\t', ':', ',']);
        match SIGNS.iter().find_map(|sign| bare.strip_prefix(sign)) {
            Some(next) => (signed, rest) = (true, next),
            None if begins_with(bare, "by ") => return (signed, bare[3..].trim_start()),
            None => return (signed, bare),
        }
    }
}

/// Whether a text begins with a year, or with a list of years.
fn begins_with_year(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits == 4 && (text.starts_with("19") || text.starts_with("20"))
}

fn begins_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Whether the word that a text begins with is what prose says behind "copyright".
fn is_prose(text: &str) -> bool {
    let word = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    PROSE.contains(&word.to_ascii_lowercase().as_str())
}

const PROSE: [&str; 58] = [
    "a",
    "act",
    "agreement",
    "and",
    "any",
    "applies",
    "are",
    "as",
    "assignment",
    "assignments",
    "claim",
    "claims",
    "disclaimer",
    "file",
    "files",
    "for",
    "from",
    "header",
    "headers",
    "holder",
    "holders",
    "holdership",
    "if",
    "in",
    "info",
    "information",
    "interest",
    "interests",
    "is",
    "law",
    "laws",
    "licence",
    "license",
    "licenses",
    "line",
    "lines",
    "must",
    "none",
    "notice",
    "notices",
    "of",
    "on",
    "or",
    "owner",
    "owners",
    "ownership",
    "policy",
    "protection",
    "public",
    "see",
    "shall",
    "statement",
    "statements",
    "status",
    "text",
    "this",
    "to",
    "year",
];

/// Whether a line goes on with a notice that the line before it left open.
fn continues(text: &str, next: &str) -> bool {
    let next = next.trim();
    let lower = next.to_ascii_lowercase();
    let other = NOT_A_HOLDER.iter().any(|start| lower.starts_with(start));
    if next.is_empty() || next.len() > 100 || other || notice_start(next).is_some() {
        return false;
    }
    let text = text.trim_end();
    let is_open = text.ends_with([',', '&', '-'])
        || text.ends_with(" All")
        || text.to_ascii_lowercase().ends_with(" and")
        || text.to_ascii_lowercase().ends_with(" by")
        || !names_somebody(text);
    let is_wrapped = WRAPPED.iter().any(|start| next.starts_with(start));
    is_open || is_wrapped || begins_with_year(next)
}

/// What a line begins with that was wrapped inside of a notice.
const WRAPPED: [&str; 6] = ["of ", "rights reserved", "reserved", "and ", "contributors", "others"];

/// What lines below a notice begin with that are no part of it.
const NOT_A_HOLDER: [&str; 14] = [
    "all rights",
    "apache license",
    "distributed",
    "everyone",
    "gnu ",
    "licen",
    "permission",
    "redistribution",
    "released",
    "see ",
    "spdx-",
    "the above",
    "this ",
    "use of",
];

/// A notice on one line, without what belongs to the licence behind it.
fn tidy(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = line.to_ascii_lowercase();
    let end = BEHIND.iter().filter_map(|words| lower.find(words)).min().unwrap_or(line.len());
    let line =
        line[..end].trim_end_matches(|c: char| c.is_whitespace() || "*/#\"'`|,;:(".contains(c));
    let line = line.trim_end_matches("--").trim_end_matches("<br").trim_end();
    line.to_owned()
}

/// What stands behind a notice on its line and is no part of it.
const BEHIND: [&str; 22] = [
    " -->",
    " */",
    " all files ",
    " dual licensed",
    " dual-licensed",
    " is licensed",
    " it is licensed",
    " licensed under",
    " licensed to ",
    " licensed for ",
    " permission is",
    " permission to ",
    " redistribution and use",
    " released under",
    " distributed under",
    " see license",
    " see the license",
    " see the file license",
    " this file ",
    " this software ",
    " this program ",
    " use of this ",
];

/// Whether a template stands where a year or a name should.
pub(super) fn has_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let in_brackets = |open: char, close: char| {
        let parts = lower.split(open).skip(1).filter_map(move |part| part.split_once(close));
        parts.map(|(inner, _)| inner.to_owned()).collect::<Vec<_>>()
    };
    let is_address = |inner: &str| inner.contains(['@', '.', '/', ':']) || inner.contains(" at ");
    let is_open = |inner: &String| OPEN.iter().any(|word| inner.contains(word));
    lower.contains("yyyy")
        || lower.contains("19xx")
        || lower.contains("20xx")
        || lower.contains("{{")
        || in_brackets('<', '>').iter().any(|inner| !is_address(inner))
        || in_brackets('[', ']').iter().any(is_open)
        || in_brackets('{', '}').iter().any(is_open)
}

/// What templates call the things that they leave open.
const OPEN: [&str; 7] = ["year", "name", "owner", "holder", "author", "organi", "date"];

/// Whether something is left of a notice without its signs and years.
fn names_somebody(text: &str) -> bool {
    let lower = text.to_lowercase().replace("all rights reserved", " ").replace("&copy", " ");
    let mut words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.any(|word| {
        let sign = ["copyright", "c", "copr", "by", "and", "present", "now", "the", "to"];
        !sign.contains(&word) && word.chars().any(char::is_alphabetic)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_read_word_for_word() {
        for notice in [
            "Copyright (c) 2010-2024 Benjamin Peterson",
            "Copyright 2019 Jane Roe <jane@example.org>",
            "Copyright \u{a9} 2003-2008 Example, Inc. All rights reserved.",
            "Copyright The Example Developers",
            "Copyright: 2001, 2004 Jane Roe, see AUTHORS",
            "\u{a9} 2014 Ben\u{e9} Roe",
            "(c) 1999 Jane Roe",
            "(C) Copyright 2005 Example Corp.",
            "COPYRIGHT (C) 2001 EXAMPLE AB",
            "Copyright (c) Jane Roe",
            "Copyright by Jane Roe, 1998",
        ] {
            assert_eq!(copyrights(notice), [notice], "{notice}");
            let header = format!("#!/usr/bin/env python3\n#\n# {notice}\n# Some words.\nx = 1\n");
            assert_eq!(header_copyrights(header.as_bytes()), [notice], "{header}");
            let header = format!("/*\n * {notice}\n */\nfn main() {{}}\n");
            assert_eq!(header_copyrights(header.as_bytes()), [notice], "{header}");
        }
    }

    #[test]
    fn notices_are_cut_out_of_lines_and_joined() {
        for (text, expected) in [
            (":copyright: (c) 2010 by the Example team.", "(c) 2010 by the Example team."),
            (":copyright: 2010 Jane Roe", "Copyright 2010 Jane Roe"),
            (
                "This module is copyright (c) 2010 Jane Roe. Licensed under MIT.",
                "copyright (c) 2010 Jane Roe.",
            ),
            ("Copyright 2010 Jane Roe, licensed under the MIT licence", "Copyright 2010 Jane Roe"),
            ("Portions Copyright (c) 2010 Jane Roe", "Copyright (c) 2010 Jane Roe"),
            (
                "Copyright (c) 2010, 2011,\n    2012 Jane Roe",
                "Copyright (c) 2010, 2011, 2012 Jane Roe",
            ),
            ("Copyright (c) 2010\nJane Roe\n\nPermission is", "Copyright (c) 2010 Jane Roe"),
            (
                "Copyright (C) 2010 A. Roe and\nB. Roe\nAll rights reserved.",
                "Copyright (C) 2010 A. Roe and B. Roe",
            ),
            (concat!("SPDX-FileCopyright", "Text: 2019 Jane Roe"), "2019 Jane Roe"),
            (
                "Copyright (c) 2010 The University of Example. All rights\nreserved.",
                "Copyright (c) 2010 The University of Example. All rights reserved.",
            ),
            ("Copyright (c) 2010 Jane Roe */", "Copyright (c) 2010 Jane Roe"),
        ] {
            assert_eq!(copyrights(text), [expected], "{text}");
        }
        let several = "Copyright (c) 2010 A\nCopyright (c) 2011 B\nCopyright (c) 2010 A\n";
        assert_eq!(copyrights(several), ["Copyright (c) 2010 A", "Copyright (c) 2011 B"]);
    }

    #[test]
    fn prose_and_templates_are_no_notices() {
        for id in
            ["MIT", "BSD-3-Clause", "Apache-2.0", "GPL-3.0-only", "ISC", "MPL-2.0", "LGPL-2.1-only"]
        {
            let text = super::super::text_of(id).expect("a text");
            assert_eq!(copyrights(text), Vec::<String>::new(), "{id}");
        }
        for text in [
            "COPYRIGHT HOLDERS AND CONTRIBUTORS ARE",
            "copyright notice, this list of conditions",
            "Copyright (c) <year> <owner>",
            "Copyright [yyyy] [name of copyright owner]",
            "Copyright (C) 19xx name of author",
            "(c) You must retain, in the Source form",
            "Copyright and license notices",
            "Copyright (c) 2010",
            "Copyrighted by many people in 2010",
            "Copyright: This module has been placed in the public domain.",
            ":copyright: This module has been placed in the public domain.",
            "This License is Copyright (C) 2003-2004 Jane Roe.",
            "```\nCopyright (c) 2010 Jane Roe\n```",
        ] {
            assert_eq!(copyrights(text), Vec::<String>::new(), "{text}");
        }
        let code = b"__copyright__ = 'Copyright 2010 Jane Roe'\n# Copyright 2010 Jane Roe\n";
        assert_eq!(header_copyrights(code), Vec::<String>::new());
    }
}
