//! `birthmark index add`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, ValueHint};
use rayon::prelude::*;

use super::exit::ExitStatus;
use super::failure;
use super::flags::{Common, license};
use super::index_target::{InspectArgs, MemoryArgs, Target};
use super::progress::Progress;
use crate::engine::index::documents::Component;
use crate::engine::index::{IndexDirectory, PreparedComponent, Spill};
use crate::ingest::recipe::{Recipe, RecipeComponent};
use crate::ingest::{self, BuildScripts, Given, IngestError, Ingested, Source};
use crate::judgement::finding::Note;
use crate::license::LicenseFact;
use crate::purl::Purl;
use crate::report::index::{Added, Answer};

/// Components committed at once, and the bytes of archives from which a batch is closed before it
/// has so many. An interrupted run loses at most one batch; each batch is a segment, so that
/// smaller ones make more segments.
const BATCH_COMPONENTS: usize = 16;
const BATCH_BYTES: u64 = 64 << 20;

/// Largest recipe that is read: about a hundred thousand components.
const MAX_RECIPE_BYTES: u64 = 32 << 20;

/// Add components to an index.
///
/// A source is a directory, an archive as package registries serve it (.crate, .deb, .jar, .tgz,
/// .whl, .zip), the .dsc file of a Debian source package, or a package that its own client fetches
/// (pkg:cargo, pkg:deb, pkg:npm, pkg:pypi). The index holds fingerprints and licence facts, no
/// source text.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark index add downloads/*.crate downloads/*.whl
  birthmark index add pkg:pypi/six@1.17.0 pkg:npm/%40babel/core@7.24.0
  birthmark index add \"pkg:deb/debian/hiredis@0.14.1-3?arch=source&distro=bookworm\"
  birthmark index add ../parser --purl pkg:generic/parser@2.1.0 --license GPL-3.0-or-later
  birthmark index add --recipe corpus/recipe.toml --index corpus/index

Components are committed a few at a time: an interrupted run loses nothing it has committed, and the same command goes
on from there, since a component that the index holds already, just as it is, is left alone.")]
pub(crate) struct AddArgs {
    /// Directories, archives, packages (pkg:...) and git revisions (git+DIRECTORY@REVISION)
    #[arg(value_name = "SOURCE", value_hint = ValueHint::AnyPath, required_unless_present = "recipe")]
    pub sources: Vec<PathBuf>,
    /// Name of the component, where the source does not say it; for one SOURCE
    #[arg(long, value_name = "PURL", conflicts_with = "recipe")]
    pub purl: Option<Purl>,
    /// SPDX expression of the component, where the source does not say it or says it wrongly; for
    /// one SOURCE
    #[arg(long, value_name = "EXPR", value_parser = license, conflicts_with = "recipe")]
    pub license: Option<LicenseFact>,
    /// File that lists components with their names and licences
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub recipe: Option<PathBuf>,
    /// Write the digests and exact licences that were learned into the recipe
    #[arg(long, requires = "recipe")]
    pub pin: bool,
    /// Let pip run the build script of a package that ships no wheel; without this such a package
    /// is refused
    #[arg(long)]
    pub allow_build: bool,
    #[command(flatten)]
    pub memory: MemoryArgs,
    #[command(flatten)]
    pub target: InspectArgs,
}

pub(super) fn run(args: AddArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    let mut recipe = args.recipe.as_deref().map(RecipeFile::read).transpose()?;
    let wanted = components_to_add(&args, recipe.as_ref())?;
    let target = Target::new(args.target)?;
    let mut index = IndexDirectory::open_or_create(target.directory()?)?.within(args.memory.memory);
    let held =
        index.list()?.into_iter().map(|entry| (entry.component.purl.clone(), entry.component));
    let run = Run {
        held: held.collect(),
        spill: index.spill(),
        progress: Progress::new(common, wanted.len(), "components"),
    };
    let mut added = Added::default();
    for batch in batches(&wanted) {
        run.add_batch(batch, &mut index, recipe.as_mut().filter(|_| args.pin), &mut added)?;
    }
    // The progress bar goes before anything is printed.
    drop(run);
    index.learn()?;
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
    Listed { component: RecipeComponent, base: PathBuf, build_scripts: BuildScripts },
}

impl Wanted {
    fn ingest(&self, spill: &Arc<Spill>) -> Result<Ingested, IngestError> {
        match self {
            Wanted::Named { word, given } => {
                let source = Source::parse(&word.to_string_lossy(), Path::new(""))?;
                ingest::ingest(&source, given, spill)
            }
            Wanted::Listed { component, base, build_scripts } => {
                component.ingest(base, *build_scripts, spill)
            }
        }
    }

