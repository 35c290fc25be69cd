//! The results of all files, made one report. Every way into birthmark gets its report here.
//!
//! A finding may be cleared on its way into the report. This happens in a fixed order, so that each
//! finding has one reason why it is not shown:
//!
//! | step | cleared by | where |
//! |---|---|---|
//! | 1 | an idiom that covers the match | `look.rs` |
//! | 2 | the project's own packages, a declaration that agrees, an exception | `judgement/policy` |
//! | 3 | a comment in the file | `silence.rs` |
//! | 4 | a change that does not add the code | `change.rs` |
//! | 5 | the baseline | `known.rs` |
//! | 6 | an accepted match | `decisions/acceptance/settle.rs` |
//!
//! Steps 1 to 3 need one file alone and happen when it is scanned. Steps 4 to 6 count over all
//! files and happen in [`Scanner::finish`].

use std::collections::{BTreeSet, HashSet};

use super::declared::tell_of_folders;
use super::known::LookedAt;
use super::look::Limits;
use super::{Coverage, FileReport, PolicyChanges, Scanner, cleared};
use crate::decisions::acceptance;
use crate::engine::evidence::Preset;
use crate::engine::index::{Index, Part};
use crate::judgement::finding::{
    IndexProvenance, MatrixProvenance, Note, NoteKind, Provenance, Report, Severity, Summary,
};
use crate::project::walk::WalkedFile;
use crate::text::language::Family;

/// What a scan has found, before it is a report.
pub(super) struct Results<'a> {
    /// The paths of the files, in the order of `files`.
    pub paths: Vec<&'a str>,
    pub looked_at: LookedAt,
    pub files: Vec<FileReport>,
    /// In a change, the files as they were before.
    pub base: &'a [WalkedFile],
    /// In a change, the files that decide about it and that it touches.
    pub policy_files: &'a [String],
    pub notes: Vec<Note>,
}

impl Scanner {
    /// Clears what is cleared by all files together, and puts the results into one report.
    pub(super) fn finish(&self, results: Results<'_>) -> Report {
        let Results { paths, looked_at, mut files, base, policy_files, notes } = results;
        tell_of_folders(&mut files);
        self.leave_new(&mut files, base);
        let of_baseline = self.silence_known(&mut files, &looked_at);
        let checked = self.whole_files(paths.into_iter().zip(&files));
        let (mut report, totals) = self.collect(files);
        // Decisions clear findings before `count` counts them.
        report.accepted =
            self.settings.accepted.settle(&mut report.references, &mut report.findings, &checked);
        report.notes.extend(notes.into_iter().chain(of_baseline));
        self.add_notes(&mut report, &totals);
        self.count(&mut report);
        self.add_policy_findings(&mut report, policy_files);
        report
    }

