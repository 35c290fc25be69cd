//! The records of `git diff-index --raw -z` and `git diff-tree --raw -z`.
//!
//! `:OLDMODE NEWMODE OLDID NEWID STATUS NUL PATH NUL`, for a rename with a second path, the new
//! one. Names come as they are: whatever bytes they hold, none ends them but NUL.

use std::path::PathBuf;

use super::ChangesError;
use super::policy::is_policy;
use crate::project::git::path_from_bytes;

/// A file that a change touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// Before it; `None` if it was not there.
    pub before: Option<Side>,
    /// After it; `None` if it is gone.
    pub after: Option<Side>,
}

/// A file before or after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Side {
    /// Its path from the top of the work tree.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
    /// The name of its text as an object.
    pub id: String,
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// A commit of another repository.
    Submodule,
    /// The sides of a merge that has not been resolved.
    Unmerged,
}

/// Reads all records. A change of nothing but names and modes is none, unless a file comes to hold
/// policy by it.
pub(super) fn read(printed: &[u8]) -> Result<Vec<Change>, ChangesError> {
    // The last NUL leaves an empty field behind it.
    let mut fields = printed.split(|&byte| byte == 0).filter(|field| !field.is_empty());
    let mut changes = Vec::new();
    while let Some(field) = fields.next() {
        let unreadable = || ChangesError::Unreadable(String::from_utf8_lossy(field).into_owned());
        let text = str::from_utf8(field).map_err(|_| unreadable())?;
        let words: Vec<&str> = text.strip_prefix(':').ok_or_else(unreadable)?.split(' ').collect();
        let &[old_mode, new_mode, old_id, new_id, status] = words.as_slice() else {
            return Err(unreadable());
        };
        let old_path = path_from_bytes(fields.next().ok_or_else(unreadable)?);
        let new_path = if status.starts_with(['R', 'C']) {
            path_from_bytes(fields.next().ok_or_else(unreadable)?)
        } else {
            old_path.clone()
        };
        if status == "U" {
            let after = Side { path: new_path, kind: Kind::Unmerged, id: new_id.to_owned() };
            changes.push(Change { before: None, after: Some(after) });
        } else if old_id != new_id
            || old_path != new_path
                && [&old_path, &new_path].map(|path| is_policy(path)).contains(&true)
        {
            changes.push(Change {
                before: side(old_path, old_mode, old_id),
                after: side(new_path, new_mode, new_id),
            });
        }
    }
    Ok(changes)
}

fn side(path: PathBuf, mode: &str, id: &str) -> Option<Side> {
    let kind = match mode {
        "100644" | "100755" => Kind::File,
        "120000" => Kind::Link,
        "160000" => Kind::Submodule,
        _ => return None,
    };
    Some(Side { path, kind, id: id.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "1111111111111111111111111111111111111111";
    const NEW: &str = "2222222222222222222222222222222222222222";
    const NONE: &str = "0000000000000000000000000000000000000000";

    fn paths(printed: &str) -> Vec<(Option<String>, Option<String>)> {
        let path = |side: &Option<Side>| side.as_ref().map(|side| side.path.display().to_string());
        read(printed.as_bytes())
            .unwrap()
            .iter()
            .map(|c| (path(&c.before), path(&c.after)))
            .collect()
    }

    #[test]
    fn records_become_changes() {
        let printed = format!(
            ":100644 100644 {OLD} {NEW} M\0a b\nc.py\0:000000 100755 {NONE} {NEW} A\0new.py\0\
             :100644 000000 {OLD} {NONE} D\0gone.py\0:100644 100644 {OLD} {NEW} R087\0old.py\0renamed.py\0\
             :100644 100755 {OLD} {OLD} M\0mode.py\0"
        );
        let some = |path: &str| Some(path.to_owned());
        assert_eq!(
            paths(&printed),
            [
                (some("a b\nc.py"), some("a b\nc.py")),
                (None, some("new.py")),
                (some("gone.py"), None),
                (some("old.py"), some("renamed.py")),
            ]
        );
        assert_eq!(paths(""), []);
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for broken in
            ["x", ":100644 100644 1 2", ":100644 100644 1 2 M", ":100644 100644 1 2 R100\0a"]
        {
            assert!(read(broken.as_bytes()).is_err(), "{broken:?}");
        }
    }
}
