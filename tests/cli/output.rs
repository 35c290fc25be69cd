//! Where reports go: several at once, whole or not at all.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{birthmark, project, run};

/// The demo, with a copy of its sources to write beside.
fn demo() -> tempfile::TempDir {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(root.join(name)).expect("readable");
    let routes = read("examples/demo/parcelbot/routes.py");
    let index = root.join("fixtures/demo-index");
    let configuration =
        format!("license = \"MIT\"\nindex = [{:?}]\n", index.to_str().expect("UTF-8"));
    project(&[("src/routes.py", &routes), ("birthmark.toml", &configuration)])
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("readable");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn several_formats_are_written_at_once() {
    let project = demo();
    let read = |name: &str| fs::read_to_string(project.path().join(name)).expect("written");
    let outputs = [
        "sarif=r.sarif",
        "gitlab=r.json",
        "jsonl=r.jsonl",
        "markdown=r.md",
        "github=r.txt",
        "json=all.json",
        "html=r.html",
    ];
    let mut command = birthmark(project.path());
    command.arg("scan");
    for output in outputs {
        command.args(["--output", output]);
    }
    let (code, out, err) = run(&mut command);
    assert_eq!((code, err.as_str()), (1, ""));
    assert!(out.contains("error[license-incompatible]"), "standard output has the text: {out}");
    let sarif: Value = serde_json::from_str(&read("r.sarif")).expect("JSON");
    let result = &sarif["runs"][0]["results"][0];
    let hash = &result["partialFingerprints"]["primaryLocationLineHash"];
    assert!(hash.as_str().is_some_and(|hash| hash.ends_with(":1")), "{result}");
    assert!(read("r.json").contains("\"check_name\": \"license-incompatible\""));
    assert!(read("r.jsonl").lines().all(|line| line.starts_with('{')));
    assert!(read("r.md").contains("<details><summary>The code"), "{}", read("r.md"));
    assert!(read("r.txt").starts_with("::error file=src/routes.py,line="), "{}", read("r.txt"));
    let page = read("r.html");
    assert!(page.contains("<td class=\"there\">"), "the code stands beside its origin");
    assert!(page.contains("<i>came_from</i>"), "a name that was changed is marked: {page}");
    assert!(read("all.json").contains("\"schema_version\": 2"));
}

#[test]
fn a_file_without_a_format_takes_the_place_of_standard_output() {
    let project = demo();
    let mut command = birthmark(project.path());
    let arguments = ["scan", "--format", "gitlab", "--output", "a.json", "--output", "text=b.txt"];
    let (code, out, err) = run(command.args(arguments));
    assert_eq!((code, out.as_str(), err.as_str()), (1, "", ""));
    let read = |name: &str| fs::read_to_string(project.path().join(name)).expect("written");
    assert!(read("a.json").starts_with('['));
    assert!(read("b.txt").contains("Found 1 error"));
}

#[test]
fn a_name_that_promises_another_format_is_warned_about() {
    for (arguments, warned) in [
        (
            &["--output", "r.json"][..],
            Some("`r.json` will hold the text report; write `--output json=r.json`"),
        ),
        (&["--output", "r.md"], Some("write `--output markdown=r.md`")),
        (&["--output", "r.txt"], None),
        (&["--output", "text=r.json"], None),
        (&["--output", "r.json", "--format", "gitlab"], None),
    ] {
        let project = demo();
        let (code, _, err) = run(birthmark(project.path()).arg("scan").args(arguments));
        assert_eq!(code, 1, "{err}");
        assert_eq!(err.contains("will hold the text report"), warned.is_some(), "{err}");
        assert!(err.contains(warned.unwrap_or_default()), "{err}");
    }
}

#[test]
fn what_cannot_be_written_is_2_and_nothing_is_left_behind() {
    let project = demo();
    fs::create_dir(project.path().join("taken")).expect("made");
    fs::write(project.path().join("kept.md"), "kept").expect("written");
    for (output, said) in [
        ("sarif=no/such/folder/r.sarif", "no/such/folder/r.sarif"),
        ("sarif=taken", "it is a directory"),
        ("sarrif=r.sarif", "`sarrif` is no format (text, json"),
        ("sarif=", "no file is named"),
        ("json=kept.md", "two reports would go to `kept.md`"),
        ("src/routes.py/x", "src/routes.py/x"),
    ] {
        let mut command = birthmark(project.path());
        let (code, out, err) =
            run(command.args(["scan", "--output", "markdown=kept.md", "--output", output]));
        assert_eq!((code, out.as_str()), (2, ""), "{output}: {err}");
        assert!(err.contains(said), "{output}: {err}");
    }
    let mut command = birthmark(project.path());
    let (code, _, err) =
        run(command.args(["scan", "--output", "markdown=kept.md", "--output", "json=/dev/full"]));
    assert_eq!(code, 2, "{err}");
    assert_eq!(names(project.path()), [".git", "birthmark.toml", "kept.md", "src", "taken"]);
}

#[test]
fn a_file_whose_name_holds_an_equals_sign_is_given_with_its_directory() {
    let project = demo();
    let (code, _, err) = run(birthmark(project.path()).args(["scan", "--output", "./a=b"]));
    assert_eq!(code, 1, "{err}");
    assert!(project.path().join("a=b").exists());
}

#[cfg(unix)]
#[test]
fn a_replaced_file_keeps_its_permissions_and_its_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let project = demo();
    let file = project.path().join("r.txt");
    fs::write(&file, "old").expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("set");
    symlink("r.txt", project.path().join("link")).expect("linked");
    let (code, _, err) = run(birthmark(project.path()).args(["scan", "--output", "link"]));
    assert_eq!(code, 1, "{err}");
    assert!(fs::read_to_string(&file).expect("readable").contains("Found 1 error"));
    assert!(fs::symlink_metadata(project.path().join("link")).expect("there").is_symlink());
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o640);
    let (_, _, err) = run(birthmark(project.path()).args(["scan", "--output", "/dev/stdout"]));
    assert_eq!(err, "");
}

