//! Where the files of packs come from. A directory is read; of a web server `curl` fetches them, so
//! that a user's proxies and credentials apply. birthmark has no network code.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;

use super::error::PackFailure;
use crate::project::git::last_line;

/// A place that serves packs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mirror {
    /// A directory of this machine: a path, or `file://`.
    Directory(PathBuf),
    /// A web server: `https://` or `http://`.
    Web(String),
}

/// What a mirror answers to the question for a small file.
pub(super) enum Answer {
    /// The file.
    Bytes(Vec<u8>),
    /// It is what was fetched last.
    Unchanged,
    /// There is none.
    Absent,
}

/// Seconds until a mirror that does not answer, or is slower than [`LEAST_RATE`], is given up.
const PATIENCE: &str = "5";
/// Bytes a second.
const LEAST_RATE: &str = "1024";

/// Exit status of curl where a server cannot go on in the middle.
const NO_RANGES: i32 = 33;

impl FromStr for Mirror {
    type Err = String;

    fn from_str(text: &str) -> Result<Mirror, String> {
        if text.contains('\0') || text.is_empty() {
            return Err("expected a directory, file://, https:// or http://".to_owned());
        }
        if let Some(path) = text.strip_prefix("file://") {
            let path = percent_encoding::percent_decode_str(path).decode_utf8();
            return match path {
                Ok(path) if path.starts_with('/') => Ok(Mirror::Directory(path.as_ref().into())),
                _ => Err("expected a path after file://, such as file:///srv/packs".to_owned()),
            };
        }
        if text.starts_with("https://") || text.starts_with("http://") {
            return Ok(Mirror::Web(text.trim_end_matches('/').to_owned()));
        }
        match text.split_once("://") {
            Some((scheme, _)) => Err(format!(
                "packs are not fetched by {scheme}://; expected a directory, file://, https:// or http://"
            )),
            None => Ok(Mirror::Directory(text.into())),
        }
    }
}

impl fmt::Display for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mirror::Directory(path) => path.display().fmt(f),
            Mirror::Web(address) => f.write_str(address),
        }
    }
}

impl Mirror {
    /// The address of a file.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{self}/{path}")
    }

    /// Fetches a file of at most so many bytes. With a file for the tag that a server gave it last,
    /// one that did not change is not sent again.
    pub(super) fn small(
        &self,
        path: &str,
        limit: u64,
        tag: Option<&Path>,
    ) -> Result<Answer, PackFailure> {
        let failed = |message: String| PackFailure::Fetch { address: self.address(path), message };
        match self {
            Mirror::Directory(directory) => match File::open(directory.join(path)) {
                Ok(file) => {
                    let mut bytes = Vec::new();
                    let read = file.take(limit + 1).read_to_end(&mut bytes);
                    read.map_err(|error| failed(error.to_string()))?;
                    if bytes.len() as u64 <= limit {
                        Ok(Answer::Bytes(bytes))
                    } else {
                        Err(failed(format!("it is longer than {limit} bytes")))
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Answer::Absent),
                Err(error) => Err(failed(error.to_string())),
            },
            Mirror::Web(_) => {
                let mut curl = self.curl(path);
                if let Some(tag) = tag {
                    curl.arg("--etag-save").arg(tag);
                    if tag.exists() {
                        curl.arg("--etag-compare").arg(tag);
                    }
                }
                let mut bytes = Vec::new();
                let ended = run(curl, limit, &mut bytes)?;
                match (ended.status, ended.code.as_str()) {
                    (_, "404" | "410") => Ok(Answer::Absent),
                    (Some(0), "304") => Ok(Answer::Unchanged),
                    (Some(0), _) => Ok(Answer::Bytes(bytes)),
                    _ => Err(failed(ended.message)),
                }
            }
        }
    }

    /// Fetches a file of so many bytes, from where an earlier try ended.
    pub(super) fn large(&self, path: &str, bytes: u64, part: &Path) -> Result<(), PackFailure> {
        let mut held = fs::metadata(part).map_or(0, |facts| facts.len());
        if held > bytes {
            held = 0;
        }
        let failed = |message: String| PackFailure::Fetch { address: self.address(path), message };
        loop {
            let mut out = File::options()
                .create(true)
                .write(true)
                .truncate(false)
                .open(part)
                .and_then(|file| file.set_len(held).map(|()| file))
                .map_err(PackFailure::io("cannot write", part))?;
            io::Seek::seek(&mut out, io::SeekFrom::End(0))
                .map_err(PackFailure::io("cannot write", part))?;
            if held == bytes {
                return Ok(());
            }
            let ended = match self {
                Mirror::Directory(directory) => {
                    copy(&directory.join(path), held, bytes - held, &mut out)
                        .map_err(|error| failed(error.to_string()))?;
                    return Ok(());
                }
                Mirror::Web(_) => {
                    let mut curl = self.curl(path);
                    if held > 0 {
                        curl.arg("--continue-at").arg(held.to_string());
                    }
                    run(curl, bytes - held, &mut out)?
                }
            };
            match ended.status {
                Some(0) => return Ok(()),
                // The server begins at the beginning, and so do we.
                _ if held > 0 && (ended.status == Some(NO_RANGES) || ended.code == "416") => {
                    held = 0
                }
                _ => return Err(failed(ended.message)),
            }
        }
    }

    fn curl(&self, path: &str) -> Command {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail", "--location", "--max-redirs", "5"])
            // No redirection leads to a file of this machine.
            .args(["--proto", "=http,https", "--connect-timeout", PATIENCE])
            .args(["--speed-limit", LEAST_RATE, "--speed-time", PATIENCE])
            .args(["--write-out", "%{stderr}\n%{http_code}", "--url"])
            .arg(self.address(path));
        curl
    }
}

