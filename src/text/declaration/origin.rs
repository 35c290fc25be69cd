//! Origins that comments name: "adapted from https://github.com/benjaminp/six", "borrowed from
//! Django".

use std::str::FromStr;

use crate::purl::Purl;

/// Where somebody says that code comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    said: String,
    named: Named,
}

/// How an origin is named.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    /// By a package URL.
    Package(Purl),
    /// By the address of a project at a forge or registry, whose parts are given in plain letters.
    Project(Vec<String>),
    /// By some other address; its parts.
    Address(Vec<String>),
    /// In words, each in plain letters.
    Words(Vec<String>),
}

/// What one does to code of others, and the word behind which their name follows.
const PHRASES: [(&str, &str); 10] = [
    ("adapted", "from"),
    ("borrowed", "from"),
    ("copied", "from"),
    ("derived", "from"),
    ("derives", "from"),
    ("lifted", "from"),
    ("ported", "from"),
    ("taken", "from"),
    ("vendored", "from"),
    ("based", "on"),
];

/// Words that may stand between the two: "adapted, with changes, from".
const BETWEEN: usize = 4;

/// Words looked at behind the second.
const BEHIND: usize = 8;

/// Whether a sentence ends with a word: neither "v." nor "e.g." end one.
fn ends_sentence(word: &str) -> bool {
    word.strip_suffix('.').is_some_and(|word| word.len() > 3 && !word.contains('.'))
        || word.ends_with(';')
}

/// Labels of hosts where the path names the project.
const FORGES: [&str; 9] = [
    "bitbucket",
    "codeberg",
    "crates",
    "github",
    "githubusercontent",
    "gitlab",
    "npmjs",
    "pypi",
    "sourceforge",
];

/// Parts of addresses that name no project.
const EMPTY_PARTS: [&str; 28] = [
    "blob",
    "com",
    "crates",
    "dev",
    "docs",
    "github",
    "gitlab",
    "head",
    "html",
    "index",
    "io",
    "latest",
    "lib",
    "main",
    "master",
    "net",
    "org",
    "package",
    "packages",
    "project",
    "projects",
    "pypi",
    "raw",
    "readthedocs",
    "src",
    "stable",
    "tree",
    "www",
];

impl Origin {
    /// The origin that a line of comment names, if it names one; `next` is the line below it.
    pub(crate) fn read(text: &str, next: Option<&str>) -> Option<Origin> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let lower: Vec<String> = words.iter().map(|word| bare(word).to_ascii_lowercase()).collect();
        let behind = (0..words.len()).find_map(|i| {
            let (_, preposition) = PHRASES.iter().find(|(verb, _)| *verb == lower[i])?;
            let near = &lower[i + 1..words.len().min(i + 2 + BETWEEN)];
            Some(i + 2 + near.iter().position(|word| word == preposition)?)
        })?;
        let rest = words[behind..].iter().copied();
        let rest: Vec<&str> =
            rest.chain(next.into_iter().flat_map(str::split_whitespace)).take(BEHIND).collect();
        // "Taken from six. Thanks to https://..." names another in its next sentence.
        let end = rest.iter().position(|word| ends_sentence(word));
        Origin::parse_name(&rest[..end.map_or(rest.len(), |end| end + 1)])
    }

    fn parse_name(words: &[&str]) -> Option<Origin> {
        let address = words.iter().map(|word| bare(word)).find_map(|word| {
            let named = match Purl::from_str(word) {
                Ok(purl) => Named::Package(purl),
                Err(_) => address(word)?,
            };
            Some(Origin { said: word.to_owned(), named })
        });
        let in_words = || {
            let names: Vec<String> = words.iter().map(|word| plain(bare(word))).collect();
            let said: Vec<&str> = words.iter().map(|word| bare(word)).take(4).collect();
            let said = said.join(" ");
            (!said.is_empty()).then_some(Origin { said, named: Named::Words(names) })
        };
        address.or_else(in_words)
    }

    /// The name as it was written.
    pub(crate) fn original_text(&self) -> &str {
        &self.said
    }

    /// The package, if a package URL was written.
    pub(crate) fn purl(&self) -> Option<&Purl> {
        match &self.named {
            Named::Package(purl) => Some(purl),
            _ => None,
        }
    }

    /// Whether it names a project in a way that leaves no doubt which: what is not this project is
    /// another.
    pub(crate) fn is_exact(&self) -> bool {
        matches!(self.named, Named::Package(_) | Named::Project(_))
    }

    /// Whether it is named by an address or a package URL, and not in the words of a comment.
    pub(crate) fn is_address(&self) -> bool {
        !matches!(self.named, Named::Words(_))
    }

    /// Whether it may mean this component, whose document stands at that path.
    pub(crate) fn may_be(&self, purl: &Purl, path: &str) -> bool {
        let top = path.split('/').next().unwrap_or(path);
        let stem = top.rsplit_once('.').map_or(top, |(stem, _)| stem);
        let names = [plain(&purl.name()), plain(stem)];
        let alike = |said: &str, name: &str| {
            said == name
                || said.len().min(name.len()) >= LEAST_LIKE
                    && (said.contains(name) || name.contains(said))
        };
        match &self.named {
            Named::Package(said) => {
                said.package() == purl.package() || plain(&said.name()) == names[0]
            }
            Named::Project(parts) | Named::Address(parts) => {
                parts.iter().any(|part| names.iter().any(|name| alike(part, name)))
            }
            Named::Words(words) => words.iter().any(|word| names.contains(word) && word.len() > 1),
        }
    }
}

