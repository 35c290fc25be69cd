//! What a package's metadata say: its name, its version, and what they declare as its licence.
//!
//! The first of these that is there speaks for the component: a wheel's or source distribution's
//! core metadata, `Cargo.toml`, `pyproject.toml`, `setup.cfg`, the manifests of other ecosystems.
//! Only files at the top count: one further down describes something that the component contains.

use toml::Value;

use super::tree::{Role, Tree, TreeFile};
use super::{IngestError, debian};
use crate::license::{LicenseFact, ManifestLicense};
use crate::purl::{Purl, normal_pypi_name};
use crate::text::manifest::{self, Manifest, Reach, ini};

/// What the metadata say.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Metadata {
    /// The package, without a version; `None` where they name none.
    pub(super) package: Option<Purl>,
    pub(super) version: Option<String>,
    /// A licence expression, in a field that is meant for one.
    pub(super) expression: Option<String>,
    /// A licence in a field that takes any text.
    pub(super) free_text: Option<String>,
    pub(super) classifiers: Vec<String>,
    /// A licence that was read where it was declared.
    pub(super) declared: Option<LicenseFact>,
    /// Files that the metadata name as licence texts.
    pub(super) license_files: Vec<String>,
    /// Whether they are those of the package whose sources Debian ships. What they say of the
    /// licence then goes before what Debian says, which may be out of date.
    pub(super) are_of_debianized: bool,
}

fn cargo_package(name: &str) -> Option<Purl> {
    Purl::new("cargo", name, None).ok()
}

/// The name as PyPI compares it, by PEP 503.
fn pypi_package(name: &str) -> Option<Purl> {
    Purl::new("pypi", &normal_pypi_name(name), None).ok()
}

/// A purl with the normal form of its name, so that a package has one name however it was asked
/// for.
pub(super) fn normal_purl(purl: &Purl) -> Purl {
    let normal = match purl.kind().as_str() {
        "pypi" => pypi_package(&purl.name())
            .and_then(|package| package.with_version(purl.version().as_deref()).ok()),
        _ => None,
    };
    normal.unwrap_or_else(|| purl.clone())
}

/// Reads a file's text, if it is one that says something.
type Reader = fn(&str) -> Option<Metadata>;

/// The metadata of a component. Where they are those of several ecosystems, those of `wanted` speak.
pub(super) fn of(tree: &Tree, wanted: Option<&str>) -> Result<Metadata, IngestError> {
    let is_wanted = |manifest: &Manifest| {
        manifest.package.as_ref().is_some_and(|package| wanted == Some(package.kind().as_str()))
    };
    if let Some(metadata) = from_manifests(tree, is_wanted)? {
        return Ok(metadata);
    }
    let by_debian = tree.text(debian::CHANGELOG)?.and_then(|text| debian::from_changelog(&text));
    let upstream = of_upstream(tree)?;
    Ok(match by_debian {
        // What upstream says of its licence still counts.
        Some((package, version)) if wanted == Some("deb") || upstream.package.is_none() => {
            let sources = upstream.package.as_ref().map(Purl::debian_sources).unwrap_or_default();
            let are_of_debianized = sources.iter().any(|source| source == package.package());
            Metadata {
                package: Some(package),
                version: Some(version),
                are_of_debianized,
                ..upstream
            }
        }
        _ => upstream,
    })
}

/// The metadata that whoever wrote the component gave it.
fn of_upstream(tree: &Tree) -> Result<Metadata, IngestError> {
    let core = tree.files.iter().filter(|file| file.role == Role::Metadata);
    let core =
        core.filter_map(|file| Some((core_rank(&file.path)?, file))).min_by_key(|&(rank, _)| rank);
    if let Some((_, file)) = core
        && let Some(metadata) = from_core(&file.bytes()?)
    {
        return Ok(metadata);
    }
    let readers: [(&str, Reader); 3] = [
        ("Cargo.toml", from_cargo),
        ("pyproject.toml", from_pyproject),
        ("setup.cfg", from_setup_cfg),
    ];
    for (path, read) in readers {
        if let Some(metadata) = tree.text(path)?.as_deref().and_then(read) {
            return Ok(metadata);
        }
    }
    let says_something =
        |manifest: &Manifest| manifest.package.is_some() || manifest.license.is_some();
    if let Some(metadata) = from_manifests(tree, says_something)? {
        return Ok(metadata);
    }
    Ok(from_setup_script(tree).unwrap_or_default())
}

