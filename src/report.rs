//! Draws a [`Report`](crate::judgement::finding::Report): a file per format.

pub(crate) mod card;
mod cells;
pub(crate) mod csv;
pub(crate) mod cyclonedx;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod explain_json;
pub mod forge;
mod found;
pub(crate) mod github;
pub(crate) mod gitlab;
pub mod html;
pub(crate) mod index;
pub mod json;
pub(crate) mod jsonl;
pub(crate) mod junit;
pub(crate) mod license;
pub(crate) mod log;
pub mod markdown;
mod origins;
pub(crate) mod patch;
pub(crate) mod printable;
mod repository;
mod rules;
pub(crate) mod sarif;
pub(crate) mod shape;
mod source_facts;
pub(crate) mod spdx;
pub(crate) mod spdx3;
pub(crate) mod strength;
pub(crate) mod suggested;
pub mod text;
pub(crate) mod words;

use std::io;

pub use repository::Repository;
pub use source_facts::SourceFacts;

use crate::judgement::finding::{Explanation, Report};
use crate::project::config::FailOn;

/// The formats that answers to a question are drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs, by a schema.
    Json,
}

/// A format that a report is drawn in: a row of [`FORMATS`].
#[derive(Debug)]
pub struct ReportFormat {
    /// What `--format` calls it.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub help: &'static str,
    needs: &'static [Need],
    write: fn(&Drawing<'_>, &mut dyn io::Write) -> io::Result<()>,
}

/// What a format is drawn with beside the report, or what goes along with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Facts about the text of files, without which it cannot be drawn.
    Facts,
    /// The same, as far as the files are still there.
    FactsIfThere,
    /// An account of each reference, whose code it shows.
    Code,
    /// The explanations that were asked for.
    Explanations,
    /// What the run was.
    Run,
    /// Styles of a terminal.
    Styles,
    /// The summary of a job on GitHub, beside it.
    JobSummary,
}

/// Every format, each described in `docs/formats.md`. The first is the one nobody asks for.
pub static FORMATS: [ReportFormat; 14] = [
    ReportFormat {
        name: "text",
        help: "for people",
        needs: &[Need::FactsIfThere, Need::Explanations, Need::Styles],
        write: |from, out| {
            text::write(from.report, from.facts, from.text, out)?;
            explain::write_text(from.told.unwrap_or_default(), out)
        },
    },
    ReportFormat {
        name: "json",
        help: "for programs",
        needs: &[Need::Explanations],
        write: |from, out| match from.told {
            Some(told) => explain_json::write_with_report(from.report, told, out),
            None => json::write(from.report, out),
        },
    },
    ReportFormat {
        name: "jsonl",
        help: "for programs, an object a line",
        needs: &[],
        write: |from, out| jsonl::write(from.report, out),
    },
    ReportFormat {
        name: "sarif",
        help: "SARIF 2.1.0, for code scanning",
        needs: &[Need::Facts],
        write: |from, out| sarif::write(from.report, from.repository, from.facts, out),
    },
    ReportFormat {
        name: "github",
        help: "annotations and a job summary on GitHub",
        needs: &[Need::Facts, Need::JobSummary],
        write: |from, out| github::write(from.report, from.repository, from.facts, out),
    },
    ReportFormat {
        name: "gitlab",
        help: "code quality report of GitLab",
        needs: &[],
        write: |from, out| gitlab::write(from.report, from.repository, out),
    },
    ReportFormat {
        name: "markdown",
        help: "for pull requests and pages",
        needs: &[Need::Code],
        write: |from, out| {
            markdown::write(from.report, from.explanations, markdown::Length::Whole, out)
        },
    },
    ReportFormat {
        name: "html",
        help: "one page, with the code side by side",
        needs: &[Need::Code, Need::Run],
        write: |from, out| html::write(from.report, from.explanations, from.run, out),
    },
    ReportFormat {
        name: "csv",
        help: "a table for spreadsheets, a row for each match",
        needs: &[],
        write: |from, out| csv::write(from.report, out),
    },
    ReportFormat {
        name: "junit",
        help: "JUnit XML, findings as tests",
        needs: &[],
        write: |from, out| junit::write(from.report, from.repository, from.fail_on, out),
    },
    ReportFormat {
        name: "cyclonedx",
        help: "CycloneDX 1.7, origins with evidence and occurrences",
        needs: &[],
        write: |from, out| cyclonedx::write(from.report, cyclonedx::Version::V1_7, out),
    },
    ReportFormat {
        name: "cyclonedx-1.6",
        help: "the same for tools that do not read 1.7",
        needs: &[],
        write: |from, out| cyclonedx::write(from.report, cyclonedx::Version::V1_6, out),
    },
    ReportFormat {
        name: "spdx",
        help: "SPDX 2.3, references as snippets",
        needs: &[Need::Facts],
        write: |from, out| spdx::write(from.report, from.facts, from.created, out),
    },
    ReportFormat {
        name: "spdx3",
        help: "SPDX 3.0.1, references as snippets",
        needs: &[Need::Facts],
        write: |from, out| spdx3::write(from.report, from.facts, from.created, out),
    },
];

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
    /// The severity from which a finding fails a run of this project.
    pub fail_on: FailOn,
}

impl ReportFormat {
    /// The format of that name.
    pub fn from_name(name: &str) -> Option<&'static ReportFormat> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// Whether it needs this.
    pub(crate) fn needs(&self, what: Need) -> bool {
        self.needs.contains(&what)
    }

    /// Draws a report.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(&self, drawing: &Drawing<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        (self.write)(drawing, out)
    }
}

impl Default for &'static ReportFormat {
    fn default() -> Self {
        &FORMATS[0]
    }
}

impl PartialEq for ReportFormat {
    fn eq(&self, other: &ReportFormat) -> bool {
        self.name == other.name
    }
}

impl Eq for ReportFormat {}
