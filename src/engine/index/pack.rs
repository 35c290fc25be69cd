//! Packs: indexes that others publish, by a list of their files.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::documents::{Component, Day};
use super::error::IndexError;
use super::format::FORMAT_VERSION;
use super::manifest::{Manifest, ModelEntry, SegmentEntry, is_written_name};
use crate::text::token::NORMALIZER_VERSION;

/// File name of the list in the directory of a pack.
pub(crate) const LIST_FILE: &str = "list.json";

/// Most bytes of a list.
pub(crate) const MAX_LIST_BYTES: u64 = 16 << 20;
/// Most files that a list may name.
const MAX_FILES: usize = 4096;

/// Version of the list.
const SCHEMA_VERSION: u32 = 1;

/// One generation of a pack: `py-copyleft@2026-11-24#blake3:...`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PackPin {
    /// The pack.
    pub name: PackName,
    /// The generation.
    pub generation: Generation,
    /// BLAKE3 of the list, in hexadecimal.
    pub digest: String,
}

/// The name of a pack: letters in lower case, digits and `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackName(String);

/// A generation of a pack: the day it was made, and its number among those of that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Generation {
    /// The day.
    pub day: Day,
    /// 0 for the first.
    pub number: u32,
}

/// What a generation of a pack consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackList {
    /// Version of the list.
    pub schema_version: u32,
    /// The pack.
    pub name: PackName,
    /// The generation.
    pub generation: Generation,
    /// The last day on which it may be fetched, as `2026-12-24`.
    pub expires: String,
    /// Version of the key list whose keys sign it; 0 before the first rotation.
    pub keys: u32,
    /// Versions of the format and the normalizer, as `7.12`.
    pub format: String,
    /// The segments.
    pub segments: Vec<SegmentEntry>,
    /// The models of ordinary code.
    pub models: Vec<ModelEntry>,
    /// Components of the segments that do not count any more.
    pub tombstones: Vec<Tombstone>,
    /// BLAKE3 of the list before this one, in hexadecimal.
    pub previous: Option<String>,
}

/// A component of a segment that does not count any more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tombstone {
    /// The file of the segment.
    pub segment: String,
    /// Its purl.
    pub purl: String,
    /// Digest of its content, as `blake3:...`.
    pub digest: String,
}

/// Why a text does not name a pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// It is no name.
    #[error("`{0}` is no name of a pack; use at most 64 letters in lower case, digits and `-`")]
    Name(String),
    /// It is no generation.
    #[error("`{0}` is no generation of a pack; expected a day such as 2026-11-24 or 2026-11-24.2")]
    Generation(String),
    /// It is no pin.
    #[error(
        "`{0}` pins no pack; expected NAME@GENERATION#blake3:DIGEST, as `birthmark pack pull NAME` prints it"
    )]
    Pin(String),
}

/// The format and the normalizer that this program reads.
pub(crate) fn format_in_words() -> String {
    format!("{FORMAT_VERSION}.{NORMALIZER_VERSION}")
}

impl PackName {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl PackList {
    /// A list of these files.
    pub(crate) fn new(
        name: PackName,
        generation: Generation,
        expires: Day,
        manifest: Manifest,
    ) -> PackList {
        PackList {
            schema_version: SCHEMA_VERSION,
            name,
            generation,
            expires: expires.to_string(),
            keys: 0,
            format: format_in_words(),
            segments: manifest.segments,
            models: manifest.models,
            tombstones: Vec::new(),
            previous: None,
        }
    }

    /// The bytes of the list.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a list holds texts and numbers");
        bytes.push(b'\n');
        bytes
    }

