//! Packages of Debian, by `apt-get`.
//!
//! A binary package comes from the lists that the system has. Most systems have no lists of
//! sources, so a source package comes from lists of birthmark's own: the archives are those that
//! the system's own files name, and the system's files, lists and caches stay as they are.
//!
//! ```text
//! /etc/apt/sources.list, sources.list.d/* --(types deb-src, suites of ?distro=)--> sources
//! sources --apt-get update--> lists, in the user's cache directory
//! lists   --apt-get source--> .dsc and the archives it names
//! ```

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use etcetera::{BaseStrategy, choose_base_strategy};
use tempfile::TempDir;

use super::{Fetched, Wanted, downloaded_archive, from_download, run};
use crate::ingest::{IngestError, Source};
use crate::text::manifest::{field, paragraphs};

const REMEDY: &str =
    "run it on Debian, or download the .deb file or the files of the .dsc and name it";

/// What the system does after an update or an installation, which is none of its concern here.
/// Options of the command line can only add to these lists.
const QUIET_CONFIGURATION: &str = "#clear APT::Update::Pre-Invoke;\n#clear APT::Update::Post-Invoke;\n\
    #clear APT::Update::Post-Invoke-Success;\n#clear DPkg::Pre-Invoke;\n#clear DPkg::Post-Invoke;\n";

/// Names of suites that are another name of a release.
const ALIASES: [&str; 6] = ["oldstable", "sid", "stable", "testing", "unstable", "oldoldstable"];

/// Fetches a package, or its source where the purl says `arch=source`.
pub(super) fn fetch(wanted: &Wanted<'_>) -> Result<Fetched, IngestError> {
    match wanted.purl.qualifier("arch").as_deref() {
        Some("source") => source(wanted),
        _ => binary(wanted),
    }
}

/// `apt-get download`, which installs nothing.
fn binary(wanted: &Wanted<'_>) -> Result<Fetched, IngestError> {
    let directory = wanted.workplace()?;
    let mut command = Command::new("apt-get");
    command.args(["download", "--quiet"]).arg(format!("{}={}", wanted.name, wanted.version));
    run(wanted, &directory, command, REMEDY).map_err(|error| match error {
        IngestError::Fetch { message, .. } => wanted.client_error(format!(
            "{message}; run apt-get update, and if the archive has replaced this version, name the new one"
        )),
        other => other,
    })?;
    downloaded_archive(wanted, directory)
}

/// `apt-get source --download-only`, which unpacks and builds nothing.
fn source(wanted: &Wanted<'_>) -> Result<Fetched, IngestError> {
    let directory = wanted.workplace()?;
    let apt = Apt::new(wanted, &directory)?;
    let lists = apt.ensure_lists(wanted, &directory)?;
    let mut fetched = apt.source(wanted, &directory);
    if fetched.is_err() && lists == Lists::Kept && left_dsc(&directory).is_none() {
        // The lists may be older than the package.
        let updated = apt.update(wanted, &directory);
        fetched = apt.source(wanted, &directory).map_err(|error| match (error, updated) {
            (error, Ok(())) => error,
            (error, Err(update)) => {
                wanted.client_error(format!("{error}; its lists are old: {update}"))
            }
        });
    }
    fetched.map_err(|error| match error {
        IngestError::Fetch { message, .. } if left_dsc(&directory).is_none() => wanted
            .client_error(format!(
                "{message}; check the version, and the release, which the purl names by `distro=`"
            )),
        other => other,
    })?;
    let dsc = left_dsc(&directory).ok_or_else(|| wanted.client_error("it left no .dsc file"))?;
    Ok(from_download(Source::DebianSource(dsc), directory))
}

fn left_dsc(directory: &TempDir) -> Option<PathBuf> {
    let files = fs::read_dir(directory.path()).ok()?.flatten().map(|entry| entry.path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "dsc")).min()
}

/// Where the lists of sources come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    /// An earlier run kept them.
    Kept,
    /// They were fetched just now.
    Fetched,
}

/// How apt-get is run, so that it touches nothing of the system's.
struct Apt {
    lists: PathBuf,
    options: Vec<String>,
}

