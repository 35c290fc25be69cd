//! The licence each scanned file stands under.
//!
//! What is said on the command line holds for every file. Else the statement nearest to the file
//! decides:
//!
//! ```text
//! the file    REUSE annotations that override; its .license file, else its header; REUSE annotations that aggregate
//! directory   REUSE annotations (closest), birthmark.toml, a manifest, licence texts
//! parent ...  the same, up to the root of the git repository, or outside of one to the boundaries given
//! ```
//!
//! A statement that cannot be read is not passed over for a farther manifest or text: the licence
//! is unknown, unless the configuration or a REUSE annotation settles it. One that leaves something
//! open is made exact by the next.

mod directory;
mod watched;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use directory::Directory;
use watched::Watched;

use super::{MAX_CONFIG_BYTES, directory_of, read_text};
use crate::judgement::finding::{Note, NoteKind};
use crate::license::{self, LicenseExpression, LicenseFact, Precedence, Precision};
use crate::project::walk::{SideFiles, absolute_path};

/// Answers under which licence a file stands. Directories are read once.
#[derive(Debug)]
pub struct ProjectLicenses {
    given: Option<Statement>,
    configured: Option<Configured>,
    boundaries: Vec<PathBuf>,
    side: SideFiles,
    known: Mutex<HashMap<PathBuf, Arc<Directory>>>,
    /// Where a service wants to know of changes, the files that were read.
    watched: OnceLock<Mutex<Watched>>,
    notes: Mutex<BTreeSet<Note>>,
    /// By file, the licence that a change states in its header and that does not count.
    new_headers: Mutex<BTreeMap<String, LicenseExpression>>,
}

/// The licence that a configuration states for its directory and all below it.
#[derive(Clone, Debug)]
pub struct Configured {
    /// The file.
    pub file: PathBuf,
    /// What it states.
    pub license: LicenseFact,
}

/// What somebody said of the licence of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What was said.
    pub license: LicenseFact,
    /// How.
    pub kind: StatementKind,
    /// Where: a path from the current directory, or empty for the command line.
    pub place: String,
}

/// The ways to state a licence, strongest first where they stand equally near.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatementKind {
    /// `--license`.
    CommandLine,
    /// `license` in the organisation's policy.
    OrganisationPolicy,
    /// A REUSE annotation that overrides.
    ReuseOverride,
    /// A `.license` file.
    SideFile,
    /// The file's own header.
    Header,
    /// A REUSE annotation that aggregates.
    ReuseAggregate,
    /// A REUSE annotation that stands back.
    ReuseClosest,
    /// `license` in birthmark's configuration.
    Configuration,
    /// `Cargo.toml`, `pyproject.toml`, `package.json` and other manifests of packages.
    Manifest,
    /// `LICENSE`, `COPYING` and the like.
    LicenseText,
}

/// The licence of a path, and what it was decided from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The licence.
    pub license: LicenseFact,
    /// The statements it was made of; empty where none was found.
    pub by: Vec<Statement>,
    /// Other statements that were met and do not count, nearest first. Empty unless they were asked
    /// for.
    pub passed_over: Vec<Statement>,
}

/// The text of a file, and how its header is read.
struct Text<'a> {
    text: &'a [u8],
    header: &'a dyn Fn(&[u8]) -> Option<LicenseFact>,
}

/// Whether to look on after the decision, for what was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thoroughness {
    /// Stop once the licence is known.
    Decision,
    /// Look at everything.
    Survey,
}

impl ProjectLicenses {
    /// Every file stands under this licence.
    pub fn from_license(license: LicenseFact) -> ProjectLicenses {
        let kind = StatementKind::CommandLine;
        ProjectLicenses::from_statement(Statement { license, kind, place: String::new() })
    }

    /// Every file has the licence of a statement that was made outside of the project.
    pub fn from_statement(statement: Statement) -> ProjectLicenses {
        ProjectLicenses {
            given: Some(statement),
            ..ProjectLicenses::from_boundaries(Vec::new(), None)
        }
    }

    /// Each file's licence is to be found in it, beside it or above it. Outside of a git repository
    /// the search does not leave the boundaries, which are absolute directories.
    pub fn from_boundaries(
        boundaries: Vec<PathBuf>,
        configured: Option<Configured>,
    ) -> ProjectLicenses {
        ProjectLicenses {
            given: None,
            configured,
            boundaries,
            side: SideFiles::default(),
            known: Mutex::default(),
            watched: OnceLock::new(),
            notes: Mutex::default(),
            new_headers: Mutex::default(),
        }
    }

