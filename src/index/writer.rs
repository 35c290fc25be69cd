//! Writing a segment: documents are prepared one by one (in parallel, by the caller), then laid out in one order
//! that does not depend on the order they came in.

use std::collections::HashMap;
use std::io::{self, Write};

use rayon::prelude::*;

use super::columns::Columns;
use super::documents::{Component, DocumentFacts};
use super::error::IndexError;
use super::format::{
    self, COMMON_POSTING, FORMAT_VERSION, HEADER_BYTES, MAGIC, MAX_DOCUMENT_TOKENS,
    MAX_DOCUMENTS_PER_FINGERPRINT, MAX_POSTINGS_PER_DOCUMENT, SECTION_ALIGNMENT, Section,
};
use super::segment::Segment;
use crate::fingerprint::{Fingerprint, fingerprints};
use crate::license::LicenseFact;
use crate::model::{TrainingDocument, learn};
use crate::token::NORMALIZER_VERSION;

/// Tokens below which a corpus teaches nothing about ordinary code.
const MIN_TRAINING_TOKENS: u64 = 1_000_000;
/// Tokens from which more teach nothing new: documents are sampled.
const MAX_TRAINING_TOKENS: u64 = 8_000_000;

/// A document ready to be written.
pub struct PreparedDocument {
    facts: DocumentFacts,
    lines: u32,
    tokens: u32,
    block: Vec<u8>,
}

impl PreparedDocument {
    /// Compresses a document.
    pub fn new(facts: DocumentFacts, columns: &Columns, lines: u32) -> PreparedDocument {
        PreparedDocument { facts, lines, tokens: columns.classes.len() as u32, block: columns.encode() }
    }

    fn columns(&self) -> Result<Columns, IndexError> {
        Columns::decode(&self.block, self.tokens as usize)
            .ok_or_else(|| IndexError::corrupt(&self.facts.path, "its tokens cannot be read"))
    }

    /// Its fingerprints. Made anew when they are wanted: reading the tokens costs a fiftieth of what parsing them did, and
    /// all fingerprints of a corpus are several times larger than all its tokens.
    fn fingerprints(&self) -> Result<Vec<Fingerprint>, IndexError> {
        if !self.facts.marks.is_searchable() {
            return Ok(Vec::new());
        }
        let columns = self.columns()?;
        Ok(fingerprints(&columns.classes, &columns.names, self.facts.language))
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
    /// A component of a segment, to be written into another.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn from_segment(
        segment: &Segment,
        wanted: impl Fn(&Component) -> bool,
    ) -> Result<Vec<PreparedComponent>, IndexError> {
        let mut components = Vec::new();
        for id in segment.components() {
            let component = segment.component(&segment.component_row(id)?)?;
            components
                .push(wanted(&component).then_some(PreparedComponent { component, documents: Vec::new() }));
        }
        let documents = segment
            .documents()
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|id| {
                let row = segment.document_row(id)?;
                if !matches!(components.get(row.component.0 as usize), Some(Some(_))) {
                    return Ok(None);
                }
                let block = segment.token_block(&row)?.to_vec();
                let prepared = PreparedDocument {
                    facts: segment.document(&row)?,
                    lines: row.lines,
                    tokens: row.token_count,
                    block,
                };
                Ok(Some((row.component, prepared)))
            })
            .collect::<Result<Vec<_>, IndexError>>()?;
        for (component, document) in documents.into_iter().flatten() {
            if let Some(Some(component)) = components.get_mut(component.0 as usize) {
                component.documents.push(document);
            }
        }
        Ok(components.into_iter().flatten().collect())
    }
}

/// A segment laid out in memory.
pub struct SegmentImage {
    /// BLAKE3 of its content.
    pub digest: blake3::Hash,
    header: Vec<u8>,
    body: Vec<u8>,
}

impl SegmentImage {
    /// Lays out a segment of these components; the bytes depend on what they are, not on their order.
    ///
    /// # Errors
    /// If they are too many for one segment, or one they were taken from is damaged.
    pub fn new(mut components: Vec<PreparedComponent>) -> Result<SegmentImage, IndexError> {
        components.sort_by(|a, b| {
            (&a.component.purl, &a.component.digest).cmp(&(&b.component.purl, &b.component.digest))
        });
        for component in &mut components {
            component.documents.sort_by(|a, b| a.facts.path.cmp(&b.facts.path));
        }
        let mut layout = Layout::new(&components)?;
        let body = layout.body(&components)?;
        drop(components);
        let digest = blake3::hash(&body);
        Ok(SegmentImage { digest, header: layout.header(digest), body })
    }

    /// Its size in bytes.
    pub fn byte_count(&self) -> u64 {
        (self.header.len() + self.body.len()) as u64
    }

