//! The inverted index on disk: fingerprint -> postings -> document -> component.

pub mod documents;
