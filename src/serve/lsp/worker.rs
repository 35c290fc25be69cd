//! The thread that checks. It does one job after the other, so that what is no longer wanted is
//! dropped before it begins.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;

use gen_lsp_types::TextEdit;
use lsp_server::RequestId;

use super::edits;
use super::found::Checked;
use super::settings::Logging;
use super::text::Encoding;
use crate::decisions::acceptance::{Accepted, Decider};
use crate::decisions::attribution::Edit;
use crate::judgement::finding::{Note, NoteKind, Reference, Report};
use crate::project::git::Git;
use crate::project::walk::Review;
use crate::report::card::{self, Style};
use crate::session::actions::{self, ToAccept};
use crate::session::journal::{Event, Journal};
use crate::session::{Checker, Freshness, Place, Projects};
use crate::text::language::Language;
use crate::text::source::SourceFile;
use crate::text::token::{self, Tokenizer};

/// Something to do about one document.
pub(crate) struct Job {
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
#[derive(Clone, Debug)]
pub(crate) enum Errand {
    /// Find what it resembles.
    Check,
    /// Explain a reference.
    Explain {
        /// Its id.
        id: String,
    },
    /// Accept it as it is.
    Accept {
        /// Its id.
        id: String,
        /// Why.
        reason: String,
    },
    /// Plan how it is declared.
    Attribute {
        /// Its id.
        id: String,
    },
    /// Plan a comment that silences it.
    Suppress {
        /// Its id.
        id: String,
        /// Why.
        reason: String,
    },
    /// Do what is left to do once an edit was applied.
    Finish(Box<Finish>),
}

/// What is left to do once an edit was applied.
#[derive(Clone, Debug)]
pub(crate) struct Finish {
    /// Files to write.
    pub files: Vec<Edit>,
    /// What happened.
    pub event: Event,
    /// Why, if somebody said so.
    pub reason: Option<String>,
    /// To what.
    pub references: Vec<Reference>,
    /// What to tell the user.
    pub message: String,
}

/// An edit that is planned.
pub(crate) struct Planned {
    /// What it is called.
    pub label: String,
    /// The edits of the document.
    pub edits: Vec<TextEdit>,
    /// What is left to do then.
    pub finish: Finish,
}

/// A document at one moment.
pub(crate) struct Snapshot {
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
pub(super) struct Project {
    /// Where it is and what is chosen for it.
    pub place: Place,
    /// Whether what is found is written to the journal.
    pub logging: Logging,
}

/// What became of a job.
pub(crate) struct Outcome {
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
pub(super) enum Answer {
    /// What was found.
    Checked(Checked),
    /// An explanation.
    Explained {
        /// For clients that show it.
        markdown: String,
        /// For others.
        plain: String,
    },
    /// It is done; what there is to tell of it.
    Done(String),
    /// An edit is planned.
    Planned(Planned),
}

/// A thread that checks.
pub(crate) struct Worker {
    jobs: Sender<Job>,
}

impl Worker {
    /// Starts it. What becomes of jobs is told as events.
    ///
    /// # Errors
    /// If no thread can be started.
    pub(super) fn start(
        events: SyncSender<super::Event>,
        projects: Arc<Projects>,
        journal: Journal,
    ) -> io::Result<Worker> {
        let journal = Arc::new(journal);
        let (jobs, received) = mpsc::channel::<Job>();
        let mut hand = Hand::start(Arc::clone(&projects), Arc::clone(&journal))?;
        thread::Builder::new().name("lsp worker".to_owned()).spawn(move || {
            for job in received {
                let unanswered = job.outcome(Err(too_long()));
                let outcome = hand.run_job(job).unwrap_or_else(|| {
                    // Where no thread can be had the next job fails as this one does.
                    if let Ok(other) = Hand::start(Arc::clone(&projects), Arc::clone(&journal)) {
                        hand = other;
                    }
                    unanswered
                });
                if events.send(super::Event::Done(Box::new(outcome))).is_err() {
                    return;
                }
            }
        })?;
        Ok(Worker { jobs })
    }

