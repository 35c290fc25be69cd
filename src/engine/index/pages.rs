//! Checksums of the pages of a segment, compared when a page is first read.
//!
//! Damage is found wherever it bears on an answer, and what is never read costs nothing.

use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::format::PAGE_BYTES;

/// Bytes of a checksum.
pub(super) const CHECKSUM_BYTES: usize = 4;

/// The checksum of a page, which depends on its number, so that pages cannot change places.
pub(super) fn checksum(number: usize, page: &[u8]) -> u32 {
    xxh3_64_with_seed(page, number as u64) as u32
}

/// Which pages of a segment were compared.
pub(super) struct Pages {
    /// A bit for each page whose checksum was right.
    compared: Box<[AtomicU64]>,
    /// Where the checksums begin, which is where the pages end.
    end: usize,
}

impl Pages {
    /// The pages of a file before that offset; `None` if so many bytes of checksums do not belong
    /// to them.
    pub(super) fn new(end: usize, checksum_bytes: usize) -> Option<Pages> {
        let count = end.div_ceil(PAGE_BYTES);
        (checksum_bytes == count * CHECKSUM_BYTES).then(|| Pages {
            compared: (0..count.div_ceil(64)).map(|_| AtomicU64::new(0)).collect(),
            end,
        })
    }

    /// Compares the pages that hold some bytes of the file, unless they were compared before; tells
    /// whether they are whole.
    #[inline]
    pub(super) fn are_whole(&self, file: &[u8], start: usize, end: usize) -> bool {
        if start >= end {
            return true;
        }
        let (first, last) = (start / PAGE_BYTES, (end - 1) / PAGE_BYTES);
        (first..=last).all(|page| self.is_compared(page) || self.compare(file, page))
    }

    fn is_compared(&self, page: usize) -> bool {
        let bits = self.compared.get(page / 64).map_or(0, |bits| bits.load(Ordering::Relaxed));
        bits >> (page % 64) & 1 == 1
    }

    /// Compares a page; tells whether it is whole.
    #[cold]
    #[inline(never)]
    pub(super) fn compare(&self, file: &[u8], page: usize) -> bool {
        let start = page * PAGE_BYTES;
        let bytes = file.get(start..self.end.min(start + PAGE_BYTES));
        let at = self.end + page * CHECKSUM_BYTES;
        let stated = file.get(at..at + CHECKSUM_BYTES);
        let is_whole = matches!((bytes, stated), (Some(bytes), Some(stated))
            if stated == checksum(page, bytes).to_le_bytes());
        if is_whole && let Some(bits) = self.compared.get(page / 64) {
            bits.fetch_or(1 << (page % 64), Ordering::Relaxed);
        }
        is_whole
    }

    /// The pages whose checksum is wrong.
    pub(super) fn damaged(&self, file: &[u8]) -> impl Iterator<Item = usize> {
        (0..self.end.div_ceil(PAGE_BYTES)).filter(|&page| !self.compare(file, page))
    }
}
