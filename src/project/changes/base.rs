//! The files beside the code as a commit holds them: what decides about a change is not what the
//! change brings.
//!
//! A file is written into a directory of its own when it is asked for. Links are not followed: one
//! that is asked for is a problem.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use tempfile::TempDir;

use super::{ChangesError, Repository};
use crate::project::git::{Blob, Blobs, Git, path_from_bytes};
use crate::project::walk::{Elsewhere, absolute_path};

/// Largest file that is taken from the commit: a segment of an index.
const MAX_BYTES: u64 = 1 << 30;
/// Largest ignore file that is read, as of the work tree.
const MAX_IGNORE_BYTES: usize = 256 << 10;

/// The files of a commit.
#[derive(Debug)]
pub(crate) struct Base {
    revision: String,
    /// The top of the work tree, absolute.
    top: PathBuf,
    /// What the commit holds, by path from the top; `None` for what is no regular file.
    files: BTreeMap<PathBuf, Option<String>>,
    /// The files that git tracks now.
    tracked: BTreeSet<PathBuf>,
    /// Where files are written to.
    copy: TempDir,
    taken: Mutex<Taken>,
    rules: Vec<(PathBuf, Rules)>,
}

/// The ignore files of a directory.
#[derive(Debug, Default)]
struct Rules {
    ignore: Option<Gitignore>,
    git_ignore: Option<Gitignore>,
}

/// What has been taken from the commit.
struct Taken {
    blobs: Blobs,
    paths: BTreeSet<PathBuf>,
    problem: Option<String>,
}

impl std::fmt::Debug for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Taken").field("paths", &self.paths).field("problem", &self.problem).finish()
    }
}

impl Repository {
    /// The files beside the code as a commit holds them.
    ///
    /// # Errors
    /// If there is no such commit, or git fails.
    pub(crate) fn base(&self, revision: &str) -> Result<Base, ChangesError> {
        let commit = self.commit(revision)?;
        let top = absolute_path(&self.top());
        let git = Git::at(&top)?;
        let files = entries(&git.run(&["ls-tree", "-r", "-z", "--full-tree", &commit])?);
        let tracked = git.run(&["ls-files", "-z"])?;
        let tracked = tracked.split(|&byte| byte == 0).filter(|name| !name.is_empty());
        let copy = tempfile::Builder::new()
            .prefix("birthmark-")
            .tempdir()
            .map_err(ChangesError::NoCopy)?;
        let taken = Taken { blobs: git.blobs(MAX_BYTES)?, paths: BTreeSet::new(), problem: None };
        let mut base = Base {
            revision: revision.to_owned(),
            top,
            files,
            tracked: tracked.map(path_from_bytes).collect(),
            copy,
            taken: Mutex::new(taken),
            rules: Vec::new(),
        };
        base.rules = base.read_rules();
        Ok(base)
    }
}

/// The records of `git ls-tree -r -z`: `MODE TYPE ID TAB PATH NUL`.
fn entries(printed: &[u8]) -> BTreeMap<PathBuf, Option<String>> {
    let records = printed.split(|&byte| byte == 0);
    let entry = |record: &[u8]| {
        let tab = record.iter().position(|&byte| byte == b'\t')?;
        let head = String::from_utf8_lossy(&record[..tab]).into_owned();
        // The modes of regular files begin so. Links have 120000, submodules 160000.
        let is_file = head.starts_with("100");
        let id = head.rsplit(' ').next().filter(|_| is_file).map(str::to_owned);
        Some((path_from_bytes(&record[tab + 1..]), id))
    };
    records.filter_map(entry).collect()
}

impl Base {
    /// The top of the work tree, absolute.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    fn below(&self, path: &Path) -> Option<PathBuf> {
        absolute_path(path).strip_prefix(&self.top).map(Path::to_owned).ok()
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the files at and below a path.
    fn take(&self, below: &Path) {
        let mut taken = self.lock();
        // Paths are ordered by their parts, so that all below a folder stand together.
        let at_and_under =
            self.files.range(below.to_owned()..).take_while(|(path, _)| path.starts_with(below));
        for (path, id) in at_and_under {
            if taken.paths.insert(path.clone())
                && let Err(problem) = taken.write(id.as_deref(), &self.copy.path().join(path))
            {
                let problem = format!("{} of {}: {problem}", path.display(), self.revision);
                taken.problem.get_or_insert(problem);
            }
        }
    }

