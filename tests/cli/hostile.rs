//! Repositories and systems made to hurt: nothing hangs, nothing outside is read or written, and no
//! failure looks clean.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{birthmark, project, run};

/// Longer than any of these runs takes on a busy machine; what hangs is killed then, and the test
/// fails.
const HANGS: Duration = Duration::from_secs(300);

fn demo_index() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo-index")
}

fn scan(directory: &Path) -> (i32, String, String) {
    run(birthmark(directory).args(["scan", ".", "--index"]).arg(demo_index()).timeout(HANGS))
}

/// Two scanners once read such texts to their end for each token.
#[test]
fn a_text_that_takes_the_lexers_for_ever_is_given_up() {
    let python = "\\\n".repeat(32_000);
    let rust = "r#\"\n".repeat(24_000);
    let project = project(&[("a.py", &python), ("b.rs", &rust)]);
    let mut command = birthmark(project.path());
    let command =
        command.args(["scan", ".", "--format", "json", "--index"]).arg(demo_index()).timeout(HANGS);
    let (_, out, err) = run(command);
    assert_eq!(out.matches("the parser gave up on it").count(), 2, "{out}{err}");
}

/// Takes the parser much longer than a file of the demo does.
fn slow() -> String {
    "(){\n".repeat(250_000)
}

/// What hangs is named, and the others are checked.
#[test]
fn a_file_whose_parse_does_not_end_in_time_is_a_failure() {
    let project = project(&[("slow.py", &slow()), ("a.py", "x = 1\n"), ("b.py", "y = 1\n")]);
    let mut command = birthmark(project.path());
    command
        .args(["scan", ".", "--index"])
        .arg(demo_index())
        .env("BIRTHMARK_FILE_TIMEOUT", "0.03")
        .timeout(HANGS);
    let (code, out, err) = run(&mut command);
    assert_eq!(code, 2, "{out}{err}");
    let line =
        out.lines().find(|line| line.contains("slow.py")).unwrap_or_else(|| panic!("{out}{err}"));
    assert!(line.contains("the parser did not end in time"), "{line}");
    assert_eq!(run(command.env("BIRTHMARK_FILE_TIMEOUT", "soon")).0, 2);
}

/// The answer names the file, and the next suggestion is answered.
#[test]
fn suggestions_are_answered_after_one_that_hangs() {
    let project = project(&[]);
    let mut command = birthmark(project.path());
    command
        .args(["check", "--index"])
        .arg(demo_index())
        .env("BIRTHMARK_FILE_TIMEOUT", "0.03")
        .timeout(HANGS);
    let ask = |id: &str, text: &str| {
        format!("{}\n", serde_json::json!({ "id": id, "path": format!("{id}.py"), "code": text }))
    };
    let quick: String = (0..20).map(|i| ask(&format!("quick{i}"), "x = 1\n")).collect();
    let (code, out, err) = run(command.write_stdin(ask("slow", &slow()) + &quick));
    assert_eq!(code, 2, "{out}{err}");
    assert_eq!(out.lines().count(), 21, "{out}");
    let slow = out.lines().next().expect("an answer");
    assert!(slow.contains("slow") && slow.contains("the parser did not end in time"), "{slow}");
    assert!(out.lines().skip(1).any(|line| !line.contains("did not end in time")), "{out}");
}

#[cfg(target_os = "linux")]
mod memory {
    use std::process::Command;

    use super::*;

    /// Bytes that a scan of these files holds at most, with eight threads.
    fn peak(files: &[(&str, &str)]) -> u64 {
        let project = project(files);
        let report = project.path().join("time");
        let status = Command::new("python3")
            .args(["-c", PEAK])
            .arg(&report)
            .arg(env!("CARGO_BIN_EXE_birthmark"))
            .args(["scan", ".", "--jobs", "8", "--no-config", "--no-cache", "--index"])
            .arg(demo_index())
            .current_dir(project.path())
            .status();
        assert!(status.expect("python3 runs").success());
        fs::read_to_string(&report).expect("written").trim().parse().expect("a number")
    }

