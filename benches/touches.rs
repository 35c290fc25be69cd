//! Looks up what `benches/synthetic.py` lists, and says where in memory: `benches/touches.py` runs
//! this under valgrind and counts the pages.
//!
//! ```text
//! cargo bench --bench touches -- INDEX
//! ```
//!
//! Prints the address of the segment's map and of [`MARK`], and for each look-up its kind and
//! nanoseconds, of the first time and of the second. Each time `MARK` is written before the
//! look-up, between it and the search for the documents of its postings, and after that.

#![allow(clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use birthmark::engine::fingerprint::KgramHash;
use birthmark::engine::index::{Index, IndexName, Segment};

/// Written where one part of a look-up ends. 64 bits that nothing else stands beside.
static MARK: AtomicU64 = AtomicU64::new(0);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let [directory] = words.as_slice() else {
        panic!("usage: cargo bench --bench touches -- INDEX")
    };
    let directory = PathBuf::from(directory);
    let asked = asked(&directory);
    let index = Index::open(&[IndexName::Directory(directory)]).expect("INDEX is an index");
    let [segment] = index.segments() else { panic!("an index of one segment") };
    println!("map\t{}", map_of_segment());
    println!("mark\t{}", MARK.as_ptr() as usize);
    let first: Vec<u128> = asked.iter().map(|asked| look_up(segment, asked)).collect();
    for (asked, first) in asked.iter().zip(first) {
        println!("{}\t{first}\t{}", asked.kind, look_up(segment, asked));
    }
}

struct Asked {
    hash: KgramHash,
    kind: String,
}

fn asked(directory: &std::path::Path) -> Vec<Asked> {
    let lines =
        std::fs::read_to_string(directory.join("asked.tsv")).expect("synthetic.py wrote it");
    let asked = |line: &str| {
        let (hash, kind) = line.split_once('\t').expect("two fields");
        Asked { hash: KgramHash(hash.parse().expect("a number")), kind: kind.to_owned() }
    };
    lines.lines().map(asked).collect()
}

/// Nanoseconds of a look-up and of finding the documents.
fn look_up(segment: &Segment, asked: &Asked) -> u128 {
    let began = Instant::now();
    mark();
    let mut positions = [0; 8];
    let mut found = 0;
    for (place, position) in
        positions.iter_mut().zip(segment.lookup(asked.hash).expect("whole").list)
    {
        *place = position;
        found += 1;
    }
    mark();
    for &position in &positions[..found] {
        assert!(black_box(segment.document_at(position)).is_ok());
    }
    mark();
    let nanoseconds = began.elapsed().as_nanos();
    assert_eq!(found > 0, asked.kind == "hit");
    nanoseconds
}

#[inline(never)]
fn mark() {
    MARK.store(1, Ordering::Relaxed);
}

fn map_of_segment() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
    let line = maps.lines().find(|line| line.ends_with(".segment")).expect("the segment is mapped");
    let (start, _) = line.split_once('-').expect("a range");
    usize::from_str_radix(start, 16).expect("an address")
}
