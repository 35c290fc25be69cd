//! `birthmark check`.

use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, ensure};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};

use super::exit::ExitStatus;
use super::failure::{of_session, warn};
use super::flags::{CheckArgs, Common};
use super::journaled::JournalChoice;
use super::threads::NO_THREADS;
use crate::judgement::policy::DropPolicy;
use crate::report::suggested::ReferenceShape;
use crate::serve::check::Checks;
use crate::session::journal::Service;
use crate::session::{Place, Projects};

/// Check suggestions as an assistant makes them, a line of JSON each.
///
/// Reads suggestions from standard input, one a line, and answers each by one line on standard
/// output, in order, until the input ends. A line holds the code, its path or language, and perhaps
/// the text it would stand in; docs/check.schema.json describes both. A line that cannot be checked
/// is answered by saying why. Nothing leaves this machine.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  echo '{\"code\": \"def f(): ...\", \"path\": \"src/a.py\"}' | birthmark check
  birthmark check --policy drop --project ../shop < suggestions.jsonl
  birthmark check --format copilot --preset hook

Exit status: 0 every line was checked, 2 some could not be (their answers say why), or nothing could be done")]
pub(crate) struct CheckCommandArgs {
    /// Directory of the project that suggestions are for: its configuration and licence hold, paths
    /// are relative to it
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, default_value = ".")]
    pub project: PathBuf,
    /// Suggestions that get `"keep": false` in the answer
    #[arg(long, value_parser = policy(), default_value = "report")]
    pub policy: DropPolicy,
    #[command(flatten)]
    pub check: CheckArgs,
    #[command(flatten)]
    pub journal: JournalChoice,
    /// Shape of the matches in answers
    #[arg(long, value_parser = shape(), default_value = "birthmark", help_heading = "Output options")]
    pub format: ReferenceShape,
}

pub(super) fn run(args: CheckCommandArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    let project = args.project.display();
    ensure!(args.project.is_dir(), "--project: there is no directory `{project}`");
    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(args.check.jobs.map_or(0, NonZeroUsize::get))
        .build()
        .context(NO_THREADS)?;
    let checks = Checks {
        place: Place {
            configured: args.check.config.clone().choice(args.project.clone()),
            directory: args.project,
            choices: args.check.choices(),
        },
        projects: Arc::new(Projects::default()),
        shape: args.format,
        policy: args.policy,
        journal: args.journal.open(Service::Check),
        threads,
    };
    // A project that is broken ends the command, and is not the answer to each line.
    checks.projects.open(&checks.place).map_err(of_session)?;
    let tell = &mut |problem: &str| {
        if !common.quiet {
            warn(problem);
        }
    };
    let input = io::BufReader::with_capacity(1 << 16, io::stdin());
    let ended =
        checks.serve(input, &mut io::stdout().lock(), tell).context("cannot go on answering")?;
    Ok(if ended.failed == 0 { ExitStatus::Success } else { ExitStatus::Failure })
}

pub(super) fn policy() -> impl TypedValueParser<Value = DropPolicy> {
    let known = DropPolicy::NAMED.map(|(name, _, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(known).map(|name| DropPolicy::from_name(&name).unwrap_or_default())
}

fn shape() -> impl TypedValueParser<Value = ReferenceShape> {
    let known = ReferenceShape::NAMED.map(|(name, _, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(known)
        .map(|name| ReferenceShape::from_name(&name).unwrap_or_default())
}
