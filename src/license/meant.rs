//! The identifier that somebody meant by a word that is none.

use super::names;
use super::{LicenseExpression, Precision};

/// ", did you mean `MIT`?", or nothing where no identifier is near.
pub(super) fn hint(word: &str) -> String {
    if word.eq_ignore_ascii_case("none") {
        return "; it says that there is no licence, so that nobody may copy the code".to_owned();
    }
    match suggest(word) {
        Some(id) => format!("; did you mean `{id}`?"),
        None => String::new(),
    }
}

/// The expression that a name of several words stands for: `Apache 2.0` is Apache-2.0.
pub(super) fn name(text: &str) -> Option<String> {
    let words = names::words(text);
    let is_expression = words.iter().any(|word| ["or", "and", "with"].contains(&word.as_str()));
    (words.len() > 1 && !is_expression)
        .then(|| names::look_up(&words))
        .flatten()
        .map(|(read, _)| read.to_string())
}

fn suggest(word: &str) -> Option<String> {
    if let Some((read, precision)) = names::look_up(&names::words(word)) {
        return Some(choice(&read, precision));
    }
    let lower = word.to_ascii_lowercase();
    let farthest = (word.len() / 4).max(1);
    let ids = spdx::identifiers::LICENSES.iter().map(|license| license.name);
    // One of another length has at least as many other letters.
    let like = ids.filter(|id| id.len().abs_diff(lower.chars().count()) <= farthest);
    let near = like.map(|id| (distance(&lower, &id.to_ascii_lowercase()), id));
    let (distance, id) = near.min_by_key(|&(distance, id)| (distance, id.len()))?;
    (distance <= farthest).then(|| id.to_owned())
}

fn distance(one: &str, other: &str) -> usize {
    #[cfg(test)]
    tests::COMPARED.set(tests::COMPARED.get() + 1);
    strsim::damerau_levenshtein(one, other)
}

/// What a name may stand for: of one that leaves something open each of its readings.
fn choice(read: &LicenseExpression, precision: Precision) -> String {
    let open = precision == Precision::Imprecise
        && read.as_str().ends_with("-only")
        && !read.as_str().contains(' ');
    if open {
        format!("{read}` or `{}-or-later", read.as_str().trim_end_matches("-only"))
    } else {
        read.as_str().replace(" AND ", "` or `")
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::license::Reuse;

    thread_local! {
        pub(super) static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    /// A megabyte of wrong identifiers took minutes.
    #[test]
    fn nothing_is_compared_until_somebody_reads_what_was_meant() {
        let annotation = "[[annotations]]\npath = \"a\"\nSPDX-License-Identifier = \"wrong\"\n";
        Reuse::from_toml(&annotation.repeat(1000)).expect("read all the same");
        let error = LicenseExpression::parse("wrong").expect_err("wrong");
        assert_eq!(COMPARED.get(), 0);
        assert!(!error.reason().is_empty());
        let near = COMPARED.replace(0);
        assert!(near > 0, "identifiers of about its length");
        assert!(
            LicenseExpression::parse(&"x".repeat(1000)).expect_err("long").reason().len() < 2000
        );
        assert_eq!(COMPARED.get(), 0, "none is as long");
    }

    #[test]
    fn the_word_for_no_licence_is_explained() {
        let error = LicenseExpression::parse("NONE").expect_err("no licence").reason();
        assert!(error.contains("nobody may copy the code"), "{error}");
    }

    #[test]
    fn the_identifier_that_was_meant_is_named() {
        let cases = [
            ("GPLv3", "`GPL-3.0-only` or `GPL-3.0-or-later`"),
            ("GPLv3+", "`GPL-3.0-or-later`"),
            ("GPL", "`GPL-2.0-only` or `GPL-3.0-only`"),
            ("BSD", "`BSD-3-Clause`"),
            ("MITT", "`MIT`"),
            ("Apache2.0", "`Apache-2.0`"),
            ("Apache 2.0", "`Apache-2.0`"),
            ("GPL-2.1-only", "GPL-2.0-only"),
            ("AGPLv2", "`AGPL-3.0-only`"),
            ("Nonsense", ""),
        ];
        for (text, expected) in cases {
            let error = LicenseExpression::parse(text).expect_err(text).reason();
            assert_eq!(error.contains("did you mean"), !expected.is_empty(), "{error}");
            assert!(error.contains(expected), "{error}");
        }
    }
}
