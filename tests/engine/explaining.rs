//! Accounts of matches over small indexes: they are of the match they claim to be of, and they add
//! up to it.

use std::path::Path;

use birthmark::engine::align::Side;
use birthmark::engine::evidence::{Parts, Preset, Threshold};
use birthmark::engine::index::{Index, IndexName};
use birthmark::engine::matcher::{self, Account, LeftOut, Match, Naming, Query};
use birthmark::engine::model::Model;
use birthmark::judgement::finding::{Explanation, Reference};
use birthmark::license::LicenseFact;
use birthmark::project::walk::{Markers, Review};
use birthmark::scan::{ScanSettings, Scanner};
use birthmark::text::source::SourceFile;
use birthmark::text::token::{Margins, Tokenizer, tokenize};

use crate::corpus::{Given, function, segment, segment_bytes, source};

const THRESHOLD: f32 = 900.0;
const STATEMENTS: usize = 30;

/// Two packages that hold the same three functions, and one that holds another.
fn index() -> Index {
    let text: String = (1..=3).map(|seed| function(seed, STATEMENTS)).collect();
    let given = |name: &str, text: &str| {
        Given::new(&format!("pkg:pypi/{name}@1"), "MIT", &[(&format!("{name}/a.py"), text)])
    };
    let parts =
        [given("one", &text), given("two", &text), given("three", &function(9, STATEMENTS))];
    Index::from_segments(vec![segment(segment_bytes(&parts))])
}

/// What is found in a text, each match with its account.
fn explained(text: &str) -> Vec<(Match, Account)> {
    let (index, source, model) = (index(), source("python", text), Model::ignorant());
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
    let found = matcher::find(&index, &model, query, THRESHOLD).expect("whole").matches;
    let accounts = matcher::explain(&index, &model, query, &found, THRESHOLD).expect("whole");
    assert_eq!(accounts.len(), found.len());
    found
        .into_iter()
        .zip(accounts.into_iter().map(|account| account.expect("of a match just found")))
        .collect()
}

fn assert_adds_up((found, account): &(Match, Account)) {
    assert_eq!(account.evidence.bits, found.evidence.bits);
    assert_eq!(account.entries.len(), found.evidence.matched_tokens as usize);
    let owners = found.owners.iter();
    assert!(owners.map(|owner| &owner.purl).any(|purl| *purl == account.purl), "{}", account.purl);
    let of_pairs: Parts = account.entries.iter().map(|pair| pair.entry.parts).sum();
    let of_runs: Parts = account.runs.iter().map(|run| run.entry.parts).sum();
    for sum in [of_pairs, of_runs] {
        let whole = found.evidence;
        for (added, expected) in [
            (sum.bits(), whole.sum()),
            (sum.structure, whole.structure),
            (sum.names, whole.names),
            (sum.literals, whole.literals),
            (sum.penalties, whole.penalties),
        ] {
            assert!((added - f64::from(expected)).abs() < 0.01, "{added} for {expected}");
        }
    }
    assert!(account.entries.is_sorted_by_key(|pair| pair.entry.pair.query));
    assert!(account.entries.iter().all(|pair| pair.entry.run < account.runs.len()));
}

#[test]
fn accounts_add_up_to_their_matches() {
    let copy = function(2, STATEMENTS);
    let renamed = copy.replace("first", "alpha").replace("total", "omega");
    let lines: Vec<&str> = copy.lines().collect();
    let (head, tail) = lines[1..].split_at(14);
    let moved = format!("{}\n{}\n{}\n", lines[0], tail.join("\n"), head.join("\n"));
    let gapped = copy.replacen("\n    ", "\n    audit(first, 17)\n    ", 3);
    let two = function(9, STATEMENTS) + &copy;
    for (text, matches) in [(&copy, 1), (&renamed, 1), (&moved, 1), (&gapped, 1), (&two, 2)] {
        let explained = explained(text);
        assert_eq!(explained.len(), matches, "{text}");
        explained.iter().for_each(assert_adds_up);
    }
}

#[test]
fn what_was_weighed_behind_a_match_is_accounted_for() {
    let text = function(2, STATEMENTS) + "def other():\n    return 7\n";
    let explained = explained(&text);
    assert_eq!(explained.len(), 1);
    assert_adds_up(&explained[0]);
    let (found, account) = &explained[0];
    let behind =
        account.entries.iter().filter(|pair| pair.entry.pair.query >= found.tokens.end).count();
    assert_eq!(behind, 1, "the word that begins the next definition");
}

