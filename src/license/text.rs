//! Whole licence texts, recognised by comparison with the texts of the SPDX list.
//!
//! The comparison is the Sørensen-Dice coefficient over pairs of words (askalono's measure, in the
//! `spdx` crate). Where no single text fits, a file may hold several; then the notices and titles
//! it holds are read instead.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

use spdx::detection::{Store, TextData};

use super::names::{self, Reading};
use super::surplus::{self, Extent};
use super::{LearnedFrom, LicenseExpression, LicenseFact, Precision, exception, notice};

/// What a licence text was recognised as.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectedText {
    /// The licence, or an `AND` of all that were found.
    pub expression: LicenseExpression,
    /// Whether the text settles the licence. Never for GNU texts, which hold no word on later
    /// versions, and never for a file of several texts, which may be a choice or parts of a whole.
    pub precision: Precision,
    /// Likeness to the reference text, from 0 to 1; for several texts a fixed 0.5.
    pub confidence: f32,
    /// The sentences that stand in none of the licences and may ask or limit something. With them
    /// the expression holds [`MORE_TERMS`] too.
    pub more: Vec<String>,
}

/// What stands in an expression for terms beside those of known licences.
pub(crate) const MORE_TERMS: &str = "LicenseRef-More-Terms";

/// Longest text looked at, in bytes; what follows is left out.
pub(crate) const MAX_TEXT: usize = 128 * 1024;

/// Likeness from which one text is taken for a whole licence. askalono's threshold; unrelated
/// licences stay below 0.8.
const CONFIDENT: f32 = 0.9;

/// Likeness from which wordings and titles are not asked for a second opinion.
const CERTAIN: f32 = 0.99;

/// Recognises a licence file.
///
/// A GNU text is read as `-only` and imprecise: whether later versions are allowed stands in the
/// notices of the source files, never in the text.
pub fn detect_text(text: &str) -> Option<DetectedText> {
    let text = cut(text);
    // Fewer words than this are a name, whatever they are like.
    text.split_whitespace().nth(12)?;
    let (reading, confidence) = match closest(text) {
        Some((name, score)) if score >= CERTAIN => (with_company(strict(name)?, text), score),
        Some((name, score)) if score >= CONFIDENT => {
            let reading = reading_by_words(text).or_else(|| strict(name))?;
            (with_company(reading, text), score)
        }
        _ => (several(text)?, 0.5),
    };
    let reading = exception::with_known_exception(text, reading);
    let Weighed { reading: (expression, precision), more } = weigh(text, reading, Extent::Whole);
    Some(DetectedText { expression, precision, confidence, more })
}

/// A reading, and what the text says beyond it.
pub(super) struct Weighed {
    /// The reading; an imprecise one with [`MORE_TERMS`] where the text goes beyond the licences.
    pub reading: Reading,
    /// The sentences beyond the licences.
    pub more: Vec<String>,
}

impl Weighed {
    /// "MIT, with 1 sentence more: ...", or nothing where the text is the licence.
    pub(super) fn describe(&self) -> String {
        let count = self.more.len();
        if count == 0 {
            return String::new();
        }
        let licenses = self.reading.0.licenses();
        let licenses: Vec<&str> =
            licenses.iter().map(String::as_str).filter(|id| *id != MORE_TERMS).collect();
        let noun = if count == 1 { "sentence" } else { "sentences" };
        let first = self.more.first().map_or("", String::as_str);
        format!("{}, with {count} {noun} more: {first}", licenses.join(" AND "))
    }
}

/// Weighs a reading against all that the text says: what goes beyond the licence makes it another
/// licence of the list, or else the licence with terms that nobody knows.
pub(super) fn weigh(text: &str, reading: Reading, extent: Extent<'_>) -> Weighed {
    let licenses = reading.0.texts();
    let more = if licenses.iter().all(|id| text_of(id).is_some()) {
        surplus::surplus(text, &licenses, extent)
    } else {
        Vec::new()
    };
    if more.is_empty() {
        return Weighed { reading, more };
    }
    if let Some(reading) = kin(text, &reading.0, extent) {
        return Weighed { reading, more: Vec::new() };
    }
    Weighed { reading: with_more_terms(reading), more }
}

