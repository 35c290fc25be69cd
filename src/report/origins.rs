//! The references of a report by where the code is likeliest from: what bills of materials list.

use std::collections::{BTreeMap, BTreeSet};

use super::printable::Printable;
use crate::engine::matcher::Owner;
use crate::judgement::finding::{NoteKind, Reference, Report};

/// A component that code of the project is likeliest from.
pub(super) struct Origin<'a> {
    /// It, as the first of its references names it.
    pub owner: &'a Owner,
    /// What resembles it, in the report's order; never empty.
    pub references: Vec<&'a Reference>,
}

impl Origin<'_> {
    /// The copyright notices of all code of it that was found.
    pub(crate) fn copyright_notices(&self) -> BTreeSet<&str> {
        let owners = self.references.iter().filter_map(|reference| reference.owners.first());
        owners.flat_map(Owner::copyright_notices).map(String::as_str).collect()
    }
}

/// Every origin, by purl and licence: files of one component may be under several.
pub(super) fn origins(report: &Report) -> Vec<Origin<'_>> {
    let mut origins: BTreeMap<(&str, Option<&str>), Origin<'_>> = BTreeMap::new();
    for reference in &report.references {
        if let Some(owner) = reference.owners.first() {
            let origin = origins
                .entry((owner.purl.as_str(), expression(owner)))
                .or_insert_with(|| Origin { owner, references: Vec::new() });
            origin.references.push(reference);
        }
    }
    origins.into_values().collect()
}

/// The licence of an owner, if it is known.
pub(super) fn expression(owner: &Owner) -> Option<&str> {
    owner.license.expression.as_ref().map(|expression| expression.as_str())
}

/// The files that were not or only partly checked, each with the reason: `a.py: not checked: ...`.
pub(super) fn unchecked_files(report: &Report) -> impl Iterator<Item = String> + '_ {
    let is_left_out =
        |kind| matches!(kind, NoteKind::Failed | NoteKind::Skipped | NoteKind::Partial);
    report.notes.iter().filter(move |note| is_left_out(note.kind)).map(|note| {
        let path =
            note.path.as_ref().map(|path| format!("{}: ", Printable(path))).unwrap_or_default();
        format!("{path}{}", Printable(&note.message))
    })
}

/// What there is to say of a reference beside its place, in one line.
pub(super) fn describe(reference: &Reference) -> String {
    let region = reference.region;
    let of_origin = match reference.owners.first() {
        Some(owner) => format!(" of {}:{}-{}", owner.path, owner.lines.first, owner.lines.last),
        None => String::new(),
    };
    format!(
        "lines {}-{}{}, {} copy{of_origin}, {:.0} bits of evidence in {} tokens, id {}",
        region.start_line,
        region.end_line,
        super::cells::describe(reference.cells),
        super::words::copy_kind(reference.kind),
        reference.evidence.bits,
        reference.evidence.matched_tokens,
        reference.id,
    )
}
