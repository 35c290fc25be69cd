//! An index directory: immutable segments and models, and the manifest that lists them.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::contents::{Contents, PreparedComponent};
use super::documents::Component;
use super::error::IndexError;
use super::format::COMMON_LIST;
use super::loose::{self, LooseSegment};
use super::manifest::{self, Manifest, ModelEntry, SegmentEntry};
use super::memory::Memory;
use super::models::{StoredModel, lessons};
use super::sections::WriteError;
use super::segment::{ComponentId, Segment};
use super::spill::Spill;
use super::storage::{self, Access, io_error};
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

/// What adopting segments did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Adopted {
    /// Segments taken in.
    pub segments: usize,
    /// Segments that add nothing.
    pub unchanged: usize,
    /// Components that the index did not hold.
    pub components: usize,
    /// Components that it held already, or that several of the segments hold.
    pub duplicates: usize,
    /// Components of the index that others of the same purl replace.
    pub replaced: usize,
}

impl IndexDirectory {
    /// Opens an index for writing.
    ///
    /// # Errors
    /// If there is none, it is damaged, or another process writes to it.
    pub fn open(path: &Path) -> Result<IndexDirectory, IndexError> {
        // Nothing is made where there is no index, not even a lock.
        read_manifest(path)?;
        let lock = storage::lock(path)?;
        let Files { manifest, segments, .. } = read_directory(path, Access::All)?;
        Ok(IndexDirectory::with_lock(path, manifest, segments, lock))
    }

    /// Opens an index for writing, or makes an empty one.
    ///
    /// # Errors
    /// If it is damaged, cannot be looked at or made, has segments and no manifest, or another
    /// process writes to it.
    pub fn open_or_create(path: &Path) -> Result<IndexDirectory, IndexError> {
        storage::create_directory(path)?;
        let lock = storage::lock(path)?;
        match read_directory(path, Access::All) {
            Ok(Files { manifest, segments, .. }) => {
                Ok(IndexDirectory::with_lock(path, manifest, segments, lock))
            }
            Err(IndexError::Missing(_)) => {
                if storage::file_names(path)?.iter().any(|name| manifest::is_segment_name(name)) {
                    return Err(IndexError::NoManifest(path.to_owned()));
                }
                let mut index =
                    IndexDirectory::with_lock(path, Manifest::default(), Vec::new(), lock);
                // A writer that is killed before its first commit leaves no segments without a
                // manifest.
                index.publish(Vec::new(), Vec::new())?;
                Ok(index)
            }
            Err(error) => Err(error),
        }
    }

    /// Keeps what is whole of a damaged index; returns the names of what is lost.
    ///
    /// # Errors
    /// If the manifest or a segment that is there cannot be read, or the index cannot be written;
    /// it is then as it was.
    pub fn salvage(path: &Path) -> Result<Vec<String>, IndexError> {
        read_manifest(path)?;
        let lock = storage::lock(path)?;
        // Another writer may have held the lock until now.
        let manifest = read_manifest(path)?;
        let (mut segments, mut lost) = (Vec::new(), Vec::new());
        for entry in &manifest.segments {
            match open_segment(path, entry, Access::All) {
                Ok(segment) => segments.push(segment),
                // What cannot be read now may be whole, and would be deleted.
                Err(error) if error.is_of_system() => return Err(error),
                Err(error) => lost.push(format!("all of {} ({error})", entry.file)),
            }
        }
        let mut directory = IndexDirectory::with_lock(path, manifest, segments, lock);
        let segments = std::mem::take(&mut directory.segments);
        let (contents, of_segments) = Contents::salvage(&segments);
        lost.extend(of_segments);
        let entries =
            if contents.is_empty() { Vec::new() } else { vec![directory.write(&contents)?] };
        // One of the models may be damaged too. birthmark drops them all and learns them again
        // from the components that are left.
        directory.publish(entries, Vec::new())?;
        directory.learn()?;
        Ok(lost)
    }

    /// An index that was read, under its lock: what killed writers left behind goes.
    fn with_lock(
        path: &Path,
        manifest: Manifest,
        segments: Vec<Segment>,
        lock: File,
    ) -> IndexDirectory {
        let is_named = |name: &str| manifest.files().any(|file| file == name);
        storage::sweep(path, |name| manifest::is_written_name(name) && !is_named(name));
        let spill = Spill::new(path.to_owned(), Memory::default());
        IndexDirectory { path: path.to_owned(), manifest, segments, spill, _lock: lock }
    }

