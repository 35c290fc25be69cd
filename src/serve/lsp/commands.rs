//! What the client can have the server do.

use std::collections::HashMap;
use std::path::PathBuf;

use gen_lsp_types::{ExecuteCommandParams, TextEdit, Uri, WorkspaceEdit};
use lsp_server::{ErrorCode, RequestId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::document::Document;
use super::outbox::Weight;
use super::server::{Asked, Server};
use super::worker::{Answer, Errand, Finish, Planned};

/// The command of the client that asks for a reason and then has the server use it.
pub(crate) const ASK_REASON: &str = "birthmark.askReason";

/// The commands of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerCommand {
    /// Tell why a reference is reported.
    Explain,
    /// Accept it as it is, for a reason.
    Accept,
    /// Declare where it comes from.
    Attribute,
    /// Silence it with a comment.
    Suppress,
    /// Show its origin.
    ShowOrigin,
    /// Check all files of all folders.
    ScanWorkspace,
    /// Read again what is read once.
    Reload,
}

/// The reference that a command is about.
#[derive(Deserialize)]
struct Target {
    uri: String,
    id: String,
    reason: Option<String>,
}

impl ServerCommand {
    /// Every command under its name.
    pub(super) const NAMED: [(&'static str, ServerCommand); 7] = [
        ("birthmark.explain", ServerCommand::Explain),
        ("birthmark.accept", ServerCommand::Accept),
        ("birthmark.attribute", ServerCommand::Attribute),
        ("birthmark.suppress", ServerCommand::Suppress),
        ("birthmark.showOrigin", ServerCommand::ShowOrigin),
        ("birthmark.scanWorkspace", ServerCommand::ScanWorkspace),
        ("birthmark.reload", ServerCommand::Reload),
    ];

    /// The name.
    pub(super) fn name(self) -> &'static str {
        ServerCommand::NAMED.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }
}

impl Server {
    pub(super) fn execute(&mut self, id: RequestId, params: ExecuteCommandParams) {
        let known = ServerCommand::NAMED.iter().find(|(name, _)| *name == params.command);
        let Some(&(_, command)) = known else {
            let reason = format!("there is no command {}", params.command);
            return self.out.refuse(id, ErrorCode::InvalidParams, reason);
        };
        let token = params.work_done_progress_params.work_done_token.map(|token| json!(token));
        match command {
            ServerCommand::Reload => {
                self.reload();
                self.out.answer(id, Value::Null);
            }
            ServerCommand::ScanWorkspace => self.scan_workspace(id, token),
            about_one => {
                let argument =
                    params.arguments.unwrap_or_default().into_iter().next().unwrap_or_default();
                match serde_json::from_value::<Target>(argument) {
                    Ok(target) => self.execute_on(id, about_one, target),
                    Err(error) => self.out.refuse(id, ErrorCode::InvalidParams, error.to_string()),
                }
            }
        }
    }

    fn execute_on(&mut self, id: RequestId, command: ServerCommand, target: Target) {
        let reason = target.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
        let errand = match (command, reason) {
            (ServerCommand::Accept, Some(reason)) => {
                Errand::Accept { id: target.id, reason: reason.to_owned() }
            }
            (ServerCommand::Suppress, Some(reason)) => {
                Errand::Suppress { id: target.id, reason: reason.to_owned() }
            }
            (ServerCommand::Accept | ServerCommand::Suppress, None) => {
                return self.out.refuse(id, ErrorCode::InvalidParams, "a reason is needed");
            }
            (ServerCommand::Attribute, _) => Errand::Attribute { id: target.id },
            (ServerCommand::ShowOrigin, _) => return self.show_origin(id, &target),
            (_, _) => Errand::Explain { id: target.id },
        };
        let edits = matches!(errand, Errand::Attribute { .. } | Errand::Suppress { .. });
        if edits && !self.client.applies_edits {
            return self.out.refuse(
                id,
                ErrorCode::RequestFailed,
                "this editor applies no edits of a server",
            );
        }
        match self.job(&target.uri, errand, Some(id.clone())) {
            Some(job) => self.errands.push_back(job),
            None => {
                self.out.refuse(id, ErrorCode::InvalidParams, format!("{} is not open", target.uri))
            }
        }
    }

