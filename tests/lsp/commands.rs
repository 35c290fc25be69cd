//! What an editor can have done about code that resembles other code.

use std::fs;

use serde_json::{Value, json};

use super::client::{Client, Way};
use super::{INNOCENT, Project, ROUTES, SUMMARY};

const ROUTES_ID: &str = "09009afa95fced98";
const SUMMARY_ID: &str = "f416b4443e201a99";

fn titles(actions: &Value) -> Vec<&str> {
    actions
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["title"].as_str().expect("a title"))
        .collect()
}

fn actions_at(client: &mut Client, uri: &str, line: u32) -> Value {
    let place = json!({ "line": line, "character": 0 });
    let range = json!({ "start": place, "end": place });
    let params =
        json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
    client.ask("textDocument/codeAction", params)
}

fn execute(client: &mut Client, command: &str, argument: Value) -> Value {
    client.try_to_ask(
        "workspace/executeCommand",
        json!({ "command": command, "arguments": [argument] }),
    )
}

/// The text after the edits of a `workspace/applyEdit`; they only insert, at the beginning of lines
/// or behind them.
fn applied(text: &str, request: &Value) -> String {
    let edit = &request["params"]["edit"];
    let edits = match edit.get("documentChanges") {
        Some(changes) => changes[0]["edits"].clone(),
        None => {
            edit["changes"].as_object().expect("by document").values().next().expect("one").clone()
        }
    };
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for edit in edits.as_array().expect("a list").iter().rev() {
        assert_eq!(edit["range"]["start"], edit["range"]["end"], "nothing is replaced");
        assert_eq!(edit["range"]["start"]["character"], 0);
        let line = edit["range"]["start"]["line"].as_u64().expect("a number") as usize;
        lines.insert(line, edit["newText"].as_str().expect("a text").to_owned());
    }
    lines.concat()
}

/// Asks for a command that edits a document, and applies the edit.
fn execute_and_apply(
    client: &mut Client,
    command: &str,
    argument: Value,
    text: &str,
) -> (String, Value) {
    let uri = argument["uri"].as_str().expect("a document").to_owned();
    let params = json!({ "command": command, "arguments": [argument] });
    let id = client.begin_to_ask("workspace/executeCommand", params);
    let request = client.wait_for("workspace/applyEdit");
    let after = applied(text, &request);
    client.change(&uri, 2, json!([{ "text": after }]));
    client.answer(&request, json!({ "applied": true }));
    let answer = client.wait(|it| it["id"] == id && it.get("method").is_none());
    (after, answer)
}

#[test]
fn actions_are_offered_where_they_apply() {
    let project = Project::new();
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    let (summary, routes) = (project.uri("summary.py"), project.uri("routes.py"));
    for (uri, text) in [(&summary, SUMMARY), (&routes, ROUTES)] {
        client.open_document(uri, text);
        client.pushed(uri);
    }
    let actions = actions_at(&mut client, &summary, 20);
    assert_eq!(
        titles(&actions),
        [
            "Explain what resembles plaintable 0.9.2",
            "Declare as code of plaintable 0.9.2, with SPDX snippet tags",
            "Accept: the owner gave permission",
            "Accept: written here, not copied",
            "Accept: common knowledge, not a copy",
            "Suppress: settled with the owner",
            "Suppress: common knowledge, not a copy",
        ]
    );
    assert_eq!(actions[1]["isPreferred"], true);
    assert_eq!(actions[1]["command"]["arguments"], json!([{ "uri": summary, "id": SUMMARY_ID }]));
    assert!(
        !titles(&actions_at(&mut client, &routes, 70))
            .iter()
            .any(|title| title.starts_with("Declare"))
    );
    assert_eq!(actions_at(&mut client, &routes, 2), json!([]));
    assert_eq!(actions_at(&mut client, "file:///unknown.py", 2), json!([]));
    assert_eq!(client.end(), 0);

    // What ends in an edit is nothing to a client that applies none.
    let no_edits = json!({ "capabilities": { "workspace": { "applyEdit": false } } });
    let mut client = Client::open(project.root(), Way::Push, no_edits);
    client.open_document(&summary, SUMMARY);
    client.pushed(&summary);
    let actions = actions_at(&mut client, &summary, 20);
    let offered = titles(&actions);
    assert_eq!(
        (offered.len(), offered[1]),
        (4, "Accept: the owner gave permission"),
        "{offered:?}"
    );
    assert_eq!(client.end(), 0);

    let mut client = Client::open(
        project.root(),
        Way::Push,
        json!({ "initializationOptions": { "asksReasons": true } }),
    );
    client.open_document(&routes, ROUTES);
    client.pushed(&routes);
    let actions = actions_at(&mut client, &routes, 70);
    assert_eq!(
        titles(&actions),
        [
            "Explain what resembles gridroute 1.4.0",
            "Accept with a reason\u{2026}",
            "Suppress with a reason\u{2026}"
        ]
    );
    assert_eq!(actions[1]["command"]["command"], "birthmark.askReason");
    let argument = json!([{ "uri": routes, "id": ROUTES_ID, "verb": "accept" }]);
    assert_eq!(actions[1]["command"]["arguments"], argument);
    assert_eq!(client.end(), 0);
}

