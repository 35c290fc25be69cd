//! What an assistant sends over MCP.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| birthmark::serve::mcp::read_lines(bytes));
