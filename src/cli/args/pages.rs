//! What is written for shells and manuals.

use std::path::PathBuf;

use clap::{Args, ValueHint};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark man --dir ~/.local/share/man/man1
  birthmark man --dir man && man man/birthmark-scan.1")]
pub struct ManArgs {
    /// Directory to write them to, a page per command; made if it is not there
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark completions bash > ~/.local/share/bash-completion/completions/birthmark
  birthmark completions fish > ~/.config/fish/completions/birthmark.fish")]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}
