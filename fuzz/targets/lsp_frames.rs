//! What an editor sends.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| birthmark::serve::lsp::read_frames(bytes));
