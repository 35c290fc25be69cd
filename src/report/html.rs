//! A report as one page that people like to read, and that holds everything it needs: no network,
//! no other file.
//!
//! All that comes from outside goes through [`Printable`] and then through the template's escaping.
//! Should something get past both, the page's policy lets no script and no style run but its own,
//! which bear a number made of the body: what the body holds cannot know it.

mod lines;

use std::collections::{BTreeMap, HashMap};
use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, context};
use serde::Serialize;

use super::cells;
use super::forge::Forge;
use super::found::{Found, count_by_severity, describe_no_findings, worst_first};
use super::printable::Printable;
use super::repository::Repository;
use super::strength::{WEAK_HEADING, strength_in_words, threshold_in_words};
use super::words::{self, count, describe_license, title};
use crate::engine::matcher::Owner;
use crate::judgement::finding::{
    Acceptance, Explanation, Note, NoteKind, Reference, Report, Severity,
};
use crate::text::source::CellRange;
use crate::text::span::{LineRange, Region};
use lines::Line;

const PAGE: &str = include_str!("html/page.html");
const BODY: &str = include_str!("html/body.html");
const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// References on one page; the worst come first.
const MAX_ITEMS: usize = 2_000;
/// Whose code is unfolded from the start.
const UNFOLDED: usize = 3;
/// Rows of an overview before the rest is counted together.
const MAX_ROWS: usize = 6;
/// Owners listed of one reference, and notes of the page.
const MAX_OWNERS: usize = 20;
const MAX_NOTES: usize = 200;

/// Draws the report.
///
/// # Errors
/// If writing fails.
pub fn write(
    report: &Report,
    explanations: &[Explanation],
    run: &Run,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let page = page(report, explanations, run).map_err(io::Error::other)?;
    writeln!(out, "{page}")
}

fn page(
    report: &Report,
    explanations: &[Explanation],
    run: &Run,
) -> Result<String, minijinja::Error> {
    let mut templates = Environment::new();
    templates.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    // By the ending `.html` of their names the templates escape all values.
    templates.add_template("body.html", BODY)?;
    templates.add_template("page.html", PAGE)?;
    let verdict = verdict(report);
    let body = templates.get_template("body.html")?.render(Serde(body(
        report,
        explanations,
        run,
        &verdict,
    )))?;
    let nonce = blake3::hash(body.as_bytes()).to_hex()[..32].to_owned();
    templates.get_template("page.html")?.render(context! {
        nonce,
        verdict,
        version => report.provenance.version.as_str(),
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
        body => Value::from_safe_string(body),
    })
}

/// What the run was, for who reads the page later; what is empty is not shown.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Run {
    /// The name of the project's directory.
    pub project: String,
    /// The commit that is checked out.
    pub commit: String,
    /// The day, as RFC 3339 has it.
    pub date: String,
    /// The command line.
    pub command: String,
    /// Where a forge shows the code.
    #[serde(skip)]
    pub forge: Option<(Forge, Repository)>,
}

impl Run {
    /// The page of lines of a file.
    fn page(&self, path: &str, lines: LineRange) -> Option<String> {
        let (forge, repository) = self.forge.as_ref()?;
        forge.page(&repository.relative(path), lines)
    }
}

/// What the body's template reads.
#[derive(Serialize)]
struct Body<'a> {
    verdict: &'a str,
    run: Run,
    checked: String,
    license: Option<String>,
    change: Option<String>,
    version: &'a str,
    threshold: String,
    facets: Vec<Facet>,
    items: Vec<Item>,
    has_code: bool,
    without_code: bool,
    left_out: Option<String>,
    notes: Vec<ShownNote>,
    indexes: Vec<Index>,
}

/// The references counted by one of their properties.
#[derive(Serialize)]
struct Facet {
    key: &'static str,
    title: &'static str,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    shown: String,
    count: usize,
    percent: usize,
    /// Whether it can be picked: the rest that is counted together cannot.
    picks: bool,
}

/// A reference, or a finding about none.
#[derive(Serialize, Default)]
struct Item {
    /// What stands above it, where a section begins with it.
    heading: Option<&'static str>,
    anchor: String,
    id: String,
    whole_id: String,
    line: u32,
    bits: u32,
    bin: &'static str,
    page: Option<String>,
    /// The page of the code itself.
    source: Option<String>,
    #[serde(skip)]
    file: String,
    #[serde(skip)]
    lines_of_file: LineRange,
    severity: &'static str,
    label: &'static str,
    title: String,
    rule: Option<&'static str>,
    path: String,
    place: String,
    decision: &'static str,
    license: String,
    package: String,
    directory: String,
    kind: &'static str,
    purl: String,
    origin: String,
    told_origin: String,
    described: String,
    evidence: String,
    strength: String,
    why: String,
    declared: Option<String>,
    accepted: Option<String>,
    remedies_label: &'static str,
    remedies: Vec<String>,
    others: Vec<String>,
    others_counted: String,
    lines: Vec<Line>,
    open: bool,
}

