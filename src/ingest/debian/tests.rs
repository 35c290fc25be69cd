use std::io::Write;
use std::path::PathBuf;

use super::super::{Given, Ingested, Source, ingest};
use super::*;
use crate::license::{LicenseFact, Precision};

const CHANGELOG: &str = "hello (1:1.2-3) unstable; urgency=low\n\n  * One.\n";

const COPYRIGHT: &str = "Format: 1.0\n\nFiles: *\nCopyright: 2001 Jane Roe\nLicense: Expat\n\n\
    Files: contrib/*\nCopyright: 2002 J. Doe\nLicense: GPL-2+\n\n\
    Files: odd/*\nCopyright: A\nLicense: mystery\n\nFiles: debian/*\nCopyright: B\nLicense: ISC\n";

fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_000_000_000);
        tar.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = liblzma::write::XzEncoder::new(Vec::new(), 1);
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// Writes archives and a signed description that lists them.
fn package(files: &[(&str, Vec<u8>)]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut listed = String::new();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
        listed.push_str(&format!(" {} {} {name}\n", "0".repeat(32), bytes.len()));
    }
    let dsc = folder.path().join("hello_1.2-3.dsc");
    let text = format!(
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nFormat: 3.0 (quilt)\nSource: hello\nBinary: hello\n\
         Version: 1:1.2-3\nChecksums-Sha256:\n aa 1 x\nFiles:\n{listed}\n-----BEGIN PGP SIGNATURE-----\n\nabc\n"
    );
    fs::write(&dsc, text).unwrap();
    (folder, dsc)
}

fn read(dsc: &Path, given: &Given) -> Result<Ingested, IngestError> {
    ingest(&Source::DebianSource(dsc.to_owned()), given, &Spill::in_memory())
}

fn licenses(ingested: &Ingested) -> Vec<String> {
    let shown = |fact: &LicenseFact| match &fact.expression {
        Some(expression) => expression.to_string(),
        None => format!("unknown {}", fact.declared),
    };
    let documents = ingested.documents.iter().map(|document| {
        let license = document.facts.license.as_ref().map_or("-".to_owned(), shown);
        format!("{} {license}", document.facts.path)
    });
    documents.collect()
}

#[test]
fn parts_of_a_source_package_become_one_component() {
    let orig = tar(&[
        ("hello-1.2/pyproject.toml", "[project]\nname = 'other'\nversion = '1'\n"),
        ("hello-1.2/hello.py", "x = 1\n"),
        ("hello-1.2/contrib/a.py", "# SPDX-License-Identifier: Zlib\ny = 1\n"),
        ("hello-1.2/contrib/b.py", "z = 1\n"),
        ("hello-1.2/contrib/c.py", "# Licensed under the GPL version 2.\nw = 1\n"),
        ("hello-1.2/odd/d.py", "v = 1\n"),
        ("hello-1.2/debian/old.py", "a = 1\n"),
    ]);
    let debian = tar(&[
        ("debian/changelog", CHANGELOG),
        ("debian/copyright", COPYRIGHT),
        ("debian/helper.py", "b = 1\n"),
        ("debian/patches/x.py", "c = 1\n"),
    ]);
    let part = tar(&[("any/inner.py", "d = 1\n")]);
    let (_folder, dsc) = package(&[
        ("hello_1.2.orig-plugin.tar.gz", gzip(&part)),
        ("hello_1.2.orig.tar.xz", xz(&orig)),
        ("hello_1.2.orig.tar.xz.asc", b"signature".to_vec()),
        ("hello_1.2-3.debian.tar.xz", xz(&debian)),
    ]);
    let found = read(&dsc, &Given::default()).unwrap();
    let expected = [
        "contrib/a.py Zlib",
        "contrib/b.py GPL-2.0-or-later",
        "contrib/c.py GPL-2.0-or-later",
        "debian/helper.py ISC",
        "debian/patches/x.py ISC",
        "hello.py -",
        "odd/d.py unknown mystery",
        "plugin/inner.py -",
    ];
    assert_eq!(licenses(&found), expected);
    let component = &found.component;
    assert_eq!(component.purl.as_str(), "pkg:deb/debian/hello@1:1.2-3?arch=source");
    let license = component.license.expression.as_ref().unwrap();
    assert_eq!((license.as_str(), component.license.precision), ("MIT", Precision::Exact));
    assert_eq!(component.copyright.as_ref().unwrap().notices, ["Copyright 2001 Jane Roe"]);
    assert_eq!(found.documents[1].facts.copyrights, ["Copyright 2002 J. Doe"]);
    assert_eq!(component.published.unwrap().to_string(), "2001-09-09");
}