impl Apt {
    fn new(wanted: &Wanted<'_>, directory: &TempDir) -> Result<Apt, IngestError> {
        let distro = wanted.purl.qualifier("distro");
        if distro.as_deref().is_some_and(|distro| !super::is_plain(distro)) {
            let client = wanted.client;
            return Err(IngestError::OddName { purl: wanted.purl.clone(), client });
        }
        let sources = sources(&System::read(), distro.as_deref());
        if sources.is_empty() {
            return Err(wanted.client_error(
                "the system's apt sources name no archive of that release; add one to /etc/apt/sources.list.d",
            ));
        }
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::write(&path, text)
                .map_err(|error| IngestError::Unreadable { path: path.clone(), error })?;
            Ok::<_, IngestError>(path)
        };
        let configuration = write("apt.conf", QUIET_CONFIGURATION)?;
        let sources = write("birthmark.sources", &sources)?;
        let lists = lists(distro.as_deref().unwrap_or("system"), directory);
        let cache = directory.path().join("cache");
        for folder in [lists.join("partial"), cache.join("archives").join("partial")] {
            fs::create_dir_all(&folder)
                .map_err(|error| IngestError::Unreadable { path: folder.clone(), error })?;
        }
        let mut options =
            vec!["-q".to_owned(), "-c".to_owned(), configuration.display().to_string()];
        for (key, value) in [
            ("Dir::Etc::sourcelist", sources.as_path()),
            ("Dir::Etc::sourceparts", Path::new("/dev/null")),
            ("Dir::State::lists", &lists),
            ("Dir::Cache", &cache),
        ] {
            options.extend(["-o".to_owned(), format!("{key}={}", value.display())]);
        }
        // The directories are the user's own, into which apt's own user could not write.
        for option in ["APT::Sandbox::User=root", "Acquire::Languages=none"] {
            options.extend(["-o".to_owned(), option.to_owned()]);
        }
        Ok(Apt { lists, options })
    }

    /// Fetches lists of sources where there are none.
    fn ensure_lists(&self, wanted: &Wanted<'_>, directory: &TempDir) -> Result<Lists, IngestError> {
        let _turn = self.turn()?;
        if self.has_lists() {
            return Ok(Lists::Kept);
        }
        let updated = self.run_update(wanted, directory);
        // An archive without sources makes the update fail, but the others' lists are there.
        if self.has_lists() { Ok(Lists::Fetched) } else { updated.map(|()| Lists::Fetched) }
    }

    /// Waits for this process's turn to update the lists: apt-get refuses those that another one is
    /// writing, and a build fetches in several processes.
    fn turn(&self) -> Result<File, IngestError> {
        let path = self.lists.with_extension("turn");
        let opened = File::create(&path).and_then(|file| file.lock().map(|()| file));
        opened.map_err(|error| IngestError::Unreadable { path, error })
    }

    fn has_lists(&self) -> bool {
        let mut names = fs::read_dir(&self.lists).into_iter().flatten().flatten();
        names.any(|entry| entry.file_name().to_string_lossy().contains("_Sources"))
    }

    fn update(&self, wanted: &Wanted<'_>, directory: &TempDir) -> Result<(), IngestError> {
        let _turn = self.turn()?;
        self.run_update(wanted, directory)
    }

    fn run_update(&self, wanted: &Wanted<'_>, directory: &TempDir) -> Result<(), IngestError> {
        let mut command = Command::new("apt-get");
        command.args(&self.options).arg("update");
        run(wanted, directory, command, REMEDY)
    }

    fn source(&self, wanted: &Wanted<'_>, directory: &TempDir) -> Result<(), IngestError> {
        let mut command = Command::new("apt-get");
        command.args(&self.options).args(["source", "--only-source", "--download-only"]);
        command.arg(format!("{}={}", wanted.name, wanted.version));
        run(wanted, directory, command, REMEDY)
    }
}

/// Where lists of sources are kept between runs: one release's has ten megabytes. A user without a
/// home fetches them each time.
fn lists(release: &str, directory: &TempDir) -> PathBuf {
    let of_user = choose_base_strategy().ok().map(|it| it.cache_dir().join("birthmark"));
    let base = of_user.unwrap_or_else(|| directory.path().to_owned());
    base.join("apt").join(release).join("lists")
}

/// What the system says of the archives that it uses.
#[derive(Debug, Default)]
struct System {
    /// The name of its release.
    codename: String,
    /// The texts of its files in the older form, of a line for each archive.
    lists: Vec<String>,
    /// The texts of its files in the newer form, of a paragraph for each archive.
    paragraphs: Vec<String>,
}

impl System {
    fn read() -> System {
        let apt = Path::new("/etc/apt");
        let parts = fs::read_dir(apt.join("sources.list.d")).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = parts.map(|entry| entry.path()).collect();
        paths.sort();
        paths.insert(0, apt.join("sources.list"));
        let texts = |extension: &str| {
            let of_form = paths
                .iter()
                .filter(|path| path.extension().is_some_and(|found| found == extension));
            of_form.filter_map(|path| fs::read_to_string(path).ok()).collect()
        };
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        let codename = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
        System {
            codename: codename.unwrap_or_default().trim_matches('"').to_owned(),
            lists: texts("list"),
            paragraphs: texts("sources"),
        }
    }
}