/// How a program ended.
struct Ended {
    status: Option<i32>,
    /// The status of the server's answer.
    code: String,
    message: String,
}

/// Runs a program and takes what it writes, so much at most.
fn run(mut command: Command, limit: u64, to: &mut impl Write) -> Result<Ended, PackFailure> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child =
        command.spawn().map_err(|source| PackFailure::NoProgram { program: "curl", source })?;
    let taken = child.stdout.take().map_or(Ok(0), |out| io::copy(&mut out.take(limit + 1), to));
    let is_too_long = taken.as_ref().is_ok_and(|taken| *taken > limit);
    if is_too_long || taken.is_err() {
        // Whoever sends more than there is sends no end.
        let _ = child.kill();
    }
    let output = child
        .wait_with_output()
        .map_err(|source| PackFailure::NoProgram { program: "curl", source })?;
    let said = String::from_utf8_lossy(&output.stderr);
    let (message, code) = said.trim_end().rsplit_once('\n').unwrap_or(("", said.trim()));
    let message = match (is_too_long, taken) {
        (true, _) => format!("it is longer than {limit} bytes"),
        (_, Err(error)) => error.to_string(),
        _ => last_line(message.as_bytes()),
    };
    let status = if is_too_long { None } else { output.status.code() };
    Ok(Ended { status, code: code.to_owned(), message })
}

/// Copies the end of a file.
fn copy(from: &Path, start: u64, bytes: u64, to: &mut impl Write) -> io::Result<()> {
    let mut file = File::open(from)?;
    io::Seek::seek(&mut file, io::SeekFrom::Start(start))?;
    match io::copy(&mut file.take(bytes), to)? {
        copied if copied == bytes => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        let cases = [
            ("/srv/packs", Ok(Mirror::Directory("/srv/packs".into()))),
            ("packs", Ok(Mirror::Directory("packs".into()))),
            ("file:///srv/a%20b", Ok(Mirror::Directory("/srv/a b".into()))),
            ("https://x/packs/", Ok(Mirror::Web("https://x/packs".to_owned()))),
            ("file://srv", Err("after file://")),
            ("ftp://x", Err("not fetched by ftp://")),
            ("", Err("expected a directory")),
        ];
        for (text, expected) in cases {
            match (text.parse::<Mirror>(), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }
}
