//! A report as Markdown, for a pull request, a job summary or a page of documentation.
//!
//! Text from outside stands in code spans or is escaped, so that a file name is no link, heading or
//! mention.

pub(super) mod escape;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use escape::{code, fence, prose};

use super::cells;
use super::found::{Found, count_by_severity, describe_no_findings, worst_first};
use super::strength::{WEAK_HEADING, strength_in_words, threshold_in_words};
use super::words::{count, count_decisions, shown_declaration, takes, title};
use crate::engine::matcher::Owner;
use crate::judgement::finding::{Explanation, NoteKind, Reference, Report, Rule, Severity};
use crate::license::LicenseFact;

/// How much is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Everything, with the code of each finding where it is known.
    Whole,
    /// No code, and findings until so many bytes are written.
    Summary {
        /// The bytes.
        bytes: usize,
    },
}

/// Lines of code shown of one finding.
const CODE_LINES: usize = 60;
/// Places listed of one origin, and notes of one kind, before the rest is counted.
const LISTED: usize = 20;
/// Files listed that were not checked, before the rest is counted.
const SKIPPED_LISTED: usize = 50;

/// Draws the report.
///
/// # Errors
/// If writing fails.
pub fn write(
    report: &Report,
    explanations: &[Explanation],
    length: Length,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let page = Page { report, explanations, length };
    let mut text = String::new();
    page.heading(&mut text);
    page.findings(&mut text);
    page.notices(&mut text);
    page.write_taken(&mut text);
    page.notes(&mut text);
    page.provenance(&mut text);
    out.write_all(text.as_bytes())
}

struct Page<'a> {
    report: &'a Report,
    explanations: &'a [Explanation],
    length: Length,
}

impl Page<'_> {
    fn heading(&self, text: &mut String) {
        let summary = &self.report.summary;
        let parts: Vec<String> =
            count_by_severity(self.report).into_iter().map(|(_, told)| told).collect();
        let found = format!("Found {}", parts.join(", "));
        let failed = format!("{} could not be checked", count(summary.files_failed, "file"));
        let verdict = match (parts.is_empty(), summary.files_failed > 0) {
            (true, false) => describe_no_findings(self.report),
            (true, true) => format!("{failed}."),
            (false, false) => format!("{found}."),
            (false, true) => format!("{found}; {failed}."),
        };
        let (files, lines) =
            (count(summary.files_scanned, "file"), count(summary.lines_scanned, "line"));
        let references = count(summary.references, "match");
        let _ = writeln!(
            text,
            "## birthmark\n\n**{verdict}** Checked {files} with {lines}: {references}{}.\n",
            count_decisions(self.report)
        );
        if let Some(change) = &self.report.provenance.change {
            let _ = writeln!(
                text,
                "Of {} only what touches its added lines is reported.\n",
                prose(change)
            );
        }
    }

    fn findings(&self, text: &mut String) {
        let mut shown = worst_first(self.report);
        shown.retain(|found| !found.finding.rule.is_listed_by_origin());
        if shown.is_empty() {
            return;
        }
        let mut section = "";
        for (number, found) in shown.iter().enumerate() {
            let mut block = self.render_finding(found);
            let heading = if found.finding.weak { WEAK_HEADING } else { "Findings" };
            if section != heading {
                // Part of the block, so that no heading is left alone where the room ends.
                block.insert_str(0, &format!("### {heading}\n\n"));
                section = heading;
            }
            if let Length::Summary { bytes } = self.length
                && text.len() + block.len() > bytes
            {
                let more = count(shown.len() - number, "further finding");
                let _ = writeln!(text, "{more} would not fit here.\n");
                return;
            }
            text.push_str(&block);
        }
    }

    fn render_finding(&self, found: &Found<'_>) -> String {
        let finding = found.finding;
        let mut text = String::new();
        let (region, cells) = (finding.region, cells::describe(finding.cells));
        let place = format!("{}:{}-{}{cells}", finding.path, region.start_line, region.end_line);
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let headline = match found.reference {
            Some(reference) => title(reference),
            None => finding.message.clone(),
        };
        let rule = finding.rule.code();
        let _ =
            writeln!(text, "#### {level}: {}\n\n{} · `{rule}`\n", prose(&headline), code(&place));
        if let Some(reference) = found.reference {
            origin(&mut text, reference);
            let _ = writeln!(text, "- Strength: {}", strength_in_words(reference));
        }
        if let Some(declared) = found.reference.and_then(|reference| reference.declared.as_ref()) {
            let _ = writeln!(text, "- Declared {}", prose(&shown_declaration(declared)));
        }
        for (i, remedy) in finding.remedies.iter().enumerate() {
            let label = if i == 0 { "Fix" } else { "Or" };
            let _ = writeln!(text, "- {label}: {}", prose(remedy));
        }
        text.push('\n');
        if let (Length::Whole, Some(reference)) = (self.length, found.reference) {
            self.code_of(&mut text, reference);
        }
        text
    }

    fn code_of(&self, text: &mut String, reference: &Reference) {
        let of_it = |explanation: &&Explanation| {
            let other = &explanation.reference;
            (&other.id, &other.path, other.region)
                == (&reference.id, &reference.path, reference.region)
        };
        let Some(explanation) = self.explanations.iter().find(of_it) else {
            return;
        };
        let lines = &explanation.lines[..explanation.lines.len().min(CODE_LINES)];
        let mut shown: Vec<String> = Vec::new();
        for line in lines {
            let origin = line.origin.map(|origin| origin.to_string()).unwrap_or_default();
            shown.push(format!("{:>6} {origin:>6} | {}", line.number, line.text));
        }
        let more = explanation.lines.len() - lines.len();
        if more > 0 {
            shown.push(format!("and {}", count(more, "more line")));
        }
        let _ = writeln!(
            text,
            "<details><summary>The code: line here, line there</summary>\n\n{}\n</details>\n",
            fence(&shown)
        );
    }

    /// Code that may stay if its notice is kept: a row per origin.
    fn notices(&self, text: &mut String) {
        let mut origins: BTreeMap<(String, String), Vec<&Reference>> = BTreeMap::new();
        for reference in &self.report.references {
            if let Some(owner) = reference.owners.first()
                && reference.lacks_notice()
            {
                let origin = (owner.purl.to_string(), describe_license(&owner.license));
                origins.entry(origin).or_default().push(reference);
            }
        }
        let heading = ["Allowed, if the notice of the origin is kept", "origin", "licence"];
        table(heading, &origins, text);
    }

    /// Code of the project that others hold: a row per package.
    fn write_taken(&self, text: &mut String) {
        let mut holders: BTreeMap<(String, String), Vec<&Reference>> = BTreeMap::new();
        for reference in self.report.of_rule(Rule::TakenFromProject) {
            if let (Some(owner), Some(taking)) =
                (reference.owners.first(), reference.direction.origin_takes)
            {
                let holder = (owner.purl.to_string(), takes(taking).to_owned());
                holders.entry(holder).or_default().push(reference);
            }
        }
        table(["Probably taken from this project by others", "package", "why"], &holders, text);
    }

    fn notes(&self, text: &mut String) {
        let kinds = [
            (NoteKind::Failed, "could not be checked"),
            (NoteKind::Warning, "warning"),
            (NoteKind::Partial, "checked in part"),
            (NoteKind::Skipped, "not checked"),
            (NoteKind::Info, "note"),
        ];
        let mut any = false;
        for (kind, word) in kinds {
            let of_kind = || self.report.notes.iter().filter(move |note| note.kind == kind);
            let listed = if kind == NoteKind::Skipped { SKIPPED_LISTED } else { LISTED };
            for note in of_kind().take(listed) {
                let path =
                    note.path.as_ref().map(|path| format!("{}: ", code(path))).unwrap_or_default();
                let _ = writeln!(text, "- {word}: {path}{}", prose(&note.message));
                any = true;
            }
            if let Some(more) = of_kind().count().checked_sub(listed + 1) {
                let _ = writeln!(text, "- {word}: {}", count(more + 1, "more file"));
            }
        }
        if any {
            text.push('\n');
        }
    }

    fn provenance(&self, text: &mut String) {
        let provenance = &self.report.provenance;
        let sets = provenance.indexes.iter().map(|index| ("index", index));
        for (what, index) in sets.chain(provenance.idioms.iter().map(|idioms| ("idioms", idioms))) {
            let (name, digest) =
                (code(&index.name), code(index.digest.get(..12).unwrap_or(&index.digest)));
            let (components, lines) =
                (count(index.components, "component"), count(index.lines, "line"));
            let _ = writeln!(text, "- {what} {name} ({components}, {lines}, {digest})");
        }
        if let Some(policy) = &provenance.organisation {
            let digest = code(policy.digest.get(..12).unwrap_or(&policy.digest));
            let _ = writeln!(text, "- the organisation's policy {} ({digest})", code(&policy.file));
        }
        let _ = writeln!(
            text,
            "- birthmark {}, from {}\n",
            provenance.version,
            threshold_in_words(provenance)
        );
        text.push_str("A match is evidence, not proof, and none of this is legal advice.\n");
    }
}

