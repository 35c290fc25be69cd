//! The manifest: which segments and models make up an index. Replacing it is the commit.
//!
//! A JSON object on one line, then the BLAKE3 digest of that line in hexadecimal.

use serde::{Deserialize, Serialize};

use super::error::IndexError;
use super::sections::WrittenFile;
use super::segment::Segment;

/// File name of the manifest in an index directory.
pub(crate) const FILE_NAME: &str = "manifest.json";

/// Which segments and models make up an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Layout of the manifest itself.
    pub version: u32,
    /// The segments, in the order they were written.
    pub segments: Vec<SegmentEntry>,
    /// The models of ordinary code, by language.
    pub models: Vec<ModelEntry>,
}

/// A segment of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentEntry {
    /// File name in the index directory.
    pub file: String,
    /// BLAKE3 of the whole file, in hexadecimal.
    pub digest: String,
    /// Size of the file.
    pub bytes: u64,
    /// The checksum that the file ends with, in hexadecimal: opening compares it.
    pub seal: String,
}

/// A model of ordinary code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// The language, by its name.
    pub language: String,
    /// File name in the index directory.
    pub file: String,
    /// BLAKE3 of the whole file, in hexadecimal.
    pub digest: String,
    /// Size of the file.
    pub bytes: u64,
    /// Digest of what it was learned from, in hexadecimal: a model of the same is not learned
    /// again.
    pub sample: String,
}

const VERSION: u32 = 2;

impl Manifest {
    /// A manifest of these segments and models.
    pub(crate) fn new(segments: Vec<SegmentEntry>, models: Vec<ModelEntry>) -> Manifest {
        Manifest { version: VERSION, segments, models }
    }

    /// Every file that it names.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        let segments = self.segments.iter().map(|segment| segment.file.as_str());
        segments.chain(self.models.iter().map(|model| model.file.as_str()))
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = serde_json::to_string(self).expect("a manifest holds only texts and numbers");
        format!("{body}\n{}\n", blake3::hash(body.as_bytes()).to_hex()).into_bytes()
    }

    /// Reads a manifest. `name` is what errors call it.
    ///
    /// # Errors
    /// If it is damaged or of another version.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Manifest, IndexError> {
        let corrupt = |what: &str| IndexError::corrupt(name, what);
        let text = std::str::from_utf8(bytes).map_err(|_| corrupt("it is not text"))?;
        let (body, digest) = text.split_once('\n').ok_or_else(|| corrupt("it is cut short"))?;
        if digest.strip_suffix('\n') != Some(blake3::hash(body.as_bytes()).to_hex().as_str()) {
            return Err(corrupt("its digest is wrong"));
        }
        let of_version: OfVersion =
            serde_json::from_str(body).map_err(|error| corrupt(&error.to_string()))?;
        if of_version.version != VERSION {
            let (found, expected) = (of_version.version.to_string(), VERSION.to_string());
            return Err(IndexError::version(name, found, expected, of_version.version > VERSION));
        }
        let manifest: Manifest =
            serde_json::from_str(body).map_err(|error| corrupt(&error.to_string()))?;
        let is_plain =
            |file: &str| !file.is_empty() && !file.contains(['/', '\\']) && !file.starts_with('.');
        if !manifest.files().all(is_plain) {
            return Err(corrupt("a file name leads out of the index"));
        }
        Ok(manifest)
    }
}

impl Default for Manifest {
    fn default() -> Manifest {
        Manifest::new(Vec::new(), Vec::new())
    }
}

impl SegmentEntry {
    /// The entry of a segment that was written.
    pub(crate) fn new(written: &WrittenFile) -> SegmentEntry {
        let digest = written.digest.to_hex().to_string();
        let file = file_name(&digest, SEGMENT_EXTENSION);
        SegmentEntry { file, digest, bytes: written.bytes, seal: format!("{:016x}", written.seal) }
    }
}

impl SegmentEntry {
    /// The entry of a segment. Reads all of it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn of(segment: &Segment) -> Result<SegmentEntry, IndexError> {
        let digest = segment.digest()?.to_hex().to_string();
        let file = file_name(&digest, SEGMENT_EXTENSION);
        let (bytes, seal) = (segment.byte_count(), format!("{:016x}", segment.seal()));
        Ok(SegmentEntry { file, digest, bytes, seal })
    }
}

/// What manifests of all versions have.
#[derive(Deserialize)]
struct OfVersion {
    version: u32,
}

/// How the files of segments end.
pub(crate) const SEGMENT_EXTENSION: &str = ".segment";
/// How the files of models end.
pub(crate) const MODEL_EXTENSION: &str = ".model";
/// Hexadecimal digits of its digest that name a file.
const DIGITS_OF_NAME: usize = 32;

/// The file name of what has that digest, in hexadecimal.
pub(super) fn file_name(digest: &str, extension: &str) -> String {
    format!("{}{extension}", &digest[..DIGITS_OF_NAME])
}

/// Whether a file of that name was written as a segment.
pub(crate) fn is_segment_name(name: &str) -> bool {
    is_name(name, SEGMENT_EXTENSION)
}

/// Whether a file of that name was written as a segment or a model.
pub(crate) fn is_written_name(name: &str) -> bool {
    is_segment_name(name) || is_name(name, MODEL_EXTENSION)
}

fn is_name(name: &str, extension: &str) -> bool {
    let is_digest =
        |stem: &str| stem.len() == DIGITS_OF_NAME && stem.bytes().all(|b| b.is_ascii_hexdigit());
    name.strip_suffix(extension).is_some_and(is_digest)
}
