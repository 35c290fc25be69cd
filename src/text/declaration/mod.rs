//! What a text says of where its code comes from: SPDX snippet tags, the header of the file,
//! "adapted from" comments.
//!
//! Only comments and docstrings count, as the parser finds them: a string that holds a tag says
//! nothing. What is said is taken down here with the lines it speaks of; whether it is true is for
//! [`policy`](crate::judgement::policy) to judge.
//!
//! ```text
//!   # SPDX-SnippetBegin                             lines from here
//!   # SPDX-SnippetCopyrightText: 2010 Ada Example
//!   # SPDX-License-Identifier: MIT
//!   # SPDX-SnippetComment: adapted from pkg:pypi/six@1.17.0, six.py lines 12-40
//!   ...
//!   # SPDX-SnippetEnd                               to here; snippets may stand in snippets
//! ```

mod inbound;
mod origin;

pub(crate) use inbound::may_state;
pub(crate) use origin::Origin;

use crate::license::{self, LicenseFact};
use crate::text::source::SourceFile;
use crate::text::span::LineRange;
use crate::text::token::{CommentKind, Layout};

/// The tags of snippets, as SPDX 2.3 (annex H) and REUSE spell them.
pub(crate) mod tag {
    /// Opens a snippet.
    pub(crate) const BEGIN: &str = "SPDX-SnippetBegin";
    /// Closes it.
    pub(crate) const END: &str = "SPDX-SnippetEnd";
    /// Who holds the copyright in it.
    pub(crate) const COPYRIGHT: &str = "SPDX-SnippetCopyrightText:";
    /// The licence of a file or snippet.
    pub(crate) const LICENSE: &str = "SPDX-License-Identifier:";
    /// Anything else about it; birthmark writes the origin here.
    pub(crate) const COMMENT: &str = "SPDX-SnippetComment:";
}

/// Something said of the provenance of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declaration {
    /// In what way it is said.
    pub kind: DeclarationKind,
    /// Where it is said: its first line.
    pub line: u32,
    /// The lines it speaks of.
    pub scope: LineRange,
    /// The licence it states, if it states one.
    pub license: Option<LicenseFact>,
    /// The origins it names.
    pub origins: Vec<Origin>,
    /// The holders of copyright it names.
    pub copyrights: Vec<String>,
    /// The licence of the code it speaks of: the one it states, or that of the forum whose answer
    /// it names.
    pub inbound: Option<LicenseFact>,
}

/// The ways to say where code comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum DeclarationKind {
    /// Between SPDX snippet tags.
    Snippet,
    /// In a comment by the code: "adapted from ...".
    Comment,
    /// In the header of the file, for all of it.
    Header,
}

/// Lines above a place in which a comment still speaks of it.
const NEAR: u32 = 5;

impl Declaration {
    /// Whether it speaks of these lines: of most of them, or right above or among them.
    pub(crate) fn is_about(&self, lines: LineRange) -> bool {
        let near = self.kind == DeclarationKind::Comment
            && (lines.first.saturating_sub(NEAR)..=lines.last).contains(&self.line);
        near || self.share_of(lines) >= MOST_LINES
    }

    /// Which part of these lines it speaks of.
    fn share_of(&self, lines: LineRange) -> f32 {
        let common =
            (lines.last.min(self.scope.last) + 1).saturating_sub(lines.first.max(self.scope.first));
        common as f32 / (lines.last - lines.first + 1) as f32
    }
}

/// Part of a place's lines that a declaration must speak of. Not all: a match begins and ends where
/// tokens do, and people put tags where functions do.
const MOST_LINES: f32 = 0.8;

/// Reads what the header of a text states.
pub(crate) type HeaderReader<'a> = dyn Fn(&[u8]) -> Option<LicenseFact> + 'a;

/// Everything a text says of its provenance, innermost snippets first, then comments, then the
/// header. `code` are the lines that hold code, ascending.
pub(crate) fn read(
    source: &SourceFile,
    layout: &Layout,
    code: &[u32],
    header: &HeaderReader<'_>,
) -> Vec<Declaration> {
    let said = find_declarations(source, layout);
    let first_code = code.first().copied().unwrap_or(u32::MAX);
    let mut reader =
        Reader { source, first_code, open: Vec::new(), closed: Vec::new(), comments: Vec::new() };
    let (mut ignored, mut quoted, mut above) = (false, false, 0);
    for (i, line) in said.iter().enumerate() {
        // An example of code in documentation states nothing.
        let goes_on = line.documents && line.number == above + 1;
        quoted = line.documents && ((quoted && goes_on) ^ line.text.starts_with("```"));
        above = line.number;
        match line.text.as_str() {
            _ if quoted => {}
            text if text.starts_with(IGNORE_START) => ignored = true,
            text if text.starts_with(IGNORE_END) => ignored = false,
            _ if ignored => {}
            _ => reader.line(line, said.get(i + 1).filter(|next| next.number == line.number + 1)),
        }
    }
    reader.finish(header)
}

/// What REUSE does not read, birthmark does not either: texts that speak of tags.
const IGNORE_START: &str = concat!("REUSE", "-IgnoreStart");
const IGNORE_END: &str = concat!("REUSE", "-IgnoreEnd");

/// A line of a comment without the marks that make it one.
struct Said {
    number: u32,
    text: String,
    kind: CommentKind,
    /// Whether it stands in a docstring or a comment of documentation.
    documents: bool,
}

