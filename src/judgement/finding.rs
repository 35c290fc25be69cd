//! What a run reports: references found, findings raised, notes taken, and where it all came from.
//!
//! Renderers see these types and nothing of the engine. Everything is in a fixed order when a
//! [`Report`] is built.

mod explanation;
mod settled;

pub(crate) use explanation::{Counterpart, Line, Token};
pub use explanation::{Explanation, Run};
pub(crate) use settled::{Acceptance, AcceptedReference, Agreement, Declared, DeclaredBy, Fate};

use crate::engine::evidence::{Expected, Preset, Strength};
use crate::engine::matcher::{CopyKind, Evidence, Owner};
use crate::license::{LicenseExpression, LicenseFact, Matrix, MatrixSource};
use crate::text::language::Family;
use crate::text::source::CellRange;
use crate::text::span::{LineRange, LineSet, Region};

/// Everything one run has to say.
#[derive(Clone, Debug)]
pub struct Report {
    /// Every reference found, whatever its verdict, by path and then by region.
    pub references: Vec<Reference>,
    /// What needs somebody's attention, by path and then by region.
    pub findings: Vec<Finding>,
    /// The decisions of the log, and what became of each.
    pub accepted: Vec<AcceptedReference>,
    /// What would be a finding if nobody had said otherwise, by path and then by region.
    pub silenced: Vec<Silenced>,
    /// What was not or only partly checked, and why; limits that were reached.
    pub notes: Vec<Note>,
    /// Counts over the run.
    pub summary: Summary,
    /// What produced the report.
    pub provenance: Provenance,
}

impl Report {
    /// The references that a rule has findings about.
    pub(crate) fn of_rule(&self, rule: Rule) -> impl Iterator<Item = &Reference> {
        let raises = move |finding: &&Finding| finding.rule == rule;
        let is_meant = move |reference: &&Reference| {
            self.findings.iter().filter(raises).any(|finding| finding.is_about(reference))
        };
        self.references.iter().filter(is_meant)
    }

    /// Sorts the notes and counts the files that were skipped and that failed.
    pub(crate) fn count_notes(&mut self) {
        self.notes.sort();
        let count = |kind| self.notes.iter().filter(|note| note.kind == kind).count() as u64;
        self.summary.files_skipped = count(NoteKind::Skipped);
        self.summary.files_failed = count(NoteKind::Failed);
    }

    /// Makes every file that was not or only partly checked a failed one. `remedy` says what to do
    /// about it.
    pub(crate) fn fail_left_out(&mut self, remedy: &str) {
        let is_left_out = |note: &&mut Note| {
            matches!(note.kind, NoteKind::Skipped | NoteKind::Partial) && note.path.is_some()
        };
        for note in self.notes.iter_mut().filter(is_left_out) {
            note.kind = NoteKind::Failed;
            note.message = format!("{} ({remedy})", note.message);
        }
        self.count_notes();
    }

    /// Adds findings at their places and counts them.
    pub fn add(&mut self, findings: Vec<Finding>) {
        for finding in &findings {
            self.summary.findings[finding.severity as usize] += 1;
        }
        self.findings.extend(findings);
        let place = |finding: &Finding| (finding.region.start_line, finding.region.start_column);
        self.findings.sort_by(|a, b| (&a.path, place(a)).cmp(&(&b.path, place(b))));
    }
}

