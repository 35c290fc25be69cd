//! Who holds a content, over all open segments.

use std::sync::{Arc, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::error::IndexError;
use super::lookup::Listed;
use super::segment::{ComponentId, ComponentRow, DocumentRow, Segment};
use super::selection::{Holding, Selection, select};
use super::{Index, SegmentId, format};
use crate::engine::fingerprint::KgramHash;

/// A document that has a content.
#[derive(Clone, Copy)]
pub(crate) struct Holder<'a> {
    /// Its segment.
    pub segment: &'a Segment,
    /// The number of that.
    pub segment_id: SegmentId,
    /// Its row there.
    pub row: DocumentRow,
    /// The row of its component.
    pub component: ComponentRow,
}

/// What a fingerprint of very many contents lists over all segments.
#[derive(Clone)]
pub(crate) struct Limited {
    /// The contents, in order.
    pub contents: Arc<[u128]>,
    /// The packages that hold these; of several that hold a content one counts.
    pub packages: u32,
    /// Whether only some of the packages that hold it are listed, and not all.
    pub is_common: bool,
}

/// Fingerprints whose limited lists are remembered at most.
const MAX_REMEMBERED: usize = 1 << 14;

impl Index {
    /// The searched documents that have a content, in an order that does not depend on segments. A
    /// component that several segments hold counts once.
    ///
    /// # Errors
    /// If a segment is damaged.
    pub(crate) fn holders(&self, content: u128) -> Result<Vec<Holder<'_>>, IndexError> {
        let mut holders = Vec::new();
        for (segment, number) in self.segments.iter().zip(0..) {
            for (_, row) in segment.documents_of(content)? {
                let is_double = self.is_double(SegmentId(number), row.component);
                if row.marks().is_searchable() && !is_double {
                    let (segment_id, component) =
                        (SegmentId(number), segment.component_row(row.component)?);
                    holders.push(Holder { segment, segment_id, row, component });
                }
            }
        }
        if holders.len() > 1 {
            // The sort is stable: documents of one component stay in the order of their paths.
            holders.sort_by_key(|holder| (holder.component.package, holder.component.identity));
        }
        Ok(holders)
    }

    fn is_double(&self, segment: SegmentId, component: ComponentId) -> bool {
        !self.doubles.is_empty() && self.doubles.contains(&(segment, component))
    }

    /// What a fingerprint lists of contents that are more than it may list, or that are listed in
    /// part: `listed` says how much of what they hold the segments list.
    ///
    /// # Errors
    /// If a segment is damaged.
    pub(crate) fn limit_listing(
        &self,
        hash: KgramHash,
        contents: &[u128],
        listed: Listed,
    ) -> Result<Limited, IndexError> {
        let key = format::key(hash.0);
        let known = self.limited.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        // The lock is not held meanwhile. Two threads may make the same choice twice.
        let mut holdings = Vec::new();
        let mut first_packages = FxHashMap::default();
        for &content in contents {
            let packages: Vec<u64> =
                self.holders(content)?.into_iter().map(|holder| holder.component.package).collect();
            first_packages.insert(content, packages.first().copied());
            holdings.extend(packages.into_iter().map(|package| Holding { package, content }));
        }
        let Selection { contents, is_common } = select(holdings, listed == Listed::SomePackages);
        let packages: FxHashSet<u64> =
            contents.iter().filter_map(|content| *first_packages.get(content)?).collect();
        let limited =
            Limited { contents: contents.into(), packages: packages.len() as u32, is_common };
        let mut remembered = self.limited.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(key, limited.clone());
        Ok(limited)
    }
}
