//! Accounts of matches over small indexes: they are of the match they claim to be of, and they add up to it.

use birthmark::engine::align::Side;
use birthmark::engine::evidence::Parts;
use birthmark::engine::index::Index;
use birthmark::engine::matcher::{self, Account, LeftOut, Match, Naming, Query};
use birthmark::engine::model::Model;
use birthmark::text::token::{Margins, tokenize};

use crate::corpus::{Given, function, segment, segment_bytes, source};

const THRESHOLD: f32 = 900.0;
const STATEMENTS: usize = 30;

/// Two packages that hold the same three functions, and one that holds another.
fn index() -> Index {
    let text: String = (1..=3).map(|seed| function(seed, STATEMENTS)).collect();
    let given = |name: &str, text: &str| {
        Given::new(&format!("pkg:pypi/{name}@1"), "MIT", &[(&format!("{name}/a.py"), text)])
    };
    let parts = [given("one", &text), given("two", &text), given("three", &function(9, STATEMENTS))];
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
    let behind = account.entries.iter().filter(|pair| pair.entry.pair.query >= found.tokens.end).count();
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
    assert!(account.runs.iter().all(|run| run.bits_without.is_some_and(|bits| bits < found.evidence.bits)));
}