    /// Takes no more memory for writing than that.
    pub(crate) fn within(self, memory: Memory) -> IndexDirectory {
        let spill = Spill::new(self.path.clone(), memory);
        IndexDirectory { spill, ..self }
    }

    /// Where to set aside what is going to be added.
    pub fn spill(&self) -> Arc<Spill> {
        self.spill.clone()
    }

    /// Adds components as one new segment, and learns from the whole index what is ordinary; those
    /// of the same purl are replaced.
    ///
    /// # Errors
    /// If they cannot be written; the index is then as it was.
    pub fn add(&mut self, components: Vec<PreparedComponent>) -> Result<(), IndexError> {
        self.add_some(components)?;
        self.learn()
    }

    /// Adds some of many components: as [`IndexDirectory::add`], without learning, which
    /// [`IndexDirectory::learn`] does once for all.
    ///
    /// # Errors
    /// If they cannot be written; the index is then as it was.
    pub(crate) fn add_some(
        &mut self,
        components: Vec<PreparedComponent>,
    ) -> Result<(), IndexError> {
        let replaced: HashSet<Purl> =
            components.iter().map(|added| added.component.purl.clone()).collect();
        let mut entries = self.without(&replaced)?;
        entries.push(self.write(&Contents::from_prepared(components))?);
        self.publish(entries, self.manifest.models.clone())?;
        if self.segments.len() > MAX_SEGMENTS { self.merge_small() } else { Ok(()) }
    }

    /// Takes in segments that were written elsewhere, in whatever order they are named: as
    /// [`IndexDirectory::add_some`]. Components of the index that have the purl of one of theirs
    /// and another content are replaced. A segment that adds nothing is left out.
    ///
    /// # Errors
    /// If one of them is damaged, or they cannot be written; the index is then as it was.
    pub(crate) fn adopt(&mut self, segments: &[LooseSegment]) -> Result<Adopted, IndexError> {
        // All are verified before one is copied, so that a damaged one leaves the index as it was.
        segments.iter().try_for_each(LooseSegment::verify)?;
        let mut adopted = Adopted::default();
        let held = Named::of(self.list()?);
        let (mut taken, mut entries) = (Named::default(), Vec::new());
        for segment in segments {
            let components = list(std::slice::from_ref(segment.segment()))?;
            let is_new = |it: &&ComponentEntry| {
                !held.contains(&it.component) && !taken.contains(&it.component)
            };
            let added = components.iter().filter(is_new).count();
            adopted.duplicates += components.len() - added;
            adopted.components += added;
            match added {
                0 => adopted.unchanged += 1,
                _ => {
                    adopted.segments += 1;
                    entries.push(loose::copy(segment, &self.path)?);
                }
            }
            components.into_iter().for_each(|it| taken.add(it.component));
        }
        if entries.is_empty() {
            return Ok(adopted);
        }
        let is_replaced = |it: &Component| taken.has(&it.purl) && !taken.contains(it);
        adopted.replaced = self.list()?.iter().filter(|it| is_replaced(&it.component)).count();
        entries.extend(self.rewrite_without(&is_replaced)?);
        entries.sort_by(|a, b| a.file.cmp(&b.file));
        entries.dedup();
        self.publish(entries, self.manifest.models.clone())?;
        if self.segments.len() > MAX_SEGMENTS {
            self.merge_small()?;
        }
        Ok(adopted)
    }

    /// Learns what is ordinary in each language from all components, where they changed since it
    /// was learned.
    ///
    /// # Errors
    /// If the index is damaged or cannot be written; it is then as it was.
    pub fn learn(&mut self) -> Result<(), IndexError> {
        let mut models = Vec::new();
        for lesson in lessons(&self.segments)? {
            let (language, sample) = (lesson.family.name().to_owned(), lesson.digest());
            let is_known =
                |model: &&ModelEntry| model.language == language && model.sample == sample;
            let known = self.manifest.models.iter().find(is_known);
            models.push(match known {
                Some(known) => known.clone(),
                None => self.write_model(&lesson.learn()?, language, sample)?,
            });
        }
        if models == self.manifest.models {
            Ok(())
        } else {
            self.publish(self.manifest.segments.clone(), models)
        }
    }

