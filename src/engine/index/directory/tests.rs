//! Readers and a writer at the same time.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{IndexDirectory, MAX_SEGMENTS, Size, list, read_directory, small_ones};
use crate::engine::index::Access;
use crate::engine::index::documents::{Component, DocumentFacts, DocumentMarks};
use crate::engine::index::{Columns, PreparedComponent, PreparedDocument};
use crate::license::LicenseFact;
use crate::text::language::Language;

const GENERATIONS: usize = 200;

fn component(number: usize) -> PreparedComponent {
    let purl = format!("pkg:pypi/p{number}@1").parse().expect("a purl");
    let language = Language::all().next().expect("one");
    let facts = DocumentFacts {
        path: "a.py".to_owned(),
        language,
        license: None,
        marks: DocumentMarks::default(),
        copyrights: Vec::new(),
    };
    let columns =
        Columns { classes: vec![16 + number as u8; 40], names: vec![0; 40], lines: vec![1; 40] };
    PreparedComponent {
        component: Component {
            purl,
            digest: String::new(),
            license: LicenseFact::unknown(),
            published: None,
            dependencies: Vec::new(),
            vendored: Vec::new(),
            copyright: None,
        },
        documents: vec![PreparedDocument::new(facts, &columns, 1)],
    }
}

/// A reader sees one generation or the next, also where the next one removed the files of the one
/// it was about to open.
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
                    let files =
                        read_directory(directory.path(), Access::Some).expect("some generation");
                    assert!(!list(&files.segments).expect("readable").is_empty());
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

/// Adding a segment of one unit at a time writes each unit few times, and leaves few segments.
#[test]
fn merging_while_adding_costs_a_logarithm() {
    const ADDED: u64 = 10_000;
    let (mut sizes, mut written) = (Vec::new(), 0u64);
    for _ in 0..ADDED {
        sizes.push(1);
        if sizes.len() > MAX_SEGMENTS {
            let small = small_ones(sizes.iter().map(|&bytes| Size { bytes, tokens: bytes }));
            let is_small = |i: &usize| small[*i];
            let merged: u64 = (0..sizes.len()).filter(is_small).map(|i| sizes[i]).sum();
            sizes =
                (0..sizes.len()).filter(|i| !small[*i]).map(|i| sizes[i]).chain([merged]).collect();
            written += merged;
        }
        assert!(sizes.len() <= MAX_SEGMENTS);
    }
    assert_eq!(sizes.iter().sum::<u64>(), ADDED);
    assert!(written < 12 * ADDED, "each unit was written {} times", written / ADDED);

    let full = |tokens| small_ones((0..20).map(|_| Size { bytes: 1, tokens }));
    assert_eq!(
        full(1 << 31).iter().filter(|small| **small).count(),
        1,
        "two are more than a segment can hold"
    );
    assert_eq!(full(1 << 30).iter().filter(|small| **small).count(), 3);
}
