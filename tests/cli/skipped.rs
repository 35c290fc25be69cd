//! Files that are hard to check: they are checked all the same, or the run says that they were not.

use std::fs;

use super::changes::{OWN, Repository, Scan, copy};
use super::{birthmark, project, run};

/// A copy, and what once kept it from being looked at.
fn hindered() -> Vec<(&'static str, String)> {
    let copy = copy();
    vec![
        ("the words of a generator", format!("# @generated\n{copy}")),
        ("a long line", format!("DATA = [{}]\n{copy}", "17, ".repeat(50_000))),
        ("a megabyte before it", format!("{}{copy}", "# padding\n".repeat(150_000))),
        ("a megabyte behind it", format!("{copy}\n{}", OWN.repeat(25_000))),
    ]
}

#[test]
fn what_once_hid_a_copy_in_a_change_hides_it_no_more() {
    for (what, text) in hindered() {
        let repository = Repository::with(&[("own.py", OWN)]);
        repository.write("routes.py", &text);
        repository.commit("copy");
        assert_eq!(repository.found(&["--diff", "HEAD~1..HEAD"]), ["routes.py"], "{what}");
        let tree = repository.scan(&["."]);
        match what {
            "the words of a generator" => assert_eq!(tree.code, 0),
            _ => assert_eq!(tree.found(), ["routes.py"], "{what}"),
        }
        assert_eq!(repository.found(&["routes.py"]), ["routes.py"], "{what}, named");
    }
}

#[test]
fn a_copy_of_a_large_file_is_found_at_its_lines() {
    let repository = Repository::with(&[("own.py", OWN)]);
    let padding = "def pad(x):\n    return x\n\n\n".repeat(50_000);
    repository.write("routes.py", &format!("{padding}{}", copy()));
    let scan = repository.scan(&["routes.py"]);
    assert_eq!(scan.found(), ["routes.py"]);
    let region = &scan.report["findings"][0]["region"];
    repository.write("routes.py", &copy());
    let alone = repository.scan(&["routes.py"]).report["findings"][0]["region"].clone();
    let line = |region: &serde_json::Value, end: &str| region[end].as_u64().expect("a line");
    for end in ["start_line", "end_line"] {
        assert_eq!(line(region, end), line(&alone, end) + 200_000, "{end}");
    }
}

/// What cannot be checked at all.
fn unreadable() -> Vec<(&'static str, Vec<u8>)> {
    let copy = copy();
    vec![
        ("it holds NUL bytes and looks binary", format!("# \0\n{copy}").into_bytes()),
        ("it is UTF-32", [&[0xFF, 0xFE, 0, 0], copy.as_bytes()].concat()),
        (
            "bytes are more than the limit of 8388608",
            format!("{copy}{}", "#\n".repeat(5 << 20)).into_bytes(),
        ),
    ]
}

#[test]
fn a_change_fails_if_a_file_of_it_is_not_checked() {
    for (why, text) in unreadable() {
        let repository = Repository::with(&[("own.py", OWN)]);
        fs::write(repository.path().join("routes.py"), text).expect("written");
        repository.commit("copy");
        let of = |arguments: &[&str]| {
            let scan = repository.scan(arguments);
            let notes = scan.notes().join("\n");
            assert!(notes.contains("routes.py: not checked: ") && notes.contains(why), "{notes}");
            (scan.code, notes.split(' ').next().expect("a kind").to_owned())
        };
        let status = |code, kind: &str| (code, kind.to_owned());
        let change = ["--diff", "HEAD~1..HEAD"];
        assert_eq!(of(&change), status(2, "failed"), "{why}");
        assert_eq!(
            of(&[&change[..], &["--fail-on-skipped=never"]].concat()),
            status(0, "skipped"),
            "{why}"
        );
        assert_eq!(of(&["."]), status(0, "skipped"), "{why}");
        assert_eq!(of(&[".", "--fail-on-skipped"]), status(2, "failed"), "{why}");
        assert_eq!(of(&[".", "--fail-on-skipped=change"]), status(0, "skipped"), "{why}");
        repository.write("birthmark.toml", "fail-on-skipped = 'never'\n");
        assert_eq!(of(&change).0, 0, "{why}");
        repository.write("birthmark.toml", "fail-on-skipped = 'always'\n");
        assert_eq!(of(&["."]).0, 2, "{why}");
    }
}

