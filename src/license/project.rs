//! STAND-IN for reading a project's own licence; replaced whole at the merge.
#![allow(missing_docs)]

use super::{LearnedFrom, LicenseExpression, LicenseFact, Precision};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{manifest} is not valid TOML: {reason}")]
pub struct ManifestError {
    pub manifest: &'static str,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestLicense {
    Declared(LicenseFact),
    InFile(String),
    InWorkspace,
}

pub fn from_cargo_toml(
    text: &str,
    _workspace: Option<&str>,
) -> Result<Option<ManifestLicense>, ManifestError> {
    declared(text, "Cargo.toml", "package")
}

pub fn from_pyproject(text: &str) -> Result<Option<ManifestLicense>, ManifestError> {
    declared(text, "pyproject.toml", "project")
}

pub fn from_license_text(text: &str) -> Option<LicenseFact> {
    let fact = given("MIT").filter(|_| text.contains("MIT License"))?;
    Some(LicenseFact {
        learned_from: LearnedFrom::LicenseText,
        ..fact
    })
}

fn declared(
    text: &str,
    manifest: &'static str,
    key: &str,
) -> Result<Option<ManifestLicense>, ManifestError> {
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| ManifestError {
            manifest,
            reason: error.message().to_owned(),
        })?;
    let license = table.get(key).and_then(|package| package.get("license"));
    Ok(license
        .and_then(toml::Value::as_str)
        .and_then(given)
        .map(ManifestLicense::Declared))
}

fn given(text: &str) -> Option<LicenseFact> {
    Some(LicenseFact {
        expression: Some(LicenseExpression::parse(text).ok()?.0),
        declared: String::new(),
        precision: Precision::Exact,
        learned_from: LearnedFrom::Metadata,
    })
}
