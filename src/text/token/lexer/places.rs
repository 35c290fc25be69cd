//! Where a line of comment may stand in a text that is read by a lexer, and how far a statement
//! reaches: by brackets and indentation.

use super::super::layout::Comment;
use super::super::leaves::Leaf;
use super::super::role::Shape;
use crate::text::source::SourceFile;
use crate::text::span::LineRange;

/// Whether a line of comment may stand before the byte at an offset, which begins a line: in no
/// string and no comment, and directly inside of braces or nothing.
pub(in super::super) fn is_place(
    source: &SourceFile,
    leaves: &[Leaf],
    comments: &[Comment],
    offset: usize,
) -> bool {
    let offset = offset as u32;
    let is_inside = |span: crate::text::span::ByteSpan| span.start < offset && offset < span.end;
    if comments.iter().any(|comment| is_inside(comment.span)) {
        return false;
    }
    let mut open: Vec<bool> = Vec::new();
    for leaf in leaves.iter().take_while(|leaf| leaf.span.start < offset) {
        if is_inside(leaf.span) {
            return false;
        }
        match leaf.shape {
            Shape::OpenParenthesis(_) | Shape::OpenGroup => open.push(false),
            Shape::OpenOther(_) => {
                open.push(source.text().get(leaf.span.start as usize) == Some(&b'{'));
            }
            Shape::Close => {
                open.pop();
            }
            _ => {}
        }
    }
    let before = source.text()[..offset as usize].trim_ascii_end();
    let goes_on = matches!(before.last(), Some(b'\\' | b'=' | b'+' | b',' | b'.' | b'&' | b'|'));
    let in_braces = open.last().copied().unwrap_or(true);
    in_braces && (!goes_on || before.ends_with(b",") && !open.is_empty())
}

/// The lines of the statement that begins below a line: until its brackets are closed, with the
/// lines below that are indented deeper, and the line that closes these.
pub(in super::super) fn statement_below(
    source: &SourceFile,
    leaves: &[Leaf],
    line: u32,
) -> Option<LineRange> {
    let offset = *source.line_starts().get(line as usize)?;
    let begin = leaves.partition_point(|leaf| leaf.span.start < offset);
    let first_code = source.line(leaves.get(begin)?.span.start);
    let indent = indentation(source.line_text(first_code));
    let mut last = first_code;
    let (mut depth, mut has_braces) = (0usize, false);
    for leaf in &leaves[begin..] {
        let here = source.line(leaf.span.start);
        if here > last && depth == 0 {
            let text = source.line_text(here);
            let deeper = indentation(text) > indent;
            let opens = !has_braces && text.trim_ascii_start().starts_with(b"{");
            let closes = last > first_code && (leaf.shape == Shape::Close || is_end(text));
            let goes_on = indentation(text) == indent && (opens || closes);
            if !deeper && !goes_on {
                break;
            }
        }
        has_braces |= source.text().get(leaf.span.start as usize) == Some(&b'{');
        match leaf.shape {
            Shape::OpenParenthesis(_) | Shape::OpenGroup | Shape::OpenOther(_) => depth += 1,
            // `} else {` closes what was open before the statement.
            Shape::Close if depth == 0 && here == first_code => {}
            Shape::Close if depth == 0 && indentation(source.line_text(here)) < indent => break,
            Shape::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        last = last.max(source.line(leaf.span.end.saturating_sub(1)));
    }
    // Comments and attributes between the line and the code belong to it.
    Some(LineRange { first: line + 1, last })
}

fn indentation(line: &[u8]) -> usize {
    line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// Whether a line is the end of a block that begins with a word.
fn is_end(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    ENDS.iter().any(|end| {
        line.strip_prefix(end.as_bytes())
            .is_some_and(|rest| rest.first().is_none_or(|byte| !byte.is_ascii_alphanumeric()))
    })
}

const ENDS: [&str; 9] = ["end", "fi", "done", "esac", "else", "elif", "elseif", "elsif", "rescue"];
