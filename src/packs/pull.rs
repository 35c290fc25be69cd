//! Fetches a generation of a pack, or refuses it and leaves what was held.
//!
//! ```text
//!   key lists --chain of signatures--> trusted keys
//!   list --signature, name, expiry, not older, format--> files to fetch --do they fit?-->
//!        --fetched or linked, BLAKE3 of each--> a folder of its own --rename--> the generation
//! ```

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::error::PackFailure;
use super::keys::{self, KeyList, MAX_KEY_BYTES, MAX_ROTATIONS, key_list_name};
use super::mirror::{Answer, Mirror, Reader};
use super::store::{Newest, PackStore, Trust, write_whole};
use crate::engine::index::documents::Day;
use crate::engine::index::{
    LIST_FILE, MAX_LIST_BYTES, PackList, PackName, PackPin, manifest_bytes,
};

/// What to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// This generation.
    Pinned(PackPin),
    /// The newest.
    Newest(PackName),
}

/// From where, and by whose word.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    /// The mirrors, in the order in which they are asked.
    pub mirrors: Vec<Mirror>,
    /// The keys that are trusted before the first rotation.
    pub keys: Vec<String>,
    /// Whether a list that expired may be fetched.
    pub allow_expired: bool,
    /// The day by the clock.
    pub today: Day,
}

/// What fetching did.
#[derive(Clone, Debug)]
pub(crate) struct Pulled {
    /// The generation that is there now.
    pub pin: PackPin,
    /// Whether it was there before.
    pub was_held: bool,
    /// Files that were fetched, and their bytes.
    pub files: usize,
    /// Bytes of these.
    pub bytes: u64,
    /// What is to be noted: mirrors that failed.
    pub notes: Vec<String>,
}

/// A list that was checked.
struct Checked {
    list: PackList,
    bytes: Vec<u8>,
    signature: Vec<u8>,
    digest: String,
    trust: Trust,
    /// The tag that the server gave it.
    tag: Option<String>,
}

/// A file of a list.
struct FileOfList<'a> {
    name: &'a str,
    digest: &'a str,
    bytes: u64,
}

impl Wanted {
    /// The pack.
    pub(crate) fn name(&self) -> &PackName {
        match self {
            Wanted::Pinned(pin) => &pin.name,
            Wanted::Newest(name) => name,
        }
    }
}

/// Fetches a generation of a pack.
///
/// # Errors
/// If no mirror gives one that may be taken; what was held stays.
pub(crate) fn pull(
    wanted: &Wanted,
    sources: &Sources,
    store: &PackStore,
) -> Result<Pulled, PackFailure> {
    let name = wanted.name();
    let _lock = store.lock(name)?;
    if let Wanted::Pinned(pin) = wanted
        && store.list(pin)?.is_some()
    {
        let pin = pin.clone();
        return Ok(Pulled { pin, was_held: true, files: 0, bytes: 0, notes: Vec::new() });
    }
    let trust = store.trust(name)?;
    let mut reasons = Vec::new();
    let mut readers: Vec<Reader<'_>> = sources.mirrors.iter().map(Reader::new).collect();
    for turn in 0..readers.len() {
        let attempt = Attempt { wanted, sources, store, reader: &readers[turn], trust: &trust };
        match attempt.list() {
            Ok(None) => {
                let newest = trust.newest.as_ref();
                let Some(newest) = newest else { continue };
                let pin = PackPin {
                    name: name.clone(),
                    generation: newest.generation,
                    digest: newest.digest.clone(),
                };
                return Ok(Pulled { pin, was_held: true, files: 0, bytes: 0, notes: reasons });
            }
            Ok(Some(checked)) => {
                let tag = attempt.tag();
                // Those before it have nothing to give.
                readers.rotate_left(turn);
                let pulled = take(&checked, &mut readers, store, reasons)?;
                // Not before: what has this tag is not asked for again.
                keep_tag(&tag, checked.tag.as_deref());
                return Ok(pulled);
            }
            Err(error) => reasons.push(format!("- {error}")),
        }
    }
    let what = match wanted {
        Wanted::Pinned(pin) => pin.to_string(),
        Wanted::Newest(name) => name.to_string(),
    };
    Err(PackFailure::NoMirror { what, reasons })
}

/// A mirror that is asked for a list.
struct Attempt<'a> {
    wanted: &'a Wanted,
    sources: &'a Sources,
    store: &'a PackStore,
    reader: &'a Reader<'a>,
    trust: &'a Trust,
}

