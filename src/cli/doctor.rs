//! `birthmark doctor`: whether birthmark works here, and what a scan of this place would use.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::bail;
use clap::{Args, ValueHint};

use super::exit::ExitStatus;
use super::flags::{self, CheckArgs, ConfigArgs};
use super::matrix::Chosen;
use super::output::{Output, Painted};
use super::pack;
use super::request::{Request, ScanOptions};
use crate::engine::evidence::{Chance, Threshold};
use crate::engine::index::{Index, IndexError, IndexName, PackPin, Part, packs_directory};
use crate::license::{Matrix, MatrixSource};
use crate::packs::PackStore;
use crate::project::config::Organisation;
use crate::report::Format;
use crate::report::doctor::{self, Diagnosis, State};
use crate::report::strength::{about, bits_in_words};
use crate::report::words::{count, describe_license};
use crate::scan::self_test::{SelfTestError, self_test};
use crate::session::idioms;

/// Check that birthmark works here, and show what a scan would use.
///
/// Reads the configuration, verifies every index, names the licence, looks for git, and tries
/// itself on a planted copy. The index holds no source text: what is planted is a file that
/// birthmark brings along and indexes for the occasion.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark doctor
  birthmark doctor crates/parser --format json

Exit status: 0 birthmark works here, perhaps with advice; 2 something is broken")]
pub(crate) struct DoctorArgs {
    /// File or directory that a scan would check
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath, default_value = ".")]
    pub path: PathBuf,
    #[command(flatten)]
    pub check: CheckArgs,
    /// Format of the diagnosis
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: flags::Format,
}

pub(super) fn run(args: DoctorArgs, matrix: anyhow::Result<Chosen>) -> anyhow::Result<ExitStatus> {
    let (format, place) = (args.format.into(), args.path.clone());
    if !place.exists() {
        bail!("`{}` does not exist; name an existing file or directory", place.display());
    }
    let mut diagnosis = Diagnosis::default();
    program(&mut diagnosis);
    let args = organisation(args, &mut diagnosis);
    let request = configuration(args, &mut diagnosis)?;
    let sound = indexes(&request, &mut diagnosis);
    idioms(&request, &mut diagnosis);
    license(&request, &mut diagnosis);
    matrix_in_use(matrix, &mut diagnosis);
    threshold(&request, &sound, &mut diagnosis);
    planted_copy(&sound, &mut diagnosis);
    git(&place, &mut diagnosis);
    draw(&diagnosis, format)
}

fn draw(diagnosis: &Diagnosis, format: Format) -> anyhow::Result<ExitStatus> {
    let mut drawn = Vec::new();
    match format {
        Format::Json => doctor::json(diagnosis, &mut drawn)?,
        Format::Text => doctor::text(diagnosis, &mut drawn)?,
    }
    Output::Standard.write(&drawn, Painted::of(format))?;
    Ok(match diagnosis.state() {
        State::Broken => ExitStatus::Failure,
        State::Ok | State::Advice => ExitStatus::Success,
    })
}

fn program(diagnosis: &mut Diagnosis) {
    let place = match std::env::current_exe() {
        Ok(path) => format!(" at {}", path.display()),
        Err(_) => String::new(),
    };
    diagnosis.ok("program", format!("birthmark {}{place}", env!("CARGO_PKG_VERSION")));
}

/// The organisation's policy, if one is named. What follows is looked at without one that is broken.
fn organisation(mut args: DoctorArgs, diagnosis: &mut Diagnosis) -> DoctorArgs {
    let Some(file) = args.check.policy.org_policy.take() else { return args };
    match Organisation::load(&file, &args.path) {
        Ok(policy) => {
            let digest = policy.digest.get(..12).unwrap_or_default();
            diagnosis.ok("policy", format!("the organisation's, {} ({digest})", file.display()));
            args.check.policy.org_policy = Some(file);
        }
        Err(error) => {
            let remedy =
                "correct it; no scan is done with it, and what follows was looked at without";
            diagnosis.note_failure("policy", error.to_string(), Some(remedy));
        }
    }
    args
}

