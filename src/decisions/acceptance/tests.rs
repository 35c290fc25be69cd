use super::*;
use crate::judgement::finding::{Acceptance, Rule};
use crate::text::span::LineRange;

fn entry(path: &str, reason: &str) -> Entry {
    Entry {
        finding: "fe41f28b00000000".to_owned(),
        rule: Rule::LicenseReview,
        path: path.to_owned(),
        lines: LineRange { first: 3, last: 9 },
        decision: Acceptance {
            by: "Ada Example <ada@example.org>".to_owned(),
            at: "2026-11-23T08:00:00Z".to_owned(),
            reason: reason.to_owned(),
        },
        bits: 173.4,
        license: "MIT".to_owned(),
        owners: vec![EntryOwner {
            purl: "pkg:pypi/six@1.17.0".to_owned(),
            license: String::new(),
            path: "six.py".to_owned(),
            lines: LineRange { first: 1, last: 2 },
        }],
        indexes: vec![("starter".to_owned(), "ab".repeat(32))],
        copies: vec![("src/b.py".to_owned(), LineRange { first: 1, last: 7 })],
    }
}

#[test]
fn decisions_are_written_and_read_again() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut log = AcceptanceLog::read(directory.path()).expect("an empty log");
    assert!(log.entries().is_empty());
    let reasons = ["a letter", "two\nlines with \"quotes\" and '''", "\u{1b}[31m\u{202e}hostile"];
    for reason in reasons {
        log.add(entry("src/a.py", reason)).expect("written");
    }
    let again = AcceptanceLog::read(directory.path()).expect("read");
    let mut read: Vec<&str> =
        again.entries().iter().map(|it| it.entry.decision.reason.as_str()).collect();
    let mut written = reasons.to_vec();
    read.sort_unstable();
    written.sort_unstable();
    assert_eq!(read, written);
    let whole =
        again.entries().iter().find(|it| it.entry.decision.reason == "a letter").expect("there");
    assert_eq!(whole.entry, entry("src/a.py", "a letter"));
}

#[test]
fn what_is_no_decision_is_an_error_with_a_place() {
    let sound = entry("a.py", "why").to_toml();
    let cases = [
        ("format = 1", "format = 2", "a decision of format 2", "format"),
        ("license-review", "license-revue", "`license-revue` is no rule", "license-revue"),
        ("reason = ", "raeson = ", "unknown field `raeson`", "raeson"),
        ("path = \"a.py\"", "path = 3", "invalid type", "3"),
        ("first-line = 3", "first-line = -3", "", "-3"),
        ("finding", "= finding", "", ""),
    ];
    for (from, to, title, at) in cases {
        let text = sound.replacen(from, to, 1);
        let problem = Entry::parse(&text).expect_err(to);
        assert!(problem.title.contains(title), "{to}: {}", problem.title);
        if !at.is_empty() {
            assert_eq!(&text[problem.span.clone()], at, "{to}");
        }
    }
}

#[test]
fn paths_are_those_from_the_log() {
    let log = AcceptanceLog { root: PathBuf::from("."), entries: Vec::new() };
    assert_eq!(log.path_of("src/a.py"), "src/a.py");
    let absolute = std::env::current_dir().expect("a directory").join("src/../b.py");
    assert_eq!(log.path_of(&absolute.display().to_string()), "b.py");
    assert_eq!(log.path_of("/elsewhere/b.py"), "/elsewhere/b.py");
}
