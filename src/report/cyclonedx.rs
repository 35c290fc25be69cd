//! A report as a CycloneDX bill of materials: a component for each origin, with the evidence that it
//! is in the project and where.
//!
//! Specification: <https://cyclonedx.org/docs/1.7/json/>. What is drawn is the same in version 1.6,
//! which is still what some tools read. A component whose code was changed has
//! the unchanged one as its ancestor, and other packages that hold the same code as variants. There
//! is no serial number and no time, so that the same scan gives the same bytes.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use super::json::write_value;
use super::origins::{Origin, describe, expression, origins, unchecked_files};
use super::shape::round_wide;
use crate::engine::matcher::{CopyKind, Owner};
use crate::judgement::finding::{Reference, Report};
use crate::license::{LearnedFrom, Precision};
use crate::text::language::Family;

/// Other packages named of one origin.
const MAX_VARIANTS: usize = 20;

/// The version of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// 1.6.
    V1_6,
    /// 1.7.
    V1_7,
}

impl Version {
    fn schema(self) -> &'static str {
        match self {
            Version::V1_6 => "http://cyclonedx.org/schema/bom-1.6.schema.json",
            Version::V1_7 => "http://cyclonedx.org/schema/bom-1.7.schema.json",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Version::V1_6 => "1.6",
            Version::V1_7 => "1.7",
        }
    }
}

/// Draws the report.
///
/// # Errors
/// If writing fails.
pub(crate) fn write(report: &Report, version: Version, out: &mut dyn io::Write) -> io::Result<()> {
    let components = origins(report)
        .into_iter()
        .enumerate()
        .map(|(number, origin)| origin_component(number, &origin));
    let bom = Bom {
        schema: version.schema(),
        bom_format: "CycloneDX",
        spec_version: version.name(),
        version: 1,
        metadata: Metadata {
            tools: Tools {
                components: [Component {
                    name: "birthmark".to_owned(),
                    version: Some(report.provenance.version.clone()),
                    ..Component::new("application")
                }],
            },
            properties: properties(report),
        },
        components: components.collect(),
    };
    write_value(&bom, out)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
}

