//! What an editor asks about code that resembles other code.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::client::{Client, Way};
use super::{INNOCENT, Project, ROUTES, SUMMARY, schemas};

#[test]
fn the_card_of_a_reference_names_owners_licences_and_evidence() {
    let project = Project::new();
    for (format, heading, owner) in [
        (
            json!(["markdown"]),
            "**to attribute**: ",
            "- `pkg:generic/plaintable@0.9.2`, `plaintable/layout.py` lines 7-50, under MIT",
        ),
        (
            json!(["plaintext"]),
            "to attribute: ",
            "- pkg:generic/plaintable@0.9.2, plaintable/layout.py lines 7-50, under MIT",
        ),
    ] {
        let hover =
            json!({ "capabilities": { "textDocument": { "hover": { "contentFormat": format } } } });
        let mut client = Client::open(project.root(), Way::Push, hover);
        let uri = project.uri("a.py");
        client.open_document(&uri, SUMMARY);
        client.pushed(&uri);
        let at = |line: u32| json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": 2 } });
        let hover = client.ask("textDocument/hover", at(20));
        let text = hover["contents"]["value"].as_str().expect("a text");
        assert!(
            text.starts_with(heading) && text.contains(owner) && text.contains("725 bits"),
            "{text}"
        );
        assert!(text.contains("Keep or add the copyright and licence notice"), "{text}");
        assert_eq!(hover["range"]["start"], json!({ "line": 9, "character": 0 }));
        assert_eq!(client.ask("textDocument/hover", at(2)), Value::Null);
        assert_eq!(client.ask("textDocument/hover", at(4_000_000)), Value::Null);
        assert_eq!(client.end(), 0);
    }
}

#[test]
fn references_are_listed() {
    let project = Project::new();
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    for (name, text) in [("a.py", SUMMARY), ("b.py", ROUTES), ("c.py", INNOCENT)] {
        let uri = project.uri(name);
        client.open_document(&uri, text);
        client.pushed(&uri);
    }
    let all = client.ask("birthmark/matches", json!({}));
    let ids = |answer: &Value| -> Vec<String> {
        let list = answer["matches"].as_array().expect("a list");
        list.iter().map(|it| it["id"].as_str().expect("an id")[..8].to_owned()).collect()
    };
    assert_eq!(ids(&all), ["f416b444", "09009afa"]);
    let one =
        client.ask("birthmark/matches", json!({ "textDocument": { "uri": project.uri("b.py") } }));
    assert_eq!(ids(&one), ["09009afa"]);
    let reference = &one["matches"][0];
    assert_eq!(reference["uri"], project.uri("b.py"));
    assert_eq!(
        (&reference["verdict"]["decision"], &reference["finding"]["severity"]),
        (&json!("incompatible"), &json!("error"))
    );
    assert_eq!(reference["range"]["end"], json!({ "line": 89, "character": 15 }));
    let owner = &reference["owners"][0];
    assert_eq!((&owner["name"], &owner["version"]), (&json!("gridroute"), &json!("1.4.0")));
    assert_eq!(
        (&owner["license"]["expression"], &owner["lines"]),
        (&json!("GPL-3.0-or-later"), &json!({ "start_line": 36, "end_line": 64 }))
    );
    fs::write(project.path("b.py"), ROUTES).expect("written");
    let scan = Command::new(env!("CARGO_BIN_EXE_birthmark"))
        .args(["scan", "--format", "json", "b.py"])
        .current_dir(project.root())
        .output()
        .expect("it runs");
    let report: Value = serde_json::from_slice(&scan.stdout).expect("JSON");
    schemas::has_shape_of(reference, &report["matches"][0]);
    assert_eq!(reference["cleared_by"], Value::Null);
    let unknown =
        client.ask("birthmark/matches", json!({ "textDocument": { "uri": "file:///x.py" } }));
    assert_eq!(ids(&unknown), Vec::<String>::new());
    assert_eq!(client.end(), 0);
}

#[test]
fn who_wants_it_is_told_what_the_server_is_about() {
    let project = Project::new();
    let mut client = Client::open(
        project.root(),
        Way::Pull,
        json!({ "initializationOptions": { "asksReasons": true } }),
    );
    let uri = project.uri("a.py");
    client.open_document(&uri, SUMMARY);
    let ready =
        client.wait(|it| it["method"] == "birthmark/status" && it["params"]["matches"] == 1);
    assert_eq!(ready["params"], json!({ "state": "ready", "matches": 1, "findings": 1 }));
    fs::write(project.path("birthmark.toml"), "licence = 1\n").expect("written");
    client.change(&uri, 2, json!([{ "text": INNOCENT }]));
    let failed =
        client.wait(|it| it["method"] == "birthmark/status" && it["params"]["state"] == "failed");
    assert!(
        failed["params"]["message"].as_str().expect("a text").contains("birthmark.toml"),
        "{failed}"
    );
    assert_eq!(client.end(), 0);

    let mut client = Client::open(project.root(), Way::Pull, json!({}));
    client.open_document(&uri, SUMMARY);
    client.pulled(&uri);
    assert!(client.rest().iter().all(|it| it["method"] != "birthmark/status"));
}
