use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::*;
use crate::license::LicenseExpression;

const MIT: &str = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and \
associated documentation files (the \"Software\"), to deal in the Software without restriction, including without \
limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, \
and to permit persons to whom the Software is furnished to do so, subject to the following conditions:\n\n\
The above copyright notice and this permission notice shall be included in all copies or substantial portions of the \
Software.\n\n\
THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE \
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR \
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR \
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.\n";

fn tree_of(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), files);
    root
}

fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn ingested(word: &str, base: &Path) -> Ingested {
    let source = Source::parse(word, base).unwrap();
    ingest(&source, &Given::default(), &Spill::in_memory()).unwrap()
}

fn paths(ingested: &Ingested) -> Vec<&str> {
    let documents = ingested.documents.iter();
    documents.map(|document| document.facts.path.as_str()).collect()
}

fn git(directory: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
}

fn repository(files: &[(&str, &str)]) -> TempDir {
    let root = tree_of(files);
    git(root.path(), &["init", "--quiet"]);
    git(root.path(), &["add", "--all"]);
    git(root.path(), &["commit", "--quiet", "-m", "first"]);
    root
}

#[test]
fn a_directory_becomes_a_component() {
    let root = tree_of(&[
        ("thing/b.py", "x = 1\n"),
        ("thing/a/__init__.py", ""),
        ("thing/tests/test_b.py", "x = 2\n"),
        ("thing/notes.txt", "no source"),
        ("thing/bad.py", "\0"),
    ]);
    let found = ingested("thing", root.path());
    assert_eq!(found.component.purl.as_str(), "pkg:generic/thing");
    assert_eq!(paths(&found), ["a/__init__.py", "b.py", "tests/test_b.py"]);
    assert!(found.documents[2].facts.marks.test);
    assert_eq!(found.documents[1].source().unwrap().text(), b"x = 1\n");
    assert_eq!(found.notes.len(), 1);
    assert_eq!(found.notes[0].path.as_deref(), Some("bad.py"));
}

#[test]
fn the_users_word_wins() {
    let root = tree_of(&[
        ("pyproject.toml", "[project]\nname = 'Some_Thing'\nversion = '1.0'\n"),
        ("x.py", ""),
    ]);
    let found = ingested(".", root.path());
    assert_eq!(found.component.purl.as_str(), "pkg:pypi/some-thing@1.0");
    let given = Given {
        purl: Some("pkg:generic/other@2".parse().unwrap()),
        license: Some(LicenseFact {
            learned_from: LearnedFrom::Metadata,
            ..LicenseFact::unknown()
        }),
        ..Given::default()
    };
    let found =
        ingest(&Source::Directory(root.path().to_owned()), &given, &Spill::in_memory()).unwrap();
    assert_eq!(found.component.purl.as_str(), "pkg:generic/other@2");
    assert_eq!(found.component.license.learned_from, LearnedFrom::Given);
}

