//! How a conversation begins, what is asked in it, and how it ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::client::{self, Client, Delivery};
use super::commands::ServerCommand;
use super::outbox::Weight;
use super::server::{Asked, Server, Stage};
use super::workspace::Sweep;
use super::{Ending, parent};

/// Files that decide what is found and how it is judged.
const DECISIVE: [&str; 9] = [
    "**/birthmark.toml",
    "**/.birthmark.toml",
    "**/.birthmark/**",
    "**/{Cargo,pyproject,REUSE}.toml",
    "**/{package.json,composer.json,META.json,DESCRIPTION,Package.swift}",
    "**/{pom.xml,go.mod,build.sbt,*.gemspec,*.rockspec,*.nuspec,*.csproj}",
    "**/*.license",
    "**/{LICENSE,LICENCE,COPYING,NOTICE}*",
    "**/LICENSES/*",
];

impl Server {
    /// Hears what the client says. Whatever is wrong with it, the next thing is heard as well.
    pub(super) fn hear(&mut self, message: Message) -> Option<Ending> {
        match message {
            Message::Notification(it) if it.method == "exit" => {
                return Some(if self.stage == Stage::Closing {
                    Ending::Orderly
                } else {
                    Ending::Abrupt
                });
            }
            Message::Request(request) => {
                let id = request.id.clone();
                if catch_unwind(AssertUnwindSafe(|| self.on_request(request))).is_err() {
                    self.out.refuse(
                        id,
                        ErrorCode::InternalError,
                        "birthmark failed on this; please report it",
                    );
                }
            }
            Message::Notification(notification) if self.stage == Stage::Open => {
                let method = notification.method.clone();
                if catch_unwind(AssertUnwindSafe(|| self.on_notification(notification))).is_err() {
                    self.out.log(
                        Weight::Error,
                        &format!("birthmark failed on {method}; please report it"),
                    );
                }
            }
            Message::Response(response) => self.on_response(response),
            Message::Notification(_) => {}
        }
        None
    }

    fn on_request(&mut self, request: Request) {
        let Request { id, method, params } = request;
        match (self.stage, method.as_str()) {
            (Stage::Before, "initialize") => self.initialize(id, &params),
            (Stage::Before, _) => {
                self.out.refuse(
                    id,
                    ErrorCode::ServerNotInitialized,
                    "the first request is initialize",
                );
            }
            (Stage::Closing, _) => {
                self.out.refuse(
                    id,
                    ErrorCode::InvalidRequest,
                    "after shutdown there are no requests",
                );
            }
            (Stage::Open, "initialize") => {
                self.out.refuse(id, ErrorCode::InvalidRequest, "the server is initialized already");
            }
            (Stage::Open, "shutdown") => self.shut_down(id),
            (Stage::Open, "textDocument/hover") => self.with(id, params, Server::hover),
            (Stage::Open, "birthmark/matches") => {
                let params = if params.is_null() { json!({}) } else { params };
                self.with(id, params, Server::matches);
            }
            (Stage::Open, "textDocument/codeAction") => self.with(id, params, Server::code_actions),
            (Stage::Open, "workspace/executeCommand") => self.with(id, params, Server::execute),
            (Stage::Open, "textDocument/diagnostic") => {
                self.with(id, params, Server::answer_diagnostics)
            }
            (Stage::Open, _) => {
                self.out.refuse(
                    id,
                    ErrorCode::MethodNotFound,
                    format!("{method} is not known here"),
                );
            }
        }
    }

    fn on_notification(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        match method.as_str() {
            "initialized" => self.begin(),
            "textDocument/didOpen" => self.take_params(&method, params, Server::on_open),
            "textDocument/didChange" => self.take_params(&method, params, Server::on_change),
            "textDocument/didSave" => self.take_params(&method, params, Server::on_save),
            "textDocument/didClose" => self.take_params(&method, params, Server::on_close),
            "workspace/didChangeConfiguration" => self.change_settings(&params),
            "workspace/didChangeWatchedFiles" => self.reload(),
            "workspace/didChangeWorkspaceFolders" => self.change_folders(&params),
            "$/cancelRequest" => self.on_cancel(&params),
            "window/workDoneProgress/cancel" => self.cancel_sweep(params.get("token")),
            // What begins with a dollar may be passed over, and the rest is not for us.
            _ => {}
        }
    }

