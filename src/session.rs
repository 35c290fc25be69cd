//! A project as it is configured: its configuration, indexes, idioms, policy, licences, decisions
//! and baseline, read once and ready for scans. What runs once asks [`Session::scanner`]; what
//! lives longer keeps a [`Checker`].

pub(crate) mod actions;
pub(crate) mod admit;
pub(crate) mod baseline;
mod checker;
mod error;
mod held;
pub(crate) mod idioms;
pub mod journal;
mod projects;

pub use checker::{Checker, Place};
pub(crate) use error::SessionError;
pub(crate) use projects::{Freshness, Projects};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::decisions::acceptance::{AcceptanceLog, log_root};
use crate::engine::evidence::{Chance, Threshold};
use crate::engine::index::{Index, IndexError, IndexName};
use crate::judgement::baseline::Baseline;
use crate::judgement::finding::{Note, NoteKind, PolicyProvenance};
use crate::license::LicenseFact;
use crate::project::config::{
    Config, ConfigChoice, FailOn, FailOnSkipped, Held, Organisation, Permission, Problem,
    ProjectLicenses, ProjectManifests,
};
use crate::project::walk::{
    Elsewhere, IgnoreFiles, Prose, SideFiles, WalkSettings, absolute_path, display_path,
};
use crate::scan::{Coverage, Policy, PolicyChanges, ScanSettings, Scanner, Suppressions};

/// What is chosen for one run and goes before what is configured; what is empty leaves it to the
/// configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices {
    /// Indexes to ask.
    pub indexes: Vec<IndexName>,
    /// Sets of idioms to ask.
    pub idioms: Vec<PathBuf>,
    /// The licence that all code stands under.
    pub license: Option<LicenseFact>,
    /// From which evidence on a match is reported.
    pub threshold: Option<Threshold>,
    /// The baseline.
    pub baseline: BaselineFile,
    /// Whether blocks of code in Markdown are looked at.
    pub prose: Prose,
    /// What of the project decides about its own check.
    pub trust: Trust,
    /// An organisation's policy, which the project and these choices can only tighten.
    pub organisation: Option<PathBuf>,
    /// How far up a licence is looked for outside of git repositories, beside the place and the
    /// configuration.
    pub boundaries: Vec<PathBuf>,
}

/// What of a project decides about its own check: all of it, unless it may be a stranger's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trust {
    /// Where the files beside the code are read.
    pub side: SideFiles,
    /// Where licences are read: headers, REUSE annotations, manifests, licence texts.
    pub licenses: LicenseFiles,
    /// Which comments silence findings.
    pub suppressions: Suppressions,
    /// Whether decisions to keep code are disregarded.
    pub no_accepted: bool,
    /// Which ignore files hold.
    pub ignore_files: IgnoreFiles,
}

/// Where the licences of files are read.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum LicenseFiles {
    /// Where other files beside the code are.
    #[default]
    Beside,
    /// As a commit holds them.
    Of(SideFiles),
    /// As the files that are scanned state them, though nobody vouches for these.
    Unvouched,
}

/// Which baseline to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BaselineFile {
    /// That of the project, if it has one.
    #[default]
    Own,
    /// This one.
    File(PathBuf),
    /// None.
    Without,
}

/// What a run is about.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The change under review in a few words, if it is one.
    pub change: Option<String>,
    /// Whether it sees the whole project.
    pub(crate) coverage: Coverage,
    /// What is said of a change to the policy.
    pub(crate) policy_changes: PolicyChanges,
}

/// A project as it is configured, with the choices of one run.
pub(crate) struct Session {
    place: PathBuf,
    config: Config,
    /// What was accepted; `None` where no configuration is wanted.
    log: Option<AcceptanceLog>,
    indexes: Vec<IndexName>,
    idioms: Vec<IndexName>,
    baseline: Option<Baseline>,
    licenses: Arc<ProjectLicenses>,
    threshold: Threshold,
    prose: Prose,
    trust: Trust,
    organisation: Option<Organisation>,
    /// What of the project the organisation's policy does not let count.
    unheard: Vec<&'static str>,
}

