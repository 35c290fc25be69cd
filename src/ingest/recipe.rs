//! Recipes: lists of components with what is to be verified of them.
//!
//! ```toml
//! [[component]]
//! purl = "pkg:pypi/six@1.17.0"
//! digest = "blake3:..."               # verified when present
//! license = "MIT"                     # given by the recipe's author; else learned
//! source = "wheels/six-1.17.0.whl"    # relative to the recipe; else the package is fetched
//! archive = "package/lib.zip"         # an archive inside the source: only its files count
//! folder = "usr/src/x"                # only files below it count; their paths begin there
//! include = ["core/**"]               # the source files to take, by globs on those paths
//! exclude = ["**/tests/**"]           # those to leave out of them
//! ```
//!
//! The digest of a component covers what was selected, after selection.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::{Glob, GlobBuilder};
use serde::Deserialize;
use toml::Spanned;

use super::{BuildScripts, Given, IngestError, Ingested, Selection, Source, ingest};
use crate::engine::index::Spill;
use crate::engine::index::documents::{Component, Day};
use crate::license::{LearnedFrom, LicenseExpression, LicenseFact, Precision};
use crate::project::walk::one_line;
use crate::purl::Purl;

/// A list of components.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipe {
    /// The comment at the top of the file, with its line breaks; other comments are not kept.
    pub preface: String,
    /// The components, in the order of the file.
    pub components: Vec<RecipeComponent>,
}

/// One component of a recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipeComponent {
    /// Its name and version.
    pub purl: Purl,
    /// What its content was when the recipe was written.
    pub digest: Option<String>,
    /// Its licence, if the recipe says it.
    pub license: Option<LicenseExpression>,
    /// Whether that licence is exact.
    pub precision: Precision,
    /// The day it was published, if the recipe says it.
    pub published: Option<Day>,
    /// Where it comes from, if not from its registry: a word for [`Source::parse`].
    pub source: Option<String>,
    /// The part of the source that becomes the component.
    pub selection: Selection,
}

/// Why a recipe cannot be read, and where.
#[derive(Debug)]
pub struct RecipeError {
    /// The recipe.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The offending text, on one line and cut to a printable length.
    pub text: String,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl fmt::Display for RecipeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        write!(f, "{file}:{}:{}: {}", self.line, self.column, self.message)?;
        if self.text.is_empty() { Ok(()) } else { write!(f, ", at `{}`", self.text) }
    }
}

impl std::error::Error for RecipeError {}

impl Recipe {
    /// Reads a recipe; `file` is for messages.
    ///
    /// # Errors
    /// If it is no TOML, has an unknown key, or a value is not what it should be.
    pub fn parse(text: &str, file: &Path) -> Result<Recipe, RecipeError> {
        let failed = |span: Option<Range<usize>>, message: String| {
            error_at(text, file, span.unwrap_or(0..0), &message)
        };
        let typed: TypedRecipe = toml::from_str(text)
            .map_err(|error| failed(error.span(), error.message().to_owned()))?;
        let components = typed.component.into_iter().map(|component| {
            component.into_component().map_err(|(span, message)| failed(Some(span), message))
        });
        Ok(Recipe { preface: preface(text), components: components.collect::<Result<_, _>>()? })
    }

    /// The recipe as a file.
    pub(crate) fn to_toml(&self) -> String {
        let preface = (!self.preface.is_empty()).then(|| self.preface.clone());
        let tables =
            preface.into_iter().chain(self.components.iter().map(RecipeComponent::to_toml));
        tables.collect::<Vec<_>>().join("\n")
    }
}

impl RecipeComponent {
    /// The component as it was ingested: its digest, and its licence if the recipe said it or an
    /// exact one was learned.
    pub(crate) fn pin_component(&self, component: &Component) -> RecipeComponent {
        let known = component.license.precision == Precision::Exact;
        let learned = component.license.expression.clone().filter(|_| known);
        RecipeComponent {
            digest: Some(component.digest.clone()),
            license: self.license.clone().or(learned),
            ..self.clone()
        }
    }

