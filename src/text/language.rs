//! The table of languages. A language is a row of data here, a grammar crate in Cargo.toml, and a
//! test.
//!
//! A row says how the leaves of a tree-sitter parse become token classes. Kind ids change with
//! every release of a grammar, so the row names kinds; [`crate::text::token`] turns the names into
//! a table indexed by kind id once per process. The *order* of [`LanguageRow::words`] is part of
//! the index format: append, never insert.

use std::path::Path;

use tree_sitter_language::LanguageFn;

/// A supported language: an index into the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(u8);

/// What birthmark knows of one language.
pub struct LanguageRow {
    /// The name, lower case.
    pub name: &'static str,
    /// File name extensions without the dot.
    pub extensions: &'static [&'static str],
    /// Programs that run its scripts, as the first line of a script names them, without a version.
    pub interpreters: &'static [&'static str],
    /// What starts a comment that ends with the line.
    pub line_comment: &'static str,
    /// What starts a line that belongs to the definition below it and holds no token.
    pub attribute: Option<&'static str>,
    /// The grammar.
    pub grammar: LanguageFn,
    /// Grammar crate and version: what the token classes of an index were made with.
    pub grammar_version: &'static str,
    /// Leaves that are a class of their own by kind: keywords, operators, opening brackets,
    /// constants.
    pub words: &'static [&'static str],
    /// Leaves that carry no information a copyist could not change for free.
    pub dropped_words: &'static [&'static str],
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
    /// Words behind which a function's name follows.
    pub function_words: &'static [&'static str],
    /// Words behind which the name of a type or module follows.
    pub type_words: &'static [&'static str],
    /// Words that begin a definition: a copy does not end with one.
    pub opening_words: &'static [&'static str],
    /// Whether `(name = value)` names an argument.
    pub keyword_arguments: KeywordArguments,
    /// How code says that it fills in an interface somebody else declared.
    pub interfaces: Interfaces,
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
}

/// How code of a language says that it fills in an interface somebody else declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interfaces {
    /// By `impl Trait for Type { ... }`.
    Implementations,
    /// By a class with bases, and by special names.
    BaseClasses,
}

/// Whether a language passes arguments by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeywordArguments {
    /// As `name = value` between parentheses.
    WithEquals,
    /// Not at all.
    Absent,
}

