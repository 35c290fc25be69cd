//! The index: what goes in comes out, the same bytes whatever the order, and nothing stays of what
//! was removed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use birthmark::engine::fingerprint::{KgramHash, fingerprints};
use birthmark::engine::index::{
    Contents, Index, IndexDirectory, IndexError, IndexName, Listed, Segment, SegmentBytes, Spill,
    format, write_segment,
};
use birthmark::purl::Purl;

use crate::corpus::{
    Given, GivenDocument, Random, function, givens, prepare, segment, segment_bytes,
};

/// The segments of an index directory, in memory.
pub(crate) fn segments(directory: &Path) -> Vec<Segment> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "segment"))
        .collect();
    files.sort();
    files.iter().map(|file| segment(fs::read(file).expect("readable"))).collect()
}

fn purls(directory: &Path) -> Vec<String> {
    let index = IndexDirectory::open(directory).expect("it opens");
    let list = index.list().expect("readable");
    list.into_iter().map(|entry| entry.component.purl.as_str().to_owned()).collect()
}

fn files(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn what_goes_in_comes_out() {
    let givens = givens();
    let segment = segment(segment_bytes(&givens));
    assert!(segment.damage().is_empty());
    let mut sorted: Vec<&Given> = givens.iter().collect();
    sorted.sort_by_key(|given| given.component().purl);
    assert_eq!(segment.components().count(), sorted.len());
    let mut documents = segment.documents();
    let (mut next_token, mut lines) = (0, 0);
    for (id, given) in segment.components().zip(&sorted) {
        let component_row = segment.component_row(id).expect("readable");
        assert_eq!(segment.component(&component_row).expect("readable"), given.component());
        let mut of_component: Vec<&GivenDocument> = given.documents.iter().collect();
        of_component.sort_by_key(|document| document.path.clone());
        assert_eq!(component_row.documents as usize, of_component.len());
        for document in of_component {
            let row = segment.document_row(documents.next().expect("one more")).expect("readable");
            let columns = document.columns();
            assert_eq!((row.component, row.token_start), (id, next_token));
            assert_eq!(row.lines, document.source().line_count());
            assert_eq!(segment.document(&row).expect("readable"), document.facts());
            assert_eq!(segment.columns(&row).expect("readable"), columns);
            next_token += row.token_count;
            lines += u64::from(row.lines);
            let expected = if document.marks.is_searchable() {
                fingerprints(&columns.classes, &columns.names, row.language)
            } else {
                Vec::new()
            };
            let mut places: BTreeMap<KgramHash, Vec<u32>> = BTreeMap::new();
            for fingerprint in expected {
                places
                    .entry(fingerprint.hash)
                    .or_default()
                    .push(row.token_start + fingerprint.position);
            }
            for fingerprint in fingerprints(&columns.classes, &columns.names, row.language) {
                let mut expected = places.get(&fingerprint.hash).cloned().unwrap_or_default();
                expected.sort_unstable();
                expected.truncate(format::MAX_POSTINGS_PER_DOCUMENT);
                let of_document = row.token_start..row.token_start + row.token_count;
                let found =
                    listed(&segment, fingerprint.hash).filter(|place| of_document.contains(place));
                assert_eq!(found.collect::<Vec<_>>(), expected, "{}", document.path);
            }
        }
    }
    assert!(documents.next().is_none());
    let counts = segment.counts();
    assert_eq!((counts.components, counts.tokens, counts.lines), (5, u64::from(next_token), lines));
}

fn listed(segment: &Segment, hash: KgramHash) -> impl Iterator<Item = u32> + '_ {
    let postings = segment.lookup(hash).expect("readable");
    assert_eq!(postings.completeness, Listed::All, "few documents have it");
    postings.list
}

#[test]
fn every_position_belongs_to_its_document() {
    every_position_is_found(&segment(segment_bytes(&givens())));
}

/// Lengths that mislead a search that takes them for even: nearly all tokens first, last, or in
/// between.
#[test]
fn every_position_belongs_to_its_document_however_long_the_others_are() {
    for long in [Some(0), Some(150), Some(299), None] {
        let text = |number: usize| match long {
            Some(long) if long == number => function(1, 400),
            Some(_) => "word\n".repeat(number % 2),
            None => "word\n".repeat(number % 7),
        };
        let texts: Vec<(String, String)> =
            (0..300).map(|number| (format!("m/{number:03}.py"), text(number))).collect();
        let documents: Vec<(&str, &str)> =
            texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let given = Given::new("pkg:pypi/sample@1", "MIT", &documents);
        every_position_is_found(&segment(segment_bytes(&[given])));
    }
}

