//! Which files and lines are under review: what is staged, what a range of commits changes, what is
//! pushed.
//!
//! git itself is asked, by plumbing commands: it knows the index a hook is about to commit, sparse
//! indexes, linked work trees and every extension a repository may have been made with, and costs
//! about a millisecond a question. A library would have to keep up with all of that, and be
//! compiled.
//!
//! ```text
//!   diff-index, diff-tree --records--> changed files --cat-file--> texts before and after
//!   texts --line diff--> added lines - lines moved from elsewhere in the change = lines under review
//! ```
//!
//! The text of a file is the one in git's index or commit, never the one in the work tree: the two
//! differ where a file is staged in part. Which licence a file stands under is read from the work
//! tree.

mod base;
mod error;
mod lines;
mod patch;
mod policy;
mod push;
mod record;
mod repository;

pub use error::ChangesError;
pub(crate) use lines::Added;
pub use lines::{Versions, added_lines};
pub(crate) use patch::read_patch;
pub use push::{Push, read_pushes};
pub use repository::Repository;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::judgement::finding::{Note, NoteKind};
use crate::project::git::Blob;
use crate::project::walk::{
    self, Content, Inspected, MAX_SCANNED_BYTES, Markers, PassedOver, ReadProblem, Reason, Review,
    WalkSettings, Walked, WalkedFile,
};
use crate::text::document::{self, Form, MAX_NOTEBOOK_BYTES};
use crate::text::language::Language;
use crate::text::source::SourceFile;
use crate::text::span::LineSet;
use record::{Change, Side};

/// Which change is under review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// What the next commit would change.
    Staged,
    /// What lies between two commits: `BASE..HEAD`, or `BASE...HEAD` for what HEAD changed since
    /// they parted.
    Range(String),
    /// What is pushed.
    Push(Vec<Push>),
}

impl Repository {
    /// Reads a change: its files with the lines under review, and the files as they were.
    ///
    /// Files that add no line of their own are left out: nothing in them is new. Where paths are
    /// named, only what lies in or under them counts.
    ///
    /// # Errors
    /// If there is no such range, or git fails.
    pub(crate) fn change(
        &self,
        scope: &Scope,
        paths: &[PathBuf],
        settings: &WalkSettings,
    ) -> Result<Walked, ChangesError> {
        let changes = match scope {
            Scope::Staged => self.staged_changes(paths)?,
            Scope::Range(range) => self.range(range, paths)?,
            Scope::Push(pushes) => self.pushed_changes(pushes, paths)?,
        };
        Reading::new(self, settings)?.read(changes)
    }
}

/// Reads what git prints of a change: what is fuzzed.
#[cfg(fuzzing)]
pub fn read_records(printed: &[u8]) {
    if let Err(error) = record::read(printed) {
        let _ = error.to_string();
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scope::Staged => f.write_str("what is staged"),
            Scope::Range(range) => f.write_str(range),
            Scope::Push(_) => f.write_str("what is pushed"),
        }
    }
}

/// Most text of a change that is held at once, before and after it.
const MAX_CHANGE_BYTES: u64 = 256 << 20;

/// A file of the change while it is read.
struct Read {
    before: Option<SourceFile>,
    after: Option<(WalkedFile, SourceFile)>,
}

struct Reading<'a> {
    repository: &'a Repository,
    settings: &'a WalkSettings,
    blobs: crate::project::git::Blobs,
    notes: Vec<Note>,
    over: PassedOver,
    /// Bytes of text that may still be held.
    room: u64,
}

impl<'a> Reading<'a> {
    fn new(repository: &'a Repository, settings: &'a WalkSettings) -> Result<Self, ChangesError> {
        // A notebook may be much larger than its code. `walk::load` applies the limit for code.
        let blobs = repository.blobs(MAX_NOTEBOOK_BYTES)?;
        Ok(Reading {
            repository,
            settings,
            blobs,
            notes: Vec::new(),
            over: PassedOver::default(),
            room: MAX_CHANGE_BYTES,
        })
    }

