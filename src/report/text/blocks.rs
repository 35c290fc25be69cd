//! Findings one by one: the code, whose it is, how strong the evidence is, why it matters and what
//! to do.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use super::{
    BOLD, CYAN, DIM, GREEN, ID_DIGITS, LISTED, Links, Page, References, arrow, code, link, row,
    severity,
};
use crate::engine::matcher::{Evidence, Owner};
use crate::judgement::finding::{Acceptance, Finding, Reference, Severity};
use crate::report::printable::Printable;
use crate::report::strength::{WEAK_HEADING, strength_in_words};
use crate::report::words::{count, describe_license, shown_declaration, title};
use crate::text::span::Region;

/// Owners listed of one reference where all are asked for.
const OWNERS_LISTED: usize = 10;

/// A reference to be shown in full, with the finding about it if there is one.
struct Block<'a> {
    reference: &'a Reference,
    finding: Option<&'a Finding>,
}

/// Remedies that were written out, with the id of the finding that they were written for.
type Written<'a> = HashMap<&'a [String], &'a str>;

impl Block<'_> {
    /// What failing findings sort by, the strongest first.
    fn weight(&self) -> (Option<Severity>, f32) {
        (self.finding.map(|finding| finding.severity), self.reference.evidence.bits)
    }
}

impl<'a> Page<'a> {
    pub(super) fn blocks(&self, out: &mut dyn Write) -> io::Result<()> {
        let is_weak = |block: &Block<'_>| block.finding.is_some_and(|finding| finding.weak);
        let (weak, strong) = self.chosen_blocks().into_iter().partition::<Vec<_>, _>(is_weak);
        let mut written = Written::new();
        self.by_file(strong, &mut written, out)?;
        self.placeless(out)?;
        if !weak.is_empty() {
            writeln!(out, "{BOLD}{WEAK_HEADING}{BOLD:#}\n")?;
        }
        self.by_file(weak, &mut written, out)
    }

    fn by_file(
        &self,
        blocks: Vec<Block<'a>>,
        written: &mut Written<'a>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        for of_file in self.order_by_file(blocks) {
            let Reference { path, outbound, .. } = of_file[0].reference;
            let (path, license) = (Printable(path), describe_license(outbound));
            writeln!(out, "{BOLD}{path}{BOLD:#} {DIM}under {license}{DIM:#}")?;
            for block in &of_file {
                self.block(block, written, out)?;
                writeln!(out)?;
            }
        }
        Ok(())
    }

    /// Blocks by file. The strongest findings come first, and so do the files that hold them. Where
    /// all references were asked for, they stand in the order of the files.
    fn order_by_file(&self, blocks: Vec<Block<'a>>) -> Vec<Vec<Block<'a>>> {
        let mut files: Vec<Vec<Block<'a>>> = Vec::new();
        for block in blocks {
            match files.last_mut() {
                Some(file) if file[0].reference.path == block.reference.path => file.push(block),
                _ => files.push(vec![block]),
            }
        }
        if self.settings.references == References::Findings {
            let stronger = |a: &Block<'_>, b: &Block<'_>| {
                let ((a, a_bits), (b, b_bits)) = (a.weight(), b.weight());
                Reverse(a).cmp(&Reverse(b)).then(b_bits.total_cmp(&a_bits))
            };
            files.iter_mut().for_each(|file| file.sort_by(stronger));
            files.sort_by(|a, b| stronger(&a[0], &b[0]));
        }
        files
    }

    /// Findings about no reference at their place; none may get lost.
    fn placeless(&self, out: &mut dyn Write) -> io::Result<()> {
        let places: HashSet<Place<'_>> = self.report.references.iter().map(place_of).collect();
        let placeless =
            self.report.findings.iter().filter(|it| !places.contains(&place_of_finding(it)));
        let (mut told, raised): (Vec<&Finding>, Vec<&Finding>) =
            placeless.partition(|finding| finding.severity == Severity::Info);
        for finding in raised {
            headline(finding, &Printable(&finding.message).to_string(), out)?;
            arrow(&finding.path, (finding.region, finding.cells), &finding.reference, out)?;
            self.remedies(&finding.remedies, out)?;
            writeln!(out)?;
        }
        // What fails nothing and may be many is told by rule, with its first places.
        told.sort_by_key(|finding| finding.rule);
        let listed = match self.settings.references {
            References::Findings => LISTED,
            References::All => usize::MAX,
        };
        told.chunk_by(|a, b| a.rule == b.rule).try_for_each(|of_rule| alike(of_rule, listed, out))
    }

    /// The references to show, in the report's order.
    fn chosen_blocks(&self) -> Vec<Block<'a>> {
        let mut findings: HashMap<Place<'a>, &'a Finding> = HashMap::new();
        for finding in &self.report.findings {
            findings.insert(place_of_finding(finding), finding);
        }
        let with_finding = |reference: &'a Reference| Block {
            reference,
            finding: findings.get(&place_of(reference)).copied(),
        };
        self.report
            .references
            .iter()
            .map(with_finding)
            .filter(|block| match self.settings.references {
                References::All => true,
                References::Findings => {
                    block.finding.is_some_and(|finding| !finding.rule.is_listed_by_origin())
                }
            })
            .collect()
    }

    fn block(
        &self,
        block: &Block<'a>,
        written: &mut Written<'a>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let Block { reference, finding } = block;
        let title = title(reference);
        match finding {
            Some(finding) => headline(finding, &title, out)?,
            None => writeln!(out, "  {GREEN}match{GREEN:#}{BOLD}: {title}{BOLD:#}")?,
        }
        arrow(&reference.path, (reference.region, reference.cells), &reference.id, out)?;
        if let Some(lines) = self.facts.code(&reference.path, reference.region) {
            code::write(lines, self.settings.width, out)?;
        }
        self.owners(reference, out)?;
        self.row("evidence", &self.shown_evidence(&reference.evidence), out)?;
        self.row("strength", &strength_in_words(reference), out)?;
        if let Some(declared) = &reference.declared {
            self.row("declared", &shown_declaration(declared), out)?;
        }
        self.row("why", &Printable(&reference.verdict.reason).to_string(), out)?;
        if let Some(Acceptance { by, at, reason }) = &reference.accepted {
            let (by, at, reason) = (Printable(by), Printable(at), Printable(reason));
            return self.row("but", &format!("accepted by {by}, {at}: {reason}"), out);
        }
        let remedies: &'a [String] = match finding {
            Some(finding) if !finding.remedies.is_empty() => &finding.remedies,
            _ => &reference.verdict.remedies,
        };
        match written.get(remedies) {
            Some(id) if !remedies.is_empty() => {
                row(out, "fix", &format!("as for {}", shown_id(id)))?
            }
            _ => {
                self.remedies(remedies, out)?;
                written.insert(remedies, &reference.id);
            }
        }
        if finding.is_some() {
            // A command to paste must stay on one line.
            let id = shown_id(&reference.id);
            row(out, "no copy?", &format!("birthmark accept {id} --reason 'why it is none'"))?;
        }
        Ok(())
    }

    fn owners(&self, reference: &Reference, out: &mut dyn Write) -> io::Result<()> {
        let listed = match self.settings.references {
            References::Findings => 1,
            References::All => OWNERS_LISTED,
        };
        for (i, owner) in reference.owners.iter().take(listed).enumerate() {
            let more = match reference.owners.len().saturating_sub(listed) {
                more if more > 0 && i + 1 == listed => {
                    format!(" (+ {})", count(more, "more owner"))
                }
                _ => String::new(),
            };
            let place = shown_origin(owner, self.settings.links);
            row(out, if i == 0 { "from" } else { "or from" }, &format!("{place}{more}"))?;
            self.row("licence", &describe_license(&owner.license), out)?;
        }
        Ok(())
    }

    /// The evidence; its parts are for whoever asks for everything.
    fn shown_evidence(&self, evidence: &Evidence) -> String {
        let Evidence { bits, structure, names, literals, penalties, calibration, .. } = *evidence;
        let tokens = count(evidence.matched_tokens, "token");
        let held = match evidence.packages {
            0 | 1 => String::new(),
            more => format!(", held by {more} packages"),
        };
        let parts = match self.settings.references {
            References::Findings => String::new(),
            References::All => format!(
                " {DIM}(structure {structure:.0}, names {names:.0}, literals {literals:.0}, penalties \
                 {penalties:.0}, calibration {calibration:.0}){DIM:#}"
            ),
        };
        format!("{bits:.0} bits in {tokens}{held}{parts}")
    }
}

