//! The arguments of `birthmark init`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Write a starting birthmark.toml for a project.
///
/// It holds every key with what it is for, commented out, and what was found of the project: its
/// licence, its own packages, its index. A configuration that is there already is never
/// overwritten.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark init
  birthmark init --print
  birthmark init --schema > birthmark.schema.json

Exit status: 0 written, 2 there is one already, or something could not be done.")]
pub struct InitArgs {
    /// Directory of the project
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath, default_value = ".")]
    pub path: PathBuf,
    /// Print what would be written
    #[arg(long)]
    pub print: bool,
    /// Print the JSON Schema of birthmark.toml, for editors
    #[arg(long, conflicts_with_all = ["print", "path"])]
    pub schema: bool,
}
