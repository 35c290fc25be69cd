//! Leaves out of an edit the lines that may not stay, and keeps the rest.
//!
//! A comment stands where lines were left out. What is left out is widened to whole statements, so
//! that the text still parses. Only lines that the agent adds are touched.

use tree_sitter::Tree;

use super::edit::{self, Edited};
use super::event::{Change, Part};
use crate::judgement::finding::Reference;
use crate::report::printable::Printable;
use crate::text::language::Language;
use crate::text::source::SourceFile;
use crate::text::span::{LineRange, LineSet};
use crate::text::token::Tokenizer;

/// Lines that are left out, and the line that stands there instead.
#[derive(Clone, Debug)]
struct Gap {
    lines: LineRange,
    comment: String,
}

/// Returns the change without the lines of these matches; `None` if they cannot be left out alone:
/// if some of them are not the agent's, if no whole statements hold them, or if nothing else is
/// left.
pub(super) fn leave_out(
    (before, change): (Option<&[u8]>, &Change),
    edited: &Edited,
    refused: &[&Reference],
    tokenizer: &mut Tokenizer,
) -> Option<Change> {
    let source = &edited.source;
    let origin = Origin::of(before, change, source)?;
    let added = edited.added_lines();
    // Without a grammar nothing says whether the rest still is code.
    source.language().grammar()?;
    let tree = tokenizer.tree(source.language(), source.text());
    let mut gaps = Vec::new();
    for reference in refused {
        let lines = added.within(reference.region.into());
        // Of equal blank lines a comparison does not tell which are new.
        let mut with_text = lines_of(&lines).filter(|&line| !is_blank(source, line));
        let first = with_text.next()?;
        let last = with_text.last().unwrap_or(first);
        let comment = comment(source.language(), reference);
        let mut gap = Gap { lines: LineRange { first, last }, comment };
        let candidates = candidates(source, tree.as_ref(), gap.lines);
        gap.lines = candidates.into_iter().find(|&lines| {
            let gap = Gap { lines, ..gap.clone() };
            origin.is_free(source, &added, lines)
                && parses(source, &[gap], tree.as_ref(), tokenizer)
        })?;
        gaps.push(gap);
    }
    let gaps = merge(gaps);
    let rest =
        |line: u32| !gaps.iter().any(|gap| holds(gap.lines, line)) && !is_blank(source, line);
    let is_something_left = lines_of(&added).any(rest);
    let is_clean = parses(source, &gaps, tree.as_ref(), tokenizer);
    (is_something_left && is_clean).then(|| origin.without(change, &gaps)).flatten()
}

/// The line in place of what is left out. Python needs a statement where a body would be empty.
fn comment(language: Language, reference: &Reference) -> String {
    let mark = language.row().line_comment;
    let statement = if language.name() == "python" { "...  " } else { "" };
    let owner = reference.owners.first().map_or("", |owner| owner.purl.as_str());
    format!("{statement}{mark} birthmark left out code that matches {}", Printable(owner))
}

/// The lines, then the lines of each node of the tree around them, from the inside out.
fn candidates(source: &SourceFile, tree: Option<&Tree>, lines: LineRange) -> Vec<LineRange> {
    let mut found = vec![lines];
    let start = source.line_start(lines.first) as usize;
    let last = source.line_text(lines.last);
    let end = source.line_start(lines.last) as usize + last.trim_ascii_end().len();
    let first = source.line_text(lines.first);
    let start = start + first.len() - first.trim_ascii_start().len();
    let node = tree.and_then(|tree| tree.root_node().descendant_for_byte_range(start, end));
    let mut around = node;
    while let Some(node) = around {
        // A node that ends with a line break ends on the line before.
        let last = source.line((node.end_byte().max(1) - 1) as u32);
        let wider = LineRange { first: source.line(node.start_byte() as u32), last };
        if found.last() != Some(&wider) {
            found.push(wider);
        }
        around = node.parent();
    }
    found
}

/// Whether the text still parses without these lines. Nothing is asked of one that did not before.
fn parses(
    source: &SourceFile,
    gaps: &[Gap],
    tree: Option<&Tree>,
    tokenizer: &mut Tokenizer,
) -> bool {
    if tree.is_none_or(|tree| tree.root_node().has_error()) {
        return true;
    }
    let text = without(source, gaps);
    tokenizer.tree(source.language(), &text).is_some_and(|tree| !tree.root_node().has_error())
}

