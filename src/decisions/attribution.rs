//! Writes down where code comes from: snippet tags around it, the texts of its licences, the
//! notices of the project.
//!
//! ```text
//!   references --snippet::wrap--> edited sources --notices--> LICENSES/, THIRD-PARTY.md --> Plan --files--> written
//! ```
//!
//! Everything is planned before anything is written, and a plan can be shown as a patch. The
//! notices are a function of the tags in the sources, so that to write them twice changes nothing.

mod annotation;
mod notices;
mod plan;
mod repository;
mod root;
mod snippet;

pub(crate) use annotation::is_lost_by_tags;
pub(crate) use notices::{NOTICES, Notices};
pub(crate) use plan::{AttributionSettings, PartlyStaged, Plan, PlanError, Unfit, WeakEvidence};
pub(crate) use root::project_root;
pub use snippet::{Refusal, Snippet, wrap};

use std::path::PathBuf;

use crate::engine::matcher::{CopyKind, Owner};
use crate::judgement::finding::Reference;
use crate::license::LicenseExpression;

/// A file as it is and as it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    /// The path as it is shown.
    pub path: String,
    /// Where the file is.
    pub location: PathBuf,
    /// What it holds; `None` if it is not there yet.
    pub before: Option<Vec<u8>>,
    /// What it shall hold.
    pub after: Vec<u8>,
}

/// Most copyright notices in the tags of one snippet. The file of notices has them all.
const MAX_HOLDERS: usize = 12;

/// What is written above a copy, without the marks of a comment. `holder` is who holds the
/// copyright, if the user says so; else the origin's own notices are repeated.
pub fn tags(
    reference: &Reference,
    origin: &Owner,
    license: &LicenseExpression,
    holder: Option<&str>,
) -> Vec<String> {
    use crate::text::declaration::tag;
    let verb = match reference.kind {
        CopyKind::Verbatim => "copied",
        _ => "adapted",
    };
    let mut holders: Vec<String> = match holder {
        Some(holder) => vec![one_line(holder)],
        None => origin.copyright_notices().iter().map(|notice| one_line(notice)).collect(),
    };
    if holders.is_empty() || holders.len() > MAX_HOLDERS {
        holders.truncate(MAX_HOLDERS);
        holders.push(format!("the authors of {}", origin.purl.package()));
    }
    let (first, last) = (origin.lines.first, origin.lines.last);
    let path = one_line(&origin.path);
    let mut tags = vec![tag::BEGIN.to_owned()];
    tags.extend(holders.iter().map(|holder| format!("{} {holder}", tag::COPYRIGHT)));
    tags.push(format!("{} {license}", tag::LICENSE));
    let from = format!("{verb} from {}, {path} lines {first}-{last}", origin.purl);
    tags.push(format!("{} {from}", tag::COMMENT));
    tags
}

/// Text from outside as part of a line of comment.
fn one_line(text: &str) -> String {
    crate::project::walk::one_line(text)
}
