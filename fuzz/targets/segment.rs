//! A segment of an index. The bytes are changes of a small one, four each: where (two), how, and to what;
//! its checksums are mended, since hardly any change would pass them. An odd length leaves them.

#![no_main]

#[allow(dead_code)]
#[path = "../../tests/engine/corpus.rs"]
mod corpus;
mod pool;
#[path = "../../tests/engine/segments.rs"]
mod segments;

use std::sync::LazyLock;

use birthmark::engine::fingerprint::{KgramHash, fingerprints};
use birthmark::engine::index::format::TRAILER_BYTES;

static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| corpus::segment_bytes(&corpus::givens()[4..]));
static HASHES: LazyLock<Vec<KgramHash>> = LazyLock::new(|| {
    let document = &corpus::givens()[4].documents[0];
    let (columns, language) = (document.columns(), document.facts().language);
    let found = fingerprints(&columns.classes, &columns.names, language);
    found.into_iter().map(|fingerprint| fingerprint.hash).step_by(8).collect()
});

libfuzzer_sys::fuzz_target!(init: pool::work_on_this_thread(), |changes: &[u8]| {
    let mut bytes = WHOLE.clone();
    for change in changes.chunks_exact(4) {
        let place = usize::from(u16::from_le_bytes([change[0], change[1]]));
        // Most of what can be said wrong stands in the trailer.
        let at = match change[2] & 1 {
            0 => place % bytes.len(),
            _ => bytes.len() - TRAILER_BYTES + place % TRAILER_BYTES,
        };
        match change[2] >> 1 & 3 {
            0 => bytes[at] = change[3],
            1 => bytes[at] ^= 1 << (change[3] & 7),
            2 => bytes[at] = bytes[at].wrapping_add(change[3]),
            _ => bytes.truncate(at.max(TRAILER_BYTES)),
        }
    }
    if changes.len() % 2 == 0 {
        segments::repair(&mut bytes);
    }
    let _ = segments::try_all(bytes, &HASHES);
});
