//! Languages and their families, as data. A language is a row of a table here and a test.
//!
//! A *family* is a group of languages whose code can be compared: it owns the numbers of the token
//! classes, the number in every fingerprint, and the model of ordinary code. A *language* belongs to
//! a family and says how its texts become tokens: by the leaves of a tree-sitter parse ([`Grammar`]),
//! or by the rules of a lexer ([`Lexicon`]).
//!
//! The order of the families, of the languages, and of [`FamilyRow::words`] is part of the index
//! format: append, never insert.

mod families;
mod grammars;
mod lexicons;
mod table;

use std::path::Path;

use tree_sitter_language::LanguageFn;

pub(crate) use lexicons::{Annotations, Block, Escape, Heredoc, Lexicon, Sigil, StringRule};

use families::FAMILIES;
use table::LANGUAGES;

/// A supported language: an index into the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(u8);

/// A group of languages whose code can be compared: an index into the table of families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Family(u8);

/// What birthmark knows of one language.
pub struct LanguageRow {
    /// The name, lower case.
    pub name: &'static str,
    /// Other names that editors and notebooks give it, lower case.
    pub aliases: &'static [&'static str],
    /// What people call it.
    pub title: &'static str,
    /// The family.
    pub family: Family,
    /// File name extensions without the dot.
    pub extensions: &'static [&'static str],
    /// Names of files that have no extension of the language.
    pub file_names: &'static [&'static str],
    /// Programs that run its scripts, as the first line of a script names them, without a version.
    pub interpreters: &'static [&'static str],
    /// What starts a comment that ends with the line.
    pub line_comment: &'static str,
    /// What starts a line that belongs to the definition below it and holds no token.
    pub attribute: Option<&'static str>,
    /// How its texts become tokens.
    pub reading: Reading,
}

/// How the texts of a language become tokens.
pub enum Reading {
    /// From the leaves of a parse.
    Tree(&'static Grammar),
    /// By the rules of a lexer.
    Lexer(&'static Lexicon),
}

/// What the languages of a family share.
pub struct FamilyRow {
    /// The name, lower case: that of its first language.
    pub name: &'static str,
    /// Tokens that are a class of their own: keywords, operators, opening brackets, constants.
    pub words: &'static [&'static str],
    /// Words that carry no information a copyist could not change for free.
    pub dropped_words: &'static [&'static str],
    /// Words between an object and its member.
    pub dots: &'static [&'static str],
    /// Words between a module or type and what it holds.
    pub path_separators: &'static [&'static str],
    /// Names of the object itself.
    pub self_names: &'static [&'static str],
    /// Words behind which a function's name follows.
    pub function_words: &'static [&'static str],
    /// Words behind which the name of a type or module follows.
    pub type_words: &'static [&'static str],
    /// Words that begin a definition: a copy does not end with one.
    pub opening_words: &'static [&'static str],
    /// How arguments are passed by name.
    pub keyword_arguments: KeywordArguments,
    /// How code says that it fills in an interface somebody else declared.
    pub interfaces: Interfaces,
    /// How a definition names what it defines.
    pub definitions: Definitions,
    /// What stands around the content of a string.
    pub string_frame: &'static [u8],
}

/// How the leaves of a tree-sitter parse become tokens.
///
/// Kind ids change with every release of a grammar, so this names kinds; [`crate::text::token`]
/// turns the names into a table indexed by kind id once per process.
pub struct Grammar {
    /// The grammar.
    pub grammar: LanguageFn,
    /// Grammar crate and version: what the token classes of an index were made with.
    pub version: &'static str,
    /// Named kinds that are left out with everything below them.
    pub dropped_trees: &'static [&'static str],
    /// A node of the first kind is left out when its only child is of the second: docstrings.
    pub dropped_if_sole_child: &'static [(&'static str, &'static str)],
    /// Named kinds that are one token, whatever is below them.
    pub atoms: &'static [(&'static str, Atom)],
    /// Kinds that are one expression between brackets, which group and mean nothing else.
    pub groupings: &'static [&'static str],
    /// What opens a string, for fragments that begin inside one.
    pub quotes: &'static [&'static str],
    /// Kinds inside a string that hold code again: interpolations.
    pub holes: &'static [&'static str],
}

/// What a one-token kind is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Atom {
    /// A name whose role its neighbours decide.
    Name,
    /// A name that is a field wherever it stands.
    FieldName,
    /// A name that is a type wherever it stands.
    TypeName,
    /// `self` or its like.
    SelfName,
    /// A string; quotes and prefix do not count.
    String,
    /// A character.
    Character,
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Float,
    /// A number, with a fraction or not.
    Number,
}

/// How code of a language says that it fills in an interface somebody else declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interfaces {
    /// By `impl Trait for Type { ... }`.
    Implementations,
    /// By a class with bases, and by special names.
    BaseClasses,
    /// In no way that is read: names and parameters of a definition are its interface.
    Signatures,
}

/// How a definition names what it defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definitions {
    /// Behind a word: `def name`, `func (receiver) name`.
    AfterWord,
    /// Behind a word, or before parameters and a body: `name(parameters) {`.
    BeforeBody(Heads),
    /// Behind a word, or before the word that a function is assigned by: `name <- function`.
    Assigned,
}

/// What tells a definition before its body from a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// A type stands before the name.
    pub name_types: bool,
    /// A comma may stand before the name.
    pub stand_in_lists: bool,
    /// The body may follow an arrow.
    pub have_arrows: bool,
}