impl Attempt<'_> {
    /// The list that the mirror gives; none where it is the newest that is held.
    fn list(&self) -> Result<Option<Checked>, PackFailure> {
        let name = self.wanted.name();
        if let Wanted::Pinned(pin) = self.wanted {
            let path = format!("{name}/{}.json", pin.digest);
            let bytes = self.fetch_needed(&path, MAX_LIST_BYTES)?;
            return self.check(&path, bytes, None);
        }
        let path = format!("{name}/{LIST_FILE}");
        let held = self.held_newest();
        // What is not held whole is asked for anew.
        let tag = held.as_ref().and_then(|_| fs::read_to_string(self.tag()).ok());
        match (self.reader.newest(name, tag.as_deref().map(str::trim))?, held) {
            (Answer::Unchanged, Some(list)) => {
                self.check_day(&self.reader.mirror.address(&path), &list)?;
                Ok(None)
            }
            (Answer::Bytes(bytes, tag), _) => {
                let checked = self.check(&path, bytes, tag.clone())?;
                if checked.is_none() {
                    keep_tag(&self.tag(), tag.as_deref());
                }
                Ok(checked)
            }
            _ => Err(self.absent(&path)),
        }
    }

    /// Where the tag is kept that a server gave the newest list.
    fn tag(&self) -> PathBuf {
        let mirror = blake3::hash(self.reader.mirror.to_string().as_bytes()).to_hex();
        self.store.of_pack(self.wanted.name()).join(format!("tag-{}", &mirror[..16]))
    }

    /// The newest list that was fetched, if its generation is there.
    /// One that cannot be read, such as one of a format before, is as good as none.
    fn held_newest(&self) -> Option<PackList> {
        let newest = self.trust.newest.as_ref()?;
        let pin = PackPin {
            name: self.wanted.name().clone(),
            generation: newest.generation,
            digest: newest.digest.clone(),
        };
        self.store.list(&pin).ok().flatten()
    }

    fn check(
        &self,
        path: &str,
        bytes: Vec<u8>,
        tag: Option<String>,
    ) -> Result<Option<Checked>, PackFailure> {
        let what = self.reader.mirror.address(path);
        let name = self.wanted.name();
        let digest = blake3::hash(&bytes).to_hex().to_string();
        if let Wanted::Pinned(pin) = self.wanted
            && pin.digest != digest
        {
            return Err(PackFailure::OtherList { what, pin: Box::new(pin.clone()) });
        }
        // This list was verified when it was fetched.
        if let Some(held) = self.held_newest()
            && self.trust.newest.as_ref().is_some_and(|newest| newest.digest == digest)
        {
            self.check_day(&what, &held)?;
            return Ok(None);
        }
        let signature = self.fetch_needed(&format!("{name}/{digest}.minisig"), MAX_KEY_BYTES)?;
        let keys = self.keys(&bytes)?;
        keys::verify(&what, &bytes, &signature, &keys.keys)?;
        let list = PackList::from_bytes(&what, &bytes)?;
        if list.name != *name {
            let (found, expected) = (list.name, name.clone());
            return Err(PackFailure::OtherPack { what, found, expected });
        }
        if let Wanted::Pinned(pin) = self.wanted
            && pin.generation != list.generation
        {
            return Err(PackFailure::OtherList { what, pin: Box::new(pin.clone()) });
        }
        self.check_day(&what, &list)?;
        self.check_generation(&what, &list, &digest)?;
        let trust = self.next_trust(keys, &list, &digest);
        Ok(Some(Checked { list, bytes, signature, digest, trust, tag }))
    }

    /// Refuses a list that is too old, or of a day that has not come.
    fn check_day(&self, what: &str, list: &PackList) -> Result<(), PackFailure> {
        let (what, today) = (what.to_owned(), self.sources.today);
        let expires = list.expires().map_err(PackFailure::Refused)?;
        // Elsewhere it may be the next day already.
        if list.generation.day.days() > today.days() + 1 {
            let day = list.generation.day.to_string();
            return Err(PackFailure::Clock { what, day, today: today.to_string() });
        }
        if expires < today && !self.sources.allow_expired {
            return Err(PackFailure::Expired { what, day: expires.to_string() });
        }
        Ok(())
    }

    /// Refuses what is older than what was fetched before. A pin names an older one by its digest.
    fn check_generation(
        &self,
        what: &str,
        list: &PackList,
        digest: &str,
    ) -> Result<(), PackFailure> {
        let Some(newest) = &self.trust.newest else { return Ok(()) };
        let (what, found) = (what.to_owned(), list.generation);
        if found == newest.generation && digest != newest.digest {
            return Err(PackFailure::TwoLists { what, generation: found });
        }
        if found < newest.generation && matches!(self.wanted, Wanted::Newest(_)) {
            return Err(PackFailure::Rollback { what, found, held: newest.generation });
        }
        Ok(())
    }

    fn next_trust(&self, keys: Trust, list: &PackList, digest: &str) -> Trust {
        let this = Newest { generation: list.generation, digest: digest.to_owned() };
        let newest = match &self.trust.newest {
            Some(newest) if newest.generation > list.generation => newest.clone(),
            _ => this,
        };
        // Keys of the configuration are not kept: it may change.
        let keys = if keys.keys_version == 0 { Trust::default() } else { keys };
        Trust { newest: Some(newest), ..keys }
    }

    /// The keys that may sign this list: those of the newest key list that the mirror has.
    fn keys(&self, list: &[u8]) -> Result<Trust, PackFailure> {
        let name = self.wanted.name();
        let mut trust = Trust { newest: None, ..self.trust.clone() };
        if trust.keys_version == 0 {
            trust.keys = self.sources.keys.clone();
        }
        if trust.keys.is_empty() {
            return Err(PackFailure::NoKeys(name.clone()));
        }
        // The list is not trusted yet: it only says whether to look for newer keys.
        let said: SaidKeys = serde_json::from_slice(list).unwrap_or_default();
        // Who knows no key list asks for the first, lest a replaced key be trusted.
        let is_new = self.trust.newest.is_none();
        while trust.keys_version < MAX_ROTATIONS && (is_new || trust.keys_version < said.keys) {
            let version = trust.keys_version + 1;
            let path = format!("{name}/{}", key_list_name(version));
            let bytes = match self.reader.small(&path, MAX_KEY_BYTES)? {
                Answer::Bytes(bytes, _) => bytes,
                _ if trust.keys_version >= said.keys => break,
                _ => return Err(self.absent(&path)),
            };
            let signature = self.fetch_needed(&format!("{path}.minisig"), MAX_KEY_BYTES)?;
            keys::verify(&self.reader.mirror.address(&path), &bytes, &signature, &trust.keys)?;
            trust.keys = KeyList::from_bytes(&bytes, name, version)?.keys;
            trust.keys_version = version;
        }
        if said.keys < trust.keys_version {
            let what = self.reader.mirror.address(name.as_str());
            let message = "it is signed by keys that were replaced".to_owned();
            return Err(PackFailure::Untrusted { what, message });
        }
        Ok(trust)
    }

    fn fetch_needed(&self, path: &str, limit: u64) -> Result<Vec<u8>, PackFailure> {
        match self.reader.small(path, limit)? {
            Answer::Bytes(bytes, _) => Ok(bytes),
            _ => Err(self.absent(path)),
        }
    }

    fn absent(&self, path: &str) -> PackFailure {
        PackFailure::no_such_file(self.reader.mirror.address(path))
    }
}