#[test]
fn manifests_of_other_ecosystems_name_a_component() {
    let license = |root: &TempDir| {
        let found = ingested(".", root.path());
        let license = found.component.license.expression.map(|it| it.to_string());
        format!("{} {}", found.component.purl, license.unwrap_or_default())
    };
    let npm = tree_of(&[
        (
            "package.json",
            r#"{"name": "@me/it", "version": "1.2.0", "license": "SEE LICENSE IN ./COPYING.md",
                "dependencies": {"a": "1"}}"#,
        ),
        ("COPYING.md", MIT),
        ("LICENSE", "nothing that matters"),
        ("x.py", ""),
    ]);
    assert_eq!(license(&npm), "pkg:npm/%40me/it@1.2.0 MIT");
    assert_eq!(ingested(".", npm.path()).component.dependencies, ["pkg:npm/a"]);
    let private = tree_of(&[
        ("package.json", r#"{"name": "tools", "private": true, "license": "ISC"}"#),
        (
            "pom.xml",
            "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version>\
             <licenses><license><name>Apache-2.0</name></license></licenses></project>",
        ),
        ("x.py", ""),
    ]);
    assert_eq!(license(&private), "pkg:maven/g/a@1 Apache-2.0");
    let jar = tree_of(&[
        (
            "META-INF/maven/g/b/pom.xml",
            "<project><groupId>g</groupId><artifactId>b</artifactId></project>",
        ),
        ("g/x.py", ""),
    ]);
    assert_eq!(license(&jar), "pkg:maven/g/b ");
    let nameless = tree_of(&[("it.gemspec", "s.name = NAME\ns.license = 'MIT'\n"), ("x.py", "")]);
    assert!(license(&nameless).starts_with("pkg:generic/"));
    assert!(license(&nameless).ends_with(" MIT"));
    let debian = tree_of(&[
        ("debian/changelog", "it (2.0-1) sid; urgency=low\n"),
        (
            "debian/copyright",
            "Files: *\nCopyright: A\nLicense: Expat\n\nFiles: x.py\nCopyright: A\nLicense: ISC\n",
        ),
        ("x.py", ""),
        ("y.py", ""),
    ]);
    assert_eq!(license(&debian), "pkg:deb/debian/it@2.0-1?arch=source MIT");
    let files = ingested(".", debian.path()).documents;
    let own = files[0].facts.license.as_ref().and_then(|it| it.expression.as_ref());
    assert_eq!(own.map(LicenseExpression::as_str), Some("ISC"));
    assert!(files[1].facts.license.is_none());
}

#[test]
fn upstream_knows_its_licence_better_than_debian() {
    let control = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n\
        Files: *\nCopyright: A\nLicense: GPL-2\n\nFiles: y.R\nCopyright: B\nLicense: ISC\n";
    let description =
        |name: &str| format!("Package: {name}\nVersion: 1.0\nLicense: Apache License 2.0\n");
    for (name, expected) in
        [("it", ["Apache-2.0", "-", "ISC"]), ("tool", ["GPL-2.0-only", "-", "ISC"])]
    {
        let root = tree_of(&[
            ("debian/changelog", "r-cran-it (1.0-1) sid; urgency=low\n"),
            ("debian/copyright", control),
            ("DESCRIPTION", &description(name)),
            ("x.R", "x <- 1\n"),
            ("y.R", "y <- 1\n"),
        ]);
        let purl = "pkg:deb/debian/r-cran-it@1.0-1?arch=source".parse().unwrap();
        let given = Given { purl: Some(purl), ..Given::default() };
        let source = Source::parse(".", root.path()).unwrap();
        let found = ingest(&source, &given, &Spill::in_memory()).unwrap();
        let of_files = found.documents.iter().map(|document| document.facts.license.as_ref());
        let facts = std::iter::once(Some(&found.component.license)).chain(of_files);
        let shown: Vec<&str> = facts
            .map(|fact| fact.and_then(|it| it.expression.as_ref()).map_or("-", |it| it.as_str()))
            .collect();
        assert_eq!(shown, expected, "{name}");
    }
}

/// What a package of Debian installs: the code, and in its documentation who allows what.
#[test]
fn an_installed_package_of_debian_states_its_licence() {
    let purl = "pkg:deb/debian/it@2.0-1?arch=all".parse().unwrap();
    let given = Given { purl: Some(purl), ..Given::default() };
    let machine_readable =
        "Files: *\nCopyright: A\nLicense: Expat\n\nFiles: debian/*\nLicense: GPL-2+\n";
    for (folder, text) in [("usr/", machine_readable), ("", machine_readable), ("usr/", MIT)] {
        let copyright = format!("{folder}share/doc/it/copyright");
        let code = format!("{folder}lib/it/x.py");
        let root = tree_of(&[(copyright.as_str(), text), (code.as_str(), "x = 1\n")]);
        let source = Source::Directory(root.path().to_owned());
        let found = ingest(&source, &given, &Spill::in_memory()).unwrap();
        let expression = found.component.license.expression;
        assert_eq!(expression.as_ref().map(LicenseExpression::as_str), Some("MIT"), "{copyright}");
    }
}

