use globset::{Glob, GlobSetBuilder};
use tempfile::TempDir;

use super::*;

fn tree(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

fn excluding(glob: &str) -> WalkSettings {
    let exclude = GlobSetBuilder::new().add(Glob::new(glob).unwrap()).build();
    WalkSettings { exclude: exclude.unwrap(), ..WalkSettings::default() }
}

/// Walks the named paths of a tree; answers the paths found, relative to the tree, and the messages
/// of the notes.
fn found(root: &TempDir, paths: &[&str], settings: &WalkSettings) -> (Vec<String>, Vec<String>) {
    let paths: Vec<_> = paths.iter().map(|path| root.path().join(path)).collect();
    let walked = files(&paths, settings).unwrap();
    let root = format!("{}/", display_path(root.path()));
    let relative = |path: &str| path.strip_prefix(&root).unwrap().to_owned();
    let files = walked.files.iter().map(|file| relative(&file.path));
    let notes = walked.notes.iter().map(|note| match &note.path {
        Some(path) => format!("{}: {}", relative(path), note.message),
        None => note.message.clone(),
    });
    (files.collect(), notes.collect())
}

#[test]
fn files_come_sorted_and_once() {
    let root = tree(&[("b/z.py", ""), ("b.rs", ""), ("a/y.pyi", ""), ("a/notes.txt", "")]);
    let (files, notes) = found(&root, &["b/z.py", "", "a/../b.rs", "a"], &WalkSettings::default());
    assert_eq!(files, ["a/y.pyi", "b.rs", "b/z.py"]);
    assert_eq!(notes, ["not checked: 1 file of another kind (1 .txt)"]);
}

#[test]
fn ignored_and_hidden_files_are_left_out_unless_named() {
    let root = tree(&[
        (".gitignore", "out/\n*.gen.py\n"),
        ("out/x.py", ""),
        ("x.gen.py", ""),
        (".hidden/y.py", ""),
        (".git/hooks/z.py", ""),
        ("kept.py", ""),
    ]);
    let settings = WalkSettings::default();
    assert_eq!(found(&root, &[""], &settings).0, ["kept.py"]);
    assert_eq!(found(&root, &["x.gen.py", "out/x.py"], &settings).0, ["out/x.py", "x.gen.py"]);
    let disregard =
        WalkSettings { ignore_files: IgnoreFiles::Disregard, ..WalkSettings::default() };
    assert_eq!(found(&root, &[""], &disregard).0, ["kept.py", "out/x.py", "x.gen.py"]);
}

#[test]
fn ignore_files_of_parents_hold_only_inside_a_repository() {
    let root = tree(&[(".gitignore", "*\n"), ("project/x.py", "")]);
    let settings = WalkSettings::default();
    assert_eq!(found(&root, &["project"], &settings).0, ["project/x.py"]);
    fs::create_dir_all(root.path().join("project/.git")).unwrap();
    assert_eq!(found(&root, &["project"], &settings).0, ["project/x.py"]);
    fs::create_dir(root.path().join(".git")).unwrap();
    fs::remove_dir(root.path().join("project/.git")).unwrap();
    assert!(found(&root, &["project"], &settings).0.is_empty());
}

#[test]
fn excludes_spare_named_files_unless_told_otherwise() {
    let root = tree(&[("gen/x.py", ""), ("y.py", "")]);
    let mut settings = excluding("**/gen");
    let (files, notes) = found(&root, &[""], &settings);
    assert_eq!(files, ["y.py"]);
    assert_eq!(notes, ["not checked: 1 excluded"]);
    settings = excluding("**/gen/**");
    assert_eq!(found(&root, &["gen/x.py"], &settings).0, ["gen/x.py"]);
    settings.explicit = Explicit::Exclude;
    let (files, notes) = found(&root, &["gen/x.py"], &settings);
    assert!(files.is_empty());
    assert_eq!(notes, ["not checked: 1 excluded"]);
}

#[test]
fn named_files_of_unknown_languages_leave_a_note() {
    let root = tree(&[("readme.txt", "")]);
    let (files, notes) = found(&root, &["readme.txt"], &WalkSettings::default());
    assert!(files.is_empty());
    assert_eq!(notes, ["readme.txt: not checked: not in a language birthmark knows"]);
}

#[test]
fn scripts_without_an_extension_are_known_by_their_first_line() {
    let script = "#!/usr/bin/env python3\nprint()\n";
    let root = tree(&[
        ("bin/tool", script),
        ("bin/make", "#!/usr/bin/make -f\n"),
        ("Makefile", "all:\n"),
        ("x.txt", script),
    ]);
    let (files, notes) = found(&root, &[""], &WalkSettings::default());
    assert_eq!(files, ["bin/tool"]);
    assert_eq!(notes, ["not checked: 3 files of other kinds (2 without extension, 1 .txt)"]);
    assert_eq!(found(&root, &["bin/tool"], &WalkSettings::default()).0, ["bin/tool"]);
}

#[test]
fn missing_paths_are_errors_that_name_them() {
    let error = files(&[PathBuf::from("no/such\nplace")], &WalkSettings::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#""no/such\nplace" does not exist; name an existing file or directory"#
    );
}

#[test]
fn reading_keeps_to_its_limit() {
    let root = tree(&[("x.py", "12345")]);
    let path = root.path().join("x.py");
    assert_eq!(read(&path, 5).unwrap(), b"12345");
    let problem = read(&path, 4).unwrap_err();
    assert_eq!(problem.note("x.py").message, "not checked: 5 bytes are more than the limit of 4");
    assert!(matches!(read(root.path(), 9), Err(ReadProblem::NotRegular)));
}

#[cfg(unix)]
#[test]
fn loops_pipes_and_odd_names_are_harmless() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let root = tree(&[("a/x.py", ""), ("line\nbreak.py", ""), ("\u{1b}[31m.py", "")]);
    symlink(root.path(), root.path().join("a/loop")).unwrap();
    symlink(root.path().join("a/x.py"), root.path().join("link.py")).unwrap();
    fs::write(root.path().join(OsStr::from_bytes(b"caf\xE9.py")), "").unwrap();
    let pipe = root.path().join("pipe.py");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());

    let settings = WalkSettings::default();
    let (files, notes) = found(&root, &[""], &settings);
    assert_eq!(notes, ["not checked: 2 links"]);
    assert_eq!(files, ["\u{1b}[31m.py", "a/x.py", "caf\u{FFFD}.py", "line\nbreak.py"]);
    assert_eq!(found(&root, &["link.py"], &settings).0, ["link.py"]);
    assert!(matches!(read(&pipe, 9), Err(ReadProblem::NotRegular)));
}

