//! Writes the sections of a segment one behind the other, and at last the header before them.

use std::io::{self, Seek, SeekFrom, Write};

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::error::IndexError;
use super::format::{self, FORMAT_VERSION, HEADER_BYTES, MAGIC, SECTION_ALIGNMENT, Section};
use super::segment::Counts;
use crate::token::NORMALIZER_VERSION;

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

/// A segment as it is written.
pub(super) struct SectionWriter<W> {
    out: W,
    /// Where in `out` the segment begins.
    start: u64,
    /// Bytes behind the header so far.
    length: u64,
    content: blake3::Hasher,
    sections: [(u64, u64, u64); Section::ALL.len()],
    /// The section being written, and the checksum of it so far.
    open: Option<(Section, Box<Xxh3>)>,
}

impl<W: Write + Seek> SectionWriter<W> {
    /// Leaves room for the header.
    pub(super) fn new(mut out: W) -> io::Result<SectionWriter<W>> {
        let start = out.stream_position()?;
        out.write_all(&[0; HEADER_BYTES])?;
        Ok(SectionWriter {
            out,
            start,
            length: 0,
            content: blake3::Hasher::new(),
            sections: Default::default(),
            open: None,
        })
    }

    /// Ends the section before and begins another.
    pub(super) fn section(&mut self, section: Section) -> io::Result<()> {
        self.close();
        let padding = self.length.next_multiple_of(SECTION_ALIGNMENT as u64) - self.length;
        self.append(&[0; SECTION_ALIGNMENT][..padding as usize])?;
        self.sections[section as usize].0 = HEADER_BYTES as u64 + self.length;
        self.open = Some((section, Box::default()));
        Ok(())
    }

    /// Writes a part of the section.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        if let Some((_, checksum)) = &mut self.open {
            checksum.update(bytes);
        }
        Ok(self.append(bytes)?)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.content.update(bytes);
        self.length += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn close(&mut self) {
        if let Some((section, checksum)) = self.open.take() {
            let (start, length, sum) = &mut self.sections[section as usize];
            *length = HEADER_BYTES as u64 + self.length - *start;
            *sum = checksum.digest();
        }
    }

    /// Writes the header, and tells the digest of the content and the size of the whole.
    pub(super) fn finish(mut self, counts: Counts, bucket_bits: u8) -> io::Result<(blake3::Hash, u64)> {
        self.close();
        let digest = self.content.finalize();
        let end = self.out.stream_position()?;
        self.out.seek(SeekFrom::Start(self.start))?;
        self.out.write_all(&self.header(digest, counts, bucket_bits))?;
        self.out.seek(SeekFrom::Start(end))?;
        Ok((digest, end - self.start))
    }

    fn header(&self, digest: blake3::Hash, counts: Counts, bucket_bits: u8) -> Vec<u8> {
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(&MAGIC);
        header.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        header.extend_from_slice(&NORMALIZER_VERSION.to_le_bytes());
        header.resize(format::OFFSET_CONTENT_DIGEST, 0);
        header.extend_from_slice(digest.as_bytes());
        let counts = [counts.components, counts.documents, counts.tokens, counts.lines, counts.fingerprints];
        header.extend(counts.iter().flat_map(|count| count.to_le_bytes()));
        header.push(bucket_bits);
        header.resize(format::OFFSET_SECTIONS, 0);
        for (offset, length, checksum) in self.sections {
            header.extend([offset, length, checksum].iter().flat_map(|field| field.to_le_bytes()));
        }
        header.resize(format::OFFSET_HEADER_CHECKSUM, 0);
        header.extend_from_slice(&xxh3_64(&header).to_le_bytes());
        header
    }
}
