//! `birthmark scan --staged`.

use std::fs;

use super::{OWN, Repository, copied_function, copy, git_in};

const NOTHING: [&str; 0] = [];

#[test]
fn a_script_without_an_extension_is_checked() {
    let repository = Repository::with(&[("a.py", OWN)]);
    repository.stage("bin/route", &format!("#!/usr/bin/env python3\n{}", copy()));
    repository.stage("bin/shell", "#!/bin/sh\n");
    assert_eq!(repository.found(&["--staged"]), ["bin/route"]);
    assert_eq!(repository.found(&[]), ["bin/route"]);
}

#[test]
fn a_staged_copy_is_found() {
    let repository = Repository::with(&[("a.py", OWN)]);
    assert_eq!(repository.found(&["--staged"]), NOTHING);
    repository.stage("routes.py", &copy());
    let scan = repository.scan(&["--staged"]);
    assert_eq!(scan.found(), ["routes.py"]);
    let finding = &scan.report["findings"][0];
    let lines = (&finding["added"][0]["start_line"], &finding["added"][0]["end_line"]);
    assert_eq!(
        lines,
        (&finding["region"]["start_line"], &finding["region"]["end_line"]),
        "{finding}"
    );
    assert_eq!(scan.report["provenance"]["change"], "what is staged");
}

#[test]
fn what_is_staged_counts_and_not_the_work_tree() {
    let repository = Repository::with(&[("a.py", OWN), ("b.py", OWN)]);
    repository.stage("a.py", &copy());
    repository.write("a.py", OWN);
    repository.write("b.py", &copy());
    assert_eq!(repository.found(&["--staged"]), ["a.py"]);
    // The other way round: a part of a file is staged, and the rest holds the copy.
    repository.git(&["reset", "--quiet", "--hard"]);
    repository.stage("a.py", &format!("{OWN}\n\ndef own():\n    return 1\n"));
    repository.write("a.py", &copy());
    assert_eq!(repository.found(&["--staged"]), NOTHING);
    // A file that is staged and gone from the work tree.
    repository.stage("c.py", &copy());
    fs::remove_file(repository.path().join("c.py")).unwrap();
    assert_eq!(repository.found(&["--staged"]), ["c.py"]);
}

#[test]
fn only_what_touches_an_added_line_is_found() {
    let repository = Repository::with(&[("routes.py", &copy())]);
    repository.stage("routes.py", &format!("# a comment\n{}\n\n{OWN}", copy()));
    assert_eq!(repository.found(&["--staged"]), NOTHING);
    let edited = copy().replace("leaves = now + delay\n", "leaves = now + delay + 1\n");
    assert_ne!(edited, copy());
    repository.stage("routes.py", &edited);
    let scan = repository.scan(&["--staged"]);
    assert_eq!(scan.found(), ["routes.py"]);
    assert_eq!(scan.report["findings"][0]["added"].as_array().unwrap().len(), 1);
}

/// One added line makes a whole function a finding: the match is sought in the whole file.
#[test]
fn the_whole_file_is_aligned() {
    let copy = copy();
    let without =
        copy.replace("    return None\n", "").replace("    while queue:\n", "    while False:\n");
    let repository = Repository::with(&[("routes.py", &without)]);
    repository.stage("routes.py", &copy);
    let scan = repository.scan(&["--staged"]);
    assert_eq!(scan.found(), ["routes.py"]);
    let region = &scan.report["findings"][0]["region"];
    assert!(
        region["end_line"].as_u64().unwrap() - region["start_line"].as_u64().unwrap() > 20,
        "{region}"
    );
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let repository = Repository::new();
    assert_eq!(repository.found(&["--staged"]), NOTHING);
    repository.stage("routes.py", &copy());
    assert_eq!(repository.found(&["--staged"]), ["routes.py"]);
}

