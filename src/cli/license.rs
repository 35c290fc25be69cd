//! `birthmark license`.

mod obligations;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueHint};

use super::exit::ExitStatus;
use super::failure::Located;
use super::flags::{ConfigArgs, Format as FormatFlag, PolicyArgs};
use super::output::{Output, Painted};
use crate::license::{Distribution, LicenseFact, Terms, from_license_text, header};
use crate::project::config::{
    Config, ConfigFile, Decided, Organisation, Problem, ProjectLicenses, Statement, StatementKind,
    Thoroughness, given_license,
};
use crate::project::walk::{
    self, MAX_SCANNED_BYTES, WalkSettings, WalkedFile, absolute_path, display_path, read,
};
use crate::report::Format;
use crate::report::license::{Below, Comparison, Read, Shown, Verdict};
use crate::text::language::Language;

#[derive(Debug, Subcommand)]
pub(crate) enum LicenseCommand {
    /// Say under which licence a path stands, and from what that was decided
    Show(ShowArgs),
    /// Say whether code under one licence may be copied into a work under another
    Compat(CompatArgs),
    /// Say which licence the texts or headers of files are read as
    Read(ReadArgs),
    /// List what licences ask of whoever passes code on
    Obligations(ObligationsArgs),
}

/// Say under which licence a path stands, and from what that was decided.
///
/// The licence of an organisation's policy holds for every file. Else the nearest statement wins:
/// the file's header or the .license file beside it, REUSE annotations, `license` in the
/// configuration, a manifest such as Cargo.toml or package.json, a licence text; then the same one
/// directory up. Statements that do not count are shown, too. For a directory, the
/// licences of the source files below it are counted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark license show
  birthmark license show src/vendor/parser.py --format json

Exit status: 0 shown, 2 something could not be done.")]
pub(crate) struct ShowArgs {
    /// File or directory
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath, default_value = ".")]
    pub path: PathBuf,
    #[command(flatten)]
    pub policy: PolicyArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Format of the answer
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: FormatFlag,
}

/// Say whether code under one licence may be copied into a work under another.
///
/// Both are SPDX expressions. Of `A OR B` on the inbound side the better one counts, on the
/// outbound side both must allow it; of `A AND B` all must. Every answer cites the cells it rests
/// on.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark license compat GPL-2.0-only MIT
  birthmark license compat 'MIT OR GPL-2.0-only' Apache-2.0 --format json
  birthmark license compat GPL-3.0-or-later MIT --distribution service

Exit status: 0 compatible, 1 incompatible or for a person to review, 2 not a licence expression.
None of this is legal advice.")]
pub(crate) struct CompatArgs {
    /// Licence of the code that is copied, as an SPDX expression
    #[arg(value_name = "INBOUND")]
    pub inbound: String,
    /// Licence of the work that takes it in, as an SPDX expression
    #[arg(value_name = "OUTBOUND")]
    pub outbound: String,
    /// How the work reaches people: `internal` not at all outside of the organisation, `service`
    /// over a network only, `binary` compiled, `source` in source, which is the strictest
    #[arg(long, value_name = "WAY", value_parser = distribution())]
    pub distribution: Option<Distribution>,
    /// Format of the answer
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: FormatFlag,
}

