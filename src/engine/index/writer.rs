//! Writes a segment as it goes: in an order that does not depend on the order in which things came,
//! and without having all of it in memory at any time.
//!
//! ```text
//!   Contents --> token starts, which documents are equal --> tables  \
//!            --> fingerprints --> sorted runs --merged--> listing     >  set aside (spill), then written
//!            --> token blocks, as they are                           /   section by section
//! ```
//!
//! In memory are: some forty bytes a document for where its tokens begin and which others are equal
//! to it, at first some sixty for names, later a run of postings, and the documents that are being
//! read.

use std::io::Write;
use std::sync::Arc;

use rayon::prelude::*;

use super::contents::{Contents, DocumentRef, PreparedComponent};
use super::equals::Equals;
use super::error::IndexError;
use super::format::{self, COMMON_LIST, MAX_DOCUMENT_TOKENS, Section};
use super::listing::{Listed, Listing};
use super::runs::{Posting, Runs};
use super::sections::{SectionWriter, WriteError, WrittenFile};
use super::segment::Counts;
use super::spill::{Scratch, Spill};
use super::tables::{self, Tables};

/// Documents that are read in parallel before what was made of them is taken in: so many, or as
/// many as have so many tokens.
const DOCUMENTS_AT_ONCE: usize = 1024;
const TOKENS_AT_ONCE: u64 = 1 << 20;

/// Writes a segment of some contents.
///
/// # Errors
/// If they are too much for one segment, they were taken from a segment that is damaged, or `out`
/// fails.
pub fn write_segment(
    contents: &Contents<'_>,
    spill: &Arc<Spill>,
    out: impl Write,
) -> Result<WrittenFile, WriteError> {
    let layout = Layout::of(contents, spill)?;
    let mut out = SectionWriter::new(out)?;
    let tables = Tables::of(contents, &layout.token_starts, &layout.equals, spill)?;
    let families = write_tables(tables, &mut out)?;
    out.section(Section::Contents)?;
    for some in layout.equals.order().chunks(DOCUMENTS_AT_ONCE) {
        let bytes: Vec<u8> = some.iter().flat_map(|number| number.to_le_bytes()).collect();
        out.write(&bytes)?;
    }
    out.section(Section::Tokens)?;
    layout.write_blocks(contents, &mut out)?;
    let listed = layout.write_listings(contents, spill)?;
    listed.write(&mut out)?;
    write_table(Section::Families, families, &mut out)?;
    let counts = Counts { fingerprints: listed.count, ..layout.counts };
    Ok(out.finish(counts, listed.bucket_bits)?)
}

/// A segment of these components, in memory.
///
/// # Errors
/// If they are too much for one segment.
pub fn segment_bytes(components: Vec<PreparedComponent>) -> Result<Vec<u8>, WriteError> {
    let mut bytes = Vec::new();
    write_segment(&Contents::from_prepared(components), &Spill::in_memory(), &mut bytes)?;
    Ok(bytes)
}

/// Writes the tables that come first; returns the one that comes last.
fn write_tables<W: Write>(
    tables: Tables<'_>,
    out: &mut SectionWriter<W>,
) -> Result<Scratch, WriteError> {
    for (section, table) in [
        (Section::Strings, tables.strings.bytes),
        (Section::Licenses, tables.licenses.rows),
        (Section::Components, tables.components),
        (Section::Documents, tables.documents),
    ] {
        write_table(section, table, out)?;
    }
    Ok(tables.families)
}

fn write_table<W: Write>(
    section: Section,
    table: Scratch,
    out: &mut SectionWriter<W>,
) -> Result<(), WriteError> {
    out.section(section)?;
    table.finish().pieces().try_for_each(|piece| out.write(&piece?))
}