    /// Answers a request by its parameters, if they are what they should be.
    pub(super) fn with<P: DeserializeOwned>(
        &mut self,
        id: RequestId,
        params: Value,
        answer: fn(&mut Server, RequestId, P),
    ) {
        match serde_json::from_value(params) {
            Ok(params) => answer(self, id, params),
            Err(error) => self.out.refuse(id, ErrorCode::InvalidParams, error.to_string()),
        }
    }

    fn take_params<P: DeserializeOwned>(
        &mut self,
        method: &str,
        params: Value,
        take: fn(&mut Server, P),
    ) {
        let uri = params.pointer("/textDocument/uri").and_then(Value::as_str).map(str::to_owned);
        match serde_json::from_value(params) {
            Ok(params) => take(self, params),
            Err(error) => {
                self.out.log(Weight::Error, &format!("{method}: {error}"));
                // Whatever happened to the document, it is not the one that is known.
                uri.into_iter().for_each(|uri| self.forget_text(&uri));
            }
        }
    }

    fn initialize(&mut self, id: RequestId, params: &Value) {
        self.client = Client::read(params);
        self.folders = self.client.folders.clone();
        self.stage = Stage::Open;
        self.watch = self.client.process.map(|process| parent::watch(process, self.events.clone()));
        let mut capabilities = json!({
            "positionEncoding": self.client.encoding.name(),
            "hoverProvider": true,
            "codeActionProvider": { "codeActionKinds": ["quickfix"] },
            "executeCommandProvider": { "commands": ServerCommand::NAMED.map(|(name, _)| name), "workDoneProgress": true },
            "textDocumentSync": { "openClose": true, "change": 2, "save": { "includeText": false } },
            "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
        });
        if self.client.diagnostics == Delivery::Pull {
            capabilities["diagnosticProvider"] = json!({ "identifier": "birthmark", "interFileDependencies": false, "workspaceDiagnostics": false });
        }
        let server = json!({ "name": "birthmark", "version": env!("CARGO_PKG_VERSION") });
        self.out.answer(id, json!({ "capabilities": capabilities, "serverInfo": server }));
    }

    /// Asks for what could not be asked before the client was ready.
    fn begin(&mut self) {
        let mut registrations = Vec::new();
        if self.client.registers_files {
            let watchers: Vec<Value> =
                DECISIVE.iter().map(|glob| json!({ "globPattern": glob })).collect();
            registrations.push(json!({
                "id": "birthmark-files",
                "method": "workspace/didChangeWatchedFiles",
                "registerOptions": { "watchers": watchers },
            }));
        }
        if self.client.registers_settings {
            registrations.push(json!({
                "id": "birthmark-settings",
                "method": "workspace/didChangeConfiguration",
                "registerOptions": { "section": "birthmark" },
            }));
        }
        if !registrations.is_empty() {
            let id = self
                .out
                .ask("client/registerCapability", json!({ "registrations": registrations }));
            self.asked.insert(id, Asked::Nothing);
        }
        self.ask_for_settings();
    }

    pub(super) fn ask_for_settings(&mut self) {
        if !self.client.has_settings {
            return;
        }
        let of = |folder: &PathBuf| json!({ "scopeUri": super::uri::of(folder), "section": "birthmark" });
        let items: Vec<Value> = match self.folders.as_slice() {
            [] => vec![json!({ "section": "birthmark" })],
            folders => folders.iter().map(of).collect(),
        };
        let id = self.out.ask("workspace/configuration", json!({ "items": items }));
        self.asked.insert(id, Asked::Settings(self.folders.clone()));
    }