/// One match in the user's code together with the verdict on it.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Identity of the content: the same code matched against the same origin has the same id
    /// wherever it stands.
    pub id: String,
    /// Path of the file as the user named it, with `/` between components.
    pub path: String,
    /// Where the matched code stands in that file.
    pub region: Region,
    /// Where that is in a notebook; `None` in any other file.
    pub cells: Option<CellRange>,
    /// The lines of the region that the change under review adds; none where whole files are under
    /// review.
    pub added: LineSet,
    /// In what way the code was changed.
    pub kind: CopyKind,
    /// How surprising the match is.
    pub evidence: Evidence,
    /// Whether the match is strong enough to fail a run.
    pub strength: Strength,
    /// How many matches as strong are expected by chance in what the report is about.
    pub expected_by_chance: Expected,
    /// Who may own the code, likeliest first; never empty.
    pub owners: Vec<Owner>,
    /// The licence the file stands under.
    pub outbound: LicenseFact,
    /// Whether the code may stay.
    pub verdict: Verdict,
    /// What is known of who took the code from whom.
    pub direction: Direction,
    /// Where it is declared to come from, if anything about it can be judged.
    pub declared: Option<Declared>,
    /// The decision to keep it as it is, if there is one.
    pub accepted: Option<Acceptance>,
}

impl Reference {
    /// The lines of the file that the code stands on. Where whole cells of a notebook stand on one
    /// line these are not those of the region.
    pub(crate) fn file_lines(&self) -> LineRange {
        self.cells.and_then(|cells| cells.file_lines()).unwrap_or(self.region.into())
    }
}

/// What manifests tell of who took the code of a match from whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Direction {
    /// How the likely origin comes to hold code of the scanned project; `None` where nothing says
    /// that it does.
    pub origin_takes: Option<Taking>,
    /// Whether the scanned project depends on the likely origin: it may resemble the origin because
    /// it calls it.
    pub project_depends_on_origin: bool,
}

/// How a package comes to hold code of the scanned project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Taking {
    /// It depends on the project.
    DependsOn,
    /// It carries the project in a folder of vendored code.
    Vendors,
}

/// Whether code of these owners may stand under this licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The decision.
    pub decision: Decision,
    /// Why, in one sentence, with the sources consulted (`OSADL matrix, MIT <- GPL-2.0-only: No`).
    pub reason: String,
    /// What would clear it, one sentence each; empty where nothing need be done.
    pub remedies: Vec<String>,
}

/// The decision of a [`Verdict`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Decision {
    /// Every plausible owner's licence allows the code here, and asks for nothing.
    Compatible,
    /// The licence allows the code here if its notice is kept.
    AttributionNeeded,
    /// Some plausible owner's licence allows it, or the matrix cannot tell: a person must look.
    Review,
    /// The licence of the owner or of the project is not known.
    Unknown,
    /// The owner states no licence at all, which reserves all rights.
    Reserved,
    /// No plausible owner's licence allows the code here.
    Incompatible,
}

/// Something that needs attention.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that raised it.
    pub rule: Rule,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it rests on a weak match that must not fail a run. Its severity is then the
    /// lowest, whatever its rule.
    pub weak: bool,
    /// The [`Reference::id`] it is about. A finding about no reference, such as one about the
    /// configuration, has an id of its own here, made of what it says.
    pub reference: String,
    /// Path of the file, as in the reference.
    pub path: String,
    /// Where.
    pub region: Region,
    /// Where that is in a notebook; `None` in any other file.
    pub cells: Option<CellRange>,
    /// The lines of the region that the change under review adds; none where whole files are under
    /// review.
    pub added: LineSet,
    /// What is wrong, in one sentence without a line break.
    pub message: String,
    /// What would clear it, one sentence each.
    pub remedies: Vec<String>,
}

/// A finding that somebody has silenced.
#[derive(Clone, Debug)]
pub struct Silenced {
    /// The finding.
    pub finding: Finding,
    /// What silences it.
    pub by: Silencer,
}

/// What silences a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Silencer {
    /// A comment in the file.
    Comment {
        /// Its line.
        line: u32,
        /// The reason it gives.
        reason: String,
    },
    /// The baseline: it was there when that was made.
    Baseline,
}

