//! `birthmark baseline`, and scans with one.

use std::fs;
use std::path::Path;

use super::changes::{OWN, Repository, copied_function, copy};
use super::{birthmark, run};

const NOTHING: [&str; 0] = [];

fn baseline(repository: &Repository, arguments: &[&str]) -> (i32, String, String) {
    let mut command = birthmark(&repository.path());
    command
        .arg("baseline")
        .args(arguments)
        .args(["--license", "MIT", "--index"])
        .arg(repository.index());
    run(&mut command)
}

/// A repository whose only copy is in the baseline.
fn recorded() -> Repository {
    let repository = Repository::with(&[("routes.py", &copy()), ("b.py", OWN)]);
    let (code, out, err) = baseline(&repository, &["create"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(
        out,
        "recorded 1 finding in .birthmark/baseline.json; 1 of code that the licence does not allow, which a warning in every scan will count\n"
    );
    repository.commit("baseline");
    repository
}

/// The copy as a formatter of another taste would write it.
fn reformatted() -> String {
    let joined =
        copied_function().replace(",\n    ", ", ").replace("(\n    ", "(").replace(",\n)", ")");
    copy().replace(&copied_function(), &joined.replace(" + ", "+").replace("    ", "  "))
}

#[test]
fn what_is_recorded_is_not_reported() {
    let repository = recorded();
    let scan = repository.scan(&[]);
    assert_eq!(scan.found(), NOTHING);
    assert_eq!(scan.report["silenced"][0]["by"], "baseline");
    assert_eq!(repository.found(&["--no-baseline"]), ["routes.py"]);
    assert_eq!(repository.found(&["--no-config"]), ["routes.py"]);
    assert_eq!(
        repository.scan_in(&repository.path().join(".git"), &[".."]).found(),
        NOTHING,
        "from elsewhere"
    );
    assert_eq!(repository.found(&["routes.py"]), NOTHING);
}

#[test]
fn code_that_the_licence_forbids_is_not_silenced_quietly() {
    let repository = recorded();
    let scan = repository.scan(&[]);
    assert_eq!(scan.found(), NOTHING);
    let notes = scan.report["notes"].to_string();
    assert!(
        notes.contains("the baseline silences 1 finding of code that the licence does not allow, without a reason"),
        "{notes}"
    );
    // Formats that list findings warn; bills of materials list the code itself.
    for format in
        ["text", "json", "jsonl", "sarif", "github", "gitlab", "markdown", "html", "csv", "junit"]
    {
        let mut command = repository.birthmark(&repository.path());
        let (code, out, err) = run(command.args(["--format", format]));
        assert_eq!(code, 0, "{format}: {err}");
        assert!(out.contains("silences 1 finding of"), "{format}: {out}");
    }
    for format in ["spdx", "spdx3", "cyclonedx", "cyclonedx-1.6"] {
        let mut command = repository.birthmark(&repository.path());
        let (_, out, _) = run(command.args(["--format", format]));
        assert!(out.contains("pkg:generic/gridroute"), "{format}: {out}");
    }
}

#[test]
fn it_survives_moves_renames_rebases_and_formatting() {
    let repository = recorded();
    repository.git(&["mv", "routes.py", "deep.py"]);
    assert_eq!(repository.found(&[]), NOTHING, "renamed");
    assert_eq!(repository.found(&["deep.py"]), NOTHING, "renamed, and scanned alone");
    repository.git(&["reset", "--quiet", "--hard"]);

    repository.write("routes.py", &copy().replace(&copied_function(), ""));
    repository.write("sub/paths.py", &format!("{OWN}\n\n{}", copied_function()));
    assert_eq!(repository.found(&[]), NOTHING, "moved into another file");
    repository.git(&["clean", "--quiet", "-fd"]);

    repository.write("routes.py", &reformatted());
    assert_eq!(repository.found(&[]), NOTHING, "formatted anew");
    repository.write("routes.py", &format!("{OWN}\n\n{}", copy()));
    assert_eq!(repository.found(&[]), NOTHING, "pushed down");

    // Somebody else's commit comes in between.
    repository.git(&["checkout", "--quiet", "-b", "side", "HEAD~1"]);
    repository.git(&["restore", "--source=main", "b.py", "routes.py"]);
    repository.write("routes.py", &format!("# theirs\nimport os\n{}", copy()));
    repository.commit("theirs");
    repository.git(&["checkout", "--quiet", "--force", "main"]);
    repository.git(&["rebase", "--quiet", "side"]);
    assert_eq!(repository.found(&[]), NOTHING, "rebased");
}

#[test]
fn one_copy_more_is_reported() {
    let repository = recorded();
    repository.write("again.py", &copy());
    assert_eq!(repository.found(&[]), ["again.py"]);
    assert_eq!(repository.found(&["again.py"]), ["again.py"], "also alone");
    repository.git(&["add", "--all"]);
    assert_eq!(repository.found(&["--staged"]), ["again.py"]);
    fs::remove_file(repository.path().join("again.py")).unwrap();
    repository.write("routes.py", &format!("{}\n\n{OWN}\n\n{}", copy(), copied_function()));
    assert_eq!(repository.found(&[]), ["routes.py"], "in the same file");
    repository.git(&["add", "--all"]);
    assert_eq!(repository.found(&["--staged"]), ["routes.py"]);
}

#[test]
fn recorded_code_that_changes_is_reported() {
    let repository = recorded();
    repository.write(
        "routes.py",
        &copy().replace("leaves = now + delay\n", "leaves = now + delay + 1\n"),
    );
    let scan = repository.scan(&[]);
    assert_eq!(scan.found(), ["routes.py"]);
    assert_eq!(
        scan.notes().last().unwrap(),
        "info -: 1 finding of the baseline is gone; `birthmark baseline update` forgets what is gone"
    );
}

#[test]
fn an_earlier_report_serves() {
    let repository = Repository::with(&[("routes.py", &copy())]);
    let report = repository.directory.path().join("earlier.json");
    let name = report.to_str().unwrap();
    repository.scan(&["--output", name]);
    assert_eq!(repository.found(&["--baseline", name]), NOTHING);
    repository.write("again.py", &copy());
    assert_eq!(repository.found(&["--baseline", name]), ["again.py"]);
}

#[test]
fn an_update_forgets_and_follows_and_adds_nothing() {
    let repository = recorded();
    repository.git(&["mv", "routes.py", "paths.py"]);
    repository.write("again.py", &copy());
    let (code, out, _) = baseline(&repository, &["update"]);
    assert_eq!(code, 0);
    assert_eq!(
        out,
        "1 of 1 finding are still there; 1 new, not recorded (--add records them): .birthmark/baseline.json\n"
    );
    let kept = fs::read_to_string(repository.path().join(".birthmark/baseline.json")).unwrap();
    assert_eq!(kept.matches("\"path\":").count(), 1, "{kept}");
    assert_eq!(repository.found(&[]).len(), 1);
    baseline(&repository, &["update", "--add"]);
    assert_eq!(repository.found(&[]), NOTHING);
    fs::remove_file(repository.path().join("paths.py")).unwrap();
    let (_, out, _) = baseline(&repository, &["update"]);
    assert_eq!(out, "1 of 2 findings are still there, 1 forgotten: .birthmark/baseline.json\n");
    // What lies outside of what is looked at stays.
    repository.write("src/own.py", OWN);
    let (_, out, _) = baseline(&repository, &["update", "src"]);
    assert_eq!(out, "1 of 1 finding are still there: .birthmark/baseline.json\n");
}

#[test]
fn a_baseline_is_never_lost_or_taken_for_another() {
    let repository = recorded();
    let file = repository.path().join(".birthmark/baseline.json");
    let before = fs::read_to_string(&file).unwrap();
    let (code, _, err) = baseline(&repository, &["create"]);
    assert_eq!(code, 2);
    assert!(err.contains("there is a baseline at") && err.contains("--force"), "{err}");
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    assert_eq!(baseline(&repository, &["create", "--force"]).0, 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), before);

    for (damage, reason) in [
        (&before[..before.len() / 2], "line "),
        ("{}", "missing field `findings`"),
        (r#"{"findings": []}"#, "neither a baseline nor a JSON report"),
        ("\u{feff}[]", "line 1, column 1"),
    ] {
        fs::write(&file, damage).unwrap();
        let scan = repository.scan(&[]);
        scan.assert_refused("cannot read the baseline");
        scan.assert_refused(reason);
        assert_eq!(baseline(&repository, &["update"]).0, 2);
        assert_eq!(fs::read_to_string(&file).unwrap(), damage);
    }
    fs::remove_file(&file).unwrap();
    repository
        .scan(&["--baseline", "gone.json"])
        .assert_refused("cannot read the baseline `gone.json`");
    let (code, _, err) = baseline(&repository, &["update"]);
    assert_eq!(code, 2);
    assert!(err.contains("birthmark baseline create"), "{err}");
    assert!(Path::new(&repository.path()).exists());
}
