//! What a text is as tokens: cases of (language, text, token line), and that layout is no part of
//! it.

use birthmark::text::language::Language;
use birthmark::text::token::{NameHash, TokenClass, TokenStream};

use crate::corpus::{function, language, source, stream};

/// A stream as a line: roles by name, words by text.
pub(crate) fn line(language: Language, stream: &TokenStream) -> String {
    let words: Vec<&str> = stream.classes().iter().map(|&class| word(language, class)).collect();
    words.join(" ")
}

fn word(language: Language, class: u8) -> &'static str {
    match TokenClass(class) {
        TokenClass::VARIABLE => "var",
        TokenClass::FIELD => "field",
        TokenClass::CALLEE => "callee",
        TokenClass::KEYWORD_ARGUMENT => "keyword",
        TokenClass::TYPE => "type",
        TokenClass::DEFINITION => "name",
        TokenClass::SELF => "self",
        TokenClass::STRING => "str",
        TokenClass::CHARACTER => "char",
        TokenClass::INTEGER => "int",
        TokenClass::FLOAT => "float",
        TokenClass::OTHER => "other",
        TokenClass(word) => {
            language.family().row().words[usize::from(word - TokenClass::FIRST_WORD.0)]
        }
    }
}

/// Checks the token lines of texts of a language.
pub(crate) fn check_all(name: &str, cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(text, expected)| (text, expected, line(language(name), &stream(name, *text))))
        .filter(|(_, expected, found)| found != *expected)
        .map(|(text, expected, found)| {
            format!("{text:?}\n  expected {expected}\n  found    {found}\n")
        })
        .collect();
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.concat());
}

fn check(name: &str, text: impl AsRef<[u8]>, expected: &str) {
    let text = text.as_ref();
    let found = line(language(name), &stream(name, text));
    assert_eq!(found, expected, "{name}: {}", String::from_utf8_lossy(text));
}

#[test]
fn python() {
    let cases = [
        // Roles.
        ("total = sum(item.price for item in cart)", "var = callee ( var field for var in var"),
        ("self.items.append(x)", "self field callee ( var"),
        ("def area(self, width, height=2): pass", "def name ( self var var = int pass"),
        ("open(path, mode='r', newline=None)", "callee ( var keyword = str keyword = none"),
        ("x = (y, z == 1)", "var = ( var var == int"),
        ("class Point(Base, metaclass=M): pass", "class name ( type keyword = type pass"),
        ("raise ValueError", "raise type"),
        ("cls.make(MAX_SIZE)", "self callee ( type"),
        ("f = lambda a, b=1: a + b", "var = lambda var var = int var + var"),
        ("@cache\ndef f(): return 1", "@ var def name ( return int"),
        ("a[1:2, ...]", "var [ int int ellipsis"),
        // Dropped.
        ("import os\nfrom a.b import c as d\nfrom __future__ import annotations\nx", "var"),
        ("# a comment\nx # another", "var"),
        (
            "def f(a: int = 1, *b: str, **c) -> list[int]:\n    y: float = 2",
            "def name ( var = int * var ** var var = int",
        ),
        ("'''Doc.'''\ndef f():\n    \"\"\"Doc.\"\"\"\n    return 'kept'", "def name ( return str"),
        ("class A:\n    'Doc ' 'in two.'\n    x = 'kept'", "class name var = str"),
        ("x = \\\n    1", "var = int"),
        ("[a, b,]; (c,); {d: e}", "[ var var ( var { var var"),
        ("def f[T](a: T): pass", "def name ( var pass"),
        ("x = (a + b) // (c.d)", "var = var + var // var field"),
        ("if (not (a)): return (yield b)", "if not var return yield var"),
        ("(lambda x: x)(f'{(a)}', b=(c))", "lambda var var ( str var keyword = var"),
        ("((a, b), (c for c in d), (), f((e)))", "( ( var var ( var for var in var ( callee ( var"),
        // Kept.
        ("if a is not b and c not in d: yield", "if var is not var and var not in var yield"),
        ("a **= b // c >> d != e", "var **= var // var >> var != var"),
        ("async def f():\n    await g()", "async def name ( await callee ("),
        ("x = True, False, None", "var = true false none"),
        ("x = 1_000, 0xFF, 1.5e3, 2j", "var = int int float int"),
        ("match x:\n    case _: pass", "match var case _ pass"),
        ("print(x)", "callee ( var"),
        // Strings and the code inside them.
        ("x = f'{a.b} and {c(d)!r:>{w}}'", "var = str var field callee ( var var"),
        ("f'{f(\"x\")}' + b'y'", "str callee ( str + str"),
        ("x = f'{y:{z}}' rb'\\x00'", "var = str var var str"),
    ];
    check_all("python", &cases);
}

