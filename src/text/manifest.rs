//! What the manifests of packages say: the name of a package and the packages it depends on.
//!
//! Manifests are read as texts and never run. Of a `setup.py` only literals count.

mod cargo;
mod composer;
mod control;
mod cpan;
mod cran;
mod gem;
mod golang;
pub(crate) mod ini;
mod literal;
mod luarocks;
mod npm;
mod python;
mod sbt;
mod setup_script;
mod swift;
mod xml;

use std::collections::BTreeSet;

use crate::license::{
    LicenseFact, ManifestError, ManifestLicense, Precision, declaration_read_as,
    normalize_declaration,
};
use crate::purl::{Purl, normal_pypi_name};

pub(crate) use cargo::Workspace;
pub use control::field;
pub(crate) use control::paragraphs;
pub(crate) use npm::package as npm_package;
pub use setup_script::read_license as license_of_setup_script;

/// The manifests of Cargo and Python packages, whose licences [`crate::license`] reads.
const CARGO_AND_PYTHON: [&str; 6] =
    ["Cargo.toml", "METADATA", "PKG-INFO", "pyproject.toml", "setup.cfg", "setup.py"];

/// Manifests of other packages.
struct Form {
    /// The name of the file, or how it ends: `*.gemspec`.
    name: &'static str,
    /// Reads the text of a file of that name.
    read: fn(&str, &str) -> Result<Manifest, ManifestError>,
}

/// The manifests of other packages. Where several stand side by side, the first speaks for what
/// stands there.
const FORMS: [Form; 12] = [
    Form { name: "package.json", read: |_, text| npm::read(text) },
    Form { name: "pom.xml", read: |_, text| xml::maven(text) },
    Form { name: "go.mod", read: |_, text| Ok(golang::read(text)) },
    Form { name: "composer.json", read: |_, text| composer::read(text) },
    Form { name: "*.gemspec", read: |_, text| Ok(gem::read(text)) },
    Form { name: "DESCRIPTION", read: |_, text| Ok(cran::read(text)) },
    Form { name: "META.json", read: |_, text| cpan::read(text) },
    Form { name: "*.rockspec", read: |_, text| Ok(luarocks::read(text)) },
    Form { name: "*.nuspec", read: |_, text| xml::nuspec(text) },
    Form { name: "*.csproj", read: xml::csproj },
    Form { name: "build.sbt", read: |_, text| Ok(sbt::read(text)) },
    Form { name: "Package.swift", read: |_, text| Ok(swift::read(text)) },
];

impl Form {
    fn fits(&self, file_name: &str) -> bool {
        match self.name.strip_prefix('*') {
            Some(end) => file_name.ends_with(end) && file_name.len() > end.len(),
            None => file_name == self.name,
        }
    }
}

/// Whether [`read`] reads files of that name.
pub(crate) fn is_manifest(file_name: &str) -> bool {
    CARGO_AND_PYTHON.contains(&file_name) || rank(file_name).is_some()
}

/// The position of a manifest of another package than Cargo's and Python's: where several stand side
/// by side, the lowest speaks for what stands there.
pub(crate) fn rank(file_name: &str) -> Option<usize> {
    FORMS.iter().position(|form| form.fits(file_name))
}

/// The names that [`rank`] knows whole.
pub(crate) fn ranked_names() -> impl Iterator<Item = &'static str> {
    FORMS.iter().map(|form| form.name).filter(|name| !name.starts_with('*'))
}

/// Reads a manifest of another package than Cargo's and Python's; `None` for other files.
///
/// # Errors
/// If it is not JSON or XML where it should be.
pub(crate) fn read_ranked(file_name: &str, text: &str) -> Option<Result<Manifest, ManifestError>> {
    let form = FORMS.iter().find(|form| form.fits(file_name))?;
    Some((form.read)(file_name, text))
}

/// What one manifest says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The package, without a version; `None` for the root of a workspace that is no package
    /// itself.
    pub package: Option<Purl>,
    /// Its version. Not read of Cargo and Python packages, nor where a build finds it out.
    pub version: Option<String>,
    /// Its licence. Not read of Cargo and Python packages, whose statements stand in several
    /// fields.
    pub(crate) license: Option<ManifestLicense>,
    /// Whether a registry may hold the package.
    pub(crate) reach: Reach,
    /// The packages it depends on in any way, without versions. Tools that only build it are left
    /// out.
    pub dependencies: BTreeSet<Purl>,
    /// The packages that it carries inside of its own archive, without versions.
    pub bundled: BTreeSet<Purl>,
}

/// Whether a package may be on a registry, where others can depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reach {
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
        "pyproject.toml" => python::from_pyproject(text),
        "setup.cfg" => python::from_setup_cfg(text),
        "setup.py" => setup_script::read(text),
        _ => read_ranked(file_name, text)?.ok(),
    }
}

fn json(text: &str, manifest: &'static str) -> Result<serde_json::Value, ManifestError> {
    serde_json::from_str(text.trim_start_matches('\u{FEFF}'))
        .map_err(|error| ManifestError { manifest, reason: error.to_string() })
}

/// A licence that is declared by one name or expression.
fn from_declaration(text: &str) -> Option<ManifestLicense> {
    let fact = normalize_declaration(text);
    (fact != LicenseFact::unknown()).then_some(ManifestLicense::Declared(fact))
}

/// Licences of which one may be chosen.
fn declared_any(names: &[&str]) -> Option<ManifestLicense> {
    declared_several(names, " OR ")
}

/// Licences of which nobody says whether one may be chosen: read strictly, all of them hold.
fn declared_all(names: &[&str]) -> Option<ManifestLicense> {
    let stated = declared_several(names, " AND ")?;
    Some(match stated {
        ManifestLicense::Declared(fact) if names.len() > 1 => {
            ManifestLicense::Declared(LicenseFact { precision: Precision::Imprecise, ..fact })
        }
        other => other,
    })
}

fn declared_several(names: &[&str], joint: &str) -> Option<ManifestLicense> {
    if let [one] = names {
        return from_declaration(one);
    }
    let read = names.iter().map(|name| normalize_declaration(name).expression);
    let read = read.map(|expression| Some(format!("({})", expression?)));
    let expression = read.collect::<Option<Vec<_>>>().map(|read| read.join(joint));
    declared_reading(&names.join(", "), expression.as_deref())
}

/// A declaration that an ecosystem reads in a way of its own; no expression where it is unknown.
fn declared_reading(text: &str, expression: Option<&str>) -> Option<ManifestLicense> {
    let is_said = !text.trim().is_empty();
    is_said.then(|| ManifestLicense::Declared(declaration_read_as(text, expression)))
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

#[cfg(test)]
mod tests;
