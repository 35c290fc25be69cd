//! What the `index` commands have to say of an index.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::json::write_value;
use super::printable::Printable;
use super::words::{count, group_digits};
use crate::engine::index::{Adopted, ComponentEntry, IndexName, Part};

/// Version of the JSON documents.
const SCHEMA_VERSION: u32 = 1;

/// What a command has to say.
pub(crate) enum Answer {
    /// `index add`.
    Add(Added),
    /// `idiom add`.
    AddIdioms(Added),
    /// `index adopt`.
    Adopt(Adopted),
    /// `index remove`: how many components.
    Remove(usize),
    /// `index list`.
    List(Vec<ComponentEntry>),
    /// `index info`.
    Info(Part),
    /// `index verify`: all is well with this.
    Verify(Part),
    /// `index verify --salvage`: the names of what is lost.
    Salvage(Vec<String>),
    /// `index merge`: the segments there were.
    Merge(usize),
}

/// What `index add` did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Added {
    /// Components added.
    pub components: u64,
    /// Documents in them.
    pub documents: u64,
    /// Physical lines in these.
    pub lines: u64,
    /// Components that were held already, just as they are.
    pub unchanged: u64,
    /// Sources that could not be added.
    pub failed: u64,
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const CYAN: Style = AnsiColor::Cyan.on_default();

/// Says it to people.
///
/// # Errors
/// If writing fails.
pub(crate) fn text(answer: &Answer, index: &IndexName, out: &mut dyn Write) -> io::Result<()> {
    let name = index.to_string();
    let name = Printable(&name);
    match answer {
        Answer::Add(added) => {
            added_text(*added, &name, out)?;
            if added.components + added.unchanged == 0 { Ok(()) } else { usage_text(&name, out) }
        }
        Answer::AddIdioms(added) => added_text(*added, &name, out),
        Answer::Adopt(adopted) => adopted_text(*adopted, &name, out),
        Answer::Remove(removed) => {
            let removed = count(*removed as u64, "component");
            writeln!(out, "Removed {removed} from {name}")
        }
        Answer::List(entries) => list_text(entries, out),
        Answer::Info(part) => info_text(part, name, out),
        Answer::Verify(part) => {
            let components = count(part.counts.components, "component");
            let documents = count(part.counts.documents, "document");
            writeln!(out, "{name} is sound: {components}, {documents}")
        }
        Answer::Salvage(lost) => {
            let components = count(lost.len() as u64, "damaged part");
            writeln!(
                out,
                "Removed {components} from {name}; add the components again that these held"
            )?;
            lost.iter().try_for_each(|lost| writeln!(out, "- {}", Printable(lost)))
        }
        Answer::Merge(segments) => {
            let segments = count(*segments as u64, "segment");
            writeln!(out, "Merged {segments} of {name} into one")
        }
    }
}

fn added_text(added: Added, name: &Printable<'_>, out: &mut dyn Write) -> io::Result<()> {
    let components = count(added.components, "component");
    let documents = count(added.documents, "document");
    let lines = count(added.lines, "line");
    writeln!(out, "{BOLD}Added{BOLD:#} {components} ({documents}, {lines}) to {name}")?;
    if added.unchanged > 0 {
        let unchanged = count(added.unchanged, "component");
        writeln!(out, "{BOLD}Unchanged{BOLD:#} {unchanged}, which it held already")?;
    }
    if added.failed > 0 {
        let failed = count(added.failed, "component");
        writeln!(out, "{BOLD}Failed{BOLD:#} {failed}; the errors above say why")?;
    }
    Ok(())
}

fn adopted_text(adopted: Adopted, name: &Printable<'_>, out: &mut dyn Write) -> io::Result<()> {
    let segments = count(adopted.segments as u64, "segment");
    let components = count(adopted.components as u64, "component");
    writeln!(out, "{BOLD}Adopted{BOLD:#} {segments} ({components}) into {name}")?;
    if adopted.replaced > 0 {
        let replaced = count(adopted.replaced as u64, "component");
        writeln!(out, "{BOLD}Replaced{BOLD:#} {replaced} of the same purl and other content")?;
    }
    if adopted.duplicates > 0 {
        let duplicates = count(adopted.duplicates as u64, "component");
        writeln!(out, "{BOLD}Unchanged{BOLD:#} {duplicates}, which are there once")?;
    }
    if adopted.unchanged > 0 {
        let unchanged = count(adopted.unchanged as u64, "segment");
        writeln!(out, "{BOLD}Left out{BOLD:#} {unchanged}, which add nothing")?;
    }
    Ok(())
}