/// The rules, each documented in `docs/findings.md` under its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// `license-incompatible`: the licence of every plausible owner forbids the code here.
    LicenseIncompatible,
    /// `license-unknown`: the owner's or the project's licence is not known.
    LicenseUnknown,
    /// `license-review`: whether the licences fit together needs a person.
    LicenseReview,
    /// `attribution-missing`: allowed, but the owner's notice must be kept.
    AttributionMissing,
    /// `declaration-mismatch`: the code is declared as another's, or under another licence, than it
    /// resembles.
    DeclarationMismatch,
    /// `declared-incompatible`: what the code declares of its licence is not allowed here, whether
    /// it matches anything or not.
    DeclaredIncompatible,
    /// `taken-from-project`: the likely origin depends on the scanned project or vendors it, so it
    /// took the code from here.
    TakenFromProject,
    /// `suppression-unused`: a comment that silences a finding silences none.
    SuppressionUnused,
    /// `policy-unused`: an entry of the configuration decides nothing, or has expired.
    PolicyUnused,
    /// `policy-changed`: the change under review touches what decides about it.
    PolicyChanged,
}

/// How bad a finding is; the order is that of badness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Should be looked at.
    Warning,
    /// Should not be merged as it is.
    Error,
}

/// Something a reader of the report must know to trust it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The file it is about, if it is about one.
    pub path: Option<String>,
    /// What kind of thing happened.
    pub kind: NoteKind,
    /// What happened, in one sentence without a line break.
    pub message: String,
}

/// The kinds of [`Note`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoteKind {
    /// The file was not checked.
    Skipped,
    /// The file was checked in part.
    Partial,
    /// The file could not be read or checking it failed: the run exits with 2. Without a path,
    /// nothing was checked.
    Failed,
    /// The run says less than it seems to.
    Warning,
    /// A limit was reached.
    Limit,
    /// Something else worth knowing.
    Info,
}

/// Counts over a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files checked.
    pub files_scanned: u64,
    /// Files not checked, each with a note.
    pub files_skipped: u64,
    /// Files that could not be read or failed.
    pub files_failed: u64,
    /// Physical lines of the files checked.
    pub lines_scanned: u64,
    /// References found.
    pub references: u64,
    /// Findings by severity: info, warning, error.
    pub findings: [u64; 3],
}

/// What produced a report: with the same sources, the same provenance gives the same report.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// birthmark's version.
    pub version: String,
    /// Each index consulted: its name (a directory, or `starter`), its digest, and what it holds.
    pub indexes: Vec<IndexProvenance>,
    /// Each set of idioms consulted.
    pub idioms: Vec<IndexProvenance>,
    /// The change under review in a few words; `None` where whole files are.
    pub change: Option<String>,
    /// The organisation's policy that held; `None` where the project alone decides.
    pub organisation: Option<PolicyProvenance>,
    /// The preset that the threshold was chosen by; `None` where it was given in bits.
    pub preset: Option<Preset>,
    /// The evidence in bits from which a match is reported, for each family of the files that were
    /// looked at, or of the indexes if there was no such file. What a preset asks for depends on how
    /// much code of the family the indexes hold.
    pub thresholds: Vec<(Family, f32)>,
    /// The project's licence where one holds for the whole run.
    pub project_license: LicenseFact,
    /// The expression of the project's licence, if it was given for all paths.
    pub given_license: Option<LicenseExpression>,
    /// The matrix that licences were judged by.
    pub matrix: MatrixProvenance,
}

/// The matrix of licences that a report was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixProvenance {
    /// The day of its publication.
    pub date: String,
    /// Where it is from.
    pub source: MatrixSource,
}

/// A policy that a report was made under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyProvenance {
    /// The file as given.
    pub file: String,
    /// BLAKE3 of the file.
    pub digest: String,
}

/// One index a report was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexProvenance {
    /// The directory as given, or `starter`.
    pub name: String,
    /// BLAKE3 of the index's manifest, in hexadecimal.
    pub digest: String,
    /// Components it holds.
    pub components: u64,
    /// Documents it holds.
    pub documents: u64,
    /// Physical lines of code it holds.
    pub lines: u64,
}

