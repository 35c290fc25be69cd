//! `birthmark license`.

use super::{birthmark, project, run};

#[test]
fn one_pair_is_answered_with_its_source() {
    let project = project(&[]);
    for (arguments, status, said) in [
        (
            &["GPL-2.0-only", "MIT"][..],
            1,
            &["incompatible", "OSADL matrix, MIT <- GPL-2.0-only: No"][..],
        ),
        (&["MIT", "GPL-2.0-only"], 0, &["compatible", "notices must be kept"]),
        (&["AGPL-3.0-only", "GPL-3.0-only"], 1, &["review", "Check dependency"]),
        (&["Motosoto", "MIT"], 1, &["review", "not listed"]),
        (&["GPL-2.0", "MIT"], 1, &["`GPL-2.0` does not say whether later versions"]),
        (&["GPL-3.0-only", "MIT", "--distribution", "service"], 0, &["compatible", "section 0"]),
        (&["MIT OR GPL-2.0-only", "Apache-2.0"], 0, &["Apache-2.0 <- MIT: Yes"]),
        (
            &["GPL-2.0-only WITH Classpath-exception-2.0", "MIT"],
            1,
            &["linking do not cover copied code"],
        ),
    ] {
        let (code, out, err) =
            run(birthmark(project.path()).args(["license", "compat"]).args(arguments));
        assert_eq!(code, status, "{arguments:?}: {out}{err}");
        for part in said {
            assert!(out.contains(part), "{arguments:?}: {part} is not in {out}");
        }
        assert_eq!(out.matches("legal advice").count(), 1, "{out}");
    }
}

#[test]
fn programs_get_the_cells() {
    let project = project(&[]);
    let mut command = birthmark(project.path());
    let (code, out, _) =
        run(command.args(["license", "compat", "SSPL-1.0", "MIT", "--format", "json"]));
    assert_eq!(code, 1);
    let answer: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(answer["verdict"], "incompatible");
    assert_eq!(answer["answer"], "No");
    assert_eq!(answer["cells"][0]["source"], "birthmark");
    assert!(
        answer["cells"][0]["reference"].as_str().is_some_and(|it| it.starts_with("https://")),
        "{out}"
    );
}

#[test]
fn malformed_expressions_are_shown_where_they_are_wrong() {
    let project = project(&[]);
    for (inbound, outbound, said) in [
        ("MIT OR Nonsense", "MIT", &["`Nonsense` is not an SPDX identifier", "INBOUND:1:8"][..]),
        ("MIT", "(MIT OR", &["OUTBOUND:1:"]),
        ("", "MIT", &["INBOUND:1:1"]),
        ("MIT\u{1b}[31m", "MIT", &["not an SPDX"]),
        ("MIT", "MIT\nISC", &["not an SPDX"]),
    ] {
        let mut command = birthmark(project.path());
        let (code, out, err) = run(command.args(["license", "compat", inbound, outbound]));
        assert_eq!((code, out.as_str()), (2, ""), "{inbound} {outbound}");
        for part in said {
            assert!(err.contains(part), "{part} is not in {err}");
        }
        assert!(!err.contains('\u{1b}'), "{err:?}");
    }
}

#[test]
fn texts_and_headers_are_read_by_themselves() {
    let mit = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software, to deal in the \
               Software without restriction.\n\nThe above copyright notice and this permission notice shall be included in \
               all copies of the Software.\n\nThe Software shall be used for Good, not Evil.\n";
    let header: String = mit.lines().map(|line| format!("# {line}\n")).collect();
    let project = project(&[("json.py", &header), ("LICENSE", "Nothing to see.\n")]);
    let (code, out, err) =
        run(birthmark(project.path()).args(["license", "read", "json.py", "LICENSE"]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(
        out.contains("MIT, with 1 sentence more: The Software shall be used for Good, not Evil."),
        "{out}"
    );
    assert!(out.contains("LICENSE states no licence that is known"), "{out}");
    let mut command = birthmark(project.path());
    let (_, out, _) = run(command.args(["license", "read", "--format", "json", "json.py"]));
    let answer: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(answer["license"]["expression"], "MIT AND LicenseRef-More-Terms");
    assert_eq!(answer["license"]["exact"], false);
    let (code, _, err) = run(birthmark(project.path()).args(["license", "read", "missing.txt"]));
    assert_eq!(code, 2);
    assert!(err.contains("missing.txt"), "{err}");
}

#[test]
fn duties_are_listed_with_their_sources() {
    let project = project(&[
        ("a.py", "# SPDX-License-Identifier: BSD-3-Clause\nx = 1\n"),
        ("none.txt", "no licence\n"),
        (
            "report.json",
            "{\"matches\": [{\"owners\": [{\"purl\": \"pkg:pypi/x@1\", \"license\": {\"expression\": \"Apache-2.0\"}}]}]}",
        ),
    ]);
    let obligations = |arguments: &[&str]| {
        run(birthmark(project.path()).args(["license", "obligations"]).args(arguments))
    };
    for (what, parts) in [
        ("MIT OR GPL-2.0-only", &["MIT\n  - in every form: Keep", "offers a choice"][..]),
        ("a.py", &["BSD-3-Clause\n  - in source: Keep", "- compiled: Repeat"]),
        (
            "report.json",
            &["Apache-2.0\n  of pkg:pypi/x@1\n", "section 4d", "https://www.apache.org"],
        ),
        (
            "GPL-2.0-only WITH Classpath-exception-2.0",
            &["Classpath-exception-2.0 takes duties away"],
        ),
        ("LicenseRef-Own", &["birthmark has no summary of it"]),
    ] {
        let (code, out, err) = obligations(&[what]);
        assert_eq!((code, err.as_str()), (0, ""), "{what}");
        assert!(parts.iter().all(|part| out.contains(part)), "{what}: {out}");
    }
    let (_, all, _) = obligations(&[]);
    assert!(all.contains("AGPL-3.0-only\n") || all.contains("MPL-2.0\n"), "{all}");
    let (code, out, _) = obligations(&["ISC", "--format", "json"]);
    let answer: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, answer["licenses"][0]["duties"][0]["when"].as_str()), (0, Some("copy")));
    let (code, _, err) = obligations(&["none.txt"]);
    assert!(code == 2 && err.contains("states no licence that birthmark can read"), "{err}");
    let (code, _, err) = obligations(&["MITT"]);
    assert!(code == 2 && err.contains("MIT"), "{err}");
}