    fn read_rules(&self) -> Vec<(PathBuf, Rules)> {
        let mut rules: BTreeMap<PathBuf, Rules> = BTreeMap::new();
        for path in self.files.keys() {
            let name = path.file_name().and_then(|name| name.to_str());
            let (Some(name @ (".ignore" | ".gitignore")), Some(directory)) = (name, path.parent())
            else {
                continue;
            };
            self.take(path);
            let text = fs::read(self.copy.path().join(path)).unwrap_or_default();
            if text.len() > MAX_IGNORE_BYTES {
                let problem = format!("{} of {} is too large", path.display(), self.revision);
                self.lock().problem.get_or_insert(problem);
                continue;
            }
            let mut builder = GitignoreBuilder::new(self.top.join(directory));
            for line in String::from_utf8_lossy(&text).lines() {
                // A line that is no glob says nothing, as with git.
                let _ = builder.add_line(None, line);
            }
            let of_directory = rules.entry(directory.to_owned()).or_default();
            let slot = if name == ".ignore" {
                &mut of_directory.ignore
            } else {
                &mut of_directory.git_ignore
            };
            *slot = builder.build().ok();
        }
        rules.into_iter().collect()
    }

    /// What the nearest rule about a path says, of the rules of one kind.
    fn nearest_rule(
        &self,
        path: &Path,
        is_directory: bool,
        of: impl Fn(&Rules) -> Option<&Gitignore>,
    ) -> Option<bool> {
        let below = self.below(path)?;
        let mut above: Vec<&(PathBuf, Rules)> =
            self.rules.iter().filter(|(directory, _)| below.starts_with(directory)).collect();
        above.sort_by_key(|(directory, _)| std::cmp::Reverse(directory.components().count()));
        above.iter().filter_map(|(_, rules)| of(rules)).find_map(|rules| {
            match rules.matched(self.top.join(&below), is_directory) {
                ignore::Match::None => None,
                ruling => Some(ruling.is_ignore()),
            }
        })
    }
}

impl Taken {
    fn write(&mut self, id: Option<&str>, to: &Path) -> Result<(), String> {
        let id = id.ok_or("it is a link or a submodule; put the file itself there")?;
        let bytes = match self.blobs.read(id).map_err(|error| error.to_string())? {
            Blob::Content(bytes) => bytes,
            Blob::TooLarge(size) => {
                return Err(format!("{size} bytes are more than the limit of {MAX_BYTES}"));
            }
            Blob::Missing => return Err("it is not in this clone; fetch it with git".to_owned()),
        };
        let directory = to.parent().unwrap_or(to);
        fs::create_dir_all(directory)
            .and_then(|()| fs::write(to, bytes))
            .map_err(|error| error.to_string())
    }
}

impl Elsewhere for Base {
    fn at(&self, path: &Path) -> PathBuf {
        let Some(below) = self.below(path) else { return path.to_owned() };
        // The top itself is not copied: that would read every file of the commit.
        if !below.as_os_str().is_empty() {
            self.take(&below);
        }
        self.copy.path().join(below)
    }

    fn index_at(&self, path: &Path) -> PathBuf {
        let Some(below) = self.below(path) else { return path.to_owned() };
        let holds = |path: &PathBuf| path.starts_with(&below);
        if self.files.keys().any(holds) || self.tracked.iter().any(holds) {
            self.at(path)
        } else {
            path.to_owned()
        }
    }

    fn find_named(&self, directory: &Path, is_wanted: &dyn Fn(&str) -> bool) -> Vec<PathBuf> {
        let Some(below) = self.below(directory) else { return Vec::new() };
        let is_named = |path: &&PathBuf| {
            path.starts_with(&below)
                && path.file_name().and_then(|name| name.to_str()).is_some_and(is_wanted)
        };
        self.files.keys().filter(is_named).map(|path| self.top.join(path)).collect()
    }

    fn ignores(&self, path: &Path, is_directory: bool) -> bool {
        let by_ignore = self.nearest_rule(path, is_directory, |rules| rules.ignore.as_ref());
        let by_git = || self.nearest_rule(path, is_directory, |rules| rules.git_ignore.as_ref());
        by_ignore.or_else(by_git).unwrap_or(false)
    }

    fn is_tracked(&self, path: &Path) -> bool {
        let Some(below) = self.below(path) else { return false };
        self.tracked.range(below.clone()..).next().is_some_and(|next| next.starts_with(&below))
    }

    fn problem(&self) -> Option<String> {
        self.lock().problem.clone()
    }
}
