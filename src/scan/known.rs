//! Findings that the baseline knows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use super::{FileReport, Scanner};
use crate::judgement::baseline::{Known, Places, known_places};
use crate::judgement::finding::{Note, NoteKind, Silenced, Silencer};
use crate::project::walk::{absolute_path, display_path};

/// A path by which the baseline knows a file, wherever the scan was started.
pub(crate) fn baseline_path(path: &Path) -> String {
    display_path(&absolute_path(path))
}

/// The files of a run, to tell what has left them from what was not looked at.
pub(super) struct LookedAt(HashSet<String>);

impl LookedAt {
    pub(super) fn of<'a>(files: impl Iterator<Item = &'a Path>) -> LookedAt {
        LookedAt(files.map(baseline_path).collect())
    }

    /// Whether code that a file held and that is not found there now has left it.
    fn has_left(&self, path: &str) -> bool {
        self.0.contains(path) || !Path::new(path).exists()
    }
}

impl Scanner {
    /// Silences the findings that the baseline knows.
    pub(super) fn silence_known(
        &self,
        reports: &mut [FileReport],
        looked_at: &LookedAt,
    ) -> Vec<Note> {
        let Some(baseline) = self.settings.baseline.as_ref() else {
            return Vec::new();
        };
        let mut here = Here::of(reports);
        let mut gone = 0;
        for (known, before) in baseline.entries() {
            let now = here.places(known);
            let places = known_places(before, &now, |path| looked_at.has_left(path));
            let count = |places: &Places, path: &str| places.get(path).copied().unwrap_or(0);
            // `known_places` counts no more in a file than stand there
            // now, so that the difference below is never negative.
            for place in here.raised.remove(known).unwrap_or_default() {
                let path = &here.paths[place];
                reports[place]
                    .silence_all_but(known, (count(&now, path) - count(&places, path)) as usize);
            }
            let left = before.iter().filter(|(path, _)| looked_at.has_left(path));
            gone += left.map(|(_, count)| count).sum::<u64>().saturating_sub(places.values().sum());
        }
        let refused = count_refused(reports);
        let note = |kind, message| Note { path: None, kind, message };
        let gone = (gone > 0).then(|| note(NoteKind::Info, gone_message(gone)));
        // The formats for CI show warnings and no notes.
        let refused = (refused > 0).then(|| note(NoteKind::Warning, refused_message(refused)));
        refused.into_iter().chain(gone).collect()
    }
}

/// How many findings of code that the licence does not allow the baseline silences. It holds no
/// reason for them.
fn count_refused(reports: &[FileReport]) -> usize {
    let silenced = reports.iter().flat_map(|report| &report.silenced);
    let is_refused =
        |it: &&Silenced| it.finding.rule.says_not_allowed() && matches!(it.by, Silencer::Baseline);
    silenced.filter(is_refused).count()
}

fn refused_message(refused: usize) -> String {
    let what = match refused {
        1 => "1 finding of code".to_owned(),
        more => format!("{more} findings of code"),
    };
    format!(
        "the baseline silences {what} that the licence does not allow, without a reason; `birthmark scan --no-baseline` shows it, `birthmark accept` records who keeps such code and why"
    )
}

fn gone_message(gone: u64) -> String {
    let what = match gone {
        1 => "1 finding of the baseline is gone".to_owned(),
        more => format!("{more} findings of the baseline are gone"),
    };
    format!("{what}; `birthmark baseline update` forgets what is gone")
}

/// What stands where in this run.
struct Here {
    /// The path of each report as the baseline has it.
    paths: Vec<String>,
    /// The reports that raise a finding.
    raised: BTreeMap<Known, BTreeSet<usize>>,
    /// How often they do.
    findings: BTreeMap<Known, Places>,
    /// In a change, where a reference stands, whether it touches an added line or not.
    references: HashMap<String, Places>,
}

impl Here {
    fn of(reports: &[FileReport]) -> Here {
        let paths = reports.iter().map(|report| baseline_path(Path::new(&report.path))).collect();
        let (raised, findings, references) = (BTreeMap::new(), BTreeMap::new(), HashMap::new());
        let mut here = Here { paths, raised, findings, references };
        for (place, (report, path)) in reports.iter().zip(&here.paths).enumerate() {
            for finding in &report.findings {
                let known = Known::of(finding);
                here.raised.entry(known.clone()).or_default().insert(place);
                *here.findings.entry(known).or_default().entry(path.clone()).or_default() += 1;
            }
            for id in &report.ids {
                *here.references.entry(id.clone()).or_default().entry(path.clone()).or_default() +=
                    1;
            }
        }
        here
    }

    fn places(&self, known: &Known) -> Places {
        let mut places = self.findings.get(known).cloned().unwrap_or_default();
        for (path, &count) in self.references.get(&known.reference).into_iter().flatten() {
            let raised = places.entry(path.clone()).or_default();
            *raised = count.max(*raised);
        }
        places
    }
}

impl FileReport {
    /// Leaves so many findings: in a change those with the most added lines, else the last.
    fn silence_all_but(&mut self, known: &Known, count: usize) {
        let mut places: Vec<usize> = (0..self.findings.len())
            .filter(|&place| Known::of(&self.findings[place]) == *known)
            .collect();
        places.sort_by_key(|&place| (self.findings[place].added.len(), place));
        places.truncate(places.len().saturating_sub(count));
        let mut place = 0;
        let taken = self.findings.extract_if(.., |_| {
            place += 1;
            places.contains(&(place - 1))
        });
        let silenced = taken.map(|finding| Silenced { finding, by: Silencer::Baseline });
        self.silenced.extend(silenced);
    }
}
