use std::io::{Cursor, Write};
use std::path::PathBuf;

use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use super::*;

/// Appends an entry whose path and sizes are written as they are given, honest or not.
fn append(tar: &mut Vec<u8>, path: &str, kind: EntryType, declared: u64, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    header.set_size(declared);
    header.set_mode(0o644);
    header.set_cksum();
    tar.extend_from_slice(header.as_bytes());
    tar.extend_from_slice(content);
    tar.resize(tar.len().next_multiple_of(512), 0);
}

fn tar(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut tar = Vec::new();
    for &(path, kind, content) in entries {
        append(&mut tar, path, kind, content.len() as u64, content);
    }
    ended(tar)
}

fn ended(mut tar: Vec<u8>) -> Vec<u8> {
    tar.resize(tar.len() + 1024, 0);
    tar
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for &(path, content) in entries {
        writer.start_file(path, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

/// A Debian package of these members, each padded to an even length.
fn deb(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut deb = b"!<arch>\n".to_vec();
    for (name, content) in members {
        let length = content.len();
        deb.extend(
            format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{length:<10}`\n", 0, 0, 0, 100_644).bytes(),
        );
        deb.extend_from_slice(content);
        deb.resize(deb.len().next_multiple_of(2), b'\n');
    }
    deb
}

/// Reads an archive; answers the paths, and the messages of notes or of the error.
fn read(name: &str, bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    read_part(name, bytes, &Selection::default())
}

fn read_part(name: &str, bytes: &[u8], selection: &Selection) -> (Vec<String>, Vec<String>) {
    let directory: TempDir = tempfile::tempdir().unwrap();
    let path: PathBuf = directory.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let before = std::fs::read_dir(directory.path()).unwrap().count();
    let read =
        collect(&path, ArchiveForm::from_path(&path).unwrap(), selection, &Spill::in_memory());
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), before);
    match read.map(Tree::sort_files) {
        Ok(tree) => (
            tree.files.into_iter().map(|file| file.path).collect(),
            tree.notes.into_iter().map(|note| note.message).collect(),
        ),
        Err(error) => (Vec::new(), vec![error.to_string()]),
    }
}

fn assert_refused(name: &str, bytes: &[u8], expected: &str) {
    let (files, messages) = read(name, bytes);
    assert!(files.is_empty(), "{files:?}");
    assert!(messages[0].contains(expected), "{name}: {messages:?}");
}

use tar::EntryType;

#[test]
fn every_form_is_read_and_the_shared_folder_stripped() {
    let plain = tar(&[
        ("x-1.0/", EntryType::Directory, b""),
        ("x-1.0/src/lib.rs", EntryType::Regular, b"fn x() {}"),
        ("x-1.0/README.md", EntryType::Regular, b"hello"),
        ("x-1.0/LICENSE", EntryType::Regular, b"MIT"),
    ]);
    let zipped = zip(&[("x-1.0/src/lib.rs", b"fn x() {}"), ("x-1.0/LICENSE", b"MIT")]);
    let forms = [
        ("x-1.0.tar", plain.clone()),
        ("x-1.0.tar.gz", gzip(&plain)),
        ("x-1.0.crate", gzip(&plain)),
        ("x-1.0.tar.bz2", bzip2(&plain)),
        ("x-1.0.tar.xz", xz(&plain)),
        ("x-1.0.tar.zst", zstd(&plain)),
        ("x-1.0.zip", zipped.clone()),
        ("x_1.0_all.deb", deb(&[("debian-binary", b"2.0"), ("data.tar.zst", &zstd(&plain))])),
        (
            "x_1.0_all.deb",
            deb(&[("control.tar", &gzip(b"odd")), ("data.tar", &plain), ("_later", b"")]),
        ),
    ];
    for (name, bytes) in forms {
        let expected = (vec!["LICENSE".to_owned(), "src/lib.rs".to_owned()], vec![]);
        assert_eq!(read(name, &bytes), expected, "{name}");
    }
    let (files, _) = read("x-1.0-py3-none-any.whl", &zipped);
    assert_eq!(files, ["x-1.0/LICENSE", "x-1.0/src/lib.rs"]);
}

#[test]
fn the_selected_archive_and_folder_are_read() {
    let inner = zip(&[
        ("Lib/a.py", b"a"),
        ("Lib/json/b.py", b"b"),
        ("Library/c.py", b"c"),
        ("LICENSE", b"MIT"),
    ]);
    let outer = tar(&[
        ("usr/x.py", EntryType::Regular, b"x"),
        ("usr/y.jar", EntryType::Regular, &inner),
        ("usr/z.jar", EntryType::Symlink, b""),
    ]);
    let deb = deb(&[("debian-binary", b"2.0\n"), ("data.tar.xz", &xz(&outer))]);
    let selection = |archive: Option<&str>, folder: &str| Selection {
        archive: archive.map(str::to_owned),
        folder: Some(folder.to_owned()),
        ..Selection::default()
    };
    let read = |archive, folder| read_part("x.deb", &deb, &selection(archive, folder));
    assert_eq!(read(Some("usr/y.jar"), "Lib").0, ["a.py", "json/b.py"]);
    assert_eq!(read(None, "usr").0, ["x.py"]);
    assert_eq!(read(None, "us").0, [""; 0]);
    for (missing, expected) in [
        ("usr/z.jar", "is no archive that holds a file \"usr/z.jar\""),
        ("usr/x.py", "is not an archive birthmark reads"),
    ] {
        let (files, messages) = read(Some(missing), "Lib");
        assert!(files.is_empty() && messages[0].contains(expected), "{messages:?}");
    }
}

#[test]
fn broken_debian_packages_are_refused() {
    let plain = tar(&[("a.py", EntryType::Regular, b"x")]);
    let whole = deb(&[("debian-binary", b"2.0\n"), ("data.tar", &plain)]);
    assert_eq!(read("x.deb", &whole).0, ["a.py"]);
    assert_refused("x.deb", b"!<arch>", "is damaged");
    assert_refused("x.deb", b"PK\x03\x04 and more", "it is no Debian package");
    assert_refused("x.deb", &whole[..8 + 60 + 4], "it ends before its files");
    assert_refused("x.deb", &whole[..whole.len() - 1024], "it ends before its end mark");
    assert_refused(
        "x.deb",
        &deb(&[("data.tar.lzma", b"")]),
        "nothing is known of the compression \".lzma\"",
    );
    let lying = String::from_utf8_lossy(&whole).replacen("4         `", "-4        `", 1);
    assert_refused("x.deb", lying.as_bytes(), "the header of a member is broken");
}

#[test]
fn paths_that_lead_out_are_refused() {
    let bad = ["../x.py", "/etc/x.py", "a/../../x.py", "C:\\x.py", "..\\x.py"];
    let mut entries: Vec<_> =
        bad.iter().map(|path| (*path, EntryType::Regular, &b"x"[..])).collect();
    entries.push(("good.py", EntryType::Regular, b"x"));
    let expected = (
        vec!["good.py".to_owned()],
        vec![
            r#"left out 5 entries whose paths lead out of the archive, the first is "../x.py""#
                .to_owned(),
        ],
    );
    assert_eq!(read("a.tar", &tar(&entries)), expected);
    let entries: Vec<_> = entries.iter().map(|&(path, _, content)| (path, content)).collect();
    assert_eq!(read("a.zip", &zip(&entries)), expected);
}

#[test]
fn links_and_devices_are_left_out() {
    let entries = [
        ("link.py", EntryType::Symlink, &b""[..]),
        ("hard.py", EntryType::Link, b""),
        ("device.py", EntryType::Char, b""),
        ("pipe.py", EntryType::Fifo, b""),
        ("good.py", EntryType::Regular, b"x"),
    ];
    let (files, notes) = read("a.tar.gz", &gzip(&tar(&entries)));
    assert_eq!(files, ["good.py"]);
    assert_eq!(notes, [r#"left out 4 entries that are links or devices, the first is "link.py""#]);

    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link.py", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let (files, notes) = read("a.zip", &writer.finish().unwrap().into_inner());
    assert!(files.is_empty());
    assert_eq!(notes, [r#"left out 1 entries that are links or devices, the first is "link.py""#]);
}

#[test]
fn bombs_are_stopped() {
    let zeros = vec![b'\n'; 40 << 20];
    let hidden = tar(&[("x.bin", EntryType::Regular, &zeros)]);
    let expected = "was not read to its end: it unpacks to more than 100 times its size";
    assert_refused("a.tar.gz", &gzip(&hidden), expected);
    assert_refused("a.tar.xz", &xz(&hidden), expected);
    drop(hidden);

    let part = vec![b'\n'; 1 << 20];
    let names: Vec<_> = (0..40).map(|i| format!("{i}.py")).collect();
    let entries: Vec<_> = names.iter().map(|name| (name.as_str(), part.as_slice())).collect();
    assert_refused("a.zip", &zip(&entries), expected);

    // A name of 8 MiB, which a tar reader holds in memory.
    let long_name = &zeros[..8 << 20];
    let named = tar(&[("././@LongLink", EntryType::GNULongName, long_name)]);
    assert_refused("a.tar", &named, "its headers are larger than those of any honest archive");

    let many = tar(&vec![("x", EntryType::Regular, &b""[..]); MAX_ARCHIVE_ENTRIES + 1]);
    assert_refused("a.tar", &many, "it has more than 200000 entries");
}

#[test]
fn large_files_are_left_out_by_their_declared_size() {
    let large = vec![b'\n'; MAX_SOURCE_FILE as usize + 1];
    let (files, notes) = read(
        "a.tar",
        &tar(&[("x.py", EntryType::Regular, &large), ("y.py", EntryType::Regular, b"")]),
    );
    assert_eq!(files, ["y.py"]);
    assert_eq!(notes, ["not indexed: 2097153 bytes or more, the limit is 2097152"]);
    assert_eq!(read("a.zip", &zip(&[("x.py", &large)])).1, notes);
}

#[test]
fn sizes_that_lie_are_found_out() {
    let mut lying = Vec::new();
    append(&mut lying, "x.py", EntryType::Regular, 1 << 40, b"x");
    append(&mut lying, "y.py", EntryType::Regular, 1, b"x");
    assert_refused("a.tar", &ended(lying), "is damaged: ");
    let mut lying = Vec::new();
    append(&mut lying, "x.py", EntryType::Regular, 5000, b"x");
    assert_refused("a.tar", &ended(lying), r#""x.py" is said to have 5000 bytes and has"#);

    // The size stands in the central directory, 24 bytes in.
    for (claim, expected) in
        [(3_u32, "is damaged: "), (900, r#""x.py" is said to have 900 bytes and has 300"#)]
    {
        let mut lying = zip(&[("x.py", &[b'x'; 300])]);
        let directory = lying.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap();
        lying[directory + 24..directory + 28].copy_from_slice(&claim.to_le_bytes());
        assert_refused("a.zip", &lying, expected);
    }
}

#[test]
fn truncated_and_corrupt_archives_are_refused() {
    let plain =
        tar(&[("x.py", EntryType::Regular, &[b'x'; 600]), ("y.py", EntryType::Regular, b"y")]);
    let forms = [
        ("a.tar", plain.clone()),
        ("a.tar.gz", gzip(&plain)),
        ("a.tar.bz2", bzip2(&plain)),
        ("a.tar.xz", xz(&plain)),
        ("a.zip", zip(&[("x.py", &[b'x'; 600]), ("y.py", b"y")])),
    ];
    for (name, bytes) in forms {
        // The blocks of zeros behind the end mark of a bare tar are no loss.
        let whole = if name == "a.tar" { bytes.len() - 512 } else { bytes.len() };
        for length in (0..whole).step_by(if name == "a.tar" { 64 } else { 1 }) {
            assert_refused(name, &bytes[..length], "is damaged: ");
        }
    }
    let mut corrupt = gzip(&plain);
    let checksum = corrupt.len() - 8;
    corrupt[checksum] ^= 1;
    assert_refused("a.tar.gz", &corrupt, "is damaged: ");
    assert_refused("a.zip", b"<html>not found</html>", "is damaged: ");
    assert_refused("a.crate", b"", "is damaged: ");
}

#[test]
fn the_last_of_equal_paths_counts() {
    let twice =
        tar(&[("x.py", EntryType::Regular, b"first"), ("./x.py", EntryType::Regular, b"last")]);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.tar");
    std::fs::write(&path, twice).unwrap();
    let form = ArchiveForm::from_path(&path).unwrap();
    let tree =
        collect(&path, form, &Selection::default(), &Spill::in_memory()).unwrap().sort_files();
    assert_eq!(tree.files.len(), 1);
    assert_eq!(tree.files[0].bytes().unwrap()[..], b"last"[..]);
    assert_eq!(tree.notes[0].message, "the path occurs more than once; the last file counts");
}
