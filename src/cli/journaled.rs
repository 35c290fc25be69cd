//! Whether and where what happens to code is noted.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use etcetera::{BaseStrategy, choose_base_strategy};

use super::failure;
use crate::judgement::finding::Reference;
use crate::session::Session;
use crate::session::journal::{Event, Journal, Service};

// No doc comment: it would become the help of the command that flattens this.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct JournalChoice {
    /// Do not write to the journal that `birthmark log` shows
    #[arg(long)]
    pub no_log: bool,
    #[command(flatten)]
    pub place: JournalPlace,
}

// Where it is. No doc comment, for the same reason.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct JournalPlace {
    /// Directory of the journal; by default birthmark/ in the user's state directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, env = "BIRTHMARK_LOG_DIR")]
    pub log_dir: Option<PathBuf>,
}

impl JournalChoice {
    /// The journal as a service writes it.
    pub(super) fn open(&self, service: Service) -> Journal {
        Journal::new(service, if self.no_log { None } else { self.place.directory() })
    }

    /// Notes in the journal what a command did with matches. If the journal cannot be written, a
    /// warning says so, and the command goes on.
    pub(super) fn note(
        &self,
        session: &Session,
        event: Event,
        reason: Option<&str>,
        references: &[&Reference],
    ) {
        let journal = self.open(Service::Command);
        if let Err(error) = journal.note(session, event, reason, references.iter().copied()) {
            failure::warn(&error.to_string());
        }
    }
}

impl JournalPlace {
    /// The directory. A user without a home has none. Not every system knows a place for state.
    pub(super) fn directory(&self) -> Option<PathBuf> {
        let of_user = || {
            let places = choose_base_strategy().ok()?;
            Some(places.state_dir().unwrap_or_else(|| places.data_dir()).join("birthmark"))
        };
        self.log_dir.clone().or_else(of_user)
    }
}
