//! A report for people: what was found, whose it is, why it matters, what to do, in as few lines as
//! that takes.
//!
//! Findings come first, by file. Notices that only have to be kept are one line per origin. The
//! last lines say what was checked and against which index, so that "nothing found" can be judged.

mod blocks;
mod by_origin;
mod code;

use std::collections::BTreeMap;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::SourceFacts;
use super::cells;
use super::found::{count_by_severity, describe_no_findings};
use super::printable::Printable;
use super::strength::{about, threshold_in_words};
use super::words::{count, count_decisions, group_digits, shown_region};
use crate::engine::evidence::Strength;
use crate::judgement::finding::{
    IndexProvenance, Note, NoteKind, Report, Severity, Silenced, Silencer,
};
use crate::license::MatrixSource;
use crate::text::source::CellRange;
use crate::text::span::Region;

/// How much of a report is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextSettings {
    /// Which references.
    pub references: References,
    /// What besides them.
    pub frame: Frame,
    /// Columns that rows of prose are wrapped to; `None` leaves them as they are.
    pub width: Option<usize>,
    /// Whether packages are links.
    pub links: Links,
}

/// Whether what has a page is written as a link that terminals understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// It is.
    Shown,
    /// It is text and no more.
    Absent,
}

/// Which references are shown one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum References {
    /// Those that need attention.
    Findings,
    /// All of them, with all their owners.
    All,
}

/// Whether notes and the summary are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// They are.
    Full,
    /// Findings and failed files only.
    FindingsOnly,
}

/// Columns before the text of a row, and the fewest that its text is wrapped to.
const ROW_INDENT: usize = 16;
const LEAST_ROOM: usize = 40;

/// Places listed of one origin whose notice must be kept, and reasons for skipping, before the rest
/// is counted.
const LISTED: usize = 3;

/// Skipped files that are named before the rest is counted, unless everything is asked for.
const SKIPPED_LISTED: usize = 50;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const RED: Style = AnsiColor::Red.on_default().bold();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const BLUE: Style = AnsiColor::Blue.on_default().bold();
pub(super) const CYAN: Style = AnsiColor::Cyan.on_default();
pub(super) const GREEN: Style = AnsiColor::Green.on_default();

/// Draws the report with ANSI styles; a stream that wants none strips them.
///
/// # Errors
/// If writing fails.
pub fn write(
    report: &Report,
    facts: &SourceFacts,
    settings: TextSettings,
    out: &mut dyn Write,
) -> io::Result<()> {
    let page = Page { report, facts, settings };
    page.blocks(out)?;
    page.notices(out)?;
    page.write_taken(out)?;
    page.notes(out)?;
    if settings.frame == Frame::Full {
        page.summary(out)?;
    }
    Ok(())
}

struct Page<'a> {
    report: &'a Report,
    facts: &'a SourceFacts,
    settings: TextSettings,
}

impl<'a> Page<'a> {
    /// A row of prose, wrapped to the terminal.
    fn row(&self, label: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let Some(width) = self.settings.width else {
            return row(out, label, text);
        };
        let room = width.saturating_sub(ROW_INDENT).max(LEAST_ROOM);
        // Commands and paths must stay whole.
        let options = textwrap::Options::new(room)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let lines = textwrap::wrap(text, options);
        lines
            .iter()
            .enumerate()
            .try_for_each(|(i, line)| row(out, if i == 0 { label } else { "" }, line))
    }

    fn remedies(&self, remedies: &[String], out: &mut dyn Write) -> io::Result<()> {
        label_remedies(remedies).try_for_each(|(label, remedy)| self.row(label, &remedy, out))
    }