impl Trust {
    fn license_side(&self) -> &SideFiles {
        match &self.licenses {
            LicenseFiles::Of(side) => side,
            LicenseFiles::Beside | LicenseFiles::Unvouched => &self.side,
        }
    }
}

impl Choices {
    /// Whether nothing is chosen that makes a check another one than the configuration asks for.
    pub(crate) fn is_as_configured(&self) -> bool {
        self.license.is_none()
            && self.indexes.is_empty()
            && self.idioms.is_empty()
            && self.threshold.is_none()
    }
}

impl Session {
    /// Reads what is configured for a place, a directory.
    ///
    /// # Errors
    /// If the configuration, the decisions or the baseline cannot be read or say something wrong.
    pub(crate) fn open(
        place: PathBuf,
        configured: &ConfigChoice,
        mut choices: Choices,
    ) -> Result<Session, SessionError> {
        let organisation = held::load(&choices, &place)?;
        let config = Config::load_from(configured, &choices.trust.side)?;
        let Held { config, unheard } = match &organisation {
            Some(organisation) => held::hold(organisation, config, &mut choices, &place),
            None => Held { config, unheard: Vec::new() },
        };
        let trust = choices.trust;
        let side = &trust.side;
        let baseline = baseline::load(&choices.baseline, &config, configured, &place, side)?;
        let is_chosen = !choices.indexes.is_empty();
        let indexes = if choices.indexes.is_empty() {
            config.index.iter().map(|index| index.get_ref().clone()).collect()
        } else {
            choices.indexes
        };
        // Indexes that were chosen for a run stand in for the configured packs too.
        let packs = if is_chosen { Vec::new() } else { held::packs(&config) };
        let idioms: Vec<PathBuf> = if choices.idioms.is_empty() {
            config.idioms.iter().map(|path| path.get_ref().clone()).collect()
        } else {
            choices.idioms
        };
        let theirs = organisation.iter().flat_map(|it| &it.config.idioms);
        let idioms = theirs.map(|path| path.get_ref().clone()).chain(idioms);
        let licenses = match choices.license {
            Some(license) => ProjectLicenses::from_license(license),
            None => {
                let mut boundaries = vec![place.clone()];
                boundaries.extend(config.directory().and_then(|d| std::path::absolute(d).ok()));
                boundaries.extend(choices.boundaries);
                ProjectLicenses::from_boundaries(boundaries, config.configured_license())
                    .with_side_files(trust.license_side().clone())
            }
        };
        let log = match configured {
            ConfigChoice::Without => None,
            _ if trust.no_accepted => None,
            _ => Some(AcceptanceLog::read_from(&log_root(&place, config.directory(), side), side)?),
        };
        check_readable(side)?;
        check_readable(trust.license_side())?;
        Ok(Session {
            log,
            trust,
            indexes: held::indexes(organisation.as_ref(), indexes, packs),
            idioms: idioms.map(IndexName::Directory).collect(),
            baseline,
            licenses: Arc::new(licenses),
            threshold: choices.threshold.or(config.threshold).unwrap_or_default(),
            prose: match config.markdown {
                Some(true) => Prose::Read,
                _ => choices.prose,
            },
            config,
            place,
            unheard,
            organisation,
        })
    }

    /// The directory that the session is about.
    pub(crate) fn place(&self) -> &Path {
        &self.place
    }

    /// The configuration in force.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// What is not reported.
    pub(crate) fn baseline(&self) -> Option<&Baseline> {
        self.baseline.as_ref()
    }

    /// The decisions that are honoured; `None` where none are wanted.
    pub(crate) fn log(&self) -> Option<&AcceptanceLog> {
        self.log.as_ref()
    }

