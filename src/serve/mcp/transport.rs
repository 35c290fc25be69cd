//! Lines of JSON in and out. What is no message is answered as such and does no harm.
//!
//! The SDK's own transport leaves what it cannot read without an answer, and its client waiting.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rmcp::RoleServer;
use rmcp::model::{
    ClientNotification, ClientRequest, ErrorData, GetMeta, JsonRpcMessage, ProtocolVersion,
    RequestId,
};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde::Deserialize;
use tokio::sync::{Notify, mpsc};

/// Largest message that is read, in bytes.
pub(super) const MAX_MESSAGE: usize = 16 << 20;
/// Requests that are worked on at a time; the next ones wait to be read.
const MAX_OPEN: usize = 16;
/// Answers that wait to be written, before those who answer wait.
const MAX_WAITING: usize = 16;

type Incoming = RxJsonRpcMessage<RoleServer>;
type Outgoing = TxJsonRpcMessage<RoleServer>;

/// The client at the other end.
pub(super) struct Lines {
    incoming: mpsc::Receiver<Incoming>,
    outgoing: mpsc::Sender<Vec<u8>>,
    open: Arc<Open>,
    stage: Stage,
}

/// How far client and server have come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// No request has opened the conversation; whatever is said besides is not meant for anybody.
    Opening,
    /// One has.
    Opened,
}

/// The requests that were read and not yet answered.
#[derive(Default)]
struct Open {
    ids: Mutex<HashSet<RequestId>>,
    fewer: Notify,
}

/// Why nothing can be sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error("the client is gone")]
    Gone,
    #[error("an answer is no JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Lines {
    /// Starts to read. What is returned beside it tells, by being closed, that all answers are
    /// written.
    pub(super) fn open(
        input: impl Read + Send + 'static,
        output: impl Write + Send + 'static,
    ) -> io::Result<(Lines, Receiver<()>)> {
        let (outgoing, answers) = mpsc::channel(MAX_WAITING);
        let (requests, incoming) = mpsc::channel(1);
        let (done, written) = std::sync::mpsc::channel();
        let complaints = outgoing.clone();
        let named = |name: &str| thread::Builder::new().name(name.to_owned());
        named("mcp input").spawn(move || read(BufReader::new(input), &requests, &complaints))?;
        named("mcp output").spawn(move || {
            // The client is gone: there is nobody to tell.
            let _ = write(output, answers);
            drop(done);
        })?;
        Ok((Lines { incoming, outgoing, open: Arc::default(), stage: Stage::Opening }, written))
    }

    fn is_for_somebody(&mut self, message: &Incoming) -> bool {
        if let JsonRpcMessage::Request(request) = message {
            if opens(&request.request) {
                self.stage = Stage::Opened;
            }
            return true;
        }
        self.stage == Stage::Opened
    }
}

impl Transport<RoleServer> for Lines {
    type Error = SendError;

    fn send(
        &mut self,
        message: Outgoing,
    ) -> impl Future<Output = Result<(), SendError>> + Send + 'static {
        match &message {
            JsonRpcMessage::Response(response) => self.open.remove(&response.id),
            JsonRpcMessage::Error(error) => error.id.iter().for_each(|id| self.open.remove(id)),
            _ => {}
        }
        let outgoing = self.outgoing.clone();
        async move {
            let line = serde_json::to_vec(&message)?;
            outgoing.send(line).await.map_err(|_| SendError::Gone)
        }
    }

    async fn receive(&mut self) -> Option<Incoming> {
        loop {
            self.open.wait_for_room().await;
            let message = tokio::select! {
                message = self.incoming.recv() => message?,
                // The thread that writes has ended: nobody can be answered.
                () = self.outgoing.closed() => return None,
            };
            if !self.is_for_somebody(&message) {
                continue;
            }
            match &message {
                JsonRpcMessage::Request(request) => self.open.insert(request.id.clone()),
                // A request that was taken back is not answered.
                JsonRpcMessage::Notification(notification) => {
                    if let ClientNotification::CancelledNotification(cancelled) =
                        &notification.notification
                    {
                        cancelled.params.request_id.iter().for_each(|id| self.open.remove(id));
                    }
                }
                _ => {}
            }
            return Some(message);
        }
    }

    async fn close(&mut self) -> Result<(), SendError> {
        Ok(())
    }
}

impl Open {
    fn insert(&self, id: RequestId) {
        self.with(|ids| ids.insert(id));
    }

    fn remove(&self, id: &RequestId) {
        self.with(|ids| ids.remove(id));
        self.fewer.notify_one();
    }

