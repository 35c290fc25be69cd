//! What people decided and declared, kept in files of the project.

pub mod acceptance;
pub mod attribution;
