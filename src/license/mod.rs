//! Licences: SPDX expressions, where a licence was learned, and which licences may be combined.
//!
//! Wraps the `spdx` crate; no other room imports it. Everything here is a pure function over texts;
//! the files are found and read elsewhere. Nothing here is legal advice.
//!
//! ```text
//! metadata ----- normalize_declaration --.
//! classifiers -- from_classifier --------+-- resolve --> LicenseFact of a component or project
//! LICENSE ------ from_license_text ------'
//! source file -- header --------------------------------> LicenseFact of the file, which goes first
//!
//! (inbound, outbound, terms) -- compat --> Yes, No, CheckDependency, Unknown, and the cells that say so
//! ```

mod agreement;
mod category;
mod comments;
mod compat;
mod copyright;
mod debian;
mod exception;
mod expression;
mod matrix;
mod meant;
mod names;
mod notice;
mod obligations;
mod own;
mod project;
mod reuse;
mod surplus;
mod template;
mod terms;
mod text;

pub(crate) use agreement::is_offered;
pub use category::needs_attribution;
pub(crate) use category::{Category, needs_notice};
pub(crate) use comments::HEADER_BYTES;
pub use compat::{Cell, CellSource, Compatibility, compat};
pub(crate) use compat::{compat_under, is_allowed_everywhere};
pub use copyright::copyrights;
pub(crate) use copyright::header_copyrights;
pub(crate) use debian::DebianCopyright;
pub(crate) use expression::LicenseError;
pub use expression::LicenseExpression;
pub use matrix::{Answer, MATRIX_ATTRIBUTION, Matrix, MatrixSource};
pub(crate) use names::declaration_read_as;
pub use names::{from_classifier, normalize_declaration};
pub use notice::{from_tags, header, side_file};
pub(crate) use obligations::{Duty, duties, with_duties};
pub(crate) use project::{ManifestError, ManifestLicense, from_fields};
pub use project::{from_cargo_toml, from_package_json, from_pyproject};
pub(crate) use reuse::Precedence;
pub use reuse::Reuse;
pub(crate) use template::{NoText, shipped_text};
pub use terms::Terms;
pub(crate) use terms::{Distribution, List, ListedLicense, Lists};
pub(crate) use text::MORE_TERMS;
pub use text::{DetectedText, detect_text, from_license_text, text_of};

/// What is known of the licence of a component, a file or a project, and how it came to be known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LicenseFact {
    /// The expression, or `None` where nothing was declared or what was declared cannot be read:
    /// unknown.
    pub expression: Option<LicenseExpression>,
    /// The declaration word for word where it differs from the expression, else empty.
    pub declared: String,
    /// Whether the declaration names one exact licence.
    pub precision: Precision,
    /// Where it was learned.
    pub learned_from: LearnedFrom,
}

/// Whether a declaration names one exact licence (`GPL-2.0-only`) or leaves something open (`GPL`,
/// `BSD`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Precision {
    /// One exact licence or expression.
    Exact,
    /// Something was left open; the expression is the strictest reading: an `AND` of all readings
    /// in use.
    Imprecise,
}

/// Where a licence was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LearnedFrom {
    /// Said by the user, on the command line, in a recipe or in the configuration.
    Given,
    /// The package's metadata: `license` in Cargo.toml or pyproject.toml, `License-Expression` or
    /// `License` in PKG-INFO.
    Metadata,
    /// A trove classifier of the package's metadata.
    Classifier,
    /// A licence text shipped beside the code (LICENSE, COPYING).
    LicenseText,
    /// A header or an SPDX tag in the file itself.
    FileHeader,
    /// Nowhere: no licence was found.
    Nowhere,
    /// A `.license` file beside the file.
    SideFile,
    /// A `REUSE.toml` or `.reuse/dep5` above the file.
    Reuse,
}

impl LearnedFrom {
    /// The word for it in documents for programs.
    pub fn code(self) -> &'static str {
        match self {
            LearnedFrom::Given => "given",
            LearnedFrom::Metadata => "metadata",
            LearnedFrom::Classifier => "classifier",
            LearnedFrom::LicenseText => "license-text",
            LearnedFrom::FileHeader => "file-header",
            LearnedFrom::SideFile => "side-file",
            LearnedFrom::Reuse => "reuse",
            LearnedFrom::Nowhere => "nowhere",
        }
    }
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

