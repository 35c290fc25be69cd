//! The inverted index on disk: fingerprint -> postings -> document -> component.
//!
//! ```text
//!   manifest.json ----names----> segment  segment  segment        model of each language
//!   (replaced by rename,         strings licenses components      immutable, memory-mapped
//!    which is the commit)        documents contents tokens
//!                                buckets -> suffixes, postings
//! ```
//!
//! The tokens of a document are the truth; fingerprints and models are derived from them, so
//! merging and removing rebuild from tokens with the code that built, and `verify` can compare.
//! What is found does not depend on how the components were cut into segments. The byte layout has
//! its one home in `corpus-index/FORMAT.md`.

mod columns;
mod contents;
mod decoded;
mod directory;
pub mod documents;
mod equals;
mod error;
pub mod format;
mod holders;
mod listing;
mod lookup;
mod loose;
mod manifest;
mod memory;
mod models;
mod pack;
mod packing;
mod pages;
mod runs;
mod sections;
mod segment;
mod selection;
mod spill;
mod storage;
mod tables;
mod verify;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};

pub use columns::Columns;
pub(crate) use columns::LazyColumns;
pub use contents::{Contents, PreparedComponent, PreparedDocument};
pub use directory::IndexDirectory;
pub(crate) use directory::{Adopted, ComponentEntry};
pub use error::IndexError;
pub(crate) use holders::{Holder, Limited};
pub use lookup::{Listed, Postings};
pub(crate) use loose::{Destination, LooseSegment, merge_segments, write_components};
pub use manifest::Manifest;
pub(crate) use memory::Memory;
pub(crate) use pack::{
    Generation, LIST_FILE, MAX_LIST_BYTES, PackList, PackName, PackPin, format_in_words,
};
pub(crate) use packing::{manifest_bytes, pack_changes, pack_whole};
pub use sections::WriteError;
pub(crate) use segment::{ComponentId, DocumentRow};
pub use segment::{Counts, DocumentId, Segment};
pub(crate) use spill::Kept;
pub use spill::Spill;
pub use storage::SegmentBytes;
pub use writer::{segment_bytes, write_segment};

use crate::engine::model::Model;
use crate::text::language::Family;
use crate::text::token::classes_of_relative;
use models::StoredModel;
use storage::Access;

/// The index built into the program. The crate is too small for it.
#[cfg(feature = "starter")]
static STARTER: Option<&[u8]> = Some(include_bytes!("../../../corpus-index/starter.segment"));
#[cfg(not(feature = "starter"))]
static STARTER: Option<&[u8]> = None;
/// Where it is if it is not built in.
static STARTER_FILE: OnceLock<PathBuf> = OnceLock::new();
/// Where packs are.
static PACKS: OnceLock<PathBuf> = OnceLock::new();
/// The models that come with it, one for each family that one could be learned of.
static STARTER_MODELS: [&[u8]; 11] = [
    include_bytes!("../../../corpus-index/starter.python.model"),
    include_bytes!("../../../corpus-index/starter.rust.model"),
    include_bytes!("../../../corpus-index/starter.javascript.model"),
    include_bytes!("../../../corpus-index/starter.java.model"),
    include_bytes!("../../../corpus-index/starter.c.model"),
    include_bytes!("../../../corpus-index/starter.go.model"),
    include_bytes!("../../../corpus-index/starter.php.model"),
    include_bytes!("../../../corpus-index/starter.ruby.model"),
    include_bytes!("../../../corpus-index/starter.kotlin.model"),
    include_bytes!("../../../corpus-index/starter.r.model"),
    include_bytes!("../../../corpus-index/starter.perl.model"),
];

/// Which index to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexName {
    /// The one built into the program.
    Starter,
    /// A directory.
    Directory(PathBuf),
    /// A generation of a pack, of those on this machine.
    Pack(Box<PackPin>),
}

impl std::fmt::Display for IndexName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            IndexName::Starter => f.write_str("starter"),
            IndexName::Directory(path) => write!(f, "{}", path.display()),
            IndexName::Pack(pin) => pin.fmt(f),
        }
    }
}

