//! Lines of comment written into the cells of a notebook, and nothing else changed.

use super::{Form, read};
use crate::text::source::{CellLine, Held, SourceFile};

/// Where a line goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    /// Above the first line of a cell at or below the place.
    Above,
    /// Below the last line of a cell above the place.
    Below,
}

/// The file of a notebook with the lines that its code has more in another text. `closes` tells the
/// lines that belong to the code above them. Returns `None` where a line cannot be written so that
/// the notebook reads as that text.
pub(crate) fn with_lines_of(
    source: &SourceFile,
    text: &[u8],
    closes: impl Fn(&str) -> bool,
) -> Option<Vec<u8>> {
    let held = source.held()?;
    let text = str::from_utf8(text).ok()?;
    let mut above: Vec<(u32, &str)> = Vec::new();
    let mut below: Vec<(u32, &str)> = Vec::new();
    for (place, line) in inserted_lines(str::from_utf8(source.text()).ok()?, text) {
        let (side, at) = if closes(line) {
            (&mut below, held.lines.iter().rfind(|known| known.at < place)?)
        } else {
            (&mut above, held.lines.iter().find(|known| known.at >= place)?)
        };
        side.push((at.file_line, line));
    }
    let written = insert_into(held, &above, &below)?;
    // What was written is read back: a notebook may hold strings
    // in ways that are not foreseen here.
    let again = read(source.path(), source.language(), Form::Notebook, written).ok()?;
    let lines = |text: &str| -> Vec<String> {
        text.lines().map(str::trim_end).filter(|it| !it.is_empty()).map(str::to_owned).collect()
    };
    let is_same = lines(str::from_utf8(again.text()).ok()?) == lines(text);
    is_same.then(|| again.file().to_vec())
}

/// The lines that another text has more, each with the line before which it stands.
fn inserted_lines<'t>(before: &str, after: &'t str) -> Vec<(u32, &'t str)> {
    let mut known = before.lines().peekable();
    let mut place = 1;
    let mut added = Vec::new();
    for line in after.lines() {
        match known.next_if(|known| *known == line) {
            Some(_) => place += 1,
            None => added.push((place, line)),
        }
    }
    added
}

/// The file with the lines put in.
fn insert_into(held: &Held, above: &[(u32, &str)], below: &[(u32, &str)]) -> Option<Vec<u8>> {
    let file = str::from_utf8(&held.file).ok()?;
    let mut written = String::with_capacity(file.len() + 256 * (above.len() + below.len()));
    for (number, line) in (1..).zip(file.split_inclusive('\n')) {
        let at = |sides: &[(u32, &str)], side| -> Vec<String> {
            let lines = sides.iter().filter(|(place, _)| *place == number);
            lines.map(|(_, text)| element(line, text, side)).collect()
        };
        let (before, behind) = (at(above, Side::Above), at(below, Side::Below));
        if !before.is_empty() || !behind.is_empty() {
            stands_alone(held, number, line)?;
        }
        written.extend(before);
        if behind.is_empty() {
            written.push_str(line)
        } else {
            written.push_str(&append_strings(line, &behind)?)
        }
    }
    Some(written.into_bytes())
}

/// Checks that a line of the file is one string of a list, and that string one line of code.
fn stands_alone(held: &Held, number: u32, line: &str) -> Option<()> {
    let of_file = |known: &&CellLine| known.file_line == number;
    let is_string = line.trim().trim_end_matches(',').len() > 1
        && line.trim().starts_with('"')
        && line.trim().trim_end_matches(',').ends_with('"');
    (is_string && held.lines.iter().filter(of_file).count() == 1).then_some(())
}

/// A line of code as a string of a list, between others of it.
fn element(beside: &str, text: &str, side: Side) -> String {
    let indent: String = beside.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let ends = if beside.ends_with("\r\n") { "\r\n" } else { "\n" };
    let is_last = side == Side::Below && !beside.trim_end().ends_with(',');
    let (line, comma) = if is_last { (text.to_owned(), "") } else { (format!("{text}\n"), ",") };
    format!("{indent}{}{comma}{ends}", serde_json::Value::from(line))
}

/// A string of a list with others behind it; the last one of a list ends its line now.
fn append_strings(line: &str, behind: &[String]) -> Option<String> {
    if line.trim_end().ends_with(',') {
        return Some(format!("{line}{}", behind.concat()));
    }
    let (string, rest) = line.split_at(line.rfind('"')?);
    let string = string.strip_suffix("\\n").unwrap_or(string);
    // Of several lines behind the last one all but the last end too.
    let (last, others) = behind.split_last()?;
    let others = others.iter().map(|other| {
        let at = other.rfind('"').unwrap_or(other.len());
        format!("{}\\n\",{}", &other[..at], &other[at + 1..])
    });
    let line_end = rest.trim_start_matches('"');
    Some(format!("{string}\\n\",{line_end}{}{last}", others.collect::<String>()))
}
