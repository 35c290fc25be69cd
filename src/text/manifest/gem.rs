//! `*.gemspec`, as far as it is literals.

use super::literal::{string, strings, value, values, without_comments};
use super::{Manifest, declared_all};
use crate::license::{ManifestLicense, normalize_declaration};
use crate::purl::Purl;

/// The methods that name dependencies.
const CALLS: [&str; 3] = ["add_dependency", "add_runtime_dependency", "add_development_dependency"];

pub(super) fn read(text: &str) -> Manifest {
    let text = without_comments(text, "#");
    let literal = |key| value(&text, key, "=");
    let listed = values(&text, ".licenses", "=").map(strings).find(|found| !found.is_empty());
    let license = match (literal(".license"), listed) {
        (Some(one), _) => Some(ManifestLicense::Declared(normalize_declaration(one))),
        (None, Some(several)) => declared_all(&several),
        (None, None) => None,
    };
    let called = CALLS.iter().flat_map(|call| text.match_indices(call)).filter_map(|(at, call)| {
        let rest = text[at + call.len()..].trim_start_matches(['(', ' ', '\t']);
        package(string(rest)?.0)
    });
    Manifest {
        package: literal(".name").and_then(package),
        version: literal(".version").map(str::to_owned),
        license,
        dependencies: called.collect(),
        ..Manifest::default()
    }
}

fn package(name: &str) -> Option<Purl> {
    Purl::new("gem", name, None).ok()
}
