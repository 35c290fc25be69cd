//! A scan as it is meant: options and configuration merged, everything checked that can be before
//! reading code. Every command that scans makes one from its own options.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::cached::{CacheChoice, cache_key};
use super::failure::of_session;
use super::flags::{CheckArgs, Common};
use super::progress::Progress;
use super::scanned::{Scanned, Sources};
use super::scope::{Input, MAX_STDIN_BYTES, standard_input};
use super::threads::NO_THREADS;
use super::trust::TrustArgs;
use crate::judgement::finding::{Note, NoteKind, Report};
use crate::project::cache::FROM_FILES;
use crate::project::config::{FailOn, FailOnSkipped};
use crate::project::walk::{self, Inspected, Markers, Prose, Review, Walked, WalkedFile};
use crate::scan::{Coverage, PolicyChanges, Scanner};
use crate::session::{BaselineFile, Choices, Run, Session};
use crate::text::source::SourceFile;
use crate::text::token::Tokenizer;

/// What to do about a file that was not checked, where that fails.
const SKIPPED_REMEDY: &str = "exclude it, or pass --fail-on-skipped=never";

/// What a command scans and how, before the configuration is known.
pub(crate) struct ScanOptions {
    pub input: Input,
    pub prose: Prose,
    pub check: CheckArgs,
    pub baseline: BaselineFile,
    pub cache: Option<PathBuf>,
    pub trust: TrustArgs,
    pub fail_on: Option<FailOn>,
    pub fail_on_skipped: Option<FailOnSkipped>,
}

impl ScanOptions {
    /// A scan of some paths, or of the current directory, that fails because of nothing it finds.
    pub(super) fn of(paths: Vec<PathBuf>, check: CheckArgs) -> ScanOptions {
        ScanOptions {
            input: Input::paths(paths),
            prose: Prose::Ignore,
            check,
            baseline: BaselineFile::Own,
            cache: CacheChoice::default().directory(),
            trust: TrustArgs::default(),
            fail_on: Some(FailOn::Never),
            fail_on_skipped: None,
        }
    }
}

/// A scan, ready to run.
pub(crate) struct Request {
    input: Input,
    session: Session,
    cache: Option<PathBuf>,
    /// The severity from which on findings fail the run.
    pub fail_on: FailOn,
    fail_on_skipped: FailOnSkipped,
    coverage: Coverage,
    jobs: Option<NonZeroUsize>,
    policy_changes: PolicyChanges,
}

impl Request {
    /// Reads the configuration and merges it with the options.
    pub(super) fn new(options: ScanOptions) -> anyhow::Result<Request> {
        let ScanOptions { input, prose, check, baseline, cache, trust, fail_on, fail_on_skipped } =
            options;
        let configured = check.config.clone().choice(input.place());
        let jobs = check.jobs;
        let mut choices = Choices { baseline, prose, ..check.choices() };
        let configured = trust.choose(&input, configured, &mut choices)?;
        let policy_changes = match trust.policy_from {
            Some(_) => PolicyChanges::Report,
            None => PolicyChanges::Ignore,
        };
        let as_configured = choices.is_as_configured();
        let session = Session::open(input.place(), &configured, choices).map_err(of_session)?;
        let coverage = if as_configured && input.covers(session.config()) {
            Coverage::Project
        } else {
            Coverage::Part
        };
        let fail_on = session.fail_on(fail_on);
        let fail_on_skipped = session.fail_on_skipped(fail_on_skipped);
        Ok(Request {
            input,
            session,
            cache,
            fail_on,
            fail_on_skipped,
            coverage,
            jobs,
            policy_changes,
        })
    }

