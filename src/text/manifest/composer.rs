//! `composer.json`.

use serde_json::Value;

use super::{Manifest, declared_any, from_declaration};
use crate::license::ManifestError;
use crate::purl::Purl;

pub(super) fn read(text: &str) -> Result<Manifest, ManifestError> {
    let manifest: Value = super::json(text, "composer.json")?;
    let string = |key: &str| manifest.get(key)?.as_str();
    let tables = ["require", "require-dev"];
    let tables = tables.iter().filter_map(|key| manifest.get(key)?.as_object());
    let license = match manifest.get("license") {
        Some(Value::String(one)) => from_declaration(one),
        // A list is a choice, by Composer's own rule.
        Some(Value::Array(several)) => {
            declared_any(&several.iter().filter_map(Value::as_str).collect::<Vec<_>>())
        }
        _ => None,
    };
    Ok(Manifest {
        package: string("name").and_then(package),
        version: string("version").map(str::to_owned),
        license,
        dependencies: tables.flat_map(|table| table.keys()).filter_map(|it| package(it)).collect(),
        ..Manifest::default()
    })
}

/// The package of `vendor/name`; `php` and `ext-json` are none.
fn package(name: &str) -> Option<Purl> {
    let (vendor, name) = name.split_once('/')?;
    Purl::in_namespace("composer", vendor, name, None).ok()
}
