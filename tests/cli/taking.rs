//! Packages that depend on the project took the code from it; of equal origins the earliest comes
//! first.

use serde_json::Value;

use super::direction::{CODE, Case, OTHER_CODE, component, findings};

#[test]
fn packages_that_depend_on_the_project_took_the_code_from_it() {
    let ways = [
        (
            "pyproject.toml",
            "[project]\nname = 'host'\ndependencies = ['Route_Finder>=2']\n",
            "depends-on",
        ),
        ("setup.py", "setup(name='host', install_requires=['route-finder'])\n", "depends-on"),
        ("host/plugin.py", "import route_finder\n", "depends-on"),
        ("host/_vendor/route_finder/__init__.py", "VERSION = 1\n", "vendors"),
    ];
    let recipe = component("host", "pkg:pypi/host@3.0");
    let files = [("pyproject.toml", "[project]\nname = 'route-finder'\n"), ("src/a.py", CODE)];
    for (path, text, taking) in ways {
        let path = format!("host/{path}");
        let case = Case::new(&[("host/host/a.py", CODE), (&path, text)], &recipe, &files);
        let (code, report) = case.scan("");
        assert_eq!(code, 0, "{path}");
        assert_eq!(findings(&report), ["taken-from-project pkg:pypi/host@3.0"], "{path}");
        assert_eq!(report["findings"][0]["severity"], "info");
        assert_eq!(report["matches"][0]["direction"]["origin_takes"], taking, "{path}");
        let (_, text, _) = case.run(&case.path("project"), &["scan"]);
        assert!(text.contains("Probably taken from this project by others"), "{text}");
        for format in
            ["sarif", "github", "gitlab", "markdown", "html", "jsonl", "cyclonedx", "spdx"]
        {
            let (code, out, err) = case.run(&case.path("project"), &["scan", "--format", format]);
            assert_eq!(code, 0, "{format}: {err}");
            let shown = out.replace("&#x2f;", "/");
            assert!(shown.contains("pkg:pypi/host"), "{format}: {shown}");
        }
    }
    let private = "[project]\nname = 'route-finder'\nclassifiers = ['Private :: Do Not Upload']\n";
    let (path, text, _) = ways[0];
    let components = [("host/host/a.py", CODE), (&format!("host/{path}"), text)];
    let (code, _) =
        Case::new(&components, &recipe, &[("pyproject.toml", private), ("src/a.py", CODE)])
            .scan("");
    assert_eq!(code, 1, "nobody can depend on what is not published");
}

#[test]
fn an_independent_origin_is_judged_alone() {
    let recipe =
        component("host", "pkg:pypi/host@3.0") + &component("other", "pkg:pypi/stranger@1.0");
    let host = "[project]\nname = 'host'\ndependencies = ['route-finder']\n";
    let components = [
        ("host/pyproject.toml", host),
        ("host/host/a.py", CODE),
        ("other/a.py", CODE),
        ("other/b.py", OTHER_CODE),
    ];
    let files = [("pyproject.toml", "[project]\nname = 'route-finder'\n"), ("src/a.py", CODE)];
    let (code, report) = Case::new(&components, &recipe, &files).scan("");
    assert_eq!(
        (code, findings(&report)),
        (1, vec!["license-incompatible pkg:pypi/stranger@1.0".to_owned()])
    );
    assert_eq!(report["matches"][0]["direction"]["origin_takes"], Value::Null);
    assert_eq!(report["matches"][0]["owners"][1]["purl"], "pkg:pypi/host@3.0");
}

#[test]
fn whoever_names_the_origin_is_believed() {
    let recipe = component("host", "pkg:pypi/host@3.0");
    let host = "[project]\nname = 'host'\ndependencies = ['route-finder']\n";
    let declared = format!("# Adapted from host (pkg:pypi/host).\n{CODE}");
    let files =
        [("pyproject.toml", "[project]\nname = 'route-finder'\n"), ("src/a.py", declared.as_str())];
    let case =
        Case::new(&[("host/pyproject.toml", host), ("host/host/a.py", CODE)], &recipe, &files);
    let (_, report) = case.scan("");
    assert_eq!(findings(&report), ["license-incompatible pkg:pypi/host@3.0"]);
}

#[test]
fn the_earliest_of_equal_origins_comes_first() {
    let dated = |folder: &str, day: &str| {
        component(folder, &format!("pkg:pypi/{folder}@1.0")) + &format!("published = \"{day}\"\n")
    };
    let files = [("src/a.py", CODE)];
    let components = [("alpha/a.py", CODE), ("beta/a.py", CODE), ("gamma/a.py", CODE)];
    for (days, first) in [
        (["2021-03-01", "2019-03-01", "2020-03-01"], "pkg:pypi/beta@1.0"),
        (["2021-03-01", "2019-03-02", "2019-03-01"], "pkg:pypi/gamma@1.0"),
        (["2018-03-01", "2019-03-02", "2019-03-01"], "pkg:pypi/alpha@1.0"),
    ] {
        let recipe = dated("alpha", days[0]) + &dated("beta", days[1]) + &dated("gamma", days[2]);
        let (_, report) = Case::new(&components, &recipe, &files).scan("");
        assert_eq!(report["matches"][0]["owners"][0]["purl"], first, "{days:?}");
    }
}

#[test]
fn nothing_is_declared_that_others_took_from_the_project() {
    let recipe = "[[component]]\npurl = \"pkg:pypi/route-finder@1.0\"\nlicense = \"MIT\"\nsource = \"one\"\n\
         [[component]]\npurl = \"pkg:pypi/host@3.0\"\nlicense = \"MIT\"\nsource = \"host\"\n";
    let host = "[project]\nname = 'host'\ndependencies = ['route-finder']\n";
    let components = [
        ("one/a.py", CODE),
        ("host/pyproject.toml", host),
        ("host/host/a.py", CODE),
        ("host/host/b.py", OTHER_CODE),
    ];
    let files = [
        ("pyproject.toml", "[project]\nname = 'route-finder'\nlicense = 'MIT'\n"),
        ("src/a.py", CODE),
        ("src/b.py", OTHER_CODE),
    ];
    let case = Case::new(&components, recipe, &files);
    let (_, out, err) = case.run(&case.path("project"), &["attribute"]);
    assert!(out.contains("Nothing to declare"), "{out}{err}");
    assert_eq!(std::fs::read_to_string(case.path("project/src/a.py")).expect("there"), CODE);
    assert_eq!(std::fs::read_to_string(case.path("project/src/b.py")).expect("there"), OTHER_CODE);
    assert!(!case.path("project/THIRD-PARTY.md").exists());
}
