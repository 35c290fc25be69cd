use super::*;
use crate::text::language::Language;

fn source(name: &str, text: &str) -> SourceFile {
    let language = Language::from_name(name).expect("a language");
    SourceFile::new("lib", language, text.as_bytes().to_vec())
}

fn snippet(first: u32, last: u32, license: &str) -> Snippet {
    let tags = vec![tag::BEGIN.to_owned(), format!("{} {license}", tag::LICENSE)];
    Snippet { lines: LineRange { first, last }, tags }
}

fn wrapped(language: &str, text: &str, snippets: &[Snippet]) -> String {
    let text = wrap(&source(language, text), snippets).expect("wrapped");
    String::from_utf8(text).expect("UTF-8")
}

#[test]
fn tags_stand_around_whole_statements_at_their_indentation() {
    let text = "\
import os

class A:
    # Sums up.
    @property
    def total(self):
        return sum(
            self.items,
        )

    def other(self):
        return 1
";
    let expected = "\
import os

class A:
    # SPDX-SnippetBegin
    # SPDX-License-Identifier: MIT
    # Sums up.
    @property
    def total(self):
        return sum(
            self.items,
        )
    # SPDX-SnippetEnd

    def other(self):
        return 1
";
    assert_eq!(wrapped("python", text, &[snippet(6, 8, "MIT")]), expected);
    assert_eq!(wrapped("python", text, &[snippet(5, 9, "MIT")]), expected);
}

#[test]
fn nothing_is_cut_in_two() {
    let python = "x = 1\ny = \"\"\"a\nb\nc\n\"\"\"\nz = 1 + \\\n    2\nw = 3\n";
    for (first, last) in [(3, 3), (4, 6), (2, 7), (7, 8)] {
        let text = wrapped("python", python, &[snippet(first, last, "MIT")]);
        let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("# SPDX")).collect();
        assert_eq!(kept.join("\n") + "\n", python, "{first}-{last}:\n{text}");
        assert!(text.contains("y = \"\"\"a\nb\nc\n\"\"\"\n"), "{text}");
        assert!(text.contains("z = 1 + \\\n    2\n"), "{text}");
    }
    let rust = "fn a() -> u32 {\n    let text = \"x\n// y\n\";\n    f(\n        1,\n    )\n}\n";
    let text = wrapped("rust", rust, &[snippet(3, 3, "MIT"), snippet(6, 6, "Zlib")]);
    let expected = "fn a() -> u32 {\n    // SPDX-SnippetBegin\n    // SPDX-License-Identifier: MIT\n    let text = \"x\n// y\n\";\n    // SPDX-SnippetEnd\n    // SPDX-SnippetBegin\n    // SPDX-License-Identifier: Zlib\n    f(\n        1,\n    )\n    // SPDX-SnippetEnd\n}\n";
    assert_eq!(text, expected);
}

#[test]
fn line_endings_marks_and_ends_stay() {
    let text = "\u{feff}x = 1\r\ny = 2";
    let expected = "\u{feff}# SPDX-SnippetBegin\r\n# SPDX-License-Identifier: MIT\r\nx = 1\r\ny = 2\r\n# SPDX-SnippetEnd\r\n";
    assert_eq!(wrapped("python", text, &[snippet(1, 2, "MIT")]), expected);
}

#[test]
fn headers_stay_above() {
    let text = "#!/usr/bin/env python\n# Copyright 2020 Me\nx = f(\n    1)\n";
    let expected = "#!/usr/bin/env python\n# Copyright 2020 Me\n# SPDX-SnippetBegin\n# SPDX-License-Identifier: MIT\nx = f(\n    1)\n# SPDX-SnippetEnd\n";
    assert_eq!(wrapped("python", text, &[snippet(4, 4, "MIT")]), expected);
}

#[test]
fn snippets_nest_and_never_cross() {
    let text = "a = 1\nb = 2\nc = 3\nd = 4\n";
    let found = wrapped("python", text, &[snippet(2, 3, "MIT"), snippet(3, 4, "Zlib")]);
    let expected = "a = 1\n# SPDX-SnippetBegin\n# SPDX-License-Identifier: MIT\nb = 2\n# SPDX-SnippetBegin\n# SPDX-License-Identifier: Zlib\nc = 3\nd = 4\n# SPDX-SnippetEnd\n# SPDX-SnippetEnd\n";
    assert_eq!(found, expected);
    let joined = wrapped("python", text, &[snippet(2, 3, "MIT"), snippet(3, 4, "MIT")]);
    assert_eq!(joined.matches("SPDX-SnippetBegin").count(), 1, "{joined}");
    let standing = wrapped("python", text, &[snippet(2, 3, "MIT")]);
    let crossing = wrapped("python", &standing, &[snippet(5, 7, "Zlib")]);
    let expected = "a = 1\n# SPDX-SnippetBegin\n# SPDX-License-Identifier: Zlib\n# SPDX-SnippetBegin\n# SPDX-License-Identifier: MIT\nb = 2\nc = 3\n# SPDX-SnippetEnd\nd = 4\n# SPDX-SnippetEnd\n";
    assert_eq!(crossing, expected);
}

#[test]
fn what_has_no_place_is_refused() {
    let broken = "def (((:\n  ]]] x = = 3\n\t\"\"\" \n y\n";
    let result = wrap(&source("python", broken), &[snippet(2, 2, "MIT")]);
    let unchanged = result.as_ref().map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(
        result.is_err() || unchanged.is_ok_and(|text| text.contains("]]] x = = 3")),
        "{result:?}"
    );
}
