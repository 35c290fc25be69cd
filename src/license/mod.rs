//! Licences: SPDX expressions, where a licence was learned, and which licences may be combined.
//!
//! Wraps the `spdx` crate; no other room imports it. Everything here is a pure function over texts; the files are
//! found and read elsewhere. Nothing here is legal advice.
//!
//! ```text
//! metadata ----- normalize_declaration --.
//! classifiers -- from_classifier --------+-- resolve --> LicenseFact of a component or project
//! LICENSE ------ from_license_text ------'
//! source file -- header --------------------------------> LicenseFact of the file, which goes first
//!
//! (inbound, outbound) -- compat --> Yes, No, CheckDependency, Unknown, and the cells that say so
//! ```

mod category;
mod expression;
mod matrix;
mod names;
mod notice;
mod project;
mod text;

pub use category::{Category, needs_attribution};
pub use expression::{LicenseError, LicenseExpression, MAX_EXPRESSION};
pub use matrix::{
    Answer, Cell, CellSource, Compatibility, MATRIX_ATTRIBUTION, MATRIX_DATE, compat,
};
pub use names::{from_classifier, normalize_declaration};
pub use notice::{HEADER_BYTES, header};
pub use project::{ManifestError, ManifestLicense, from_cargo_toml, from_pyproject};
pub use text::{DetectedText, MAX_TEXT, detect_text, from_license_text};

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
    /// Something was left open; the expression is the strictest reading: an `AND` of all readings in use.
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

/// Makes one fact of all that a component or project says of its licence, in order of trust: metadata, classifiers,
/// licence texts.
///
/// The first that can be read stands. If it is imprecise, a later exact one of the same family makes it precise:
/// `GPL` with the classifier "v2 or later" is GPL-2.0-or-later, `BSD` beside the text of two clauses is
/// BSD-2-Clause. A later one of another family changes nothing: it may belong to something vendored.
pub fn resolve(facts: &[LicenseFact]) -> LicenseFact {
    let Some(first) = facts.iter().find(|fact| fact.expression.is_some()) else {
        let unread = facts.iter().find(|fact| !fact.declared.is_empty());
        return unread.cloned().unwrap_or_else(LicenseFact::unknown);
    };
    if first.precision == Precision::Exact {
        return first.clone();
    }
    let refines =
        |fact: &&LicenseFact| fact.precision == Precision::Exact && first.is_family_of(fact);
    match facts.iter().find(refines) {
        Some(precise) => LicenseFact {
            declared: first.declared.clone(),
            ..precise.clone()
        },
        None => first.clone(),
    }
}

impl LicenseFact {
    /// Whether the other fact names one licence of a family named here (`GPL`, `BSD`), in a version read here.
    fn is_family_of(&self, other: &LicenseFact) -> bool {
        let parts = |fact: &LicenseFact| fact.expression.as_ref().map(LicenseExpression::licenses);
        let (Some(mine), Some(others)) = (parts(self), parts(other)) else {
            return false;
        };
        let [one] = others.as_slice() else {
            return false;
        };
        let version = |id: &str| {
            let bare = id.trim_end_matches("-only").trim_end_matches("-or-later");
            bare.to_owned()
        };
        // `GPLv3` is not made precise by a notice for GPL-2.0; a bare name is by any version.
        let family = |id: &str| id.split('-').next().unwrap_or(id).to_owned();
        let open = mine.len() > 1 || !mine[0].contains("GPL-");
        mine.iter().any(|id| match open {
            true => family(id) == family(one),
            false => version(id) == version(one),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_resolved_in_order_of_trust() {
        let gpl2 = "License :: OSI Approved :: GNU General Public License v2 or later (GPLv2+)";
        let gpl3 = "License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)";
        let bsd = "License :: OSI Approved :: BSD License";
        let mit = "License :: OSI Approved :: MIT License";
        let cases = [
            ("MIT", bsd, "MIT"),
            ("GPL", gpl2, "GPL-2.0-or-later"),
            ("GPLv3", gpl3, "GPL-3.0-or-later"),
            ("GPLv2", gpl3, "GPL-2.0-only"),
            ("BSD", mit, "BSD-3-Clause"),
            ("Dual License", mit, "MIT"),
            ("", gpl3, "GPL-3.0-or-later"),
        ];
        for (declared, classifier, expected) in cases {
            let facts = [
                normalize_declaration(declared),
                from_classifier(classifier).unwrap(),
            ];
            let resolved = resolve(&facts).expression.expect(declared);
            assert_eq!(resolved.as_str(), expected, "{declared} and {classifier}");
        }
        assert_eq!(resolve(&[]), LicenseFact::unknown());
        assert_eq!(resolve(&[normalize_declaration("VSL")]).declared, "VSL");
    }

    #[test]
    fn a_text_makes_a_bare_family_precise() {
        let two = spdx::license_id("BSD-2-Clause").unwrap().text();
        let facts = [
            normalize_declaration("BSD"),
            from_license_text(two).unwrap(),
        ];
        let resolved = resolve(&facts);
        assert_eq!(resolved.expression.unwrap().as_str(), "BSD-2-Clause");
        assert_eq!(
            (resolved.declared.as_str(), resolved.precision),
            ("BSD", Precision::Exact)
        );
    }
}
