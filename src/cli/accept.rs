//! `birthmark accept`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, ValueHint};

use super::decisions::Decisions;
use super::exit::ExitStatus;
use super::failure::{of_log, warn};
use super::flags::{CheckArgs, Common};
use super::journaled::JournalChoice;
use super::named::{Named, journal_entries, with_journal};
use super::output::{Output, Painted};
use super::request::{Request, ScanOptions};
use crate::decisions::acceptance::{AcceptError, AcceptanceLog, Accepted, Decider};
use crate::judgement::finding::{Reference, Report};
use crate::project::git::Git;
use crate::report::printable::Printable;
use crate::session::actions::{self, ToAccept};
use crate::session::journal::Event;

/// Accept code as it is, and record who decided that and why.
///
/// Writes the decision to a file of its own below .birthmark/references, to be committed with the
/// code: who, by the identity git knows, when, on which evidence, which owners, against which
/// indexes. Scans then raise no finding for that place and say what became of it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark accept f77234e8 --reason 'written by the same author, see the letter of 2026-03-02'
  birthmark accept src/table.py:40 --reason 'a textbook algorithm'
  birthmark accept --from birthmark-decisions.json

Exit status: 0 accepted, 2 there is nothing of that name to accept, or something could not be done")]
pub(crate) struct AcceptArgs {
    /// Id of a match as a report shows it, a unique beginning of one, or PATH:LINE
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    pub finding: Option<String>,
    /// Files and directories to look in; by default the file of PATH:LINE, else the project
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// Why the code may stay as it is
    #[arg(long, value_name = "TEXT", value_parser = reason, required_unless_present = "from", conflicts_with = "from")]
    pub reason: Option<String>,
    /// Accept what a file of decisions says, as the HTML report exports it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub from: Option<PathBuf>,
    #[command(flatten)]
    pub check: CheckArgs,
    #[command(flatten)]
    pub journal: JournalChoice,
}

fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("expected a reason: it is what others will judge the decision by".to_owned()),
        text => Ok(text.to_owned()),
    }
}

pub(super) fn run(args: AcceptArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    match &args.from {
        Some(file) => {
            let decisions = Decisions::read(file)?;
            accept_from(&decisions, args, common)
        }
        None => accept_one(args, common),
    }
}

fn accept_one(args: AcceptArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    let (finding, reason) = (args.finding.unwrap_or_default(), args.reason.unwrap_or_default());
    let wanted = Named::parse(&finding);
    let paths = wanted.paths(args.paths, &args.check.config)?;
    let request = Request::new(ScanOptions::of(paths, args.check.clone()))?;
    let mut log = log_of(&request)?;
    let report = request.scan(common)?.report;
    let references = wanted.of(&report).map_err(|error| {
        let recorded = journal_entries(&wanted, &report, &args.check.config, &args.journal.place);
        with_journal(error, &recorded)
    })?;
    // What else stands in the project is not decided on, and must not take the decision over.
    let project = Request::new(ScanOptions::of(vec![log.root().to_owned()], args.check))?;
    let everywhere = project.scan(common)?.report;
    let (told, settled) =
        write_decisions(&report, &references, &everywhere.references, &mut log, &reason)?;
    args.journal.note(request.session(), Event::Accepted, Some(&reason), &settled);
    if !common.quiet {
        Output::Standard.write(&told, Painted::No)?;
    }
    Ok(ExitStatus::Success)
}

/// Accepts the matches that a file of decisions names. Warns of each decision whose match is gone,
/// and accepts the others.
fn accept_from(
    decisions: &Decisions,
    args: AcceptArgs,
    common: &Common,
) -> anyhow::Result<ExitStatus> {
    // No path can stand beside a file of decisions: it would be taken for the match.
    let here = Request::new(ScanOptions::of(Vec::new(), args.check.clone()))?;
    let mut log = log_of(&here)?;
    let request = Request::new(ScanOptions::of(vec![log.root().to_owned()], args.check))?;
    let report = request.scan(common)?.report;
    let mut status = ExitStatus::Success;
    for decision in decisions.to_accept() {
        let reason = decision.reason();
        let references = decision.references(&report);
        if references.is_empty() {
            let (id, path, line) = (&decision.id, &decision.path, decision.line);
            warn(&format!(
                "{path}:{line} is not accepted: no match with the id `{id}` stands there; scan again"
            ));
            status = ExitStatus::Failure;
            continue;
        }
        let (told, settled) =
            write_decisions(&report, &references, &report.references, &mut log, &reason)?;
        args.journal.note(request.session(), Event::Accepted, Some(&reason), &settled);
        if !common.quiet {
            Output::Standard.write(&told, Painted::No)?;
        }
    }
    Ok(status)
}

fn log_of(request: &Request) -> anyhow::Result<AcceptanceLog> {
    match request.session().log() {
        Some(log) => Ok(log.clone()),
        None => bail!("--no-config honours no decisions, so none is written; leave it out"),
    }
}

/// Accepts the references that are left to accept; what there is to say of each, and which those
/// are.
fn write_decisions<'r>(
    report: &'r Report,
    references: &'r [&'r Reference],
    everywhere: &'r [Reference],
    log: &mut AcceptanceLog,
    reason: &str,
) -> anyhow::Result<(Vec<u8>, Vec<&'r Reference>)> {
    let (mut said, mut settled) = (Vec::new(), Vec::new());
    let mut decider = Decider::new(Git::here(), reason);
    let to_accept = ToAccept { report, references, everywhere };
    for (reference, accepted) in actions::accept(to_accept, log, &mut decider).map_err(log_error)? {
        let (id, line) =
            (reference.id.get(..8).unwrap_or(&reference.id), reference.region.start_line);
        let place = format!("{}:{line} ({id})", reference.path);
        let place = Printable(&place);
        match accepted {
            Accepted::Before(known) => {
                let by = Printable(&known.by);
                writeln!(said, "{place} was accepted by {by} on {}", Printable(&known.at))?;
            }
            Accepted::NothingToAccept => {
                writeln!(said, "{place} raises no finding: there is nothing to accept")?;
            }
            Accepted::Now { rule, file } => {
                settled.push(reference);
                writeln!(said, "accepted {place} as {}\nwrote {}", rule.code(), Printable(&file))?;
            }
        }
    }
    Ok((said, settled))
}

fn log_error(error: AcceptError) -> anyhow::Error {
    match error {
        AcceptError::Log(error) => of_log(error),
        other => anyhow::Error::new(other),
    }
}