#[test]
fn code_of_an_unsaved_buffer_is_declared() {
    let project = Project::new();
    for versions in [false, true] {
        let changes = json!({ "workspaceEdit": { "documentChanges": versions } });
        let capabilities = json!({ "capabilities": { "workspace": changes } });
        let mut client = Client::open(project.root(), Way::Push, capabilities);
        let uri = project.uri("new.py");
        client.open_document(&uri, SUMMARY);
        assert_eq!(client.pushed(&uri).len(), 1);
        let target = json!({ "uri": uri, "id": SUMMARY_ID });
        let (after, answer) =
            execute_and_apply(&mut client, "birthmark.attribute", target, SUMMARY);
        assert!(after.contains("# SPDX-SnippetBegin\n# SPDX-SnippetCopyrightText: "), "{after}");
        assert!(
            answer["result"]["message"].as_str().expect("a text").starts_with("declared f416b4"),
            "{answer}"
        );
        assert_eq!(client.pushed(&uri), Vec::<Value>::new());
        // What belongs to it is written; the document is the editor's to save.
        let notices = fs::read_to_string(project.path("THIRD-PARTY.md")).expect("written");
        assert!(notices.contains("plaintable") && notices.contains("new.py"), "{notices}");
        assert!(project.path("LICENSES/MIT.txt").exists() && !project.path("new.py").exists());
        let hover =
            json!({ "textDocument": { "uri": uri }, "position": { "line": 13, "character": 1 } });
        let hover = client.ask("textDocument/hover", hover);
        assert!(hover.is_null() || hover.to_string().contains("Declared"), "{hover}");
        assert_eq!(client.end(), 0);
    }
    let log = fs::read_to_string(journal(&project)).expect("a journal");
    assert!(log.contains("\"suggested\"") && log.contains("\"attributed\""), "{log}");
}

/// The file of the journal.
fn journal(project: &Project) -> std::path::PathBuf {
    let listed = fs::read_dir(project.path(".state/birthmark")).expect("there is one");
    listed.map(|entry| entry.expect("readable").path()).next().expect("a file")
}

#[test]
fn an_edit_that_is_refused_writes_nothing() {
    let project = Project::new();
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    let uri = project.uri("new.py");
    client.open_document(&uri, SUMMARY);
    client.pushed(&uri);
    let params = json!({ "command": "birthmark.attribute", "arguments": [{ "uri": uri, "id": SUMMARY_ID }] });
    let id = client.begin_to_ask("workspace/executeCommand", params);
    let request = client.wait_for("workspace/applyEdit");
    client.answer(&request, json!({ "applied": false, "failureReason": "read only" }));
    let answer = client.wait(|it| it["id"] == id && it.get("method").is_none());
    assert_eq!(answer["error"]["message"], "read only");
    assert!(!project.path("THIRD-PARTY.md").exists() && !project.path("LICENSES").exists());
    assert_eq!(client.end(), 0);
}

#[test]
fn a_file_that_was_changed_meanwhile_is_not_overwritten() {
    let project = Project::new();
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    let uri = project.uri("new.py");
    client.open_document(&uri, SUMMARY);
    client.pushed(&uri);
    let params = json!({ "command": "birthmark.attribute", "arguments": [{ "uri": uri, "id": SUMMARY_ID }] });
    let id = client.begin_to_ask("workspace/executeCommand", params);
    let request = client.wait_for("workspace/applyEdit");
    fs::write(project.path("THIRD-PARTY.md"), "written by somebody else\n").expect("written");
    client.answer(&request, json!({ "applied": true }));
    let answer = client.wait(|it| it["id"] == id && it.get("method").is_none());
    let message = answer["error"]["message"].as_str().expect("a reason");
    assert!(message.contains("THIRD-PARTY.md` changed while this was planned"), "{message}");
    let notices = fs::read_to_string(project.path("THIRD-PARTY.md")).expect("there");
    assert_eq!(notices, "written by somebody else\n");
    assert!(!project.path("LICENSES").exists(), "nothing was written");
    assert_eq!(client.end(), 0);
}