/// One or more indexes open for reading.
pub struct Index {
    parts: Vec<Part>,
    segments: Vec<Segment>,
    /// Their models.
    models: Vec<StoredModel>,
    /// Whether the starter's models answer, too.
    has_starter_models: bool,
    /// Components that another segment holds, too, or that do not count any more.
    doubles: FxHashSet<(SegmentId, ComponentId)>,
    /// Physical lines that are searched, by family; of the versions of a package those of the
    /// longest.
    searched_lines: FxHashMap<Family, u64>,
    /// What fingerprints of very many contents list over all segments, by key.
    limited: Mutex<FxHashMap<u64, Limited>>,
}

/// An index among those open.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its name.
    pub name: IndexName,
    /// Digest of what it holds, however that was cut into segments.
    pub digest: blake3::Hash,
    /// What it holds.
    pub counts: Counts,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its segments.
    pub segments: usize,
}

/// Number of a segment among those of an [`Index`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SegmentId(pub u32);

impl Index {
    /// Opens indexes to be asked together.
    ///
    /// # Errors
    /// If one is missing or damaged.
    pub fn open(names: &[IndexName]) -> Result<Index, IndexError> {
        Index::open_elsewhere(names, &|path| path.to_owned())
    }

    /// The same with directories that are read elsewhere than where they are named.
    ///
    /// # Errors
    /// Those of [`Index::open`].
    pub(crate) fn open_elsewhere(
        names: &[IndexName],
        at: &dyn Fn(&Path) -> PathBuf,
    ) -> Result<Index, IndexError> {
        let mut index = Index { has_starter_models: true, ..Index::from_segments(Vec::new()) };
        let mut gone = FxHashSet::default();
        for name in names {
            let (segments, models, of_pack) = match name {
                IndexName::Starter => (vec![starter()?], Vec::new(), FxHashSet::default()),
                IndexName::Directory(path) => {
                    let files = directory::read_directory(&at(path), Access::Some)?;
                    (files.segments, files.models, FxHashSet::default())
                }
                IndexName::Pack(pin) => {
                    let (files, gone) = packing::read_pack(packs_or_none(), pin)?;
                    (files.segments, files.models, gone)
                }
            };
            // The starter's models answer in every index (see `stored_model`), so that they
            // are not listed with the others. They are a part of its digest all the same.
            let of_part = if *name == IndexName::Starter { starter_models()? } else { &models };
            index.parts.push(part(name, &segments, of_part, &of_pack)?);
            let first = index.segments.len() as u32;
            gone.extend(of_pack.into_iter().map(|(SegmentId(i), id)| (SegmentId(first + i), id)));
            index.segments.extend(segments);
            index.models.extend(models);
        }
        index.doubles = doubles(&index.segments, gone)?;
        index.searched_lines = searched_lines(&index.segments, &index.doubles)?;
        Ok(index)
    }

    /// An index over segments at hand, without a name and without models.
    pub fn from_segments(segments: Vec<Segment>) -> Index {
        let (parts, models) = (Vec::new(), Vec::new());
        // Rows that cannot be read are an error when they are asked for.
        let doubles = doubles(&segments, FxHashSet::default()).unwrap_or_default();
        let searched_lines = searched_lines(&segments, &doubles).unwrap_or_default();
        let (has_starter_models, limited) = (false, Mutex::default());
        Index { parts, segments, models, has_starter_models, doubles, searched_lines, limited }
    }

    /// The indexes, as they were named.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The families that it holds searched lines of, in the order of their numbers.
    pub(crate) fn families(&self) -> impl Iterator<Item = Family> {
        Family::all().filter(|&family| self.searched_lines(family) > 0)
    }

    /// Physical lines of a family that are searched. Of the versions of a package those of the
    /// longest count: later versions say little that is new.
    pub fn searched_lines(&self, family: Family) -> u64 {
        self.searched_lines.get(&family).copied().unwrap_or_default()
    }

    /// The segments.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// A segment.
    ///
    /// # Panics
    /// If the number is not of this index.
    pub(crate) fn segment(&self, id: SegmentId) -> &Segment {
        &self.segments[id.0 as usize]
    }

    /// Every component, by purl.
    ///
    /// # Errors
    /// If a segment is damaged.
    pub fn list(&self) -> Result<Vec<ComponentEntry>, IndexError> {
        let counts = |number: usize, id| !self.doubles.contains(&(SegmentId(number as u32), id));
        directory::list_some(&self.segments, counts)
    }

