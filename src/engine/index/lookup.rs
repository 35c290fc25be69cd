//! Looking up fingerprints, positions and contents in a segment.

use super::error::IndexError;
use super::format::{self, Bytes, COMMON_LIST, DOCUMENT_ROW, INCOMPLETE_LIST, Section};
use super::segment::{DocumentId, DocumentRow, Segment};
use crate::engine::fingerprint::KgramHash;

/// Where a fingerprint occurs in a segment.
#[derive(Clone, Copy)]
pub struct Postings<'a> {
    /// Whether all contents that hold it are listed.
    pub completeness: Listed,
    /// The global token positions that are listed.
    pub list: PostingList<'a>,
}

/// How many of the contents that hold a fingerprint are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listed {
    /// All.
    All,
    /// Some of each package that holds it.
    SomeOfEachPackage,
    /// Those of some packages: it is common.
    SomePackages,
}

/// Global token positions of one fingerprint.
#[derive(Clone, Copy)]
pub struct PostingList<'a> {
    bytes: &'a [u8],
    /// Bytes of each.
    width: usize,
}

impl PostingList<'_> {
    const EMPTY: PostingList<'static> = PostingList { bytes: &[], width: 1 };
}

impl ExactSizeIterator for PostingList<'_> {}

impl Iterator for PostingList<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (first, rest) = self.bytes.split_at_checked(self.width)?;
        self.bytes = rest;
        Some(format::posting(first))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.bytes.len() / self.width;
        (left, Some(left))
    }
}

/// One step in so many of the search for a document halves what is left.
const STEPS_TO_HALVING: u32 = 8;

