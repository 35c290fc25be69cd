//! The tables of a segment as they grow: texts, licences, components, documents.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::contents::{ComponentRef, Contents, DocumentRef};
use super::documents::{Component, Day, DocumentFacts};
use super::equals::Equals;
use super::error::IndexError;
use super::format::{COMPONENT_ROW, DOCUMENT_ROW, FAMILY_ROW};
use super::spill::{Scratch, Spill};
use crate::license::LicenseFact;

/// Bytes of memory that a document takes at the most while tables are made: where its tokens begin,
/// which others are equal to it, where its block is, and what is known of its path while the table
/// of paths doubles.
pub(super) const DOCUMENT_BYTES: u64 = 112;

/// Tables as they grow. What is written is set aside; in memory is what is known of texts and
/// licences, and where blocks are.
pub(super) struct Tables<'a> {
    pub(super) strings: Strings,
    pub(super) licenses: Licenses,
    pub(super) components: Scratch,
    pub(super) documents: Scratch,
    pub(super) families: Scratch,
    token_starts: &'a [u32],
    equals: &'a Equals,
    component_count: u32,
    /// Where the block of each document begins.
    blocks: Vec<u64>,
    block_bytes: u64,
}

/// What is counted of a component while its documents are gone through.
#[derive(Default)]
struct Sums {
    documents: u32,
    tokens: u32,
    lines: u64,
    /// Physical lines of the searched documents of each family, by the number of the family.
    families: BTreeMap<u8, u64>,
}

impl<'a> Tables<'a> {
    /// The tables of some contents, whose documents begin at these global positions.
    pub(super) fn of(
        contents: &Contents<'_>,
        token_starts: &'a [u32],
        equals: &'a Equals,
        spill: &Arc<Spill>,
    ) -> Result<Tables<'a>, IndexError> {
        let mut tables = Tables {
            strings: Strings { bytes: spill.scratch(), known: FxHashMap::default() },
            licenses: Licenses { rows: spill.scratch(), known: FxHashMap::default() },
            components: spill.scratch(),
            documents: spill.scratch(),
            families: spill.scratch(),
            token_starts,
            equals,
            component_count: 0,
            blocks: Vec::with_capacity(token_starts.len()),
            block_bytes: 0,
        };
        for component in contents.components() {
            tables.add(component)?;
        }
        contents.release();
        Ok(tables)
    }

    fn add(&mut self, of: ComponentRef<'_>) -> Result<(), IndexError> {
        let component = of.component()?;
        let (mut sums, mut identity) = (Sums::default(), Identity::of(&component));
        for document in of.documents() {
            let document = document?;
            let facts = document.facts()?;
            identity.add(&document, &facts);
            sums.add(&document, &facts);
            self.add_document_row(&document, &facts)?;
        }
        self.add_component_row(of.package()?, &component, &sums, identity)?;
        self.add_family_rows(&sums)?;
        self.component_count += 1;
        Ok(())
    }

    fn add_component_row(
        &mut self,
        package: u64,
        component: &Component,
        sums: &Sums,
        identity: Identity,
    ) -> Result<(), IndexError> {
        let license = self.licenses.number(&component.license, &mut self.strings)?;
        let purl = self.strings.place(component.purl.as_str())?;
        let dependencies = self.strings.place(&component.dependencies.join("\n"))?;
        let vendored = self.strings.place(&component.vendored.join("\n"))?;
        let mut row = Vec::with_capacity(COMPONENT_ROW);
        let day = component.published.map_or(0, Day::days);
        for field in [purl.0, purl.1, license, sums.documents, sums.tokens, day] {
            row.extend_from_slice(&field.to_le_bytes());
        }
        row.extend_from_slice(&sums.lines.to_le_bytes());
        row.extend_from_slice(digest_bytes(component).as_bytes());
        for field in [dependencies.0, dependencies.1, vendored.0, vendored.1] {
            row.extend_from_slice(&field.to_le_bytes());
        }
        row.extend_from_slice(&package.to_le_bytes());
        let copyright = match &component.copyright {
            Some(copyright) => self.strings.place(&copyright.to_text())?,
            None => (0, 0),
        };
        row.extend_from_slice(&copyright.0.to_le_bytes());
        row.extend_from_slice(&copyright.1.to_le_bytes());
        row.extend_from_slice(&identity.0.digest128().to_le_bytes());
        self.components.write(&row)
    }

    fn add_family_rows(&mut self, sums: &Sums) -> Result<(), IndexError> {
        for (&family, lines) in &sums.families {
            let mut row = [0; FAMILY_ROW];
            row[..4].copy_from_slice(&self.component_count.to_le_bytes());
            row[4] = family;
            row[8..].copy_from_slice(&lines.to_le_bytes());
            self.families.write(&row)?;
        }
        Ok(())
    }

    fn add_document_row(
        &mut self,
        document: &DocumentRef<'_>,
        facts: &DocumentFacts,
    ) -> Result<(), IndexError> {
        let path = self.strings.place(&facts.path)?;
        let license = match &facts.license {
            Some(fact) => self.licenses.number(fact, &mut self.strings)?,
            None => u32::MAX,
        };
        let number = self.blocks.len();
        let block = match self.equals.first(number) {
            first if first < number => self.blocks[first],
            _ => {
                let start = self.block_bytes;
                self.block_bytes += u64::from(document.block_length());
                start
            }
        };
        self.blocks.push(block);
        let copyrights = copyrights_of(facts);
        let copyrights =
            if copyrights.is_empty() { (0, 0) } else { self.strings.place(&copyrights)? };
        let (component, token_start) = (self.component_count, self.token_starts[number]);
        let mut row = Vec::with_capacity(DOCUMENT_ROW);
        for field in
            [component, token_start, document.tokens(), document.lines(), path.0, path.1, license]
        {
            row.extend_from_slice(&field.to_le_bytes());
        }
        row.extend_from_slice(&[facts.language.number(), facts.marks.to_bits()]);
        // `copyrights_of` returns no more than fits.
        row.extend_from_slice(&(copyrights.1 as u16).to_le_bytes());
        row.extend_from_slice(&block.to_le_bytes());
        row.extend_from_slice(&document.block_length().to_le_bytes());
        row.extend_from_slice(&copyrights.0.to_le_bytes());
        row.extend_from_slice(&document.content().to_le_bytes());
        self.documents.write(&row)
    }
}

