//! What is kept out of a report or put together in it: idioms, own packages, versions, thresholds,
//! skipped files.

use std::path::Path;

use serde_json::Value;

use super::{birthmark, project, run};

const PLANNER: &str = include_str!("../../fixtures/demo-components/gridroute/gridroute/planner.py");

/// A project that holds a copy, and the indexes `ours`, with the original in some versions.
fn copy_of(purls: &[&str], files: &[(&str, &str)]) -> tempfile::TempDir {
    let project =
        project(&[&[("lib/planner.py", PLANNER), ("app/routes.py", PLANNER)], files].concat());
    for purl in purls {
        let arguments =
            ["index", "add", "lib", "--index", "ours", "--license", "GPL-3.0-only", "--purl", purl];
        assert_ok(project.path(), &arguments);
    }
    project
}

fn assert_ok(directory: &Path, arguments: &[&str]) -> String {
    let (code, out, err) = run(birthmark(directory).args(arguments));
    assert_eq!(code, 0, "{arguments:?}: {err}");
    out
}

fn scan(directory: &Path, arguments: &[&str]) -> Value {
    let usual =
        ["scan", "app", "--index", "ours", "--license", "MIT", "--exit-zero", "--format", "json"];
    let out = assert_ok(directory, &[&usual[..], arguments].concat());
    let report = serde_json::from_str(&out).expect("JSON");
    let schema: Value =
        serde_json::from_str(include_str!("../../docs/report.schema.json")).expect("JSON");
    assert!(jsonschema::draft202012::is_valid(&schema, &report), "{out}");
    report
}

fn scan_text(directory: &Path, arguments: &[&str]) -> String {
    let usual = ["scan", "app", "--index", "ours", "--license", "MIT", "--exit-zero"];
    assert_ok(directory, &[&usual[..], arguments].concat())
}

fn notes(report: &Value) -> Vec<String> {
    let notes = report["notes"].as_array().expect("an array").iter();
    let info = notes.filter(|note| note["kind"] == "info");
    info.map(|note| {
        format!(
            "{}: {}",
            note["path"].as_str().unwrap_or("-"),
            note["message"].as_str().expect("text")
        )
    })
    .collect()
}

#[test]
fn what_idioms_cover_is_a_note() {
    let project = copy_of(&["pkg:pypi/gridroute@1"], &[]);
    let here = project.path();
    let before = scan(here, &[]);
    assert_eq!(before["summary"]["matches"], 1, "{before:#}");
    assert_eq!(before["provenance"]["idioms"], Value::Array(Vec::new()));

    let out = assert_ok(here, &["idiom", "add", "lib/planner.py"]);
    assert!(
        out.contains("Added 1 component (1 document, ") && out.contains(".birthmark/idioms"),
        "{out}"
    );
    assert!(assert_ok(here, &["idiom", "list"]).contains("pkg:generic/planner.py"));
    // A set that is there is used once the configuration names it.
    let unasked = scan(here, &[]);
    assert_eq!(unasked["summary"]["matches"], 1);
    let told = ".birthmark/idioms: this set of idioms is not used; name it in `idioms` of the configuration, or by --idioms";
    assert_eq!(notes(&unasked), [told]);
    // Nor is it why a file that was named is not checked.
    std::fs::write(here.join("page.md"), "").expect("written");
    let (status, out, err) = run(birthmark(here).args(["scan", "page.md", "--index", "ours"]));
    assert_eq!(status, 2, "{err}");
    assert!(out.contains("nothing that was named was checked: page.md: "), "{out}");
    std::fs::remove_file(here.join("page.md")).expect("removed");
    std::fs::write(here.join("birthmark.toml"), "idioms = ['.birthmark/idioms']\n")
        .expect("written");
    let report = scan(here, &[]);
    assert_eq!(report["matches"], Value::Array(Vec::new()));
    assert_eq!(report["summary"]["files_scanned"], 1);
    let region = &before["matches"][0]["region"];
    let lines = format!("lines {}-{}", region["start_line"], region["end_line"]);
    assert_eq!(
        notes(&report),
        [format!("app/routes.py: 1 match is an idiom of .birthmark/idioms: {lines}")]
    );
    assert_eq!(report["provenance"]["idioms"][0]["name"], ".birthmark/idioms");
    let text = scan_text(here, &[]);
    assert!(text.contains("note: app/routes.py: 1 match is an idiom"), "{text}");
    assert!(text.contains("without  idioms .birthmark/idioms (1 component, 1 document"), "{text}");

    assert_eq!(scan(here, &["--no-config"])["summary"]["matches"], 1);
    let given = scan(here, &["--no-config", "--idioms", ".birthmark/idioms"]);
    assert_eq!(given["summary"]["matches"], 0);

    let (code, _, err) = run(birthmark(here).args(["idiom", "remove", "planner"]));
    assert!(code == 2 && err.contains("no idiom `planner`"), "{code} {err}");
    assert_ok(here, &["idiom", "remove", "planner.py"]);
    assert_eq!(scan(here, &[])["summary"]["matches"], 1);
}