/// A reading, and terms that are not known.
pub(super) fn with_more_terms((expression, _): Reading) -> Reading {
    let terms = LicenseExpression::parse_valid(MORE_TERMS);
    let all = LicenseExpression::all_of([expression.clone(), terms]);
    (all.unwrap_or(expression), Precision::Imprecise)
}

/// The licence of the list that holds all of a text that goes beyond one licence.
pub(super) fn kin(text: &str, read: &LicenseExpression, extent: Extent<'_>) -> Option<Reading> {
    let licenses = read.texts();
    let goes_beyond = licenses.len() == 1
        && text_of(&licenses[0]).is_some()
        && !surplus::surplus(text, &licenses, extent).is_empty();
    goes_beyond.then(|| find_containing(&surplus::part(text, &licenses, extent))).flatten()
}

/// What [`compared`] found so far, by text: the files of a project bear the same header, and a text
/// is compared with all the list.
static HELD: LazyLock<Mutex<HashMap<String, Option<Reading>>>> = LazyLock::new(Mutex::default);

/// Texts that are remembered.
const MOST_HELD: usize = 1 << 10;

/// The licence of the list whose text holds all that a text says, the likest first.
fn find_containing(text: &str) -> Option<Reading> {
    let known = || HELD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known().get(text) {
        return found.clone();
    }
    let found = closest_text(text);
    let mut known = known();
    if known.len() >= MOST_HELD {
        known.clear();
    }
    known.insert(text.to_owned(), found.clone());
    found
}

fn closest_text(text: &str) -> Option<Reading> {
    let words: HashSet<String> = names::words(text).into_iter().collect();
    let is_named = |name: &str| names_itself(name, &words) && surplus::is_part(text, name);
    // Whether a text is part of a licence takes long to tell, and is asked once.
    let mut scored: Vec<(bool, (&str, f32))> = scores(text)
        .filter(|(_, score)| *score >= PART)
        .map(|scored| (is_named(scored.0), scored))
        .filter(|(is_named, (_, score))| *is_named || *score >= RELATED)
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| likest(&b.1, &a.1)));
    let holds =
        |name: &&str| surplus::surplus(text, &[(*name).to_owned()], Extent::Whole).is_empty();
    scored.into_iter().map(|(_, (name, _))| name).take(MOST_RELATED).find(holds).and_then(strict)
}

/// Whether the first word of a licence's identifier stands in a text. TOSL took the terms of the
/// Sleepycat licence over, but not its name.
fn names_itself(id: &str, words: &HashSet<String>) -> bool {
    let first = id.split('-').next().unwrap_or(id);
    let name = if first == "OLDAP" { "openldap" } else { first };
    name.len() >= 4 && words.contains(&name.to_ascii_lowercase())
}

/// Likeness from which a licence may be the one that a text is a variant of.
const RELATED: f32 = 0.6;

/// Related licences that are looked at.
const MOST_RELATED: usize = 24;