#[test]
fn a_comment_silences_and_changes_no_code() {
    let project = Project::new();
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    for (name, text, id, reason) in [
        ("routes.py", ROUTES, ROUTES_ID, "settled with \"them\""),
        ("summary.py", SUMMARY, SUMMARY_ID, "so"),
    ] {
        let uri = project.uri(name);
        client.open_document(&uri, text);
        assert_eq!(client.pushed(&uri).len(), 1);
        let target = json!({ "uri": uri, "id": id, "reason": reason });
        let (after, answer) = execute_and_apply(&mut client, "birthmark.suppress", target, text);
        assert!(answer.get("error").is_none(), "{answer}");
        assert!(after.contains("# birthmark: ignore["), "{after}");
        assert_eq!(client.pushed(&uri), Vec::<Value>::new());
    }
    assert_eq!(client.end(), 0);
}

#[test]
fn a_decision_is_recorded_with_its_reason() {
    let project = Project::new();
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    let uri = project.uri("routes.py");
    client.open_document(&uri, ROUTES);
    assert_eq!(client.pushed(&uri).len(), 1);
    let nothing = execute(
        &mut client,
        "birthmark.accept",
        json!({ "uri": uri, "id": ROUTES_ID, "reason": " " }),
    );
    assert_eq!(nothing["error"]["code"], -32602);
    let target = json!({ "uri": uri, "id": ROUTES_ID, "reason": "the author is ours" });
    let answer = execute(&mut client, "birthmark.accept", target.clone());
    assert!(
        answer["result"]["message"]
            .as_str()
            .expect("a text")
            .contains("wrote .birthmark/references/"),
        "{answer}"
    );
    assert_eq!(client.pushed(&uri), Vec::<Value>::new());
    let decision = fs::read_dir(project.path(".birthmark/references"))
        .expect("there is a log")
        .next()
        .expect("one");
    let text = fs::read_to_string(decision.expect("readable").path()).expect("readable");
    assert!(text.contains("path = \"routes.py\"") && text.contains("the author is ours"), "{text}");
    let again = execute(&mut client, "birthmark.accept", target);
    assert!(
        again["result"]["message"].as_str().expect("a text").contains("was accepted by Ada"),
        "{again}"
    );
    assert_eq!(client.end(), 0);
}

#[test]
fn an_explanation_is_given_and_shown_to_whom_does_not_show_it() {
    let project = Project::new();
    for asks in [true, false] {
        let options = json!({ "initializationOptions": { "asksReasons": asks } });
        let mut client = Client::open(project.root(), Way::Push, options);
        let uri = project.uri("routes.py");
        client.open_document(&uri, ROUTES);
        client.pushed(&uri);
        let answer =
            execute(&mut client, "birthmark.explain", json!({ "uri": uri, "id": ROUTES_ID }));
        let markdown = answer["result"]["markdown"].as_str().expect("a text");
        for part in [
            "**incompatible**",
            "298 bits",
            "heapq.heappop",
            "```text",
            "Structure earned 307 bits",
        ] {
            assert!(markdown.contains(part), "{part} in {markdown}");
        }
        let shown = client.rest().iter().any(|it| it["method"] == "window/showMessage");
        assert_eq!(shown, !asks);
        assert_eq!(client.end(), 0);
    }
}

#[test]
fn the_origin_is_opened_where_it_can_be_seen() {
    let project = Project::new();
    let source = format!("{}/demo-components/plaintable", super::FIXTURES);
    let index = std::process::Command::new(env!("CARGO_BIN_EXE_birthmark"))
        .current_dir(project.root())
        .args([
            "index",
            "add",
            &source,
            "--purl",
            "pkg:github/ada/plaintable@v1",
            "--license",
            "MIT",
            "--index",
            "own",
        ])
        .output()
        .expect("it runs");
    assert!(index.status.success(), "{index:?}");
    fs::write(project.path("birthmark.toml"), "license = \"MIT\"\nindex = [\"own\"]\n")
        .expect("written");
    for shows in [true, false] {
        let window =
            json!({ "capabilities": { "window": { "showDocument": { "support": shows } } } });
        let mut client = Client::open(project.root(), Way::Push, window);
        let uri = project.uri("a.py");
        client.open_document(&uri, SUMMARY);
        let diagnostics = client.pushed(&uri);
        let page = diagnostics[0]["codeDescription"]["href"].as_str().expect("a page").to_owned();
        assert!(page.starts_with("https://github.com/ada/plaintable/blob/v1/"), "{page}");
        let actions = actions_at(&mut client, &uri, 20);
        let opens = actions.as_array().expect("a list").last().expect("one").clone();
        assert_eq!(opens["title"], "Open the origin in plaintable v1");
        let argument = opens["command"]["arguments"][0].clone();
        let answer =
            execute(&mut client, opens["command"]["command"].as_str().expect("a name"), argument);
        assert_eq!(answer["result"]["url"], page);
        let method = if shows { "window/showDocument" } else { "window/showMessage" };
        assert!(client.wait_for(method).to_string().contains(&page));
        assert_eq!(client.end(), 0);
    }
}

