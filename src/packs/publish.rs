//! Makes a generation of a pack out of an index, signs it, and publishes it.
//!
//! ```text
//!   DIR/NAME/list.json               the newest list; the only file that changes
//!           /DIGEST.json, .minisig   each list by its digest, and its signature
//!           /keys-N.json, .minisig   the key lists
//!      /files/*.segment, *.model     the files of all generations, by their digests
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use super::error::PackFailure;
use super::keys::{self, KeyList, MAX_KEY_BYTES, key_list_name};
use super::mirror::{Answer, Mirror, Reader};
use super::oci;
use super::store::write_whole;
use crate::engine::index::documents::Day;
use crate::engine::index::{
    Generation, LIST_FILE, MAX_LIST_BYTES, Memory, PackList, PackName, pack_changes, pack_whole,
};

/// Most segments of a generation: each costs every look-up something.
const MAX_SEGMENTS: usize = 16;

/// A generation to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewGeneration<'a> {
    /// The pack.
    pub name: PackName,
    /// The generation.
    pub generation: Generation,
    /// The last day on which it may be fetched.
    pub expires: Day,
    /// The index that it is made of.
    pub index: &'a Path,
    /// The directory of packs.
    pub directory: &'a Path,
    /// Whether all files are made anew, and not what changed since the newest generation.
    pub is_whole: bool,
    /// Memory to write in.
    pub memory: Memory,
}

/// A generation that was made and is not signed.
#[derive(Clone, Debug)]
pub(crate) struct Created {
    /// The file of the list.
    pub file: PathBuf,
    /// The list.
    pub list: PackList,
    /// BLAKE3 of the list, in hexadecimal.
    pub digest: String,
    /// Files that were written, and were not there before.
    pub written: usize,
}

/// Makes a generation. Its files and its list appear in the directory; the newest list stays until
/// [`publish`].
///
/// # Errors
/// If the index is damaged, or files cannot be written.
pub(crate) fn create(new: &NewGeneration<'_>) -> Result<Created, PackFailure> {
    let files = new.directory.join("files");
    let pack = new.directory.join(new.name.as_str());
    for directory in [&files, &pack] {
        fs::create_dir_all(directory).map_err(PackFailure::io("cannot create", directory))?;
    }
    let before = count_files(&files);
    let newest = newest(new.directory, &new.name)?;
    if let Some((list, _)) = &newest
        && list.generation >= new.generation
    {
        return Err(PackFailure::Refused(format!(
            "{} has generation {} already; make a later one than that",
            new.name, list.generation
        )));
    }
    let (previous, previous_digest) = newest.unzip();
    let base = previous.as_ref().filter(|list| {
        !new.is_whole
            && list.segments.len() < MAX_SEGMENTS
            && list.format == crate::engine::index::format_in_words()
    });
    let (manifest, tombstones) = match base {
        Some(list) => pack_changes(new.index, list, &files, new.memory)?,
        None => (pack_whole(new.index, &files)?, Vec::new()),
    };
    let mut list = PackList::new(new.name.clone(), new.generation, new.expires, manifest);
    (list.tombstones, list.previous) = (tombstones, previous_digest);
    list.keys = newest_key_list(&pack, &new.name)?.map_or(0, |keys| keys.version);
    let bytes = list.to_bytes();
    // Whoever reads it refuses what is too large; better here than there.
    PackList::from_bytes("the list", &bytes)?;
    let digest = blake3::hash(&bytes).to_hex().to_string();
    let file = pack.join(format!("{digest}.json"));
    write_whole(&file, &bytes)?;
    Ok(Created { file, list, digest, written: count_files(&files) - before })
}

/// The newest list of a pack in a directory of packs, and its digest.
fn newest(directory: &Path, name: &PackName) -> Result<Option<(PackList, String)>, PackFailure> {
    let path = directory.join(name.as_str()).join(LIST_FILE);
    let Some(bytes) = read_if_there(&path)? else { return Ok(None) };
    let list = read_list(&path.display().to_string(), &bytes)?;
    Ok(Some((list, blake3::hash(&bytes).to_hex().to_string())))
}