    fn on_response(&mut self, response: Response) {
        let Some(asked) = self.asked.remove(&response.id) else { return };
        match (asked, response.response_result) {
            (Asked::Settings(folders), Ok(Value::Array(sections))) => match folders.as_slice() {
                [] => {
                    sections.first().into_iter().for_each(|section| self.settings_for_all(section))
                }
                folders => {
                    for (folder, section) in folders.iter().zip(&sections) {
                        self.settings_for(folder, section);
                    }
                }
            },
            (Asked::Edit { request, uri, finish }, result) => {
                self.on_edit_applied(request, &uri, *finish, result.ok().as_ref());
            }
            (Asked::Settings(_) | Asked::Nothing, _) => {}
        }
    }

    /// New settings, or word that there are some.
    fn change_settings(&mut self, params: &Value) {
        match params.pointer("/settings/birthmark") {
            // Who can be asked says what holds for each folder, which this does not.
            Some(section) if section.is_object() && !self.client.has_settings => {
                self.settings_for_all(section)
            }
            _ => self.ask_for_settings(),
        }
    }

    fn settings_for_all(&mut self, section: &Value) {
        let mut folders = self.folders.clone();
        folders.extend(self.documents.values().map(|document| document.folder.clone()));
        folders.sort();
        folders.dedup();
        folders.iter().for_each(|folder| self.settings_for(folder, section));
    }

    fn settings_for(&mut self, folder: &std::path::Path, section: &Value) {
        let (settings, problems) = self.default_settings(folder).with(section, folder);
        if !problems.is_empty() {
            self.out.show(Weight::Warning, &format!("birthmark: {}", problems.join("; ")));
        }
        if settings != self.folder_state(folder).settings {
            self.hold(folder, settings);
            self.look_again(Some(folder), None);
        }
    }

    fn change_folders(&mut self, params: &Value) {
        let named = |pointer: &str| -> Vec<PathBuf> {
            let list = params.pointer(pointer).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(client::folder).collect()
        };
        let (added, removed) = (named("/event/added"), named("/event/removed"));
        // A folder that is added again is there once.
        self.folders.retain(|folder| !removed.contains(folder) && !added.contains(folder));
        self.folders.extend(added);
        let folders = self.folders.clone();
        self.documents.values_mut().for_each(|document| document.settle_in(&folders));
        let documents = &self.documents;
        self.projects.retain(|folder, _| {
            folders.contains(folder)
                || documents.values().any(|document| document.folder == *folder)
        });
        self.ask_for_settings();
    }

    /// Reads everything again that is read once: configurations, licences, indexes.
    pub(super) fn reload(&mut self) {
        self.open.close_all();
        // A check that is under way has the old project, by which
        // `settle` knows that it is outdated.
        let held: Vec<_> = self.projects.drain().collect();
        for (folder, held) in held {
            self.hold(&folder, held.settings);
        }
        self.look_again(None, None);
    }

    fn on_cancel(&mut self, params: &Value) {
        let id = match params.get("id") {
            Some(Value::String(id)) => RequestId::from(id.clone()),
            // No request has a larger number: ids are read as 32 bits.
            Some(Value::Number(id)) => match id.as_i64().and_then(|id| i32::try_from(id).ok()) {
                Some(id) => RequestId::from(id),
                None => return,
            },
            _ => return,
        };
        let before = self.errands.len();
        self.errands.retain(|job| job.request.as_ref() != Some(&id));
        let mut waited = self.errands.len() < before;
        self.sweep_of(&id).into_iter().for_each(Sweep::stop);
        for document in self.documents.values_mut() {
            let before = document.waiting.len();
            document.waiting.retain(|waiting| waiting.request != id);
            waited |= document.waiting.len() < before;
        }
        if waited {
            self.out.refuse(id, ErrorCode::RequestCanceled, "cancelled");
        }
    }

    fn shut_down(&mut self, id: RequestId) {
        self.stage = Stage::Closing;
        let of_documents =
            self.documents.values_mut().flat_map(|document| document.waiting.drain(..));
        let mut waiting: Vec<RequestId> = of_documents.map(|waiting| waiting.request).collect();
        waiting.extend(self.errands.drain(..).filter_map(|job| job.request));
        waiting.extend(self.sweep.take().map(Sweep::give_up));
        for request in waiting {
            self.out.refuse(request, ErrorCode::ServerCancelled, "the server shuts down");
        }
        self.out.answer(id, Value::Null);
    }
}