#[test]
fn what_is_more_than_an_idiom_is_reported() {
    let end = PLANNER.find("def plan_route").expect("a second function");
    let project = copy_of(&["pkg:pypi/gridroute@1"], &[("scaffold/bound.py", &PLANNER[..end])]);
    let here = project.path();
    assert_ok(here, &["idiom", "add", "scaffold", "--idioms", "team"]);
    let report = scan(here, &["--idioms", "team"]);
    assert_eq!(report["summary"]["matches"], 1);
    assert!(notes(&report).is_empty());
}

#[test]
fn generated_code_makes_an_idiom() {
    let generated = format!("# Code generated by planner-gen. DO NOT EDIT.\n{PLANNER}");
    let project = copy_of(&["pkg:pypi/gridroute@1"], &[("gen/planner.py", &generated)]);
    let here = project.path();
    assert_ok(here, &["idiom", "add", "gen"]);
    assert_eq!(scan(here, &["--idioms", ".birthmark/idioms"])["summary"]["matches"], 0);
}

#[test]
fn sets_of_idioms_are_configured() {
    let project =
        copy_of(&["pkg:pypi/gridroute@1"], &[("birthmark.toml", "idioms = [\"team\"]\n")]);
    let here = project.path();
    let (code, _, err) = run(birthmark(here).args(["scan", "app", "--index", "ours"]));
    assert_eq!(code, 2);
    assert!(
        err.contains("no set of idioms at team") && err.contains("birthmark.toml:1:11"),
        "{err}"
    );
    assert!(assert_ok(here, &["idiom", "add", "lib"]).contains("to team"));
    assert_eq!(scan(here, &[])["summary"]["matches"], 0);
}

#[test]
fn a_name_is_for_one_idiom() {
    let project =
        project(&[("a/x.py", "x = 1\n"), ("b/x.py", "y = 2\n"), ("c/notes.txt", "nothing")]);
    for (arguments, said) in [
        (&["a/x.py", "b/x.py"][..], "two sources are named `x.py`"),
        (&["a", "b", "--name", "n"], "one SOURCE"),
        (&["c"], "no source file"),
        (&["gone.py"], "gone.py"),
    ] {
        let (code, _, err) = run(birthmark(project.path()).args(["idiom", "add"]).args(arguments));
        assert_eq!(code, 2, "{arguments:?}");
        assert!(err.contains(said), "{arguments:?}: {err}");
        assert!(!project.path().join(".birthmark").exists(), "{arguments:?}");
    }
    assert_ok(project.path(), &["idiom", "add", "a/x.py", "--name", "skeleton"]);
    assert!(assert_ok(project.path(), &["idiom", "list"]).contains("pkg:generic/skeleton "));
}

#[test]
fn a_set_that_is_not_there_is_2() {
    let project = project(&[("a.py", "x = 1\n")]);
    for arguments in
        [&["idiom", "list"][..], &["idiom", "remove", "x"], &["scan", "--idioms", "gone"]]
    {
        let (code, out, err) = run(birthmark(project.path()).args(arguments));
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(
            err.contains("no set of idioms at") && err.contains("birthmark idiom add"),
            "{err}"
        );
    }
}