    /// The files that were checked as a whole; of a change only some lines are.
    fn whole_files<'a>(
        &self,
        files: impl IntoIterator<Item = (&'a str, &'a FileReport)>,
    ) -> HashSet<String> {
        let whole =
            |report: &FileReport| report.notes.iter().all(|note| note.kind == NoteKind::Info);
        let files =
            files.into_iter().filter(|(_, report)| self.settings.change.is_none() && whole(report));
        files.map(|(path, _)| path.to_owned()).collect()
    }

    fn collect(&self, files: Vec<FileReport>) -> (Report, Totals) {
        let mut report = Report {
            references: Vec::new(),
            findings: Vec::new(),
            accepted: Vec::new(),
            silenced: Vec::new(),
            notes: Vec::new(),
            summary: Summary::default(),
            provenance: self.provenance(),
        };
        let mut totals = Totals::default();
        let mut last = String::new();
        let (mut families, mut families_of_references) = (BTreeSet::new(), Vec::new());
        for file in files {
            if let Some(family) = file.family {
                families.insert(family);
                families_of_references.extend(file.references.iter().map(|_| family));
            }
            totals.add(&file);
            report.summary.lines_scanned += file.lines;
            // A page of prose has a report for each language.
            let is_again = !file.path.is_empty() && file.path == last;
            let is_whole = file.notes.iter().all(|note| note.kind == NoteKind::Info);
            report.summary.files_scanned += u64::from(is_whole && !is_again);
            last.clone_from(&file.path);
            report.references.extend(file.references);
            report.findings.extend(file.findings);
            report.silenced.extend(file.silenced);
            report.notes.extend(file.notes);
        }
        let lines = report.summary.lines_scanned;
        for (reference, family) in report.references.iter_mut().zip(families_of_references) {
            let chance = self.chance(family);
            // Until now a match knew of the lines of its own file alone.
            let bits = reference.evidence.bits_against_chance();
            reference.expected_by_chance = chance.expected_in_project(bits, lines);
        }
        // Nothing was checked. The thresholds of the whole index tell what would have been.
        if families.is_empty() {
            families.extend(self.index.families());
        }
        let presets = families.iter().map(|&family| self.threshold(family).preset());
        report.provenance.preset = common(presets).unwrap_or(report.provenance.preset);
        let threshold = |family: Family| (family, self.threshold_bits(family));
        report.provenance.thresholds = families.into_iter().map(threshold).collect();
        (report, totals)
    }

    /// Adds what a reader must know to trust the report: decisions, limits, exceptions, and licences
    /// and manifests that could not be read.
    fn add_notes(&self, report: &mut Report, totals: &Totals) {
        report.notes.extend(acceptance::notes(&report.accepted));
        report.notes.extend(totals.limits.notes());
        report.notes.extend(cleared::notes(&report.references, totals.own, &self.settings));
        report.notes.extend_from_slice(self.settings.manifests.notes());
        report.notes.extend_from_slice(&self.settings.notes);
        if let Some(licenses) = &self.settings.licenses {
            report.notes.extend(licenses.notes());
        }
        report.count_notes();
    }

    fn count(&self, report: &mut Report) {
        report.summary.references = report.references.len() as u64;
        report.summary.findings =
            [Severity::Info, Severity::Warning, Severity::Error].map(|severity| {
                report.findings.iter().filter(|f| f.severity == severity).count() as u64
            });
    }

    /// Adds findings about the configuration. Only a run over the whole project can tell that an
    /// entry decides nothing.
    fn add_policy_findings(&self, report: &mut Report, policy_files: &[String]) {
        let policy = &self.settings.policy;
        if self.settings.policy_changes == PolicyChanges::Report {
            let headers = self.settings.licenses.as_ref().map(|it| it.new_headers());
            report.add(policy.changed_deciding_files(policy_files, &headers.unwrap_or_default()));
        }
        if self.settings.coverage == Coverage::Project {
            let unused = policy.unused_entries(&self.settings.manifests, report);
            report.add(unused);
        }
    }

    fn provenance(&self) -> Provenance {
        let idioms = self.settings.idioms.iter().flat_map(Index::parts);
        Provenance {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            indexes: self.index.parts().iter().map(index_provenance).collect(),
            idioms: idioms.map(index_provenance).collect(),
            change: self.settings.change.clone(),
            organisation: self.settings.organisation.clone(),
            preset: self.settings.threshold.preset(),
            thresholds: Vec::new(),
            project_license: self.settings.project_license.clone(),
            given_license: self.settings.given_license.clone(),
            matrix: MatrixProvenance::in_use(),
        }
    }
}

/// What is counted over all files and only told as notes.
#[derive(Default)]
struct Totals {
    limits: Limits,
    /// Matches with packages of the project itself.
    own: usize,
}

impl Totals {
    fn add(&mut self, file: &FileReport) {
        self.own += file.own;
        self.limits.common_fingerprints += file.limits.common_fingerprints;
        self.limits.kgrams_left_out += file.limits.kgrams_left_out;
        self.limits.candidates_left_out += file.limits.candidates_left_out;
        self.limits.files_without_model += file.limits.files_without_model;
    }
}

impl Limits {
    fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut limit = |count: usize, what: &str| {
            if count > 0 {
                notes.push(Note {
                    path: None,
                    kind: NoteKind::Limit,
                    message: format!("{count} {what}"),
                });
            }
        };
        limit(
            self.common_fingerprints,
            "fingerprints are in so many indexed packages that only some of these were looked at",
        );
        limit(
            self.kgrams_left_out,
            "k-grams that the code repeats many times were not looked up each time",
        );
        limit(
            self.candidates_left_out,
            "places that hold some of this code were not aligned, because many others hold it too",
        );
        limit(
            self.files_without_model,
            "files are in a language without a model of ordinary code: only strong matches are reported",
        );
        notes
    }
}

/// What all presets are; `None` if there are none.
fn common(mut presets: impl Iterator<Item = Option<Preset>>) -> Option<Option<Preset>> {
    let first = presets.next()?;
    Some(first.filter(|_| presets.all(|preset| preset == first)))
}

fn index_provenance(part: &Part) -> IndexProvenance {
    IndexProvenance {
        name: part.name.to_string(),
        digest: part.digest.to_string(),
        components: part.counts.components,
        documents: part.counts.documents,
        lines: part.counts.lines,
    }
}
