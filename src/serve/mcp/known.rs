//! `list_licenses` and `list_owners`: what the indexes know, page by page.

use std::collections::BTreeMap;
use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{expression, plain};
use super::project::Projects;
use super::tool::{Answer, Failure};
use crate::engine::index::ComponentEntry;
use crate::engine::matcher::Owner;
use crate::judgement::finding::Decision;
use crate::judgement::policy;
use crate::license::{Category, LicenseFact};
use crate::purl::Purl;
use crate::report::words::{count, group_digits};
use crate::session::Checker;
use crate::text::span::LineRange;

/// Entries of a page, unless the caller wants fewer or more.
const PAGE: usize = 50;
/// Entries of a page at most.
const MAX_PAGE: usize = 500;
/// What stands for a licence that is not known.
const NOT_KNOWN: &str = "not known";

/// Arguments of `list_licenses`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListLicenses {
    /// Only licences whose expression contains this, in upper or lower case.
    #[serde(default)]
    filter: Option<String>,
    #[serde(default)]
    #[schemars(range(min = 1, max = 500))]
    /// Entries at most; 50 by default.
    limit: Option<usize>,
    /// Entries to pass over: `next_offset` of the page before.
    #[serde(default)]
    offset: usize,
    /// Directory of the project, if it is another than the one the server was started for.
    #[serde(default)]
    project: Option<String>,
}

/// Arguments of `list_owners`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListOwners {
    /// Only packages whose package URL or licence contains this, in upper or lower case.
    #[serde(default)]
    filter: Option<String>,
    /// Entries at most; 50 by default.
    #[serde(default)]
    #[schemars(range(min = 1, max = 500))]
    limit: Option<usize>,
    /// Entries to pass over: `next_offset` of the page before.
    #[serde(default)]
    offset: usize,
    /// Directory of the project, if it is another than the one the server was started for.
    #[serde(default)]
    project: Option<String>,
}

/// What `list_licenses` says.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Licenses {
    /// How many there are in all.
    total: usize,
    /// The licences of this page, those of the most lines first.
    licenses: Vec<License>,
    /// Where the next page begins, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<usize>,
}

/// A licence, and the code under it.
#[derive(Debug, Serialize, JsonSchema)]
struct License {
    /// SPDX expression; "not known" where none is stated.
    license: String,
    /// Its kind, for one licence: permissive, weak-copyleft, copyleft, network-copyleft and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'static str>,
    /// Packages under it.
    components: u64,
    /// Lines of their code.
    lines: u64,
    /// The verdict on such code under this project's licence and policy: compatible,
    /// attribution-needed, review, unknown, all-rights-reserved or incompatible. Files of a package
    /// may be under another licence than the package.
    decision: &'static str,
}

/// What `list_owners` says.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Owners {
    /// How many there are in all.
    total: usize,
    /// The packages of this page, by package URL.
    owners: Vec<Component>,
    /// Where the next page begins, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<usize>,
}

/// A package of the index.
#[derive(Debug, Serialize, JsonSchema)]
struct Component {
    /// Package URL with the version.
    purl: String,
    /// SPDX expression; "not known" where none is stated.
    license: String,
    /// Source files.
    documents: u64,
    /// Lines of code.
    lines: u64,
}

impl ListLicenses {
    pub(super) fn run(&self, projects: &Projects) -> Result<Answer, Failure> {
        let (checker, components) = list_components(projects, self.project.as_deref())?;
        let mut found: BTreeMap<String, License> = BTreeMap::new();
        for entry in components {
            let fact = &entry.component.license;
            let name = expression(fact).unwrap_or_else(|| NOT_KNOWN.to_owned());
            let license = found.entry(name.clone()).or_insert_with(|| License {
                category: category(fact),
                decision: verdict(&checker, fact),
                license: name,
                components: 0,
                lines: 0,
            });
            license.components += 1;
            license.lines += entry.lines;
        }
        let fits = |license: &License| contains(&[&license.license], self.filter.as_deref());
        let mut licenses: Vec<License> = found.into_values().filter(fits).collect();
        // The sort is stable: licences of equally many lines stay in the order of their names.
        licenses.sort_by_key(|license| std::cmp::Reverse(license.lines));
        let (licenses, total, next_offset) = page(licenses, self.offset, self.limit);
        let mut told = heading(total, "licence", licenses.len(), self.offset, next_offset);
        for License { license, components, lines, decision, .. } in &licenses {
            let (components, lines) = (count(*components, "component"), group_digits(*lines));
            let _ = writeln!(told, "{license}: {decision} here ({components}, {lines} lines)");
        }
        Answer::new(told, &Licenses { total, licenses, next_offset })
    }
}

