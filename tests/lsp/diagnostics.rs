//! What an editor is told of its documents, and when.

use std::fs;

use serde_json::{Value, json};

use super::client::{Client, Way};
use super::{FIXTURES, INNOCENT, Project, ROUTES, SUMMARY};

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().filter_map(|it| it["code"].as_str()).collect()
}

#[test]
fn a_copy_is_seen_as_it_is_opened_changed_and_taken_out() {
    let project = Project::new();
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    let uri = project.uri("not-saved.py");
    client.open_document(&uri, INNOCENT);
    assert_eq!(client.pushed(&uri), Vec::<Value>::new());

    let end = json!({ "line": 99, "character": 0 });
    client.change(
        &uri,
        2,
        json!([{ "range": { "start": end, "end": end }, "text": format!("\n{SUMMARY}") }]),
    );
    let diagnostics = client.pushed(&uri);
    assert_eq!(codes(&diagnostics), ["attribution-missing"]);
    let diagnostic = &diagnostics[0];
    assert_eq!(diagnostic["source"], "birthmark");
    assert_eq!(diagnostic["severity"], 3);
    assert_eq!(diagnostic["range"]["start"], json!({ "line": 12, "character": 0 }));
    assert_eq!(diagnostic["data"]["path"], "not-saved.py");
    assert!(
        diagnostic["message"]
            .as_str()
            .expect("a text")
            .starts_with("lines 13-45: resembles pkg:generic/")
    );
    assert!(diagnostic.get("tags").is_none());

    client.change(&uri, 3, json!([{ "text": ROUTES }]));
    assert_eq!(codes(&client.pushed(&uri)), ["license-incompatible"]);
    client.change(&uri, 4, json!([{ "text": INNOCENT }]));
    assert_eq!(client.pushed(&uri), Vec::<Value>::new());
    client.change(&uri, 5, json!([{ "text": ROUTES }]));
    assert_eq!(client.pushed(&uri).len(), 1);
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(client.pushed(&uri), Vec::<Value>::new());
    assert_eq!(client.end(), 0);
}

#[test]
fn who_asks_for_diagnostics_is_not_sent_any() {
    let project = Project::new();
    let mut client = Client::open(project.root(), Way::Pull, json!({}));
    let uri = project.uri("a.py");
    client.open_document(&uri, SUMMARY);
    let ask = |client: &mut Client, previous: Value| {
        let params = json!({ "textDocument": { "uri": uri }, "previousResultId": previous });
        client.ask("textDocument/diagnostic", params)
    };
    let first = ask(&mut client, Value::Null);
    assert_eq!(
        (&first["kind"], first["items"].as_array().expect("a list").len()),
        (&json!("full"), 1)
    );
    let again = ask(&mut client, first["resultId"].clone());
    assert_eq!((&again["kind"], again.get("items")), (&json!("unchanged"), None));
    client.change(&uri, 2, json!([{ "text": INNOCENT }]));
    assert_eq!(ask(&mut client, first["resultId"].clone())["items"], json!([]));
    assert_eq!(client.pulled(&project.uri("unknown.py")), Vec::<Value>::new());
    assert!(client.rest().iter().all(|it| it["method"] != "textDocument/publishDiagnostics"));
    assert_eq!(client.end(), 0);
}

#[test]
fn columns_are_counted_as_agreed_on() {
    let project = Project::new();
    let uri = project.uri("a.py");
    for (offered, named, units) in [
        (json!(null), "utf-16", 2),
        (json!(["utf-16"]), "utf-16", 2),
        (json!(["utf-32", "utf-16"]), "utf-32", 1),
        (json!(["utf-16", "utf-8"]), "utf-8", 4),
    ] {
        let mut client = Client::start(project.root(), &[]);
        let capabilities =
            json!({ "capabilities": { "general": { "positionEncodings": offered } } });
        let result = client.initialize(project.root(), Way::Push, capabilities);
        assert_eq!(result["capabilities"]["positionEncoding"], named);
        client.open_document(&uri, SUMMARY);
        let before = client.pushed(&uri);
        // Behind what is underlined, on the same line.
        let end = before[0]["range"]["end"].clone();
        assert_eq!(end["line"], before[0]["range"]["start"]["line"]);
        client.change(
            &uri,
            2,
            json!([{ "range": { "start": end, "end": end }, "text": "  # \u{1d11e}\u{1d11e}" }]),
        );
        let after = client.pushed(&uri);
        let column = |diagnostics: &[Value]| {
            diagnostics[0]["range"]["end"]["character"].as_u64().expect("a number")
        };
        assert_eq!(column(&after), column(&before) + 4 + 2 * units, "{named}");
        // The second of the two is taken out by its place.
        let at = |character: u64| json!({ "line": end["line"], "character": character });
        let (from, to) = (at(column(&after) - units), at(column(&after)));
        client.change(&uri, 3, json!([{ "range": { "start": from, "end": to }, "text": "" }]));
        assert_eq!(column(&client.pushed(&uri)), column(&before) + 4 + units, "{named}");
        assert_eq!(client.end(), 0);
    }
}