#[test]
fn moved_code_is_not_new() {
    let repository = Repository::with(&[("routes.py", &copy()), ("b.py", OWN)]);
    repository.git(&["mv", "routes.py", "paths.py"]);
    assert_eq!(repository.found(&["--staged"]), NOTHING, "renamed");
    repository.git(&["reset", "--quiet", "--hard"]);

    let rest = copy().replace(&copied_function(), "");
    repository.stage("routes.py", &rest);
    repository.stage("b.py", &format!("{OWN}\n\n{}", copied_function()));
    assert_eq!(repository.found(&["--staged"]), NOTHING, "into another file");

    let method: String = copied_function().lines().map(|line| format!("    {line}\n")).collect();
    repository.stage("b.py", &format!("{OWN}\n\nclass Router:\n{method}"));
    assert_eq!(repository.found(&["--staged"]), NOTHING, "into a class");

    let reformatted =
        copied_function().replace(",\n    ", ", ").replace("(\n    ", "(").replace(" + ", "+");
    repository.stage("b.py", &format!("{OWN}\n\n{reformatted}"));
    assert_eq!(repository.found(&["--staged"]), NOTHING, "and formatted anew");

    repository.stage("c.py", &copied_function());
    assert_eq!(repository.found(&["--staged"]).len(), 1, "one copy more");
}

#[test]
fn a_second_copy_is_new() {
    let repository = Repository::with(&[("routes.py", &copy())]);
    repository.stage("b.py", &copy());
    assert_eq!(repository.found(&["--staged"]), ["b.py"]);
}

#[test]
fn deleted_files_are_not_looked_at() {
    let repository = Repository::with(&[("routes.py", &copy()), ("b.py", OWN)]);
    repository.git(&["rm", "--quiet", "routes.py"]);
    let scan = repository.scan(&["--staged"]);
    assert_eq!(scan.found(), NOTHING);
    assert_eq!(scan.report["summary"]["files_scanned"], 0);
}

#[test]
fn paths_limit_a_change_and_are_shown_from_where_one_stands() {
    let repository = Repository::with(&[("a.py", OWN)]);
    repository.stage("src/routes.py", &copy());
    repository.stage("other/routes.py", &copy());
    let source = repository.path().join("src");
    assert_eq!(repository.found(&["--staged", "src"]), ["src/routes.py"]);
    assert_eq!(repository.scan_in(&source, &["--staged", "."]).found(), ["routes.py"]);
    assert_eq!(
        repository.scan_in(&source, &["--staged"]).found(),
        ["../other/routes.py", "routes.py"]
    );
    repository.scan(&["--staged", "/etc"]).assert_refused("outside repository");
}

#[test]
fn excluded_files_stay_excluded() {
    let repository = Repository::with(&[("birthmark.toml", "exclude = [\"vendor\"]\n")]);
    repository.stage("vendor/deep/routes.py", &copy());
    assert_eq!(repository.found(&["--staged"]), NOTHING);
}

#[test]
fn linked_work_trees_have_an_index_of_their_own() {
    let repository = Repository::with(&[("a.py", OWN)]);
    repository.git(&["worktree", "add", "--quiet", "-b", "side", "../linked"]);
    let linked = repository.directory.path().join("linked");
    fs::write(linked.join("routes.py"), copy()).unwrap();
    assert!(git_in(&linked, &["add", "routes.py"]).status.success());
    assert_eq!(repository.scan_in(&linked, &["--staged"]).found(), ["routes.py"]);
    assert_eq!(repository.found(&["--staged"]), NOTHING);
}

#[test]
fn sparse_work_trees_hold_less_than_the_index() {
    let repository = Repository::with(&[("src/a.py", OWN), ("other/b.py", OWN)]);
    repository.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "src"]);
    assert!(!repository.path().join("other").exists());
    repository.stage("src/routes.py", &copy());
    // A file outside of the checkout can be staged all the same.
    let id = repository.git(&["rev-parse", ":src/routes.py"]);
    let entry = format!("100644,{id},other/routes.py");
    repository.git(&["update-index", "--add", "--cacheinfo", &entry]);
    assert_eq!(repository.found(&["--staged"]), ["other/routes.py", "src/routes.py"]);
}

#[test]
fn submodules_are_their_own_affair_and_said_so() {
    let library = Repository::with(&[("lib.py", &copy())]);
    let repository = Repository::with(&[("a.py", OWN)]);
    let source = library.path().display().to_string();
    repository.git(&["submodule", "--quiet", "add", &source, "lib"]);
    let scan = repository.scan(&["--staged"]);
    assert_eq!(scan.found(), NOTHING);
    assert_eq!(
        scan.notes(),
        [
            "info -: not checked: 1 file of another kind (1 without extension)",
            "info lib: not checked: a submodule, which is checked on its own"
        ]
    );
    // Inside of it, it is the repository.
    let inside = repository.path().join("lib");
    fs::write(inside.join("more.py"), copy()).unwrap();
    assert!(git_in(&inside, &["add", "more.py"]).status.success());
    assert_eq!(repository.scan_in(&inside, &["--staged"]).found(), ["more.py"]);
}