    /// The component that it would become, if that is known before it is fetched: the index holds the
    /// package of a registry with the digest that the recipe pins.
    fn find_held<'h>(&self, held: &'h HashMap<Purl, Component>) -> Option<&'h Component> {
        let Wanted::Listed { component: listed, .. } = self else { return None };
        let found = held.get(&listed.purl)?;
        let license = found.license.expression.as_ref();
        // What a registry published does not change. A source on disk may have.
        let is_the_same = listed.source.is_none()
            && listed.digest.as_deref() == Some(&found.digest)
            && listed.license.as_ref().is_none_or(|listed| license == Some(listed))
            && listed.published.is_none_or(|day| found.published == Some(day));
        is_the_same.then_some(found)
    }

    /// The size of an archive; that of a directory or package is not known beforehand, and counts
    /// as none.
    fn archive_bytes(&self) -> u64 {
        let path = match self {
            Wanted::Named { word, .. } => word.clone(),
            Wanted::Listed { component, base, .. } => match &component.source {
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
            bail!(
                "{}: it is no regular file of at most {} MiB",
                unreadable(),
                MAX_RECIPE_BYTES >> 20
            );
        }
        let text = fs::read_to_string(path).with_context(unreadable)?;
        Ok(RecipeFile { path: path.to_owned(), recipe: Recipe::parse(&text, path)? })
    }

    /// The directory that its sources are relative to.
    fn base(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// Takes down what its components turned out to be.
    fn learn(&mut self, read: &[Read]) {
        for component in &mut self.recipe.components {
            let mut found = read.iter().map(Read::component);
            if let Some(found) = found.find(|found| found.purl == component.purl) {
                *component = component.pin_component(found);
            }
        }
    }

    fn write(&self) -> anyhow::Result<()> {
        fs::write(&self.path, self.recipe.to_toml())
            .with_context(|| format!("cannot write the recipe `{}`", self.path.display()))
    }
}

fn components_to_add(args: &AddArgs, recipe: Option<&RecipeFile>) -> anyhow::Result<Vec<Wanted>> {
    if (args.purl.is_some() || args.license.is_some()) && args.sources.len() != 1 {
        bail!(
            "--purl and --license describe one component; give one SOURCE, or list several in a --recipe"
        );
    }
    let build_scripts = if args.allow_build { BuildScripts::Allow } else { BuildScripts::Refuse };
    let named = args.sources.iter().map(|word| Wanted::Named {
        word: word.clone(),
        given: Given {
            purl: args.purl.clone(),
            license: args.license.clone(),
            build_scripts,
            ..Given::default()
        },
    });
    let mut wanted: Vec<Wanted> = named.collect();
    if let Some(file) = recipe {
        let listed = file.recipe.components.iter().cloned();
        let base = || file.base().to_owned();
        wanted.extend(listed.map(|component| Wanted::Listed {
            component,
            base: base(),
            build_scripts,
        }));
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

/// What adding goes by.
struct Run {
    /// What the index held before, by purl.
    held: HashMap<Purl, Component>,
    spill: Arc<Spill>,
    progress: Progress,
}

/// A component that was read.
enum Read {
    New(PreparedComponent),
    /// The index holds it as it is: an earlier run came so far before it was interrupted.
    Held(Component),
}

impl Read {
    fn component(&self) -> &Component {
        match self {
            Read::New(prepared) => &prepared.component,
            Read::Held(component) => component,
        }
    }
}

impl Run {
    /// Reads a batch and adds it. Some components are read at a time, in parallel; where they have
    /// more documents than may wait, those are added before the others are read.
    fn add_batch(
        &self,
        batch: &[Wanted],
        index: &mut IndexDirectory,
        mut recipe: Option<&mut RecipeFile>,
        added: &mut Added,
    ) -> anyhow::Result<()> {
        let mut waiting = Vec::new();
        for some in batch.chunks(rayon::current_num_threads()) {
            let read = self.read(some, added);
            if let Some(recipe) = &mut recipe {
                recipe.learn(&read);
            }
            waiting.extend(read.into_iter().filter_map(|read| match read {
                Read::New(prepared) => Some(prepared),
                Read::Held(_) => None,
            }));
            let documents: usize = waiting.iter().map(|component| component.documents.len()).sum();
            if documents > self.spill.memory().prepared_documents() {
                index.add_some(std::mem::take(&mut waiting))?;
            }
        }
        if !waiting.is_empty() {
            index.add_some(waiting)?;
        }
        Ok(())
    }

    /// Reads components in parallel. A component that cannot be read is counted and reported at
    /// once, and the others are read.
    fn read(&self, some: &[Wanted], added: &mut Added) -> Vec<Read> {
        let results: Vec<_> = some.par_iter().map(|wanted| self.read_one(wanted)).collect();
        let mut components = Vec::new();
        for result in results {
            match result {
                Ok((read, notes)) => {
                    self.progress.interrupt(|| tell_notes(&read.component().purl, &notes));
                    match &read {
                        Read::New(component) => count(component, added),
                        Read::Held(_) => added.unchanged += 1,
                    }
                    components.push(read);
                }
                Err(error) => {
                    added.failed += 1;
                    self.progress.interrupt(|| failure::tell(&error.into()));
                }
            }
        }
        components
    }

    /// Reads a component and prepares it, if the index does not hold it as it is; and what there is
    /// to note.
    fn read_one(&self, wanted: &Wanted) -> Result<(Read, Vec<Note>), IngestError> {
        if let Some(held) = wanted.find_held(&self.held) {
            self.progress.advance(0);
            return Ok((Read::Held(held.clone()), Vec::new()));
        }
        let ingested = wanted.ingest(&self.spill)?;
        let mut notes = ingested.notes.clone();
        if self.held.get(&ingested.component.purl) == Some(&ingested.component) {
            self.progress.advance(0);
            return Ok((Read::Held(ingested.component), notes));
        }
        let prepared = ingested.prepare(&self.spill)?;
        notes.extend(prepared.notes);
        self.progress.advance(prepared.component.lines());
        Ok((Read::New(prepared.component), notes))
    }
}

/// Counts what was added.
pub(super) fn count(component: &PreparedComponent, added: &mut Added) {
    added.components += 1;
    added.documents += component.documents.len() as u64;
    added.lines += component.lines();
}

pub(super) fn tell_notes(purl: &Purl, notes: &[Note]) {
    for note in notes {
        match &note.path {
            Some(path) => failure::warn(&format!("{purl}, {path}: {}", note.message)),
            None => failure::warn(&format!("{purl}: {}", note.message)),
        }
    }
}
