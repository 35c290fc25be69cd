//! What the client can and wants, read from `initialize` as leniently as can be: no two clients
//! send the same.

use std::path::PathBuf;

use serde_json::Value;

use super::text::Encoding;
use super::uri;

/// The client.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    /// What columns count.
    pub encoding: Encoding,
    /// How it gets to know diagnostics.
    pub diagnostics: Delivery,
    /// Whether it can be told that diagnostics have changed.
    pub refreshes: bool,
    /// Whether it can be asked for settings.
    pub has_settings: bool,
    /// Whether it takes registrations for changes of settings.
    pub registers_settings: bool,
    /// Whether it takes registrations for changes of files.
    pub registers_files: bool,
    /// Whether it reads Markdown.
    pub reads_markdown: bool,
    /// Whether it shows progress that the server begins.
    pub shows_progress: bool,
    /// Whether it can show a document that the server names.
    pub shows_documents: bool,
    /// Whether it can apply edits.
    pub applies_edits: bool,
    /// Whether its edits name versions of documents.
    pub versions_edits: bool,
    /// Whether it knows code actions, not only commands.
    pub knows_actions: bool,
    /// Whether it asks its user for reasons, and shows what commands answer.
    pub asks_reasons: bool,
    /// Whether it wants to be told what the server is about.
    pub shows_status: bool,
    /// What it said on starting the server: settings among it.
    pub options: Value,
    /// Its process.
    pub process: Option<u32>,
    /// The folders it has open.
    pub folders: Vec<PathBuf>,
}

/// How diagnostics reach a client; never both ways, which would show each twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The server sends them.
    #[default]
    Push,
    /// The client asks for them.
    Pull,
}

impl Client {
    /// Reads the parameters of `initialize`.
    pub(super) fn read(params: &Value) -> Client {
        let at = |pointer: &str| params.pointer(pointer).filter(|value| !value.is_null());
        let is = |pointer: &str| at(pointer).and_then(Value::as_bool).unwrap_or(false);
        let options =
            |name: &str| at("/initializationOptions").and_then(|options| options.get(name));
        let asks_reasons = options("asksReasons").and_then(Value::as_bool).unwrap_or(false);
        Client {
            encoding: choose_encoding(at("/capabilities/general/positionEncodings")),
            diagnostics: match at("/capabilities/textDocument/diagnostic") {
                Some(_) => Delivery::Pull,
                None => Delivery::Push,
            },
            refreshes: is("/capabilities/workspace/diagnostics/refreshSupport"),
            has_settings: is("/capabilities/workspace/configuration"),
            registers_settings: is(
                "/capabilities/workspace/didChangeConfiguration/dynamicRegistration",
            ),
            registers_files: is(
                "/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration",
            ),
            reads_markdown: names(at("/capabilities/textDocument/hover/contentFormat"))
                .any(|it| it == "markdown"),
            shows_progress: is("/capabilities/window/workDoneProgress"),
            shows_documents: is("/capabilities/window/showDocument/support"),
            applies_edits: is("/capabilities/workspace/applyEdit"),
            versions_edits: is("/capabilities/workspace/workspaceEdit/documentChanges"),
            knows_actions: at("/capabilities/textDocument/codeAction/codeActionLiteralSupport")
                .is_some(),
            asks_reasons,
            shows_status: options("showsStatus").and_then(Value::as_bool).unwrap_or(asks_reasons),
            options: at("/initializationOptions").cloned().unwrap_or_default(),
            process: at("/processId").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok()),
            folders: folders(params),
        }
    }
}

/// The folders that `initialize` names, in the newest of the ways it has done so.
fn folders(params: &Value) -> Vec<PathBuf> {
    let many = params.get("workspaceFolders").and_then(Value::as_array);
    let many: Vec<PathBuf> = many.into_iter().flatten().filter_map(folder).collect();
    if !many.is_empty() {
        return many;
    }
    let of_uri = params.get("rootUri").and_then(Value::as_str).and_then(uri::file);
    let of_path = || params.get("rootPath").and_then(Value::as_str).map(PathBuf::from);
    of_uri.or_else(of_path).filter(|path| path.is_absolute()).into_iter().collect()
}

/// The directory of a `WorkspaceFolder`.
pub(super) fn folder(value: &Value) -> Option<PathBuf> {
    uri::file(value.get("uri")?.as_str()?)
}

fn choose_encoding(offered: Option<&Value>) -> Encoding {
    let offered: Vec<&str> = names(offered).collect();
    let known = Encoding::NAMED.iter().find(|(name, _)| offered.contains(name));
    known.map_or(Encoding::default(), |&(_, encoding)| encoding)
}

fn names(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whatever_a_client_sends_is_read() {
        for params in [
            json!(null),
            json!([]),
            json!("x"),
            json!({"capabilities": 7, "workspaceFolders": [1]}),
        ] {
            let client = Client::read(&params);
            assert_eq!((client.encoding, client.diagnostics), (Encoding::Utf16, Delivery::Push));
            assert!(client.folders.is_empty());
        }
        let client = Client::read(&json!({
            "rootUri": "file:///old", "workspaceFolders": [{"uri": "file:///a", "name": "a"}],
            "capabilities": {"general": {"positionEncodings": ["utf-16", "utf-8"]}, "textDocument": {"diagnostic": {}}},
            "initializationOptions": {"asksReasons": true, "debounceMs": 5}
        }));
        assert_eq!((client.encoding, client.diagnostics), (Encoding::Utf8, Delivery::Pull));
        assert!(client.shows_status && client.options["debounceMs"] == 5);
        assert_eq!(client.folders, [PathBuf::from("/a")]);
    }
}