    /// The indexes to ask.
    pub(crate) fn indexes(&self) -> &[IndexName] {
        &self.indexes
    }

    /// The sets of idioms to ask.
    pub(crate) fn idioms(&self) -> &[IndexName] {
        &self.idioms
    }

    /// The licences that files stand under.
    pub(crate) fn licenses(&self) -> &ProjectLicenses {
        &self.licenses
    }

    /// Returns from which evidence on a match is reported, by how often chance brings one about.
    pub(crate) fn threshold(&self, chance: Chance) -> Threshold {
        self.threshold.lower(self.organisation_threshold(), chance)
    }

    fn organisation_threshold(&self) -> Option<Threshold> {
        self.organisation.as_ref().map(|it| it.config.threshold.unwrap_or_default())
    }

    /// The organisation's policy, if one holds.
    pub(crate) fn organisation(&self) -> Option<&Organisation> {
        self.organisation.as_ref()
    }

    /// The severity from which a run fails. What is chosen for the run goes before what is
    /// configured.
    pub(crate) fn fail_on(&self, chosen: Option<FailOn>) -> FailOn {
        let own = chosen.or(self.config.fail_on).unwrap_or_default();
        self.organisation.as_ref().map_or(own, |organisation| organisation.fail_on(own))
    }

    /// When files that were not checked make a run fail.
    pub(crate) fn fail_on_skipped(&self, chosen: Option<FailOnSkipped>) -> FailOnSkipped {
        let own = chosen.or(self.config.fail_on_skipped).unwrap_or_default();
        self.organisation.as_ref().map_or(own, |organisation| organisation.fail_on_skipped(own))
    }

    /// The licence of the place, and what could not be read on the way to it.
    pub(crate) fn license_of_place(&self) -> (LicenseFact, Vec<Note>) {
        (self.licenses.of(&self.place), self.licenses.notes())
    }

    /// Whether the configuration keeps a path out of scans.
    pub(crate) fn excludes(&self, path: &Path) -> bool {
        self.config.exclude.globs.is_match(absolute_path(path))
    }

    /// How files are found.
    pub(crate) fn walk_settings(&self) -> WalkSettings {
        WalkSettings {
            exclude: self.config.exclude.globs.clone(),
            ignore_files: self.trust.ignore_files,
            side: self.trust.side.clone(),
            prose: self.prose,
            ..WalkSettings::default()
        }
    }

    /// Checks that all files could be read that another commit holds and that decide about this
    /// one. Some are read while a scan runs.
    ///
    /// # Errors
    /// If one could not.
    pub(crate) fn check_side_files(&self) -> Result<(), SessionError> {
        check_readable(&self.trust.side)?;
        check_readable(self.trust.license_side())
    }

    /// What a reader must know of what the project configures, or does not.
    fn notes(&self) -> Vec<Note> {
        let unvouched =
            || Note { path: None, kind: NoteKind::Warning, message: UNVOUCHED.to_owned() };
        let is_unvouched =
            self.trust.licenses == LicenseFiles::Unvouched && self.licenses.given_fact().is_none();
        let unused = || idioms::note_unused(&self.config);
        let organisation = self.organisation.as_ref();
        let unheard = organisation.and_then(|it| held::note(it, &self.unheard));
        let notes = self.idioms.is_empty().then(unused).flatten().into_iter().chain(unheard);
        notes.chain(is_unvouched.then(unvouched)).collect()
    }

    /// Opens the indexes.
    ///
    /// # Errors
    /// If an index or a set of idioms cannot be opened.
    pub(crate) fn scanner(&self, run: Run) -> Result<Scanner, SessionError> {
        let index = self.open_indexes()?;
        let policy = Policy::new(&self.config, self.organisation.as_ref(), &index)?;
        Ok(Scanner::new(index, self.scan_settings(run, self.open_idioms()?, policy)))
    }

