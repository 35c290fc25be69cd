//! Every call of the system fails once, and from then on, and power fails at every moment: the index is the old one or the
//! new one, and says so.
//!
//! The calls are failed by `faults.c`, which the tests load into a process of their own before the C library.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use birthmark::engine::index::{self, IndexDirectory, IndexError, IndexName};
use birthmark::purl::Purl;

use crate::corpus::{Given, Random, function};

/// Whether this process has the shim; else runs the test of that name in one that has.
fn has_faults(test: &str) -> bool {
    if env::var_os("LD_PRELOAD").is_some_and(|it| it.to_string_lossy().contains("birthmark-faults")) {
        return true;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let library = directory.path().join("birthmark-faults.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/faults.c");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .arg("-ldl")
        .status();
    assert!(compiled.expect("cc runs").success());
    let output = Command::new(env::current_exe().expect("known"))
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env("LD_PRELOAD", &library)
        .output()
        .expect("it runs");
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
    false
}

/// Tells the shim something; returns how many calls it has counted.
fn tell(words: &str) -> i32 {
    let answer = File::open(format!("/faults:{words}")).expect_err("the shim answers by an error");
    answer.raw_os_error().expect("a number") - 10_000
}

/// A way to change an index.
struct Operation {
    name: &'static str,
    run: fn(&Path) -> Result<(), IndexError>,
}

fn given(number: u64) -> Given {
    let (purl, text) = (format!("pkg:pypi/p{number}@1"), function(number, 8));
    Given::new(&purl, "MIT", &[("a.py", text.as_str())])
}

fn add(index: &Path, number: u64) -> Result<(), IndexError> {
    IndexDirectory::open_or_create(index)?.add(vec![given(number).prepare()])
}

const OPERATIONS: [Operation; 4] = [
    Operation { name: "add", run: |index| add(index, 7) },
    Operation { name: "merge", run: |index| IndexDirectory::open(index)?.merge() },
    Operation {
        name: "remove",
        run: |index| {
            let purl: Purl = "pkg:pypi/p2@1".parse().expect("a purl");
            IndexDirectory::open(index)?.remove(&[purl]).map(|_| ())
        },
    },
    Operation { name: "salvage", run: |index| IndexDirectory::salvage(index).map(|_| ()) },
];

/// The index that operations change: three components in three segments.
fn old(directory: &Path) -> PathBuf {
    let index = directory.join("old");
    (1..4).for_each(|number| add(&index, number).expect("added"));
    index
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("readable");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
    }
}

/// What an index holds, and that it is whole; `None` if there is none.
fn state(index: &Path) -> Option<Vec<String>> {
    let name = IndexName::Directory(index.to_owned());
    match index::damage(&name) {
        Err(IndexError::Missing(_)) => return None,
        damage => assert!(damage.expect("readable").is_empty(), "damaged"),
    }
    let list = IndexDirectory::open(index).expect("it opens").list().expect("readable");
    Some(list.iter().map(|entry| format!("{} {:?}", entry.component.purl, entry.component.digest)).collect())
}

/// Fails each call of an operation; returns how many there are.
fn fail_each(operation: &Operation, before: Option<&Path>, index: &Path, how: &str) -> i32 {
    let prepare = || match before {
        Some(before) => copy(before, index),
        None => {
            let _ = fs::remove_dir_all(index.parent().expect("inside"));
        }
    };
    prepare();
    let old = before.map(|before| state(before).expect("an index"));
    (operation.run)(index).expect("nothing fails");
    let new = state(index);
    assert!(new.is_some());
    for nth in 1.. {
        prepare();
        let below = if before.is_some() { index } else { index.parent().expect("inside") };
        tell(&format!("fail:{nth}:{how}:{}", below.display()));
        let result = (operation.run)(index);
        let calls = tell("stop");
        let what = format!("{}: call {nth} of {calls} fails {how}: {result:?}", operation.name);
        let now = state(index);
        // A new index may have been made and be empty.
        let is_old = now == old || old.is_none() && now.as_ref().is_some_and(Vec::is_empty);
        assert!(now == new || result.is_err() && is_old, "{what}: {now:?}");
        (operation.run)(index).unwrap_or_else(|error| panic!("{what}: then {error}"));
        assert!(state(index) == new, "{what}: then something else");
        if calls < nth {
            return calls;
        }
    }
    unreachable!("the loop ends with the calls")
}

