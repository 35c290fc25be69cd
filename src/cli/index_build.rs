//! `birthmark index build`: a list of components gives a segment, on any machine.

mod list;
pub(super) mod one;
mod quarantine;
mod work;
mod worker;

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, ValueHint};
use serde::Serialize;

use super::exit::ExitStatus;
use super::failure;
use super::flags::{Common, Format};
use super::index_target::MemoryArgs;
use super::output::{Output, Painted};
use super::progress::Progress;
use crate::engine::index::{Destination, LooseSegment, Memory, Spill, merge_segments};
use crate::report::json::write_value;
use crate::report::words::count;
use list::{Label, Line};
use one::{Built, Outcome};
use quarantine::{Quarantined, Reason};
use work::WorkFolder;
use worker::{Limits, Worker};

/// Segments that are merged at a time: each takes a mapping of the process.
const MERGED_AT_ONCE: usize = 500;

/// Build one segment from a list of components.
///
/// Each line of the list is a JSON object with the keys of a component of a recipe: `purl`,
/// `source`, `license`, `digest`, `published`, `archive`, `folder`, `include`, `exclude`. A line
/// needs `purl` or `source`. Other processes read the components: one that is damaged, hangs, takes
/// too much memory or has no licence goes to the quarantine with its reason, and the rest is built.
/// The bytes of the segment depend on the components alone, not on their order, the machine or the
/// number of processes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark index build --list part-3.jsonl --segment segments/
  head -1000 packages.jsonl | birthmark index build --list - --segment a.segment --quarantine bad.jsonl

Exit status: 0 every component is in the segment; 1 some are in quarantine; 2 there is no segment, since the list, the
disk or the command line was not usable")]
pub(crate) struct BuildArgs {
    /// List of components, a JSON object a line; `-` reads standard input
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    pub list: PathBuf,
    /// Where to write the segment: a file, or a directory in which its content names it
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    pub segment: PathBuf,
    /// File for the components in quarantine, a JSON object a line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub quarantine: Option<PathBuf>,
    /// Directory that sources of the list are relative to; by default that of the list
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub base: Option<PathBuf>,
    /// Components to read at a time; by default one for each processor
    #[arg(long, short, value_name = "N")]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// Seconds that a component may take
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub package_time: u64,
    /// MiB of memory that reading a component may take, where the system can bound it
    #[arg(long, value_name = "MIB", default_value_t = 2048)]
    pub package_memory: u64,
    /// Return 0 although components are in quarantine
    #[arg(long)]
    pub exit_zero: bool,
    /// Let pip run the build script of a package that ships no wheel; without this such a package
    /// is refused
    #[arg(long)]
    pub allow_build: bool,
    #[command(flatten)]
    pub memory: MemoryArgs,
    /// Format of the output
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: Format,
}

pub(super) fn run(args: BuildArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    let (lines, base) = read_list(&args)?;
    let quarantine = args.quarantine.as_deref().map(|file| Output::open(Some(file))).transpose()?;
    // A directory that is missing must not become a file of that name.
    let ends_in_slash = args.segment.as_os_str().as_encoded_bytes().ends_with(b"/");
    let to = if args.segment.is_dir() || ends_in_slash {
        Destination::Directory(&args.segment)
    } else {
        Destination::File(&args.segment)
    };
    let directory = to.directory();
    if !directory.is_dir() {
        bail!("there is no directory `{}`; make it first", directory.display());
    }
    let folder = WorkFolder::create(directory)?;
    let limits = limits(&args, &base, folder.path())?;
    let read = read_all(&lines, &limits, jobs(&args), common)?;
    let report = finish(read, to, args.memory.memory, folder.path())?;
    if let Some(quarantine) = quarantine {
        let mut listed = Vec::new();
        for entry in &report.quarantined {
            serde_json::to_writer(&mut listed, entry)?;
            listed.push(b'\n');
        }
        quarantine.write(&listed, Painted::No)?;
    }
    print(&report, args.format)?;
    Ok(if report.quarantined.is_empty() || args.exit_zero {
        ExitStatus::Success
    } else {
        ExitStatus::Findings
    })
}

/// The lines of the list, and the directory that sources are relative to.
fn read_list(args: &BuildArgs) -> anyhow::Result<(Vec<Line>, PathBuf)> {
    let unreadable = || format!("cannot read the list `{}`", args.list.display());
    let (lines, of_list) = match args.list.to_str() {
        Some("-") => (list::read(io::stdin().lock()), PathBuf::from(".")),
        _ => {
            let file = File::open(&args.list).with_context(unreadable)?;
            if !file.metadata().with_context(unreadable)?.is_file() {
                bail!("{}: it is no regular file; `-` reads standard input", unreadable());
            }
            let parent = args.list.parent().unwrap_or(Path::new("")).to_owned();
            (list::read(BufReader::new(file)), parent)
        }
    };
    let base = args.base.clone().unwrap_or(of_list);
    let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
    Ok((lines.with_context(unreadable)?, base))
}

