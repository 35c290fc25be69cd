//! `birthmark idiom`: sets of idioms, which are indexes of code that is nobody's.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand, ValueHint};

use super::exit::ExitStatus;
use super::flags::{Common, ConfigArgs, Format};
use super::index_add::{count, tell_notes};
use super::index_target::Target;
use super::progress::Progress;
use crate::engine::index::documents::DocumentMarks;
use crate::engine::index::{IndexDirectory, Spill};
use crate::ingest::{self, Given, Ingested, Source};
use crate::project::config::Config;
use crate::purl::Purl;
use crate::report::index::{Added, Answer};
use crate::session::idioms;

#[derive(Debug, Subcommand)]
pub(crate) enum IdiomCommand {
    /// Add files and directories to a set of idioms
    Add(IdiomAddArgs),
    /// List a set of idioms
    List(IdiomArgs),
    /// Remove idioms from a set
    Remove(IdiomRemoveArgs),
}

/// Add files and directories to a set of idioms.
///
/// An idiom is code that is nobody's own: a team's scaffolds, templates, what a generator writes. A
/// scan does not report matches that idioms cover to four fifths; a note says where. The set holds
/// fingerprints, no source text. An idiom of the same name is replaced.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark idiom add templates/ scaffold/service.py
  birthmark idiom add --name cli-skeleton tools/template.rs")]
pub(crate) struct IdiomAddArgs {
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
pub(crate) struct IdiomRemoveArgs {
    /// Names as `birthmark idiom list` shows them, with or without `pkg:generic/`
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    #[command(flatten)]
    pub target: IdiomArgs,
}

/// Which set of idioms, and how to print what it says.
#[derive(Debug, Args)]
pub(crate) struct IdiomArgs {
    /// Directory of the set. The default is the first one that the configuration names, else
    /// .birthmark/idioms in the directory of the configuration
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub idioms: Option<PathBuf>,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Format of the output
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: Format,
}

pub(super) fn run(command: IdiomCommand, common: &Common) -> anyhow::Result<ExitStatus> {
    match command {
        IdiomCommand::Add(args) => add(args, common),
        IdiomCommand::List(args) => {
            let target = target(args)?;
            let list = idioms::open(std::slice::from_ref(target.index()))?.list()?;
            target.print(&Answer::List(list))
        }
        IdiomCommand::Remove(args) => remove(args),
    }
}

fn target(args: IdiomArgs) -> anyhow::Result<Target> {
    let path = match args.idioms {
        Some(path) => path,
        None => {
            let config = Config::load(&args.config.choice(PathBuf::from(".")))?;
            match config.idioms.first() {
                Some(configured) => configured.get_ref().clone(),
                None => idioms::default_directory(&config),
            }
        }
    };
    Ok(Target::directory_at(path, args.format.into()))
}

/// All sources are read before any is added: a set is small, and half of what was meant is no set.
fn add(args: IdiomAddArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    if args.name.is_some() && args.sources.len() != 1 {
        bail!("--name is for one SOURCE");
    }
    let target = target(args.target)?;
    let progress = Progress::new(common, args.sources.len(), "idioms");
    let mut names = HashSet::new();
    let mut idioms = Vec::new();
    let spill = Spill::in_memory();
    for source in &args.sources {
        let idiom = read(source, args.name.as_deref(), &spill)?;
        progress.interrupt(|| tell_notes(&idiom.component.purl, &idiom.notes));
        if idiom.documents.is_empty() {
            bail!("{source:?} holds no source file that could be read");
        }
        if !names.insert(idiom.component.purl.clone()) {
            let name = idiom.component.purl.name();
            bail!("two sources are named `{name}`; add one of them alone and with --name");
        }
        let prepared = idiom.prepare(&spill)?;
        progress.interrupt(|| tell_notes(&prepared.component.component.purl, &prepared.notes));
        progress.advance(prepared.component.lines());
        idioms.push(prepared.component);
    }
    drop(progress);
    let mut added = Added::default();
    idioms.iter().for_each(|idiom| count(idiom, &mut added));
    IndexDirectory::open_or_create(target.directory()?)?.add(idioms)?;
    target.print(&Answer::AddIdioms(added))
}

fn read(path: &Path, name: Option<&str>, spill: &Arc<Spill>) -> anyhow::Result<Ingested> {
    let real = path.canonicalize().map_err(|error| anyhow!("cannot read {path:?}: {error}"))?;
    let name = match (name, real.file_name()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(name)) => name.to_string_lossy().into_owned(),
        (None, None) => bail!("{path:?} has no name; give it one with --name"),
    };
    let source = if real.is_dir() {
        Source::Directory(path.to_owned())
    } else {
        Source::File(path.to_owned())
    };
    let given = Given { purl: Some(Purl::new("generic", &name, None)?), ..Given::default() };
    let mut idiom = ingest::ingest(&source, &given, spill)?;
    for document in &mut idiom.documents {
        // What a generator wrote is no origin, but it makes a good idiom.
        document.facts.marks = DocumentMarks::default();
    }
    Ok(idiom)
}

fn remove(args: IdiomRemoveArgs) -> anyhow::Result<ExitStatus> {
    let target = target(args.target)?;
    let mut purls = Vec::new();
    for name in &args.names {
        purls.push(if name.starts_with("pkg:") {
            name.parse()?
        } else {
            Purl::new("generic", name, None)?
        });
    }
    let mut set = IndexDirectory::open(target.directory()?).map_err(idioms::open_error)?;
    let known: HashSet<Purl> = set.list()?.into_iter().map(|entry| entry.component.purl).collect();
    if let Some(i) = purls.iter().position(|purl| !known.contains(purl)) {
        bail!("there is no idiom `{}`; `birthmark idiom list` shows what there is", args.names[i]);
    }
    let removed = set.remove(&purls)?;
    target.print(&Answer::Remove(removed))
}