    /// Opens the indexes one by one first, so that the one at fault can be named where it is
    /// configured.
    fn open_indexes(&self) -> Result<Index, SessionError> {
        for configured in &self.config.index {
            let name = configured.get_ref();
            // Indexes that were chosen for the run stand in for the
            // configured ones, which are not opened.
            if self.indexes.contains(name)
                && let Err(error) = self.open_index(std::slice::from_ref(name))
            {
                let help =
                    "expected the directory of an index, relative to this file, or \"starter\"";
                return Err(self.locate_error(error.into(), configured.span(), help));
            }
        }
        for configured in &self.config.packs {
            let name = IndexName::Pack(Box::new(configured.get_ref().clone()));
            if self.indexes.contains(&name)
                && let Err(error) = self.open_index(std::slice::from_ref(&name))
            {
                let help = "fetch it by `birthmark pack pull`, or pin another generation";
                return Err(self.locate_error(error.into(), configured.span(), help));
            }
        }
        Ok(self.open_index(&self.indexes)?)
    }

    fn open_index(&self, names: &[IndexName]) -> Result<Index, IndexError> {
        Index::open_elsewhere(names, &|path| self.trust.side.index_at(path))
    }

    fn open_idioms(&self) -> Result<Option<Index>, SessionError> {
        for configured in &self.config.idioms {
            let name = IndexName::Directory(configured.get_ref().clone());
            if self.idioms.contains(&name)
                && let Err(error) =
                    idioms::open_elsewhere(std::slice::from_ref(&name), &self.trust.side)
            {
                let help = "expected the directory of a set of idioms, relative to this file";
                return Err(self.locate_error(error, configured.span(), help));
            }
        }
        match self.idioms.as_slice() {
            [] => Ok(None),
            sets => idioms::open_elsewhere(sets, &self.trust.side).map(Some),
        }
    }

    fn locate_error(
        &self,
        error: SessionError,
        span: std::ops::Range<usize>,
        help: &str,
    ) -> SessionError {
        let problem = Problem {
            span,
            title: error.to_string(),
            label: "configured here".to_owned(),
            help: help.to_owned(),
        };
        match self.config.error_at(problem) {
            Some(located) => located.into(),
            None => error,
        }
    }

    fn scan_settings(&self, run: Run, idioms: Option<Index>, policy: Policy) -> ScanSettings {
        let given = self.licenses.given_fact();
        let organisation = self.organisation.as_ref();
        let names_its_own = organisation.is_none_or(|it| it.permits(Permission::Owned));
        let manifests = || ProjectManifests::around(&self.place, self.walk_settings());
        ScanSettings {
            organisation: organisation.map(|it| PolicyProvenance {
                file: display_path(&it.file),
                digest: it.digest.clone(),
            }),
            idioms,
            change: run.change,
            coverage: run.coverage,
            policy_changes: run.policy_changes,
            notes: self.notes(),
            baseline: self.baseline.clone(),
            threshold: self.threshold,
            organisation_threshold: self.organisation_threshold(),
            accepted: self.log.clone().unwrap_or_default(),
            policy,
            manifests: names_its_own.then(manifests).unwrap_or_default(),
            suppressions: self.trust.suppressions.clone(),
            given_license: given.and_then(|fact| fact.expression.clone()),
            project_license: given.cloned().unwrap_or_else(|| self.licenses.of(&self.place)),
            licenses: Some(Arc::clone(&self.licenses)),
        }
    }
}

const UNVOUCHED: &str = "licences are those that the scanned files state: nothing says what they \
    stated before; name a commit by --policy-from, or state `license` in the policy";

/// Whether all files could be read as another commit holds them.
fn check_readable(side: &SideFiles) -> Result<(), SessionError> {
    match side.state().and_then(Elsewhere::problem) {
        Some(problem) => Err(SessionError::Policy(problem)),
        None => Ok(()),
    }
}
