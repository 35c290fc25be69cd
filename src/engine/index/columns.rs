//! The tokens of a document as they are stored: three columns, each suited to its own entropy,
//! compressed together.
//!
//! ```text
//!   classes   one byte a token
//!   names     one byte a named token: how long ago the name was last seen (move-to-front), 255 = a new name
//!   new names two bytes each, low bytes first, then high bytes
//!   lines     one byte a token: lines since the token before; 255 = the distance follows as four bytes
//! ```
//!
//! Local names recur within a few tokens, so most move-to-front ranks are small (Bentley et al.
//! 1986).

use std::cell::RefCell;
use std::sync::OnceLock;

use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::format::MAX_DOCUMENT_TOKENS;
use crate::text::language::Language;
use crate::text::token::TokenClass;

/// The stored tokens of a document: parallel columns of equal length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Token classes.
    pub classes: Vec<u8>,
    /// Name hashes; 0 where the class has none.
    pub names: Vec<u16>,
    /// Line of each token, counted from 1.
    pub lines: Vec<u32>,
}

/// Names remembered by the move-to-front list.
const REMEMBERED: usize = 255;
const NEW_NAME: u8 = 255;
const FAR_LINE: u8 = 255;
/// zstd level: a document is written once and read often.
const COMPRESSION_LEVEL: i32 = 12;

impl Columns {
    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        CODEC.with_borrow_mut(|codec| codec.compress(&self.raw()))
    }

    /// The stored form, and the digest of the content.
    pub(super) fn encode_content(&self, language: Language, lines: u32) -> (Vec<u8>, u128) {
        let raw = self.raw();
        (CODEC.with_borrow_mut(|codec| codec.compress(&raw)), content_of(&raw, language, lines))
    }

    /// The digest of the content: equal for equal tokens on equal lines of texts of so many lines,
    /// and for nothing else.
    pub(super) fn content(&self, language: Language, lines: u32) -> u128 {
        content_of(&self.raw(), language, lines)
    }

    fn raw(&self) -> Vec<u8> {
        let mut recent = Recent::default();
        let mut ranks = Vec::new();
        let mut fresh = Vec::new();
        for (&class, &name) in self.classes.iter().zip(&self.names) {
            if TokenClass(class).is_named() {
                match recent.touch(name) {
                    Some(rank) => ranks.push(rank),
                    None => {
                        ranks.push(NEW_NAME);
                        fresh.push(name);
                    }
                }
            }
        }
        let mut raw = Vec::with_capacity(self.classes.len() * 3);
        raw.extend_from_slice(&self.classes);
        raw.extend_from_slice(&ranks);
        raw.extend(fresh.iter().map(|name| *name as u8));
        raw.extend(fresh.iter().map(|name| (name >> 8) as u8));
        self.encode_lines(&mut raw);
        raw
    }

    fn encode_lines(&self, raw: &mut Vec<u8>) {
        let mut line = 1;
        let mut far = Vec::new();
        for &next in &self.lines {
            let distance = next - line;
            line = next;
            if distance < u32::from(FAR_LINE) {
                raw.push(distance as u8);
            } else {
                raw.push(FAR_LINE);
                far.extend_from_slice(&distance.to_le_bytes());
            }
        }
        raw.extend(far);
    }

    /// Reads the stored form of that many tokens; `None` if it is not one.
    pub fn decode(block: &[u8], tokens: usize) -> Option<Columns> {
        if tokens > MAX_DOCUMENT_TOKENS as usize {
            return None;
        }
        CODEC.with_borrow_mut(|codec| Columns::from_raw(codec.decompress(block, tokens)?, tokens))
    }

    fn from_raw(raw: &[u8], tokens: usize) -> Option<Columns> {
        let (classes, names, lines) = without_lines(raw, tokens)?;
        Some(Columns { classes, names, lines: decode_lines(lines, tokens)? })
    }
}

fn content_of(raw: &[u8], language: Language, lines: u32) -> u128 {
    xxh3_128_with_seed(raw, u64::from(lines) << 8 | u64::from(language.number()))
}

/// The tokens of a document whose lines are read when they are asked for: most documents are only
/// looked at to see that they hold nothing of the query.
#[derive(Debug)]
pub(crate) struct LazyColumns {
    /// Token classes.
    pub classes: Vec<u8>,
    /// Name hashes; 0 where the class has none.
    pub names: Vec<u16>,
    stored_lines: Vec<u8>,
    lines: OnceLock<Option<Vec<u32>>>,
}

impl LazyColumns {
    /// Reads the stored form of that many tokens; `None` if it is not one.
    pub(crate) fn decode(block: &[u8], tokens: usize) -> Option<LazyColumns> {
        if tokens > MAX_DOCUMENT_TOKENS as usize {
            return None;
        }
        CODEC.with_borrow_mut(|codec| {
            let (classes, names, lines) = without_lines(codec.decompress(block, tokens)?, tokens)?;
            Some(LazyColumns {
                classes,
                names,
                stored_lines: lines.to_vec(),
                lines: OnceLock::new(),
            })
        })
    }

    /// Line of each token, counted from 1; `None` if they cannot be read.
    pub(crate) fn lines(&self) -> Option<&[u32]> {
        self.lines.get_or_init(|| decode_lines(&self.stored_lines, self.classes.len())).as_deref()
    }
}

