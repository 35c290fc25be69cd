//! What some formats need to know of the text of a file, which the report does not hold.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::sarif::line_hashes;
use crate::judgement::finding::{Finding, Reference};
use crate::text::source::SourceFile;
use crate::text::span::{ByteSpan, LineRange, Region};

/// Lines of a region that are shown at most; of a longer one so many from its beginning and from
/// its end.
const CODE_LINES: usize = 8;
const FIRST_LINES: usize = 5;
const LAST_LINES: usize = 2;

/// Facts about the files in which something was found, by path.
#[derive(Clone, Debug, Default)]
pub struct SourceFacts(BTreeMap<String, FileFacts>);

/// Facts about one file.
#[derive(Clone, Debug, Default)]
pub(super) struct FileFacts {
    /// SHA-1 of its text.
    pub sha1: String,
    lines: BTreeMap<u32, LineFacts>,
    spans: BTreeMap<Region, ByteSpan>,
    code: BTreeMap<Region, CodeLines>,
}

/// The code of a region as far as it is shown: lines by number, without line breaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CodeLines {
    /// Lines from the beginning.
    pub first: Vec<(u32, String)>,
    /// How many lines are left out behind them.
    pub left_out: u32,
    /// Lines at the end.
    pub last: Vec<(u32, String)>,
}

#[derive(Clone, Debug)]
struct LineFacts {
    hash: String,
    end_column: u32,
}

impl SourceFacts {
    /// Learns what there is to know of a file, given what was found in it.
    pub fn learn(&mut self, source: &SourceFile, findings: &[&Finding], references: &[&Reference]) {
        let hashes = line_hashes(source.file());
        // Lines and bytes are those of the notebook's file, and not of the code in its cells.
        let file = match source.held() {
            Some(held) => {
                Cow::Owned(SourceFile::new(source.path(), source.language(), held.file.clone()))
            }
            None => Cow::Borrowed(source),
        };
        let facts = self.0.entry(source.path().to_owned()).or_default();
        facts.sha1 = sha1_smol::Sha1::from(source.file()).digest().to_string();
        for lines in findings.iter().map(|finding| shown_lines(finding)) {
            for line in [lines.first, lines.last] {
                if let Some(hash) = (line as usize).checked_sub(1).and_then(|line| hashes.get(line))
                {
                    let end_column = end_column(&file, line);
                    facts.lines.insert(line, LineFacts { hash: hash.clone(), end_column });
                }
            }
        }
        for reference in references {
            let span = match source.held() {
                Some(_) => span_of_lines(&file, reference.file_lines()),
                None => span(source, reference.region),
            };
            facts.spans.extend(span.map(|span| (reference.region, span)));
        }
        self.learn_code(source, references);
    }

    /// Learns the code of references and no more, which is cheap.
    pub(crate) fn learn_code(&mut self, source: &SourceFile, references: &[&Reference]) {
        let facts = self.0.entry(source.path().to_owned()).or_default();
        for region in references.iter().map(|reference| reference.region) {
            facts.code.insert(region, code(source, region));
        }
    }

    pub(super) fn of(&self, path: &str) -> Option<&FileFacts> {
        self.0.get(path)
    }

    /// The code of a reference's region.
    pub(super) fn code(&self, path: &str, region: Region) -> Option<&CodeLines> {
        self.of(path)?.code.get(&region)
    }

    /// The hash by which GitHub knows the line where a finding is shown.
    pub(super) fn line_hash(&self, finding: &Finding) -> Option<&str> {
        let line = shown_lines(finding).first;
        self.of(&finding.path)?.lines.get(&line).map(|line| line.hash.as_str())
    }

    /// Where a finding is shown: all of it, or of a change the longest stretch of added lines,
    /// since platforms show only what lies within the difference as a whole.
    pub(super) fn shown_region(&self, finding: &Finding) -> Region {
        let (whole, lines) = (finding.region, shown_lines(finding));
        let line_end = || self.of(&finding.path).and_then(|facts| facts.lines.get(&lines.last));
        Region {
            start_line: lines.first,
            // In a notebook the columns are those of a cell, and not of the file.
            start_column: if lines.first == whole.start_line && finding.cells.is_none() {
                whole.start_column
            } else {
                1
            },
            end_line: lines.last,
            end_column: if lines.last == whole.end_line && finding.cells.is_none() {
                whole.end_column
            } else {
                line_end().map_or(1, |line| line.end_column)
            },
        }
    }
}

impl FileFacts {
    /// The bytes of a reference's region.
    pub(super) fn span(&self, region: Region) -> Option<ByteSpan> {
        self.spans.get(&region).copied()
    }
}

