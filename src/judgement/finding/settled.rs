//! What people said of a reference: where they declare the code to come from, and that they accept
//! it.

use super::Rule;
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
    /// Something beside its file: a `.license` file, `REUSE.toml`, the licence text of a vendored
    /// folder.
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
    pub(crate) fn agrees(&self) -> bool {
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

/// A decision of the log, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedReference {
    /// The [`Reference::id`](super::Reference::id) it was about.
    pub id: String,
    /// The rule it was about.
    pub rule: Rule,
    /// The path it was about, from the directory of the log.
    pub path: String,
    /// The file that holds the decision.
    pub file: String,
    /// The decision.
    pub decision: Acceptance,
    /// What became of it.
    pub fate: Fate,
}

/// What became of accepted code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stands where it stood.
    Standing,
    /// It stands in this file now.
    Moved(String),
    /// It is declared by now.
    Attributed,
    /// Nothing about it needs attention any more.
    Cleared,
    /// It needs attention under another rule.
    Changed(Rule),
    /// It is not found any more.
    Gone,
    /// Its file was not checked as a whole.
    NotChecked,
}
