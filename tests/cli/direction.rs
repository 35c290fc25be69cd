//! A project's own packages are never the origin of its code.

use std::path::Path;

use serde_json::Value;

use super::{birthmark, project, run};

pub(super) const CODE: &str = include_str!("../../examples/demo/parcelbot/routes.py");
/// As long a piece of other code.
pub(super) const OTHER_CODE: &str = include_str!("../../examples/demo/parcelbot/summary.py");
const RUST: &str =
    "pub fn blend(rows: &mut Vec<Vec<i64>>, weights: &[i64], floor: i64) -> Option<i64> {
    let mut carried = floor.checked_mul(37)?;
    for (depth, row) in rows.iter_mut().enumerate() {
        let weight = weights.get(depth % weights.len())?;
        row.retain(|cell| cell.rem_euclid(*weight + 11) != 5);
        for cell in row.iter_mut() {
            *cell = cell.wrapping_shl(3) ^ carried.rotate_left(depth as u32 + 7);
            carried = carried.saturating_sub(*cell / (weight.abs() + 2));
        }
        row.sort_unstable_by_key(|cell| std::cmp::Reverse(cell.count_ones()));
    }
    rows.iter().flatten().map(|cell| cell.leading_zeros() as i64).max().map(|top| top ^ carried)
}
";

/// A project beside an index of components, each a folder of files.
pub(super) struct Case {
    directory: tempfile::TempDir,
}

impl Case {
    /// `recipe` gives the components, by folder: purl, licence and what else a recipe may say.
    pub(super) fn new(components: &[(&str, &str)], recipe: &str, files: &[(&str, &str)]) -> Case {
        let mut all: Vec<(String, &str)> = Vec::new();
        all.extend(components.iter().map(|(path, text)| (format!("components/{path}"), *text)));
        all.extend(files.iter().map(|(path, text)| (format!("project/{path}"), *text)));
        all.push(("components/recipe.toml".to_owned(), recipe));
        all.push(("project/LICENSE-none".to_owned(), ""));
        let all: Vec<(&str, &str)> =
            all.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let case = Case { directory: project(&all) };
        std::fs::remove_dir(case.directory.path().join(".git")).expect("there");
        std::fs::create_dir(case.path("project").join(".git")).expect("made");
        let arguments = [
            "index",
            "add",
            "--no-config",
            "--index",
            "index",
            "--recipe",
            "components/recipe.toml",
        ];
        let (code, _, err) = run(birthmark(case.directory.path()).args(arguments));
        assert_eq!(code, 0, "{err}");
        case
    }

    pub(super) fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn run(&self, place: &Path, arguments: &[&str]) -> (i32, String, String) {
        let mut command = birthmark(place);
        command.args(arguments).arg("--index").arg(self.path("index"));
        run(&mut command)
    }

    /// The report of a scan that began in a folder of the project.
    pub(super) fn scan(&self, folder: &str) -> (i32, Value) {
        let place = self.path("project").join(folder);
        let (code, out, err) = self.run(&place, &["scan", "--license", "MIT", "--format", "json"]);
        (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}")))
    }
}

pub(super) fn component(folder: &str, purl: &str) -> String {
    format!("[[component]]\npurl = \"{purl}\"\nlicense = \"GPL-3.0-only\"\nsource = \"{folder}\"\n")
}

/// Rule and first owner of each finding.
pub(super) fn findings(report: &Value) -> Vec<String> {
    let of = |finding: &Value| {
        let matches = report["matches"].as_array().expect("an array");
        let about =
            matches.iter().find(|found| found["id"] == finding["match"]).expect("its match");
        let owner = about["owners"][0]["purl"].as_str().expect("a purl");
        format!("{} {owner}", finding["rule"].as_str().expect("a rule"))
    };
    report["findings"].as_array().expect("an array").iter().map(of).collect()
}

#[test]
fn own_packages_are_never_an_origin() {
    let manifests: [(&str, &str); 8] = [
        ("pyproject.toml", "[project]\nname = 'Route_Finder'\n"),
        ("pyproject.toml", "[tool.poetry]\nname = 'route.finder'\n"),
        ("setup.cfg", "[metadata]\nname = route-finder\n"),
        ("setup.py", "from setuptools import setup\nsetup(name='route-finder')\n"),
        ("PKG-INFO", "Metadata-Version: 2.1\nName: route-finder\nVersion: 9\n"),
        (
            "route_finder-9.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: route-finder\nVersion: 9\n",
        ),
        (
            "route_finder.egg-info/PKG-INFO",
            "Metadata-Version: 2.1\nName: route-finder\nVersion: 9\n",
        ),
        ("nested/pyproject.toml", "[project]\nname = 'route-finder'\n"),
    ];
    let recipe = component("one", "pkg:pypi/route-finder@1.0");
    for manifest in manifests {
        let case = Case::new(&[("one/a.py", CODE)], &recipe, &[("src/routes.py", CODE), manifest]);
        let (code, report) = case.scan("");
        assert_eq!((code, findings(&report)), (0, Vec::new()), "{manifest:?}");
        assert_eq!(report["matches"].as_array().map(Vec::len), Some(0));
        let notes = report["notes"].to_string();
        assert!(
            notes.contains("own packages") && notes.contains("pkg:pypi/route-finder"),
            "{notes}"
        );
        let (_, text, _) = case.run(&case.path("project"), &["scan"]);
        assert!(text.contains("not reported: with this project's own packages"), "{text}");
    }
    for foreign in [
        ("pyproject.toml", "[project]\nname = 'another'\n"),
        ("vendor/x/pyproject.toml", "[project]\nname = 'route-finder'\n"),
        ("tests/sample/setup.cfg", "[metadata]\nname = route-finder\n"),
        ("setup.py", "from setuptools import setup\n# setup(name='route-finder')\n"),
    ] {
        let case = Case::new(&[("one/a.py", CODE)], &recipe, &[("src/routes.py", CODE), foreign]);
        let (code, report) = case.scan("");
        assert_eq!(code, 1, "{foreign:?}");
        assert_eq!(
            findings(&report),
            ["license-incompatible pkg:pypi/route-finder@1.0"],
            "{foreign:?}"
        );
    }
}

