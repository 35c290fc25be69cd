//! A report as an SPDX 3.0.1 document in JSON-LD: each reference a snippet of its file, and a
//! variant of the package that is its origin.
//!
//! Specification: <https://spdx.github.io/spdx-spec/v3.0.1/>. What it says is what the document of
//! SPDX 2.3 says, and its elements are named by the same digest.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use super::json::write_value;
use super::origins::{Origin, describe, origins};
use super::source_facts::SourceFacts;
use super::spdx::{CAVEAT, UNKNOWN, copyright, digest, license, notices, sources};
use crate::judgement::finding::{Reference, Report};
use crate::license::LicenseFact;

const CREATION: &str = "_:creation";
/// The element of the specification for a licence that nobody knows.
const UNKNOWN_LICENSE: &str =
    "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense";

/// Draws the report. Files whose text is not known any more are left out, as in SPDX 2.3.
///
/// # Errors
/// If writing fails.
pub(crate) fn write(
    report: &Report,
    facts: &SourceFacts,
    created: &str,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let document = Document {
        context: "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
        graph: Graph::of(report, facts, created).elements,
    };
    write_value(&document, out)
}

#[derive(Serialize)]
struct Document {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@graph")]
    graph: Vec<Node>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Node {
    Creation(CreationInfo),
    Element(Box<Element>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreationInfo {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "@id")]
    id: &'static str,
    spec_version: &'static str,
    created: String,
    created_by: [String; 1],
    comment: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Element {
    spdx_id: String,
    creation_info: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(flatten)]
    body: Body,
}

/// What the kinds of elements hold.
#[derive(Serialize)]
#[serde(tag = "type")]
enum Body {
    SoftwareAgent,
    #[serde(rename_all = "camelCase")]
    SpdxDocument {
        data_license: String,
        profile_conformance: [&'static str; 3],
        root_element: [String; 1],
        element: Vec<String>,
    },
    #[serde(rename = "software_Package")]
    Package {
        #[serde(rename = "software_packageVersion", skip_serializing_if = "Option::is_none")]
        version: Option<String>,
        #[serde(rename = "software_packageUrl", skip_serializing_if = "Option::is_none")]
        purl: Option<String>,
        #[serde(rename = "software_downloadLocation", skip_serializing_if = "Option::is_none")]
        archive: Option<String>,
        #[serde(rename = "software_copyrightText", skip_serializing_if = "Option::is_none")]
        copyright: Option<String>,
    },
    #[serde(rename = "software_File", rename_all = "camelCase")]
    File {
        verified_using: [Hash; 1],
    },
    #[serde(rename = "software_Snippet")]
    Snippet {
        #[serde(rename = "software_snippetFromFile")]
        file: String,
        #[serde(rename = "software_byteRange")]
        bytes: Range,
        #[serde(rename = "software_lineRange")]
        lines: Range,
        #[serde(rename = "software_copyrightText")]
        copyright: String,
    },
    #[serde(rename = "simplelicensing_LicenseExpression")]
    LicenseExpression {
        #[serde(rename = "simplelicensing_licenseExpression")]
        expression: String,
        #[serde(rename = "simplelicensing_customIdToUri", skip_serializing_if = "Vec::is_empty")]
        custom: Vec<DictionaryEntry>,
    },
    #[serde(rename = "simplelicensing_SimpleLicensingText")]
    LicensingText {
        #[serde(rename = "simplelicensing_licenseText")]
        text: String,
    },
    #[serde(rename_all = "camelCase")]
    Relationship {
        from: String,
        relationship_type: &'static str,
        to: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        completeness: Option<&'static str>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Hash {
    #[serde(rename = "type")]
    kind: &'static str,
    algorithm: &'static str,
    hash_value: String,
}

/// Both ends belong to it, and count from 1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Range {
    #[serde(rename = "type")]
    kind: &'static str,
    begin_integer_range: u32,
    end_integer_range: u32,
}

#[derive(Serialize)]
struct DictionaryEntry {
    #[serde(rename = "type")]
    kind: &'static str,
    key: String,
    value: String,
}

impl Range {
    fn of(first: u32, last: u32) -> Range {
        Range {
            kind: "PositiveIntegerRange",
            begin_integer_range: first,
            end_integer_range: last.max(first),
        }
    }
}

/// The elements of a document as they come together.
struct Graph {
    elements: Vec<Node>,
    /// What begins the name of each element.
    namespace: String,
    ids: Vec<String>,
    /// The element of each licence that was mentioned.
    licenses: BTreeMap<String, String>,
    /// The element of each licence that SPDX does not list.
    texts: BTreeMap<String, String>,
    relationships: usize,
}

impl Graph {
    fn of(report: &Report, facts: &SourceFacts, created: &str) -> Graph {
        let mut graph = Graph {
            elements: Vec::new(),
            namespace: format!("urn:birthmark:spdx:{}#", digest(report)),
            ids: Vec::new(),
            licenses: BTreeMap::new(),
            texts: BTreeMap::new(),
            relationships: 0,
        };
        graph.add_creation(report, created);
        let project = graph.add_project(report);
        let files = graph.add_files(report, facts);
        if !files.is_empty() {
            let all = files.values().cloned().collect();
            // Files without matches are not listed.
            graph.relate(&project, "contains", all, Some("incomplete"));
        }
        let mut snippets = 0;
        for (number, origin) in origins(report).iter().enumerate() {
            graph.add_origin(number, origin, facts, &files, &mut snippets);
        }
        graph.add_document(project);
        graph
    }

