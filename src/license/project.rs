//! The licence of the user's own project, from the contents of its manifests.
//!
//! Files are found and read by the caller, nearest first; here are pure functions over what they
//! hold.

use super::names::{from_classifier, normalize_declaration};
use super::{LicenseFact, resolve};

/// Why a manifest could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{manifest} cannot be read: {reason}")]
pub struct ManifestError {
    /// The kind of manifest, such as `Cargo.toml`.
    pub manifest: &'static str,
    /// What the parser says.
    pub reason: String,
}

/// What a manifest says of the licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestLicense {
    /// The licence is declared.
    Declared(LicenseFact),
    /// The licence stands in this file, relative to the manifest: read it and ask
    /// [`from_license_text`](super::from_license_text).
    InFile(String),
    /// The licence is that of the workspace (`license.workspace = true`): ask its root manifest.
    InWorkspace,
}

/// The licence declared in a `Cargo.toml`, or `None` if it declares none.
///
/// `workspace` is the text of the workspace's root manifest where the caller knows it; the manifest
/// itself is asked too, since it may be its own root.
///
/// # Errors
/// If one of the texts is not TOML.
pub fn from_cargo_toml(
    text: &str,
    workspace: Option<&str>,
) -> Result<Option<ManifestLicense>, ManifestError> {
    let manifest = parse(text, "Cargo.toml")?;
    let inherited = |table: &toml::Table| cargo_license(at(table, &["workspace", "package"]));
    let own = cargo_license(at(&manifest, &["package"]));
    if own.as_ref().is_some_and(|own| *own != ManifestLicense::InWorkspace) {
        return Ok(own);
    }
    let root = workspace.map(|text| parse(text, "Cargo.toml")).transpose()?;
    let from_root = root.as_ref().and_then(inherited).or_else(|| inherited(&manifest));
    Ok(from_root.or(own))
}

/// The licence declared in a `pyproject.toml`, or `None` if it declares none: `[project]` as an
/// expression, as `{text = ..}` or as `{file = ..}`, its classifiers, and `[tool.poetry]`.
///
/// # Errors
/// If the text is not TOML.
pub fn from_pyproject(text: &str) -> Result<Option<ManifestLicense>, ManifestError> {
    let manifest = parse(text, "pyproject.toml")?;
    let tables = [at(&manifest, &["project"]), at(&manifest, &["tool", "poetry"])];
    Ok(tables.into_iter().find_map(python_license))
}

/// The licence declared in a `package.json`, or `None` if it declares none: `license` as an
/// expression, as `SEE LICENSE IN <file>`, as the older `{"type": ..}`, or `licenses`, which are a
/// choice. npm's `UNLICENSED` keeps all rights.
///
/// # Errors
/// If the text is not JSON.
pub fn from_package_json(text: &str) -> Result<Option<ManifestLicense>, ManifestError> {
    let manifest: serde_json::Value = serde_json::from_str(text.trim_start_matches('\u{FEFF}'))
        .map_err(|error| ManifestError { manifest: "package.json", reason: error.to_string() })?;
    let name = |value: &serde_json::Value| {
        value.as_str().or_else(|| value.get("type")?.as_str()).map(|text| text.trim().to_owned())
    };
    let declared = match (manifest.get("license").and_then(name), manifest.get("licenses")) {
        (Some(one), _) => one,
        (None, Some(serde_json::Value::Array(several))) => {
            several.iter().filter_map(name).collect::<Vec<_>>().join(" OR ")
        }
        _ => return Ok(None),
    };
    Ok(match declared.strip_prefix("SEE LICENSE IN ") {
        Some(file) => Some(ManifestLicense::InFile(file.trim().to_owned())),
        None => (!declared.is_empty())
            .then(|| ManifestLicense::Declared(normalize_declaration(&declared))),
    })
}

/// The licence that a field of any text and classifiers state, as `setup.cfg`, `setup.py` and core
/// metadata have them; `None` if they state none. An expression goes before both.
pub(crate) fn from_fields(
    expression: Option<&str>,
    field: Option<&str>,
    classifiers: &[String],
) -> Option<LicenseFact> {
    let declared = expression.into_iter().chain(field).map(normalize_declaration);
    let declared = declared.filter(|fact| *fact != LicenseFact::unknown());
    let classified = classifiers.iter().filter_map(|classifier| from_classifier(classifier));
    let facts: Vec<LicenseFact> = declared.chain(classified).collect();
    (!facts.is_empty()).then(|| resolve(&facts))
}

fn parse(text: &str, manifest: &'static str) -> Result<toml::Table, ManifestError> {
    text.parse().map_err(|error: toml::de::Error| ManifestError {
        manifest,
        reason: error.message().to_owned(),
    })
}

fn at<'a>(table: &'a toml::Table, path: &[&str]) -> Option<&'a toml::Table> {
    path.iter().try_fold(table, |table, key| table.get(*key)?.as_table())
}

fn cargo_license(package: Option<&toml::Table>) -> Option<ManifestLicense> {
    let package = package?;
    match (package.get("license"), package.get("license-file")) {
        (Some(toml::Value::String(text)), _) => {
            Some(ManifestLicense::Declared(normalize_declaration(text)))
        }
        (Some(toml::Value::Table(_)), _) | (None, Some(toml::Value::Table(_))) => {
            Some(ManifestLicense::InWorkspace)
        }
        (None, Some(toml::Value::String(path))) => Some(ManifestLicense::InFile(path.clone())),
        _ => None,
    }
}

