//! `birthmark pack`: indexes that others publish.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueHint};
use serde::Serialize;

use super::exit::ExitStatus;
use super::failure;
use super::flags::{ConfigArgs, Format};
use super::index_target::{InspectArgs, MemoryArgs, Target};
use super::output::{Output, Painted};
use crate::engine::index::documents::Day;
use crate::engine::index::{Generation, PackName, PackPin};
use crate::packs::{self, Mirror, NewGeneration, PackStore, Sources, Wanted};
use crate::project::config::Config;
use crate::report::json::write_value;
use crate::report::printable::Printable;
use crate::report::words::{count, group_digits};

/// Days that a generation may be fetched, if nobody says otherwise.
const DEFAULT_DAYS: u32 = 30;

#[derive(Debug, Subcommand)]
pub(crate) enum PackCommand {
    /// Fetch packs, by default those that birthmark.toml pins
    Pull(PullArgs),
    /// List the packs that are on this machine
    List(ListArgs),
    /// Make a generation of a pack out of an index
    Create(CreateArgs),
    /// Sign a list
    Sign(SignArgs),
    /// Publish a signed list to a directory that a web server serves, or to an OCI registry
    Publish(PublishArgs),
    /// Make a pair of keys
    Key(KeyArgs),
    /// Replace the keys that may sign lists
    Rotate(RotateArgs),
}

/// Fetch packs.
///
/// A pack is an index that somebody publishes: a signed list of immutable files. `curl` fetches
/// them from the first mirror that gives them; a mirror that does not answer for five seconds, or
/// sends less than 1 KiB a second, is left for the next one. A list that no trusted key signed, that
/// expired, or that is older than one fetched before is refused, and what was held stays. A scan
/// uses the generations that birthmark.toml pins and fetches nothing. For a mirror that wants a user
/// name and a password, write them into ~/.netrc.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark pack pull
  birthmark pack pull py-copyleft --from https://packs.example.org --key RWQ...
  birthmark pack pull py-copyleft --from oci://ghcr.io/example/packs --key RWQ...

Exit status: 0 the packs are there; 2 one of them could not be fetched, and its earlier generation stays")]
pub(crate) struct PullArgs {
    /// Packs: NAME for the newest generation, or NAME@GENERATION#blake3:DIGEST
    #[arg(value_name = "PACK")]
    pub packs: Vec<String>,
    /// Mirror to ask: a directory, file://, https://, http:// or oci://HOST[:PORT]/NAME[:TAG];
    /// repeatable, replaces `pack-mirrors`
    #[arg(long, value_name = "MIRROR")]
    pub from: Vec<Mirror>,
    /// Public key to trust, as minisign prints it; repeatable, replaces `pack-keys`
    #[arg(long, value_name = "KEY", value_parser = public_key)]
    pub key: Vec<String>,
    /// Fetch a list although it expired
    #[arg(long)]
    pub allow_expired: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Format of the output
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: Format,
}

/// List the packs that are on this machine.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Format of the output
    #[arg(long, value_enum, default_value_t, help_heading = "Output options")]
    pub format: Format,
}

/// Make a generation of a pack out of an index.
///
/// The first generation holds the files of the index. A later one holds the files of the one before,
/// a segment with what is new, and tombstones for what is gone; so only that segment is fetched.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark pack create py-copyleft --index our-index --to packs/
  birthmark pack sign packs/py-copyleft/DIGEST.json --key pack.key
  birthmark pack publish packs/py-copyleft/DIGEST.json --to /srv/packs --key RWQ...")]
