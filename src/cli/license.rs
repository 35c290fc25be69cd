//! `birthmark license`.

use std::path::PathBuf;

use super::args::{CompatArgs, LicenseCommand};
use super::exit::ExitStatus;
use super::failure::Located;
use super::output::{Output, Painted};
use crate::config::{ConfigFile, Problem, given_license};
use crate::license::{LicenseError, LicenseFact, Terms};
use crate::report::Format;
use crate::report::license::{Comparison, Verdict};

pub fn run(command: LicenseCommand) -> anyhow::Result<ExitStatus> {
    match command {
        LicenseCommand::Compat(args) => compat(args),
    }
}

fn compat(args: CompatArgs) -> anyhow::Result<ExitStatus> {
    let inbound = expression("INBOUND", &args.inbound)?;
    let outbound = expression("OUTBOUND", &args.outbound)?;
    let terms = Terms { distribution: args.distribution.unwrap_or_default(), ..Terms::default() };
    let comparison = Comparison::new(&inbound, &outbound, &terms);
    let format = Format::from(args.format);
    let mut drawn = Vec::new();
    match format {
        Format::Text => comparison.text(&mut drawn)?,
        _ => comparison.json(&mut drawn)?,
    }
    Output::Standard.write(&drawn, Painted::of(format))?;
    Ok(match comparison.verdict() {
        Verdict::Compatible => ExitStatus::Success,
        Verdict::Review | Verdict::Incompatible => ExitStatus::Findings,
    })
}

/// Reads an expression of the command line; what is wrong is shown under it.
fn expression(name: &str, text: &str) -> anyhow::Result<LicenseFact> {
    given_license(text).map_err(|error| {
        if text.chars().any(char::is_control) {
            return anyhow::Error::new(error);
        }
        let LicenseError { reason, span, .. } = error;
        let problem = Problem {
            span,
            title: "this is not an SPDX licence expression".to_owned(),
            label: reason,
            help: "expected for example \"MIT OR Apache-2.0\"; the identifiers are listed at https://spdx.org/licenses"
                .to_owned(),
        };
        let file = ConfigFile { path: PathBuf::from(name), text: text.to_owned() };
        anyhow::Error::new(Located { file, problem })
    })
}
