//! Diagnostics on their way to the client: sent when there are new ones, or given when they are
//! asked for.

use std::time::Instant;

use gen_lsp_types::{DocumentDiagnosticParams, Uri};
use lsp_server::RequestId;
use serde_json::{Value, json};

use super::client::Delivery;
use super::document::{Known, Progress, Waiting};
use super::found::Checked;
use super::outbox::Weight;
use super::server::{Asked, Server};
use crate::judgement::finding::{Note, NoteKind};

impl Server {
    /// Takes up what was found in a document and tells whom it concerns.
    pub(super) fn publish(&mut self, uri: &str, checked: Checked, digest: blake3::Hash) {
        self.log_new_notes(uri, &checked);
        let Some(document) = self.documents.get_mut(uri) else { return };
        let before = document.known.as_ref();
        // Equal diagnostics keep their edition: a client that asks again then gets the answer
        // "unchanged".
        let edition =
            match before.filter(|before| before.checked.diagnostics == checked.diagnostics) {
                Some(before) => before.edition,
                None => {
                    self.editions += 1;
                    self.editions
                }
            };
        let is_news = before.is_none_or(|before| before.edition != edition);
        document.known = Some(Known { digest, edition, checked });
        if is_news && self.client.diagnostics == Delivery::Push {
            self.push(uri);
        }
        self.deliver(uri);
    }

    /// Logs what a reader must know to trust the diagnostics, once for each document.
    fn log_new_notes(&mut self, uri: &str, checked: &Checked) {
        let known = self.documents.get(uri).and_then(|document| document.known.as_ref());
        let is_new = |note: &&Note| known.is_none_or(|it| !it.checked.notes.contains(note));
        for note in checked.notes.iter().filter(is_new) {
            let weight = match note.kind {
                NoteKind::Failed => Weight::Error,
                NoteKind::Skipped | NoteKind::Partial | NoteKind::Warning => Weight::Warning,
                NoteKind::Limit | NoteKind::Info => Weight::Info,
            };
            let place = note.path.as_ref().map(|path| format!("{path}: ")).unwrap_or_default();
            self.out.log(weight, &format!("{place}{}", note.message));
        }
    }

    fn push(&mut self, uri: &str) {
        let Some(document) = self.documents.get(uri) else { return };
        let diagnostics = document.known.as_ref().map(|known| &known.checked.diagnostics);
        let params = json!({ "uri": uri, "version": document.version, "diagnostics": diagnostics });
        self.out.notify("textDocument/publishDiagnostics", params);
    }

    /// Gives diagnostics to whom waits for them, if the document is not about to be checked again.
    pub(super) fn deliver(&mut self, uri: &str) {
        let Some(document) = self.documents.get_mut(uri).filter(|document| document.is_settled())
        else {
            return;
        };
        let waiting = std::mem::take(&mut document.waiting);
        let Some(known) = &document.known else { return };
        let answers: Vec<(RequestId, Value)> = waiting
            .into_iter()
            .map(|waiting| {
                let edition = known.edition.to_string();
                let answer = if waiting.previous.as_ref() == Some(&edition) { json!({ "kind": "unchanged", "resultId": edition }) } else {
                        json!({ "kind": "full", "resultId": edition, "items": known.checked.diagnostics })
                    };
                (waiting.request, answer)
            })
            .collect();
        answers.into_iter().for_each(|(request, answer)| self.out.answer(request, answer));
    }

    pub(super) fn answer_diagnostics(&mut self, id: RequestId, params: DocumentDiagnosticParams) {
        let Uri(uri) = params.text_document.uri;
        let Some(document) = self.documents.get_mut(&uri) else {
            return self.out.answer(id, json!({ "kind": "full", "items": [] }));
        };
        document.waiting.push(Waiting { request: id, previous: params.previous_result_id });
        if document.is_settled() {
            self.deliver(&uri);
        } else if document.progress == Progress::Resting && document.due.is_none() {
            // Nothing is known of it, and nothing else would have it checked.
            document.due = Some(Instant::now());
        }
    }

    /// Tells a client that asks for diagnostics that it is time to ask again.
    pub(super) fn tell_of_change(&mut self) {
        if self.client.diagnostics == Delivery::Pull && self.client.refreshes {
            let id = self.out.ask("workspace/diagnostic/refresh", Value::Null);
            self.asked.insert(id, Asked::Nothing);
        }
    }

    /// Forgets a document and takes back what was said of it.
    pub(super) fn leave(&mut self, uri: &str) {
        let Some(document) = self.documents.remove(uri) else { return };
        for waiting in document.waiting {
            self.out.answer(waiting.request, json!({ "kind": "full", "items": [] }));
        }
        let shown = document.known.is_some_and(|known| !known.checked.diagnostics.is_empty());
        if shown && self.client.diagnostics == Delivery::Push {
            self.out.notify(
                "textDocument/publishDiagnostics",
                json!({ "uri": uri, "diagnostics": [] }),
            );
        }
        let folder = document.folder;
        let others = self.documents.values().map(|document| &document.folder).chain(&self.folders);
        if !others.into_iter().any(|other| *other == folder) {
            self.projects.remove(&folder);
            self.told.remove(&folder);
        }
    }
}
