//! `birthmark hook`: what a coding agent is about to write, or has written, judged within a second.
//!
//! ```text
//!   event --agents--> Event --edit--> new text, new lines --Checker--> Report --advice--> Judgement --agents--> decision
//! ```
//!
//! An agent runs this as a command of its own, an event of JSON on standard input, and goes by the
//! JSON on standard output. Whatever goes wrong, the agent goes on: what cannot be judged is let
//! through, and says so.

mod advice;
pub(crate) mod agents;
mod edit;
mod event;
mod replace;

pub use agents::Agent;
use event::Change;
pub use event::Write;
pub(crate) use event::{Event, Moment};

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::judgement::finding::{NoteKind, Reference, Report};
use crate::judgement::policy::DropPolicy;
use crate::project::walk::{Review, display_path};
use crate::session::journal::{self, Journal};
use crate::session::{Checker, Place};
use crate::text::document::Form;
use crate::text::language::Language;
use crate::text::source::SourceFile;
use crate::text::token::Tokenizer;

/// Largest event that is read.
const MAX_EVENT_BYTES: u64 = 16 << 20;

/// How often what is left of an edit is judged anew: what was left out may have hidden another match.
const MAX_ROUNDS: usize = 4;

/// What becomes of an edit with code that may not stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// The agent may not make it.
    Refuse(DropPolicy),
    /// A comment replaces the code, and the agent makes the rest of the edit. Where the agent takes
    /// no other edit than its own, or no rest is left, it may not make it.
    Replace(DropPolicy),
}

impl Policy {
    fn drop_policy(self) -> DropPolicy {
        match self {
            Policy::Refuse(dropped) | Policy::Replace(dropped) => dropped,
        }
    }
}

/// How a hook judges.
pub struct Hook {
    /// Whose event it is.
    pub agent: Agent,
    /// The project, where the event names none.
    pub place: Place,
    /// What is refused, or replaced.
    pub(crate) policy: Policy,
    /// Where it is noted.
    pub journal: Journal,
    /// After how long it lets through what it has not judged.
    pub deadline: Duration,
}

/// What a hook answers.
pub struct Answer {
    /// The decision, as the agent reads it.
    pub decision: Value,
    /// What there is to say on standard error: not every agent shows people what a decision says.
    pub note: Option<String>,
    /// Whether the exit status must refuse the edit: some agents read nothing else.
    pub refuses_by_status: bool,
}

/// What there is to say of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// Nothing.
    Nothing,
    /// It may stay; this is worth knowing.
    Advice(String),
    /// It may not; why, and what to do.
    Refused(String),
    /// Parts of it may not, and these arguments leave them out.
    Replaced {
        /// Why, and what to do.
        reason: String,
        /// The arguments of the agent's tool.
        input: Value,
    },
    /// It could not be judged; why.
    Unjudged(String),
}