#[test]
fn an_unresolved_merge_is_no_pass() {
    let repository = Repository::with(&[("a.py", OWN)]);
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository.write("a.py", "def one():\n    return 1\n");
    repository.commit("side");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("a.py", "def two():\n    return 2\n");
    repository.commit("main");
    assert!(!repository.try_git(&["merge", "--quiet", "side"]).status.success());
    let scan = repository.scan(&["--staged"]);
    assert_eq!(scan.code, 2);
    assert_eq!(
        scan.notes(),
        ["failed a.py: not checked: it is not merged; resolve the conflict and stage it"]
    );
}

#[test]
fn links_and_changes_of_mode_are_no_code() {
    let repository = Repository::with(&[("routes.py", &copy())]);
    std::os::unix::fs::symlink("routes.py", repository.path().join("link.py")).unwrap();
    repository.git(&["add", "link.py"]);
    repository.git(&["update-index", "--chmod=+x", "routes.py"]);
    assert_eq!(repository.found(&["--staged"]), NOTHING);
    // A link that becomes a file is new.
    fs::remove_file(repository.path().join("link.py")).unwrap();
    repository.git(&["commit", "--quiet", "-m", "more"]);
    repository.stage("link.py", &copy());
    assert_eq!(repository.found(&["--staged"]), ["link.py"]);
}

#[test]
fn names_may_hold_anything() {
    let repository = Repository::new();
    let names =
        ["new\nline.py", "\u{1b}[31mred.py", " -x.py", "ü ✓.py", "a\tb\"c.py", ":(glob)*.py"];
    for name in names {
        repository.write(name, &copy());
    }
    use std::os::unix::ffi::OsStrExt;
    let broken = std::ffi::OsStr::from_bytes(b"broken\xff.py");
    repository.write(broken, &copy());
    repository.git(&["add", "--all"]);
    let mut found = repository.found(&["--staged"]);
    let mut expected: Vec<String> = names.map(str::to_owned).into();
    expected.push("broken\u{fffd}.py".to_owned());
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(repository.found(&["--staged", ":(glob)*.py"]), [":(glob)*.py"]);
    let mut command = repository.birthmark(&repository.path());
    let shown = String::from_utf8(command.arg("--staged").output().unwrap().stdout).unwrap();
    assert!(!shown.contains('\u{1b}') && shown.contains("\\n"), "{shown}");
}

#[test]
fn a_repository_runs_nothing() {
    let repository =
        Repository::with(&[("a.py", OWN), (".gitattributes", "*.py diff=evil filter=evil\n")]);
    repository.stage("routes.py", &copy());
    let planted = repository.directory.path().join("planted");
    let command = format!("touch {}; cat", planted.display());
    for key in [
        "core.fsmonitor",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.smudge",
        "filter.evil.process",
        "core.pager",
        "core.sshCommand",
        "interactive.diffFilter",
    ] {
        repository.git(&["config", key, &command]);
    }
    let hooks = repository.path().join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    fs::write(hooks.join("post-index-change"), format!("#!/bin/sh\n{command}\n")).unwrap();
    let before = fs::read(repository.path().join(".git/index")).unwrap();
    assert_eq!(repository.found(&["--staged"]), ["routes.py"]);
    assert!(!planted.exists(), "a command of the repository was run");
    assert_eq!(fs::read(repository.path().join(".git/index")).unwrap(), before);
}

#[test]
fn where_nothing_can_be_staged_nothing_passes() {
    let repository = Repository::with(&[("a.py", OWN)]);
    let outside = repository.directory.path();
    repository.scan_in(outside, &["--staged"]).assert_refused("there is no git work tree here");
    repository.git(&["clone", "--quiet", "--bare", ".", "../bare.git"]);
    repository
        .scan_in(&outside.join("bare.git"), &["--staged"])
        .assert_refused("this repository is bare");
    let scan = repository.scan(&["--staged", "--diff", "main..main"]);
    scan.assert_refused("cannot be used with");
    let mut command = repository.birthmark(&repository.path());
    let scan =
        super::Scan::of(command.args(["--staged", "--format", "json"]).env("PATH", "/nonexistent"));
    scan.assert_refused("git could not be started");
}
