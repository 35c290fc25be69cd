//! Which documents are equal. Versions of a package share most of their files, and many packages
//! carry the same ones: each content is stored and listed once.

use super::contents::{Contents, DocumentRef};
use super::error::IndexError;
use super::selection::Holding;

/// What is known of the documents of a segment that is written, by number.
#[derive(Default)]
pub(super) struct Equals {
    documents: Vec<Known>,
    /// The documents by content, then number.
    order: Vec<u32>,
    /// Of each document, the first that is equal to it.
    first: Vec<u32>,
    /// Of each document, whether it is the one that is listed for its content.
    is_listed: Vec<bool>,
}

struct Known {
    content: u128,
    package: u64,
    is_searchable: bool,
}

impl Equals {
    /// Compares the documents of some contents.
    pub(super) fn of(contents: &Contents<'_>) -> Result<Equals, IndexError> {
        let mut equals = Equals::default();
        for component in contents.components() {
            let package = component.package()?;
            for document in component.documents() {
                equals.documents.push(Known::of(&document?, package));
            }
        }
        contents.release();
        equals.compare();
        Ok(equals)
    }

    fn compare(&mut self) {
        let documents = &self.documents;
        self.order = (0..documents.len() as u32).collect();
        self.order.sort_unstable_by_key(|&number| (documents[number as usize].content, number));
        self.first = vec![0; documents.len()];
        self.is_listed = vec![false; documents.len()];
        let content = |number: &u32| documents[*number as usize].content;
        for equal in self.order.chunk_by(|a, b| content(a) == content(b)) {
            equal.iter().for_each(|&number| self.first[number as usize] = equal[0]);
            let searchable =
                equal.iter().filter(|&&number| documents[number as usize].is_searchable);
            // `Segment::fingerprint_count` makes the same choice again, to verify what is listed.
            let listed =
                searchable.min_by_key(|&&number| (documents[number as usize].package, number));
            if let Some(&listed) = listed {
                self.is_listed[listed as usize] = true;
            }
        }
    }

    /// The documents by content, then number.
    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }

    /// The first document that is equal to one.
    pub(super) fn first(&self, number: usize) -> usize {
        self.first[number] as usize
    }

    /// Whether a document is the one that is listed for its content.
    pub(super) fn is_listed(&self, number: usize) -> bool {
        self.is_listed[number]
    }

    /// The digest of a document's content.
    pub(super) fn content(&self, number: usize) -> u128 {
        self.documents[number].content
    }

    /// Which packages hold the content of a document in files that are searched.
    pub(super) fn holdings(&self, number: usize) -> impl Iterator<Item = Holding> + '_ {
        let content = self.content(number);
        let of = |number: &u32| &self.documents[*number as usize];
        let start = self.order.partition_point(|number| of(number).content < content);
        let equal =
            self.order[start..].iter().map(of).take_while(move |known| known.content == content);
        equal
            .filter(|known| known.is_searchable)
            .map(move |known| Holding { package: known.package, content })
    }
}

impl Known {
    fn of(document: &DocumentRef<'_>, package: u64) -> Known {
        Known {
            content: document.content(),
            package,
            is_searchable: document.marks().is_searchable(),
        }
    }
}