/// Which code at which place: ids alone repeat where the same code stands twice.
type Place<'a> = (&'a str, &'a str, Region);

fn place_of(reference: &Reference) -> Place<'_> {
    (&reference.id, &reference.path, reference.region)
}

fn place_of_finding(finding: &Finding) -> Place<'_> {
    (&finding.reference, &finding.path, finding.region)
}

fn headline(finding: &Finding, title: &str, out: &mut dyn Write) -> io::Result<()> {
    let (style, name) = severity(finding.severity);
    let code = finding.rule.code();
    writeln!(out, "  {style}{name}[{code}]{style:#}{BOLD}: {title}{BOLD:#}")
}

/// Findings under one rule that fail nothing: the first of them in words, and the first places.
fn alike(findings: &[&Finding], listed: usize, out: &mut dyn Write) -> io::Result<()> {
    headline(findings[0], &Printable(&findings[0].message).to_string(), out)?;
    for finding in findings.iter().take(listed) {
        arrow(&finding.path, (finding.region, finding.cells), &finding.reference, out)?;
    }
    if let Some(more) = findings.len().checked_sub(listed).filter(|more| *more > 0) {
        writeln!(out, "       {DIM}+ {}{DIM:#}", count(more, "more place"))?;
    }
    writeln!(out)
}

fn shown_id(id: &str) -> String {
    let id: String = id.chars().take(ID_DIGITS).collect();
    Printable(&id).to_string()
}

fn shown_origin(owner: &Owner, links: Links) -> String {
    let purl = Printable(owner.purl.as_str());
    let path = Printable(&owner.path);
    let (first, last) = (owner.lines.first, owner.lines.last);
    let vendored = if owner.vendored { ", vendored there" } else { "" };
    let others = match owner.versions.len().saturating_sub(1) {
        0 => String::new(),
        others => format!(" and {}", count(others as u64, "other version")),
    };
    let shown = format!("{CYAN}{purl}{CYAN:#} {path}:{first}-{last}");
    let page = owner.purl.page(&owner.path, first, last);
    format!("{}{vendored}{others}", link(&shown, page.as_deref(), links))
}