#[test]
fn loading_reads_and_inspects() {
    let root = tree(&[("x.py", "x = 1\n"), ("y.py", "x\0")]);
    let walked = files(&[root.path().to_owned()], &WalkSettings::default()).unwrap();
    let loaded: Vec<_> = walked.files.iter().map(|file| load(file, 10)).collect();
    assert_eq!(loaded[0].as_ref().unwrap().text(), b"x = 1\n");
    assert_eq!(
        loaded[1].as_ref().unwrap_err().message,
        "not checked: it holds NUL bytes and looks binary"
    );
}

#[test]
fn display_paths_are_plain() {
    for (path, shown) in [("./a//b/./c", "a/b/c"), (".", "."), ("/a/b", "/a/b"), ("../a", "../a")] {
        assert_eq!(display_path(Path::new(path)), shown);
    }
}

#[test]
fn notebooks_are_found_and_prose_on_request() {
    let root = tree(&[("a.ipynb", "{"), ("b.md", "```python\nx = 1\n```\n")]);
    let mut settings = WalkSettings::default();
    let (files, notes) = found(&root, &[""], &settings);
    assert_eq!(
        (files.as_slice(), notes.as_slice()),
        (
            &["a.ipynb".to_owned()][..],
            &["not checked: 1 file of another kind (1 .md)".to_owned()][..]
        )
    );
    let (_, notes) = found(&root, &["b.md"], &settings);
    assert_eq!(
        notes,
        ["b.md: not checked: a page of prose; pass --markdown to check its blocks of code"]
    );
    settings.prose = Prose::Read;
    assert_eq!(found(&root, &[""], &settings).0, ["a.ipynb", "b.md"]);
    let walked = files_in(&root, &settings);
    let broken = load(&walked[0], 100).unwrap_err();
    assert_eq!(broken.kind, NoteKind::Failed);
    let texts: Vec<usize> =
        walked[1..].iter().map(|file| load(file, 100).unwrap().text().len()).collect();
    assert_eq!(texts, [7]);
}

fn files_in(root: &TempDir, settings: &WalkSettings) -> Vec<WalkedFile> {
    files(&[root.path().to_owned()], settings).unwrap().files
}

#[test]
fn of_a_notebook_the_code_keeps_to_the_limit() {
    let notebook = |code: &str| {
        let output = "x".repeat(100);
        format!(
            r#"{{"cells": [{{"cell_type": "code", "source": "{code}", "outputs": ["{output}"]}}]}}"#
        )
    };
    let root = tree(&[("a.ipynb", &notebook("x = 1")), ("b.ipynb", &notebook("a_long_name = 1"))]);
    let walked = files_in(&root, &WalkSettings::default());
    assert_eq!(load(&walked[0], 10).unwrap().text(), b"x = 1\n");
    let note = load(&walked[1], 10).unwrap_err();
    assert_eq!(note.message, "not checked: 16 bytes are more than the limit of 10");
}
