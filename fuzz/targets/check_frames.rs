//! Suggestions, as `birthmark check` reads them.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| birthmark::serve::check::read_suggestions(bytes));
