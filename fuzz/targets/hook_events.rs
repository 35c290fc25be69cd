//! What an agent tells a hook: an event and, behind a line break that follows it, the text of the file.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
    let (event, before) = bytes.split_at(end);
    birthmark::serve::hook::read_event(event, before.get(1..).unwrap_or_default());
});