    fn write_model(
        &self,
        bytes: &[u8],
        language: String,
        sample: String,
    ) -> Result<ModelEntry, IndexError> {
        let digest = blake3::hash(bytes).to_hex().to_string();
        let file = manifest::file_name(&digest, manifest::MODEL_EXTENSION);
        storage::publish(&self.path, |out| {
            out.write_all(bytes).map_err(|error| io_error("cannot write to", &self.path, error))?;
            let bytes = bytes.len() as u64;
            Ok((file.clone(), ModelEntry { language, file, digest, bytes, sample }))
        })
    }

    /// Writes the small segments into one; the large ones stay, so that adding costs no more in a
    /// large index.
    fn merge_small(&mut self) -> Result<(), IndexError> {
        let small =
            small_ones(self.segments.iter().map(|segment| Size {
                bytes: segment.byte_count(),
                tokens: segment.counts().tokens,
            }));
        if small.iter().filter(|small| **small).count() < 2 {
            return Ok(());
        }
        let chosen = self
            .segments
            .iter()
            .zip(&small)
            .filter(|(_, small)| **small)
            .map(|(segment, _)| segment);
        let merged = self.write(&Contents::from_segments(chosen, |_| true)?)?;
        let kept = self.manifest.segments.iter().zip(&small).filter(|(_, small)| !**small);
        let entries = kept.map(|(entry, _)| entry.clone()).chain([merged]).collect();
        self.publish(entries, self.manifest.models.clone())
    }

    /// Removes the components with these purls (of any version where a purl names none); returns
    /// how many there were.
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
                    wanted == purl
                        || wanted.version().is_none() && wanted.package() == purl.package()
                })
            })
            .collect();
        if !named.is_empty() {
            let entries = self.without(&named)?;
            self.publish(entries, self.manifest.models.clone())?;
            self.learn()?;
        }
        Ok(named.len())
    }

    /// Writes all segments into one.
    ///
    /// # Errors
    /// If the index cannot be written; it is then as it was.
    pub fn merge(&mut self) -> Result<(), IndexError> {
        let contents = Contents::from_segments(&self.segments, |_| true)?;
        let entries = if contents.is_empty() { Vec::new() } else { vec![self.write(&contents)?] };
        self.publish(entries, self.manifest.models.clone())?;
        self.learn()
    }

    /// Every component, by purl.
    ///
    /// # Errors
    /// If the index is damaged.
    pub fn list(&self) -> Result<Vec<ComponentEntry>, IndexError> {
        list(&self.segments)
    }

    /// The segments as they would be without the components of some purls.
    fn without(&self, purls: &HashSet<Purl>) -> Result<Vec<SegmentEntry>, IndexError> {
        self.rewrite_without(&|component| purls.contains(&component.purl))
    }

    /// The segments as they would be without some components; segments that held them are written
    /// anew.
    fn rewrite_without(
        &self,
        is_dropped: &dyn Fn(&Component) -> bool,
    ) -> Result<Vec<SegmentEntry>, IndexError> {
        let mut entries = Vec::new();
        for (entry, segment) in self.manifest.segments.iter().zip(&self.segments) {
            let held = list(std::slice::from_ref(segment))?;
            if !held.iter().any(|entry| is_dropped(&entry.component)) {
                entries.push(entry.clone());
                continue;
            }
            let kept = Contents::from_segments([segment], |component| !is_dropped(component))?;
            if !kept.is_empty() {
                entries.push(self.write(&kept)?);
            }
        }
        Ok(entries)
    }

    /// Writes a segment under the name its content gives it; nothing refers to it yet.
    fn write(&self, contents: &Contents<'_>) -> Result<SegmentEntry, IndexError> {
        storage::publish(&self.path, |out| {
            let written =
                write_segment(contents, &self.spill, out).map_err(|error| match error {
                    WriteError::Index(error) => error,
                    WriteError::Io(error) => io_error("cannot write to", &self.path, error),
                })?;
            let entry = SegmentEntry::new(&written);
            Ok((entry.file.clone(), entry))
        })
    }

    /// Commits: the manifest names these files from now on, and those it no longer names go.
    fn publish(
        &mut self,
        entries: Vec<SegmentEntry>,
        models: Vec<ModelEntry>,
    ) -> Result<(), IndexError> {
        let manifest = Manifest::new(entries, models);
        // The files are opened before the manifest names them. A
        // commit never refers to a segment that cannot be read.
        let segments = open_segments(&self.path, &manifest, Access::All)?;
        storage::publish(&self.path, |out| {
            let written = out.write_all(&manifest.to_bytes());
            written.map_err(|error| io_error("cannot write to", &self.path, error))?;
            Ok((manifest::FILE_NAME.to_owned(), ()))
        })?;
        let named: HashSet<&str> = manifest.files().collect();
        for old in self.manifest.files().filter(|old| !named.contains(old)) {
            // Readers that hold the old file mapped keep it; a file that stays behind harms
            // nothing.
            let _ = fs::remove_file(self.path.join(old));
        }
        (self.segments, self.manifest) = (segments, manifest);
        Ok(())
    }
}

