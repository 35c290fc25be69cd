//! The packs that are on this machine.
//!
//! ```text
//!   PACKS/NAME/trust.json            the newest generation that was fetched, and the trusted keys
//!             /DIGEST/               a generation, by the digest of its list: an index directory
//!                    /list.json, list.json.minisig, manifest.json, *.segment, *.model
//!             /.pulling/             what is being fetched
//! ```

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::PackFailure;
use crate::engine::index::{Generation, LIST_FILE, MAX_LIST_BYTES, PackList, PackName, PackPin};

/// The packs of a user.
pub(crate) struct PackStore {
    directory: PathBuf,
}

/// What is known of a pack from lists that were fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trust {
    /// Version of the newest key list, and its keys; none before the first rotation.
    pub keys_version: u32,
    /// Its keys.
    pub keys: Vec<String>,
    /// The newest generation that was fetched, and BLAKE3 of its list.
    pub newest: Option<Newest>,
}

/// The newest generation that was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Newest {
    /// The generation.
    pub generation: Generation,
    /// BLAKE3 of its list, in hexadecimal.
    pub digest: String,
}

/// A generation on this machine.
#[derive(Clone, Debug)]
pub(crate) struct HeldPack {
    /// Its pin.
    pub pin: PackPin,
    /// Its list.
    pub list: PackList,
    /// Whether it is the newest of its pack that was fetched.
    pub is_newest: bool,
}

impl PackStore {
    /// The packs in a directory.
    pub(crate) fn new(directory: PathBuf) -> PackStore {
        PackStore { directory }
    }

    /// Where the generations of a pack are.
    pub(crate) fn of_pack(&self, name: &PackName) -> PathBuf {
        self.directory.join(name.as_str())
    }

    /// Where a generation is, if it is there.
    pub(crate) fn generation(&self, pin: &PackPin) -> PathBuf {
        self.of_pack(&pin.name).join(&pin.digest)
    }

    /// Reads which keys and which generation of a pack were accepted last.
    pub(super) fn trust(&self, name: &PackName) -> Result<Trust, PackFailure> {
        let path = self.of_pack(name).join("trust.json");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Trust::default());
            }
            Err(error) => return Err(PackFailure::io("cannot read", &path)(error)),
        };
        serde_json::from_slice(&bytes).map_err(|error| {
            PackFailure::Refused(format!(
                "{} is damaged ({error}); remove it to begin anew with the keys of the configuration",
                path.display()
            ))
        })
    }

    /// Writes which keys and which generation of a pack were accepted last.
    pub(super) fn set_trust(&self, name: &PackName, trust: &Trust) -> Result<(), PackFailure> {
        let bytes = serde_json::to_vec_pretty(trust).expect("it holds texts and numbers");
        write_whole(&self.of_pack(name).join("trust.json"), &bytes)
    }

    /// Reads the list of a generation that is there.
    ///
    /// # Errors
    /// If it cannot be read, or is not that which is pinned.
    pub(crate) fn list(&self, pin: &PackPin) -> Result<Option<PackList>, PackFailure> {
        let path = self.generation(pin).join(LIST_FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(PackFailure::io("cannot read", &path)(error)),
        };
        let what = path.display().to_string();
        if bytes.len() as u64 > MAX_LIST_BYTES
            || blake3::hash(&bytes).to_hex().as_str() != pin.digest
        {
            return Err(PackFailure::OtherList { what, pin: Box::new(pin.clone()) });
        }
        Ok(Some(PackList::from_bytes(&what, &bytes)?))
    }

    /// Every generation of every pack, the newest of a pack first. What cannot be read is left out.
    pub(crate) fn list_held(&self) -> Vec<HeldPack> {
        let mut held = Vec::new();
        for name in names(&self.directory).filter_map(|name| name.parse::<PackName>().ok()) {
            let newest = self.trust(&name).ok().and_then(|trust| trust.newest);
            for digest in names(&self.of_pack(&name)) {
                let path = self.of_pack(&name).join(&digest).join(LIST_FILE);
                let list = fs::read(&path).ok().and_then(|bytes| {
                    PackList::from_bytes(&path.display().to_string(), &bytes).ok()
                });
                if let Some(list) = list {
                    let is_newest = newest.as_ref().is_some_and(|newest| newest.digest == digest);
                    held.push(HeldPack { pin: list.pin(digest), list, is_newest });
                }
            }
        }
        held.sort_by(|a, b| (&a.pin.name, b.pin.generation).cmp(&(&b.pin.name, a.pin.generation)));
        held
    }

    /// Waits until no other process fetches this pack.
    pub(super) fn lock(&self, name: &PackName) -> Result<File, PackFailure> {
        let directory = self.of_pack(name);
        fs::create_dir_all(&directory).map_err(PackFailure::io("cannot create", &directory))?;
        let path = directory.join("lock");
        let lock = || {
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            file.lock().map(|()| file)
        };
        lock().map_err(PackFailure::io("cannot lock", &path))
    }
}

/// The names in a directory, in order; none where it cannot be read.
fn names(directory: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names.into_iter()
}

/// Writes a file that appears whole or not at all.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), PackFailure> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let write = || {
        let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(directory)?;
        make_readable(file.as_file())?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|error| error.error)
    };
    write().map_err(PackFailure::io("cannot write", path))
}

#[cfg(unix)]
fn make_readable(file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // Temporary files are private; a pack is as public as the directory it stands in.
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &File) -> std::io::Result<()> {
    Ok(())
}
