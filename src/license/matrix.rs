//! Which licences may be combined: the OSADL matrix, and expressions judged by it.
//!
//! Direction: the *outbound* licence is the one the receiving work is distributed under, the *inbound* licence that of
//! the code that comes in. `MIT <- GPL-2.0-only` asks whether GPL code may go into an MIT work. The data and its
//! licence are described in `osadl/README.md`; what is made of it here in `docs/licenses.md`. Not legal advice.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use super::LicenseExpression;
use super::expression::{Atom, Node};

/// Whether inbound code may be distributed under the outbound licence, with the cells that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compatibility {
    /// The answer for the whole expressions.
    pub answer: Answer,
    /// The cells that decide, each once: all cells of the deciding branches, in the order of the expressions.
    pub cells: Vec<Cell>,
    /// What a reader must know of how the expressions were read, one sentence each.
    pub remarks: Vec<String>,
}

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

/// One look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The licence of the receiving work, as the matrix names it.
    pub outbound: String,
    /// The licence of the code, as the matrix names it.
    pub inbound: String,
    /// What was found.
    pub answer: Answer,
    /// Where it was found.
    pub source: CellSource,
}

/// Where the answer of a [`Cell`] comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellSource {
    /// A cell of the OSADL matrix.
    Matrix,
    /// Both sides are the same licence, which needs no matrix.
    SameLicense,
    /// One of the licences is not in the matrix.
    NotInMatrix,
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

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cell { outbound, inbound, answer, source } = self;
        match source {
            CellSource::Matrix => write!(f, "OSADL matrix, {outbound} <- {inbound}: {answer}"),
            CellSource::SameLicense => write!(f, "{outbound} <- {inbound}: the same licence"),
            CellSource::NotInMatrix => {
                write!(f, "OSADL matrix, {outbound} <- {inbound}: not listed")
            }
        }
    }
}

/// When OSADL stated the matrix birthmark carries, for `--version` and reports.
pub const MATRIX_DATE: &str = "2024-11-04";

/// The attribution the matrix's licence asks for, for `--version` and reports.
pub const MATRIX_ATTRIBUTION: &str = "OSADL Open Source License Compatibility Matrix of 2024-11-04, \u{a9} OSADL eG and contributors, CC-BY-4.0, compacted";

/// Judges whether code under `inbound` may be copied into a work under `outbound`.
///
/// A choice on the inbound side is ours: any branch will do. What the inbound side joins with `AND` must all allow
/// it. A choice on the outbound side belongs to whoever receives the work, so that the code must be allowed under
/// every branch. Of an outbound `AND` it is not known which part the code will stand in: all parts must agree, or
/// the answer is [`Answer::Unknown`]. Exceptions on the inbound side never help: they let others link, not copy.
pub fn compat(inbound: &LicenseExpression, outbound: &LicenseExpression) -> Compatibility {
    let mut remarks = Vec::new();
    let (answer, mut cells) = outbound_node(&inbound.node(), &outbound.node(), &mut remarks);
    let mut seen = Vec::new();
    cells.retain(|cell| {
        let new = !seen.contains(cell);
        if new {
            seen.push(cell.clone());
        }
        new
    });
    remarks.dedup();
    Compatibility { answer, cells, remarks }
}

type Judged = (Answer, Vec<Cell>);

fn outbound_node(inbound: &Node, outbound: &Node, remarks: &mut Vec<String>) -> Judged {
    match outbound {
        Node::One(atom) => inbound_node(inbound, atom, remarks),
        Node::Any(parts) => worst(parts.iter().map(|part| outbound_node(inbound, part, remarks)).collect()),
        Node::All(parts) => {
            let judged: Vec<Judged> =
                parts.iter().map(|part| outbound_node(inbound, part, remarks)).collect();
            agreed(judged)
        }
    }
}

fn inbound_node(inbound: &Node, outbound: &Atom, remarks: &mut Vec<String>) -> Judged {
    match inbound {
        Node::One(atom) => atoms(atom, outbound, remarks),
        Node::All(parts) => worst(parts.iter().map(|part| inbound_node(part, outbound, remarks)).collect()),
        Node::Any(parts) => best(parts.iter().map(|part| inbound_node(part, outbound, remarks)).collect()),
    }
}

/// All must allow it: the least permissive answer, with the cells that give it.
fn worst(judged: Vec<Judged>) -> Judged {
    let answer = judged.iter().map(|one| one.0).min().unwrap_or(Answer::Unknown);
    (answer, cells_of(judged, answer))
}

/// One will do: the most permissive answer. Without a Yes every branch was needed to say so.
fn best(judged: Vec<Judged>) -> Judged {
    let answer = judged.iter().map(|one| one.0).max().unwrap_or(Answer::Unknown);
    (answer, cells_of(judged, answer))
}

