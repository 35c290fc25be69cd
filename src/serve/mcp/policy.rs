//! `show_policy`: by what code is judged in a project.

use std::collections::BTreeMap;
use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{License, plain};
use super::project::Projects;
use super::tool::{Answer, Failure};
use crate::engine::evidence::Preset;
use crate::judgement::policy::Exception;
use crate::license::{Distribution, ListedLicense};
use crate::project::config::FailOn;
use crate::project::walk::display_path;
use crate::report::shape::round;
use crate::report::strength::bits_in_words;
use crate::report::words::{count, group_digits};
use crate::session::Checker;
use crate::text::language::Family;

/// Arguments of `show_policy`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ShowPolicy {
    /// Directory of the project, if it is another than the one the server was started for.
    #[serde(default)]
    project: Option<String>,
}

/// What `show_policy` says.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Policy {
    /// Directory of the project.
    project: String,
    /// The configuration, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<String>,
    /// The organisation's policy, which the project can tighten and not loosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation_policy: Option<String>,
    /// The licence the project's own code is under; single files may say otherwise.
    license: License,
    /// How the project reaches people: internal, service, binary or source.
    distribution: &'static str,
    /// Licences that are welcome.
    allow: Vec<String>,
    /// Licences that are refused.
    deny: Vec<String>,
    /// Licences that a person must look at.
    review: Vec<String>,
    /// Packages that are the project's own.
    owned: Vec<String>,
    /// Code that may stay whatever its licence says.
    exceptions: Vec<Excepted>,
    /// Severity from which findings fail: never, error, warning or info.
    fail_on: &'static str,
    /// Whether weak matches fail as others do.
    fail_on_weak: bool,
    /// The preset that the threshold was chosen by, if it was: hook, default or audit.
    #[serde(skip_serializing_if = "Option::is_none")]
    preset: Option<&'static str>,
    /// Evidence in bits from which a match is reported, by family of languages.
    thresholds: BTreeMap<&'static str, f64>,
    /// The indexes that are asked.
    indexes: Vec<Index>,
    /// References that somebody accepted as they are.
    accepted: usize,
}

/// An exception of the configuration. What it names must all fit.
#[derive(Debug, Serialize, JsonSchema)]
struct Excepted {
    /// Package URL of the origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// Licence of the origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<String>,
    /// Glob of the paths it holds for.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Why it may stay.
    reason: String,
    /// The last day it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    /// Whether that day has passed.
    expired: bool,
}

/// An index that is asked.
#[derive(Debug, Serialize, JsonSchema)]
struct Index {
    /// Its directory, or `starter` for the one in the program.
    name: String,
    /// Digest of its content.
    digest: String,
    /// Packages it holds.
    components: u64,
    /// Source files it holds.
    documents: u64,
    /// Lines of code it holds.
    lines: u64,
}

impl ShowPolicy {
    pub(super) fn run(&self, projects: &Projects) -> Result<Answer, Failure> {
        let spot = projects.spot(None, self.project.as_deref())?;
        let checker = projects.checker(&spot.project)?;
        let policy = Policy::of(&checker);
        Answer::new(policy.describe(), &policy)
    }
}