pub(crate) struct CreateArgs {
    /// Name of the pack
    #[arg(value_name = "NAME")]
    pub name: PackName,
    /// Directory of packs
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub to: PathBuf,
    /// Generation, a day such as 2026-11-24 or 2026-11-24.2; by default today
    #[arg(long, value_name = "DAY[.N]")]
    pub generation: Option<Generation>,
    /// Last day on which it may be fetched; by default 30 days after the generation
    #[arg(long, value_name = "DAY")]
    pub expires: Option<Day>,
    /// Make all files anew, not only those that changed since the newest generation
    #[arg(long)]
    pub whole: bool,
    #[command(flatten)]
    pub memory: MemoryArgs,
    #[command(flatten)]
    pub target: InspectArgs,
}

/// Sign a list or a key list, as `minisign -S` does.
#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// The list
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Secret key, as `birthmark pack key` or `minisign -G` writes it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: PathBuf,
    /// Password of the secret key; asked for at the terminal where it is needed and not given
    #[arg(long, env = "BIRTHMARK_PACK_PASSWORD", hide = true, hide_env_values = true)]
    pub password: Option<String>,
}

/// Publish a signed list to a directory that a web server serves, or to an OCI registry.
///
/// Sends what the target does not have, and makes the list the newest at last. In a registry a
/// generation is an image: the tag NAME is the newest, and the digest of each list is a tag, too.
/// `curl` sends it; write a user name and a password into ~/.netrc. To publish where birthmark cannot
/// write, copy the directory of packs by another program, `NAME/list.json` last.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark pack publish packs/py-copyleft/DIGEST.json --to /srv/www/packs --key RWQ...
  birthmark pack publish packs/py-copyleft/DIGEST.json --to oci://ghcr.io/example/packs --key RWQ...")]
pub(crate) struct PublishArgs {
    /// The list; its signature, a .minisig file of the same name, is in the same folder
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Directory to publish to, or oci://HOST[:PORT]/NAME[:TAG]
    #[arg(long, value_name = "TARGET")]
    pub to: Mirror,
    /// Public key that must have signed the list where there is no key list
    #[arg(long, value_name = "KEY", value_parser = public_key)]
    pub key: Vec<String>,
}

/// Make a pair of keys: the secret one goes to a file, the public one is printed.
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// File for the secret key, which has no password; keep it where only the publisher reads it
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
}

/// Replace the keys that may sign lists of a pack.
///
/// Writes a key list, which a key that is trusted now must sign. Lists of later generations must be
/// signed by its keys.
#[derive(Debug, Args)]
pub(crate) struct RotateArgs {
    /// Name of the pack
    #[arg(value_name = "NAME")]
    pub name: PackName,
    /// Directory of packs
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub to: PathBuf,
    /// Public key that may sign from now on; repeatable
    #[arg(long, value_name = "KEY", value_parser = public_key, required = true)]
    pub key: Vec<String>,
}

fn public_key(text: &str) -> Result<String, String> {
    packs::public_key(text).map(|_| text.trim().to_owned()).map_err(|error| error.to_string())
}

pub(super) fn run(command: PackCommand) -> anyhow::Result<ExitStatus> {
    match command {
        PackCommand::Pull(args) => pull(args),
        PackCommand::List(args) => list(&args),
        PackCommand::Create(args) => create(args),
        PackCommand::Sign(args) => {
            let signature = packs::sign(&args.file, &args.key, args.password)?;
            say(&format!("Signed {}: {}", args.file.display(), signature.display()))
        }
        PackCommand::Publish(args) => {
            let sent = packs::publish(&args.file, &args.key, &args.to)?;
            let sent = count(sent as u64, "file");
            say(&format!("Published {} to {} ({sent} sent)", args.file.display(), args.to))
        }
        PackCommand::Key(args) => key(&args.file),
        PackCommand::Rotate(args) => {
            let file = packs::rotate(&args.to, &args.name, args.key)?;
            let file = file.display();
            say(&format!(
                "Wrote {file}; sign it with a key that is trusted now: birthmark pack sign {file} --key FILE"
            ))
        }
    }
}

fn say(text: &str) -> anyhow::Result<ExitStatus> {
    Output::Standard.write(format!("{}\n", Printable(text)).as_bytes(), Painted::No)?;
    Ok(ExitStatus::Success)
}

