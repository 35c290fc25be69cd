//! `birthmark explain`, and what `birthmark scan --explain` shares with it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};

use super::args::{Common, ExplainArgs, ScanArgs};
use super::baseline::BaselineChoice;
use super::exit::ExitStatus;
use super::output::{Output, Painted};
use super::scan::Request;
use crate::judgement::finding::{Finding, Reference, Report};
use crate::project::walk;
use crate::report::text::References;
use crate::report::{self, Format};

pub fn run(args: ExplainArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    let output = Output::open(args.output.as_deref())?;
    let wanted = Wanted::parse(&args.finding);
    let format = args.format.into();
    let scanned = Request::new(scan_for(args, &wanted))?.scan(common)?;
    let explanations = scanned.explanations(&wanted.of(&scanned.report)?)?;
    let mut drawn = Vec::new();
    match format {
        Format::Text => report::explain::write_text(&explanations, &mut drawn)?,
        Format::Json => report::explain_json::write(&scanned.report, &explanations, &mut drawn)?,
    }
    output.write(&drawn, Painted::of(format))?;
    Ok(ExitStatus::Success)
}

/// The scan that finds what is to be explained.
fn scan_for(args: ExplainArgs, wanted: &Wanted) -> ScanArgs {
    let paths = match (args.paths.is_empty(), wanted) {
        (false, _) => args.paths,
        (true, Wanted::Place { path, .. }) => vec![path.clone()],
        (true, Wanted::Id(_)) => vec![PathBuf::from(".")],
    };
    let baseline = BaselineChoice { baseline: None, no_baseline: true };
    ScanArgs { paths, baseline, ..ScanArgs::of(args.check) }
}

/// What the user named.
pub enum Wanted {
    /// The beginning of an id.
    Id(String),
    /// A line of a file.
    Place { path: PathBuf, line: u32 },
}

impl Wanted {
    /// What the words of a command line name: ids and places, and the paths to look in. A path that is there is a path.
    pub fn among(words: &[String]) -> (Vec<Wanted>, Vec<PathBuf>) {
        let (mut wanted, mut paths) = (Vec::new(), Vec::new());
        for word in words {
            match Wanted::parse(word) {
                _ if Path::new(word).exists() => paths.push(PathBuf::from(word)),
                Wanted::Id(id) if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) => paths.push(word.into()),
                found => wanted.push(found),
            }
        }
        // Where only places are named, nothing else need be looked at.
        let all_places = wanted.iter().all(|wanted| matches!(wanted, Wanted::Place { .. }));
        if paths.is_empty() && all_places {
            let of_place = |wanted: &Wanted| match wanted {
                Wanted::Place { path, .. } => Some(path.clone()),
                Wanted::Id(_) => None,
            };
            paths = wanted.iter().filter_map(of_place).collect();
        }
        (wanted, paths)
    }

    /// The references meant: one, at every place it has.
    pub fn of<'r>(&self, report: &'r Report) -> anyhow::Result<Vec<&'r Reference>> {
        match self {
            Wanted::Id(id) => by_id(report, id),
            Wanted::Place { path, line } => by_place(report, path, *line),
        }
    }

    /// Reads PATH:LINE, else an id.
    pub fn parse(text: &str) -> Wanted {
        match text.rsplit_once(':').map(|(path, line)| (path, line.parse())) {
            Some((path, Ok(line))) if !path.is_empty() => Wanted::Place { path: path.into(), line },
            _ => Wanted::Id(text.to_ascii_lowercase()),
        }
    }
}

/// The references that a report shows in full.
pub fn shown_references(report: &Report, shown: References) -> Vec<&Reference> {
    let needs_attention = |reference: &&Reference| {
        let about = |finding: &Finding| !finding.rule.is_listed_by_origin() && finding.is_about(reference);
        report.findings.iter().any(about)
    };
    let is_shown = |reference: &&Reference| shown == References::All || needs_attention(reference);
    report.references.iter().filter(is_shown).collect()
}

fn by_id<'r>(report: &'r Report, wanted: &str) -> anyhow::Result<Vec<&'r Reference>> {
    let found: Vec<&Reference> =
        report.references.iter().filter(|reference| reference.id.starts_with(wanted)).collect();
    let ids: BTreeSet<&str> = found.iter().map(|reference| reference.id.as_str()).collect();
    match ids.len() {
        1 => Ok(found),
        0 => Err(no_such_id(report, wanted)),
        _ => {
            let ids: Vec<&str> = ids.into_iter().take(MAX_NAMED).collect();
            bail!("`{wanted}` begins more than one id; name more of it: {}", ids.join(", "))
        }
    }
}

/// Ids or places named in an error, at most.
const MAX_NAMED: usize = 5;

fn no_such_id(report: &Report, wanted: &str) -> anyhow::Error {
    let mut ids: Vec<&str> = report.references.iter().map(|reference| reference.id.as_str()).collect();
    ids.sort_by_key(|id| (distance(id, wanted), *id));
    ids.dedup();
    ids.truncate(MAX_NAMED);
    match ids.as_slice() {
        [] => anyhow!("no reference has the id `{wanted}`: none was found in what was checked"),
        ids => anyhow!("no reference has the id `{wanted}`; near it are {}", ids.join(", ")),
    }
}

/// How far an id is from what was typed, which may be the beginning only.
fn distance(id: &str, wanted: &str) -> usize {
    let beginning: String = id.chars().take(wanted.chars().count()).collect();
    strsim::levenshtein(&beginning, wanted)
}

fn by_place<'r>(report: &'r Report, path: &Path, line: u32) -> anyhow::Result<Vec<&'r Reference>> {
    let path = walk::display_path(path);
    let in_file: Vec<&Reference> =
        report.references.iter().filter(|reference| reference.path == path).collect();
    let holds =
        |reference: &&Reference| (reference.region.start_line..=reference.region.end_line).contains(&line);
    let found: Vec<&Reference> = in_file.iter().copied().filter(holds).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let places: Vec<String> = in_file
        .iter()
        .take(MAX_NAMED)
        .map(|near| format!("{} (lines {}-{})", near.id, near.region.start_line, near.region.end_line))
        .collect();
    match places.as_slice() {
        [] => bail!("there is no reference in `{path}`"),
        places => bail!("no reference holds line {line} of `{path}`; there are {}", places.join(", ")),
    }
}
