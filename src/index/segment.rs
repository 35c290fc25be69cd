//! Reading a segment.
//!
//! Opening looks at the header alone, so it costs the same for 1 MB and 1 GB. Every access is checked: a damaged
//! segment gives an error or an empty answer, never a panic. [`Segment::verify`] reads everything.

use std::str::FromStr;
use std::sync::Arc;

use super::columns::{Columns, LazyColumns};
use super::decoded::Decoded;
use super::documents::{Component, DocumentFacts, DocumentMarks};
use super::error::IndexError;
use super::format::{
    self, Bytes, COMMON_POSTING, COMPONENT_ROW, DOCUMENT_ROW, FORMAT_VERSION, HEADER_BYTES, LICENSE_ROW,
    MAGIC, Section,
};
use super::storage::SegmentBytes;
use crate::fingerprint::{Fingerprint, KgramHash, fingerprints};
use crate::language::Language;
use crate::license::{LearnedFrom, LicenseExpression, LicenseFact, Precision};
use crate::model::Model;
use crate::purl::Purl;
use crate::token::NORMALIZER_VERSION;

/// Number of a document within its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentId(pub u32);

/// Number of a component within its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ComponentId(pub u32);

/// How much a segment or an index holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Components.
    pub components: u64,
    /// Documents.
    pub documents: u64,
    /// Tokens of all documents.
    pub tokens: u64,
    /// Physical lines of all documents.
    pub lines: u64,
    /// Fingerprints listed.
    pub fingerprints: u64,
}

/// An immutable part of an index.
pub struct Segment {
    name: String,
    bytes: SegmentBytes,
    counts: Counts,
    bucket_bits: u8,
    sections: [(usize, usize); Section::ALL.len()],
    decoded: Decoded,
}

/// A row of the document table.
#[derive(Clone, Copy, Debug)]
pub struct DocumentRow {
    /// Its component.
    pub component: ComponentId,
    /// Global position of its first token.
    pub token_start: u32,
    /// Number of its tokens.
    pub token_count: u32,
    /// Number of its physical lines.
    pub lines: u32,
    /// Its language.
    pub language: Language,
    path: (u32, u32),
    license: u32,
    marks: u8,
    block: (u64, u32),
}

/// A row of the component table.
#[derive(Clone, Copy, Debug)]
pub struct ComponentRow {
    /// Number of its documents.
    pub documents: u32,
    /// Number of its tokens.
    pub tokens: u32,
    /// Number of its physical lines.
    pub lines: u64,
    purl: (u32, u32),
    digest: [u8; 32],
    license: u32,
}

/// Where a fingerprint occurs in a segment.
pub enum Postings<'a> {
    /// In so many documents that they are not listed.
    Common,
    /// At these global token positions; possibly none.
    Listed(PostingList<'a>),
}

/// Global token positions of one fingerprint.
#[derive(Clone, Copy)]
pub struct PostingList<'a> {
    bytes: Bytes<'a>,
    next: usize,
    end: usize,
}

impl ExactSizeIterator for PostingList<'_> {}

impl Iterator for PostingList<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.next >= self.end {
            return None;
        }
        let position = self.bytes.u32(self.next * 4);
        self.next += 1;
        position
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end - self.next;
        (left, Some(left))
    }
}

impl DocumentRow {
    /// Bytes of its stored tokens.
    pub(super) fn block_length(&self) -> u32 {
        self.block.1
    }

    /// What kind of file it is.
    pub(super) fn marks(&self) -> DocumentMarks {
        DocumentMarks::from_bits(self.marks)
    }
}

const NO_LICENSE: u32 = u32::MAX;
/// One step in so many of the search for a document halves what is left.
const STEPS_TO_HALVING: u32 = 8;