/// Makes one fact of all that a component or project says of its licence, in order of trust:
/// metadata, classifiers, licence texts.
///
/// The first that can be read stands, with two refinements:
/// - A declaration that holds a whole file of texts names too much. Another that names one of those
///   families chooses it: scipy's field holds BSD and the GPL of a bundled library, its classifier
///   says BSD.
/// - An imprecise one is made precise by an exact one of the same family: `GPL` with the classifier
///   "v2 or later" is GPL-2.0-or-later, `BSD` beside the text of two clauses is BSD-2-Clause.
///
/// One of another family changes nothing: it may belong to something vendored.
pub(crate) fn resolve(facts: &[LicenseFact]) -> LicenseFact {
    let Some(first) = facts.iter().find(|fact| fact.expression.is_some()) else {
        let unread = facts.iter().find(|fact| !fact.declared.is_empty());
        return unread.cloned().unwrap_or_else(LicenseFact::unknown);
    };
    if first.precision == Precision::Exact {
        return first.clone();
    }
    let chosen = facts.iter().find_map(|other| first.narrow_by(other));
    let first = chosen.unwrap_or_else(|| first.clone());
    let refines =
        |fact: &&LicenseFact| fact.precision == Precision::Exact && first.is_open_to(fact);
    match facts.iter().find(refines) {
        Some(precise) => LicenseFact { declared: first.declared, ..precise.clone() },
        None => first,
    }
}

impl LicenseFact {
    /// The licences named, without exceptions; none where nothing could be read.
    fn licenses(&self) -> Vec<String> {
        self.expression.as_ref().map(LicenseExpression::licenses).unwrap_or_default()
    }

    /// Of a fact of several families, the part whose family the other fact names alone.
    fn narrow_by(&self, other: &LicenseFact) -> Option<LicenseFact> {
        let (mine, theirs) = (self.licenses(), other.licenses());
        let wanted = one_family(&theirs)?;
        if one_family(&mine).is_some() {
            return None;
        }
        let kept = mine.iter().filter(|id| family(id) == wanted);
        let kept = kept.filter_map(|id| LicenseExpression::parse(id).ok());
        Some(LicenseFact {
            expression: Some(LicenseExpression::all_of(kept.map(|part| part.0))?),
            ..self.clone()
        })
    }

    /// Whether the other fact names one licence that may be what is meant here.
    fn is_open_to(&self, other: &LicenseFact) -> bool {
        let (mine, theirs) = (self.licenses(), other.licenses());
        let ([other], Some(family)) = (theirs.as_slice(), one_family(&mine)) else {
            return false;
        };
        // `GPLv3` is not made precise by a notice for GPL-2.0; a bare `GPL`, which is read as
        // several, is.
        let version =
            |id: &str| id.trim_end_matches("-only").trim_end_matches("-or-later").to_owned();
        match mine.as_slice() {
            [one] if one.contains("GPL-") => version(one) == version(other),
            _ => family == self::family(other),
        }
    }
}

/// `GPL` of `GPL-2.0-only`, `BSD` of `BSD-3-Clause`.
fn family(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}

/// The family of all these licences, if they have one in common.
fn one_family(ids: &[String]) -> Option<&str> {
    let first = family(ids.first()?);
    ids.iter().all(|id| family(id) == first).then_some(first)
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
            let facts = [normalize_declaration(declared), from_classifier(classifier).unwrap()];
            let resolved = resolve(&facts).expression.expect(declared);
            assert_eq!(resolved.as_str(), expected, "{declared} and {classifier}");
        }
        assert_eq!(resolve(&[]), LicenseFact::unknown());
        assert_eq!(resolve(&[normalize_declaration("VSL")]).declared, "VSL");
    }

    #[test]
    fn a_classifier_chooses_among_the_texts_of_a_field() {
        let text = |id: &str| spdx::license_id(id).unwrap().text();
        let field = format!(
            "Copyright (c) SciPy\n{}\n----\n{}",
            text("BSD-3-Clause"),
            text("GPL-3.0-only")
        );
        let field = normalize_declaration(&field);
        let read = field.expression.as_ref().unwrap().as_str();
        assert_eq!(read, "GPL-3.0-only AND BSD-3-Clause");
        let classifier = from_classifier("License :: OSI Approved :: BSD License").unwrap();
        let resolved = resolve(&[field, classifier]);
        assert_eq!(resolved.expression.unwrap().as_str(), "BSD-3-Clause");
        assert_eq!(resolved.precision, Precision::Imprecise);
    }

    #[test]
    fn a_text_makes_a_bare_family_precise() {
        let two = spdx::license_id("BSD-2-Clause").unwrap().text();
        let facts = [normalize_declaration("BSD"), from_license_text(two).unwrap()];
        let resolved = resolve(&facts);
        assert_eq!(resolved.expression.unwrap().as_str(), "BSD-2-Clause");
        assert_eq!((resolved.declared.as_str(), resolved.precision), ("BSD", Precision::Exact));
    }
}