fn origin(text: &mut String, reference: &Reference) {
    let Some(owner) = reference.owners.first() else {
        return;
    };
    let others = match reference.owners.len() - 1 {
        0 => String::new(),
        others => format!(" and {}", count(others, "more owner")),
    };
    let _ = writeln!(
        text,
        "From {}, {}{others}, under {}: {:.0} bits of evidence in {}.\n\n{}.\n",
        code(owner.purl.as_str()),
        code(&lines_of(owner)),
        describe_license(&owner.license),
        reference.evidence.bits,
        count(reference.evidence.matched_tokens, "token"),
        prose(reference.verdict.reason.trim_end_matches('.')),
    );
}

fn lines_of(owner: &Owner) -> String {
    format!("{}:{}-{}", owner.path, owner.lines.first, owner.lines.last)
}

/// References by package and what is to be said of it; the heading names the table and its first
/// two columns.
fn table(
    [heading, package, said]: [&str; 3],
    packages: &BTreeMap<(String, String), Vec<&Reference>>,
    text: &mut String,
) {
    if packages.is_empty() {
        return;
    }
    let _ = writeln!(text, "### {heading}\n\n| {package} | {said} | places |\n|---|---|---|");
    for ((purl, said), references) in packages {
        let mut places: Vec<String> =
            references.iter().take(LISTED).map(|reference| code(&place(reference))).collect();
        if references.len() > LISTED {
            places.push(count(references.len() - LISTED, "more place"));
        }
        let _ = writeln!(text, "| {} | {said} | {} |", code(purl), places.join("<br>"));
    }
    text.push('\n');
}

fn place(reference: &Reference) -> String {
    let (region, cells) = (reference.region, cells::describe(reference.cells));
    format!("{}:{}-{}{cells}", reference.path, region.start_line, region.end_line)
}

fn describe_license(fact: &LicenseFact) -> String {
    match &fact.expression {
        Some(expression) => prose(expression.as_str()),
        None => "an unknown licence".to_owned(),
    }
}
