//! `Cargo.toml`.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::{Manifest, Reach};
use crate::purl::Purl;

/// The tables that name dependencies.
const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// A Cargo workspace, as far as its members depend on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workspace {
    /// Globs of the folders of its members.
    pub members: Vec<String>,
    /// The packages behind the names of its shared dependencies.
    packages: BTreeMap<String, String>,
}

impl Workspace {
    /// Reads the `[workspace]` of a `Cargo.toml`; `None` where there is none.
    pub(crate) fn read(text: &str) -> Option<Workspace> {
        let manifest: Table = text.parse().ok()?;
        let workspace = manifest.get("workspace")?.as_table()?;
        let members = workspace.get("members").and_then(Value::as_array);
        let members = members.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        let shared = workspace.get("dependencies").and_then(Value::as_table);
        let package =
            |(name, said): (&String, &Value)| (name.clone(), package_of(name, said).to_owned());
        Some(Workspace {
            members: members.collect(),
            packages: shared.into_iter().flatten().map(package).collect(),
        })
    }
}

pub(super) fn read(text: &str, workspace: Option<&Workspace>) -> Option<Manifest> {
    let manifest: Table = text.parse().ok()?;
    let package =
        manifest.get("package").or_else(|| manifest.get("project")).and_then(Value::as_table);
    let mut names = BTreeSet::new();
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flatten().filter_map(|(_, target)| target.as_table());
    for holder in targets.chain([&manifest]) {
        let tables = TABLES.iter().filter_map(|name| holder.get(*name)?.as_table());
        names.extend(tables.flatten().map(|(name, said)| dependency(name, said, workspace)));
    }
    Some(Manifest {
        package: package.and_then(|it| purl(it.get("name")?.as_str()?)),
        reach: match package.and_then(|it| it.get("publish")) {
            Some(Value::Boolean(false)) => Reach::Private,
            // An empty list forbids to publish, as `false` does.
            Some(Value::Array(registries)) if !registries.iter().any(is_public) => Reach::Private,
            _ => Reach::Public,
        },
        dependencies: names.iter().filter_map(|name| purl(name)).collect(),
        ..Manifest::default()
    })
}

/// The package behind a dependency, which `package = "..."` may name, here or in the workspace.
fn dependency(name: &str, said: &Value, workspace: Option<&Workspace>) -> String {
    let inherits = said.get("workspace").and_then(Value::as_bool) == Some(true);
    let shared = workspace.filter(|_| inherits).and_then(|it| it.packages.get(name));
    shared.map_or_else(|| package_of(name, said), String::as_str).to_owned()
}

fn package_of<'a>(name: &'a str, said: &'a Value) -> &'a str {
    said.get("package").and_then(Value::as_str).unwrap_or(name)
}

fn is_public(registry: &Value) -> bool {
    registry.as_str() == Some("crates-io")
}

fn purl(name: &str) -> Option<Purl> {
    Purl::new("cargo", name, None).ok()
}