#[derive(Serialize)]
struct ShownNote {
    severity: &'static str,
    label: &'static str,
    path: Option<String>,
    message: String,
}

#[derive(Serialize)]
struct Index {
    what: &'static str,
    name: String,
    holds: String,
    digest: String,
}

fn body<'a>(
    report: &'a Report,
    explanations: &[Explanation],
    run: &Run,
    verdict: &'a str,
) -> Body<'a> {
    let summary = &report.summary;
    let provenance = &report.provenance;
    let (mut items, left_out) = items(report, explanations);
    for item in items.iter_mut().filter(|item| !item.file.is_empty()) {
        item.source = run.page(&item.file, item.lines_of_file);
    }
    let license =
        provenance.given_license.as_ref().or(provenance.project_license.expression.as_ref());
    let sets = provenance.indexes.iter().map(|index| ("Index", index));
    let sets = sets.chain(provenance.idioms.iter().map(|idioms| ("Idioms", idioms)));
    let policy = provenance.organisation.iter().map(|policy| Index {
        what: "Policy",
        name: printable(&policy.file),
        holds: "the organisation's".to_owned(),
        digest: policy.digest.chars().take(12).collect(),
    });
    Body {
        verdict,
        run: Run {
            project: printable(&run.project),
            commit: printable(&run.commit),
            date: printable(&run.date),
            command: printable(&run.command),
            // Links are made by now, and the page needs no more of it.
            forge: None,
        },
        checked: format!(
            "{} with {}; {} to licensed code",
            count(summary.files_scanned, "file"),
            count(summary.lines_scanned, "line"),
            count(summary.references, "match"),
        ),
        license: license.map(|expression| printable(expression.as_str())),
        change: provenance.change.as_deref().map(printable),
        version: &provenance.version,
        threshold: threshold_in_words(provenance),
        facets: facets(&items),
        has_code: items.iter().any(|item| !item.lines.is_empty()),
        without_code: items.iter().any(|item| item.lines.is_empty() && !item.purl.is_empty()),
        items,
        left_out: (left_out > 0).then(|| count(left_out, "further match")),
        notes: notes(report),
        indexes: sets
            .map(|(what, index)| Index {
                what,
                name: printable(&index.name),
                holds: format!(
                    "{}, {}",
                    count(index.components, "component"),
                    count(index.lines, "line")
                ),
                digest: index.digest.chars().take(12).collect(),
            })
            .chain(policy)
            .collect(),
    }
}

fn verdict(report: &Report) -> String {
    let mut parts: Vec<String> =
        count_by_severity(report).into_iter().map(|(_, told)| told).collect();
    if report.summary.files_failed > 0 {
        parts.push(format!("{} not checked", count(report.summary.files_failed, "file")));
    }
    if parts.is_empty() {
        describe_no_findings(report).trim_end_matches('.').to_owned()
    } else {
        parts.join(", ")
    }
}

