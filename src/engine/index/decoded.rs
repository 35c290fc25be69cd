//! Columns decoded lately. The files of a tree resemble the same documents again and again;
//! decoding those anew for each file took a third of a scan.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::columns::LazyColumns;
use super::segment::DocumentId;

/// Tokens remembered for a segment at most; four bytes each, and eight in the few documents whose
/// lines are asked for.
const MAX_TOKENS: usize = 10 << 20;
/// Parts of the memory, each with a lock of its own.
const SHARDS: usize = 16;

/// What a segment remembers. Filling it changes no answer.
#[derive(Default)]
pub(super) struct Decoded([Mutex<Shard>; SHARDS]);

/// Two generations: what was asked for since the last change of generations, and what was before.
/// An old one that is asked for again becomes young; once the young ones are too many they are the
/// old ones, and the old ones go.
#[derive(Default)]
struct Shard {
    young: FxHashMap<DocumentId, Arc<LazyColumns>>,
    old: FxHashMap<DocumentId, Arc<LazyColumns>>,
    young_tokens: usize,
}

impl Decoded {
    pub(super) fn get(&self, id: DocumentId) -> Option<Arc<LazyColumns>> {
        self.shard(id, |shard| shard.get(id))
    }

    pub(super) fn insert(&self, id: DocumentId, columns: Arc<LazyColumns>) {
        self.shard(id, |shard| shard.insert(id, columns));
    }

    fn shard<T>(&self, id: DocumentId, act: impl FnOnce(&mut Shard) -> T) -> T {
        let shard = &self.0[id.0 as usize % SHARDS];
        act(&mut shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shard {
    fn get(&mut self, id: DocumentId) -> Option<Arc<LazyColumns>> {
        if let Some(columns) = self.young.get(&id) {
            return Some(columns.clone());
        }
        let columns = self.old.remove(&id)?;
        self.insert(id, columns.clone());
        Some(columns)
    }

    fn insert(&mut self, id: DocumentId, columns: Arc<LazyColumns>) {
        self.young_tokens += columns.classes.len();
        self.young.insert(id, columns);
        // Half of the room is for the old ones.
        if self.young_tokens > MAX_TOKENS / SHARDS / 2 {
            self.old = mem::take(&mut self.young);
            self.young_tokens = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::Columns;
    use super::*;

    fn columns(tokens: usize) -> Arc<LazyColumns> {
        let columns =
            Columns { classes: vec![1; tokens], names: vec![0; tokens], lines: vec![1; tokens] };
        Arc::new(LazyColumns::decode(&columns.encode(), tokens).expect("just encoded"))
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let decoded = Decoded::default();
        let id = |number: usize| DocumentId((number * SHARDS) as u32);
        let size = MAX_TOKENS / SHARDS / 8;
        for number in 0..40 {
            decoded.insert(id(number), columns(size));
            assert!(decoded.get(id(0)).is_some(), "{number}");
        }
        let known = (0..40).filter(|&number| decoded.get(id(number)).is_some()).count();
        assert!((4..=12).contains(&known), "{known}");
    }
}
