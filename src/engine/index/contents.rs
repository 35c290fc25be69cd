//! What a segment is to hold, in the order in which it holds it.
//!
//! Components come as they were prepared, or as they stand in other segments, and then nothing of
//! them is in memory but where they stand. Whoever writes goes through all documents several times,
//! some at a time.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::columns::Columns;
use super::documents::{Component, DocumentFacts, DocumentMarks, package_hash};
use super::error::IndexError;
use super::segment::{ComponentId, DocumentId, DocumentRow, Segment};
use super::spill::{Kept, Spill};
use crate::engine::fingerprint::{Fingerprint, fingerprints};
use crate::text::language::Language;

/// A document ready to be written.
pub struct PreparedDocument {
    facts: DocumentFacts,
    lines: u32,
    tokens: u32,
    content: u128,
    block: Kept,
}

impl PreparedDocument {
    /// Compresses a document and holds it in memory.
    pub fn new(facts: DocumentFacts, columns: &Columns, lines: u32) -> PreparedDocument {
        let (block, content) = columns.encode_content(facts.language, lines);
        let block = Kept::in_memory(block);
        PreparedDocument { facts, lines, tokens: columns.classes.len() as u32, content, block }
    }

    /// Compresses a document and sets it aside.
    ///
    /// # Errors
    /// If there is no room for it anywhere.
    pub fn compress(
        facts: DocumentFacts,
        columns: &Columns,
        lines: u32,
        spill: &std::sync::Arc<Spill>,
    ) -> Result<PreparedDocument, IndexError> {
        let (block, content) = columns.encode_content(facts.language, lines);
        let block = spill.keep(block)?;
        Ok(PreparedDocument { facts, lines, tokens: columns.classes.len() as u32, content, block })
    }
}

/// A component with its prepared documents.
pub struct PreparedComponent {
    /// What is known of it.
    pub component: Component,
    /// Its documents.
    pub documents: Vec<PreparedDocument>,
}

impl PreparedComponent {
    /// Physical lines of its documents.
    pub fn lines(&self) -> u64 {
        self.documents.iter().map(|document| u64::from(document.lines)).sum()
    }
}

/// What a segment is to hold.
pub enum Contents<'a> {
    /// What was prepared, by purl and digest, the documents by path.
    Prepared(Vec<PreparedComponent>),
    /// What other segments hold, by purl and digest.
    Stored {
        /// The segments.
        segments: Vec<&'a Segment>,
        /// Their components.
        components: Vec<StoredComponent<'a>>,
    },
}

/// A component in a segment, whose documents stand one behind the other.
#[derive(Clone, Copy)]
pub struct StoredComponent<'a> {
    segment: &'a Segment,
    id: ComponentId,
    first: u32,
    end: u32,
}

