//! The projects that may be asked about, kept open as they are configured.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use percent_encoding::percent_decode_str;

use super::tool::Failure;
use super::{ChosenBy, Settings};
use crate::judgement::finding::Reference;
use crate::project::walk::absolute_path;
use crate::report::printable::Printable;
use crate::session::journal::Event;
use crate::session::{self, Checker};
use crate::text::token::Tokenizer;

/// The projects below some roots.
pub(super) struct Projects {
    settings: Settings,
    roots: Mutex<Vec<PathBuf>>,
    open: session::Projects,
    tokenizers: Mutex<Vec<Tokenizer>>,
}

/// Where something stands or would stand.
#[derive(Debug)]
pub(super) struct Spot {
    /// The directory of the project.
    pub(super) project: PathBuf,
    /// The path, absolute; the project's directory where none was named.
    pub(super) path: PathBuf,
}

impl Projects {
    pub(super) fn new(settings: Settings) -> Projects {
        Projects {
            roots: Mutex::new(settings.roots.clone()),
            settings,
            open: session::Projects::default(),
            tokenizers: Mutex::default(),
        }
    }

    /// Whether the client may say which the roots are.
    pub(super) fn is_open_to_client(&self) -> bool {
        self.settings.chosen_by == ChosenBy::Client
    }

    /// Takes the client's roots for those that it was started with, as far as they are directories
    /// here.
    pub(super) fn set_roots(&self, uris: &[String]) {
        let roots: Vec<PathBuf> =
            uris.iter().filter_map(|uri| path_of(uri)).filter(|path| path.is_dir()).collect();
        if !roots.is_empty() {
            *lock(&self.roots) = roots;
        }
    }

    /// Where a path and a project are, of which either may be left out.
    ///
    /// # Errors
    /// If one of them is below no root.
    pub(super) fn spot(&self, path: Option<&str>, project: Option<&str>) -> Result<Spot, Failure> {
        let roots = lock(&self.roots).clone();
        let first = roots.first().cloned().unwrap_or_default();
        let project = match (project, path) {
            (Some(named), _) => {
                let directory = below(&roots, &first.join(named))?;
                if !directory.is_dir() {
                    let shown = directory.display().to_string();
                    let message = format!("project: there is no directory {}", Printable(&shown));
                    return Err(Failure(format!("{message}; name one, or leave it out")));
                }
                directory
            }
            (None, Some(path)) => {
                let absolute = absolute_path(&first.join(path));
                let holding = roots.iter().filter(|root| absolute.starts_with(absolute_path(root)));
                // Of roots inside of each other the innermost holds the file.
                holding.max_by_key(|root| root.components().count()).cloned().unwrap_or(first)
            }
            (None, None) => first,
        };
        let path = match path {
            Some(path) => below(&roots, &project.join(path))?,
            None => absolute_path(&project),
        };
        Ok(Spot { project: absolute_path(&project), path })
    }

    /// The project of a directory, as it is configured now.
    ///
    /// # Errors
    /// If it is configured wrongly, or an index cannot be opened.
    pub(super) fn checker(&self, directory: &Path) -> Result<Arc<Checker>, Failure> {
        let place = self.settings.place.at(directory);
        let opened = self.open.open(&place).map_err(|error| {
            Failure::of(&error, "Nothing can be checked before that is put right; tell the user.")
        })?;
        Ok(opened.0)
    }

    /// Notes that code with these references was suggested, and of which of them was said that they
    /// must not stay. A journal that cannot be written keeps nobody from an answer.
    pub(super) fn note<'r>(
        &self,
        checker: &Checker,
        suggested: impl IntoIterator<Item = &'r Reference>,
        dropped: impl IntoIterator<Item = &'r Reference>,
    ) {
        let journal = &self.settings.journal;
        let _ = journal.note(checker.session(), Event::Suggested, None, suggested);
        let _ = journal.note(checker.session(), Event::Dropped, None, dropped);
    }

    /// Lends a tokenizer; making one takes longer than to tokenize a few lines.
    pub(super) fn with_tokenizer<T>(&self, act: impl FnOnce(&mut Tokenizer) -> T) -> T {
        let mut tokenizer = lock(&self.tokenizers).pop().unwrap_or_default();
        let done = act(&mut tokenizer);
        lock(&self.tokenizers).push(tokenizer);
        done
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A path without detours, if it is below a root and no link leads out of there.
fn below(roots: &[PathBuf], path: &Path) -> Result<PathBuf, Failure> {
    let path = absolute_path(path);
    let is_inside = resolve_path(&path).is_some_and(|real| {
        roots.iter().filter_map(|root| root.canonicalize().ok()).any(|root| real.starts_with(root))
    });
    if is_inside {
        return Ok(path);
    }
    let roots: Vec<String> =
        roots.iter().map(|root| absolute_path(root).display().to_string()).collect();
    let (path, roots) = (path.display().to_string(), roots.join(", "));
    Err(Failure(format!(
        "{} is outside of what may be asked about: {}. Give a path in there, or have the user start birthmark mcp with \
         --project DIR.",
        Printable(&path),
        Printable(&roots)
    )))
}

/// Where a path really is, as far as it is there.
fn resolve_path(path: &Path) -> Option<PathBuf> {
    // A file that is to be written need not be there, but a link above it may lead away.
    let there = path.ancestors().find(|above| above.symlink_metadata().is_ok())?;
    let rest = path.strip_prefix(there).ok()?;
    Some(there.canonicalize().ok()?.join(rest))
}

/// The path of a `file:` URI.
fn path_of(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let path = &rest[rest.find('/')?..];
    let path = percent_decode_str(path).decode_utf8().ok()?;
    // `/C:/code` is how a URI has `C:/code`.
    let has_drive = cfg!(windows) && path.as_bytes().get(2) == Some(&b':');
    Some(PathBuf::from(if has_drive { &path[1..] } else { &*path }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_paths() {
        for (uri, path) in [
            ("file:///a/b%20c", Some("/a/b c")),
            ("file://localhost/a", Some("/a")),
            ("file:", None),
            ("file://", None),
            ("https://example.org/a", None),
            ("/a", None),
        ] {
            assert_eq!(path_of(uri), path.map(PathBuf::from), "{uri}");
        }
    }
}
