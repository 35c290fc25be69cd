//! The layout of a segment in code. `corpus-index/FORMAT.md` is its description; a test compares the two.

/// First bytes of a segment.
pub const MAGIC: [u8; 8] = *b"BMARKSEG";
/// Version of the layout.
pub const FORMAT_VERSION: u32 = 1;
/// Bytes of the header.
pub const HEADER_BYTES: usize = 512;
/// The least multiple at which sections start.
pub const SECTION_ALIGNMENT: usize = 64;

/// The sections of a segment, in file order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Section {
    /// Texts: UTF-8, addressed by offset and length.
    Strings,
    /// [`LICENSE_ROW`] bytes each.
    Licenses,
    /// [`COMPONENT_ROW`] bytes each.
    Components,
    /// [`DOCUMENT_ROW`] bytes each.
    Documents,
    /// Token columns, compressed, one block a document.
    Tokens,
    /// First entry of each bucket, `u32` each, one more than there are buckets.
    Buckets,
    /// Low bits of each fingerprint, `u16` each.
    Suffixes,
    /// Global token position of each fingerprint, `u32` each.
    Postings,
    /// The model of ordinary code.
    Model,
}

impl Section {
    /// Every section, in file order.
    pub const ALL: [Section; 9] = [
        Section::Strings,
        Section::Licenses,
        Section::Components,
        Section::Documents,
        Section::Tokens,
        Section::Buckets,
        Section::Suffixes,
        Section::Postings,
        Section::Model,
    ];
}

/// Offset of the BLAKE3 digest of everything behind the header.
pub const OFFSET_CONTENT_DIGEST: usize = 16;
/// Offset of the counts: components, documents, tokens, lines, fingerprints; `u64` each.
pub const OFFSET_COUNTS: usize = 48;
/// Offset of the number of bucket bits, `u8`.
pub const OFFSET_BUCKET_BITS: usize = 88;
/// Offset of the section table: offset, length, XXH3-64 checksum; `u64` each.
pub const OFFSET_SECTIONS: usize = 96;
/// Offset of the XXH3-64 of the header's bytes before it.
pub const OFFSET_HEADER_CHECKSUM: usize = HEADER_BYTES - 8;

/// Bytes of a row of [`Section::Licenses`].
pub const LICENSE_ROW: usize = 20;
/// Bytes of a row of [`Section::Components`].
pub const COMPONENT_ROW: usize = 72;
/// Bytes of a row of [`Section::Documents`].
pub const DOCUMENT_ROW: usize = 48;

/// Tokens of one document at most: a source file has no more bytes. What a damaged count can make a reader allocate
/// follows from it.
pub const MAX_DOCUMENT_TOKENS: u32 = 1 << 21;
/// A posting that stands for a fingerprint too common to list.
pub const COMMON_POSTING: u32 = u32::MAX;
/// Documents from which on a fingerprint is too common to list.
pub const MAX_DOCUMENTS_PER_FINGERPRINT: usize = 200;
/// Occurrences of one fingerprint listed for one document.
pub const MAX_POSTINGS_PER_DOCUMENT: usize = 4;
/// Fingerprints that share a bucket, on average at most.
pub const BUCKET_LOAD: u64 = 8;
/// Bits of a fingerprint stored beside its bucket.
pub const SUFFIX_BITS: u32 = 16;
/// Most bucket bits.
pub const MAX_BUCKET_BITS: u8 = 30;

/// Bits that tell a bucket for that many fingerprints.
pub fn bucket_bits(fingerprints: u64) -> u8 {
    let buckets = (fingerprints / BUCKET_LOAD).max(1);
    (buckets.next_power_of_two().trailing_zeros() as u8).min(MAX_BUCKET_BITS)
}

/// Bucket and suffix of a fingerprint's hash.
pub fn bucket_and_suffix(hash: u64, bucket_bits: u8) -> (u32, u16) {
    let bucket = hash.checked_shr(64 - u32::from(bucket_bits)).unwrap_or(0);
    let suffix = (hash << bucket_bits) >> (64 - SUFFIX_BITS);
    (bucket as u32, suffix as u16)
}

/// Little-endian reads that answer `None` beyond the end.
#[derive(Clone, Copy)]
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// The byte at an offset.
    pub fn u8(self, offset: usize) -> Option<u8> {
        self.0.get(offset).copied()
    }

    /// The 16-bit integer at an offset.
    pub fn u16(self, offset: usize) -> Option<u16> {
        Some(u16::from_le_bytes(self.array(offset)?))
    }

    /// The 32-bit integer at an offset.
    pub fn u32(self, offset: usize) -> Option<u32> {
        Some(u32::from_le_bytes(self.array(offset)?))
    }

    /// The 64-bit integer at an offset.
    pub fn u64(self, offset: usize) -> Option<u64> {
        Some(u64::from_le_bytes(self.array(offset)?))
    }

    /// That many bytes from an offset.
    pub fn slice(self, offset: usize, length: usize) -> Option<&'a [u8]> {
        self.0.get(offset..offset.checked_add(length)?)
    }

    fn array<const N: usize>(self, offset: usize) -> Option<[u8; N]> {
        self.slice(offset, N)?.try_into().ok()
    }
}
