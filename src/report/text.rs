//! A report for people: what was found, whose it is, why it matters, what to do, in as few lines as that takes.
//!
//! Findings come first, by file. Notices that only have to be kept are one line per origin. The last lines say what
//! was checked and against which index, so that "nothing found" can be judged.

mod by_origin;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::found::counted;
use super::printable::Printable;
use super::strength::{WEAK_HEADING, strength_in_words, threshold_in_words};
use crate::engine::evidence::Strength;
use crate::engine::matcher::{CopyKind, Evidence, Owner};
use crate::judgement::finding::{
    Acceptance, Agreement, Decision, Declared, DeclaredBy, Finding, IndexProvenance, Note, NoteKind,
    Reference, Report, Severity, Silenced, Silencer,
};
use crate::license::{LearnedFrom, LicenseFact, Precision};
use crate::text::span::Region;

pub(super) use by_origin::takes;

/// How much of a report is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextSettings {
    /// Which references.
    pub references: References,
    /// What besides them.
    pub frame: Frame,
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

/// Places listed of one origin whose notice must be kept, and reasons for skipping, before the rest is counted.
const LISTED: usize = 3;

/// Owners listed of one reference where all are asked for.
const OWNERS_LISTED: usize = 10;

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
pub fn write(report: &Report, settings: TextSettings, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { report, settings };
    page.blocks(out)?;
    page.notices(out)?;
    page.taken(out)?;
    page.notes(out)?;
    if settings.frame == Frame::Full {
        page.summary(out)?;
    }
    Ok(())
}

struct Page<'a> {
    report: &'a Report,
    settings: TextSettings,
}

/// A reference to be shown in full, with the finding about it if there is one.
struct Block<'a> {
    reference: &'a Reference,
    finding: Option<&'a Finding>,
}

impl<'a> Page<'a> {
    fn blocks(&self, out: &mut dyn Write) -> io::Result<()> {
        let is_weak = |block: &Block<'_>| block.finding.is_some_and(|finding| finding.weak);
        let (weak, strong) = self.chosen_blocks().into_iter().partition::<Vec<_>, _>(is_weak);
        self.by_file(strong, out)?;
        self.placeless(out)?;
        if !weak.is_empty() {
            writeln!(out, "{BOLD}{WEAK_HEADING}{BOLD:#}\n")?;
        }
        self.by_file(weak, out)
    }

    fn by_file(&self, blocks: Vec<Block<'a>>, out: &mut dyn Write) -> io::Result<()> {
        let mut current = None;
        for block in blocks {
            let path = &block.reference.path;
            if current != Some(path) {
                let license = described(&block.reference.outbound);
                let path = Printable(path);
                writeln!(out, "{BOLD}{path}{BOLD:#} {DIM}under {license}{DIM:#}")?;
                current = Some(&block.reference.path);
            }
            self.block(&block, out)?;
            writeln!(out)?;
        }
        Ok(())
    }

    /// Findings about no reference at their place; none may get lost.
    fn placeless(&self, out: &mut dyn Write) -> io::Result<()> {
        let places: HashSet<Place<'_>> = self.report.references.iter().map(place_of).collect();
        for finding in &self.report.findings {
            if !places.contains(&place_of_finding(finding)) {
                headline(finding, &Printable(&finding.message).to_string(), out)?;
                arrow(&finding.path, finding.region, &finding.reference, out)?;
                remedies(&finding.remedies, out)?;
                writeln!(out)?;
            }
        }
        Ok(())
    }