fn jobs(args: &BuildArgs) -> usize {
    args.jobs.map_or_else(processors, std::num::NonZeroUsize::get)
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

/// How processes are started that read components.
fn limits(args: &BuildArgs, base: &Path, folder: &Path) -> anyhow::Result<Limits> {
    let absolute = |path: &Path| {
        std::path::absolute(path).with_context(|| format!("cannot name `{}`", path.display()))
    };
    let mut arguments = vec!["index".into(), "build-one".into()];
    arguments.extend(["--base".into(), absolute(base)?.into_os_string()]);
    arguments.extend(["--into".into(), absolute(folder)?.into_os_string()]);
    arguments.extend(["--package-memory".into(), args.package_memory.to_string().into()]);
    arguments.extend(["--memory".into(), args.memory.memory.to_string().into()]);
    if args.allow_build {
        arguments.push("--allow-build".into());
    }
    Ok(Limits {
        time: Duration::from_secs(args.package_time),
        memory: args.package_memory,
        arguments,
        // All processes together have a thread for each processor.
        threads: (processors() / jobs(args)).max(1),
    })
}

/// What came of each line, by its number.
type Read = Vec<(u64, Label, Outcome)>;

/// Reads the components of all lines, some at a time.
fn read_all(lines: &[Line], limits: &Limits, jobs: usize, common: &Common) -> anyhow::Result<Read> {
    let progress = Progress::new(common, lines.len(), "components");
    let (next, read) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || -> anyhow::Result<()> {
        let mut worker = Worker::new(limits);
        while let Some(line) = lines.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (label, outcome) = match &line.text {
                Err(message) => (Label::default(), Outcome::refusal(Reason::Line, message.clone())),
                Ok(text) => {
                    let outcome = worker.read(text);
                    (list::label(text), outcome.context("cannot start a process")?)
                }
            };
            if let Outcome::Broken { message } = outcome {
                // Nobody begins another line.
                next.store(lines.len(), Ordering::Relaxed);
                bail!("{message}; nothing is written");
            }
            progress.advance(match &outcome {
                Outcome::Built(built) => built.lines,
                _ => 0,
            });
            let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
            read.push((line.number, label, outcome));
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.min(lines.len())).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(done) => done,
            Err(_) => bail!("a thread ended"),
        })
    })?;
    let mut read = read.into_inner().unwrap_or_else(PoisonError::into_inner);
    read.sort_by_key(|(number, ..)| *number);
    Ok(read)
}

/// What was built.
#[derive(Debug, Serialize)]
struct BuildReport {
    schema_version: u32,
    /// The segment; none where no component is left.
    segment: Option<SegmentReport>,
    components: u64,
    documents: u64,
    lines: u64,
    quarantined: Vec<Quarantined>,
}

#[derive(Debug, Serialize)]
struct SegmentReport {
    file: String,
    digest: String,
    bytes: u64,
}

const SCHEMA_VERSION: u32 = 1;

/// Merges what was read into one segment.
fn finish(
    read: Read,
    to: Destination<'_>,
    memory: Memory,
    folder: &Path,
) -> anyhow::Result<BuildReport> {
    let (mut files, mut quarantined) = (Vec::new(), Vec::new());
    for (line, label, outcome) in read {
        match outcome {
            Outcome::Built(Built { file, notes, .. }) => {
                files.push(file);
                notes.iter().for_each(|note| failure::warn(note));
            }
            Outcome::Refused { purl, reason, message } => {
                let label = Label { purl: purl.or(label.purl), ..label };
                quarantined.push(Quarantined { line, label, reason, message });
            }
            Outcome::Broken { message } => bail!("{message}"),
        }
    }
    files.sort();
    // Equal components give the same file, since its content names it.
    files.dedup();
    let spill = Spill::new(folder.to_owned(), memory);
    while files.len() > MERGED_AT_ONCE {
        let merge = |some: &[PathBuf]| merge(some, Destination::Directory(folder), &spill);
        files = files
            .chunks(MERGED_AT_ONCE)
            .map(merge)
            .map(|it| Ok(it?.0))
            .collect::<anyhow::Result<_>>()?;
    }
    let mut report = BuildReport {
        schema_version: SCHEMA_VERSION,
        segment: None,
        components: 0,
        documents: 0,
        lines: 0,
        quarantined,
    };
    if !files.is_empty() {
        let (path, segment) = merge(&files, to, &spill)?;
        let counts = LooseSegment::open(&path)?.counts();
        (report.components, report.documents) = (counts.components, counts.documents);
        (report.lines, report.segment) = (counts.lines, Some(segment));
    }
    Ok(report)
}

fn merge(
    files: &[PathBuf],
    to: Destination<'_>,
    spill: &std::sync::Arc<Spill>,
) -> anyhow::Result<(PathBuf, SegmentReport)> {
    let segments: Vec<LooseSegment> =
        files.iter().map(|file| LooseSegment::open(file)).collect::<Result<_, _>>()?;
    let written = merge_segments(&segments, to, spill)?;
    let file = written.path.display().to_string();
    Ok((written.path, SegmentReport { file, digest: written.digest, bytes: written.bytes }))
}

fn print(report: &BuildReport, format: Format) -> anyhow::Result<()> {
    let mut drawn = Vec::new();
    let painted = match format {
        Format::Json => {
            write_value(report, &mut drawn)?;
            Painted::No
        }
        Format::Text => {
            let components = count(report.components, "component");
            let documents = count(report.documents, "document");
            let lines = count(report.lines, "line");
            match &report.segment {
                Some(segment) => writeln!(
                    drawn,
                    "Built {} from {components} ({documents}, {lines})",
                    segment.file
                )?,
                None => writeln!(drawn, "Built nothing: no component is left")?,
            }
            for entry in &report.quarantined {
                let Quarantined { line, label, reason, message } = entry;
                let name = label.purl.as_ref().or(label.source.as_ref());
                let name = name.map_or_else(String::new, |name| format!(" {name}"));
                failure::warn(&format!("line {line},{name} is in quarantine: {reason}: {message}"));
            }
            if !report.quarantined.is_empty() {
                let count = count(report.quarantined.len() as u64, "component");
                writeln!(drawn, "Quarantined {count}; the warnings above say why")?;
            }
            Painted::Yes
        }
    };
    Output::Standard.write(&drawn, painted)
}
