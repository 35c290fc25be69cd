//! Which baseline a scan uses.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::session::BaselineFile;

// No doc comment: it would become the help of the command that flattens this.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct BaselineChoice {
    /// Baseline whose findings are not reported: a file made by `birthmark baseline` or an earlier
    /// JSON report; by default .birthmark/baseline.json beside the configuration or at the top of
    /// the repository, if it is there
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
    /// Use no baseline
    #[arg(long, conflicts_with = "baseline")]
    pub no_baseline: bool,
}

impl BaselineChoice {
    /// Which baseline that is.
    pub(super) fn file(self) -> BaselineFile {
        match self.baseline {
            Some(file) => BaselineFile::File(file),
            None if self.no_baseline => BaselineFile::Without,
            None => BaselineFile::Own,
        }
    }
}
