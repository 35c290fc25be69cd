//! Reading a segment.
//!
//! Opening looks at the trailer and the checksums of the pages alone. Each page is compared when it
//! is first read, so that a damaged segment gives an error and never another answer, and never a
//! panic. [`Segment::verify`] reads everything.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::columns::{Columns, LazyColumns};
use super::decoded::Decoded;
use super::documents::{Component, Copyright, Day, DocumentFacts, DocumentMarks};
use super::error::IndexError;
use super::format::{
    self, Bytes, COMPONENT_ROW, DOCUMENT_ROW, FORMAT_VERSION, LICENSE_ROW, MAGIC, PREAMBLE_BYTES,
    Section, TRAILER_BYTES,
};
use super::pages::CheckedPages;
use super::storage::{self, Fault, SegmentBytes};
use crate::license::{LearnedFrom, LicenseExpression, LicenseFact, Precision};
use crate::purl::Purl;
use crate::text::language::{Family, Language};
use crate::text::token::NORMALIZER_VERSION;

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
    counts: Counts,
    bucket_bits: u8,
    posting_bytes: usize,
    sections: [(usize, usize); Section::ALL.len()],
    pages: CheckedPages,
    seal: u64,
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
    /// Digest of its tokens and their lines. Documents of one content are equal.
    pub content: u128,
    path: (u32, u32),
    license: u32,
    marks: u8,
    block: (u64, u32),
    copyrights: (u32, u32),
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
    /// BLAKE3 of its files.
    pub digest: [u8; 32],
    /// Hash of its package, the same for each version.
    pub package: u64,
    /// Digest of all that is known of it and of its documents.
    pub identity: u128,
    purl: (u32, u32),
    license: u32,
    day: u32,
    dependencies: (u32, u32),
    vendored: (u32, u32),
    copyright: (u32, u32),
}

impl ComponentRow {
    /// The day it was published, where that is known.
    pub(crate) fn publication_day(&self) -> Option<Day> {
        Day::new(self.day)
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

impl Segment {
    /// Opens a segment over its bytes. `name` is what errors call it.
    ///
    /// # Errors
    /// If it is no segment of this format version, or its trailer is damaged.
    pub fn open(name: &str, bytes: SegmentBytes) -> Result<Segment, IndexError> {
        let corrupt = |what: &str| IndexError::corrupt(name, what);
        let copy = |start: usize, length: usize| {
            let mut copied = vec![0; length];
            let read = bytes.copy(start, &mut copied);
            read.map(|()| copied).map_err(|error| unreadable(name, error))
        };
        // The versions come first: a segment of another format may have
        // another trailer, and would be called damaged instead of old.
        check_versions(name, &copy(0, bytes.len().min(PREAMBLE_BYTES))?, MAGIC)?;
        let trailer =
            bytes.len().checked_sub(TRAILER_BYTES).filter(|start| *start >= PREAMBLE_BYTES);
        let trailer = trailer.map_or(Ok(Vec::new()), |start| copy(start, TRAILER_BYTES))?;
        let trailer = Bytes(&trailer);
        let body = trailer.slice(0, format::OFFSET_TRAILER_CHECKSUM).unwrap_or_default();
        let seal = trailer.u64(format::OFFSET_TRAILER_CHECKSUM);
        let seal = seal
            .filter(|seal| *seal == xxh3_64(body))
            .ok_or_else(|| corrupt("it is cut short, or the checksum of its trailer is wrong"))?;
        let (counts, bucket_bits, posting_bytes, sections) = read_trailer(trailer, bytes.len())
            .ok_or_else(|| corrupt("the sections do not fit the file"))?;
        let (start, length) = sections[Section::Pages as usize];
        let checksums = copy(start, length)?;
        if trailer.u64(format::OFFSET_PAGES_CHECKSUM) != Some(xxh3_64(&checksums)) {
            return Err(corrupt("the checksum of its section Pages is wrong"));
        }
        let pages = CheckedPages::new(bytes, start, checksums)
            .ok_or_else(|| corrupt("the sections do not fit the file"))?;
        let (name, decoded) = (name.to_owned(), Decoded::default());
        Ok(Segment { name, counts, bucket_bits, posting_bytes, sections, pages, seal, decoded })
    }

    /// How much it holds.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Its size in bytes.
    pub(crate) fn byte_count(&self) -> u64 {
        self.pages.bytes().len() as u64
    }

    /// BLAKE3 of the whole file. Reads all of it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn digest(&self) -> Result<blake3::Hash, IndexError> {
        self.bytes().map(|all| blake3::hash(&all))
    }

    /// All bytes of the file.
    pub(super) fn bytes(&self) -> Result<std::borrow::Cow<'_, [u8]>, IndexError> {
        self.pages.bytes().all().map_err(|error| unreadable(&self.name, error))
    }

