//! The inverted index on disk: fingerprint -> postings -> document -> component.
//!
//! ```text
//!   manifest.json ----names----> segment  segment  segment     immutable, memory-mapped
//!   (replaced by rename,         strings licenses components documents
//!    which is the commit)        tokens  buckets -> suffixes, postings   model
//! ```
//!
//! The tokens of a document are the truth; fingerprints and the model are derived from them, so merging and
//! removing rebuild from tokens with the code that built, and `verify` can compare. The byte layout has its one home
//! in `corpus-index/FORMAT.md`.

mod columns;
mod contents;
mod decoded;
mod directory;
pub mod documents;
mod error;
pub mod format;
mod listing;
mod manifest;
mod memory;
mod runs;
mod sections;
mod segment;
mod spill;
mod storage;
mod tables;
mod writer;

use std::path::PathBuf;

pub use columns::{Columns, LazyColumns};
pub use contents::{Contents, PreparedComponent, PreparedDocument, StoredComponent};
pub use directory::{ComponentEntry, IndexDirectory};
pub use error::IndexError;
pub use memory::{Memory, MemoryError};
pub use sections::WriteError;
pub use segment::{
    ComponentId, ComponentRow, Counts, DocumentId, DocumentRow, PostingList, Postings, Segment,
};
pub use spill::{Kept, Scratch, Spill, Written};
pub use storage::SegmentBytes;
pub use writer::{segment_bytes, write_segment};

use crate::model::Model;

/// The index built into the program.
static STARTER: &[u8] = include_bytes!("../../corpus-index/starter.segment");

/// Which index to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexName {
    /// The one built into the program.
    Starter,
    /// A directory.
    Directory(PathBuf),
}

impl std::fmt::Display for IndexName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            IndexName::Starter => f.write_str("starter"),
            IndexName::Directory(path) => write!(f, "{}", path.display()),
        }
    }
}

/// One or more indexes open for reading.
pub struct Index {
    parts: Vec<Part>,
    segments: Vec<Segment>,
    /// The starter's segment, for its model, where none of the segments has one.
    fallback: Option<Segment>,
}

/// An index among those open.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its name.
    pub name: IndexName,
    /// Its digest.
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
pub struct SegmentId(pub u32);

impl Index {
    /// Opens indexes to be asked together.
    ///
    /// # Errors
    /// If one is missing or damaged.
    pub fn open(names: &[IndexName]) -> Result<Index, IndexError> {
        let mut index = Index { parts: Vec::new(), segments: Vec::new(), fallback: None };
        for name in names {
            let segments = match name {
                IndexName::Starter => vec![starter()?],
                IndexName::Directory(path) => directory::read_directory(path)?.1,
            };
            index.parts.push(part(name, &segments));
            index.segments.extend(segments);
        }
        if !index.segments.iter().any(Segment::has_model) && !names.contains(&IndexName::Starter) {
            index.fallback = Some(starter()?);
        }
        Ok(index)
    }

    /// An index over segments at hand, without a name and without the starter behind it.
    pub fn from_segments(segments: Vec<Segment>) -> Index {
        Index { parts: Vec::new(), segments, fallback: None }
    }

    /// The indexes, as they were named.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The segments.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// A segment.
    ///
    /// # Panics
    /// If the number is not of this index.
    pub fn segment(&self, id: SegmentId) -> &Segment {
        &self.segments[id.0 as usize]
    }

    /// Every component, by purl.
    ///
    /// # Errors
    /// If a segment is damaged.
    pub fn list(&self) -> Result<Vec<ComponentEntry>, IndexError> {
        directory::list(&self.segments)
    }

    /// Reads everything and compares.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn verify(&self) -> Result<(), IndexError> {
        self.segments.iter().try_for_each(Segment::verify)
    }

    /// The model of ordinary code learned from the largest segment that has one; the starter's where none has.
    ///
    /// # Errors
    /// If a segment is damaged, or there is no model at all.
    pub fn model(&self) -> Result<Model<'_>, IndexError> {
        let mut best: Option<(u64, Model<'_>)> = None;
        for segment in self.segments.iter().chain(&self.fallback) {
            if let Some(model) = segment.model()? {
                let tokens = segment.counts().tokens;
                if best.as_ref().is_none_or(|(most, _)| tokens > *most) {
                    best = Some((tokens, model));
                }
            }
        }
        Ok(match best {
            Some((_, model)) => model,
            None => Model::ignorant(),
        })
    }
}

fn starter() -> Result<Segment, IndexError> {
    Segment::open("the starter index", SegmentBytes::Embedded(STARTER))
}

fn part(name: &IndexName, segments: &[Segment]) -> Part {
    let digests: Vec<String> = segments.iter().map(|segment| segment.digest().to_hex().to_string()).collect();
    let sum = |count: fn(&Counts) -> u64| segments.iter().map(|segment| count(&segment.counts())).sum();
    Part {
        name: name.clone(),
        digest: manifest::digest_of(digests.iter().map(String::as_str)),
        counts: Counts {
            components: sum(|counts| counts.components),
            documents: sum(|counts| counts.documents),
            tokens: sum(|counts| counts.tokens),
            lines: sum(|counts| counts.lines),
            fingerprints: sum(|counts| counts.fingerprints),
        },
        bytes: segments.iter().map(Segment::byte_count).sum(),
        segments: segments.len(),
    }
}
