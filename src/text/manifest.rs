//! What the manifests of packages say: the name of a package and the packages it depends on.
//!
//! Manifests are read as texts and never run. Of a `setup.py` only literals count.

mod cargo;
pub(crate) mod ini;
mod python;
mod setup_script;

use std::collections::BTreeSet;

use crate::purl::{Purl, normal_pypi_name};

pub use cargo::Workspace;
pub use setup_script::licensing as licensing_of_setup_script;

/// Names of the files that [`read`] reads.
pub const NAMES: [&str; 7] = [
    "Cargo.toml",
    "METADATA",
    "PKG-INFO",
    "package.json",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
];

/// What one manifest says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The package, without a version; `None` for the root of a workspace that is no package
    /// itself.
    pub package: Option<Purl>,
    /// Whether a registry may hold the package.
    pub reach: Reach,
    /// The packages it depends on in any way, without versions. Tools that only build it are left
    /// out.
    pub dependencies: BTreeSet<Purl>,
}

/// Whether a package may be on a registry, where others can depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// It may.
    #[default]
    Public,
    /// Its manifest forbids to publish it.
    Private,
}

/// Reads a manifest by the name of its file. `workspace` is the one around a Cargo package, if it
/// stands in one. Returns `None` for a file that is no manifest or cannot be read as one.
pub fn read(file_name: &str, text: &str, workspace: Option<&Workspace>) -> Option<Manifest> {
    match file_name {
        "Cargo.toml" => cargo::read(text, workspace),
        "METADATA" | "PKG-INFO" => python::from_core_metadata(text.as_bytes()),
        "package.json" => from_package_json(text),
        "pyproject.toml" => python::from_pyproject(text),
        "setup.cfg" => python::from_setup_cfg(text),
        "setup.py" => setup_script::read(text),
        _ => None,
    }
}

/// The package on PyPI that a requirement such as `Requests[socks]>=2 ; python_version < "4"`
/// names.
fn pypi(requirement: &str) -> Option<Purl> {
    let requirement = requirement.trim();
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = requirement.find(|c| !is_of_name(c)).unwrap_or(requirement.len());
    let name = normal_pypi_name(&requirement[..end]);
    (!name.is_empty()).then(|| Purl::new("pypi", &name, None).ok()).flatten()
}

fn npm(name: &str) -> Option<Purl> {
    // A scope (`@me/mine`) is a namespace.
    format!("pkg:npm/{}", name.replacen('@', "%40", 1)).parse().ok()
}

fn from_package_json(text: &str) -> Option<Manifest> {
    let manifest: serde_json::Value = serde_json::from_str(text).ok()?;
    let tables = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
    let tables = tables.iter().filter_map(|key| manifest.get(key)?.as_object());
    Some(Manifest {
        package: manifest.get("name").and_then(|name| npm(name.as_str()?)),
        reach: match manifest.get("private").and_then(serde_json::Value::as_bool) {
            Some(true) => Reach::Private,
            _ => Reach::Public,
        },
        dependencies: tables.flat_map(|table| table.keys()).filter_map(|name| npm(name)).collect(),
    })
}

#[cfg(test)]
mod tests;
