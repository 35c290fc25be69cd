//! Licences as free text and trove classifiers name them.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{LearnedFrom, LicenseExpression, LicenseFact, Precision, notice, text};

/// What a name stands for.
pub(super) type Reading = (LicenseExpression, Precision);

/// Reads the free text of a metadata field (`License: GPLv2+`, `BSD`, `MIT/Apache-2.0`, or a whole
/// licence).
///
/// What leaves a version or a variant open is read strictly: the expression joins with `AND` all
/// readings in use, so that only what every one of them allows is allowed (`docs/licenses.md`,
/// "Strict readings"). The words are kept in `declared`. A text that cannot be read is a fact
/// without an expression, never an error.
pub fn normalize_declaration(declared: &str) -> LicenseFact {
    let trimmed = declared.trim();
    if is_nothing(trimmed) {
        return LicenseFact::unknown();
    }
    fact(trimmed, read(trimmed), LearnedFrom::Metadata)
}

/// A declaration that its ecosystem gives a meaning of its own: `GPL-2` of R is that version alone.
/// Without an expression, or with one that cannot be read, it is unknown.
pub(crate) fn declaration_read_as(declared: &str, expression: Option<&str>) -> LicenseFact {
    let reading = expression.and_then(|text| LicenseExpression::parse(text).ok());
    fact(declared.trim(), reading, LearnedFrom::Metadata)
}

/// Reads a trove classifier (`License :: OSI Approved :: MIT License`), or `None` if it is about
/// something else or names no licence.
pub fn from_classifier(classifier: &str) -> Option<LicenseFact> {
    let tail = classifier.trim().strip_prefix("License ::")?.trim();
    let (expression, precision) = classifiers().get(tail)?.clone();
    let mut known = fact(tail, Some((expression, precision)), LearnedFrom::Classifier);
    known.declared = classifier.trim().to_owned();
    Some(known)
}

/// The fact that a declaration was made, and what it was read as.
pub(super) fn fact(
    declared: &str,
    reading: Option<Reading>,
    learned_from: LearnedFrom,
) -> LicenseFact {
    let (expression, precision) = match reading {
        Some((expression, precision)) => (Some(expression), precision),
        None => (None, Precision::Imprecise),
    };
    let same = expression.as_ref().is_some_and(|e| e.as_str() == declared);
    LicenseFact {
        expression,
        declared: if same { String::new() } else { printable(declared) },
        precision,
        learned_from,
    }
}

/// Reads a name, an expression, a list of names or a whole text.
fn read(declared: &str) -> Option<Reading> {
    let short = declared.len() <= LONGEST_NAME && !declared.contains('\n');
    if !short {
        return text::read(declared);
    }
    LicenseExpression::parse(declared)
        .ok()
        .or_else(|| look_up(&words(declared)))
        .or_else(|| parse_list(declared))
        .or_else(|| gnu_in(&words(declared)))
        .or_else(|| notice::read(declared))
}

/// A longer declaration is a text, not a name.
const LONGEST_NAME: usize = 200;

fn is_nothing(declared: &str) -> bool {
    ["", "unknown", "none", "n/a", "not specified"]
        .contains(&declared.to_ascii_lowercase().as_str())
}