/// The size of a segment.
#[derive(Clone, Copy, Default)]
struct Size {
    bytes: u64,
    tokens: u64,
}

/// Which of some segments are small: from the smallest on, as long as the next has not more than
/// twice the bytes of all before it, and one segment can hold them all. So what is written anew is
/// no small part of what comes out, and each byte is written as many times as the index has
/// doubled.
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
        // A merge needs two segments. Were the second compared with the
        // first, segments that grow fast enough would never be merged.
        let is_large = rank >= 2 && sizes[i].bytes > total.bytes.saturating_mul(2);
        if is_large || next.tokens >= u64::from(COMMON_LIST) {
            break;
        }
        (small[i], total) = (true, next);
    }
    small
}

/// The files of an index directory, open for reading.
pub(super) struct Files {
    pub(super) manifest: Manifest,
    pub(super) segments: Vec<Segment>,
    pub(super) models: Vec<StoredModel>,
}

/// Opens the files of an index directory for reading.
///
/// # Errors
/// If there is no index, or it is damaged.
pub(super) fn read_directory(path: &Path, access: Access) -> Result<Files, IndexError> {
    let mut manifest = read_manifest(path)?;
    loop {
        let opened = open_files(path, &manifest, access);
        if opened.is_ok() {
            return opened;
        }
        // A writer may have published the next generation and removed the files of this one
        // meanwhile.
        let now = read_manifest(path)?;
        if now == manifest {
            return open_files(path, &now, access);
        }
        manifest = now;
    }
}

/// Reads all of an index directory and compares; lists what is wrong.
///
/// # Errors
/// If its manifest cannot be read.
pub(super) fn damage(path: &Path) -> Result<Vec<IndexError>, IndexError> {
    Ok(damage_of(path, &read_manifest(path)?))
}

/// Reads all files of a manifest and compares; lists what is wrong.
pub(super) fn damage_of(path: &Path, manifest: &Manifest) -> Vec<IndexError> {
    let mut damage = Vec::new();
    for entry in &manifest.segments {
        match open_segment(path, entry, Access::All) {
            Ok(segment) => {
                let of_segment = segment.damage();
                if of_segment.is_empty() {
                    damage.extend(other_digest(&segment, entry));
                }
                damage.extend(of_segment);
            }
            Err(error) => damage.push(error),
        }
    }
    for entry in &manifest.models {
        let opened = open_model(path, entry, Access::All).and_then(|model| {
            model.model()?;
            if model.digest()?.to_hex().as_str() == entry.digest {
                Ok(())
            } else {
                Err(IndexError::corrupt(
                    &entry.file,
                    "its digest is not the one the manifest names",
                ))
            }
        });
        damage.extend(opened.err());
    }
    damage
}

/// That a segment is not the one that the manifest names.
fn other_digest(segment: &Segment, entry: &SegmentEntry) -> Option<IndexError> {
    match segment.digest() {
        Ok(digest) if digest.to_hex().as_str() == entry.digest => None,
        Ok(_) => Some(segment.corrupt("its digest is not the one the manifest names")),
        Err(error) => Some(error),
    }
}

/// No manifest of an index is longer.
const MAX_MANIFEST_BYTES: u64 = 64 << 20;

