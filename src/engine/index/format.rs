//! The layout of a segment in code. `corpus-index/FORMAT.md` is its description; a test compares
//! the two.

/// First bytes of a segment.
pub const MAGIC: [u8; 8] = *b"BMARKSEG";
/// First bytes of a model of ordinary code.
pub const MODEL_MAGIC: [u8; 8] = *b"BMARKMOD";
/// Version of the layout.
pub const FORMAT_VERSION: u32 = 2;
/// Bytes before the first section, and of the head of a model: magic, versions.
pub const PREAMBLE_BYTES: usize = 64;
/// Bytes behind the last section: counts and where the sections are.
pub const TRAILER_BYTES: usize = 256;
/// The least multiple at which sections start.
pub const SECTION_ALIGNMENT: usize = 64;
/// Bytes that have a checksum of their own in [`Section::Pages`].
pub const PAGE_BYTES: usize = 4096;

/// The sections of a segment, numbered as the trailer lists them.
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
    /// Numbers of documents by the digest of their content, `u32` each.
    Contents,
    /// Token columns, compressed, one block for each content.
    Tokens,
    /// First entry of each bucket, `u32` each, one more than there are buckets.
    Buckets,
    /// Low bits of each fingerprint, [`suffix_bytes`] each.
    Suffixes,
    /// Global token position of each fingerprint, `u32` each.
    Postings,
    /// Checksum of each page of the file before this section, `u32` each.
    Pages,
    /// [`FAMILY_ROW`] bytes each. Older segments have none.
    Families,
}

impl Section {
    /// Every section, in file order.
    pub const ALL: [Section; 11] = [
        Section::Strings,
        Section::Licenses,
        Section::Components,
        Section::Documents,
        Section::Contents,
        Section::Tokens,
        Section::Buckets,
        Section::Suffixes,
        Section::Postings,
        Section::Families,
        Section::Pages,
    ];

    /// Offset in the trailer of where the section is: offset, length; `u64` each.
    pub fn offset_in_trailer(self) -> usize {
        match self {
            Section::Families => OFFSET_FAMILIES,
            listed => OFFSET_SECTIONS + listed as usize * 16,
        }
    }
}

/// Offset in the trailer of the counts: components, documents, tokens, lines, fingerprints; `u64`
/// each.
pub const OFFSET_COUNTS: usize = 0;
/// Offset in the trailer of the number of bucket bits, `u8`.
pub const OFFSET_BUCKET_BITS: usize = 40;
/// Offset in the trailer of the section table: offset, length; `u64` each.
pub const OFFSET_SECTIONS: usize = 48;
/// Offset in the trailer of the XXH3-64 of [`Section::Pages`].
pub const OFFSET_PAGES_CHECKSUM: usize = 208;
/// Offset in the trailer of where [`Section::Families`] is, as in the section table; zeros in a
/// segment that has none.
pub const OFFSET_FAMILIES: usize = 216;
/// Offset in the trailer of the XXH3-64 of the trailer's bytes before it.
pub const OFFSET_TRAILER_CHECKSUM: usize = TRAILER_BYTES - 8;

/// Bytes of a row of [`Section::Licenses`].
pub const LICENSE_ROW: usize = 20;
/// Bytes of a row of [`Section::Components`].
pub const COMPONENT_ROW: usize = 112;
/// Bytes of a row of [`Section::Documents`].
pub const DOCUMENT_ROW: usize = 64;
/// Bytes of a row of [`Section::Families`].
pub const FAMILY_ROW: usize = 16;

/// Tokens of one document at most: a source file has no more bytes. What a damaged count can make a
/// reader allocate follows from it.
pub const MAX_DOCUMENT_TOKENS: u32 = 1 << 21;
/// Stands before the postings of a fingerprint that more contents hold than are listed. In a posting
/// of fewer bytes its low bytes do.
pub const INCOMPLETE_LIST: u32 = u32::MAX;
/// Stands before the postings of a fingerprint that is common: more packages hold it than are
/// listed.
pub const COMMON_LIST: u32 = u32::MAX - 1;
/// Bytes of a posting at most: a `u32`.
pub(crate) const MAX_POSTING_BYTES: usize = 4;
/// Contents from which on a fingerprint does not list all that hold it, and packages from which on
/// it is common.
pub const MAX_CONTENTS_PER_FINGERPRINT: usize = 200;
/// Packages that a common fingerprint lists, with one content each.
pub const COMMON_PACKAGES: usize = 32;
/// Occurrences of one fingerprint listed for one document.
pub const MAX_POSTINGS_PER_DOCUMENT: usize = 4;
/// Fingerprints that share a bucket, on average at most.
pub const BUCKET_LOAD: u64 = 8;
/// Bits of a fingerprint that tell it from others: those of its bucket and those stored beside it.
/// The same in every segment, so that what is found does not depend on which segment holds it.
pub const KEY_BITS: u32 = 35;
/// Most bucket bits.
pub const MAX_BUCKET_BITS: u8 = 27;
/// What a hash is multiplied by for its key. Winnowing selects small hashes, which would crowd into
/// the first buckets.
pub const KEY_FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// The bits of a hash that an index tells apart.
pub fn key(hash: u64) -> u64 {
    hash.wrapping_mul(KEY_FACTOR) >> (64 - KEY_BITS)
}

/// Bits that tell a bucket for that many fingerprints.
pub fn bucket_bits(fingerprints: u64) -> u8 {
    let buckets = (fingerprints / BUCKET_LOAD).max(1);
    (buckets.next_power_of_two().trailing_zeros() as u8).min(MAX_BUCKET_BITS)
}

/// Bytes of a suffix.
pub fn suffix_bytes(bucket_bits: u8) -> usize {
    (KEY_BITS - u32::from(bucket_bits)).div_ceil(8) as usize
}

/// Bytes of a posting in a segment of so many tokens, at the least: a position and the two marks of
/// lists can be told apart.
pub fn posting_bytes(tokens: u64) -> usize {
    (1..MAX_POSTING_BYTES)
        .find(|bytes| tokens.saturating_add(2) <= 1 << (8 * bytes))
        .unwrap_or(MAX_POSTING_BYTES)
}

/// A posting by its bytes: the greatest two numbers of so many bytes are the marks of lists.
pub fn posting(bytes: &[u8]) -> u32 {
    let number = bytes.iter().rev().fold(0, |upper, &byte| upper << 8 | u32::from(byte));
    let upper = u32::MAX.checked_shl(8 * bytes.len() as u32).unwrap_or(0);
    if number | upper >= COMMON_LIST { number | upper } else { number }
}

/// Bucket and suffix of a key.
pub fn bucket_and_suffix(key: u64, bucket_bits: u8) -> (u32, u64) {
    let suffix_bits = KEY_BITS - u32::from(bucket_bits);
    ((key >> suffix_bits) as u32, key & ((1 << suffix_bits) - 1))
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

    /// The 128-bit integer at an offset.
    pub fn u128(self, offset: usize) -> Option<u128> {
        Some(u128::from_le_bytes(self.array(offset)?))
    }

    fn array<const N: usize>(self, offset: usize) -> Option<[u8; N]> {
        self.slice(offset, N)?.try_into().ok()
    }
}