fn every_position_is_found(segment: &Segment) {
    for id in segment.documents() {
        let row = segment.document_row(id).expect("readable");
        for position in row.token_start..row.token_start + row.token_count {
            assert_eq!(segment.document_at(position).expect("inside").0, id);
        }
    }
    let tokens = segment.counts().tokens as u32;
    assert!(segment.document_at(tokens).is_err());
    assert!(segment.document_at(u32::MAX).is_err());
}

#[test]
fn the_same_bytes_whatever_the_order_and_the_threads() {
    let givens = givens();
    let expected = segment_bytes(&givens);
    let mut random = Random(1);
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        for _ in 0..5 {
            let mut shuffled = givens.clone();
            shuffled.sort_by_key(|_| random.next());
            shuffled.iter_mut().for_each(|given| given.documents.sort_by_key(|_| random.next()));
            assert!(pool.install(|| segment_bytes(&shuffled)) == expected, "{threads} threads");
        }
    }
}

#[test]
fn merging_is_building_at_once() {
    let givens = givens();
    let (first, second) = givens.split_at(2);
    let parts = [second, first].map(|part| segment(segment_bytes(part)));
    let contents = Contents::from_segments(&parts, |_| true).expect("readable");
    let mut merged = Vec::new();
    write_segment(&contents, &Spill::in_memory(), &mut merged).expect("small enough");
    assert!(merged == segment_bytes(&givens));

    let directory = tempfile::tempdir().expect("a directory");
    let mut index = IndexDirectory::open_or_create(directory.path()).expect("made");
    for given in &givens {
        index.add(vec![given.prepare()]).expect("added");
    }
    assert_eq!(segments(directory.path()).len(), 5);
    index.merge().expect("merged");
    let file =
        files(directory.path()).into_iter().find(|name| name.ends_with(".segment")).expect("one");
    assert!(fs::read(directory.path().join(file)).expect("readable") == merged);
    assert_eq!(segments(directory.path()).len(), 1);
}

#[test]
fn removing_leaves_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut index = IndexDirectory::open_or_create(directory.path()).expect("made");
    index.add(prepare(&givens())).expect("added");
    let purl: Purl = "pkg:pypi/sample-2".parse().expect("a purl");
    assert_eq!(index.remove(std::slice::from_ref(&purl)).expect("removed"), 1);
    assert_eq!(index.remove(&[purl]).expect("removed"), 0, "it is gone");
    drop(index);
    for name in files(directory.path()) {
        let bytes = fs::read(directory.path().join(&name)).expect("readable");
        for trace in [&b"sample-2"[..], b"m2.py", b"GPL-3.0"] {
            assert!(!bytes.windows(trace.len()).any(|window| window == trace), "{name}");
        }
    }
    let rest: Vec<Given> =
        givens().into_iter().filter(|given| !given.purl.contains("sample-2")).collect();
    let [left] = &segments(directory.path())[..] else { panic!("one segment") };
    assert!(left.damage().is_empty());
    assert_eq!(
        left.digest().expect("read"),
        segment(segment_bytes(&rest)).digest().expect("read"),
        "as if it had never been there"
    );
}

#[test]
fn adding_touches_no_other_segment() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut index = IndexDirectory::open_or_create(directory.path()).expect("made");
    let contents = || -> BTreeMap<String, blake3::Hash> {
        let names = files(directory.path()).into_iter().filter(|name| name.ends_with(".segment"));
        let digest =
            |name: &String| blake3::hash(&fs::read(directory.path().join(name)).expect("readable"));
        names.map(|name| (name.clone(), digest(&name))).collect()
    };
    let mut before = contents();
    for given in givens() {
        index.add(vec![given.prepare()]).expect("added");
        let after = contents();
        assert_eq!(after.len(), before.len() + 1);
        assert!(before.iter().all(|(name, digest)| after.get(name) == Some(digest)));
        before = after;
    }
}

#[test]
fn merging_leaves_nothing_of_what_was_removed() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut index = IndexDirectory::open_or_create(directory.path()).expect("made");
    for some in givens().chunks(2) {
        index.add(prepare(some)).expect("added");
    }
    index.remove(&["pkg:pypi/sample-2".parse().expect("a purl")]).expect("removed");
    index.merge().expect("merged");
    drop(index);
    for name in files(directory.path()) {
        let bytes = fs::read(directory.path().join(&name)).expect("readable");
        for trace in [&b"sample-2"[..], b"m2.py", b"GPL-3.0"] {
            assert!(!bytes.windows(trace.len()).any(|window| window == trace), "{name}");
        }
    }
    let rest: Vec<Given> =
        givens().into_iter().filter(|given| !given.purl.contains("sample-2")).collect();
    let [merged] = &segments(directory.path())[..] else { panic!("one segment") };
    assert_eq!(
        merged.digest().expect("read"),
        segment(segment_bytes(&rest)).digest().expect("read"),
        "as if it had never been there"
    );
}