/// The findings, the worst first, then the references that raise none; and how many had no room.
fn items(report: &Report, explanations: &[Explanation]) -> (Vec<Item>, usize) {
    let place =
        |reference: &Reference| (reference.id.clone(), reference.path.clone(), reference.region);
    let accounts: HashMap<_, &Explanation> =
        explanations.iter().map(|account| (place(&account.reference), account)).collect();
    let findings = worst_first(report);
    let raised: HashMap<_, ()> = findings
        .iter()
        .filter_map(|found| found.reference)
        .map(|reference| (place(reference), ()))
        .collect();
    let quiet =
        report.references.iter().filter(|reference| !raised.contains_key(&place(reference)));
    let all: Vec<(Option<&Found<'_>>, Option<&Reference>)> = findings
        .iter()
        .map(|found| (Some(found), found.reference))
        .chain(quiet.map(|reference| (None, Some(reference))))
        .collect();
    let mut items = Vec::new();
    let mut among_weak = false;
    for (number, &(found, reference)) in all.iter().take(MAX_ITEMS).enumerate() {
        let mut item = reference.map(of_reference).unwrap_or_default();
        if let Some(found) = found {
            add_finding(&mut item, found);
        }
        let account = reference.and_then(|reference| accounts.get(&place(reference)));
        item.lines = account.map(|account| lines::side_by_side(account)).unwrap_or_default();
        item.told_origin = account.map(|account| told_origin(account)).unwrap_or_default();
        let weak = found.is_some_and(|found| found.finding.weak);
        item.heading = match (among_weak, weak) {
            (false, true) => Some(WEAK_HEADING),
            (true, false) => Some("Other references"),
            _ => None,
        };
        among_weak = weak;
        item.open = number < UNFOLDED;
        item.anchor = format!("r{}", number + 1);
        items.push(item);
    }
    (items, all.len().saturating_sub(MAX_ITEMS))
}

fn of_reference(reference: &Reference) -> Item {
    let owner = reference.owners.first();
    let more = reference.owners.len().saturating_sub(1);
    let evidence = &reference.evidence;
    Item {
        id: reference.id.chars().take(8).collect(),
        whole_id: printable(&reference.id),
        line: reference.region.start_line,
        file: reference.path.clone(),
        lines_of_file: reference.file_lines(),
        bits: evidence.bits.max(0.0) as u32,
        bin: bin(evidence.bits),
        page: owner.and_then(Owner::page),
        severity: "clear",
        label: words::standing(reference),
        title: capital(&title(reference)),
        path: printable(&reference.path),
        place: describe_place(&reference.path, reference.region, reference.cells),
        decision: reference.verdict.decision.code(),
        license: owner
            .and_then(|owner| owner.license.expression.as_ref())
            .map_or("unknown".to_owned(), |known| printable(known.as_str())),
        package: owner.map(|owner| printable(owner.purl.package())).unwrap_or_default(),
        directory: printable(
            reference.path.rsplit_once('/').map_or(".", |(directory, _)| directory),
        ),
        kind: reference.kind.code(),
        purl: owner.map(|owner| printable(owner.purl.as_str())).unwrap_or_default(),
        origin: owner.map(in_origin).unwrap_or_default(),
        described: owner.map(|owner| describe_license(&owner.license)).unwrap_or_default(),
        evidence: format!(
            "{:.0} bits in {}",
            evidence.bits,
            count(evidence.matched_tokens, "token")
        ),
        strength: strength_in_words(reference),
        why: printable(&reference.verdict.reason),
        declared: reference.declared.as_ref().map(words::shown_declaration),
        accepted: reference.accepted.as_ref().map(describe_acceptance),
        remedies_label: "To do",
        remedies: reference.verdict.remedies.iter().map(|remedy| printable(remedy)).collect(),
        others: reference.owners.iter().skip(1).take(MAX_OWNERS).map(other).collect(),
        others_counted: count(more, "more package"),
        ..Item::default()
    }
}

fn add_finding(item: &mut Item, found: &Found<'_>) {
    let finding = found.finding;
    (item.severity, item.label) = match finding.severity {
        Severity::Error => ("error", "Error"),
        Severity::Warning => ("warning", "Warning"),
        Severity::Info if finding.weak => ("info", "Weak"),
        Severity::Info => ("info", "Notice"),
    };
    item.rule = Some(finding.rule.code());
    item.place = describe_place(&finding.path, finding.region, finding.cells);
    item.remedies_label = if finding.remedies.len() > 1 { "What clears it" } else { "To do" };
    item.remedies = finding.remedies.iter().map(|remedy| printable(remedy)).collect();
    if found.reference.is_none() {
        item.id = finding.reference.chars().take(8).collect();
        item.title = capital(&finding.rule.code().replace('-', " "));
        item.why = printable(&finding.message);
        item.directory =
            printable(finding.path.rsplit_once('/').map_or(".", |(directory, _)| directory));
    }
}

/// The overview, as far as there is something to count.
fn facets(items: &[Item]) -> Vec<Facet> {
    let mut facets = vec![
        facet("decision", "Verdict", items, &|item| item.decision.to_owned()),
        facet("license", "Licence of the origin", items, &|item| item.license.clone()),
        facet("owner", "Likeliest origin", items, &|item| item.package.clone()),
        facet("directory", "Directory", items, &|item| item.directory.clone()),
        facet("kind", "Kind of copy", items, &|item| item.kind.to_owned()),
        histogram(items),
    ];
    facets.retain(|facet| !facet.rows.is_empty());
    facets
}

fn facet(
    key: &'static str,
    title: &'static str,
    items: &[Item],
    of: &dyn Fn(&Item) -> String,
) -> Facet {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in items.iter().map(of).filter(|name| !name.is_empty()) {
        *counts.entry(name).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let most = counts.first().map_or(1, |(_, most)| *most);
    let percent = |count: usize| (count * 100).div_ceil(most).min(100);
    let room = if counts.len() > MAX_ROWS { MAX_ROWS - 1 } else { MAX_ROWS };
    let rest: usize = counts.iter().skip(room).map(|(_, count)| count).sum();
    let others = counts.len().saturating_sub(room);
    let shared = shared_directory(counts.iter().map(|(name, _)| name.as_str()));
    let mut rows: Vec<Row> = counts
        .into_iter()
        .take(room)
        .map(|(name, count)| Row {
            shown: match key {
                "decision" => name.replace("attribution-needed", "to attribute"),
                "directory" => name[shared..].to_owned(),
                _ => name.clone(),
            },
            name,
            count,
            percent: percent(count),
            picks: true,
        })
        .collect();
    if others > 0 {
        let shown = format!("{} more", words::group_digits(others as u64));
        rows.push(Row {
            name: String::new(),
            shown,
            count: rest,
            percent: percent(rest),
            picks: false,
        });
    }
    Facet { key, title, rows }
}

/// Evidence in bits from which the bars of the histogram begin, with their names.
const BINS: [(f32, &str); 6] = [
    (0.0, "below 100 bits"),
    (100.0, "100 to 200 bits"),
    (200.0, "200 to 400 bits"),
    (400.0, "400 to 800 bits"),
    (800.0, "800 to 1,600 bits"),
    (1600.0, "1,600 bits or more"),
];

fn bin(bits: f32) -> &'static str {
    BINS.iter().rev().find(|(from, _)| bits >= *from).map_or(BINS[0].1, |(_, name)| name)
}

/// How strong the evidence is, in the order of bits.
fn histogram(items: &[Item]) -> Facet {
    let mut histogram = facet("strength", "Evidence", items, &|item| item.bin.to_owned());
    // There are as many bins as rows, so none of them was counted with the rest.
    histogram.rows.sort_by_key(|row| BINS.iter().position(|(_, name)| *name == row.name));
    histogram
}

/// The length of the directories that all these begin with, which need not be shown.
fn shared_directory<'a>(mut names: impl Iterator<Item = &'a str>) -> usize {
    let first = names.next().unwrap_or_default();
    let mut shared = first.rfind('/').map_or(0, |slash| slash + 1);
    for name in names {
        while !name.starts_with(&first[..shared]) {
            shared = first[..shared - 1].rfind('/').map_or(0, |slash| slash + 1);
        }
    }
    shared
}

