//! What the index knows of a component and of each of its documents.

use crate::language::Language;
use crate::license::LicenseFact;
use crate::purl::Purl;

/// A released package, a repository or a folder: the unit that has a name and a licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its name and version.
    pub purl: Purl,
    /// BLAKE3 over the sorted paths and contents of its files, as `blake3:` and 64 hexadecimal digits.
    pub digest: String,
    /// Its licence.
    pub license: LicenseFact,
}

/// A source file of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFacts {
    /// Path inside the component, with `/`.
    pub path: String,
    /// Its language.
    pub language: Language,
    /// Its own licence, where a header or tag states one that differs from the component's.
    pub license: Option<LicenseFact>,
    /// What kind of file it is.
    pub marks: DocumentMarks,
}

/// Properties of a document that bear on how far a resemblance to it means anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentMarks {
    /// Stands in a folder whose name says that it holds other people's code.
    pub vendored: bool,
    /// Says that a generator wrote it.
    pub generated: bool,
    /// Was minified.
    pub minified: bool,
    /// Is a test, an example or a benchmark.
    pub test: bool,
}

impl DocumentMarks {
    /// Whether a resemblance to the document means anything: what a generator wrote, or a minifier, resembles
    /// everything else it wrote.
    pub fn is_searchable(self) -> bool {
        !self.generated && !self.minified
    }

    /// The marks as an index stores them.
    pub fn to_bits(self) -> u8 {
        u8::from(self.vendored)
            | u8::from(self.generated) << 1
            | u8::from(self.minified) << 2
            | u8::from(self.test) << 3
    }

    /// The marks an index stored.
    pub fn from_bits(bits: u8) -> DocumentMarks {
        DocumentMarks {
            vendored: bits & 1 != 0,
            generated: bits & 2 != 0,
            minified: bits & 4 != 0,
            test: bits & 8 != 0,
        }
    }
}
