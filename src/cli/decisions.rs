//! A file of decisions, as the HTML report exports it for `birthmark accept --from`.

use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::judgement::finding::{Reference, Report};
use crate::project::walk::{self, absolute_path};

/// Largest file of decisions that is read.
const MAX_BYTES: u64 = 8 << 20;
/// The version of the file that is understood.
const SCHEMA_VERSION: u32 = 1;

/// What people decided on a report's findings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decisions {
    schema_version: u32,
    decisions: Vec<Decision>,
}

/// What somebody decided on one finding.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    /// The id of the match, whole.
    pub id: String,
    /// The file, as the report shows it.
    pub path: String,
    /// The line that the match begins on.
    pub line: u32,
    decision: Kind,
    reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Accept,
    NotACopy,
    Later,
}

impl Decisions {
    /// Reads and checks a file before anything is decided.
    ///
    /// # Errors
    /// If it cannot be read, is of another form, or a decision lacks its reason.
    pub(super) fn read(file: &Path) -> anyhow::Result<Decisions> {
        let shown = walk::display_path(file);
        let bytes = walk::read(file, MAX_BYTES)
            .map_err(|problem| anyhow::Error::from_boxed(problem.into_cause()))
            .with_context(|| format!("cannot read `{shown}`"))?;
        let decisions: Decisions = serde_json::from_slice(&bytes).with_context(|| {
            format!("`{shown}` holds no decisions as the HTML report exports them")
        })?;
        if decisions.schema_version != SCHEMA_VERSION {
            let version = decisions.schema_version;
            bail!(
                "`{shown}` has version {version}, this birthmark reads {SCHEMA_VERSION}; export it again"
            );
        }
        if let Some(decision) =
            decisions.to_accept().find(|decision| decision.reason.trim().is_empty())
        {
            let Decision { path, line, .. } = decision;
            bail!(
                "`{shown}`: the decision on {path}:{line} has no reason; write one and export it again"
            );
        }
        Ok(decisions)
    }

    /// Those that let code stay; what is to be decided later is left.
    pub(crate) fn to_accept(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|decision| decision.decision != Kind::Later)
    }
}

impl Decision {
    /// The reason as the log keeps it.
    pub(super) fn reason(&self) -> String {
        match self.decision {
            Kind::NotACopy => format!("not a copy: {}", self.reason.trim()),
            Kind::Accept | Kind::Later => self.reason.trim().to_owned(),
        }
    }

    /// The match that is meant. Paths are compared from the current directory, where the report was
    /// made.
    pub(super) fn references<'r>(&self, report: &'r Report) -> Vec<&'r Reference> {
        let meant = absolute_path(Path::new(&self.path));
        let is_meant = |reference: &&Reference| {
            reference.id == self.id
                && reference.region.start_line == self.line
                && absolute_path(Path::new(&reference.path)) == meant
        };
        report.references.iter().filter(is_meant).collect()
    }
}
