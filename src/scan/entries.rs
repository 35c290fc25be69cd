//! The user's policy as a scan needs it, and the entries of the configuration that decide nothing.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::engine::index::{Index, IndexError};
use crate::judgement::finding::{Finding, Report, Rule};
use crate::judgement::policy::{Clarified, Entry, Exception, PolicySettings, find_unused};
use crate::license::{LicenseExpression, Terms};
use crate::project::config::{Clarification, Config, ConfigFile, Organisation, ProjectManifests};
use crate::project::walk::{absolute_path, display_path};
use crate::text::span::{LineSet, Region};

/// The policy of a configuration.
#[derive(Default)]
pub struct Policy {
    /// What judges.
    pub settings: PolicySettings,
    /// The file of the configuration.
    file: Option<ConfigFile>,
    /// Where the entries of the settings stand in the file, list by list.
    owned: Vec<Range<usize>>,
    exceptions: Vec<Range<usize>>,
    clarified: Vec<Range<usize>>,
    /// Entries that cannot decide anything in any run.
    stale: Vec<Stale>,
}

/// An entry that decides nothing, and why.
struct Stale {
    span: Range<usize>,
    why: String,
    remedy: &'static str,
}

impl Policy {
    /// The policy, with corrected licences looked up in the index.
    ///
    /// # Errors
    /// If the index is damaged.
    pub(crate) fn new(
        config: &Config,
        organisation: Option<&Organisation>,
        index: &Index,
    ) -> Result<Policy, IndexError> {
        let today = today();
        let mut policy = Policy {
            settings: PolicySettings {
                owned: config.owned.iter().map(|entry| entry.get_ref().clone()).collect(),
                severities: config.severities.clone(),
                fail_on_weak: config.fail_on_weak.unwrap_or_default(),
                terms: Terms {
                    distribution: config.distribution.unwrap_or_default(),
                    lists: config.lists.clone(),
                },
                exceptions: config.exceptions.iter().map(|entry| entry.get_ref().clone()).collect(),
                clarified: Vec::new(),
                today: Some(today),
            },
            file: config.file.clone(),
            owned: config.owned.iter().map(toml::Spanned::span).collect(),
            exceptions: config.exceptions.iter().map(toml::Spanned::span).collect(),
            clarified: Vec::new(),
            stale: Vec::new(),
        };
        if !config.clarify.is_empty() {
            policy.clarify(config, index)?;
        }
        policy.expire(today);
        // The organisation's entries come last. They have no place in this
        // file, by which `of_entry` tells them from the project's own.
        if let Some(organisation) = organisation {
            policy.settings.join(&organisation.config, index)?;
        }
        Ok(policy)
    }

    fn clarify(&mut self, config: &Config, index: &Index) -> Result<(), IndexError> {
        let components = index.list()?;
        for entry in &config.clarify {
            let Clarification { component, license, digest } = entry.get_ref();
            let held: Vec<_> = components
                .iter()
                .map(|it| &it.component)
                .filter(|it| it.purl == *component)
                .collect();
            let why = match held.first() {
                None => {
                    format!("no index in use holds {component}, whose licence is corrected here")
                }
                Some(other) if held.iter().all(|it| it.digest != *digest) => format!(
                    "{component} has the digest {} in the index, not the one its licence was corrected for",
                    other.digest
                ),
                Some(_) => {
                    self.settings
                        .clarified
                        .push(Clarified { component: component.clone(), license: license.clone() });
                    self.clarified.push(entry.span());
                    continue;
                }
            };
            let remedy = "Remove the correction, or look at the licence again and record the component's digest.";
            self.stale.push(Stale { span: entry.span(), why, remedy });
        }
        Ok(())
    }

    fn expire(&mut self, today: Date) {
        for (exception, span) in self.settings.exceptions.iter().zip(&self.exceptions) {
            if let Some(last) = exception.expires.filter(|_| exception.has_expired(Some(today))) {
                self.stale.push(Stale {
                    span: span.clone(),
                    why: format!("the exception for {} expired after {last}", about(exception)),
                    remedy: "Remove the exception, or look at the code again and give it a new day and reason.",
                });
            }
        }
    }

    /// The findings about entries that decided nothing in a report about the whole project. Entries
    /// for packages that the project's manifests name as well are not in the way.
    pub(super) fn unused_entries(
        &self,
        manifests: &ProjectManifests,
        report: &Report,
    ) -> Vec<Finding> {
        let Some(file) = &self.file else { return Vec::new() };
        let path = display_path(&file.path);
        let findings = self.stale(manifests, report).into_iter().map(|stale| Finding {
            rule: Rule::PolicyUnused,
            severity: self.settings.severity(Rule::PolicyUnused),
            weak: false,
            reference: identity(Rule::PolicyUnused, &stale.why),
            path: path.clone(),
            region: file.region(&stale.span),
            cells: None,
            added: LineSet::default(),
            message: stale.why,
            remedies: vec![stale.remedy.to_owned()],
        });
        findings.collect()
    }