impl Segment {
    /// Where a fingerprint occurs.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn lookup(&self, hash: KgramHash) -> Result<Postings<'_>, IndexError> {
        let [postings] = self.lookup_all([hash])?;
        Ok(postings)
    }

    /// Where each of some fingerprints occurs. A large index is not in the processor's caches: what
    /// is read for one fingerprint is waited for together with what is read for the others.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub(crate) fn lookup_all<const N: usize>(
        &self,
        hashes: [KgramHash; N],
    ) -> Result<[Postings<'_>; N], IndexError> {
        let places =
            hashes.map(|hash| format::bucket_and_suffix(format::key(hash.0), self.bucket_bits()));
        let mut entries = [(0, 0); N];
        for (entries, (bucket, _)) in entries.iter_mut().zip(places) {
            *entries = self.bucket(bucket)?;
        }
        for (entries, (_, suffix)) in entries.iter_mut().zip(places) {
            *entries = self.entries(*entries, suffix)?;
        }
        let mut found = [Postings { completeness: Listed::All, list: PostingList::EMPTY }; N];
        for (found, entries) in found.iter_mut().zip(entries) {
            *found = self.postings(entries)?;
        }
        Ok(found)
    }

    fn postings(&self, (first, end): (usize, usize)) -> Result<Postings<'_>, IndexError> {
        if first >= end {
            return Ok(Postings { completeness: Listed::All, list: PostingList::EMPTY });
        }
        let width = self.posting_bytes();
        let bytes = self.read(Section::Postings, first * width, (end - first) * width)?;
        let all = PostingList { bytes, width };
        let mut list = all;
        // No position is as high as these two marks: a segment holds fewer tokens.
        let (completeness, list) = match list.next() {
            Some(INCOMPLETE_LIST) => (Listed::SomeOfEachPackage, list),
            Some(COMMON_LIST) => (Listed::SomePackages, list),
            _ => (Listed::All, all),
        };
        Ok(Postings { completeness, list })
    }

    /// The first entry of a bucket, and the one behind its last.
    fn bucket(&self, bucket: u32) -> Result<(usize, usize), IndexError> {
        // The table has a row more than there are buckets, so that the last has an end too.
        let ends = Bytes(self.read(Section::Buckets, bucket as usize * 4, 8)?);
        let place = || Some((ends.u32(0)? as usize, ends.u32(4)? as usize));
        place()
            .filter(|(first, end)| first <= end)
            .ok_or_else(|| self.corrupt("its buckets are out of order"))
    }

    /// The entries of a bucket that have the suffix.
    fn entries(
        &self,
        (first, end): (usize, usize),
        suffix: u64,
    ) -> Result<(usize, usize), IndexError> {
        let width = format::suffix_bytes(self.bucket_bits());
        let suffixes = self.read(Section::Suffixes, first * width, (end - first) * width)?;
        let (before, equal) = match width {
            2 => run_of(
                suffixes
                    .chunks_exact(2)
                    .map(|bytes| u64::from(u16::from_le_bytes([bytes[0], bytes[1]]))),
                suffix,
            ),
            _ => {
                let number = |bytes: &[u8]| {
                    bytes.iter().rev().fold(0, |upper, &byte| upper << 8 | u64::from(byte))
                };
                run_of(suffixes.chunks_exact(width).map(number), suffix)
            }
        };
        Ok((first + before, first + before + equal))
    }

    /// The document that holds a global token position.
    ///
    /// Documents start at positions that grow with their number, more or less evenly, so that the
    /// row is sought where it should be; halving now and then bounds the search where they do not.
    /// Of millions of documents it reads three pages where halving alone reads fifteen.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn document_at(&self, position: u32) -> Result<(DocumentId, DocumentRow), IndexError> {
        let start_of = |document: u32| {
            let bytes = self.read(Section::Documents, document as usize * DOCUMENT_ROW + 4, 4)?;
            Ok::<u32, IndexError>(Bytes(bytes).u32(0).unwrap_or(0))
        };
        let (mut low, mut low_start) = (0, 0);
        let (mut high, mut high_start) = (self.counts().documents as u32, self.counts().tokens);
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
        let row = self.document_row(DocumentId(low))?;
        let is_inside =
            position.checked_sub(row.token_start).is_some_and(|within| within < row.token_count);
        is_inside
            .then_some((DocumentId(low), row))
            .ok_or_else(|| self.corrupt("a posting is in no document"))
    }

    /// The documents that have a content, by number.
    ///
    /// # Errors
    /// If the segment is damaged.
    pub fn documents_of(
        &self,
        content: u128,
    ) -> Result<Vec<(DocumentId, DocumentRow)>, IndexError> {
        let (mut low, mut high) = (0, self.counts().documents as usize);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.by_content(middle)?.1.content < content {
                low = middle + 1
            } else {
                high = middle
            }
        }
        let mut found = Vec::new();
        for place in low..self.counts().documents as usize {
            let (document, row) = self.by_content(place)?;
            if row.content != content {
                break;
            }
            found.push((document, row));
        }
        Ok(found)
    }

    /// The document at a place among all, in order of their contents.
    fn by_content(&self, place: usize) -> Result<(DocumentId, DocumentRow), IndexError> {
        let number = Bytes(self.read(Section::Contents, place * 4, 4)?).u32(0).unwrap_or(0);
        Ok((DocumentId(number), self.document_row(DocumentId(number))?))
    }
}

/// How many of some sorted numbers come before a number, and how many equal it.
fn run_of(numbers: impl Iterator<Item = u64> + Clone, number: u64) -> (usize, usize) {
    let before = numbers.clone().take_while(|&one| one < number).count();
    (before, numbers.skip(before).take_while(|&one| one == number).count())
}

/// The row strictly between two where a position should be, if documents between them were of equal
/// length.
fn between((low, low_start): (u32, u32), (high, high_start): (u32, u64), position: u32) -> u32 {
    let tokens = high_start.saturating_sub(u64::from(low_start)).max(1);
    let ahead = u64::from(position.saturating_sub(low_start)).min(tokens);
    let rows = u64::from(high - low);
    (low + (ahead * rows / tokens) as u32).clamp(low + 1, high - 1)
}
