//! How the report of a scan is drawn, and where to: several formats at once, all drawn before the
//! first is written.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::builder::{PathBufValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use jiff::Timestamp;

use super::failure;
use super::flags::Common;
use super::output::{self, Output, Painted, ReportFile};
use super::scanned::Scanned;
use crate::judgement::finding::{Explanation, Finding, Reference, Report};
use crate::project::config::{FailOn, ForgeChoice};
use crate::project::git::Git;
use crate::report::forge::{Forge, Kind};
use crate::report::html::Run;
use crate::report::markdown::{self, Length};
use crate::report::text::{Frame, Links, References, TextSettings};
use crate::report::{Drawing, FORMATS, Need, ReportFormat, Repository, SourceFacts};

/// References whose code is shown, at most; the others are shown without it, and the page says so.
const MAX_CODE: usize = 500;

/// Where GitHub's runner takes the summary of a job from, and how much of it.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";
const STEP_SUMMARY_BYTES: usize = 900_000;

// How a scan is reported. No doc comment: it would become the help of the command that flattens
// this.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output options")]
pub(crate) struct ReportArgs {
    /// Format of the report
    #[arg(long, value_parser = report_format(), default_value = "text")]
    pub format: &'static ReportFormat,
    /// Write the report to a file. FILE takes the place of standard output; FORMAT=FILE writes one
    /// more report in that format. May be given several times
    #[arg(long, short, value_name = "[FORMAT=]FILE", value_parser = report_file(), value_hint = ValueHint::FilePath)]
    pub output: Vec<ReportFile>,
    /// Show all matches with all their owners, not only those that need attention
    #[arg(long = "matches", alias = "references")]
    pub references: bool,
    /// Explain each match shown: evidence by line, owners, what would clear it
    #[arg(long)]
    pub explain: bool,
}

/// How the report is drawn.
pub(crate) struct Look {
    text: TextSettings,
    explain: Explain,
    destinations: Vec<Destination>,
    step_summary: Option<PathBuf>,
}

/// Whether explanations were asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Explain {
    Shown,
    Nothing,
}

struct Destination {
    format: &'static ReportFormat,
    output: Output,
}

impl Look {
    /// Checks that everything can be written.
    pub(super) fn new(args: &ReportArgs, common: &Common) -> anyhow::Result<Look> {
        let destinations = destinations(args)?;
        let is_needed = |need| destinations.iter().any(|to| to.format.needs(need));
        let is_for_github = is_needed(Need::JobSummary);
        if args.explain && !is_needed(Need::Explanations) {
            bail!(
                "only the formats text and json tell explanations; leave --explain out, or add --output text=FILE"
            );
        }
        let is_seen = destinations.iter().all(|to| matches!(to.output, Output::Standard));
        Ok(Look {
            text: TextSettings {
                references: if args.references { References::All } else { References::Findings },
                frame: if common.quiet { Frame::FindingsOnly } else { Frame::Full },
                // One width holds for all texts: a file among them must not be
                // wrapped to the terminal.
                width: output::terminal_width().filter(|_| is_seen),
                links: if is_seen && output::has_links() { Links::Shown } else { Links::Absent },
            },
            explain: if args.explain { Explain::Shown } else { Explain::Nothing },
            destinations,
            step_summary: std::env::var_os(STEP_SUMMARY)
                .filter(|path| is_for_github && !path.is_empty())
                .map(PathBuf::from),
        })
    }