/// Classes and names of a raw form of that many tokens, and its lines as they are stored.
fn without_lines(raw: &[u8], tokens: usize) -> Option<(Vec<u8>, Vec<u16>, &[u8])> {
    let (classes, rest) = raw.split_at_checked(tokens)?;
    let named = classes.iter().filter(|&&class| TokenClass(class).is_named()).count();
    let (ranks, rest) = rest.split_at_checked(named)?;
    let new = ranks.iter().filter(|&&rank| rank == NEW_NAME).count();
    let (low, rest) = rest.split_at_checked(new)?;
    let (high, rest) = rest.split_at_checked(new)?;
    let mut recent = Recent::default();
    let mut fresh = low.iter().zip(high).map(|(&low, &high)| u16::from_le_bytes([low, high]));
    let mut ranks = ranks.iter();
    let mut names = Vec::with_capacity(tokens);
    for &class in classes {
        names.push(if TokenClass(class).is_named() {
            match *ranks.next()? {
                NEW_NAME => recent.insert(fresh.next()?),
                rank => recent.recall(rank)?,
            }
        } else {
            0
        });
    }
    Some((classes.to_vec(), names, rest))
}

thread_local! {
    /// Setting up a context costs more than most documents do.
    static CODEC: RefCell<Codec> = RefCell::default();
}

/// The contexts and the buffer of zstd, kept from document to document.
#[derive(Default)]
struct Codec {
    compressor: Option<zstd::bulk::Compressor<'static>>,
    decompressor: Option<zstd::bulk::Decompressor<'static>>,
    raw: Vec<u8>,
}

impl Codec {
    fn compress(&mut self, raw: &[u8]) -> Vec<u8> {
        let new = || zstd::bulk::Compressor::new(COMPRESSION_LEVEL).expect("zstd has that level");
        self.compressor
            .get_or_insert_with(new)
            .compress(raw)
            .expect("compressing to memory cannot fail")
    }

    fn decompress(&mut self, block: &[u8], tokens: usize) -> Option<&[u8]> {
        self.raw.clear();
        // zstd fills no more than this room, however much a damaged block would unpack to.
        self.raw.reserve(tokens.checked_mul(MAX_TOKEN_BYTES)?);
        let decompressor = match &mut self.decompressor {
            Some(known) => known,
            none => none.insert(zstd::bulk::Decompressor::new().ok()?),
        };
        decompressor.decompress_to_buffer(block, &mut self.raw).ok()?;
        Some(&self.raw)
    }
}

/// Bytes of a token before compression at the most: class, rank, two of a new name, line, and four
/// of a far line.
const MAX_TOKEN_BYTES: usize = 9;

fn decode_lines(raw: &[u8], tokens: usize) -> Option<Vec<u32>> {
    let (near, far) = raw.split_at_checked(tokens)?;
    let mut far = far
        .chunks_exact(4)
        .map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    let mut line = 1u32;
    near.iter()
        .map(|&distance| {
            let distance = if distance == FAR_LINE { far.next()? } else { u32::from(distance) };
            line = line.checked_add(distance)?;
            Some(line)
        })
        .collect()
}

/// The names seen last, most recent first.
struct Recent {
    names: [u16; REMEMBERED],
    count: usize,
}

impl Default for Recent {
    fn default() -> Recent {
        Recent { names: [0; REMEMBERED], count: 0 }
    }
}

impl Recent {
    /// The rank of a name, which moves to the front; `None` if it is new, and then it is inserted.
    fn touch(&mut self, name: u16) -> Option<u8> {
        let Some(rank) = self.names[..self.count].iter().position(|&seen| seen == name) else {
            self.insert(name);
            return None;
        };
        self.move_to_front(name, rank);
        Some(rank as u8)
    }

    fn recall(&mut self, rank: u8) -> Option<u16> {
        let name = *self.names[..self.count].get(usize::from(rank))?;
        self.move_to_front(name, usize::from(rank));
        Some(name)
    }

    fn insert(&mut self, name: u16) -> u16 {
        self.count = (self.count + 1).min(REMEMBERED);
        self.move_to_front(name, self.count - 1);
        name
    }

    /// Most ranks are small: for those a copy of fixed length costs less than one of the right
    /// length.
    fn move_to_front(&mut self, name: u16, rank: usize) {
        if rank < SMALL_RANK {
            let mut front = [0; SMALL_RANK];
            front.copy_from_slice(&self.names[..SMALL_RANK]);
            for place in 0..SMALL_RANK - 1 {
                self.names[place + 1] = if place < rank { front[place] } else { front[place + 1] };
            }
        } else {
            self.names.copy_within(..rank, 1);
        }
        self.names[0] = name;
    }
}

/// Ranks below this are small.
const SMALL_RANK: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_survive_encoding() {
        let classes: Vec<u8> = (0..5000u32).map(|i| (i * 7 % 40) as u8).collect();
        let names = classes
            .iter()
            .enumerate()
            .map(
                |(i, &class)| {
                    if TokenClass(class).is_named() { (i * i % 700 + 1) as u16 } else { 0 }
                },
            )
            .collect();
        let lines = (0..5000u32).map(|i| 1 + i / 4 + if i > 2500 { 100_000 } else { 0 }).collect();
        let columns = Columns { classes, names, lines };
        assert_eq!(Columns::decode(&columns.encode(), 5000), Some(columns.clone()));
        assert_eq!(Columns::decode(&columns.encode(), 5001), None);
        assert_eq!(Columns::decode(&columns.encode()[1..], 5000), None);
    }

    #[test]
    fn an_empty_document_has_columns() {
        assert_eq!(Columns::decode(&Columns::default().encode(), 0), Some(Columns::default()));
    }
}
