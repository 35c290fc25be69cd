//! What a component depends on and what it carries of others, to tell later who took code from
//! whom.
//!
//! Dependencies are what the component's manifests name, and the packages whose modules its Python
//! code imports: a program that works inside of another one (a debugger, a plug-in) often does not
//! declare it. A module is taken for the package of the same name.

use std::collections::{BTreeMap, BTreeSet};

use super::IngestError;
use super::tree::{Role, Tree, TreeFile};
use crate::project::walk::marks::{self, is_vendored_folder};
use crate::purl::{Purl, normal_pypi_name};
use crate::text::manifest::{self, Manifest, Workspace};

/// Most packages of each kind that are recorded of a component.
const MAX_RECORDED: usize = 2000;

/// Modules of Python's standard library, of all its versions, one a line.
const STANDARD_MODULES: &str = include_str!("stdlib_modules.txt");

/// What is recorded of a component: purls without version, sorted, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Relations {
    /// The packages it depends on.
    pub(super) dependencies: Vec<String>,
    /// The packages it carries in vendored folders.
    pub(super) vendored: Vec<String>,
}

/// Reads the relations of a component of that name.
pub(super) fn of(tree: &Tree, component: &Purl) -> Result<Relations, IngestError> {
    let manifests = manifests(tree)?;
    let (theirs, own): (Vec<_>, Vec<_>) =
        manifests.iter().partition(|(file, _)| is_vendored(&file.path));
    let own = || {
        own.iter()
            .filter(|(file, _)| !marks::of(&file.path, &[]).test)
            .map(|(_, manifest)| manifest)
    };

    let mut dependencies: BTreeSet<String> = own()
        .flat_map(|manifest| &manifest.dependencies)
        .map(|purl| purl.as_str().to_owned())
        .collect();
    dependencies.extend(find_imports(tree)?.iter().filter_map(|module| pypi(module)));

    let mut vendored = vendored_folders(tree);
    vendored.extend(own().flat_map(|manifest| &manifest.bundled).map(Purl::to_string));
    vendored.extend(
        theirs.iter().filter_map(|(_, manifest)| manifest.package.as_ref()).map(Purl::to_string),
    );

    let own: BTreeSet<String> = own()
        .filter_map(|manifest| manifest.package.as_ref())
        .chain([component])
        .map(|purl| purl.package().to_owned())
        .collect();
    let recorded = |packages: BTreeSet<String>| {
        packages.into_iter().filter(|package| !own.contains(package)).take(MAX_RECORDED).collect()
    };
    Ok(Relations { dependencies: recorded(dependencies), vendored: recorded(vendored) })
}

fn manifests(tree: &Tree) -> Result<Vec<(&TreeFile, Manifest)>, IngestError> {
    let named = tree.files.iter().filter(|file| manifest::is_manifest(name_of(&file.path)));
    let mut texts = Vec::new();
    for file in named {
        texts.push((file, String::from_utf8_lossy(&file.bytes()?).into_owned()));
    }
    let workspaces: BTreeMap<&str, Workspace> = texts
        .iter()
        .filter(|(file, _)| name_of(&file.path) == "Cargo.toml")
        .filter_map(|(file, text)| Some((folder_of(&file.path), Workspace::read(text)?)))
        .collect();
    let read = |&(file, ref text): &(&'_ TreeFile, String)| {
        let workspace = folders_above(&file.path).find_map(|folder| workspaces.get(folder));
        manifest::read(name_of(&file.path), text, workspace)
    };
    Ok(texts.iter().filter_map(|text| Some((text.0, read(text)?))).collect())
}

/// The top-level modules that the component's own Python code imports from elsewhere.
fn find_imports(tree: &Tree) -> Result<BTreeSet<String>, IngestError> {
    let is_python = |file: &&TreeFile| match file.role {
        Role::Source(language) => language.name() == "python",
        _ => false,
    };
    let mut own: BTreeSet<&str> = BTreeSet::new();
    for file in tree.files.iter().filter(is_python) {
        own.extend(file.path.split('/').map(stem));
    }
    let mut modules = BTreeSet::new();
    // Every setup.py imports what builds the package.
    let is_code = |file: &&TreeFile| !is_vendored(&file.path) && name_of(&file.path) != "setup.py";
    for file in tree.files.iter().filter(is_python).filter(is_code) {
        let bytes = file.bytes()?;
        modules.extend(imports(&String::from_utf8_lossy(&bytes)).map(str::to_owned));
    }
    modules.retain(|module| !own.contains(module.as_str()) && !is_standard(module));
    Ok(modules)
}

