//! Turns licensed source into documents: from directories, git trees, archives and packages.
//!
//! ```text
//! word --Source::parse--> Source --collect--> Tree (files that matter, by path)
//!                                               |-- metadata::of   --> name, version, declarations
//!                                               |-- licensing::of  --> the component's licence
//!                                               |-- digest         --> the component's content
//!                                               '-- documents      --> facts and text of each source file
//! ```
//!
//! Everything read here is hostile: archives are never unpacked but read in memory under limits
//! (`archive`), git runs without the repository's hooks and helpers (`git`), and nothing of a
//! package is ever executed by birthmark itself (but see [`Source::Package`]). Fetching drives the
//! ecosystem's own client, so a user's mirrors and credentials apply; birthmark has no network
//! code.

mod archive;
mod builds;
mod debian;
mod directory;
mod error;
mod fetch;
mod git;
mod licensing;
mod metadata;
mod prepare;
mod published;
pub mod recipe;
mod relations;
mod selection;
mod source;
mod tree;

use std::sync::Arc;

use rayon::prelude::*;

use crate::engine::index::documents::{Component, Day, DocumentFacts};
use crate::engine::index::{Kept, Spill};
use crate::judgement::finding::{Note, NoteKind};
use crate::license::{LearnedFrom, LicenseFact, Precision};
use crate::project::walk::{self, Inspected, marks};
use crate::purl::Purl;
use crate::text::language::Language;
use crate::text::source::SourceFile;

pub(crate) use error::IngestError;
#[cfg(fuzzing)]
pub use git::read_list;
pub(crate) use selection::Selection;
pub use source::{ArchiveForm, Source};

use tree::{Role, Tree, TreeFile};

/// What the user says about a component; it wins over what the component says of itself.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Its name and version.
    pub purl: Option<Purl>,
    /// Its licence; where it was learned is set to [`LearnedFrom::Given`].
    pub license: Option<LicenseFact>,
    /// The day it was published.
    pub(crate) published: Option<Day>,
    /// The part of the source that becomes the component.
    pub(crate) selection: Selection,
    /// Whether a package may be built to be read.
    pub(crate) build_scripts: BuildScripts,
}

/// Whether a package's own client may run its build script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BuildScripts {
    /// A package that cannot be fetched without is refused.
    #[default]
    Refuse,
    /// pip runs the script of a package that ships no wheel, to learn its metadata.
    Allow,
}

/// A component and its documents, ready to be tokenized and written into a segment.
#[derive(Debug)]
pub struct Ingested {
    /// The component.
    pub component: Component,
    /// Its source files, by path.
    pub documents: Vec<IngestedDocument>,
    /// What was left out, and why.
    pub notes: Vec<Note>,
}

/// A source file of a component.
#[derive(Debug)]
pub struct IngestedDocument {
    /// What the index will know of it.
    pub facts: DocumentFacts,
    text: Kept,
}

impl IngestedDocument {
    /// Its text, under the same path.
    ///
    /// # Errors
    /// If it was set aside on disk and cannot be read.
    pub fn source(&self) -> Result<SourceFile, IngestError> {
        Ok(SourceFile::new(&self.facts.path, self.facts.language, self.text.read()?.into_owned()))
    }
}

/// Reads a component; texts are set aside in `spill`.
///
/// # Errors
/// If the source cannot be fetched or read, is damaged, or exceeds a limit. A component without a
/// single source file is no error but a note.
pub fn ingest(source: &Source, given: &Given, spill: &Arc<Spill>) -> Result<Ingested, IngestError> {
    let mut tree = collect(source, given, spill)?;
    given.selection.narrow(&mut tree)?;
    let tree = tree.sort_files();
    read(tree, source, given, spill)
}

/// Reads an archive in memory: what is fuzzed.
///
/// # Errors
/// Those of [`ingest`].
#[cfg(fuzzing)]
pub fn ingest_bytes(
    path: &std::path::Path,
    form: ArchiveForm,
    bytes: Vec<u8>,
) -> Result<Ingested, IngestError> {
    let spill = Spill::in_memory();
    let tree = archive::collect_bytes(path, form, bytes, &spill)?.sort_files();
    read(tree, &Source::Archive { path: path.to_owned(), form }, &Given::default(), &spill)
}

/// Reads a component from its files.
fn read(
    mut tree: Tree,
    source: &Source,
    given: &Given,
    spill: &Arc<Spill>,
) -> Result<Ingested, IngestError> {
    let wanted = match (&given.purl, source) {
        (Some(purl), _) | (None, Source::Package(purl)) => Some(purl.kind()),
        (None, Source::DebianSource(_)) => Some("deb".to_owned()),
        _ => None,
    };
    let metadata = metadata::of(&tree, wanted.as_deref())?;
    let purl = purl(source, given, &tree, &metadata)?;
    let debian = if purl.kind() == "deb" { licensing::of_debian(&tree)? } else { None };
    let learned = licensing::of(&tree, &metadata, debian.as_ref())?;
    let license = match &given.license {
        Some(fact) if !says_the_same(&learned, fact) => {
            LicenseFact { learned_from: LearnedFrom::Given, ..fact.clone() }
        }
        _ => learned,
    };
    let relations = relations::of(&tree, &purl)?;
    // The digest comes before builds are left out: it is that of what was shipped.
    let digest = digest(&tree.files)?;
    // Who names the files to take knows which of them are builds.
    if given.selection.include.is_empty() {
        builds::leave_out(&mut tree);
    }
    let component = Component {
        purl,
        digest,
        license,
        published: given.published.or(tree.latest.day()),
        dependencies: relations.dependencies,
        vendored: relations.vendored,
        copyright: Some(licensing::copyright_of(&tree, &metadata, debian.as_ref())?),
    };

    let mut notes = std::mem::take(&mut tree.notes);
    let vendored = licensing::vendored_licenses(&tree)?;
    let known = licensing::Known {
        component: &component.license,
        vendored: &vendored,
        debian: debian.as_ref(),
    };
    let documents = documents(tree.files, &known, spill, &mut notes)?;
    if documents.is_empty() {
        notes.push(Note {
            path: None,
            kind: NoteKind::Info,
            message: format!("{} holds no source file of a known language", component.purl),
        });
    }
    notes.sort();
    Ok(Ingested { component, documents, notes })
}

