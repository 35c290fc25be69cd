//! The configuration: where it is found, and how errors in it are told.

use birthmark::engine::evidence::{Chance, Preset};
use birthmark::engine::index::{Index, IndexName};
use birthmark::text::language::Family;

use super::{birthmark, project, run};

/// What `scan` prints of a project's licence and threshold, as JSON.
fn provenance(directory: &std::path::Path, arguments: &[&str]) -> serde_json::Value {
    let mut command = birthmark(directory);
    let (code, out, err) = run(command.args(["scan", "--format", "json"]).args(arguments));
    assert_eq!(code, 0, "{err}");
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    report["provenance"].clone()
}

/// What the default comes to for Python against the starter index.
fn default_threshold() -> f64 {
    let python = Family::from_name("python").expect("a family");
    let index = Index::open(&[IndexName::Starter]).expect("the starter index");
    Preset::Default.threshold_bits(Chance::against(&index, python)).into()
}

#[test]
fn errors_show_file_line_column_text_and_what_is_expected() {
    let text = "license = \"MIT\"\n\nthresold = 4\nfail-on = \"fatal\"\n";
    let project = project(&[("birthmark.toml", text)]);
    let (code, out, err) = run(birthmark(project.path()).arg("scan"));
    assert_eq!((code, out.as_str()), (2, ""));
    for said in [
        "unknown key `thresold`",
        "birthmark.toml:3:1",
        "thresold = 4",
        "did you mean `threshold`?",
        "expected one of license, distribution, index, packs, pack-mirrors, pack-keys, idioms, threshold, preset, exclude,",
        "`fatal` is not a severity",
        "birthmark.toml:4:11",
    ] {
        assert!(err.contains(said), "{said:?} is not in\n{err}");
    }
}

#[test]
fn an_index_that_is_not_there_is_shown_where_it_is_configured() {
    let project = project(&[("sub/birthmark.toml", "index = [\"starter\", \"gone\"]\n")]);
    let (code, _, err) = run(birthmark(project.path()).args(["scan", "sub"]));
    assert_eq!(code, 2);
    assert!(err.contains("there is no index at sub/gone"), "{err}");
    assert!(err.contains("sub/birthmark.toml:1:21"), "{err}");
}

#[test]
fn the_nearest_configuration_wins() {
    let project = project(&[
        ("birthmark.toml", "threshold = 1"),
        ("a/.birthmark.toml", "threshold = 2"),
        ("a/b/Cargo.toml", "[package.metadata.birthmark]\nthreshold = 3"),
        ("a/b/c/pyproject.toml", "[tool.birthmark]\nthreshold = 4"),
        ("a/b/c/d/Cargo.toml", "[package]\nname = 'x'"),
        ("w/Cargo.toml", "[workspace.metadata.birthmark]\nthreshold = 5"),
        ("broken/Cargo.toml", "nothing of ours ["),
    ]);
    let threshold = |place: &str| {
        let bits = &provenance(&project.path().join(place), &[])["thresholds"]["python"];
        bits.as_f64().expect("a number")
    };
    for (place, bits) in [
        (".", 1.0),
        ("a", 2.0),
        ("a/b", 3.0),
        ("a/b/c", 4.0),
        ("a/b/c/d", 4.0),
        ("w", 5.0),
        ("broken", 1.0),
    ] {
        assert_eq!(threshold(place), bits, "{place}");
    }
    let root = provenance(project.path(), &["a/b/c"]);
    assert_eq!(root["thresholds"]["python"], 4.0, "that of what is scanned");
    let none = provenance(&project.path().join("a"), &["--no-config"]);
    assert_eq!(none["thresholds"]["python"], default_threshold());
    assert_eq!((&none["preset"], &root["preset"]), (&"default".into(), &serde_json::Value::Null));
    let named = provenance(&project.path().join("a"), &["--config", "../birthmark.toml"]);
    assert_eq!(named["thresholds"]["python"], 1.0);
    let said = provenance(project.path(), &["--threshold", "7.5"]);
    assert_eq!(said["thresholds"]["python"], 7.5);
}