/// One line, cut to a readable length: `declared` is shown to people.
fn printable(declared: &str) -> String {
    let line = declared.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

/// Several names in one declaration: `MIT or Apache 2.0`, `BSD/GPL`, `PSF and MIT`.
fn parse_list(declared: &str) -> Option<Reading> {
    let lower = declared.to_ascii_lowercase();
    let choice = lower.contains(" or ") || lower.contains('/');
    let together = lower.contains(" and ") || lower.contains('&') || lower.contains(',');
    if choice == together {
        return None;
    }
    let split = |separators: &[&str]| {
        let unified = separators.iter().fold(lower.clone(), |text, s| text.replace(s, "\n"));
        unified
            .split('\n')
            .map(|part| part.trim().trim_matches(['(', ')']).to_owned())
            .filter(|part| !part.is_empty())
            .map(|part| look_up(&words(&part)).or_else(|| LicenseExpression::parse(&part).ok()))
            .collect::<Option<Vec<Reading>>>()
    };
    let parts = split(if choice { &[" or ", "/"] } else { &[" and ", "&", ","] })?;
    let precision = parts.iter().map(|part| part.1).max()?;
    let parts = parts.into_iter().map(|part| part.0);
    let joined =
        if choice { LicenseExpression::any_of(parts)? } else { LicenseExpression::all_of(parts)? };
    Some((joined, precision))
}

/// Looks a name up: the table first, then the rule for GNU licences, which must use up all words.
pub(super) fn look_up(words: &[String]) -> Option<Reading> {
    let key = key(words);
    if let Some(reading) = names().get(&key) {
        return Some(reading.clone());
    }
    let gnu = gnu(words)?;
    (gnu.start == 0 && gnu.end == words.len()).then(|| gnu.strict_reading())
}

/// A GNU licence somewhere among other words, read as far as it can be.
fn gnu_in(words: &[String]) -> Option<Reading> {
    let gnu = gnu(words)?;
    let (expression, precision) = gnu.strict_reading();
    // Words beyond the name may grant or ask anything ("with exceptions", "dual licensed").
    let whole = gnu.start == 0 && gnu.end == words.len();
    Some((expression, if whole { precision } else { Precision::Imprecise }))
}

/// The words of a text in lower case: letters, digits, `.` and `+` inside; everything else divides.
pub(super) fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '+'))
        .map(|word| word.trim_matches('.').to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Words that do not tell licences apart.
const FILLERS: [&str; 8] =
    ["the", "license", "licence", "licensed", "licenses", "version", "software", "public"];

fn key(words: &[String]) -> String {
    let telling: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| !FILLERS.contains(word)).collect();
    telling.join(" ")
}

/// A mention of a GNU licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gnu {
    /// `GPL`, `LGPL` or `AGPL`.
    pub family: &'static str,
    /// `2.0`, `2.1`, `3.0`, `1.0`, where a version is said.
    pub version: Option<&'static str>,
    /// Whether later versions are allowed too.
    pub later: bool,
    /// Whether "only" is said.
    pub only: bool,
    /// First word of the mention.
    pub start: usize,
    /// Behind the last word of the mention.
    pub end: usize,
}

impl Gnu {
    /// The strict reading.
    pub(crate) fn strict_reading(&self) -> Reading {
        let Some(version) = self.version else {
            return (LicenseExpression::parse_valid(self.open_reading()), Precision::Imprecise);
        };
        // "LGPLv2" is said of the Library GPL 2.0 and of the Lesser GPL 2.1 alike.
        if self.family == "LGPL" && version == "2" && !self.later {
            let both = LicenseExpression::parse_valid("LGPL-2.0-only AND LGPL-2.1-only");
            return (both, Precision::Imprecise);
        }
        let number =
            if version.contains('.') { version.to_owned() } else { format!("{version}.0") };
        let suffix = if self.later { "or-later" } else { "only" };
        let id = format!("{}-{number}-{suffix}", self.family);
        let precision =
            if self.later || self.only { Precision::Exact } else { Precision::Imprecise };
        // Looked up and not parsed: the error of the parser asks here what was meant.
        match super::expression::canonical_case(&id) {
            Some(id) => (LicenseExpression::parse_valid(id), precision),
            None => (LicenseExpression::parse_valid(self.open_reading()), Precision::Imprecise),
        }
    }

    fn open_reading(&self) -> &'static str {
        match self.family {
            "GPL" => "GPL-2.0-only AND GPL-3.0-only",
            "LGPL" => "LGPL-2.1-only AND LGPL-3.0-only",
            _ => "AGPL-3.0-only",
        }
    }
}

/// Finds the first mention of a GNU licence: `GPLv2+`, `GNU Lesser General Public License v3 or
/// later`, `lgpl 2.1`.
pub(super) fn gnu(words: &[String]) -> Option<Gnu> {
    let (family, start, mut at, glued) = (0..words.len()).find_map(|i| gnu_family(words, i))?;
    let mut mention = Gnu { family, version: None, later: false, only: false, start, end: at };
    if let Some(glued) = glued {
        mention.take_version(glued);
    }
    while let Some(word) = words.get(at) {
        let taken = match word.as_str() {
            "license" | "licence" | "v" | "ver" | "version" | "versions" => true,
            "the" | "gnu" | "or" | "and" | "any" | "at" | "your" | "option" | "above" | "of"
            | "as" | "either" => {
                at += 1;
                continue;
            }
            "later" | "newer" | "greater" | "higher" | "+" => {
                mention.later = true;
                true
            }
            "only" => {
                mention.only = true;
                true
            }
            // "LGPLv3 (LGPLv3+)": the classifiers' way of repeating themselves.
            again if gnu_word(again).is_some_and(|(name, _)| name == family) => {
                let rest = gnu_word(again).map_or("", |(_, rest)| rest);
                mention.take_version(rest);
                true
            }
            number => mention.take_version(number),
        };
        if !taken {
            break;
        }
        at += 1;
        mention.end = at;
    }
    Some(mention)
}

