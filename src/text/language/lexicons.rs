//! How a lexer turns texts into tokens, language by language.

/// The rules of a lexer. What they do not name is a name, a number, a word of the family, or left
/// out.
pub struct Lexicon {
    /// What starts a comment that ends with the line.
    pub line_comments: &'static [&'static str],
    /// Comments with an end of their own.
    pub block_comments: &'static [Block],
    /// Strings and characters; of two that begin alike the longer stands first.
    pub strings: &'static [StringRule],
    /// Letters that may stand right before a string.
    pub string_prefixes: &'static [&'static str],
    /// How texts of several lines are written without quotes around them.
    pub heredoc: Heredoc,
    /// Whether `/` may begin a regular expression.
    pub has_regexes: bool,
    /// Bytes of names beside letters, digits, `_` and what is no ASCII.
    pub name_bytes: &'static [u8],
    /// Bytes that a name may end with.
    pub name_ends: &'static [u8],
    /// What stands before a name and is no part of it.
    pub sigils: &'static [(&'static str, Sigil)],
    /// Names that are types wherever they stand.
    pub types: &'static [&'static str],
    /// The end of names that are types.
    pub type_suffix: Option<&'static str>,
    /// Whether lines that begin with `#` speak to a preprocessor.
    pub has_preprocessor: bool,
    /// Words at the beginning of a line whose statement is left out.
    pub imports: &'static [&'static str],
    /// Whether what is imported may stand in brackets.
    pub imports_take_brackets: bool,
    /// Whether `1'000` is a number.
    pub has_quotes_in_numbers: bool,
    /// How something is said of the definition that follows.
    pub annotations: Annotations,
    /// Whether brackets that only group are left out.
    pub drops_groups: bool,
    /// Whether `{name: value}` names a field.
    pub has_keys: bool,
    /// Whether a name before a value on its line is called, without brackets.
    pub has_bare_calls: bool,
    /// Whether words mean the same in capitals.
    pub ignores_case: bool,
    /// Whether a line consists of a command and its arguments, as in a shell.
    pub has_commands: bool,
    /// Whether code stands between marks in other text, as in PHP.
    pub code_marks: Option<(&'static [&'static str], &'static str)>,
}

/// A comment with an end of its own.
pub struct Block {
    /// What begins it.
    pub open: &'static str,
    /// What ends it.
    pub close: &'static str,
    /// Whether such comments nest.
    pub nests: bool,
    /// Whether both stand at the beginning of a line.
    pub at_line_start: bool,
}

/// How a string is written.
pub struct StringRule {
    /// What begins it.
    pub open: &'static str,
    /// What ends it.
    pub close: &'static str,
    /// How its end is written inside it.
    pub escape: Escape,
    /// Whether it may hold a line break.
    pub has_lines: bool,
    /// What begins and ends code inside it.
    pub hole: Option<(&'static str, u8)>,
    /// Whether it is a character.
    pub is_character: bool,
}

impl StringRule {
    /// What opens and closes a bracket in a hole: a hole ends at the bracket that is one too many.
    pub(crate) fn hole_brackets(&self) -> (u8, u8) {
        match self.hole {
            Some((_, b')')) => (b'(', b')'),
            _ => (b'{', b'}'),
        }
    }
}

/// How the end of a string is written inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// Behind a backslash.
    Backslash,
    /// Twice.
    Twice,
    /// Not at all.
    Never,
}

/// How texts of several lines are written without quotes around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heredoc {
    /// Not at all.
    Absent,
    /// `<<WORD`, `<<-WORD` or `<<~WORD`, with or without quotes, from the next line on.
    AfterLine,
    /// `<<<WORD`, from the next line on.
    AfterMark,
}

/// What a mark before a name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sigil {
    /// It is a name.
    Name,
    /// It is a field.
    Field,
    /// It is a literal.
    Literal,
}

/// How something is said of the definition that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Annotations {
    /// In no way that is left out.
    Kept,
    /// `@Name(arguments)`.
    At,
    /// `[Name(arguments)]` at the beginning of a line.
    Brackets,
    /// `#[Name(arguments)]`.
    HashBrackets,
}

