//! The language server: what a scan finds, in the editor, while the code is being written.
//!
//! ```text
//!   input --frames--> Event --server--> Job --worker--> Event --server--> outbox --> output
//! ```
//!
//! The server's own thread reads no file, checks nothing and never waits for the client: it keeps
//! the documents, decides what is done next, and answers. One thread checks. What is superseded
//! before it began is dropped, and what was superseded while it was done is thrown away.
//!
//! Only this room knows the protocol's types. Specification:
//! <https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/>.

mod actions;
mod answers;
mod client;
mod commands;
mod diagnostics;
mod document;
mod edits;
mod found;
mod frames;
mod lifecycle;
mod outbox;
mod parent;
mod server;
mod settings;
mod sync;
mod text;
mod uri;
mod worker;
mod workspace;

use std::io::{self, BufReader, Read, Write};
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use lsp_server::Message;

use crate::project::config::ConfigChoice;
use crate::session::Choices;
use crate::session::journal::Journal;
use frames::{Frame, Unreadable};
use server::Server;
use worker::Outcome;
use workspace::Step;

/// Events that wait to be handled; beyond, whoever brings them waits.
const MAX_EVENTS: usize = 256;

/// What the server is started with.
pub struct Start {
    /// Which configuration to use. The nearest one is looked for from each folder upwards.
    pub configured: ConfigChoice,
    /// What goes before it.
    pub choices: Choices,
    /// Where what happens to code is noted.
    pub journal: Journal,
}

/// How it ended.
#[derive(Debug)]
pub enum Ending {
    /// As the client asked.
    Orderly,
    /// The client, or the way to it, ended first.
    Deserted,
    /// The client said `exit` without `shutdown`.
    Abrupt,
    /// The system gave no threads.
    Unstarted(io::Error),
    /// What came in was no message, so that nothing behind it could be read.
    Unreadable(io::Error),
}

/// Something that happens to the server.
enum Event {
    /// The client said something.
    Received(Message),
    /// The client said something that was not understood.
    Unreadable(Unreadable),
    /// The client says no more.
    Ended(io::Result<()>),
    /// The process that started the server has ended.
    Orphaned,
    /// A look at the whole workspace went on.
    Swept(Step),
    /// A job is done.
    Done(Box<Outcome>),
}

/// Serves one client until it ends.
pub fn serve(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    start: Start,
) -> Ending {
    let (events, happened) = mpsc::sync_channel(MAX_EVENTS);
    let reader = events.clone();
    let started = thread::Builder::new()
        .name("lsp input".to_owned())
        .spawn(move || listen(input, &reader))
        .and_then(|_| Server::new(start, events, output));
    match started {
        Ok(server) => server.run(&happened),
        Err(error) => Ending::Unstarted(error),
    }
}

/// Reads frames to their end: what is fuzzed.
#[cfg(fuzzing)]
pub fn read_frames(mut input: &[u8]) {
    while let Ok(frame) = frames::read(&mut input) {
        let written = match frame {
            Frame::Message(message) => frames::write(&message, &mut io::sink()),
            Frame::Unreadable(unreadable) => frames::write_unreadable(&unreadable, &mut io::sink()),
            Frame::End => return,
        };
        written.expect("a sink takes all");
    }
}

fn listen(input: impl Read, events: &SyncSender<Event>) {
    let mut input = BufReader::new(input);
    loop {
        let event = match frames::read(&mut input) {
            Ok(Frame::Message(message)) => Event::Received(message),
            Ok(Frame::Unreadable(unreadable)) => Event::Unreadable(unreadable),
            Ok(Frame::End) => Event::Ended(Ok(())),
            Err(error) => Event::Ended(Err(error)),
        };
        let is_last = matches!(event, Event::Ended(_));
        if events.send(event).is_err() || is_last {
            return;
        }
    }
}
