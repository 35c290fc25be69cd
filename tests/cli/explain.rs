//! `birthmark explain` and `birthmark scan --explain`, on the demo.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{birthmark, run, schemas};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const ROUTES: &str = "parcelbot/routes.py";

/// A project with one copy in it, and the index that knows its origin.
struct Demo {
    directory: tempfile::TempDir,
}

impl Demo {
    /// The copy stands under the given name.
    fn new(name: &str) -> Demo {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let project = directory.path().join("project");
        fs::create_dir_all(project.join(".git")).expect("made");
        let path = project.join(name);
        fs::create_dir_all(path.parent().expect("inside")).expect("made");
        fs::copy(Path::new(ROOT).join("examples/demo").join(ROUTES), path).expect("copied");
        let demo = Demo { directory };
        let recipe = "fixtures/demo-components/recipe.toml";
        let mut command = birthmark(Path::new(ROOT));
        let (code, _, err) =
            run(command.args(["index", "add", "--recipe", recipe, "--index"]).arg(demo.index()));
        assert_eq!(code, 0, "{err}");
        demo
    }

    fn index(&self) -> PathBuf {
        self.directory.path().join("index")
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = birthmark(&self.directory.path().join("project"));
        run(command.args(arguments).args(["--license", "MIT", "--index"]).arg(self.index()))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let (_, out, err) = self.run(&[arguments, &["--format", "json"]].concat());
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"))
    }

    fn id(&self) -> String {
        let report = self.json(&["scan"]);
        report["matches"][0]["id"].as_str().expect("an id").to_owned()
    }
}

fn sum(values: &Value, pointer: &str) -> f64 {
    let values = values.as_array().expect("an array").iter();
    values.map(|value| value.pointer(pointer).and_then(Value::as_f64).expect("a number")).sum()
}

#[test]
fn lines_and_runs_add_up_to_the_evidence() {
    let demo = Demo::new(ROUTES);
    let explained = demo.json(&["explain", &demo.id()]);
    let explanation = &explained["explanations"][0];
    let evidence = |part: &str| explanation["match"]["evidence"][part].as_f64().expect("a number");
    for (part, whole) in [
        ("bits", evidence("bits") - evidence("calibration")),
        ("structure", evidence("structure")),
        ("names", evidence("names")),
        ("literals", evidence("literals")),
        ("penalties", evidence("penalties")),
    ] {
        for parts in ["lines", "runs"] {
            let added = sum(&explanation[parts], &format!("/evidence/{part}"));
            // Each number is rounded to hundredths.
            assert!((added - whole).abs() < 0.6, "{parts}, {part}: {added} for {whole}");
        }
    }
    let tokens = explanation["match"]["evidence"]["matched_tokens"].as_f64().expect("a number");
    assert_eq!(sum(&explanation["runs"], "/tokens"), tokens);
    assert_eq!(explanation["aligned_with"]["path"], "gridroute/planner.py");
    assert_eq!(explanation["presets"], serde_json::json!(["hook", "default", "audit"]));
}

#[test]
fn what_is_explained_follows_the_schemas() {
    let demo = Demo::new(ROUTES);
    let explained = demo.json(&["explain", &demo.id()]);
    let schema = include_str!("../../docs/explain.schema.json");
    assert_eq!(schemas::problems(schema, &explained), [""; 0]);
    let report = demo.json(&["scan", "--explain"]);
    assert_eq!(schemas::problems(schemas::REPORT, &report), [""; 0]);
    assert_eq!(report["explanations"], explained["explanations"]);
    assert_eq!(demo.json(&["scan"]).get("explanations"), None);
}

#[test]
fn the_counterfactual_holds() {
    let demo = Demo::new(ROUTES);
    let explained = demo.json(&["explain", &demo.id()]);
    let lines = &explained["explanations"][0]["counterfactual"]["lines"];
    let line = |key: &str| lines[key].as_u64().expect("a line") as usize;
    let path = demo.directory.path().join("project").join(ROUTES);
    let text = fs::read_to_string(&path).expect("readable");
    let kept = text.lines().enumerate().map(|(i, text)| (i + 1, text));
    let rewritten: Vec<&str> = kept
        .filter(|(i, _)| !(line("start_line")..=line("end_line")).contains(i))
        .map(|(_, text)| text)
        .collect();
    fs::write(&path, rewritten.join("\n")).expect("written");
    assert_eq!(demo.json(&["scan"])["summary"]["matches"], 0);
}

#[test]
fn a_reference_is_named_in_several_ways() {
    let demo = Demo::new(ROUTES);
    let id = demo.id();
    let whole = demo.run(&["explain", &id]);
    assert_eq!(whole.0, 0, "{}", whole.2);
    for part in [
        "here  there",
        "evidence",
        "threshold of",
        "--preset hook",
        "expected by chance in a project of",
        "plausible origin",
        "rewriting",
    ] {
        assert!(whole.1.contains(part), "{part}: {}", whole.1);
    }
    assert_eq!(demo.run(&["explain", &id[..6]]).1, whole.1);
    assert_eq!(demo.run(&["explain", &id.to_uppercase(), "parcelbot"]).1, whole.1);
    assert_eq!(demo.run(&["explain", "parcelbot/routes.py:60"]).1, whole.1);
    let below = demo.directory.path().join("project/other/place");
    fs::create_dir_all(&below).expect("made");
    let mut elsewhere = birthmark(&below);
    let arguments = ["explain", &id, "--license", "MIT", "--index"];
    let (code, out, err) = run(elsewhere.args(arguments).arg(demo.index()));
    assert_eq!(code, 0, "an id works in any directory of the project: {err}");
    assert!(out.contains("../../parcelbot/routes.py"), "{out}");
    let (_, report, _) = demo.run(&["scan"]);
    assert!(report.contains(&id[..8]), "the report shows what to paste: {report}");
}

#[test]
fn an_unknown_reference_is_2_and_names_those_near() {
    let demo = Demo::new(ROUTES);
    let id = demo.id();
    let (code, out, err) = demo.run(&["explain", "0123456789abcdef"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("no match has the id `0123456789abcdef`") && err.contains(&id), "{err}");
    let (code, _, err) = demo.run(&["explain", "parcelbot/routes.py:1"]);
    assert_eq!(code, 2);
    assert!(err.contains("no match holds line 1") && err.contains(&id), "{err}");
    let (code, _, err) = demo.run(&["explain", &id, "--threshold", "100000"]);
    assert_eq!(code, 2);
    assert!(
        err.contains("1 file checked and none was found. An id changes with the code"),
        "{err}"
    );
    assert_eq!(demo.run(&["explain", "x\u{1b}[2J"]).2.find('\u{1b}'), None);
}

#[cfg(unix)]
#[test]
fn hostile_names_and_code_reach_no_terminal() {
    let name = "::error file=x::\u{1b}[2J\n\u{202e}.py";
    let demo = Demo::new(name);
    let path = demo.directory.path().join("project").join(name);
    let text = fs::read_to_string(&path).expect("readable");
    let hostile = text.replace("while queue:", "while queue:  # \u{1b}[31m ##[error] \u{202e}");
    fs::write(&path, hostile).expect("written");
    let (code, out, err) = demo.run(&["explain", &demo.id()]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(
        out.contains("\\u{1b}") && !out.contains(['\u{1b}', '\u{202e}']) && !out.contains("##["),
        "{out}"
    );
    assert!(out.lines().all(|line| !line.trim_start().starts_with("::")), "{out}");
}
