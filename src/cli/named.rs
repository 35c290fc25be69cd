//! Matches as a command line names them: by id, or by a line of a file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};

use super::flags::ConfigArgs;
use super::journaled::JournalPlace;
use crate::decisions::acceptance::log_root;
use crate::judgement::finding::{Reference, Report};
use crate::project::config::Config;
use crate::project::walk::{self, SideFiles};
use crate::report::words::count;
use crate::session::journal::{self, JournalEntry};

/// Matches that the user named.
pub(super) enum Named {
    /// The beginning of an id.
    Id(String),
    /// A line of a file.
    Place { path: PathBuf, line: u32 },
}

impl Named {
    /// What the words of a command line name: ids and places, and the paths to look in. A path that
    /// is there is a path.
    pub(crate) fn among(words: &[String]) -> (Vec<Named>, Vec<PathBuf>) {
        let (mut wanted, mut paths) = (Vec::new(), Vec::new());
        for word in words {
            match Named::parse(word) {
                // A file may be called as an id or a place is written.
                _ if Path::new(word).exists() => paths.push(PathBuf::from(word)),
                Named::Id(id) if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                    paths.push(word.into())
                }
                found => wanted.push(found),
            }
        }
        // Where only places are named, nothing else need be looked at.
        let all_places = wanted.iter().all(|wanted| matches!(wanted, Named::Place { .. }));
        if paths.is_empty() && all_places {
            let of_place = |wanted: &Named| match wanted {
                Named::Place { path, .. } => Some(path.clone()),
                Named::Id(_) => None,
            };
            paths = wanted.iter().filter_map(of_place).collect();
        }
        (wanted, paths)
    }

    /// Where to look: in what was named, else in the file of a place, else in the whole project.
    pub(super) fn paths(
        &self,
        named: Vec<PathBuf>,
        config: &ConfigArgs,
    ) -> anyhow::Result<Vec<PathBuf>> {
        Ok(match self {
            _ if !named.is_empty() => named,
            Named::Place { path, .. } => vec![path.clone()],
            Named::Id(_) => vec![project_root(config)?],
        })
    }

    /// The references meant: one, at every place it has.
    pub(super) fn of<'r>(&self, report: &'r Report) -> anyhow::Result<Vec<&'r Reference>> {
        match self {
            Named::Id(id) => by_id(report, id),
            Named::Place { path, line } => by_place(report, path, *line),
        }
    }

    /// Reads PATH:LINE, else an id.
    pub(super) fn parse(text: &str) -> Named {
        match text.rsplit_once(':').map(|(path, line)| (path, line.parse())) {
            Some((path, Ok(line))) if !path.is_empty() => Named::Place { path: path.into(), line },
            _ => Named::Id(text.to_ascii_lowercase()),
        }
    }
}

fn by_id<'r>(report: &'r Report, wanted: &str) -> anyhow::Result<Vec<&'r Reference>> {
    let found: Vec<&Reference> =
        report.references.iter().filter(|reference| reference.id.starts_with(wanted)).collect();
    let ids: BTreeSet<&str> = found.iter().map(|reference| reference.id.as_str()).collect();
    match ids.len() {
        1 => Ok(found),
        0 => Err(no_such_id(report, wanted)),
        _ => {
            let ids: Vec<&str> = ids.into_iter().take(MAX_NAMED).collect();
            bail!("`{wanted}` begins more than one id; name more of it: {}", ids.join(", "))
        }
    }
}

/// What to do about an id that is none.
const NOW: &str =
    "An id changes with the code it stands for: `birthmark scan --matches` shows the current ones";

/// Ids or places named in an error, at most.
const MAX_NAMED: usize = 5;

