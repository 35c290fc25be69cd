//! Options that several commands share. Values are parsed into the engine's types here; what
//! depends on the configuration is decided by each command.

mod color;

pub(crate) use color::Color;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{PathBufValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum, ValueHint};

use crate::engine::evidence::{Preset, Threshold};
use crate::engine::index::IndexName;
use crate::license::LicenseFact;
use crate::project::config::{ConfigChoice, Organisation, given_license};
use crate::report;
use crate::session::Choices;

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output options")]
pub(crate) struct Common {
    /// When to colour; `auto` respects NO_COLOR, FORCE_COLOR, CLICOLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    /// Print findings and errors only
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Never draw a progress bar; it is drawn only where standard error is a terminal
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// Give up a file whose parse takes more than so many seconds; 30 by default
    #[arg(long, global = true, value_name = "SECONDS", env = "BIRTHMARK_FILE_TIMEOUT", value_parser = seconds)]
    #[arg(hide_short_help = true)]
    pub file_timeout: Option<Duration>,
    /// Judge by this matrix of licences, OSADL's file `matrixseqexpl.json`; by default by the newer
    /// of birthmark's own and `birthmark/osadl-matrix.json` in the user's data directory
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(hide_short_help = true)]
    pub license_matrix: Option<PathBuf>,
}

fn seconds(typed: &str) -> Result<Duration, String> {
    let seconds = typed.parse().map_err(|error: std::num::ParseFloatError| error.to_string())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

// What is checked against what. No doc comment: it would become the help of the commands that
// flatten this.
#[derive(Clone, Debug, Args)]
pub(crate) struct CheckArgs {
    /// SPDX expression the checked code is under
    #[arg(long, value_name = "EXPR", value_parser = license)]
    pub license: Option<LicenseFact>,
    /// Index to consult, a directory or `starter` for the shipped one; repeatable, replaces the
    /// configured ones
    #[arg(long, value_name = "DIR|starter", value_parser = index_name())]
    pub index: Vec<IndexName>,
    /// Evidence in bits from which a match is reported
    #[arg(long, value_name = "BITS", value_parser = threshold, allow_negative_numbers = true)]
    pub threshold: Option<f32>,
    /// Threshold by purpose; in brackets the false reports to expect in 100,000 lines: `hook` (1),
    /// `default` (4) or `audit` (25)
    #[arg(long, value_name = "NAME", value_parser = preset(), conflicts_with = "threshold")]
    pub preset: Option<Preset>,
    /// Set of idioms, whose code is not reported; repeatable, replaces the configured ones
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub idioms: Vec<PathBuf>,
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// Threads to use; by default one for each processor
    #[arg(long, short, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    pub jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    pub config: ConfigArgs,
}

// No doc comment, as above.
#[derive(Clone, Debug, Args)]
pub(crate) struct PolicyArgs {
    /// File with the policy of an organisation, outside of the project; the project can tighten it
    /// and cannot loosen it
    #[arg(
        long,
        value_name = "FILE",
        env = "BIRTHMARK_POLICY",
        hide_env_values = true,
        value_hint = ValueHint::FilePath
    )]
    pub org_policy: Option<PathBuf>,
}

/// Which configuration to use.
#[derive(Clone, Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Configuration to use instead of the nearest birthmark.toml, Cargo.toml or pyproject.toml
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Use no configuration
    #[arg(long, conflicts_with = "config")]
    pub no_config: bool,
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
    /// Reads the organisation's policy, if one is named, to tell at once what is wrong with it.
    pub(crate) fn check_policy(&self, place: &Path) -> anyhow::Result<()> {
        self.policy.load(place).map(drop)
    }

    /// What is chosen for this run.
    pub(super) fn choices(self) -> Choices {
        Choices {
            indexes: self.index,
            idioms: self.idioms,
            license: self.license,
            threshold: self.threshold.map(Threshold::Bits).or(self.preset.map(Threshold::Preset)),
            organisation: self.policy.org_policy,
            boundaries: std::env::current_dir().into_iter().collect(),
            ..Choices::default()
        }
    }
}

impl PolicyArgs {
    /// Reads the policy that holds for a place, if one is named.
    pub(super) fn load(&self, place: &Path) -> anyhow::Result<Option<Organisation>> {
        let file = self.org_policy.as_deref();
        Ok(file.map(|file| Organisation::load(file, place)).transpose()?)
    }
}

impl ConfigArgs {
    /// The configuration meant, where the nearest one is looked for from `place` upwards.
    pub(super) fn choice(self, place: PathBuf) -> ConfigChoice {
        match self.config {
            Some(file) => ConfigChoice::File(file),
            None if self.no_config => ConfigChoice::Without,
            None => ConfigChoice::Nearest(place),
        }
    }
}

pub(super) fn license(text: &str) -> Result<LicenseFact, String> {
    given_license(text).map_err(|error| error.to_string())
}

fn threads(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "expected a number of threads from 1 on".to_owned())
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

pub(crate) fn index_name() -> impl TypedValueParser<Value = IndexName> {
    PathBufValueParser::new().map(|path| match path.to_str() {
        Some("starter") => IndexName::Starter,
        _ => IndexName::Directory(path),
    })
}