    /// The same with everything that decides read elsewhere, what files say of themselves included.
    pub(crate) fn with_side_files(self, side: SideFiles) -> ProjectLicenses {
        ProjectLicenses { side, ..self }
    }

    /// The licence of a directory's own files, or of a file without a look into it.
    pub fn of(&self, path: &Path) -> LicenseFact {
        self.decide(path, None, Thoroughness::Decision).license
    }

    /// The licence of a file that holds this text.
    pub(crate) fn of_text(&self, path: &Path, text: &[u8]) -> LicenseFact {
        self.of_text_by(path, text, &license::header)
    }

    /// The same with headers read by somebody who may know them already.
    pub(crate) fn of_text_by(
        &self,
        path: &Path,
        text: &[u8],
        header: &dyn Fn(&[u8]) -> Option<LicenseFact>,
    ) -> LicenseFact {
        let text = Some(Text { text, header });
        self.decide_by(path, text, Thoroughness::Decision).license
    }

    /// The licence of a path, and what it was decided from.
    pub fn decide(&self, path: &Path, text: Option<&[u8]>, thoroughness: Thoroughness) -> Decided {
        let text = text.map(|text| Text { text, header: &license::header });
        self.decide_by(path, text, thoroughness)
    }

    fn decide_by(
        &self,
        path: &Path,
        text: Option<Text<'_>>,
        thoroughness: Thoroughness,
    ) -> Decided {
        if let Some(given) = &self.given {
            let by = vec![given.clone()];
            return Decided { license: given.license.clone(), by, passed_over: Vec::new() };
        }
        let path = absolute_path(path);
        if path.is_dir() {
            self.of_directories(&self.upwards(&path), &[], thoroughness)
        } else {
            let decided = self.of_file(&path, text.as_ref(), thoroughness);
            // A new file often has the header of all the others.
            let mut headers = lock(&self.new_headers);
            let is_same =
                |new: &LicenseExpression| decided.license.expression.as_ref() == Some(new);
            if !headers.is_empty() && headers.get(&display_path(&path)).is_some_and(is_same) {
                headers.remove(&display_path(&path));
            }
            drop(headers);
            decided
        }
    }

    /// The licence given for every file, if one was.
    pub(crate) fn given_fact(&self) -> Option<&LicenseFact> {
        self.given.as_ref().map(|given| &given.license)
    }

    /// What could not be read on the way, in a fixed order.
    pub fn notes(&self) -> Vec<Note> {
        lock(&self.notes).iter().cloned().collect()
    }

    /// The files whose headers a change gives another licence, each with that licence. It does not
    /// decide about the change.
    pub(crate) fn new_headers(&self) -> BTreeMap<String, LicenseExpression> {
        lock(&self.new_headers).clone()
    }

    /// Remembers from now on which files are read. A scan that runs once does without: it would
    /// look at every name twice.
    pub(crate) fn start_watching(&self) {
        self.watched.get_or_init(Mutex::default);
    }

    /// Whether a file that directories state their licence in has changed since it was read.
    pub(crate) fn have_changed(&self) -> bool {
        self.watched.get().is_some_and(|watched| lock(watched).has_changed())
    }

    fn of_file(&self, path: &Path, text: Option<&Text<'_>>, thoroughness: Thoroughness) -> Decided {
        let directories = self.upwards(path.parent().unwrap_or(path));
        let annotations = self.annotations(path, &directories);
        let overridden = annotations.iter().any(|it| it.kind == StatementKind::ReuseOverride);
        let own = if overridden { None } else { self.own(path, text) };
        let closest: Vec<Statement> = annotations
            .iter()
            .filter(|it| it.kind == StatementKind::ReuseClosest)
            .cloned()
            .collect();
        let mut together: Vec<Statement> = own.iter().cloned().collect();
        together
            .extend(annotations.into_iter().filter(|it| it.kind != StatementKind::ReuseClosest));
        if together.is_empty() {
            return self.of_directories(&directories, &closest, thoroughness);
        }
        if own.is_none() {
            together.extend(closest.first().cloned());
        }
        let mut decided =
            Decided { license: all_of(&together), by: together, passed_over: Vec::new() };
        if decided.license.precision == Precision::Imprecise || thoroughness == Thoroughness::Survey
        {
            let around = self.of_directories(&directories, &closest, thoroughness);
            if decided.license.expression.is_some() {
                decided.license = license::resolve(&[decided.license, around.license]);
            }
            let others = around.by.into_iter().chain(around.passed_over);
            decided.passed_over = others.filter(|other| !decided.by.contains(other)).collect();
        }
        decided
    }

