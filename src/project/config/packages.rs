//! The packages a project consists of, as its manifests name them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use globset::Glob;

use super::{MAX_CONFIG_BYTES, directory_of, read_text};
use crate::judgement::finding::{Note, NoteKind};
use crate::judgement::policy::ProjectPackages;
use crate::project::walk::marks;
use crate::project::walk::{self, NamedFiles, SideFiles, WalkSettings, display_path};
use crate::text::manifest::{self, Manifest, Workspace};

/// Most manifests that are read of one project.
const MAX_MANIFESTS: usize = 500;

/// The manifests of the project around a place. They are read when they are first asked for.
///
/// The project is the git repository; outside of one it is the Cargo workspace that the place is a
/// member of, else the place itself. Manifests in folders of vendored code, tests and examples are
/// other people's or samples and do not count.
#[derive(Debug, Default)]
pub struct ProjectManifests {
    place: Option<PathBuf>,
    settings: WalkSettings,
    read: OnceLock<Read>,
}

#[derive(Debug, Default)]
struct Read {
    packages: ProjectPackages,
    notes: Vec<Note>,
}

impl ProjectManifests {
    /// The manifests of the project around a directory.
    pub(crate) fn around(place: &Path, settings: WalkSettings) -> ProjectManifests {
        let place = Some(walk::absolute_path(place));
        ProjectManifests { place, settings, read: OnceLock::new() }
    }

    /// The packages that the manifests name.
    pub(crate) fn packages(&self) -> &ProjectPackages {
        &self.read().packages
    }

    /// What a reader must know of how complete they are. Reads nothing that has not been asked for.
    pub(crate) fn notes(&self) -> &[Note] {
        self.read.get().map_or(&[], |read| &read.notes)
    }

    fn read(&self) -> &Read {
        self.read.get_or_init(|| match &self.place {
            Some(place) => read(place, &self.settings),
            None => Read::default(),
        })
    }
}

fn read(place: &Path, settings: &WalkSettings) -> Read {
    let root = root_of(place);
    let found = match settings.side.state() {
        Some(state) => {
            let is_vendored = |path: &PathBuf| {
                let below = path.strip_prefix(&root).unwrap_or(path);
                below
                    .components()
                    .any(|part| marks::is_vendored_folder(&part.as_os_str().to_string_lossy()))
            };
            let mut files = state.find_named(&root, &manifest::is_manifest);
            files.retain(|path| !is_vendored(path));
            NamedFiles { files, is_complete: true }
        }
        None => walk::named_files(&root, manifest::is_manifest, settings, |name| {
            !marks::is_vendored_folder(name)
        }),
    };
    // Those that stand around the place come first: of a very large repository not all are read.
    let near = beside_and_above(place, &root, &settings.side);
    let is_projects = |path: &&PathBuf| {
        let marks = marks::of(&display_path(path.strip_prefix(&root).unwrap_or(path)), &[]);
        !marks.vendored && !marks.test && !near.contains(path)
    };
    let others = found.files.iter().filter(is_projects);
    let mut paths: Vec<PathBuf> = near.iter().chain(others).cloned().collect();
    let is_complete = found.is_complete && paths.len() <= MAX_MANIFESTS;
    paths.truncate(MAX_MANIFESTS);

    let packages = packages(&paths, &settings.side);
    let message = "only part of the project's manifests were read, so matches with its own packages may be reported";
    let note = Note { path: None, kind: NoteKind::Limit, message: message.to_owned() };
    Read { packages, notes: (!is_complete).then_some(note).into_iter().collect() }
}

/// The directory that holds the whole project.
fn root_of(place: &Path) -> PathBuf {
    let repository = place.ancestors().find(|above| above.join(".git").exists());
    let workspace = || place.ancestors().find(|above| is_member(place, above));
    repository.or_else(workspace).unwrap_or(place).to_owned()
}

/// Whether a directory is the root of a Cargo workspace and the place stands in one of its members.
fn is_member(place: &Path, root: &Path) -> bool {
    let Ok(text) = read_text(&root.join("Cargo.toml"), MAX_CONFIG_BYTES) else { return false };
    let Some(workspace) = Workspace::read(&text) else { return false };
    // A place may stand deep inside of a member.
    let folders = place.ancestors().take_while(|folder| *folder != root);
    let folders: Vec<&Path> = folders.filter_map(|folder| folder.strip_prefix(root).ok()).collect();
    let globs = workspace.members.iter().filter_map(|member| Glob::new(member).ok());
    globs
        .map(|glob| glob.compile_matcher())
        .any(|glob| folders.iter().any(|folder| glob.is_match(folder)))
}

/// The manifests in the directories from the place up to the root. Outside of a repository, where
/// the place has none of its own, those of the nearest directory above it.
fn beside_and_above(place: &Path, root: &Path, side: &SideFiles) -> Vec<PathBuf> {
    let of_directory = |directory: &Path| side.files_in(directory, &manifest::is_manifest);
    let within = place.ancestors().take_while(|directory| directory.starts_with(root));
    let own: Vec<PathBuf> = within.flat_map(of_directory).collect();
    if own.is_empty() && !root.join(".git").exists() {
        root.ancestors().map(of_directory).find(|found| !found.is_empty()).unwrap_or_default()
    } else {
        own
    }
}

fn packages(paths: &[PathBuf], side: &SideFiles) -> ProjectPackages {
    let texts: BTreeMap<&Path, String> = paths
        .iter()
        .filter_map(|path| Some((&**path, read_text(&side.at(path), MAX_CONFIG_BYTES).ok()?)))
        .collect();
    let workspaces: BTreeMap<&Path, Workspace> = texts
        .iter()
        .filter(|(path, _)| path.ends_with("Cargo.toml"))
        .filter_map(|(path, text)| Some((directory_of(path), Workspace::read(text)?)))
        .collect();
    let around =
        |path: &Path| directory_of(path).ancestors().find_map(|above| workspaces.get(above));
    let read = |(path, text): (&&Path, &String)| -> Option<(PathBuf, Manifest)> {
        let name = path.file_name()?.to_str()?;
        Some((path.to_path_buf(), manifest::read(name, text, around(path))?))
    };
    let manifests: Vec<(PathBuf, Manifest)> = texts.iter().filter_map(read).collect();
    let environments = environments(&manifests);
    let mut packages = ProjectPackages::default();
    for (path, manifest) in &manifests {
        if installation_directory(path).is_none_or(|directory| !environments.contains(directory)) {
            packages.add(manifest);
        }
    }
    packages
}

/// The directory that a package is installed in, if its manifest is the record of an installation.
fn installation_directory(manifest: &Path) -> Option<&Path> {
    let record = manifest.parent()?;
    let extension = record.extension()?.to_str()?;
    matches!(extension, "dist-info" | "egg-info").then(|| record.parent()).flatten()
}

/// Directories in which several packages are installed side by side: none of them is the project's
/// own.
fn environments(manifests: &[(PathBuf, Manifest)]) -> BTreeSet<&Path> {
    let mut installed: BTreeMap<&Path, BTreeSet<&str>> = BTreeMap::new();
    for (path, manifest) in manifests {
        if let (Some(directory), Some(package)) = (installation_directory(path), &manifest.package)
        {
            installed.entry(directory).or_default().insert(package.as_str());
        }
    }
    installed.retain(|_, packages| packages.len() > 1);
    installed.into_keys().collect()
}
