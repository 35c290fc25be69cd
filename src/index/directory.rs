//! An index directory: immutable segments and the manifest that lists them.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::contents::{Contents, PreparedComponent};
use super::documents::Component;
use super::error::IndexError;
use super::format::COMMON_POSTING;
use super::manifest::{self, Manifest, SegmentEntry};
use super::memory::Memory;
use super::sections::WriteError;
use super::segment::Segment;
use super::spill::Spill;
use super::storage::{self, io_error};
use super::writer::write_segment;
use crate::purl::Purl;

/// Segments from which on adding merges: a look-up asks each of them.
const MAX_SEGMENTS: usize = 16;

/// An index directory open for writing; holds its lock.
pub struct IndexDirectory {
    path: PathBuf,
    manifest: Manifest,
    segments: Vec<Segment>,
    spill: Arc<Spill>,
    _lock: File,
}

/// A component of an index with its size.
#[derive(Clone, Debug)]
pub struct ComponentEntry {
    /// The component.
    pub component: Component,
    /// Its documents.
    pub documents: u64,
    /// Its tokens.
    pub tokens: u64,
    /// Its physical lines.
    pub lines: u64,
}

impl IndexDirectory {
    /// Opens an index for writing.
    ///
    /// # Errors
    /// If there is none, it is damaged, or another process writes to it.
    pub fn open(path: &Path) -> Result<IndexDirectory, IndexError> {
        if !path.join(manifest::FILE_NAME).is_file() {
            return Err(IndexError::Missing(path.to_owned()));
        }
        IndexDirectory::locked(path)
    }

    /// Opens an index for writing, or makes an empty one.
    ///
    /// # Errors
    /// If it is damaged, cannot be made, or another process writes to it.
    pub fn open_or_create(path: &Path) -> Result<IndexDirectory, IndexError> {
        fs::create_dir_all(path).map_err(|error| io_error("cannot create", path, error))?;
        IndexDirectory::locked(path)
    }

    fn locked(path: &Path) -> Result<IndexDirectory, IndexError> {
        let lock = storage::lock(path)?;
        let (manifest, segments) = match path.join(manifest::FILE_NAME).is_file() {
            true => read_directory(path)?,
            false => (Manifest::new(Vec::new()), Vec::new()),
        };
        let is_named = |name: &str| manifest.segments.iter().any(|segment| segment.file == name);
        storage::sweep(path, |name| manifest::is_segment_name(name) && !is_named(name));
        let spill = Spill::new(path.to_owned(), Memory::default());
        Ok(IndexDirectory { path: path.to_owned(), manifest, segments, spill, _lock: lock })
    }

    /// Takes no more memory for writing than that.
    pub fn within(self, memory: Memory) -> IndexDirectory {
        let spill = Spill::new(self.path.clone(), memory);
        IndexDirectory { spill, ..self }
    }

    /// Where to set aside what is going to be added.
    pub fn spill(&self) -> Arc<Spill> {
        self.spill.clone()
    }

    /// Adds components as one new segment; those of the same purl are replaced.
    ///
    /// # Errors
    /// If they cannot be written; the index is then as it was.
    pub fn add(&mut self, components: Vec<PreparedComponent>) -> Result<(), IndexError> {
        let replaced: HashSet<Purl> = components.iter().map(|added| added.component.purl.clone()).collect();
        let mut entries = self.without(&replaced)?;
        entries.push(self.write(&Contents::prepared(components))?);
        self.publish(entries)?;
        if self.segments.len() > MAX_SEGMENTS { self.merge_small() } else { Ok(()) }
    }

    /// Writes the small segments into one; the large ones stay, so that adding costs no more in a large index.
    fn merge_small(&mut self) -> Result<(), IndexError> {
        let small = small_ones(
            self.segments
                .iter()
                .map(|segment| Size { bytes: segment.byte_count(), tokens: segment.counts().tokens }),
        );
        if small.iter().filter(|small| **small).count() < 2 {
            return Ok(());
        }
        let chosen =
            self.segments.iter().zip(&small).filter(|(_, small)| **small).map(|(segment, _)| segment);
        let merged = self.write(&Contents::stored(chosen, |_| true)?)?;
        let kept = self.manifest.segments.iter().zip(&small).filter(|(_, small)| !**small);
        self.publish(kept.map(|(entry, _)| entry.clone()).chain([merged]).collect())
    }

    /// Removes the components with these purls (of any version where a purl names none); returns how many there were.
    ///
    /// # Errors
    /// If the index cannot be written; it is then as it was.
    pub fn remove(&mut self, purls: &[Purl]) -> Result<usize, IndexError> {
        let named: HashSet<Purl> = self
            .list()?
            .into_iter()
            .map(|entry| entry.component.purl)
            .filter(|purl| {
                purls.iter().any(|wanted| {
                    wanted == purl || wanted.version().is_none() && wanted.package() == purl.package()
                })
            })
            .collect();
        if !named.is_empty() {
            let entries = self.without(&named)?;
            self.publish(entries)?;
        }
        Ok(named.len())
    }

    /// Writes all segments into one.
    ///
    /// # Errors
    /// If the index cannot be written; it is then as it was.
    pub fn merge(&mut self) -> Result<(), IndexError> {
        let contents = Contents::stored(&self.segments, |_| true)?;
        let entries = if contents.is_empty() { Vec::new() } else { vec![self.write(&contents)?] };
        self.publish(entries)
    }

    /// Every component, by purl.
    ///
    /// # Errors
    /// If the index is damaged.
    pub fn list(&self) -> Result<Vec<ComponentEntry>, IndexError> {
        list(&self.segments)
    }

