//! Clients that are rude, wrong or dead: an error of the protocol or a clean exit, and never a
//! document gone wrong.

use std::process::Command;

use serde_json::{Value, json};

use super::client::{Client, Way};
use super::{INNOCENT, Project, SUMMARY};

/// Whether the server still checks.
fn works(client: &mut Client, project: &Project) {
    let uri = project.uri("works.py");
    client.open_document(&uri, SUMMARY);
    assert_eq!(client.pushed(&uri).len(), 1);
}

fn framed(body: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[test]
fn what_is_no_message_is_answered_with_an_error() {
    let project = Project::new();
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    for (body, code) in
        [("{", -32700), ("[]", -32600), ("{\"id\":{},\"method\":\"shutdown\"}", -32600)]
    {
        client.send_bytes(&framed(body));
        let told = client.wait(|it| it["id"].is_null() && it.get("error").is_some());
        assert_eq!(told["error"]["code"], code, "{body}");
    }
    works(&mut client, &project);
    assert_eq!(client.end(), 0);
}

#[test]
fn a_message_of_a_hundred_megabytes_is_passed_over_and_no_text_is_trusted_after_it() {
    let project = Project::new();
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    let uri = project.uri("a.py");
    client.open_document(&uri, SUMMARY);
    assert_eq!(client.pushed(&uri).len(), 1);
    let length = 100_000_000;
    client.send_bytes(format!("Content-Length: {length}\r\n\r\n").as_bytes());
    let chunk = vec![b'['; 1_000_000];
    for _ in 0..length / chunk.len() {
        client.send_bytes(&chunk);
    }
    let told = client.wait(|it| it["id"].is_null() && it.get("error").is_some());
    assert_eq!(told["error"]["code"], -32600);
    // It may have been an edit of this document: nothing is said of it until its text is known
    // again.
    assert_eq!(client.pushed(&uri), Vec::<Value>::new());
    let start = json!({ "line": 0, "character": 0 });
    client.change(&uri, 2, json!([{ "range": { "start": start, "end": start }, "text": "#" }]));
    client.change(&uri, 3, json!([{ "text": SUMMARY }]));
    assert_eq!(client.pushed(&uri).len(), 1);
    assert_eq!(client.end(), 0);
}

#[test]
fn requests_out_of_season_are_refused() {
    let project = Project::new();
    let mut client = Client::start(project.root(), &[]);
    let code = |response: Value| response["error"]["code"].clone();
    let hover = json!({ "textDocument": { "uri": "file:///a.py" }, "position": { "line": 0, "character": 0 } });
    assert_eq!(code(client.try_to_ask("textDocument/hover", hover.clone())), -32002);
    client.open_document(&project.uri("a.py"), SUMMARY);
    client.initialize(project.root(), Way::Push, json!({}));
    assert_eq!(code(client.try_to_ask("initialize", json!({}))), -32600);
    assert_eq!(code(client.try_to_ask("textDocument/unheardOf", json!({}))), -32601);
    assert_eq!(
        code(client.try_to_ask("textDocument/diagnostic", json!({ "textDocument": 7 }))),
        -32602
    );
    works(&mut client, &project);
    client.ask("shutdown", Value::Null);
    assert_eq!(code(client.try_to_ask("textDocument/hover", hover)), -32600);
    client.tell("exit", Value::Null);
    assert_eq!(client.exited().code(), Some(0));
}

#[test]
fn documents_that_are_not_there_and_places_out_of_range_do_no_harm() {
    let project = Project::new();
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    let nowhere = "file:///nowhere/at/all.py";
    client.change(nowhere, 7, json!([{ "text": SUMMARY }]));
    client.tell("textDocument/didSave", json!({ "textDocument": { "uri": nowhere } }));
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": nowhere } }));
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": "no uri at all" } }));
    client.open_document("", SUMMARY);
    let uri = project.uri("a.py");
    client.open_document(&uri, INNOCENT);
    let far = json!({ "line": 4_000_000_000u32, "character": 4_000_000_000u32 });
    let start = json!({ "line": 0, "character": 4_000_000_000u32 });
    client.change(
        &uri,
        2,
        json!([{ "range": { "start": far, "end": start }, "text": format!("\n{SUMMARY}") }]),
    );
    client.wait(|it| it["params"]["uri"] == uri && it["params"]["diagnostics"][0].is_object());
    // A range that is none: the text is not the one that is known, and nothing is said of it.
    let wrong = json!({ "line": -1, "character": 0 });
    client.change(&uri, 3, json!([{ "range": { "start": wrong, "end": wrong }, "text": "x" }]));
    assert_eq!(client.pushed(&uri), Vec::<Value>::new());
    works(&mut client, &project);
    assert_eq!(client.end(), 0);
}

#[test]
fn the_end_of_the_client_is_the_end_of_the_server() {
    let project = Project::new();
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    client.close_input();
    assert_eq!(client.exited().code(), Some(0), "end of input");

    let mut client = Client::open(project.root(), Way::Push, json!({}));
    client.send_bytes(b"Content-Length: 100\r\n\r\n{\"jsonrpc\":");
    client.close_input();
    assert_eq!(client.exited().code(), Some(0), "end in the middle of a message");

    let mut client = Client::open(project.root(), Way::Push, json!({}));
    client.tell("exit", Value::Null);
    assert_eq!(client.exited().code(), Some(1), "exit without shutdown");

    let mut client = Client::start(project.root(), &[]);
    client.tell("exit", Value::Null);
    assert_eq!(client.exited().code(), Some(1), "exit before initialize");

    let mut client = Client::open(project.root(), Way::Push, json!({}));
    client.send_bytes(b"GET / HTTP/1.1\r\n\r\n");
    assert_eq!(client.exited().code(), Some(2), "another protocol");
}

#[test]
#[cfg(target_os = "linux")]
fn a_server_does_not_outlive_a_client_that_was_killed() {
    let project = Project::new();
    let mut parent = Command::new("sleep").arg("60").spawn().expect("it starts");
    // The pipe stays open: the end of the input does not tell.
    let mut client = Client::open(project.root(), Way::Push, json!({ "processId": parent.id() }));
    works(&mut client, &project);
    parent.kill().expect("killed");
    parent.wait().expect("gone");
    assert_eq!(client.exited().code(), Some(0));
}

#[test]
fn what_is_superseded_is_not_told() {
    let project = Project::new();
    let mut client = Client::open(
        project.root(),
        Way::Pull,
        json!({ "initializationOptions": { "debounceMs": 50 } }),
    );
    let uri = project.uri("a.py");
    client.open_document(&uri, INNOCENT);
    assert!(client.pulled(&uri).is_empty());
    let params = json!({ "textDocument": { "uri": uri } });
    let mut requests = Vec::new();
    for version in 2..20 {
        let text = if version == 19 { SUMMARY } else { INNOCENT };
        client.change(&uri, version, json!([{ "text": format!("{text}# {version}\n") }]));
        requests.push(client.begin_to_ask("textDocument/diagnostic", params.clone()));
    }
    client.tell("$/cancelRequest", json!({ "id": requests[0] }));
    client.tell("$/cancelRequest", json!({ "id": "never asked" }));
    let cancelled = client.wait(|it| it["id"] == requests[0] && it.get("method").is_none());
    assert_eq!(cancelled["error"]["code"], -32800);
    for request in &requests[1..] {
        let report = client.wait(|it| it["id"] == *request && it.get("method").is_none());
        assert_eq!(
            report["result"]["items"].as_array().expect("a list").len(),
            1,
            "of the last text"
        );
    }
    assert_eq!(client.end(), 0);
}