    /// The project as it is configured and chosen.
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// Runs it.
    pub(super) fn scan(&self, common: &Common) -> anyhow::Result<Scanned> {
        let mut scanner = self.scanner()?;
        let (mut is_all_excluded, mut nested) = (false, Vec::new());
        let (mut report, sources) = match &self.input {
            Input::Paths { .. } | Input::Change { .. } | Input::Patch { .. } => {
                let walked = self.input.files(self.session.walk_settings())?;
                let files = walked.files.clone();
                is_all_excluded = walked.is_all_excluded;
                nested = self.unused_configurations(&walked.nested);
                (self.scan_files(&mut scanner, walked, common)?, Sources::Files(files))
            }
            Input::Stdin { name, kind } => {
                let path = to_slashes(name);
                let source = match walk::inspect(standard_input()?) {
                    Inspected::Text(text) => walk::source(&path, *kind, text, MAX_STDIN_BYTES),
                    Inspected::NotText(problem) => Err(problem.note(&path)),
                };
                let report = match &source {
                    Ok(source) => self.scan_text(&scanner, name, source),
                    Err(note) => {
                        let walked = Walked { notes: vec![note.clone()], ..Walked::default() };
                        self.scan_files(&mut scanner, walked, common)?
                    }
                };
                let empty = |_| SourceFile::new(path, kind.0, Vec::new());
                (report, Sources::Text(Box::new(source.unwrap_or_else(empty))))
            }
        };
        report.notes.extend(nested);
        // Files of another commit are read while the scan goes on, so
        // that their problems are known only now.
        self.session.check_side_files().map_err(of_session)?;
        report.notes.extend(self.input.note_if_nothing_checked(&report, is_all_excluded));
        // Some notes came after the scanner had counted them.
        report.count_notes();
        if self.fails_on_skipped() {
            report.fail_left_out(SKIPPED_REMEDY);
        }
        let forge = self.session.config().forge.clone();
        Ok(Scanned { report, scanner, sources, forge })
    }

    /// Says of configurations below the scanned directories that they do not hold here: one scan has
    /// one policy.
    fn unused_configurations(&self, found: &[PathBuf]) -> Vec<Note> {
        let config = self.session.config().directory().map(walk::absolute_path);
        let is_unused = |file: &&PathBuf| {
            let directory = file.parent().map(walk::absolute_path);
            directory.is_some() && directory != config
        };
        let note = |file: &PathBuf| {
            let directory = walk::display_path(file.parent().unwrap_or(file));
            Note {
                path: Some(walk::display_path(file)),
                kind: NoteKind::Warning,
                message: format!(
                    "not used: one configuration holds for a whole scan; check that project on its own by \
                     `birthmark scan {directory}`, and name it in `exclude` here"
                ),
            }
        };
        found.iter().filter(is_unused).map(note).collect()
    }

    fn scan_text(&self, scanner: &Scanner, name: &Path, source: &SourceFile) -> Report {
        let outbound = self.session.licenses().of_text(name, source.text());
        scanner.text(
            &mut Tokenizer::new(),
            source,
            &outbound,
            &Review::Whole,
            Markers::ExcuseNothing,
        )
    }

    /// Whether files that were not checked make the run fail.
    fn fails_on_skipped(&self) -> bool {
        match self.fail_on_skipped {
            FailOnSkipped::Never => false,
            FailOnSkipped::Change => {
                matches!(self.input, Input::Change { .. } | Input::Patch { .. })
            }
            FailOnSkipped::Always => true,
        }
    }

    fn scanner(&self) -> anyhow::Result<Scanner> {
        let run = Run {
            change: self.input.change(),
            coverage: self.coverage,
            policy_changes: self.policy_changes,
        };
        self.session.scanner(run).map_err(of_session)
    }

    fn scan_files(
        &self,
        scanner: &mut Scanner,
        walked: Walked,
        common: &Common,
    ) -> anyhow::Result<Report> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads(walked.files.len()))
            .build()
            .context(NO_THREADS)?;
        let progress = Progress::new(common, walked.files.len(), "files");
        if let Some(directory) = self.cache_for(&walked) {
            let secret = cache_key();
            scanner.open_cache(directory, self.session.place(), secret.as_deref());
        }
        let known: &Scanner = scanner;
        let outbound = |file: &WalkedFile, source: &SourceFile| {
            let header = |text: &[u8]| known.header(text);
            self.session.licenses().of_text_by(&file.location, source.text(), &header)
        };
        let mut report =
            threads.install(|| known.run(walked, &outbound, &|tick| progress.advance(tick.lines)));
        report.notes.extend(scanner.close_cache());
        Ok(report)
    }

    /// How many threads look at files; 0 is one for each core. One file occupies one, and others
    /// that wait for work take a twelfth of the time of so short a process.
    fn threads(&self, files: usize) -> usize {
        match (self.jobs, files) {
            (Some(jobs), _) => jobs.get(),
            (None, 0 | 1) => 1,
            (None, _) => 0,
        }
    }

    /// Where the cache is, if one is worth it. The texts of a change seldom come twice.
    fn cache_for(&self, walked: &Walked) -> Option<&Path> {
        let is_tree = matches!(self.input, Input::Paths { .. });
        self.cache.as_deref().filter(|_| is_tree && walked.files.len() >= FROM_FILES)
    }
}

fn to_slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
