//! What is asked: a suggestion, as `docs/check.schema.json` has it.

use std::borrow::Cow;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::lines::Incoming;
use crate::project::walk::{display_path, shorten};
use crate::session::Session;
use crate::session::admit::{Refusal, language_names, language_of_path, parse_language};
use crate::text::language::Language;
use crate::text::source::{Passage, Surrounded};

/// A piece of code that an assistant suggests.
pub(super) struct Suggestion<'l> {
    /// What it is called by whoever asks; null if it is not.
    pub id: Value,
    /// The document it is for and its version, where whoever asks names them.
    pub uri: Option<Cow<'l, str>>,
    pub version: Option<Value>,
    path: String,
    language: Language,
    code: Cow<'l, str>,
    before: Cow<'l, str>,
    after: Cow<'l, str>,
}

/// Why a line is not checked.
pub(super) struct Refused {
    /// What it is called, as far as that could be read.
    pub id: Value,
    pub why: Why,
}

/// Whether something is wrong with a line.
pub(super) enum Why {
    /// It cannot be checked.
    Wrong(String),
    /// It is not to be checked.
    Unchecked(String),
}

impl From<Refusal> for Why {
    fn from(refusal: Refusal) -> Why {
        Why::Unchecked(refusal.to_string())
    }
}

impl From<String> for Why {
    fn from(why: String) -> Why {
        Why::Wrong(why)
    }
}

impl From<&str> for Why {
    fn from(why: &str) -> Why {
        Why::Wrong(why.to_owned())
    }
}

/// The line, field by field. What is not known is passed over: assistants send along what they
/// have.
#[derive(Deserialize)]
struct Line<'l> {
    #[serde(default)]
    id: Value,
    #[serde(borrow)]
    code: Option<Cow<'l, str>>,
    #[serde(borrow)]
    path: Option<Cow<'l, str>>,
    #[serde(borrow)]
    language: Option<Cow<'l, str>>,
    #[serde(borrow)]
    surrounding: Option<Surrounding<'l>>,
    #[serde(borrow)]
    uri: Option<Cow<'l, str>>,
    version: Option<Value>,
}

/// The text that a suggestion would stand in: what is before and behind it, or a document and the
/// range in it that the suggestion takes the place of.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Surrounding<'l> {
    #[serde(borrow)]
    before: Option<Cow<'l, str>>,
    #[serde(borrow)]
    after: Option<Cow<'l, str>>,
    #[serde(borrow)]
    text: Option<Cow<'l, str>>,
    range: Option<Range>,
}

/// As the Language Server Protocol has it: lines from 0, UTF-16 units of the line.
#[derive(Clone, Copy, Deserialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Clone, Copy, Deserialize)]
struct Position {
    line: u64,
    character: u64,
}

