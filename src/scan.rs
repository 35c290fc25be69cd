//! The scan: the engine composed for one file and for many, into a report of fixed order.
//!
//! Every way into birthmark ends in [`Scanner::file`]: files and trees, standard input, and
//! whatever asks later.

mod change;
mod cleared;
mod declared;
mod entries;
mod explain;
mod known;
mod look;
mod report;
pub(crate) mod self_test;
mod silence;
mod stored;

pub(crate) use entries::Policy;
pub(crate) use known::baseline_path;
pub(crate) use silence::Suppressions;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use crate::decisions::acceptance::AcceptanceLog;
use crate::engine::evidence::{Chance, Strength, Threshold};
use crate::engine::index::{Index, IndexError};
use crate::engine::matcher::{LeftOut, Match, Owner};
use crate::judgement::baseline::Baseline;
use crate::judgement::finding::{
    Declared, Direction, Finding, Note, NoteKind, PolicyProvenance, Reference, Report, Silenced,
    Verdict,
};
use crate::judgement::policy;
use crate::license::{LearnedFrom, LicenseExpression, LicenseFact};
use crate::project::cache::Cache;
use crate::project::config::{ProjectLicenses, ProjectManifests};
use crate::project::walk::marks;
use crate::project::walk::{self, MAX_SCANNED_BYTES, Markers, Review, Walked, WalkedFile};
use crate::text::declaration::{self, Declaration};
use crate::text::language::Family;
use crate::text::source::SourceFile;
use crate::text::span::{LineSet, Region};
use crate::text::token::{Layout, Tokenizer};
use known::LookedAt;
use look::{Hints, Limits, Located, Look, Seen, Skip};
use report::Results;

/// Evidence in bits from which an alignment with an idiom counts. Far below the threshold of
/// matches: who declares a piece of code an idiom has said whose it is.
pub(crate) const IDIOM_BITS: f32 = 30.0;

/// Part of a match's tokens that idioms must cover for it to be one. What is more than the idiom is
/// reported.
pub(crate) const IDIOM_COVERAGE: f32 = 0.8;

/// What a scan is made with, beside the index.
pub struct ScanSettings {
    /// Code that is nobody's: matches that it covers are not reported.
    pub idioms: Option<Index>,
    /// The change under review in a few words, if it is one.
    pub change: Option<String>,
    /// The organisation's policy that holds.
    pub organisation: Option<PolicyProvenance>,
    /// From which evidence on a match is reported.
    pub threshold: Threshold,
    /// The same by the organisation's policy. The lower of the two holds.
    pub organisation_threshold: Option<Threshold>,
    /// What was there before and is not reported, by [`baseline_path`].
    pub baseline: Option<Baseline>,
    /// How matches are judged.
    pub policy: Policy,
    /// Whether the run sees all that the configuration is about.
    pub coverage: Coverage,
    /// What is said of a change to the policy.
    pub policy_changes: PolicyChanges,
    /// What a reader must know of the configuration.
    pub notes: Vec<Note>,
    /// The manifests that name the project's own packages.
    pub manifests: ProjectManifests,
    /// What was accepted as it is.
    pub accepted: AcceptanceLog,
    /// Which comments silence findings.
    pub suppressions: Suppressions,
    /// The project's licence, if it was given for all paths.
    pub given_license: Option<LicenseExpression>,
    /// The licence of the place the scan is about.
    pub project_license: LicenseFact,
    /// The licences of the project's directories, if each has its own.
    pub licenses: Option<Arc<ProjectLicenses>>,
}

impl Default for ScanSettings {
    /// What somebody gets who says nothing: a licence that is not known, and the default threshold.
    fn default() -> ScanSettings {
        ScanSettings {
            idioms: None,
            change: None,
            organisation: None,
            baseline: None,
            accepted: AcceptanceLog::default(),
            threshold: Threshold::default(),
            organisation_threshold: None,
            policy: Policy::default(),
            coverage: Coverage::default(),
            policy_changes: PolicyChanges::default(),
            notes: Vec::new(),
            manifests: ProjectManifests::default(),
            suppressions: Suppressions::default(),
            given_license: None,
            project_license: LicenseFact::unknown(),
            licenses: None,
        }
    }
}

