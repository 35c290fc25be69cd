//! Parses on the thread that asks: compiled only for fuzzing. On a busy machine, a text takes ten
//! times as long to be handed to another thread and back as to be parsed.
//!
//! The memory of the parser is that of a bounded thread, but without a bound: nobody would take over
//! from a thread that is refused more.

use std::cell::RefCell;
use std::io;
use std::mem::ManuallyDrop;
use std::time::Duration;

use super::{Answer, Course, Desk, Request, Spent, Unread, heap};

/// Stands for the thread that parses.
pub(in super::super) struct ParserThread;

thread_local! {
    /// Never dropped: the memory of the parser may be gone before it when a thread ends.
    static DESK: RefCell<ManuallyDrop<Desk>> = {
        heap::bound_thread(Box::new(Unlimited));
        RefCell::new(ManuallyDrop::new(Desk::new()))
    };
}

impl ParserThread {
    /// Starts nothing.
    pub(in super::super) fn start() -> io::Result<ParserThread> {
        Ok(ParserThread)
    }

    /// Returns true: another one would answer the same.
    pub(in super::super) fn has_history(&self) -> bool {
        true
    }

    /// Answers, however long that takes: libFuzzer has a limit of its own.
    pub(in super::super) fn ask(
        &mut self,
        request: Request,
        _: Duration,
    ) -> Result<(Answer, Spent), Unread> {
        Ok(DESK.with_borrow_mut(|desk| desk.answer(&request, &Course::default())))
    }
}

/// Allows everything.
struct Unlimited;

impl heap::Guard for Unlimited {
    fn allows(&mut self, _: usize) -> bool {
        true
    }

    fn on_refusal(&mut self) {}
}