/// Whether a component says of itself exactly what the user says of it: then its own words are
/// worth keeping.
fn says_the_same(learned: &LicenseFact, given: &LicenseFact) -> bool {
    learned.expression.is_some()
        && learned.precision == Precision::Exact
        && learned.expression == given.expression
}

/// BLAKE3 over the files that matter: sources of known languages, licence texts and package
/// metadata, at any depth. A file `NOTICE` changes neither code nor licence and is left out.
///
/// Hashed are, for each file in the order of the paths' bytes: the length of the path, the path,
/// the length of the content, the content; lengths as eight bytes, little-endian, so that no two
/// sets of files read alike. The content is that of the file as shipped, before any decoding; files
/// beyond [`MAX_SOURCE_FILE`] are left out. A common top folder of an archive is no part of the
/// path, so that an archive and a checkout of the same files agree.
fn digest(files: &[TreeFile]) -> Result<String, IngestError> {
    let mut hasher = blake3::Hasher::new();
    let mut framed = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    for file in files.iter().filter(|file| file.role != Role::Notice) {
        framed(file.path.as_bytes());
        framed(&file.bytes()?);
    }
    Ok(format!("blake3:{}", hasher.finalize().to_hex()))
}

fn collect(source: &Source, given: &Given, spill: &Arc<Spill>) -> Result<Tree, IngestError> {
    let selection = &given.selection;
    match (source, &selection.archive) {
        (Source::Package(purl), _) => {
            let fetched = fetch::fetch(purl, given.build_scripts)?;
            let mut tree = collect(&fetched.source, given, spill)?;
            tree.notes.extend(fetched.notes);
            Ok(tree)
        }
        (Source::Archive { path, form }, _) => archive::collect(path, *form, selection, spill),
        (
            Source::Directory(outer)
            | Source::File(outer)
            | Source::DebianSource(outer)
            | Source::GitRevision { repository: outer, .. },
            Some(inner),
        ) => Err(IngestError::NotInside { outer: outer.clone(), inner: inner.clone() }),
        (Source::Directory(directory), None) => directory::collect(directory, selection, spill),
        (Source::File(path), None) => directory::collect_file(path, spill),
        (Source::DebianSource(dsc), None) => debian::collect(dsc, selection, spill),
        (Source::GitRevision { repository, revision }, None) => {
            git::collect_revision(repository, revision, selection, spill)
        }
    }
}

/// What the user said, else the name the package was asked for under, else what the metadata say,
/// else the name of the file or directory.
fn purl(
    source: &Source,
    given: &Given,
    tree: &Tree,
    metadata: &metadata::Metadata,
) -> Result<Purl, IngestError> {
    if let Some(purl) = &given.purl {
        return Ok(purl.clone());
    }
    // What a registry calls a package counts, whatever the package calls itself.
    if let Source::Package(purl) = source {
        return Ok(metadata::normal_purl(purl));
    }
    let purl = match &metadata.package {
        Some(package) => {
            package.with_version(metadata.version.as_deref().or(tree.version_hint.as_deref()))
        }
        None => Purl::new("generic", &tree.name_hint, tree.version_hint.as_deref()),
    };
    purl.map_err(|error| IngestError::NoName { source_name: source.to_string(), error })
}

fn documents(
    files: Vec<TreeFile>,
    known: &licensing::Known<'_>,
    spill: &Arc<Spill>,
    notes: &mut Vec<Note>,
) -> Result<Vec<IngestedDocument>, IngestError> {
    let read: Vec<Result<IngestedDocument, Note>> = files
        .into_par_iter()
        .filter_map(|file| match file.role {
            Role::Source(language) => Some(document(file, language, known, spill)),
            _ => None,
        })
        .collect::<Result<_, IngestError>>()?;
    let mut documents = Vec::with_capacity(read.len());
    for result in read {
        match result {
            Ok(document) => documents.push(document),
            Err(note) => notes.push(note),
        }
    }
    Ok(documents)
}

/// What is known of a source file, or the note that it is no text.
fn document(
    file: TreeFile,
    language: Language,
    known: &licensing::Known<'_>,
    spill: &Arc<Spill>,
) -> Result<Result<IngestedDocument, Note>, IngestError> {
    Ok(match walk::inspect(file.content.take()?) {
        Inspected::NotText(reason) => Err(reason.note(&file.path)),
        Inspected::Text(text) => Ok(IngestedDocument {
            facts: DocumentFacts {
                license: known.license_of(&file.path, &text),
                marks: marks::of(&file.path, &text),
                copyrights: known.copyrights_of(&file.path, &text),
                path: file.path,
                language,
            },
            text: spill.keep(text)?,
        }),
    })
}

#[cfg(test)]
mod tests;