    /// Writes it.
    ///
    /// # Errors
    /// If `out` fails.
    pub fn write(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        out.write_all(&self.header)?;
        out.write_all(&self.body)
    }
}

/// Writes a segment of these components and returns the digest of its content.
///
/// # Errors
/// Those of [`SegmentImage::new`], or that `out` fails.
pub fn write_segment(
    components: Vec<PreparedComponent>,
    out: &mut impl Write,
) -> Result<blake3::Hash, WriteError> {
    let image = SegmentImage::new(components)?;
    image.write(out)?;
    Ok(image.digest)
}

/// Why a segment could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Too much for one segment, or a segment read from was damaged.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The output failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

struct Layout {
    token_starts: Vec<u32>,
    tokens: u32,
    lines: u64,
    fingerprint_count: u64,
    bucket_bits: u8,
    sections: [(u64, u64, u64); Section::ALL.len()],
    counts: [u64; 2],
}

impl Layout {
    fn new(components: &[PreparedComponent]) -> Result<Layout, IndexError> {
        let mut layout = Layout {
            token_starts: Vec::new(),
            tokens: 0,
            lines: 0,
            fingerprint_count: 0,
            bucket_bits: 0,
            sections: Default::default(),
            counts: [
                components.len() as u64,
                components.iter().map(|component| component.documents.len() as u64).sum(),
            ],
        };
        for document in components.iter().flat_map(|component| &component.documents) {
            if document.tokens > MAX_DOCUMENT_TOKENS {
                return Err(IndexError::TooLarge {
                    what: "a document",
                    limit: u64::from(MAX_DOCUMENT_TOKENS),
                });
            }
            layout.token_starts.push(layout.tokens);
            layout.lines += u64::from(document.lines);
            layout.tokens = layout
                .tokens
                .checked_add(document.tokens)
                .filter(|&tokens| tokens < COMMON_POSTING)
                .ok_or(IndexError::TooLarge { what: "this corpus", limit: u64::from(COMMON_POSTING) })?;
        }
        Ok(layout)
    }

    /// Everything behind the header.
    fn body(&mut self, components: &[PreparedComponent]) -> Result<Vec<u8>, IndexError> {
        let model = match u64::from(self.tokens) {
            0..MIN_TRAINING_TOKENS => Vec::new(),
            tokens => learn(&training_sample(components, tokens)?, tokens),
        };
        let mut listed = self.listed(components)?;
        let mut body = Vec::new();
        let mut tables = Tables::default();
        for component in components {
            tables.add(component, &self.token_starts);
        }
        self.append(&mut body, Section::Strings, &tables.strings.bytes);
        self.append(&mut body, Section::Licenses, &tables.licenses.rows);
        self.append(&mut body, Section::Components, &tables.components);
        self.append(&mut body, Section::Documents, &tables.documents);
        self.append(&mut body, Section::Tokens, &tables.tokens);
        drop(tables);
        self.fingerprint_count = listed.positions.len() as u64;
        self.bucket_bits = format::bucket_bits(self.fingerprint_count);
        self.append(&mut body, Section::Buckets, &listed.buckets(self.bucket_bits));
        self.append(&mut body, Section::Suffixes, &listed.suffixes(self.bucket_bits));
        listed.heads = Vec::new();
        let positions: Vec<u8> =
            listed.positions.iter().flat_map(|position| position.to_le_bytes()).collect();
        self.append(&mut body, Section::Postings, &positions);
        self.append(&mut body, Section::Model, &model);
        Ok(body)
    }

    fn append(&mut self, body: &mut Vec<u8>, section: Section, bytes: &[u8]) {
        body.resize(body.len().next_multiple_of(SECTION_ALIGNMENT), 0);
        let offset = (HEADER_BYTES + body.len()) as u64;
        self.sections[section as usize] = (offset, bytes.len() as u64, xxhash_rust::xxh3::xxh3_64(bytes));
        body.extend_from_slice(bytes);
    }

    /// What the format lists, in order. The documents are read once for each range of hashes, so that only the postings
    /// of one range are in memory at a time as they are sorted.
    fn listed(&self, components: &[PreparedComponent]) -> Result<Listed, IndexError> {
        let documents = components.iter().flat_map(|component| &component.documents);
        let documents: Vec<_> = documents.zip(self.token_starts.iter().copied()).collect();
        let passes = (u64::from(self.tokens) / TOKENS_PER_PASS).next_power_of_two();
        let mut listed = Listed::default();
        for pass in 0..passes {
            let is_of_pass = |hash: u64| hash.checked_shr(64 - passes.trailing_zeros()).unwrap_or(0) == pass;
            let mut postings = Vec::new();
            for some in documents.chunks(DOCUMENTS_AT_ONCE) {
                let found = some.par_iter().map(|(document, start)| {
                    let all = document.fingerprints()?.into_iter().map(|f| (f.hash.0, start + f.position));
                    Ok(all.filter(|posting| is_of_pass(posting.0)).collect())
                });
                let found: Vec<Vec<(u64, u32)>> = found.collect::<Result<_, IndexError>>()?;
                found.iter().for_each(|of_document| postings.extend_from_slice(of_document));
            }
            postings.par_sort_unstable();
            self.limit(&mut postings);
            listed.extend(&postings);
        }
        Ok(listed)
    }

