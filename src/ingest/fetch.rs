//! Packages, fetched by their ecosystem's own client, so that a user's mirrors, credentials and
//! proxies apply.
//!
//! The clients run in an empty temporary directory: cargo obeys the `.cargo/config.toml` and
//! `rust-toolchain` of the directory it stands in, and those may be hostile.

mod apt;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::source::ArchiveForm;
use super::{BuildScripts, IngestError, Source};
use crate::judgement::finding::{Note, NoteKind};
use crate::project::git::last_line;
use crate::purl::Purl;

/// A package on disk, for as long as this lives.
pub(super) struct Fetched {
    /// An archive, or the description of a Debian source.
    pub(super) source: Source,
    pub(super) notes: Vec<Note>,
    _directory: TempDir,
}

/// How a client fetches a package.
type Fetch = fn(&Wanted<'_>) -> Result<Fetched, IngestError>;

/// Fetches a package.
pub(super) fn fetch(purl: &Purl, build_scripts: BuildScripts) -> Result<Fetched, IngestError> {
    let Some(version) = purl.version() else {
        return Err(IngestError::NoVersion { purl: purl.clone() });
    };
    let (client, fetch): (_, Fetch) = match purl.kind().as_str() {
        "cargo" => ("cargo", cargo),
        "pypi" => ("pip", pip),
        "npm" => ("npm", npm),
        "deb" => ("apt-get", apt::fetch),
        _ => return Err(IngestError::UnknownEcosystem { purl: purl.clone() }),
    };
    let name = match (purl.namespace(), client) {
        // The scope of an npm package belongs to its name.
        (Some(scope), "npm") => format!("{scope}/{}", purl.name()),
        // apt-get need not be told a Debian package's distribution; others have no namespace.
        _ => purl.name(),
    };
    let is_name = match name.strip_prefix('@').and_then(|name| name.split_once('/')) {
        Some((scope, name)) => client == "npm" && is_plain(scope) && is_plain(name),
        None => is_plain(&name),
    };
    if !is_name || !is_plain(&version) {
        return Err(IngestError::OddName { purl: purl.clone(), client });
    }
    fetch(&Wanted { purl, name, version, client, build_scripts })
}

struct Wanted<'a> {
    purl: &'a Purl,
    name: String,
    version: String,
    client: &'static str,
    build_scripts: BuildScripts,
}

impl Wanted<'_> {
    fn client_error(&self, message: impl Into<String>) -> IngestError {
        IngestError::Fetch { purl: self.purl.clone(), client: self.client, message: message.into() }
    }

    fn workplace(&self) -> Result<TempDir, IngestError> {
        tempfile::tempdir()
            .map_err(|error| IngestError::Unreadable { path: std::env::temp_dir(), error })
    }
}

/// Nothing that a client could take for an option, a path or a requirement of another kind.
fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-+!~:".contains(c))
}

/// `cargo info` fetches exactly one crate into cargo's cache.
fn cargo(wanted: &Wanted) -> Result<Fetched, IngestError> {
    let directory = wanted.workplace()?;
    let cache = cargo_home().join("registry").join("cache");
    let file_name = format!("{}-{}.crate", wanted.name, wanted.version);
    let mut cached = find_crate(&cache, &file_name);
    if cached.is_none() {
        let mut command = Command::new("cargo");
        command
            .args(["info", "--color", "never"])
            .arg(format!("{}@{}", wanted.name, wanted.version));
        let remedy = "install Rust's cargo, or download the .crate file and name it";
        run(wanted, &directory, command, remedy)?;
        cached = find_crate(&cache, &file_name);
    }
    let archive = cached.ok_or_else(|| {
        wanted.client_error(format!("it left no {file_name} in {}", cache.display()))
    })?;
    let form = ArchiveForm::from_path(&archive).expect("the suffix is .crate");
    Ok(from_download(Source::Archive { path: archive, form }, directory))
}

fn cargo_home() -> PathBuf {
    match std::env::var_os("CARGO_HOME") {
        Some(home) if !home.is_empty() => PathBuf::from(home),
        _ => std::env::home_dir().unwrap_or_default().join(".cargo"),
    }
}

/// The crate as cargo used it last: a crate of that name may lie in the caches of several
/// registries.
fn find_crate(cache: &Path, file_name: &str) -> Option<PathBuf> {
    let registries = fs::read_dir(cache).ok()?.flatten();
    let mut found: Vec<_> = registries
        .map(|registry| registry.path().join(file_name))
        .filter_map(|path| {
            Some((fs::metadata(&path).ok().filter(fs::Metadata::is_file)?.modified().ok()?, path))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, path)| path)
}

/// `pip download` of a wheel. Where there is none and building is allowed, of the source
/// distribution, for which pip runs its build script.
fn pip(wanted: &Wanted) -> Result<Fetched, IngestError> {
    let directory = wanted.workplace()?;
    let binaries = match wanted.build_scripts {
        BuildScripts::Refuse => "--only-binary=:all:",
        BuildScripts::Allow => "--prefer-binary",
    };
    pip_download(wanted, &directory, binaries).map_err(|error| {
        match (wanted.build_scripts, error) {
            (BuildScripts::Refuse, IngestError::Fetch { purl, message, .. }) => {
                IngestError::NoWheel { purl, message }
            }
            (_, error) => error,
        }
    })?;
    let mut fetched = downloaded_archive(wanted, directory)?;
    if !matches!(fetched.source, Source::Archive { form: ArchiveForm::Wheel, .. }) {
        fetched.notes.push(Note {
            path: None,
            kind: NoteKind::Info,
            message: format!(
                "{} ships no wheel for this platform; pip ran its build script to learn its metadata",
                wanted.purl
            ),
        });
    }
    Ok(fetched)
}

