//! Which texts are checked. Every service asks here first, so that all of them answer alike:
//! a text that is excluded, of another language, too large or binary is not checked, and the answer
//! says so.

use std::path::Path;

use super::Session;
use crate::judgement::finding::{Note, NoteKind};
use crate::project::walk::{self, Inspected, MAX_SCANNED_BYTES, NotText, shorten};
use crate::text::document::Form;
use crate::text::language::Language;
use crate::text::source::{Passage, SourceFile, Surrounded};

/// Why a text is not checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The configuration excludes the path.
    #[error("not checked: the configuration excludes `{}`", shorten(.0))]
    Excluded(String),
    /// The language is not known.
    #[error(
        "not checked: `{}` is of no language that is known ({})", shorten(.0), language_names()
    )]
    Language(String),
    /// It is larger than the limit.
    #[error("not checked: the code is longer than {} MiB; check it in pieces", MAX_SCANNED_BYTES >> 20)]
    TooLarge,
    /// It is no text.
    #[error("not checked: {0}")]
    NotText(NotText),
}

impl Refusal {
    /// The reason as a note on a path.
    pub(crate) fn note(&self, path: &str) -> Note {
        Note { path: Some(path.to_owned()), kind: NoteKind::Skipped, message: self.to_string() }
    }
}

impl Session {
    /// Makes a whole text ready to be checked at its path.
    ///
    /// # Errors
    /// If it is not to be checked.
    pub(crate) fn admit(
        &self,
        path: &str,
        language: Language,
        text: Vec<u8>,
    ) -> Result<SourceFile, Refusal> {
        self.check_path(path)?;
        check_size(text.len())?;
        match walk::inspect(text) {
            Inspected::Text(text) => Ok(SourceFile::new(path, language, text)),
            Inspected::NotText(reason) => Err(Refusal::NotText(reason)),
        }
    }

    /// Lets a text be checked that was taken out of its file already.
    ///
    /// # Errors
    /// If it is not to be checked.
    pub(crate) fn admit_source(&self, source: SourceFile) -> Result<SourceFile, Refusal> {
        self.check_path(source.path())?;
        check_size(source.text().len())?;
        match walk::not_text(source.text()) {
            Some(reason) => Err(Refusal::NotText(reason)),
            None => Ok(source),
        }
    }

    /// Makes a piece of code ready to be checked in the text around it.
    ///
    /// # Errors
    /// If it is not to be checked.
    pub(crate) fn admit_piece(
        &self,
        path: &str,
        language: Language,
        piece: Passage<'_>,
    ) -> Result<Surrounded, Refusal> {
        self.check_path(path)?;
        check_size(piece.len())?;
        let text = piece.assemble(path, language);
        match walk::not_text(text.source().text()) {
            Some(reason) => Err(Refusal::NotText(reason)),
            None => Ok(text),
        }
    }

    fn check_path(&self, path: &str) -> Result<(), Refusal> {
        if self.excludes(Path::new(path)) {
            Err(Refusal::Excluded(path.to_owned()))
        } else {
            Ok(())
        }
    }
}

/// Returns the language of that name.
///
/// # Errors
/// If birthmark does not know it.
pub(crate) fn parse_language(name: &str) -> Result<Language, Refusal> {
    let language = Language::from_name(&name.to_ascii_lowercase());
    language.ok_or_else(|| Refusal::Language(name.to_owned()))
}

/// Returns the language that a path has by its name.
///
/// # Errors
/// If birthmark does not know it.
pub(crate) fn language_of_path(path: &str) -> Result<Language, Refusal> {
    Form::language_of_code(Path::new(path)).ok_or_else(|| Refusal::Language(path.to_owned()))
}

/// The names of all languages, for messages.
pub(crate) fn language_names() -> String {
    Language::all().map(Language::name).collect::<Vec<_>>().join(", ")
}

fn check_size(bytes: usize) -> Result<(), Refusal> {
    if bytes as u64 > MAX_SCANNED_BYTES { Err(Refusal::TooLarge) } else { Ok(()) }
}