const PLAIN: Lexicon = Lexicon {
    line_comments: &["//"],
    block_comments: &[SLASH_STAR],
    strings: &[DOUBLE, SINGLE_CHARACTER],
    string_prefixes: &[],
    heredoc: Heredoc::Absent,
    has_regexes: false,
    name_bytes: b"",
    name_ends: b"",
    sigils: &[],
    types: &[],
    type_suffix: None,
    has_preprocessor: false,
    imports: &["import", "package"],
    imports_take_brackets: false,
    has_quotes_in_numbers: false,
    annotations: Annotations::Kept,
    drops_groups: true,
    has_keys: false,
    has_bare_calls: false,
    ignores_case: false,
    has_commands: false,
    code_marks: None,
};

const SLASH_STAR: Block = Block { open: "/*", close: "*/", nests: false, at_line_start: false };
const NESTING: Block = Block { open: "/*", close: "*/", nests: true, at_line_start: false };

const fn string(open: &'static str, escape: Escape, has_lines: bool) -> StringRule {
    StringRule { open, close: open, escape, has_lines, hole: None, is_character: false }
}

const DOUBLE: StringRule = string("\"", Escape::Backslash, false);
const SINGLE: StringRule = string("'", Escape::Backslash, false);
const DOUBLE_LINES: StringRule = string("\"", Escape::Backslash, true);
const SINGLE_LINES: StringRule = string("'", Escape::Backslash, true);
const SINGLE_CHARACTER: StringRule = StringRule { is_character: true, ..SINGLE };
const TRIPLE: StringRule = string("\"\"\"", Escape::Backslash, true);

pub(super) const JAVA: Lexicon = Lexicon {
    strings: &[TRIPLE, DOUBLE, SINGLE_CHARACTER],
    types: &["boolean", "byte", "char", "double", "float", "int", "long", "short"],
    name_bytes: b"$",
    annotations: Annotations::At,
    ..PLAIN
};

/// C, C++ and Objective-C: one lexer reads the headers of all.
pub(super) const C: Lexicon = Lexicon {
    strings: &[
        StringRule { open: "@\"", close: "\"", ..DOUBLE },
        StringRule { open: "R\"(", close: ")\"", escape: Escape::Never, has_lines: true, ..DOUBLE },
        DOUBLE,
        SINGLE_CHARACTER,
    ],
    string_prefixes: &["L", "u", "U", "u8"],
    types: &[
        "bool", "char", "double", "float", "int", "long", "short", "signed", "unsigned", "wchar_t",
    ],
    type_suffix: Some("_t"),
    has_preprocessor: true,
    imports: &["using", "import"],
    has_quotes_in_numbers: true,
    ..PLAIN
};

pub(super) const GO: Lexicon = Lexicon {
    strings: &[string("`", Escape::Never, true), DOUBLE, SINGLE_CHARACTER],
    types: &[
        "bool",
        "byte",
        "complex128",
        "complex64",
        "error",
        "float32",
        "float64",
        "int",
        "int16",
        "int32",
        "int64",
        "int8",
        "rune",
        "string",
        "uint",
        "uint16",
        "uint32",
        "uint64",
        "uint8",
        "uintptr",
    ],
    imports_take_brackets: true,
    has_keys: true,
    ..PLAIN
};

pub(super) const CSHARP: Lexicon = Lexicon {
    strings: &[
        StringRule { open: "$\"\"\"", close: "\"\"\"", hole: Some(("{", b'}')), ..TRIPLE },
        string("\"\"\"", Escape::Never, true),
        StringRule {
            open: "$@\"",
            close: "\"",
            hole: Some(("{", b'}')),
            escape: Escape::Twice,
            has_lines: true,
            ..DOUBLE
        },
        StringRule {
            open: "@$\"",
            close: "\"",
            hole: Some(("{", b'}')),
            escape: Escape::Twice,
            has_lines: true,
            ..DOUBLE
        },
        StringRule { open: "@\"", close: "\"", escape: Escape::Twice, has_lines: true, ..DOUBLE },
        StringRule { open: "$\"", close: "\"", hole: Some(("{", b'}')), ..DOUBLE },
        DOUBLE,
        SINGLE_CHARACTER,
    ],
    types: &[
        "bool", "byte", "char", "decimal", "double", "float", "int", "long", "object", "sbyte",
        "short", "string", "uint", "ulong", "ushort",
    ],
    imports: &["using", "extern alias"],
    has_preprocessor: true,
    annotations: Annotations::Brackets,
    ..PLAIN
};

