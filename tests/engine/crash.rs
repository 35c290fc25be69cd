//! Killed writers, full disks and writers at once: the index is the old one or the new one.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use birthmark::engine::index::IndexDirectory;

use crate::corpus::{Given, Random, function};
use crate::index::segments;

const KILLS: u64 = 20;

/// Sources of several components, in directories `c0`, `c1`, ...
fn write_sources(directory: &Path, components: u64) {
    for component in 0..components {
        let folder = directory.join(format!("c{component}"));
        fs::create_dir_all(&folder).expect("made");
        for file in 0..4 {
            let text: String =
                (0..6).map(|i| function(component * 100 + file * 10 + i, 12)).collect();
            fs::write(folder.join(format!("m{file}.py")), text).expect("written");
        }
    }
}

fn add(directory: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_birthmark"));
    command.current_dir(directory).args(["index", "add", "--index", "index"]).args(words);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn told(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Every file of a directory with its content.
fn snapshot(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("readable"))
        .map(|entry| {
            (
                entry.file_name().to_string_lossy().into_owned(),
                fs::read(entry.path()).expect("readable"),
            )
        })
        .collect();
    files.sort();
    files
}

/// Opens as the next writer does, and reads everything.
fn check(index: &Path) -> usize {
    let open = IndexDirectory::open_or_create(index).expect("it opens");
    let components = open.list().expect("readable").len();
    drop(open);
    let files = snapshot(index);
    let segments = segments(index);
    segments.iter().for_each(|segment| assert!(segment.damage().is_empty()));
    let held: u64 = segments.iter().map(|segment| segment.counts().components).sum();
    assert_eq!(held, components as u64, "files that the manifest does not name were swept");
    let known =
        |name: &str| name.ends_with(".segment") || name == "manifest.json" || name == "lock";
    assert!(
        files.iter().all(|(name, _)| known(name)),
        "leftovers: {:?}",
        files.iter().map(|file| &file.0).collect::<Vec<_>>()
    );
    components
}

#[test]
fn killed_writers_leave_an_index() {
    let directory = tempfile::tempdir().expect("a directory");
    let index = directory.path().join("index");
    write_sources(directory.path(), 6);
    // One at a time, so that most of the time something is being written; the last replaces the
    // first.
    let rounds =
        [&["c0", "c1"][..], &["c2", "c3"], &["c4", "c5"], &["c0", "c1", "c2", "c3", "c4", "c5"]];
    let start = Instant::now();
    let output = add(directory.path(), rounds[3]).output().expect("it runs");
    let whole = start.elapsed();
    assert_eq!(told(&output), (Some(0), String::new()));
    let expected = snapshot(&index);
    fs::remove_dir_all(&index).expect("removed");

    let mut random = Random(97);
    let (mut killed, mut most) = (0, 0);
    // On a busy machine many runs end before they are killed: then more are tried.
    for kill in 0..4 * KILLS {
        if kill >= KILLS && killed >= 5 {
            break;
        }
        // What is there already is not written again: a run that has nothing to write cannot be
        // killed writing.
        if most == 6 {
            fs::remove_dir_all(&index).expect("removed");
            most = 0;
        }
        let mut child =
            add(directory.path(), rounds[random.below(rounds.len())]).spawn().expect("it runs");
        let share = random.below(1000) as u32;
        std::thread::sleep(whole * share / 1000 + Duration::from_micros(kill));
        killed += usize::from(child.try_wait().expect("known").is_none());
        child.kill().expect("killed");
        child.wait().expect("ended");
        let components = check(&index);
        assert!(components >= most, "what was told to be there stays: {components} of {most}");
        most = components;
    }
    assert!(killed >= 5, "only {killed} were still running");
    let output = add(directory.path(), rounds[3]).output().expect("it runs");
    assert_eq!(told(&output), (Some(0), String::new()));
    assert_eq!(check(&index), 6);
    let mut open = IndexDirectory::open(&index).expect("it opens");
    open.merge().expect("merged");
    drop(open);
    assert!(snapshot(&index) == expected, "as if nobody had been killed");
}

/// Killed again and again, a long run comes to its end: what it has committed stays, and is not
/// done again.
#[test]
fn a_killed_run_of_many_components_goes_on() {
    const COMPONENTS: usize = 40;
    let directory = tempfile::tempdir().expect("a directory");
    let index = directory.path().join("index");
    write_sources(directory.path(), COMPONENTS as u64);
    let words: Vec<String> = (0..COMPONENTS).map(|component| format!("c{component}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let start = Instant::now();
    assert!(add(directory.path(), &words).output().expect("it runs").status.success());
    let whole = start.elapsed();
    IndexDirectory::open(&index).expect("it opens").merge().expect("merged");
    let expected = snapshot(&index);
    fs::remove_dir_all(&index).expect("removed");

    let mut random = Random(5);
    let mut held = 0;
    for _ in 0..KILLS {
        let mut child = add(directory.path(), &words).spawn().expect("it runs");
        std::thread::sleep(whole * random.below(900) as u32 / 1000);
        child.kill().expect("killed");
        child.wait().expect("ended");
        let components = check(&index);
        assert!(components >= held, "what was told to be there stays: {components} of {held}");
        held = components;
    }
    let mut last = add(directory.path(), &words);
    let output = last.stdout(Stdio::piped()).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let unchanged = match held {
        0 => String::new(),
        1 => "Unchanged 1 component,".to_owned(),
        _ => format!("Unchanged {held} components,"),
    };
    assert!(output.status.success() && said.contains(&unchanged), "{held} held, but: {said}");
    assert_eq!(check(&index), COMPONENTS);
    IndexDirectory::open(&index).expect("it opens").merge().expect("merged");
    assert!(snapshot(&index) == expected, "as if nobody had been killed");
}

/// What a writer leaves that was killed between two steps.
#[test]
fn leftovers_are_swept() {
    let directory = tempfile::tempdir().expect("a directory");
    let given = Given::new("pkg:pypi/a@1", "MIT", &[("a.py", &function(1, 9))]);
    let mut index = IndexDirectory::open_or_create(directory.path()).expect("made");
    index.add(vec![given.prepare()]).expect("added");
    drop(index);
    let before = snapshot(directory.path());
    fs::write(directory.path().join(".writing-abc"), b"half a segment").expect("written");
    let unnamed = "0123456789abcdef0123456789abcdef.segment";
    fs::write(directory.path().join(unnamed), crate::corpus::segment_bytes(&[given]))
        .expect("written");
    fs::write(directory.path().join("README"), b"somebody else's").expect("written");
    drop(IndexDirectory::open(directory.path()).expect("it opens"));
    fs::remove_file(directory.path().join("README")).expect("not ours to sweep");
    assert!(snapshot(directory.path()) == before);
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_index_as_it_was() {
    let directory = tempfile::tempdir().expect("a directory");
    write_sources(directory.path(), 2);
    fs::write(directory.path().join("c0/m0.py"), "x = 1\n").expect("written");
    (1..4).for_each(|file| {
        fs::remove_file(directory.path().join(format!("c0/m{file}.py"))).expect("removed")
    });
    let index = directory.path().join("index");
    assert!(add(directory.path(), &["c0"]).output().expect("it runs").status.success());
    let before = snapshot(&index);
    // A limit on the size of a file refuses a write as a full disk does.
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" index add --index index c1";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_birthmark")])
        .current_dir(directory.path())
        .output()
        .expect("it runs");
    let (code, message) = told(&output);
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("cannot write") && message.contains("index"), "{message}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "nothing is told to be done");
    assert!(snapshot(&index) == before);
    assert_eq!(check(&index), 1);
}

#[test]
fn the_second_writer_is_told_to_wait() {
    let directory = tempfile::tempdir().expect("a directory");
    write_sources(directory.path(), 1);
    let index = directory.path().join("index");
    let first = IndexDirectory::open_or_create(&index).expect("made");
    let (code, message) = told(&add(directory.path(), &["c0"]).output().expect("it runs"));
    assert_eq!(code, Some(2));
    assert!(message.contains("another birthmark is writing to"), "{message}");
    drop(first);
    assert!(add(directory.path(), &["c0"]).output().expect("it runs").status.success());
}