#[test]
fn each_folder_is_checked_as_it_is_configured() {
    let (open, closed) = (Project::under("MIT"), Project::under("GPL-3.0-or-later"));
    let mut client = Client::start(open.root(), &[]);
    let folder = |project: &Project| json!({ "uri": project.uri(""), "name": "x" });
    client.initialize(
        open.root(),
        Way::Push,
        json!({ "workspaceFolders": [folder(&open), folder(&closed)] }),
    );
    for (project, code) in [(&open, "license-incompatible"), (&closed, "attribution-missing")] {
        let uri = project.uri("routes.py");
        client.open_document(&uri, ROUTES);
        assert_eq!(codes(&client.pushed(&uri)), [code]);
    }
    assert_eq!(client.end(), 0);
}

#[test]
fn a_changed_configuration_is_honoured() {
    let project = Project::under("MIT");
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    let uri = project.uri("routes.py");
    client.open_document(&uri, ROUTES);
    assert_eq!(codes(&client.pushed(&uri)), ["license-incompatible"]);
    project.configure("GPL-3.0-or-later");
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
    assert_eq!(codes(&client.pushed(&uri)), ["attribution-missing"]);
    // Without being told, it is noticed at the next change.
    project.configure("MIT");
    client.change(&uri, 2, json!([{ "text": format!("{ROUTES}\n") }]));
    assert_eq!(codes(&client.pushed(&uri)), ["license-incompatible"]);
    // And one that is wrong is told of once.
    fs::write(project.path("birthmark.toml"), "licence = 1\n").expect("written");
    for version in 3..6 {
        client.change(&uri, version, json!([{ "text": format!("{ROUTES}#{version}\n") }]));
    }
    let told = client.wait_for("window/showMessage");
    assert!(
        told["params"]["message"].as_str().expect("a text").contains("birthmark.toml:1:1"),
        "{told}"
    );
    assert_eq!(client.pushed(&uri), Vec::<Value>::new());
    assert_eq!(client.end(), 0);
}

#[test]
fn a_changed_licence_is_seen_with_the_next_edit() {
    let project = Project::new();
    let configuration = format!("index = [\"{FIXTURES}/demo-index\"]\n");
    fs::write(project.path("birthmark.toml"), configuration).expect("written");
    let state = |license: &str| {
        let manifest = format!("[metadata]\nlicense = {license}\n");
        fs::write(project.path("setup.cfg"), manifest).expect("written");
    };
    state("MIT");
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    let uri = project.uri("routes.py");
    client.open_document(&uri, ROUTES);
    assert_eq!(codes(&client.pushed(&uri)), ["license-incompatible"]);
    // No client tells of the file.
    state("GPL-3.0-or-later");
    client.change(&uri, 2, json!([{ "text": format!("{ROUTES}\n") }]));
    assert_eq!(codes(&client.pushed(&uri)), ["attribution-missing"]);
    assert_eq!(client.end(), 0);
}