#[test]
fn commands_about_nothing_are_refused() {
    let project = Project::new();
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    let uri = project.uri("a.py");
    client.open_document(&uri, INNOCENT);
    client.pushed(&uri);
    for (command, argument) in [
        ("birthmark.explain", json!({ "uri": uri, "id": "0000" })),
        ("birthmark.explain", json!({ "uri": "file:///nowhere.py", "id": ROUTES_ID })),
        ("birthmark.attribute", json!({ "uri": uri, "id": "" })),
        ("birthmark.accept", json!({ "uri": uri, "id": "0000", "reason": "so" })),
        ("birthmark.suppress", json!({ "uri": uri, "id": "0000", "reason": "so" })),
        ("birthmark.showOrigin", json!({ "uri": uri, "id": "0000" })),
        ("birthmark.explain", json!(7)),
        ("birthmark.unheardOf", json!({})),
    ] {
        let answer = execute(&mut client, command, argument);
        assert!(answer["error"]["code"].is_number(), "{command}: {answer}");
    }
    assert_eq!(client.end(), 0);
}

#[test]
fn the_whole_workspace_is_looked_through() {
    let project = Project::new();
    for (name, text) in
        [("a/summary.py", SUMMARY), ("routes.py", ROUTES), ("innocent.py", INNOCENT)]
    {
        let path = project.path(name);
        fs::create_dir_all(path.parent().expect("inside")).expect("made");
        fs::write(path, text).expect("written");
    }
    let progress = json!({ "capabilities": { "window": { "workDoneProgress": true } } });
    let mut client = Client::open(project.root(), Way::Push, progress);
    // An open document is what the editor has, not what is on disk.
    let open = project.uri("routes.py");
    client.open_document(&open, INNOCENT);
    client.pushed(&open);
    let answer = execute(&mut client, "birthmark.scanWorkspace", json!({}));
    let summary = &answer["result"];
    assert_eq!((&summary["files"], &summary["matches"]), (&json!(3), &json!(2)), "{answer}");
    assert_eq!(summary["findings"], json!({ "error": 1, "warning": 0, "info": 1 }));
    assert_eq!(summary["message"], "checked 3 files: 2 matches, 1 error, 0 warnings, 1 notice");
    let create = client.wait_for("window/workDoneProgress/create");
    client.answer(&create, Value::Null);
    let token = create["params"]["token"].clone();
    for kind in ["begin", "end"] {
        client.wait(|it| it["params"]["token"] == token && it["params"]["value"]["kind"] == kind);
    }
    let closed = project.uri("a/summary.py");
    assert_eq!(client.pushed(&closed).len(), 1);
    let references = client.ask("birthmark/matches", json!({}));
    assert_eq!(references["matches"].as_array().expect("a list").len(), 1);
    assert_eq!(references["matches"][0]["uri"], closed);
    // What was declared meanwhile is gone with the next look.
    fs::write(project.path("a/summary.py"), INNOCENT).expect("written");
    execute(&mut client, "birthmark.scanWorkspace", json!({}));
    assert_eq!(client.pushed(&closed), Vec::<Value>::new());
    assert_eq!(client.end(), 0);
}

/// What is found in a notebook that is not open stands on lines that its file has.
#[test]
fn a_notebook_is_looked_through_by_the_lines_of_its_file() {
    let project = Project::new();
    let cell = |text: &str| {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        json!({ "cell_type": "code", "metadata": {}, "outputs": [], "source": lines })
    };
    let notebook = json!({ "cells": [cell("import os"), cell(ROUTES)], "metadata": {} });
    let spread = serde_json::to_string_pretty(&notebook).expect("JSON");
    let (one, lines) = ("one.ipynb", "lines.ipynb");
    fs::write(project.path(one), notebook.to_string()).expect("written");
    fs::write(project.path(lines), &spread).expect("written");
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    execute(&mut client, "birthmark.scanWorkspace", json!({}));
    for (name, text) in [(one, notebook.to_string()), (lines, spread)] {
        let diagnostics = client.pushed(&project.uri(name));
        assert_eq!(diagnostics.len(), 1, "{name}");
        let range = &diagnostics[0]["range"];
        let at = |end: &str, key: &str| range[end][key].as_u64().expect("a number") as usize;
        let line = text.lines().nth(at("start", "line")).expect("a line of the file");
        assert!(line.contains("heapq.heappush(queue"), "{name}: {range}");
        assert_eq!((at("start", "character"), at("end", "character")), (0, line.len()), "{name}");
        let message = diagnostics[0]["message"].as_str().expect("a message");
        assert!(message.starts_with("cell 2, lines 57-90: "), "{name}: {message}");
    }
    assert_eq!(client.end(), 0);
}
