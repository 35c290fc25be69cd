//! The only directory walker, and the only reader of source files.
//!
//! [`files`] turns the paths a user named into the files to look at, in an order that depends on
//! their names alone. [`read`] takes a file's bytes within a limit, [`inspect`] decides whether
//! they are text, and [`load`] does both. What is left out is a [`Note`], never an error: one bad
//! file does not end a run. A path that is not there does, because a check of nothing must not look
//! like a clean one.
//!
//! Source files are read, never mapped: a file that shrinks under a map kills the process.

mod door;
mod ignored;
mod inspect;
mod load;
pub mod marks;
mod passed_over;
mod replace;
mod side;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;

use globset::GlobSet;
use ignore::WalkBuilder;

use crate::judgement::finding::{Note, NoteKind};
use crate::text::document::{self, Form};
use crate::text::language::Language;
use crate::text::span::LineSet;

pub use door::read;
pub(crate) use door::{ReadProblem, check_inside, read_inside};
use ignored::Origin;
pub(crate) use inspect::{Inspected, NotText, inspect, is_minified, not_text};
pub(crate) use load::limit_of;
pub use load::{load, source};
pub(crate) use passed_over::{PassedOver, Reason};
pub use replace::replace;
pub(crate) use replace::{replace_named, stems};
pub(crate) use side::{Elsewhere, SideFiles};

/// Largest source text that is checked, wherever it comes from: a scan, an editor, an agent.
pub const MAX_SCANNED_BYTES: u64 = 8 << 20;

/// Files and folders that [`named_files`] looks at before it gives up.
pub(crate) const MAX_ENTRIES_SEARCHED: usize = 200_000;

/// Bytes of a page of prose in which blocks of code are looked for.
const MAX_PROSE_BYTES: u64 = MAX_SCANNED_BYTES;

/// Bytes of a file without an extension that are read to see whether it is a script. Systems look
/// at 128 to 256.
const FIRST_LINE_BYTES: u64 = 256;

/// How to walk.
#[derive(Clone, Debug, Default)]
pub struct WalkSettings {
    /// Whether `.gitignore` and `.ignore` files hide what they name.
    pub(crate) ignore_files: IgnoreFiles,
    /// Where ignore files and manifests are read.
    pub(crate) side: SideFiles,
    /// Globs, against the absolute path, of what is left out.
    pub exclude: GlobSet,
    /// Whether the globs hold for files that were named explicitly.
    pub(crate) explicit: Explicit,
    /// Whether code in prose is looked at.
    pub(crate) prose: Prose,
}

/// Whether blocks of code in Markdown are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prose {
    /// They are not: a page may quote whom it likes.
    #[default]
    Ignore,
    /// They are.
    Read,
}

/// Whether ignore files are respected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IgnoreFiles {
    /// What `.gitignore`, `.ignore` and git's own exclude files name is left out.
    #[default]
    Respect,
    /// They are files like any other.
    Disregard,
    /// They are, and hidden files and folders are checked too.
    DisregardHidden,
}

impl WalkSettings {
    /// Whether a file or folder is looked at, as far as the walker is not told to leave it out by
    /// itself.
    fn shows(&self, path: &Path, name: &OsStr, is_directory: bool) -> bool {
        if name == ".git" {
            return false;
        }
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        match (self.side.state(), self.ignore_files) {
            (_, IgnoreFiles::DisregardHidden) => true,
            (None, _) => true,
            // What git tracks is no cache or environment, and a change may bring it along in a
            // hidden folder.
            (Some(state), _) if is_hidden && !state.is_tracked(path) => false,
            (Some(state), IgnoreFiles::Respect) => !state.ignores(path, is_directory),
            (Some(_), IgnoreFiles::Disregard) => true,
        }
    }
}

