//! The licence each scanned file stands under.
//!
//! What the user says holds for every file. Else the nearest `Cargo.toml` or `pyproject.toml` above the file that
//! states a licence decides, else the nearest licence text (`LICENSE`, `COPYING`). The search ends at the root of the
//! git repository, or outside of one at the boundaries it was given: it never reads above the project.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::{MAX_CONFIG_BYTES, read_text};
use crate::finding::{Note, NoteKind};
use crate::license::{
    LearnedFrom, LicenseFact, ManifestError, ManifestLicense, from_cargo_toml, from_license_text,
    from_pyproject,
};

/// Answers under which licence a file stands. Directories are read once.
#[derive(Debug)]
pub struct ProjectLicenses {
    given: Option<LicenseFact>,
    boundaries: Vec<PathBuf>,
    known: Mutex<HashMap<PathBuf, Found>>,
    notes: Mutex<BTreeSet<Note>>,
}

/// What holds for the files of a directory, from itself or from above.
#[derive(Clone, Debug, Default)]
struct Found {
    manifest: Option<LicenseFact>,
    text: Option<LicenseFact>,
}

/// The names under which licence texts are looked for.
const LICENSE_TEXTS: [&str; 14] = [
    "LICENSE",
    "LICENSE.txt",
    "LICENSE.md",
    "LICENSE.rst",
    "LICENCE",
    "LICENCE.txt",
    "LICENCE.md",
    "COPYING",
    "COPYING.txt",
    "COPYING.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "license.txt",
    "UNLICENSE",
];

impl ProjectLicenses {
    /// Every file stands under this licence.
    pub fn given(license: LicenseFact) -> ProjectLicenses {
        ProjectLicenses { given: Some(license), ..ProjectLicenses::discovered(Vec::new()) }
    }

    /// Each file's licence is to be found above it. Outside of a git repository the search does not leave the
    /// boundaries, which are absolute directories.
    pub fn discovered(boundaries: Vec<PathBuf>) -> ProjectLicenses {
        ProjectLicenses { given: None, boundaries, known: Mutex::default(), notes: Mutex::default() }
    }

    /// The licence of a file or of a directory's own files.
    pub fn of(&self, path: &Path) -> LicenseFact {
        if let Some(given) = &self.given {
            return given.clone();
        }
        let Ok(path) = std::path::absolute(path) else {
            return LicenseFact::unknown();
        };
        let directory = if path.is_dir() { path } else { path.parent().unwrap_or(&path).to_owned() };
        let found = self.found(&directory);
        found.manifest.or(found.text).unwrap_or_else(LicenseFact::unknown)
    }

    /// The licence given for every file, if one was.
    pub fn given_fact(&self) -> Option<&LicenseFact> {
        self.given.as_ref()
    }

    /// What could not be read on the way, in a fixed order.
    pub fn notes(&self) -> Vec<Note> {
        lock(&self.notes).iter().cloned().collect()
    }

    fn found(&self, directory: &Path) -> Found {
        // Two threads may both read a directory; both then find the same.
        if let Some(found) = lock(&self.known).get(directory) {
            return found.clone();
        }
        let found = match self.manifest(directory) {
            Some(declared) => Found { manifest: Some(declared), text: None },
            None => self.found_without_manifest(directory),
        };
        lock(&self.known).insert(directory.to_owned(), found.clone());
        found
    }

    /// Texts count only where no manifest does; those that do not count are not read, and leave no notes.
    fn found_without_manifest(&self, directory: &Path) -> Found {
        let parent = directory.parent().filter(|_| !self.is_top(directory));
        let above = parent.map(|parent| self.found(parent)).unwrap_or_default();
        match above.manifest {
            Some(declared) => Found { manifest: Some(declared), text: None },
            None => Found { manifest: None, text: self.text(directory).or(above.text) },
        }
    }

    /// Whether the search ends here.
    fn is_top(&self, directory: &Path) -> bool {
        let in_repository = || directory.ancestors().any(|above| above.join(".git").exists());
        directory.join(".git").exists()
            || (!self.boundaries.iter().any(|b| directory.starts_with(b) && directory != b)
                && !in_repository())
    }

