//! Notebooks as Jupyter writes them: <https://nbformat.readthedocs.io>.
//!
//! Only what holds code is taken up; outputs are passed over as they are parsed.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Unread;
use super::magic::{Body, body_of, without_magics};
use crate::text::language::Language;
use crate::text::source::{CellLine, Held, SourceFile};

/// The language of a notebook that names none.
pub(super) const USUAL_LANGUAGE: &str = "python";

#[derive(Deserialize)]
struct Notebook<'f> {
    #[serde(borrow)]
    cells: Option<Vec<Cell<'f>>>,
    /// Before version 4 cells stood in these.
    #[serde(borrow, default)]
    worksheets: Vec<Worksheet<'f>>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Worksheet<'f> {
    #[serde(borrow, default)]
    cells: Vec<Cell<'f>>,
}

#[derive(Deserialize)]
struct Cell<'f> {
    #[serde(borrow)]
    cell_type: Cow<'f, str>,
    #[serde(borrow, alias = "input")]
    source: Option<&'f RawValue>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    kernelspec: Option<Kernel>,
    language_info: Option<Kernel>,
}

#[derive(Deserialize)]
struct Kernel {
    language: Option<String>,
    name: Option<String>,
}

/// A line of code while it is read.
struct Line {
    cell: u32,
    line: u32,
    file_line: u32,
    text: String,
}

/// The code of a notebook.
pub(super) fn read(path: String, file: Vec<u8>) -> Result<SourceFile, Unread> {
    let text = str::from_utf8(&file).map_err(|error| {
        Unread::Broken(format!("byte {} is not UTF-8", error.valid_up_to() + 1))
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let skipped = file.len() - text.len();
    let broken = |error: serde_json::Error| Unread::Broken(error.to_string());
    let notebook: Notebook<'_> = serde_json::from_str(text).map_err(broken)?;
    let language = language(&notebook.metadata)?;
    let starts = line_starts(&file);
    let file_line = |at: &str| {
        // Raw values borrow from the text: the address of one tells where it stands in the file.
        let offset = at.as_ptr() as usize - text.as_ptr() as usize + skipped;
        starts.partition_point(|&start| start <= offset) as u32
    };
    let cells = match notebook.cells {
        Some(cells) => cells,
        None if notebook.worksheets.is_empty() => {
            return Err(Unread::Broken("there are no `cells`".to_owned()));
        }
        None => notebook.worksheets.into_iter().flat_map(|sheet| sheet.cells).collect(),
    };
    let mut lines = Vec::new();
    for (number, cell) in (1..).zip(cells).filter(|(_, cell)| cell.cell_type == "code") {
        let Some(source) = cell.source else { continue };
        push_cell(number, &parts(source, file_line).map_err(broken)?, language, &mut lines);
    }
    let (code, held) = laid_out(&lines);
    Ok(SourceFile::new(path, language, code).with_held(Held { file, ..held }))
}

/// The language of the cells, by what the kernel says of itself.
fn language(metadata: &Metadata) -> Result<Language, Unread> {
    let of_info = metadata.language_info.as_ref().and_then(|info| info.name.as_deref());
    let of_kernel = metadata.kernelspec.as_ref().and_then(|kernel| kernel.language.as_deref());
    let name = of_info.or(of_kernel).unwrap_or(USUAL_LANGUAGE).to_ascii_lowercase();
    // IPython names its own dialect, which magics apart is Python.
    let name = if name == "ipython" { USUAL_LANGUAGE } else { &name };
    Language::from_name(name).ok_or_else(|| Unread::Language(name.chars().take(40).collect()))
}

/// The strings that a cell's source is made of, each with its line in the file.
fn parts(
    source: &RawValue,
    file_line: impl Fn(&str) -> u32,
) -> Result<Vec<(u32, String)>, serde_json::Error> {
    let raw: Vec<&RawValue> = if source.get().starts_with('[') {
        serde_json::from_str(source.get())?
    } else {
        vec![source]
    };
    let decoded = |part: &RawValue| Ok((file_line(part.get()), serde_json::from_str(part.get())?));
    raw.into_iter().map(decoded).collect()
}

/// Appends the lines of a cell that are code in the language.
fn push_cell(number: u32, parts: &[(u32, String)], language: Language, lines: &mut Vec<Line>) {
    let mut of_cell: Vec<(u32, String)> = Vec::new();
    let mut is_open = false;
    for (file_line, part) in parts {
        for piece in part.split_inclusive('\n') {
            match of_cell.last_mut().filter(|_| is_open) {
                Some((_, text)) => text.push_str(piece),
                None => of_cell.push((*file_line, piece.to_owned())),
            }
            is_open = !piece.ends_with('\n');
        }
    }
    let texts: Vec<&str> =
        of_cell.iter().map(|(_, text)| text.trim_end_matches(['\n', '\r'])).collect();
    if body_of(texts.first().copied().unwrap_or_default(), language) == Body::OtherLanguage {
        return;
    }
    let kept = without_magics(&texts, language);
    for (place, ((file_line, _), text)) in (1..).zip(of_cell.iter().zip(kept)) {
        // A lone carriage return would count as the end of a line.
        let text = text.replace('\r', " ");
        lines.push(Line { cell: number, line: place, file_line: *file_line, text });
    }
}

/// The text that the lines make, each on its line of the file if that is possible.
fn laid_out(lines: &[Line]) -> (Vec<u8>, Held) {
    // Cells on one line of the file cannot have each a line of its own there.
    let is_spread = lines.is_sorted_by(|a, b| a.file_line < b.file_line);
    let (mut text, mut at) = (Vec::new(), 1);
    let mut held = Held { code_lines: lines.len() as u32, ..Held::default() };
    for (number, line) in (1..).zip(lines) {
        let wanted = if is_spread { line.file_line } else { number };
        text.resize(text.len() + (wanted - at) as usize, b'\n');
        text.extend_from_slice(line.text.as_bytes());
        at = wanted;
        held.lines.push(CellLine {
            at,
            cell: line.cell,
            line: line.line,
            file_line: line.file_line,
        });
    }
    if !lines.is_empty() {
        text.push(b'\n');
    }
    (text, held)
}

fn line_starts(file: &[u8]) -> Vec<usize> {
    let ends = file.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
}