    async fn wait_for_room(&self) {
        while self.with(|ids| ids.len()) >= MAX_OPEN {
            self.fewer.notified().await;
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashSet<RequestId>) -> T) -> T {
        act(&mut self.ids.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether a request opens the conversation: by the handshake of old, or by saying all that the
/// handshake would.
fn opens(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
        other => other.get_meta().missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty(),
    }
}

/// Writes a line for each answer, until there are none or nobody reads.
fn write(mut output: impl Write, mut answers: mpsc::Receiver<Vec<u8>>) -> io::Result<()> {
    while let Some(mut line) = answers.blocking_recv() {
        line.push(b'\n');
        output.write_all(&line)?;
        output.flush()?;
    }
    Ok(())
}

/// Reads messages until the input ends or nobody wants them.
fn read(
    mut input: impl BufRead,
    requests: &mpsc::Sender<Incoming>,
    complaints: &mpsc::Sender<Vec<u8>>,
) {
    while let Ok(Some(line)) = next_line(&mut input) {
        let message = match line {
            Line::Whole(line) if line.trim_ascii().is_empty() => continue,
            Line::Whole(line) => parse_line(&line),
            Line::TooLong(id) => Err(Box::new(too_long(id))),
        };
        let taken = match message {
            Ok(message) => requests.blocking_send(message).is_ok(),
            Err(complaint) => serde_json::to_vec(&complaint)
                .is_ok_and(|complaint| complaints.blocking_send(complaint).is_ok()),
        };
        if !taken {
            return;
        }
    }
}

/// Reads lines to their end: what is fuzzed.
#[cfg(fuzzing)]
pub fn read_lines(mut input: &[u8]) {
    while let Ok(Some(line)) = next_line(&mut input) {
        let answer = match line {
            Line::Whole(line) => parse_line(&line).map(drop),
            Line::TooLong(id) => Err(Box::new(too_long(id))),
        };
        if let Err(complaint) = answer {
            serde_json::to_vec(&complaint).expect("a complaint is JSON");
        }
    }
}

fn too_long(id: Option<RequestId>) -> Outgoing {
    let message = format!(
        "the message is longer than {} MiB, which is the limit; send a smaller piece of code",
        MAX_MESSAGE >> 20
    );
    JsonRpcMessage::error(ErrorData::invalid_request(message, None), id)
}

/// The message on a line, or what to say of it.
fn parse_line(line: &[u8]) -> Result<Incoming, Box<Outgoing>> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    serde_json::from_slice(line).map_err(|error| {
        let id = serde_json::from_slice(line).ok().and_then(|Named { id }| id);
        let error = match error.classify() {
            serde_json::error::Category::Data => ErrorData::invalid_request(
                "this is no request, notification or response of JSON-RPC 2.0",
                None,
            ),
            _ => ErrorData::parse_error(format!("this is not JSON: {error}"), None),
        };
        Box::new(JsonRpcMessage::error(error, id))
    })
}

/// All that is wanted of a message that cannot be read.
#[derive(Default, Deserialize)]
struct Named {
    #[serde(default)]
    id: Option<RequestId>,
}

/// A line of the input.
enum Line {
    /// The line, with what ends it.
    Whole(Vec<u8>),
    /// One that was too long to be kept, and the id of its message, if it has one.
    TooLong(Option<RequestId>),
}

/// The next line; `None` where the input ends. What stands behind the last line break is no
/// message: its writer died.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    input.take(MAX_MESSAGE as u64).read_until(b'\n', &mut line)?;
    if line.ends_with(b"\n") {
        return Ok(Some(Line::Whole(line)));
    }
    if line.len() < MAX_MESSAGE {
        return Ok(None);
    }
    let mut rest = Rest { input, state: State::Inside };
    // Who wrote it waits for an answer, and knows it by the id, which may stand at the very end.
    let named = serde_json::from_reader(BufReader::new(line.as_slice().chain(&mut rest)));
    let id = named.ok().and_then(|Named { id }| id);
    io::copy(&mut rest, &mut io::sink())?;
    Ok(Some(Line::TooLong(id)))
}

/// What is left of a line.
struct Rest<'a, R> {
    input: &'a mut R,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Inside,
    Behind,
}

impl<R: BufRead> Read for Rest<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.state == State::Behind || buffer.is_empty() {
            return Ok(0);
        }
        let available = self.input.fill_buf()?;
        let until = available.iter().position(|&byte| byte == b'\n');
        let count = until.unwrap_or(available.len()).min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        let ended = until == Some(count) || available.is_empty();
        self.input.consume(count + usize::from(until == Some(count)));
        if ended {
            self.state = State::Behind;
        }
        Ok(count)
    }
}