#[test]
fn every_call_that_fails_leaves_the_old_index_or_the_new_one() {
    if !has_faults("faults::every_call_that_fails_leaves_the_old_index_or_the_new_one") {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let old = old(directory.path());
    for how in ["once", "always"] {
        for operation in &OPERATIONS {
            let calls = fail_each(operation, Some(&old), &directory.path().join("index"), how);
            assert!(calls > 20, "{}: {calls} calls", operation.name);
        }
        let calls = fail_each(&OPERATIONS[0], None, &directory.path().join("new/deeper/index"), how);
        assert!(calls > 20, "a new index: {calls} calls");
    }
}

/// A call that changed a directory.
#[derive(Clone, Debug)]
enum Change {
    Create(u64, PathBuf),
    Write(u64, usize, Vec<u8>),
    Sync(u64),
    Rename(PathBuf, PathBuf),
    Unlink(PathBuf),
    Mkdir,
}

/// The changes that the shim recorded.
fn changes(record: &Path) -> Vec<Change> {
    let bytes = fs::read(record).expect("recorded");
    let (mut rest, mut changes) = (bytes.as_slice(), Vec::new());
    let line = |rest: &mut &[u8]| -> String {
        let end = rest.iter().position(|&byte| byte == b'\n').expect("lines");
        let line = String::from_utf8(rest[..end].to_vec()).expect("UTF-8");
        *rest = &rest[end + 1..];
        line
    };
    while !rest.is_empty() {
        let words = line(&mut rest);
        let (what, more) = words.split_once(' ').expect("words");
        let number = |word: &str| -> u64 { word.parse().expect("a number") };
        changes.push(match what {
            "create" => {
                let (inode, path) = more.split_once(' ').expect("a path");
                Change::Create(number(inode), path.into())
            }
            "write" => {
                let numbers: Vec<u64> = more.split(' ').map(number).collect();
                let (data, after) = rest.split_at(numbers[2] as usize);
                rest = after;
                Change::Write(numbers[0], numbers[1] as usize, data.to_vec())
            }
            "sync" => Change::Sync(number(more)),
            "rename" => Change::Rename(more.into(), line(&mut rest).into()),
            "unlink" => Change::Unlink(more.into()),
            "mkdir" => Change::Mkdir,
            other => panic!("{other}"),
        });
    }
    changes
}

/// A disk: names, and the bytes behind them.
#[derive(Clone, Debug, Default)]
struct Disk {
    names: BTreeMap<PathBuf, u64>,
    data: BTreeMap<u64, Vec<u8>>,
}

impl Disk {
    fn of(directory: &Path) -> Disk {
        let mut disk = Disk::default();
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("readable").path();
            let inode = u64::MAX - disk.names.len() as u64;
            disk.data.insert(inode, fs::read(&path).expect("readable"));
            disk.names.insert(path, inode);
        }
        disk
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Create(inode, path) => {
                self.data.entry(*inode).or_default();
                self.names.insert(path.clone(), *inode);
            }
            Change::Write(inode, at, bytes) => {
                let data = self.data.entry(*inode).or_default();
                data.resize(data.len().max(at + bytes.len()), 0);
                data[*at..at + bytes.len()].copy_from_slice(bytes);
            }
            Change::Rename(from, to) => {
                if let Some(inode) = self.names.remove(from) {
                    self.names.insert(to.clone(), inode);
                }
            }
            Change::Unlink(path) => {
                self.names.remove(path);
            }
            Change::Sync(_) | Change::Mkdir => {}
        }
    }

    fn write_to(&self, directory: &Path) {
        let _ = fs::remove_dir_all(directory);
        fs::create_dir_all(directory).expect("made");
        for (path, inode) in &self.names {
            let to = directory.join(path.file_name().expect("a name"));
            fs::write(to, self.data.get(inode).map(Vec::as_slice).unwrap_or_default()).expect("written");
        }
    }
}

/// Which of the changes that were not synced are on the disk after a power failure.
fn survivors(changes: &[Change], directory_inode: u64, random: &mut Random, way: usize) -> BTreeSet<usize> {
    let mut kept = BTreeSet::new();
    for (at, change) in changes.iter().enumerate() {
        let later = &changes[at + 1..];
        let is_synced =
            |inode: u64| later.iter().any(|it| matches!(it, Change::Sync(synced) if *synced == inode));
        let (durable, is_data) = match change {
            Change::Write(inode, ..) => (is_synced(*inode), true),
            // A file system may write names only with the directory.
            _ => (is_synced(directory_inode), false),
        };
        let survives = match way {
            0 => false,
            1 => true,
            2 => is_data,
            3 => !is_data,
            _ => random.below(2) == 0,
        };
        if durable || survives {
            kept.insert(at);
        }
    }
    kept
}

#[test]
fn a_power_failure_leaves_the_old_index_or_the_new_one() {
    use std::os::unix::fs::MetadataExt;
    if !has_faults("faults::a_power_failure_leaves_the_old_index_or_the_new_one") {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let (old, index) = (old(directory.path()), directory.path().join("index"));
    let (record, after) = (directory.path().join("record"), directory.path().join("after"));
    let mut random = Random(19);
    let mut tried = 0;
    for operation in &OPERATIONS {
        copy(&old, &index);
        let _ = fs::remove_file(&record);
        let (before, inode) = (Disk::of(&index), fs::metadata(&index).expect("there").ino());
        tell(&format!("record:{}:{}", record.display(), index.display()));
        (operation.run)(&index).expect("nothing fails");
        tell("stop");
        let (was, is) = (state(&old), state(&index));
        let changes = changes(&record);
        assert!(changes.iter().any(|change| matches!(change, Change::Rename(..))), "{changes:?}");
        for moment in 0..=changes.len() {
            for way in 0..8 {
                let kept = survivors(&changes[..moment], inode, &mut random, way);
                let mut disk = before.clone();
                kept.iter().for_each(|&at| disk.apply(&changes[at]));
                disk.write_to(&after);
                let now = state(&after);
                let what = format!(
                    "{}: power fails after {moment} of {} changes, {way}",
                    operation.name,
                    changes.len()
                );
                assert!(now == is || now == was, "{what}: {now:?}");
                assert!(moment < changes.len() || now == is, "{what}: it was told to be done");
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried}");
}
