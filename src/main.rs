//! The edge: run, and map to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    birthmark::cli::run(std::env::args_os())
}
