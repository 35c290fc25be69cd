//! `birthmark index build` and `birthmark index adopt`: segments that are built anywhere.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{birthmark, project, run};

const PACKAGES: usize = 11;

/// A function that no other package has.
fn function(seed: usize) -> String {
    let mut state = seed as u64 + 1;
    let mut next = |limit: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (state >> 33) % limit
    };
    let fields = ["size", "owner", "weight", "label", "parent", "state", "queue", "budget"];
    let mut text = format!("def work_{seed}(first, second):\n");
    for _ in 0..40 {
        let (a, b) = (fields[next(8) as usize], fields[next(8) as usize]);
        let (m, n) = (next(900), next(900));
        text += &match next(4) {
            0 => format!("    first.{a} = second.{b}_{m} + {n}\n"),
            1 => {
                format!("    if first.{a} > second[{n}]:\n        do_{b}_{m}(first, {a}=second)\n")
            }
            2 => format!("    for item in second.{a}_{m}(first):\n        item.{b} -= {n}\n"),
            _ => format!("    assert first.{a}_{m} != second.{b}({n}), '{a} {m}'\n"),
        };
    }
    text + "    return first\n"
}

/// Packages of Python below `packages/`, and the lines that list them.
fn packages() -> (tempfile::TempDir, Vec<String>) {
    let project = project(&[]);
    let mut lines = Vec::new();
    for number in 0..PACKAGES {
        let folder = project.path().join(format!("packages/p{number}"));
        fs::create_dir_all(&folder).expect("made");
        let shared = if number % 3 == 0 { function(1000) } else { String::new() };
        let text = format!("{}\n\n{shared}", function(number));
        fs::write(folder.join("code.py"), text).expect("written");
        let license = ["MIT", "GPL-3.0-only"][number % 2];
        let metadata = format!(
            "[project]\nname = 'p{number}'\nversion = '1.{number}'\nlicense = '{license}'\n"
        );
        fs::write(folder.join("pyproject.toml"), metadata).expect("written");
        lines.push(json!({ "source": format!("packages/p{number}") }).to_string());
    }
    // A project of its own, whose manifests do not name the packages.
    fs::create_dir_all(project.path().join("asked/.git")).expect("made");
    let question = function(3) + &function(1000);
    fs::write(project.path().join("asked/question.py"), question).expect("written");
    (project, lines)
}

/// Builds a list; returns the exit status, the answer and what standard error says.
fn build(at: &Path, lines: &[String], segment: &str, arguments: &[&str]) -> (i32, Value, String) {
    let mut command = birthmark(at);
    command.args(["index", "build", "--list", "-", "--format=json", "--segment", segment]);
    let list = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let (code, out, err) = run(command.args(arguments).write_stdin(list));
    (code, serde_json::from_str(&out).unwrap_or(Value::Null), err)
}

/// Builds a list cut into parts, each by itself; returns the files.
fn build_parts(at: &Path, lines: &[String], parts: usize) -> Vec<PathBuf> {
    let folder = format!("segments-{parts}");
    fs::create_dir(at.join(&folder)).expect("made");
    let mut files = Vec::new();
    for part in 0..parts {
        let lines: Vec<String> = lines.iter().skip(part).step_by(parts).cloned().collect();
        let (code, answer, err) = build(at, &lines, &folder, &[]);
        assert_eq!(code, 0, "{err}");
        files.push(at.join(answer["segment"]["file"].as_str().expect("a segment")));
    }
    files
}

fn adopt(at: &Path, index: &str, files: &[PathBuf]) -> (i32, Value, String) {
    let mut command = birthmark(at);
    command.args(["index", "adopt", "--format=json", "--index", index]).args(files);
    let (code, out, err) = run(&mut command);
    (code, serde_json::from_str(&out).unwrap_or(Value::Null), err)
}

fn report(at: &Path) -> String {
    let mut command = birthmark(&at.join("asked"));
    command.args(["scan", "--no-config", "--no-cache", "--license=MIT", "--index=../index"]);
    let (_, out, err) = run(command.args(["--index=starter", "--format=json", "question.py"]));
    assert!(out.contains("pkg:pypi/p3@1.3") && out.contains("pkg:pypi/p0@1.0"), "{out}{err}");
    out
}

/// The only segment of an index.
fn only_segment(index: &Path) -> Vec<u8> {
    let files = fs::read_dir(index).expect("readable").map(|file| file.expect("readable").path());
    let segments: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|it| it == "segment")).collect();
    assert_eq!(segments.len(), 1);
    fs::read(&segments[0]).expect("readable")
}

