//! `birthmark attribute`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Program;

use super::{birthmark, run};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SUMMARY: &str = "parcelbot/summary.py";

/// A copy of the demo, in which `summary.py` may stay if its notice is kept and `routes.py` may
/// not.
struct Demo {
    directory: tempfile::TempDir,
}

impl Demo {
    fn new() -> Demo {
        let demo = Demo { directory: tempfile::tempdir().expect("a temporary directory") };
        for name in [SUMMARY, "parcelbot/routes.py", "LICENSE", "pyproject.toml"] {
            let to = demo.path(name);
            fs::create_dir_all(to.parent().expect("inside")).expect("made");
            fs::copy(Path::new(ROOT).join("examples/demo").join(name), to).expect("copied");
        }
        demo.git(&["init", "--quiet"]);
        demo
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let index = Path::new(ROOT).join("fixtures/demo-index");
        run(birthmark(self.directory.path()).args(arguments).arg("--index").arg(index))
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Program::new("git");
        git.current_dir(self.directory.path()).args([
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@example.org",
        ]);
        let output = git.args(arguments).output().expect("git runs");
        let merges = arguments.first() == Some(&"merge");
        assert!(output.status.success() || merges, "{arguments:?}: {output:?}");
    }

    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.directory.path())
            .expect("readable")
            .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
            .collect();
        names.sort();
        names
    }
}

#[test]
fn the_next_scan_sees_what_was_written_as_declared() {
    let demo = Demo::new();
    let before = demo.read(SUMMARY);
    let (code, out, err) = demo.run(&["attribute"]);
    assert_eq!(code, 0, "{err}");
    for part in
        ["declared parcelbot/summary.py:10-42", "wrote LICENSES/MIT.txt", "wrote THIRD-PARTY.md"]
    {
        assert!(out.contains(part), "{part} in {out}");
    }
    assert!(err.contains("1 match that a notice does not settle"), "{err}");
    let after = demo.read(SUMMARY);
    let kept: Vec<&str> = after.lines().filter(|line| !line.starts_with("# SPDX-")).collect();
    assert_eq!(kept.join("\n") + "\n", before);
    assert!(after.contains("# SPDX-License-Identifier: MIT\n"), "{after}");
    assert!(demo.read("THIRD-PARTY.md").contains("## pkg:generic/plaintable@0.9.2\n\nMIT\n"));
    assert!(demo.read("LICENSES/MIT.txt").contains("Permission is hereby granted"));

    let (code, out, _) = demo.run(&["scan", SUMMARY]);
    assert_eq!(code, 0);
    assert!(
        out.contains("Nothing found that needs attention.") && out.contains("1 declared"),
        "{out}"
    );
    let (code, out, _) = demo.run(&["attribute", SUMMARY]);
    assert_eq!((code, out.as_str()), (0, "Nothing to declare; 1 match is declared already.\n"));
    assert_eq!(demo.read(SUMMARY), after, "running it twice changes nothing");
}

/// A package under the Apache licence, with notices wherever they may stand.
struct Apx(tempfile::TempDir);

impl Apx {
    fn new(license: &str, header: &str) -> Apx {
        let apx = Apx(tempfile::tempdir().expect("a temporary directory"));
        let code = Path::new(ROOT).join("fixtures/demo-components/plaintable/plaintable/layout.py");
        let code = fs::read_to_string(code).expect("readable");
        let code = code.split_once("\"\"\"How").map_or("", |(_, code)| code);
        apx.write("apx/layout.py", &format!("{header}\"\"\"How{code}"));
        apx.write("LICENSE", license);
        apx.write(
            "NOTICE",
            "Apx\nCopyright 2019 Jane Roe\n\nThis product includes <!-- x --> by J. Doe.\n",
        );
        let toml = "[project]\nname = \"apx\"\nversion = \"1.0\"\nlicense = \"Apache-2.0\"\n";
        apx.write("pyproject.toml", toml);
        let index = apx.0.path().join("index");
        let (code, _, err) =
            run(birthmark(apx.0.path()).args(["index", "add", ".", "--index"]).arg(&index));
        assert_eq!(code, 0, "{err}");
        apx
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("inside")).expect("made");
        fs::write(path, text).expect("written");
    }

    /// The demo, attributed with the package as the only one that is known.
    fn attributed(&self, arguments: &[&str]) -> (Demo, String) {
        let demo = Demo::new();
        let (code, out, err) = self.run(&demo, "attribute", arguments);
        assert_eq!(code, 0, "{out}{err}");
        (demo, err)
    }

    fn run(&self, demo: &Demo, command: &str, arguments: &[&str]) -> (i32, String, String) {
        let index = self.0.path().join("index");
        run(birthmark(demo.directory.path()).arg(command).args(arguments).arg("--index").arg(index))
    }
}

