//! `birthmark log`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::exit::ExitStatus;
use super::failure::{of_log, warn};
use super::flags::{ConfigArgs, Format};
use super::journaled::JournalPlace;
use super::output::{Output, Painted};
use crate::decisions::acceptance::{AcceptanceLog, log_root};
use crate::project::config::Config;
use crate::project::walk::SideFiles;
use crate::report;
use crate::session::journal::{self, Journaled};

/// List accepted code and other events of the journal.
///
/// Shows every decision of the log that is committed with the code: who, when, why, on which
/// evidence. Then the journal of this machine: what was suggested in an editor or by an assistant,
/// what was accepted, declared, silenced or dropped. It holds places, owners and licences, no code.
/// `birthmark scan` says what became of each decision.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark log
  birthmark log --since 2026-11-01
  birthmark log --since '2 weeks' --format json --output log.json")]
pub(crate) struct LogArgs {
    /// Show only entries since then: a date, a time as RFC 3339 has it, or how long ago, such as `2
    /// weeks`
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    pub since: Option<Timestamp>,
    #[command(flatten)]
    pub journal: JournalPlace,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Format of the list
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: Format,
    /// Write the list to a file instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output options")]
    pub output: Option<PathBuf>,
}

pub(super) fn run(args: LogArgs) -> anyhow::Result<ExitStatus> {
    let output = Output::open(args.output.as_deref())?;
    let place = PathBuf::from(".");
    let config = Config::load(&args.config.choice(place.clone()))?;
    let root = log_root(&place, config.directory(), &SideFiles::default());
    let log = AcceptanceLog::read(&root).map_err(of_log)?;
    let mut journaled = match args.journal.directory() {
        Some(directory) => journal::read(&directory, &root)?,
        None => Journaled::default(),
    };
    if journaled.unreadable > 0 {
        let (lines, file) = (journaled.unreadable, journaled.file.display());
        warn(&format!(
            "{file}: {} left out that this version cannot read",
            report::words::count(lines, "line")
        ));
    }
    let is_wanted = |at: &str| {
        args.since.is_none_or(|since| at.parse::<Timestamp>().is_ok_and(|at| at >= since))
    };
    let decisions: Vec<_> =
        log.entries().iter().filter(|logged| is_wanted(&logged.entry.decision.at)).collect();
    journaled.entries.retain(|entry| is_wanted(&entry.at));
    let format = args.format.into();
    let mut drawn = Vec::new();
    match format {
        report::Format::Text => report::log::text(&decisions, &journaled.entries, &mut drawn)?,
        report::Format::Json => report::log::json(&decisions, &journaled.entries, &mut drawn)?,
    }
    output.write(&drawn, Painted::of(format))?;
    Ok(ExitStatus::Success)
}

/// A moment as people name it: by date, by time, or by how long ago it was.
fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        return date
            .to_zoned(TimeZone::UTC)
            .map(|day| day.timestamp())
            .map_err(|error| error.to_string());
    }
    let ago = text.parse::<Span>().ok();
    let then =
        ago.and_then(|ago| Timestamp::now().to_zoned(TimeZone::UTC).checked_sub(ago.abs()).ok());
    let expected =
        "expected a date such as 2026-11-01, a time such as 2026-11-01T12:00:00Z, or `2 weeks`";
    then.map(|then| then.timestamp()).ok_or_else(|| expected.to_owned())
}
