//! From matches to findings: the verdict on licences, and what silences a finding.

pub mod baseline;
pub mod finding;
pub(crate) mod policy;
pub(crate) mod suppression;