/// Whether an explicitly named file can be excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Explicit {
    /// A file that was named is taken, whatever the globs say.
    #[default]
    Take,
    /// The globs hold for it too: for hooks that name every changed file.
    Exclude,
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Walked {
    /// The files of known languages, by path.
    pub files: Vec<WalkedFile>,
    /// What was left out, and why, by path.
    pub notes: Vec<Note>,
    /// Whether there is nothing to check because the globs leave out all that was met.
    pub is_all_excluded: bool,
    /// Files that configure birthmark for a directory below the one that is walked.
    pub nested: Vec<PathBuf>,
    /// Files of a change that decide what is reported of it.
    pub policy: Vec<String>,
    /// What the files of a change held before it, as far as they were there: code that stood there
    /// is not new.
    pub base: Vec<WalkedFile>,
}

/// A file to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkedFile {
    /// The path as the user would write it, with `/` and without a leading `./`. Bytes that are not
    /// UTF-8 became U+FFFD; control characters stand as they are and are the renderer's to escape.
    pub path: String,
    /// Where the file is: as named, relative to the current directory or absolute.
    pub location: PathBuf,
    /// The language, by the file's name or the first line of a script; a notebook says itself. A
    /// page of prose is a file of its own for each language.
    pub language: Language,
    /// How the file holds code.
    pub form: Form,
    /// Where its text is.
    pub content: Content,
    /// Which of its lines are under review.
    pub review: Review,
    /// Whether it is left out if it says that a program wrote it.
    pub markers: Markers,
}

/// Whether words such as `@generated` keep a file from being checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Markers {
    /// They do: in a tree, where nobody named the file.
    #[default]
    Excuse,
    /// They do not: in a change, which may bring the words along, and where the file was named.
    ExcuseNothing,
}

/// Where the text of a file is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// In the file.
    #[default]
    OnDisk,
    /// Here, whatever the file holds now: the staged text of a file, or that of a revision.
    Held(Arc<[u8]>),
}

/// Which lines of a file are under review.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Review {
    /// All.
    #[default]
    Whole,
    /// Those that a change adds, or for a file as it was, takes away. The rest is only read to
    /// understand them.
    Lines(LineSet),
}

/// Why a walk could not begin.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// A path that was named is not there.
    #[error("{path:?} does not exist; name an existing file or directory")]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// A path that was named cannot be looked at.
    #[error("{path:?} cannot be read: {source}")]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl WalkedFile {
    /// A file as it is on disk, all of it under review.
    pub(crate) fn on_disk(location: PathBuf, (language, form): (Language, Form)) -> WalkedFile {
        WalkedFile {
            path: display_path(&location),
            location,
            language,
            form,
            content: Content::OnDisk,
            review: Review::Whole,
            markers: Markers::default(),
        }
    }
}

/// Finds the files of known languages in and under `paths`, sorted by path, each once.
///
/// Hidden files and directories, `.git`, and symbolic links met on the way are left out; a path
/// named explicitly is taken even if it is hidden, ignored or a link. One note counts the files of
/// unknown languages, the links and what is excluded; what is hidden or ignored is no part of the
/// project and is not counted.
///
/// # Errors
/// If a path does not exist or cannot be looked at.
pub fn files(paths: &[PathBuf], settings: &WalkSettings) -> Result<Walked, WalkError> {
    let mut walked = Walked::default();
    let mut over = PassedOver::default();
    for path in paths {
        let metadata = fs::metadata(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => WalkError::Missing { path: path.clone() },
            _ => WalkError::Unreadable { path: path.clone(), source },
        })?;
        if metadata.is_dir() {
            walk_directory(path, settings, &mut walked, &mut over);
        } else {
            take_named(path, settings, &mut walked, &mut over);
        }
    }
    walked.files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut seen = HashSet::new();
    // A page of prose is there once for each language.
    walked.files.retain(|file| seen.insert((absolute_path(&file.location), file.language)));
    walked.is_all_excluded = walked.files.is_empty() && over.is_all_excluded();
    walked.notes.extend(over.note());
    walked.notes.sort();
    walked.notes.dedup();
    Ok(walked)
}