#[test]
fn the_notices_of_the_origin_travel_with_the_code() {
    let apx = Apx::new("Copyright 2018 Apx, Inc.\n", "# Copyright 2017-2019 Jane Roe\n\n");
    let (demo, err) = apx.attributed(&[]);
    assert_eq!(err, "");
    let code = demo.read(SUMMARY);
    let tags: Vec<&str> = code.lines().filter(|line| line.contains("CopyrightText")).collect();
    assert_eq!(tags, ["# SPDX-SnippetCopyrightText: Copyright 2017-2019 Jane Roe"]);
    let notices = demo.read("THIRD-PARTY.md");
    for part in [
        "\n\nCopyright 2017-2019 Jane Roe\n",
        "- Copyright 2018 Apx, Inc.\n- Copyright 2019 Jane Roe\n",
        "```text\nApx\nCopyright 2019 Jane Roe\n\nThis product includes <! -- x -- > by J. Doe.\n```",
    ] {
        assert!(notices.contains(part), "{part} in {notices}");
    }
    let license = demo.read("LICENSES/Apache-2.0.txt");
    assert!(!license.contains("[yyyy]") && license.contains("END OF TERMS AND CONDITIONS"));
    let (code, out, err) = apx.run(&demo, "attribute", &[]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(out, "Nothing to declare; 1 match is declared already.\n");
    assert_eq!(demo.read("THIRD-PARTY.md"), notices, "what was carried over stays");
    let (code, out, _) = apx.run(&demo, "scan", &["--fail-on", "info", SUMMARY]);
    assert_eq!(code, 0, "{out}");
    let (_, json, _) = apx.run(&demo, "scan", &["--format", "json"]);
    assert!(json.contains("Copyright 2017-2019 Jane Roe"), "{json}");
}

#[test]
fn a_file_without_notice_has_those_of_its_package() {
    let apx = Apx::new("Copyright 2018 Apx, Inc.\n", "");
    let (demo, err) = apx.attributed(&[]);
    assert_eq!(err, "");
    let code = demo.read(SUMMARY);
    let tags: Vec<&str> = code.lines().filter(|line| line.contains("CopyrightText")).collect();
    let tag = |holder: &str| format!("# SPDX-SnippetCopyrightText: {holder}");
    assert_eq!(tags, [tag("Copyright 2018 Apx, Inc."), tag("Copyright 2019 Jane Roe")]);
}

#[test]
fn a_file_that_loses_its_annotation_is_named() {
    let apx = Apx::new("Copyright 2018 Apx, Inc.\n", "");
    for (precedence, told) in [("", true), ("precedence = \"aggregate\"\n", false)] {
        let demo = Demo::new();
        let annotation = format!(
            "version = 1\n[[annotations]]\npath = \"**\"\n{precedence}SPDX-FileCopyrightText = \"Us\"\nSPDX-License-Identifier = \"MIT\"\n"
        );
        fs::write(demo.path("REUSE.toml"), annotation).expect("written");
        let (code, _, err) = apx.run(&demo, "attribute", &[]);
        let warned = err.contains("summary.py has its licence from an annotation in REUSE.toml");
        assert_eq!((code, warned), (0, told), "{err}");
    }
}

/// An index that was built before birthmark read notices.
#[test]
fn what_the_index_does_not_know_is_told() {
    let demo = Demo::new();
    let old = Path::new(ROOT).join("fixtures/index-v2");
    let index = tempfile::tempdir().expect("a temporary directory");
    for file in fs::read_dir(old).expect("readable").map(|file| file.expect("readable").path()) {
        let to = index.path().join(file.file_name().expect("a name"));
        fs::copy(&file, to).expect("copied");
    }
    let mut attribute = birthmark(demo.directory.path());
    let (code, _, err) = run(attribute.args(["attribute", "--index"]).arg(index.path()));
    assert_eq!(code, 0, "{err}");
    for part in [
        "does not know who holds the copyright in pkg:generic/plaintable@0.9.2",
        "at the top of plaintable/layout.py",
    ] {
        assert!(err.contains(part), "{part} in {err}");
    }
    assert!(demo.read(SUMMARY).contains("CopyrightText: the authors of pkg:generic/plaintable\n"));
}

#[test]
fn a_dry_run_is_a_patch_and_writes_nothing() {
    let demo = Demo::new();
    let (before, files) = (demo.read(SUMMARY), demo.files());
    let (code, out, _) = demo.run(&["attribute", "--dry-run", "--copyright", "2019 Ada Example"]);
    assert_eq!(code, 0);
    assert_eq!((demo.read(SUMMARY), demo.files()), (before, files));
    fs::write(demo.path("the.patch"), &out).expect("written");
    demo.git(&["apply", "the.patch"]);
    let patched = demo.read(SUMMARY);
    assert!(patched.contains("# SPDX-SnippetCopyrightText: 2019 Ada Example\n"), "{patched}");
    let (_, out, _) = demo.run(&["attribute", SUMMARY]);
    assert_eq!(out, "Nothing to declare; 1 match is declared already.\n");
}

#[test]
fn what_is_named_is_declared_or_said_why_not() {
    let demo = Demo::new();
    let (code, out, err) = demo.run(&["attribute", "parcelbot/routes.py:60"]);
    assert_eq!((code, out.as_str()), (2, "Nothing to declare.\n"));
    assert!(err.contains("a notice does not settle it") && err.contains("OSADL matrix"), "{err}");
    let (code, _, err) = demo.run(&["attribute", "0123"]);
    assert_eq!(code, 2);
    assert!(err.contains("no match has the id `0123`"), "{err}");
    let (code, out, err) = demo.run(&["attribute", "f416b444"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("wrote parcelbot/summary.py"), "{out}");
    let (code, _, err) = demo.run(&["attribute", "f416b444"]);
    assert_eq!(code, 0);
    assert!(err.contains("it is declared already"), "{err}");
}

#[test]
fn wrong_declarations_are_for_people_to_correct() {
    let demo = Demo::new();
    let text = demo
        .read(SUMMARY)
        .replace("def fit_columns", "# copied from pkg:pypi/requests\ndef fit_columns");
    fs::write(demo.path(SUMMARY), &text).expect("written");
    let (code, _, err) = demo.run(&["attribute"]);
    assert_eq!(code, 2);
    assert!(err.contains("it is declared otherwise on line"), "{err}");
    assert_eq!(demo.read(SUMMARY), text);
}

#[test]
fn files_in_the_middle_of_something_are_left() {
    let demo = Demo::new();
    demo.git(&["add", "."]);
    demo.git(&["commit", "--quiet", "--message", "base"]);
    let base = demo.read(SUMMARY);
    let changed = base.replace("NARROWEST = 4", "NARROWEST = 5");

    fs::write(demo.path(SUMMARY), &changed).expect("written");
    demo.git(&["add", "."]);
    let again = changed.replace("GUTTER = 2", "GUTTER = 3");
    fs::write(demo.path(SUMMARY), &again).expect("written");
    let (code, _, err) = demo.run(&["attribute"]);
    assert_eq!(code, 2);
    assert!(err.contains("staged and was changed since"), "{err}");
    assert_eq!(demo.read(SUMMARY), again);
    assert!(!demo.path("LICENSES").exists());
    let (code, _, err) = demo.run(&["attribute", "--dry-run", "--force"]);
    assert_eq!(code, 0, "{err}");

    demo.git(&["checkout", "--quiet", "-b", "other"]);
    demo.git(&["commit", "--quiet", "--all", "--message", "other"]);
    demo.git(&["checkout", "--quiet", "-"]);
    fs::write(demo.path(SUMMARY), base.replace("NARROWEST = 4", "NARROWEST = 6")).expect("written");
    demo.git(&["commit", "--quiet", "--all", "--message", "mine"]);
    demo.git(&["merge", "--quiet", "other"]);
    let text = demo.read(SUMMARY);
    assert!(text.contains("<<<<<<<"), "{text}");
    for resolved_marks in [false, true] {
        if resolved_marks {
            fs::write(demo.path(SUMMARY), &base).expect("written");
        }
        let text = demo.read(SUMMARY);
        let (code, _, err) = demo.run(&["attribute", "--force", SUMMARY]);
        assert_eq!(code, 2);
        assert!(err.contains("unresolved conflicts"), "{err}");
        assert_eq!(demo.read(SUMMARY), text);
    }
}

#[cfg(unix)]
#[test]
fn permissions_links_and_line_endings_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let demo = Demo::new();
    let text = demo.read(SUMMARY).replace('\n', "\r\n");
    fs::write(demo.path(SUMMARY), &text).expect("written");
    fs::rename(demo.path(SUMMARY), demo.path("real.py")).expect("moved");
    fs::set_permissions(demo.path("real.py"), fs::Permissions::from_mode(0o750)).expect("set");
    symlink("../real.py", demo.path(SUMMARY)).expect("linked");
    let (code, out, err) = demo.run(&["attribute", SUMMARY]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("wrote parcelbot/summary.py"), "{out}");
    assert!(fs::symlink_metadata(demo.path(SUMMARY)).expect("there").is_symlink());
    let mode = fs::metadata(demo.path("real.py")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o750);
    let after = fs::read(demo.path("real.py")).expect("readable");
    let (breaks, returns) = (|b: &u8| *b == b'\n', |b: &u8| *b == b'\r');
    let count = |bytes: &[u8], is: fn(&u8) -> bool| bytes.iter().filter(|byte| is(byte)).count();
    assert_eq!(count(&after, breaks), count(&after, returns));
    assert_eq!(count(&after, breaks), text.lines().count() + 5);
}

#[test]
fn what_stands_there_already_is_kept() {
    let demo = Demo::new();
    fs::create_dir(demo.path("LICENSES")).expect("made");
    fs::write(demo.path("LICENSES/MIT.md"), "ours\n").expect("written");
    fs::write(demo.path("THIRD-PARTY-NOTICES.md"), "# Mine\n").expect("written");
    let (code, out, err) = demo.run(&["attribute", "parcelbot"]);
    assert_eq!(code, 0, "{err}");
    assert!(!out.contains("LICENSES"), "{out}");
    let notices = demo.read("THIRD-PARTY-NOTICES.md");
    assert!(notices.starts_with("# Mine\n") && notices.contains("plaintable"), "{notices}");
    assert!(!demo.path("THIRD-PARTY.md").exists());
}
