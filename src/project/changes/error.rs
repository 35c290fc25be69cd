//! Why a change could not be read, and what to do about it.

use crate::project::git::GitError;

/// Why a change could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    /// git is not installed.
    #[error("{0}; install git, or name the files with --files-from")]
    NoGit(GitError),
    /// There is no repository, or git does not trust it.
    #[error("there is no git work tree here ({0}); run birthmark inside of one")]
    NoWorkTree(String),
    /// The repository has no work tree.
    #[error(
        "this repository is bare: nothing is staged in it; check a range of commits with --diff BASE..HEAD"
    )]
    Bare,
    /// A range that cannot be read.
    #[error(
        "{range:?} is no range of commits; expected BASE..HEAD, or BASE...HEAD for what HEAD changed since they parted"
    )]
    NotARange {
        /// The range as given.
        range: String,
    },
    /// A commit that is not there.
    #[error(
        "the repository has no commit {revision:?}; name a branch, a tag or a commit that git log shows (a shallow clone may \
         have to fetch it first)"
    )]
    NoCommit {
        /// The revision as given.
        revision: String,
    },
    /// Two commits that have no ancestor in common.
    #[error(
        "{base:?} and {head:?} have no ancestor in common that this clone knows; in a shallow clone fetch more of their history, or compare them directly with {base}..{head}"
    )]
    NoMergeBase {
        /// The one.
        base: String,
        /// The other.
        head: String,
    },
    /// What a hook should have been given and was not.
    #[error(
        "{line:?} is not what git gives a pre-push hook; expected `LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID` on standard input, or the variables that pre-commit sets"
    )]
    NotAPush {
        /// The line.
        line: String,
    },
    /// A patch that is none.
    #[error(
        "{name:?} is no patch that can be read: line {line}: {why}; expected what `git diff`, `git format-patch` or `diff -u` print"
    )]
    NotAPatch {
        /// What the patch is called.
        name: String,
        /// The line at fault.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// There is no room for the policy of another commit.
    #[error(
        "cannot make a directory for the policy of the commit: {0}; is there room for temporary files?"
    )]
    NoCopy(std::io::Error),
    /// git failed.
    #[error(transparent)]
    Git(GitError),
    /// git said something birthmark does not understand.
    #[error("git printed a change birthmark cannot read: {0:?}")]
    Unreadable(String),
}

impl From<GitError> for ChangesError {
    fn from(error: GitError) -> Self {
        match error {
            GitError::NotStarted(_) => ChangesError::NoGit(error),
            other => ChangesError::Git(other),
        }
    }
}
