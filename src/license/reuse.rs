//! What a `REUSE.toml` or a `.reuse/dep5` says of the files below it.
//!
//! Of the tables that match a file the last one counts. What it does beside other statements is its
//! precedence: *closest* stands back behind the file's own statement and behind nearer tables,
//! *aggregate* holds together with them, *override* silences the file and whatever lies deeper.
//! Specification: REUSE 3.3, "REUSE.toml"; dep5 is its older form.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{LearnedFrom, LicenseExpression, LicenseFact, names};

/// A file of annotations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reuse {
    annotations: Vec<Annotation>,
}

/// What one table says of the files its patterns match.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Annotation {
    patterns: Vec<Pattern>,
    precedence: Precedence,
    license: Option<LicenseFact>,
}

/// What a statement does beside others about the same file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precedence {
    /// Counts where nothing nearer speaks.
    #[default]
    Closest,
    /// Holds together with what else is said.
    Aggregate,
    /// Silences the file itself and everything deeper.
    Override,
}

/// Why a file of annotations cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ReuseError {
    /// What is wrong and what is expected.
    pub reason: String,
    /// The bytes it is about.
    pub span: Range<usize>,
}

/// A path pattern, in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern(Vec<Piece>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    /// This character.
    Just(char),
    /// One character.
    One,
    /// Any characters but `/`.
    Star,
    /// Any characters.
    Stars,
}

impl Reuse {
    /// Reads a `REUSE.toml`.
    ///
    /// # Errors
    /// If it is not TOML or an annotation is not what REUSE asks for. Keys that REUSE does not know
    /// are its own affair.
    pub fn from_toml(text: &str) -> Result<Reuse, ReuseError> {
        let document = DeTable::parse(text).map_err(|error| ReuseError {
            reason: error.message().lines().collect::<Vec<_>>().join(", "),
            span: error.span().unwrap_or(text.len()..text.len()),
        })?;
        let mut annotations = Vec::new();
        if let Some(tables) = document.get_ref().get("annotations") {
            let DeValue::Array(tables) = tables.get_ref() else {
                return Err(wrong("expected `[[annotations]]` tables", tables.span()));
            };
            for table in tables {
                let DeValue::Table(table) = table.get_ref() else {
                    return Err(wrong("expected a table", table.span()));
                };
                annotations.push(annotation(table)?);
            }
        }
        Ok(Reuse { annotations })
    }

    /// Reads a `.reuse/dep5`, the copyright file of Debian that REUSE used before. All it says is
    /// an aggregate.
    pub fn from_dep5(text: &str) -> Reuse {
        let paragraphs = text.split("\n\n");
        let annotations = paragraphs.filter_map(|paragraph| {
            let files = field(paragraph, "files:")?;
            let license = field(paragraph, "license:")?;
            // Behind the first line stands the text of the licence.
            let license = license.lines().next().unwrap_or_default().trim();
            Some(Annotation {
                patterns: files.split_whitespace().map(Pattern::dep5).collect(),
                precedence: Precedence::Aggregate,
                license: (!license.is_empty()).then(|| combine(&[license])),
            })
        });
        Reuse { annotations: annotations.collect() }
    }

    /// What is said of a file, by its path relative to the directory of the annotations, with `/`.
    pub fn of(&self, path: &str) -> Option<(Precedence, &LicenseFact)> {
        let last = self
            .annotations
            .iter()
            .rev()
            .find(|it| it.patterns.iter().any(|it| it.matches(path)))?;
        Some((last.precedence, last.license.as_ref()?))
    }
}

fn annotation(table: &DeTable<'_>) -> Result<Annotation, ReuseError> {
    let mut patterns = Vec::new();
    let mut precedence = Precedence::default();
    let mut license = None;
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "path" => patterns = strings(value)?.into_iter().map(Pattern::glob).collect(),
            "precedence" => precedence = precedence_of(value)?,
            "SPDX-License-Identifier" => license = Some(combine(&strings(value)?)),
            _ => {}
        }
    }
    Ok(Annotation { patterns, precedence, license })
}