/// Every regular file under a directory, whatever its language, as paths relative to it, sorted.
/// For ingest, which also wants licence and metadata files. The ignore rules are those of
/// [`files`].
pub(crate) fn every_file(directory: &Path, settings: &WalkSettings) -> (Vec<PathBuf>, Vec<Note>) {
    let mut found = Vec::new();
    let mut notes = Vec::new();
    let (told, left_out) = mpsc::channel();
    for entry in builder(directory, settings, told, |_| true).build() {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                if let Ok(relative) = entry.path().strip_prefix(directory) {
                    found.push(relative.to_owned());
                }
            }
            Ok(_) => {}
            Err(error) => notes.push(walk_problem(&error)),
        }
    }
    notes.extend(left_out.try_iter().filter_map(LeftOut::note));
    found.sort();
    (found, notes)
}

/// Files found by name, and whether a limit cut the search short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NamedFiles {
    /// The files, by path.
    pub files: Vec<PathBuf>,
    /// Whether every folder was searched.
    pub is_complete: bool,
}

/// Finds the files that bear one of some names in and under a directory, by path. The search ends
/// after [`MAX_ENTRIES_SEARCHED`] files and folders. Folders of which `enters` is false are left
/// out; the ignore rules are those of [`files`].
pub(crate) fn named_files(
    directory: &Path,
    is_wanted: impl Fn(&str) -> bool,
    settings: &WalkSettings,
    enters: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> NamedFiles {
    let (told, left_out) = mpsc::channel();
    let mut walker = builder(directory, settings, told, enters);
    // A search that is cut short must find the same files on every machine.
    walker.sort_by_file_name(OsStr::cmp);
    let mut found = NamedFiles { files: Vec::new(), is_complete: true };
    for (number, entry) in walker.build().flatten().enumerate() {
        if number >= MAX_ENTRIES_SEARCHED {
            found.is_complete = false;
            break;
        }
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
        if is_file && entry.file_name().to_str().is_some_and(&is_wanted) {
            found.files.push(entry.into_path());
        }
    }
    found.is_complete &=
        left_out.try_iter().all(|left_out| matches!(left_out, LeftOut::Excluded(_)));
    found.files.sort();
    found
}

/// A path as birthmark shows it: `/` between components, no `.` and no `x/..`, U+FFFD for what is
/// not UTF-8.
pub(crate) fn display_path(path: &Path) -> String {
    let plain = without_detours(path);
    let components = plain.components().map(|component| match component {
        Component::RootDir => "".into(),
        other => other.as_os_str().to_string_lossy(),
    });
    match components.collect::<Vec<_>>().join("/") {
        shown if shown.is_empty() && plain.has_root() => "/".to_owned(),
        shown if shown.is_empty() => ".".to_owned(),
        shown => shown,
    }
}

fn walk_directory(
    directory: &Path,
    settings: &WalkSettings,
    walked: &mut Walked,
    over: &mut PassedOver,
) {
    let (told, left_out) = mpsc::channel();
    for entry in builder(directory, settings, told, |_| true).build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                walked.notes.push(walk_problem(&error));
                continue;
            }
        };
        let kind = entry.file_type();
        let location = entry.into_path();
        match kind {
            Some(kind) if kind.is_symlink() => over.count(&location, Reason::Link),
            Some(kind) if kind.is_file() => {
                let is_configuration = location.file_name() == Some(OsStr::new("birthmark.toml"));
                if is_configuration && location.parent() != Some(directory) {
                    walked.nested.push(location.clone());
                }
                let kinds = kinds_of(&location, settings);
                if kinds.is_empty() {
                    over.count(&location, Reason::Language);
                }
                let file = |kind| WalkedFile::on_disk(location.clone(), kind);
                walked.files.extend(kinds.into_iter().map(file));
            }
            _ => {}
        }
    }
    for left_out in left_out.try_iter() {
        match left_out {
            LeftOut::Excluded(path) => over.count(&path, Reason::Excluded),
            LeftOut::Unreadable(note) => walked.notes.push(note),
        }
    }
}

