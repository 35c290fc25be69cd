//! The settings of a client's user, section `birthmark`.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::engine::evidence::{Preset, Threshold};
use crate::engine::index::IndexName;
use crate::project::config::given_license;
use crate::session::Choices;

/// How long no key must be hit before a text is checked, unless the user says otherwise.
pub(crate) const DEFAULT_DEBOUNCE: Duration = Duration::from_millis(150);

/// The longest wait that can be set.
const MAX_DEBOUNCE_MS: u64 = 60_000;

/// What the user of a client sets for one folder.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    /// Whether anything is checked.
    pub checking: Checking,
    /// Whether what is found is written to the reference log.
    pub logging: Logging,
    /// How long no key must be hit before a text is checked.
    pub debounce: Duration,
    /// What goes before what the project configures.
    pub choices: Choices,
}

/// Whether anything is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checking {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// Whether what is found is written to the reference log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logging {
    /// It is.
    On,
    /// It is not.
    Off,
}

impl Settings {
    /// What holds as long as the user sets nothing.
    pub(super) fn new(choices: Choices, debounce: Duration) -> Settings {
        Settings { checking: Checking::On, logging: Logging::On, debounce, choices }
    }

    /// The same with what the user sets. Also returns what of it is wrong, which counts as not set.
    /// Directories are relative to the folder.
    pub(super) fn with(&self, section: &Value, folder: &Path) -> (Settings, Vec<String>) {
        let mut settings = self.clone();
        let mut problems = Vec::new();
        let is_set = |key: &str| section.get(key).is_some_and(|value| !value.is_null());
        let entries = section.as_object().into_iter().flatten().filter(|(key, _)| is_set(key));
        // A threshold that is set beside a preset is the more exact of the two.
        for (key, value) in entries.filter(|(key, _)| *key != "preset" || !is_set("threshold")) {
            if let Err(expected) = settings.set(key, value, folder) {
                problems.push(format!("birthmark.{key}: {expected}"));
            }
        }
        (settings, problems)
    }

    fn set(&mut self, key: &str, value: &Value, folder: &Path) -> Result<(), String> {
        let choices = &mut self.choices;
        match key {
            "enable" => self.checking = if truth(value)? { Checking::On } else { Checking::Off },
            "log" => self.logging = if truth(value)? { Logging::On } else { Logging::Off },
            "debounceMs" => self.debounce = debounce(value)?,
            "threshold" => choices.threshold = Some(Threshold::Bits(threshold(value)?)),
            "preset" if value == "" => {}
            "preset" => choices.threshold = Some(Threshold::Preset(preset(value)?)),
            "license" if value == "" => {}
            "license" => {
                let text = value.as_str().ok_or("expected an SPDX expression")?;
                choices.license = Some(given_license(text).map_err(|error| error.to_string())?);
            }
            "index" => {
                let names = indexes(value, folder)?;
                if !names.is_empty() {
                    choices.indexes = names;
                }
            }
            // Clients keep settings of their own in the section too.
            _ => {}
        }
        Ok(())
    }
}

fn truth(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "expected true or false".to_owned())
}

fn debounce(value: &Value) -> Result<Duration, String> {
    let wanted = value.as_u64().filter(|ms| *ms <= MAX_DEBOUNCE_MS);
    wanted
        .map(Duration::from_millis)
        .ok_or_else(|| format!("expected milliseconds, at most {MAX_DEBOUNCE_MS}"))
}

fn threshold(value: &Value) -> Result<f32, String> {
    let bits =
        value.as_f64().map(|bits| bits as f32).filter(|bits| bits.is_finite() && *bits > 0.0);
    bits.ok_or_else(|| "expected a positive number of bits, such as 68".to_owned())
}

fn preset(value: &Value) -> Result<Preset, String> {
    let names = || Preset::NAMED.map(|(name, _)| name).join(", ");
    value.as_str().and_then(Preset::from_name).ok_or_else(|| format!("expected one of {}", names()))
}

fn indexes(value: &Value, folder: &Path) -> Result<Vec<IndexName>, String> {
    let named = |value: &Value| match value.as_str() {
        Some("starter") => Some(IndexName::Starter),
        Some(directory) if !directory.is_empty() => {
            Some(IndexName::Directory(folder.join(directory)))
        }
        _ => None,
    };
    let names: Option<Vec<IndexName>> = match value {
        Value::Array(list) => list.iter().map(named).collect(),
        one => named(one).map(|name| vec![name]),
    };
    names.ok_or_else(|| "expected directories or \"starter\"".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(section: Value) -> (Settings, Vec<String>) {
        Settings::new(Choices::default(), DEFAULT_DEBOUNCE).with(&section, Path::new("/p"))
    }

    #[test]
    fn settings_are_read() {
        let (settings, problems) = read(json!({
            "enable": false, "preset": "hook", "index": ["a", "starter"], "license": "MIT", "debounceMs": 20, "log": false,
            "trace": {"server": "off"}
        }));
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!((settings.checking, settings.logging), (Checking::Off, Logging::Off));
        assert_eq!(settings.choices.threshold, Some(Threshold::Preset(Preset::Hook)));
        assert_eq!(
            settings.choices.indexes,
            [IndexName::Directory("/p/a".into()), IndexName::Starter]
        );
        assert_eq!(settings.debounce, Duration::from_millis(20));
        assert!(settings.choices.license.is_some());
        let (settings, _) = read(json!({ "preset": "hook", "threshold": 50 }));
        assert_eq!(settings.choices.threshold, Some(Threshold::Bits(50.0)));
    }

    #[test]
    fn what_is_wrong_is_told_and_counts_as_not_set() {
        let (settings, problems) = read(json!({
            "enable": "yes", "threshold": -1, "index": [7], "license": "Foo!", "debounceMs": 1e99, "log": 1
        }));
        assert_eq!(problems.len(), 6, "{problems:?}");
        assert!(settings.choices.is_as_configured() && settings.checking == Checking::On);
        assert_eq!(
            read(json!({ "preset": "x" })).1,
            ["birthmark.preset: expected one of hook, default, audit"]
        );
        let (settings, problems) = read(json!({ "threshold": null, "license": "", "index": [] }));
        assert!(settings.choices.is_as_configured() && problems.is_empty());
        assert!(read(json!("x")).1.is_empty());
    }
}