    /// The findings about files that decide about a change and that the change touches, and about
    /// headers to which it gives another licence.
    pub(super) fn changed_deciding_files(
        &self,
        files: &[String],
        headers: &BTreeMap<String, LicenseExpression>,
    ) -> Vec<Finding> {
        let finding = |path: &String, message: String, remedy: &str| Finding {
            rule: Rule::PolicyChanged,
            severity: self.settings.severity(Rule::PolicyChanged),
            weak: false,
            reference: identity(Rule::PolicyChanged, path),
            path: path.clone(),
            region: Region { start_line: 1, start_column: 1, end_line: 1, end_column: 1 },
            cells: None,
            added: LineSet::default(),
            message,
            remedies: vec![remedy.to_owned()],
        };
        let of_file = |path: &String| {
            let message = "the change touches this file, which decides what is reported; it is judged without it";
            finding(
                path,
                message.to_owned(),
                "Let a maintainer decide whether the file may change so.",
            )
        };
        let of_header = |(path, license): (&String, &LicenseExpression)| {
            let message = format!(
                "the change states {license} in the header of this file; it is judged without it"
            );
            finding(
                path,
                message,
                "Let a maintainer decide whether the file is under that licence.",
            )
        };
        files.iter().map(of_file).chain(headers.iter().map(of_header)).collect()
    }

    fn stale(&self, manifests: &ProjectManifests, report: &Report) -> Vec<Stale> {
        let entries = find_unused(&report.references, &self.settings, |reference| {
            absolute_path(Path::new(&reference.path))
        });
        let is_named = |entry: &Entry| match *entry {
            Entry::Owned(at) => manifests.packages().is_own(&self.settings.owned[at]),
            _ => false,
        };
        let unused =
            entries.into_iter().filter(|it| !is_named(it)).filter_map(|entry| self.of_entry(entry));
        let mut stale: Vec<Stale> = unused.collect();
        stale.extend(self.stale.iter().map(|it| Stale {
            span: it.span.clone(),
            why: it.why.clone(),
            remedy: it.remedy,
        }));
        stale.sort_by_key(|it| it.span.start);
        stale
    }

    /// What is to say of an entry that decided nothing; `None` for those of an organisation's policy,
    /// which is about other projects too.
    fn of_entry(&self, entry: Entry) -> Option<Stale> {
        let (span, why, remedy) = match entry {
            Entry::Owned(at) => (
                self.owned.get(at)?,
                format!("nothing resembles {}, which `owned` names", self.settings.owned[at]),
                "Remove the entry, or correct the package's name.",
            ),
            // What has expired is told as such.
            Entry::Exception(at)
                if self.stale.iter().any(|it| Some(&it.span) == self.exceptions.get(at)) =>
            {
                return None;
            }
            Entry::Exception(at) => (
                self.exceptions.get(at)?,
                format!(
                    "the exception for {} decides nothing",
                    about(&self.settings.exceptions[at])
                ),
                "Remove the exception, or correct what it is for.",
            ),
            Entry::Clarified(at) => (
                self.clarified.get(at)?,
                format!(
                    "nothing resembles {}, whose licence is corrected here",
                    self.settings.clarified[at].component
                ),
                "Remove the correction.",
            ),
        };
        Some(Stale { span: span.clone(), why, remedy })
    }
}

impl PolicySettings {
    /// Joins the entries of an organisation's policy to those of the project.
    fn join(&mut self, theirs: &Config, index: &Index) -> Result<(), IndexError> {
        self.owned.extend(theirs.owned.iter().map(|entry| entry.get_ref().clone()));
        self.exceptions.extend(theirs.exceptions.iter().map(|entry| entry.get_ref().clone()));
        if theirs.clarify.is_empty() {
            return Ok(());
        }
        let components = index.list()?;
        for Clarification { component, license, digest } in
            theirs.clarify.iter().map(toml::Spanned::get_ref)
        {
            let mut held = components.iter().map(|it| &it.component);
            if held.any(|it| it.purl == *component && it.digest == *digest) {
                let clarified =
                    Clarified { component: component.clone(), license: license.clone() };
                self.clarified.push(clarified);
            }
        }
        Ok(())
    }
}

/// What an exception is for.
fn about(exception: &Exception) -> String {
    let owner = exception.owner.as_ref().map(ToString::to_string);
    let license = exception.license.as_ref().map(ToString::to_string);
    let path = exception.path.as_ref().map(|glob| glob.pattern.clone());
    [owner, license, path].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Identity of a finding about the configuration: what it says.
fn identity(rule: Rule, why: &str) -> String {
    let code = rule.code();
    blake3::hash(format!("{code}\n{why}").as_bytes()).to_hex()[..16].to_owned()
}

/// The day it is, in UTC, or the one that `SOURCE_DATE_EPOCH` names for reproducible runs.
fn today() -> Date {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok());
    let stamp = given
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or_else(Timestamp::now);
    stamp.to_zoned(TimeZone::UTC).date()
}
