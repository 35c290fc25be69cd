//! `birthmark completions`.

use clap::{Args, Command};

use super::exit::ExitStatus;
use super::output::{Output, Painted};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark completions bash > ~/.local/share/bash-completion/completions/birthmark
  birthmark completions fish > ~/.config/fish/completions/birthmark.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

pub(super) fn run(args: &CompletionsArgs, mut program: Command) -> anyhow::Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "birthmark", &mut script);
    Output::Standard.write(&script, Painted::No)?;
    Ok(ExitStatus::Success)
}
