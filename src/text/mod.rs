//! From bytes to tokens: texts, their language, the normalized token stream, and what a text says
//! of where its code comes from.

pub(crate) mod declaration;
pub(crate) mod document;
pub mod language;
pub mod manifest;
pub mod source;
pub mod span;
pub mod token;
