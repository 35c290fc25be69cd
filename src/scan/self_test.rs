//! Whether a copy is found here, tried on a copy that birthmark brings along.
//!
//! The index holds no source text, so nothing of it can be planted. The test has its own text: it
//! indexes a file the way `birthmark index add` does, asks that index together with those a scan
//! would ask, and expects a function that was reformatted and put into another file, with its
//! owner.

use std::io;

use super::{ScanSettings, Scanner};
use crate::engine::index::{Index, IndexDirectory, IndexError, IndexName, Spill};
use crate::ingest::{self, Given, IngestError, Source};
use crate::license::LicenseFact;
use crate::project::walk::{Markers, Review};
use crate::purl::Purl;
use crate::text::language::Language;
use crate::text::source::SourceFile;
use crate::text::span::Region;
use crate::text::token::Tokenizer;

/// What is indexed.
const ORIGINAL: &str =
    include_str!("../../fixtures/demo-components/plaintable/plaintable/layout.py");
/// A file into which one function of it was put, broken into other lines and without its comments.
const COPY: &str = include_str!("../../examples/demo/parcelbot/summary.py");
/// The first and the last line of that function in [`COPY`].
const FIRST_LINE: &str = "def fit_columns(rows, room, rigid=()):";
const LAST_LINE: &str = "    return widths";
/// Parts in ten of its lines that must be found.
const MIN_TENTHS: usize = 8;
/// Name of the component that is indexed.
const NAME: &str = "birthmark-self-test";

/// A planted copy that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sighting {
    /// Evidence in bits.
    pub bits: f32,
    /// Lines of the copy that were found, and lines it has.
    pub lines: (usize, usize),
}

/// Why the planted copy was not found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SelfTestError {
    /// There is no place to write the small index to.
    #[error("cannot write to the directory for temporary files, {directory}: {source}", directory = std::env::temp_dir().display())]
    NoRoom {
        /// What the system says.
        #[from]
        source: io::Error,
    },
    /// The original could not be read.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// An index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// Everything went well, and the copy was not seen.
    #[error("a planted copy of {expected} lines was not found: {found} lines were")]
    Missed {
        /// Its lines.
        expected: usize,
        /// Those that were found.
        found: usize,
    },
}

/// Plants the copy and looks for it in these indexes and one with the original.
///
/// # Errors
/// If it is not found, or something fails on the way.
pub(crate) fn self_test(indexes: &[IndexName]) -> Result<Sighting, SelfTestError> {
    let directory = tempfile::tempdir()?;
    let original = directory.path().join("layout.py");
    std::fs::write(&original, ORIGINAL)?;
    let purl = Purl::new("generic", NAME, None).map_err(IngestError::from)?;
    let given = Given { purl: Some(purl.clone()), ..Given::default() };
    let spill = Spill::in_memory();
    let ingested = ingest::ingest(&Source::File(original), &given, &spill)?;
    let component = ingested.prepare(&spill)?.component;
    let own = directory.path().join("index");
    IndexDirectory::open_or_create(&own)?.add(vec![component])?;

    let mut asked = vec![IndexName::Directory(own)];
    asked.extend(indexes.iter().cloned());
    find(Index::open(&asked)?, &purl)
}

fn find(index: Index, purl: &Purl) -> Result<Sighting, SelfTestError> {
    let python = Language::from_name("python").expect("a language of the table");
    let source = SourceFile::new("summary.py", python, COPY.into());
    let scanner = Scanner::new(index, ScanSettings::default());
    let report = scanner.text(
        &mut Tokenizer::new(),
        &source,
        &LicenseFact::unknown(),
        &Review::Whole,
        Markers::Excuse,
    );
    let expected = copied_lines();
    let found: Vec<_> = report
        .references
        .iter()
        .filter(|reference| reference.owners.iter().any(|owner| owner.purl == *purl))
        .map(|reference| (overlap(reference.region, &expected), reference.evidence.bits))
        .collect();
    let lines = found.iter().map(|(lines, _)| lines).sum();
    let bits = found.iter().map(|&(_, bits)| bits).fold(0.0, f32::max);
    if lines * 10 >= expected.len() * MIN_TENTHS {
        Ok(Sighting { bits, lines: (lines, expected.len()) })
    } else {
        Err(SelfTestError::Missed { expected: expected.len(), found: lines })
    }
}

/// The lines of the planted function, counted from 1.
fn copied_lines() -> std::ops::Range<usize> {
    let place =
        |wanted: &str| COPY.lines().position(|line| line == wanted).map_or(0, |line| line + 1);
    place(FIRST_LINE)..place(LAST_LINE) + 1
}

fn overlap(region: Region, lines: &std::ops::Range<usize>) -> usize {
    let end = lines.end.min(region.end_line as usize + 1);
    end.saturating_sub(lines.start.max(region.start_line as usize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::evidence::{Chance, Preset};

    #[test]
    fn the_planted_copy_is_found() {
        let sighting = self_test(&[]).expect("found");
        assert!(sighting.lines.0 <= sighting.lines.1 && sighting.lines.1 > 20, "{sighting:?}");
        assert!(sighting.bits > Preset::Hook.threshold_bits(Chance::of(0)), "{sighting:?}");
    }

    #[test]
    fn an_index_without_the_original_is_told() {
        let starter = Index::open(&[IndexName::Starter]).expect("sound");
        let purl = Purl::new("generic", NAME, None).expect("a purl");
        let missed = find(starter, &purl).expect_err("nothing to find");
        assert!(matches!(missed, SelfTestError::Missed { found: 0, .. }), "{missed}");
    }
}
