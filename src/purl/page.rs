//! Where a component can be looked at by a person.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Purl;

/// What may stand in one part of a path.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What may stand in a path of several parts.
const PATH: &AsciiSet = &PART.remove(b'/');
/// What may stand in a URL as it is. Brackets and blanks would end it in Markdown, and a percent
/// sign is part of one that is escaped already.
const URL: &AsciiSet = &PATH
    .remove(b'%')
    .remove(b':')
    .remove(b'?')
    .remove(b'#')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'@');

impl Purl {
    /// A page that shows lines of a file of the component, or else the component: on the host of
    /// its repository, among the sources on docs.rs, in the catalogue of deps.dev. `None` where
    /// none of them would have it.
    pub fn page(&self, path: &str, first_line: u32, last_line: u32) -> Option<String> {
        let purl = self.parts();
        let (name, path) = (part(purl.name()), utf8_percent_encode(path, PATH));
        let version = purl.version().map(part);
        let owner =
            purl.namespace().map(|namespace| utf8_percent_encode(namespace, PATH).to_string());
        Some(match (purl.ty(), owner, version) {
            ("cargo", None, Some(version)) => {
                format!(
                    "https://docs.rs/crate/{name}/{version}/source/{path}#{first_line}-{last_line}"
                )
            }
            ("cargo", None, None) => format!("https://docs.rs/crate/{name}"),
            ("github", Some(owner), Some(version)) => {
                format!(
                    "https://github.com/{owner}/{name}/blob/{version}/{path}#L{first_line}-L{last_line}"
                )
            }
            ("github", Some(owner), None) => format!("https://github.com/{owner}/{name}"),
            ("gitlab", Some(owner), Some(version)) => {
                format!(
                    "https://gitlab.com/{owner}/{name}/-/blob/{version}/{path}#L{first_line}-{last_line}"
                )
            }
            ("gitlab", Some(owner), None) => format!("https://gitlab.com/{owner}/{name}"),
            ("pypi" | "nuget", None, version) => catalogue_page(purl.ty(), purl.name(), version),
            ("npm" | "golang", _, version) => {
                let whole = [purl.namespace(), Some(purl.name())].into_iter().flatten();
                let system = if purl.ty() == "npm" { "npm" } else { "go" };
                catalogue_page(system, &whole.collect::<Vec<_>>().join("/"), version)
            }
            ("maven", Some(_), version) => {
                catalogue_page("maven", &format!("{}:{}", purl.namespace()?, purl.name()), version)
            }
            _ => return None,
        })
    }

    /// An archive of the component's source: the one that the purl itself names
    /// (`?download_url=...`), or that of the version on the host of its repository.
    pub(crate) fn source_archive(&self) -> Option<String> {
        let purl = self.parts();
        // The purl comes from outside: nothing but a web address becomes a link.
        let named = purl.qualifiers().get("download_url");
        if let Some(url) = named.filter(|url| url.starts_with("https://")) {
            return Some(utf8_percent_encode(url, URL).to_string());
        }
        let (name, version) = (part(purl.name()), part(purl.version()?));
        let owner = utf8_percent_encode(purl.namespace()?, PATH).to_string();
        match purl.ty() {
            "github" => Some(format!("https://github.com/{owner}/{name}/archive/{version}.tar.gz")),
            "gitlab" => Some(format!(
                "https://gitlab.com/{owner}/{name}/-/archive/{version}/{name}-{version}.tar.gz"
            )),
            _ => None,
        }
    }
}

fn catalogue_page(system: &str, name: &str, version: Option<String>) -> String {
    let version = version.map(|version| format!("/{version}")).unwrap_or_default();
    format!("https://deps.dev/{system}/{}{version}", part(name))
}

fn part(text: &str) -> String {
    utf8_percent_encode(text, PART).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_components_have_archives() {
        for (purl, archive) in [
            ("pkg:github/a/b@v1", Some("https://github.com/a/b/archive/v1.tar.gz")),
            ("pkg:gitlab/a/c/b@v1", Some("https://gitlab.com/a/c/b/-/archive/v1/b-v1.tar.gz")),
            (
                "pkg:generic/a@1?download_url=https://example.org/a%20b%28c%29.tgz",
                Some("https://example.org/a%20b%28c%29.tgz"),
            ),
            ("pkg:generic/a@1?download_url=javascript:alert(1)", None),
            ("pkg:github/a/b", None),
            ("pkg:pypi/six@1.17.0", None),
        ] {
            let parsed: Purl = purl.parse().expect("valid");
            assert_eq!(parsed.source_archive().as_deref(), archive, "{purl}");
        }
    }

    #[test]
    fn components_have_pages() {
        for (purl, page) in [
            (
                "pkg:cargo/itoa@1.0.19",
                Some("https://docs.rs/crate/itoa/1.0.19/source/src/a%20b.rs#7-50"),
            ),
            ("pkg:cargo/itoa", Some("https://docs.rs/crate/itoa")),
            ("pkg:github/a/b@v1", Some("https://github.com/a/b/blob/v1/src/a%20b.rs#L7-L50")),
            ("pkg:gitlab/a/b@v1", Some("https://gitlab.com/a/b/-/blob/v1/src/a%20b.rs#L7-50")),
            ("pkg:pypi/six@1.17.0", Some("https://deps.dev/pypi/six/1.17.0")),
            ("pkg:npm/%40a/b@1.0.0", Some("https://deps.dev/npm/%40a%2Fb/1.0.0")),
            ("pkg:golang/example.org/a@v1", Some("https://deps.dev/go/example.org%2Fa/v1")),
            ("pkg:maven/org.a/b@1", Some("https://deps.dev/maven/org.a%3Ab/1")),
            ("pkg:generic/gridroute@1.4.0", None),
        ] {
            let parsed: Purl = purl.parse().expect("valid");
            assert_eq!(parsed.page("src/a b.rs", 7, 50).as_deref(), page, "{purl}");
        }
    }
}
