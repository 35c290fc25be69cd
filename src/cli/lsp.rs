//! `birthmark lsp`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::exit::ExitStatus;
use super::failure;
use super::flags::CheckArgs;
use super::journaled::JournalChoice;
use super::threads::{self, NO_THREADS};
use crate::serve::lsp::{self, Ending, Start};
use crate::session::journal::Service;

/// Serve an editor over the language server protocol, on standard input and output.
///
/// The editor starts it; nothing leaves the machine. Each folder of the workspace is checked as
/// `birthmark scan` would check it, with the nearest configuration above it. What is given here
/// goes before that, and what the editor's settings say goes before both.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark lsp
  birthmark lsp --preset hook --index .birthmark/index --index starter

docs/editors.md says how to set up editors.

Exit status: 0 the editor ended the server or went away, 1 it sent `exit` without `shutdown`, 2 it sent something that is no message")]
pub(crate) struct LspArgs {
    #[command(flatten)]
    pub check: CheckArgs,
    #[command(flatten)]
    pub journal: JournalChoice,
    /// Speak over standard input and output; there is no other way, and editors may say so
    #[arg(long)]
    pub stdio: bool,
}

pub(super) fn run(args: LspArgs) -> anyhow::Result<ExitStatus> {
    threads::start()?;
    args.check.check_policy(Path::new("."))?;
    let configured = args.check.config.clone().choice(PathBuf::from("."));
    let start = Start {
        configured,
        journal: args.journal.open(Service::Lsp),
        choices: args.check.choices(),
    };
    Ok(match lsp::serve(std::io::stdin(), std::io::stdout(), start) {
        Ending::Orderly | Ending::Deserted => ExitStatus::Success,
        Ending::Abrupt => ExitStatus::Findings,
        Ending::Unstarted(error) => return Err(error).context(NO_THREADS),
        Ending::Unreadable(error) => {
            failure::warn(&format!(
                "the other side does not speak the language server protocol: {error}"
            ));
            ExitStatus::Failure
        }
    })
}
