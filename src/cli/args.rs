//! The command line as typed. Values are parsed into the engine's types here; what depends on the
//! configuration is decided by each subcommand.

mod color;
mod fail;
mod init;
mod license;
mod pages;
mod trust;

pub use color::Color;
pub use fail::FailArgs;
pub use init::InitArgs;
pub use license::{CompatArgs, LicenseCommand, ReadArgs, ShowArgs};
pub use pages::{CompletionsArgs, ManArgs};
pub use trust::TrustArgs;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use clap::builder::{PathBufValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use super::accept::AcceptArgs;
use super::attribute::AttributeArgs;
use super::baseline::{BaselineChoice, BaselineCommand};
use super::cached::CacheChoice;
use super::check::CheckCommandArgs;
use super::hook::HookArgs;
use super::journaled::JournalPlace;
use super::log::LogArgs;
use super::lsp::LspArgs;
use super::mcp::McpArgs;
use super::output::ReportFile;
use super::scope::{ScopeArgs, WHAT};
use crate::engine::evidence::{Preset, Threshold};
use crate::engine::index::{IndexName, Memory};
use crate::license::{LicenseFact, MATRIX_ATTRIBUTION};
use crate::project::config::{ConfigChoice, given_license};
use crate::purl::Purl;
use crate::report::{self, ReportFormat};
use crate::session::Choices;

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
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output options")]
pub struct Common {
    /// When to colour; `auto` respects NO_COLOR, FORCE_COLOR, CLICOLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    /// Print findings and errors only
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Never draw a progress bar; it is drawn only where standard error is a terminal
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// Seconds after which a file is given up whose parse does not end; 30 by default
    #[arg(long, global = true, value_name = "SECONDS", env = "BIRTHMARK_FILE_TIMEOUT", value_parser = seconds)]
    #[arg(hide_short_help = true)]
    pub file_timeout: Option<Duration>,
}

fn seconds(typed: &str) -> Result<Duration, String> {
    let seconds = typed.parse().map_err(|error: std::num::ParseFloatError| error.to_string())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find references to indexed code and judge their licences
    Scan(Box<ScanArgs>),
    /// Check suggestions as an assistant makes them, a line of JSON each
    Check(Box<CheckCommandArgs>),
    /// Judge what a coding agent is about to write, or has written
    Hook(Box<HookArgs>),
    /// Explain why a reference was reported, line by line
    Explain(Box<ExplainArgs>),
    /// Declare where copied code comes from, by SPDX snippet tags
    Attribute(Box<AttributeArgs>),
    /// Accept code as it is, and record who decided that and why
    Accept(Box<AcceptArgs>),
    /// List what was accepted as it is, and what else happened to suggested code
    Log(LogArgs),
    /// Build and inspect indexes of your own
    #[command(subcommand)]
    Index(IndexCommand),
    /// Record what is there now, so that only what comes later is reported
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Declare code that is nobody's: scaffolds, templates, boilerplate
    #[command(subcommand)]
    Idiom(IdiomCommand),
    /// Say whether birthmark works here and what a scan would use
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

/// Find references to indexed code and judge their licences.
///
/// Each file is judged under the licence given by --license, else by the nearest statement: its
/// header or .license file, REUSE annotations, the configuration, a manifest, a licence text.
/// `birthmark license show` tells which.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark scan
  birthmark scan src/ --license 'MIT OR Apache-2.0' --references
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
pub struct ScanArgs {
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

// How a scan is reported. No doc comment: it would become the help of the command that flattens
// this.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output options")]
pub struct ReportArgs {
    /// Format of the report
    #[arg(long, value_parser = report_format(), default_value = "text")]
    pub format: ReportFormat,
    /// Write the report to a file: FILE instead of standard output, FORMAT=FILE in that format
    /// beside it; repeatable
    #[arg(long, short, value_name = "[FORMAT=]FILE", value_parser = report_file(), value_hint = ValueHint::FilePath)]
    pub output: Vec<ReportFile>,
    /// Show all references with all their owners, not only those that need attention
    #[arg(long)]
    pub references: bool,
    /// Explain each reference shown: evidence by line, owners, what would clear it
    #[arg(long)]
    pub explain: bool,
}

/// Explain why a reference was reported.
///
/// Shows what each line earned and which tokens correspond, how rare so much evidence is, why the
/// owners stand in this order, what decided, and the least that would have to be rewritten.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark explain 3f2a9c01
  birthmark explain src/routes.py:40
  birthmark explain 3f2a9c01 src/ --index .birthmark/index --format json

Exit status: 0 explained, 2 no such reference, or something could not be done")]
pub struct ExplainArgs {
    /// Id of a reference as a report or an agent's hook shows it, a unique beginning of one, or
    /// PATH:LINE
    pub finding: String,
    /// Files and directories to look in; by default the file of PATH:LINE, else the project
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub check: CheckArgs,
    #[command(flatten)]
    pub journal: JournalPlace,
    /// Format of the explanation
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: Format,
    /// Write the explanation to a file instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output options")]
    pub output: Option<PathBuf>,
}

// What is checked against what. No doc comment: it would become the help of the commands that
// flatten this.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// SPDX expression the checked code is under
    #[arg(long, value_name = "EXPR", value_parser = license)]
    pub license: Option<LicenseFact>,
    /// Index to consult, a directory or `starter` for the shipped one; repeatable, replaces the
    /// configured ones
    #[arg(long, value_name = "DIR|starter", value_parser = index_name())]
    pub index: Vec<IndexName>,
    /// Evidence in bits from which a match is reported
    #[arg(long, value_name = "BITS", value_parser = threshold)]
    pub threshold: Option<f32>,
    /// The threshold by what it is for, as false reports to expect in 100,000 lines: `hook` (1),
    /// `default` (4) or `audit` (25)
    #[arg(long, value_name = "NAME", value_parser = preset(), conflicts_with = "threshold")]
    pub preset: Option<Preset>,
    /// Set of idioms, whose code is not reported; repeatable, replaces the configured ones
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub idioms: Vec<PathBuf>,
    /// Threads to use; by default as many as the machine runs at once
    #[arg(long, short, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Which configuration to use.
#[derive(Clone, Debug, Args)]
pub struct ConfigArgs {
    /// Configuration to use instead of the nearest birthmark.toml, Cargo.toml or pyproject.toml
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Use no configuration
    #[arg(long, conflicts_with = "config")]
    pub no_config: bool,
}

#[derive(Debug, Subcommand)]
pub enum IndexCommand {
    /// Add components to an index
    Add(AddArgs),
    /// Remove components from an index
    Remove(RemoveArgs),
    /// List the components of an index
    List(InspectArgs),
    /// Say how much an index holds
    Info(InspectArgs),
    /// Check an index completely for damage
    Verify(VerifyArgs),
    /// Rewrite the segments of an index as one
    Merge(MergeArgs),
}

/// Add components to an index.
///
/// A source is a directory, an archive as package registries serve it (.crate, .deb, .tar.gz, .whl,
/// .zip), or a package that its own client fetches (pkg:cargo, pkg:deb, pkg:npm, pkg:pypi). The
/// index holds fingerprints and licence facts, no source text.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark index add downloads/*.crate downloads/*.whl
  birthmark index add pkg:pypi/six@1.17.0
  birthmark index add ../parser --purl pkg:generic/parser@2.1.0 --license GPL-3.0-or-later
  birthmark index add --recipe corpus/recipe.toml --index corpus/index

Components are committed a few at a time: an interrupted run loses nothing it has committed, and the same command goes
on from there, since a component that the index holds already, just as it is, is left alone.")]
pub struct AddArgs {
    /// Directories, archives, packages (pkg:...) and git revisions (git+DIRECTORY@REVISION)
    #[arg(value_name = "SOURCE", value_hint = ValueHint::AnyPath, required_unless_present = "recipe")]
    pub sources: Vec<PathBuf>,
    /// Name of the component, where the source does not say it; for one SOURCE
    #[arg(long, value_name = "PURL", conflicts_with = "recipe")]
    pub purl: Option<Purl>,
    /// SPDX expression of the component, where the source does not say it or says it wrongly; for
    /// one SOURCE
    #[arg(long, value_name = "EXPR", value_parser = license, conflicts_with = "recipe")]
    pub license: Option<LicenseFact>,
    /// File that lists components with their names and licences
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub recipe: Option<PathBuf>,
    /// Write the digests and exact licences that were learned into the recipe
    #[arg(long, requires = "recipe")]
    pub pin: bool,
    /// Let pip run the build script of a package that ships no wheel; without this such a package
    /// is refused
    #[arg(long)]
    pub allow_build: bool,
    #[command(flatten)]
    pub memory: MemoryArgs,
    #[command(flatten)]
    pub target: InspectArgs,
}

/// Rewrite the segments of an index as one.
#[derive(Debug, Args)]
pub struct MergeArgs {
    #[command(flatten)]
    pub memory: MemoryArgs,
    #[command(flatten)]
    pub target: InspectArgs,
}

/// Check an index completely for damage.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Keep the components that are whole, and remove those that are damaged
    #[arg(long)]
    pub salvage: bool,
    #[command(flatten)]
    pub target: InspectArgs,
}

/// What building an index may take.
#[derive(Debug, Args)]
pub struct MemoryArgs {
    /// Memory to build in; what does not fit is set aside in files without a name in the index's
    /// directory
    #[arg(long, value_name = "SIZE", default_value = "512MiB")]
    pub memory: Memory,
}

/// Remove components from an index.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// Components to remove; without a version, every version
    #[arg(value_name = "PURL", required = true)]
    pub purls: Vec<Purl>,
    #[command(flatten)]
    pub target: InspectArgs,
}

/// Which index, and how to print what it says.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// Directory of the index; by default the first one of the configuration, else .birthmark/index
    #[arg(long, value_name = "DIR", value_parser = index_name())]
    pub index: Option<IndexName>,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Format of the output
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: Format,
}

