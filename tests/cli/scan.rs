//! `birthmark scan`.

use std::fs;

use birthmark::license::MATRIX_ATTRIBUTION;

use super::{birthmark, project, run};

const PYTHON: &str = "def greet(name):\n    return f'hello {name}'\n";

#[test]
fn nothing_found_is_0_and_says_what_was_checked() {
    let project = project(&[("a.py", PYTHON)]);
    let (code, out, err) = run(birthmark(project.path()).arg("scan"));
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("Nothing found that needs attention."), "{out}");
    assert!(out.contains("1 file, 2 lines"), "{out}");
    assert!(out.contains("index starter"), "{out}");
}

#[test]
fn a_file_that_is_too_large_is_said_at_once() {
    let project = project(&[("a.py", PYTHON)]);
    let file = fs::File::create(project.path().join("huge.py")).expect("made");
    file.set_len(1 << 30).expect("a gigabyte of nothing");
    let (code, out, _) = run(birthmark(project.path()).arg("scan"));
    assert_eq!(code, 0);
    assert!(
        out.contains("skipped  1 file: 1 1073741824 bytes are more than the limit of 8388608"),
        "{out}"
    );
    assert!(out.contains("1 file, 2 lines"), "{out}");
}

#[test]
fn wrong_usage_is_2() {
    let project = project(&[("a.py", PYTHON)]);
    for arguments in [
        &["scan", "--no-such-option"][..],
        &[][..],
        &["scan", "--threshold", "0"],
        &["scan", "--threshold", "70", "--preset", "hook"],
        &["scan", "--preset", "strict"],
        &["scan", "--idioms", "gone"],
        &["scan", "--threshold", "NaN"],
        &["scan", "--license", "MIT Or"],
        &["scan", "--fail-on", "fatal"],
        &["scan", "--stdin"],
        &["scan", "--path", "a.py"],
        &["scan", "--jobs", "0"],
        &["scan", "--config", "x.toml", "--no-config"],
        &["scan", "nowhere.py"],
        &["scan", "--index", "no-such-index"],
    ] {
        let (code, out, err) = run(birthmark(project.path()).args(arguments));
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(!err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_missing_index_is_never_a_pass() {
    let project = project(&[("a.py", PYTHON)]);
    let command = &mut birthmark(project.path());
    let (code, _, err) = run(command.args(["scan", "--index", "gone", "--exit-zero"]));
    assert_eq!(code, 2);
    assert!(err.contains("no index at gone"), "{err}");
    assert!(err.contains("birthmark index add"), "{err}");
}

#[test]
fn help_teaches() {
    let project = project(&[]);
    for (arguments, taught) in [
        (&["--help"][..], "birthmark scan --license MIT src/"),
        (&["scan", "--help"], "git show HEAD:lib.py | birthmark scan --stdin"),
        (&["index", "add", "--help"], "birthmark index add --recipe"),
        (&["idiom", "add", "--help"], "birthmark idiom add templates/"),
        (&["completions", "--help"], "birthmark completions fish"),
    ] {
        let (code, out, _) = run(birthmark(project.path()).args(arguments));
        assert_eq!(code, 0, "{arguments:?}");
        assert!(out.contains(taught), "{arguments:?}: {out}");
    }
    let (code, out, _) = run(birthmark(project.path()).arg("-V"));
    assert_eq!((code, out.as_str()), (0, concat!("birthmark ", env!("CARGO_PKG_VERSION"), "\n")));
    for told_at_length in ["--version", "--help"] {
        let (code, out, _) = run(birthmark(project.path()).arg(told_at_length));
        let one_line = out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(code, 0);
        assert!(one_line.contains(MATRIX_ATTRIBUTION), "{told_at_length}: {out}");
    }
}

#[test]
fn standard_input_is_checked_under_its_name() {
    let project = project(&[]);
    let mut command = birthmark(project.path());
    let (code, out, _) =
        run(command.args(["scan", "--stdin", "--path", "src/a.py"]).write_stdin(PYTHON));
    assert_eq!(code, 0);
    assert!(out.contains("1 file, 2 lines"), "{out}");

    let mut command = birthmark(project.path());
    let (code, _, err) =
        run(command.args(["scan", "--stdin", "--path", "a.cobol"]).write_stdin(PYTHON));
    assert_eq!(code, 2);
    assert!(err.contains("a.cobol") && err.contains(".py"), "{err}");
}

#[test]
fn colours_come_and_go() {
    let project = project(&[("a.py", PYTHON)]);
    let coloured = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = birthmark(project.path());
        command.arg("scan").args(arguments);
        command.envs(environment.iter().copied());
        run(&mut command).1.contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]), "standard output is no terminal");
    assert!(coloured(&["--color", "always"], &[]));
    assert!(coloured(&["--color=always"], &[("NO_COLOR", "1")]), "asked for by name");
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["--color=always", "--format=json"], &[]), "data is never coloured");
}

