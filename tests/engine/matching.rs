//! Matching from end to end over small indexes: what is planted is found where it stands, and
//! nothing else.
//!
//! The model is the one that finds everything surprising, so a threshold of a few hundred bits is
//! some dozens of tokens, whatever the constants of evidence are.

use std::path::Path;

use birthmark::engine::align::Side;
use birthmark::engine::evidence::CopyKind;
use birthmark::engine::index::{Index, Spill};
use birthmark::engine::matcher::{self, Found, LeftOut, Match, Query};
use birthmark::engine::model::Model;
use birthmark::ingest::{self, Source};
use birthmark::text::source::SourceFile;
use birthmark::text::span::{LineRange, TokenRange};
use birthmark::text::token::{Margins, extent, tokenize};

use crate::corpus::{Given, function, language, segment, segment_bytes, source};

const THRESHOLD: f32 = 900.0;
/// Statements of each function: more than a thousand bits.
const STATEMENTS: usize = 30;

fn index(parts: &[&[Given]]) -> Index {
    Index::from_segments(parts.iter().map(|part| segment(segment_bytes(part))).collect())
}

fn find(index: &Index, source: &SourceFile) -> Found {
    find_from(THRESHOLD, index, source)
}

fn find_from(threshold_bits: f32, index: &Index, source: &SourceFile) -> Found {
    let stream = tokenize(source);
    let lines = stream.lines(source);
    let query = Query {
        language: source.language(),
        side: Side { classes: stream.classes(), names: stream.names() },
        freedom: &[],
        lines: &lines,
        margins: &|range| Margins::of(source, &stream, range),
        without: &LeftOut::NONE,
    };
    matcher::find(index, &Model::ignorant(), query, threshold_bits).expect("the index is whole")
}

fn ask(index: &Index, text: &str) -> Vec<(LineRange, Match)> {
    let source = source("python", text);
    let stream = tokenize(&source);
    let at = |found: &Match| LineRange::from(source.region(extent(&source, &stream, found.tokens)));
    find(index, &source).matches.into_iter().map(|found| (at(&found), found)).collect()
}

/// Five components of one document each, of six functions each.
fn library() -> Vec<Given> {
    (1..=5u64)
        .map(|i| {
            let text: String = (0..6).map(|j| function(i * 100 + j, STATEMENTS)).collect();
            Given::new(
                &format!("pkg:pypi/owner-{i}@1"),
                "MIT",
                &[(&format!("owner/m{i}.py"), &text)],
            )
        })
        .collect()
}

/// The lines of a function of the library in its document.
fn lines_of(givens: &[Given], seed: u64) -> LineRange {
    let text = &givens[seed as usize / 100 - 1].documents[0].text;
    let first = text
        .lines()
        .position(|line| line.contains(&format!("def work_{seed}(")))
        .expect("it is there")
        + 1;
    let length = function(seed, STATEMENTS).trim_end().lines().count();
    LineRange { first: first as u32, last: (first + length - 1) as u32 }
}

fn assert_near(found: LineRange, expected: LineRange) {
    let near = found.first.abs_diff(expected.first) <= 2 && found.last.abs_diff(expected.last) <= 2;
    assert!(near, "{found:?} for {expected:?}");
}

const UNRELATED: &str = include_str!("../../examples/demo/parcelbot/orders.py");

#[test]
fn a_planted_copy_is_found_where_it_stands() {
    let library = library();
    let index = index(&[&library]);
    let copy = function(303, STATEMENTS);
    let text = format!("{UNRELATED}\n\n{copy}{UNRELATED}");
    let first = UNRELATED.lines().count() as u32 + 3;
    let found = ask(&index, &text);
    let [(lines, found)] = &found[..] else { panic!("one match: {found:#?}") };
    assert_near(
        *lines,
        LineRange { first, last: first + copy.trim_end().lines().count() as u32 - 1 },
    );
    assert_eq!(
        (found.owners[0].purl.as_str(), found.owners[0].path.as_str()),
        ("pkg:pypi/owner-3@1", "owner/m3.py")
    );
    assert_near(found.owners[0].lines, lines_of(&library, 303));
    assert_eq!(found.kind, CopyKind::Verbatim);
    assert!(found.owners[0].share > 0.1 && found.owners[0].share < 0.3);
}