#[test]
fn the_last_component_can_go() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut index = IndexDirectory::open_or_create(directory.path()).expect("made");
    index.add(vec![givens()[0].prepare()]).expect("added");
    index.remove(&["pkg:pypi/sample-1@1.1".parse().expect("a purl")]).expect("removed");
    drop(index);
    assert!(purls(directory.path()).is_empty());
    assert_eq!(files(directory.path()), ["lock", "manifest.json"]);
}

#[test]
fn the_same_purl_replaces() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut index = IndexDirectory::open_or_create(directory.path()).expect("made");
    index.add(prepare(&givens())).expect("added");
    let newer = Given::new("pkg:pypi/sample-1@1.1", "ISC", &[("other.py", &function(77, 9))]);
    index.add(vec![newer.prepare()]).expect("added");
    drop(index);
    let mut expected = givens();
    expected[0] = newer;
    let mut names: Vec<String> = expected.iter().map(|given| given.purl.clone()).collect();
    names.sort();
    assert_eq!(purls(directory.path()), names);
    let mut index = IndexDirectory::open(directory.path()).expect("it opens");
    index.merge().expect("merged");
    let [merged] = &segments(directory.path())[..] else { panic!("one segment") };
    assert_eq!(
        merged.digest().expect("read"),
        segment(segment_bytes(&expected)).digest().expect("read")
    );
}

#[test]
fn many_additions_are_merged() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut index = IndexDirectory::open_or_create(directory.path()).expect("made");
    for i in 0..40 {
        let given =
            Given::new(&format!("pkg:pypi/many-{i:02}@1"), "MIT", &[("a.py", &function(i, 4))]);
        index.add(vec![given.prepare()]).expect("added");
        assert!(segments(directory.path()).len() <= 17);
    }
    drop(index);
    assert_eq!(purls(directory.path()).len(), 40);
    segments(directory.path()).iter().for_each(|segment| assert!(segment.damage().is_empty()));
}

/// Versions of a package, each a little different; in each the same function.
fn versions(count: usize) -> Vec<Given> {
    let text = |version: usize| format!("{}\n\nVERSION = {version}\n", function(1, 8));
    let given = |version: usize| {
        Given::new(
            &format!("pkg:pypi/many@{version}"),
            "MIT",
            &[("many.py", text(version).as_str())],
        )
    };
    (0..count).map(given).collect()
}

#[test]
fn fingerprints_of_very_many_contents_list_some_of_them() {
    let of_packages = |count: usize| -> Vec<Given> {
        let of_package =
            |given: Given| Given { purl: given.purl.replace("many@", "of-") + "@1", ..given };
        versions(count).into_iter().map(of_package).collect()
    };
    let limit = format::MAX_CONTENTS_PER_FINGERPRINT;
    for (givens, completeness, listed) in [
        (versions(limit), Listed::All, limit),
        (versions(limit + 1), Listed::SomeOfEachPackage, limit + 1),
        (versions(limit * 2), Listed::SomeOfEachPackage, limit + 1),
        (of_packages(limit), Listed::All, limit),
        (of_packages(limit + 1), Listed::SomePackages, format::COMMON_PACKAGES),
    ] {
        let columns = Given::new("pkg:pypi/x@1", "MIT", &[("x.py", function(1, 8).as_str())])
            .documents[0]
            .columns();
        let language = givens[0].documents[0].facts().language;
        let segment = segment(segment_bytes(&givens));
        assert!(segment.damage().is_empty());
        for fingerprint in fingerprints(&columns.classes, &columns.names, language) {
            let postings = segment.lookup(fingerprint.hash).expect("readable");
            assert_eq!(postings.completeness, completeness);
            let document = |position| segment.document_at(position).expect("inside").0;
            let documents: BTreeSet<_> = postings.list.map(document).collect();
            assert_eq!(documents.len(), listed);
        }
    }
}

