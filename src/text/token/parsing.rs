//! Parses texts on a thread of its own, which can be given up.
//!
//! The parser is C code that may take long, or more memory in one step than the machine has. On a
//! thread that does nothing else it can be stopped at any request for memory, and left alone where
//! it makes none.

// Fuzzing parses in place.
#![cfg_attr(fuzzing, allow(dead_code))]

#[cfg(fuzzing)]
pub(super) mod in_place;

use std::io;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use tree_sitter::{Parser, Tree};

use super::budget::{self, Course, Spent};
use super::heap::{self, Guard};
use super::layout::{self, Comment};
use super::leaves::{self, Leaf, Parsed};
use crate::text::language::Language;

/// Bytes that the parser may hold without a turn. Files of 250 KB need as many.
const SMALL: usize = 8 << 20;

/// Code has a leaf in so many bytes.
const BYTES_PER_LEAF: usize = 4;

/// Milliseconds that a parse may take; more than ten times what its budget allows on a slow
/// machine.
static PATIENCE: AtomicU64 = AtomicU64::new(30_000);

/// Changes how long tokenizers that are made from now on wait for the parse of a text; 30 s before.
pub(crate) fn set_patience(patience: Duration) {
    PATIENCE.store(u64::try_from(patience.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

pub(super) fn patience() -> Duration {
    Duration::from_millis(PATIENCE.load(Ordering::Relaxed))
}

/// How long an answer about one text may take, all stages together. Who waits for one gives the
/// thread up then.
pub(crate) fn patience_of_answers() -> Duration {
    LEAST_OF_ANSWERS.max(PARSES_OF_ANSWERS * patience())
}

const LEAST_OF_ANSWERS: Duration = Duration::from_secs(10);
const PARSES_OF_ANSWERS: u32 = 4;

/// Why nothing was read of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It takes more steps or more memory than a text of its length may.
    OverBudget,
    /// It takes too long.
    TimedOut,
    /// The system gives no thread.
    NoThread,
}

/// A question about a text. The text is the caller's: a thread that is given up must not keep it.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) language: Language,
    pub(super) text: Weak<[u8]>,
    pub(super) wanted: Wanted,
}

/// What is wanted of a text.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    Leaves,
    Comments,
}

/// What there is to say of a text.
#[derive(Debug)]
pub(super) enum Answer {
    Leaves(Vec<Leaf>, Parsed),
    Comments(Vec<Comment>, Parsed),
    /// Its budget of steps did not suffice.
    OverBudget,
    /// Its budget of memory did not suffice; the thread is gone.
    Refused,
}

/// A thread that parses one text after the other.
pub(super) struct ParserThread {
    requests: Sender<Request>,
    answers: Receiver<(Answer, Spent)>,
    watch: Arc<Watch>,
    has_history: bool,
}

impl ParserThread {
    /// Starts it.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(super) fn start() -> io::Result<ParserThread> {
        let (requests, received) = mpsc::channel();
        let (sender, answers) = mpsc::channel();
        let watch = Arc::new(Watch::default());
        let watched = Arc::clone(&watch);
        thread::Builder::new()
            .name("parser".to_owned())
            .spawn(move || serve(&received, &sender, &watched))?;
        Ok(ParserThread { requests, answers, watch, has_history: false })
    }

    /// Whether it has parsed before.
    pub(super) fn has_history(&self) -> bool {
        self.has_history
    }

    /// Asks it, says what the parse took, and gives it up if it takes longer than that. What it
    /// waits for its turn does not count.
    ///
    /// # Panics
    /// If the thread did: the caller's guard says that birthmark failed on this text.
    pub(super) fn ask(
        &mut self,
        request: Request,
        patience: Duration,
    ) -> Result<(Answer, Spent), Unread> {
        self.has_history = true;
        let mut phase = self.watch.phase();
        // Where it has ended, there is no answer either.
        let _ = self.requests.send(request);
        loop {
            match self.answers.recv_timeout(patience) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Timeout) => {
                    let before = std::mem::replace(&mut phase, self.watch.phase());
                    // A thread that waits for its turn, or got it within this time, has more time.
                    if phase != WAITING && phase == before {
                        self.watch.cancel();
                        return Err(Unread::TimedOut);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    // A thread that panicked may hold the turn, which nobody else would end.
                    self.watch.end_turn();
                    std::panic::resume_unwind(Box::new("the parser's thread ended"));
                }
            }
        }
    }
}

fn serve(requests: &Receiver<Request>, answers: &Sender<(Answer, Spent)>, watch: &Arc<Watch>) {
    let (watched, refusals) = (Arc::clone(watch), answers.clone());
    heap::bound_thread(Box::new(Limit { watch: watched, answers: refusals, asked: 0 }));
    let mut desk = Desk::new();
    for request in requests {
        let answer = desk.answer(&request, &watch.course);
        if watch.phase() == WITH_TURN {
            // Others wait until all of it is gone.
            drop(desk);
            heap::give_back();
            watch.end_turn();
            desk = Desk::new();
        }
        if answers.send(answer).is_err() {
            return;
        }
    }
}

