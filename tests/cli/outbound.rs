//! The licence each path is under: every way to state it, and which one wins.

use std::path::Path;

use birthmark::project::config::StatementKind::{
    self, Configuration, Header, LicenseText, Manifest, ReuseAggregate, ReuseClosest,
    ReuseOverride, SideFile,
};
use birthmark::project::config::{Config, ConfigChoice, ProjectLicenses, Thoroughness};

use super::{birthmark, project, run};

const MIT: &str = include_str!("../../examples/demo/LICENSE");
const HEADER: &str = "# SPDX-License-Identifier: ISC\nx = 1\n";

/// What is decided for each path, and by which kinds of statement.
fn check(directory: &Path, cases: &[(&str, &str, &[StatementKind])]) {
    let config = Config::load(&ConfigChoice::Nearest(directory.to_owned())).expect("readable");
    let licenses =
        ProjectLicenses::from_boundaries(vec![directory.to_owned()], config.configured_license());
    for (path, license, kinds) in cases {
        let path = directory.join(path);
        let text = std::fs::read(&path).ok();
        let decided = licenses.decide(&path, text.as_deref(), Thoroughness::Decision);
        let found = decided.license.expression.as_ref().map_or("-", |it| it.as_str());
        assert_eq!(found, *license, "{}", path.display());
        let by: Vec<StatementKind> = decided.by.iter().map(|it| it.kind).collect();
        assert_eq!(by, *kinds, "{}", path.display());
        let surveyed = licenses.decide(&path, text.as_deref(), Thoroughness::Survey);
        assert_eq!(
            (surveyed.license, surveyed.by),
            (decided.license, decided.by),
            "{}",
            path.display()
        );
    }
}

#[test]
fn the_nearest_statement_wins() {
    let gpl = "GNU GENERAL PUBLIC LICENSE Version 3, 29 June 2007";
    let project = project(&[
        ("birthmark.toml", "license = 'Apache-2.0'"),
        ("pyproject.toml", "[project]\nname = 'x'\nlicense = 'Zlib'"),
        ("LICENSE", MIT),
        ("a.py", "x = 1\n"),
        ("header.py", HEADER),
        ("words.py", "# Licensed under the GPL v3 or later.\nx = 1\n"),
        ("side.py", HEADER),
        ("side.py.license", "SPDX-FileCopyrightText: Me\nSPDX-License-Identifier: BSL-1.0\n"),
        ("side-without.py", HEADER),
        ("side-without.py.license", "SPDX-FileCopyrightText: Me\n"),
        ("crate/Cargo.toml", "[package]\nname = 'x'\nlicense = 'MPL-2.0'"),
        ("crate/src/a.py", "x = 1\n"),
        ("web/package.json", "{\"license\": \"UNLICENSED\"}"),
        ("web/src/a.py", "x = 1\n"),
        ("web/tools/package.json", "{\"name\": \"no licence here\"}"),
        ("web/tools/a.py", "x = 1\n"),
        ("vendor/lib/LICENSE", MIT),
        ("vendor/lib/deep/a.py", "x = 1\n"),
        (
            "vendor/odd/LICENSE",
            "do as you like, but not on Sundays, and only where the sun shines on you",
        ),
        ("vendor/odd/a.py", "x = 1\n"),
        ("vendor/two/COPYING", gpl),
        ("vendor/two/LICENSE", MIT),
        ("broken/Cargo.toml", "[package"),
        ("broken/a.py", "x = 1\n"),
        ("garbage.py", "# SPDX-License-Identifier: MIT or else\nx = 1\n"),
    ]);
    check(
        project.path(),
        &[
            (".", "Apache-2.0", &[Configuration]),
            ("a.py", "Apache-2.0", &[Configuration]),
            ("header.py", "ISC", &[Header]),
            ("words.py", "GPL-3.0-or-later", &[Header]),
            ("side.py", "BSL-1.0", &[SideFile]),
            ("side-without.py", "Apache-2.0", &[Configuration]),
            ("crate/src/a.py", "MPL-2.0", &[Manifest]),
            ("web/src/a.py", "LicenseRef-Proprietary", &[Manifest]),
            ("web/tools/a.py", "LicenseRef-Proprietary", &[Manifest]),
            ("vendor/lib/deep/a.py", "MIT", &[LicenseText]),
            // What only a person can read is settled by the configuration.
            ("vendor/odd/a.py", "Apache-2.0", &[Configuration]),
            ("broken/a.py", "Apache-2.0", &[Configuration]),
            ("garbage.py", "-", &[Header]),
        ],
    );
}