#[test]
fn own_packages_are_counted() {
    for (purl, own) in [
        ("pkg:pypi/gridroute@1", "pkg:pypi/gridroute"),
        ("pkg:github/acme/gridroute@main", "pkg:github/acme/gridroute"),
    ] {
        let owned = format!("owned = [\"{own}\"]\n");
        let project = copy_of(&[purl], &[("birthmark.toml", &owned), ("app/again.py", PLANNER)]);
        let report = scan(project.path(), &[]);
        assert_eq!(report["summary"]["matches"], 2);
        assert_eq!(report["matches"][0]["verdict"]["decision"], "compatible");
        assert_eq!(notes(&report), [format!("-: 2 matches are with your own package: {own}")]);
    }
}

#[test]
fn versions_are_folded_and_named() {
    let project =
        copy_of(&["pkg:pypi/gridroute@1.10", "pkg:pypi/gridroute@1.9", "pkg:pypi/fork@2"], &[]);
    let owners = &scan(project.path(), &[])["matches"][0]["owners"];
    let versions = |name: &str| {
        let owners = owners.as_array().expect("an array").iter();
        owners
            .filter(|owner| owner["name"] == name)
            .map(|owner| owner["versions"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(versions("gridroute"), [serde_json::json!(["1.9", "1.10"])]);
    assert_eq!(versions("fork"), [serde_json::json!(["2"])]);
    let text = scan_text(project.path(), &["--matches"]);
    assert_eq!(text.matches("and 1 other version\n").count(), 1, "{text}");
}

#[test]
fn presets_are_thresholds() {
    use birthmark::engine::evidence::{Chance, Preset, Threshold};

    let project =
        copy_of(&["pkg:pypi/gridroute@1"], &[("app/birthmark.toml", "preset = \"hook\"\n")]);
    for (arguments, threshold) in [
        (&[][..], Threshold::Preset(Preset::Hook)),
        (&["--preset", "audit"], Threshold::Preset(Preset::Audit)),
        (&["--threshold", "33"], Threshold::Bits(33.0)),
        (&["--preset", "default"], Threshold::Preset(Preset::Default)),
        (&["--no-config"], Threshold::default()),
    ] {
        let provenance = &scan(project.path(), arguments)["provenance"];
        let lines = provenance["indexes"][0]["lines"].as_u64().expect("a number");
        let bits = threshold.bits(Chance::of(lines));
        assert_eq!(provenance["thresholds"]["python"], f64::from(bits), "{arguments:?}");
        assert_eq!(
            provenance["preset"],
            serde_json::json!(threshold.preset().map(Preset::name)),
            "{arguments:?}"
        );
        let preset = threshold.preset().map(|preset| format!(" (preset {})", preset.name()));
        let shown = format!("from     {bits} bits of evidence on{}\n", preset.unwrap_or_default());
        let text = scan_text(project.path(), arguments);
        assert!(text.contains(&shown), "{arguments:?}: {text}");
    }
}

/// The numbers of help and documentation are those of the program.
#[test]
fn presets_are_documented() {
    use birthmark::engine::evidence::Preset;

    let page = include_str!("../../docs/configuration.md");
    let project = project(&[]);
    let help = assert_ok(project.path(), &["scan", "--help"]);
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for (name, preset) in Preset::NAMED {
        let expected = preset.expected_in_100k_lines();
        assert!(page.contains(&format!("| `{name}` | {expected} |")), "{name}");
        assert!(help.contains(&format!("`{name}` ({expected})")), "{help}");
    }
}

#[test]
fn the_footer_says_what_was_skipped() {
    let generated = "# Code generated by planner-gen. DO NOT EDIT.\nx = 1\n";
    let project =
        copy_of(&["pkg:pypi/gridroute@1"], &[("app/a.py", generated), ("app/b.py", "\0")]);
    let text = scan_text(project.path(), &[]);
    assert!(text.contains("skipped: app/a.py: not checked: generated\n"), "{text}");
    assert!(
        text.contains("skipped  2 files: 1 generated, 1 it holds NUL bytes and looks binary\n"),
        "{text}"
    );
}
