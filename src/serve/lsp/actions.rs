//! What can be done about a reference, offered where it stands.

use gen_lsp_types::{CodeAction, CodeActionKind, CodeActionParams, Command};
use lsp_server::RequestId;
use serde_json::{Value, json};

use super::commands::{ASK_REASON, ServerCommand};
use super::found::Found;
use super::server::Server;
use crate::engine::matcher::Owner;

/// Reasons for clients that cannot ask for one. Their users can correct what is written.
const REASONS_TO_ACCEPT: [&str; 3] =
    ["the owner gave permission", "written here, not copied", "common knowledge, not a copy"];
const REASONS_TO_SUPPRESS: [&str; 2] = ["settled with the owner", "common knowledge, not a copy"];

/// A reference, and the document it stands in.
struct Offer<'a> {
    found: &'a Found,
    uri: &'a str,
    actions: Vec<CodeAction>,
}

impl Server {
    pub(super) fn code_actions(&mut self, id: RequestId, params: CodeActionParams) {
        let uri = params.text_document.uri.0;
        let wanted = params.context.only.is_none_or(|kinds| kinds.iter().any(is_offered));
        let document = self.documents.get(&uri).filter(|_| wanted);
        let mut actions = Vec::new();
        if let Some((document, known)) = document.and_then(|it| Some((it, it.known.as_ref()?))) {
            for found in known.checked.at(params.range) {
                let mut offer = Offer { found, uri: &uri, actions: Vec::new() };
                offer.explain();
                let applies_edits = self.client.applies_edits;
                // Decisions and notices name a file, which a text that was never saved has not.
                if document.file.is_some() {
                    if applies_edits {
                        offer.attribute();
                    }
                    offer.decide(
                        "accept",
                        ServerCommand::Accept,
                        &REASONS_TO_ACCEPT,
                        self.client.asks_reasons,
                    );
                }
                // A comment is an edit, as a declaration is.
                if applies_edits {
                    offer.decide(
                        "suppress",
                        ServerCommand::Suppress,
                        &REASONS_TO_SUPPRESS,
                        self.client.asks_reasons,
                    );
                }
                offer.show_origin();
                actions.extend(offer.actions);
            }
        }
        let answer = if self.client.knows_actions {
            json!(actions)
        } else {
            json!(actions.into_iter().filter_map(|action| action.command).collect::<Vec<_>>())
        };
        self.out.answer(id, answer);
    }
}

/// Whether somebody who wants actions of a kind wants ours.
fn is_offered(kind: &CodeActionKind) -> bool {
    matches!(kind, CodeActionKind::QuickFix | CodeActionKind::Empty)
}

impl Offer<'_> {
    fn explain(&mut self) {
        let title = format!("Explain what resembles {}", self.origin());
        self.add(title, ServerCommand::Explain.name(), self.target());
    }

    fn attribute(&mut self) {
        if self.found.reference.lacks_notice() {
            let title = format!("Declare as code of {}, with SPDX snippet tags", self.origin());
            self.add(title, ServerCommand::Attribute.name(), self.target());
            self.actions
                .iter_mut()
                .last()
                .into_iter()
                .for_each(|action| action.is_preferred = Some(true));
        }
    }

    /// Offers to settle a finding for a reason: one that the client asks for, or one of some that
    /// are ready.
    fn decide(&mut self, verb: &str, command: ServerCommand, reasons: &[&str], asks_reasons: bool) {
        if self.found.finding.is_none() {
            return;
        }
        let word = if verb == "accept" { "Accept" } else { "Suppress" };
        if asks_reasons {
            let argument = json!({ "uri": self.uri, "id": self.found.reference.id, "verb": verb });
            return self.add(format!("{word} with a reason\u{2026}"), ASK_REASON, argument);
        }
        for reason in reasons {
            let argument =
                json!({ "uri": self.uri, "id": self.found.reference.id, "reason": reason });
            self.add(format!("{word}: {reason}"), command.name(), argument);
        }
    }

    fn show_origin(&mut self) {
        if self.found.reference.owners.first().and_then(Owner::page).is_some() {
            let title = format!("Open the origin in {}", self.origin());
            self.add(title, ServerCommand::ShowOrigin.name(), self.target());
        }
    }

    fn origin(&self) -> String {
        let owner = self.found.reference.owners.first();
        owner
            .map(|owner| {
                [Some(owner.purl.name()), owner.purl.version()]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
            })
            .unwrap_or_default()
            .join(" ")
    }

    fn target(&self) -> Value {
        json!({ "uri": self.uri, "id": self.found.reference.id })
    }

    fn add(&mut self, title: String, command: &str, argument: Value) {
        let command = Command {
            title: title.clone(),
            tooltip: None,
            command: command.to_owned(),
            arguments: Some(vec![argument]),
        };
        self.actions.push(CodeAction {
            title,
            kind: Some(CodeActionKind::QuickFix),
            command: Some(command),
            ..CodeAction::default()
        });
    }
}
