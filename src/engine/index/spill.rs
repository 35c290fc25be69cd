//! What a build sets aside until it is needed: in memory as long as there is room, on disk beyond
//! that.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};

use super::error::IndexError;
use super::memory::Memory;
use super::storage::Overflow;

/// Bytes of a [`Scratch`] that are set aside together: a multiple of 12, so that no record lies
/// across a border.
const CHUNK: usize = 60 << 10;

/// Where a build sets things aside. One for all threads, so that what one of them holds is seen by
/// the others.
#[derive(Debug)]
pub struct Spill {
    memory: Memory,
    /// Where it goes on on disk; without it everything is held.
    directory: Option<PathBuf>,
    room: Mutex<usize>,
    /// Gone when nothing is left in it, and then its space on disk is free again.
    overflow: Mutex<Weak<Overflow>>,
    parsing: Mutex<usize>,
    parsed: Condvar,
}

impl Spill {
    /// Sets aside in memory what the setting leaves room for, the rest in a directory.
    pub(crate) fn new(directory: PathBuf, memory: Memory) -> Arc<Spill> {
        Spill::with_room(Some(directory), memory, memory.waiting_bytes())
    }

    /// Holds everything in memory.
    pub fn in_memory() -> Arc<Spill> {
        Spill::with_room(None, Memory::default(), usize::MAX)
    }

    pub(super) fn with_room(directory: Option<PathBuf>, memory: Memory, room: usize) -> Arc<Spill> {
        Arc::new(Spill {
            memory,
            directory,
            room: Mutex::new(room),
            overflow: Mutex::default(),
            parsing: Mutex::new(0),
            parsed: Condvar::new(),
        })
    }

    /// The memory that the build may take.
    pub(crate) fn memory(&self) -> Memory {
        self.memory
    }

    /// Sets bytes aside.
    ///
    /// # Errors
    /// If the disk is full, or refuses otherwise.
    pub(crate) fn keep(self: &Arc<Spill>, bytes: Vec<u8>) -> Result<Kept, IndexError> {
        let length = bytes.len();
        // The capacity counts and not the length: it is what the memory holds.
        let Some(directory) = self.directory.as_ref().filter(|_| !self.take_room(bytes.capacity()))
        else {
            let lease = self.directory.is_some().then(|| Lease(self.clone(), bytes.capacity()));
            return Ok(Kept { length, place: Place::Held { bytes, _lease: lease } });
        };
        let overflow = {
            // The file is made under the lock, or two threads would make one each.
            let mut known = self.overflow.lock().unwrap_or_else(PoisonError::into_inner);
            match known.upgrade() {
                Some(overflow) => overflow,
                None => {
                    let made = Arc::new(Overflow::create(directory)?);
                    *known = Arc::downgrade(&made);
                    made
                }
            }
        };
        let start = overflow.append(&bytes)?;
        Ok(Kept { length, place: Place::Spilled(overflow, start) })
    }

    fn take_room(&self, bytes: usize) -> bool {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        match room.checked_sub(bytes) {
            Some(left) => {
                *room = left;
                true
            }
            None => false,
        }
    }

    /// Does what takes so many bytes of memory for a while; waits until there are so many beside
    /// what other threads do. What takes more than there ever is goes alone.
    pub(crate) fn run_within<T>(&self, bytes: usize, work: impl FnOnce() -> T) -> T {
        let limit = self.memory.parsing_bytes();
        let bytes = bytes.min(limit);
        let taken = self.parsing.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.parsed.wait_while(taken, |taken| *taken + bytes > limit);
        *waited.unwrap_or_else(PoisonError::into_inner) += bytes;
        // Given back also if the work panics: other threads would wait for ever.
        let _turn = Turn(self, bytes);
        work()
    }

    /// Something to be written from front to end and read later.
    pub(crate) fn scratch(self: &Arc<Spill>) -> Scratch {
        Scratch { spill: self.clone(), chunks: Vec::new(), tail: Vec::new() }
    }
}

/// Bytes that a piece of work takes, which come back when it ends.
struct Turn<'a>(&'a Spill, usize);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.parsing.lock().unwrap_or_else(PoisonError::into_inner) -= self.1;
        self.0.parsed.notify_all();
    }
}

/// Bytes that were set aside.
#[derive(Debug)]
pub(crate) struct Kept {
    length: usize,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Held { bytes: Vec<u8>, _lease: Option<Lease> },
    Spilled(Arc<Overflow>, u64),
}