/// An archive that the system uses.
#[derive(Debug, Default)]
struct Archive {
    uris: String,
    suites: Vec<String>,
    components: String,
    /// The key that signs it, as the file has it: a path, or the key itself over several lines.
    signed_by: Option<String>,
}

/// The sources that the system's archives offer, as a file for apt-get. With a release, its suites
/// take the place of those of the system's release, and archives of other suites are left out.
fn sources(system: &System, release: Option<&str>) -> String {
    let of_lines = system.lists.iter().flat_map(|text| text.lines()).filter_map(from_line);
    let of_paragraphs =
        system.paragraphs.iter().flat_map(|text| paragraphs(text)).filter_map(from_paragraph);
    let mut text = String::new();
    for mut archive in of_lines.chain(of_paragraphs) {
        if let Some(release) = release {
            let suites = archive.suites.iter();
            archive.suites = suites.filter_map(|suite| system.suite_of(release, suite)).collect();
        }
        let mut seen = HashSet::new();
        archive.suites.retain(|suite| seen.insert(suite.clone()));
        if archive.suites.is_empty() {
            continue;
        }
        let suites = archive.suites.join(" ");
        text.push_str(&format!("Types: deb-src\nURIs: {}\nSuites: {suites}\n", archive.uris));
        if !archive.components.is_empty() {
            text.push_str(&format!("Components: {}\n", archive.components));
        }
        match archive.signed_by {
            Some(key) if key.contains('\n') => {
                text.push_str(&format!("Signed-By:\n {}\n", key.replace('\n', "\n ")));
            }
            Some(key) => text.push_str(&format!("Signed-By: {key}\n")),
            None => {}
        }
        text.push('\n');
    }
    text
}

impl System {
    /// The suite of another release: `trixie-security` for `bookworm-security`.
    fn suite_of(&self, release: &str, suite: &str) -> Option<String> {
        let end = suite.find(['-', '/']).unwrap_or(suite.len());
        let (base, rest) = suite.split_at(end);
        let is_own = base == release || base == self.codename || ALIASES.contains(&base);
        is_own.then(|| format!("{release}{rest}"))
    }
}

/// `deb [signed-by=/a/key.gpg arch=amd64] URI SUITE COMPONENT...`
fn from_line(line: &str) -> Option<Archive> {
    let line = line.split('#').next()?.trim();
    let rest = line.strip_prefix("deb-src").or_else(|| line.strip_prefix("deb"))?;
    let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace().map(str::to_owned);
    let key = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by="));
    Some(Archive {
        uris: words.next()?,
        suites: vec![words.next()?],
        components: words.collect::<Vec<_>>().join(" "),
        signed_by: key.map(|key| key.replace(',', " ")),
    })
}

fn from_paragraph(paragraph: Vec<(String, String)>) -> Option<Archive> {
    let field = |name: &str| field(&paragraph, name);
    if field("Enabled").is_some_and(|said| said.eq_ignore_ascii_case("no")) {
        return None;
    }
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Archive {
        uris: words(field("URIs")?),
        suites: field("Suites")?.split_whitespace().map(str::to_owned).collect(),
        components: words(field("Components").unwrap_or_default()),
        signed_by: field("Signed-By").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_those_of_the_systems_archives() {
        let system = System {
            codename: "bookworm".to_owned(),
            lists: vec![
                "# deb http://no.example a b\ndeb [arch=amd64 signed-by=/k.gpg] http://a.example/x stable main # why\n\
                 deb http://b.example/tools nodistro main\n"
                    .to_owned(),
            ],
            paragraphs: vec![
                "Types: deb\n# a mirror\nURIs: http://c.example/debian\nSuites: bookworm bookworm-updates\n\
                 Components: main contrib\nSigned-By:\n -----BEGIN\n .\n abc\n\nEnabled: no\nTypes: deb\n\
                 URIs: http://d.example\nSuites: bookworm\n"
                    .to_owned(),
            ],
        };
        let own = sources(&system, None);
        let expected = "Types: deb-src\nURIs: http://a.example/x\nSuites: stable\nComponents: main\nSigned-By: /k.gpg\n\n\
             Types: deb-src\nURIs: http://b.example/tools\nSuites: nodistro\nComponents: main\n\n\
             Types: deb-src\nURIs: http://c.example/debian\nSuites: bookworm bookworm-updates\n\
             Components: main contrib\nSigned-By:\n -----BEGIN\n .\n abc\n\n";
        assert_eq!(own, expected);
        let other = sources(&system, Some("trixie"));
        let suites: Vec<&str> = other.lines().filter(|line| line.starts_with("Suites")).collect();
        assert_eq!(suites, ["Suites: trixie", "Suites: trixie trixie-updates"]);
        assert_eq!(sources(&System::default(), Some("trixie")), "");
    }
}