    /// The checksum that the file ends with, under which stands all of it.
    pub(crate) fn seal(&self) -> u64 {
        self.seal
    }

    /// Every component.
    pub fn components(&self) -> impl Iterator<Item = ComponentId> + use<> {
        (0..self.counts.components as u32).map(ComponentId)
    }

    /// Every document.
    pub fn documents(&self) -> impl Iterator<Item = DocumentId> + use<> {
        (0..self.counts.documents as u32).map(DocumentId)
    }

    /// The row of a document.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn document_row(&self, id: DocumentId) -> Result<DocumentRow, IndexError> {
        let row =
            Bytes(self.read(Section::Documents, id.0 as usize * DOCUMENT_ROW, DOCUMENT_ROW)?);
        let read = || {
            Some(DocumentRow {
                component: ComponentId(row.u32(0)?),
                token_start: row.u32(4)?,
                token_count: row.u32(8)?,
                lines: row.u32(12)?,
                path: (row.u32(16)?, row.u32(20)?),
                license: row.u32(24)?,
                language: Language::from_number(row.u8(28)?)?,
                marks: row.u8(29)?,
                copyrights: (row.u32(44)?, u32::from(row.u16(30)?)),
                block: (row.u64(32)?, row.u32(40)?),
                content: row.u128(48)?,
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
            license: if row.license == NO_LICENSE {
                None
            } else {
                Some(self.license(row.license)?)
            },
            marks: row.marks(),
            copyrights: self.copyrights(row)?,
        })
    }