#[test]
fn equal_documents_are_stored_and_listed_once() {
    let text = function(1, 8);
    let paths: Vec<String> = (0..300).map(|i| format!("m{i:04}.py")).collect();
    let documents: Vec<(&str, &str)> =
        paths.iter().map(|path| (path.as_str(), text.as_str())).collect();
    let many = Given::new("pkg:pypi/many@1", "MIT", &documents);
    let one = Given { documents: many.documents[..1].to_vec(), ..many.clone() };
    let [of_many, of_one] = [many, one].map(|given| segment(segment_bytes(&[given])));
    assert!(of_many.damage().is_empty());
    assert_eq!(of_many.counts().fingerprints, of_one.counts().fingerprints);
    let row = of_many.document_row(birthmark::engine::index::DocumentId(7)).expect("readable");
    assert_eq!(of_many.documents_of(row.content).expect("readable").len(), 300);
}

#[test]
fn a_repetitive_document_lists_a_few_places() {
    let text = "x = call(a.b, c)\n".repeat(500);
    let given = Given::new("pkg:pypi/same@1", "MIT", &[("same.py", &text)]);
    let columns = given.documents[0].columns();
    let segment = segment(segment_bytes(std::slice::from_ref(&given)));
    assert!(segment.damage().is_empty());
    for fingerprint in
        fingerprints(&columns.classes, &columns.names, given.documents[0].facts().language)
    {
        let places = listed(&segment, fingerprint.hash).count();
        assert!((1..=format::MAX_POSTINGS_PER_DOCUMENT).contains(&places));
    }
}

#[test]
fn an_empty_segment_is_one() {
    let segment = segment(segment_bytes(&[]));
    assert!(segment.damage().is_empty());
    assert_eq!(segment.counts(), birthmark::engine::index::Counts::default());
    assert!(segment.document_at(0).is_err());
}

#[test]
fn a_missing_index_is_missing() {
    let directory = tempfile::tempdir().expect("a directory");
    for path in [directory.path().to_owned(), directory.path().join("nowhere")] {
        let opened = Index::open(&[IndexName::Directory(path.clone())]);
        assert!(matches!(opened, Err(IndexError::Missing(named)) if named == path));
        assert!(matches!(IndexDirectory::open(&path), Err(IndexError::Missing(_))));
    }
    assert!(files(directory.path()).is_empty(), "asking leaves nothing behind");
}

/// An index is never taken for empty because its manifest is not there or cannot be looked at.
#[test]
fn segments_without_a_manifest_are_kept() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut index = IndexDirectory::open_or_create(directory.path()).expect("made");
    index.add(prepare(&givens())).expect("added");
    drop(index);
    let manifest = directory.path().join("manifest.json");
    let hidden = directory.path().join("hidden");
    fs::rename(&manifest, &hidden).expect("renamed");
    let before = files(directory.path());
    let refused = IndexDirectory::open_or_create(directory.path());
    assert!(matches!(refused, Err(IndexError::NoManifest(path)) if path == directory.path()));
    assert!(matches!(IndexDirectory::open(directory.path()), Err(IndexError::Missing(_))));
    // Something that is there and is no file is no missing manifest.
    fs::create_dir(&manifest).expect("made");
    assert!(matches!(IndexDirectory::open_or_create(directory.path()), Err(IndexError::Io { .. })));
    fs::remove_dir(&manifest).expect("removed");
    assert_eq!(files(directory.path()), before);
    fs::rename(&hidden, &manifest).expect("renamed");
    assert_eq!(purls(directory.path()).len(), givens().len());
}

#[test]
fn two_writers_do_not_meet() {
    let directory = tempfile::tempdir().expect("a directory");
    let first = IndexDirectory::open_or_create(directory.path()).expect("made");
    let second = IndexDirectory::open_or_create(directory.path());
    assert!(matches!(second, Err(IndexError::Locked(path)) if path == directory.path()));
    drop(first);
    IndexDirectory::open_or_create(directory.path()).expect("free again");
}

/// A reader that has the index open keeps what it opened while writers go on.
#[test]
fn a_reader_keeps_what_it_opened() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut index = IndexDirectory::open_or_create(directory.path()).expect("made");
    index.add(prepare(&givens())).expect("added");
    let purls: Vec<Purl> =
        index.list().expect("readable").into_iter().map(|entry| entry.component.purl).collect();
    let open: Vec<Segment> = files(directory.path())
        .iter()
        .filter(|name| name.ends_with(".segment"))
        .map(|name| {
            let file = fs::File::open(directory.path().join(name)).expect("readable");
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut &file, &mut bytes).expect("readable");
            Segment::open(name, SegmentBytes::Owned(bytes)).expect("a segment")
        })
        .collect();
    index.remove(&purls).expect("removed");
    assert!(segments(directory.path()).is_empty());
    open.iter().for_each(|segment| assert!(segment.damage().is_empty()));
}
