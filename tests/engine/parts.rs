//! One corpus gives one answer, however it was cut into segments, and however many versions of its
//! packages it holds.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use birthmark::engine::align::Side;
use birthmark::engine::index::{Index, IndexDirectory, format};
use birthmark::engine::matcher::{self, LeftOut, Match, Query};
use birthmark::engine::model::Model;
use birthmark::text::language::Family;
use birthmark::text::token::{Margins, tokenize};

use crate::corpus::{Given, Random, function, givens, segment, segment_bytes, source};
use crate::segments::{repair, repair_trailer, trailer};

/// Thirteen components: packages with versions, one file that several carry as it is, and one that
/// all carry changed.
fn corpus() -> Vec<Given> {
    let component = |number: u64| {
        let own: String = (0..4).map(|i| function(number * 100 + i, 25)).collect();
        let shared = function(7, 40);
        let changed =
            format!("{}\n\nNUMBER = {number}\n{}", function(8, 40), function(number + 50, 3));
        let purl = format!("pkg:pypi/package-{}@{}", number / 3, number % 3);
        let mut documents = vec![("own.py", own.as_str()), ("changed.py", changed.as_str())];
        if number.is_multiple_of(2) {
            documents.push(("vendor/shared.py", shared.as_str()));
        }
        Given::new(&purl, ["MIT", "GPL-3.0-only", "Apache-2.0"][number as usize % 3], &documents)
    };
    (0..13).map(component).collect()
}

/// The file that is asked about: some of what the corpus holds, and something of its own.
fn question() -> String {
    [function(7, 40), function(101, 25), function(9999, 10), function(8, 40), function(402, 25)]
        .concat()
}

/// Adds components in several commands.
fn build(directory: &Path, parts: &[&[Given]]) {
    let mut index = IndexDirectory::open_or_create(directory).expect("made");
    for part in parts {
        index.add(part.iter().map(Given::prepare).collect()).expect("added");
    }
}

