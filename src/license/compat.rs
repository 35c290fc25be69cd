//! Whether code under one expression may be copied into a work under another.
//!
//! ```text
//! inbound OR   any branch that works      outbound OR   every branch must allow it
//! inbound AND  all must allow it          outbound AND  all parts must agree
//! one licence  the same licence, else the matrix, else birthmark's own table, else a stand-in, else unknown;
//!              then what distribution changes; then the user's lists
//! ```
//!
//! What is made of the sources is described in `docs/licenses.md`. Not legal advice.

use std::fmt;

use super::expression::{Atom, Node};
use super::matrix::{self, Answer};
use super::own::{self, OwnCell};
use super::terms::{List, Terms};
use super::{Category, LicenseExpression};

/// Whether inbound code may be distributed under the outbound licence, with the cells that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compatibility {
    /// The answer for the whole expressions.
    pub answer: Answer,
    /// The cells that decide, each once: all cells of the deciding branches, in the order of the
    /// expressions.
    pub cells: Vec<Cell>,
    /// What a reader must know of how the expressions were read, one sentence each.
    pub remarks: Vec<String>,
}

/// Whether code may go into works under whatever licence: the matrix allows it under all that it
/// lists, as of MIT or Zlib, so that terms which nobody read stand in no way.
pub(crate) fn is_allowed_everywhere(inbound: &LicenseExpression) -> bool {
    fn allows(node: &Node) -> bool {
        match node {
            Node::One(atom) => {
                atom.exception.is_none() && matrix::is_allowed_everywhere(&atom.license())
            }
            Node::All(parts) => parts.iter().all(allows),
            Node::Any(parts) => parts.iter().any(allows),
        }
    }
    allows(&inbound.node())
}

/// One look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The licence of the receiving work, as the source names it.
    pub outbound: String,
    /// The licence of the code, as the source names it.
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
    /// A cell that birthmark adds, with its reason.
    Own(&'static OwnCell),
    /// What the way the work reaches people changes.
    Distribution(&'static OwnCell, &'static str),
    /// One of the user's lists.
    Listed(List),
    /// No source knows one of the licences.
    NotInMatrix,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cell { outbound, inbound, answer, source } = self;
        match source {
            CellSource::Matrix => write!(f, "OSADL matrix, {outbound} <- {inbound}: {answer}"),
            CellSource::SameLicense => write!(f, "{outbound} <- {inbound}: the same licence"),
            CellSource::Own(cell) => {
                let OwnCell { reason, reference, .. } = cell;
                write!(
                    f,
                    "birthmark's table, {outbound} <- {inbound}: {answer}, since {reason}, {reference}"
                )
            }
            CellSource::Distribution(cell, way) => {
                let OwnCell { reason, reference, .. } = cell;
                write!(
                    f,
                    "distribution = \"{way}\", {inbound}: {answer}, since {reason}, {reference}"
                )
            }
            CellSource::Listed(List::Allow) => write!(f, "`allow` of the configuration: {inbound}"),
            CellSource::Listed(List::Deny) => write!(f, "`deny` of the configuration: {inbound}"),
            CellSource::Listed(List::Review) => {
                write!(f, "`review` of the configuration: {inbound}")
            }
            CellSource::Listed(List::None) => {
                write!(
                    f,
                    "the configuration lists {inbound} neither in `allow` nor in `review` or `deny`"
                )
            }
            CellSource::NotInMatrix => {
                write!(f, "OSADL matrix, {outbound} <- {inbound}: not listed")
            }
        }
    }
}

/// Judges whether code under `inbound` may be copied into a work under `outbound`, on the strictest
/// terms.
pub fn compat(inbound: &LicenseExpression, outbound: &LicenseExpression) -> Compatibility {
    compat_under(inbound, outbound, &Terms::default())
}

/// Judges whether code under `inbound` may be copied into a work under `outbound`.
///
/// A choice on the inbound side is ours: any branch will do. What the inbound side joins with `AND`
/// must all allow it. A choice on the outbound side belongs to whoever receives the work, so that
/// the code must be allowed under every branch. Of an outbound `AND` it is not known which part the
/// code will stand in: all parts must agree, or the answer is [`Answer::Unknown`]. Exceptions on
/// the inbound side never help: they let others link, not copy.
pub(crate) fn compat_under(
    inbound: &LicenseExpression,
    outbound: &LicenseExpression,
    terms: &Terms,
) -> Compatibility {
    let mut judge = Judge { terms, remarks: Vec::new() };
    let (answer, mut cells) = judge.outbound_node(&inbound.node(), &outbound.node());
    let mut seen = Vec::new();
    cells.retain(|cell| {
        let new = !seen.contains(cell);
        if new {
            seen.push(cell.clone());
        }
        new
    });
    let mut remarks = judge.remarks;
    remarks.dedup();
    Compatibility { answer, cells, remarks }
}

