//! What of a project and of the choices for one run holds under an organisation's policy.

use std::path::Path;

use super::{BaselineFile, Choices, SessionError, baseline};
use crate::decisions::acceptance;
use crate::engine::index::IndexName;
use crate::judgement::finding::{Note, NoteKind};
use crate::project::config::{Config, Held, Organisation, Permission};
use crate::project::walk::{IgnoreFiles, display_path};
use crate::scan::Suppressions;

/// What of the choices for a run loosens a check although the policy does not permit it; it is
/// taken out of them. Returns what is not heard.
pub(super) fn hold(
    organisation: &Organisation,
    config: Config,
    choices: &mut Choices,
    place: &Path,
) -> Held {
    let Held { config, mut unheard } = organisation.hold(config);
    let permits = |permission| organisation.permits(permission);
    let trust = &mut choices.trust;
    if !permits(Permission::Comments) {
        trust.suppressions = Suppressions::None;
    }
    if !permits(Permission::IgnoreFiles) {
        trust.ignore_files = IgnoreFiles::DisregardHidden;
    }
    if !permits(Permission::Accepted) {
        trust.no_accepted = true;
        // A project without decisions is not told that they do not count.
        let log = acceptance::log_root(place, config.directory(), &trust.side);
        unheard.extend(log.join(acceptance::DIRECTORY).is_dir().then_some("accepted"));
    }
    if !permits(Permission::Baseline) {
        let is_there = match &choices.baseline {
            BaselineFile::Own => baseline::default_file(&config, place).is_file(),
            BaselineFile::File(_) => true,
            BaselineFile::Without => false,
        };
        unheard.extend(is_there.then_some("baseline"));
        choices.baseline = BaselineFile::Without;
    }
    if !permits(Permission::Index) && !std::mem::take(&mut choices.indexes).is_empty() {
        unheard.push("--index");
    }
    if !permits(Permission::Idioms) && !std::mem::take(&mut choices.idioms).is_empty() {
        unheard.push("--idioms");
    }
    if let Some(license) = &organisation.config.license {
        choices.license = Some(license.clone());
    }
    Held { config, unheard }
}

/// The packs that a configuration pins.
pub(super) fn packs(config: &Config) -> Vec<IndexName> {
    config.packs.iter().map(|pin| IndexName::Pack(Box::new(pin.get_ref().clone()))).collect()
}

/// Those of the policy, and what the project has beside them; packs come last.
pub(super) fn indexes(
    organisation: Option<&Organisation>,
    own: Vec<IndexName>,
    packs: Vec<IndexName>,
) -> Vec<IndexName> {
    let theirs = organisation.into_iter().flat_map(|it| &it.config.index);
    let mut all: Vec<IndexName> = theirs.map(|index| index.get_ref().clone()).collect();
    all.extend(own);
    // Packs are not asked here: they add to the starter index and do not replace it.
    if all.is_empty() {
        all.push(IndexName::Starter);
    }
    all.extend(organisation.into_iter().flat_map(|it| self::packs(&it.config)));
    all.extend(packs);
    all
}

/// Says what is not heard.
pub(super) fn note(organisation: &Organisation, unheard: &[&str]) -> Option<Note> {
    let policy = display_path(&organisation.file);
    let message = format!(
        "the organisation's policy {policy} holds; of this project's own settings, these count only where they are stricter: {}",
        unheard.join(", ")
    );
    (!unheard.is_empty()).then_some(Note { path: None, kind: NoteKind::Info, message })
}

/// Reads the policy that was named.
pub(super) fn load(choices: &Choices, place: &Path) -> Result<Option<Organisation>, SessionError> {
    let file = choices.organisation.as_deref();
    Ok(file.map(|file| Organisation::load(file, place)).transpose()?)
}
