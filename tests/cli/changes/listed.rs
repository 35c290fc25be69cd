//! `birthmark scan --files-from`, and input that cannot be scanned.

use std::fs;

use super::{OWN, Repository, Scan, copy};

#[test]
fn a_list_says_which_files() {
    let repository = Repository::with(&[("a.py", OWN), ("b.py", &copy()), ("c d.py", &copy())]);
    repository.write("list", "a.py\nb.py\n");
    assert_eq!(repository.found(&["--files-from", "list"]), ["b.py"]);
    repository.write("list", "a.py\0c d.py\0");
    assert_eq!(repository.found(&["--files-from", "list"]), ["c d.py"]);
    let mut command = repository.birthmark(&repository.path());
    command.args(["--format", "json", "--files-from", "-"]).write_stdin("c d.py\n");
    assert_eq!(Scan::of(&mut command).found(), ["c d.py"]);
}

#[test]
fn a_list_that_cannot_be_read_or_names_what_is_missing_is_no_silent_pass() {
    let repository = Repository::with(&[("a.py", OWN)]);
    repository.scan(&["--files-from", "nowhere"]).assert_refused("nowhere");
    repository.write("list", "a.py\ngone.py\n");
    let scan = repository.scan(&["--files-from", "list"]);
    assert_eq!(scan.code, 2, "{scan:?}");
    assert!(format!("{}{:?}", scan.err, scan.report).contains("gone.py"), "{scan:?}");
}

#[cfg(unix)]
#[test]
fn a_circle_of_links_is_an_error() {
    let repository = Repository::with(&[("a.py", OWN)]);
    std::os::unix::fs::symlink("two", repository.path().join("one")).unwrap();
    std::os::unix::fs::symlink("one", repository.path().join("two")).unwrap();
    let scan = repository.scan(&["one"]);
    assert_eq!(scan.code, 2, "{scan:?}");
    assert!(scan.err.contains("one"), "{}", scan.err);
}

#[test]
fn a_damaged_segment_is_an_error() {
    let repository = Repository::with(&[("routes.py", &copy())]);
    for entry in fs::read_dir(repository.index()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "segment") {
            fs::write(&path, "no segment").unwrap();
        }
    }
    let scan = repository.scan(&[]);
    assert_eq!(scan.code, 2, "{scan:?}");
    assert!(scan.err.contains("index"), "{}", scan.err);
}

/// A file of a gigabyte that takes no space on the disk.
#[test]
fn a_huge_file_is_skipped_with_a_note() {
    let repository = Repository::with(&[("a.py", OWN)]);
    fs::File::create(repository.path().join("huge.py")).unwrap().set_len(1 << 30).unwrap();
    let scan = repository.scan(&[]);
    assert_eq!(scan.code, 0, "{scan:?}");
    assert!(
        scan.notes().iter().any(|note| note.starts_with("skipped huge.py: ")),
        "{:?}",
        scan.notes()
    );
}
