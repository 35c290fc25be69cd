//! Models of ordinary code as files: one for each family, learned from a whole index.

use std::borrow::Cow;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::error::IndexError;
use super::format::{Bytes, MODEL_MAGIC, PREAMBLE_BYTES};
use super::sections::preamble;
use super::segment::{ComponentId, DocumentId, Segment, check_versions};
use super::storage::{SegmentBytes, io_error};
use crate::engine::model::{Model, TrainingDocument, learn};
use crate::text::language::Family;

/// Tokens below which a family of an index teaches nothing about ordinary code. With little more than
/// these and as few packages, 0 of 414 honest definitions of PHP, 0 of 351 of Ruby and 3 of 313 of R
/// were reported (`eval/languages.py`, 2026-11-27).
const MIN_TRAINING_TOKENS: u64 = 400_000;
/// Packages below which it teaches what these packages have in common, and not what is ordinary.
const MIN_TRAINING_PACKAGES: usize = 20;
/// Tokens from which more teach nothing new: documents are sampled.
const MAX_TRAINING_TOKENS: u64 = 8_000_000;

/// Offset of the number of the family.
const OFFSET_FAMILY: usize = 14;
/// Offset of the number of packages that the model was learned from.
const OFFSET_PACKAGES: usize = 16;
/// Offset of the XXH3-64 of the file without this checksum.
const OFFSET_CHECKSUM: usize = PREAMBLE_BYTES - 8;

/// The file of a model.
pub(super) struct StoredModel {
    name: String,
    bytes: SegmentBytes,
    /// All of the file, where it is read when it is first asked for.
    copied: OnceLock<io::Result<Vec<u8>>>,
    family: Family,
    packages: u32,
    checksum: u64,
    /// Whether the checksum is that of the file, once it was compared.
    is_whole: OnceLock<bool>,
}

impl StoredModel {
    /// Opens a model over its bytes. `name` is what errors call it.
    pub(super) fn open(name: &str, bytes: SegmentBytes) -> Result<StoredModel, IndexError> {
        let mut head = vec![0; bytes.len().min(PREAMBLE_BYTES)];
        let unreadable = |error| io_error("cannot read", Path::new(name), error);
        bytes.copy(0, &mut head).map_err(unreadable)?;
        check_versions(name, &head, MODEL_MAGIC)?;
        let head = Bytes(&head);
        let read = || {
            let family = Family::from_number(head.u8(OFFSET_FAMILY)?)?;
            Some((family, head.u32(OFFSET_PACKAGES)?, head.u64(OFFSET_CHECKSUM)?))
        };
        let (family, packages, checksum) =
            read().ok_or_else(|| IndexError::corrupt(name, "its head cannot be read"))?;
        Ok(StoredModel {
            name: name.to_owned(),
            bytes,
            copied: OnceLock::new(),
            family,
            packages,
            checksum,
            is_whole: OnceLock::new(),
        })
    }

    pub(super) fn family(&self) -> Family {
        self.family
    }

    pub(super) fn byte_count(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// BLAKE3 of the whole file. Reads all of it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn digest(&self) -> Result<blake3::Hash, IndexError> {
        Ok(blake3::hash(self.whole()?))
    }

    pub(super) fn whole(&self) -> Result<&[u8], IndexError> {
        if let Some(bytes) = self.bytes.at_hand() {
            return Ok(bytes);
        }
        let read = self.copied.get_or_init(|| self.bytes.all().map(Cow::into_owned));
        let read = read.as_deref();
        read.map_err(|error| IndexError::corrupt(&self.name, format!("it cannot be read: {error}")))
    }

    /// The checksum under which all of the file stands.
    pub(super) fn checksum(&self) -> u64 {
        self.checksum
    }

    /// By which of the models of a family the largest answers: the one learned from most
    /// packages.
    pub(super) fn rank(&self) -> (u32, u64) {
        (self.packages, self.checksum)
    }

    /// The model. The file is compared with its checksum when it is first asked for.
    pub(super) fn model(&self) -> Result<Model<'_>, IndexError> {
        let corrupt = |what: &str| IndexError::corrupt(&self.name, what);
        let bytes = self.whole()?;
        if !*self.is_whole.get_or_init(|| checksum(bytes) == self.checksum) {
            return Err(corrupt("its checksum is wrong"));
        }
        Model::read(&bytes[PREAMBLE_BYTES..]).ok_or_else(|| corrupt("it cannot be read"))
    }
}

fn checksum(file: &[u8]) -> u64 {
    let mut checksum = Xxh3::new();
    checksum.update(&file[..OFFSET_CHECKSUM]);
    checksum.update(&file[PREAMBLE_BYTES..]);
    checksum.digest()
}

/// What a model of a family is to be learned from.
pub(super) struct Lesson<'a> {
    pub(super) family: Family,
    packages: u32,
    /// Tokens of all documents that could be sampled.
    tokens: u64,
    /// The sample, by package and content.
    sample: Vec<Pupil<'a>>,
}

/// A document that may be learned from.
#[derive(Clone, Copy)]
struct Pupil<'a> {
    content: u128,
    package: u64,
    tokens: u32,
    segment: &'a Segment,
    document: DocumentId,
}