#[test]
fn rust() {
    let cases = [
        // Roles.
        (
            "fn area(self: &Self, w: u32) -> u32 { w * self.h }",
            "fn name ( self & type var type type { var * self field",
        ),
        ("let x = a.b.c(d);", "let var = var field callee ( var"),
        ("Point { x, y: 1 }", "type { var field int"),
        ("std::mem::swap(&mut a, b)", "type type callee ( & mutable_specifier var var"),
        ("v.iter().collect::<Vec<_>>()", "var callee ( callee < type < type >> ("),
        ("Vec::<u8>::with_capacity(3)", "type < type > callee ( int"),
        ("struct Pair<T> { left: T }", "struct name < type > { field type"),
        ("impl Display for Pair {}", "impl type for type {"),
        (
            "match x { Some(y) if y > 0 => y, _ => MAX }",
            "match var { callee ( var if var > int => var _ => type",
        ),
        ("vec![1, 2]; println!(\"{}\", x);", "callee ! [ int int callee ! ( str var"),
        ("macro_rules! m { ($x:expr) => { $x + 1 } }", "macro_rules! name { ( var => { var + int"),
        // Dropped.
        ("use std::io;\nextern crate alloc;\npub(crate) fn f() {}", "fn name ( {"),
        (
            "#![no_std]\n#[inline]\n/// Doc.\n//! Doc.\n/* a /* nested */ one */ // and\nfn f() {}",
            "fn name ( {",
        ),
        ("fn f<'a>(x: &'a str) -> &'a str { x }", "fn name < > ( var & type & type { var"),
        ("'outer: loop { break 'outer; }", "loop { break"),
        ("let x = (a + b) * (c as u8); if (y) {}", "let var = var + var * var as type if var {"),
        ("let (a, b) = ((c,), (d).e()); (f)(g)", "let ( var var = ( ( var var callee ( var ( var"),
        // Kept.
        (
            "a >>= b << c; d ..= e; f => g; h -> i",
            "var >>= var << var var ..= var var => var var var",
        ),
        ("x? as u8 as char", "var ? as type as type"),
        ("|a, b| a || b", "| var var | var || var"),
        (
            "let c = 'x'; let d = b'y'; let e = 1u8; let f = 1.5f32;",
            "let var = char let var = char let var = int let var = float",
        ),
        ("let s = r#\"a\"#; let t = \"b\\n\";", "let var = str let var = str"),
        (
            "unsafe { *p = true }; crate::a(); super::B",
            "unsafe { * var = true crate callee ( super type",
        ),
        ("fn f() -> ! { () }", "fn name ( never_type { unit_expression"),
    ];
    check_all("rust", &cases);
}

/// Every token of a fragment has the class it has inside its file, but for so many at its edges.
#[test]
fn fragments_read_as_they_do_inside_their_file() {
    let python = [
        function(1, 14),
        function(2, 14),
        "if x:\n    s = '''\na b\n'''\n    t = [\n        1]\n".to_owned(),
    ]
    .concat();
    let rust = include_str!("../../examples/demo/dock/src/lib.rs").to_owned();
    for (name, text) in [("python", python), ("rust", rust)] {
        let whole = source(name, text.as_str());
        let tokens = birthmark::text::token::tokenize(&whole);
        let lines = tokens.lines(&whole);
        let (mut compared, mut different) = (0, 0);
        let last = whole.line_count();
        for first in (1..last.saturating_sub(12)).step_by(3) {
            let (start, end) = (whole.line_start(first), whole.line_start(first + 12));
            let fragment = stream(name, &text.as_bytes()[start as usize..end as usize]);
            let inside: Vec<u8> = (0..tokens.len())
                .filter(|&i| (first..first + 12).contains(&lines[i]))
                .map(|i| tokens.classes()[i])
                .collect();
            compared += inside.len();
            different += distance(&inside, fragment.classes());
        }
        assert!(compared > 500, "{name}: {compared}");
        assert!(different * 50 <= compared, "{name}: {different} of {compared} tokens");
    }
}

