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

pub(crate) use lines::Incoming;

use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::judgement::policy::DropPolicy;
use crate::project::walk::Review;
use crate::report::suggested::ReferenceShape;
use crate::session::journal::{Event, Journal};
use crate::session::{Checker, Place, Projects};
use crate::text::source::Surrounded;
use crate::text::token::{self, Tokenizer};
use answer::Answered;
use request::Suggestion;

/// Lines that are read ahead.
const READ_AHEAD: usize = 4;
/// Lines that are checked side by side at most.
const MAX_BATCH: usize = 64;
/// Bytes of lines after which a batch is full.
const MAX_BATCH_BYTES: usize = 4 << 20;

/// What answers.
pub(crate) struct Checks {
    /// The project.
    pub place: Place,
    /// What keeps it open.
    pub projects: Arc<Projects>,
    /// How references are written.
    pub shape: ReferenceShape,
    /// What is not to be kept.
    pub policy: DropPolicy,
    /// Where it is noted.
    pub journal: Journal,
    /// What checks side by side.
    pub threads: ThreadPool,
}

/// Reads suggestions to their end: what is fuzzed.
#[cfg(fuzzing)]
pub fn read_suggestions(mut input: &[u8]) {
    let mut number = 0;
    while let Some(line) = Incoming::read(&mut input, &mut number) {
        if let Ok(suggestion) = Suggestion::parse(&line, "project".as_ref()) {
            let text = suggestion.build_text();
            assert!(text.lines().last <= text.source().line_count().max(1));
        }
    }
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ended {
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
    pub(crate) fn serve(
        &self,
        input: impl BufRead + Send + 'static,
        output: &mut dyn Write,
        warn: &mut dyn FnMut(&str),
    ) -> io::Result<Ended> {
        let lines = read_ahead(input)?;
        let desk = Arc::new(Desk {
            directory: self.place.directory.clone(),
            shape: self.shape,
            policy: self.policy,
            tokenizers: Mutex::default(),
        });
        // Threads in the place of those that were given up.
        let mut others: Option<ThreadPool> = None;
        let mut ended = Ended::default();
        let mut warned = false;
        while let Some(batch) = next_batch(&lines) {
            let answered = match self.open() {
                Ok(checker) => {
                    let threads = others.as_ref().unwrap_or(&self.threads);
                    let (answered, given_up) = desk.answers(threads, &checker, batch);
                    if given_up > 0 {
                        let number = threads.current_num_threads();
                        let built = ThreadPoolBuilder::new().num_threads(number).build();
                        others = built.ok().or(others);
                    }
                    if let Err(problem) = self.note(&checker, &answered)
                        && !warned
                    {
                        warn(&problem);
                        warned = true;
                    }
                    answered
                }
                Err(problem) => {
                    batch.iter().map(|line| Answered::failure(line, &problem)).collect()
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

    /// Opens the project, or finds it open. Files of a project may never be read to their end, so a
    /// thread of its own opens it, and is given up if it takes too long.
    fn open(&self) -> Result<Arc<Checker>, String> {
        let (projects, place) = (Arc::clone(&self.projects), self.place.clone());
        let (sender, opened) = channel();
        let open = move || sender.send(projects.open(&place)).unwrap_or(());
        let thread = thread::Builder::new().name("check project".to_owned());
        thread.spawn(open).map_err(|error| format!("no thread can be started: {error}"))?;
        let patience = token::patience_of_answers();
        match opened.recv_timeout(patience) {
            Ok(opened) => opened.map(|(checker, _)| checker).map_err(|error| error.to_string()),
            Err(RecvTimeoutError::Timeout) => {
                let seconds = patience.as_secs();
                Err(format!(
                    "the project could not be opened within {seconds} s; see `birthmark doctor`"
                ))
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err("birthmark failed on this project; please report it".to_owned())
            }
        }
    }

    /// Notes what was suggested and what of it was told not to be kept.
    fn note(&self, checker: &Checker, answered: &[Answered]) -> Result<(), String> {
        let suggested = answered.iter().flat_map(|answered| &answered.references);
        let dropped = answered.iter().flat_map(Answered::matches_to_drop);
        let noted = self.journal.note(checker.session(), Event::Suggested, None, suggested);
        let noted = noted.and(self.journal.note(checker.session(), Event::Dropped, None, dropped));
        noted.map_err(|error| error.to_string())
    }
}

/// What lines are answered with.
struct Desk {
    directory: PathBuf,
    shape: ReferenceShape,
    policy: DropPolicy,
    /// Making one takes longer than to tokenize a few lines.
    tokenizers: Mutex<Vec<Tokenizer>>,
}

impl Desk {
    /// The answers to lines, in their order, and how many were given up: where none comes for too
    /// long, those that are left have failed.
    fn answers(
        self: &Arc<Desk>,
        threads: &ThreadPool,
        checker: &Arc<Checker>,
        batch: Vec<Incoming>,
    ) -> (Vec<Answered>, usize) {
        let batch = Arc::new(batch);
        let (sender, answers) = channel();
        for number in 0..batch.len() {
            let (desk, checker) = (Arc::clone(self), Arc::clone(checker));
            let (batch, sender) = (Arc::clone(&batch), sender.clone());
            threads.spawn(move || {
                // Nobody listens any more once it was given up.
                let _ = sender.send((number, desk.answer(&checker, &batch[number])));
            });
        }
        drop(sender);
        let patience = token::patience_of_answers();
        let mut answered: Vec<Option<Answered>> = batch.iter().map(|_| None).collect();
        while let Ok((number, answer)) = answers.recv_timeout(patience) {
            answered[number] = Some(answer);
        }
        let given_up = answered.iter().filter(|answer| answer.is_none()).count();
        let too_long = || {
            let seconds = patience.as_secs();
            format!("this was not checked within {seconds} s and is given up; please report it")
        };
        let answered = answered
            .into_iter()
            .zip(&*batch)
            .map(|(answer, line)| answer.unwrap_or_else(|| Answered::failure(line, &too_long())));
        (answered.collect(), given_up)
    }

    /// The answer to a line, whatever happens.
    fn answer(&self, checker: &Checker, line: &Incoming) -> Answered {
        let tokenizers = || self.tokenizers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tokenizer = tokenizers().pop().unwrap_or_default();
        let answered = catch_unwind(AssertUnwindSafe(|| {
            let suggestion = Suggestion::parse(line, &self.directory)?;
            let text = suggestion.admit(checker.session())?;
            Ok(self.check(checker, &mut tokenizer, line, (&suggestion, &text)))
        }));
        // After a panic the tokenizer may stand in the middle of a text, and is not used again.
        if answered.is_ok() {
            tokenizers().push(tokenizer);
        }
        match answered {
            Ok(Ok(answered)) => answered,
            Ok(Err(refused)) => Answered::refusal(line, refused),
            Err(_) => {
                Answered::failure(line, "birthmark failed on this suggestion; please report it")
            }
        }
    }

    fn check(
        &self,
        checker: &Checker,
        tokenizer: &mut Tokenizer,
        line: &Incoming,
        (suggestion, text): (&Suggestion<'_>, &Surrounded),
    ) -> Answered {
        let review = if suggestion.stands_alone() {
            Review::Whole
        } else {
            Review::Lines(text.lines().into())
        };
        let report = checker.check(tokenizer, text.source(), &review);
        let dropped = checker.matches_to_drop(self.policy, &report);
        let dropped = dropped.iter().map(|reference| reference.id.clone()).collect();
        Answered::checked_answer(line.number, suggestion, text, report, (self.shape, dropped))
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