fn precedence_of(value: &Spanned<DeValue<'_>>) -> Result<Precedence, ReuseError> {
    match value.get_ref().as_str() {
        Some("closest") => Ok(Precedence::Closest),
        Some("aggregate") => Ok(Precedence::Aggregate),
        Some("override") => Ok(Precedence::Override),
        _ => Err(wrong("expected \"closest\", \"aggregate\" or \"override\"", value.span())),
    }
}

/// A string or an array of strings.
fn strings<'t>(value: &'t Spanned<DeValue<'_>>) -> Result<Vec<&'t str>, ReuseError> {
    let string = |value: &'t DeValue<'_>, span| {
        value.as_str().ok_or_else(|| wrong("expected a string", span))
    };
    match value.get_ref() {
        DeValue::Array(items) => {
            items.iter().map(|item| string(item.get_ref(), item.span())).collect()
        }
        one => Ok(vec![string(one, value.span())?]),
    }
}

/// Several identifiers hold together. One that cannot be read leaves all unknown.
fn combine(texts: &[&str]) -> LicenseFact {
    let readings: Result<Vec<_>, _> =
        texts.iter().map(|text| LicenseExpression::parse(text)).collect();
    let reading = readings.ok().and_then(|readings| {
        let precision = readings.iter().map(|reading| reading.1).max()?;
        Some((LicenseExpression::all_of(readings.into_iter().map(|reading| reading.0))?, precision))
    });
    names::fact(&texts.join(" AND "), reading, LearnedFrom::Reuse)
}

/// A field of a dep5 paragraph with its continuation lines.
fn field<'t>(paragraph: &'t str, name: &str) -> Option<&'t str> {
    let starts =
        |line: &str| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let mut offset = 0;
    let mut lines = paragraph.split_inclusive('\n');
    let start = lines.find_map(|line| {
        let found = starts(line).then_some(offset + name.len());
        offset += line.len();
        found
    })?;
    let more: usize = lines.take_while(|line| line.starts_with([' ', '\t'])).map(str::len).sum();
    paragraph.get(start..offset + more)
}

fn wrong(reason: &str, span: Range<usize>) -> ReuseError {
    ReuseError { reason: reason.to_owned(), span }
}

