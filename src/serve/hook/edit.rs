//! The text of a file as an agent leaves it, and which lines of it are the agent's.

use std::path::Path;

use super::event::{Change, Moment, Part, Which, Write};
use crate::project::changes::{Versions, added};
use crate::project::walk::{self, MAX_SCANNED_BYTES, ReadProblem, Review};
use crate::text::language::Language;
use crate::text::source::SourceFile;
use crate::text::span::LineSet;

/// A text that is to be judged.
pub(super) struct Edited {
    pub text: Vec<u8>,
    pub review: Review,
    /// What it was before, if there was anything.
    pub before: Option<Vec<u8>>,
}

impl Edited {
    fn whole(text: Vec<u8>) -> Edited {
        Edited { text, review: Review::Whole, before: None }
    }
}

/// What is to be judged of a file. A change that does not fit the file is judged by itself: whether
/// it comes to anything is for the agent to find out.
pub(super) fn edited(
    directory: &Path,
    write: &Write,
    language: Language,
    moment: Moment,
) -> Result<Edited, String> {
    let before = read(&directory.join(write.from.as_ref().unwrap_or(&write.path)))?;
    Ok(changed(before, &write.change, language, moment))
}

/// What is to be judged of a text that is changed.
pub(super) fn changed(
    before: Option<Vec<u8>>,
    change: &Change,
    language: Language,
    moment: Moment,
) -> Edited {
    match (change, moment) {
        (Change::Whole(content), Moment::Before) => {
            between(before, content.clone().into(), language)
        }
        (Change::Whole(content), Moment::After) => Edited::whole(content.clone().into()),
        (Change::Parts(parts), Moment::Before) => match replaced(before.as_deref(), parts) {
            Some(after) => between(before, after, language),
            None => alone(parts),
        },
        (Change::Parts(parts), Moment::After) => {
            before.and_then(|text| holding(text, parts)).unwrap_or_else(|| alone(parts))
        }
    }
}

/// The text of a file; `None` if it is not there.
fn read(path: &Path) -> Result<Option<Vec<u8>>, String> {
    match walk::read(path, MAX_SCANNED_BYTES) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ReadProblem::Unreadable(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(problem) => Err(format!("{}: {problem}", walk::display_path(path))),
    }
}

/// Of a text what another one does not hold; all of it where there is none.
fn between(before: Option<Vec<u8>>, after: Vec<u8>, language: Language) -> Edited {
    let Some(before) = before else {
        return Edited::whole(after);
    };
    let source = |text: Vec<u8>| SourceFile::new("", language, text);
    let (before, after) = (source(before), source(after));
    let versions = Versions { before: Some(&before), after: Some(&after) };
    let lines = added([versions].into_iter()).pop().map(|added| added.lines).unwrap_or_default();
    Edited {
        text: after.text().to_vec(),
        review: Review::Lines(lines),
        before: Some(before.text().to_vec()),
    }
}

/// The text with its parts replaced; `None` if some part is not in it.
fn replaced(before: Option<&[u8]>, parts: &[Part]) -> Option<Vec<u8>> {
    let mut text = match before {
        Some(bytes) => str::from_utf8(bytes).ok()?.to_owned(),
        None => String::new(),
    };
    // Agents read files line by line and know nothing of carriage returns.
    let is_windows = text.contains("\r\n");
    for Part { old, new, which } in parts {
        let (old, new) = match is_windows {
            true => (with_carriage_returns(old), with_carriage_returns(new)),
            false => (old.clone(), new.clone()),
        };
        if old.is_empty() {
            text.push_str(&new);
            continue;
        }
        if !text.contains(&old) {
            return None;
        }
        text = match which {
            Which::First => text.replacen(&old, &new, 1),
            Which::All => text.replace(&old, &new),
        };
    }
    Some(text.into_bytes())
}

fn with_carriage_returns(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

/// A text that holds what was put into it; `None` if it does not.
fn holding(text: Vec<u8>, parts: &[Part]) -> Option<Edited> {
    let whole = str::from_utf8(&text).ok()?;
    let mut lines = Vec::new();
    for part in parts.iter().filter(|part| !part.new.trim().is_empty()) {
        let new = if whole.contains("\r\n") {
            with_carriage_returns(&part.new)
        } else {
            part.new.clone()
        };
        let line = |at: usize| whole[..at].matches('\n').count() as u32 + 1;
        let found: Vec<usize> = whole.match_indices(&new).map(|(at, _)| at).collect();
        let found = match part.which {
            Which::First => found.get(..1)?,
            Which::All if found.is_empty() => return None,
            Which::All => &found,
        };
        for &at in found {
            lines.extend(line(at)..=line(at + new.trim_end().len()));
        }
    }
    Some(Edited { review: Review::Lines(LineSet::from_iter(lines)), text, before: None })
}

/// What is put in, without what it is put into.
fn alone(parts: &[Part]) -> Edited {
    let new: Vec<&str> = parts.iter().map(|part| part.new.as_str()).collect();
    Edited::whole(new.join("\n").into_bytes())
}