/// Whether a run sees all that the entries of its configuration could be about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coverage {
    /// The whole project, as it is configured.
    Project,
    /// A part of it, or otherwise than it is configured.
    #[default]
    Part,
}

/// Whether a change to a file that decides about the change is a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PolicyChanges {
    /// It is: the change is judged by another policy than its own.
    Report,
    /// It is not.
    #[default]
    Ignore,
}

/// An index and settings, ready to look at files.
pub struct Scanner {
    index: Index,
    settings: ScanSettings,
    cache: Option<Cache>,
    /// The components of the index that are the project's own packages, once they were needed.
    own: OnceLock<LeftOut>,
}

/// What there is to say of one file.
#[derive(Default)]
pub struct FileReport {
    /// Path of the file.
    pub path: String,
    /// The family of its language, if it was looked at.
    family: Option<Family>,
    /// Every reference, by region.
    pub references: Vec<Reference>,
    /// Every finding, by region.
    pub findings: Vec<Finding>,
    /// What would be a finding if no comment said otherwise.
    pub silenced: Vec<Silenced>,
    /// What was not or only partly checked.
    pub notes: Vec<Note>,
    /// Physical lines checked; none if the file was skipped.
    pub lines: u64,
    limits: Limits,
    /// What there is to say of the folder of vendored code that the file is in.
    of_folder: Option<Finding>,
    /// The lines that the parser gave up; of a change, those of them that it adds.
    unread: LineSet,
    hints: Hints,
    /// Matches with packages of the project itself, which are not reported.
    own: usize,
    /// In a change, the identities of all matches, also of those that touch no added line.
    ids: Vec<String>,
}

/// A file is done; for progress.
pub struct Tick {
    /// Its physical lines.
    pub lines: u64,
}

/// The licence each file stands under, by its place and its text.
pub(crate) type Outbound<'a> = dyn Fn(&WalkedFile, &SourceFile) -> LicenseFact + Sync + 'a;

impl Scanner {
    /// A scanner over an index.
    pub fn new(index: Index, settings: ScanSettings) -> Scanner {
        Scanner { index, settings, cache: None, own: OnceLock::new() }
    }

    /// The index it asks.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// How often chance brings about matches with code of a family: code is compared with that of
    /// its own family only.
    pub(crate) fn chance(&self, family: Family) -> Chance {
        Chance::against(&self.index, family)
    }

    /// From which evidence on a match with code of a family is reported, as it was chosen.
    pub(crate) fn threshold(&self, family: Family) -> Threshold {
        let ScanSettings { threshold, organisation_threshold, .. } = &self.settings;
        threshold.lower(*organisation_threshold, self.chance(family))
    }

    /// The policy in force.
    pub(crate) fn policy(&self) -> &Policy {
        &self.settings.policy
    }

    /// Returns the evidence in bits from which a match with code of a family is reported.
    pub(crate) fn threshold_bits(&self, family: Family) -> f32 {
        self.threshold(family).bits(self.chance(family))
    }

    /// Takes up what was found in earlier runs over a project, kept in a directory. With a secret,
    /// only what was kept with it.
    pub(crate) fn open_cache(&mut self, directory: &Path, project: &Path, secret: Option<&[u8]>) {
        self.cache = Some(Cache::open(directory, project, self.what_decides().as_bytes(), secret));
    }

    /// Keeps what was found for the next run; returns what went wrong with that, if anything did.
    pub(crate) fn close_cache(&mut self) -> Option<Note> {
        self.cache.take()?.close()
    }