#[test]
fn what_is_excluded_is_not_scanned_from_wherever_one_stands() {
    let project = project(&[
        ("birthmark.toml", "exclude = ['vendor/', 'src/gen_*.py']"),
        ("vendor/deep/a.py", "a = 1\n"),
        ("src/vendor/b.py", "b = 1\n"),
        ("src/gen_c.py", "c = 1\n"),
        ("src/d.py", "d = 1\n"),
    ]);
    let root = project.path();
    let absolute = root.to_str().expect("UTF-8");
    for (place, arguments, files) in [
        (root.to_owned(), &[][..], 2),
        (root.to_owned(), &[absolute][..], 2),
        (root.to_owned(), &["vendor"], 0),
        (root.join("src"), &[], 2),
        (root.join("src/vendor"), &["../../src"], 2),
        (root.join("src"), &["gen_c.py", "--config", "../birthmark.toml"], 1),
    ] {
        let mut command = birthmark(&place);
        let (code, out, err) = run(command.args(["scan", "--format", "json"]).args(arguments));
        assert_eq!(code, if files == 0 { 2 } else { 0 }, "{err}");
        let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(report["summary"]["files_scanned"], files, "{arguments:?}: {out}");
    }
}

#[test]
fn the_search_ends_at_the_repository() {
    let project = project(&[("birthmark.toml", "threshold = 1"), ("repo/.git/HEAD", "")]);
    let found = provenance(&project.path().join("repo"), &[]);
    assert_eq!(found["thresholds"]["python"], default_threshold());
}

#[test]
fn a_configuration_that_is_no_configuration_is_2() {
    let project = project(&[("Cargo.toml", "[package]\nname = 'x'"), ("latin1.toml", "")]);
    std::fs::write(project.path().join("latin1.toml"), b"license = '\xff'").expect("written");
    for (file, said) in [
        ("Cargo.toml", "holds no [workspace.metadata.birthmark] table"),
        ("latin1.toml", "not UTF-8"),
        ("gone.toml", "gone.toml"),
        (".", "not a regular file"),
    ] {
        let (code, _, err) = run(birthmark(project.path()).args(["scan", "--config", file]));
        assert_eq!(code, 2, "{file}");
        assert!(err.contains(said), "{file}: {err}");
    }
}

const MIT: &str = include_str!("../../examples/demo/LICENSE");

#[test]
fn the_project_licence_is_found() {
    let project = project(&[
        ("LICENSE", MIT),
        ("crate/Cargo.toml", "[package]\nname = 'x'\nlicense = 'Apache-2.0'"),
        ("crate/src/lib.rs", ""),
        ("python/pyproject.toml", "[project]\nname = 'x'\nlicense = 'BSD-3-Clause'"),
        ("python/LICENSE", "all rights, all wrongs"),
        ("odd/LICENSE", "do as you like, but not on Sundays"),
        ("conf/birthmark.toml", "license = 'ISC'"),
    ]);
    let license = |place: &str, arguments: &[&str]| {
        let license = &provenance(&project.path().join(place), arguments)["license"];
        let text = |key: &str| license[key].as_str().unwrap_or("-").to_owned();
        (text("expression"), text("learned_from"))
    };
    for (place, arguments, expression, source) in [
        (".", &[][..], "MIT", "license-text"),
        ("crate/src", &[][..], "Apache-2.0", "metadata"),
        ("python", &[][..], "BSD-3-Clause", "metadata"),
        ("odd", &[][..], "-", "license-text"),
        ("conf", &[][..], "ISC", "given"),
        ("conf", &["--license", "Zlib"][..], "Zlib", "given"),
    ] {
        let expected = (expression.to_owned(), source.to_owned());
        assert_eq!(license(place, arguments), expected, "{place} {arguments:?}");
    }
}

#[test]
fn licence_texts_that_do_not_count_are_not_talked_about() {
    let project = project(&[
        ("LICENSE-MIT", MIT),
        ("LICENSE-APACHE", "Apache License"),
        ("stated/Cargo.toml", "[package]\nname = 'x'\nlicense = 'Apache-2.0 OR MIT'"),
        ("stated/src/lib.rs", "pub fn f() {}\n"),
        ("silent/lib.rs", "pub fn f() {}\n"),
    ]);
    for (place, told) in [("stated", false), ("silent", true)] {
        let (code, out, err) = run(birthmark(project.path()).args(["scan", place]));
        assert_eq!(code, 0, "{err}");
        assert_eq!(out.contains("several licence texts"), told, "{out}");
    }
}
