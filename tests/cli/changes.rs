//! `birthmark scan --staged`, `--diff`, `--pre-push`: changes as git knows them.

mod hooks;
mod listed;
mod ranges;
mod staged;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::birthmark;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A file that holds a copy of indexed code, on lines 41 to 90.
pub(crate) fn copy() -> String {
    fs::read_to_string(Path::new(ROOT).join("examples/demo/parcelbot/routes.py")).expect("readable")
}

/// The copied function alone.
pub(crate) fn copied_function() -> String {
    let copy = copy();
    copy[copy.find("def find_path(").expect("there")..].to_owned()
}

/// Code that resembles nothing.
pub(crate) const OWN: &str = "def greet(name):\n    return f'hello {name}'\n";

/// A git repository, and beside it an index that knows the origin of the copy.
pub(crate) struct Repository {
    pub directory: tempfile::TempDir,
}

impl Repository {
    /// A repository without a commit.
    pub(crate) fn new() -> Repository {
        let directory = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir(directory.path().join("work")).expect("made");
        let repository = Repository { directory };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        let recipe = "fixtures/demo-components/recipe.toml";
        let mut command = birthmark(Path::new(ROOT));
        command.args(["index", "add", "--recipe", recipe, "--index"]).arg(repository.index());
        assert!(command.output().expect("it runs").status.success());
        repository
    }

    /// A repository whose first commit holds these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Repository {
        let repository = Repository::new();
        for (name, text) in files {
            repository.write(name, text);
        }
        repository.commit("first");
        repository
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.directory.path().join("index")
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("work")
    }

    pub(crate) fn write(&self, name: impl AsRef<Path>, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("inside")).expect("made");
        fs::write(path, text).expect("written");
    }

    pub(crate) fn stage(&self, name: &str, text: &str) {
        self.write(name, text);
        self.git(&["add", "--", name]);
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
    }

    /// Runs git, which must succeed, and returns what it prints.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = self.try_git(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn try_git(&self, arguments: &[&str]) -> Output {
        git_in(&self.path(), arguments)
    }

    /// birthmark in a directory, against the index of the test, in a project under MIT.
    pub(crate) fn birthmark(&self, directory: &Path) -> assert_cmd::Command {
        let mut command = birthmark(directory);
        command.env_remove("PRE_COMMIT");
        command.args(["scan", "--license", "MIT", "--index"]).arg(self.index());
        command
    }

    pub(crate) fn scan(&self, arguments: &[&str]) -> Scan {
        self.scan_in(&self.path(), arguments)
    }

    pub(crate) fn scan_in(&self, directory: &Path, arguments: &[&str]) -> Scan {
        let mut command = self.birthmark(directory);
        Scan::of(command.args(arguments).args(["--format", "json"]))
    }

    /// Where the copy is reported in a change.
    pub(crate) fn found(&self, arguments: &[&str]) -> Vec<String> {
        self.scan(arguments).found()
    }
}

fn git_in(directory: &Path, arguments: &[impl AsRef<OsStr>]) -> Output {
    Command::new("git")
        .args([
            "-c",
            "user.name=Ada",
            "-c",
            "user.email=ada@example.org",
            "-c",
            "protocol.file.allow=always",
        ])
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git is installed")
}

/// What came out of a scan.
#[derive(Debug)]
pub(crate) struct Scan {
    pub code: i32,
    pub report: Value,
    pub err: String,
}

impl Scan {
    pub(crate) fn of(command: &mut assert_cmd::Command) -> Scan {
        let output = command.output().expect("it runs");
        Scan {
            code: output.status.code().expect("not killed"),
            report: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The paths of the errors found, where the exit status agrees with them.
    pub(crate) fn found(&self) -> Vec<String> {
        let findings =
            self.report["findings"].as_array().unwrap_or_else(|| panic!("no report: {self:?}"));
        assert_eq!(self.code, i32::from(!findings.is_empty()), "{self:?}");
        findings
            .iter()
            .map(|finding| finding["path"].as_str().expect("a path").to_owned())
            .collect()
    }

    /// The notes as `KIND PATH: MESSAGE`.
    pub(crate) fn notes(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let notes =
            self.report["notes"].as_array().unwrap_or_else(|| panic!("no report: {self:?}"));
        notes
            .iter()
            .map(|note| {
                format!(
                    "{} {}: {}",
                    text(&note["kind"]),
                    text(&note["path"]),
                    text(&note["message"])
                )
            })
            .collect()
    }

    #[track_caller]
    pub(crate) fn assert_refused(&self, reason: &str) {
        assert_eq!((self.code, &self.report), (2, &Value::Null), "{self:?}");
        assert!(self.err.contains(reason), "{}", self.err);
    }
}
