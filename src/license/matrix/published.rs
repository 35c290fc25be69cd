//! Reads the matrix as OSADL publishes it: `matrixseqexpl.json`, of a later day than the one that is
//! part of birthmark.

use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;
use serde::Deserialize;

use super::{Matrix, MatrixSource};

/// Why a file is no matrix to judge by.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum MatrixError {
    /// It is not what OSADL publishes.
    #[error("it does not read as OSADL's matrix: {0}")]
    Unreadable(String),
    /// Its day cannot be read.
    #[error("its timestamp is `{0}`, expected one that begins like 2024-11-04")]
    NoDate(String),
    /// It holds nothing.
    #[error("it lists no licence")]
    Empty,
    /// A licence stands in it twice.
    #[error("it lists {0} twice")]
    Twice(String),
    /// A licence lacks an answer for another.
    #[error("it does not say whether {inbound} may come into {outbound}")]
    Incomplete {
        /// The licence that comes in.
        inbound: String,
        /// The licence that it comes into.
        outbound: String,
    },
    /// An answer is none that is known.
    #[error(
        "it says `{answer}` of {outbound} <- {inbound}, expected Same, Yes, No, Unknown or Check dependency"
    )]
    UnknownAnswer {
        /// What it says.
        answer: String,
        /// The licence that comes in.
        inbound: String,
        /// The licence that it comes into.
        outbound: String,
    },
    /// Who may choose between versions may do less than who may not.
    #[error("it allows less of {0}-or-later than of {0}-only, so that one of the two is wrong")]
    Contradiction(&'static str),
}

#[derive(Deserialize)]
struct Published {
    timestamp: String,
    licenses: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    compatibilities: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    name: String,
    compatibility: String,
}

/// Reads the matrix from the bytes of `file`.
///
/// # Errors
/// If it is not whole, or cannot be right.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Matrix, MatrixError> {
    let published: Published = serde_json::from_slice(bytes)
        .map_err(|error| MatrixError::Unreadable(error.to_string()))?;
    let date = day(&published.timestamp)?;
    let names: Vec<String> = published.licenses.iter().map(|row| row.name.clone()).collect();
    let mut listed = HashSet::new();
    if let Some(twice) = names.iter().find(|name| !listed.insert(name.as_str())) {
        return Err(MatrixError::Twice(twice.clone()));
    }
    let rows: Result<Vec<Vec<u8>>, MatrixError> =
        published.licenses.iter().map(|row| letters(row, &names)).collect();
    let source = MatrixSource::File {
        path: file.to_owned(),
        digest: blake3::hash(bytes).to_hex().to_string(),
    };
    let matrix = Matrix::new(date, source, names, rows?);
    match matrix.contradiction() {
        _ if matrix.names.is_empty() => Err(MatrixError::Empty),
        Some(base) => Err(MatrixError::Contradiction(base)),
        None => Ok(matrix),
    }
}

/// The day of a timestamp such as `2024-11-04T13:45:00+0000`.
fn day(timestamp: &str) -> Result<String, MatrixError> {
    let day = timestamp.get(..10).and_then(|day| day.parse::<Date>().ok());
    day.map(|day| day.to_string()).ok_or_else(|| MatrixError::NoDate(timestamp.to_owned()))
}

/// The answers of a row, a letter for each licence that comes in.
fn letters(row: &Row, names: &[String]) -> Result<Vec<u8>, MatrixError> {
    let cells: BTreeMap<&str, &str> = row
        .compatibilities
        .iter()
        .map(|cell| (cell.name.as_str(), cell.compatibility.as_str()))
        .collect();
    let of = |inbound: &String| {
        let (inbound, outbound) = (inbound.clone(), row.name.clone());
        match cells.get(inbound.as_str()) {
            None => Err(MatrixError::Incomplete { inbound, outbound }),
            Some(&"Same") => Ok(b'='),
            Some(&"Yes") => Ok(b'Y'),
            Some(&"No") => Ok(b'N'),
            Some(&"Unknown") => Ok(b'?'),
            Some(&"Check dependency") => Ok(b'C'),
            Some(answer) => {
                Err(MatrixError::UnknownAnswer { answer: (*answer).to_owned(), inbound, outbound })
            }
        }
    };
    names.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::Answer;

    /// A matrix of two licences with these answers, row by row.
    fn matrix(
        timestamp: &str,
        names: [&str; 2],
        answers: [&str; 4],
    ) -> Result<Matrix, MatrixError> {
        let row = |outbound: usize| {
            let cells = (0..2).map(|inbound| {
                serde_json::json!({ "name": names[inbound], "compatibility": answers[outbound * 2 + inbound] })
            });
            let cells: Vec<_> = cells.collect();
            serde_json::json!({ "name": names[outbound], "compatibilities": cells })
        };
        let whole = serde_json::json!({ "timestamp": timestamp, "licenses": [row(0), row(1)] });
        read("m.json", whole.to_string().as_bytes())
    }

    const NOW: &str = "2026-10-01T10:00:00+0000";
    const TWO: [&str; 2] = ["MIT", "X"];

    #[test]
    fn a_published_matrix_answers_as_it_says() {
        let read = matrix(NOW, TWO, ["Same", "No", "Check dependency", "Same"]).expect("a matrix");
        assert_eq!(read.date(), "2026-10-01");
        let answer = |outbound, inbound| {
            read.answer(read.index(outbound).unwrap(), read.index(inbound).unwrap())
        };
        assert_eq!((answer("MIT", "X"), answer("X", "MIT")), (Answer::No, Answer::CheckDependency));
        assert!(read.attribution().contains("of 2026-10-01"));
    }

    #[test]
    fn what_is_no_matrix_says_why() {
        let (same, yes) = (["Same", "Yes", "Yes", "Same"], "Yes");
        for (read, why) in [
            (matrix("yesterday", TWO, same), "timestamp is `yesterday`"),
            (matrix(NOW, ["MIT", "MIT"], same), "lists MIT twice"),
            (matrix(NOW, TWO, ["Same", "Maybe", yes, "Same"]), "`Maybe` of MIT <- X"),
            (
                matrix(NOW, ["GPL-2.0-only", "GPL-2.0-or-later"], ["Same", "No", yes, "Same"]),
                "less of GPL-2.0-or-later than of GPL-2.0-only",
            ),
            (read("m", b"{"), "does not read as OSADL's matrix: EOF"),
            (read("m", br#"{"timestamp": "2026-10-01", "licenses": []}"#), "no licence"),
            (
                read("m", br#"{"timestamp": "2026-10-01", "licenses": [{"name": "MIT", "compatibilities": []}]}"#),
                "whether MIT may come into MIT",
            ),
        ] {
            let error = read.map(|_| ()).expect_err(why).to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
