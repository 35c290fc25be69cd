//! Snippet tags put around lines of real sources: whatever the lines, the code stays what it was.

use std::fs;
use std::path::{Path, PathBuf};

use birthmark::decisions::attribution::{Refusal, Snippet, wrap};
use birthmark::text::language::Language;
use birthmark::text::source::SourceFile;
use birthmark::text::span::LineRange;

fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting: Vec<PathBuf> =
        ["src", "examples/demo", "tests/e2e", "eval"].map(|name| root.join(name)).to_vec();
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(
                fs::read_dir(&path).expect("readable").map(|entry| entry.expect("readable").path()),
            );
        } else if Language::from_path(&path).is_some() {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Wraps lines of a text and takes the tags out again.
fn check(name: &str, language: Language, text: &[u8], lines: LineRange) -> Result<(), Refusal> {
    let source = SourceFile::new(name, language, text.to_vec());
    let mark = language.row().line_comment;
    let tags = vec!["SPDX-SnippetBegin".to_owned(), "SPDX-License-Identifier: MIT".to_owned()];
    let wrapped = wrap(&source, &[Snippet { lines, tags }])?;
    let wrapped = String::from_utf8(wrapped).expect("UTF-8");
    let is_tag = |line: &str| {
        line.trim_start().strip_prefix(mark).is_some_and(|rest| rest.starts_with(" SPDX-"))
    };
    let before = String::from_utf8(text.to_vec()).expect("UTF-8");
    let own = before.split_inclusive('\n').filter(|line| is_tag(line)).count();
    let tags: Vec<usize> = wrapped
        .split_inclusive('\n')
        .enumerate()
        .filter(|(_, line)| is_tag(line))
        .map(|(i, _)| i + 1)
        .collect();
    assert_eq!(tags.len(), own + 3, "{name}:{lines:?}");
    if own == 0 {
        let kept: String = wrapped.split_inclusive('\n').filter(|line| !is_tag(line)).collect();
        assert_eq!(kept.trim_end_matches('\n'), before.trim_end_matches('\n'), "{name}:{lines:?}");
        let (begin, end) = (tags[0] as u32, tags[2] as u32);
        assert!(begin <= lines.first && end - 3 >= lines.last, "{name}:{lines:?}: {tags:?}");
    }
    Ok(())
}

#[test]
fn any_lines_of_any_source_can_be_declared() {
    let (mut wrapped, mut refused) = (0, Vec::new());
    for (number, path) in sources().iter().enumerate() {
        let language = Language::from_path(path).expect("known");
        let text = fs::read(path).expect("readable");
        let count = text.split(|&byte| byte == b'\n').count() as u32;
        let name = path.display().to_string();
        // A few places in each, at different distances, of different lengths.
        for (place, length) in [(7, 1), (40, 12), (90, 40)] {
            let first = (number as u32 * 13 + place) % count + 1;
            let lines =
                LineRange { first, last: (first + length).min(count.saturating_sub(1)).max(first) };
            if lines.last >= count {
                continue;
            }
            match check(&name, language, &text, lines) {
                Ok(()) => wrapped += 1,
                Err(refusal) => refused.push(format!("{name}:{lines:?}: {refusal}")),
            }
        }
    }
    assert!(wrapped > 300, "{wrapped}");
    assert!(refused.len() * 50 <= wrapped, "{} of {wrapped}: {refused:#?}", refused.len());
}