impl Segment {
    /// Opens a segment over its bytes. `name` is what errors call it.
    ///
    /// # Errors
    /// If the header is not that of a segment of this format version, or does not fit the number of bytes.
    pub fn open(name: &str, bytes: SegmentBytes) -> Result<Segment, IndexError> {
        let corrupt = |what: &str| IndexError::corrupt(name, what);
        let header = Bytes(bytes.get(..HEADER_BYTES).ok_or_else(|| corrupt("it is shorter than a header"))?);
        if header.slice(0, MAGIC.len()) != Some(&MAGIC) {
            return Err(corrupt("it does not start as a segment does"));
        }
        check_versions(name, header)?;
        let checksum = header.u64(format::OFFSET_HEADER_CHECKSUM);
        if checksum != Some(xxhash_rust::xxh3::xxh3_64(&header.0[..format::OFFSET_HEADER_CHECKSUM])) {
            return Err(corrupt("the checksum of the header is wrong"));
        }
        let (counts, bucket_bits, sections) =
            read_header(header, bytes.len()).ok_or_else(|| corrupt("the sections do not fit the file"))?;
        let decoded = Decoded::default();
        Ok(Segment { name: name.to_owned(), bytes, counts, bucket_bits, sections, decoded })
    }

    /// How much it holds.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Its size in bytes.
    pub fn byte_count(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// BLAKE3 of its content as the header states it; [`Segment::verify`] compares.
    pub fn digest(&self) -> blake3::Hash {
        let stated: [u8; 32] = self
            .bytes
            .get(format::OFFSET_CONTENT_DIGEST..format::OFFSET_CONTENT_DIGEST + 32)
            .and_then(|bytes| bytes.try_into().ok())
            .unwrap_or_default();
        blake3::Hash::from_bytes(stated)
    }

    /// Every component.
    pub fn components(&self) -> impl Iterator<Item = ComponentId> + use<> {
        (0..self.counts.components as u32).map(ComponentId)
    }

    /// Every document.
    pub fn documents(&self) -> impl Iterator<Item = DocumentId> + use<> {
        (0..self.counts.documents as u32).map(DocumentId)
    }

    /// Where a fingerprint occurs.
    pub fn lookup(&self, hash: KgramHash) -> Postings<'_> {
        let (bucket, suffix) = format::bucket_and_suffix(hash.0, self.bucket_bits);
        self.postings(self.entries(self.bucket(bucket), suffix))
    }

    /// Where each of some fingerprints occurs. A large index is not in the processor's caches: what is read for one
    /// fingerprint is waited for together with what is read for the others.
    pub fn lookup_all<const N: usize>(&self, hashes: [KgramHash; N]) -> [Postings<'_>; N] {
        let places = hashes.map(|hash| format::bucket_and_suffix(hash.0, self.bucket_bits));
        let buckets = places.map(|(bucket, _)| self.bucket(bucket));
        let entries = std::array::from_fn(|i| self.entries(buckets[i], places[i].1));
        let entries: [Option<(usize, usize)>; N] = entries;
        entries.map(|entries| self.postings(entries))
    }

