//! `birthmark log`: the decisions and the journal of what happened on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{birthmark, run, schemas};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A copy of the demo with a journal of its own.
struct Demo {
    directory: tempfile::TempDir,
}

impl Demo {
    fn new() -> Demo {
        let demo = Demo { directory: tempfile::tempdir().expect("a temporary directory") };
        for name in ["parcelbot/summary.py", "parcelbot/routes.py", "LICENSE", "pyproject.toml"] {
            let to = demo.path("work").join(name);
            fs::create_dir_all(to.parent().expect("inside")).expect("made");
            fs::copy(Path::new(ROOT).join("examples/demo").join(name), to).expect("copied");
        }
        fs::create_dir(demo.path("work/.git")).expect("made");
        demo
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = birthmark(&self.path("work"));
        command.env("GIT_AUTHOR_NAME", "Ada Example").env("GIT_AUTHOR_EMAIL", "ada@example.org");
        command.env("SOURCE_DATE_EPOCH", "1700000000").env_remove("GIT_DIR");
        command.env("BIRTHMARK_LOG_DIR", self.path("state")).args(arguments);
        if arguments[0] != "log" {
            command.arg("--index").arg(Path::new(ROOT).join("fixtures/demo-index"));
        }
        run(&mut command)
    }

    fn settle(&self) {
        let (code, _, err) = self.run(&["accept", "09009afa", "--reason", "the author is ours"]);
        assert_eq!((code, err.as_str()), (0, ""));
        let (code, _, err) = self.run(&["attribute", "f416b444"]);
        assert_eq!((code, err.as_str()), (0, ""));
    }

    fn log(&self, arguments: &[&str]) -> Value {
        let (code, out, err) = self.run(&[&["log", "--format", "json"], arguments].concat());
        assert_eq!(code, 0, "{err}");
        serde_json::from_str(&out).expect("JSON")
    }
}

fn is_valid(log: &Value) {
    let schema = include_str!("../../docs/log.schema.json");
    assert_eq!(schemas::problems(schema, log), [""; 0], "{log}");
}

#[test]
fn what_commands_settle_is_noted() {
    let demo = Demo::new();
    demo.settle();
    let log = demo.log(&[]);
    is_valid(&log);
    assert_eq!(log["decisions"].as_array().expect("a list").len(), 1);
    let events = log["events"].as_array().expect("a list");
    let told: Vec<(&str, &str, &str)> = events
        .iter()
        .map(|it| ["service", "event", "path"].map(|key| it[key].as_str().expect("text")).into())
        .collect();
    assert_eq!(
        told,
        [
            ("command", "accepted", "parcelbot/routes.py"),
            ("command", "attributed", "parcelbot/summary.py")
        ]
    );
    assert_eq!(events[0]["reason"], "the author is ours");
    assert_eq!(events[0]["at"], "2023-11-14T22:13:20Z");
    assert_eq!(events[0]["verdict"]["decision"], "incompatible");
    assert_eq!(events[1]["owners"][0]["purl"], "pkg:generic/plaintable@0.9.2");

    let (code, out, err) = demo.run(&["log"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("command attributed parcelbot/summary.py:10-42  f416b444"), "{out}");
    assert!(out.ends_with("1 decision, 2 events\n"), "{out}");
}

#[test]
fn the_journal_holds_no_code_and_is_the_users_alone() {
    let demo = Demo::new();
    demo.settle();
    let files: Vec<PathBuf> = fs::read_dir(demo.path("state"))
        .expect("there")
        .map(|file| file.expect("readable").path())
        .collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    assert!(file.file_name().expect("named").to_string_lossy().starts_with("work-"), "{file:?}");
    let text = fs::read_to_string(file).expect("UTF-8");
    let source = fs::read_to_string(demo.path("work/parcelbot/routes.py")).expect("UTF-8");
    for line in source.lines().map(str::trim).filter(|line| line.len() > 12) {
        assert!(!text.contains(line), "{line}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(file), mode(&demo.path("state"))), (0o600, 0o700));
    }
}

#[test]
fn it_can_be_asked_for_what_is_new_and_exported() {
    let demo = Demo::new();
    demo.settle();
    for (since, events) in
        [("2023-11-14", 2), ("2023-11-15", 0), ("2023-11-14T22:13:21Z", 0), ("90 years", 2)]
    {
        let log = demo.log(&["--since", since]);
        assert_eq!(log["events"].as_array().expect("a list").len(), events, "{since}");
        assert_eq!(log["decisions"].as_array().expect("a list").len(), events / 2, "{since}");
    }
    let (code, _, err) = demo.run(&["log", "--since", "lately"]);
    assert_eq!(code, 2);
    assert!(err.contains("expected a date such as 2026-11-01"), "{err}");

    let (code, out, _) = demo.run(&["log", "--format", "json", "--output", "log.json"]);
    assert_eq!((code, out.as_str()), (0, ""));
    let exported = fs::read_to_string(demo.path("work/log.json")).expect("written");
    assert_eq!(serde_json::from_str::<Value>(&exported).expect("JSON"), demo.log(&[]));
}

#[test]
fn it_is_not_kept_where_nobody_wants_it() {
    let demo = Demo::new();
    fs::write(demo.path("work/birthmark.toml"), "log = false\n").expect("written");
    demo.settle();
    assert!(!demo.path("state").exists());
    assert_eq!(demo.log(&[])["events"].as_array().expect("a list").len(), 0);

    let demo = Demo::new();
    let (code, _, err) = demo.run(&["attribute", "--no-log", "f416b444"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(!demo.path("state").exists());
}

#[test]
fn a_journal_that_cannot_be_kept_fails_nothing() {
    let demo = Demo::new();
    fs::write(demo.path("state"), "in the way").expect("written");
    let (code, out, err) = demo.run(&["attribute", "f416b444"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("declared parcelbot/summary.py"), "{out}");
    assert!(err.contains("warning: the journal "), "{err}");
}