#[test]
fn github_gets_a_summary_of_the_job_beside_what_is_there() {
    let project = demo();
    let summary = project.path().join("summary.md");
    fs::write(&summary, "An earlier step.\n").expect("written");
    let mut command = birthmark(project.path());
    command.env("GITHUB_STEP_SUMMARY", &summary).args(["scan", "--format", "github"]);
    let (code, out, err) = run(&mut command);
    assert_eq!((code, err.as_str()), (1, ""));
    assert!(out.contains("birthmark: 1 error"), "{out}");
    let text = fs::read_to_string(&summary).expect("readable");
    assert!(text.starts_with("An earlier step.\n## birthmark"), "{text}");
    assert!(!text.contains("<details>"), "{text}");

    let mut command = birthmark(project.path());
    command.env("GITHUB_STEP_SUMMARY", project.path().join("no/such/summary.md"));
    let (code, _, err) = run(command.args(["scan", "--format", "github"]));
    assert_eq!(code, 2);
    assert!(err.contains("summary.md"), "{err}");

    let mut command = birthmark(project.path());
    let (code, ..) = run(command.env("GITHUB_STEP_SUMMARY", &summary).arg("scan"));
    assert_eq!(code, 1);
    assert_eq!(
        fs::read_to_string(&summary).expect("readable"),
        text,
        "other formats leave it alone"
    );
}

#[test]
fn paths_begin_at_the_top_of_the_repository() {
    let project = demo();
    for (directory, path) in [("", "src/routes.py"), ("src", "routes.py")] {
        let mut command = birthmark(&project.path().join(directory));
        let (_, out, err) = run(command.args(["scan", "--format", "gitlab", path]));
        let entries: Value =
            serde_json::from_str(&out).unwrap_or_else(|_| panic!("JSON: {out}{err}"));
        assert_eq!(entries[0]["location"]["path"], "src/routes.py");
    }
}

#[test]
fn explanations_need_a_format_that_tells_them() {
    let project = demo();
    let (code, _, err) =
        run(birthmark(project.path()).args(["scan", "--explain", "--format", "sarif"]));
    assert_eq!(code, 2);
    assert!(err.contains("text and json"), "{err}");
    let mut command = birthmark(project.path());
    let (code, out, _) =
        run(command.args(["scan", "--explain", "--format", "sarif", "--output", "json=r.json"]));
    assert_eq!(code, 1);
    assert!(out.contains("\"$schema\""));
    assert!(
        fs::read_to_string(project.path().join("r.json"))
            .expect("written")
            .contains("\"explanations\"")
    );
}

/// What a platform shows of a change must lie within its added lines.
#[test]
fn a_change_is_shown_at_its_added_lines() {
    let project = demo();
    let at = project.path();
    fs::remove_dir(at.join(".git")).expect("removed");
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
        let mut command = std::process::Command::new("git");
        command.current_dir(at).args(identity).args(arguments);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GIT_")) {
            command.env_remove(name);
        }
        assert!(command.output().expect("git runs").status.success(), "{arguments:?}");
    };
    let whole = fs::read_to_string(at.join("src/routes.py")).expect("readable");
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let added = 70..=82;
    let before: String = [&lines[..added.start() - 1], &lines[*added.end()..]].concat().concat();
    fs::write(at.join("src/routes.py"), before).expect("written");
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "before"]);
    fs::write(at.join("src/routes.py"), whole).expect("written");
    git(&["add", "."]);
    fs::write(at.join("src/routes.py"), "not_staged = 1\n").expect("written");
    let outputs = ["sarif=r.sarif", "gitlab=r.json", "github=r.txt", "html=r.html"];
    let mut command = birthmark(at);
    command.args(["scan", "--staged"]);
    for output in outputs {
        command.args(["--output", output]);
    }
    let (code, _, err) = run(&mut command);
    assert_eq!((code, err.as_str()), (1, ""));
    let read = |name: &str| fs::read_to_string(at.join(name)).expect("written");
    let sarif: Value = serde_json::from_str(&read("r.sarif")).expect("JSON");
    let result = &sarif["runs"][0]["results"][0];
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert_eq!(
        region,
        &serde_json::json!({ "startLine": 70, "startColumn": 1, "endLine": 82, "endColumn": 29 })
    );
    assert_eq!(result["properties"]["fullRegion"]["startLine"], 57);
    assert!(result["partialFingerprints"]["primaryLocationLineHash"].is_string());
    let entries: Value = serde_json::from_str(&read("r.json")).expect("JSON");
    assert_eq!(entries[0]["location"]["lines"], serde_json::json!({ "begin": 70, "end": 82 }));
    assert!(read("r.txt").contains("file=src/routes.py,line=70,endLine=82,"), "{}", read("r.txt"));
    assert!(read("r.html").contains("<i>came_from</i>"), "the code is what was staged");
}

#[test]
fn colours_can_be_forced_where_there_is_no_terminal() {
    let project = demo();
    let scanned = |variables: &[(&str, &str)]| {
        let mut command = birthmark(project.path());
        command.arg("scan").env_remove("NO_COLOR").envs(variables.iter().copied());
        run(&mut command).1
    };
    assert!(!scanned(&[]).contains('\u{1b}'));
    assert!(scanned(&[("FORCE_COLOR", "1")]).contains('\u{1b}'));
    assert!(!scanned(&[("FORCE_COLOR", "0")]).contains('\u{1b}'));
    assert!(!scanned(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]).contains('\u{1b}'));
}
