//! Segments outside of an index: written anywhere, merged, and adopted into an index.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::contents::{Contents, PreparedComponent};
use super::error::IndexError;
use super::manifest::{self, SegmentEntry};
use super::sections::WriteError;
use super::segment::{Counts, Segment};
use super::spill::Spill;
use super::storage::{self, Access, io_error};
use super::writer::write_segment;

/// A segment in a file of its own.
pub(crate) struct LooseSegment {
    path: PathBuf,
    segment: Segment,
}

/// What a loose segment was written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrittenSegment {
    /// The file.
    pub path: PathBuf,
    /// BLAKE3 of the whole file, in hexadecimal.
    pub digest: String,
    /// Size of the file.
    pub bytes: u64,
}

/// Where a loose segment goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Destination<'a> {
    /// To this file, which is replaced.
    File(&'a Path),
    /// Into this directory, under the name that its content gives it.
    Directory(&'a Path),
}

impl<'a> Destination<'a> {
    /// The directory that the file will be in.
    pub(crate) fn directory(self) -> &'a Path {
        match self {
            Destination::Directory(directory) => directory,
            Destination::File(file) => match file.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            },
        }
    }
}

impl LooseSegment {
    /// Opens a file to read all of it.
    ///
    /// # Errors
    /// If it cannot be read, or is no segment that this program reads.
    pub(crate) fn open(path: &Path) -> Result<LooseSegment, IndexError> {
        let name = path.display().to_string();
        let segment = Segment::open(&name, storage::open_as(path, Access::All)?)?;
        Ok(LooseSegment { path: path.to_owned(), segment })
    }

    /// Reads everything and compares; where the file is named by a digest, that as well.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub(crate) fn verify(&self) -> Result<(), IndexError> {
        if let Some(error) = self.segment.damage().into_iter().next() {
            return Err(error);
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let is_named_by_digest = manifest::is_segment_name(&name);
        if is_named_by_digest && self.entry()?.file != name {
            return Err(self.segment.corrupt("its content is not the one it is named after"));
        }
        Ok(())
    }

    /// How much it holds.
    pub(crate) fn counts(&self) -> Counts {
        self.segment.counts()
    }

    /// The segment.
    pub(super) fn segment(&self) -> &Segment {
        &self.segment
    }

    /// How a manifest names it.
    pub(super) fn entry(&self) -> Result<SegmentEntry, IndexError> {
        SegmentEntry::of(&self.segment)
    }
}

/// Writes components as a segment.
///
/// # Errors
/// If they are too much for one segment, or cannot be written.
pub(crate) fn write_components(
    components: Vec<PreparedComponent>,
    to: Destination<'_>,
    spill: &Arc<Spill>,
) -> Result<WrittenSegment, IndexError> {
    write(&Contents::from_prepared(components), to, spill)
}

/// Merges segments into one. The result does not depend on their order. Of components with the same
/// purl and digest it holds one.
///
/// # Errors
/// If one is damaged, they are too much for one segment, or it cannot be written.
pub(crate) fn merge_segments(
    segments: &[LooseSegment],
    to: Destination<'_>,
    spill: &Arc<Spill>,
) -> Result<WrittenSegment, IndexError> {
    let segments = segments.iter().map(|segment| &segment.segment);
    write(&Contents::from_segments(segments, |_| true)?, to, spill)
}

pub(super) fn write(
    contents: &Contents<'_>,
    to: Destination<'_>,
    spill: &Arc<Spill>,
) -> Result<WrittenSegment, IndexError> {
    let directory = to.directory();
    storage::publish(directory, |out| {
        let written = write_segment(contents, spill, out).map_err(|error| match error {
            WriteError::Index(error) => error,
            WriteError::Io(error) => io_error("cannot write to", directory, error),
        })?;
        let entry = SegmentEntry::new(&written);
        let name = match to {
            Destination::Directory(_) => entry.file.clone(),
            Destination::File(file) => {
                file.file_name().unwrap_or_default().to_string_lossy().into_owned()
            }
        };
        let path = directory.join(&name);
        Ok((name, WrittenSegment { path, digest: entry.digest, bytes: entry.bytes }))
    })
}

/// Copies a segment into a directory under the name that its content gives it.
pub(super) fn copy(from: &LooseSegment, directory: &Path) -> Result<SegmentEntry, IndexError> {
    let entry = from.entry()?;
    storage::publish(directory, |out| {
        let bytes = from.segment.bytes()?;
        // The file may have been changed since it was looked at.
        if blake3::hash(&bytes).to_hex().as_str() != entry.digest {
            return Err(from.segment.corrupt("it was changed while it was read"));
        }
        out.write_all(&bytes).map_err(|error| io_error("cannot write to", directory, error))?;
        Ok((entry.file.clone(), entry))
    })
}