/// Show how birthmark reads the licence in each file.
///
/// In source files it reads the header. It takes any other file for a licence text. It also shows
/// sentences that go beyond the licences found. It looks at no other file; `birthmark license show`
/// does.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark license read LICENSE
  birthmark license read --format json vendor/*/COPYING src/main.py

With --format json each file is a line. Exit status: 0 read, 2 a file cannot be read.")]
pub(crate) struct ReadArgs {
    /// Licence texts and source files
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// Format of the answer
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: FormatFlag,
}

/// List what licences ask of whoever passes code on, in plain words, each with its source.
///
/// Of a file, the licence that its text or header states. Of a report in JSON, the licences of the
/// likeliest owners of all matches. Without any, all licences that birthmark has a summary of.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark license obligations 'MIT OR Apache-2.0'
  birthmark license obligations LICENSES/MPL-2.0.txt
  birthmark scan --format json --output report.json --exit-zero
  birthmark license obligations report.json

Exit status: 0 listed, 2 something could not be read. None of this is legal advice.")]
pub(crate) struct ObligationsArgs {
    /// SPDX expressions, licence texts, source files, reports in JSON
    #[arg(value_name = "EXPRESSION|FILE|REPORT", value_hint = ValueHint::FilePath)]
    pub what: Vec<String>,
    /// Format of the answer
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: FormatFlag,
}

fn distribution() -> impl TypedValueParser<Value = Distribution> {
    PossibleValuesParser::new(Distribution::NAMED.map(|(name, _)| name))
        .map(|name| Distribution::from_name(&name).unwrap_or_default())
}

pub(super) fn run(command: LicenseCommand) -> anyhow::Result<ExitStatus> {
    match command {
        LicenseCommand::Show(args) => show(args),
        LicenseCommand::Compat(args) => compat(args),
        LicenseCommand::Read(args) => read_files(args),
        LicenseCommand::Obligations(args) => obligations::run(args),
    }
}

fn show(args: ShowArgs) -> anyhow::Result<ExitStatus> {
    let settings = WalkSettings::default();
    // Named first, so that a path that is not there is told as in a scan.
    let walked = walk::files(std::slice::from_ref(&args.path), &settings)?;
    let place = args.path.parent().filter(|_| !args.path.is_dir()).unwrap_or(&args.path);
    let place = if place.as_os_str().is_empty() { Path::new(".") } else { place };
    let organisation = args.policy.load(place)?;
    let config = Config::load(&args.config.choice(place.to_owned()))?;
    let mut boundaries = vec![absolute_path(place)];
    boundaries.extend(config.directory().map(absolute_path));
    boundaries.extend(std::env::current_dir());
    let licenses = match organisation.and_then(of_policy) {
        Some(statement) => ProjectLicenses::from_statement(statement),
        None => ProjectLicenses::from_boundaries(boundaries, config.configured_license()),
    };
    let text = if args.path.is_dir() { None } else { read(&args.path, MAX_SCANNED_BYTES).ok() };
    let decided = licenses.decide(&args.path, text.as_deref(), Thoroughness::Survey);
    let below = if args.path.is_dir() { below(&licenses, &walked.files) } else { Vec::new() };
    let notes = licenses.notes();
    let path = display_path(&args.path);
    let shown = Shown { path: &path, decided: &decided, below: &below, notes: &notes };
    let format = Format::from(args.format);
    let mut drawn = Vec::new();
    match format {
        Format::Text => shown.text(&mut drawn)?,
        _ => shown.json(&mut drawn)?,
    }
    Output::Standard.write(&drawn, Painted::of(format))?;
    Ok(ExitStatus::Success)
}

/// The licence that a policy states for every file.
fn of_policy(organisation: Organisation) -> Option<Statement> {
    let (license, place) = (organisation.config.license?, display_path(&organisation.file));
    Some(Statement { license, kind: StatementKind::OrganisationPolicy, place })
}

/// The licences of source files, those of most files first.
fn below(licenses: &ProjectLicenses, files: &[WalkedFile]) -> Vec<Below> {
    let mut below: Vec<Below> = Vec::new();
    for file in files {
        let Ok(text) = read(&file.location, MAX_SCANNED_BYTES) else {
            continue;
        };
        let decided = licenses.decide(&file.location, Some(&text), Thoroughness::Decision);
        // Headers differ by file only in where they stand.
        let alike = |it: &&mut Below| {
            let said = |decided: &Decided| -> Vec<_> {
                let place = |it: &Statement| match it.kind {
                    StatementKind::Header | StatementKind::SideFile => String::new(),
                    _ => it.place.clone(),
                };
                decided.by.iter().map(|it| (it.license.clone(), it.kind, place(it))).collect()
            };
            it.decided.license == decided.license && said(&it.decided) == said(&decided)
        };
        match below.iter_mut().find(alike) {
            Some(known) => known.files += 1,
            None => below.push(Below { decided, files: 1, example: file.path.clone() }),
        }
    }
    below.sort_by(|a, b| b.files.cmp(&a.files).then_with(|| a.example.cmp(&b.example)));
    below
}

fn compat(args: CompatArgs) -> anyhow::Result<ExitStatus> {
    let inbound = expression("INBOUND", &args.inbound)?;
    let outbound = expression("OUTBOUND", &args.outbound)?;
    let terms = Terms { distribution: args.distribution.unwrap_or_default(), ..Terms::default() };
    let comparison = Comparison::new(&inbound, &outbound, &terms);
    let format = Format::from(args.format);
    let mut drawn = Vec::new();
    match format {
        Format::Text => comparison.text(&mut drawn)?,
        _ => comparison.json(&mut drawn)?,
    }
    Output::Standard.write(&drawn, Painted::of(format))?;
    Ok(match comparison.verdict() {
        Verdict::Compatible => ExitStatus::Success,
        Verdict::Review | Verdict::Incompatible => ExitStatus::Findings,
    })
}

fn read_files(args: ReadArgs) -> anyhow::Result<ExitStatus> {
    let format = Format::from(args.format);
    let mut drawn = Vec::new();
    for path in &args.files {
        let shown = display_path(path);
        let bytes =
            read(path, MAX_SCANNED_BYTES).with_context(|| format!("cannot read {shown}"))?;
        let license = read_license(path, &bytes);
        let read = Read { path: &shown, license: &license };
        match format {
            Format::Text => read.text(&mut drawn)?,
            _ => read.json(&mut drawn)?,
        }
    }
    Output::Standard.write(&drawn, Painted::of(format))?;
    Ok(ExitStatus::Success)
}

/// The licence that the header of a source or any other text states.
fn read_license(path: &Path, bytes: &[u8]) -> LicenseFact {
    let license = match Language::from_path(path) {
        Some(_) => header(bytes),
        None => from_license_text(&String::from_utf8_lossy(bytes)),
    };
    license.unwrap_or_else(LicenseFact::unknown)
}

/// Reads an expression of the command line; what is wrong is shown under it.
fn expression(name: &str, text: &str) -> anyhow::Result<LicenseFact> {
    given_license(text).map_err(|error| {
        if text.chars().any(char::is_control) {
            return anyhow::Error::new(error);
        }
        let problem = Problem {
            span: error.span.clone(),
            title: "this is not an SPDX licence expression".to_owned(),
            label: error.reason(),
            help: "expected for example \"MIT OR Apache-2.0\"; the identifiers are listed at https://spdx.org/licenses"
                .to_owned(),
        };
        let file = ConfigFile { path: PathBuf::from(name), text: text.to_owned(), top: None };
        anyhow::Error::new(Located { file, problem })
    })
}
