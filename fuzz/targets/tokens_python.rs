//! A text in Python: tokens and comments.

#![no_main]

mod tokens;

libfuzzer_sys::fuzz_target!(|text: &[u8]| tokens::read("python", text));