/// The text without the lines.
fn without(source: &SourceFile, gaps: &[Gap]) -> Vec<u8> {
    let mut text = Vec::with_capacity(source.text().len());
    for line in 1..=source.line_count() {
        let bytes = source.line_text(line);
        let Some(gap) = gaps.iter().find(|gap| holds(gap.lines, line)) else {
            text.extend_from_slice(bytes);
            continue;
        };
        if line == gap.lines.first {
            let indent = bytes.len() - bytes.trim_ascii_start().len();
            let is_indent = |byte: &&u8| matches!(byte, b' ' | b'\t');
            text.extend(bytes[..indent].iter().filter(is_indent));
            text.extend_from_slice(gap.comment.as_bytes());
            let end = source.line_text(gap.lines.last);
            let is_break = |byte: &&u8| matches!(byte, b'\n' | b'\r');
            text.extend(end.iter().filter(is_break));
        }
    }
    text
}

/// Joins gaps that share lines.
fn merge(mut gaps: Vec<Gap>) -> Vec<Gap> {
    gaps.sort_by_key(|gap| (gap.lines.first, gap.lines.last));
    let mut merged: Vec<Gap> = Vec::new();
    for gap in gaps {
        match merged.last_mut() {
            Some(last) if gap.lines.first <= last.lines.last => {
                last.lines.last = last.lines.last.max(gap.lines.last);
            }
            _ => merged.push(gap),
        }
    }
    merged
}

fn holds(lines: LineRange, line: u32) -> bool {
    (lines.first..=lines.last).contains(&line)
}

fn lines_of(lines: &LineSet) -> impl Iterator<Item = u32> + '_ {
    lines.ranges().iter().flat_map(|range| range.first..=range.last)
}

fn is_blank(source: &SourceFile, line: u32) -> bool {
    source.line_text(line).trim_ascii().is_empty()
}

/// Where the lines of a text come from: a text of the change, and the line in it.
struct Origin {
    /// One for each line of the text; `None` for one that is not all the agent's.
    lines: Vec<Option<(usize, u32)>>,
}

impl Origin {
    /// Of the text that a change makes; `None` if lines of the two do not correspond.
    fn of(before: Option<&[u8]>, change: &Change, source: &SourceFile) -> Option<Origin> {
        // The lines of a notebook's code are not those of its file.
        if source.held().is_some() {
            return None;
        }
        let count = source.line_count();
        let Change::Parts(parts) = change else {
            return Some(Origin { lines: (1..=count).map(|line| Some((0, line))).collect() });
        };
        let (text, places) = edit::replace_parts(before, parts)?;
        if text != source.text() {
            return None;
        }
        let mut lines = vec![None; count as usize];
        for place in places {
            for line in 1..=count {
                let (start, end) = (source.line_start(line) as usize, source.line_text(line));
                let end = start + end.trim_ascii_end().len();
                let indent = place.start.checked_sub(start).map_or(0, |length| {
                    source.line_text(line).get(..length).map_or(1, |text| text.trim_ascii().len())
                });
                if indent == 0 && end <= place.end && place.start <= end {
                    let first = source.line(place.start as u32);
                    lines[line as usize - 1] = Some((place.part, line - first + 1));
                }
            }
        }
        Some(Origin { lines })
    }

    /// Whether all lines are the agent's, and it adds them.
    fn is_free(&self, source: &SourceFile, added: &LineSet, lines: LineRange) -> bool {
        let is_added = |line: u32| !added.within(LineRange { first: line, last: line }).is_empty();
        (lines.first..=lines.last).all(|line| {
            let is_own = self.lines.get(line as usize - 1).is_some_and(Option::is_some);
            is_own && (is_added(line) || is_blank(source, line))
        })
    }

    /// The change without the lines.
    fn without(&self, change: &Change, gaps: &[Gap]) -> Option<Change> {
        let text_without = |text: &str, number: usize| -> Option<String> {
            let own = |gap: &Gap| {
                let (first, last) = (self.line(gap.lines.first)?, self.line(gap.lines.last)?);
                let lines = LineRange { first: first.1, last: last.1 };
                let is_whole =
                    first.0 == last.0 && last.1 - first.1 == gap.lines.last - gap.lines.first;
                Some((first.0, is_whole.then_some(Gap { lines, comment: gap.comment.clone() })?))
            };
            let own: Option<Vec<(usize, Gap)>> = gaps.iter().map(own).collect();
            let own = own?.into_iter().filter(|(part, _)| *part == number).map(|(_, gap)| gap);
            let language = Language::all().next()?;
            let text = SourceFile::new("", language, text.as_bytes().to_vec());
            String::from_utf8(without(&text, &merge(own.collect()))).ok()
        };
        match change {
            Change::Whole(text) => Some(Change::Whole(text_without(text, 0)?)),
            Change::Cell(text) => Some(Change::Cell(text_without(text, 0)?)),
            Change::Parts(parts) => {
                let part = |(number, part): (usize, &Part)| {
                    Some(Part { new: text_without(&part.new, number)?, ..part.clone() })
                };
                Some(Change::Parts(parts.iter().enumerate().map(part).collect::<Option<_>>()?))
            }
        }
    }

    fn line(&self, line: u32) -> Option<(usize, u32)> {
        self.lines.get(line as usize - 1).copied().flatten()
    }
}
