//! The baseline: what was there when a project took birthmark up, and is not reported again.
//!
//! Findings are *counted*, per rule, reference and file. One more copy of code that is in the
//! baseline is new, whether it stands in the same file or in another; code that moved from one file
//! to another is not. A JSON report serves as a baseline too: the two have the fields in common
//! that count.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::judgement::finding::Finding;

/// Version of the format.
const VERSION: u32 = 1;
/// The versions of JSON reports whose findings are understood.
pub(crate) const REPORT_VERSIONS: RangeInclusive<u32> = 1..=2;

/// Counted findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    counts: BTreeMap<Known, Places>,
}

/// What a finding is known by, wherever it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Known {
    /// Code of the rule.
    pub rule: String,
    /// Identity of the content.
    pub reference: String,
}

/// How often something stands in each file.
pub(crate) type Places = BTreeMap<String, u64>;

/// Why a text is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is not JSON, or not of that shape.
    #[error(
        "line {line}, column {column}: {message}; name a file of `birthmark baseline create` or a JSON report"
    )]
    Malformed {
        /// Where.
        line: usize,
        /// Where.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// It says of itself that it is something else.
    #[error(
        "it is neither a baseline nor a JSON report that this birthmark knows; make one with `birthmark baseline create`"
    )]
    Unknown,
    /// An entry is not the one that was written.
    #[error(
        "the entry of {path:?} is damaged; make the baseline anew with `birthmark baseline create --force`, or remove the `check` of an entry that you changed"
    )]
    Damaged {
        /// The file that the entry is about.
        path: String,
    },
}

/// What a baseline was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file made to be one.
    Baseline,
    /// A JSON report, whose paths are as the user of that scan named them.
    Report,
}

#[derive(Deserialize)]
struct Document {
    baseline_version: Option<u32>,
    schema_version: Option<u32>,
    findings: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    rule: String,
    #[serde(rename = "match")]
    reference: String,
    path: String,
    #[serde(default = "once")]
    count: u64,
    /// Tells damage, which might silence more than was meant. An entry has one of its own, so that
    /// branches merge. Reports have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<String>,
}

fn once() -> u64 {
    1
}

impl Row {
    fn with_seal(known: &Known, path: &str, count: u64) -> Row {
        let (rule, reference) = (known.rule.clone(), known.reference.clone());
        let row = Row { rule, reference, path: path.to_owned(), count, check: None };
        Row { check: Some(row.digest()), ..row }
    }

    /// The first eight digits of the BLAKE3 digest of what it says.
    fn digest(&self) -> String {
        let Row { rule, reference, path, count, .. } = self;
        let said = format!("{rule}\0{reference}\0{path}\0{count}");
        blake3::hash(said.as_bytes()).to_hex()[..8].to_owned()
    }
}

impl Baseline {
    /// Reads a baseline or a JSON report.
    ///
    /// # Errors
    /// If it is neither.
    pub fn from_json(text: &str) -> Result<(Baseline, Origin), BaselineError> {
        let document: Document =
            serde_json::from_str(text).map_err(|error| BaselineError::Malformed {
                line: error.line(),
                column: error.column(),
                // serde ends its message with line and column, which our message states already.
                message: error.to_string().split(" at line ").next().unwrap_or_default().to_owned(),
            })?;
        let origin = match (document.baseline_version, document.schema_version) {
            (Some(VERSION), None) => Origin::Baseline,
            (None, Some(version)) if REPORT_VERSIONS.contains(&version) => Origin::Report,
            _ => return Err(BaselineError::Unknown),
        };
        let mut baseline = Baseline::default();
        for row in document.findings {
            if row.check.as_ref().is_some_and(|check| *check != row.digest()) {
                return Err(BaselineError::Damaged { path: row.path });
            }
            baseline.add(Known { rule: row.rule, reference: row.reference }, row.path, row.count);
        }
        Ok((baseline, origin))
    }

    /// Draws it with a finding a line, in a fixed order: two branches that change it merge.
    pub fn to_json(&self) -> String {
        let row = |known: &Known, path: &String, count: u64| {
            serde_json::to_string(&Row::with_seal(known, path, count))
                .expect("strings and a number")
        };
        let mut rows: Vec<(&String, String)> = Vec::new();
        for (known, places) in &self.counts {
            rows.extend(places.iter().map(|(path, &count)| (path, row(known, path, count))));
        }
        rows.sort();
        let rows: Vec<String> = rows.into_iter().map(|(_, row)| format!("    {row}")).collect();
        if rows.is_empty() {
            format!("{{\n  \"baseline_version\": {VERSION},\n  \"findings\": []\n}}\n")
        } else {
            format!(
                "{{\n  \"baseline_version\": {VERSION},\n  \"findings\": [\n{}\n  ]\n}}\n",
                rows.join(",\n")
            )
        }
    }

    /// Counts a finding.
    pub fn count(&mut self, finding: &Finding, path: String) {
        self.add(Known::of(finding), path, 1);
    }

    /// Everything it holds.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Known, &Places)> {
        self.counts.iter()
    }

    /// The same with other paths.
    pub(crate) fn with_paths(self, path: impl Fn(&str) -> String) -> Baseline {
        let mut renamed = Baseline::default();
        for (known, places) in self.counts {
            for (old, count) in places {
                renamed.add(known.clone(), path(&old), count);
            }
        }
        renamed
    }

    /// How many findings it holds.
    pub fn len(&self) -> u64 {
        self.counts.values().flat_map(Places::values).sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Counts something so many times more.
    pub(crate) fn add(&mut self, known: Known, path: String, count: u64) {
        if count > 0 {
            *self.counts.entry(known).or_default().entry(path).or_default() += count;
        }
    }
}

