//! The files of a pack: written from an index, and opened as one.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

use super::SegmentId;
use super::contents::Contents;
use super::directory::{Files, damage_of, open_files, read_directory};
use super::documents::Component;
use super::error::IndexError;
use super::loose::{Destination, write};
use super::manifest::{Manifest, SegmentEntry};
use super::memory::Memory;
use super::models::StoredModel;
use super::pack::{LIST_FILE, MAX_LIST_BYTES, PackList, PackPin, Tombstone};
use super::segment::{ComponentId, Segment};
use super::spill::Spill;
use super::storage::{self, Access, io_error};
use crate::purl::Purl;

/// Copies all files of an index into a directory of files of packs.
///
/// # Errors
/// If the index is damaged, or a file cannot be written.
pub(crate) fn pack_whole(index: &Path, files: &Path) -> Result<Manifest, IndexError> {
    let opened = read_directory(index, Access::All)?;
    for (segment, entry) in opened.segments.iter().zip(&opened.manifest.segments) {
        put(&segment.bytes()?, &entry.file, &entry.digest, files)?;
    }
    copy_models(&opened.models, &opened.manifest, files)?;
    Ok(opened.manifest)
}

/// Writes what an index holds and the generation before does not, as one segment; and what is gone,
/// as tombstones. The segments and models of the generation before stay.
///
/// # Errors
/// If the index or the generation before is damaged, or a file cannot be written.
pub(crate) fn pack_changes(
    index: &Path,
    previous: &PackList,
    files: &Path,
    memory: Memory,
) -> Result<(Manifest, Vec<Tombstone>), IndexError> {
    let opened = read_directory(index, Access::All)?;
    let held = open_files(files, &previous.manifest(), Access::All)?;
    let wanted: HashMap<Purl, Vec<Component>> = by_purl(&opened.segments)?;
    let mut live: HashMap<Purl, Vec<Component>> = HashMap::new();
    let mut tombstones: HashSet<Tombstone> = previous.tombstones.iter().cloned().collect();
    for (segment, entry) in held.segments.iter().zip(&previous.segments) {
        for id in segment.components() {
            let component = segment.component(&segment.component_row(id)?)?;
            let tombstone = Tombstone::new(&entry.file, &component);
            if tombstones.contains(&tombstone) {
                continue;
            }
            let is_wanted =
                wanted.get(&component.purl).is_some_and(|known| known.contains(&component));
            if is_wanted {
                live.entry(component.purl.clone()).or_default().push(component)
            } else {
                tombstones.insert(tombstone);
            }
        }
    }
    let is_new = |it: &Component| !live.get(&it.purl).is_some_and(|known| known.contains(it));
    let contents = Contents::from_segments(&opened.segments, is_new)?;
    let mut manifest = previous.manifest();
    if !contents.is_empty() {
        let spill = Spill::new(files.to_owned(), memory);
        let written = write(&contents, Destination::Directory(files), &spill)?;
        let segment =
            Segment::open("the new segment", storage::open_as(&written.path, Access::All)?)?;
        let entry = SegmentEntry::of(&segment)?;
        // What was removed and came back may be in a segment that is there.
        tombstones.retain(|tombstone| tombstone.segment != entry.file);
        if !manifest.segments.contains(&entry) {
            manifest.segments.push(entry);
        }
    }
    let mut tombstones: Vec<Tombstone> = tombstones.into_iter().collect();
    tombstones.sort();
    Ok((manifest, tombstones))
}

fn by_purl(segments: &[Segment]) -> Result<HashMap<Purl, Vec<Component>>, IndexError> {
    let mut by_purl: HashMap<Purl, Vec<Component>> = HashMap::new();
    for segment in segments {
        for id in segment.components() {
            let component = segment.component(&segment.component_row(id)?)?;
            by_purl.entry(component.purl.clone()).or_default().push(component);
        }
    }
    Ok(by_purl)
}

fn copy_models(
    models: &[StoredModel],
    manifest: &Manifest,
    files: &Path,
) -> Result<(), IndexError> {
    for (model, entry) in models.iter().zip(&manifest.models) {
        model.model()?;
        put(model.whole()?, &entry.file, &entry.digest, files)?;
    }
    Ok(())
}

/// Writes a file under the name of its content, if it is not there.
fn put(bytes: &[u8], file: &str, digest: &str, files: &Path) -> Result<(), IndexError> {
    if blake3::hash(bytes).to_hex().as_str() != digest {
        return Err(IndexError::corrupt(file, "its digest is not the one the manifest names"));
    }
    if storage::file_names(files)?.iter().any(|name| name == file) {
        return Ok(());
    }
    storage::publish(files, |out| {
        out.write_all(bytes).map_err(|error| io_error("cannot write to", files, error))?;
        Ok((file.to_owned(), ()))
    })
}

/// The manifest of the directory of a generation.
pub(crate) fn manifest_bytes(list: &PackList) -> Vec<u8> {
    list.manifest().to_bytes()
}

/// Opens a generation for reading, with the components that do not count, by the number of their
/// segment in it.
///
/// # Errors
/// If it is not there, is not that which is pinned, or is damaged.
pub(super) fn read_pack(
    packs: &Path,
    pin: &PackPin,
) -> Result<(Files, FxHashSet<(SegmentId, ComponentId)>), IndexError> {
    let list = read_list(packs, pin)?;
    let files = open_files(&pack_directory(packs, pin), &list.manifest(), Access::Some)?;
    let gone = tombstones(&list, &files.segments)?;
    Ok((files, gone))
}

fn read_list(packs: &Path, pin: &PackPin) -> Result<PackList, IndexError> {
    let path = pack_directory(packs, pin).join(LIST_FILE);
    let bytes = match storage::read(&path, MAX_LIST_BYTES) {
        Err(IndexError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Err(IndexError::NoPack(Box::new(pin.clone())));
        }
        read => read?,
    };
    let name = path.display().to_string();
    if blake3::hash(&bytes).to_hex().as_str() != pin.digest {
        return Err(IndexError::corrupt(&name, format!("it is not the list that {pin} names")));
    }
    PackList::from_bytes(&name, &bytes)
}

/// The components of a generation that do not count any more.
fn tombstones(
    list: &PackList,
    segments: &[Segment],
) -> Result<FxHashSet<(SegmentId, ComponentId)>, IndexError> {
    let mut gone = FxHashSet::default();
    if !list.tombstones.is_empty() {
        let tombstones: HashSet<&Tombstone> = list.tombstones.iter().collect();
        let of_segments: HashSet<&str> =
            list.tombstones.iter().map(|tombstone| tombstone.segment.as_str()).collect();
        for ((segment, entry), number) in segments.iter().zip(&list.segments).zip(0..) {
            if !of_segments.contains(entry.file.as_str()) {
                continue;
            }
            for id in segment.components() {
                let component = segment.component(&segment.component_row(id)?)?;
                if tombstones.contains(&Tombstone::new(&entry.file, &component)) {
                    gone.insert((SegmentId(number), id));
                }
            }
        }
    }
    Ok(gone)
}

/// Reads all of a generation and compares; lists what is wrong.
///
/// # Errors
/// If its list cannot be read.
pub(super) fn damage(packs: &Path, pin: &PackPin) -> Result<Vec<IndexError>, IndexError> {
    let list = read_list(packs, pin)?;
    Ok(damage_of(&pack_directory(packs, pin), &list.manifest()))
}

/// The directory of a generation among those of a user.
pub(crate) fn pack_directory(packs: &Path, pin: &PackPin) -> PathBuf {
    packs.join(pin.name.as_str()).join(&pin.digest)
}
