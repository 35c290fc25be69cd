//! The configuration: find it, read it, check it, and say where in it something is wrong.
//!
//! The nearest directory that holds a configuration wins, from the place being scanned upwards to
//! the root of the git repository (or of the file system, outside of one). In one directory the
//! order is `birthmark.toml`, `.birthmark.toml`, `[workspace.metadata.birthmark]` or
//! `[package.metadata.birthmark]` of `Cargo.toml`, and `[tool.birthmark]` of `pyproject.toml`.
//! Files are not merged with each other.

mod document;
mod error;
mod organisation;
mod packages;
mod project;
mod start;

pub(crate) use error::{ConfigError, ConfigKind, Problem};
pub use organisation::Permission;
pub(crate) use organisation::{Held, Organisation};
pub(crate) use packages::ProjectManifests;
pub(crate) use project::Configured;
pub use project::{Decided, ProjectLicenses, Statement, StatementKind, Thoroughness};
pub use start::Project;
pub(crate) use start::{OwnIndex, SCHEMA, packages_in, starting_text};

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobSet};
use toml::Spanned;

use crate::engine::evidence::Threshold;
use crate::engine::index::{IndexName, PackPin};
use crate::judgement::finding::{Rule, Severity};
use crate::judgement::policy::Exception;
use crate::license::{
    Distribution, LearnedFrom, LicenseError, LicenseExpression, LicenseFact, Lists,
};
use crate::project::walk::{self, ReadProblem, SideFiles};
use crate::purl::Purl;
use crate::text::span::Region;

/// Largest configuration or manifest that is read.
pub(crate) const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// A configuration as read; what it leaves open is `None` or empty.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where it was read, or `None` if there is no configuration.
    pub(crate) file: Option<ConfigFile>,
    /// `license`: the licence the whole project is under.
    pub license: Option<LicenseFact>,
    /// `index`: the indexes to consult, with their places in the file.
    pub index: Vec<Spanned<IndexName>>,
    /// `packs`: generations of packs to consult, with their places in the file.
    pub(crate) packs: Vec<Spanned<PackPin>>,
    /// `pack-mirrors`: where packs are fetched from.
    pub pack_mirrors: Vec<String>,
    /// `pack-keys`: public keys that may sign lists of packs.
    pub pack_keys: Vec<String>,
    /// `idioms`: sets of idioms, with their places in the file.
    pub idioms: Vec<Spanned<PathBuf>>,
    /// `threshold` or `preset`: from which evidence on a match is reported.
    pub threshold: Option<Threshold>,
    /// `exclude`: paths, relative to [`Config::directory`], that are not scanned.
    pub(crate) exclude: Exclude,
    /// `owned`: components that are the project's own, with their places in the file.
    pub owned: Vec<Spanned<Purl>>,
    /// `distribution`: how the project reaches people.
    pub(crate) distribution: Option<Distribution>,
    /// `allow`, `deny` and `review`: which licences are welcome.
    pub(crate) lists: Lists,
    /// `exceptions`: code that may stay whatever its licence says.
    pub(crate) exceptions: Vec<Spanned<Exception>>,
    /// `clarify`: components whose licence the index has wrong.
    pub(crate) clarify: Vec<Spanned<Clarification>>,
    /// `severity`: how bad findings of a rule are.
    pub severities: BTreeMap<Rule, Severity>,
    /// `fail-on`: the severity from which a run fails.
    pub fail_on: Option<FailOn>,
    /// `fail-on-weak`: whether findings about weak matches have the severity of their rule.
    pub fail_on_weak: Option<bool>,
    /// `fail-on-skipped`: whether a run fails because of files that were not checked.
    pub(crate) fail_on_skipped: Option<FailOnSkipped>,
    /// `markdown`: whether blocks of code in Markdown are checked.
    pub markdown: Option<bool>,
    /// `forge`: which addresses reports link to.
    pub(crate) forge: Option<ForgeChoice>,
    /// `log`: whether the journal is kept.
    pub log: Option<bool>,
    /// `permits`, of an organisation's policy: what projects decide by themselves.
    pub permits: Vec<Permission>,
}

