//! Changes of strangers: what a change brings along does not decide about it.

use std::fs;

use serde_json::{Value, json};

use super::birthmark;
use super::changes::{OWN, Repository, Scan, copy};

const CONFIG: &str = "license = 'MIT'\nindex = ['../index']\n";

/// A project with a policy, in its first commit.
fn project() -> Repository {
    Repository::with(&[("own.py", OWN), ("birthmark.toml", CONFIG)])
}

fn scan(repository: &Repository, arguments: &[&str]) -> Scan {
    let mut command = birthmark(&repository.path());
    Scan::of(command.args(["scan", "--format", "json", "--no-cache"]).args(arguments))
}

fn run(repository: &Repository, arguments: &[&str]) {
    let mut command = birthmark(&repository.path());
    let git = ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"];
    git.iter().for_each(|name| _ = command.env(name, "Ada ada@example.org"));
    let output = command.args(arguments).output().expect("it runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The rules of the findings, by path.
fn rules(scan: &Scan) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let findings =
        scan.report["findings"].as_array().unwrap_or_else(|| panic!("no report: {scan:?}"));
    findings.iter().map(|finding| (text(&finding["path"]), text(&finding["rule"]))).collect()
}

fn has(scan: &Scan, path: &str, rule: &str) -> bool {
    rules(scan).contains(&(path.to_owned(), rule.to_owned()))
}

/// What a change brings along with a copy so that the copy is not reported, the file with the copy,
/// and what else the change touches that decides.
struct Bypass {
    what: &'static str,
    copy: &'static str,
    touched: &'static str,
    /// Whether it works in a difference, beside in a tree.
    in_change: bool,
    bring: fn(&Repository),
}

fn config(repository: &Repository, more: &str) {
    repository.write("birthmark.toml", &format!("{CONFIG}{more}"));
}

fn bypasses() -> Vec<Bypass> {
    let by_config = |what, bring| Bypass {
        what,
        copy: "routes.py",
        touched: "birthmark.toml",
        in_change: true,
        bring,
    };
    let beside =
        |what, touched, bring| Bypass { what, copy: "routes.py", touched, in_change: true, bring };
    let in_tree =
        |what, copy, touched, bring| Bypass { what, copy, touched, in_change: false, bring };
    vec![
        by_config("exclude", |it| config(it, "exclude = ['routes.py']\n")),
        by_config("fail-on", |it| config(it, "fail-on = 'never'\n")),
        by_config("severity", |it| config(it, "[severity]\nlicense-incompatible = 'info'\n")),
        by_config("threshold", |it| config(it, "threshold = 100000\n")),
        by_config("owned", |it| config(it, "owned = ['pkg:generic/gridroute']\n")),
        by_config("exceptions", |it| {
            config(it, "[[exceptions]]\npath = 'routes.py'\nreason = 'mine'\n")
        }),
        by_config("license", |it| {
            it.write("birthmark.toml", "license = 'GPL-3.0-or-later'\nindex = ['../index']\n");
        }),
        by_config("index", |it| {
            it.write("birthmark.toml", "license = 'MIT'\nindex = ['starter']\n")
        }),
        by_config("another configuration", |it| {
            fs::remove_file(it.path().join("birthmark.toml")).expect("removed");
            it.write(
                "pyproject.toml",
                "[tool.birthmark]\nfail-on = 'never'\nindex = ['../index']\n",
            );
        }),
        by_config("idioms", |it| {
            config(it, "idioms = ['.birthmark/idioms']\n");
            run(it, &["idiom", "add", "routes.py"]);
        }),
        beside("baseline", ".birthmark/baseline.json", |it| run(it, &["baseline", "create"])),
        beside("a comment", "routes.py", |it| {
            let comment = "# birthmark: ignore[license-incompatible] reason=\"mine\"\n";
            it.write(
                "routes.py",
                &copy().replace("def find_path(", &format!("{comment}def find_path(")),
            );
        }),
        beside("REUSE.toml", "REUSE.toml", |it| {
            it.write(
                "REUSE.toml",
                "version = 1\n[[annotations]]\npath = '**'\nprecedence = 'override'\n\
                 SPDX-License-Identifier = 'GPL-3.0-or-later'\n",
            );
        }),
        beside("a header", "", |it| {
            it.write(
                "routes.py",
                &format!("# SPDX-License-Identifier: GPL-3.0-or-later\n{}", copy()),
            );
        }),
        in_tree(".ignore", "routes.py", ".ignore", |it| it.write(".ignore", "routes.py\n")),
        in_tree(".gitignore", "routes.py", ".gitignore", |it| {
            it.write(".gitignore", "routes.py\n");
            it.git(&["add", "--force", "routes.py"]);
        }),
        in_tree("a hidden folder", ".hidden/routes.py", "", |it| {
            fs::remove_file(it.path().join("routes.py")).expect("removed");
            it.write(".hidden/routes.py", &copy());
        }),
    ]
}

#[test]
fn what_a_change_brings_along_does_not_decide_about_it() {
    for Bypass { what, copy: path, touched, in_change, bring } in bypasses() {
        let repository = project();
        repository.write("routes.py", &copy());
        bring(&repository);
        repository.commit("copy");
        let change = ["--diff", "HEAD~1..HEAD"];
        for arguments in [&change[..], &["."]] {
            let is_change = arguments.len() > 1;
            if in_change || !is_change {
                let trusting = scan(&repository, arguments);
                // A header that the project may not hold is a finding of its own.
                let told = has(&trusting, path, "declared-incompatible");
                assert_eq!(told, what == "a header", "{what}, {arguments:?}: {trusting:?}");
                assert_eq!(trusting.code, i32::from(told), "{what}, {arguments:?}: {trusting:?}");
            }
            let careful = scan(&repository, &[arguments, &["--policy-from", "HEAD~1"]].concat());
            assert_eq!(careful.code, 1, "{what}, {arguments:?}: {careful:?}");
            assert!(
                has(&careful, path, "license-incompatible"),
                "{what}, {arguments:?}: {:?}",
                rules(&careful)
            );
            if is_change && !touched.is_empty() {
                assert!(has(&careful, touched, "policy-changed"), "{what}: {:?}", rules(&careful));
            }
        }
    }
}

#[test]
fn the_policy_of_the_commit_decides() {
    let repository = project();
    repository.write("routes.py", &copy());
    repository.write(".ignore", "left/\n");
    repository.write("left/routes.py", &copy());
    repository.commit("with a copy");
    run(&repository, &["baseline", "create", "routes.py"]);
    repository.commit("baseline");
    // What is there is known, and another copy is not.
    assert_eq!(scan(&repository, &[".", "--policy-from", "HEAD"]).code, 0);
    repository.write("again.py", &copy());
    repository.write(".birthmark/baseline.json", "{\"baseline_version\": 1, \"findings\": []}\n");
    repository.commit("another");
    let careful = scan(&repository, &[".", "--policy-from", "HEAD~1"]);
    assert_eq!(
        (careful.code, careful.report["findings"].as_array().expect("findings").len()),
        (1, 1)
    );
    assert_eq!(scan(&repository, &["."]).report["findings"].as_array().expect("findings").len(), 2);
}

#[test]
fn a_comment_that_was_there_silences_and_no_other() {
    let repository = project();
    let silenced = copy().replace(
        "def find_path(",
        "# birthmark: ignore[license-incompatible] reason=\"settled\"\ndef find_path(",
    );
    repository.write("routes.py", &silenced);
    repository.commit("settled");
    repository.write("routes.py", &format!("{silenced}\n\nX = 1\n"));
    repository.commit("more");
    let of = |arguments: &[&str]| scan(&repository, arguments).code;
    assert_eq!(of(&[".", "--policy-from", "HEAD~1"]), 0);
    assert_eq!(of(&[".", "--no-suppressions"]), 1);
    // The comment does not go along to another file.
    repository.write("other.py", &silenced);
    repository.commit("copied");
    let careful = scan(&repository, &[".", "--policy-from", "HEAD~1"]);
    assert!(has(&careful, "other.py", "license-incompatible"), "{:?}", rules(&careful));
    assert!(!has(&careful, "routes.py", "license-incompatible"), "{:?}", rules(&careful));
}

#[test]
fn a_policy_may_stand_in_a_file_outside() {
    let repository = project();
    let policy = repository.directory.path().join("policy.toml");
    fs::write(&policy, "license = 'MIT'\nindex = ['index']\nexclude = ['vendor']\n")
        .expect("written");
    let policy = policy.to_str().expect("UTF-8");
    for bypass in bypasses() {
        repository.git(&["checkout", "--quiet", "--force", "-B", "change", "main"]);
        repository.write("routes.py", &copy());
        (bypass.bring)(&repository);
        repository.commit("copy");
        // What a file says of its own licence holds here.
        if ["a header", "REUSE.toml"].contains(&bypass.what) {
            continue;
        }
        let careful = scan(&repository, &[".", "--policy-from", policy]);
        let what = bypass.what;
        assert!(
            has(&careful, bypass.copy, "license-incompatible"),
            "{what}: {:?}",
            rules(&careful)
        );
        assert_eq!(careful.code, 1, "{what}");
    }
    // Its globs speak of the project.
    repository.git(&["checkout", "--quiet", "--force", "-B", "change", "main"]);
    repository.write("vendor/routes.py", &copy());
    assert_eq!(scan(&repository, &[".", "--policy-from", policy]).code, 0);
}

#[test]
fn a_policy_that_is_not_there_is_refused() {
    let repository = project();
    // A file that the change brings is not taken for a commit, nor the other way round.
    repository.write("main", "fail-on = 'never'\n");
    repository.write("routes.py", &copy());
    repository.commit("copy");
    assert_eq!(scan(&repository, &[".", "--policy-from", "main~1"]).code, 1);
    repository.write("missing", "fail-on = 'never'\n");
    scan(&repository, &[".", "--policy-from", "missing"]).assert_refused("no commit \"missing\"");
    scan(&repository, &[".", "--policy-from", "missing.toml"]).assert_refused("missing.toml");
    let mut command = birthmark(repository.directory.path());
    let outside =
        Scan::of(command.args(["scan", "work", "--format", "json", "--policy-from", "main"]));
    outside.assert_refused("no commit \"main\"");
}

#[test]
fn an_index_of_the_project_is_that_of_the_commit() {
    let repository = Repository::with(&[("own.py", OWN)]);
    let mut copying = std::process::Command::new("cp");
    copying.arg("-r").arg(repository.index()).arg(repository.path().join("known"));
    assert!(copying.status().expect("cp runs").success());
    repository.write("birthmark.toml", "license = 'MIT'\nindex = ['known']\n");
    repository.commit("index");
    repository.write("routes.py", &copy());
    run(&repository, &["index", "remove", "pkg:generic/gridroute", "--index", "known"]);
    repository.commit("copy");
    assert_eq!(scan(&repository, &["."]).code, 0);
    let careful = scan(&repository, &[".", "--policy-from", "HEAD~1"]);
    assert_eq!(careful.code, 1, "{careful:?}");
    assert_eq!(careful.report["provenance"]["indexes"][0]["name"], "known");
}

#[test]
fn decisions_and_hidden_files_can_be_disregarded() {
    let repository = project();
    repository.write("routes.py", &copy());
    repository.write(".gitignore", "gone.py\n");
    repository.write("gone.py", &copy());
    let found = scan(&repository, &["."]);
    let id = found.report["findings"][0]["match"].as_str().expect("an id").to_owned();
    repository.git(&["config", "user.name", "Ada"]);
    repository.git(&["config", "user.email", "ada@example.org"]);
    run(&repository, &["accept", &id, "--reason", "mine"]);
    assert_eq!(scan(&repository, &["."]).code, 0);
    assert!(has(&scan(&repository, &[".", "--no-accepted"]), "routes.py", "license-incompatible"));
    assert!(has(&scan(&repository, &[".", "--no-ignore"]), "gone.py", "license-incompatible"));
    // A decision of the change does not count either.
    repository.commit("accepted");
    let careful = scan(&repository, &["--diff", "HEAD~1..HEAD", "--policy-from", "HEAD~1"]);
    assert!(has(&careful, "routes.py", "license-incompatible"), "{:?}", rules(&careful));
    let touched = rules(&careful).into_iter().filter(|(_, rule)| rule == "policy-changed");
    assert!(touched.map(|(path, _)| path).any(|path| path.starts_with(".birthmark/references/")));
}

#[test]
fn the_matrix_of_licences_is_not_from_the_repository() {
    let repository = project();
    repository.write("matrix.json", r#"{"timestamp": "2026-10-01T10:00:00+0000", "licenses": [{"name": "MIT", "compatibilities": [{"name": "MIT", "compatibility": "Same"}]}]}"#);
    let outside = repository.path().parent().expect("above").join("matrix.json");
    fs::copy(repository.path().join("matrix.json"), &outside).expect("copied");
    let scan = |file: &str| {
        let mut command = birthmark(&repository.path());
        let arguments = ["scan", "--policy-from", "HEAD", "--no-cache", "--license-matrix", file];
        super::run(command.args(arguments))
    };
    let (code, _, err) = scan("matrix.json");
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("with --policy-from name a file outside of it"), "{err}");
    let (code, _, err) = scan("../matrix.json");
    assert_eq!(code, 0, "{err}");
}

/// What a change states of licences does not excuse it, where the policy is a file too.
#[test]
fn licences_are_those_of_before_the_change() {
    type Statement = (&'static str, fn(&Repository));
    let stated: [Statement; 3] = [
        ("a header", |it| {
            let header = "# SPDX-License-Identifier: GPL-3.0-or-later\n";
            it.write("routes.py", &format!("{header}{}", copy()));
        }),
        ("a side file", |it| {
            let text = "SPDX-License-Identifier: GPL-3.0-or-later\n";
            it.write("routes.py.license", text);
        }),
        ("REUSE.toml", |it| {
            it.write(
                "REUSE.toml",
                "version = 1\n[[annotations]]\npath = '**'\nprecedence = 'override'\n\
                 SPDX-License-Identifier = 'GPL-3.0-or-later'\n",
            );
        }),
    ];
    for (what, state) in stated {
        let manifest = "[project]\nname = 'x'\nlicense = 'MIT'\n";
        let repository = Repository::with(&[("own.py", OWN), ("pyproject.toml", manifest)]);
        let outside = tempfile::tempdir().expect("a temporary directory");
        let policy = outside.path().join("policy.toml");
        fs::write(&policy, format!("index = ['{}']\n", repository.index().display()))
            .expect("written");
        let policy = policy.display().to_string();
        repository.write("routes.py", &copy());
        state(&repository);
        repository.commit("copy");
        for from in [policy.as_str(), "HEAD~1"] {
            let index = repository.index().display().to_string();
            let scan = scan(
                &repository,
                &["--diff", "HEAD~1..HEAD", "--policy-from", from, "--index", &index],
            );
            assert!(has(&scan, "routes.py", "license-incompatible"), "{what}, {from}: {scan:?}");
            if what == "a header" {
                let findings = scan.report["findings"].as_array().expect("a list");
                let changed = findings.iter().find(|it| it["rule"] == "policy-changed");
                let changed = changed.unwrap_or_else(|| panic!("{from}: {findings:?}"));
                assert_eq!(
                    (&changed["path"], &changed["severity"]),
                    (&json!("routes.py"), &json!("warning"))
                );
                let message = changed["message"].as_str().expect("a message");
                assert!(message.contains("states GPL-3.0-or-later in the header"), "{message}");
            }
        }
        // Of a tree nobody knows what it was.
        let tree = scan(&repository, &[".", "--policy-from", &policy]);
        let notes = tree.report["notes"].to_string();
        assert!(notes.contains("nothing says what they stated before"), "{what}: {notes}");
    }
}

/// A new file often has the header of all the others.
#[test]
fn a_header_that_changes_no_licence_is_no_change_of_the_policy() {
    let manifest = "[project]\nname = 'x'\nlicense = 'MIT'\n";
    let repository = Repository::with(&[("pyproject.toml", manifest)]);
    for (license, expected) in [("MIT", 0), ("ISC", 1)] {
        repository.write("new.py", &format!("# SPDX-License-Identifier: {license}\n{OWN}"));
        repository.commit(license);
        let scan = scan(&repository, &["--diff", "HEAD~1..HEAD", "--policy-from", "HEAD~1"]);
        let rules = rules(&scan);
        let changed = rules.iter().filter(|(_, rule)| rule == "policy-changed").count();
        assert_eq!(changed, expected, "{license}: {rules:?}");
    }
}