#[derive(Serialize)]
struct Metadata {
    tools: Tools,
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Tools {
    components: [Component; 1],
}

#[derive(Serialize)]
struct Property {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "Option::is_none")]
    bom_ref: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<LicenseChoice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<ExternalReference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pedigree: Option<Pedigree>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum LicenseChoice {
    Expression { expression: String, acknowledgement: &'static str },
    Named { license: Named },
}

#[derive(Serialize)]
struct Named {
    name: String,
}

/// Where the component can be had or seen.
#[derive(Serialize)]
struct ExternalReference {
    #[serde(rename = "type")]
    kind: &'static str,
    url: String,
}

#[derive(Serialize)]
struct Pedigree {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ancestors: Vec<Component>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<Component>,
    notes: String,
}

#[derive(Serialize)]
struct Evidence {
    identity: [Identity; 1],
    occurrences: Vec<Occurrence>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<LicenseChoice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    copyright: Vec<Copyright>,
}

#[derive(Serialize)]
struct Copyright {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    field: &'static str,
    confidence: f64,
    concluded_value: String,
    methods: Vec<Method>,
}

#[derive(Serialize)]
struct Method {
    technique: &'static str,
    confidence: f64,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Occurrence {
    #[serde(rename = "bom-ref")]
    bom_ref: String,
    location: String,
    line: u32,
    additional_context: String,
}

impl Component {
    fn new(kind: &'static str) -> Component {
        Component {
            kind,
            bom_ref: None,
            name: String::new(),
            version: None,
            purl: None,
            licenses: Vec::new(),
            external_references: Vec::new(),
            pedigree: None,
            evidence: None,
        }
    }

    /// The component that an owner is.
    fn of(owner: &Owner) -> Component {
        Component {
            name: owner.purl.name(),
            version: owner.purl.version(),
            purl: Some(owner.purl.to_string()),
            licenses: licenses(owner),
            external_references: external_references(owner),
            ..Component::new("library")
        }
    }
}

/// An origin as it was found in the project.
fn origin_component(number: usize, origin: &Origin<'_>) -> Component {
    let owner = origin.owner;
    let surest =
        origin.references.iter().map(|reference| confidence(reference)).fold(0.0, f64::max);
    Component {
        bom_ref: Some(format!("origin-{}", number + 1)),
        pedigree: pedigree(origin),
        evidence: Some(Evidence {
            identity: [Identity {
                field: "purl",
                confidence: surest,
                concluded_value: owner.purl.to_string(),
                methods: origin.references.iter().map(|reference| method(reference)).collect(),
            }],
            occurrences: origin
                .references
                .iter()
                .enumerate()
                .map(|(place, reference)| Occurrence {
                    // No other element of the whole document may have the same.
                    bom_ref: format!("origin-{}-place-{}", number + 1, place + 1),
                    location: reference.path.clone(),
                    line: reference.file_lines().first,
                    additional_context: describe(reference),
                })
                .collect(),
            licenses: license_evidence(owner),
            copyright: origin
                .copyright_notices()
                .into_iter()
                .map(|notice| Copyright { text: notice.to_owned() })
                .collect(),
        }),
        ..Component::of(owner)
    }
}

fn method(reference: &Reference) -> Method {
    let bits = reference.evidence.bits;
    Method {
        technique: "ast-fingerprint",
        confidence: confidence(reference),
        value: format!("{bits:.0} bits"),
    }
}

/// How likely it is that chance brings about nothing as strong in the project (Karlin and Altschul:
/// `exp(-E)`).
fn confidence(reference: &Reference) -> f64 {
    round_wide((-reference.expected_by_chance.matches).exp())
}

fn licenses(owner: &Owner) -> Vec<LicenseChoice> {
    let fact = &owner.license;
    match expression(owner) {
        Some(expression) => vec![LicenseChoice::Expression {
            expression: expression.to_owned(),
            acknowledgement: match fact.precision {
                Precision::Exact => "declared",
                Precision::Imprecise => "concluded",
            },
        }],
        None if fact.declared.is_empty() => Vec::new(),
        None => vec![LicenseChoice::Named { license: Named { name: fact.declared.clone() } }],
    }
}

/// What was seen of the origin's licence in its files or its metadata. What the user says of it is
/// no evidence.
fn license_evidence(owner: &Owner) -> Vec<LicenseChoice> {
    match owner.license.learned_from {
        LearnedFrom::Given | LearnedFrom::Nowhere => Vec::new(),
        _ => licenses(owner),
    }
}

fn external_references(owner: &Owner) -> Vec<ExternalReference> {
    let page = owner.page().map(|url| ExternalReference { kind: "website", url });
    let archive = owner.purl.source_archive();
    let archive = archive.map(|url| ExternalReference { kind: "source-distribution", url });
    page.into_iter().chain(archive).collect()
}

/// Where the code comes from if it was changed, and who else holds it.
fn pedigree(origin: &Origin<'_>) -> Option<Pedigree> {
    let changed =
        origin.references.iter().filter(|reference| reference.kind != CopyKind::Verbatim).count();
    let mut others: BTreeMap<&str, &Owner> = BTreeMap::new();
    for other in origin.references.iter().flat_map(|reference| reference.owners.iter().skip(1)) {
        others.entry(other.purl.as_str()).or_insert(other);
    }
    others.remove(origin.owner.purl.as_str());
    if changed == 0 && others.is_empty() {
        return None;
    }
    let named = others.len().min(MAX_VARIANTS);
    let mut notes = format!("{changed} of {} places hold changed code", origin.references.len());
    if others.len() > named {
        notes.push_str(&format!("; {} further packages hold the same code", others.len() - named));
    }
    Some(Pedigree {
        ancestors: if changed > 0 { vec![Component::of(origin.owner)] } else { Vec::new() },
        variants: others.into_values().take(named).map(Component::of).collect(),
        notes,
    })
}

fn properties(report: &Report) -> Vec<Property> {
    let provenance = &report.provenance;
    let threshold = |(family, bits): &(Family, f32)| Property {
        name: "birthmark:threshold-bits",
        value: format!("{bits} for {}", family.title()),
    };
    let mut properties: Vec<Property> = provenance.thresholds.iter().map(threshold).collect();
    for index in &provenance.indexes {
        properties.push(Property {
            name: "birthmark:index",
            value: format!("{} {}", index.name, index.digest),
        });
    }
    properties.extend(provenance.organisation.as_ref().map(|policy| Property {
        name: "birthmark:organisation-policy",
        value: format!("{} {}", policy.file, policy.digest),
    }));
    let left_out = unchecked_files(report);
    properties.extend(left_out.map(|value| Property { name: "birthmark:not-checked", value }));
    properties
}