    fn postings(&self, entries: Option<(usize, usize)>) -> Postings<'_> {
        let postings = self.section(Section::Postings);
        let (next, end) = entries.unwrap_or((0, 0));
        if end > next && postings.u32(next * 4) == Some(COMMON_POSTING) {
            return Postings::Common;
        }
        Postings::Listed(PostingList { bytes: postings, next, end })
    }

    /// The first entry of a bucket, and the one behind its last.
    fn bucket(&self, bucket: u32) -> Option<(usize, usize)> {
        let buckets = self.section(Section::Buckets);
        let at = bucket as usize * 4;
        Some((buckets.u32(at)? as usize, buckets.u32(at + 4)? as usize))
    }

    /// The entries of a bucket that have the suffix.
    fn entries(&self, bucket: Option<(usize, usize)>, suffix: u16) -> Option<(usize, usize)> {
        let (first, last) = bucket?;
        let suffixes = self.section(Section::Suffixes).slice(first * 2, last.checked_sub(first)? * 2)?;
        let suffix_at = |entry: &[u8]| u16::from_le_bytes([entry[0], entry[1]]);
        let before = suffixes.chunks_exact(2).take_while(|entry| suffix_at(entry) < suffix).count();
        let equal =
            suffixes[before * 2..].chunks_exact(2).take_while(|entry| suffix_at(entry) == suffix).count();
        Some((first + before, first + before + equal))
    }

    /// The document that holds a global token position.
    ///
    /// Documents start at positions that grow with their number, more or less evenly, so that the row is sought where it
    /// should be; halving now and then bounds the search where they do not. Of millions of documents it reads three
    /// pages where halving alone reads fifteen.
    pub fn document_at(&self, position: u32) -> Option<DocumentId> {
        let documents = self.section(Section::Documents);
        let start_of = |document: u32| documents.u32(document as usize * DOCUMENT_ROW + 4);
        let (mut low, mut low_start) = (0, 0);
        let (mut high, mut high_start) = (self.counts.documents as u32, self.counts.tokens);
        let mut step = 0;
        while high - low > 1 {
            step += 1;
            let middle = match step % STEPS_TO_HALVING {
                0 => low + (high - low) / 2,
                _ => between((low, low_start), (high, high_start), position),
            };
            let start = start_of(middle)?;
            if start <= position {
                (low, low_start) = (middle, start);
            } else {
                (high, high_start) = (middle, u64::from(start));
            }
        }
        let row = self.document_row(DocumentId(low)).ok()?;
        (position.checked_sub(row.token_start)? < row.token_count).then_some(DocumentId(low))
    }

    /// The row of a document.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn document_row(&self, id: DocumentId) -> Result<DocumentRow, IndexError> {
        let read = || {
            let row =
                Bytes(self.section(Section::Documents).slice(id.0 as usize * DOCUMENT_ROW, DOCUMENT_ROW)?);
            Some(DocumentRow {
                component: ComponentId(row.u32(0)?),
                token_start: row.u32(4)?,
                token_count: row.u32(8)?,
                lines: row.u32(12)?,
                path: (row.u32(16)?, row.u32(20)?),
                license: row.u32(24)?,
                language: Language::from_number(row.u8(28)?)?,
                marks: row.u8(29)?,
                block: (row.u64(32)?, row.u32(40)?),
            })
        };
        read().ok_or_else(|| self.corrupt(format!("document {} cannot be read", id.0)))
    }

    /// That a document stands where it should not.
    pub(super) fn out_of_order(&self, document: u32) -> IndexError {
        self.corrupt(format!("document {document} is out of order"))
    }

    /// What is known of a document.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn document(&self, row: &DocumentRow) -> Result<DocumentFacts, IndexError> {
        Ok(DocumentFacts {
            path: self.text(row.path)?.to_owned(),
            language: row.language,
            license: if row.license == NO_LICENSE { None } else { Some(self.license(row.license)?) },
            marks: row.marks(),
        })
    }

    /// The tokens of a document.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn columns(&self, row: &DocumentRow) -> Result<Columns, IndexError> {
        Columns::decode(self.token_block(row)?, row.token_count as usize)
            .ok_or_else(|| self.unreadable_tokens())
    }

    /// The tokens of a document, remembered for a while.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn remembered_columns(
        &self,
        id: DocumentId,
        row: &DocumentRow,
    ) -> Result<Arc<LazyColumns>, IndexError> {
        if let Some(known) = self.decoded.get(id) {
            return Ok(known);
        }
        let decoded = LazyColumns::decode(self.token_block(row)?, row.token_count as usize);
        let columns = Arc::new(decoded.ok_or_else(|| self.unreadable_tokens())?);
        self.decoded.insert(id, columns.clone());
        Ok(columns)
    }

    /// The lines of the tokens of a document.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn lines<'a>(&self, columns: &'a LazyColumns) -> Result<&'a [u32], IndexError> {
        columns.lines().ok_or_else(|| self.unreadable_tokens())
    }

    fn unreadable_tokens(&self) -> IndexError {
        self.corrupt("the tokens of a document cannot be read")
    }

    /// The stored block of a document's tokens, as [`Columns::encode`] made it.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn token_block(&self, row: &DocumentRow) -> Result<&[u8], IndexError> {
        usize::try_from(row.block.0)
            .ok()
            .and_then(|offset| self.section(Section::Tokens).slice(offset, row.block.1 as usize))
            .ok_or_else(|| self.unreadable_tokens())
    }

    /// The row of a component.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn component_row(&self, id: ComponentId) -> Result<ComponentRow, IndexError> {
        let read = || {
            let row =
                Bytes(self.section(Section::Components).slice(id.0 as usize * COMPONENT_ROW, COMPONENT_ROW)?);
            Some(ComponentRow {
                purl: (row.u32(0)?, row.u32(4)?),
                license: row.u32(8)?,
                documents: row.u32(12)?,
                tokens: row.u32(16)?,
                lines: row.u64(24)?,
                digest: row.slice(32, 32)?.try_into().ok()?,
            })
        };
        read().ok_or_else(|| self.corrupt(format!("component {} cannot be read", id.0)))
    }

    /// What is known of a component.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn component(&self, row: &ComponentRow) -> Result<Component, IndexError> {
        let purl = self.text(row.purl)?;
        Ok(Component {
            purl: Purl::from_str(purl).map_err(|error| self.corrupt(error.to_string()))?,
            digest: format!("blake3:{}", blake3::Hash::from_bytes(row.digest).to_hex()),
            license: self.license(row.license)?,
            published: None,
            dependencies: Vec::new(),
            vendored: Vec::new(),
        })
    }

    /// What components are in order of: purl and digest.
    pub(super) fn component_key(&self, id: ComponentId) -> Result<(&str, [u8; 32]), IndexError> {
        let row = self.component_row(id)?;
        Ok((self.text(row.purl)?, row.digest))
    }

    /// Lets go of the memory that reading the segment took.
    pub(super) fn release(&self) {
        self.bytes.release();
    }

    /// Whether a model of ordinary code was learned from this segment.
    pub fn has_model(&self) -> bool {
        self.sections[Section::Model as usize].1 > 0
    }

    /// The model of ordinary code learned from this segment, if it was large enough to learn from.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn model(&self) -> Result<Option<Model<'_>>, IndexError> {
        let bytes = self.section(Section::Model).0;
        if bytes.is_empty() {
            return Ok(None);
        }
        Model::read(bytes).map(Some).ok_or_else(|| self.corrupt("the model of ordinary code cannot be read"))
    }

    /// Reads everything and compares: checksums, digest, texts, and that the fingerprints are those of the tokens.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn verify(&self) -> Result<(), IndexError> {
        self.verify_checksums()?;
        for id in self.components() {
            self.component(&self.component_row(id)?)?;
        }
        let (mut next_token, mut lines) = (0u32, 0);
        for id in self.documents() {
            let row = self.document_row(id)?;
            if row.token_start != next_token || u64::from(row.component.0) >= self.counts.components {
                return Err(self.out_of_order(id.0));
            }
            next_token = next_token
                .checked_add(row.token_count)
                .ok_or_else(|| self.corrupt("its documents have more tokens than a segment can hold"))?;
            lines += u64::from(row.lines);
            let facts = self.document(&row)?;
            let columns = self.columns(&row)?;
            if !facts.marks.is_searchable() {
                continue;
            }
            for fingerprint in fingerprints(&columns.classes, &columns.names, row.language) {
                if !self.holds(fingerprint, row.token_start) {
                    return Err(self.corrupt(format!("a fingerprint of {} is missing", facts.path)));
                }
            }
        }
        if (self.counts.tokens, self.counts.lines) != (u64::from(next_token), lines) {
            return Err(self.corrupt("it holds other numbers of tokens or lines than it says"));
        }
        self.model().map(drop)
    }

    fn verify_checksums(&self) -> Result<(), IndexError> {
        let header = Bytes(&self.bytes[..HEADER_BYTES]);
        for section in Section::ALL {
            let stated = header.u64(format::OFFSET_SECTIONS + section as usize * 24 + 16);
            if stated != Some(xxhash_rust::xxh3::xxh3_64(self.section(section).0)) {
                return Err(self.corrupt(format!("the checksum of its section {section:?} is wrong")));
            }
        }
        if blake3::hash(&self.bytes[HEADER_BYTES..]) != self.digest() {
            return Err(self.corrupt("its digest is wrong"));
        }
        Ok(())
    }

    /// Whether a fingerprint of a document stands in the postings, as far as limits list it.
    fn holds(&self, fingerprint: Fingerprint, token_start: u32) -> bool {
        match self.lookup(fingerprint.hash) {
            Postings::Common => true,
            Postings::Listed(mut list) => {
                let limit = format::MAX_POSTINGS_PER_DOCUMENT;
                let (mut earlier, wanted) = (0, token_start + fingerprint.position);
                list.any(|position| {
                    earlier += usize::from(position >= token_start && position < wanted);
                    position == wanted || earlier >= limit
                })
            }
        }
    }

    fn license(&self, number: u32) -> Result<LicenseFact, IndexError> {
        let read = || {
            let row =
                Bytes(self.section(Section::Licenses).slice(number as usize * LICENSE_ROW, LICENSE_ROW)?);
            let expression = self.text((row.u32(0)?, row.u32(4)?)).ok()?;
            Some(LicenseFact {
                expression: match expression {
                    "" => None,
                    text => Some(LicenseExpression::parse(text).ok()?.0),
                },
                declared: self.text((row.u32(8)?, row.u32(12)?)).ok()?.to_owned(),
                precision: precision_from(row.u8(16)?)?,
                learned_from: learned_from_from(row.u8(17)?)?,
            })
        };
        read().ok_or_else(|| self.corrupt(format!("licence {number} cannot be read")))
    }

    fn text(&self, (offset, length): (u32, u32)) -> Result<&str, IndexError> {
        self.section(Section::Strings)
            .slice(offset as usize, length as usize)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .ok_or_else(|| self.corrupt("a text cannot be read"))
    }

    fn section(&self, section: Section) -> Bytes<'_> {
        let (start, length) = self.sections[section as usize];
        Bytes(&self.bytes[start..start + length])
    }

    fn corrupt(&self, what: impl Into<String>) -> IndexError {
        IndexError::corrupt(&self.name, what)
    }
}

