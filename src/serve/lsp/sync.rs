//! Documents as the client opens, edits, saves and closes them.

use std::time::Instant;

use gen_lsp_types::{
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, Range, TextDocumentIdentifier, Uri,
};
use serde::Deserialize;

use super::document::Document;
use super::server::Server;
use super::text::Text;

/// Parameters of `textDocument/didChange`. Our own, because a range that is none must not pass for
/// a change without one, which replaces the whole text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Changed {
    text_document: VersionedDocument,
    content_changes: Vec<Change>,
}

#[derive(Deserialize)]
struct VersionedDocument {
    uri: Uri,
    version: Option<i32>,
}

#[derive(Deserialize)]
struct Change {
    range: Option<Range>,
    text: String,
}

/// Parameters of `textDocument/didSave`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Saved {
    text_document: TextDocumentIdentifier,
}

impl Server {
    pub(super) fn on_open(&mut self, params: DidOpenTextDocumentParams) {
        let item = params.text_document;
        let uri = item.uri.0;
        let language = item.language_id.to_string();
        self.leave(&uri);
        // What the last look at the workspace found there gives way to the text that is open.
        self.closed.remove(&uri);
        if let Some(document) =
            Document::new(&uri, &language, item.version, item.text, &self.folders)
        {
            self.documents.insert(uri, document);
        }
    }

    pub(super) fn on_change(&mut self, params: Changed) {
        let uri = params.text_document.uri.0;
        let encoding = self.client.encoding;
        let Some(document) = self.documents.get_mut(&uri) else { return };
        for change in params.content_changes {
            match (change.range, &mut document.text) {
                (None, text) => *text = Some(Text::new(change.text)),
                (Some(range), Some(text)) => text.replace(range, &change.text, encoding),
                // Only a whole text makes one known again that was forgotten.
                (Some(_), None) => {}
            }
        }
        // Without a version of the client's, each text still gets another number.
        document.version = params.text_document.version.unwrap_or(document.version.wrapping_add(1));
        let folder = document.folder.clone();
        let debounce = self.folder_state(&folder).settings.debounce;
        if let Some(document) = self.documents.get_mut(&uri) {
            document.due = Some(Instant::now() + debounce);
        }
    }

    /// Checks at once what waits to be checked.
    pub(super) fn on_save(&mut self, params: Saved) {
        let now = Instant::now();
        if let Some(document) = self.documents.get_mut(&params.text_document.uri.0) {
            document.due = document.due.map(|due| due.min(now));
        }
    }

    pub(super) fn on_close(&mut self, params: DidCloseTextDocumentParams) {
        self.leave(&params.text_document.uri.0);
    }

    /// A text that is not known any more, until the client sends it as a whole.
    pub(super) fn forget_text(&mut self, uri: &str) {
        if let Some(document) = self.documents.get_mut(uri) {
            document.text = None;
            document.due = Some(Instant::now());
        }
    }

    /// The same for all documents: a message was not read, and it may have been about any of them.
    pub(super) fn forget_texts(&mut self) {
        let uris: Vec<String> = self.documents.keys().cloned().collect();
        uris.iter().for_each(|uri| self.forget_text(uri));
    }
}