    /// The references to show, in the report's order.
    fn chosen_blocks(&self) -> Vec<Block<'a>> {
        let mut findings: HashMap<Place<'a>, &'a Finding> = HashMap::new();
        for finding in &self.report.findings {
            findings.insert(place_of_finding(finding), finding);
        }
        let with_finding = |reference: &'a Reference| Block {
            reference,
            finding: findings.get(&place_of(reference)).copied(),
        };
        self.report
            .references
            .iter()
            .map(with_finding)
            .filter(|block| match self.settings.references {
                References::All => true,
                References::Findings => {
                    block.finding.is_some_and(|finding| !finding.rule.is_listed_by_origin())
                }
            })
            .collect()
    }

    fn block(&self, block: &Block<'a>, out: &mut dyn Write) -> io::Result<()> {
        let Block { reference, finding } = block;
        let title = title(reference);
        match finding {
            Some(finding) => headline(finding, &title, out)?,
            None => writeln!(out, "  {GREEN}reference{GREEN:#}{BOLD}: {title}{BOLD:#}")?,
        }
        arrow(&reference.path, reference.region, &reference.id, out)?;
        self.owners(reference, out)?;
        row(out, "evidence", &shown_evidence(&reference.evidence))?;
        row(out, "strength", &strength_in_words(reference))?;
        if let Some(declared) = &reference.declared {
            row(out, "declared", &shown_declaration(declared))?;
        }
        row(out, "why", &Printable(&reference.verdict.reason).to_string())?;
        if let Some(Acceptance { by, at, reason }) = &reference.accepted {
            let (by, at, reason) = (Printable(by), Printable(at), Printable(reason));
            return row(out, "but", &format!("accepted by {by}, {at}: {reason}"));
        }
        remedies(
            match finding {
                Some(finding) if !finding.remedies.is_empty() => &finding.remedies,
                _ => &reference.verdict.remedies,
            },
            out,
        )
    }

    fn owners(&self, reference: &Reference, out: &mut dyn Write) -> io::Result<()> {
        let listed = match self.settings.references {
            References::Findings => 1,
            References::All => OWNERS_LISTED,
        };
        for (i, owner) in reference.owners.iter().take(listed).enumerate() {
            let more = match reference.owners.len().saturating_sub(listed) {
                more if more > 0 && i + 1 == listed => {
                    format!(" (+ {})", count(more, "more owner"))
                }
                _ => String::new(),
            };
            let place = shown_origin(owner);
            row(out, if i == 0 { "from" } else { "or from" }, &format!("{place}{more}"))?;
            row(out, "licence", &described(&owner.license))?;
        }
        Ok(())
    }

    fn notes(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut any = false;
        for note in &self.report.notes {
            let (style, name) = match (note.kind, self.settings.frame) {
                (NoteKind::Failed, _) => (RED, "failed"),
                (_, Frame::FindingsOnly) | (NoteKind::Skipped, _) => continue,
                // Limits of the search are of interest to whoever asks for everything; JSON has them always.
                (NoteKind::Limit, _) if self.settings.references == References::Findings => continue,
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
        if any { writeln!(out) } else { Ok(()) }
    }

    fn summary(&self, out: &mut dyn Write) -> io::Result<()> {
        let summary = &self.report.summary;
        writeln!(out, "{}", verdict_line(self.report))?;
        let files = count(summary.files_scanned, "file");
        let lines = count(summary.lines_scanned, "line");
        let references = count(summary.references, "reference");
        let decided = decided(self.report);
        writeln!(out, "{DIM}checked{DIM:#}  {files}, {lines}; {references}{decided}")?;
        if let Some(change) = &self.report.provenance.change {
            let change = Printable(change);
            writeln!(out, "{DIM}change{DIM:#}   {change}; only what touches its added lines is reported")?;
        }
        if let Some(silenced) = silenced(&self.report.silenced) {
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
        let threshold = threshold_in_words(&self.report.provenance);
        writeln!(out, "{DIM}from{DIM:#}     {threshold}")?;
        if summary.references > 0 {
            writeln!(
                out,
                "{DIM}A resemblance is evidence, not proof, and none of this is legal advice.{DIM:#}"
            )?;
        }
        Ok(())
    }
}

/// Which code at which place: ids alone repeat where the same code stands twice.
type Place<'a> = (&'a str, &'a str, Region);

fn place_of(reference: &Reference) -> Place<'_> {
    (&reference.id, &reference.path, reference.region)
}

fn place_of_finding(finding: &Finding) -> Place<'_> {
    (&finding.reference, &finding.path, finding.region)
}

fn headline(finding: &Finding, title: &str, out: &mut dyn Write) -> io::Result<()> {
    let (style, name) = severity(finding.severity);
    let code = finding.rule.code();
    writeln!(out, "  {style}{name}[{code}]{style:#}{BOLD}: {title}{BOLD:#}")
}

