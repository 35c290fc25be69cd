//! One manifest of each form.

use super::*;

fn shown(manifest: &Manifest) -> String {
    let package = manifest.package.as_ref().map_or("-", Purl::as_str);
    let private = if manifest.reach == Reach::Private { " private" } else { "" };
    let needs: Vec<&str> = manifest.dependencies.iter().map(Purl::as_str).collect();
    format!("{package}{private} <- {}", needs.join(" "))
}

fn check(file_name: &str, text: &str, expected: &str) {
    let found = read(file_name, text, None).map_or("none".to_owned(), |manifest| shown(&manifest));
    assert_eq!(found, expected, "{file_name}:\n{text}");
}

#[test]
fn cargo_manifests_are_read() {
    check(
        "Cargo.toml",
        "[package]\nname = 'mine'\n[dependencies]\nserde = '1'\nfast = { package = 'slow_json', version = '1' }\n\
         [dev-dependencies]\nquickcheck = '1'\n[build-dependencies]\ncc = '1'\n\
         [target.'cfg(unix)'.dependencies]\nlibc = '0.2'\n",
        "pkg:cargo/mine <- pkg:cargo/cc pkg:cargo/libc pkg:cargo/quickcheck pkg:cargo/serde pkg:cargo/slow_json",
    );
    check(
        "Cargo.toml",
        "[package]\nname = 'xtask'\npublish = false\n",
        "pkg:cargo/xtask private <- ",
    );
    check("Cargo.toml", "[package]\nname = 'x'\npublish = ['ours']\n", "pkg:cargo/x private <- ");
    check("Cargo.toml", "[package]\nname = 'x'\npublish = ['crates-io']\n", "pkg:cargo/x <- ");
    check("Cargo.toml", "[workspace]\nmembers = ['a']\n", "- <- ");
    check("Cargo.toml", "no toml", "none");
}

#[test]
fn members_inherit_the_names_of_their_workspace() {
    let root = "[workspace]\nmembers = ['crates/*']\n[workspace.dependencies]\nserde = '1'\n\
        old = { package = 'older', version = '1' }\n";
    let workspace = Workspace::read(root).expect("a workspace");
    assert_eq!(workspace.members, ["crates/*"]);
    let member = "[package]\nname = 'a'\n[dependencies]\nserde.workspace = true\nold = { workspace = true }\n";
    let manifest = read("Cargo.toml", member, Some(&workspace)).expect("a manifest");
    assert_eq!(shown(&manifest), "pkg:cargo/a <- pkg:cargo/older pkg:cargo/serde");
    assert_eq!(Workspace::read("[package]\nname = 'a'\n"), None);
}

#[test]
fn data_of_python_packages_is_read() {
    let metadata = "Metadata-Version: 2.1\nName: Zope.Interface\nVersion: 7.0\n\
        Requires-Dist: setuptools\nRequires-Dist: Foo_Bar[x]>=1; extra == 'y'\n\nLong.\n";
    let expected = "pkg:pypi/zope-interface <- pkg:pypi/foo-bar pkg:pypi/setuptools";
    check("METADATA", metadata, expected);
    check("PKG-INFO", metadata, expected);
    check("PKG-INFO", "nothing", "none");
    check(
        "pyproject.toml",
        "[build-system]\nrequires = ['flit']\n[project]\nname = 'My.Tool'\ndependencies = ['a>=1', 'b @ file:b']\n\
         optional-dependencies = { x = ['c'] }\nclassifiers = ['Private :: Do Not Upload']\n\
         [dependency-groups]\ndev = ['d', {include-group = 'x'}]\n",
        "pkg:pypi/my-tool private <- pkg:pypi/a pkg:pypi/b pkg:pypi/c pkg:pypi/d",
    );
    check(
        "pyproject.toml",
        "[tool.poetry]\nname = 'poem'\n[tool.poetry.dependencies]\npython = '^3.10'\na = '1'\n\
         [tool.poetry.group.dev.dependencies]\nb = '1'\n[tool.poetry.dev-dependencies]\nc = '1'\n",
        "pkg:pypi/poem <- pkg:pypi/a pkg:pypi/b pkg:pypi/c",
    );
    check(
        "pyproject.toml",
        "[tool.flit.metadata]\nmodule = 'flat'\ndist-name = 'flat-pack'\nrequires = ['a']\n",
        "pkg:pypi/flat-pack <- pkg:pypi/a",
    );
    check("pyproject.toml", "[tool.black]\nline-length = 100\n", "- <- ");
    check(
        "setup.cfg",
        "# a comment\n[metadata]\nname = mine\nname_of = other\n[options]\ninstall_requires =\n    a>=1\n    b\n\
         [options.extras_require]\nx = c; python_version > '3'\n[flake8]\nname = wrong\n",
        "pkg:pypi/mine <- pkg:pypi/a pkg:pypi/b pkg:pypi/c",
    );
}

#[test]
fn setup_scripts_are_read_and_not_run() {
    check(
        "setup.py",
        "from setuptools import setup\n# setup(name='comment')\nother(name='other')\n\
         setup(\n    name=\"mine\",\n    install_requires=['a>=1', 'b'],\n    extras_require={'x': ['c']},\n)\n",
        "pkg:pypi/mine <- pkg:pypi/a pkg:pypi/b pkg:pypi/c",
    );
    check(
        "setup.py",
        "import setuptools\nNAME = 'mine'\nsetuptools.setup(name=NAME)\n",
        "pkg:pypi/mine <- ",
    );
    for unknown in ["f'{x}'", "read()", "NAME", "'a' + 'b'", "'a\\n'"] {
        check("setup.py", &format!("setup(name={unknown})\n"), "- <- ");
    }
    let deep = format!("setup(name={}", "(".repeat(100_000));
    check("setup.py", &deep, "- <- ");
    check("setup.py", &"#".repeat(200_000), "none");
}

#[test]
fn scoped_packages_have_a_namespace() {
    check(
        "package.json",
        r#"{"name": "@me/mine", "private": true, "devDependencies": {"left-pad": "1", "@them/x": "1"}}"#,
        "pkg:npm/%40me/mine private <- pkg:npm/%40them/x pkg:npm/left-pad",
    );
    check("README.md", "# x", "none");
}
