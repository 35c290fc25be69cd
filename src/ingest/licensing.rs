//! Which licence a component, a vendored folder in it, and a single file stand under.
//!
//! What was declared is believed: where a recognised text ships, it agrees with the declaration in
//! 201 of 204 packages. But declarations are often vague (`GPL`, `BSD`), and then a more exact
//! source that names the same licence is taken. In a single file its own header is right, even
//! where it disagrees with the package.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::metadata::Metadata;
use super::tree::{self, Role, Tree, TreeFile};
use super::{IngestError, debian};
use crate::engine::index::documents::Copyright;
use crate::license::{
    self, DebianCopyright, LearnedFrom, LicenseExpression, LicenseFact, Precision,
};
use crate::project::walk::marks;

/// Most licence texts of vendored code that are looked at; recognising one takes tens of
/// milliseconds.
const MAX_VENDORED_TEXTS: usize = 100;

/// Longest declaration that is a licence's name and not its text, a copyright notice, or a story.
const LONGEST_NAME: usize = 200;

/// Characters of a file `NOTICE` that are kept at the most.
const MAX_NOTICE_FILE: usize = 1 << 16;

/// What the licence texts of a vendored folder say.
pub(super) struct VendoredFolder {
    license: Option<LicenseFact>,
    copyrights: Vec<String>,
}

/// Vendored folders that ship licence texts, by [`marks::vendored_root`].
pub(super) type VendoredLicenses = BTreeMap<String, VendoredFolder>;

/// What Debian states of the files of a package, if it does so in the machine-readable form.
pub(super) fn of_debian(tree: &Tree) -> Result<Option<DebianCopyright>, IngestError> {
    let Some(file) = debian::copyright(tree) else { return Ok(None) };
    Ok(DebianCopyright::read(&String::from_utf8_lossy(&file.bytes()?)))
}

/// The licence of a component.
pub(super) fn of(
    tree: &Tree,
    metadata: &Metadata,
    debian: Option<&DebianCopyright>,
) -> Result<LicenseFact, IngestError> {
    let declaration = |text: &Option<String>| text.as_deref().map(license::normalize_declaration);
    let by_debian = debian.and_then(DebianCopyright::package_license).cloned();
    let by_upstream = [metadata.declared.clone(), declaration(&metadata.expression)];
    let mut facts: Vec<LicenseFact> = by_upstream.into_iter().flatten().collect();
    let place = if metadata.are_of_debianized { facts.len() } else { 0 };
    facts.splice(place..place, by_debian);
    let free_text = declaration(&metadata.free_text);
    let classifiers = of_classifiers(&metadata.classifiers);
    // A text instead of a name tells of everything that was bundled too (scipy's of the GPL), or of
    // nothing but who holds the copyright. The classifiers then name the licence.
    if metadata.free_text.as_deref().is_some_and(is_a_name) {
        facts.extend([free_text, classifiers].into_iter().flatten())
    } else {
        facts.extend([classifiers, free_text].into_iter().flatten())
    }
    let resolved = license::resolve(&facts);
    if is_exact(&resolved) {
        return Ok(resolved); // To recognise texts takes tens of milliseconds, and would change nothing.
    }
    facts.extend(of_texts(&component_texts(tree, metadata, debian))?);
    Ok(license::resolve(&facts))
}

/// Whether a declaration is the name of a licence rather than a text.
fn is_a_name(declaration: &str) -> bool {
    declaration.len() <= LONGEST_NAME && !declaration.contains('\n')
}

/// The licences of folders of vendored code that ship their own text.
pub(super) fn vendored_licenses(tree: &Tree) -> Result<VendoredLicenses, IngestError> {
    let mut texts: BTreeMap<&str, Vec<&TreeFile>> = BTreeMap::new();
    let licenses = tree.files.iter().filter(|file| file.role == Role::License);
    let vendored = licenses.filter_map(|file| Some((marks::vendored_root(&file.path)?, file)));
    // A text further down belongs to something inside of the vendored folder.
    let at_root = vendored.filter(|(root, file)| !file.path[root.len() + 1..].contains('/'));
    for (root, file) in at_root.take(MAX_VENDORED_TEXTS) {
        texts.entry(root).or_default().push(file);
    }
    let folders = texts.into_par_iter().map(|(root, files)| {
        let mut copyrights = Vec::new();
        for file in &files {
            take_notices(file, &mut copyrights)?;
        }
        Ok((root.to_owned(), VendoredFolder { license: of_texts(&files)?, copyrights }))
    });
    folders.collect()
}

