//! Postings in order, also where they are more than fit into memory: sorted runs are set aside and
//! merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use rayon::prelude::*;

use super::error::IndexError;
use super::spill::{Spill, Written};

/// The key of a fingerprint and where it stands, in twelve bytes: the order is by key, then
/// position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Posting([u32; 3]);

const POSTING_BYTES: usize = 12;
/// Bytes read at once of each run that is merged, at the least and at the most.
const READ_BYTES: (usize, usize) = (5 * POSTING_BYTES * 64, 20 * POSTING_BYTES * 1024);

impl Posting {
    pub(super) fn new(key: u64, position: u32) -> Posting {
        Posting([(key >> 32) as u32, key as u32, position])
    }

    pub(super) fn key(self) -> u64 {
        u64::from(self.0[0]) << 32 | u64::from(self.0[1])
    }

    pub(super) fn position(self) -> u32 {
        self.0[2]
    }

    fn order(self) -> (u64, u32) {
        (self.key(), self.position())
    }

    fn to_bytes(self) -> [u8; POSTING_BYTES] {
        let mut bytes = [0; POSTING_BYTES];
        for (place, word) in bytes.chunks_exact_mut(4).zip(self.0) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Posting {
        let word =
            |i: usize| u32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]);
        Posting([word(0), word(4), word(8)])
    }
}

/// Postings as they come, sorted into runs.
pub(super) struct Runs {
    spill: Arc<Spill>,
    /// Postings of a run.
    limit: usize,
    buffer: Vec<Posting>,
    written: Vec<Written>,
}

impl Runs {
    /// Runs of as many postings as the memory setting allows to sort at once.
    pub(super) fn new(spill: &Arc<Spill>) -> Runs {
        let limit = (spill.memory().sorting_bytes() / POSTING_BYTES).max(1);
        Runs { spill: spill.clone(), limit, buffer: Vec::new(), written: Vec::new() }
    }

    #[cfg(test)]
    fn of(spill: &Arc<Spill>, limit: usize) -> Runs {
        Runs { limit, ..Runs::new(spill) }
    }

    pub(super) fn extend(&mut self, mut postings: &[Posting]) -> Result<(), IndexError> {
        while !postings.is_empty() {
            let (now, later) =
                postings.split_at(postings.len().min(self.limit - self.buffer.len()));
            self.make_room(now.len());
            self.buffer.extend_from_slice(now);
            postings = later;
            if self.buffer.len() == self.limit {
                self.set_aside()?;
            }
        }
        Ok(())
    }

    /// Grows the buffer as a vector grows, but never beyond the limit.
    fn make_room(&mut self, more: usize) {
        let wanted = self.buffer.len() + more;
        if wanted > self.buffer.capacity() {
            let capacity = (self.buffer.capacity() * 2).max(wanted).min(self.limit);
            self.buffer.reserve_exact(capacity - self.buffer.len());
        }
    }

    fn set_aside(&mut self) -> Result<(), IndexError> {
        self.buffer.par_sort_unstable_by_key(|posting| posting.order());
        let mut scratch = self.spill.scratch();
        for some in self.buffer.chunks(1024) {
            let bytes: Vec<u8> = some.iter().flat_map(|posting| posting.to_bytes()).collect();
            scratch.write(&bytes)?;
        }
        self.written.push(scratch.finish());
        self.buffer.clear();
        Ok(())
    }

    /// How many runs there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.written.len() + 1
    }

    /// All postings, in order.
    pub(super) fn sort(mut self) -> Result<Sorted, IndexError> {
        self.buffer.par_sort_unstable_by_key(|posting| posting.order());
        let share = self.spill.memory().sorting_bytes() / 4 / (self.written.len() + 1);
        // A whole number of postings, so that none is cut between two reads.
        let read_bytes = share.clamp(READ_BYTES.0, READ_BYTES.1) / POSTING_BYTES * POSTING_BYTES;
        let written = self.written.into_iter().map(|run| Run {
            source: Some(run),
            read: 0,
            buffer: Vec::new(),
            next: 0,
            read_bytes,
        });
        let rest = Run { source: None, read: 0, buffer: self.buffer, next: 0, read_bytes };
        let mut sorted = Sorted { runs: written.chain([rest]).collect(), heads: BinaryHeap::new() };
        for run in 0..sorted.runs.len() {
            if let Some(posting) = sorted.runs[run].next()? {
                sorted.heads.push(Reverse((posting.order(), run)));
            }
        }
        Ok(sorted)
    }
}

