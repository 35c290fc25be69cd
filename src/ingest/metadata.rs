//! What a package's metadata say: its name, its version, and what they declare as its licence.
//!
//! The first of these that is there speaks for the component: a wheel's or source distribution's
//! core metadata, `Cargo.toml`, `pyproject.toml`, `setup.cfg`. Only files at the top count: one
//! further down describes something that the component contains.

use toml::Value;

use super::IngestError;
use super::tree::{Role, Tree};
use crate::purl::{Purl, normal_pypi_name};
use crate::text::manifest::ini;

/// What the metadata say.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Metadata {
    /// Whose metadata they are; `None` where there are none.
    pub(super) kind: Option<Kind>,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    /// A licence expression, in a field that is meant for one.
    pub(super) expression: Option<String>,
    /// A licence in a field that takes any text.
    pub(super) free_text: Option<String>,
    pub(super) classifiers: Vec<String>,
    /// Files that the metadata name as licence texts.
    pub(super) license_files: Vec<String>,
}

/// The ecosystems whose metadata are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Cargo,
    Pypi,
}

impl Kind {
    pub(super) fn purl_type(self) -> &'static str {
        match self {
            Kind::Cargo => "cargo",
            Kind::Pypi => "pypi",
        }
    }

    /// The name as its registry compares it; for PyPI that of PEP 503.
    pub(super) fn normal_name(self, name: &str) -> String {
        match self {
            Kind::Cargo => name.to_owned(),
            Kind::Pypi => normal_pypi_name(name),
        }
    }
}

/// A purl with the normal form of its name, so that a package has one name however it was asked
/// for.
pub(super) fn normal_purl(purl: &Purl) -> Purl {
    let normal = match purl.kind().as_str() {
        "pypi" => {
            let name = Kind::Pypi.normal_name(&purl.name());
            Purl::new("pypi", &name, purl.version().as_deref()).ok()
        }
        _ => None,
    };
    normal.unwrap_or_else(|| purl.clone())
}

/// Reads a file's text, if it is one that says something.
type Reader = fn(&str) -> Option<Metadata>;

/// The metadata of a component.
pub(super) fn of(tree: &Tree) -> Result<Metadata, IngestError> {
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
    Ok(from_setup_script(tree).unwrap_or_default())
}

/// An old source distribution without core metadata: its script would have to run to tell more than
/// its file name.
fn from_setup_script(tree: &Tree) -> Option<Metadata> {
    tree.file("setup.py")?;
    Some(Metadata {
        kind: Some(Kind::Pypi),
        name: tree.version_hint.as_ref().map(|_| tree.name_hint.clone()),
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
        kind: Some(Kind::Pypi),
        name: non_empty(core.name),
        version: non_empty(core.version),
        expression: core.license_expression.and_then(non_empty),
        free_text: core.license.and_then(non_empty),
        classifiers: core.classifiers,
        license_files: core.license_files,
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
        kind: Some(Kind::Cargo),
        name: field("name"),
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
        kind: Some(Kind::Pypi),
        name: field("name"),
        version: field("version"),
        expression: field("license"),
        free_text: in_license("text"),
        classifiers: strings("classifiers"),
        license_files: in_license("file").into_iter().collect(),
    })
}

/// The `[metadata]` section of a setup.cfg, as far as it is plain `key = value` lines and lists
/// below a key.
fn from_setup_cfg(text: &str) -> Option<Metadata> {
    let mut metadata = Metadata { kind: Some(Kind::Pypi), ..Metadata::default() };
    for ini::Value { section, key, text } in ini::values(text) {
        let Some(value) = non_empty(text.to_owned()).filter(|_| section == "metadata") else {
            continue;
        };
        match key.as_str() {
            "name" => metadata.name = Some(value),
            // `attr: package.__version__` and `file: VERSION` would need the package to run.
            "version" if !value.contains(':') => metadata.version = Some(value),
            "license" => metadata.free_text = Some(value),
            "license_file" | "license_files" => metadata.license_files.push(value),
            "classifiers" | "classifier" => metadata.classifiers.push(value),
            _ => {}
        }
    }
    metadata.name.is_some().then_some(metadata)
}

