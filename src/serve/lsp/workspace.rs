//! A look at all files of all folders, open or not, beside everything else.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use lsp_server::{ErrorCode, RequestId};
use serde_json::{Value, json};

use super::client::Delivery;
use super::found::Checked;
use super::server::{Asked, Server};
use super::text::Encoding;
use super::worker::{Project, describe_error};
use super::{Event, uri};
use crate::judgement::finding::{Finding, Reference, Report, Severity, Summary};
use crate::project::walk::{self, MAX_SCANNED_BYTES, WalkedFile};
use crate::report::words::count;
use crate::text::source::SourceFile;

/// How often progress is told.
const INTERVAL: Duration = Duration::from_millis(100);

/// A look at the whole workspace that is under way.
pub(crate) struct Sweep {
    request: RequestId,
    token: Option<Value>,
    wanted: Arc<AtomicBool>,
}

/// How far it is.
pub(super) enum Step {
    /// So many files of so many.
    Far(usize, usize),
    /// At its end.
    Done(Result<Swept, String>),
}

/// What was found.
#[derive(Default)]
pub(crate) struct Swept {
    /// By URI, where anything was found.
    found: HashMap<String, Checked>,
    files: u64,
    failed: u64,
    matches: u64,
    findings: [u64; 3],
}

/// What looks.
struct Look {
    projects: Vec<Arc<Project>>,
    encoding: Encoding,
    wanted: Arc<AtomicBool>,
    tell: Box<dyn Fn(Step) + Send + Sync>,
}

impl Sweep {
    /// Has it end early.
    pub(crate) fn stop(&self) {
        self.wanted.store(false, Ordering::Relaxed);
    }

    /// Ends it; who waits for it.
    pub(crate) fn give_up(self) -> RequestId {
        self.stop();
        self.request
    }
}

impl Server {
    pub(super) fn scan_workspace(&mut self, request: RequestId, token: Option<Value>) {
        if self.sweep.is_some() {
            let reason = "the workspace is being checked already";
            return self.out.refuse(request, ErrorCode::RequestFailed, reason);
        }
        let folders = self.folders_in_use();
        let projects =
            folders.iter().map(|folder| Arc::clone(&self.folder_state(folder).project)).collect();
        let events = self.events.clone();
        let wanted = Arc::new(AtomicBool::new(true));
        let look = Look {
            projects,
            encoding: self.client.encoding,
            wanted: Arc::clone(&wanted),
            tell: Box::new(move |step| events.send(Event::Swept(step)).unwrap_or(())),
        };
        if let Err(error) =
            thread::Builder::new().name("lsp sweep".to_owned()).spawn(move || look.run())
        {
            let reason = format!("no thread can be started: {error}");
            return self.out.refuse(request, ErrorCode::RequestFailed, reason);
        }
        let token = token.or_else(|| self.token(&request));
        self.sweep = Some(Sweep { request, token, wanted });
        self.progress(
            json!({ "kind": "begin", "title": "birthmark", "cancellable": true, "percentage": 0 }),
        );
    }

    /// A token of our own, for a client that shows progress.
    fn token(&mut self, request: &RequestId) -> Option<Value> {
        if !self.client.shows_progress {
            return None;
        }
        let token = json!(format!("birthmark-{request}"));
        let id = self.out.ask("window/workDoneProgress/create", json!({ "token": token }));
        self.asked.insert(id, Asked::Nothing);
        Some(token)
    }

    fn progress(&mut self, value: Value) {
        let token = self.sweep.as_ref().and_then(|sweep| sweep.token.clone());
        if let Some(token) = token {
            self.out.notify("$/progress", json!({ "token": token, "value": value }));
        }
    }

    /// The sweep that a request began.
    pub(super) fn sweep_of(&self, request: &RequestId) -> Option<&Sweep> {
        self.sweep.as_ref().filter(|sweep| sweep.request == *request)
    }

    pub(super) fn cancel_sweep(&mut self, token: Option<&Value>) {
        let sweep = self.sweep.as_ref().filter(|sweep| sweep.token.as_ref() == token);
        sweep.into_iter().for_each(Sweep::stop);
    }

    pub(super) fn sweep_step(&mut self, step: Step) {
        match step {
            Step::Far(done, of) => {
                let message = format!("{done} of {}", count(of as u64, "file"));
                let percentage = (100 * done).checked_div(of).unwrap_or(100);
                self.progress(
                    json!({ "kind": "report", "message": message, "percentage": percentage }),
                );
            }
            Step::Done(result) => self.take_sweep(result),
        }
    }

    fn take_sweep(&mut self, result: Result<Swept, String>) {
        let message = result.as_ref().map_or_else(String::clone, Swept::message);
        self.progress(json!({ "kind": "end", "message": message }));
        let Some(Sweep { request, wanted, .. }) = self.sweep.take() else { return };
        match result {
            _ if !wanted.load(Ordering::Relaxed) => {
                self.out.refuse(request, ErrorCode::RequestCanceled, "cancelled");
            }
            Ok(swept) => {
                self.out.answer(request, swept.summary());
                self.take_up(swept.found);
            }
            Err(reason) => self.out.refuse(request, ErrorCode::RequestFailed, reason),
        }
    }

