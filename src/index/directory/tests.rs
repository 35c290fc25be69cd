//! Readers and a writer at the same time.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{IndexDirectory, list, read_directory};
use crate::index::documents::{Component, DocumentFacts, DocumentMarks};
use crate::index::{Columns, PreparedComponent, PreparedDocument};
use crate::language::Language;
use crate::license::LicenseFact;

const GENERATIONS: usize = 200;

fn component(number: usize) -> PreparedComponent {
    let purl = format!("pkg:pypi/p{number}@1").parse().expect("a purl");
    let language = Language::all().next().expect("one");
    let facts =
        DocumentFacts { path: "a.py".to_owned(), language, license: None, marks: DocumentMarks::default() };
    let columns = Columns { classes: vec![16 + number as u8; 40], names: vec![0; 40], lines: vec![1; 40] };
    PreparedComponent {
        component: Component { purl, digest: String::new(), license: LicenseFact::unknown() },
        documents: vec![PreparedDocument::new(facts, &columns, 1)],
    }
}

/// A reader sees one generation or the next, also where the next one removed the files of the one it was about to open.
#[test]
fn readers_never_meet_the_writer() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut index = IndexDirectory::open_or_create(directory.path()).expect("made");
    index.add(vec![component(0)]).expect("added");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let (_, segments) = read_directory(directory.path()).expect("some generation");
                    assert!(!list(&segments).expect("readable").is_empty());
                }
            });
        }
        for generation in 0..GENERATIONS {
            index.add(vec![component(generation % 3)]).expect("added");
            if generation % 5 == 4 {
                index.merge().expect("merged");
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}
