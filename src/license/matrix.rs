//! The OSADL matrix: which licence may come into which.
//!
//! Direction: the *outbound* licence is the one the receiving work is distributed under, the
//! *inbound* licence that of the code that comes in. `MIT <- GPL-2.0-only` asks whether GPL code
//! may go into an MIT work. The data and its licence are described in `osadl/README.md`. A process
//! judges by one matrix: the one that is part of birthmark, or a later one that its user has.

mod published;

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

pub(crate) use published::MatrixError;

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

/// When OSADL stated the matrix that is part of birthmark.
const BUILT_IN_DATE: &str = "2024-11-04";

/// The attribution that the licence of the matrix in birthmark asks for, for `--help`.
pub const MATRIX_ATTRIBUTION: &str = "OSADL Open Source License Compatibility Matrix of 2024-11-04, \u{a9} OSADL eG and contributors, CC-BY-4.0, compacted";

/// The matrix that this process judges by.
static IN_USE: OnceLock<Matrix> = OnceLock::new();

/// What the matrix says of two licences by the names it has for them; `None` where it lists one of
/// them not.
pub(super) fn cell(inbound: &str, outbound: &str) -> Option<Answer> {
    let matrix = Matrix::in_use();
    Some(matrix.answer(matrix.index(outbound)?, matrix.index(inbound)?))
}

/// The name of the matrix for a licence it lists.
pub(super) fn matrix_name(license: &str) -> Option<&'static str> {
    let matrix = Matrix::in_use();
    matrix.index(license).map(|index| matrix.names[index].as_str())
}

/// Whether code under a licence of the matrix may go into works under every other.
pub(super) fn is_allowed_everywhere(inbound: &str) -> bool {
    let matrix = Matrix::in_use();
    let allows = |outbound: usize, inbound: usize| {
        outbound == inbound || matrix.answer(outbound, inbound) == Answer::Yes
    };
    matrix
        .index(inbound)
        .is_some_and(|inbound| (0..matrix.names.len()).all(|outbound| allows(outbound, inbound)))
}

/// Names of the matrix with the same stem and the same or a higher version.
pub(super) fn later_versions(id: &str) -> Vec<&'static str> {
    let Some((stem, version)) = split_version(id) else {
        return Vec::new();
    };
    let later = |name: &&str| {
        split_version(name.trim_end_matches("-only"))
            .is_some_and(|(other, number)| other == stem && number >= version)
    };
    Matrix::in_use().names.iter().map(String::as_str).filter(later).collect()
}

/// `MPL-1.1` is version 1.1 of `MPL`.
fn split_version(id: &str) -> Option<(&str, (u32, u32))> {
    let (stem, version) = id.rsplit_once('-')?;
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    Some((stem, (major.parse().ok()?, minor.parse().ok()?)))
}

/// The grid: a row for each outbound licence, a letter for each inbound one.
#[derive(Debug)]
pub struct Matrix {
    date: String,
    source: MatrixSource,
    names: Vec<String>,
    rows: Vec<Vec<u8>>,
    indexes: HashMap<String, usize>,
}

/// Where a matrix is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MatrixSource {
    /// It is part of birthmark.
    BuiltIn,
    /// It was read from a file.
    File {
        /// The file.
        path: String,
        /// BLAKE3 of it, in hexadecimal.
        digest: String,
    },
}

impl Matrix {
    /// The one this process judges by.
    pub(crate) fn in_use() -> &'static Matrix {
        IN_USE.get_or_init(Matrix::built_in)
    }

    /// The date and the source of the one that licences are judged by, which is built only when the
    /// first licence is judged.
    pub fn source_in_use() -> (&'static str, &'static MatrixSource) {
        match IN_USE.get() {
            Some(matrix) => (matrix.date(), matrix.source()),
            None => (BUILT_IN_DATE, &MatrixSource::BuiltIn),
        }
    }

    /// Judges by this one from now on. False if something was judged by another before.
    pub(crate) fn put_in_use(self) -> bool {
        IN_USE.set(self).is_ok()
    }

    /// The one that is part of birthmark.
    pub(crate) fn built_in() -> Matrix {
        let lines = include_str!("osadl/matrix.tsv").lines().filter(|line| !line.starts_with('#'));
        let (names, rows) = lines
            .filter_map(|line| line.split_once('\t'))
            .map(|(name, row)| (name.to_owned(), row.as_bytes().to_vec()))
            .unzip();
        Matrix::new(BUILT_IN_DATE.to_owned(), MatrixSource::BuiltIn, names, rows)
    }

    /// Reads the bytes of a file of OSADL.
    ///
    /// # Errors
    /// If it is not whole, or cannot be right.
    pub(crate) fn parse_published(file: &str, bytes: &[u8]) -> Result<Matrix, MatrixError> {
        published::read(file, bytes)
    }

    /// The day on which OSADL stated it, as RFC 3339 has it.
    pub fn date(&self) -> &str {
        &self.date
    }

    /// Where it is from.
    pub fn source(&self) -> &MatrixSource {
        &self.source
    }

    /// How many licences it lists.
    pub fn licenses(&self) -> usize {
        self.names.len()
    }

    /// What its licence asks to be said.
    pub fn attribution(&self) -> String {
        MATRIX_ATTRIBUTION.replace(BUILT_IN_DATE, &self.date)
    }

    fn new(date: String, source: MatrixSource, names: Vec<String>, rows: Vec<Vec<u8>>) -> Matrix {
        let indexes = names.iter().enumerate().map(|(i, name)| (name.clone(), i)).collect();
        Matrix { date, source, names, rows, indexes }
    }

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

    /// A licence of which it allows less "or later" than "only". The strict readings rest on there
    /// being none.
    fn contradiction(&self) -> Option<&'static str> {
        let bases = ["GPL-2.0", "GPL-3.0", "LGPL-2.0", "LGPL-2.1", "LGPL-3.0", "AGPL-3.0"];
        bases.into_iter().find(|base| {
            let only = self.index(&format!("{base}-only"));
            let Some((only, later)) = only.zip(self.index(&format!("{base}-or-later"))) else {
                return false;
            };
            (0..self.names.len()).any(|into| self.answer(into, later) < self.answer(into, only))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_is_square_and_its_diagonal_says_same() {
        let matrix = Matrix::built_in();
        assert_eq!(matrix.names.len(), 115);
        for (i, row) in matrix.rows.iter().enumerate() {
            assert_eq!(row.len(), 115, "{}", matrix.names[i]);
            assert_eq!(row[i], b'=', "{}", matrix.names[i]);
            assert!(row.iter().all(|letter| b"=YN?C".contains(letter)));
        }
        assert!(include_str!("osadl/matrix.tsv").contains(BUILT_IN_DATE));
        assert_eq!(matrix.attribution(), MATRIX_ATTRIBUTION);
    }

    #[test]
    fn or_later_is_never_stricter_than_only() {
        assert_eq!(Matrix::built_in().contradiction(), None);
    }
}