impl ListOwners {
    pub(super) fn run(&self, projects: &Projects) -> Result<Answer, Failure> {
        let (_, components) = list_components(projects, self.project.as_deref())?;
        let owners = components.into_iter().map(|entry| Component {
            purl: plain(entry.component.purl.as_str()),
            license: expression(&entry.component.license).unwrap_or_else(|| NOT_KNOWN.to_owned()),
            documents: entry.documents,
            lines: entry.lines,
        });
        let fits =
            |owner: &Component| contains(&[&owner.purl, &owner.license], self.filter.as_deref());
        let (owners, total, next_offset) =
            page(owners.filter(fits).collect(), self.offset, self.limit);
        let mut told = heading(total, "owner", owners.len(), self.offset, next_offset);
        for Component { purl, license, lines, .. } in &owners {
            let _ = writeln!(told, "{purl}: {license} ({} lines)", group_digits(*lines));
        }
        Answer::new(told, &Owners { total, owners, next_offset })
    }
}

/// The components that a project's indexes hold, by purl.
fn list_components(
    projects: &Projects,
    project: Option<&str>,
) -> Result<(std::sync::Arc<Checker>, Vec<ComponentEntry>), Failure> {
    let spot = projects.spot(None, project)?;
    let checker = projects.checker(&spot.project)?;
    let components = checker.scanner().index().list().map_err(|error| {
        Failure::of(
            &error,
            "Tell the user to run `birthmark index verify`, and to build the index anew.",
        )
    })?;
    Ok((checker, components))
}

fn category(fact: &LicenseFact) -> Option<&'static str> {
    let expression = fact.expression.as_ref()?.as_str();
    (!expression.contains(' ')).then(|| Category::of(expression).name())
}

/// The verdict on code under a licence, were it found at the top of the project.
fn verdict(checker: &Checker, license: &LicenseFact) -> &'static str {
    // No list of packages names it, so that the licence alone decides.
    let Ok(purl) = Purl::new("generic", "any", None) else {
        return Decision::Unknown.code();
    };
    let owner = Owner {
        purl,
        versions: Vec::new(),
        path: String::new(),
        lines: LineRange { first: 1, last: 1 },
        license: license.clone(),
        bits: 0.0,
        share: 0.0,
        vendored: false,
        published: None,
        depends_on: [].into(),
        vendored_packages: [].into(),
        copyright: None,
    };
    let (outbound, _) = checker.session().license_of_place();
    policy::evaluate(&[owner], &outbound, &checker.policy().settings).decision.code()
}

fn contains(texts: &[&str], filter: Option<&str>) -> bool {
    let Some(filter) = filter.map(str::to_lowercase) else { return true };
    texts.iter().any(|text| text.to_lowercase().contains(&filter))
}

/// The entries of a page, how many there are in all, and where the next page begins.
fn page<T>(entries: Vec<T>, offset: usize, limit: Option<usize>) -> (Vec<T>, usize, Option<usize>) {
    let (total, limit) = (entries.len(), limit.unwrap_or(PAGE).clamp(1, MAX_PAGE));
    let next = offset.saturating_add(limit);
    (entries.into_iter().skip(offset).take(limit).collect(), total, (next < total).then_some(next))
}

fn heading(total: usize, what: &str, shown: usize, offset: usize, next: Option<usize>) -> String {
    let mut said = match shown {
        0 => format!("{}, none on this page", count(total as u64, what)),
        shown => format!("{}, {} to {}", count(total as u64, what), offset + 1, offset + shown),
    };
    if let Some(next) = next {
        let _ = write!(said, "; more with offset {next}");
    }
    said.push('\n');
    said
}