#[test]
fn lines_that_the_parser_gives_up_are_named_and_the_rest_is_checked() {
    let repository = Repository::with(&[("own.py", OWN)]);
    let text = format!("{}# {}\n{}", copy(), "\u{1}".repeat(3_000), OWN.repeat(20));
    repository.write("routes.py", &text);
    repository.commit("copy");
    let scan = repository.scan(&["--diff", "HEAD~1..HEAD"]);
    assert_eq!(scan.code, 2, "{scan:?}");
    assert_eq!(scan.report["findings"].as_array().expect("findings").len(), 1);
    let notes = scan.notes().join("\n");
    assert!(notes.contains("failed routes.py: not checked: the parser gave up on line"), "{notes}");
    // In a later change that does not touch those lines nothing is missing.
    repository.write("routes.py", &format!("{text}\nX = 1\n"));
    repository.commit("more");
    let later = repository.scan(&["--diff", "HEAD~1..HEAD"]);
    assert_eq!(
        (later.code, later.report["summary"]["files_failed"].as_u64()),
        (0, Some(0)),
        "{later:?}"
    );
}

#[test]
fn every_format_names_what_was_not_checked() {
    let repository = Repository::with(&[("own.py", OWN)]);
    fs::write(repository.path().join("binary.py"), b"x = 1\0\n").expect("written");
    repository.commit("binary");
    for arguments in [&["."][..], &["--diff", "HEAD~1..HEAD"]] {
        for format in [
            "text",
            "json",
            "jsonl",
            "sarif",
            "github",
            "gitlab",
            "markdown",
            "html",
            "cyclonedx",
            "spdx",
        ] {
            let mut command = repository.birthmark(&repository.path());
            let (_, out, err) = run(command.args(arguments).args(["--format", format]));
            assert!(
                out.contains("binary.py") && out.contains("looks binary"),
                "{format}: {out}{err}"
            );
            assert!(!out.contains("othing found that needs attention"), "{format}: {out}");
        }
    }
    let sarif = |arguments: &[&str]| {
        let mut command = repository.birthmark(&repository.path());
        let scan = Scan::of(command.args(arguments).args(["--format", "sarif"]));
        let invocation = &scan.report["runs"][0]["invocations"][0];
        let level = &invocation["toolExecutionNotifications"][0]["level"];
        (invocation["executionSuccessful"].clone(), level.clone())
    };
    assert_eq!(sarif(&["."]), (true.into(), "warning".into()));
    assert_eq!(sarif(&["--diff", "HEAD~1..HEAD"]), (false.into(), "error".into()));
}

#[test]
fn a_run_that_checks_nothing_is_not_clean() {
    let project = project(&[
        ("README.md", "x"),
        ("binary.py", "\0"),
        ("none/a.txt", "x"),
        ("all/birthmark.toml", "exclude = ['**']\n"),
        ("all/a.py", OWN),
        ("list", "README.md\n"),
    ]);
    let scan = |arguments: &[&str], input: &'static str| {
        let mut command = birthmark(project.path());
        let (code, out, err) = run(command.arg("scan").args(arguments).write_stdin(input));
        (code, format!("{out}{err}"))
    };
    for (arguments, input, code, told) in [
        (
            &["README.md"][..],
            "",
            2,
            "README.md: not checked: a page of prose; pass --markdown to check its blocks of code",
        ),
        (&["binary.py"], "", 2, "binary.py: not checked: it holds NUL bytes"),
        (&["--stdin", "--path", "x.py"], "\0", 2, "x.py: not checked: it holds NUL bytes"),
        (&["all"], "", 2, "the configuration excludes all of it"),
        (&["none"], "", 0, "warning: nothing was checked: there is no file here in a language"),
        (&["--files-from", "list"], "", 0, "warning: nothing was checked"),
        (&["README.md", "all/a.py"], "", 0, "checked  1 file,"),
    ] {
        let (status, said) = scan(arguments, input);
        assert!(status == code && said.contains(told), "{arguments:?}: {status}\n{said}");
    }
}