fn python_license(project: Option<&toml::Table>) -> Option<ManifestLicense> {
    let project = project?;
    let text = match project.get("license") {
        Some(toml::Value::String(text)) => Some(text.as_str()),
        Some(toml::Value::Table(license)) => license.get("text").and_then(toml::Value::as_str),
        _ => None,
    };
    let file = at(project, &["license"]).and_then(|license| license.get("file")?.as_str());
    let classifiers = project.get("classifiers").and_then(toml::Value::as_array);
    let classified = classifiers
        .into_iter()
        .flatten()
        .filter_map(|classifier| from_classifier(classifier.as_str()?));
    let facts: Vec<LicenseFact> =
        text.map(normalize_declaration).into_iter().chain(classified).collect();
    match (resolve(&facts), file) {
        (known, _) if known.expression.is_some() => Some(ManifestLicense::Declared(known)),
        (_, Some(path)) => Some(ManifestLicense::InFile(path.to_owned())),
        (unread, None) => (!facts.is_empty()).then_some(ManifestLicense::Declared(unread)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(found: Result<Option<ManifestLicense>, ManifestError>) -> String {
        match found {
            Ok(Some(ManifestLicense::Declared(fact))) => {
                fact.expression.map_or(format!("unread {}", fact.declared), |e| e.to_string())
            }
            Ok(Some(ManifestLicense::InFile(path))) => format!("file {path}"),
            Ok(Some(ManifestLicense::InWorkspace)) => "workspace".to_owned(),
            Ok(None) => "none".to_owned(),
            Err(error) => format!("error in {}", error.manifest),
        }
    }

    #[test]
    fn cargo_manifests_are_read() {
        let root = Some("[workspace.package]\nlicense = \"MPL-2.0\"");
        let cases = [
            ("[package]\nlicense = \"MIT OR Apache-2.0\"", None, "MIT OR Apache-2.0"),
            ("[package]\nlicense = \"MIT/Apache-2.0\"", None, "MIT OR Apache-2.0"),
            ("[package]\nlicense = \"GPL-3.0+\"", root, "GPL-3.0-or-later"),
            ("[package]\nlicense.workspace = true", root, "MPL-2.0"),
            ("[package]\nlicense.workspace = true", None, "workspace"),
            (
                "[package]\nlicense = { workspace = true }\n[workspace.package]\nlicense = \"ISC\"",
                None,
                "ISC",
            ),
            ("[workspace.package]\nlicense = \"ISC\"", None, "ISC"),
            ("[package]\nlicense-file = \"COPYING\"", None, "file COPYING"),
            ("[package]\nlicense = \"our own\"", None, "unread our own"),
            ("[package]\nname = \"x\"", None, "none"),
            ("[package", None, "error in Cargo.toml"),
            ("[package]\nlicense = 3", None, "none"),
        ];
        for (text, workspace, expected) in cases {
            assert_eq!(show(from_cargo_toml(text, workspace)), expected, "{text}");
        }
    }

    #[test]
    fn node_manifests_are_read() {
        let cases = [
            (r#"{"license": "(MIT OR Apache-2.0)"}"#, "MIT OR Apache-2.0"),
            (r#"{"license": {"type": "ISC", "url": "x"}}"#, "ISC"),
            (r#"{"licenses": [{"type": "MIT"}, {"type": "Zlib"}]}"#, "MIT OR Zlib"),
            (r#"{"license": "SEE LICENSE IN LICENSE.txt"}"#, "file LICENSE.txt"),
            (r#"{"license": "UNLICENSED", "private": true}"#, "LicenseRef-Proprietary"),
            (r#"{"license": 3, "name": "x"}"#, "none"),
            (r#"{"private": true}"#, "none"),
            ("[]", "none"),
            ("{", "error in package.json"),
        ];
        for (text, expected) in cases {
            assert_eq!(show(from_package_json(text)), expected, "{text}");
        }
    }

    #[test]
    fn python_manifests_are_read() {
        let cases = [
            ("[project]\nlicense = \"MIT\"", "MIT"),
            ("[project]\nlicense = { text = \"GPLv3+\" }", "GPL-3.0-or-later"),
            ("[project]\nlicense = { file = \"LICENSE\" }", "file LICENSE"),
            (
                "[project]\nlicense = { file = \"LICENSE\" }\nclassifiers = [\"License :: OSI Approved :: MIT License\"]",
                "MIT",
            ),
            (
                "[project]\nlicense = \"GPL\"\nclassifiers = [\"License :: OSI Approved :: GNU General Public License v2 or later (GPLv2+)\"]",
                "GPL-2.0-or-later",
            ),
            ("[project]\nclassifiers = [\"Programming Language :: Python\"]", "none"),
            ("[tool.poetry]\nlicense = \"Apache-2.0\"", "Apache-2.0"),
            ("[project]\nname = \"x\"\n[tool.poetry]\nlicense = \"ISC\"", "ISC"),
            ("[project]\nlicense = \"Dual License\"", "unread Dual License"),
            ("", "none"),
            ("]", "error in pyproject.toml"),
        ];
        for (text, expected) in cases {
            assert_eq!(show(from_pyproject(text)), expected, "{text}");
        }
    }
}
