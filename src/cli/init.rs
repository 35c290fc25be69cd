//! `birthmark init`.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueHint};

use super::exit::ExitStatus;
use super::output::{Output, Painted};
use crate::project::config::{
    Config, ConfigChoice, OwnIndex, Project, ProjectLicenses, SCHEMA, Thoroughness, packages_in,
    starting_text,
};
use crate::project::walk::{absolute_path, display_path};

/// The name of the file.
const FILE_NAME: &str = "birthmark.toml";

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
pub(crate) struct InitArgs {
    /// Directory of the project
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath, default_value = ".")]
    pub path: PathBuf,
    /// Print the file instead of writing it
    #[arg(long)]
    pub print: bool,
    /// Print the JSON Schema of birthmark.toml, for editors
    #[arg(long, conflicts_with_all = ["print", "path"])]
    pub schema: bool,
}

pub(super) fn run(args: &InitArgs) -> anyhow::Result<ExitStatus> {
    if args.schema {
        return print(SCHEMA);
    }
    let directory = &args.path;
    if !directory.is_dir() {
        bail!("`{}` is not a directory; name one that is there", directory.display());
    }
    let text = starting_text(&project(directory));
    if args.print {
        return print(&text);
    }
    let above = configuration_above(directory)?;
    let path = directory.join(FILE_NAME);
    write_new(&path, &text)?;
    let mut told = format!(
        "Wrote {}. Nothing in it is in force until it is uncommented.\n",
        display_path(&path)
    );
    if let Some(above) = above {
        told.push_str(&format!("{above} no longer counts here: configurations are not merged.\n"));
    }
    print(&told)
}

fn project(directory: &Path) -> Project {
    let mut boundaries = vec![absolute_path(directory)];
    boundaries.extend(std::env::current_dir());
    let licenses = ProjectLicenses::from_boundaries(boundaries, None);
    Project {
        license: licenses.decide(directory, None, Thoroughness::Decision),
        packages: packages_in(directory),
        index: if directory.join(".birthmark/index/manifest.json").is_file() {
            OwnIndex::There
        } else {
            OwnIndex::Missing
        },
    }
}

/// The configuration that holds in a directory so far, if it stands farther up.
fn configuration_above(directory: &Path) -> anyhow::Result<Option<String>> {
    let config = Config::load(&ConfigChoice::Nearest(directory.to_owned()))?;
    let Some(file) = &config.file else {
        return Ok(None);
    };
    let shown = display_path(&file.path);
    if config.directory().map(absolute_path) == Some(absolute_path(directory)) {
        bail!(
            "{shown} is a configuration already; `birthmark init --print` shows what a new one would hold"
        );
    }
    Ok(Some(shown))
}

/// Writes a file, never over another.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let cannot = || format!("cannot write `{}`", path.display());
    let mut file =
        OpenOptions::new().write(true).create_new(true).open(path).with_context(cannot)?;
    file.write_all(text.as_bytes()).with_context(cannot)
}

fn print(text: &str) -> anyhow::Result<ExitStatus> {
    Output::Standard.write(text.as_bytes(), Painted::No)?;
    Ok(ExitStatus::Success)
}