type Judged = (Answer, Vec<Cell>);

struct Judge<'a> {
    terms: &'a Terms,
    remarks: Vec<String>,
}

impl Judge<'_> {
    fn outbound_node(&mut self, inbound: &Node, outbound: &Node) -> Judged {
        match outbound {
            Node::One(atom) => self.inbound_node(inbound, atom),
            Node::Any(parts) => {
                worst(parts.iter().map(|part| self.outbound_node(inbound, part)).collect())
            }
            Node::All(parts) => {
                strictest(parts.iter().map(|part| self.outbound_node(inbound, part)).collect())
            }
        }
    }

    fn inbound_node(&mut self, inbound: &Node, outbound: &Atom) -> Judged {
        match inbound {
            Node::One(atom) => self.atoms(atom, outbound),
            Node::All(parts) => {
                worst(parts.iter().map(|part| self.inbound_node(part, outbound)).collect())
            }
            Node::Any(parts) => {
                best(parts.iter().map(|part| self.inbound_node(part, outbound)).collect())
            }
        }
    }

    fn atoms(&mut self, inbound: &Atom, outbound: &Atom) -> Judged {
        let judged = self.by_sources(inbound, outbound);
        let judged = self.as_distributed(inbound, outbound, judged);
        self.as_listed(inbound, outbound, judged)
    }

    fn by_sources(&mut self, inbound: &Atom, outbound: &Atom) -> Judged {
        // A LicenseRef means something only where it was written: equal names need not be equal
        // terms.
        if inbound == outbound && !inbound.local {
            return one(inbound, outbound, Answer::Yes, CellSource::SameLicense);
        }
        if let Some(exception) = &inbound.exception {
            if exception.contains("AdditionRef-") {
                self.remarks.push(format!(
                    "what {exception} adds or takes away is known only where it was written"
                ));
                return one(inbound, outbound, Answer::Unknown, CellSource::NotInMatrix);
            }
            self.remarks.push(format!(
                "the exception {exception} is left out of account, since exceptions for linking do not cover copied code"
            ));
        }
        if inbound.license() == outbound.license() && outbound.exception.is_none() && !inbound.local
        {
            return one(inbound, outbound, Answer::Yes, CellSource::SameLicense);
        }
        if let Some(cell) = own::correction(&inbound.license(), &outbound.license()) {
            return one(inbound, outbound, cell.answer, CellSource::Own(cell));
        }
        let names = inbound_names(inbound);
        let found = best(names.iter().map(|name| matrix_cell(name, outbound)).collect());
        let stated = || own::own_cell(&inbound.license(), &outbound.license());
        // A row about the licence itself goes before the matrix's answer for its stand-in.
        if let Some(cell) = own::stand_in(&inbound.id).and_then(|_| stated()) {
            return one(inbound, outbound, cell.answer, CellSource::Own(cell));
        }
        if let (Answer::Unknown, Some(cell)) = (found.0, stated()) {
            return one(inbound, outbound, cell.answer, CellSource::Own(cell));
        }
        if !found.1.is_empty() {
            self.remark_on_later(inbound, outbound, found.0);
            return self.judge_stand_in(inbound, &names, found);
        }
        one(inbound, outbound, Answer::Unknown, CellSource::NotInMatrix)
    }

    /// Code "only" under a version may go into a file that does without "or later", and code that
    /// only a later version allows into a work that is passed on under that version.
    fn remark_on_later(&mut self, inbound: &Atom, outbound: &Atom, answer: Answer) {
        let Some(stem) = outbound.id.strip_suffix("-or-later") else {
            return;
        };
        if answer != Answer::No {
            return;
        }
        if inbound.id == format!("{stem}-only") {
            self.remarks.push(format!(
                "dropping \"or later\" for the file that takes the code in would do: put that file under {}",
                inbound.id
            ));
            return;
        }
        let allows = |name: &String| {
            inbound_names(inbound).iter().any(|id| matrix::cell(id, name) == Some(Answer::Yes))
        };
        let mut later = matrix::later_versions(stem).into_iter().filter_map(|id| {
            Some(format!("{}-or-later", id.strip_suffix("-only")?)).filter(|id| *id != outbound.id)
        });
        if let Some(name) = later.find(allows) {
            self.remarks.push(format!(
                "passing the file that takes the code in on under {name} would do, which {} allows",
                outbound.id
            ));
        }
    }

    /// What a stand-in allows, the licence it stands for allows; what it refuses, is open.
    fn judge_stand_in(&mut self, inbound: &Atom, names: &[&str], found: Judged) -> Judged {
        let Some(row) = own::stand_in(&inbound.id).filter(|row| names == [row.listed]) else {
            return found;
        };
        self.remarks.push(format!(
            "{} is not in the matrix and was judged by {}, which asks at least as much: {}, {}",
            row.missing, row.listed, row.reason, row.reference
        ));
        (found.0.max(Answer::Unknown), found.1)
    }

    /// Distribution can only help: what is allowed already stays so.
    fn as_distributed(&self, inbound: &Atom, outbound: &Atom, judged: Judged) -> Judged {
        let way = self.terms.distribution;
        match own::distribution_cell(&inbound.license(), way) {
            Some(cell) if cell.answer > judged.0 => {
                one(inbound, outbound, cell.answer, CellSource::Distribution(cell, way.name()))
            }
            _ => judged,
        }
    }

    /// `deny` goes before everything; what is refused stays refused; `review` goes before `allow`.
    fn as_listed(&self, inbound: &Atom, outbound: &Atom, judged: Judged) -> Judged {
        let same = judged.1.iter().any(|cell| cell.source == CellSource::SameLicense);
        let list = self.terms.lists.deciding_list(&inbound.license());
        let answer = match (list, judged.0) {
            (Some(List::Deny), _) => Answer::No,
            (_, Answer::No) | (None, _) => return judged,
            (Some(List::Review), _) => Answer::CheckDependency,
            (Some(List::Allow), Answer::Yes) => return judged,
            (Some(List::Allow), _) => Answer::Yes,
            (Some(List::None), Answer::Yes) if !same => Answer::CheckDependency,
            (Some(List::None), _) => return judged,
        };
        one(inbound, outbound, answer, CellSource::Listed(list.unwrap_or(List::None)))
    }
}

