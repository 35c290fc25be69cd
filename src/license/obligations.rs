//! What licences ask of whoever passes code on: a summary in plain words, each with its source.

use std::sync::OnceLock;

use super::category::Category;
use super::own;

/// Something that a licence asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duty {
    /// What it arises from: `copy`, `source`, `binary`, `changed`, `network`, ...
    pub when: &'static str,
    /// What must be done or left.
    pub duty: &'static str,
    /// Where that stands.
    pub source: &'static str,
}

impl Duty {
    /// What it arises from, in words.
    pub(crate) fn occasion(&self) -> &'static str {
        match self.when {
            "copy" => "in every form",
            "source" => "in source",
            "binary" => "compiled",
            "changed" => "if you changed it",
            "network" => "over a network",
            other => other,
        }
    }
}

struct Row {
    licenses: &'static str,
    duty: Duty,
}

/// What a licence asks, in the order of its text; empty where the table does not have it.
pub(crate) fn duties(id: &str) -> Vec<Duty> {
    let is_bare = Category::of(id) == Category::PublicDomain;
    let fits = |row: &&Row| {
        if is_bare { row.licenses == "{public-domain}" } else { own::matches(row.licenses, id) }
    };
    rows().iter().filter(fits).map(|row| row.duty).collect()
}

/// The licences that the table names one by one.
pub(crate) fn with_duties() -> Vec<&'static str> {
    let names = rows().iter().flat_map(|row| row.licenses.split(' '));
    let mut names: Vec<_> = names.filter(|name| spdx::license_id(name).is_some()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let row = |[licenses, when, duty, source]: [&'static str; 4]| Row {
            licenses,
            duty: Duty { when, duty, source },
        };
        own::lines(include_str!("obligations.tsv")).map(row).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_whole_and_has_a_source() {
        const WHEN: [&str; 9] = [
            "any",
            "copy",
            "source",
            "binary",
            "changed",
            "network",
            "advertising",
            "use of names",
            "patents",
        ];
        let table = include_str!("obligations.tsv");
        let lines = table.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(rows().len(), lines, "every line has four fields");
        for Row { licenses, duty: Duty { when, duty, source } } in rows() {
            assert!(WHEN.contains(when), "{licenses}: {when}");
            assert!(duty.len() > 12 && !duty.ends_with('.'), "{duty}");
            assert!(source.starts_with("https://"), "{source}");
        }
    }

    #[test]
    fn every_pattern_names_a_licence() {
        let ids: Vec<&str> = spdx::identifiers::LICENSES.iter().map(|it| it.name).collect();
        for Row { licenses, .. } in rows().iter().filter(|row| !row.licenses.starts_with('{')) {
            for pattern in licenses.split(' ') {
                assert!(ids.iter().any(|id| own::matches(pattern, id)), "{pattern}");
            }
        }
    }

    #[test]
    fn duties_are_those_of_the_licence() {
        let asked = |id: &str| duties(id).iter().map(|it| it.when).collect::<Vec<_>>().join(" ");
        assert_eq!(asked("MIT"), "copy");
        assert_eq!(asked("MIT-0"), "any");
        assert_eq!(asked("BSD-3-Clause"), "source binary use of names");
        assert_eq!(asked("Apache-2.0"), "copy changed source copy use of names patents");
        assert_eq!(asked("GPL-2.0-or-later"), "source changed copy binary");
        assert_eq!(asked("LicenseRef-Own"), "");
        assert!(asked("AGPL-3.0-only").ends_with("network"));
        assert!(duties("Apache-2.0").iter().any(|it| it.duty.contains("NOTICE")));
        assert!(with_duties().contains(&"ISC") && !with_duties().contains(&"MIT-*"));
    }
}
