//! `birthmark scan`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::baseline_choice::BaselineChoice;
use super::cached::CacheChoice;
use super::draw::{Look, ReportArgs};
use super::exit::ExitStatus;
use super::fail::FailArgs;
use super::flags::{CheckArgs, Common};
use super::request::{Request, ScanOptions};
use super::scope::{Input, ScopeArgs, WHAT};
use super::trust::TrustArgs;
use crate::project::config::FailOn;
use crate::project::walk::Prose;

/// Find copies of indexed code and judge their licences.
///
/// Each file is judged under the licence given by --license, else by the nearest statement: its
/// header or .license file, REUSE annotations, the configuration, a manifest, a licence text.
/// `birthmark license show` tells which.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark scan
  birthmark scan src/ --license 'MIT OR Apache-2.0' --matches
  birthmark scan --index .birthmark/index --index starter
  birthmark scan --format json --output report.json --exit-zero
  birthmark scan --staged
  birthmark scan --diff origin/main...HEAD
  git ls-files -z '*.py' | birthmark scan --files-from -
  birthmark scan --output sarif=report.sarif --output markdown=report.md
  git show HEAD:lib.py | birthmark scan --stdin --path lib.py

Exit status:
  0  clean, or only findings below --fail-on
  1  findings at or above --fail-on (by default: warnings and errors)
  2  usage, configuration, index or I/O failure, or a file that could not be checked; see --fail-on-skipped")]
pub(crate) struct ScanArgs {
    /// Files and directories to check
    ///
    /// Without any, and without --staged and the like, the current directory.
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Check the text on standard input
    #[arg(long, requires = "path", conflicts_with_all = ["paths", "ScopeArgs"], help_heading = WHAT)]
    pub stdin: bool,
    /// Name of the text on standard input: decides its language, its configuration and its licence
    #[arg(long, value_name = "NAME", requires = "stdin", help_heading = WHAT)]
    pub path: Option<PathBuf>,
    /// Check also blocks of code in Markdown whose fence names their language
    #[arg(long, help_heading = WHAT)]
    pub markdown: bool,
    #[command(flatten)]
    pub check: CheckArgs,
    #[command(flatten)]
    pub baseline: BaselineChoice,
    #[command(flatten)]
    pub cache: CacheChoice,
    #[command(flatten)]
    pub fail: FailArgs,
    #[command(flatten)]
    pub trust: TrustArgs,
    #[command(flatten)]
    pub report: ReportArgs,
}

pub(super) fn run(args: ScanArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    let look = Look::new(&args.report, common)?;
    let exit_zero = args.fail.exit_zero;
    let request = Request::new(options(args)?)?;
    let scanned = request.scan(common)?;
    // A report says what fails, also where the exit status does not.
    look.draw(&scanned, request.fail_on)?;
    let fail_on = if exit_zero { FailOn::Never } else { request.fail_on };
    Ok(ExitStatus::of(&scanned.report, fail_on))
}

fn options(args: ScanArgs) -> anyhow::Result<ScanOptions> {
    let input = match &args.path {
        Some(name) => Input::stdin(name)?,
        None => Input::new(args.paths, &args.scope)?,
    };
    Ok(ScanOptions {
        input,
        prose: if args.markdown { Prose::Read } else { Prose::Ignore },
        check: args.check,
        baseline: args.baseline.file(),
        cache: args.cache.directory(),
        trust: args.trust,
        fail_on: args.fail.fail_on,
        fail_on_skipped: args.fail.fail_on_skipped,
    })
}
