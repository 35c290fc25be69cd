//! What can be wrong with a configuration.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use super::ConfigFile;

/// Why there is no usable configuration.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read, or holds no configuration.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What it was read as.
        kind: ConfigKind,
        /// What stands in the way.
        reason: String,
    },
    /// The file was read and says something wrong.
    Invalid {
        /// The file with its text.
        file: ConfigFile,
        /// All that is wrong, by place; never empty.
        problems: Vec<Problem>,
    },
}

/// What a configuration is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigKind {
    /// That of a project, which stands where it is looked for.
    Found,
    /// The one that somebody named.
    Named,
    /// An organisation's policy, which somebody named.
    Organisation,
}

/// Something wrong at one place of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The bytes it is about.
    pub span: Range<usize>,
    /// What is wrong.
    pub title: String,
    /// A few words for the place itself.
    pub label: String,
    /// What is expected instead.
    pub help: String,
}

/// One line per problem: file, line, column, what is wrong, what is expected.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Unreadable { path, kind, reason } => {
                let what = match kind {
                    ConfigKind::Found | ConfigKind::Named => "the configuration",
                    ConfigKind::Organisation => "the organisation's policy",
                };
                write!(f, "cannot use `{}` as {what}: {reason}", path.display())
            }
            ConfigError::Invalid { file, problems } => {
                for (i, problem) in problems.iter().enumerate() {
                    let (line, column) = line_and_column(&file.text, problem.span.start);
                    let line_break = if i == 0 { "" } else { "\n" };
                    let path = file.path.display();
                    let Problem { title, help, .. } = problem;
                    write!(f, "{line_break}{path}:{line}:{column}: {title}; {help}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ConfigError {}

/// Line and column, counted from 1, of a byte offset.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[start..].chars().count() + 1)
}
