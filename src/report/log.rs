//! The log of accepted references, for people and for programs (`docs/log.schema.json`).

use std::io::{self, Write};

use serde::Serialize;

use super::json::write_value;
use super::printable::Printable;
use super::text::{BOLD, CYAN, DIM, count, row};
use crate::acceptance::{Entry, Logged};

/// Version of the JSON document.
pub const SCHEMA_VERSION: u32 = 1;

/// Draws the log for people.
///
/// # Errors
/// If writing fails.
pub fn text(entries: &[Logged], out: &mut dyn Write) -> io::Result<()> {
    for Logged { file, entry } in entries {
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
            let place = format!("{CYAN}{purl}{CYAN:#} {path}:{first}-{last}, {}", named(&owner.license));
            row(out, if i == 0 { "from" } else { "or from" }, &place)?;
        }
        row(out, "evidence", &format!("{bits:.0} bits, in a file under {}", named(license)))?;
        for (name, digest) in &entry.indexes {
            let digest: String = digest.chars().take(12).collect();
            row(out, "against", &format!("index {} {DIM}{}{DIM:#}", Printable(name), Printable(&digest)))?;
        }
        row(out, "in", &Printable(file).to_string())?;
        writeln!(out)?;
    }
    writeln!(out, "{}", count(entries.len() as u64, "decision"))
}

fn named(license: &str) -> String {
    match license {
        "" => "an unknown licence".to_owned(),
        license => Printable(license).to_string(),
    }
}

/// Draws the log for programs.
///
/// # Errors
/// If writing fails.
pub fn json(entries: &[Logged], out: &mut dyn Write) -> io::Result<()> {
    let decisions = entries.iter().map(Decision::from).collect();
    write_value(&Document { schema_version: SCHEMA_VERSION, decisions }, out)
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    decisions: Vec<Decision<'a>>,
}

#[derive(Serialize)]
struct Decision<'a> {
    file: &'a str,
    id: &'a str,
    rule: &'a str,
    path: &'a str,
    lines: Lines,
    by: &'a str,
    at: &'a str,
    reason: &'a str,
    evidence_bits: f64,
    license: Option<&'a str>,
    owners: Vec<Owner<'a>>,
    indexes: Vec<Index<'a>>,
}

#[derive(Serialize)]
struct Lines {
    start_line: u32,
    end_line: u32,
}

#[derive(Serialize)]
struct Owner<'a> {
    purl: &'a str,
    license: Option<&'a str>,
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
        let known = |license: &'a String| (!license.is_empty()).then_some(license.as_str());
        let owners = entry.owners.iter().map(|owner| Owner {
            purl: &owner.purl,
            license: known(&owner.license),
            path: &owner.path,
            lines: Lines { start_line: owner.lines.first, end_line: owner.lines.last },
        });
        Decision {
            file,
            id: &entry.finding,
            rule: entry.rule.code(),
            path: &entry.path,
            lines: Lines { start_line: entry.lines.first, end_line: entry.lines.last },
            by: &entry.decision.by,
            at: &entry.decision.at,
            reason: &entry.decision.reason,
            evidence_bits: super::json::rounded(entry.bits),
            license: known(&entry.license),
            owners: owners.collect(),
            indexes: entry.indexes.iter().map(|(name, digest)| Index { name, digest }).collect(),
        }
    }
}
