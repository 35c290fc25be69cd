//! What people decided and declared, kept in files of the project.

pub(crate) mod acceptance;
pub mod attribution;