fn report(directory: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_birthmark"))
        .current_dir(directory)
        .args([
            "scan",
            "--no-config",
            "--no-cache",
            "--license",
            "MIT",
            "--index",
            "index",
            "--index",
            "starter",
        ])
        .args(["--format", "json", "question.py"])
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn reports_do_not_depend_on_segments_or_order() {
    let corpus = corpus();
    let mut random = Random(41);
    let mut expected: Option<String> = None;
    for segments in [1, 8, 13] {
        for _ in 0..2 {
            let mut shuffled = corpus.clone();
            shuffled.sort_by_key(|_| random.next());
            let directory = tempfile::tempdir().expect("a directory");
            fs::write(directory.path().join("question.py"), question()).expect("written");
            let index = directory.path().join("index");
            let parts: Vec<&[Given]> = (0..segments)
                .map(|i| {
                    &shuffled[i * shuffled.len() / segments..(i + 1) * shuffled.len() / segments]
                })
                .collect();
            build(&index, &parts);
            let given = report(directory.path());
            assert!(
                given.contains("package-0") && given.contains("package-4"),
                "it finds something"
            );
            IndexDirectory::open(&index).expect("it opens").merge().expect("merged");
            let expected = expected.get_or_insert_with(|| given.clone());
            assert!(given == *expected, "{segments} segments: {given}\n{expected}");
            assert_eq!(report(directory.path()), *expected, "merged");
        }
    }
}

/// A component that two segments hold counts once, and merging drops it.
#[test]
fn what_is_held_twice_counts_once() {
    let corpus = corpus();
    let [once, twice] = [&[&corpus[..]][..], &[&corpus[..9], &corpus[4..]]].map(|parts| {
        Index::from_segments(parts.iter().map(|part| segment(segment_bytes(part))).collect())
    });
    let [once, twice] = [once, twice].map(|index| {
        let purls: Vec<String> = index
            .list()
            .expect("readable")
            .iter()
            .map(|it| it.component.purl.to_string())
            .collect();
        (purls, format!("{:?}", ask(&index, &question())))
    });
    assert_eq!(once.0.len(), 13);
    assert!(once == twice);
}

fn ask(index: &Index, text: &str) -> Vec<Match> {
    let source = source("python", text);
    let stream = tokenize(&source);
    let lines = stream.lines(&source);
    let query = Query {
        language: source.language(),
        side: Side { classes: stream.classes(), names: stream.names() },
        freedom: &[],
        lines: &lines,
        margins: &|range| Margins::of(&source, &stream, range),
        without: &LeftOut::NONE,
    };
    matcher::find(index, &Model::ignorant(), query, 300.0).expect("the index is whole").matches
}

/// Versions of a package hide nothing: not the equal ones, and not those that differ a little.
#[test]
fn versions_count_once() {
    let asked: String = (0..3).map(|i| function(300 + i, 25)).collect();
    for is_equal in [true, false] {
        let version = |number: usize| {
            let last = if is_equal {
                String::new()
            } else {
                format!("\n\nVERSION = {number}\nNAME = {number}\n")
            };
            Given::new(
                &format!("pkg:pypi/many@{number}"),
                "MIT",
                &[("many.py", &format!("{asked}{last}"))],
            )
        };
        let mut bits = Vec::new();
        for count in [1, 10, 201, 450] {
            let versions: Vec<Given> = (0..count).map(version).collect();
            let index = Index::from_segments(
                versions.chunks(150).map(|some| segment(segment_bytes(some))).collect(),
            );
            let found = ask(&index, &asked);
            assert_eq!(found.len(), 1, "{count} versions");
            assert_eq!(found[0].owners.len(), 1);
            assert_eq!(found[0].evidence.packages, 1);
            bits.push(found[0].evidence.bits);
        }
        assert!(bits.iter().all(|other| (other / bits[0] - 1.0).abs() < 0.02), "{bits:?}");
    }
}

/// What very many packages hold is still found, and named as theirs.
#[test]
fn what_everybody_holds_is_found() {
    let asked: String = (0..3).map(|i| function(300 + i, 25)).collect();
    let package = |number: usize| {
        let text = format!("{asked}\n\nNAME = {number}\n{}", function(1000 + number as u64, 4));
        Given::new(&format!("pkg:pypi/package-{number}@1"), "MIT", &[("m.py", &text)])
    };
    let packages: Vec<Given> = (0..260).map(package).collect();
    let answer = |parts: usize| {
        let parts = packages.chunks(packages.len().div_ceil(parts));
        format!(
            "{:?}",
            ask(
                &Index::from_segments(parts.map(|part| segment(segment_bytes(part))).collect()),
                &asked
            )
        )
    };
    let expected = answer(1);
    assert!(expected.contains("package-"), "{expected}");
    assert!(answer(2) == expected);
    assert!(answer(7) == expected);
}

/// How much a preset asks for follows from the code of one family, each package counted once.
#[test]
fn of_each_package_the_longest_version_counts() {
    let mut givens = givens();
    givens.extend(corpus());
    let [python, rust, java] =
        ["python", "rust", "java"].map(|name| Family::from_name(name).expect("a family"));
    let mut longest: BTreeMap<(&str, Family), u64> = BTreeMap::new();
    for given in &givens {
        let package = given.purl.split('@').next().expect("a name");
        let mut lines: BTreeMap<Family, u64> = BTreeMap::new();
        for document in given.documents.iter().filter(|it| !it.marks.generated) {
            let source = document.source();
            *lines.entry(source.language().family()).or_default() += u64::from(source.line_count());
        }
        for (family, lines) in lines {
            let known = longest.entry((package, family)).or_default();
            *known = lines.max(*known);
        }
    }
    let expected = |family: Family| -> u64 {
        longest.iter().filter(|((_, of), _)| *of == family).map(|(_, lines)| lines).sum()
    };
    assert!(expected(python) > 70_000 && expected(rust) > 5 && expected(java) == 0);

    let bytes = segment_bytes(&givens);
    let mut older = bytes.clone();
    let place = trailer(&older) + format::OFFSET_FAMILIES;
    older[place..place + 16].fill(0);
    repair_trailer(&mut older);
    let parts = givens.chunks(3).map(|some| segment(segment_bytes(some))).collect();
    for segments in [vec![segment(bytes)], parts, vec![segment(older)]] {
        let index = Index::from_segments(segments);
        for family in [python, rust, java] {
            assert_eq!(index.searched_lines(family), expected(family), "{}", family.name());
        }
    }
}

/// A segment may state any number of lines under valid checksums.
#[test]
fn lines_that_no_sum_holds_are_no_harm() {
    let mut bytes = segment_bytes(&corpus());
    let at = |bytes: &[u8], place: usize| format::Bytes(bytes).u64(place).expect("inside") as usize;
    let place = trailer(&bytes) + format::OFFSET_FAMILIES;
    let (start, length) = (at(&bytes, place), at(&bytes, place + 8));
    assert!(length > 2 * format::FAMILY_ROW);
    for row in bytes[start..start + length].chunks_exact_mut(format::FAMILY_ROW) {
        row[8..].fill(u8::MAX);
    }
    repair(&mut bytes);
    let python = Family::from_name("python").expect("a family");
    let index = Index::from_segments(vec![segment(bytes)]);
    assert_eq!(index.searched_lines(python), u64::MAX);
}
