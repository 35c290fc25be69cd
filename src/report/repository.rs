//! Paths as the platforms want them: relative to the top of the repository, whatever directory
//! birthmark ran in.

/// Where the repository of the checked files begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repository {
    /// Its top directory, absolute, with `/` and without one at the end; empty where there is no
    /// repository.
    pub top: String,
    /// The directory birthmark runs in, relative to the top; empty if it is the top.
    pub below: String,
}

impl Repository {
    /// A path of a report, relative to the top. One that stands outside of the repository stays as
    /// it is.
    pub(crate) fn relative(&self, path: &str) -> String {
        let inside = |rest: &str| plain("", rest);
        let relative = match path.strip_prefix('/') {
            None => plain(&self.below, path),
            // Every path begins with an empty top.
            Some(_) if self.top.is_empty() => None,
            Some(_) => path
                .strip_prefix(&self.top)
                .and_then(|rest| rest.strip_prefix('/'))
                .and_then(inside),
        };
        relative.unwrap_or_else(|| path.to_owned())
    }
}

/// A path below a directory without `.` and `..`, unless it leads out at the top.
fn plain(below: &str, path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in below.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_begin_at_the_top_of_the_repository() {
        let repository = Repository { top: "/r/app".to_owned(), below: "crates/core".to_owned() };
        for (path, relative) in [
            ("src/lib.rs", "crates/core/src/lib.rs"),
            ("./src/./lib.rs", "crates/core/src/lib.rs"),
            ("../cli/main.rs", "crates/cli/main.rs"),
            ("../../../other/x.py", "../../../other/x.py"),
            ("/r/app/x.py", "x.py"),
            ("/r/apple/x.py", "/r/apple/x.py"),
        ] {
            assert_eq!(repository.relative(path), relative);
        }
        assert_eq!(Repository::default().relative("./a/b.py"), "a/b.py");
        assert_eq!(Repository::default().relative("/a/b.py"), "/a/b.py");
    }
}
