//! `birthmark baseline`, and the baseline of a scan.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueHint};

use super::exit::ExitStatus;
use super::flags::{CheckArgs, Common};
use super::output::{Output, Painted};
use super::request::{Request, ScanOptions};
use crate::judgement::baseline::Baseline;
use crate::judgement::finding::{Finding, NoteKind, Report, Silencer};
use crate::project::walk;
use crate::project::walk::{absolute_path, display_path};
use crate::report::Format;
use crate::report::words::count;
use crate::scan::baseline_path;
use crate::session::BaselineFile;
use crate::session::baseline::{default_file, top};

#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// Record the findings of today, so that only new ones are reported
    Create(CreateArgs),
    /// Remove findings that are gone, and follow those that have moved
    Update(UpdateArgs),
}

/// Record the findings of today, so that only new ones are reported.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark baseline create
  birthmark baseline create src/ --baseline ci/baseline.json

Findings are counted by rule, content and file: one more copy of recorded code is reported.
Exit status: 0 recorded, 2 something could not be done")]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    /// Replace a baseline that is there
    #[arg(long)]
    pub force: bool,
}

/// Remove findings that are gone, and follow those that have moved.
///
/// Nothing new is recorded unless --add says so: an update never hides a finding by accident.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark baseline update
  birthmark baseline update --add

Exit status: 0 updated, 2 something could not be done")]
pub(crate) struct UpdateArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    /// Record new findings too
    #[arg(long)]
    pub add: bool,
}

// No doc comment: it would become the help of the commands that flatten this.
#[derive(Clone, Debug, Args)]
pub(crate) struct TargetArgs {
    /// Files and directories to check
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath, default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// The baseline; by default .birthmark/baseline.json beside the configuration, else at the top
    /// of the repository
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
    #[command(flatten)]
    pub check: CheckArgs,
}

pub(super) fn run(command: BaselineCommand, common: &Common) -> anyhow::Result<ExitStatus> {
    match command {
        BaselineCommand::Create(args) => create(args, common),
        BaselineCommand::Update(args) => update(args, common),
    }
}

fn create(args: CreateArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    // All findings are recorded, also those that an older baseline silences.
    let request = Request::new(options(&args.target, BaselineFile::Without))?;
    let place = Place::new(args.target.baseline.clone(), &request);
    let file = &place.file;
    if file.exists() && !args.force {
        let shown = file.display();
        bail!(
            "there is a baseline at `{shown}`; `birthmark baseline update` keeps it true, --force replaces it"
        );
    }
    let report = report(&request, common)?;
    let mut baseline = Baseline::default();
    report.findings.iter().for_each(|finding| record(&mut baseline, finding));
    write(&place, &baseline)?;
    let refused = refusal(&report.findings);
    say(format!("recorded {} in {}{refused}", count(baseline.len(), "finding"), file.display()))
}

/// That code is recorded which the licence does not allow: a baseline holds no reason for it.
fn refusal(findings: &[Finding]) -> String {
    match findings.iter().filter(|finding| finding.rule.says_not_allowed()).count() {
        0 => String::new(),
        some => format!(
            "; {some} of code that the licence does not allow, which a warning in every scan will count"
        ),
    }
}

fn update(args: UpdateArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    let choice = match &args.target.baseline {
        Some(file) => BaselineFile::File(file.clone()),
        None => BaselineFile::Own,
    };
    let request = Request::new(options(&args.target, choice))?;
    let place = Place::new(args.target.baseline.clone(), &request);
    let file = &place.file;
    let Some(old) = request.session().baseline() else {
        bail!(
            "there is no baseline at `{}`; make one with `birthmark baseline create`",
            file.display()
        );
    };
    let report = report(&request, common)?;
    let mut updated = Baseline::default();
    let known = report.silenced.iter().filter(|silenced| silenced.by == Silencer::Baseline);
    known.for_each(|silenced| record(&mut updated, &silenced.finding));
    for (known, places) in old.entries() {
        // Files outside of the paths were not looked at, and keep what was recorded of them.
        let unseen = places.iter().filter(|(path, _)| !is_seen(path, &args.target.paths));
        unseen.for_each(|(path, &count)| updated.add(known.clone(), path.clone(), count));
    }
    // Counted before new findings are added.
    let forgotten = old.len().saturating_sub(updated.len());
    let mut said = format!("{} of {} are still there", updated.len(), count(old.len(), "finding"));
    if forgotten > 0 {
        said.push_str(&format!(", {forgotten} forgotten"));
    }
    if args.add {
        report.findings.iter().for_each(|finding| record(&mut updated, finding));
    }
    match (report.findings.len(), args.add) {
        (0, _) => {}
        (new, true) => said.push_str(&format!("; {new} added{}", refusal(&report.findings))),
        (new, false) => said.push_str(&format!("; {new} new, not recorded (--add records them)")),
    }
    write(&place, &updated)?;
    say(format!("{said}: {}", file.display()))
}

/// Where a baseline is, and how it is replaced.
struct Place {
    file: PathBuf,
    replace: fn(&Path, &[u8]) -> io::Result<()>,
}

impl Place {
    /// The baseline that was named, or that of the project.
    fn new(named: Option<PathBuf>, request: &Request) -> Place {
        match named {
            Some(file) => Place { file, replace: walk::replace_named },
            None => {
                let file = default_file(request.session().config(), request.session().place());
                Place { file, replace: walk::replace }
            }
        }
    }
}

/// Whether an update of these paths knows what became of a file.
fn is_seen(file: &str, paths: &[PathBuf]) -> bool {
    let file = Path::new(file);
    !file.exists() || paths.iter().any(|path| file.starts_with(absolute_path(path)))
}

fn record(baseline: &mut Baseline, finding: &Finding) {
    baseline.count(finding, baseline_path(Path::new(&finding.path)));
}

/// The report of a run that was whole: what could not be checked would be missing from the
/// baseline.
fn report(request: &Request, common: &Common) -> anyhow::Result<Report> {
    let report = request.scan(common)?.report;
    if let Some(failed) = report.notes.iter().find(|note| note.kind == NoteKind::Failed) {
        bail!("{}: {}", failed.path.as_deref().unwrap_or("a file"), failed.message);
    }
    Ok(report)
}

fn options(target: &TargetArgs, baseline: BaselineFile) -> ScanOptions {
    let options = ScanOptions::of(target.paths.clone(), target.check.clone());
    ScanOptions { baseline, ..options }
}

/// Writes a baseline whole or not at all, its paths relative to where it stands.
fn write(Place { file, replace }: &Place, baseline: &Baseline) -> anyhow::Result<()> {
    let top = top(file);
    let relative = |path: &str| match Path::new(path).strip_prefix(&top) {
        Ok(below) => display_path(below),
        Err(_) => path.to_owned(),
    };
    let text = baseline.clone().with_paths(relative).to_json();
    replace(file, text.as_bytes())
        .with_context(|| format!("cannot write the baseline `{}`", file.display()))
}

fn say(what: String) -> anyhow::Result<ExitStatus> {
    let line = format!("{}\n", crate::report::printable::Printable(&what));
    Output::Standard.write(line.as_bytes(), Painted::of(Format::Text))?;
    Ok(ExitStatus::Success)
}
