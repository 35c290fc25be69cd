//! Whether a licence that somebody declares for code is one that its owner offers.

use super::LicenseExpression;
use super::expression::{Atom, Node};

/// Whether code offered under `offered` may be declared as being under `declared`: the same
/// licences, some branch of a choice, a later version where later ones are allowed. More licences
/// than are offered may be declared with `AND`, never fewer.
pub(crate) fn is_offered(declared: &LicenseExpression, offered: &LicenseExpression) -> bool {
    let offered = offered.node();
    alternatives(&declared.node()).iter().all(|chosen| is_met(&offered, chosen))
}

/// The ways to choose from a declaration, each as the licences that then hold together.
fn alternatives(node: &Node) -> Vec<Vec<&Atom>> {
    match node {
        Node::One(atom) => vec![vec![atom]],
        Node::Any(parts) => parts.iter().flat_map(alternatives).collect(),
        Node::All(parts) => {
            parts.iter().map(alternatives).fold(vec![Vec::new()], |joined, part| {
                let pairs =
                    joined.iter().flat_map(|left| part.iter().map(move |right| (left, right)));
                pairs
                    .map(|(left, right)| left.iter().chain(right).copied().collect())
                    .take(MOST)
                    .collect()
            })
        }
    }
}

/// Ways to choose that are looked at; declarations are short, hostile ones are not.
const MOST: usize = 256;

fn is_met(offered: &Node, chosen: &[&Atom]) -> bool {
    match offered {
        Node::One(atom) => chosen.iter().any(|declared| is_taken(declared, atom)),
        Node::All(parts) => parts.iter().all(|part| is_met(part, chosen)),
        Node::Any(parts) => parts.iter().any(|part| is_met(part, chosen)),
    }
}

/// An exception that is offered may be dropped, and none may be added.
fn is_taken(declared: &Atom, offered: &Atom) -> bool {
    let exception = declared.exception.is_none() || declared.exception == offered.exception;
    exception && (declared.license() == offered.license() || is_later(declared, offered))
}

/// Whether an offer "or later" includes what is declared.
fn is_later(declared: &Atom, offered: &Atom) -> bool {
    let offers_later = offered.or_later || offered.id.ends_with("-or-later");
    match (family(&declared.id), family(&offered.id)) {
        (Some((name, version)), Some((of, from))) => offers_later && name == of && version >= from,
        _ => false,
    }
}

/// `GPL-2.0-or-later` as its name and its version.
fn family(id: &str) -> Option<(&str, Vec<u32>)> {
    let id = id.trim_end_matches("-only").trim_end_matches("-or-later");
    let (name, version) = id.rsplit_once('-')?;
    let numbers: Result<Vec<u32>, _> = version.split('.').map(str::parse).collect();
    Some((name, numbers.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_must_be_offered() {
        let cases = [
            ("MIT", "MIT", true),
            ("MIT", "MIT OR Apache-2.0", true),
            ("Apache-2.0 OR MIT", "MIT OR Apache-2.0", true),
            ("Apache-2.0", "MIT", false),
            ("MIT OR GPL-3.0-only", "MIT", false),
            ("MIT AND BSD-3-Clause", "BSD-3-Clause", true),
            ("BSD-3-Clause", "MIT AND BSD-3-Clause", false),
            ("GPL-2.0-only", "GPL-2.0-or-later", true),
            ("GPL-3.0-or-later", "GPL-2.0-or-later", true),
            ("GPL-2.0-or-later", "GPL-2.0-only", false),
            ("GPL-2.0-only", "GPL-3.0-or-later", false),
            ("LGPL-3.0-only", "GPL-2.0-or-later", false),
            ("Apache-2.0", "Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0 WITH LLVM-exception", "Apache-2.0", false),
            ("(MIT OR ISC) AND Zlib", "Zlib AND (ISC OR MIT)", true),
        ];
        for (declared, offered, expected) in cases {
            let read = |text| LicenseExpression::parse(text).expect("valid").0;
            assert_eq!(
                is_offered(&read(declared), &read(offered)),
                expected,
                "{declared} of {offered}"
            );
        }
    }
}
