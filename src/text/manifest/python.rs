//! The manifests of Python packages that are data: core metadata, `pyproject.toml`, `setup.cfg`.

use toml::{Table, Value};

use super::{Manifest, Reach, ini, pypi};

/// The classifiers that make PyPI refuse a package begin with this.
const PRIVATE: &str = "Private ::";

/// Core metadata, as in `METADATA` and `PKG-INFO`.
pub(super) fn from_core_metadata(text: &[u8]) -> Option<Manifest> {
    let core = python_pkginfo::Metadata::parse(text).ok()?;
    Some(Manifest {
        package: Some(pypi(&core.name)?),
        reach: reach(core.classifiers.iter().map(String::as_str)),
        dependencies: core.requires_dist.iter().filter_map(|it| pypi(it)).collect(),
        ..Manifest::default()
    })
}

/// `[project]`, or what Poetry and Flit had before there was one.
pub(super) fn from_pyproject(text: &str) -> Option<Manifest> {
    let document: Table = text.parse().ok()?;
    let tool = |name: &str| document.get("tool")?.get(name)?.as_table();
    let project = document.get("project").and_then(Value::as_table);
    let poetry = tool("poetry");
    let flit = || tool("flit")?.get("metadata")?.as_table();
    let flit = flit();

    let name = |table: Option<&Table>, key: &str| table?.get(key)?.as_str().and_then(pypi);
    let package = name(project, "name")
        .or_else(|| name(poetry, "name"))
        .or_else(|| name(flit, "dist-name"))
        .or_else(|| name(flit, "module"));

    let mut lists: Vec<&Value> = Vec::new();
    lists.extend(project.and_then(|it| it.get("dependencies")));
    lists.extend(project.into_iter().flat_map(|it| tables_in(it, "optional-dependencies")));
    lists.extend(tables_in(&document, "dependency-groups"));
    lists.extend(flit.and_then(|it| it.get("requires")));
    lists.extend(flit.into_iter().flat_map(|it| tables_in(it, "requires-extra")));
    let listed = lists.into_iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str);

    let mut keyed: Vec<&Table> = Vec::new();
    let table = |of: Option<&'_ Value>| of.and_then(Value::as_table).cloned();
    let groups = poetry
        .map(|it| tables_in(it, "group").filter_map(|group| table(group.get("dependencies"))));
    let groups: Vec<Table> = groups.into_iter().flatten().collect();
    let own = |key: &str| table(poetry?.get(key));
    let own: Vec<Table> =
        ["dependencies", "dev-dependencies"].into_iter().filter_map(own).collect();
    keyed.extend(groups.iter().chain(&own));
    let keyed = keyed.into_iter().flat_map(|table| table.keys()).map(String::as_str);

    let classifiers =
        project.or(poetry).and_then(|it| it.get("classifiers")).and_then(Value::as_array);
    Some(Manifest {
        package,
        reach: reach(classifiers.into_iter().flatten().filter_map(Value::as_str)),
        dependencies: listed
            // Poetry lists the interpreter among the dependencies.
            .chain(keyed.filter(|name| *name != "python"))
            .filter_map(pypi)
            .collect(),
        ..Manifest::default()
    })
}

/// The values of a table inside of a table.
fn tables_in<'a>(table: &'a Table, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    let inner = table.get(key).and_then(Value::as_table);
    inner.into_iter().flatten().map(|(_, value)| value)
}

/// `[metadata]` and `[options]`.
pub(super) fn from_setup_cfg(text: &str) -> Option<Manifest> {
    let mut manifest = Manifest::default();
    for ini::Value { section, key, text } in ini::values(text) {
        match (section, key.as_str()) {
            ("metadata", "name") => manifest.package = pypi(text),
            ("metadata", "classifiers" | "classifier") if text.starts_with(PRIVATE) => {
                manifest.reach = Reach::Private;
            }
            ("options", "install_requires") | ("options.extras_require", _) => {
                manifest.dependencies.extend(pypi(text));
            }
            _ => {}
        }
    }
    Some(manifest)
}

fn reach<'a>(mut classifiers: impl Iterator<Item = &'a str>) -> Reach {
    if classifiers.any(|classifier| classifier.starts_with(PRIVATE)) {
        Reach::Private
    } else {
        Reach::Public
    }
}