    fn notes(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut any = false;
        let mut skipped = 0;
        for note in &self.report.notes {
            let (style, name) = match (note.kind, self.settings.frame) {
                (NoteKind::Failed, _) => (RED, "failed"),
                (_, Frame::FindingsOnly) => continue,
                (NoteKind::Skipped, _) => {
                    skipped += 1;
                    if skipped > SKIPPED_LISTED && self.settings.references == References::Findings
                    {
                        continue;
                    }
                    (YELLOW, "skipped")
                }
                (NoteKind::Warning, _) => (YELLOW, "warning"),
                // Limits of the search are of interest to whoever asks for everything; JSON has
                // them always.
                (NoteKind::Limit, _) if self.settings.references == References::Findings => {
                    continue;
                }
                (NoteKind::Partial, _) => (YELLOW, "checked in part"),
                (NoteKind::Limit, _) => (YELLOW, "limit reached"),
                (NoteKind::Info, _) => (BLUE, "note"),
            };
            any = true;
            let message = Printable(&note.message);
            match &note.path {
                Some(path) => {
                    let path = Printable(path);
                    writeln!(out, "{style}{name}{style:#}: {path}: {message}")?;
                }
                None => writeln!(out, "{style}{name}{style:#}: {message}")?,
            }
        }
        if skipped > SKIPPED_LISTED && self.settings.references == References::Findings {
            let more = count(skipped - SKIPPED_LISTED, "more file");
            writeln!(
                out,
                "{YELLOW}skipped{YELLOW:#}: {more}; --matches and --format json name them all"
            )?;
        }
        if any { writeln!(out) } else { Ok(()) }
    }

    /// How many findings that fail the run chance alone brings about.
    fn chance(&self) -> Option<String> {
        let lines = self.report.summary.lines_scanned;
        let asked = !self.report.provenance.indexes.is_empty() && lines > 0;
        let expected = Strength::expected_substantial(lines);
        asked.then(|| {
            format!(
                "{} substantial matches are expected in {} unrelated lines",
                about(expected),
                group_digits(lines)
            )
        })
    }

    fn summary(&self, out: &mut dyn Write) -> io::Result<()> {
        let summary = &self.report.summary;
        writeln!(out, "{}", verdict_line(self.report))?;
        let files = count(summary.files_scanned, "file");
        let lines = count(summary.lines_scanned, "line");
        let references = count(summary.references, "match");
        let decided = count_decisions(self.report);
        writeln!(out, "{DIM}checked{DIM:#}  {files}, {lines}; {references}{decided}")?;
        if let Some(change) = &self.report.provenance.change {
            let change = Printable(change);
            writeln!(
                out,
                "{DIM}change{DIM:#}   {change}; only what touches its added lines is reported"
            )?;
        }
        if let Some(policy) = &self.report.provenance.organisation {
            let (file, digest) = (Printable(&policy.file), policy.digest.get(..12));
            let digest = digest.unwrap_or_default();
            writeln!(out, "{DIM}policy{DIM:#}   the organisation's, {file} ({digest})")?;
        }
        if let Some(silenced) = count_silenced(&self.report.silenced) {
            writeln!(out, "{DIM}silenced{DIM:#} {silenced}")?;
        }
        if summary.files_skipped > 0 {
            let skipped = count(summary.files_skipped, "file");
            let reasons = reasons(&self.report.notes);
            writeln!(out, "{DIM}skipped{DIM:#}  {skipped}{reasons}")?;
        }
        for index in &self.report.provenance.indexes {
            writeln!(out, "{DIM}against{DIM:#}  {}", shown_index("index", index))?;
        }
        for idioms in &self.report.provenance.idioms {
            writeln!(out, "{DIM}without{DIM:#}  {}", shown_index("idioms", idioms))?;
        }
        let matrix = &self.report.provenance.matrix;
        if let MatrixSource::File { path, .. } = &matrix.source {
            let (date, path) = (&matrix.date, Printable(path));
            writeln!(out, "{DIM}licences{DIM:#} by OSADL's matrix of {date}, {path}")?;
        }
        let threshold = threshold_in_words(&self.report.provenance);
        writeln!(out, "{DIM}from{DIM:#}     {threshold}")?;
        if let Some(chance) = self.chance() {
            writeln!(out, "{DIM}chance{DIM:#}   {chance}")?;
        }
        if summary.references > 0 {
            writeln!(
                out,
                "{DIM}A match is evidence, not proof, and none of this is legal advice.{DIM:#}"
            )?;
        }
        Ok(())
    }
}

/// Digits of an id that are shown: `birthmark explain` takes any beginning that is unique.
const ID_DIGITS: usize = 8;

