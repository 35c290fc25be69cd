//! `birthmark completions`.

use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs};
use super::exit::ExitStatus;
use super::output::{Output, Painted};

pub fn run(args: &CompletionsArgs) -> anyhow::Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "birthmark", &mut script);
    Output::Standard.write(&script, Painted::No)?;
    Ok(ExitStatus::Success)
}