    /// Ingests the component; relative paths are relative to `base`, the directory of the recipe.
    ///
    /// # Errors
    /// If it cannot be ingested, or its digest is not that of the recipe.
    pub fn ingest(
        &self,
        base: &Path,
        build_scripts: BuildScripts,
        spill: &Arc<Spill>,
    ) -> Result<Ingested, IngestError> {
        let source = match &self.source {
            Some(word) => Source::parse(word, base)?,
            None => Source::Package(self.purl.clone()),
        };
        let given = Given {
            published: self.published,
            purl: Some(self.purl.clone()),
            license: self.license.clone().map(|expression| LicenseFact {
                expression: Some(expression),
                declared: String::new(),
                precision: self.precision,
                learned_from: LearnedFrom::Given,
            }),
            selection: self.selection.clone(),
            build_scripts,
        };
        let ingested = ingest(&source, &given, spill)?;
        match &self.digest {
            Some(recorded) if *recorded != ingested.component.digest => {
                Err(IngestError::DigestMismatch {
                    purl: self.purl.clone(),
                    found: ingested.component.digest,
                    recorded: recorded.clone(),
                })
            }
            _ => Ok(ingested),
        }
    }

    fn to_toml(&self) -> String {
        let published = self.published.map(|day| day.to_string());
        let text = |text: &str| toml::Value::from(text);
        let globs = |globs: &[Glob]| {
            (!globs.is_empty())
                .then(|| toml::Value::from(globs.iter().map(Glob::glob).collect::<Vec<_>>()))
        };
        let fields = [
            ("purl", Some(text(self.purl.as_str()))),
            ("digest", self.digest.as_deref().map(text)),
            ("license", self.license.as_ref().map(|license| text(license.as_str()))),
            ("published", published.as_deref().map(text)),
            ("source", self.source.as_deref().map(text)),
            ("archive", self.selection.archive.as_deref().map(text)),
            ("folder", self.selection.folder.as_deref().map(text)),
            ("include", globs(&self.selection.include)),
            ("exclude", globs(&self.selection.exclude)),
        ];
        let mut table = "[[component]]\n".to_owned();
        for (key, value) in fields {
            if let Some(value) = value {
                table.push_str(&format!("{key} = {value}\n"));
            }
        }
        table
    }
}

/// A recipe as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedRecipe {
    #[serde(default)]
    component: Vec<TypedComponent>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedComponent {
    purl: Spanned<String>,
    digest: Option<Spanned<String>>,
    license: Option<Spanned<String>>,
    published: Option<Spanned<String>>,
    source: Option<Spanned<String>>,
    archive: Option<String>,
    folder: Option<String>,
    #[serde(default)]
    include: Vec<Spanned<String>>,
    #[serde(default)]
    exclude: Vec<Spanned<String>>,
}

impl TypedComponent {
    fn into_component(self) -> Result<RecipeComponent, (Range<usize>, String)> {
        let purl = self.purl.get_ref().parse();
        let purl =
            purl.map_err(|error: crate::purl::PurlError| (self.purl.span(), error.to_string()))?;
        let (license, precision) = match &self.license {
            None => (None, Precision::Exact),
            Some(text) => {
                let (license, precision) = LicenseExpression::parse(text.get_ref())
                    .map_err(|error| (text.span(), error.to_string()))?;
                (Some(license), precision)
            }
        };
        if let Some(digest) = self.digest.as_ref().filter(|digest| !is_digest(digest.get_ref())) {
            let message = "a digest is `blake3:` and 64 hexadecimal digits in lower case";
            return Err((digest.span(), message.to_owned()));
        }
        let published = match &self.published {
            None => None,
            Some(text) => Some(text.get_ref().parse().map_err(|_| {
                (text.span(), "expected the day of publication, such as \"2019-04-30\"".to_owned())
            })?),
        };
        let selection = Selection {
            archive: self.archive,
            folder: self.folder.map(|folder| folder.trim_matches('/').to_owned()),
            include: self.include.iter().map(glob).collect::<Result<_, _>>()?,
            exclude: self.exclude.iter().map(glob).collect::<Result<_, _>>()?,
        };
        Ok(RecipeComponent {
            published,
            purl,
            digest: self.digest.map(Spanned::into_inner),
            license,
            precision,
            source: self.source.map(Spanned::into_inner),
            selection,
        })
    }
}

