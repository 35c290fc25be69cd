//! What the parser may spend on a text: steps, and bytes that the lexers read. Both are counted and
//! not timed, so that a text is given up on every machine or on none.
//!
//! Measured with this budget: of 189,186 published files (2.1 GB) none is given up.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Weak;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

/// Parser steps allowed whatever the size of the text. tree-sitter reports once in 100 operations.
const FREE_STEPS: usize = 20_000;
/// Bytes of text that earn one more step. Published files need one in 150 bytes on average. One in
/// 16 is the most, in a test of a compiler with 30,000 steps. `1+1+1` without end needs one in 14.
const BYTES_PER_STEP: usize = 40;
/// What a step costs while the parser looks for a way out of an error: it takes as long as ten
/// others.
const STEPS_IN_ERROR: usize = 10;
/// Steps that a control character takes off the budget. Outside of strings it is an error, and
/// recovering from an error takes as long as ten ordinary steps without being counted: a megabyte
/// of random bytes needs no more steps than code, and 10 s.
const STEPS_PER_CONTROL: usize = 10;

/// Bytes that the lexers get at a time. What they read again within a piece is not counted.
const PIECE: usize = 256;
/// Bytes the lexers may read whatever the size of the text.
const FREE_BYTES: usize = 1 << 20;
/// How often the lexers may read a text. Published files are read 1.7 times on average. One of 14
/// KB is read 51 times, none longer than 100 KB more than 26 times. A scanner that reads to the end
/// of the text for each token needs thousands.
const READINGS: usize = 64;

/// What a parse took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spent {
    /// Steps, those in errors counted [`STEPS_IN_ERROR`] times.
    pub(super) steps: usize,
    /// Bytes that were handed to the lexers.
    pub(super) bytes: usize,
}

/// Bytes that the parser may hold however little it has read.
const FREE_MEMORY: usize = 16 << 20;
/// Bytes that it may hold for each byte that it has read. Code takes 32, `1,1,1` without end 190, and
/// `1+1+1` more than 330. A text that leaves the parser with thousands of readings takes a hundred
/// thousand, and is given up before it has cost the time that it takes to fill that memory.
const MEMORY_PER_BYTE: usize = 1024;
/// Bytes that it may hold for any text.
const MOST_MEMORY: usize = 192 << 20;
/// Bytes of memory that take as long as a step.
const MEMORY_PER_STEP: usize = 5_000;

impl Spent {
    /// What a text took that the parser was stopped at when it wanted to hold so many bytes.
    pub(super) fn at_refusal(bytes: usize) -> Spent {
        Spent { steps: bytes.min(MOST_MEMORY) / MEMORY_PER_STEP, bytes: 0 }
    }

    /// Adds what another parse took.
    pub(super) fn add(&mut self, other: Spent) {
        self.steps += other.steps;
        self.bytes += other.bytes;
    }

    /// Whether neither steps nor bytes exceed a limit.
    pub(super) fn is_within(self, limit: Spent) -> bool {
        self.steps <= limit.steps && self.bytes <= limit.bytes
    }
}

/// What other threads may know of a parse while it goes on, and tell it.
#[derive(Default)]
pub(super) struct Course {
    is_cancelled: AtomicBool,
    /// How far into the text the lexers have come.
    reached: AtomicUsize,
}

impl Course {
    /// Asks the parse to stop.
    pub(super) fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::SeqCst);
    }

    /// Whether the parse was asked to stop.
    pub(super) fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::SeqCst)
    }

    /// Whether the parser may hold so many bytes by now.
    pub(super) fn allows(&self, bytes: usize) -> bool {
        let earned = self.reached.load(Ordering::Relaxed).saturating_mul(MEMORY_PER_BYTE);
        bytes <= FREE_MEMORY.saturating_add(earned).min(MOST_MEMORY)
    }
}

/// What is spent on one text so far.
struct Meter<'t> {
    text: &'t Weak<[u8]>,
    course: &'t Course,
    limit: Spent,
    spent: Cell<Spent>,
    is_exhausted: Cell<bool>,
}