/// A licence corrected for one component, as long as it is the very same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clarification {
    /// The component, with its version.
    pub component: Purl,
    /// Its licence.
    pub license: LicenseFact,
    /// The digest of its content, as the index has it.
    pub digest: String,
}

/// The file a configuration was read from.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// Its path.
    pub path: PathBuf,
    /// Its text, which the spans point into.
    pub text: String,
    /// The directory that it speaks of, if that is not its own.
    pub top: Option<PathBuf>,
}

/// Globs of paths that are not scanned. A glob that matches a folder excludes all that is in it.
#[derive(Clone, Debug)]
pub(crate) struct Exclude {
    /// The globs as written.
    pub patterns: Vec<String>,
    /// The same, compiled to match absolute paths.
    pub globs: GlobSet,
    /// What the globs were compiled from.
    compiled: Vec<Glob>,
}

/// Where reports link to for the scanned code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ForgeChoice {
    /// Nowhere.
    None,
    /// To a forge of that name.
    Named(String),
}

/// The names that `forge` takes.
pub(crate) const FORGES: [&str; 6] =
    ["github", "gitlab", "bitbucket", "gitea", "sourcehut", "none"];

/// From which severity on findings make a run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// Findings never make a run fail.
    Never,
    /// Those of this severity and above do.
    Severity(Severity),
}

/// Which configuration to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigChoice {
    /// This file.
    File(PathBuf),
    /// The nearest one above this place.
    Nearest(PathBuf),
    /// This file, from outside of the project. Its globs and its licence speak of the project at
    /// `top`.
    Policy {
        /// The file.
        file: PathBuf,
        /// The directory that its globs are relative to.
        top: PathBuf,
    },
    /// None.
    Without,
}

impl Config {
    /// Finds and reads the configuration of that choice; without any, everything has its default.
    ///
    /// # Errors
    /// If the named file cannot be read, or what was found is not a valid configuration.
    pub fn load(choice: &ConfigChoice) -> Result<Config, ConfigError> {
        Config::load_from(choice, &SideFiles::default())
    }

    /// The same with files of the project read elsewhere.
    ///
    /// # Errors
    /// Those of [`Config::load`].
    pub(crate) fn load_from(
        choice: &ConfigChoice,
        side: &SideFiles,
    ) -> Result<Config, ConfigError> {
        let named = |path: &Path, top: Option<&Path>| {
            Ok(read(path, path, ConfigKind::Named, top)?.unwrap_or_default())
        };
        match choice {
            ConfigChoice::Without => Ok(Config::default()),
            ConfigChoice::File(path) => named(path, None),
            ConfigChoice::Policy { file, top } => named(file, Some(top)),
            ConfigChoice::Nearest(place) => nearest(place, side),
        }
    }

    /// The directory that paths in the configuration are relative to.
    pub fn directory(&self) -> Option<&Path> {
        self.file.as_ref().map(ConfigFile::directory)
    }

    /// Whether what is suggested, accepted and declared is noted in the journal.
    pub(crate) fn is_logged(&self) -> bool {
        self.log != Some(false)
    }

    /// The licence stated for everything below the configuration's directory.
    pub fn configured_license(&self) -> Option<Configured> {
        let file = self.file.as_ref()?.path.clone();
        Some(Configured { file, license: self.license.clone()? })
    }

    /// An error about a place in this configuration that shows only in use, such as an index that
    /// is not there.
    pub(crate) fn error_at(&self, problem: Problem) -> Option<ConfigError> {
        let file = self.file.as_ref()?;
        Some(ConfigError::Invalid { file: file.clone(), problems: vec![problem] })
    }
}

impl ConfigFile {
    /// The directory that paths of the project in it are relative to.
    pub(crate) fn directory(&self) -> &Path {
        self.top.as_deref().unwrap_or(directory_of(&self.path))
    }