    /// The copyright notices of a document.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub(crate) fn copyrights(&self, row: &DocumentRow) -> Result<Vec<String>, IndexError> {
        self.lines_of(row.copyrights)
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
    pub(crate) fn remembered_columns(
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
    pub(crate) fn lines<'a>(&self, columns: &'a LazyColumns) -> Result<&'a [u32], IndexError> {
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
        let offset = usize::try_from(row.block.0).map_err(|_| self.unreadable_tokens())?;
        self.read(Section::Tokens, offset, row.block.1 as usize)
    }

    /// The row of a component.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn component_row(&self, id: ComponentId) -> Result<ComponentRow, IndexError> {
        let row =
            Bytes(self.read(Section::Components, id.0 as usize * COMPONENT_ROW, COMPONENT_ROW)?);
        let read = || {
            Some(ComponentRow {
                purl: (row.u32(0)?, row.u32(4)?),
                license: row.u32(8)?,
                documents: row.u32(12)?,
                tokens: row.u32(16)?,
                day: row.u32(20)?,
                lines: row.u64(24)?,
                digest: row.slice(32, 32)?.try_into().ok()?,
                dependencies: (row.u32(64)?, row.u32(68)?),
                vendored: (row.u32(72)?, row.u32(76)?),
                package: row.u64(80)?,
                copyright: (row.u32(88)?, row.u32(92)?),
                identity: row.u128(96)?,
            })
        };
        read().ok_or_else(|| self.corrupt(format!("component {} cannot be read", id.0)))
    }

    /// Physical lines that are searched, of each component by family.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub(super) fn searched_lines(&self) -> Result<Vec<(ComponentId, Family, u64)>, IndexError> {
        let length = self.sections[Section::Families as usize].1;
        if length == 0 {
            return self.searched_lines_of_documents();
        }
        let rows = self.read(Section::Families, 0, length)?.chunks_exact(format::FAMILY_ROW);
        let read = |row: &[u8]| {
            let row = Bytes(row);
            let component = ComponentId(row.u32(0)?);
            Some((component, Family::from_number(row.u8(4)?)?, row.u64(8)?))
        };
        rows.map(read)
            .collect::<Option<_>>()
            .ok_or_else(|| self.corrupt("the lines of a component cannot be read"))
    }

    /// The same of a segment that does not state them.
    fn searched_lines_of_documents(&self) -> Result<Vec<(ComponentId, Family, u64)>, IndexError> {
        let mut lines: BTreeMap<(ComponentId, u8), u64> = BTreeMap::new();
        for id in self.documents() {
            let row = self.document_row(id)?;
            if row.marks().is_searchable() {
                let family = row.language.family().number();
                *lines.entry((row.component, family)).or_default() += u64::from(row.lines);
            }
        }
        let known =
            |((component, family), lines)| Some((component, Family::from_number(family)?, lines));
        Ok(lines.into_iter().filter_map(known).collect())
    }

    /// What is known of a component.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn component(&self, row: &ComponentRow) -> Result<Component, IndexError> {
        Ok(Component {
            purl: self.purl(row)?,
            digest: format!("blake3:{}", blake3::Hash::from_bytes(row.digest).to_hex()),
            license: self.component_license(row)?,
            published: row.publication_day(),
            dependencies: self.dependencies(row)?,
            vendored: self.vendored_packages(row)?,
            copyright: self.copyright(row)?,
        })
    }

    /// The name and version of a component.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub(crate) fn purl(&self, row: &ComponentRow) -> Result<Purl, IndexError> {
        Purl::from_str(self.text(row.purl)?).map_err(|error| self.corrupt(error.to_string()))
    }

    /// The licence of a component.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub(crate) fn component_license(&self, row: &ComponentRow) -> Result<LicenseFact, IndexError> {
        self.license(row.license)
    }

    /// The packages that a component depends on.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub(crate) fn dependencies(&self, row: &ComponentRow) -> Result<Vec<String>, IndexError> {
        self.lines_of(row.dependencies)
    }

    /// The packages that a component carries in vendored folders.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub(crate) fn vendored_packages(&self, row: &ComponentRow) -> Result<Vec<String>, IndexError> {
        self.lines_of(row.vendored)
    }

    /// What a component states of copyright; `None` where that was not read.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub(crate) fn copyright(&self, row: &ComponentRow) -> Result<Option<Copyright>, IndexError> {
        match self.text(row.copyright)? {
            "" => Ok(None),
            text => Copyright::from_text(text)
                .map(Some)
                .ok_or_else(|| self.corrupt("the copyright of a component cannot be read")),
        }
    }

    /// What components are in order of: purl, digest and what else is known.
    pub(super) fn component_key(
        &self,
        id: ComponentId,
    ) -> Result<(&str, [u8; 32], u128), IndexError> {
        let row = self.component_row(id)?;
        Ok((self.text(row.purl)?, row.digest, row.identity))
    }

    /// Lets go of the memory that reading the segment took.
    pub(super) fn release(&self) {
        self.pages.bytes().release();
    }

    /// The name errors call it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The sections that hold a part of each damaged page, and its number.
    pub(super) fn damaged_pages(&self) -> impl Iterator<Item = (usize, Vec<Section>)> {
        self.pages.find_damage().map(|page| {
            let (start, end) = (page * format::PAGE_BYTES, (page + 1) * format::PAGE_BYTES);
            let overlaps = |section: &Section| {
                let (from, length) = self.sections[*section as usize];
                from < end && from + length > start
            };
            (page, Section::ALL.into_iter().filter(overlaps).collect())
        })
    }

    fn lines_of(&self, text: (u32, u32)) -> Result<Vec<String>, IndexError> {
        Ok(self.text(text)?.lines().map(str::to_owned).collect())
    }

    fn license(&self, number: u32) -> Result<LicenseFact, IndexError> {
        let row =
            Bytes(self.read(Section::Licenses, number as usize * LICENSE_ROW, LICENSE_ROW)?);
        let read = || {
            let expression = self.text((row.u32(0)?, row.u32(4)?)).ok()?;
            Some(LicenseFact {
                expression: match expression {
                    "" => None,
                    text => Some(LicenseExpression::parse(text).ok()?.0),
                },
                declared: self.text((row.u32(8)?, row.u32(12)?)).ok()?.to_owned(),
                precision: precision_from(row.u8(16)?)?,
                learned_from: learned_from(row.u8(17)?)?,
            })
        };
        read().ok_or_else(|| self.corrupt(format!("licence {number} cannot be read")))
    }

    fn text(&self, (offset, length): (u32, u32)) -> Result<&str, IndexError> {
        let bytes = self.read(Section::Strings, offset as usize, length as usize)?;
        std::str::from_utf8(bytes).map_err(|_| self.corrupt("a text cannot be read"))
    }

    /// Reads a part of a section; compares its pages first.
    #[inline]
    pub(super) fn read(
        &self,
        section: Section,
        offset: usize,
        length: usize,
    ) -> Result<&[u8], IndexError> {
        let (start, section_length) = self.sections[section as usize];
        if offset.checked_add(length).is_none_or(|end| end > section_length) {
            return Err(self.corrupt(format!("something lies outside its section {section:?}")));
        }
        let (start, end) = (start + offset, start + offset + length);
        self.pages.read(start, end).map_err(|fault| self.fault(section, fault))
    }

    #[cold]
    fn fault(&self, section: Section, fault: Fault) -> IndexError {
        match fault {
            Fault::Damaged => {
                self.corrupt(format!("a checksum in its section {section:?} is wrong"))
            }
            Fault::Unreadable(error) => unreadable(&self.name, error),
        }
    }

    /// Bits that tell a bucket.
    pub(super) fn bucket_bits(&self) -> u8 {
        self.bucket_bits
    }

    /// Bytes of a posting.
    pub(super) fn posting_bytes(&self) -> usize {
        self.posting_bytes
    }

    pub(super) fn corrupt(&self, what: impl Into<String>) -> IndexError {
        IndexError::corrupt(&self.name, what)
    }
}

