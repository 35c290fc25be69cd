//! The arguments of `birthmark license`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueHint};

use super::{ConfigArgs, Format};
use crate::license::Distribution;

#[derive(Debug, Subcommand)]
pub enum LicenseCommand {
    /// Say under which licence a path stands, and from what that was decided
    Show(ShowArgs),
    /// Say whether code under one licence may be copied into a work under another
    Compat(CompatArgs),
    /// Say which licence the texts or headers of files are read as
    Read(ReadArgs),
}

/// Say under which licence a path stands, and from what that was decided.
///
/// The nearest statement wins: the file's header or the .license file beside it, REUSE annotations,
/// `license` in the configuration, Cargo.toml, pyproject.toml or package.json, a licence text; then
/// the same one directory up. What else was met is shown as passed over. Of a directory, the
/// licences of the source files below it are counted too.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark license show
  birthmark license show src/vendor/parser.py --format json

Exit status: 0 shown, 2 something could not be done.")]
pub struct ShowArgs {
    /// File or directory
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath, default_value = ".")]
    pub path: PathBuf,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Format of the answer
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: Format,
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
pub struct CompatArgs {
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
    pub format: Format,
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
pub struct ReadArgs {
    /// Licence texts and source files
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// Format of the answer
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: Format,
}

fn distribution() -> impl TypedValueParser<Value = Distribution> {
    PossibleValuesParser::new(Distribution::NAMED.map(|(name, _)| name))
        .map(|name| Distribution::from_name(&name).unwrap_or_default())
}
