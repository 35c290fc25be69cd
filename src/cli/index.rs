//! `birthmark index`.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::args::{Common, IndexCommand, InspectArgs, MergeArgs, RemoveArgs, VerifyArgs};
use super::exit::ExitStatus;
use super::index_add;
use super::output::{Output, Painted};
use crate::engine::index::{self, Index, IndexDirectory, IndexName, Part};
use crate::project::config::Config;
use crate::report::Format;
use crate::report::index::{Answer, json, text};

/// Where an index is made if nobody says where.
const DEFAULT_DIRECTORY: &str = ".birthmark/index";

pub fn run(command: IndexCommand, common: &Common) -> anyhow::Result<ExitStatus> {
    match command {
        IndexCommand::Add(args) => index_add::run(args, common),
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

fn merge(args: MergeArgs) -> anyhow::Result<ExitStatus> {
    let memory = args.memory.memory;
    let target = Target::new(args.target)?;
    let directory = target.directory()?;
    let segments = part(&Index::open(std::slice::from_ref(&target.index))?).segments;
    IndexDirectory::open(directory)?.within(memory).merge()?;
    target.print(&Answer::Merge(segments))
}

fn verify(args: VerifyArgs) -> anyhow::Result<ExitStatus> {
    let target = Target::new(args.target)?;
    if args.salvage {
        let lost = IndexDirectory::salvage(target.directory()?)?;
        return target.print(&Answer::Salvage(lost));
    }
    let damage = index::damage(&target.index)?;
    if let [only] = damage.as_slice() {
        bail!("{only}");
    }
    if !damage.is_empty() {
        let list: Vec<String> = damage.iter().map(|error| format!("- {error}")).collect();
        bail!("{} is damaged in {} places:\n{}", target.index, damage.len(), list.join("\n"));
    }
    target.print(&Answer::Verify(part(&Index::open(std::slice::from_ref(&target.index))?)))
}

fn inspect(
    args: InspectArgs,
    ask: impl FnOnce(&Index) -> anyhow::Result<Answer>,
) -> anyhow::Result<ExitStatus> {
    let target = Target::new(args)?;
    let index = Index::open(std::slice::from_ref(&target.index))?;
    target.print(&ask(&index)?)
}

/// The only part of an index that was opened alone.
fn part(index: &Index) -> Part {
    index.parts()[0].clone()
}

/// Which index, and how to print what it says.
pub struct Target {
    index: IndexName,
    format: Format,
}

impl Target {
    pub fn new(args: InspectArgs) -> anyhow::Result<Target> {
        let index = match args.index {
            Some(index) => index,
            None => configured(&Config::load(&args.config.choice(PathBuf::from(".")))?),
        };
        Ok(Target { index, format: args.format.into() })
    }

    /// An index that is known by other means than the arguments of `birthmark index`.
    pub fn directory_at(path: PathBuf, format: Format) -> Target {
        Target { index: IndexName::Directory(path), format }
    }

    /// Its name, to be opened by.
    pub fn index(&self) -> &IndexName {
        &self.index
    }

    /// The directory of an index that is to be changed.
    pub fn directory(&self) -> anyhow::Result<&Path> {
        match &self.index {
            IndexName::Directory(directory) => Ok(directory),
            IndexName::Starter => bail!(
                "the starter index is part of the program and cannot be changed; name a directory (one called \
                 `starter` as ./starter)"
            ),
        }
    }

    pub fn print(&self, answer: &Answer) -> anyhow::Result<ExitStatus> {
        let mut drawn = Vec::new();
        let painted = match self.format {
            Format::Text => {
                text(answer, &self.index, &mut drawn)?;
                Painted::Yes
            }
            Format::Json => {
                json(answer, &self.index, &mut drawn)?;
                Painted::No
            }
        };
        Output::Standard.write(&drawn, painted)?;
        Ok(ExitStatus::Success)
    }
}

fn configured(config: &Config) -> IndexName {
    config
        .index
        .iter()
        .map(|name| name.get_ref().clone())
        .find(|name| matches!(name, IndexName::Directory(_)))
        .unwrap_or_else(|| IndexName::Directory(PathBuf::from(DEFAULT_DIRECTORY)))
}