impl MatrixProvenance {
    /// The matrix that this process judges by.
    pub(crate) fn in_use() -> MatrixProvenance {
        let (date, source) = Matrix::source_in_use();
        MatrixProvenance { date: date.to_owned(), source: source.clone() }
    }
}

impl Reference {
    /// Whether it may stay if its notice is kept, and nobody has said that it is.
    pub(crate) fn lacks_notice(&self) -> bool {
        let declared = self.declared.as_ref().is_some_and(Declared::agrees);
        self.verdict.decision == Decision::AttributionNeeded && !declared && self.accepted.is_none()
    }
}

impl Finding {
    /// Whether it is about this reference at its place: ids alone repeat where the same code stands
    /// twice.
    pub(crate) fn is_about(&self, reference: &Reference) -> bool {
        self.reference == reference.id
            && self.path == reference.path
            && self.region == reference.region
    }
}

impl Severity {
    /// The word for it in configurations and documents for programs.
    pub fn code(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl NoteKind {
    /// The word for it in documents for programs.
    pub fn code(self) -> &'static str {
        match self {
            NoteKind::Skipped => "skipped",
            NoteKind::Partial => "partial",
            NoteKind::Failed => "failed",
            NoteKind::Warning => "warning",
            NoteKind::Limit => "limit",
            NoteKind::Info => "info",
        }
    }
}

impl Decision {
    /// Every decision, best first.
    pub const ALL: [Decision; 6] = [
        Decision::Compatible,
        Decision::AttributionNeeded,
        Decision::Review,
        Decision::Unknown,
        Decision::Reserved,
        Decision::Incompatible,
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Decision::Compatible => "compatible",
            Decision::AttributionNeeded => "attribution-needed",
            Decision::Review => "review",
            Decision::Unknown => "unknown",
            Decision::Reserved => "all-rights-reserved",
            Decision::Incompatible => "incompatible",
        }
    }

    /// The decision of that code.
    pub(crate) fn from_code(code: &str) -> Option<Decision> {
        Decision::ALL.into_iter().find(|decision| decision.code() == code)
    }
}

impl Rule {
    /// Whether reports for people list its findings together by origin: they ask for little or
    /// nothing, and may be many.
    pub(crate) fn is_listed_by_origin(self) -> bool {
        matches!(self, Rule::AttributionMissing | Rule::TakenFromProject)
    }

    /// Whether its findings say that code is there which the licence does not allow.
    pub(crate) fn says_not_allowed(self) -> bool {
        matches!(self, Rule::LicenseIncompatible | Rule::DeclaredIncompatible)
    }

    /// Every rule, in the order of the documentation.
    pub const ALL: [Rule; 10] = [
        Rule::LicenseIncompatible,
        Rule::LicenseUnknown,
        Rule::LicenseReview,
        Rule::AttributionMissing,
        Rule::DeclarationMismatch,
        Rule::DeclaredIncompatible,
        Rule::TakenFromProject,
        Rule::SuppressionUnused,
        Rule::PolicyUnused,
        Rule::PolicyChanged,
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Rule::LicenseIncompatible => "license-incompatible",
            Rule::LicenseUnknown => "license-unknown",
            Rule::LicenseReview => "license-review",
            Rule::AttributionMissing => "attribution-missing",
            Rule::DeclarationMismatch => "declaration-mismatch",
            Rule::DeclaredIncompatible => "declared-incompatible",
            Rule::TakenFromProject => "taken-from-project",
            Rule::SuppressionUnused => "suppression-unused",
            Rule::PolicyUnused => "policy-unused",
            Rule::PolicyChanged => "policy-changed",
        }
    }

    /// The rule of that code.
    pub(crate) fn from_code(code: &str) -> Option<Rule> {
        Rule::ALL.into_iter().find(|rule| rule.code() == code)
    }
}
