//! What to ingest, as a word of a command line or a recipe.

use std::fmt;
use std::path::{Path, PathBuf};

use super::{IngestError, debian};
use crate::project::walk::display_path;
use crate::purl::Purl;

/// Where a component comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A directory. The top of a git work tree stands for its tracked files, as they are in the
    /// work tree; any other directory for what the ignore rules leave.
    Directory(PathBuf),
    /// One source file. No word means it: a package is not one file, an idiom may be.
    File(PathBuf),
    /// The files of a revision, from the repository's object store: `git+DIRECTORY@REVISION`.
    GitRevision {
        /// A directory of the repository.
        repository: PathBuf,
        /// Anything that names a commit: a branch, a tag, an id.
        revision: String,
    },
    /// An archive, read in memory.
    Archive {
        /// The file.
        path: PathBuf,
        /// How it is packed, by its name.
        form: ArchiveForm,
    },
    /// A Debian source package, by its `.dsc` file. The archives that the file lists are in the same
    /// folder.
    DebianSource(PathBuf),
    /// A package, fetched by its ecosystem's client: `pkg:pypi/NAME@VERSION`,
    /// `pkg:cargo/NAME@VERSION`, `pkg:npm/NAME@VERSION`, `pkg:deb/debian/NAME@VERSION`; with
    /// `?arch=source` the last is a source package, and `distro=bookworm` names its release.
    ///
    /// pip runs the build script of a package that ships no wheel, to learn its metadata. Such a
    /// package is refused unless [`BuildScripts::Allow`](super::BuildScripts) is given; its source
    /// archive can be named instead.
    Package(Purl),
}

/// How an archive is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveForm {
    /// A tape archive under a compression.
    Tar(Compression),
    /// A zip archive.
    Zip,
    /// A Python wheel: a zip archive whose top folder belongs to the paths.
    Wheel,
    /// A Debian binary package: an `ar` archive that holds the files as a tape archive.
    Deb,
}

/// What a tape archive is compressed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Nothing.
    None,
    /// gzip.
    Gzip,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// Zstandard.
    Zstd,
}

impl ArchiveForm {
    /// The suffixes for messages; a test compares them with the table.
    pub(crate) const SUFFIXES: &str =
        ".crate, .whl, .deb, .zip, .jar, .tar, .tar.gz, .tgz, .tar.bz2, .tar.xz, .tar.zst";

    const TABLE: [(&str, ArchiveForm); 11] = [
        (".crate", ArchiveForm::Tar(Compression::Gzip)),
        (".whl", ArchiveForm::Wheel),
        (".deb", ArchiveForm::Deb),
        (".zip", ArchiveForm::Zip),
        (".jar", ArchiveForm::Zip),
        (".tar", ArchiveForm::Tar(Compression::None)),
        (".tar.gz", ArchiveForm::Tar(Compression::Gzip)),
        (".tgz", ArchiveForm::Tar(Compression::Gzip)),
        (".tar.bz2", ArchiveForm::Tar(Compression::Bzip2)),
        (".tar.xz", ArchiveForm::Tar(Compression::Xz)),
        (".tar.zst", ArchiveForm::Tar(Compression::Zstd)),
    ];

    /// The form of an archive of that name.
    pub fn from_path(path: &Path) -> Option<ArchiveForm> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let row = Self::TABLE.iter().find(|(suffix, _)| name.ends_with(suffix));
        row.map(|&(_, form)| form)
    }

    /// Returns the name and version in an archive's file name: `six-1.17.0.tar.gz`,
    /// `six-1.17.0-py3-none-any.whl`, `python3-six_1.16.0-4_all.deb`.
    pub(super) fn name_and_version(path: &Path) -> (String, Option<String>) {
        let name = display_path(Path::new(path.file_name().unwrap_or_default()));
        let lower = name.to_ascii_lowercase();
        let row = Self::TABLE.iter().find(|(suffix, _)| lower.ends_with(suffix));
        let stem = &name[..name.len() - row.map_or(0, |(suffix, _)| suffix.len())];
        if let Some((_, ArchiveForm::Deb)) = row {
            // Names of files write the colon behind the epoch of a version as `%3a`.
            let mut parts = stem.split('_').map(|part| part.replace("%3a", ":"));
            return (parts.next().unwrap_or_default(), parts.next());
        }
        if let Some((name, version)) = debian::name_and_version(stem) {
            return (name, Some(version));
        }
        let begins_version = |at: &usize| stem[at + 1..].starts_with(|c: char| c.is_ascii_digit());
        match stem.match_indices('-').map(|(at, _)| at).find(begins_version) {
            None | Some(0) => (stem.to_owned(), None),
            Some(at) => {
                let version = &stem[at + 1..];
                let end = match row {
                    Some((_, ArchiveForm::Wheel)) => version.find('-'),
                    _ => None,
                };
                let version = &version[..end.unwrap_or(version.len())];
                (stem[..at].to_owned(), Some(version.to_owned()))
            }
        }
    }
}

