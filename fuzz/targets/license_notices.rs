//! What source files say of their licence, and what they say of where their code comes from.

#![no_main]

use birthmark::license::{from_tags, header, side_file};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = header(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = (side_file(text), from_tags(&text.lines().collect::<Vec<_>>()));
    }
});
