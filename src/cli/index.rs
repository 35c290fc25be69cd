//! `birthmark index`.

use std::path::PathBuf;

use anyhow::bail;

use super::args::{Common, IndexCommand, InspectArgs, RemoveArgs};
use super::exit::ExitStatus;
use super::index_add;
use super::output::{Output, Painted};
use crate::config::Config;
use crate::index::{IndexDir, IndexName};
use crate::report::Format;
use crate::report::index::{Answer, json, text};

/// Where an index is made if nobody says where.
const DEFAULT_DIRECTORY: &str = ".birthmark/index";

pub fn run(command: IndexCommand, common: &Common) -> anyhow::Result<ExitStatus> {
    match command {
        IndexCommand::Add(args) => index_add::run(args, common),
        IndexCommand::Remove(args) => remove(args),
        IndexCommand::List(args) => inspect(args, |index| Ok(Answer::List(index.list()))),
        IndexCommand::Info(args) => inspect(args, |index| Ok(Answer::Info(index.info()))),
        IndexCommand::Verify(args) => inspect(args, |index| Ok(Answer::Verify(index.verify()?))),
        IndexCommand::Merge(args) => inspect(args, |index| Ok(Answer::Merge(index.merge()?))),
    }
}

fn remove(args: RemoveArgs) -> anyhow::Result<ExitStatus> {
    let RemoveArgs { purls, target } = args;
    inspect(target, |index| {
        let removed = index.remove(&purls)?;
        if removed == 0 {
            let names: Vec<&str> = purls.iter().map(|purl| purl.as_str()).collect();
            let names = names.join(", ");
            bail!("the index holds no {names}; `birthmark index list` shows what it holds");
        }
        Ok(Answer::Remove(removed))
    })
}

fn inspect(
    args: InspectArgs,
    ask: impl FnOnce(&mut IndexDir) -> anyhow::Result<Answer>,
) -> anyhow::Result<ExitStatus> {
    let target = Target::new(args)?;
    let mut index = IndexDir::open(&target.directory)?;
    let answer = ask(&mut index)?;
    target.print(&answer)?;
    Ok(ExitStatus::Success)
}

/// Which index, and how to print what it says.
pub struct Target {
    pub directory: PathBuf,
    format: Format,
}

impl Target {
    pub fn new(args: InspectArgs) -> anyhow::Result<Target> {
        let InspectArgs {
            index,
            config,
            format,
        } = args;
        let directory = match index {
            Some(IndexName::Directory(directory)) => directory,
            Some(IndexName::Starter) => bail!(
                "`starter` is the shipped index, part of the program; name a directory (for one called `starter`, ./starter)"
            ),
            None => configured(&Config::load(&config.choice(PathBuf::from(".")))?),
        };
        Ok(Target {
            directory,
            format: format.into(),
        })
    }

    pub fn print(&self, answer: &Answer) -> anyhow::Result<()> {
        let mut drawn = Vec::new();
        let painted = match self.format {
            Format::Text => {
                text(answer, &self.directory, &mut drawn)?;
                Painted::Yes
            }
            Format::Json => {
                json(answer, &self.directory, &mut drawn)?;
                Painted::No
            }
        };
        Output::Standard.write(&drawn, painted)
    }
}

fn configured(config: &Config) -> PathBuf {
    let directory = config.index.iter().find_map(|name| match name.get_ref() {
        IndexName::Directory(directory) => Some(directory.clone()),
        IndexName::Starter => None,
    });
    directory.unwrap_or_else(|| PathBuf::from(DEFAULT_DIRECTORY))
}