    /// All besides the text that decides what is found in it: the build of the program, the
    /// indexes, the idioms, the threshold, the packages of the project.
    fn what_decides(&self) -> String {
        // The version does not tell two builds of a working copy apart.
        let program = std::env::current_exe().and_then(std::fs::metadata);
        let build = program.map(|facts| (facts.len(), facts.modified().ok()));
        let digests = |index: &Index| -> Vec<String> {
            index.parts().iter().map(|part| part.digest.to_string()).collect()
        };
        format!(
            "{} {build:?} {:?} {:?} {:?} {:?}",
            env!("CARGO_PKG_VERSION"),
            digests(&self.index),
            self.settings.idioms.as_ref().map(digests),
            (self.settings.threshold, self.settings.organisation_threshold),
            self.settings.manifests.packages()
        )
    }

    /// Scans files in parallel. A file that cannot be read, or at which birthmark itself fails,
    /// becomes a note.
    pub fn run(
        &self,
        walked: Walked,
        outbound: &Outbound<'_>,
        progress: &(dyn Fn(Tick) + Sync),
    ) -> Report {
        self.run_while(&|| true, walked, outbound, progress)
    }

    /// The same as long as it is wanted. Afterwards the files that are left are passed over, and
    /// the report is of no use.
    pub(crate) fn run_while(
        &self,
        is_wanted: &(dyn Fn() -> bool + Sync),
        walked: Walked,
        outbound: &Outbound<'_>,
        progress: &(dyn Fn(Tick) + Sync),
    ) -> Report {
        let looked_at = LookedAt::of(walked.files.iter().map(|file| file.location.as_path()));
        let reports: Vec<FileReport> = walked
            .files
            .par_iter()
            .map_init(Tokenizer::new, |tokenizer, file| {
                if !is_wanted() {
                    // `finish` pairs the reports with the paths, so that none may be missing.
                    return FileReport::default();
                }
                let report = self.walked_file(tokenizer, file, outbound);
                progress(Tick { lines: report.lines });
                report
            })
            .collect();
        self.finish(Results {
            paths: walked.files.iter().map(|file| file.path.as_str()).collect(),
            looked_at,
            files: reports,
            base: &walked.base,
            policy_files: &walked.policy,
            notes: walked.notes,
        })
    }

    /// Scans one text that is in memory. Of a text of which only some lines are under review, only
    /// what touches them is reported.
    pub fn text(
        &self,
        tokenizer: &mut Tokenizer,
        source: &SourceFile,
        outbound: &LicenseFact,
        review: &Review,
        markers: Markers,
    ) -> Report {
        let report = catch_failure(source.path(), || {
            let mut report = self.file(tokenizer, source, outbound, markers, review)?;
            report.narrow(review);
            report.tell_unread();
            Ok(report)
        });
        self.finish(Results {
            paths: vec![source.path()],
            looked_at: LookedAt::of([Path::new(source.path())].into_iter()),
            files: vec![report],
            base: &[],
            policy_files: &[],
            notes: Vec::new(),
        })
    }

    fn walked_file(
        &self,
        tokenizer: &mut Tokenizer,
        file: &WalkedFile,
        outbound: &Outbound<'_>,
    ) -> FileReport {
        match walk::load(file, MAX_SCANNED_BYTES) {
            Ok(source) => catch_failure(&file.path, || {
                let outbound = outbound(file, &source);
                let mut report =
                    self.file(tokenizer, &source, &outbound, file.markers, &file.review)?;
                report.narrow(&file.review);
                report.tell_unread();
                Ok(report)
            }),
            Err(note) => FileReport { notes: vec![note], ..FileReport::default() },
        }
    }

    /// Looks at one file and judges what is seen.
    ///
    /// # Errors
    /// If the index is damaged.
    pub fn file(
        &self,
        tokenizer: &mut Tokenizer,
        source: &SourceFile,
        outbound: &LicenseFact,
        markers: Markers,
        review: &Review,
    ) -> Result<FileReport, IndexError> {
        let family = source.language().family();
        let report = match self.look(tokenizer, source, markers)? {
            Look::Skipped(skip) => report_skip(source, skip),
            Look::Seen(seen) => {
                let mut report = self.judge_file(source, seen, outbound);
                self.judge_declared(tokenizer, source, outbound, &mut report);
                self.silence(tokenizer, source, review, &mut report)?;
                report.name_cells();
                report
            }
        };
        Ok(FileReport { family: Some(family), ..report })
    }

