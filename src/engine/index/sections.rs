//! Writes the sections of a segment one behind the other, then the checksums of its pages and the
//! trailer.

use std::io::{self, Write};

use xxhash_rust::xxh3::xxh3_64;

use super::error::IndexError;
use super::format::{
    self, FORMAT_VERSION, MAGIC, PAGE_BYTES, PREAMBLE_BYTES, SECTION_ALIGNMENT, Section,
    TRAILER_BYTES,
};
use super::pages;
use super::segment::Counts;
use crate::text::token::NORMALIZER_VERSION;

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

/// What a file of the index was written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenFile {
    /// BLAKE3 of the whole file.
    pub digest: blake3::Hash,
    /// Its size.
    pub bytes: u64,
    /// The checksum that it ends with.
    pub seal: u64,
}

/// A segment as it is written.
pub(super) struct SectionWriter<W> {
    out: W,
    /// Bytes so far.
    length: u64,
    whole: blake3::Hasher,
    sections: [(u64, u64); Section::ALL.len()],
    /// The section being written.
    open: Option<Section>,
    /// The page being written, and the checksums of those before it.
    page: Vec<u8>,
    checksums: Vec<u8>,
}

impl<W: Write> SectionWriter<W> {
    /// Writes the preamble.
    pub(super) fn new(out: W) -> io::Result<SectionWriter<W>> {
        let mut writer = SectionWriter {
            out,
            length: 0,
            whole: blake3::Hasher::new(),
            sections: Default::default(),
            open: None,
            page: Vec::with_capacity(PAGE_BYTES),
            checksums: Vec::new(),
        };
        writer.append(&preamble(MAGIC))?;
        Ok(writer)
    }

    /// Ends the section before and begins another.
    pub(super) fn section(&mut self, section: Section) -> io::Result<()> {
        self.close();
        let padding = self.length.next_multiple_of(SECTION_ALIGNMENT as u64) - self.length;
        self.append(&[0; SECTION_ALIGNMENT][..padding as usize])?;
        self.sections[section as usize].0 = self.length;
        self.open = Some(section);
        Ok(())
    }

    /// Writes a part of the section.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        Ok(self.append(bytes)?)
    }

    fn append(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.put(bytes)?;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PAGE_BYTES - self.page.len()));
            self.page.extend_from_slice(now);
            bytes = later;
            if self.page.len() == PAGE_BYTES {
                self.end_page();
            }
        }
        Ok(())
    }

    /// Writes bytes that have no checksum of their page.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.whole.update(bytes);
        self.length += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn end_page(&mut self) {
        let number = self.checksums.len() / pages::CHECKSUM_BYTES;
        self.checksums.extend_from_slice(&pages::checksum(number, &self.page).to_le_bytes());
        self.page.clear();
    }

    fn close(&mut self) {
        if let Some(section) = self.open.take() {
            let (start, length) = &mut self.sections[section as usize];
            *length = self.length - *start;
        }
    }

    /// Writes the checksums of the pages and the trailer.
    pub(super) fn finish(mut self, counts: Counts, bucket_bits: u8) -> io::Result<WrittenFile> {
        self.section(Section::Pages)?;
        if !self.page.is_empty() {
            self.end_page();
        }
        let checksums = std::mem::take(&mut self.checksums);
        self.put(&checksums)?;
        self.close();
        let trailer = self.trailer(xxh3_64(&checksums), counts, bucket_bits);
        let seal = xxh3_64(&trailer);
        self.put(&trailer)?;
        self.put(&seal.to_le_bytes())?;
        Ok(WrittenFile { digest: self.whole.finalize(), bytes: self.length, seal })
    }

    fn trailer(&self, pages_checksum: u64, counts: Counts, bucket_bits: u8) -> Vec<u8> {
        let mut trailer = Vec::with_capacity(TRAILER_BYTES);
        let counts =
            [counts.components, counts.documents, counts.tokens, counts.lines, counts.fingerprints];
        trailer.extend(counts.iter().flat_map(|count| count.to_le_bytes()));
        trailer.push(bucket_bits);
        trailer.resize(format::OFFSET_TRAILER_CHECKSUM, 0);
        for section in Section::ALL {
            let (offset, length) = self.sections[section as usize];
            let place = [offset.to_le_bytes(), length.to_le_bytes()].concat();
            trailer[section.offset_in_trailer()..][..place.len()].copy_from_slice(&place);
        }
        trailer[format::OFFSET_PAGES_CHECKSUM..][..8]
            .copy_from_slice(&pages_checksum.to_le_bytes());
        trailer
    }
}

/// What a file of the index starts with: what it is, and of which versions.
pub(super) fn preamble(magic: [u8; 8]) -> [u8; PREAMBLE_BYTES] {
    let mut bytes = [0; PREAMBLE_BYTES];
    bytes[..8].copy_from_slice(&magic);
    bytes[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
    bytes[12..14].copy_from_slice(&NORMALIZER_VERSION.to_le_bytes());
    bytes
}
