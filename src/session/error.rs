//! Why a project cannot be checked.

use std::path::PathBuf;

use crate::decisions::acceptance::LogError;
use crate::engine::index::IndexError;
use crate::project::config::ConfigError;

/// Why a project cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The configuration cannot be read or says something wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A decision cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// An index cannot be opened or is damaged.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A set of idioms is not there.
    #[error(
        "there is no set of idioms at {path}: make one with `birthmark idiom add --idioms {path} SOURCE...`",
        path = .0.display()
    )]
    NoIdioms(PathBuf),
    /// The policy of another commit cannot be read.
    #[error("cannot take the policy from another commit: {0}")]
    Policy(String),
    /// A baseline cannot be read.
    #[error("cannot read the baseline `{}`", .file.display())]
    Baseline {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