#[test]
fn what_is_not_checked_is_logged_once() {
    let project = Project::new();
    let configuration = fs::read_to_string(project.path("birthmark.toml")).expect("there");
    fs::write(project.path("birthmark.toml"), format!("{configuration}exclude = [\"vendor\"]\n"))
        .expect("written");
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    let uri = project.uri("vendor/routes.py");
    client.open_document(&uri, ROUTES);
    let logged = client.wait_for("window/logMessage");
    let message = logged["params"]["message"].as_str().expect("a text");
    assert!(message.contains("not checked: the configuration excludes `"), "{message}");
    client.change(&uri, 2, json!([{ "text": format!("{ROUTES}\n") }]));
    // An answer about the new text comes after everything that is said of it.
    let pulled = json!({ "textDocument": { "uri": uri } });
    client.ask("textDocument/diagnostic", pulled);
    assert!(client.rest().iter().all(|message| message["method"] != "window/logMessage"));
    assert_eq!(client.end(), 0);
}

#[test]
fn settings_go_before_the_configuration() {
    let project = Project::under("MIT");
    let mut client = Client::open(
        project.root(),
        Way::Push,
        json!({ "capabilities": { "workspace": { "configuration": true } } }),
    );
    let uri = project.uri("routes.py");
    client.open_document(&uri, ROUTES);
    assert_eq!(codes(&client.pushed(&uri)), ["license-incompatible"]);
    let request = client.wait_for("workspace/configuration");
    client.answer(&request, json!([{ "license": "GPL-3.0-or-later" }]));
    assert_eq!(codes(&client.pushed(&uri)), ["attribution-missing"]);
    client.tell("workspace/didChangeConfiguration", json!({ "settings": null }));
    let request = client.wait_for("workspace/configuration");
    client.answer(&request, json!([{ "enable": false, "threshold": "much" }]));
    assert_eq!(client.pushed(&uri), Vec::<Value>::new());
    assert!(client.wait_for("window/showMessage").to_string().contains("birthmark.threshold"));
    assert_eq!(client.end(), 0);
}

#[test]
fn a_declaration_that_does_not_fit_is_pointed_to() {
    let project = Project::new();
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    let uri = project.uri("a.py");
    let lines: Vec<&str> = SUMMARY.lines().collect();
    let tags = "# SPDX-SnippetBegin\n# SPDX-License-Identifier: Apache-2.0\n# SPDX-SnippetComment: copied from pkg:pypi/other@1.0";
    let text =
        [&lines[..9].join("\n"), tags, &lines[9..].join("\n"), "# SPDX-SnippetEnd\n"].join("\n");
    client.open_document(&uri, &text);
    let diagnostics = client.pushed(&uri);
    assert_eq!(codes(&diagnostics), ["declaration-mismatch"]);
    let related = &diagnostics[0]["relatedInformation"][0];
    assert_eq!(related["location"]["uri"], uri);
    assert_eq!(related["location"]["range"]["start"]["line"], 9);
    assert_eq!(client.end(), 0);
}

#[test]
fn what_has_no_file_is_checked_too() {
    let project = Project::new();
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    let uri = "untitled:Untitled-1";
    client.open_document(uri, SUMMARY);
    assert_eq!(codes(&client.pushed(uri)), ["attribution-missing"]);
    let document =
        json!({ "uri": "untitled:x", "languageId": "cobol", "version": 1, "text": SUMMARY });
    client.tell("textDocument/didOpen", json!({ "textDocument": document }));
    assert_eq!(client.pulled("untitled:x"), Vec::<Value>::new());
    assert_eq!(client.end(), 0);
}

/// The thread that parses is left to itself: the client is told which file hangs, and other
/// documents are checked.
#[test]
fn documents_are_checked_after_one_that_hangs() {
    let project = Project::new();
    let mut client = Client::start(project.root(), &["--file-timeout", "0.03"]);
    client.initialize(project.root(), Way::Push, json!({}));
    client.open_document(&project.uri("slow.py"), &"(){\n".repeat(250_000));
    let told = client.wait_for("window/logMessage")["params"]["message"].to_string();
    assert!(told.contains("slow.py: not checked: the parser did not end in time"), "{told}");
    let uri = project.uri("a.py");
    client.open_document(&uri, SUMMARY);
    // On a busy machine a quick text may take long, too.
    let is_found = (2..100).any(|version| {
        let found = codes(&client.pushed(&uri)) == ["attribution-missing"];
        client.change(&uri, version, json!([{ "text": format!("{SUMMARY}\n# {version}\n") }]));
        found
    });
    assert!(is_found);
    assert_eq!(client.end(), 0);
}
