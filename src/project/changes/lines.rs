//! Which lines a change adds, and which of them it only moves.
//!
//! Lines are compared without the white space around them: to indent code is not to write it. A
//! block of added lines that the same change takes away elsewhere was moved, if it holds
//! [`MOVED_FROM`] letters and digits (git's measure for `--color-moved`): every language has lines
//! that are equal by chance. A line taken away pays for one line added; the second copy of moved
//! code is new. Lines without a letter or digit say nothing and go with the line before them.

use imara_diff::{Algorithm, Diff, InternedInput};
use rustc_hash::FxHashMap;

use crate::text::source::SourceFile;
use crate::text::span::LineSet;

/// Letters and digits from which on a block of lines was moved.
const MOVED_FROM: usize = 20;

/// Places a moved block is looked for at, at most.
const MAX_PLACES: usize = 64;

/// A file before and after a change.
pub struct Versions<'a> {
    /// As it was; `None` if it is new.
    pub before: Option<&'a SourceFile>,
    /// As it is; `None` if it is gone.
    pub after: Option<&'a SourceFile>,
}

/// What a change adds to a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Added {
    /// Its own lines.
    pub lines: LineSet,
    /// How many lines besides these were moved here.
    pub moved: usize,
    /// The lines of the file as it was that are gone.
    pub gone: LineSet,
}

/// What a change adds to each of its files.
pub fn added_lines<'a>(files: impl Iterator<Item = Versions<'a>>) -> Vec<Added> {
    let mut removed = Removed::default();
    let mut added_blocks = Vec::new();
    for versions in files {
        let (before, after) = (lines(versions.before), lines(versions.after));
        let (mut blocks, mut gone) = (Vec::new(), Vec::new());
        for (taken, put) in differences(&before, &after) {
            gone.extend(taken.clone().map(|line| line as u32 + 1));
            removed.push(taken.map(|line| before[line]));
            blocks.push(put.map(|line| (line as u32 + 1, after[line])).collect::<Vec<_>>());
        }
        added_blocks.push((blocks, gone.into_iter().collect()));
    }
    removed.index();
    let added = |(blocks, gone)| {
        let (lines, moved) = removed.own(blocks);
        Added { lines, moved, gone }
    };
    added_blocks.into_iter().map(added).collect()
}

type Lines = std::ops::Range<usize>;

/// The lines of a file without the white space around them.
fn lines(source: Option<&SourceFile>) -> Vec<&[u8]> {
    source.map_or(Vec::new(), |source| {
        (1..=source.line_count()).map(|line| source.line_text(line).trim_ascii()).collect()
    })
}

/// The blocks that differ: lines of the one, counted from 0, and what stands in their place in the
/// other.
fn differences(before: &[&[u8]], after: &[&[u8]]) -> Vec<(Lines, Lines)> {
    let mut input = InternedInput::default();
    input.update_before(before.iter().copied());
    input.update_after(after.iter().copied());
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let range = |lines: std::ops::Range<u32>| lines.start as usize..lines.end as usize;
    diff.hunks().map(|hunk| (range(hunk.before), range(hunk.after))).collect()
}

/// All lines that a change takes away and that say something.
#[derive(Default)]
struct Removed<'a> {
    /// The lines; `None` between those that did not follow each other, and for those that were
    /// found again.
    lines: Vec<Option<&'a [u8]>>,
    places: FxHashMap<&'a [u8], Vec<usize>>,
}

impl<'a> Removed<'a> {
    fn push(&mut self, block: impl Iterator<Item = &'a [u8]>) {
        self.lines.extend(block.filter(|line| letters(line) > 0).map(Some));
        self.lines.push(None);
    }

    fn index(&mut self) {
        for (place, line) in self.lines.iter().enumerate() {
            if let Some(line) = line {
                self.places.entry(line).or_default().push(place);
            }
        }
    }

