//! The command line as a user meets it: exit codes, help, configuration, hostile names, pipes.

mod accept;
mod attribute;
mod baseline;
mod cached;
mod changes;
mod check;
mod checker;
mod config;
mod declared;
mod direction;
mod doctor;
mod documents;
mod explain;
mod hang;
mod hanging;
mod hook;
mod hostile;
mod idiom;
mod index;
mod index_build;
mod init;
mod license;
mod log;
mod matrix;
mod mcp;
mod mcp_fuzz;
mod organisation;
mod outbound;
mod output;
mod pack;
mod patches;
mod policy;
mod replace;
mod scan;
mod schemas;
mod services;
mod skipped;
mod stated;
mod strangers;
mod strength;
mod suppressions;
mod taking;
mod wrong;

use std::path::Path;

use assert_cmd::Command;

/// birthmark in a directory, without what the environment might say of colours.
fn birthmark(directory: &Path) -> Command {
    let mut command = Command::cargo_bin("birthmark").expect("the binary is built");
    command
        .current_dir(directory)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR")
        .env_remove("CLICOLOR_FORCE");
    command.env_remove("GITHUB_STEP_SUMMARY");
    command.env("BIRTHMARK_LOG_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/log"));
    command
}

/// A run's exit code, standard output and standard error.
fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let code = output.status.code().expect("not killed");
    (code, text(output.stdout), text(output.stderr))
}

/// A directory that holds these files.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    // The end of every search upwards.
    std::fs::create_dir(directory.path().join(".git")).expect("made");
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("inside")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    directory
}