    /// Takes up what was found in files that are not open. Where diagnostics are asked for, nobody
    /// asks for theirs: then they are among the references only.
    fn take_up(&mut self, mut found: HashMap<String, Checked>) {
        found.retain(|uri, _| !self.documents.contains_key(uri));
        if self.client.diagnostics == Delivery::Push {
            let gone = self.closed.keys().filter(|uri| !found.contains_key(*uri));
            let gone: Vec<(String, Value)> = gone.map(|uri| (uri.clone(), json!([]))).collect();
            let here = found.iter().map(|(uri, checked)| (uri.clone(), json!(checked.diagnostics)));
            for (uri, diagnostics) in here.chain(gone) {
                let params = json!({ "uri": uri, "diagnostics": diagnostics });
                self.out.notify("textDocument/publishDiagnostics", params);
            }
        }
        self.closed = found;
    }
}

impl Look {
    fn run(self) {
        let looked = catch_unwind(AssertUnwindSafe(|| self.run_sweep()));
        let failed = || Err("birthmark failed on this workspace; please report it".to_owned());
        (self.tell)(Step::Done(looked.unwrap_or_else(|_| failed())));
    }

    fn run_sweep(&self) -> Result<Swept, String> {
        let mut swept = Swept::default();
        for project in &self.projects {
            let checker = project.place.open().map_err(|error| describe_error(&error))?;
            let session = checker.session();
            let directories =
                [PathBuf::from(super::document::shown_path(&project.place.directory))];
            let walked = walk::files(&directories, &session.walk_settings())
                .map_err(|error| describe_error(&error))?;
            let files = walked.files.clone();
            let outbound = |file: &WalkedFile, source: &SourceFile| {
                session.licenses().of_text(&file.location, source.text())
            };
            let counter = self.counter(files.len());
            let is_wanted = || self.wanted.load(Ordering::Relaxed);
            let report = checker.scanner().run_while(&is_wanted, walked, &outbound, &|_| counter());
            if !is_wanted() {
                break;
            }
            swept.take(report, &files, self.encoding);
        }
        Ok(swept)
    }

    /// Counts files and tells of them now and then.
    fn counter(&self, of: usize) -> impl Fn() + Sync + '_ {
        let (done, told) = (AtomicUsize::new(0), Mutex::new(Instant::now()));
        move || {
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            // Another thread that is telling tells for this one too.
            if let Ok(mut told) = told.try_lock()
                && told.elapsed() >= INTERVAL
            {
                *told = Instant::now();
                (self.tell)(Step::Far(done, of));
            }
        }
    }
}

impl Swept {
    fn take(&mut self, report: Report, files: &[WalkedFile], encoding: Encoding) {
        self.files += report.summary.files_scanned;
        self.failed += report.summary.files_failed;
        self.matches += report.summary.references;
        for (total, counted) in self.findings.iter_mut().zip(report.summary.findings) {
            *total += counted;
        }
        let mut by_path: HashMap<String, (Vec<Reference>, Vec<Finding>)> = HashMap::new();
        for reference in &report.references {
            by_path.entry(reference.path.clone()).or_default().0.push(reference.clone());
        }
        for finding in &report.findings {
            by_path.entry(finding.path.clone()).or_default().1.push(finding.clone());
        }
        for file in files {
            let Some((references, findings)) = by_path.remove(&file.path) else { continue };
            let Ok(source) = walk::load(file, MAX_SCANNED_BYTES) else { continue };
            let uri = uri::of(Path::new(&file.location));
            let of_file = Report {
                references,
                findings,
                accepted: Vec::new(),
                silenced: Vec::new(),
                notes: Vec::new(),
                summary: Summary::default(),
                provenance: report.provenance.clone(),
            };
            self.found.insert(uri.clone(), Checked::of(of_file, &source, &uri, encoding));
        }
    }

    fn message(&self) -> String {
        if self.files == 0 && self.failed == 0 {
            return "nothing was checked: there is no file here in a language that birthmark reads"
                .to_owned();
        }
        let [info, warnings, errors] = self.findings;
        let failed = match self.failed {
            0 => String::new(),
            failed => format!("; {} could not be checked", count(failed, "file")),
        };
        format!(
            "checked {}: {}, {}, {}, {}{failed}",
            count(self.files, "file"),
            count(self.matches, "match"),
            count(errors, "error"),
            count(warnings, "warning"),
            count(info, "notice"),
        )
    }

    fn summary(&self) -> Value {
        let count = |severity: Severity| self.findings[severity as usize];
        json!({
            "files": self.files,
            "failed": self.failed,
            "matches": self.matches,
            "findings": {
                "error": count(Severity::Error),
                "warning": count(Severity::Warning),
                "info": count(Severity::Info),
            },
            "message": self.message(),
        })
    }
}