fn key(file: &Path) -> anyhow::Result<ExitStatus> {
    let (secret, public) = packs::key_pair()?;
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    // Nobody else can read the key, not even while it is written.
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(file).and_then(|mut out| out.write_all(secret.as_bytes()));
    written.with_context(|| format!("cannot write the secret key to `{}`", file.display()))?;
    say(&public)
}

/// The day by the clock of this machine.
pub(crate) fn today() -> anyhow::Result<Day> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = now.context("the clock of this machine is before 1970")?.as_secs();
    Day::from_unix_seconds(seconds as i64).context("the clock of this machine is not set")
}

fn create(args: CreateArgs) -> anyhow::Result<ExitStatus> {
    let format = args.target.format;
    let target = Target::new(args.target)?;
    let today = today()?;
    let generation = args.generation.unwrap_or(Generation { day: today, number: 0 });
    let last = Day::new(generation.day.days() + DEFAULT_DAYS);
    let Some(expires) = args.expires.or(last) else {
        bail!("generation {generation} is too late a day");
    };
    let created = packs::create(&NewGeneration {
        name: args.name,
        generation,
        expires,
        index: target.directory()?,
        directory: &args.to,
        is_whole: args.whole,
        memory: args.memory.memory,
    })?;
    let list = &created.list;
    let file = created.file.display().to_string();
    if matches!(format, Format::Json) {
        return print_json(&CreatedJson {
            schema_version: SCHEMA_VERSION,
            list: &file,
            pin: list.pin(created.digest.clone()).to_string(),
            bytes: list.bytes(),
            segments: list.segments.len(),
            tombstones: list.tombstones.len(),
            written: created.written,
        });
    }
    let segments = count(list.segments.len() as u64, "segment");
    let written = count(created.written as u64, "file");
    let tombstones = count(list.tombstones.len() as u64, "tombstone");
    say(&format!(
        "Created {file} ({segments}, {tombstones}, {} bytes; {written} written)",
        group_digits(list.bytes())
    ))?;
    say(&format!("Next: birthmark pack sign {file} --key FILE"))
}

/// Version of the JSON documents.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct CreatedJson<'a> {
    schema_version: u32,
    list: &'a str,
    pin: String,
    bytes: u64,
    segments: usize,
    tombstones: usize,
    written: usize,
}

fn print_json(value: &impl Serialize) -> anyhow::Result<ExitStatus> {
    let mut drawn = Vec::new();
    write_value(value, &mut drawn)?;
    Output::Standard.write(&drawn, Painted::No)?;
    Ok(ExitStatus::Success)
}

#[derive(Serialize)]
struct PulledJson {
    pin: String,
    was_held: bool,
    files: usize,
    bytes: u64,
}

#[derive(Serialize)]
struct PulledAllJson {
    schema_version: u32,
    packs: Vec<PulledJson>,
    failed: usize,
}

