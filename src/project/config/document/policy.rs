//! The part of a configuration that says what may stay: licences, lists, exceptions, corrections,
//! severities.

use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr;

use globset::GlobSetBuilder;
use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::{Clarification, given_license};
use super::{Reader, wrong_type};
use crate::judgement::finding::{Rule, Severity};
use crate::judgement::policy::{Exception, PathGlob};
use crate::license::{Distribution, LicenseError, LicenseFact, ListedLicense};
use crate::purl::Purl;

/// Keys of an exception.
pub(super) const EXCEPTION_KEYS: [&str; 5] = ["owner", "path", "license", "reason", "expires"];

/// Keys of a corrected licence.
pub(super) const CLARIFY_KEYS: [&str; 4] = ["component", "license", "digest", "reason"];

/// Severities under the names they are written with.
pub(super) const SEVERITIES: [(&str, Severity); 3] =
    [("info", Severity::Info), ("warning", Severity::Warning), ("error", Severity::Error)];

const LICENSE_HELP: &str = "an SPDX licence expression such as \"MIT OR Apache-2.0\"";

const PURL_HELP: &str = "a package URL such as \"pkg:pypi/six\"";

impl Reader<'_> {
    /// An SPDX expression; what is wrong is shown at the word.
    pub(super) fn license(&mut self, value: &Spanned<DeValue<'_>>) -> Option<LicenseFact> {
        let text = self.string(value, LICENSE_HELP)?;
        match given_license(text) {
            Ok(fact) => Some(fact),
            Err(error) => {
                let span = self.within(value, text, &error);
                self.wrong(span, error.to_string(), format!("expected {LICENSE_HELP}"));
                None
            }
        }
    }

    /// The place of an error inside of a string, if it is written without escapes.
    fn within(
        &self,
        value: &Spanned<DeValue<'_>>,
        text: &str,
        error: &LicenseError,
    ) -> Range<usize> {
        let span = value.span();
        // With escapes the text is shorter than what stands in the file, and its places are others.
        let plain = self.text.get(span.start + 1..span.end.saturating_sub(1)) == Some(text);
        if plain && !error.span.is_empty() {
            span.start + 1 + error.span.start..span.start + 1 + error.span.end
        } else {
            span
        }
    }

    pub(super) fn distribution(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Distribution> {
        self.choice(value, &Distribution::NAMED, "a way of distribution")
    }

    /// One of some names.
    pub(super) fn choice<T: Copy>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        named: &[(&'static str, T)],
        what: &str,
    ) -> Option<T> {
        let names =
            named.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let expected = format!("one of {names}");
        let text = self.string(value, &expected)?;
        let found = named.iter().find(|(name, _)| *name == text).map(|&(_, value)| value);
        if found.is_none() {
            self.wrong(
                value.span(),
                format!("`{text}` is not {what}"),
                format!("expected {expected}"),
            );
        }
        found
    }

    pub(super) fn list(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<ListedLicense> {
        let expected = "one licence such as \"MPL-2.0\"";
        self.array(value, "an array of licences such as [\"MIT\", \"MPL-2.0\"]")
            .iter()
            .filter_map(|item| self.parse_string(item, expected, ListedLicense::parse))
            .collect()
    }

    pub(super) fn exceptions(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Spanned<Exception>> {
        let items = self.array(value, "[[exceptions]] tables");
        items
            .iter()
            .filter_map(|item| Some(Spanned::new(item.span(), self.exception(item)?)))
            .collect()
    }

    fn exception(&mut self, item: &Spanned<DeValue<'_>>) -> Option<Exception> {
        let table =
            self.table(item, "an exception with `reason` and `owner`, `path` or `license`")?;
        let mut exception = Exception {
            owner: None,
            path: None,
            license: None,
            reason: String::new(),
            expires: None,
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "owner" => exception.owner = self.parse_string(value, PURL_HELP, Purl::from_str),
                "path" => exception.path = self.path(value),
                "license" => {
                    exception.license = self.license(value).and_then(|fact| fact.expression)
                }
                "reason" => exception.reason = self.reason(value)?,
                "expires" => exception.expires = self.date(value),
                _ => self.unknown_key(key.get_ref(), key.span(), &EXCEPTION_KEYS),
            }
        }
        let selects = ["owner", "path", "license"].iter().any(|key| table.contains_key(*key));
        if !selects {
            self.report_missing(
                item,
                "an exception says nothing of what it is for",
                "`owner`, `path` or `license`",
            );
        }
        if !table.contains_key("reason") {
            self.report_missing(item, "an exception gives no reason", "`reason = \"...\"`");
        }
        Some(exception)
    }

    fn path(&mut self, value: &Spanned<DeValue<'_>>) -> Option<PathGlob> {
        let pattern = self.string(value, "a glob such as \"src/vendor\"")?;
        let globs = self.glob(pattern, value.span())?;
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            set.add(glob);
        }
        Some(PathGlob { pattern: pattern.to_owned(), globs: set.build().ok()? })
    }

    fn reason(&mut self, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let expected = "a sentence that says why";
        let text = self.string(value, expected)?.trim();
        if text.is_empty() {
            self.wrong(
                value.span(),
                "the reason is empty".to_owned(),
                format!("expected {expected}"),
            );
            return None;
        }
        Some(text.to_owned())
    }

    fn date(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Date> {
        let expected = "a day such as 2027-12-31";
        let date = match value.get_ref() {
            DeValue::Datetime(found) if found.time.is_none() => {
                let date = found
                    .date
                    .and_then(|it| i16::try_from(it.year).ok().zip(Some((it.month, it.day))));
                date.and_then(|(year, (month, day))| Date::new(year, month as i8, day as i8).ok())
            }
            DeValue::Datetime(_) => None,
            DeValue::String(text) => text.parse().ok(),
            other => {
                self.problems.push(wrong_type(value.span(), other, expected));
                return None;
            }
        };
        if date.is_none() {
            self.wrong(
                value.span(),
                "this is not a day".to_owned(),
                format!("expected {expected}"),
            );
        }
        date
    }

    pub(super) fn clarifications(
        &mut self,
        value: &Spanned<DeValue<'_>>,
    ) -> Vec<Spanned<Clarification>> {
        let items = self.array(value, "[[clarify]] tables");
        items
            .iter()
            .filter_map(|item| Some(Spanned::new(item.span(), self.clarification(item)?)))
            .collect()
    }

    fn clarification(&mut self, item: &Spanned<DeValue<'_>>) -> Option<Clarification> {
        let table = self.table(item, "a correction with `component`, `license` and `digest`")?;
        let (mut component, mut license, mut digest) = (None, None, None);
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "component" => component = self.component(value),
                "license" => license = self.license(value),
                "digest" => digest = self.digest(value),
                "reason" => _ = self.reason(value),
                _ => self.unknown_key(key.get_ref(), key.span(), &CLARIFY_KEYS),
            }
        }
        for key in ["component", "license", "digest"] {
            if !table.contains_key(key) {
                let help =
                    "`birthmark index list --format json` shows components with their digests";
                self.report_missing(item, &format!("a correction lacks its `{key}`"), help);
            }
        }
        Some(Clarification { component: component?, license: license?, digest: digest? })
    }

    fn component(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Purl> {
        let expected = "a package URL with its version such as \"pkg:pypi/six@1.17.0\"";
        let purl = self.parse_string(value, expected, Purl::from_str)?;
        if purl.version().is_none() {
            self.wrong(
                value.span(),
                "the version is missing".to_owned(),
                format!("expected {expected}"),
            );
            return None;
        }
        Some(purl)
    }

    fn digest(&mut self, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let expected = "the component's digest, `blake3:` and 64 hexadecimal digits";
        let text = self.string(value, expected)?;
        let is_digest = text.strip_prefix("blake3:").is_some_and(|hex| {
            hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        });
        if !is_digest {
            self.wrong(
                value.span(),
                "this is not a digest".to_owned(),
                format!("expected {expected}"),
            );
            return None;
        }
        Some(text.to_owned())
    }

    pub(super) fn severities(&mut self, value: &Spanned<DeValue<'_>>) -> BTreeMap<Rule, Severity> {
        let mut severities = BTreeMap::new();
        let Some(table) = self.table(value, "a table of rules and severities") else {
            return severities;
        };
        let codes = Rule::ALL.map(Rule::code);
        for (key, value) in table {
            let Some(rule) = Rule::from_code(key.get_ref()) else {
                self.unknown_key(key.get_ref(), key.span(), &codes);
                continue;
            };
            if let Some(severity) = self.choice(value, &SEVERITIES, "a severity") {
                severities.insert(rule, severity);
            }
        }
        severities
    }

    fn table<'t, 'i>(
        &mut self,
        value: &'t Spanned<DeValue<'i>>,
        expected: &str,
    ) -> Option<&'t DeTable<'i>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            other => {
                self.problems.push(wrong_type(value.span(), other, expected));
                None
            }
        }
    }

    fn report_missing(&mut self, item: &Spanned<DeValue<'_>>, title: &str, expected: &str) {
        self.wrong(item.span(), title.to_owned(), format!("expected {expected}"));
    }
}