#[test]
fn where_the_user_says_the_same_the_components_own_words_are_kept() {
    let root =
        tree_of(&[("pyproject.toml", "[project]\nname = 'a'\nlicense = 'MIT'\n"), ("x.py", "")]);
    for (license, learned_from) in [("MIT", LearnedFrom::Metadata), ("ISC", LearnedFrom::Given)] {
        let stated = Some(crate::project::config::given_license(license).unwrap());
        let given = Given { license: stated, ..Given::default() };
        let found = ingest(&Source::Directory(root.path().to_owned()), &given, &Spill::in_memory())
            .unwrap();
        let fact = found.component.license;
        assert_eq!((fact.expression.unwrap().as_str(), fact.learned_from), (license, learned_from));
    }
}

#[test]
fn a_component_without_sources_leaves_a_note() {
    let root = tree_of(&[("thing/notes.txt", "")]);
    let found = ingested("thing", root.path());
    assert_eq!(
        found.notes[0].message,
        "pkg:generic/thing holds no source file of a known language"
    );
}

#[test]
fn the_digest_is_that_of_paths_and_contents() {
    let file = |path: &str, bytes: &str| TreeFile {
        path: path.to_owned(),
        role: Role::Metadata,
        content: Kept::in_memory(bytes.as_bytes().to_vec()),
    };
    let mut framed = Vec::new();
    for part in ["a.py", "xy", "b.py", ""] {
        framed.extend((part.len() as u64).to_le_bytes());
        framed.extend(part.as_bytes());
    }
    let expected = format!("blake3:{}", blake3::hash(&framed).to_hex());
    assert_eq!(digest(&[file("a.py", "xy"), file("b.py", "")]).unwrap(), expected);
    assert_ne!(digest(&[file("a.py", "x"), file("yb.py", "")]).unwrap(), expected);
}

#[test]
fn a_work_tree_stands_for_its_tracked_files() {
    let root = repository(&[
        (".gitignore", "out\n"),
        ("a.py", "old\n"),
        ("sub/b.py", ""),
        (".hidden/c.py", ""),
    ]);
    write(root.path(), &[("a.py", "new\n"), ("untracked.py", ""), ("out/x.py", "")]);
    let found = ingested(".", root.path());
    assert_eq!(paths(&found), [".hidden/c.py", "a.py", "sub/b.py"]);
    assert_eq!(found.documents[1].source().unwrap().text(), b"new\n");
}

#[test]
fn a_revision_is_read_from_the_object_store() {
    let root = repository(&[("a.py", "old\n"), ("LICENSE", "text"), ("caf\u{e9} \u{1b}.py", "")]);
    git(root.path(), &["tag", "v1"]);
    write(root.path(), &[("a.py", "new\n"), ("b.py", "")]);
    git(root.path(), &["add", "--all"]);
    git(root.path(), &["commit", "--quiet", "-m", "second"]);

    let word = format!("git+{}@v1", root.path().display());
    let found = ingested(&word, Path::new(""));
    assert_eq!(paths(&found), ["a.py", "caf\u{e9} \u{1b}.py"]);
    assert_eq!(found.documents[0].source().unwrap().text(), b"old\n");
    assert_eq!(found.component.purl.version().unwrap().len(), 40);

    let word = format!("git+{}@--no-such", root.path().display());
    let error = ingest(
        &Source::parse(&word, Path::new("")).unwrap(),
        &Given::default(),
        &Spill::in_memory(),
    );
    let message = error.unwrap_err().to_string();
    assert!(message.contains("has no commit \"--no-such\"; name a branch"), "{message}");
}

#[test]
fn an_archive_and_a_checkout_of_the_same_files_have_one_digest() {
    let root = repository(&[("a.py", "x\n"), ("LICENSE", "text\n"), ("doc/readme.txt", "")]);
    git(root.path(), &["archive", "--prefix=a-1.0/", "-o", "a-1.0.tar.gz", "HEAD"]);
    let word = format!("git+{}", root.path().display());
    let digests =
        [".", "a-1.0.tar.gz", &word].map(|word| ingested(word, root.path()).component.digest);
    assert_eq!(digests[0], digests[1]);
    assert_eq!(digests[0], digests[2]);
}

