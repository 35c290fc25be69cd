//! A change that comes as a patch: what it adds, in the files as it leaves them.
//!
//! Where the file on disk is the one before the patch or behind it, the whole of it is read to
//! understand what is added. Else there is only what the patch itself tells.

mod parse;

use std::path::{Component, Path, PathBuf};

use super::{ChangesError, PassedOver, Read, Reason, Repository, conclude, policy};
use crate::judgement::finding::{Note, NoteKind};
use crate::project::walk::{
    self, Content, Inspected, MAX_SCANNED_BYTES, Markers, WalkSettings, Walked, WalkedFile,
};
use crate::text::document::{self, Form};
use crate::text::language::Language;
use parse::{FilePatch, Hunk, Mark};

/// Reads a patch under the name that it is told by: its files with the lines under review, and the
/// files as they were.
///
/// # Errors
/// If it is no patch.
pub(crate) fn read_patch(
    name: &str,
    patch: &[u8],
    settings: &WalkSettings,
) -> Result<Walked, ChangesError> {
    let patches = parse::parse(patch).map_err(|wrong| ChangesError::NotAPatch {
        name: name.to_owned(),
        line: wrong.line,
        why: wrong.why,
    })?;
    let top = Repository::here().ok().map(|repository| repository.top());
    let mut reading = Reading {
        settings,
        top,
        notes: Vec::new(),
        over: PassedOver::default(),
        policy: Vec::new(),
    };
    if patches.is_empty() {
        let message = "nothing was checked: the patch is empty".to_owned();
        reading.notes.push(Note { path: None, kind: NoteKind::Warning, message });
    }
    let read: Vec<Read> = patches.iter().flat_map(|patch| reading.file(patch)).collect();
    let walked = Walked { policy: reading.policy, ..Walked::default() };
    Ok(conclude(walked, read, reading.notes, &reading.over))
}

struct Reading<'s> {
    settings: &'s WalkSettings,
    /// The top of the repository, if there is one here: where the paths of git's patches begin.
    top: Option<PathBuf>,
    notes: Vec<Note>,
    over: PassedOver,
    policy: Vec<String>,
}

/// The two texts of a file.
struct Texts {
    before: Vec<u8>,
    after: Vec<u8>,
    extent: Extent,
}

/// How much of a file is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Hunks,
}

impl Reading<'_> {
    fn file(&mut self, patch: &FilePatch<'_>) -> Vec<Read> {
        let Some(named) = patch.after.as_ref().or(patch.before.as_ref()) else { return Vec::new() };
        let location = self.location(named);
        if policy::is_policy(named) {
            self.policy.push(walk::display_path(&location));
        }
        if walk::is_excluded(&location, self.settings) {
            self.over.count(&location, Reason::Excluded);
            return Vec::new();
        }
        let mut kinds = walk::kinds_by_name(&location, self.settings);
        if (kinds.is_empty() && location.extension().is_some()) || patch.hunks.is_empty() {
            self.over.count(&location, Reason::Language);
            return Vec::new();
        }
        let Some(texts) = self.texts(patch, &location) else { return Vec::new() };
        kinds.retain(|(language, form)| document::may_hold(*language, *form, &texts.after));
        if kinds.is_empty() {
            let script = Language::from_script(&texts.after);
            kinds.extend(script.map(|language| (language, Form::Plain)));
        }
        let is_gone = patch.after.is_none();
        kinds.into_iter().filter_map(|kind| self.read(&location, kind, &texts, is_gone)).collect()
    }

    /// The texts as one kind of code.
    fn read(
        &mut self,
        location: &Path,
        kind: (Language, Form),
        texts: &Texts,
        is_gone: bool,
    ) -> Option<Read> {
        let path = walk::display_path(location);
        if kind.1 != Form::Plain && texts.extent == Extent::Hunks {
            let message = "not checked: it is read as a whole only, and it is not on disk as the patch has it; run this where it is";
            self.note(path, NoteKind::Skipped, message);
            return None;
        }
        let before = walk::source(&path, kind, texts.before.clone(), MAX_SCANNED_BYTES).ok();
        if is_gone {
            return Some(Read { before, after: None });
        }
        let file = WalkedFile {
            content: Content::Held(texts.after.as_slice().into()),
            markers: Markers::ExcuseNothing,
            ..WalkedFile::on_disk(location.to_owned(), kind)
        };
        match walk::load(&file, MAX_SCANNED_BYTES) {
            Ok(source) => Some(Read { before, after: Some((file, source)) }),
            Err(note) => {
                self.notes.push(note);
                None
            }
        }
    }

    /// The file before the patch and behind it, as far as they are known.
    fn texts(&mut self, patch: &FilePatch<'_>, location: &Path) -> Option<Texts> {
        let path = walk::display_path(location);
        let on_disk =
            walk::read_inside(location, MAX_SCANNED_BYTES).ok().filter(|_| is_below(location));
        let whole = on_disk.and_then(|bytes| match walk::inspect(bytes) {
            Inspected::Text(text) => of_file(&text, &patch.hunks),
            Inspected::NotText(_) => None,
        });
        if whole.is_some() {
            return whole;
        }
        let side = |other: Mark| side_of_hunks(&patch.hunks, other);
        let (Some(before), Some(after)) = (side(Mark::Added), side(Mark::Taken)) else {
            let message = "not checked: the patch names lines that no file has that is checked";
            self.note(path, NoteKind::Skipped, message);
            return None;
        };
        let extent = if patch.before.is_none() || patch.after.is_none() {
            Extent::Whole
        } else {
            Extent::Hunks
        };
        if extent == Extent::Hunks {
            let message =
                "only the lines of the patch were looked at: the file on disk is another one";
            self.note(path, NoteKind::Info, message);
        }
        Some(Texts { before, after, extent })
    }

    fn note(&mut self, path: String, kind: NoteKind, message: &str) {
        self.notes.push(Note { path: Some(path), kind, message: message.to_owned() });
    }

    /// Where a file of the patch is: from here, or from the top of the repository.
    fn location(&self, path: &Path) -> PathBuf {
        match &self.top {
            Some(top) if !path.exists() && is_below(path) => {
                let from_top = top.join(path);
                let plain: PathBuf = from_top.components().collect();
                plain.strip_prefix(".").map(Path::to_owned).unwrap_or(plain)
            }
            _ => path.to_owned(),
        }
    }
}

