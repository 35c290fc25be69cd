//! Lines of input, none of them longer than what is worth keeping.

use std::io::{self, BufRead};

/// Longest line that is read. A longer one is passed over to its end without being kept.
pub(crate) const MAX_LINE_BYTES: usize = 16 << 20;

/// A line of input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Incoming {
    /// Its number, from 1; lines without content are counted and not answered.
    pub number: u64,
    /// What it holds, or why that is not known.
    pub content: Result<Vec<u8>, String>,
}

impl Incoming {
    /// Reads the next line that holds anything; `None` at the end.
    pub(super) fn read(input: &mut impl BufRead, number: &mut u64) -> Option<Incoming> {
        loop {
            let mut content = Vec::new();
            let read = read_line(input, &mut content);
            *number += 1;
            let content = match read {
                Ok(Length::End) => return None,
                Ok(Length::Within) if content.trim_ascii().is_empty() => continue,
                Ok(Length::Within) => Ok(content),
                Ok(Length::TooLong) => Err(format!(
                    "the line is longer than {} MiB; nothing of it was checked",
                    MAX_LINE_BYTES >> 20
                )),
                // What cannot be read once is not asked again: it might go on like that for ever.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return None,
            };
            return Some(Incoming { number: *number, content });
        }
    }

    /// Bytes that are kept of it.
    pub(super) fn len(&self) -> usize {
        self.content.as_ref().map_or(0, Vec::len)
    }
}

enum Length {
    End,
    Within,
    TooLong,
}

/// Reads to the end of a line. What is too long is let go as it comes.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Length> {
    let mut length = Length::End;
    loop {
        let available = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            available => available?,
        };
        if available.is_empty() {
            return Ok(length);
        }
        let end = available.iter().position(|&byte| byte == b'\n');
        let part = &available[..end.unwrap_or(available.len())];
        match length {
            Length::TooLong => {}
            _ if line.len() + part.len() > MAX_LINE_BYTES => {
                length = Length::TooLong;
                *line = Vec::new();
            }
            _ => {
                length = Length::Within;
                line.extend_from_slice(part);
            }
        }
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            return Ok(length);
        }
    }
}
