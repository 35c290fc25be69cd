//! The server: its documents, and what is done next.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Instant;

use lsp_server::{ErrorCode, RequestId};

use super::answers::Status;
use super::client::Client;
use super::document::{Document, NO_DIGEST, Progress};
use super::found::Checked;
use super::outbox::{Outbox, Weight};
use super::settings::{Checking, DEFAULT_DEBOUNCE, Settings};
use super::worker::{Answer, Errand, Finish, Job, Outcome, Project, Snapshot, Worker};
use super::workspace::Sweep;
use super::{Ending, Event, Start};
use crate::project::config::ConfigChoice;
use crate::session::{Choices, Freshness, Place, Projects};

/// The server.
pub(super) struct Server {
    pub(super) configured: ConfigChoice,
    pub(super) choices: Choices,
    pub(super) events: SyncSender<Event>,
    pub(super) out: Outbox,
    pub(super) stage: Stage,
    pub(super) client: Client,
    /// The folders that are open.
    pub(super) folders: Vec<PathBuf>,
    /// The documents that are open, by URI.
    pub(super) documents: HashMap<String, Document>,
    /// Settings and projects, by folder.
    pub(super) projects: HashMap<PathBuf, Held>,
    /// What was found in files that are not open, by URI, by the last look at the whole workspace.
    pub(super) closed: HashMap<String, Checked>,
    /// The look at the whole workspace that is under way.
    pub(super) sweep: Option<Sweep>,
    /// What was asked of the client.
    pub(super) asked: HashMap<RequestId, Asked>,
    /// What is to be done before anything is checked.
    pub(super) errands: VecDeque<Job>,
    /// Counts editions of diagnostics.
    pub(super) editions: u64,
    /// What the user was told of last, so as not to be told again.
    pub(super) told: HashMap<PathBuf, String>,
    /// What the client was told last of what the server is about.
    pub(super) status: Status,
    pub(super) watch: Option<Arc<()>>,
    /// The projects that the worker keeps open.
    pub(super) open: Arc<Projects>,
    worker: Worker,
    work: Work,
}

/// How far the conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It has not begun.
    Before,
    /// It goes on.
    Open,
    /// The client has said that it will end.
    Closing,
}

/// A folder's settings, and its project as they want it.
pub(crate) struct Held {
    /// The settings.
    pub settings: Settings,
    /// The project.
    pub project: Arc<Project>,
}

/// What was asked of the client.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// The settings of these folders; of all together if there is none.
    Settings(Vec<PathBuf>),
    /// To edit a document, because of a request; what is left to do then.
    Edit {
        /// The request.
        request: RequestId,
        /// The document.
        uri: String,
        /// What is left to do.
        finish: Box<Finish>,
    },
    /// Something whose answer does not matter.
    Nothing,
}

/// Whether the worker has something to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Idle,
    Busy,
}

impl Server {
    /// A server that has not heard anything yet.
    ///
    /// # Errors
    /// If no thread can be started.
    pub(super) fn new(
        start: Start,
        events: SyncSender<Event>,
        output: impl Write + Send + 'static,
    ) -> io::Result<Server> {
        let Start { configured, choices, journal } = start;
        let open = Arc::new(Projects::default());
        Ok(Server {
            configured,
            choices,
            worker: Worker::start(events.clone(), Arc::clone(&open), journal)?,
            open,
            events,
            out: Outbox::open(output)?,
            stage: Stage::Before,
            client: Client::default(),
            folders: Vec::new(),
            documents: HashMap::new(),
            projects: HashMap::new(),
            closed: HashMap::new(),
            sweep: None,
            asked: HashMap::new(),
            errands: VecDeque::new(),
            editions: 0,
            told: HashMap::new(),
            status: Status::default(),
            watch: None,
            work: Work::Idle,
        })
    }

    /// Serves until the client ends.
    pub(super) fn run(mut self, events: &Receiver<Event>) -> Ending {
        let ending = loop {
            if self.out.is_broken() {
                break Ending::Deserted;
            }
            self.hand_out();
            if self.stage == Stage::Open {
                self.tell_status();
            }
            let Some(event) = self.next(events) else { continue };
            if let Some(ending) = self.take(event) {
                break ending;
            }
        };
        self.out.close();
        ending
    }

    /// The next event; `None` if a document is due before there is one.
    fn next(&self, events: &Receiver<Event>) -> Option<Event> {
        let due = match self.work {
            Work::Idle => self.documents.values().filter_map(|document| document.due).min(),
            // Its end is an event.
            Work::Busy => None,
        };
        let received = match due {
            Some(due) => events.recv_timeout(due.saturating_duration_since(Instant::now())),
            None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match received {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Event::Ended(Ok(()))),
        }
    }

    fn take(&mut self, event: Event) -> Option<Ending> {
        match event {
            Event::Received(message) => return self.hear(message),
            Event::Unreadable(unreadable) => {
                if unreadable.skipped {
                    self.forget_texts();
                }
                self.out.refuse_unreadable(unreadable);
            }
            Event::Ended(Ok(())) | Event::Orphaned => return Some(Ending::Deserted),
            Event::Ended(Err(error)) => return Some(Ending::Unreadable(error)),
            Event::Swept(step) => self.sweep_step(step),
            Event::Done(outcome) => {
                self.work = Work::Idle;
                self.settle(*outcome);
            }
        }
        None
    }

