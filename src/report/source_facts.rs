//! What some formats need to know of the text of a file, which the report does not hold.

use std::collections::BTreeMap;

use super::sarif::line_hashes;
use crate::judgement::finding::{Finding, Reference};
use crate::text::source::SourceFile;
use crate::text::span::{ByteSpan, LineRange, Region};

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
}

#[derive(Clone, Debug)]
struct LineFacts {
    hash: String,
    end_column: u32,
}

impl SourceFacts {
    /// Learns what there is to know of a file, given what was found in it.
    pub fn learn(&mut self, source: &SourceFile, findings: &[&Finding], references: &[&Reference]) {
        let hashes = line_hashes(source.text());
        let facts = self.0.entry(source.path().to_owned()).or_default();
        facts.sha1 = sha1_smol::Sha1::from(source.text()).digest().to_string();
        for lines in findings.iter().map(|finding| shown_lines(finding)) {
            for line in [lines.first, lines.last] {
                if let Some(hash) = (line as usize).checked_sub(1).and_then(|line| hashes.get(line)) {
                    let end_column = end_column(source, line);
                    facts.lines.insert(line, LineFacts { hash: hash.clone(), end_column });
                }
            }
        }
        for region in references.iter().map(|reference| reference.region) {
            if let Some(span) = span(source, region) {
                facts.spans.insert(region, span);
            }
        }
    }

    pub(super) fn of(&self, path: &str) -> Option<&FileFacts> {
        self.0.get(path)
    }

    /// The hash by which GitHub knows the line where a finding is shown.
    pub(super) fn line_hash(&self, finding: &Finding) -> Option<&str> {
        let line = shown_lines(finding).first;
        self.of(&finding.path)?.lines.get(&line).map(|line| line.hash.as_str())
    }

    /// Where a finding is shown: all of it, or of a change the longest stretch of added lines, since platforms show
    /// only what lies within the difference as a whole.
    pub(super) fn shown_region(&self, finding: &Finding) -> Region {
        let (whole, lines) = (finding.region, shown_lines(finding));
        let line_end = || self.of(&finding.path).and_then(|facts| facts.lines.get(&lines.last));
        Region {
            start_line: lines.first,
            start_column: if lines.first == whole.start_line { whole.start_column } else { 1 },
            end_line: lines.last,
            end_column: match lines.last == whole.end_line {
                true => whole.end_column,
                false => line_end().map_or(1, |line| line.end_column),
            },
        }
    }
}

impl FileFacts {
    /// The bytes of a reference's region.
    pub fn span(&self, region: Region) -> Option<ByteSpan> {
        self.spans.get(&region).copied()
    }
}

/// The lines at which a finding is shown.
pub(super) fn shown_lines(finding: &Finding) -> LineRange {
    let length = |lines: &&LineRange| lines.last - lines.first;
    // Of equally long ones the first.
    finding.added.ranges().iter().rev().max_by_key(length).copied().unwrap_or(finding.region.into())
}

/// The column behind the last character of a line.
fn end_column(source: &SourceFile, line: u32) -> u32 {
    if line == 0 || line > source.line_count() {
        return 1;
    }
    let text = String::from_utf8_lossy(source.line_text(line));
    text.trim_end_matches(['\r', '\n']).chars().count() as u32 + 1
}

fn span(source: &SourceFile, region: Region) -> Option<ByteSpan> {
    Some(ByteSpan {
        start: offset(source, region.start_line, region.start_column)?,
        end: offset(source, region.end_line, region.end_column)?,
    })
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
                let is_boundary = |at: u32| text.get(at as usize).is_none_or(|byte| byte & 0xC0 != 0x80);
                if is_boundary(start) && is_boundary(end) {
                    let bytes = ByteSpan { start, end };
                    assert_eq!(span(&source, source.region(bytes)), Some(bytes));
                }
            }
        }
        assert_eq!(end_column(&source, 2), 10);
        assert_eq!((end_column(&source, 9), offset(&source, 9, 1)), (1, None));
    }
}