#[test]
fn planted_commands_are_not_run() {
    let root = repository(&[("a.py", "x\n"), (".gitattributes", "*.py filter=evil diff=evil\n")]);
    let proof = root.path().join("proof");
    let script = root.path().join("evil.sh");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\ncat\n", proof.display())).unwrap();
    make_executable(&script);
    let evil = script.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "filter.evil.smudge",
        "filter.evil.clean",
        "diff.evil.textconv",
        "core.pager",
        "remote.origin.uploadpack",
    ] {
        git(root.path(), &["config", key, evil]);
    }
    fs::write(
        root.path().join(".git/hooks/post-index-change"),
        format!("#!/bin/sh\ntouch {}\n", proof.display()),
    )
    .unwrap();
    make_executable(&root.path().join(".git/hooks/post-index-change"));
    fs::remove_file(&proof).ok();
    write(root.path(), &[("a.py", "y\n")]);

    ingested(".", root.path());
    ingested(&format!("git+{}", root.path().display()), Path::new(""));
    assert!(!proof.exists());
}

#[cfg(unix)]
fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn links_in_a_work_tree_are_not_followed() {
    let root = repository(&[("a.py", "x\n"), ("b.py", "x\n")]);
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::remove_file(root.path().join("b.py")).unwrap();
    std::os::unix::fs::symlink(secret.path(), root.path().join("b.py")).unwrap();
    let found = ingested(".", root.path());
    assert_eq!(paths(&found), ["a.py"]);
    assert_eq!(found.notes[0].message, "not checked: not a regular file");
}

#[test]
fn recipes_verify_digests() {
    let root = tree_of(&[("thing/a.py", "x\n")]);
    let digest = ingested("thing", root.path()).component.digest;
    let component = |digest: &str| {
        let text = format!(
            "[[component]]\npurl = 'pkg:generic/t@1'\nsource = 'thing'\ndigest = '{digest}'\nlicense = 'MIT'\n"
        );
        let recipe = recipe::Recipe::parse(&text, &PathBuf::from("recipe.toml")).unwrap();
        recipe.components.into_iter().next().unwrap()
    };
    let found =
        component(&digest).ingest(root.path(), BuildScripts::Refuse, &Spill::in_memory()).unwrap();
    assert_eq!(found.component.purl.as_str(), "pkg:generic/t@1");
    assert_eq!(found.component.license.learned_from, LearnedFrom::Given);

    let wrong = format!("blake3:{}", "0".repeat(64));
    let error = component(&wrong)
        .ingest(root.path(), BuildScripts::Refuse, &Spill::in_memory())
        .unwrap_err()
        .to_string();
    assert!(error.contains(&wrong) && error.contains(&digest), "{error}");
}

#[test]
fn recipes_select_a_part() {
    let files = [
        ("LICENSE", MIT),
        ("lib/LICENSE", MIT),
        ("lib/core/a.py", "a\n"),
        ("lib/core/tests/b.py", "b\n"),
        ("lib/other/c.py", "c\n"),
        ("lib/d.py", "d\n"),
    ];
    let root = tempfile::tempdir().unwrap();
    write(&root.path().join("thing"), &files);
    let component = |rest: &str| {
        let text = format!(
            "[[component]]\npurl = 'pkg:generic/t@1'\nsource = 'thing'\nfolder = '/lib/'\n{rest}"
        );
        let recipe = recipe::Recipe::parse(&text, &PathBuf::from("recipe.toml")).unwrap();
        recipe.components.into_iter().next().unwrap()
    };
    let cases = [
        ("", vec!["core/a.py", "core/tests/b.py", "d.py", "other/c.py"]),
        ("include = ['core/**', '*.py']\n", vec!["core/a.py", "core/tests/b.py", "d.py"]),
        ("include = ['core/**']\nexclude = ['**/tests/**']\n", vec!["core/a.py"]),
    ];
    let mut digests = Vec::new();
    for (rest, expected) in cases {
        let found =
            component(rest).ingest(root.path(), BuildScripts::Refuse, &Spill::in_memory()).unwrap();
        assert_eq!(paths(&found), expected, "{rest}");
        assert_eq!(found.component.license.learned_from, LearnedFrom::LicenseText, "{rest}");
        digests.push(found.component.digest);
    }
    digests.dedup();
    assert_eq!(digests.len(), 3);
}

