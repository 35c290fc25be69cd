//! Draws a [`Report`](crate::judgement::finding::Report): a file per format.

pub mod card;
pub mod cyclonedx;
pub mod doctor;
pub mod explain;
pub mod explain_json;
mod found;
pub mod github;
pub mod gitlab;
pub mod html;
pub mod index;
pub mod json;
pub mod jsonl;
pub mod license;
pub mod log;
pub mod markdown;
mod origins;
pub mod patch;
pub mod printable;
mod repository;
mod rules;
pub mod sarif;
pub(crate) mod shape;
mod source_facts;
pub mod spdx;
pub(crate) mod strength;
pub mod suggested;
pub mod text;
pub(crate) mod words;

use std::io;

pub use repository::Repository;
pub use source_facts::SourceFacts;

use crate::judgement::finding::{Explanation, Report};

/// The formats that answers to a question are drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs, by a schema.
    Json,
}

/// The formats a report is drawn in, each described in `docs/formats.md`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReportFormat {
    /// For people at a terminal.
    #[default]
    Text,
    /// For programs, by `docs/report.schema.json`.
    Json,
    /// For programs that read line by line, by `docs/report-lines.schema.json`.
    Jsonl,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow commands that become annotations on GitHub.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// Markdown.
    Markdown,
    /// One page of HTML.
    Html,
    /// CycloneDX 1.6.
    Cyclonedx,
    /// SPDX 2.3.
    Spdx,
}

/// What a format needs to know of the text of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Facts {
    /// Nothing.
    Unused,
    /// It shows more with them, and does without of a file that is gone.
    Welcome,
    /// It cannot do without.
    Needed,
}

/// What a report is drawn from.
pub struct Drawing<'a> {
    /// The report.
    pub report: &'a Report,
    /// Accounts of references, as far as a format that shows code needs them.
    pub explanations: &'a [Explanation],
    /// The accounts that were asked for and are told in full.
    pub told: Option<&'a [Explanation]>,
    /// How much the text for people holds.
    pub text: text::TextSettings,
    /// Where the repository begins.
    pub repository: &'a Repository,
    /// What is known of the text of the files in which something was found.
    pub facts: &'a SourceFacts,
    /// The time, for formats that cannot do without, as RFC 3339 has it.
    pub created: &'a str,
    /// What the run was.
    pub run: &'a html::Run,
}

impl ReportFormat {
    /// Every format with its name and what it is for.
    pub const NAMED: [(ReportFormat, &'static str, &'static str); 10] = [
        (ReportFormat::Text, "text", "for people"),
        (ReportFormat::Json, "json", "for programs"),
        (ReportFormat::Jsonl, "jsonl", "for programs, an object a line"),
        (ReportFormat::Sarif, "sarif", "SARIF 2.1.0, for code scanning"),
        (ReportFormat::Github, "github", "annotations and a job summary on GitHub"),
        (ReportFormat::Gitlab, "gitlab", "code quality report of GitLab"),
        (ReportFormat::Markdown, "markdown", "for pull requests and pages"),
        (ReportFormat::Html, "html", "one page, with the code side by side"),
        (
            ReportFormat::Cyclonedx,
            "cyclonedx",
            "CycloneDX 1.6, origins with evidence and occurrences",
        ),
        (ReportFormat::Spdx, "spdx", "SPDX 2.3, references as snippets"),
    ];

    /// The format of that name.
    pub fn from_name(name: &str) -> Option<ReportFormat> {
        ReportFormat::NAMED.iter().find(|(_, known, _)| *known == name).map(|&(format, ..)| format)
    }

    /// Whether it shows the code of references, and needs an account of each.
    pub fn shows_code(self) -> bool {
        matches!(self, ReportFormat::Markdown | ReportFormat::Html)
    }

    /// What it needs to know of the text of files.
    pub fn facts(self) -> Facts {
        match self {
            ReportFormat::Sarif | ReportFormat::Github | ReportFormat::Spdx => Facts::Needed,
            ReportFormat::Text => Facts::Welcome,
            _ => Facts::Unused,
        }
    }

    /// Whether it can tell explanations that were asked for.
    pub fn tells_explanations(self) -> bool {
        matches!(self, ReportFormat::Text | ReportFormat::Json)
    }
}

/// Draws a report.
///
/// # Errors
/// If writing fails.
pub fn write(
    format: ReportFormat,
    drawing: &Drawing<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let Drawing { report, explanations, told, text, repository, facts, created, run } = *drawing;
    match (format, told) {
        (ReportFormat::Text, _) => {
            text::write(report, facts, text, out)?;
            explain::write_text(told.unwrap_or_default(), out)
        }
        (ReportFormat::Json, None) => json::write(report, out),
        (ReportFormat::Json, Some(told)) => explain_json::write_with_report(report, told, out),
        (ReportFormat::Jsonl, _) => jsonl::write(report, out),
        (ReportFormat::Sarif, _) => sarif::write(report, repository, facts, out),
        (ReportFormat::Github, _) => github::write(report, repository, facts, out),
        (ReportFormat::Gitlab, _) => gitlab::write(report, repository, out),
        (ReportFormat::Markdown, _) => {
            markdown::write(report, explanations, markdown::Length::Whole, out)
        }
        (ReportFormat::Html, _) => html::write(report, explanations, run, out),
        (ReportFormat::Cyclonedx, _) => cyclonedx::write(report, out),
        (ReportFormat::Spdx, _) => spdx::write(report, facts, created, out),
    }
}