/// The first names of the modules that a Python text imports, as its lines tell.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let line = line.split('#').next().unwrap_or_default().trim();
        let (of_from, listed) = match (line.strip_prefix("from "), line.strip_prefix("import ")) {
            (Some(rest), _) => (rest.split_once(" import ").map(|(module, _)| module), None),
            (_, Some(rest)) => (None, Some(rest)),
            _ => (None, None),
        };
        let listed = listed.into_iter().flat_map(|modules| modules.split(','));
        let listed =
            listed.filter_map(|module| match module.split_whitespace().collect::<Vec<_>>()[..] {
                [module] | [module, "as", _] => Some(module),
                _ => None,
            });
        of_from.into_iter().chain(listed).filter_map(top_module)
    })
}

/// `a` of `a.b.c`; `None` for what is relative, private or no name.
fn top_module(path: &str) -> Option<&str> {
    let path = path.trim().trim_end_matches(';');
    let first = path.split('.').next()?;
    let is_name = first.starts_with(|c: char| c.is_ascii_alphabetic())
        && path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    is_name.then_some(first)
}

fn is_standard(module: &str) -> bool {
    STANDARD_MODULES.lines().any(|known| known == module)
}

/// The packages whose folders and modules stand right below a vendored folder.
fn vendored_folders(tree: &Tree) -> BTreeSet<String> {
    let mut packages = BTreeSet::new();
    for file in &tree.files {
        let Role::Source(language) = file.role else { continue };
        let parts: Vec<&str> = file.path.split('/').collect();
        for (at, _) in parts.iter().enumerate().filter(|(_, part)| is_vendored_folder(part)) {
            packages.extend(vendored_package(language.name(), &parts[at + 1..]));
        }
    }
    packages
}

/// The package that a file below a vendored folder belongs to, by the language of the file and its
/// path from there. Packages of other languages are known by their manifests alone.
fn vendored_package(language: &str, below: &[&str]) -> Option<String> {
    let first = below.first()?;
    let name = stem(first);
    // The `__init__.py` of the folder itself is no package.
    if name.starts_with("__") || is_vendored_folder(name) {
        return None;
    }
    match language {
        "rust" => Purl::new("cargo", name, None).ok().map(|purl| purl.to_string()),
        "python" => pypi(name),
        // `node_modules/@scope/name/index.js`; a file right in the folder is no package.
        "javascript" | "typescript" | "jsx" | "tsx" => {
            let parts = 1 + usize::from(first.starts_with('@'));
            let package = manifest::npm_package(&below.get(..parts)?.join("/"))?;
            (below.len() > parts).then(|| package.to_string())
        }
        _ => None,
    }
}

fn pypi(name: &str) -> Option<String> {
    let name = normal_pypi_name(name);
    (!name.is_empty())
        .then(|| Purl::new("pypi", &name, None).ok())
        .flatten()
        .map(|purl| purl.to_string())
}