/// Goes through all documents, some at a time, and lets go of the memory they were read into.
fn some_at_a_time<'c, E: From<IndexError>>(
    contents: &'c Contents<'_>,
    mut act: impl FnMut(&[DocumentRef<'c>]) -> Result<(), E>,
) -> Result<(), E> {
    let (mut some, mut tokens) = (Vec::with_capacity(DOCUMENTS_AT_ONCE), 0);
    for document in contents.documents() {
        let document = document?;
        tokens += u64::from(document.tokens());
        some.push(document);
        if some.len() == DOCUMENTS_AT_ONCE || tokens >= TOKENS_AT_ONCE {
            act(&some)?;
            contents.release();
            (tokens, _) = (0, some.clear());
        }
    }
    act(&some)?;
    contents.release();
    Ok(())
}

/// Where the tokens of each document begin, which documents are equal, and how much there is.
struct Layout {
    token_starts: Vec<u32>,
    equals: Equals,
    counts: Counts,
}

impl Layout {
    fn of(contents: &Contents<'_>, spill: &Spill) -> Result<Layout, IndexError> {
        let mut layout = Layout {
            token_starts: Vec::new(),
            equals: Equals::default(),
            counts: Counts::default(),
        };
        for component in contents.components() {
            layout.counts.components += 1;
            for document in component.documents() {
                layout.add(&document?)?;
            }
        }
        contents.release();
        let bytes = layout.counts.documents * tables::DOCUMENT_BYTES;
        spill.memory().check_names(layout.counts.documents, bytes)?;
        layout.equals = Equals::of(contents)?;
        Ok(layout)
    }

    fn add(&mut self, document: &DocumentRef<'_>) -> Result<(), IndexError> {
        if document.tokens() > MAX_DOCUMENT_TOKENS {
            return Err(IndexError::TooLarge {
                what: "a document",
                limit: u64::from(MAX_DOCUMENT_TOKENS),
            });
        }
        let limit = u64::from(COMMON_LIST);
        // This fits, because the call before refused a sum that reaches the limit.
        self.token_starts.push(self.counts.tokens as u32);
        self.counts.documents += 1;
        self.counts.lines += u64::from(document.lines());
        self.counts.tokens += u64::from(document.tokens());
        if self.counts.tokens < limit {
            Ok(())
        } else {
            Err(IndexError::TooLarge { what: "this corpus", limit })
        }
    }

    /// Writes each block of tokens once.
    fn write_blocks<W: Write>(
        &self,
        contents: &Contents<'_>,
        out: &mut SectionWriter<W>,
    ) -> Result<(), WriteError> {
        let mut number = 0;
        some_at_a_time(contents, |documents| {
            for document in documents {
                if self.equals.first(number) == number {
                    out.write(&document.block()?)?;
                }
                number += 1;
            }
            Ok(())
        })
    }

    /// What the format lists.
    fn write_listings(
        &self,
        contents: &Contents<'_>,
        spill: &Arc<Spill>,
    ) -> Result<Listed, IndexError> {
        let mut sorted = self.runs(contents, spill)?.sort()?;
        let mut listing = Listing::new(&self.token_starts, &self.equals, spill);
        while let Some(posting) = sorted.next()? {
            listing.push(posting)?;
        }
        listing.finish(self.counts.tokens)
    }

    fn runs(&self, contents: &Contents<'_>, spill: &Arc<Spill>) -> Result<Runs, IndexError> {
        let mut runs = Runs::new(spill);
        let mut numbers = 0..;
        some_at_a_time(contents, |documents| {
            let numbered = documents.iter().zip(numbers.by_ref());
            let listed: Vec<(&DocumentRef<'_>, usize)> =
                numbered.filter(|(_, number)| self.equals.is_listed(*number)).collect();
            let found = listed.into_par_iter().map(|(document, number)| {
                let posting = |found: crate::engine::fingerprint::Fingerprint| {
                    Posting::new(
                        format::key(found.hash.0),
                        self.token_starts[number] + found.position,
                    )
                };
                Ok(document.fingerprints()?.into_iter().map(posting).collect())
            });
            let found: Vec<Vec<Posting>> = found.collect::<Result<_, IndexError>>()?;
            found.iter().try_for_each(|of_document| runs.extend(of_document))
        })?;
        Ok(runs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::index::documents::{Component, DocumentFacts, DocumentMarks};
    use crate::engine::index::{Columns, Memory, PreparedDocument, Segment, SegmentBytes};
    use crate::license::LicenseFact;
    use crate::text::language::Language;

    /// Documents of classes without visible order, each like its neighbours in parts.
    fn components(spill: &Arc<Spill>) -> Vec<PreparedComponent> {
        let document = |component: u64, number: u64| {
            let class = |i: u64| 16 + (((i / 40 + component + number) * 7 + i * i) % 60) as u8;
            let classes: Vec<u8> = (0..1500).map(class).collect();
            let columns =
                Columns { names: vec![0; classes.len()], lines: vec![1; classes.len()], classes };
            let language = Language::all().next().expect("one");
            let marks = DocumentMarks::default();
            let facts = DocumentFacts {
                path: format!("{number}.py"),
                language,
                license: None,
                marks,
                copyrights: Vec::new(),
            };
            PreparedDocument::compress(facts, &columns, 1, spill).expect("room")
        };
        let component = |number: u64| PreparedComponent {
            component: Component {
                purl: format!("pkg:pypi/p{number}@1").parse().expect("a purl"),
                digest: String::new(),
                license: LicenseFact::unknown(),
                published: None,
                dependencies: Vec::new(),
                vendored: Vec::new(),
                copyright: None,
            },
            documents: (0..8).map(|i| document(number, i)).collect(),
        };
        (0..6).map(component).collect()
    }

    #[test]
    fn what_is_set_aside_changes_no_byte() {
        let directory = tempfile::tempdir().expect("a directory");
        let expected = segment_bytes(components(&Spill::in_memory())).expect("small enough");
        let spill = Spill::new(directory.path().into(), Memory::of_a_test(1 << 16));
        let contents = Contents::from_prepared(components(&spill));
        let layout = Layout::of(&contents, &spill).expect("small enough");
        assert!(layout.runs(&contents, &spill).expect("room").count() > 5, "one run is no merging");
        let mut bytes = Vec::new();
        write_segment(&contents, &spill, &mut bytes).expect("room on disk");
        assert!(bytes == expected);

        let segment =
            |bytes| Segment::open("a test's", SegmentBytes::Owned(bytes)).expect("a segment");
        let mut halves = components(&spill);
        let rest = halves.split_off(2);
        let halves = [rest, halves].map(|half| segment(segment_bytes(half).expect("small enough")));
        let contents = Contents::from_segments(&halves, |_| true).expect("readable");
        let mut merged = Vec::new();
        write_segment(&contents, &spill, &mut merged).expect("room on disk");
        assert!(merged == expected);
        assert_eq!(segment(expected).damage().len(), 0, "whole");
    }

    #[test]
    fn too_little_memory_for_the_names_is_named() {
        let spill = Spill::new("nowhere".into(), Memory::of_a_test(1 << 10));
        let contents = Contents::from_prepared(components(&Spill::in_memory()));
        let refused = write_segment(&contents, &spill, Vec::new());
        let message = refused.expect_err("48 documents take more").to_string();
        assert!(message.contains("48 documents") && message.contains("--memory"), "{message}");
    }
}
