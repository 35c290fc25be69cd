//! Where results go: standard output or a file, opened before the work begins.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use anstream::AutoStream;
use anyhow::Context;

use crate::report::Format;

/// Where results go.
pub enum Output {
    /// To standard output.
    Standard,
    /// Into this file.
    File(File),
}

/// Whether the bytes hold ANSI styles, which are stripped where they are not wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Painted {
    /// They may.
    Yes,
    /// They are data.
    No,
}

impl Painted {
    /// Whether a format has styles.
    pub fn of(format: Format) -> Painted {
        match format {
            Format::Text => Painted::Yes,
            Format::Json => Painted::No,
        }
    }
}

impl Output {
    /// Opens the file, if one is named, so that a long run does not end in one that cannot be written. What it held
    /// stays until there is something new to write.
    pub fn open(path: Option<&Path>) -> anyhow::Result<Output> {
        let Some(path) = path else {
            return Ok(Output::Standard);
        };
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map(Output::File)
            .with_context(|| format!("cannot write to `{}`", path.display()))
    }

    /// Writes everything. That the reader of a pipe has had enough is no failure.
    pub fn write(self, drawn: &[u8], painted: Painted) -> anyhow::Result<()> {
        let written = match self {
            Output::Standard => to_standard_output(drawn, painted),
            Output::File(file) => to_file(file, drawn, painted),
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.context("cannot write the result"),
        }
    }
}

fn to_standard_output(drawn: &[u8], painted: Painted) -> io::Result<()> {
    let out = io::stdout().lock();
    let mut out = match painted {
        Painted::Yes => AutoStream::auto(out),
        Painted::No => AutoStream::always_ansi(out),
    };
    out.write_all(drawn)?;
    out.flush()
}

fn to_file(file: File, drawn: &[u8], painted: Painted) -> io::Result<()> {
    // A device or a pipe has no length to cut off.
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    let mut out = match painted {
        Painted::Yes => AutoStream::auto(file),
        Painted::No => AutoStream::always_ansi(file),
    };
    out.write_all(drawn)?;
    out.flush()
}
