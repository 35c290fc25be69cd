//! Which licence a component, a vendored folder in it, and a single file stand under.
//!
//! What was declared is believed: where a recognised text ships, it agrees with the declaration in 201 of 204 packages.
//! But declarations are often vague (`GPL`, `BSD`), and then a more exact source that names the same licence is
//! taken. In a single file its own header is right, even where it disagrees with the package.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::license_facts as license;
use super::marks;
use super::metadata::Metadata;
use super::tree::{Role, Tree, TreeFile};
use crate::license::{LearnedFrom, LicenseExpression, LicenseFact, Precision};

/// Most licence texts of vendored code that are looked at; recognising one takes tens of milliseconds.
const MAX_VENDORED_TEXTS: usize = 100;

/// From which length on a declaration is a licence's text, or a copyright notice, rather than its name.
const LONG_DECLARATION: usize = 200;

/// The licences of vendored folders, by [`marks::vendored_root`].
pub(super) type VendoredLicenses = BTreeMap<String, LicenseFact>;

/// The licence of a component.
pub(super) fn of(tree: &Tree, metadata: &Metadata) -> LicenseFact {
    let mut best = BestFact::default();
    best.consider(metadata.expression.as_deref().map(declared));
    best.consider(metadata.free_text.as_deref().map(declared));
    best.consider(license::from_classifiers(&metadata.classifiers));
    if !best.is_exact() {
        best.consider_if_alike(of_texts(&component_texts(tree, metadata)));
    }
    best.take()
}

/// The licences of folders of vendored code that ship their own text.
pub(super) fn of_vendored(tree: &Tree) -> VendoredLicenses {
    let mut texts: BTreeMap<&str, Vec<&TreeFile>> = BTreeMap::new();
    let licenses = tree.files.iter().filter(|file| file.role == Role::License);
    for file in licenses.take(MAX_VENDORED_TEXTS) {
        let Some(root) = marks::vendored_root(&file.path) else {
            continue;
        };
        if !file.path[root.len() + 1..].contains('/') {
            texts.entry(root).or_default().push(file);
        }
    }
    let facts = texts
        .into_par_iter()
        .filter_map(|(root, files)| of_texts(&files).map(|fact| (root.to_owned(), fact)));
    facts.collect()
}

/// The licence of a file, where it is another than the component's.
pub(super) fn of_document(
    path: &str,
    text: &[u8],
    component: &LicenseFact,
    vendored: &VendoredLicenses,
) -> Option<LicenseFact> {
    let header = license::header(text).filter(|fact| fact.expression.is_some());
    let own = header.or_else(|| vendored.get(marks::vendored_root(path)?).cloned())?;
    let says_no_more = own.expression == component.expression
        || (own.precision == Precision::Imprecise && alike(&own, component));
    (!says_no_more).then_some(own)
}

/// The best fact so far. A fact whose expression is known beats one whose is not, an exact one beats a vague one,
/// and otherwise the first wins.
#[derive(Default)]
struct BestFact(Option<LicenseFact>);

impl BestFact {
    fn consider(&mut self, fact: Option<LicenseFact>) {
        let Some(fact) = fact else { return };
        let better = match &self.0 {
            None => true,
            Some(best) => quality(&fact) > quality(best),
        };
        if better {
            self.0 = Some(fact);
        }
    }

    /// Considers a fact only if it makes the best one more exact and does not contradict it.
    fn consider_if_alike(&mut self, fact: Option<LicenseFact>) {
        let contradicts = |fact: &LicenseFact| match &self.0 {
            Some(best) if best.expression.is_some() => !alike(fact, best),
            _ => false,
        };
        let fact = fact.filter(|fact| !contradicts(fact));
        self.consider(fact);
    }

    fn is_exact(&self) -> bool {
        self.0.as_ref().is_some_and(|best| quality(best) == 2)
    }

    fn take(self) -> LicenseFact {
        self.0.unwrap_or_else(LicenseFact::unknown)
    }
}

fn quality(fact: &LicenseFact) -> u8 {
    match (&fact.expression, fact.precision) {
        (None, _) => 0,
        (Some(_), Precision::Imprecise) => 1,
        (Some(_), Precision::Exact) => 2,
    }
}

/// Whether every licence of one fact has a relative in the other: `BSD-3-Clause` and `BSD-2-Clause` are relatives.
fn alike(fact: &LicenseFact, other: &LicenseFact) -> bool {
    let families = |fact: &LicenseFact| -> Vec<String> {
        let licenses = fact.expression.iter().flat_map(LicenseExpression::licenses);
        licenses
            .map(|id| id.split('-').next().unwrap_or_default().to_owned())
            .collect()
    };
    let known = families(other);
    families(fact).iter().all(|family| known.contains(family))
}

/// A declaration of the metadata.
fn declared(text: &str) -> LicenseFact {
    let is_long = text.len() > LONG_DECLARATION || text.contains('\n');
    let recognised = is_long.then(|| license::detect_text(text)).flatten();
    LicenseFact {
        learned_from: LearnedFrom::Metadata,
        ..recognised.unwrap_or_else(|| license::normalize_declaration(text))
    }
}

/// The licence texts that are the component's own: those its metadata name, else those at its top. A text further down
/// belongs to something the component contains.
fn component_texts<'a>(tree: &'a Tree, metadata: &Metadata) -> Vec<&'a TreeFile> {
    let named: Vec<_> = metadata
        .license_files
        .iter()
        .filter_map(|path| tree.file(path))
        .collect();
    if !named.is_empty() {
        return named;
    }
    let licenses = tree.files.iter().filter(|file| file.role == Role::License);
    let is_own = |path: &str| match path.split('/').collect::<Vec<_>>()[..] {
        [_] => true,
        [folder, _] | [folder, "licenses" | "license_files", _] => folder.ends_with(".dist-info"),
        _ => false,
    };
    licenses.filter(|file| is_own(&file.path)).collect()
}

/// What licence texts say together: all of them hold, unless it is known that one contains the other.
fn of_texts(files: &[&TreeFile]) -> Option<LicenseFact> {
    let mut recognised: HashMap<&[u8], Option<LicenseFact>> = HashMap::new();
    let mut facts = Vec::new();
    for file in files {
        let detect = || license::detect_text(&String::from_utf8_lossy(&file.bytes));
        let fact = recognised.entry(&file.bytes).or_insert_with(detect);
        facts.extend(fact.clone().filter(|fact| fact.expression.is_some()));
    }
    facts.sort_by(|a, b| a.expression.cmp(&b.expression));
    facts.dedup_by(|a, b| a.expression == b.expression);
    // The LGPL is written as an addition to the GPL, whose text ships with it.
    let is_lesser = |fact: &LicenseFact| begins(fact, "LGPL-");
    if facts.iter().any(is_lesser) {
        facts.retain(|fact| !begins(fact, "GPL-"));
    }
    match facts.len() {
        0 | 1 => facts.pop(),
        _ => Some(LicenseFact {
            expression: LicenseExpression::all_of(facts.into_iter().filter_map(|it| it.expression)),
            declared: String::new(),
            precision: Precision::Imprecise,
            learned_from: LearnedFrom::LicenseText,
        }),
    }
}

fn begins(fact: &LicenseFact, prefix: &str) -> bool {
    let expression = fact.expression.as_ref();
    expression.is_some_and(|expression| expression.as_str().starts_with(prefix))
}
