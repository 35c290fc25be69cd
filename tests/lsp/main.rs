//! The language server as an editor meets it: messages in, messages out.

mod answers;
mod client;
mod commands;
mod diagnostics;
mod fuzz;
#[path = "../cli/hang.rs"]
mod hang;
mod hanging;
mod manners;
mod organisation;
#[path = "../cli/schemas.rs"]
mod schemas;

use std::fs;
use std::path::{Path, PathBuf};

use client::uri;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
/// A copy that may stay under MIT if its notice is kept.
const SUMMARY: &str = include_str!("../../examples/demo/parcelbot/summary.py");
/// A copy that may not stay under MIT.
const ROUTES: &str = include_str!("../../examples/demo/parcelbot/routes.py");
const INNOCENT: &str = "def f(x):\n    return x + 1\n";

/// A project under MIT, checked against the index of the demo.
struct Project {
    directory: tempfile::TempDir,
}

impl Project {
    fn new() -> Project {
        Project::under("MIT")
    }

    fn under(license: &str) -> Project {
        let project = Project { directory: tempfile::tempdir().expect("a temporary directory") };
        fs::create_dir(project.path(".git")).expect("made");
        project.configure(license);
        project
    }

    fn configure(&self, license: &str) {
        let text = format!("license = \"{license}\"\nindex = [\"{FIXTURES}/demo-index\"]\n");
        fs::write(self.path("birthmark.toml"), text).expect("written");
    }

    fn root(&self) -> &Path {
        self.directory.path()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    fn uri(&self, name: &str) -> String {
        uri(&self.path(name))
    }
}