/// A place, and the id of what stands there.
fn arrow(
    path: &str,
    (region, cells): (Region, Option<CellRange>),
    id: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let path = Printable(path);
    let (region, cells) = (shown_region(region), cells::describe(cells));
    let id: String = id.chars().take(ID_DIGITS).collect();
    let id = Printable(&id);
    writeln!(out, "   {BLUE}-->{BLUE:#} {path}:{region}{cells}  {DIM}{id}{DIM:#}")
}

pub(super) fn remedies(remedies: &[String], out: &mut dyn Write) -> io::Result<()> {
    label_remedies(remedies).try_for_each(|(label, remedy)| row(out, label, &remedy))
}

fn label_remedies(remedies: &[String]) -> impl Iterator<Item = (&'static str, String)> {
    let label = |i| if i == 0 { "fix" } else { "or" };
    remedies.iter().enumerate().map(move |(i, remedy)| (label(i), Printable(remedy).to_string()))
}

/// A text as a link to a page, if there is one (OSC 8, as terminals agreed on it). Addresses are
/// percent-encoded.
fn link(text: &str, page: Option<&str>, links: Links) -> String {
    match (links, page) {
        (Links::Shown, Some(page)) => {
            format!("\u{1b}]8;;{}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\", Printable(page))
        }
        _ => text.to_owned(),
    }
}

pub(super) fn row(out: &mut dyn Write, label: &str, text: &str) -> io::Result<()> {
    writeln!(out, "       {DIM}{label:<8}{DIM:#} {text}")
}

fn verdict_line(report: &Report) -> String {
    let parts: Vec<String> = count_by_severity(report)
        .into_iter()
        .map(|(level, told)| {
            let (style, _) = severity(level);
            format!("{style}{told}{style:#}")
        })
        .collect();
    let found = format!("{BOLD}Found{BOLD:#} {}", parts.join(", "));
    if report.summary.files_failed > 0 {
        let failed = count(report.summary.files_failed, "file");
        let failed = format!("{RED}{failed} could not be checked{RED:#}");
        return if parts.is_empty() { failed } else { format!("{found}; {failed}") };
    }
    if parts.is_empty() {
        // What was not looked at may hold anything.
        let style = if report.summary.files_skipped > 0 { YELLOW } else { GREEN };
        return format!("{style}{}{style:#}", describe_no_findings(report));
    }
    found
}

/// What was silenced, and by what.
fn count_silenced(silenced: &[Silenced]) -> Option<String> {
    let baselined = silenced.iter().filter(|silenced| silenced.by == Silencer::Baseline).count();
    let findings = count(silenced.len(), "finding");
    match (silenced.len() - baselined, baselined) {
        (0, 0) => None,
        (_, 0) => Some(format!("{findings} by comments")),
        (0, _) => Some(format!("{findings} by the baseline")),
        (comments, _) => {
            Some(format!("{findings}: {comments} by comments, {baselined} by the baseline"))
        }
    }
}

/// Why files were skipped, the most frequent reason first.
fn reasons(notes: &[Note]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for note in notes.iter().filter(|note| note.kind == NoteKind::Skipped) {
        let reason = note.message.strip_prefix("not checked: ").unwrap_or(&note.message);
        *counts.entry(reason).or_default() += 1;
    }
    if counts.is_empty() {
        return String::new();
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let more: usize = counts.iter().skip(LISTED).map(|(_, n)| n).sum();
    let mut parts: Vec<String> = counts
        .iter()
        .take(LISTED)
        .map(|(message, n)| format!("{n} {}", Printable(message)))
        .collect();
    if more > 0 {
        parts.push(format!("{more} for other reasons"));
    }
    format!(": {}", parts.join(", "))
}

fn shown_index(what: &str, index: &IndexProvenance) -> String {
    let name = Printable(&index.name);
    let components = count(index.components, "component");
    let documents = count(index.documents, "document");
    let lines = count(index.lines, "line");
    let digest: String = index.digest.chars().take(12).collect();
    let digest = Printable(&digest);
    format!("{what} {name} {DIM}({components}, {documents}, {lines}, {digest}){DIM:#}")
}

fn severity(severity: Severity) -> (Style, &'static str) {
    match severity {
        Severity::Error => (RED, "error"),
        Severity::Warning => (YELLOW, "warning"),
        Severity::Info => (BLUE, "info"),
    }
}
