//! Places of the project that belong to a result: all of the match beside the part that is shown,
//! where its origin is declared, and where else code of the same origin stands.
//!
//! All of them are in the repository: GitHub refuses others. The first one carries the origin as
//! its logical location.

use std::collections::HashMap;

use crate::engine::matcher::Owner;
use crate::judgement::finding::{Reference, Report};
use crate::report::found::Found;
use crate::text::span::Region;

/// Other places told of one result.
const MAX_OTHERS: usize = 5;

/// A place that belongs to a result.
pub(crate) struct Related<'a> {
    /// Its number within the result, by which the message links to it.
    pub id: usize,
    /// The file.
    pub path: &'a str,
    /// The lines there.
    pub region: Region,
    /// What it has to do with the result, in a few words.
    pub says: String,
    /// The code elsewhere that stands there, too.
    pub origin: Option<&'a Owner>,
}

/// The matches of a report by the file that they are likeliest from.
pub(crate) struct ByOrigin<'a>(HashMap<(&'a str, &'a str), Vec<&'a Reference>>);

impl<'a> ByOrigin<'a> {
    /// Those of this report.
    pub(super) fn of(report: &'a Report) -> ByOrigin<'a> {
        let mut matches: HashMap<_, Vec<&Reference>> = HashMap::new();
        for reference in &report.references {
            if let Some(owner) = reference.owners.first() {
                let origin = (owner.purl.as_str(), owner.path.as_str());
                matches.entry(origin).or_default().push(reference);
            }
        }
        ByOrigin(matches)
    }
}

/// The places of a finding about a match; none of another.
pub(super) fn related_places<'a>(found: &Found<'a>, matches: &ByOrigin<'a>) -> Vec<Related<'a>> {
    let Some((reference, owner)) =
        found.reference.and_then(|it| it.owners.first().map(|owner| (it, owner)))
    else {
        return Vec::new();
    };
    let mut places = vec![whole(reference, owner)];
    places.extend(declaration(reference));
    places.extend(others(reference, owner, matches));
    for (number, place) in places.iter_mut().enumerate() {
        place.id = number + 1;
    }
    places
}

fn whole<'a>(reference: &'a Reference, owner: &'a Owner) -> Related<'a> {
    let Region { start_line, end_line, .. } = reference.region;
    let (first, last) = (owner.lines.first, owner.lines.last);
    Related {
        id: 0,
        path: &reference.path,
        region: reference.region,
        says: format!(
            "lines {start_line}-{end_line} correspond to {}:{first}-{last} of {}",
            owner.path, owner.purl
        ),
        origin: Some(owner),
    }
}

fn declaration(reference: &Reference) -> Option<Related<'_>> {
    let line = reference.declared.as_ref()?.line?;
    Some(Related {
        id: 0,
        path: &reference.path,
        region: Region { start_line: line, start_column: 1, end_line: line, end_column: 1 },
        says: "its origin is declared here".to_owned(),
        origin: None,
    })
}

fn others<'a>(
    reference: &'a Reference,
    owner: &'a Owner,
    matches: &ByOrigin<'a>,
) -> impl Iterator<Item = Related<'a>> {
    let of_origin = matches.0.get(&(owner.purl.as_str(), owner.path.as_str()));
    let is_other = move |other: &&Reference| !std::ptr::eq(*other, reference);
    let others = of_origin.into_iter().flatten().copied().filter(is_other).take(MAX_OTHERS);
    let others: Vec<&Reference> = others.collect();
    others.into_iter().map(|other| Related {
        id: 0,
        path: &other.path,
        region: other.region,
        says: format!("code of the same file stands in {}", other.path),
        origin: None,
    })
}