/// Letters from which on a name inside another is taken for the same: `beautifulsoup` in
/// `beautifulsoup4`.
const LEAST_LIKE: usize = 4;

/// A word without the punctuation around it.
fn bare(word: &str) -> &str {
    let word = word.trim_start_matches(['(', '<', '[', '"', '\'', '`', '{']);
    let word =
        word.trim_end_matches(['.', ',', ';', ':', ')', '>', ']', '"', '\'', '`', '}', '!', '?']);
    word.trim_end_matches("'s")
}

/// A name in small letters and digits alone: `zope.interface` and `zope-interface` are the same.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn address(word: &str) -> Option<Named> {
    let bare = match word.split_once("://") {
        Some((_, rest)) => rest,
        None if word.starts_with("github.com/") || word.starts_with("gitlab.com/") => word,
        None => return None,
    };
    let bare = bare.split(['?', '#']).next().unwrap_or(bare);
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    let labels = host.split('.').map(plain);
    let segments: Vec<String> =
        path.split('/').map(|part| plain(part.trim_end_matches(".git"))).collect();
    let at_forge =
        host.split('.').any(|label| FORGES.contains(&label)) && !host.starts_with("gist.");
    let useful = |part: &String| part.len() > 1 && !EMPTY_PARTS.contains(&part.as_str());
    let named = segments.iter().filter(|part| useful(part)).count();
    let parts: Vec<String> = labels.chain(segments).filter(useful).collect();
    match () {
        () if parts.is_empty() => None,
        () if at_forge && named > 0 => Some(Named::Project(parts)),
        () => Some(Named::Address(parts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read_from_what_people_write() {
        let cases = [
            ("Adapted from https://github.com/benjaminp/six/blob/master/six.py", "six", true),
            ("adapted from pkg:pypi/six@1.17.0, six.py lines 3-9", "six", true),
            ("This function was copied, with small changes, from the six module.", "six", true),
            ("Borrowed from Six's internals", "six", true),
            ("derived from https://github.com/psf/requests", "six", false),
            ("based on <https://six.readthedocs.io/>", "six", true),
            ("taken from the configuration", "six", false),
            ("based on https://www.crummy.com/software/BeautifulSoup/", "beautifulsoup4", true),
            ("ported from github.com/zopefoundation/zope.interface", "zope-interface", true),
        ];
        for (text, name, expected) in cases {
            let purl = Purl::new("pypi", name, Some("1.0")).expect("valid");
            let origin = Origin::read(text, None).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(origin.may_be(&purl, "lib.py"), expected, "{text}: {origin:?}");
        }
        for nothing in ["adapted", "from six", "we adapted it long ago in another place from", ""] {
            assert_eq!(Origin::read(nothing, None), None, "{nothing}");
        }
    }

    #[test]
    fn a_credit_in_the_next_sentence_is_no_origin() {
        let text = "Taken from six, under the MIT License. Thanks to https://github.com/other/it.";
        let origin = Origin::read(text, None).expect("read");
        assert!(!origin.is_exact() && !origin.is_address(), "{origin:?}");
    }

    #[test]
    fn an_address_may_stand_on_the_next_line() {
        let origin =
            Origin::read("Adapted from:", Some("https://github.com/psf/requests")).expect("read");
        assert_eq!(origin.original_text(), "https://github.com/psf/requests");
        assert!(origin.is_exact());
        assert!(!Origin::read("copied from", Some("some blog")).expect("read").is_exact());
        let answer =
            Origin::read("copied from https://stackoverflow.com/a/123456", None).expect("read");
        assert!(!answer.is_exact());
    }
}
