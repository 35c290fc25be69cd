//! `birthmark log`.

use std::path::PathBuf;

use clap::Args;

use super::args::{ConfigArgs, Format};
use super::exit::ExitStatus;
use super::failure::of_log;
use super::output::{Output, Painted};
use crate::acceptance::{AcceptanceLog, log_root};
use crate::config::Config;
use crate::report;

/// List the code that was accepted as it is.
///
/// Shows every decision of the log: who, when, why, on which evidence. `birthmark scan` says what became of each.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark log
  birthmark log --format json")]
pub struct LogArgs {
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Format of the list
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: Format,
}

pub fn run(args: LogArgs) -> anyhow::Result<ExitStatus> {
    let place = PathBuf::from(".");
    let config = Config::load(&args.config.choice(place.clone()))?;
    let log = AcceptanceLog::read(&log_root(&place, config.directory())).map_err(of_log)?;
    let format = args.format.into();
    let mut drawn = Vec::new();
    match format {
        report::Format::Text => report::log::text(log.entries(), &mut drawn)?,
        report::Format::Json => report::log::json(log.entries(), &mut drawn)?,
    }
    Output::Standard.write(&drawn, Painted::of(format))?;
    Ok(ExitStatus::Success)
}
