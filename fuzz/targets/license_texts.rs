//! The texts of licences.

#![no_main]

use birthmark::license::{detect_text, from_license_text};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = (detect_text(text), from_license_text(text));
});