impl Hook {
    /// Reads an event and judges it, or lets it through when the time is up.
    pub fn run(self, input: impl Read + Send + 'static) -> Answer {
        let (agent, deadline) = (self.agent, self.deadline);
        let (sender, receiver) = channel();
        let judge = move || {
            let answered = catch_unwind(AssertUnwindSafe(|| self.answer(input)));
            let failed = |_| {
                let why = "birthmark failed on this event; please report it".to_owned();
                agent.answer(None, &Judgement::Unjudged(why))
            };
            sender.send(answered.unwrap_or_else(failed)).unwrap_or(());
        };
        let unjudged = |why: String| agent.answer(None, &Judgement::Unjudged(why));
        if let Err(error) = thread::Builder::new().name("hook".to_owned()).spawn(judge) {
            return unjudged(format!("no thread can be started: {error}"));
        }
        match receiver.recv_timeout(deadline) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => {
                unjudged(format!("not done within {} ms", deadline.as_millis()))
            }
            Err(RecvTimeoutError::Disconnected) => unjudged("its thread ended".to_owned()),
        }
    }

    fn answer(&self, input: impl Read) -> Answer {
        match self.event(input) {
            Err(why) => self.agent.answer(None, &Judgement::Unjudged(why)),
            Ok(None) => self.agent.answer(None, &Judgement::Nothing),
            Ok(Some(event)) => self.agent.answer(Some(&event), &self.judge(&event)),
        }
    }

    /// The event, if it is one about code.
    fn event(&self, input: impl Read) -> Result<Option<Event>, String> {
        let mut bytes = Vec::new();
        let read = input.take(MAX_EVENT_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|error| format!("the event cannot be read: {error}"))?;
        if bytes.len() as u64 > MAX_EVENT_BYTES {
            return Err(format!("the event is larger than {} MiB", MAX_EVENT_BYTES >> 20));
        }
        let event: Value = serde_json::from_slice(&bytes)
            .map_err(|error| format!("the event is not JSON: {error}"))?;
        Ok(self.agent.event(&event))
    }

    fn judge(&self, event: &Event) -> Judgement {
        let directory = event.directory.clone().unwrap_or_else(|| self.place.directory.clone());
        let language = |write: &Write| Form::language_of_code(Path::new(&write.path));
        let written: Vec<(&Write, Language)> =
            event.writes.iter().filter_map(|write| Some((write, language(write)?))).collect();
        if written.is_empty() {
            return Judgement::Nothing;
        }
        let checker = match self.place.at(&directory).open() {
            Ok(checker) => checker,
            Err(error) => return Judgement::Unjudged(error.to_string()),
        };
        let mut files = Vec::new();
        for (write, language) in written {
            let judged = self.judge_file(&checker, &directory, (write, language), event);
            files.push((&write.path, judged));
        }
        self.combine(event, files)
    }

    /// What there is to say of all files.
    fn combine(
        &self,
        event: &Event,
        files: Vec<(&String, Result<JudgedFile, String>)>,
    ) -> Judgement {
        let mut writes = event.writes.clone();
        let (mut judgements, mut reasons) = (Vec::new(), Vec::new());
        let mut can_replace = true;
        for (path, file) in files {
            if let Ok(JudgedFile { judgement: Judgement::Refused(_), rest }) = &file {
                let write = writes.iter_mut().find(|write| write.path == *path);
                match (rest, write) {
                    (Some((change, reason)), Some(write)) => {
                        write.change = change.clone();
                        reasons.push(Ok(Judgement::Refused(reason.clone())));
                    }
                    _ => can_replace = false,
                }
            }
            judgements.push(file.map(|file| file.judgement));
        }
        let input = self.agent.input_of(event, &writes);
        match (can_replace && !reasons.is_empty(), input) {
            (true, Some(input)) => match advice::together(reasons) {
                Judgement::Refused(reason) => Judgement::Replaced { reason, input },
                other => other,
            },
            _ => advice::together(judgements),
        }
    }

    /// Judges one file, and notes what comes of it.
    fn judge_file(
        &self,
        checker: &Checker,
        directory: &Path,
        (write, language): (&Write, Language),
        event: &Event,
    ) -> Result<JudgedFile, String> {
        let path = directory.join(&write.path);
        let form = Form::of(&path).unwrap_or_default();
        let kind = edit::Kind { path: &path_from_here(&path), language, form };
        let before = edit::text_before(directory, write, form)?;
        let mut looked = Looked { checker, tokenizer: Tokenizer::new() };
        let edited = edit::apply_change(before.clone(), &write.change, &kind, event.moment)?;
        let report = looked.at(edited.source.clone(), &edited.review)?;
        let refused = looked.find_refused(self.policy.drop_policy(), &edited, &report)?;
        self.note(checker, &report, &refused);
        let mut rest = None;
        if !refused.is_empty() && event.input.is_some() && matches!(self.policy, Policy::Replace(_))
        {
            let change = self.rest(&mut looked, &kind, (before.as_deref(), &write.change));
            rest = change.map(|change| (change, advice::replacement_advice(&report, &refused)));
        }
        Ok(JudgedFile { judgement: advice::of(&report, &refused), rest })
    }

    /// The change without what is refused of it; `None` if that cannot be taken out.
    fn rest(
        &self,
        looked: &mut Looked<'_>,
        kind: &edit::Kind<'_>,
        (before, change): (Option<&[u8]>, &Change),
    ) -> Option<Change> {
        let mut change = change.clone();
        for _ in 0..MAX_ROUNDS {
            let text = before.map(<[u8]>::to_vec);
            let edited = edit::apply_change(text, &change, kind, Moment::Before).ok()?;
            let report = looked.at(edited.source.clone(), &edited.review).ok()?;
            let refused = looked.find_refused(self.policy.drop_policy(), &edited, &report).ok()?;
            if refused.is_empty() {
                return Some(change);
            }
            let file = (before, &change);
            change = replace::leave_out(file, &edited, &refused, &mut looked.tokenizer)?;
        }
        None
    }

    /// Notes what was suggested and refused.
    fn note(&self, checker: &Checker, report: &Report, refused: &[&Reference]) {
        let (session, refused) = (checker.session(), refused.iter().copied());
        // The journal is not worth stopping an agent for; the next command that somebody types
        // tells what is wrong.
        let _ = self.journal.note(session, journal::Event::Suggested, None, &report.references);
        let _ = self.journal.note(session, journal::Event::Dropped, None, refused);
    }
}

