//! The OSADL matrix: which licence may come into which.
//!
//! Direction: the *outbound* licence is the one the receiving work is distributed under, the
//! *inbound* licence that of the code that comes in. `MIT <- GPL-2.0-only` asks whether GPL code
//! may go into an MIT work. The data and its licence are described in `osadl/README.md`.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

/// An answer of the matrix. The order is that of permission, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answer {
    /// The inbound licence does not allow it.
    No,
    /// The matrix does not say, or does not know the licence.
    Unknown,
    /// It depends on how the code is used, or on relicensing it first.
    CheckDependency,
    /// The inbound licence allows it, on its conditions.
    Yes,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Answer::No => "No",
            Answer::Unknown => "Unknown",
            Answer::CheckDependency => "Check dependency",
            Answer::Yes => "Yes",
        })
    }
}

/// When OSADL stated the matrix birthmark carries, for `--version` and reports.
pub const MATRIX_DATE: &str = "2024-11-04";

/// The attribution the matrix's licence asks for, for `--version` and reports.
pub const MATRIX_ATTRIBUTION: &str = "OSADL Open Source License Compatibility Matrix of 2024-11-04, \u{a9} OSADL eG and contributors, CC-BY-4.0, compacted";

/// What the matrix says of two licences by the names it has for them; `None` where it lists one of
/// them not.
pub(super) fn cell(inbound: &str, outbound: &str) -> Option<Answer> {
    let matrix = matrix();
    Some(matrix.answer(matrix.index(outbound)?, matrix.index(inbound)?))
}

/// The name of the matrix for a licence it lists.
pub(super) fn listed(license: &str) -> Option<&'static str> {
    matrix().index(license).map(|index| matrix().names[index])
}

/// Names of the matrix with the same stem and the same or a higher version.
pub(super) fn later_versions(id: &str) -> Vec<&'static str> {
    let Some((stem, version)) = versioned(id) else {
        return Vec::new();
    };
    let later = |name: &&&'static str| {
        versioned(name.trim_end_matches("-only"))
            .is_some_and(|(other, number)| other == stem && number >= version)
    };
    matrix().names.iter().filter(later).copied().collect()
}

/// `MPL-1.1` is version 1.1 of `MPL`.
fn versioned(id: &str) -> Option<(&str, (u32, u32))> {
    let (stem, version) = id.rsplit_once('-')?;
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    Some((stem, (major.parse().ok()?, minor.parse().ok()?)))
}

/// The grid: a row for each outbound licence, a letter for each inbound one.
struct Matrix {
    names: Vec<&'static str>,
    rows: Vec<&'static [u8]>,
    indexes: HashMap<&'static str, usize>,
}

impl Matrix {
    fn index(&self, name: &str) -> Option<usize> {
        self.indexes.get(name).copied()
    }

    fn answer(&self, outbound: usize, inbound: usize) -> Answer {
        match self.rows[outbound][inbound] {
            b'=' | b'Y' => Answer::Yes,
            b'N' => Answer::No,
            b'C' => Answer::CheckDependency,
            _ => Answer::Unknown,
        }
    }
}

fn matrix() -> &'static Matrix {
    static MATRIX: OnceLock<Matrix> = OnceLock::new();
    MATRIX.get_or_init(|| {
        let lines = include_str!("osadl/matrix.tsv").lines().filter(|line| !line.starts_with('#'));
        let (names, rows): (Vec<&str>, Vec<&[u8]>) = lines
            .filter_map(|line| line.split_once('\t'))
            .map(|(name, row)| (name, row.as_bytes()))
            .unzip();
        let indexes = names.iter().enumerate().map(|(i, name)| (*name, i)).collect();
        Matrix { names, rows, indexes }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_is_square_and_its_diagonal_says_same() {
        let matrix = matrix();
        assert_eq!(matrix.names.len(), 115);
        for (i, row) in matrix.rows.iter().enumerate() {
            assert_eq!(row.len(), 115, "{}", matrix.names[i]);
            assert_eq!(row[i], b'=', "{}", matrix.names[i]);
            assert!(row.iter().all(|letter| b"=YN?C".contains(letter)));
        }
        assert!(include_str!("osadl/matrix.tsv").contains(MATRIX_DATE));
    }

    /// The strict readings rest on this: whoever allows "only" allows "or later".
    #[test]
    fn or_later_is_never_stricter_than_only() {
        let matrix = matrix();
        let pairs = ["GPL-2.0", "GPL-3.0", "LGPL-2.0", "LGPL-2.1", "LGPL-3.0", "AGPL-3.0"];
        for base in pairs {
            let only = matrix.index(&format!("{base}-only")).unwrap();
            let later = matrix.index(&format!("{base}-or-later")).unwrap();
            for outbound in 0..matrix.names.len() {
                let (strict, wide) =
                    (matrix.answer(outbound, only), matrix.answer(outbound, later));
                assert!(wide >= strict, "{} <- {base}", matrix.names[outbound]);
            }
        }
    }
}