fn usage_text(name: &Printable<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Scan with it:  {CYAN}birthmark scan --index {name} --index starter{CYAN:#}")?;
    writeln!(
        out,
        "or always:     {CYAN}index = [\"{name}\", \"starter\"]{CYAN:#} in birthmark.toml"
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
        writeln!(out, "{CYAN}{purl}{CYAN:#}  {license}  {DIM}{documents}, {lines}{DIM:#}")?;
    }
    Ok(())
}

fn info_text(part: &Part, name: Printable<'_>, out: &mut dyn Write) -> io::Result<()> {
    let counts = &part.counts;
    writeln!(out, "{BOLD}{name}{BOLD:#}")?;
    for (label, text) in [
        ("components", group_digits(counts.components)),
        ("documents", group_digits(counts.documents)),
        ("lines", group_digits(counts.lines)),
        ("tokens", group_digits(counts.tokens)),
        ("fingerprints", group_digits(counts.fingerprints)),
        ("bytes", group_digits(part.bytes)),
        ("segments", group_digits(part.segments as u64)),
        ("digest", part.digest.to_string()),
    ] {
        writeln!(out, "  {DIM}{label:<12}{DIM:#} {text}")?;
    }
    Ok(())
}

/// Says it to programs.
///
/// # Errors
/// If writing fails.
pub(crate) fn json(answer: &Answer, index: &IndexName, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema_version: SCHEMA_VERSION,
        index: index.to_string(),
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
        unchanged: u64,
        failed: u64,
    },
    Adopted {
        segments: usize,
        components: usize,
        duplicates: usize,
        replaced: usize,
        unchanged_segments: usize,
    },
    Removed {
        components: usize,
    },
    Components(Vec<ComponentJson<'a>>),
    Info(PartJson),
    Verified(PartJson),
    Salvaged {
        lost: &'a [String],
    },
    Merged {
        segments: usize,
    },
}

#[derive(Serialize)]
struct PartJson {
    components: u64,
    documents: u64,
    lines: u64,
    tokens: u64,
    fingerprints: u64,
    bytes: u64,
    segments: usize,
    digest: String,
}

#[derive(Serialize)]
struct ComponentJson<'a> {
    purl: &'a str,
    digest: &'a str,
    license: Option<&'a str>,
    license_learned_from: &'static str,
    documents: u64,
    lines: u64,
    tokens: u64,
}

impl<'a> From<&'a Answer> for AnswerJson<'a> {
    fn from(answer: &'a Answer) -> Self {
        match answer {
            Answer::Add(added) | Answer::AddIdioms(added) => AnswerJson::Added {
                components: added.components,
                documents: added.documents,
                lines: added.lines,
                unchanged: added.unchanged,
                failed: added.failed,
            },
            Answer::Adopt(adopted) => AnswerJson::Adopted {
                segments: adopted.segments,
                components: adopted.components,
                duplicates: adopted.duplicates,
                replaced: adopted.replaced,
                unchanged_segments: adopted.unchanged,
            },
            Answer::Remove(removed) => AnswerJson::Removed { components: *removed },
            Answer::List(entries) => {
                AnswerJson::Components(entries.iter().map(ComponentJson::from).collect())
            }
            Answer::Info(part) => AnswerJson::Info(PartJson::from(part)),
            Answer::Verify(part) => AnswerJson::Verified(PartJson::from(part)),
            Answer::Salvage(lost) => AnswerJson::Salvaged { lost },
            Answer::Merge(segments) => AnswerJson::Merged { segments: *segments },
        }
    }
}

impl From<&Part> for PartJson {
    fn from(part: &Part) -> Self {
        PartJson {
            components: part.counts.components,
            documents: part.counts.documents,
            lines: part.counts.lines,
            tokens: part.counts.tokens,
            fingerprints: part.counts.fingerprints,
            bytes: part.bytes,
            segments: part.segments,
            digest: part.digest.to_string(),
        }
    }
}

impl<'a> From<&'a ComponentEntry> for ComponentJson<'a> {
    fn from(entry: &'a ComponentEntry) -> Self {
        let license = &entry.component.license;
        ComponentJson {
            purl: entry.component.purl.as_str(),
            digest: &entry.component.digest,
            license: license.expression.as_ref().map(|expression| expression.as_str()),
            license_learned_from: license.learned_from.code(),
            documents: entry.documents,
            lines: entry.lines,
            tokens: entry.tokens,
        }
    }
}