    fn add_creation(&mut self, report: &Report, created: &str) {
        let agent = format!("{}Agent", self.namespace);
        self.elements.push(Node::Creation(CreationInfo {
            kind: "CreationInfo",
            id: CREATION,
            spec_version: "3.0.1",
            created: created.to_owned(),
            created_by: [agent],
            comment: sources(report),
        }));
        let name = format!("birthmark {}", report.provenance.version);
        self.add("Agent".to_owned(), Some(name), None, Body::SoftwareAgent);
    }

    /// The project as a package, under its own licence.
    fn add_project(&mut self, report: &Report) -> String {
        let body = Body::Package { version: None, purl: None, archive: None, copyright: None };
        let project = self.add("Project".to_owned(), Some("project".to_owned()), None, body);
        self.license(&project, "hasDeclaredLicense", &report.provenance.project_license);
        project
    }

    /// The files in which something was found, by path.
    fn add_files(&mut self, report: &Report, facts: &SourceFacts) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        for reference in &report.references {
            let Some(known) = facts.of(&reference.path) else {
                continue;
            };
            if files.contains_key(&reference.path) {
                continue;
            }
            let hash = Hash { kind: "Hash", algorithm: "sha1", hash_value: known.sha1.clone() };
            let name = format!("File-{}", files.len() + 1);
            let body = Body::File { verified_using: [hash] };
            let file = self.add(name, Some(reference.path.clone()), None, body);
            self.license(&file, "hasConcludedLicense", &reference.outbound);
            files.insert(reference.path.clone(), file);
        }
        files
    }

    /// The package of an origin, and what resembles it.
    fn add_origin(
        &mut self,
        number: usize,
        origin: &Origin<'_>,
        facts: &SourceFacts,
        files: &BTreeMap<String, String>,
        snippets: &mut usize,
    ) {
        let purl = &origin.owner.purl;
        let body = Body::Package {
            version: purl.version(),
            purl: Some(purl.to_string()),
            archive: purl.source_archive(),
            copyright: Some(copyright(&origin.copyright_notices().into_iter().collect::<Vec<_>>())),
        };
        let package = self.add(format!("Origin-{}", number + 1), Some(purl.name()), None, body);
        self.license(&package, "hasDeclaredLicense", &origin.owner.license);
        let mut variants = Vec::new();
        for reference in &origin.references {
            if let Some(body) = snippet(reference, facts, files) {
                *snippets += 1;
                let comment = format!("{}; {}", describe(reference), reference.verdict.reason);
                let name = format!("Snippet-{snippets}");
                let snippet = self.add(name, Some(reference.id.clone()), Some(comment), body);
                self.license(&snippet, "hasConcludedLicense", &origin.owner.license);
                variants.push(snippet);
            }
        }
        if !variants.is_empty() {
            self.relate(&package, "hasVariant", variants, None);
        }
    }