    fn read(mut self, changes: Vec<Change>) -> Result<Walked, ChangesError> {
        let mut walked = Walked::default();
        let mut read = Vec::new();
        for change in changes {
            if self.is_policy(&change)? {
                let side = change.after.as_ref().or(change.before.as_ref());
                let location = side.map(|side| self.repository.location(&side.path));
                walked.policy.extend(location.map(|location| walk::display_path(&location)));
            }
            read.extend(self.change(&change)?);
        }
        Ok(conclude(walked, read, self.notes, &self.over))
    }

    /// What a change holds of a file: a page of prose has a text for each language.
    fn change(&mut self, change: &Change) -> Result<Vec<Read>, ChangesError> {
        let after = change.after.as_ref().map(|after| self.after(after)).transpose()?;
        let mut read: Vec<Read> = Vec::new();
        for after in after.into_iter().flatten() {
            read.push(Read { before: None, after: Some(after) });
        }
        // A file that is not looked at now may still be where code was moved from.
        let Some(before) = &change.before else { return Ok(read) };
        let kind = |read: &Read| read.after.as_ref().map(|(file, _)| (file.language, file.form));
        let now: Vec<(Language, Form)> = read.iter().filter_map(kind).collect();
        for source in self.before(before, &now)? {
            let of_language = |read: &&mut Read| {
                let after = read.after.as_ref().map(|(_, source)| source.language());
                read.before.is_none() && after == Some(source.language())
            };
            match read.iter_mut().find(of_language) {
                Some(read) => read.before = Some(source),
                None => read.push(Read { before: Some(source), after: None }),
            }
        }
        Ok(read)
    }

    /// Whether a change touches what decides about it.
    fn is_policy(&mut self, change: &Change) -> Result<bool, ChangesError> {
        let sides = || change.before.iter().chain(&change.after);
        if sides().any(|side| policy::is_policy(&side.path)) {
            return Ok(true);
        }
        if !sides().any(|side| policy::is_manifest(&side.path)) {
            return Ok(false);
        }
        let mut texts = Vec::new();
        for side in [&change.before, &change.after] {
            let is_file = |side: &&Side| side.kind == record::Kind::File;
            texts.push(
                match side
                    .as_ref()
                    .filter(is_file)
                    .map(|side| self.blobs.read(&side.id))
                    .transpose()?
                {
                    Some(Blob::Content(bytes)) => bytes,
                    Some(_) => return Ok(true),
                    None => Vec::new(),
                },
            );
        }
        Ok(!policy::configure_alike(&texts[0], &texts[1]))
    }

    fn after(&mut self, side: &Side) -> Result<Vec<(WalkedFile, SourceFile)>, ChangesError> {
        let location = self.repository.location(&side.path);
        let path = walk::display_path(&location);
        if walk::is_excluded(&location, self.settings) {
            self.over.count(&location, Reason::Excluded);
            return Ok(Vec::new());
        }
        let blob = match side.kind {
            record::Kind::File => &side.id,
            record::Kind::Link => {
                self.over.count(&location, Reason::Link);
                return Ok(Vec::new());
            }
            record::Kind::Submodule => {
                self.left_out(path, NoteKind::Info, "a submodule, which is checked on its own");
                return Ok(Vec::new());
            }
            record::Kind::Unmerged => {
                self.left_out(
                    path,
                    NoteKind::Failed,
                    "it is not merged; resolve the conflict and stage it",
                );
                return Ok(Vec::new());
            }
        };
        // What has no extension may be a script, which its first line says.
        let mut kinds = walk::kinds_by_name(&location, self.settings);
        if kinds.is_empty() && location.extension().is_some() {
            self.over.count(&location, Reason::Language);
            return Ok(Vec::new());
        }
        let bytes = match self.blobs.read(blob)? {
            Blob::Content(bytes) if self.takes(bytes.len()) => bytes,
            Blob::Content(_) => {
                let why = format!(
                    "the change holds more than {} MiB of code before it",
                    MAX_CHANGE_BYTES >> 20
                );
                self.left_out(path, NoteKind::Skipped, &why);
                return Ok(Vec::new());
            }
            Blob::TooLarge(size) => {
                self.notes
                    .push(ReadProblem::TooLarge { size, limit: MAX_SCANNED_BYTES }.note(&path));
                return Ok(Vec::new());
            }
            Blob::Missing => {
                self.left_out(
                    path,
                    NoteKind::Failed,
                    "its text is not in this clone; fetch it with git",
                );
                return Ok(Vec::new());
            }
        };
        let text = match walk::inspect(bytes) {
            Inspected::Text(text) => text,
            Inspected::NotText(reason) => {
                self.notes.push(reason.note(&path));
                return Ok(Vec::new());
            }
        };
        kinds.retain(|(language, form)| document::may_hold(*language, *form, &text));
        if kinds.is_empty() {
            kinds.extend(Language::from_script(&text).map(|language| (language, Form::Plain)));
        }
        if kinds.is_empty() {
            self.over.count(&location, Reason::Language);
        }
        Ok(kinds.into_iter().filter_map(|kind| self.take_file(&location, kind, &text)).collect())
    }

