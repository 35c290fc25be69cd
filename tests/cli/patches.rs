//! `birthmark scan --patch`: changes that come as patches.

use super::changes::{OWN, Repository, Scan, copied_function};
use super::run;

/// A repository with a file of its own, and the patch that puts a copy into it.
fn patched() -> (Repository, String) {
    let repository = Repository::with(&[("src/own.py", OWN), ("notes.txt", "x\n")]);
    repository.write("src/own.py", &format!("{OWN}\n\n{}", copied_function()));
    let patch = repository.git(&["diff"]) + "\n";
    (repository, patch)
}

fn scan(repository: &Repository, patch: &str) -> Scan {
    let mut command = repository.birthmark(&repository.path());
    command.args(["--patch", "-", "--format", "json"]).write_stdin(patch);
    Scan::of(&mut command)
}

#[test]
fn what_a_patch_adds_is_judged_where_it_is_applied_and_where_it_is_not() {
    let (repository, patch) = patched();
    let lines = |scan: &Scan| scan.report["findings"][0]["region"].to_string();
    let applied = scan(&repository, &patch);
    assert_eq!((applied.code, applied.found()), (1, vec!["src/own.py".to_owned()]));
    assert_eq!(applied.report["findings"][0]["region"]["start_line"], 22);
    repository.git(&["checkout", "--quiet", "."]);
    let ahead = scan(&repository, &patch);
    assert_eq!(lines(&ahead), lines(&applied));
    assert_eq!(ahead.report["notes"].to_string(), "[]");
    // Where the file is another one, or none, there are only the lines of the patch.
    repository.write("src/own.py", "other = 1\n");
    let other = scan(&repository, &patch);
    assert_eq!(lines(&other), lines(&applied));
    assert!(other.report["notes"].to_string().contains("only the lines of the patch"));
    std::fs::remove_file(repository.path().join("src/own.py")).expect("removed");
    assert_eq!(lines(&scan(&repository, &patch)), lines(&applied));
    assert_eq!(other.report["provenance"]["change"], "the patch standard input");
}

#[test]
fn what_a_patch_keeps_or_moves_is_not_judged() {
    let (repository, _) = patched();
    repository.commit("copy");
    let file = format!("{OWN}\n\n{}", copied_function());
    repository.write("src/own.py", &format!("import os\n\n{file}"));
    let kept = repository.git(&["diff", "-U200"]) + "\n";
    assert_eq!(scan(&repository, &kept).code, 0);
    repository.write("src/own.py", OWN);
    repository.write("src/moved.py", &copied_function());
    repository.git(&["add", "--all"]);
    let moved = repository.git(&["diff", "--cached", "--no-renames"]) + "\n";
    assert_eq!(scan(&repository, &moved).code, 0);
}

#[test]
fn mails_and_plain_diffs_are_patches() {
    let (repository, patch) = patched();
    repository.commit("copy");
    let mail = repository.git(&["format-patch", "--stdout", "HEAD~1"]) + "\n";
    assert!(mail.starts_with("From "));
    assert_eq!(scan(&repository, &mail).found(), ["src/own.py"]);
    let plain: String = patch
        .lines()
        .filter(|line| !line.starts_with("diff --git") && !line.starts_with("index "))
        .map(|line| format!("{line}\n"))
        .collect();
    let plain = plain.replace("--- a/", "--- ").replace("+++ b/", "+++ ");
    assert_eq!(scan(&repository, &plain).found(), ["src/own.py"]);
    let windows = patch.replace('\n', "\r\n");
    assert_eq!(scan(&repository, &windows).found(), ["src/own.py"]);
    // From a folder of the repository, as git prints it.
    let mut command = repository.birthmark(&repository.path().join("src"));
    command.args(["--patch", "-", "--format", "json"]).write_stdin(patch);
    assert_eq!(Scan::of(&mut command).found(), ["../src/own.py"]);
}

#[test]
fn a_bad_patch_is_an_error_that_says_where() {
    let (repository, patch) = patched();
    let cut: String = patch.lines().take(9).map(|line| format!("{line}\n")).collect();
    for (patch, why) in [
        ("hello\n", "line 1: it holds no unified diff"),
        (cut.as_str(), "the hunk that begins on line 5 lacks"),
        ("--- a/x.py\n+++ b/x.py\n@@ what @@\n", "line 3: the head of a hunk is not understood"),
    ] {
        let mut command = repository.birthmark(&repository.path());
        let (code, _, err) = run(command.args(["--patch", "-"]).write_stdin(patch));
        assert_eq!(code, 2, "{err}");
        assert!(err.contains(why) && err.contains("git format-patch"), "{why}: {err}");
    }
    let empty = scan(&repository, "");
    assert_eq!(empty.code, 0);
    assert!(empty.report["notes"].to_string().contains("the patch is empty"), "{}", empty.report);
    let mut command = repository.birthmark(&repository.path());
    let (code, _, err) = run(command.args(["--patch", "no.patch"]));
    assert!(code == 2 && err.contains("cannot read the patch `no.patch`"), "{err}");
}

#[test]
fn a_patch_reads_nothing_outside_of_the_project() {
    let repository = Repository::with(&[("own.py", OWN)]);
    std::fs::write(repository.directory.path().join("secret.py"), copied_function())
        .expect("written");
    let hunk = "@@ -1,1 +1,2 @@\n def find_path(grid, start, goal):\n+    pass\n";
    for path in ["../secret.py", "x/../../secret.py"] {
        let patch = format!("--- a/{path}\n+++ b/{path}\n{hunk}");
        let scan = scan(&repository, &patch);
        assert_eq!(scan.found(), Vec::<String>::new(), "{path}");
    }
}
