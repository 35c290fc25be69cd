//! What became of each decision, and what a report says once they are heard.

use std::collections::HashSet;
use std::path::Path;

use super::{AcceptanceLog, Entry, Logged};
use crate::judgement::finding::{AcceptedReference, Fate, Finding, Note, NoteKind, Reference};
use crate::text::span::LineRange;

/// The references and findings of a run, as far as they are settled.
struct Settling<'a> {
    log: &'a AcceptanceLog,
    references: &'a mut [Reference],
    findings: &'a mut Vec<Finding>,
    /// The paths of the references, as decisions name them.
    paths: Vec<String>,
}

impl AcceptanceLog {
    /// Takes the accepted references out of the findings and says what became of each decision.
    /// `checked` are the paths, as reported, of the files that were checked as a whole.
    pub(crate) fn settle(
        &self,
        references: &mut [Reference],
        findings: &mut Vec<Finding>,
        checked: &HashSet<String>,
    ) -> Vec<AcceptedReference> {
        if self.entries.is_empty() {
            return Vec::new();
        }
        let paths = references.iter().map(|reference| self.path_of(&reference.path)).collect();
        let checked: HashSet<String> = checked.iter().map(|path| self.path_of(path)).collect();
        let mut settling = Settling { log: self, references, findings, paths };
        // Code that stands where it stood goes first, so that what moved takes what is left.
        let here: Vec<Option<Fate>> =
            self.entries.iter().map(|logged| settling.here(&logged.entry)).collect();
        let settled = self.entries.iter().zip(here).map(|(logged, fate)| {
            let fate = fate.unwrap_or_else(|| settling.elsewhere(&logged.entry, &checked));
            accepted_match(logged, fate)
        });
        settled.collect()
    }
}

impl Settling<'_> {
    /// What became of a decision if its code stands where it stood.
    fn here(&mut self, entry: &Entry) -> Option<Fate> {
        let mut at: Vec<usize> = (0..self.references.len())
            .filter(|&i| self.references[i].id == entry.finding && self.paths[i] == entry.path)
            .filter(|&i| self.references[i].accepted.is_none())
            .collect();
        at.sort_by_key(|&i| self.distance(i, entry.lines));
        let &first = at.first()?;
        // Of two copies in one file the accepted one may be gone; the other is then nearer to where
        // it stood itself.
        let copies = entry.copies.iter().filter(|(path, _)| *path == entry.path);
        let nearer =
            |lines: &LineRange| self.distance(first, *lines) < self.distance(first, entry.lines);
        if at.len() <= copies.clone().count() && copies.clone().any(|(_, lines)| nearer(lines)) {
            return None;
        }
        if let Some(&i) = at
            .iter()
            .find(|&&i| self.finding(i).is_some_and(|j| self.findings[j].rule == entry.rule))
        {
            self.accept(i, entry);
            return Some(Fate::Standing);
        }
        Some(match self.finding(first) {
            Some(other) => Fate::Changed(self.findings[other].rule),
            None if self.references[first]
                .declared
                .as_ref()
                .is_some_and(|declared| declared.agrees()) =>
            {
                Fate::Attributed
            }
            None => Fate::Cleared,
        })
    }

    fn elsewhere(&mut self, entry: &Entry, checked: &HashSet<String>) -> Fate {
        let exists = self.log.root.join(Path::new(&entry.path)).exists();
        if exists && !checked.contains(&entry.path) {
            return Fate::NotChecked;
        }
        let fits = |&i: &usize| {
            let reference = &self.references[i];
            let same = reference.id == entry.finding && reference.accepted.is_none();
            // A place where the code stood beside the accepted one was not decided on.
            let was_there = entry.copies.iter().any(|(path, _)| *path == self.paths[i]);
            same && !was_there
                && self.finding(i).is_some_and(|j| self.findings[j].rule == entry.rule)
        };
        let moved: Vec<usize> = (0..self.references.len()).filter(fits).collect();
        match moved[..] {
            [i] => {
                self.accept(i, entry);
                Fate::Moved(self.references[i].path.clone())
            }
            // Of several places none is known to be the one that was decided on.
            _ => Fate::Gone,
        }
    }

    fn distance(&self, reference: usize, lines: LineRange) -> u32 {
        LineRange::from(self.references[reference].region).first.abs_diff(lines.first)
    }

    fn finding(&self, reference: usize) -> Option<usize> {
        self.findings.iter().position(|finding| finding.is_about(&self.references[reference]))
    }

    fn accept(&mut self, reference: usize, entry: &Entry) {
        if let Some(finding) = self.finding(reference) {
            self.findings.remove(finding);
        }
        self.references[reference].accepted = Some(entry.decision.clone());
    }
}

fn accepted_match(logged: &Logged, fate: Fate) -> AcceptedReference {
    let Entry { finding, rule, path, decision, .. } = &logged.entry;
    AcceptedReference {
        id: finding.clone(),
        rule: *rule,
        path: path.clone(),
        file: logged.file.clone(),
        decision: decision.clone(),
        fate,
    }
}

/// What a reader must know of decisions that no longer say what is.
pub(crate) fn notes(accepted: &[AcceptedReference]) -> Vec<Note> {
    let told = accepted.iter().filter_map(|accepted| {
        let id: String = accepted.id.chars().take(8).collect();
        let file = &accepted.file;
        let what = match &accepted.fate {
            Fate::Standing | Fate::NotChecked => return None,
            Fate::Moved(path) => format!("{id}, accepted in {}, moved to {path}", accepted.path),
            Fate::Attributed => format!("{id} was accepted and is attributed by now; {file} can go"),
            Fate::Cleared => format!("{id} was accepted and needs no decision any more; {file} can go"),
            Fate::Changed(rule) => {
                format!(
                    "{id} was accepted as {}, and is {} now: look at it again",
                    accepted.rule.code(),
                    rule.code()
                )
            }
            Fate::Gone => {
                format!("{id} was accepted and is not found any more, so it was edited away; {file} can go")
            }
        };
        Some(Note { path: Some(accepted.path.clone()), kind: NoteKind::Info, message: what })
    });
    told.collect()
}
