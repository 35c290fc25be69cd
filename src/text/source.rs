//! A source text with its path, its language and its line starts.

mod held;
mod passage;

pub(crate) use held::{CellLine, CellRange, Held};
pub(crate) use passage::{Passage, Surrounded};

use crate::text::language::Language;
use crate::text::span::{ByteSpan, Region};

/// A text under review or about to be indexed. The bytes need not be valid UTF-8.
#[derive(Clone, Debug)]
pub struct SourceFile {
    path: String,
    language: Language,
    text: Vec<u8>,
    line_starts: Vec<u32>,
    held: Option<Box<Held>>,
}

impl SourceFile {
    /// Takes a text under its path. A UTF-8 byte order mark stays part of the text and of all
    /// offsets.
    ///
    /// # Panics
    /// If the text is 4 GiB or longer; the walker and ingest refuse such files long before.
    pub fn new(path: impl Into<String>, language: Language, text: Vec<u8>) -> SourceFile {
        assert!(u32::try_from(text.len()).is_ok(), "sources are limited to 4 GiB");
        let mut line_starts = vec![0];
        line_starts.extend(newline_ends(&text));
        SourceFile { path: path.into(), language, text, line_starts, held: None }
    }

    /// The same text as code that a file of another kind holds.
    pub(crate) fn with_held(self, held: Held) -> SourceFile {
        SourceFile { held: Some(Box::new(held)), ..self }
    }

    /// The file around the text, where the file is not the text itself.
    pub(crate) fn held(&self) -> Option<&Held> {
        self.held.as_deref()
    }

    /// What the file holds, byte for byte as it was read.
    pub fn file(&self) -> &[u8] {
        self.held.as_ref().map_or(&self.text, |held| &held.file)
    }

    /// Number of lines that hold code or could: of a file of another kind, its code alone.
    pub(crate) fn code_lines(&self) -> u32 {
        self.held.as_ref().map_or_else(|| self.line_count(), |held| held.code_lines)
    }

    /// Where in a notebook a region stands; `None` in any other file.
    pub(crate) fn cells(&self, region: Region) -> Option<CellRange> {
        self.held.as_ref()?.cells(region.into())
    }

    /// The path as given, with `/` between components.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The text.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Number of physical lines; a text that does not end in a line break ends in a line all the
    /// same.
    pub fn line_count(&self) -> u32 {
        let last_is_empty =
            self.line_starts.last().is_some_and(|&start| start as usize == self.text.len());
        self.line_starts.len() as u32 - u32::from(last_is_empty)
    }

    /// Offset of the first byte of each line, ascending; the first is 0.
    pub(crate) fn line_starts(&self) -> &[u32] {
        &self.line_starts
    }

    /// The line, counted from 1, on which a byte stands.
    pub fn line(&self, offset: u32) -> u32 {
        self.line_starts.partition_point(|&start| start <= offset) as u32
    }

    /// Offset of the first byte of a line, counted from 1.
    ///
    /// # Panics
    /// If there is no such line.
    pub fn line_start(&self, line: u32) -> u32 {
        self.line_starts[line as usize - 1]
    }

    /// The text of a line, counted from 1, with its line break.
    ///
    /// # Panics
    /// If there is no such line.
    pub(crate) fn line_text(&self, line: u32) -> &[u8] {
        let end =
            self.line_starts.get(line as usize).map_or(self.text.len(), |&next| next as usize);
        &self.text[self.line_start(line) as usize..end]
    }

    /// A span of bytes as lines and columns, which are those of the file.
    pub fn region(&self, span: ByteSpan) -> Region {
        let (start_line, start_column) = self.line_and_column(span.start);
        let (end_line, end_column) = self.line_and_column(span.end);
        Region { start_line, start_column, end_line, end_column }
    }

    fn line_and_column(&self, offset: u32) -> (u32, u32) {
        let line = self.line(offset);
        let start = self.line_starts[line as usize - 1] as usize;
        let before = &self.text[start..(offset as usize).min(self.text.len())];
        // A byte that continues a UTF-8 sequence (0b10xx_xxxx) starts no character. In text of
        // another encoding every byte below 0x80 still counts as one.
        let column = before.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as u32 + 1;
        (line, column + self.held.as_ref().map_or(0, |held| held.indent(line)))
    }
}

/// Offsets behind each line break: LF, CRLF, or CR alone.
fn newline_ends(text: &[u8]) -> impl Iterator<Item = u32> + '_ {
    text.iter().enumerate().filter_map(|(i, &byte)| match byte {
        b'\n' => Some(i as u32 + 1),
        b'\r' if text.get(i + 1) != Some(&b'\n') => Some(i as u32 + 1),
        _ => None,
    })
}
