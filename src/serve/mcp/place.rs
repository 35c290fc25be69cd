//! What a caller asks about: a piece of code, where it would stand, and what stands around it
//! there.

use std::path::PathBuf;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::project::{Projects, Spot};
use super::schema::one_of;
use super::tool::Failure;
use crate::project::walk::{self, MAX_SCANNED_BYTES, WalkedFile, display_path};
use crate::report::printable::Printable;
use crate::session::Checker;
use crate::session::admit::{Refusal, language_names, language_of_path, parse_language};
use crate::text::document::Form;
use crate::text::language::Language;
use crate::text::source::{Passage, Surrounded};

/// What a caller says of the code.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked<'a> {
    pub(super) code: Option<&'a str>,
    pub(super) surrounding: Option<&'a Surrounding>,
    pub(super) language: Option<&'a str>,
    pub(super) path: Option<&'a str>,
    pub(super) project: Option<&'a str>,
}

/// The text around a piece of code, to understand it; it is not judged.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Surrounding {
    /// What stands before the code in its file, to the code's first character.
    #[serde(default)]
    before: String,
    /// What stands behind the code in its file, from the code's last character on.
    #[serde(default)]
    after: String,
}

/// A text that is to be looked at, and the project it belongs to.
pub(super) struct Placed {
    pub(super) checker: Arc<Checker>,
    pub(super) text: Surrounded,
    /// The path as the caller gave it.
    pub(super) shown: Option<String>,
}

/// A text that is not checked.
pub(super) struct Refused {
    pub(super) checker: Arc<Checker>,
    /// The path, absolute.
    pub(super) path: PathBuf,
    pub(super) refusal: Refusal,
}

impl Asked<'_> {
    /// Finds the project and makes the text. The second error says why the text is not checked.
    ///
    /// # Errors
    /// If something is missing, unknown, too large or out of bounds.
    pub(super) fn resolve(&self, projects: &Projects) -> Result<Result<Placed, Refused>, Failure> {
        let spot = projects.spot(self.path, self.project)?;
        let checker = projects.checker(&spot.project)?;
        let text = match self.language()? {
            Err(refusal) => Err(refusal),
            Ok(language) => self.text(&checker, &spot, language)?,
        };
        Ok(match text {
            Ok(text) => Ok(Placed { checker, text, shown: self.path.map(str::to_owned) }),
            Err(refusal) => Err(Refused { checker, path: spot.path, refusal }),
        })
    }

    fn language(&self) -> Result<Result<Language, Refusal>, Failure> {
        match (self.language, self.path) {
            (Some(name), _) => parse_language(name).map(Ok).map_err(|_| {
                let (name, known) = (Printable(name), language_names());
                Failure(format!("language: {name} is not known; known are {known}"))
            }),
            (None, Some(path)) => Ok(language_of_path(path)),
            (None, None) => Err(Failure(format!(
                "give the `path` the code is meant for, or its `language`: {}",
                language_names()
            ))),
        }
    }

    fn text(
        &self,
        checker: &Checker,
        spot: &Spot,
        language: Language,
    ) -> Result<Result<Surrounded, Refusal>, Failure> {
        let held;
        let (before, code, after) = match (self.code, self.surrounding) {
            (Some(code), Some(Surrounding { before, after })) => (&**before, code, &**after),
            (Some(code), None) => ("", code, ""),
            (None, _) => {
                held = self.file(spot, language)?;
                ("", &*held, "")
            }
        };
        let piece = Passage { before, code, after };
        Ok(checker.session().admit_piece(&self.name(spot, language), language, piece))
    }

    /// The path of the code; code without one is taken for a file at the top of the project.
    fn name(&self, spot: &Spot, language: Language) -> String {
        let extension = language.row().extensions.first().copied().unwrap_or_default();
        display_path(&match self.path {
            Some(_) => spot.path.clone(),
            None => spot.path.join(format!("unnamed.{extension}")),
        })
    }

    /// The text of the file at the path, which the caller named to be read.
    fn file(&self, spot: &Spot, language: Language) -> Result<String, Failure> {
        if self.path.is_none() {
            return Err(Failure(
                "give the `code`, or the `path` of a file that holds it".to_owned(),
            ));
        }
        let form = Form::of(&spot.path).unwrap_or_default();
        let file = WalkedFile::on_disk(spot.path.clone(), (language, form));
        let source = walk::load(&file, MAX_SCANNED_BYTES).map_err(|note| {
            let (path, message) =
                (spot.path.display().to_string(), Printable(&note.message).to_string());
            Failure(format!("{}: {message}. Give the `code` itself.", Printable(&path)))
        })?;
        Ok(String::from_utf8_lossy(source.text()).into_owned())
    }
}

/// The schema of a language's name.
pub(super) fn language_schema(generator: &mut SchemaGenerator) -> Schema {
    one_of(generator, Language::all().map(Language::name))
}