    /// The lines of the added blocks of a file that were taken away nowhere, and how many were.
    fn own(&mut self, blocks: Vec<Vec<(u32, &'a [u8])>>) -> (LineSet, usize) {
        let mut own = Vec::new();
        let mut moved = 0;
        for block in blocks {
            let telling: Vec<_> =
                block.iter().copied().filter(|(_, line)| letters(line) > 0).collect();
            let mut written: Vec<u32> = Vec::new();
            let mut rest = telling.as_slice();
            while let Some((&(number, _), tail)) = rest.split_first() {
                match self.count_moved(rest) {
                    0 => {
                        written.push(number);
                        rest = tail;
                    }
                    length => {
                        moved += length;
                        rest = &rest[length..];
                    }
                }
            }
            own.extend(with_followers(&block, &written));
        }
        (own.into_iter().collect(), moved)
    }

    /// How many of the first lines were moved here; they pay for no others.
    fn count_moved(&mut self, added: &[(u32, &'a [u8])]) -> usize {
        let (place, length) = self.longest(added);
        if added[..length].iter().map(|(_, line)| letters(line)).sum::<usize>() < MOVED_FROM {
            return 0;
        }
        self.lines[place..place + length].fill(None);
        length
    }

    /// Where most of the first lines stand among those taken away, and how many.
    fn longest(&self, added: &[(u32, &'a [u8])]) -> (usize, usize) {
        let places = self.places.get(added[0].1).map_or(&[][..], Vec::as_slice);
        let still_there =
            places.iter().filter(|&&place| self.lines[place].is_some()).take(MAX_PLACES);
        let length = |place: usize| {
            let pairs = self.lines[place..].iter().zip(added);
            pairs.take_while(|(removed, (_, added))| **removed == Some(*added)).count()
        };
        still_there
            .map(|&place| (place, length(place)))
            .max_by_key(|&(_, length)| length)
            .unwrap_or((0, 0))
    }
}

fn letters(line: &[u8]) -> usize {
    line.iter().filter(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii()).count()
}

/// The lines written, each with the lines behind it that say nothing.
fn with_followers<'b>(
    block: &'b [(u32, &[u8])],
    written: &'b [u32],
) -> impl Iterator<Item = u32> + 'b {
    let mut is_written = false;
    block.iter().filter_map(move |&(number, line)| {
        if letters(line) > 0 {
            is_written = written.binary_search(&number).is_ok();
        }
        is_written.then_some(number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::language::Language;

    fn check(files: &[(&str, &str)], expected: &[&[u32]]) {
        let source = |text: &str| {
            let language = Language::from_path(std::path::Path::new("a.py")).unwrap();
            (!text.is_empty()).then(|| SourceFile::new("a.py", language, text.as_bytes().to_vec()))
        };
        let files: Vec<_> =
            files.iter().map(|(before, after)| (source(before), source(after))).collect();
        let versions = files
            .iter()
            .map(|(before, after)| Versions { before: before.as_ref(), after: after.as_ref() });
        let found: Vec<LineSet> =
            added_lines(versions).into_iter().map(|added| added.lines).collect();
        let expected: Vec<LineSet> =
            expected.iter().map(|lines| lines.iter().copied().collect()).collect();
        assert_eq!(found, expected);
    }

    const FUNCTION: &str = "def total(items):\n    return sum(item.price for item in items)\n";

    #[test]
    fn added_lines_are_own() {
        check(&[("a\nb\nc\n", "a\nx\nb\nc\ny\n")], &[&[2, 5]]);
        check(&[("", "\na\n\nb\n")], &[&[2, 3, 4]]);
        check(&[("a\nb\n", "a\n")], &[&[]]);
        check(&[("a\nb\n", "a\n  b\n\n")], &[&[]]);
        check(&[("a\r\nb\r\n", "a\nb\nc")], &[&[3]]);
    }

    #[test]
    fn moved_lines_are_not() {
        let indented = FUNCTION.replace("def", "    def").replace("    return", "        return");
        check(&[(FUNCTION, ""), ("class A:\n", &format!("class A:\n{indented}"))], &[&[], &[]]);
        // The second copy is new.
        check(&[(FUNCTION, ""), ("", FUNCTION), ("", FUNCTION)], &[&[], &[], &[1, 2]]);
        // Too little to say so.
        check(&[("return x\n", ""), ("", "return x\n")], &[&[], &[1]]);
        // What was written between is.
        let edited = FUNCTION.replace("    return", "    log(items)\n    return");
        check(&[(FUNCTION, ""), ("", &edited)], &[&[], &[1, 2]]);
    }
}