#[test]
fn what_cannot_be_read_is_not_passed_over_for_something_farther() {
    let project = project(&[
        ("pyproject.toml", "[project]\nname = 'x'\nlicense = 'Zlib'"),
        (
            "vendor/odd/LICENSE",
            "do as you like, but not on Sundays, and only where the sun shines on you",
        ),
        ("vendor/odd/a.py", "x = 1\n"),
        (
            "vendor/settled/LICENSE",
            "do as you like, but not on Sundays, and only where the sun shines on you",
        ),
        ("vendor/settled/a.py", "x = 1\n"),
        (
            "REUSE.toml",
            "[[annotations]]\npath = 'vendor/settled/**'\nSPDX-License-Identifier = 'ISC'\n",
        ),
    ]);
    check(
        project.path(),
        &[
            ("vendor/odd/a.py", "-", &[LicenseText]),
            ("vendor/settled/a.py", "ISC", &[ReuseClosest]),
        ],
    );
}

/// As the `reuse` tool decides the same tree; `tests/e2e/licenses.py` asks it.
#[test]
fn reuse_annotations_follow_their_precedence() {
    let project = project(&[
        (
            "REUSE.toml",
            "version = 1\n\
             [[annotations]]\npath = '**'\nSPDX-License-Identifier = 'MIT'\n\
             [[annotations]]\npath = 'over/**'\nprecedence = 'override'\nSPDX-License-Identifier = 'GPL-2.0-only'\n",
        ),
        (
            "a/REUSE.toml",
            "version = 1\n\
             [[annotations]]\npath = '*.py'\nSPDX-License-Identifier = 'Apache-2.0'\n\
             [[annotations]]\npath = 'agg*.py'\nprecedence = 'aggregate'\nSPDX-License-Identifier = 'BSD-3-Clause'\n\
             [[annotations]]\npath = 'over.py'\nprecedence = 'override'\nSPDX-License-Identifier = 'MPL-2.0'\n",
        ),
        (
            "over/deep/REUSE.toml",
            "version = 1\n[[annotations]]\npath = '*.py'\nprecedence = 'override'\nSPDX-License-Identifier = 'EPL-2.0'\n",
        ),
        ("plain.py", "x = 1\n"),
        ("a/close.py", HEADER),
        ("a/close2.py", "x = 1\n"),
        ("a/agg.py", HEADER),
        ("a/agg2.py", "x = 1\n"),
        ("a/over.py", HEADER),
        ("a/b/inner.py", "x = 1\n"),
        ("over/deep/x.py", HEADER),
        ("crate/Cargo.toml", "[package]\nname = 'x'\nlicense = 'Zlib'"),
        ("crate/a.py", "x = 1\n"),
    ]);
    check(
        project.path(),
        &[
            ("plain.py", "MIT", &[ReuseClosest]),
            ("a/close.py", "ISC", &[Header]),
            ("a/close2.py", "Apache-2.0", &[ReuseClosest]),
            ("a/agg.py", "ISC AND BSD-3-Clause", &[Header, ReuseAggregate]),
            ("a/agg2.py", "BSD-3-Clause AND MIT", &[ReuseAggregate, ReuseClosest]),
            ("a/over.py", "MPL-2.0 AND MIT", &[ReuseOverride, ReuseClosest]),
            ("a/b/inner.py", "MIT", &[ReuseClosest]),
            ("over/deep/x.py", "GPL-2.0-only", &[ReuseOverride]),
            ("crate/a.py", "Zlib", &[Manifest]),
        ],
    );
}

