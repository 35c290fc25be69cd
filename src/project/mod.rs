//! The user's files: what is walked, what a change brings, how the project is configured, and what
//! is remembered of texts that were looked at before.

pub(crate) mod cache;
pub mod changes;
pub mod config;
pub mod git;
pub mod walk;