/// Reads a list, also one of another format. `what` is what errors call it.
fn read_list(what: &str, bytes: &[u8]) -> Result<PackList, PackFailure> {
    serde_json::from_slice(bytes)
        .map_err(|error| PackFailure::Refused(format!("{what} cannot be read: {error}")))
}

fn newest_key_list(pack: &Path, name: &PackName) -> Result<Option<KeyList>, PackFailure> {
    let mut newest = None;
    for version in 1.. {
        match read_if_there(&pack.join(key_list_name(version)))? {
            Some(bytes) => newest = Some(KeyList::from_bytes(&bytes, name, version)?),
            None => break,
        }
    }
    Ok(newest)
}

/// Writes the next key list of a pack; returns its file, which a key of the one before is to sign.
///
/// # Errors
/// If a text is no key, or the file cannot be written.
pub(crate) fn rotate(
    directory: &Path,
    name: &PackName,
    keys: Vec<String>,
) -> Result<PathBuf, PackFailure> {
    let pack = directory.join(name.as_str());
    let version = newest_key_list(&pack, name)?.map_or(1, |keys| keys.version + 1);
    let list = KeyList::new(name.clone(), version, keys)?;
    let file = pack.join(key_list_name(version));
    fs::create_dir_all(&pack).map_err(PackFailure::io("cannot create", &pack))?;
    write_whole(&file, &list.to_bytes())?;
    Ok(file)
}

/// Signs a list or a key list; returns the file of the signature.
///
/// # Errors
/// If the file cannot be read, or the key cannot be used.
pub(crate) fn sign(
    file: &Path,
    key: &Path,
    password: Option<String>,
) -> Result<PathBuf, PackFailure> {
    let read = |path: &Path| fs::read(path).map_err(PackFailure::io("cannot read", path));
    let text = String::from_utf8_lossy(&read(key)?).into_owned();
    let secret = keys::secret_key(&text, password)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let signature = keys::sign(&read(file)?, &secret, &format!("file:{name}"))?;
    let target = signature_of(file);
    write_whole(&target, signature.as_bytes())?;
    Ok(target)
}

/// The file of the signature of a list or key list.
fn signature_of(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = match name.strip_suffix(".json") {
        Some(digest) if digest.len() == 64 => format!("{digest}.minisig"),
        _ => format!("{name}.minisig"),
    };
    file.with_file_name(name)
}

/// Publishes a signed list: sends what the target does not have, files first, and makes it the
/// newest at last. In the directory that the list is in, it becomes the newest, too. Returns how many
/// files were sent.
///
/// # Errors
/// If it is not signed by a key that may sign it, it is not newer than what is published, or the
/// target cannot be written.
pub(crate) fn publish(
    list_file: &Path,
    trusted: &[String],
    target: &Mirror,
) -> Result<usize, PackFailure> {
    if let Mirror::Web(_) = target {
        return Err(PackFailure::Refused(format!(
            "birthmark does not write to {target}; publish to a directory and copy it there, `list.json` last"
        )));
    }
    let pack = list_file.parent().unwrap_or(Path::new("."));
    let directory = pack.parent().unwrap_or(Path::new("."));
    let (list, bytes) = verify(list_file, pack, trusted)?;
    let digest = blake3::hash(&bytes).to_hex().to_string();
    check_newer(&list, &digest, &list_file.display().to_string(), target)?;
    let paths = paths(&list, &digest);
    let sent = match target {
        Mirror::Registry(repository) => oci::push(repository, &list, &digest, directory, &paths)?,
        Mirror::Directory(target) => {
            let mut copied = 0;
            for path in &paths {
                copied += copy(directory, target, path)?;
            }
            write_whole(&target.join(list.name.as_str()).join(LIST_FILE), &bytes)?;
            copied
        }
        Mirror::Web(_) => 0,
    };
    // The next generation goes on from what is published.
    if newest(directory, &list.name)?.is_none_or(|(held, _)| held.generation < list.generation) {
        write_whole(&directory.join(list.name.as_str()).join(LIST_FILE), &bytes)?;
    }
    Ok(sent)
}

