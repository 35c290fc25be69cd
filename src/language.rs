//! The table of languages. A language is a row of data here, a grammar crate in Cargo.toml, and a test.

use std::path::Path;

/// A supported language: an index into the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(u8);

/// What birthmark knows of one language.
pub struct LanguageRow {
    /// The name, lower case, as SPDX tools and editors write it.
    pub name: &'static str,
    /// File name extensions without the dot.
    pub extensions: &'static [&'static str],
    /// What starts a comment that ends with the line.
    pub line_comment: &'static str,
}

const TABLE: &[LanguageRow] = &[
    LanguageRow {
        name: "python",
        extensions: &["py", "pyi", "pyw"],
        line_comment: "#",
    },
    LanguageRow {
        name: "rust",
        extensions: &["rs"],
        line_comment: "//",
    },
];

impl Language {
    /// Every language, in the order of the table.
    pub fn all() -> impl Iterator<Item = Language> {
        (0..TABLE.len()).map(|row| Language(row as u8))
    }

    /// The language of a file by its extension.
    pub fn from_path(path: &Path) -> Option<Language> {
        let extension = path.extension()?.to_str()?;
        Language::all().find(|language| language.row().extensions.contains(&extension))
    }

    /// The language of that name.
    pub fn from_name(name: &str) -> Option<Language> {
        Language::all().find(|language| language.row().name == name)
    }

    /// The row of the table.
    pub fn row(self) -> &'static LanguageRow {
        &TABLE[usize::from(self.0)]
    }

    /// The name, lower case.
    pub fn name(self) -> &'static str {
        self.row().name
    }
}