impl Policy {
    fn of(checker: &Checker) -> Policy {
        let (session, settings) = (checker.session(), &checker.policy().settings);
        let config = session.config();
        let names =
            |list: &[ListedLicense]| list.iter().map(|listed| plain(listed.as_str())).collect();
        let lists = &settings.terms.lists;
        let (license, _) = session.license_of_place();
        let scanner = checker.scanner();
        let families: Vec<Family> = scanner.index().families().collect();
        let threshold = |&family: &Family| (family.name(), round(scanner.threshold_bits(family)));
        let indexes = checker.scanner().index().parts().iter().map(|part| Index {
            name: plain(&part.name.to_string()),
            digest: part.digest.to_string(),
            components: part.counts.components,
            documents: part.counts.documents,
            lines: part.counts.lines,
        });
        Policy {
            project: plain(&display_path(session.place())),
            configuration: config.file.as_ref().map(|file| plain(&display_path(&file.path))),
            organisation_policy: session.organisation().map(|it| plain(&display_path(&it.file))),
            license: License::of(&license),
            distribution: Distribution::name(settings.terms.distribution),
            allow: names(&lists.allow),
            deny: names(&lists.deny),
            review: names(&lists.review),
            owned: settings.owned.iter().map(|purl| plain(purl.as_str())).collect(),
            exceptions: settings
                .exceptions
                .iter()
                .map(|exception| Excepted::of(exception, exception.has_expired(settings.today)))
                .collect(),
            fail_on: fail_on(config.fail_on.unwrap_or_default()),
            fail_on_weak: settings.fail_on_weak,
            preset: families
                .first()
                .and_then(|&family| scanner.threshold(family).preset())
                .map(Preset::name),
            thresholds: families.iter().map(threshold).collect(),
            indexes: indexes.collect(),
            accepted: session.log().map_or(0, |log| log.entries().len()),
        }
    }

    fn describe(&self) -> String {
        let mut told = String::new();
        let configuration =
            self.configuration.as_deref().unwrap_or("none: every setting has its default");
        let _ = writeln!(told, "project: {}", self.project);
        let _ = writeln!(told, "configuration: {configuration}");
        if let Some(policy) = &self.organisation_policy {
            let _ = writeln!(told, "organisation's policy: {policy}");
        }
        let _ = writeln!(told, "licence: {}", self.license.wording);
        let _ = writeln!(told, "distribution: {}", self.distribution);
        let lists = [
            ("allow", &self.allow),
            ("deny", &self.deny),
            ("review", &self.review),
            ("owned", &self.owned),
        ];
        for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            let _ = writeln!(told, "{name}: {}", list.join(", "));
        }
        for exception in &self.exceptions {
            exception.tell(&mut told);
        }
        let _ = writeln!(told, "findings fail from: {}", self.fail_on);
        let weak = if self.fail_on_weak { "fail as others do" } else { "are notices" };
        let _ = writeln!(told, "weak matches: {weak}");
        let preset = self.preset.map(|name| format!(" (preset {name})")).unwrap_or_default();
        let bits = bits_in_words(self.thresholds.values().map(|&bits| bits as f32));
        let _ = writeln!(told, "reported from: {bits}{preset}");
        for Index { name, components, lines, .. } in &self.indexes {
            let (components, lines) = (count(*components, "component"), group_digits(*lines));
            let _ = writeln!(told, "index: {name} ({components}, {lines} lines)");
        }
        let _ = writeln!(told, "accepted matches: {}", self.accepted);
        told
    }
}

impl Excepted {
    fn of(exception: &Exception, expired: bool) -> Excepted {
        Excepted {
            owner: exception.owner.as_ref().map(|owner| plain(owner.as_str())),
            license: exception.license.as_ref().map(|license| plain(license.as_str())),
            path: exception.path.as_ref().map(|path| plain(&path.pattern)),
            reason: plain(&exception.reason),
            expires: exception.expires.map(|last| last.to_string()),
            expired,
        }
    }

    fn tell(&self, out: &mut String) {
        let about = [&self.owner, &self.license, &self.path];
        let about: Vec<&str> = about.into_iter().flatten().map(String::as_str).collect();
        let _ = write!(out, "exception: {} may stay: {}", about.join(", "), self.reason);
        if let Some(last) = &self.expires {
            let _ = write!(out, " ({} {last})", if self.expired { "expired" } else { "until" });
        }
        out.push('\n');
    }
}

fn fail_on(wanted: FailOn) -> &'static str {
    let named = FailOn::NAMED.iter().find(|(_, value)| *value == wanted);
    named.map_or("warning", |(name, _)| name)
}
