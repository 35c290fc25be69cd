//! Reads of an index that wait for ever, by a shim that is loaded before the C library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A shim and the file that switches it on.
pub(crate) struct Hang {
    directory: tempfile::TempDir,
}

impl Hang {
    /// Compiles it.
    pub(crate) fn new() -> Hang {
        let hang = Hang { directory: tempfile::tempdir().expect("a temporary directory") };
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/hang.c");
        let mut command = Command::new("cc");
        command.args(["-shared", "-fPIC", "-O1", "-o"]).arg(hang.library()).arg(source).arg("-ldl");
        assert!(command.status().expect("cc runs").success());
        hang
    }

    /// Loads it into a process to come.
    pub(crate) fn load(&self, command: &mut Command) {
        command.env("LD_PRELOAD", self.library()).env("HANG_WHILE", self.switch());
    }

    /// Has reads hang from now on.
    pub(crate) fn begin(&self) {
        fs::write(self.switch(), "").expect("written");
    }

    /// Has reads that begin from now on go on.
    pub(crate) fn end(&self) {
        fs::remove_file(self.switch()).expect("removed");
    }

    fn library(&self) -> PathBuf {
        self.directory.path().join("hang.so")
    }

    fn switch(&self) -> PathBuf {
        self.directory.path().join("switch")
    }
}

/// Modules of code that nobody else has; an index of them has many pages.
pub(crate) fn modules(directory: &Path) -> Vec<String> {
    let mut state = 1_u64;
    let mut random = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 40
    };
    fs::create_dir_all(directory).expect("made");
    let mut texts = Vec::new();
    for number in 0..300 {
        let mut text = String::new();
        for function in 0..6 {
            let (a, b, c) = (random(), random(), random());
            text += &format!(
                "def grow_{a}(left_{b}, right_{c}):\n    for step_{a} in range({b}):\n        \
                 if left_{b}.at(step_{a}) > right_{c}[{c}]:\n            \
                 left_{b}.merge_{c}(right_{c}, by={a}, of='{function} {b}')\n    \
                 return left_{b}.done_{a}({c}) or right_{c}\n\n"
            );
        }
        fs::write(directory.join(format!("m{number}.py")), &text).expect("written");
        texts.push(text);
    }
    texts
}

/// Cuts the one segment of an index short.
pub(crate) fn cut_short(index: &Path) -> PathBuf {
    let entries = fs::read_dir(index).expect("read").map(|entry| entry.expect("read").path());
    let is_segment = |path: &PathBuf| path.extension().is_some_and(|it| it == "segment");
    let segment = entries.into_iter().find(is_segment).expect("there");
    let file = fs::File::options().write(true).open(&segment).expect("opened");
    file.set_len(512).expect("cut");
    segment
}