    /// A file as a kind of code.
    fn take_file(
        &mut self,
        location: &Path,
        kind: (Language, Form),
        text: &[u8],
    ) -> Option<(WalkedFile, SourceFile)> {
        let file = WalkedFile {
            content: Content::Held(Arc::from(text)),
            markers: Markers::ExcuseNothing,
            ..WalkedFile::on_disk(location.to_owned(), kind)
        };
        match walk::load(&file, MAX_SCANNED_BYTES) {
            Ok(source) => Some((file, source)),
            Err(note) => {
                self.notes.push(note);
                None
            }
        }
    }

    /// The text before the change. Where it cannot be had, all of the file counts as added, which
    /// hides nothing.
    fn before(
        &mut self,
        side: &Side,
        now: &[(Language, Form)],
    ) -> Result<Vec<SourceFile>, ChangesError> {
        let location = self.repository.location(&side.path);
        let mut kinds = walk::kinds_by_name(&location, self.settings);
        if kinds.is_empty() {
            kinds.extend_from_slice(now);
        }
        if kinds.is_empty() || side.kind != record::Kind::File {
            return Ok(Vec::new());
        }
        let Blob::Content(bytes) = self.blobs.read(&side.id)? else { return Ok(Vec::new()) };
        if !self.takes(bytes.len()) {
            return Ok(Vec::new());
        }
        let Inspected::Text(text) = walk::inspect(bytes) else { return Ok(Vec::new()) };
        let path = walk::display_path(&location);
        let source = |kind| walk::source(&path, kind, text.clone(), MAX_SCANNED_BYTES).ok();
        Ok(kinds.into_iter().filter_map(source).collect())
    }

    /// Whether a text of so many bytes can be held with the others.
    fn takes(&mut self, bytes: usize) -> bool {
        match self.room.checked_sub(bytes as u64) {
            Some(room) => {
                self.room = room;
                true
            }
            None => false,
        }
    }

    fn left_out(&mut self, path: String, kind: NoteKind, why: &str) {
        self.notes.push(Note { path: Some(path), kind, message: format!("not checked: {why}") });
    }
}

/// The files of a change that add lines of their own, and all of them as they were.
fn conclude(
    mut walked: Walked,
    read: Vec<Read>,
    mut notes: Vec<Note>,
    over: &PassedOver,
) -> Walked {
    let added = added_lines(read.iter().map(|file| Versions {
        before: file.before.as_ref(),
        after: file.after.as_ref().map(|(_, source)| source),
    }));
    for (file, Added { lines, moved, gone }) in read.into_iter().zip(added) {
        if let Some(before) = file.before {
            walked.base.push(base(before, gone));
        }
        match file.after {
            Some((after, _)) if !lines.is_empty() => {
                walked.files.push(WalkedFile { review: Review::Lines(lines), ..after });
            }
            Some((after, _)) if moved > 0 => notes.push(Note {
                path: Some(after.path),
                kind: NoteKind::Info,
                message: "the change only moves code here".to_owned(),
            }),
            _ => {}
        }
    }
    walked.files.sort_by(|a, b| a.path.cmp(&b.path));
    walked.notes = notes;
    walked.notes.extend(over.note());
    walked.notes.sort();
    walked.notes.dedup();
    walked
}

/// What a file was, as code and no more.
fn base(source: SourceFile, gone: LineSet) -> WalkedFile {
    WalkedFile {
        path: source.path().to_owned(),
        location: PathBuf::from(source.path()),
        language: source.language(),
        form: Form::Plain,
        content: Content::Held(Arc::from(source.text())),
        review: Review::Lines(gone),
        markers: Markers::ExcuseNothing,
    }
}
