//! What `birthmark license read` has to say.

use std::io::{self, Write};

use super::super::json::write_line;
use super::super::printable::Printable;
use super::super::text::BOLD;
use super::show::{License, sentence};
use crate::license::LicenseFact;

/// The licence that one file states by itself.
pub(crate) struct Read<'a> {
    /// The file.
    pub path: &'a str,
    /// What its text or header was read as.
    pub license: &'a LicenseFact,
}

impl Read<'_> {
    /// Says it to people.
    ///
    /// # Errors
    /// If writing fails.
    pub(crate) fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{BOLD}{}{BOLD:#} states {}", Printable(self.path), sentence(self.license))
    }

    /// Says it to programs, on one line.
    ///
    /// # Errors
    /// If writing fails.
    pub(crate) fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let value = serde_json::json!({"path": self.path, "license": License::from(self.license)});
        write_line(&value, out)
    }
}
