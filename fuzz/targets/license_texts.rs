//! The texts of licences.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = birthmark::license::from_license_text(text);
});