    /// Gives it a job.
    pub(crate) fn give(&self, job: Job) {
        // It ends when this does, and not before: its jobs are guarded.
        self.jobs.send(job).unwrap_or(());
    }
}

/// A thread that does jobs and can be given up.
struct Hand {
    jobs: Sender<Job>,
    outcomes: Receiver<Outcome>,
}

impl Hand {
    fn start(projects: Arc<Projects>, journal: Arc<Journal>) -> io::Result<Hand> {
        let (jobs, received) = mpsc::channel::<Job>();
        let (sender, outcomes) = mpsc::channel();
        thread::Builder::new().name("lsp hand".to_owned()).spawn(move || {
            let mut bench = Bench { projects, tokenizer: Tokenizer::new(), journal };
            for job in received {
                // Nobody listens any more once it was given up.
                if sender.send(bench.run_job(job)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Hand { jobs, outcomes })
    }

    /// Has a job done; `None` if that takes too long.
    fn run_job(&self, job: Job) -> Option<Outcome> {
        self.jobs.send(job).ok()?;
        self.outcomes.recv_timeout(token::patience_of_answers()).ok()
    }
}

fn too_long() -> String {
    let seconds = token::patience_of_answers().as_secs();
    format!("this file was not checked within {seconds} s and is given up; please report it")
}

impl Job {
    /// What became of it.
    fn outcome(&self, answer: Result<Answer, String>) -> Outcome {
        Outcome {
            errand: self.errand.clone(),
            request: self.request.clone(),
            uri: self.text.uri.clone(),
            version: self.text.version,
            digest: blake3::hash(self.text.text.as_bytes()),
            project: Arc::clone(&self.project),
            answer,
            freshness: Freshness::Fresh,
        }
    }
}

/// What the thread works with.
struct Bench {
    projects: Arc<Projects>,
    tokenizer: Tokenizer,
    journal: Arc<Journal>,
}

impl Bench {
    fn run_job(&mut self, job: Job) -> Outcome {
        let unanswered = job.outcome(Err(String::new()));
        let mut freshness = Freshness::Fresh;
        let tried = catch_unwind(AssertUnwindSafe(|| self.answer(job, &mut freshness)));
        let answer = tried.unwrap_or_else(|_| {
            // The panic may have left the old one in the middle of a text.
            self.tokenizer = Tokenizer::new();
            Err("birthmark failed on this file; please report it".to_owned())
        });
        Outcome { answer, freshness, ..unanswered }
    }

    fn answer(&mut self, job: Job, freshness: &mut Freshness) -> Result<Answer, String> {
        let opened =
            self.projects.open(&job.project.place).map_err(|error| describe_error(&error))?;
        let checker = opened.0;
        *freshness = opened.1;
        match job.errand {
            Errand::Check => {
                Ok(Answer::Checked(self.check(&checker, job.text, job.project.logging)))
            }
            Errand::Explain { id } => self.explain(&checker, &job.text, &id),
            Errand::Accept { id, reason } => {
                self.accept(&checker, &job.text, &id, &reason, job.project.logging)
            }
            Errand::Attribute { id } => self.attribute(&checker, &job.text, &id),
            Errand::Suppress { id, reason } => self.suppress(&checker, &job.text, &id, &reason),
            Errand::Finish(finish) => self.finish(&checker, *finish, job.project.logging),
        }
    }

    fn check(&mut self, checker: &Checker, text: Snapshot, logging: Logging) -> Checked {
        match source(checker, &text) {
            Ok(source) => {
                let report = checker.check(&mut self.tokenizer, &source, &Review::Whole);
                let noted = self.note(checker, logging, Event::Suggested, None, &report.references);
                let mut checked = Checked::of(report, &source, &text.uri, text.encoding);
                checked.notes.extend(noted);
                checked
            }
            Err(note) => Checked { notes: vec![note], ..Checked::default() },
        }
    }

    fn explain(&mut self, checker: &Checker, text: &Snapshot, id: &str) -> Result<Answer, String> {
        let looked = self.look(checker, text, id)?;
        let explanations = checker
            .explain(&looked.source, &looked.references_by_id())
            .map_err(|error| describe_error(&error))?;
        let drawn = |style| {
            let cards: Vec<String> =
                explanations.iter().map(|it| card::explanation_card(it, style)).collect();
            cards.join("\n")
        };
        Ok(Answer::Explained { markdown: drawn(Style::Markdown), plain: drawn(Style::Plain) })
    }

    fn accept(
        &mut self,
        checker: &Checker,
        text: &Snapshot,
        id: &str,
        reason: &str,
        logging: Logging,
    ) -> Result<Answer, String> {
        let looked = self.look(checker, text, id)?;
        let Some(mut log) = checker.session().log().cloned() else {
            return Err(
                "without a configuration no decisions are honoured, so none is written".to_owned()
            );
        };
        let git = Git::at(checker.session().place()).map_err(|error| describe_error(&error))?;
        let mut decider = Decider::new(git, reason);
        let mut said = Vec::new();
        let to_accept = ToAccept {
            report: &looked.report,
            references: &looked.references_by_id(),
            // Only this document was looked at: the same code in another file is not noted.
            everywhere: &looked.report.references,
        };
        let accepted = actions::accept(to_accept, &mut log, &mut decider);
        for (reference, accepted) in accepted.map_err(|error| describe_error(&error))? {
            match accepted {
                Accepted::Now { file, .. } => {
                    self.note(checker, logging, Event::Accepted, Some(reason), [reference]);
                    said.push(format!("accepted {id}; wrote {file}"));
                }
                Accepted::Before(known) => {
                    said.push(format!("{id} was accepted by {} on {}", known.by, known.at))
                }
                Accepted::NothingToAccept => said.push(format!("{id} raises no finding")),
            }
        }
        Ok(Answer::Done(said.join("; ")))
    }

    fn attribute(
        &mut self,
        checker: &Checker,
        text: &Snapshot,
        id: &str,
    ) -> Result<Answer, String> {
        let looked = self.look(checker, text, id)?;
        let references = looked.references_by_id();
        let (edits, files) =
            edits::attribution(checker, &looked.source, text.encoding, &references)?;
        let origin = references[0].owners.first().map_or("its origin", |owner| owner.purl.as_str());
        let written: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let wrote = if written.is_empty() {
            String::new()
        } else {
            format!("; wrote {}", written.join(", "))
        };
        let message = format!("declared {id} as code of {origin}{wrote}");
        let references = references.into_iter().cloned().collect();
        let finish = Finish { files, event: Event::Attributed, reason: None, references, message };
        Ok(Answer::Planned(Planned {
            label: format!("Declare as code of {origin}"),
            edits,
            finish,
        }))
    }

    fn suppress(
        &mut self,
        checker: &Checker,
        text: &Snapshot,
        id: &str,
        reason: &str,
    ) -> Result<Answer, String> {
        let looked = self.look(checker, text, id)?;
        let about = |reference: &&Reference| {
            looked.report.findings.iter().find(|it| it.is_about(reference))
        };
        let Some((reference, finding)) =
            looked.references_by_id().into_iter().find_map(|it| Some((it, about(&it)?)))
        else {
            return Err(format!("{id} raises no finding"));
        };
        let edits = edits::suppression(
            checker,
            &mut self.tokenizer,
            &looked.source,
            text.encoding,
            (finding, reason),
        )?;
        let finish = Finish {
            files: Vec::new(),
            event: Event::Suppressed,
            reason: Some(reason.to_owned()),
            references: vec![reference.clone()],
            message: format!("suppressed {id}"),
        };
        Ok(Answer::Planned(Planned {
            label: format!("Suppress {}", finding.rule.code()),
            edits,
            finish,
        }))
    }

    fn finish(
        &mut self,
        checker: &Checker,
        finish: Finish,
        logging: Logging,
    ) -> Result<Answer, String> {
        actions::write(&finish.files).map_err(|error| error.to_string())?;
        self.note(checker, logging, finish.event, finish.reason.as_deref(), &finish.references);
        Ok(Answer::Done(finish.message))
    }

    /// Notes something in the journal; what went wrong with that, if anything did.
    fn note<'r>(
        &self,
        checker: &Checker,
        logging: Logging,
        event: Event,
        reason: Option<&str>,
        references: impl IntoIterator<Item = &'r Reference>,
    ) -> Option<Note> {
        if logging == Logging::Off {
            return None;
        }
        let noted = self.journal.note(checker.session(), event, reason, references);
        let error = noted.err()?;
        Some(Note { path: None, kind: NoteKind::Failed, message: error.to_string() })
    }

    /// Looks for a reference in a text as it stands now.
    fn look(&mut self, checker: &Checker, text: &Snapshot, id: &str) -> Result<Looked, String> {
        let source = source(checker, text).map_err(|note| note.message)?;
        let report = checker.check(&mut self.tokenizer, &source, &Review::Whole);
        let looked = Looked { source, report, id: id.to_owned() };
        if looked.references_by_id().is_empty() {
            Err(format!("there is no match {id} in {}", text.path))
        } else {
            Ok(looked)
        }
    }
}

/// A text in which a reference was found.
struct Looked {
    source: SourceFile,
    report: Report,
    id: String,
}

impl Looked {
    /// The reference, at each place it has.
    fn references_by_id(&self) -> Vec<&Reference> {
        self.report.references.iter().filter(|reference| reference.id == self.id).collect()
    }
}

/// The text as something to check.
///
/// # Errors
/// The note that says why it is not checked.
fn source(checker: &Checker, text: &Snapshot) -> Result<SourceFile, Note> {
    let bytes = text.text.clone().into_bytes();
    let admitted = checker.session().admit(&text.path, text.language, bytes);
    admitted.map_err(|refusal| refusal.note(&text.path))
}

/// An error with its causes, on one line.
pub(super) fn describe_error(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        told.push_str(&format!(": {error}"));
        cause = error.source();
    }
    told
}