/// The one licence whose title or permission wording stands in the text. Where a text is worded a
/// little differently from every reference, its rare relatives come as near as the licence itself:
/// an old GPL-2.0 looks like AGPL-1.0, an Apache-2.0 without its appendix like Pixar's.
fn reading_by_words(text: &str) -> Option<Reading> {
    match titles(text).as_slice() {
        [title] => strict(title.as_str()),
        [] => match notice::permissions(text).as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// A long text hides a short one beside it: an Apache-2.0 with an MIT below it is still nine tenths
/// like Apache-2.0. No long text holds the wording of another licence in itself, as some short ones
/// do.
fn with_company((main, precision): Reading, text: &str) -> Reading {
    let long = TITLES.iter().any(|(_, id)| *id == main.as_str());
    let others = if long { notice::permissions(text) } else { Vec::new() };
    let company: Vec<LicenseExpression> =
        others.into_iter().map(|(other, _)| other).filter(|other| *other != main).collect();
    if company.is_empty() {
        return (main, precision);
    }
    let all = LicenseExpression::all_of(std::iter::once(main.clone()).chain(company));
    (all.unwrap_or(main), Precision::Imprecise)
}

/// The text of a licence or exception of the SPDX list.
pub fn text_of(id: &str) -> Option<&'static str> {
    let license = spdx::license_id(id).map(|license| license.text());
    license.or_else(|| spdx::exception_id(id).map(|exception| exception.text()))
}

/// The licence of a project or component whose licence file holds this text.
pub fn from_license_text(text: &str) -> Option<LicenseFact> {
    let DetectedText { expression, precision, more, .. } = detect_text(text)?;
    let weighed = Weighed { reading: (expression, precision), more };
    let told = weighed.describe();
    Some(names::fact(&told, Some(weighed.reading), LearnedFrom::LicenseText))
}

/// A metadata field that holds a whole text (scipy and numpydoc put theirs there).
pub(super) fn read(text: &str) -> Option<Reading> {
    let found = detect_text(text)?;
    Some((found.expression, found.precision))
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The licence of the SPDX list most like the text, or one that the text names and is a part of.
/// Equal scores go to the shorter name, then by alphabet: the store itself is a hash map and would
/// answer by chance.
fn closest(text: &str) -> Option<(&'static str, f32)> {
    let all: Vec<(&str, f32)> = scores(text).collect();
    let best = all.iter().copied().max_by(likest).filter(|best| best.1 >= CONFIDENT)?;
    let words: HashSet<String> = names::words(text).into_iter().collect();
    if names_itself(best.0, &words) {
        return Some(best);
    }
    let named = all.into_iter().filter(|(name, score)| {
        *score >= PART && names_itself(name, &words) && !name.starts_with(best.0)
    });
    let named = named.filter(|(name, _)| surplus::is_part(text, name)).max_by(likest);
    Some(named.map_or(best, |(name, _)| (name, best.1)))
}

/// Likeness from which a text may be a part of a licence that it names.
const PART: f32 = 0.4;

/// How like the text each licence of the list is.
fn scores(text: &str) -> impl Iterator<Item = (&'static str, f32)> {
    let asked = TextData::new(text);
    store().iter().map(move |(name, entry)| {
        let others = entry.alternates.iter().map(|other| other.match_score(&asked));
        let score = others.fold(entry.original.match_score(&asked), f32::max);
        (name.as_str(), score)
    })
}

/// The order of likeness.
fn likest(a: &(&str, f32), b: &(&str, f32)) -> Ordering {
    let by_score = a.1.partial_cmp(&b.1).unwrap_or(Ordering::Equal);
    by_score.then_with(|| (b.0.len(), b.0).cmp(&(a.0.len(), a.0)))
}

fn store() -> &'static Store {
    static STORE: OnceLock<Store> = OnceLock::new();
    STORE.get_or_init(|| {
        let all =
            Store::load_inline().expect("the texts compiled into the spdx crate are readable");
        if cfg!(fuzzing) { choose(&all, &FUZZED) } else { all }
    })
}

/// The licences that texts are compared with where birthmark is fuzzed. The comparison with all of
/// the list takes most of the time of an execution, and runs no other code.
const FUZZED: [&str; 8] =
    ["Apache-2.0", "Artistic-1.0", "BSD-3-Clause", "ISC", "JSON", "MIT", "Sleepycat", "TOSL"];

/// Some texts of a list.
fn choose(all: &Store, names: &[&str]) -> Store {
    let mut some = Store::new();
    for name in names {
        let text = all.get_original(name).expect("a name of the list");
        some.add_license((*name).to_owned(), text.clone());
    }
    some
}

fn strict(name: &str) -> Option<Reading> {
    let gnu = ["GPL-", "LGPL-", "AGPL-", "GFDL-"].iter().any(|family| name.starts_with(family));
    if !gnu {
        return LicenseExpression::parse(name).ok();
    }
    let base = name.trim_end_matches("-or-later").trim_end_matches("-only").trim_end_matches('+');
    // Whether sections are invariant stands in the notice of a document, never in the text.
    let base = base.trim_end_matches("-no-invariants").trim_end_matches("-invariants");
    let (expression, _) = LicenseExpression::parse(&format!("{base}-only")).ok()?;
    Some((expression, Precision::Imprecise))
}

/// What a file holds that is like no single text: one licence in other words, or several.
fn several(text: &str) -> Option<Reading> {
    let titles = titles(text);
    let titled = !titles.is_empty();
    let mut parts: Vec<Reading> =
        titles.into_iter().map(|title| (title, Precision::Imprecise)).collect();
    // Inside a licence's own text, GNU notices are patterns to copy.
    let notices = notice::with_kin(text, notice::notices(text), |_| Extent::Whole).into_iter();
    let own = notices.filter(|notice| !(titled && is_gnu(&notice.expression)));
    parts.extend(own.map(|notice| (notice.expression, notice.precision)));
    if let [only] = parts.as_slice() {
        return Some(only.clone());
    }
    let all = LicenseExpression::all_of(parts.into_iter().map(|part| part.0))?;
    Some((all, Precision::Imprecise))
}

/// The long licences whose text stands in a file.
fn titles(text: &str) -> Vec<LicenseExpression> {
    let words = names::words(text).join(" ");
    let found = TITLES.iter().filter(|(title, _)| words.contains(title));
    let mut found: Vec<LicenseExpression> =
        found.map(|(_, id)| LicenseExpression::parse_valid(id)).collect();
    // The LGPL 3 is a set of permissions on top of the GPL 3 and is meant to be shipped with its
    // text.
    if found.iter().any(|one| one.as_str() == "LGPL-3.0-only") {
        found.retain(|one| one.as_str() != "GPL-3.0-only");
    }
    found
}

fn is_gnu(expression: &LicenseExpression) -> bool {
    expression.licenses().iter().all(|id| id.contains("GPL-"))
}

/// Titles of long texts as they stand above the text itself, not in references to it.
const TITLES: [(&str, &str); 14] = [
    ("gnu general public license version 2 june 1991", "GPL-2.0-only"),
    ("gnu general public license version 3 29 june 2007", "GPL-3.0-only"),
    ("gnu library general public license version 2 june 1991", "LGPL-2.0-only"),
    ("gnu lesser general public license version 2.1 february 1999", "LGPL-2.1-only"),
    ("gnu lesser general public license version 3 29 june 2007", "LGPL-3.0-only"),
    ("gnu affero general public license version 3 19 november 2007", "AGPL-3.0-only"),
    ("apache license version 2.0 january 2004", "Apache-2.0"),
    ("mozilla public license version 2.0 1 definitions", "MPL-2.0"),
    ("mozilla public license version 1.1 1 definitions", "MPL-1.1"),
    ("eclipse public license v 1.0 the accompanying program", "EPL-1.0"),
    ("eclipse public license v 2.0 the accompanying program", "EPL-2.0"),
    ("python software foundation license version 2 1 this license agreement", "PSF-2.0"),
    ("cc0 1.0 universal", "CC0-1.0"),
    ("common development and distribution license cddl version 1.0", "CDDL-1.0"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn spdx_text(id: &str) -> &'static str {
        spdx::license_id(id).expect(id).text()
    }

    #[test]
    fn single_texts_are_recognised() {
        let cases = [
            ("MIT", "MIT", Precision::Exact),
            ("Apache-2.0", "Apache-2.0", Precision::Exact),
            ("BSD-2-Clause", "BSD-2-Clause", Precision::Exact),
            ("BSD-3-Clause", "BSD-3-Clause", Precision::Exact),
            ("ISC", "ISC", Precision::Exact),
            ("MPL-2.0", "MPL-2.0", Precision::Exact),
            ("Zlib", "Zlib", Precision::Exact),
            ("Unlicense", "Unlicense", Precision::Exact),
            ("EPL-2.0", "EPL-2.0", Precision::Exact),
            ("GPL-2.0-or-later", "GPL-2.0-only", Precision::Imprecise),
            ("GPL-3.0-only", "GPL-3.0-only", Precision::Imprecise),
            ("LGPL-2.1-or-later", "LGPL-2.1-only", Precision::Imprecise),
            ("LGPL-3.0-only", "LGPL-3.0-only", Precision::Imprecise),
            ("AGPL-3.0-or-later", "AGPL-3.0-only", Precision::Imprecise),
            ("GFDL-1.3-invariants-only", "GFDL-1.3-only", Precision::Imprecise),
            ("GFDL-1.2-no-invariants-or-later", "GFDL-1.2-only", Precision::Imprecise),
        ];
        for (id, expected, precision) in cases {
            let found = detect_text(spdx_text(id)).expect(id);
            assert_eq!((found.expression.as_str(), found.precision), (expected, precision), "{id}");
        }
    }

    #[test]
    fn the_first_part_of_sleepycat_is_sleepycat() {
        let whole = spdx_text("Sleepycat");
        let end = whole.find("The Regents").expect("the second part");
        let part = whole[..end].replace("DB software", "software");
        for text in [whole, &part] {
            let found = detect_text(text).expect("a licence");
            assert_eq!(found.expression.as_str(), "Sleepycat");
        }
    }

    /// Relatives that differ in names and in who judges: CNRI's licence stands in that of Python, and
    /// Net Boolean's has the words of OpenLDAP's.
    #[test]
    fn relatives_of_one_wording_are_told_apart_by_their_names() {
        for (id, beta) in [("CNRI-Python", ("1.6", "1.6b1")), ("OLDAP-1.1", ("1998", "1999"))] {
            let text = spdx_text(id).replace(beta.0, beta.1).replace("license to", "licence to");
            let found = detect_text(&text).expect(id);
            assert_eq!(found.expression.as_str(), id);
        }
    }

    /// TOSL took the terms of Sleepycat over. "DB software" is Sleepycat's.
    #[test]
    fn sleepycat_of_another_holder_is_sleepycat() {
        let whole = spdx_text("Sleepycat");
        let end = whole.find("The Regents").expect("the second part");
        let part = whole[..end].replace("SLEEPYCAT SOFTWARE", "ORACLE").replace("Sleepycat", "X");
        let found = detect_text(&part).expect("a licence");
        assert_eq!(found.expression.as_str(), "Sleepycat");
    }

    #[test]
    fn several_texts_in_one_file_are_all_named() {
        let cases = [
            (vec!["MIT", "Apache-2.0"], "Apache-2.0 AND MIT"),
            (vec!["BSD-3-Clause", "MPL-2.0"], "MPL-2.0 AND BSD-3-Clause"),
            (vec!["LGPL-3.0-only", "GPL-3.0-only"], "LGPL-3.0-only"),
            (vec!["GPL-2.0-only", "MIT", "ISC"], "GPL-2.0-only AND MIT AND ISC"),
        ];
        for (ids, expected) in cases {
            let text = ids.iter().map(|id| spdx_text(id)).collect::<Vec<_>>().join("\n\n----\n\n");
            let found = detect_text(&text).expect(expected);
            assert_eq!(
                (found.expression.as_str(), found.precision),
                (expected, Precision::Imprecise)
            );
        }
    }

    #[test]
    fn other_texts_are_not_licences() {
        let prose = "The quick brown fox jumps over the lazy dog. ".repeat(50);
        let long = "\u{e9}".repeat(MAX_TEXT);
        for text in ["", "MIT", &prose, &long] {
            assert_eq!(detect_text(text), None);
        }
    }
}