/// The scan that would be done. Where the configuration is broken, the one that would be done
/// without it.
fn configuration(args: DoctorArgs, diagnosis: &mut Diagnosis) -> anyhow::Result<Request> {
    let without = ConfigArgs { config: None, no_config: true };
    let without =
        DoctorArgs { check: CheckArgs { config: without, ..args.check.clone() }, ..args.clone() };
    match Request::new(options(args)) {
        Ok(request) => {
            let said = match request.session().config().file.as_ref() {
                Some(file) => file.path.display().to_string(),
                None => "none: every setting has its default".to_owned(),
            };
            diagnosis.ok("configuration", said);
            Ok(request)
        }
        Err(error) => {
            let remedy = "correct it; what follows was looked at without it";
            diagnosis.note_failure("configuration", format!("{error:#}"), Some(remedy));
            Request::new(options(without))
        }
    }
}

fn options(args: DoctorArgs) -> ScanOptions {
    ScanOptions::of(vec![args.path], args.check)
}

/// Opens and verifies each index that a scan would ask; returns those that are sound.
fn indexes(request: &Request, diagnosis: &mut Diagnosis) -> Vec<Part> {
    let mut sound = Vec::new();
    for name in request.session().indexes() {
        match verify(name) {
            Ok(part) => {
                diagnosis.ok("index", contents(&part));
                if let IndexName::Pack(pin) = name {
                    age(pin, diagnosis);
                }
                sound.push(part);
            }
            Err(error) => diagnosis.note_failure("index", error.to_string(), None),
        }
    }
    sound
}

/// Days from which a pack is old.
const OLD_DAYS: u32 = 30;

/// How old a pack is, and whether it may still be fetched.
fn age(pin: &PackPin, diagnosis: &mut Diagnosis) {
    let (Ok(today), Some(packs)) = (pack::today(), packs_directory()) else { return };
    let days = today.days().saturating_sub(pin.generation.day.days());
    let list = PackStore::new(packs.to_owned()).list(pin).ok().flatten();
    let expires = list.and_then(|list| list.expires().ok());
    let last = expires.map_or_else(String::new, |day| format!(", expires on {day}"));
    let age = count(u64::from(days), "day");
    let message = format!("{}@{} is {age} old{last}", pin.name, pin.generation);
    if days > OLD_DAYS || expires.is_some_and(|day| day < today) {
        let remedy = format!("pin a newer one: birthmark pack pull {}", pin.name);
        diagnosis.advise("pack", message, &remedy);
    } else {
        diagnosis.ok("pack", message)
    }
}

/// What the threshold comes to against the indexes that are sound, if any is.
fn threshold(request: &Request, sound: &[Part], diagnosis: &mut Diagnosis) {
    if sound.is_empty() {
        return;
    }
    let names: Vec<IndexName> = sound.iter().map(|part| part.name.clone()).collect();
    let Ok(index) = Index::open(&names) else { return };
    let chances = index.families().map(|family| Chance::against(&index, family));
    let chances: Vec<Chance> = chances.collect();
    let session = request.session();
    let Some(threshold) = chances.first().map(|&chance| session.threshold(chance)) else { return };
    let bits = bits_in_words(chances.iter().map(|&chance| session.threshold(chance).bits(chance)));
    let message = match threshold {
        Threshold::Preset(preset) => format!(
            "preset {}: a match needs {bits}; unrelated code reaches that {} times in 100,000 lines",
            preset.name(),
            about(preset.expected_in_100k_lines())
        ),
        Threshold::Bits(_) => format!("a match needs {bits}"),
    };
    diagnosis.ok("threshold", message);
}

fn verify(name: &IndexName) -> Result<Part, IndexError> {
    let index = Index::open(std::slice::from_ref(name))?;
    index.verify()?;
    Ok(index.parts()[0].clone())
}

fn contents(part: &Part) -> String {
    let (name, counts) = (&part.name, &part.counts);
    let components = count(counts.components, "component");
    let documents = count(counts.documents, "document");
    let lines = count(counts.lines, "line");
    format!("{name} is sound ({components}, {documents}, {lines})")
}

