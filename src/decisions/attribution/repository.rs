//! What git knows of a file: whether it is in the middle of something that an edit would make
//! worse.
//!
//! Git is asked for object names only. No filter, hook or monitor that a repository configures is
//! run.

use std::path::Path;

use crate::project::git::Git;

/// Whether a file may be edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileState {
    /// Nothing speaks against it, or git knows nothing of it.
    Settled,
    /// It is staged and was changed again since: an edit would mix with what is not staged.
    PartlyStaged,
    /// A merge of it is not resolved.
    Unmerged,
}

/// The state of a file whose content is `text`.
pub(super) fn state(path: &Path, text: &[u8]) -> FileState {
    if has_conflict_marks(text) {
        return FileState::Unmerged;
    }
    let (Some(directory), Some(name)) =
        (path.parent(), path.file_name().and_then(|name| name.to_str()))
    else {
        return FileState::Settled;
    };
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    // Behind `HEAD:` a path counts from the top of the repository, unless it begins with a dot.
    let relative = format!("./{name}");
    let Ok(git) = Git::at(directory) else { return FileState::Settled };
    let Some(listed) = git_output(&git, &["ls-files", "--stage", "-z", "--", name]) else {
        return FileState::Settled;
    };
    let entries: Vec<&str> = listed
        .split('\0')
        .filter_map(|entry| entry.split('\t').next())
        .filter(|it| !it.is_empty())
        .collect();
    let staged = match entries.as_slice() {
        [] => return FileState::Settled,
        [one] if one.ends_with(" 0") => one.split(' ').nth(1).unwrap_or_default().to_owned(),
        _ => return FileState::Unmerged,
    };
    let committed =
        git_output(&git, &["rev-parse", "--verify", "--quiet", &format!("HEAD:{relative}")]);
    // A filter is a program that the repository names, and would be run.
    let present = git_output(&git, &["hash-object", "--no-filters", "--", &relative]);
    let is = |name: &Option<String>| name.as_deref().map(str::trim) == Some(staged.as_str());
    if is(&committed) || is(&present) { FileState::Settled } else { FileState::PartlyStaged }
}

fn has_conflict_marks(text: &[u8]) -> bool {
    let marks = |mark: &[u8]| text.split(|&byte| byte == b'\n').any(|line| line.starts_with(mark));
    marks(b"<<<<<<< ") && marks(b">>>>>>> ")
}

/// What git prints, or `None` if it refuses or is not there.
fn git_output(git: &Git, arguments: &[&str]) -> Option<String> {
    git.run(arguments).ok().map(|printed| String::from_utf8_lossy(&printed).into_owned())
}