#[test]
fn the_older_reuse_file_holds_beside_what_a_file_says() {
    let project = project(&[
        (
            ".reuse/dep5",
            "Format: x\n\nFiles: *\nCopyright: Me\nLicense: MIT\n\nFiles: a/*\nCopyright: Me\nLicense: Zlib\n",
        ),
        ("x.py", "x = 1\n"),
        ("h.py", HEADER),
        ("a/b/z.py", "x = 1\n"),
    ]);
    check(
        project.path(),
        &[
            ("x.py", "MIT", &[ReuseAggregate]),
            ("h.py", "ISC AND MIT", &[Header, ReuseAggregate]),
            ("a/b/z.py", "Zlib", &[ReuseAggregate]),
        ],
    );
}

#[test]
fn broken_annotations_are_told_with_their_place() {
    let project = project(&[
        ("REUSE.toml", "[[annotations]]\npath = 'a.py'\nprecedence = 'nearest'\n"),
        ("LICENSE", MIT),
        ("a.py", "x = 1\n"),
    ]);
    let (code, out, _) = run(birthmark(project.path()).args(["license", "show", "a.py"]));
    assert_eq!(code, 0);
    assert!(out.contains("REUSE.toml: not taken into account, line 3, column 14"), "{out}");
    assert!(out.contains("a.py is under MIT"), "{out}");
}

#[test]
fn people_see_what_counted_and_what_did_not() {
    let project = project(&[
        ("pyproject.toml", "[project]\nname = 'x'\nlicense = 'Zlib'"),
        ("LICENSE", MIT),
        ("a.py", "x = 1\n"),
        ("b.py", HEADER),
    ]);
    let (_, out, _) = run(birthmark(project.path()).args(["license", "show"]));
    for said in [
        ". is under Zlib",
        "Zlib, in the manifest pyproject.toml",
        "not by   MIT, by the licence text LICENSE",
        "below it 1 file under ISC",
    ] {
        assert!(out.contains(said), "{said} is not in {out}");
    }
    let (code, _, err) = run(birthmark(project.path()).args(["license", "show", "gone.py"]));
    assert_eq!(code, 2);
    assert!(err.contains("gone.py"), "{err}");
}

const COPIED: &str = include_str!("../../examples/demo/parcelbot/routes.py");
const INDEX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo-index");

/// The same snippet of GPL-3.0-or-later code in a tree of three licences.
#[test]
fn each_subtree_gets_its_own_verdict() {
    let under_gpl = format!("# SPDX-License-Identifier: GPL-3.0-or-later\n{COPIED}");
    let project = project(&[
        ("pyproject.toml", "[project]\nname = 'x'\nlicense = 'MIT'"),
        ("mit.py", COPIED),
        ("by_header.py", &under_gpl),
        ("gpl/package.json", "{\"license\": \"GPL-3.0-or-later\"}"),
        ("gpl/a.py", COPIED),
        ("apache/LICENSE-APACHE", "Apache License, Version 2.0"),
        ("apache/Cargo.toml", "[package]\nname = 'x'\nlicense = 'Apache-2.0'"),
        ("apache/src/a.py", COPIED),
    ]);
    let mut command = birthmark(project.path());
    let (code, out, err) = run(command.args(["scan", "--format", "json", "--index", INDEX]));
    assert_eq!(code, 1, "{err}");
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let mut verdicts: Vec<String> = report["matches"]
        .as_array()
        .expect("an array")
        .iter()
        .map(|it| {
            let said = |pointer: &str| {
                it.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or("-")
            };
            format!(
                "{} {} {}",
                said("/path"),
                said("/license/expression"),
                said("/verdict/decision")
            )
        })
        .collect();
    verdicts.sort();
    assert_eq!(
        verdicts,
        [
            "apache/src/a.py Apache-2.0 incompatible",
            "by_header.py GPL-3.0-or-later attribution-needed",
            "gpl/a.py GPL-3.0-or-later attribution-needed",
            "mit.py MIT incompatible",
        ]
    );

    let notes = report["notes"].to_string();
    let said = "1 file with matches states a licence of its own that a work under MIT as a whole may not hold: \
                by_header.py (GPL-3.0-or-later)";
    assert!(notes.contains(said), "{notes}");

    // The same through standard input, whose path need not exist.
    for (path, text, decision) in [
        ("gpl/new.py", COPIED, "attribution-needed"),
        ("new.py", COPIED, "incompatible"),
        ("new.py", &under_gpl, "attribution-needed"),
    ] {
        let mut command = birthmark(project.path());
        command.args(["scan", "--format", "json", "--index", INDEX, "--stdin", "--path", path]);
        let (_, out, err) = run(command.write_stdin(text));
        let report: serde_json::Value = serde_json::from_str(&out).expect(&err);
        assert_eq!(report["matches"][0]["verdict"]["decision"], decision, "{path}: {out}");
    }
}