impl Source {
    /// Reads a word; relative paths are relative to `base`.
    ///
    /// # Errors
    /// If it names nothing that can be ingested.
    pub fn parse(word: &str, base: &Path) -> Result<Source, IngestError> {
        if word.starts_with("pkg:") {
            return Ok(Source::Package(word.parse()?));
        }
        if let Some(rest) = word.strip_prefix("git+") {
            return revision(rest, base)
                .ok_or_else(|| IngestError::NoRepository { word: word.to_owned() });
        }
        let path = base.join(word);
        if path.is_dir() {
            return Ok(Source::Directory(path));
        }
        if !path.exists() {
            return Err(IngestError::NotThere { word: word.to_owned() });
        }
        if debian::is_description(&path) {
            return Ok(Source::DebianSource(path));
        }
        match ArchiveForm::from_path(&path) {
            Some(form) => Ok(Source::Archive { path, form }),
            None => Err(IngestError::NotAnArchive { path }),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Directory(path)
            | Source::File(path)
            | Source::DebianSource(path)
            | Source::Archive { path, .. } => f.write_str(&display_path(path)),
            Source::GitRevision { repository, revision } => {
                write!(f, "git+{}@{revision}", display_path(repository))
            }
            Source::Package(purl) => purl.fmt(f),
        }
    }
}

/// Splits `DIRECTORY@REVISION` at the first `@` that has a directory before it: both parts may hold
/// others (`HEAD@{1}`). Without a revision it is that which is checked out.
fn revision(rest: &str, base: &Path) -> Option<Source> {
    let (directory, revision) = rest
        .match_indices('@')
        .map(|(at, _)| (&rest[..at], &rest[at + 1..]))
        .chain([(rest, "HEAD")])
        .find(|(directory, revision)| base.join(directory).is_dir() && !revision.is_empty())?;
    Some(Source::GitRevision { repository: base.join(directory), revision: revision.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart() {
        let base = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(base.path().join("a@b")).unwrap();
        for name in ["x-1.0.TAR.GZ", "x.crate", "x-1-py3-none-any.whl", "x_1.dsc", "x.py"] {
            std::fs::write(base.path().join(name), "").unwrap();
        }
        let git = |revision: &str| Source::GitRevision {
            repository: base.path().join("a@b"),
            revision: revision.to_owned(),
        };
        let archive = |name: &str, form| Source::Archive { path: base.path().join(name), form };
        let cases = [
            ("a@b", Source::Directory(base.path().join("a@b"))),
            ("git+a@b@v1.0", git("v1.0")),
            ("git+a@b@HEAD@{1}", git("HEAD@{1}")),
            ("git+a@b", git("HEAD")),
            ("x-1.0.TAR.GZ", archive("x-1.0.TAR.GZ", ArchiveForm::Tar(Compression::Gzip))),
            ("x.crate", archive("x.crate", ArchiveForm::Tar(Compression::Gzip))),
            ("x-1-py3-none-any.whl", archive("x-1-py3-none-any.whl", ArchiveForm::Wheel)),
            ("pkg:pypi/six@1.17.0", Source::Package("pkg:pypi/six@1.17.0".parse().unwrap())),
        ];
        for (word, expected) in cases {
            assert_eq!(Source::parse(word, base.path()).unwrap(), expected, "{word}");
        }
        let failures = [
            ("gone", "\"gone\" is neither a directory nor a file; expected a directory, git+"),
            ("x.py", "x.py\" is not an archive birthmark reads (.crate, "),
            ("git+gone@HEAD", "\"git+gone@HEAD\" names no directory before the `@`"),
            ("pkg:six", "`pkg:six` is not a package URL"),
        ];
        for (word, expected) in failures {
            let message = Source::parse(word, base.path()).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn archive_names_tell_versions() {
        let cases = [
            ("d/six-1.17.0.tar.gz", "six 1.17.0"),
            ("six-1.17.0-py3-none-any.whl", "six 1.17.0"),
            ("tree-sitter-0.27.1-rc.1.crate", "tree-sitter 0.27.1-rc.1"),
            ("main.zip", "main -"),
            ("python3-six_1%3a1.16.0-4_all.deb", "python3-six 1:1.16.0-4"),
            ("odd.deb", "odd -"),
            ("zlib_1.2-3.orig.tar.xz", "zlib 1.2-3"),
            ("zlib_1.2-3.debian.tar.xz", "zlib 1.2-3"),
        ];
        for (path, expected) in cases {
            let (name, version) = ArchiveForm::name_and_version(Path::new(path));
            assert_eq!(format!("{name} {}", version.unwrap_or("-".to_owned())), expected);
        }
    }

    #[test]
    fn the_listed_suffixes_are_those_of_the_table() {
        assert_eq!(ArchiveForm::SUFFIXES, ArchiveForm::TABLE.map(|(suffix, _)| suffix).join(", "));
    }
}
