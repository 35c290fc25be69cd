//! `birthmark accept`, `birthmark log`, and what a scan makes of decisions.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{birthmark, run};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const ROUTES: &str = "parcelbot/routes.py";

/// A copy of the demo, in which `routes.py` is under a licence that forbids it.
struct Demo {
    directory: tempfile::TempDir,
}

impl Demo {
    fn new() -> Demo {
        let demo = Demo { directory: tempfile::tempdir().expect("a temporary directory") };
        for name in ["parcelbot/summary.py", ROUTES, "LICENSE", "pyproject.toml"] {
            let to = demo.path(name);
            fs::create_dir_all(to.parent().expect("inside")).expect("made");
            fs::copy(Path::new(ROOT).join("examples/demo").join(name), to).expect("copied");
        }
        fs::create_dir(demo.path(".git")).expect("made");
        demo
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        self.run_in("", arguments)
    }

    fn run_in(&self, folder: &str, arguments: &[&str]) -> (i32, String, String) {
        let index = Path::new(ROOT).join("fixtures/demo-index");
        let mut command = birthmark(&self.path(folder));
        command.env("GIT_AUTHOR_NAME", "Ada Example").env("GIT_AUTHOR_EMAIL", "ada@example.org");
        command.env("SOURCE_DATE_EPOCH", "1700000000").env_remove("GIT_DIR");
        command.args(arguments);
        if arguments[0] != "log" {
            command.arg("--index").arg(index);
        }
        run(&mut command)
    }

