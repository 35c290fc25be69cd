//! What people said of a reference: where they declare the code to come from, and that they accept it.

use crate::license::LicenseFact;
use crate::purl::Purl;

/// A declaration of where a reference's code comes from, compared with whom it resembles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// In what way it is declared.
    pub by: DeclaredBy,
    /// The line of the reference's file on which it is; `None` if it stands beside the file.
    pub line: Option<u32>,
    /// The licence it states, if it states one.
    pub license: Option<LicenseFact>,
    /// The origin it names, as it is written.
    pub origin: Option<String>,
    /// Whether it fits.
    pub agreement: Agreement,
}

/// The ways to declare where code comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeclaredBy {
    /// SPDX snippet tags around it.
    Snippet,
    /// A comment by it.
    Comment,
    /// The header of its file.
    Header,
    /// Something beside its file: a `.license` file, `REUSE.toml`, the licence text of a vendored folder.
    Beside,
}

/// Whether a declaration fits with what the code resembles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// It is this owner, or the licence is one that this owner offers.
    With(Purl),
    /// No owner fits; why, as part of a sentence.
    None(String),
}

impl Declared {
    /// Whether it fits with some owner.
    pub fn agrees(&self) -> bool {
        matches!(self.agreement, Agreement::With(_))
    }
}

/// Somebody's decision to keep code as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Who decided.
    pub by: String,
    /// When, as RFC 3339 has it.
    pub at: String,
    /// Why.
    pub reason: String,
}
