//! The log of accepted references and the journal, for people and for programs
//! (`docs/log.schema.json`).

use std::io::{self, Write};

use serde::Serialize;

use super::json::write_value;
use super::printable::Printable;
use super::shape::{Acceptance, Lines, round};
use super::text::{BOLD, CYAN, DIM, row};
use super::words::count;
use crate::decisions::acceptance::{Entry, EntryOwner, Logged};
use crate::session::journal::JournalEntry;

/// Version of the JSON document.
pub(crate) const SCHEMA_VERSION: u32 = 2;

/// Events shown to people, the newest; programs get all.
const MAX_SHOWN: usize = 200;

/// Draws the decisions of the log and the events of the journal for people.
///
/// # Errors
/// If writing fails.
pub(crate) fn text(
    decisions: &[&Logged],
    events: &[JournalEntry],
    out: &mut dyn Write,
) -> io::Result<()> {
    for decision in decisions {
        self::decision(decision, out)?;
    }
    if !events.is_empty() {
        writeln!(out, "{BOLD}On this machine{BOLD:#}")?;
    }
    let hidden = events.len().saturating_sub(MAX_SHOWN);
    if hidden > 0 {
        writeln!(out, "  {} before, see --format json", count(hidden as u64, "event"))?;
    }
    for shown in &events[hidden..] {
        event(shown, out)?;
    }
    if !events.is_empty() {
        writeln!(out)?;
    }
    let (decisions, events) =
        (count(decisions.len() as u64, "decision"), count(events.len() as u64, "event"));
    writeln!(out, "{decisions}, {events}")
}

/// `  2026-11-23T12:00:00Z check suggested    src/a.py:3-9  77ba9d61  incompatible
/// pkg:pypi/six@1.0 MIT`.
fn event(entry: &JournalEntry, out: &mut dyn Write) -> io::Result<()> {
    let (at, service, event) = (Printable(&entry.at), entry.service.code(), entry.event.code());
    let (path, first, last) = (Printable(&entry.path), entry.lines.first, entry.lines.last);
    let id: String = entry.id.chars().take(8).collect();
    let (id, decision) = (Printable(&id), entry.decision.code());
    let from = match entry.owners.first() {
        Some(owner) => {
            let purl = Printable(&owner.purl);
            format!("  {CYAN}{purl}{CYAN:#} under {}", license_name(&owner.license))
        }
        None => String::new(),
    };
    writeln!(
        out,
        "  {at} {service:<7} {event:<10} {path}:{first}-{last}  {DIM}{id}{DIM:#}  {decision}{from}"
    )?;
    if entry.reason.is_empty() {
        Ok(())
    } else {
        writeln!(out, "    reason: {}", Printable(&entry.reason))
    }
}

fn decision(logged: &Logged, out: &mut dyn Write) -> io::Result<()> {
    let Logged { file, entry } = logged;
    let Entry { rule, path, lines, decision, bits, license, .. } = entry;
    let id: String = entry.finding.chars().take(8).collect();
    let rule = rule.code();
    let (first, last) = (lines.first, lines.last);
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}:{first}-{last}  {DIM}{}{DIM:#}  {rule}",
        Printable(path),
        Printable(&id)
    )?;
    row(out, "by", &format!("{}, {}", Printable(&decision.by), Printable(&decision.at)))?;
    row(out, "reason", &Printable(&decision.reason).to_string())?;
    for (i, owner) in entry.owners.iter().enumerate() {
        let (first, last) = (owner.lines.first, owner.lines.last);
        let (purl, path) = (Printable(&owner.purl), Printable(&owner.path));
        let place =
            format!("{CYAN}{purl}{CYAN:#} {path}:{first}-{last}, {}", license_name(&owner.license));
        row(out, if i == 0 { "from" } else { "or from" }, &place)?;
    }
    row(out, "evidence", &format!("{bits:.0} bits, in a file under {}", license_name(license)))?;
    for (name, digest) in &entry.indexes {
        let digest: String = digest.chars().take(12).collect();
        row(
            out,
            "against",
            &format!("index {} {DIM}{}{DIM:#}", Printable(name), Printable(&digest)),
        )?;
    }
    row(out, "in", &Printable(file).to_string())?;
    writeln!(out)
}