/// What is to be learned from some segments: a lesson for each family that they hold enough of.
///
/// What is learned depends on the set of components alone, and not on how it was cut into segments.
/// Of the versions of a package one counts, and of equal documents one: that of the first package.
pub(super) fn lessons(segments: &[Segment]) -> Result<Vec<Lesson<'_>>, IndexError> {
    let chosen = one_of_each_package(segments)?;
    let mut documents: FxHashMap<u8, Vec<Pupil<'_>>> = FxHashMap::default();
    for (number, segment) in segments.iter().enumerate() {
        for document in segment.documents() {
            let row = segment.document_row(document)?;
            let Some(&package) = chosen.get(&(number, row.component)) else { continue };
            if row.marks().is_searchable() {
                let pupil = Pupil {
                    content: row.content,
                    package,
                    tokens: row.token_count,
                    segment,
                    document,
                };
                documents.entry(row.language.family().number()).or_default().push(pupil);
            }
        }
    }
    let mut lessons = Vec::new();
    for family in Family::all() {
        let lesson =
            documents.remove(&family.number()).and_then(|documents| lesson(family, documents));
        lessons.extend(lesson);
    }
    Ok(lessons)
}

/// The component of each package whose digest is least, with the hash of the package.
fn one_of_each_package(
    segments: &[Segment],
) -> Result<FxHashMap<(usize, ComponentId), u64>, IndexError> {
    /// Digest and identity of a component, its segment and its number there.
    type Version = ([u8; 32], u128, (usize, ComponentId));
    let mut least: FxHashMap<u64, Version> = FxHashMap::default();
    for (number, segment) in segments.iter().enumerate() {
        for id in segment.components() {
            let row = segment.component_row(id)?;
            let this = (row.digest, row.identity, (number, id));
            let known = least.entry(row.package).or_insert(this);
            if (this.0, this.1) < (known.0, known.1) {
                *known = this;
            }
        }
    }
    Ok(least.into_iter().map(|(package, (_, _, place))| (place, package)).collect())
}

fn lesson(family: Family, mut documents: Vec<Pupil<'_>>) -> Option<Lesson<'_>> {
    // The content is a hash, so what is kept in this order is as good as chosen by chance.
    documents.sort_unstable_by_key(|document| (document.content, document.package));
    documents.dedup_by_key(|document| document.content);
    let packages: FxHashSet<u64> = documents.iter().map(|document| document.package).collect();
    let tokens: u64 = documents.iter().map(|document| u64::from(document.tokens)).sum();
    if tokens < MIN_TRAINING_TOKENS || packages.len() < MIN_TRAINING_PACKAGES {
        return None;
    }
    let mut sampled = 0;
    documents.retain(|document| {
        sampled += u64::from(document.tokens);
        sampled <= MAX_TRAINING_TOKENS
    });
    documents.sort_unstable_by_key(|document| (document.package, document.content));
    Some(Lesson { family, packages: packages.len() as u32, tokens, sample: documents })
}

impl Lesson<'_> {
    /// A digest of what is learned from.
    pub(super) fn digest(&self) -> String {
        let mut digest = blake3::Hasher::new();
        // The versions stand in it: others would learn something else of the same documents.
        digest.update(&preamble(MODEL_MAGIC));
        digest.update(&self.packages.to_le_bytes());
        digest.update(&self.tokens.to_le_bytes());
        for document in &self.sample {
            digest.update(&document.package.to_le_bytes());
            digest.update(&document.content.to_le_bytes());
        }
        digest.finalize().to_hex().to_string()
    }

    /// Learns, and gives the bytes of the file.
    pub(super) fn learn(&self) -> Result<Vec<u8>, IndexError> {
        let model = learn(self.documents()?, self.tokens);
        let mut bytes = preamble(MODEL_MAGIC).to_vec();
        bytes[OFFSET_FAMILY] = self.family.number();
        bytes[OFFSET_PACKAGES..OFFSET_PACKAGES + 4].copy_from_slice(&self.packages.to_le_bytes());
        bytes.extend_from_slice(&model);
        let checksum = checksum(&bytes);
        bytes[OFFSET_CHECKSUM..PREAMBLE_BYTES].copy_from_slice(&checksum.to_le_bytes());
        Ok(bytes)
    }

    /// The sample by package; documents that differ in nothing but where their lines break count
    /// once.
    fn documents(&self) -> Result<Vec<TrainingDocument>, IndexError> {
        let mut packages: Vec<u64> = self.sample.iter().map(|pupil| pupil.package).collect();
        packages.dedup();
        let read: Vec<(u128, TrainingDocument)> = self
            .sample
            .par_iter()
            .map(|pupil| {
                let columns =
                    pupil.segment.columns(&pupil.segment.document_row(pupil.document)?)?;
                let names: Vec<u8> =
                    columns.names.iter().flat_map(|name| name.to_le_bytes()).collect();
                let digest = xxh3_128(&[&columns.classes[..], &names].concat());
                let package = packages.partition_point(|&package| package < pupil.package) as u32;
                let (classes, names, family) = (columns.classes, columns.names, self.family);
                Ok((digest, TrainingDocument { package, family, classes, names }))
            })
            .collect::<Result<_, IndexError>>()?;
        let mut seen = FxHashSet::default();
        Ok(read
            .into_iter()
            .filter(|(digest, _)| seen.insert(*digest))
            .map(|(_, document)| document)
            .collect())
    }
}