/// Some bytes of the text; its own, so that a thread that is given up holds no more of the text
/// than these.
struct Piece {
    bytes: [u8; PIECE],
    length: usize,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Parses a text within its budget, and says what that took. There is no tree if the budget does
/// not suffice, or the parse is cancelled or the text dropped meanwhile.
pub(super) fn parse(
    parser: &mut Parser,
    text: &Weak<[u8]>,
    course: &Course,
) -> (Option<Tree>, Spent) {
    course.reached.store(0, Ordering::Relaxed);
    let limits = text.upgrade().and_then(|text| Some((limit(&text)?, allowance(text.len()))));
    let Some((limit, allowance)) = limits else { return (None, Spent::default()) };
    let (spent, is_exhausted) = (Cell::default(), Cell::new(false));
    let meter = Meter { text, course, limit, spent, is_exhausted };
    let mut spend_step = |state: &ParseState| meter.spend_step(state);
    let options = ParseOptions::new().progress_callback(&mut spend_step);
    let tree = parser.parse_with_options(&mut |offset, _| meter.read(offset), None, Some(options));
    if tree.is_none() {
        // tree-sitter would go on with the parse that was stopped, and
        // take the next text for its rest.
        parser.reset();
    }
    // The tree of a text whose end was kept from the lexers is not its tree.
    let tree = tree.filter(|_| !meter.is_exhausted.get());
    let mut spent = meter.spent.get();
    // What control characters took off the budget.
    spent.steps += allowance.steps - limit.steps;
    (tree, spent)
}

/// What may be spent on all pieces of a text of so many bytes.
pub(super) fn allowance(bytes: usize) -> Spent {
    Spent { steps: FREE_STEPS + bytes / BYTES_PER_STEP, bytes: FREE_BYTES + bytes * READINGS }
}

/// Returns how many control characters a text holds that are no blanks.
pub(super) fn controls(text: &[u8]) -> usize {
    text.iter().filter(|byte| byte.is_ascii_control() && !matches!(byte, b'\t'..=b'\r')).count()
}

/// What may be spent on a text; `None` if it is no text.
fn limit(text: &[u8]) -> Option<Spent> {
    let controls = controls(text);
    let Spent { steps: earned, bytes } = allowance(text.len());
    let steps = earned.checked_sub(controls * STEPS_PER_CONTROL).filter(|&steps| steps > 0)?;
    Some(Spent { steps, bytes })
}

impl Meter<'_> {
    /// The piece of the text at an offset; nothing, as at its end, once the budget is used up.
    fn read(&self, offset: usize) -> Piece {
        let mut piece = Piece { bytes: [0; PIECE], length: 0 };
        let mut spent = self.spent.get();
        if let Some(text) = self.text.upgrade() {
            let rest = text.get(offset..).unwrap_or_default();
            piece.length = rest.len().min(PIECE);
            piece.bytes[..piece.length].copy_from_slice(&rest[..piece.length]);
        } else {
            self.is_exhausted.set(true);
        }
        spent.bytes += piece.length;
        if spent.bytes > self.limit.bytes {
            self.is_exhausted.set(true);
            piece.length = 0;
            return piece;
        }
        self.spent.set(spent);
        // The lexers also go back. What they have reached once stays earned.
        self.course.reached.fetch_max(offset + piece.length, Ordering::Relaxed);
        piece
    }

    fn spend_step(&self, state: &ParseState) -> ControlFlow<()> {
        let mut spent = self.spent.get();
        spent.steps += if state.has_error() { STEPS_IN_ERROR } else { 1 };
        self.spent.set(spent);
        if spent.steps >= self.limit.steps || self.course.is_cancelled() {
            self.is_exhausted.set(true);
        }
        if self.is_exhausted.get() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::heap;
    use super::*;
    use crate::text::language::Language;

    const LENGTH: usize = 32 << 10;

    fn parser(language: &str) -> Parser {
        let mut parser = heap::parser();
        parser
            .set_language(&Language::from_name(language).unwrap().grammar().unwrap().grammar.into())
            .unwrap();
        parser
    }

    fn parsed(language: &str, text: &[u8]) -> (Option<Tree>, Spent) {
        let text: Arc<[u8]> = text.into();
        parse(&mut parser(language), &Arc::downgrade(&text), &Course::default())
    }

    fn repeated(unit: &[u8], line: usize) -> Vec<u8> {
        let text: Vec<u8> = unit.iter().copied().cycle().take(LENGTH).collect();
        text.chunks(line).collect::<Vec<_>>().join(&b'\n')
    }

    /// Two scanners read to the end of the text for each token. 32 KB once took seconds, a megabyte
    /// most of an hour.
    #[test]
    fn what_the_lexers_read_again_and_again_is_given_up() {
        for (language, unit, line) in [("python", "\\\n", LENGTH), ("rust", "r#\"", 80)] {
            let text = repeated(unit.as_bytes(), line);
            let (tree, spent) = parsed(language, &text);
            assert!(tree.is_none(), "{language}: {unit:?}: {spent:?}");
            assert!(spent.bytes <= FREE_BYTES + text.len() * READINGS, "{spent:?}");
        }
    }

    #[test]
    fn no_text_costs_more_than_its_budget() {
        let units = [
            "b'",
            "#[",
            "(){",
            "$($",
            "rb\"\\",
            "'",
            "(x for x in ",
            "m!(",
            "m!(\n",
            "r#\"",
            "\\\n",
            "1+",
            "(",
            "<",
            "f'{",
            "\"\"\"",
            "impl<",
            "|",
            "lambda:",
        ];
        for language in ["python", "rust"] {
            for unit in units {
                for line in [80, LENGTH] {
                    let text = repeated(unit.as_bytes(), line);
                    let limit = limit(&text).unwrap();
                    let (_, spent) = parsed(language, &text);
                    let what = format!("{language}: {unit:?}: {spent:?} of {limit:?}");
                    assert!(
                        spent.bytes <= limit.bytes && spent.steps < limit.steps + STEPS_IN_ERROR,
                        "{what}"
                    );
                }
            }
        }
    }

    #[test]
    fn pieces_are_parsed_as_the_whole_is() {
        // Characters of two to four bytes at every place relative to the borders of pieces.
        let line = "x = 'ä€𝄞' + name.method(1.5, key=[2, 3])  # ß\n";
        for shift in 0..4 {
            let text = " ".repeat(shift).replace(' ', "#\n") + &line.repeat(200);
            let whole = parser("python").parse(&text, None).unwrap().root_node().to_sexp();
            let pieces = parsed("python", text.as_bytes()).0.unwrap().root_node().to_sexp();
            assert_eq!(pieces, whole);
        }
    }

    #[test]
    fn a_text_whose_reader_has_left_is_no_text() {
        let text: Weak<[u8]> = Weak::<[u8; 0]>::new();
        assert!(parse(&mut parser("python"), &text, &Course::default()).0.is_none());
    }
}
