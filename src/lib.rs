//! birthmark finds code that resembles licensed open source, says whose it is, and decides whether
//! its licence lets it stay. See `docs/architecture.md` for the map.
//!
//! The folders are the layers, listed here from the lowest: each uses what stands above it in this
//! list.

pub mod license;
pub mod purl;

pub mod text;

pub mod engine;

pub mod judgement;

pub mod project;

pub mod decisions;

pub mod ingest;

pub mod scan;

pub mod session;

pub mod report;

pub mod serve;

pub mod cli;
