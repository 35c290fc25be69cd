//! An organisation's policy, which the project that an editor shows cannot loosen.

use serde_json::{Value, json};

use super::client::{Client, Way};
use super::{Project, ROUTES};

#[test]
fn an_editor_is_held_to_it() {
    let project = Project::new();
    let configured = "license = 'MIT'\n[[exceptions]]\npath = '**'\nreason = 'mine'\n";
    std::fs::write(project.path("birthmark.toml"), configured).expect("written");
    let outside = tempfile::tempdir().expect("a temporary directory");
    let policy = outside.path().join("policy.toml");
    let index = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo-index");
    std::fs::write(&policy, format!("index = ['{index}']\n")).expect("written");
    let mut client =
        Client::start(project.root(), &["--org-policy", &policy.display().to_string()]);
    client.initialize(project.root(), Way::Push, json!({}));
    let uri = project.uri("new.py");
    client.open_document(&uri, ROUTES);
    let told: Vec<Value> = client.pushed(&uri);
    assert!(told.iter().any(|it| it["code"] == "license-incompatible"), "{told:?}");
    assert_eq!(client.end(), 0);
}
