//! The questions that are put to git.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::ChangesError;
use super::Scope;
use super::push::Push;
use super::record::{self, Change};
use crate::project::git::{Blobs, Git, GitError, NO_REASON, path_from_bytes};

/// The repository birthmark stands in.
pub struct Repository {
    git: Git,
    /// The current directory as seen from the top of the work tree.
    prefix: PathBuf,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    InWorkTree,
    /// A bare repository, or the inside of `.git`.
    InGitDirectory,
}

const RAW: [&str; 5] =
    ["--raw", "-z", "--no-abbrev", "--find-renames", "--ignore-submodules=dirty"];

impl Repository {
    /// Asks git where it stands.
    ///
    /// # Errors
    /// If there is no repository here, git does not trust it, or git is not installed.
    pub fn here() -> Result<Repository, ChangesError> {
        let git = Git::here();
        let asked = git.run(&["rev-parse", "--is-inside-work-tree", "--show-prefix"]);
        let answer = asked.map_err(|error| match error {
            GitError::Refused(message) => {
                ChangesError::NoWorkTree(message.trim_start_matches("fatal: ").to_owned())
            }
            other => other.into(),
        })?;
        // The name of a folder may hold line breaks: only the first one parts the answers.
        let (inside, prefix) = match answer.iter().position(|&byte| byte == b'\n') {
            Some(end) => (
                &answer[..end],
                answer[end + 1..].strip_suffix(b"\n").unwrap_or(&answer[end + 1..]),
            ),
            None => (answer.as_slice(), &[][..]),
        };
        let place = if inside == b"true" { Place::InWorkTree } else { Place::InGitDirectory };
        Ok(Repository { git, prefix: path_from_bytes(prefix), place })
    }

    /// The top of the work tree, as seen from the current directory.
    pub fn top(&self) -> PathBuf {
        self.prefix.components().map(|_| "..").chain(["."]).collect()
    }

    pub(super) fn blobs(&self, limit: u64) -> Result<Blobs, ChangesError> {
        Ok(self.git.blobs(limit)?)
    }

    /// Where a file lies as seen from the current directory.
    pub(super) fn location(&self, path: &Path) -> PathBuf {
        let shared =
            self.prefix.components().zip(path.components()).take_while(|(a, b)| a == b).count();
        let up = self.prefix.components().skip(shared).map(|_| "..");
        up.map(PathBuf::from)
            .chain(path.components().skip(shared).map(|c| PathBuf::from(&c)))
            .collect()
    }

    /// What the next commit would change.
    pub(super) fn staged_changes(&self, paths: &[PathBuf]) -> Result<Vec<Change>, ChangesError> {
        if self.place == Place::InGitDirectory {
            return Err(ChangesError::Bare);
        }
        match self.diff(&["diff-index", "--cached"], &["HEAD"], paths) {
            // Before the first commit, everything that is staged is new.
            Err(ChangesError::Git(GitError::Refused(_))) if self.has_no_commit()? => {
                self.diff(&["diff-index", "--cached"], &[&self.empty_tree()?], paths)
            }
            other => other,
        }
    }

    /// What lies between two commits.
    pub(super) fn range(
        &self,
        range: &str,
        paths: &[PathBuf],
    ) -> Result<Vec<Change>, ChangesError> {
        let (from, to) = self.ends(range)?;
        self.between(&from, &to, paths)
    }

    /// The commit that a change starts from, where there is one.
    ///
    /// # Errors
    /// If there is no such range, or git fails.
    pub(crate) fn start_of(&self, scope: &Scope) -> Result<Option<String>, ChangesError> {
        match scope {
            Scope::Staged => Ok(self.commit("HEAD").ok()),
            Scope::Range(range) => Ok(Some(self.ends(range)?.0)),
            Scope::Push(_) => Ok(None),
        }
    }

    /// The commits that a range lies between.
    fn ends(&self, range: &str) -> Result<(String, String), ChangesError> {
        let not_a_range = || ChangesError::NotARange { range: range.to_owned() };
        // Three dots hold two, and are looked for first.
        let (base, symmetric, head) = match (range.split_once("..."), range.split_once("..")) {
            (Some((base, head)), _) => (base, true, head),
            (None, Some((base, head))) => (base, false, head),
            (None, None) => return Err(not_a_range()),
        };
        if base.is_empty() && head.is_empty() || head.contains("..") {
            return Err(not_a_range());
        }
        let or_head =
            |revision: &str| if revision.is_empty() { "HEAD" } else { revision }.to_owned();
        let (base, head) = (or_head(base), or_head(head));
        let (mut from, to) = (self.commit(&base)?, self.commit(&head)?);
        if symmetric {
            from = self.merge_base(&from, &to)?.ok_or(ChangesError::NoMergeBase { base, head })?;
        }
        Ok((from, to))
    }