impl<'a> Contents<'a> {
    /// What was prepared, in whatever order.
    pub fn from_prepared(mut components: Vec<PreparedComponent>) -> Contents<'a> {
        components.sort_by(|a, b| {
            (&a.component.purl, &a.component.digest).cmp(&(&b.component.purl, &b.component.digest))
        });
        components.dedup_by(|later, first| {
            (&later.component.purl, &later.component.digest)
                == (&first.component.purl, &first.component.digest)
        });
        for component in &mut components {
            component.documents.sort_by(|a, b| a.facts.path.cmp(&b.facts.path));
        }
        Contents::Prepared(components)
    }

    /// The components of some segments that are wanted. Of those with the same purl and digest
    /// there is one.
    ///
    /// # Errors
    /// If a segment is damaged.
    pub fn from_segments(
        segments: impl IntoIterator<Item = &'a Segment>,
        wanted: impl Fn(&Component) -> bool,
    ) -> Result<Contents<'a>, IndexError> {
        let segments: Vec<&Segment> = segments.into_iter().collect();
        let mut components = Vec::new();
        for segment in &segments {
            let mut first = 0u32;
            for id in segment.components() {
                let row = segment.component_row(id)?;
                let end = first.saturating_add(row.documents);
                if wanted(&segment.component(&row)?) {
                    components.push(StoredComponent { segment, id, first, end });
                }
                first = end;
            }
            // Components only count their documents, which must be as many as there are in all.
            if u64::from(first) != segment.counts().documents {
                return Err(segment.out_of_order(first));
            }
        }
        Ok(Contents::from_stored(segments, components))
    }

    /// What can be read of some segments, and what is lost: the names of components, as far as
    /// those can be read.
    pub(super) fn salvage(segments: &'a [Segment]) -> (Contents<'a>, Vec<String>) {
        let (mut components, mut lost) = (Vec::new(), Vec::new());
        for segment in segments {
            let mut first = 0u32;
            for id in segment.components() {
                let Ok(row) = segment.component_row(id) else {
                    // Where the documents of those behind it begin is not known any more.
                    lost.push(format!(
                        "the components of {} from number {} on",
                        segment.name(),
                        id.0
                    ));
                    break;
                };
                let end = first.saturating_add(row.documents);
                if segment.is_component_whole(id, first..end) {
                    components.push(StoredComponent { segment, id, first, end })
                } else {
                    lost.push(match segment.component(&row) {
                        Ok(component) => component.purl.to_string(),
                        Err(_) => format!("component {} of {}", id.0, segment.name()),
                    })
                }
                first = end;
            }
        }
        (Contents::from_stored(segments.iter().collect(), components), lost)
    }

    fn from_stored(
        segments: Vec<&'a Segment>,
        mut components: Vec<StoredComponent<'a>>,
    ) -> Contents<'a> {
        components.sort_by(|a, b| a.order(b));
        components.dedup_by(|later, first| later.is_same_as(first));
        Contents::Stored { segments, components }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        match self {
            Contents::Prepared(components) => components.is_empty(),
            Contents::Stored { components, .. } => components.is_empty(),
        }
    }

    /// The components, in order.
    pub(super) fn components(&self) -> impl Iterator<Item = ComponentRef<'_>> {
        let (prepared, stored) = match self {
            Contents::Prepared(components) => (components.as_slice(), &[][..]),
            Contents::Stored { components, .. } => (&[][..], components.as_slice()),
        };
        prepared.iter().map(ComponentRef::Prepared).chain(stored.iter().map(ComponentRef::Stored))
    }

    /// The documents, in order.
    pub(super) fn documents(&self) -> impl Iterator<Item = Result<DocumentRef<'_>, IndexError>> {
        self.components().flat_map(|component| component.documents())
    }

    /// Lets go of the memory that reading the segments took.
    pub(super) fn release(&self) {
        if let Contents::Stored { segments, .. } = self {
            segments.iter().for_each(|segment| segment.release());
        }
    }
}

impl<'a> StoredComponent<'a> {
    /// By purl and digest, and of one that is held twice by what else is known of it. One that
    /// cannot be read comes first, and whoever reads it is told.
    fn order(&self, other: &StoredComponent<'_>) -> Ordering {
        self.key().cmp(&other.key())
    }

    fn is_same_as(&self, other: &StoredComponent<'_>) -> bool {
        let name = |(purl, digest, _)| (purl, digest);
        self.key().is_some_and(|key| other.key().map(name) == Some(name(key)))
    }

    fn key(&self) -> Option<(&'a str, [u8; 32], u128)> {
        self.segment.component_key(self.id).ok()
    }
}

/// A component among the contents.
#[derive(Clone, Copy)]
pub(super) enum ComponentRef<'a> {
    Prepared(&'a PreparedComponent),
    Stored(&'a StoredComponent<'a>),
}

