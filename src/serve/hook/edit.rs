//! The text of a file as an agent leaves it, and which lines of it are the agent's.

use std::path::Path;

use super::event::{Change, Moment, Part, Which, Write};
use crate::project::changes::{Versions, added};
use crate::project::walk::{self, Inspected, MAX_SCANNED_BYTES, ReadProblem, Review};
use crate::text::document::{self, Form, MAX_NOTEBOOK_BYTES};
use crate::text::language::Language;
use crate::text::source::SourceFile;
use crate::text::span::LineSet;

/// A text that is to be judged.
pub(super) struct Edited {
    pub source: SourceFile,
    pub review: Review,
    /// What it was before, if there was anything.
    pub before: Option<SourceFile>,
}

impl Edited {
    fn whole(source: SourceFile) -> Edited {
        Edited { source, review: Review::Whole, before: None }
    }
}

/// A file as it is shown, and what kind of code it holds.
pub(super) struct Kind<'p> {
    pub path: &'p str,
    pub language: Language,
    pub form: Form,
}

impl Kind<'_> {
    /// What the whole file holds.
    fn source(&self, text: Vec<u8>) -> Result<SourceFile, String> {
        let text = match walk::inspect(text) {
            Inspected::Text(text) => text,
            Inspected::NotText(reason) => {
                return Err(format!("{}: not checked: {reason}", self.path));
            }
        };
        // How large it may be is asked where it is admitted.
        walk::source(self.path, (self.language, self.form), text, MAX_NOTEBOOK_BYTES)
            .map_err(|note| format!("{}: {}", self.path, note.message))
    }

    /// A piece of its code.
    fn piece(&self, code: &str) -> SourceFile {
        let lines: Vec<&str> = code.lines().collect();
        let code = match self.form {
            Form::Notebook => document::without_magics(&lines, self.language).join("\n"),
            Form::Plain | Form::Markdown => code.to_owned(),
        };
        SourceFile::new(self.path, self.language, code.into_bytes())
    }
}

/// What is to be judged of a file. A change that does not fit the file is judged by itself: whether
/// it comes to anything is for the agent to find out.
pub(super) fn edited(
    directory: &Path,
    write: &Write,
    kind: &Kind<'_>,
    moment: Moment,
) -> Result<Edited, String> {
    let limit = walk::limit_of(kind.form, MAX_SCANNED_BYTES);
    let before = read(&directory.join(write.from.as_ref().unwrap_or(&write.path)), limit)?;
    changed(before, &write.change, kind, moment)
}

/// What is to be judged of a text that is changed.
pub(super) fn changed(
    before: Option<Vec<u8>>,
    change: &Change,
    kind: &Kind<'_>,
    moment: Moment,
) -> Result<Edited, String> {
    match (change, moment) {
        // What a cell of a notebook held before is known by a name that its file need not have.
        (Change::Cell(code), _) => Ok(Edited::whole(kind.piece(code))),
        (Change::Whole(content), Moment::Before) => between(before, content.clone().into(), kind),
        (Change::Whole(content), Moment::After) => {
            Ok(Edited::whole(kind.source(content.clone().into())?))
        }
        (Change::Parts(parts), Moment::Before) => match replaced(before.as_deref(), parts) {
            Some(after) => between(before, after, kind),
            None => Ok(alone(parts, kind)),
        },
        (Change::Parts(parts), Moment::After) => {
            match before.and_then(|text| Some((lines_holding(&text, parts)?, text))) {
                Some((lines, text)) => {
                    let (source, review) = (kind.source(text)?, Review::Lines(lines));
                    Ok(Edited { source, review, before: None })
                }
                None => Ok(alone(parts, kind)),
            }
        }
    }
}

/// The text of a file; `None` if it is not there.
fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, String> {
    match walk::read(path, limit) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ReadProblem::Unreadable(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(problem) => Err(format!("{}: {problem}", walk::display_path(path))),
    }
}

/// Of a text what another one does not hold; all of it where there is none, or none that can be read.
fn between(before: Option<Vec<u8>>, after: Vec<u8>, kind: &Kind<'_>) -> Result<Edited, String> {
    let source = kind.source(after)?;
    let Some(before) = before.and_then(|before| kind.source(before).ok()) else {
        return Ok(Edited::whole(source));
    };
    let versions = Versions { before: Some(&before), after: Some(&source) };
    let lines = added([versions].into_iter()).pop().map(|added| added.lines).unwrap_or_default();
    Ok(Edited { source, review: Review::Lines(lines), before: Some(before) })
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

/// The lines of a text that hold what was put into it; `None` if it does not hold it.
fn lines_holding(text: &[u8], parts: &[Part]) -> Option<LineSet> {
    let whole = str::from_utf8(text).ok()?;
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
    Some(LineSet::from_iter(lines))
}

/// What is put in, without what it is put into.
fn alone(parts: &[Part], kind: &Kind<'_>) -> Edited {
    let new: Vec<&str> = parts.iter().map(|part| part.new.as_str()).collect();
    Edited::whole(kind.piece(&new.join("\n")))
}
