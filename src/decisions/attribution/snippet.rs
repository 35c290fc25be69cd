//! Snippet tags put around lines of a source, as comments of its language, and nothing else
//! changed.
//!
//! A tag stands between statements: the lines are widened until both ends do. Snippets nest like
//! brackets, so that one that would cross another is widened around it. What comes out is read
//! again before it is believed: the same tokens, and as many comments more as lines were put in.

use crate::license;
use crate::text::declaration::{self, Declaration, DeclarationKind, tag};
use crate::text::source::SourceFile;
use crate::text::span::LineRange;
use crate::text::token::{CommentKind, Completeness, Layout, TokenStream, Tokenizer};

/// Lines that shall be declared, and the lines of comment to put above them, without marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// The lines of code.
    pub lines: LineRange,
    /// The tags, the opening one first.
    pub tags: Vec<String>,
}

/// Why a source is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No place was found where a comment cuts nothing.
    #[error("there is no place between statements to put the tags; put them by hand")]
    NoPlace,
    /// What came out would not read as it must.
    #[error("with tags it would read as other code; put them by hand")]
    OtherCode,
    /// The cells of a notebook cannot take lines one by one.
    #[error(
        "its cells do not stand line by line in the file; save the notebook in Jupyter, then run this again"
    )]
    Cells,
    /// A page of prose says more than its code does.
    #[error(
        "it stands in a page of prose; name its source and its licence beside the block by hand"
    )]
    Prose,
}

/// Lines by which a snippet may grow at each end until it stands between statements.
const MAX_GROWTH: u32 = 500;

/// The text of a source with tags around these snippets.
///
/// # Errors
/// If there is no safe place for them.
pub fn wrap(source: &SourceFile, snippets: &[Snippet]) -> Result<Vec<u8>, Refusal> {
    let mut tokenizer = Tokenizer::new();
    let page = Page::read(source, &mut tokenizer);
    let mut placed = Vec::new();
    for snippet in snippets {
        placed.push(Snippet { lines: page.widen(snippet.lines)?, tags: snippet.tags.clone() });
    }
    let placed = page.nest(placed);
    let text = page.render(&placed);
    let again = SourceFile::new(source.path(), source.language(), text);
    page.verify(&again, &placed, &mut tokenizer)?;
    Ok(again.text().to_vec())
}

/// A source and all that decides where a comment may go.
struct Page<'a> {
    source: &'a SourceFile,
    stream: TokenStream,
    layout: Layout,
    /// The snippets that stand there.
    standing: Vec<LineRange>,
}

