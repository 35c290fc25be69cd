//! What was found in texts that have been looked at before, kept between runs.
//!
//! One file for each project and each set of indexes, idioms, threshold and build of the program:
//!
//! ```text
//!   birthmark cache 1 DIGEST-OF-THE-REST
//!   KEY AGE WHAT-WAS-FOUND        a line for each text, by key
//! ```
//!
//! The key is a digest of the text and its language. What is kept is what the engine found, before
//! anything is judged: a new licence or policy needs no new look. So is, by a digest of the
//! beginning of a text, what its header states. The file is replaced as a whole,
//! so that runs side by side read the one or the other; the last one wins, and what it did not know
//! is looked at again. Whatever is wrong with the file, the run goes on without it and says so.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::judgement::finding::{Note, NoteKind};
use crate::project::walk;
use crate::text::language::Language;

/// Files from which on a cache is worth opening. Below, looking is as fast.
pub(crate) const FROM_FILES: usize = 16;

const HEAD: &str = "birthmark cache 1 ";
/// Largest cache of a project.
const MAX_BYTES: u64 = 64 << 20;
/// Runs that found something new after which a text that no run asked for is forgotten.
const MAX_AGE: u32 = 8;
/// Caches of other projects and settings that are kept beside one; the oldest go first.
const MAX_FILES: usize = 64;

/// Digest of a text and its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key([u8; 16]);

/// The cache of one project under one set of settings.
pub(crate) struct Cache {
    path: PathBuf,
    entries: HashMap<Key, Entry>,
    /// What was found in this run.
    fresh: Mutex<BTreeMap<Key, String>>,
    note: Option<String>,
    seal: Seal,
    /// Whether others than the user can write to the directory: nothing is read from it and nothing
    /// written.
    is_shared: bool,
}

/// How what a file holds is proved to be what birthmark wrote.
#[derive(Clone, Copy)]
struct Seal(Option<[u8; blake3::KEY_LEN]>);

impl Seal {
    /// The seal of a secret; without one, a digest that tells damage and no forgery.
    fn new(secret: Option<&[u8]>) -> Seal {
        Seal(secret.map(|secret| blake3::derive_key("birthmark cache 1", secret)))
    }

    fn digest(self, bytes: &[u8]) -> blake3::Hash {
        match self.0 {
            Some(key) => blake3::keyed_hash(&key, bytes),
            None => blake3::hash(bytes),
        }
    }
}

struct Entry {
    age: u32,
    found: String,
    is_used: AtomicBool,
}

impl Key {
    /// The key of a text.
    pub(crate) fn of(language: Language, text: &[u8]) -> Key {
        Key::of_parts(language.row().name.as_bytes(), text)
    }

    /// The key of the beginning of a text, whatever its language.
    pub(crate) fn of_head(head: &[u8]) -> Key {
        Key::of_parts(b"", head)
    }

    fn of_parts(what: &[u8], text: &[u8]) -> Key {
        let mut hasher = blake3::Hasher::new();
        hasher.update(what).update(&[0]).update(text);
        let mut key = [0; 16];
        key.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Key(key)
    }

    fn from_hex(text: &str) -> Option<Key> {
        let digits = text.as_bytes();
        let digit = |at: usize| (*digits.get(at)? as char).to_digit(16);
        let mut key = [0; 16];
        for (i, byte) in key.iter_mut().enumerate() {
            *byte = (digit(2 * i)? * 16 + digit(2 * i + 1)?) as u8;
        }
        (digits.len() == 32).then_some(Key(key))
    }

    fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Cache {
    /// Opens the cache for a project, in a directory that may not be there yet. `settings` is all
    /// else that decides what is found. With a secret, only what was written with the same secret
    /// is read.
    pub(crate) fn open(
        directory: &Path,
        project: &Path,
        settings: &[u8],
        secret: Option<&[u8]>,
    ) -> Cache {
        let seal = Seal::new(secret);
        let what = [project.as_os_str().as_encoded_bytes(), &[0], settings].concat();
        let name = seal.digest(&what).to_hex();
        let path = directory.join(format!("{}.cache", &name[..32]));
        let shared = check_owner(directory).err();
        let is_shared = shared.is_some();
        let read = match shared {
            Some(problem) => Err(problem),
            None => read(&path, seal),
        };
        let (entries, note) = match read {
            Ok(entries) => (entries, None),
            Err(problem) => (HashMap::new(), Some(problem)),
        };
        Cache { path, entries, fresh: Mutex::default(), note, seal, is_shared }
    }

    /// What was found in a text, if it is known.
    pub(crate) fn get(&self, key: Key) -> Option<&str> {
        let entry = self.entries.get(&key)?;
        entry.is_used.store(true, Ordering::Relaxed);
        Some(&entry.found)
    }

    /// Remembers what was found in a text. It must hold no line break.
    pub(crate) fn put(&self, key: Key, found: String) {
        debug_assert!(!found.contains('\n'));
        self.fresh().insert(key, found);
    }

    /// Writes down what is new, if anything is; returns what went wrong with the cache, here or
    /// when it was opened.
    pub(crate) fn close(mut self) -> Option<Note> {
        let mut problem = self.note.take();
        if !self.is_shared
            && !self.fresh().is_empty()
            && let Err(error) = self.write()
        {
            problem = Some(format!("what was found could not be kept for the next run: {error}"));
        }
        let message = format!("{}: the cache {}", walk::display_path(&self.path), problem?);
        let kind = if self.is_shared { NoteKind::Warning } else { NoteKind::Info };
        Some(Note { path: None, kind, message: walk::one_line(&message) })
    }

    fn fresh(&self) -> std::sync::MutexGuard<'_, BTreeMap<Key, String>> {
        self.fresh.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self) -> io::Result<()> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        create(directory)?;
        let lines = self.lines();
        // Nothing is synced: the digest at its head tells a file that was cut by a power failure.
        let mut new = tempfile::NamedTempFile::new_in(directory)?;
        writeln!(new, "{HEAD}{}", self.seal.digest(lines.as_bytes()).to_hex())?;
        new.write_all(lines.as_bytes())?;
        new.persist(&self.path).map_err(|error| error.error)?;
        prune(directory);
        Ok(())
    }

    /// The youngest entries, as many as there is room for.
    fn lines(&self) -> String {
        let fresh = self.fresh();
        let known = self.entries.iter().filter(|(key, _)| !fresh.contains_key(key));
        let aged = known.map(|(&key, entry)| {
            if entry.is_used.load(Ordering::Relaxed) {
                (0, key, entry.found.as_str())
            } else {
                (entry.age + 1, key, entry.found.as_str())
            }
        });
        let new = fresh.iter().map(|(&key, found)| (0, key, found.as_str()));
        let mut all: Vec<(u32, Key, &str)> =
            new.chain(aged.filter(|(age, ..)| *age <= MAX_AGE)).collect();
        all.sort_unstable();
        let mut lines = String::new();
        for (age, key, found) in all {
            let line = format!("{} {age} {found}\n", key.to_hex());
            if (lines.len() + line.len()) as u64 > MAX_BYTES / 2 {
                break;
            }
            lines.push_str(&line);
        }
        lines
    }
}

/// The entries of a cache; none if there is no file.
fn read(path: &Path, seal: Seal) -> Result<HashMap<Key, Entry>, String> {
    let bytes = match walk::read(path, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(walk::ReadProblem::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(HashMap::new());
        }
        Err(problem) => return Err(format!("is not used: {problem}")),
    };
    parse(&bytes, seal)
        .ok_or_else(|| "is damaged and not used; everything was looked at again".to_owned())
}

fn parse(bytes: &[u8], seal: Seal) -> Option<HashMap<Key, Entry>> {
    let (head, rest) = str::from_utf8(bytes).ok()?.split_once('\n')?;
    if head.strip_prefix(HEAD)? != seal.digest(rest.as_bytes()).to_hex().as_str() {
        return None;
    }
    rest.lines().map(entry).collect()
}

fn entry(line: &str) -> Option<(Key, Entry)> {
    let (key, rest) = line.split_once(' ')?;
    let (age, found) = rest.split_once(' ')?;
    let entry =
        Entry { age: age.parse().ok()?, found: found.to_owned(), is_used: AtomicBool::new(false) };
    Some((Key::from_hex(key)?, entry))
}

