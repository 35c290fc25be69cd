//! A report as an SPDX 2.3 document: each reference a snippet of its file, each origin a package
//! that it is a variant of.
//!
//! Specification: <https://spdx.github.io/spdx-spec/v2.3/>. The document's name is made of what it
//! says, so that the same scan gives the same one; the time, which SPDX demands, is the only thing
//! that differs.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use super::json::write_value;
use super::origins::{Origin, describe, expression, origins, unchecked_files};
use super::source_facts::SourceFacts;
use super::strength::threshold_in_words;
use crate::engine::matcher::Owner;
use crate::judgement::finding::{Reference, Report};
use crate::license::LicenseFact;

pub(super) const UNKNOWN: &str = "NOASSERTION";
const DOCUMENT: &str = "SPDXRef-DOCUMENT";
/// What every document says of itself.
pub(super) const CAVEAT: &str =
    "A snippet resembles the package that it is a variant of. A match is evidence, not proof.";
const PROJECT: &str = "SPDXRef-Project";

/// Draws the report. Files whose text is not known any more are left out, since SPDX demands their
/// digests.
///
/// # Errors
/// If writing fails.
pub(crate) fn write(
    report: &Report,
    facts: &SourceFacts,
    created: &str,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    write_value(&document(report, facts, created), out)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(rename = "SPDXID")]
    id: &'static str,
    spdx_version: &'static str,
    name: &'static str,
    document_namespace: String,
    data_license: &'static str,
    creation_info: CreationInfo,
    comment: &'static str,
    packages: Vec<Package>,
    files: Vec<File>,
    snippets: Vec<Snippet>,
    has_extracted_licensing_infos: Vec<Extracted>,
    relationships: Vec<Relationship>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreationInfo {
    created: String,
    creators: [String; 1],
    comment: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    #[serde(rename = "SPDXID")]
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_info: Option<String>,
    download_location: &'static str,
    files_analyzed: bool,
    license_concluded: String,
    license_declared: String,
    copyright_text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<ExternalRef>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef {
    reference_category: &'static str,
    reference_type: &'static str,
    reference_locator: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(rename = "SPDXID")]
    id: String,
    file_name: String,
    checksums: [Checksum; 1],
    license_concluded: String,
    license_info_in_files: [&'static str; 1],
    copyright_text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checksum {
    algorithm: &'static str,
    checksum_value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Snippet {
    #[serde(rename = "SPDXID")]
    id: String,
    snippet_from_file: String,
    name: String,
    comment: String,
    license_concluded: String,
    license_info_in_snippets: [&'static str; 1],
    copyright_text: String,
    ranges: [Range; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Range {
    start_pointer: Pointer,
    end_pointer: Pointer,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pointer {
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line_number: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extracted {
    license_id: String,
    extracted_text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    related_spdx_element: String,
    relationship_type: &'static str,
}

fn document(report: &Report, facts: &SourceFacts, created: &str) -> Document {
    let origins = origins(report);
    let mut extracted = BTreeMap::new();
    let mut packages = vec![project(report, &mut extracted)];
    let mut relationships = vec![relate(DOCUMENT, "DESCRIBES", PROJECT)];
    let files = files(report, facts, &mut extracted);
    // A package that contains files would have to list all of them.
    relationships.extend(files.values().map(|file| relate(DOCUMENT, "DESCRIBES", &file.id)));
    let mut snippets = Vec::new();
    for (number, origin) in origins.iter().enumerate() {
        let package = package(number, origin, &mut extracted);
        for reference in &origin.references {
            let Some(snippet) = snippet(snippets.len(), reference, facts, &files, &package) else {
                continue;
            };
            relationships.push(relate(&snippet.id, "VARIANT_OF", &package.id));
            snippets.push(snippet);
        }
        packages.push(package);
    }
    let extracted = extracted.into_iter();
    Document {
        id: DOCUMENT,
        spdx_version: "SPDX-2.3",
        name: "birthmark",
        document_namespace: format!("urn:birthmark:spdx:{}", digest(report)),
        data_license: "CC0-1.0",
        creation_info: CreationInfo {
            created: created.to_owned(),
            creators: [format!("Tool: birthmark-{}", report.provenance.version)],
            comment: sources(report),
        },
        comment: CAVEAT,
        packages,
        files: files.into_values().collect(),
        snippets,
        has_extracted_licensing_infos: extracted
            .map(|(license_id, extracted_text)| Extracted { license_id, extracted_text })
            .collect(),
        relationships,
    }
}

/// The project as a package, under its own licence.
fn project(report: &Report, extracted: &mut BTreeMap<String, String>) -> Package {
    Package {
        id: PROJECT.to_owned(),
        name: "project".to_owned(),
        version_info: None,
        download_location: UNKNOWN,
        files_analyzed: false,
        license_concluded: UNKNOWN.to_owned(),
        license_declared: license(&report.provenance.project_license, extracted),
        copyright_text: UNKNOWN.to_owned(),
        external_refs: Vec::new(),
    }
}

fn package(
    number: usize,
    origin: &Origin<'_>,
    extracted: &mut BTreeMap<String, String>,
) -> Package {
    let owner = origin.owner;
    let license = license(&owner.license, extracted);
    Package {
        id: format!("SPDXRef-Origin-{}", number + 1),
        name: owner.purl.name(),
        version_info: owner.purl.version(),
        download_location: UNKNOWN,
        files_analyzed: false,
        license_concluded: license.clone(),
        license_declared: license,
        copyright_text: copyright(&origin.copyright_notices().into_iter().collect::<Vec<_>>()),
        external_refs: vec![ExternalRef {
            reference_category: "PACKAGE-MANAGER",
            reference_type: "purl",
            reference_locator: owner.purl.to_string(),
        }],
    }
}

/// The files in which something was found, by path.
fn files<'a>(
    report: &'a Report,
    facts: &SourceFacts,
    extracted: &mut BTreeMap<String, String>,
) -> BTreeMap<&'a str, File> {
    let mut files = BTreeMap::new();
    for reference in &report.references {
        let Some(known) = facts.of(&reference.path) else {
            continue;
        };
        let number = files.len() + 1;
        files.entry(reference.path.as_str()).or_insert_with(|| File {
            id: format!("SPDXRef-File-{number}"),
            file_name: file_name(&reference.path),
            checksums: [Checksum { algorithm: "SHA1", checksum_value: known.sha1.clone() }],
            license_concluded: license(&reference.outbound, extracted),
            license_info_in_files: [UNKNOWN],
            copyright_text: UNKNOWN.to_owned(),
        });
    }
    files
}

/// A reference as a snippet, by bytes and by lines. Ends are inclusive.
fn snippet(
    number: usize,
    reference: &Reference,
    facts: &SourceFacts,
    files: &BTreeMap<&str, File>,
    origin: &Package,
) -> Option<Snippet> {
    let file = files.get(reference.path.as_str())?;
    let bytes = facts.of(&reference.path)?.span(reference.region)?;
    let at = |offset, line_number| Pointer { reference: file.id.clone(), offset, line_number };
    let lines = reference.file_lines();
    Some(Snippet {
        id: format!("SPDXRef-Snippet-{}", number + 1),
        snippet_from_file: file.id.clone(),
        name: reference.id.clone(),
        comment: format!("{}; {}", describe(reference), reference.verdict.reason),
        license_concluded: origin.license_concluded.clone(),
        license_info_in_snippets: [UNKNOWN],
        copyright_text: copyright(notices(reference)),
        ranges: [
            // Bytes count from 1 and the end belongs to the range, so that it is our exclusive end.
            Range {
                start_pointer: at(Some(bytes.start + 1), None),
                end_pointer: at(Some(bytes.end.max(bytes.start + 1)), None),
            },
            Range {
                start_pointer: at(None, Some(lines.first)),
                end_pointer: at(None, Some(lines.last)),
            },
        ],
    })
}

/// A licence; what is no licence of SPDX's list is listed with what is known of it.
pub(super) fn license(fact: &LicenseFact, extracted: &mut BTreeMap<String, String>) -> String {
    let Some(expression) = &fact.expression else {
        return UNKNOWN.to_owned();
    };
    let text = expression.as_str();
    // This names a licence in another document, which a reader of this one does not have.
    if text.contains("DocumentRef-") {
        return UNKNOWN.to_owned();
    }
    for word in text.split([' ', '(', ')', '+']).filter(|word| word.starts_with("LicenseRef-")) {
        let told = if fact.declared.is_empty() { text } else { &fact.declared };
        extracted.entry(word.to_owned()).or_insert_with(|| format!("Declared as: {told}"));
    }
    text.to_owned()
}

/// The notices of the code that a reference resembles.
pub(super) fn notices(reference: &Reference) -> &[String] {
    reference.owners.first().map(Owner::copyright_notices).unwrap_or_default()
}

/// Notices as one text, a line for each.
pub(super) fn copyright<T: Borrow<str>>(notices: &[T]) -> String {
    if notices.is_empty() { UNKNOWN.to_owned() } else { notices.join("\n") }
}

/// A path as SPDX wants it, relative with a dot.
fn file_name(path: &str) -> String {
    match path {
        path if path.starts_with("./") || path.starts_with('/') => path.to_owned(),
        path => format!("./{path}"),
    }
}

fn relate(element: &str, relationship_type: &'static str, other: &str) -> Relationship {
    Relationship {
        spdx_element_id: element.to_owned(),
        related_spdx_element: other.to_owned(),
        relationship_type,
    }
}

/// What was asked, for the reader of the document.
pub(super) fn sources(report: &Report) -> String {
    let provenance = &report.provenance;
    let indexes: Vec<String> = provenance
        .indexes
        .iter()
        .map(|index| format!("index {} {}", index.name, index.digest))
        .collect();
    let mut sources = format!("{}; from {}", indexes.join(", "), threshold_in_words(provenance));
    unchecked_files(report).for_each(|file| sources.push_str(&format!("; {file}")));
    sources
}

/// Of what the report says.
pub(super) fn digest(report: &Report) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(sources(report).as_bytes());
    for reference in &report.references {
        let origin = reference.owners.first();
        let license = origin.and_then(expression).unwrap_or_default();
        for part in [&reference.id, reference.path.as_str(), license, &describe(reference)] {
            hasher.update(part.as_bytes()).update(&[0]);
        }
    }
    hasher.finalize().to_hex()[..32].to_owned()
}