/// What a component states of copyright: in its licence texts and in its file `NOTICE`.
pub(super) fn copyright_of(
    tree: &Tree,
    metadata: &Metadata,
    debian: Option<&DebianCopyright>,
) -> Result<Copyright, IngestError> {
    let mut copyright = Copyright::default();
    for file in component_texts(tree, metadata, debian) {
        take_notices(file, &mut copyright.notices)?;
    }
    if copyright.notices.is_empty() {
        let stated = debian.map(DebianCopyright::package_copyrights).unwrap_or_default();
        copyright.notices.extend(stated.iter().cloned());
    }
    let is_notice = |file: &&TreeFile| {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        tree::is_notice_name(name) && is_own(&file.path)
    };
    if let Some(file) = tree.files.iter().find(is_notice) {
        take_notices(file, &mut copyright.notices)?;
        let text = String::from_utf8_lossy(&file.bytes()?).replace("\r\n", "\n");
        copyright.notice_file = text.chars().take(MAX_NOTICE_FILE).collect();
    }
    Ok(copyright)
}

fn take_notices(file: &TreeFile, notices: &mut Vec<String>) -> Result<(), IngestError> {
    let found = license::copyrights(&String::from_utf8_lossy(&file.bytes()?));
    for notice in found {
        if !notices.contains(&notice) {
            notices.push(notice);
        }
    }
    Ok(())
}

/// What is known of the licences of a component when its documents are read.
pub(super) struct Known<'a> {
    pub(super) component: &'a LicenseFact,
    pub(super) vendored: &'a VendoredLicenses,
    pub(super) debian: Option<&'a DebianCopyright>,
}

impl Known<'_> {
    /// The copyright notices of a file: of its header, else those that Debian states, else those in
    /// the texts of the vendored folder that it stands in.
    pub(super) fn copyrights_of(&self, path: &str, text: &[u8]) -> Vec<String> {
        let found = license::header_copyrights(text);
        let stated = || self.debian.map(|it| it.copyrights_of(path)).unwrap_or_default();
        match (found.is_empty(), stated()) {
            (false, _) => found,
            (true, []) => {
                self.folder(path).map(|folder| folder.copyrights.clone()).unwrap_or_default()
            }
            (true, stated) => stated.to_vec(),
        }
    }

    /// The licence of a file, where it is another than the component's: that of its header, else
    /// that which Debian states, else that of the vendored folder that it stands in.
    pub(super) fn license_of(&self, path: &str, text: &[u8]) -> Option<LicenseFact> {
        let header = license::header(text).filter(|fact| fact.expression.is_some());
        let own = match (header, self.debian) {
            (header, None) => header.or_else(|| self.folder(path)?.license.clone())?,
            (Some(header), Some(debian)) => {
                // One that leaves something open is made exact by what Debian states.
                let stated = debian.license_of(path);
                let refines = header.precision == Precision::Imprecise
                    && stated.expression.is_some()
                    && alike(&header, &stated);
                if refines { stated } else { header }
            }
            (None, Some(debian)) => debian.license_of_part(path)?,
        };
        let says_no_more = equal(&own, self.component)
            || (own.expression.is_some()
                && own.precision == Precision::Imprecise
                && alike(&own, self.component));
        (!says_no_more).then_some(own)
    }

    fn folder(&self, path: &str) -> Option<&VendoredFolder> {
        self.vendored.get(marks::vendored_root(path)?)
    }
}

/// Whether two facts state the same licence: `MIT OR Apache-2.0` is `Apache-2.0 OR MIT`.
fn equal(fact: &LicenseFact, other: &LicenseFact) -> bool {
    let choices = |fact: &LicenseFact| -> Vec<String> {
        let text = fact.expression.iter().map(LicenseExpression::as_str);
        // Nested expressions are compared as they are: to call equal ones different costs a word in
        // a report.
        let mut parts: Vec<_> = if fact.expression.iter().any(|it| it.as_str().contains('(')) {
            text.map(str::to_owned).collect()
        } else {
            text.flat_map(|it| it.split(" OR ").map(str::to_owned)).collect()
        };
        parts.sort();
        parts
    };
    choices(fact) == choices(other)
}

