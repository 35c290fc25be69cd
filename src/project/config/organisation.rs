//! An organisation's policy: a configuration from outside of a project, which the project can
//! tighten and not loosen.
//!
//! Of a key with an order, the stricter of the two values holds; what the policy leaves out has its
//! default. What can only loosen a check is heard from the project if the policy permits it.

use std::path::{Path, PathBuf};

use globset::GlobSetBuilder;

use super::{Config, ConfigError, ConfigKind, Exclude, FailOn, FailOnSkipped, read};
use crate::judgement::finding::Rule;
use crate::license::Distribution;
use crate::project::walk::absolute_path;

/// An organisation's policy.
#[derive(Clone, Debug)]
pub(crate) struct Organisation {
    /// Where it was read.
    pub file: PathBuf,
    /// BLAKE3 of its text.
    pub digest: String,
    /// What it says.
    pub config: Config,
}

/// What a project decides about its own check only where the organisation permits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Decisions to keep code as it is.
    Accepted,
    /// A baseline.
    Baseline,
    /// Corrected licences.
    Clarify,
    /// Comments that silence findings.
    Comments,
    /// Code that may stay whatever its licence.
    Exceptions,
    /// Files that are not checked.
    Exclude,
    /// Code that nobody can claim.
    Idioms,
    /// Files that `.gitignore` and `.ignore` name, and hidden ones.
    IgnoreFiles,
    /// Indexes beside those of the policy.
    Index,
    /// Packages of its own, by `owned` and by its manifests.
    Owned,
}

/// A project's configuration as the policy lets it hold.
pub(crate) struct Held {
    /// What holds of the two, without the lists whose entries are told by their place.
    pub config: Config,
    /// What of the project's configuration is not heard, by key.
    pub unheard: Vec<&'static str>,
}

impl Permission {
    /// Every permission under the name it is written with.
    pub const NAMED: [(&'static str, Permission); 10] = [
        ("accepted", Permission::Accepted),
        ("baseline", Permission::Baseline),
        ("clarify", Permission::Clarify),
        ("comments", Permission::Comments),
        ("exceptions", Permission::Exceptions),
        ("exclude", Permission::Exclude),
        ("idioms", Permission::Idioms),
        ("ignore-files", Permission::IgnoreFiles),
        ("index", Permission::Index),
        ("owned", Permission::Owned),
    ];

    fn name(self) -> &'static str {
        let named = Permission::NAMED.iter().find(|(_, known)| *known == self);
        named.map_or("", |(name, _)| name)
    }
}

impl Organisation {
    /// Reads the policy that a file holds for the project around a place.
    ///
    /// # Errors
    /// If it cannot be read, says something wrong, or lies in the project.
    pub(crate) fn load(file: &Path, place: &Path) -> Result<Organisation, ConfigError> {
        let top = top_of(place);
        let is_inside = match &top {
            Some(_) => top_of(file) == top,
            // Neither of two places without a repository says where the other's project ends.
            None => absolute_path(file).starts_with(absolute_path(place)),
        };
        if is_inside && file.is_file() {
            return Err(ConfigError::Unreadable {
                path: file.to_owned(),
                kind: ConfigKind::Organisation,
                reason: "it lies in the repository that it is to hold; keep it elsewhere"
                    .to_owned(),
            });
        }
        let top = top.unwrap_or_else(|| absolute_path(place));
        let config = read(file, file, ConfigKind::Organisation, Some(&top))?;
        let config = config.unwrap_or_default();
        let text = config.file.as_ref().map_or("", |file| file.text.as_str());
        let digest = blake3::hash(text.as_bytes()).to_hex().to_string();
        Ok(Organisation { file: file.to_owned(), digest, config })
    }

    /// Whether the project decides something by itself.
    pub(crate) fn permits(&self, permission: Permission) -> bool {
        self.config.permits.contains(&permission)
    }

    /// The stricter severity from which a run fails.
    pub(crate) fn fail_on(&self, own: FailOn) -> FailOn {
        later(&FailOn::NAMED, own, self.config.fail_on.unwrap_or_default())
    }

    /// The stricter answer to when files that were not checked make a run fail.
    pub(crate) fn fail_on_skipped(&self, own: FailOnSkipped) -> FailOnSkipped {
        later(&FailOnSkipped::NAMED, own, self.config.fail_on_skipped.unwrap_or_default())
    }