/// What a list says of keys.
#[derive(Default, serde::Deserialize)]
struct SaidKeys {
    keys: u32,
}

/// Fetches the files of a list and makes them a generation.
fn take(
    checked: &Checked,
    readers: &mut [Reader<'_>],
    store: &PackStore,
    mut notes: Vec<String>,
) -> Result<Pulled, PackFailure> {
    let (list, name) = (&checked.list, &checked.list.name);
    let pack = store.of_pack(name);
    let pin = list.pin(checked.digest.clone());
    let pulling = pack.join(".pulling");
    let staging = pulling.join(&checked.digest);
    fs::create_dir_all(&staging).map_err(PackFailure::io("cannot create", &staging))?;
    let missing = files(list)
        .filter_map(|file| match link_held(&pack, &staging, &file) {
            Ok(true) => None,
            Ok(false) => Some(Ok(file)),
            Err(error) => Some(Err(error)),
        })
        .collect::<Result<Vec<_>, _>>()?;
    check_room(&pin, &missing, &pulling)?;
    for file in &missing {
        notes.extend(fetch(file, &checked.digest, readers, &pulling, &staging)?);
    }
    write_whole(&staging.join("list.json.minisig"), &checked.signature)?;
    write_whole(&staging.join("manifest.json"), &manifest_bytes(list))?;
    write_whole(&staging.join(LIST_FILE), &checked.bytes)?;
    let generation = store.generation(&pin);
    if generation.exists() {
        // One that is damaged: a whole one is not fetched again.
        fs::remove_dir_all(&generation).map_err(PackFailure::io("cannot replace", &generation))?;
    }
    fs::rename(&staging, &generation).map_err(PackFailure::io("cannot rename", &staging))?;
    // The generation must last before the trust file calls it the newest.
    sync(&pack);
    store.set_trust(name, &checked.trust)?;
    let _ = fs::remove_dir_all(&pulling);
    let bytes = missing.iter().map(|file| file.bytes).sum();
    Ok(Pulled { pin, was_held: false, files: missing.len(), bytes, notes })
}

fn files(list: &PackList) -> impl Iterator<Item = FileOfList<'_>> {
    let segments = list.segments.iter().map(|it| FileOfList {
        name: &it.file,
        digest: &it.digest,
        bytes: it.bytes,
    });
    segments.chain(list.models.iter().map(|it| FileOfList {
        name: &it.file,
        digest: &it.digest,
        bytes: it.bytes,
    }))
}

