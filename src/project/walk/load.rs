//! From a file that a walk found to the code that it holds.

use super::door::{ReadProblem, read};
use super::inspect::{Inspected, inspect};
use super::{Content, WalkedFile};
use crate::judgement::finding::{Note, NoteKind};
use crate::text::document::{self, Form, MAX_NOTEBOOK_BYTES, Unread};
use crate::text::language::Language;
use crate::text::source::SourceFile;

/// Reads and inspects a file that a walk found.
///
/// # Errors
/// The note that says why the file is not checked.
pub fn load(file: &WalkedFile, limit: u64) -> Result<SourceFile, Note> {
    let text = match &file.content {
        Content::Held(text) => text.to_vec(),
        Content::OnDisk => {
            let bytes = read(&file.location, limit_of(file.form, limit))
                .map_err(|problem| problem.note(&file.path))?;
            match inspect(bytes) {
                Inspected::Text(text) => text,
                Inspected::NotText(reason) => return Err(reason.note(&file.path)),
            }
        }
    };
    source(&file.path, (file.language, file.form), text, limit)
}

/// The code of a text that was read, of at most so many bytes.
///
/// # Errors
/// The note that says why the file is not checked.
pub fn source(
    path: &str,
    (language, form): (Language, Form),
    text: Vec<u8>,
    limit: u64,
) -> Result<SourceFile, Note> {
    let source =
        document::read(path, language, form, text).map_err(|unread| not_read(path, &unread))?;
    match source.text().len() as u64 {
        size if size > limit => Err(ReadProblem::TooLarge { size, limit }.note(path)),
        _ => Ok(source),
    }
}

/// How much of a file is read: of a notebook the code alone has to keep to the limit.
pub(crate) fn limit_of(form: Form, limit: u64) -> u64 {
    if form == Form::Notebook { MAX_NOTEBOOK_BYTES.max(limit) } else { limit }
}

/// Why there is no code to be had from a file. What is in another language is like any file of that
/// language; what is broken was meant to be checked.
fn not_read(path: &str, unread: &Unread) -> Note {
    let kind = match unread {
        Unread::Broken(_) => NoteKind::Failed,
        Unread::Language(_) => NoteKind::Info,
    };
    Note { path: Some(path.to_owned()), kind, message: format!("not checked: {unread}") }
}
