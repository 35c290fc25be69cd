//! A document whose check hangs in any stage, and an index that is cut short while it is open.

use std::process::Command;

use serde_json::{Value, json};

use super::client::{Client, Way};
use super::hang::{Hang, cut_short, modules};
use super::{INNOCENT, Project, ROUTES};

fn shown(message: &Value, words: &str) -> bool {
    matches!(message["method"].as_str(), Some("window/showMessage" | "window/logMessage"))
        && message["params"]["message"].as_str().is_some_and(|told| told.contains(words))
}

#[test]
fn documents_are_checked_after_one_that_hangs() {
    let (project, hang) = (Project::new(), Hang::new());
    let mut command = Command::new(env!("CARGO_BIN_EXE_birthmark"));
    hang.load(&mut command);
    command.env("BIRTHMARK_FILE_TIMEOUT", "2");
    let mut client = Client::start_as(command, project.root(), &[]);
    client.initialize(project.root(), Way::Push, json!({}));
    for (number, name) in ["a.py", "b.py"].into_iter().enumerate() {
        hang.begin();
        client.open_document(&project.uri(name), &format!("{ROUTES}# {number}\n"));
        client.wait(|message| message["params"]["uri"] == project.uri(name));
        hang.end();
    }
    client.wait(|message| shown(message, "not checked within 10 s and is given up"));
    client.open_document(&project.uri("c.py"), ROUTES);
    assert_eq!(client.pushed(&project.uri("c.py")).len(), 1);
    assert_eq!(client.end(), 0);
}

#[test]
fn an_index_that_is_cut_short_ends_nothing() {
    let project = Project::new();
    let texts = modules(&project.path("package"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_birthmark"));
    command.args(["index", "add", "package", "--index", "index"]).current_dir(project.root());
    assert!(command.output().expect("it runs").status.success());
    std::fs::write(project.path("birthmark.toml"), "license = 'MIT'\nindex = ['index']\n")
        .expect("written");
    let mut client = Client::open(project.root(), Way::Push, json!({}));
    let uri = project.uri("new.py");
    client.open_document(&uri, INNOCENT);
    client.pushed(&uri);
    let segment = cut_short(&project.path("index"));
    let name = segment.file_name().and_then(|it| it.to_str()).expect("UTF-8").to_owned();
    client.change(&uri, 2, json!([{ "text": texts[150] }]));
    client.wait(|message| shown(message, "cut short") && message.to_string().contains(&name));
    assert_eq!(client.end(), 0);
}