impl<'a> Page<'a> {
    fn read(source: &'a SourceFile, tokenizer: &mut Tokenizer) -> Page<'a> {
        let stream = tokenizer.tokenize(source);
        let layout = tokenizer.layout(source);
        let said = snippets_of(source, &stream, &layout);
        Page { source, stream, layout, standing: said.into_iter().map(|it| it.scope).collect() }
    }

    /// The lines widened until both ends stand between statements, with the comment right above
    /// them.
    fn widen(&self, lines: LineRange) -> Result<LineRange, Refusal> {
        let above = (lines.first.saturating_sub(MAX_GROWTH).max(1)..=lines.first).rev();
        let below =
            lines.last..=lines.last.saturating_add(MAX_GROWTH).min(self.source.line_count());
        let first = above.into_iter().find(|&line| self.is_place(line)).ok_or(Refusal::NoPlace)?;
        let last =
            below.into_iter().find(|&line| self.is_place(line + 1)).ok_or(Refusal::NoPlace)?;
        Ok(LineRange { first: self.above_comments(first), last })
    }

    fn is_place(&self, line: u32) -> bool {
        self.layout.is_between_statements(self.source, line)
    }

    /// The line of the first of the comments right above a line, which belong to the code. Headers
    /// and tags do not.
    fn above_comments(&self, line: u32) -> u32 {
        let mut first = line;
        while let Some(begin) = self.comment_ending_above(first) {
            if !self.is_place(begin) {
                break;
            }
            first = begin;
        }
        first
    }

    fn comment_ending_above(&self, line: u32) -> Option<u32> {
        const APART: [&str; 8] =
            ["spdx-", "copyright", "licen", "#!", "//!", "coding", "-*-", "vim:"];
        let above = line.checked_sub(1).filter(|&above| above > 0)?;
        let before = self.source.line_start(line);
        let comment = self.layout.comments().iter().rfind(|comment| comment.span.start < before)?;
        let text = &self.source.text()[comment.span.start as usize..comment.span.end as usize];
        let begin = self.source.line(comment.span.start);
        let ends_above = self.source.line(comment.span.end.saturating_sub(1)) == above;
        let stands_first =
            self.source.line_text(begin).trim_ascii_start().starts_with(first_line(text));
        let lower = String::from_utf8_lossy(text).to_lowercase();
        let belongs = !APART.iter().any(|word| lower.contains(word));
        (comment.kind == CommentKind::Comment && ends_above && stands_first && belongs)
            .then_some(begin)
    }

    /// Snippets in the order they open, widened where they would cross each other or one that
    /// stands there. Of two with the same tags that meet, one remains.
    fn nest(&self, mut snippets: Vec<Snippet>) -> Vec<Snippet> {
        loop {
            snippets.sort_by_key(|snippet| {
                (snippet.lines.first, std::cmp::Reverse(snippet.lines.last))
            });
            snippets.dedup_by(|later, earlier| {
                let joined = claims(&later.tags) == claims(&earlier.tags)
                    && later.lines.first <= earlier.lines.last.saturating_add(1);
                if joined {
                    earlier.lines.last = earlier.lines.last.max(later.lines.last);
                    let more = later.tags.drain(..).filter(|tag| !earlier.tags.contains(tag));
                    let more: Vec<String> = more.collect();
                    earlier.tags.extend(more);
                }
                joined
            });
            let others: Vec<LineRange> = snippets
                .iter()
                .map(|snippet| snippet.lines)
                .chain(self.standing.iter().copied())
                .collect();
            let crossed = snippets.iter_mut().find_map(|snippet| {
                let other = others.iter().find(|other| crosses(snippet.lines, **other))?;
                Some((snippet, *other))
            });
            let Some((snippet, other)) = crossed else { return snippets };
            snippet.lines = LineRange {
                first: snippet.lines.first.min(other.first),
                last: snippet.lines.last.max(other.last),
            };
        }
    }

    fn render(&self, snippets: &[Snippet]) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.source.text().len() + 512 * snippets.len());
        let ends =
            |line: u32| snippets.iter().rev().filter(move |snippet| snippet.lines.last + 1 == line);
        let begins = |line: u32| snippets.iter().filter(move |snippet| snippet.lines.first == line);
        let count = self.source.line_count();
        for line in 1..=count {
            let (mark, content) =
                split_mark(if line == 1 { self.source.line_text(1) } else { &[] });
            text.extend_from_slice(mark);
            // Snippets nest: those that end here close before others open.
            ends(line).for_each(|snippet| self.push_comment(&mut text, snippet, tag::END));
            for snippet in begins(line) {
                snippet.tags.iter().for_each(|tag| self.push_comment(&mut text, snippet, tag));
            }
            text.extend_from_slice(if line == 1 { content } else { self.source.line_text(line) });
        }
        // The last line may have no break, and a tag must not stand on it.
        if ends(count + 1).next().is_some() && !text.ends_with(b"\n") && !text.ends_with(b"\r") {
            text.extend_from_slice(self.line_break(1));
        }
        ends(count + 1).for_each(|snippet| self.push_comment(&mut text, snippet, tag::END));
        text
    }

    fn push_comment(&self, text: &mut Vec<u8>, snippet: &Snippet, tag: &str) {
        let (_, line) = split_mark(self.source.line_text(snippet.lines.first));
        let indent = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        text.extend_from_slice(&line[..indent]);
        text.extend_from_slice(self.source.language().row().line_comment.as_bytes());
        text.push(b' ');
        text.extend_from_slice(tag.as_bytes());
        text.extend_from_slice(self.line_break(snippet.lines.first));
    }

    /// The line break of a line, or of the one above it if it has none.
    fn line_break(&self, line: u32) -> &'static [u8] {
        let near = (1..=line).rev().map(|line| self.source.line_text(line));
        near.take(2)
            .find_map(|text| match text {
                _ if text.ends_with(b"\r\n") => Some(&b"\r\n"[..]),
                _ if text.ends_with(b"\n") => Some(&b"\n"[..]),
                _ if text.ends_with(b"\r") => Some(&b"\r"[..]),
                _ => None,
            })
            .unwrap_or(b"\n")
    }

    /// Compares what came out with what was there.
    fn verify(
        &self,
        again: &SourceFile,
        placed: &[Snippet],
        tokenizer: &mut Tokenizer,
    ) -> Result<(), Refusal> {
        let stream = tokenizer.tokenize(again);
        let layout = tokenizer.layout(again);
        let same_tokens = stream.completeness() == Completeness::Whole
            && stream.classes() == self.stream.classes()
            && stream.names() == self.stream.names()
            && stream.depths() == self.stream.depths()
            && words(again, &stream).eq(words(self.source, &self.stream));
        let added: usize = placed.iter().map(|snippet| snippet.tags.len() + 1).sum();
        let comments = self.layout.comments().len() + added == layout.comments().len();
        let read = snippets_of(again, &stream, &layout).len() == self.standing.len() + placed.len();
        let sound = same_tokens && comments && read && layout.is_clean() == self.layout.is_clean();
        if sound { Ok(()) } else { Err(Refusal::OtherCode) }
    }
}

fn snippets_of(source: &SourceFile, stream: &TokenStream, layout: &Layout) -> Vec<Declaration> {
    let said = declaration::read(source, layout, &stream.lines(source), &license::header);
    said.into_iter().filter(|declaration| declaration.kind == DeclarationKind::Snippet).collect()
}

fn words<'a>(source: &'a SourceFile, stream: &'a TokenStream) -> impl Iterator<Item = &'a [u8]> {
    stream.spans().iter().map(|span| &source.text()[span.start as usize..span.end as usize])
}

/// What tags claim, whatever lines of the origin they name.
fn claims(tags: &[String]) -> Vec<&str> {
    tags.iter().map(|tag| tag.split(", ").next().unwrap_or(tag)).collect::<Vec<_>>()
}

/// Whether two ranges overlap and neither holds the other.
fn crosses(a: LineRange, b: LineRange) -> bool {
    let overlap = a.first <= b.last && b.first <= a.last;
    let holds =
        |outer: LineRange, inner: LineRange| outer.first <= inner.first && inner.last <= outer.last;
    overlap && !holds(a, b) && !holds(b, a)
}

fn first_line(text: &[u8]) -> &[u8] {
    text.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or(text)
}

/// A line without the byte order mark before it.
fn split_mark(line: &[u8]) -> (&[u8], &[u8]) {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    match line.strip_prefix(MARK) {
        Some(content) => (MARK, content),
        None => (&[], line),
    }
}

#[cfg(test)]
mod tests;