impl<'l> Suggestion<'l> {
    /// Reads a line. A path is relative to the directory of the project.
    pub(super) fn parse(line: &'l Incoming, directory: &Path) -> Result<Suggestion<'l>, Refused> {
        let unknown = |why: String| Refused { id: Value::Null, why: why.into() };
        let bytes = line.content.as_ref().map_err(|why| unknown(why.clone()))?;
        let text = str::from_utf8(bytes)
            .map_err(|error| unknown(format!("byte {} is not UTF-8", error.valid_up_to() + 1)))?;
        let line: Line<'l> = serde_json::from_str(text)
            .map_err(|error| Refused { id: id_in(text), why: describe_error(&error).into() })?;
        let id = line.id.clone();
        Suggestion::of(line, directory).map_err(|why| Refused { id, why })
    }

    fn of(line: Line<'l>, directory: &Path) -> Result<Suggestion<'l>, Why> {
        let code = line.code.ok_or("there is no `code`; expected the text of the suggestion")?;
        let language = match (&line.language, &line.path) {
            (Some(name), _) => parse_language(name)?,
            (None, Some(path)) => language_of_path(path)?,
            (None, None) => {
                let known = language_names();
                return Err(format!("there is neither `path` nor `language` ({known})").into());
            }
        };
        let path = match &line.path {
            Some(path) if path.contains('\0') => return Err("`path` holds a NUL".into()),
            Some(path) => directory.join(&**path),
            None => directory.join(format!("suggestion.{}", language.row().extensions[0])),
        };
        let (before, after) = sides(line.surrounding.unwrap_or_default())?;
        let (id, uri, version) = (line.id, line.uri, line.version);
        Ok(Suggestion {
            id,
            uri,
            version,
            path: display_path(&path),
            language,
            code,
            before,
            after,
        })
    }

    /// The code.
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// The path it is for.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Whether nothing surrounds it.
    pub(crate) fn stands_alone(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// The text that it makes with what surrounds it.
    ///
    /// # Errors
    /// If it is not to be checked.
    pub(crate) fn admit(&self, session: &Session) -> Result<Surrounded, Refused> {
        let admitted = session.admit_piece(&self.path, self.language, self.passage());
        admitted.map_err(|refusal| Refused { id: self.id.clone(), why: refusal.into() })
    }

    /// The same without a look at what the project checks: what is fuzzed.
    #[cfg(fuzzing)]
    pub(crate) fn build_text(&self) -> Surrounded {
        self.passage().assemble(self.path.clone(), self.language)
    }

    fn passage(&self) -> Passage<'_> {
        Passage { before: &self.before, code: &self.code, after: &self.after }
    }
}

/// What stands before and behind the suggestion.
fn sides<'l>(surrounding: Surrounding<'l>) -> Result<(Cow<'l, str>, Cow<'l, str>), String> {
    match surrounding {
        Surrounding { text: Some(text), range: Some(range), before: None, after: None } => {
            let (start, end) = (offset(&text, range.start)?, offset(&text, range.end)?);
            if start <= end {
                Ok((text[..start].to_owned().into(), text[end..].to_owned().into()))
            } else {
                Err("`range` ends before it starts".to_owned())
            }
        }
        Surrounding { text: None, range: None, before, after } => {
            Ok((before.unwrap_or_default(), after.unwrap_or_default()))
        }
        _ => Err(
            "`surrounding` is not understood; expected `before` and `after`, or `text` and `range`"
                .to_owned(),
        ),
    }
}

/// The byte at a position. As the protocol has it, what is behind the end of a line is its end.
fn offset(text: &str, position: Position) -> Result<usize, String> {
    let mut start = 0;
    for _ in 0..position.line {
        start += line_length(&text[start..]).ok_or_else(|| {
            format!("`range` names line {}, which the text does not have", position.line)
        })?;
    }
    let line = &text[start..];
    let line = &line[..line.find(['\r', '\n']).unwrap_or(line.len())];
    let mut units = 0;
    for (at, c) in line.char_indices() {
        if units >= position.character {
            return Ok(start + at);
        }
        units += c.len_utf16() as u64;
    }
    Ok(start + line.len())
}

/// The bytes up to the next line; `None` if there is none.
fn line_length(text: &str) -> Option<usize> {
    let end = text.find(['\r', '\n'])?;
    Some(end + if text[end..].starts_with("\r\n") { 2 } else { 1 })
}

/// What a line that is not understood calls itself, if that much is: whoever asked waits for it.
fn id_in(text: &str) -> Value {
    let whole: Option<Value> = serde_json::from_str(text).ok();
    whole.and_then(|whole| whole.get("id").cloned()).unwrap_or_default()
}

/// What is wrong with a line, and where in it. It may repeat words of the line.
fn describe_error(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or_default();
    match error.column() {
        0 => shorten(what),
        column if error.is_data() => format!("{} (column {column})", shorten(what)),
        column => format!(
            "the line is not JSON: {} (column {column}); write a whole object in each line",
            shorten(what)
        ),
    }
}
