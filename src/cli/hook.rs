//! `birthmark hook`.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::exit::ExitStatus;
use super::flags::CheckArgs;
use super::journaled::JournalChoice;
use super::output::{Output, Painted};
use crate::judgement::policy::DropPolicy;
use crate::project::config::ConfigChoice;
use crate::report::printable::Printable;
use crate::serve::hook::{Agent, Hook, Policy};
use crate::session::Place;
use crate::session::journal::Service;

/// Judge code that a coding agent is about to write, or has written.
///
/// Reads the event that the agent passes to its hooks on standard input and prints the decision it
/// understands: code that may not stay is refused, with the reason and what would clear it. Only
/// new lines are judged. Whatever goes wrong, the exit status is 0 and the agent goes on: what
/// could not be judged within the deadline is let through, and says so.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark hook --list
  birthmark hook claude < event.json
  birthmark hook cursor --policy replace
  birthmark hook codex --policy drop-unknown --index .birthmark/index

Exit status: 0 whatever goes wrong, since some agents take another one for a decision; 2 refuses an edit of kiro or
windsurf, which read no decision. docs/agents.md has what to put into their settings.")]
pub(crate) struct HookArgs {
    /// Agent that sends the event; --list names all agents
    #[arg(required_unless_present = "list")]
    pub agent: Option<String>,
    /// List the agents and their events
    #[arg(long)]
    pub list: bool,
    /// Edits to refuse; the agent is only told of other matches that need attention
    #[arg(long, value_parser = policy(), default_value = "drop")]
    pub policy: Policy,
    /// Let an edit through that is not judged after so many milliseconds
    #[arg(long, value_name = "MS", default_value = "800", value_parser = clap::value_parser!(u64).range(1..))]
    pub deadline: u64,
    #[command(flatten)]
    pub check: CheckArgs,
    #[command(flatten)]
    pub journal: JournalChoice,
}

pub(super) fn run(args: HookArgs) -> anyhow::Result<ExitStatus> {
    if args.list {
        Output::Standard.write(list().as_bytes(), Painted::No)?;
        return Ok(ExitStatus::Success);
    }
    let name = args.agent.unwrap_or_default();
    let Some(agent) = Agent::from_name(&name) else {
        let known = Agent::all().map(Agent::name).collect::<Vec<_>>().join(", ");
        let_through(&format!("`{name}` is not a known agent ({known})"));
        return Ok(ExitStatus::Success);
    };
    let directory = PathBuf::from(".");
    let configured: ConfigChoice = args.check.config.clone().choice(directory.clone());
    let hook = Hook {
        agent,
        place: Place { directory, configured, choices: args.check.choices() },
        policy: args.policy,
        journal: args.journal.open(Service::Hook),
        deadline: Duration::from_millis(args.deadline),
    };
    let answer = hook.run(io::stdin());
    if let Some(note) = &answer.note {
        super::failure::tell_lines(note);
    }
    // That nobody reads the decision is no reason to say another one by the exit status.
    let _ = Output::Standard.write(format!("{}\n", answer.decision).as_bytes(), Painted::No);
    Ok(if answer.refuses_by_status { ExitStatus::Failure } else { ExitStatus::Success })
}

/// Whether a command line is one of a hook. What is wrong with it must not become a decision of the
/// agent.
pub(crate) fn is_meant(args: &[OsString]) -> bool {
    let is_option = |arg: &&OsString| arg.to_string_lossy().starts_with('-');
    args.iter().skip(1).find(|arg| !is_option(arg)).is_some_and(|command| command == "hook")
}

/// The status of a command line that is wrong.
pub(crate) fn in_spite_of(status: ExitStatus) -> ExitStatus {
    if status == ExitStatus::Failure {
        let_through("its command line is not understood");
    }
    ExitStatus::Success
}

/// Says that nothing is judged, in the words of the agents that show it.
pub(crate) fn let_through(why: &str) {
    let why = format!("birthmark did not judge this and lets it through: {}", Printable(why));
    super::failure::tell_lines(&why);
    let decision = serde_json::json!({ "systemMessage": why });
    let _ = Output::Standard.write(format!("{decision}\n").as_bytes(), Painted::No);
}

/// The policies of `birthmark check`, and one that changes the edit.
fn policy() -> impl TypedValueParser<Value = Policy> {
    let refuse = DropPolicy::NAMED.map(|(name, _, help)| PossibleValue::new(name).help(help));
    let replace = PossibleValue::new(REPLACE).help(
        "Replace by a comment what `drop` refuses, and keep the rest of the edit; refuse it where the agent takes no \
         changed edit",
    );
    PossibleValuesParser::new(refuse.into_iter().chain([replace])).map(|name| match name.as_str() {
        REPLACE => Policy::Replace(DropPolicy::Drop),
        name => Policy::Refuse(DropPolicy::from_name(name).unwrap_or_default()),
    })
}

/// The name of [`Policy::Replace`].
const REPLACE: &str = "replace";

fn list() -> String {
    let row = |agent: Agent| {
        format!(
            "{:<8} {}\n         {}\n         {}\n",
            agent.name(),
            agent.display_name(),
            agent.events(),
            agent.page()
        )
    };
    Agent::all().map(row).collect()
}
