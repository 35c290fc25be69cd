//! `birthmark mcp`.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::{Args, ValueHint};

use super::exit::ExitStatus;
use super::flags::CheckArgs;
use super::journaled::JournalChoice;
use crate::serve::mcp::{self, ChosenBy, Settings};
use crate::session::Place;
use crate::session::journal::Service;

/// Answer the questions of coding agents, by the Model Context Protocol.
///
/// An agent starts it and speaks with it over standard input and output; it ends when its input
/// ends. The tools check a piece of code before it is written, explain a match, list the licences
/// and owners the index knows, and show the policy. No code leaves the machine.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark mcp
  birthmark mcp --project ~/code/service --index .birthmark/index --index starter

Settings of an agent:
  {\"mcpServers\": {\"birthmark\": {\"command\": \"birthmark\", \"args\": [\"mcp\"]}}}

Exit status: 0 the agent has left, 2 the server could not begin")]
pub(crate) struct McpArgs {
    /// Directory that agents may ask about; repeatable, the first is the default
    ///
    /// By default the roots that the agent names, else the current directory.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub project: Vec<PathBuf>,
    #[command(flatten)]
    pub check: CheckArgs,
    #[command(flatten)]
    pub journal: JournalChoice,
}

pub(super) fn run(args: McpArgs) -> anyhow::Result<ExitStatus> {
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    for project in &args.project {
        ensure!(project.is_dir(), "--project: there is no directory `{}`", project.display());
    }
    let (roots, chosen_by) = match args.project.as_slice() {
        [] => (vec![here.clone()], ChosenBy::Client),
        named => (named.iter().map(|project| here.join(project)).collect(), ChosenBy::User),
    };
    roots.iter().try_for_each(|root| args.check.check_policy(root))?;
    let configured = args.check.config.clone().choice(here.clone());
    let jobs = args.check.jobs;
    let place = Place { directory: here, configured, choices: args.check.choices() };
    let journal = args.journal.open(Service::Mcp);
    let settings = Settings { roots, chosen_by, place, jobs, journal };
    mcp::serve(std::io::stdin(), std::io::stdout(), settings)?;
    Ok(ExitStatus::Success)
}
