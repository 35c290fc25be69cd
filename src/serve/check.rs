//! `birthmark check`: suggestions in, answers out, a line of JSON each (`docs/check.schema.json`).
//!
//! ```text
//!   bytes --lines--> Incoming --channel--> batch --request--> Suggestion --Checker--> Report --answer--> line
//! ```
//!
//! A thread reads ahead; what waits is checked side by side and answered in order. A line that
//! cannot be answered is answered by saying why, and the rest goes on. The project is opened once,
//! and anew when it has changed.

mod answer;
mod lines;
mod request;

pub use lines::{Incoming, MAX_LINE_BYTES};

use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use rayon::ThreadPool;
use rayon::prelude::*;

use crate::judgement::policy::DropPolicy;
use crate::project::walk::Review;
use crate::report::suggested::ReferenceShape;
use crate::session::journal::{Event, Journal};
use crate::session::{Checker, Place, Projects};
use crate::text::source::Surrounded;
use crate::text::token::Tokenizer;
use answer::Answered;
use request::Suggestion;

/// Lines that are read ahead.
const READ_AHEAD: usize = 4;
/// Lines that are checked side by side at most.
const MAX_BATCH: usize = 64;
/// Bytes of lines after which a batch is full.
const MAX_BATCH_BYTES: usize = 4 << 20;

/// What answers.
pub struct Checks {
    /// The project.
    pub place: Place,
    /// What keeps it open.
    pub projects: Projects,
    /// How references are written.
    pub shape: ReferenceShape,
    /// What is not to be kept.
    pub policy: DropPolicy,
    /// Where it is noted.
    pub journal: Journal,
    /// What checks side by side.
    pub threads: ThreadPool,
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Suggestions answered.
    pub answered: u64,
    /// Lines that could not be checked, each answered by why.
    pub failed: u64,
}

impl Checks {
    /// Answers until the input ends or nobody reads the answers any more. `warn` is told what goes
    /// wrong beside that.
    ///
    /// # Errors
    /// If an answer cannot be written for another reason, or no thread can be started.
    pub fn serve(
        &self,
        input: impl BufRead + Send + 'static,
        output: &mut dyn Write,
        warn: &mut dyn FnMut(&str),
    ) -> io::Result<Ended> {
        let lines = read_ahead(input)?;
        let mut ended = Ended::default();
        let mut warned = false;
        while let Some(batch) = next_batch(&lines) {
            let answered = match self.projects.open(&self.place) {
                Ok((checker, _)) => {
                    let answered = self.answers(&checker, &batch);
                    if let Err(problem) = self.note(&checker, &answered)
                        && !warned
                    {
                        warn(&problem);
                        warned = true;
                    }
                    answered
                }
                Err(error) => {
                    let problem = error.to_string();
                    batch.iter().map(|line| Answered::failed(line, &problem)).collect()
                }
            };
            for answered in &answered {
                ended.answered += 1;
                ended.failed += u64::from(answered.has_failed);
            }
            match write(&answered, output) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
                written => written?,
            }
        }
        Ok(ended)
    }

    /// The answers to lines, in their order.
    fn answers(&self, checker: &Checker, batch: &[Incoming]) -> Vec<Answered> {
        match batch {
            [alone] => vec![self.answer(checker, &mut Tokenizer::new(), alone)],
            several => self.threads.install(|| {
                let each = several.par_iter().map_init(Tokenizer::new, |tokenizer, line| {
                    self.answer(checker, tokenizer, line)
                });
                each.collect()
            }),
        }
    }

    /// The answer to a line, whatever happens.
    fn answer(&self, checker: &Checker, tokenizer: &mut Tokenizer, line: &Incoming) -> Answered {
        let answered = catch_unwind(AssertUnwindSafe(|| {
            let suggestion = Suggestion::parse(line, &self.place.directory)?;
            let text = suggestion.admitted(checker.session())?;
            Ok(self.checked(checker, tokenizer, line, (&suggestion, &text)))
        }));
        match answered {
            Ok(Ok(answered)) => answered,
            Ok(Err(refused)) => Answered::refused(line, refused),
            Err(_) => {
                Answered::failed(line, "birthmark failed on this suggestion; please report it")
            }
        }
    }

    fn checked(
        &self,
        checker: &Checker,
        tokenizer: &mut Tokenizer,
        line: &Incoming,
        (suggestion, text): (&Suggestion<'_>, &Surrounded),
    ) -> Answered {
        let review = match suggestion.stands_alone() {
            true => Review::Whole,
            false => Review::Lines(text.lines().into()),
        };
        let report = checker.check(tokenizer, text.source(), &review);
        let dropped = checker.dropped(self.policy, &report);
        let dropped = dropped.iter().map(|reference| reference.id.clone()).collect();
        Answered::checked(line.number, suggestion, text, report, (self.shape, dropped))
    }

    /// Notes what was suggested and what of it was told not to be kept.
    fn note(&self, checker: &Checker, answered: &[Answered]) -> Result<(), String> {
        let suggested = answered.iter().flat_map(|answered| &answered.references);
        let dropped = answered.iter().flat_map(Answered::dropped);
        let noted = self.journal.note(checker.session(), Event::Suggested, None, suggested);
        let noted = noted.and(self.journal.note(checker.session(), Event::Dropped, None, dropped));
        noted.map_err(|error| error.to_string())
    }
}

/// Reads on while answers are made. The thread ends with the input, or with the process.
fn read_ahead(mut input: impl BufRead + Send + 'static) -> io::Result<Receiver<Incoming>> {
    let (sender, receiver) = sync_channel(READ_AHEAD);
    thread::Builder::new().name("check input".to_owned()).spawn(move || {
        let mut number = 0;
        while let Some(line) = Incoming::read(&mut input, &mut number) {
            if sender.send(line).is_err() {
                break;
            }
        }
    })?;
    Ok(receiver)
}

/// Waits for a line, and takes what else is there.
fn next_batch(lines: &Receiver<Incoming>) -> Option<Vec<Incoming>> {
    let mut batch = vec![lines.recv().ok()?];
    let mut bytes = batch[0].len();
    while batch.len() < MAX_BATCH
        && bytes < MAX_BATCH_BYTES
        && let Ok(line) = lines.try_recv()
    {
        bytes += line.len();
        batch.push(line);
    }
    Some(batch)
}

fn write(answered: &[Answered], output: &mut dyn Write) -> io::Result<()> {
    for answered in answered {
        output.write_all(&answered.line)?;
        output.write_all(b"\n")?;
    }
    output.flush()
}

#[cfg(test)]
mod tests;
