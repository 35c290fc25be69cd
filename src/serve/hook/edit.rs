//! The text of a file as an agent leaves it, and which lines of it are the agent's.

use std::path::Path;

use super::event::{Change, Moment, Part, Which, Write};
use crate::project::changes::{Versions, added_lines};
use crate::project::walk::{self, Inspected, MAX_SCANNED_BYTES, ReadProblem, Review};
use crate::text::document::{self, Form, MAX_NOTEBOOK_BYTES};
use crate::text::language::Language;
use crate::text::source::SourceFile;
use crate::text::span::{LineRange, LineSet};

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

    /// The lines that the agent adds.
    pub(super) fn added_lines(&self) -> LineSet {
        match &self.review {
            Review::Whole => LineRange { first: 1, last: self.source.line_count() }.into(),
            Review::Lines(lines) => lines.clone(),
        }
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

/// Reads the text of the file that is to be changed; `None` if there is none.
pub(super) fn text_before(
    directory: &Path,
    write: &Write,
    form: Form,
) -> Result<Option<Vec<u8>>, String> {
    let limit = walk::limit_of(form, MAX_SCANNED_BYTES);
    read(&directory.join(write.from.as_ref().unwrap_or(&write.path)), limit)
}

/// What is to be judged of a text that is changed. A change that does not fit the text is judged by
/// itself: whether it comes to anything is for the agent to find out.
pub(super) fn apply_change(
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
        (Change::Parts(parts), Moment::Before) => match replace_parts(before.as_deref(), parts) {
            Some((after, _)) => between(before, after, kind),
            None => Ok(alone(parts, kind)),
        },
        (Change::Parts(parts), Moment::After) => {
            match before.and_then(|text| Some((find_lines(&text, parts)?, text))) {
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
    let lines =
        added_lines([versions].into_iter()).pop().map(|added| added.lines).unwrap_or_default();
    Ok(Edited { source, review: Review::Lines(lines), before: Some(before) })
}

/// Where a new part stands in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The number of the part.
    pub part: usize,
    /// Its first byte.
    pub start: usize,
    /// The byte behind it.
    pub end: usize,
}

/// Returns the text with its parts replaced, and the places of the new ones that later parts left
/// as they were; `None` if some part is not in the text.
pub(super) fn replace_parts(
    before: Option<&[u8]>,
    parts: &[Part],
) -> Option<(Vec<u8>, Vec<Place>)> {
    let mut text = match before {
        Some(bytes) => str::from_utf8(bytes).ok()?.to_owned(),
        None => String::new(),
    };
    // Agents read files line by line and know nothing of carriage returns.
    let is_windows = text.contains("\r\n");
    let mut places: Vec<Place> = Vec::new();
    for (number, Part { old, new, which }) in parts.iter().enumerate() {
        let (old, new) = if is_windows {
            (with_carriage_returns(old), with_carriage_returns(new))
        } else {
            (old.clone(), new.clone())
        };
        let found: Vec<usize> = match (old.is_empty(), which) {
            (true, _) => vec![text.len()],
            (false, Which::First) => text.find(&old).into_iter().collect(),
            (false, Which::All) => text.match_indices(&old).map(|(at, _)| at).collect(),
        };
        if found.is_empty() {
            return None;
        }
        // From the end, so that the places before it stay.
        for at in found.into_iter().rev() {
            text.replace_range(at..at + old.len(), &new);
            places.retain(|place| place.end <= at || at + old.len() <= place.start);
            for place in places.iter_mut().filter(|place| at + old.len() <= place.start) {
                place.start = place.start - old.len() + new.len();
                place.end = place.end - old.len() + new.len();
            }
            places.push(Place { part: number, start: at, end: at + new.len() });
        }
    }
    Some((text.into_bytes(), places))
}

fn with_carriage_returns(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

/// The lines of a text that hold what was put into it; `None` if it does not hold it.
fn find_lines(text: &[u8], parts: &[Part]) -> Option<LineSet> {
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
            // The break at the end of a part does not make the line below it the agent's.
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
