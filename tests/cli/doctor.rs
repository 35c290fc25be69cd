//! `birthmark doctor`, `birthmark man`.

use std::fs;

use super::{birthmark, project, run};

const PYPROJECT: &str = "[project]\nname = \"x\"\nlicense = \"MIT\"\n";

/// Name and state of each check.
fn states(out: &str) -> Vec<(String, String)> {
    let diagnosis: serde_json::Value = serde_json::from_str(out).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let checks = diagnosis["checks"].as_array().expect("an array");
    checks.iter().map(|check| (text(&check["name"]), text(&check["state"]))).collect()
}

#[test]
fn a_healthy_place_is_0_and_says_what_a_scan_uses() {
    let project = project(&[("pyproject.toml", PYPROJECT)]);
    let (code, out, err) = run(birthmark(project.path()).arg("doctor"));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    for said in [
        "none: every setting has its default",
        "starter is sound",
        "MIT (from the package's metadata)",
    ] {
        assert!(out.contains(said), "{said}: {out}");
    }
    assert!(out.contains("a planted copy was found"), "{out}");
    assert!(out.contains("birthmark works here"), "{out}");
}

#[test]
fn what_is_broken_is_2_and_the_rest_is_still_told() {
    let project = project(&[("birthmark.toml", "index = [\"gone\"]\nlicens = \"MIT\"\n")]);
    fs::create_dir_all(project.path().join("gone")).expect("made");
    let command = &mut birthmark(project.path());
    let (code, out, err) = run(command.args(["doctor", "--format", "json", "--index", "gone"]));
    assert_eq!((code, err.as_str()), (2, ""));
    let expected = [
        ("program", "ok"),
        ("configuration", "broken"),
        ("index", "broken"),
        ("licence", "advice"),
        ("matrix", "ok"),
        ("self-test", "ok"),
        ("git", "ok"),
    ];
    assert_eq!(states(&out), expected.map(|(name, state)| (name.to_owned(), state.to_owned())));
    assert!(out.contains("birthmark.toml:2:1") && out.contains("license"), "{out}");
    assert!(out.contains("birthmark index add --index gone"), "{out}");
}

#[test]
fn without_git_and_without_room_it_says_so() {
    let project = project(&[("pyproject.toml", PYPROJECT)]);
    let mut command = birthmark(project.path());
    command.env("PATH", "/nowhere").env("TMPDIR", "/nowhere").args(["doctor", "--format", "json"]);
    let (code, out, _) = run(&mut command);
    assert_eq!(code, 2);
    let states = states(&out);
    assert!(states.contains(&("git".to_owned(), "advice".to_owned())), "{out}");
    assert!(states.contains(&("self-test".to_owned(), "broken".to_owned())), "{out}");
    assert!(out.contains("set TMPDIR"), "{out}");
}

#[test]
fn a_manual_page_for_every_command() {
    let project = project(&[]);
    let (code, out, err) = run(birthmark(project.path()).args(["man", "--dir", "share/man1"]));
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", ""));
    for page in ["birthmark", "birthmark-scan", "birthmark-index-add", "birthmark-doctor"] {
        let text = fs::read_to_string(project.path().join(format!("share/man1/{page}.1")))
            .expect("written");
        assert!(text.contains(".TH ") && text.contains(".SH EXTRA"), "{page}: {text}");
    }
    fs::write(project.path().join("file"), "").expect("written");
    let (code, _, err) = run(birthmark(project.path()).args(["man", "--dir", "file"]));
    assert_eq!(code, 2);
    assert!(err.contains("cannot write manual pages to `file`"), "{err}");
}