    /// The segments as they would be without some components; segments that held them are written anew.
    fn without(&self, purls: &HashSet<Purl>) -> Result<Vec<SegmentEntry>, IndexError> {
        let mut entries = Vec::new();
        for (entry, segment) in self.manifest.segments.iter().zip(&self.segments) {
            let held = list(std::slice::from_ref(segment))?;
            if !held.iter().any(|entry| purls.contains(&entry.component.purl)) {
                entries.push(entry.clone());
                continue;
            }
            let kept = Contents::stored([segment], |component| !purls.contains(&component.purl))?;
            if !kept.is_empty() {
                entries.push(self.write(&kept)?);
            }
        }
        Ok(entries)
    }

    /// Writes a segment under the name its content gives it; nothing refers to it yet.
    fn write(&self, contents: &Contents<'_>) -> Result<SegmentEntry, IndexError> {
        storage::publish(&self.path, |out| {
            let (digest, bytes) = write_segment(contents, &self.spill, out).map_err(|error| match error {
                WriteError::Index(error) => error,
                WriteError::Io(error) => io_error("cannot write to", &self.path, error),
            })?;
            let digest = digest.to_hex().to_string();
            let file = manifest::segment_name(&digest);
            Ok((file.clone(), SegmentEntry { file, digest, bytes }))
        })
    }

    /// Commits: the manifest names these segments from now on, and files it no longer names go.
    fn publish(&mut self, entries: Vec<SegmentEntry>) -> Result<(), IndexError> {
        let manifest = Manifest::new(entries);
        storage::publish(&self.path, |out| {
            let written = out.write_all(&manifest.to_bytes());
            written.map_err(|error| io_error("cannot write to", &self.path, error))?;
            Ok((manifest::FILE_NAME.to_owned(), ()))
        })?;
        let named: HashSet<&str> = manifest.segments.iter().map(|segment| segment.file.as_str()).collect();
        for old in self.manifest.segments.iter().filter(|old| !named.contains(old.file.as_str())) {
            // Readers that hold the old segment mapped keep it; a file that stays behind harms nothing.
            let _ = fs::remove_file(self.path.join(&old.file));
        }
        self.segments = open_segments(&self.path, &manifest)?;
        self.manifest = manifest;
        Ok(())
    }
}

/// The size of a segment.
#[derive(Clone, Copy, Default)]
struct Size {
    bytes: u64,
    tokens: u64,
}

/// Which of some segments are small: from the smallest on, as long as the next has not more than twice the bytes of all
/// before it, and one segment can hold them all. So what is written anew is no small part of what comes out, and each byte
/// is written as many times as the index has doubled.
fn small_ones(sizes: impl Iterator<Item = Size>) -> Vec<bool> {
    let sizes: Vec<Size> = sizes.collect();
    let mut by_size: Vec<usize> = (0..sizes.len()).collect();
    by_size.sort_by_key(|&i| sizes[i].bytes);
    let (mut small, mut total) = (vec![false; sizes.len()], Size::default());
    for (rank, i) in by_size.into_iter().enumerate() {
        let next = Size {
            bytes: total.bytes.saturating_add(sizes[i].bytes),
            tokens: total.tokens.saturating_add(sizes[i].tokens),
        };
        let is_large = rank >= 2 && sizes[i].bytes > total.bytes.saturating_mul(2);
        if is_large || next.tokens >= u64::from(COMMON_POSTING) {
            break;
        }
        (small[i], total) = (true, next);
    }
    small
}

/// Opens the segments of an index directory for reading.
///
/// # Errors
/// If there is no index, or it is damaged.
pub fn read_directory(path: &Path) -> Result<(Manifest, Vec<Segment>), IndexError> {
    let mut manifest = read_manifest(path)?;
    loop {
        let opened = open_segments(path, &manifest);
        if opened.is_ok() {
            return opened.map(|segments| (manifest, segments));
        }
        // A writer may have published the next generation and removed the files of this one meanwhile.
        let now = read_manifest(path)?;
        if now == manifest {
            let segments = open_segments(path, &now)?;
            return Ok((now, segments));
        }
        manifest = now;
    }
}

fn read_manifest(path: &Path) -> Result<Manifest, IndexError> {
    let manifest_path = path.join(manifest::FILE_NAME);
    let bytes = match fs::read(&manifest_path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(IndexError::Missing(path.to_owned()));
        }
        Err(error) => return Err(io_error("cannot read", &manifest_path, error)),
    };
    Manifest::from_bytes(&manifest_path.display().to_string(), &bytes)
}

fn open_segments(path: &Path, manifest: &Manifest) -> Result<Vec<Segment>, IndexError> {
    manifest
        .segments
        .iter()
        .map(|entry| {
            let file = path.join(&entry.file);
            let name = file.display().to_string();
            let segment = Segment::open(&name, storage::map(&file)?)?;
            if segment.digest().to_hex().as_str() != entry.digest || segment.byte_count() != entry.bytes {
                return Err(IndexError::corrupt(&name, "it is not the segment the manifest names"));
            }
            Ok(segment)
        })
        .collect()
}

/// Every component of some segments, by purl.
pub(super) fn list(segments: &[Segment]) -> Result<Vec<ComponentEntry>, IndexError> {
    let mut entries = Vec::new();
    for segment in segments {
        for id in segment.components() {
            let row = segment.component_row(id)?;
            entries.push(ComponentEntry {
                component: segment.component(&row)?,
                documents: u64::from(row.documents),
                tokens: u64::from(row.tokens),
                lines: row.lines,
            });
        }
    }
    entries.sort_by(|a, b| a.component.purl.cmp(&b.component.purl));
    Ok(entries)
}

#[cfg(test)]
mod tests;
