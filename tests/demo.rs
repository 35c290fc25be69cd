//! The demo from one end to the other: index its components, scan the project, read the report.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn birthmark() -> Command {
    let mut command = Command::cargo_bin("birthmark").expect("the binary is built");
    command.current_dir(ROOT);
    command
}

/// An index of the demo's components in a directory of its own.
fn demo_index() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let index = directory.path().join("index");
    birthmark()
        .args(["index", "add", "--recipe", "fixtures/demo-components/recipe.toml", "--index"])
        .arg(&index)
        .assert()
        .success();
    (directory, index)
}

fn scan(index: &Path, arguments: &[&str]) -> (i32, String) {
    let output = birthmark()
        .args(["scan", "--no-config", "--index"])
        .arg(index)
        .args(arguments)
        .output()
        .expect("it runs");
    let code = output.status.code().expect("not killed");
    (code, String::from_utf8(output.stdout).expect("UTF-8"))
}

#[test]
fn the_copies_are_found_and_nothing_else() {
    let (_directory, index) = demo_index();
    let (code, out) = scan(&index, &["examples/demo", "--format", "json"]);
    assert_eq!(code, 1);
    let report: Value = serde_json::from_str(&out).expect("JSON");
    let found: Vec<(&str, &str, &str)> = report["matches"]
        .as_array()
        .expect("an array")
        .iter()
        .map(|found| {
            let text =
                |pointer: &str| found.pointer(pointer).and_then(Value::as_str).unwrap_or("-");
            (text("/path"), text("/owners/0/name"), text("/verdict/decision"))
        })
        .collect();
    assert_eq!(
        found,
        [
            ("examples/demo/parcelbot/routes.py", "gridroute", "incompatible"),
            ("examples/demo/parcelbot/summary.py", "plaintable", "attribution-needed"),
        ]
    );
    let kind = &report["matches"][0]["kind"];
    assert!(kind == "renamed" || kind == "edited", "{kind}");
    let region = &report["matches"][0]["region"];
    let line = |key: &str| region[key].as_u64().expect("a line");
    assert!(line("end_line") - line("start_line") >= 30, "{region}");
    assert_eq!(report["matches"][0]["owners"][0]["path"], "gridroute/planner.py");
    assert_eq!(report["findings"][0]["rule"], "license-incompatible");
    assert_eq!(report["findings"][0]["severity"], "error");
}

#[test]
fn the_report_follows_the_schema() {
    let (_directory, index) = demo_index();
    let (_, out) = scan(&index, &["examples/demo", "--format", "json"]);
    let schema = include_str!("../docs/report.schema.json");
    let schema: Value = serde_json::from_str(schema).expect("JSON");
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_ne!(report["summary"]["matches"], 0);
    assert!(jsonschema::draft202012::is_valid(&schema, &report));
}

#[test]
fn under_another_licence_the_copy_may_stay() {
    let (_directory, index) = demo_index();
    let arguments = ["examples/demo/parcelbot/routes.py", "--license", "GPL-3.0-or-later"];
    let (_, out) = scan(&index, &[&arguments[..], &["--format", "json"]].concat());
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(report["matches"][0]["owners"][0]["name"], "gridroute");
    assert_ne!(report["matches"][0]["verdict"]["decision"], "incompatible");
    assert_eq!(report["summary"]["findings"]["error"], 0);
}

#[test]
fn the_exit_status_follows_the_severity() {
    let (_directory, index) = demo_index();
    let routes = "examples/demo/parcelbot/routes.py";
    for (arguments, expected) in [
        (&[routes][..], 1),
        (&[routes, "--fail-on", "error"], 1),
        (&[routes, "--fail-on", "never"], 0),
        (&[routes, "--exit-zero"], 0),
        (&["examples/demo/parcelbot/summary.py", "--fail-on", "error"], 0),
        (&["examples/demo/parcelbot/summary.py", "--fail-on", "info"], 1),
        (&["examples/demo/parcelbot/orders.py", "--fail-on", "info"], 0),
    ] {
        let (code, out) = scan(&index, arguments);
        assert_eq!(code, expected, "{arguments:?}: {out}");
    }
}

#[test]
fn standard_input_gives_what_the_file_gives() {
    let (_directory, index) = demo_index();
    let path = "examples/demo/parcelbot/routes.py";
    let (_, from_file) = scan(&index, &[path, "--license", "MIT", "--format", "json"]);
    let output = birthmark()
        .args(["scan", "--no-config", "--format", "json", "--license", "MIT", "--index"])
        .arg(&index)
        .args(["--stdin", "--path", path])
        .write_stdin(std::fs::read(Path::new(ROOT).join(path)).expect("readable"))
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stdout).expect("UTF-8"), from_file);
}

#[test]
fn threads_change_nothing() {
    let (_directory, index) = demo_index();
    let one = scan(&index, &["examples/demo", "--format", "json", "--jobs", "1"]);
    let four = scan(&index, &["examples/demo", "--format", "json", "--jobs", "4"]);
    assert_eq!(one.0, 1);
    assert_eq!(one, four);
}

#[test]
fn a_broken_pipe_does_not_hide_findings() {
    let (_directory, index) = demo_index();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let child = std::process::Command::new(assert_cmd::cargo::cargo_bin("birthmark"))
        .args(["scan", "examples/demo", "--no-config", "--index"])
        .arg(&index)
        .current_dir(ROOT)
        .stdout(writer)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn what_is_added_is_listed_and_can_be_removed() {
    let (_directory, index) = demo_index();
    let list = || {
        let command = &mut birthmark();
        let output = command.args(["index", "list", "--index"]).arg(&index).output();
        String::from_utf8(output.expect("it runs").stdout).expect("UTF-8")
    };
    assert!(list().contains("pkg:generic/gridroute@1.4.0  GPL-3.0-or-later"), "{}", list());
    assert!(list().contains("pkg:generic/plaintable@0.9.2  MIT"));
    for command in ["verify", "info", "merge"] {
        let arguments = ["index", command, "--index"];
        birthmark().args(arguments).arg(&index).assert().success();
    }
    let arguments = ["index", "remove", "pkg:generic/gridroute", "--index"];
    birthmark().args(arguments).arg(&index).assert().success();
    assert!(!list().contains("gridroute"));
    birthmark().args(arguments).arg(&index).assert().code(2);
}