fn notes(report: &Report) -> Vec<ShownNote> {
    let mut notes: Vec<&Note> =
        report.notes.iter().filter(|note| note.kind != NoteKind::Limit).collect();
    notes.sort_by_key(|note| match note.kind {
        NoteKind::Failed => 0,
        NoteKind::Warning => 1,
        NoteKind::Partial => 2,
        NoteKind::Skipped => 3,
        NoteKind::Info | NoteKind::Limit => 4,
    });
    let left_out = notes.len().saturating_sub(MAX_NOTES);
    let mut shown: Vec<ShownNote> = notes.into_iter().take(MAX_NOTES).map(shown_note).collect();
    if left_out > 0 {
        let message = format!("and {}", count(left_out, "more note"));
        shown.push(ShownNote { severity: "plain", label: "Note", path: None, message });
    }
    shown
}

fn shown_note(note: &Note) -> ShownNote {
    let (severity, label) = match note.kind {
        NoteKind::Failed => ("error", "Not checked"),
        NoteKind::Partial => ("warning", "Checked in part"),
        NoteKind::Skipped => ("warning", "Skipped"),
        NoteKind::Warning => ("warning", "Warning"),
        NoteKind::Limit | NoteKind::Info => ("plain", "Note"),
    };
    let path = note.path.as_ref().map(|path| printable(path));
    ShownNote { severity, label, path, message: printable(&note.message) }
}

fn told_origin(account: &Explanation) -> String {
    format!("{} {}", printable(account.purl.as_str()), printable(&account.document))
}

fn in_origin(owner: &Owner) -> String {
    format!("{}:{}-{}", printable(&owner.path), owner.lines.first, owner.lines.last)
}

fn other(owner: &Owner) -> String {
    format!(
        "{} {}, {}",
        printable(owner.purl.as_str()),
        in_origin(owner),
        describe_license(&owner.license)
    )
}

fn describe_acceptance(acceptance: &Acceptance) -> String {
    let Acceptance { by, at, reason } = acceptance;
    printable(&format!("by {by} on {at}: {reason}"))
}

fn describe_place(path: &str, region: Region, cells: Option<CellRange>) -> String {
    let cells = cells::describe(cells);
    format!("{}:{}-{}{cells}", printable(path), region.start_line, region.end_line)
}

fn printable(text: &str) -> String {
    Printable(text).to_string()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_directories_begin_with_is_not_shown() {
        for (names, shared) in [
            (&["src"][..], ""),
            (&["app/src", "app/lib"], "app/"),
            (&["app/src/größe/x", "app/src/größer", "app/src"], "app/"),
            (&["src", "src/a"], ""),
            (&["a/b", "c"], ""),
            (&[], ""),
        ] {
            let length = shared_directory(names.iter().copied());
            assert_eq!(names.first().map_or("", |first| &first[..length]), shared, "{names:?}");
        }
    }
}
