//! What the `index` commands have to say of an index.

use std::io::{self, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::json::write_value;
use super::printable::Printable;
use super::text::count;
use crate::index::{ComponentEntry, IndexInfo, MergeSummary, VerifySummary};

/// What a command has to say.
pub enum Answer {
    /// `index add`.
    Add(Added),
    /// `index remove`: how many components.
    Remove(usize),
    /// `index list`.
    List(Vec<ComponentEntry>),
    /// `index info`.
    Info(IndexInfo),
    /// `index verify`.
    Verify(VerifySummary),
    /// `index merge`.
    Merge(MergeSummary),
}

/// What `index add` did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Components added.
    pub components: u64,
    /// Documents in them.
    pub documents: u64,
    /// Physical lines in these.
    pub lines: u64,
    /// Sources that could not be added.
    pub failed: u64,
    /// Segments the index consists of now.
    pub segments: u64,
}

/// Segments from which merging them is worth recommending.
const MANY_SEGMENTS: u64 = 8;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const CYAN: Style = AnsiColor::Cyan.on_default();

/// Says it to people.
///
/// # Errors
/// If writing fails.
pub fn text(answer: &Answer, directory: &Path, out: &mut dyn Write) -> io::Result<()> {
    let directory = directory.display().to_string();
    let directory = Printable(&directory);
    match answer {
        Answer::Add(added) => add_text(*added, directory, out),
        Answer::Remove(removed) => {
            let removed = count(*removed as u64, "component");
            writeln!(out, "Removed {removed} from {directory}")
        }
        Answer::List(entries) => list_text(entries, out),
        Answer::Info(info) => info_text(info, directory, out),
        Answer::Verify(summary) => {
            let segments = count(summary.segments, "segment");
            let documents = count(summary.documents, "document");
            writeln!(out, "{directory} is sound: {segments}, {documents}")
        }
        Answer::Merge(summary) => {
            let before = count(summary.segments_before, "segment");
            writeln!(
                out,
                "Merged {before} of {directory} into {}",
                summary.segments_after
            )
        }
    }
}

fn add_text(added: Added, directory: Printable<'_>, out: &mut dyn Write) -> io::Result<()> {
    let components = count(added.components, "component");
    let documents = count(added.documents, "document");
    let lines = count(added.lines, "line");
    writeln!(
        out,
        "{BOLD}Added{BOLD:#} {components} ({documents}, {lines}) to {directory}"
    )?;
    if added.failed > 0 {
        writeln!(out, "{} could not be added", count(added.failed, "source"))?;
    }
    if added.components == 0 {
        return Ok(());
    }
    if added.segments >= MANY_SEGMENTS {
        let segments = count(added.segments, "segment");
        writeln!(
            out,
            "{DIM}It now has {segments}; `birthmark index merge --index {directory}` makes scans faster.{DIM:#}"
        )?;
    }
    writeln!(
        out,
        "Scan with it:  {CYAN}birthmark scan --index {directory} --index starter{CYAN:#}"
    )?;
    writeln!(
        out,
        "{DIM}or set{DIM:#}         {CYAN}index = [\"{directory}\", \"starter\"]{CYAN:#} {DIM}in birthmark.toml{DIM:#}"
    )
}

fn list_text(entries: &[ComponentEntry], out: &mut dyn Write) -> io::Result<()> {
    for entry in entries {
        let purl = Printable(entry.component.purl.as_str());
        let license = match &entry.component.license.expression {
            Some(expression) => expression.as_str(),
            None => "unknown licence",
        };
        let license = Printable(license);
        let documents = count(entry.documents, "document");
        let lines = count(entry.lines, "line");
        writeln!(
            out,
            "{CYAN}{purl}{CYAN:#}  {license}  {DIM}{documents}, {lines}{DIM:#}"
        )?;
    }
    Ok(())
}

fn info_text(info: &IndexInfo, directory: Printable<'_>, out: &mut dyn Write) -> io::Result<()> {
    let digest = Printable(&info.digest);
    writeln!(out, "{BOLD}{directory}{BOLD:#}")?;
    for (label, text) in [
        ("components", count(info.components, "component")),
        ("documents", count(info.documents, "document")),
        ("code", count(info.lines, "line")),
        ("tokens", count(info.tokens, "token")),
        ("postings", count(info.fingerprints, "fingerprint")),
        ("size", count(info.bytes, "byte")),
        ("segments", count(info.segments, "segment")),
        ("digest", digest.to_string()),
    ] {
        writeln!(out, "  {DIM}{label:<10}{DIM:#} {text}")?;
    }
    Ok(())
}

/// Says it to programs.
///
/// # Errors
/// If writing fails.
pub fn json(answer: &Answer, directory: &Path, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema_version: super::json::SCHEMA_VERSION,
        index: directory.to_string_lossy().into_owned(),
        answer: AnswerJson::from(answer),
    };
    write_value(&document, out)
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    index: String,
    #[serde(flatten)]
    answer: AnswerJson<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum AnswerJson<'a> {
    Added {
        components: u64,
        documents: u64,
        lines: u64,
        failed: u64,
        segments: u64,
    },
    Removed {
        components: usize,
    },
    Components(Vec<ComponentJson<'a>>),
    Info {
        components: u64,
        documents: u64,
        lines: u64,
        tokens: u64,
        fingerprints: u64,
        bytes: u64,
        segments: u64,
        digest: &'a str,
    },
    Verified {
        segments: u64,
        documents: u64,
        fingerprints: u64,
        bytes: u64,
    },
    Merged {
        segments_before: u64,
        segments_after: u64,
    },
}

#[derive(Serialize)]
struct ComponentJson<'a> {
    purl: &'a str,
    digest: &'a str,
    license: Option<&'a str>,
    license_learned_from: &'static str,
    documents: u32,
    lines: u64,
    tokens: u64,
}

impl<'a> From<&'a Answer> for AnswerJson<'a> {
    fn from(answer: &'a Answer) -> Self {
        match answer {
            Answer::Add(added) => AnswerJson::Added {
                components: added.components,
                documents: added.documents,
                lines: added.lines,
                failed: added.failed,
                segments: added.segments,
            },
            Answer::Remove(removed) => AnswerJson::Removed {
                components: *removed,
            },
            Answer::List(entries) => {
                AnswerJson::Components(entries.iter().map(ComponentJson::from).collect())
            }
            Answer::Info(info) => AnswerJson::Info {
                components: info.components,
                documents: info.documents,
                lines: info.lines,
                tokens: info.tokens,
                fingerprints: info.fingerprints,
                bytes: info.bytes,
                segments: info.segments,
                digest: &info.digest,
            },
            Answer::Verify(summary) => AnswerJson::Verified {
                segments: summary.segments,
                documents: summary.documents,
                fingerprints: summary.fingerprints,
                bytes: summary.bytes,
            },
            Answer::Merge(summary) => AnswerJson::Merged {
                segments_before: summary.segments_before,
                segments_after: summary.segments_after,
            },
        }
    }
}

impl<'a> From<&'a ComponentEntry> for ComponentJson<'a> {
    fn from(entry: &'a ComponentEntry) -> Self {
        let license = &entry.component.license;
        ComponentJson {
            purl: entry.component.purl.as_str(),
            digest: &entry.component.digest,
            license: license
                .expression
                .as_ref()
                .map(|expression| expression.as_str()),
            license_learned_from: super::json::learned_from(license.learned_from),
            documents: entry.documents,
            lines: entry.lines,
            tokens: entry.tokens,
        }
    }
}