#[test]
fn licences_come_from_the_best_source() {
    let core = |fields: &str| format!("Metadata-Version: 2.1\nName: x\nVersion: 1\n{fields}\n");
    let classifier = |name: &str| format!("Classifier: License :: OSI Approved :: {name}\n");
    let gpl2_later = classifier("GNU General Public License v2 or later (GPLv2+)");
    let cases = [
        (
            core("License-Expression: MIT OR Apache-2.0\nLicense: GPL\n"),
            "",
            "MIT OR Apache-2.0 Metadata",
        ),
        (core("License: Apache License, Version 2.0\n"), MIT, "Apache-2.0 Metadata"),
        (core(&format!("License: GPL\n{gpl2_later}")), "", "GPL-2.0-or-later Classifier"),
        (core(&classifier("MIT License")), "", "MIT Classifier"),
        (core("License: UNKNOWN\n"), MIT, "MIT LicenseText"),
        (
            core(&format!(
                "License: Copyright (c) 2001 A\n        All rights reserved.\n{gpl2_later}"
            )),
            "",
            "GPL-2.0-or-later Classifier",
        ),
        (core(""), "", "- Nowhere"),
    ];
    for (metadata, text, expected) in cases {
        let root = tree_of(&[("PKG-INFO", &metadata), ("LICENSE", text), ("x.py", "")]);
        let license = ingested(".", root.path()).component.license;
        let expression = license.expression.map_or("-".to_owned(), |it| it.to_string());
        assert_eq!(format!("{expression} {:?}", license.learned_from), expected, "{metadata}");
    }
}

#[test]
fn a_files_own_licence_wins() {
    let root = tree_of(&[
        ("Cargo.toml", "[package]\nname = 'x'\nversion = '1.0.0'\nlicense = 'Apache-2.0 OR MIT'\n"),
        ("a.rs", "// SPDX-License-Identifier: GPL-2.0-only\n"),
        ("b.rs", "// SPDX-License-Identifier: MIT OR Apache-2.0\n"),
        ("c.rs", "fn c() {}\n"),
        ("vendor/d/LICENSE", MIT),
        ("vendor/d/src/d.rs", "fn d() {}\n"),
        ("vendor/d/src/e.rs", "// SPDX-License-Identifier: GPL-2.0-only\n"),
        ("vendor/f.rs", "fn f() {}\n"),
    ]);
    let found = ingested(".", root.path());
    let own = found.documents.iter().map(|document| {
        let license = document.facts.license.as_ref().and_then(|fact| fact.expression.as_ref());
        format!("{} {}", document.facts.path, license.map_or("-", LicenseExpression::as_str))
    });
    assert_eq!(
        own.collect::<Vec<_>>(),
        [
            "a.rs GPL-2.0-only",
            "b.rs -",
            "c.rs -",
            "vendor/d/src/d.rs MIT",
            "vendor/d/src/e.rs GPL-2.0-only",
            "vendor/f.rs -"
        ]
    );
}

#[test]
fn a_vague_header_is_that_of_the_component_if_they_are_related() {
    let header = "# :license: Python License.\n";
    for (declared, own) in [("PSF-2.0", None), ("MIT", Some("Python-2.0"))] {
        let metadata =
            format!("Metadata-Version: 2.4\nName: x\nVersion: 1\nLicense-Expression: {declared}\n");
        let root = tree_of(&[("PKG-INFO", &metadata), ("x.py", header)]);
        let found = ingested(".", root.path());
        let license = found.documents[0].facts.license.as_ref();
        let license = license.and_then(|fact| fact.expression.as_ref());
        assert_eq!(license.map(LicenseExpression::as_str), own, "{declared}");
    }
}