/// A value that says something.
fn non_empty(value: String) -> Option<String> {
    let value = value.trim();
    let empty = value.is_empty()
        || value.eq_ignore_ascii_case("unknown")
        || value.eq_ignore_ascii_case("none");
    (!empty).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)], expected: &str) {
        let mut tree = Tree::named("", &crate::engine::index::Spill::in_memory());
        for &(path, text) in files {
            tree.push(path.to_owned(), Role::Metadata, text.as_bytes().to_vec()).unwrap();
        }
        let said = of(&tree).unwrap();
        let kind = said.kind.map_or("-", Kind::purl_type);
        let or_dash = |value: Option<String>| value.unwrap_or("-".to_owned());
        let found = format!(
            "{kind} {} {} | {} | {} | {} | {}",
            or_dash(said.name),
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
        let expected = "pypi Zope.Interface 7.0 | ZPL-2.1 | ZPL-2.1 | A :: B, C | LICENSE.txt";
        check(&[("z-7.0.dist-info/METADATA", metadata)], expected);
        check(&[("PKG-INFO", metadata), ("Cargo.toml", "[package]\nname = \"x\"\n")], expected);
        // What a wheel vendors does not speak for it.
        check(&[("pip/_vendor/z-7.0.dist-info/METADATA", metadata)], "- - - | - | - |  | ");
        check(
            &[("PKG-INFO", "Metadata-Version: 1.0\nName: x\nVersion: 1\nLicense: UNKNOWN\n")],
            "pypi x 1 | - | - |  | ",
        );
    }

    #[test]
    fn manifests_are_read() {
        check(
            &[(
                "Cargo.toml",
                "[package]\nname = \"x\"\nversion = \"1.0.0\"\nlicense = \"MIT/Apache-2.0\"\n",
            )],
            "cargo x 1.0.0 | MIT/Apache-2.0 | - |  | ",
        );
        check(
            &[(
                "Cargo.toml",
                "[package]\nname = 'x'\nversion.workspace = true\nlicense-file = 'COPYING'\n\
                [workspace.package]\nversion = '2.0.0'\n",
            )],
            "cargo x 2.0.0 | - | - |  | COPYING",
        );
        check(&[("Cargo.toml", "[workspace]\n")], "- - - | - | - |  | ");
        check(&[("Cargo.toml", "not toml at all")], "- - - | - | - |  | ");
        check(
            &[(
                "pyproject.toml",
                "[project]\nname = 'x'\ndynamic = ['version']\nlicense = {text = 'BSD'}\n\
                classifiers = ['A :: B']\n",
            )],
            "pypi x - | - | BSD | A :: B | ",
        );
        check(
            &[("pyproject.toml", "[tool.poetry]\nname = 'x'\nversion = '1'\nlicense = 'MIT'\n")],
            "pypi x 1 | MIT | - |  | ",
        );
        check(
            &[(
                "setup.cfg",
                "[metadata]\nname = x\nversion = attr: x.__version__\nlicense = BSD\nclassifiers =\n    A :: B\n    C\n\
                [options]\nname = y\n",
            )],
            "pypi x - | - | BSD | A :: B, C | ",
        );
    }

    #[test]
    fn names_are_normal() {
        assert_eq!(Kind::Pypi.normal_name("Zope._.Interface"), "zope-interface");
        assert_eq!(Kind::Cargo.normal_name("tree_sitter"), "tree_sitter");
        let purl = "pkg:pypi/Zope.Interface@7.0".parse().unwrap();
        assert_eq!(normal_purl(&purl).as_str(), "pkg:pypi/zope-interface@7.0");
    }
}
