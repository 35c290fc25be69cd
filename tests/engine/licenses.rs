//! The matrix as birthmark answers by it, against the published data read by another path.

use std::collections::HashMap;

use birthmark::license::{Answer, CellSource, LicenseExpression, compat};

/// The licences met most often in real packages.
const COMMON: [&str; 30] = [
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MPL-2.0",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "LGPL-2.1-only",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
    "AGPL-3.0-only",
    "AGPL-3.0-or-later",
    "EPL-1.0",
    "EPL-2.0",
    "CDDL-1.0",
    "Unlicense",
    "0BSD",
    "Zlib",
    "BSL-1.0",
    "Python-2.0",
    "WTFPL",
    "Artistic-2.0",
    "BSD-4-Clause",
    "X11",
    "PostgreSQL",
    "EUPL-1.2",
];

/// The committed grid, read here by itself. `tests/e2e/licenses.py` compares with the data as OSADL
/// publishes them.
fn published() -> HashMap<(String, String), char> {
    let grid = include_str!("../../src/license/osadl/matrix.tsv");
    let rows: Vec<(&str, &str)> = grid
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .collect();
    let mut cells = HashMap::new();
    for (outbound, letters) in &rows {
        for ((inbound, _), letter) in rows.iter().zip(letters.chars()) {
            cells.insert(((*outbound).to_owned(), (*inbound).to_owned()), letter);
        }
    }
    cells
}

/// The pairs of these in which birthmark follows the Apache Software Foundation, or the words of the
/// MPL, and not the matrix.
const CORRECTED: [(&str, &str, Answer); 2] = [
    ("Apache-2.0", "BSD-4-Clause", Answer::CheckDependency),
    ("EUPL-1.2", "MPL-2.0", Answer::CheckDependency),
];

#[test]
fn all_pairs_of_the_commonest_licences_are_answered_as_published() {
    let published = published();
    let read = |id: &str| LicenseExpression::parse(id).expect(id).0;
    for outbound in COMMON {
        for inbound in COMMON {
            let judged = compat(&read(inbound), &read(outbound));
            let corrected = CORRECTED.iter().find(|row| (row.0, row.1) == (outbound, inbound));
            if let Some((_, _, answer)) = corrected {
                assert_eq!(judged.answer, *answer, "{outbound} <- {inbound}");
                continue;
            }
            let expected = match published[&(outbound.to_owned(), inbound.to_owned())] {
                '=' | 'Y' => Answer::Yes,
                'N' => Answer::No,
                'C' => Answer::CheckDependency,
                _ => Answer::Unknown,
            };
            assert_eq!(judged.answer, expected, "{outbound} <- {inbound}");
            let source =
                if outbound == inbound { CellSource::SameLicense } else { CellSource::Matrix };
            assert_eq!(judged.cells[0].source, source, "{outbound} <- {inbound}");
        }
    }
}