pub(super) const PHP: Lexicon = Lexicon {
    line_comments: &["//", "#"],
    strings: &[DOUBLE_LINES, SINGLE_LINES, string("`", Escape::Backslash, true)],
    heredoc: Heredoc::AfterMark,
    name_bytes: b"$\\",
    types: &["bool", "float", "int", "mixed", "string", "void"],
    imports: &["use"],
    annotations: Annotations::HashBrackets,
    ignores_case: true,
    code_marks: Some((&["<?php", "<?=", "<?"], "?>")),
    ..PLAIN
};

pub(super) const RUBY: Lexicon = Lexicon {
    line_comments: &["#"],
    block_comments: &[Block { open: "=begin", close: "=end", nests: false, at_line_start: true }],
    strings: &[
        StringRule { hole: Some(("#{", b'}')), ..DOUBLE_LINES },
        SINGLE_LINES,
        StringRule { open: "%w[", close: "]", ..DOUBLE_LINES },
        StringRule { open: "%w(", close: ")", ..DOUBLE_LINES },
        StringRule { open: "%i[", close: "]", ..DOUBLE_LINES },
        StringRule { open: "%q(", close: ")", ..DOUBLE_LINES },
        StringRule { open: "%Q(", close: ")", ..DOUBLE_LINES },
        StringRule { open: "%r{", close: "}", ..DOUBLE_LINES },
        StringRule { hole: Some(("#{", b'}')), ..string("`", Escape::Backslash, true) },
    ],
    heredoc: Heredoc::AfterLine,
    has_regexes: true,
    name_ends: b"?!",
    sigils: &[("@@", Sigil::Field), ("@", Sigil::Field), ("$", Sigil::Name), (":", Sigil::Literal)],
    imports: &["require", "require_relative"],
    has_keys: true,
    has_bare_calls: true,
    ..PLAIN
};

pub(super) const SHELL: Lexicon = Lexicon {
    line_comments: &["#"],
    block_comments: &[],
    strings: &[
        StringRule { hole: Some(("$(", b')')), ..DOUBLE_LINES },
        string("'", Escape::Never, true),
    ],
    heredoc: Heredoc::AfterLine,
    sigils: &[("${", Sigil::Name), ("$", Sigil::Name)],
    imports: &[],
    drops_groups: false,
    has_commands: true,
    ..PLAIN
};

pub(super) const KOTLIN: Lexicon = Lexicon {
    block_comments: &[NESTING],
    strings: &[
        StringRule { hole: Some(("${", b'}')), escape: Escape::Never, ..TRIPLE },
        StringRule { hole: Some(("${", b'}')), ..DOUBLE },
        SINGLE_CHARACTER,
    ],
    types: &[
        "Boolean", "Byte", "Char", "Double", "Float", "Int", "Long", "Short", "String", "Unit",
    ],
    annotations: Annotations::At,
    ..PLAIN
};

pub(super) const SWIFT: Lexicon = Lexicon {
    block_comments: &[NESTING],
    strings: &[
        StringRule { hole: Some(("\\(", b')')), ..TRIPLE },
        string("#\"", Escape::Never, false),
        StringRule { hole: Some(("\\(", b')')), ..DOUBLE },
    ],
    imports: &["import", "@testable import"],
    annotations: Annotations::At,
    ..PLAIN
};

pub(super) const LUA: Lexicon = Lexicon {
    line_comments: &["--"],
    block_comments: &[
        Block { open: "--[[", close: "]]", nests: false, at_line_start: false },
        Block { open: "--[=[", close: "]=]", nests: false, at_line_start: false },
        Block { open: "--[==[", close: "]==]", nests: false, at_line_start: false },
    ],
    strings: &[
        StringRule { open: "[[", close: "]]", escape: Escape::Never, ..DOUBLE_LINES },
        StringRule { open: "[=[", close: "]=]", escape: Escape::Never, ..DOUBLE_LINES },
        StringRule { open: "[==[", close: "]==]", escape: Escape::Never, ..DOUBLE_LINES },
        DOUBLE,
        SINGLE,
    ],
    imports: &[],
    has_bare_calls: true,
    ..PLAIN
};

