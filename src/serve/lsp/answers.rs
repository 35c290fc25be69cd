//! What is answered from what is known already: what stands at a place, the references of a
//! document or of all.

use gen_lsp_types::{Hover, HoverParams, MarkupContent, MarkupKind, Range, TextDocumentIdentifier};
use lsp_server::RequestId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::document::{Document, Progress};
use super::found::Found;
use super::server::Server;
use crate::report::card::{self, Style};
use crate::report::shape::{Attention, JudgedMatch, Match};

/// Parameters of `birthmark/matches`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MatchesParams {
    text_document: Option<TextDocumentIdentifier>,
}

/// What the server is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    state: &'static str,
    matches: usize,
    findings: usize,
    message: Option<String>,
}

impl Server {
    pub(super) fn hover(&mut self, id: RequestId, params: HoverParams) {
        let at = params.text_document_position_params;
        let place = Range { start: at.position, end: at.position };
        let known = self
            .documents
            .get(&at.text_document.uri.0)
            .and_then(|document| document.known.as_ref());
        let found: Vec<&Found> =
            known.into_iter().flat_map(|known| known.checked.at(place)).collect();
        let (kind, style) = if self.client.reads_markdown {
            (MarkupKind::Markdown, Style::Markdown)
        } else {
            (MarkupKind::PlainText, Style::Plain)
        };
        let cards: Vec<String> =
            found.iter().map(|found| card::of(&found.reference, style)).collect();
        let hover = found.first().map(|first| {
            let content = MarkupContent { kind, value: cards.join("\n---\n\n") };
            Hover { contents: content.into(), range: Some(first.range) }
        });
        self.out.answer(id, json!(hover));
    }

    pub(super) fn matches(&mut self, id: RequestId, params: MatchesParams) {
        let of_one = params.text_document.map(|document| document.uri.0);
        let wanted = |document: &&Document| of_one.as_ref().is_none_or(|uri| *uri == document.uri);
        let mut documents: Vec<&Document> = self.documents.values().filter(wanted).collect();
        documents.sort_by_key(|document| &document.uri);
        let mut matches: Vec<Value> = documents.into_iter().flat_map(of_document).collect();
        let mut closed: Vec<_> = self.closed.iter().collect();
        closed.retain(|(uri, _)| of_one.as_ref().is_none_or(|wanted| wanted == *uri));
        closed.sort_by_key(|(uri, _)| *uri);
        matches.extend(
            closed
                .into_iter()
                .flat_map(|(uri, it)| it.found.iter().map(|it| placed_match(it, uri))),
        );
        self.out.answer(id, json!({ "matches": matches }));
    }

    /// Tells a client that wants to know what the server is about, if that has changed.
    pub(super) fn tell_status(&mut self) {
        if !self.client.shows_status {
            return;
        }
        let status = self.status();
        if status != self.status {
            let Status { state, matches, findings, message } = status.clone();
            let mut params = json!({ "state": state, "matches": matches, "findings": findings });
            if let Some(message) = message {
                params["message"] = message.into();
            }
            self.out.notify("birthmark/status", params);
            self.status = status;
        }
    }

    fn status(&self) -> Status {
        let documents = self.documents.values();
        let known =
            documents.filter_map(|document| document.known.as_ref()).map(|known| &known.checked);
        let known = known.chain(self.closed.values());
        let (matches, findings) = known.fold((0, 0), |(matches, findings), checked| {
            (matches + checked.found.len(), findings + checked.diagnostics.len())
        });
        let busy =
            |document: &Document| document.due.is_some() || document.progress == Progress::Checking;
        let mut failures: Vec<&String> = self.told.values().collect();
        // Maps have no order, and a status is only told if it has changed.
        failures.sort();
        let state = match (failures.first(), self.documents.values().any(busy)) {
            (Some(_), _) => "failed",
            (None, true) => "checking",
            (None, false) => "ready",
        };
        Status {
            state,
            matches,
            findings,
            message: failures.first().map(|message| (*message).clone()),
        }
    }
}

fn of_document(document: &Document) -> impl Iterator<Item = Value> {
    let known = document.known.as_ref().into_iter();
    known.flat_map(|known| &known.checked.found).map(|found| placed_match(found, &document.uri))
}

/// A match as the protocol's extension has it; `docs/editors.md` describes it.
#[derive(Serialize)]
struct PlacedMatch<'a> {
    #[serde(flatten)]
    judged: JudgedMatch<'a>,
    uri: &'a str,
    range: Range,
}

pub(super) fn placed_match(found: &Found, uri: &str) -> Value {
    let judged = JudgedMatch {
        matched: Match::from(&found.reference),
        finding: found.finding.as_ref().map(Attention::from),
        cleared_by: found.cleared_by,
    };
    json!(PlacedMatch { judged, uri, range: found.range })
}