/// What is the matter, in one line; whose code it is and why it matters is told below it.
pub(super) fn title(reference: &Reference) -> String {
    let kind = copy_kind(reference.kind);
    if reference.direction.origin_takes.is_some() {
        return format!("{kind} copy of this project's code in another package");
    }
    let owner = reference.owners.first().map(|owner| &owner.license);
    let license = match owner.and_then(|fact| fact.expression.as_ref()) {
        Some(expression) => format!("{} code", Printable(expression.as_str())),
        None if reference.verdict.decision == Decision::Reserved => "code without a licence".to_owned(),
        None => "code under an unknown licence".to_owned(),
    };
    let file = match &reference.outbound.expression {
        Some(expression) => Printable(expression.as_str()).to_string(),
        None => "an unknown licence".to_owned(),
    };
    let judgement = match reference.verdict.decision {
        Decision::Incompatible => format!(", which may not stand under {file}"),
        Decision::Review => format!(", which may or may not stand under {file}"),
        Decision::Unknown | Decision::Reserved => format!(" in a file under {file}"),
        Decision::AttributionNeeded => ", whose notice must be kept".to_owned(),
        Decision::Compatible => format!(", which may stand under {file}"),
    };
    match reference.strength {
        Strength::Substantial => format!("{kind} copy of {license}{judgement}"),
        Strength::Weak => format!("weak resemblance to {license}{judgement}"),
    }
}

fn shown_evidence(evidence: &Evidence) -> String {
    let Evidence { bits, structure, names, literals, penalties, calibration, .. } = *evidence;
    let tokens = count(evidence.matched_tokens, "token");
    let held = match evidence.packages {
        0 | 1 => String::new(),
        more => format!(", held by {more} packages"),
    };
    format!(
        "{bits:.0} bits in {tokens}{held} {DIM}(structure {structure:.0}, names {names:.0}, literals {literals:.0}, \
         penalties {penalties:.0}, calibration {calibration:.0}){DIM:#}"
    )
}

/// Digits of an id that are shown: `birthmark explain` takes any beginning that is unique.
const ID_DIGITS: usize = 8;

fn arrow(path: &str, region: Region, id: &str, out: &mut dyn Write) -> io::Result<()> {
    let path = Printable(path);
    let region = shown_region(region);
    let id: String = id.chars().take(ID_DIGITS).collect();
    let id = Printable(&id);
    writeln!(out, "   {BLUE}-->{BLUE:#} {path}:{region}  {DIM}{id}{DIM:#}")
}

pub(super) fn remedies(remedies: &[String], out: &mut dyn Write) -> io::Result<()> {
    for (i, remedy) in remedies.iter().enumerate() {
        let label = if i == 0 { "fix" } else { "or" };
        row(out, label, &Printable(remedy).to_string())?;
    }
    Ok(())
}

pub(super) fn row(out: &mut dyn Write, label: &str, text: &str) -> io::Result<()> {
    writeln!(out, "       {DIM}{label:<8}{DIM:#} {text}")
}

fn verdict_line(report: &Report) -> String {
    let mut parts: Vec<String> = counted(report)
        .into_iter()
        .map(|(level, told)| {
            let (style, _) = severity(level);
            format!("{style}{told}{style:#}")
        })
        .collect();
    if report.summary.files_failed > 0 {
        let failed = count(report.summary.files_failed, "file");
        parts.push(format!("{RED}{failed} could not be checked{RED:#}"));
    }
    if parts.is_empty() {
        return format!("{GREEN}Nothing found that needs attention.{GREEN:#}");
    }
    format!("{BOLD}Found{BOLD:#} {}", parts.join(", "))
}

