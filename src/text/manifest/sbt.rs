//! `build.sbt`, as far as it is literals.

use super::literal::{string, value, values, without_comments};
use super::{Manifest, declared_any};
use crate::purl::Purl;

pub(super) fn read(text: &str) -> Manifest {
    let text = without_comments(text, "//");
    let literal = |key| value(&text, key, ":=");
    let organization = literal("organization");
    let licenses: Vec<&str> = values(&text, "licenses", ":=")
        .chain(values(&text, "licenses", "+="))
        .flat_map(|value| value.lines().next())
        .flat_map(named_licenses)
        .collect();
    Manifest {
        package: literal("name").zip(organization).and_then(|(name, group)| package(group, name)),
        version: literal("version").map(str::to_owned),
        license: declared_any(&licenses),
        dependencies: text.lines().filter_map(dependency).collect(),
        ..Manifest::default()
    }
}

/// `"MIT"` of `Seq("MIT" -> url("..."))`.
fn named_licenses(line: &str) -> Vec<&str> {
    let pieces = line.split("->").collect::<Vec<_>>();
    let before_arrows = pieces.iter().take(pieces.len().saturating_sub(1));
    before_arrows.filter_map(|piece| last_string(piece)).collect()
}

/// The string that a piece of a line ends with.
fn last_string(piece: &str) -> Option<&str> {
    let content = piece.trim_end().strip_suffix('"')?;
    Some(&content[content.rfind('"')? + 1..])
}

/// `"org" %% "name" % "1.0"`
fn dependency(line: &str) -> Option<Purl> {
    let (before, after) = line.split_once(" % ").or_else(|| line.split_once(" %% "))?;
    let (before, after) = match before.split_once(" %%") {
        Some((group, name)) => (group, name.trim_start_matches(['%', ' '])),
        None => (before, after),
    };
    package(last_string(before)?, string(after.trim_start())?.0)
}

fn package(group: &str, name: &str) -> Option<Purl> {
    Purl::in_namespace("maven", group, name, None).ok()
}