#[test]
fn renamed_and_reformatted_copies_are_found() {
    let library = library();
    let index = index(&[&library]);
    let mut renamed = function(303, STATEMENTS);
    for (from, to) in [
        ("first", "alpha"),
        ("second", "beta"),
        ("third", "gamma"),
        ("total", "omega"),
        ("item", "thing"),
    ] {
        renamed = renamed.replace(from, to);
    }
    let reformatted = function(303, STATEMENTS)
        .replace(", ", ",\\\n        ")
        .replace("    return", "    # done\n\n    return");
    for (text, kind) in [(renamed, CopyKind::Renamed), (reformatted, CopyKind::Reformatted)] {
        let found = ask(&index, &text);
        let [(_, found)] = &found[..] else { panic!("one match of {text}: {found:#?}") };
        assert_eq!(found.kind, kind, "{text}");
        assert_near(found.owners[0].lines, lines_of(&library, 303));
    }
}

#[test]
fn blocks_in_another_order_are_one_copy() {
    let index = index(&[&library()]);
    let copy = function(404, STATEMENTS);
    let lines: Vec<&str> = copy.trim_end().lines().collect();
    // At a statement of the function itself, not inside one.
    let middle = (lines.len() / 2..)
        .find(|&i| !lines[i].starts_with("     ") && !lines[i].contains("except"))
        .expect("one");
    let text = [&lines[..1], &lines[middle..], &lines[1..middle]].concat().join("\n");
    let found = ask(&index, &text);
    let [(at, found)] = &found[..] else { panic!("one match: {found:#?}") };
    assert_eq!(found.owners[0].path, "owner/m4.py");
    assert_eq!(found.kind, CopyKind::Edited);
    assert!(at.last - at.first + 4 >= lines.len() as u32, "both blocks: {at:?}");
}

/// A function of each component, and other code between them.
fn five_copies() -> String {
    [105, 202, 300, 401, 503]
        .map(|seed| format!("{}{UNRELATED}\n", function(seed, STATEMENTS)))
        .concat()
}

#[test]
fn a_file_from_five_documents_has_five_owners() {
    let index = index(&[&library()]);
    let text = five_copies();
    let owners: Vec<String> =
        ask(&index, &text).into_iter().map(|(_, found)| found.owners[0].path.clone()).collect();
    assert_eq!(owners, ["owner/m1.py", "owner/m2.py", "owner/m3.py", "owner/m4.py", "owner/m5.py"]);
}

#[test]
fn a_vendored_copy_is_the_second_owner() {
    let mut library = library();
    let text = library[1].documents[0].text.clone();
    library.push(Given::new(
        "pkg:pypi/another@1",
        "GPL-3.0-only",
        &[("another/vendor/m2.py", &text)],
    ));
    let found = ask(&index(&[&library]), &function(203, STATEMENTS));
    let [(_, found)] = &found[..] else { panic!("one match: {found:#?}") };
    let owners: Vec<(&str, bool)> =
        found.owners.iter().map(|owner| (owner.purl.as_str(), owner.vendored)).collect();
    assert_eq!(owners, [("pkg:pypi/owner-2@1", false), ("pkg:pypi/another@1", true)]);
    assert_eq!(found.evidence.packages, 2);
    let licenses: Vec<&str> =
        found.owners.iter().map(|owner| owner.license.declared.as_str()).collect();
    assert_eq!(licenses, ["MIT", "GPL-3.0-only"]);
}

#[test]
fn a_package_is_named_once() {
    let mut library = library();
    let text = library[1].documents[0].text.clone();
    library.push(Given::new(
        "pkg:pypi/owner-2@2",
        "MIT",
        &[("owner/m2.py", &text), ("owner/copy.py", &text)],
    ));
    let found = ask(&index(&[&library]), &function(203, STATEMENTS));
    let [(_, found)] = &found[..] else { panic!("one match: {found:#?}") };
    assert_eq!(found.owners.len(), 1);
}

/// A stronger copy of the head of a file does not hide the tail that only a weaker one holds.
#[test]
fn what_reaches_beyond_a_stronger_copy_is_found() {
    let (head, tail) = (function(7, 2 * STATEMENTS), function(8, STATEMENTS));
    let edited = head.replace("first", "alpha").replace("total", "omega");
    let givens = [
        Given::new("pkg:pypi/strong@1", "MIT", &[("strong/a.py", &head)]),
        Given::new("pkg:pypi/weak@1", "MIT", &[("weak/a.py", &format!("{edited}{tail}"))]),
    ];
    let found = ask(&index(&[&givens]), &format!("{head}{tail}"));
    let lines = (head.lines().count() + tail.trim_end().lines().count()) as u32;
    let reached = found.iter().map(|(at, _)| at.last).max();
    assert!(reached.is_some_and(|last| last + 2 >= lines), "{reached:?} of {lines}: {found:#?}");
}