/// That the system does not give the bytes of a file.
fn unreadable(name: &str, error: std::io::Error) -> IndexError {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => {
            IndexError::corrupt(name, "it was cut short while it was open")
        }
        _ => storage::io_error("cannot read", std::path::Path::new(name), error),
    }
}

/// Compares what a file starts with to what this program reads.
pub(super) fn check_versions(name: &str, bytes: &[u8], magic: [u8; 8]) -> Result<(), IndexError> {
    let preamble = Bytes(bytes);
    if preamble.slice(0, magic.len()) != Some(&magic) {
        return Err(IndexError::corrupt(name, "it does not start as a file of an index does"));
    }
    let found = (preamble.u32(8).unwrap_or(0), preamble.u16(12).unwrap_or(0));
    let expected = (FORMAT_VERSION, NORMALIZER_VERSION);
    if found == expected {
        return Ok(());
    }
    let words = |(format, normalizer): (u32, u16)| format!("{format}.{normalizer}");
    let is_newer = found > expected;
    Err(IndexError::version(name, words(found), words(expected), is_newer))
}

type TrailerFields = (Counts, u8, usize, [(usize, usize); Section::ALL.len()]);

fn read_trailer(trailer: Bytes<'_>, file_bytes: usize) -> Option<TrailerFields> {
    let count = |i: usize| trailer.u64(format::OFFSET_COUNTS + i * 8);
    let counts = Counts {
        components: count(0)?,
        documents: count(1)?,
        tokens: count(2)?,
        lines: count(3)?,
        fingerprints: count(4)?,
    };
    let bucket_bits = trailer.u8(format::OFFSET_BUCKET_BITS)?;
    let mut sections = [(0, 0); Section::ALL.len()];
    let mut end_of_last = PREAMBLE_BYTES;
    for section in Section::ALL {
        let at = section.offset_in_trailer();
        let offset = usize::try_from(trailer.u64(at)?).ok()?;
        let length = usize::try_from(trailer.u64(at + 8)?).ok()?;
        // Older segments have zeros here, and no such section.
        if section == Section::Families && (offset, length) == (0, 0) {
            sections[section as usize] = (end_of_last, 0);
            continue;
        }
        let end = offset.checked_add(length)?;
        if offset < end_of_last || end > file_bytes - TRAILER_BYTES {
            return None;
        }
        end_of_last = end;
        sections[section as usize] = (offset, length);
    }
    let length = |section: Section| sections[section as usize].1 as u64;
    let fits = bucket_bits <= format::MAX_BUCKET_BITS
        && end_of_last == file_bytes - TRAILER_BYTES
        && counts.components.checked_mul(COMPONENT_ROW as u64)? == length(Section::Components)
        && counts.documents.checked_mul(DOCUMENT_ROW as u64)? == length(Section::Documents)
        && counts.documents.checked_mul(4)? == length(Section::Contents)
        && length(Section::Families).is_multiple_of(format::FAMILY_ROW as u64)
        && ((1u64 << bucket_bits) + 1) * 4 == length(Section::Buckets)
        && counts.fingerprints.checked_mul(format::suffix_bytes(bucket_bits) as u64)?
            == length(Section::Suffixes);
    // Older segments have four bytes for each posting, whatever their number of tokens.
    let posting_bytes =
        (format::posting_bytes(counts.tokens)..=format::MAX_POSTING_BYTES).find(|&bytes| {
            counts.fingerprints.checked_mul(bytes as u64) == Some(length(Section::Postings))
        })?;
    fits.then_some((counts, bucket_bits, posting_bytes, sections))
}

fn precision_from(number: u8) -> Option<Precision> {
    [Precision::Exact, Precision::Imprecise]
        .into_iter()
        .find(|&precision| precision as u8 == number)
}

fn learned_from(number: u8) -> Option<LearnedFrom> {
    use LearnedFrom::{Classifier, FileHeader, Given, LicenseText, Metadata, Nowhere};
    [Given, Metadata, Classifier, LicenseText, FileHeader, Nowhere]
        .into_iter()
        .find(|&place| place as u8 == number)
}