#[test]
fn names_are_compared() {
    let copy = function(2, STATEMENTS);
    let naming = |text: &str, wanted: Naming| {
        let (_, account) = explained(text).remove(0);
        account.entries.iter().filter(|pair| pair.naming == wanted).count()
    };
    assert_eq!(naming(&copy, Naming::Other), 0);
    assert!(naming(&copy, Naming::Same) > 50 && naming(&copy, Naming::Nameless) > 50);
    let renamed = copy.replace("first", "alpha");
    assert!(naming(&renamed, Naming::Other) > 0);
}

#[test]
fn what_is_left_without_some_lines_is_less() {
    let text = function(2, STATEMENTS);
    let (found, account) = explained(&text).remove(0);
    let clearing = account.clearing.expect("a match of one piece can be cut");
    assert!(clearing.bits_left < THRESHOLD, "{clearing:?}");
    let rewritten = clearing.lines.last - clearing.lines.first + 1;
    assert!((rewritten as usize) < text.trim_end().lines().count(), "{clearing:?}");
    assert!(
        account
            .runs
            .iter()
            .all(|run| run.bits_without.is_some_and(|bits| bits < found.evidence.bits))
    );
}

/// A file of the demo with every so many of its lines left out and a word renamed.
fn edited_demo(file: &str, dropped: usize, renamed: Option<&str>) -> SourceFile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo/parcelbot").join(file);
    let text = std::fs::read_to_string(path).expect("the demo is there");
    let kept =
        text.lines().enumerate().filter(|(i, line)| i % dropped != 0 || line.contains("def "));
    let text: String = kept.map(|(_, line)| format!("{line}\n")).collect();
    source("python", renamed.map_or(text.clone(), |word| text.replace(word, "altered")))
}

fn demo_scanner(threshold: Threshold) -> Scanner {
    let index = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo-index");
    let index = Index::open(&[IndexName::Directory(index)]).expect("the demo's index");
    Scanner::new(index, ScanSettings { threshold, ..ScanSettings::default() })
}

fn reported(scanner: &Scanner, source: &SourceFile) -> Vec<Reference> {
    let report = scanner.file(
        &mut Tokenizer::new(),
        source,
        &LicenseFact::unknown(),
        Markers::Excuse,
        &Review::Whole,
    );
    report.expect("a whole index").references
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    /// What an explanation says of presets and thresholds is what a scan with them does.
    #[test]
    fn explanations_agree_with_scans(
        file in proptest::sample::select(vec!["routes.py", "summary.py"]),
        dropped in 2usize..40,
        renamed in proptest::option::of(proptest::sample::select(vec!["best", "row", "cost", "width"])),
        threshold in 1.0f32..400.0,
    ) {
        let source = edited_demo(file, dropped, renamed);
        let everything = demo_scanner(Threshold::Bits(1.0));
        let references = reported(&everything, &source);
        let asked: Vec<&Reference> = references.iter().collect();
        let explanations = everything.explain(&source, &asked).expect("a whole index");
        proptest::prop_assert_eq!(explanations.len(), references.len());
        let place = |reference: &Reference| (reference.id.clone(), reference.region);
        let agrees = |threshold: Threshold, expected: &dyn Fn(&Explanation) -> bool| {
            let scanned: Vec<_> = reported(&demo_scanner(threshold), &source).iter().map(place).collect();
            let said = explanations.iter().filter(|explanation| expected(explanation));
            let said: Vec<_> = said.map(|explanation| place(&explanation.reference)).collect();
            (scanned, said)
        };
        for (name, preset) in Preset::NAMED {
            let (scanned, said) = agrees(Threshold::Preset(preset), &|told| told.presets.contains(&name));
            proptest::prop_assert_eq!(scanned, said, "{}", name);
        }
        let (scanned, said) = agrees(Threshold::Bits(threshold), &|told| told.reference.evidence.bits >= threshold);
        proptest::prop_assert_eq!(scanned, said, "{} bits", threshold);
        for (explanation, reference) in explanations.iter().zip(&references) {
            let sum: f64 = explanation.lines.iter().map(|line| line.parts.bits()).sum();
            proptest::prop_assert!((sum - f64::from(reference.evidence.sum())).abs() < 0.5, "{} for {}", sum, reference.evidence.sum());
        }
    }
}