    /// What REUSE annotations say of a file, nearest first; those deeper than one that overrides
    /// are silenced.
    fn annotations(&self, path: &Path, directories: &[Arc<Directory>]) -> Vec<Statement> {
        let mut said = Vec::new();
        for directory in directories.iter().rev() {
            let found = directory.annotations(path);
            let overrides = found.iter().any(|it| it.kind == StatementKind::ReuseOverride);
            said.extend(found);
            if overrides {
                break;
            }
        }
        said.reverse();
        said
    }

    /// What a file says of itself; a `.license` file beside it speaks in its place.
    fn own(&self, path: &Path, text: Option<&Text<'_>>) -> Option<Statement> {
        let mut name = path.file_name()?.to_owned();
        name.push(".license");
        let side = path.with_file_name(name);
        if let Some(said) = self.read(&side) {
            let license = license::side_file(&said)?;
            return Some(Statement {
                license,
                kind: StatementKind::SideFile,
                place: display_path(&side),
            });
        }
        // What a change writes into a file does not decide about the change.
        let before =
            self.side.state().map(|state| std::fs::read(state.at(path)).unwrap_or_default());
        let license = match (before, text) {
            (Some(before), text) => {
                let stated = license::header(&before);
                if let Some(text) = text {
                    self.note_new_header(path, stated.as_ref(), text);
                }
                stated?
            }
            (None, text) => text.map(|it| (it.header)(it.text))??,
        };
        Some(Statement { license, kind: StatementKind::Header, place: display_path(path) })
    }

    /// Notes that a change states another licence in a header, which does not count.
    fn note_new_header(&self, path: &Path, before: Option<&LicenseFact>, text: &Text<'_>) {
        let Some(now) = (text.header)(text.text).and_then(|fact| fact.expression) else { return };
        if before.and_then(|fact| fact.expression.as_ref()) != Some(&now) {
            lock(&self.new_headers).insert(display_path(path), now);
        }
    }

    /// What is said of everything in these directories, nearest first, with the annotations about
    /// the file in question.
    fn of_directories(
        &self,
        directories: &[Arc<Directory>],
        closest: &[Statement],
        thoroughness: Thoroughness,
    ) -> Decided {
        let mut met: Vec<Statement> = Vec::new();
        for directory in directories {
            met.extend(closest.iter().filter(|it| directory.holds(&it.place)).cloned());
            met.extend(self.configured_statement(directory));
            for state in [Directory::manifest, Directory::text] {
                if thoroughness == Thoroughness::Decision && is_settled(&met) {
                    return decide(met);
                }
                met.extend(state(directory, self));
            }
        }
        met.extend(self.configured_elsewhere(directories));
        decide(met)
    }

    fn configured_statement(&self, directory: &Directory) -> Option<Statement> {
        let configured = self.configured.as_ref()?;
        let above = absolute_path(directory_of(&configured.file));
        (above == directory.path).then(|| configured.statement())
    }

    /// A configuration from elsewhere is farther than everything.
    fn configured_elsewhere(&self, directories: &[Arc<Directory>]) -> Option<Statement> {
        let configured = self.configured.as_ref()?;
        let above = absolute_path(directory_of(&configured.file));
        let met = directories.iter().any(|directory| directory.path == above);
        (!met).then(|| configured.statement())
    }

    /// A directory and those above it, as far as licences are looked for.
    fn upwards(&self, directory: &Path) -> Vec<Arc<Directory>> {
        let mut directories = Vec::new();
        for above in directory.ancestors() {
            directories.push(self.directory(above));
            if self.is_top(above) {
                break;
            }
        }
        directories
    }

    fn directory(&self, path: &Path) -> Arc<Directory> {
        // Two threads may both read a directory; both then find the same.
        if let Some(known) = lock(&self.known).get(path) {
            return Arc::clone(known);
        }
        let directory = Arc::new(Directory::read(path, self));
        Arc::clone(lock(&self.known).entry(path.to_owned()).or_insert(directory))
    }