    /// Reads a list that is to be used. `name` is what errors call it.
    ///
    /// # Errors
    /// If it is damaged, of another version, or names files as none may be named.
    pub(crate) fn from_bytes(name: &str, bytes: &[u8]) -> Result<PackList, IndexError> {
        let corrupt = |what: String| IndexError::corrupt(name, what);
        if bytes.len() as u64 > MAX_LIST_BYTES {
            return Err(corrupt(format!("it is longer than {MAX_LIST_BYTES} bytes")));
        }
        // The versions are read by themselves: a list of another version may have other fields.
        let versions: Versions =
            serde_json::from_slice(bytes).map_err(|error| corrupt(error.to_string()))?;
        if versions.schema_version != SCHEMA_VERSION {
            let words = |version: u32| format!("list {version}");
            let is_newer = versions.schema_version > SCHEMA_VERSION;
            let (found, expected) = (words(versions.schema_version), words(SCHEMA_VERSION));
            return Err(IndexError::version(name, found, expected, is_newer));
        }
        if versions.format != format_in_words() {
            let numbers = |text: &str| -> Vec<u64> {
                text.split('.').filter_map(|number| number.parse().ok()).collect()
            };
            let is_newer = numbers(&versions.format) > numbers(&format_in_words());
            return Err(IndexError::pack_version(name, versions.format, is_newer));
        }
        let list: PackList =
            serde_json::from_slice(bytes).map_err(|error| corrupt(error.to_string()))?;
        list.check().map_err(corrupt)?;
        Ok(list)
    }

    fn check(&self) -> Result<(), String> {
        let files = self.segments.iter().map(|it| (&it.file, &it.digest));
        let files: Vec<_> =
            files.chain(self.models.iter().map(|it| (&it.file, &it.digest))).collect();
        if files.len() > MAX_FILES {
            return Err(format!("it names {} files, more than {MAX_FILES}", files.len()));
        }
        let mut seen = rustc_hash::FxHashSet::default();
        for (file, digest) in files {
            // A written name begins with 32 digits, so that the slice lies inside of it.
            if !is_hex(digest, 64) || !is_written_name(file) || !digest.starts_with(&file[..32]) {
                return Err(format!("{file:?} is not the name of a file of a pack"));
            }
            if !seen.insert(file) {
                return Err(format!("it names {file} twice"));
            }
        }
        if self.previous.as_ref().is_some_and(|digest| !is_hex(digest, 64)) {
            return Err("`previous` is no digest".to_owned());
        }
        self.expires().map(drop)
    }

    /// The last day on which it may be fetched.
    ///
    /// # Errors
    /// If it is no day.
    pub(crate) fn expires(&self) -> Result<Day, String> {
        self.expires.parse().map_err(|_| format!("`{}` is no day to expire", self.expires))
    }

    /// The manifest of a directory with these files.
    pub(crate) fn manifest(&self) -> Manifest {
        Manifest::new(self.segments.clone(), self.models.clone())
    }

    /// What pins this generation.
    pub(crate) fn pin(&self, digest: String) -> PackPin {
        PackPin { name: self.name.clone(), generation: self.generation, digest }
    }

    /// Bytes of all files.
    pub(crate) fn bytes(&self) -> u64 {
        let segments = self.segments.iter().map(|segment| segment.bytes);
        let sum = |sum: u64, bytes: u64| sum.saturating_add(bytes);
        segments.chain(self.models.iter().map(|model| model.bytes)).fold(0, sum)
    }
}

impl Tombstone {
    /// The tombstone of a component.
    pub(crate) fn new(segment: &str, component: &Component) -> Tombstone {
        Tombstone {
            segment: segment.to_owned(),
            purl: component.purl.as_str().to_owned(),
            digest: component.digest.clone(),
        }
    }
}

/// What lists of all versions have.
#[derive(Deserialize)]
struct Versions {
    schema_version: u32,
    format: String,
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

impl FromStr for PackName {
    type Err = PackError;

    fn from_str(text: &str) -> Result<PackName, PackError> {
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let is_name = (1..=64).contains(&text.len())
            && text.bytes().all(is_plain)
            && !text.starts_with('-')
            // The directory of the files of all packs.
            && text != "files";
        if is_name { Ok(PackName(text.to_owned())) } else { Err(PackError::Name(text.to_owned())) }
    }
}

impl FromStr for Generation {
    type Err = PackError;

    fn from_str(text: &str) -> Result<Generation, PackError> {
        let error = || PackError::Generation(text.to_owned());
        let (day, number) = text.split_once('.').unwrap_or((text, "0"));
        let number = number.parse().map_err(|_| error())?;
        let generation = Generation { day: day.parse().map_err(|_| error())?, number };
        // A generation has one spelling: neither `.0` nor `.02` names another.
        if generation.to_string() == text { Ok(generation) } else { Err(error()) }
    }
}

impl FromStr for PackPin {
    type Err = PackError;