#[test]
fn the_older_form_and_native_packages_are_read() {
    let orig = tar(&[("hello/hello.py", "x = 1\n"), ("hello/COPYING", "nothing known\n")]);
    let lines = |text: &str| text.lines().map(|line| format!("+{line}\n")).collect::<String>();
    let patch = format!(
        "--- hello-1.2.orig/hello.py\n+++ hello-1.2/hello.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n\
         --- hello-1.2.orig/debian/changelog\n+++ hello-1.2/debian/changelog\n@@ -0,0 +1,3 @@\n{}\
         --- /dev/null\n+++ hello-1.2/debian/copyright\t2001-01-01\n@@ -0,0 +1,9 @@\n{}\
         --- /dev/null\n+++ hello-1.2/debian/../x.py\n@@ -0,0 +1 @@\n+y = 1\n",
        lines(CHANGELOG),
        lines(COPYRIGHT)
    );
    let (_folder, dsc) = package(&[
        ("hello_1.2.orig.tar.gz", gzip(&orig)),
        ("hello_1.2-3.diff.gz", gzip(patch.as_bytes())),
    ]);
    let found = read(&dsc, &Given::default()).unwrap();
    assert_eq!(licenses(&found), ["hello.py -"]);
    assert_eq!(found.documents[0].source().unwrap().text(), b"x = 1\n");
    assert_eq!(found.component.license.expression.unwrap().as_str(), "MIT");

    let native = tar(&[("h/debian/changelog", CHANGELOG), ("h/a.py", ""), ("h/b/c.py", "")]);
    let (folder, dsc) = package(&[("hello_1.2.tar.xz", xz(&native))]);
    let selection = Selection { folder: Some("b".to_owned()), ..Selection::default() };
    let given = Given { selection, ..Given::default() };
    assert_eq!(licenses(&read(&dsc, &given).unwrap()), ["c.py -"]);
    // The same in a directory and in the archive alone.
    let archive = Source::parse("hello_1.2.tar.xz", folder.path()).unwrap();
    let found = ingest(&archive, &Given::default(), &Spill::in_memory()).unwrap();
    assert_eq!(found.component.purl.as_str(), "pkg:deb/debian/hello@1:1.2-3?arch=source");
}

#[test]
fn packages_that_are_not_whole_are_refused() {
    let orig = gzip(&tar(&[("hello/hello.py", "x = 1\n")]));
    let (folder, dsc) = package(&[("hello_1.2.orig.tar.gz", orig.clone())]);
    let archive = folder.path().join("hello_1.2.orig.tar.gz");
    fs::write(&archive, &orig[..20]).unwrap();
    let refused = |given: &Given| read(&dsc, given).unwrap_err().to_string();
    assert!(refused(&Given::default()).contains("has not the size that is listed"));
    fs::remove_file(&archive).unwrap();
    assert!(refused(&Given::default()).contains("orig.tar.gz\" cannot be read"));
    let selection = Selection { archive: Some("x.zip".to_owned()), ..Selection::default() };
    let given = Given { selection, ..Given::default() };
    assert!(refused(&given).contains("is no archive that holds a file \"x.zip\""));
    for text in ["", "Source: x\nVersion: 1\n", "Source: x\nVersion: 1\nFiles:\n a 1 ../x.tar.gz\n"]
    {
        fs::write(&dsc, text).unwrap();
        assert!(refused(&Given::default()).contains("it is no description"), "{text}");
    }
}

#[test]
fn changelogs_name_a_package() {
    let read = |text: &str| {
        from_changelog(text)
            .map_or("-".to_owned(), |(package, version)| format!("{package} {version}"))
    };
    assert_eq!(read("\nlibx (2.0-1) sid; urgency=low\n"), "pkg:deb/debian/libx?arch=source 2.0-1");
    assert_eq!(read("Version 2.0 (2001-01-01)\n"), "-");
    assert_eq!(read("Changes (2.0-1); x\n"), "-");
    assert_eq!(read(""), "-");
}