/// Room that comes back when it is dropped.
#[derive(Debug)]
struct Lease(Arc<Spill>, usize);

impl Drop for Lease {
    fn drop(&mut self) {
        *self.0.room.lock().unwrap_or_else(PoisonError::into_inner) += self.1;
    }
}

impl Kept {
    /// Bytes that stay in memory whatever comes.
    pub(crate) fn in_memory(bytes: Vec<u8>) -> Kept {
        Kept { length: bytes.len(), place: Place::Held { bytes, _lease: None } }
    }

    /// How many they are.
    pub(crate) fn byte_count(&self) -> usize {
        self.length
    }

    /// The bytes.
    ///
    /// # Errors
    /// If they are on disk and cannot be read.
    pub(crate) fn read(&self) -> Result<Cow<'_, [u8]>, IndexError> {
        match &self.place {
            Place::Held { bytes, .. } => Ok(Cow::Borrowed(bytes)),
            Place::Spilled(overflow, start) => {
                let mut bytes = vec![0; self.length];
                overflow.read(*start, &mut bytes)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// The bytes, set aside no longer.
    ///
    /// # Errors
    /// If they are on disk and cannot be read.
    pub(crate) fn take(self) -> Result<Vec<u8>, IndexError> {
        match self.place {
            Place::Held { bytes, .. } => Ok(bytes),
            Place::Spilled(..) => self.read().map(Cow::into_owned),
        }
    }

    fn read_part(&self, from: usize, buffer: &mut [u8]) -> Result<(), IndexError> {
        match &self.place {
            Place::Held { bytes, .. } => {
                buffer.copy_from_slice(&bytes[from..from + buffer.len()]);
                Ok(())
            }
            Place::Spilled(overflow, start) => overflow.read(start + from as u64, buffer),
        }
    }
}

/// Bytes that are written from front to end and set aside as they come.
pub(crate) struct Scratch {
    spill: Arc<Spill>,
    chunks: Vec<Kept>,
    tail: Vec<u8>,
}

impl Scratch {
    /// Writes.
    ///
    /// # Errors
    /// If the disk is full, or refuses otherwise.
    pub(crate) fn write(&mut self, mut bytes: &[u8]) -> Result<(), IndexError> {
        while self.tail.len() + bytes.len() >= CHUNK {
            let (now, later) = bytes.split_at(CHUNK - self.tail.len());
            self.tail.extend_from_slice(now);
            self.chunks.push(self.spill.keep(std::mem::take(&mut self.tail))?);
            bytes = later;
        }
        self.tail.extend_from_slice(bytes);
        Ok(())
    }

    /// How many bytes were written.
    pub(crate) fn byte_count(&self) -> u64 {
        (self.chunks.len() * CHUNK + self.tail.len()) as u64
    }

    /// Ends writing.
    pub(crate) fn finish(mut self) -> Written {
        self.chunks.push(Kept::in_memory(self.tail));
        Written { chunks: self.chunks }
    }
}

/// What was written into a [`Scratch`].
pub(crate) struct Written {
    chunks: Vec<Kept>,
}

impl Written {
    /// All of it, piece by piece.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = Result<Cow<'_, [u8]>, IndexError>> {
        self.chunks.iter().map(Kept::read)
    }

    /// Reads as many bytes as `buffer` holds, or up to the end, and says how many.
    ///
    /// # Errors
    /// If they are on disk and cannot be read.
    pub(crate) fn read_at(&self, from: u64, buffer: &mut [u8]) -> Result<usize, IndexError> {
        let mut done = 0;
        let (mut chunk, mut within) =
            ((from / CHUNK as u64) as usize, (from % CHUNK as u64) as usize);
        while let Some(kept) = self.chunks.get(chunk).filter(|_| done < buffer.len()) {
            let part = (kept.byte_count().saturating_sub(within)).min(buffer.len() - done);
            kept.read_part(within, &mut buffer[done..done + part])?;
            (chunk, within, done) = (chunk + 1, 0, done + part);
        }
        Ok(done)
    }
}

#[cfg(test)]
impl Kept {
    /// Whether they are on disk.
    pub(crate) fn is_spilled(&self) -> bool {
        matches!(self.place, Place::Spilled(..))
    }
}

#[cfg(test)]
impl Written {
    /// Whether some of it is on disk.
    pub(crate) fn is_spilled(&self) -> bool {
        self.chunks.iter().any(Kept::is_spilled)
    }
}
