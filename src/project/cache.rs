//! What was found in texts that have been looked at before, kept between runs.
//!
//! One file for each project and each set of indexes, idioms, threshold and build of the program:
//!
//! ```text
//!   birthmark cache 1 DIGEST-OF-THE-REST
//!   KEY AGE WHAT-WAS-FOUND        a line for each text, by key
//! ```
//!
//! The key is a digest of the text and its language. What is kept is what the engine found, before anything is judged: a
//! new licence or policy needs no new look. The file is replaced as a whole, so that runs side by side read the one or
//! the other; the last one wins, and what it did not know is looked at again. Whatever is wrong with the file, the run
//! goes on without it and says so.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::judgement::finding::{Note, NoteKind};
use crate::project::walk;
use crate::text::language::Language;

/// Files from which on a cache is worth opening. Below, looking is as fast.
pub const FROM_FILES: usize = 16;

const HEAD: &str = "birthmark cache 1 ";
/// Largest cache of a project.
const MAX_BYTES: u64 = 64 << 20;
/// Runs that found something new after which a text that no run asked for is forgotten.
const MAX_AGE: u32 = 8;
/// Caches of other projects and settings that are kept beside one; the oldest go first.
const MAX_FILES: usize = 64;

/// Digest of a text and its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key([u8; 16]);

/// The cache of one project under one set of settings.
pub struct Cache {
    path: PathBuf,
    entries: HashMap<Key, Entry>,
    /// What was found in this run.
    fresh: Mutex<BTreeMap<Key, String>>,
    note: Option<String>,
}

struct Entry {
    age: u32,
    found: String,
    is_used: AtomicBool,
}

impl Key {
    /// The key of a text.
    pub fn of(language: Language, text: &[u8]) -> Key {
        let mut hasher = blake3::Hasher::new();
        hasher.update(language.row().name.as_bytes()).update(&[0]).update(text);
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
    /// Opens the cache for a project, in a directory that may not be there yet. `settings` is all else that decides what
    /// is found.
    pub fn open(directory: &Path, project: &Path, settings: &[u8]) -> Cache {
        let mut hasher = blake3::Hasher::new();
        hasher.update(project.as_os_str().as_encoded_bytes()).update(&[0]).update(settings);
        let name = hasher.finalize().to_hex();
        let path = directory.join(format!("{}.cache", &name[..32]));
        let (entries, note) = match read(&path) {
            Ok(entries) => (entries, None),
            Err(problem) => (HashMap::new(), Some(problem)),
        };
        Cache { path, entries, fresh: Mutex::default(), note }
    }

    /// What was found in a text, if it is known.
    pub fn get(&self, key: Key) -> Option<&str> {
        let entry = self.entries.get(&key)?;
        entry.is_used.store(true, Ordering::Relaxed);
        Some(&entry.found)
    }

    /// Remembers what was found in a text. It must hold no line break.
    pub fn put(&self, key: Key, found: String) {
        debug_assert!(!found.contains('\n'));
        self.fresh().insert(key, found);
    }

    /// Writes down what is new, if anything is; returns what went wrong with the cache, here or when it was opened.
    pub fn close(mut self) -> Option<Note> {
        let mut problem = self.note.take();
        if !self.fresh().is_empty()
            && let Err(error) = self.write()
        {
            problem = Some(format!("what was found could not be kept for the next run: {error}"));
        }
        let message = format!("{}: the cache {}", walk::display_path(&self.path), problem?);
        Some(Note { path: None, kind: NoteKind::Info, message: walk::one_line(&message) })
    }

    fn fresh(&self) -> std::sync::MutexGuard<'_, BTreeMap<Key, String>> {
        self.fresh.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self) -> io::Result<()> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        let lines = self.lines();
        let mut new = tempfile::NamedTempFile::new_in(directory)?;
        writeln!(new, "{HEAD}{}", blake3::hash(lines.as_bytes()).to_hex())?;
        new.write_all(lines.as_bytes())?;
        new.persist(&self.path).map_err(|error| error.error)?;
        prune(directory);
        Ok(())
    }

    /// The youngest entries, as many as there is room for.
    fn lines(&self) -> String {
        let fresh = self.fresh();
        let known = self.entries.iter().filter(|(key, _)| !fresh.contains_key(key));
        let aged = known.map(|(&key, entry)| match entry.is_used.load(Ordering::Relaxed) {
            true => (0, key, entry.found.as_str()),
            false => (entry.age + 1, key, entry.found.as_str()),
        });
        let new = fresh.iter().map(|(&key, found)| (0, key, found.as_str()));
        let mut all: Vec<(u32, Key, &str)> = new.chain(aged.filter(|(age, ..)| *age <= MAX_AGE)).collect();
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
fn read(path: &Path) -> Result<HashMap<Key, Entry>, String> {
    let bytes = match walk::read(path, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(walk::ReadProblem::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(HashMap::new());
        }
        Err(problem) => return Err(format!("is not used: {problem}")),
    };
    parse(&bytes).ok_or_else(|| "is damaged and not used; everything was looked at again".to_owned())
}

fn parse(bytes: &[u8]) -> Option<HashMap<Key, Entry>> {
    let (head, rest) = str::from_utf8(bytes).ok()?.split_once('\n')?;
    if head.strip_prefix(HEAD)? != blake3::hash(rest.as_bytes()).to_hex().as_str() {
        return None;
    }
    rest.lines().map(entry).collect()
}

fn entry(line: &str) -> Option<(Key, Entry)> {
    let (key, rest) = line.split_once(' ')?;
    let (age, found) = rest.split_once(' ')?;
    let entry = Entry { age: age.parse().ok()?, found: found.to_owned(), is_used: AtomicBool::new(false) };
    Some((Key::from_hex(key)?, entry))
}

/// Forgets the caches that were not written for longest. What cannot be removed stays.
fn prune(directory: &Path) {
    let Ok(listed) = fs::read_dir(directory) else { return };
    let is_cache = |path: &Path| path.extension().is_some_and(|extension| extension == "cache");
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
        Cache::open(directory, Path::new("project"), b"settings")
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
        assert_eq!(Cache::open(&place, Path::new("project"), b"other").get(key("a")), None);
        assert_eq!(Cache::open(&place, Path::new("other"), b"settings").get(key("a")), None);
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
            assert!(cache.close().is_some_and(|note| note.message.contains("is damaged")), "byte {at}");
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
            let cache = Cache::open(directory.path(), Path::new(&project.to_string()), b"");
            cache.put(key("a"), "1".to_owned());
            cache.close();
        }
        assert!(fs::read_dir(directory.path()).unwrap().count() <= MAX_FILES + 1);
    }
}
