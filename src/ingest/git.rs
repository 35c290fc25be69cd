//! git, driven so that the repository cannot drive back.
//!
//! A repository's own configuration can name programs that git runs: `core.fsmonitor` ran one on a mere
//! `git status`, a promisor remote can name another for missing objects. Hooks and the monitor are switched off, no
//! protocol is allowed, nothing is fetched lazily, and no filter or textconv is asked for. Variables that a
//! surrounding git set (in a hook: GIT_DIR, GIT_INDEX_FILE) speak of another repository and are cleared.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use super::IngestError;
use super::directory::name_of;
use super::fetch::{NO_REASON, last_line};
use super::tree::{MAX_SOURCE_FILE, Role, Tree, TreeFile};

const REMEDY: &str = "install git, or name a directory that is no git work tree";

/// The tracked regular files of the work tree whose top is `directory`, relative to it and sorted.
pub(super) fn tracked_files(directory: &Path) -> Result<Vec<PathBuf>, IngestError> {
    let listed = run(directory, &["ls-files", "-z", "--stage"])?;
    let mut paths: Vec<_> = records(&listed)
        .filter(|(info, _)| is_regular(info))
        .map(|(_, path)| path_from_bytes(path))
        .collect();
    paths.sort();
    paths.dedup(); // While a merge is unresolved a path is listed once a side.
    Ok(paths)
}

/// The files of a revision that matter, from the object store.
pub(super) fn collect_revision(repository: &Path, revision: &str) -> Result<Tree, IngestError> {
    let real = std::fs::canonicalize(repository)
        .map_err(|error| IngestError::Unreadable { path: repository.to_owned(), error })?;
    let wanted = format!("{revision}^{{commit}}");
    let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted];
    let commit = run(&real, &arguments).map_err(|error| match error {
        // Git says nothing at all where only the revision is at fault.
        IngestError::Git { message, .. } if message == NO_REASON => {
            IngestError::NoRevision { repository: repository.to_owned(), revision: revision.to_owned() }
        }
        other => other,
    })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let listed = run(&real, &["ls-tree", "-r", "-z", "--full-tree", &commit])?;

    let mut tree = Tree::named(name_of(&real));
    let mut blobs = Blobs::open(&real)?;
    for (info, path) in records(&listed).filter(|(info, _)| is_regular(info)) {
        let path = String::from_utf8_lossy(path).into_owned();
        let (Some(role), Some(id)) = (Role::of(&path), info.rsplit(' ').next()) else {
            continue;
        };
        match blobs.read(id)? {
            Blob::Content(bytes) => tree.files.push(TreeFile { path, role, bytes }),
            Blob::TooLarge(size) => tree.too_large(&path, size),
        }
    }
    tree.version_hint = Some(commit);
    Ok(tree)
}

/// A running `git cat-file --batch`.
struct Blobs {
    repository: PathBuf,
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

enum Blob {
    Content(Vec<u8>),
    TooLarge(u64),
}

impl Blobs {
    fn open(repository: &Path) -> Result<Blobs, IngestError> {
        let mut child = command(repository)?
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(not_started)?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (questions, answers) = pipes.expect("both ends were asked for");
        Ok(Blobs { repository: repository.to_owned(), child, questions, answers: BufReader::new(answers) })
    }

    /// One question, one answer: `ID blob SIZE`, then so many bytes and a line break.
    fn read(&mut self, id: &str) -> Result<Blob, IngestError> {
        let answer = self.ask(id);
        answer.map_err(|error| IngestError::Git {
            repository: self.repository.clone(),
            message: format!("object {id}: {error}"),
        })
    }

    fn ask(&mut self, id: &str) -> std::io::Result<Blob> {
        writeln!(self.questions, "{id}")?;
        self.questions.flush()?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        let size: u64 = match head.trim_end().split(' ').collect::<Vec<_>>()[..] {
            [_, "blob", size] => size.parse().map_err(std::io::Error::other)?,
            _ => return Err(std::io::Error::other("it is missing or damaged")),
        };
        let mut content = (&mut self.answers).take(size + 1);
        if size > MAX_SOURCE_FILE {
            std::io::copy(&mut content, &mut std::io::sink())?;
            return Ok(Blob::TooLarge(size));
        }
        let mut bytes = Vec::with_capacity(size as usize + 1);
        content.read_to_end(&mut bytes)?;
        match bytes.pop() {
            Some(b'\n') if bytes.len() as u64 == size => Ok(Blob::Content(bytes)),
            _ => Err(std::io::Error::other("git stopped in the middle of it")),
        }
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        // It would end by itself once its input closes; but it may still be writing an object nobody reads.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The records of `ls-files -z --stage` and `ls-tree -z`: information, a tab, the path.
fn records(listed: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    listed.split(|&byte| byte == 0).filter_map(|record| {
        let tab = record.iter().position(|&byte| byte == b'\t')?;
        Some((str::from_utf8(&record[..tab]).ok()?, &record[tab + 1..]))
    })
}

/// A link or a submodule has another mode.
fn is_regular(info: &str) -> bool {
    info.starts_with("100644 ") || info.starts_with("100755 ")
}

fn run(repository: &Path, arguments: &[&str]) -> Result<Vec<u8>, IngestError> {
    let output = command(repository)?.args(arguments).stdin(Stdio::null()).output().map_err(not_started)?;
    match output {
        Output { status, stdout, .. } if status.success() => Ok(stdout),
        Output { stderr, .. } => {
            Err(IngestError::Git { repository: repository.to_owned(), message: last_line(&stderr) })
        }
    }
}

fn command(repository: &Path) -> Result<Command, IngestError> {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(repository)
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
        .args(["-c", "core.quotePath=off", "--no-pager"]);
    for variable in local_variables()? {
        command.env_remove(variable);
    }
    command
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C");
    Ok(command)
}

/// The variables by which a surrounding git speaks of its repository.
fn local_variables() -> Result<Vec<String>, IngestError> {
    let output = Command::new("git")
        .args(["rev-parse", "--local-env-vars"])
        .stdin(Stdio::null())
        .output()
        .map_err(not_started)?;
    let listed = String::from_utf8_lossy(&output.stdout);
    Ok(listed.lines().map(str::to_owned).collect())
}

fn not_started(error: std::io::Error) -> IngestError {
    IngestError::NoProgram { program: "git", error, remedy: REMEDY }
}

#[cfg(unix)]
fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
