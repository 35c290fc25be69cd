//! The process that reads components one by one, so that one which hangs, takes too much memory or
//! makes the program abort takes nothing else along.
//!
//! A line of the list on standard input gives a line of JSON on standard output.

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};

use super::super::exit::ExitStatus;
use super::super::index_target::MemoryArgs;
use super::list;
use super::quarantine::Reason;
use crate::engine::index::{Destination, IndexError, PreparedComponent, Spill, write_components};
use crate::ingest::{BuildScripts, IngestError, ingest};
use crate::judgement::finding::{Note, NoteKind};

/// Read components from standard input, for `birthmark index build`.
#[derive(Debug, Args)]
pub(crate) struct BuildOneArgs {
    /// Directory that sources are relative to
    #[arg(long, value_name = "DIR")]
    pub base: PathBuf,
    /// Directory for the segments
    #[arg(long, value_name = "DIR")]
    pub into: PathBuf,
    /// Memory that the process may take, in MiB
    #[arg(long, value_name = "MIB")]
    pub package_memory: u64,
    /// As in `birthmark index build`
    #[arg(long)]
    pub allow_build: bool,
    #[command(flatten)]
    pub memory: MemoryArgs,
}

/// What came of a line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// A segment.
    Built(Built),
    /// The component is not indexed.
    Refused { purl: Option<String>, reason: Reason, message: String },
    /// The machine is at fault: the disk is full, or does not work.
    Broken { message: String },
}

impl Outcome {
    /// A component whose name is not known.
    pub(crate) fn refusal(reason: Reason, message: String) -> Outcome {
        Outcome::Refused { purl: None, reason, message }
    }
}

/// A segment that holds a component.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Built {
    pub file: PathBuf,
    pub documents: u64,
    pub lines: u64,
    /// What there is to note, in words.
    pub notes: Vec<String>,
}

pub(crate) fn run(args: BuildOneArgs) -> anyhow::Result<ExitStatus> {
    limit_process(args.package_memory << 20);
    let build_scripts = if args.allow_build { BuildScripts::Allow } else { BuildScripts::Refuse };
    for line in io::stdin().lock().lines() {
        let outcome = outcome(&line?, &args, build_scripts);
        let mut answer = serde_json::to_vec(&outcome)?;
        answer.push(b'\n');
        let mut out = io::stdout().lock();
        out.write_all(&answer).and_then(|()| out.flush())?;
    }
    Ok(ExitStatus::Success)
}

/// Lets this process take no more memory than that, and end with the one that started it. A system
/// that cannot do one of these does the rest.
#[cfg(unix)]
fn limit_process(bytes: u64) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let _ = setrlimit(Resource::Data, Rlimit { current: Some(bytes), maximum: Some(bytes) });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
}

#[cfg(not(unix))]
fn limit_process(_: u64) {}

fn outcome(line: &str, args: &BuildOneArgs, build_scripts: BuildScripts) -> Outcome {
    let request = match list::parse(line, &args.base, build_scripts) {
        Ok(request) => request,
        Err(message) => return Outcome::refusal(Reason::Line, message),
    };
    let spill = Spill::new(args.into.clone(), args.memory.memory);
    let ingested = match ingest(&request.source, &request.given, &spill) {
        Ok(ingested) => ingested,
        // The disk is at fault here, and not the component.
        Err(IngestError::SetAside(error)) => return index_failure(&error),
        Err(error) => return Outcome::refusal(Reason::of(&error), error.to_string()),
    };
    let purl = ingested.component.purl.to_string();
    let refused = |reason, message| Outcome::Refused { purl: Some(purl.clone()), reason, message };
    if ingested.component.license.expression.is_none() {
        let message = "no licence is known of it; say one with `license`".to_owned();
        return refused(Reason::Unlicensed, message);
    }
    let found = &ingested.component.digest;
    if let Some(digest) = request.digest.filter(|digest| digest != found) {
        return refused(Reason::Changed, format!("its digest is {found}, expected {digest}"));
    }
    let mut notes = ingested.notes.clone();
    let prepared = match ingested.prepare(&spill) {
        Ok(prepared) => prepared,
        Err(error) => return index_failure(&error),
    };
    notes.extend(prepared.notes);
    if let Some(note) = notes.iter().find(|note| note.kind == NoteKind::Failed) {
        return refused(Reason::Incomplete, words(note));
    }
    let component = prepared.component;
    let (documents, lines) = (component.documents.len() as u64, component.lines());
    match write(vec![component], &args.into, &spill) {
        Ok(file) => {
            let notes = notes.iter().map(|note| format!("{purl}: {}", words(note))).collect();
            Outcome::Built(Built { file, documents, lines, notes })
        }
        Err(error @ (IndexError::TooLarge { .. } | IndexError::Memory { .. })) => {
            refused(Reason::Memory, error.to_string())
        }
        Err(error) => index_failure(&error),
    }
}

fn write(
    components: Vec<PreparedComponent>,
    into: &Path,
    spill: &std::sync::Arc<Spill>,
) -> Result<PathBuf, IndexError> {
    write_components(components, Destination::Directory(into), spill).map(|written| written.path)
}

fn index_failure(error: &IndexError) -> Outcome {
    Outcome::Broken { message: error.to_string() }
}

fn words(note: &Note) -> String {
    match &note.path {
        Some(path) => format!("{path}: {}", note.message),
        None => note.message.clone(),
    }
}
