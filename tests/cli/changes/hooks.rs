//! Changes as hooks see them: run by git itself, with the variables and the index that git hands to
//! a hook.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{OWN, Repository, Scan, copy, git_in};

/// Makes birthmark a hook; its report goes beside the repository.
fn install(repository: &Repository, hook: &str, arguments: &str) {
    let hooks = repository.path().join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    let (index, out) = (repository.index(), repository.directory.path().join("out"));
    let script = format!(
        "#!/bin/sh\nexec {} scan {arguments} --license MIT --index '{}' > '{}' 2>&1\n",
        env!("CARGO_BIN_EXE_birthmark"),
        index.display(),
        out.display()
    );
    fs::write(hooks.join(hook), script).unwrap();
    fs::set_permissions(hooks.join(hook), fs::Permissions::from_mode(0o755)).unwrap();
}

fn said(repository: &Repository) -> String {
    fs::read_to_string(repository.directory.path().join("out")).unwrap_or_default()
}

/// What git says, where the hook may have stopped it.
fn passes(repository: &Repository, arguments: &[&str]) -> bool {
    repository.try_git(arguments).status.success()
}

#[test]
fn commits_are_stopped_by_what_they_would_hold() {
    let repository = Repository::with(&[("a.py", OWN), ("routes.py", OWN)]);
    install(&repository, "pre-commit", "--staged");
    repository.write("routes.py", &copy());
    assert!(
        passes(&repository, &["commit", "--allow-empty", "-m", "nothing is staged"]),
        "{}",
        said(&repository)
    );
    // git makes an index for these that is not the usual one.
    assert!(!passes(&repository, &["commit", "-a", "-m", "all"]), "{}", said(&repository));
    assert!(said(&repository).contains("license-incompatible"), "{}", said(&repository));
    assert!(!passes(&repository, &["commit", "-m", "by name", "routes.py"]));
    repository.write("a.py", &format!("{OWN}\n\n{OWN}"));
    assert!(
        passes(&repository, &["commit", "-m", "only the other", "a.py"]),
        "{}",
        said(&repository)
    );
    repository.git(&["add", "routes.py"]);
    assert!(!passes(&repository, &["commit", "-m", "staged"]));
    assert!(!passes(&repository, &["commit", "--amend", "--no-edit"]));
    assert_eq!(repository.git(&["rev-list", "--count", "HEAD"]), "3");
}

#[test]
fn commits_of_a_linked_work_tree_and_from_below() {
    let repository = Repository::with(&[("a.py", OWN), ("src/a.py", OWN)]);
    install(&repository, "pre-commit", "--staged");
    repository.git(&["worktree", "add", "--quiet", "-b", "side", "../linked"]);
    let linked = repository.directory.path().join("linked");
    fs::write(linked.join("src/routes.py"), copy()).unwrap();
    git_in(&linked, &["add", "--all"]);
    let below = linked.join("src");
    assert!(!git_in(&below, &["commit", "-m", "copy"]).status.success());
    assert!(said(&repository).contains("src/routes.py:57"), "{}", said(&repository));
    git_in(&linked, &["reset", "--quiet"]);
    assert!(
        git_in(&below, &["commit", "--allow-empty", "-m", "none"]).status.success(),
        "{}",
        said(&repository)
    );
}

#[test]
fn pushes_are_stopped_by_what_they_bring() {
    let repository = Repository::with(&[("a.py", OWN)]);
    repository.git(&["init", "--quiet", "--bare", "../remote.git"]);
    repository.git(&["remote", "add", "origin", "../remote.git"]);
    install(&repository, "pre-push", "--pre-push");
    assert!(passes(&repository, &["push", "--quiet", "origin", "main"]), "{}", said(&repository));
    assert!(said(&repository).contains("1 file, 2 lines"), "{}", said(&repository));

    // A new branch brings what no branch of the remote holds.
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository.write("b.py", OWN);
    repository.commit("own");
    assert!(passes(&repository, &["push", "--quiet", "origin", "side"]), "{}", said(&repository));
    assert!(said(&repository).contains("1 file, 2 lines"), "{}", said(&repository));

    // An update brings what comes after.
    repository.write("routes.py", &copy());
    repository.commit("copy");
    repository.write("c.py", OWN);
    repository.commit("on top");
    assert!(!passes(&repository, &["push", "--quiet", "origin", "side"]));
    assert!(said(&repository).contains("license-incompatible"), "{}", said(&repository));
    assert!(!passes(&repository, &["push", "--quiet", "origin", "side:refs/heads/new"]));
    assert!(!passes(&repository, &["push", "--quiet", "origin", "main", "side"]));

    // A history written anew, without the copy.
    repository.git(&["reset", "--quiet", "--hard", "main"]);
    repository.write("d.py", OWN);
    repository.commit("rewritten");
    assert!(
        passes(&repository, &["push", "--quiet", "--force", "origin", "side"]),
        "{}",
        said(&repository)
    );
    assert!(passes(&repository, &["push", "--quiet", "origin", ":side"]), "{}", said(&repository));
}

#[test]
fn pre_commit_works_out_the_range_itself() {
    let repository = Repository::with(&[("a.py", OWN)]);
    repository.write("routes.py", &copy());
    repository.commit("copy");
    let scan = |variables: &[(&str, &str)], input: &str| {
        let mut command = repository.birthmark(&repository.path());
        command
            .args(["--pre-push", "--format", "json"])
            .envs(variables.iter().copied())
            .write_stdin(input);
        Scan::of(&mut command)
    };
    let range =
        |from, to| [("PRE_COMMIT", "1"), ("PRE_COMMIT_FROM_REF", from), ("PRE_COMMIT_TO_REF", to)];
    assert_eq!(scan(&range("HEAD~1", "HEAD"), "").found(), ["routes.py"]);
    assert_eq!(scan(&range("HEAD", "HEAD"), "").found(), [""; 0]);
    // The first push of all: pre-commit names no range.
    assert_eq!(scan(&[("PRE_COMMIT", "1")], "").found(), ["routes.py"]);
    scan(&range("HEAD~1", "gone"), "").assert_refused("no commit \"gone\"");
    scan(&[], "origin main\n").assert_refused("is not what git gives a pre-push hook");
    assert_eq!(scan(&[], "").found(), [""; 0], "git says so where it pushes nothing");
}