/// Matches at a threshold and at a higher one, of a text with copies of some functions, of which
/// each so-many-th line is dropped: those at the higher one, and those at the lower one that are
/// worth as much.
fn matches_at_two_thresholds(
    seeds: &[u64],
    dropped: usize,
    (low, high): (f32, f32),
) -> [Vec<(TokenRange, u64, f32)>; 2] {
    let index = index(&[&library()]);
    let copies: String =
        seeds.iter().map(|seed| function(100 + 100 * (seed % 5) + seed, STATEMENTS)).collect();
    let is_kept = |(i, line): &(usize, &str)| !i.is_multiple_of(dropped) || line.starts_with("def");
    let kept = copies.lines().enumerate().filter(is_kept);
    let text: String = kept.map(|(_, line)| format!("{line}\n")).collect();
    let source = source("python", text);
    let facts = |threshold: f32| -> Vec<(TokenRange, u64, f32)> {
        let matches = find_from(threshold, &index, &source).matches.into_iter();
        matches.map(|found| (found.tokens, found.content, found.evidence.bits)).collect()
    };
    let mut expected = facts(low);
    expected.retain(|fact| fact.2 >= high);
    [facts(high), expected]
}

/// The rest of a copy beside a stronger one would be worth 1,777 bits, and the whole 1,728 at most.
#[test]
fn a_part_is_worth_no_more_than_its_whole() {
    let [found, expected] = matches_at_two_thresholds(&[3, 3, 4], 4, (157.84, 1728.13));
    assert_eq!(found, expected);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    /// A lower threshold adds matches and leaves the others as they are.
    #[test]
    fn a_lower_threshold_reports_a_superset(
        seeds in proptest::collection::vec(0u64..6, 1..6),
        dropped in 2usize..9,
        low in 40.0f32..2000.0,
        more in 0.0f32..3000.0,
    ) {
        let [found, expected] = matches_at_two_thresholds(&seeds, dropped, (low, low + more));
        proptest::prop_assert_eq!(found, expected);
    }
}