/// What the thread works with.
struct Desk {
    parser: Parser,
    language: Option<Language>,
    /// The text that was parsed last, and its tree: where something was found, the comments of the
    /// same text are read next.
    last: Option<(Arc<[u8]>, Tree)>,
}

impl Desk {
    fn new() -> Desk {
        Desk { parser: heap::parser(), language: None, last: None }
    }

    fn answer(&mut self, request: &Request, course: &Course) -> (Answer, Spent) {
        let (tree, spent) = self.tree(request, course);
        (Desk::read(request, tree), spent)
    }

    fn read(request: &Request, tree: Option<Tree>) -> Answer {
        let (Some(tree), Some(text)) = (tree, request.text.upgrade()) else {
            return Answer::OverBudget;
        };
        match request.wanted {
            Wanted::Leaves => {
                let mut leaves = Vec::with_capacity(text.len() / BYTES_PER_LEAF);
                let parsed = leaves::read(request.language, &tree, &text, &mut leaves);
                Answer::Leaves(leaves, parsed)
            }
            Wanted::Comments => {
                Answer::Comments(layout::comments(&tree, request.language), Parsed::of(&tree))
            }
        }
    }

    /// Parses a text, unless it is the one that was parsed last.
    fn tree(&mut self, request: &Request, course: &Course) -> (Option<Tree>, Spent) {
        let language = request.language;
        if self.language != Some(language) {
            set_language(&mut self.parser, language);
            self.language = Some(language);
            self.last = None;
        }
        let is_last = |(parsed, _): &&(Arc<[u8]>, Tree)| {
            request.text.upgrade().is_some_and(|it| it == *parsed)
        };
        if let Some((_, tree)) = self.last.as_ref().filter(is_last) {
            return (Some(tree.clone()), Spent::default());
        }
        // Its memory serves the next tree while it is still in the processor's caches.
        self.last = None;
        let (tree, spent) = budget::parse(&mut self.parser, &request.text, course);
        self.last = request.text.upgrade().zip(tree.clone());
        (tree, spent)
    }
}

/// Parses a text that a thread has parsed before within its budget; on this thread, so that the
/// tree may be kept.
pub(super) fn parse_again(language: Language, text: &[u8]) -> Option<Tree> {
    let (mut parser, text): (_, Arc<[u8]>) = (heap::parser(), text.into());
    set_language(&mut parser, language);
    budget::parse(&mut parser, &Arc::downgrade(&text), &Course::default()).0
}

fn set_language(parser: &mut Parser, language: Language) {
    let grammar = language.grammar().expect("a language that is parsed");
    parser.set_language(&grammar.grammar.into()).expect(
        "the grammar's ABI is one the linked tree-sitter reads; a test parses with every row",
    );
}

/// Nothing special.
const WORKING: u8 = 0;
/// Waits until it may hold a large tree.
const WAITING: u8 = 1;
/// Holds a large tree.
const WITH_TURN: u8 = 2;

/// What a thread and its caller know of each other.
#[derive(Default)]
struct Watch {
    course: Course,
    phase: AtomicU8,
}

/// Whether some thread holds a large tree. One at a time does.
static IS_TAKEN: Mutex<bool> = Mutex::new(false);
static IS_FREE: Condvar = Condvar::new();

impl Watch {
    fn phase(&self) -> u8 {
        self.phase.load(Ordering::SeqCst)
    }

    fn cancel(&self) {
        self.course.cancel();
        self.end_turn();
    }

    /// Waits until this thread may hold a large tree.
    fn take_turn(&self) {
        if self.phase() == WITH_TURN {
            return;
        }
        self.phase.store(WAITING, Ordering::SeqCst);
        let taken = IS_TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken =
            IS_FREE.wait_while(taken, |taken| *taken).unwrap_or_else(PoisonError::into_inner);
        *taken = true;
        self.phase.store(WITH_TURN, Ordering::SeqCst);
    }

    /// Lets the next one in, if this thread holds a large tree. Its caller does that where the
    /// thread is given up.
    fn end_turn(&self) {
        let held =
            self.phase.compare_exchange(WITH_TURN, WORKING, Ordering::SeqCst, Ordering::SeqCst);
        if held.is_ok() {
            *IS_TAKEN.lock().unwrap_or_else(PoisonError::into_inner) = false;
            IS_FREE.notify_one();
        }
    }
}

/// Bounds the memory of a thread.
struct Limit {
    watch: Arc<Watch>,
    answers: Sender<(Answer, Spent)>,
    /// How many bytes were asked for last.
    asked: usize,
}

impl Guard for Limit {
    fn allows(&mut self, bytes: usize) -> bool {
        self.asked = bytes;
        if !self.watch.course.allows(bytes) {
            return false;
        }
        if bytes > SMALL {
            self.watch.take_turn();
        }
        // The caller may have given this thread up just before it took its turn, and found no turn
        // to end. Then `on_refusal` ends it.
        !self.watch.course.is_cancelled()
    }

    fn on_refusal(&mut self) {
        self.watch.end_turn();
        // Nobody waits any more if it was given up.
        let _ = self.answers.send((Answer::Refused, Spent::at_refusal(self.asked)));
    }
}