fn license_name(license: &str) -> String {
    match license {
        "" => "an unknown licence".to_owned(),
        license => Printable(license).to_string(),
    }
}

/// Draws the decisions of the log and the events of the journal for programs.
///
/// # Errors
/// If writing fails.
pub(crate) fn json(
    decisions: &[&Logged],
    events: &[JournalEntry],
    out: &mut dyn Write,
) -> io::Result<()> {
    let decisions = decisions.iter().copied().map(Decision::from).collect();
    let events = events.iter().map(Event::from).collect();
    write_value(&Document { schema_version: SCHEMA_VERSION, decisions, events }, out)
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    decisions: Vec<Decision<'a>>,
    events: Vec<Event<'a>>,
}

#[derive(Serialize)]
struct Event<'a> {
    at: &'a str,
    service: &'a str,
    event: &'a str,
    path: &'a str,
    lines: Lines,
    id: &'a str,
    verdict: Verdict,
    evidence: Evidence,
    license: License<'a>,
    owners: Vec<Owner<'a>>,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Decision<'a> {
    file: &'a str,
    id: &'a str,
    rule: &'a str,
    path: &'a str,
    lines: Lines,
    decision: Acceptance<'a>,
    evidence: Evidence,
    license: License<'a>,
    owners: Vec<Owner<'a>>,
    indexes: Vec<Index<'a>>,
}

#[derive(Serialize)]
struct Verdict {
    decision: &'static str,
}

#[derive(Serialize)]
struct Evidence {
    bits: f64,
}

#[derive(Serialize)]
struct License<'a> {
    expression: Option<&'a str>,
}

#[derive(Serialize)]
struct Owner<'a> {
    purl: &'a str,
    license: License<'a>,
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Index<'a> {
    name: &'a str,
    digest: &'a str,
}

impl<'a> From<&'a Logged> for Decision<'a> {
    fn from(Logged { file, entry }: &'a Logged) -> Self {
        Decision {
            file,
            id: &entry.finding,
            rule: entry.rule.code(),
            path: &entry.path,
            lines: entry.lines.into(),
            decision: Acceptance::from(&entry.decision),
            evidence: Evidence { bits: round(entry.bits) },
            license: License::from(entry.license.as_str()),
            owners: entry.owners.iter().map(Owner::from).collect(),
            indexes: entry.indexes.iter().map(|(name, digest)| Index { name, digest }).collect(),
        }
    }
}

impl<'a> From<&'a JournalEntry> for Event<'a> {
    fn from(entry: &'a JournalEntry) -> Self {
        Event {
            at: &entry.at,
            service: entry.service.code(),
            event: entry.event.code(),
            path: &entry.path,
            lines: entry.lines.into(),
            id: &entry.id,
            verdict: Verdict { decision: entry.decision.code() },
            evidence: Evidence { bits: round(entry.bits) },
            license: License::from(entry.license.as_str()),
            owners: entry.owners.iter().map(Owner::from).collect(),
            reason: non_empty(&entry.reason),
        }
    }
}

impl<'a> From<&'a EntryOwner> for Owner<'a> {
    fn from(owner: &'a EntryOwner) -> Self {
        let (purl, path) = (&owner.purl, &owner.path);
        Owner {
            purl,
            license: License::from(owner.license.as_str()),
            path,
            lines: owner.lines.into(),
        }
    }
}

impl<'a> From<&'a str> for License<'a> {
    fn from(expression: &'a str) -> Self {
        License { expression: non_empty(expression) }
    }
}

/// What is empty where nothing is known.
fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
