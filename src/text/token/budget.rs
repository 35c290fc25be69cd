//! What the parser may spend on a text: steps, and bytes that the lexers read. Both are counted and not timed, so that a text
//! is given up on every machine or on none.
//!
//! Measured with this budget: of 189,186 published files (2.1 GB) none is given up.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

/// Parser steps allowed whatever the size of the text. tree-sitter reports once in 100 operations.
const FREE_STEPS: usize = 20_000;
/// Bytes of text that earn one more step. Published files need one in 150 bytes on average. One in 16 is the most, in a test
/// of a compiler with 30,000 steps. `1+1+1` without end needs one in 14.
const BYTES_PER_STEP: usize = 40;
/// What a step costs while the parser looks for a way out of an error: it takes as long as ten others.
const STEPS_IN_ERROR: usize = 10;
/// Steps that a control character takes off the budget. Outside of strings it is an error, and recovering from an error
/// takes as long as ten ordinary steps without being counted: a megabyte of random bytes needs no more steps than
/// code, and 10 s.
const STEPS_PER_CONTROL: usize = 10;

/// Bytes that the lexers get at a time. What they read again within a piece is not counted.
const PIECE: usize = 256;
/// Bytes the lexers may read whatever the size of the text.
const FREE_BYTES: usize = 1 << 20;
/// How often the lexers may read a text. Published files are read 1.7 times on average. One of 14 KB is read 51 times, none
/// longer than 100 KB more than 26 times. A scanner that reads to the end of the text for each token needs thousands.
const READINGS: usize = 64;

/// Steps from which a parse waits for its turn. A step makes up to 8 KB of tree, so that 16 MB are made without one. Files of
/// 250 KB need as many. What recovery from errors sets aside is not counted: lines of `/*` in Python take memory that grows
/// with the square of their number, 400 MB for 2,430 bytes.
const STEPS_WITHOUT_TURN: usize = 2_000;

/// Held while a large tree is made and read. One thread at a time does: its tree may take 400 MB.
static TURN: Mutex<()> = Mutex::new(());

/// A parse that ended.
pub(super) struct Parse {
    /// The tree; `None` if the budget did not suffice.
    pub(super) tree: Option<Tree>,
    /// Held if the tree is large. To be dropped after the tree, and before another text is parsed.
    pub(super) turn: Option<Turn>,
    /// What it took.
    pub(super) spent: Spent,
}

/// The right to hold a large tree.
pub(super) struct Turn {
    _guard: MutexGuard<'static, ()>,
}

/// What a parse took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spent {
    /// Steps, those in errors counted [`STEPS_IN_ERROR`] times.
    pub(super) steps: usize,
    /// Bytes that were handed to the lexers.
    pub(super) bytes: usize,
}

impl Spent {
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

/// What is spent on one text so far.
struct Meter<'t> {
    text: &'t [u8],
    limit: Spent,
    spent: Cell<Spent>,
    is_exhausted: Cell<bool>,
    turn: RefCell<Option<Turn>>,
}

/// Parses a text within its budget.
pub(super) fn parse(parser: &mut Parser, text: &[u8]) -> Parse {
    let Some(limit) = limit(text) else {
        return Parse { tree: None, turn: None, spent: Spent::default() };
    };
    let meter = Meter {
        text,
        limit,
        spent: Cell::default(),
        is_exhausted: Cell::new(false),
        turn: RefCell::new(None),
    };
    let mut spend_step = |state: &ParseState| meter.spend_step(state);
    let options = ParseOptions::new().progress_callback(&mut spend_step);
    let tree = parser.parse_with_options(&mut |offset, _| meter.read(offset), None, Some(options));
    if tree.is_none() {
        parser.reset();
    }
    // The tree of a text whose end was kept from the lexers is not its tree.
    let tree = tree.filter(|_| !meter.is_exhausted.get());
    let mut spent = meter.spent.get();
    // What control characters took off the budget.
    spent.steps += allowance(text.len()).steps - limit.steps;
    Parse { tree, turn: meter.turn.take(), spent }
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

impl<'t> Meter<'t> {
    /// The piece of the text at an offset; nothing, as at its end, once the budget is used up.
    fn read(&self, offset: usize) -> &'t [u8] {
        let rest = self.text.get(offset..).unwrap_or_default();
        let piece = &rest[..rest.len().min(PIECE)];
        let mut spent = self.spent.get();
        spent.bytes += piece.len();
        if spent.bytes > self.limit.bytes {
            self.is_exhausted.set(true);
            return &[];
        }
        self.spent.set(spent);
        piece
    }

    fn spend_step(&self, state: &ParseState) -> ControlFlow<()> {
        let mut spent = self.spent.get();
        spent.steps += if state.has_error() { STEPS_IN_ERROR } else { 1 };
        self.spent.set(spent);
        if spent.steps >= self.limit.steps {
            self.is_exhausted.set(true);
        }
        if self.is_exhausted.get() {
            return ControlFlow::Break(());
        }
        if spent.steps > STEPS_WITHOUT_TURN {
            self.turn.borrow_mut().get_or_insert_with(Turn::take);
        }
        ControlFlow::Continue(())
    }
}

impl Turn {
    fn take() -> Turn {
        Turn { _guard: TURN.lock().unwrap_or_else(PoisonError::into_inner) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::language::Language;

    const LENGTH: usize = 32 << 10;

    fn parsed(language: &str, text: &[u8]) -> Parse {
        let mut parser = Parser::new();
        parser.set_language(&Language::from_name(language).unwrap().row().grammar.into()).unwrap();
        parse(&mut parser, text)
    }

    fn repeated(unit: &[u8], line: usize) -> Vec<u8> {
        let text: Vec<u8> = unit.iter().copied().cycle().take(LENGTH).collect();
        text.chunks(line).collect::<Vec<_>>().join(&b'\n')
    }

    /// Two scanners read to the end of the text for each token. 32 KB once took seconds, a megabyte most of an hour.
    #[test]
    fn what_the_lexers_read_again_and_again_is_given_up() {
        for (language, unit, line) in [("python", "\\\n", LENGTH), ("rust", "r#\"", 80)] {
            let text = repeated(unit.as_bytes(), line);
            let parse = parsed(language, &text);
            assert!(parse.tree.is_none(), "{language}: {unit:?}: {:?}", parse.spent);
            assert!(parse.spent.bytes <= FREE_BYTES + text.len() * READINGS, "{:?}", parse.spent);
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
                    let spent = parsed(language, &text).spent;
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
            let mut parser = Parser::new();
            parser.set_language(&Language::from_name("python").unwrap().row().grammar.into()).unwrap();
            let whole = parser.parse(&text, None).unwrap().root_node().to_sexp();
            let pieces = parsed("python", text.as_bytes()).tree.unwrap().root_node().to_sexp();
            assert_eq!(pieces, whole);
        }
    }

    #[test]
    fn a_large_tree_has_its_turn() {
        let small = parsed("python", "f(x)\n".repeat(100).as_bytes());
        assert!(small.tree.is_some() && small.turn.is_none());
        let large = parsed("python", "1+".repeat(100_000).as_bytes());
        assert!(large.turn.is_some(), "{:?}", large.spent);
    }
}