fn is_vendored(path: &str) -> bool {
    folder_of(path).split('/').any(is_vendored_folder)
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn stem(name: &str) -> &str {
    name.split_once('.').map_or(name, |(stem, _)| stem)
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The folder of a file, the folder around it, and so on; the top is the empty path.
fn folders_above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder_of(path)), |folder| {
        (!folder.is_empty()).then(|| folder_of(folder))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::index::Spill;

    fn check(component: &str, files: &[(&str, &str)], dependencies: &[&str], vendored: &[&str]) {
        let mut tree = Tree::with_name_hint("x", &Spill::in_memory());
        for &(path, text) in files {
            let role = Role::of(path).expect("a file that matters");
            tree.push(path.to_owned(), role, text.as_bytes().to_vec()).expect("room");
        }
        let relations =
            of(&tree.sort_files(), &component.parse().expect("a purl")).expect("readable");
        assert_eq!(relations.dependencies, dependencies, "{files:?}");
        assert_eq!(relations.vendored, vendored, "{files:?}");
    }

    #[test]
    fn python_code_depends_on_what_it_declares_and_imports() {
        let metadata = "Metadata-Version: 2.1\nName: mine\nVersion: 1\nRequires-Dist: Click>=8\n\n";
        let code = "import os, sys\nimport IPython.core as core, numpy\nfrom .near import x\nfrom mine import y\n\
            from google.cloud import z  # why\n    from helper import w\nfrom the outside\nimport this or that\n";
        check(
            "pkg:pypi/mine@1",
            &[("mine-1.dist-info/METADATA", metadata), ("mine/a.py", code), ("mine/helper.py", "")],
            &["pkg:pypi/click", "pkg:pypi/google", "pkg:pypi/ipython", "pkg:pypi/numpy"],
            &[],
        );
    }

    #[test]
    fn vendored_packages_are_no_dependencies() {
        check(
            "pkg:pypi/host@1",
            &[
                ("host/_vendor/__init__.py", ""),
                ("host/_vendor/six.py", "import olden\n"),
                ("host/_vendor/pkg_resources/a.py", ""),
                ("host/_vendor/pip/_vendor/urllib3/b.py", ""),
                (
                    "host/_vendor/Chardet-3.dist-info/METADATA",
                    "Metadata-Version: 2.1\nName: Chardet\nVersion: 3\n",
                ),
            ],
            &[],
            &[
                "pkg:pypi/chardet",
                "pkg:pypi/pip",
                "pkg:pypi/pkg-resources",
                "pkg:pypi/six",
                "pkg:pypi/urllib3",
            ],
        );
        check(
            "pkg:cargo/host@1",
            &[
                ("Cargo.toml", "[package]\nname = 'host'\n[dependencies]\nserde = '1'\n"),
                (
                    "vendor/memchr-2/Cargo.toml",
                    "[package]\nname = 'memchr'\n[dependencies]\nlog = '1'\n",
                ),
                (
                    "tests/sample/Cargo.toml",
                    "[package]\nname = 'sample'\n[dependencies]\nrand = '1'\n",
                ),
            ],
            &["pkg:cargo/serde"],
            &["pkg:cargo/memchr"],
        );
    }

    #[test]
    fn packages_of_npm_depend_on_others_and_carry_some() {
        let package = r#"{
            "name": "@me/host", "dependencies": {"a": "1", "@me/host": "1"},
            "peerDependencies": {"@them/peer": "1"}, "bundledDependencies": ["carried"]
        }"#;
        check(
            "pkg:npm/%40me/host@1",
            &[
                ("package.json", package),
                ("node_modules/@them/other/package.json", r#"{"name": "@them/other"}"#),
                ("test/package.json", r#"{"name": "sample", "dependencies": {"z": "1"}}"#),
            ],
            &["pkg:npm/%40them/peer", "pkg:npm/a"],
            &["pkg:npm/%40them/other", "pkg:npm/carried"],
        );
        let cases = [
            (vec!["@a", "b", "x.js"], Some("pkg:npm/%40a/b")),
            (vec!["a.js", "lib", "x.js"], Some("pkg:npm/a.js")),
            (vec!["jquery.js"], None),
            (vec!["@a", "x.js"], None),
        ];
        for (below, expected) in cases {
            assert_eq!(vendored_package("javascript", &below).as_deref(), expected, "{below:?}");
        }
        assert_eq!(vendored_package("c", &["zlib", "inflate.c"]), None);
    }

    #[test]
    fn members_of_a_workspace_are_read_together() {
        check(
            "pkg:generic/repo@1",
            &[
                (
                    "Cargo.toml",
                    "[workspace]\nmembers = ['crates/*']\n[workspace.dependencies]\n\
                     fast = { package = 'slow', version = '1' }\n",
                ),
                (
                    "crates/a/Cargo.toml",
                    "[package]\nname = 'a'\n[dependencies]\nfast.workspace = true\nb = '1'\n",
                ),
                ("crates/b/Cargo.toml", "[package]\nname = 'b'\n"),
            ],
            &["pkg:cargo/slow"],
            &[],
        );
    }
}
