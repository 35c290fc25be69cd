//! What the format lists of the postings, as they come in order: which of them, in which bucket, under which suffix.

use std::io::{Seek, Write};
use std::sync::Arc;

use super::error::IndexError;
use super::format::{
    self, COMMON_POSTING, MAX_DOCUMENTS_PER_FINGERPRINT, MAX_POSTINGS_PER_DOCUMENT, Section,
};
use super::runs::Posting;
use super::sections::{SectionWriter, WriteError};
use super::spill::{Scratch, Spill, Written};

/// The listing as it grows.
pub(super) struct Listing<'a> {
    token_starts: &'a [u32],
    group: Group,
    heads: Scratch,
    positions: Scratch,
    count: u64,
}

/// The postings of one fingerprint.
#[derive(Default)]
struct Group {
    hash: u64,
    /// Those that are listed.
    positions: Vec<u32>,
    /// All there were.
    seen: usize,
    /// Documents that were told apart so far, and of the last one where it ends and how many postings it has.
    documents: usize,
    end_of_last: u64,
    of_last: usize,
}

impl<'a> Listing<'a> {
    /// A listing of documents that begin at these global positions.
    pub(super) fn new(token_starts: &'a [u32], spill: &Arc<Spill>) -> Listing<'a> {
        Listing {
            token_starts,
            group: Group::default(),
            heads: spill.scratch(),
            positions: spill.scratch(),
            count: 0,
        }
    }

    /// Takes the next posting, none of whose like came before one of another hash.
    pub(super) fn push(&mut self, posting: Posting) -> Result<(), IndexError> {
        if posting.hash() != self.group.hash {
            self.end_group()?;
            self.group.hash = posting.hash();
        }
        self.group.push(posting.position(), self.token_starts);
        Ok(())
    }

    fn end_group(&mut self) -> Result<(), IndexError> {
        let positions = self.group.listed();
        let hash = self.group.hash;
        let head = [(hash >> 16) as u16, (hash >> 32) as u16, (hash >> 48) as u16].map(u16::to_le_bytes);
        for position in positions {
            self.heads.write(head.as_flattened())?;
            self.positions.write(&position.to_le_bytes())?;
        }
        self.count += positions.len() as u64;
        self.group.clear();
        Ok(())
    }

    /// Ends the listing.
    pub(super) fn finish(mut self) -> Result<Listed, IndexError> {
        self.end_group()?;
        Ok(Listed {
            heads: self.heads.finish(),
            positions: self.positions.finish(),
            count: self.count,
            bucket_bits: format::bucket_bits(self.count),
        })
    }
}

impl Group {
    fn push(&mut self, position: u32, token_starts: &[u32]) {
        self.seen += 1;
        if self.seen <= MAX_POSTINGS_PER_DOCUMENT {
            // So few are listed whatever documents they are in; most groups are no larger.
            return self.positions.push(position);
        }
        if self.seen == MAX_POSTINGS_PER_DOCUMENT + 1 {
            for earlier in std::mem::take(&mut self.positions) {
                self.count(earlier, token_starts);
            }
        }
        self.count(position, token_starts);
    }

    fn count(&mut self, position: u32, token_starts: &[u32]) {
        if self.documents > MAX_DOCUMENTS_PER_FINGERPRINT {
            return;
        }
        if u64::from(position) >= self.end_of_last {
            let next = token_starts.partition_point(|&start| start <= position);
            self.end_of_last = token_starts.get(next).map_or(u64::MAX, |&start| u64::from(start));
            (self.documents, self.of_last) = (self.documents + 1, 0);
        }
        self.of_last += 1;
        if self.of_last <= MAX_POSTINGS_PER_DOCUMENT {
            self.positions.push(position);
        }
    }

    fn listed(&self) -> &[u32] {
        match self.documents > MAX_DOCUMENTS_PER_FINGERPRINT {
            true => &[COMMON_POSTING],
            false => &self.positions,
        }
    }

    fn clear(&mut self) {
        self.positions.clear();
        *self = Group { positions: std::mem::take(&mut self.positions), ..Group::default() };
    }
}

/// What is listed: of each posting the upper bits of its hash, which buckets and suffixes are made of, and its position.
pub(super) struct Listed {
    heads: Written,
    positions: Written,
    /// How many there are.
    pub(super) count: u64,
    /// Bits that tell a bucket.
    pub(super) bucket_bits: u8,
}

const HEAD_BYTES: usize = 6;

impl Listed {
    /// Writes the sections Buckets, Suffixes and Postings.
    pub(super) fn write<W: Write + Seek>(&self, out: &mut SectionWriter<W>) -> Result<(), WriteError> {
        out.section(Section::Buckets)?;
        self.write_buckets(out)?;
        out.section(Section::Suffixes)?;
        for piece in self.heads.pieces() {
            let suffix = |head: &[u8]| self.bucket_and_suffix(head).1.to_le_bytes();
            let suffixes: Vec<u8> = piece?.chunks_exact(HEAD_BYTES).flat_map(suffix).collect();
            out.write(&suffixes)?;
        }
        out.section(Section::Postings)?;
        self.positions.pieces().try_for_each(|piece| out.write(&piece?))
    }

    fn write_buckets<W: Write + Seek>(&self, out: &mut SectionWriter<W>) -> Result<(), WriteError> {
        let (mut buckets, mut entry) = (0u32, 0u32);
        for piece in self.heads.pieces() {
            let mut bytes = Vec::new();
            for head in piece?.chunks_exact(HEAD_BYTES) {
                let bucket = self.bucket_and_suffix(head).0;
                // This entry is the first of its bucket, and of all empty ones before it.
                while buckets <= bucket {
                    bytes.extend_from_slice(&entry.to_le_bytes());
                    buckets += 1;
                }
                entry += 1;
            }
            out.write(&bytes)?;
        }
        for _ in buckets..=1 << self.bucket_bits {
            out.write(&entry.to_le_bytes())?;
        }
        Ok(())
    }

    fn bucket_and_suffix(&self, head: &[u8]) -> (u32, u16) {
        let upper = head.iter().rev().fold(0, |upper, &byte| upper << 8 | u64::from(byte));
        format::bucket_and_suffix(upper << 16, self.bucket_bits)
    }
}