fn idioms(request: &Request, diagnosis: &mut Diagnosis) {
    for name in request.session().idioms() {
        let opened = idioms::open(std::slice::from_ref(name));
        match opened.and_then(|set| Ok(set.verify().map(|()| contents(&set.parts()[0]))?)) {
            Ok(contents) => diagnosis.ok("idioms", contents),
            Err(error) => diagnosis.note_failure("idioms", format!("{error:#}"), None),
        }
    }
}

fn license(request: &Request, diagnosis: &mut Diagnosis) {
    let (fact, notes) = request.session().license_of_place();
    match &fact.expression {
        Some(_) => diagnosis.ok("licence", describe_license(&fact)),
        None => diagnosis.advise(
            "licence",
            "that of the code here is not known, so every match ends in a warning",
            "state it as `license` in Cargo.toml, pyproject.toml or birthmark.toml, or by --license",
        ),
    }
    for note in notes {
        let place = note.path.map(|path| format!("{path}: ")).unwrap_or_default();
        diagnosis.advise(
            "licence",
            format!("{place}{}", note.message),
            "correct the file, or state the licence in birthmark.toml",
        );
    }
}

/// By which matrix licences are judged.
fn matrix_in_use(chosen: anyhow::Result<Chosen>, diagnosis: &mut Diagnosis) {
    let matrix = Matrix::in_use();
    let place = match matrix.source() {
        MatrixSource::BuiltIn => "part of birthmark".to_owned(),
        MatrixSource::File { path, .. } => format!("from {path}"),
    };
    let licenses = count(matrix.licenses(), "licence");
    let in_use = format!("OSADL's of {}, {licenses}, {place}", matrix.date());
    match chosen {
        Ok(Chosen::AsExpected) => diagnosis.ok("matrix", in_use),
        Ok(Chosen::Outdated { file, date }) => diagnosis.advise(
            "matrix",
            format!("{in_use}; {} is older, of {date}, and is not used", file.display()),
            "remove it, or replace it by OSADL's current one",
        ),
        // The error names the remedy.
        Err(error) => diagnosis.note_failure("matrix", format!("{error:#}"), None),
    }
}

fn planted_copy(sound: &[Part], diagnosis: &mut Diagnosis) {
    let names: Vec<IndexName> = sound.iter().map(|part| part.name.clone()).collect();
    match self_test(&names) {
        Ok(sighting) => {
            let (found, planted) = sighting.lines;
            let bits = sighting.bits.round();
            let message = format!(
                "a planted copy was found: {found} of {planted} lines, {bits} bits of evidence"
            );
            diagnosis.ok("self-test", message);
        }
        Err(error) => {
            let remedy = match error {
                SelfTestError::NoRoom { .. } => {
                    "make room there, or set TMPDIR to a directory that can be written to"
                }
                _ => {
                    "install birthmark anew; if that does not help, report it as an error in birthmark"
                }
            };
            diagnosis.note_failure(
                "self-test",
                format!("{:#}", anyhow::Error::new(error)),
                Some(remedy),
            );
        }
    }
}

/// Only scans of changes and ingest of repositories need git.
fn git(place: &Path, diagnosis: &mut Diagnosis) {
    let Some(version) = answer(Path::new("."), &["--version"]) else {
        return diagnosis.advise(
            "git",
            "not found: whole trees can be scanned, changes cannot",
            "install git, or put it on the PATH",
        );
    };
    let around = place.parent().filter(|folder| *folder != Path::new(""));
    let directory = if place.is_dir() { place } else { around.unwrap_or(Path::new(".")) };
    let repository = match answer(directory, &["rev-parse", "--show-toplevel"]) {
        Some(top) => format!("in the repository {top}"),
        None => "this is not a repository, so there are no changes to scan".to_owned(),
    };
    diagnosis.ok("git", format!("{version}; {repository}"));
}

/// What git says, if it says anything. Neither question runs what a repository's configuration
/// names.
fn answer(directory: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .current_dir(directory)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !said.is_empty()).then_some(said)
}
