//! Checksums of the pages of a segment, compared when a page is first read.
//!
//! Damage is found wherever it bears on an answer, and what is never read costs nothing.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::format::PAGE_BYTES;
use super::storage::{Fault, Pages, SegmentBytes};

/// Bytes of a checksum.
pub(super) const CHECKSUM_BYTES: usize = 4;

/// The checksum of a page, which depends on its number, so that pages cannot change places.
pub(super) fn checksum(number: usize, page: &[u8]) -> u32 {
    xxh3_64_with_seed(page, number as u64) as u32
}

/// The pages of a segment and what they should be.
pub(super) struct CheckedPages {
    pages: Pages,
    checksums: Vec<u8>,
}

impl CheckedPages {
    /// The pages of a file before that offset; `None` if so many bytes of checksums do not belong
    /// to them.
    pub(super) fn new(bytes: SegmentBytes, end: usize, checksums: Vec<u8>) -> Option<CheckedPages> {
        let count = end.div_ceil(PAGE_BYTES);
        (checksums.len() == count * CHECKSUM_BYTES)
            .then(|| CheckedPages { pages: Pages::new(bytes, end), checksums })
    }

    /// The whole of the file.
    pub(super) fn bytes(&self) -> &SegmentBytes {
        self.pages.bytes()
    }

    /// The bytes between two offsets.
    ///
    /// # Errors
    /// If a page that they are on is not as it was written, or cannot be read.
    #[inline]
    pub(super) fn read(&self, start: usize, end: usize) -> Result<&[u8], Fault> {
        self.pages.read(start, end, |number, page| self.is_whole(number, page))
    }

    fn is_whole(&self, number: usize, page: &[u8]) -> bool {
        let at = number * CHECKSUM_BYTES;
        let stated = self.checksums.get(at..at + CHECKSUM_BYTES);
        stated.is_some_and(|stated| stated == checksum(number, page).to_le_bytes())
    }

    /// The pages that are not as they were written, or cannot be read.
    pub(super) fn find_damage(&self) -> impl Iterator<Item = usize> {
        let is_damaged = |number: &usize| {
            self.pages.check(*number, |number, page| self.is_whole(number, page)).is_err()
        };
        (0..self.pages.count()).filter(is_damaged)
    }
}