/// A glob on paths with `/`: `*` stays within a folder, `**` does not.
fn glob(pattern: &Spanned<String>) -> Result<Glob, (Range<usize>, String)> {
    let glob = GlobBuilder::new(pattern.get_ref()).literal_separator(true).build();
    glob.map_err(|error| (pattern.span(), format!("this is not a glob: {}", error.kind())))
}

/// The comment lines that a file begins with.
fn preface(text: &str) -> String {
    text.split_inclusive('\n').take_while(|line| line.starts_with('#')).collect()
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("blake3:").is_some_and(|digits| {
        digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn error_at(text: &str, file: &Path, span: Range<usize>, message: &str) -> RecipeError {
    let before = text.get(..span.start).unwrap_or_default();
    let offending = text.get(span).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let offending = offending.lines().next().unwrap_or_default();
    RecipeError {
        file: file.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        text: one_line(offending).chars().take(80).collect(),
        message: one_line(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let parsed = Recipe::parse(text, Path::new("recipe.toml"));
        parsed.unwrap_err().to_string()
    }

    #[test]
    fn recipes_survive_writing_and_reading() {
        let digest = format!("blake3:{}", "0a".repeat(32));
        let text = format!(
            "# What is in it,\n# and why.\n\n\
             [[component]]\npurl = \"pkg:pypi/six@1.17.0\"\ndigest = \"{digest}\"\nlicense = \"MIT\"\n\
             source = \"a b/six.whl\"\narchive = \"a/b.zip\"\nfolder = \"Lib\"\n\
             include = [\"*.py\", \"json/**\"]\nexclude = [\"**/tests/**\"]\n\n[[component]]\npurl = \"pkg:cargo/x@1.0.0\"\n"
        );
        let recipe = Recipe::parse(&text, Path::new("recipe.toml")).unwrap();
        assert_eq!(recipe.components.len(), 2);
        assert_eq!(recipe.components[0].license.as_ref().unwrap().as_str(), "MIT");
        assert_eq!(recipe.to_toml(), text);
        assert_eq!(Recipe::parse("", Path::new("x")).unwrap(), Recipe::default());
    }

    #[test]
    fn errors_say_where() {
        let cases = [
            ("[[component]]\npurl = 'six'\n", "recipe.toml:2:8: `six` is not a package URL: "),
            ("[[component]]\n", "recipe.toml:1:1: missing field `purl`"),
            (
                "[[component]]\npurl = 'pkg:pypi/a@1'\ndigset = 'x'\n",
                "recipe.toml:3:1: unknown field `digset`, expected one of",
            ),
            (
                "[[component]]\npurl = 'pkg:pypi/a@1'\ndigest = 'md5:1'\n",
                "recipe.toml:3:10: a digest is `blake3:` and 64 ",
            ),
            (
                "[[component]]\npurl = 'pkg:pypi/a@1'\n# é\nlicense = 'MTI'\n",
                "recipe.toml:4:11: `MTI` is not an SPDX",
            ),
            (
                "[[component]]\npurl = 'pkg:pypi/a@1'\ninclude = ['a', '{']\n",
                "recipe.toml:3:17: this is not a glob: ",
            ),
            ("[[component]\n", "recipe.toml:1:13: "),
            (
                "[[component]]\npurl = 3\n",
                "recipe.toml:2:8: invalid type: integer `3`, expected a string, at `3`",
            ),
        ];
        for (text, expected) in cases {
            let message = error(text);
            assert!(message.starts_with(expected), "{message}");
        }
    }
}
