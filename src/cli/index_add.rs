//! `birthmark index add`.

use std::path::Path;

use anyhow::bail;
use rayon::prelude::*;

use super::args::{AddArgs, Common};
use super::exit::ExitStatus;
use super::failure;
use super::index::Target;
use super::progress::Progress;
use crate::index::IndexDir;
use crate::ingest::{self, Ingested, Source, recipe};
use crate::report::index::{Added, Answer};

/// Components committed at once, and the bytes of archives from which a batch is closed before it has so many. An
/// interrupted run loses at most one batch; each batch is a segment, so that smaller ones make more segments.
const BATCH_COMPONENTS: usize = 16;
const BATCH_BYTES: u64 = 64 << 20;

pub fn run(args: AddArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    let sources = sources(&args)?;
    let target = Target::new(args.target)?;
    let mut index = IndexDir::open_or_create(&target.directory)?;
    let progress = Progress::new(common, sources.len(), "components");
    let mut added = Added::default();
    for batch in batches(&sources) {
        add_batch(&mut index, batch, &progress, &mut added)?;
    }
    drop(progress);
    added.segments = index.info().segments;
    let status = match added.failed {
        0 => ExitStatus::Success,
        _ => ExitStatus::Failure,
    };
    target.print(&Answer::Add(added))?;
    Ok(status)
}

fn sources(args: &AddArgs) -> anyhow::Result<Vec<Source>> {
    if (args.purl.is_some() || args.license.is_some()) && args.sources.len() != 1 {
        bail!(
            "--purl and --license name one component; give one SOURCE, or list them in a --recipe"
        );
    }
    let mut sources: Vec<Source> = args
        .sources
        .iter()
        .map(|path| Source {
            path: path.clone(),
            purl: args.purl.clone(),
            license: args.license.clone(),
        })
        .collect();
    if let Some(path) = &args.recipe {
        sources.extend(recipe::read(path)?);
    }
    Ok(sources)
}

/// Reads a batch in parallel and commits what could be read. What could not is told at once; the others go on.
fn add_batch(
    index: &mut IndexDir,
    batch: &[Source],
    progress: &Progress,
    added: &mut Added,
) -> anyhow::Result<()> {
    let results: Vec<_> = batch
        .par_iter()
        .map(|source| {
            let result = ingest::ingest(source);
            progress.done(result.as_ref().map_or(0, |ingested| ingested.lines));
            result
        })
        .collect();
    let mut ingested: Vec<Ingested> = Vec::new();
    for result in results {
        match result {
            Ok(component) => {
                for note in &component.notes {
                    let path = note.path.as_deref().unwrap_or_default();
                    let purl = &component.component.purl;
                    let message = format!("{purl} {path}: {}", note.message);
                    progress.interrupt(|| failure::warn(&message));
                }
                ingested.push(component);
            }
            Err(error) => {
                added.failed += 1;
                progress.interrupt(|| failure::tell(&error.into()));
            }
        }
    }
    if !ingested.is_empty() {
        let summary = index.add(ingested)?;
        added.components += summary.components;
        added.documents += summary.documents;
        added.lines += summary.lines;
    }
    Ok(())
}

/// Cuts the sources into batches, in order.
fn batches(sources: &[Source]) -> Vec<&[Source]> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (i, source) in sources.iter().enumerate() {
        bytes += archive_bytes(&source.path);
        if i + 1 - start == BATCH_COMPONENTS || bytes >= BATCH_BYTES {
            batches.push(&sources[start..=i]);
            (start, bytes) = (i + 1, 0);
        }
    }
    if start < sources.len() {
        batches.push(&sources[start..]);
    }
    batches
}

/// The size of a file; of a directory it is not known without a walk, and counts as none.
fn archive_bytes(path: &Path) -> u64 {
    std::fs::metadata(path)
        .ok()
        .filter(std::fs::Metadata::is_file)
        .map_or(0, |facts| facts.len())
}
