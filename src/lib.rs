//! birthmark finds code that resembles licensed open source, says whose it is, and decides whether its
//! licence lets it stay. See `docs/architecture.md` for the map of the rooms.

pub mod span;

pub mod license;
pub mod purl;

pub mod declaration;
pub mod language;
pub mod manifest;
pub mod source;
pub mod token;

pub mod align;
pub mod fingerprint;
pub mod index;
pub mod model;

pub mod baseline;
pub mod evidence;
pub mod finding;
pub mod matcher;
pub mod policy;
pub mod suppression;

pub mod acceptance;
pub mod attribution;
pub mod cache;
pub mod changes;
pub mod config;
pub mod git;
pub mod ingest;
pub mod journal;
pub mod scan;
pub mod session;
pub mod walk;

pub mod check;
pub mod cli;
pub mod hook;
pub mod lsp;
pub mod mcp;
pub mod report;
