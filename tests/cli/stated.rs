//! What code declares of its own licence, judged where nothing matches.

use super::{birthmark, project, run};

fn scan(files: &[(&str, &str)]) -> (i32, String) {
    let project = project(files);
    let index = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo-index");
    let mut command = birthmark(project.path());
    let (code, out, err) = run(command.args(["scan", "--format", "json", "--index", index]));
    (code, format!("{out}{err}"))
}

const MIT: (&str, &str) = ("pyproject.toml", "[project]\nname = 'x'\nlicense = 'MIT'\n");

#[test]
fn a_licence_that_is_refused_is_told_where_nothing_matches() {
    let snippet = "# SPDX-SnippetBegin\n# SPDX-License-Identifier: GPL-3.0-only\ndef f(x):\n    return x\n# SPDX-SnippetEnd\n";
    let cases = [
        (snippet, "the code between the tags is declared under GPL-3.0-only"),
        (
            "x = 1\n\n# adapted from https://stackoverflow.com/a/12345678 (CC BY-SA 4.0)\ndef f(x):\n    return x\n",
            "declared as coming from https://stackoverflow.com/a/12345678, under CC-BY-SA-4.0",
        ),
        (
            "# SPDX-License-Identifier: GPL-3.0-only\nx = 1\n",
            "the file states that it is under GPL-3.0-only",
        ),
    ];
    for (text, said) in cases {
        let (code, out) = scan(&[MIT, ("a.py", text)]);
        assert_eq!(code, 1, "{said}: {out}");
        assert!(out.contains("declared-incompatible") && out.contains(said), "{said}: {out}");
    }
}

#[test]
fn a_link_alone_is_told_and_fails_nothing() {
    let linked = "x = 1\n\n# https://stackoverflow.com/a/12345678\ndef f(x):\n    return x\n";
    let (code, out) = scan(&[MIT, ("a.py", linked)]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("links to an answer in a forum, which is under CC-BY-SA-3.0"), "{out}");
    let strict = "license = 'MIT'\n[severity]\ndeclared-incompatible = 'error'\n";
    let (code, out) = scan(&[("birthmark.toml", strict), ("a.py", linked)]);
    assert_eq!(code, 1, "{out}");
}

#[test]
fn what_is_allowed_or_merely_mentioned_is_quiet() {
    let texts = [
        "# SPDX-SnippetBegin\n# SPDX-License-Identifier: BSD-3-Clause\ndef f(x):\n    return x\n# SPDX-SnippetEnd\n",
        "# See https://stackoverflow.com/a/12345678 for why.\nx = 1\n",
        "URL = 'https://stackoverflow.com/a/12345678'\n",
        "# SPDX-License-Identifier: Apache-2.0\nx = 1\n",
    ];
    for text in texts {
        let (code, out) = scan(&[MIT, ("a.py", text)]);
        assert!(code == 0 && !out.contains("declared-incompatible"), "{text}: {out}");
    }
    // A part of the project with a licence of its own is judged by that.
    let part = [
        MIT,
        ("part/pyproject.toml", "[project]\nname = 'y'\nlicense = 'GPL-3.0-only'\n"),
        ("part/a.py", "# SPDX-License-Identifier: GPL-3.0-only\nx = 1\n"),
    ];
    assert_eq!(scan(&part).0, 0);
    let ignored = "# birthmark: ignore[declared-incompatible] reason=\"a tool apart\"\n# SPDX-License-Identifier: GPL-3.0-only\nx = 1\n";
    let (code, out) = scan(&[MIT, ("a.py", ignored)]);
    assert_eq!(code, 0, "{out}");
}

/// What a project leaves open refuses no header: it may mean what the header states.
#[test]
fn headers_tell_what_a_project_leaves_open() {
    let text = |id: &str| birthmark::license::text_of(id).expect("on the list");
    let gpl3 = "# SPDX-License-Identifier: GPL-3.0-or-later\nx = 1\n";
    let both =
        "# Released under the Apache License 2.0 and the Mozilla Public License 2.0\nx = 1\n";
    let manifest = |license: &str| format!("[project]\nname = 'x'\nlicense = '{license}'\n");
    let (only, later, choice) =
        (manifest("GPL-2.0-only"), manifest("GPL-2.0-or-later"), manifest("MPL-2.0 OR Apache-2.0"));
    let script =
        "# SPDX-License-Identifier: GPL-2.0-or-later WITH Autoconf-exception-generic\nx=1\n";
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], i32);
    let cases: [Case<'_>; 6] = [
        (
            "a text leaves later versions open",
            &[("COPYING", text("GPL-2.0-only")), ("a.py", gpl3)],
            0,
        ),
        ("a manifest does not", &[("pyproject.toml", &only), ("a.py", gpl3)], 1),
        (
            "nor may a work be passed on under less",
            &[("pyproject.toml", &later), ("a.py", gpl3)],
            1,
        ),
        ("prose joins what the manifest offers", &[("pyproject.toml", &choice), ("a.py", both)], 0),
        ("another licence is none of those", &[MIT, ("a.py", both)], 1),
        ("Autoconf's scripts may go with any project", &[MIT, ("missing.sh", script)], 0),
    ];
    for (case, files, expected) in cases {
        let (code, out) = scan(files);
        assert_eq!(code, expected, "{case}: {out}");
    }
}

#[test]
fn an_empty_licence_text_says_nothing() {
    let snippet =
        "# SPDX-SnippetBegin\n# SPDX-License-Identifier: GPL-3.0-only\nx = 1\n# SPDX-SnippetEnd\n";
    for (text, expected) in [("", 1), ("All is mine.\n", 0)] {
        let (code, out) = scan(&[MIT, ("part/COPYING", text), ("part/a.py", snippet)]);
        assert_eq!(code, expected, "under MIT, or under what nobody knows: {out}");
    }
}

#[test]
fn a_vendored_folder_under_a_refused_licence_is_told_once() {
    let text = |id: &str| birthmark::license::text_of(id).expect("on the list");
    let gpl = [
        MIT,
        ("a.py", "x = 1\n"),
        ("vendor/route/LICENSE", text("GPL-3.0-only")),
        ("vendor/route/a.py", "x = 1\n"),
        ("vendor/route/deep/b.py", "y = 1\n"),
    ];
    let (code, out) = scan(&gpl);
    assert_eq!(code, 1, "{out}");
    let said = "the vendored folder `vendor/route` is under GPL-3.0-only, which does not allow it under MIT";
    assert_eq!(out.matches(said).count(), 1, "{out}");
    assert!(out.contains("put it into `exclude` of birthmark.toml"), "{out}");

    // A text of the GPL does not say whether later versions are allowed. Copyleft of files and
    // libraries ends at the folder.
    let later = ("pyproject.toml", "[project]\nname = 'x'\nlicense = 'GPL-3.0-or-later'\n");
    for (manifest, id) in [(later, "GPL-3.0-only"), (MIT, "MPL-2.0"), (MIT, "ISC")] {
        let files = [manifest, ("vendor/it/LICENSE", text(id)), ("vendor/it/a.py", "x = 1\n")];
        let (code, out) = scan(&files);
        assert!(code == 0 && !out.contains("declared-incompatible"), "{id}: {out}");
    }
}