/// Insertions and deletions that turn one sequence into the other.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let best = if x == y { corner } else { row[j + 1].min(row[j]) + 1 };
            corner = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[b.len()]
}

#[test]
fn fragments_may_start_anywhere() {
    check(
        "python",
        "        return total + self.tax\n\n    def net(self):\n",
        "return var + self field def name ( self",
    );
    check("python", "word.split(','))\n    x = 'y'\n", "var callee ( str var = str");
    check("python", "    else:\n        a = b\n", "else var = var");
    check("rust", "        total += x;\n    }\n    total\n}\n", "var += var var");
    check(
        "rust",
        "=> Ok(a),\n    Err(e) => b(e),\n}\n",
        "=> callee ( var callee ( var => callee ( var",
    );
    // The first line is the end of a string.
    let inside = line(
        language("python"),
        &stream("python", " of it all'\nname = 'b'\nother = call('c', name)\n"),
    );
    assert!(inside.ends_with("var = str var = callee ( str var"), "{inside}");
}

/// A syntax error costs the tokens at its place: it makes no string of the code before or behind
/// it.
#[test]
fn a_syntax_error_stays_where_it_is() {
    let head = "class Matrix:\n    def load(self, path, kind=None, mark='#', sep=' '):\n        return read(path, kind, mark)\n\n";
    let tail = "    def save(self, path, end='\\n', head='', mark='# '):\n        write(path, self.rows, end, head, mark)\n\n    def count(self):\n        return len(self.rows)\n\n    def least(self, j):\n        return min(self.rows[i][j] for i in range(self.count()) if i != j)\n\n    def close(self, force):\n        self.log.write(self.name)\n        self.handle.close(force)\n";
    let whole = stream("python", format!("{head}{tail}"));
    for (from, to) in
        [("kind=None,", "kind=None,F"), ("None, mark", "None mark"), ("(path, kind", "path, kind")]
    {
        let broken = stream("python", format!("{}{tail}", head.replacen(from, to, 1)));
        let different = distance(whole.classes(), broken.classes());
        assert!(different <= 4, "{to}: {different} of {} tokens", whole.len());
    }
}

#[test]
fn bytes_of_any_kind_are_read() {
    for (what, text) in [
        ("nothing", &b""[..]),
        ("blank", b" \t\r\n\n"),
        ("comments only", b"# one\n# two"),
        ("a comment in Latin-1", b"# caf\xE9\n"),
        ("a byte order mark", b"\xEF\xBB\xBF"),
    ] {
        assert_eq!(stream("python", text).len(), 0, "{what}");
    }
    for text in [
        &b"\xEF\xBB\xBFx = call(1)\n"[..],
        b"x = call(1)",
        b"x =\tcall(1)\t\n",
        b"# caf\xE9\r\nx = call(1)\r\n",
        b"\rx = call(1)\r",
        b"x = call(1) # \xFF\xFE\n",
    ] {
        check("python", text, "var = callee ( int");
    }
    check("python", b"x = 'caf\xE9' + y", "var = str + var");
    check("python", b"caf\xC3\xA9 = na\xC3\xAFve()", "var = callee (");
    check("rust", b"\xEF\xBB\xBFlet s = \"caf\xE9\";\r\nlet t = 1;", "let var = str let var = int");
}

#[test]
fn lines_are_those_of_the_text() {
    for text in ["a\nb\n\nc", "a\r\nb\r\n\r\nc\r\n", "a\rb\r\rc\r"] {
        let source = source("python", text);
        assert_eq!(birthmark::text::token::tokenize(&source).lines(&source), [1, 2, 4], "{text:?}");
    }
}

#[test]
fn names_are_what_they_spell() {
    let names = |name: &str, text: &str| stream(name, text).names().to_vec();
    for (a, b) in [
        ("'x'", "\"x\""),
        ("b'x'", "'x'"),
        ("r'x'", "'''x'''"),
        ("1_000", "1000"),
        ("0XfF", "0xff"),
        ("f'x'", "'x'"),
    ] {
        assert_eq!(
            names("python", &format!("f({a})")),
            names("python", &format!("f({b})")),
            "{a} {b}"
        );
    }
    assert_eq!(names("rust", "f(r#\"x\"#)"), names("rust", "f(\"x\")"));
    assert_ne!(names("python", "f('x')"), names("python", "f('y')"));
    assert_ne!(names("python", "f(x)"), names("python", "f(y)"));
    let call = names("python", "x = call(1)");
    assert_eq!(call, [NameHash::of(b"x").0, 0, NameHash::of(b"call").0, 0, NameHash::of(b"1").0]);
    assert_eq!(names("rust", "x"), names("python", "x"), "a name is the same in every language");
}

