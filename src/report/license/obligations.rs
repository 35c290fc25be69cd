//! What `birthmark license obligations` has to say.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::super::json::write_value;
use super::super::printable::Printable;
use super::super::text::{BOLD, DIM};
use crate::license::{Duty, LicenseExpression, duties};

/// Licences whose duties are asked for.
#[derive(Debug, Default)]
pub(crate) struct Obligations {
    /// By licence, the packages it was found in.
    licenses: BTreeMap<String, Vec<String>>,
    /// Expressions that offer a choice.
    choices: Vec<String>,
    /// Exceptions that the expressions name.
    exceptions: Vec<String>,
}

impl Obligations {
    /// Takes in the licences of an expression, `package` being whose it is.
    pub(crate) fn take(&mut self, expression: &LicenseExpression, package: Option<&str>) {
        for id in expression.licenses() {
            let packages = self.licenses.entry(id).or_default();
            packages.extend(package.map(str::to_owned));
            packages.sort();
            packages.dedup();
        }
        if expression.as_str().contains(" OR ") {
            put(&mut self.choices, expression.as_str());
        }
        let parts = expression.as_str().split(" WITH ").skip(1);
        for part in parts.filter_map(|part| part.split([' ', ')']).next()) {
            put(&mut self.exceptions, part);
        }
    }

    /// Says it to people.
    ///
    /// # Errors
    /// If writing fails.
    pub(crate) fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for (id, packages) in &self.licenses {
            writeln!(out, "{BOLD}{}{BOLD:#}", Printable(id))?;
            for package in packages {
                writeln!(out, "  of {}", Printable(package))?;
            }
            let duties = duties(id);
            if duties.is_empty() {
                writeln!(out, "  birthmark has no summary of it: read its text")?;
            }
            for duty in &duties {
                writeln!(out, "  - {}: {}", duty.occasion(), duty.duty)?;
                writeln!(out, "    {DIM}{}{DIM:#}", duty.source)?;
            }
        }
        for choice in &self.choices {
            writeln!(out, "`{}` offers a choice: the duties of one will do.", Printable(choice))?;
        }
        for exception in &self.exceptions {
            let exception = Printable(exception);
            writeln!(
                out,
                "{exception} takes duties away: read https://spdx.org/licenses/{exception}.html"
            )?;
        }
        writeln!(out, "{DIM}A summary. None of this is legal advice.{DIM:#}")
    }

    /// Says it to programs.
    ///
    /// # Errors
    /// If writing fails.
    pub(crate) fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let licenses = self.licenses.iter().map(|(license, packages)| JsonLicense {
            license,
            packages,
            duties: duties(license).into_iter().map(JsonDuty::from).collect(),
        });
        let value = JsonObligations {
            schema_version: 1,
            licenses: licenses.collect(),
            choices: &self.choices,
            exceptions: &self.exceptions,
            disclaimer: "A summary. None of this is legal advice.",
        };
        write_value(&value, out)
    }
}

fn put(texts: &mut Vec<String>, text: &str) {
    if !texts.iter().any(|known| known == text) {
        texts.push(text.to_owned());
    }
}

#[derive(Serialize)]
struct JsonObligations<'a> {
    schema_version: u32,
    licenses: Vec<JsonLicense<'a>>,
    choices: &'a [String],
    exceptions: &'a [String],
    disclaimer: &'a str,
}

#[derive(Serialize)]
struct JsonLicense<'a> {
    license: &'a str,
    packages: &'a [String],
    duties: Vec<JsonDuty>,
}

#[derive(Serialize)]
struct JsonDuty {
    when: &'static str,
    duty: &'static str,
    source: &'static str,
}

impl From<Duty> for JsonDuty {
    fn from(Duty { when, duty, source }: Duty) -> JsonDuty {
        JsonDuty { when, duty, source }
    }
}