/// The row strictly between two where a position should be, if documents between them were of equal length.
fn between((low, low_start): (u32, u32), (high, high_start): (u32, u64), position: u32) -> u32 {
    let tokens = high_start.saturating_sub(u64::from(low_start)).max(1);
    let ahead = u64::from(position.saturating_sub(low_start)).min(tokens);
    let rows = u64::from(high - low);
    (low + (ahead * rows / tokens) as u32).clamp(low + 1, high - 1)
}

fn check_versions(name: &str, header: Bytes<'_>) -> Result<(), IndexError> {
    let found = (header.u32(8).unwrap_or(0), header.u16(12).unwrap_or(0));
    let expected = (FORMAT_VERSION, NORMALIZER_VERSION);
    if found == expected {
        return Ok(());
    }
    let remedy = if found > expected { "update birthmark" } else { "build the index again" };
    let words = |(format, normalizer): (u32, u16)| format!("{format}.{normalizer}");
    Err(IndexError::Version { name: name.to_owned(), found: words(found), expected: words(expected), remedy })
}

type HeaderFields = (Counts, u8, [(usize, usize); Section::ALL.len()]);

fn read_header(header: Bytes<'_>, file_bytes: usize) -> Option<HeaderFields> {
    let count = |i: usize| header.u64(format::OFFSET_COUNTS + i * 8);
    let counts = Counts {
        components: count(0)?,
        documents: count(1)?,
        tokens: count(2)?,
        lines: count(3)?,
        fingerprints: count(4)?,
    };
    let bucket_bits = header.u8(format::OFFSET_BUCKET_BITS)?;
    let mut sections = [(0, 0); Section::ALL.len()];
    for section in Section::ALL {
        let at = format::OFFSET_SECTIONS + section as usize * 24;
        let offset = usize::try_from(header.u64(at)?).ok()?;
        let length = usize::try_from(header.u64(at + 8)?).ok()?;
        if offset < HEADER_BYTES || offset.checked_add(length)? > file_bytes {
            return None;
        }
        sections[section as usize] = (offset, length);
    }
    let length = |section: Section| sections[section as usize].1 as u64;
    let fits = bucket_bits <= format::MAX_BUCKET_BITS
        && counts.components.checked_mul(COMPONENT_ROW as u64)? == length(Section::Components)
        && counts.documents.checked_mul(DOCUMENT_ROW as u64)? == length(Section::Documents)
        && ((1u64 << bucket_bits) + 1) * 4 == length(Section::Buckets)
        && counts.fingerprints.checked_mul(2)? == length(Section::Suffixes)
        && counts.fingerprints.checked_mul(4)? == length(Section::Postings);
    fits.then_some((counts, bucket_bits, sections))
}

fn precision_from(number: u8) -> Option<Precision> {
    [Precision::Exact, Precision::Imprecise].into_iter().find(|&precision| precision as u8 == number)
}

fn learned_from_from(number: u8) -> Option<LearnedFrom> {
    use LearnedFrom::{Classifier, FileHeader, Given, LicenseText, Metadata, Nowhere};
    [Given, Metadata, Classifier, LicenseText, FileHeader, Nowhere]
        .into_iter()
        .find(|&place| place as u8 == number)
}