/// The copyright notices of a document, a line each, as many as their length can be told of.
fn copyrights_of(facts: &DocumentFacts) -> String {
    let mut text = String::new();
    for line in &facts.copyrights {
        if text.len() + line.len() < usize::from(u16::MAX) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// The digest of a component's files; zeros where it is none.
fn digest_bytes(component: &Component) -> blake3::Hash {
    let digest =
        component.digest.strip_prefix("blake3:").and_then(|hex| blake3::Hash::from_hex(hex).ok());
    digest.unwrap_or(blake3::Hash::from_bytes([0; 32]))
}

impl Sums {
    fn add(&mut self, document: &DocumentRef<'_>, facts: &DocumentFacts) {
        let lines = u64::from(document.lines());
        self.documents += 1;
        // This cannot overflow: `Layout` refused more tokens than positions can tell.
        self.tokens += document.tokens();
        self.lines += lines;
        if facts.marks.is_searchable() {
            *self.families.entry(facts.language.family().number()).or_default() += lines;
        }
    }
}

/// A digest of all that is known of a component and its documents.
struct Identity(Box<Xxh3>);

impl Identity {
    fn of(component: &Component) -> Identity {
        let mut identity = Identity(Box::default());
        identity.text(component.purl.as_str());
        identity.0.update(digest_bytes(component).as_bytes());
        identity.license(&component.license);
        identity.number(u64::from(component.published.map_or(0, Day::days)));
        identity.text(&component.dependencies.join("\n"));
        identity.text(&component.vendored.join("\n"));
        // Components of which nothing was read keep the identity that they had.
        if let Some(copyright) = &component.copyright {
            identity.text(&copyright.to_text());
        }
        identity
    }

    fn add(&mut self, document: &DocumentRef<'_>, facts: &DocumentFacts) {
        self.text(&facts.path);
        if let Some(license) = &facts.license {
            self.license(license);
        }
        let kind = [facts.license.is_some().into(), facts.language.number(), facts.marks.to_bits()];
        self.0.update(&kind);
        self.number(u64::from(document.lines()));
        self.0.update(&document.content().to_le_bytes());
        if !facts.copyrights.is_empty() {
            self.text(&copyrights_of(facts));
        }
    }

    fn license(&mut self, fact: &LicenseFact) {
        self.text(fact.expression.as_ref().map_or("", |expression| expression.as_str()));
        self.text(&fact.declared);
        self.0.update(&[fact.precision as u8, fact.learned_from as u8]);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    fn number(&mut self, number: u64) {
        self.0.update(&number.to_le_bytes());
    }
}

/// Three quarters of a digest: enough to tell a trillion texts apart, and no more bytes to keep
/// than that.
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
        // The length tells where the expression ends and the declaration begins.
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