    /// Whether the search ends here.
    fn is_top(&self, directory: &Path) -> bool {
        let in_repository = || directory.ancestors().any(|above| above.join(".git").exists());
        directory.join(".git").exists()
            || (!self.boundaries.iter().any(|b| directory.starts_with(b) && directory != b)
                && !in_repository())
    }

    /// Reads a file of a directory, which is read once and watched from then on.
    fn read_watched(&self, path: &Path) -> Option<String> {
        self.watch(path);
        self.read(path)
    }

    fn watch(&self, path: &Path) {
        if let Some(watched) = self.watched.get() {
            lock(watched).add(&self.side.at(path));
        }
    }

    fn read(&self, path: &Path) -> Option<String> {
        let place = self.side.at(path);
        if !place.is_file() {
            return None;
        }
        read_text(&place, MAX_CONFIG_BYTES)
            .map_err(|reason| self.note(path, format!("its licence is not known: {reason}")))
            .ok()
    }

    fn note(&self, path: &Path, message: String) {
        lock(&self.notes).insert(Note {
            path: Some(display_path(path)),
            kind: NoteKind::Info,
            message,
        });
    }
}

/// Whether what was met decides: something that can be read and leaves nothing open.
fn is_settled(met: &[Statement]) -> bool {
    let known = |it: &Statement| it.license.expression.is_some();
    match met.first() {
        Some(first) if known(first) && first.license.precision == Precision::Exact => true,
        Some(first) if known(first) => met.iter().filter(|it| known(it)).count() > 1,
        Some(_) => met.iter().any(|it| known(it) && it.kind.settles()),
        None => false,
    }
}

/// Makes a decision of what directories state, nearest first.
fn decide(met: Vec<Statement>) -> Decided {
    let known = |it: &Statement| it.license.expression.is_some();
    let chosen = match met.first() {
        Some(first) if !known(first) => {
            met.iter().position(|it| known(it) && it.kind.settles()).unwrap_or(0)
        }
        _ => 0,
    };
    let mut rest = met;
    if rest.is_empty() {
        return Decided {
            license: LicenseFact::unknown(),
            by: Vec::new(),
            passed_over: Vec::new(),
        };
    }
    let by = rest.remove(chosen);
    let mut license = by.license.clone();
    if license.precision == Precision::Imprecise
        && known(&by)
        && let Some(next) = rest.iter().find(|it| known(it))
    {
        license = license::resolve(&[license, next.license.clone()]);
    }
    Decided { license, by: vec![by], passed_over: rest }
}

/// All statements hold together. One that cannot be read leaves the whole unknown.
fn all_of(statements: &[Statement]) -> LicenseFact {
    let Some(first) = statements.first() else {
        return LicenseFact::unknown();
    };
    if let Some(unread) = statements.iter().find(|it| it.license.expression.is_none()) {
        return unread.license.clone();
    }
    if statements.len() == 1 {
        return first.license.clone();
    }
    let expressions = statements.iter().filter_map(|it| it.license.expression.clone());
    let precision =
        statements.iter().map(|it| it.license.precision).max().unwrap_or(Precision::Exact);
    LicenseFact {
        expression: LicenseExpression::all_of(expressions),
        declared: String::new(),
        precision,
        ..first.license.clone()
    }
}

impl Configured {
    fn statement(&self) -> Statement {
        Statement {
            license: self.license.clone(),
            kind: StatementKind::Configuration,
            place: super::to_slashes(&self.file),
        }
    }
}

impl StatementKind {
    /// Whether it is made to settle what others leave unknown.
    fn settles(self) -> bool {
        matches!(self, StatementKind::Configuration | StatementKind::ReuseClosest)
    }

    fn of_annotation(precedence: Precedence) -> StatementKind {
        match precedence {
            Precedence::Closest => StatementKind::ReuseClosest,
            Precedence::Aggregate => StatementKind::ReuseAggregate,
            Precedence::Override => StatementKind::ReuseOverride,
        }
    }
}

/// A path as reports show it: from the current directory where it is below that.
fn display_path(path: &Path) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    super::to_slashes(path.strip_prefix(current).unwrap_or(path))
}

/// Both values stay whole whatever happens to a thread that holds the lock.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
