use super::*;
use crate::text::language::Language;
use crate::text::token::Tokenizer;

fn declared(name: &str, text: &str) -> Vec<Declaration> {
    let language = Language::from_name(name).expect("a language");
    let source = SourceFile::new("lib", language, text.as_bytes().to_vec());
    let mut tokenizer = Tokenizer::new();
    let mut code = tokenizer.tokenize(&source).lines(&source);
    code.dedup();
    read(&source, &tokenizer.layout(&source), &code, &license::header)
}

fn license_of(declaration: &Declaration) -> &str {
    let fact = declaration.license.as_ref().expect("a licence");
    fact.expression.as_ref().map_or("unread", |expression| expression.as_str())
}

#[test]
fn snippets_nest_and_tags_belong_to_the_innermost() {
    let text = "\
import os
# SPDX-SnippetBegin
# SPDX-SnippetCopyrightText: 2010 Ada Example
# SPDX-License-Identifier: MIT
def outer():
    # SPDX-SnippetBegin
    # SPDX-License-Identifier: BSD-3-Clause
    # SPDX-SnippetComment: adapted from pkg:pypi/attrs@1.0, a.py lines 1-2
    a = 1
    # SPDX-SnippetEnd
    return a
# SPDX-SnippetEnd
def own():
    return 2
";
    let found = declared("python", text);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(
        (license_of(&found[0]), found[0].scope),
        ("BSD-3-Clause", LineRange { first: 6, last: 10 })
    );
    assert_eq!((license_of(&found[1]), found[1].scope), ("MIT", LineRange { first: 2, last: 12 }));
    assert_eq!(found[1].copyrights, ["2010 Ada Example"]);
    assert_eq!(found[0].origins[0].original_text(), "pkg:pypi/attrs@1.0");
    assert!(found[1].origins.is_empty());
    assert!(found[1].is_about(LineRange { first: 5, last: 11 }));
    assert!(!found[1].is_about(LineRange { first: 10, last: 14 }));
}

#[test]
fn only_comments_count() {
    let text = "\
TEXT = '''
# SPDX-SnippetBegin
# SPDX-License-Identifier: MIT
adapted from https://github.com/psf/requests
'''
def f():
    return TEXT, '# SPDX-SnippetBegin'
";
    assert_eq!(declared("python", text), []);
    let rust = "fn f() -> &'static str {\n    \"// SPDX-SnippetBegin adapted from https://github.com/a/b\"\n}\n";
    assert_eq!(declared("rust", rust), []);
}

#[test]
fn rust_has_comments_of_many_kinds() {
    for text in [
        "fn a() {}\n\n/// Adapted from https://github.com/a/b.\nfn f() {\n    g();\n}\n\nfn h() {}\n",
        "fn a() {}\n\n// adapted from https://github.com/a/b\nfn f() {\n    g();\n}\n\nfn h() {}\n",
        "fn a() {}\n\n/* adapted from https://github.com/a/b */\nfn f() {\n    g();\n}\n\nfn h() {}\n",
    ] {
        let found = declared("rust", text);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].scope, LineRange { first: 3, last: 6 }, "{text}");
    }
}

#[test]
fn a_docstring_speaks_of_its_function_and_a_header_of_the_file() {
    let text = "\
import os
def f():
    \"\"\"Adapted from https://github.com/a/b.\"\"\"
    a = 1

    return a

def g():
    return 1
";
    let found = declared("python", text);
    assert_eq!(found[0].scope, LineRange { first: 3, last: 6 });
    let text =
        "#!/usr/bin/env python\n# This file is based on https://github.com/a/b\n\nx = 1\n\ny = 2\n";
    assert_eq!(declared("python", text)[0].scope, LineRange { first: 1, last: 6 });
}

#[test]
fn an_open_snippet_reaches_to_the_end_and_a_stray_end_closes_nothing() {
    let found = declared("python", "a = 1\n# SPDX-SnippetEnd\n# SPDX-SnippetBegin\nb = 2\nc = 3\n");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].scope, LineRange { first: 3, last: 5 });
    assert_eq!(found[0].license, None);
    let unreadable =
        "# SPDX-SnippetBegin\n# SPDX-License-Identifier: My Own\na = 1\n# SPDX-SnippetEnd\n";
    assert_eq!(license_of(&declared("python", unreadable)[0]), "unread");
}

#[test]
fn examples_in_documentation_state_nothing() {
    let tags = ["SPDX-SnippetBegin", "SPDX-License-Identifier: GPL-3.0-only", "SPDX-SnippetEnd"];
    let lines = |mark: &str| tags.map(|tag| format!("{mark}{tag}\n")).concat();
    for text in [
        format!("fn a() {{}}\n\n{}fn f() {{}}\n", lines("/// // ")),
        format!("fn a() {{}}\n\n{}fn f() {{}}\n", lines("//!   # ")),
        format!("fn a() {{}}\n\n/** {}*/\nfn f() {{}}\n", lines("")),
        "fn a() {}\n\n/// ```\n/// // adapted from https://github.com/a/b\n/// ```\nfn f() {}\n"
            .into(),
    ] {
        assert_eq!(declared("rust", &text), [], "{text}");
    }
    let python = format!("def f():\n    \"\"\"Tags:\n\n    {}\"\"\"\n", lines("    "));
    assert_eq!(declared("python", &python), []);
    assert_eq!(declared("rust", &format!("fn a() {{}}\n\n{}", lines("// "))).len(), 1);
}