pub(super) const R: Lexicon = Lexicon {
    line_comments: &["#"],
    block_comments: &[],
    strings: &[DOUBLE_LINES, SINGLE_LINES, string("`", Escape::Never, false)],
    name_bytes: b".",
    imports: &["library", "require"],
    imports_take_brackets: true,
    ..PLAIN
};

pub(super) const PERL: Lexicon = Lexicon {
    line_comments: &["#"],
    block_comments: &[
        Block { open: "=head", close: "=cut", nests: false, at_line_start: true },
        Block { open: "=pod", close: "=cut", nests: false, at_line_start: true },
        Block { open: "=over", close: "=cut", nests: false, at_line_start: true },
        Block { open: "=item", close: "=cut", nests: false, at_line_start: true },
        Block { open: "=begin", close: "=cut", nests: false, at_line_start: true },
        Block { open: "=encoding", close: "=cut", nests: false, at_line_start: true },
        Block { open: "=for", close: "=cut", nests: false, at_line_start: true },
    ],
    strings: &[
        DOUBLE_LINES,
        SINGLE_LINES,
        string("`", Escape::Backslash, true),
        StringRule { open: "qw(", close: ")", ..DOUBLE_LINES },
        StringRule { open: "qw/", close: "/", ..DOUBLE_LINES },
        StringRule { open: "qw{", close: "}", ..DOUBLE_LINES },
        StringRule { open: "q(", close: ")", ..DOUBLE_LINES },
        StringRule { open: "q{", close: "}", ..DOUBLE_LINES },
        StringRule { open: "qq(", close: ")", ..DOUBLE_LINES },
        StringRule { open: "qq{", close: "}", ..DOUBLE_LINES },
        StringRule { open: "qr/", close: "/", ..DOUBLE },
        StringRule { open: "qr{", close: "}", ..DOUBLE_LINES },
        StringRule { open: "m/", close: "/", ..DOUBLE },
        StringRule { open: "m{", close: "}", ..DOUBLE_LINES },
    ],
    heredoc: Heredoc::AfterLine,
    has_regexes: true,
    sigils: &[
        ("$#", Sigil::Name),
        ("$", Sigil::Name),
        ("@", Sigil::Name),
        ("%", Sigil::Name),
        ("&", Sigil::Name),
    ],
    imports: &["use", "no", "package"],
    has_bare_calls: true,
    ..PLAIN
};

pub(super) const SCALA: Lexicon = Lexicon {
    block_comments: &[NESTING],
    strings: &[
        StringRule { hole: Some(("${", b'}')), escape: Escape::Never, ..TRIPLE },
        StringRule { hole: Some(("${", b'}')), ..DOUBLE },
        SINGLE_CHARACTER,
    ],
    string_prefixes: &["s", "f", "raw", "q"],
    annotations: Annotations::At,
    ..PLAIN
};

pub(super) const SQL: Lexicon = Lexicon {
    line_comments: &["--"],
    strings: &[
        StringRule { escape: Escape::Twice, ..SINGLE_LINES },
        StringRule { escape: Escape::Twice, ..DOUBLE_LINES },
        string("`", Escape::Never, false),
    ],
    imports: &[],
    ignores_case: true,
    ..PLAIN
};

pub(super) const DART: Lexicon = Lexicon {
    block_comments: &[NESTING],
    strings: &[
        StringRule { hole: Some(("${", b'}')), ..TRIPLE },
        StringRule { hole: Some(("${", b'}')), ..string("'''", Escape::Backslash, true) },
        StringRule { hole: Some(("${", b'}')), ..DOUBLE },
        StringRule { hole: Some(("${", b'}')), ..SINGLE },
    ],
    string_prefixes: &["r"],
    imports: &["import", "export", "part", "library"],
    annotations: Annotations::At,
    has_keys: true,
    ..PLAIN
};

pub(super) const ZIG: Lexicon = Lexicon {
    block_comments: &[],
    strings: &[
        StringRule { open: "\\\\", close: "\n", escape: Escape::Never, has_lines: true, ..DOUBLE },
        DOUBLE,
        SINGLE_CHARACTER,
    ],
    imports: &[],
    ..PLAIN
};

/// Any other language whose comments and strings are those of C or of a shell.
pub(super) const OTHER: Lexicon = Lexicon {
    strings: &[TRIPLE, DOUBLE, SINGLE],
    imports: &["import", "use", "using", "require"],
    ..PLAIN
};
