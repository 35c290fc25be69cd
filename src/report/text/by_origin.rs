//! References that ask for little and may be many: one line per package, with its first places.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{BOLD, CYAN, DIM, LISTED, Page, References, arrow};
use crate::judgement::finding::{Reference, Rule};
use crate::report::printable::Printable;
use crate::report::words::{count, license_name, takes};

impl Page<'_> {
    /// Code that may stay if its notice is kept: one line per origin.
    pub(super) fn notices(&self, out: &mut dyn Write) -> io::Result<()> {
        // They were told one by one.
        if self.settings.references == References::All {
            return Ok(());
        }
        let mut origins: BTreeMap<(String, String), Vec<&Reference>> = BTreeMap::new();
        for reference in &self.report.references {
            if let Some(owner) = reference.owners.first()
                && reference.lacks_notice()
            {
                let origin = (owner.purl.to_string(), license_name(&owner.license));
                origins.entry(origin).or_default().push(reference);
            }
        }
        write_list("Allowed, if the notice of the origin is kept", &origins, out)
    }

    /// Code of the project that others hold: one line per package.
    pub(super) fn write_taken(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.settings.references == References::All {
            return Ok(());
        }
        let mut holders: BTreeMap<(String, String), Vec<&Reference>> = BTreeMap::new();
        for reference in self.report.of_rule(Rule::TakenFromProject) {
            if let (Some(owner), Some(taking)) =
                (reference.owners.first(), reference.direction.origin_takes)
            {
                let holder = (owner.purl.to_string(), takes(taking).to_owned());
                holders.entry(holder).or_default().push(reference);
            }
        }
        write_list("Probably taken from this project by others", &holders, out)
    }
}

/// References by package and what is to be said of it, each package with its first places.
fn write_list(
    heading: &str,
    packages: &BTreeMap<(String, String), Vec<&Reference>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    writeln!(out, "{BOLD}{heading}{BOLD:#}")?;
    let mut packages: Vec<_> =
        packages.iter().map(|(package, held)| (package, strongest_first(held))).collect();
    packages.sort_by(|(_, a), (_, b)| by_bits(a[0], b[0]));
    for ((purl, said), references) in packages {
        let purl = Printable(purl);
        writeln!(out, "  {CYAN}{purl}{CYAN:#} {DIM}{said}{DIM:#}")?;
        for reference in references.iter().take(LISTED) {
            arrow(&reference.path, (reference.region, reference.cells), &reference.id, out)?;
        }
        if let Some(more) = references.len().checked_sub(LISTED + 1) {
            writeln!(out, "       {DIM}+ {}{DIM:#}", count(more + 1, "more place"))?;
        }
    }
    writeln!(out)
}

fn strongest_first<'a>(references: &[&'a Reference]) -> Vec<&'a Reference> {
    let mut references = references.to_vec();
    references.sort_by(|a, b| by_bits(a, b));
    references
}

fn by_bits(a: &Reference, b: &Reference) -> Ordering {
    b.evidence.bits.total_cmp(&a.evidence.bits)
}