#[test]
fn unrelated_code_is_not_found() {
    let index = index(&[&library()]);
    for text in [
        UNRELATED,
        include_str!("../../examples/demo/parcelbot/cli.py"),
        "",
        "x = 1\n",
        "def f(a):\n    pass\n",
    ] {
        let found = ask(&index, text);
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn the_language_parts_what_looks_alike() {
    let mut random = crate::corpus::Random(5);
    let mut term = || match random.below(6) {
        0 => "a.b".to_owned(),
        1 => format!("f{}(x, y)", random.below(9)),
        2 => "c[d]".to_owned(),
        3 => format!("{}", random.below(99)),
        4 => "(e - g)".to_owned(),
        _ => "h".to_owned(),
    };
    let operators = ["+", "*", "<<", "|", "%", "&", "-"];
    let text: String =
        (0..120).map(|i| format!("{} {} {};\n", term(), operators[i * i % 7], term())).collect();
    let index = index(&[&[Given::new("pkg:cargo/a@1", "MIT", &[("a.rs", &text)])]]);
    assert!(ask(&index, &text).is_empty());
    assert!(
        !find(&index, &SourceFile::new("a.rs", language("rust"), text.into_bytes()))
            .matches
            .is_empty()
    );
}

#[test]
fn code_that_nobody_should_search_is_not_found() {
    let mut library = library();
    library[2].documents[0].marks.generated = true;
    library[3].documents[0].marks.minified = true;
    let index = index(&[&library]);
    // Under a model that knows nothing, other documents of the library may resemble it a little:
    // who is named counts.
    let named = |seed: u64| -> Vec<String> {
        let matches = ask(&index, &function(seed, STATEMENTS)).into_iter();
        matches.flat_map(|(_, found)| found.owners).map(|owner| owner.path).collect()
    };
    assert!(!named(303).contains(&"owner/m3.py".to_owned()));
    assert!(!named(404).contains(&"owner/m4.py".to_owned()));
    assert_eq!(named(202)[0], "owner/m2.py");
}

#[test]
fn threads_and_segments_change_nothing() {
    let library = library();
    let text = five_copies();
    let answer = |parts: &[&[Given]]| {
        let found = find(&index(parts), &source("python", text.as_str()));
        let facts = |found: &Match| {
            let owners: Vec<String> = found
                .owners
                .iter()
                .map(|owner| format!("{} {} {:?}", owner.purl, owner.path, owner.lines))
                .collect();
            format!(
                "{:?} {:?} {:?} {owners:?} {}",
                found.tokens, found.kind, found.evidence, found.content
            )
        };
        found.matches.iter().map(facts).collect::<Vec<String>>()
    };
    let expected = answer(&[&library]);
    assert_eq!(expected.len(), 5);
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        assert_eq!(pool.install(|| answer(&[&library])), expected);
    }
    assert_eq!(answer(&[&library[..2], &library[2..]]), expected);
    assert_eq!(answer(&[&library[3..], &library[..3]]), expected);
}

/// What is indexed and what is asked go through one tokenizer.
#[test]
fn indexing_and_asking_see_the_same_tokens() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo-components/gridroute");
    let directory =
        Source::parse(root.to_str().expect("UTF-8"), Path::new("")).expect("a directory");
    let spill = Spill::in_memory();
    let ingested = ingest::ingest(&directory, &Default::default(), &spill).expect("readable");
    let source = |document: &ingest::IngestedDocument| document.source().expect("in memory");
    let texts: Vec<SourceFile> = ingested.documents.iter().map(source).collect();
    let prepared = ingested.prepare(&spill).expect("in memory");
    let bytes =
        birthmark::engine::index::segment_bytes(vec![prepared.component]).expect("small enough");
    let segment = segment(bytes);
    assert_eq!(segment.documents().count(), texts.len());
    for id in segment.documents() {
        let row = segment.document_row(id).expect("readable");
        let path = segment.document(&row).expect("readable").path;
        let source = texts.iter().find(|source| source.path() == path).expect("one of them");
        let asked = tokenize(source);
        let indexed = segment.columns(&row).expect("readable");
        assert_eq!(indexed.classes, asked.classes());
        assert_eq!(indexed.names, asked.names());
        assert_eq!(indexed.lines, asked.lines(source));
    }
}

/// Every alignment pairs tokens of equal class, each once, in order within a block.
#[test]
fn alignments_are_alignments() {
    use birthmark::engine::align::{Aligner, Seed};
    let mut random = crate::corpus::Random(41);
    for round in 0..300 {
        let length = 30 + random.below(200);
        let document: Vec<u8> = (0..length).map(|_| 16 + random.below(6) as u8).collect();
        let mut query = document.clone();
        for _ in 0..random.below(8) {
            let at = random.below(query.len());
            match random.below(3) {
                0 => query[at] = 16 + random.below(6) as u8,
                1 => query.insert(at, 30),
                _ => query.rotate_left(at),
            }
        }
        let (query_names, document_names) = (vec![0; query.len()], vec![0; document.len()]);
        let (query, document) = (
            Side { classes: &query, names: &query_names },
            Side { classes: &document, names: &document_names },
        );
        let seeds: Vec<Seed> = (0..20)
            .map(|_| Seed {
                query: random.below(query.classes.len() + 3) as u32,
                document: random.below(document.classes.len() + 3) as u32,
                length: 1 + random.below(12) as u32,
            })
            .collect();
        let blocks = Aligner::default().align(query, document, &seeds);
        let mut pairs: Vec<_> = blocks.iter().flat_map(|block| block.pairs.clone()).collect();
        let equal = |pair: &birthmark::engine::align::Pair| {
            query.classes[pair.query as usize] == document.classes[pair.document as usize]
        };
        assert!(pairs.iter().all(equal), "round {round}");
        for block in &blocks {
            let forward = |pair: &[birthmark::engine::align::Pair]| {
                pair[0].query < pair[1].query && pair[0].document < pair[1].document
            };
            assert!(
                !block.pairs.is_empty() && block.pairs.windows(2).all(forward),
                "round {round}"
            );
        }
        let all = pairs.len();
        pairs.sort_by_key(|pair| pair.query);
        pairs.dedup_by_key(|pair| pair.query);
        pairs.sort_by_key(|pair| pair.document);
        pairs.dedup_by_key(|pair| pair.document);
        assert_eq!(pairs.len(), all, "round {round}: a token is paired once");
    }
}
