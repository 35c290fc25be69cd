//! Files that hold code among other things: notebooks, and pages of prose with blocks of code.
//!
//! ```text
//!   bytes --notebook, markdown--> code on the lines of the file, blank lines between --> SourceFile
//! ```
//!
//! What comes out is a text like any other, so that nothing behind this door knows of notebooks: its
//! lines are those of the file, and what is no code is a blank line. Only where a notebook has
//! several lines of code on one line of its file the text has lines of its own, one cell after the
//! other. [`Held`](crate::text::source::Held) tells which line of which cell a line is.

mod insertion;
mod magic;
mod markdown;
mod notebook;

use std::path::Path;

use crate::text::language::Language;
use crate::text::source::SourceFile;

pub(crate) use insertion::with_lines_of;
pub(crate) use magic::without_magics;

/// Largest notebook that is read: its outputs may be many times its code.
pub(crate) const MAX_NOTEBOOK_BYTES: u64 = 64 << 20;

/// How a file holds code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// It is code.
    #[default]
    Plain,
    /// In cells, as Jupyter writes them.
    Notebook,
    /// In fenced blocks of Markdown.
    Markdown,
}

/// Why there is no code to be had from a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unread {
    /// It is no notebook.
    #[error("it is no notebook that can be read: {0}; open it in Jupyter and save it again")]
    Broken(String),
    /// Its cells are in a language that nobody reads.
    #[error("its cells are in {0}, which birthmark does not read")]
    Language(String),
}

impl Form {
    /// The form of a file by its name, where that is not plain code.
    pub(crate) fn of(path: &Path) -> Option<Form> {
        match path.extension()?.to_str()? {
            "ipynb" => Some(Form::Notebook),
            "md" | "markdown" | "mdx" | "qmd" | "Rmd" => Some(Form::Markdown),
            _ => None,
        }
    }

    /// The language that code for a file is in where its name is all that is known of it. A
    /// notebook may say otherwise.
    pub(crate) fn language_of_code(path: &Path) -> Option<Language> {
        match Form::of(path) {
            Some(Form::Notebook) => Language::from_name(notebook::USUAL_LANGUAGE),
            _ => Language::from_path(path),
        }
    }
}

/// Whether a file may hold code in a language, by its text. A page of prose has only blocks in some.
pub(crate) fn may_hold(language: Language, form: Form, bytes: &[u8]) -> bool {
    form != Form::Markdown || markdown::languages(bytes).contains(&language)
}

/// The code of a file in a language. A notebook has one language, which it tells itself.
///
/// # Errors
/// If the file is not what its form says.
pub(crate) fn read(
    path: impl Into<String>,
    language: Language,
    form: Form,
    bytes: Vec<u8>,
) -> Result<SourceFile, Unread> {
    match form {
        Form::Plain => Ok(SourceFile::new(path, language, bytes)),
        Form::Notebook => notebook::read(path.into(), bytes),
        Form::Markdown => Ok(markdown::read(path.into(), language, bytes)),
    }
}

#[cfg(test)]
mod tests;