/// Makes the directory of the cache, and those above it; nobody else can write to it.
fn create(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Checks that only the user can write to a directory, if it is there: who can write to it can hide
/// findings.
#[cfg(unix)]
fn check_owner(directory: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;

    let Ok(facts) = fs::metadata(directory) else { return Ok(()) };
    // A file of one's own tells who one is.
    let own = tempfile::tempfile().and_then(|file| file.metadata()).map(|facts| facts.uid());
    let remedy = "or name a directory of your own by --cache-dir";
    match own {
        Ok(own) if own != facts.uid() => {
            Err(format!("is not used: its directory belongs to another user; remove it, {remedy}"))
        }
        _ if facts.is_dir() && facts.mode() & 0o022 != 0 => {
            let shown = directory.display();
            Err(format!(
                "is not used: others can write to its directory; run `chmod go-w {shown}`, {remedy}"
            ))
        }
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn check_owner(_: &Path) -> Result<(), String> {
    Ok(())
}

/// Whether birthmark wrote a file: by its name and its first word.
fn is_cache(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_name =
        |name: &str| name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut head = [0; HEAD.len()];
    name.strip_suffix(".cache").is_some_and(is_name)
        && path.symlink_metadata().is_ok_and(|facts| facts.is_file())
        && fs::File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok()
        && head == *HEAD.as_bytes()
}

/// Forgets the caches that were not written for longest. What cannot be removed stays.
fn prune(directory: &Path) {
    let Ok(listed) = fs::read_dir(directory) else { return };
    let mut caches: Vec<_> = listed
        .filter_map(Result::ok)
        .filter(|entry| is_cache(&entry.path()))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    caches.sort();
    for (_, path) in caches.iter().rev().skip(MAX_FILES) {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        Key::of(Language::from_name("python").unwrap(), text.as_bytes())
    }

    fn open(directory: &Path) -> Cache {
        Cache::open(directory, Path::new("project"), b"settings", None)
    }

    /// Whatever bit is flipped, the cache is not used, and a note names its file.
    #[test]
    fn no_flipped_bit_is_silent() {
        let directory = tempfile::tempdir().unwrap();
        let cache = open(directory.path());
        let path = cache.path.clone();
        cache.put(key("a"), "found".to_owned());
        assert!(cache.close().is_none());
        let whole = fs::read(&path).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, damaged).unwrap();
            let cache = open(directory.path());
            assert_eq!(cache.get(key("a")), None, "bit {bit}");
            let note = cache.close().unwrap_or_else(|| panic!("bit {bit}: silent")).message;
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(note.contains(name) && note.contains("damaged"), "bit {bit}: {note}");
        }
        fs::write(&path, whole).unwrap();
        assert_eq!(open(directory.path()).get(key("a")), Some("found"));
    }

    /// Of a file with long entries no single bit can differ either: every one is under the digest,
    /// with a secret and without.
    #[test]
    fn every_bit_of_an_entry_is_under_the_digest() {
        let found =
            r#"{"matches":[{"tokens":[120,361],"owners":[{"component":3,"bits":184.25}]}]}"#;
        for secret in [None, Some(&b"secret"[..])] {
            let seal = Seal::new(secret);
            let lines: String = (0..8)
                .map(|age| {
                    format!("{} {age} {}\n", key(&age.to_string()).to_hex(), found.repeat(3))
                })
                .collect();
            let whole = format!("{HEAD}{}\n{lines}", seal.digest(lines.as_bytes()).to_hex());
            assert_eq!(parse(whole.as_bytes(), seal).map(|entries| entries.len()), Some(8));
            for bit in 0..whole.len() * 8 {
                let mut damaged = whole.clone().into_bytes();
                damaged[bit / 8] ^= 1 << (bit % 8);
                assert!(parse(&damaged, seal).is_none(), "bit {bit}");
            }
        }
    }

    #[test]
    fn what_is_put_is_there_next_time() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("not/yet");
        let cache = open(&place);
        assert_eq!(cache.get(key("a")), None);
        cache.put(key("a"), "{\"x\": \"y z\"}".to_owned());
        assert_eq!(cache.close(), None);
        assert_eq!(open(&place).get(key("a")), Some("{\"x\": \"y z\"}"));
        assert_eq!(open(&place).get(key("b")), None);
        assert_eq!(Cache::open(&place, Path::new("project"), b"other", None).get(key("a")), None);
        assert_eq!(Cache::open(&place, Path::new("other"), b"settings", None).get(key("a")), None);
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        let cache = open(directory.path());
        cache.put(key("used"), "1".to_owned());
        cache.put(key("unused"), "2".to_owned());
        cache.close();
        for run in 0..=MAX_AGE {
            let cache = open(directory.path());
            assert!(cache.get(key("used")).is_some());
            assert_eq!(cache.entries.contains_key(&key("unused")), run <= MAX_AGE);
            cache.put(key(&run.to_string()), "3".to_owned());
            cache.close();
        }
        assert!(open(directory.path()).get(key("used")).is_some());
        assert!(open(directory.path()).get(key("unused")).is_none());
    }

    #[test]
    fn a_secret_reads_only_what_it_wrote() {
        let directory = tempfile::tempdir().unwrap();
        let open =
            |secret| Cache::open(directory.path(), Path::new("project"), b"settings", secret);
        for secret in [None, Some(&b"one"[..])] {
            let cache = open(secret);
            cache.put(key("a"), "found".to_owned());
            let path = cache.path.clone();
            assert_eq!(cache.close(), None);
            assert_eq!(open(secret).get(key("a")), Some("found"));
            // Somebody without the secret puts a file in its place.
            let other = open(Some(b"other"));
            assert_eq!(other.get(key("a")), None);
            fs::copy(path, &other.path).unwrap();
            let other = open(Some(b"other"));
            assert_eq!(other.get(key("a")), None);
            assert!(other.close().is_some_and(|note| note.message.contains("is damaged")));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_that_others_can_write_to_is_not_used() {
        use std::os::unix::fs::PermissionsExt;

        let directory = tempfile::tempdir().unwrap();
        let made = directory.path().join("made");
        let put = || {
            let cache = open(&made);
            let known = cache.get(key("a")).is_some();
            cache.put(key("a"), "found".to_owned());
            (known, cache.close())
        };
        assert_eq!((put(), put().0), ((false, None), true));
        assert_eq!(fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o700);
        for mode in [0o770, 0o707, 0o777] {
            fs::set_permissions(&made, fs::Permissions::from_mode(mode)).unwrap();
            let (known, note) = put();
            let note = note.expect("a note");
            assert!(!known && note.kind == NoteKind::Warning, "{note:?}");
            assert!(note.message.contains("run `chmod go-w"), "{note:?}");
        }
        fs::set_permissions(&made, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(put(), (true, None));
    }

    #[test]
    fn only_files_of_its_own_are_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        let foreign: Vec<_> = (0..MAX_FILES + 8)
            .map(|number| directory.path().join(format!("{number:032x}.cache")))
            .chain([directory.path().join("mine.cache")])
            .collect();
        foreign.iter().for_each(|file| fs::write(file, "precious").unwrap());
        let cache = open(directory.path());
        cache.put(key("a"), "1".to_owned());
        cache.close();
        assert!(foreign.iter().all(|file| file.exists()));
    }

    #[test]
    fn any_damage_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let cache = open(directory.path());
        cache.put(key("a"), "found".to_owned());
        let path = cache.path.clone();
        cache.close();
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&path, damaged).unwrap();
            let cache = open(directory.path());
            assert_eq!(cache.get(key("a")), None, "byte {at}");
            assert!(
                cache.close().is_some_and(|note| note.message.contains("is damaged")),
                "byte {at}"
            );
            fs::write(&path, &whole[..at]).unwrap();
            assert!(open(directory.path()).close().is_some(), "cut at {at}");
        }
        // It is written anew as soon as there is something to write.
        let cache = open(directory.path());
        cache.put(key("a"), "found".to_owned());
        assert!(cache.close().is_some());
        assert_eq!(open(directory.path()).get(key("a")), Some("found"));
    }

    #[test]
    fn a_directory_holds_a_bounded_number_of_caches() {
        let directory = tempfile::tempdir().unwrap();
        for project in 0..MAX_FILES + 8 {
            let cache = Cache::open(directory.path(), Path::new(&project.to_string()), b"", None);
            cache.put(key("a"), "1".to_owned());
            cache.close();
        }
        assert!(fs::read_dir(directory.path()).unwrap().count() <= MAX_FILES + 1);
    }
}
