//! What the user's own word clears, and what it leaves open: nothing passes unseen.

use std::collections::BTreeSet;

use super::ScanSettings;
use crate::judgement::finding::{Note, NoteKind, Reference};
use crate::judgement::policy::{self, PolicySettings};
use crate::license::{Answer, LearnedFrom, LicenseExpression};

/// Files named before the rest is counted.
const FILES_NAMED: usize = 3;

/// What a reader must know of references that raise no finding because of what the user said.
///
/// `own` counts the matches that were left out because they are with packages of the project
/// itself.
pub(super) fn notes(references: &[Reference], own: usize, settings: &ScanSettings) -> Vec<Note> {
    let notes = [
        own_packages_note(own, settings),
        owned_note(references, &settings.policy.settings),
        exceptions_note(references),
        apart(references, settings),
    ];
    notes.into_iter().flatten().collect()
}

/// Matches with packages that the project's manifests name as its own.
fn own_packages_note(own: usize, settings: &ScanSettings) -> Option<Note> {
    let what = match own {
        0 => return None,
        1 => "1 match is".to_owned(),
        more => format!("{more} matches are"),
    };
    let packages: Vec<&str> = settings.manifests.packages().own().collect();
    let named = packages.iter().take(FILES_NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = match packages.len().saturating_sub(FILES_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "{what} not reported: with this project's own packages, as its manifests name them: {named}{more}"
    );
    Some(Note { path: None, kind: NoteKind::Info, message })
}

/// What the declaration of own packages clears.
fn owned_note(references: &[Reference], policy: &PolicySettings) -> Option<Note> {
    let origins = references.iter().filter_map(|reference| reference.owners.first());
    let own: Vec<&str> = origins
        .filter(|origin| policy.owns(&origin.purl))
        .map(|origin| origin.purl.package())
        .collect();
    let packages: BTreeSet<&str> = own.iter().copied().collect();
    let packages: Vec<&str> = packages.into_iter().collect();
    let what = match (own.len(), packages.len()) {
        (0, _) => return None,
        (1, _) => "1 match is with your own package".to_owned(),
        (n, 1) => format!("{n} matches are with your own package"),
        (n, _) => format!("{n} matches are with your own packages"),
    };
    let message = format!("{what}: {}", packages.join(", "));
    Some(Note { path: None, kind: NoteKind::Info, message })
}

/// What exceptions of the configuration clear.
fn exceptions_note(references: &[Reference]) -> Option<Note> {
    let message = match references.iter().filter(|it| policy::is_excepted(&it.verdict)).count() {
        0 => return None,
        1 => "1 match is excepted in the configuration; --matches shows why".to_owned(),
        n => format!("{n} matches are excepted in the configuration; --matches shows why"),
    };
    Some(Note { path: None, kind: NoteKind::Info, message })
}

/// Files that state a licence of their own under which the project around them cannot hold them: a
/// reference in such a file is judged by the file, and the project is left to be judged by
/// somebody.
fn apart(references: &[Reference], settings: &ScanSettings) -> Option<Note> {
    let project = settings.project_license.expression.as_ref()?;
    let states_its_own = |reference: &&Reference| {
        matches!(reference.outbound.learned_from, LearnedFrom::FileHeader | LearnedFrom::SideFile)
    };
    let refused = |license: &LicenseExpression| {
        settings.policy.settings.compat(license, project).answer == Answer::No
    };
    let files: BTreeSet<(&str, &LicenseExpression)> = references
        .iter()
        .filter(states_its_own)
        .filter_map(|reference| {
            Some((reference.path.as_str(), reference.outbound.expression.as_ref()?))
        })
        .filter(|(_, license)| refused(license))
        .collect();
    let named: Vec<String> = files
        .iter()
        .take(FILES_NAMED)
        .map(|(path, license)| format!("{path} ({license})"))
        .collect();
    let what = match files.len() {
        0 => return None,
        1 => "1 file with matches states a licence of its own".to_owned(),
        n => format!("{n} files with matches state licences of their own"),
    };
    let more = match files.len().saturating_sub(FILES_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = named.join(", ");
    let message =
        format!("{what} that a work under {project} as a whole may not hold: {named}{more}");
    Some(Note { path: None, kind: NoteKind::Info, message })
}
