//! What of a scanned project decides about its own check.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;

use super::scope::Input;
use crate::cli::matrix;
use crate::project::changes::{ChangesError, Repository};
use crate::project::config::ConfigChoice;
use crate::project::walk::{IgnoreFiles, SideFiles, absolute_path};
use crate::scan::Suppressions;
use crate::session::{BaselineFile, Choices, LicenseFiles, Trust};

// No doc comment: it would become the help of the command that flattens this.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Changes by people you do not trust")]
pub(crate) struct TrustArgs {
    /// Take the policy from a commit, or from a configuration FILE (`.toml`) outside of the
    /// project, and not from the files that are scanned
    ///
    /// The policy of a commit is its configuration, baseline, accepted decisions, idioms, indexes,
    /// ignore files, manifests and licences, and the comments that silence findings in its files.
    /// The policy of a FILE is its configuration: no baseline, decision, ignore file or comment of
    /// the project counts.
    #[arg(long, value_name = "REV|FILE", conflicts_with_all = ["config", "no_config"])]
    pub policy_from: Option<String>,
    /// Let no comment silence a finding
    #[arg(long)]
    pub no_suppressions: bool,
    /// Check also files that ignore files name, and hidden files and folders
    #[arg(long)]
    pub no_ignore: bool,
    /// Disregard decisions to keep code as it is (`birthmark accept`)
    #[arg(long)]
    pub no_accepted: bool,
}

impl TrustArgs {
    /// Puts what is trusted into the choices of a scan of a place; returns the configuration to
    /// use.
    pub(crate) fn choose(
        &self,
        input: &Input,
        configured: ConfigChoice,
        choices: &mut Choices,
    ) -> anyhow::Result<ConfigChoice> {
        let configured = match &self.policy_from {
            Some(from) => {
                let top = Repository::here().map(|repository| repository.top());
                // The matrix decides as well, and a change could bring one along.
                matrix::refuse_inside(&top.unwrap_or_else(|_| input.place()))?;
                policy_from(from, input, configured, choices)?
            }
            None => configured,
        };
        let trust = &mut choices.trust;
        trust.no_accepted |= self.no_accepted;
        if self.no_suppressions {
            trust.suppressions = Suppressions::None;
        }
        if self.no_ignore {
            trust.ignore_files = IgnoreFiles::DisregardHidden;
        }
        Ok(configured)
    }
}

fn policy_from(
    from: &str,
    input: &Input,
    configured: ConfigChoice,
    choices: &mut Choices,
) -> anyhow::Result<ConfigChoice> {
    let repository = Repository::here();
    let base = match &repository {
        Ok(repository) => repository.base(from),
        Err(_) => Err(ChangesError::NoCommit { revision: from.to_owned() }),
    };
    // A commit goes first: a change may bring a file of any name along.
    let base = match base {
        Ok(base) => base,
        Err(ChangesError::NoCommit { .. }) if from.ends_with(".toml") => {
            let top = repository.map_or_else(|_| PathBuf::from("."), |repository| repository.top());
            choices.trust = Trust {
                licenses: licenses_before(input)?,
                suppressions: Suppressions::None,
                ignore_files: IgnoreFiles::DisregardHidden,
                no_accepted: true,
                ..Trust::default()
            };
            // The project's own baseline is a part of the change. One that
            // was named is the user's word.
            if choices.baseline == BaselineFile::Own {
                choices.baseline = BaselineFile::Without;
            }
            return Ok(ConfigChoice::Policy { file: from.into(), top: absolute_path(&top) });
        }
        Err(error) => return Err(error.into()),
    };
    let place = input.place();
    if !absolute_path(&place).starts_with(base.top()) {
        let (place, top) = (place.display(), base.top().display());
        bail!(
            "`{place}` is not in the repository `{top}`, whose policy --policy-from takes; run birthmark inside of it"
        );
    }
    let side = SideFiles::elsewhere(Arc::new(base));
    choices.trust =
        Trust { side: side.clone(), suppressions: Suppressions::Of(side), ..Trust::default() };
    Ok(configured)
}

/// Where licences are read for a policy that is no commit: in the commit that a change starts from.
fn licenses_before(input: &Input) -> anyhow::Result<LicenseFiles> {
    let Input::Change { repository, scope, .. } = input else {
        return Ok(LicenseFiles::Unvouched);
    };
    Ok(match repository.start_of(scope)? {
        Some(commit) => LicenseFiles::Of(SideFiles::elsewhere(Arc::new(repository.base(&commit)?))),
        None => LicenseFiles::Unvouched,
    })
}