/// The lines of its file at which a finding is shown.
pub(super) fn shown_lines(finding: &Finding) -> LineRange {
    if let Some(lines) = finding.cells.and_then(|cells| cells.file_lines()) {
        return lines;
    }
    let length = |lines: &&LineRange| lines.last - lines.first;
    // Of equally long ones the first.
    finding.added.ranges().iter().rev().max_by_key(length).copied().unwrap_or(finding.region.into())
}

/// The lines of a region, all of a short one.
fn code(source: &SourceFile, region: Region) -> CodeLines {
    let (first, last) = (region.start_line, region.end_line.min(source.line_count()));
    // The lines of a notebook are those of its cells; what stands between them is no code.
    let number = |line: u32| match source.held() {
        Some(held) if !held.lines.is_empty() => held.cell_line(line).map(|known| known.line),
        _ => Some(line),
    };
    let numbered: Vec<(u32, u32)> =
        (first..=last).filter_map(|line| Some((number(line)?, line))).collect();
    let lines = |lines: &[(u32, u32)]| {
        lines.iter().map(|&(number, line)| (number, line_text(source, line))).collect()
    };
    if numbered.len() <= CODE_LINES {
        return CodeLines { first: lines(&numbered), ..CodeLines::default() };
    }
    let (head, rest) = numbered.split_at(FIRST_LINES);
    let (left_out, tail) = rest.split_at(rest.len() - LAST_LINES);
    CodeLines { first: lines(head), left_out: left_out.len() as u32, last: lines(tail) }
}

fn line_text(source: &SourceFile, line: u32) -> String {
    String::from_utf8_lossy(source.line_text(line)).trim_end_matches(['\r', '\n']).to_owned()
}

/// The column behind the last character of a line.
fn end_column(source: &SourceFile, line: u32) -> u32 {
    if line == 0 || line > source.line_count() {
        return 1;
    }
    line_text(source, line).chars().count() as u32 + 1
}

fn span(source: &SourceFile, region: Region) -> Option<ByteSpan> {
    Some(ByteSpan {
        start: offset(source, region.start_line, region.start_column)?,
        end: offset(source, region.end_line, region.end_column)?,
    })
}

/// The bytes of whole lines, without the last line break.
fn span_of_lines(source: &SourceFile, lines: LineRange) -> Option<ByteSpan> {
    let start = offset(source, lines.first, 1)?;
    let last = offset(source, lines.last, 1)?;
    let text = source.line_text(lines.last);
    let breaks = text.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    Some(ByteSpan { start, end: last + (text.len() - breaks) as u32 })
}

/// The byte at a line and column.
fn offset(source: &SourceFile, line: u32, column: u32) -> Option<u32> {
    if line == 0 || line > source.line_count() {
        return None;
    }
    // As columns are counted: bytes that continue a character are none.
    let starts = source.line_text(line).iter().enumerate().filter(|(_, byte)| *byte & 0xC0 != 0x80);
    let into = starts.map(|(at, _)| at).nth(column.checked_sub(1)? as usize);
    Some(source.line_start(line) + into.unwrap_or(source.line_text(line).len()) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::language::Language;

    #[test]
    fn regions_become_the_bytes_they_came_from() {
        let text = "größe = 1\nb = größe\r\nc".as_bytes();
        let language = Language::from_path("a.py".as_ref()).expect("known");
        let source = SourceFile::new("a.py", language, text.to_vec());
        for start in 0..text.len() as u32 {
            for end in start..=text.len() as u32 {
                let is_boundary =
                    |at: u32| text.get(at as usize).is_none_or(|byte| byte & 0xC0 != 0x80);
                if is_boundary(start) && is_boundary(end) {
                    let bytes = ByteSpan { start, end };
                    assert_eq!(span(&source, source.region(bytes)), Some(bytes));
                }
            }
        }
        assert_eq!(end_column(&source, 2), 10);
        assert_eq!((end_column(&source, 9), offset(&source, 9, 1)), (1, None));
    }

    #[test]
    fn a_long_region_is_shown_from_both_ends() {
        let text: String = (1..=30).map(|line| format!("x = {line}\n")).collect();
        let language = Language::from_path("a.py".as_ref()).expect("known");
        let source = SourceFile::new("a.py", language, text.into_bytes());
        let numbers =
            |lines: &[(u32, String)]| lines.iter().map(|(line, _)| *line).collect::<Vec<_>>();
        let region =
            |start_line, end_line| Region { start_line, start_column: 1, end_line, end_column: 2 };
        let short = code(&source, region(3, 10));
        assert_eq!((numbers(&short.first), short.left_out), ((3..=10).collect(), 0));
        let long = code(&source, region(3, 11));
        assert_eq!(
            (numbers(&long.first), long.left_out, numbers(&long.last)),
            (vec![3, 4, 5, 6, 7], 2, vec![10, 11])
        );
        assert_eq!(long.last[1].1, "x = 11");
        // The file may have changed since.
        assert_eq!(numbers(&code(&source, region(29, 99)).first), [29, 30]);
    }
}