/// How a language passes arguments by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeywordArguments {
    /// As `name = value` between parentheses.
    WithEquals,
    /// As `name: value` between parentheses.
    WithColon,
    /// Not at all.
    Absent,
}

impl Language {
    /// How many there are.
    pub(crate) const COUNT: usize = LANGUAGES.len();

    /// Every language, in the order of the table.
    pub fn all() -> impl Iterator<Item = Language> {
        (0..LANGUAGES.len()).map(|row| Language(row as u8))
    }

    /// The language of a file by its extension, else by its name.
    pub fn from_path(path: &Path) -> Option<Language> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let of_extension = extension.and_then(|extension| {
            Language::all().find(|language| language.row().extensions.contains(&extension))
        });
        of_extension.or_else(|| {
            let name = path.file_name()?.to_str()?;
            Language::all().find(|language| language.row().file_names.contains(&name))
        })
    }

    /// Returns the language of a script by its first line: `#!/usr/bin/env python3`.
    pub(crate) fn from_script(text: &[u8]) -> Option<Language> {
        let line = text.strip_prefix(b"#!")?.split(|&byte| byte == b'\n').next()?;
        let line = str::from_utf8(line).ok()?;
        // `env` looks the program up, behind options and variables of its own.
        let is_program =
            |word: &&str| !word.starts_with('-') && !word.contains('=') && program(word) != "env";
        let program = program(line.split_whitespace().find(is_program)?);
        Language::all().find(|language| language.row().interpreters.contains(&program))
    }

    /// The language of that name.
    pub fn from_name(name: &str) -> Option<Language> {
        Language::all()
            .find(|language| language.row().name == name || language.row().aliases.contains(&name))
    }

    /// The language with that number in an index.
    pub fn from_number(number: u8) -> Option<Language> {
        (usize::from(number) < LANGUAGES.len()).then_some(Language(number))
    }

    /// The number an index stores. Rows are only ever appended, so it stays.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The row of the table.
    pub fn row(self) -> &'static LanguageRow {
        &LANGUAGES[usize::from(self.0)]
    }

    /// The name, lower case.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The family.
    pub fn family(self) -> Family {
        self.row().family
    }

    /// The grammar, if its texts are parsed.
    pub fn grammar(self) -> Option<&'static Grammar> {
        match self.row().reading {
            Reading::Tree(grammar) => Some(grammar),
            Reading::Lexer(_) => None,
        }
    }

    /// What opens a string, for fragments that begin inside one.
    pub(crate) fn quotes(self) -> impl Iterator<Item = &'static str> {
        let (of_grammar, of_lexicon) = match self.row().reading {
            Reading::Tree(grammar) => (grammar.quotes, &[][..]),
            Reading::Lexer(lexicon) => (&[][..], lexicon.strings),
        };
        let of_lexicon = of_lexicon.iter().filter(|rule| !rule.is_character);
        of_grammar.iter().copied().chain(of_lexicon.map(|rule| rule.open))
    }

    /// The rules of its lexer, if its texts are not parsed.
    pub fn lexicon(self) -> Option<&'static Lexicon> {
        match self.row().reading {
            Reading::Tree(_) => None,
            Reading::Lexer(lexicon) => Some(lexicon),
        }
    }
}

impl Family {
    /// Every family, in the order of the table.
    pub fn all() -> impl Iterator<Item = Family> {
        (0..FAMILIES.len()).map(|row| Family(row as u8))
    }

    /// The family of that name.
    pub fn from_name(name: &str) -> Option<Family> {
        Family::all().find(|family| family.name() == name)
    }

    /// The family with that number in an index.
    pub fn from_number(number: u8) -> Option<Family> {
        (usize::from(number) < FAMILIES.len()).then_some(Family(number))
    }

    /// The number in fingerprints and models. Rows are only ever appended, so it stays.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The row of the table.
    pub fn row(self) -> &'static FamilyRow {
        &FAMILIES[usize::from(self.0)]
    }

    /// The name, lower case.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// A family whose code looks most alike: its model of ordinary code answers where there is none
    /// of this family.
    pub(crate) fn relative(self) -> Option<Family> {
        let of_family = families::RELATIVES.iter().find(|(name, _)| *name == self.name());
        of_family.and_then(|(_, relative)| Family::from_name(relative))
    }

    /// What people call it: as its first language.
    pub(crate) fn title(self) -> &'static str {
        let first = Language::all().find(|language| language.family() == self);
        first.map_or(self.name(), |language| language.row().title)
    }
}

/// The name of a program without its folder and version: `python` of `/usr/bin/python3.11`.
fn program(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_names_its_language() {
        let named = |name| Some(Language::from_name(name).expect("known"));
        for (text, expected) in [
            ("#!/usr/bin/env python3\nimport os\n", named("python")),
            ("#!/usr/bin/python3.11 -u\r\n", named("python")),
            ("#! /opt/pypy/bin/pypy3\n", named("python")),
            ("#!/usr/bin/env -S PYTHONPATH=lib python -u\n", named("python")),
            ("#!/usr/bin/env rust-script\n", named("rust")),
            ("#!/bin/sh\nexec python x\n", named("shell")),
            ("#!/usr/bin/env node\n", named("javascript")),
            ("#!/usr/bin/perl -w\n", named("perl")),
            ("#!\n", None),
            ("# !/usr/bin/python\n", None),
            ("#!/usr/bin/pythonish\n", None),
            ("", None),
        ] {
            assert_eq!(Language::from_script(text.as_bytes()), expected, "{text}");
        }
    }
}