    /// Leaves of sorted postings what the format lists, in place.
    fn limit(&self, postings: &mut Vec<(u64, u32)>) {
        let document_of = |position: u32| self.token_starts.partition_point(|&start| start <= position);
        let (mut kept, mut next) = (0, 0);
        while next < postings.len() {
            let hash = postings[next].0;
            let end = next + postings[next..].iter().take_while(|posting| posting.0 == hash).count();
            let first = kept;
            // How many documents there are so far, and which is the last one, with how many of its postings.
            let (mut documents, mut last, mut of_last) = (0, usize::MAX, 0);
            for at in next..end {
                let document =
                    if end - next <= MAX_POSTINGS_PER_DOCUMENT { at } else { document_of(postings[at].1) };
                if document != last {
                    (documents, last, of_last) = (documents + 1, document, 0);
                }
                of_last += 1;
                if of_last <= MAX_POSTINGS_PER_DOCUMENT {
                    postings[kept] = postings[at];
                    kept += 1;
                }
            }
            if documents > MAX_DOCUMENTS_PER_FINGERPRINT {
                postings[first] = (hash, COMMON_POSTING);
                kept = first + 1;
            }
            next = end;
        }
        postings.truncate(kept);
    }

    fn header(&self, digest: blake3::Hash) -> Vec<u8> {
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(&MAGIC);
        header.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        header.extend_from_slice(&NORMALIZER_VERSION.to_le_bytes());
        header.resize(format::OFFSET_CONTENT_DIGEST, 0);
        header.extend_from_slice(digest.as_bytes());
        let counts =
            [self.counts[0], self.counts[1], u64::from(self.tokens), self.lines, self.fingerprint_count];
        header.extend(counts.iter().flat_map(|count| count.to_le_bytes()));
        header.push(self.bucket_bits);
        header.resize(format::OFFSET_SECTIONS, 0);
        for (offset, length, checksum) in self.sections {
            header.extend([offset, length, checksum].iter().flat_map(|field| field.to_le_bytes()));
        }
        header.resize(format::OFFSET_HEADER_CHECKSUM, 0);
        header.extend_from_slice(&xxhash_rust::xxh3::xxh3_64(&header).to_le_bytes());
        header
    }
}

/// Tokens for which postings are sorted at once, at most twice as many; some seven bytes each.
const TOKENS_PER_PASS: u64 = 10_000_000;
/// Documents whose fingerprints are made in parallel before they are sorted in.
const DOCUMENTS_AT_ONCE: usize = 1024;

/// The postings that are listed, in order: of each hash what buckets and suffixes need, and the position.
#[derive(Default)]
struct Listed {
    heads: Vec<[u16; 3]>,
    positions: Vec<u32>,
}

impl Listed {
    fn extend(&mut self, postings: &[(u64, u32)]) {
        let head = |hash: u64| [(hash >> 48) as u16, (hash >> 32) as u16, (hash >> 16) as u16];
        self.heads.reserve_exact(postings.len());
        self.positions.reserve_exact(postings.len());
        self.heads.extend(postings.iter().map(|posting| head(posting.0)));
        self.positions.extend(postings.iter().map(|posting| posting.1));
    }

    fn bucket_and_suffix(&self, entry: usize, bucket_bits: u8) -> (u32, u16) {
        let [first, second, third] = self.heads[entry].map(u64::from);
        format::bucket_and_suffix(first << 48 | second << 32 | third << 16, bucket_bits)
    }

    fn buckets(&self, bucket_bits: u8) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 << bucket_bits);
        let mut entry = 0;
        for bucket in 0..1u32 << bucket_bits {
            bytes.extend_from_slice(&(entry as u32).to_le_bytes());
            while entry < self.heads.len() && self.bucket_and_suffix(entry, bucket_bits).0 == bucket {
                entry += 1;
            }
        }
        bytes.extend_from_slice(&(entry as u32).to_le_bytes());
        bytes
    }

    fn suffixes(&self, bucket_bits: u8) -> Vec<u8> {
        let suffix = |entry| self.bucket_and_suffix(entry, bucket_bits).1.to_le_bytes();
        (0..self.heads.len()).flat_map(suffix).collect()
    }
}

