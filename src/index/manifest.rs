//! The manifest: which segments make up an index. Replacing it is the commit.
//!
//! A JSON object on one line, then the BLAKE3 digest of that line in hexadecimal.

use serde::{Deserialize, Serialize};

use super::error::IndexError;

/// File name of the manifest in an index directory.
pub const FILE_NAME: &str = "manifest.json";

/// Which segments make up an index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Layout of the manifest itself.
    pub version: u32,
    /// The segments, in the order they are asked.
    pub segments: Vec<SegmentEntry>,
}

/// A segment of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentEntry {
    /// File name in the index directory.
    pub file: String,
    /// BLAKE3 of the segment's content, in hexadecimal.
    pub digest: String,
    /// Size of the file.
    pub bytes: u64,
}

const VERSION: u32 = 1;

impl Manifest {
    /// A manifest of these segments.
    pub fn new(segments: Vec<SegmentEntry>) -> Manifest {
        Manifest { version: VERSION, segments }
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
        if digest.trim_end() != blake3::hash(body.as_bytes()).to_hex().as_str() {
            return Err(corrupt("its digest is wrong"));
        }
        let manifest: Manifest = serde_json::from_str(body).map_err(|error| corrupt(&error.to_string()))?;
        if manifest.version != VERSION {
            return Err(IndexError::Version {
                name: name.to_owned(),
                found: manifest.version.to_string(),
                expected: VERSION.to_string(),
                remedy: "update birthmark",
            });
        }
        let is_plain = |file: &str| !file.is_empty() && !file.contains(['/', '\\']) && !file.starts_with('.');
        if !manifest.segments.iter().all(|segment| is_plain(&segment.file)) {
            return Err(corrupt("a segment's file name leads out of the index"));
        }
        Ok(manifest)
    }
}

const SEGMENT_EXTENSION: &str = ".segment";
/// Hexadecimal digits of its digest that name a segment.
const DIGITS_OF_NAME: usize = 32;

/// The file name of a segment whose content has that digest, in hexadecimal.
pub fn segment_name(digest: &str) -> String {
    format!("{}{SEGMENT_EXTENSION}", &digest[..DIGITS_OF_NAME])
}

/// Whether a file of that name was written as a segment.
pub fn is_segment_name(name: &str) -> bool {
    let is_digest = |stem: &str| stem.len() == DIGITS_OF_NAME && stem.bytes().all(|b| b.is_ascii_hexdigit());
    name.strip_suffix(SEGMENT_EXTENSION).is_some_and(is_digest)
}

/// Digest of an index by the digests of its segments, in hexadecimal each.
pub fn digest_of<'a>(segments: impl Iterator<Item = &'a str>) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for segment in segments {
        hasher.update(segment.as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize()
}
