//! `birthmark scan`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::args::{Common, ScanArgs};
use super::draw::Look;
use super::exit::ExitStatus;
use super::idiom;
use super::log::told;
use super::policy::{Coverage, Policy};
use super::progress::Progress;
use super::scanned::{Scanned, Sources};
use super::scope::{Input, standard_input};
use crate::acceptance::{AcceptanceLog, log_root};
use crate::baseline::Baseline;
use crate::cache::FROM_FILES;
use crate::config::{Config, ConfigChoice, ConfigError, FailOn, Problem, ProjectLicenses};
use crate::finding::{Note, Report};
use crate::index::{Index, IndexName};
use crate::license::LicenseFact;
use crate::policy::PolicySettings;
use crate::scan::{DEFAULT_THRESHOLD_BITS, Preset, ScanSettings, Scanner};
use crate::source::SourceFile;
use crate::walk::{WalkSettings, Walked, WalkedFile};

pub fn run(args: ScanArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    let look = Look::new(&args.report, common)?;
    let request = Request::new(args)?;
    let scanned = request.scan(common)?;
    look.draw(&scanned)?;
    Ok(ExitStatus::of(&scanned.report, request.fail_on))
}

/// A scan as it is meant: arguments and configuration merged, everything checked that can be before reading code.
pub(super) struct Request {
    input: Input,
    /// What was accepted; `None` where no configuration is wanted.
    log: Option<AcceptanceLog>,
    indexes: Vec<IndexName>,
    idioms: Vec<IndexName>,
    config: Config,
    baseline: Option<Baseline>,
    cache: Option<PathBuf>,
    licenses: ProjectLicenses,
    threshold_bits: f32,
    fail_on: FailOn,
    coverage: Coverage,
    jobs: Option<NonZeroUsize>,
}

impl Request {
    pub(super) fn new(args: ScanArgs) -> anyhow::Result<Request> {
        let input = Input::new(&args)?;
        let check = args.check;
        let as_configured = check.is_as_configured();
        let choice = check.config.choice(input.place());
        let config = Config::load(&choice)?;
        let coverage = match as_configured && input.covers(&config) {
            true => Coverage::Project,
            false => Coverage::Part,
        };
        let baseline = args.baseline.load(&config, &choice, &input.place())?;
        let indexes = match (check.index.is_empty(), config.index.is_empty()) {
            (false, _) => check.index,
            (true, false) => config.index.iter().map(|i| i.get_ref().clone()).collect(),
            (true, true) => vec![IndexName::Starter],
        };
        let licenses = match check.license {
            Some(license) => ProjectLicenses::given(license),
            None => ProjectLicenses::discovered(input.boundaries(&config), config.configured_license()),
        };
        let fail_on = match args.exit_zero {
            true => FailOn::Never,
            false => args.fail_on.or(config.fail_on).unwrap_or_default(),
        };
        let threshold_bits = check
            .threshold
            .or(check.preset.map(Preset::threshold_bits))
            .or(config.threshold_bits)
            .unwrap_or(DEFAULT_THRESHOLD_BITS);
        let idioms = match (check.idioms.is_empty(), config.idioms.is_empty()) {
            (false, _) => check.idioms,
            (true, false) => config.idioms.iter().map(|path| path.get_ref().clone()).collect(),
            (true, true) => own_idioms(&config, &choice),
        };
        let log = match choice {
            ConfigChoice::Without => None,
            _ => Some(AcceptanceLog::read(&log_root(&input.place(), config.directory())).map_err(told)?),
        };
        Ok(Request {
            input,
            log,
            indexes,
            idioms: idioms.into_iter().map(IndexName::Directory).collect(),
            config,
            baseline,
            cache: args.cache.directory(),
            licenses,
            threshold_bits,
            fail_on,
            coverage,
            jobs: check.jobs,
        })
    }

    /// The configuration in force.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// The place the scan is about.
    pub(super) fn place(&self) -> PathBuf {
        self.input.place()
    }

    /// What is not reported.
    pub(super) fn baseline(&self) -> Option<&Baseline> {
        self.baseline.as_ref()
    }

    /// The indexes to ask.
    pub(super) fn indexes(&self) -> &[IndexName] {
        &self.indexes
    }

    /// The sets of idioms to ask.
    pub(super) fn idioms(&self) -> &[IndexName] {
        &self.idioms
    }

    /// The evidence from which a match is reported.
    pub(super) fn threshold_bits(&self) -> f32 {
        self.threshold_bits
    }

    /// The licence of the place the scan is about, and what could not be read on the way to it.
    pub(super) fn license_of_place(&self) -> (LicenseFact, Vec<Note>) {
        (self.licenses.of(&self.input.place()), self.licenses.notes())
    }