    fn scan(&self, arguments: &[&str]) -> (i32, Value) {
        let (code, out, err) = self.run(&[&["scan", "--format", "json"], arguments].concat());
        (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
    }

    fn entries(&self) -> Vec<PathBuf> {
        let listed = fs::read_dir(self.path(".birthmark/references")).expect("there is a log");
        listed.map(|entry| entry.expect("readable").path()).collect()
    }

    fn accept(&self) -> PathBuf {
        let (code, out, err) = self.run(&["accept", "09009afa", "--reason", "the author is ours"]);
        assert_eq!(code, 0, "{err}");
        assert!(
            out.contains("accepted parcelbot/routes.py:57 (09009afa) as license-incompatible"),
            "{out}"
        );
        let entries = self.entries();
        assert_eq!(entries.len(), 1);
        entries[0].clone()
    }
}

fn rules(report: &Value) -> Vec<&str> {
    report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter_map(|it| it["rule"].as_str())
        .collect()
}

fn fates(report: &Value) -> Vec<&str> {
    report["accepted"]
        .as_array()
        .expect("accepted")
        .iter()
        .filter_map(|it| it["fate"].as_str())
        .collect()
}

#[test]
fn what_is_accepted_is_recorded_and_honoured() {
    let demo = Demo::new();
    let (code, report) = demo.scan(&[]);
    assert_eq!(
        (code, rules(&report), fates(&report)),
        (1, vec!["license-incompatible", "attribution-missing"], vec![])
    );
    let file = demo.accept();
    let text = fs::read_to_string(&file).expect("readable");
    for part in [
        "decided-by = \"Ada Example <ada@example.org>\"",
        "decided-at = \"2023-11-14T22:13:20Z\"",
        "reason = \"the author is ours\"",
        "rule = \"license-incompatible\"",
        "path = \"parcelbot/routes.py\"",
        "purl = \"pkg:generic/gridroute@1.4.0\"",
        "digest = \"9979ff2a2019",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let (code, report) = demo.scan(&[]);
    assert_eq!(
        (code, rules(&report), fates(&report)),
        (0, vec!["attribution-missing"], vec!["standing"])
    );
    assert_eq!(report["matches"][0]["accepted"]["by"], "Ada Example <ada@example.org>");
    assert_eq!(report["matches"][0]["verdict"]["decision"], "incompatible");
    let schema: Value =
        serde_json::from_str(include_str!("../../docs/report.schema.json")).expect("JSON");
    let errors: Vec<String> = jsonschema::draft202012::new(&schema)
        .expect("a schema")
        .iter_errors(&report)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");

    let (code, out, _) = demo.run(&["scan"]);
    assert_eq!(code, 0);
    assert!(out.contains("1 accepted") && !out.contains("error["), "{out}");
    let (_, report) = demo.scan(&["--explain"]);
    assert_eq!(
        report["explanations"],
        serde_json::json!([]),
        "what is accepted needs no explanation"
    );
    let (_, out, _) = demo.run(&["scan", "--format", "markdown"]);
    assert!(out.contains("1 accepted"), "{out}");
    let (_, out, _) = demo.run(&["scan", "--references"]);
    assert!(out.contains("accepted by Ada Example <ada@example.org>"), "{out}");
    let (code, _, err) = demo.run_in("parcelbot", &["scan", "routes.py"]);
    assert_eq!(code, 0, "from a folder below: {err}");
    let (code, _, _) = demo.run(&["scan", "--no-config", ROUTES]);
    assert_eq!(code, 1, "without configuration nothing is accepted");

    let (code, out, _) = demo.run(&["accept", "09009afa", "--reason", "again"]);
    assert_eq!((code, demo.entries().len()), (0, 1));
    assert!(out.contains("was accepted by Ada Example"), "{out}");
}

#[test]
fn the_log_is_shown_and_exported() {
    let demo = Demo::new();
    let (code, out, _) = demo.run(&["log"]);
    assert_eq!((code, out.as_str()), (0, "0 decisions, 0 events\n"));
    demo.accept();
    let (_, out, _) = demo.run(&["log"]);
    assert!(out.contains("the author is ours") && out.contains("1 decision, 1 event\n"), "{out}");
    let (_, out, _) = demo.run_in("parcelbot", &["log", "--format", "json"]);
    let log: Value = serde_json::from_str(&out).expect("JSON");
    let schema: Value =
        serde_json::from_str(include_str!("../../docs/log.schema.json")).expect("JSON");
    let errors: Vec<String> = jsonschema::draft202012::new(&schema)
        .expect("a schema")
        .iter_errors(&log)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(log["decisions"][0]["decision"]["at"], "2023-11-14T22:13:20Z");
}

#[test]
fn a_decision_does_not_hop_to_another_copy() {
    let demo = Demo::new();
    let routes = fs::read_to_string(demo.path(ROUTES)).expect("readable");
    let older = demo.path("older/routes.py");
    fs::create_dir(demo.path("older")).expect("made");
    fs::write(&older, &routes).expect("written");
    let (code, _, err) =
        demo.run(&["accept", "parcelbot/routes.py:57", "--reason", "the author is ours"]);
    assert_eq!(code, 0, "{err}");
    let (code, report) = demo.scan(&[]);
    assert_eq!((code, fates(&report)), (1, vec!["standing"]));

    // Nobody decided on the other copy.
    fs::remove_file(demo.path(ROUTES)).expect("removed");
    let (code, report) = demo.scan(&[]);
    assert_eq!((code, fates(&report)), (1, vec!["gone"]), "{report}");
    assert_eq!(report["findings"][0]["path"], "older/routes.py");

    // Code that moved is not mixed up with it.
    fs::create_dir(demo.path("other")).expect("made");
    fs::write(demo.path("other/routes.py"), &routes).expect("written");
    let (code, report) = demo.scan(&[]);
    assert_eq!((code, fates(&report)), (1, vec!["moved"]));
    assert_eq!(report["accepted"][0]["now"], "other/routes.py");
    assert_eq!(report["findings"][0]["path"], "older/routes.py");
}

#[test]
fn scans_say_what_became_of_decisions() {
    let demo = Demo::new();
    demo.accept();
    let routes = fs::read_to_string(demo.path(ROUTES)).expect("readable");

    // Lines before it and another name change nothing; a second copy is new.
    fs::write(demo.path(ROUTES), format!("import os\n\n{routes}")).expect("written");
    let (code, report) = demo.scan(&[ROUTES]);
    assert_eq!((code, fates(&report)), (0, vec!["standing"]));
    fs::write(demo.path("parcelbot/copy.py"), &routes).expect("written");
    let (code, report) = demo.scan(&[]);
    assert_eq!((code, fates(&report)), (1, vec!["standing"]));
    assert_eq!(report["findings"][0]["path"], "parcelbot/copy.py");

    fs::remove_file(demo.path(ROUTES)).expect("removed");
    let (code, report) = demo.scan(&[]);
    assert_eq!((code, fates(&report)), (0, vec!["moved"]));
    assert_eq!(report["accepted"][0]["now"], "parcelbot/copy.py");
    assert!(report["notes"].to_string().contains("moved to parcelbot/copy.py"), "{report}");

    fs::remove_file(demo.path("parcelbot/copy.py")).expect("removed");
    let (_, report) = demo.scan(&[]);
    assert_eq!(fates(&report), ["gone"]);
    assert!(report["notes"].to_string().contains("edited away"), "{report}");

    fs::write(demo.path(ROUTES), "import os\n").expect("written");
    assert_eq!(fates(&demo.scan(&["parcelbot/summary.py"]).1), ["not-checked"]);
    assert_eq!(fates(&demo.scan(&[]).1), ["gone"]);
}

#[test]
fn a_decision_holds_for_its_rule_only() {
    let demo = Demo::new();
    let (code, _, err) =
        demo.run(&["accept", "parcelbot/summary.py:20", "--reason", "the notice is in the manual"]);
    assert_eq!(code, 0, "{err}");
    let (_, report) = demo.scan(&["parcelbot/summary.py"]);
    assert_eq!((rules(&report), fates(&report)), (vec![], vec!["standing"]));
    let (code, report) = demo.scan(&["parcelbot/summary.py", "--license", "LicenseRef-Own"]);
    assert_eq!(
        (code, rules(&report), fates(&report)),
        (1, vec!["license-review"], vec!["changed"])
    );
    assert_eq!(report["accepted"][0]["now"], "license-review");
    let (code, _, err) = demo.run(&["attribute", "parcelbot/summary.py"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(fates(&demo.scan(&["parcelbot/summary.py"]).1), ["attributed"]);
}

#[test]
fn decisions_are_somebodys_and_have_a_reason() {
    let demo = Demo::new();
    for arguments in [&["accept", "09009afa"][..], &["accept", "09009afa", "--reason", " "]] {
        let (code, _, err) = demo.run(arguments);
        assert_eq!(code, 2);
        assert!(err.contains("--reason"), "{err}");
    }
    let (code, _, err) =
        demo.run(&["accept", "09009afa", "--no-config", "--license", "MIT", "--reason", "why"]);
    assert_eq!(code, 2);
    assert!(err.contains("--no-config"), "{err}");
    let mut command = birthmark(&demo.path(""));
    for name in [
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "GIT_COMMITTER_NAME",
        "GIT_COMMITTER_EMAIL",
        "EMAIL",
    ] {
        command.env_remove(name);
    }
    command
        .env("HOME", demo.path(""))
        .env("XDG_CONFIG_HOME", demo.path(""))
        .env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("GIT_CONFIG_GLOBAL", demo.path("none"));
    command.args(["accept", "09009afa", "--reason", "why", "--index"]);
    let (code, _, err) = run(command.arg(Path::new(ROOT).join("fixtures/demo-index")));
    assert_eq!(code, 2);
    assert!(err.contains("git config user.name"), "{err}");
    assert!(!demo.path(".birthmark").exists());
}

#[test]
fn a_damaged_log_is_an_error_with_a_place() {
    let demo = Demo::new();
    let file = demo.accept();
    let text = fs::read_to_string(&file).expect("readable").replace("reason = ", "raeson = ");
    fs::write(&file, text).expect("written");
    for command in [&["scan"][..], &["log"]] {
        let (code, _, err) = demo.run(command);
        assert_eq!(code, 2, "{command:?}");
        assert!(
            err.contains("unknown field `raeson`")
                && err.contains(".birthmark/references/09009afa"),
            "{err}"
        );
    }
}

#[test]
fn decisions_of_the_html_page_are_accepted_from_a_file() {
    let demo = Demo::new();
    let (_, report) = demo.scan(&[]);
    let id = report["matches"][0]["id"].as_str().expect("an id").to_owned();
    let row = |path: &str, decision: &str, reason: &str| serde_json::json!({"id": id, "path": path, "line": 57, "decision": decision, "reason": reason});
    let write = |version: u32, rows: &[Value]| {
        let text = serde_json::json!({"schema_version": version, "decisions": rows}).to_string();
        fs::write(demo.path("decisions.json"), text).expect("written");
    };
    let accept = || demo.run(&["accept", "--from", "decisions.json"]);

    write(1, &[row(ROUTES, "accept", " ")]);
    let (code, _, err) = accept();
    assert_eq!(code, 2);
    assert!(err.contains("parcelbot/routes.py:57 has no reason"), "{err}");
    write(2, &[row(ROUTES, "accept", "ours")]);
    let (code, _, err) = accept();
    assert!(code == 2 && err.contains("has version 2, this birthmark reads 1"), "{err}");
    fs::write(demo.path("decisions.json"), "[]").expect("written");
    let (code, _, err) = accept();
    assert!(
        code == 2 && err.contains("holds no decisions as the HTML report exports them"),
        "{err}"
    );
    write(1, &[row(ROUTES, "later", "")]);
    assert_eq!(accept().0, 0);
    assert!(!demo.path(".birthmark/references").exists(), "nothing is decided yet");

    write(1, &[row("gone.py", "accept", "ours"), row(ROUTES, "not-a-copy", "written in 2019")]);
    let (code, out, err) = accept();
    assert_eq!(code, 2, "one of two stands nowhere");
    assert!(err.contains("gone.py:57 is not accepted: no match with the id"), "{err}");
    assert!(out.contains("accepted parcelbot/routes.py:57 (09009afa)"), "{out}");
    let entry = fs::read_to_string(&demo.entries()[0]).expect("readable");
    assert!(entry.contains("not a copy: written in 2019"), "{entry}");
    assert_eq!(demo.scan(&[]).0, 0, "the scan passes now");

    let (code, _, err) = demo.run(&["accept", "--from", "decisions.json", "--reason", "both"]);
    assert!(code == 2 && err.contains("cannot be used with"), "{err}");
    let (code, _, err) = demo.run(&["accept"]);
    assert!(code == 2 && err.contains("required"), "{err}");
}
