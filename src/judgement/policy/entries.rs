//! Entries of the configuration that are about particular code: exceptions and corrected licences,
//! and which entries decide nothing.

use std::path::Path;

use globset::GlobSet;
use jiff::civil::Date;

use super::{PolicySettings, evaluate, one_line};
use crate::engine::matcher::Owner;
use crate::judgement::finding::{Decision, Reference, Verdict};
use crate::license::{LearnedFrom, LicenseExpression, LicenseFact};
use crate::purl::Purl;

/// Code that may stay whatever its licence says. At least one of owner, path and licence is given,
/// and all that are must fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The likely origin; without a version, all its versions.
    pub owner: Option<Purl>,
    /// The paths it is about.
    pub path: Option<PathGlob>,
    /// The licence of the likely origin.
    pub license: Option<LicenseExpression>,
    /// Why it may stay.
    pub reason: String,
    /// The last day on which it may.
    pub expires: Option<Date>,
}

/// A glob over absolute paths. One that matches a folder matches all that is in it.
#[derive(Clone, Debug)]
pub struct PathGlob {
    /// The glob as written.
    pub pattern: String,
    /// The same, compiled.
    pub globs: GlobSet,
}

/// A component whose licence the user knows better than the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clarified {
    /// The component, with its version.
    pub component: Purl,
    /// Its licence.
    pub license: LicenseFact,
}

/// An entry of the settings, by its place in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Entry {
    /// Of [`PolicySettings::owned`].
    Owned(usize),
    /// Of [`PolicySettings::exceptions`].
    Exception(usize),
    /// Of [`PolicySettings::clarified`].
    Clarified(usize),
}

impl PartialEq for PathGlob {
    fn eq(&self, other: &PathGlob) -> bool {
        self.pattern == other.pattern
    }
}

impl Eq for PathGlob {}

impl Exception {
    fn fits(&self, origin: &Owner, path: &Path) -> bool {
        let owner = self.owner.as_ref().is_none_or(|owner| names(owner, &origin.purl));
        let license = self
            .license
            .as_ref()
            .is_none_or(|license| origin.license.expression.as_ref() == Some(license));
        owner && license && self.path.as_ref().is_none_or(|glob| glob.globs.is_match(path))
    }

    /// Whether its last day has passed.
    pub(crate) fn has_expired(&self, today: Option<Date>) -> bool {
        matches!((self.expires, today), (Some(last), Some(today)) if last < today)
    }
}

/// Whether a purl of the configuration means a component: the same package, and the same version if
/// it names one.
fn names(entry: &Purl, purl: &Purl) -> bool {
    entry.package() == purl.package()
        && entry.version().is_none_or(|wanted| purl.version() == Some(wanted))
}

/// The owners with the licences that the user corrected. What a file says of itself is not the
/// component's licence and stays.
pub(crate) fn apply_clarifications(
    mut owners: Vec<Owner>,
    settings: &PolicySettings,
) -> Vec<Owner> {
    for owner in &mut owners {
        let known = settings.clarified.iter().find(|known| known.component == owner.purl);
        if let Some(known) = known
            && is_of_component(owner)
        {
            owner.license = known.license.clone();
        }
    }
    owners
}

fn is_of_component(owner: &Owner) -> bool {
    owner.license.learned_from != LearnedFrom::FileHeader
}

/// The verdict once the user's exceptions are heard, for code of these owners at that absolute
/// path.
pub(crate) fn except(
    verdict: Verdict,
    owners: &[Owner],
    path: &Path,
    settings: &PolicySettings,
) -> Verdict {
    let Some(origin) = owners.first().filter(|_| verdict.decision != Decision::Compatible) else {
        return verdict;
    };
    let fitting = || settings.exceptions.iter().filter(|exception| exception.fits(origin, path));
    if let Some(exception) = fitting().find(|exception| !exception.has_expired(settings.today)) {
        let until = exception.expires.map(|last| format!(" (until {last})")).unwrap_or_default();
        return Verdict {
            decision: Decision::Compatible,
            reason: format!(
                "{EXCEPTED} \"{}\"{until}; without that: {}",
                one_line(&exception.reason),
                verdict.reason
            ),
            remedies: Vec::new(),
        };
    }
    match fitting().find_map(|exception| exception.expires) {
        Some(last) => {
            let reason = format!("{}; the exception for it expired after {last}", verdict.reason);
            Verdict { reason, ..verdict }
        }
        None => verdict,
    }
}

/// How the reason of a verdict begins that an exception decided.
const EXCEPTED: &str = "excepted in the configuration,";

/// Whether an exception decided.
pub(crate) fn is_excepted(verdict: &Verdict) -> bool {
    verdict.decision == Decision::Compatible && verdict.reason.starts_with(EXCEPTED)
}

/// The entries that decided nothing about these references, which are all there are. `absolute`
/// says where the file of a reference is.
pub(crate) fn find_unused<P: AsRef<Path>>(
    references: &[Reference],
    settings: &PolicySettings,
    absolute: impl Fn(&Reference) -> P,
) -> Vec<Entry> {
    let owners = || references.iter().flat_map(|reference| &reference.owners);
    let owned = |entry: &Purl| owners().any(|owner| owner.purl.package() == entry.package());
    let clarified = |entry: &Clarified| {
        owners().any(|owner| owner.purl == entry.component && is_of_component(owner))
    };
    let excepted = |exception: &Exception| {
        references.iter().any(|reference| {
            let path = absolute(reference);
            let fits = |owner: &Owner| exception.fits(owner, path.as_ref());
            needs_exception(reference, settings) && reference.owners.iter().any(fits)
        })
    };
    let unused_owned = settings.owned.iter().enumerate().filter(|(_, entry)| !owned(entry));
    let unused_exceptions =
        settings.exceptions.iter().enumerate().filter(|(_, entry)| !excepted(entry));
    let unused_clarified =
        settings.clarified.iter().enumerate().filter(|(_, entry)| !clarified(entry));
    unused_owned
        .map(|(place, _)| Entry::Owned(place))
        .chain(unused_exceptions.map(|(place, _)| Entry::Exception(place)))
        .chain(unused_clarified.map(|(place, _)| Entry::Clarified(place)))
        .collect()
}

fn needs_exception(reference: &Reference, settings: &PolicySettings) -> bool {
    evaluate(&reference.owners, &reference.outbound, settings).decision != Decision::Compatible
}