    /// Answers what the worker has done for a command.
    pub(super) fn finish(&mut self, request: RequestId, uri: &str, version: i32, answer: Answer) {
        match answer {
            Answer::Checked(_) => {}
            Answer::Explained { markdown, plain } => {
                // A client of its own shows the answer; others drop it.
                if !self.client.asks_reasons {
                    self.out.show(Weight::Info, &plain);
                }
                self.out.answer(request, json!({ "markdown": markdown }));
            }
            Answer::Done(message) => {
                let folder = self.documents.get(uri).map(|document| document.folder.clone());
                self.look_again(folder.as_deref(), None);
                self.answer_success(request, &message);
            }
            Answer::Planned(planned) => self.apply(request, uri, version, planned),
        }
    }

    fn answer_success(&mut self, request: RequestId, message: &str) {
        if !self.client.asks_reasons {
            self.out.show(Weight::Info, &format!("birthmark: {message}"));
        }
        self.out.answer(request, json!({ "message": message }));
    }

    /// Has the client edit a document.
    fn apply(&mut self, request: RequestId, uri: &str, version: i32, planned: Planned) {
        // The places of the edits are those of the text that was looked at.
        let same = |document: &&Document| document.version == version;
        if self.documents.get(uri).filter(same).is_none() {
            let reason = "the document was changed meanwhile; do it again";
            return self.out.refuse(request, ErrorCode::ContentModified, reason);
        }
        let edit = self.workspace_edit(uri, version, planned.edits);
        let id =
            self.out.ask("workspace/applyEdit", json!({ "label": planned.label, "edit": edit }));
        self.asked.insert(
            id,
            Asked::Edit { request, uri: uri.to_owned(), finish: Box::new(planned.finish) },
        );
    }

    fn workspace_edit(&self, uri: &str, version: i32, edits: Vec<TextEdit>) -> Value {
        if self.client.versions_edits {
            let document = json!({ "uri": uri, "version": version });
            return json!({ "documentChanges": [{ "textDocument": document, "edits": edits }] });
        }
        let changes = HashMap::from([(Uri(uri.to_owned()), edits)]);
        json!(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
    }

    /// Goes on after the client has edited a document, or has not.
    pub(super) fn on_edit_applied(
        &mut self,
        request: RequestId,
        uri: &str,
        finish: Finish,
        result: Option<&Value>,
    ) {
        let applied = result.and_then(|result| result.get("applied")).and_then(Value::as_bool);
        if applied != Some(true) {
            let why = result.and_then(|result| result.get("failureReason")).and_then(Value::as_str);
            let why = why.unwrap_or("the editor did not apply the edit");
            return self.out.refuse(request, ErrorCode::RequestFailed, why);
        }
        match self.job(uri, Errand::Finish(Box::new(finish)), Some(request.clone())) {
            // The editor has the new text already: what goes with it must
            // not wait behind other jobs.
            Some(job) => self.errands.push_front(job),
            None => self.out.refuse(
                request,
                ErrorCode::ContentModified,
                "the document was closed meanwhile",
            ),
        }
    }

    fn show_origin(&mut self, id: RequestId, target: &Target) {
        let known = self.documents.get(&target.uri).and_then(|document| document.known.as_ref());
        let found = known
            .and_then(|known| known.checked.found.iter().find(|it| it.reference.id == target.id));
        let Some(page) = found.and_then(|found| found.reference.owners.first()?.page()) else {
            return self.out.refuse(
                id,
                ErrorCode::RequestFailed,
                "no page of this origin is known",
            );
        };
        if self.client.shows_documents {
            let shown =
                self.out.ask("window/showDocument", json!({ "uri": page, "external": true }));
            self.asked.insert(shown, Asked::Nothing);
        } else {
            self.out.show(Weight::Info, &page);
        }
        self.out.answer(id, json!({ "url": page }));
    }

    /// The folders to look through: those that are open, or where documents are.
    pub(super) fn folders_in_use(&self) -> Vec<PathBuf> {
        let mut folders = self.folders.clone();
        if folders.is_empty() {
            folders.extend(self.documents.values().map(|document| document.folder.clone()));
        }
        folders.sort();
        folders.dedup();
        folders
    }
}
