//! `Package.swift`, as far as it is literals. A package has the name of its repository, which the
//! file does not say; it names those of others.

use super::Manifest;
use super::literal::{string, values, without_comments};
use crate::purl::Purl;

pub(super) fn read(text: &str) -> Manifest {
    let text = without_comments(text, "//");
    let needed = values(&text, "url", ":").filter_map(|value| package(string(value)?.0));
    Manifest { dependencies: needed.collect(), ..Manifest::default() }
}

/// `pkg:swift/example.org/owner/name` of `https://example.org/owner/name.git`.
fn package(url: &str) -> Option<Purl> {
    let path = url.split_once("://")?.1.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let (namespace, name) = path.rsplit_once('/')?;
    Purl::in_namespace("swift", namespace, name, None).ok()
}