    fn judge_file(&self, source: &SourceFile, seen: Seen, outbound: &LicenseFact) -> FileReport {
        let lines = u64::from(source.code_lines());
        let path = source.path().to_owned();
        let mut report =
            FileReport { path, lines, limits: seen.limits, own: seen.own, ..FileReport::default() };
        report.unread = seen.unread;
        report.hints = seen.hints;
        let said = if seen.matches.is_empty() {
            Vec::new()
        } else {
            let layout = Layout::of_comments(seen.comments);
            declaration::read(source, &layout, &[seen.first_code], &|text| self.header(text))
        };
        for located in seen.matches {
            let reference = self.reference(source, located, outbound, &said);
            report.findings.extend(policy::findings(&reference, &self.settings.policy.settings));
            report.references.push(reference);
        }
        report.notes.extend(self.idiom_note(source.path(), &seen.silenced));
        report
    }

    fn reference(
        &self,
        source: &SourceFile,
        located: Located,
        outbound: &LicenseFact,
        said: &[Declaration],
    ) -> Reference {
        let Located { id, region, mut found } = located;
        found.owners = policy::apply_clarifications(found.owners, &self.settings.policy.settings);
        let place = policy::Place {
            path: source.path(),
            lines: region.into(),
            file_lines: source.line_count(),
            said,
            beside: beside(source.path(), outbound, &self.settings.project_license),
            project: &self.settings.project_license,
        };
        let path = walk::absolute_path(Path::new(source.path()));
        let judged = self.judge(&found.owners, &place, outbound, &path);
        let chance = self.chance(source.language().family());
        let bits_against_chance = found.evidence.bits_against_chance();
        Reference {
            id,
            path: source.path().to_owned(),
            region,
            cells: source.cells(region),
            added: LineSet::default(),
            kind: found.kind,
            strength: Strength::of(bits_against_chance, chance),
            expected_by_chance: chance
                .expected_in_project(bits_against_chance, source.code_lines().into()),
            evidence: found.evidence,
            owners: found.owners,
            outbound: outbound.clone(),
            verdict: judged.verdict,
            direction: judged.direction,
            declared: judged.declared,
            accepted: None,
        }
    }

    /// Judges code of these owners in a file at that absolute path.
    fn judge(
        &self,
        owners: &[Owner],
        place: &policy::Place<'_>,
        outbound: &LicenseFact,
        path: &Path,
    ) -> Judged {
        let (settings, packages) =
            (&self.settings.policy.settings, self.settings.manifests.packages());
        let mut direction = packages.direction(owners);
        let owners = packages.owners_to_judge(owners);
        let declared = policy::find_declaration(owners, place);
        // Whoever declares that the code comes from the origin knows better than manifests.
        if declared.as_ref().is_some_and(|declared| declared.agrees() && declared.origin.is_some())
        {
            direction.origin_takes = None;
        }
        if let (Some(taking), Some(origin)) = (direction.origin_takes, owners.first()) {
            return Judged {
                verdict: policy::taken_from_project(origin, taking),
                direction,
                declared: None,
            };
        }
        let owners = policy::rank_declared_first(owners, declared.as_ref());
        let verdict = policy::evaluate(&owners, outbound, settings);
        let verdict = policy::except(verdict, &owners, path, settings);
        Judged { verdict, direction, declared }
    }

    /// What idioms keep out of a file's report; nothing is silenced unseen.
    fn idiom_note(&self, path: &str, silenced: &[Region]) -> Option<Note> {
        let sets: Vec<String> = self
            .settings
            .idioms
            .as_ref()?
            .parts()
            .iter()
            .map(|part| part.name.to_string())
            .collect();
        let lines: Vec<String> = silenced
            .iter()
            .map(|region| format!("{}-{}", region.start_line, region.end_line))
            .collect();
        let what = match lines.len() {
            0 => return None,
            1 => "1 match is an idiom".to_owned(),
            more => format!("{more} matches are idioms"),
        };
        let message = format!("{what} of {}: lines {}", sets.join(", "), lines.join(", "));
        Some(Note { path: Some(path.to_owned()), kind: NoteKind::Info, message })
    }
}