    /// What holds of a project's configuration.
    pub(crate) fn hold(&self, mut own: Config) -> Held {
        let mut unheard = self.refuse(&mut own);
        let theirs = &self.config;
        if theirs.license.is_some() && own.license.take().is_some() {
            unheard.push("license");
        }
        let fail_on = own.fail_on.map(|said| (said, self.fail_on(said)));
        let skipped = own.fail_on_skipped.map(|said| (said, self.fail_on_skipped(said)));
        let way = own.distribution.map(|said| (said, self.distribution(said)));
        let laxer = [
            ("fail-on", fail_on.is_some_and(|(said, held)| said != held)),
            ("fail-on-skipped", skipped.is_some_and(|(said, held)| said != held)),
            ("distribution", way.is_some_and(|(said, held)| said != held)),
        ];
        unheard.extend(laxer.iter().filter(|(_, is_laxer)| *is_laxer).map(|(key, _)| *key));
        // Where the project says nothing, the laxest value leaves the decision to the policy.
        own.fail_on = Some(self.fail_on(own.fail_on.unwrap_or(FailOn::Never)));
        own.fail_on_skipped =
            Some(self.fail_on_skipped(own.fail_on_skipped.unwrap_or(FailOnSkipped::Never)));
        own.distribution =
            Some(self.distribution(own.distribution.unwrap_or(Distribution::Internal)));
        own.fail_on_weak = Some([&own, theirs].iter().any(|it| it.fail_on_weak == Some(true)));
        own.log = theirs.log.or(own.log);
        unheard.extend(self.hold_severities(&mut own));
        self.hold_lists(&mut own);
        own.exclude = both(&theirs.exclude, &own.exclude);
        Held { config: own, unheard }
    }

    /// Takes out what is not permitted; returns the keys.
    fn refuse(&self, own: &mut Config) -> Vec<&'static str> {
        let mut unheard = Vec::new();
        let mut refuse = |permission: Permission, count: usize| {
            let refused = !self.permits(permission) && count > 0;
            unheard.extend(refused.then(|| permission.name()));
            refused
        };
        if refuse(Permission::Clarify, own.clarify.len()) {
            own.clarify.clear();
        }
        if refuse(Permission::Exceptions, own.exceptions.len()) {
            own.exceptions.clear();
        }
        if refuse(Permission::Exclude, own.exclude.patterns.len()) {
            own.exclude = Exclude::default();
        }
        if refuse(Permission::Idioms, own.idioms.len()) {
            own.idioms.clear();
        }
        if refuse(Permission::Index, own.index.len() + own.packs.len()) {
            own.index.clear();
            own.packs.clear();
        }
        if refuse(Permission::Owned, own.owned.len()) {
            own.owned.clear();
        }
        unheard
    }

    fn distribution(&self, own: Distribution) -> Distribution {
        later(&Distribution::NAMED, own, self.config.distribution.unwrap_or_default())
    }

    /// A severity may be raised and not lowered. Returns the key if one is.
    fn hold_severities(&self, own: &mut Config) -> Option<&'static str> {
        let mut is_lowered = false;
        for rule in Rule::ALL {
            let theirs = self.config.severities.get(&rule).copied();
            let least = theirs.unwrap_or_else(|| rule.default_severity());
            let held = match own.severities.remove(&rule) {
                Some(said) if said >= least => Some(said),
                Some(_) => {
                    is_lowered = true;
                    theirs
                }
                None => theirs,
            };
            own.severities.extend(held.map(|severity| (rule, severity)));
        }
        is_lowered.then_some("severity")
    }

    /// The lists of both refuse and want a look. What the project allows allows nothing that the
    /// policy does not: what it leaves out wants a look.
    fn hold_lists(&self, own: &mut Config) {
        let theirs = &self.config.lists;
        own.lists.deny.extend(theirs.deny.iter().cloned());
        own.lists.review.extend(theirs.review.iter().cloned());
        own.lists.within = std::mem::replace(&mut own.lists.allow, theirs.allow.clone());
    }
}

/// The top of the repository that a place is in.
fn top_of(place: &Path) -> Option<PathBuf> {
    let place = absolute_path(place);
    place.ancestors().find(|above| above.join(".git").exists()).map(Path::to_owned)
}

/// Of two values, the one that is named later: the stricter one.
fn later<T: Copy + PartialEq>(named: &[(&'static str, T)], one: T, other: T) -> T {
    let place = |value: T| named.iter().position(|(_, known)| *known == value);
    if place(one) >= place(other) { one } else { other }
}

/// The globs of both.
fn both(one: &Exclude, other: &Exclude) -> Exclude {
    let (mut all, mut globs) = (one.clone(), GlobSetBuilder::new());
    all.patterns.extend(other.patterns.iter().cloned());
    all.compiled.extend(other.compiled.iter().cloned());
    all.compiled.iter().for_each(|glob| _ = globs.add(glob.clone()));
    // Each was part of a set before.
    all.globs = globs.build().unwrap_or_default();
    all
}