/// Reads an event as each agent would send it, about a file of that text: what is fuzzed.
#[cfg(fuzzing)]
pub fn read_event(bytes: &[u8], before: &[u8]) {
    let Ok(said) = serde_json::from_slice::<Value>(bytes) else { return };
    for agent in Agent::all() {
        let Some(event) = agent.event(&said) else { continue };
        for write in &event.writes {
            let path = Path::new(&write.path);
            let Some(language) = Language::from_path(path) else { continue };
            let form = Form::of(path).unwrap_or_default();
            let kind = edit::Kind { path: &write.path, language, form };
            for moment in [Moment::Before, Moment::After] {
                let _ = edit::apply_change(Some(before.to_vec()), &write.change, &kind, moment);
            }
        }
        agent.answer(Some(&event), &Judgement::Refused("because".to_owned()));
        agent.input_of(&event, &event.writes);
    }
}

/// What looks at the texts of one file.
struct Looked<'c> {
    checker: &'c Checker,
    tokenizer: Tokenizer,
}

/// What there is to say of a file.
struct JudgedFile {
    judgement: Judgement,
    /// The change without what is refused of it, and what the agent is told then.
    rest: Option<(Change, String)>,
}

impl Looked<'_> {
    /// The matches because of which an edit is refused, apart from those that stood there before.
    fn find_refused<'r>(
        &mut self,
        policy: DropPolicy,
        edited: &edit::Edited,
        report: &'r Report,
    ) -> Result<Vec<&'r Reference>, String> {
        let mut refused = self.checker.matches_to_drop(policy, report);
        if let Some(before) = edited.before.clone().filter(|_| !refused.is_empty()) {
            let before = self.at(before, &Review::Whole)?;
            refused.retain(|reference| !stood_before(reference, &before));
        }
        Ok(refused)
    }

    fn at(&mut self, source: SourceFile, review: &Review) -> Result<Report, String> {
        let path = source.path().to_owned();
        let admitted = self.checker.session().admit_source(source);
        let source = admitted.map_err(|refusal| format!("{path}: {refusal}"))?;
        let report = self.checker.check(&mut self.tokenizer, &source, review);
        match report.notes.iter().find(|note| note.kind == NoteKind::Failed) {
            Some(note) => Err(format!("{path}: {}", note.message)),
            None => Ok(report),
        }
    }
}

/// Whether a reference is mostly what stood in the file before: an agent that writes a copy anew,
/// bit by bit, must not be refused the first step. How its matches fall apart on the way says
/// nothing; of whom they are, and how much of them is new, does.
fn stood_before(reference: &Reference, before: &Report) -> bool {
    let origin = |reference: &Reference| {
        reference.owners.first().map(|owner| owner.purl.package().to_owned())
    };
    let same = before.references.iter().filter(|known| origin(known) == origin(reference));
    let most = same.map(|known| known.evidence.bits).fold(0.0, f32::max);
    let lines = reference.region.end_line - reference.region.start_line + 1;
    reference.evidence.bits <= most && reference.added.len() * 2 < lines
}

/// A path from the current directory, where it is below that.
fn path_from_here(path: &Path) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    display_path(path.strip_prefix(&current).unwrap_or(path))
}

#[cfg(test)]
mod tests;