fn agreed(judged: Vec<Judged>) -> Judged {
    let first = judged.first().map_or(Answer::Unknown, |one| one.0);
    if judged.iter().all(|one| one.0 == first) {
        return (first, judged.into_iter().flat_map(|one| one.1).collect());
    }
    (Answer::Unknown, judged.into_iter().flat_map(|one| one.1).collect())
}

fn cells_of(judged: Vec<Judged>, answer: Answer) -> Vec<Cell> {
    judged.into_iter().filter(|one| one.0 == answer).flat_map(|one| one.1).collect()
}

fn atoms(inbound: &Atom, outbound: &Atom, remarks: &mut Vec<String>) -> Judged {
    let cell =
        |answer, source| Cell { outbound: outbound.to_string(), inbound: inbound.license(), answer, source };
    // A LicenseRef means something only where it was written: equal names need not be equal terms.
    if inbound == outbound && !inbound.local {
        return (Answer::Yes, vec![cell(Answer::Yes, CellSource::SameLicense)]);
    }
    if let Some(exception) = &inbound.exception {
        remarks.push(format!(
            "the exception {exception} is left out of account, since exceptions for linking do not cover copied code"
        ));
    }
    if inbound.license() == outbound.license() && outbound.exception.is_none() && !inbound.local {
        return (Answer::Yes, vec![cell(Answer::Yes, CellSource::SameLicense)]);
    }
    let names = inbound_names(inbound);
    let found = best(names.iter().map(|name| looked_up(name, outbound)).collect());
    if found.1.is_empty() {
        return (Answer::Unknown, vec![cell(Answer::Unknown, CellSource::NotInMatrix)]);
    }
    stood_in(inbound, &names, found, remarks)
}

/// What a stand-in allows, the licence it stands for allows; what it refuses, is open.
fn stood_in(inbound: &Atom, names: &[&str], found: Judged, remarks: &mut Vec<String>) -> Judged {
    let Some((missing, listed)) =
        STAND_INS.iter().find(|(missing, listed)| *missing == inbound.id && names == [*listed])
    else {
        return found;
    };
    remarks.push(format!(
        "{missing} is not in the matrix and was judged by {listed}, which asks at least as much"
    ));
    (found.0.max(Answer::Unknown), found.1)
}

/// One cell for an inbound name. An outbound exception the matrix does not know makes the work's terms wider than
/// those of the bare licence, which a copyleft licence coming in need not allow: then a Yes is only a maybe.
fn looked_up(inbound: &str, outbound: &Atom) -> Judged {
    let matrix = matrix();
    let exact = matrix.index(&outbound.to_string());
    let bare = matrix.index(stand_in(&outbound.license()));
    let (Some(row), Some(column)) = (exact.or(bare), matrix.index(inbound)) else {
        return (Answer::Unknown, Vec::new());
    };
    let mut answer = matrix.answer(row, column);
    let widened = outbound.exception.is_some() && exact.is_none();
    if widened && answer == Answer::Yes && !super::Category::of(inbound).is_permissive() {
        answer = Answer::CheckDependency;
    }
    let cell = Cell {
        outbound: matrix.names[row].to_owned(),
        inbound: inbound.to_owned(),
        answer,
        source: CellSource::Matrix,
    };
    (answer, vec![cell])
}

/// The names of the matrix an inbound licence is judged by: its own, its stand-in, or with `+` those of its versions.
fn inbound_names(atom: &Atom) -> Vec<&'static str> {
    let matrix = matrix();
    let own = |id: &str| matrix.index(id).or_else(|| matrix.index(stand_in(id)));
    if let Some(known) = own(&atom.license()) {
        return vec![matrix.names[known]];
    }
    let or_later = atom.or_later || atom.id.ends_with("-or-later");
    if !or_later {
        return own(&atom.id).map(|known| matrix.names[known]).into_iter().collect();
    }
    later_versions(atom.id.trim_end_matches("-or-later"))
}

/// Names of the matrix with the same stem and the same or a higher version.
fn later_versions(id: &str) -> Vec<&'static str> {
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

/// A licence of the matrix that asks at least as much as one it does not list, else the licence itself.
fn stand_in(id: &str) -> &str {
    STAND_INS.iter().find(|(missing, _)| *missing == id).map_or(id, |(_, listed)| listed)
}

