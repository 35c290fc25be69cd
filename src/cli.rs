//! The command line: parse arguments, merge them with the configuration, call a driver, choose a
//! renderer and an exit status.

mod accept;
mod args;
mod attribute;
mod baseline;
mod baseline_choice;
mod cached;
mod check;
mod completions;
mod decisions;
mod doctor;
mod draw;
mod exit;
mod explain;
mod fail;
mod failure;
mod flags;
mod hook;
mod idiom;
mod index;
mod index_add;
mod index_build;
mod index_target;
mod init;
mod journaled;
mod license;
mod log;
mod lsp;
mod man;
mod matrix;
mod mcp;
mod named;
mod output;
mod pack;
mod progress;
mod request;
mod scan;
mod scanned;
mod scope;
mod threads;
mod trust;

pub use exit::ExitStatus;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use etcetera::{BaseStrategy, choose_base_strategy};

use crate::engine::index::{look_for_packs_in, look_for_starter_at};
use crate::text::token;
use args::{Cli, Command};
use matrix::Chosen;

/// Runs a command line to its end. Whatever went wrong has been said on standard error.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    // Agents take an exit status for a decision: a wrong command line of a hook must not be one.
    let is_hook = hook::is_meant(&args);
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(told) => {
            let status = failure::tell_clap(&told);
            return if is_hook { hook::in_spite_of(status) } else { status }.into();
        }
    };
    cli.common.color.choice().write_global();
    cli.common.file_timeout.into_iter().for_each(token::set_patience);
    if let Ok(user) = choose_base_strategy() {
        look_for_starter_at(user.data_dir().join("birthmark/starter.segment"));
        let packs = std::env::var_os("BIRTHMARK_PACKS").filter(|directory| !directory.is_empty());
        look_for_packs_in(
            packs.map_or_else(|| user.data_dir().join("birthmark/packs"), Into::into),
        );
    }
    let matrix = matrix::choose(cli.common.license_matrix.as_deref());
    // What judges no licence works with a matrix that is broken.
    if let Err(error) = &matrix
        && cli.command.needs_matrix()
    {
        failure::tell(error);
        let status = ExitStatus::Failure;
        return if is_hook { hook::in_spite_of(status) } else { status }.into();
    }
    run_command(cli, matrix).into()
}

fn run_command(cli: Cli, matrix: anyhow::Result<Chosen>) -> ExitStatus {
    let status = match cli.command {
        Command::Scan(args) => scan::run(*args, &cli.common),
        Command::Check(args) => check::run(*args, &cli.common),
        Command::Hook(args) => hook::run(*args),
        Command::Explain(args) => explain::run(*args, &cli.common),
        Command::Accept(args) => accept::run(*args, &cli.common),
        Command::Log(args) => log::run(args),
        Command::Lsp(args) => lsp::run(*args),
        Command::Attribute(args) => attribute::run(*args, &cli.common),
        Command::Index(args) => threads::start().and_then(|()| index::run(args, &cli.common)),
        Command::Pack(command) => pack::run(command),
        Command::Baseline(command) => baseline::run(command, &cli.common),
        Command::Idiom(args) => threads::start().and_then(|()| idiom::run(args, &cli.common)),
        Command::Mcp(args) => mcp::run(*args),
        Command::Init(args) => init::run(&args),
        Command::License(command) => license::run(command),
        Command::Doctor(args) => threads::start().and_then(|()| doctor::run(*args, matrix)),
        Command::Completions(args) => completions::run(&args, Cli::command()),
        Command::Man(args) => man::run(&args, Cli::command()),
    };
    status.unwrap_or_else(|error| {
        failure::tell(&error);
        ExitStatus::Failure
    })
}
