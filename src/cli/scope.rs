//! What `birthmark scan` checks: files and directories, a list of them, a text, or a change.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::{Args, ValueHint};

use crate::judgement::finding::{Note, NoteKind, Report};
use crate::project::changes::{ChangesError, Repository, Scope, read_patch, read_pushes};
use crate::project::config::Config;
use crate::project::git::path_from_bytes;
use crate::project::walk::{self, Explicit, WalkSettings, Walked};
use crate::text::document::Form;
use crate::text::language::Language;

/// Largest text taken from standard input.
pub(crate) const MAX_STDIN_BYTES: u64 = 16 << 20;
/// Largest patch.
const MAX_PATCH_BYTES: u64 = 256 << 20;
/// Largest list of files.
const MAX_LIST_BYTES: u64 = 64 << 20;

/// Heading in the help of what says what to check.
pub(crate) const WHAT: &str = "What to check";

// No doc comment: it would become the help of the command that flattens this.
#[derive(Clone, Debug, Default, Args)]
#[group(multiple = false)]
pub(crate) struct ScopeArgs {
    /// Check the staged files, as the next commit would hold them. With PATHs, check only the staged
    /// files there. Only code that touches added or changed lines is reported
    #[arg(long, help_heading = WHAT)]
    pub staged: bool,
    /// Check what a range of commits changes: BASE..HEAD, or BASE...HEAD since they parted
    #[arg(long, value_name = "RANGE", help_heading = WHAT)]
    pub diff: Option<String>,
    /// Check the commits that are pushed; for a pre-push hook of git, which lists them on standard
    /// input, or of pre-commit
    #[arg(long, help_heading = WHAT)]
    pub pre_push: bool,
    /// Check what a patch adds: a unified diff of git or diff, or a mail of git format-patch, from
    /// FILE or `-` for standard input
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with = "paths",
        help_heading = WHAT
    )]
    pub patch: Option<PathBuf>,
    /// Check the files that are listed in FILE, `-` for standard input, one a line or each ended by
    /// NUL
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with = "paths",
        help_heading = WHAT
    )]
    pub files_from: Option<PathBuf>,
}

/// What is checked.
pub(crate) enum Input {
    /// Files and directories.
    Paths { paths: Vec<PathBuf>, explicit: Explicit },
    /// A change in the repository birthmark stands in; of all of it, where no paths are named.
    Change { repository: Repository, scope: Scope, paths: Vec<PathBuf> },
    /// A patch.
    Patch { name: String, patch: Vec<u8> },
    /// The text on standard input.
    Stdin { name: PathBuf, kind: (Language, Form) },
}

impl Input {
    /// Whether all that a configuration is about is checked.
    pub(crate) fn covers(&self, config: &Config) -> bool {
        let Some(directory) = config.directory().map(walk::absolute_path) else {
            return false;
        };
        match self {
            Input::Paths { paths, .. } => paths
                .iter()
                .any(|path| path.is_dir() && directory.starts_with(walk::absolute_path(path))),
            Input::Change { .. } | Input::Patch { .. } | Input::Stdin { .. } => false,
        }
    }

    /// What some paths and options name: the current directory, if nothing is named.
    pub(super) fn new(paths: Vec<PathBuf>, scope: &ScopeArgs) -> anyhow::Result<Input> {
        if let Some(list) = &scope.files_from {
            return Ok(Input::Paths { paths: listed_files(list)?, explicit: Explicit::Exclude });
        }
        if let Some(patch) = &scope.patch {
            let (name, patch) = read_input(patch, MAX_PATCH_BYTES, "patch")?;
            return Ok(Input::Patch { name, patch });
        }
        if let Some(scope) = scope.change()? {
            return Ok(Input::Change { repository: Repository::here()?, scope, paths });
        }
        Ok(Input::paths(paths))
    }

    /// Some files and directories; the current directory, if there is none.
    pub(super) fn paths(paths: Vec<PathBuf>) -> Input {
        let paths = if paths.is_empty() { vec![PathBuf::from(".")] } else { paths };
        Input::Paths { paths, explicit: Explicit::Take }
    }

    /// The text on standard input under this name.
    pub(super) fn stdin(name: &Path) -> anyhow::Result<Input> {
        match Form::language_of_code(name) {
            Some(language) => {
                let kind = (language, Form::of(name).unwrap_or_default());
                Ok(Input::Stdin { name: name.to_owned(), kind })
            }
            None => {
                let known: Vec<String> = Language::all()
                    .flat_map(|language| language.row().extensions)
                    .map(|extension| format!(".{extension}"))
                    .collect();
                let (name, known) = (name.display(), known.join(", "));
                bail!("the language of `{name}` is not known; expected a name that ends in {known}")
            }
        }
    }

    /// The files to look at.
    pub(super) fn files(&self, settings: WalkSettings) -> anyhow::Result<Walked> {
        match self {
            Input::Paths { paths, explicit } => {
                let mut walked =
                    walk::files(paths, &WalkSettings { explicit: *explicit, ..settings })?;
                if paths.is_empty() {
                    let message = "nothing was checked: the list names no file".to_owned();
                    walked.notes.push(Note { path: None, kind: NoteKind::Warning, message });
                }
                Ok(walked)
            }
            Input::Change { repository, scope, paths } => {
                Ok(repository.change(scope, paths, &settings)?)
            }
            Input::Patch { name, patch } => Ok(read_patch(name, patch, &settings)?),
            Input::Stdin { .. } => Ok(Walked::default()),
        }
    }

