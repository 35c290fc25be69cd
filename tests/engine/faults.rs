//! Every call of the system fails once, and from then on, is interrupted or does a part, and power
//! fails at every moment: the index is the old one or the new one, and says so.
//!
//! The calls are failed by `faults.c`, which the tests load into a process of their own before the
//! C library.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use birthmark::engine::index::{self, IndexDirectory, IndexError, IndexName};
use birthmark::purl::Purl;

use crate::corpus::{Given, Random, function};

/// Compiles the shim.
fn shim(directory: &Path) -> PathBuf {
    let library = directory.join("birthmark-faults.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/faults.c");
    let mut command = Command::new("cc");
    command.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-ldl");
    assert!(command.status().expect("cc runs").success());
    library
}

/// Whether this process has the shim; else runs the test of that name in one that has.
fn has_faults(test: &str) -> bool {
    if env::var_os("LD_PRELOAD").is_some_and(|it| it.to_string_lossy().contains("birthmark-faults"))
    {
        return true;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let library = shim(directory.path());
    let output = Command::new(env::current_exe().expect("known"))
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env("LD_PRELOAD", &library)
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
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
    Some(
        list.iter()
            .map(|entry| format!("{} {:?}", entry.component.purl, entry.component.digest))
            .collect(),
    )
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
        let calls =
            fail_each(&OPERATIONS[0], None, &directory.path().join("new/deeper/index"), how);
        assert!(calls > 20, "a new index: {calls} calls");
    }
}

/// A signal interrupts each call that one can interrupt, and each call transfers a few bytes only:
/// neither is an error.
#[test]
fn calls_that_are_interrupted_or_do_a_part_are_gone_on_with() {
    if !has_faults("faults::calls_that_are_interrupted_or_do_a_part_are_gone_on_with") {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let (old, index) = (old(directory.path()), directory.path().join("index"));
    for operation in &OPERATIONS {
        let run = |faults: &str| {
            copy(&old, &index);
            tell(faults);
            let result = (operation.run)(&index);
            let calls = tell("stop");
            result.unwrap_or_else(|error| panic!("{}: {faults}: {error}", operation.name));
            (state(&index), calls)
        };
        let (expected, _) = run("stop");
        for nth in 1.. {
            let (now, calls) = run(&format!("fail:{nth}:interrupted:{}", index.display()));
            assert_eq!(now, expected, "{}: call {nth} is interrupted", operation.name);
            if calls < nth {
                assert!(nth > 10, "{}: {calls} calls", operation.name);
                break;
            }
        }
        for most in [1, 7, 512] {
            let (now, cut) = run(&format!("short:{most}:{}", index.display()));
            assert_eq!(now, expected, "{}: {most} bytes a call", operation.name);
            // Removing a component transfers no more than some hundred bytes at once.
            assert!(cut > 0 || most == 512, "{}: no call did a part", operation.name);
        }
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
            fs::write(to, self.data.get(inode).map(Vec::as_slice).unwrap_or_default())
                .expect("written");
        }
    }
}

/// Which of the changes that were not synced are on the disk after a power failure.
fn survivors(
    changes: &[Change],
    directory_inode: u64,
    random: &mut Random,
    way: usize,
) -> BTreeSet<usize> {
    let mut kept = BTreeSet::new();
    for (at, change) in changes.iter().enumerate() {
        let later = &changes[at + 1..];
        let is_synced = |inode: u64| {
            later.iter().any(|it| matches!(it, Change::Sync(synced) if *synced == inode))
        };
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

/// A project with a copy that fails, and what birthmark writes about it.
struct Decided {
    directory: tempfile::TempDir,
    library: PathBuf,
}

impl Decided {
    fn new() -> Decided {
        let directory = tempfile::tempdir().expect("a directory");
        let library = shim(directory.path());
        let project = directory.path().join("project");
        fs::create_dir_all(project.join(".git")).expect("made");
        let routes =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo/parcelbot/routes.py");
        fs::copy(routes, project.join("routes.py")).expect("copied");
        fs::write(project.join("birthmark.toml"), "license = 'MIT'\n").expect("written");
        Decided { directory, library }
    }

    fn written(&self) -> PathBuf {
        self.directory.path().join("project/.birthmark")
    }

    /// Runs birthmark; returns its exit status, what it says, and how many calls were counted.
    fn run(&self, words: &[&str], faults: &str) -> (Option<i32>, String, i32) {
        let count = self.directory.path().join("count");
        let output = Command::new(env!("CARGO_BIN_EXE_birthmark"))
            .args(words)
            .args(["--index", concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo-index")])
            .current_dir(self.directory.path().join("project"))
            .env("GIT_AUTHOR_NAME", "Ada Example")
            .env("GIT_AUTHOR_EMAIL", "ada@example.org")
            .env("SOURCE_DATE_EPOCH", "1700000000")
            .env("BIRTHMARK_LOG_DIR", self.directory.path().join("log"))
            .env("LD_PRELOAD", &self.library)
            .env("BIRTHMARK_FAULTS", faults)
            .env("BIRTHMARK_FAULTS_COUNT", &count)
            .output()
            .expect("it runs");
        let said = [output.stdout, output.stderr]
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let calls = fs::read_to_string(count).expect("counted").parse().expect("a number");
        (output.status.code(), said.concat(), calls)
    }

    /// The files that are written, with their contents; without those that a run that failed left
    /// unnamed.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let (mut found, mut waiting) = (BTreeMap::new(), vec![self.written()]);
        while let Some(directory) = waiting.pop() {
            for entry in fs::read_dir(directory).into_iter().flatten() {
                let path = entry.expect("readable").path();
                if path.is_dir() {
                    waiting.push(path)
                } else {
                    drop(found.insert(path.clone(), fs::read(path).expect("readable")))
                }
            }
        }
        found.retain(|path, _| path.extension().is_some());
        found
    }
}

#[test]
fn a_baseline_and_a_decision_are_whole_or_as_they_were() {
    let decided = Decided::new();
    let (code, said, _) = decided.run(&["scan", "--format", "json"], "stop");
    assert_eq!(code, Some(1), "{said}");
    let report: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let id = report["findings"][0]["match"].as_str().unwrap_or_else(|| panic!("{said}"));
    for words in [&["baseline", "create", "--force"][..], &["accept", id, "--reason", "tried"]] {
        let _ = fs::remove_dir_all(decided.written());
        let (code, said, _) = decided.run(words, "stop");
        assert_eq!(code, Some(0), "{words:?}: {said}");
        let whole = decided.files();
        assert_eq!(whole.len(), 1, "{whole:?}");
        let (code, said, cut) =
            decided.run(words, &format!("short:1:{}", decided.written().display()));
        assert_eq!((code, decided.files()), (Some(0), whole.clone()), "{words:?}: {said}");
        assert!(cut > 5, "{words:?}: {cut} calls did a part");
        for (how, least) in [("once", 5), ("always", 5), ("interrupted", 2)] {
            for nth in 1.. {
                let _ = fs::remove_dir_all(decided.written());
                let faults = format!("fail:{nth}:{how}:{}", decided.written().display());
                let (code, said, calls) = decided.run(words, &faults);
                let what =
                    format!("{words:?}: call {nth} of {calls} fails {how}: {code:?}: {said}");
                let files = decided.files();
                assert!(code == Some(0) || code == Some(2) && how != "interrupted", "{what}");
                assert!(files == whole || code == Some(2) && files.is_empty(), "{what}: {files:?}");
                if calls < nth {
                    assert!(nth > least, "{what}");
                    break;
                }
            }
        }
    }
}
