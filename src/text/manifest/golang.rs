//! `go.mod`. A module's version is that of a tag and not in the file.

use super::Manifest;
use crate::purl::Purl;

pub(super) fn read(text: &str) -> Manifest {
    let mut manifest = Manifest::default();
    let mut block = None;
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        let words: Vec<&str> = line.split_whitespace().collect();
        match (block, words.as_slice()) {
            (_, [")"]) => block = None,
            (None, [directive, "("]) => block = Some(*directive),
            (None, ["module", path]) => manifest.package = package(path),
            (None, ["require", path, ..]) | (Some("require"), [path, ..]) => {
                manifest.dependencies.extend(package(path));
            }
            _ => {}
        }
    }
    manifest
}

/// The module of a path. Purls of Go are in lower case.
fn package(path: &str) -> Option<Purl> {
    let path = path.trim_matches(['"', '`']).to_lowercase();
    match path.rsplit_once('/') {
        Some((namespace, name)) => Purl::in_namespace("golang", namespace, name, None).ok(),
        None => Purl::new("golang", &path, None).ok(),
    }
}
