//! The bytes of segments, as somebody reads or changes them who means harm. Fuzzing uses it too.

use birthmark::engine::fingerprint::KgramHash;
use birthmark::engine::index::format::{self, Section};
use birthmark::engine::index::{Contents, IndexError, Segment, SegmentBytes, Spill, write_segment};

/// Does everything one can do with the bytes of a segment; says whether it is whole.
pub(crate) fn try_all(bytes: Vec<u8>, hashes: &[KgramHash]) -> Result<(), IndexError> {
    let segment = Segment::open("the test's segment", SegmentBytes::Owned(bytes))?;
    for &hash in hashes {
        if let Ok(postings) = segment.lookup(hash) {
            for position in postings.list {
                let _ = segment.document_at(position);
            }
        }
    }
    for id in segment.documents().take(50) {
        if let Ok(row) = segment.document_row(id) {
            let _ = (segment.document(&row), segment.columns(&row), segment.token_block(&row));
            let _ = segment.documents_of(row.content);
        }
    }
    for id in segment.components().take(50) {
        let _ = segment.component_row(id).and_then(|row| segment.component(&row));
    }
    if let Ok(contents) = Contents::from_segments([&segment], |_| true) {
        let _ = write_segment(&contents, &Spill::in_memory(), std::io::sink());
    }
    segment.damage().into_iter().next().map_or(Ok(()), Err)
}

/// Where the trailer of a segment begins.
pub(crate) fn trailer(bytes: &[u8]) -> usize {
    bytes.len() - format::TRAILER_BYTES
}

/// Makes the checksum of the trailer that of its bytes.
pub(crate) fn repair_trailer(bytes: &mut [u8]) {
    let (start, end) = (trailer(bytes), bytes.len());
    let checksum = xxhash_rust::xxh3::xxh3_64(&bytes[start..end - 8]);
    bytes[end - 8..].copy_from_slice(&checksum.to_le_bytes());
}

/// Makes the checksums those of the bytes, as somebody would who means harm.
pub(crate) fn repair(bytes: &mut [u8]) {
    let at = trailer(bytes) + Section::Pages.offset_in_trailer();
    let field = |bytes: &[u8], at: usize| format::Bytes(bytes).u64(at).expect("inside") as usize;
    let (start, length) = (field(bytes, at), field(bytes, at + 8));
    if start.checked_add(length).is_some_and(|end| end <= trailer(bytes)) {
        for (number, at) in (start..start + length).step_by(4).enumerate().take(length / 4) {
            let page = number * format::PAGE_BYTES..start.min((number + 1) * format::PAGE_BYTES);
            if page.start < page.end {
                let checksum =
                    xxhash_rust::xxh3::xxh3_64_with_seed(&bytes[page], number as u64) as u32;
                bytes[at..at + 4].copy_from_slice(&checksum.to_le_bytes());
            }
        }
        let checksum = xxhash_rust::xxh3::xxh3_64(&bytes[start..start + length]);
        let at = trailer(bytes) + format::OFFSET_PAGES_CHECKSUM;
        bytes[at..at + 8].copy_from_slice(&checksum.to_le_bytes());
    }
    repair_trailer(bytes);
}