#[test]
fn packages_that_are_installed_side_by_side_are_not_own() {
    let record = |name: &str| format!("Metadata-Version: 2.1\nName: {name}\nVersion: 9\n");
    let (one, two) = (record("route-finder"), record("other"));
    let recipe = component("one", "pkg:pypi/route-finder@1.0");
    let files = [
        ("src/routes.py", CODE),
        ("route_finder-9.dist-info/METADATA", one.as_str()),
        ("other-9.dist-info/METADATA", two.as_str()),
    ];
    let (code, _) = Case::new(&[("one/a.py", CODE)], &recipe, &files).scan("");
    assert_eq!(code, 1);
}

#[test]
fn all_members_of_a_workspace_are_own_wherever_the_scan_begins() {
    let recipe = component("one", "pkg:cargo/blend-core@1.0.0");
    let files = [
        ("Cargo.toml", "[workspace]\nmembers = ['crates/*']\n"),
        ("crates/core/Cargo.toml", "[package]\nname = 'blend_core'\n"),
        ("crates/core/src/lib.rs", RUST),
        ("crates/cli/Cargo.toml", "[package]\nname = 'blend-cli'\n"),
        ("crates/cli/src/lib.rs", RUST),
    ];
    let case = Case::new(&[("one/src/lib.rs", RUST)], &recipe, &files);
    let places = ["", "crates/core", "crates/cli", "crates/cli/src"];
    for place in places {
        let (code, report) = case.scan(place);
        assert_eq!((code, findings(&report)), (0, Vec::new()), "in {place:?}");
    }
    // Without a repository the workspace says how far the project reaches.
    std::fs::remove_dir(case.path("project/.git")).expect("there");
    for place in places {
        assert_eq!(case.scan(place).0, 0, "in {place:?}");
    }
    std::fs::write(case.path("project/Cargo.toml"), "[workspace]\nmembers = []\n")
        .expect("written");
    assert_eq!(case.scan("crates/core").0, 0);
    assert_eq!(case.scan("crates/cli").0, 1);
}

#[test]
fn what_own_packages_hold_hides_no_other_origin() {
    let both = format!("{CODE}\n\n{OTHER_CODE}");
    let recipe =
        component("one", "pkg:pypi/route-finder@1.0") + &component("two", "pkg:pypi/stranger@2.0");
    let components = [("one/a.py", both.as_str()), ("two/b.py", OTHER_CODE)];
    let files =
        [("pyproject.toml", "[project]\nname = 'route-finder'\n"), ("src/a.py", both.as_str())];
    let (code, report) = Case::new(&components, &recipe, &files).scan("");
    assert_eq!(
        (code, findings(&report)),
        (1, vec!["license-incompatible pkg:pypi/stranger@2.0".to_owned()])
    );
    let owners = report["matches"].to_string();
    assert!(!owners.contains("pkg:pypi/route-finder"), "{owners}");
}

#[test]
fn dependencies_of_the_project_are_told_and_change_nothing() {
    let recipe = component("lib", "pkg:pypi/base-lib@1.0");
    let files = [
        ("pyproject.toml", "[project]\nname = 'mine'\ndependencies = ['base_lib']\n"),
        ("src/a.py", CODE),
    ];
    let (code, report) = Case::new(&[("lib/a.py", CODE)], &recipe, &files).scan("");
    assert_eq!(code, 1);
    assert_eq!(report["matches"][0]["direction"]["project_depends_on_origin"], true);
}

#[test]
fn an_own_package_that_is_also_configured_as_own_is_not_unused() {
    let configured = "license = 'MIT'\nindex = ['../index']\nowned = ['pkg:pypi/route-finder']\n";
    let files = [
        ("birthmark.toml", configured),
        ("pyproject.toml", "[project]\nname = 'route-finder'\n"),
        ("src/a.py", CODE),
    ];
    let case =
        Case::new(&[("one/a.py", CODE)], &component("one", "pkg:pypi/route-finder@1.0"), &files);
    let (code, out, err) = run(birthmark(&case.path("project")).args(["scan", "--format", "json"]));
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn nothing_is_declared_in_ones_own_code() {
    let recipe = "[[component]]\npurl = \"pkg:pypi/route-finder@1.0\"\nlicense = \"MIT\"\nsource = \"one\"\n";
    let files = [
        ("pyproject.toml", "[project]\nname = 'route-finder'\nlicense = 'MIT'\n"),
        ("src/a.py", CODE),
    ];
    let case = Case::new(&[("one/a.py", CODE)], recipe, &files);
    let (_, out, err) = case.run(&case.path("project"), &["attribute"]);
    assert!(out.contains("Nothing to declare"), "{out}{err}");
    assert_eq!(std::fs::read_to_string(case.path("project/src/a.py")).expect("there"), CODE);
    assert!(!case.path("project/THIRD-PARTY.md").exists());
}
