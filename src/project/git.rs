//! git, driven so that the repository cannot drive back.
//!
//! A repository's own configuration can name programs that git runs: `core.fsmonitor` ran one on a
//! mere `git status`, a promisor remote can name another for missing objects. Hooks and the monitor
//! are switched off, no protocol is allowed, nothing is fetched lazily, and no filter or textconv
//! is asked for. Only plumbing is called, whose output no configuration changes.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use crate::project::walk::one_line;

/// What stands for the last line of a program that wrote none.
pub(crate) const NO_REASON: &str = "it gave no reason";

/// Why git gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program is not installed.
    #[error("git could not be started ({0})")]
    NotStarted(io::Error),
    /// It refused.
    #[error("git: {0}")]
    Refused(String),
    /// An object of the repository.
    #[error("git: object {id}: {error}")]
    Object {
        /// Its name.
        id: String,
        /// What is wrong with it.
        error: io::Error,
    },
}

/// git, in one repository.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    directory: Option<PathBuf>,
    /// Variables that speak of another repository.
    cleared: Vec<OsString>,
}

impl Git {
    /// git where birthmark itself runs. What a surrounding git says is heard: in a hook
    /// GIT_INDEX_FILE names the index that is about to be committed, which for `git commit -a` is
    /// not the usual one.
    pub(crate) fn here() -> Git {
        Git { directory: None, cleared: Vec::new() }
    }

    /// git in a directory. Variables that a surrounding git set speak of another repository and are
    /// cleared.
    ///
    /// # Errors
    /// If git is not installed.
    pub(crate) fn at(directory: &Path) -> Result<Git, GitError> {
        let mut asked = Command::new("git");
        asked.args(["rev-parse", "--local-env-vars"]).stdin(Stdio::null());
        let output = asked.output().map_err(GitError::NotStarted)?;
        let cleared = String::from_utf8_lossy(&output.stdout).lines().map(OsString::from).collect();
        Ok(Git { directory: Some(directory.to_owned()), cleared })
    }

    /// What a command prints.
    ///
    /// # Errors
    /// If git cannot be started or does not succeed.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Vec<u8>, GitError> {
        let output = self.command().args(arguments).stdin(Stdio::null()).output();
        match output.map_err(GitError::NotStarted)? {
            Output { status, stdout, .. } if status.success() => Ok(stdout),
            Output { stderr, .. } => Err(GitError::Refused(last_line(&stderr))),
        }
    }

    /// Reads objects of at most `limit` bytes, one after the other, through one process.
    ///
    /// # Errors
    /// If git cannot be started.
    pub(crate) fn blobs(&self, limit: u64) -> Result<Blobs, GitError> {
        let mut child = self
            .command()
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(GitError::NotStarted)?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (questions, answers) = pipes.expect("both ends were asked for");
        Ok(Blobs { limit, child, questions, answers: BufReader::new(answers) })
    }

    fn command(&self) -> Command {
        let mut command = Command::new("git");
        if let Some(directory) = &self.directory {
            command.arg("-C").arg(directory);
        }
        command.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]).args([
            "-c",
            "core.quotePath=off",
            "--no-pager",
            "--literal-pathspecs",
        ]);
        for variable in &self.cleared {
            command.env_remove(variable);
        }
        command
            // Git would else lock its index to refresh it, and another git would fail meanwhile.
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C");
        command
    }
}

/// A running `git cat-file --batch`.
pub(crate) struct Blobs {
    limit: u64,
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What git answers when it is asked for an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Blob {
    /// Its bytes.
    Content(Vec<u8>),
    /// It has so many bytes, more than the limit.
    TooLarge(u64),
    /// It is not in this clone.
    Missing,
}

impl Blobs {
    /// One question, one answer: `ID blob SIZE`, then so many bytes and a line break.
    ///
    /// # Errors
    /// If git ends early or the object is damaged or no blob.
    pub(crate) fn read(&mut self, id: &str) -> Result<Blob, GitError> {
        self.ask(id).map_err(|error| GitError::Object { id: id.to_owned(), error })
    }

    fn ask(&mut self, id: &str) -> io::Result<Blob> {
        writeln!(self.questions, "{id}")?;
        self.questions.flush()?;
        read_blob(&mut self.answers, self.limit)
    }
}

/// Reads an answer of `git cat-file --batch`.
fn read_blob(answers: &mut impl BufRead, limit: u64) -> io::Result<Blob> {
    let mut head = String::new();
    answers.read_line(&mut head)?;
    let size: u64 = match head.trim_end().split(' ').collect::<Vec<_>>()[..] {
        [_, "blob", size] => size.parse().map_err(io::Error::other)?,
        [_, "missing"] => return Ok(Blob::Missing),
        _ => return Err(io::Error::other("it is damaged or not a file")),
    };
    let mut content = answers.take(size.saturating_add(1));
    if size > limit {
        // The answer is read to its end, so that the next one begins where it should.
        io::copy(&mut content, &mut io::sink())?;
        return Ok(Blob::TooLarge(size));
    }
    let mut bytes = Vec::with_capacity(size as usize + 1);
    content.read_to_end(&mut bytes)?;
    match bytes.pop() {
        Some(b'\n') if bytes.len() as u64 == size => Ok(Blob::Content(bytes)),
        _ => Err(io::Error::other("git stopped in the middle of it")),
    }
}

/// Reads answers about objects of at most `limit` bytes to their end: what is fuzzed.
#[cfg(fuzzing)]
pub fn read_blobs(mut answers: &[u8], limit: u64) {
    while let Ok(blob) = read_blob(&mut answers, limit) {
        if let Blob::Content(bytes) = blob {
            assert!(bytes.len() as u64 <= limit);
        }
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        // It would end by itself once its input closes; but it may still be writing an object
        // nobody reads.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last line a program wrote, without control characters.
pub fn last_line(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    one_line(lines.next_back().unwrap_or(NO_REASON))
}

/// A path as git writes it.
#[cfg(unix)]
pub(crate) fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// A path as git writes it.
#[cfg(not(unix))]
pub(crate) fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_made_harmless() {
        let output = b"ERROR: first\n\x1b[31mERROR:\x07 no version\n\n";
        assert_eq!(last_line(output), "[31mERROR: no version");
        assert_eq!(last_line(b""), "it gave no reason");
    }
}