/// Reads a list that a key signed which may sign it.
fn verify(
    list_file: &Path,
    pack: &Path,
    trusted: &[String],
) -> Result<(PackList, Vec<u8>), PackFailure> {
    let what = list_file.display().to_string();
    let Some(bytes) = read_if_there(list_file)? else {
        return Err(PackFailure::Refused(format!("{what} does not exist")));
    };
    let list = PackList::from_bytes(&what, &bytes)?;
    let Some(signed) = read_if_there(&signature_of(list_file))? else {
        return Err(PackFailure::Refused(format!(
            "{what} is not signed; sign it by `birthmark pack sign {what} --key FILE`"
        )));
    };
    let key_list = newest_key_list(pack, &list.name)?;
    let allowed = key_list.map_or_else(|| trusted.to_vec(), |keys| keys.keys);
    if allowed.is_empty() {
        return Err(PackFailure::NoKeys(list.name));
    }
    keys::verify(&what, &bytes, &signed, &allowed)?;
    Ok((list, bytes))
}

/// Refuses a list that is not newer than what the target has.
fn check_newer(
    list: &PackList,
    digest: &str,
    what: &str,
    target: &Mirror,
) -> Result<(), PackFailure> {
    let Answer::Bytes(bytes, _) = Reader::new(target).newest(&list.name, None)? else {
        return Ok(());
    };
    let held = read_list(&target.address(&format!("{}/{LIST_FILE}", list.name)), &bytes)?;
    let is_other = blake3::hash(&bytes).to_hex().as_str() != digest;
    if is_other && list.generation <= held.generation {
        let (what, found) = (what.to_owned(), list.generation);
        return Err(PackFailure::Rollback { what, found, held: held.generation });
    }
    Ok(())
}

/// The paths of the files of a generation, below the directory of packs. Whoever finds a key list
/// or a list finds its signature, too: signatures go first.
fn paths(list: &PackList, digest: &str) -> Vec<String> {
    let files = list.segments.iter().map(|it| &it.file);
    let files = files.chain(list.models.iter().map(|it| &it.file));
    let mut paths: Vec<String> = files.map(|file| format!("files/{file}")).collect();
    for version in 1..=list.keys {
        let path = format!("{}/{}", list.name, key_list_name(version));
        paths.extend([format!("{path}.minisig"), path]);
    }
    let path = format!("{}/{digest}", list.name);
    paths.extend([format!("{path}.minisig"), format!("{path}.json")]);
    paths
}

/// Copies a file that is not there; returns how many were copied.
fn copy(from: &Path, to: &Path, path: &str) -> Result<usize, PackFailure> {
    let (from, to) = (from.join(path), to.join(path));
    if to.exists() {
        return Ok(0);
    }
    let directory = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(PackFailure::io("cannot create", directory))?;
    let bytes = fs::read(&from).map_err(PackFailure::io("cannot read", &from))?;
    write_whole(&to, &bytes)?;
    Ok(1)
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, PackFailure> {
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(PackFailure::io("cannot read", path)(error)),
        Ok(facts) if facts.len() > MAX_LIST_BYTES.max(MAX_KEY_BYTES) => {
            return Err(PackFailure::Refused(format!("{} is too long", path.display())));
        }
        Ok(_) => {}
    }
    fs::read(path).map(Some).map_err(PackFailure::io("cannot read", path))
}

fn count_files(directory: &Path) -> usize {
    fs::read_dir(directory).map_or(0, Iterator::count)
}
