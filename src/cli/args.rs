//! The command line: its commands, each with the arguments that its own module declares.

use std::sync::LazyLock;

use clap::{Parser, Subcommand};

use super::accept::AcceptArgs;
use super::attribute::AttributeArgs;
use super::baseline::BaselineCommand;
use super::check::CheckCommandArgs;
use super::completions::CompletionsArgs;
use super::doctor::DoctorArgs;
use super::explain::ExplainArgs;
use super::flags::Common;
use super::hook::HookArgs;
use super::idiom::IdiomCommand;
use super::index::IndexCommand;
use super::init::InitArgs;
use super::license::LicenseCommand;
use super::log::LogArgs;
use super::lsp::LspArgs;
use super::man::ManArgs;
use super::mcp::McpArgs;
use super::pack::PackCommand;
use super::scan::ScanArgs;
use crate::license::MATRIX_ATTRIBUTION;

const EXAMPLES: &str = "\
Examples:
  birthmark scan                         check the current directory
  birthmark scan --license MIT src/      check src/ as part of an MIT project
  birthmark index add vendor/foo.tar.gz  index a component of your own

Exit status: 0 nothing that fails, 1 findings at or above --fail-on, 2 something could not be done.";

static EXAMPLES_AND_SOURCES: LazyLock<String> =
    LazyLock::new(|| format!("{EXAMPLES}\n\n{}", sources()));

static LONG_VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{}\n{}", env!("CARGO_PKG_VERSION"), sources()));

/// The data that verdicts rest on, and whose they are.
fn sources() -> String {
    format!("Licences are judged by the {MATRIX_ATTRIBUTION}. None of this is legal advice.")
}

/// Finds code that resembles licensed open source, says whose it is, and whether its licence lets
/// it stay.
#[derive(Debug, Parser)]
#[command(
    name = "birthmark",
    version,
    long_version = LONG_VERSION.as_str(),
    max_term_width = 100,
    after_help = EXAMPLES,
    after_long_help = EXAMPLES_AND_SOURCES.as_str()
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

impl Command {
    /// Whether it cannot do without a sound matrix of licences: all that judge, but for `doctor`,
    /// which says what is the matter.
    pub(crate) fn needs_matrix(&self) -> bool {
        !matches!(
            self,
            Command::Doctor(_)
                | Command::Index(_)
                | Command::Pack(_)
                | Command::Init(_)
                | Command::Log(_)
                | Command::Completions(_)
                | Command::Man(_)
        )
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Find copies of indexed code and judge their licences
    Scan(Box<ScanArgs>),
    /// Check suggestions as an assistant makes them, a line of JSON each
    Check(Box<CheckCommandArgs>),
    /// Judge code that a coding agent is about to write, or has written
    Hook(Box<HookArgs>),
    /// Explain why a match was reported, line by line
    Explain(Box<ExplainArgs>),
    /// Declare where copied code comes from, by SPDX snippet tags
    Attribute(Box<AttributeArgs>),
    /// Accept code as it is, and record who decided that and why
    Accept(Box<AcceptArgs>),
    /// List accepted code and other events of the journal
    Log(LogArgs),
    /// Build and inspect indexes of your own
    #[command(subcommand)]
    Index(IndexCommand),
    /// Fetch indexes that others publish, and publish your own
    #[command(subcommand)]
    Pack(PackCommand),
    /// Record the findings of today, so that only new ones are reported
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Declare code that is nobody's: scaffolds, templates, boilerplate
    #[command(subcommand)]
    Idiom(IdiomCommand),
    /// Check that birthmark works here, and show what a scan would use
    Doctor(Box<DoctorArgs>),
    /// Serve an editor: diagnostics, hover and code actions while code is written
    Lsp(Box<LspArgs>),
    /// Answer the questions of coding agents, by the Model Context Protocol
    Mcp(Box<McpArgs>),
    /// Write a starting birthmark.toml
    Init(InitArgs),
    /// Show the licence a path is under, compare licences
    #[command(subcommand)]
    License(LicenseCommand),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
    /// Write the manual pages
    Man(ManArgs),
}