/// What is decided of a match.
struct Judged {
    verdict: Verdict,
    direction: Direction,
    declared: Option<Declared>,
}

impl FileReport {
    /// Says in which cells of a notebook findings stand: not every format has a field for it.
    fn name_cells(&mut self) {
        let silenced = self.silenced.iter_mut().map(|silenced| &mut silenced.finding);
        for finding in self.findings.iter_mut().chain(silenced) {
            if let Some(cells) = &finding.cells {
                finding.message = format!("{cells}: {}", finding.message);
            }
        }
    }

    /// Notes which lines were not checked.
    fn tell_unread(&mut self) {
        if !self.unread.is_empty() {
            let lines = if self.unread.len() == 1 { "line" } else { "lines" };
            let message = format!("not checked: the parser gave up on {lines} {}", self.unread);
            self.notes.push(Note {
                path: Some(self.path.clone()),
                kind: NoteKind::Partial,
                message,
            });
        }
    }

    /// Leaves references, by their place in the file, and what is found about them.
    fn retain_references(&mut self, mut keep: impl FnMut(usize, &Reference) -> bool) {
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for (place, reference) in std::mem::take(&mut self.references).into_iter().enumerate() {
            if keep(place, &reference) { kept.push(reference) } else { dropped.push(reference) }
        }
        let is_about = |finding: &Finding, reference: &Reference| {
            finding.reference == reference.id && finding.region == reference.region
        };
        let is_kept =
            |finding: &Finding| !dropped.iter().any(|reference| is_about(finding, reference));
        self.findings.retain(is_kept);
        self.silenced.retain(|silenced| is_kept(&silenced.finding));
        self.references = kept;
    }
}

/// Runs a check so that neither an error nor a panic in one file touches the others.
fn catch_failure(path: &str, check: impl FnOnce() -> Result<FileReport, IndexError>) -> FileReport {
    let message = match catch_unwind(AssertUnwindSafe(check)) {
        Ok(Ok(report)) => return report,
        Ok(Err(error)) => format!("not checked: {error}"),
        Err(_) => "not checked: birthmark failed on this file; please report it".to_owned(),
    };
    let note = Note { path: Some(path.to_owned()), kind: NoteKind::Failed, message };
    FileReport { notes: vec![note], ..FileReport::default() }
}

/// What a file's licence says of its code where it was learned beside the file: from the text in a
/// vendored folder, or from what is said of this file apart from the rest of the project.
fn beside<'a>(
    path: &str,
    outbound: &'a LicenseFact,
    project: &LicenseFact,
) -> Option<&'a LicenseFact> {
    let vendored = marks::of(path, &[]).vendored;
    let apart = outbound.expression != project.expression;
    match outbound.learned_from {
        LearnedFrom::LicenseText if vendored => Some(outbound),
        LearnedFrom::SideFile | LearnedFrom::Reuse if vendored || apart => Some(outbound),
        _ => None,
    }
}

fn report_skip(source: &SourceFile, skip: Skip) -> FileReport {
    let note = Note {
        path: Some(source.path().to_owned()),
        kind: if skip.is_failure() { NoteKind::Failed } else { NoteKind::Skipped },
        message: skip.message().to_owned(),
    };
    FileReport { notes: vec![note], ..FileReport::default() }
}

/// Identity of a match by content: its tokens and the package it is likeliest from.
fn identity(found: &Match) -> String {
    let origin = found.owners.first().map_or("", |owner| owner.purl.package());
    let mut hasher = blake3::Hasher::new();
    hasher.update(&found.content.to_le_bytes()).update(origin.as_bytes());
    hasher.finalize().to_hex()[..16].to_owned()
}
