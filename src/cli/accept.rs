//! `birthmark accept`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, ValueHint};

use super::args::{CheckArgs, Common};
use super::attribute::scan_for;
use super::exit::ExitStatus;
use super::explain::{Wanted, recorded, with_journal};
use super::failure::of_log;
use super::journaled::JournalChoice;
use super::output::{Output, Painted};
use super::scan::Request;
use crate::decisions::acceptance::{AcceptError, AcceptanceLog, Accepted, Decider};
use crate::judgement::finding::{Reference, Report};
use crate::project::git::Git;
use crate::report::printable::Printable;
use crate::session::journal::Event;

/// Accept code as it is, and record who decided that and why.
///
/// Writes the decision to a file of its own below .birthmark/references, to be committed with the code: who, by the
/// identity git knows, when, on which evidence, which owners, against which indexes. Scans then raise no finding for that
/// place and say what became of it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark accept f77234e8 --reason 'written by the same author, see the letter of 2026-03-02'
  birthmark accept src/table.py:40 --reason 'a textbook algorithm'

Exit status: 0 accepted, 2 there is nothing of that name to accept, or something could not be done")]
pub struct AcceptArgs {
    /// Id of a reference as a report shows it, a unique beginning of one, or PATH:LINE
    pub finding: String,
    /// Files and directories to look in; by default the file of PATH:LINE, else the project
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// Why the code may stay as it is
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub reason: String,
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

pub fn run(args: AcceptArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    let wanted = Wanted::parse(&args.finding);
    let recorded = recorded(&wanted, &args.check.config, &args.journal.place);
    let paths = wanted.paths(args.paths, &args.check.config)?;
    let request = Request::new(scan_for(paths, args.check.clone()))?;
    let Some(mut log) = request.session().log().cloned() else {
        bail!("--no-config honours no decisions, so none is written; leave it out");
    };
    let (report, _) = request.report_and_files(common)?;
    let references = wanted.of(&report).map_err(|error| with_journal(error, &recorded))?;
    // What else stands in the project is not decided on, and must not take the decision over.
    let project = Request::new(scan_for(vec![log.root().to_owned()], args.check))?;
    let (everywhere, _) = project.report_and_files(common)?;
    let (told, settled) = accepted(&report, &references, &everywhere.references, &mut log, &args.reason)?;
    args.journal.note(request.session(), Event::Accepted, Some(&args.reason), &settled);
    if !common.quiet {
        Output::Standard.write(&told, Painted::No)?;
    }
    Ok(ExitStatus::Success)
}

/// Accepts the references that are left to accept; what there is to say of each, and which those are.
fn accepted<'r>(
    report: &Report,
    references: &[&'r Reference],
    everywhere: &[Reference],
    log: &mut AcceptanceLog,
    reason: &str,
) -> anyhow::Result<(Vec<u8>, Vec<&'r Reference>)> {
    let (mut said, mut settled) = (Vec::new(), Vec::new());
    let mut decider = Decider::new(Git::here(), reason);
    for &reference in references {
        let (id, line) = (reference.id.get(..8).unwrap_or(&reference.id), reference.region.start_line);
        let place = format!("{}:{line} ({id})", reference.path);
        let place = Printable(&place);
        match log.accept(report, reference, everywhere, &mut decider).map_err(told)? {
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

fn told(error: AcceptError) -> anyhow::Error {
    match error {
        AcceptError::Log(error) => of_log(error),
        other => anyhow::Error::new(other),
    }
}
