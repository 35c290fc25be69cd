//! What `birthmark doctor` has to say: one check a line, with what clears it where it is not well.

use std::io::{self, Write};

use anstyle::Style;
use serde::Serialize;

use super::json::write_value;
use super::printable::Printable;
use super::text::{BLUE, BOLD, GREEN, RED, YELLOW};
use super::words::count;

/// Version of the JSON document.
const SCHEMA_VERSION: u32 = 1;

/// All that was looked at, in the order it is told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Diagnosis {
    /// The checks.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// What, in one word.
    pub name: &'static str,
    /// How it is.
    pub state: State,
    /// What was seen; each line stands for itself.
    pub message: String,
    /// What to do about it; none where all is well.
    pub remedy: Option<String>,
}

/// How something that was looked at is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// Good.
    Ok,
    /// A scan works, but could say more.
    Advice,
    /// A scan cannot be trusted, or cannot be done.
    Broken,
}

impl Diagnosis {
    /// Notes that something is well.
    pub(crate) fn ok(&mut self, name: &'static str, message: impl Into<String>) {
        self.checks.push(Check { name, state: State::Ok, message: message.into(), remedy: None });
    }

    /// Notes something that a scan works without.
    pub(crate) fn advise(&mut self, name: &'static str, message: impl Into<String>, remedy: &str) {
        let remedy = Some(remedy.to_owned());
        self.checks.push(Check { name, state: State::Advice, message: message.into(), remedy });
    }

    /// Notes something without which no scan can be trusted.
    pub(crate) fn note_failure(
        &mut self,
        name: &'static str,
        message: impl Into<String>,
        remedy: Option<&str>,
    ) {
        let remedy = remedy.map(str::to_owned);
        self.checks.push(Check { name, state: State::Broken, message: message.into(), remedy });
    }

    /// The worst there is.
    pub(crate) fn state(&self) -> State {
        self.checks.iter().map(|check| check.state).max().unwrap_or(State::Ok)
    }
}

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Advice => "advice",
            State::Broken => "broken",
        }
    }

    fn style(self) -> Style {
        match self {
            State::Ok => GREEN,
            State::Advice => YELLOW,
            State::Broken => RED,
        }
    }
}

/// Says it to people.
///
/// # Errors
/// If writing fails.
pub(crate) fn text(diagnosis: &Diagnosis, out: &mut dyn Write) -> io::Result<()> {
    for check in &diagnosis.checks {
        let (style, state, name) = (check.state.style(), check.state.name(), check.name);
        for (i, line) in check.message.lines().enumerate() {
            let line = Printable(line);
            match i {
                0 => writeln!(out, "{style}{state:<7}{style:#} {BOLD}{name:<14}{BOLD:#} {line}")?,
                _ => writeln!(out, "{:<22} {line}", "")?,
            }
        }
        if let Some(remedy) = &check.remedy {
            let remedy = Printable(remedy);
            writeln!(out, "{:<22} {BLUE}fix{BLUE:#} {remedy}", "")?;
        }
    }
    let counted = |state| diagnosis.checks.iter().filter(|check| check.state == state).count();
    let advice = match counted(State::Advice) {
        0 => String::new(),
        1 => ", 1 piece of advice".to_owned(),
        n => format!(", {n} pieces of advice"),
    };
    match counted(State::Broken) {
        0 => writeln!(out, "\n{BOLD}birthmark works here{advice}{BOLD:#}"),
        n => writeln!(
            out,
            "\n{BOLD}birthmark does not work here: {}{advice}{BOLD:#}",
            count(n as u64, "problem")
        ),
    }
}

/// Says it to programs.
///
/// # Errors
/// If writing fails.
pub(crate) fn json(diagnosis: &Diagnosis, out: &mut dyn Write) -> io::Result<()> {
    let checks = diagnosis.checks.iter().map(|check| CheckJson {
        name: check.name,
        state: check.state.name(),
        message: &check.message,
        remedy: check.remedy.as_deref(),
    });
    let document = DiagnosisJson {
        schema_version: SCHEMA_VERSION,
        state: diagnosis.state().name(),
        checks: checks.collect(),
    };
    write_value(&document, out)
}

#[derive(Serialize)]
struct DiagnosisJson<'a> {
    schema_version: u32,
    state: &'static str,
    checks: Vec<CheckJson<'a>>,
}

#[derive(Serialize)]
struct CheckJson<'a> {
    name: &'static str,
    state: &'static str,
    message: &'a str,
    remedy: Option<&'a str>,
}
