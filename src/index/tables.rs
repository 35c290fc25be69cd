//! The tables of a segment as they grow: texts, licences, components, documents.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_128;

use super::contents::{ComponentRef, Contents, DocumentRef};
use super::error::IndexError;
use super::spill::{Scratch, Spill};
use crate::license::LicenseFact;

/// Bytes of memory that a document takes at the most while tables are made: where its tokens begin, and what is known of
/// its path while the table of paths doubles.
pub(super) const DOCUMENT_BYTES: u64 = 64;

/// Tables as they grow. What is written is set aside; in memory is what is known of texts and licences.
pub(super) struct Tables {
    pub(super) strings: Strings,
    pub(super) licenses: Licenses,
    pub(super) components: Scratch,
    pub(super) documents: Scratch,
    component_count: u32,
    document_count: usize,
    block_bytes: u64,
}

impl Tables {
    /// The tables of some contents, whose documents begin at these global positions.
    pub(super) fn of(
        contents: &Contents<'_>,
        token_starts: &[u32],
        spill: &Arc<Spill>,
    ) -> Result<Tables, IndexError> {
        let mut tables = Tables {
            strings: Strings { bytes: spill.scratch(), known: FxHashMap::default() },
            licenses: Licenses { rows: spill.scratch(), known: FxHashMap::default() },
            components: spill.scratch(),
            documents: spill.scratch(),
            component_count: 0,
            document_count: 0,
            block_bytes: 0,
        };
        for component in contents.components() {
            tables.add(component, token_starts)?;
        }
        contents.release();
        Ok(tables)
    }

    fn add(&mut self, component: ComponentRef<'_>, token_starts: &[u32]) -> Result<(), IndexError> {
        self.add_component_row(component)?;
        for document in component.documents() {
            self.add_document_row(&document?, token_starts[self.document_count])?;
            self.document_count += 1;
        }
        self.component_count += 1;
        Ok(())
    }

    fn add_component_row(&mut self, of: ComponentRef<'_>) -> Result<(), IndexError> {
        let component = of.component()?;
        let license = self.licenses.number(&component.license, &mut self.strings)?;
        let purl = self.strings.place(component.purl.as_str())?;
        let (mut documents, mut tokens, mut lines) = (0u32, 0u32, 0u64);
        for document in of.documents() {
            let document = document?;
            documents += 1;
            tokens += document.tokens();
            lines += u64::from(document.lines());
        }
        let digest =
            component.digest.strip_prefix("blake3:").and_then(|hex| blake3::Hash::from_hex(hex).ok());
        let mut row = Vec::new();
        for field in [purl.0, purl.1, license, documents, tokens, 0] {
            row.extend_from_slice(&field.to_le_bytes());
        }
        row.extend_from_slice(&lines.to_le_bytes());
        row.extend_from_slice(digest.unwrap_or(blake3::Hash::from_bytes([0; 32])).as_bytes());
        row.extend_from_slice(&[0; 8]);
        self.components.write(&row)
    }

    fn add_document_row(&mut self, document: &DocumentRef<'_>, token_start: u32) -> Result<(), IndexError> {
        let facts = document.facts()?;
        let path = self.strings.place(&facts.path)?;
        let license = match &facts.license {
            Some(fact) => self.licenses.number(fact, &mut self.strings)?,
            None => u32::MAX,
        };
        let mut row = Vec::new();
        for field in
            [self.component_count, token_start, document.tokens(), document.lines(), path.0, path.1, license]
        {
            row.extend_from_slice(&field.to_le_bytes());
        }
        row.extend_from_slice(&[facts.language.number(), facts.marks.to_bits(), 0, 0]);
        row.extend_from_slice(&self.block_bytes.to_le_bytes());
        row.extend_from_slice(&document.block_length().to_le_bytes());
        row.extend_from_slice(&[0; 4]);
        self.block_bytes += u64::from(document.block_length());
        self.documents.write(&row)
    }
}

/// Three quarters of a digest: enough to tell a trillion texts apart, and no more bytes to keep than that.
type Digest = [u32; 3];

fn digest(bytes: &[u8]) -> Digest {
    let hash = xxh3_128(bytes);
    [hash as u32, (hash >> 32) as u32, (hash >> 64) as u32]
}

/// Texts, each once. Of those that are written only the digest and the place are known.
pub(super) struct Strings {
    pub(super) bytes: Scratch,
    known: FxHashMap<Digest, u32>,
}

impl Strings {
    fn place(&mut self, text: &str) -> Result<(u32, u32), IndexError> {
        let length = text.len() as u32;
        let digest = digest(text.as_bytes());
        if let Some(&offset) = self.known.get(&digest) {
            return Ok((offset, length));
        }
        let limit = u64::from(u32::MAX);
        let offset = u32::try_from(self.bytes.byte_count())
            .ok()
            .filter(|offset| offset.checked_add(length).is_some())
            .ok_or(IndexError::TooLarge { what: "the names in this corpus", limit })?;
        self.bytes.write(text.as_bytes())?;
        self.known.insert(digest, offset);
        Ok((offset, length))
    }
}

/// Licence facts, each once.
pub(super) struct Licenses {
    pub(super) rows: Scratch,
    known: FxHashMap<Digest, u32>,
}

impl Licenses {
    fn number(&mut self, fact: &LicenseFact, strings: &mut Strings) -> Result<u32, IndexError> {
        let expression = fact.expression.as_ref().map_or("", |expression| expression.as_str());
        let kind = [fact.precision as u8, fact.learned_from as u8, 0, 0];
        let length = (expression.len() as u64).to_le_bytes();
        let all = [&kind[..], &length, expression.as_bytes(), fact.declared.as_bytes()].concat();
        let digest = digest(&all);
        if let Some(&number) = self.known.get(&digest) {
            return Ok(number);
        }
        let expression = strings.place(expression)?;
        let declared = strings.place(&fact.declared)?;
        for field in [expression.0, expression.1, declared.0, declared.1] {
            self.rows.write(&field.to_le_bytes())?;
        }
        self.rows.write(&kind)?;
        let number = self.known.len() as u32;
        self.known.insert(digest, number);
        Ok(number)
    }
}
