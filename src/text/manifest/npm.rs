//! `package.json`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Manifest, Reach};
use crate::license::{ManifestError, from_package_json};
use crate::purl::Purl;

/// The tables that name dependencies.
const TABLES: [&str; 4] =
    ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

/// The lists of dependencies that are shipped with the package; npm takes both spellings.
const BUNDLED: [&str; 2] = ["bundleDependencies", "bundledDependencies"];

pub(super) fn read(text: &str) -> Result<Manifest, ManifestError> {
    let manifest: Value = super::json(text, "package.json")?;
    let string = |key: &str| manifest.get(key)?.as_str();
    let tables = TABLES.iter().filter_map(|key| manifest.get(key)?.as_object());
    Ok(Manifest {
        package: string("name").and_then(package),
        version: string("version").map(str::to_owned),
        license: from_package_json(text)?,
        reach: match manifest.get("private").and_then(Value::as_bool) {
            Some(true) => Reach::Private,
            _ => Reach::Public,
        },
        dependencies: tables
            .flat_map(|table| table.keys())
            .filter_map(|name| package(name))
            .collect(),
        bundled: bundled_packages(&manifest),
    })
}

/// The packages that are shipped in `node_modules`: those of a list, or all dependencies.
fn bundled_packages(manifest: &Value) -> BTreeSet<Purl> {
    match BUNDLED.iter().find_map(|key| manifest.get(key)) {
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).filter_map(package).collect()
        }
        Some(Value::Bool(true)) => {
            let table = manifest.get("dependencies").and_then(Value::as_object);
            table.into_iter().flat_map(|table| table.keys()).filter_map(|it| package(it)).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// The npm package of a name; the scope of `@me/mine` is its namespace.
pub(crate) fn package(name: &str) -> Option<Purl> {
    match name.split_once('/') {
        None => Purl::new("npm", name, None).ok(),
        Some((scope, name)) if scope.len() > 1 && scope.starts_with('@') => {
            Purl::in_namespace("npm", scope, name, None).ok()
        }
        Some(_) => None,
    }
}
