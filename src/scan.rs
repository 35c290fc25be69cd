//! STAND-IN for the scanner; replaced whole at the merge. It finds nothing.
#![allow(missing_docs)]

use crate::finding::{Note, NoteKind, Provenance, Report, Summary};
use crate::index::Index;
use crate::license::{LicenseExpression, LicenseFact};
use crate::policy::PolicySettings;
use crate::source::SourceFile;
use crate::walk::{Walked, WalkedFile};

pub struct ScanSettings {
    pub threshold_bits: f32,
    pub policy: PolicySettings,
    pub given_license: Option<LicenseExpression>,
    pub project_license: LicenseFact,
}

pub struct Scanner {
    index: Index,
    settings: ScanSettings,
}

/// A finished file, for the progress bar.
pub struct Tick {
    pub lines: u64,
}

pub type Outbound<'a> = dyn Fn(&WalkedFile) -> LicenseFact + Sync + 'a;

impl Scanner {
    pub fn new(index: Index, settings: ScanSettings) -> Scanner {
        Scanner { index, settings }
    }

    pub fn run(
        &self,
        walked: Walked,
        outbound: &Outbound<'_>,
        progress: &(dyn Fn(Tick) + Sync),
    ) -> Report {
        let mut report = self.empty();
        report.notes = walked.notes;
        for file in &walked.files {
            let _ = outbound(file);
            match std::fs::read(&file.location) {
                Ok(text) => {
                    let source = SourceFile::new(file.path.clone(), file.language, text);
                    let lines = u64::from(source.line_count());
                    report.summary.files_scanned += 1;
                    report.summary.lines_scanned += lines;
                    progress(Tick { lines });
                }
                Err(error) => report.notes.push(Note {
                    path: Some(file.path.clone()),
                    kind: NoteKind::Failed,
                    message: error.to_string(),
                }),
            }
        }
        report.summary.files_failed = report
            .notes
            .iter()
            .filter(|note| note.kind == NoteKind::Failed)
            .count() as u64;
        report
    }

    pub fn text(&self, source: &SourceFile, _outbound: &LicenseFact) -> Report {
        let mut report = self.empty();
        report.summary.files_scanned = 1;
        report.summary.lines_scanned = u64::from(source.line_count());
        report
    }

    fn empty(&self) -> Report {
        Report {
            references: Vec::new(),
            findings: Vec::new(),
            notes: Vec::new(),
            summary: Summary::default(),
            provenance: Provenance {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                indexes: self.index.parts().iter().map(provenance).collect(),
                threshold_bits: self.settings.threshold_bits,
                project_license: self.settings.project_license.clone(),
                given_license: self.settings.given_license.clone(),
            },
        }
    }
}

fn provenance(part: &crate::index::Part) -> crate::finding::IndexProvenance {
    crate::finding::IndexProvenance {
        name: part.name.to_string(),
        digest: part.digest.to_string(),
        components: part.counts.components,
        documents: part.counts.documents,
        lines: part.counts.lines,
    }
}
