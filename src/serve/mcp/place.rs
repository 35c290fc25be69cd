//! What a caller asks about: a piece of code, where it would stand, and what stands around it
//! there.

use std::path::Path;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::project::{Projects, Spot};
use super::schema::one_of;
use super::tool::Failure;
use crate::project::walk::{self, DEFAULT_SIZE_LIMIT, WalkedFile, display_path};
use crate::report::printable::Printable;
use crate::session::Checker;
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

impl Asked<'_> {
    /// Finds the project and makes the text.
    ///
    /// # Errors
    /// If something is missing, unknown, too large or out of bounds.
    pub(super) fn placed(&self, projects: &Projects) -> Result<Placed, Failure> {
        let spot = projects.spot(self.path, self.project)?;
        let language = self.language()?;
        let text = match self.code {
            Some(code) => {
                let surrounding =
                    self.surrounding.map(|it| (it.before.as_str(), it.after.as_str()));
                let (before, after) = surrounding.unwrap_or_default();
                let passage = Passage { before, code, after };
                check_size(passage.len())?;
                passage.surrounded(self.name(&spot, language), language)
            }
            None => self.file(&spot, language)?,
        };
        let checker = projects.checker(&spot.project)?;
        Ok(Placed { checker, text, shown: self.path.map(str::to_owned) })
    }

    fn language(&self) -> Result<Language, Failure> {
        let known = || Language::all().map(Language::name).collect::<Vec<_>>().join(", ");
        match (self.language, self.path) {
            (Some(name), _) => Language::from_name(name).ok_or_else(|| {
                Failure(format!(
                    "language: {} is not known; known are {}",
                    Printable(name),
                    known()
                ))
            }),
            (None, Some(path)) => Language::from_path(Path::new(path)).ok_or_else(|| {
                let path = Printable(path);
                Failure(format!(
                    "the language of {path} is not known by its name; give `language`: {}",
                    known()
                ))
            }),
            (None, None) => Err(Failure(format!(
                "give the `path` the code is meant for, or its `language`: {}",
                known()
            ))),
        }
    }

    /// The path of the code; code without one is taken for a file at the top of the project.
    fn name(&self, spot: &Spot, language: Language) -> String {
        let extension = language.row().extensions.first().copied().unwrap_or_default();
        display_path(&match self.path {
            Some(_) => spot.path.clone(),
            None => spot.path.join(format!("unnamed.{extension}")),
        })
    }

    /// The file at the path, which the caller named to be read.
    fn file(&self, spot: &Spot, language: Language) -> Result<Surrounded, Failure> {
        if self.path.is_none() {
            return Err(Failure(
                "give the `code`, or the `path` of a file that holds it".to_owned(),
            ));
        }
        let file = WalkedFile::on_disk(spot.path.clone(), language);
        let source = walk::load(&file, DEFAULT_SIZE_LIMIT).map_err(|note| {
            let (path, message) =
                (spot.path.display().to_string(), Printable(&note.message).to_string());
            Failure(format!("{}: {message}. Give the `code` itself.", Printable(&path)))
        })?;
        let text = String::from_utf8_lossy(source.text());
        Ok(Passage { before: "", code: &text, after: "" }.surrounded(source.path(), language))
    }
}

fn check_size(bytes: usize) -> Result<(), Failure> {
    match bytes as u64 > DEFAULT_SIZE_LIMIT {
        true => Err(Failure(format!(
            "{bytes} bytes of code are more than the limit of {} MiB; check it in pieces",
            DEFAULT_SIZE_LIMIT >> 20
        ))),
        false => Ok(()),
    }
}

/// The schema of a language's name.
pub(super) fn language_names(generator: &mut SchemaGenerator) -> Schema {
    one_of(generator, Language::all().map(Language::name))
}