/// Postings in order.
pub(super) struct Sorted {
    runs: Vec<Run>,
    /// The next posting of each run.
    heads: BinaryHeap<Reverse<((u64, u32), usize)>>,
}

/// A run as it is read.
struct Run {
    /// Where it goes on; nothing where all of it is in the buffer.
    source: Option<Written>,
    read: u64,
    buffer: Vec<Posting>,
    next: usize,
    read_bytes: usize,
}

impl Run {
    fn next(&mut self) -> Result<Option<Posting>, IndexError> {
        if self.next == self.buffer.len() {
            self.refill()?;
        }
        let posting = self.buffer.get(self.next).copied();
        self.next += 1;
        Ok(posting)
    }

    fn refill(&mut self) -> Result<(), IndexError> {
        self.buffer.clear();
        self.next = 0;
        if let Some(source) = &self.source {
            let mut bytes = vec![0; self.read_bytes];
            let read = source.read_at(self.read, &mut bytes)?;
            self.read += read as u64;
            self.buffer.extend(bytes[..read].chunks_exact(POSTING_BYTES).map(Posting::from_bytes));
        }
        Ok(())
    }
}

impl Sorted {
    /// The next posting.
    pub(super) fn next(&mut self) -> Result<Option<Posting>, IndexError> {
        // Most corpora are one run, which needs no comparing.
        if let [only] = self.runs.as_mut_slice() {
            // Its first posting was taken when the heads were filled.
            let Some(Reverse((key, _))) = self.heads.pop() else {
                return only.next();
            };
            return Ok(Some(Posting::new(key.0, key.1)));
        }
        let Some(mut head) = self.heads.peek_mut() else {
            return Ok(None);
        };
        let Reverse((key, run)) = *head;
        match self.runs[run].next()? {
            Some(next) => *head = Reverse((next.order(), run)),
            None => drop(std::collections::binary_heap::PeekMut::pop(head)),
        }
        Ok(Some(Posting::new(key.0, key.1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::index::memory::Memory;

    fn sorted(mut runs: Runs, postings: &[Posting]) -> Vec<Posting> {
        postings.chunks(777).for_each(|some| runs.extend(some).expect("room"));
        let mut sorted = runs.sort().expect("room");
        std::iter::from_fn(|| sorted.next().expect("readable")).collect()
    }

    #[test]
    fn runs_on_disk_are_merged_into_one_order() {
        let directory = tempfile::tempdir().expect("a directory");
        let mix = |i: u64| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (i >> 3);
        let postings: Vec<Posting> =
            (0..20_000u64).map(|i| Posting::new(mix(i % 12_000), mix(i) as u32)).collect();
        let mut expected = postings.clone();
        expected.sort_by_key(|posting| posting.order());
        for limit in [1, 1_400, 19_999, 20_000, 1_000_000] {
            let some = if limit == 1 { &postings[..300] } else { &postings[..] };
            let mut expected = some.to_vec();
            expected.sort_by_key(|posting| posting.order());
            for spill in [
                Spill::in_memory(),
                Spill::with_room(Some(directory.path().into()), Memory::default(), 1000),
            ] {
                assert!(sorted(Runs::of(&spill, limit), some) == expected, "{limit}");
            }
        }
        assert!(sorted(Runs::new(&Spill::in_memory()), &postings) == expected);
        assert_eq!(
            std::fs::read_dir(directory.path()).expect("readable").count(),
            0,
            "it has no name"
        );
    }

    #[test]
    fn full_buffers_go_to_disk() {
        let directory = tempfile::tempdir().expect("a directory");
        let spill = Spill::with_room(Some(directory.path().into()), Memory::default(), 0);
        let mut runs = Runs::of(&spill, 10_000);
        let postings: Vec<Posting> = (0..35_000).map(|i| Posting::new(!u64::from(i), i)).collect();
        runs.extend(&postings).expect("room");
        assert_eq!((runs.written.len(), runs.buffer.len()), (3, 5_000));
        assert!(runs.written.iter().all(Written::is_spilled));
    }
}