/// What was silenced, and by what.
fn silenced(silenced: &[Silenced]) -> Option<String> {
    let baselined = silenced.iter().filter(|silenced| silenced.by == Silencer::Baseline).count();
    let findings = count(silenced.len(), "finding");
    match (silenced.len() - baselined, baselined) {
        (0, 0) => None,
        (_, 0) => Some(format!("{findings} by comments")),
        (0, _) => Some(format!("{findings} by the baseline")),
        (comments, _) => Some(format!("{findings}: {comments} by comments, {baselined} by the baseline")),
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
    let mut parts: Vec<String> =
        counts.iter().take(LISTED).map(|(message, n)| format!("{n} {}", Printable(message))).collect();
    if more > 0 {
        parts.push(format!("{more} for other reasons"));
    }
    format!(": {}", parts.join(", "))
}

pub(super) fn shown_region(region: Region) -> String {
    let Region { start_line, start_column, end_line, end_column } = region;
    format!("{start_line}:{start_column}-{end_line}:{end_column}")
}

fn shown_origin(owner: &Owner) -> String {
    let purl = Printable(owner.purl.as_str());
    let path = Printable(&owner.path);
    let (first, last) = (owner.lines.first, owner.lines.last);
    let vendored = if owner.vendored { ", vendored there" } else { "" };
    let others = match owner.versions.len().saturating_sub(1) {
        0 => String::new(),
        others => format!(" and {}", count(others as u64, "other version")),
    };
    format!("{CYAN}{purl}{CYAN:#} {path}:{first}-{last}{vendored}{others}")
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

pub(super) fn named(fact: &LicenseFact) -> String {
    match &fact.expression {
        Some(expression) => Printable(expression.as_str()).to_string(),
        None => "an unknown licence".to_owned(),
    }
}

/// A licence, how sure it is, and where it was learned.
pub(crate) fn described(fact: &LicenseFact) -> String {
    let mut text = named(fact);
    if fact.precision == Precision::Imprecise || fact.expression.is_none() {
        if !fact.declared.is_empty() {
            text.push_str(&format!(", declared as `{}`", Printable(&fact.declared)));
        } else if fact.expression.is_some() {
            text.push_str(", not exactly declared");
        }
    }
    let source = match fact.learned_from {
        LearnedFrom::Given => "as given",
        LearnedFrom::Metadata => "from the package's metadata",
        LearnedFrom::Classifier => "from a classifier of the package",
        LearnedFrom::LicenseText => "from the licence text beside it",
        LearnedFrom::FileHeader => "from the file's header",
        LearnedFrom::SideFile => "from the .license file beside it",
        LearnedFrom::Reuse => "from REUSE annotations",
        LearnedFrom::Nowhere => "none was found",
    };
    format!("{text} ({source})")
}

fn severity(severity: Severity) -> (Style, &'static str) {
    match severity {
        Severity::Error => (RED, "error"),
        Severity::Warning => (YELLOW, "warning"),
        Severity::Info => (BLUE, "info"),
    }
}

pub(super) fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Compatible => "compatible",
        Decision::AttributionNeeded => "to attribute",
        Decision::Review => "to review",
        Decision::Unknown => "unknown",
        Decision::Reserved => "all rights reserved",
        Decision::Incompatible => "incompatible",
    }
}

/// How many references there are of each standing.
pub(super) fn decided(report: &Report) -> String {
    let mut counts: BTreeMap<(Decision, &str), usize> = BTreeMap::new();
    for reference in &report.references {
        *counts.entry((reference.verdict.decision, standing(reference))).or_default() += 1;
    }
    if counts.is_empty() {
        return String::new();
    }
    let parts: Vec<String> =
        counts.into_iter().rev().map(|((_, standing), n)| format!("{n} {standing}")).collect();
    format!(" ({})", parts.join(", "))
}

/// What a reference counts as.
pub(super) fn standing(reference: &Reference) -> &'static str {
    let declared = reference.declared.as_ref().is_some_and(Declared::agrees);
    match reference.verdict.decision {
        _ if reference.accepted.is_some() => "accepted",
        Decision::AttributionNeeded if declared => "declared",
        other => decision(other),
    }
}

pub(super) fn shown_declaration(declared: &Declared) -> String {
    let by = match declared.by {
        DeclaredBy::Snippet => "by snippet tags",
        DeclaredBy::Comment => "in a comment",
        DeclaredBy::Header => "in the file's header",
        DeclaredBy::Beside => "beside the file",
    };
    let mut text = by.to_owned();
    if let Some(line) = declared.line {
        text.push_str(&format!(" on line {line}"));
    }
    if let Some(license) = &declared.license {
        text.push_str(&format!(", under {}", named(license)));
    }
    if let Some(origin) = &declared.origin {
        text.push_str(&format!(", from {}", Printable(origin)));
    }
    if let Agreement::None(why) = &declared.agreement {
        text.push_str(&format!(": {}", Printable(why)));
    }
    text
}

pub(super) fn copy_kind(kind: CopyKind) -> &'static str {
    match kind {
        CopyKind::Verbatim => "verbatim",
        CopyKind::Reformatted => "reformatted",
        CopyKind::Renamed => "renamed",
        CopyKind::Edited => "edited",
    }
}

/// `1 file`, `12,345 files`.
pub(crate) fn count(n: impl TryInto<u64>, what: &str) -> String {
    let n = n.try_into().unwrap_or(u64::MAX);
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(n))
}

/// `12,345`.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
