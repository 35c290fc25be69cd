//! `birthmark explain`.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::exit::ExitStatus;
use super::flags::{self, CheckArgs, Common};
use super::journaled::JournalPlace;
use super::named::{Named, in_no_file, journal_entries, with_journal};
use super::output::{Output, Painted};
use super::request::{Request, ScanOptions};
use crate::project::walk::Prose;
use crate::report::{self, Format};
use crate::session::BaselineFile;

/// Explain why a match was reported.
///
/// Shows what each line earned and which tokens correspond, how rare so much evidence is, why the
/// owners stand in this order, what decided, and the least that would have to be rewritten.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark explain 3f2a9c01
  birthmark explain src/routes.py:40
  birthmark explain 3f2a9c01 src/ --index .birthmark/index --format json

Exit status: 0 explained, 2 no such match, or something could not be done")]
pub(crate) struct ExplainArgs {
    /// Id of a match as a report or an agent's hook shows it, a unique beginning of one, or
    /// PATH:LINE
    pub finding: String,
    /// Files and directories to look in; by default the file of PATH:LINE, else the project
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// Look also at blocks of code in Markdown
    #[arg(long)]
    pub markdown: bool,
    #[command(flatten)]
    pub check: CheckArgs,
    #[command(flatten)]
    pub journal: JournalPlace,
    /// Format of the explanation
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: flags::Format,
    /// Write the explanation to a file instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output options")]
    pub output: Option<PathBuf>,
}

pub(super) fn run(args: ExplainArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    let output = Output::open(args.output.as_deref())?;
    let named = Named::parse(&args.finding);
    let format = args.format.into();
    let (config, journal) = (args.check.config.clone(), args.journal.clone());
    let scanned = Request::new(options(args, &named)?)?.scan(common)?;
    let mut drawn = Vec::new();
    let explanations = match named.of(&scanned.report) {
        Ok(found) => scanned.explanations(&found)?,
        Err(error) => {
            let recorded = journal_entries(&named, &scanned.report, &config, &journal);
            if recorded.is_empty() || format == Format::Json {
                return Err(with_journal(error, &recorded));
            }
            writeln!(
                drawn,
                "{}; the journal of this machine has recorded it:\n",
                in_no_file(&recorded)
            )?;
            report::log::text(&[], &recorded, &mut drawn)?;
            output.write(&drawn, Painted::of(format))?;
            return Ok(ExitStatus::Success);
        }
    };
    match format {
        Format::Text => report::explain::write_text(&explanations, &mut drawn)?,
        Format::Json => report::explain_json::write(&scanned.report, &explanations, &mut drawn)?,
    }
    output.write(&drawn, Painted::of(format))?;
    Ok(ExitStatus::Success)
}

/// The scan that finds what is to be explained.
fn options(args: ExplainArgs, named: &Named) -> anyhow::Result<ScanOptions> {
    let paths = named.paths(args.paths, &args.check.config)?;
    let prose = if args.markdown { Prose::Read } else { Prose::Ignore };
    // What a baseline silences can be explained too.
    let baseline = BaselineFile::Without;
    Ok(ScanOptions { baseline, prose, ..ScanOptions::of(paths, args.check) })
}