impl Known {
    /// What this finding is known by.
    pub(crate) fn of(finding: &Finding) -> Known {
        Known { rule: finding.rule.code().to_owned(), reference: finding.reference.clone() }
    }
}

/// How many of the places where something stands now were there before, by file. `here` is how
/// often it stands there now; `may_have_left` says whether code of the baseline that a file no
/// longer holds has gone from it, and was not merely not looked at.
pub(crate) fn known_places(
    before: &Places,
    here: &Places,
    may_have_left: impl Fn(&str) -> bool,
) -> Places {
    let mut known = Places::new();
    let mut moved = 0;
    for (path, &count) in before {
        let now = here.get(path).copied().unwrap_or(0);
        known.insert(path.clone(), count.min(now));
        if count > now && may_have_left(path) {
            moved += count - now;
        }
    }
    for (path, &now) in here {
        let known = known.entry(path.clone()).or_default();
        // `known` is never more than `now`, so that this cannot go below zero.
        let arrived = moved.min(now - *known);
        *known += arrived;
        moved -= arrived;
    }
    known.retain(|_, count| *count > 0);
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(places: &[(&str, u64)]) -> Places {
        places.iter().map(|&(path, count)| (path.to_owned(), count)).collect()
    }

    #[test]
    fn copies_are_counted() {
        for (before, here, known) in [
            (&[("a", 1)][..], &[("a", 1)][..], &[("a", 1)][..]),
            (&[("a", 1)], &[("a", 2)], &[("a", 1)]),
            (&[("a", 1)], &[("b", 1)], &[("b", 1)]),
            (&[("a", 1)], &[("a", 1), ("b", 1)], &[("a", 1)]),
            (&[("a", 1)], &[("b", 1), ("c", 1)], &[("b", 1)]),
            (&[("a", 2)], &[("a", 1), ("b", 2)], &[("a", 1), ("b", 1)]),
            (&[("a", 1), ("b", 1)], &[("c", 3)], &[("c", 2)]),
            (&[], &[("a", 1)], &[]),
        ] {
            assert_eq!(
                known_places(&places(before), &places(here), |_| true),
                places(known),
                "{here:?}"
            );
        }
        let (before, here) = (places(&[("unseen", 1)]), places(&[("b", 1)]));
        assert_eq!(
            known_places(&before, &here, |_| false),
            places(&[]),
            "it still stands where it stood"
        );
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        let mut baseline = Baseline::default();
        let read = |baseline: &Baseline| Baseline::from_json(&baseline.to_json()).unwrap();
        assert_eq!(read(&baseline), (baseline.clone(), Origin::Baseline));
        for (reference, path, count) in
            [("b", "x \"y\"\n.py", 2), ("a", "z.py", 1), ("a", "a.py", 1)]
        {
            let known =
                Known { rule: "license-review".to_owned(), reference: reference.to_owned() };
            baseline.add(known, path.to_owned(), count);
        }
        let json = baseline.to_json();
        assert_eq!(read(&baseline), (baseline.clone(), Origin::Baseline));
        let lines: Vec<&str> = json.lines().filter(|line| line.contains("rule")).collect();
        assert_eq!(lines.len(), 3, "a line each");
        assert!(lines[0].contains("a.py") && lines[2].contains("z.py"), "by file: {json}");
    }

    /// Whatever bit is flipped, the baseline is refused or says the same.
    #[test]
    fn no_flipped_bit_silences_more() {
        let mut baseline = Baseline::default();
        for (reference, path, count) in [("f416b444", "src/a.py", 2), ("09009afa", "b.rs", 1)] {
            let known =
                Known { rule: "license-review".to_owned(), reference: reference.to_owned() };
            baseline.add(known, path.to_owned(), count);
        }
        let whole = baseline.to_json();
        let mut refused = 0;
        for bit in 0..whole.len() * 8 {
            let mut damaged = whole.clone().into_bytes();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let Ok(text) = String::from_utf8(damaged) else { continue };
            match Baseline::from_json(&text) {
                Err(_) => refused += 1,
                Ok(read) => assert_eq!(read, (baseline.clone(), Origin::Baseline), "{text}"),
            }
        }
        assert!(refused > whole.len() * 5, "{refused}");
    }

    #[test]
    fn an_entry_without_check_is_taken_as_it_is() {
        let row = r#"{"rule":"r","match":"m","path":"p","count":3}"#;
        let text = format!(r#"{{"baseline_version":1,"findings":[{row}]}}"#);
        assert_eq!(Baseline::from_json(&text).unwrap().0.len(), 3);
    }

    #[test]
    fn a_report_serves_and_other_things_do_not() {
        let row = r#"{"rule": "r", "match": "m", "path": "p", "severity": "error"}"#;
        for version in REPORT_VERSIONS {
            let report = format!(
                r#"{{"schema_version": {version}, "matches": [], "findings": [{row}, {row}]}}"#
            );
            let (baseline, origin) = Baseline::from_json(&report).unwrap();
            assert_eq!((baseline.len(), origin), (2, Origin::Report));
        }
        for (text, problem) in [
            ("", "line 1, column 0: EOF"),
            (
                "{\n  \"baseline_version\": 1,\n  \"findings\": 3\n}",
                "line 3, column 15: invalid type",
            ),
            (r#"{"baseline_version": 2, "findings": []}"#, "neither a baseline nor"),
            (r#"{"schema_version": 3, "findings": []}"#, "neither a baseline nor"),
            (r#"{"findings": []}"#, "neither a baseline nor"),
        ] {
            let error = Baseline::from_json(text).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