/// Links a file that another generation holds; returns whether one does.
fn link_held(pack: &Path, staging: &Path, file: &FileOfList<'_>) -> Result<bool, PackFailure> {
    let target = staging.join(file.name);
    if is_whole(&target, file)? {
        return Ok(true);
    }
    // An earlier try may have been cut off while it copied.
    let _ = fs::remove_file(&target);
    for generation in fs::read_dir(pack).into_iter().flatten().flatten() {
        let held = generation.path().join(file.name);
        if is_whole(&held, file)? {
            let linked =
                fs::hard_link(&held, &target).or_else(|_| fs::copy(&held, &target).map(drop));
            return linked.map(|()| true).map_err(PackFailure::io("cannot write", &target));
        }
    }
    Ok(false)
}

fn is_whole(path: &Path, file: &FileOfList<'_>) -> Result<bool, PackFailure> {
    match fs::metadata(path) {
        Ok(facts) if facts.is_file() && facts.len() == file.bytes => {
            Ok(digest(path)? == file.digest)
        }
        _ => Ok(false),
    }
}

fn digest(path: &Path) -> Result<String, PackFailure> {
    let mut hasher = blake3::Hasher::new();
    let hashed = File::open(path).and_then(|file| hasher.update_reader(file).map(drop));
    hashed.map_err(PackFailure::io("cannot read", path))?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// Refuses what the disk has no room for.
fn check_room(pin: &PackPin, missing: &[FileOfList<'_>], at: &Path) -> Result<(), PackFailure> {
    let needed = missing.iter().fold(0u64, |sum, file| sum.saturating_add(file.bytes));
    match free_bytes(at) {
        Some(free) if needed > free => {
            let (what, path) = (pin.to_string(), at.to_owned());
            Err(PackFailure::NoRoom { what, needed, free, path })
        }
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn free_bytes(at: &Path) -> Option<u64> {
    let facts = rustix::fs::statvfs(at).ok()?;
    Some(facts.f_bavail.saturating_mul(facts.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// Fetches a file of a list from the first mirror that gives it whole; returns what there is to
/// note. Mirrors that did not give it are asked last for the next file.
fn fetch(
    file: &FileOfList<'_>,
    list: &str,
    readers: &mut [Reader<'_>],
    pulling: &Path,
    staging: &Path,
) -> Result<Vec<String>, PackFailure> {
    let part = pulling.join(format!("{}.part", file.name));
    let mut reasons = Vec::new();
    for turn in 0..readers.len() {
        match fetch_from(&readers[turn], file, list, &part) {
            Ok(()) => {
                readers.rotate_left(turn);
                let target = staging.join(file.name);
                fs::rename(&part, &target).map_err(PackFailure::io("cannot rename", &part))?;
                return Ok(reasons);
            }
            Err(error) => reasons.push(format!("- {error}")),
        }
    }
    Err(PackFailure::NoMirror { what: file.name.to_owned(), reasons })
}

/// Fetches a file whole from one mirror. A try that was cut off goes on where it ended, as long as
/// each try brings something and the mirror is not too slow.
fn fetch_from(
    reader: &Reader<'_>,
    file: &FileOfList<'_>,
    list: &str,
    part: &Path,
) -> Result<(), PackFailure> {
    let path = format!("files/{}", file.name);
    let length = || fs::metadata(part).map_or(0, |facts| facts.len());
    let remove = || fs::remove_file(part).map_err(PackFailure::io("cannot remove", part));
    let try_once = || reader.large(list, &path, file.bytes, part);
    let mut held = length();
    let mut tried = try_once();
    while let Err(error) = &tried
        && !matches!(error, PackFailure::TooSlow { .. })
        && length() > held
    {
        held = length();
        tried = try_once();
    }
    // What is wrong may come from the mirror before.
    if tried.is_ok() && held > 0 && digest(part)? != file.digest {
        remove()?;
        tried = try_once();
    }
    tried?;
    if is_whole(part, file)? {
        return Ok(());
    }
    remove()?;
    let message = "its BLAKE3 is another one".to_owned();
    Err(PackFailure::OtherFile { what: reader.mirror.address(&path), message })
}

/// Keeps the tag that a server gave the newest list. If it cannot be written, the list is sent again.
fn keep_tag(path: &Path, tag: Option<&str>) {
    if let Some(tag) = tag {
        let _ = write_whole(path, tag.as_bytes());
    }
}

/// Makes a rename last through a power failure, where the system can.
fn sync(directory: &Path) {
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
}
