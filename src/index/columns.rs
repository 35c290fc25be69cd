//! The tokens of a document as they are stored: three columns, each suited to its own entropy, compressed together.
//!
//! ```text
//!   classes   one byte a token
//!   names     one byte a named token: how long ago the name was last seen (move-to-front), 255 = a new name
//!   new names two bytes each, low bytes first, then high bytes
//!   lines     one byte a token: lines since the token before; 255 = the distance follows as four bytes
//! ```
//!
//! Local names recur within a few tokens, so most move-to-front ranks are small (Bentley et al. 1986).

use super::format::MAX_DOCUMENT_TOKENS;
use crate::token::TokenClass;

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
        zstd::bulk::compress(&raw, COMPRESSION_LEVEL).expect("compressing to memory cannot fail")
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
        // Nine bytes a token at the most: class, rank, two of a new name, line, and four of a far line.
        let raw = zstd::bulk::decompress(block, tokens.checked_mul(9)?).ok()?;
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
            names.push(match TokenClass(class).is_named() {
                false => 0,
                true => match *ranks.next()? {
                    NEW_NAME => recent.insert(fresh.next()?),
                    rank => recent.recall(rank)?,
                },
            });
        }
        Some(Columns { classes: classes.to_vec(), names, lines: decode_lines(rest, tokens)? })
    }
}

fn decode_lines(raw: &[u8], tokens: usize) -> Option<Vec<u32>> {
    let (near, far) = raw.split_at_checked(tokens)?;
    let mut far =
        far.chunks_exact(4).map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
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
#[derive(Default)]
struct Recent(Vec<u16>);

impl Recent {
    /// The rank of a name, which moves to the front; `None` if it is new, and then it is inserted.
    fn touch(&mut self, name: u16) -> Option<u8> {
        let Some(rank) = self.0.iter().position(|&seen| seen == name) else {
            self.insert(name);
            return None;
        };
        self.0[..=rank].rotate_right(1);
        Some(rank as u8)
    }

    fn recall(&mut self, rank: u8) -> Option<u16> {
        self.0.get_mut(..=usize::from(rank))?.rotate_right(1);
        self.0.first().copied()
    }

    fn insert(&mut self, name: u16) -> u16 {
        self.0.truncate(REMEMBERED - 1);
        self.0.insert(0, name);
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_survive_encoding() {
        let classes: Vec<u8> = (0..5000u32).map(|i| (i * 7 % 40) as u8).collect();
        let names = classes
            .iter()
            .enumerate()
            .map(|(i, &class)| if TokenClass(class).is_named() { (i * i % 700 + 1) as u16 } else { 0 })
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