fn no_such_id(report: &Report, wanted: &str) -> anyhow::Error {
    if Path::new(wanted).is_file() {
        return anyhow!("`{wanted}` is a file; name a line of it too, such as `{wanted}:1`");
    }
    if !wanted.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return anyhow!(
            "`{wanted}` is neither an id nor a place; expected the beginning of an id, which has the digits 0-9 and \
             a-f, or PATH:LINE. `birthmark scan --matches` shows both"
        );
    }
    let mut ids: Vec<&str> =
        report.references.iter().map(|reference| reference.id.as_str()).collect();
    ids.sort_by_key(|id| (distance(id, wanted), *id));
    ids.dedup();
    ids.truncate(MAX_NAMED);
    let checked = count(report.summary.files_scanned, "file");
    match ids.as_slice() {
        [] => {
            anyhow!("no match has the id `{wanted}`: {checked} checked and none was found. {NOW}")
        }
        ids => anyhow!("no match has the id `{wanted}`; near it are {}. {NOW}", ids.join(", ")),
    }
}

/// How far an id is from what was typed, which may be the beginning only.
fn distance(id: &str, wanted: &str) -> usize {
    let beginning: String = id.chars().take(wanted.chars().count()).collect();
    strsim::levenshtein(&beginning, wanted)
}

fn by_place<'r>(report: &'r Report, path: &Path, line: u32) -> anyhow::Result<Vec<&'r Reference>> {
    let path = walk::display_path(path);
    let in_file: Vec<&Reference> =
        report.references.iter().filter(|reference| reference.path == path).collect();
    let holds = |reference: &&Reference| {
        (reference.region.start_line..=reference.region.end_line).contains(&line)
    };
    let found: Vec<&Reference> = in_file.iter().copied().filter(holds).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let places: Vec<String> = in_file
        .iter()
        .take(MAX_NAMED)
        .map(|near| {
            format!("{} (lines {}-{})", near.id, near.region.start_line, near.region.end_line)
        })
        .collect();
    match places.as_slice() {
        [] => {
            bail!("there is no match in `{path}`; `birthmark scan --matches` shows where there are")
        }
        places => {
            bail!("no match holds line {line} of `{path}`; there are {}", places.join(", "))
        }
    }
}

/// Returns what the journal recorded of an id that no match of the report has, the oldest event
/// first. A journal that cannot be read has recorded nothing.
pub(super) fn journal_entries(
    named: &Named,
    report: &Report,
    config: &ConfigArgs,
    journal: &JournalPlace,
) -> Vec<JournalEntry> {
    let Named::Id(id) = named else { return Vec::new() };
    if report.references.iter().any(|reference| reference.id.starts_with(id.as_str())) {
        return Vec::new();
    }
    let (Some(directory), Ok(root)) = (journal.directory(), project_root(config)) else {
        return Vec::new();
    };
    let entries =
        journal::read(&directory, &root).map(|journaled| journaled.entries).unwrap_or_default();
    entries.into_iter().filter(|entry| entry.id.starts_with(id.as_str())).collect()
}

/// The error with what the journal knows of an id, for a command that needs the code.
pub(crate) fn with_journal(error: anyhow::Error, recorded: &[JournalEntry]) -> anyhow::Error {
    if recorded.is_empty() {
        error
    } else {
        anyhow!("{}; `birthmark explain` shows what was recorded of it", in_no_file(recorded))
    }
}

/// Where code that is in no file any more was seen last.
pub(crate) fn in_no_file(recorded: &[JournalEntry]) -> String {
    let last = recorded.last().expect("there is an event");
    let id: String = last.id.chars().take(8).collect();
    let (path, first, end) = (&last.path, last.lines.first, last.lines.last);
    let (event, service) = (last.event.code(), last.service.code());
    format!(
        "the code of `{id}`, {event} for {path}:{first}-{end} (by {service}, {}), is in no file that was checked",
        last.at
    )
}

/// The directory of the project that the current directory is in.
fn project_root(config: &ConfigArgs) -> anyhow::Result<PathBuf> {
    let place = PathBuf::from(".");
    let config = Config::load(&config.clone().choice(place.clone()))?;
    Ok(log_root(&place, config.directory(), &SideFiles::default()))
}