fn pull(args: PullArgs) -> anyhow::Result<ExitStatus> {
    let config = Config::load(&args.config.choice(PathBuf::from(".")))?;
    let wanted = packs_to_pull(&args.packs, &config)?;
    let of_config = |mirror: &String| mirror.parse::<Mirror>().map_err(anyhow::Error::msg);
    let mirrors = if args.from.is_empty() {
        config.pack_mirrors.iter().map(of_config).collect::<anyhow::Result<_>>()?
    } else {
        args.from
    };
    if mirrors.is_empty() {
        bail!("no mirror is named; name one by --from, or as `pack-mirrors` in birthmark.toml");
    }
    let keys = if args.key.is_empty() { config.pack_keys.clone() } else { args.key };
    let sources = Sources { mirrors, keys, allow_expired: args.allow_expired, today: today()? };
    let store = store()?;
    let (mut pulled, mut failed) = (Vec::new(), 0);
    for wanted in &wanted {
        match packs::pull(wanted, &sources, &store) {
            Ok(one) => {
                one.notes.iter().for_each(|note| failure::warn(note.trim_start_matches("- ")));
                pulled.push(one);
            }
            Err(error) => {
                failed += 1;
                failure::tell(&error.into());
            }
        }
    }
    let status = if failed == 0 { ExitStatus::Success } else { ExitStatus::Failure };
    if matches!(args.format, Format::Json) {
        let json = |one: packs::Pulled| PulledJson {
            pin: one.pin.to_string(),
            was_held: one.was_held,
            files: one.files,
            bytes: one.bytes,
        };
        let packs = pulled.into_iter().map(json).collect();
        print_json(&PulledAllJson { schema_version: SCHEMA_VERSION, packs, failed })?;
        return Ok(status);
    }
    for one in pulled {
        let fetched = match (one.was_held, one.files) {
            (true, _) => "unchanged".to_owned(),
            (false, files) => {
                format!(
                    "{}, {} bytes fetched",
                    count(files as u64, "file"),
                    group_digits(one.bytes)
                )
            }
        };
        say(&format!("{} ({fetched})", one.pin))?;
        if !config.packs.iter().any(|pin| *pin.get_ref() == one.pin) {
            say(&format!("Scan with it: packs = [\"{}\"] in birthmark.toml", one.pin))?;
        }
    }
    Ok(status)
}

/// What to fetch: as named, or as the configuration pins it.
fn packs_to_pull(named: &[String], config: &Config) -> anyhow::Result<Vec<Wanted>> {
    if named.is_empty() {
        let pins: Vec<Wanted> =
            config.packs.iter().map(|pin| Wanted::Pinned(pin.get_ref().clone())).collect();
        if pins.is_empty() {
            bail!("no pack is named; name one, or pin it as `packs` in birthmark.toml");
        }
        return Ok(pins);
    }
    let read = |text: &String| -> anyhow::Result<Wanted> {
        Ok(if text.contains(['@', '#']) {
            Wanted::Pinned(text.parse::<PackPin>()?)
        } else {
            Wanted::Newest(text.parse::<PackName>()?)
        })
    };
    named.iter().map(read).collect()
}

/// The packs of this user.
fn store() -> anyhow::Result<PackStore> {
    match crate::engine::index::packs_directory() {
        Some(directory) => Ok(PackStore::new(directory.to_owned())),
        None => bail!("no directory is known for packs; set BIRTHMARK_PACKS"),
    }
}

#[derive(Serialize)]
struct HeldJson {
    pin: String,
    expires: String,
    age_days: u32,
    is_newest: bool,
    bytes: u64,
}

#[derive(Serialize)]
struct ListJson {
    schema_version: u32,
    packs: Vec<HeldJson>,
}

fn list(args: &ListArgs) -> anyhow::Result<ExitStatus> {
    let today = today()?;
    let held = store()?.list_held();
    let age = |day: Day| today.days().saturating_sub(day.days());
    if matches!(args.format, Format::Json) {
        let json = |held: &packs::HeldPack| HeldJson {
            pin: held.pin.to_string(),
            expires: held.list.expires.clone(),
            age_days: age(held.pin.generation.day),
            is_newest: held.is_newest,
            bytes: held.list.bytes(),
        };
        let packs = held.iter().map(json).collect();
        return print_json(&ListJson { schema_version: SCHEMA_VERSION, packs });
    }
    for pack in &held {
        let age = count(u64::from(age(pack.pin.generation.day)), "day");
        let (expires, bytes) = (&pack.list.expires, group_digits(pack.list.bytes()));
        say(&format!("{}  {age} old, expires on {expires}, {bytes} bytes", pack.pin))?;
    }
    if held.is_empty() {
        say("No pack is on this machine; `birthmark pack pull` fetches one")?;
    }
    Ok(ExitStatus::Success)
}