/// Unlisted licences and the listed ones that ask at least as much. The cell names the stand-in.
const STAND_INS: [(&str, &str); 8] = [
    ("BSD-2-Clause-Views", "BSD-2-Clause"),
    ("CC0-1.0", "Unlicense"),
    ("MIT-0", "MIT"),
    ("PSF-2.0", "Python-2.0"),
    ("Python-2.0.1", "Python-2.0"),
    ("Unicode-3.0", "Unicode-DFS-2016"),
    ("ZPL-2.1", "ZPL-2.0"),
    ("MIT-Modern-Variant", "MIT"),
];

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
        let (names, rows): (Vec<&str>, Vec<&[u8]>) =
            lines.filter_map(|line| line.split_once('\t')).map(|(name, row)| (name, row.as_bytes())).unzip();
        let indexes = names.iter().enumerate().map(|(i, name)| (*name, i)).collect();
        Matrix { names, rows, indexes }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Answer::{CheckDependency, No, Unknown, Yes};

    fn read(text: &str) -> LicenseExpression {
        LicenseExpression::parse(text).expect(text).0
    }

    #[test]
    fn expressions_are_judged() {
        let cases = [
            // outbound, inbound, answer
            ("MIT", "GPL-2.0-only", No),
            ("MIT", "EPL-2.0", No),
            ("MIT", "BSD-3-Clause", Yes),
            ("MIT", "MIT", Yes),
            ("MIT", "LGPL-2.1-or-later", No),
            ("GPL-3.0-only", "MIT", Yes),
            ("GPL-3.0-only", "GPL-2.0-only", No),
            ("GPL-3.0-only", "GPL-2.0-or-later", Yes),
            ("GPL-3.0-or-later", "GPL-3.0-only", No),
            ("GPL-2.0-only", "Apache-2.0", No),
            ("GPL-3.0-only", "AGPL-3.0-only", CheckDependency),
            ("MIT", "MS-PL", Unknown),
            ("MIT", "SSPL-1.0", Unknown),
            ("SSPL-1.0", "SSPL-1.0", Yes),
            ("MIT", "LicenseRef-Own", Unknown),
            ("LicenseRef-Own", "LicenseRef-Own", Unknown),
            ("LicenseRef-Own", "MIT", Unknown),
            // choices and joins
            ("MIT", "MIT OR GPL-2.0-only", Yes),
            ("MIT", "MIT AND GPL-2.0-only", No),
            ("MIT", "GPL-2.0-only OR GPL-3.0-only", No),
            ("MIT OR Apache-2.0", "MIT OR Apache-2.0", Yes),
            ("MIT OR GPL-3.0-only", "GPL-3.0-only", No),
            ("MIT AND GPL-3.0-only", "GPL-3.0-only", Unknown),
            ("MIT AND GPL-3.0-only", "ISC", Yes),
            ("MIT AND Apache-2.0", "GPL-3.0-only", No),
            ("GPL-3.0-only", "GPL-2.0-only AND GPL-3.0-only", No),
            // exceptions and versions
            ("MIT", "GPL-2.0-only WITH Classpath-exception-2.0", No),
            ("MIT", "GPL-3.0-only WITH GCC-exception-3.1", No),
            ("GPL-2.0-only", "GPL-2.0-only WITH Classpath-exception-2.0", Yes),
            ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only", CheckDependency),
            ("GPL-3.0-only WITH GCC-exception-3.1", "GPL-3.0-only", CheckDependency),
            ("GPL-3.0-only WITH GCC-exception-3.1", "MIT", Yes),
            ("MIT", "Apache-2.0 WITH LLVM-exception", Yes),
            ("GPL-3.0-only", "MPL-1.1+", Yes),
            ("MIT", "EPL-1.0+", No),
            // licences the matrix does not list
            ("MIT", "PSF-2.0", Yes),
            ("MIT", "CC0-1.0", Yes),
            ("GPL-2.0-only", "Python-2.0", No),
            ("GPL-2.0-only", "PSF-2.0", Unknown),
        ];
        for (outbound, inbound, answer) in cases {
            let judged = compat(&read(inbound), &read(outbound));
            assert_eq!(judged.answer, answer, "{outbound} <- {inbound}: {:?}", judged.cells);
            assert!(!judged.cells.is_empty(), "{outbound} <- {inbound} cites no cell");
        }
    }

    #[test]
    fn cells_and_remarks_say_what_decided() {
        let judged = compat(&read("GPL-2.0-only WITH Classpath-exception-2.0"), &read("MIT"));
        let cited: Vec<String> = judged.cells.iter().map(Cell::to_string).collect();
        assert_eq!(cited, ["OSADL matrix, MIT <- GPL-2.0-only: No"]);
        assert!(judged.remarks[0].contains("Classpath-exception-2.0"), "{:?}", judged.remarks);

        let judged = compat(&read("SSPL-1.0"), &read("MIT"));
        assert_eq!(judged.cells[0].to_string(), "OSADL matrix, MIT <- SSPL-1.0: not listed");
    }

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
        for (missing, listed) in STAND_INS {
            assert!(matrix.index(listed).is_some(), "{listed}");
            assert!(matrix.index(missing).is_none(), "{missing} is listed by now");
        }
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
                let (strict, wide) = (matrix.answer(outbound, only), matrix.answer(outbound, later));
                assert!(wide >= strict, "{} <- {base}", matrix.names[outbound]);
            }
        }
    }
}
