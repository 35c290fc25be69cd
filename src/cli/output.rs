//! Where results go: standard output, or files that appear whole or not at all. That they can be
//! written is checked before the work begins.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anstream::AutoStream;
use anyhow::{Context, bail};
use tempfile::NamedTempFile;

use crate::report::{FORMATS, Format, Need, ReportFormat};

/// Where results go.
pub(super) enum Output {
    /// To standard output.
    Standard,
    /// Into what is no plain file, such as a device or a pipe, or stands where no other file can be
    /// made.
    Stream(File),
    /// Into a file that is replaced at the end.
    File(PathBuf),
}

/// The columns of the terminal that standard output is, if it is one.
pub(crate) fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size_of(io::stdout())
        .map(|(terminal_size::Width(columns), _)| columns.into())
}

/// Whether standard output is a terminal that shows links.
pub(crate) fn has_links() -> bool {
    supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout)
}

/// Whether the bytes hold ANSI styles, which are stripped where they are not wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Painted {
    /// They may.
    Yes,
    /// They are data.
    No,
}

impl Painted {
    /// Whether an answer in this format has styles.
    pub(super) fn of(format: Format) -> Painted {
        match format {
            Format::Text => Painted::Yes,
            Format::Json => Painted::No,
        }
    }

    /// Whether a report in this format has styles.
    pub(crate) fn of_report(format: &ReportFormat) -> Painted {
        if format.needs(Need::Styles) { Painted::Yes } else { Painted::No }
    }
}

/// A file for a report, as typed: `[FORMAT=]FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportFile {
    /// The format, if one was named.
    pub format: Option<&'static ReportFormat>,
    /// The file.
    pub path: PathBuf,
}

impl ReportFile {
    /// What looks like a format must be one; a file whose name holds `=` is given with its
    /// directory.
    pub(super) fn parse(typed: PathBuf) -> Result<ReportFile, String> {
        let Some((name, path)) = typed.to_str().and_then(|typed| typed.split_once('=')) else {
            return Ok(ReportFile { format: None, path: typed });
        };
        match ReportFormat::from_name(name) {
            Some(_) if path.is_empty() => Err(format!("no file is named after `{name}=`")),
            Some(format) => Ok(ReportFile { format: Some(format), path: path.into() }),
            None if name.contains(['/', '\\']) => Ok(ReportFile { format: None, path: typed }),
            None => {
                let known: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
                let known = known.join(", ");
                Err(format!(
                    "`{name}` is no format ({known}); a file of that name is ./{}",
                    typed.display()
                ))
            }
        }
    }
}

impl Output {
    /// Checks that the file can be written, so that a long run does not end in one that cannot.
    /// What it held stays until there is something new to write.
    pub(super) fn open(path: Option<&Path>) -> anyhow::Result<Output> {
        let Some(path) = path else {
            return Ok(Output::Standard);
        };
        Output::of_file(path).with_context(|| format!("cannot write to `{}`", path.display()))
    }

    fn of_file(path: &Path) -> anyhow::Result<Output> {
        let existing = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => bail!("it is a directory"),
            Ok(metadata) => Some((OpenOptions::new().write(true).open(path)?, metadata.is_file())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        if let Some((stream, false)) = existing {
            return Ok(Output::Stream(stream));
        }
        // Behind a symbolic link it is the file that is replaced, not the link.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match (tempfile::tempfile_in(directory_of(&target)), existing) {
            (Ok(_), _) => Ok(Output::File(target)),
            (Err(_), Some((stream, _))) => Ok(Output::Stream(stream)),
            (Err(_), None) if !directory_of(&target).is_dir() => {
                bail!("there is no directory `{}`; make it first", directory_of(&target).display())
            }
            (Err(error), None) => Err(error.into()),
        }
    }

    /// Writes everything. That the reader of a pipe has had enough is no failure.
    pub(super) fn write(self, drawn: &[u8], painted: Painted) -> anyhow::Result<()> {
        let (place, written) = match self {
            Output::Standard => (String::new(), to_standard_output(drawn, painted)),
            Output::Stream(file) => (String::new(), to_stream(file, drawn, painted)),
            Output::File(path) => {
                (format!(" to `{}`", path.display()), to_file(&path, drawn, painted))
            }
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.with_context(|| format!("cannot write the result{place}")),
        }
    }
}

/// Adds to a file that others write to as well.
pub(crate) fn append(path: &Path, drawn: &[u8]) -> anyhow::Result<()> {
    let added = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut file| file.write_all(drawn));
    added.with_context(|| format!("cannot write to `{}`", path.display()))
}

fn to_standard_output(drawn: &[u8], painted: Painted) -> io::Result<()> {
    // `always_ansi` hands data on as it is, also what looks like a style.
    let out = io::stdout().lock();
    let mut out = match painted {
        Painted::Yes => AutoStream::auto(out),
        Painted::No => AutoStream::always_ansi(out),
    };
    out.write_all(drawn)?;
    out.flush()
}

fn to_stream(file: File, drawn: &[u8], painted: Painted) -> io::Result<()> {
    // A device or a pipe has no length to cut off.
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    write_out(file, drawn, painted)
}

fn to_file(path: &Path, drawn: &[u8], painted: Painted) -> io::Result<()> {
    let temporary = named_temporary(directory_of(path))?;
    if let Ok(replaced) = fs::metadata(path) {
        temporary.as_file().set_permissions(replaced.permissions())?;
    }
    write_out(temporary.as_file().try_clone()?, drawn, painted)?;
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A temporary file that others may read, as far as the user's mask lets them: it becomes a report.
fn named_temporary(directory: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".birthmark-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}

fn write_out(file: File, drawn: &[u8], painted: Painted) -> io::Result<()> {
    let mut out = match painted {
        Painted::Yes => AutoStream::auto(file),
        Painted::No => AutoStream::always_ansi(file),
    };
    out.write_all(drawn)?;
    out.flush()
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
