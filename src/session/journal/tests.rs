use std::collections::HashSet;

use super::*;
use crate::decisions::acceptance::EntryOwner;
use crate::judgement::finding::Decision;
use crate::text::span::LineRange;

fn entry(path: &str) -> JournalEntry {
    let lines = LineRange { first: 3, last: 9 };
    JournalEntry {
        at: "2026-11-23T12:00:00Z".to_owned(),
        service: Service::Check,
        event: Event::Suggested,
        path: path.to_owned(),
        lines,
        id: "77ba9d61".to_owned(),
        decision: Decision::Incompatible,
        bits: 173.4,
        license: "MIT".to_owned(),
        owners: vec![EntryOwner {
            purl: "pkg:pypi/a@1".to_owned(),
            license: String::new(),
            path: "a\u{2028}.py".to_owned(),
            lines,
        }],
        reason: "two\nlines".to_owned(),
    }
}

fn line(path: &str) -> Vec<u8> {
    format!("{}\n", entry(path).to_json()).into_bytes()
}

#[test]
fn a_line_is_read_as_it_was_written() {
    let json = entry("ä.py").to_json();
    assert!(!json.contains('\n'));
    assert_eq!(JournalEntry::parse(json.as_bytes()), Some(entry("ä.py")));
}

#[test]
fn what_is_not_understood_is_counted_and_loses_nothing() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let root = directory.path().join("project");
    let path = file::path(directory.path(), &root);
    let later = entry("b.py").to_json().replace("\"check\"", "\"teleprinter\"");
    let text = [
        line("a.py"),
        b"{\"at\": \"2026\n\xff\n".to_vec(),
        later.into(),
        b"\n".to_vec(),
        line("c.py"),
    ];
    std::fs::write(&path, text.concat()).expect("written");
    let journaled = read(directory.path(), &root).expect("reads");
    let paths: Vec<&str> = journaled.entries.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!((paths, journaled.unreadable), (vec!["a.py", "c.py"], 3));

    assert!(
        read(directory.path(), &directory.path().join("elsewhere"))
            .expect("reads")
            .entries
            .is_empty()
    );
}

#[test]
fn many_writers_lose_nothing() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = file::path(&directory.path().join("not/there/yet"), directory.path());
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let path = &path;
            scope.spawn(move || {
                for n in 0..200 {
                    file::append(path, &line(&format!("{writer}/{n}.py"))).expect("written");
                }
            });
        }
    });
    let journaled = read(&directory.path().join("not/there/yet"), directory.path()).expect("reads");
    let paths: HashSet<String> = journaled.entries.into_iter().map(|entry| entry.path).collect();
    assert_eq!((paths.len(), journaled.unreadable), (1600, 0));
}

#[test]
fn it_does_not_grow_without_end() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = file::path(directory.path(), directory.path());
    let block = line("a.py").repeat(4096);
    let writes = 5 * file::MAX_BYTES / block.len() as u64;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                (0..writes / 4).for_each(|_| file::append(&path, &block).expect("written"))
            });
        }
    });
    file::append(&path, &line("last.py")).expect("written");
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |facts| facts.len());
    let all = size(&path) + size(&file::older(&path));
    assert!(all <= 2 * file::MAX_BYTES + 8 * block.len() as u64, "{all}");
    assert!(all >= file::MAX_BYTES, "{all}");
    let journaled = read(directory.path(), directory.path()).expect("reads");
    assert_eq!(journaled.unreadable, 0);
    assert_eq!(journaled.entries.last().expect("some").path, "last.py");
}
