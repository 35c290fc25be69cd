//! What the format lists of the postings, as they come in order: which of them, in which bucket,
//! under which suffix.

use std::io::Write;
use std::sync::Arc;

use super::equals::Equals;
use super::error::IndexError;
use super::format::{
    self, COMMON_LIST, INCOMPLETE_LIST, MAX_CONTENTS_PER_FINGERPRINT, MAX_POSTING_BYTES,
    MAX_POSTINGS_PER_DOCUMENT, Section,
};
use super::runs::Posting;
use super::sections::{SectionWriter, WriteError};
use super::selection::{Selection, select};
use super::spill::{Scratch, Spill, Written};

/// The listing as it grows.
pub(super) struct Listing<'a> {
    token_starts: &'a [u32],
    equals: &'a Equals,
    group: Group,
    heads: Scratch,
    positions: Scratch,
    count: u64,
}

/// The postings of one fingerprint. Each is in a document that is listed for its content.
#[derive(Default)]
struct Group {
    key: u64,
    /// Those that may be listed.
    positions: Vec<u32>,
    /// All there were.
    seen: usize,
    /// Documents that were told apart so far, and of the last one where it ends and how many
    /// postings it has.
    documents: usize,
    end_of_last: u64,
    of_last: usize,
}

impl<'a> Listing<'a> {
    /// A listing of documents that begin at these global positions.
    pub(super) fn new(
        token_starts: &'a [u32],
        equals: &'a Equals,
        spill: &Arc<Spill>,
    ) -> Listing<'a> {
        Listing {
            token_starts,
            equals,
            group: Group::default(),
            heads: spill.scratch(),
            positions: spill.scratch(),
            count: 0,
        }
    }

    /// Takes the next posting, none of whose like came before one of another key.
    pub(super) fn push(&mut self, posting: Posting) -> Result<(), IndexError> {
        if posting.key() != self.group.key {
            self.end_group()?;
            self.group.key = posting.key();
        }
        self.group.push(posting.position(), self.token_starts);
        Ok(())
    }

    fn end_group(&mut self) -> Result<(), IndexError> {
        if self.group.documents > MAX_CONTENTS_PER_FINGERPRINT {
            self.limit();
        }
        let head = &self.group.key.to_le_bytes()[..HEAD_BYTES];
        for position in &self.group.positions {
            self.heads.write(head)?;
            self.positions.write(&position.to_le_bytes())?;
        }
        self.count += self.group.positions.len() as u64;
        self.group.clear();
        Ok(())
    }

    /// Leaves what a fingerprint of very many contents lists, behind a posting that says so.
    fn limit(&mut self) {
        let (starts, equals) = (self.token_starts, self.equals);
        let document = |position: u32| starts.partition_point(|&start| start <= position) - 1;
        let mut numbers: Vec<usize> =
            self.group.positions.iter().map(|&position| document(position)).collect();
        // Positions ascend, so those of one document stand together.
        numbers.dedup();
        let holdings = numbers.into_iter().flat_map(|number| equals.holdings(number)).collect();
        let Selection { contents, is_common } = select(holdings, false);
        self.group.positions.retain(|&position| {
            contents.binary_search(&equals.content(document(position))).is_ok()
        });
        self.group.positions.insert(0, if is_common { COMMON_LIST } else { INCOMPLETE_LIST });
    }

    /// Ends the listing of documents that have so many tokens.
    pub(super) fn finish(mut self, tokens: u64) -> Result<Listed, IndexError> {
        self.end_group()?;
        Ok(Listed {
            heads: self.heads.finish(),
            positions: self.positions.finish(),
            count: self.count,
            bucket_bits: format::bucket_bits(self.count),
            posting_bytes: format::posting_bytes(tokens),
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

    fn clear(&mut self) {
        self.positions.clear();
        *self = Group { positions: std::mem::take(&mut self.positions), ..Group::default() };
    }
}

/// What is listed: of each posting its key, which buckets and suffixes are made of, and its
/// position.
pub(super) struct Listed {
    heads: Written,
    positions: Written,
    /// How many there are.
    pub(super) count: u64,
    /// Bits that tell a bucket.
    pub(super) bucket_bits: u8,
    /// Bytes of a posting.
    posting_bytes: usize,
}

/// Bytes of a key as it is set aside.
const HEAD_BYTES: usize = 6;

impl Listed {
    /// Writes the sections Buckets, Suffixes and Postings.
    pub(super) fn write<W: Write>(&self, out: &mut SectionWriter<W>) -> Result<(), WriteError> {
        out.section(Section::Buckets)?;
        self.write_buckets(out)?;
        out.section(Section::Suffixes)?;
        for piece in self.heads.pieces() {
            let width = format::suffix_bytes(self.bucket_bits);
            let suffix =
                |head: &[u8]| self.bucket_and_suffix(head).1.to_le_bytes().into_iter().take(width);
            let suffixes: Vec<u8> = piece?.chunks_exact(HEAD_BYTES).flat_map(suffix).collect();
            out.write(&suffixes)?;
        }
        out.section(Section::Postings)?;
        for piece in self.positions.pieces() {
            let postings: Vec<u8> = piece?
                .chunks_exact(MAX_POSTING_BYTES)
                .flat_map(|position| &position[..self.posting_bytes])
                .copied()
                .collect();
            out.write(&postings)?;
        }
        Ok(())
    }

    fn write_buckets<W: Write>(&self, out: &mut SectionWriter<W>) -> Result<(), WriteError> {
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
        // The table has one entry more than there are buckets, which ends the last one.
        for _ in buckets..=1 << self.bucket_bits {
            out.write(&entry.to_le_bytes())?;
        }
        Ok(())
    }

    fn bucket_and_suffix(&self, head: &[u8]) -> (u32, u64) {
        let key = head.iter().rev().fold(0, |upper, &byte| upper << 8 | u64::from(byte));
        format::bucket_and_suffix(key, self.bucket_bits)
    }
}