    /// Runs it.
    pub(super) fn scan(&self, common: &Common) -> anyhow::Result<Scanned> {
        let (mut scanner, policy) = self.scanner()?;
        let (mut report, sources) = match &self.input {
            Input::Paths { .. } | Input::Change { .. } => {
                let walked = self.input.files(self.walk_settings())?;
                let files = walked.files.clone();
                (self.scan_files(&mut scanner, walked, common)?, Sources::Files(files))
            }
            Input::Stdin { name, language } => {
                let source = SourceFile::new(slashed(name), *language, standard_input()?);
                let outbound = self.licenses.of_text(name, source.text());
                (scanner.text(&source, &outbound), Sources::Text(Box::new(source)))
            }
        };
        report.notes.extend(self.licenses.notes());
        report.notes.sort();
        policy.tell_unused(&self.config, self.coverage, &mut report);
        Ok(Scanned { report, scanner, sources })
    }

    /// The decisions that are honoured; `None` where none are wanted.
    pub(super) fn log(&self) -> Option<&AcceptanceLog> {
        self.log.as_ref()
    }

    /// The report, and the files it is about.
    pub(super) fn report_and_files(&self, common: &Common) -> anyhow::Result<(Report, Vec<WalkedFile>)> {
        let (mut scanner, _) = self.scanner()?;
        let walked = self.input.files(self.walk_settings())?;
        let files = walked.files.clone();
        Ok((self.scan_files(&mut scanner, walked, common)?, files))
    }

    fn scanner(&self) -> anyhow::Result<(Scanner, Policy)> {
        let index = self.open_indexes()?;
        let policy = Policy::new(&self.config, &index)?;
        let settings = self.scan_settings(self.open_idioms()?, policy.settings.clone());
        Ok((Scanner::new(index, settings), policy))
    }

    pub(super) fn walk_settings(&self) -> WalkSettings {
        WalkSettings { exclude: self.config.exclude.globs.clone(), ..WalkSettings::default() }
    }

    fn scan_files(&self, scanner: &mut Scanner, walked: Walked, common: &Common) -> anyhow::Result<Report> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(self.jobs.map_or(0, NonZeroUsize::get))
            .build()
            .context("cannot start threads")?;
        let progress = Progress::new(common, walked.files.len(), "files");
        let outbound =
            |file: &WalkedFile, source: &SourceFile| self.licenses.of_text(&file.location, source.text());
        if let Some(directory) = self.cache_for(&walked) {
            scanner.open_cache(directory, &self.input.place());
        }
        let mut report =
            threads.install(|| scanner.run(walked, &outbound, &|tick| progress.done(tick.lines)));
        report.notes.extend(scanner.close_cache());
        Ok(report)
    }

    /// Where the cache is, if one is worth it. The texts of a change seldom come twice.
    fn cache_for(&self, walked: &Walked) -> Option<&Path> {
        let is_tree = matches!(self.input, Input::Paths { .. });
        self.cache.as_deref().filter(|_| is_tree && walked.files.len() >= FROM_FILES)
    }

    /// Opens the indexes one by one first, so that the one at fault can be named where it is configured.
    fn open_indexes(&self) -> anyhow::Result<Index> {
        for configured in &self.config.index {
            let name = configured.get_ref();
            if self.indexes.contains(name)
                && let Err(error) = Index::open(std::slice::from_ref(name))
            {
                let help = "expected the directory of an index, relative to this file, or \"starter\"";
                return Err(self.located(&error.to_string(), configured.span(), help));
            }
        }
        Ok(Index::open(&self.indexes)?)
    }

    fn open_idioms(&self) -> anyhow::Result<Option<Index>> {
        for configured in &self.config.idioms {
            let name = IndexName::Directory(configured.get_ref().clone());
            if self.idioms.contains(&name)
                && let Err(error) = idiom::open(std::slice::from_ref(&name))
            {
                let help = "expected the directory of a set of idioms, relative to this file";
                return Err(self.located(&error.to_string(), configured.span(), help));
            }
        }
        match self.idioms.as_slice() {
            [] => Ok(None),
            sets => idiom::open(sets).map(Some),
        }
    }

    fn located(&self, title: &str, span: std::ops::Range<usize>, help: &str) -> anyhow::Error {
        let problem = Problem {
            span,
            title: title.to_owned(),
            label: "configured here".to_owned(),
            help: help.to_owned(),
        };
        match self.config.error_at(problem) {
            Some(located) => anyhow::Error::new::<ConfigError>(located),
            None => anyhow!("{title}"),
        }
    }

    fn scan_settings(&self, idioms: Option<Index>, policy: PolicySettings) -> ScanSettings {
        let given = self.licenses.given_fact();
        ScanSettings {
            idioms,
            change: self.input.change(),
            baseline: self.baseline.clone(),
            threshold_bits: self.threshold_bits,
            accepted: self.log.clone().unwrap_or_default(),
            policy,
            given_license: given.and_then(|fact| fact.expression.clone()),
            project_license: given.cloned().unwrap_or_else(|| self.licenses.of(&self.input.place())),
        }
    }
}

/// The set of idioms where `birthmark idiom add` puts it, if there is one. Who wants no configuration wants none.
fn own_idioms(config: &Config, choice: &ConfigChoice) -> Vec<PathBuf> {
    let directory = idiom::default_directory(config);
    match choice {
        ConfigChoice::Without => Vec::new(),
        _ if directory.is_dir() => vec![directory],
        _ => Vec::new(),
    }
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