#[test]
fn parts_built_apart_are_the_build_of_one_machine() {
    let (project, lines) = packages();
    let at = project.path();
    let mut command = birthmark(at);
    command.args(["index", "add"]).args((0..PACKAGES).map(|number| format!("packages/p{number}")));
    let (code, _, err) = run(command.args(["--index", "index"]));
    assert_eq!(code, 0, "{err}");
    let merge = || run(birthmark(at).args(["index", "merge", "--index", "index"])).0;
    let expected = report(at);
    assert_eq!(merge(), 0);
    let segment = only_segment(&at.join("index"));
    for parts in [1, 3, 7] {
        let mut files = build_parts(at, &lines, parts);
        for _ in 0..2 {
            fs::remove_dir_all(at.join("index")).expect("removed");
            let (code, answer, err) = adopt(at, "index", &files);
            assert_eq!(code, 0, "{err}");
            assert_eq!(answer["adopted"]["components"], PACKAGES);
            assert!(report(at) == expected, "{parts} parts");
            assert_eq!(merge(), 0);
            assert!(only_segment(&at.join("index")) == segment, "{parts} parts, merged");
            files.reverse();
        }
    }
}

#[test]
fn the_order_of_the_list_and_the_processes_do_not_matter() {
    let (project, mut lines) = packages();
    let at = project.path();
    let (code, first, err) = build(at, &lines, "a.segment", &["--jobs=1"]);
    assert_eq!(code, 0, "{err}");
    lines.reverse();
    lines.push(lines[2].clone());
    let (code, second, err) = build(at, &lines, "b.segment", &["--jobs=3"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(first["segment"]["digest"], second["segment"]["digest"]);
    assert_eq!(first["components"], PACKAGES);
    let read = |name: &str| fs::read(at.join(name)).expect("readable");
    assert!(read("a.segment") == read("b.segment"));
    let left = fs::read_dir(at).expect("readable").filter(|entry| {
        entry.as_ref().expect("readable").file_name().to_string_lossy().starts_with(".building")
    });
    assert_eq!(left.count(), 0);
}

/// A client that a line has the program run, instead of pip.
#[cfg(unix)]
fn client(at: &Path, script: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let folder = at.join("bin");
    fs::create_dir_all(&folder).expect("made");
    fs::write(folder.join("python3"), script).expect("written");
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.join("python3"), executable).expect("set");
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default())
}

#[cfg(unix)]
#[test]
fn what_cannot_be_built_is_in_quarantine_with_its_reason() {
    let (project, mut lines) = packages();
    let at = project.path();
    let (_, clean, _) = build(at, &lines, "clean.segment", &[]);
    let write = |path: &str, text: &[u8]| {
        let path = at.join(path);
        fs::create_dir_all(path.parent().expect("inside")).expect("made");
        fs::write(path, text).expect("written");
    };
    write("damaged-1.0.whl", b"PK\x03\x04 and no more");
    write("nameless/x.py", function(77).as_bytes());
    write("hungry/hungry.py", "[".repeat(400_000).as_bytes());
    write("hungry/pyproject.toml", b"[project]\nname = 'hungry'\nversion = '1'\nlicense = 'MIT'\n");
    let digest = format!("blake3:{}", "0".repeat(64));
    lines.extend([
        "{\"source\": ".to_owned(),
        json!({ "source": "gone" }).to_string(),
        json!({ "source": "damaged-1.0.whl", "purl": "pkg:pypi/damaged@1.0" }).to_string(),
        json!({ "source": "nameless" }).to_string(),
        json!({ "source": "hungry" }).to_string(),
        json!({ "purl": "pkg:pypi/slow@1.0", "license": "MIT" }).to_string(),
        json!({ "source": "packages/p1", "digest": digest }).to_string(),
    ]);
    // It starts another process, which hangs as well.
    let path = client(at, "#!/bin/sh\nsleep 1000 & echo $! > \"$HOLD\"; wait\n");
    let list = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let mut command = birthmark(at);
    command.env("PATH", path).env("HOLD", at.join("sleeper"));
    command.args(["index", "build", "--list=-", "--segment=all.segment", "--format=json"]);
    command.args(["--quarantine=bad.jsonl", "--package-time=30", "--package-memory=100"]);
    let (code, out, err) = run(command.write_stdin(list));
    assert_eq!(code, 1, "{err}");
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(answer["segment"]["digest"], clean["segment"]["digest"], "the rest is built");
    let text = fs::read_to_string(at.join("bad.jsonl")).expect("written");
    let entries: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answer["quarantined"], json!(entries));
    let told: Vec<(u64, &str, &str)> = entries
        .iter()
        .map(|entry| {
            let name = entry["purl"].as_str().or(entry["source"].as_str()).unwrap_or_default();
            let line = entry["line"].as_u64().expect("a number");
            (line, name, entry["reason"].as_str().expect("a reason"))
        })
        .collect();
    let first = PACKAGES as u64 + 1;
    assert_eq!(
        told,
        [
            (first, "", "line"),
            (first + 1, "gone", "line"),
            (first + 2, "pkg:pypi/damaged@1.0", "damaged"),
            (first + 3, "pkg:generic/nameless", "unlicensed"),
            (first + 4, "hungry", "memory"),
            (first + 5, "pkg:pypi/slow@1.0", "hung"),
            (first + 6, "pkg:pypi/p1@1.1", "changed"),
        ],
        "{entries:#?}"
    );
    let sleeper = fs::read_to_string(at.join("sleeper")).expect("it started");
    let state = fs::read_to_string(format!("/proc/{}/stat", sleeper.trim())).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z"), "what hung was ended: {state}");
}

