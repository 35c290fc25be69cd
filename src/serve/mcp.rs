//! The Model Context Protocol: an agent asks, before it writes code, whose that code is and whether
//! it may stay.
//!
//! ```text
//! input --lines--> transport --requests--> server --a thread each--> tools --> project's Checker
//! output <-lines-- transport <--answers--- server <----------------- answer (text, and data by its schema)
//! ```
//!
//! Speaks both eras of the protocol over lines of JSON, as the official SDK does: revisions up to
//! 2025-11-25, which open with `initialize`, and 2026-07-28, which does not. Specification:
//! <https://modelcontextprotocol.io/specification>.
//!
//! Nothing is written but messages, nothing is read but what a caller names below the roots, what
//! the project is configured by, and its statements of licence.

mod answer;
mod check;
mod explain;
mod known;
mod place;
mod policy;
mod project;
mod schema;
mod server;
mod tool;
mod transport;

use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use rmcp::service::{ServerInitializeError, serve_server};

use crate::session::Place;
use crate::session::journal::Journal;
use project::Projects;
use server::Server;
use transport::Lines;
#[cfg(fuzzing)]
pub use transport::read_lines;

/// How long the last answers may take to be written once the client has nothing more to say.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What a server is about.
pub struct Settings {
    /// The directories that may be asked about, the first of which is meant where none is named.
    pub roots: Vec<PathBuf>,
    /// Whether a client may name other roots.
    pub chosen_by: ChosenBy,
    /// The configuration and what goes before it, for the project of any directory.
    pub place: Place,
    /// Checks that may run at a time; by default as many as the machine runs at once.
    pub jobs: Option<NonZeroUsize>,
    /// Where it is noted what was suggested.
    pub journal: Journal,
}

/// Who says which directories may be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenBy {
    /// Whoever started the server.
    User,
    /// The client, if it has an opinion.
    Client,
}

/// Why a server ended otherwise than because its client did.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The system gives no threads or the like.
    #[error("cannot start: {0}")]
    Start(#[from] io::Error),
    /// The client and the server did not come to speak.
    #[error("the client could not be answered: {0}")]
    Opening(String),
}

/// Answers requests until the input ends or the output is closed.
///
/// # Errors
/// If it cannot begin, or client and server have no revision of the protocol in common.
pub fn serve(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    settings: Settings,
) -> Result<(), ServeError> {
    let jobs = settings.jobs.or_else(|| std::thread::available_parallelism().ok());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let (lines, written) = Lines::open(input, output)?;
    let server = Server::new(Projects::new(settings), jobs.map_or(1, NonZeroUsize::get));
    let result = runtime.block_on(async {
        match serve_server(server, lines).await {
            Ok(running) => {
                // The reason is always that one side has left.
                let _ = running.waiting().await;
                Ok(())
            }
            Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(ServerInitializeError::TransportError { .. }) => Ok(()),
            Err(ServerInitializeError::InitializeFailed(told)) => {
                Err(ServeError::Opening(told.message.into_owned()))
            }
            // What was said instead may hold code and is not repeated.
            Err(_) => Err(ServeError::Opening("the conversation was not opened".to_owned())),
        }
    });
    // A check that still runs must not keep the program.
    runtime.shutdown_background();
    let _ = written.recv_timeout(LAST_WORDS);
    result
}