#[test]
fn a_project_states_its_licence_where_people_put_it() {
    let apache = "                                 Apache License\n                           Version 2.0, January 2004\n";
    let text = |id: &str| birthmark::license::text_of(id).expect("on the list");
    let project = project(&[
        ("cfg/setup.cfg", "[metadata]\nname = x\nlicense = BSD 3-Clause\n"),
        ("cfg/a.py", "x = 1\n"),
        (
            "classified/setup.cfg",
            "[metadata]\nclassifiers =\n    License :: OSI Approved :: MIT License\n",
        ),
        ("classified/a.py", "x = 1\n"),
        (
            "script/setup.py",
            "from setuptools import setup\nLICENSE = 'ISC'\nsetup(name='x', license=LICENSE)\n",
        ),
        ("script/a.py", "x = 1\n"),
        ("info/PKG-INFO", "Metadata-Version: 2.4\nName: x\nVersion: 1\nLicense-Expression: Zlib\n"),
        ("info/a.py", "x = 1\n"),
        ("egg/x.egg-info/PKG-INFO", "Metadata-Version: 2.1\nName: x\nVersion: 1\nLicense: ISC\n"),
        ("egg/a.py", "x = 1\n"),
        ("choice/LICENSE-MIT", text("MIT")),
        ("choice/LICENSE-APACHE", text("Apache-2.0")),
        ("choice/a.rs", "fn a() {}\n"),
        ("file/Cargo.toml", "[package]\nname = 'x'\nlicense-file = 'TERMS'\n"),
        ("file/TERMS", text("ISC")),
        ("file/a.rs", "fn a() {}\n"),
        ("reuse/LICENSES/MIT.txt", text("MIT")),
        ("reuse/a.py", "x = 1\n"),
        ("parts/LICENSES/MIT.txt", text("MIT")),
        ("parts/LICENSES/GPL-3.0-only.txt", apache),
        ("parts/a.py", "x = 1\n"),
        ("parts/b.py", HEADER),
    ]);
    check(
        project.path(),
        &[
            ("cfg/a.py", "BSD-3-Clause", &[Manifest]),
            ("classified/a.py", "MIT", &[Manifest]),
            ("script/a.py", "ISC", &[Manifest]),
            ("info/a.py", "Zlib", &[Manifest]),
            ("egg/a.py", "ISC", &[Manifest]),
            ("choice/a.rs", "MIT OR Apache-2.0", &[LicenseText]),
            ("file/a.rs", "ISC", &[Manifest]),
            ("reuse/a.py", "MIT", &[LicenseText]),
            ("parts/a.py", "-", &[]),
            ("parts/b.py", "ISC", &[Header]),
        ],
    );
}