#[test]
fn a_list_that_leaves_nothing_gives_no_segment() {
    let project = project(&[("a/x.py", "x = 1\n")]);
    let lines = [json!({ "source": "a" }).to_string()];
    let (code, answer, err) = build(project.path(), &lines, "a.segment", &[]);
    assert_eq!(code, 1, "{err}");
    assert_eq!(answer["segment"], Value::Null);
    assert_eq!(answer["quarantined"][0]["reason"], "unlicensed");
    assert!(!project.path().join("a.segment").exists());
    let (code, ..) = build(project.path(), &lines, "a.segment", &["--exit-zero"]);
    assert_eq!(code, 0);
    for gone in ["gone/a.segment", "gone/"] {
        let (code, _, err) = build(project.path(), &lines, gone, &[]);
        assert_eq!(code, 2);
        assert!(err.contains("there is no directory `gone"), "{err}");
        assert!(err.contains("make it first"), "{err}");
    }
}

#[test]
fn damaged_and_foreign_segments_are_not_adopted() {
    let (project, lines) = packages();
    let at = project.path();
    let files = build_parts(at, &lines, 3);
    let (code, ..) = adopt(at, "index", &files[..1]);
    assert_eq!(code, 0);
    let manifest = || fs::read(at.join("index/manifest.json")).expect("readable");
    let before = manifest();
    let whole = fs::read(&files[2]).expect("readable");
    for (offset, expected) in
        [(whole.len() / 2, "is damaged"), (8, "has index format"), (12, "has index format")]
    {
        let mut bytes = whole.clone();
        bytes[offset] ^= 1;
        fs::write(at.join("other.segment"), bytes).expect("written");
        let (code, _, err) = adopt(at, "index", &[files[1].clone(), at.join("other.segment")]);
        assert_eq!(code, 2);
        assert!(err.contains("other.segment") && err.contains(expected), "{err}");
        assert!(manifest() == before, "nothing is taken in");
    }
    // A sound segment under the name of another.
    fs::write(&files[1], &whole).expect("written");
    let (code, _, err) = adopt(at, "index", &files[1..2]);
    assert_eq!(code, 2);
    assert!(err.contains("not the one it is named after"), "{err}");
    assert!(manifest() == before);
}

#[test]
fn adopting_again_changes_nothing_and_new_content_replaces_old() {
    let (project, lines) = packages();
    let at = project.path();
    let files = build_parts(at, &lines, 3);
    adopt(at, "index", &files);
    let manifest = || fs::read(at.join("index/manifest.json")).expect("readable");
    let before = manifest();
    let (code, answer, err) = adopt(at, "index", &[files[0].clone(), files[0].clone()]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(answer["adopted"]["segments"], 0);
    assert_eq!(answer["adopted"]["unchanged_segments"], 2);
    assert!(manifest() == before);

    fs::write(at.join("packages/p4/code.py"), function(4000)).expect("written");
    let (_, built, _) = build(at, &lines[4..6], "new.segment", &[]);
    assert_eq!(built["components"], 2);
    let (code, answer, err) = adopt(at, "index", &[at.join("new.segment")]);
    assert_eq!(code, 0, "{err}");
    let adopted = &answer["adopted"];
    assert_eq!(adopted["components"], 1, "{adopted}");
    assert_eq!(adopted["duplicates"], 1, "{adopted}");
    assert_eq!(adopted["replaced"], 1, "{adopted}");
    let (_, out, _) = run(birthmark(at).args(["index", "list", "--format=json", "--index=index"]));
    let listed: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(listed["components"].as_array().expect("a list").len(), PACKAGES);
}