impl<'a> ComponentRef<'a> {
    pub(super) fn component(&self) -> Result<Cow<'a, Component>, IndexError> {
        match self {
            ComponentRef::Prepared(prepared) => Ok(Cow::Borrowed(&prepared.component)),
            ComponentRef::Stored(StoredComponent { segment, id, .. }) => {
                segment.component(&segment.component_row(*id)?).map(Cow::Owned)
            }
        }
    }

    /// The hash of its package, the same for each version.
    pub(super) fn package(&self) -> Result<u64, IndexError> {
        match self {
            ComponentRef::Prepared(prepared) => Ok(package_hash(&prepared.component.purl)),
            ComponentRef::Stored(StoredComponent { segment, id, .. }) => {
                Ok(segment.component_row(*id)?.package)
            }
        }
    }

    pub(super) fn documents(
        &self,
    ) -> impl Iterator<Item = Result<DocumentRef<'a>, IndexError>> + use<'a> {
        let (prepared, stored) = match *self {
            ComponentRef::Prepared(prepared) => (prepared.documents.as_slice(), None),
            ComponentRef::Stored(stored) => (&[][..], Some(stored)),
        };
        let stored = stored.into_iter().flat_map(|&StoredComponent { segment, id, first, end }| {
            (first..end).map(move |number| {
                let row = segment.document_row(DocumentId(number))?;
                if row.component == id {
                    Ok(DocumentRef::Stored(segment, row))
                } else {
                    Err(segment.out_of_order(number))
                }
            })
        });
        prepared.iter().map(|document| Ok(DocumentRef::Prepared(document))).chain(stored)
    }
}

/// A document among the contents.
#[derive(Clone, Copy)]
pub(super) enum DocumentRef<'a> {
    Prepared(&'a PreparedDocument),
    Stored(&'a Segment, DocumentRow),
}

impl<'a> DocumentRef<'a> {
    pub(super) fn tokens(&self) -> u32 {
        match self {
            DocumentRef::Prepared(document) => document.tokens,
            DocumentRef::Stored(_, row) => row.token_count,
        }
    }

    pub(super) fn lines(&self) -> u32 {
        match self {
            DocumentRef::Prepared(document) => document.lines,
            DocumentRef::Stored(_, row) => row.lines,
        }
    }

    pub(super) fn language(&self) -> Language {
        match self {
            DocumentRef::Prepared(document) => document.facts.language,
            DocumentRef::Stored(_, row) => row.language,
        }
    }

    pub(super) fn marks(&self) -> DocumentMarks {
        match self {
            DocumentRef::Prepared(document) => document.facts.marks,
            DocumentRef::Stored(_, row) => row.marks(),
        }
    }

    pub(super) fn facts(&self) -> Result<Cow<'a, DocumentFacts>, IndexError> {
        match self {
            DocumentRef::Prepared(document) => Ok(Cow::Borrowed(&document.facts)),
            DocumentRef::Stored(segment, row) => segment.document(row).map(Cow::Owned),
        }
    }

    /// The digest of its content.
    pub(super) fn content(&self) -> u128 {
        match self {
            DocumentRef::Prepared(document) => document.content,
            DocumentRef::Stored(_, row) => row.content,
        }
    }

    pub(super) fn block_length(&self) -> u32 {
        match self {
            DocumentRef::Prepared(document) => document.block.byte_count() as u32,
            DocumentRef::Stored(_, row) => row.block_length(),
        }
    }

    pub(super) fn block(&self) -> Result<Cow<'a, [u8]>, IndexError> {
        match self {
            DocumentRef::Prepared(document) => document.block.read(),
            DocumentRef::Stored(segment, row) => segment.token_block(row).map(Cow::Borrowed),
        }
    }

    pub(super) fn columns(&self) -> Result<Columns, IndexError> {
        match self {
            DocumentRef::Prepared(document) => {
                Columns::decode(&document.block.read()?, document.tokens as usize).ok_or_else(
                    || IndexError::corrupt(&document.facts.path, "its tokens cannot be read"),
                )
            }
            DocumentRef::Stored(segment, row) => segment.columns(row),
        }
    }

    /// Its fingerprints. Made anew when they are wanted: reading the tokens costs a fiftieth of
    /// what parsing them did, and all fingerprints of a corpus are several times larger than all
    /// its tokens.
    pub(super) fn fingerprints(&self) -> Result<Vec<Fingerprint>, IndexError> {
        let columns = self.columns()?;
        Ok(fingerprints(&columns.classes, &columns.names, self.language()))
    }
}