    /// Draws a finished scan, and then writes it. `fail_on` is the severity that a finding must not
    /// have.
    pub(crate) fn draw(self, scanned: &Scanned, fail_on: FailOn) -> anyhow::Result<()> {
        let told = match self.explain {
            Explain::Shown => Some(
                scanned.explanations(&shown_references(&scanned.report, self.text.references))?,
            ),
            Explain::Nothing => None,
        };
        let created = creation_time()?;
        let repository = repository();
        let drawing = Drawing {
            report: &scanned.report,
            explanations: &if self.needs(Need::Code) {
                explain_shown_code(scanned)?
            } else {
                Vec::new()
            },
            told: told.as_deref(),
            text: self.text,
            repository: &repository,
            facts: &self.facts(scanned)?,
            created: &created,
            run: &if self.needs(Need::Run) {
                run(&repository, &created, scanned.forge.as_ref())
            } else {
                Run::default()
            },
            fail_on,
        };
        let mut drawn = Vec::new();
        for Destination { format, output } in self.destinations {
            let mut bytes = Vec::new();
            format.write(&drawing, &mut bytes)?;
            drawn.push((output, bytes, Painted::of_report(format)));
        }
        for (output, bytes, painted) in drawn {
            output.write(&bytes, painted)?;
        }
        match &self.step_summary {
            Some(path) => add_step_summary(&drawing, path),
            None => Ok(()),
        }
    }

    fn needs(&self, what: Need) -> bool {
        self.destinations.iter().any(|to| to.format.needs(what))
    }

    /// What the formats need to know of the text of files.
    fn facts(&self, scanned: &Scanned) -> anyhow::Result<SourceFacts> {
        if self.needs(Need::Facts) {
            return scanned.facts();
        }
        if self.needs(Need::FactsIfThere) {
            // These formats can do without the code of a file that changed since it was checked.
            Ok(scanned.code().unwrap_or_default())
        } else {
            Ok(SourceFacts::default())
        }
    }
}

/// The references that a report shows in full.
fn shown_references(report: &Report, shown: References) -> Vec<&Reference> {
    let needs_attention = |reference: &&Reference| {
        let about =
            |finding: &Finding| !finding.rule.is_listed_by_origin() && finding.is_about(reference);
        report.findings.iter().any(about)
    };
    let is_shown = |reference: &&Reference| shown == References::All || needs_attention(reference);
    report.references.iter().filter(is_shown).collect()
}

fn destinations(args: &ReportArgs) -> anyhow::Result<Vec<Destination>> {
    let mut destinations = Vec::new();
    if args.output.iter().all(|file| file.format.is_some()) {
        destinations.push(Destination { format: args.format, output: Output::Standard });
    }
    for (i, file) in args.output.iter().enumerate() {
        if args.output[..i].iter().any(|earlier| earlier.path == file.path) {
            bail!("two reports would go to `{}`; name a file for each", file.path.display());
        }
        let format = file.format.unwrap_or(args.format);
        if file.format.is_none() {
            warn_of_other_format(&file.path, format);
        }
        destinations.push(Destination { format, output: Output::open(Some(&file.path))? });
    }
    Ok(destinations)
}

/// Warns if the name of a file promises another format than the file will hold.
fn warn_of_other_format(path: &Path, format: &ReportFormat) {
    let Some(ending) = path.extension().and_then(OsStr::to_str) else {
        return;
    };
    let ending = if ending == "md" { "markdown" } else { ending };
    if ending == format.name || format.name != "text" || ReportFormat::from_name(ending).is_none() {
        return;
    }
    let path = path.display();
    failure::warn(&format!(
        "`{path}` will hold the text report; write `--output {ending}={path}` for another format"
    ));
}

/// Accounts of the references whose code is shown: of too many those that matter most.
fn explain_shown_code(scanned: &Scanned) -> anyhow::Result<Vec<Explanation>> {
    let mut chosen: Vec<(usize, &Reference)> =
        scanned.report.references.iter().enumerate().collect();
    chosen.sort_by(|(_, a), (_, b)| {
        let decision = b.verdict.decision.cmp(&a.verdict.decision);
        decision.then(b.evidence.bits.total_cmp(&a.evidence.bits))
    });
    chosen.truncate(MAX_CODE);
    // Back in the order of the files, of which `explanations` reads each once.
    chosen.sort_by_key(|(place, _)| *place);
    let chosen: Vec<&Reference> = chosen.into_iter().map(|(_, reference)| reference).collect();
    scanned.explanations(&chosen)
}