    /// Bytes of the file as lines and columns.
    pub(crate) fn region(&self, span: &Range<usize>) -> Region {
        let (start_line, start_column) = error::line_and_column(&self.text, span.start);
        let (end_line, end_column) = error::line_and_column(&self.text, span.end);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Region {
            start_line: number(start_line),
            start_column: number(start_column),
            end_line: number(end_line),
            end_column: number(end_column),
        }
    }
}

impl Default for Exclude {
    fn default() -> Self {
        Exclude { patterns: Vec::new(), globs: GlobSet::empty(), compiled: Vec::new() }
    }
}

/// Whether a run fails because of files that were not, or only partly, checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FailOnSkipped {
    /// It does not.
    Never,
    /// It does if a change is checked: what a change brings should be looked at by somebody.
    #[default]
    Change,
    /// It does.
    Always,
}

impl FailOnSkipped {
    /// Every value, laxest first, under the name it is written with.
    pub(crate) const NAMED: [(&'static str, FailOnSkipped); 3] = [
        ("never", FailOnSkipped::Never),
        ("change", FailOnSkipped::Change),
        ("always", FailOnSkipped::Always),
    ];

    /// The value of that name.
    pub(crate) fn from_name(name: &str) -> Option<FailOnSkipped> {
        FailOnSkipped::NAMED.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
    }
}

impl FailOn {
    /// Every value in the order of strictness, laxest first, under the name it is written with.
    pub const NAMED: [(&'static str, FailOn); 4] = [
        ("never", FailOn::Never),
        ("error", FailOn::Severity(Severity::Error)),
        ("warning", FailOn::Severity(Severity::Warning)),
        ("info", FailOn::Severity(Severity::Info)),
    ];

    /// The value of that name.
    pub fn from_name(name: &str) -> Option<FailOn> {
        FailOn::NAMED.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
    }

    /// Whether a finding this severe makes the run fail.
    pub(crate) fn is_reached_by(self, severity: Severity) -> bool {
        match self {
            FailOn::Never => false,
            FailOn::Severity(least) => severity >= least,
        }
    }
}

/// Warnings fail: code whose licence nobody knows should not pass unseen. Notices (`info`) do not.
impl Default for FailOn {
    fn default() -> Self {
        FailOn::Severity(Severity::Warning)
    }
}

/// A licence that the user gives, on the command line or in the configuration.
///
/// # Errors
/// If it is no SPDX expression.
pub(crate) fn given_license(text: &str) -> Result<LicenseFact, LicenseError> {
    let (expression, precision) = LicenseExpression::parse(text)?;
    let declared = if expression.as_str() == text { String::new() } else { text.to_owned() };
    Ok(LicenseFact {
        expression: Some(expression),
        declared,
        precision,
        learned_from: LearnedFrom::Given,
    })
}

const CANDIDATES: [&str; 4] = ["birthmark.toml", ".birthmark.toml", "Cargo.toml", "pyproject.toml"];

/// Where a configuration of that choice is looked for, whether it is there or not, nearest first.
pub(crate) fn candidates(choice: &ConfigChoice) -> Vec<PathBuf> {
    match choice {
        ConfigChoice::Without => Vec::new(),
        ConfigChoice::File(path) | ConfigChoice::Policy { file: path, .. } => vec![path.clone()],
        ConfigChoice::Nearest(place) => {
            let place = std::path::absolute(place).unwrap_or_else(|_| place.clone());
            around(&place)
        }
    }
}

fn nearest(place: &Path, side: &SideFiles) -> Result<Config, ConfigError> {
    let place = std::path::absolute(place).map_err(|error| ConfigError::Unreadable {
        path: place.to_owned(),
        kind: ConfigKind::Found,
        reason: error.to_string(),
    })?;
    for path in around(&place) {
        let at = side.at(&path);
        if at.is_file()
            && let Some(config) = read(&path, &at, ConfigKind::Found, None)?
        {
            return Ok(config);
        }
    }
    Ok(Config::default())
}

/// Where configurations of a place may be: in each directory from there up to the top of the
/// repository.
fn around(place: &Path) -> Vec<PathBuf> {
    let current = std::env::current_dir().unwrap_or_default();
    let mut around = Vec::new();
    for directory in place.ancestors() {
        around.extend(
            CANDIDATES.iter().map(|name| shorten_directory(directory, &current).join(name)),
        );
        if directory.join(".git").exists() {
            break;
        }
    }
    around
}

/// A directory as it is reached from the current one, if that is on the way: reports then do not
/// depend on where on a machine a project lies.
pub(crate) fn shorten_directory(directory: &Path, current: &Path) -> PathBuf {
    match (directory.strip_prefix(current), current.strip_prefix(directory)) {
        (Ok(below), _) => below.to_owned(),
        (_, Ok(above)) => above.components().map(|_| "..").collect(),
        _ => directory.to_owned(),
    }
}

/// Reads a file from where its text is; `None` if it is a manifest that says nothing of birthmark.
fn read(
    path: &Path,
    at: &Path,
    kind: ConfigKind,
    top: Option<&Path>,
) -> Result<Option<Config>, ConfigError> {
    let tables: &[&[&str]] = match path.file_name().and_then(|name| name.to_str()) {
        Some("Cargo.toml") => {
            &[&["workspace", "metadata", "birthmark"], &["package", "metadata", "birthmark"]]
        }
        Some("pyproject.toml") => &[&["tool", "birthmark"]],
        _ => &[&[]],
    };
    let is_manifest = !tables[0].is_empty();
    let is_found = kind == ConfigKind::Found;
    let text = match kind {
        ConfigKind::Named if !at.exists() => {
            Err("it does not exist; `birthmark init` writes one".to_owned())
        }
        ConfigKind::Found => read_text(at, MAX_CONFIG_BYTES),
        // The user knows where the file is.
        ConfigKind::Named | ConfigKind::Organisation => as_text(walk::read(at, MAX_CONFIG_BYTES)),
    };
    let text = match text {
        Ok(text) => text,
        // Somebody else's file: cargo and pip will say what is wrong with it.
        Err(_) if is_manifest && is_found => return Ok(None),
        Err(reason) => {
            return Err(ConfigError::Unreadable { path: path.to_owned(), kind, reason });
        }
    };
    let file = ConfigFile { path: path.to_owned(), text, top: top.map(Path::to_owned) };
    // Most manifests say nothing of birthmark. What is wrong with them is for others to say.
    if is_manifest && is_found && !file.text.contains("birthmark") {
        return Ok(None);
    }
    let config = document::read(file, tables, kind)?;
    match (config, is_found) {
        (None, false) => Err(ConfigError::Unreadable {
            path: path.to_owned(),
            kind,
            reason: format!("it holds no [{}] table", tables[0].join(".")),
        }),
        (config, _) => Ok(config),
    }
}

/// Reads a configuration of that text: what is fuzzed.
///
/// # Errors
/// Those of [`Config::load`].
#[cfg(fuzzing)]
pub fn read_document(text: &str) -> Result<Option<Config>, ConfigError> {
    let file = ConfigFile { path: "birthmark.toml".into(), text: text.to_owned(), top: None };
    document::read(file, &[&[]], ConfigKind::Named)
}

/// Reads a small text file of a project.
fn read_text(path: &Path, limit: u64) -> Result<String, String> {
    as_text(walk::read_inside(path, limit))
}

fn as_text(read: Result<Vec<u8>, ReadProblem>) -> Result<String, String> {
    let bytes = read.map_err(|problem| problem.to_string())?;
    String::from_utf8(bytes).map_err(|error| {
        format!(
            "it is not UTF-8 text (byte {}); save it as UTF-8",
            error.utf8_error().valid_up_to()
        )
    })
}

fn to_slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
