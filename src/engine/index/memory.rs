//! How much memory building an index may take, and how it is shared out.

use std::fmt;
use std::str::FromStr;

use super::error::IndexError;

/// The memory that building an index may take.
///
/// While sources are read, half is for texts being parsed, an eighth for texts and tokens that wait
/// for their turn, and an eighth for the names of files. While a segment is written, half is for
/// names, then a quarter for postings being sorted, then what it takes to count what ordinary code
/// looks like. What is left is for the program and its codecs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Memory(u64);

/// Bytes that are known of a prepared document while it waits: its path, its licence, where its
/// tokens are.
const PREPARED_BYTES: usize = 400;

impl Memory {
    /// The least that suffices.
    pub(crate) const LEAST: Memory = Memory(256 << 20);

    /// That many bytes.
    ///
    /// # Errors
    /// If they are fewer than [`Memory::LEAST`].
    pub(crate) fn new(bytes: u64) -> Result<Memory, MemoryError> {
        if bytes < Memory::LEAST.0 { Err(MemoryError::TooLittle) } else { Ok(Memory(bytes)) }
    }

    /// Less than anybody may set, so that a test need not write much.
    #[cfg(test)]
    pub(super) fn of_a_test(bytes: u64) -> Memory {
        Memory(bytes)
    }

    /// Bytes for what waits for its turn; the rest waits on disk.
    pub(super) fn waiting_bytes(self) -> usize {
        self.share(8)
    }

    /// Bytes for texts being parsed and their trees.
    pub(super) fn parsing_bytes(self) -> usize {
        self.share(2)
    }

    /// Bytes for postings being sorted.
    pub(super) fn sorting_bytes(self) -> usize {
        self.share(4)
    }

    /// Documents that may be prepared before they are written.
    pub(crate) fn prepared_documents(self) -> usize {
        self.share(8) / PREPARED_BYTES
    }

    /// Whether the names of so many documents, which take so many bytes, leave room for the rest.
    pub(super) fn check_names(self, documents: u64, bytes: u64) -> Result<(), IndexError> {
        let needed = Memory(bytes.saturating_mul(2));
        if needed <= self { Ok(()) } else { Err(IndexError::Memory { documents, needed }) }
    }

    fn share(self, part: u64) -> usize {
        usize::try_from(self.0 / part).unwrap_or(usize::MAX)
    }
}

impl Default for Memory {
    fn default() -> Memory {
        Memory(512 << 20)
    }
}

/// Why a text is no memory setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// It cannot be read.
    #[error("expected a number of bytes with a unit, such as 512M or 2G")]
    NoSize,
    /// An index cannot be built with so little.
    #[error("building an index takes at least {}", Memory::LEAST)]
    TooLittle,
}

/// Units by the letter they begin with; `512M`, `512MB` and `512MiB` are the same.
const UNITS: [(char, u32); 4] = [('k', 10), ('m', 20), ('g', 30), ('t', 40)];

impl FromStr for Memory {
    type Err = MemoryError;

    fn from_str(text: &str) -> Result<Memory, MemoryError> {
        let lower = text.trim().to_ascii_lowercase();
        let digits = lower.find(|c: char| !c.is_ascii_digit()).unwrap_or(lower.len());
        let (number, unit) = lower.split_at(digits);
        let number: u64 = number.parse().map_err(|_| MemoryError::NoSize)?;
        let unit = unit.trim();
        let shift = match UNITS.iter().find(|(letter, _)| unit.starts_with(*letter)) {
            Some((_, shift)) if matches!(&unit[1..], "" | "b" | "ib") => *shift,
            None if matches!(unit, "" | "b") => 0,
            _ => return Err(MemoryError::NoSize),
        };
        Memory::new(number.checked_mul(1 << shift).ok_or(MemoryError::NoSize)?)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} MiB", self.0.div_ceil(1 << 20))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        let cases = [
            ("256M", Ok(256 << 20)),
            ("512MiB", Ok(512 << 20)),
            ("2g", Ok(2 << 30)),
            ("1 GB", Ok(1 << 30)),
            ("300000k", Ok(300_000 << 10)),
            ("268435456", Ok(256 << 20)),
            ("255M", Err(MemoryError::TooLittle)),
            ("512", Err(MemoryError::TooLittle)),
            ("", Err(MemoryError::NoSize)),
            ("M", Err(MemoryError::NoSize)),
            ("-1G", Err(MemoryError::NoSize)),
            ("1.5G", Err(MemoryError::NoSize)),
            ("1Gold", Err(MemoryError::NoSize)),
            ("99999999T", Err(MemoryError::NoSize)),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Memory>().map(|memory| memory.0), expected, "{text}");
        }
        assert!(MemoryError::TooLittle.to_string().ends_with("256 MiB"));
    }
}