    /// Gives the worker something to do, if it has nothing and there is something: what was asked
    /// for first, then the document that has been due for longest.
    fn hand_out(&mut self) {
        if self.work == Work::Busy || self.stage != Stage::Open {
            return;
        }
        if let Some(job) = self.errands.pop_front() {
            self.work = Work::Busy;
            return self.worker.give(job);
        }
        while let Some(uri) = self.due_document() {
            if let Some(job) = self.check(&uri) {
                self.work = Work::Busy;
                return self.worker.give(job);
            }
        }
    }

    fn due_document(&self) -> Option<String> {
        let now = Instant::now();
        let due =
            self.documents.values().filter(|document| document.due.is_some_and(|due| due <= now));
        due.min_by_key(|document| document.due).map(|document| document.uri.clone())
    }

    /// The check of a document that is due; `None` if its text was checked before, or cannot be.
    fn check(&mut self, uri: &str) -> Option<Job> {
        let folder = self.documents.get(uri)?.folder.clone();
        let checking = self.folder_state(&folder).settings.checking;
        let document = self.documents.get_mut(uri)?;
        document.due = None;
        let text = document.text.as_ref().filter(|_| checking == Checking::On);
        let digest = text.map(|text| blake3::hash(text.as_str().as_bytes()));
        let known = document.known.as_ref().map(|known| known.digest);
        match digest {
            Some(digest) if known != Some(digest) => {
                document.progress = Progress::Checking;
                return self.job(uri, Errand::Check, None);
            }
            Some(_) => self.deliver(uri),
            None => self.publish(uri, Checked::default(), NO_DIGEST),
        }
        None
    }

    /// Something to do about a document whose text is known.
    pub(super) fn job(
        &mut self,
        uri: &str,
        errand: Errand,
        request: Option<RequestId>,
    ) -> Option<Job> {
        let folder = self.documents.get(uri)?.folder.clone();
        let project = Arc::clone(&self.folder_state(&folder).project);
        let document = self.documents.get(uri)?;
        let text = Snapshot {
            uri: uri.to_owned(),
            path: document.path.clone(),
            language: document.language,
            version: document.version,
            text: document.text.as_ref()?.as_str().to_owned(),
            encoding: self.client.encoding,
        };
        Some(Job { errand, request, text, project })
    }

    /// The settings and the project of a folder.
    pub(super) fn folder_state(&mut self, folder: &Path) -> &Held {
        if !self.projects.contains_key(folder) {
            let settings = self.default_settings(folder);
            self.hold(folder, settings);
        }
        &self.projects[folder]
    }

    /// Settings of a folder of which the client says nothing.
    pub(super) fn default_settings(&self, folder: &Path) -> Settings {
        let settings = Settings::new(self.choices.clone(), DEFAULT_DEBOUNCE);
        settings.with(&self.client.options, folder).0
    }

    /// Gives a folder settings, which make its project another one.
    pub(super) fn hold(&mut self, folder: &Path, settings: Settings) {
        let (directory, configured) = (folder.to_owned(), self.configured.clone());
        let place = Place { directory, configured, choices: settings.choices.clone() }.at(folder);
        let project = Arc::new(Project { place, logging: settings.logging });
        self.projects.insert(folder.to_owned(), Held { settings, project });
    }

    /// Takes up what the worker has done.
    fn settle(&mut self, outcome: Outcome) {
        let folder = outcome.project.place.directory.clone();
        if outcome.freshness == Freshness::Changed {
            self.look_again(Some(&folder), Some(&outcome.uri));
        }
        // What was found with a project that is another one by now has to be looked for again.
        let is_current = self
            .projects
            .get(&folder)
            .is_some_and(|held| Arc::ptr_eq(&held.project, &outcome.project));
        let digest = if is_current { outcome.digest } else { NO_DIGEST };
        if matches!(outcome.errand, Errand::Check)
            && let Some(document) = self.documents.get_mut(&outcome.uri)
        {
            document.progress = Progress::Resting;
        }
        match (outcome.answer, outcome.request) {
            (Ok(Answer::Checked(checked)), _) => {
                self.told.remove(&folder);
                let document = self.documents.get(&outcome.uri);
                // Nothing is published about an older text: the newer one is due to be checked.
                if document.is_some_and(|document| document.version == outcome.version) {
                    self.publish(&outcome.uri, checked, digest);
                }
            }
            (Ok(answer), Some(request)) => {
                self.finish(request, &outcome.uri, outcome.version, answer)
            }
            (Ok(_), None) => {}
            (Err(reason), Some(request)) => {
                self.out.refuse(request, ErrorCode::RequestFailed, reason)
            }
            (Err(reason), None) => {
                self.complain(&folder, &reason);
                self.publish(&outcome.uri, Checked::default(), NO_DIGEST);
            }
        }
    }

    /// Tells the user once that something of a folder does not work.
    fn complain(&mut self, folder: &Path, reason: &str) {
        if self.told.insert(folder.to_owned(), reason.to_owned()).as_deref() != Some(reason) {
            self.out.show(Weight::Error, &format!("birthmark: {reason}"));
        }
    }

    /// Checks documents again, of one folder or of all, but for the one that was just checked.
    pub(super) fn look_again(&mut self, folder: Option<&Path>, except: Option<&str>) {
        let now = Instant::now();
        for document in self.documents.values_mut() {
            if folder.is_none_or(|folder| document.folder == folder)
                && except != Some(&document.uri)
            {
                document.look_again(now);
            }
        }
        if self.documents.len() > usize::from(except.is_some()) {
            self.tell_of_change();
        }
    }
}