impl Gnu {
    /// Takes `v2`, `2.1+`, `3.0` as the version; false if the word is none.
    fn take_version(&mut self, word: &str) -> bool {
        let bare = word.trim_start_matches(['v', '.']).trim_end_matches(".txt");
        let number = bare.trim_end_matches('+');
        let version = match number {
            "1" | "1.0" => "1",
            "2" | "2.0" => "2",
            "2.1" => "2.1",
            "3" | "3.0" => "3",
            _ => return false,
        };
        // "LGPL-2.0" said with its zero is the Library GPL.
        let version = if number == "2.0" { "2.0" } else { version };
        if self
            .version
            .is_some_and(|known| known.trim_end_matches(".0") != version.trim_end_matches(".0"))
        {
            return false;
        }
        self.version = Some(version);
        self.later |= bare.ends_with('+');
        true
    }
}

/// The family named at a word: its name, the first word, the word behind, and what was glued to it.
fn gnu_family(words: &[String], i: usize) -> Option<(&'static str, usize, usize, Option<&str>)> {
    let word = words[i].as_str();
    let at = |n: usize| words.get(i + n).map_or("", String::as_str);
    if let Some((family, glued)) = gnu_word(word) {
        return Some((family, i, i + 1, Some(glued)));
    }
    let (family, name) = match (word, at(1), at(2), at(3)) {
        ("general", "public", "license" | "licence", _) => ("GPL", i + 3),
        ("affero", "general", "public", "license" | "licence") => ("AGPL", i + 4),
        ("lesser" | "library", "general", "public", "license" | "licence") => ("LGPL", i + 4),
        ("library", "or", "lesser", "general") => ("LGPL", i + 6),
        ("lesser" | "library", "gnu", "general", "public") => ("LGPL", i + 5),
        ("lesser" | "library", "gnu", "public", "license" | "licence") => ("LGPL", i + 4),
        ("gnu", "public", "license" | "licence", _) => ("GPL", i + 3),
        ("affero", "gpl", _, _) => ("AGPL", i + 2),
        ("affero", "license" | "licence", _, _) => ("AGPL", i + 2),
        ("lesser" | "library", "gpl", _, _) => ("LGPL", i + 2),
        _ => match word {
            "gnu" if words.get(i + 1).is_some_and(|next| next != "gnu") => {
                let (family, start, end, glued) = gnu_family(words, i + 1)?;
                return (start == i + 1).then_some((family, i, end, glued));
            }
            _ => return None,
        },
    };
    Some((family, i, name.min(words.len()), None))
}

/// `gplv3+` is the family GPL with `v3+` glued to it.
pub(super) fn gnu_word(word: &str) -> Option<(&'static str, &str)> {
    // The last is a common slip.
    let families = [("agpl", "AGPL"), ("lgpl", "LGPL"), ("gpl", "GPL"), ("glp", "GPL")];
    let (rest, family) = families
        .iter()
        .find_map(|(short, family)| word.strip_prefix(short).map(|rest| (rest, *family)))?;
    let versioned = rest.chars().all(|c| c == 'v' || c == '.' || c == '+' || c.is_ascii_digit());
    versioned.then_some((family, rest))
}

fn names() -> &'static HashMap<String, Reading> {
    static NAMES: OnceLock<HashMap<String, Reading>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names: HashMap<String, Reading> = rows(include_str!("names.tsv"))
            .filter_map(|(name, reading)| Some((key(&words(name)), reading?)))
            .collect();
        for id in versioned_ids() {
            names
                .entry(key(&words(id)))
                .or_insert_with(|| (LicenseExpression::parse_valid(id), Precision::Exact));
        }
        names
    })
}

/// The identifiers of the list that hold a number and so stand for nothing else in a text. GNU
/// names are read by rule.
fn versioned_ids() -> impl Iterator<Item = &'static str> {
    spdx::identifiers::LICENSES.iter().map(|license| license.name).filter(|id| {
        spdx::license_id(id).is_some_and(|id| !id.is_deprecated())
            && id.contains(|c: char| c.is_ascii_digit())
            && id.contains('-')
            && !id.contains("GPL")
            && !id.starts_with("GFDL")
    })
}

