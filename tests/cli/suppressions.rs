//! Comments that silence findings.

use super::changes::{Repository, copy};

const NOTHING: [&str; 0] = [];

/// The copy with a comment put before or behind the lines that hold a text.
fn commented(comment: &str, place: &str) -> String {
    let mut text = String::new();
    for line in copy().lines() {
        if line.contains(place) {
            let indent = &line[..line.len() - line.trim_start().len()];
            text.push_str(&format!("{indent}# {comment}\n"));
        }
        text.push_str(&format!("{line}\n"));
    }
    assert_ne!(text, copy(), "{place} is there");
    text
}

const GOOD: &str = "birthmark: ignore[license-incompatible] reason=\"licensed to us by letter\"";

#[test]
fn a_comment_with_a_rule_and_a_reason_silences() {
    for place in ["def find_path(", "while queue:", "return None"] {
        let repository = Repository::with(&[("routes.py", &commented(GOOD, place))]);
        let scan = repository.scan(&[]);
        assert_eq!(scan.found(), NOTHING, "{place}");
        let silenced = &scan.report["silenced"];
        assert_eq!(silenced.as_array().unwrap().len(), 1, "{place}");
        assert_eq!(silenced[0]["by"], "comment");
        assert_eq!(silenced[0]["reason"], "licensed to us by letter");
        assert_eq!(silenced[0]["rule"], "license-incompatible");
        assert_eq!(
            scan.report["matches"].as_array().unwrap().len(),
            1,
            "the reference is still told"
        );
        let mut command = repository.birthmark(&repository.path());
        let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert!(text.contains("silenced 1 finding by comments"), "{text}");
    }
}

#[test]
fn it_does_so_in_every_mode() {
    let repository = Repository::with(&[("a.py", "x = 1\n")]);
    let text = commented(GOOD, "def find_path(");
    repository.stage("routes.py", &text);
    assert_eq!(repository.found(&["--staged"]), NOTHING);
    assert_eq!(repository.found(&["--staged", "--preset", "hook"]), NOTHING);
    repository.commit("copy");
    assert_eq!(repository.found(&["--diff", "HEAD~1..HEAD"]), NOTHING);
    let mut command = repository.birthmark(&repository.path());
    command.args(["--stdin", "--path", "routes.py", "--format", "json"]).write_stdin(text);
    assert_eq!(super::changes::Scan::of(&mut command).found(), NOTHING);
}

#[test]
fn a_comment_that_silences_nothing_is_a_finding() {
    let elsewhere = commented(GOOD, "def remaining(");
    let other_rule = commented(&GOOD.replace("incompatible", "review"), "def find_path(");
    let string = copy()
        .replace("\"\"\"The fastest", &format!("\"\"\"{}. The fastest", GOOD.replace('"', "'")));
    for (text, expected) in [
        (elsewhere, &["suppression-unused", "license-incompatible"][..]),
        (other_rule, &["suppression-unused", "license-incompatible"]),
        (string, &["license-incompatible"]),
        (format!("def f():\n    # {GOOD}\n    return 1\n"), &["suppression-unused"]),
        (
            commented("birthmark: ignore", "def find_path("),
            &["suppression-unused", "license-incompatible"],
        ),
    ] {
        let repository = Repository::with(&[("routes.py", &text)]);
        let scan = repository.scan(&[]);
        let rules = scan.report["findings"].as_array().unwrap().iter();
        let rules: Vec<&str> = rules.map(|finding| finding["rule"].as_str().unwrap()).collect();
        assert_eq!(rules, expected, "{text}");
        assert_eq!(scan.code, 1);
    }
}

#[test]
fn a_comment_may_be_meant_for_a_laxer_threshold() {
    let repository = Repository::with(&[("routes.py", &commented(GOOD, "def find_path("))]);
    assert_eq!(repository.found(&["--threshold", "100000"]), NOTHING);
    let weak =
        "def f():\n    # birthmark: ignore[license-incompatible] reason=\"x\"\n    return 1\n";
    repository.write("routes.py", weak);
    assert_eq!(repository.found(&[]), ["routes.py"], "there never is anything to silence");
}

#[test]
fn in_a_change_only_the_comments_it_adds_are_told() {
    let unused = format!("def f():\n    # {GOOD}\n    return 1\n");
    let repository = Repository::with(&[("a.py", &unused)]);
    repository.stage("a.py", &format!("{unused}\n\ndef g():\n    return 2\n"));
    assert_eq!(repository.found(&["--staged"]), NOTHING);
    repository.stage("b.py", &unused);
    assert_eq!(repository.found(&["--staged"]), ["b.py"]);
}