fn read_manifest(path: &Path) -> Result<Manifest, IndexError> {
    let manifest_path = path.join(manifest::FILE_NAME);
    let bytes = match storage::read(&manifest_path, MAX_MANIFEST_BYTES) {
        Err(IndexError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Err(IndexError::Missing(path.to_owned()));
        }
        Err(IndexError::Io { source, .. })
            if source.kind() == std::io::ErrorKind::NotADirectory =>
        {
            return Err(IndexError::NotADirectory(path.to_owned()));
        }
        read => read?,
    };
    Manifest::from_bytes(&manifest_path.display().to_string(), &bytes)
}

pub(super) fn open_files(
    path: &Path,
    manifest: &Manifest,
    access: Access,
) -> Result<Files, IndexError> {
    Ok(Files {
        segments: open_segments(path, manifest, access)?,
        models: manifest
            .models
            .iter()
            .map(|entry| open_model(path, entry, access))
            .collect::<Result<_, _>>()?,
        manifest: manifest.clone(),
    })
}

fn open_segments(
    path: &Path,
    manifest: &Manifest,
    access: Access,
) -> Result<Vec<Segment>, IndexError> {
    manifest.segments.iter().map(|entry| open_segment(path, entry, access)).collect()
}

fn open_segment(path: &Path, entry: &SegmentEntry, access: Access) -> Result<Segment, IndexError> {
    let file = path.join(&entry.file);
    let name = file.display().to_string();
    let segment = Segment::open(&name, storage::open_as(&file, access)?)?;
    if format!("{:016x}", segment.seal()) == entry.seal && segment.byte_count() == entry.bytes {
        Ok(segment)
    } else {
        Err(IndexError::corrupt(&name, "it is not the segment the manifest names"))
    }
}

fn open_model(path: &Path, entry: &ModelEntry, access: Access) -> Result<StoredModel, IndexError> {
    let file = path.join(&entry.file);
    let name = file.display().to_string();
    let model = StoredModel::open(&name, storage::open_as(&file, access)?)?;
    if model.family().name() == entry.language && model.byte_count() == entry.bytes {
        Ok(model)
    } else {
        Err(IndexError::corrupt(&name, "it is not the model the manifest names"))
    }
}

/// Components by purl.
#[derive(Default)]
struct Named(HashMap<Purl, Vec<Component>>);

impl Named {
    fn of(entries: Vec<ComponentEntry>) -> Named {
        let mut named = Named::default();
        entries.into_iter().for_each(|entry| named.add(entry.component));
        named
    }

    fn add(&mut self, component: Component) {
        self.0.entry(component.purl.clone()).or_default().push(component);
    }

    fn has(&self, purl: &Purl) -> bool {
        self.0.contains_key(purl)
    }

    fn contains(&self, component: &Component) -> bool {
        self.0.get(&component.purl).is_some_and(|known| known.contains(component))
    }
}

/// Every component of some segments, by purl; one that several hold is listed once.
pub(super) fn list(segments: &[Segment]) -> Result<Vec<ComponentEntry>, IndexError> {
    list_some(segments, |_, _| true)
}

/// The same of those components of which `counts` says so, by number of segment and component.
pub(super) fn list_some(
    segments: &[Segment],
    counts: impl Fn(usize, ComponentId) -> bool,
) -> Result<Vec<ComponentEntry>, IndexError> {
    let mut entries = Vec::new();
    for (number, segment) in segments.iter().enumerate() {
        for id in segment.components().filter(|id| counts(number, *id)) {
            let row = segment.component_row(id)?;
            let entry = ComponentEntry {
                component: segment.component(&row)?,
                documents: u64::from(row.documents),
                tokens: u64::from(row.tokens),
                lines: row.lines,
            };
            entries.push((entry, row.identity));
        }
    }
    let name =
        |entry: &ComponentEntry| (entry.component.purl.clone(), entry.component.digest.clone());
    // Of several with one name the least identity stays, whichever segment holds it.
    entries.sort_by_cached_key(|(entry, identity)| (name(entry), *identity));
    entries.dedup_by(|(later, _), (first, _)| name(later) == name(first));
    Ok(entries.into_iter().map(|(entry, _)| entry).collect())
}

#[cfg(test)]
mod tests;