#[test]
fn every_span_lies_in_the_text_and_in_order() {
    let texts = [
        function(5, 30).into_bytes(),
        b" of it'\nx = '\xE9".to_vec(),
        b"'''".to_vec(),
        b"f'{f'{x".to_vec(),
    ];
    for text in texts {
        for name in ["python", "rust"] {
            for cut in [0, 1, 2, text.len() / 2, text.len()] {
                let part = &text[cut.min(text.len())..];
                let stream = stream(name, part);
                let inside = |i: usize| stream.spans()[i].end as usize <= part.len();
                assert!((0..stream.len()).all(inside), "{name} {cut}");
                assert!(stream.spans().is_sorted_by_key(|span| span.start), "{name} {cut}");
            }
        }
    }
}

#[test]
fn layout_is_no_part_of_the_stream() {
    let python = "def f(a, b):\n    if a > b:\n        return [a, b.c, {'k': a}]\n    x = g(a, k=b) + f'{a}'\n    return x\n";
    let rust = "fn f(a: u8, b: &B) -> u8 {\n    if a >= b.c && a != 2 {\n        return g(a)\n    }\n    match a { 1 => b.d, _ => h!(a, \"s\") }\n}\n";
    let change = |text: &str, pairs: &[(&str, &str)]| {
        pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let variants = |text: &str, comment: &str| {
        vec![
            change(text, &[("\n", "\r\n")]),
            change(text, &[("\n", &format!("  {comment} note: a(b)\n\n"))]),
            change(text, &[("    ", "\t")]),
            change(text, &[("    ", "  ")]),
            change(text, &[(", ", ",  "), ("(", "( "), (" = ", "=")]),
            change(text, &[("(a, ", "(\n            a,\n            ")]),
            format!("\n\n{text}\n\n"),
        ]
    };
    for (name, text, comment) in [("python", python, "#"), ("rust", rust, "//")] {
        let expected = stream(name, text);
        assert!(expected.len() > 20);
        for variant in variants(text, comment) {
            let found = stream(name, variant.as_str());
            assert_eq!(found.classes(), expected.classes(), "{variant}");
            assert_eq!(found.names(), expected.names(), "{variant}");
        }
    }
}

/// The same tokenizer again, and after other texts, gives the same.
#[test]
fn a_tokenizer_has_no_memory() {
    let mut tokenizer = birthmark::text::token::Tokenizer::new();
    let sources = [
        source("python", function(3, 9)),
        source("rust", "fn f() { g(1) }"),
        source("python", "f'{(x'"),
    ];
    let once: Vec<TokenStream> = sources.iter().map(birthmark::text::token::tokenize).collect();
    for _ in 0..2 {
        let again: Vec<TokenStream> =
            sources.iter().map(|source| tokenizer.tokenize(source)).collect();
        assert_eq!(again, once);
    }
}

#[test]
fn a_tokenizer_that_has_seen_other_texts_sees_what_a_new_one_sees() {
    let of = |name: &str, language: &str, text: &str| {
        let language = Language::from_name(language).expect("known");
        birthmark::text::source::SourceFile::new(name, language, text.into())
    };
    let python = of("a.py", "python", "def f(x):\n    # why\n    return x + 1\n");
    let broken = of("b.py", "python", "def f(x:\n  return '''\n");
    // The same text in another language.
    let rust = of("a.rs", "rust", "def f(x):\n    # why\n    return x + 1\n");
    let mut old = birthmark::text::token::Tokenizer::new();
    for source in [&python, &python, &rust, &python, &broken, &broken, &python] {
        let mut new = birthmark::text::token::Tokenizer::new();
        assert_eq!(old.tokenize(source), new.tokenize(source));
        let mut new = birthmark::text::token::Tokenizer::new();
        assert_eq!(old.layout(source).comments(), new.layout(source).comments());
        assert_eq!(old.tokenize(source), new.tokenize(source));
    }
}
