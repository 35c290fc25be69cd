//! `birthmark index`.

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Subcommand, ValueHint};

use super::exit::ExitStatus;
use super::flags::Common;
use super::index_add::{self, AddArgs};
use super::index_build::{self, BuildArgs, one};
use super::index_target::{InspectArgs, ListArgs, MemoryArgs, Target};
use crate::engine::index::{self, Index, IndexDirectory, LooseSegment, Part};
use crate::purl::Purl;
use crate::report::index::Answer;

#[derive(Debug, Subcommand)]
pub(crate) enum IndexCommand {
    /// Add components to an index
    Add(AddArgs),
    /// Build one segment from a list of components, anywhere
    Build(BuildArgs),
    #[command(hide = true)]
    BuildOne(one::BuildOneArgs),
    /// Take segments that were built elsewhere into an index
    Adopt(AdoptArgs),
    /// Remove components from an index
    Remove(RemoveArgs),
    /// List the components of an index
    List(ListArgs),
    /// Say how much an index holds
    Info(ListArgs),
    /// Check an index completely for damage
    Verify(VerifyArgs),
    /// Rewrite the segments of an index as one
    Merge(MergeArgs),
}

/// Rewrite the segments of an index as one.
#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    #[command(flatten)]
    pub memory: MemoryArgs,
    #[command(flatten)]
    pub target: InspectArgs,
}

/// Take segments that were built elsewhere into an index.
///
/// Each segment is read whole and compared with its checksums first; where one is damaged or of
/// another format, none is taken. What the index holds already is left alone, and components of the
/// same purl and other content are replaced. The order of the segments does not matter.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark index adopt segments/*.segment --index our-index")]
pub(crate) struct AdoptArgs {
    /// Files that `birthmark index build` wrote
    #[arg(value_name = "SEGMENT", value_hint = ValueHint::FilePath, required = true)]
    pub segments: Vec<PathBuf>,
    #[command(flatten)]
    pub memory: MemoryArgs,
    #[command(flatten)]
    pub target: InspectArgs,
}

/// Check an index completely for damage.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Keep the components that are whole, and remove those that are damaged
    #[arg(long)]
    pub salvage: bool,
    #[command(flatten)]
    pub target: InspectArgs,
}

/// Remove components from an index.
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// Components to remove; without a version, every version
    #[arg(value_name = "PURL", required = true)]
    pub purls: Vec<Purl>,
    #[command(flatten)]
    pub target: InspectArgs,
}

pub(super) fn run(command: IndexCommand, common: &Common) -> anyhow::Result<ExitStatus> {
    match command {
        IndexCommand::Add(args) => index_add::run(args, common),
        IndexCommand::Build(args) => index_build::run(args, common),
        IndexCommand::BuildOne(args) => one::run(args),
        IndexCommand::Adopt(args) => adopt(args),
        IndexCommand::Remove(args) => remove(args),
        IndexCommand::List(args) => inspect(args, |index| Ok(Answer::List(index.list()?))),
        IndexCommand::Info(args) => inspect(args, |index| Ok(Answer::Info(part(index)))),
        IndexCommand::Verify(args) => verify(args),
        IndexCommand::Merge(args) => merge(args),
    }
}

fn remove(args: RemoveArgs) -> anyhow::Result<ExitStatus> {
    let target = Target::new(args.target)?;
    let removed = IndexDirectory::open(target.directory()?)?.remove(&args.purls)?;
    if removed == 0 {
        let names: Vec<&str> = args.purls.iter().map(|purl| purl.as_str()).collect();
        let names = names.join(", ");
        bail!("the index holds no {names}; `birthmark index list` shows what it holds");
    }
    target.print(&Answer::Remove(removed))
}

fn adopt(args: AdoptArgs) -> anyhow::Result<ExitStatus> {
    let target = Target::new(args.target)?;
    let segments: Vec<LooseSegment> =
        args.segments.iter().map(|file| LooseSegment::open(file)).collect::<Result<_, _>>()?;
    let mut index = IndexDirectory::open_or_create(target.directory()?)?.within(args.memory.memory);
    let adopted = index.adopt(&segments)?;
    index.learn()?;
    target.print(&Answer::Adopt(adopted))
}

fn merge(args: MergeArgs) -> anyhow::Result<ExitStatus> {
    let memory = args.memory.memory;
    let target = Target::new(args.target)?;
    let directory = target.directory()?;
    let segments = part(&Index::open(std::slice::from_ref(target.index()))?).segments;
    IndexDirectory::open(directory)?.within(memory).merge()?;
    target.print(&Answer::Merge(segments))
}

fn verify(args: VerifyArgs) -> anyhow::Result<ExitStatus> {
    let target = Target::new(args.target)?;
    if args.salvage {
        let lost = IndexDirectory::salvage(target.directory()?)?;
        return target.print(&Answer::Salvage(lost));
    }
    let damage = index::damage(target.index())?;
    if let [only] = damage.as_slice() {
        bail!("{only}");
    }
    if !damage.is_empty() {
        let list: Vec<String> = damage.iter().map(|error| format!("- {error}")).collect();
        bail!("{} is damaged in {} places:\n{}", target.index(), damage.len(), list.join("\n"));
    }
    target.print(&Answer::Verify(part(&Index::open(std::slice::from_ref(target.index()))?)))
}

fn inspect(
    args: ListArgs,
    ask: impl FnOnce(&Index) -> anyhow::Result<Answer>,
) -> anyhow::Result<ExitStatus> {
    let target = Target::to_read(args)?;
    let index = Index::open(std::slice::from_ref(target.index()))?;
    target.print(&ask(&index)?)
}

/// The only part of an index that was opened alone.
fn part(index: &Index) -> Part {
    index.parts()[0].clone()
}