/// The first manifest of another ecosystem that fits. One that forbids to publish its
/// package stands back: it often serves the tools of a project in another language.
fn from_manifests(
    tree: &Tree,
    fits: impl Fn(&Manifest) -> bool,
) -> Result<Option<Metadata>, IngestError> {
    let mut ranked: Vec<(usize, &TreeFile)> =
        tree.files.iter().filter_map(|file| Some((rank(&file.path)?, file))).collect();
    ranked.sort_by_key(|&(rank, _)| rank);
    let mut private = None;
    for (_, file) in ranked {
        let text = String::from_utf8_lossy(&file.bytes()?).into_owned();
        let Some(Ok(manifest)) = manifest::read_ranked(name_of(&file.path), &text) else {
            continue;
        };
        if !fits(&manifest) {
            continue;
        }
        match manifest.reach {
            Reach::Public => return Ok(Some(from_manifest(manifest))),
            Reach::Private => private = private.or(Some(manifest)),
        }
    }
    Ok(private.map(from_manifest))
}

/// The rank of a manifest that may speak for the component: at its top, or where an archive of Java
/// keeps the one that it was built by.
fn rank(path: &str) -> Option<usize> {
    match path.split('/').collect::<Vec<_>>()[..] {
        [name] | ["META-INF", "maven", _, _, name @ "pom.xml"] => manifest::rank(name),
        _ => None,
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn from_manifest(manifest: Manifest) -> Metadata {
    let (declared, file) = match manifest.license {
        Some(ManifestLicense::Declared(fact)) => (Some(fact), None),
        Some(ManifestLicense::InFile(file)) => (None, Some(file)),
        Some(ManifestLicense::InWorkspace) | None => (None, None),
    };
    let file = file.map(|file| file.trim_start_matches("./").to_owned());
    Metadata {
        package: manifest.package,
        version: manifest.version.and_then(non_empty),
        declared,
        license_files: file.into_iter().collect(),
        ..Metadata::default()
    }
}

/// An old source distribution without core metadata: its script would have to run to tell more than
/// its file name.
fn from_setup_script(tree: &Tree) -> Option<Metadata> {
    tree.file("setup.py")?;
    Some(Metadata {
        package: tree.version_hint.as_ref().and_then(|_| pypi_package(&tree.name_hint)),
        ..Metadata::default()
    })
}

/// Where core metadata stand, best first.
fn core_rank(path: &str) -> Option<u8> {
    match path.split('/').collect::<Vec<_>>()[..] {
        [folder, "METADATA"] if folder.ends_with(".dist-info") => Some(0),
        ["PKG-INFO"] => Some(1),
        [folder, "PKG-INFO"] if folder.ends_with(".egg-info") => Some(2),
        ["EGG-INFO", "PKG-INFO"] => Some(2),
        ["src", folder, "PKG-INFO"] if folder.ends_with(".egg-info") => Some(3),
        _ => None,
    }
}

fn from_core(bytes: &[u8]) -> Option<Metadata> {
    let core = python_pkginfo::Metadata::parse(bytes).ok()?;
    Some(Metadata {
        package: non_empty(core.name).as_deref().and_then(pypi_package),
        version: non_empty(core.version),
        expression: core.license_expression.and_then(non_empty),
        free_text: core.license.and_then(non_empty),
        classifiers: core.classifiers,
        license_files: core.license_files,
        ..Metadata::default()
    })
}

fn from_cargo(text: &str) -> Option<Metadata> {
    let manifest: toml::Table = text.parse().ok()?;
    let package = manifest.get("package")?.as_table()?;
    let workspace = manifest.get("workspace").and_then(|it| it.get("package"));
    let field = |key: &str| match package.get(key)? {
        Value::String(value) => non_empty(value.clone()),
        // `version.workspace = true` in the root package of the workspace itself.
        Value::Table(_) => non_empty(workspace?.get(key)?.as_str()?.to_owned()),
        _ => None,
    };
    Some(Metadata {
        package: field("name").as_deref().and_then(cargo_package),
        version: field("version"),
        expression: field("license"),
        license_files: field("license-file").into_iter().collect(),
        ..Metadata::default()
    })
}

fn from_pyproject(text: &str) -> Option<Metadata> {
    let document: toml::Table = text.parse().ok()?;
    let poetry = || document.get("tool")?.get("poetry")?.as_table();
    let project = document.get("project").and_then(Value::as_table);
    let project = project.or_else(poetry)?;
    let string = |value: &Value| value.as_str().map(str::to_owned).and_then(non_empty);
    let field = |key: &str| project.get(key).and_then(string);
    let strings = |key: &str| {
        let values = project.get(key).and_then(Value::as_array);
        values.into_iter().flatten().filter_map(string).collect()
    };
    let license_table = project.get("license").and_then(Value::as_table);
    let in_license = |key: &str| license_table?.get(key).and_then(string);
    Some(Metadata {
        package: field("name").as_deref().and_then(pypi_package),
        version: field("version"),
        expression: field("license"),
        free_text: in_license("text"),
        classifiers: strings("classifiers"),
        license_files: in_license("file").into_iter().collect(),
        ..Metadata::default()
    })
}

/// The `[metadata]` section of a setup.cfg, as far as it is plain `key = value` lines and lists
/// below a key.
fn from_setup_cfg(text: &str) -> Option<Metadata> {
    let mut metadata = Metadata::default();
    for ini::Value { section, key, text } in ini::values(text) {
        let Some(value) = non_empty(text.to_owned()).filter(|_| section == "metadata") else {
            continue;
        };
        match key.as_str() {
            "name" => metadata.package = pypi_package(&value),
            // `attr: package.__version__` and `file: VERSION` would need the package to run.
            "version" if !value.contains(':') => metadata.version = Some(value),
            "license" => metadata.free_text = Some(value),
            "license_file" | "license_files" => metadata.license_files.push(value),
            "classifiers" | "classifier" => metadata.classifiers.push(value),
            _ => {}
        }
    }
    metadata.package.is_some().then_some(metadata)
}

/// A value that says something.
fn non_empty(value: String) -> Option<String> {
    let value = value.trim();
    let empty = value.is_empty()
        // Old build tools write `UNKNOWN` where nothing is stated.
        || value.eq_ignore_ascii_case("unknown")
        || value.eq_ignore_ascii_case("none");
    (!empty).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)], expected: &str) {
        let mut tree = Tree::with_name_hint("", &crate::engine::index::Spill::in_memory());
        for &(path, text) in files {
            tree.push(path.to_owned(), Role::Metadata, text.as_bytes().to_vec()).unwrap();
        }
        let said = of(&tree, None).unwrap();
        let or_dash = |value: Option<String>| value.unwrap_or("-".to_owned());
        let found = format!(
            "{} {} | {} | {} | {} | {}",
            or_dash(said.package.map(|package| package.to_string())),
            or_dash(said.version),
            or_dash(said.expression),
            or_dash(said.free_text),
            said.classifiers.join(", "),
            said.license_files.join(", "),
        );
        assert_eq!(found, expected);
    }

    #[test]
    fn core_metadata_are_read() {
        let metadata = "Metadata-Version: 2.4\nName: Zope.Interface\nVersion: 7.0\nLicense: ZPL-2.1\n\
            License-Expression: ZPL-2.1\nLicense-File: LICENSE.txt\nClassifier: A :: B\nClassifier: C\n\nLong: text\n";
        let expected = "pkg:pypi/zope-interface 7.0 | ZPL-2.1 | ZPL-2.1 | A :: B, C | LICENSE.txt";
        check(&[("z-7.0.dist-info/METADATA", metadata)], expected);
        check(&[("PKG-INFO", metadata), ("Cargo.toml", "[package]\nname = \"x\"\n")], expected);
        // What a wheel vendors does not speak for it.
        check(&[("pip/_vendor/z-7.0.dist-info/METADATA", metadata)], "- - | - | - |  | ");
        check(
            &[("PKG-INFO", "Metadata-Version: 1.0\nName: x\nVersion: 1\nLicense: UNKNOWN\n")],
            "pkg:pypi/x 1 | - | - |  | ",
        );
    }

    #[test]
    fn manifests_are_read() {
        check(
            &[(
                "Cargo.toml",
                "[package]\nname = \"x\"\nversion = \"1.0.0\"\nlicense = \"MIT/Apache-2.0\"\n",
            )],
            "pkg:cargo/x 1.0.0 | MIT/Apache-2.0 | - |  | ",
        );
        check(
            &[(
                "Cargo.toml",
                "[package]\nname = 'x'\nversion.workspace = true\nlicense-file = 'COPYING'\n\
                [workspace.package]\nversion = '2.0.0'\n",
            )],
            "pkg:cargo/x 2.0.0 | - | - |  | COPYING",
        );
        check(&[("Cargo.toml", "[workspace]\n")], "- - | - | - |  | ");
        check(&[("Cargo.toml", "not toml at all")], "- - | - | - |  | ");
        check(
            &[(
                "pyproject.toml",
                "[project]\nname = 'x'\ndynamic = ['version']\nlicense = {text = 'BSD'}\n\
                classifiers = ['A :: B']\n",
            )],
            "pkg:pypi/x - | - | BSD | A :: B | ",
        );
        check(
            &[("pyproject.toml", "[tool.poetry]\nname = 'x'\nversion = '1'\nlicense = 'MIT'\n")],
            "pkg:pypi/x 1 | MIT | - |  | ",
        );
        check(
            &[(
                "setup.cfg",
                "[metadata]\nname = x\nversion = attr: x.__version__\nlicense = BSD\nclassifiers =\n    A :: B\n    C\n\
                [options]\nname = y\n",
            )],
            "pkg:pypi/x - | - | BSD | A :: B, C | ",
        );
    }

    #[test]
    fn names_are_normal() {
        let purl = "pkg:pypi/Zope._.Interface@7.0".parse().unwrap();
        assert_eq!(normal_purl(&purl).as_str(), "pkg:pypi/zope-interface@7.0");
        assert_eq!(cargo_package("tree_sitter").unwrap().as_str(), "pkg:cargo/tree_sitter");
    }

    #[test]
    fn metadata_of_the_wanted_ecosystem_speak() {
        let files = [
            ("Cargo.toml", "[package]\nname = 'a'\n"),
            ("package.json", r#"{"name": "@b/c", "version": "2.0.0", "license": "MIT"}"#),
        ];
        let mut tree = Tree::with_name_hint("", &crate::engine::index::Spill::in_memory());
        for (path, text) in files {
            tree.push(path.to_owned(), Role::Metadata, text.as_bytes().to_vec()).unwrap();
        }
        let cases =
            [(None, "pkg:cargo/a"), (Some("deb"), "pkg:cargo/a"), (Some("npm"), "pkg:npm/%40b/c")];
        for (wanted, expected) in cases {
            assert_eq!(of(&tree, wanted).unwrap().package.unwrap().as_str(), expected);
        }
        let said = of(&tree, Some("npm")).unwrap();
        assert_eq!(said.version.as_deref(), Some("2.0.0"));
        assert_eq!(said.declared.unwrap().expression.unwrap().as_str(), "MIT");
    }
}