#[test]
fn manifests_of_other_ecosystems_state_a_licence() {
    let text = |id: &str| birthmark::license::text_of(id).expect("on the list");
    let project = project(&[
        (
            "java/pom.xml",
            "<project><groupId>g</groupId><artifactId>a</artifactId>\
             <licenses><license><name>Apache License 2.0</name></license></licenses></project>",
        ),
        ("java/child/pom.xml", "<project><artifactId>b</artifactId></project>"),
        ("java/child/a.py", "x = 1\n"),
        ("php/composer.json", "{\"name\": \"me/mine\", \"license\": \"LGPL-2.1-only\"}"),
        ("php/a.py", "x = 1\n"),
        ("ruby/mine.gemspec", "spec.license = 'Ruby'\n"),
        ("ruby/a.py", "x = 1\n"),
        ("cs/Mine.csproj", "<Project><PackageLicenseFile>TERMS</PackageLicenseFile></Project>"),
        ("cs/TERMS", text("ISC")),
        ("cs/a.py", "x = 1\n"),
        ("broken/pom.xml", "<project>"),
        ("broken/LICENSE", text("MIT")),
        ("broken/a.py", "x = 1\n"),
        ("go/go.mod", "module example.org/mine\n"),
        ("go/LICENSE", text("BSD-3-Clause")),
        ("go/a.py", "x = 1\n"),
    ]);
    check(
        project.path(),
        &[
            ("java/child/a.py", "Apache-2.0", &[Manifest]),
            ("php/a.py", "LGPL-2.1-only", &[Manifest]),
            ("ruby/a.py", "Ruby", &[Manifest]),
            ("cs/a.py", "ISC", &[Manifest]),
            ("broken/a.py", "MIT", &[LicenseText]),
            ("go/a.py", "BSD-3-Clause", &[LicenseText]),
        ],
    );
}

#[test]
fn a_project_that_only_follows_reuse_can_be_worked_with() {
    let root = env!("CARGO_MANIFEST_DIR");
    let read = |name: &str| std::fs::read_to_string(Path::new(root).join(name)).expect("readable");
    let copy = read("examples/demo/parcelbot/summary.py");
    let text = |id: &str| birthmark::license::text_of(id).expect("on the list");
    let header = |license: &str| format!("# SPDX-License-Identifier: {license}\n\n{copy}");
    let annotations = "version = 1\n[[annotations]]\npath = '**'\nSPDX-FileCopyrightText = 'Us'\nSPDX-License-Identifier = 'ISC'\n";
    let projects: [&[(&str, &str)]; 4] = [
        &[("a.py", &header("ISC")), ("LICENSES/ISC.txt", text("ISC"))],
        &[
            ("a.py", &header("ISC")),
            ("LICENSES/ISC.txt", text("ISC")),
            ("LICENSES/Zlib.txt", text("Zlib")),
        ],
        &[
            ("a.py", &header("ISC OR Apache-2.0")),
            ("LICENSES/ISC.txt", text("ISC")),
            ("LICENSES/Apache-2.0.txt", text("Apache-2.0")),
        ],
        &[("a.py", &copy), ("REUSE.toml", annotations), ("LICENSES/ISC.txt", text("ISC"))],
    ];
    for files in projects {
        let project = project(files);
        let index = format!("{root}/fixtures/demo-index");
        let ours = |arguments: &[&str]| {
            run(birthmark(project.path()).args(arguments).args(["--index", &index]))
        };
        let (code, out, err) = ours(&["scan", "--format", "json"]);
        assert_eq!(code, 0, "{out}{err}");
        assert!(
            out.contains("attribution-missing") && !out.contains("declaration-mismatch"),
            "{out}"
        );
        let (code, out, err) = ours(&["attribute"]);
        assert_eq!(code, 0, "{out}{err}");
        let (code, out, _) = ours(&["scan", "--format", "json"]);
        assert_eq!((code, out.contains("attribution-missing")), (0, false), "{out}");
    }
}