#[rustfmt::skip]
const TABLE: &[LanguageRow] = &[
    LanguageRow {
        name: "python",
        extensions: &["py", "pyi", "pyw"],
        interpreters: &["python", "pypy"],
        line_comment: "#",
        attribute: None,
        grammar: tree_sitter_python::LANGUAGE,
        grammar_version: "tree-sitter-python 0.25.0",
        words: &[
            "%", "%=", "&", "&=", "(", "*", "**", "**=", "*=", "+", "+=", "-", "-=", "/", "//", "//=", "/=", ":=", "<",
            "<<", "<<=", "<=", "<>", "=", "==", ">", ">=", ">>", ">>=", "@", "@=", "[", "^", "^=", "and", "as", "assert",
            "async", "await", "break", "case", "class", "continue", "def", "del", "elif", "else", "except", "exec",
            "finally", "for", "from", "global", "if", "import", "in", "is", "is not", "lambda", "match", "nonlocal",
            "not", "not in", "or", "pass", "print", "raise", "return", "try", "type", "while", "with", "yield", "{", "|",
            "|=", "~", "!=", "true", "false", "none", "ellipsis", "_",
        ],
        dropped_words: &[")", "]", "}", ",", ".", ":", ";", "->", "\\", "__future__"],
        dropped_trees: &[
            "comment", "import_statement", "import_from_statement", "future_import_statement", "type",
            "line_continuation", "type_conversion", "type_parameter",
        ],
        dropped_if_sole_child: &[("expression_statement", "string"), ("expression_statement", "concatenated_string")],
        atoms: &[
            ("identifier", Atom::Name), ("string", Atom::String), ("integer", Atom::Integer), ("float", Atom::Float),
        ],
        groupings: &["parenthesized_expression"],
        quotes: &["\"", "'", "\"\"\"", "'''"],
        holes: &["interpolation"],
        function_words: &["def"],
        type_words: &["class"],
        opening_words: &["def", "class", "@", "async"],
        keyword_arguments: KeywordArguments::WithEquals,
        interfaces: Interfaces::BaseClasses,
    },
    LanguageRow {
        name: "rust",
        extensions: &["rs"],
        interpreters: &["rust-script", "cargo"],
        line_comment: "//",
        attribute: Some("#["),
        grammar: tree_sitter_rust::LANGUAGE,
        grammar_version: "tree-sitter-rust 0.24.2",
        words: &[
            "!", "!=", "#", "$", "%", "%=", "&", "&&", "&=", "(", "*", "*=", "+", "+=", "-", "-=", "..", "...", "..=",
            "/", "/=", "<", "<<", "<<=", "<=", "=", "==", "=>", ">", ">=", ">>", ">>=", "?", "@", "[", "^", "^=", "_",
            "as", "async", "await", "break", "const", "continue", "default", "dyn", "else", "enum", "extern", "false",
            "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro_rules!", "match", "mod", "move",
            "mutable_specifier", "raw", "ref", "return", "static", "struct", "trait", "true", "try", "type", "union",
            "unsafe", "use", "where", "while", "yield", "{", "|", "|=", "||", "crate", "super", "never_type",
            "unit_expression", "unit_type",
        ],
        dropped_words: &[
            ")", "]", "}", ",", ".", ":", "::", ";", "->", "\"", "'", "/*", "*/", "//", "pub", "block", "expr",
            "expr_2021", "ident", "item", "lifetime", "literal", "meta", "pat", "pat_param", "path", "stmt", "tt", "ty",
            "vis",
        ],
        dropped_trees: &[
            "line_comment", "block_comment", "use_declaration", "extern_crate_declaration", "attribute_item",
            "inner_attribute_item", "visibility_modifier", "lifetime", "label", "for_lifetimes", "shebang",
            "fragment_specifier", "empty_statement",
        ],
        dropped_if_sole_child: &[],
        atoms: &[
            ("identifier", Atom::Name), ("field_identifier", Atom::FieldName), ("shorthand_field_identifier", Atom::Name),
            ("type_identifier", Atom::TypeName), ("primitive_type", Atom::TypeName), ("metavariable", Atom::Name),
            ("self", Atom::SelfName), ("string_literal", Atom::String), ("raw_string_literal", Atom::String),
            ("char_literal", Atom::Character), ("integer_literal", Atom::Integer), ("float_literal", Atom::Float),
        ],
        groupings: &["parenthesized_expression"],
        quotes: &["\""],
        holes: &[],
        function_words: &["fn"],
        type_words: &["struct", "enum", "trait", "union", "mod", "type", "macro_rules!"],
        opening_words: &["fn", "struct", "enum", "trait", "impl", "mod", "type", "static", "const", "async", "unsafe"],
        keyword_arguments: KeywordArguments::Absent,
        interfaces: Interfaces::Implementations,
    },
];

impl Language {
    /// How many there are.
    pub const COUNT: usize = TABLE.len();

    /// Every language, in the order of the table.
    pub fn all() -> impl Iterator<Item = Language> {
        (0..TABLE.len()).map(|row| Language(row as u8))
    }

    /// The language of a file by its extension.
    pub fn from_path(path: &Path) -> Option<Language> {
        let extension = path.extension()?.to_str()?;
        Language::all().find(|language| language.row().extensions.contains(&extension))
    }

    /// Returns the language of a script by its first line: `#!/usr/bin/env python3`.
    pub fn from_script(text: &[u8]) -> Option<Language> {
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
        Language::all().find(|language| language.row().name == name)
    }

    /// The language with that number in an index.
    pub fn from_number(number: u8) -> Option<Language> {
        (usize::from(number) < TABLE.len()).then_some(Language(number))
    }

    /// The number an index stores. Rows are only ever appended, so it stays.
    pub fn number(self) -> u8 {
        self.0
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
        let python = Language::from_name("python");
        let rust = Language::from_name("rust");
        for (text, expected) in [
            ("#!/usr/bin/env python3\nimport os\n", python),
            ("#!/usr/bin/python3.11 -u\r\n", python),
            ("#! /opt/pypy/bin/pypy3\n", python),
            ("#!/usr/bin/env -S PYTHONPATH=lib python -u\n", python),
            ("#!/usr/bin/env rust-script\n", rust),
            ("#!/bin/sh\nexec python x\n", None),
            ("#!\n", None),
            ("# !/usr/bin/python\n", None),
            ("#!/usr/bin/pythonish\n", None),
            ("", None),
        ] {
            assert_eq!(Language::from_script(text.as_bytes()), expected, "{text}");
        }
    }
}
