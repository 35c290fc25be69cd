//! Licences: SPDX expressions, where a licence was learned, and which licences may be combined.
//!
//! Wraps the `spdx` crate; no other room imports it. Nothing here is legal advice.

use std::fmt;

/// A valid SPDX licence expression in canonical spelling (`MIT OR Apache-2.0`).
///
/// Specification: SPDX 2.3, annex D.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LicenseExpression(String);

impl LicenseExpression {
    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LicenseExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is known of the licence of a component, a file or a project, and how it came to be known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LicenseFact {
    /// The expression, or `None` where nothing was declared or what was declared cannot be read: unknown.
    pub expression: Option<LicenseExpression>,
    /// The declaration word for word where it differs from the expression, else empty.
    pub declared: String,
    /// Whether the declaration names one exact licence.
    pub precision: Precision,
    /// Where it was learned.
    pub learned_from: LearnedFrom,
}

/// Whether a declaration names one exact licence (`GPL-2.0-only`) or leaves something open (`GPL`, `BSD`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Precision {
    /// One exact licence or expression.
    Exact,
    /// Something was left open; the expression is the strictest reading.
    Imprecise,
}

/// Where a licence was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LearnedFrom {
    /// Said by the user, on the command line, in a recipe or in the configuration.
    Given,
    /// The package's metadata: `license` in Cargo.toml or pyproject.toml, `License-Expression` or `License` in PKG-INFO.
    Metadata,
    /// A trove classifier of the package's metadata.
    Classifier,
    /// A licence text shipped beside the code (LICENSE, COPYING).
    LicenseText,
    /// A header or an SPDX tag in the file itself.
    FileHeader,
    /// Nowhere: no licence was found.
    Nowhere,
}

impl LicenseFact {
    /// The fact that no licence is known.
    pub fn unknown() -> LicenseFact {
        LicenseFact {
            expression: None,
            declared: String::new(),
            precision: Precision::Exact,
            learned_from: LearnedFrom::Nowhere,
        }
    }
}

pub mod project;
mod stand_in;

pub use stand_in::LicenseError;

pub use project::{
    ManifestError, ManifestLicense, from_cargo_toml, from_license_text, from_pyproject,
};