    fn add_document(&mut self, project: String) {
        // Made before the list of elements is taken, so that it is one of them.
        let data_license = self.expression("CC0-1.0", Vec::new());
        let body = Body::SpdxDocument {
            data_license,
            profile_conformance: ["core", "software", "simpleLicensing"],
            root_element: [project],
            element: std::mem::take(&mut self.ids),
        };
        let name = Some("birthmark".to_owned());
        self.add("Document".to_owned(), name, Some(CAVEAT.to_owned()), body);
    }

    /// Says the licence of an element, if it is known.
    fn license(&mut self, of: &str, relation: &'static str, fact: &LicenseFact) {
        let mut custom = BTreeMap::new();
        let expression = license(fact, &mut custom);
        let license = match expression.as_str() {
            UNKNOWN => UNKNOWN_LICENSE.to_owned(),
            expression => {
                let custom = custom.into_iter().map(|(id, text)| self.custom(id, text));
                let custom = custom.collect();
                self.expression(expression, custom)
            }
        };
        self.relate(of, relation, vec![license], None);
    }

    /// The element of a licence, which is added when it is first mentioned.
    fn expression(&mut self, expression: &str, custom: Vec<DictionaryEntry>) -> String {
        if let Some(known) = self.licenses.get(expression) {
            return known.clone();
        }
        let name = format!("License-{}", self.licenses.len() + 1);
        let body = Body::LicenseExpression { expression: expression.to_owned(), custom };
        let license = self.add(name, None, None, body);
        self.licenses.insert(expression.to_owned(), license.clone());
        license
    }

    /// What is known of a licence that is not on SPDX's list.
    fn custom(&mut self, id: String, text: String) -> DictionaryEntry {
        if let Some(value) = self.texts.get(&id).cloned() {
            return DictionaryEntry { kind: "DictionaryEntry", key: id, value };
        }
        let name = format!("LicenseText-{}", self.texts.len() + 1);
        let value = self.add(name, Some(id.clone()), None, Body::LicensingText { text });
        self.texts.insert(id.clone(), value.clone());
        DictionaryEntry { kind: "DictionaryEntry", key: id, value }
    }

    fn relate(
        &mut self,
        from: &str,
        relationship_type: &'static str,
        to: Vec<String>,
        completeness: Option<&'static str>,
    ) {
        self.relationships += 1;
        let name = format!("Relationship-{}", self.relationships);
        let from = from.to_owned();
        let body = Body::Relationship { from, relationship_type, to, completeness };
        self.add(name, None, None, body);
    }

    fn add(
        &mut self,
        id: String,
        name: Option<String>,
        comment: Option<String>,
        body: Body,
    ) -> String {
        let spdx_id = format!("{}{id}", self.namespace);
        self.ids.push(spdx_id.clone());
        let element =
            Element { spdx_id: spdx_id.clone(), creation_info: CREATION, name, comment, body };
        self.elements.push(Node::Element(Box::new(element)));
        spdx_id
    }
}

/// A reference by bytes and by lines.
fn snippet(
    reference: &Reference,
    facts: &SourceFacts,
    files: &BTreeMap<String, String>,
) -> Option<Body> {
    let bytes = facts.of(&reference.path)?.span(reference.region)?;
    let lines = reference.file_lines();
    Some(Body::Snippet {
        file: files.get(&reference.path)?.clone(),
        bytes: Range::of(bytes.start + 1, bytes.end),
        lines: Range::of(lines.first, lines.last),
        copyright: copyright(notices(reference)),
    })
}