/// Whether a path leads down, or up to the top of the repository and down again.
fn is_below(path: &Path) -> bool {
    let behind = path.components().skip_while(|part| *part == Component::ParentDir);
    let mut parts = behind.skip_while(|part| *part == Component::CurDir);
    parts.all(|part| matches!(part, Component::Normal(_)))
}

/// The texts of a file of which one is on disk; `None` if neither is.
fn of_file(on_disk: &[u8], hunks: &[Hunk<'_>]) -> Option<Texts> {
    let lines: Vec<&[u8]> = on_disk.split_inclusive(|&byte| byte == b'\n').collect();
    let extent = Extent::Whole;
    if let Some(before) = exchange_hunks(&lines, hunks, Mark::Added) {
        return Some(Texts { before, after: on_disk.to_vec(), extent });
    }
    let after = exchange_hunks(&lines, hunks, Mark::Taken)?;
    Some(Texts { before: on_disk.to_vec(), after, extent })
}

/// The lines of a file with one side of the hunks in place of the other; `None` if the other is not
/// there. The side without `other` is put in.
fn exchange_hunks(lines: &[&[u8]], hunks: &[Hunk<'_>], other: Mark) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut at = 0;
    for hunk in hunks {
        let (standing, start) = match other {
            Mark::Added => (Mark::Taken, hunk.after),
            _ => (Mark::Added, hunk.before),
        };
        let standing: Vec<&[u8]> = hunk.side(standing).collect();
        // A hunk without lines on one side stands behind the line that it names.
        let start = if standing.is_empty() { start } else { start.checked_sub(1)? };
        // Hunks that overlap or go back belong to no file.
        let there = lines.get(start..start + standing.len()).filter(|_| start >= at)?;
        let is_same = |(a, b): (&&[u8], &&[u8])| a.trim_ascii_end() == b.trim_ascii_end();
        if !there.iter().zip(&standing).all(is_same) {
            return None;
        }
        text.extend(lines[at..start].concat());
        hunk.side(other).for_each(|line| push_line(&mut text, line));
        at = start + standing.len();
    }
    text.extend(lines[at..].concat());
    Some(text)
}

/// One side of the hunks on their lines, with nothing between them; `None` if that is no text of a
/// size that is read.
fn side_of_hunks(hunks: &[Hunk<'_>], other: Mark) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut line = 1;
    for hunk in hunks {
        let start = if other == Mark::Added { hunk.before } else { hunk.after };
        let blank = start.saturating_sub(line);
        if blank as u64 > MAX_SCANNED_BYTES {
            return None;
        }
        text.resize(text.len() + blank, b'\n');
        line = line.max(start);
        for content in hunk.side(other) {
            push_line(&mut text, content);
            line += 1;
        }
    }
    Some(text)
}

fn push_line(text: &mut Vec<u8>, line: &[u8]) {
    text.extend_from_slice(line);
    text.push(b'\n');
}
