//! The thread that checks. It does one job after the other, so that what is no longer wanted is dropped before it begins.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender, SyncSender};
use std::thread;

use lsp_server::RequestId;

use super::Event;
use super::found::Checked;
use super::text::Encoding;
use crate::finding::{Note, NoteKind};
use crate::language::Language;
use crate::session::{Checker, Place};
use crate::source::SourceFile;
use crate::token::Tokenizer;
use crate::walk::{self, DEFAULT_SIZE_LIMIT, Inspected, Review};

/// Projects that are kept open though nothing of them was asked lately.
const MAX_PROJECTS: usize = 16;

/// Something to do about one document.
pub struct Job {
    /// What.
    pub errand: Errand,
    /// Who waits for it.
    pub request: Option<RequestId>,
    /// The document as it stands.
    pub text: Snapshot,
    /// Its project.
    pub project: Arc<Project>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Find what it resembles.
    Check,
}

/// A document at one moment.
pub struct Snapshot {
    /// Its name.
    pub uri: String,
    /// The path under which it is checked.
    pub path: String,
    /// Its language.
    pub language: Language,
    /// Which of its texts this is.
    pub version: i32,
    /// The text.
    pub text: String,
    /// How places in it are written.
    pub encoding: Encoding,
}

/// A project as somebody wants it to be opened.
pub struct Project {
    /// Where it is and what is chosen for it.
    pub place: Place,
}

/// What became of a job.
pub struct Outcome {
    /// What was to be done.
    pub errand: Errand,
    /// Who waits for it.
    pub request: Option<RequestId>,
    /// The document.
    pub uri: String,
    /// Which of its texts was looked at.
    pub version: i32,
    /// The digest of that text.
    pub digest: blake3::Hash,
    /// Its project.
    pub project: Arc<Project>,
    /// What there is to say, or why it could not be done.
    pub answer: Result<Answer, String>,
    /// Whether the project had changed since it was opened.
    pub freshness: Freshness,
}

/// What there is to say.
pub enum Answer {
    /// What was found.
    Checked(Checked),
}

/// Whether a project had changed since it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It had not.
    Fresh,
    /// It had, and was opened anew.
    Reopened,
}

/// A thread that checks.
pub struct Worker {
    jobs: Sender<Job>,
}

impl Worker {
    /// Starts it. What becomes of jobs is told as events.
    pub fn start(events: SyncSender<Event>) -> Worker {
        let (jobs, received) = mpsc::channel::<Job>();
        thread::spawn(move || {
            let mut bench = Bench { projects: Vec::new(), tokenizer: Tokenizer::new() };
            for job in received {
                if events.send(Event::Done(Box::new(bench.done(job)))).is_err() {
                    return;
                }
            }
        });
        Worker { jobs }
    }

    /// Gives it a job.
    pub fn give(&self, job: Job) {
        // It ends when this does, and not before: its jobs are guarded.
        self.jobs.send(job).unwrap_or(());
    }
}

/// What the thread works with.
struct Bench {
    /// The projects that are open, those asked last at the end.
    projects: Vec<(Arc<Project>, Arc<Checker>)>,
    tokenizer: Tokenizer,
}

impl Bench {
    fn done(&mut self, job: Job) -> Outcome {
        let project = Arc::clone(&job.project);
        let (errand, request, uri) = (job.errand.clone(), job.request.clone(), job.text.uri.clone());
        let (version, digest) = (job.text.version, blake3::hash(job.text.text.as_bytes()));
        let mut freshness = Freshness::Fresh;
        let tried = catch_unwind(AssertUnwindSafe(|| self.answer(job, &mut freshness)));
        let answer = tried.unwrap_or_else(|_| {
            self.tokenizer = Tokenizer::new();
            Err("birthmark failed on this file; please report it".to_owned())
        });
        Outcome { errand, request, uri, version, digest, project, answer, freshness }
    }

    fn answer(&mut self, job: Job, freshness: &mut Freshness) -> Result<Answer, String> {
        let checker = self.checker(&job.project, freshness)?;
        match job.errand {
            Errand::Check => Ok(Answer::Checked(self.checked(&checker, job.text))),
        }
    }

    /// The project, opened if it is not open yet, or no longer as it was.
    fn checker(&mut self, project: &Arc<Project>, freshness: &mut Freshness) -> Result<Arc<Checker>, String> {
        let known = self.projects.iter().position(|(known, _)| Arc::ptr_eq(known, project));
        if let Some(at) = known {
            let entry = self.projects.remove(at);
            if !entry.1.is_outdated() {
                let checker = Arc::clone(&entry.1);
                self.projects.push(entry);
                return Ok(checker);
            }
            *freshness = Freshness::Reopened;
        }
        let directory = &project.place.directory;
        self.projects.retain(|(known, _)| known.place.directory != *directory);
        let checker = Arc::new(project.place.open().map_err(|error| told(&error))?);
        if self.projects.len() == MAX_PROJECTS {
            self.projects.remove(0);
        }
        self.projects.push((Arc::clone(project), Arc::clone(&checker)));
        Ok(checker)
    }

    fn checked(&mut self, checker: &Checker, text: Snapshot) -> Checked {
        match source(checker, &text) {
            Ok(source) => {
                let report = checker.check(&mut self.tokenizer, &source, &Review::Whole);
                Checked::of(report, &source, &text.uri, text.encoding)
            }
            Err(note) => Checked { notes: vec![note], ..Checked::default() },
        }
    }
}

/// The text as something to check.
///
/// # Errors
/// The note that says why it is not checked.
fn source(checker: &Checker, text: &Snapshot) -> Result<SourceFile, Note> {
    let skipped = |why: String| Note {
        path: Some(text.path.clone()),
        kind: NoteKind::Skipped,
        message: format!("not checked: {why}"),
    };
    if walk::is_excluded(Path::new(&text.path), &checker.session().walk_settings()) {
        return Err(skipped("excluded by the configuration".to_owned()));
    }
    if text.text.len() as u64 > DEFAULT_SIZE_LIMIT {
        return Err(skipped(format!(
            "{} bytes are more than the limit of {DEFAULT_SIZE_LIMIT}",
            text.text.len()
        )));
    }
    let bytes = text.text.clone().into_bytes();
    match walk::inspect(bytes) {
        Inspected::Text(bytes) => Ok(SourceFile::new(text.path.clone(), text.language, bytes)),
        Inspected::NotText(reason) => Err(reason.note(&text.path)),
    }
}

/// An error with its causes, on one line.
pub fn told(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        told.push_str(&format!(": {error}"));
        cause = error.source();
    }
    told
}
