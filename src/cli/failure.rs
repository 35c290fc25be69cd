//! How failures are told, on standard error.

use std::io::Write;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::{AnsiColor, Style};
use clap::error::ErrorKind;

use super::exit::ExitStatus;
use crate::decisions::acceptance::LogError;
use crate::project::config::{ConfigError, ConfigFile, Problem};
use crate::report::printable::Printable;
use crate::session::SessionError;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Something wrong at one place of a text that the user gave.
#[derive(Debug)]
pub(crate) struct Located {
    /// The text, under a name of what it is.
    pub file: ConfigFile,
    /// What is wrong.
    pub problem: Problem,
}

impl std::fmt::Display for Located {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}; {}", self.file.path.display(), self.problem.title, self.problem.help)
    }
}

impl std::error::Error for Located {}

/// An error of the log, shown at its place where it has one.
pub(crate) fn of_log(error: LogError) -> anyhow::Error {
    match error {
        LogError::Invalid { file, problem } => {
            anyhow::Error::new(Located { file, problem: *problem })
        }
        other => anyhow::Error::new(other),
    }
}

/// Why a project cannot be checked, shown at its place where it has one.
pub(crate) fn of_session(error: SessionError) -> anyhow::Error {
    match error {
        SessionError::Config(error) => anyhow::Error::new(error),
        SessionError::Log(error) => of_log(error),
        SessionError::Index(error) => anyhow::Error::new(error),
        other => anyhow::Error::new(other),
    }
}

/// Tells why a run could not be done. Failing to say so is ignored: there is nowhere left to say
/// it.
pub(super) fn tell(error: &anyhow::Error) {
    if let Some(error) = error.downcast_ref::<ConfigError>() {
        return tell_config(error);
    }
    if let Some(Located { file, problem }) = error.downcast_ref::<Located>() {
        return tell_problems(file, std::slice::from_ref(problem));
    }
    let mut causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    // Some errors say themselves what caused them.
    causes.dedup_by(|cause, told| told.ends_with(cause.as_str()));
    let message = causes.join(": ");
    let message = Printable(&message);
    let _ = writeln!(anstream::stderr(), "{ERROR}error{ERROR:#}: {message}");
}

/// Tells of something that went wrong while the run goes on.
pub(crate) fn warn(message: &str) {
    let message = Printable(message);
    let _ = writeln!(anstream::stderr(), "{WARNING}warning{WARNING:#}: {message}");
}

/// Tells a text of several lines.
pub(crate) fn tell_lines(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Tells what clap has to say: help and version on standard output, the rest on standard error.
pub(crate) fn tell_clap(told: &clap::Error) -> ExitStatus {
    let printed = told.print();
    match (told.kind(), printed) {
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, Ok(())) => ExitStatus::Success,
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, Err(error))
            if error.kind() == std::io::ErrorKind::BrokenPipe =>
        {
            ExitStatus::Success
        }
        _ => ExitStatus::Failure,
    }
}

fn tell_config(error: &ConfigError) {
    match error {
        ConfigError::Unreadable { .. } => {
            let message = error.to_string();
            let _ = writeln!(anstream::stderr(), "{ERROR}error{ERROR:#}: {}", Printable(&message));
        }
        ConfigError::Invalid { file, problems } => tell_problems(file, problems),
    }
}

fn tell_problems(file: &ConfigFile, problems: &[Problem]) {
    let path = file.path.display().to_string();
    let path = Printable(&path).to_string();
    let groups: Vec<Vec<Group<'_>>> =
        problems.iter().map(|problem| drawn_problem(file, &path, problem)).collect();
    let renderer = Renderer::styled();
    let drawn: Vec<String> = groups.iter().map(|group| renderer.render(group)).collect();
    let _ = writeln!(anstream::stderr(), "{}", drawn.join("\n\n"));
}

fn drawn_problem<'a>(file: &'a ConfigFile, path: &'a str, problem: &'a Problem) -> Vec<Group<'a>> {
    let snippet = Snippet::source(&file.text)
        .path(path)
        .annotation(AnnotationKind::Primary.span(problem.span.clone()).label(&problem.label));
    vec![
        Level::ERROR
            .primary_title(problem.title.as_str())
            .element(snippet)
            .element(Level::HELP.message(problem.help.as_str())),
    ]
}