#[test]
fn the_report_goes_where_it_is_told_to() {
    let project = project(&[("a.py", PYTHON), ("report.json", "an older and much longer one")]);
    let mut command = birthmark(project.path());
    let (code, out, _) = run(command.args(["scan", "--format", "json", "--output", "report.json"]));
    assert_eq!((code, out.as_str()), (0, ""));
    let report = fs::read_to_string(project.path().join("report.json")).expect("written");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON and nothing else");
    assert_eq!(report["summary"]["files_scanned"], 1);
}

#[test]
fn an_output_that_cannot_be_written_is_2() {
    let project = project(&[("a.py", PYTHON)]);
    let mut command = birthmark(project.path());
    let (code, _, err) = run(command.args(["scan", "--output", "no/such/folder/report"]));
    assert_eq!(code, 2);
    assert!(err.contains("no/such/folder/report"), "{err}");

    let mut command = birthmark(project.path());
    let (code, _, err) = run(command.args(["scan", "--output", "/dev/full"]));
    assert_eq!(code, 2, "{err}");
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let project = project(&[("a.py", PYTHON)]);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let binary = assert_cmd::cargo::cargo_bin("birthmark");
    let child = std::process::Command::new(binary)
        .args(["scan", "--no-config"])
        .current_dir(project.path())
        .stdout(writer)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn hostile_names_reach_no_terminal() {
    use std::os::unix::ffi::OsStrExt;

    let name = std::ffi::OsStr::from_bytes(b"::error file=x::\x1b[2J\xff\n.toml");
    let project = project(&[("a.py", PYTHON)]);
    fs::write(project.path().join(name), "licens = 1").expect("written");
    let mut command = birthmark(project.path());
    let (code, _, err) = run(command.args(["scan", "--config"]).arg(name));
    assert_eq!(code, 2);
    assert!(!err.contains('\u{1b}'), "{err:?}");
    assert!(err.lines().all(|line| !line.trim_start().starts_with("::")), "{err:?}");

    let mut command = birthmark(project.path());
    let (code, _, err) = run(command
        .args(["scan", "--output"])
        .arg(b"no/"[..].escape_ascii().to_string() + "\u{202e}\u{1b}x"));
    assert_eq!(code, 2);
    assert!(!err.contains(['\u{1b}', '\u{202e}']), "{err:?}");
}

#[test]
fn quiet_says_nothing_where_there_is_nothing_to_say() {
    let project = project(&[("a.py", PYTHON)]);
    let (code, out, err) = run(birthmark(project.path()).args(["scan", "--quiet"]));
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", ""));
}

#[test]
fn completions_are_printed() {
    let project = project(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, out, _) = run(birthmark(project.path()).args(["completions", shell]));
        assert_eq!(code, 0);
        assert!(out.contains("birthmark"), "{shell}");
    }
}
