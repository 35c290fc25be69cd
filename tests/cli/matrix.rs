//! The matrix of licences that a user brings: by flag, or among the user's data.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

use super::{birthmark, project, run};

/// A matrix as OSADL publishes it, of two licences: MIT takes GPL-2.0-only, which none does.
fn matrix(date: &str) -> String {
    let cell = |name: &str, answer: &str| serde_json::json!({ "name": name, "compatibility": answer, "explanation": "" });
    let row = |name: &str, cells: [serde_json::Value; 2]| serde_json::json!({ "name": name, "compatibilities": cells });
    let licenses = [
        row("MIT", [cell("MIT", "Same"), cell("GPL-2.0-only", "Yes")]),
        row("GPL-2.0-only", [cell("MIT", "Yes"), cell("GPL-2.0-only", "Same")]),
    ];
    serde_json::json!({ "timestamp": format!("{date}T10:00:00+0000"), "licenses": licenses })
        .to_string()
}

/// A user whose data directory is `data/` of the project.
fn user(directory: &Path) -> Command {
    let mut command = birthmark(directory);
    command.env("XDG_DATA_HOME", directory.join("data")).env("APPDATA", directory.join("data"));
    command
}

fn compat(command: &mut Command) -> (i32, String, String) {
    run(command.args(["license", "compat", "GPL-2.0-only", "MIT"]))
}

#[test]
fn a_named_matrix_decides() {
    let project = project(&[("new.json", &matrix("2026-10-01"))]);
    let (code, out, _) = compat(&mut user(project.path()));
    assert_eq!(code, 1, "{out}");
    let (code, out, err) = compat(user(project.path()).args(["--license-matrix", "new.json"]));
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("MIT <- GPL-2.0-only: Yes"), "{out}");
}

#[test]
fn a_later_matrix_among_the_users_data_decides_and_an_earlier_one_does_not() {
    let project = project(&[("data/birthmark/osadl-matrix.json", &matrix("2026-10-01"))]);
    assert_eq!(compat(&mut user(project.path())).0, 0);
    let (_, out, _) = run(user(project.path()).args(["doctor", "--license", "MIT"]));
    assert!(out.contains("OSADL's of 2026-10-01, 2 licences, from "), "{out}");
    let file = project.path().join("data/birthmark/osadl-matrix.json");
    fs::write(&file, matrix("2020-01-01")).expect("written");
    assert_eq!(compat(&mut user(project.path())).0, 1);
    let (code, out, _) = run(user(project.path()).args(["doctor", "--license", "MIT"]));
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("OSADL's of 2024-11-04, 115 licences, part of birthmark"), "{out}");
    assert!(out.contains("is older, of 2020-01-01, and is not used"), "{out}");
}

#[test]
fn a_bad_matrix_is_refused_with_the_remedy() {
    let half = matrix("2026-10-01").replace("Yes", "Perhaps");
    let project = project(&[("half.json", &half), ("birthmark.toml", "license = \"MIT\"\n")]);
    for arguments in [&["license", "compat", "MIT", "MIT"][..], &["scan", "."]] {
        for file in ["half.json", "gone.json", "."] {
            let command = &mut user(project.path());
            let (code, out, err) = run(command.args(arguments).args(["--license-matrix", file]));
            assert_eq!((code, out.as_str()), (2, ""), "{file}: {err}");
            assert!(err.contains(&format!("`{file}`")), "{err}");
        }
    }
    let command = &mut user(project.path());
    let (code, out, _) = run(command.args(["doctor", "--license-matrix", "half.json"]));
    assert_eq!(code, 2, "{out}");
    assert!(out.contains("it says `Perhaps` of MIT <- GPL-2.0-only"), "{out}");
    assert!(out.contains("take OSADL's file matrixseqexpl.json as it is"), "{out}");
    // It says nothing of licences.
    let command = &mut user(project.path());
    assert_eq!(run(command.args(["completions", "bash", "--license-matrix", "half.json"])).0, 0);
}

#[test]
fn a_report_names_the_matrix() {
    let code = "def f(x):\n    return x\n";
    let project = project(&[("new.json", &matrix("2026-10-01")), ("a.py", code)]);
    let scan = ["scan", "a.py", "--license", "MIT", "--license-matrix", "new.json"];
    let (_, out, err) = run(user(project.path()).args(scan));
    assert!(out.contains("licences by OSADL's matrix of 2026-10-01, new.json"), "{out}{err}");
    let (_, out, _) = run(user(project.path()).args(scan).args(["--format", "json"]));
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let named = &report["provenance"]["license_matrix"];
    assert_eq!(
        (named["date"].as_str(), named["file"].as_str()),
        (Some("2026-10-01"), Some("new.json"))
    );
    assert_eq!(named["digest"].as_str().map(str::len), Some(64));
}