    /// Reads everything and compares.
    ///
    /// # Errors
    /// The first thing that is wrong; [`damage`] lists all.
    pub fn verify(&self) -> Result<(), IndexError> {
        match self.segments.iter().flat_map(Segment::damage).next() {
            Some(error) => Err(error),
            None => self.models.iter().try_for_each(|model| model.model().map(drop)),
        }
    }

    /// The model of ordinary code of a family: of all that there are, the one learned from most
    /// packages. The starter's are among them, whether it is asked or not. Where there is none of the
    /// family, that of its relative stands in; `None` if there is none of that either.
    ///
    /// # Errors
    /// If the model is damaged.
    pub fn model(&self, family: Family) -> Result<Option<Model<'_>>, IndexError> {
        if let Some(own) = self.stored_model(family)? {
            return own.model().map(Some);
        }
        let (Some(relative), Some(classes)) = (family.relative(), classes_of_relative(family))
        else {
            return Ok(None);
        };
        let model = self.stored_model(relative)?.map(StoredModel::model).transpose()?;
        Ok(model.map(|model| model.standing_in(relative, classes)))
    }

    /// Whether there is a model of the family itself.
    ///
    /// # Errors
    /// If the starter's models cannot be opened.
    pub(crate) fn has_own_model(&self, family: Family) -> Result<bool, IndexError> {
        Ok(self.stored_model(family)?.is_some())
    }

    fn stored_model(&self, family: Family) -> Result<Option<&StoredModel>, IndexError> {
        let of_starter = if self.has_starter_models { starter_models()? } else { &[] };
        let of_family =
            self.models.iter().chain(of_starter).filter(|model| model.family() == family);
        Ok(of_family.max_by_key(|model| model.rank()))
    }
}

/// Reads all of an index and compares; lists what is wrong.
///
/// # Errors
/// If there is no such index, or its manifest cannot be read.
pub fn damage(name: &IndexName) -> Result<Vec<IndexError>, IndexError> {
    match name {
        IndexName::Directory(path) => directory::damage(path),
        IndexName::Pack(pin) => packing::damage(packs_or_none(), pin),
        IndexName::Starter => {
            let of_models = starter_models()?.iter().filter_map(|model| model.model().err());
            Ok(starter()?.damage().into_iter().chain(of_models).collect())
        }
    }
}

/// Says where the starter index is, for a program that was built without it.
pub(crate) fn look_for_starter_at(file: PathBuf) {
    // Whoever said so first is right: an index may be open already.
    drop(STARTER_FILE.set(file));
}

/// Says where packs are.
pub(crate) fn look_for_packs_in(directory: PathBuf) {
    drop(PACKS.set(directory));
}

/// Where packs are, if that is known.
pub(crate) fn packs_directory() -> Option<&'static Path> {
    PACKS.get().map(PathBuf::as_path)
}

/// Where packs are; a directory without any if that is not known.
fn packs_or_none() -> &'static Path {
    packs_directory().unwrap_or(Path::new(""))
}

fn starter() -> Result<Segment, IndexError> {
    let bytes = match (STARTER, STARTER_FILE.get()) {
        (Some(bytes), _) => SegmentBytes::Embedded(bytes),
        (None, Some(file)) => {
            storage::open_as(file, Access::Some).map_err(|error| match error {
                IndexError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                    IndexError::NoStarter { file: file.clone() }
                }
                other => other,
            })?
        }
        (None, None) => return Err(IndexError::NoStarter { file: "starter.segment".into() }),
    };
    Segment::open("the starter index", bytes)
}

fn starter_models() -> Result<&'static [StoredModel], IndexError> {
    static OPENED: OnceLock<Vec<StoredModel>> = OnceLock::new();
    if let Some(opened) = OPENED.get() {
        return Ok(opened);
    }
    let open = |&bytes: &&'static [u8]| {
        StoredModel::open("a starter model", SegmentBytes::Embedded(bytes))
    };
    // A function that may fail cannot fill a `OnceLock`. Two
    // threads may both open the models, and one result is kept.
    let opened = STARTER_MODELS.iter().map(open).collect::<Result<_, _>>()?;
    Ok(OPENED.get_or_init(|| opened))
}