    /// What pushes bring to where they go.
    pub(super) fn pushed_changes(
        &self,
        pushes: &[Push],
        paths: &[PathBuf],
    ) -> Result<Vec<Change>, ChangesError> {
        let mut changes: Vec<Change> = Vec::new();
        for push in pushes {
            let (from, to) = match push {
                Push::Between { from, to } => (self.commit(from)?, self.commit(to)?),
                Push::Everything { to } => (self.empty_tree()?, self.commit(to)?),
                Push::Update { local, remote, remote_name } => {
                    let local = self.commit(local)?;
                    match self.known_before(&local, remote.as_deref(), remote_name.as_deref())? {
                        Some(from) => (from, local),
                        None => continue,
                    }
                }
            };
            for change in self.between(&from, &to, paths)? {
                if !changes.contains(&change) {
                    changes.push(change);
                }
            }
        }
        Ok(changes)
    }

    /// The last state of a pushed branch that the remote has already: the remote branch itself, or
    /// for a new or rewritten one what stands before the first commit that no branch of the remote
    /// holds. `None` if the remote has it all.
    fn known_before(
        &self,
        local: &str,
        remote: Option<&str>,
        remote_name: Option<&str>,
    ) -> Result<Option<String>, ChangesError> {
        let known = match remote {
            Some(remote) => self.commit(remote).ok(),
            None => None,
        };
        if let Some(known) = &known
            && self.merge_base(known, local)?.as_ref() == Some(known)
        {
            return Ok((known != local).then(|| known.clone()));
        }
        let remotes =
            remote_name.map_or("--remotes".to_owned(), |name| format!("--remotes={name}"));
        let mut arguments = vec!["rev-list", "--topo-order", "--reverse", local, "--not", &remotes];
        arguments.extend(known.as_deref());
        let listed = self.git.run(&arguments)?;
        let listed = String::from_utf8_lossy(&listed);
        let Some(first) = listed.lines().next() else { return Ok(None) };
        match self.commit(&format!("{first}^")) {
            Ok(parent) => Ok(Some(parent)),
            // The first commit of a history has no parent.
            Err(ChangesError::NoCommit { .. }) => self.empty_tree().map(Some),
            Err(error) => Err(error),
        }
    }

    fn between(
        &self,
        from: &str,
        to: &str,
        paths: &[PathBuf],
    ) -> Result<Vec<Change>, ChangesError> {
        self.diff(&["diff-tree", "-r"], &[from, to], paths)
    }

    fn diff(
        &self,
        command: &[&str],
        trees: &[&str],
        paths: &[PathBuf],
    ) -> Result<Vec<Change>, ChangesError> {
        let words = command.iter().chain(&RAW).chain(trees).chain(&["--"]).map(OsString::from);
        let arguments: Vec<OsString> = words.chain(paths.iter().map(OsString::from)).collect();
        record::read(&self.git.run(&arguments)?)
    }

    pub(super) fn commit(&self, revision: &str) -> Result<String, ChangesError> {
        let wanted = format!("{revision}^{{commit}}");
        let asked =
            // A revision that begins with a dash is no option.
            self.git.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]);
        match asked {
            Ok(id) => Ok(String::from_utf8_lossy(&id).trim().to_owned()),
            Err(GitError::Refused(_)) => {
                Err(ChangesError::NoCommit { revision: revision.to_owned() })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// git fails without a word where there is none.
    fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, ChangesError> {
        match self.git.run(&["merge-base", one, other]) {
            Ok(id) => Ok(Some(String::from_utf8_lossy(&id).trim().to_owned())),
            Err(GitError::Refused(message)) if message == NO_REASON => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn has_no_commit(&self) -> Result<bool, ChangesError> {
        let names_a_branch = self.git.run(&["symbolic-ref", "--quiet", "HEAD"]).is_ok();
        Ok(names_a_branch && matches!(self.commit("HEAD"), Err(ChangesError::NoCommit { .. })))
    }

    /// The tree that holds nothing, whose name depends on the hash the repository uses.
    fn empty_tree(&self) -> Result<String, ChangesError> {
        let id = self.git.run(&["hash-object", "-t", "tree", "--stdin"])?;
        Ok(String::from_utf8_lossy(&id).trim().to_owned())
    }
}