#[derive(Debug, Subcommand)]
pub enum IdiomCommand {
    /// Add files and directories to a set of idioms
    Add(IdiomAddArgs),
    /// List a set of idioms
    List(IdiomArgs),
    /// Remove idioms from a set
    Remove(IdiomRemoveArgs),
}

/// Add files and directories to a set of idioms.
///
/// An idiom is code that is nobody's to claim: a team's scaffolds, templates, what a generator
/// writes. A scan does not report matches that idioms cover to four fifths; a note says where. The
/// set holds fingerprints, no source text. An idiom of the same name is replaced.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark idiom add templates/ scaffold/service.py
  birthmark idiom add --name cli-skeleton tools/template.rs")]
pub struct IdiomAddArgs {
    /// Source files and directories; each is an idiom by its file name
    #[arg(value_name = "SOURCE", value_hint = ValueHint::AnyPath, required = true)]
    pub sources: Vec<PathBuf>,
    /// Name of the idiom, for one SOURCE
    #[arg(long)]
    pub name: Option<String>,
    #[command(flatten)]
    pub target: IdiomArgs,
}

/// Remove idioms from a set.
#[derive(Debug, Args)]
pub struct IdiomRemoveArgs {
    /// Names as `birthmark idiom list` shows them, with or without `pkg:generic/`
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    #[command(flatten)]
    pub target: IdiomArgs,
}

