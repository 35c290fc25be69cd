//! Cells added by hand, each with its reason and a reference: what the matrix lacks, and what
//! distribution changes.

use std::cell::OnceCell;
use std::sync::OnceLock;

use super::terms::Distribution;
use super::{Answer, Category};

/// A judgement of birthmark's own tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OwnCell {
    /// What it says.
    pub answer: Answer,
    /// Why, as a part of a sentence.
    pub reason: &'static str,
    /// Where that can be read.
    pub reference: &'static str,
}

/// A licence that is judged by a listed one, which asks at least as much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StandIn {
    /// The licence the matrix lacks.
    pub missing: &'static str,
    /// The one it lists.
    pub listed: &'static str,
    /// Why it asks at least as much.
    pub reason: &'static str,
    /// Where that can be read.
    pub reference: &'static str,
}

/// The cell for two licences that the matrix does not decide on.
pub(super) fn own_cell(inbound: &str, outbound: &str) -> Option<&'static OwnCell> {
    find(own_rows(), inbound, outbound)
}

/// The cell in which birthmark does not follow the matrix.
pub(super) fn correction(inbound: &str, outbound: &str) -> Option<&'static OwnCell> {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    find(ROWS.get_or_init(|| cells(include_str!("corrections.tsv"))), inbound, outbound)
}

/// The cell of the first row that fits both licences.
fn find(rows: &'static [Row], inbound: &str, outbound: &str) -> Option<&'static OwnCell> {
    let (inbound, outbound) = (Matched::new(inbound), Matched::new(outbound));
    let fits = |row: &&Row| outbound.fits(row.first) && inbound.fits(row.second);
    rows.iter().find(fits).map(|row| &row.cell)
}

/// What distribution changes for an inbound licence, if it changes anything.
pub(super) fn distribution_cell(
    inbound: &str,
    distribution: Distribution,
) -> Option<&'static OwnCell> {
    let fits = |row: &&Row| matches(row.first, inbound) && row.second == distribution.name();
    distribution_rows().iter().find(fits).map(|row| &row.cell)
}

/// The stand-in of a licence that the matrix lacks.
pub(super) fn stand_in(missing: &str) -> Option<&'static StandIn> {
    stand_ins().iter().find(|row| row.missing == missing)
}

/// A row of two patterns and a cell.
struct Row {
    first: &'static str,
    second: &'static str,
    cell: OwnCell,
}

pub(super) fn matches(patterns: &str, id: &str) -> bool {
    Matched::new(id).fits(patterns)
}

/// A licence that patterns are matched with. Many rows name categories, so that its own is looked
/// up once.
struct Matched<'l> {
    id: &'l str,
    category: OnceCell<&'static str>,
}

impl<'l> Matched<'l> {
    fn new(id: &'l str) -> Matched<'l> {
        Matched { id, category: OnceCell::new() }
    }

    fn fits(&self, patterns: &str) -> bool {
        let bare = self.id.trim_end_matches('+');
        let category = || *self.category.get_or_init(|| Category::of(self.id).name());
        patterns.split(' ').any(|pattern| match pattern.strip_prefix('{') {
            Some(named) => category() == named.trim_end_matches('}'),
            None => match pattern.strip_suffix('*') {
                Some(stem) => bare.starts_with(stem),
                None => bare == pattern,
            },
        })
    }
}

fn own_rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| cells(include_str!("own.tsv")))
}

fn distribution_rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| cells(include_str!("distribution.tsv")))
}

fn stand_ins() -> &'static [StandIn] {
    static ROWS: OnceLock<Vec<StandIn>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let row = |[missing, listed, reason, reference]: [&'static str; 4]| StandIn {
            missing,
            listed,
            reason,
            reference,
        };
        lines(include_str!("stand_ins.tsv")).map(row).collect()
    })
}

fn cells(table: &'static str) -> Vec<Row> {
    let row = |[first, second, letter, reason, reference]: [&'static str; 5]| {
        let answer = match letter {
            "Y" => Answer::Yes,
            "N" => Answer::No,
            "C" => Answer::CheckDependency,
            _ => Answer::Unknown,
        };
        Row { first, second, cell: OwnCell { answer, reason, reference } }
    };
    lines(table).map(row).collect()
}

/// The rows of a table as so many fields; a test proves that all have them.
pub(super) fn lines<const FIELDS: usize>(
    table: &'static str,
) -> impl Iterator<Item = [&'static str; FIELDS]> {
    let rows = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.filter_map(|line| line.split('\t').collect::<Vec<_>>().try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::super::matrix::matrix_name;
    use super::*;

    #[test]
    fn every_row_is_whole_and_has_a_reason_and_a_reference() {
        let tables = [
            (include_str!("own.tsv"), 5),
            (include_str!("corrections.tsv"), 5),
            (include_str!("distribution.tsv"), 5),
            (include_str!("stand_ins.tsv"), 4),
        ];
        for (table, fields) in tables {
            for line in table.lines().filter(|line| !line.starts_with('#')) {
                let row: Vec<&str> = line.split('\t').collect();
                assert_eq!(row.len(), fields, "{line}");
                let (reason, reference) = (row[fields - 2], row[fields - 1]);
                assert!(reason.len() > 20 && !reason.ends_with('.'), "{line}");
                assert!(reference.starts_with("https://"), "{line}");
                assert!(fields == 4 || ["Y", "N", "C"].contains(&row[2]), "{line}");
            }
        }
        assert!(
            distribution_rows().iter().all(|row| Distribution::from_name(row.second).is_some())
        );
    }

    #[test]
    fn stand_ins_stand_for_what_is_not_listed() {
        for row in stand_ins() {
            assert!(matrix_name(row.listed).is_some(), "{}", row.listed);
            assert!(matrix_name(row.missing).is_none(), "{} is listed by now", row.missing);
            assert!(spdx::license_id(row.missing).is_some(), "{}", row.missing);
        }
    }

    #[test]
    fn patterns_name_licences_and_categories() {
        for (patterns, id, expected) in [
            ("GPL-* LGPL-*", "GPL-2.0-only", true),
            ("GPL-* LGPL-*", "AGPL-3.0-only", false),
            ("{proprietary}", "LicenseRef-Acme-Commercial", true),
            ("{permissive}", "MIT", true),
            ("MPL-1.1", "MPL-1.1+", true),
            ("*", "anything", true),
        ] {
            assert_eq!(matches(patterns, id), expected, "{patterns}: {id}");
        }
    }
}
