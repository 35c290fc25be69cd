//! What is said to the client, written by a thread of its own, so that a client that is slow to
//! read holds nothing up.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

use super::frames::{self, Unreadable};

/// Messages that wait for the client to read them. One that reads none of so many has stopped.
const MAX_WAITING: usize = 100_000;

/// How long the last messages may take at the end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Where messages to the client go.
pub(crate) struct Outbox {
    sender: Sender<Outgoing>,
    waiting: Arc<AtomicUsize>,
    done: Receiver<()>,
    state: State,
    requests: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Broken,
}

enum Outgoing {
    Message(Message),
    Unreadable(Unreadable),
}

/// How much it matters to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Something does not work.
    Error = 1,
    /// Something is not as the user wants it.
    Warning = 2,
    /// An answer.
    Info = 3,
}

impl Outbox {
    /// Begins to write.
    ///
    /// # Errors
    /// If no thread can be started.
    pub(super) fn open(mut output: impl Write + Send + 'static) -> io::Result<Outbox> {
        let (sender, messages) = mpsc::channel::<Outgoing>();
        let (finished, done) = mpsc::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&waiting);
        thread::Builder::new().name("lsp output".to_owned()).spawn(move || {
            for message in messages {
                counted.fetch_sub(1, Ordering::Relaxed);
                let written = match message {
                    Outgoing::Message(message) => frames::write(&message, &mut output),
                    Outgoing::Unreadable(unreadable) => {
                        frames::write_unreadable(&unreadable, &mut output)
                    }
                };
                if written.is_err() {
                    break;
                }
            }
            finished.send(()).unwrap_or(());
        })?;
        Ok(Outbox { sender, waiting, done, state: State::Open, requests: 0 })
    }

    /// Whether nobody reads any more.
    pub(crate) fn is_broken(&self) -> bool {
        self.state == State::Broken
    }

    /// Answers a request.
    pub(super) fn answer(&mut self, request: RequestId, result: Value) {
        self.send(Outgoing::Message(Response { id: request, response_result: Ok(result) }.into()));
    }

    /// Answers a request with an error.
    pub(crate) fn refuse(
        &mut self,
        request: RequestId,
        code: ErrorCode,
        reason: impl Into<String>,
    ) {
        self.send(Outgoing::Message(Response::new_err(request, code as i32, reason.into()).into()));
    }

    /// Says that something was no message.
    pub(crate) fn refuse_unreadable(&mut self, unreadable: Unreadable) {
        self.send(Outgoing::Unreadable(unreadable));
    }

    /// Tells the client something.
    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.send(Outgoing::Message(Notification { method: method.to_owned(), params }.into()));
    }

    /// Asks the client for something; returns the id that its answer will bear.
    pub(super) fn ask(&mut self, method: &str, params: Value) -> RequestId {
        self.requests += 1;
        let id = RequestId::from(format!("birthmark-{}", self.requests));
        let request = Request { id: id.clone(), method: method.to_owned(), params };
        self.send(Outgoing::Message(request.into()));
        id
    }

    /// Tells the user something.
    pub(super) fn show(&mut self, weight: Weight, message: &str) {
        self.notify("window/showMessage", json!({ "type": weight as u8, "message": message }));
    }

    /// Puts something where the user looks for causes.
    pub(super) fn log(&mut self, weight: Weight, message: &str) {
        self.notify("window/logMessage", json!({ "type": weight as u8, "message": message }));
    }

    /// Writes what still waits, as far as the client reads it.
    pub(super) fn close(self) {
        drop(self.sender);
        self.done.recv_timeout(LAST_WORDS).unwrap_or(());
    }

    fn send(&mut self, message: Outgoing) {
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        if waiting > MAX_WAITING || self.sender.send(message).is_err() {
            self.state = State::Broken;
        }
    }
}
