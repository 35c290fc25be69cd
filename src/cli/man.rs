//! `birthmark man`.

use std::fs;

use anyhow::Context;
use clap::CommandFactory;

use super::args::{Cli, ManArgs};
use super::exit::ExitStatus;

pub fn run(args: &ManArgs) -> anyhow::Result<ExitStatus> {
    let directory = &args.dir;
    fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), directory))
        .with_context(|| format!("cannot write manual pages to `{}`", directory.display()))?;
    Ok(ExitStatus::Success)
}
