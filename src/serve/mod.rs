//! What stays open and answers: editors, assistants and agents.

pub mod check;
pub mod hook;
pub mod lsp;
pub mod mcp;
