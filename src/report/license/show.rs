//! What `birthmark license show` has to say.

use std::io::{self, Write};

use serde::Serialize;

use super::super::json::write_value;
use super::super::printable::Printable;
use super::super::text::{BOLD, DIM, row};
use super::super::words::{count, license_name};
use crate::judgement::finding::Note;
use crate::license::{LicenseFact, Precision};
use crate::project::config::{Decided, Statement, StatementKind};

/// The licence a path is under.
pub(crate) struct Shown<'a> {
    /// The path as reports show it.
    pub path: &'a str,
    /// Its licence and where that is from.
    pub decided: &'a Decided,
    /// Of a directory: the licences of the source files below it.
    pub below: &'a [Below],
    /// What could not be read on the way.
    pub notes: &'a [Note],
}

/// Source files below a directory that stand under the same licence by the same statements.
pub(crate) struct Below {
    /// What was decided for them.
    pub decided: Decided,
    /// How many there are.
    pub files: u64,
    /// The first of them.
    pub example: String,
}

impl Shown<'_> {
    /// Says it to people.
    ///
    /// # Errors
    /// If writing fails.
    pub(crate) fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let license = sentence(&self.decided.license);
        writeln!(out, "{BOLD}{}{BOLD:#} is under {license}", Printable(self.path))?;
        for statement in &self.decided.by {
            row(out, "by", &describe_statement(statement))?;
        }
        for statement in &self.decided.passed_over {
            row(out, "not by", &describe_statement(statement))?;
        }
        for below in self.below {
            let files = count(below.files, "file");
            writeln!(
                out,
                "{DIM}below it{DIM:#} {files} under {}",
                sentence(&below.decided.license)
            )?;
            for statement in &below.decided.by {
                row(out, "by", &describe_statement(statement))?;
            }
            row(out, "as", &Printable(&below.example).to_string())?;
        }
        for note in self.notes {
            let path = note.path.as_deref().unwrap_or_default();
            writeln!(out, "note: {}: {}", Printable(path), Printable(&note.message))?;
        }
        writeln!(out, "{DIM}None of this is legal advice.{DIM:#}")
    }

    /// Says it to programs.
    ///
    /// # Errors
    /// If writing fails.
    pub(crate) fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let below = |below: &'_ Below| -> serde_json::Value {
            serde_json::json!({
                "license": License::from(&below.decided.license),
                "decided_by": statements(&below.decided.by),
                "files": below.files,
                "example": below.example,
            })
        };
        let notes = self
            .notes
            .iter()
            .map(|note| serde_json::json!({"path": note.path, "message": note.message}));
        let value = JsonShown {
            schema_version: 1,
            path: self.path,
            license: License::from(&self.decided.license),
            decided_by: statements(&self.decided.by),
            passed_over: statements(&self.decided.passed_over),
            below: self.below.iter().map(below).collect(),
            notes: notes.collect(),
            disclaimer: "None of this is legal advice.",
        };
        write_value(&value, out)
    }
}

pub(super) fn sentence(fact: &LicenseFact) -> String {
    match (&fact.expression, fact.declared.as_str()) {
        (Some(_), "") => license_name(fact),
        (Some(_), declared) if fact.precision == Precision::Imprecise => {
            format!("{}, the strict reading of `{}`", license_name(fact), Printable(declared))
        }
        (Some(_), declared) => {
            format!("{}, declared as `{}`", license_name(fact), Printable(declared))
        }
        (None, "") => "no licence that is known, so that all rights are reserved".to_owned(),
        (None, declared) => format!("`{}`, which could not be read", Printable(declared)),
    }
}

/// "MIT in the manifest pyproject.toml".
fn describe_statement(statement: &Statement) -> String {
    let license = sentence(&statement.license);
    let place = Printable(&statement.place);
    match statement.kind {
        StatementKind::CommandLine => format!("{license}, on the command line"),
        StatementKind::OrganisationPolicy => {
            format!("{license}, in the organisation's policy {place}")
        }
        StatementKind::ReuseOverride => format!("{license}, in {place} (override)"),
        StatementKind::ReuseAggregate => format!("{license}, in {place} (aggregate)"),
        StatementKind::ReuseClosest => format!("{license}, in {place} (closest)"),
        StatementKind::SideFile => format!("{license}, in the side file {place}"),
        StatementKind::Header => format!("{license}, in the file's header"),
        StatementKind::Configuration => format!("{license}, in the configuration {place}"),
        StatementKind::Manifest => format!("{license}, in the manifest {place}"),
        StatementKind::LicenseText => format!("{license}, by the licence text {place}"),
    }
}

fn kind(kind: StatementKind) -> &'static str {
    match kind {
        StatementKind::CommandLine => "command-line",
        StatementKind::OrganisationPolicy => "organisation-policy",
        StatementKind::ReuseOverride => "reuse-override",
        StatementKind::ReuseAggregate => "reuse-aggregate",
        StatementKind::ReuseClosest => "reuse-closest",
        StatementKind::SideFile => "side-file",
        StatementKind::Header => "header",
        StatementKind::Configuration => "configuration",
        StatementKind::Manifest => "manifest",
        StatementKind::LicenseText => "licence-text",
    }
}

fn statements<'a>(statements: &'a [Statement]) -> Vec<JsonStatement<'a>> {
    let statement = |it: &'a Statement| {
        let Statement { license, kind: how, place } = it;
        JsonStatement { kind: kind(*how), place, license: License::from(license) }
    };
    statements.iter().map(statement).collect()
}

#[derive(Serialize)]
struct JsonShown<'a> {
    schema_version: u32,
    path: &'a str,
    license: License<'a>,
    decided_by: Vec<JsonStatement<'a>>,
    passed_over: Vec<JsonStatement<'a>>,
    below: Vec<serde_json::Value>,
    notes: Vec<serde_json::Value>,
    disclaimer: &'a str,
}

#[derive(Serialize)]
struct JsonStatement<'a> {
    kind: &'a str,
    place: &'a str,
    license: License<'a>,
}

/// A licence as programs get it.
#[derive(Serialize)]
pub(super) struct License<'a> {
    expression: Option<&'a str>,
    declared: &'a str,
    exact: bool,
    learned_from: &'a str,
}

impl<'a> From<&'a LicenseFact> for License<'a> {
    fn from(fact: &'a LicenseFact) -> Self {
        License {
            expression: fact.expression.as_ref().map(|expression| expression.as_str()),
            declared: &fact.declared,
            exact: fact.precision == Precision::Exact,
            learned_from: fact.learned_from.code(),
        }
    }
}
