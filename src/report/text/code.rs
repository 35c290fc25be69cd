//! The user's own code below a finding, so that it can be judged without opening the file.

use std::io::{self, Write};

use super::{BLUE, DIM};
use crate::report::printable::Printable;
use crate::report::source_facts::CodeLines;

/// Spaces that a tab is drawn as.
const TAB: &str = "    ";

/// Where code begins on a line of the report, in columns: behind the number and the bar.
const GUTTER: usize = 10;

/// Writes lines of code with their numbers, and how many of the region are left out.
///
/// # Errors
/// If writing fails.
pub(super) fn write(
    lines: &CodeLines,
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (number, text) in &lines.first {
        line(*number, text, width, out)?;
    }
    if lines.left_out > 0 {
        writeln!(out, "  {BLUE}{:>5} |{BLUE:#} {DIM}{} more lines{DIM:#}", "...", lines.left_out)?;
    }
    for (number, text) in &lines.last {
        line(*number, text, width, out)?;
    }
    Ok(())
}

fn line(number: u32, text: &str, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let text = Printable(&text.replace('\t', TAB)).to_string();
    let shown = match width.map(|width| width.saturating_sub(GUTTER).max(GUTTER)) {
        Some(room) => cut(&text, room),
        None => text,
    };
    writeln!(out, "{}", format!("  {BLUE}{number:>5} |{BLUE:#} {shown}").trim_end())
}

/// The beginning of a text that is wider than there is room for, in columns.
fn cut(text: &str, room: usize) -> String {
    if textwrap::core::display_width(text) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if textwrap::core::display_width(&kept) >= room {
            // The last column is for the ellipsis.
            kept.pop();
            break;
        }
    }
    format!("{kept}…")
}
