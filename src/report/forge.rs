//! Where a forge shows the scanned code: the page of lines at a commit, by the address of the
//! repository's remote.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::text::span::LineRange;

/// What is escaped in the path of an address.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// Hosts that are known, and the words by which others are.
const HOSTS: [(&str, Kind); 6] = [
    ("github.com", Kind::GitHub),
    ("gitlab.com", Kind::GitLab),
    ("bitbucket.org", Kind::Bitbucket),
    ("codeberg.org", Kind::Gitea),
    ("gitea.com", Kind::Gitea),
    ("git.sr.ht", Kind::Sourcehut),
];

/// A repository on a forge, at a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forge {
    kind: Kind,
    /// The address of the repository's page.
    base: String,
    commit: String,
}

/// How a forge writes the addresses of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// GitHub and GitHub Enterprise.
    GitHub,
    /// GitLab.
    GitLab,
    /// Bitbucket Cloud.
    Bitbucket,
    /// Gitea and Forgejo, which Codeberg runs.
    Gitea,
    /// sourcehut.
    Sourcehut,
}

impl Kind {
    /// Every kind under the name that the configuration has for it.
    pub(crate) const NAMED: [(&'static str, Kind); 5] = [
        ("github", Kind::GitHub),
        ("gitlab", Kind::GitLab),
        ("bitbucket", Kind::Bitbucket),
        ("gitea", Kind::Gitea),
        ("sourcehut", Kind::Sourcehut),
    ];

    fn of_host(host: &str) -> Option<Kind> {
        let known = HOSTS.iter().find(|(known, _)| *known == host).map(|&(_, kind)| kind);
        let words = [
            ("github", Kind::GitHub),
            ("gitlab", Kind::GitLab),
            ("gitea", Kind::Gitea),
            ("forgejo", Kind::Gitea),
        ];
        let has_word = |word: &str| host.split(['.', '-']).any(|part| part == word);
        known.or_else(|| words.iter().find(|(word, _)| has_word(word)).map(|&(_, kind)| kind))
    }
}

impl Forge {
    /// The forge of a remote; `None` where its address does not tell one and none is given. Names
    /// and passwords in the address are left out.
    pub fn of(remote: &str, commit: &str, given: Option<Kind>) -> Option<Forge> {
        let (host, path) = place(remote.trim())?;
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let is_commit = commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        if path.is_empty() || !is_commit {
            return None;
        }
        let kind = given.or_else(|| Kind::of_host(&host))?;
        let base = format!("https://{host}/{}", utf8_percent_encode(path, PATH));
        Some(Forge { kind, base, commit: commit.to_owned() })
    }

    /// The page of lines of a file, whose path begins at the top of the repository.
    pub fn page(&self, path: &str, LineRange { first, last }: LineRange) -> Option<String> {
        // A file outside of the repository has no page there.
        if path.starts_with('/') || path.split('/').any(|part| part == "..") {
            return None;
        }
        let (base, commit) = (&self.base, &self.commit);
        let path = utf8_percent_encode(path, PATH);
        Some(match self.kind {
            Kind::GitHub => format!("{base}/blob/{commit}/{path}#L{first}-L{last}"),
            Kind::GitLab => format!("{base}/-/blob/{commit}/{path}#L{first}-{last}"),
            Kind::Bitbucket => format!("{base}/src/{commit}/{path}#lines-{first}:{last}"),
            Kind::Gitea => format!("{base}/src/commit/{commit}/{path}#L{first}-L{last}"),
            Kind::Sourcehut => format!("{base}/tree/{commit}/item/{path}#L{first}-{last}"),
        })
    }
}

/// The host and the path of an address: `https://host/path`, `ssh://git@host:22/path`,
/// `git@host:path`.
fn place(remote: &str) -> Option<(String, &str)> {
    let (host, path) = match remote.split_once("://") {
        Some(("https" | "http" | "ssh" | "git" | "git+ssh", rest)) => rest.split_once('/')?,
        Some(_) => return None,
        None => remote.split_once(':')?,
    };
    // A user, a password and a port are no part of the address of a page.
    let host = host.rsplit('@').next()?.split(':').next()?.to_ascii_lowercase();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let is_host = host.contains('.') && host.chars().all(is_name);
    is_host.then_some((host, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef";

    fn page(remote: &str, path: &str) -> Option<String> {
        Forge::of(remote, COMMIT, None)?.page(path, LineRange { first: 3, last: 9 })
    }

    #[test]
    fn each_forge_has_its_address() {
        for (remote, expected) in [
            ("https://github.com/me/app.git", "https://github.com/me/app/blob/C/src/a.py#L3-L9"),
            ("git@github.com:me/app.git\n", "https://github.com/me/app/blob/C/src/a.py#L3-L9"),
            (
                "https://ada:secret@github.example.org/me/app",
                "https://github.example.org/me/app/blob/C/src/a.py#L3-L9",
            ),
            (
                "ssh://git@gitlab.example.org:2222/a/b/app.git",
                "https://gitlab.example.org/a/b/app/-/blob/C/src/a.py#L3-9",
            ),
            (
                "https://bitbucket.org/me/app",
                "https://bitbucket.org/me/app/src/C/src/a.py#lines-3:9",
            ),
            (
                "https://codeberg.org/me/app/",
                "https://codeberg.org/me/app/src/commit/C/src/a.py#L3-L9",
            ),
            ("https://git.sr.ht/~me/app", "https://git.sr.ht/~me/app/tree/C/item/src/a.py#L3-9"),
        ] {
            assert_eq!(
                page(remote, "src/a.py"),
                Some(expected.replace("/C/", &format!("/{COMMIT}/")))
            );
        }
        let escaped = page("https://github.com/me/app", "a b/#1?.py").expect("a page");
        assert!(escaped.ends_with("/a%20b/%231%3F.py#L3-L9"), "{escaped}");
    }

    #[test]
    fn what_is_no_forge_has_no_page() {
        for remote in [
            "",
            "/srv/git/app.git",
            "file:///srv/app",
            "../app",
            "https://example.org/me/app",
            "javascript:alert(1)//github.com",
            "host:path",
        ] {
            assert_eq!(page(remote, "a.py"), None, "{remote}");
        }
        assert_eq!(page("https://github.com/me/app", "../a.py"), None);
        assert_eq!(Forge::of("https://github.com/me/app", "HEAD", None), None);
        let given = Forge::of("https://code.example.org/me/app", COMMIT, Some(Kind::Gitea));
        assert!(given.is_some());
    }
}