fn add_step_summary(drawing: &Drawing<'_>, path: &Path) -> anyhow::Result<()> {
    let mut summary = Vec::new();
    let length = Length::Summary { bytes: STEP_SUMMARY_BYTES };
    markdown::write(drawing.report, &[], length, &mut summary)?;
    output::append(path, &summary)
}

/// The time; `SOURCE_DATE_EPOCH` says another, for reports that are to be the same again.
fn creation_time() -> anyhow::Result<String> {
    let time = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => seconds
            .parse()
            .map_err(anyhow::Error::from)
            .and_then(|seconds| Ok(Timestamp::from_second(seconds)?))
            .with_context(|| {
                format!("SOURCE_DATE_EPOCH is `{seconds}`, expected seconds since 1970")
            })?,
        Err(_) => Timestamp::from_second(Timestamp::now().as_second())?,
    };
    Ok(time.to_string())
}

/// What the run was. Arguments are quoted where a shell would take them apart.
fn run(repository: &Repository, created: &str, forge: Option<&ForgeChoice>) -> Run {
    let argument = |argument: std::ffi::OsString| {
        let text = argument.to_string_lossy().into_owned();
        let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,@+".contains(c);
        if !text.is_empty() && text.chars().all(is_plain) {
            text
        } else {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
    };
    let arguments = std::env::args_os().skip(1).map(argument);
    let commit = Git::here().run(&["rev-parse", "--short", "HEAD"]);
    let current = std::env::current_dir().map(|directory| directory.to_string_lossy().into_owned());
    let top = if repository.top.is_empty() {
        current.unwrap_or_default()
    } else {
        repository.top.clone()
    };
    Run {
        forge: self::forge(forge).map(|forge| (forge, repository.clone())),
        project: top.rsplit(['/', '\\']).next().unwrap_or_default().to_owned(),
        commit: commit
            .map(|name| String::from_utf8_lossy(&name).trim().to_owned())
            .unwrap_or_default(),
        date: created.split('T').next().unwrap_or_default().to_owned(),
        command: std::iter::once("birthmark".to_owned())
            .chain(arguments)
            .collect::<Vec<_>>()
            .join(" "),
    }
}

/// The forge of the remote `origin`, at the commit that is checked out.
fn forge(choice: Option<&ForgeChoice>) -> Option<Forge> {
    let kind = match choice {
        Some(ForgeChoice::None) => return None,
        Some(ForgeChoice::Named(name)) => {
            Kind::NAMED.iter().find(|(known, _)| known == name).map(|&(_, kind)| kind)
        }
        None => None,
    };
    let asked = |arguments: &[&str]| {
        let answer = Git::here().run(arguments).ok()?;
        Some(String::from_utf8_lossy(&answer).trim().to_owned())
    };
    let remote = asked(&["config", "--get", "remote.origin.url"])?;
    Forge::of(&remote, &asked(&["rev-parse", "HEAD"])?, kind)
}

/// The repository around the current directory.
fn repository() -> Repository {
    let slashed = |path: &Path| path.to_string_lossy().replace('\\', "/");
    let current = std::env::current_dir().unwrap_or_default();
    let Some(top) = current.ancestors().find(|directory| directory.join(".git").exists()) else {
        return Repository::default();
    };
    let below = current.strip_prefix(top).unwrap_or(Path::new(""));
    Repository { top: slashed(top), below: slashed(below) }
}

fn report_format() -> impl TypedValueParser<Value = &'static ReportFormat> {
    let known = FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.help));
    PossibleValuesParser::new(known).map(|name| ReportFormat::from_name(&name).unwrap_or_default())
}

fn report_file() -> impl TypedValueParser<Value = ReportFile> {
    PathBufValueParser::new().try_map(ReportFile::parse)
}
