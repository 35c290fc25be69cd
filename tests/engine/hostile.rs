//! Texts made to hurt a parser.

use std::time::{Duration, Instant};

use birthmark::text::language::Language;
use birthmark::text::source::SourceFile;
use birthmark::text::token::{Completeness, TokenStream, Tokenizer, tokenize};

use crate::corpus::{Random, function, stream};

/// Generous: debug builds on a busy machine. What hangs takes minutes.
const LIMIT: Duration = Duration::from_secs(30);

fn timed(what: &str, name: &str, text: Vec<u8>) -> TokenStream {
    let start = Instant::now();
    let stream = stream(name, text);
    let took = start.elapsed();
    assert!(took < LIMIT, "{what} in {name}: {took:?}");
    stream
}

#[test]
fn a_large_generated_file_is_read_to_its_end() {
    let text: String = (0..40_000)
        .map(|i| format!("    ({i}, 0x{i:04X}, 'name {i}', [{i}.5, None]),\n"))
        .collect();
    let text = format!("TABLE = (\n{text})\n");
    assert!(text.len() > 1 << 20);
    let stream = timed("a table", "python", text.into_bytes());
    assert_eq!(stream.completeness(), Completeness::Whole);
    assert_eq!(stream.len(), 3 + 40_000 * 7);

    let text: String = (0..500).map(|seed| function(seed, 60)).collect();
    assert!(text.len() > 1 << 20);
    assert_eq!(timed("functions", "python", text.into_bytes()).completeness(), Completeness::Whole);
}

#[test]
fn depth_costs_no_stack() {
    for name in ["python", "rust"] {
        // Brackets that only group are left out.
        let nested = [vec![b'('; 10_000], vec![b'1'], vec![b')'; 10_000]].concat();
        assert_eq!(timed("grouping brackets", name, nested).len(), 1);
        let nested = [vec![b'['; 10_000], vec![b'1'], vec![b']'; 10_000]].concat();
        assert_eq!(timed("brackets", name, nested).len(), 10_001);
        let sum = "1+".repeat(50_000) + "1";
        assert_eq!(timed("a sum", name, sum.into_bytes()).len(), 100_001);
        for bracket in [b"(", b"[", b"{"] {
            timed("a million brackets", name, bracket.repeat(1_000_000));
        }
    }
}

/// Each string once cost a copy of the way down to it.
#[test]
fn strings_far_down_cost_no_more_than_others() {
    let text =
        |depth: usize| [b"[".repeat(depth), b"f'{x}',".repeat(30_000), b"]".repeat(depth)].concat();
    let took = |depth: usize| {
        let start = Instant::now();
        let stream = timed("strings at depth", "python", text(depth));
        assert_eq!(stream.completeness(), Completeness::Whole);
        assert_eq!(stream.len(), depth + 60_000);
        start.elapsed()
    };
    let (near, far) = (took(1), took(100_000));
    assert!(
        far < near * 8 + Duration::from_secs(1),
        "{near:?} at depth 1, {far:?} at depth 100,000"
    );
}

/// Lines of it leave the parser with thousands of readings, each of which it copies when the text
/// ends: 2,430 bytes once took 400 MB in one step, a megabyte more than the machine has.
#[test]
fn a_text_of_many_readings_is_given_up() {
    for lines in [190, 80_000] {
        let stream = timed("comments of C", "python", b"/*/*/*/*/*/*\n".repeat(lines));
        assert_eq!(stream.completeness(), Completeness::BudgetExhausted, "{lines} lines");
    }
    let lines = b"m!(\n".repeat(1 << 18);
    assert_eq!(timed("macros", "rust", lines).completeness(), Completeness::BudgetExhausted);
}

/// Whether a text is given up does not depend on the texts before it.
#[test]
fn a_refused_text_changes_nothing_for_others() {
    let mut tokenizer = Tokenizer::new();
    let python = Language::from_name("python").unwrap();
    let good = SourceFile::new("good.py", python, function(3, 40).into_bytes());
    let bad = SourceFile::new("bad.py", python, b"/*/*/*/*/*/*\n".repeat(190));
    let expected = tokenize(&good);
    for _ in 0..3 {
        assert_eq!(tokenizer.tokenize(&bad).completeness(), Completeness::BudgetExhausted);
        assert!(tokenizer.layout(&bad).comments().is_empty());
        assert_eq!(tokenizer.tokenize(&good), expected);
    }
}

/// The thread that parses is left to itself, and the next text has another.
#[test]
fn a_parse_that_takes_too_long_is_given_up() {
    let mut tokenizer = Tokenizer::with_patience(Duration::from_millis(1));
    let python = Language::from_name("python").unwrap();
    let slow = SourceFile::new("slow.py", python, b"(){\n".repeat(250_000));
    assert_eq!(tokenizer.tokenize(&slow).completeness(), Completeness::TimedOut);
    assert!(tokenizer.layout(&slow).comments().is_empty());
    let quick = SourceFile::new("quick.py", python, b"f(x)\n".to_vec());
    // On a busy machine a quick text may take long, too.
    let is_read =
        (0..1000).any(|_| tokenizer.tokenize(&quick).completeness() == Completeness::Whole);
    assert!(is_read);
}

/// What is no text ends before the parser does, and says so.
#[test]
fn what_is_no_text_exhausts_the_budget() {
    let mut random = Random(7);
    let noise: Vec<u8> = (0..1 << 20).map(|_| random.next() as u8).collect();
    let utf16: Vec<u8> = function(1, 5000).bytes().flat_map(|byte| [byte, 0]).collect();
    for (what, text) in [("noise", noise), ("UTF-16", utf16), ("zeros", vec![0; 1 << 20])] {
        for name in ["python", "rust"] {
            let stream = timed(what, name, text.clone());
            assert_eq!(stream.completeness(), Completeness::BudgetExhausted, "{what} in {name}");
            assert!(stream.is_empty());
        }
    }
}

#[test]
fn a_few_control_characters_are_text() {
    let text = function(1, 40).replace(" = ", " =\x0C '\x1B[1m\x07' + ");
    assert!(text.matches('\x07').count() > 10);
    let stream = timed("a form feed", "python", text.into_bytes());
    assert_eq!(stream.completeness(), Completeness::Whole);
    assert!(stream.len() > 200);
}

const SIGNS: &[u8] = b"([{'\"#!f \n:=/*<>|";

#[test]
fn short_noise_is_read_for_what_it_is() {
    let mut random = Random(11);
    for length in [1, 2, 3, 10, 100, 1000] {
        for name in ["python", "rust"] {
            for _ in 0..20 {
                timed("noise", name, (0..length).map(|_| random.next() as u8).collect());
                timed(
                    "signs",
                    name,
                    (0..length).map(|_| SIGNS[random.below(SIGNS.len())]).collect(),
                );
            }
        }
    }
}