    /// Runs a command and writes the most kilobytes that it held.
    const PEAK: &str = "import os, subprocess, sys
child = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
open(sys.argv[1], 'w').write(str(usage.ru_maxrss * 1024))
sys.exit(os.waitstatus_to_exitcode(status) not in (0, 1, 2))";

    #[test]
    fn hostile_files_take_no_more_memory_together_than_one_does() {
        let kinds = [
            ("macros.rs", "m!(\n".repeat(1 << 18)),
            ("comments.py", "/*/*/*/*/*/*\n".repeat(80_000)),
            ("short.py", "/*/*/*/*/*/*\n".repeat(190)),
            ("brackets.rs", "([{\n".repeat(260_000)),
            ("brackets.py", "([{\n".repeat(260_000)),
            ("calls.py", "f(x)\n".repeat(200_000)),
            ("calls.rs", "a.b(c);\n".repeat(130_000)),
        ];
        let named: Vec<(String, &str)> = (0..8)
            .flat_map(|i| {
                kinds.iter().map(move |(name, text)| (format!("{i}{name}"), text.as_str()))
            })
            .collect();
        let files: Vec<(&str, &str)> =
            named.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        let bytes = peak(&files);
        assert!(bytes <= 512 << 20, "{} MB", bytes >> 20);
    }
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    fn pipe(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo runs").success());
    }

    #[test]
    fn ignore_files_that_never_end_are_named_and_the_code_is_checked() {
        for name in [".gitignore", ".ignore", ".git/info/exclude", "sub/.gitignore"] {
            let endless: fn(&Path) = |path| symlink("/dev/zero", path).expect("made");
            for make in [endless, pipe] {
                let project =
                    project(&[("a.py", "x = 1\n"), ("sub/b.py", "y = 2\n"), (".git/info/x", "")]);
                make(&project.path().join(name));
                let (code, out, err) = scan(project.path());
                assert_eq!(code, 2, "{name}: {out}{err}");
                let said = format!("{out}{err}");
                assert!(
                    said.contains(name) && said.contains("its ignore rules are not applied"),
                    "{said}"
                );
                let checked =
                    if name.starts_with("sub") { "checked  1 file," } else { "checked  2 files," };
                assert!(out.contains(checked), "{out}");
            }
        }
    }

    #[test]
    fn a_large_ignore_file_is_not_read() {
        let project = project(&[("a.py", "x = 1\n")]);
        fs::File::create(project.path().join(".gitignore"))
            .expect("made")
            .set_len(3 << 30)
            .expect("sparse");
        let (code, out, err) = scan(project.path());
        assert_eq!(code, 2, "{out}{err}");
        assert!(format!("{out}{err}").contains("bytes are more than the limit"), "{out}{err}");
    }

    #[test]
    fn an_ignore_file_that_is_a_link_within_the_project_holds() {
        let project = project(&[("a.py", "x = 1\n"), ("b.py", "y = 1\n"), ("rules", "b.py\n")]);
        symlink("rules", project.path().join(".gitignore")).expect("made");
        let (code, out, err) = scan(project.path());
        assert_eq!(code, 0, "{out}{err}");
        assert!(out.contains("checked  1 file,"), "{out}");
    }

    #[test]
    fn nothing_of_a_file_outside_is_shown() {
        let outside = tempfile::tempdir().expect("a temporary directory");
        let secret = outside.path().join("netrc");
        fs::write(&secret, "machine secret\n").expect("written");
        for name in ["birthmark.toml", ".birthmark/references/x.toml", ".birthmark/baseline.json"] {
            let project = project(&[("a.py", "x = 1\n"), (".birthmark/references/.keep", "")]);
            symlink(&secret, project.path().join(name)).expect("made");
            let (code, out, err) = scan(project.path());
            assert_eq!(code, 2, "{name}: {out}{err}");
            assert!(!out.contains("secret") && !err.contains("secret"), "{name}: {out}{err}");
            assert!(err.contains("a link leads out of the project"), "{name}: {err}");
        }
    }

