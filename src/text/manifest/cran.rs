//! `DESCRIPTION` of R's packages.

use super::control::{field, paragraphs};
use super::{Manifest, declared_reading};
use crate::license::{ManifestLicense, normalize_declaration};
use crate::purl::Purl;

/// The fields that name dependencies.
const FIELDS: [&str; 5] = ["Depends", "Imports", "LinkingTo", "Suggests", "Enhances"];

/// R itself, and the packages that come with it.
const BASE: [&str; 14] = [
    "R",
    "base",
    "compiler",
    "datasets",
    "grDevices",
    "graphics",
    "grid",
    "methods",
    "parallel",
    "splines",
    "stats",
    "stats4",
    "tools",
    "utils",
];

/// Names of licences that mean something else in R than elsewhere, without spaces: `GPL-2` is that
/// version alone. `>=` stands in brackets behind a name.
const LICENSES: [(&str, &str); 20] = [
    ("AGPL-3", "AGPL-3.0-only"),
    ("AGPL(>=3)", "AGPL-3.0-or-later"),
    ("ApacheLicense(>=2)", "Apache-2.0"),
    ("ApacheLicense(>=2.0)", "Apache-2.0"),
    ("BSD_2_clause", "BSD-2-Clause"),
    ("BSD_3_clause", "BSD-3-Clause"),
    ("CC0", "CC0-1.0"),
    ("GPL-2", "GPL-2.0-only"),
    ("GPL-3", "GPL-3.0-only"),
    ("GPL(>=2)", "GPL-2.0-or-later"),
    ("GPL(>=2.0)", "GPL-2.0-or-later"),
    ("GPL(>=3)", "GPL-3.0-or-later"),
    ("GPL(>=3.0)", "GPL-3.0-or-later"),
    ("LGPL-2", "LGPL-2.0-only"),
    ("LGPL-2.1", "LGPL-2.1-only"),
    ("LGPL-3", "LGPL-3.0-only"),
    ("LGPL(>=2)", "LGPL-2.0-or-later"),
    ("LGPL(>=2.0)", "LGPL-2.0-or-later"),
    ("LGPL(>=2.1)", "LGPL-2.1-or-later"),
    ("LGPL(>=3)", "LGPL-3.0-or-later"),
];

pub(super) fn read(text: &str) -> Manifest {
    let fields = paragraphs(text).next().unwrap_or_default();
    let said = |name: &str| field(&fields, name);
    let (Some(name), Some(version)) = (said("Package"), said("Version")) else {
        return Manifest::default();
    };
    let needed = FIELDS.iter().filter_map(|name| said(name)).flat_map(|names| names.split(','));
    let needed = needed.map(|name| name.split('(').next().unwrap_or_default().trim());
    Manifest {
        package: package(name),
        version: Some(version.to_owned()),
        license: said("License").and_then(license),
        dependencies: needed.filter(|name| !BASE.contains(name)).filter_map(package).collect(),
        ..Manifest::default()
    }
}

/// `GPL-2 | MIT + file LICENSE`: `|` is a choice, and a file only fills in who holds the copyright.
fn license(text: &str) -> Option<ManifestLicense> {
    if let Some(file) = text.strip_prefix("file ") {
        return Some(ManifestLicense::InFile(file.trim().to_owned()));
    }
    let choices = text.split('|').map(|choice| {
        let name = choice.split("+ file").next().unwrap_or_default().trim();
        let key: String = name.split_whitespace().collect();
        let row = LICENSES.iter().find(|(known, _)| *known == key);
        match row {
            Some((_, license)) => Some((*license).to_owned()),
            None => Some(normalize_declaration(name).expression?.to_string()),
        }
    });
    let choices = choices.collect::<Option<Vec<_>>>();
    let expression = choices.map(|choices| match choices.as_slice() {
        [one] => one.clone(),
        several => several.iter().map(|one| format!("({one})")).collect::<Vec<_>>().join(" OR "),
    });
    declared_reading(text, expression.as_deref())
}

fn package(name: &str) -> Option<Purl> {
    Purl::new("cran", name, None).ok()
}
