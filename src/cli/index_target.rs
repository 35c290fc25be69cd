//! Which index or set of idioms a command is about.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;

use super::exit::ExitStatus;
use super::flags::{ConfigArgs, Format, PolicyArgs, index_name};
use super::output::{Output, Painted};
use crate::engine::index::{IndexName, Memory};
use crate::project::config::{Config, Permission};
use crate::report;
use crate::report::index::{Answer, json, text};

/// Where an index is made if nobody says where.
const DEFAULT_DIRECTORY: &str = ".birthmark/index";

/// Which index, and how to print what it says.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// Directory of the index; by default the first one of the configuration, else .birthmark/index
    #[arg(long, value_name = "DIR", value_parser = index_name())]
    pub index: Option<IndexName>,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Format of the output
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: Format,
}

/// Which index to read.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub policy: PolicyArgs,
    #[command(flatten)]
    pub target: InspectArgs,
}

/// What building an index may take.
#[derive(Debug, Args)]
pub(crate) struct MemoryArgs {
    /// Memory to build in; data that does not fit goes to unnamed files in the index's directory
    #[arg(long, value_name = "SIZE", default_value = "512MiB")]
    pub memory: Memory,
}

/// An index, and how to print what it says.
pub(crate) struct Target {
    index: IndexName,
    format: report::Format,
}

impl Target {
    pub(super) fn new(args: InspectArgs) -> anyhow::Result<Target> {
        let index = match args.index {
            Some(index) => index,
            None => index_of_config(&Config::load(&args.config.choice(PathBuf::from(".")))?),
        };
        Ok(Target { index, format: args.format.into() })
    }

    /// An index that is read. By default it is the first one that checks ask: under an organisation's
    /// policy these are its own, and those of the project only if it permits them.
    pub(crate) fn to_read(args: ListArgs) -> anyhow::Result<Target> {
        let place = Path::new(".");
        let organisation = args.policy.load(place)?;
        let Some(policy) = organisation.filter(|_| args.target.index.is_none()) else {
            return Target::new(args.target);
        };
        let own = Config::load(&args.target.config.choice(place.to_owned()))?;
        let own = own.index.iter().filter(|_| policy.permits(Permission::Index));
        let mut asked = policy.config.index.iter().chain(own).map(|name| name.get_ref().clone());
        let index = asked.next().unwrap_or(IndexName::Starter);
        Ok(Target { index, format: args.target.format.into() })
    }

    /// An index that is known by other means than the arguments of `birthmark index`.
    pub(crate) fn directory_at(path: PathBuf, format: report::Format) -> Target {
        Target { index: IndexName::Directory(path), format }
    }

    /// Its name, to be opened by.
    pub(super) fn index(&self) -> &IndexName {
        &self.index
    }

    /// The directory of an index that is to be changed.
    pub(super) fn directory(&self) -> anyhow::Result<&Path> {
        match &self.index {
            IndexName::Directory(directory) => Ok(directory),
            IndexName::Pack(pin) => bail!("the pack {pin} cannot be changed; name a directory"),
            IndexName::Starter => bail!(
                "the starter index is part of the program and cannot be changed; name a directory (one called \
                 `starter` as ./starter)"
            ),
        }
    }

    pub(super) fn print(&self, answer: &Answer) -> anyhow::Result<ExitStatus> {
        let mut drawn = Vec::new();
        let painted = match self.format {
            report::Format::Text => {
                text(answer, &self.index, &mut drawn)?;
                Painted::Yes
            }
            report::Format::Json => {
                json(answer, &self.index, &mut drawn)?;
                Painted::No
            }
        };
        Output::Standard.write(&drawn, painted)?;
        Ok(ExitStatus::Success)
    }
}

fn index_of_config(config: &Config) -> IndexName {
    config
        .index
        .iter()
        .map(|name| name.get_ref().clone())
        .find(|name| matches!(name, IndexName::Directory(_)))
        .unwrap_or_else(|| IndexName::Directory(PathBuf::from(DEFAULT_DIRECTORY)))
}