/// What kind of code a file holds by its name, or a file without an extension by its first line.
fn kinds_of(path: &Path, settings: &WalkSettings) -> Vec<(Language, Form)> {
    let mut kinds = kinds_by_name(path, settings);
    if kinds.iter().any(|(_, form)| *form == Form::Markdown) {
        let page = door::first_bytes(path, MAX_PROSE_BYTES);
        kinds.retain(|(language, form)| document::may_hold(*language, *form, &page));
    }
    if !kinds.is_empty() || path.extension().is_some() {
        return kinds;
    }
    let language = Language::from_script(&door::first_bytes(path, FIRST_LINE_BYTES));
    language.map(|language| (language, Form::Plain)).into_iter().collect()
}

/// What kind of code a file holds by its name.
pub(crate) fn kinds_by_name(path: &Path, settings: &WalkSettings) -> Vec<(Language, Form)> {
    let form = Form::of(path);
    match (form, settings.prose) {
        (Some(Form::Markdown), Prose::Ignore) => Vec::new(),
        (Some(Form::Markdown), Prose::Read) => {
            Language::all().map(|language| (language, Form::Markdown)).collect()
        }
        _ => {
            let language = Form::language_of_code(path);
            language.map(|language| (language, form.unwrap_or_default())).into_iter().collect()
        }
    }
}

fn take_named(path: &Path, settings: &WalkSettings, walked: &mut Walked, over: &mut PassedOver) {
    if settings.explicit == Explicit::Exclude && is_excluded(path, settings) {
        return over.count(path, Reason::Excluded);
    }
    let kinds = kinds_of(path, settings);
    if kinds.is_empty() {
        let message = match Form::of(path) {
            Some(_) => "not checked: a page of prose; pass --markdown to check its blocks of code",
            None => "not checked: not in a language birthmark knows",
        };
        let (path, message) = (Some(display_path(path)), message.to_owned());
        walked.notes.push(Note { path, kind: NoteKind::Info, message });
    }
    let markers = match settings.explicit {
        Explicit::Take => Markers::ExcuseNothing,
        Explicit::Exclude => Markers::Excuse,
    };
    let file = |kind| WalkedFile { markers, ..WalkedFile::on_disk(path.to_owned(), kind) };
    walked.files.extend(kinds.into_iter().map(file));
}

/// What a walker leaves out beside what ignore files name.
enum LeftOut {
    /// What the globs leave out.
    Excluded(PathBuf),
    /// A folder whose ignore files cannot be read as they are.
    Unreadable(Note),
}

impl LeftOut {
    fn note(self) -> Option<Note> {
        match self {
            LeftOut::Excluded(_) => None,
            LeftOut::Unreadable(note) => Some(note),
        }
    }
}