fn part(
    name: &IndexName,
    segments: &[Segment],
    models: &[StoredModel],
    gone: &FxHashSet<(SegmentId, ComponentId)>,
) -> Result<Part, IndexError> {
    let sum = |count: fn(&Counts) -> u64| {
        segments.iter().map(|segment| count(&segment.counts())).sum::<u64>()
    };
    let mut counts = Counts {
        components: sum(|counts| counts.components),
        documents: sum(|counts| counts.documents),
        tokens: sum(|counts| counts.tokens),
        lines: sum(|counts| counts.lines),
        fingerprints: sum(|counts| counts.fingerprints),
    };
    let doubles = doubles(segments, gone.clone())?;
    let mut identities = Vec::with_capacity(counts.components as usize);
    for (segment, number) in segments.iter().zip(0..) {
        for id in segment.components() {
            let row = segment.component_row(id)?;
            if doubles.contains(&(SegmentId(number), id)) {
                counts.components -= 1;
                counts.documents -= u64::from(row.documents);
                counts.tokens -= u64::from(row.tokens);
                counts.lines -= row.lines;
            } else {
                identities.push(row.identity);
            }
        }
    }
    let bytes =
        segments.iter().map(Segment::byte_count).chain(models.iter().map(StoredModel::byte_count));
    Ok(Part {
        name: name.clone(),
        digest: digest(identities, models),
        counts,
        bytes: bytes.sum(),
        segments: segments.len(),
    })
}

/// A digest of components and models, in whatever order they come.
fn digest(mut identities: Vec<u128>, models: &[StoredModel]) -> blake3::Hash {
    identities.sort_unstable();
    let mut checksums: Vec<u64> = models.iter().map(StoredModel::checksum).collect();
    checksums.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&sections::preamble(format::MAGIC));
    identities.iter().for_each(|identity| _ = hasher.update(&identity.to_le_bytes()));
    checksums.iter().for_each(|checksum| _ = hasher.update(&checksum.to_le_bytes()));
    hasher.finalize()
}

/// The searched lines of each family, without components that do not count.
fn searched_lines(
    segments: &[Segment],
    doubles: &FxHashSet<(SegmentId, ComponentId)>,
) -> Result<FxHashMap<Family, u64>, IndexError> {
    let mut of_packages: FxHashMap<(u64, Family), u64> = FxHashMap::default();
    for (segment, number) in segments.iter().zip(0..) {
        for (component, family, lines) in segment.searched_lines()? {
            if !doubles.contains(&(SegmentId(number), component)) {
                let package = segment.component_row(component)?.package;
                let longest = of_packages.entry((package, family)).or_default();
                *longest = lines.max(*longest);
            }
        }
    }
    let mut of_families: FxHashMap<Family, u64> = FxHashMap::default();
    for ((_, family), lines) in of_packages {
        let sum = of_families.entry(family).or_default();
        // A segment that somebody made may state any number.
        *sum = sum.saturating_add(lines);
    }
    Ok(of_families)
}

/// The components whose purl and digest are those of one in another segment: all of them but one.
/// Those that are gone are among them, and double none.
fn doubles(
    segments: &[Segment],
    gone: FxHashSet<(SegmentId, ComponentId)>,
) -> Result<FxHashSet<(SegmentId, ComponentId)>, IndexError> {
    let mut doubles = gone;
    if segments.len() < 2 {
        return Ok(doubles);
    }
    let mut rows = Vec::new();
    for (segment, number) in segments.iter().zip(0..) {
        for id in segment.components() {
            let row = segment.component_row(id)?;
            if !doubles.contains(&(SegmentId(number), id)) {
                rows.push((row.package, row.digest, SegmentId(number), id));
            }
        }
    }
    rows.sort_unstable();
    for same in rows.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|same| same.len() > 1) {
        let mut keys = Vec::new();
        for &(_, _, segment, id) in same {
            keys.push((segments[segment.0 as usize].component_key(id)?, (segment, id)));
        }
        keys.sort_unstable();
        // Two versions of a package may hold the same files. Only those of one purl are doubles.
        let later = keys.windows(2).filter(|pair| pair[0].0.0 == pair[1].0.0).map(|pair| pair[1].1);
        doubles.extend(later);
    }
    Ok(doubles)
}