    #[test]
    fn a_configuration_that_the_user_named_may_be_a_link() {
        let project = project(&[("a.py", "x = 1\n")]);
        let elsewhere = tempfile::tempdir().expect("a temporary directory");
        fs::write(elsewhere.path().join("mine.toml"), "license = 'MIT'\n").expect("written");
        symlink(elsewhere.path().join("mine.toml"), project.path().join("link.toml"))
            .expect("made");
        let mut command = birthmark(project.path());
        let command =
            command.args(["scan", ".", "--config", "link.toml", "--index"]).arg(demo_index());
        let (code, out, err) = run(command);
        assert_eq!(code, 0, "{out}{err}");
    }

    #[test]
    fn generated_files_are_not_written_outside() {
        let outside = tempfile::tempdir().expect("a temporary directory");
        let kept = outside.path().join("kept");
        fs::write(&kept, "kept\n").expect("written");
        let project = project(&[("a.py", "x = 1\n"), (".birthmark/.keep", "")]);
        symlink(&kept, project.path().join(".birthmark/baseline.json")).expect("made");
        let mut command = birthmark(project.path());
        let command = command.args(["baseline", "create", "--force", "--index"]).arg(demo_index());
        let (code, out, err) = run(command);
        assert_eq!(code, 2, "{out}{err}");
        assert!(err.contains("a link leads out of the project"), "{err}");
        assert_eq!(fs::read_to_string(&kept).expect("read"), "kept\n");
    }

    /// A python that says what pip says of a package without a wheel, and takes down how it was
    /// called.
    #[test]
    fn no_build_script_is_run_unasked() {
        use std::os::unix::fs::PermissionsExt;

        let project = project(&[]);
        let python = project.path().join("python3");
        let script = "#!/bin/sh\necho \"$@\" >> \"$CALLS\"\necho 'ERROR: No matching distribution' >&2\nexit 1\n";
        fs::write(&python, script).expect("written");
        fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).expect("made executable");
        let calls = project.path().join("calls");
        let add = |arguments: &[&str]| {
            fs::write(&calls, "").expect("written");
            let mut command = birthmark(project.path());
            command.env("CALLS", &calls).env("PATH", project.path());
            command.args(["index", "add", "pkg:pypi/x@1", "--index", "index"]).args(arguments);
            let (code, _, err) = run(&mut command);
            (code, err, fs::read_to_string(&calls).expect("read"))
        };
        let (code, err, called) = add(&[]);
        assert_eq!((code, called.lines().count()), (2, 1), "{called}");
        assert!(
            called.contains("--only-binary=:all:") && err.contains("--allow-build"),
            "{called}{err}"
        );
        let (code, _, called) = add(&["--allow-build"]);
        assert_eq!((code, called.lines().count()), (2, 1), "{called}");
        assert!(called.contains("--prefer-binary"), "{called}");
    }
}

/// Where no thread can be had, a command says so; a hook lets through, and says so.
#[cfg(target_os = "linux")]
#[test]
fn without_threads_commands_fail_with_a_message() {
    let project = project(&[("a.py", "x = 1\n")]);
    let without_threads = |arguments: &[&str]| {
        let mut command = birthmark(project.path());
        // No address space holds such a stack.
        command.env("RUST_MIN_STACK", (1_u64 << 47).to_string()).write_stdin("{}\n").timeout(HANGS);
        run(command.args(arguments))
    };
    let index = demo_index();
    let index = index.to_str().expect("UTF-8");
    for arguments in [
        &["index", "add", ".", "--purl", "pkg:generic/x@1", "--license", "MIT", "--index", "new"][..],
        &["index", "verify", "--index", index],
        &["doctor", "--index", index],
        &["check", "--index", index],
        &["scan", ".", "--index", index],
        &["lsp", "--index", index],
        &["mcp", "--index", index],
    ] {
        let (code, out, err) = without_threads(arguments);
        assert_eq!(code, 2, "{arguments:?}: {out}{err}");
        assert!(!err.contains("panicked") && !err.is_empty(), "{arguments:?}: {err}");
    }
    let (code, out, err) = without_threads(&["hook", "claude", "--index", index]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("no thread can be started"), "{err}");
}