fn find_declarations(source: &SourceFile, layout: &Layout) -> Vec<Said> {
    let mut lines = Vec::new();
    for comment in layout.comments() {
        let raw = &source.text()[comment.span.start as usize..];
        let is_doc = DOCUMENTATION.iter().any(|mark| raw.starts_with(mark));
        let documents = is_doc || comment.kind == CommentKind::Docstring;
        let first = source.line(comment.span.start);
        let last = source.line(comment.span.end.saturating_sub(1).max(comment.span.start));
        for number in first..=last {
            let start = source.line_start(number).max(comment.span.start) as usize;
            let end = source
                .line_starts()
                .get(number as usize)
                .map_or(source.text().len(), |&at| at as usize);
            let end = end.min(comment.span.end as usize);
            let text = String::from_utf8_lossy(&source.text()[start..end]);
            let text = text.trim_start_matches(is_mark).trim_end_matches(is_closing).to_owned();
            lines.push(Said { number, text, kind: comment.kind, documents });
        }
    }
    lines
}

/// What comments of documentation begin with.
const DOCUMENTATION: [&[u8]; 4] = [b"///", b"//!", b"/**", b"/*!"];

fn is_mark(c: char) -> bool {
    c.is_whitespace() || matches!(c, '#' | '/' | '*' | '!' | ';' | '-' | '"' | '\'')
}

fn is_closing(c: char) -> bool {
    c.is_whitespace() || matches!(c, '*' | '/' | '"' | '\'')
}

/// Takes down what comments say, line by line.
struct Reader<'a> {
    source: &'a SourceFile,
    first_code: u32,
    open: Vec<Snippet>,
    closed: Vec<Declaration>,
    comments: Vec<Declaration>,
}

/// A snippet that is being read.
struct Snippet {
    first: u32,
    licenses: Vec<String>,
    origins: Vec<Origin>,
    copyrights: Vec<String>,
}

impl Reader<'_> {
    fn line(&mut self, line: &Said, next: Option<&Said>) {
        let text = line.text.as_str();
        if line.documents && (text.starts_with(tag::BEGIN) || text.starts_with(tag::END)) {
            return; // It explains how tags are written.
        }
        if text.starts_with(tag::BEGIN) {
            let (licenses, origins, copyrights) = Default::default();
            self.open.push(Snippet { first: line.number, licenses, origins, copyrights });
            return;
        }
        if text.starts_with(tag::END) {
            if let Some(snippet) = self.open.pop() {
                self.closed.push(snippet.close(line.number));
            }
            return;
        }
        let next = next.map(|next| next.text.as_str());
        let origin = Origin::read(text, next);
        match self.open.last_mut() {
            Some(snippet) => {
                let value = |tag: &str| text.strip_prefix(tag).map(|value| value.trim().to_owned());
                snippet.licenses.extend(value(tag::LICENSE));
                snippet.copyrights.extend(value(tag::COPYRIGHT));
                snippet.origins.extend(origin);
            }
            None => {
                let inbound = inbound::of_comment(text, next, origin.is_some());
                if origin.is_some() || inbound.is_some() {
                    self.comments.push(Declaration {
                        kind: DeclarationKind::Comment,
                        line: line.number,
                        scope: self.scope(line),
                        license: None,
                        origins: origin.into_iter().collect(),
                        copyrights: Vec::new(),
                        inbound,
                    });
                }
            }
        }
    }

    /// The lines a comment speaks of: those of the paragraph or definition below it; from a
    /// docstring on, all that is indented as deep; from above the first code, the whole file.
    fn scope(&self, comment: &Said) -> LineRange {
        let last_line = self.source.line_count();
        if comment.number < self.first_code {
            return LineRange { first: 1, last: last_line };
        }
        let indent = |line: u32| {
            let text = self.source.line_text(line);
            let blank = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            (!text.trim_ascii().is_empty()).then_some(blank)
        };
        let mut last = comment.number;
        let (mut depth, mut after_blank) = (None, false);
        for line in comment.number + 1..=last_line {
            let Some(here) = indent(line) else {
                after_blank = true;
                continue;
            };
            let depth = *depth.get_or_insert(here);
            let leaves = here < depth
                || here == depth && after_blank && comment.kind == CommentKind::Comment;
            if leaves && last > comment.number {
                break;
            }
            (last, after_blank) = (line, false);
        }
        LineRange { first: comment.number, last }
    }

    fn finish(mut self, header: &HeaderReader<'_>) -> Vec<Declaration> {
        let last = self.source.line_count();
        // A snippet that nobody closed reaches to the end.
        while let Some(snippet) = self.open.pop() {
            self.closed.push(snippet.close(last));
        }
        // Inner snippets close first, and so stand before those around them.
        let mut all = self.closed;
        all.append(&mut self.comments);
        all.extend(header(self.source.text()).map(|fact| Declaration {
            kind: DeclarationKind::Header,
            line: 1,
            scope: LineRange { first: 1, last },
            inbound: Some(fact.clone()),
            license: Some(fact),
            origins: Vec::new(),
            copyrights: Vec::new(),
        }));
        all
    }
}

impl Snippet {
    fn close(self, last: u32) -> Declaration {
        let licenses: Vec<&str> = self.licenses.iter().map(String::as_str).collect();
        let license = license::from_tags(&licenses);
        Declaration {
            kind: DeclarationKind::Snippet,
            line: self.first,
            scope: LineRange { first: self.first, last },
            inbound: license.clone(),
            license,
            origins: self.origins,
            copyrights: self.copyrights,
        }
    }
}

#[cfg(test)]
mod tests;