/// The tables of a segment as they grow.
#[derive(Default)]
struct Tables {
    strings: Strings,
    licenses: Licenses,
    components: Vec<u8>,
    component_count: u32,
    documents: Vec<u8>,
    document_count: usize,
    tokens: Vec<u8>,
}

impl Tables {
    fn add(&mut self, prepared: &PreparedComponent, token_starts: &[u32]) {
        self.add_component_row(prepared);
        for document in &prepared.documents {
            self.add_document_row(document, token_starts[self.document_count]);
            self.document_count += 1;
        }
        self.component_count += 1;
    }

    fn add_component_row(&mut self, prepared: &PreparedComponent) {
        let license = self.licenses.number(&prepared.component.license, &mut self.strings);
        let purl = self.strings.place(prepared.component.purl.as_str());
        let tokens: u32 = prepared.documents.iter().map(|document| document.tokens).sum();
        let lines: u64 = prepared.documents.iter().map(|document| u64::from(document.lines)).sum();
        let digest = prepared
            .component
            .digest
            .strip_prefix("blake3:")
            .and_then(|hex| blake3::Hash::from_hex(hex).ok());
        let row = &mut self.components;
        for field in [purl.0, purl.1, license, prepared.documents.len() as u32, tokens, 0] {
            row.extend_from_slice(&field.to_le_bytes());
        }
        row.extend_from_slice(&lines.to_le_bytes());
        row.extend_from_slice(digest.unwrap_or(blake3::Hash::from_bytes([0; 32])).as_bytes());
        row.extend_from_slice(&[0; 8]);
    }

    fn add_document_row(&mut self, document: &PreparedDocument, token_start: u32) {
        let path = self.strings.place(&document.facts.path);
        let license = match &document.facts.license {
            Some(fact) => self.licenses.number(fact, &mut self.strings),
            None => u32::MAX,
        };
        let row = &mut self.documents;
        for field in
            [self.component_count, token_start, document.tokens, document.lines, path.0, path.1, license]
        {
            row.extend_from_slice(&field.to_le_bytes());
        }
        row.extend_from_slice(&[document.facts.language.number(), document.facts.marks.to_bits(), 0, 0]);
        row.extend_from_slice(&(self.tokens.len() as u64).to_le_bytes());
        row.extend_from_slice(&(document.block.len() as u32).to_le_bytes());
        row.extend_from_slice(&[0; 4]);
        self.tokens.extend_from_slice(&document.block);
    }
}

#[derive(Default)]
struct Strings {
    bytes: Vec<u8>,
    known: HashMap<String, (u32, u32)>,
}

impl Strings {
    fn place(&mut self, text: &str) -> (u32, u32) {
        if let Some(&place) = self.known.get(text) {
            return place;
        }
        let place = (self.bytes.len() as u32, text.len() as u32);
        self.bytes.extend_from_slice(text.as_bytes());
        self.known.insert(text.to_owned(), place);
        place
    }
}

#[derive(Default)]
struct Licenses {
    rows: Vec<u8>,
    known: HashMap<LicenseFact, u32>,
}

impl Licenses {
    fn number(&mut self, fact: &LicenseFact, strings: &mut Strings) -> u32 {
        if let Some(&number) = self.known.get(fact) {
            return number;
        }
        let expression = strings.place(fact.expression.as_ref().map_or("", |expression| expression.as_str()));
        let declared = strings.place(&fact.declared);
        for field in [expression.0, expression.1, declared.0, declared.1] {
            self.rows.extend_from_slice(&field.to_le_bytes());
        }
        self.rows.extend_from_slice(&[fact.precision as u8, fact.learned_from as u8, 0, 0]);
        let number = self.known.len() as u32;
        self.known.insert(fact.clone(), number);
        number
    }
}

/// Documents to learn the model from: a sample spread over all components, by document number.
fn training_sample(
    components: &[PreparedComponent],
    tokens: u64,
) -> Result<Vec<TrainingDocument>, IndexError> {
    let stride = tokens.div_ceil(MAX_TRAINING_TOKENS) as usize;
    let documents: Vec<(u32, &PreparedDocument)> = components
        .iter()
        .enumerate()
        .flat_map(|(package, component)| {
            component.documents.iter().map(move |document| (package as u32, document))
        })
        .filter(|(_, document)| document.facts.marks.is_searchable())
        .step_by(stride)
        .collect();
    documents
        .into_par_iter()
        .map(|(package, document)| {
            let columns = document.columns()?;
            let language = document.facts.language;
            Ok(TrainingDocument { package, language, classes: columns.classes, names: columns.names })
        })
        .collect()
}