/// Which set of idioms, and how to print what it says.
#[derive(Debug, Args)]
pub struct IdiomArgs {
    /// Directory of the set; by default the first one of the configuration, else .birthmark/idioms
    /// beside it
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub idioms: Option<PathBuf>,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Format of the output
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: Format,
}

/// Say whether birthmark works here and what a scan would use.
///
/// Reads the configuration, verifies every index, names the licence, looks for git, and tries
/// itself on a planted copy. The index holds no source text: what is planted is a file that
/// birthmark brings along and indexes for the occasion.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark doctor
  birthmark doctor crates/parser --format json

Exit status: 0 birthmark works here, perhaps with advice; 2 something is broken")]
pub struct DoctorArgs {
    /// The file or directory a scan would be about
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath, default_value = ".")]
    pub path: PathBuf,
    #[command(flatten)]
    pub check: CheckArgs,
    /// Format of the diagnosis
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: Format,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

impl From<Format> for report::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => report::Format::Text,
            Format::Json => report::Format::Json,
        }
    }
}

impl CheckArgs {
    /// What is chosen for this run.
    pub fn choices(self) -> Choices {
        Choices {
            indexes: self.index,
            idioms: self.idioms,
            license: self.license,
            threshold: self.threshold.map(Threshold::Bits).or(self.preset.map(Threshold::Preset)),
            boundaries: std::env::current_dir().into_iter().collect(),
            ..Choices::default()
        }
    }
}

impl ScanArgs {
    /// A scan of the current directory that fails because of nothing it finds.
    pub fn of(check: CheckArgs) -> ScanArgs {
        ScanArgs {
            paths: Vec::new(),
            scope: ScopeArgs::default(),
            stdin: false,
            path: None,
            check,
            baseline: BaselineChoice::default(),
            cache: CacheChoice::default(),
            trust: TrustArgs::default(),
            fail: FailArgs { exit_zero: true, ..FailArgs::default() },
            report: ReportArgs::default(),
        }
    }
}

impl ConfigArgs {
    /// The configuration meant, where the nearest one is looked for from `place` upwards.
    pub fn choice(self, place: PathBuf) -> ConfigChoice {
        match self.config {
            Some(file) => ConfigChoice::File(file),
            None if self.no_config => ConfigChoice::Without,
            None => ConfigChoice::Nearest(place),
        }
    }
}

fn license(text: &str) -> Result<LicenseFact, String> {
    given_license(text).map_err(|error| error.to_string())
}

fn threshold(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(bits) if bits.is_finite() && bits > 0.0 => Ok(bits),
        _ => Err("expected a positive number of bits, such as 100".to_owned()),
    }
}

fn preset() -> impl TypedValueParser<Value = Preset> {
    PossibleValuesParser::new(Preset::NAMED.map(|(name, _)| name))
        .map(|name| Preset::from_name(&name).unwrap_or_default())
}

fn index_name() -> impl TypedValueParser<Value = IndexName> {
    PathBufValueParser::new().map(|path| match path.to_str() {
        Some("starter") => IndexName::Starter,
        _ => IndexName::Directory(path),
    })
}

fn report_format() -> impl TypedValueParser<Value = ReportFormat> {
    let known = ReportFormat::NAMED.map(|(_, name, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(known).map(|name| ReportFormat::from_name(&name).unwrap_or_default())
}

fn report_file() -> impl TypedValueParser<Value = ReportFile> {
    PathBufValueParser::new().try_map(ReportFile::parse)
}
