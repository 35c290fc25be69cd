//! `birthmark scan`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::args::{Common, ScanArgs};
use super::cached::cache_key;
use super::draw::Look;
use super::exit::ExitStatus;
use super::failure::of_session;
use super::progress::Progress;
use super::scanned::{Scanned, Sources};
use super::scope::{Input, standard_input};
use super::threads::NO_THREADS;
use crate::judgement::finding::Report;
use crate::project::cache::FROM_FILES;
use crate::project::config::{FailOn, FailOnSkipped};
use crate::project::walk::{self, Inspected, Markers, Review, Walked, WalkedFile};
use crate::scan::{Coverage, PolicyChanges, Scanner};
use crate::session::{Choices, Run, Session};
use crate::text::source::SourceFile;
use crate::text::token::Tokenizer;

/// What to do about a file that was not checked, where that fails.
const SKIPPED_REMEDY: &str = "exclude it, or pass --fail-on-skipped=never";

pub fn run(args: ScanArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    let look = Look::new(&args.report, common)?;
    let request = Request::new(args)?;
    let scanned = request.scan(common)?;
    look.draw(&scanned)?;
    Ok(ExitStatus::of(&scanned.report, request.fail_on))
}

/// A scan as it is meant: arguments and configuration merged, everything checked that can be before
/// reading code.
pub(super) struct Request {
    input: Input,
    session: Session,
    cache: Option<PathBuf>,
    fail_on: FailOn,
    fail_on_skipped: FailOnSkipped,
    coverage: Coverage,
    jobs: Option<NonZeroUsize>,
    policy_changes: PolicyChanges,
}

impl Request {
    pub(super) fn new(args: ScanArgs) -> anyhow::Result<Request> {
        let input = Input::new(&args)?;
        let configured = args.check.config.clone().choice(input.place());
        let jobs = args.check.jobs;
        let mut choices = Choices { baseline: args.baseline.file(), ..args.check.choices() };
        let configured = args.trust.choose(&input.place(), configured, &mut choices)?;
        let policy_changes = match args.trust.policy_from {
            Some(_) => PolicyChanges::Report,
            None => PolicyChanges::Ignore,
        };
        let as_configured = choices.is_as_configured();
        let session = Session::open(input.place(), &configured, choices).map_err(of_session)?;
        let coverage = match as_configured && input.covers(session.config()) {
            true => Coverage::Project,
            false => Coverage::Part,
        };
        let fail_on = match args.fail.exit_zero {
            true => FailOn::Never,
            false => args.fail.fail_on.or(session.config().fail_on).unwrap_or_default(),
        };
        let fail_on_skipped =
            args.fail.fail_on_skipped.or(session.config().fail_on_skipped).unwrap_or_default();
        let cache = args.cache.directory();
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
        let mut is_all_excluded = false;
        let (mut report, sources) = match &self.input {
            Input::Paths { .. } | Input::Change { .. } => {
                let walked = self.input.files(self.session.walk_settings())?;
                let files = walked.files.clone();
                is_all_excluded = walked.is_all_excluded;
                (self.scan_files(&mut scanner, walked, common)?, Sources::Files(files))
            }
            Input::Stdin { name, language } => {
                let (text, problem) = match walk::inspect(standard_input()?) {
                    Inspected::Text(text) => (text, None),
                    Inspected::NotText(problem) => (Vec::new(), Some(problem.note(&slashed(name)))),
                };
                let source = SourceFile::new(slashed(name), *language, text);
                let report = match problem {
                    None => self.scan_text(&scanner, name, &source),
                    Some(note) => {
                        let walked = Walked { notes: vec![note], ..Walked::default() };
                        self.scan_files(&mut scanner, walked, common)?
                    }
                };
                (report, Sources::Text(Box::new(source)))
            }
        };
        self.session.check_side_files().map_err(of_session)?;
        report.notes.extend(self.input.nothing_checked(&report, is_all_excluded));
        report.count_notes();
        if self.fails_on_skipped() {
            report.fail_left_out(SKIPPED_REMEDY);
        }
        Ok(Scanned { report, scanner, sources })
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
            FailOnSkipped::Change => matches!(self.input, Input::Change { .. }),
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
        let outbound = |file: &WalkedFile, source: &SourceFile| {
            self.session.licenses().of_text(&file.location, source.text())
        };
        if let Some(directory) = self.cache_for(&walked) {
            let secret = cache_key();
            scanner.open_cache(directory, self.session.place(), secret.as_deref());
        }
        let mut report =
            threads.install(|| scanner.run(walked, &outbound, &|tick| progress.done(tick.lines)));
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

fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
