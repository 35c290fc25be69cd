//! `birthmark man`.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Command, ValueHint};

use super::exit::ExitStatus;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark man --dir ~/.local/share/man/man1
  birthmark man --dir man && man man/birthmark-scan.1")]
pub(crate) struct ManArgs {
    /// Directory for the pages, one for each command; it is made if missing
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
}

pub(super) fn run(args: &ManArgs, program: Command) -> anyhow::Result<ExitStatus> {
    let directory = &args.dir;
    fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(program, directory))
        .with_context(|| format!("cannot write manual pages to `{}`", directory.display()))?;
    Ok(ExitStatus::Success)
}