/// Whether every licence of one fact has a relative in the other: `BSD-3-Clause` and `BSD-2-Clause`
/// are relatives, and so are Python's licences, of which the PSF's is the latest.
fn alike(fact: &LicenseFact, other: &LicenseFact) -> bool {
    let family = |id: String| match id.split('-').next().unwrap_or_default() {
        "PSF" => "Python".to_owned(),
        family => family.to_owned(),
    };
    let families = |fact: &LicenseFact| -> Vec<String> {
        let licenses = fact.expression.iter().flat_map(LicenseExpression::licenses);
        licenses.map(family).collect()
    };
    let known = families(other);
    families(fact).iter().all(|family| known.contains(family))
}

/// What classifiers say together.
fn of_classifiers(classifiers: &[String]) -> Option<LicenseFact> {
    let facts = classifiers.iter().filter_map(|it| license::from_classifier(it));
    join_facts(facts.collect(), LearnedFrom::Classifier)
}

/// The licence texts that are the component's own: those its metadata name, else those at its top.
/// A text further down belongs to something the component contains.
fn component_texts<'a>(
    tree: &'a Tree,
    metadata: &Metadata,
    stated: Option<&DebianCopyright>,
) -> Vec<&'a TreeFile> {
    let named: Vec<_> = metadata.license_files.iter().filter_map(|path| tree.file(path)).collect();
    if !named.is_empty() {
        return named;
    }
    let licenses = tree.files.iter().filter(|file| file.role == Role::License);
    let own: Vec<_> = licenses.filter(|file| is_own(&file.path)).collect();
    if own.is_empty() && stated.is_none() {
        // Of a package that ships no text of its own, Debian's file may hold one.
        return debian::copyright(tree).into_iter().collect();
    }
    own
}

/// Whether a licence text at a path is the component's own.
fn is_own(path: &str) -> bool {
    match path.split('/').collect::<Vec<_>>()[..] {
        [_] => true,
        [folder, _] | [folder, "licenses" | "license_files", _] => folder.ends_with(".dist-info"),
        _ => false,
    }
}

/// What licence texts say together.
fn of_texts(files: &[&TreeFile]) -> Result<Option<LicenseFact>, IngestError> {
    // Packages hold the same text many times, and to recognise one takes tens of milliseconds.
    let mut recognised: HashMap<blake3::Hash, Option<LicenseFact>> = HashMap::new();
    let mut facts = Vec::new();
    for file in files {
        let bytes = file.bytes()?;
        let detect = || license::from_license_text(&String::from_utf8_lossy(&bytes));
        let fact = recognised.entry(blake3::hash(&bytes)).or_insert_with(detect);
        facts.extend(fact.clone().filter(|fact| fact.expression.is_some()));
    }
    Ok(join_facts(facts, LearnedFrom::LicenseText))
}

/// Several facts as one: all of them hold, unless one is known to contain or to refine another.
fn join_facts(mut facts: Vec<LicenseFact>, learned_from: LearnedFrom) -> Option<LicenseFact> {
    facts.sort_by(|a, b| a.expression.cmp(&b.expression));
    facts.dedup_by(|a, b| a.expression == b.expression);
    // The LGPL is written as an addition to the GPL, whose text ships with it.
    if facts.iter().any(|fact| begins(fact, "LGPL-")) {
        facts.retain(|fact| !begins(fact, "GPL-"));
    }
    let exact: Vec<_> = facts.iter().filter(|fact| is_exact(fact)).cloned().collect();
    facts.retain(|fact| is_exact(fact) || !exact.iter().any(|exact| alike(exact, fact)));
    match facts.len() {
        0 | 1 => facts.pop(),
        _ => Some(LicenseFact {
            expression: LicenseExpression::all_of(facts.into_iter().filter_map(|it| it.expression)),
            declared: String::new(),
            precision: Precision::Imprecise,
            learned_from,
        }),
    }
}

fn is_exact(fact: &LicenseFact) -> bool {
    fact.expression.is_some() && fact.precision == Precision::Exact
}

fn begins(fact: &LicenseFact, prefix: &str) -> bool {
    let expression = fact.expression.as_ref();
    expression.is_some_and(|expression| expression.as_str().starts_with(prefix))
}
