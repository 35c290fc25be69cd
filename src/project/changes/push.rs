//! What a pre-push hook is told.
//!
//! git writes a line for each branch or tag on the hook's standard input: `LOCAL-REF LOCAL-ID
//! REMOTE-REF REMOTE-ID`; an ID of zeros means that there is none: the remote branch is new, or is
//! deleted. pre-commit and prek read these lines themselves and hand on variables.

use std::ffi::OsString;

use super::ChangesError;

/// A branch or tag that is pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Push {
    /// The commits between two, as pre-commit worked them out.
    Between {
        /// What the remote has.
        from: String,
        /// What is pushed.
        to: String,
    },
    /// A whole history, as pre-commit worked it out.
    Everything {
        /// What is pushed.
        to: String,
    },
    /// A line of git's.
    Update {
        /// What is pushed.
        local: String,
        /// What the remote has at that name, if anything.
        remote: Option<String>,
        /// The name of the remote, where it is known.
        remote_name: Option<String>,
    },
}

/// Reads what a hook is told, from its environment or else from standard input, which is only read
/// if it must be.
///
/// # Errors
/// If a line is not one of git's, or `read` fails.
pub fn read_pushes<E: From<ChangesError>>(
    variable: impl Fn(&str) -> Option<OsString>,
    read: impl FnOnce() -> Result<String, E>,
) -> Result<Vec<Push>, E> {
    let variable = |name: &str| {
        variable(name)
            .map(|value| value.to_string_lossy().into_owned())
            .filter(|value| !value.is_empty())
    };
    if let (Some(from), Some(to)) = (variable("PRE_COMMIT_FROM_REF"), variable("PRE_COMMIT_TO_REF"))
    {
        return Ok(vec![Push::Between { from, to }]);
    }
    if variable("PRE_COMMIT").is_some() {
        // pre-commit names no commits where all of a history is new to the remote.
        let to = variable("PRE_COMMIT_LOCAL_BRANCH").unwrap_or_else(|| "HEAD".to_owned());
        return Ok(vec![Push::Everything { to }]);
    }
    let remote_name = variable("PRE_COMMIT_REMOTE_NAME");
    let told = read()?;
    let lines = told.lines().filter(|line| !line.trim().is_empty());
    let updates =
        lines.map(|line| update(line, remote_name.clone())).collect::<Result<Vec<_>, _>>()?;
    Ok(updates.into_iter().flatten().collect())
}

/// A line of git's; `None` if it deletes.
fn update(line: &str, remote_name: Option<String>) -> Result<Option<Push>, ChangesError> {
    // From the end: git hands on the local ref as it was typed, which may hold blanks.
    let words: Vec<&str> = line.rsplitn(4, ' ').collect();
    let is_id =
        |word: &str| matches!(word.len(), 40 | 64) && word.bytes().all(|b| b.is_ascii_hexdigit());
    match words.as_slice() {
        &[remote, _, local, _] if is_id(remote) && is_id(local) => {
            let existing = |id: &str| (!id.bytes().all(|byte| byte == b'0')).then(|| id.to_owned());
            Ok(existing(local).map(|local| Push::Update {
                local,
                remote: existing(remote),
                remote_name,
            }))
        }
        _ => Err(ChangesError::NotAPush { line: line.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variables: &[(&str, &str)], input: &str) -> Result<Vec<Push>, ChangesError> {
        let variable = |name: &str| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| OsString::from(value))
        };
        read_pushes(variable, || Ok(input.to_owned()))
    }

    #[test]
    fn lines_of_git_and_variables_of_pre_commit_are_read() {
        let (a, b, none) = ("a".repeat(40), "b".repeat(40), "0".repeat(40));
        let lines = format!(
            "refs/heads/x {a} refs/heads/x {b}\nrefs/heads/new {a} refs/heads/new {none}\n(delete) {none} refs/heads/y {b}\n"
        );
        let update = |remote: Option<&String>| Push::Update {
            local: a.clone(),
            remote: remote.cloned(),
            remote_name: None,
        };
        assert_eq!(told(&[], &lines).unwrap(), [update(Some(&b)), update(None)]);
        assert_eq!(told(&[], "").unwrap(), []);
        let variables =
            [("PRE_COMMIT", "1"), ("PRE_COMMIT_FROM_REF", "v1"), ("PRE_COMMIT_TO_REF", "main")];
        assert_eq!(
            told(&variables, "not read").unwrap(),
            [Push::Between { from: "v1".to_owned(), to: "main".to_owned() }]
        );
        assert_eq!(
            told(&variables[..1], "not read").unwrap(),
            [Push::Everything { to: "HEAD".to_owned() }]
        );
    }

    #[test]
    fn other_words_are_refused() {
        assert!(matches!(told(&[], "main origin"), Err(ChangesError::NotAPush { .. })));
        assert!(matches!(told(&[], "a b c d"), Err(ChangesError::NotAPush { .. })));
    }
}