impl Pattern {
    /// `*` stops at `/`, `**` does not, `\` takes the next character for itself.
    fn glob(text: &str) -> Pattern {
        let mut pieces = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            pieces.push(match c {
                '\\' => Piece::Just(chars.next().unwrap_or('\\')),
                '*' if chars.next_if_eq(&'*').is_some() => Piece::Stars,
                '*' => Piece::Star,
                c => Piece::Just(c),
            });
        }
        Pattern(pieces)
    }

    /// `*` goes over `/`, `?` is one character.
    fn dep5(text: &str) -> Pattern {
        let text = text.strip_prefix("./").unwrap_or(text);
        let piece = |c| match c {
            '*' => Piece::Stars,
            '?' => Piece::One,
            c => Piece::Just(c),
        };
        Pattern(text.chars().map(piece).collect())
    }

    /// Each piece moves the set of places in the path that the pattern so far may end at: no path
    /// and no pattern takes longer than their product.
    fn matches(&self, path: &str) -> bool {
        let path: Vec<char> = path.chars().collect();
        let mut ends = vec![false; path.len() + 1];
        ends[0] = true;
        for piece in &self.0 {
            let mut next = vec![false; path.len() + 1];
            for at in 0..=path.len() {
                let stays = matches!(piece, Piece::Star | Piece::Stars) && ends[at];
                let moves = at > 0
                    && match piece {
                        Piece::Just(c) => ends[at - 1] && path[at - 1] == *c,
                        Piece::One => ends[at - 1],
                        Piece::Star => next[at - 1] && path[at - 1] != '/',
                        Piece::Stars => next[at - 1],
                    };
                next[at] = stays || moves;
            }
            ends = next;
        }
        ends[path.len()]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn said(reuse: &Reuse, path: &str) -> String {
        match reuse.of(path) {
            Some((precedence, fact)) => {
                let license =
                    fact.expression.as_ref().map_or(fact.declared.as_str(), |it| it.as_str());
                format!("{precedence:?} {license}")
            }
            None => "nothing".to_owned(),
        }
    }

    #[test]
    fn the_last_table_that_matches_counts() {
        let reuse = Reuse::from_toml(
            "version = 1\n\
             [[annotations]]\npath = '**'\nSPDX-License-Identifier = 'MIT'\n\
             [[annotations]]\npath = 'src/*'\nprecedence = 'aggregate'\nSPDX-License-Identifier = '0BSD'\n\
             [[annotations]]\npath = ['src/**/two.py', 'src/lit\\*.py']\nprecedence = 'override'\n\
             SPDX-License-Identifier = ['BSL-1.0', 'ISC']\n\
             [[annotations]]\npath = 'img/**.png'\nSPDX-FileCopyrightText = 'Me'\n\
             [[annotations]]\npath = 'odd'\nSPDX-License-Identifier = 'My Own'\n",
        )
        .expect("valid");
        for (path, expected) in [
            ("a.py", "Closest MIT"),
            ("deep/er/a.py", "Closest MIT"),
            ("src/a.py", "Aggregate 0BSD"),
            ("src/sub/a.py", "Closest MIT"),
            ("src/sub/two.py", "Override BSL-1.0 AND ISC"),
            ("src/lit*.py", "Override BSL-1.0 AND ISC"),
            ("src/litter.py", "Aggregate 0BSD"),
            ("img/a/b.png", "nothing"),
            ("odd", "Closest My Own"),
        ] {
            assert_eq!(said(&reuse, path), expected, "{path}");
        }
    }

    #[test]
    fn the_older_form_is_read() {
        let reuse = Reuse::from_dep5(
            "Format: https://example.org\n\nFiles: *\nCopyright: Me\nLicense: MIT\n Permission is granted\n\n\
             Files: a/*\n b/?.py\nCopyright: Me\nLicense: Apache-2.0 or Zlib\n\nLicense: Zlib\n its text\n",
        );
        for (path, expected) in [
            ("x.py", "Aggregate MIT"),
            ("a/b/c.py", "Aggregate Apache-2.0 OR Zlib"),
            ("b/c.py", "Aggregate Apache-2.0 OR Zlib"),
            ("b/cd.py", "Aggregate MIT"),
        ] {
            assert_eq!(said(&reuse, path), expected, "{path}");
        }
    }

    #[test]
    fn errors_have_a_place() {
        for (text, at, says) in [
            ("[[annotations]\n", "", "annotations"),
            ("annotations = 3", "3", "tables"),
            ("[[annotations]]\npath = 3\n", "3", "string"),
            ("[[annotations]]\nprecedence = 'nearest'\n", "'nearest'", "\"override\""),
        ] {
            let error = Reuse::from_toml(text).expect_err(text);
            assert!(
                text.get(error.span.clone()).is_some_and(|it| it.contains(at)),
                "{text}: {error:?}"
            );
            assert!(at.is_empty() || error.reason.contains(says), "{text}: {error:?}");
        }
    }

    proptest! {
        /// Whatever a file of annotations holds, it is read or refused at a place in it.
        #[test]
        fn any_text_is_read_or_refused_in_place(
            text in "(\\[\\[annotations\\]\\]\n)?(path|precedence|SPDX-License-Identifier)? ?=? ?['\\[]?[ -~é\n]{0,40}"
        ) {
            if let Err(error) = Reuse::from_toml(&text) {
                prop_assert!(text.get(error.span.clone()).is_some(), "{error:?} in {text}");
            }
            let _ = Reuse::from_dep5(&text).of(&text);
            let _ = super::super::from_package_json(&text);
        }

        #[test]
        fn any_words_make_an_expression_or_an_error_in_place(
            words in proptest::collection::vec(
                "MIT|GPL-2.0|gpl-3.0\\+|Apache-2.0|LLVM-exception|LicenseRef-x|AND|or|WITH|/|\\(|\\)|\\+|é|\u{202e}",
                0..12,
            )
        ) {
            let text = words.join(" ");
            match LicenseExpression::parse(&text) {
                Ok((expression, _)) => {
                    let again = LicenseExpression::parse(expression.as_str());
                    prop_assert_eq!(again.map(|read| read.0), Ok(expression));
                }
                Err(error) => prop_assert!(text.get(error.span.clone()).is_some(), "{:?} in {}", error, text),
            }
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = Pattern::glob(&"**a".repeat(200));
        assert!(!pattern.matches(&"a".repeat(150)));
    }
}