fn classifiers() -> &'static HashMap<&'static str, Reading> {
    static CLASSIFIERS: OnceLock<HashMap<&'static str, Reading>> = OnceLock::new();
    CLASSIFIERS.get_or_init(|| {
        rows(include_str!("classifiers.tsv"))
            .filter_map(|(name, reading)| Some((name, reading?)))
            .collect()
    })
}

/// The rows of one of our tables: a name, an expression or `-`, and `exact` or `imprecise`.
pub(super) fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, Option<Reading>)> {
    let lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| {
        let mut fields = line.split('\t');
        let mut field =
            || fields.next().unwrap_or_else(|| panic!("a field is missing in `{line}`"));
        let (name, expression, precision) = (field(), field(), field());
        let precision = match precision {
            "exact" => Precision::Exact,
            _ => Precision::Imprecise,
        };
        let reading =
            (expression != "-").then(|| (LicenseExpression::parse_valid(expression), precision));
        (name, reading)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Precision::{Exact, Imprecise};

    /// Declarations of real packages and what they must be read as.
    const DECLARATIONS: [(&str, &str, Precision); 66] = [
        ("MIT", "MIT", Exact),
        ("MIT License", "MIT", Exact),
        ("MIT license", "MIT", Exact),
        ("The MIT License", "MIT", Exact),
        ("Expat", "MIT", Exact),
        ("BSD", "BSD-3-Clause", Imprecise),
        ("BSD License", "BSD-3-Clause", Imprecise),
        ("BSD 3-Clause", "BSD-3-Clause", Exact),
        ("BSD-3-Clause", "BSD-3-Clause", Exact),
        ("3-Clause BSD License", "BSD-3-Clause", Exact),
        ("New BSD", "BSD-3-Clause", Exact),
        ("Simplified BSD", "BSD-2-Clause", Exact),
        ("Apache 2.0", "Apache-2.0", Exact),
        ("Apache", "Apache-2.0", Imprecise),
        ("Apache Software License", "Apache-2.0", Imprecise),
        ("Apache Software License 2.0", "Apache-2.0", Exact),
        ("Apache License, Version 2.0", "Apache-2.0", Exact),
        ("Apache License 2.0", "Apache-2.0", Exact),
        ("ISC license", "ISC", Exact),
        ("PSF", "PSF-2.0", Imprecise),
        ("PSF-2.0", "PSF-2.0", Exact),
        ("ZPL", "ZPL-2.0 AND ZPL-2.1", Imprecise),
        ("ZPL 2.1", "ZPL-2.1", Exact),
        ("MPL 2.0", "MPL-2.0", Exact),
        ("MPL", "MPL-1.1 AND MPL-2.0", Imprecise),
        ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0", Exact),
        ("EPL", "EPL-1.0 AND EPL-2.0", Imprecise),
        ("Artistic", "Artistic-1.0 AND Artistic-2.0", Imprecise),
        ("GPL", "GPL-2.0-only AND GPL-3.0-only", Imprecise),
        ("GNU GPL", "GPL-2.0-only AND GPL-3.0-only", Imprecise),
        ("GPLv2", "GPL-2.0-only", Imprecise),
        ("GPL v2", "GPL-2.0-only", Imprecise),
        ("GNU GPL v2", "GPL-2.0-only", Imprecise),
        ("GPLv2+", "GPL-2.0-or-later", Exact),
        ("GPL-2.0", "GPL-2.0-only", Imprecise),
        ("GPL-2.0-only", "GPL-2.0-only", Exact),
        ("GPL3", "GPL-3.0-only", Imprecise),
        ("GPL-3", "GPL-3.0-only", Imprecise),
        ("GPLv3", "GPL-3.0-only", Imprecise),
        ("GPLv3+", "GPL-3.0-or-later", Exact),
        ("GPL-3.0+", "GPL-3.0-or-later", Exact),
        ("GPL v3 or later", "GPL-3.0-or-later", Exact),
        ("GNU GPL v3 or later", "GPL-3.0-or-later", Exact),
        ("GNU General Public License v2 (GPLv2)", "GPL-2.0-only", Imprecise),
        ("GNU General Public License v3 or later (GPLv3+)", "GPL-3.0-or-later", Exact),
        ("LGPL", "LGPL-2.1-only AND LGPL-3.0-only", Imprecise),
        ("GNU LGPL", "LGPL-2.1-only AND LGPL-3.0-only", Imprecise),
        ("LGPL with exceptions", "LGPL-2.1-only AND LGPL-3.0-only", Imprecise),
        ("LGPLv2", "LGPL-2.0-only AND LGPL-2.1-only", Imprecise),
        ("LGPLv2+", "LGPL-2.0-or-later", Exact),
        ("LGPLv2.1+", "LGPL-2.1-or-later", Exact),
        ("LGPL v3", "LGPL-3.0-only", Imprecise),
        ("LGPLv3+", "LGPL-3.0-or-later", Exact),
        ("LGPL-2.1-or-later", "LGPL-2.1-or-later", Exact),
        ("GNU Lesser General Public License, Version 3 (LGPLv3)", "LGPL-3.0-only", Imprecise),
        ("AGPLv3", "AGPL-3.0-only", Imprecise),
        ("AGPL-3.0", "AGPL-3.0-only", Imprecise),
        ("GNU Affero General Public License", "AGPL-3.0-only", Imprecise),
        ("GPLv2 with linking exception", "GPL-2.0-only", Imprecise),
        (
            "Dual Licensed - GNU AFFERO GPL 3.0 or Artifex Commercial License",
            "AGPL-3.0-only",
            Imprecise,
        ),
        ("MPL-2.0 AND MIT", "MPL-2.0 AND MIT", Exact),
        ("MIT or Apache 2.0", "MIT OR Apache-2.0", Exact),
        ("BSD/GPLv3", "BSD-3-Clause OR GPL-3.0-only", Imprecise),
        ("PSF and MIT", "PSF-2.0 AND MIT", Imprecise),
        ("Free To Use But Restricted", "LicenseRef-Proprietary", Imprecise),
        ("Public Domain", "LicenseRef-Public-Domain", Imprecise),
    ];

    #[test]
    fn declarations_of_real_packages_are_read() {
        for (declared, expression, precision) in DECLARATIONS {
            let fact = normalize_declaration(declared);
            let found = fact.expression.as_ref().map_or("-", LicenseExpression::as_str);
            assert_eq!((found, fact.precision), (expression, precision), "{declared}");
            let kept = if found == declared { "" } else { declared };
            assert_eq!(fact.declared, kept, "{declared}: the words are kept");
        }
    }

    #[test]
    fn what_names_no_licence_is_unknown_and_kept() {
        for declared in ["Dual License", "VSL", "Licensing of pretix", "see LICENSE", "\u{1b}[31m"]
        {
            let fact = normalize_declaration(declared);
            assert_eq!((fact.expression, fact.declared.as_str()), (None, declared));
        }
        for declared in ["", "  ", "UNKNOWN", "None"] {
            assert_eq!(normalize_declaration(declared), LicenseFact::unknown());
        }
    }

    #[test]
    fn classifiers_are_read() {
        let cases = [
            ("License :: OSI Approved :: MIT License", "MIT", Exact),
            ("License :: OSI Approved :: BSD License", "BSD-3-Clause", Imprecise),
            (
                "License :: OSI Approved :: GNU General Public License v2 or later (GPLv2+)",
                "GPL-2.0-or-later",
                Exact,
            ),
            (
                "License :: OSI Approved :: GNU Library or Lesser General Public License (LGPL)",
                "LGPL-2.1-only AND LGPL-3.0-only",
                Imprecise,
            ),
        ];
        for (classifier, expression, precision) in cases {
            let fact = from_classifier(classifier).expect(classifier);
            assert_eq!(fact.expression.unwrap().as_str(), expression);
            assert_eq!((fact.precision, fact.learned_from), (precision, LearnedFrom::Classifier));
        }
        assert_eq!(from_classifier("License :: OSI Approved"), None);
        assert_eq!(from_classifier("Programming Language :: Python"), None);
    }

    #[test]
    fn the_tables_are_valid_and_agree_on_gnu_names() {
        assert_eq!(classifiers().len(), 84);
        assert!(names().len() > 100);
        for (name, (expression, _)) in classifiers() {
            if let Some((_, tail)) = name.split_once("GNU ") {
                let ruled = gnu(&words(tail)).map(|gnu| gnu.strict_reading().0);
                if let Some(ruled) = ruled {
                    assert_eq!(&ruled, expression, "{name}");
                }
            }
        }
    }
}
