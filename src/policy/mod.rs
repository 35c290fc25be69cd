//! STAND-IN for the policy room; replaced whole at the merge.
#![allow(missing_docs)]

use crate::purl::Purl;

#[derive(Clone, Debug, Default)]
pub struct PolicySettings {
    pub owned: Vec<Purl>,
    pub severities: std::collections::BTreeMap<crate::finding::Rule, crate::finding::Severity>,
}