    /// What to say of a run that checked nothing, if this is one.
    pub(crate) fn note_if_nothing_checked(
        &self,
        report: &Report,
        is_all_excluded: bool,
    ) -> Option<Note> {
        let is_named = match self {
            Input::Change { .. } | Input::Patch { .. } => return None,
            Input::Stdin { .. } => true,
            Input::Paths { paths, explicit: Explicit::Take } => {
                paths.iter().any(|path| !path.is_dir())
            }
            Input::Paths { paths, explicit: Explicit::Exclude } if paths.is_empty() => return None,
            Input::Paths { .. } => false,
        };
        let is_list = matches!(self, Input::Paths { explicit: Explicit::Exclude, .. });
        if report.summary.files_scanned > 0 || report.summary.lines_scanned > 0 {
            return None;
        }
        let tells_of_named = |note: &Note| {
            let Input::Paths { paths, .. } = self else { return true };
            let path = Path::new(note.path.as_deref().unwrap_or_default());
            paths.iter().any(|named| named.ends_with(path) || path.ends_with(named))
        };
        let reason = report
            .notes
            .iter()
            .filter(|note| note.path.is_some() && note.kind != NoteKind::Failed)
            // Some notes are about the configuration: those about what was named go first. Of
            // equals `max_by_key` takes the last, which reversed is the first.
            .rev()
            .max_by_key(|note| tells_of_named(note));
        let reason = reason
            .map(|note| format!(": {}: {}", note.path.as_deref().unwrap_or(""), note.message));
        let (kind, message) = match (is_named, is_all_excluded) {
            (true, _) => (NoteKind::Failed, format!("nothing that was named was checked{}", reason?)),
            (false, true) if !is_list => (
                NoteKind::Failed,
                "nothing was checked: the configuration excludes all of it; correct `exclude`, or name a file".to_owned(),
            ),
            (false, true) => {
                (NoteKind::Warning, "nothing was checked: the configuration excludes every file of the list".to_owned())
            }
            (false, false) => (
                NoteKind::Warning,
                "nothing was checked: there is no file here in a language that birthmark reads".to_owned(),
            ),
        };
        Some(Note { path: None, kind, message })
    }

    /// The change under review in a few words, if it is one.
    pub(super) fn change(&self) -> Option<String> {
        match self {
            Input::Change { scope, .. } => Some(scope.to_string()),
            Input::Patch { name, .. } => Some(format!("the patch {name}")),
            _ => None,
        }
    }

    /// The place the scan is about: the innermost directory above everything that is scanned.
    pub(super) fn place(&self) -> PathBuf {
        let directory = |path: &Path| {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            match path.parent() {
                Some(parent) if !path.is_dir() => parent.to_owned(),
                _ => path,
            }
        };
        let innermost = |paths: &[PathBuf]| {
            paths
                .iter()
                .map(|path| directory(path))
                .reduce(|a, b| common_directory(&a, &b))
                .unwrap_or_default()
        };
        match self {
            Input::Stdin { name, .. } => directory(name),
            Input::Change { repository, paths, .. } if paths.is_empty() => {
                directory(&repository.top())
            }
            Input::Patch { .. } => directory(Path::new(".")),
            Input::Paths { paths, .. } if paths.is_empty() => directory(Path::new(".")),
            Input::Paths { paths, .. } | Input::Change { paths, .. } => innermost(paths),
        }
    }
}

impl ScopeArgs {
    /// The change that is asked for, if one is.
    fn change(&self) -> anyhow::Result<Option<Scope>> {
        if self.staged {
            return Ok(Some(Scope::Staged));
        }
        if let Some(range) = &self.diff {
            return Ok(Some(Scope::Range(range.clone())));
        }
        if self.pre_push {
            let pushes = read_pushes(|name| std::env::var_os(name), read_push)?;
            return Ok(Some(Scope::Push(pushes)));
        }
        Ok(None)
    }
}

/// What git tells a pre-push hook.
fn read_push() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        let line = "a terminal".to_owned();
        return Err(ChangesError::NotAPush { line }.into());
    }
    Ok(String::from_utf8_lossy(&standard_input()?).into_owned())
}

pub(crate) fn standard_input() -> anyhow::Result<Vec<u8>> {
    read_up_to(std::io::stdin(), MAX_STDIN_BYTES, "standard input")
}

/// The files of a list. A list that holds a NUL is one whose names may hold anything else.
fn listed_files(list: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (_, bytes) = read_input(list, MAX_LIST_BYTES, "list")?;
    let names: Vec<&[u8]> = if bytes.contains(&0) {
        bytes.split(|&byte| byte == 0).collect()
    } else {
        bytes.split(|&b| b == b'\n').map(|name| name.strip_suffix(b"\r").unwrap_or(name)).collect()
    };
    Ok(names.into_iter().filter(|name| !name.is_empty()).map(path_from_bytes).collect())
}

/// What a file that was named holds, or standard input for `-`, and what to call it.
fn read_input(file: &Path, limit: u64, what: &str) -> anyhow::Result<(String, Vec<u8>)> {
    if file == Path::new("-") {
        let name = "standard input".to_owned();
        return Ok((name.clone(), read_up_to(std::io::stdin(), limit, &name)?));
    }
    let name = file.display().to_string();
    let opened =
        std::fs::File::open(file).with_context(|| format!("cannot read the {what} `{name}`"))?;
    let bytes = read_up_to(opened, limit, &format!("the {what} `{name}`"))?;
    Ok((name, bytes))
}

fn read_up_to(from: impl Read, limit: u64, what: &str) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limit + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {what}"))?;
    if bytes.len() as u64 > limit {
        Err(anyhow!("{what} is larger than {} MiB", limit >> 20))
    } else {
        Ok(bytes)
    }
}

/// The part that two directories have in common.
fn common_directory(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}
