//! `birthmark scan --diff`.

use super::{OWN, Repository, copied_function, copy};

const NOTHING: [&str; 0] = [];

/// A branch that adds own code, while main goes on and adds a copy.
fn parted() -> Repository {
    let repository = Repository::with(&[("a.py", OWN)]);
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository.write("b.py", OWN);
    repository.commit("side");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("routes.py", &copy());
    repository.commit("main");
    repository
}

#[test]
fn a_range_is_what_changes_from_one_commit_to_another() {
    let repository = parted();
    assert_eq!(repository.found(&["--diff", "HEAD~1..HEAD"]), ["routes.py"]);
    assert_eq!(repository.found(&["--diff", "HEAD~1.."]), ["routes.py"]);
    assert_eq!(repository.found(&["--diff", "HEAD..HEAD~1"]), NOTHING);
    // Seen from the side, main adds the copy; from where they parted, it is not the side's doing.
    assert_eq!(repository.found(&["--diff", "side..main"]), ["routes.py"]);
    assert_eq!(repository.found(&["--diff", "side...main"]), ["routes.py"]);
    assert_eq!(repository.found(&["--diff", "main...side"]), NOTHING);
    assert_eq!(repository.found(&["--diff", "HEAD~1..HEAD", "a.py"]), NOTHING);
}

#[test]
fn the_text_is_that_of_the_commit() {
    let repository = parted();
    repository.write("routes.py", OWN);
    repository.git(&["add", "--all"]);
    assert_eq!(repository.found(&["--diff", "HEAD~1..HEAD"]), ["routes.py"]);
    repository.git(&["checkout", "--quiet", "--force", "side"]);
    assert_eq!(repository.found(&["--diff", "side..main"]), ["routes.py"]);
}

#[test]
fn code_that_a_range_moves_is_not_new() {
    let repository = parted();
    let rest = copy().replace(&copied_function(), "");
    repository.write("routes.py", &rest);
    repository.write("paths.py", &copied_function());
    repository.commit("moved");
    assert_eq!(repository.found(&["--diff", "HEAD~1..HEAD"]), NOTHING);
    assert_eq!(repository.found(&["--diff", "HEAD~2..HEAD"]), ["paths.py"]);
}

#[test]
fn a_bare_repository_has_ranges() {
    let repository = parted();
    repository.git(&["clone", "--quiet", "--bare", ".", "../bare.git"]);
    let bare = repository.directory.path().join("bare.git");
    assert_eq!(repository.scan_in(&bare, &["--diff", "main~1..main"]).found(), ["routes.py"]);
}

#[test]
fn what_is_no_range_is_refused() {
    let repository = parted();
    for range in ["main", "..", "...", "a..b..c", ""] {
        repository.scan(&["--diff", range]).assert_refused("is no range of commits");
    }
    repository
        .scan(&["--diff", "main..gone"])
        .assert_refused("the repository has no commit \"gone\"");
    repository.scan(&["--diff=--output=x..HEAD"]).assert_refused("the repository has no commit");
    repository.git(&["checkout", "--quiet", "--orphan", "other"]);
    repository.commit("unrelated");
    repository.scan(&["--diff", "main...other"]).assert_refused("have no ancestor in common");
}

#[test]
fn a_text_that_is_not_in_the_clone_is_no_pass() {
    let repository = parted();
    let source = format!("file://{}", repository.path().display());
    repository.git(&["config", "uploadpack.allowFilter", "true"]);
    repository.git(&[
        "clone",
        "--quiet",
        "--filter=blob:none",
        "--no-checkout",
        &source,
        "../partial",
    ]);
    let partial = repository.directory.path().join("partial");
    let scan = repository.scan_in(&partial, &["--diff", "HEAD~1..HEAD"]);
    assert_eq!(scan.code, 2, "{scan:?}");
    assert_eq!(
        scan.notes(),
        ["failed routes.py: not checked: its text is not in this clone; fetch it with git"]
    );
}