    fn from_str(text: &str) -> Result<PackPin, PackError> {
        let error = || PackError::Pin(text.to_owned());
        let (name, rest) = text.split_once('@').ok_or_else(error)?;
        let (generation, digest) = rest.split_once("#blake3:").ok_or_else(error)?;
        if !is_hex(digest, 64) {
            return Err(error());
        }
        let (name, generation) = (name.parse()?, generation.parse()?);
        Ok(PackPin { name, generation, digest: digest.to_owned() })
    }
}

impl fmt::Display for PackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            0 => self.day.fmt(f),
            number => write!(f, "{}.{number}", self.day),
        }
    }
}

impl fmt::Display for PackPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}#blake3:{}", self.name, self.generation, self.digest)
    }
}

impl TryFrom<String> for PackName {
    type Error = PackError;

    fn try_from(text: String) -> Result<PackName, PackError> {
        text.parse()
    }
}

impl From<PackName> for String {
    fn from(name: PackName) -> String {
        name.0
    }
}

impl TryFrom<String> for Generation {
    type Error = PackError;

    fn try_from(text: String) -> Result<Generation, PackError> {
        text.parse()
    }
}

impl From<Generation> for String {
    fn from(generation: Generation) -> String {
        generation.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u8) -> SegmentEntry {
        let digest = format!("{number:02x}").repeat(32);
        let file = format!("{}.segment", &digest[..32]);
        SegmentEntry { file, digest, bytes: 10, seal: "0".repeat(16) }
    }

    fn list(segments: Vec<SegmentEntry>) -> PackList {
        let manifest = Manifest::new(segments, Vec::new());
        let generation = "2026-11-24".parse().unwrap();
        PackList::new(
            "a-pack".parse().unwrap(),
            generation,
            "2026-12-24".parse().unwrap(),
            manifest,
        )
    }

    #[test]
    fn pins_are_read_as_they_are_written() {
        let digest = "0a".repeat(32);
        for text in
            [format!("py@2026-11-24#blake3:{digest}"), format!("p-1@2026-11-24.2#blake3:{digest}")]
        {
            assert_eq!(text.parse::<PackPin>().unwrap().to_string(), text);
        }
        for text in [
            "py",
            "py@2026-11-24",
            "py@2026-11-24#blake3:0a",
            &format!("../py@2026-11-24#blake3:{digest}"),
            &format!("files@2026-11-24#blake3:{digest}"),
            &format!("py@2026-11-24.0#blake3:{digest}"),
            &format!("py@soon#blake3:{digest}"),
        ] {
            assert!(text.parse::<PackPin>().is_err(), "{text}");
        }
        let later = |a: &str, b: &str| a.parse::<Generation>().unwrap() > b.parse().unwrap();
        assert!(later("2026-11-24.10", "2026-11-24.9") && later("2026-11-25", "2026-11-24.9"));
    }

    #[test]
    fn lists_name_files_of_packs_and_nothing_else() {
        let good = list(vec![entry(1), entry(2)]);
        assert_eq!(PackList::from_bytes("list", &good.to_bytes()).unwrap(), good);
        let refusal = |list: &PackList| {
            PackList::from_bytes("list", &list.to_bytes()).unwrap_err().to_string()
        };
        let named = |file: &str| list(vec![SegmentEntry { file: file.to_owned(), ..entry(1) }]);
        for file in ["../x.segment", "a/b.segment", "x\0.segment", "", ".segment", "manifest.json"]
        {
            assert!(
                refusal(&named(file)).contains("is not the name of a file of a pack"),
                "{file}"
            );
        }
        assert!(refusal(&named(&entry(2).file)).contains("is not the name"), "of another digest");
        assert!(refusal(&list(vec![entry(1), entry(1)])).contains("twice"));
        let many = (0..=MAX_FILES).map(|_| entry(3)).collect();
        assert!(refusal(&list(many)).contains("more than 4096"));
        let other = PackList { format: "1.1".to_owned(), ..good.clone() };
        assert!(refusal(&other).contains("has index format 1.1"), "{}", refusal(&other));
        let newer = PackList { format: "999.1".to_owned(), ..good.clone() };
        assert!(refusal(&newer).contains("update birthmark"));
        let later = PackList { schema_version: 2, ..good };
        assert!(refusal(&later).contains("list 2"));
        let long = vec![b' '; MAX_LIST_BYTES as usize + 1];
        assert!(PackList::from_bytes("list", &long).is_err());
    }
}
