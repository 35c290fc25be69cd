//! `birthmark license obligations`: from an expression, a file or a report to the licences whose
//! duties are shown.

use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;

use super::super::exit::ExitStatus;
use super::super::output::{Output, Painted};
use super::ObligationsArgs;
use crate::license::{LicenseExpression, with_duties};
use crate::project::walk::{MAX_SCANNED_BYTES, read};
use crate::report::Format;
use crate::report::license::Obligations;

pub(super) fn run(args: ObligationsArgs) -> anyhow::Result<ExitStatus> {
    let mut obligations = Obligations::default();
    for id in with_duties().into_iter().filter(|_| args.what.is_empty()) {
        obligations.take(&LicenseExpression::parse(id)?.0, None);
    }
    for what in &args.what {
        take(&mut obligations, what)?;
    }
    let format = Format::from(args.format);
    let mut drawn = Vec::new();
    match format {
        Format::Text => obligations.text(&mut drawn)?,
        _ => obligations.json(&mut drawn)?,
    }
    Output::Standard.write(&drawn, Painted::of(format))?;
    Ok(ExitStatus::Success)
}

fn take(obligations: &mut Obligations, what: &str) -> anyhow::Result<()> {
    let path = Path::new(what);
    if !path.is_file() {
        let fact = super::expression("LICENSE", what)?;
        fact.expression.iter().for_each(|expression| obligations.take(expression, None));
        return Ok(());
    }
    let bytes = read(path, MAX_REPORT).with_context(|| format!("cannot read {what}"))?;
    if let Ok(report) = serde_json::from_slice::<Scanned>(&bytes) {
        return of_report(obligations, report);
    }
    let Some(expression) = super::read_license(path, &bytes).expression else {
        bail!("{what} states no licence that birthmark can read, and is no report in JSON");
    };
    obligations.take(&expression, None);
    Ok(())
}

/// The licences of the likeliest owners of all matches.
fn of_report(obligations: &mut Obligations, report: Scanned) -> anyhow::Result<()> {
    for owner in report.matches.iter().filter_map(|found| found.owners.first()) {
        if let Some(text) = &owner.license.expression {
            let (expression, _) = LicenseExpression::parse(text)
                .with_context(|| format!("{} has the licence `{text}`", owner.purl))?;
            obligations.take(&expression, Some(&owner.purl));
        }
    }
    Ok(())
}

/// Reports are longer than sources.
const MAX_REPORT: u64 = 64 * MAX_SCANNED_BYTES;

/// What is read of a report.
#[derive(Deserialize)]
struct Scanned {
    matches: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    owners: Vec<Owner>,
}

#[derive(Deserialize)]
struct Owner {
    purl: String,
    license: Stated,
}

#[derive(Deserialize)]
struct Stated {
    expression: Option<String>,
}
