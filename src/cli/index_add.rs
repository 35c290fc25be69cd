//! `birthmark index add`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rayon::prelude::*;

use super::args::{AddArgs, Common};
use super::exit::ExitStatus;
use super::failure;
use super::index::Target;
use super::progress::Progress;
use crate::finding::Note;
use crate::index::{IndexDirectory, PreparedComponent};
use crate::ingest::recipe::{Recipe, RecipeComponent};
use crate::ingest::{self, Given, IngestError, Ingested, Prepared, Source};
use crate::purl::Purl;
use crate::report::index::{Added, Answer};

/// Components committed at once, and the bytes of archives from which a batch is closed before it has so many. An
/// interrupted run loses at most one batch; each batch is a segment, so that smaller ones make more segments.
const BATCH_COMPONENTS: usize = 16;
const BATCH_BYTES: u64 = 64 << 20;

/// Largest recipe that is read: about a hundred thousand components.
const MAX_RECIPE_BYTES: u64 = 32 << 20;

pub fn run(args: AddArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    let mut recipe = args.recipe.as_deref().map(RecipeFile::read).transpose()?;
    let wanted = wanted(&args, recipe.as_ref())?;
    let target = Target::new(args.target)?;
    let mut index = IndexDirectory::open_or_create(target.directory()?)?.within(args.memory.memory);
    let progress = Progress::new(common, wanted.len(), "components");
    let mut added = Added::default();
    for batch in batches(&wanted) {
        let ingested = read_batch(batch, &progress, &mut added);
        if let Some(recipe) = recipe.as_mut().filter(|_| args.pin) {
            recipe.learn(&ingested);
        }
        if !ingested.is_empty() {
            index.add(prepared(ingested, &mut added))?;
        }
    }
    drop(progress);
    if let Some(recipe) = recipe.filter(|_| args.pin) {
        recipe.write()?;
    }
    target.print(&Answer::Add(added))?;
    Ok(match added.failed {
        0 => ExitStatus::Success,
        _ => ExitStatus::Failure,
    })
}

/// A component to be added.
enum Wanted {
    /// As the command line names it.
    Named { word: PathBuf, given: Given },
    /// As a recipe lists it, with the recipe's directory.
    Listed(RecipeComponent, PathBuf),
}

impl Wanted {
    fn ingest(&self) -> Result<Ingested, IngestError> {
        match self {
            Wanted::Named { word, given } => {
                let source = Source::parse(&word.to_string_lossy(), Path::new(""))?;
                ingest::ingest(&source, given, &())
            }
            Wanted::Listed(component, base) => component.ingest(base, &()),
        }
    }

    /// The size of an archive; that of a directory or package is not known beforehand, and counts as none.
    fn archive_bytes(&self) -> u64 {
        let path = match self {
            Wanted::Named { word, .. } => word.clone(),
            Wanted::Listed(component, base) => match &component.source {
                Some(source) => base.join(source),
                None => return 0,
            },
        };
        fs::metadata(path).ok().filter(fs::Metadata::is_file).map_or(0, |facts| facts.len())
    }
}

/// A recipe and where it stands.
struct RecipeFile {
    path: PathBuf,
    recipe: Recipe,
}

impl RecipeFile {
    fn read(path: &Path) -> anyhow::Result<RecipeFile> {
        let unreadable = || format!("cannot read the recipe `{}`", path.display());
        let facts = fs::metadata(path).with_context(unreadable)?;
        if !facts.is_file() || facts.len() > MAX_RECIPE_BYTES {
            bail!("{}: it is no regular file of at most {} MiB", unreadable(), MAX_RECIPE_BYTES >> 20);
        }
        let text = fs::read_to_string(path).with_context(unreadable)?;
        Ok(RecipeFile { path: path.to_owned(), recipe: Recipe::parse(&text, path)? })
    }

    /// The directory that its sources are relative to.
    fn base(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// Takes down what its components turned out to be.
    fn learn(&mut self, ingested: &[Ingested]) {
        for component in &mut self.recipe.components {
            if let Some(found) = ingested.iter().find(|found| found.component.purl == component.purl) {
                *component = component.learned(found);
            }
        }
    }

    fn write(&self) -> anyhow::Result<()> {
        fs::write(&self.path, self.recipe.to_toml())
            .with_context(|| format!("cannot write the recipe `{}`", self.path.display()))
    }
}

fn wanted(args: &AddArgs, recipe: Option<&RecipeFile>) -> anyhow::Result<Vec<Wanted>> {
    if (args.purl.is_some() || args.license.is_some()) && args.sources.len() != 1 {
        bail!("--purl and --license describe one component; give one SOURCE, or list several in a --recipe");
    }
    let named = args.sources.iter().map(|word| Wanted::Named {
        word: word.clone(),
        given: Given { purl: args.purl.clone(), license: args.license.clone() },
    });
    let mut wanted: Vec<Wanted> = named.collect();
    if let Some(file) = recipe {
        let listed = file.recipe.components.iter().cloned();
        wanted.extend(listed.map(|component| Wanted::Listed(component, file.base().to_owned())));
    }
    Ok(wanted)
}

/// Cuts what is wanted into batches, in order.
fn batches(wanted: &[Wanted]) -> Vec<&[Wanted]> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (i, component) in wanted.iter().enumerate() {
        bytes += component.archive_bytes();
        if i + 1 - start == BATCH_COMPONENTS || bytes >= BATCH_BYTES {
            batches.push(&wanted[start..=i]);
            (start, bytes) = (i + 1, 0);
        }
    }
    if start < wanted.len() {
        batches.push(&wanted[start..]);
    }
    batches
}

/// Reads a batch in parallel. What cannot be read is told at once and counted; the others go on.
fn read_batch(batch: &[Wanted], progress: &Progress, added: &mut Added) -> Vec<Ingested> {
    let results: Vec<Result<Ingested, IngestError>> = batch
        .par_iter()
        .map(|component| {
            let result = component.ingest();
            progress.done(result.as_ref().map_or(0, lines));
            result
        })
        .collect();
    let mut ingested = Vec::new();
    for result in results {
        match result {
            Ok(component) => {
                progress.interrupt(|| tell_notes(&component.component.purl, &component.notes));
                ingested.push(component);
            }
            Err(error) => {
                added.failed += 1;
                progress.interrupt(|| failure::tell(&error.into()));
            }
        }
    }
    ingested
}

fn prepared(ingested: Vec<Ingested>, added: &mut Added) -> Vec<PreparedComponent> {
    for component in &ingested {
        added.components += 1;
        added.documents += component.documents.len() as u64;
        added.lines += lines(component);
    }
    let prepared: Vec<Prepared> = ingested.into_par_iter().map(Ingested::prepare).collect();
    prepared.into_iter().map(told).collect()
}

/// Tells what could not be prepared, and goes on with the rest.
pub(super) fn told(prepared: Prepared) -> PreparedComponent {
    tell_notes(&prepared.component.component.purl, &prepared.notes);
    prepared.component
}

pub(super) fn tell_notes(purl: &Purl, notes: &[Note]) {
    for note in notes {
        match &note.path {
            Some(path) => failure::warn(&format!("{purl}, {path}: {}", note.message)),
            None => failure::warn(&format!("{purl}: {}", note.message)),
        }
    }
}

pub(super) fn lines(ingested: &Ingested) -> u64 {
    let lines = |document: &ingest::IngestedDocument| u64::from(document.source.line_count());
    ingested.documents.iter().map(lines).sum()
}