/// `npm pack` of a published package, which runs no script of it.
fn npm(wanted: &Wanted) -> Result<Fetched, IngestError> {
    let directory = wanted.workplace()?;
    let mut command = Command::new("npm");
    command
        .args(["pack", "--loglevel=error", "--ignore-scripts", "--no-update-notifier"])
        .arg(format!("{}@{}", wanted.name, wanted.version));
    run(wanted, &directory, command, "install npm, or download the .tgz file and name it")?;
    downloaded_archive(wanted, directory)
}

fn from_download(source: Source, directory: TempDir) -> Fetched {
    Fetched { source, notes: Vec::new(), _directory: directory }
}

/// The archive that a client left in its directory.
fn downloaded_archive(wanted: &Wanted, directory: TempDir) -> Result<Fetched, IngestError> {
    let files = fs::read_dir(directory.path()).into_iter().flatten().flatten();
    let mut archives: Vec<_> = files
        .map(|entry| entry.path())
        .filter_map(|path| ArchiveForm::from_path(&path).map(|form| (path, form)))
        .collect();
    archives.sort_by(|a, b| a.0.cmp(&b.0));
    let (path, form) = archives
        .into_iter()
        .next()
        .ok_or_else(|| wanted.client_error("it left no archive that birthmark reads"))?;
    Ok(from_download(Source::Archive { path, form }, directory))
}

fn pip_download(wanted: &Wanted, directory: &TempDir, binaries: &str) -> Result<(), IngestError> {
    let mut command = Command::new("python3");
    command
        .args(["-m", "pip", "download", "--no-deps", "--quiet", "--no-input"])
        .args(["--disable-pip-version-check", "--dest", ".", binaries])
        .arg(format!("{}=={}", wanted.name, wanted.version));
    let remedy = "install Python with pip, or download the wheel and name it";
    run(wanted, directory, command, remedy)
}

fn run(
    wanted: &Wanted,
    directory: &TempDir,
    mut command: Command,
    remedy: &'static str,
) -> Result<(), IngestError> {
    let output = command
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| IngestError::NoProgram { program: wanted.client, error, remedy })?;
    if output.status.success() {
        Ok(())
    } else {
        Err(wanted.client_error(reason(wanted.client, &output.stderr)))
    }
}

/// Why a client failed: the last line that it wrote. apt-get ends with how many errors there were,
/// and npm with advice and a log; their first error is the reason.
fn reason(client: &str, output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let is_reason = |line: &&str| match client {
        "apt-get" => line.starts_with("E: "),
        "npm" => ["npm error ", "npm ERR! "]
            .iter()
            .any(|start| line.strip_prefix(start).is_some_and(|rest| !rest.starts_with("code "))),
        _ => false,
    };
    last_line(text.lines().find(is_reason).map_or(output, str::as_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_clients_would_misread_are_refused() {
        let cases = [
            ("pkg:pypi/six", "names no version"),
            ("pkg:gem/rake@1.0.0", "birthmark fetches pkg:cargo, pkg:pypi, pkg:npm and pkg:deb"),
            ("pkg:npm/scope/x@1.0.0", "is not a package name and version that npm could fetch"),
            ("pkg:npm/%40-g/x@1.0.0", "is not a package name and version that npm could fetch"),
            ("pkg:npm/%40a/b/x@1.0.0", "is not a package name and version that npm could fetch"),
            (
                "pkg:deb/debian/zlib@1?arch=source&distro=-o",
                "is not a package name and version that apt-get could fetch",
            ),
            ("pkg:deb/debian/-o@1", "is not a package name and version that apt-get could fetch"),
            ("pkg:pypi/--index-url=x@1", "is not a package name and version that pip could fetch"),
            (
                "pkg:cargo/serde@1%20--offline",
                "is not a package name and version that cargo could fetch",
            ),
        ];
        for (purl, expected) in cases {
            let error =
                fetch(&purl.parse().unwrap(), BuildScripts::Refuse).err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn the_reason_of_a_client_is_its_first_error_or_its_last_line() {
        let output = b"W: old\nE: Failed to fetch x  404\nE: Failed to fetch some archives.\n";
        assert_eq!(reason("apt-get", output), "E: Failed to fetch x 404");
        assert_eq!(reason("pip", output), "E: Failed to fetch some archives.");
        assert_eq!(reason("apt-get", b"one\ntwo\n"), "two");
        let output =
            b"npm error code ETARGET\nnpm error notarget No matching version found for x@9.\n\
            npm error A complete log of this run can be found in: y\n";
        let expected = "npm error notarget No matching version found for x@9.";
        assert_eq!(reason("npm", output), expected);
    }

    #[test]
    fn the_crate_fetched_last_is_taken() {
        let cache = tempfile::tempdir().unwrap();
        for (registry, age) in [("a.example-1", 0), ("z.example-2", 3600)] {
            fs::create_dir(cache.path().join(registry)).unwrap();
            let file = fs::File::create(cache.path().join(registry).join("x-1.0.0.crate")).unwrap();
            file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(age))
                .unwrap();
        }
        let found = find_crate(cache.path(), "x-1.0.0.crate").unwrap();
        assert!(found.starts_with(cache.path().join("a.example-1")));
        assert_eq!(find_crate(cache.path(), "x-2.0.0.crate"), None);
    }
}
