//! Reading all of a segment and comparing.

use super::error::IndexError;
use super::format;
use super::lookup::{Listed, Postings};
use super::segment::{ComponentId, DocumentId, DocumentRow, Segment};
use crate::engine::fingerprint::{Fingerprint, fingerprints};

impl Segment {
    /// Reads everything and compares: checksums, texts, and that the fingerprints are those of the
    /// tokens. Lists all that is wrong; nothing where the segment is whole.
    pub fn damage(&self) -> Vec<IndexError> {
        let pages = self.damaged_pages().map(|(page, sections)| {
            let sections: Vec<String> =
                sections.iter().map(|section| format!("{section:?}")).collect();
            let of =
                if sections.is_empty() { "no section".to_owned() } else { sections.join(", ") };
            self.corrupt(format!("the checksum of page {page} is wrong ({of})"))
        });
        let damage: Vec<IndexError> = pages.collect();
        if !damage.is_empty() {
            // What stands on damaged pages cannot be compared.
            return damage;
        }
        self.compare().err().into_iter().collect()
    }

    /// Whether all that a segment holds of a component can be read.
    pub(super) fn is_component_whole(
        &self,
        id: ComponentId,
        documents: std::ops::Range<u32>,
    ) -> bool {
        let read = || {
            self.component(&self.component_row(id)?)?;
            for number in documents {
                let row = self.document_row(DocumentId(number))?;
                if row.component != id {
                    return Err(self.out_of_order(number));
                }
                self.document(&row)?;
                self.columns(&row)?;
            }
            Ok(())
        };
        read().is_ok()
    }

    fn compare(&self) -> Result<(), IndexError> {
        for id in self.components() {
            self.component(&self.component_row(id)?)?;
        }
        let (mut next_token, mut lines) = (0u32, 0);
        for id in self.documents() {
            let row = self.document_row(id)?;
            if row.token_start != next_token
                || u64::from(row.component.0) >= self.counts().components
            {
                return Err(self.out_of_order(id.0));
            }
            next_token = next_token.checked_add(row.token_count).ok_or_else(|| {
                self.corrupt("its documents have more tokens than a segment can hold")
            })?;
            lines += u64::from(row.lines);
            let facts = self.document(&row)?;
            let columns = self.columns(&row)?;
            let equals = self.documents_of(row.content)?;
            if columns.content(row.language, row.lines) != row.content
                || !equals.iter().any(|(equal, _)| *equal == id)
            {
                return Err(
                    self.corrupt(format!("{} is not the content that it should be", facts.path))
                );
            }
            if !facts.marks.is_searchable() {
                continue;
            }
            let start = self.fingerprint_count(&equals)?;
            for fingerprint in fingerprints(&columns.classes, &columns.names, row.language) {
                if !self.holds(fingerprint, start)? {
                    return Err(self.corrupt(format!("a fingerprint of {} is missing", facts.path)));
                }
            }
        }
        if (self.counts().tokens, self.counts().lines) != (u64::from(next_token), lines) {
            return Err(self.corrupt("it holds other numbers of tokens or lines than it says"));
        }
        Ok(())
    }

    /// Where the document begins that is listed for some equal ones: of those that are searched,
    /// the one of the first package.
    fn fingerprint_count(&self, equals: &[(DocumentId, DocumentRow)]) -> Result<u32, IndexError> {
        let mut first: Option<(u64, u32)> = None;
        for (_, row) in equals.iter().filter(|(_, row)| row.marks().is_searchable()) {
            let key = (self.component_row(row.component)?.package, row.token_start);
            first = Some(first.map_or(key, |first| first.min(key)));
        }
        Ok(first.map_or(0, |(_, start)| start))
    }

    /// Whether a fingerprint of a document stands in the postings, as far as limits list it.
    fn holds(&self, fingerprint: Fingerprint, token_start: u32) -> Result<bool, IndexError> {
        let Postings { completeness, mut list } = self.lookup(fingerprint.hash)?;
        let limit = format::MAX_POSTINGS_PER_DOCUMENT;
        let (mut earlier, wanted) = (0, token_start + fingerprint.position);
        let is_listed = list.any(|position| {
            earlier += usize::from(position >= token_start && position < wanted);
            // Behind so many postings of one document, the format lists no more of it.
            position == wanted || earlier >= limit
        });
        Ok(is_listed || completeness != Listed::All)
    }
}