/// A walker over a directory, which tells what it leaves out. Folders of whose name `enters` is
/// false are left out too.
fn builder(
    directory: &Path,
    settings: &WalkSettings,
    told: mpsc::Sender<LeftOut>,
    enters: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> WalkBuilder {
    let is_elsewhere = settings.side.state().is_some();
    let wanted = settings.ignore_files == IgnoreFiles::Respect && !is_elsewhere;
    // Outside a repository a `*` in ~/.gitignore would hide every project of that user, so there
    // the files of parents do not count. Inside one they do, up to its top: `require_git` is what
    // makes the walker stop there.
    let inside = is_inside_repository(directory);
    let unreadable = if wanted { unreadable_ignore_files(directory, inside) } else { Vec::new() };
    // Without the rules more is checked, not less.
    let respect = wanted && unreadable.is_empty();
    let tell = move |left_out| told.send(left_out).unwrap_or(());
    unreadable.into_iter().map(LeftOut::Unreadable).for_each(&tell);
    let mut builder = WalkBuilder::new(directory);
    builder
        .hidden(!is_elsewhere && settings.ignore_files != IgnoreFiles::DisregardHidden)
        .follow_links(false)
        .ignore(respect)
        .git_ignore(respect)
        .git_exclude(respect)
        .git_global(false) // A user's own taste must not change what the project's check covers.
        .require_git(inside)
        .parents(respect && inside);
    let settings = settings.clone();
    builder.filter_entry(move |entry| {
        if entry.depth() == 0 {
            return true;
        }
        if !settings.exclude.is_empty() && is_excluded(entry.path(), &settings) {
            tell(LeftOut::Excluded(entry.path().to_owned()));
            return false;
        }
        let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
        if !settings.shows(entry.path(), entry.file_name(), is_directory) {
            return false;
        }
        if is_directory && !enters(&entry.file_name().to_string_lossy()) {
            return false;
        }
        if respect && is_directory {
            ignored::check(entry.path(), Origin::Project)
                .map_err(|note| tell(LeftOut::Unreadable(note_of_folder(note))))
                .is_ok()
        } else {
            true
        }
    });
    builder
}

/// What is wrong with the ignore files of a directory and of those above it. The walker reads all
/// of them, also where their rules do not hold.
fn unreadable_ignore_files(directory: &Path, inside: bool) -> Vec<Note> {
    let mut notes: Vec<Note> =
        ignored::check(directory, Origin::Project).err().into_iter().collect();
    let absolute = directory.canonicalize().unwrap_or_else(|_| absolute_path(directory));
    let is_top = |directory: &Path| directory.join(".git").exists();
    let mut origin = if inside && !is_top(&absolute) { Origin::Project } else { Origin::Above };
    for above in absolute.ancestors().skip(1) {
        notes.extend(ignored::check(above, origin).err());
        if is_top(above) {
            origin = Origin::Above;
        }
    }
    notes
}

/// Says that nothing below a folder was checked.
fn note_of_folder(note: Note) -> Note {
    Note { message: format!("not checked, nor what is beside it: {}", note.message), ..note }
}

/// Whether the globs leave out a file or folder.
pub(crate) fn is_excluded(path: &Path, settings: &WalkSettings) -> bool {
    settings.exclude.is_match(absolute_path(path))
}

fn is_inside_repository(directory: &Path) -> bool {
    std::path::absolute(directory).is_ok_and(|absolute| {
        absolute.ancestors().any(|ancestor| ancestor.join(OsStr::new(".git")).exists())
    })
}

fn walk_problem(error: &ignore::Error) -> Note {
    Note {
        path: problem_path(error).map(display_path),
        kind: NoteKind::Failed,
        message: format!("not checked: {}", one_line(&bare_problem(error))),
    }
}

/// The system's word without the path, which the note names already.
fn bare_problem(error: &ignore::Error) -> String {
    match error.io_error() {
        Some(error) => format!("cannot be read: {error}"),
        None => error.to_string(),
    }
}

fn problem_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithLineNumber { err, .. } | ignore::Error::WithDepth { err, .. } => {
            problem_path(err)
        }
        _ => None,
    }
}

/// Text from outside on one line: each run of white space and control characters becomes a space.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_control() || c.is_whitespace());
    let words = words.filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// The beginning of a text from outside, on one line.
pub(crate) fn shorten(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", one_line(&text[..end])),
        None => one_line(text),
    }
}

/// Where a path is, without detours: for telling whether two paths name the same file, and for
/// globs.
pub(crate) fn absolute_path(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path);
    without_detours(&absolute.unwrap_or_else(|_| path.to_owned()))
}

/// `./b/../a.py` is `a.py`. Links are not resolved.
fn without_detours(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match (component, plain.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                plain.pop();
            }
            (other, _) => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests;
