//! Draws a [`Report`](crate::finding::Report): a file per format.

pub mod doctor;
pub mod explain;
pub mod explain_json;
pub mod index;
pub mod json;
pub mod license;
pub mod printable;
pub mod text;

/// The formats a report can be drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs, by `docs/report.schema.json`.
    Json,
}