fn one(inbound: &Atom, outbound: &Atom, answer: Answer, source: CellSource) -> Judged {
    (
        answer,
        vec![Cell { outbound: outbound.to_string(), inbound: inbound.license(), answer, source }],
    )
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

fn strictest(judged: Vec<Judged>) -> Judged {
    let first = judged.first().map_or(Answer::Unknown, |one| one.0);
    if judged.iter().all(|one| one.0 == first) {
        return (first, judged.into_iter().flat_map(|one| one.1).collect());
    }
    (Answer::Unknown, judged.into_iter().flat_map(|one| one.1).collect())
}

fn cells_of(judged: Vec<Judged>, answer: Answer) -> Vec<Cell> {
    judged.into_iter().filter(|one| one.0 == answer).flat_map(|one| one.1).collect()
}

/// One cell for an inbound name. An outbound exception the matrix does not know makes the work's
/// terms wider than those of the bare licence, which a copyleft licence coming in need not allow:
/// then a Yes is only a maybe.
fn matrix_cell(inbound: &str, outbound: &Atom) -> Judged {
    let exact = matrix::matrix_name(&outbound.to_string());
    let bare = outbound.license();
    let Some(row) = exact.or_else(|| own_or_stand_in(&bare)) else {
        return (Answer::Unknown, Vec::new());
    };
    let Some(mut answer) = matrix::cell(inbound, row) else {
        return (Answer::Unknown, Vec::new());
    };
    let widened = outbound.exception.is_some() && exact.is_none();
    if widened && answer == Answer::Yes && !Category::of(inbound).is_permissive() {
        answer = Answer::CheckDependency;
    }
    let cell = Cell {
        outbound: row.to_owned(),
        inbound: inbound.to_owned(),
        answer,
        source: CellSource::Matrix,
    };
    (answer, vec![cell])
}

/// The names of the matrix an inbound licence is judged by: its own, its stand-in, or with `+`
/// those of its versions.
fn inbound_names(atom: &Atom) -> Vec<&'static str> {
    if let Some(known) = own_or_stand_in(&atom.license()) {
        return vec![known];
    }
    let or_later = atom.or_later || atom.id.ends_with("-or-later");
    if !or_later {
        return own_or_stand_in(&atom.id).into_iter().collect();
    }
    matrix::later_versions(atom.id.trim_end_matches("-or-later"))
}

fn own_or_stand_in(license: &str) -> Option<&'static str> {
    matrix::matrix_name(license).or_else(|| own::stand_in(license).map(|row| row.listed))
}

#[cfg(test)]
mod tests;