    fn manifest(&self, directory: &Path) -> Option<LicenseFact> {
        self.cargo(directory).or_else(|| self.python(directory))
    }

    fn cargo(&self, directory: &Path) -> Option<LicenseFact> {
        let path = directory.join("Cargo.toml");
        let text = self.read(&path)?;
        match self.readable(&path, from_cargo_toml(&text, None))? {
            // The root of the workspace stands somewhere above.
            ManifestLicense::InWorkspace => self.above(directory).find_map(|above| {
                let root_path = above.join("Cargo.toml");
                let root = self.read(&root_path)?;
                let said = self.readable(&root_path, from_cargo_toml(&text, Some(&root)))?;
                self.declared(&above, said)
            }),
            said => self.declared(directory, said),
        }
    }

    fn python(&self, directory: &Path) -> Option<LicenseFact> {
        let path = directory.join("pyproject.toml");
        let said = from_pyproject(&self.read(&path)?);
        self.declared(directory, self.readable(&path, said)?)
    }

    fn declared(&self, directory: &Path, said: ManifestLicense) -> Option<LicenseFact> {
        match said {
            ManifestLicense::Declared(fact) => Some(fact),
            ManifestLicense::InFile(name) => from_license_text(&self.read(&directory.join(name))?),
            ManifestLicense::InWorkspace => None,
        }
    }

    /// A manifest that cannot be read says nothing, and a note says so.
    fn readable(
        &self,
        path: &Path,
        said: Result<Option<ManifestLicense>, ManifestError>,
    ) -> Option<ManifestLicense> {
        said.unwrap_or_else(|error| {
            self.note(path, format!("its licence is not known: {error}"));
            None
        })
    }

    /// The directories above one, as far as licences are looked for.
    fn above<'a>(&'a self, directory: &'a Path) -> impl Iterator<Item = PathBuf> + 'a {
        let parent = |below: &PathBuf| match self.is_top(below) {
            true => None,
            false => below.parent().map(Path::to_owned),
        };
        std::iter::successors(parent(&directory.to_owned()), parent)
    }

    /// The licence of the texts in a directory. Two different texts, or one nobody recognises, make it unknown:
    /// whether both hold or one may be chosen is not for a program to say.
    fn text(&self, directory: &Path) -> Option<LicenseFact> {
        let texts: Vec<(PathBuf, Option<LicenseFact>)> = LICENSE_TEXTS
            .iter()
            .map(|name| directory.join(name))
            .filter_map(|path| {
                let text = self.read(&path)?;
                Some((path, from_license_text(&text)))
            })
            .collect();
        let (first_path, first) = texts.first()?;
        if let Some(fact) = first
            && texts
                .iter()
                .all(|(_, other)| other.as_ref().map(|fact| &fact.expression) == Some(&fact.expression))
        {
            return Some(fact.clone());
        }
        let message = if texts.len() > 1 {
            "several licence texts stand side by side; state the project's licence with `license` in birthmark.toml"
        } else {
            "the licence text is not a known one; state the project's licence with `license` in birthmark.toml"
        };
        self.note(first_path, message.to_owned());
        Some(LicenseFact { learned_from: LearnedFrom::LicenseText, ..LicenseFact::unknown() })
    }

    fn read(&self, path: &Path) -> Option<String> {
        if !path.is_file() {
            return None;
        }
        read_text(path, MAX_CONFIG_BYTES)
            .map_err(|reason| self.note(path, format!("its licence is not known: {reason}")))
            .ok()
    }

    fn note(&self, path: &Path, message: String) {
        let current = std::env::current_dir().unwrap_or_default();
        let shown = path.strip_prefix(current).unwrap_or(path);
        lock(&self.notes).insert(Note {
            path: Some(shown.to_string_lossy().replace('\\', "/")),
            kind: NoteKind::Info,
            message,
        });
    }
}

/// Both values stay whole whatever happens to a thread that holds the lock.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
